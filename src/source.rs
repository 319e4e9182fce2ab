//! Follows one network: asks, waits, retries, hands over what was read.
//!
//! It refuses to know what networks say and who reads what it hands over.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::fetch::Advice;
use crate::network::{Ask, Cursor, Key, Network, Page, Request, Skim};
use crate::post::NetworkName;
use crate::time::Time;

mod batch;
mod budget;
mod client;
mod listen;
mod poll;
mod problem;
mod record;
mod wire;

pub use budget::Purse;
pub use client::Client;
pub use problem::{Problem, amount};
pub use record::Recorder;

/// A single attempt, all in all: what a person at a terminal waits for.
const ONCE: Duration = Duration::from_secs(25);
/// The most added to a pause that a host asked for, so that its sources do not all come back at once.
const CROWD: Duration = Duration::from_secs(30);

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
    /// What it may spend a day.
    pub budget: Purse,
    /// Its secrets, so that none of them is recorded.
    pub secrets: Vec<Key>,
    /// Keeps its raw answers, when recording is on.
    pub recorder: Option<Arc<Recorder>>,
    /// What says whether anybody may want a text: messages of streams in which nothing stands are not read whole.
    pub interest: Option<Interest>,
}

/// Says whether anything that somebody wants may stand in a post of which this is known.
#[derive(Clone)]
pub struct Interest(pub Arc<dyn Fn(&Skim<'_>) -> bool + Send + Sync>);

impl std::fmt::Debug for Interest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Interest")
    }
}

