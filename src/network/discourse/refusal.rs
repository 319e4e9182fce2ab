//! What a forum refuses, and why.

use serde_json::Value;
use url::Url;

use super::NAME;
use crate::network::forum::{self, wait};
use crate::network::{Answer, ReadError, Trouble, json, status};
use crate::time::Time;

/// How long to wait where the forum does not say: its limits are counted by the minute.
const WHILE: i64 = 60_000;

/// What an answer with a status above 399 says, or one that leads to the login page.
pub(super) fn of(answer: &Answer) -> Option<ReadError> {
    let body = answer.body.trim_ascii_start();
    let page = body.starts_with(b"<");
    if answer.status < 400 {
        let login = page && Url::parse(answer.url()).is_ok_and(|url| is_login(&url));
        return login.then(|| members_only("it leads to its login page"));
    }
    if let Some(error) = json::parse(&NAME, "posts", body).ok().and_then(|value| told(answer, &value)) {
        return Some(error);
    }
    let (trouble, words) = match answer.status {
        401 => (Trouble::Auth, "status 401"),
        403 | 503 if page => {
            (Trouble::BlockPage, "a web page with a refusal: it blocks this address for a while")
        }
        403 => return Some(members_only("status 403")),
        404 => (Trouble::Transient, "nothing is there, status 404; check `base_url`"),
        410 => (Trouble::Gone, "status 410"),
        400 | 422 => (Trouble::BadQuery, "it cannot read the question"),
        429 => (Trouble::Rate, "status 429"),
        _ => (Trouble::Transient, "a fault of its own"),
    };
    Some(ReadError::refusal(&NAME, trouble, words).until(until(answer, None, trouble)))
}

/// What an error object says, whatever its status.
pub(super) fn told(answer: &Answer, value: &Value) -> Option<ReadError> {
    let errors = json::list(value, "errors");
    let kind = json::text(value, "error_type");
    let failed = json::text(value, "failed").is_some();
    if kind.is_none() && errors.is_empty() && !failed {
        return None;
    }
    let said = errors.iter().find_map(Value::as_str).or_else(|| json::text(value, "message"));
    let words = said.map_or_else(|| format!("status {}", answer.status), json::few_words);
    let trouble = match (kind.unwrap_or_default(), answer.status) {
        ("rate_limit", _) | (_, 429) => Trouble::Rate,
        (_, 401) => Trouble::Auth,
        ("invalid_access", _) if words.to_lowercase().contains("api") => Trouble::Auth,
        ("not_logged_in" | "invalid_access", _) | (_, 403) => return Some(members_only(&words)),
        ("not_found" | "read_only", _) | (_, 404) => Trouble::Transient,
        ("invalid_parameters", _) | (_, 400 | 422) => Trouble::BadQuery,
        (_, 410) => Trouble::Gone,
        _ => Trouble::Transient,
    };
    Some(ReadError::refusal(&NAME, trouble, words).until(until(answer, Some(value), trouble)))
}

fn until(answer: &Answer, value: Option<&Value>, trouble: Trouble) -> Option<Time> {
    let extras = value.and_then(|value| value.get("extras"));
    let seconds =
        extras.and_then(|extras| forum::many(extras, "wait_seconds")).filter(|wait| *wait <= 86_400);
    let said = seconds
        .and_then(|wait| i64::try_from(wait).ok())
        .map(|wait| answer.seen.plus(wait.saturating_mul(1000)));
    let limited = trouble == Trouble::Rate;
    let told = if limited { status::until(answer) } else { wait::retry_after(answer) };
    told.max(said).or_else(|| limited.then(|| answer.seen.plus(WHILE)))
}

fn members_only(words: &str) -> ReadError {
    let detail = format!("this forum shows its posts to members only: {words}");
    ReadError::refusal(&NAME, Trouble::NotApproved, detail)
}

fn is_login(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/');
    path.ends_with("/login") || path.contains("/session/") || path.contains("/auth/")
}
