//! YouTube: videos by words, within the hundred searches a day, the uploads of channels, and comments of videos.
//!
//! A search only finds: its texts are cut, so what it found is asked for again in full. The feed of a channel is
//! no part of this; it needs no key and is followed as a feed.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use self::asked::{Asked, Narrow};
use self::item::Around;
use self::walk::{Name, State, Told, Wants, Window};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Export, Gate, Key, Network, Offer, Page, ReadError,
    Request, Secret, Spec, Told as Learnt, Unit, json, plain,
};
use crate::post::NetworkName;
use crate::time::Time;

mod asked;
mod item;
mod quota;
mod search;
mod talk;
mod uploads;
mod walk;

const NAME: NetworkName = NetworkName::known("youtube");
/// Searches a day and project, as documented in November 2026.
const SEARCHES: u32 = 100;
/// Units a day and project for everything else, as documented in November 2026.
const UNITS: u64 = 10_000;
/// The shortest pause between two rounds, in seconds: the searches of a day, spread over it, with a few to spare.
const PACE: u64 = 900;
/// Ids that one look-up may ask for.
const BATCH: usize = 50;

pub(super) const SPEC: Spec = Spec {
    name: "youtube",
    aliases: &[],
    about: "videos of YouTube by words, uploads of channels and comments of videos, asked every 15 minutes with a key",
    keys: &[
        "base_url",
        "query",
        "channels",
        "videos",
        "comments",
        "searches_a_day",
        "look_back",
        "region",
        "language",
    ],
    secrets: &[Secret {
        key: "key",
        needed: true,
        about: "an API key of a Google Cloud project in which \"YouTube Data API v3\" is enabled; console.cloud.google.com, Credentials",
    }],
    offer: Offer {
        gate: Gate::Key,
        can: &[Can::Search, Can::AccountPosts, Can::Comments, Can::Snapshot, Can::UserSearch, Can::Backfill],
        look_back: "whatever the search still finds: about 500 videos a question, then below them by date; all uploads of a channel",
        deletes: Learnt::Reread,
        edits: Learnt::Reread,
        reread_batch: BATCH,
        absent: Absent::Gone,
        unit: Unit::Quota,
        daily: Some(UNITS),
        cost: "free: 100 searches and 10,000 other units a day and project, renewed at midnight Pacific time (November 2026)",
        keep_days: Some(30),
        reread_hours: None,
        export: Export::Links,
        instead: "without a key a channel is followed as a feed: its last 15 videos, no comments, no search",
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(YouTube::build(super::section(section)?)?)),
};

/// What the section of a YouTube source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    query: Option<String>,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    videos: Vec<String>,
    #[serde(default)]
    comments: bool,
    #[serde(default = "default_searches")]
    searches_a_day: u32,
    #[serde(default = "default_look_back")]
    look_back: String,
    region: Option<String>,
    language: Option<String>,
    key: Option<Key>,
}

fn default_base() -> String {
    "https://www.googleapis.com/youtube/v3".to_owned()
}

fn default_searches() -> u32 {
    SEARCHES
}

fn default_look_back() -> String {
    "7d".to_owned()
}

/// YouTube as a source.
#[derive(Debug)]
struct YouTube {
    base: Url,
    wants: Wants,
    narrow: Narrow,
    key: Option<Key>,
}

impl YouTube {
    fn build(section: Section) -> Result<YouTube, BuildError> {
        let some =
            |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let named = |raw: &String| {
            name(raw).ok_or_else(|| {
                let reason = format!("`{raw}` is neither a handle like @name nor an id like UC...");
                fault("channels", reason)
            })
        };
        let channels = section.channels.iter().map(named).collect::<Result<Vec<Name>, _>>()?;
        let video = |raw: &String| {
            video(raw).ok_or_else(|| fault("videos", format!("`{raw}` is no id or address of a video")))
        };
        let videos = section.videos.iter().map(video).collect::<Result<Vec<String>, _>>()?;
        if section.searches_a_day == 0 {
            let reason = "0 searches find nothing; leave `query` out to search for nothing".to_owned();
            return Err(fault("searches_a_day", reason));
        }
        Ok(YouTube {
            base: plain::base(&section.base_url)?,
            wants: Wants {
                query: some(section.query),
                channels,
                videos,
                comments: section.comments,
                look_back: plain::look_back(&section.look_back)?,
                searches: section.searches_a_day,
            },
            narrow: Narrow { region: some(section.region), language: some(section.language) },
            key: section.key,
        })
    }

