//! The daemon: starts every task, stops every task. Sources hand pages to the desk, the one thread that
//! writes; the desk's notices go to the mailer.
//!
//! ```text
//! follow (a task a source) ─Event─▶ desk (a thread: judge, keep) ◀─ask/record─ mailer (a task)
//!                                     ▲
//! web door (a task) ──────────pushes──┘
//! ```

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use thiserror::Error;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, SourceConfig, secret};
use crate::deliver::{Courier, CourierError};
use crate::fetch::{Fetch, SetupError};
use crate::intake::{Judge, Wants};
use crate::keeper::Keeper;
use crate::matcher::Scratch;
use crate::network::{self, BuildError, Key, Unit};
use crate::notice::NoticeError;
use crate::post::NetworkName;
use crate::source::{self, Client, End, Event, Interest, Mode, Purse, Recorder, Source};
use crate::store::StoreError;
use crate::time::Time;
use crate::web::{self, Door};

mod accounts;
mod desk;
mod mailer;
mod pictures;
mod profiles;
mod reload;
mod rereads;

pub use desk::{Summary, Told};
use profiles::Profiles;

/// What is needed to ask on behalf of a source outside of its round.
#[derive(Debug, Clone)]
struct Aside {
    source: Source,
    client: Arc<Client>,
    desk: mpsc::Sender<desk::Question>,
    events: mpsc::Sender<Event>,
    clock: fn() -> Time,
}

impl Aside {
    /// Hands a page over; whether anybody took it.
    async fn deliver(&self, page: network::Page) -> bool {
        let (source, network) = (Arc::clone(&self.source.name), self.source.network_name.clone());
        let delivery = source::Delivery { source, network, page, seen: (self.clock)() };
        self.events.send(Event::Page(Box::new(delivery))).await.is_ok()
    }
}

/// Pages that may wait for the desk: a few seconds of a busy stream, well under a megabyte each.
const WAITING: usize = 64;
/// Questions of the mailer that may wait.
const ASKED: usize = 16;
/// How long tasks have to end after a stop: those that listen first, then those that write, ten seconds in all.
const LAST_WORDS: Duration = Duration::from_secs(4);
/// How long a single run takes to fill in the authors of what it found.
const FILLING: Duration = Duration::from_secs(10);
/// How long a single run takes to look at official accounts, and at pictures that are due.
const LOOKING: Duration = Duration::from_secs(15);

