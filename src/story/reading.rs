//! A text as stories read it: its words without links, account names and repost prefixes.

use std::hash::Hasher as _;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use url::Url;

use super::{Piece, SHORTEST, sketch};
use crate::html;

/// Words read of one text; a longer one is told by its beginning.
const LONGEST: usize = 400;
/// Parameters of links that count visits.
const COUNTERS: &[&str] =
    &["fbclid", "gclid", "igshid", "mc_cid", "mc_eid", "msclkid", "xtor", "ref", "cmpid"];

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It begins with a figure.
    Number,
    /// It has a capital letter inside a sentence: a person, a place, a product.
    Name,
    /// Any other.
    Plain,
}

#[derive(Debug, Clone)]
pub(super) struct Word {
    /// Without case and accents.
    pub(super) folded: Box<str>,
    pub(super) kind: Kind,
    /// Whether a comma or an exclamation mark follows, as after a greeting.
    pub(super) pause: bool,
    /// Whether a dash stands before it, as before a signature.
    pub(super) dash: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) words: Vec<Word>,
    /// Hashes of the pairs of neighbouring words, in order, each once.
    pub(super) pairs: Vec<u64>,
    /// Hash of all its words.
    pub(super) whole: u64,
    /// Hash of the canonical link of an article.
    pub(super) page: Option<u64>,
    pub(super) article: bool,
    /// Whether it ends in dots: its end is elsewhere.
    pub(super) cut: bool,
    /// Written in capitals throughout: they tell nothing.
    pub(super) capitals: bool,
}

impl Reading {
    pub(super) fn of(piece: Piece<'_>) -> Reading {
        let text = bare(piece.text);
        let mut words = words(&text);
        let article = piece.title.is_some_and(|title| !title.trim().is_empty());
        if let Some(title) = piece.title.filter(|_| words.len() < SHORTEST) {
            // a feed without bodies: the headline is all there is
            let mut headline = self::words(&bare(title));
            headline.append(&mut words);
            headline.truncate(LONGEST);
            words = headline;
        }
        let mut pairs: Vec<u64> = words
            .iter()
            .zip(words.iter().skip(1))
            .map(|(one, next)| hash([&*one.folded, &*next.folded]))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let letters = text.chars().filter(|one| one.is_alphabetic()).count();
        let upper = text.chars().filter(|one| one.is_uppercase()).count();
        Reading {
            whole: hash(words.iter().map(|word| &*word.folded)) ^ sketch::WHOLE,
            page: piece
                .link
                .filter(|_| article)
                .and_then(canonical)
                .map(|link| hash([&*link]) ^ sketch::PAGE),
            capitals: letters > 0 && upper * 5 > letters * 3,
            cut: ends_in_dots(&text),
            words,
            pairs,
            article,
        }
    }

    /// How many words it has.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn same_words(&self, other: &Reading) -> bool {
        let mut both = self.words.iter().zip(&other.words);
        self.len() == other.len() && both.all(|(one, beside)| one.folded == beside.folded)
    }
}

/// A hash that is the same on every machine and in every run: FNV-1a.
pub(super) fn hash<'a>(words: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    for word in words {
        hasher.write(word.as_bytes());
        hasher.write(&[0]);
    }
    sketch::mix(hasher.finish())
}

struct Fnv(u64);

impl std::hash::Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The text without entities, links, account names and the words that go before these in a repost.
fn bare(text: &str) -> String {
    let text = html::decode(&html::decode(text));
    let mut kept: Vec<&str> = Vec::new();
    for token in text.split_inclusive(char::is_whitespace) {
        let word = token.trim_matches(|one: char| one.is_whitespace() || "([«\"“:".contains(one));
        if word.contains("://") || word.starts_with("www.") {
            continue;
        }
        let account = word.strip_prefix('@').is_some_and(|name| name.starts_with(char::is_alphanumeric));
        if !account {
            kept.push(token);
            continue;
        }
        let before = kept.last().map(|last| last.trim().trim_start_matches(['(', '[', '♻', '🔁']));
        if before.is_some_and(|last| ["rt", "via"].contains(&last.to_lowercase().as_str())) {
            kept.pop();
        }
    }
    kept.concat()
}

