//! What is asked of a network and what it answers, whatever it is.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Time;

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
    /// Opens a WebSocket, says the lines of the body, and takes what comes as the lines of the answer, up to
    /// the first that begins with one of these.
    Talk(&'static [&'static str]),
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
    /// Headers of the request that opens it, such as a token's. Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Messages sent as soon as it is open.
    pub hello: Vec<String>,
    /// Silence after which the connection is taken for dead.
    pub silence: Duration,
}

/// An HTTP answer that never ends: one message a line, empty lines as signs of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// What opens it.
    pub request: Request,
    /// Silence after which the connection is taken for dead.
    pub silence: Duration,
}

/// What a short-lived session adds to every request.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Headers, such as `authorization`. Names in lower case.
    pub headers: Vec<(String, String)>,
    /// When it ends; a new one is opened a little before.
    pub expires: Option<Time>,
}

impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Session(until {:?})", self.expires)
    }
}

/// What to do next for a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Send this request and read its answer.
    Fetch(Request),
    /// Listen to this stream; each message is read as one answer.
    Listen(Listen),
    /// Listen to this endless answer; each line is read as one answer.
    Lines(Lines),
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