/// Why the daemon could not run.
#[derive(Debug, Error)]
pub enum DaemonError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something could not be kept.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// The HTTP client could not be made.
    #[error(transparent)]
    Fetch(#[from] SetupError),
    /// The mail server cannot be used.
    #[error(transparent)]
    Courier(#[from] CourierError),
    /// A source cannot be made from its section.
    #[error("source {name}: {source}")]
    Source {
        /// Its name.
        name: String,
        /// What is wrong.
        source: BuildError,
    },
    /// Answers cannot be recorded.
    #[error("failed to make the folder for recorded answers")]
    Record(#[source] std::io::Error),
    /// A task ended that never should.
    #[error("a task ended unexpectedly: {0}")]
    Task(String),
}

/// What to run.
#[derive(Debug)]
pub struct Plan {
    /// The configuration.
    pub config: Config,
    /// The sources to follow.
    pub sources: Vec<SourceConfig>,
    /// The brands, compiled.
    pub judge: Judge,
    /// The folder whose brand files are read again when they change, when there is one.
    pub keywords: Option<PathBuf>,
    /// The store, and what mails are composed with.
    pub keeper: Keeper,
    /// Where mails go.
    pub courier: Courier,
    /// The token of the web door, when one is configured.
    pub web_token: Option<String>,
    /// Once or until stopped.
    pub mode: Mode,
    /// Whether a first digest is composed as soon as there is something to say.
    pub first_digest: bool,
    /// The folder in which raw answers are kept, when they are.
    pub record: Option<PathBuf>,
    /// What time it is.
    pub clock: fn() -> Time,
}

/// Runs until `stop`, or until every source has had its one attempt. `told` hears what happens, on the desk's
/// thread; it must not block.
///
/// # Errors
/// When something cannot be started, or the store refuses while running.
pub async fn run(
    plan: Plan,
    stop: CancellationToken,
    mut told: impl FnMut(Told) + Send + 'static,
) -> Result<Summary, DaemonError> {
    let Plan {
        config,
        sources,
        judge,
        keywords,
        mut keeper,
        courier,
        web_token,
        mode,
        first_digest,
        record,
        clock,
    } = plan;
    keeper.note_queries(&judge.matcher, clock())?;
    let recorder =
        record.as_deref().map(Recorder::new).transpose().map_err(DaemonError::Record)?.map(Arc::new);
    let moods = judge.moods.clone();
    let (wants, wanted) = watch::channel(judge.wants());
    let (brands, watched) = watch::channel(keeper.composer().brands.clone());
    let fetching = if mode == Mode::Once { config.fetch.clone().hurried() } else { config.fetch.clone() };
    let fetch = Arc::new(Fetch::new(fetching, clock)?);
    let (events, incoming) = mpsc::channel::<Event>(WAITING);
    let (questions, asked) = mpsc::channel::<desk::Question>(ASKED);
    let mut followers: JoinSet<(String, End)> = JoinSet::new();
    let mut known = HashMap::new();
    let mut asked_aside: Vec<(Source, Arc<Client>)> = Vec::new();
    for configured in sources {
        let id = keeper.source(&configured.name, &configured.network, configured.example)?;
        let start = keeper.store().cursor(id)?;
        known.insert(configured.name.clone(), desk::Known::new(id, &configured, start.is_none()));
        let spec_name = network::spec(&configured.network).map_or("", |spec| spec.name);
        // A source that cannot work is told; the others go on.
        let built = match lacks(&configured) {
            Some(reason) => Err(reason),
            None => build(&configured).map_err(|error| error.to_string()),
        };
        let network = match built {
            Ok(network) => network,
            Err(reason) => {
                let state = source::State::Stopped { reason };
                let status = Event::Status { source: configured.name.as_str().into(), at: clock(), state };
                let events = events.clone();
                // The desk gone means that everything ends.
                let telling = async move {
                    drop(events.send(status).await);
                    (configured.name, End::AskHuman)
                };
                followers.spawn(telling.boxed());
                continue;
            }
        };
        let mut source =
            Source::new(configured.name.as_str(), NetworkName::known(spec_name), Arc::from(network));
        source.budget = purse(&configured, keeper.store().spent(id, clock())?);
        source.secrets = secrets(&configured).into_iter().map(|(_, key)| key).collect();
        source.recorder.clone_from(&recorder);
        source.interest = Some(interest(wanted.clone(), source.network_name.clone()));
        let client = Arc::new(Client::new(&source, Arc::clone(&fetch), events.clone(), clock));
        asked_aside.push((source.clone(), Arc::clone(&client)));
        let (events, stop) = (events.clone(), stop.clone());
        let following = async move {
            let end = source::follow(source, client, start, events, stop, clock, mode).await;
            (configured.name, end)
        };
        followers.spawn(following.boxed());
    }
    let (pushes, pushed) = mpsc::channel::<web::Asked>(web::WAITING);
    let door = match mode {
        Mode::Watch => open_door(&config, web_token.as_deref(), &mut told).await,
        Mode::Once | Mode::Walk => None,
    };
    let shown = web::Shown {
        folder: config.data_dir.clone(),
        brands: watched.clone(),
        language: keeper.composer().language,
        zone: keeper.composer().zone.clone(),
        names: keeper.composer().manners.names(),
    };
    let due = Arc::new(Notify::new());
    let writing =
        desk::Desk::new(judge, keeper, known, clock, Arc::clone(&due), Box::new(told), stop.clone());
    // Without the desk nothing can be kept: when it ends, whatever the reason, everything ends.
    let with_the_desk = stop.clone().drop_guard();
    let desk = std::thread::Builder::new()
        .name("desk".to_owned())
        .spawn(move || {
            let _everything = with_the_desk;
            writing.run(incoming, asked, pushed)
        })
        .map_err(|error| DaemonError::Task(error.to_string()))?;
    // Boxed, that tasks of one kind are built once and not once for each.
    let mut helpers: JoinSet<()> = JoinSet::new();
    let ending = CancellationToken::new();
    let (rests, resting) = watch::channel(false);
    let patience = courier.patience().clone();
    helpers.spawn(mailer::run(courier, questions.clone(), due, ending.clone(), rests, clock).boxed());
    if let Some(door) = door {
        helpers.spawn(door.serve(shown, pushes, clock, stop.clone()).boxed());
    }
    let aside = |(source, client): &(Source, Arc<Client>)| Aside {
        source: source.clone(),
        client: Arc::clone(client),
        desk: questions.clone(),
        events: events.clone(),
        clock,
    };
    let filled: Vec<&(Source, Arc<Client>)> = asked_aside
        .iter()
        .filter(|(source, _)| source.network.profiles(&["probe".to_owned()]).is_some())
        .collect();
    for one in &filled {
        helpers.spawn(Profiles::new(aside(one)).run(stop.clone()).boxed());
    }
    if mode == Mode::Watch {
        if let Some(folder) = keywords {
            helpers
                .spawn(reload::run(folder, questions.clone(), (brands, wants), moods, stop.clone()).boxed());
        }
        helpers.spawn(pictures::run(Arc::clone(&fetch), questions.clone(), stop.clone()).boxed());
        for one in &asked_aside {
            helpers.spawn(rereads::run(aside(one), stop.clone()).boxed());
            helpers.spawn(accounts::run(aside(one), watched.clone(), stop.clone()).boxed());
        }
    }
    // Once more before the groups of a single run close.
    let last: Vec<Profiles> = match mode {
        Mode::Watch | Mode::Walk => Vec::new(),
        Mode::Once => filled.iter().map(|one| Profiles::new(aside(one))).collect(),
    };
    let looked_up: Vec<Aside> = match mode {
        Mode::Watch | Mode::Walk => Vec::new(),
        Mode::Once => asked_aside.iter().map(aside).collect(),
    };
    drop((events, asked_aside));
    let following = async {
        while let Some(ended) = followers.join_next().await {
            match ended {
                Ok((name, End::Play(path))) => {
                    desk::ask(&questions, |reply| desk::Question::Play { name, path, first_digest, reply })
                        .await;
                }
                Ok(_) => {}
                // A reader that panicked ends its own source only.
                Err(error) => tracing::error!(%error, "a source ended unexpectedly"),
            }
        }
    };
    if or_last_words(following, &stop).await.is_none() {
        tracing::warn!("a source did not end within {} s", LAST_WORDS.as_secs());
        followers.abort_all();
    }
    match mode {
        // Every source may have ended (files played, a person needed); due mails still go out.
        Mode::Watch | Mode::Walk => stop.cancelled().await,
        Mode::Once => {
            let closing = async {
                let filling = async {
                    for filler in last {
                        filler.all().await;
                    }
                };
                if tokio::time::timeout(FILLING, filling).await.is_err() {
                    tracing::warn!("not every author could be filled in within {} s", FILLING.as_secs());
                }
                let looking = async {
                    for one in looked_up {
                        accounts::once(one, watched.clone()).await;
                    }
                    pictures::all(&fetch, &questions).await;
                };
                if tokio::time::timeout(LOOKING, looking).await.is_err() {
                    tracing::warn!(
                        "not every account and picture was looked at within {} s; the next run goes on",
                        LOOKING.as_secs()
                    );
                }
                desk::ask(&questions, |reply| desk::Question::Close { first_digest, reply }).await;
                // Long enough for one mail to be given up and others to go on.
                drop(tokio::time::timeout(patience.answer * 2, mailer::settle(&questions, &resting)).await);
            };
            or_last_words(closing, &stop).await;
        }
    }
    ending.cancel();
    stop.cancel();
    let helping = async { while helpers.join_next().await.is_some() {} };
    if or_last_words(helping, &stop).await.is_none() {
        tracing::warn!(
            "a mail was not answered within {} s; it goes again at the next start",
            LAST_WORDS.as_secs()
        );
        helpers.abort_all();
    }
    drop(questions);
    let summary = tokio::task::spawn_blocking(move || desk.join());
    match summary.await {
        Ok(Ok(summary)) => Ok(summary?),
        Ok(Err(_)) => Err(DaemonError::Task("the desk".to_owned())),
        Err(error) => Err(DaemonError::Task(error.to_string())),
    }
}

/// What says whether anything of the brands of today may stand in a post, or it may tell something of its author.
fn interest(wanted: watch::Receiver<Wants>, network: NetworkName) -> Interest {
    let scratch = std::sync::Mutex::new(Scratch::default());
    Interest(Arc::new(move |post| {
        let wants = wanted.borrow().clone();
        // One source asks at a time; after a panic elsewhere everything is read whole.
        scratch.lock().map_or(true, |mut scratch| wants.may_concern(&network, post, &mut scratch))
    }))
}

/// Opens the web door; when it cannot be opened that is told, and everything else goes on.
async fn open_door(config: &Config, token: Option<&str>, told: &mut impl FnMut(Told)) -> Option<Door> {
    if !config.web.enabled {
        return None;
    }
    match Door::open(&config.web, &config.data_dir, token).await {
        Ok(door) => {
            let token_file = door.token_file().map(ToOwned::to_owned);
            told(Told::Door { address: door.address(), token_file });
            Some(door)
        }
        Err(error) => {
            let why = std::error::Error::source(&error).map(|why| format!(" ({why})"));
            told(Told::Trouble(match error {
                web::WebError::Token { .. } => format!("{error}{}", why.unwrap_or_default()),
                web::WebError::Open(_) | web::WebError::Address { .. } => error.to_string(),
            }));
            None
        }
    }
}

/// Waits for `work`, after a stop for [`LAST_WORDS`] at most; `None` when it was given up.
async fn or_last_words<T>(work: impl Future<Output = T>, stop: &CancellationToken) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_WORDS).await;
        } => None,
    }
}

