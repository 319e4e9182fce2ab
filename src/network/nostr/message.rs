//! Messages of a relay taken apart: events, refusals, what it says of itself.

use serde_json::Value;

use super::NAME;
use super::event::{self, Event, genuine, is_event};
use super::walk::{Found, Relay};
use crate::network::{ReadError, Trouble, json};

/// What stands in an answer.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Genuine events, in order.
    pub(super) events: Vec<Event>,
    /// All of them, genuine or not.
    pub(super) found: Found,
    /// What the relay says of itself.
    pub(super) relay: Option<Relay>,
    /// Names that a domain vouches for, with their keys.
    pub(super) names: Vec<Value>,
}

impl Reading {
    /// Takes apart everything that came: one message, or several.
    pub(super) fn take(&mut self, body: &[u8]) -> Result<(), ReadError> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
        if !matches!(body.first(), Some(b'{' | b'[')) {
            return self.message(json::parse(&NAME, "events", body)?);
        }
        let mended = json::half_characters(body);
        for value in serde_json::Deserializer::from_slice(mended.as_deref().unwrap_or(body)).into_iter() {
            let broken = |error| unread(&format!("the answer is broken or cut off: {error}"));
            self.message(value.map_err(broken)?)?;
        }
        Ok(())
    }

    /// Whether nothing was found that is a relay's or a domain's.
    pub(super) fn is_empty(&self) -> bool {
        self.found.events == 0 && self.names.is_empty()
    }

    fn message(&mut self, value: Value) -> Result<(), ReadError> {
        match value {
            Value::Array(words) => self.words(&words),
            Value::Object(mut fields) => {
                if let Some(message) = fields.remove("msg") {
                    // a recorded conversation: what a client said is not what the relay says
                    let client = fields.get("dir").is_some_and(|dir| dir == "client");
                    return if client { Ok(()) } else { self.message(message) };
                }
                self.object(&Value::Object(fields))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Err(unread("JSON that no relay sends"))
            }
        }
    }

    fn words(&mut self, words: &[Value]) -> Result<(), ReadError> {
        match words.first().and_then(Value::as_str) {
            Some("EVENT") => match words.get(2).or_else(|| words.get(1)).filter(|event| event.is_object()) {
                Some(event) => self.event(event),
                None => return Err(unread("an EVENT without an event")),
            },
            Some("EOSE" | "OK" | "AUTH" | "COUNT") => {}
            Some("CLOSED") => return Err(closed(words.get(2))),
            Some("NOTICE") => return notice(words.get(1)),
            Some(_) | None => {
                let before = self.found.events;
                words.iter().filter(|event| is_event(event)).for_each(|event| self.event(event));
                if self.found.events == before && !words.is_empty() {
                    return Err(unread("a list that no relay sends"));
                }
            }
        }
        Ok(())
    }

    fn object(&mut self, value: &Value) -> Result<(), ReadError> {
        if is_event(value) {
            self.event(value);
        } else if let Some(names) = value.get("names").filter(|names| names.is_object()) {
            self.names.push(names.clone());
        } else if ["supported_nips", "software", "limitation"].iter().any(|key| value.get(key).is_some()) {
            self.relay = Some(relay(value)?);
        } else if let Some(error) = json::text(value, "error").or_else(|| json::text(value, "message")) {
            return Err(unread(&format!("the relay says \"{}\"", json::few_words(error))));
        } else {
            return Err(unread("JSON that no relay sends"));
        }
        Ok(())
    }

    fn event(&mut self, value: &Value) {
        self.found.add(event::claimed(value));
        self.events.extend(genuine(value));
    }
}

/// What a relay says of itself, unless it says that we may not read.
fn relay(value: &Value) -> Result<Relay, ReadError> {
    let limits = value.get("limitation").unwrap_or(&Value::Null);
    if limits.get("auth_required").and_then(Value::as_bool) == Some(true) {
        let reason =
            "the relay speaks only to those who log in, which Vigie cannot: choose another `base_url`";
        return Err(ReadError::refusal(&NAME, Trouble::NotApproved, reason));
    }
    let nips = value.get("supported_nips").and_then(Value::as_array);
    let searches = nips.map(|nips| nips.iter().any(|nip| nip == 50));
    Ok(Relay { at: 0, searches, most: json::number(limits, "max_limit") })
}

pub(super) fn unread(detail: &str) -> ReadError {
    ReadError::new(&NAME, "events", detail)
}

/// Why a relay closed what was asked: a word that machines understand, then one for people.
fn closed(reason: Option<&Value>) -> ReadError {
    let said = json::few_words(reason.and_then(Value::as_str).unwrap_or("it says not why"));
    let trouble = match said.split(':').next().unwrap_or_default().trim() {
        "auth-required" | "restricted" | "blocked" | "payment-required" => Trouble::NotApproved,
        "rate-limited" | "pow" => Trouble::Rate,
        "invalid" | "unsupported" => Trouble::BadQuery,
        _ => Trouble::Transient,
    };
    ReadError::refusal(&NAME, trouble, format!("the relay says \"{said}\""))
}

/// A word of the relay to people. Older ones refuse in this way.
fn notice(said: Option<&Value>) -> Result<(), ReadError> {
    let lower = said.and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let refusals = ["error", "invalid", "rate-limited", "restricted", "blocked", "auth-required", "bad req"];
    if refusals.iter().any(|start| lower.starts_with(start)) { Err(closed(said)) } else { Ok(()) }
}
