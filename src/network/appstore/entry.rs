//! Reviews of the feed in both of its forms, and apps as the store describes them.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{NAME, json as reading, xml};
use crate::network::clean::{self, LINE, TEXT};
use crate::network::json::{self, id, list, text};
use crate::network::{ReadError, Trouble, link};
use crate::post::{Account, Author, Counts, Kind, Post};
use crate::time::Time;

/// Everything found in one answer.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) posts: Vec<Post>,
    pub(super) accounts: Vec<Account>,
    /// Names of the reviews.
    pub(super) ids: Vec<String>,
    /// When they were last written, in milliseconds.
    pub(super) times: Vec<i64>,
    /// Whether it is a feed, not a look-up.
    pub(super) is_feed: bool,
}

/// Reads an answer. `app` is the app asked for, `called` what a person calls it.
pub(super) fn read(body: &[u8], app: Option<&str>, called: Option<&str>) -> Result<Found, ReadError> {
    let plain = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    let value = if plain.starts_with(b"<") {
        let text = String::from_utf8_lossy(plain);
        let entries = xml::entries(&text).ok_or_else(|| ReadError {
            trouble: Trouble::BlockPage,
            ..ReadError::new(&NAME, "reviews", "a web page came instead of the feed")
        })?;
        json!({ "feed": { "entry": entries } })
    } else {
        reading::parse(&NAME, "reviews", body)?
    };
    let mut found = Found::default();
    if let Some(feed) = value.get("feed").filter(|feed| feed.is_object()) {
        found.is_feed = true;
        // one entry comes alone, not in a list
        let entries = feed.get("entry");
        let entries =
            entries.map_or(&[][..], |held| held.as_array().map_or(std::slice::from_ref(held), Vec::as_slice));
        entries.iter().for_each(|entry| found.entry(entry, app, called));
    } else if value.get("results").is_some_and(Value::is_array) {
        found.accounts.extend(list(&value, "results").iter().filter_map(described));
    } else if value.get("data").is_some() {
        list(&value, "data").iter().for_each(|review| found.own(review));
    } else {
        let words = text(&value, "errorMessage").map(reading::few_words);
        return Err(match words {
            Some(words) => ReadError::refusal(&NAME, Trouble::BadQuery, format!("\"{words}\"")),
            None => ReadError::new(&NAME, "reviews", "the answer is neither a feed nor a list of apps"),
        });
    }
    Ok(found)
}

/// A value that may be wrapped in `label`.
fn label<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    let held = value.get(key)?;
    let plain = held.as_str().or_else(|| held.get("label")?.as_str());
    plain.map(str::trim).filter(|text| !text.is_empty())
}

fn attribute<'a>(value: &'a Value, key: &str, name: &str) -> Option<&'a str> {
    let held = value.get(key)?;
    let held = held.as_array().map_or(Some(held), |all| all.first())?;
    text(held.get("attributes")?, name)
}

fn line(value: &Value, key: &str) -> Option<String> {
    label(value, key).and_then(|text| clean::some_line(text, LINE))
}

fn number(value: &Value, key: &str) -> Option<i64> {
    label(value, key)?.parse().ok()
}

impl Found {
    fn entry(&mut self, entry: &Value, app: Option<&str>, called: Option<&str>) {
        // the feed begins with the app itself where it is of the older form
        if entry.get("im:rating").is_none() && entry.get("im:name").is_some() {
            self.accounts.extend(shelved(entry));
        } else if entry.is_object() {
            let post = review(entry, app, called);
            self.ids.push(post.native_id.clone());
            self.times.extend(post.published.map(|time| time.0));
            self.posts.push(post);
        }
    }

    /// A review of an app of one's own, as App Store Connect gives it.
    fn own(&mut self, review: &Value) {
        let Some(said) = review.get("attributes").filter(|said| said.get("rating").is_some()) else { return };
        let Some(id) = id(review, "id") else { return };
        let mut post = Post::new(NAME, id);
        post.kind = Kind::Review;
        post.author = line(said, "reviewerNickname").map(named);
        post.title = line(said, "title");
        post.text = clean::text(text(said, "body").unwrap_or_default(), TEXT);
        post.published = text(said, "createdDate").and_then(Time::parse);
        post.rating = stars(json::number(said, "rating"));
        self.posts.push(post);
    }
}

