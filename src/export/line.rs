//! Mentions and suspects as one line of JSON each: what `--json` lists and JSON lines hold.

use serde::Serialize;

use crate::impostor::{Level, describe};
use crate::keyword::BrandId;
use crate::matcher::Tag;
use crate::mention::{Mention, Suspect};
use crate::post::{Author, Counts, Kind, Media};
use crate::sentiment::Sentiment;
use crate::time::Time;

/// A mention. Every field is always there; `null` stands for what the network does not say.
#[derive(Debug, Clone, Serialize)]
pub struct MentionLine<'a> {
    /// Its number in this data directory.
    pub id: i64,
    /// The brand it is about.
    pub brand: &'a BrandId,
    /// The network.
    pub network: &'a str,
    /// The network's own identifier of the post.
    pub native_id: &'a str,
    /// What kind of contribution the post is.
    pub kind: Kind,
    /// Who wrote it.
    pub author: Option<&'a Author>,
    /// Its title.
    pub title: Option<&'a str>,
    /// Its text.
    pub text: &'a str,
    /// A summary beside the text.
    pub summary: Option<&'a str>,
    /// The language it is in.
    pub lang: Option<&'a str>,
    /// The language that its network declares.
    pub declared_lang: Option<&'a str>,
    /// The country that its network states, or else the region of the declared language: two letters.
    pub country: Option<String>,
    /// Topics of the configuration that it is about.
    pub topics: Vec<&'a str>,
    /// How it speaks: negative, neutral or positive; null where nothing of it is understood.
    pub sentiment: Option<Sentiment>,
    /// The keywords found: which, in which field, and from which byte to which.
    pub tags: &'a [Tag],
    /// An address that a person can open.
    pub permalink: Option<&'a str>,
    /// When the network says it was published.
    pub published: Option<Time>,
    /// When it was last changed.
    pub edited: Option<Time>,
    /// When we saw it.
    pub seen: Time,
    /// When it was matched.
    pub matched: Time,
    /// The moment that decides in which period it counts.
    pub counted: Time,
    /// Reactions, those that the network gave.
    pub counts: &'a Counts,
    /// Pictures, videos, sounds.
    pub media: &'a [Media],
    /// Targets of its links.
    pub links: &'a [String],
    /// Its hashtags.
    pub hashtags: &'a [String],
    /// Handles or ids of the accounts it names.
    pub named_accounts: &'a [String],
    /// Native id of the post it answers.
    pub reply_to: Option<&'a str>,
    /// Native id of the post it passes on.
    pub repost_of: Option<&'a str>,
    /// Native id of the post it quotes.
    pub quote_of: Option<&'a str>,
    /// Native id of the first post of its thread.
    pub root: Option<&'a str>,
    /// The rating of a review, one to five.
    pub rating: Option<u8>,
    /// The story it tells: network and native id of the post that told it first. Copies of one text have the same.
    pub story: String,
    /// The source that brought it.
    pub source: &'a str,
    /// Whether it comes from the shipped example and not from the world.
    pub example: bool,
    /// The version of the brand's keywords that decided.
    pub version: &'a str,
    /// The part of its query that held, as a query.
    pub trace: &'a str,
    /// How sure it is that the post is about the brand, from 0 to 1.
    pub relevance: f64,
    /// The rule that gave it.
    pub relevance_rule: &'a str,
    /// Whether that is under the brand's threshold.
    pub doubtful: bool,
}

impl<'a> MentionLine<'a> {
    /// The line of a mention that is about `topics`.
    pub fn new(mention: &'a Mention, topics: Vec<&'a str>) -> MentionLine<'a> {
        let post = &mention.post;
        MentionLine {
            id: mention.id,
            brand: &mention.brand,
            network: post.network.as_str(),
            native_id: &post.native_id,
            kind: post.kind,
            author: post.author.as_ref(),
            title: post.title.as_deref(),
            text: &post.text,
            summary: post.summary.as_deref(),
            lang: mention.lang.as_deref(),
            declared_lang: post.lang.as_deref(),
            country: post.stated_country(),
            topics,
            sentiment: mention.sentiment,
            tags: &mention.tags,
            permalink: post.permalink.as_deref(),
            published: post.published,
            edited: post.edited,
            seen: mention.seen,
            matched: mention.matched,
            counted: mention.counted,
            counts: &post.counts,
            media: &post.media,
            links: &post.links,
            hashtags: &post.hashtags,
            named_accounts: &post.named_accounts,
            reply_to: post.reply_to.as_deref(),
            repost_of: post.repost_of.as_deref(),
            quote_of: post.quote_of.as_deref(),
            root: post.root.as_deref(),
            rating: post.rating,
            story: mention.told_first(),
            source: &mention.source,
            example: mention.example,
            version: &mention.version,
            trace: &mention.trace,
            relevance: mention.relevance.share(),
            relevance_rule: &mention.relevance.rule,
            doubtful: mention.doubtful,
        }
    }
}

/// A suspect.
#[derive(Debug, Clone, Serialize)]
pub struct SuspectLine<'a> {
    /// Its number in this data directory.
    pub id: i64,
    /// The brand it may pose as.
    pub brand: &'a BrandId,
    /// How sure: watch, review or alert.
    pub level: Level,
    /// Sum of the points, in hundredths.
    pub score: i32,
    /// Whether it looks like the brand.
    pub likeness: bool,
    /// Whether it presents itself as the brand.
    pub claim: bool,
    /// The network.
    pub network: &'a str,
    /// The account.
    pub account: &'a Author,
    /// What the score is made of.
    pub signals: Vec<SignalLine<'a>>,
    /// `new`; `confirmed`, `dismissed` or `reported` by a person; `gone` when the account was removed at the source.
    pub state: &'a str,
    /// When it was first suspected.
    pub first_seen: Time,
    /// When what we know of it last changed.
    pub changed: Time,
    /// The source that brought it.
    pub source: &'a str,
    /// Whether it comes from the shipped example.
    pub example: bool,
}

/// One signal, with its sentence.
#[derive(Debug, Clone, Serialize)]
pub struct SignalLine<'a> {
    /// Its stable name.
    pub name: &'a str,
    /// Its points, in hundredths.
    pub points: i32,
    /// What it means.
    pub sentence: String,
    /// The string as written.
    pub raw: &'a str,
    /// The string as compared.
    pub folded: &'a str,
}

impl<'a> SuspectLine<'a> {
    /// The line of a suspect.
    pub fn new(suspect: &'a Suspect) -> SuspectLine<'a> {
        let suspicion = &suspect.suspicion;
        SuspectLine {
            id: suspect.id,
            brand: &suspicion.brand,
            level: suspicion.level,
            score: suspicion.score,
            likeness: suspicion.likeness,
            claim: suspicion.claim,
            network: suspect.network.as_str(),
            account: &suspect.author,
            signals: suspicion
                .signals
                .iter()
                .map(|signal| SignalLine {
                    name: &signal.name,
                    points: signal.points,
                    sentence: describe(signal, false),
                    raw: &signal.raw,
                    folded: &signal.folded,
                })
                .collect(),
            state: &suspect.state,
            first_seen: suspect.first_seen,
            changed: suspect.changed,
            source: &suspect.source,
            example: suspect.example,
        }
    }
}
