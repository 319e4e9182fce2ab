//! What rises, in words: for mails and for pages.

use super::clean::Piece;
use super::post::Parts;
use super::words::Language;
use crate::keyword::Brand;
use crate::matcher::{Field, Matcher, Scratch, Tag};
use crate::mention::Mention;
use crate::topic::Rising;

/// How often a term stands now and with what it is held against: `12 of 40 stories by 9 authors; before: 3 of 160`.
pub(crate) fn line(rising: &Rising, past: bool, language: Language) -> String {
    let stories = language.count(rising.of, ["story", "stories"], ["histoire", "histoires"]);
    let authors = language.count(rising.authors, ["author", "authors"], ["auteur", "auteurs"]);
    let (now, then, of) =
        (language.number(rising.stories), language.number(rising.before), language.number(rising.before_of));
    let against =
        if past { language.say("before", "avant") } else { language.say("other brands", "autres marques") };
    let colon = language.colon();
    language.say(
        format!("{now} of {stories}, {authors}; {against}{colon}{then} of {of}"),
        format!("{now} sur {stories}, {authors}\u{202f}; {against}{colon}{then} sur {of}"),
    )
}

/// How topics are found, in a sentence.
pub(crate) fn how(language: Language) -> &'static str {
    language.say(
        "Words, pairs of words and hashtags in more stories than in the four periods before, or than with the other brands, by more than chance (log-likelihood ratio), from three authors at least; copies count once.",
        "Mots, paires de mots et mots-dièse présents dans plus d’histoires que sur les quatre périodes d’avant, ou que pour les autres marques, plus que par hasard (rapport de vraisemblance), chez trois auteurs au moins\u{202f}; les copies comptent une fois.",
    )
}

/// What an example says around the term, in at most so many characters: of its text where it stands there, else of the
/// title, else around what made it a mention.
pub(crate) fn excerpt(mention: &Mention, term: &str, most: usize) -> Vec<Piece> {
    let alt = Parts::alt(mention);
    let parts = Parts::of(mention, alt.as_deref());
    let mut tags = places(mention, term);
    let title = parts.title.filter(|_| tags.iter().all(|tag| tag.field == Field::Title));
    match title {
        _ if tags.is_empty() => parts.excerpt(most),
        Some(title) => {
            tags.iter_mut().for_each(|tag| tag.field = Field::Text);
            Parts { text: title, tags: &tags, ..parts }.excerpt(most)
        }
        None => Parts { tags: &tags, ..parts }.excerpt(most),
    }
}

/// Where the term stands in a post.
fn places(mention: &Mention, term: &str) -> Vec<Tag> {
    let Ok(matcher) = Matcher::new(&[Brand::named(term, false)]) else { return Vec::new() };
    let verdicts = matcher.mentions(&mention.post, "", &mut Scratch::default());
    verdicts.into_iter().flat_map(|verdict| verdict.tags).collect()
}
