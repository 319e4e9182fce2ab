//! Feeds: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed, each asked for only when it has changed.
//!
//! The reader is our own, over the error-tolerant tokenizer `xml5ever`, and not the crate
//! `feedparser-rs`: that one sits on a strict XML reader that stops at the first syntax error, knows
//! month names in English only, and rewrites markup; its answers would have needed a second pass over
//! the same XML for dates, broken feeds, bare `&` and declared entities, which is most of a reader.
//! It knows nothing of clocks, sockets or the store.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Answer, Ask, BuildError, Can, Cursor, Dates, Missed, Network, Offer, Page, ReadError, Request, Spec, Told,
};
use crate::post::{NetworkName, Post};
use crate::time::{DAY, Time};

mod date;
mod decode;
mod element;
mod entity;
mod entry;
mod json;
mod markup;
mod media;
mod page;
mod pause;
mod space;
mod tree;
mod xml;

const NAME: NetworkName = NetworkName::known("feed");
/// What a reader of this table accepts, most wanted first.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                      application/json;q=0.9, text/xml;q=0.8, */*;q=0.1";
/// Feeds of busy sites hold an hour of articles; a quarter of that loses none.
const PACE: Duration = Duration::from_secs(15 * 60);

pub(super) const SPEC: Spec = Spec {
    name: "feed",
    aliases: &["feeds"],
    about: "articles of any RSS, Atom or JSON feed, polled only when changed",
    keys: &["url", "every"],
    secrets: &[],
    offer: Offer {
        can: &[Can::AccountPosts],
        look_back: "what the feed lists now",
        edits: Told::Reread,
        cost: "free: one request a round",
        ..Offer::OPEN
    },
    dates: Dates::Author,
    build: |section| Ok(Box::new(Feed::build(section)?)),
};

/// The section of a feed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    url: Option<String>,
    every: Option<String>,
}

/// One feed, or none: without an address it only reads.
#[derive(Debug)]
struct Feed {
    url: Option<String>,
    every: Duration,
}

/// What is remembered of the last whole answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// The address that the validators belong to.
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
    /// The pause in seconds that the feed asked for, for the days when it says only "not modified".
    #[serde(skip_serializing_if = "Option::is_none")]
    pause: Option<u64>,
}

impl Feed {
    fn build(section: &toml::Table) -> Result<Feed, BuildError> {
        let Section { url, every } = super::section(section)?;
        let wrong = |key: &str, reason: &str| BuildError { key: key.to_owned(), reason: reason.to_owned() };
        if let Some(url) = &url {
            let web =
                Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if !web {
                return Err(wrong("url", "not a web address; it starts with https:// or http://"));
            }
        }
        let every = match every {
            None => PACE,
            Some(text) => {
                let read = text
                    .parse::<jiff::SignedDuration>()
                    .ok()
                    .and_then(|every| Duration::try_from(every).ok());
                let read = read.filter(|every| {
                    *every >= Duration::from_secs(60) && *every <= Duration::from_hours(24 * 7)
                });
                read.ok_or_else(|| {
                    wrong("every", "not a pause; write it like \"15m\" or \"2h\", from 1m to 168h")
                })?
            }
        };
        Ok(Feed { url, every })
    }

    /// The pause to ask for, when it is longer than the usual one.
    fn pause(&self, seconds: Option<u64>) -> Option<Duration> {
        let bounded = Duration::from_secs(seconds?.clamp(pause::SHORTEST, pause::LONGEST));
        (bounded > self.every).then_some(bounded)
    }
}

