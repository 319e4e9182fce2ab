//! Messages of a stream, gathered so that the store commits them together.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::network::Page;
use crate::post::{Gone, Post};
use crate::time::Time;

/// Messages in one page at most.
const MESSAGES: usize = 200;
/// How long a message waits for others: unseen beside the second or two that an alert takes.
const LINGER: Duration = Duration::from_millis(200);

/// A page being gathered.
#[derive(Debug)]
pub(super) struct Batch {
    page: Page,
    messages: usize,
    since: Instant,
    seen: Time,
    /// Posts that were deleted or changed in it.
    touched: HashSet<String>,
    /// Whether an account with everything it wrote was deleted in it.
    account_gone: bool,
}

impl Batch {
    /// Starts with the first message, which arrived at `seen`.
    pub(super) fn new(page: Page, seen: Time) -> Batch {
        let mut batch = Batch {
            page: Page::default(),
            messages: 0,
            since: Instant::now(),
            seen,
            touched: HashSet::new(),
            account_gone: false,
        };
        batch.add(page);
        batch
    }

    /// Whether `page` may join without changing what the batch means.
    ///
    /// Saving takes posts first, then edits, then deletions. A post that comes back after its
    /// deletion has to wait for the next page, and so does a second gap.
    pub(super) fn can_take(&self, page: &Page) -> bool {
        let again = |post: &Post| {
            self.account_gone
                || self.touched.contains(&post.native_id)
                || post.local_id.as_ref().is_some_and(|id| self.touched.contains(id))
        };
        let returns = page.posts.iter().any(again)
            || page.passed.iter().any(|(_, id)| self.account_gone || self.touched.contains(id))
            || (self.account_gone && !page.edits.is_empty())
            || (!self.page.deletions.is_empty() && page.edits.iter().any(again));
        let second_gap = self.page.missed.is_some() && page.missed.is_some();
        !(returns || second_gap)
    }

    /// Adds one message.
    pub(super) fn add(&mut self, page: Page) {
        self.messages = self.messages.saturating_add(1);
        for deletion in &page.deletions {
            match &deletion.gone {
                Gone::Post(id) | Gone::PostBy(id, _) => drop(self.touched.insert(id.clone())),
                Gone::Account(_) => self.account_gone = true,
            }
        }
        self.touched.extend(page.edits.iter().map(|post| post.native_id.clone()));
        let all = &mut self.page;
        all.posts.extend(page.posts);
        all.passed.append(&page.passed);
        all.deletions.extend(page.deletions);
        all.edits.extend(page.edits);
        all.accounts.extend(page.accounts);
        all.cursor = page.cursor.or(all.cursor.take());
        all.pause = all.pause.max(page.pause);
        all.missed = all.missed.take().or(page.missed);
        all.until = page.until.or(all.until);
    }

    /// When it has to be handed over: now, when it is full.
    pub(super) fn due(&self) -> Instant {
        if self.messages >= MESSAGES { self.since } else { self.since + LINGER }
    }

    /// What was gathered, and when its first message arrived.
    pub(super) fn finish(self) -> (Page, Time) {
        (self.page, self.seen)
    }
}
