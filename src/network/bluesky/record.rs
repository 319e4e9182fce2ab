//! Records as their authors wrote them: a post, a repost, a profile. Every field may be missing or of the
//! wrong kind; what can be read is read.

use serde_json::Value;

use super::NAME;
use super::tree::{list, text, time};
use crate::post::{Account, Author, Kind, Media, Post};
use crate::time::Time;

/// The collection of posts.
pub(super) const POST: &str = "app.bsky.feed.post";
/// The collection of reposts.
pub(super) const REPOST: &str = "app.bsky.feed.repost";
/// The collection of profiles.
pub(super) const PROFILE: &str = "app.bsky.actor.profile";

/// The addresses that stand before the links we build.
#[derive(Debug)]
pub(super) struct Places {
    /// Where people read posts.
    pub(super) web: String,
    /// Where pictures are served.
    pub(super) cdn: String,
}

/// The three parts of `at://did/collection/rkey`.
pub(super) fn parts(uri: &str) -> Option<(&str, &str, &str)> {
    let mut parts = uri.strip_prefix("at://")?.splitn(3, '/');
    let whole = (parts.next()?, parts.next()?, parts.next()?);
    (!whole.0.is_empty() && !whole.1.is_empty() && !whole.2.is_empty() && !whole.2.contains('/'))
        .then_some(whole)
}

/// The name of an account, unless the network could not verify it.
pub(super) fn handle(value: &Value) -> Option<String> {
    text(value, "/handle").filter(|handle| *handle != "handle.invalid").map(str::to_owned)
}

/// Whether labels say that the account is automated.
pub(super) fn bot(labels: &[Value]) -> Option<bool> {
    labels.iter().any(|label| text(label, "/val") == Some("bot")).then_some(true)
}

/// Whether labels say that the account is not for those who are signed out.
pub(super) fn quiet(labels: &[Value]) -> bool {
    labels.iter().any(|label| text(label, "/val") == Some("!no-unauthenticated"))
}

impl Places {
    /// What is known of an account from its id alone.
    pub(super) fn author(&self, did: &str) -> Author {
        Author {
            native_id: did.to_owned(),
            url: Some([&self.web, "/profile/", did].concat()),
            ..Author::default()
        }
    }

    /// The page of the post of this address, for people to open.
    pub(super) fn permalink(&self, did: &str, uri: &str) -> Option<String> {
        parts(uri).map(|(_, _, rkey)| [&self.web, "/profile/", did, "/post/", rkey].concat())
    }

    /// A post from its record. `at` is when the network saw it, used where the author gives no date.
    pub(super) fn post(&self, did: &str, uri: &str, record: &Value, at: Option<Time>) -> Post {
        let mut post = Post::new(NAME, uri);
        post.permalink = self.permalink(did, uri);
        post.author = Some(self.author(did));
        text(record, "/text").unwrap_or_default().clone_into(&mut post.text);
        post.lang = list(record, "/langs").iter().find_map(Value::as_str).map(str::to_owned);
        post.published = time(record, "/createdAt").or(at);
        post.reply_to = text(record, "/reply/parent/uri").map(str::to_owned);
        post.root = text(record, "/reply/root/uri").map(str::to_owned);
        facets(record, &mut post);
        if let Some(embed) = record.get("embed") {
            self.embed(did, embed, &mut post);
        }
        post.kind = match (&post.reply_to, &post.quote_of) {
            (Some(_), _) => Kind::Reply,
            (None, Some(_)) => Kind::Quote,
            (None, None) => Kind::Post,
        };
        post
    }

    /// A repost from its record; `None` when it does not say of what.
    pub(super) fn repost(&self, did: &str, uri: &str, record: &Value, at: Option<Time>) -> Option<Post> {
        let subject = text(record, "/subject/uri")?;
        let mut post = Post::new(NAME, uri);
        // A repost has no page of its own: people open what it passes on.
        post.permalink =
            parts(subject).map(|(author, _, rkey)| format!("{}/profile/{author}/post/{rkey}", self.web));
        post.author = Some(self.author(did));
        post.published = time(record, "/createdAt").or(at);
        post.kind = Kind::Repost;
        post.repost_of = Some(subject.to_owned());
        Some(post)
    }

