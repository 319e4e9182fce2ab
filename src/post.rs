//! What networks say: posts, their authors, deletions and changes of accounts. No I/O, no clock.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// The name of a network, such as `bluesky`. Captures may bring names that no entry of the table has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetworkName(pub Cow<'static, str>);

impl NetworkName {
    /// A name known when the program was written.
    pub const fn known(name: &'static str) -> NetworkName {
        NetworkName(Cow::Borrowed(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What kind of contribution a post is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A post of its own.
    #[default]
    Post,
    /// An answer to another post.
    Reply,
    /// Another's post passed on unchanged.
    Repost,
    /// Another's post passed on with words of one's own.
    Quote,
    /// A comment under an article, story or video.
    Comment,
    /// An article or feed entry.
    Article,
    /// A question.
    Question,
    /// An answer to a question.
    Answer,
    /// An issue, ticket or discussion.
    Issue,
    /// A video.
    Video,
    /// A review with a rating.
    Review,
}

impl Kind {
    /// The word used in storage, exports and queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Post => "post",
            Kind::Reply => "reply",
            Kind::Repost => "repost",
            Kind::Quote => "quote",
            Kind::Comment => "comment",
            Kind::Article => "article",
            Kind::Question => "question",
            Kind::Answer => "answer",
            Kind::Issue => "issue",
            Kind::Video => "video",
            Kind::Review => "review",
        }
    }
}

/// Who wrote a post, as far as the network says. Absent is neither zero nor false.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Author {
    /// The network's own identifier; it survives a rename. Falls back on the handle.
    pub native_id: String,
    /// The name used on the network, without a leading `@`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// The name shown to readers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What the account says of itself, as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// Address of the profile picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Address of the profile that a person can open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Number of followers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followers: Option<u64>,
    /// Number of posts it has published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posts: Option<u64>,
    /// When the account was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Time>,
    /// Whether the network vouches for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Whether the account says that it is automated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot: Option<bool>,
    /// Whether it asks not to be shown outside of the network: its posts are quiet ([`Post::quiet`]).
    #[serde(skip_serializing_if = "shows")]
    pub quiet: Option<bool>,
    /// The language that the account says it writes in: that of a feed, a channel, a publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// Links of the profile that the network checked to be the owner's (`rel=me`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verified_links: Vec<String>,
}

/// What most accounts are is not written out.
fn shows(quiet: &Option<bool>) -> bool {
    *quiet != Some(true)
}

/// A figure beyond this is not believed: no post of any network was ever liked by a tenth of so many, while whoever runs a
/// server or writes a file may claim anything.
const BELIEVED: i64 = 1_000_000_000;

/// How often others reacted, where the network says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Likes, favourites, upvotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likes: Option<i64>,
    /// Times passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reposts: Option<i64>,
    /// Answers or comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<i64>,
    /// Times quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quotes: Option<i64>,
    /// Up minus down votes, points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i64>,
    /// Views.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views: Option<i64>,
}

impl Counts {
    /// All reactions that the network gave, added up; what "top post" is ordered by. Figures beyond a thousand million
    /// are none.
    pub fn reactions(&self) -> i64 {
        [self.likes, self.reposts, self.replies, self.quotes, self.score]
            .into_iter()
            .flatten()
            .filter(|count| (-BELIEVED..=BELIEVED).contains(count))
            .sum()
    }

    /// Whether the network gave no figure at all.
    pub fn is_empty(&self) -> bool {
        *self == Counts::default()
    }
}

/// A picture, video or sound attached to a post.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its media type or kind, as the network says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its text for those who cannot see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
}

