//! What a server lets be seen and where it streams, by its own document (`/api/v2/instance`, or the first version).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::feed::Feed;
use crate::network::json::text;
use crate::time::{DAY, Time};

/// Who sees one half of a kind of feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// Everybody, and nobody else is known to be asked for.
    #[default]
    Public,
    /// People with an account on the server.
    Authenticated,
    /// Nobody.
    Disabled,
}

/// Who sees posts of the server's own people, and those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Halves {
    local: Level,
    remote: Level,
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Access {
    /// When it said so, in milliseconds.
    pub(super) at: i64,
    /// The timelines of all posts.
    live: Halves,
    /// The timelines of a hashtag.
    tags: Halves,
    /// The address of its streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) streaming: Option<String>,
    /// The name in the handles of its people, which may be another than that of its machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) domain: Option<String>,
}

/// The part of a feed that may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// Posts of the server's own people.
    Local,
    /// Posts of others.
    Remote,
}

impl Access {
    /// Of a server that does not tell: it is tried what it lets be seen.
    pub(super) fn unknown(at: Time) -> Access {
        Access { at: at.0, ..Access::default() }
    }

    /// Reads the document of a server; `None` when it is none.
    pub(super) fn read(value: &Value, at: Time) -> Option<Access> {
        text(value, "version")?;
        let settings = value.get("configuration").unwrap_or(&Value::Null);
        let urls = settings.get("urls").or_else(|| value.get("urls")).unwrap_or(&Value::Null);
        let feeds = settings.get("timelines_access").unwrap_or(&Value::Null);
        let halves = |key: &str| {
            let half = |side: &str| match feeds.pointer(&format!("/{key}/{side}")).and_then(Value::as_str) {
                Some("authenticated") => Level::Authenticated,
                Some("disabled") => Level::Disabled,
                Some(_) | None => Level::Public, // older servers do not say: trying tells
            };
            Halves { local: half("local"), remote: half("remote") }
        };
        let is_socket = |address: &&str| {
            Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "ws" | "wss" | "http" | "https"))
        };
        let streaming = text(urls, "streaming").or_else(|| text(urls, "streaming_api")).filter(is_socket);
        let name = text(value, "domain").or_else(|| text(value, "uri"));
        let name = name.map(|name| name.trim_start_matches("https://").trim_end_matches('/'));
        Some(Access {
            at: at.0,
            live: halves("live_feeds"),
            tags: halves("hashtag_feeds"),
            // some write the web address of what is a socket
            streaming: streaming.map(|url| url.trim_end_matches('/').replacen("http", "ws", 1)),
            domain: name.filter(|name| !name.contains('/')).map(str::to_owned),
        })
    }

    /// Whether the server has said so within a day.
    pub(super) fn is_fresh(&self, now: Time) -> bool {
        now.since(Time(self.at)).unsigned_abs() < DAY.unsigned_abs()
    }

    /// The part of a feed that may be asked for, or why none may; with it, what is left out.
    pub(super) fn part(&self, feed: &Feed, token: bool) -> Result<(Part, Option<String>), String> {
        let halves = match feed {
            Feed::Tag(_) => self.tags,
            Feed::Public | Feed::Local => self.live,
            Feed::Account(_) => return Ok((Part::Whole, None)),
            Feed::Search(_) if token => return Ok((Part::Whole, None)),
            Feed::Search(words) => {
                return Err(format!(
                    "searching for \"{words}\" needs the secret `token` of an account there"
                ));
            }
        };
        let open = |level: Level| level == Level::Public || (token && level == Level::Authenticated);
        let why = |level: Level, of: &str| match level {
            Level::Disabled => format!("the server has switched off {feed}{of}, for everybody"),
            Level::Authenticated | Level::Public => format!(
                "the server shows {feed}{of} only to people with an account there: set the secret `token`"
            ),
        };
        match (feed, open(halves.local), open(halves.remote)) {
            (Feed::Local, true, _) => Ok((Part::Local, None)),
            (Feed::Local, false, _) => Err(why(halves.local, "")),
            (_, true, true) => Ok((Part::Whole, None)),
            (_, true, false) => Ok((Part::Local, Some(why(halves.remote, " of other servers")))),
            (_, false, true) => Ok((Part::Remote, Some(why(halves.local, " of its own people")))),
            (_, false, false) => Err(why(halves.local, "")),
        }
    }
}
