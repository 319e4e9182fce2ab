//! Posts and blogs as Tumblr writes them, in blocks and in the older forms with HTML.

use serde_json::Value;

use super::blocks::{self, Content, target};
use super::{API, NAME};
use crate::html;
use crate::network::json::{id, list, text};
use crate::network::{clean, plain};
use crate::post::{Account, Author, Counts, Kind, Media, Post};
use crate::time::Time;

const NOTHING: &Value = &Value::Null;

/// Kinds of blocks: one that stands alone is a post without anything around it.
const BLOCKS: &[&str] = &["text", "image", "link", "audio", "video", "poll"];

/// Whether a value is a post, or the content of one.
pub(super) fn is_post(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    if has("content") && (has("layout") || value.get("content").is_some_and(Value::is_array)) {
        return true;
    }
    let known = has("id") || has("id_string");
    if known && ["post_url", "blog_name", "timestamp", "trail", "reblog_key"].iter().any(|key| has(key)) {
        return true;
    }
    is_block(value)
}

fn is_block(value: &Value) -> bool {
    let inside = ["text", "media", "url", "answers"].iter().any(|key| value.get(key).is_some());
    // a post with a link is of the type of a block, too
    let whole = ["id", "id_string", "blog_name", "post_url", "timestamp"];
    !whole.iter().any(|key| value.get(key).is_some_and(|said| said.is_string() || said.is_number()))
        && inside
        && text(value, "type").is_some_and(|kind| BLOCKS.contains(&kind))
}

fn line(value: &Value, key: &str) -> Option<String> {
    text(value, key).and_then(|raw| clean::some_line(&html::to_text(raw), clean::LINE))
}

/// The id of a post. Tumblr's numbers are too large for some programs, so it writes them as text too.
pub(super) fn native_id(value: &Value) -> Option<String> {
    id(value, "id_string").or_else(|| id(value, "id"))
}

/// When a post is in the order of its tag: featured tags have an order of their own.
pub(super) fn moment(value: &Value) -> Option<i64> {
    plain::count(value, "featured_timestamp").or_else(|| plain::count(value, "timestamp"))
}

/// The post that a value holds.
pub(super) fn read(value: &Value) -> Post {
    if is_block(value) {
        let alone = serde_json::json!({ "content": [value], "layout": [] });
        return read(&alone);
    }
    let mut post = Post::new(NAME, native_id(value).unwrap_or_else(|| plain::hashed(value)));
    post.author = author(value);
    let handle = post.author.as_ref().and_then(|author| author.handle.clone());
    let by_name = || Some(format!("https://www.tumblr.com/{}/{}", handle?, native_id(value)?));
    post.permalink = text(value, "post_url")
        .or_else(|| text(value, "short_url"))
        .and_then(plain::address)
        .or_else(by_name);
    post.published = plain::count(value, "timestamp")
        .and_then(Time::from_seconds)
        .or_else(|| Time::parse(text(value, "date")?.trim_end_matches("GMT").trim()));
    for tag in list(value, "tags").iter().filter_map(Value::as_str) {
        plain::add(&mut post.hashtags, clean::line(tag.trim_start_matches('#'), clean::LINE));
    }
    if value.get("content").is_some_and(|content| content.is_array() || content.is_object()) {
        in_blocks(value, &mut post);
    } else {
        in_markup(value, &mut post);
    }
    post.text = clean::text(&plain::without_secrets(post.text), clean::TEXT);
    post.counts = counts(value);
    if let Some(name) = text(value, "asking_name").filter(|name| *name != "Anonymous") {
        plain::add(&mut post.named_accounts, name.to_owned());
    }
    post
}

fn counts(value: &Value) -> Counts {
    let first = |keys: [&str; 2]| keys.iter().find_map(|key| plain::count(value, key));
    let mut counts = Counts {
        likes: first(["like_count", "likes_count"]),
        reposts: first(["reblog_count", "reblogs_count"]),
        replies: first(["reply_count", "replies_count"]),
        ..Counts::default()
    };
    if counts.is_empty() {
        // likes, reblogs and replies in one figure
        counts.score = plain::count(value, "note_count");
    }
    counts
}

