//! Where reading stands in the lists of one server. It knows times and places in lists, not posts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::network::Missed;
use crate::time::{DAY, HOUR, Time};

/// The most items of a page.
const LIMIT: u64 = 50;
/// Items that pages with numbers share with the page before: as many may vanish in between.
const SHARED: u64 = 5;
/// Pages read below what is known: posts of other servers arrive late.
const FURTHER: u32 = 1;
/// The same once a day, to learn of edits and removals.
const FURTHER_DAILY: u32 = 10;
/// Pages of a round at most: 10,000 items.
const PAGES: u32 = 200;
/// Pages in a row that do not lead further back.
const STILL: u32 = 5;
/// Pages of one list before the others get their turn.
const TURN: u32 = 20;

/// A generation of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Api {
    V3,
    V4,
}

impl Api {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Api::V3 => "v3",
            Api::V4 => "v4",
        }
    }

    /// A word of the interface, which the newer one writes small.
    pub(super) fn word(self, word: &str) -> String {
        match self {
            Api::V3 => word.to_owned(),
            Api::V4 => word.to_lowercase(),
        }
    }
}

/// A place in a list: its token where lists have them, else its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) limit: u64,
    pub(super) page: u64,
    pub(super) token: Option<String>,
}

impl Place {
    /// The first page.
    const TOP: Place = Place { limit: LIMIT, page: 1, token: None };

    /// The page with a number that begins a little above row `rows` and reaches as far as possible.
    fn at_row(rows: u64) -> Place {
        let begin = rows.saturating_sub(SHARED);
        let reach =
            |limit: u64| begin.checked_div(limit).unwrap_or_default().saturating_add(1).saturating_mul(limit);
        let limit = (LIMIT / 2..=LIMIT).max_by_key(|limit| (reach(*limit), *limit)).unwrap_or(LIMIT);
        let page = begin.checked_div(limit).unwrap_or_default().saturating_add(1);
        Place { limit, page, token: None }
    }

    /// The rows above this page.
    fn above(&self) -> u64 {
        self.page.saturating_sub(1).saturating_mul(self.limit)
    }
}

/// An item of a list, as the walk sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) at: Option<Time>,
    /// It stands at the top whatever its age.
    pub(super) pinned: bool,
}

/// What one answer brought.
pub(super) struct Step {
    pub(super) more: bool,
    pub(super) missed: Option<Missed>,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// The generation that the server speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<Api>,
    /// When it was last asked for that, in milliseconds.
    #[serde(skip_serializing_if = "is_zero")]
    asked: i64,
    /// It does not speak the newest generation.
    #[serde(skip_serializing_if = "is_false")]
    older: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    lists: BTreeMap<String, Seen>,
    /// The list whose turn it is; the first when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "is_none")]
    turn: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Seen {
    /// The newest item below which everything was read, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<i64>,
    /// When it was last read further down.
    #[serde(skip_serializing_if = "is_zero")]
    swept: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    walk: Option<Walk>,
}

/// A round under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Walk {
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<i64>,
    /// The token of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Items from the top of the list to the end of the last page.
    rows: u64,
    pages: u32,
    /// Pages in a row that led no further.
    #[serde(skip_serializing_if = "is_none")]
    still: u32,
    /// Pages to read once what is known was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    further: Option<u32>,
    sweep: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_none(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl State {
    /// The generation that the server speaks, when that is known.
    pub(super) fn api(&self) -> Option<Api> {
        self.api
    }

    /// The generation to try.
    pub(super) fn candidate(&self) -> Api {
        if self.older { Api::V3 } else { Api::V4 }
    }

    /// The server speaks this generation. Places in its lists are not those of another one.
    pub(super) fn speaks(&mut self, api: Api, seen: Time) {
        (self.api, self.asked) = (Some(api), seen.0);
        for seen in self.lists.values_mut() {
            seen.walk = None;
        }
    }

    /// The same for a server that does not speak the newest generation.
    pub(super) fn older(self) -> State {
        State { older: true, ..self }
    }

    /// The same, asking the server once more which generation it speaks; not more than once an hour.
    pub(super) fn asks_again(self, seen: Time) -> Option<State> {
        (seen.0.saturating_sub(self.asked) > HOUR).then_some(State {
            api: None,
            older: false,
            asked: seen.0,
            ..self
        })
    }

    /// The same, with the round of this list begun anew.
    pub(super) fn begun_anew(mut self, list: &str) -> State {
        if let Some(seen) = self.lists.get_mut(list) {
            seen.walk = None;
        }
        self
    }

    /// The list whose turn it is.
    pub(super) fn current<'a>(&self, lists: &'a [String]) -> Option<&'a str> {
        lists.iter().find(|one| self.at.as_ref() == Some(one)).or(lists.first()).map(String::as_str)
    }

