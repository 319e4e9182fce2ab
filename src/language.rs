//! The language of a text: by its script where that settles it, else by small words and by letters. Knows texts; knows
//! nothing of networks, and says nothing rather than guess.
//!
//! Letters are judged by `whichlang`, a linear model over groups of letters; it is weak on a few words of chat, where
//! small words ("the", "les", "mdr") say more. Both vote.

mod clean;
mod cues;
mod script;

use clean::{clean, is_clean};

use crate::word::is_letter;

/// A language as ISO 639-1 writes it: `fr`.
pub type Code = &'static str;

/// Under this many letters a text says too little against what its network declares.
const SHORT: usize = 20;

/// Under this many letters nothing is said at all.
const LEAST: usize = 3;

/// What the model over letters weighs beside a small word that one language has, given letters enough to judge by.
const MODEL: f32 = 1.0;

/// What is said for English before a word is read: most of what is written in public and tells nothing else (commands,
/// names of programs, laughter) is.
const PRIOR: f32 = 0.4;

/// The language of `text`, or nothing where nobody could say: too few letters, or signs of no language we know.
pub fn detect(text: &str) -> Option<Code> {
    let words = words(text);
    script::settled(&words).or_else(|| judge(text, &words, letters(&words)))
}

/// A text as its small words are read: clean, but for blanks and marks.
fn words(text: &str) -> String {
    let small = text.is_ascii().then(|| text.to_ascii_lowercase());
    small.filter(|small| is_clean(small)).unwrap_or_else(|| clean(text))
}

/// Whether a folded word is one of the small words of English or French: articles, pronouns, small verbs, words of chat.
pub fn is_small_word(folded: &str) -> bool {
    cues::is_small(folded)
}

/// The language of a post whose network declares `tag` (`fr`, `fr-CA`, `pt_BR`) for it.
///
/// The declaration is believed where the text says the same, or too little. Otherwise the text decides; where it
/// cannot, nothing is known. The code is bare: `fr` of `fr-CA`.
pub fn settle(text: &str, tag: Option<&str>) -> Option<String> {
    let words = words(text);
    let script = script::settled(&words);
    let letters = letters(&words);
    let declared = tag.and_then(bare);
    // One letter of a script in which a language is never written says that it is another.
    let believed = declared.as_ref().is_some_and(|declared| {
        let writable = match script {
            Some(code) => script::share(code, declared) || !is_known(declared),
            None => !script::is_known(declared),
        };
        writable && (letters < SHORT || !is_known(declared))
    });
    if believed {
        return declared;
    }
    let found = script.or_else(|| judge(text, &words, letters));
    match (found, declared) {
        (None, Some(declared)) => Some(declared),
        (found, Some(declared)) if found == Some(declared.as_str()) => Some(declared),
        (found, _) => found.map(str::to_owned),
    }
}

/// How many letters a text has.
fn letters(text: &str) -> usize {
    if text.is_ascii() {
        text.bytes().filter(u8::is_ascii_alphabetic).count()
    } else {
        text.chars().filter(|c| is_letter(*c)).count()
    }
}

/// The language of a tag without its region, in two letters where there are: `fr` of `fr-CA` and `fra`.
fn bare(tag: &str) -> Option<String> {
    let bare = tag.trim().split(['-', '_']).next().unwrap_or_default().to_lowercase();
    let short = match bare.as_str() {
        "eng" => Some("en"),
        "fra" | "fre" => Some("fr"),
        "deu" | "ger" => Some("de"),
        "spa" => Some("es"),
        "por" => Some("pt"),
        "ita" => Some("it"),
        "nld" | "dut" => Some("nl"),
        "swe" => Some("sv"),
        "cat" => Some("ca"),
        "jpn" => Some("ja"),
        "zho" | "chi" | "cmn" => Some("zh"),
        "kor" => Some("ko"),
        "ara" => Some("ar"),
        "rus" => Some("ru"),
        "tur" => Some("tr"),
        "vie" => Some("vi"),
        "hin" => Some("hi"),
        // said of texts of which the network knows nothing
        "und" | "zxx" | "mul" | "unknown" | "xx" | "qme" | "qst" | "qht" | "art" => return None,
        _ => None,
    };
    let code = short.map_or(bare, str::to_owned);
    let sound = (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase());
    sound.then_some(code)
}