impl Network for Feed {
    fn ask(&self, cursor: Option<&Cursor>, _now: Time) -> Ask {
        let Some(url) = &self.url else { return Ask::Done };
        let state: State = Cursor::state(cursor);
        let mut request = Request::get(url.as_str()).header("accept", ACCEPT);
        // validators of another address mean nothing
        if state.url == *url {
            if let Some(etag) = state.etag {
                request = request.header("if-none-match", etag);
            }
            if let Some(last_modified) = state.last_modified {
                request = request.header("if-modified-since", last_modified);
            }
        }
        Ask::Fetch(request)
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let state: State = Cursor::state(cursor);
        match answer.status {
            304 => {
                let asked = [state.pause, pause::of_headers(answer)].into_iter().flatten().max();
                return Ok(Page { pause: self.pause(asked), ..Page::default() });
            }
            410 => {
                return Err(wrong(
                    "the address is gone for good (HTTP 410): remove this feed or find its new address",
                ));
            }
            status @ 300.. => return Err(wrong(format!("the server answered with HTTP status {status}"))),
            _ => {}
        }
        let feed = understand(answer)?;
        let asked = [feed.pause, pause::of_headers(answer)].into_iter().flatten().max();
        let validator =
            |name: &str| answer.header(name).map(str::to_owned).filter(|value| value.len() < 1_024);
        let state = State {
            url: answer.request.url.clone(),
            etag: validator("etag"),
            last_modified: validator("last-modified"),
            pause: asked.map(|seconds| seconds.min(pause::LONGEST)),
        };
        let posts = feed.posts(&NAME, answer.url());
        let missed = (feed.beyond > 0).then(|| {
            let oldest = posts.iter().filter_map(|post| post.published).min();
            Missed {
                from: oldest.unwrap_or(answer.seen.plus(-DAY)).min(answer.seen),
                to: answer.seen,
                reason: format!(
                    "the feed has {} more items than the {} that are read",
                    feed.beyond,
                    tree::ITEMS
                ),
            }
        });
        let cursor = Cursor::of(&state);
        let pause = self.pause([asked, feed.rest].into_iter().flatten().max());
        Ok(Page { posts, cursor, pause, missed, ..Page::default() })
    }

    fn pace(&self) -> Duration {
        self.every
    }
}

/// The entries of a feed as posts of `network`, in the order of the answer, for networks that speak in feeds.
pub(super) fn posts(network: &NetworkName, answer: &Answer) -> Result<Vec<Post>, ReadError> {
    match understand(answer) {
        Ok(feed) => Ok(feed.posts(network, answer.url())),
        Err(error) => Err(ReadError { network: network.clone(), ..error }),
    }
}

fn wrong(detail: impl std::fmt::Display) -> ReadError {
    ReadError::new(&NAME, "a feed", detail)
}

/// What the body says, by what it looks like: feeds come under every media type.
fn understand(answer: &Answer) -> Result<entry::Feed, ReadError> {
    let text = decode::text(&answer.body, answer.header("content-type"));
    let text =
        text.trim_start_matches(|one: char| one.is_whitespace() || one.is_control() || one == '\u{feff}');
    let address = address(answer);
    if text.is_empty() {
        return Err(wrong("the answer is empty"));
    }
    if text.starts_with('{') {
        return match json::read(text, address.as_ref()) {
            Ok(Some(feed)) => Ok(feed),
            Ok(None) => Err(wrong("JSON that is no JSON Feed: it has no items")),
            Err(error) => {
                Err(wrong(format!("broken JSON at line {}, column {}", error.line(), error.column())))
            }
        };
    }
    let text = entity::expand(text);
    let tree = tree::read(&text, address.as_ref());
    let root = tree.root.as_ref();
    let known = root.is_some_and(|root| matches!(root.name.as_str(), "rss" | "rdf" | "feed" | "channel"));
    if tree.items.is_empty() && !known {
        return Err(if page::is_page(&text) { web_page(&text, address.as_ref()) } else { nothing(&text) });
    }
    if tree.items.is_empty() && tree.cut {
        return Err(wrong("the feed is cut off before its first item"));
    }
    let lang = answer.header("content-language");
    Ok(xml::read(&tree, address.as_ref(), lang, answer.seen))
}

/// Where the document says it is, else where it was found.
fn address(answer: &Answer) -> Option<Url> {
    let found = Url::parse(answer.url()).ok().and_then(without_credentials);
    match (answer.header("content-location"), &found) {
        (Some(said), Some(found)) => found.join(said).ok(),
        (Some(said), None) => Url::parse(said).ok(),
        (None, _) => None,
    }
    .or(found)
}

/// The address without a name and a password: links made absolute with it are shown to people.
fn without_credentials(mut address: Url) -> Option<Url> {
    address.set_password(None).ok()?;
    address.set_username("").ok()?;
    Some(address)
}

fn web_page(text: &str, address: Option<&Url>) -> ReadError {
    match page::feed_of(text, address) {
        Some(feed) => wrong(format!("this is a web page, not a feed; it names a feed at {feed:.200}")),
        None => wrong("this is a web page, not a feed, and it names no feed"),
    }
}

fn nothing(text: &str) -> ReadError {
    let start: String = text.chars().filter(|one| !one.is_control()).take(40).collect();
    wrong(format!("neither RSS, Atom nor JSON Feed; it begins with \"{start}\""))
}
