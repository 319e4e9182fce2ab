//! Where reading stands in each timeline of one server. It knows ids and dates, not posts.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::network::{Answer, Missed};
use crate::time::Time;

/// The most posts a Mastodon server gives at once.
const LIMIT: usize = 40;
/// A page shorter than this is the last one. Half of the limit: other software gives 20 at most, and
/// Mastodon takes hidden posts out of a page after counting them.
const SHORT: usize = LIMIT / 2;
/// How far back a round starts again: ids of remote posts are made from their date, and they arrive late.
const OVERLAP: i64 = 15 * 60 * 1000;
/// Pages of one timeline before the others get their turn: a server busier than its limits would starve them.
const TURN: u32 = 20;

/// The id and the date of a post in an answer.
pub(super) type Item = (String, Time);

/// The cursor of a Mastodon source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Walk {
    /// What was read, by the address of the timeline.
    timelines: BTreeMap<String, Seen>,
    /// The timeline whose turn it is; the first one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Pages read in this turn.
    pages: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Seen {
    /// Ids from the one to start again from to the greatest, one a minute, with their dates.
    marks: Vec<(String, i64)>,
    /// The address to go on with in the middle of a catch-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What one answer brought.
pub(super) struct Step {
    /// Whether there is more to ask right now.
    pub(super) more: bool,
    /// What the answer shows to be lost.
    pub(super) missed: Option<Missed>,
}

/// What says where in a timeline an address is.
const PLACES: [&str; 5] = ["limit", "min_id", "max_id", "since_id", "offset"];

/// The timeline that an address asks for, without its place in it.
pub(super) fn timeline_of(address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    let path = url.path();
    let account = path.contains("/api/v1/accounts/") && path.ends_with("/statuses");
    if !(path.contains("/api/v1/timelines/") || account || is_search(&url)) {
        return None;
    }
    let secret = |key: &str| key == "access_token";
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, value)| !PLACES.contains(&&**key) && !secret(key) && value != "false")
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Some(url.into())
}

/// Whether an address searches posts: the answer is the newest of what it finds, not the oldest unread.
fn is_search(url: &Url) -> bool {
    url.path().ends_with("/api/v2/search")
        && url.query_pairs().any(|(key, value)| key == "type" && value == "statuses")
}

fn with(address: &str, pairs: &[(&str, &str)]) -> String {
    Url::parse(address).map_or_else(
        |_| address.to_owned(),
        |mut url| {
            url.query_pairs_mut().extend_pairs(pairs);
            url.into()
        },
    )
}

fn value(address: &str, name: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, id)| id.into_owned())
}

fn min_id(address: &str) -> Option<String> {
    value(address, "min_id")
}

/// The address of newer posts that the answer names, if it stays in the timeline that was asked.
fn newer(answer: &Answer, timeline: &str) -> Option<String> {
    let asked = Url::parse(&answer.request.url).ok()?;
    let link = answer.header("link")?.split(',').find(|link| {
        link.split(';').skip(1).any(|rel| matches!(rel.trim(), "rel=\"prev\"" | "rel=prev" | "rel='prev'"))
    })?;
    let (_, rest) = link.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    let mut url = asked.join(address).ok()?;
    if url.host_str() != asked.host_str() {
        return None;
    }
    // behind a proxy some servers name themselves `http:` or forget their port
    url.set_scheme(asked.scheme()).ok()?;
    url.set_port(asked.port()).ok()?;
    (timeline_of(url.as_str()).as_deref() == Some(timeline)).then(|| url.into())
}

fn numeric(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn by_id(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

impl Walk {
    /// The timeline whose turn it is.
    pub(super) fn current<'a>(&self, timelines: &'a [String]) -> Option<&'a str> {
        timelines.iter().find(|one| self.at.as_ref() == Some(one)).or(timelines.first()).map(String::as_str)
    }

    /// The address to ask next.
    ///
    /// `start`: from which number on, when nothing is known. `end`: up to which, when a stretch of the past is walked.
    pub(super) fn address(
        &self,
        timelines: &[String],
        start: Option<&str>,
        end: Option<&str>,
    ) -> Option<String> {
        let current = self.current(timelines)?;
        let seen = self.timelines.get(current);
        if let Some(next) = seen.and_then(|seen| seen.next.clone()) {
            return Some(next);
        }
        let from = seen.and_then(|seen| seen.marks.first()).map(|(id, _)| id.as_str()).or(start);
        let limit = LIMIT.to_string();
        let mut pairs = vec![("limit", limit.as_str())];
        pairs.extend(from.map(|id| ("min_id", id)));
        let search = Url::parse(current).is_ok_and(|url| is_search(&url));
        pairs.extend(end.filter(|_| search).map(|id| ("max_id", id)));
        Some(with(current, &pairs))
    }

    /// Moves on by one answer of the timeline `asked`.
    ///
    /// `to`: where a walk over the past ends.
    pub(super) fn step(
        &mut self,
        timelines: &[String],
        asked: &str,
        answer: &Answer,
        items: &[Item],
        to: Option<Time>,
    ) -> Step {
        let mut missed = None;
        if !items.is_empty() {
            let seen = self.timelines.entry(asked.to_owned()).or_default();
            missed = seen.hole(answer, items);
            // a search comes newest first
            let past_end = |to| items.iter().all(|(_, at)| *at > to);
            let over = to.is_some_and(past_end) && !Url::parse(asked).is_ok_and(|url| is_search(&url));
            seen.next = if over { None } else { seen.next_address(asked, answer, items) };
            seen.remember(items, answer.seen);
        } else if let Some(seen) = self.timelines.get_mut(asked) {
            seen.next = None;
        }
        let Some(place) = timelines.iter().position(|one| one == asked) else {
            return Step { more: false, missed };
        };
        self.timelines.retain(|known, _| timelines.contains(known));
        let unfinished = |one: &String| self.timelines.get(one).is_some_and(|seen| seen.next.is_some());
        let mut more = true;
        if timelines.get(place).is_some_and(unfinished) && self.pages.saturating_add(1) < TURN {
            self.at = Some(asked.to_owned());
            self.pages = self.pages.saturating_add(1);
        } else {
            let next = timelines.get(place.saturating_add(1));
            more = next.is_some() || timelines.iter().any(unfinished);
            self.at = next.cloned();
            self.pages = 0;
        }
        Step { more, missed }
    }
}

