//! Pinterest: the pins of one's own account, and its figures. Its interface shows nobody else's.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Export, Gate, Key, Missed, Network, Offer, Page,
    ReadError, Request, Secret, Spec, Told, Trouble, json, plain, status,
};
use crate::post::{Deletion, Gone, NetworkName};
use crate::time::{DAY, HOUR, Time};

mod pin;

const NAME: NetworkName = NetworkName::known("pinterest");
/// The most pins that Pinterest gives at once: asked for the first time and once a day.
const MOST: &str = "250";
/// Pins asked for in between: what is new stands on the first page.
const FEW: &str = "50";
/// What is asked for again, in milliseconds: the order of pins is not promised.
const OVERLAP: i64 = 48 * HOUR;
/// How often all pins are walked through and the account is looked at, in milliseconds.
const DEEP: i64 = DAY;
/// Pages of one walk: a quarter of a million pins, more than an account may have.
const PAGES: u32 = 1_000;
/// A bookmark older than this is not sent any more, in milliseconds: nobody promises how long one lives.
const STALE: i64 = 30 * 60_000;

pub(super) const SPEC: Spec = Spec {
    name: "pinterest",
    aliases: &[],
    about: "pins of your own Pinterest account and its followers, asked every hour with a token",
    keys: &["base_url", "look_back"],
    secrets: &[Secret {
        key: "token",
        needed: true,
        about: "an access token of your own account with the scopes pins:read and user_accounts:read; developers.pinterest.com",
    }],
    offer: Offer {
        gate: Gate::Own,
        can: &[Can::AccountPosts, Can::Snapshot, Can::Backfill],
        look_back: "all pins of your own account; nothing of other people",
        deletes: Told::Reread,
        edits: Told::Reread,
        reread_batch: 1,
        absent: Absent::Gone,
        daily: Some(500),
        cost: "free; an app in trial has daily limits by kind of request (developers.pinterest.com, December 2025)",
        keep_days: Some(90),
        export: Export::Links,
        instead: "Pinterest lets nobody search other people's pins; import a CSV export of your social suite, or follow the same companies elsewhere",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(Pinterest::build(super::section(section)?)?)),
};

/// What the section of a Pinterest source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    base_url: Option<String>,
    look_back: Option<String>,
    token: Option<Key>,
}

/// Pinterest as a source.
#[derive(Debug)]
struct Pinterest {
    base: Url,
    /// Milliseconds that the first round goes back; none: all pins.
    look_back: Option<i64>,
    token: Option<Key>,
    /// Whether anything was configured: a source of nothing only reads.
    asks: bool,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// When the account was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked: Option<i64>,
    /// The newest pin below which everything was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<i64>,
    /// When all pins were last walked through.
    #[serde(skip_serializing_if = "Option::is_none")]
    deep: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
    /// Set for a look at the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Window {
    from: i64,
    to: i64,
    done: bool,
}

/// A walk under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Run {
    #[serde(skip_serializing_if = "Option::is_none")]
    bookmark: Option<String>,
    /// When the bookmark was told.
    at: i64,
    /// How far back it goes; a walk through everything goes below that too.
    floor: i64,
    deep: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
    pages: u32,
    /// The pins of the last page.
    last: Vec<String>,
}

/// What an address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Pins,
    Pin(String),
    Account,
    Other,
}

fn asked(address: &str) -> Asked {
    let Ok(url) = Url::parse(address) else { return Asked::Other };
    let parts: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    match parts.as_slice() {
        [.., "pins"] => Asked::Pins,
        [.., "pins", id] => Asked::Pin((*id).to_owned()),
        [.., "user_account"] => Asked::Account,
        _ => Asked::Other,
    }
}

impl Pinterest {
    fn build(section: Section) -> Result<Pinterest, BuildError> {
        let asks = section.base_url.is_some() || section.look_back.is_some() || section.token.is_some();
        Ok(Pinterest {
            base: plain::base(section.base_url.as_deref().unwrap_or("https://api.pinterest.com/v5"))?,
            look_back: section.look_back.as_deref().map(plain::look_back).transpose()?,
            token: section.token,
            asks,
        })
    }

