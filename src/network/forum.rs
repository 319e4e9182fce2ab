//! What forums, question sites and issue trackers have in common: addresses, Markdown, waits, walks through time.

pub(super) mod address;
pub(super) mod markdown;
pub(super) mod wait;
pub(super) mod window;

use jiff::{Span, SpanRelativeTo};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(super) use super::json::{many, number as count};

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

/// Whether a field is `true`.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool) == Some(true)
}
