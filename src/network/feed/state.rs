//! What is remembered of a feed between two requests, and which address that makes the next one go to.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::pause::{LONGEST, Skip};
use crate::network::{Answer, Cursor};
use crate::time::{DAY, HOUR, Time};

/// How long a found address is believed without a good answer: the longest pause, and half of it again. Then the
/// configured one is asked, which may lead to another.
const BELIEVED: i64 = DAY + DAY / 2;
/// How long a search may take: some fifteen requests to one host, a second or more between them. A search that
/// ended in nothing begins again with the configured address.
const SEARCH: i64 = 10 * 60_000;
/// How long a site without any feed is not searched again: its page may learn to name one, its usual addresses will
/// hardly change.
const SEARCHED: i64 = 6 * HOUR;
/// How long an address that was lost is not taken for the feed again.
const LOST: i64 = DAY;
/// How long a feed that once answered is waited for when nothing is there: sites come back after weeks.
const MISSED: i64 = 28 * DAY;
/// How often the time of the last good answer is written down: nothing needs it to the minute.
const GOOD: i64 = 6 * HOUR;
/// Longest validator kept; others would make requests that servers refuse.
const VALIDATOR: usize = 1_024;

/// What is remembered. Addresses in it are those that the feed's own site gave; the configured one, which may be a
/// secret, is there as a hash only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// The configured address that all this belongs to, as a hash.
    of: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
    /// The pause in seconds that the feed asked for, for the days when it says only "not modified".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pause: Option<u64>,
    #[serde(skip_serializing_if = "Skip::is_empty")]
    pub(super) skip: Skip,
    /// The hub that would push this feed, and the address it knows the feed by. Noted, not used: a hub calls back,
    /// and Vigie has no public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    hub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    /// Where the feed is, when that is not the configured address: named by a page there, or moved to for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<String>,
    /// When it last answered well.
    #[serde(skip_serializing_if = "Option::is_none")]
    good: Option<Time>,
    /// Since when the feed is looked for; `found` is then only tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    /// What is tried after `found`.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    left: VecDeque<String>,
    /// Where a first answer said that the feed has moved for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    moving: Option<String>,
    /// A found address at which nothing was any more, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<(String, Time)>,
}

/// A name for an address that does not tell it.
fn hashed(address: &str) -> String {
    Sha256::digest(address.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl State {
    /// What the cursor holds of the configured `address`: nothing when it was written for another.
    pub(super) fn of(cursor: Option<&Cursor>, address: &str) -> State {
        let state: State = Cursor::state(cursor);
        let of = hashed(address);
        if state.of == of { state } else { State { of, ..State::default() } }
    }

    /// The address to ask, if it is not the configured one.
    pub(super) fn address(&self, now: Time) -> Option<&str> {
        let (since, most) = match self.since {
            Some(since) => (since, SEARCH),
            None => (self.good?, BELIEVED),
        };
        self.found.as_deref().filter(|_| now.since(since) <= most)
    }

    /// The headers that ask only for what is new, for the address that gave them.
    pub(super) fn validators(&self, now: Time) -> impl Iterator<Item = (&'static str, &str)> {
        // those of a found address mean nothing to the configured one
        let own = self.found.is_none() || self.address(now).is_some();
        let all = [("if-none-match", &self.etag), ("if-modified-since", &self.last_modified)];
        all.into_iter().filter(move |_| own).filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Whether the answer came from the found address.
    pub(super) fn is_found(&self, answer: &Answer) -> bool {
        self.found.as_deref() == Some(answer.request.url.as_str())
    }

    /// Whether the feed is being looked for, and this is the answer of an address that was tried.
    pub(super) fn is_trial(&self, answer: &Answer) -> bool {
        self.since.is_some() && self.is_found(answer)
    }

    /// Whether the usual addresses were tried a short time ago.
    pub(super) fn was_searched(&self, now: Time) -> bool {
        self.since.is_some_and(|since| now.since(since) <= SEARCHED)
    }

    /// Whether a feed was ever read here.
    pub(super) fn was_good(&self) -> bool {
        self.good.is_some()
    }

    /// Whether a feed that answered before may come back.
    pub(super) fn may_return(&self, now: Time) -> bool {
        self.good.is_some_and(|good| now.since(good) <= MISSED)
    }

    /// Whether this address was lost a short time ago.
    pub(super) fn is_lost(&self, address: &str, now: Time) -> bool {
        self.lost.as_ref().is_some_and(|(lost, at)| lost == address && now.since(*at) <= LOST)
    }

    /// After a whole answer.
    pub(super) fn read(&self, answer: &Answer, known: Known) -> State {
        let validator =
            |name: &str| answer.header(name).map(str::to_owned).filter(|value| value.len() < VALIDATOR);
        let Known { pause, skip, hub, topic } = known;
        State {
            of: self.of.clone(),
            etag: validator("etag"),
            last_modified: validator("last-modified"),
            pause: pause.map(|seconds| seconds.min(LONGEST)),
            skip,
            hub,
            topic,
            found: self.found.clone().filter(|_| self.is_found(answer)),
            good: Some(answer.seen.hour()),
            moving: self.moving.clone(),
            lost: self.lost.clone().filter(|(_, at)| answer.seen.since(*at) <= LOST),
            since: None,
            left: VecDeque::new(),
        }
    }

    /// After an answer that says "not modified".
    pub(super) fn unchanged(&self, answer: &Answer) -> State {
        let stale = self.good.is_none_or(|good| answer.seen.since(good) > GOOD);
        State { good: if stale { Some(answer.seen.hour()) } else { self.good }, ..self.clone() }
    }

    /// Remembers where every redirect was permanent: the second time in a row, the new address is asked at once.
    pub(super) fn moved(mut self, to: Option<&str>) -> State {
        match to {
            Some(to) if self.moving.as_deref() == Some(to) => {
                self.found = Some(to.to_owned());
                self.moving = None;
            }
            other => self.moving = other.map(str::to_owned),
        }
        self
    }

    /// The search for the feed, with these addresses to try in turn; `None` when there is none.
    pub(super) fn search(&self, candidates: Vec<String>, now: Time) -> Option<State> {
        let mut left = VecDeque::from(candidates);
        let found = left.pop_front()?;
        Some(State { since: Some(now), left, ..self.at(Some(found)) })
    }

    /// The next address to try; `None` when all were.
    pub(super) fn next(&self) -> Option<State> {
        let mut left = self.left.clone();
        let found = left.pop_front()?;
        Some(State { since: self.since, left, ..self.at(Some(found)) })
    }

    /// Back to the configured address, because nothing is at the found one any more.
    pub(super) fn back(&self, now: Time) -> Option<State> {
        let lost = self.found.clone()?;
        Some(State { lost: Some((lost, now)), ..self.at(None) })
    }

    /// The same at another address, where nothing of the old one counts.
    fn at(&self, found: Option<String>) -> State {
        State { of: self.of.clone(), found, good: self.good, lost: self.lost.clone(), ..State::default() }
    }
}

/// What a feed said of itself that is worth remembering.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) pause: Option<u64>,
    pub(super) skip: Skip,
    pub(super) hub: Option<String>,
    pub(super) topic: Option<String>,
}
