//! The section of a Nostr source, and the filters that it makes.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::address;
use super::note::{ARTICLE, DELETION, NOTE, PROFILE};
use super::walk::Question;
use crate::network::BuildError;

/// What the section of a Nostr source says.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    /// The relay.
    pub(super) base_url: String,
    /// Hashtags to listen for.
    pub(super) tags: Vec<String>,
    /// Accounts to listen to, as `npub1…` or in hexadecimal.
    pub(super) authors: Vec<String>,
    /// Words to search for, where the relay searches (NIP-50).
    pub(super) search: Vec<String>,
    /// Listen to everything that the relay receives.
    pub(super) everything: bool,
    /// The kinds of event that are posts.
    pub(super) kinds: Vec<u16>,
    /// Listen to profiles as well, to find impostors.
    pub(super) profiles: bool,
    /// Zero bits that the id of a post must begin with: work that senders of spam shun.
    pub(super) min_work: u32,
    /// How far back a first start goes.
    pub(super) look_back: String,
    /// The site that links to posts and profiles lead to.
    pub(super) web: String,
}

impl Default for Section {
    fn default() -> Self {
        Section {
            base_url: "wss://relay.damus.io".to_owned(),
            tags: Vec::new(),
            authors: Vec::new(),
            search: Vec::new(),
            everything: false,
            kinds: vec![NOTE, ARTICLE],
            profiles: true,
            min_work: 0,
            look_back: "1d".to_owned(),
            web: "https://njump.me".to_owned(),
        }
    }
}

/// The filters of a section. Deletions and profiles come last, so that they find what they are about.
pub(super) fn questions(section: &Section) -> Result<Vec<Question>, BuildError> {
    let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
    let filter = |pairs: &[(&str, Value)]| {
        let mut filter = Map::from_iter([("kinds".to_owned(), json!(section.kinds))]);
        filter.extend(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        filter
    };
    let mut all = Vec::new();
    let plain = |filter| Question { filter, search: false };
    let mut tags = Vec::new();
    for tag in &section.tags {
        let name = tag.trim().trim_start_matches('#');
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(fault("tags", format!("`{tag}` is not one hashtag")));
        }
        // programs write tags in small letters, but not all do
        for name in [name.to_lowercase(), name.to_owned()] {
            if !tags.contains(&name) {
                tags.push(name);
            }
        }
    }
    if !tags.is_empty() {
        all.push(plain(filter(&[("#t", json!(tags))])));
    }
    let mut authors = Vec::new();
    for written in &section.authors {
        let key = address::key(written).ok_or_else(|| {
            fault("authors", format!("`{written}` is neither npub1… nor a key of 64 hexadecimal digits"))
        })?;
        authors.push(key);
    }
    if !authors.is_empty() {
        all.push(plain(filter(&[("authors", json!(authors))])));
    }
    for words in section.search.iter().map(|words| words.trim()) {
        if words.is_empty() {
            return Err(fault("search", "has an empty entry".to_owned()));
        }
        all.push(Question { filter: filter(&[("search", json!(words))]), search: true });
    }
    if section.everything {
        all = vec![plain(filter(&[]))];
    }
    if !all.is_empty() {
        let kinds = if section.profiles { json!([PROFILE, DELETION]) } else { json!([DELETION]) };
        all.push(plain(Map::from_iter([("kinds".to_owned(), kinds)])));
    }
    Ok(all)
}
