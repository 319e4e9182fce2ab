//! The section of a Bluesky source.

use std::time::Duration;

use serde::Deserialize;

use super::Bluesky;
use super::record::{POST, PROFILE, Places};
use crate::network::{BuildError, Key};

/// The public servers of Jetstream; a time cursor is good on each.
const HOSTS: [&str; 4] = [
    "wss://jetstream1.us-east.bsky.network",
    "wss://jetstream2.us-east.bsky.network",
    "wss://jetstream1.us-west.bsky.network",
    "wss://jetstream2.us-west.bsky.network",
];
/// 10 minutes without any event do not happen on the public stream.
const GAP_AFTER: &str = "10m";
/// Collections that one connection may ask for.
const MOST_COLLECTIONS: usize = 100;

/// A version of Jetstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// That of `/subscribe`.
    One,
    /// That of `subscribeEvents`.
    Two,
}

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
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
    /// The version of Jetstream that the hosts speak.
    jetstream: u8,
    /// The server of the account, for searching.
    service: String,
    /// What to search for, through the account.
    search: Vec<String>,
    /// Whether to listen; otherwise only searches are made.
    streaming: bool,
    identifier: Option<Key>,
    password: Option<Key>,
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
            jetstream: 1,
            service: "https://bsky.social".to_owned(),
            search: Vec::new(),
            streaming: true,
            identifier: None,
            password: None,
        }
    }
}

impl Section {
    /// The source that the section describes.
    pub(super) fn build(self) -> Result<Bluesky, BuildError> {
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
        let hosts = self.hosts.iter().map(|host| base("hosts", host, ["ws", "wss"]));
        let hosts = hosts.collect::<Result<Vec<_>, _>>()?;
        if hosts.is_empty() {
            return Err(wrong(
                "hosts",
                "needs at least one address; leave it out for the public ones".to_owned(),
            ));
        }
        let named =
            |name: &String| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '/');
        if self.collections.is_empty() || self.collections.len() > MOST_COLLECTIONS {
            return Err(wrong(
                "collections",
                format!("needs 1 to {MOST_COLLECTIONS} names such as `{POST}`"),
            ));
        }
        if let Some(name) = self.collections.iter().find(|name| !named(name)) {
            return Err(wrong(
                "collections",
                format!("`{name}` is no name such as `{POST}` or `app.bsky.feed.*`"),
            ));
        }
        let version = match self.jetstream {
            1 => Version::One,
            2 => Version::Two,
            other => return Err(wrong("jetstream", format!("`{other}` is neither 1 nor 2"))),
        };
        if self.search.iter().any(|words| words.trim().is_empty()) {
            return Err(wrong("search", "has an empty entry".to_owned()));
        }
        let http = ["http", "https"];
        Ok(Bluesky {
            hosts,
            appview: base("appview", &self.appview, http)?,
            places: Places { web: base("web", &self.web, http)?, cdn: base("cdn", &self.cdn, http)? },
            collections: self.collections,
            look_back: self.look_back.map(|text| pause("look_back", &text)).transpose()?,
            gap_after: pause("gap_after", &self.gap_after)?,
            version,
            service: base("service", &self.service, http)?,
            search: self.search.iter().map(|words| words.trim().to_owned()).collect(),
            streaming: self.streaming,
            account: self.identifier.zip(self.password),
            shapes: super::shape::Shapes::default(),
        })
    }
}

/// A duration such as `90s`, `10m`, `36h` or `2d`.
fn duration(text: &str) -> Option<Duration> {
    let span = text.trim().parse::<jiff::Span>().ok()?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(length).ok().filter(|length| !length.is_zero())
}
