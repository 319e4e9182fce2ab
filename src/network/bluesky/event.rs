//! Events of the network, the same whether Jetstream (v1 or v2) or the raw firehose brought them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::NAME;
use super::record::{self, POST, PROFILE, Places, REPOST};
use super::search::Search;
use super::tree::{text, time};
use crate::network::json::walk::Walk;
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

/// The whole of a plain new post, as Jetstream v1 sends most of them.
#[derive(Debug)]
pub(super) struct Skimmed<'b> {
    pub(super) did: Cow<'b, str>,
    pub(super) time_us: i64,
    pub(super) rkey: Cow<'b, str>,
    pub(super) text: Cow<'b, str>,
    pub(super) is_answer: bool,
}

/// Reads a message that is nothing else than a new post without pictures, links to cards or quotes.
pub(super) fn skim(message: &[u8]) -> Option<Skimmed<'_>> {
    let mut walk = Walk::over(message);
    let (mut did, mut time_us, mut kind, mut commit) = (None, None, None, None);
    walk.object(|walk, key| match key {
        b"did" => once(&mut did, walk.text()?),
        b"time_us" => once(&mut time_us, walk.whole()?),
        b"kind" => once(&mut kind, walk.only("commit")?),
        b"commit" => once(&mut commit, Commit::skim(walk)?),
        _ => walk.skip().map(drop),
    })?;
    walk.end()?;
    kind?;
    let (did, time_us) = (did.filter(|did| !did.is_empty())?, time_us?);
    let Commit { rkey, record: Record { text, is_answer } } = commit?;
    Some(Skimmed { did, time_us, rkey, text, is_answer })
}

/// Keeps the value of a key that stands only once.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

/// The part of a message that says what was written.
struct Commit<'b> {
    rkey: Cow<'b, str>,
    record: Record<'b>,
}

impl<'b> Commit<'b> {
    fn skim(walk: &mut Walk<'b>) -> Option<Commit<'b>> {
        let (mut operation, mut collection, mut rkey, mut record) = (None, None, None, None);
        walk.object(|walk, key| match key {
            b"operation" => once(&mut operation, walk.only("create")?),
            b"collection" => once(&mut collection, walk.only(POST)?),
            b"rkey" => once(&mut rkey, walk.text()?),
            b"record" => once(&mut record, Record::skim(walk)?),
            _ => walk.skip().map(drop),
        })?;
        operation.and(collection)?;
        Some(Commit { rkey: rkey?, record: record? })
    }
}

/// The record of a plain post.
struct Record<'b> {
    text: Cow<'b, str>,
    is_answer: bool,
}

impl<'b> Record<'b> {
    fn skim(walk: &mut Walk<'b>) -> Option<Record<'b>> {
        let (mut text, mut embed, mut reply) = (None, None, None);
        walk.object(|walk, key| match key {
            b"text" => once(&mut text, walk.text()?),
            b"embed" => once(&mut embed, (!walk.skip()?).then_some(())?),
            b"reply" => once(&mut reply, walk.skip()?),
            _ => walk.skip().map(drop),
        })?;
        Some(Record { text: text?, is_answer: reply == Some(true) })
    }
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

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    /// What [`skim`] says, read by `serde`.
    fn plainly(message: &[u8]) -> Option<Skimmed<'_>> {
        #[derive(Deserialize)]
        struct Message<'b> {
            #[serde(borrow)]
            did: Cow<'b, str>,
            time_us: i64,
            #[serde(borrow)]
            kind: Cow<'b, str>,
            #[serde(borrow)]
            commit: Commit<'b>,
        }
        #[derive(Deserialize)]
        struct Commit<'b> {
            #[serde(borrow)]
            operation: Cow<'b, str>,
            #[serde(borrow)]
            collection: Cow<'b, str>,
            #[serde(borrow)]
            rkey: Cow<'b, str>,
            #[serde(borrow)]
            record: Record<'b>,
        }
        #[derive(Deserialize)]
        struct Record<'b> {
            #[serde(borrow)]
            text: Cow<'b, str>,
            embed: Option<IgnoredAny>,
            reply: Option<IgnoredAny>,
        }
        let Message { did, time_us, kind, commit } = serde_json::from_slice(message).ok()?;
        let plain = kind == "commit"
            && commit.operation == "create"
            && commit.collection == POST
            && commit.record.embed.is_none()
            && !did.is_empty();
        let is_answer = commit.record.reply.is_some();
        plain.then_some(Skimmed { did, time_us, rkey: commit.rkey, text: commit.record.text, is_answer })
    }

    const MESSAGE: &str = r#"{"did":"did:plc:ana","time_us":1770000000000000,"kind":"commit","commit":{"rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"3k","record":{"$type":"app.bsky.feed.post","createdAt":"2026-02-02T00:00:00Z","langs":["fr"],"embed":null,"text":"Un \"caf\u00e9\" \ud83d\ude00 à Paris\n","reply":{"parent":{"cid":"b","uri":"at://x"},"root":null}},"cid":"bafy"}}"#;

    /// What is skimmed is what is read; what is no JSON may be skimmed as far as it is looked at.
    #[track_caller]
    fn check(message: &[u8]) {
        let (told, skimmed, read) = (String::from_utf8_lossy(message), skim(message), plainly(message));
        if read.is_some() || serde_json::from_slice::<Value>(message).is_ok() {
            assert_eq!(format!("{skimmed:?}"), format!("{read:?}"), "{told}");
        }
    }

    #[test]
    fn messages_are_skimmed_as_they_are_read() {
        let told = skim(MESSAGE.as_bytes()).unwrap();
        assert_eq!((&*told.text, told.is_answer), ("Un \"café\" 😀 à Paris\n", true));
        for (from, to) in [
            ("", ""),
            ("did:plc:ana", ""),
            ("\"create\"", "\"update\""),
            ("\"kind\":\"commit\"", "\"kind\":\"account\""),
            ("\"embed\":null", "\"embed\":{\"images\":[]}"),
            ("\"embed\":null", "\"embed\":null,\"embed\":null"),
            ("\"rev\":\"3l\"", "\"rev\":[1,{\"a\":2.5e3}],\"rev\":null"),
            ("\"langs\":", "\"text\":\"twice\",\"langs\":"),
            ("1770000000000000", "17.5"),
            ("1770000000000000", "\"1\""),
            ("\"reply\":{", "\"reply\":null,\"other\":{"),
            ("\\ud83d", ""),
            ("app.bsky.feed.post\",\"rkey", "app.bsky.feed.like\",\"rkey"),
        ] {
            check(MESSAGE.replacen(from, to, 1).as_bytes());
        }
        check(format!(" {MESSAGE} ").as_bytes());
        check(format!("{MESSAGE} {MESSAGE}").as_bytes());
    }

    proptest::proptest! {
        #[test]
        fn broken_messages_are_skimmed_as_they_are_read(at in 0..MESSAGE.len(), length in 0_usize..6, instead in "[\\[\\]{}\",:\\\\a0 ]{0,3}") {
            let mut message = MESSAGE.as_bytes().to_vec();
            message.splice(at..(at + length).min(MESSAGE.len()), instead.into_bytes());
            // what it gives up at is read whole: a key with an escape is one
            if skim(&message).is_some() {
                check(&message);
            }
        }
    }
}
