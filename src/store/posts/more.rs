//! What of a post stands in one column, since nothing is asked about it in SQL.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::post::{Author, Counts, Media, Post};
use crate::store::StoreError;
use crate::time::Time;

/// Borrowed from a post to be written, owned when it was read back.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::store) struct More<'p> {
    #[serde(skip_serializing_if = "Counts::is_empty")]
    pub(in crate::store) counts: Counts,
    #[serde(skip_serializing_if = "is_empty")]
    pub(in crate::store) media: Cow<'p, [Media]>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(in crate::store) links: Cow<'p, [String]>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(in crate::store) hashtags: Cow<'p, [String]>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(in crate::store) named_accounts: Cow<'p, [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::store) reply_to: Option<Cow<'p, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::store) repost_of: Option<Cow<'p, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::store) quote_of: Option<Cow<'p, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::store) root: Option<Cow<'p, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::store) country: Option<Cow<'p, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::store) rating: Option<u8>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(in crate::store) coauthors: Cow<'p, [Author]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::store) expires: Option<Time>,
    /// Its text was markup: ends of lines are ends of blocks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::store) markup: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::store) quiet: bool,
}

fn is_empty<T: Clone>(list: &[T]) -> bool {
    list.is_empty()
}

fn text(text: Option<&String>) -> Option<Cow<'_, str>> {
    text.map(|text| Cow::from(text.as_str()))
}

impl<'p> More<'p> {
    pub(super) fn of(post: &'p Post) -> More<'p> {
        More {
            counts: post.counts,
            media: Cow::from(&post.media),
            links: Cow::from(&post.links),
            hashtags: Cow::from(&post.hashtags),
            named_accounts: Cow::from(&post.named_accounts),
            reply_to: text(post.reply_to.as_ref()),
            repost_of: text(post.repost_of.as_ref()),
            quote_of: text(post.quote_of.as_ref()),
            root: text(post.root.as_ref()),
            country: text(post.country.as_ref()),
            rating: post.rating,
            coauthors: Cow::from(&post.coauthors),
            expires: post.expires,
            markup: post.html.is_some(),
            quiet: post.quiet,
        }
    }

    /// As it is kept: nothing where there is nothing.
    pub(super) fn written(&self) -> Result<Option<String>, StoreError> {
        if *self == More::default() {
            return Ok(None);
        }
        serde_json::to_string(self).map(Some).map_err(|source| StoreError::Stored { what: "post", source })
    }
}
