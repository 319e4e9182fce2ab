//! Posts and profiles as Threads writes them, in searches, look-ups and webhooks.

use serde_json::Value;

use super::NAME;
use crate::network::graph::{self, DEPTH, count, link, nested, time, total};
use crate::network::json::{id, list, text};
use crate::network::{Page, clean};
use crate::post::{Account, Author, Counts, Deletion, Gone, Kind, Media, Post};

/// What is asked of each post; `owner` is never answered.
pub(super) const FIELDS: &str = "id,text,media_type,permalink,timestamp,username,has_replies,is_quote_post,is_reply,\
     shortcode,media_url,thumbnail_url,children{media_type,media_url,alt_text},alt_text,link_attachment_url,\
     quoted_post,reposted_post";

const SITE: &str = "https://www.threads.com";

/// Takes in one value by its shape; tells whether Threads has such a shape.
pub(super) fn read(value: &Value, page: &mut Page, depth: u8) -> bool {
    if depth > DEPTH {
        return false;
    }
    let deeper = depth.saturating_add(1);
    match value {
        Value::Array(all) => {
            let known = all.iter().filter(|one| read(one, page, deeper)).count();
            known > 0 || all.is_empty()
        }
        Value::Object(_) if value.get("data").is_some_and(Value::is_array) => {
            for one in list(value, "data") {
                // an element that looks like nothing known is still something that was said, unless it is a figure
                if !read(one, page, deeper)
                    && one.as_object().is_some_and(|all| !all.is_empty())
                    && text(one, "name").is_none()
                {
                    page.posts.push(post(one));
                }
            }
            true
        }
        Value::Object(_) if value.get("values").is_some() && value.get("topic").is_some() => {
            event(value.get("values").unwrap_or(&Value::Null), page, deeper);
            true
        }
        Value::Object(_) if value.get("object").is_some() && value.get("entry").is_some() => {
            for entry in list(value, "entry") {
                event(entry.get("changes").unwrap_or(&Value::Null), page, deeper);
            }
            true
        }
        Value::Object(_) if is_post(value) => {
            page.posts.push(post(value));
            for inner in ["quoted_post", "reposted_post"].iter().filter_map(|key| value.get(key)) {
                if is_post(inner) {
                    read(inner, page, deeper);
                }
            }
            true
        }
        Value::Object(_) => {
            let profile = profile(value);
            let known = profile.is_some();
            page.accounts.extend(profile);
            known
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// One change of a webhook, or several.
fn event(values: &Value, page: &mut Page, depth: u8) {
    if let Some(all) = values.as_array() {
        all.iter().for_each(|one| event(one, page, depth));
        return;
    }
    let Some(value) = values.get("value") else { return };
    if matches!(text(values, "field"), Some("delete" | "deletes")) {
        if let Some(gone) = id(value, "id") {
            let at = time(value, "deleted_at").or_else(|| time(value, "timestamp"));
            page.deletions.push(Deletion { network: NAME, gone: Gone::Post(gone), at });
        }
    } else {
        read(value, page, depth);
    }
}

fn is_post(value: &Value) -> bool {
    let says = ["text", "permalink", "media_type", "timestamp", "shortcode"];
    value.is_object() && says.iter().any(|key| value.get(key).is_some_and(Value::is_string))
}

fn owned(value: &Value, key: &str) -> Option<String> {
    text(value, key).and_then(|text| clean::some_line(text, clean::LINE))
}

fn flag(value: &Value, key: &str) -> Option<bool> {
    value.get(key).and_then(Value::as_bool)
}

fn author(value: &Value) -> Option<Author> {
    let name = owned(value, "username")?;
    Some(Author {
        // the network never gives the owner's id
        native_id: name.clone(),
        url: Some(format!("{SITE}/@{name}")),
        handle: Some(name),
        avatar: text(value, "profile_picture_url").and_then(link),
        verified: flag(value, "is_verified"),
        ..Author::default()
    })
}

fn post(value: &Value) -> Post {
    let mut post = Post::new(NAME, id(value, "id").unwrap_or_else(|| graph::id_of_content(value)));
    post.author = author(value);
    let by = post.author_name().to_owned();
    post.permalink = text(value, "permalink").and_then(link).or_else(|| {
        let code = owned(value, "shortcode")?;
        Some(if by.is_empty() { format!("{SITE}/t/{code}") } else { format!("{SITE}/@{by}/post/{code}") })
    });
    post.text = text(value, "text").map(|text| clean::text(text, clean::TEXT)).unwrap_or_default();
    post.published = time(value, "timestamp");
    let under = |key: &str| value.get(key).and_then(|inner| id(inner, "id"));
    post.reply_to = under("replied_to");
    post.root = under("root_post");
    post.quote_of = under("quoted_post");
    post.repost_of = under("reposted_post");
    post.kind = if text(value, "media_type") == Some("REPOST_FACADE") || post.repost_of.is_some() {
        Kind::Repost
    } else if flag(value, "is_reply") == Some(true) || post.reply_to.is_some() {
        Kind::Reply
    } else if flag(value, "is_quote_post") == Some(true) || post.quote_of.is_some() {
        Kind::Quote
    } else {
        Kind::Post
    };
    post.media = media(value);
    post.links = text(value, "link_attachment_url").and_then(link).into_iter().collect();
    for found in graph::links_in(&post.text) {
        if !post.links.contains(&found) {
            post.links.push(found);
        }
    }
    post.hashtags = graph::hashtags(&post.text);
    post.hashtags.extend(owned(value, "topic_tag").filter(|tag| !post.hashtags.contains(tag)));
    post.named_accounts = graph::named(&post.text);
    post.summary = summary(value, &post.media);
    post.counts = Counts {
        likes: count(value, "like_count"),
        reposts: count(value, "repost_count"),
        replies: count(value, "reply_count"),
        quotes: count(value, "quote_count"),
        views: count(value, "view_count"),
        ..Counts::default()
    };
    post
}

fn media(value: &Value) -> Vec<Media> {
    let one = |value: &Value| {
        let url = ["media_url", "thumbnail_url", "gif_url"].iter().find_map(|key| link(text(value, key)?));
        let kind =
            owned(value, "media_type").filter(|kind| !matches!(&**kind, "TEXT_POST" | "REPOST_FACADE"));
        (url.is_some() || kind.is_some()).then(|| Media { url, kind, alt: owned(value, "alt_text") })
    };
    let children: Vec<Media> = nested(value, "children").iter().filter_map(one).collect();
    if children.is_empty() { one(value).into_iter().collect() } else { children }
}

/// Words beside the text: options of a poll, descriptions of pictures.
fn summary(value: &Value, media: &[Media]) -> Option<String> {
    let poll = value.get("poll_attachment").unwrap_or(&Value::Null);
    let options = ["option_a", "option_b", "option_c", "option_d"].iter().filter_map(|key| owned(poll, key));
    let alts = media.iter().filter_map(|media| media.alt.clone());
    let words: Vec<String> = options.chain(alts).collect();
    Some(words.join("\n")).filter(|words| !words.is_empty())
}

/// A profile: one's own (`/me`) or one that was looked up.
fn profile(value: &Value) -> Option<Account> {
    let mut author = author(value)?;
    author.native_id = id(value, "id").unwrap_or(author.native_id);
    author.display_name = owned(value, "name");
    let bio = text(value, "biography").or_else(|| text(value, "threads_biography"));
    author.bio = bio.map(|bio| clean::text(bio, clean::LINE)).filter(|bio| !bio.is_empty());
    author.avatar = author.avatar.or_else(|| link(text(value, "threads_profile_picture_url")?));
    author.followers = total(value, "follower_count").or_else(|| total(value, "followers_count"));
    Some(Account { network: NAME, author, status: None, at: None })
}