    fn request(&self, asked: &Asked) -> Request {
        let request =
            Request::get(asked.address(&self.base, &self.narrow)).header("accept", "application/json");
        match &self.key {
            Some(key) => request.header("x-goog-api-key", key.reveal()),
            None => request,
        }
    }

    /// Whether an answer that is no success is a normal one of the round under way.
    fn expects(&self, answer: &Answer, cursor: Option<&Cursor>, fault: &quota::Fault) -> bool {
        (fault.is_absence() || fault.is_token())
            && Asked::of(&answer.request.url).is_some_and(|asked| {
                let state: State = Cursor::state(cursor);
                matches!(
                    asked,
                    Asked::Search { .. } | Asked::Uploads { .. } | Asked::Talk { .. } | Asked::Answers { .. }
                ) && state.expects(&asked, &self.wants, answer.seen)
            })
    }
}

/// A channel by its id, handle or address.
fn name(raw: &str) -> Option<Name> {
    let last = raw.trim().trim_end_matches('/').rsplit('/').next()?;
    let is_name = |name: &str| {
        !name.is_empty() && !name.chars().any(|sign| sign.is_whitespace() || matches!(sign, '?' | '&' | ','))
    };
    if last.len() == 24 && last.starts_with("UC") && is_name(last) {
        return Some(Name::Id(last.to_owned()));
    }
    let handle = last.trim_start_matches('@');
    is_name(handle).then(|| Name::Handle(handle.to_owned()))
}

/// A video by its id or address.
fn video(raw: &str) -> Option<String> {
    let raw = raw.trim();
    let id = match Url::parse(raw) {
        Ok(url) => {
            let named = url.query_pairs().find(|(name, _)| name == "v").map(|(_, id)| id.into_owned());
            named.or_else(|| url.path_segments()?.next_back().map(str::to_owned))?
        }
        Err(_) => raw.to_owned(),
    };
    is_video(&id).then_some(id)
}

