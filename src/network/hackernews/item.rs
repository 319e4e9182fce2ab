//! Items and people of Hacker News, as Algolia's search and as the Firebase service write them.

use serde_json::Value;

use super::NAME;
use crate::html;
use crate::network::json::{id, list, number, text};
use crate::network::{Page, ReadError};
use crate::post::{Account, Author, Counts, Deletion, Gone, Kind, Post};
use crate::time::Time;

const SITE: &str = "https://news.ycombinator.com";

/// Takes in one value by its shape: an item with everything below it, a person, or lists of numbers.
pub(super) fn read(value: &Value, page: &mut Page) -> Result<(), ReadError> {
    match value {
        // an item that does not exist yet, `maxitem`, numbers of the newest stories
        Value::Null | Value::Number(_) => {}
        Value::Array(all) => {
            for one in all {
                read(one, page)?;
            }
        }
        Value::Object(_) if is_person(value) => page.accounts.extend(person(value)),
        Value::Object(_) if is_item(value) => item(value, page),
        Value::Object(fields) if fields.contains_key("items") && fields.contains_key("profiles") => {}
        Value::Object(_) | Value::String(_) | Value::Bool(_) => {
            return Err(ReadError::new(&NAME, "items", "it is neither an item nor a person of Hacker News"));
        }
    }
    Ok(())
}

/// When an item was written, in seconds.
pub(super) fn seconds(value: &Value) -> Option<i64> {
    number(value, "created_at_i")
        .or_else(|| number(value, "time"))
        .or_else(|| Time::parse(value.get("created_at")?.as_str()?).map(|time| time.0.div_euclid(1000)))
}

fn is_person(value: &Value) -> bool {
    value.get("karma").is_some() || (text(value, "id").is_some() && number(value, "created").is_some())
}

fn is_item(value: &Value) -> bool {
    id(value, "objectID").is_some()
        || (id(value, "id").is_some()
            && ["type", "deleted", "dead", "by", "author", "title", "text"]
                .iter()
                .any(|key| value.get(key).is_some()))
}

fn person(value: &Value) -> Option<Account> {
    let name = text(value, "username").or_else(|| text(value, "id"))?;
    let mut author = author(name);
    author.bio = text(value, "about").map(html::to_text).filter(|bio| !bio.is_empty());
    author.created = number(value, "created").or_else(|| seconds(value)).and_then(Time::from_seconds);
    Some(Account { network: NAME, author, status: None, at: None })
}

fn author(name: &str) -> Author {
    Author {
        native_id: name.to_owned(),
        handle: Some(name.to_owned()),
        url: Some(format!("{SITE}/user?id={name}")),
        ..Author::default()
    }
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool) == Some(true)
}

/// What an item is: Firebase says `type`, the search says it among the tags.
fn is_a(value: &Value, kind: &str) -> bool {
    text(value, "type") == Some(kind) || list(value, "_tags").iter().any(|tag| tag == kind)
}

/// Titles are plain in the search and HTML in Firebase, where `<` never starts a tag.
fn title(value: &Value) -> Option<String> {
    text(value, "title").map(html::decode).filter(|title| !title.is_empty())
}

fn item(value: &Value, page: &mut Page) {
    let Some(native_id) = id(value, "objectID").or_else(|| id(value, "id")) else { return };
    let by = text(value, "author").or_else(|| text(value, "by"));
    let written = ["comment_text", "story_text", "text"].iter().find_map(|key| text(value, key));
    let title = title(value);
    let emptied = by.is_none() && written.is_none() && title.is_none();
    if flag(value, "deleted") || flag(value, "dead") || emptied {
        page.deletions.push(Deletion { network: NAME, gone: Gone::Post(native_id), at: None });
    } else {
        page.posts.push(post(value, native_id, by, written, title));
    }
    for child in list(value, "children").iter().filter(|child| child.is_object() && is_item(child)) {
        item(child, page); // as deep as the JSON parser lets it be: 128 levels
    }
}

/// The story that the tags of a search's hit name.
fn story(value: &Value, own: &str) -> Option<String> {
    let named = list(value, "_tags").iter().filter_map(|tag| tag.as_str()?.strip_prefix("story_"));
    named.filter(|id| *id != own).map(str::to_owned).next()
}

fn post(
    value: &Value,
    native_id: String,
    by: Option<&str>,
    written: Option<&str>,
    title: Option<String>,
) -> Post {
    let body = written.map(html::read).unwrap_or_default();
    let mut post = Post::new(NAME, native_id);
    post.permalink = Some(format!("{SITE}/item?id={}", post.native_id));
    post.author = by.map(author);
    post.title = title;
    post.text = body.text;
    post.html = written.map(str::to_owned);
    post.published = seconds(value).and_then(Time::from_seconds);
    post.links = text(value, "url").map(str::to_owned).into_iter().collect();
    post.links.extend(body.links);
    let under = |key: &str| id(value, key).filter(|id| *id != post.native_id);
    let parent = under("parent_id").or_else(|| under("parent")).or_else(|| under("poll"));
    // items in a tree do not always say what they are: what has a parent is a comment
    if is_a(value, "comment") || is_a(value, "pollopt") || parent.is_some() {
        post.kind = Kind::Comment;
        post.root = under("story_id").or_else(|| under("poll")).or_else(|| story(value, &post.native_id));
        post.reply_to = parent.or_else(|| post.root.clone());
    }
    post.counts = Counts {
        score: number(value, "points").or_else(|| number(value, "score")),
        replies: number(value, "num_comments").or_else(|| number(value, "descendants")),
        ..Counts::default()
    };
    post
}
