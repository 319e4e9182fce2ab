//! The search: newest first, page by page, then by time where a query has more than its pages give.
//!
//! The index is late and its pages repeat, so two days are asked for again and what is known is passed over.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asked::Asked;
use super::quota;
use super::walk::{Place, State, Task, Told, Wants, Window};
use crate::network::json::{id, time};
use crate::network::{Missed, Page};
use crate::time::{HOUR, Time};

/// What is asked for again, in milliseconds: videos show up in the search up to two days late.
const OVERLAP: i64 = 48 * HOUR;
/// How often the whole overlap is walked through, in milliseconds; in between a page without news ends a round.
const DEEP: i64 = 6 * HOUR;
/// Pages of one question: about 500 results is all that a query gives.
const PAGES: u32 = 10;
/// Results on a full page.
const FULL: usize = 50;
/// Ids of one run that are remembered: those of its last pages are what repeats.
const SEEN: usize = 600;

/// Where the search stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    /// The newest video below which everything was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
    /// When the whole overlap was last walked through.
    #[serde(skip_serializing_if = "Option::is_none")]
    deep: Option<i64>,
    /// The day of the quota, and the searches made on it.
    day: i64,
    used: u32,
}

/// A walk under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Run {
    /// How far back it goes.
    floor: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
    /// The oldest video reached that is not below the floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<i64>,
    /// Only older videos than this are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<i64>,
    pages: u32,
    seen: Vec<String>,
    /// Whether known videos do not end it.
    deep: bool,
}

impl Run {
    /// The bound from which the walk goes on without a token: the second of the oldest video again.
    fn resume(&self) -> Option<i64> {
        let oldest = self.oldest.map(|oldest| oldest.saturating_add(1000));
        [oldest, self.before].into_iter().flatten().min()
    }
}

impl Search {
    /// Whether one more search may be made today.
    pub(super) fn may(&self, most: u32, now: Time) -> bool {
        self.day != quota::day(now) || self.used < most
    }

    fn count(&mut self, seen: Time) {
        let today = quota::day(seen);
        if self.day != today {
            (self.day, self.used) = (today, 0);
        }
        self.used = self.used.saturating_add(1);
    }

    fn floor(&self, wants: &Wants, window: Option<Window>, now: Time) -> i64 {
        match (window, self.high) {
            (Some(window), _) => window.from,
            (None, Some(high)) => high.min(now.0).saturating_sub(OVERLAP),
            (None, None) => now.0.saturating_sub(wants.look_back),
        }
    }

    /// Between which moments to search next.
    pub(super) fn bounds(
        &self,
        wants: &Wants,
        window: Option<Window>,
        with_token: bool,
        now: Time,
    ) -> (Time, Option<Time>) {
        let to = window.map(|window| window.to);
        let (floor, before) = match &self.run {
            // the token belongs to the question that brought it
            Some(run) if with_token => (run.floor, run.before.or(to)),
            Some(run) => (run.floor, run.resume().or(to)),
            None => (self.floor(wants, window, now), to),
        };
        (Time(floor), before.map(Time))
    }

    /// What it means that no search may be made in the middle of a walk. The next day goes on below; only a
    /// look at the past ends.
    pub(super) fn interrupted(&mut self, window: Option<Window>) -> Option<Missed> {
        let run = self.run.as_mut()?;
        run.before = run.resume();
        run.pages = 0;
        let window = window?;
        Some(Missed {
            from: Time(window.from),
            to: Time(run.before.unwrap_or(window.to)),
            reason: "the searches of a day are used up; ask for this time again tomorrow".to_owned(),
        })
    }

    fn finish(&mut self, run: &Run, seen: Time) {
        let newest =
            run.newest.map(|newest| if seen == Time::default() { newest } else { newest.min(seen.0) });
        // where nothing was found at all, the next round does not start like the first
        self.high = self.high.max(newest.or(Some(run.floor)));
        if run.deep {
            self.deep = Some(seen.0);
        }
        self.run = None;
    }
}