    fn request(&self, path: &[&str], pairs: &[(&str, &str)]) -> Request {
        let address = plain::below(&self.base, path.iter().copied(), pairs);
        let request = Request::get(address).header("accept", "application/json");
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.reveal())),
            None => request,
        }
    }

    /// Whether an answer only says that a bookmark is not accepted any more, or that a pin is gone.
    fn is_expected(&self, answer: &Answer, cursor: Option<&Cursor>) -> bool {
        match asked(&answer.request.url) {
            Asked::Pin(_) => matches!(answer.status, 404 | 410),
            Asked::Pins => {
                let state: State = Cursor::state(cursor);
                self.asks && answer.status == 400 && state.run.is_some_and(|run| run.bookmark.is_some())
            }
            Asked::Account | Asked::Other => false,
        }
    }
}

impl State {
    /// Whether the account is to be looked at first.
    fn looks(&self, now: Time) -> bool {
        self.window.is_none()
            && self.run.is_none()
            && self.looked.is_none_or(|looked| now.0.saturating_sub(looked) >= DEEP)
    }

    fn is_deep(&self, now: Time) -> bool {
        self.window.is_some() || self.deep.is_none_or(|deep| now.0.saturating_sub(deep) >= DEEP)
    }

    /// Moves on by one page of pins.
    fn step(&mut self, value: &Value, look_back: Option<i64>, now: Time) -> (bool, Option<Missed>) {
        let mut run = self.run.take().unwrap_or_else(|| Run {
            floor: match (self.window, self.high, look_back) {
                (Some(window), ..) => window.from,
                (None, Some(high), _) => high.min(now.0).saturating_sub(OVERLAP),
                (None, None, Some(look_back)) => now.0.saturating_sub(look_back),
                (None, None, None) => i64::MIN,
            },
            deep: self.is_deep(now),
            ..Run::default()
        });
        let pins: Vec<(String, Option<i64>)> =
            json::list(value, "items").iter().filter_map(pin::place).collect();
        let news = pins.iter().any(|(id, _)| !run.last.contains(id));
        let recent = pins.iter().all(|(_, at)| at.is_none_or(|at| at >= run.floor));
        run.newest = run.newest.max(pins.iter().filter_map(|(_, at)| *at).max());
        run.last = pins.into_iter().map(|(id, _)| id).collect();
        run.pages = run.pages.saturating_add(1);
        let bookmark = json::text(value, "bookmark").map(str::to_owned);
        let same = bookmark == run.bookmark;
        let goes_on = news && (run.deep || recent) && run.pages < PAGES && !same;
        if let Some(bookmark) = bookmark.filter(|_| goes_on) {
            (run.bookmark, run.at) = (Some(bookmark), now.0);
            self.run = Some(run);
            return (true, None);
        }
        let newest = run.newest.map(|newest| if now == Time::default() { newest } else { newest.min(now.0) });
        self.high = self.high.max(newest);
        if run.deep {
            self.deep = Some(now.0);
        }
        if let Some(window) = &mut self.window {
            window.done = true;
        }
        (false, None)
    }
}

fn refusal(answer: &Answer) -> ReadError {
    let value = match plain::json(&NAME, "pins", &answer.body) {
        Ok(value) => value,
        Err(error) if error.trouble == Trouble::BlockPage => return error,
        Err(_) => Value::Null,
    };
    let code = json::number(&value, "code");
    let said = plain::said(json::text(&value, "message").unwrap_or_default());
    let trouble = match (code, answer.status) {
        (Some(2), _) => Trouble::Auth,
        (Some(8), _) => Trouble::Rate,
        (Some(3 | 7 | 29), ..) if answer.status != 404 => Trouble::NotApproved,
        (_, 0..400) => Trouble::Unread,
        (_, status) => plain::trouble(status),
    };
    let said = match (said.as_str(), code) {
        ("", _) => format!("status {}", answer.status),
        (said, Some(code)) => format!("{code}: \"{said}\""),
        (said, None) => format!("\"{said}\""),
    };
    let hint = match trouble {
        Trouble::Auth => "; tokens are made at developers.pinterest.com and live for 30 days",
        Trouble::NotApproved => "; the token needs the scopes pins:read and user_accounts:read",
        Trouble::Rate
        | Trouble::Money
        | Trouble::Gone
        | Trouble::NoServer
        | Trouble::BadQuery
        | Trouble::Transient
        | Trouble::BlockPage
        | Trouble::Unread => "",
    };
    let until =
        (trouble == Trouble::Rate).then(|| status::until(answer).unwrap_or_else(|| answer.seen.plus(HOUR)));
    ReadError::refusal(&NAME, trouble, format!("{said}{hint}")).until(until)
}

