//! Where reading stands in each query: a run goes from the newest post back to the last one known, page by
//! page, and can go on in the middle. It knows identifiers and moments, not posts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ask::Part;
use super::id;
use super::rules::Stream;
use crate::network::Missed;
use crate::time::{DAY, HOUR, Time};

/// How far back the search reaches, in milliseconds.
const REACH: i64 = 7 * DAY;
/// What is left of that reach unused, so that the moment of asking does not pass its end.
const SPARE: i64 = 60_000;
/// How far back a round starts again: the search learns of a post some time after it was written.
pub(super) const OVERLAP: i64 = 2 * 60_000;
/// Answers in a row that lead no further back after which a run is given up.
const IDLE: u8 = 5;

/// The cursor of an X source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// What was read, by the key of the query.
    pub(super) queries: BTreeMap<String, Seen>,
    /// The query whose turn it is; the first one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    /// Requests that were refused for their names: they are asked in the other vocabulary since.
    #[serde(skip_serializing_if = "Flipped::none")]
    pub(super) flipped: Flipped,
    /// The only time to read, for a look back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) window: Option<Window>,
    /// Whether this machine's clock is behind, so that the reach of the search ends earlier than it says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) behind: bool,
    /// The stream, where one is listened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream: Option<Stream>,
}

/// Which vocabularies were exchanged: the search and the stream do not have to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Flipped {
    pub(super) search: bool,
    pub(super) stream: bool,
}

impl Flipped {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn none(&self) -> bool {
        *self == Flipped::default()
    }
}

/// A stretch of identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Window {
    pub(super) since: u64,
    pub(super) until: u64,
    /// Whether it has been read.
    pub(super) done: bool,
}

/// What was read of one query.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    /// Below this everything was read.
    pub(super) since: u64,
    /// The run under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<Run>,
}

/// One walk from the newest post back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Run {
    /// Where it ends.
    since: u64,
    /// Where it started, when that was not now.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    /// The page to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// The newest and the oldest post met; 0 before the first.
    newest: u64,
    oldest: u64,
    /// The moment of the first answer, by the clock of X.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<i64>,
    /// Answers in a row that led no further back.
    idle: u8,
    /// What is left to read after this: older than what the stream brought itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<(u64, u64)>,
}

/// What one answer of the search says for the walk.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The identifiers of its posts.
    pub(super) ids: Vec<u64>,
    /// The identifier it calls the newest.
    pub(super) newest: Option<u64>,
    /// The token of the next page.
    pub(super) next: Option<String>,
    /// When it was given, by the clock of X.
    pub(super) at: Option<Time>,
}

/// The oldest identifier that the search still takes.
pub(super) fn reach(now: Time, behind: bool) -> u64 {
    let spare = if behind { HOUR } else { SPARE };
    id::at(now.plus(spare.saturating_sub(REACH)))
}

impl Run {
    /// A run from now back to `since`. What a stream brought between `first` and `last` is left out.
    pub(super) fn new(since: u64, heard: Option<(u64, u64)>) -> Run {
        if let Some((first, last)) = heard
            && let Some(end) = id::moment(last).map(|moment| id::at(moment.plus(-OVERLAP)))
            && first > since
            && end > first
        {
            return Run { since: end, then: Some((since, first)), ..Run::default() };
        }
        Run { since, ..Run::default() }
    }

    /// The run of a look back.
    pub(super) fn within(window: Window) -> Run {
        Run { since: window.since, until: Some(window.until), ..Run::default() }
    }

    /// What to ask for next, no further back than `reach`.
    pub(super) fn part(&self, reach: u64) -> Part {
        Part { since: self.since.max(reach), until: self.until, token: self.token.clone() }
    }

    /// Starts again at the top of what is left, without the page token that was refused.
    pub(super) fn restart(&mut self) -> bool {
        let had = self.token.take().is_some();
        if had && self.oldest > 0 {
            self.until = Some(self.oldest);
        }
        had
    }

    /// Moves on by one answer to `asked`; tells what is lost, and whether this run is over.
    fn step(&mut self, asked: &Part, told: &Told) -> (Option<Missed>, bool) {
        let mut missed = None;
        if asked.since > self.since {
            missed = gap(self.since, asked.since, "X searches only the last seven days");
            self.since = asked.since;
        }
        if self.asked.is_none() {
            self.asked = told.at.map(|at| at.0);
        }
        let newest = told.ids.iter().copied().chain(told.newest).max();
        self.newest = self.newest.max(newest.unwrap_or(0));
        let oldest = told.ids.iter().copied().min();
        let further = oldest.is_some_and(|oldest| self.oldest == 0 || oldest < self.oldest);
        if let Some(oldest) = oldest.filter(|_| further) {
            self.oldest = oldest;
        }
        self.idle = if further { 0 } else { self.idle.saturating_add(1) };
        let Some(next) = &told.next else {
            return (missed, true);
        };
        if asked.token.as_ref() == Some(next) || self.idle >= IDLE {
            let end = if self.oldest > 0 { self.oldest } else { self.since };
            let lost = gap(self.since, end, "the search repeats a page instead of going on");
            return (missed.or(lost), true);
        }
        self.token = Some(next.clone());
        (missed, false)
    }
}

/// A stretch between two identifiers that was not read.
fn gap(from: u64, to: u64, reason: &str) -> Option<Missed> {
    let (from, to) = (id::moment(from)?, id::moment(to)?);
    (from < to).then(|| Missed { from, to, reason: reason.to_owned() })
}

impl Seen {
    /// Moves on by one answer of the search; `run` is what it was asked for. Tells what is lost, and
    /// whether the query has been read to its end.
    pub(super) fn step(&mut self, mut run: Run, asked: &Part, told: &Told) -> (Option<Missed>, bool) {
        let (missed, over) = run.step(asked, told);
        if !over {
            self.run = Some(run);
            return (missed, false);
        }
        if let Some((since, until)) = run.then.take() {
            let (newest, asked) = (run.newest, run.asked);
            self.run = Some(Run { since, until: Some(until), newest, asked, ..Run::default() });
            return (missed, false);
        }
        let until = run.asked.map(Time).map(|at| id::at(at.plus(-OVERLAP)));
        let known = until.unwrap_or_else(|| before(run.newest));
        self.finish(known.max(asked.since));
        (missed, true)
    }

    /// Takes everything up to `known` for read.
    pub(super) fn finish(&mut self, known: u64) {
        self.since = self.since.max(known);
        self.run = None;
    }

    /// Leaves out what a count showed to be too much; tells so.
    pub(super) fn skip(&mut self, since: u64, found: i64, at_most: i64, now: Time) -> Option<Missed> {
        let end = id::at(now.plus(-OVERLAP));
        self.finish(end.max(since));
        gap(since, end, &format!("{found} posts were found, more than the {at_most} that `at_most` allows"))
    }
}

/// The identifier a little before this one, from which a round starts again.
fn before(newest: u64) -> u64 {
    id::moment(newest).map_or(newest, |moment| id::at(moment.plus(-OVERLAP)))
}

/// The cursor of a look back over the time from `from` to `to`.
pub(super) fn look_back(from: Time, to: Time) -> State {
    let window = Window { since: id::at(from), until: id::at(to), done: false };
    State { window: Some(window), ..State::default() }
}
