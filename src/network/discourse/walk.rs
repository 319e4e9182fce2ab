//! The walk down the numbers of posts, from the newest to the greatest one known.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::network::Missed;
use crate::time::Time;

/// Numbers that one answer covers: those of private and hidden posts are among them.
const COVERS: u64 = 50;
/// Numbers below the greatest one known that are asked for again: a post may become visible late.
const OVERLAP: u64 = 20;
/// Answers without any new post after which a walk to a known one is given up.
const EMPTY: u32 = 100;
/// The same for the first walk, which knows none.
const EMPTY_FIRST: u32 = 20;

/// A post in an answer: its number, and when it was written.
pub(super) type Place = (u64, Option<Time>);

/// Where reading stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Walk {
    /// The greatest number up to which everything was read, and when it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<i64>,
    /// The round under way: the number to go on below.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    /// The newest post of the round.
    #[serde(skip_serializing_if = "Option::is_none")]
    top: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_at: Option<i64>,
    /// Answers in a row that brought nothing new.
    #[serde(skip_serializing_if = "is_none")]
    empty: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_none(number: &u32) -> bool {
    *number == 0
}

/// The number below which a request asks.
pub(super) fn before_in(url: &Url) -> Option<u64> {
    url.query_pairs().find(|(key, _)| key == "before").and_then(|(_, number)| number.parse().ok())
}

impl Walk {
    /// The number to ask below; none at the start of a round.
    pub(super) fn before(&self) -> Option<u64> {
        self.before
    }

    /// Moves on by one answer, which was asked for below `before`.
    pub(super) fn step(
        &mut self,
        before: Option<u64>,
        places: &[Place],
        seen: Time,
        look_back: i64,
    ) -> Option<Missed> {
        if before.is_none() {
            let (top, at) = places.iter().max_by_key(|(number, _)| *number)?;
            (self.top, self.top_at) = (Some(*top), at.map(|at| at.0));
            self.empty = 0;
        }
        let lowest = places.iter().map(|(number, _)| *number).min();
        let next = match (before, lowest) {
            (Some(before), Some(lowest)) if lowest < before => {
                self.empty = 0;
                lowest
            }
            // nothing public among the numbers that it covers: go on below them, one of them again
            (Some(before), _) => {
                self.empty = self.empty.saturating_add(1);
                before.saturating_sub(COVERS - 1)
            }
            (None, lowest) => lowest.unwrap_or_default(),
        };
        let oldest = places.iter().filter_map(|(_, at)| *at).min();
        let start = seen.plus(look_back.saturating_mul(-1000));
        let floor = self.last.map(|last| last.saturating_sub(OVERLAP));
        let reached = match floor {
            Some(floor) => next <= floor.max(1),
            None => next <= 1 || oldest.is_some_and(|oldest| oldest < start) || self.empty >= EMPTY_FIRST,
        };
        let given_up = !reached && self.empty >= EMPTY;
        if reached || given_up {
            let from = self.last_at.map_or(start, Time);
            self.last = self.last.max(self.top);
            self.last_at = self.last_at.max(self.top_at);
            (self.before, self.top, self.top_at, self.empty) = (None, None, None, 0);
            return given_up.then(|| Missed {
                from,
                to: oldest.unwrap_or(seen).max(from),
                reason: "the forum gives nothing between its newest posts and those known".to_owned(),
            });
        }
        self.before = Some(next);
        None
    }
}
