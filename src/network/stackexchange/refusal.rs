//! What Stack Exchange refuses, and the pauses it asks for in good answers.

use std::time::Duration;

use serde_json::Value;

use super::{NAME, midnight};
use crate::network::forum::{self, wait};
use crate::network::{Answer, ReadError, Trouble, json, status};
use crate::time::{HOUR, Time};

/// A refusal without a length: a while, as throttles last from seconds to a day.
const WHILE: i64 = HOUR;

/// What an answer with a status above 399 says.
pub(super) fn of_status(answer: &Answer) -> Option<ReadError> {
    if answer.status < 400 {
        return None;
    }
    let value = json::parse(&NAME, "posts", &answer.body).ok();
    if let Some(error) = value.as_ref().and_then(|value| told(answer, value)) {
        return Some(error);
    }
    let page = answer.body.trim_ascii_start().starts_with(b"<");
    let trouble = match answer.status {
        429 => Trouble::Rate,
        401 => Trouble::Auth,
        403 | 503 if page => Trouble::BlockPage,
        400 if !page => Trouble::BadQuery,
        404 => Trouble::NoServer,
        _ => Trouble::Transient,
    };
    let mut detail = format!("status {}", answer.status);
    if trouble == Trouble::BlockPage {
        detail.push_str(" with a web page: it blocks this address for a while");
    }
    let limited =
        (trouble == Trouble::Rate).then(|| status::until(answer).unwrap_or_else(|| answer.seen.plus(WHILE)));
    let until = wait::retry_after(answer).or(limited);
    Some(ReadError::refusal(&NAME, trouble, detail).until(until))
}

/// What an error object says, whatever its status.
pub(super) fn told(answer: &Answer, value: &Value) -> Option<ReadError> {
    let number = forum::count(value, "error_id");
    let name = json::text(value, "error_name");
    if number.is_none() && name.is_none() {
        return None;
    }
    let words = json::text(value, "error_message").unwrap_or_default();
    let trouble = match (number.unwrap_or_default(), name.unwrap_or_default()) {
        (_, "throttle_violation") | (502, _) => Trouble::Rate,
        (401..=403 | 405 | 406, _) => Trouble::Auth,
        (400 | 404, _) if words.contains("`key`") || words.contains("key is not valid") => Trouble::Auth,
        // "no_method": of a site that does not exist it says 400
        (404, _) => Trouble::NoServer,
        (400, _) => Trouble::BadQuery,
        _ => Trouble::Transient,
    };
    let limited = (trouble == Trouble::Rate).then(|| available_in(words).unwrap_or(WHILE / 1000));
    let until = limited.map(|seconds| answer.seen.plus(seconds.saturating_mul(1000)));
    let until = until.or_else(|| wait::retry_after(answer));
    let detail = match name {
        Some(name) if !words.is_empty() => format!("{}: {}", json::few_words(name), json::few_words(words)),
        _ => json::few_words(name.unwrap_or("an error without a name")),
    };
    Some(ReadError::refusal(&NAME, trouble, detail).until(until))
}

/// The seconds of "more requests available in N seconds".
fn available_in(words: &str) -> Option<i64> {
    let (_, rest) = words.split_once("available in ")?;
    rest.split_whitespace().next()?.parse().ok().filter(|seconds| (0..=2 * 86_400).contains(seconds))
}

/// The pause that a good answer asks for: its backoff, or the rest of the day when its quota is used up.
pub(super) fn pause(value: &Value, seen: Time) -> Option<Duration> {
    let backoff = forum::many(value, "backoff").filter(|seconds| *seconds <= 86_400).map(Duration::from_secs);
    let empty = forum::count(value, "quota_remaining").is_some_and(|left| left <= 0);
    let rest = u64::try_from(midnight(seen).since(seen)).ok().filter(|_| empty).map(Duration::from_millis);
    backoff.max(rest)
}
