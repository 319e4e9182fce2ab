//! Walks back through time: searches that answer newest first, between two moments, so many items an answer.
//!
//! A round asks for everything since a little before the newest item known and narrows the time from above until
//! it is all there: unlike page numbers, that neither skips nor repeats when items come and go meanwhile. Page
//! numbers serve only where more items share one second than an answer shows. Times are seconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::network::Missed;
use crate::time::Time;

/// Answers of one search before the others get their turn: a busy one would starve them.
const TURN: u32 = 20;
/// Answers that the network itself calls incomplete, before they are taken as they are.
const TRIES: u8 = 3;

/// How a search is walked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Seconds asked for again: a search learns of an item a little after it was written.
    pub(crate) overlap: i64,
    /// Seconds that the first round goes back.
    pub(crate) look_back: i64,
    /// Pages that the network gives of one question.
    pub(crate) pages: u32,
}

/// What one request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// The oldest second.
    pub(crate) floor: i64,
    /// The newest second; none for no end.
    pub(crate) ceiling: Option<i64>,
    /// The page, from 1.
    pub(crate) page: u32,
}

/// What an answer leaves to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing.
    Nothing,
    /// Older items.
    Older,
    /// Items of the same time, in whatever order: only its next page has them.
    Page,
    /// The same once more: the network says that its answer is incomplete.
    Same,
}

/// What one answer changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Step {
    /// Whether there is more to ask right now.
    pub(crate) more: bool,
    /// What cannot be had.
    pub(crate) missed: Option<Missed>,
}

/// Where reading stands in several searches that are walked in turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rounds {
    /// Each search by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    searches: BTreeMap<String, Reach>,
    /// The search whose turn it is; the first when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Answers read in this turn.
    #[serde(skip_serializing_if = "is_zero")]
    turn: u32,
    /// The only time to walk, where older items are fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<(i64, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Reach {
    /// The second up to which everything was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<i64>,
    /// The round under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    walk: Option<Walk>,
    /// The only time to walk was walked.
    #[serde(skip_serializing_if = "is_false")]
    done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Walk {
    floor: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling: Option<i64>,
    page: u32,
    /// The newest item of the round.
    newest: i64,
    /// The last answer was empty, although an item known should have come again.
    #[serde(skip_serializing_if = "is_false")]
    doubt: bool,
    /// Incomplete answers to this question.
    #[serde(skip_serializing_if = "is_none")]
    tries: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_none(number: &u8) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Rounds {
    /// Walks the time between two moments and nothing else.
    pub(crate) fn only(from: Time, to: Time) -> Rounds {
        let only = Some((from.0.div_euclid(1000), to.0.div_euclid(1000)));
        Rounds { only, ..Rounds::default() }
    }

    /// Begins the round of a search again from its newest items.
    pub(crate) fn restart(&mut self, search: &str) {
        if let Some(reach) = self.searches.get_mut(search) {
            reach.walk = None;
        }
    }

    /// Whether one time is walked and nothing else.
    pub(crate) fn is_only(&self) -> bool {
        self.only.is_some()
    }

    /// The search whose turn it is; `None` when there is nothing to ask any more.
    pub(crate) fn current<'a>(&self, searches: &'a [String]) -> Option<&'a str> {
        let open = |name: &&String| !self.searches.get(*name).is_some_and(|reach| reach.done);
        let at = searches.iter().find(|name| self.at.as_ref() == Some(name)).filter(open);
        at.or_else(|| searches.iter().find(open)).map(String::as_str)
    }

    /// What to ask the search now.
    pub(crate) fn window(&self, search: &str, rules: Rules, now: Time) -> Window {
        let now = now.0.div_euclid(1000);
        let reach = self.searches.get(search);
        if let Some(walk) = reach.and_then(|reach| reach.walk.as_ref()) {
            return Window { floor: walk.floor, ceiling: walk.ceiling, page: walk.page.max(1) };
        }
        if let Some((from, to)) = self.only {
            return Window { floor: from, ceiling: Some(to), page: 1 };
        }
        let floor = match reach.and_then(|reach| reach.last) {
            Some(last) => last.min(now).saturating_sub(rules.overlap),
            None => now.saturating_sub(rules.look_back),
        };
        Window { floor, ceiling: None, page: 1 }
    }

    /// Moves on by one answer of the search whose turn it was; `times` are those of its items.
    pub(crate) fn step(
        &mut self,
        searches: &[String],
        search: &str,
        rules: Rules,
        asked: Window,
        times: &[i64],
        left: Left,
    ) -> Step {
        let only = self.only.is_some();
        let reach = self.searches.entry(search.to_owned()).or_default();
        let missed = reach.step(rules, asked, times, left);
        if only && reach.walk.is_none() {
            reach.done = true;
        }
        let goes_on = reach.walk.as_ref().is_some_and(|walk| only || !walk.doubt);
        self.searches.retain(|known, _| searches.contains(known));
        if goes_on && self.turn.saturating_add(1) < TURN {
            self.at = Some(search.to_owned());
            self.turn = self.turn.saturating_add(1);
        } else {
            let place = searches.iter().position(|one| one == search);
            self.at = place.and_then(|place| searches.get(place.saturating_add(1))).cloned();
            self.turn = 0;
        }
        Step { more: self.unfinished(searches), missed }
    }

    /// Whether the round under way has more to ask.
    pub(crate) fn unfinished(&self, searches: &[String]) -> bool {
        if self.only.is_some() {
            return self.current(searches).is_some();
        }
        let waiting = |reach: &Reach| reach.walk.as_ref().is_some_and(|walk| !walk.doubt);
        self.at.is_some() || self.searches.values().any(waiting)
    }
}

