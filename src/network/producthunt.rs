//! Product Hunt: every launch of the last hours, or of some topics, with its comments; there is no search by
//! words, so all of them are read and matched here.
//!
//! Commercial use needs the written permission of Product Hunt: nothing is asked before `permission = true`
//! says that the owner of this source holds it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Export, Gate, Key, Missed, Network, Offer, Page,
    ReadError, Request, Secret, Spec, Told, Trouble, json,
};
use crate::post::NetworkName;
use crate::time::{HOUR, Time, parse_duration};

mod item;
mod query;

const NAME: NetworkName = NetworkName::known("producthunt");
/// How far back a round starts again: launches are written before the day on which they show.
const OVERLAP: i64 = 6 * HOUR;
/// Pages of one round: a day has some hundred launches, a look back of a month some ten thousand.
const PAGES: u16 = 500;
/// Posts that one request asks for again: each is a query of its own inside.
const BATCH: usize = 10;
/// What must be left of a quarter of an hour's points to go on, in percent.
const SPARE: i64 = 15;

pub(super) const SPEC: Spec = Spec {
    name: "producthunt",
    aliases: &[],
    about: "launches on Product Hunt and their comments, all of them or some topics, asked every hour",
    keys: &["base_url", "permission", "topics", "comments", "look_back", "every"],
    secrets: &[Secret {
        key: "token",
        needed: true,
        about: "a developer token of Product Hunt (API dashboard); commercial use needs its written permission",
    }],
    offer: Offer {
        gate: Gate::Review,
        can: &[Can::Tags, Can::Comments, Can::Snapshot, Can::Backfill],
        look_back: "all launches, by date",
        deletes: Told::Reread,
        edits: Told::Reread,
        reread_batch: BATCH,
        absent: Absent::Unknown,
        cost: "free: 6,250 points of complexity in 15 minutes (documentation of 2026)",
        keep_days: Some(90),
        reread_hours: Some(168),
        export: Export::Links,
        instead: "without the permission, follow the feeds of the makers themselves",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(ProductHunt::build(super::section(section)?)?)),
};

/// What the section of a Product Hunt source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default)]
    permission: bool,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    comments: bool,
    #[serde(default = "default_look_back")]
    look_back: String,
    #[serde(default = "default_every")]
    every: String,
    token: Option<Key>,
}

fn default_base() -> String {
    "https://api.producthunt.com/v2/api/graphql".to_owned()
}

fn default_look_back() -> String {
    "1d".to_owned()
}

fn default_every() -> String {
    "1h".to_owned()
}

/// Product Hunt as a source.
#[derive(Debug)]
struct ProductHunt {
    base: Url,
    permission: bool,
    /// Topics followed; one empty name for all launches.
    topics: Vec<String>,
    comments: bool,
    look_back: i64,
    every: Duration,
    token: Option<Key>,
}

/// The cursor. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// What was read, by topic.
    topics: BTreeMap<String, Seen>,
    /// The topic whose turn it is; the first one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The only time to read, for a look back.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<(i64, i64)>,
    /// Whether it has been read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Seen {
    /// The newest launch below which everything was read; 0 before the first.
    newest: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// A walk from the newest launch back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Run {
    from: i64,
    /// The page to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    newest: i64,
    oldest: i64,
    pages: u16,
}

