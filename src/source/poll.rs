//! Networks that are asked: ask, read, hand over, and again while there is more.

use std::sync::Arc;
use std::time::Duration;

use super::problem::{Problem, evidence};
use super::{End, Follower, Next};
use crate::fetch::{Advice, Fault, FetchError};
use crate::network::{Answer, Page, Request, Session, Trouble};
use crate::time::Time;

/// Answers 404 in a row after which a person is asked: one alone may be a slip of the site.
const MISSING: u32 = 3;
/// A session that ends within this time, in milliseconds, is renewed first.
const SESSION_SPARE: i64 = 60_000;

impl Follower {
    /// One request of a round.
    pub(super) async fn poll(&mut self, request: Request) -> Result<Next, End> {
        if let Err(problem) = self.log_in().await? {
            return self.poll_failed(problem).await;
        }
        let request = self.signed(request);
        let answer = match self.wait(self.fetch.fetch(&request)).await? {
            Ok(answer) => answer,
            // what was read in the time of a single attempt is a success, if not a complete one
            Err(Problem::Late) if self.answered => return self.round_over(None).await,
            Err(problem) => {
                if let Some((page, seen)) = self.detour(&problem) {
                    self.deliver(page, seen).await?;
                    return Ok(Next::Now);
                }
                let problem = self.explained(problem);
                if self.session_ended(&problem) {
                    return Ok(Next::Now);
                }
                return self.poll_failed(problem).await;
            }
        };
        let seen = answer.seen;
        let mut page = match self.read(answer).await {
            Ok(page) => page,
            Err(problem) => return self.poll_failed(problem).await,
        };
        (self.failures, self.missing, self.answered) = (0, 0, true);
        self.fresh_session = false;
        // the next request follows from the cursor: without a new one it would be the same again
        let more = page.more && page.cursor.is_some() && page.cursor != self.cursor;
        let pause = page.pause;
        // most answers come newest first; those below read posts in the order in which they were said
        page.posts.sort_by_key(|post| post.published.unwrap_or(seen));
        if !page.is_bare() || page.cursor.is_some() {
            self.deliver(page, seen).await?;
        }
        if more { Ok(Next::Now) } else { self.round_over(pause).await }
    }

    /// An empty page that leads to another address, where the network knows one after this failure. Without a
    /// change of the cursor the same would be asked again.
    fn detour(&self, problem: &Problem) -> Option<(Page, Time)> {
        let Problem::Fetch(FetchError { answer: Some(answer), .. }) = problem else { return None };
        let cursor = self.source.network.detour(answer, self.cursor.as_ref())?;
        (Some(&cursor) != self.cursor.as_ref())
            .then(|| (Page { cursor: Some(cursor), ..Page::default() }, answer.seen))
    }

    /// Opens a session where the network wants one and there is none, or it is about to end.
    async fn log_in(&mut self) -> Result<Result<(), Problem>, End> {
        let now = (self.clock)();
        let ends = |session: &Session| session.expires.is_some_and(|end| end.since(now) < SESSION_SPARE);
        if self.session.as_ref().is_some_and(|session| !ends(session)) {
            return Ok(Ok(()));
        }
        let Some(request) = self.source.network.login() else { return Ok(Ok(())) };
        let answer = match self.wait(self.fetch.fetch(&request)).await? {
            Ok(answer) => answer,
            Err(problem) => return Ok(Err(self.explained(problem))),
        };
        match self.source.network.session(&answer) {
            Ok(session) => {
                self.session = Some(session);
                self.fresh_session = true;
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(Problem::Read(error))),
        }
    }

    /// Whether a refusal only means that a session that worked before has ended: then a new one is opened, once.
    fn session_ended(&mut self, problem: &Problem) -> bool {
        let refused = match problem {
            Problem::Fetch(error) => error.fault == Fault::Unauthorised(401),
            Problem::Read(error) | Problem::Unread { error, .. } => error.trouble == Trouble::Auth,
            Problem::Panicked { .. }
            | Problem::Late
            | Problem::Broken { .. }
            | Problem::Silent { .. }
            | Problem::NoHost => false,
        };
        let ended = refused && self.session.is_some() && !self.fresh_session;
        if ended {
            self.session = None;
        }
        ended
    }

    async fn round_over(&mut self, asked: Option<Duration>) -> Result<Next, End> {
        self.tell_ok().await?;
        Ok(Next::After(self.source.network.pace().max(asked.unwrap_or_default())))
    }

    /// Reads on a thread of its own: a big feed takes longer than the other tasks may wait, and a
    /// reader that panics hurts only itself.
    async fn read(&self, answer: Answer) -> Result<Page, Problem> {
        let answer = Arc::new(answer);
        let (network, cursor) = (Arc::clone(&self.source.network), self.cursor.clone());
        let theirs = Arc::clone(&answer);
        match tokio::task::spawn_blocking(move || network.read(&theirs, cursor.as_ref())).await {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(error)) => Err(Problem::Unread { error, evidence: evidence(&answer) }),
            Err(_) => Err(Problem::Panicked { evidence: evidence(&answer) }),
        }
    }

    async fn poll_failed(&mut self, problem: Problem) -> Result<Next, End> {
        let nothing_there = matches!(&problem, Problem::Fetch(error) if error.fault == Fault::NotFound);
        self.missing = if nothing_there { self.missing.saturating_add(1) } else { 0 };
        let advice = if self.missing >= MISSING { Advice::AskHuman } else { problem.advice((self.clock)()) };
        // a host that asked for a pause does not make the source less welcome after it
        if !matches!(advice, Advice::RetryAfter(_)) {
            self.failures = self.failures.saturating_add(1);
        }
        let wait = match advice {
            Advice::Retry => self.source.patience.after(self.failures).max(self.source.network.pace()),
            Advice::RetryAfter(_) | Advice::AskHuman => Duration::ZERO,
        };
        self.failed(problem, advice, wait).await
    }
}
