//! Mastodon and servers with its API: hashtag and public timelines, posts of accounts and searches, caught up by
//! `min_id`; with a user's token also streamed.
//!
//! The server is asked first what it lets be seen. One source walks its timelines in turn. A round starts about
//! 15 minutes before the last read, since posts of other servers arrive late, and goes on page by page until a
//! timeline has no more. A stream has no memory: with each new connection the same round is asked beside it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use self::access::Access;
use self::feed::{Feed, Plan};
use self::section::Section;
use self::status::Server;
use self::walk::{Step, Walk};
use super::{
    Absent, Answer, Ask, Can, Cursor, Dates, Key, Listen, Missed, Network, Offer, Page, ReadError, Request,
    Secret, Spec, Told, Trouble,
};
use crate::post::NetworkName;
use crate::time::Time;

mod access;
mod answer;
mod feed;
mod refusal;
mod section;
mod status;
mod walk;

const NAME: NetworkName = NetworkName::known("mastodon");
/// Posts that one request may ask for again: servers refuse more.
const AGAIN: usize = 20;
/// 90 s: servers ping every 30 s, so that a stream is silent only when it is dead.
const SILENCE: Duration = Duration::from_secs(90);
/// Where streams are.
const STREAMING: &str = "/api/v1/streaming";
/// Bits below the milliseconds in the numbers that Mastodon gives to posts.
const BITS: u32 = 16;

pub(super) const SPEC: Spec = Spec {
    name: "mastodon",
    aliases: &[],
    about: "public posts that a Mastodon server knows, by hashtag or all of them, asked every minute; with a token also streamed and searched",
    keys: &[
        "base_url",
        "tags",
        "timeline",
        "accounts",
        "search",
        "min_id",
        "unlisted",
        "noindex",
        "streaming",
    ],
    secrets: &[Secret {
        key: "token",
        needed: false,
        about: "an access token of an account on the server (Preferences, Development, New application; read is enough): for streams, for searches and for servers that show nothing to strangers",
    }],
    offer: Offer {
        can: &[
            Can::Search,
            Can::Tags,
            Can::Stream,
            Can::AccountPosts,
            Can::Snapshot,
            Can::UserSearch,
            Can::Backfill,
        ],
        look_back: "all that the server knows of a hashtag or account; it learns of others' posts only as they arrive",
        deletes: Told::Stream,
        edits: Told::Stream,
        reread_batch: AGAIN,
        absent: Absent::Gone,
        cost: "free: 300 requests in 5 minutes and address, 300 pages in 15 minutes (documentation of 2026)",
        instead: "a server that shows nothing to strangers needs the token of an account on it, or another `base_url`",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(super::section::<Section>(section)?.build()?)),
};

/// A Mastodon server as a source.
#[derive(Debug)]
struct Mastodon {
    base: Url,
    /// What to follow, tags first: the public timeline may take long.
    feeds: Vec<Feed>,
    /// Where the very first round starts, instead of at the newest page.
    min_id: Option<String>,
    /// Whether posts count that are for everybody, but kept out of public timelines.
    unlisted: bool,
    /// Whether posts count of authors who asked to be left out of what is collected.
    noindex: bool,
    streaming: bool,
    token: Option<Key>,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    #[serde(flatten)]
    walk: Walk,
    /// What the server lets be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<Access>,
    /// The numbers of accounts by their names; empty where the server knows none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    numbers: BTreeMap<String, String>,
    /// A walk over a stretch of the past, and nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    past: Option<Past>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Past {
    /// From and to when, in milliseconds.
    from: i64,
    to: i64,
    /// Whether it is over.
    over: bool,
}