/// Makes a network from its section.
///
/// # Errors
/// When the section is wrong.
pub fn build(configured: &SourceConfig) -> Result<Box<dyn network::Network>, DaemonError> {
    let failed = |source| DaemonError::Source { name: configured.name.clone(), source };
    let spec = network::spec(&configured.network).ok_or_else(|| {
        failed(BuildError {
            key: "network".to_owned(),
            reason: format!("no network is called `{}`", configured.network),
        })
    })?;
    let mut section = configured.section.clone();
    for secret in spec.secrets {
        let found = secret::secret(&configured.name, secret.key).map_err(|error| {
            failed(BuildError { key: secret.key.to_owned(), reason: format!("{error}: {}", error.source) })
        })?;
        if let Some(value) = found {
            section.insert(secret.key.to_owned(), value.into());
        }
    }
    (spec.build)(&section).map_err(failed)
}

/// The secrets of a source that are set, by key.
pub fn secrets(configured: &SourceConfig) -> Vec<(&'static str, Key)> {
    let known = network::spec(&configured.network).map_or(&[][..], |spec| spec.secrets);
    let found = |one: &network::Secret| {
        let value = secret::secret(&configured.name, one.key).ok().flatten()?;
        Some((one.key, Key::new(value)))
    };
    known.iter().filter_map(found).collect()
}

/// What a source may spend a day, of which `spent` is gone.
pub fn purse(configured: &SourceConfig, spent: u64) -> Purse {
    let Some(spec) = network::spec(&configured.network) else { return Purse::default() };
    let unit = spec.offer.unit;
    let whole = if unit == Unit::MicroDollars { 1_000_000 } else { 1 };
    let own = configured.budget.map(|budget| budget.saturating_mul(whole));
    Purse { daily: own.or(spec.offer.daily), spent, unit }
}

/// What a source lacks that nothing works without: which variables to set, and what they are.
pub fn lacks(configured: &SourceConfig) -> Option<String> {
    let spec = network::spec(&configured.network)?;
    let missing = spec
        .secrets
        .iter()
        .filter(|secret| secret.needed)
        .filter(|secret| matches!(secret::secret(&configured.name, secret.key), Ok(None)));
    let told: Vec<String> = missing
        .map(|secret| {
            let name = secret::secret_name(&configured.name, secret.key);
            format!("set {name} (or {name}_FILE): {}", secret.about)
        })
        .collect();
    (!told.is_empty()).then(|| format!("it needs a key; {}", told.join("; ")))
}
