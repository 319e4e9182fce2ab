//! The networks: what to ask each, and what its answer said. Two pure functions a network, one file each.
//!
//! Nothing here waits, retries, logs or saves; [`crate::source`] does that, the same way for all.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::post::{Account, Deletion, NetworkName, Post};
use crate::time::Time;

mod appstore;
mod bluesky;
pub mod capture;
pub(crate) mod clean;
mod closed;
mod discourse;
mod exchange;
mod facebook;
mod feed;
mod forum;
mod gdelt;
mod github;
mod graph;
mod hackernews;
mod instagram;
mod json;
mod lemmy;
mod link;
mod linkedin;
mod mastodon;
mod nostr;
mod offer;
mod pinterest;
mod plain;
mod podcastindex;
mod producthunt;
pub mod recorded;
mod reddit;
mod refusal;
mod skim;
mod stackexchange;
mod status;
mod threads;
mod trouble;
mod tumblr;
mod x;
mod youtube;

pub use closed::{CLOSED, Closed, closed};
pub use exchange::{Answer, Ask, Cursor, Lines, Listen, Method, Request, Session};
pub use offer::{Absent, Can, Export, Gate, Offer, Secret, Told, Unit};
pub(crate) use refusal::settled;
pub use skim::{Mark, Parts, Passed, Skim};
pub use trouble::{ReadError, Trouble};

/// A stretch of time that a network could not give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
    /// Why, in plain words.
    pub reason: String,
}

/// One answer, understood.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Page {
    /// New (or seen again) posts, in the order of the answer.
    pub posts: Vec<Post>,
    /// New posts that were read only far enough to see that nothing stands in them ([`Skim`]).
    #[serde(skip)]
    pub passed: Passed,
    /// What was taken away.
    pub deletions: Vec<Deletion>,
    /// Posts whose text changed.
    pub edits: Vec<Post>,
    /// What was said of accounts.
    pub accounts: Vec<Account>,
    /// Where to go on; `None` leaves the cursor alone.
    pub cursor: Option<Cursor>,
    /// Whether there is more to ask right now, before the usual pause.
    #[serde(skip)]
    pub more: bool,
    /// A pause that the answer asked for (a feed's `ttl`, a backoff), longer than the usual one.
    #[serde(skip)]
    pub pause: Option<Duration>,
    /// What this answer shows to be lost.
    #[serde(skip)]
    pub missed: Option<Missed>,
    /// The moment up to which a stream has been read, by the network's clock.
    #[serde(skip)]
    pub until: Option<Time>,
    /// What the answer really cost, in the unit of the network's [`Offer`]; `None` when it is what
    /// [`Network::cost`] said before.
    #[serde(skip)]
    pub spent: Option<u64>,
}

impl Page {
    /// Whether it brings nothing but perhaps a place to go on from.
    pub fn is_bare(&self) -> bool {
        self.posts.is_empty()
            && self.deletions.is_empty()
            && self.edits.is_empty()
            && self.accounts.is_empty()
            && self.missed.is_none()
    }
}

/// A place where people talk in public.
pub trait Network: fmt::Debug + Send + Sync {
    /// What to ask next, given where we stopped.
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask;

    /// Reads as little as possible of one message of a stream, which came at `seen` after all up to `last`: most
    /// messages of most streams concern nobody. `None` for whatever may be anything else than one new post of which all
    /// words are told: then [`Network::read`] reads it.
    fn skim<'b>(&self, _message: &'b [u8], _last: Mark, _seen: Time) -> Option<Skim<'b>> {
        None
    }

    /// The mark at which a cursor stands; `None` where it says more than that, so that the next message is not skimmed.
    fn mark(&self, _cursor: Option<&Cursor>) -> Option<Mark> {
        None
    }

    /// The cursor that stands at a mark; `None` where there is none.
    fn cursor(&self, _mark: Mark) -> Option<Cursor> {
        None
    }

    /// What the answer said, given where we stopped. Any bytes may come in; none may panic.
    ///
    /// # Errors
    /// When the answer is not what this network sends.
    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError>;

    /// Why [`Ask::Done`] is all that is asked, where a person can change that: what is missing, in words.
    fn idle(&self) -> Option<String> {
        None
    }

    /// The pause between two rounds when nobody asks for a longer one.
    fn pace(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// The request that fills in what the stream leaves out of these authors, at most 25 native ids at a
    /// time; its answer goes through `read` and comes out as `accounts`.
    fn profiles(&self, _native_ids: &[String]) -> Option<Request> {
        None
    }

    /// What a refusal brings all the same: comments that are closed are none, a page token that has grown old is
    /// dropped from the cursor, another address is tried. `None`: it is a refusal of everything.
    fn salvage(&self, _answer: &Answer, _cursor: Option<&Cursor>) -> Option<Page> {
        None
    }

    /// How long every source leaves the host alone after each request, where it has one narrow budget for all.
    fn host_rest(&self) -> Option<Duration> {
        None
    }

    /// What an answer with a status other than 2xx and 304 says, where its body or headers say more than the
    /// status: which kind of trouble it is, for how long, in words for a person. `None` leaves it to the status.
    fn refused(&self, _answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        None
    }

    /// What to ask beside a stream as soon as it is open, page after page until one without `more`: what was
    /// said while nobody listened. Until then messages of the stream leave the cursor alone. The same is asked
    /// when the stream brings nothing for long, and instead of it while it cannot be opened.
    fn catch_up(&self, _cursor: Option<&Cursor>, _now: Time) -> Option<Request> {
        None
    }

    /// Whether that is asked at every pace, since a part of it is not streamed.
    fn asks_beside(&self) -> bool {
        false
    }

    /// The most that this request may cost, in the unit of the network's [`Offer`].
    fn cost(&self, _request: &Request) -> u64 {
        1
    }

    /// The request that exchanges the keys of this source for a short-lived session, where the network wants one.
    fn login(&self) -> Option<Request> {
        None
    }

    /// The session that the answer to [`Network::login`] opens.
    ///
    /// # Errors
    /// When the keys are refused or the answer is none.
    fn session(&self, answer: &Answer) -> Result<Session, ReadError> {
        Err(ReadError::new(&NetworkName::known("network"), "a session", format!("status {}", answer.status)))
    }

    /// The request that reads these posts once more (at most [`Offer::reread_batch`] of them), to learn of edits,
    /// deletions and counts; its answer goes through `read` with no cursor. What its absence means is
    /// [`Offer::absent`]. A post that has a `local_id` is named by that. `None` as soon as one of them cannot be
    /// asked for here, and for several that cannot be asked for together: then each is asked for alone.
    fn reread(&self, _native_ids: &[String]) -> Option<Request> {
        None
    }

    /// The request that looks one account up, by handle or native id; its answer goes through `read` and comes
    /// out as `accounts`.
    fn account(&self, _name: &str) -> Option<Request> {
        None
    }

    /// The request that looks several accounts up by their handles at once, and how many of them, from the first, it
    /// asks for; its answer goes through `read` and comes out as `accounts` of those that there are. `None` where each
    /// is asked for alone.
    fn accounts(&self, _handles: &[String]) -> Option<(Request, usize)> {
        None
    }

    /// The request that searches accounts by name; its answer goes through `read` and comes out as `accounts`.
    fn find_accounts(&self, _words: &str) -> Option<Request> {
        None
    }

    /// A cursor from which `ask` and `read` walk the time between `from` and `to` and nothing else, until a page
    /// without `more`; `None` where the network gives no older posts.
    fn backfill(&self, _from: Time, _to: Time) -> Option<Cursor> {
        None
    }
}

