//! Bluesky: Jetstream is listened to, the public AppView says who the authors are.
//!
//! `read` recognises by its shape everything of the AT Protocol that brings posts or accounts: Jetstream v1
//! and v2, the raw firehose, answers of the AppView and of account servers.

use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded;

use self::event::State;
use self::record::{POST, Places};
use self::search::Search;
use self::section::{Section, Version};
use self::tree::{Tree, text};
use super::{
    Absent, Answer, Ask, Can, Cursor, Dates, Key, Listen, Mark, Method, Missed, Network, Offer, Page,
    ReadError, Request, Secret, Session, Skim, Spec, Told, Trouble, status,
};
use crate::post::NetworkName;
use crate::time::{DAY, Time};

mod event;
mod firehose;
mod plain;
mod record;
mod search;
mod section;
mod shape;
mod tree;
mod views;

const NAME: NetworkName = NetworkName::known("bluesky");

/// 60 s: a server has been seen to fall silent with the socket open; hundreds of events a minute are usual.
const SILENCE: Duration = Duration::from_secs(60);
/// 5 s: servers drop and reorder events when they switch from replay to live.
const REWIND_MICROS: i64 = 5_000_000;
/// 5 minutes between searches: the network wants them to be few.
const PACE: Duration = Duration::from_secs(300);
/// An hour: a session lasts two, when its token does not say.
const SESSION: Duration = Duration::from_secs(3_600);
/// Profiles that one request may ask for.
const MOST_PROFILES: usize = 25;
/// First bytes of a frame compressed with a dictionary, which we never ask for.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

pub(super) const SPEC: Spec = Spec {
    name: "bluesky",
    aliases: &[],
    about: "every public post as it is written, by the Jetstream event stream",
    keys: &[
        "hosts",
        "jetstream",
        "appview",
        "service",
        "web",
        "cdn",
        "collections",
        "look_back",
        "gap_after",
        "search",
        "streaming",
    ],
    secrets: &[
        Secret {
            key: "identifier",
            needed: false,
            about: "the handle or address of an account of yours: only for searching, which the network gives to nobody else",
        },
        Secret {
            key: "password",
            needed: false,
            about: "an app password of that account (Settings, Privacy and security, App passwords), never its own",
        },
    ],
    offer: Offer {
        can: &[Can::Search, Can::Stream, Can::Snapshot, Can::UserSearch, Can::Backfill],
        look_back: "36 hours of the stream",
        deletes: Told::Stream,
        edits: Told::Stream,
        reread_batch: 25,
        absent: Absent::Gone,
        cost: "free, without a key; through an account 3,000 requests in 5 minutes (documentation of 2026)",
        instead: "searching needs an account; listening does not",
        ..Offer::OPEN
    },
    dates: Dates::Arrival,
    build: |table| Ok(Box::new(super::section::<Section>(table)?.build()?)),
};

/// Bluesky, or another network of the AT Protocol, as a source.
#[derive(Debug)]
struct Bluesky {
    hosts: Vec<String>,
    appview: String,
    places: Places,
    collections: Vec<String>,
    look_back: Option<Duration>,
    gap_after: Duration,
    /// Which version of Jetstream the hosts are spoken to in.
    version: Version,
    /// The server of the account.
    service: String,
    /// What is searched for.
    search: Vec<String>,
    /// Whether the stream is listened to; searching is done only where it is not, and for the past.
    streaming: bool,
    account: Option<(Key, Key)>,
    /// Of what it has sent.
    shapes: shape::Shapes,
}

impl Bluesky {
    /// Where the stream starts, in microseconds; `None` for now.
    fn start(&self, time_us: i64, now: Time) -> Option<i64> {
        let now_micros = now.0.saturating_mul(1000);
        // A cursor in the future would be taken for "live", and what lies between would be lost.
        let stopped = (time_us > 0).then(|| time_us.min(now_micros).saturating_sub(REWIND_MICROS));
        let start = stopped.or_else(|| {
            let back = i64::try_from(self.look_back?.as_micros()).unwrap_or(i64::MAX);
            Some(now_micros.saturating_sub(back))
        });
        start.filter(|start| *start > 0)
    }

    /// What is asked of the search next.
    fn searched(&self, search: &Search, now: Time) -> Option<Request> {
        let back = self.look_back.and_then(|back| i64::try_from(back.as_millis()).ok()).unwrap_or(DAY);
        search.address(&self.service, &self.search, now, back).map(Request::get)
    }

    /// A request to the server that shows posts and profiles to everybody.
    fn appview(&self, method: &str, pairs: &[(&str, &str)]) -> Option<Request> {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let asks = pairs.first().is_some_and(|(_, value)| !value.is_empty());
        asks.then(|| Request::get(format!("{}/xrpc/{method}?{query}", self.appview)))
    }

    fn refusal(&self, value: &Value) -> ReadError {
        views::refusal(value, self.account.is_some())
    }

