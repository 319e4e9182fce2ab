//! Networks that are listened to: connect, catch up, gather messages, notice silence, try the next host.

mod hearing;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::hearing::{Ended, Hearing};
use super::problem::Problem;
use super::wire::Wire;
use super::{End, Follower, Next, State, jitter};
use crate::fetch::Advice;
use crate::network::{Lines, Listen, Request};

/// A connection that brought something and lived this long was good: its end is no failure in a row.
const STEADY: Duration = Duration::from_secs(10);
/// The same for one that brought nothing: some streams are quiet.
const STEADY_QUIET: Duration = Duration::from_secs(60);

impl Follower {
    /// Listens on one connection for as long as it lasts.
    pub(super) async fn listen(&mut self, listen: &Listen) -> Result<Next, End> {
        if self.instead_until.is_some_and(|until| Instant::now() < until)
            && let Some(request) = self.to_catch_up()
        {
            return self.poll(request).await;
        }
        let hosts = listen.hosts.len();
        let Some(base) = self.host.checked_rem(hosts).and_then(|turn| listen.hosts.get(turn)) else {
            return self.failed(Problem::NoHost, Advice::AskHuman, Duration::ZERO).await;
        };
        let request = Request {
            url: format!("{base}{}", listen.path),
            headers: listen.headers.clone(),
            ..Request::default()
        };
        let (client, cursor) = (Arc::clone(&self.client), self.cursor.clone());
        let opening = async {
            let open = client.fetch().open_socket(&request).await;
            let open = open.map_err(|error| client.explained(error, cursor.as_ref()))?;
            let mut wire = Wire::Socket(Box::new(open));
            wire.say(&host_of(&request.url), &listen.hello).await.map(|()| wire)
        };
        match self.wait(opening).await? {
            Ok(wire) => {
                (self.unopened, self.instead_until) = (0, None);
                self.hear(wire, request, listen.silence, hosts).await
            }
            Err(problem) => match self.to_catch_up() {
                Some(request) => self.ask_instead(request, problem).await,
                None => self.lost(hosts, problem).await,
            },
        }
    }

    /// What to ask beside the stream.
    fn to_catch_up(&self) -> Option<Request> {
        self.source.network.catch_up(self.cursor.as_ref(), (self.clock)())
    }

    /// A stream that cannot be opened is done without for a while, longer each time.
    async fn ask_instead(&mut self, request: Request, problem: Problem) -> Result<Next, End> {
        self.unopened = self.unopened.saturating_add(1);
        let rest = self.source.patience.after(self.unopened);
        self.instead_until = Some(Instant::now() + rest);
        let retry_at = self.deadline.is_none().then(|| (self.clock)().after(rest));
        self.tell(State::Failed { reason: problem.to_string(), retry_at, evidence: None }).await?;
        self.poll(request).await
    }

    /// Listens to one endless answer for as long as it lasts.
    pub(super) async fn lines(&mut self, lines: &Lines) -> Result<Next, End> {
        let (client, cursor) = (Arc::clone(&self.client), self.cursor.clone());
        let opening = async {
            let request = client.signed(lines.request.clone()).await?;
            let open = client.fetch().open_lines(&request).await;
            open.map(|open| (open, request)).map_err(|error| client.explained(error, cursor.as_ref()))
        };
        match self.wait(opening).await? {
            Ok((open, request)) => self.hear(Wire::Lines(open), request, lines.silence, 1).await,
            Err(problem) => self.lost(1, problem).await,
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

/// The host of an address, for a person to read.
fn host_of(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
