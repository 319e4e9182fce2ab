//! What an answer of the Graph API holds, told by its shape: posts, comments, Pages, lists and maps of them.

use serde_json::Value;
use url::Url;

use super::post::{self, Above, SITE, is_id};
use super::{NAME, webhook};
use crate::network::graph::{DEPTH, count, link, nested, total};
use crate::network::json::{id, list, text};
use crate::network::{Page, clean};
use crate::post::{Account, Author};

/// Reads an answer; tells whether Facebook has such a shape.
pub(super) fn read(value: &Value, page: &mut Page, asked: &str) -> bool {
    let path = Url::parse(asked).map(|url| url.path().to_owned()).unwrap_or_default();
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
    let (last, before) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut above = Above { of_page: matches!(last, "posts" | "published_posts"), ..Above::default() };
    if last == "comments" {
        above.comments = true;
        above.root = is_id(before).then(|| before.to_owned());
        above.parent.clone_from(&above.root);
    }
    if last == "picture"
        && let Some(avatar) = value.get("data").and_then(|data| link(text(data, "url")?))
    {
        let author = Author { avatar: Some(avatar), ..named(before.to_owned()) };
        page.accounts.push(Account { network: NAME, author, status: None, at: None });
        return true;
    }
    shape(value, page, &above, 0)
}

fn shape(value: &Value, page: &mut Page, above: &Above, depth: u8) -> bool {
    if depth > DEPTH {
        return false;
    }
    let deeper = depth.saturating_add(1);
    if let Some(all) = value.as_array() {
        let known = all.iter().filter(|one| shape(one, page, above, deeper)).count();
        return known > 0 || all.is_empty();
    }
    let Some(fields) = value.as_object().filter(|fields| !fields.is_empty()) else { return false };
    let has = |keys: &[&str]| keys.iter().any(|key| value.get(key).is_some());
    if has(&["object"]) && value.get("entry").is_some_and(Value::is_array) {
        list(value, "entry").iter().for_each(|entry| webhook::read(entry, page));
    } else if value.get("data").is_some_and(Value::is_array) && !has(&["created_time", "message"]) {
        for one in list(value, "data") {
            shape(one, page, above, deeper);
        }
    } else if fields.iter().all(|(key, inner)| is_id(key) && inner.is_object()) {
        for (key, inner) in fields {
            member(key, inner, page, above, deeper);
        }
    } else if is_silent(value) {
        // nothing that was said in public
    } else if is_post(value, above) {
        if post::is_public(value) {
            let post = post::read(value, above);
            let below = Above {
                root: above.root.clone().or_else(|| Some(post.native_id.clone())),
                parent: Some(post.native_id.clone()),
                comments: true,
                of_page: false,
            };
            page.posts.push(post);
            for one in nested(value, "comments").iter().filter(|one| one.is_object()) {
                shape(one, page, &below, deeper);
            }
        }
    } else if let Some(account) = account(value) {
        page.accounts.push(account);
    } else {
        return has(&["id", "uid", "insights", "data"]);
    }
    true
}

/// One element of a map by id: an object, or the picture of a Page.
fn member(key: &str, value: &Value, page: &mut Page, above: &Above, depth: u8) {
    match value.get("data").filter(|data| data.is_object()).and_then(|data| link(text(data, "url")?)) {
        Some(avatar) => {
            let author = Author { avatar: Some(avatar), ..named(key.to_owned()) };
            page.accounts.push(Account { network: NAME, author, status: None, at: None });
        }
        None => {
            shape(value, page, above, depth);
        }
    }
}

fn named(native_id: String) -> Author {
    let url = Some(format!("{SITE}/{native_id}"));
    Author { native_id, url, ..Author::default() }
}