/// The words of a text. Figures keep the signs inside: `1,732` is one word.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut rest = text.chars().peekable();
    // what stands before the next word: whether a sentence begins, whether a dash does
    let (mut opens, mut dash) = (true, false);
    while let Some(first) = rest.next() {
        if !first.is_alphanumeric() {
            match first {
                '.' | '!' | '?' | ':' | '…' | '\n' | '—' | '–' | '>' => opens = true,
                _ => {}
            }
            if matches!(first, '—' | '–' | '-') {
                dash = true;
            }
            if matches!(first, ',' | '!' | '\n')
                && let Some(last) = words.last_mut()
            {
                last.pause = true;
            }
            continue;
        }
        if words.len() == LONGEST {
            break;
        }
        let number = first.is_numeric();
        let mut raw = String::from(first);
        while let Some(next) = rest.peek().copied() {
            let goes_on = if number && matches!(next, '.' | ',' | '\u{a0}' | '\u{202f}') {
                let mut ahead = rest.clone();
                ahead.next();
                ahead.peek().is_some_and(|one| one.is_numeric())
            } else {
                (next.is_alphanumeric() && next.is_numeric() == number) || is_combining_mark(next)
            };
            if !goes_on {
                break;
            }
            raw.push(next);
            rest.next();
        }
        let kind = if number {
            Kind::Number
        } else if first.is_uppercase() && !opens {
            Kind::Name
        } else {
            Kind::Plain
        };
        let folded: String =
            raw.nfkd().filter(|one| !is_combining_mark(*one)).flat_map(char::to_lowercase).collect();
        words.push(Word { folded: folded.into(), kind, pause: false, dash });
        (opens, dash) = (false, false);
    }
    words
}

/// Whether the last of a text, emoji and brackets aside, are dots of omission.
fn ends_in_dots(text: &str) -> bool {
    let end = text.trim_end_matches(|one: char| !one.is_alphanumeric() && !matches!(one, '…' | '.'));
    end.ends_with('…') || end.ends_with("...")
}

/// The address of a page without what differs between links to it. Front pages are no piece's own page.
fn canonical(link: &str) -> Option<String> {
    let url = Url::parse(link.trim()).ok()?;
    let host = url.host_str()?.trim_start_matches("www.").to_owned();
    let path = url.path().trim_end_matches('/').to_owned();
    let counts = |name: &str| name.starts_with("utm_") || COUNTERS.contains(&name);
    let mut parameters: Vec<String> = url
        .query_pairs()
        .filter(|(name, _)| !counts(&name.to_lowercase()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    parameters.sort();
    (!path.is_empty() || !parameters.is_empty()).then(|| format!("{host}{path}?{}", parameters.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_repost_adds_is_not_read() {
        let read = |text: &str| -> Vec<String> {
            words(&bare(text)).into_iter().map(|word| word.folded.into()).collect()
        };
        let plain = read("Le café d'Aubrac ferme à 20 h, dit-on.");
        assert_eq!(plain, ["le", "cafe", "d", "aubrac", "ferme", "a", "20", "h", "dit", "on"]);
        for copy in [
            "RT @ana: LE CAFÉ D'AUBRAC ferme à 20 h, dit-on https://lnk.example/a",
            "🔁 @ana.b : Le cafe d&#39;Aubrac ferme &agrave; 20 h, dit-on. 😮",
            "Le café d’Aubrac ferme à 20 h, dit-on. (via @ana)",
        ] {
            assert_eq!(read(copy), plain, "{copy}");
        }
        assert_eq!(
            read("1,732 € ou 20\u{202f}000"),
            ["1,732", "ou", "20\u{20}000"].map(|word| word.to_owned())
        );
    }

    #[test]
    fn one_page_has_one_address() {
        let plain = canonical("https://aubrac.example/a/b");
        assert!(plain.is_some());
        for link in ["http://www.aubrac.example/a/b/?utm_source=x#top", "https://aubrac.example/a/b?fbclid=1"]
        {
            assert_eq!(canonical(link), plain);
        }
        assert_ne!(canonical("https://aubrac.example/a/b?page=2"), plain);
        assert_eq!(canonical("https://aubrac.example/"), None);
        assert_eq!(canonical("not a link"), None);
    }
}