impl Reach {
    fn step(&mut self, rules: Rules, asked: Window, times: &[i64], left: Left) -> Option<Missed> {
        let walk = self.walk.take().unwrap_or_default();
        let known = (walk.page > 0).then_some(walk.newest);
        let (Some(&oldest), Some(&newest)) = (times.iter().min(), times.iter().max()) else {
            if left == Left::Same && walk.tries.saturating_add(1) < TRIES {
                self.again(asked, known.unwrap_or(asked.floor), walk.tries);
            } else if known.is_some() && !walk.doubt && left != Left::Same {
                // an item that vanished explains one empty answer; a search that hiccups gets a second chance
                self.walk = Some(Walk { doubt: true, ..walk });
            } else {
                self.finish(known, asked.floor);
            }
            return (left == Left::Same && self.walk.is_none())
                .then(|| incomplete(asked.floor, asked.ceiling));
        };
        let newest = known.map_or(newest, |known| known.max(newest));
        if let Some(ceiling) = asked.ceiling.filter(|ceiling| oldest > *ceiling) {
            // it does not heed the time asked for: older items are out of reach
            self.finish(Some(newest), asked.floor);
            return missed(asked.floor, ceiling, "the search gives only its newest items");
        }
        let mut lost = None;
        match left {
            Left::Nothing => {
                self.finish(Some(newest), asked.floor);
                return None;
            }
            Left::Same if walk.tries.saturating_add(1) < TRIES => {
                self.again(asked, newest, walk.tries);
                return None;
            }
            Left::Page if asked.page < rules.pages => {
                let (floor, ceiling, page) = (asked.floor, asked.ceiling, asked.page.saturating_add(1));
                self.walk = Some(Walk { floor, ceiling, page, newest, ..Walk::default() });
                return None;
            }
            Left::Page => {
                self.finish(Some(newest), asked.floor);
                return missed(asked.floor, oldest.max(asked.floor), "the search gives no more pages");
            }
            Left::Same => lost = Some(incomplete(oldest, asked.ceiling)),
            Left::Older => {}
        }
        let mut next = Walk { floor: asked.floor, ceiling: Some(oldest), page: 1, newest, ..Walk::default() };
        if asked.ceiling.is_some_and(|ceiling| ceiling <= oldest) {
            // a whole answer of one second: its next page, or else past it
            if asked.page < rules.pages {
                next.page = asked.page.saturating_add(1);
            } else {
                lost = missed(
                    oldest,
                    oldest.saturating_add(1),
                    "more items in one second than the search gives",
                );
                next.ceiling = Some(oldest.saturating_sub(1));
            }
        }
        if next.ceiling.is_some_and(|ceiling| ceiling < asked.floor) {
            self.finish(Some(newest), asked.floor);
        } else {
            self.walk = Some(next);
        }
        lost
    }

    fn again(&mut self, asked: Window, newest: i64, tries: u8) {
        self.walk = Some(Walk {
            floor: asked.floor,
            ceiling: asked.ceiling,
            page: asked.page,
            newest,
            doubt: false,
            tries: tries.saturating_add(1),
        });
    }

    /// The round is over: everything was read from its floor to its newest item.
    fn finish(&mut self, newest: Option<i64>, floor: i64) {
        self.last = self.last.max(newest).max(Some(floor));
        self.walk = None;
    }
}

fn missed(from: i64, to: i64, reason: &str) -> Option<Missed> {
    Some(Missed { from: Time::from_seconds(from)?, to: Time::from_seconds(to)?, reason: reason.to_owned() })
}

fn incomplete(from: i64, to: Option<i64>) -> Missed {
    let from = Time::from_seconds(from).unwrap_or_default();
    let to = to.and_then(Time::from_seconds).unwrap_or(from);
    Missed { from, to, reason: "the search itself calls its answer incomplete".to_owned() }
}
