//! The forms of the lines of a capture, as they are written.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::html;
use crate::locale;
use crate::network::ALL;
use crate::post::{Author, Counts, Kind, NetworkName, Post};
use crate::time::Time;

/// Who wrote a post: a bare name, or everything known.
#[derive(Debug)]
pub(super) enum Writer<'a> {
    Name(Cow<'a, str>),
    Known(Box<Known<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Writer<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(input)?.get();
        let wrong = serde::de::Error::custom;
        if raw.starts_with('{') {
            return serde_json::from_str(raw).map(|known| Writer::Known(Box::new(known))).map_err(wrong);
        }
        serde_json::from_str::<Text<'_>>(raw).map(|Text(name)| Writer::Name(name)).map_err(wrong)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Known<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) native_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) handle: Option<Cow<'a, str>>,
    pub(super) display_name: Option<String>,
    pub(super) bio: Option<String>,
    pub(super) avatar: Option<String>,
    pub(super) url: Option<String>,
    pub(super) followers: Option<u64>,
    pub(super) created_at: Option<Time>,
    pub(super) created: Option<Time>,
    pub(super) verified: Option<bool>,
    pub(super) bot: Option<bool>,
    pub(super) quiet: Option<bool>,
    pub(super) posts: Option<u64>,
    pub(super) verified_links: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Written<'a> {
    #[serde(borrow, alias = "native_id")]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) network: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) author: Option<Writer<'a>>,
    #[serde(default)]
    pub(super) lang: Option<String>,
    #[serde(default, alias = "published")]
    pub(super) created_at: Option<Time>,
    #[serde(default, alias = "seen")]
    pub(super) seen_at: Option<Time>,
    #[serde(default, alias = "edited")]
    pub(super) edited_at: Option<Time>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) summary: Option<String>,
    #[serde(default)]
    pub(super) html: Option<String>,
    #[serde(default, alias = "permalink")]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) reply_to: Option<String>,
    #[serde(default)]
    pub(super) repost_of: Option<String>,
    #[serde(default)]
    pub(super) quote_of: Option<String>,
    #[serde(default)]
    pub(super) root: Option<String>,
    #[serde(default)]
    pub(super) likes: Option<i64>,
    #[serde(default)]
    pub(super) reposts: Option<i64>,
    #[serde(default)]
    pub(super) replies: Option<i64>,
    #[serde(default)]
    pub(super) quotes: Option<i64>,
    #[serde(default)]
    pub(super) score: Option<i64>,
    #[serde(default)]
    pub(super) views: Option<i64>,
    #[serde(default)]
    pub(super) rating: Option<u8>,
    #[serde(default)]
    pub(super) country: Option<String>,
    #[serde(default)]
    pub(super) hashtags: Vec<String>,
    #[serde(default)]
    pub(super) links: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Taken<'a> {
    #[serde(borrow)]
    pub(super) network: Cow<'a, str>,
    #[serde(default, alias = "native_id")]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) account: Option<String>,
    #[serde(default)]
    pub(super) deleted_at: Option<Time>,
    #[serde(default, alias = "at")]
    pub(super) seen_at: Option<Time>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Profile<'a> {
    #[serde(borrow)]
    pub(super) network: Cow<'a, str>,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default, alias = "at")]
    pub(super) seen_at: Option<Time>,
    #[serde(flatten, borrow)]
    pub(super) known: Known<'a>,
}

/// Every line has one of these keys; a bare post has none of them.
#[derive(Debug, Deserialize)]
pub(super) struct Marked<'a> {
    #[serde(borrow, default)]
    pub(super) delete: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) edit: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) account: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) answer: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) network: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) source: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) seen_at: Option<Time>,
}

/// A raw answer as recording writes it.
#[derive(Debug, Deserialize)]
pub(super) struct RawAnswer {
    #[serde(default)]
    pub(super) url: String,
    #[serde(default = "fine")]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(super) final_url: String,
    #[serde(default)]
    pub(super) body: serde_json::Value,
    /// Stands instead of `body` where that is no UTF-8.
    #[serde(default)]
    pub(super) body_base64: Option<String>,
}

fn fine() -> u16 {
    200
}

pub(super) fn name(network: &str) -> NetworkName {
    ALL.iter()
        .find(|spec| spec.name == network)
        .map_or_else(|| NetworkName(network.to_owned().into()), |spec| NetworkName::known(spec.name))
}

pub(super) fn writer(writer: Writer<'_>) -> Author {
    match writer {
        Writer::Name(name) => {
            Author { native_id: name.to_string(), handle: Some(name.into_owned()), ..Author::default() }
        }
        Writer::Known(known) => known_author(*known),
    }
}

pub(super) fn known_author(known: Known<'_>) -> Author {
    let id = known.id.or(known.native_id).or_else(|| known.handle.clone()).unwrap_or_default();
    Author {
        native_id: id.into_owned(),
        handle: known.handle.map(|handle| handle.trim_start_matches('@').to_owned()),
        display_name: known.display_name,
        bio: known.bio,
        avatar: known.avatar,
        url: known.url,
        followers: known.followers,
        posts: known.posts,
        created: known.created.or(known.created_at),
        verified: known.verified,
        bot: known.bot,
        quiet: known.quiet,
        lang: None,
        verified_links: known.verified_links,
    }
}

pub(super) fn post(mut written: Written<'_>) -> (Option<Time>, Post) {
    let seen = written.seen_at.or(written.created_at);
    if let Some(html) = written.html.as_deref().filter(|_| written.text.is_empty()) {
        let plain = html::read(html);
        written.text = plain.text;
        written.links.extend(plain.links);
    }
    let post = Post {
        network: name(&written.network),
        native_id: written.id.into_owned(),
        local_id: None,
        permalink: written.url,
        author: written.author.map(writer),
        coauthors: Vec::new(),
        title: written.title,
        text: written.text,
        summary: written.summary,
        html: written.html,
        lang: written.lang,
        country: written.country.as_deref().and_then(locale::country).map(str::to_owned),
        published: written.created_at,
        edited: written.edited_at,
        expires: None,
        kind: written.kind,
        reply_to: written.reply_to,
        repost_of: written.repost_of,
        quote_of: written.quote_of,
        root: written.root,
        counts: Counts {
            likes: written.likes,
            reposts: written.reposts,
            replies: written.replies,
            quotes: written.quotes,
            score: written.score,
            views: written.views,
        },
        rating: written.rating,
        media: Vec::new(),
        links: written.links,
        hashtags: written.hashtags,
        named_accounts: Vec::new(),
        quiet: false,
    };
    (seen, post)
}
