//! Sends the requests of one source: opens its session, keeps to its budget, records its answers, and has the
//! network itself explain a refusal.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::budget::Budget;
use super::problem::Problem;
use super::{Event, Recorder, Source};
use crate::fetch::{Fault, Fetch, FetchError};
use crate::network::{Answer, Cursor, ReadError, Request, Session, Trouble, Unit, settled};
use crate::time::Time;

/// A session that ends within this time, in milliseconds, is renewed first.
const SESSION_SPARE: i64 = 60_000;

/// Whether a request failed before anybody heard of it: then it has cost nothing.
fn never_left(error: &FetchError, request: &Request) -> bool {
    let unsent =
        matches!(error.fault, Fault::RateLimited { status: 0, .. } | Fault::Connect(_) | Fault::BadUrl(_));
    // where a redirect led, the first host was asked
    let first = url::Url::parse(&request.url).ok();
    unsent && first.as_ref().and_then(url::Url::host_str).is_none_or(|host| host == error.host)
}

/// The way out of one source: shared by everything that asks on its behalf.
#[derive(Debug)]
pub struct Client {
    source: Source,
    fetch: Arc<Fetch>,
    out: mpsc::Sender<Event>,
    clock: fn() -> Time,
    session: tokio::sync::Mutex<Option<Open>>,
    budget: Mutex<Budget>,
    recorder: Option<Arc<Recorder>>,
}

/// A session, and whether anything has been answered in it.
#[derive(Debug, Clone)]
struct Open {
    session: Session,
    proven: bool,
}

impl Client {
    /// A client of `source`; what it spends is told to `out`.
    pub fn new(source: &Source, fetch: Arc<Fetch>, out: mpsc::Sender<Event>, clock: fn() -> Time) -> Client {
        let budget = Mutex::new(Budget::new(source.budget, clock()));
        let recorder = source.recorder.clone();
        let session = tokio::sync::Mutex::new(None);
        Client { source: source.clone(), fetch, out, clock, session, budget, recorder }
    }

    /// The HTTP client below.
    pub(super) fn fetch(&self) -> &Fetch {
        &self.fetch
    }

    /// Sends one request. What it may cost is reserved first.
    ///
    /// # Errors
    /// When there is no usable answer, or the budget of the day is spent.
    pub async fn ask(&self, request: Request, cursor: Option<&Cursor>) -> Result<Answer, Problem> {
        let retried = match self.ask_once(&request, cursor).await {
            Err(problem) if self.session_ended(&problem).await => self.ask_once(&request, cursor).await,
            other => other,
        };
        if retried.is_ok()
            && let Some(open) = self.session.lock().await.as_mut()
        {
            open.proven = true;
        }
        retried
    }

    async fn ask_once(&self, request: &Request, cursor: Option<&Cursor>) -> Result<Answer, Problem> {
        let request = self.signed(request.clone()).await?;
        let cost = self.source.network.cost(&request);
        self.reserve(cost).await?;
        let fetched = self.fetch.fetch(&request).await;
        if fetched.as_ref().is_err_and(|error| never_left(error, &request)) {
            self.correct(cost, 0).await;
        }
        if let Some(rest) = self.source.network.host_rest() {
            self.fetch.rest(&request.url, rest);
        }
        match fetched {
            Ok(answer) => {
                self.record(&answer);
                Ok(answer)
            }
            Err(error) => Err(self.explained(error, cursor)),
        }
    }

    /// The request with what the session of this source adds; opens one where the network wants it.
    pub(super) async fn signed(&self, mut request: Request) -> Result<Request, Problem> {
        let mut open = self.session.lock().await;
        let now = (self.clock)();
        let ends = |open: &Open| open.session.expires.is_some_and(|end| end.since(now) < SESSION_SPARE);
        if open.as_ref().is_none_or(ends) {
            let Some(login) = self.source.network.login() else { return Ok(request) };
            let answer = self.fetch.fetch(&login).await.map_err(|error| self.explained(error, None))?;
            let session = self.source.network.session(&answer);
            let session = session.map_err(|error| {
                Problem::Read(self.settled(&answer, Some(error.clone())).unwrap_or(error))
            })?;
            *open = Some(Open { session, proven: false });
        }
        if let Some(open) = &*open {
            request.headers.extend(open.session.headers.iter().cloned());
        }
        Ok(request)
    }