impl Mastodon {
    /// A request with the token, if there is one.
    fn request(&self, address: impl Into<String>) -> Request {
        let request = Request::get(address).header("accept", "application/json");
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.reveal().trim())),
            None => request,
        }
    }

    fn about(&self) -> String {
        feed::address(&self.base, &["v2", "instance"], &[])
    }

    fn lookup(&self, name: &str) -> String {
        feed::address(&self.base, &["v1", "accounts", "lookup"], &[("acct", name)])
    }

    /// The account that an address looks up.
    fn looked_up(&self, address: &str) -> Option<String> {
        let url = Url::parse(address).ok()?;
        let name = url.query_pairs().find(|(key, _)| key == "acct")?.1.into_owned();
        (self.lookup(&name) == address).then_some(name)
    }

    fn plan(&self, state: &State) -> Plan {
        let usual = Access::default();
        let access = state.access.as_ref().unwrap_or(&usual);
        let number = |name: &str| state.numbers.get(name).map(String::as_str);
        Plan::of(&self.base, &self.feeds, access, self.token.is_some(), number)
    }

    /// The server that an answer comes from.
    fn server(&self, answer: &Answer, state: &State) -> Server<'_> {
        let url = Url::parse(answer.url()).ok();
        let host = status::domain(&self.base);
        // streams may come from another machine than the posts they bring
        let streamed = url.as_ref().is_some_and(|url| url.path().contains("/streaming"));
        let asked = url.filter(|_| !streamed).as_ref().and_then(status::domain);
        let ours = asked.as_ref().or(host.as_ref()) == host.as_ref();
        let named = state.access.as_ref().and_then(|access| access.domain.clone()).filter(|_| ours);
        let bare = answer.request.url.is_empty();
        Server {
            base: &self.base,
            domain: named.or_else(|| asked.clone()),
            host: asked.or_else(|| host.filter(|_| !bare)),
            unlisted: self.unlisted,
        }
    }

    /// Whether the stream is listened to.
    fn listens(&self, state: &State, plan: &Plan) -> bool {
        self.token.is_some()
            && self.streaming
            && state.past.is_none()
            && plan.open.iter().any(|open| open.feed.is_streamed())
    }

    fn listen(&self, access: &Access, plan: &Plan) -> Listen {
        let own = || {
            let mut url = self.base.clone();
            url.set_path("");
            url.as_str().trim_end_matches('/').replacen("http", "ws", 1)
        };
        let mut host = access.streaming.clone().unwrap_or_else(own);
        if self.base.scheme() == "https" && host.starts_with("ws://") {
            host = host.replacen("ws", "wss", 1); // the token goes nowhere unprotected
        }
        let host = host.trim_end_matches(STREAMING).to_owned();
        Listen {
            hosts: vec![host],
            path: plan
                .open
                .iter()
                .find_map(feed::Open::query)
                .map_or_else(|| STREAMING.to_owned(), |query| format!("{STREAMING}?{query}")),
            headers: self.request("").headers,
            hello: plan.open.iter().filter_map(feed::Open::subscription).collect(),
            silence: SILENCE,
        }
    }

    /// What a timeline is asked for next.
    fn next(&self, state: &State, plan: &Plan) -> Option<Request> {
        let bounds =
            state.past.as_ref().map(|past| (numbered(past.from), numbered(past.to.saturating_add(1))));
        let start = bounds.as_ref().map(|(from, _)| from).or(self.min_id.as_ref());
        let end = bounds.as_ref().map(|(_, to)| to.as_str());
        let address = state.walk.address(&plan.addresses(), start.map(String::as_str), end)?;
        Some(self.request(address))
    }

    /// A page that says what the server lets be seen, unless that is nothing of what is wanted.
    fn opened(&self, mut state: State, access: Option<Access>, seen: Time) -> Result<Page, ReadError> {
        let before = self.plan(&state);
        state.access = Some(access.unwrap_or(Access::unknown(seen)));
        state.numbers.retain(|_, number| !number.is_empty()); // who was not known may be by now
        let plan = self.plan(&state);
        for old in &before.open {
            let new = plan.open.iter().find(|new| new.feed == old.feed);
            if let (Some(old), Some(new)) = (&old.address, new.and_then(|new| new.address.as_ref()))
                && old != new
            {
                state.walk.rename(old, new);
            }
        }
        let closed = plan.closed.join("; ");
        if plan.open.is_empty() && !closed.is_empty() {
            let detail = format!("{closed}; or choose another `base_url`");
            return Err(ReadError::refusal(&NAME, Trouble::NotApproved, detail));
        }
        Ok(Page { missed: told(&closed, seen), cursor: Cursor::of(&state), more: true, ..Page::default() })
    }

    /// A page that says that the server knows no such account, or no more.
    fn unknown(&self, mut state: State, name: &str, seen: Time) -> Page {
        state.numbers.insert(name.to_owned(), String::new());
        let missed = told(&format!("the server knows no account called {name}"), seen);
        Page { missed, cursor: Cursor::of(&state), more: true, ..Page::default() }
    }
}

/// What cannot be heard, said as something missed.
fn told(reason: &str, seen: Time) -> Option<Missed> {
    (!reason.is_empty()).then(|| Missed { from: seen, to: seen, reason: reason.to_owned() })
}

/// The number before all that Mastodon gives to posts of this moment.
fn numbered(millis: i64) -> String {
    (i128::from(millis.max(0)) << BITS).saturating_sub(1).max(0).to_string()
}

/// The number that stands in the global id of a post of the server's own people.
fn own_number(id: &str, host: &str) -> Option<String> {
    let url = Url::parse(id).ok().filter(|url| status::domain(url).as_deref() == Some(host))?;
    let (before, number) = url.path().rsplit_once('/')?;
    let own = before.ends_with("/statuses") && number.bytes().all(|byte| byte.is_ascii_digit());
    (own && !number.is_empty()).then(|| number.to_owned())
}

