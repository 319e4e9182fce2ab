//! What Facebook tells of one's own Pages as it happens: posts and comments added, edited, hidden and removed.

use serde_json::Value;

use super::NAME;
use super::post::{SITE, is_id, person};
use crate::network::graph::{self, count, link, time};
use crate::network::json::{id, list, text};
use crate::network::{Page, clean};
use crate::post::{Deletion, Gone, Kind, Media, Post};

/// Takes in one entry: what changed at one Page at one moment.
pub(super) fn read(entry: &Value, page: &mut Page) {
    for change in list(entry, "changes") {
        let Some(value) = change.get("value").filter(|value| value.is_object()) else { continue };
        if matches!(text(change, "field"), Some("feed" | "mention" | "ratings")) {
            self::change(value, entry, page);
        }
    }
}

fn change(value: &Value, entry: &Value, page: &mut Page) {
    let item = text(value, "item").unwrap_or_default();
    if matches!(item, "" | "like" | "reaction") {
        return; // nothing was said
    }
    let native_id = native_id(value, item);
    match text(value, "verb").unwrap_or("add") {
        "remove" | "hide" | "block" | "delete" => {
            let Some(native_id) = native_id else { return };
            let at = time(entry, "time").or_else(|| time(value, "created_time"));
            page.deletions.push(Deletion { network: NAME, gone: Gone::Post(native_id), at });
        }
        "edited" | "edit" | "update" => {
            let mut post = post(value, native_id, item);
            post.edited = time(entry, "time");
            page.edits.push(post);
        }
        "add" | "unhide" | "unblock" | "show" => page.posts.push(post(value, native_id, item)),
        _ => {} // verbs of other things, and whatever comes next
    }
}

/// The id that the same thing has in lists.
fn native_id(value: &Value, item: &str) -> Option<String> {
    let own = match item {
        "comment" => id(value, "comment_id"),
        "rating" => id(value, "open_graph_story_id").or_else(|| id(value, "review_id")),
        _ => None,
    };
    own.or_else(|| id(value, "post_id")).or_else(|| id(value, &format!("{item}_id"))).or_else(|| {
        ["photo_id", "video_id", "share_id", "album_id", "event_id"].iter().find_map(|key| id(value, key))
    })
}

fn post(value: &Value, native_id: Option<String>, item: &str) -> Post {
    let mut post = Post::new(NAME, native_id.unwrap_or_else(|| graph::id_of_content(value)));
    let said = text(value, "permalink_url").and_then(link);
    let built = is_id(&post.native_id).then(|| format!("{SITE}/{}", post.native_id));
    post.permalink = said.or(built);
    post.author = person(value, &["from", "sender", "reviewer", "user"]);
    let body = text(value, "message").or_else(|| text(value, "review_text")).or_else(|| text(value, "story"));
    post.text = body.map(|text| clean::text(text, clean::TEXT)).unwrap_or_default();
    post.published = time(value, "created_time");
    match item {
        "comment" => {
            post.kind = Kind::Comment;
            post.root = id(value, "post_id");
            post.reply_to = id(value, "parent_id").or_else(|| post.root.clone());
        }
        "rating" => {
            post.kind = Kind::Review;
            let stars = count(value, "rating").and_then(|stars| u8::try_from(stars).ok());
            post.rating = stars.filter(|stars| (1..=5).contains(stars));
        }
        "video" => post.kind = Kind::Video,
        _ => {}
    }
    let target = text(value, "link").and_then(link);
    let mut media = |url: Option<String>, kind: &str| {
        post.media.extend(url.map(|url| Media { url: Some(url), kind: Some(kind.to_owned()), alt: None }));
    };
    media(text(value, "photo").and_then(link), "photo");
    for photo in list(value, "photos") {
        media(photo.as_str().and_then(link), "photo");
    }
    media(text(value, "video").and_then(link), "video");
    if matches!(item, "photo" | "video") {
        media(target, item);
    } else {
        post.links.extend(target);
    }
    for found in graph::links_in(&post.text) {
        if !post.links.contains(&found) {
            post.links.push(found);
        }
    }
    post.hashtags = graph::hashtags(&post.text);
    post
}
