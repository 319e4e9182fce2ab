//! Posts and topics of a forum, as its many lists write them.

use serde_json::Value;
use url::Url;

use super::NAME;
use crate::html;
use crate::network::clean;
use crate::network::forum::{address, count, flag, hash, markdown};
use crate::network::json::{id, list, text, time};
use crate::post::{Counts, Deletion, Gone, Kind, Media, Post};

/// Links, pictures and tags kept of one post.
const MOST: usize = 100;
/// The kind of action that is a like.
const LIKE: i64 = 2;
/// The kind of post that only the staff sees.
const WHISPER: i64 = 4;

/// The forum whose answer is read, where it is known.
#[derive(Debug, Clone)]
pub(super) struct Forum {
    base: Option<Url>,
    host: Option<String>,
}

/// The root of the forum that an address belongs to.
pub(super) fn root(url: &str) -> Option<Url> {
    let mut url = Url::parse(url).ok().filter(|url| url.has_host())?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

impl Forum {
    pub(super) fn of(base: Option<Url>) -> Forum {
        let host = base.as_ref().and_then(address::host);
        Forum { base, host }
    }

    /// The identity of a number: those of several forums must not mix.
    pub(super) fn native(&self, number: &str) -> String {
        self.host.as_ref().map_or_else(|| number.to_owned(), |host| format!("{host}/{number}"))
    }

    /// An address on the forum; only its path where the forum is not known.
    pub(super) fn place(&self, path: &str) -> String {
        if let Some(rest) = path.strip_prefix("//") {
            return format!("https://{rest}");
        }
        if path.contains("://") {
            return address::kept(path).unwrap_or_default();
        }
        let Some(base) = &self.base else { return path.to_owned() };
        let folder = base.path().trim_end_matches('/');
        let inside = !folder.is_empty() && path.starts_with(&format!("{folder}/"));
        let path = if inside { path.to_owned() } else { format!("{folder}{path}") };
        let mut url = base.clone();
        url.set_query(None);
        url.join(&path).map(String::from).unwrap_or(path)
    }
}

/// What the answer says of the topic around its posts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Topic<'a> {
    pub(super) title: Option<&'a str>,
    pub(super) slug: Option<&'a str>,
    pub(super) tags: &'a [Value],
    pub(super) id: Option<&'a Value>,
}

/// Whether a value is a post: written, found by a search, or told as what somebody did.
pub(super) fn is_post(value: &Value) -> bool {
    value.get("notification_type").is_none()
        && (["cooked", "raw", "blurb"].iter().any(|key| value.get(*key).is_some_and(Value::is_string))
            || (value.get("topic_id").is_some() && value.get("post_number").is_some())
            || (value.get("action_type").is_some() && value.get("excerpt").is_some()))
}

/// Whether a value is a topic in a list.
pub(super) fn is_topic(value: &Value) -> bool {
    id(value, "id").is_some()
        && text(value, "title").or_else(|| text(value, "fancy_title")).is_some()
        && ["slug", "posts_count", "url", "fancy_title"].iter().any(|key| value.get(*key).is_some())
        && ["post_stream", "bookmarkable_type"].iter().all(|key| value.get(*key).is_none())
}

/// Whether a post was taken away or is shown to nobody.
fn is_gone(value: &Value) -> bool {
    value.get("deleted_at").is_some_and(|at| !at.is_null())
        || ["user_deleted", "hidden", "deleted"].iter().any(|key| flag(value, key))
}

/// The number of a post: search hits and actions have it elsewhere.
pub(super) fn number(value: &Value) -> Option<String> {
    let acted = value.get("action_type").is_some();
    id(value, "post_id").or_else(|| id(value, "id").filter(|_| !acted))
}

fn place_in_topic(value: &Value) -> Option<i64> {
    count(value, "post_number").filter(|number| *number > 0)
}

