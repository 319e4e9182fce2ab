//! Posts, comments, photos, films, events and reviews as the Graph API writes them, of all its versions.

use serde_json::Value;
use url::Url;

use super::NAME;
use crate::network::clean;
use crate::network::graph::{self, count, link, nested, time};
use crate::network::json::{id, list, text};
use crate::post::{Author, Counts, Kind, Media, Post};

/// What is asked of a post.
pub(super) const FIELDS: &str = "id,message,created_time,updated_time,permalink_url,full_picture,\
     attachments{media_type,type,media,url,unshimmed_url,target,title,description,subattachments},from,parent_id,\
     message_tags,shares,reactions.summary(true).limit(0),comments.summary(true).limit(0)";
/// What is asked of a comment.
pub(super) const COMMENT_FIELDS: &str =
    "id,message,created_time,from,like_count,comment_count,parent,permalink_url,attachment,message_tags";
/// What posts and comments both have.
pub(super) const REREAD_FIELDS: &str = "id,message,created_time,from,permalink_url,message_tags,\
     reactions.summary(true).limit(0),comments.summary(true).limit(0)";
/// What is asked of a Page.
pub(super) const PAGE_FIELDS: &str = "id,name,username,about,description,fan_count,followers_count,link,\
     verification_status,category,website,picture,were_here_count,rating_count,overall_star_rating";

pub(super) const SITE: &str = "https://www.facebook.com";

/// What stands above a comment, or who is known to have written a post.
#[derive(Debug, Clone, Default)]
pub(super) struct Above {
    /// The post or comment that was answered.
    pub(super) parent: Option<String>,
    /// The post at the top.
    pub(super) root: Option<String>,
    /// Whether what is below are comments.
    pub(super) comments: bool,
    /// Whether posts without an author are those of the Page in their id.
    pub(super) of_page: bool,
}

/// Whether a text is an id: digits, with `_` between those of a Page and of a post.
pub(super) fn is_id(text: &str) -> bool {
    text.starts_with(|one: char| one.is_ascii_digit())
        && text.bytes().all(|one| one.is_ascii_digit() || one == b'_')
}

/// The id of a post or comment. A comment of which only the address was asked has it there.
pub(super) fn native_id(value: &Value) -> String {
    id(value, "id")
        .or_else(|| value.get("open_graph_story").and_then(|story| id(story, "id")))
        .or_else(|| Place::of(value).map(|place| place.id()))
        .unwrap_or_else(|| graph::id_of_content(value))
}

/// Where a comment stands, as its address says: `/19/posts/26/?comment_id=1&reply_comment_id=2`.
struct Place {
    /// The Page, where the address has its id and not its name.
    page: Option<String>,
    post: String,
    comment: String,
    reply: Option<String>,
}

impl Place {
    fn of(value: &Value) -> Option<Place> {
        let url = Url::parse(text(value, "permalink_url")?).ok()?;
        let pair = |wanted: &str| {
            let found = url.query_pairs().find(|(key, value)| key == wanted && is_id(value));
            found.map(|(_, value)| value.into_owned())
        };
        let mut parts = url.path_segments()?.rev().skip_while(|part| !is_id(part));
        let in_path = parts.next().map(str::to_owned);
        let page = parts.next().filter(|part| *part == "posts").and_then(|_| parts.next());
        let page = page.filter(|part| is_id(part)).map(str::to_owned);
        let post = in_path.or_else(|| pair("story_fbid")).or_else(|| pair("fbid"))?;
        Some(Place { page, post, comment: pair("comment_id")?, reply: pair("reply_comment_id") })
    }

    fn id(&self) -> String {
        format!("{}_{}", self.post, self.reply.as_ref().unwrap_or(&self.comment))
    }

    /// The comment that this one answers.
    fn answered(&self) -> Option<String> {
        self.reply.as_ref().map(|_| format!("{}_{}", self.post, self.comment))
    }

    /// The post, by the id it has in lists.
    fn top(&self) -> Option<String> {
        self.page.as_ref().map(|page| format!("{page}_{}", self.post))
    }
}