impl Source {
    /// A source with the usual patience.
    pub fn new(name: impl Into<Arc<str>>, network_name: NetworkName, network: Arc<dyn Network>) -> Source {
        Source {
            name: name.into(),
            network_name,
            network,
            patience: Patience::default(),
            budget: Purse::default(),
            secrets: Vec::new(),
            recorder: None,
            interest: None,
        }
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

impl Patience {
    /// The wait after this many failures in a row, with jitter, never above the longest.
    fn after(&self, failures: u32) -> Duration {
        let doubled =
            self.first.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let base = doubled.min(self.longest * 4 / 5);
        base + jitter(base / 4)
    }
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
    /// One round however long it takes, ended by the first failure.
    Walk,
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
    Page(Box<Delivery>),
    /// A part of a day's budget was spent, or given back.
    Spent {
        /// The name of the source.
        source: Arc<str>,
        /// When.
        at: Time,
        /// How much, in the unit of its network.
        units: i64,
    },
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
    client: Arc<Client>,
    start: Option<Cursor>,
    out: mpsc::Sender<Event>,
    stop: CancellationToken,
    clock: fn() -> Time,
    mode: Mode,
) -> End {
    let deadline = match mode {
        Mode::Watch | Mode::Walk => None,
        Mode::Once => Some(Instant::now() + ONCE),
    };
    let follower = Follower {
        source,
        client,
        cursor: start,
        out,
        stop,
        clock,
        mode,
        deadline,
        failures: 0,
        breaks: 0,
        missing: 0,
        detours: 0,
        host: 0,
        posts: 0,
        answered: false,
        stuck_at: None,
        instead_until: None,
        unopened: 0,
    };
    Box::pin(follower.run()).await
}

/// Asks once, outside of the round of a source, and reads the answer; its cursor and gaps mean nothing.
///
/// # Errors
/// When there is no answer, or none that can be read.
pub async fn ask_aside(source: &Source, client: &Client, request: Request) -> Result<Page, Problem> {
    let reserved = source.network.cost(&request);
    let answer = client.ask(request, None).await?;
    let page = source.network.read(&answer, None)?;
    if let Some(spent) = page.spent {
        client.correct(reserved, spent).await;
    }
    Ok(Page { cursor: None, missed: None, ..page })
}

/// One source being followed.
struct Follower {
    source: Source,
    client: Arc<Client>,
    /// Where reading goes on: that of the latest page handed over, or about to be.
    cursor: Option<Cursor>,
    out: mpsc::Sender<Event>,
    stop: CancellationToken,
    clock: fn() -> Time,
    mode: Mode,
    /// When a single attempt has to be over.
    deadline: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    /// Connections of a stream in a row that were no good. Answers in between do not make up for them.
    breaks: u32,
    /// Answers 404 in a row.
    missing: u32,
    /// Refusals in a row after which it went on elsewhere.
    detours: u32,
    /// Which of a stream's hosts is next.
    host: usize,
    /// Posts handed over since the last `Ok`.
    posts: usize,
    /// Whether anything was read since the last `Ok`.
    answered: bool,
    /// Where a stream last brought a message that could not be read.
    stuck_at: Option<Option<Cursor>>,
    /// Until when the network is asked instead of listened to, since its stream could not be opened.
    instead_until: Option<Instant>,
    /// How often in a row it could not.
    unopened: u32,
}

/// When to ask next.
enum Next {
    Now,
    /// The round goes on after a pause that the network asked for.
    Wait(Duration),
    /// The round is over.
    After(Duration),
}

impl Follower {
    async fn run(mut self) -> End {
        loop {
            let next = match self.source.network.ask(self.cursor.as_ref(), (self.clock)()) {
                Ask::Fetch(request) => self.poll(request).await,
                Ask::Listen(listen) => self.listen(&listen).await,
                Ask::Lines(lines) => self.lines(&lines).await,
                Ask::Play(path) => return End::Play(path),
                Ask::Done if self.answered => self.tell_ok().await.map(|()| Next::Now),
                Ask::Done => self.idle().await,
            };
            match next {
                Ok(Next::Now) => {}
                Ok(Next::After(_)) if self.mode != Mode::Watch => return End::Stopped,
                Ok(Next::Wait(pause) | Next::After(pause)) => {
                    if self.stop.run_until_cancelled(sleep(pause)).await.is_none() {
                        return End::Stopped;
                    }
                }
                Err(end) => return end,
            }
        }
    }

    /// The end of a source that asks for nothing; told where a person can change that.
    async fn idle(&mut self) -> Result<Next, End> {
        let Some(reason) = self.source.network.idle() else { return Err(End::Done) };
        self.tell(State::Stopped { reason }).await?;
        Err(End::AskHuman)
    }

    /// Waits for something that may be given up: by a stop, or when the single attempt is over.
    async fn wait<T, E: Into<Problem>>(
        &self,
        what: impl Future<Output = Result<T, E>>,
    ) -> Result<Result<T, Problem>, End> {
        let limited = async {
            match self.deadline {
                Some(deadline) => {
                    timeout_at(deadline, what).await.map_err(|_| Problem::Late)?.map_err(Into::into)
                }
                None => what.await.map_err(Into::into),
            }
        };
        self.stop.run_until_cancelled(limited).await.ok_or(End::Stopped)
    }

    /// Hands a page over, waiting while nobody has room for it.
    async fn deliver(&mut self, page: Page, seen: Time) -> Result<(), End> {
        if let Some(cursor) = &page.cursor {
            self.cursor = Some(cursor.clone());
        }
        self.posts = self.posts.saturating_add(page.posts.len());
        let (source, network) = (Arc::clone(&self.source.name), self.source.network_name.clone());
        self.send(Event::Page(Box::new(Delivery { source, network, page, seen }))).await
    }

    async fn tell(&self, state: State) -> Result<(), End> {
        let (source, at) = (Arc::clone(&self.source.name), (self.clock)());
        self.send(Event::Status { source, at, state }).await
    }

    async fn send(&self, event: Event) -> Result<(), End> {
        self.out.send(event).await.map_err(|_closed| End::StoreGone)
    }

    async fn tell_ok(&mut self) -> Result<(), End> {
        self.answered = false;
        let posts = std::mem::take(&mut self.posts);
        self.tell(State::Ok { posts }).await
    }

    /// Tells a failure and says when to try again.
    async fn failed(&mut self, problem: Problem, advice: Advice, wait: Duration) -> Result<Next, End> {
        let reason = problem.to_string();
        let once = self.mode != Mode::Watch;
        let instead = problem.instead();
        match advice {
            Advice::AskHuman => {
                self.tell(State::Stopped { reason }).await?;
                Err(End::AskHuman)
            }
            Advice::RetryAfter(pause) => {
                let pause = pause.max(wait) + jitter((pause / 10).min(CROWD));
                self.tell(State::Paused { reason, until: (self.clock)().after(pause) }).await?;
                self.go_on_from(instead).await?;
                Ok(Next::After(pause))
            }
            Advice::Retry => {
                let retry_at = (!once).then(|| (self.clock)().after(wait));
                self.tell(State::Failed { reason, retry_at, evidence: problem.evidence() }).await?;
                self.go_on_from(instead).await?;
                Ok(Next::After(wait))
            }
        }
    }

    /// Moves the cursor after a refusal that the same question would meet again.
    async fn go_on_from(&mut self, cursor: Option<Cursor>) -> Result<(), End> {
        let now = (self.clock)();
        match cursor.filter(|cursor| Some(cursor) != self.cursor.as_ref()) {
            Some(cursor) => self.deliver(Page { cursor: Some(cursor), ..Page::default() }, now).await,
            None => Ok(()),
        }
    }
}

/// A wait of at most `most`, drawn by lot, so that many who wait for one moment do not come at once.
fn jitter(most: Duration) -> Duration {
    most.mul_f64(fastrand::f64())
}
