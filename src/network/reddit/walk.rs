//! The walk through lists: the newest hundred, back page by page until something known, one list after the other.
//!
//! Never `before`: with a name that was deleted it brings nothing for ever. `after` may name a deleted post too, so
//! a few names are kept to fall back on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Listed;
use crate::network::Missed;
use crate::time::Time;

/// Names of the newest posts kept of each list: one whole page, of which not all can be deleted at once.
const KNOWN: usize = 100;
/// Names at the end of a page to go on after.
const SPARE: usize = 3;
/// A list never goes beyond about 1,000 posts: from 900 on, its end says nothing of what lies below.
const DEEPEST: usize = 900;
/// Pages of a run: one more than 1,000 posts have.
const PAGES: usize = 11;

/// The name of a post, and when it was written, in seconds.
pub(super) type Item = (String, Option<i64>);

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// Whose turn it is; that of the first list when it is none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    lists: BTreeMap<String, List>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct List {
    /// Names of the newest posts when it was last read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    known: Vec<String>,
    /// The newest date of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
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
    /// Names to go on after, the last of them first.
    after: Vec<String>,
    /// The newest names, which will be known.
    top: Vec<String>,
    /// Names of the last page.
    page: Vec<String>,
    newest: Option<i64>,
    oldest: Option<i64>,
    count: usize,
    pages: usize,
    /// The last page was empty.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    doubt: bool,
}

/// What an answer brought.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) more: bool,
    pub(super) missed: Option<Missed>,
}

impl State {
    /// Whose turn it is.
    pub(super) fn turn<'k>(&self, keys: &'k [String]) -> Option<&'k String> {
        keys.iter().find(|key| Some(*key) == self.at.as_ref()).or_else(|| keys.first())
    }

    /// The name after which the next page begins.
    pub(super) fn after(&self, key: &str) -> Option<&str> {
        let run = self.lists.get(key)?.run.as_ref()?;
        run.after.first().map(String::as_str)
    }

    /// Moves on by one page of `key`. `tells_end`: the answer says itself whether there is more.
    pub(super) fn step(
        &mut self,
        keys: &[String],
        key: &str,
        listed: &Listed,
        tells_end: bool,
        seen: Time,
    ) -> Step {
        let list = self.lists.entry(key.to_owned()).or_default();
        list.away = false;
        let mut missed = None;
        match list.read(listed, tells_end) {
            Outcome::Further => return Step { more: true, missed: None },
            Outcome::Doubtful => return Step::default(),
            Outcome::Reached => {}
            Outcome::Lost => {
                let run = list.run.as_ref();
                let to = run.and_then(|run| run.oldest).and_then(Time::from_seconds).unwrap_or(seen);
                let from = list.newest.and_then(Time::from_seconds).unwrap_or(to).min(to);
                let reason = "more posts than the list of Reddit gives".to_owned();
                missed = Some(Missed { from, to, reason });
            }
        }
        list.finish();
        self.advance(keys, key);
        Step { more: self.at.is_some(), missed }
    }

    /// Passes over a list that cannot be read, unless no other can. What is missed is told when it begins.
    pub(super) fn pass(
        &mut self,
        keys: &[String],
        key: &str,
        seen: Time,
        reason: &str,
    ) -> Option<Option<Missed>> {
        let away = |other: &String| self.lists.get(other).is_some_and(|list| list.away);
        if keys.iter().filter(|other| *other != key).all(away) {
            return None;
        }
        let list = self.lists.entry(key.to_owned()).or_default();
        let from = list.newest.and_then(Time::from_seconds).unwrap_or(seen).min(seen);
        let missed = (!list.away).then(|| Missed { from, to: seen, reason: reason.to_owned() });
        list.away = true;
        list.run = None;
        self.advance(keys, key);
        Some(missed)
    }

    fn advance(&mut self, keys: &[String], key: &str) {
        self.lists.retain(|name, _| keys.contains(name));
        let place = keys.iter().position(|other| other == key);
        self.at = place.and_then(|place| keys.get(place.saturating_add(1))).cloned();
    }
}

/// How a page ends a run, or not.
enum Outcome {
    /// There is more to read.
    Further,
    /// An empty page in the middle of a run: to be asked again after a pause.
    Doubtful,
    /// Everything down to what is known was read.
    Reached,
    /// The list ended before.
    Lost,
}

impl List {
    fn read(&mut self, listed: &Listed, tells_end: bool) -> Outcome {
        let items = &listed.items;
        let first = self.run.is_none();
        let run = self.run.get_or_insert_default();
        if items.is_empty() {
            // the post that was to go on after may be gone: the one before it does as well
            if run.after.len() > 1 {
                run.after.remove(0);
                return Outcome::Further;
            }
            if !run.after.is_empty() && !run.doubt {
                run.doubt = true;
                return Outcome::Doubtful;
            }
            return if run.count >= DEEPEST { Outcome::Lost } else { Outcome::Reached };
        }
        run.doubt = false;
        let stands_still = !first && items.iter().all(|(name, _)| run.page.contains(name));
        let newest = items.iter().filter_map(|(_, at)| *at).max();
        let oldest = items.iter().filter_map(|(_, at)| *at).min();
        run.newest = run.newest.max(newest);
        run.oldest = [run.oldest, oldest].into_iter().flatten().min();
        run.count = run.count.saturating_add(items.len());
        run.pages = run.pages.saturating_add(1);
        run.page = items.iter().map(|(name, _)| name.clone()).collect();
        let room = KNOWN.saturating_sub(run.top.len());
        run.top.extend(run.page.iter().take(room).cloned());
        let known = items.iter().any(|(name, _)| self.known.contains(name));
        // where everything known was deleted, dates still tell
        let older = newest.is_some() && newest < self.newest;
        if self.known.is_empty() || known || older {
            return Outcome::Reached;
        }
        if stands_still || run.pages >= PAGES {
            return Outcome::Lost;
        }
        if tells_end && listed.after.is_none() {
            return if run.count >= DEEPEST { Outcome::Lost } else { Outcome::Reached };
        }
        let last = items.iter().rev().map(|(name, _)| name.clone());
        let told = listed.after.iter().cloned();
        run.after = told.chain(last).take(SPARE).collect();
        run.after.dedup();
        Outcome::Further
    }

    fn finish(&mut self) {
        let Some(run) = self.run.take() else { return };
        let mut known = run.top;
        known.extend(self.known.iter().filter(|name| !known.contains(name)).cloned().collect::<Vec<_>>());
        known.truncate(KNOWN);
        self.known = known;
        self.newest = self.newest.max(run.newest);
    }
}
