//! A walk over the things a source follows, one after the other, each from its newest post back to what is known.
//!
//! All of it is in the cursor: whose turn it is, up to when each thing was read, and the run under way with its
//! page token, so that a stop in the middle loses nothing. A backfill is the same walk within a window.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::network::Missed;
use crate::time::Time;

/// Pages in a row without a post, or without a new one, after which a list has nothing more: an empty page with a
/// further page is possible, and lists out of order have old posts between new ones.
const BARREN: u32 = 3;
/// Runs in a row that lost their page token, after which what they did not reach is told as missed.
const RESTARTS: u32 = 3;
/// Posts of a run kept in mind: enough to see that a list turns in circles, little enough to be saved each page.
const SEEN: usize = 2_000;
/// Things kept in mind; beyond it, those read longest ago are forgotten.
const MARKS: usize = 300;

/// A post in an answer, as the walk needs it.
pub(in crate::network) type Item = (String, Option<Time>);

/// How a list behaves.
#[derive(Debug, Clone, Copy)]
pub(in crate::network) struct Rules {
    /// Milliseconds asked for again each run: lists learn of posts late.
    pub(in crate::network) overlap: i64,
    /// Milliseconds that the first run goes back; the longest possible for all there is.
    pub(in crate::network) first: i64,
    /// Milliseconds that the network reaches back, where that is short.
    pub(in crate::network) reach: Option<i64>,
    /// Pages of a run.
    pub(in crate::network) pages: u32,
    /// Whether the newest comes first, so that a page that ends before the start of the run ends it.
    pub(in crate::network) ordered: bool,
    /// Posts of the last run kept in mind, for lists that cannot be told a time.
    pub(in crate::network) known: usize,
}

/// Where a source stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::network) struct Walk {
    /// Whose turn it is; that of the first thing when it is none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    marks: BTreeMap<String, Mark>,
    /// The only time that is walked, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<(i64, i64)>,
    /// The window was walked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    over: bool,
}

/// Up to where one thing was read. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Mark {
    /// When the last finished run began: all that was published before is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<i64>,
    /// Short names of posts of the last run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    known: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
    /// It could not be read when its turn last came.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    away: bool,
}

/// A run from the newest post back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Run {
    began: i64,
    floor: i64,
    /// Parameters of the next page; none for the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<i64>,
    /// Short names of its posts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seen: Vec<u32>,
    pages: u32,
    barren: u32,
    restarts: u32,
}

/// What an answer brought the walk.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::network) struct Step {
    /// Whether there is more to ask in this round.
    pub(in crate::network) more: bool,
    /// What is lost.
    pub(in crate::network) missed: Option<Missed>,
}