/// Objects that are no words in public: figures, private talks and notes, businesses, groups, albums, web pages.
fn is_silent(value: &Value) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|key| value.get(key).is_some());
    (has(&["period"]) && has(&["values"]))
        || has(&["participants", "snippet", "message_count", "og_object", "web_destination_type", "web_url"])
        || has(&["member_count", "member_request_count", "timezone_id", "vertical_id", "payment_account_id"])
        || (has(&["body"]) && has(&["user"]))
        || (value.get("name").is_some_and(Value::is_array) && has(&["uid"]))
        || text(value, "profile_type") == Some("user")
        || is_album(value)
}

/// An album has a name and a date, and nothing else says anything.
fn is_album(value: &Value) -> bool {
    value.get("name").is_some()
        && value.get("created_time").is_some()
        && !["message", "story", "from", "start_time", "description", "attachments", "full_picture", "type"]
            .iter()
            .any(|key| value.get(key).is_some())
        && !post::is_photo(value)
        && !post::is_video(value)
}

/// What only a Page has.
const OF_PAGE: [&str; 21] = [
    "fan_count",
    "followers_count",
    "category",
    "category_list",
    "username",
    "verification_status",
    "about",
    "website",
    "overall_star_rating",
    "overall_rating",
    "rating_count",
    "talking_about_count",
    "were_here_count",
    "checkins",
    "is_community_page",
    "general_info",
    "engagement",
    "global_brand_page_name",
    "is_webhooks_subscribed",
    "hours",
    "founded",
];

fn is_post(value: &Value, above: &Above) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|key| value.get(key).is_some());
    let says = [
        "message",
        "story",
        "created_time",
        "creation_time",
        "from",
        "parent_id",
        "permalink_url",
        "full_picture",
        "attachments",
        "child_attachments",
        "reactions",
        "comments",
        "has_review",
        "open_graph_story",
        "start_time",
        "scheduled_publish_time",
        "call_to_action",
    ];
    if OF_PAGE.iter().any(|key| value.get(key).is_some()) && !has(&["message", "story", "from", "start_time"])
    {
        return false;
    }
    has(&says)
        || value.get("likes").is_some_and(Value::is_object)
        || post::is_photo(value)
        || post::is_video(value)
        || (above.comments && has(&["id"]))
        || (id(value, "id").is_some_and(|id| id.contains('_') && is_id(&id)) && !has(&["name"]))
}

/// The picture of a Page or person.
pub(super) fn picture(value: &Value) -> Option<String> {
    let picture = value.get("picture")?;
    let inner = picture.get("data").unwrap_or(picture);
    link(picture.as_str().or_else(|| text(inner, "url"))?)
}

/// A Page, or whatever else has a name; nothing when only its id is told.
fn account(value: &Value) -> Option<Account> {
    let line = |key: &str| text(value, key).and_then(|text| clean::some_line(text, clean::LINE));
    let mut author = named(id(value, "id").filter(|id| !id.contains('/'))?);
    author.handle = line("username");
    author.display_name = line("name");
    let mut bio: Vec<String> = Vec::new();
    for said in [line("about"), line("bio"), line("description"), line("general_info")].into_iter().flatten()
    {
        if !bio.contains(&said) {
            bio.push(said);
        }
    }
    author.bio = Some(clean::text(&bio.join("\n"), clean::LINE)).filter(|bio| !bio.is_empty());
    author.avatar = picture(value);
    author.url = text(value, "link").and_then(link).or(author.url);
    let liked = || value.get("engagement").and_then(|engagement| total(engagement, "count"));
    author.followers = total(value, "followers_count")
        .or_else(|| total(value, "fan_count"))
        .or_else(|| total(value, "likes"))
        .or_else(liked);
    author.verified = match text(value, "verification_status") {
        Some("blue_verified" | "gray_verified" | "verified") => Some(true),
        Some("not_verified") => Some(false),
        _ => value.get("is_verified").and_then(Value::as_bool),
    };
    let told = [&author.handle, &author.display_name, &author.bio, &author.avatar];
    let figures = author.followers.is_some() || author.verified.is_some();
    let known = told.iter().any(|one| one.is_some()) || figures || count(value, "rating_count").is_some();
    known.then_some(Account { network: NAME, author, status: None, at: None })
}