fn is_video(id: &str) -> bool {
    id.len() == 11 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether it is the id of a comment: long, and of a few beginnings.
fn is_comment(id: &str) -> bool {
    id.len() > 20 && ["Ug", "z1", "z2", "z3", "z4", "zd"].iter().any(|start| id.starts_with(start))
}

fn is_playlist(id: &str) -> bool {
    id.len() > 11 && ["PL", "UU", "OL", "FL", "LL"].iter().any(|start| id.starts_with(start))
}

/// Reads everything that an answer holds; `false` when it is nothing that YouTube says.
fn everything(value: &Value, around: &Around, page: &mut Page) -> bool {
    match value {
        Value::Array(all) => {
            for one in all {
                item::read(one, around, page);
            }
            true
        }
        Value::Object(fields) => {
            let items = fields.get("items").and_then(Value::as_array);
            for one in items.into_iter().flatten() {
                item::read(one, around, page);
            }
            let is_list = json::text(value, "kind").is_some_and(|kind| kind.ends_with("Response"))
                || fields.contains_key("pageInfo");
            items.is_some() || is_list || item::read(value, around, page)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

impl Network for YouTube {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        state.next(&self.wants, now).map_or(Ask::Done, |asked| Ask::Fetch(self.request(&asked)))
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let parsed = plain::json(&NAME, "videos", &answer.body);
        let fault = parsed.as_ref().ok().and_then(|value| quota::fault(value, answer.status));
        let asked = Asked::of(&answer.request.url);
        let normal = fault.as_ref().is_some_and(|fault| self.expects(answer, cursor, fault));
        let value = match (parsed, &fault) {
            (_, Some(fault)) if !normal => return Err(fault.refusal(answer)),
            (_, None) if answer.status >= 400 => return Err(quota::refusal(answer)),
            (parsed, _) => parsed?,
        };
        let mut state: State = Cursor::state(cursor);
        let around = match &asked {
            Some(Asked::Talk { video, .. }) => Around { plain: false, video: Some(video.clone()) },
            Some(Asked::Answers { parent, .. }) => Around { plain: false, video: state.video_of(parent) },
            _ => Around::default(),
        };
        let around = Around { plain: answer.request.url.contains("textFormat=plainText"), ..around };
        let mut page = Page::default();
        let ours = |one: &Value| json::has_any(one, &["kind", "snippet", "contentDetails", "statistics"]);
        let foreign =
            asked.is_some() && (value.is_array() || json::is_foreign(json::list(&value, "items"), ours));
        if !normal && (foreign || !everything(&value, &around, &mut page)) {
            return Err(ReadError::new(&NAME, "videos", "the answer is nothing that YouTube says"));
        }
        let told = Told { value: &value, fault: fault.as_ref(), seen: answer.seen };
        if let Some(asked) = asked
            && state.step(&self.wants, &asked, told, &mut page)
        {
            page.cursor = Cursor::of(&state).filter(|moved| Some(moved) != cursor);
        }
        Ok(page)
    }

    fn pace(&self) -> Duration {
        let searches = u64::from(self.wants.searches);
        let by_search = self.wants.query.as_ref().map_or(0, |_| 86_400_u64.div_ceil(searches));
        // one unit for each channel and video, a third more for further pages and whole texts
        let each = self.wants.channels.len().saturating_add(self.wants.videos.len());
        let each = each.saturating_add(if self.wants.comments { 50 } else { 0 });
        let units = u64::try_from(each).unwrap_or(u64::MAX).saturating_mul(4).div_ceil(3);
        let by_units = units.saturating_mul(86_400).div_ceil(UNITS);
        Duration::from_secs(PACE.max(by_search).max(by_units))
    }

    fn profiles(&self, native_ids: &[String]) -> Option<Request> {
        let ids: Vec<String> =
            native_ids.iter().filter(|id| id.starts_with("UC")).take(BATCH).cloned().collect();
        self.key.as_ref().filter(|_| !ids.is_empty())?;
        Some(self.request(&Asked::Channels { ids }))
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        let value = json::parse(&NAME, "videos", &answer.body).ok();
        let fault = value.and_then(|value| quota::fault(&value, answer.status))?;
        // Comments that are closed and videos that are gone are normal answers.
        if self.expects(answer, cursor, &fault) { self.read(answer, cursor).ok() } else { None }
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        Some(quota::refusal(answer))
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        let ids: Vec<String> = native_ids.iter().take(BATCH).cloned().collect();
        let all = |is: fn(&str) -> bool| !ids.is_empty() && ids.iter().all(|id| is(id));
        let asked = if all(is_video) {
            Asked::Videos { ids }
        } else if all(is_comment) {
            Asked::Comments { ids }
        } else if all(is_playlist) {
            Asked::Playlists { ids }
        } else {
            return None; // of several kinds: they cannot be asked for together
        };
        Some(self.request(&asked))
    }

    fn account(&self, wanted: &str) -> Option<Request> {
        Some(self.request(&match name(wanted)? {
            Name::Id(id) => Asked::Channels { ids: vec![id] },
            Name::Handle(handle) => Asked::Handle { handle },
        }))
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        let words = words.trim();
        (!words.is_empty()).then(|| self.request(&Asked::People { words: words.to_owned() }))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        if self.wants.query.is_none() && self.wants.channels.is_empty() {
            return None;
        }
        Cursor::of(&State::within(Window { from: from.0, to: to.0, done: false }))
    }
}
