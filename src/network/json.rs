//! JSON bodies from strangers, read leniently: a missing or odd field is no reason to lose a post.

pub(super) mod mould;
pub(super) mod walk;

use serde_json::Value;

use super::ReadError;
use crate::post::NetworkName;
use crate::time::Time;

/// The body as JSON; pages meant for browsers and empty bodies are named for what they are.
pub(super) fn parse(network: &NetworkName, what: &'static str, body: &[u8]) -> Result<Value, ReadError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    match body.first() {
        None => Err(ReadError::new(network, what, "the answer is empty")),
        Some(b'<') => Err(ReadError::new(
            network,
            what,
            "a web page came instead of JSON: a block page, a bot check or a wrong address",
        )),
        Some(_) => {
            let broken =
                |error| ReadError::new(network, what, format!("the answer is broken or cut off: {error}"));
            serde_json::from_slice(body)
                .or_else(|error| mended(body).map_or(Err(error), |body| serde_json::from_slice(&body)))
                .map_err(broken)
        }
    }
}

/// The same JSON with half characters (`\ud83d` alone, as some programs write them) made U+FFFD; `None` when
/// there are none. One of them would otherwise cost the whole page.
pub(super) fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let unit = |at: usize| -> Option<u16> {
        let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut out = Vec::with_capacity(json.len());
    let mut changed = false;
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        let (length, half) = match (byte, unit(at)) {
            (b'\\', Some(0xd800..=0xdbff)) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => (12, false),
            (b'\\', Some(0xd800..=0xdfff)) => (6, true),
            (b'\\', _) => (2, false),
            _ => (1, false),
        };
        if half {
            out.extend_from_slice(b"\\ufffd");
            changed = true;
        } else {
            out.extend_from_slice(json.get(at..(at + length).min(json.len())).unwrap_or_default());
        }
        at += length;
    }
    changed.then_some(out)
}

/// As [`mended`], for text of which most has no such sequence at all.
pub(super) fn half_characters(json: &[u8]) -> Option<Vec<u8>> {
    let may = json.first().is_some_and(|byte| matches!(byte, b'{' | b'['))
        && json.contains(&b'\\')
        && json.windows(3).any(|three| three.eq_ignore_ascii_case(b"\\ud"));
    if may { mended(json) } else { None }
}

/// A text field that says something.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// An identifier, written as text or as a number.
pub(super) fn id(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number or count, written as a number or as text, also with zeros after the point.
pub(super) fn number(value: &Value, key: &str) -> Option<i64> {
    let value = value.get(key)?;
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    whole.parse().ok().filter(|_| rest.bytes().all(|digit| digit == b'0'))
}

/// The same, where less than nothing makes no sense.
pub(super) fn many(value: &Value, key: &str) -> Option<u64> {
    number(value, key).and_then(|number| u64::try_from(number).ok())
}

/// A moment, written as a date.
pub(super) fn time(value: &Value, key: &str) -> Option<Time> {
    Time::parse(value.get(key)?.as_str()?)
}

/// The elements of a list; none when it is no list.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether a list that was asked for holds things of which none is `ours`: another network's server answered.
pub(super) fn is_foreign(list: &[Value], ours: impl Fn(&Value) -> bool) -> bool {
    !list.is_empty() && !list.iter().any(ours)
}

/// Whether a value has a field of one of these names.
pub(super) fn has_any(value: &Value, keys: &[&str]) -> bool {
    keys.iter().any(|key| value.get(*key).is_some())
}

/// A stranger's words, short enough to stand in an error.
pub(super) fn few_words(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_numbers_or_text() {
        let value = serde_json::json!({"a": 3, "b": " 12 ", "c": 4.0, "d": "5.00", "e": "6.5", "f": null, "g": true, "h": -1});
        let read = |key| super::number(&value, key);
        assert_eq!(["a", "b", "c", "d"].map(read), [Some(3), Some(12), Some(4), Some(5)]);
        assert_eq!(["e", "f", "g", "z"].map(read), [None; 4]);
        assert_eq!((super::many(&value, "b"), super::many(&value, "h")), (Some(12), None));
    }

    #[test]
    fn half_characters_are_mended_and_whole_ones_kept() {
        let mended = |json: &str| super::mended(json.as_bytes()).map(|out| String::from_utf8(out).unwrap());
        assert_eq!(
            mended(r#"{"a":"\ud83d cut \ud83d\ude00 \n"}"#).as_deref(),
            Some(r#"{"a":"\ufffd cut \ud83d\ude00 \n"}"#)
        );
        assert_eq!(
            mended(r#"{"a":"\\ud83d \u00e9 \ude00"}"#).as_deref(),
            Some(r#"{"a":"\\ud83d \u00e9 \ufffd"}"#)
        );
        assert_eq!(mended(r#"{"a":"b"}"#), None);
        assert_eq!(mended("\\"), None);
    }
}
