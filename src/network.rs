//! The networks: what to ask each, and what its answer said. Two pure functions a network, one file each.
//!
//! Nothing here waits, retries, logs or saves; [`crate::source`] does that, the same way for all.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::post::{Account, Deletion, NetworkName, Post};
use crate::time::Time;

mod bluesky;
pub mod capture;
mod clean;
mod feed;
mod hackernews;
mod json;
mod mastodon;
pub mod recorded;

/// Where reading stopped: a small JSON text that only its own network understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

impl Cursor {
    /// Reads the network's own state from the cursor; anything unreadable is an empty start.
    pub fn state<S: for<'de> Deserialize<'de> + Default>(cursor: Option<&Cursor>) -> S {
        cursor.and_then(|cursor| serde_json::from_str(&cursor.0).ok()).unwrap_or_default()
    }

    /// Writes the network's own state as a cursor.
    pub fn of<S: Serialize>(state: &S) -> Option<Cursor> {
        serde_json::to_string(state).ok().map(Cursor)
    }
}

/// How a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Sends a body.
    Post,
}

/// One HTTP request. Its address may hold secrets: show only its host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Headers beside those every request carries. Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body of a POST.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// A plain GET.
    pub fn get(url: impl Into<String>) -> Request {
        Request { url: url.into(), ..Request::default() }
    }

    /// The same request with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A stream to listen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// WebSocket addresses that serve the same stream, tried in turn.
    pub hosts: Vec<String>,
    /// Path and query, appended to each host.
    pub path: String,
    /// Silence after which the connection is taken for dead.
    pub silence: Duration,
}

/// What to do next for a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Send this request and read its answer.
    Fetch(Request),
    /// Listen to this stream; each message is read as one answer.
    Listen(Listen),
    /// Play this file of lines.
    Play(PathBuf),
    /// Nothing more to ask, ever.
    Done,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// What was asked.
    pub request: Request,
    /// HTTP status; 200 for a message of a stream.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The address that answered in the end, when redirects were followed.
    pub final_url: String,
    /// The decompressed body, or one message of a stream.
    pub body: Vec<u8>,
    /// When it arrived.
    pub seen: Time,
}

impl Answer {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The address this answer came from.
    pub fn url(&self) -> &str {
        if self.final_url.is_empty() { &self.request.url } else { &self.final_url }
    }
}

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
}

/// An answer that could not be understood.
#[derive(Debug, Error)]
#[error("failed to read {what} from {network}: {detail}")]
pub struct ReadError {
    /// Whose answer.
    pub network: NetworkName,
    /// What was expected in it.
    pub what: &'static str,
    /// What was found instead. Never quotes more than a few words of the answer.
    pub detail: String,
}

impl ReadError {
    /// An error of `network`, which expected `what`.
    pub fn new(network: &NetworkName, what: &'static str, detail: impl fmt::Display) -> ReadError {
        ReadError { network: network.clone(), what, detail: detail.to_string() }
    }
}

/// A place where people talk in public.
pub trait Network: fmt::Debug + Send + Sync {
    /// What to ask next, given where we stopped.
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask;

    /// What the answer said, given where we stopped. Any bytes may come in; none may panic.
    ///
    /// # Errors
    /// When the answer is not what this network sends.
    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError>;

    /// The pause between two rounds when nobody asks for a longer one.
    fn pace(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// The request that fills in what the stream leaves out of these authors, at most 25 native ids at a
    /// time; its answer goes through `read` and comes out as `accounts`.
    fn profiles(&self, _native_ids: &[String]) -> Option<Request> {
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
pub const ALL: &[Spec] = &[feed::SPEC, hackernews::SPEC, bluesky::SPEC, mastodon::SPEC, capture::SPEC];

/// The entry of the table with this name or alias.
pub fn spec(name: &str) -> Option<&'static Spec> {
    ALL.iter().find(|spec| spec.name == name || spec.aliases.contains(&name))
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
