//! Words or a query that a rule asks of a post, compiled once.

use std::sync::Arc;

use crate::keyword::{Brand, term};
use crate::matcher::{Matcher, Scratch, Tag};
use crate::post::Post;
use crate::query::Query;

/// Words that announce trouble for whoever they are said of, in turn in one language and the other, since the first ones
/// are shown; a star is any ending.
const RISKY: &[&str] = &[
    "lawsuit*",
    "procès",
    "scam*",
    "arnaque*",
    "recall",
    "rappel de produit*",
    "recalled",
    "rappelle ses",
    "fraud*",
    "fraude*",
    "data breach",
    "fuite de données",
    "data leak",
    "escroquerie*",
    "boycott*",
    "scandal*",
    "scandale*",
    "sued",
    "poursuivi en justice",
    "plainte*",
    "dangerous",
    "dangereu*",
    "injured",
    "blessé*",
    "fire hazard",
    "risque d’incendie",
    "class action",
    "action de groupe",
    "action collective",
    "hacked",
    "piraté*",
    "investigation",
    "enquête",
    "contrefaçon*",
];

/// What must stand in a post, or hold for it.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Words of which one must stand in it; none when empty.
    pub words: Vec<String>,
    /// A query that must hold for it.
    pub query: Option<String>,
    /// One pseudo-brand for the words and one for the query.
    matcher: Arc<Matcher>,
}

impl PartialEq for Terms {
    fn eq(&self, other: &Terms) -> bool {
        (&self.words, &self.query) == (&other.words, &other.query)
    }
}

impl Eq for Terms {}

impl Terms {
    /// Compiles words and a query. `None` when there is neither.
    ///
    /// # Errors
    /// What is wrong with a word or with the query, and which of the two keys it is.
    pub fn new(words: Vec<String>, query: Option<String>) -> Result<Option<Terms>, (&'static str, String)> {
        for word in &words {
            term(word).map_err(|reason| ("words", format!("\"{}\": {reason}", word.escape_debug())))?;
        }
        if let Some(text) = &query {
            Query::parse(text).map_err(|refused| ("query", format!("cannot be run\n{refused}")))?;
        }
        let mut brands = Vec::new();
        if !words.is_empty() {
            brands.push(Brand { keywords: words.clone(), ..Brand::named("words", false) });
        }
        if let Some(text) = &query {
            let asked =
                Brand { keywords: Vec::new(), query: Some(text.clone()), ..Brand::named("query", false) };
            brands.push(asked);
        }
        if brands.is_empty() {
            return Ok(None);
        }
        let matcher = Matcher::new(&brands).map_err(|error| ("words", error.to_string()))?;
        Ok(Some(Terms { words, query, matcher: Arc::new(matcher) }))
    }

    /// Where they stand in a post that `source` brought.
    pub fn tags(&self, post: &Post, source: &str, scratch: &mut Scratch) -> Vec<Tag> {
        self.matcher.mentions(post, source, scratch).into_iter().flat_map(|verdict| verdict.tags).collect()
    }

    /// Whether they hold for a post that `source` brought.
    pub fn hold(&self, post: &Post, source: &str, scratch: &mut Scratch) -> bool {
        self.matcher.mentions(post, source, scratch).len() == self.matcher.brands().len()
    }
}

/// The words of a high-risk rule that names none.
pub(super) fn risky() -> Option<Terms> {
    Terms::new(RISKY.iter().map(|word| (*word).to_owned()).collect(), None).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::NetworkName;

    #[test]
    fn trouble_is_heard_in_both_languages() {
        let terms = risky().unwrap();
        let mut scratch = Scratch::default();
        for (text, holds) in [
            ("They face a class action in May", true),
            ("Encore une arnaque !", true),
            ("Une fuite de données chez eux", true),
            ("Their data breach was last year", true),
            ("A lovely ride along the river", false),
            ("Je la recommande à tous", false),
        ] {
            let mut post = Post::new(NetworkName::known("feed"), "1");
            text.clone_into(&mut post.text);
            assert_eq!(terms.hold(&post, "feed", &mut scratch), holds, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_looked_for_is_told() {
        let wrong = |words: &[&str], query: Option<&str>| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            Terms::new(words, query.map(str::to_owned)).map(|_| ()).unwrap_err().0
        };
        assert_eq!(wrong(&["..."], None), "words");
        assert_eq!(wrong(&[], Some("(acme")), "query");
    }
}
