//! What rises, in words: for mails and for pages.

use super::words::Language;
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
