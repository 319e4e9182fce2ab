//! The short form of a brand file as a query: `(k1 OR k2) AND (c1 OR c2) AND NOT (u1 OR u2)`.

use super::{Leaf, Node, Query, all, any, not};
use crate::find::Needle;

/// The lists of a short form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Short<'b> {
    /// Names of which one must stand in the post.
    pub keywords: &'b [String],
    /// Words of which one must stand beside them, when there are any.
    pub context: &'b [String],
    /// Words that mean something else.
    pub unless: &'b [String],
}

impl Short<'_> {
    /// The query that these lists stand for.
    pub fn query(&self) -> Query {
        let mut leaves = Vec::new();
        let mut list = |words: &[String]| {
            let start = leaves.len();
            leaves.extend(words.iter().filter_map(|word| leaf(word).ok()));
            any((start..leaves.len())
                .map(|leaf| Node::Leaf(u32::try_from(leaf).unwrap_or(u32::MAX)))
                .collect())
        };
        let keywords = list(self.keywords);
        let mut branches = vec![keywords];
        if !self.context.is_empty() {
            branches.push(list(self.context));
        }
        if !self.unless.is_empty() {
            branches.push(not(list(self.unless)));
        }
        Query::new(all(branches), leaves)
    }
}

/// The term that one word of a list stands for. A star at the end of a word is a wildcard, `raw:` wants exactly
/// these characters, an address wants a link to it, everything else is plain.
///
/// # Errors
/// Why it cannot be searched for.
pub fn leaf(word: &str) -> Result<Leaf, String> {
    let word = word.trim();
    if let Some(raw) = word.strip_prefix("raw:") {
        let raw = super::lex::spaced(raw.trim_matches('"'));
        return if raw.is_empty() {
            Err("has nothing after raw:".to_owned())
        } else {
            Ok(Leaf::Raw(raw.into()))
        };
    }
    if word.starts_with("http://") || word.starts_with("https://") {
        return super::Condition::parse("link", word).map(|link| Leaf::Condition(Box::new(link)));
    }
    let plain = super::lex::spaced(&word.replace(['?', '"', '«', '»', '“', '”', '„'], " "));
    let marked = super::wild::marked(&plain)?;
    if Needle::of(&marked).0.is_empty() {
        return Err("has no letter, digit or emoji to find".to_owned());
    }
    Ok(Leaf::Words(plain.into()))
}
