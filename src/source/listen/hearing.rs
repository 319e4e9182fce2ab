//! One connection of a network that is listened to, from the first frame to the last.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep_until};

use crate::fetch::Advice;
use crate::network::{Answer, Missed, Page, Request, Trouble};
use crate::source::batch::Batch;
use crate::source::poll::{holds_something, in_order};
use crate::source::problem::{Problem, evidence};
use crate::source::wire::{Heard, Wire};
use crate::source::{End, Follower, Interest, State};

/// How far behind the present a stream may be and count as caught up, in milliseconds.
const CAUGHT_UP: i64 = 2_000;
/// How long a single attempt listens when the stream does not catch up.
const ONCE_LISTEN: Duration = Duration::from_secs(10);
/// How long a stream that has caught up is left alone once everything it sent has been read: to wake for every message
/// costs more than the message.
const REST: Duration = Duration::from_millis(40);
/// Messages taken before anything else is looked at again.
const TOGETHER: usize = 64;
/// Silences for which a connection that answers pings, but brings no message, is kept.
const MUTE: u32 = 3;

/// What came while listening.
enum Brought {
    Frame(Heard),
    Answer(Result<Answer, Problem>),
}

/// How listening on one connection ended.
pub(super) enum Ended {
    /// A single attempt has heard enough.
    Enough,
    Broken(Problem),
}

/// One connection.
pub(super) struct Hearing {
    host: String,
    /// What each message is read as; only its body and time change.
    answer: Answer,
    silence: Duration,
    /// The pace at which "listened well" is told.
    pace: Duration,
    batch: Option<Batch>,
    /// Time spent waiting since the last frame of any kind, and since the last message. Time spent
    /// waiting for room in the channel does not count: it is not the host's silence.
    no_frame: Duration,
    no_message: Duration,
    pinged: bool,
    caught_up: bool,
    /// What is asked beside the stream: the answer under way, or when to ask again.
    beside: Beside,
    /// Whether something said before the stream was open may still be unread: messages that overtake it must
    /// not move the cursor.
    behind: bool,
    /// Failures in a row of asking beside the stream.
    stumbles: u32,
    /// Until when nothing is read.
    rest: Option<Instant>,
}

/// What is asked beside a stream.
enum Beside {
    Nothing,
    Asked(Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>),
    Again(Instant),
}

impl Beside {
    /// Waits for the answer under way. May be dropped half-way: the question stays.
    async fn answer(&mut self) -> Result<Answer, Problem> {
        match self {
            Beside::Asked(asked) => asked.await,
            Beside::Nothing | Beside::Again(_) => std::future::pending().await,
        }
    }
}

impl Hearing {
    pub(super) fn new(request: Request, host: String, silence: Duration, pace: Duration) -> Hearing {
        Hearing {
            host,
            answer: Answer { request, status: 200, ..Answer::default() },
            silence,
            pace,
            batch: None,
            no_frame: Duration::ZERO,
            no_message: Duration::ZERO,
            pinged: false,
            caught_up: false,
            beside: Beside::Nothing,
            behind: false,
            stumbles: 0,
            rest: None,
        }
    }

    /// Listens until the connection breaks. What was gathered is handed over however it ends.
    pub(super) async fn run(&mut self, follower: &mut Follower, mut wire: Wire) -> Result<Ended, End> {
        let enough = follower.deadline.map(|deadline| deadline.min(Instant::now() + ONCE_LISTEN));
        let mut tell_at = Instant::now() + self.pace;
        self.behind = self.ask_beside(follower);
        loop {
            let before = Instant::now();
            let again = if let Beside::Again(at) = self.beside { Some(at) } else { None };
            let resting = self.rest.filter(|until| before < *until);
            let due = self.batch.as_ref().map(Batch::due);
            let wake = [Some(before + self.patience()), due, enough, again, resting];
            let wake = wake.into_iter().flatten().fold(tell_at, Instant::min);
            // all may be dropped half-way: frames stay in `wire` until they are whole, answers in `beside`
            let event = tokio::select! {
                biased;
                () = follower.stop.cancelled() => {
                    self.flush(follower).await?;
                    return Err(End::Stopped);
                }
                answer = self.beside.answer() => Some(Brought::Answer(answer)),
                frame = wire.next(), if resting.is_none() => Some(Brought::Frame(frame)),
                () = sleep_until(wake) => None,
            };
            self.no_frame += before.elapsed();
            self.no_message += before.elapsed();
            let taken = match event {
                Some(Brought::Frame(frame)) => self.take_all(follower, &mut wire, frame).await?,
                Some(Brought::Answer(answer)) => self.take_beside(follower, answer).await?,
                None => Ok(()),
            };
            if let Err(problem) = taken {
                self.flush(follower).await?;
                return Ok(Ended::Broken(problem));
            }
            let now = Instant::now();
            if again.is_some_and(|at| at <= now) {
                self.ask_beside(follower);
            }
            if self.batch.as_ref().is_some_and(|batch| batch.due() <= now) {
                self.flush(follower).await?;
            }
            if now >= tell_at {
                follower.tell_ok().await?;
                tell_at = now + self.pace;
                if follower.source.network.asks_beside() && matches!(self.beside, Beside::Nothing) {
                    self.ask_beside(follower);
                }
            }
            if enough.is_some_and(|enough| self.caught_up || enough <= now) {
                self.flush(follower).await?;
                return Ok(Ended::Enough);
            }
            if let Some(problem) = self.mind_silence(follower, &mut wire).await {
                self.flush(follower).await?;
                return Ok(Ended::Broken(problem));
            }
        }
    }

