//! What GitHub refuses: limits in three forms, tokens, queries, projects that are not there.

use serde_json::Value;
use url::Url;

use super::NAME;
use crate::network::forum::wait;
use crate::network::{Answer, ReadError, Trouble, json, status};
use crate::time::Time;

/// How long to wait after a limit without a length: GitHub asks for a minute at least.
const WHILE: i64 = 60_000;

/// What an answer with a status above 399 says.
pub(super) fn of_status(answer: &Answer) -> Option<ReadError> {
    if answer.status < 400 {
        return None;
    }
    let value = json::parse(&NAME, "posts", &answer.body).unwrap_or_default();
    Some(judged(answer, answer.status, &value))
}

/// What an error object says that comes with a good status, or without any from a file.
pub(super) fn told(answer: &Answer, value: &Value) -> Option<ReadError> {
    if json::text(value, "message").is_some() && value.get("documentation_url").is_some() {
        let status =
            json::id(value, "status").and_then(|status| status.parse().ok()).unwrap_or(answer.status);
        return Some(judged(answer, status, value));
    }
    // GraphQL says its errors beside what it gives
    let error = json::list(value, "errors").first().filter(|_| value.get("message").is_none())?;
    let given = value.get("data").is_some_and(|data| {
        data.get("search")
            .or_else(|| data.get("nodes"))
            .or_else(|| data.get("node"))
            .is_some_and(|part| !part.is_null())
    });
    if given {
        return None;
    }
    let words = json::few_words(json::text(error, "message").unwrap_or("an error without words"));
    let trouble = match json::text(error, "type").unwrap_or_default() {
        "RATE_LIMITED" => Trouble::Rate,
        "FORBIDDEN" | "INSUFFICIENT_SCOPES" | "SAML" => Trouble::NotApproved,
        "NOT_FOUND" | "" if words.contains("try again") || words.contains("timeout") => Trouble::Transient,
        _ if words.contains("rate limit") => Trouble::Rate,
        _ => Trouble::Transient,
    };
    let until = (trouble == Trouble::Rate).then(|| until(answer));
    Some(ReadError::refusal(&NAME, trouble, words).until(until))
}

fn judged(answer: &Answer, status: u16, value: &Value) -> ReadError {
    let message = json::text(value, "message").unwrap_or_default();
    let lower = message.to_lowercase();
    let page = answer.body.trim_ascii_start().starts_with(b"<");
    let limited = wait::used_up(answer).is_some()
        || answer.header("retry-after").is_some()
        || ["rate limit", "abuse", "secondary", "too many"].iter().any(|words| lower.contains(words));
    let project = Url::parse(&answer.request.url).is_ok_and(|url| url.path().contains("/repos/"));
    let trouble = match status {
        429 => Trouble::Rate,
        403 if limited => Trouble::Rate,
        401 => Trouble::Auth,
        403 if page => Trouble::BlockPage,
        403 => Trouble::NotApproved,
        404 if project && !message.is_empty() => Trouble::Gone,
        404 => Trouble::NoServer,
        410 | 451 => Trouble::Gone,
        400 | 422 => Trouble::BadQuery,
        _ => Trouble::Transient,
    };
    let words = match message {
        "" if page && trouble == Trouble::BlockPage => {
            format!("a web page with status {status}: it blocks this address for a while")
        }
        "" => format!("status {status}"),
        message => json::few_words(message),
    };
    let detail = match (trouble, reason(value)) {
        (Trouble::Gone, _) if status == 404 => {
            format!("{words}: a project of `repos` was removed or is private")
        }
        (_, Some(reason)) => format!("{words}: {reason}"),
        (_, None) => words,
    };
    let until = if trouble == Trouble::Rate { Some(until(answer)) } else { wait::retry_after(answer) };
    ReadError::refusal(&NAME, trouble, detail).until(until)
}

/// The first of the reasons that GitHub gives for a query it cannot read.
fn reason(value: &Value) -> Option<String> {
    let first = json::list(value, "errors").first()?;
    let words = json::text(first, "message").or_else(|| first.as_str()).map(json::few_words);
    words.or_else(|| {
        let part = |key: &str| json::text(first, key).unwrap_or_default();
        let said = format!("{} {} {}", part("resource"), part("field"), part("code"));
        Some(json::few_words(said.trim())).filter(|said| !said.is_empty())
    })
}

fn until(answer: &Answer) -> Time {
    status::until(answer).unwrap_or_else(|| answer.seen.plus(WHILE))
}
