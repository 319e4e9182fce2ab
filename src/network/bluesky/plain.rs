//! A message that is nothing else than a new post, as Jetstream v1 sends most of them: read in one walk, without a tree.

use std::borrow::Cow;

use super::NAME;
use super::record::{POST, Places};
use super::tree::moment;
use crate::network::json::walk::Walk;
use crate::network::{Mark, Skim};
use crate::post::{Kind, Post};
use crate::time::Time;

/// What stands between author and key in the address of a post.
const MIDDLE: &str = "/app.bsky.feed.post/";

/// As much of a plain new post as shows whether anything stands in it.
#[derive(Debug)]
pub(super) struct Plain<'b> {
    pub(super) did: &'b str,
    pub(super) time_us: i64,
    pub(super) rkey: &'b str,
    pub(super) text: Cow<'b, str>,
    pub(super) is_answer: bool,
}

/// Reads a message that is nothing else than a new post without pictures, links to cards or quotes.
pub(super) fn skim(message: &[u8]) -> Option<Plain<'_>> {
    let mut walk = Walk::over(message);
    let (mut did, mut time_us, mut kind, mut commit) = (None, None, None, None);
    walk.object(|walk, key| match key {
        b"did" => once(&mut did, plain(walk)?),
        b"time_us" => once(&mut time_us, walk.whole()?),
        b"kind" => once(&mut kind, walk.only("commit")?),
        b"commit" => once(&mut commit, Commit::skim(walk)?),
        _ => walk.skip().map(drop),
    })?;
    walk.end()?;
    kind?;
    let (did, time_us) = (did.filter(|did| !did.is_empty())?, time_us?);
    let Commit { rkey, record: Record { text, is_answer } } = commit?;
    Some(Plain { did, time_us, rkey, text, is_answer })
}

/// A text without escapes, as identifiers are.
fn plain<'b>(walk: &mut Walk<'b>) -> Option<&'b str> {
    match walk.text()? {
        Cow::Borrowed(plain) => Some(plain),
        Cow::Owned(_) => None,
    }
}

/// Keeps the value of a key that stands only once.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

/// The part of a message that says what was written.
struct Commit<'b> {
    rkey: &'b str,
    record: Record<'b>,
}

impl<'b> Commit<'b> {
    fn skim(walk: &mut Walk<'b>) -> Option<Commit<'b>> {
        let (mut operation, mut collection, mut rkey, mut record) = (None, None, None, None);
        walk.object(|walk, key| match key {
            b"operation" => once(&mut operation, walk.only("create")?),
            b"collection" => once(&mut collection, walk.only(POST)?),
            b"rkey" => once(&mut rkey, plain(walk)?),
            b"record" => once(&mut record, Record::skim(walk)?),
            _ => walk.skip().map(drop),
        })?;
        operation.and(collection)?;
        Some(Commit { rkey: rkey?, record: record? })
    }
}

/// The record of a plain post.
struct Record<'b> {
    text: Cow<'b, str>,
    is_answer: bool,
}

impl<'b> Record<'b> {
    fn skim(walk: &mut Walk<'b>) -> Option<Record<'b>> {
        let (mut text, mut embed, mut reply) = (None, None, None);
        walk.object(|walk, key| match key {
            b"text" => once(&mut text, walk.text()?),
            b"embed" => once(&mut embed, nothing(walk)?),
            b"reply" => once(&mut reply, walk.skip()?),
            _ => walk.skip().map(drop),
        })?;
        Some(Record { text: text?, is_answer: reply == Some(true) })
    }
}

/// The next value is `null`.
fn nothing(walk: &mut Walk<'_>) -> Option<()> {
    (!walk.skip()?).then_some(())
}

/// What a record says beside its text.
#[derive(Debug, Default)]
pub(super) struct Rest<'b> {
    pub(super) created: Option<Cow<'b, str>>,
    pub(super) lang: Option<Cow<'b, str>>,
    pub(super) parent: Option<Cow<'b, str>>,
    pub(super) root: Option<Cow<'b, str>>,
}

impl<'b> Rest<'b> {
    fn of(walk: &mut Walk<'b>) -> Option<Rest<'b>> {
        let (mut created, mut langs, mut reply) = (None, None, None);
        walk.object(|walk, key| match key {
            b"createdAt" => once(&mut created, walk.text()?),
            b"langs" => once(&mut langs, first(walk)?),
            b"reply" => once(&mut reply, answered(walk)?),
            b"facets" | b"tags" | b"entities" => nothing(walk),
            _ => walk.skip().map(drop),
        })?;
        let (parent, root) = reply.unwrap_or_default();
        Some(Rest { created, lang: langs.flatten(), parent, root })
    }
}

/// The first of a list of texts.
fn first<'b>(walk: &mut Walk<'b>) -> Option<Option<Cow<'b, str>>> {
    let mut first = None;
    walk.list(|walk| {
        let text = walk.text()?;
        first.get_or_insert(text);
        Some(())
    })?;
    Some(first)
}

