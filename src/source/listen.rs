//! Networks that are listened to: connect, gather messages, notice silence, try the next host.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::batch::Batch;
use super::problem::{Problem, evidence};
use super::wire::{Heard, Wire};
use super::{End, Follower, Next, State, jitter};
use crate::fetch::Advice;
use crate::network::{Answer, Lines, Listen, Missed, Page, Request};

/// A connection that brought something and lived this long was good: its end is no failure in a row.
const STEADY: Duration = Duration::from_secs(10);
/// The same for one that brought nothing: some streams are quiet.
const STEADY_QUIET: Duration = Duration::from_secs(60);
/// How far behind the present a stream may be and count as caught up, in milliseconds.
const CAUGHT_UP: i64 = 2_000;
/// How long a single attempt listens when the stream does not catch up.
const ONCE_LISTEN: Duration = Duration::from_secs(10);
/// Silences for which a connection that answers pings, but brings no message, is kept.
const MUTE: u32 = 3;

/// How listening on one connection ended.
enum Ended {
    /// A single attempt has heard enough.
    Enough,
    Broken(Problem),
}

impl Follower {
    /// Listens on one connection for as long as it lasts.
    pub(super) async fn listen(&mut self, listen: &Listen) -> Result<Next, End> {
        let hosts = listen.hosts.len();
        let Some(base) = self.host.checked_rem(hosts).and_then(|turn| listen.hosts.get(turn)) else {
            return self.failed(Problem::NoHost, Advice::AskHuman, Duration::ZERO).await;
        };
        let request = Request {
            url: format!("{base}{}", listen.path),
            headers: listen.headers.clone(),
            ..Request::default()
        };
        let opening = async {
            let mut wire = Wire::Socket(Box::new(self.fetch.open_socket(&request).await?));
            wire.say(&host_of(&request.url), &listen.hello).await.map(|()| wire)
        };
        match self.wait(opening).await? {
            Ok(wire) => self.hear(wire, request, listen.silence, hosts).await,
            Err(problem) => self.lost(hosts, problem).await,
        }
    }

    /// Listens to one endless answer for as long as it lasts.
    pub(super) async fn lines(&mut self, lines: &Lines) -> Result<Next, End> {
        let request = self.signed(lines.request.clone());
        match self.wait(self.fetch.open_lines(&request)).await? {
            Ok(open) => self.hear(Wire::Lines(open), request, lines.silence, 1).await,
            Err(problem) => {
                let problem = self.explained(problem);
                self.lost(1, problem).await
            }
        }
    }

    async fn hear(
        &mut self,
        wire: Wire,
        request: Request,
        silence: Duration,
        hosts: usize,
    ) -> Result<Next, End> {
        let host = host_of(&request.url);
        self.tell(State::Listening { host: host.clone() }).await?;
        let (started, start) = (Instant::now(), self.cursor.clone());
        let mut hearing = Hearing::new(request, host, silence, self.source.network.pace());
        let ended = hearing.run(self, wire).await?;
        let (lived, moved) = (started.elapsed(), self.cursor != start);
        if lived >= STEADY_QUIET || (moved && lived >= STEADY) {
            self.breaks = 0;
        } else if moved {
            self.breaks = self.breaks.min(1); // it gets on, if slowly: no wait grows to an hour
        }
        match ended {
            Ended::Enough => {
                self.tell_ok().await?;
                Ok(Next::After(Duration::ZERO))
            }
            Ended::Broken(problem) => self.lost(hosts, problem).await,
        }
    }

    /// A connection failed: the next host soon, and a longer wait when all have failed.
    async fn lost(&mut self, hosts: usize, problem: Problem) -> Result<Next, End> {
        self.host = self.host.wrapping_add(1);
        self.breaks = self.breaks.saturating_add(1);
        let round = u32::try_from(hosts).unwrap_or(u32::MAX).max(2); // even a lone host may fail once
        if self.breaks < round && !matches!(problem, Problem::Late) {
            let hop = self.source.patience.hop;
            let wait = hop + jitter(hop);
            let next = self.failed(problem, Advice::Retry, wait).await?;
            return Ok(if self.deadline.is_some() { Next::Now } else { next });
        }
        let wait = self.source.patience.after(self.breaks.saturating_sub(round).saturating_add(1));
        let advice = problem.advice((self.clock)());
        self.failed(problem, advice, wait).await
    }
}

/// One connection.
struct Hearing {
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
}

impl Hearing {
    fn new(request: Request, host: String, silence: Duration, pace: Duration) -> Hearing {
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
        }
    }

    /// Listens until the connection breaks. What was gathered is handed over however it ends.
    async fn run(&mut self, follower: &mut Follower, mut wire: Wire) -> Result<Ended, End> {
        let enough = follower.deadline.map(|deadline| deadline.min(Instant::now() + ONCE_LISTEN));
        let mut tell_at = Instant::now() + self.pace;
        loop {
            let before = Instant::now();
            let wake = [Some(before + self.patience()), self.batch.as_ref().map(Batch::due), enough];
            let wake = wake.into_iter().flatten().fold(tell_at, Instant::min);
            // all three may be dropped half-way: frames stay in `wire` until they are whole
            let frame = tokio::select! {
                biased;
                () = follower.stop.cancelled() => {
                    self.flush(follower).await?;
                    return Err(End::Stopped);
                }
                frame = wire.next() => Some(frame),
                () = sleep_until(wake) => None,
            };
            self.no_frame += before.elapsed();
            self.no_message += before.elapsed();
            if let Some(frame) = frame
                && let Err(problem) = self.take(follower, frame).await?
            {
                self.flush(follower).await?;
                return Ok(Ended::Broken(problem));
            }
            let now = Instant::now();
            if self.batch.as_ref().is_some_and(|batch| batch.due() <= now) {
                self.flush(follower).await?;
            }
            if now >= tell_at {
                follower.tell_ok().await?;
                tell_at = now + self.pace;
            }
            if enough.is_some_and(|enough| self.caught_up || enough <= now) {
                self.flush(follower).await?;
                return Ok(Ended::Enough);
            }
            if let Some(problem) = self.mind_silence(&mut wire).await {
                self.flush(follower).await?;
                return Ok(Ended::Broken(problem));
            }
        }
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
        match follower.source.network.read(&self.answer, follower.cursor.as_ref()) {
            Ok(page) => self.gather(follower, page).await.map(Ok),
            Err(error) => {
                let problem = Problem::Unread { error, evidence: evidence(&self.answer) };
                self.skip_or_break(follower, problem).await
            }
        }
    }

    async fn gather(&mut self, follower: &mut Follower, page: Page) -> Result<(), End> {
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
        if !self.caught_up && until.is_some_and(|until| seen.since(until) <= CAUGHT_UP) {
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
    async fn mind_silence(&mut self, wire: &mut Wire) -> Option<Problem> {
        if !self.patience().is_zero() {
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

/// The host of an address, for a person to read.
fn host_of(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
