//! The desk: the one thread that judges and writes. It takes pages as they come, answers the mailer, lets time
//! pass, and tells what happened.

mod knowledge;
mod play;
mod question;
mod told;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::config::SourceConfig;
use crate::intake::{Judge, Judged, Origin};
use crate::keeper::{Clock, Done, Ingested, Keeper};
use crate::matcher::Scratch;
use crate::network::{self, Dates};
use crate::notice::NoticeError;
use crate::source::{Delivery, Event, State};
use crate::store::doors::INGEST;
use crate::store::posts::{Change, Tally};
use crate::store::sources::Attempt;
use crate::store::{labels, list};
use crate::time::Time;
use crate::web::{Asked, Posted, Stored};

pub(super) use question::{Question, ask};
pub use told::{Summary, Told};

/// How often time passes: groups close this much late at most.
const TICK: Duration = Duration::from_millis(250);
/// How often sources are looked after.
const ROUNDS: Duration = Duration::from_secs(15);
/// Pages stored in one transaction when several wait.
const BATCH: usize = 32;
/// Mentions and suspects shown of one unit of work, the newest; the rest are counted.
const SHOWN: usize = 5;
/// Between two attempts to write to a disk that refuses.
const AGAIN: Duration = Duration::from_secs(1);

/// Whoever asked may be gone, when everything stops; then nobody needs the answer.
fn answered<T>(_sent: Result<(), T>) {}

/// A source as the desk knows it.
#[derive(Debug)]
pub(super) struct Known {
    id: i64,
    dates: Dates,
    example: bool,
    /// Its first pages are the past: they count when they were published.
    looking_back: bool,
}

impl Known {
    pub(super) fn new(id: i64, source: &SourceConfig, first_time: bool) -> Known {
        let dates = network::spec(&source.network).map_or(Dates::Server, |spec| spec.dates);
        let looking_back = first_time && (source.look_back || dates != Dates::Arrival);
        Known { id, dates, example: source.example, looking_back }
    }
}

/// The desk's belongings.
pub(super) struct Desk {
    judge: Judge,
    keeper: Keeper,
    known: HashMap<String, Known>,
    clock: fn() -> Time,
    due: Arc<Notify>,
    told: Box<dyn FnMut(Told) + Send>,
    scratch: Scratch,
    summary: Summary,
    stop: CancellationToken,
    /// What people had said of mentions when the judge last learned.
    labels: (i64, i64),
}

/// Does `work`, as often as it takes: while the disk is full or another process holds the file, sources and mails wait
/// and nothing is lost. A stop ends the waiting; what was not kept is read again at the next start.
#[expect(
    clippy::disallowed_methods,
    reason = "the desk's own thread, which has nothing else to do meanwhile"
)]
fn patiently<T>(
    keeper: &mut Keeper,
    stop: &CancellationToken,
    told: &mut dyn FnMut(Told),
    mut work: impl FnMut(&mut Keeper) -> Result<T, NoticeError>,
) -> Result<T, NoticeError> {
    let mut waited = false;
    loop {
        match work(keeper) {
            Err(error) if error.may_pass() && !stop.is_cancelled() => {
                if !waited {
                    let cause =
                        std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                    told(Told::Trouble(format!(
                        "{error} ({cause}): sources and mails wait; make room on the disk, Vigie goes on by itself"
                    )));
                }
                waited = true;
                std::thread::sleep(AGAIN);
            }
            done => {
                if waited && done.is_ok() {
                    told(Told::Trouble("the store can be written again: Vigie goes on".to_owned()));
                }
                return done;
            }
        }
    }
}

impl Desk {
    pub(super) fn new(
        judge: Judge,
        keeper: Keeper,
        known: HashMap<String, Known>,
        clock: fn() -> Time,
        due: Arc<Notify>,
        told: Box<dyn FnMut(Told) + Send>,
        stop: CancellationToken,
    ) -> Desk {
        Desk {
            judge,
            keeper,
            known,
            clock,
            due,
            told,
            scratch: Scratch::default(),
            summary: Summary::default(),
            stop,
            labels: (0, 0),
        }
    }

    /// As the function of this name, with the desk's own things.
    fn patiently<T>(
        &mut self,
        work: impl FnMut(&mut Keeper) -> Result<T, NoticeError>,
    ) -> Result<T, NoticeError> {
        patiently(&mut self.keeper, &self.stop, &mut self.told, work)
    }