    /// What a JSON message or answer says.
    ///
    /// `last`: the microseconds of the cursor.
    fn tell(&self, value: Value, last: i64, page: &mut Page) -> Result<(), ReadError> {
        let wrong = |what, detail: &str| ReadError::new(&NAME, what, detail);
        if let Value::Array(items) = value {
            return items.into_iter().try_for_each(|item| self.tell(item, last, page));
        }
        if value.get("kind").is_some_and(Value::is_string) {
            event::v1(value).map_err(|detail| wrong("an event", detail))?.tell(&self.places, page);
            return Ok(());
        }
        if text(&value, "/error").is_some() {
            return Err(self.refusal(&value));
        }
        if matches!(text(&value, "/$type"), Some("message" | "event")) {
            let Value::Object(mut fields) = value else { return Ok(()) };
            return self.tell(fields.remove("payload").unwrap_or_default(), last, page);
        }
        if views::tell(&value, &self.places, page) || text(&value, "/type") == Some("options_update") {
            return Ok(());
        }
        if last > 0 && event::is_outdated(&value) {
            // the next event tells how much is lost
            page.cursor = Cursor::of(&State { time_us: last, outdated: true, search: None });
        }
        match event::v2(value) {
            Some(event) => {
                event.tell(&self.places, page);
                Ok(())
            }
            None => Err(wrong("an answer", "JSON of a shape that no server of the network sends")),
        }
    }

    /// The events that the server no longer held when we came back, if `first` comes too long after `last`.
    ///
    /// Servers answer a cursor that is too old with the oldest event they have, in silence. After a day away
    /// a tenth of the usual jump is enough to see it: the stream is then a replay, and dense.
    /// `told`: the server has said so.
    fn gap(&self, last: Time, first: Time, seen: Time, told: bool) -> Option<Missed> {
        let away = seen.since(last) > DAY;
        let most = if away { self.gap_after / 10 } else { self.gap_after };
        (told || first > last.after(most)).then(|| Missed {
            from: last,
            to: first,
            reason: "the stream jumped over it: the server holds no events of that time".to_owned(),
        })
    }

    /// Notes the gap before the events of a page, if there is one; `last`: the microseconds of the cursor.
    fn note_gap(&self, page: &mut Page, last: i64, outdated: bool, seen: Time) {
        if let Some(until) = page.until.filter(|_| last > 0) {
            let last = Time(last / 1000);
            let gap = self.gap(last, until, seen, until > last && outdated);
            page.missed = gap.or(page.missed.take());
        }
    }
}

