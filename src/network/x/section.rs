//! What the section of an X source says.

use serde::Deserialize;

use crate::network::Key;

/// What the section of an X source says. Prices are millionths of a dollar.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    #[serde(default = "default_base")]
    pub(super) base_url: String,
    #[serde(default)]
    pub(super) words: Vec<String>,
    #[serde(default)]
    pub(super) queries: Vec<String>,
    #[serde(default)]
    pub(super) also: String,
    #[serde(default = "default_look_back")]
    pub(super) look_back: String,
    #[serde(default = "default_every")]
    pub(super) every: String,
    #[serde(default = "default_page")]
    pub(super) page: u64,
    pub(super) at_most: Option<i64>,
    #[serde(default)]
    pub(super) context: bool,
    #[serde(default)]
    pub(super) stream: bool,
    #[serde(default = "default_tag")]
    pub(super) tag: String,
    #[serde(default)]
    pub(super) names: Names,
    #[serde(default = "default_query_length")]
    pub(super) query_length: usize,
    #[serde(default = "default_rule_length")]
    pub(super) rule_length: usize,
    #[serde(default = "default_post_price")]
    pub(super) post_price: u64,
    #[serde(default = "default_user_price")]
    pub(super) user_price: u64,
    #[serde(default = "default_post_price")]
    pub(super) count_price: u64,
    pub(super) token: Option<Key>,
    pub(super) user_token: Option<Key>,
}

fn default_base() -> String {
    "https://api.x.com".to_owned()
}

fn default_look_back() -> String {
    "1h".to_owned()
}

fn default_every() -> String {
    "2m".to_owned()
}

fn default_page() -> u64 {
    20 // small pages let a small budget be used to its end
}

fn default_tag() -> String {
    "vigie".to_owned()
}

fn default_query_length() -> usize {
    512
}

fn default_rule_length() -> usize {
    1_024
}

fn default_post_price() -> u64 {
    5_000
}

fn default_user_price() -> u64 {
    10_000
}

/// The two vocabularies of X: its description of the interface says `post`, its prose says `tweet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Names {
    #[default]
    Tweet,
    Post,
}

impl Names {
    pub(super) fn flipped(self, flipped: bool) -> Names {
        match (self, flipped) {
            (Names::Tweet, false) | (Names::Post, true) => Names::Tweet,
            (Names::Post, false) | (Names::Tweet, true) => Names::Post,
        }
    }
}
