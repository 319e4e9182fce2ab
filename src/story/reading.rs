//! A text as stories read it: its words without links, account names and repost prefixes.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use url::Url;

use super::{Piece, SHORTEST, sketch};
use crate::html;
use crate::word::{self, is_letter, is_letter_or_digit, is_numeric, may_have_case};

/// Words read of one text; a longer one is told by its beginning.
const LONGEST: usize = 400;
/// Bytes of a word and what stands beside it, about.
const IN_WORD: usize = 5;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// Where its letters end in the letters of all; those of the longest text are far fewer than `u32::MAX`.
    end: u32,
    /// Hash of its letters.
    pub(super) hash: u64,
    pub(super) kind: Kind,
    /// Whether a comma or an exclamation mark follows, as after a greeting.
    pub(super) pause: bool,
    /// Whether a colon follows, as after the name of what a text is about.
    pub(super) label: bool,
    /// Whether a dash stands before it, as before a signature.
    pub(super) dash: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reading {
    /// The letters of all words, end to end, without case and accents.
    letters: String,
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
        let mut scan = Scan::default();
        scan.read(&text);
        let capitals = scan.alphabetic > 0 && scan.upper * 5 > scan.alphabetic * 3;
        let article = piece.title.is_some_and(|title| !title.trim().is_empty());
        if let Some(title) = piece.title.filter(|_| scan.words.len() < SHORTEST) {
            // a feed without bodies: the headline is all there is
            scan = Scan::default();
            scan.read(&bare(title));
            scan.read(&text);
        }
        let Scan { letters, words, .. } = scan;
        let both = words.iter().zip(words.iter().skip(1));
        let mut pairs: Vec<u64> = both.map(|(one, next)| combined([one.hash, next.hash])).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Reading {
            whole: combined(words.iter().map(|word| word.hash)) ^ sketch::WHOLE,
            page: piece.link.filter(|_| article).and_then(canonical).map(|link| hash(&link) ^ sketch::PAGE),
            capitals,
            cut: ends_in_dots(&text),
            letters,
            words,
            pairs,
            article,
        }
    }

    /// How many words it has.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The letters of a stretch of words, end to end.
    pub(super) fn letters(&self, words: Range<usize>) -> &str {
        let end = |words: usize| {
            let last = words.checked_sub(1).and_then(|last| self.words.get(last));
            last.map_or(0, |word| usize::try_from(word.end).unwrap_or(usize::MAX))
        };
        self.letters.get(end(words.start)..end(words.end)).unwrap_or_default()
    }

    pub(super) fn same_words(&self, other: &Reading) -> bool {
        let mut both = self.words.iter().zip(&other.words);
        self.len() == other.len()
            && self.letters == other.letters
            && both.all(|(one, beside)| one.end == beside.end)
    }
}

/// A hash that is the same on every machine and in every run.
#[inline]
fn hash(word: &str) -> u64 {
    let (eights, rest) = word.as_bytes().as_chunks::<8>();
    let mut all = 0;
    for eight in eights {
        all = beside(all, u64::from_le_bytes(*eight));
    }
    if !rest.is_empty() {
        all = beside(all, word::number(rest));
    }
    beside(all, u64::try_from(word.len()).unwrap_or(u64::MAX))
}

/// A hash and what comes after it.
#[inline]
fn beside(all: u64, one: u64) -> u64 {
    sketch::mix(all.rotate_left(5) ^ one)
}

/// The hash of several in their order.
#[inline]
pub(super) fn combined(hashes: impl IntoIterator<Item = u64>) -> u64 {
    hashes.into_iter().fold(0, beside)
}

/// The text without entities, links, account names and the words that go before these in a repost.
fn bare(text: &str) -> Cow<'_, str> {
    let text = if text.contains('&') {
        Cow::Owned(html::decode(&html::decode(text)))
    } else {
        Cow::Borrowed(text.trim())
    };
    if !text.bytes().any(|byte| matches!(byte, b'@' | b'/')) && !text.contains("www.") {
        return text;
    }
    let mut kept: Vec<&str> = Vec::with_capacity(text.len() / IN_WORD);
    for token in text.split_inclusive(char::is_whitespace) {
        if !token.bytes().any(|byte| matches!(byte, b'@' | b'/' | b'.')) {
            kept.push(token);
            continue;
        }
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
    Cow::Owned(kept.concat())
}

