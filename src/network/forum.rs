//! What forums, question sites and issue trackers have in common: addresses, Markdown, waits, walks through time.

pub(super) mod address;
pub(super) mod markdown;
pub(super) mod wait;
pub(super) mod window;

use jiff::{Span, SpanRelativeTo};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::BuildError;

/// The fault of one key of a section.
pub(super) fn fault(key: &str, reason: impl Into<String>) -> BuildError {
    BuildError { key: key.to_owned(), reason: reason.into() }
}

/// A length of time as people write it (`7d`, `12h`), in seconds.
pub(super) fn seconds(key: &str, text: &str) -> Result<i64, BuildError> {
    text.parse::<Span>()
        .ok()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok())
        .map(|duration| duration.as_secs())
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| fault(key, format!("`{text}` is not a length of time like 7d or 12h")))
}

/// An identity for an entry that has none: the same content gets the same one.
pub(super) fn hash(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string());
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("sha256-{digits}")
}

/// A whole number, written as a number or as digits, also with zeros after the point.
pub(super) fn count(value: &Value, key: &str) -> Option<i64> {
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
    count(value, key).and_then(|number| u64::try_from(number).ok())
}

/// Whether a field is `true`.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool) == Some(true)
}