    /// Takes a frame and those that have come with it; the inner error ends the connection.
    async fn take_all(
        &mut self,
        follower: &mut Follower,
        wire: &mut Wire,
        first: Heard,
    ) -> Result<Result<(), Problem>, End> {
        let mut taken = self.take(follower, first).await?;
        for _ in 1..TOGETHER {
            if taken.is_err() || self.batch.as_ref().is_some_and(|batch| batch.due() <= Instant::now()) {
                break;
            }
            // may be dropped half-way: frames stay in `wire` until they are whole
            let Some(next) = wire.next().now_or_never() else {
                self.rest = self.caught_up.then(|| Instant::now() + REST);
                break;
            };
            taken = self.take(follower, next).await?;
        }
        Ok(taken)
    }

    /// Takes one frame; the inner error ends the connection.
    async fn take(&mut self, follower: &mut Follower, heard: Heard) -> Result<Result<(), Problem>, End> {
        (self.no_frame, self.pinged) = (Duration::ZERO, false);
        self.answer.body = match heard {
            Heard::Message(body) => body,
            Heard::Alive => return Ok(Ok(())),
            Heard::Beat => {
                self.no_message = Duration::ZERO;
                return Ok(Ok(()));
            }
            Heard::Over(what) => return Ok(Err(Problem::Broken { host: self.host.clone(), what })),
        };
        self.no_message = Duration::ZERO;
        self.answer.seen = (follower.clock)();
        follower.client.record(&self.answer);
        if let Some(page) = self.skim(follower) {
            self.gather(follower, page).await?;
            return Ok(Ok(()));
        }
        match follower.source.network.read(&self.answer, follower.cursor.as_ref()) {
            Ok(page) => {
                if let Some(spent) = page.spent {
                    follower.client.correct(0, spent).await;
                }
                self.gather(follower, page).await?;
                Ok(follower.client.is_spent().map_or(Ok(()), Err))
            }
            Err(error) => {
                let error = follower.client.settled(&self.answer, Some(error.clone())).unwrap_or(error);
                let refused = error.trouble != Trouble::Unread;
                let problem = Problem::Unread { error, evidence: evidence(&self.answer) };
                // what refuses would refuse again: nothing is left out
                if refused { Ok(Err(problem)) } else { self.skip_or_break(follower, problem).await }
            }
        }
    }

    /// The page of a message in which nothing stands that anybody wants.
    fn skim(&self, follower: &Follower) -> Option<Page> {
        let Interest(wanted) = follower.source.interest.as_ref()?;
        let network = &follower.source.network;
        let last = network.mark(follower.cursor.as_ref())?;
        let skim = network.skim(&self.answer.body, last, self.answer.seen)?;
        if wanted(&skim) {
            return None;
        }
        let mut page = Page { cursor: network.cursor(skim.mark), until: skim.until, ..Page::default() };
        page.passed.push_skimmed(&follower.source.network_name, &skim);
        Some(page)
    }

    /// Asks what the network wants to be asked beside its stream, and tells whether there is something.
    fn ask_beside(&mut self, follower: &Follower) -> bool {
        self.beside = match follower.to_catch_up() {
            Some(request) => {
                let (client, cursor) = (Arc::clone(&follower.client), follower.cursor.clone());
                Beside::Asked(Box::pin(async move { client.ask(request, cursor.as_ref()).await }))
            }
            None => Beside::Nothing,
        };
        matches!(self.beside, Beside::Asked(_))
    }