impl Network for Bluesky {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let State { time_us, search, .. } = State::of(cursor);
        let search = search.unwrap_or_default();
        if search.is_over() {
            return Ask::Done;
        }
        if search.is_past() || !self.streaming {
            return self.searched(&search, now).map_or(Ask::Done, Ask::Fetch);
        }
        let (method, collections) = match self.version {
            Version::One => ("/subscribe", "wantedCollections"),
            Version::Two => ("/xrpc/network.bsky.jetstream.subscribeEvents", "collections"),
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        for collection in &self.collections {
            query.append_pair(collections, collection);
        }
        // The second version takes a moment as well as a number, and a moment is good on every host.
        if let Some(start) = self.start(time_us, now) {
            query.append_pair("cursor", &start.to_string());
        }
        let path = format!("{method}?{}", query.finish());
        Ask::Listen(Listen {
            hosts: self.hosts.clone(),
            path,
            headers: Vec::new(),
            hello: Vec::new(),
            silence: SILENCE,
        })
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let wrong = |detail: &str| ReadError::new(&NAME, "an answer", detail);
        if let Some(error) = self.refused(answer, cursor) {
            return Err(error);
        }
        let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body);
        let mut page = Page::default();
        let State { time_us: last, outdated, search } = State::of(cursor);
        let asked = !self.search.is_empty() && search::is_asked(&answer.request.url);
        if let Some((plain, rest)) = self.shapes.read(body).filter(|_| !asked && answer.status < 400) {
            (page.until, page.cursor) = (plain.at(), Some(State::at(plain.time_us)));
            page.posts.push(plain.post(rest, &self.places));
            self.note_gap(&mut page, last, outdated, answer.seen);
            return Ok(page);
        }
        let mended = super::json::half_characters(body);
        let body = mended.as_deref().unwrap_or(body);
        match body.trim_ascii_start() {
            [] => return Err(wrong("nothing at all")),
            [b'<', ..] => {
                return Err(wrong("a web page instead of JSON: check the address, or the server blocks us"));
            }
            [b'{' | b'[', ..] => {
                for value in serde_json::Deserializer::from_slice(body).into_iter() {
                    let Tree(value) = value.map_err(|error| wrong(&format!("broken JSON ({error})")))?;
                    if asked {
                        let mut search = search.clone().unwrap_or_default();
                        let back = self.look_back.and_then(|back| i64::try_from(back.as_millis()).ok());
                        let (url, back) = (&answer.request.url, back.unwrap_or(DAY));
                        search.step(url, &value, &self.search, answer.seen, back, &mut page);
                        page.cursor =
                            Cursor::of(&State { time_us: last, search: Some(search), ..State::default() });
                    }
                    self.tell(value, last, &mut page)?;
                }
            }
            _ if body.starts_with(&ZSTD) => {
                return Err(wrong("a compressed frame: the server must send plain ones"));
            }
            _ => {
                let frame = firehose::frame(body)?;
                frame.events.iter().for_each(|event| event.tell(&self.places, &mut page));
                page.missed = frame.missed;
            }
        }
        if answer.status >= 400 {
            return Err(wrong(&format!("status {} without a reason", answer.status)));
        }
        self.note_gap(&mut page, last, outdated, answer.seen);
        Ok(page)
    }

    fn skim<'b>(&self, message: &'b [u8], Mark(last): Mark, seen: Time) -> Option<Skim<'b>> {
        let plain = self.shapes.skim(message)?;
        let until = plain.at();
        let jumps = last > 0 && self.gap(Time(last / 1000), until?, seen, false).is_some();
        (!jumps).then(|| plain.skimmed(until))
    }

    fn mark(&self, cursor: Option<&Cursor>) -> Option<Mark> {
        let State { time_us, outdated, .. } = State::of(cursor);
        (!outdated).then_some(Mark(time_us))
    }

    fn cursor(&self, Mark(time_us): Mark) -> Option<Cursor> {
        Some(State::at(time_us))
    }

    fn pace(&self) -> Duration {
        if self.streaming { Duration::from_secs(60) } else { PACE }
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        if answer.status < 400 {
            return None;
        }
        let Ok(value) = serde_json::from_slice::<Value>(&answer.body) else {
            let trouble = status::trouble(answer)?;
            let detail = format!("the server answers with status {}", answer.status);
            let error = ReadError { trouble, ..ReadError::new(&NAME, "an answer", detail) };
            return Some(error.until(status::until(answer).filter(|_| answer.status == 429)));
        };
        text(&value, "/error")?;
        let error = self.refusal(&value);
        // a name that tells nothing to us leaves it to the status
        let trouble = if error.trouble == Trouble::Unread { status::trouble(answer) } else { None };
        let trouble = trouble.unwrap_or(error.trouble);
        let until = (trouble == Trouble::Rate).then(|| status::until(answer)).flatten();
        Some(ReadError { trouble, ..error }.until(until))
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        // a token of the search that is no longer good: the walk goes on by time
        if answer.status != 400 || !search::is_asked(&answer.request.url) {
            return None;
        }
        let State { time_us, search, .. } = State::of(cursor);
        let mut search: Search = search?;
        let value = serde_json::from_slice::<Value>(&answer.body).ok()?;
        if text(&value, "/error") == Some("ExpiredToken") || !search.forget_token() {
            return None;
        }
        let cursor = Cursor::of(&State { time_us, search: Some(search), ..State::default() });
        Some(Page { cursor, more: true, ..Page::default() })
    }

    fn login(&self) -> Option<Request> {
        let (identifier, password) = self.account.as_ref()?;
        let body = serde_json::json!({"identifier": identifier.reveal(), "password": password.reveal()});
        let request = Request {
            method: Method::Post,
            url: format!("{}/xrpc/com.atproto.server.createSession", self.service),
            body: Some(body.to_string().into_bytes()),
            ..Request::default()
        };
        Some(request.header("content-type", "application/json"))
    }

    fn session(&self, answer: &Answer) -> Result<Session, ReadError> {
        if let Some(error) = self.refused(answer, None) {
            return Err(error);
        }
        let value = super::json::parse(&NAME, "a session", &answer.body)?;
        let token = text(&value, "/accessJwt")
            .ok_or_else(|| ReadError::new(&NAME, "a session", "the answer holds no token"))?;
        let expires = views::session_end(token).unwrap_or_else(|| answer.seen.after(SESSION));
        let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
        Ok(Session { headers, expires: Some(expires) })
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        let posts = native_ids.iter().map(|uri| {
            record::parts(uri)
                .filter(|(_, collection, _)| *collection == POST)
                .map(|_| ("uris", uri.as_str()))
        });
        let posts: Vec<(&str, &str)> = posts.collect::<Option<_>>()?;
        self.appview("app.bsky.feed.getPosts", &posts)
    }

    fn account(&self, name: &str) -> Option<Request> {
        self.appview("app.bsky.actor.getProfile", &[("actor", name.trim().trim_start_matches('@'))])
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        self.appview("app.bsky.actor.searchActors", &[("q", words.trim()), ("limit", "25")])
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        let state = State { search: Some(Search::past(from, to)), ..State::default() };
        (self.account.is_some() && !self.search.is_empty() && from <= to)
            .then(|| Cursor::of(&state))
            .flatten()
    }

    fn accounts(&self, handles: &[String]) -> Option<(Request, usize)> {
        let most = handles.iter().take(MOST_PROFILES);
        let actors: Vec<_> = most.map(|handle| ("actors", handle.trim().trim_start_matches('@'))).collect();
        Some((self.appview("app.bsky.actor.getProfiles", &actors)?, actors.len()))
    }

    fn profiles(&self, native_ids: &[String]) -> Option<Request> {
        let actors = native_ids.iter().take(MOST_PROFILES).map(|id| ("actors", id.as_str()));
        self.appview("app.bsky.actor.getProfiles", &actors.collect::<Vec<_>>())
    }
}
