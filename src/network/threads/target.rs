//! What a source asks for, and the cursor.

use serde::{Deserialize, Serialize};

use crate::network::graph::Walk;

/// One thing to ask for.
#[derive(Debug)]
pub(super) enum Target {
    Keyword(String),
    Tag(String),
    Mentions,
    Profile(String),
    Replies(String),
}

impl Target {
    /// What the walk knows it by.
    pub(super) fn key(&self) -> String {
        match self {
            Target::Keyword(word) => format!("q:{word}"),
            Target::Tag(tag) => format!("t:{tag}"),
            Target::Mentions => "mentions".to_owned(),
            Target::Profile(name) => format!("u:{name}"),
            Target::Replies(post) => format!("r:{post}"),
        }
    }

    pub(super) fn is_search(&self) -> bool {
        matches!(self, Target::Keyword(_) | Target::Tag(_))
    }

    /// The path, and the parameters that only this question has.
    pub(super) fn question(&self) -> (String, Vec<(&str, &str)>) {
        let search = |words, mode| {
            let path = "keyword_search".to_owned();
            (path, vec![("q", words), ("search_type", "RECENT"), ("search_mode", mode)])
        };
        match self {
            Target::Keyword(word) => search(word, "KEYWORD"),
            Target::Tag(tag) => search(tag, "TAG"),
            Target::Mentions => ("me/mentions".to_owned(), Vec::new()),
            Target::Profile(name) => ("profile_posts".to_owned(), vec![("username", name.as_str())]),
            Target::Replies(post) => (format!("{post}/replies"), vec![("reverse", "true")]),
        }
    }
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// The name of the token's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) me: Option<String>,
    /// Probes that brought nothing of others.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) probe: usize,
    /// The search has brought posts of others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) others: bool,
    /// Answers in a row with one's own posts alone.
    #[serde(skip_serializing_if = "is_none")]
    pub(super) own: u32,
    pub(super) walk: Walk,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_none(count: &u32) -> bool {
    *count == 0
}
