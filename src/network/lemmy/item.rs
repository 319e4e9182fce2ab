//! One post, comment or person, as both generations of the interface write them.

use serde_json::Value;
use url::Url;

use super::walk::Item;
use super::{NAME, language};
use crate::html;
use crate::network::clean;
use crate::network::forum::{address, count, flag, hash, many, markdown};
use crate::network::json::{id, list, text, time};
use crate::post::{Account, Author, Counts, Deletion, Gone, Kind, Media, Post};
use crate::time::Time;

/// Links, pictures and tags kept of one post.
const MOST: usize = 100;
/// Endings of addresses of pictures.
const PICTURES: &[&str] = &[".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif"];

/// The server whose answer is read, where it is known.
#[derive(Debug, Clone)]
pub(super) struct Server {
    base: Option<String>,
}

fn owned(value: &Value, key: &str) -> Option<String> {
    text(value, key).map(str::to_owned)
}

fn link(value: &Value, key: &str) -> Option<String> {
    text(value, key).and_then(address::kept)
}

/// A moment by any of its names.
fn moment(value: &Value, keys: &[&str]) -> Option<Time> {
    keys.iter().find_map(|key| time(value, key))
}

const PUBLISHED: &[&str] = &["published_at", "published"];
const UPDATED: &[&str] = &["edited_at", "updated_at", "updated"];

/// Whether a value is a comment, without what stands around it.
pub(super) fn is_comment(value: &Value) -> bool {
    value.get("content").is_some_and(Value::is_string) && value.get("path").is_some()
}

/// Whether a value is a post, without what stands around it.
pub(super) fn is_post(value: &Value) -> bool {
    text(value, "name").is_some() && value.get("creator_id").is_some() && value.get("ap_id").is_some()
}

/// Whether a value is a person, without what stands around it.
pub(super) fn is_person(value: &Value) -> bool {
    text(value, "name").is_some()
        && value.get("bot_account").is_some()
        && ["ap_id", "actor_id"].iter().any(|key| value.get(*key).is_some())
}

/// Whether a value is one thing, bare or with what stands around it.
pub(super) fn is_view(value: &Value) -> bool {
    let with = |inner: &str| value.get(inner).is_some_and(Value::is_object);
    (with("creator") && (with("post") || with("comment")))
        || (with("person") && (value.get("counts").is_some() || value.get("is_admin").is_some()))
        || is_comment(value)
        || is_post(value)
        || is_person(value)
}

/// An element of a list, as the walk sees it.
pub(super) fn seen(value: &Value) -> Item {
    let inner = ["comment", "post"].iter().find_map(|key| value.get(*key).filter(|inner| inner.is_object()));
    let inner = inner.unwrap_or(value);
    let pinned = flag(inner, "featured_community") || flag(inner, "featured_local");
    Item { at: moment(inner, PUBLISHED), pinned }
}

/// Whether the author or a moderator took it away. Its text may still be there.
fn is_gone(value: &Value) -> bool {
    flag(value, "deleted") || flag(value, "removed")
}

impl Server {
    pub(super) fn of(url: Option<&Url>) -> Server {
        let root = |url: &Url| Some(format!("{}://{}", url.scheme(), address::host(url)?));
        Server { base: url.and_then(root) }
    }

    /// The address of a comment by its id on this server: its native id, when it was written here.
    pub(super) fn comment(&self, id: &str) -> String {
        if id.contains("://") {
            return id.to_owned();
        }
        self.base.as_ref().map_or_else(|| id.to_owned(), |base| format!("{base}/comment/{id}"))
    }

    /// A post, or its deletion. `around` has the author and the figures.
    pub(super) fn post(&self, value: &Value, around: &Value) -> Result<Post, Deletion> {
        let mut post = self.start(value)?;
        post.kind = Kind::Post;
        // older versions kept titles with the entities of HTML; a `<` never starts a tag
        let plain = |name: &str| html::decode(name);
        post.title = text(value, "name").and_then(|name| clean::some_line(&plain(name), clean::LINE));
        words(value, "body", &mut post);
        if let Some(target) = link(value, "url") {
            let kind = text(value, "url_content_type").unwrap_or_default();
            let path = Url::parse(&target).map(|url| url.path().to_lowercase()).unwrap_or_default();
            let picture = kind.starts_with("image/") || PICTURES.iter().any(|end| path.ends_with(end));
            if picture || kind.starts_with("video/") {
                let kind = if picture { "image" } else { "video" };
                let alt = text(value, "alt_text").and_then(|alt| clean::some_line(alt, clean::LINE));
                post.media.insert(0, Media { url: Some(target), kind: Some(kind.to_owned()), alt });
            } else {
                post.links.retain(|link| *link != target);
                post.links.insert(0, target);
            }
        }
        let video = link(value, "embed_video_url");
        post.media.extend(video.map(|url| Media {
            url: Some(url),
            kind: Some("video".to_owned()),
            alt: None,
        }));
        // what the page that it links to says of itself
        let said: Vec<&str> =
            ["embed_title", "embed_description"].iter().filter_map(|key| text(value, key)).collect();
        post.summary = Some(clean::text(&said.join("\n"), clean::TEXT)).filter(|said| !said.is_empty());
        let tags = list(around, "tags").iter().chain(list(value, "tags"));
        let name = |tag: &Value| ["display_name", "name"].iter().find_map(|key| owned(tag, key));
        post.hashtags = tags.filter_map(|tag| name(tag.get("tag").unwrap_or(tag))).take(MOST).collect();
        self.finish(&mut post, value, around, "comments");
        Ok(post)
    }