impl Walk {
    /// Takes in a post that a stream brought: once everything before it is read, the next round starts there.
    pub(super) fn heard(&mut self, timeline: &str, item: &Item, seen: Time) {
        if let Some(known) = self.timelines.get_mut(timeline)
            && known.next.is_none()
        {
            known.remember(std::slice::from_ref(item), seen);
        }
    }

    /// Goes on with a timeline at another address, where the server has changed who sees what.
    pub(super) fn rename(&mut self, old: &str, new: &str) {
        if let Some(seen) = self.timelines.remove(old) {
            self.timelines.insert(new.to_owned(), Seen { next: None, ..seen });
        }
    }
}

impl Seen {
    /// Where to go on after this page, unless it is the last one.
    fn next_address(&self, asked: &str, answer: &Answer, items: &[Item]) -> Option<String> {
        let after = min_id(&answer.request.url)?;
        if items.len() < SHORT {
            return None;
        }
        if Url::parse(asked).is_ok_and(|url| is_search(&url)) {
            // from the newest back to what is known
            let oldest = &items.last()?.0;
            let stands_still = value(&answer.request.url, "max_id").as_ref() == Some(oldest);
            let pairs = [("limit", &*LIMIT.to_string()), ("min_id", &*after), ("max_id", oldest)];
            return (!stands_still).then(|| with(asked, &pairs));
        }
        let next = newer(answer, asked).or_else(|| {
            // pages are newest first; where ids can be compared, nobody's order need be trusted
            let greatest = if items.iter().all(|(id, _)| numeric(id)) {
                items.iter().max_by(|a, b| by_id(&a.0, &b.0))
            } else {
                items.first()
            };
            let id = greatest?.0.as_str();
            Some(with(asked, &[("limit", &LIMIT.to_string()), ("min_id", id)]))
        })?;
        // a server that does not know `min_id` gives its newest page for ever
        let reached = min_id(&next)?;
        let stands_still =
            reached == after || (numeric(&reached) && numeric(&after) && by_id(&reached, &after).is_lt());
        (!stands_still).then_some(next)
    }

    /// A full page that starts above everything known, although it was asked to start below: the
    /// server gave its newest posts, and those between are lost.
    fn hole(&self, answer: &Answer, items: &[Item]) -> Option<Missed> {
        let after = min_id(&answer.request.url)?;
        let (newest, at) = self.marks.last()?;
        let lowest = items.iter().min_by(|a, b| by_id(&a.0, &b.0))?;
        let comparable = items.iter().map(|(id, _)| id).chain([newest, &after]).all(|id| numeric(id));
        let search = Url::parse(&answer.request.url).is_ok_and(|url| is_search(&url));
        let skipped = comparable
            && !search
            && items.len() >= LIMIT
            && by_id(&after, newest).is_lt()
            && by_id(&lowest.0, newest).is_gt()
            && lowest.1.0 > *at;
        skipped.then(|| Missed {
            from: Time(*at),
            to: lowest.1,
            reason: "the server gave its newest posts instead of the oldest unread ones".to_owned(),
        })
    }

    /// Keeps what the next round needs to start again about 15 minutes earlier.
    fn remember(&mut self, items: &[Item], seen: Time) {
        let newest = items.iter().map(|(_, at)| at.0).max().unwrap_or_default();
        let now = if seen == Time::default() { newest } else { seen.0 };
        self.marks.retain(|(id, _)| items.iter().all(|(one, _)| one != id));
        // a post dated in the future must not hold the start of the round in place
        self.marks.extend(items.iter().rev().map(|(id, at)| (id.clone(), at.0.min(now))));
        if self.marks.iter().all(|(id, _)| numeric(id)) {
            self.marks.sort_by(|a, b| by_id(&a.0, &b.0));
        } else {
            self.marks.sort_by_key(|(_, at)| *at);
        }
        let recent = now.saturating_sub(OVERLAP);
        let first = self.marks.iter().position(|(_, at)| *at > recent).unwrap_or(self.marks.len());
        self.marks.drain(..first.saturating_sub(1));
        let last = self.marks.last().cloned();
        let mut minute = None;
        let mut start = true;
        self.marks.retain(|(_, at)| {
            let this = Some(at.div_euclid(60_000));
            let keep = start || minute != this;
            if !start {
                minute = this;
            }
            start = false;
            keep
        });
        if self.marks.last() != last.as_ref() {
            self.marks.extend(last);
        }
    }
}