/// One public message as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Where it stands.
    pub network: NetworkName,
    /// The network's own identifier, never read as a number.
    pub native_id: String,
    /// Another identifier by which the network speaks of it, in deletions and when it is asked for again: the
    /// number that one server of many gives it, or that of one version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_id: Option<String>,
    /// An address that a person can open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permalink: Option<String>,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// Who wrote it together with the author, where the network names several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coauthors: Vec<Author>,
    /// Its title, as plain text, where the network has titles (or a content warning).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its text, plain: entities decoded, tags removed, ends of blocks turned into line ends.
    pub text: String,
    /// A summary beside the text, where a feed gives both and they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The original markup of `text`, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The language that the network or author declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The country that the network states, where it does: two capital letters (ISO 3166).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// When the network says it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Time>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<Time>,
    /// Until when it holds, where its author set an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// What kind of contribution it is.
    #[serde(default)]
    pub kind: Kind,
    /// Native id of the post it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Native id of the post it passes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repost_of: Option<String>,
    /// Native id of the post it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_of: Option<String>,
    /// Native id of the first post of its thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Reactions.
    #[serde(default, skip_serializing_if = "Counts::is_empty")]
    pub counts: Counts,
    /// The rating of a review, one to five.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// Attachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// Targets of its links (not the text shown for them).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Its hashtags, without the sign.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashtags: Vec<String>,
    /// Handles or ids of the accounts it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named_accounts: Vec<String>,
    /// Its author asked not to be found or shown outside of the network: an alert tells of it, and its words leave
    /// Vigie in no export.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
}

impl Post {
    /// The country it states: its network's word, or else the region of the language it declares (`fr-CA`).
    pub fn stated_country(&self) -> Option<String> {
        let of_language = || {
            let (_, region) = self.lang.as_deref()?.rsplit_once(['-', '_'])?;
            (region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_alphabetic()))
                .then(|| region.to_ascii_uppercase())
        };
        self.country.clone().or_else(of_language)
    }

    /// An empty post with its identity; readers fill in the rest.
    pub fn new(network: NetworkName, native_id: impl Into<String>) -> Post {
        Post {
            network,
            native_id: native_id.into(),
            local_id: None,
            permalink: None,
            author: None,
            coauthors: Vec::new(),
            title: None,
            text: String::new(),
            summary: None,
            html: None,
            lang: None,
            country: None,
            published: None,
            edited: None,
            expires: None,
            kind: Kind::default(),
            reply_to: None,
            repost_of: None,
            quote_of: None,
            root: None,
            counts: Counts::default(),
            rating: None,
            media: Vec::new(),
            links: Vec::new(),
            hashtags: Vec::new(),
            named_accounts: Vec::new(),
            quiet: false,
        }
    }

    /// Leaves its identifiers, links and counts, and nothing that anybody wrote.
    pub fn keep_only_links(&mut self) {
        self.text.clear();
        (self.title, self.summary, self.html) = (None, None, None);
        (self.media, self.links, self.hashtags) = (Vec::new(), Vec::new(), Vec::new());
        self.named_accounts.clear();
        for author in self.author.iter_mut().chain(&mut self.coauthors) {
            (author.display_name, author.bio, author.avatar) = (None, None, None);
            author.verified_links.clear();
        }
    }

    /// The handle of its author, or the author's id, or nothing.
    pub fn author_name(&self) -> &str {
        self.author.as_ref().map_or("", |author| author.handle.as_deref().unwrap_or(&author.native_id))
    }
}

/// What was taken away: one post, or an account with everything it wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Words", into = "Words")]
pub enum Gone {
    /// The native or local id of one post.
    Post(String),
    /// The same, asked for by this account: gone only if the account wrote it.
    PostBy(String, String),
    /// The native id of an account.
    Account(String),
}

/// [`Gone`] as it is written.
#[derive(Serialize, Deserialize)]
struct Words {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    post: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

impl From<Gone> for Words {
    fn from(gone: Gone) -> Words {
        match gone {
            Gone::Post(id) => Words { post: Some(id), by: None, account: None },
            Gone::PostBy(id, author) => Words { post: Some(id), by: Some(author), account: None },
            Gone::Account(id) => Words { post: None, by: None, account: Some(id) },
        }
    }
}

impl From<Words> for Gone {
    fn from(words: Words) -> Gone {
        match words {
            Words { account: Some(id), .. } => Gone::Account(id),
            Words { by: Some(author), post, .. } => Gone::PostBy(post.unwrap_or_default(), author),
            Words { post, .. } => Gone::Post(post.unwrap_or_default()),
        }
    }
}

/// A deletion at the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// Where.
    pub network: NetworkName,
    /// What.
    #[serde(flatten)]
    pub gone: Gone,
    /// When the network says it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}

/// What the network says of an account, apart from any post: a new name, a profile, a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Where.
    pub network: NetworkName,
    /// The account as it is now; only known fields are set.
    pub author: Author,
    /// The network's word for its state when it is not simply active (`suspended`, `deactivated`...).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When the network says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}