    /// An account from its profile record.
    pub(super) fn profile(&self, did: &str, record: &Value, at: Option<Time>) -> Account {
        let author = Author {
            display_name: text(record, "/displayName").map(str::to_owned),
            bio: text(record, "/description").map(str::to_owned),
            avatar: record.get("avatar").and_then(|blob| self.picture("avatar", did, blob)),
            bot: bot(list(record, "/labels/values")),
            quiet: Some(quiet(list(record, "/labels/values"))),
            ..self.author(did)
        };
        Account { network: NAME, author, status: None, at }
    }

    /// The address of an uploaded picture, in today's form of blob or the one of 2022.
    fn picture(&self, size: &str, did: &str, blob: &Value) -> Option<String> {
        let link = text(blob, "/ref/$link").or_else(|| text(blob, "/cid"))?;
        Some(format!("{}/img/{size}/plain/{did}/{link}@jpeg", self.cdn))
    }

    /// What a post carries beside its text. Read by shape, since kinds of embed keep being added.
    fn embed(&self, did: &str, embed: &Value, post: &mut Post) {
        for key in ["/images", "/media", "/items"] {
            post.media.extend(list(embed, key).iter().map(|item| self.image(did, item)));
        }
        if let Some(video) = embed.get("video").filter(|video| video.is_object()) {
            post.media.push(Media {
                url: None,
                kind: Some(text(video, "/mimeType").unwrap_or("video").to_owned()),
                alt: text(embed, "/alt").map(str::to_owned),
            });
        }
        if let Some(card) = embed.get("external") {
            add(&mut post.links, text(card, "/uri"));
            let lines = [text(card, "/title"), text(card, "/description")];
            let joined = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
            post.summary = (!joined.is_empty()).then_some(joined);
        }
        let quoted = text(embed, "/record/uri").or_else(|| text(embed, "/record/record/uri"));
        // Lists, feeds and starter packs are embedded in the same way; they are no posts.
        if let Some(uri) =
            quoted.filter(|uri| parts(uri).is_some_and(|(_, collection, _)| collection == POST))
        {
            post.quote_of = Some(uri.to_owned());
        }
        if let Some(media) = embed.get("media").filter(|media| media.is_object()) {
            self.embed(did, media, post);
        }
    }

    fn image(&self, did: &str, item: &Value) -> Media {
        let blob = item.get("image").unwrap_or(&Value::Null);
        Media {
            url: self.picture("feed_fullsize", did, blob),
            kind: Some(text(blob, "/mimeType").unwrap_or("image").to_owned()),
            alt: text(item, "/alt").map(str::to_owned),
        }
    }
}

/// Links, hashtags and accounts that the text points to, with those of `tags` and of the form of 2022.
fn facets(record: &Value, post: &mut Post) {
    for feature in list(record, "/facets").iter().flat_map(|facet| list(facet, "/features")) {
        match text(feature, "/$type").and_then(|kind| kind.rsplit('#').next()) {
            Some("link") => add(&mut post.links, text(feature, "/uri")),
            Some("tag") => add(&mut post.hashtags, text(feature, "/tag").map(without_sign)),
            Some("mention") => add(&mut post.named_accounts, text(feature, "/did")),
            _ => {}
        }
    }
    for tag in list(record, "/tags") {
        add(&mut post.hashtags, tag.as_str().map(without_sign));
    }
    for entity in list(record, "/entities") {
        match text(entity, "/type") {
            Some("link") => add(&mut post.links, text(entity, "/value")),
            Some("mention") => add(&mut post.named_accounts, text(entity, "/value")),
            _ => {}
        }
    }
}

fn without_sign(tag: &str) -> &str {
    tag.trim_start_matches(['#', '＃'])
}

/// Adds what is not there yet.
fn add(to: &mut Vec<String>, what: Option<&str>) {
    if let Some(what) = what.filter(|what| !what.is_empty())
        && !to.iter().any(|known| known == what)
    {
        to.push(what.to_owned());
    }
}
