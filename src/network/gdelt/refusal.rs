//! What GDELT answers instead of articles: sentences and web pages, most with status 200. Waits are long, so that
//! what is normal here alarms nobody.

use super::NAME;
use crate::network::{Answer, ReadError, Trouble, json, status};
use crate::time::Time;

/// How long it is left alone when it asks for fewer requests, in milliseconds: an overload lasts.
const LIMITED: i64 = 30 * 60_000;
/// How long it is left alone after any other failure.
const FAILED: i64 = 20 * 60_000;
/// The longest sentence: anything longer is no message.
const SENTENCE: usize = 2_000;

/// What an answer with a status above 399 says.
pub(super) fn of_status(answer: &Answer) -> Option<ReadError> {
    if answer.status < 400 {
        return None;
    }
    let said = sentence(answer);
    let words = said.as_deref().unwrap_or_default();
    let trouble = match answer.status {
        429 => Trouble::Rate,
        404 => Trouble::NoServer,
        400 if judged(words) == Trouble::BadQuery => Trouble::BadQuery,
        _ if judged(words) == Trouble::Rate => Trouble::Rate,
        _ => Trouble::Transient,
    };
    let detail = said.unwrap_or_else(|| format!("status {}", answer.status));
    Some(failure(answer, trouble, &detail))
}

/// What a sentence or web page with a good status says.
pub(super) fn told(answer: &Answer) -> Option<ReadError> {
    let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body).trim_ascii();
    if matches!(body.first(), Some(b'{' | b'[')) {
        return None;
    }
    let Some(said) = sentence(answer) else {
        if body.is_empty() {
            return Some(failure(answer, Trouble::Transient, "an empty answer"));
        }
        // its own when it is overloaded, or that of another server
        let page = ReadError::new(&NAME, "articles", "a web page instead of articles");
        let page = ReadError { trouble: Trouble::BlockPage, ..page };
        return Some(page.until(Some(longer(answer, FAILED))));
    };
    Some(failure(answer, judged(&said), &said))
}

/// An answer that cannot be read: it passes, as everything here does.
pub(super) fn broken(answer: &Answer, error: ReadError) -> ReadError {
    later(answer, ReadError { trouble: Trouble::Transient, ..error })
}

/// An error after which the service is left alone for a while.
pub(super) fn later(answer: &Answer, error: ReadError) -> ReadError {
    error.until(Some(answer.seen.plus(FAILED)))
}

fn failure(answer: &Answer, trouble: Trouble, detail: &str) -> ReadError {
    let least = if trouble == Trouble::Rate { LIMITED } else { FAILED };
    let until = (trouble != Trouble::BadQuery).then(|| longer(answer, least));
    ReadError::refusal(&NAME, trouble, json::few_words(detail)).until(until)
}

fn longer(answer: &Answer, millis: i64) -> Time {
    let own = answer.seen.plus(millis);
    status::until(answer).map_or(own, |asked| asked.max(own))
}

/// A plain sentence, when the body is one.
fn sentence(answer: &Answer) -> Option<String> {
    let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body).trim_ascii();
    if body.is_empty() || body.len() > SENTENCE || matches!(body.first(), Some(b'<' | b'{' | b'[')) {
        return None;
    }
    Some(String::from_utf8_lossy(body).into_owned())
}

/// What a sentence means.
fn judged(words: &str) -> Trouble {
    let lower = words.to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if says(&["limit requests", "rate limit", "too many requests", "one every", "quota"]) {
        Trouble::Rate
    } else if says(&[
        "too short",
        "too long",
        "too common",
        "invalid",
        "illegal",
        "parenthes",
        "surrounded by",
        "not supported",
        "not recognized",
        "unrecognized",
    ]) {
        Trouble::BadQuery
    } else {
        Trouble::Transient
    }
}