/// Addresses of the post that is answered, and of the first of its thread.
type Answered<'b> = (Option<Cow<'b, str>>, Option<Cow<'b, str>>);

fn answered<'b>(walk: &mut Walk<'b>) -> Option<Answered<'b>> {
    fn uri<'b>(walk: &mut Walk<'b>) -> Option<Option<Cow<'b, str>>> {
        let mut uri = None;
        walk.object(|walk, key| match key {
            b"uri" => once(&mut uri, walk.text()?),
            _ => walk.skip().map(drop),
        })?;
        Some(uri)
    }
    let (mut parent, mut root) = (None, None);
    walk.object(|walk, key| match key {
        b"parent" => once(&mut parent, uri(walk)?),
        b"root" => once(&mut root, uri(walk)?),
        _ => walk.skip().map(drop),
    })?;
    Some((parent.flatten(), root.flatten()))
}

/// Reads the rest of a message that can be skimmed, if it names no links, hashtags and accounts.
pub(super) fn rest(message: &[u8]) -> Option<Rest<'_>> {
    let mut rest = None;
    Walk::over(message).object(|walk, key| match key {
        b"commit" => walk.object(|walk, key| match key {
            b"record" => once(&mut rest, Rest::of(walk)?),
            _ => walk.skip().map(drop),
        }),
        _ => walk.skip().map(drop),
    })?;
    rest
}

impl<'b> Plain<'b> {
    /// When the server saw it.
    pub(super) fn at(&self) -> Option<Time> {
        Time(self.time_us.div_euclid(1000)).valid()
    }

    /// The address of the post in the network, by which it is known.
    pub(super) fn uri(&self) -> String {
        ["at://", self.did, MIDDLE, self.rkey].concat()
    }