    /// Whether a refusal only means that a session that worked before has ended: then a new one is opened, once.
    async fn session_ended(&self, problem: &Problem) -> bool {
        let refused = match problem {
            Problem::Fetch(error) => error.fault == Fault::Unauthorised(401),
            Problem::Read(error) | Problem::Unread { error, .. } => error.trouble == Trouble::Auth,
            Problem::Panicked { .. }
            | Problem::Refused { .. }
            | Problem::Budget { .. }
            | Problem::Late
            | Problem::Broken { .. }
            | Problem::Silent { .. }
            | Problem::NoHost => false,
        };
        let mut open = self.session.lock().await;
        let ended = refused && open.as_ref().is_some_and(|open| open.proven);
        if ended {
            *open = None;
        }
        ended
    }

    /// What the network itself makes of an answer that was no success.
    pub(super) fn explained(&self, error: FetchError, cursor: Option<&Cursor>) -> Problem {
        let Some(answer) = &error.answer else { return Problem::Fetch(error) };
        self.record(answer);
        if let Some(page) = self.source.network.salvage(answer, cursor) {
            return Problem::Refused { page: Box::new(page), seen: answer.seen };
        }
        let refused = self.source.network.refused(answer, cursor);
        self.settled(answer, refused).map_or(Problem::Fetch(error), Problem::Read)
    }

    /// What the network made of an answer, made right where that does not depend on the network.
    pub(super) fn settled(&self, answer: &Answer, error: Option<ReadError>) -> Option<ReadError> {
        let Source { network_name, network, secrets, .. } = &self.source;
        settled(network_name, !secrets.is_empty() || network.login().is_some(), answer, error)
    }

    /// Keeps a raw answer, when recording is on.
    pub(super) fn record(&self, answer: &Answer) {
        if let Some(recorder) = &self.recorder {
            recorder.keep(&self.source, answer);
        }
    }

    /// Takes what a request may cost from the budget of the day, before it is sent.
    async fn reserve(&self, cost: u64) -> Result<(), Problem> {
        let now = (self.clock)();
        let reserved = self.budget().reserve(cost, now);
        match reserved {
            Ok(()) => self.tell_spent(i64::try_from(cost).unwrap_or(i64::MAX), now).await,
            Err(until) => {
                let daily = self.source.budget.daily.unwrap_or_default();
                return Err(Problem::Budget { daily, unit: self.source.budget.unit, until });
            }
        }
        Ok(())
    }

    /// Corrects what was reserved by what the answer really cost.
    pub(super) async fn correct(&self, reserved: u64, spent: u64) {
        if reserved == spent {
            return;
        }
        let now = (self.clock)();
        self.budget().correct(reserved, spent, now);
        let signed = |units: u64| i64::try_from(units).unwrap_or(i64::MAX);
        self.tell_spent(signed(spent).saturating_sub(signed(reserved)), now).await;
    }

    /// Whether the budget of the day is spent: a stream ends then.
    pub(super) fn is_spent(&self) -> Option<Problem> {
        let until = self.budget().is_spent((self.clock)())?;
        let daily = self.source.budget.daily.unwrap_or_default();
        Some(Problem::Budget { daily, unit: self.source.budget.unit, until })
    }

    fn budget(&self) -> std::sync::MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell_spent(&self, units: i64, at: Time) {
        let counts = self.source.budget.daily.is_some() || self.source.budget.unit != Unit::Requests;
        if units != 0 && counts {
            // Nobody keeps accounts any more when everything ends.
            drop(self.out.send(Event::Spent { source: Arc::clone(&self.source.name), at, units }).await);
        }
    }
}