/// The words of texts, as they are read. Figures keep the signs inside: `1,732` is one word.
#[derive(Debug, Default)]
struct Scan {
    letters: String,
    words: Vec<Word>,
    alphabetic: usize,
    upper: usize,
}

impl Scan {
    fn read(&mut self, text: &str) {
        self.letters.reserve(text.len());
        self.words.reserve(text.len() / IN_WORD);
        let mut rest = text;
        // what stands before the next word: whether a sentence begins, whether a dash does
        let (mut opens, mut dash) = (true, false);
        while let Some(byte) = rest.as_bytes().first() {
            let first =
                if byte.is_ascii() { char::from(*byte) } else { rest.chars().next().unwrap_or_default() };
            if !is_letter_or_digit(first) {
                if first != ' ' {
                    opens |= matches!(first, '.' | '!' | '?' | ':' | '…' | '\n' | '—' | '–' | '>');
                    dash |= matches!(first, '—' | '–' | '-');
                    if let Some(last) = self.words.last_mut() {
                        last.pause |= matches!(first, ',' | '!' | '\n');
                        last.label |= first == ':';
                    }
                }
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
                continue;
            }
            if self.words.len() == LONGEST {
                break;
            }
            let (kind, length) = if is_numeric(first) {
                (Kind::Number, number_length(rest))
            } else if !opens && may_have_case(first) && first.is_uppercase() {
                (Kind::Name, word_length(rest))
            } else {
                (Kind::Plain, word_length(rest))
            };
            let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            let start = self.letters.len();
            self.push(word);
            let hash = hash(self.letters.get(start..).unwrap_or_default());
            let end = u32::try_from(self.letters.len()).unwrap_or(u32::MAX);
            self.words.push(Word { end, hash, kind, pause: false, label: false, dash });
            (opens, dash) = (false, false);
            rest = after;
        }
    }

    /// Adds the letters of a word without case and accents.
    fn push(&mut self, word: &str) {
        if word.is_ascii() {
            let start = self.letters.len();
            self.letters.push_str(word);
            if let Some(letters) = self.letters.get_mut(start..) {
                letters.make_ascii_lowercase();
            }
            self.alphabetic += word.bytes().filter(u8::is_ascii_alphabetic).count();
            self.upper += word.bytes().filter(u8::is_ascii_uppercase).count();
            return;
        }
        for letter in word.chars() {
            self.alphabetic += usize::from(is_letter(letter));
            self.upper += usize::from(may_have_case(letter) && letter.is_uppercase());
            decompose_compatible(letter, |part| {
                if !may_have_case(part) {
                    self.letters.extend(Some(part).filter(|part| !is_combining_mark(*part)));
                } else if !is_combining_mark(part) {
                    self.letters.extend(part.to_lowercase());
                }
            });
        }
    }
}

/// How many bytes the word has that begins here: letters, and marks over them.
fn word_length(text: &str) -> usize {
    let simple = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    if text.as_bytes().get(simple).is_none_or(u8::is_ascii) {
        return simple;
    }
    let rest = text.get(simple..).unwrap_or_default();
    let goes_on = |c: char| match c {
        '\0'..='\u{24f}' => is_letter(c),
        c => is_letter(c) && !is_numeric(c) || is_combining_mark(c),
    };
    simple + rest.find(|c| !goes_on(c)).unwrap_or(rest.len())
}

/// How many bytes the figure has that begins here, with the signs inside.
fn number_length(text: &str) -> usize {
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let inside = match c {
            '.' | ',' | '\u{a0}' | '\u{202f}' => rest.peek().is_some_and(|(_, next)| is_numeric(*next)),
            c => is_numeric(c) || !c.is_ascii() && is_combining_mark(c),
        };
        if !inside {
            return at;
        }
    }
    text.len()
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
            let reading = Reading::of(Piece { text, ..Piece::default() });
            (0..reading.len()).map(|word| reading.letters(word..word + 1).to_owned()).collect()
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