/// Whether an object is a comment.
fn is_comment(value: &Value) -> bool {
    let signs =
        ["comment_count", "can_reply_privately", "can_hide", "can_remove", "is_private", "parent", "object"];
    signs.iter().any(|key| value.get(key).is_some())
        || (count(value, "like_count").is_some() && value.get("message").is_some())
        || Place::of(value).is_some()
}

/// Whether an object is for everybody.
pub(super) fn is_public(value: &Value) -> bool {
    let narrow = ["SELF", "ALL_FRIENDS", "FRIENDS_OF_FRIENDS", "NETWORKS_FRIENDS", "CUSTOM", "SOME_FRIENDS"];
    let privacy = value.get("privacy").and_then(|privacy| text(privacy, "value"));
    !privacy.is_some_and(|privacy| narrow.contains(&privacy))
        && value.get("is_private").and_then(Value::as_bool) != Some(true)
}

/// How many comments a post has, where it says so.
pub(super) fn comment_count(value: &Value) -> Option<i64> {
    let comments = value.get("comments");
    comments
        .and_then(|comments| comments.get("summary"))
        .and_then(|summary| count(summary, "total_count"))
        .or_else(|| comments.and_then(|comments| count(comments, "count")))
        .or_else(|| count(value, "comment_count"))
}

fn owned(value: &Value, key: &str) -> Option<String> {
    text(value, key).and_then(|text| clean::some_line(text, clean::LINE))
}

/// Who is named under these keys, as an object or as `KEY_id` and `KEY_name`.
pub(super) fn person(value: &Value, keys: &[&str]) -> Option<Author> {
    keys.iter().find_map(|key| {
        let (native_id, name, picture) = match value.get(key).filter(|one| one.is_object()) {
            Some(one) => (id(one, "id"), owned(one, "name"), super::shape::picture(one)),
            None => (id(value, &format!("{key}_id")), owned(value, &format!("{key}_name")), None),
        };
        let url = native_id.as_deref().filter(|id| is_id(id)).map(|id| format!("{SITE}/{id}"));
        Some(Author {
            native_id: native_id.or_else(|| name.clone())?,
            display_name: name,
            avatar: picture,
            url,
            ..Author::default()
        })
    })
}

fn permalink(value: &Value, id: &str) -> Option<String> {
    let said = text(value, "permalink_url").or_else(|| text(value, "permalink"));
    match said {
        Some(path) if path.starts_with('/') => Some(format!("{SITE}{path}")),
        Some(whole) => link(whole),
        None if is_photo(value) => text(value, "link").and_then(link),
        None => None,
    }
    .or_else(|| is_id(id).then(|| format!("{SITE}/{id}")))
}

pub(super) fn is_photo(value: &Value) -> bool {
    ["images", "webp_images", "page_story_id", "album"].iter().any(|key| value.get(key).is_some())
        || (value.get("message").is_none()
            && value.get("type").is_none()
            && text(value, "link")
                .is_some_and(|link| link.contains("/photos/") || link.contains("/photo.php")))
}

pub(super) fn is_video(value: &Value) -> bool {
    let signs = [
        "embed_html",
        "length",
        "live_views",
        "live_status",
        "stream_url",
        "embeddable",
        "broadcast_start_time",
    ];
    signs.iter().any(|key| value.get(key).is_some())
        || (text(value, "permalink_url").is_some_and(|link| link.contains("/videos/"))
            && value.get("message").is_none())
}