/// The id of a video among the results, and when it was published.
fn result(value: &Value) -> Option<(String, Option<i64>)> {
    let video = id(value.get("id")?, "videoId")?;
    let at = value.get("snippet").and_then(|snippet| time(snippet, "publishedAt"));
    Some((video, at.map(|at| at.0)))
}

impl State {
    /// Moves on by one page of the search. Its texts are cut, so the videos are offered when they are filled in.
    pub(super) fn searched(
        &mut self,
        wants: &Wants,
        asked: &Asked,
        place: &Place,
        told: Told<'_>,
        page: &mut Page,
    ) -> Vec<Task> {
        let Asked::Search { after, before, token, .. } = asked else { return Vec::new() };
        let seen = told.seen;
        let mut run = self.search.run.take().unwrap_or_else(|| Run {
            floor: after.map_or_else(|| self.search.floor(wants, self.window, seen), |after| after.0),
            deep: self.window.is_some()
                || self.search.deep.is_none_or(|deep| seen.0.saturating_sub(deep) >= DEEP),
            ..Run::default()
        });
        if told.is_token_refused() {
            if token.is_none() {
                self.search.run = None;
                return Vec::new();
            }
            run.before = run.resume();
            run.pages = 0;
            self.search.run = Some(run);
            return vec![Task::Search(Place::default())];
        }
        self.search.count(seen);
        let results: Vec<(String, Option<i64>)> = told.items().iter().filter_map(result).collect();
        page.posts.retain(|post| !results.iter().any(|(id, _)| *id == post.native_id));
        let fresh: Vec<&(String, Option<i64>)> =
            results.iter().filter(|(id, _)| !run.seen.contains(id)).collect();
        let news = fresh.iter().any(|(id, _)| !self.known.contains(id));
        for (video, at) in &fresh {
            // the search brings videos older than asked for too: they are offered, but do not lead the walk
            let at = at.filter(|at| *at >= run.floor);
            run.newest = run.newest.max(at);
            run.oldest = [run.oldest, at].into_iter().flatten().min();
            if run.deep {
                self.known.retain(|known| known != video);
            }
            self.find(video.clone());
        }
        let goes_on = !fresh.is_empty() && (run.deep || news);
        run.seen.extend(
            results.iter().map(|(id, _)| id.clone()).filter(|id| !run.seen.contains(id)).collect::<Vec<_>>(),
        );
        let surplus = run.seen.len().saturating_sub(SEEN);
        run.seen.drain(..surplus);
        run.pages = run.pages.saturating_add(1);
        let next = Place::after(token.as_ref().map(|_| place), told.value, seen);
        if let Some(next) = next.filter(|_| goes_on && run.pages < PAGES) {
            self.search.run = Some(run);
            return vec![Task::Search(next)];
        }
        // a full page without another one, or the last that a query gives: below it by time
        let full = results.len() >= FULL || run.pages >= PAGES;
        let lower = run.resume().filter(|lower| full && goes_on && *lower > run.floor);
        let asked_before = before.map(|before| before.0);
        if let Some(lower) = lower.filter(|lower| asked_before.is_none_or(|before| *lower < before)) {
            (run.before, run.pages) = (Some(lower), 0);
            self.search.run = Some(run);
            return vec![Task::Search(Place::default())];
        }
        // a whole question about one second: past it
        let second =
            asked_before.map(|before| (before.saturating_sub(1000), before)).filter(|(from, before)| {
                full && results.iter().all(|(_, at)| at.is_some_and(|at| (*from..*before).contains(&at)))
            });
        if let Some((below, before)) = second {
            page.missed = Some(Missed {
                from: Time(below),
                to: Time(before),
                reason: "more videos in one second than the search gives".to_owned(),
            });
            if below > run.floor {
                (run.before, run.oldest, run.pages) = (Some(below), None, 0);
                self.search.run = Some(run);
                return vec![Task::Search(Place::default())];
            }
        }
        self.search.finish(&run, seen);
        Vec::new()
    }
}
