//! Where reading stands in each tag and blog. Both are walked from the newest post down to the known ones, by
//! time: Tumblr knows no other bound than "before".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::network::Missed;
use crate::time::Time;

/// The most posts that Tumblr gives at once.
pub(super) const LIMIT: usize = 20;
/// Seconds asked for again: posts show up under their tag a while after they were written.
const OVERLAP: i64 = 3600;
/// Seconds of a day.
const TOMORROW: i64 = 86_400;
/// Pages of one tag or blog before the others get their turn; the rest is read in the next one.
const PAGES: u32 = 100;

/// The id of a post, and its place in the order of the list in seconds, if it stands in that order.
pub(super) type Item = (String, Option<i64>);

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Walk {
    /// What was read, by the name of the list.
    lists: BTreeMap<String, Seen>,
    /// The list whose turn it is; the first one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Set for a look at the past: from, to, and whether it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<(i64, i64, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Seen {
    /// The newest post below which everything was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Run {
    /// How far back it goes.
    floor: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
    /// Only older posts than this are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<i64>,
    /// The posts of the last page.
    last: Vec<String>,
    pages: u32,
}

/// What one answer brought.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) more: bool,
    pub(super) missed: Option<Missed>,
}

fn missed(from: i64, to: i64, reason: &str) -> Option<Missed> {
    let (from, to) = (Time::from_seconds(from)?, Time::from_seconds(to)?);
    Some(Missed { from, to, reason: reason.to_owned() })
}

impl Walk {
    /// The start of a look at the past.
    pub(super) fn within(from: Time, to: Time) -> Walk {
        let seconds = |time: Time| time.0.div_euclid(1000);
        Walk { window: Some((seconds(from), seconds(to).saturating_add(1), false)), ..Walk::default() }
    }

    /// The list whose turn it is, and the second before which to ask. The very first
    /// time that is said to be tomorrow, whatever the clocks say.
    pub(super) fn next<'a>(&self, lists: &'a [String], now: i64) -> Option<(&'a str, Option<i64>)> {
        if self.window.is_some_and(|(.., done)| done) {
            return None;
        }
        let list = lists.iter().find(|one| self.at.as_ref() == Some(one)).or(lists.first())?;
        let seen = self.lists.get(list);
        let run = seen.and_then(|seen| seen.run.as_ref());
        let to = self.window.map(|(_, to, _)| to);
        let start = seen.is_none().then(|| now.saturating_add(TOMORROW));
        Some((list, run.and_then(|run| run.before).or(to).or(start)))
    }

    /// Gives up on the list whose turn it is, until the next round.
    pub(super) fn skip(&mut self, lists: &[String], list: &str) -> bool {
        if let Some(seen) = self.lists.get_mut(list) {
            seen.run = None;
        }
        self.turn(lists, list)
    }

    /// Moves on by one answer for `list`, asked for what is before `before`.
    pub(super) fn step(
        &mut self,
        lists: &[String],
        list: &str,
        before: Option<i64>,
        items: &[Item],
        now: i64,
        look_back: i64,
    ) -> Step {
        if !lists.iter().any(|one| one == list) {
            return Step::default();
        }
        let window = self.window;
        let seen = self.lists.entry(list.to_owned()).or_default();
        let mut run = seen.run.take().unwrap_or_else(|| Run {
            floor: match (window, seen.high) {
                (Some((from, ..)), _) => from,
                (None, Some(high)) => high.min(now).saturating_sub(OVERLAP),
                (None, None) => now.saturating_sub(look_back),
            },
            ..Run::default()
        });
        let times: Vec<i64> = items.iter().filter_map(|(_, at)| *at).collect();
        let oldest = times.iter().copied().min();
        let news = items.iter().any(|(id, _)| !run.last.contains(id));
        run.newest = run.newest.max(times.iter().copied().max());
        run.pages = run.pages.saturating_add(1);
        run.last = items.iter().map(|(id, _)| id.clone()).collect();
        let mut step = Step { more: true, missed: None };
        if let Some(oldest) = oldest.filter(|oldest| *oldest >= run.floor) {
            // the second of the oldest again: there may be more of it
            let mut lower = Some(oldest.saturating_add(1)).filter(|_| news);
            if lower.is_none_or(|lower| before.is_some_and(|before| lower >= before)) {
                // nothing but one second: past it, and what did not fit on the page is lost
                let whole = items.len() >= LIMIT && before == Some(oldest.saturating_add(1));
                step.missed =
                    missed(oldest, oldest.saturating_add(1), "more posts in one second than Tumblr gives")
                        .filter(|_| whole);
                let is_lower = before.is_some_and(|before| oldest < before);
                lower = Some(oldest).filter(|_| whole || (is_lower && news));
            }
            if lower.is_some() {
                run.before = lower;
                let tired = run.pages >= PAGES && window.is_none();
                run.pages = if tired { 0 } else { run.pages };
                seen.run = Some(run);
                if tired {
                    self.turn(lists, list); // there is more, here at least
                }
                return step;
            }
        }
        let newest = run.newest.map(|newest| if now == 0 { newest } else { newest.min(now) });
        // where nothing was found at all, the next round does not start like the first
        seen.high = seen.high.max(newest.or(Some(run.floor)));
        step.more = self.turn(lists, list);
        step
    }

    /// Gives the turn to the list after this one; tells whether anything is left of the round.
    fn turn(&mut self, lists: &[String], list: &str) -> bool {
        self.lists.retain(|known, _| lists.contains(known));
        let place = lists.iter().position(|one| one == list);
        self.at = place.and_then(|place| lists.get(place.saturating_add(1))).cloned();
        if let (None, Some((_, _, done))) = (&self.at, &mut self.window) {
            *done = true;
        }
        self.at.is_some() || self.lists.values().any(|seen| seen.run.is_some())
    }
}