/// The post of an object.
pub(super) fn read(value: &Value, above: &Above) -> Post {
    let mut post = Post::new(NAME, native_id(value));
    let story = value.get("open_graph_story").unwrap_or(&Value::Null);
    post.published =
        ["created_time", "creation_time", "publish_time"].iter().find_map(|key| time(value, key));
    post.published = post.published.or_else(|| time(story, "start_time"));
    post.author = person(value, &["from", "reviewer", "owner"]);
    if post.author.is_none() && above.of_page {
        let page = post.native_id.split_once('_').map(|(page, _)| page.to_owned());
        post.author = page.map(|page| Author {
            url: Some(format!("{SITE}/{page}")),
            native_id: page,
            ..Author::default()
        });
    }
    post.permalink = permalink(value, &post.native_id);
    let body = text(value, "message").or_else(|| text(value, "story"));
    let body = body.or_else(|| text(value, "review_text")).or_else(|| text(story, "message"));
    let body = body.or_else(|| story.get("data").and_then(|data| text(data, "review_text")));
    let named = value.get("start_time").is_some() || is_video(value) || text(value, "title").is_some();
    let body = body.or_else(|| text(value, "description").filter(|_| named));
    let body = body.or_else(|| text(value, "name").filter(|_| is_photo(value)));
    post.text = body.map(|text| clean::text(text, clean::TEXT)).unwrap_or_default();
    post.title = owned(value, "title");
    if value.get("start_time").is_some() {
        post.title = post.title.or_else(|| owned(value, "name"));
    }
    kind(&mut post, value, story, above);
    post.counts = counts(value);
    media(&mut post, value);
    links(&mut post, value);
    post.hashtags = graph::hashtags(&post.text);
    post.named_accounts = named_accounts(value);
    post.summary = summary(value, &post);
    post
}

fn kind(post: &mut Post, value: &Value, story: &Value, above: &Above) {
    let rating = count(value, "rating").or_else(|| count(story.get("data")?.get("rating")?, "value"));
    if value.get("reviewer").is_some() || value.get("has_rating").is_some() || rating.is_some() {
        post.kind = Kind::Review;
        post.rating =
            rating.and_then(|rating| u8::try_from(rating).ok()).filter(|stars| (1..=5).contains(stars));
        return;
    }
    if above.comments || is_comment(value) {
        post.kind = Kind::Comment;
        let place = Place::of(value);
        let under = |key: &str| value.get(key).and_then(|inner| id(inner, "id"));
        let first = post.native_id.split_once('_').map(|(first, _)| first.to_owned());
        let top = place.as_ref().and_then(Place::top);
        post.root = above.root.clone().or(top).or_else(|| under("object"));
        post.reply_to = under("parent")
            .or_else(|| place.as_ref().and_then(Place::answered))
            .or_else(|| above.parent.clone())
            .or_else(|| post.root.clone())
            .or(first);
        return;
    }
    let parent = id(value, "parent_id").filter(|parent| *parent != post.native_id);
    match parent {
        // the network says itself that somebody shared something: those are no words of theirs
        Some(parent) if text(value, "message").is_none() => {
            post.kind = Kind::Repost;
            post.repost_of = Some(parent);
        }
        Some(parent) => {
            post.kind = Kind::Quote;
            post.quote_of = Some(parent);
        }
        None if is_video(value) => post.kind = Kind::Video,
        None => {}
    }
}

fn counts(value: &Value) -> Counts {
    let sum = |key: &str| value.get(key).and_then(|inner| count(inner.get("summary")?, "total_count"));
    let plain = |key: &str| value.get(key).and_then(|inner| count(inner, "count"));
    Counts {
        likes: sum("reactions")
            .or_else(|| sum("likes"))
            .or_else(|| plain("likes"))
            .or_else(|| count(value, "like_count"))
            .or_else(|| count(value, "likes")),
        replies: comment_count(value),
        reposts: plain("shares").or_else(|| count(value, "shares")),
        views: count(value, "views"),
        ..Counts::default()
    }
}

/// Takes in pictures and films, best first, each once.
fn media(post: &mut Post, value: &Value) {
    for attachment in attachments(value) {
        let before = post.media.len();
        for one in nested(attachment, "subattachments") {
            attached(post, one);
        }
        if post.media.len() == before {
            attached(post, attachment);
        }
    }
    if let Some(best) = list(value, "images").first().and_then(|best| text(best, "source")) {
        add(post, link(best), "photo", owned(value, "alt_text").or_else(|| owned(value, "alt_text_custom")));
    }
    if is_video(value) {
        let kind = "video";
        let shown = text(value, "source").and_then(link).or_else(|| post.permalink.clone());
        add(post, shown, kind, None);
    }
    if post.media.is_empty() {
        let picture = text(value, "full_picture").or_else(|| text(value, "picture"));
        add(post, picture.and_then(link), text(value, "type").unwrap_or("photo"), None);
    }
}