impl Forum {
    /// The identity of a post, by its number, its place in its topic, or its content.
    fn identity(&self, value: &Value, topic: Option<&str>) -> String {
        if let Some(number) = number(value) {
            return self.native(&number);
        }
        match (topic, place_in_topic(value)) {
            (Some(topic), Some(1) | None) => self.native(&format!("t/{topic}")),
            (Some(topic), Some(place)) => self.native(&format!("t/{topic}/{place}")),
            (None, _) => hash(value),
        }
    }

    /// One post, or its deletion; nothing for what only the staff sees.
    pub(super) fn post(&self, value: &Value, topic: Topic<'_>) -> Option<Result<Post, Deletion>> {
        if count(value, "post_type") == Some(WHISPER) {
            return None;
        }
        let topic_id =
            id(value, "topic_id").or_else(|| topic.id.filter(|id| id.is_number()).map(Value::to_string));
        let native_id = self.identity(value, topic_id.as_deref());
        if is_gone(value) {
            let at = time(value, "deleted_at");
            return Some(Err(Deletion { network: NAME, gone: Gone::Post(native_id), at }));
        }
        let mut post = Post::new(NAME, native_id);
        let place = place_in_topic(value);
        post.kind = if place.is_some_and(|place| place > 1) { Kind::Reply } else { Kind::Post };
        let slug = text(value, "topic_slug").or_else(|| text(value, "slug")).or(topic.slug);
        post.permalink = match (text(value, "post_url").or_else(|| text(value, "url")), &topic_id) {
            (Some(path), _) => Some(self.place(path)),
            (None, Some(topic)) => {
                let slug = slug.unwrap_or("-");
                Some(self.place(&format!("/t/{slug}/{topic}/{}", place.unwrap_or(1))))
            }
            (None, None) => None,
        };
        post.author = self.author(value, "");
        let title = ["topic_title", "title", "fancy_title"].iter().find_map(|key| text(value, key));
        post.title = title.or(topic.title).and_then(|title| clean::some_line(&plain(title), clean::LINE));
        self.words(value, &mut post);
        post.lang = text(value, "locale").map(|locale| locale.replace('_', "-"));
        post.published = time(value, "created_at");
        post.edited =
            count(value, "version").filter(|version| *version > 1).and_then(|_| time(value, "updated_at"));
        if let Some(topic) = topic_id.filter(|_| post.kind == Kind::Reply) {
            // numbers of posts are not told here: the answer may know them, else the place stands for them
            post.root = Some(self.native(&format!("t/{topic}")));
            let answered = count(value, "reply_to_post_number").filter(|number| *number > 0);
            post.reply_to = answered.map(|place| match place {
                1 => self.native(&format!("t/{topic}")),
                place => self.native(&format!("t/{topic}/{place}")),
            });
        }
        post.counts = Counts {
            likes: likes(value),
            replies: count(value, "reply_count"),
            quotes: count(value, "quote_count"),
            views: count(value, "reads"),
            ..Counts::default()
        };
        post.hashtags = tags(list(value, "tags")).chain(tags(topic.tags)).take(MOST).collect();
        Some(Ok(post))
    }

    /// Text and what stands in it; the HTML that readers see, else the source, else an excerpt.
    fn words(&self, value: &Value, post: &mut Post) {
        if let Some(cooked) = text(value, "cooked") {
            let body = html::read(cooked);
            post.text = clean::text(&body.text, clean::TEXT);
            post.html = Some(clean::text(cooked, clean::TEXT));
            post.links = self.links(body.links);
            post.media =
                body.images.iter().filter_map(|(source, alt)| self.picture(source, alt)).take(MOST).collect();
            post.named_accounts = markdown::names(&post.text);
        } else if let Some(raw) = text(value, "raw") {
            let body = markdown::read(raw);
            post.text = clean::text(&body.text, clean::TEXT);
            post.links = self.links(body.links);
            post.media =
                body.images.iter().filter_map(|(source, alt)| self.picture(source, alt)).take(MOST).collect();
            post.named_accounts = body.names;
        } else if let Some(excerpt) = text(value, "blurb").or_else(|| text(value, "excerpt")) {
            post.text = clean::text(&html::to_text(excerpt), clean::TEXT);
        }
    }

