//! Lines of JSON: Vigie's own forms (captures, exports, what is pushed), and any other object as named values.

use serde_json::{Map, Value};

use super::dates::Dates;
use super::row::{self, Item};
use crate::html;
use crate::locale;
use crate::network::capture::{self, Recorded};
use crate::network::mend_json;
use crate::post::{Author, Counts, Kind, Media, Post};
use crate::time::Time;

/// Objects inside objects deeper than this are left out of named values.
const DEEP: usize = 4;
/// Named values of one line; a line with more is no post.
const NAMES: usize = 500;

/// One line, as far as its form is known.
#[derive(Debug)]
pub(super) enum Line {
    /// One of Vigie's own forms, understood.
    Own(Box<Item>),
    /// Another object, as named values: `user.name` for a value inside an object.
    Other(Vec<(String, String)>),
}

/// Reads one line. `recorded` holds the networks whose recorded answers came before.
///
/// # Errors
/// When it is no JSON object, or one of Vigie's own forms with a fault.
pub(super) fn read(line: &[u8], recorded: &mut Recorded, dates: &Dates) -> Result<Line, String> {
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        // Half a character, which JavaScript lets through.
        Err(error) => mend_json(line)
            .and_then(|mended| serde_json::from_slice(&mended).ok())
            .ok_or_else(|| format!("it is no JSON ({}, at column {})", category(&error), error.column()))?,
    };
    let Value::Object(object) = value else {
        return Err("it is no JSON object".to_owned());
    };
    let marks = |key: &str| object.get(key).is_some_and(|value| value.get("network").is_some());
    let is_marked = ["delete", "edit", "account"].into_iter().any(marks);
    if is_marked || (object.contains_key("answer") && object.contains_key("network")) {
        let read = capture::read_line(line, recorded).map_err(|error| {
            let why = std::error::Error::source(&error).map(ToString::to_string);
            why.unwrap_or_else(|| error.to_string())
        })?;
        if let Some(error) = read.unread {
            return Err(error.to_string());
        }
        // An edit counts when it was seen.
        let counted = read.seen.filter(|_| !read.page.edits.is_empty());
        return Ok(Line::Own(Box::new(Item { page: read.page, counted, ..Item::default() })));
    }
    let has = |keys: &[&str]| keys.iter().any(|key| object.get(*key).is_some_and(|value| !value.is_null()));
    if object.get("network").is_some_and(Value::is_string) && has(&["text", "title", "html", "summary"]) {
        return own(&object, dates).map(|item| Line::Own(Box::new(item)));
    }
    let mut names = Vec::new();
    let inner = object.get("data").and_then(Value::as_object).unwrap_or(&object);
    flatten("", inner, 0, &mut names);
    Ok(Line::Other(names))
}

/// What is wrong with JSON, in few words.
fn category(error: &serde_json::Error) -> &'static str {
    if error.is_eof() { "it is cut off" } else { "a sign stands where none can" }
}

/// A post as captures and exports of Vigie write it.
fn own(object: &Map<String, Value>, dates: &Dates) -> Result<Item, String> {
    let of = Object { object, dates };
    let network = of.text(&["network"]).filter(|name| !name.trim().is_empty()).ok_or("network is empty")?;
    let mut post = Post::new(row::name(&network), String::new());
    post.permalink = of.text(&["permalink", "url"]);
    post.author = of.author()?;
    post.title = of.text(&["title"]);
    post.text = of.text(&["text"]).unwrap_or_default();
    post.summary = of.text(&["summary"]);
    post.html = of.text(&["html"]);
    // our own exports tell the settled language apart
    let declared = if object.contains_key("declared_lang") { "declared_lang" } else { "lang" };
    post.lang = of.text(&[declared]);
    post.country = of.text(&["country"]).and_then(|said| locale::country(&said)).map(str::to_owned);
    post.published = of.moment(&["published", "created_at"])?;
    post.edited = of.moment(&["edited", "edited_at"])?;
    post.kind = match of.text(&["kind"]) {
        Some(kind) => {
            kind_named(&kind).ok_or_else(|| format!("kind: \"{kind:.40}\" is none that is known here"))?
        }
        None => Kind::default(),
    };
    post.reply_to = of.text(&["reply_to"]);
    post.repost_of = of.text(&["repost_of"]);
    post.quote_of = of.text(&["quote_of"]);
    post.root = of.text(&["root"]);
    post.counts = of.counts();
    post.rating = of.count(&["rating"]).and_then(|stars| u8::try_from(stars).ok());
    post.media = of.media();
    post.links = of.texts("links");
    post.hashtags = of.texts("hashtags");
    post.named_accounts = of.texts("named_accounts");
    if let Some(markup) = post.html.as_deref().filter(|_| post.text.is_empty()) {
        let plain = html::read(markup);
        post.text = plain.text;
        post.links.extend(plain.links);
    }
    // The id of an exported mention is its number; the post's own stands beside it.
    let id = of.text(&["native_id", "id"]).filter(|id| !id.is_empty());
    post.native_id = match id {
        Some(id) => id,
        None => row::made_id(&post, post.permalink.as_deref()),
    };
    let (seen, counted) = if object.contains_key("counted") {
        (of.moment(&["seen"])?, of.moment(&["counted"])?)
    } else if post.published.is_none() {
        let seen = of.moment(&["seen_at", "seen"])?;
        (seen, seen)
    } else {
        (None, None)
    };
    Ok(Item { seen, counted, ..Item::post(post) })
}

