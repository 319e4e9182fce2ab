//! Videos, comments, playlists and channels as YouTube's Data API writes them.

use serde_json::Value;

use super::NAME;
use crate::html;
use crate::network::json::{id, list, text, time};
use crate::network::{Page, clean, plain};
use crate::post::{Account, Author, Counts, Deletion, Gone, Kind, Media, Post};

const SITE: &str = "https://www.youtube.com";
const NOTHING: &Value = &Value::Null;

/// What the request tells of its answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    /// Whether texts of comments are plain: asked for so. Otherwise they may be HTML.
    pub(super) plain: bool,
    /// The video whose comments were asked for.
    pub(super) video: Option<String>,
}

/// Takes in one resource by its `kind`, or by its shape when it does not say. `false`: it is none.
pub(super) fn read(value: &Value, around: &Around, page: &mut Page) -> bool {
    if !value.is_object() {
        return false;
    }
    match text(value, "kind").and_then(|kind| kind.strip_prefix("youtube#")).or_else(|| guess(value)) {
        Some("video") => video(value, page),
        Some("searchResult") => found(value, page),
        Some("playlistItem") => listed(value, page),
        Some("playlist") => page.posts.push(playlist(value)),
        Some("activity") => activity(value, page),
        Some("commentThread") => thread(value, around, page),
        Some("comment") => page.posts.push(comment(value, around, None)),
        Some("channel") => page.accounts.extend(channel(value)),
        Some("subscription") => subscription(value, page),
        Some("bareSnippet") => {
            return read(&serde_json::json!({ "snippet": value }), around, page);
        }
        // what YouTube says of itself: categories, regions, captions, sections
        Some(_) => {}
        None => return false,
    }
    true
}

/// The kind of a resource that does not say it.
fn guess(value: &Value) -> Option<&'static str> {
    let snippet = value.get("snippet").unwrap_or(NOTHING);
    let has = |key: &str| snippet.get(key).is_some();
    let by_id = value.get("id").and_then(Value::as_object);
    if by_id.is_some_and(|id| ["videoId", "channelId", "playlistId"].iter().any(|key| id.contains_key(*key)))
    {
        Some("searchResult")
    } else if has("topLevelComment") {
        Some("commentThread")
    } else if has("textDisplay") || has("textOriginal") {
        Some("comment")
    } else if has("resourceId") {
        Some(if has("playlistId") { "playlistItem" } else { "subscription" })
    } else if value.pointer("/statistics/subscriberCount").is_some()
        || value.get("brandingSettings").is_some()
        || (has("title") && has("customUrl"))
    {
        Some("channel")
    } else if (has("title") && has("channelId")) || value.pointer("/statistics/viewCount").is_some() {
        Some("video")
    } else if snippet.is_null() && value.get("kind").is_none() {
        let inner = ["topLevelComment", "textDisplay", "textOriginal", "customUrl"];
        let is_snippet = inner.iter().any(|key| value.get(key).is_some())
            || (value.get("channelId").is_some() && value.get("title").is_some());
        is_snippet.then_some("bareSnippet")
    } else {
        None
    }
}

fn snippet(value: &Value) -> &Value {
    value.get("snippet").unwrap_or(NOTHING)
}

fn line(value: &Value, key: &str) -> Option<String> {
    text(value, key).and_then(|raw| clean::some_line(raw, clean::LINE))
}

fn words(value: &Value, key: &str) -> String {
    text(value, key).map(|raw| clean::text(raw, clean::TEXT)).unwrap_or_default()
}

/// Text of a search result: its entities are escaped, and `<` never starts a tag.
fn unescaped(value: &Value, key: &str) -> Option<String> {
    text(value, key).map(html::decode)
}

/// The largest of the pictures.
fn picture(snippet: &Value) -> Option<String> {
    let all = snippet.get("thumbnails")?;
    ["maxres", "standard", "high", "medium", "default"]
        .iter()
        .find_map(|size| plain::address(text(all.get(size)?, "url")?))
}

fn channel_page(native_id: &str) -> String {
    format!("{SITE}/channel/{native_id}")
}

/// The channel named by its id and title.
fn author(known: Option<&str>, title: Option<String>) -> Option<Author> {
    let native_id = known.map(str::to_owned).or_else(|| title.clone())?;
    Some(Author { native_id, display_name: title, url: known.map(channel_page), ..Author::default() })
}