    /// Works until nobody sends anything any more.
    pub(super) fn run(
        mut self,
        events: mpsc::Receiver<Event>,
        questions: mpsc::Receiver<Question>,
        pushes: mpsc::Receiver<Asked>,
    ) -> Result<Summary, NoticeError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|error| NoticeError::Thread(error.to_string()))?;
        runtime.block_on(self.work(events, questions, pushes))?;
        Ok(self.summary)
    }

    async fn work(
        &mut self,
        mut events: mpsc::Receiver<Event>,
        mut questions: mpsc::Receiver<Question>,
        mut pushes: mpsc::Receiver<Asked>,
    ) -> Result<(), NoticeError> {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.learn()?;
        self.see()?;
        let mut round = Instant::now() + ROUNDS;
        let (mut open, mut pushing) = (true, true);
        loop {
            // All arms only receive: nothing is lost when another one is first.
            tokio::select! {
                biased;
                question = questions.recv() => match question {
                    Some(question) => {
                        if matches!(question, Question::Close { .. } | Question::Faceless { .. } | Question::ReadAgain { .. } | Question::LookedUp { .. } | Question::Unpictured { .. }) {
                            self.drain(&mut events)?;
                        }
                        self.answer(question)?;
                    }
                    None => return self.drain(&mut events),
                },
                event = events.recv(), if open => match event {
                    Some(event) => {
                        let mut batch = vec![event];
                        while batch.len() < BATCH && let Ok(event) = events.try_recv() {
                            batch.push(event);
                        }
                        self.take(batch)?;
                        // Sources that never rest do not keep out what is pushed.
                        if let Ok(asked) = pushes.try_recv() {
                            self.push(asked)?;
                        }
                    }
                    None => open = false,
                },
                now = tick.tick() => {
                    let written = if now >= round {
                        round = now + ROUNDS;
                        let now = (self.clock)();
                        self.learn()?;
                        self.patiently(|keeper| keeper.tick(now))?
                    } else {
                        let now = (self.clock)();
                        self.patiently(|keeper| keeper.pass(now))?
                    };
                    self.wrote(written);
                }
                asked = pushes.recv(), if pushing => match asked {
                    Some(asked) => self.push(asked)?,
                    None => pushing = false,
                },
            }
        }
    }

    /// Learns what people have said of mentions since last time (`vigie label` writes beside this).
    fn learn(&mut self) -> Result<(), NoticeError> {
        let connection = self.keeper.store().connection();
        let edition = labels::edition(connection)?;
        if edition != self.labels {
            self.judge.learn(labels::lessons(connection)?);
            self.labels = edition;
        }
        Ok(())
    }

    /// Judges and stores what was pushed, like a page of a network, and answers once it is stored.
    fn push(&mut self, asked: Asked) -> Result<(), NoticeError> {
        let Posted { source, page, receipt, seen, reply } = match asked {
            Asked::Post(posted) => *posted,
            Asked::Wish { token, wish, reply } => {
                let now = (self.clock)();
                answered(reply.send(self.patiently(|keeper| keeper.wish(&token, wish, now))?));
                return Ok(());
            }
            Asked::Alive(reply) => {
                answered(reply.send(()));
                return Ok(());
            }
        };
        let other = match self.known.contains_key(&source) {
            true => self.keeper.store().network_of(&source)?,
            false => self.keeper.store().network_of(&source)?.filter(|network| network != INGEST),
        };
        if let Some(network) = other {
            answered(reply.send(Stored::OtherSource(network)));
            return Ok(());
        }
        let id = self.patiently(|keeper| keeper.source(&source, INGEST, false))?;
        // Whoever holds the token is believed about dates.
        let origin = Origin { source: &source, dates: Dates::Server, look_back: false };
        let judged = self.judge.judge(page, origin, seen, &mut self.scratch);
        let now = (self.clock)();
        let stored = match self.patiently(|keeper| keeper.ingest(id, &judged, receipt.as_ref(), now))? {
            Ingested::Now(done) => {
                self.wrote(done.notices);
                self.tell_stored(source, &done)?;
                Stored::Yes { tally: done.tally, before: false }
            }
            Ingested::Before(tally) => Stored::Yes { tally, before: true },
            Ingested::OtherBody => Stored::OtherBody,
        };
        answered(reply.send(stored));
        Ok(())
    }

    /// Stores what was handed over before: whoever asks now asks about it too.
    fn drain(&mut self, events: &mut mpsc::Receiver<Event>) -> Result<(), NoticeError> {
        let mut batch = Vec::new();
        while batch.len() < super::WAITING
            && let Ok(event) = events.try_recv()
        {
            batch.push(event);
        }
        self.take(batch)
    }

    fn wrote(&self, notices: usize) {
        if notices > 0 {
            self.due.notify_one();
        }
    }

    /// Stores a batch of events: neighbouring pages of one source share a transaction.
    fn take(&mut self, batch: Vec<Event>) -> Result<(), NoticeError> {
        let mut waiting: Option<(String, Vec<Judged>)> = None;
        for event in batch {
            match event {
                Event::Page(delivery) => {
                    let Delivery { source, page, seen, .. } = *delivery;
                    let Some(known) = self.known.get(&*source) else { continue };
                    let origin =
                        Origin { source: &source, dates: known.dates, look_back: known.looking_back };
                    for account in &page.accounts {
                        self.judge.own.know(&account.network, &account.author);
                    }
                    let judged = self.judge.judge(page, origin, seen, &mut self.scratch);
                    match &mut waiting {
                        Some((name, pages)) if *name == *source => pages.push(judged),
                        _ => {
                            self.save(waiting.take())?;
                            waiting = Some((source.to_string(), vec![judged]));
                        }
                    }
                }
                Event::Spent { source, at, units } => {
                    if let Some(id) = self.known.get(&*source).map(|known| known.id) {
                        self.patiently(|keeper| keeper.spend(id, at, units))?;
                    }
                }
                Event::Status { source, at, state } => {
                    self.save(waiting.take())?;
                    self.status(&source, at, state)?;
                }
            }
        }
        self.save(waiting)
    }

    fn save(&mut self, work: Option<(String, Vec<Judged>)>) -> Result<(), NoticeError> {
        let Some((name, pages)) = work else { return Ok(()) };
        let Some(id) = self.known.get(&name).map(|known| known.id) else { return Ok(()) };
        let clock = self.clock;
        let done = self.patiently(|keeper| keeper.save(id, &pages, Clock::Live(clock())))?;
        self.wrote(done.notices);
        self.tell_stored(name, &done)
    }

    fn tell_stored(&mut self, source: String, done: &Done) -> Result<(), NoticeError> {
        self.summary.tally.add(done.tally);
        if done.tally == Tally::default() {
            return Ok(());
        }
        let ids = |wanted: fn(&Change) -> Option<i64>| -> Vec<i64> {
            done.changes.iter().rev().filter_map(wanted).take(SHOWN).collect()
        };
        let mentions = ids(|change| match change {
            Change::Mention { id, .. } => Some(*id),
            Change::Suspicion { .. } | Change::Account(_) | Change::Withdrawn { .. } => None,
        });
        let suspects = ids(|change| match change {
            Change::Suspicion { id, .. } => Some(*id),
            Change::Mention { .. } | Change::Account(_) | Change::Withdrawn { .. } => None,
        });
        let connection = self.keeper.store().connection();
        let only = |ids: Vec<i64>| list::Filter { ids, ..list::Filter::default() };
        let mentions =
            if mentions.is_empty() { Vec::new() } else { list::mention_list(connection, &only(mentions))? };
        let suspects = if suspects.is_empty() {
            Vec::new()
        } else {
            list::suspects(connection, &only(suspects), crate::impostor::Level::Review)?
        };
        (self.told)(Told::Stored { source, tally: done.tally, mentions, suspects });
        Ok(())
    }

    fn status(&mut self, name: &str, at: Time, state: State) -> Result<(), NoticeError> {
        let Some(known) = self.known.get_mut(name) else { return Ok(()) };
        let attempt = match &state {
            State::Ok { .. } => Some(Attempt::Done),
            State::Failed { reason, .. } => Some(Attempt::Failed(reason.clone())),
            State::Paused { reason, .. } => Some(Attempt::Paused(reason.clone())),
            State::Stopped { reason } => Some(Attempt::Stopped(reason.clone())),
            State::Listening { .. } | State::CaughtUp => None,
        };
        if matches!(state, State::Ok { .. } | State::CaughtUp) {
            known.looking_back = false;
        }
        if matches!(state, State::Ok { .. } | State::CaughtUp | State::Listening { .. }) {
            self.summary.worked += 1;
        }
        if let Some(attempt) = attempt {
            let id = known.id;
            self.patiently(|keeper| keeper.attempted(id, at, &attempt))?;
        }
        (self.told)(Told::Source { name: name.to_owned(), state });
        Ok(())
    }
}
