//! Searching posts through an account: newest first, page by page, down to what is known.
//!
//! The search gives a token for the next page, but does not promise to reach the end with it: where it gives none
//! although more is left, or no longer takes one, the walk goes on by time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::tree::{list, text, time};
use crate::network::{Missed, Page};
use crate::time::Time;

/// The method.
pub(super) const METHOD: &str = "app.bsky.feed.searchPosts";
/// Posts that one page holds at most.
const LIMIT: usize = 100;
/// 15 minutes asked again: the index learns of posts a little late.
const OVERLAP: i64 = 15 * 60_000;
/// Pages of one walk: ten thousand posts, after which a search is no longer a search.
const PAGES: u32 = 100;

/// Where searching stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    /// The newest post below which everything was read, by what was searched for; milliseconds.
    known: BTreeMap<String, i64>,
    /// Which search has its turn.
    turn: usize,
    /// The walk under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    walk: Option<Walk>,
    /// A stretch of the past that is walked, and nothing else; milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    past: Option<(i64, i64)>,
    /// Whether that is done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    over: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Walk {
    since: i64,
    /// Posts before this are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    /// The token of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// The oldest and newest post found.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<i64>,
    newest: i64,
    pages: u32,
}

/// One post of an answer: when the search says that it was written.
fn moment(post: &Value) -> Option<i64> {
    let written = time(post, "/record/createdAt").map(|at| at.0);
    let indexed = time(post, "/indexedAt").map(|at| at.0);
    written.into_iter().chain(indexed).min()
}

/// What a search was asked for.
struct Asked {
    until: Option<i64>,
    token: Option<String>,
}

/// Reads the address of a search; `None` when it is none.
fn asked(address: &str) -> Option<Asked> {
    let url = Url::parse(address).ok().filter(|url| url.path().ends_with(METHOD))?;
    let value =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    Some(Asked {
        until: value("until").and_then(|at| Time::parse(&at)).map(|at| at.0),
        token: value("cursor"),
    })
}

/// Whether an address searches.
pub(super) fn is_asked(address: &str) -> bool {
    asked(address).is_some()
}

impl Search {
    /// A walk over a stretch of the past.
    pub(super) fn past(from: Time, to: Time) -> Search {
        Search { past: Some((from.0, to.0)), ..Search::default() }
    }

    /// Whether only the past is walked.
    pub(super) fn is_past(&self) -> bool {
        self.past.is_some()
    }

    /// Whether everything asked for has been read, and nothing more is wanted.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The address to ask next at `service`.
    pub(super) fn address(
        &self,
        service: &str,
        queries: &[String],
        now: Time,
        look_back: i64,
    ) -> Option<String> {
        let words = queries.get(self.turn).or(queries.first())?;
        let walk = self.walk(words, now, look_back);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", words).append_pair("sort", "latest").append_pair("limit", &LIMIT.to_string());
        query.append_pair("since", &Time(walk.since).to_string());
        if let Some(until) = walk.until {
            query.append_pair("until", &Time(until).to_string());
        }
        if let Some(token) = &walk.token {
            query.append_pair("cursor", token);
        }
        Some(format!("{service}/xrpc/{METHOD}?{}", query.finish()))
    }

    fn walk(&self, words: &str, now: Time, look_back: i64) -> Walk {
        self.walk.clone().unwrap_or_else(|| match self.past {
            // the end is not in what is asked for
            Some((from, to)) => Walk { since: from, until: Some(to.saturating_add(1)), ..Walk::default() },
            None => {
                let known = self.known.get(words).map(|known| known.min(&now.0).saturating_sub(OVERLAP));
                Walk { since: known.unwrap_or_else(|| now.0.saturating_sub(look_back)), ..Walk::default() }
            }
        })
    }

    /// Moves on by the answer to what `address` asked.
    pub(super) fn step(
        &mut self,
        address: &str,
        answer: &Value,
        queries: &[String],
        seen: Time,
        look_back: i64,
        page: &mut Page,
    ) {
        let (Some(asked), Some(words)) = (asked(address), queries.get(self.turn).or(queries.first())) else {
            return;
        };
        let mut walk = self.walk(words, seen, look_back);
        let moments: Vec<i64> = list(answer, "/posts").iter().filter_map(moment).collect();
        let hits = list(answer, "/posts").len();
        let oldest = moments.iter().min().copied();
        walk.newest = walk.newest.max(moments.iter().max().copied().unwrap_or(0).min(seen.0));
        walk.oldest = walk.oldest.into_iter().chain(oldest).min();
        walk.pages = walk.pages.saturating_add(1);
        let token = text(answer, "/cursor").filter(|token| asked.token.as_deref() != Some(token));
        let reached = oldest.is_some_and(|oldest| oldest <= walk.since);
        let stopped = walk.pages >= PAGES;
        let more = match token {
            _ if reached || stopped => false,
            Some(token) => {
                walk.token = Some(token.to_owned());
                true
            }
            // full, but without a token that leads on: on by time
            None => (hits >= LIMIT || asked.token.is_some()) && walk.by_time(asked.until),
        };
        if !more && (stopped || (!reached && hits >= LIMIT)) {
            let from = Time(walk.since);
            page.missed = walk.oldest.map(|to| Missed {
                from,
                to: Time(to),
                reason: "the search found more than it gives".to_owned(),
            });
        }
        if more {
            self.walk = Some(walk)
        } else {
            self.finish(words.clone(), walk.newest, queries)
        }
        page.more = more || (self.turn > 0 && !self.over);
    }

    /// Goes on without the token, which the server no longer takes; `false` when there was none.
    pub(super) fn forget_token(&mut self) -> bool {
        let Some(walk) = &mut self.walk else { return false };
        let until = walk.until;
        walk.token.take().is_some() && (walk.by_time(until) || walk.until.is_none())
    }

    fn finish(&mut self, words: String, newest: i64, queries: &[String]) {
        if newest > 0 && self.past.is_none() {
            let known = self.known.entry(words).or_default();
            *known = newest.max(*known);
        }
        self.known.retain(|known, _| queries.contains(known));
        self.walk = None;
        self.turn = self.turn.saturating_add(1);
        if self.turn >= queries.len() {
            self.turn = 0;
            self.over = self.past.is_some();
        }
    }
}

impl Walk {
    /// Goes on from the oldest post found; `false` when that leads nowhere.
    fn by_time(&mut self, before: Option<i64>) -> bool {
        self.token = None;
        let Some(oldest) = self.oldest else { return false };
        // those of the same moment come again
        let next = oldest.saturating_add(1);
        let leads_on = before.is_none_or(|before| next < before);
        self.until = Some(if leads_on { next } else { oldest });
        (leads_on || before.is_some_and(|before| oldest < before)) && oldest > self.since
    }
}
