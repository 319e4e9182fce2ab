//! Posts, comments and accounts as Instagram writes them, in lists, look-ups and webhooks.

use serde_json::Value;
use url::Url;

use super::NAME;
use crate::network::graph::{self, DEPTH, count, nested, time, total};
use crate::network::json::{id, list, text};
use crate::network::{Page, clean};
use crate::post::{Account, Author, Counts, Kind, Media, Post};

/// What is asked of a post found by hashtag, which never has an author.
pub(super) const OF_HASHTAG: &str = "id,caption,media_type,media_url,permalink,timestamp,like_count,comments_count,\
     children{media_type,media_url,permalink}";
/// What is asked of a post of a professional account.
pub(super) const OF_ACCOUNT: &str =
    "id,caption,media_type,media_url,permalink,timestamp,like_count,comments_count";
/// What is asked of a post in which one's own account is tagged.
pub(super) const OF_TAGGED: &str =
    "id,caption,media_type,media_url,permalink,timestamp,username,like_count,comments_count";
/// What is asked of a professional account.
pub(super) const PROFILE: &str =
    "id,username,name,biography,website,followers_count,follows_count,media_count,profile_picture_url";

const SITE: &str = "https://www.instagram.com";

/// The account whose posts a request asks for: answers may leave its name out.
pub(super) fn asked_for(address: &str) -> Option<Author> {
    let url = Url::parse(address).ok()?;
    let (_, fields) = url.query_pairs().find(|(key, _)| key == "fields")?;
    let (_, rest) = fields.split_once("business_discovery.username(")?;
    let (name, _) = rest.split_once(')')?;
    Some(by_name(clean::some_line(name, clean::LINE)?))
}

fn by_name(name: String) -> Author {
    Author {
        native_id: name.clone(),
        url: Some(format!("{SITE}/{name}/")),
        handle: Some(name),
        ..Author::default()
    }
}

/// Takes in one value by its shape; tells whether Instagram has such a shape. `by`: whose posts they are.
pub(super) fn read(value: &Value, page: &mut Page, by: Option<&Author>, depth: u8) -> bool {
    if depth > DEPTH {
        return false;
    }
    let deeper = depth.saturating_add(1);
    if let Some(all) = value.as_array() {
        let known = all.iter().filter(|one| read(one, page, by, deeper)).count();
        return known > 0 || all.is_empty();
    }
    let Some(fields) = value.as_object() else { return false };
    if value.get("data").is_some_and(Value::is_array) {
        for one in list(value, "data") {
            // an element that looks like nothing known may still be a post of which little was asked
            let bare = one.is_object() && id(one, "id").is_some() && text(one, "name").is_none();
            if !read(one, page, by, deeper) && bare {
                page.posts.push(post(one, by));
            }
        }
    } else if let Some(found) = value.get("business_discovery") {
        discovery(found, page, by, deeper);
    } else if let Some(found) = value.get("mentioned_media") {
        if found.is_object() {
            page.posts.push(post(found, None));
            comments(found, page, deeper);
        }
    } else if let Some(found) = value.get("mentioned_comment") {
        comment(found, &Above::default(), page, deeper);
    } else if value.get("object").is_some() && value.get("entry").is_some() {
        list(value, "entry").iter().for_each(|entry| webhook(entry, page, deeper));
    } else if is_media(value) {
        page.posts.push(post(value, by));
        comments(value, page, deeper);
    } else if value.get("text").is_some_and(Value::is_string) {
        comment(value, &Above::default(), page, deeper);
    } else if value.get("username").is_some_and(Value::is_string) && text(value, "audio_id").is_none() {
        page.accounts.extend(account(value));
    } else if fields.iter().all(|(key, inner)| id(inner, "id").as_ref() == Some(key)) && !fields.is_empty() {
        for inner in fields.values() {
            read(inner, page, by, deeper);
        }
    } else {
        // hashtags, figures, containers, sounds: nothing that anybody said
        let silent = ["id", "name", "audio", "audio_id", "status_code", "boost_ads_list"];
        return silent.iter().any(|key| value.get(key).is_some());
    }
    true
}

fn is_media(value: &Value) -> bool {
    ["media_type", "permalink", "caption", "media_url", "shortcode", "comments_count"]
        .iter()
        .any(|key| value.get(key).is_some())
}

/// The profile of an account with its posts.
fn discovery(found: &Value, page: &mut Page, asked: Option<&Author>, depth: u8) {
    let mut by = account(found).map(|account| account.author).or_else(|| asked.cloned());
    if let (Some(by), Some(id)) = (&mut by, id(found, "id")) {
        by.native_id = id;
    }
    let by = by.or_else(|| Some(Author { native_id: id(found, "id")?, ..Author::default() }));
    page.accounts.extend(account(found));
    for one in nested(found, "media").iter().filter(|one| one.is_object()) {
        page.posts.push(post(one, by.as_ref()));
        comments(one, page, depth);
    }
}

