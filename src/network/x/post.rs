//! Posts of X in the words of version 2, both vocabularies.

use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::NAME;
use super::entity::{Entities, count, either, language, line, media, push_new, time, words};
use super::id::moment_of;
use super::user;
use crate::network::json::{id, list, text};
use crate::post::{Author, Counts, Kind, Post};

/// What an answer brings beside its posts, by identifier.
#[derive(Debug, Default)]
pub(super) struct Includes<'a> {
    users: HashMap<String, &'a Value>,
    media: HashMap<String, &'a Value>,
    polls: HashMap<String, &'a Value>,
    posts: HashMap<String, &'a Value>,
}

impl<'a> Includes<'a> {
    /// Those of an answer.
    pub(super) fn of(includes: &'a Value) -> Includes<'a> {
        let by = |name: &str, key: &str| -> HashMap<String, &'a Value> {
            list(includes, name).iter().filter_map(|one| Some((id(one, key)?, one))).collect()
        };
        let mut posts = by("tweets", "id");
        posts.extend(by("posts", "id"));
        Includes {
            users: by("users", "id"),
            media: by("media", "media_key"),
            polls: by("polls", "id"),
            posts,
        }
    }

    /// The author of a post: only an identifier when nothing more was brought.
    fn author(&self, value: &Value) -> Option<Author> {
        let native_id = id(value, "author_id")?;
        let known = self.users.get(&native_id).and_then(|user| user::author(user));
        Some(known.unwrap_or_else(|| Author { native_id, ..Author::default() }))
    }
}

/// A post and the identifier of the version that was read.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) post: Post,
    pub(super) id: String,
}

/// Whether a value is a post of version 2.
pub(super) fn is_post(value: &Value) -> bool {
    let written = value.get("text").is_some_and(Value::is_string) || note(value).is_some();
    let known = ["id", "author_id", "created_at", "public_metrics", "entities"];
    written && known.iter().any(|key| value.get(key).is_some())
}

/// The whole text of a long post.
fn note(value: &Value) -> Option<&Value> {
    either(value, &["note_tweet", "note_post"]).filter(|note| text(note, "text").is_some())
}

/// The identifiers of all versions of a post, oldest first.
pub(super) fn history(value: &Value) -> Vec<String> {
    let history = either(value, &["edit_history_tweet_ids", "edit_history_post_ids"]);
    let ids = history.and_then(Value::as_array).into_iter().flatten();
    ids.filter_map(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// A name for a post that came without one, made of what it says.
fn hash(value: &Value) -> String {
    let mut hasher = Sha256::new();
    for key in ["text", "author_id", "created_at"] {
        hasher.update(text(value, key).unwrap_or_default());
        hasher.update([0]);
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Reads one post.
pub(super) fn read(value: &Value, includes: &Includes<'_>) -> Version {
    let version = id(value, "id").unwrap_or_else(|| hash(value));
    let versions = history(value);
    // every edit has an identifier of its own; the first one stays the post's
    let first = versions.first().cloned().unwrap_or_else(|| version.clone());
    let mut post = Post::new(NAME, first);
    let written = time(value, "created_at").or_else(|| moment_of(&version));
    if version == post.native_id {
        post.published = written;
    } else {
        post.published = moment_of(&post.native_id).or(written);
        post.edited = written;
    }
    post.author = includes.author(value);
    let handle = post.author.as_ref().and_then(|author| author.handle.as_deref());
    post.permalink = Some(user::page_of_post(handle, &version));
    let long = note(value);
    post.text = words(long.and_then(|note| text(note, "text")).or_else(|| text(value, "text")).unwrap_or(""));
    post.title = value.get("article").and_then(|article| line(article, "title"));
    post.lang = language(value);
    post.root = id(value, "conversation_id");
    refer(value, &mut post);
    let metrics = value.get("public_metrics").unwrap_or(&Value::Null);
    post.counts = Counts {
        likes: count(metrics, &["like_count"]),
        reposts: count(metrics, &["retweet_count", "repost_count"]),
        replies: count(metrics, &["reply_count"]),
        quotes: count(metrics, &["quote_count"]),
        views: count(metrics, &["impression_count"]),
        ..Counts::default()
    };
    let mut entities = Entities::default();
    if let Some(original) = post.repost_of.as_ref().and_then(|id| includes.posts.get(id)) {
        let long = note(original);
        let whole = long.and_then(|note| text(note, "text")).or_else(|| text(original, "text"));
        if let Some(all) = passed_on(&post.text, &words(whole.unwrap_or_default())) {
            post.text = all;
            let of_note = long.and_then(|note| note.get("entities"));
            [of_note, original.get("entities")].into_iter().flatten().for_each(|found| entities.add(found));
        }
    }
    let of_note = long.and_then(|note| note.get("entities"));
    [of_note, value.get("entities")].into_iter().flatten().for_each(|found| entities.add(found));
    attach(value, includes, entities, &mut post);
    Version { post, id: version }
}

/// The words of a post that passes on another, with those of the other whole: X cuts them after 140 characters.
pub(super) fn passed_on(own: &str, whole: &str) -> Option<String> {
    let (who, cut) = own.split_once(": ")?;
    let start = cut.strip_suffix('…')?.trim_end();
    let goes_on = who.starts_with("RT @") && whole.len() > start.len() && whole.starts_with(start);
    goes_on.then(|| format!("{who}: {whole}"))
}

/// What the post answers, quotes or passes on.
fn refer(value: &Value, post: &mut Post) {
    let referred = either(value, &["referenced_tweets", "referenced_posts"]);
    for one in referred.and_then(Value::as_array).into_iter().flatten() {
        let place = match text(one, "type") {
            Some("replied_to") => &mut post.reply_to,
            Some("quoted") => &mut post.quote_of,
            Some("retweeted" | "reposted") => &mut post.repost_of,
            Some(_) | None => continue,
        };
        *place = id(one, "id");
    }
    // what it answered may be gone, and is not named then
    let elsewhere = post.root.as_ref().is_some_and(|root| *root != post.native_id);
    let answers = post.reply_to.is_some() || (elsewhere && id(value, "in_reply_to_user_id").is_some());
    post.kind = if post.repost_of.is_some() {
        Kind::Repost
    } else if answers {
        Kind::Reply
    } else if post.quote_of.is_some() {
        Kind::Quote
    } else {
        Kind::Post
    };
}

/// Links, tags, names, pictures, and the words beside the text: titles of linked pages, descriptions of
/// pictures, options of a poll.
fn attach(value: &Value, includes: &Includes<'_>, entities: Entities, post: &mut Post) {
    let attached = value.get("attachments").unwrap_or(&Value::Null);
    let named = |key: &str| list(attached, key).iter().filter_map(Value::as_str);
    let found = named("media_keys").filter_map(|key| includes.media.get(key));
    post.media = found.map(|found| media(found)).collect();
    let mut beside = entities.titles;
    push_new(&mut beside, post.media.iter().filter_map(|media| media.alt.clone()));
    for poll in named("poll_ids").filter_map(|key| includes.polls.get(key)) {
        push_new(&mut beside, list(poll, "options").iter().filter_map(|option| line(option, "label")));
    }
    post.summary = Some(beside.join("\n")).filter(|beside| !beside.is_empty());
    (post.links, post.hashtags, post.named_accounts) = (entities.links, entities.hashtags, entities.named);
}