    /// A comment, or its deletion. `around` has the author, the figures and the post it is on.
    pub(super) fn comment_post(&self, value: &Value, around: &Value) -> Result<Post, Deletion> {
        let mut post = self.start(value)?;
        post.kind = Kind::Comment;
        words(value, "content", &mut post);
        post.root = around.get("post").and_then(|post| owned(post, "ap_id"));
        let above = text(value, "path").and_then(|path| path.rsplit('.').nth(1)).filter(|id| *id != "0");
        // replaced by its native id where the answer tells it
        post.reply_to = above.map(str::to_owned).or_else(|| post.root.clone());
        self.finish(&mut post, value, around, "child_count");
        Ok(post)
    }

    fn start(&self, value: &Value) -> Result<Post, Deletion> {
        let native_id = owned(value, "ap_id").or_else(|| id(value, "id")).unwrap_or_else(|| hash(value));
        if is_gone(value) {
            let at = moment(value, UPDATED);
            return Err(Deletion { network: NAME, gone: Gone::Post(native_id), at });
        }
        let mut post = Post::new(NAME, native_id);
        post.permalink = link(value, "ap_id");
        post.published = moment(value, PUBLISHED);
        post.edited = moment(value, UPDATED);
        post.lang = count(value, "language_id").and_then(language::code).map(str::to_owned);
        Ok(post)
    }

    fn finish(&self, post: &mut Post, value: &Value, around: &Value, answers: &str) {
        let figures = around.get("counts").unwrap_or(value);
        post.counts = Counts {
            score: count(figures, "score"),
            likes: count(figures, "upvotes"),
            replies: count(figures, answers),
            ..Counts::default()
        };
        post.author = around.get("creator").and_then(|creator| self.author(creator, &Value::Null));
    }

    fn author(&self, person: &Value, figures: &Value) -> Option<Author> {
        let name = text(person, "name")?;
        let address = link(person, "ap_id").or_else(|| link(person, "actor_id"));
        let host = address.as_deref().and_then(|address| address::host(&Url::parse(address).ok()?));
        let handle = host.map_or_else(|| name.to_owned(), |host| format!("{name}@{host}"));
        let bio = text(person, "bio").map(|bio| clean::text(&markdown::read(bio).text, clean::LINE));
        Some(Author {
            native_id: address.clone().unwrap_or_else(|| handle.clone()),
            handle: Some(handle),
            display_name: text(person, "display_name").and_then(|name| clean::some_line(name, clean::LINE)),
            bio: bio.filter(|bio| !bio.is_empty()),
            avatar: link(person, "avatar"),
            url: address,
            posts: many(figures, "post_count").or_else(|| many(person, "post_count")),
            created: moment(person, PUBLISHED),
            bot: person.get("bot_account").and_then(Value::as_bool),
            ..Author::default()
        })
    }

    /// What is said of a person, apart from any post.
    pub(super) fn account(&self, person: &Value, around: &Value) -> Option<Account> {
        let author = self.author(person, around.get("counts").unwrap_or(&Value::Null))?;
        let status = if flag(person, "deleted") {
            Some("deleted")
        } else if flag(person, "banned") || flag(around, "banned") {
            Some("banned")
        } else {
            None
        };
        Some(Account { network: NAME, author, status: status.map(str::to_owned), at: None })
    }
}

/// Text and what stands in it.
fn words(value: &Value, key: &str, post: &mut Post) {
    let marked = text(value, key).map(markdown::read).unwrap_or_default();
    post.text = clean::text(&marked.text, clean::TEXT);
    post.links = marked.links.iter().filter_map(|link| address::kept(link)).take(MOST).collect();
    let picture = |(source, alt): &(String, String)| {
        let (url, alt) = (address::kept(source)?, clean::some_line(alt, clean::LINE));
        Some(Media { url: Some(url), kind: Some("image".to_owned()), alt })
    };
    post.media = marked.images.iter().filter_map(picture).take(MOST).collect();
    post.named_accounts = marked.names;
}
