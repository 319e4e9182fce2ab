//! Bluesky: Jetstream is listened to, the public AppView says who the authors are.
//!
//! `read` recognises by its shape everything of the AT Protocol that brings posts or accounts: Jetstream v1
//! and v2, the raw firehose, answers of the AppView and of account servers.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;

use self::event::State;
use self::record::{POST, PROFILE, Places};
use self::tree::{Tree, text};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Listen, Missed, Network, Offer, Page, ReadError,
    Request, Spec, Told,
};
use crate::post::NetworkName;
use crate::time::{DAY, Time};

mod event;
mod firehose;
mod record;
mod tree;
mod views;

const NAME: NetworkName = NetworkName::known("bluesky");

/// The public servers of Jetstream; a time cursor is good on each.
const HOSTS: [&str; 4] = [
    "wss://jetstream1.us-east.bsky.network",
    "wss://jetstream2.us-east.bsky.network",
    "wss://jetstream1.us-west.bsky.network",
    "wss://jetstream2.us-west.bsky.network",
];
/// 60 s: a server has been seen to fall silent with the socket open; hundreds of events a minute are usual.
const SILENCE: Duration = Duration::from_secs(60);
/// 5 s: servers drop and reorder events when they switch from replay to live.
const REWIND_MICROS: i64 = 5_000_000;
/// 10 minutes without any event do not happen on the public stream.
const GAP_AFTER: &str = "10m";
/// Collections that one connection may ask for.
const MOST_COLLECTIONS: usize = 100;
/// Profiles that one request may ask for.
const MOST_PROFILES: usize = 25;
/// First bytes of a frame compressed with a dictionary, which we never ask for.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

pub(super) const SPEC: Spec = Spec {
    name: "bluesky",
    aliases: &[],
    about: "every public post as it is written, by the Jetstream event stream",
    keys: &["hosts", "appview", "web", "cdn", "collections", "look_back", "gap_after"],
    secrets: &[],
    offer: Offer {
        can: &[Can::Stream, Can::Snapshot, Can::Backfill],
        look_back: "36 hours of the stream",
        deletes: Told::Stream,
        edits: Told::Stream,
        reread_batch: 25,
        absent: Absent::Gone,
        cost: "free, without a key",
        ..Offer::OPEN
    },
    dates: Dates::Arrival,
    build: |table| Ok(Box::new(Bluesky::build(super::section(table)?)?)),
};

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    /// WebSocket addresses of Jetstream servers, tried in turn.
    hosts: Vec<String>,
    /// The server that answers for profiles.
    appview: String,
    /// The site that links to posts and profiles lead to.
    web: String,
    /// The server of pictures.
    cdn: String,
    /// What to listen for.
    collections: Vec<String>,
    /// How far back a first start goes; servers hold about 36 hours. None: from now on.
    look_back: Option<String>,
    /// A jump in the stream longer than this is a gap. Raise it for a quiet network of one's own.
    gap_after: String,
}

impl Default for Section {
    fn default() -> Self {
        Section {
            hosts: HOSTS.map(str::to_owned).to_vec(),
            appview: "https://public.api.bsky.app".to_owned(),
            web: "https://bsky.app".to_owned(),
            cdn: "https://cdn.bsky.app".to_owned(),
            collections: vec![POST.to_owned(), PROFILE.to_owned()],
            look_back: None,
            gap_after: GAP_AFTER.to_owned(),
        }
    }
}

/// Bluesky, or another network of the AT Protocol, as a source.
#[derive(Debug)]
struct Bluesky {
    hosts: Vec<String>,
    appview: String,
    places: Places,
    collections: Vec<String>,
    look_back: Option<Duration>,
    gap_after: Duration,
}

