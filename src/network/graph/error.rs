//! Refusals of Meta: an error object with a code says more than the status, which is mostly 400 and
//! sometimes 200.

use serde_json::Value;

use super::usage;
use crate::network::{Answer, ReadError, Trouble, json, status};
use crate::post::NetworkName;
use crate::time::Time;

/// How long to wait when a limit is reached and nobody says until when: the limits are counted over a rolling
/// hour, and calls made while limited still count.
const LIMITED: i64 = 30 * 60_000;
/// How long to wait when the account was blocked for what it asked: Meta says only "wait".
const BLOCKED: i64 = 6 * 3_600_000;
/// How long to wait when a budget of seven rolling days is used up: each day gives some of it back.
const USED_UP: i64 = 24 * 3_600_000;
/// A word longer than this may be a token, and is not repeated.
const LONGEST_WORD: usize = 24;

/// What is said when a page should have been smaller.
pub(in crate::network) const TOO_MUCH: &str = "too much was asked for at once";

/// The error object of an answer.
struct Fault<'a> {
    code: i64,
    subcode: i64,
    message: &'a str,
    transient: bool,
}

impl Fault<'_> {
    fn of(value: &Value) -> Option<Fault<'_>> {
        let error = value.get("error").filter(|error| error.is_object())?;
        let message = json::text(error, "error_user_msg").or_else(|| json::text(error, "message"));
        Some(Fault {
            code: super::count(error, "code").unwrap_or_default(),
            subcode: super::count(error, "error_subcode").unwrap_or_default(),
            message: message.unwrap_or("no reason given"),
            transient: error.get("is_transient").and_then(Value::as_bool) == Some(true),
        })
    }
}

/// The refusal in an answer: an error object under any status, or a status of 400 and above.
pub(super) fn of_answer(network: &NetworkName, answer: &Answer) -> Option<ReadError> {
    let value = serde_json::from_slice::<Value>(answer.body.trim_ascii()).ok();
    if let Some(fault) = value.as_ref().and_then(Fault::of) {
        return Some(explain(network, answer, &fault));
    }
    if let Some(said) = value.as_ref().and_then(|value| json::text(value, "error")) {
        let detail = format!("it says \"{}\"", told(said));
        return Some(ReadError::refusal(network, of_status(answer.status), detail).until(until(answer)));
    }
    if answer.status < 400 {
        return None;
    }
    let detail = format!("status {} without a reason", answer.status);
    Some(match (answer.status, of_status(answer.status)) {
        (_, Trouble::Rate) => ReadError::refusal(network, Trouble::Rate, detail).until(until(answer)),
        (..500, _) if answer.body.trim_ascii().starts_with(b"<") => {
            let detail = format!("a web page with status {}: a block page or a wrong address", answer.status);
            ReadError::refusal(network, Trouble::BlockPage, detail)
        }
        // the network itself always gives a reason
        (404, _) => ReadError::refusal(network, Trouble::NoServer, detail),
        (_, kind) => ReadError::refusal(network, kind, detail),
    })
}

/// A reading error, with the kind it has when a web page came.
pub(super) fn typed(mut error: ReadError, body: &[u8]) -> ReadError {
    if body.trim_ascii().starts_with(b"<") {
        error.trouble = Trouble::BlockPage;
    }
    error
}

fn of_status(status: u16) -> Trouble {
    match status {
        401 => Trouble::Auth,
        403 => Trouble::NotApproved,
        404 => Trouble::NoServer,
        402 => Trouble::Money,
        410 => Trouble::Gone,
        429 => Trouble::Rate,
        400..=499 => Trouble::BadQuery,
        500.. => Trouble::Transient,
        _ => Trouble::Unread,
    }
}

fn after(answer: &Answer, millis: i64) -> Option<Time> {
    (answer.seen != Time::default()).then(|| answer.seen.plus(millis))
}

/// Until when a limit holds.
fn until(answer: &Answer) -> Option<Time> {
    let regain = usage::regain(answer).and_then(|wait| after(answer, wait));
    regain.or_else(|| status::until(answer)).or_else(|| after(answer, LIMITED))
}