/// The post before this one in a chain of reblogs, and the first one.
fn chain(value: &Value) -> (Option<String>, Option<String>) {
    let trail: Vec<&Value> = list(value, "trail").iter().filter(|part| !is_own(part, value)).collect();
    let of = |part: &&Value| part.get("post").and_then(|post| id(post, "id"));
    let parent = id(value, "reblogged_from_id")
        .or_else(|| id(value, "parent_post_id"))
        .or_else(|| text(value, "parent_post_url").and_then(id_in))
        .or_else(|| trail.last().and_then(of));
    let root = id(value, "reblogged_root_id").or_else(|| trail.first().and_then(of));
    (parent, root)
}

/// The id in the address of a post.
fn id_in(address: &str) -> Option<String> {
    let all_digits = |part: &&str| part.len() > 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    address.split('/').find(all_digits).map(str::to_owned)
}

/// Whether a part of the trail is the post itself.
fn is_own(part: &Value, post: &Value) -> bool {
    if let Some(own) = part.get("is_current_item").and_then(Value::as_bool) {
        return own;
    }
    let same = part.get("post").and_then(|inner| id(inner, "id"));
    same.is_some() && same == native_id(post)
}

fn take(post: &mut Post, content: Content) {
    post.text = content.text;
    let aside: Vec<String> = content.aside.iter().map(|words| clean::text(words, clean::TEXT)).collect();
    post.summary = Some(aside.join("\n")).filter(|words| !words.is_empty());
    post.media = content.media;
    post.links = content.links;
    post.named_accounts = content.names;
}

fn in_blocks(value: &Value, post: &mut Post) {
    let part = |value: &Value| {
        blocks::read(value.get("content").unwrap_or(NOTHING), value.get("layout").unwrap_or(NOTHING))
    };
    let own = part(value);
    let (parent, root) = chain(value);
    let trail = list(value, "trail");
    if own.answers {
        post.kind = Kind::Answer;
    }
    if parent.is_none() && trail.is_empty() {
        take(post, own);
        return;
    }
    post.root = root;
    if own.is_empty() {
        // passed on unchanged: the last words are those of another
        post.kind = Kind::Repost;
        post.repost_of = parent;
        take(post, trail.last().map(part).unwrap_or_default());
    } else {
        post.kind = Kind::Quote;
        post.quote_of = parent;
        take(post, own);
    }
}

/// The older forms: each kind of post has its own fields with HTML.
fn in_markup(value: &Value, post: &mut Post) {
    post.title = line(value, "title");
    let mut body = own_markup(value);
    let (parent, root) = chain(value);
    if parent.is_some() || root.is_some() {
        let trail = list(value, "trail");
        let written =
            |part: &'_ Value| text(part, "content").or_else(|| text(part, "content_raw")).map(str::to_owned);
        let own = trail.last().filter(|last| is_own(last, value)).and_then(written);
        let comment = value.get("reblog").and_then(|reblog| text(reblog, "comment")).map(str::to_owned);
        post.root = root;
        match own.or(comment) {
            Some(words) => {
                post.kind = Kind::Quote;
                post.quote_of = parent;
                body = words;
            }
            None => {
                post.kind = Kind::Repost;
                post.repost_of = parent;
                if let Some(last) = trail.last().and_then(written) {
                    body = last;
                }
            }
        }
    }
    // The bodies of chats are lines of plain text.
    let read = if body.contains('<') { html::read(&body) } else { html::read_spaced(&body) };
    post.text = read.text;
    post.html = body.contains(['<', '&']).then(|| plain::without_secrets(body));
    for key in ["url", "source_url", "permalink_url"] {
        if let Some(link) = text(value, key).and_then(target) {
            plain::add(&mut post.links, link);
        }
    }
    for link in read.links.iter().filter_map(|link| target(link)).chain(plain::links(&post.text)) {
        plain::add(&mut post.links, link);
    }
    post.media = pictures(value);
    for (url, alt) in read.images {
        post.media.push(Media {
            url: plain::address(&url),
            kind: Some("image".to_owned()),
            alt: Some(alt).filter(|alt| !alt.is_empty()),
        });
    }
    let aside: Vec<String> = ["question", "excerpt", "track_name", "artist", "album", "source_title"]
        .iter()
        .filter_map(|key| text(value, key))
        .map(|words| clean::text(&html::to_text(words), clean::TEXT))
        .collect();
    post.summary = Some(aside.join("\n")).filter(|words| !words.is_empty());
    if text(value, "question").is_some() {
        post.kind = Kind::Answer;
    }
}

