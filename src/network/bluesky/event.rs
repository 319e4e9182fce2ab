//! Events of the network, the same whether Jetstream (v1 or v2) or the raw firehose brought them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::NAME;
use super::record::{self, POST, PROFILE, Places, REPOST};
use super::search::Search;
use super::tree::{text, time};
use crate::network::{Cursor, Page};
use crate::post::{Account, Author, Deletion, Gone};
use crate::time::Time;

/// Where the types of Jetstream v2 stand.
const V2: &str = "network.bsky.jetstream.subscribeEvents#";
/// States in which the account is whole and only its server lags: nothing was taken away.
const LAGGING: [&str; 2] = ["desynchronized", "throttled"];

/// What the cursor holds: the server's clock, so that any host can go on from it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// Microseconds of the last event of any kind, since most events concern nobody.
    pub(super) time_us: i64,
    /// Whether the server has said that it no longer holds the events after it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) outdated: bool,
    /// Where searching stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) search: Option<Search>,
}

/// How a cursor begins that holds a moment and nothing else.
const MOMENT: &str = "{\"time_us\":";

impl State {
    /// What `cursor` holds: a moment and nothing else in nearly all.
    pub(super) fn of(cursor: Option<&Cursor>) -> State {
        let moment = cursor.and_then(|cursor| cursor.0.strip_prefix(MOMENT)?.strip_suffix('}')?.parse().ok());
        moment.map_or_else(|| Cursor::state(cursor), |time_us| State { time_us, ..State::default() })
    }

    /// The cursor that holds this moment and nothing else.
    pub(super) fn at(time_us: i64) -> Cursor {
        Cursor([MOMENT, itoa::Buffer::new().format(time_us), "}"].concat())
    }
}

/// Something that happened to an account.
#[derive(Debug)]
pub(super) struct Event {
    /// Whose.
    pub(super) did: String,
    /// When the server saw it, in microseconds.
    pub(super) micros: Option<i64>,
    /// What.
    pub(super) what: What,
}

/// What happened.
#[derive(Debug)]
pub(super) enum What {
    /// A record was written.
    Written { collection: String, rkey: String, record: Value, again: bool },
    /// A record was deleted.
    Deleted { collection: String, rkey: String },
    /// The name may have changed.
    Identity { handle: Option<String> },
    /// The account came or went.
    Status { active: bool, status: Option<String> },
    /// Nothing that concerns us, but time has passed.
    Other,
}

/// Reads an event of Jetstream v1; kinds it does not know are [`What::Other`].
pub(super) fn v1(mut value: Value) -> Result<Event, &'static str> {
    let kind = text(&value, "/kind").unwrap_or_default().to_owned();
    let did = text(&value, "/did").unwrap_or_default().to_owned();
    let micros = value.get("time_us").and_then(Value::as_i64);
    let what = value.get_mut(&kind).map_or(What::Other, |inner| what(&kind, inner));
    if !matches!(what, What::Other) && (did.is_empty() || micros.is_none()) {
        return Err("an event without its did or time_us");
    }
    Ok(Event { did, micros, what })
}

/// Whether a frame of Jetstream v2 says that it begins later than the cursor.
pub(super) fn is_outdated(payload: &Value) -> bool {
    text(payload, "/$type").and_then(|kind| kind.strip_prefix(V2)) == Some("info")
        && text(payload, "/name") == Some("OutdatedCursor")
}

/// Reads the payload of a frame of Jetstream v2; `None` when it is none. Notices (`#info`) are [`What::Other`].
pub(super) fn v2(mut value: Value) -> Option<Event> {
    let kind = text(&value, "/$type")?.strip_prefix(V2)?.to_owned();
    let did = text(&value, "/did").unwrap_or_default().to_owned();
    let micros = micros(&value);
    let inner = if kind == "commit" { Some(&mut value) } else { value.get_mut(&kind) };
    Some(Event { did, micros, what: inner.map_or(What::Other, |inner| what(&kind, inner)) })
}

/// The microseconds of `time`, whose milliseconds are exact enough to resume a little earlier.
pub(super) fn micros(value: &Value) -> Option<i64> {
    time(value, "/time")?.0.checked_mul(1000)
}

/// Reads what happened, from the part of an event that says so.
pub(super) fn what(kind: &str, inner: &mut Value) -> What {
    let record = inner.get_mut("record").map(Value::take).filter(Value::is_object);
    let word = |path| text(inner, path).map(str::to_owned);
    match kind {
        "commit" => {
            let (Some(collection), Some(rkey)) = (word("/collection"), word("/rkey")) else {
                return What::Other;
            };
            match (text(inner, "/operation"), record) {
                (Some("delete"), _) => What::Deleted { collection, rkey },
                (Some(operation @ ("create" | "update")), Some(record)) => {
                    What::Written { collection, rkey, record, again: operation == "update" }
                }
                _ => What::Other,
            }
        }
        "identity" => What::Identity { handle: record::handle(inner) },
        "account" => match inner.get("active").and_then(Value::as_bool) {
            Some(active) => What::Status { active, status: word("/status") },
            None => What::Other,
        },
        _ => What::Other,
    }
}

impl Event {
    /// The moment of the event.
    pub(super) fn at(&self) -> Option<Time> {
        Time(self.micros?.div_euclid(1000)).valid()
    }

    /// Adds to `page` what the event says.
    pub(super) fn tell(&self, places: &Places, page: &mut Page) {
        let (did, at) = (self.did.as_str(), self.at());
        if let Some(time_us) = self.micros {
            page.until = at;
            page.cursor = Some(State::at(time_us));
        }
        if did.is_empty() {
            return;
        }
        let account = |author, status| Account { network: NAME, author, status, at };
        match &self.what {
            What::Written { collection, rkey, record, again } => {
                let uri = format!("at://{did}/{collection}/{rkey}");
                match collection.as_str() {
                    POST => {
                        let mut post = places.post(did, &uri, record, at);
                        if *again {
                            post.edited = at;
                            page.edits.push(post);
                        } else {
                            page.posts.push(post);
                        }
                    }
                    REPOST => page.posts.extend(places.repost(did, &uri, record, at)),
                    PROFILE if rkey == "self" => page.accounts.push(places.profile(did, record, at)),
                    _ => {}
                }
            }
            What::Deleted { collection, rkey } => {
                if collection == POST || collection == REPOST {
                    let gone = Gone::Post(format!("at://{did}/{collection}/{rkey}"));
                    page.deletions.push(Deletion { network: NAME, gone, at });
                }
            }
            What::Identity { handle } => {
                let author = Author { handle: handle.clone(), ..places.author(did) };
                page.accounts.push(account(author, None));
            }
            What::Status { active, status } => {
                let lagging = status.as_deref().is_some_and(|status| LAGGING.contains(&status));
                let word = if *active { "active" } else { "inactive" };
                let status = status.clone().or_else(|| Some(word.to_owned()));
                if !active && !lagging {
                    // Also for reasons not known yet: what its host no longer serves is not ours to keep.
                    let gone = Gone::Account(did.to_owned());
                    page.deletions.push(Deletion { network: NAME, gone, at });
                }
                page.accounts.push(account(places.author(did), status));
            }
            What::Other => {}
        }
    }
}