    /// The same for whoever does not want to read more; `until`: [`Plain::at`].
    pub(super) fn skimmed(self, until: Option<Time>) -> Skim<'b> {
        let Plain { did, time_us, rkey, text, is_answer } = self;
        let native_id = ["at://", did, MIDDLE, rkey];
        Skim { native_id, author: did, text, is_answer, mark: Mark(time_us), until }
    }

    /// The post, as [`Places::post`] makes it of its record.
    pub(super) fn post(self, rest: Rest<'_>, places: &Places) -> Post {
        let said = |text: Option<Cow<'_, str>>| text.filter(|text| !text.is_empty()).map(Cow::into_owned);
        let (uri, at, Rest { created, lang, parent, root }) = (self.uri(), self.at(), rest);
        let mut post = Post::new(NAME, uri);
        post.permalink = places.permalink(self.did, &post.native_id);
        post.author = Some(places.author(self.did));
        post.text = self.text.into_owned();
        post.lang = lang.map(Cow::into_owned);
        post.published = created.and_then(|created| moment(&created)).or(at);
        (post.reply_to, post.root) = (said(parent), said(root));
        post.kind = if post.reply_to.is_some() { Kind::Reply } else { Kind::Post };
        post
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::IgnoredAny;
    use serde_json::Value;

    use super::super::event::{self, State};
    use super::*;
    use crate::network::Page;

    /// What [`skim`] says, read by `serde`.
    fn plainly(message: &[u8]) -> Option<Plain<'_>> {
        #[derive(Deserialize)]
        struct Message<'b> {
            did: &'b str,
            time_us: i64,
            #[serde(borrow)]
            kind: Cow<'b, str>,
            #[serde(borrow)]
            commit: Commit<'b>,
        }
        #[derive(Deserialize)]
        struct Commit<'b> {
            #[serde(borrow)]
            operation: Cow<'b, str>,
            #[serde(borrow)]
            collection: Cow<'b, str>,
            rkey: &'b str,
            #[serde(borrow)]
            record: Record<'b>,
        }
        #[derive(Deserialize)]
        struct Record<'b> {
            #[serde(borrow)]
            text: Cow<'b, str>,
            embed: Option<IgnoredAny>,
            reply: Option<IgnoredAny>,
        }
        let Message { did, time_us, kind, commit } = serde_json::from_slice(message).ok()?;
        let plain = kind == "commit"
            && commit.operation == "create"
            && commit.collection == POST
            && commit.record.embed.is_none()
            && !did.is_empty();
        let is_answer = commit.record.reply.is_some();
        plain.then_some(Plain { did, time_us, rkey: commit.rkey, text: commit.record.text, is_answer })
    }

    const MESSAGE: &str = r#"{"did":"did:plc:ana","time_us":1770000000000000,"kind":"commit","commit":{"rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"3k","record":{"$type":"app.bsky.feed.post","createdAt":"2026-02-02T00:00:00Z","langs":["fr"],"embed":null,"text":"Un \"caf\u00e9\" \ud83d\ude00 à Paris\n","reply":{"parent":{"cid":"b","uri":"at://x"},"root":null}},"cid":"bafy"}}"#;

    /// What is skimmed is what is read; what is no JSON may be skimmed as far as it is looked at.
    #[track_caller]
    fn check(message: &[u8]) {
        let (told, skimmed, read) = (String::from_utf8_lossy(message), skim(message), plainly(message));
        if read.is_some() || serde_json::from_slice::<Value>(message).is_ok() {
            assert_eq!(format!("{skimmed:?}"), format!("{read:?}"), "{told}");
        }
    }

    #[test]
    fn messages_are_skimmed_as_they_are_read() {
        let told = skim(MESSAGE.as_bytes()).unwrap();
        assert_eq!((&*told.text, told.is_answer), ("Un \"café\" 😀 à Paris\n", true));
        for (from, to) in [
            ("", ""),
            ("did:plc:ana", ""),
            ("\"create\"", "\"update\""),
            ("\"kind\":\"commit\"", "\"kind\":\"account\""),
            ("\"embed\":null", "\"embed\":{\"images\":[]}"),
            ("\"embed\":null", "\"embed\":null,\"embed\":null"),
            ("\"rev\":\"3l\"", "\"rev\":[1,{\"a\":2.5e3}],\"rev\":null"),
            ("\"langs\":", "\"text\":\"twice\",\"langs\":"),
            ("1770000000000000", "17.5"),
            ("1770000000000000", "\"1\""),
            ("\"reply\":{", "\"reply\":null,\"other\":{"),
            ("\\ud83d", ""),
            ("app.bsky.feed.post\",\"rkey", "app.bsky.feed.like\",\"rkey"),
        ] {
            check(MESSAGE.replacen(from, to, 1).as_bytes());
        }
        check(format!(" {MESSAGE} ").as_bytes());
        check(format!("{MESSAGE} {MESSAGE}").as_bytes());
    }

    fn read(message: &[u8]) -> Option<(Plain<'_>, Rest<'_>)> {
        Some((skim(message).filter(|plain| plain.time_us > 0)?, rest(message)?))
    }

    /// What is read in one walk is what is read as a tree.
    #[track_caller]
    fn check_whole(message: &[u8]) -> Option<()> {
        let places = Places { web: "https://web.example".to_owned(), cdn: String::new() };
        let (plain, rest) = read(message)?;
        let mut page = Page::default();
        event::v1(serde_json::from_slice(message).ok()?).unwrap().tell(&places, &mut page);
        assert_eq!(page.cursor, Some(State::at(plain.time_us)));
        assert_eq!((page.until, page.posts), (plain.at(), vec![plain.post(rest, &places)]));
        Some(())
    }

    #[test]
    fn plain_posts_are_read_whole() {
        for (from, to) in [
            ("", ""),
            ("[\"fr\"]", "[]"),
            ("[\"fr\"]", "[\"\",\"en\"]"),
            ("2026-02-02T00:00:00Z", ""),
            ("2026-02-02T00:00:00Z", "2026-02-02T00:00:00.123456789012Z"),
            ("2026-02-02T00:00:00Z", "yesterday"),
            ("at://x", ""),
            ("\"root\":null", "\"root\":{\"cid\":\"b\",\"uri\":\"at://y\"}"),
            ("\"embed\":null", "\"facets\":null"),
            ("\"rkey\":\"3k\"", "\"rkey\":\"a/b\""),
            ("\"text\":\"", "\"tags\":null,\"text\":\"@"),
        ] {
            let message =
                MESSAGE.replacen("\"root\":null", "\"root\":{}", usize::from(!from.contains("root")));
            assert!(check_whole(message.replacen(from, to, 1).as_bytes()).is_some(), "{to}");
        }
        for (from, to) in [("\"embed\":null", "\"embed\":{}"), ("\"embed\"", "\"facets\":[],\"embed\"")] {
            assert!(read(MESSAGE.replacen(from, to, 1).as_bytes()).is_none(), "{to}");
        }
    }

    proptest::proptest! {
        #[test]
        fn broken_messages_are_skimmed_as_they_are_read(at in 0..MESSAGE.len(), length in 0_usize..6, instead in "[\\[\\]{}\",:\\\\a0 ]{0,3}") {
            let mut message = MESSAGE.as_bytes().to_vec();
            message.splice(at..(at + length).min(MESSAGE.len()), instead.into_bytes());
            // what it gives up at is read whole: a key with an escape is one
            if skim(&message).is_some() {
                check(&message);
            }
            check_whole(&message);
        }
    }
}
