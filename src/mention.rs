//! A post that matters, and why; an account that poses as a brand, and why. As kept and shown.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::keyword::BrandId;
use crate::matcher::Tag;
use crate::post::{Author, NetworkName, Post};
use crate::relevance::Relevance;
use crate::sentiment::Sentiment;
use crate::time::Time;

/// One post about one brand: the unit of every count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mention {
    /// Its number in this data directory.
    pub id: i64,
    /// The brand it is about.
    pub brand: BrandId,
    /// The version of the brand's query that decided.
    pub version: String,
    /// The keywords found, with their places.
    pub tags: Vec<Tag>,
    /// The part of the query that held, as a query.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub trace: String,
    /// The post.
    pub post: Post,
    /// The post that first told the same story, by network and native id (`mastodon:109`); `None` where it is this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
    /// The language of the post, as settled from its text and from what its network declares.
    pub lang: Option<String>,
    /// How the post speaks; `None` where nothing of it is understood.
    pub sentiment: Option<Sentiment>,
    /// How sure it is that the post is about the brand, and why.
    pub relevance: Relevance,
    /// Whether that is under the brand's threshold: then it is kept apart, and in no count.
    pub doubtful: bool,
    /// The source that brought it.
    pub source: String,
    /// Whether it comes from the shipped example and not from the world.
    pub example: bool,
    /// When we saw it.
    pub seen: Time,
    /// When it was matched.
    pub matched: Time,
    /// The moment that decides in which window it counts.
    pub counted: Time,
}

impl Mention {
    /// The story that the post tells: network and native id of the post that told it first, itself where that is this one.
    pub fn told_first(&self) -> String {
        let own = || format!("{}:{}", self.post.network.as_str(), self.post.native_id);
        self.story.clone().unwrap_or_else(own)
    }

    /// Four signs that tell this mention from another that once had its number.
    pub fn check(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.post.network.as_str(), &self.post.native_id, &self.brand.0] {
            hash.update(part);
            hash.update([0]);
        }
        hash.finalize().iter().take(2).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// An account under suspicion of posing as a brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suspect {
    /// Its number in this data directory.
    pub id: i64,
    /// Where the account is.
    pub network: NetworkName,
    /// The account.
    pub author: Author,
    /// Why it is suspected.
    pub suspicion: crate::impostor::Suspicion,
    /// `new`; `confirmed`, `dismissed` or `reported` by a person; `gone` when the account was removed.
    pub state: String,
    /// The source that brought it.
    pub source: String,
    /// Whether it comes from the shipped example.
    pub example: bool,
    /// When it was first suspected.
    pub first_seen: Time,
    /// When what we know of it last changed.
    pub changed: Time,
}

impl Suspect {
    /// Whether it is still of concern: neither dismissed nor gone.
    pub fn is_open(&self) -> bool {
        !matches!(self.state.as_str(), "dismissed" | "gone")
    }
}

/// A stretch of time that a source could not give, as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The source.
    pub source: String,
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
    /// Why.
    pub reason: String,
    /// When it was filled, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Time>,
}
