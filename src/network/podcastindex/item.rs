//! Episodes and podcasts as Podcast Index writes them.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::NAME;
use crate::html;
use crate::network::clean::{self, LINE, TEXT};
use crate::network::json::{self, id, list, number, text};
use crate::network::{ReadError, link};
use crate::post::{Account, Author, Kind, Media, Post};
use crate::time::Time;

/// Members of answers that hold neither episodes nor podcasts.
const SILENT: &[&str] = &["stats", "count", "value", "categories", "data"];

/// Everything found in one answer.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) posts: Vec<Post>,
    pub(super) accounts: Vec<Account>,
    /// Numbers of the episodes.
    pub(super) numbers: Vec<i64>,
    /// When the episodes were published, in seconds.
    pub(super) dates: Vec<i64>,
    /// When they were found, in seconds.
    pub(super) crawled: Vec<i64>,
}

impl Found {
    /// The date of the newest episode or podcast.
    pub(super) fn newest(&self) -> Option<i64> {
        self.dates.iter().copied().max()
    }
}

/// Reads an answer by its shape: `items` and `episodes` are episodes, `feeds` podcasts, or one of each.
pub(super) fn read(value: &Value) -> Result<Found, ReadError> {
    let mut found = Found::default();
    let mut known = value.get("status").is_some() && json::has_any(value, SILENT);
    for key in ["items", "episodes", "episode", "liveItems"] {
        let Some(held) = value.get(key) else { continue };
        known = true;
        let items = held.as_array().map_or(std::slice::from_ref(held), Vec::as_slice);
        if json::is_foreign(items, is_episode) {
            return Err(foreign());
        }
        items.iter().filter(|item| is_episode(item)).for_each(|item| found.episode(item));
    }
    for key in ["feeds", "feed"] {
        let Some(held) = value.get(key) else { continue };
        known = true;
        let items = held.as_array().map_or(std::slice::from_ref(held), Vec::as_slice);
        if json::is_foreign(items, |one| id(one, "id").or_else(|| id(one, "podcastGuid")).is_some()) {
            return Err(foreign());
        }
        found.accounts.extend(items.iter().filter_map(podcast));
    }
    if !known && is_episode(value) {
        known = true;
        found.episode(value);
    }
    if known { Ok(found) } else { Err(foreign()) }
}

fn foreign() -> ReadError {
    ReadError::new(&NAME, "episodes", "the answer has neither episodes nor podcasts")
}

fn is_episode(value: &Value) -> bool {
    let told = ["enclosureUrl", "datePublished", "guid", "feedId"].iter().any(|key| value.get(key).is_some());
    value.is_object() && told && value.get("newestItemPubdate").is_none()
}

fn line(value: &Value, key: &str) -> Option<String> {
    clean::some_line(&html::to_text(text(value, key)?), LINE)
}

fn address(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(value, key).and_then(link::kept))
}

fn seconds(value: &Value, key: &str) -> Option<i64> {
    number(value, key).filter(|seconds| *seconds > 0)
}

/// The page of a podcast at Podcast Index.
fn page(feed: &str) -> Option<String> {
    feed.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("https://podcastindex.org/podcast/{feed}"))
}

impl Found {
    fn episode(&mut self, value: &Value) {
        self.numbers.extend(number(value, "id"));
        self.dates.extend(seconds(value, "datePublished"));
        self.crawled.extend(seconds(value, "dateCrawled"));
        self.posts.push(episode(value));
    }
}

fn episode(value: &Value) -> Post {
    let mut post =
        Post::new(NAME, id(value, "id").or_else(|| id(value, "guid")).unwrap_or_else(|| hash(value)));
    let feed = id(value, "feedId");
    let here = || Some(format!("{}?episode={}", page(feed.as_deref()?)?, id(value, "id")?));
    post.permalink = address(value, &["link"]).or_else(here).or_else(|| address(value, &["enclosureUrl"]));
    post.kind = Kind::Article;
    post.author = author(value, feed.as_deref());
    post.title = line(value, "title");
    let markup = text(value, "description").unwrap_or_default();
    let body = html::read(markup);
    post.text = clean::text(&body.text, TEXT);
    post.html = link::markup(markup);
    post.links = body.links.iter().filter_map(|url| link::kept(url)).collect();
    post.lang = line(value, "feedLanguage").or_else(|| line(value, "language"));
    post.published = seconds(value, "datePublished").and_then(Time::from_seconds);
    // who takes part stands nowhere else in the text
    let people = list(value, "persons").iter().filter_map(|person| match line(person, "role") {
        Some(role) => line(person, "name").map(|name| format!("{name} ({role})")),
        None => line(person, "name"),
    });
    post.summary = Some(people.collect::<Vec<_>>().join("\n")).filter(|people| !people.is_empty());
    if let Some(url) = address(value, &["enclosureUrl"]) {
        post.media.push(Media { url: Some(url), kind: line(value, "enclosureType"), alt: None });
    }
    if let Some(url) = address(value, &["image"]) {
        post.media.push(Media { url: Some(url), kind: Some("image".to_owned()), alt: None });
    }
    post
}

/// The podcast of an episode stands for its author.
fn author(value: &Value, feed: Option<&str>) -> Option<Author> {
    let title = line(value, "feedTitle").or_else(|| line(value, "feedAuthor"));
    let native_id = feed.map(str::to_owned).or_else(|| title.clone())?;
    Some(Author {
        url: feed.and_then(page).or_else(|| address(value, &["feedUrl"])),
        native_id,
        display_name: title,
        avatar: address(value, &["feedImage"]),
        ..Author::default()
    })
}

/// A podcast as an account.
fn podcast(value: &Value) -> Option<Account> {
    let native_id = id(value, "id").or_else(|| id(value, "podcastGuid"))?;
    value.get("title")?; // a category has an `id` and a `name`
    let markup = text(value, "description").unwrap_or_default();
    let dead = number(value, "dead").is_some_and(|dead| dead > 0)
        || value.get("dead").and_then(Value::as_bool) == Some(true);
    let author = Author {
        url: address(value, &["link"]).or_else(|| page(&native_id)).or_else(|| address(value, &["url"])),
        native_id,
        display_name: line(value, "title"),
        bio: Some(clean::text(&html::read(markup).text, TEXT)).filter(|bio| !bio.is_empty()),
        avatar: address(value, &["artwork", "image"]),
        posts: json::many(value, "episodeCount"),
        ..Author::default()
    };
    Some(Account { network: NAME, author, status: dead.then(|| "dead".to_owned()), at: None })
}

/// A name for an episode that came without one.
fn hash(value: &Value) -> String {
    let mut hasher = Sha256::new();
    for key in ["enclosureUrl", "link", "title", "description"] {
        hasher.update(text(value, key).unwrap_or_default());
        hasher.update([0]);
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
