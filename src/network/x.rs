//! X: recent search by the words of brands, the filtered stream, look-ups of posts and accounts.
//!
//! A round asks each query for everything since two minutes before the last answer and pages back until it
//! is all there. With `stream = true` the rules of the filtered stream are set first, the search catches up,
//! and then posts come as they are written; after every break the search catches up again, leaving out what
//! the stream brought itself. Every post and account costs money: see [`Network::cost`].

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use url::Url;

use self::ask::{Asked, BATCH, Door, Prices};
use self::rules::Phase;
use self::section::{Names, Section};
use self::walk::State;
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Export, Gate, Lines, Method, Network, Offer, Page,
    ReadError, Request, Secret, Spec, Told as Learnt, Trouble, Unit, json,
};
use crate::post::NetworkName;
use crate::time::{Time, parse_duration};

mod answer;
mod ask;
mod entity;
mod id;
mod old;
mod post;
mod problem;
mod rules;
mod search;
mod section;
mod user;
mod walk;
mod words;

const NAME: NetworkName = NetworkName::known("x");
/// The budget of a day when the source names none: two dollars, so that a mistake in the words costs a coffee.
const DAILY: u64 = 2_000_000;
/// A signal comes every 20 seconds; half as long again is silence.
const SILENCE: Duration = Duration::from_secs(30);
/// Posts that the search gives at once, least and most.
const PAGE: std::ops::RangeInclusive<u64> = 10..=100;

pub(super) const SPEC: Spec = Spec {
    name: "x",
    aliases: &["twitter"],
    about: "public posts of X that hold the words of brands, by recent search or filtered stream",
    keys: &[
        "base_url",
        "words",
        "queries",
        "also",
        "look_back",
        "every",
        "page",
        "at_most",
        "context",
        "stream",
        "tag",
        "names",
        "query_length",
        "rule_length",
        "post_price",
        "user_price",
        "count_price",
    ],
    secrets: &[
        Secret {
            key: "token",
            needed: true,
            about: "the bearer token of an app in the developer console of X, with prepaid credits",
        },
        Secret {
            key: "user_token",
            needed: false,
            about: "the token of a user (OAuth 2.0, users.read and tweet.read), for the search of accounts only",
        },
    ],
    offer: Offer {
        gate: Gate::Paid,
        can: &[Can::Search, Can::Stream, Can::Counts, Can::Snapshot, Can::UserSearch, Can::Backfill],
        look_back: "seven days",
        deletes: Learnt::Reread,
        edits: Learnt::Reread,
        reread_batch: BATCH,
        absent: Absent::Unknown,
        unit: Unit::MicroDollars,
        daily: Some(DAILY),
        cost: "prepaid: 0.005 dollars a post, 0.010 an account, 0.005 a count; 450 searches in 15 minutes (prices of August 2026)",
        keep_days: Some(30),
        reread_hours: Some(24),
        export: Export::Links,
        instead: "without credits, import an archive of posts, or follow the same accounts where they are open",
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(X::build(super::section(section)?)?)),
};

/// A query, and its short name in the cursor.
#[derive(Debug)]
struct Query {
    key: String,
    text: String,
}

/// X as a source.
#[derive(Debug)]
struct X {
    door: Door,
    queries: Vec<Query>,
    /// The rules of the stream; none without one.
    rules: Vec<String>,
    /// The rules in short.
    wanted: String,
    tag: String,
    names: Names,
    /// Milliseconds that the first round goes back.
    look_back: i64,
    every: Duration,
    at_most: Option<i64>,
}

/// A short name for texts.
fn short<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text);
        hasher.update([0]);
    }
    hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

impl X {
    fn build(section: Section) -> Result<X, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let base = Url::parse(&section.base_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                fault("base_url", format!("`{}` is not an address like https://server", section.base_url))
            })?;
        let duration = |key: &str, text: &str, longest: Duration| {
            let read = parse_duration(text).filter(|read| !read.is_zero() && *read <= longest);
            let days = longest.as_secs() / 86_400;
            read.ok_or_else(|| fault(key, format!("`{text}` is not a time like 2m or 1d, up to {days} days")))
        };
        let week = Duration::from_hours(7 * 24);
        let look_back = duration("look_back", &section.look_back, week)?;
        let every = duration("every", &section.every, week)?;
        if !PAGE.contains(&section.page) {
            let reason =
                format!("{} is not a number of posts from {} to {}", section.page, PAGE.start(), PAGE.end());
            return Err(fault("page", reason));
        }
        if section.at_most.is_some_and(|most| most < 0) {
            return Err(fault("at_most", "a number of posts is not negative".to_owned()));
        }
        if section.tag.trim().is_empty() {
            return Err(fault("tag", "an empty tag cannot tell our rules from those of others".to_owned()));
        }
        let packed = |words: &[String], also: &str, limit: usize| {
            words::pack(words, also, limit).map_err(|word| {
                fault("words", format!("`{word}` says nothing, or does not fit into {limit} characters"))
            })
        };
        let mut texts = packed(&section.words, &section.also, section.query_length)?;
        let mut rules = Vec::new();
        if section.stream {
            // reposts say nothing new; the search leaves them out by itself
            let also = if section.also.contains("is:retweet") {
                section.also.clone()
            } else {
                format!("{} -is:retweet", section.also.trim())
            };
            rules = packed(&words::both_spellings(&section.words), &also, section.rule_length)?;
        }
        for query in &section.queries {
            let query = query.trim();
            if query.is_empty() || query.chars().count() > section.query_length {
                let reason =
                    format!("`{query:.40}` is empty or longer than {} characters", section.query_length);
                return Err(fault("queries", reason));
            }
            texts.push(query.to_owned());
            if section.stream {
                rules.push(query.to_owned());
            }
        }
        let mut queries: Vec<Query> = Vec::new();
        for text in texts {
            let key = short([text.as_str()]);
            if !queries.iter().any(|query| query.key == key) {
                queries.push(Query { key, text });
            }
        }
        let prices =
            Prices { post: section.post_price, user: section.user_price, count: section.count_price };
        let door = Door {
            base,
            token: section.token,
            user_token: section.user_token,
            page: section.page,
            context: section.context,
            prices,
        };
        Ok(X {
            door,
            queries,
            wanted: short(rules.iter().map(String::as_str).chain([section.tag.as_str()])),
            rules,
            tag: section.tag,
            names: section.names,
            look_back: i64::try_from(look_back.as_millis()).unwrap_or(i64::MAX),
            every,
            at_most: section.at_most,
        })
    }
}