/// Who sets the publication time of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    /// The network's own server: trusted.
    Server,
    /// The author: believed only within a day of when we saw it.
    Author,
    /// The author, on a stream that brings posts as they are written: believed like that, but a post is new
    /// when it arrives.
    Arrival,
}

/// What the configuration of a source may be wrong about.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{key}: {reason}")]
pub struct BuildError {
    /// The key at fault; empty when it is the whole section.
    pub key: String,
    /// What is wrong, and what is valid.
    pub reason: String,
}

/// One entry of the table of networks: everything the rest of the program knows of it.
#[derive(Clone, Copy)]
pub struct Spec {
    /// Its name in configuration, storage and exports.
    pub name: &'static str,
    /// Names also accepted.
    pub aliases: &'static [&'static str],
    /// One sentence: what is heard, and how.
    pub about: &'static str,
    /// The keys of its `[[source]]` section, beside `network` and `name`.
    pub keys: &'static [&'static str],
    /// Secrets, which come from the environment (`VIGIE_<SOURCE>_<KEY>`) into the section under these names.
    pub secrets: &'static [Secret],
    /// What it can give, and on which terms.
    pub offer: Offer,
    /// Who sets publication times.
    pub dates: Dates,
    /// Makes it from its `[[source]]` section, which holds only `keys`.
    pub build: fn(&toml::Table) -> Result<Box<dyn Network>, BuildError>,
}

impl fmt::Debug for Spec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Spec({})", self.name)
    }
}

/// Every network Vigie can listen to.
pub const ALL: &[Spec] = &[
    feed::SPEC,
    hackernews::SPEC,
    bluesky::SPEC,
    mastodon::SPEC,
    lemmy::SPEC,
    discourse::SPEC,
    stackexchange::SPEC,
    github::SPEC,
    reddit::SPEC,
    nostr::SPEC,
    gdelt::SPEC,
    appstore::SPEC,
    x::SPEC,
    youtube::SPEC,
    threads::SPEC,
    instagram::SPEC,
    facebook::SPEC,
    tumblr::SPEC,
    linkedin::SPEC,
    pinterest::SPEC,
    podcastindex::SPEC,
    producthunt::SPEC,
    capture::SPEC,
];

/// JSON with half characters, which other programs let through, made whole; `None` when there is none.
pub(crate) fn mend_json(line: &[u8]) -> Option<Vec<u8>> {
    json::half_characters(line)
}

/// The entry of the table with this name or alias.
pub fn spec(name: &str) -> Option<&'static Spec> {
    ALL.iter().find(|spec| spec.name == name || spec.aliases.contains(&name))
}

/// A secret in the section of a source. Never shown.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// A secret.
    pub fn new(secret: impl Into<String>) -> Key {
        Key(secret.into())
    }

    /// The secret itself, for a header or a parameter of a request.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(..)")
    }
}

/// Reads a section into the network's own type, naming the faulty key.
///
/// # Errors
/// When a value has the wrong type or a needed key is missing.
pub fn section<S: for<'de> Deserialize<'de>>(table: &toml::Table) -> Result<S, BuildError> {
    table.clone().try_into().map_err(|error: toml::de::Error| {
        let said = error.to_string();
        let key = said.lines().rev().find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        BuildError {
            key: key.unwrap_or_default().to_owned(),
            reason: crate::document::in_words(error.message()),
        }
    })
}