    /// The page to ask of this list.
    pub(super) fn place(&self, list: &str) -> Place {
        match self.lists.get(list).and_then(|seen| seen.walk.as_ref()) {
            Some(Walk { token: Some(token), .. }) => Place { token: Some(token.clone()), ..Place::TOP },
            Some(walk) if walk.rows > 0 => Place::at_row(walk.rows),
            Some(_) | None => Place::TOP,
        }
    }

    /// Moves on by one answer of the list `list`.
    pub(super) fn step(
        &mut self,
        lists: &[String],
        list: &str,
        items: &[Item],
        next: Option<String>,
        seen: Time,
        look_back: i64,
    ) -> Step {
        let place = self.place(list);
        let one = self.lists.entry(list.to_owned()).or_default();
        let missed = one.step(&place, items, next, seen, look_back);
        let goes_on = one.walk.is_some();
        self.lists.retain(|known, _| lists.contains(known));
        if goes_on && self.turn.saturating_add(1) < TURN {
            self.at = Some(list.to_owned());
            self.turn = self.turn.saturating_add(1);
        } else {
            let place = lists.iter().position(|one| one == list);
            self.at = place.and_then(|place| lists.get(place.saturating_add(1))).cloned();
            self.turn = 0;
        }
        let more = self.at.is_some() || self.lists.values().any(|seen| seen.walk.is_some());
        Step { more, missed }
    }
}

impl Seen {
    fn step(
        &mut self,
        place: &Place,
        items: &[Item],
        next: Option<String>,
        seen: Time,
        look_back: i64,
    ) -> Option<Missed> {
        let floor = self.last.unwrap_or_else(|| seen.0.saturating_sub(look_back));
        let daily = self.last.is_some() && seen.0.saturating_sub(self.swept) >= DAY;
        let mut walk = self.walk.take().unwrap_or(Walk { sweep: daily, ..Walk::default() });
        let times = || items.iter().filter(|item| !item.pinned).filter_map(|item| item.at).map(|at| at.0);
        let oldest = times().min();
        walk.newest = walk.newest.max(times().max().map(|at| at.min(seen.0)));
        let sinks = match (walk.oldest, oldest) {
            (Some(before), Some(now)) => now < before,
            (None, _) => true,
            (Some(_), None) => false,
        };
        walk.still = if sinks { 0 } else { walk.still.saturating_add(1) };
        walk.oldest = match (walk.oldest, oldest) {
            (Some(before), Some(now)) => Some(before.min(now)),
            (before, now) => before.or(now),
        };
        walk.pages = walk.pages.saturating_add(1);
        let rows = place.above().saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
        let short = items.len().saturating_mul(2) < usize::try_from(place.limit).unwrap_or_default();
        let ends = items.is_empty()
            || (next.is_none() && short)
            || (place.token.is_some() && (next.is_none() || next == place.token))
            || (next.is_none() && place.token.is_none() && rows <= walk.rows);
        walk.rows = rows.max(walk.rows);
        walk.token = next;
        walk.further = match walk.further {
            Some(left) => Some(left.saturating_sub(1)),
            None => oldest.is_some_and(|oldest| oldest <= floor).then_some(if walk.sweep {
                FURTHER_DAILY
            } else {
                FURTHER
            }),
        };
        let reached = ends || walk.further == Some(0);
        let given_up = walk.pages >= PAGES || walk.still >= STILL;
        if !reached && !given_up {
            self.walk = Some(walk);
            return None;
        }
        let lost = (!reached && walk.further.is_none()).then(|| Missed {
            from: Time(floor),
            to: Time(walk.oldest.unwrap_or(seen.0).max(floor)),
            reason: "the server's list does not lead back to what is known".to_owned(),
        });
        if walk.sweep || self.last.is_none() {
            self.swept = seen.0;
        }
        self.last = self.last.max(walk.newest).max(Some(floor));
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_pages_leave_no_gap_and_share_some_rows() {
        let mut rows = LIMIT;
        for _ in 0..150 {
            let place = Place::at_row(rows);
            assert!(place.above() + SHARED <= rows, "{rows}: {place:?}");
            let reach = place.above() + place.limit;
            assert!(reach >= rows + LIMIT / 2, "{rows}: {place:?}");
            rows = reach;
        }
    }
}