/// A reviewer who has nothing but a name.
fn named(name: String) -> Author {
    Author { native_id: name.clone(), display_name: Some(name), ..Author::default() }
}

fn stars(said: Option<i64>) -> Option<u8> {
    said.and_then(|stars| u8::try_from(stars).ok()).filter(|stars| (1..=5).contains(stars))
}

fn review(entry: &Value, app: Option<&str>, called: Option<&str>) -> Post {
    let native_id = label(entry, "id").map_or_else(|| hash(entry), str::to_owned);
    let mut post = Post::new(NAME, native_id);
    post.kind = Kind::Review;
    post.author = entry.get("author").and_then(reviewer);
    post.title = line(entry, "title");
    post.text = clean::text(label(entry, "content").unwrap_or_default(), TEXT);
    // the name of the app, so that a review that does not name it can be found
    post.summary = called.map(str::to_owned);
    post.published = label(entry, "updated").and_then(Time::parse);
    post.rating = stars(number(entry, "im:rating"));
    post.counts = Counts { score: number(entry, "im:voteSum"), ..Counts::default() };
    let shown = attribute(entry, "link", "href");
    post.permalink =
        shown.and_then(link::kept).or_else(|| post.author.as_ref().and_then(|author| author.url.clone()));
    let reviewed = app.map(str::to_owned).or_else(|| app_of(post.permalink.as_deref()?));
    post.named_accounts.extend(reviewed);
    post
}

/// The app that the address of a review names.
fn app_of(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok().filter(|url| url.path().ends_with("/review"))?;
    let id = url.query_pairs().find(|(key, _)| key == "id").map(|(_, value)| value.into_owned())?;
    id.bytes().all(|byte| byte.is_ascii_digit()).then_some(id)
}

/// Who wrote a review: the number stands in the address of all of their reviews.
fn reviewer(value: &Value) -> Option<Author> {
    let url = label(value, "uri").and_then(link::kept);
    let number = url.as_deref().and_then(|url| url.rsplit_once("/id")).map(|(_, id)| id.to_owned());
    let name = line(value, "name");
    let native_id = number.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
    let native_id = native_id.or_else(|| name.clone())?;
    Some(Author { native_id, display_name: name, url, ..Author::default() })
}

/// A name for a review that came without one.
fn hash(entry: &Value) -> String {
    let mut hasher = Sha256::new();
    let author = entry.get("author").and_then(|author| label(author, "name"));
    for part in [author, label(entry, "title"), label(entry, "content"), label(entry, "updated")] {
        hasher.update(part.unwrap_or_default());
        hasher.update([0]);
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn app_account(author: Author) -> Account {
    Account { network: NAME, author, status: None, at: None }
}

/// The app at the head of a feed.
fn shelved(entry: &Value) -> Option<Account> {
    let native_id = attribute(entry, "id", "im:id").or_else(|| label(entry, "id"))?.to_owned();
    let picture = list(entry, "im:image").last().and_then(|image| text(image, "label"));
    Some(app_account(Author {
        native_id,
        display_name: line(entry, "im:name"),
        bio: label(entry, "summary").map(|bio| clean::text(bio, TEXT)),
        avatar: picture.and_then(link::kept),
        url: label(entry, "id").or_else(|| attribute(entry, "link", "href")).and_then(link::kept),
        ..Author::default()
    }))
}

/// An app in the answer of a look-up or search.
fn described(value: &Value) -> Option<Account> {
    let native_id = id(value, "trackId")?;
    let picture = ["artworkUrl512", "artworkUrl100", "artworkUrl60"].iter().find_map(|key| text(value, key));
    Some(app_account(Author {
        native_id,
        handle: text(value, "bundleId").and_then(|name| clean::some_line(name, LINE)),
        display_name: line(value, "trackName"),
        bio: text(value, "description").map(|bio| clean::text(bio, TEXT)),
        avatar: picture.and_then(link::kept),
        url: text(value, "trackViewUrl").and_then(link::untracked),
        created: text(value, "releaseDate").and_then(Time::parse),
        ..Author::default()
    }))
}