/// A kind by its word here.
fn kind_named(word: &str) -> Option<Kind> {
    serde_json::from_value(Value::String(word.to_owned())).ok()
}

/// An object whose values are looked up under several names.
struct Object<'a> {
    object: &'a Map<String, Value>,
    dates: &'a Dates,
}

impl Object<'_> {
    fn value(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| self.object.get(*name).filter(|value| !value.is_null()))
    }

    /// A text; a number is taken as it is written.
    fn text(&self, names: &[&str]) -> Option<String> {
        word(self.value(names)?)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let list = self.object.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(word).collect()
    }

    fn count(&self, names: &[&str]) -> Option<i64> {
        let value = self.value(names)?;
        value.as_i64().or_else(|| row::count(value.as_str()?))
    }

    fn moment(&self, names: &[&str]) -> Result<Option<Time>, String> {
        let Some(text) = self.text(names) else { return Ok(None) };
        if let Some(time) = Time::parse(&text) {
            return Ok(Some(time));
        }
        let name = names.iter().find(|name| self.object.contains_key(**name)).copied().unwrap_or_default();
        self.dates.read(&text).map(Some).map_err(|why| format!("{name}: {why}"))
    }

    fn author(&self) -> Result<Option<Author>, String> {
        let object = match self.value(&["author"]) {
            None => return Ok(None),
            Some(Value::Object(object)) => object,
            Some(other) => {
                let name = word(other).filter(|name| !name.is_empty());
                let handle = |name: &str| Some(name.trim_start_matches('@').to_owned());
                return Ok(name.map(|name| Author {
                    handle: handle(&name),
                    native_id: name,
                    ..Author::default()
                }));
            }
        };
        let of = Object { object, dates: self.dates };
        let handle = of.text(&["handle"]).map(|handle| handle.trim_start_matches('@').to_owned());
        let display_name = of.text(&["display_name", "name"]);
        let id = of.text(&["native_id", "id"]).or_else(|| handle.clone()).or_else(|| display_name.clone());
        let Some(native_id) = id.filter(|id| !id.is_empty()) else { return Ok(None) };
        let whole = |names: &[&str]| of.count(names).and_then(|count| u64::try_from(count).ok());
        let flag = |name: &str| of.object.get(name).and_then(Value::as_bool);
        Ok(Some(Author {
            native_id,
            handle,
            display_name,
            bio: of.text(&["bio"]),
            avatar: of.text(&["avatar"]),
            url: of.text(&["url"]),
            followers: whole(&["followers"]),
            posts: whole(&["posts"]),
            created: of.moment(&["created", "created_at"])?,
            verified: flag("verified"),
            bot: flag("bot"),
            quiet: flag("quiet"),
            lang: of.text(&["lang", "language"]),
            verified_links: of.texts("verified_links"),
        }))
    }

    fn counts(&self) -> Counts {
        let inner = self.object.get("counts").and_then(Value::as_object);
        let of = Object { object: inner.unwrap_or(self.object), dates: self.dates };
        Counts {
            likes: of.count(&["likes"]),
            reposts: of.count(&["reposts"]),
            replies: of.count(&["replies"]),
            quotes: of.count(&["quotes"]),
            score: of.count(&["score"]),
            views: of.count(&["views"]),
        }
    }

    fn media(&self) -> Vec<Media> {
        let list = self.object.get("media").and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|one| match one {
            Value::String(url) => Some(Media { url: Some(url.clone()), ..Media::default() }),
            Value::Object(_) => serde_json::from_str(&one.to_string()).ok(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        })
        .collect()
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The values of an object with their names, those inside objects behind a point.
fn flatten(prefix: &str, object: &Map<String, Value>, depth: usize, into: &mut Vec<(String, String)>) {
    for (key, value) in object {
        if into.len() >= NAMES {
            return;
        }
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Object(inner) if depth < DEEP => flatten(&name, inner, depth + 1, into),
            Value::Array(list) => {
                let words: Vec<String> = list.iter().filter_map(word).collect();
                if !words.is_empty() {
                    into.push((name, words.join(" ")));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                into.extend(word(value).map(|word| (name, word)));
            }
        }
    }
}