impl Network for X {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        if self.queries.is_empty() || state.window.is_some_and(|window| window.done) {
            return Ask::Done;
        }
        let Some(stream) = self.stream(&state) else { return self.search(&state, now) };
        match &stream.phase {
            Phase::List => Ask::Fetch(self.door.rules()),
            Phase::Delete(ids) => Ask::Fetch(self.door.delete_rules(ids)),
            Phase::Add(places) => {
                let rules = places.iter().filter_map(|place| self.rules.get(*place)).map(String::as_str);
                Ask::Fetch(self.door.add_rules(&rules.collect::<Vec<_>>(), &self.tag))
            }
            Phase::Caught if stream.may_open(now) => {
                let names = self.names.flipped(state.flipped.stream);
                Ask::Lines(Lines { request: self.door.stream(names), silence: SILENCE })
            }
            Phase::Catch | Phase::Caught | Phase::Live => self.search(&state, now),
        }
    }

    fn idle(&self) -> Option<String> {
        let reason = "it has no words to look for: set `words` or `queries` under this source";
        self.queries.is_empty().then(|| reason.to_owned())
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let parsed = json::parse(&NAME, "posts", &answer.body);
        if answer.status >= 400 {
            return Err(self.refusal(answer, parsed.as_ref().ok(), cursor));
        }
        let value = parsed.map_err(|error| match answer.body.trim_ascii().first() {
            Some(b'<') => ReadError { trouble: Trouble::BlockPage, ..error },
            Some(_) | None => error,
        })?;
        let asked = ask::asked(&answer.request.url);
        if problem::is_refusal(&value) {
            return Err(self.refusal(answer, Some(&value), cursor));
        }
        let mut state: State = Cursor::state(cursor);
        let before = state.clone();
        let mut page = match &asked {
            Asked::Rules => Page::default(),
            Asked::Search { .. } | Asked::Counts { .. } if !answer::is_list(&value) => {
                return Err(ReadError::new(&NAME, "posts", "the answer has neither `data` nor `meta`"));
            }
            Asked::Search { .. } | Asked::Counts { .. } | Asked::Stream | Asked::Other => {
                answer::read(&value)?
            }
        };
        page.spent = Some(answer::spent(&value, self.door.prices));
        match &asked {
            Asked::Search { query, part } => {
                (page.missed, page.more) = self.searched(&value, answer, query, part, &mut state);
            }
            Asked::Counts { query, since } => {
                (page.missed, page.more) = self.counted(&value, answer, query, *since, &mut state);
            }
            Asked::Rules => {
                if let Some(mut stream) = self.stream(&state) {
                    match answer.request.method {
                        Method::Get => stream.listed(&value, &self.rules, &self.tag)?,
                        Method::Post | Method::Talk(_) => stream.mended(&value)?,
                    }
                    page.more = true;
                    state.stream = Some(stream);
                }
            }
            Asked::Stream => {
                let ids = page.posts.iter().filter_map(|post| id::number(&post.native_id));
                let ids: Vec<u64> = ids.collect();
                page.until = ids.iter().copied().max().and_then(id::moment);
                if let Some(mut stream) = self.stream(&state) {
                    stream.heard_posts(&ids);
                    state.stream = Some(stream);
                }
            }
            Asked::Other => {}
        }
        page.cursor = if state == before { None } else { Cursor::of(&state) };
        Ok(page)
    }

    fn pace(&self) -> Duration {
        // 450 searches in 15 minutes for the whole app; one in four seconds leaves half of them to others
        let queries = u64::try_from(self.queries.len()).unwrap_or(u64::MAX);
        self.every.max(Duration::from_secs(queries.saturating_mul(4)))
    }

    fn refused(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<ReadError> {
        let value = json::parse(&NAME, "posts", &answer.body).ok();
        Some(self.refusal(answer, value.as_ref(), cursor))
    }

    fn cost(&self, request: &Request) -> u64 {
        self.door.cost(request)
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        self.door.reread(native_ids, self.names)
    }

    fn account(&self, name: &str) -> Option<Request> {
        self.door.account(name)
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        self.door.find_accounts(words)
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        Cursor::of(&walk::look_back(from, to))
    }
}