/// The part that all kinds of listed things share: title, description, date, picture, channel.
fn shown(mut post: Post, value: &Value, escaped: bool) -> Post {
    let snippet = snippet(value);
    if escaped {
        post.title = unescaped(snippet, "title").and_then(|title| clean::some_line(&title, clean::LINE));
        let description = unescaped(snippet, "description").unwrap_or_default();
        post.text = clean::text(&description, clean::TEXT);
    } else {
        post.title = line(snippet, "title");
        post.text = words(snippet, "description");
    }
    post.published = time(snippet, "publishedAt");
    post.author = author(text(snippet, "channelId"), line(snippet, "channelTitle"));
    post.media = picture(snippet)
        .map(|url| Media { url: Some(url), kind: Some("image".to_owned()), alt: None })
        .into_iter()
        .collect();
    for tag in list(snippet, "tags").iter().filter_map(Value::as_str) {
        plain::add(&mut post.hashtags, clean::line(tag.trim_start_matches('#'), clean::LINE));
    }
    in_words(&mut post);
    post
}

/// Links, hashtags and names that stand in the words.
fn in_words(post: &mut Post) {
    post.text = plain::without_secrets(std::mem::take(&mut post.text));
    // where markup told the links, their words may be cut
    let told = !post.links.is_empty();
    for part in [post.title.clone().unwrap_or_default(), post.text.clone()] {
        for link in plain::links(&part).into_iter().filter(|_| !told) {
            plain::add(&mut post.links, link);
        }
        for tag in plain::hashtags(&part) {
            plain::add(&mut post.hashtags, tag);
        }
        for name in plain::names(&part) {
            plain::add(&mut post.named_accounts, name);
        }
    }
}

fn new_video(native_id: String) -> Post {
    let mut post = Post::new(NAME, native_id);
    post.permalink = Some(format!("{SITE}/watch?v={}", post.native_id));
    post.kind = Kind::Video;
    post
}

/// A post whose id is known, or one that only its content tells from others.
fn known_or_hashed(native_id: Option<String>, value: &Value, known: fn(String) -> Post, kind: Kind) -> Post {
    native_id.map_or_else(
        || {
            let mut post = Post::new(NAME, plain::hashed(value));
            post.kind = kind;
            post
        },
        known,
    )
}

fn video(value: &Value, page: &mut Page) {
    let upload = value.get("status").and_then(|status| text(status, "uploadStatus"));
    if let (Some(native_id), Some("deleted" | "rejected" | "failed")) = (id(value, "id"), upload) {
        page.deletions.push(Deletion { network: NAME, gone: Gone::Post(native_id), at: None });
        return;
    }
    let post = known_or_hashed(id(value, "id"), value, new_video, Kind::Video);
    let mut post = shown(post, value, false);
    let snippet = snippet(value);
    post.lang =
        text(snippet, "defaultAudioLanguage").or_else(|| text(snippet, "defaultLanguage")).map(str::to_owned);
    let statistics = value.get("statistics").unwrap_or(NOTHING);
    post.counts = Counts {
        likes: plain::count(statistics, "likeCount"),
        replies: plain::count(statistics, "commentCount"),
        views: plain::count(statistics, "viewCount"),
        ..Counts::default()
    };
    page.posts.push(post);
}

/// One result of a search: a video, a playlist, or a channel.
fn found(value: &Value, page: &mut Page) {
    let by = value.get("id").unwrap_or(NOTHING);
    if let Some(channel) = id(by, "channelId").filter(|_| id(by, "videoId").is_none()) {
        let snippet = snippet(value);
        let name = unescaped(snippet, "title").and_then(|name| clean::some_line(&name, clean::LINE));
        let bio = unescaped(snippet, "description").map(|bio| clean::text(&bio, clean::TEXT));
        page.accounts.push(Account {
            network: NAME,
            author: Author {
                url: Some(channel_page(&channel)),
                native_id: channel,
                display_name: name,
                bio: bio.filter(|bio| !bio.is_empty()),
                avatar: picture(snippet),
                created: time(snippet, "publishedAt"),
                ..Author::default()
            },
            status: None,
            at: None,
        });
        return;
    }
    let post = match id(by, "playlistId").filter(|_| id(by, "videoId").is_none()) {
        Some(list) => new_playlist(list),
        // results of a search for live events once had the id alone
        None => known_or_hashed(id(by, "videoId").or_else(|| id(value, "id")), value, new_video, Kind::Video),
    };
    page.posts.push(shown(post, value, true));
}

