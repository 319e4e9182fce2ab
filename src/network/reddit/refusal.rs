//! What it means when Reddit refuses, by status, by reason, and by web pages where data was expected.

use serde_json::Value;

use super::NAME;
use crate::network::{Answer, ReadError, Trouble, json, status};
use crate::time::Time;

/// How long to wait when Reddit does not say: two turns of the feeds.
const WAIT: i64 = 130_000;
/// The longest wait believed: limits are counted over ten minutes.
const LONGEST: i64 = 3_600_000;

/// The refusal in an answer with a status of 300 and above; `key`: it was asked for with one.
pub(super) fn of(answer: &Answer, key: bool) -> Option<ReadError> {
    if answer.status < 300 || answer.status == 304 {
        return moved(answer);
    }
    let value = serde_json::from_slice::<Value>(answer.body.trim_ascii()).ok();
    let refused = |kind, detail: String| Some(ReadError::refusal(&NAME, kind, detail));
    if let Some(reason) = absent(answer) {
        return refused(Trouble::Gone, reason);
    }
    let said = value.as_ref().map(told).unwrap_or_default();
    match answer.status {
        429 => refused(Trouble::Rate, format!("status 429{said}")).map(|error| error.until(until(answer))),
        403 if is_page(answer) => refused(
            Trouble::BlockPage,
            "a block page with status 403: Reddit refuses this address, as it does many data centres"
                .to_owned(),
        ),
        401 | 403 if key => refused(
            if answer.status == 401 { Trouble::Auth } else { Trouble::NotApproved },
            format!("status {}{said}", answer.status),
        ),
        401 | 403 => refused(Trouble::NotApproved, format!("status {}{said}", answer.status)),
        400 | 414 => refused(Trouble::BadQuery, format!("status {}{said}", answer.status)),
        300..=399 => refused(Trouble::Transient, format!("a redirection with status {}", answer.status)),
        500.. => refused(Trouble::Transient, format!("status {}{said}", answer.status)),
        _ => refused(Trouble::Unread, format!("status {}{said}", answer.status)),
    }
}

/// A refusal that came with a good status.
pub(super) fn of_value(answer: &Answer, value: &Value, key: bool) -> Option<ReadError> {
    let error = value.get("error").filter(|error| !error.is_null() && **error != false)?;
    if let Some(status) =
        error.as_u64().and_then(|status| u16::try_from(status).ok()).filter(|code| *code >= 400)
    {
        return of(&Answer { status, ..answer.clone() }, key);
    }
    let said = told(value);
    let kind = match error.as_str() {
        Some("invalid_grant" | "unauthorized_client" | "invalid_client" | "access_denied") => Trouble::Auth,
        Some("unsupported_grant_type" | "invalid_request") => Trouble::BadQuery,
        _ => Trouble::Transient,
    };
    Some(ReadError::refusal(&NAME, kind, format!("Reddit answers with an error{said}")))
}

/// Why one subreddit or person cannot be read, if that is what the answer says.
pub(super) fn absent(answer: &Answer) -> Option<String> {
    let value = serde_json::from_slice::<Value>(answer.body.trim_ascii()).ok();
    let reason = value.as_ref().and_then(|value| json::text(value, "reason"));
    match (answer.status, reason) {
        (403 | 404, Some("private")) => Some("it is private".to_owned()),
        (403 | 404, Some("banned")) => Some("Reddit banned it".to_owned()),
        (403 | 404, Some("quarantined")) => Some("it is in quarantine".to_owned()),
        (403 | 404, Some("gold_only")) => Some("it is for paying members".to_owned()),
        // Reddit says so in JSON; anything else is another server
        (404, _) if value.is_some() => Some("it does not exist".to_owned()),
        _ => None,
    }
}

/// A subreddit that does not exist leads to a search for subreddits.
fn moved(answer: &Answer) -> Option<ReadError> {
    let path = |address: &str| url::Url::parse(address).map(|url| url.path().to_owned()).unwrap_or_default();
    let led = !answer.final_url.is_empty()
        && path(&answer.final_url).starts_with("/subreddits/search")
        && !path(&answer.request.url).starts_with("/subreddits/search");
    led.then(|| ReadError::refusal(&NAME, Trouble::Gone, "there is no such subreddit"))
}

fn is_page(answer: &Answer) -> bool {
    answer.body.trim_ascii().starts_with(b"<")
}

/// What Reddit says itself, as the end of a sentence.
fn told(value: &Value) -> String {
    let said = ["message", "error_description", "explanation", "reason", "error"]
        .iter()
        .find_map(|key| json::text(value, key));
    said.map(|said| format!(": \"{}\"", json::few_words(said))).unwrap_or_default()
}

/// Until when Reddit wants to be left alone.
fn until(answer: &Answer) -> Option<Time> {
    let told = status::until(answer).map_or(0, |until| until.since(answer.seen));
    (answer.seen != Time::default()).then(|| answer.seen.plus(told.clamp(WAIT, LONGEST)))
}