impl Network for Mastodon {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        if self.feeds.is_empty() || state.past.as_ref().is_some_and(|past| past.over) {
            return Ask::Done;
        }
        let Some(access) = state.access.as_ref().filter(|access| access.is_fresh(now)) else {
            // strangers are told as well, and a token that is no longer good would only be refused
            return Ask::Fetch(Request::get(self.about()).header("accept", "application/json"));
        };
        let plan = self.plan(&state);
        if let Some(name) = plan.nameless() {
            return Ask::Fetch(self.request(self.lookup(name)));
        }
        if self.listens(&state, &plan) {
            return Ask::Listen(self.listen(access, &plan));
        }
        self.next(&state, &plan).map_or(Ask::Done, Ask::Fetch)
    }

    fn catch_up(&self, cursor: Option<&Cursor>, _now: Time) -> Option<Request> {
        let state: State = Cursor::state(cursor);
        let plan = self.plan(&state);
        if self.listens(&state, &plan) { self.next(&state, &plan) } else { None }
    }

    fn asks_beside(&self) -> bool {
        self.feeds.iter().any(|feed| !feed.is_streamed())
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        if let Some(error) = refusal::of(answer, self.token.is_some()) {
            return Err(error);
        }
        let mut state: State = Cursor::state(cursor);
        let before = state.clone();
        let url = &answer.request.url;
        let server = self.server(answer, &state);
        let asked = walk::timeline_of(url);
        let found = answer::read(answer, &server, asked.is_some());
        if *url == self.about() && !answer.body.trim_ascii().is_empty() {
            // a server that does not tell is tried
            return self.opened(state, found.ok().and_then(|found| found.access), answer.seen);
        }
        let mut found = found?;
        let (items, number) = (found.items.take(), found.number.take());
        let (streams, heard) = (found.streams.take(), found.heard.take());
        let plan = self.plan(&state);
        let addresses = plan.addresses();
        let followed = asked.as_ref().is_some_and(|asked| addresses.contains(asked)) || streams.is_some();
        let mut page = found.into_page(server.host.as_deref(), followed && !self.noindex);
        if let (Some(name), Some(number)) = (self.looked_up(url), number) {
            state.numbers.insert(name, number);
            page.more = true;
        }
        if let (Some(streams), Some(item)) = (&streams, &heard) {
            for address in plan.streamed(streams) {
                state.walk.heard(&address, item, answer.seen);
            }
        }
        page.until = streams.map(|_| answer.seen);
        let asked = match asked {
            // a bare list, read from a file: taken for an answer to what would be asked next
            None if url.is_empty() && items.is_some() => Some(state.walk.current(&addresses).map_or_else(
                || feed::address(&self.base, &["v1", "timelines", "public"], &[]),
                str::to_owned,
            )),
            asked => asked,
        };
        if let (Some(asked), Some(items)) = (asked, items) {
            let to = state.past.as_ref().map(|past| Time(past.to));
            let Step { more, missed } = state.walk.step(&addresses, &asked, answer, &items, to);
            (page.more, page.missed) = (more, missed);
            if let Some(past) = &mut state.past {
                past.over = !more;
                let (from, to) = (Time(past.from), Time(past.to));
                page.posts.retain(|post| post.published.is_none_or(|at| (from..=to).contains(&at)));
            }
        }
        page.cursor = if state == before { None } else { Cursor::of(&state) };
        Ok(page)
    }

    fn pace(&self) -> Duration {
        // servers allow 300 paging requests in 15 minutes; one per feed and 30 s leaves room for others
        let feeds = u64::try_from(self.feeds.len()).unwrap_or(u64::MAX);
        Duration::from_secs(feeds.saturating_mul(30).max(60))
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        // a status that says no more than itself is left to those who count how often it comes
        refusal::of(answer, self.token.is_some()).filter(|error| error.trouble != Trouble::Unread)
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        let state: State = Cursor::state(cursor);
        let url = &answer.request.url;
        if *url == self.about() && !matches!(answer.status, 429 | 503) {
            // not every server has this document: it is tried what it lets be seen
            return self.opened(state, None, answer.seen).ok();
        }
        if !matches!(answer.status, 404 | 410) {
            return None;
        }
        let asked = walk::timeline_of(url);
        let plan = self.plan(&state);
        let open = plan.open.iter().find(|open| asked.is_some() && open.address == asked);
        let name = match open.map(|open| &open.feed) {
            Some(Feed::Account(name)) => Some(name.clone()),
            _ => self.looked_up(url).filter(|name| self.feeds.contains(&Feed::Account(name.clone()))),
        };
        name.map(|name| self.unknown(state, &name, answer.seen))
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        let host = status::domain(&self.base)?;
        let number = |id: &String| match id.strip_prefix(&format!("{host}/")) {
            Some(number) => Some(number.to_owned()),
            None => own_number(id, &host),
        };
        let ids = native_ids.iter().map(number).collect::<Option<Vec<String>>>()?;
        let pairs: Vec<(&str, &str)> = ids.iter().map(|id| ("id[]", id.as_str())).collect();
        (!pairs.is_empty()).then(|| self.request(feed::address(&self.base, &["v1", "statuses"], &pairs)))
    }

    fn account(&self, name: &str) -> Option<Request> {
        let name = name.trim().trim_start_matches('@');
        (!name.is_empty()).then(|| self.request(self.lookup(name)))
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        let pairs = [("q", words.trim()), ("type", "accounts"), ("limit", "40")];
        (!words.trim().is_empty()).then(|| self.request(feed::address(&self.base, &["v2", "search"], &pairs)))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        let state = State { past: Some(Past { from: from.0, to: to.0, over: false }), ..State::default() };
        (!self.feeds.is_empty() && from <= to).then(|| Cursor::of(&state)).flatten()
    }
}