impl ProductHunt {
    fn build(section: Section) -> Result<ProductHunt, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let base = Url::parse(&section.base_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                fault("base_url", format!("`{}` is not an address like https://server", section.base_url))
            })?;
        let duration = |key: &str, text: &str| {
            let read = parse_duration(text).filter(|read| !read.is_zero());
            read.ok_or_else(|| fault(key, format!("`{text}` is not a length of time like 1h or 7d")))
        };
        let look_back = duration("look_back", &section.look_back)?;
        let every = duration("every", &section.every)?;
        let mut topics = Vec::new();
        for topic in &section.topics {
            let name = topic.trim().to_lowercase();
            if name.is_empty() || name.contains(char::is_whitespace) {
                let reason = format!("`{topic}` is not the short name of a topic, like `developer-tools`");
                return Err(fault("topics", reason));
            }
            topics.push(name);
        }
        if topics.is_empty() {
            topics.push(String::new());
        }
        Ok(ProductHunt {
            base,
            permission: section.permission,
            topics,
            comments: section.comments,
            look_back: i64::try_from(look_back.as_millis()).unwrap_or(i64::MAX),
            every,
            token: section.token,
        })
    }

    fn request(&self, body: &Value) -> Request {
        query::request(&self.base, self.token.as_ref(), body)
    }

    fn current(&self, state: &State) -> Option<&String> {
        self.topics.iter().find(|topic| state.at.as_ref() == Some(topic)).or(self.topics.first())
    }

    /// The run to go on with, or to begin.
    fn run(&self, state: &State, topic: &str, now: Time) -> Run {
        let seen = state.topics.get(topic);
        let from = match (state.window, seen.map(|seen| seen.newest).filter(|newest| *newest > 0)) {
            (Some((from, _)), _) => from,
            (None, Some(newest)) => newest.min(now.0).saturating_sub(OVERLAP),
            (None, None) => now.0.saturating_sub(self.look_back),
        };
        seen.and_then(|seen| seen.run.clone()).unwrap_or(Run { from, ..Run::default() })
    }

    /// Moves on by one answer; tells what is lost and whether there is more to ask now.
    fn step(&self, state: &mut State, asked: &query::Asked, found: &item::Found) -> (Option<Missed>, bool) {
        let Some(topic) = self.topics.iter().find(|topic| **topic == asked.topic) else {
            return (None, false);
        };
        let mut run = self.run(state, topic, Time(asked.from));
        run.from = asked.from;
        run.pages = run.pages.saturating_add(1);
        run.newest = found.times.iter().copied().chain([run.newest]).max().unwrap_or_default();
        let oldest = found.times.iter().copied().min();
        run.oldest =
            if run.oldest == 0 { oldest.unwrap_or(0) } else { oldest.unwrap_or(run.oldest).min(run.oldest) };
        let seen = state.topics.entry(topic.clone()).or_default();
        let mut missed = None;
        if let Some(next) = &found.next {
            if asked.after.as_ref() != Some(next) && run.pages < PAGES {
                run.after = Some(next.clone());
                seen.run = Some(run);
                return (None, true);
            }
            missed = Some(Missed {
                from: Time(run.from),
                to: Time(run.oldest.max(run.from)),
                reason: "Product Hunt gives no more pages, although there are older launches".to_owned(),
            });
        }
        // where nothing was said, the next round starts where this one did
        let reached = if run.newest > 0 { run.newest } else { run.from.saturating_add(OVERLAP) };
        seen.newest = seen.newest.max(reached);
        seen.run = None;
        state.topics.retain(|known, _| self.topics.contains(known));
        let after = self.topics.iter().skip_while(|other| *other != topic).nth(1);
        state.at = after.cloned();
        state.done = state.window.is_some() && after.is_none();
        (missed, after.is_some())
    }

    fn refusal(&self, answer: &Answer, value: Option<&Value>, cursor: Option<&Cursor>) -> ReadError {
        let said = value.and_then(query::words).map(json::few_words);
        let lower = said.as_deref().unwrap_or_default().to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let trouble = match answer.status {
            401 => Trouble::Auth,
            403 => Trouble::NotApproved,
            429 => Trouble::Rate,
            404 => Trouble::NoServer,
            410 => Trouble::Gone,
            500.. => Trouble::Transient,
            _ if has(&["oauth", "token", "unauthorized"]) => Trouble::Auth,
            _ if has(&["rate limit", "rate_limit"]) => Trouble::Rate,
            _ if has(&["cursor"]) => Trouble::Transient,
            _ if value.is_none() && answer.body.trim_ascii().starts_with(b"<") => Trouble::BlockPage,
            400 | 422 => Trouble::BadQuery,
            _ if has(&["exist", "complexity", "argument", "field", "variable", "parse"]) => Trouble::BadQuery,
            _ => Trouble::Unread,
        };
        let detail = match &said {
            Some(words) if answer.status < 400 => format!("\"{words}\""),
            Some(words) => format!("status {}: \"{words}\"", answer.status),
            None => format!("status {}", answer.status),
        };
        let until = (trouble == Trouble::Rate).then(|| query::renewed(answer, value)).flatten();
        let error = ReadError::refusal(&NAME, trouble, detail).until(until);
        // a page that has run out: the round starts again at the top
        let mut state: State = Cursor::state(cursor);
        let paged = query::asked(&answer.request).filter(|asked| asked.after.is_some() && has(&["cursor"]));
        match paged.and_then(|asked| state.topics.get_mut(&asked.topic)?.run.as_mut()?.after.take()) {
            Some(_) => error.instead(Cursor::of(&state)),
            None => error,
        }
    }
}

