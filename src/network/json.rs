//! JSON bodies from strangers, read leniently: a missing or odd field is no reason to lose a post.

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
            serde_json::from_slice(body).map_err(broken)
        }
    }
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

/// A whole number.
pub(super) fn number(value: &Value, key: &str) -> Option<i64> {
    value.get(key)?.as_i64()
}

/// A moment, written as a date.
pub(super) fn time(value: &Value, key: &str) -> Option<Time> {
    Time::parse(value.get(key)?.as_str()?)
}

/// The elements of a list; none when it is no list.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A stranger's words, short enough to stand in an error.
pub(super) fn few_words(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control()).take(80).collect()
}
