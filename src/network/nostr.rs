//! Nostr: one relay is listened to by WebSocket, and asked beside that for what was said while nobody listened.
//!
//! Relays are strangers' machines: an event counts only when its hash and its author's signature are right.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use self::event::Event;
use self::message::Reading;
use self::note::{DELETION, PROFILE, Places};
use self::section::Section;
use self::walk::{Question, Relay, State, Walk};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Listen, Method, Network, Offer, Page, ReadError,
    Request, Spec, Told, Trouble, json, status,
};
use crate::post::{Gone, NetworkName};
use crate::time::{Time, parse_duration};

mod address;
mod event;
mod message;
mod note;
mod section;
mod walk;

const NAME: NetworkName = NetworkName::known("nostr");
/// 2 minutes: relays say nothing for long where little is asked for, but answer pings.
const SILENCE: Duration = Duration::from_secs(120);
/// Seconds before now from which the stream is asked for, since clocks differ; the past is asked for beside it.
const LIVE: i64 = 60;
/// 2 minutes between searches: their results are not in order of time and must be asked for anew each time.
const PACE: Duration = Duration::from_secs(120);
/// What ends the answer to a question.
const ENDS: &[&str] = &["[\"EOSE\"", "[\"CLOSED\""];
/// Ids or keys that one question may hold: well below what relays accept.
const BATCH: usize = 50;

pub(super) const SPEC: Spec = Spec {
    name: "nostr",
    aliases: &[],
    about: "notes and articles that one Nostr relay holds, as they arrive or by its search; signatures are checked",
    keys: &[
        "base_url",
        "tags",
        "authors",
        "search",
        "everything",
        "kinds",
        "profiles",
        "min_work",
        "look_back",
        "web",
    ],
    secrets: &[],
    offer: Offer {
        can: &[
            Can::Search,
            Can::Stream,
            Can::Tags,
            Can::AccountPosts,
            Can::Snapshot,
            Can::UserSearch,
            Can::Backfill,
        ],
        look_back: "what the relay keeps, which differs from relay to relay",
        deletes: Told::Stream,
        edits: Told::Stream,
        reread_batch: BATCH,
        // a relay may forget an event that others still hold
        absent: Absent::Unknown,
        cost: "free, without a key; limits differ from relay to relay (2026)",
        instead: "a relay that only some may read says so: choose another `base_url`",
        ..Offer::OPEN
    },
    dates: Dates::Author,
    build: |section| Ok(Box::new(Nostr::build(super::section(section)?)?)),
};

/// A relay as a source.
#[derive(Debug)]
struct Nostr {
    /// Its address, by WebSocket and by HTTP.
    relay: String,
    about: String,
    /// What is asked, one filter each; none when there is nothing to ask.
    questions: Vec<Question>,
    /// Kinds that count as posts although they are not known to be text.
    kinds: Vec<u16>,
    searches: bool,
    min_work: u32,
    look_back: i64,
    web: String,
}