impl Network for Pinterest {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        if !self.asks || state.window.is_some_and(|window| window.done) {
            return Ask::Done;
        }
        if state.looks(now) {
            return Ask::Fetch(self.request(&["user_account"], &[]));
        }
        let run = state.run.as_ref();
        let deep = run.map_or_else(|| state.is_deep(now), |run| run.deep);
        let size = if deep { MOST } else { FEW };
        let fresh = |run: &&Run| now.0.saturating_sub(run.at) < STALE;
        let bookmark = run.filter(fresh).and_then(|run| run.bookmark.as_deref());
        let mut pairs = vec![("page_size", size), ("pin_metrics", "true")];
        pairs.extend(bookmark.map(|bookmark| ("bookmark", bookmark)));
        Ask::Fetch(self.request(&["pins"], &pairs))
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let mut state: State = Cursor::state(cursor);
        let asked = asked(&answer.request.url);
        let mut page = Page::default();
        if answer.status >= 400 {
            if !self.is_expected(answer, cursor) {
                return Err(refusal(answer));
            }
            if let Asked::Pin(id) = asked {
                page.deletions.push(Deletion { network: NAME, gone: Gone::Post(id), at: None });
            } else {
                // from the top again: what was read is passed over when it is saved
                state.run = None;
                page.more = true;
                page.cursor = Cursor::of(&state);
            }
            return Ok(page);
        }
        let value = plain::json(&NAME, "pins", &answer.body)?;
        if json::number(&value, "code").is_some() && json::text(&value, "message").is_some() {
            return Err(refusal(answer));
        }
        let pins = json::list(&value, "items");
        let foreign =
            matches!(asked, Asked::Pins) && (value.is_array() || json::is_foreign(pins, pin::is_pin));
        if foreign || !pin::everything(&value, &mut page) {
            return Err(ReadError::new(&NAME, "pins", "the answer is nothing that Pinterest says"));
        }
        if self.asks {
            let before = state.clone();
            match asked {
                Asked::Account if state.looks(answer.seen) => {
                    state.looked = Some(answer.seen.0);
                    page.more = true;
                }
                Asked::Pins => {
                    let window = state.window;
                    (page.more, page.missed) = state.step(&value, self.look_back, answer.seen);
                    if let Some(window) = window {
                        let within = |at: Time| (window.from..=window.to).contains(&at.0);
                        page.posts.retain(|post| post.published.is_none_or(within));
                    }
                }
                Asked::Account | Asked::Pin(_) | Asked::Other => {}
            }
            page.cursor = if state == before { None } else { Cursor::of(&state) };
        }
        Ok(page)
    }

    fn pace(&self) -> Duration {
        // an app in trial has a thousand requests a day and kind at the least
        Duration::from_secs(3_600)
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        let normal = self.is_expected(answer, cursor);
        if normal { self.read(answer, cursor).ok() } else { None }
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        Some(refusal(answer))
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        match native_ids {
            [id] => Some(self.request(&["pins", id], &[("pin_metrics", "true")])),
            _ => None, // one at a time
        }
    }

    fn account(&self, _name: &str) -> Option<Request> {
        // whoever is asked for: only the account of the token is told
        None
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        let window = Some(Window { from: from.0, to: to.0, done: false });
        self.asks.then(|| Cursor::of(&State { window, ..State::default() })).flatten()
    }
}