    /// Takes an answer to what was asked beside the stream; the inner error ends the connection.
    async fn take_beside(
        &mut self,
        follower: &mut Follower,
        answer: Result<Answer, Problem>,
    ) -> Result<Result<(), Problem>, End> {
        self.beside = Beside::Nothing;
        let (mut page, seen) = match follower.understood(answer).await {
            Ok(page) => page,
            Err(problem) => return self.stumble(follower, problem).await,
        };
        self.stumbles = 0;
        // what the stream brought before comes first
        self.flush(follower).await?;
        let more = page.more && page.cursor.is_some() && page.cursor != follower.cursor;
        follower.answered = true;
        in_order(&mut page, seen);
        if holds_something(&page) {
            follower.deliver(page, seen).await?;
        }
        if more && self.ask_beside(follower) {
            return Ok(Ok(()));
        }
        self.behind = false;
        if !self.caught_up {
            self.caught_up = true;
            follower.tell(State::CaughtUp).await?;
        }
        Ok(Ok(()))
    }

    /// Asking beside the stream failed: the stream goes on, and it is asked again later.
    async fn stumble(
        &mut self,
        follower: &mut Follower,
        problem: Problem,
    ) -> Result<Result<(), Problem>, End> {
        self.stumbles = self.stumbles.saturating_add(1);
        let wait = match problem.advice((follower.clock)()) {
            Advice::AskHuman => return Ok(Err(problem)),
            Advice::RetryAfter(pause) => pause,
            Advice::Retry => follower.source.patience.after(self.stumbles),
        };
        self.beside = Beside::Again(Instant::now() + wait);
        let (reason, retry_at) = (problem.to_string(), Some((follower.clock)().after(wait)));
        follower.tell(State::Failed { reason, retry_at, evidence: problem.evidence() }).await?;
        Ok(Ok(()))
    }

    async fn gather(&mut self, follower: &mut Follower, mut page: Page) -> Result<(), End> {
        if self.behind {
            page.cursor = None;
        }
        // the next message is read from here, whether or not this one has been handed over yet
        if let Some(cursor) = &page.cursor {
            follower.cursor = Some(cursor.clone());
        }
        let until = page.until;
        let seen = self.answer.seen;
        if self.batch.as_ref().is_some_and(|batch| !batch.can_take(&page)) {
            self.flush(follower).await?;
        }
        match &mut self.batch {
            Some(batch) => batch.add(page),
            None => self.batch = Some(Batch::new(page, seen)),
        }
        if !self.behind && !self.caught_up && until.is_some_and(|until| seen.since(until) <= CAUGHT_UP) {
            self.caught_up = true;
            self.flush(follower).await?;
            follower.tell(State::CaughtUp).await?;
        }
        Ok(())
    }

    /// A message that could not be read breaks the connection; when it comes again at the same place
    /// it is left out, told and recorded as missed, or the stream would stand still for ever.
    async fn skip_or_break(
        &mut self,
        follower: &mut Follower,
        problem: Problem,
    ) -> Result<Result<(), Problem>, End> {
        let here = Some(follower.cursor.clone());
        if follower.stuck_at != here {
            follower.stuck_at = here;
            return Ok(Err(problem));
        }
        self.flush(follower).await?;
        let (seen, reason) = (self.answer.seen, problem.to_string());
        let missed = Some(Missed { from: seen, to: seen, reason: reason.clone() });
        follower.deliver(Page { missed, ..Page::default() }, seen).await?;
        follower.tell(State::Failed { reason, retry_at: Some(seen), evidence: problem.evidence() }).await?;
        Ok(Ok(()))
    }

    /// Hands over what was gathered.
    async fn flush(&mut self, follower: &mut Follower) -> Result<(), End> {
        match self.batch.take().map(Batch::finish) {
            Some((page, seen)) => follower.deliver(page, seen).await,
            None => Ok(()),
        }
    }

    /// How much longer silence is borne before a ping or the end.
    fn patience(&self) -> Duration {
        let frames = if self.pinged { self.silence } else { self.silence / 2 };
        let messages = self.silence.saturating_mul(MUTE);
        frames.saturating_sub(self.no_frame).min(messages.saturating_sub(self.no_message))
    }

    /// Pings a silent host, and gives up one that stays silent.
    async fn mind_silence(&mut self, follower: &Follower, wire: &mut Wire) -> Option<Problem> {
        if !self.patience().is_zero() {
            return None;
        }
        // a quiet stream is no fault where asking tells whether something was said
        if self.no_message >= self.silence.saturating_mul(MUTE)
            && (!matches!(self.beside, Beside::Nothing) || self.ask_beside(follower))
        {
            self.no_message = Duration::ZERO;
            return None;
        }
        if self.pinged || self.no_message >= self.silence.saturating_mul(MUTE) {
            return Some(Problem::Silent { host: self.host.clone(), silence: self.no_message });
        }
        self.pinged = true;
        match tokio::time::timeout(self.silence / 2, wire.ping()).await {
            Ok(Ok(())) => None,
            Ok(Err(what)) => Some(Problem::Broken { host: self.host.clone(), what }),
            Err(_) => Some(Problem::Silent { host: self.host.clone(), silence: self.silence }),
        }
    }
}
