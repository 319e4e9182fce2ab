//! Where reading stands on one relay: a walk back through time for each question, and after it the stream.
//!
//! Dates are their authors' word, so that events are told apart by id, an overlap is asked again, and a date in
//! the future moves nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::event::Event;
use crate::network::Missed;
use crate::time::{DAY, Time};

/// Seconds asked for again: events take a while from relay to relay, and clocks differ.
const OVERLAP: i64 = 600;
/// Events asked for at once: what most relays give at most.
pub(super) const LIMIT: i64 = 500;
/// An answer with fewer events than this is the last one: no relay is known to give fewer at once.
const SHORT: usize = 20;
/// Events of which the author is remembered, so that a stranger's request to delete one is seen for what it is.
const REMEMBERED: usize = 100;
/// The name of questions about the past.
pub(super) const PAST: &str = "past";
/// Letters of an id and of a key that are remembered: enough that nobody makes another with the same.
const LETTERS: usize = 24;

/// The cursor of a Nostr source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// The date of the latest event, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<i64>,
    /// The walk under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) walk: Option<Walk>,
    /// What the relay says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) relay: Option<Relay>,
    /// Only the walk, and then nothing more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) past: bool,
    /// Ids of the latest events and keys of their authors, shortened.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<(String, String)>,
}

/// What matters of what a relay says of itself (NIP-11).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Relay {
    /// When it was asked, in milliseconds.
    pub(super) at: i64,
    /// Whether it searches; unknown where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) searches: Option<bool>,
    /// The most events it gives at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) most: Option<i64>,
}

/// A walk from now back to what is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Walk {
    /// How far back it goes, in seconds.
    pub(super) since: i64,
    /// Events up to this moment are asked for next.
    pub(super) until: i64,
    /// Where each question begins.
    pub(super) top: i64,
    /// Which question is being asked.
    pub(super) question: usize,
    /// The latest event found.
    pub(super) newest: i64,
}

/// One filter, without its stretch of time.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) filter: Map<String, Value>,
    /// Whether the relay answers by likeness instead of by time: then there is no way back.
    pub(super) search: bool,
}

/// What came of one answer to a question.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Events in it, genuine or not.
    pub(super) events: usize,
    /// The oldest and the newest moment claimed.
    pub(super) oldest: Option<i64>,
    pub(super) newest: Option<i64>,
}

impl Found {
    /// Takes in one event.
    pub(super) fn add(&mut self, at: Option<i64>) {
        self.events = self.events.saturating_add(1);
        let oldest = self.oldest.into_iter().chain(at).min();
        let newest = self.newest.into_iter().chain(at).max();
        (self.oldest, self.newest) = (oldest, newest);
    }
}

impl State {
    /// The walk to go on with, or a new one.
    pub(super) fn walk(&self, now: Time, look_back: i64) -> Walk {
        let now = now.0.div_euclid(1000);
        self.walk.clone().unwrap_or_else(|| {
            let since =
                self.last.map_or(now.saturating_sub(look_back), |last| last.min(now) - OVERLAP).max(0);
            // clocks differ: what is dated a little later than now is asked for as well
            let top = now.saturating_add(OVERLAP).max(0);
            Walk { since, until: top, top, question: 0, newest: 0 }
        })
    }

    /// The message that asks the question of a walk.
    pub(super) fn message(&self, walk: &Walk, questions: &[Question]) -> Option<String> {
        let question = questions.get(walk.question)?;
        let mut filter = question.filter.clone();
        filter.insert("since".to_owned(), walk.since.into());
        filter.insert("until".to_owned(), walk.until.into());
        filter.insert("limit".to_owned(), self.limit().into());
        Some(json!(["REQ", PAST, filter]).to_string())
    }

    fn limit(&self) -> i64 {
        self.relay.as_ref().and_then(|relay| relay.most).filter(|most| *most > 0).unwrap_or(LIMIT).min(LIMIT)
    }

    /// Moves a walk on by one answer; tells whether there is more, and what the relay would not give.
    pub(super) fn step(
        &mut self,
        mut walk: Walk,
        questions: &[Question],
        found: &Found,
        seen: Time,
    ) -> (bool, Option<Missed>) {
        let now = seen.0.div_euclid(1000);
        walk.newest = walk.newest.max(found.newest.unwrap_or(0).min(now));
        let full = i64::try_from(found.events).is_ok_and(|events| events >= self.limit());
        let search = questions.get(walk.question).is_some_and(|question| question.search);
        let mut missed = None;
        let lost = |from: i64, to: i64, reason: &str| {
            let (from, to) = (Time::from_seconds(from)?, Time::from_seconds(to)?);
            Some(Missed { from, to, reason: reason.to_owned() })
        };
        let next = match found.oldest {
            Some(_) if search => {
                if full {
                    missed = lost(walk.since, now, "the relay found more than it gives to one search");
                }
                None
            }
            Some(oldest) if found.events >= SHORT && oldest < walk.until => Some(oldest),
            // a whole answer of one second: past it
            Some(oldest) if full => {
                missed =
                    lost(oldest, oldest.saturating_add(1), "more events in one second than the relay gives");
                Some(oldest.min(walk.until).saturating_sub(1))
            }
            Some(_) | None => None,
        };
        match next.filter(|next| *next >= walk.since) {
            Some(next) => walk.until = next,
            None => (walk.question, walk.until) = (walk.question.saturating_add(1), walk.top),
        }
        if walk.question < questions.len() {
            self.walk = Some(walk);
            return (true, missed);
        }
        self.walk = None;
        self.advance(walk.newest);
        // a walk that a stop interrupted ends at the moment where it began: another one follows
        (!self.past && walk.top < now, missed)
    }

    /// Notes the date of an event that is known to follow everything read.
    pub(super) fn advance(&mut self, at: i64) {
        if at > 0 {
            self.last = Some(self.last.map_or(at, |last| last.max(at)));
        }
    }

    /// Remembers who wrote an event.
    pub(super) fn remember(&mut self, event: &Event) {
        let one = (short(&event.id), short(&event.author));
        if !self.authors.contains(&one) {
            self.authors.push(one);
            let too_many = self.authors.len().saturating_sub(REMEMBERED);
            self.authors.drain(..too_many);
        }
    }

    /// Whether the account wrote the event; unknown when the event is not remembered.
    pub(super) fn wrote(&self, author: &str, id: &str) -> Option<bool> {
        let id = short(id);
        let (_, by) = self.authors.iter().find(|(known, _)| *known == id)?;
        Some(*by == short(author))
    }

    /// Whether the relay has told of itself within a day.
    pub(super) fn knows_relay(&self, now: Time) -> bool {
        self.relay.as_ref().is_some_and(|relay| now.since(Time(relay.at)).unsigned_abs() < DAY.unsigned_abs())
    }
}

fn short(hex: &str) -> String {
    hex.chars().take(LETTERS).collect()
}
