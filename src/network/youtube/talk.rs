//! The comments under a video: threads, newest first, and the answers that a thread does not show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::walk::{Place, Task, Told};
use crate::network::json::{id, list, time};
use crate::network::{Missed, Page, plain};
use crate::time::{DAY, HOUR, Time};

/// What is asked for again, in milliseconds: the order by time is exact, but what a filter held back comes late.
const OVERLAP: i64 = HOUR;
/// Pages of one video in one round: two thousand threads.
const PAGES: u32 = 20;
/// Pages of answers to one comment in one round: a thousand.
const ANSWERS: u32 = 10;
/// Threads of one video whose number of answers is remembered.
const THREADS: usize = 100;
/// How long a video without open comments is left alone, in milliseconds.
const CLOSED: i64 = DAY;

/// How far the comments of a video were read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Talk {
    /// The newest thread below which everything was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<i64>,
    /// How far back the walk under way goes, and the newest thread that it met.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
    /// The threads of the last page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    last: Vec<String>,
    /// Answers that threads had when they were asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    answers: BTreeMap<String, i64>,
    /// When the video was published, if it was found and not named in the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<i64>,
    /// Until when it is left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<i64>,
}

impl Talk {
    pub(super) fn is_open(&self, now: Time) -> bool {
        self.closed.is_none_or(|closed| now.0 >= closed)
    }

    /// Whether it is a found video that is younger than this.
    pub(super) fn is_young(&self, age: i64, now: Time) -> bool {
        self.found.is_some_and(|found| now.0.saturating_sub(found) < age)
    }

    /// Moves on by one page of threads, and says what to ask for next.
    pub(super) fn step(
        &mut self,
        video: &str,
        look_back: i64,
        place: &Place,
        told: Told<'_>,
        page: &mut Page,
    ) -> Vec<Task> {
        let seen = told.seen;
        let again = |page: Place| vec![Task::Talk { video: video.to_owned(), page }];
        if told.is_token_refused() && place.pages > 0 {
            (self.newest, self.last) = (None, Vec::new());
            return again(Place::default());
        }
        if told.fault.is_some() {
            self.closed = Some(seen.0.saturating_add(CLOSED));
            (self.floor, self.newest, self.last) = (None, None, Vec::new());
            return Vec::new();
        }
        let floor = match (self.floor.filter(|_| place.pages > 0), self.high) {
            (Some(floor), _) => floor,
            (None, Some(high)) => high.min(seen.0).saturating_sub(OVERLAP),
            (None, None) => seen.0.saturating_sub(look_back),
        };
        let threads: Vec<Thread> = told.items().iter().filter_map(Thread::of).collect();
        let newest = threads.iter().map(|thread| thread.at).max();
        let oldest = threads.iter().map(|thread| thread.at).min();
        self.newest = self.newest.filter(|_| place.pages > 0).max(newest);
        self.floor = Some(floor);
        let repeats = threads.iter().all(|thread| self.last.contains(&thread.id));
        let mut tasks = Vec::new();
        for thread in &threads {
            let asked = self.answers.get(&thread.id).copied().unwrap_or(0);
            if thread.answers > thread.shown && thread.answers > asked {
                self.answers.insert(thread.id.clone(), thread.answers);
                let (video, parent) = (video.to_owned(), thread.id.clone());
                tasks.push(Task::Answers { video, parent, page: Place::default() });
            }
        }
        while self.answers.len() > THREADS {
            self.answers.pop_first();
        }
        let next = Place::after((place.pages > 0).then_some(place), told.value, seen)
            .filter(|_| oldest.is_some_and(|oldest| oldest >= floor) && !(repeats && place.pages > 0));
        self.last = threads.into_iter().map(|thread| thread.id).collect();
        match next {
            Some(next) if next.pages < PAGES => {
                tasks.extend(again(next));
                return tasks;
            }
            Some(_) => {
                page.missed = oldest.map(|oldest| Missed {
                    from: Time(floor),
                    to: Time(oldest),
                    reason: "a video has more new comments than are read at once".to_owned(),
                });
            }
            None => {}
        }
        let newest =
            self.newest.map(|newest| if seen == Time::default() { newest } else { newest.min(seen.0) });
        self.high = self.high.max(newest);
        (self.floor, self.newest, self.last) = (None, None, Vec::new());
        tasks
    }
}

/// What the walk needs of a thread.
struct Thread {
    id: String,
    at: i64,
    /// Answers it has, and those it shows.
    answers: i64,
    shown: i64,
}

impl Thread {
    fn of(item: &Value) -> Option<Thread> {
        let snippet = item.get("snippet")?;
        let top = snippet.get("topLevelComment")?;
        let shown = item.get("replies").map_or(0, |replies| list(replies, "comments").len());
        Some(Thread {
            id: id(top, "id").or_else(|| id(item, "id"))?,
            at: time(top.get("snippet")?, "publishedAt")?.0,
            answers: plain::count(snippet, "totalReplyCount").unwrap_or(0),
            shown: i64::try_from(shown).unwrap_or(i64::MAX),
        })
    }
}

/// Moves on by one page of answers to a comment.
pub(super) fn answers(video: &str, parent: String, place: &Place, told: Told<'_>) -> Vec<Task> {
    let video = video.to_owned();
    if told.is_token_refused() && place.pages > 0 {
        return vec![Task::Answers { video, parent, page: Place::default() }];
    }
    Place::after((place.pages > 0).then_some(place), told.value, told.seen)
        .filter(|next| next.pages < ANSWERS && !told.items().is_empty())
        .map(|page| Task::Answers { video, parent, page })
        .into_iter()
        .collect()
}
