//! What a Lemmy server refuses, by its error names and its statuses.

use serde_json::Value;

use super::NAME;
use crate::network::forum::wait;
use crate::network::{Answer, ReadError, Trouble, json, status};
use crate::time::Time;

/// How long to wait where the server does not say, in milliseconds: reads are counted by the minute.
const WHILE: i64 = 60_000;
/// The same for searches, which are counted by ten minutes.
const WHILE_SEARCHING: i64 = 600_000;

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
    let said = String::from_utf8_lossy(answer.body.get(..200).unwrap_or(&answer.body)).into_owned();
    let trouble = match answer.status {
        429 => Trouble::Rate,
        403 | 503 if page => Trouble::BlockPage,
        401 | 403 => Trouble::NotApproved,
        400 | 422 if said.contains("deserialize") => Trouble::BadQuery,
        410 => Trouble::Gone,
        _ => Trouble::Transient,
    };
    let detail = match (answer.status, trouble) {
        (404, _) => "nothing is there, status 404; check `base_url`".to_owned(),
        (_, Trouble::BadQuery) => json::few_words(&said),
        (status, Trouble::BlockPage) => {
            format!("a web page with status {status}: it blocks this address for a while")
        }
        (status, Trouble::NotApproved) => {
            format!("this server shows its posts to members only: status {status}")
        }
        (status, _) => format!("status {status}"),
    };
    Some(ReadError::refusal(&NAME, trouble, detail).until(until(answer, trouble)))
}

/// What an error object says, whatever its status.
pub(super) fn told(answer: &Answer, value: &Value) -> Option<ReadError> {
    let name = json::text(value, "error")?;
    let message = json::text(value, "message").or_else(|| json::text(value, "cause"));
    let trouble = match name {
        "rate_limit_error" | "too_many_requests" => Trouble::Rate,
        "instance_is_private"
        | "not_logged_in"
        | "incorrect_login"
        | "missing_jwt"
        | "registration_closed" => Trouble::NotApproved,
        "couldnt_find_community" | "community_not_found" | "invalid_query" | "contradicting_filters" => {
            Trouble::BadQuery
        }
        _ if answer.status == 429 => Trouble::Rate,
        _ if answer.status == 401 => Trouble::NotApproved,
        _ => Trouble::Transient,
    };
    let name = json::few_words(name);
    let detail = match (trouble, message) {
        (Trouble::NotApproved, _) => format!("this server shows its posts to members only: {name}"),
        (_, Some(message)) => format!("{name}: {}", json::few_words(message)),
        (_, None) => name,
    };
    Some(ReadError::refusal(&NAME, trouble, detail).until(until(answer, trouble)))
}

fn until(answer: &Answer, trouble: Trouble) -> Option<Time> {
    if trouble != Trouble::Rate {
        return wait::retry_after(answer);
    }
    let searching = answer.request.url.contains("/search") || answer.request.url.contains("search_term=");
    let own = answer.seen.plus(if searching { WHILE_SEARCHING } else { WHILE });
    Some(status::until(answer).unwrap_or(own))
}