impl Bluesky {
    fn build(section: Section) -> Result<Bluesky, BuildError> {
        let wrong = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let base = |key: &str, base: &str, schemes: [&str; 2]| {
            let address = url::Url::parse(base).ok();
            let fits =
                address.is_some_and(|address| schemes.contains(&address.scheme()) && address.has_host());
            let [plain, safe] = schemes;
            fits.then(|| base.trim_end_matches('/').to_owned())
                .ok_or_else(|| wrong(key, format!("`{base}` is no address with {safe}:// (or {plain}://)")))
        };
        let pause = |key: &str, text: &str| {
            duration(text).ok_or_else(|| {
                wrong(key, format!("`{text}` is no duration such as \"90s\", \"10m\", \"36h\", \"2d\""))
            })
        };
        let hosts = section.hosts.iter().map(|host| base("hosts", host, ["ws", "wss"]));
        let hosts = hosts.collect::<Result<Vec<_>, _>>()?;
        if hosts.is_empty() {
            return Err(wrong(
                "hosts",
                "needs at least one address; leave it out for the public ones".to_owned(),
            ));
        }
        let named =
            |name: &String| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '/');
        if section.collections.is_empty() || section.collections.len() > MOST_COLLECTIONS {
            return Err(wrong(
                "collections",
                format!("needs 1 to {MOST_COLLECTIONS} names such as `{POST}`"),
            ));
        }
        if let Some(name) = section.collections.iter().find(|name| !named(name)) {
            return Err(wrong(
                "collections",
                format!("`{name}` is no name such as `{POST}` or `app.bsky.feed.*`"),
            ));
        }
        let http = ["http", "https"];
        Ok(Bluesky {
            hosts,
            appview: base("appview", &section.appview, http)?,
            places: Places { web: base("web", &section.web, http)?, cdn: base("cdn", &section.cdn, http)? },
            collections: section.collections,
            look_back: section.look_back.map(|text| pause("look_back", &text)).transpose()?,
            gap_after: pause("gap_after", &section.gap_after)?,
        })
    }

    /// What a JSON message or answer says.
    fn tell(&self, value: Value, page: &mut Page) -> Result<(), ReadError> {
        let wrong = |what, detail: &str| ReadError::new(&NAME, what, detail);
        if let Value::Array(items) = value {
            return items.into_iter().try_for_each(|item| self.tell(item, page));
        }
        if value.get("kind").is_some_and(Value::is_string) {
            event::v1(value).map_err(|detail| wrong("an event", detail))?.tell(&self.places, page);
            return Ok(());
        }
        if text(&value, "/error").is_some() {
            return Err(wrong("an answer", &views::refusal(&value)));
        }
        if text(&value, "/$type") == Some("message") {
            let Value::Object(mut fields) = value else { return Ok(()) };
            return self.tell(fields.remove("payload").unwrap_or_default(), page);
        }
        if views::tell(&value, &self.places, page) || text(&value, "/type") == Some("options_update") {
            return Ok(());
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
    fn gap(&self, last: Time, first: Time, seen: Time) -> Option<Missed> {
        let away = seen.since(last) > DAY;
        let most = if away { self.gap_after / 10 } else { self.gap_after };
        (first > last.after(most)).then(|| Missed {
            from: last,
            to: first,
            reason: "the stream jumped over it: the server holds no events of that time".to_owned(),
        })
    }
}

impl Network for Bluesky {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let now_micros = now.0.saturating_mul(1000);
        let State { time_us } = Cursor::state(cursor);
        // A cursor in the future would be taken for "live", and what lies between would be lost.
        let stopped = (time_us > 0).then(|| time_us.min(now_micros).saturating_sub(REWIND_MICROS));
        let start = stopped.or_else(|| {
            let back = i64::try_from(self.look_back?.as_micros()).unwrap_or(i64::MAX);
            Some(now_micros.saturating_sub(back))
        });
        let mut query = form_urlencoded::Serializer::new(String::new());
        for collection in &self.collections {
            query.append_pair("wantedCollections", collection);
        }
        if let Some(start) = start.filter(|start| *start > 0) {
            query.append_pair("cursor", &start.to_string());
        }
        let path = format!("/subscribe?{}", query.finish());
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
        let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body);
        let mut page = Page::default();
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
                    self.tell(value, &mut page)?;
                }
            }
            _ if body.starts_with(&ZSTD) => {
                return Err(wrong("a compressed frame: the server must send plain ones"));
            }
            _ => {
                let frame = firehose::frame(body).map_err(|detail| wrong(&detail))?;
                frame.events.iter().for_each(|event| event.tell(&self.places, &mut page));
                page.missed = frame.missed;
            }
        }
        if answer.status >= 400 {
            return Err(wrong(&format!("status {} without a reason", answer.status)));
        }
        if let Some(until) = page.until {
            let State { time_us: last } = Cursor::state(cursor);
            let gap = (last > 0).then(|| self.gap(Time(last / 1000), until, answer.seen)).flatten();
            page.missed = gap.or(page.missed);
        }
        Ok(page)
    }

    fn profiles(&self, native_ids: &[String]) -> Option<Request> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for id in native_ids.iter().take(MOST_PROFILES) {
            query.append_pair("actors", id);
        }
        let query = query.finish();
        (!query.is_empty())
            .then(|| Request::get(format!("{}/xrpc/app.bsky.actor.getProfiles?{query}", self.appview)))
    }
}

/// A duration such as `90s`, `10m`, `36h` or `2d`.
fn duration(text: &str) -> Option<Duration> {
    let span = text.trim().parse::<jiff::Span>().ok()?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(length).ok().filter(|length| !length.is_zero())
}
