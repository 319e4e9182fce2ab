//! The walk through the answers of a search, whose hits are excerpts: each is fetched before it counts.

use serde::{Deserialize, Serialize};

use crate::network::Missed;
use crate::time::{DAY, Time};

/// Pages that the search gives of one question.
const PAGES: u32 = 10;
/// How far below the newest hit a round asks again: `after:` knows days only.
const OVERLAP: i64 = DAY;
/// Hits remembered, so that they are not fetched every round: those of a busy day.
const KNOWN: usize = 500;
/// Hits that wait to be fetched: two pages' worth.
const WAITING: usize = 200;

/// A hit: the number of its topic, its place in it, and its own number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Hit {
    pub(super) topic: u64,
    pub(super) number: u64,
    pub(super) id: u64,
    #[serde(skip)]
    pub(super) at: Option<Time>,
}

impl Hit {
    /// Whether this is the path it is fetched from.
    pub(super) fn is_at(&self, path: &str) -> bool {
        path.ends_with(&format!("/t/{}/{}.json", self.topic, self.number))
    }
}

/// Where reading stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    /// When the newest hit known was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<i64>,
    /// The newest hit of the round under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
    /// The page to ask for in the round under way; none at its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    /// Hits to fetch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<Hit>,
    /// Numbers of hits that were fetched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    known: Vec<u64>,
    /// The only time to look at, where older posts are fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<(i64, i64)>,
    /// That time was walked.
    #[serde(skip_serializing_if = "is_false")]
    over: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

fn day(time: Time) -> String {
    time.stamp().strftime("%Y-%m-%d").to_string()
}

impl Search {
    /// Looks at the time between two moments and nothing else.
    pub(super) fn only(from: Time, to: Time) -> Search {
        Search { only: Some((from.0, to.0)), ..Search::default() }
    }

    /// Whether the only time to look at was walked.
    pub(super) fn is_over(&self) -> bool {
        self.over && self.waiting.is_empty()
    }

    /// The hit to fetch next.
    pub(super) fn next(&self) -> Option<&Hit> {
        self.waiting.first()
    }

    /// The page to ask for.
    pub(super) fn page(&self) -> u32 {
        self.page.unwrap_or(1)
    }

    /// Whether the round has more to ask.
    pub(super) fn goes_on(&self) -> bool {
        !self.waiting.is_empty() || self.page.is_some()
    }

    /// The oldest moment asked for.
    fn floor(&self, now: Time, look_back: i64) -> Time {
        match (self.only, self.last) {
            (Some((from, _)), _) => Time(from),
            (None, Some(last)) => Time(last.min(now.0)).plus(-OVERLAP),
            (None, None) => now.plus(look_back.saturating_mul(-1000)),
        }
    }

    /// The question in the forum's own terms.
    pub(super) fn words(&self, query: &str, now: Time, look_back: i64) -> String {
        // both days are left out of what they bound
        let after = day(self.floor(now, look_back).plus(-DAY));
        match self.only {
            Some((_, to)) => format!("{query} after:{after} before:{} order:latest", day(Time(to).plus(DAY))),
            None => format!("{query} after:{after} order:latest"),
        }
    }

    /// Moves on by one page of hits.
    pub(super) fn found(&mut self, hits: &[Hit], more: bool, seen: Time, look_back: i64) -> Option<Missed> {
        let floor = self.floor(seen, look_back);
        for hit in hits {
            let wanted = match (self.only, hit.at) {
                (Some((from, to)), Some(at)) => (from..=to).contains(&at.0),
                _ => true,
            };
            let known = self.known.contains(&hit.id) || self.waiting.iter().any(|other| other.id == hit.id);
            if wanted && !known && self.waiting.len() < WAITING {
                self.waiting.push(hit.clone());
            }
        }
        let newest = hits.iter().filter_map(|hit| hit.at).max();
        self.newest = self.newest.max(newest.map(|at| at.0.min(seen.0)));
        let oldest = hits.iter().filter_map(|hit| hit.at).min();
        let page = self.page();
        let reached = !more || hits.is_empty() || oldest.is_some_and(|oldest| oldest < floor);
        if !reached && page < PAGES {
            self.page = Some(page.saturating_add(1));
            return None;
        }
        self.last = self.last.max(self.newest).max(Some(floor.0));
        (self.page, self.newest) = (None, None);
        self.over = self.only.is_some();
        (!reached).then(|| Missed {
            from: floor,
            to: oldest.unwrap_or(seen).max(floor),
            reason: "the search of the forum gives no more than 500 posts".to_owned(),
        })
    }

    /// Strikes a hit off that was fetched (or cannot be), with others that came along.
    pub(super) fn fetched(&mut self, hit: &Hit, along: &[u64]) {
        let (done, waiting): (Vec<Hit>, Vec<Hit>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|other| other.id == hit.id || along.contains(&other.id));
        self.waiting = waiting;
        self.known.extend(done.into_iter().map(|hit| hit.id));
        let surplus = self.known.len().saturating_sub(KNOWN);
        self.known.drain(..surplus.min(self.known.len()));
    }
}