impl Network for ProductHunt {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        let Some(topic) = self.current(&state).filter(|_| self.permission && !state.done) else {
            return Ask::Done;
        };
        let run = self.run(&state, topic, now);
        let asked = query::Asked {
            topic: topic.clone(),
            from: run.from,
            to: state.window.map(|(_, to)| to),
            after: run.after,
        };
        Ask::Fetch(self.request(&query::launches(&asked, self.comments)))
    }

    fn idle(&self) -> Option<String> {
        let reason = "Product Hunt allows commercial use only with its written permission: ask for it at hello@producthunt.com, \
                      then set permission = true under this source";
        (!self.permission).then(|| reason.to_owned())
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let parsed = json::parse(&NAME, "launches", &answer.body);
        if answer.status >= 400 {
            return Err(self.refusal(answer, parsed.as_ref().ok(), cursor));
        }
        let value = parsed.map_err(|error| match answer.body.trim_ascii().first() {
            Some(b'<') => ReadError { trouble: Trouble::BlockPage, ..error },
            Some(_) | None => error,
        })?;
        let empty = value.get("data").is_none_or(|data| {
            data.is_null() || data.as_object().is_some_and(|all| all.values().all(Value::is_null))
        });
        if empty && query::words(&value).is_some() {
            return Err(self.refusal(answer, Some(&value), cursor));
        }
        let found = item::read(&value)?;
        let mut page = Page::default();
        if let Some(asked) = query::asked(&answer.request) {
            if !found.listed {
                return Err(ReadError::new(&NAME, "launches", "the answer has no list of launches"));
            }
            let mut state: State = Cursor::state(cursor);
            let before = state.clone();
            (page.missed, page.more) = self.step(&mut state, &asked, &found);
            page.cursor = if state == before { None } else { Cursor::of(&state) };
            // few points left: the rest of the round waits for new ones
            if let Some(rest) = query::scarce(answer, SPARE) {
                (page.pause, page.more) = (Some(rest), false);
            }
        }
        (page.posts, page.accounts, page.deletions) = (found.posts, found.accounts, found.deletions);
        Ok(page)
    }

    fn pace(&self) -> Duration {
        self.every
    }

    fn refused(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<ReadError> {
        let value = json::parse(&NAME, "launches", &answer.body).ok();
        Some(self.refusal(answer, value.as_ref(), cursor))
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        let ids = native_ids.get(..BATCH.min(native_ids.len())).unwrap_or_default();
        query::again(ids).map(|body| self.request(&body))
    }

    fn account(&self, name: &str) -> Option<Request> {
        let name = name.trim().trim_start_matches('@');
        (!name.is_empty()).then(|| self.request(&query::person(name)))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        Cursor::of(&State { window: Some((from.0, to.0)), ..State::default() })
    }
}
