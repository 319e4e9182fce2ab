//! What a judged page is made of: one thing to store after the other.

use std::sync::Arc;

use super::weigh::Weighed;
use crate::impostor::{Stance, Suspicion};
use crate::keyword::BrandId;
use crate::matcher::Verdict;
use crate::network::{Cursor, Missed, Passed};
use crate::post::{Account, Author, Deletion, NetworkName, Post};
use crate::sentiment::Sentiment;
use crate::story::Sketch;
use crate::time::Time;

/// A post with what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedPost {
    /// The post.
    pub post: Post,
    /// The brands it is a mention of.
    pub verdicts: Vec<Verdict>,
    /// The brands its author may pose as.
    pub suspicions: Vec<Suspicion>,
    /// The moment that decides its window.
    pub counted: Time,
    /// Whether it is news: an old post is counted, never told as new.
    pub fresh: bool,
    /// The language it is in.
    pub lang: Option<String>,
    /// How it speaks.
    pub sentiment: Option<Sentiment>,
    /// What copies of its words are found by.
    pub sketch: Arc<Sketch>,
    /// How sure each verdict is, in their order.
    pub weighed: Vec<Weighed>,
    /// What it may say of its author, where it answers somebody as a help desk might.
    pub answer: Option<Box<Answer>>,
}

impl JudgedPost {
    pub(super) fn new(post: Post, verdicts: Vec<Verdict>, counted: Time, fresh: bool) -> JudgedPost {
        JudgedPost {
            post,
            verdicts,
            suspicions: Vec::new(),
            counted,
            fresh,
            lang: None,
            sentiment: None,
            sketch: Arc::default(),
            weighed: Vec::new(),
            answer: None,
        }
    }

    /// How sure it is that the post is about `brand`.
    pub fn weighed(&self, brand: &BrandId) -> Weighed {
        let place = self.verdicts.iter().position(|verdict| verdict.brand == *brand);
        place.and_then(|place| self.weighed.get(place)).cloned().unwrap_or_default()
    }
}

/// A post that answers another and asks for something that a help desk might ask for. It bears on its author where
/// it answers a mention, or names a brand itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Where it stands.
    pub network: NetworkName,
    /// The network's own identifier.
    pub native_id: String,
    /// Who answers.
    pub author: Author,
    /// Its words, cut.
    pub text: String,
    /// An address that a person can open.
    pub permalink: Option<String>,
    /// When it was published.
    pub published: Option<Time>,
    /// Native ids of the post that it answers, and of the first post of the thread.
    pub to: Vec<String>,
    /// The brands that it names itself.
    pub brands: Vec<BrandId>,
    /// How its author stands to the brands.
    pub stance: Stance,
}

/// That an own account of a brand answered somebody, in a post that names no brand: nothing of what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where.
    pub network: NetworkName,
    /// The network's own identifier.
    pub native_id: String,
    /// Native id of the account.
    pub author: String,
    /// Native id of the post that it answers.
    pub to: String,
    /// When.
    pub at: Time,
    /// The brands for which it speaks.
    pub brands: Vec<BrandId>,
}

/// The identity of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostId {
    /// Where it stands.
    pub network: NetworkName,
    /// The network's own identifier.
    pub native_id: String,
}

/// Posts that are no mentions, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PassedOver {
    posts: Passed,
    /// The moment of each.
    seen: Vec<Time>,
}

impl PassedOver {
    /// Adds a post.
    pub fn push(&mut self, seen: Time, network: &str, native_id: &str) {
        self.posts.push(network, [native_id]);
        self.seen.push(seen);
    }

    /// All of these, at one moment.
    pub fn at(seen: Time, posts: Passed) -> PassedOver {
        PassedOver { seen: vec![seen; posts.len()], posts }
    }

    /// The moment, network and native id of each.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &str, &str)> {
        let posts = self.seen.iter().zip(self.posts.iter());
        posts.map(|(seen, (network, native_id))| (*seen, network, native_id))
    }
}

/// One thing to store, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A mention, new or seen again or changed.
    Post(Box<JudgedPost>),
    /// A post that is no mention: counted and forgotten.
    Passed(PostId),
    /// Many of them, one after the other; the moment of the step is that of the last.
    PassedOver(PassedOver),
    /// A post that is no mention, and answers one perhaps.
    Answer(Box<Answer>),
    /// A post that is no mention, by which a brand's own account answers one perhaps.
    Reply(Box<Reply>),
    /// Something was taken away.
    Gone(Deletion),
    /// Something was said of an account, which may be one that a brand says is its own.
    Account(Box<Account>, Stance, Official),
}

/// Whose an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Official {
    /// A brand says that it is its own: it is kept as a series.
    Declared,
    /// Anyone's.
    No,
}

/// A judged page: one unit of work for the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// What to store, each with the moment we saw it.
    pub steps: Vec<(Time, Step)>,
    /// Where to go on.
    pub cursor: Option<Cursor>,
    /// What was lost.
    pub missed: Option<Missed>,
    /// Up to when a stream has been read.
    pub until: Option<Time>,
}
