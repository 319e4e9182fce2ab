//! Posts of X in the words of version 1.1, which old recordings and exports hold.

use serde_json::Value;

use super::NAME;
use super::entity::{Entities, count, language, media, time, words};
use super::id::moment_of;
use super::user::{self, id_of};
use crate::html;
use crate::network::json::{id, list, text};
use crate::network::link;
use crate::post::{Author, Counts, Kind, Post};

/// How deep posts are looked for inside others: a repost of a quote is two.
const DEPTH: u8 = 4;

/// Whether a value is a status of version 1.1.
pub(super) fn is_status(value: &Value) -> bool {
    let body = ["text", "full_text"].iter().any(|key| value.get(key).is_some_and(Value::is_string));
    let old =
        ["user", "id_str", "favorited", "retweeted", "in_reply_to_status_id", "in_reply_to_screen_name"];
    body && id_of(value).is_some() && old.iter().any(|key| value.get(key).is_some())
}

/// The statuses nested in this one: what it passes on or quotes.
pub(super) fn nested(value: &Value, depth: u8, found: &mut Vec<Post>) {
    for inner in ["retweeted_status", "quoted_status"].iter().filter_map(|key| value.get(key)) {
        if is_status(inner) && depth < DEPTH {
            found.extend(read(inner, None));
            nested(inner, depth.saturating_add(1), found);
        }
    }
}

fn related(value: &Value, key: &str) -> Option<String> {
    id(value, &format!("{key}_id_str")).or_else(|| id(value, &format!("{key}_id")))
}

/// Reads one status; `by` wrote it where it does not say so itself.
pub(super) fn read(value: &Value, by: Option<&Author>) -> Option<Post> {
    // the whole of a long status stands beside its beginning
    let whole = value.get("extended_tweet").filter(|whole| whole.is_object());
    let body = whole.unwrap_or(value);
    let mut post = Post::new(NAME, id_of(value)?);
    post.author = value.get("user").and_then(user::author).or_else(|| by.cloned());
    let handle = post.author.as_ref().and_then(|author| author.handle.as_deref());
    post.permalink = Some(user::page_of_post(handle, &post.native_id));
    let written =
        text(body, "full_text").or_else(|| text(value, "full_text")).or_else(|| text(value, "text"));
    post.text = words(written.unwrap_or_default());
    post.lang = language(value);
    post.published = time(value, "created_at").or_else(|| moment_of(&post.native_id));
    post.reply_to = related(value, "in_reply_to_status");
    post.repost_of = value.get("retweeted_status").and_then(id_of);
    post.quote_of = related(value, "quoted_status").or_else(|| value.get("quoted_status").and_then(id_of));
    if post.repost_of.is_some() {
        post.quote_of = None; // that of the status passed on
        post.kind = Kind::Repost;
    } else if post.reply_to.is_some() {
        post.kind = Kind::Reply;
    } else if post.quote_of.is_some() {
        post.kind = Kind::Quote;
    }
    post.counts = Counts {
        likes: count(value, &["favorite_count", "favourite_count"]),
        reposts: count(value, &["retweet_count"]),
        replies: count(value, &["reply_count"]),
        quotes: count(value, &["quote_count"]),
        ..Counts::default()
    };
    let mut entities = Entities::default();
    let original = value.get("retweeted_status").and_then(|original| read(original, None));
    if let Some(original) = original
        && let Some(whole) = super::post::passed_on(&post.text, &original.text)
    {
        post.text = whole;
        (entities.links, entities.hashtags, entities.named) =
            (original.links, original.hashtags, original.named_accounts);
    }
    let plain = body.get("entities").or_else(|| value.get("entities")).unwrap_or(&Value::Null);
    entities.add(plain);
    let extended = body.get("extended_entities").or_else(|| value.get("extended_entities"));
    let attached = extended.filter(|extended| !list(extended, "media").is_empty()).unwrap_or(plain);
    post.media = list(attached, "media").iter().map(media).collect();
    let beside: Vec<String> = post.media.iter().filter_map(|media| media.alt.clone()).collect();
    post.summary = Some(beside.join("\n")).filter(|beside| !beside.is_empty());
    (post.links, post.hashtags, post.named_accounts) = (entities.links, entities.hashtags, entities.named);
    Some(post)
}

/// A status as other sites embed it: its HTML, and little else.
pub(super) fn embedded(value: &Value) -> Option<Post> {
    let markup = text(value, "html").filter(|html| html.contains("twitter-tweet"))?;
    let address = text(value, "url")?;
    let (_, id) = address.rsplit_once("/status/")?;
    let id: String = id.chars().take_while(char::is_ascii_digit).collect();
    let name = text(value, "author_url").and_then(|url| url.trim_end_matches('/').rsplit('/').next());
    let mut post = Post::new(NAME, Some(id).filter(|id| !id.is_empty())?);
    post.author = name.filter(|name| !name.is_empty()).map(|name| Author {
        native_id: name.to_owned(),
        handle: Some(name.to_owned()),
        display_name: super::entity::line(value, "author_name"),
        url: user::page_of(name),
        ..Author::default()
    });
    post.permalink = Some(user::page_of_post(name, &post.native_id));
    post.published = moment_of(&post.native_id);
    // the paragraph is the text; what follows names author and date
    let paragraph =
        markup.split_once("<p").and_then(|(_, rest)| rest.split_once("</p>")).map(|(body, _)| body);
    let body = html::read(&format!("<p{}", paragraph.unwrap_or_default()));
    post.lang = paragraph
        .and_then(|body| body.split_once("lang=\"")?.1.split_once('"').map(|(lang, _)| lang.to_owned()))
        .filter(|lang| !lang.is_empty() && lang != "und");
    post.text = body.text;
    let elsewhere =
        |url: &String| !url.starts_with("https://twitter.com/") && !url.starts_with("https://x.com/");
    post.links = body.links.iter().filter(|url| elsewhere(url)).filter_map(|url| link::kept(url)).collect();
    Some(post)
}
