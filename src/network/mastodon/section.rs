//! The section of a Mastodon source.

use serde::Deserialize;
use url::Url;

use super::Mastodon;
use super::feed::Feed;
use crate::network::{BuildError, Key};

/// What the section of a Mastodon source says.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    base_url: String,
    tags: Vec<String>,
    timeline: String,
    accounts: Vec<String>,
    search: Vec<String>,
    min_id: Option<String>,
    unlisted: bool,
    noindex: bool,
    streaming: bool,
    token: Option<Key>,
}

impl Default for Section {
    fn default() -> Self {
        Section {
            base_url: "https://mastodon.social".to_owned(),
            tags: Vec::new(),
            timeline: "none".to_owned(),
            accounts: Vec::new(),
            search: Vec::new(),
            min_id: None,
            unlisted: false,
            noindex: false,
            streaming: true,
            token: None,
        }
    }
}

impl Section {
    /// The source that the section describes.
    pub(super) fn build(self) -> Result<Mastodon, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let base = Url::parse(&self.base_url)
            .ok()
            .filter(|base| matches!(base.scheme(), "http" | "https") && base.has_host())
            .ok_or_else(|| {
                fault("base_url", format!("`{}` is not an address like https://server", self.base_url))
            })?;
        let mut feeds = Vec::new();
        for tag in &self.tags {
            let name = tag.trim().trim_start_matches('#');
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(fault("tags", format!("`{tag}` is not one hashtag")));
            }
            feeds.push(Feed::Tag(name.to_owned()));
        }
        for account in &self.accounts {
            let name = account.trim().trim_start_matches('@');
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(fault("accounts", format!("`{account}` is not one account like @name@server")));
            }
            feeds.push(Feed::Account(name.to_owned()));
        }
        for words in &self.search {
            if words.trim().is_empty() {
                return Err(fault("search", "has an empty entry".to_owned()));
            }
            feeds.push(Feed::Search(words.trim().to_owned()));
        }
        match self.timeline.as_str() {
            "none" | "" => {}
            "public" => feeds.push(Feed::Public),
            "local" => feeds.push(Feed::Local),
            other => return Err(fault("timeline", format!("`{other}` is neither `public` nor `local`"))),
        }
        Ok(Mastodon {
            base,
            feeds,
            min_id: self.min_id,
            unlisted: self.unlisted,
            noindex: self.noindex,
            streaming: self.streaming,
            token: self.token.filter(|token| !token.reveal().trim().is_empty()),
        })
    }
}