fn new_playlist(native_id: String) -> Post {
    let mut post = Post::new(NAME, native_id);
    post.permalink = Some(format!("{SITE}/playlist?list={}", post.native_id));
    post
}

fn playlist(value: &Value) -> Post {
    let mut post = shown(known_or_hashed(id(value, "id"), value, new_playlist, Kind::Post), value, false);
    post.lang = text(snippet(value), "defaultLanguage").map(str::to_owned);
    post
}

/// The video that an entry of a playlist stands for.
fn listed(value: &Value, page: &mut Page) {
    let (snippet, details) = (snippet(value), value.get("contentDetails").unwrap_or(NOTHING));
    let video = snippet.get("resourceId").and_then(|by| id(by, "videoId")).or_else(|| id(details, "videoId"));
    if let Some(video) = video.as_ref().filter(|_| is_gone(value)) {
        page.deletions.push(Deletion { network: NAME, gone: Gone::Post(video.clone()), at: None });
        return;
    }
    let mut post = shown(known_or_hashed(video, value, new_video, Kind::Video), value, false);
    // `publishedAt` and `channelId` tell when and by whom it was put on the list
    post.published = time(details, "videoPublishedAt").or(post.published);
    if let Some(owner) = text(snippet, "videoOwnerChannelId") {
        post.author = author(Some(owner), line(snippet, "videoOwnerChannelTitle"));
    }
    page.posts.push(post);
}

/// Lists keep a place for videos that are gone, under these names in whatever language.
fn is_gone(value: &Value) -> bool {
    let snippet = snippet(value);
    matches!(text(snippet, "title"), Some("Deleted video" | "Private video"))
        && matches!(
            text(snippet, "description"),
            Some("This video is unavailable." | "This video is private.") | None
        )
        && picture(snippet).is_none()
}

/// What a channel did: an upload is a video, anything else passes on what others made.
fn activity(value: &Value, page: &mut Page) {
    let details = value.get("contentDetails").unwrap_or(NOTHING);
    let upload = details.get("upload").and_then(|by| id(by, "videoId"));
    let is_upload = upload.is_some();
    let mut post = upload
        .map_or_else(|| Post::new(NAME, id(value, "id").unwrap_or_else(|| plain::hashed(value))), new_video);
    if !is_upload {
        let about = details.as_object().into_iter().flatten().find_map(|(_, one)| one.get("resourceId"));
        post.repost_of = about.and_then(|by| id(by, "videoId"));
        if let Some(video) = &post.repost_of {
            post.kind = Kind::Repost;
            post.permalink = Some(format!("{SITE}/watch?v={video}"));
        }
    }
    page.posts.push(shown(post, value, false));
}

fn thread(value: &Value, around: &Around, page: &mut Page) {
    let snippet = snippet(value);
    let top = snippet.get("topLevelComment").unwrap_or(NOTHING);
    let around =
        Around { video: id(snippet, "videoId").or_else(|| around.video.clone()), plain: around.plain };
    let mut post = comment(top, &around, id(snippet, "channelId"));
    if let (true, Some(native_id)) = (id(top, "id").is_none(), id(value, "id")) {
        post.native_id = native_id;
    }
    post.counts.replies = plain::count(snippet, "totalReplyCount");
    let parent = post.native_id.clone();
    page.posts.push(post);
    let replies = value.get("replies").unwrap_or(NOTHING);
    for reply in list(replies, "comments").iter().filter(|reply| reply.is_object()) {
        let mut reply = comment(reply, &around, None);
        if reply.reply_to == reply.root {
            reply.reply_to = Some(parent.clone());
        }
        page.posts.push(reply);
    }
}