/// A short name for an id (FNV-1a): two posts of one run have the same once in a million runs.
fn short(id: &str) -> u32 {
    id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Walk {
    /// A walk through the time between two moments and nothing else.
    pub(in crate::network) fn through(from: Time, to: Time) -> Walk {
        Walk { window: Some((from.0.min(to.0), to.0)), ..Walk::default() }
    }

    /// Whose turn it is.
    pub(in crate::network) fn turn<'k>(&self, keys: &'k [String]) -> Option<&'k String> {
        if self.over {
            return None;
        }
        keys.iter().find(|key| Some(*key) == self.at.as_ref()).or_else(|| keys.first())
    }

    /// Where the run of a thing stops, in milliseconds.
    pub(in crate::network) fn floor(&self, key: &str, rules: &Rules, now: Time) -> i64 {
        let mark = self.marks.get(key);
        if let Some(run) = mark.and_then(|mark| mark.run.as_ref()) {
            return run.floor;
        }
        let floor = match (self.window, mark.and_then(|mark| mark.asked)) {
            (Some((from, _)), _) => from,
            (None, Some(asked)) => asked.min(now.0).saturating_sub(rules.overlap),
            (None, None) => now.0.saturating_sub(rules.first),
        };
        floor.max(0)
    }

    /// Where a run begins, when that is not now.
    pub(in crate::network) fn ceiling(&self) -> Option<i64> {
        self.window.map(|(_, to)| to)
    }

    /// The parameters of the page that is next.
    pub(in crate::network) fn page(&self, key: &str) -> &[(String, String)] {
        self.marks.get(key).and_then(|mark| mark.run.as_ref()).map_or(&[], |run| run.next.as_slice())
    }

    /// Moves on by one answer about `key`. `next` are the parameters of its next page, if it has one.
    pub(in crate::network) fn step(
        &mut self,
        keys: &[String],
        key: &str,
        items: &[Item],
        next: Option<Vec<(String, String)>>,
        rules: &Rules,
        seen: Time,
    ) -> Step {
        let floor = self.floor(key, rules, seen);
        let window = self.window.is_some();
        let mark = self.marks.entry(key.to_owned()).or_default();
        mark.away = false;
        let mut missed = None;
        if mark.run.is_none() {
            let horizon = rules.reach.map(|reach| seen.0.saturating_sub(reach));
            if let (Some(asked), Some(horizon)) = (mark.asked, horizon)
                && asked < horizon
            {
                missed =
                    Some(gap(asked, horizon, "the network gives nothing older, and nobody asked in time"));
            }
        }
        let run = mark.run.get_or_insert_with(|| Run { began: seen.0, floor, ..Run::default() });
        let names: Vec<u32> = items.iter().map(|(id, _)| short(id)).collect();
        let fresh: Vec<u32> = names.iter().copied().filter(|name| !run.seen.contains(name)).collect();
        let stands_still = !items.is_empty() && fresh.is_empty();
        let barren = fresh.iter().all(|name| mark.known.contains(name));
        run.barren = if barren { run.barren.saturating_add(1) } else { 0 };
        let room = SEEN.saturating_sub(run.seen.len());
        run.seen.extend(fresh.into_iter().take(room));
        run.pages = run.pages.saturating_add(1);
        let oldest = items.iter().filter_map(|(_, at)| at.map(|at| at.0)).min();
        run.oldest = [run.oldest, oldest].into_iter().flatten().min();
        // the last of the page: what is pinned stands first, however old
        let last = items.iter().rev().find_map(|(_, at)| at.map(|at| at.0));
        let below = rules.ordered && last.is_some_and(|last| last < run.floor);
        let next = next.filter(|_| !stands_still && !below && run.barren < BARREN);
        match next {
            Some(next) if run.pages < rules.pages => run.next = next,
            rest => {
                let cut = rest.is_some().then(|| {
                    let reason = format!("more than {} pages, which is where Vigie stops", rules.pages);
                    gap(run.floor, run.oldest.unwrap_or(run.began), reason)
                });
                missed = missed.or(cut);
                mark.finish(rules);
                return Step { more: self.advance(keys, key, window), missed };
            }
        }
        Step { more: true, missed }
    }

    /// Forgets the page token of a run, so that it starts again from the top. A run that loses it again and again
    /// ends there, and what it did not reach is missed.
    pub(in crate::network) fn start_again(
        &mut self,
        keys: &[String],
        key: &str,
        rules: &Rules,
    ) -> Option<Option<Missed>> {
        let window = self.window.is_some();
        let mark = self.marks.get_mut(key)?;
        let run = mark.run.as_mut().filter(|run| !run.next.is_empty())?;
        run.next.clear();
        run.seen.clear();
        run.pages = 0;
        run.restarts = run.restarts.saturating_add(1);
        if run.restarts < RESTARTS {
            return Some(None);
        }
        let reason = "the network refused its own page token again and again";
        let missed = gap(run.floor, run.oldest.unwrap_or(run.began), reason);
        mark.finish(rules);
        self.advance(keys, key, window);
        Some(Some(missed))
    }

    /// Passes over a thing that cannot be read, unless nothing else is left that can. What is missed is told when
    /// it begins.
    pub(in crate::network) fn pass(
        &mut self,
        keys: &[String],
        key: &str,
        seen: Time,
        reason: &str,
    ) -> Option<Option<Missed>> {
        let away = |other: &String| self.marks.get(other).is_some_and(|mark| mark.away);
        if keys.iter().filter(|other| *other != key).all(away) {
            return None;
        }
        let window = self.window.is_some();
        let mark = self.marks.entry(key.to_owned()).or_default();
        let missed = (!mark.away).then(|| gap(mark.asked.unwrap_or(seen.0), seen.0, reason));
        mark.away = true;
        mark.run = None;
        self.advance(keys, key, window);
        Some(missed)
    }

    /// Whether a run of `key` is under way.
    pub(in crate::network) fn is_running(&self, key: &str) -> bool {
        self.marks.get(key).is_some_and(|mark| mark.run.is_some())
    }

    /// Leaves a thing that is gone for good.
    pub(in crate::network) fn leave(&mut self, keys: &[String], key: &str) {
        let window = self.window.is_some();
        self.marks.remove(key);
        self.advance(keys, key, window);
    }

    /// Hands the turn to the next thing; tells whether the round goes on.
    fn advance(&mut self, keys: &[String], key: &str, window: bool) -> bool {
        while self.marks.len() > MARKS {
            let oldest =
                self.marks.iter().filter(|(name, _)| !keys.contains(name)).min_by_key(|(_, mark)| mark.asked);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else { break };
            self.marks.remove(&oldest);
        }
        let place = keys.iter().position(|other| other == key);
        self.at = place.and_then(|place| keys.get(place.saturating_add(1))).cloned();
        self.over = window && self.at.is_none();
        self.at.is_some()
    }
}

impl Mark {
    fn finish(&mut self, rules: &Rules) {
        let Some(run) = self.run.take() else { return };
        self.asked = self.asked.max(Some(run.began));
        let mut known = run.seen;
        known.extend(self.known.iter().copied());
        known.truncate(rules.known);
        self.known = known;
    }
}

fn gap(from: i64, to: i64, reason: impl Into<String>) -> Missed {
    Missed { from: Time(from.min(to)), to: Time(to), reason: reason.into() }
}
