//! JSON Feed 1.0 and 1.1, read item by item so that a cut-off or endless feed gives what it holds.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use url::Url;

use super::date;
use super::entry::{Entry, Feed, Person, Words, resolve};
use super::tree::ITEMS;
use crate::network::clean;
use crate::post::{Kind, Media};

/// What was read, even when reading ended early.
#[derive(Default)]
struct Document {
    meta: serde_json::Map<String, Value>,
    items: Vec<Value>,
    beyond: usize,
    is_feed: bool,
    has_items: bool,
}

impl Document {
    /// Whether a document without the word of the format is a feed all the same: many others call a list `items`.
    fn reads_like_one(&self) -> bool {
        let words = ["content_html", "content_text"];
        self.has_items
            && (self.meta.keys().any(|key| matches!(key.as_str(), "title" | "home_page_url" | "feed_url"))
                || self.items.iter().any(|item| words.iter().any(|key| item.get(key).is_some())))
    }
}

/// What a JSON document is.
pub(super) enum Read {
    /// A feed.
    Feed(Box<Feed>),
    /// A directory's answer that says where the feed is.
    At(String),
    /// Something else.
    Other,
}

/// Understands a JSON feed.
pub(super) fn read(text: &str, address: Option<&Url>) -> Result<Read, serde_json::Error> {
    let mended = crate::network::json::half_characters(text.as_bytes());
    let mended = mended.and_then(|mended| String::from_utf8(mended).ok());
    let mut document = Document::default();
    let mut input = serde_json::Deserializer::from_str(mended.as_deref().unwrap_or(text));
    let end = Top(&mut document).deserialize(&mut input);
    if document.items.is_empty() {
        end?;
    }
    if document.is_feed || document.reads_like_one() {
        return Ok(Read::Feed(Box::new(feed(document, address))));
    }
    let results = document.meta.get("results").and_then(Value::as_array).into_iter().flatten();
    let found = results.filter_map(|result| said(result, "feedUrl")).next();
    Ok(found.map_or(Read::Other, Read::At))
}

struct Top<'a>(&'a mut Document);

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON Feed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "items" {
                self.0.has_items = true;
                map.next_value_seed(Items(self.0))?;
            } else if matches!(
                key.as_str(),
                "version"
                    | "title"
                    | "description"
                    | "home_page_url"
                    | "feed_url"
                    | "icon"
                    | "favicon"
                    | "language"
                    | "author"
                    | "authors"
                    | "hubs"
                    | "results"
            ) {
                let value: Value = map.next_value()?;
                self.0.is_feed |= value.as_str().is_some_and(|text| text.contains("jsonfeed.org"));
                self.0.meta.insert(key, value);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Items<'a>(&'a mut Document);

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of items")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while self.0.items.len() < ITEMS {
            match items.next_element::<Value>()? {
                Some(item) => self.0.items.push(item),
                None => return Ok(()),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {
            self.0.beyond = self.0.beyond.saturating_add(1);
        }
        Ok(())
    }
}

/// Most people read of one item.
const PEOPLE: usize = 20;

/// The text or number of a key.
fn said(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => clean::some_line(text, usize::MAX),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The author, and who else is named.
fn people(value: &Value, base: Option<&Url>) -> (Option<Person>, Vec<Person>) {
    let person = |one: &Value| {
        let name = said(one, "name").or_else(|| clean::some_line(one.as_str()?, clean::LINE));
        let uri = said(one, "url").and_then(|uri| resolve(base, &uri));
        let avatar = said(one, "avatar").and_then(|avatar| resolve(base, &avatar));
        Some(Person { avatar, ..Person::known(name, uri)? })
    };
    let mut all = list(value, "authors").filter_map(person).take(PEOPLE);
    match all.next() {
        Some(first) => (Some(first), all.collect()),
        None => (value.get("author").and_then(person), Vec::new()),
    }
}

fn feed(document: Document, address: Option<&Url>) -> Feed {
    let meta = Value::Object(document.meta);
    let own = said(&meta, "feed_url").and_then(|own| Url::parse(&own).ok());
    let address = address.cloned().or(own);
    let link = said(&meta, "home_page_url").and_then(|link| resolve(address.as_ref(), &link));
    let base = link.as_deref().and_then(|link| Url::parse(link).ok()).or(address);
    let lang = said(&meta, "language");
    let entries = document.items.iter().map(|item| entry(item, base.as_ref(), lang.as_deref())).collect();
    let hub = list(&meta, "hubs").find_map(|hub| {
        let kind = said(hub, "type").unwrap_or_default();
        said(hub, "url").filter(|_| kind.eq_ignore_ascii_case("websub"))
    });
    let (author, others) = people(&meta, base.as_ref());
    let image = said(&meta, "icon").or_else(|| said(&meta, "favicon"));
    Feed {
        title: said(&meta, "title"),
        about: said(&meta, "description").map(|about| clean::text(&about, clean::LINE)),
        image: image.and_then(|image| resolve(base.as_ref(), &image)),
        author,
        others,
        lang,
        link,
        entries,
        beyond: document.beyond,
        own: said(&meta, "feed_url"),
        hub,
        ..Feed::default()
    }
}

fn entry(item: &Value, base: Option<&Url>, lang: Option<&str>) -> Entry {
    let words = |key: &str, html: bool| {
        let raw = item.get(key)?.as_str()?.trim().to_owned();
        (!raw.is_empty()).then(|| Words { raw, html, base: base.cloned() })
    };
    let address = |key: &str| said(item, key).and_then(|link| resolve(base, &link));
    let (own, elsewhere) = (address("url"), address("external_url"));
    let mut media = Vec::new();
    for (key, kind) in [("image", "image"), ("banner_image", "image")] {
        let url = said(item, key).and_then(|url| resolve(base, &url));
        media.extend(url.map(|url| Media { url: Some(url), kind: Some(kind.to_owned()), alt: None }));
    }
    for attachment in list(item, "attachments") {
        let url = said(attachment, "url").and_then(|url| resolve(base, &url));
        let (kind, alt) = (said(attachment, "mime_type"), said(attachment, "title"));
        media.extend(url.map(|url| Media { url: Some(url), kind, alt }));
    }
    let (author, others) = people(item, base);
    let date = |key: &str| said(item, key).and_then(|text| date::read(&text, None));
    Entry {
        id: said(item, "id"),
        links: elsewhere.clone().filter(|_| own.is_some()).into_iter().collect(),
        link: own.or(elsewhere),
        title: words("title", false),
        text: words("content_html", true).or_else(|| words("content_text", false)),
        summary: words("summary", false),
        author,
        others,
        lang: said(item, "language").or_else(|| lang.map(str::to_owned)),
        published: date("date_published"),
        edited: date("date_modified"),
        media,
        kind: Kind::Article,
        categories: list(item, "tags").filter_map(|tag| tag.as_str().map(str::to_owned)).collect(),
        ..Entry::default()
    }
}
