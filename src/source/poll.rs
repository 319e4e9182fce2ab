//! Networks that are asked: ask, read, hand over, and again while there is more.

use std::sync::Arc;
use std::time::Duration;

use super::problem::{Problem, evidence};
use super::{End, Follower, Next};
use crate::fetch::{Advice, Fault};
use crate::network::{Answer, Page, Request, Trouble};
use crate::time::Time;

/// Answers 404 in a row after which a person is asked: one alone may be a slip of the site.
const MISSING: u32 = 3;
/// Refusals in a row after which it goes on elsewhere: as many posts of one page may have vanished.
const DETOURS: u32 = 100;

impl Follower {
    /// One request of a round.
    pub(super) async fn poll(&mut self, request: Request) -> Result<Next, End> {
        let reserved = self.source.network.cost(&request);
        let client = Arc::clone(&self.client);
        let cursor = self.cursor.clone();
        let answer = self.wait(client.ask(request, cursor.as_ref())).await?;
        let (page, seen) = match self.understood(answer).await {
            Ok(page) => page,
            // what was read in the time of a single attempt is a success, if not a complete one
            Err(Problem::Late) if self.answered => return self.round_over(None).await,
            Err(problem) => return self.poll_refused(problem).await,
        };
        if let Some(spent) = page.spent {
            client.correct(reserved, spent).await;
        }
        (self.failures, self.missing, self.detours, self.answered) = (0, 0, 0, true);
        self.take_page(page, seen).await
    }

    /// Hands over what a request of a round brought; the next one follows from the cursor.
    async fn take_page(&mut self, mut page: Page, seen: Time) -> Result<Next, End> {
        // without a new cursor the next request would be the same again
        let more = page.more && page.cursor.is_some() && page.cursor != self.cursor;
        let pause = page.pause;
        in_order(&mut page, seen);
        if holds_something(&page) {
            self.deliver(page, seen).await?;
        }
        match pause {
            None if more => Ok(Next::Now),
            // the network wants its pause in the middle of a round too; a single attempt does not wait for it
            Some(pause) if more && self.deadline.is_none() => Ok(Next::Wait(pause)),
            pause => self.round_over(pause).await,
        }
    }

    /// What came of a request, and when. A refusal may bring something all the same.
    pub(super) async fn understood(&self, got: Result<Answer, Problem>) -> Result<(Page, Time), Problem> {
        match got {
            Ok(answer) => {
                let seen = answer.seen;
                self.read(answer).await.map(|page| (page, seen))
            }
            Err(Problem::Refused { page, seen }) => Ok((*page, seen)),
            Err(problem) => Err(problem),
        }
    }

    /// A refusal: where it names another place to go on from, that is saved; else it is a failure.
    async fn poll_refused(&mut self, problem: Problem) -> Result<Next, End> {
        let waits = match &problem {
            Problem::Read(error) | Problem::Unread { error, .. } => {
                error.until.is_some() || matches!(error.trouble, Trouble::Rate | Trouble::Money)
            }
            Problem::Fetch(_)
            | Problem::Refused { .. }
            | Problem::Panicked { .. }
            | Problem::Budget { .. }
            | Problem::Late
            | Problem::Broken { .. }
            | Problem::Silent { .. }
            | Problem::NoHost => true,
        };
        let instead = problem.instead().filter(|place| Some(place) != self.cursor.as_ref());
        if waits || instead.is_none() || self.detours >= DETOURS {
            return self.poll_failed(problem).await;
        }
        self.detours = self.detours.saturating_add(1);
        self.go_on_from(instead).await?;
        Ok(Next::Now)
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
            Ok(Err(error)) => {
                let error = self.client.settled(&answer, Some(error.clone())).unwrap_or(error);
                Err(Problem::Unread { error, evidence: evidence(&answer) })
            }
            Err(_) => Err(Problem::Panicked { evidence: evidence(&answer) }),
        }
    }

    async fn poll_failed(&mut self, problem: Problem) -> Result<Next, End> {
        let nothing_there = matches!(&problem, Problem::Fetch(error) if error.fault == Fault::NotFound)
            || matches!(&problem, Problem::Read(error) if error.trouble == Trouble::NoServer && error.instead.is_none());
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

/// Most answers come newest first; those below read posts in the order in which they were said.
pub(super) fn in_order(page: &mut Page, seen: Time) {
    page.posts.sort_by_key(|post| post.published.unwrap_or(seen));
}

/// Whether there is anything to save.
pub(super) fn holds_something(page: &Page) -> bool {
    let Page { posts, passed, deletions, edits, accounts, cursor, missed, .. } = page;
    !(posts.is_empty()
        && passed.is_empty()
        && deletions.is_empty()
        && edits.is_empty()
        && accounts.is_empty())
        || cursor.is_some()
        || missed.is_some()
}