impl Nostr {
    fn build(section: Section) -> Result<Nostr, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let url = Url::parse(&section.base_url).ok().filter(|url| url.has_host());
        let schemes = url.and_then(|url| match url.scheme() {
            "wss" | "https" => Some(("wss", "https")),
            "ws" | "http" => Some(("ws", "http")),
            _ => None,
        });
        let Some(((socket, plain), (_, rest))) = schemes.zip(section.base_url.split_once("://")) else {
            let reason = format!("`{}` is not an address like wss://relay.example", section.base_url);
            return Err(fault("base_url", reason));
        };
        let web = Url::parse(&section.web).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        if web.is_none() {
            return Err(fault("web", format!("`{}` is not an address like https://server", section.web)));
        }
        if section.kinds.is_empty() {
            return Err(fault(
                "kinds",
                "needs at least one number such as 1 (notes) or 30023 (articles)".to_owned(),
            ));
        }
        let look_back = parse_duration(&section.look_back)
            .and_then(|duration| i64::try_from(duration.as_secs()).ok())
            .ok_or_else(|| {
                fault("look_back", format!("`{}` is not a length of time like 7d or 12h", section.look_back))
            })?;
        Ok(Nostr {
            relay: format!("{socket}://{rest}"),
            about: format!("{plain}://{rest}"),
            questions: section::questions(&section)?,
            searches: !section.search.is_empty(),
            kinds: section.kinds,
            min_work: section.min_work,
            look_back,
            web: section.web.trim_end_matches('/').to_owned(),
        })
    }

    fn places(&self) -> Places<'_> {
        Places { web: &self.web }
    }

    /// A question of its own, answered over a WebSocket.
    fn talk(&self, message: String) -> Request {
        Request {
            method: Method::Talk(ENDS),
            url: self.relay.clone(),
            body: Some(message.into_bytes()),
            ..Request::default()
        }
    }

    fn past(&self, state: &State, now: Time) -> Option<Request> {
        let walk = state.walk(now, self.look_back);
        state.message(&walk, &self.questions).map(|message| self.talk(message))
    }

    fn listen(&self, now: Time) -> Listen {
        let since = now.0.div_euclid(1000).saturating_sub(LIVE).max(0);
        let mut message = vec![json!("REQ"), json!("live")];
        message.extend(self.questions.iter().map(|question| {
            let mut filter = question.filter.clone();
            filter.insert("since".to_owned(), since.into());
            Value::Object(filter)
        }));
        Listen {
            hosts: vec![self.relay.clone()],
            path: String::new(),
            headers: Vec::new(),
            hello: vec![Value::Array(message).to_string()],
            silence: SILENCE,
        }
    }

    /// What the relay says of itself, if anything: one that has a web page there is a relay all the same.
    fn about_relay(
        &self,
        told: Result<(), ReadError>,
        relay: Option<Relay>,
        state: State,
        seen: Time,
    ) -> Result<Page, ReadError> {
        if let Err(error) = told
            && error.trouble == Trouble::NotApproved
        {
            return Err(error);
        }
        if self.searches && relay.as_ref().is_some_and(|relay| relay.searches == Some(false)) {
            let reason = "the relay does not search (NIP-50): choose another `base_url`, or `tags` instead of `search`";
            return Err(ReadError::refusal(&NAME, Trouble::BadQuery, reason));
        }
        Ok(known(state, relay, seen))
    }

    /// What genuine events say. Answers come newest first: who wrote what is learnt before deletions are read.
    fn say(&self, events: &[Event], state: &mut State, page: &mut Page) {
        let is_text = |event: &Event| note::is_text(event.kind) || self.kinds.contains(&event.kind);
        events.iter().filter(|event| is_text(event)).for_each(|event| state.remember(event));
        for event in events {
            let text = is_text(event);
            if !text || event.work() >= self.min_work {
                self.places().tell(event, text, page);
            }
        }
        page.deletions.retain_mut(|deletion| {
            let Gone::PostBy(id, author) = &deletion.gone else { return true };
            match state.wrote(author, id) {
                Some(true) => deletion.gone = Gone::Post(id.clone()),
                Some(false) => return false,
                None => {} // whoever keeps the post knows its author
            }
            true
        });
    }
}

/// The stretch of time that a question about the past asked for.
fn stretch(request: &Request) -> Option<(i64, i64)> {
    let message: Value = serde_json::from_slice(request.body.as_deref()?).ok()?;
    let filter = message.get(2).filter(|_| message.get(1).is_some_and(|name| name == walk::PAST))?;
    Some((json::number(filter, "since")?, json::number(filter, "until")?))
}

