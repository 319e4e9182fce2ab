//! Plain words and plain answers: what the readers of networks without markup have in common.

use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::{Answer, BuildError, ReadError, Trouble, json};
use crate::post::NetworkName;
use crate::time::Time;

/// Parameters of addresses that hold secrets: networks put them into the addresses inside their answers too.
const SECRETS: &[&str] = &["access_token", "api_key", "apikey", "appsecret_proof", "client_secret"];
/// More links, hashtags or names than this in one text are a flood.
const MOST: usize = 200;
/// Moments before this are lengths of time: 2001, in seconds since 1970.
const EPOCH: i64 = 1_000_000_000;

/// The body as JSON. A page meant for browsers is trouble of its own kind.
pub(super) fn json(network: &NetworkName, what: &'static str, body: &[u8]) -> Result<Value, ReadError> {
    json::parse(network, what, body).map_err(|error| {
        let page = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start().starts_with(b"<");
        if page { ReadError { trouble: Trouble::BlockPage, ..error } } else { error }
    })
}

/// A count, written as a number or as text.
pub(super) fn count(value: &Value, key: &str) -> Option<i64> {
    match value.get(key)? {
        Value::Number(number) => {
            number.as_i64().or_else(|| format!("{:.0}", number.as_f64()?).parse::<i64>().ok())
        }
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A count of things that cannot be fewer than none.
pub(super) fn size(value: &Value, key: &str) -> Option<u64> {
    count(value, key).and_then(|count| u64::try_from(count).ok())
}

/// An identity for what comes without one: the same content has the same.
pub(super) fn hashed(value: &Value) -> String {
    let hash = Sha256::digest(value.to_string().as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A web address without the secrets that may stand in it; `None` when it is no web address.
pub(super) fn address(raw: &str) -> Option<String> {
    let raw = raw.trim();
    let mut url = Url::parse(raw).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let secret = |name: &str| SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
    let named = !url.username().is_empty() || url.password().is_some();
    if !named && !url.query_pairs().any(|(name, _)| secret(&name)) {
        return Some(raw.to_owned());
    }
    url.set_username("").and_then(|()| url.set_password(None)).ok()?;
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| !secret(name)).collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Some(url.into())
}

/// A text without the secrets that may stand in the addresses in it.
pub(super) fn without_secrets(text: String) -> String {
    let lower = text.to_ascii_lowercase();
    if !SECRETS.iter().any(|secret| lower.contains(secret)) {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut lower = lower.as_str();
    // the names are plain ASCII, so places in both texts are the same
    while let Some((start, end)) = secret(lower) {
        kept.push_str(rest.get(..start).unwrap_or_default());
        rest = rest.get(end..).unwrap_or_default();
        lower = lower.get(end..).unwrap_or_default();
    }
    kept.push_str(rest);
    kept
}

/// Where the first `name=value` of a secret stands.
fn secret(lower: &str) -> Option<(usize, usize)> {
    let found = SECRETS.iter().filter_map(|secret| {
        let start = lower.match_indices(secret).map(|(at, _)| at).find(|at| {
            lower.get(at.saturating_add(secret.len())..).is_some_and(|after| after.starts_with('='))
        })?;
        Some((start, start.saturating_add(secret.len())))
    });
    let (start, value) = found.min()?;
    let after = lower.get(value..)?;
    let length = after.find(|sign: char| sign.is_whitespace() || "&\"'<>#)".contains(sign));
    Some((start, value.saturating_add(length.unwrap_or(after.len()))))
}

/// Adds what is not there yet.
pub(super) fn add(all: &mut Vec<String>, one: String) {
    if !one.is_empty() && all.len() < MOST && !all.contains(&one) {
        all.push(one);
    }
}

/// The web addresses that stand in a text.
pub(super) fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let ends = |sign: char| sign.is_whitespace() || "<>\"`|（）「」『』【】《》，。、".contains(sign);
    for word in text.split(ends) {
        let lower = word.to_ascii_lowercase();
        let start = ["https://", "http://"].iter().filter_map(|scheme| lower.find(scheme)).min();
        let Some(mut link) = start.and_then(|start| word.get(start..)) else { continue };
        // the sentence goes on where the address ends
        while let Some(last) = link.chars().next_back() {
            let opens = |sign: char| link.chars().filter(|one| *one == sign).count();
            let extra = match last {
                ')' => opens('(') < opens(')'),
                ']' => opens('[') < opens(']'),
                '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '»' | '“' | '”' | '…' | '*' | '}' => {
                    true
                }
                _ => false,
            };
            let Some(shorter) = link.strip_suffix(last).filter(|_| extra) else { break };
            link = shorter;
        }
        if let Some(link) = address(link) {
            add(&mut found, link);
        }
    }
    found
}

/// The hashtags that stand in a text, without their sign.
pub(super) fn hashtags(text: &str) -> Vec<String> {
    signed(text, &['#', '＃'], |sign| sign.is_alphanumeric() || sign == '_' || is_mark(sign))
        .into_iter()
        .filter(|tag| tag.chars().any(|sign| !sign.is_ascii_digit() && sign != '_'))
        .collect()
}

/// The names with an `@` before them that stand in a text, without it.
pub(super) fn names(text: &str) -> Vec<String> {
    signed(text, &['@'], |sign| sign.is_alphanumeric() || matches!(sign, '_' | '.' | '-'))
        .into_iter()
        .map(|name| name.trim_end_matches(['.', '-']).to_owned())
        .filter(|name| name.chars().count() > 2)
        .collect()
}

/// Accents and vowel signs that stand beside their letter.
fn is_mark(sign: char) -> bool {
    matches!(sign, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{200c}' | '\u{200d}')
}

/// The words that begin with one of these signs, where a word may begin.
fn signed(text: &str, signs: &[char], belongs: fn(char) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(sign) = rest.next() {
        let may_begin = !before.is_alphanumeric() && !matches!(before, '/' | '&' | '_' | '.' | '=' | '?');
        if may_begin && signs.contains(&sign) {
            let mut ahead = rest.clone();
            let word: String = ahead.by_ref().take_while(|sign| belongs(*sign)).collect();
            for _ in word.chars() {
                before = rest.next().unwrap_or(' ');
            }
            if !word.is_empty() {
                add(&mut found, word);
                continue;
            }
        }
        before = sign;
    }
    found
}

/// A stranger's words for an error: few, and no key among them.
pub(super) fn said(text: &str) -> String {
    let holds = |word: &str| {
        let lower = word.to_ascii_lowercase();
        SECRETS
            .iter()
            .any(|secret| lower.contains(&format!("{secret}:")) || lower.contains(&format!("{secret}=")))
            || word.contains("AIza")
    };
    let kept: Vec<&str> = text.split_whitespace().map(|word| if holds(word) { "…" } else { word }).collect();
    json::few_words(&kept.join(" "))
}

/// The moment that a header names: seconds from now, or seconds since 1970.
pub(super) fn moment(answer: &Answer, header: &str) -> Option<Time> {
    let seconds: i64 = answer.header(header)?.trim().parse().ok().filter(|seconds| *seconds >= 0)?;
    if seconds < EPOCH {
        Some(answer.seen.plus(seconds.checked_mul(1000)?))
    } else {
        Time::from_seconds(seconds)
    }
}

/// The kind of trouble that a status means where the network says no more.
pub(super) fn trouble(status: u16) -> Trouble {
    match status {
        401 => Trouble::Auth,
        402 => Trouble::Money,
        403 => Trouble::NotApproved,
        404 => Trouble::NoServer,
        410 => Trouble::Gone,
        429 => Trouble::Rate,
        408 | 500.. => Trouble::Transient,
        _ => Trouble::BadQuery,
    }
}

/// The address that requests begin with.
pub(super) fn base(address: &str) -> Result<Url, BuildError> {
    let mut url = Url::parse(address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| BuildError {
            key: "base_url".to_owned(),
            reason: format!("`{address}` is not an address like https://server"),
        })?;
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// An address below the base.
pub(super) fn below<'a>(
    base: &Url,
    path: impl IntoIterator<Item = &'a str>,
    pairs: &[(&str, &str)],
) -> String {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    url.into()
}

/// How far back the first round goes, in milliseconds.
pub(super) fn look_back(text: &str) -> Result<i64, BuildError> {
    crate::time::parse_duration(text)
        .and_then(|length| i64::try_from(length.as_millis()).ok())
        .filter(|length| *length > 0)
        .ok_or_else(|| BuildError {
            key: "look_back".to_owned(),
            reason: format!("`{text}` is not a length of time like 7d or 12h"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_end_where_the_sentence_goes_on() {
        let check = |text: &str, expected: &[&str]| assert_eq!(links(text), expected, "{text}");
        check(
            "see https://a.example/x. Or (http://b.example/y_(z)).",
            &["https://a.example/x", "http://b.example/y_(z)"],
        );
        check(
            "→https://c.example/é?q=1&r=2, HTTPS://D.example",
            &["https://c.example/é?q=1&r=2", "HTTPS://D.example"],
        );
        check("no link: http:// https://", &[]);
        check("https://u:p@e.example/?access_token=s&a=1", &["https://e.example/?a=1"]);
        check("https://e.example/?api_key=s", &["https://e.example/"]);
    }

    #[test]
    fn hashtags_and_names_begin_words() {
        assert_eq!(
            hashtags("#Molivelle, a#b &#39; #1 #été2026 https://a.example/#top #a_b ＃東京 #"),
            ["Molivelle", "été2026", "a_b", "東京"]
        );
        assert_eq!(names("@ostrel.vane. x@mail.example (@Lea_M) @a"), ["ostrel.vane", "Lea_M"]);
        assert_eq!(hashtags(&"#".repeat(10_000)), Vec::<String>::new());
    }

    #[test]
    fn counts_are_numbers_or_text() {
        let value = serde_json::json!({"a": "12", "b": 3, "c": 4.0, "d": null, "e": "x", "f": -1});
        let read = |key| count(&value, key);
        assert_eq!(
            [read("a"), read("b"), read("c"), read("d"), read("e")],
            [Some(12), Some(3), Some(4), None, None]
        );
        assert_eq!((size(&value, "f"), size(&value, "g")), (None, None));
    }

    #[test]
    fn secrets_leave_texts() {
        let check = |text: &str, expected: &str| assert_eq!(without_secrets(text.to_owned()), expected);
        check(
            "<a href=\"https://a.example/?access_token=s3&amp;b=1\">é</a>",
            "<a href=\"https://a.example/?&amp;b=1\">é</a>",
        );
        check("x API_KEY=1 apikey=2", "x  ");
        check("the access_token of a page", "the access_token of a page");
        check("access_token access_token=x", "access_token ");
    }

    #[test]
    fn keys_are_not_repeated() {
        let text = "Consumer 'api_key:AIzaXYZ' has been suspended";
        assert_eq!(said(text), "Consumer … has been suspended");
    }
}