/// Whether a language can be recognised here at all; of any other a declaration is all there is.
fn is_known(code: &str) -> bool {
    cues::is_known(code) || script::is_known(code) || matches!(code, "tr" | "vi")
}

/// The language of a text of these words and so many letters whose script does not settle it.
fn judge(text: &str, words: &str, letters: usize) -> Option<Code> {
    if letters < LEAST {
        return None;
    }
    let mut votes = cues::votes(words);
    add(&mut votes, "en", PRIOR);
    let size = u16::try_from(letters.min(2 * SHORT)).unwrap_or(u16::MAX);
    let weight = MODEL * (f32::from(size) / 40.0).sqrt();
    // The model need not be asked where its vote could change nothing.
    if let Some((code, most)) = strongest(&votes)
        && votes.iter().filter(|(other, _)| *other != code).all(|(_, vote)| vote + weight < most)
        && most > weight
    {
        return Some(code);
    }
    if let Some(model) = by_letters(&clean(text)) {
        // Small words would have shown in these.
        let doubtful =
            matches!(model, "nl" | "sv" | "tr" | "vi") && !votes.iter().any(|(code, _)| *code == model);
        add(&mut votes, model, weight * if doubtful { 0.5 } else { 1.0 });
    }
    strongest(&votes).filter(|(_, vote)| *vote > 0.0).map(|(code, _)| code)
}

/// Adds to what is said for a language.
fn add(votes: &mut Vec<(Code, f32)>, code: Code, weight: f32) {
    match votes.iter_mut().find(|(known, _)| *known == code) {
        Some((_, vote)) => *vote += weight,
        None => votes.push((code, weight)),
    }
}

/// The language for which most is said, of several the first.
fn strongest(votes: &[(Code, f32)]) -> Option<(Code, f32)> {
    let mut best: Option<(Code, f32)> = None;
    for (code, vote) in votes {
        if best.is_none_or(|(_, most)| *vote > most) {
            best = Some((code, *vote));
        }
    }
    best
}

/// What the model over letters says.
fn by_letters(text: &str) -> Option<Code> {
    use whichlang::Lang;
    match whichlang::detect_language(text) {
        Lang::Eng => Some("en"),
        Lang::Fra => Some("fr"),
        Lang::Deu => Some("de"),
        Lang::Spa => Some("es"),
        Lang::Por => Some("pt"),
        Lang::Ita => Some("it"),
        Lang::Nld => Some("nl"),
        Lang::Swe => Some("sv"),
        Lang::Tur => Some("tr"),
        Lang::Vie => Some("vi"),
        // Their scripts have been looked for already: what is left is Latin.
        Lang::Ara | Lang::Cmn | Lang::Hin | Lang::Jpn | Lang::Kor | Lang::Rus => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_holds_where_the_text_agrees_or_says_little() {
        let long = "Le service est encore en panne ce matin, personne ne répond";
        for (text, tag, settled) in [
            (long, None, Some("fr")),
            (long, Some("fr-CA"), Some("fr")),
            (long, Some("en"), Some("fr")),
            (long, Some("und"), Some("fr")),
            ("Super !", Some("de"), Some("de")),
            ("привет", Some("en"), Some("ru")),
            ("привет", Some("uk"), Some("uk")),
            ("Co słychać u was dzisiaj, wszystko dobrze?", Some("pl"), Some("pl")),
            ("🍊🍊", None, None),
            ("🍊🍊", Some("FR"), Some("fr")),
            ("https://a.example/le/service @ana", None, None),
            ("今日は", Some("th"), Some("ja")),
        ] {
            assert_eq!(settle(text, tag).as_deref(), settled, "{text} {tag:?}");
        }
    }
}
