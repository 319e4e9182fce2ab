//! The section of a feed: one address, or one of the named shortcuts, and how often it is asked.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{find, shortcut};
use crate::network::{BuildError, Key};

/// Feeds of busy sites hold an hour of articles; a quarter of that loses none.
const PACE: Duration = Duration::from_secs(15 * 60);

/// The keys of the section.
pub(super) const KEYS: &[&str] = &[
    "url",
    "google_news",
    "edition",
    "google_alerts",
    "youtube_channel",
    "youtube_playlist",
    "reddit",
    "reddit_search",
    "releases",
    "discourse",
    "mastodon_tag",
    "base_url",
    "every",
];

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    /// A secret when it comes from the environment: private feeds have their key in the address.
    url: Option<Key>,
    google_news: Option<String>,
    edition: Option<String>,
    google_alerts: Option<Key>,
    youtube_channel: Option<String>,
    youtube_playlist: Option<String>,
    reddit: Option<String>,
    reddit_search: Option<String>,
    releases: Option<String>,
    discourse: Option<String>,
    mastodon_tag: Option<String>,
    base_url: Option<String>,
    every: Option<String>,
}

/// Where a feed is, and how often it is asked.
#[derive(Clone)]
pub(super) struct Place {
    /// What is asked first; it may be a secret, or a page that leads to the feed.
    pub(super) address: Option<String>,
    /// Whether the address holds a key of its reader, so that no other may be remembered or shown.
    pub(super) secret: bool,
    /// Which of the keys said so.
    pub(super) said: &'static str,
    pub(super) every: Duration,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Place({}, every {:?})", self.said, self.every)
    }
}

pub(super) fn wrong(key: &str, reason: impl Into<String>) -> BuildError {
    BuildError { key: key.to_owned(), reason: reason.into() }
}

/// Reads the section.
pub(super) fn read(table: &toml::Table) -> Result<Place, BuildError> {
    let section: Section = crate::network::section(table)?;
    let every = section.every.as_deref().map_or(Ok(PACE), pace)?;
    let base = section.base_url.as_deref().map(|base| web("base_url", base)).transpose()?;
    let all = [
        ("url", section.url.as_ref().map(Key::reveal)),
        ("google_news", section.google_news.as_deref()),
        ("google_alerts", section.google_alerts.as_ref().map(Key::reveal)),
        ("youtube_channel", section.youtube_channel.as_deref()),
        ("youtube_playlist", section.youtube_playlist.as_deref()),
        ("reddit", section.reddit.as_deref()),
        ("reddit_search", section.reddit_search.as_deref()),
        ("releases", section.releases.as_deref()),
        ("discourse", section.discourse.as_deref()),
        ("mastodon_tag", section.mastodon_tag.as_deref()),
    ];
    let given: Vec<(&'static str, &str)> =
        all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    // a search may be held to one place
    let said = match given.as_slice() {
        [] => None,
        [one] => Some(*one),
        [("reddit", _), (search @ "reddit_search", words)] => Some((*search, *words)),
        [(first, _), (second, _), ..] => {
            return Err(wrong(
                second,
                format!(
                    "`{first}` says already which feed this is; keep one, and make another [[source]] of the other"
                ),
            ));
        }
    };
    let key = said.map_or("", |(key, _)| key);
    if section.edition.is_some() && key != "google_news" {
        return Err(wrong(
            "edition",
            "only `google_news` has editions; remove it, or search with `google_news`",
        ));
    }
    if base.is_some() && matches!(key, "" | "url" | "google_alerts") {
        return Err(wrong(
            "base_url",
            "only the named feeds have a site that may be another, such as `releases`; `url` is whole by itself",
        ));
    }
    let Some((said, value)) = said else {
        return Ok(Place { address: None, secret: false, said: "", every });
    };
    let value = value.trim();
    let base = base.as_ref();
    let address = match said {
        "url" => whole(value)?,
        "google_news" => shortcut::google_news(value, section.edition.as_deref(), base)?,
        "google_alerts" => shortcut::google_alerts(value)?,
        "youtube_channel" => shortcut::youtube_channel(value, base)?,
        "youtube_playlist" => shortcut::youtube_playlist(value, base)?,
        "reddit" => shortcut::reddit(value, base)?,
        "reddit_search" => shortcut::reddit_search(value, section.reddit.as_deref(), base)?,
        "releases" => shortcut::releases(value, base)?,
        "discourse" => shortcut::discourse(value, base)?,
        _ => shortcut::mastodon_tag(value, base)?,
    };
    let secret = Url::parse(&address).is_ok_and(|url| find::is_secret(&url));
    Ok(Place { address: Some(address), secret, said, every })
}

/// An address written whole, made the feed's own where the site is one whose feeds have known addresses.
fn whole(value: &str) -> Result<String, BuildError> {
    let plain = value.strip_prefix("feed://").map(|rest| format!("https://{rest}"));
    let value = plain.as_deref().unwrap_or_else(|| value.strip_prefix("feed:").unwrap_or(value));
    let url = web("url", value)?;
    Ok(find::known(&url).unwrap_or_else(|| value.to_owned()))
}

/// A web address.
pub(super) fn web(key: &str, value: &str) -> Result<Url, BuildError> {
    let url = Url::parse(value.trim()).ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| wrong(key, "not a web address; it starts with https:// or http://"))
}

fn pace(text: &str) -> Result<Duration, BuildError> {
    let every = text.parse::<jiff::SignedDuration>().ok().and_then(|every| Duration::try_from(every).ok());
    every
        .filter(|every| *every >= Duration::from_secs(60) && *every <= Duration::from_hours(24 * 7))
        .ok_or_else(|| wrong("every", "not a pause; write it like \"15m\" or \"2h\", from 1m to 168h"))
}
