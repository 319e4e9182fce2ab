//! Pins and accounts as version 5 of Pinterest's interface writes them.

use serde_json::Value;

use super::NAME;
use crate::network::json::{id, list, text, time};
use crate::network::{Page, clean, plain};
use crate::post::{Account, Author, Counts, Kind, Media, Post};

const SITE: &str = "https://www.pinterest.com";
const NOTHING: &Value = &Value::Null;

/// Takes in an answer by its shape: a page, a pin, an account, figures. `false`: it is nothing of these.
pub(super) fn everything(value: &Value, page: &mut Page) -> bool {
    match value {
        Value::Array(all) => {
            page.posts.extend(all.iter().filter(|one| is_pin(one)).map(read));
            true
        }
        Value::Object(fields) => {
            if is_pin(value) {
                page.posts.push(read(value));
                return true;
            }
            if is_account(value) {
                page.accounts.extend(account(value));
                return true;
            }
            page.posts.extend(list(value, "items").iter().filter(|one| is_pin(one)).map(read));
            // boards, and figures of pins or of the account, say nothing in public
            let figures =
                ["items", "all", "pins", "sort_by", "summary_metrics", "lifetime_metrics", "daily_metrics"];
            figures.iter().any(|key| fields.contains_key(*key)) || value.pointer("/owner/username").is_some()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether a value is a pin.
pub(super) fn is_pin(value: &Value) -> bool {
    let told =
        ["media", "board_id", "parent_pin_id", "alt_text", "creative_type", "board_owner", "dominant_color"];
    value.is_object()
        && value.get("owner").is_none()
        && told.iter().filter(|key| value.get(**key).is_some()).count() > 1
}

fn is_account(value: &Value) -> bool {
    text(value, "username").is_some()
        && [
            "account_type",
            "follower_count",
            "profile_image",
            "business_name",
            "pin_count",
            "board_count",
            "website_url",
        ]
        .iter()
        .any(|key| value.get(key).is_some())
}

/// The id of a pin and when it was made, in milliseconds.
pub(super) fn place(value: &Value) -> Option<(String, Option<i64>)> {
    Some((id(value, "id")?, time(value, "created_at").map(|at| at.0)))
}

fn read(value: &Value) -> Post {
    let native_id = id(value, "id");
    let mut post = Post::new(NAME, native_id.clone().unwrap_or_else(|| plain::hashed(value)));
    post.permalink = native_id.map(|id| format!("{SITE}/pin/{id}/"));
    post.author = value.get("board_owner").and_then(|owner| text(owner, "username")).map(author);
    post.title = text(value, "title").and_then(|title| clean::some_line(title, clean::LINE));
    let words = text(value, "description").map(|words| clean::text(words, clean::TEXT)).unwrap_or_default();
    post.text = plain::without_secrets(words);
    post.published = time(value, "created_at");
    if let Some(parent) = id(value, "parent_pin_id") {
        // a pin of another saved to one's own board
        post.kind = Kind::Repost;
        post.repost_of = Some(parent);
    }
    post.counts = counts(value);
    let alt = text(value, "alt_text").and_then(|alt| clean::some_line(alt, clean::LINE));
    post.media = media(value.get("media").unwrap_or(NOTHING), alt.as_deref());
    post.links = text(value, "link").and_then(plain::address).into_iter().collect();
    for part in [post.title.clone().unwrap_or_default(), post.text.clone()] {
        for link in plain::links(&part) {
            plain::add(&mut post.links, link);
        }
        for tag in plain::hashtags(&part) {
            plain::add(&mut post.hashtags, tag);
        }
    }
    post
}

fn counts(value: &Value) -> Counts {
    let metrics = value.get("pin_metrics").unwrap_or(NOTHING);
    let life = metrics.get("lifetime_metrics").or_else(|| metrics.get("all_time")).unwrap_or(NOTHING);
    let first = |keys: &[&str]| keys.iter().find_map(|key| plain::count(life, key));
    Counts {
        likes: first(&["total_reactions", "reaction", "reactions"]),
        replies: first(&["total_comments", "comment", "comments"]),
        reposts: first(&["save", "saves"]),
        views: first(&["impression", "impressions"]),
        ..Counts::default()
    }
}

/// The largest of the versions of a picture.
fn largest(images: &Value) -> Option<String> {
    let width = |one: &&Value| plain::count(one, "width").unwrap_or(0);
    let all: Vec<&Value> = images.as_object()?.values().filter(|one| text(one, "url").is_some()).collect();
    // the original may be told as narrower than it is shown
    let original = images.get("originals").filter(|one| text(one, "url").is_some());
    let best = original.or_else(|| all.into_iter().max_by_key(width))?;
    plain::address(text(best, "url")?)
}

fn media(value: &Value, alt: Option<&str>) -> Vec<Media> {
    let alt = alt.map(str::to_owned);
    let image = |one: &Value| {
        let url =
            one.get("images").and_then(largest).or_else(|| plain::address(text(one, "cover_image_url")?))?;
        Some(Media { url: Some(url), kind: Some("image".to_owned()), alt: alt.clone() })
    };
    let video = |one: &Value| {
        let url = text(one, "video_url").and_then(plain::address);
        (url.is_some() || text(one, "media_type") == Some("video")).then(|| Media {
            url,
            kind: Some("video".to_owned()),
            alt: alt.clone(),
        })
    };
    let parts = list(value, "items");
    std::iter::once(value).chain(parts).flat_map(|one| video(one).into_iter().chain(image(one))).collect()
}

fn author(name: &str) -> Author {
    Author {
        native_id: name.to_owned(),
        handle: Some(name.to_owned()),
        url: Some(format!("{SITE}/{name}/")),
        ..Author::default()
    }
}

fn account(value: &Value) -> Option<Account> {
    let line = |key: &str| text(value, key).and_then(|words| clean::some_line(words, clean::LINE));
    let author = Author {
        display_name: line("business_name"),
        bio: text(value, "about").map(|bio| clean::text(bio, clean::TEXT)),
        avatar: text(value, "profile_image").and_then(plain::address),
        followers: plain::size(value, "follower_count"),
        posts: plain::size(value, "pin_count"),
        ..author(text(value, "username")?)
    };
    Some(Account { network: NAME, author, status: None, at: None })
}