fn explain(network: &NetworkName, answer: &Answer, fault: &Fault<'_>) -> ReadError {
    let Fault { code, subcode, message, .. } = *fault;
    let number = if subcode == 0 { format!("code {code}") } else { format!("code {code}/{subcode}") };
    let said = format!("{number}: \"{}\"", told(message));
    let plain = |kind, why: &str| ReadError::refusal(network, kind, format!("{why}; {said}"));
    match (code, subcode) {
        (190, 463) => plain(Trouble::Auth, "the token has expired: tokens of people live 60 days"),
        (190, 460) => plain(Trouble::Auth, "the token ended when its owner changed the password"),
        (190, 458) => plain(Trouble::Auth, "the owner of the token removed the app"),
        (190, 459 | 464) => plain(Trouble::Auth, "the owner of the token must log in to the network first"),
        (190 | 102, _) => plain(Trouble::Auth, "the token is not valid"),
        (18, _) | (_, 2_207_034) => {
            plain(Trouble::Money, "the 30 hashtags of seven days are used up").until(after(answer, USED_UP))
        }
        (4 | 17 | 32 | 341 | 613 | 80_000..=80_014, _) | (_, 2_207_051) => {
            plain(Trouble::Rate, whose_limit(code)).until(until(answer))
        }
        (368, _) => plain(Trouble::Rate, "it blocks this account for a while").until(after(answer, BLOCKED)),
        (3 | 10 | 200..=299, _) => plain(Trouble::NotApproved, "the permission or feature was not granted"),
        _ if is_absent(code, subcode) => {
            plain(Trouble::Gone, "what was asked for is not there, or not public")
        }
        (1, _) if message.to_lowercase().contains("reduce the amount") => plain(Trouble::Transient, TOO_MUCH),
        (100, _) if super::has_token(&answer.request.url) => {
            plain(Trouble::Transient, "the page token is refused, and the run starts again")
        }
        _ if fault.transient || answer.status >= 500 || matches!(code, 1 | 2) => {
            plain(Trouble::Transient, "a fault on its side")
        }
        (100 | 2500, _) => plain(Trouble::BadQuery, "a parameter is refused"),
        _ => {
            let kind = of_status(answer.status);
            let kind = if kind == Trouble::Unread { Trouble::Transient } else { kind };
            plain(kind, "it refuses")
        }
    }
}

fn whose_limit(code: i64) -> &'static str {
    match code {
        17 => "the limit of the token's owner is reached",
        32 | 80_001 => "the limit of the Page is reached",
        80_002 => "the limit of the Instagram account is reached",
        613 => "the limit of this call is reached",
        _ => "the limit of the app is reached",
    }
}

/// Codes that say that one object does not exist or cannot be seen: 100/33, an alias that does not exist, a
/// hashtag or a professional account that does not exist.
fn is_absent(code: i64, subcode: i64) -> bool {
    matches!(
        (code, subcode),
        (100, 33) | (803 | 110, _) | (21, _) | (24, 2_207_006 | 2_207_024) | (_, 2_207_013)
    )
}

/// Whether an answer refuses the page token of its request.
pub(super) fn is_of_token(answer: &Answer) -> bool {
    let value = serde_json::from_slice::<Value>(answer.body.trim_ascii()).ok();
    let fault = value.as_ref().and_then(Fault::of);
    super::has_token(&answer.request.url)
        && fault.is_some_and(|fault| fault.code == 100 && !is_absent(fault.code, fault.subcode))
}

/// Whether an answer says that one object does not exist or cannot be seen.
pub(super) fn is_gone(answer: &Answer) -> bool {
    let value = serde_json::from_slice::<Value>(answer.body.trim_ascii()).ok();
    match value.as_ref().and_then(Fault::of) {
        Some(fault) => is_absent(fault.code, fault.subcode),
        // of what is not there the network itself gives a reason
        None => answer.status == 410,
    }
}

/// A message of the network without anything that may be a token.
fn told(message: &str) -> String {
    let word = |word: &str| {
        let secret = word.len() > LONGEST_WORD || word.contains("token=") || word.contains("://");
        if secret { "…".to_owned() } else { word.to_owned() }
    };
    let words: Vec<String> = message.split_whitespace().map(word).collect();
    json::few_words(&words.join(" "))
}