impl Network for Nostr {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        if self.questions.is_empty() || (state.past && state.walk.is_none()) {
            return Ask::Done;
        }
        if !state.knows_relay(now) && state.walk.is_none() {
            return Ask::Fetch(Request::get(&self.about).header("accept", "application/nostr+json"));
        }
        if self.searches || state.past {
            return self.past(&state, now).map_or(Ask::Done, Ask::Fetch);
        }
        Ask::Listen(self.listen(now))
    }

    fn catch_up(&self, cursor: Option<&Cursor>, now: Time) -> Option<Request> {
        let state: State = Cursor::state(cursor);
        if self.searches || state.past { None } else { self.past(&state, now) }
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        if let Some(error) = self.refused(answer, cursor) {
            return Err(error);
        }
        let mut state: State = Cursor::state(cursor);
        let before = state.clone();
        let url = Url::parse(answer.url()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let domain = url.as_ref().and_then(Url::host_str).map(str::to_owned);
        let mut reading = Reading::default();
        let told = reading.take(&answer.body);
        if url.is_some() && reading.is_empty() && !answer.body.trim_ascii().is_empty() {
            return self.about_relay(told, reading.relay, state, answer.seen);
        }
        told?;
        let Reading { events, found, names, .. } = reading;
        let mut page = Page::default();
        names.iter().for_each(|names| self.places().vouched(names, domain.as_deref(), &mut page));
        self.say(&events, &mut state, &mut page);
        let now = answer.seen.0.div_euclid(1000);
        if let Some((since, until)) = stretch(&answer.request) {
            let fresh = Walk { since, until, top: until, ..Walk::default() };
            let walk = state.walk.take().unwrap_or(fresh);
            (page.more, page.missed) = state.step(walk, &self.questions, &found, answer.seen);
        } else {
            // a date in the future must not hide what comes before it
            let latest =
                events.iter().map(|event| event.at).filter(|at| *at <= now || answer.seen == Time::default());
            state.advance(latest.max().unwrap_or_default());
            page.until = (found.events > 0).then_some(answer.seen);
        }
        page.cursor = if state == before { None } else { Cursor::of(&state) };
        Ok(page)
    }

    fn pace(&self) -> Duration {
        if self.searches { PACE } else { Duration::from_secs(60) }
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        let trouble = status::trouble(answer)?;
        let detail = format!("the relay answers with status {}", answer.status);
        Some(ReadError::refusal(&NAME, trouble, detail).until(status::until(answer)))
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        // no document about the relay is no reason not to listen to it
        let about = answer.request.url == self.about && !matches!(answer.status, 429 | 503);
        about.then(|| known(Cursor::state(cursor), None, answer.seen))
    }

    fn profiles(&self, native_ids: &[String]) -> Option<Request> {
        let keys: Vec<&String> =
            native_ids.iter().filter(|key| event::bytes::<32>(key).is_some()).take(BATCH).collect();
        let filter = json!({"kinds": [PROFILE], "authors": keys, "limit": keys.len()});
        (!keys.is_empty()).then(|| self.talk(json!(["REQ", "profiles", filter]).to_string()))
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        let mut message = vec![json!("REQ"), json!("again")];
        let (ids, places): (Vec<&String>, Vec<&String>) =
            native_ids.iter().partition(|id| event::bytes::<32>(id).is_some());
        if !ids.is_empty() {
            message.push(json!({"ids": ids}));
            message.push(json!({"kinds": [DELETION], "#e": ids}));
        }
        for place in &places {
            let mut parts = place.splitn(3, ':');
            let kind: u16 = parts.next()?.parse().ok()?;
            let (author, name) =
                (parts.next().filter(|key| event::bytes::<32>(key).is_some())?, parts.next()?);
            message.push(json!({"kinds": [kind], "authors": [author], "#d": [name]}));
        }
        if !places.is_empty() {
            message.push(json!({"kinds": [DELETION], "#a": places}));
        }
        (message.len() > 2).then(|| self.talk(Value::Array(message).to_string()))
    }

    fn account(&self, name: &str) -> Option<Request> {
        let name = name.trim().trim_start_matches('@');
        if let Some(key) = address::key(name) {
            return self.profiles(&[key]);
        }
        let (name, domain) = name.split_once('@').unwrap_or(("_", name));
        let mut url = Url::parse(&format!("https://{domain}/.well-known/nostr.json")).ok()?;
        let plain =
            url.host_str().is_some_and(|host| host.contains('.')) && url.path() == "/.well-known/nostr.json";
        url.query_pairs_mut().append_pair("name", name);
        plain.then(|| Request::get(url).header("accept", "application/json"))
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        let words = words.trim();
        let filter = json!({"kinds": [PROFILE], "search": words, "limit": BATCH});
        (!words.is_empty()).then(|| self.talk(json!(["REQ", "people", filter]).to_string()))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        let (since, until) = (from.0.div_euclid(1000).max(0), to.0.div_euclid(1000));
        let walk = Walk { since, until, top: until, ..Walk::default() };
        let mut state = State::default();
        (state.past, state.walk) = (true, Some(walk));
        (!self.questions.is_empty() && since <= until).then(|| Cursor::of(&state)).flatten()
    }
}

/// A page that says that the relay has told of itself.
fn known(mut state: State, relay: Option<Relay>, seen: Time) -> Page {
    state.relay = Some(Relay { at: seen.0, ..relay.unwrap_or_default() });
    Page { cursor: Cursor::of(&state), more: true, ..Page::default() }
}