fn webhook(entry: &Value, page: &mut Page, depth: u8) {
    for change in list(entry, "changes") {
        let Some(value) = change.get("value") else { continue };
        let before = page.posts.len();
        if matches!(text(change, "field"), Some("comments" | "live_comments")) {
            comment(value, &Above::default(), page, depth);
        } else {
            read(value, page, None, depth);
        }
        // a comment is told of as it is written, without its date
        for post in page.posts.iter_mut().skip(before) {
            post.published = post.published.or_else(|| time(entry, "time"));
        }
    }
}

/// What stands above a comment.
#[derive(Debug, Clone, Default)]
struct Above {
    parent: Option<String>,
    post: Option<String>,
    permalink: Option<String>,
}

fn comments(media: &Value, page: &mut Page, depth: u8) {
    let permalink = text(media, "permalink").and_then(graph::link);
    let above = Above { parent: id(media, "id"), post: id(media, "id"), permalink };
    for one in nested(media, "comments") {
        comment(one, &above, page, depth);
    }
}

fn comment(value: &Value, above: &Above, page: &mut Page, depth: u8) {
    if depth > DEPTH || !value.is_object() {
        return;
    }
    let mut post = Post::new(NAME, native_id(value));
    post.kind = Kind::Comment;
    post.author = author(value, None);
    post.text = text(value, "text").map(|text| clean::text(text, clean::TEXT)).unwrap_or_default();
    post.published = time(value, "timestamp");
    post.root = value.get("media").and_then(|media| id(media, "id")).or_else(|| above.post.clone());
    post.reply_to = id(value, "parent_id").or_else(|| above.parent.clone()).or_else(|| post.root.clone());
    post.permalink.clone_from(&above.permalink);
    post.counts = Counts { likes: count(value, "like_count"), ..Counts::default() };
    words(&mut post);
    let below = Above {
        parent: Some(post.native_id.clone()),
        post: post.root.clone(),
        permalink: above.permalink.clone(),
    };
    page.posts.push(post);
    for one in nested(value, "replies") {
        comment(one, &below, page, depth.saturating_add(1));
    }
}

/// The id of a post or comment.
pub(super) fn native_id(value: &Value) -> String {
    id(value, "id").unwrap_or_else(|| graph::id_of_content(value))
}

fn owned(value: &Value, key: &str) -> Option<String> {
    text(value, key).and_then(|text| clean::some_line(text, clean::LINE))
}

fn author(value: &Value, by: Option<&Author>) -> Option<Author> {
    let from = ["from", "user", "owner"].iter().find_map(|key| value.get(key).filter(|one| one.is_object()));
    let name = owned(value, "username").or_else(|| owned(from?, "username"));
    let number = from.and_then(|from| id(from, "id"));
    match (name, number) {
        (Some(name), number) => {
            let mut author = by_name(name);
            author.native_id = number.unwrap_or(author.native_id);
            Some(author)
        }
        (None, Some(number)) => Some(Author { native_id: number, ..Author::default() }),
        (None, None) => by.cloned(),
    }
}

fn words(post: &mut Post) {
    post.hashtags = graph::hashtags(&post.text);
    post.named_accounts = graph::named(&post.text);
    post.links = graph::links_in(&post.text);
}

fn post(value: &Value, by: Option<&Author>) -> Post {
    let mut post = Post::new(NAME, native_id(value));
    post.author = author(value, by);
    let code = || owned(value, "shortcode").map(|code| format!("{SITE}/p/{code}/"));
    post.permalink = text(value, "permalink").and_then(graph::link).or_else(code);
    post.text = text(value, "caption").map(|text| clean::text(text, clean::TEXT)).unwrap_or_default();
    post.published = time(value, "timestamp");
    post.counts = Counts {
        likes: count(value, "like_count"),
        replies: count(value, "comments_count"),
        views: count(value, "view_count"),
        ..Counts::default()
    };
    words(&mut post);
    let children = nested(value, "children");
    let shown = if children.is_empty() { std::slice::from_ref(value) } else { children };
    for one in shown.iter().filter(|one| one.get("media_type").or_else(|| one.get("media_url")).is_some()) {
        // addresses of pictures and films end after some days: where they are shown is kept instead
        let url = text(one, "permalink").and_then(graph::link).or_else(|| post.permalink.clone());
        post.media.push(Media { url, kind: owned(one, "media_type"), alt: owned(one, "alt_text") });
    }
    let alts: Vec<String> = post.media.iter().filter_map(|media| media.alt.clone()).collect();
    post.summary = Some(alts.join("\n")).filter(|alts| !alts.is_empty());
    post
}

fn account(value: &Value) -> Option<Account> {
    let mut author = by_name(owned(value, "username")?);
    author.native_id = id(value, "id").unwrap_or(author.native_id);
    author.display_name = owned(value, "name");
    author.bio = text(value, "biography").map(|bio| clean::text(bio, clean::LINE));
    author.avatar =
        ["profile_picture_url", "profile_pic"].iter().find_map(|key| graph::link(text(value, key)?));
    author.followers = total(value, "followers_count").or_else(|| total(value, "followed_by_count"));
    author.posts = total(value, "media_count");
    author.verified = value.get("is_verified").and_then(Value::as_bool);
    Some(Account { network: NAME, author, status: None, at: None })
}