    fn links(&self, links: Vec<String>) -> Vec<String> {
        let mut kept: Vec<String> = Vec::new();
        for link in links {
            let link = if link.starts_with('/') { self.place(&link) } else { link };
            if let Some(link) = address::kept(&link)
                && kept.len() < MOST
                && !kept.contains(&link)
            {
                kept.push(link);
            }
        }
        kept
    }

    /// A picture of the post; little signs and portraits are none.
    fn picture(&self, source: &str, alt: &str) -> Option<Media> {
        let adorns = ["/images/emoji/", "/user_avatar/", "/letter_avatar", "/plugins/"];
        if adorns.iter().any(|path| source.contains(path)) {
            return None;
        }
        let url = Some(self.place(source)).filter(|url| !url.is_empty());
        Some(Media { url, kind: Some("image".to_owned()), alt: clean::some_line(alt, clean::LINE) })
    }

    /// One topic of a list, as the post that opens it; the number of that post is not told there.
    pub(super) fn topic(&self, value: &Value, users: &[Value]) -> Option<Result<Post, Deletion>> {
        if text(value, "archetype") == Some("private_message") {
            return None;
        }
        let number = id(value, "id")?;
        let native_id = self.native(&format!("t/{number}"));
        if is_gone(value) {
            let at = time(value, "deleted_at");
            return Some(Err(Deletion { network: NAME, gone: Gone::Post(native_id), at }));
        }
        let mut post = Post::new(NAME, native_id);
        let slug = text(value, "slug").unwrap_or("-");
        post.permalink = Some(
            text(value, "url")
                .map_or_else(|| self.place(&format!("/t/{slug}/{number}")), |path| self.place(path)),
        );
        let opener = list(value, "posters")
            .iter()
            .find(|poster| text(poster, "description").is_some_and(|said| said.contains("Original Poster")))
            .or_else(|| list(value, "posters").first());
        let inside = opener.and_then(|poster| poster.get("user"));
        let named =
            || users.iter().find(|user| id(user, "id") == opener.and_then(|poster| id(poster, "user_id")));
        post.author = inside.or_else(named).and_then(|user| self.author(user, ""));
        let title = text(value, "title").or_else(|| text(value, "fancy_title"));
        post.title = title.and_then(|title| clean::some_line(&plain(title), clean::LINE));
        post.text = text(value, "excerpt")
            .map(|text| clean::text(&html::to_text(text), clean::TEXT))
            .unwrap_or_default();
        post.published = time(value, "created_at");
        post.counts = Counts {
            likes: count(value, "like_count"),
            replies: count(value, "posts_count").map(|posts| posts.saturating_sub(1).max(0)),
            views: count(value, "views"),
            ..Counts::default()
        };
        post.media =
            text(value, "image_url").and_then(|source| self.picture(source, "")).into_iter().collect();
        post.hashtags = tags(list(value, "tags")).take(MOST).collect();
        Some(Ok(post))
    }
}

/// Titles are plain, some with the entities of HTML: `<` never starts a tag.
fn plain(title: &str) -> String {
    html::decode(title)
}

/// Tags are names, or objects that have one.
fn tags(list: &[Value]) -> impl Iterator<Item = String> {
    list.iter().filter_map(|tag| tag.as_str().or_else(|| text(tag, "name")).map(str::to_owned))
}

/// How many liked it: no entry among the actions means nobody.
fn likes(value: &Value) -> Option<i64> {
    if let Some(actions) = value.get("actions_summary").and_then(Value::as_array) {
        let like = actions.iter().find(|action| count(action, "id") == Some(LIKE));
        return Some(like.and_then(|like| count(like, "count")).unwrap_or(0));
    }
    count(value, "like_count")
}
