//! What was read of each question, and the walk through all recent episodes.

use serde::{Deserialize, Serialize};

use super::item;
use crate::network::Missed;
use crate::time::Time;

/// Pages of one round of all recent episodes: two days of them.
const PAGES: u16 = 200;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(found: &i64) -> bool {
    *found == 0
}

/// What was read for one job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    /// The newest date read, in seconds; of all recent episodes the greatest number.
    pub(super) newest: i64,
    /// When the newest of all recent episodes was found, in seconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) found: i64,
    /// The walk under way through all recent episodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<Run>,
}

/// A walk from the newest episode back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Run {
    /// Where it ends: a number, or a date in seconds where no number is known yet.
    pub(super) floor: i64,
    pub(super) since: i64,
    pub(super) newest: i64,
    pub(super) oldest: i64,
    pub(super) found: i64,
    pub(super) pages: u16,
}

/// Moves the walk of all recent episodes on by one answer. They are numbered as they are found.
pub(super) fn recent(seen: &mut Seen, mut run: Run, found: &item::Found) -> (Option<Missed>, bool) {
    let newest = found.numbers.iter().copied().max().unwrap_or(0).max(run.newest);
    let oldest = found.numbers.iter().copied().min();
    let further = oldest.is_some_and(|oldest| run.oldest == 0 || oldest < run.oldest);
    run.newest = newest;
    run.found = found.crawled.iter().copied().max().unwrap_or(0).max(run.found);
    run.pages = run.pages.saturating_add(1);
    let reached = match oldest {
        Some(oldest) if run.floor > 0 => oldest <= run.floor,
        // no number is known yet: the date decides
        Some(_) => found.crawled.iter().chain(&found.dates).max().is_none_or(|newest| *newest < run.since),
        None => true,
    };
    if further {
        run.oldest = oldest.unwrap_or(run.oldest);
    }
    if further && !reached && run.pages < PAGES {
        seen.run = Some(run);
        return (None, false);
    }
    let mut missed = None;
    if !reached && run.floor > 0 && seen.found > 0 {
        let last = found.crawled.iter().min().copied();
        missed = last.and_then(|last| gap(seen.found, last, "too many new episodes to walk back through"));
    }
    seen.found = seen.found.max(run.found);
    seen.newest = seen.newest.max(newest);
    seen.run = None;
    (missed, true)
}

pub(super) fn gap(from: i64, to: i64, reason: &str) -> Option<Missed> {
    let (from, to) = (Time::from_seconds(from)?, Time::from_seconds(to)?);
    (from < to).then(|| Missed { from, to, reason: reason.to_owned() })
}

impl Seen {
    /// A date in the future does not hide what comes after it.
    pub(super) fn reach(&mut self, newest: Option<i64>, now: Time) {
        let newest = newest.unwrap_or(0).min(now.0.div_euclid(1_000));
        self.newest = self.newest.max(newest);
    }
}