fn own_markup(value: &Value) -> String {
    let first = |keys: &[&str]| keys.iter().find_map(|key| text(value, key)).unwrap_or_default().to_owned();
    match (text(value, "text"), text(value, "source")) {
        (Some(quote), Some(source)) => format!("<p>{quote}</p><p>{source}</p>"),
        (Some(quote), None) => quote.to_owned(),
        _ => first(&["body", "caption", "description", "answer"]),
    }
}

fn pictures(value: &Value) -> Vec<Media> {
    let picture = |photo: &Value| Media {
        url: photo
            .get("original_size")
            .or_else(|| list(photo, "alt_sizes").first())
            .and_then(|size| plain::address(text(size, "url")?)),
        kind: Some("image".to_owned()),
        alt: line(photo, "caption"),
    };
    let mut all: Vec<Media> = list(value, "photos").iter().map(picture).collect();
    for (key, kind) in [("video_url", "video"), ("audio_url", "audio")] {
        if let Some(url) = text(value, key).and_then(plain::address) {
            all.push(Media { url: Some(url), kind: Some(kind.to_owned()), alt: None });
        }
    }
    all
}

fn author(value: &Value) -> Option<Author> {
    let blog = value.get("blog").filter(|blog| text(blog, "name").is_some() || text(blog, "uuid").is_some());
    let named = || {
        let name = text(value, "blog_name")?;
        blog_author(&serde_json::json!({ "name": name, "uuid": text(value, "tumblelog_uuid") }))
    };
    blog.and_then(blog_author).or_else(named).or_else(|| {
        let native_id = text(value, "tumblelog_uuid")?.to_owned();
        Some(Author { native_id, ..Author::default() })
    })
}

fn blog_author(blog: &Value) -> Option<Author> {
    let handle = text(blog, "name").map(str::to_owned);
    let native_id = text(blog, "uuid").map(str::to_owned).or_else(|| handle.clone())?;
    let pictures = list(blog, "avatar");
    let width = |one: &&Value| plain::count(one, "width").unwrap_or(0);
    let avatar = pictures.iter().rev().max_by_key(width).and_then(|one| plain::address(text(one, "url")?));
    let by_name = |handle: &String| format!("{API}/blog/{handle}/avatar/128");
    Some(Author {
        native_id,
        display_name: line(blog, "title"),
        bio: text(blog, "description").map(html::to_text).filter(|bio| !bio.is_empty()),
        avatar: avatar.or_else(|| handle.as_ref().map(by_name)),
        url: text(blog, "url")
            .and_then(plain::address)
            .or_else(|| handle.as_ref().map(|handle| format!("https://{handle}.tumblr.com/"))),
        followers: plain::size(blog, "followers").or_else(|| plain::size(blog, "total_followers")),
        posts: plain::size(blog, "posts").or_else(|| plain::size(blog, "total_posts")),
        handle,
        ..Author::default()
    })
}

/// What is said of a blog apart from its posts.
pub(super) fn account(blog: &Value) -> Option<Account> {
    Some(Account { network: NAME, author: blog_author(blog)?, status: None, at: None })
}

/// An answer under a post. `under`: the post.
pub(super) fn reply(note: &Value, under: Option<String>) -> Option<Post> {
    let words = text(note, "reply_text").filter(|_| text(note, "type") == Some("reply"))?;
    let mut post = Post::new(NAME, id(note, "id").unwrap_or_else(|| plain::hashed(note)));
    post.author = blog_author(&serde_json::json!({
        "name": text(note, "blog_name"), "uuid": text(note, "blog_uuid"),
        "title": text(note, "blog_title"), "url": text(note, "blog_url"),
    }));
    post.text = clean::text(&plain::without_secrets(words.to_owned()), clean::TEXT);
    post.links = plain::links(words);
    post.published = plain::count(note, "timestamp").and_then(Time::from_seconds);
    post.kind = Kind::Comment;
    post.reply_to.clone_from(&under);
    post.root = under;
    Some(post)
}