/// The attachments of a post, or the one of a comment.
fn attachments(value: &Value) -> impl Iterator<Item = &Value> {
    let one = value.get("attachment").filter(|one| one.is_object());
    nested(value, "attachments").iter().chain(nested(value, "child_attachments")).chain(one)
}

fn attached(post: &mut Post, value: &Value) {
    let media = value.get("media").unwrap_or(&Value::Null);
    let image = media.get("image").and_then(|image| text(image, "src").or_else(|| text(image, "source")));
    let url = image.or_else(|| text(media, "source")).or_else(|| text(value, "picture")).and_then(link);
    let kind = owned(value, "media_type").or_else(|| owned(value, "type"));
    if url.is_some() {
        add(post, url, kind.as_deref().unwrap_or("photo"), None);
    }
}

fn add(post: &mut Post, url: Option<String>, kind: &str, alt: Option<String>) {
    // a picture without an address shows nothing
    if url.is_some() && !post.media.iter().any(|known| known.url == url) {
        post.media.push(Media { url, kind: clean::some_line(kind, clean::LINE), alt });
    }
}

/// Takes in where a post leads to. The page of its own photo is no such place.
fn links(post: &mut Post, value: &Value) {
    let own = |kind: Option<&str>| {
        kind.is_some_and(|kind| {
            ["photo", "video", "album", "event"].iter().any(|own| kind.contains(own)) || kind == "cover_photo"
        })
    };
    let mut found: Vec<String> = Vec::new();
    let mut take = |address: Option<&str>| {
        if let Some(address) = address.and_then(link)
            && !found.contains(&address)
        {
            found.push(address);
        }
    };
    for one in attachments(value) {
        let kind = text(one, "media_type").or_else(|| text(one, "type"));
        if !own(kind) {
            let target = || one.get("target").and_then(|target| text(target, "url"));
            take(
                text(one, "unshimmed_url")
                    .or_else(target)
                    .or_else(|| text(one, "url"))
                    .or_else(|| text(one, "link")),
            );
        }
    }
    if !own(text(value, "type")) && !is_photo(value) {
        take(text(value, "link"));
    }
    take(value.get("call_to_action").and_then(|call| text(call.get("value")?, "link")));
    for property in list(value, "properties") {
        take(text(property, "href"));
    }
    take(text(value, "ticket_uri"));
    for address in graph::links_in(&post.text) {
        take(Some(&address));
    }
    post.links = found;
}

/// The ids of Pages and people named in a post or on whose wall it stands.
fn named_accounts(value: &Value) -> Vec<String> {
    let mut named = Vec::new();
    let mut take = |one: &Value| {
        if let Some(id) = id(one, "id")
            && !named.contains(&id)
        {
            named.push(id);
        }
    };
    for key in ["message_tags", "story_tags", "with_tags", "to"] {
        // old versions sort tags by the place where they stand
        let by_place = value.get(key).and_then(Value::as_object).into_iter().flat_map(|all| all.values());
        by_place.filter_map(Value::as_array).flatten().for_each(&mut take);
        value.get(key).and_then(Value::as_array).into_iter().flatten().for_each(&mut take);
    }
    named
}

/// Words beside the text: those of the page linked to, descriptions of pictures.
fn summary(value: &Value, post: &Post) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    let is_link = value.get("link").is_some() && !is_photo(value) && value.get("start_time").is_none();
    let legacy =
        ["name", "caption", "description"].iter().filter(|_| is_link).filter_map(|key| owned(value, key));
    let attached = attachments(value).flat_map(|one| {
        ["title", "name", "caption", "description"].into_iter().filter_map(move |key| owned(one, key))
    });
    let quoted = value.get("quote").and_then(|_| owned(value, "quote"));
    let alts = post.media.iter().filter_map(|media| media.alt.clone());
    for said in legacy.chain(attached).chain(quoted).chain(alts) {
        if !words.contains(&said) && said != post.text && Some(&said) != post.title.as_ref() {
            words.push(said);
        }
    }
    Some(words.join("\n")).filter(|words| !words.is_empty())
}
