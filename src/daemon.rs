//! The daemon: starts every task, stops every task. Sources hand pages to the desk, the one thread that
//! writes; the desk's notices go to the mailer.
//!
//! ```text
//! follow (a task a source) ─Event─▶ desk (a thread: judge, keep) ◀─ask/record─ mailer (a task)
//! ```

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, SourceConfig};
use crate::deliver::{Courier, CourierError};
use crate::fetch::{Fetch, SetupError};
use crate::intake::Judge;
use crate::keeper::Keeper;
use crate::network::{self, BuildError};
use crate::notice::NoticeError;
use crate::source::{self, End, Event, Mode, Source};
use crate::store::StoreError;
use crate::time::Time;

mod desk;
mod mailer;
mod profiles;

pub use desk::{Summary, Told};

/// Pages that may wait for the desk: a few seconds of a busy stream, well under a megabyte each.
const WAITING: usize = 64;
/// Questions of the mailer that may wait.
const ASKED: usize = 16;
/// How long tasks have to end after a stop.
const LAST_WORDS: Duration = Duration::from_secs(10);

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
    /// The store, and what mails are composed with.
    pub keeper: Keeper,
    /// Where mails go.
    pub courier: Courier,
    /// Once or until stopped.
    pub mode: Mode,
    /// Whether a first digest is composed as soon as there is something to say.
    pub first_digest: bool,
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
    told: impl FnMut(Told) + Send + 'static,
) -> Result<Summary, DaemonError> {
    let Plan { config, sources, judge, mut keeper, courier, mode, first_digest, clock } = plan;
    let fetching = if mode == Mode::Once { config.fetch.clone().hurried() } else { config.fetch.clone() };
    let fetch = Arc::new(Fetch::new(fetching, clock)?);
    let (events, incoming) = mpsc::channel::<Event>(WAITING);
    let (questions, asked) = mpsc::channel::<desk::Question>(ASKED);
    let mut followers: JoinSet<(String, End)> = JoinSet::new();
    let mut known = HashMap::new();
    let mut players: Vec<(String, PathBuf)> = Vec::new();
    let mut filled: Vec<Source> = Vec::new();
    for configured in sources {
        let network = build(&configured)?;
        let id = keeper.source(&configured.name, &configured.network, configured.example)?;
        let start = keeper.store().cursor(id)?;
        known.insert(configured.name.clone(), desk::Known::new(id, &configured, start.is_none()));
        let spec_name = network::spec(&configured.network).map_or("", |spec| spec.name);
        let source = Source::new(
            configured.name.as_str(),
            crate::post::NetworkName::known(spec_name),
            Arc::from(network),
        );
        if source.network.profiles(&["probe".to_owned()]).is_some() {
            filled.push(source.clone());
        }
        let (fetch, events, stop) = (Arc::clone(&fetch), events.clone(), stop.clone());
        followers.spawn(async move {
            let end = source::follow(source, fetch, start, events, stop, clock, mode).await;
            (configured.name, end)
        });
    }
    let due = Arc::new(Notify::new());
    let writing = desk::Desk::new(judge, keeper, known, clock, Arc::clone(&due), Box::new(told));
    let desk = std::thread::Builder::new()
        .name("desk".to_owned())
        .spawn(move || writing.run(incoming, asked))
        .map_err(|error| DaemonError::Task(error.to_string()))?;
    let mut helpers: JoinSet<()> = JoinSet::new();
    let ending = CancellationToken::new();
    helpers.spawn(mailer::run(courier, questions.clone(), due, ending.clone(), clock));
    for source in filled {
        helpers.spawn(profiles::run(
            source,
            Arc::clone(&fetch),
            questions.clone(),
            events.clone(),
            stop.clone(),
            clock,
        ));
    }
    drop(events);
    while let Some(ended) = followers.join_next().await {
        match ended {
            Ok((name, End::Play(path))) => players.push((name, path)),
            Ok(_) => continue,
            // A reader that panicked ends its own source only.
            Err(error) => tracing::error!(%error, "a source ended unexpectedly"),
        }
        for (name, path) in players.drain(..) {
            desk::ask(&questions, |reply| desk::Question::Play { name, path, first_digest, reply }).await;
        }
    }
    if mode == Mode::Watch {
        // Every source may have ended (files played, a person needed); due mails still go out.
        stop.cancelled().await;
    }
    let finished = tokio::time::timeout(LAST_WORDS, async {
        if mode == Mode::Once {
            desk::ask(&questions, |reply| desk::Question::Close { first_digest, reply }).await;
            mailer::settle(&questions).await;
        }
        ending.cancel();
        stop.cancel();
        while helpers.join_next().await.is_some() {}
    });
    if finished.await.is_err() {
        tracing::warn!("a task did not end within {} s", LAST_WORDS.as_secs());
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
    (spec.build)(&configured.section).map_err(failed)
}