/// One comment. `channel`: the channel that it is about, when it is about no video.
fn comment(value: &Value, around: &Around, channel: Option<String>) -> Post {
    let snippet = snippet(value);
    let video = id(snippet, "videoId").or_else(|| around.video.clone());
    let mut post = Post::new(NAME, id(value, "id").unwrap_or_else(|| plain::hashed(value)));
    let native_id = post.native_id.clone();
    post.permalink = match (&video, channel) {
        (Some(video), _) => Some(format!("{SITE}/watch?v={video}&lc={native_id}")),
        (None, Some(channel)) => Some(format!("{}/community?lc={native_id}", channel_page(&channel))),
        (None, None) => None,
    };
    post.author = commenter(snippet);
    let display = snippet.get("textDisplay").and_then(Value::as_str).unwrap_or_default();
    let shown = if around.plain { html::Plain::default() } else { html::read(display) };
    post.text = match text(snippet, "textOriginal") {
        Some(original) => clean::text(original, clean::TEXT),
        None if around.plain => clean::text(display, clean::TEXT),
        None => clean::text(&shown.text, clean::TEXT),
    };
    post.html =
        (!around.plain && display.contains(['<', '&'])).then(|| plain::without_secrets(display.to_owned()));
    // hashtags are shown as searches of YouTube itself
    let leads_away =
        |link: &String| !link.contains("youtube.com/results?") && !link.contains("youtube.com/hashtag/");
    for link in shown.links.iter().filter(|link| leads_away(link)).filter_map(|link| plain::address(link)) {
        plain::add(&mut post.links, link);
    }
    post.published = time(snippet, "publishedAt");
    post.edited = time(snippet, "updatedAt").filter(|edited| Some(*edited) > post.published);
    post.kind = Kind::Comment;
    // the id of an answer begins with that of the comment it answers
    post.reply_to = id(snippet, "parentId")
        .or_else(|| native_id.split_once('.').map(|(parent, _)| parent.to_owned()))
        .or_else(|| video.clone());
    post.root = video;
    post.counts.likes = plain::count(snippet, "likeCount");
    in_words(&mut post);
    post
}

fn commenter(snippet: &Value) -> Option<Author> {
    let name = line(snippet, "authorDisplayName");
    let url = text(snippet, "authorChannelUrl").and_then(plain::address);
    let native_id = snippet
        .get("authorChannelId")
        .and_then(|by| id(by, "value").or_else(|| by.as_str().map(str::to_owned)))
        .or_else(|| url.as_deref().and_then(|url| url.rsplit('/').next()).map(str::to_owned))
        .filter(|native_id| !native_id.is_empty())
        .or_else(|| name.clone())?;
    Some(Author {
        native_id,
        handle: name.as_deref().and_then(|name| name.strip_prefix('@')).map(str::to_owned),
        display_name: name,
        avatar: text(snippet, "authorProfileImageUrl").and_then(plain::address),
        url,
        ..Author::default()
    })
}

fn channel(value: &Value) -> Option<Account> {
    let snippet = snippet(value);
    let native_id = id(value, "id").or_else(|| line(snippet, "customUrl"))?;
    let statistics = value.get("statistics").unwrap_or(NOTHING);
    let hidden = statistics.get("hiddenSubscriberCount").and_then(Value::as_bool) == Some(true);
    let branding = value.pointer("/brandingSettings/channel").unwrap_or(NOTHING);
    let bio = words(snippet, "description");
    let bio = if bio.is_empty() { words(branding, "description") } else { bio };
    Some(Account {
        network: NAME,
        author: Author {
            url: Some(channel_page(&native_id)),
            native_id,
            handle: line(snippet, "customUrl").map(|handle| handle.trim_start_matches('@').to_owned()),
            display_name: line(snippet, "title").or_else(|| line(branding, "title")),
            bio: Some(bio).filter(|bio| !bio.is_empty()),
            avatar: picture(snippet),
            followers: plain::size(statistics, "subscriberCount").filter(|_| !hidden),
            posts: plain::size(statistics, "videoCount"),
            created: time(snippet, "publishedAt"),
            ..Author::default()
        },
        status: None,
        at: None,
    })
}

/// A channel that another one has subscribed to.
fn subscription(value: &Value, page: &mut Page) {
    let snippet = snippet(value);
    let subscriber = value.get("subscriberSnippet").unwrap_or(NOTHING);
    let known = snippet.get("resourceId").and_then(|by| id(by, "channelId"));
    for (native_id, said) in [(known, snippet), (id(subscriber, "channelId"), subscriber)] {
        let Some(native_id) = native_id else { continue };
        page.accounts.push(Account {
            network: NAME,
            author: Author {
                url: Some(channel_page(&native_id)),
                native_id,
                display_name: line(said, "title"),
                bio: Some(words(said, "description")).filter(|bio| !bio.is_empty()),
                avatar: picture(said),
                ..Author::default()
            },
            status: None,
            at: None,
        });
    }
}
