//! Small words and letters that tell one language from another.

use std::collections::HashSet;
use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt as _};

use super::Code;
use crate::word::{WordList, is_letter_or_digit};

/// Languages with a list of small words, in the order of the file.
const LANGUAGES: [Code; 9] = ["en", "fr", "de", "es", "pt", "it", "nl", "sv", "ca"];

/// Letters that nearly only these languages write.
const LETTERS: &[(char, &[usize])] = &[
    ('ñ', &[3]),
    ('¿', &[3]),
    ('¡', &[3]),
    ('ã', &[4]),
    ('õ', &[4]),
    ('ß', &[2]),
    ('ü', &[2]),
    ('ö', &[2, 7]),
    ('ä', &[2, 7]),
    ('å', &[7]),
    ('œ', &[1]),
    ('ê', &[1, 4]),
    ('î', &[1]),
    ('û', &[1]),
    ('ç', &[1, 4, 8]),
    ('è', &[1, 5, 8]),
    ('ù', &[1, 5]),
    ('ì', &[5]),
    ('ò', &[5, 8]),
];

/// A pair of letters that nearly only this language writes.
const PAIR: (&str, &[usize]) = ("l·l", &[8]);

/// The end of a word, and the places of the languages that have it.
type Ending = (&'static str, &'static [usize]);

/// Ends of words that nearly only these languages have, the longest first.
const ENDINGS: &[Ending] = &[
    ("ções", &[4]),
    ("ção", &[4]),
    ("ões", &[4]),
    ("dade", &[4]),
    ("inho", &[4]),
    ("inha", &[4]),
    ("agem", &[4]),
    ("ción", &[3]),
    ("ciones", &[3]),
    ("dad", &[3]),
    ("illa", &[3]),
    ("illo", &[3]),
    ("ieron", &[3]),
    ("zione", &[5]),
    ("zioni", &[5]),
    ("ità", &[5]),
    ("etto", &[5]),
    ("etta", &[5]),
    ("ezza", &[5]),
    ("ando", &[3, 4, 5]),
    ("endo", &[3, 4, 5]),
    ("mente", &[3, 4, 5]),
    ("mento", &[4, 5]),
    ("miento", &[3]),
    ("ência", &[4]),
    ("encia", &[3]),
    ("enza", &[5]),
    ("aient", &[1]),
    ("eux", &[1]),
    ("euse", &[1]),
    ("eaux", &[1]),
    ("eau", &[1]),
    ("ées", &[1]),
    ("ée", &[1]),
    ("és", &[1]),
    ("ait", &[1]),
    ("ement", &[1]),
    ("ique", &[1]),
    ("iques", &[1]),
    ("oire", &[1]),
    ("ing", &[0]),
    ("ness", &[0]),
    ("ful", &[0]),
    ("ally", &[0]),
    ("'s", &[0]),
    ("ght", &[0]),
    ("ould", &[0]),
    ("heit", &[2]),
    ("keit", &[2]),
    ("ung", &[2]),
    ("ungen", &[2]),
    ("lich", &[2]),
    ("ische", &[2]),
    ("lijk", &[6]),
    ("ijn", &[6]),
    ("tje", &[6]),
];

/// What an ending weighs.
const ENDING: f32 = 0.5;

/// What a letter that few languages have weighs beside a small word that only one has.
const LETTER: f32 = 0.5;

/// What a word says for each language.
type Weights = [f32; LANGUAGES.len()];

/// Each word with what it says.
static WORDS: LazyLock<HashMap<&'static str, Weights>> = LazyLock::new(|| {
    const LISTS: &str = include_str!("words.txt");
    let mut words: HashMap<&'static str, Weights> = HashMap::new();
    for line in LISTS.lines().filter(|line| !line.starts_with('#')) {
        let Some((code, list)) = line.split_once(':') else { continue };
        let Some(place) = LANGUAGES.iter().position(|known| *known == code) else { continue };
        for word in list.split_whitespace() {
            if let Some(weight) = words.entry(word).or_default().get_mut(place) {
                *weight = 1.0;
            }
        }
    }
    for weights in words.values_mut() {
        let several: f32 = weights.iter().sum();
        for weight in weights {
            *weight /= several;
        }
    }
    words
});

/// The same, to be looked up: what words say is mostly the same.
#[derive(Debug)]
struct Listed {
    words: WordList<u16>,
    /// All that words say, each once.
    said: Vec<Weights>,
}

static LISTED: LazyLock<Listed> = LazyLock::new(|| {
    let mut said = Vec::new();
    let words = WORDS.iter().map(|(word, weights)| {
        let known = said.iter().position(|known| known == weights);
        let place = known.unwrap_or_else(|| {
            said.push(*weights);
            said.len() - 1
        });
        (*word, u16::try_from(place).unwrap_or(u16::MAX))
    });
    Listed { words: WordList::new(words), said }
});

impl Listed {
    /// What a word says, where it is one of them.
    fn get(&self, word: &str) -> Option<&Weights> {
        self.said.get(usize::from(self.words.get(word.as_bytes())?))
    }
}

/// The words of English and French, folded, with the parts before and after an apostrophe by themselves.
static SMALL: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut small = HashSet::new();
    for (word, weights) in WORDS.iter() {
        let known =
            LANGUAGES.iter().zip(weights).any(|(code, weight)| matches!(*code, "en" | "fr") && *weight > 0.0);
        if known {
            small.extend(word.split(['\'', '’']).map(crate::fold::fold));
        }
    }
    small
});

/// Whether a folded word is one of them.
pub(super) fn is_small(folded: &str) -> bool {
    SMALL.contains(folded)
}

/// Whether texts in this language are told by small words.
pub(super) fn is_known(code: &str) -> bool {
    LANGUAGES.contains(&code)
}

/// What small words and letters say for each language, most of which nothing is said for: a word of one language alone
/// is 1, less the more languages have it.
pub(super) fn votes(text: &str) -> Vec<(Code, f32)> {
    let mut votes = [0.0_f32; LANGUAGES.len()];
    let listed = &*LISTED;
    let mut hear = |part: &str, weights: Option<&Weights>| {
        if let Some(weights) = weights {
            for (vote, weight) in votes.iter_mut().zip(weights) {
                *vote += weight;
            }
        } else if let Some((end, languages)) = ending(part)
            && part.len() > end.len() + 1
        {
            share(&mut votes, languages, ENDING);
        }
    };
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        match rest.as_bytes().get(length) {
            // most words are letters of ASCII, and end in a blank or a mark
            Some(b' '..=b'~') | None if !matches!(rest.as_bytes().get(length), Some(b'\'' | b'-')) => {
                let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
                rest = after.get(1..).unwrap_or_default();
                if !word.is_empty() {
                    hear(word, listed.get(word));
                }
            }
            _ => {
                let (word, after) = next_word(rest);
                rest = after;
                each_part(word, listed, &mut hear);
            }
        }
    }
    if !text.is_ascii() {
        let mut found = [false; LETTERS.len()];
        for c in text.chars().filter(|c| matches!(c, '\u{a1}'..='\u{153}')) {
            for (found, (letter, _)) in found.iter_mut().zip(LETTERS) {
                *found |= c == *letter;
            }
        }
        let found = LETTERS.iter().zip(found).filter(|(_, found)| *found);
        found.for_each(|((_, languages), _)| share(&mut votes, languages, LETTER));
        let (pair, languages) = PAIR;
        if text.contains(pair) {
            share(&mut votes, languages, LETTER);
        }
    }
    LANGUAGES.into_iter().zip(votes).filter(|(_, vote)| *vote > 0.0).collect()
}

/// What stands before the first sign that ends a word, and what after it.
fn next_word(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'\'' | b'-');
    let mut at = 0;
    loop {
        at += bytes.get(at..).unwrap_or_default().iter().take_while(|byte| inside(byte)).count();
        let rest = text.get(at..).unwrap_or_default();
        let Some(c) = rest.chars().next() else { return (text, "") };
        if c.is_ascii() || !is_letter_or_digit(c) && c != '·' {
            return (text.get(..at).unwrap_or_default(), rest.get(c.len_utf8()..).unwrap_or_default());
        }
        at += c.len_utf8();
    }
}

/// An ending as a number, and how many bits of a number are not its own.
type Number = (u64, u32, &'static Ending);

/// The longest ending that a word has.
fn ending(word: &str) -> Option<&'static Ending> {
    /// Endings by their last byte.
    static BY_LAST: LazyLock<Vec<Vec<Number>>> = LazyLock::new(|| {
        let mut by_last = vec![Vec::new(); 256];
        for ending in ENDINGS {
            let (number, length) = last_eight(ending.0);
            let list = ending.0.bytes().last().and_then(|last| by_last.get_mut(usize::from(last)));
            list.into_iter().for_each(|list| list.push((number, 8 * (8 - length), ending)));
        }
        by_last
    });
    let last = word.bytes().last()?;
    let endings = BY_LAST.get(usize::from(last)).filter(|endings| !endings.is_empty())?;
    let (number, _) = last_eight(word);
    endings.iter().find(|(end, others, _)| number >> others == end >> others).map(|(.., ending)| *ending)
}

/// The last eight bytes of a word, the last of them highest, and how many there are.
fn last_eight(word: &str) -> (u64, u32) {
    let bytes = word.as_bytes();
    if let Some(last) = bytes.last_chunk::<8>() {
        return (u64::from_le_bytes(*last), 8);
    }
    bytes.iter().fold((0, 0), |(number, length), byte| (number >> 8 | u64::from(*byte) << 56, length + 1))
}

/// Gives each of `languages` its part of `weight`.
fn share(votes: &mut [f32], languages: &[usize], weight: f32) {
    let mut several = 0.0_f32;
    languages.iter().for_each(|_| several += 1.0);
    for place in languages {
        if let Some(vote) = votes.get_mut(*place) {
            *vote += weight / several;
        }
    }
}

/// A word, or what stands before and after its apostrophe or hyphen, each with what it says where it is a small word:
/// `l'été` is `l'` and `été`, `don't` is one word.
fn each_part<'w>(
    word: &'w str,
    listed: &'static Listed,
    mut each: impl FnMut(&'w str, Option<&'static Weights>),
) {
    let word = word.trim_matches(['\'', '-', '·']);
    if word.is_empty() {
        return;
    }
    let whole = listed.get(word);
    if whole.is_some() || !word.bytes().any(|byte| matches!(byte, b'\'' | b'-')) {
        return each(word, whole);
    }
    for piece in word.split('-') {
        let whole = listed.get(piece);
        match piece.find('\'') {
            Some(at) if whole.is_none() => {
                let (before, after) = piece.split_at(at + 1);
                each(before, listed.get(before));
                each(after, listed.get(after));
            }
            _ => each(piece, whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elided_words_are_found() {
        let parts = |word| {
            let mut parts = Vec::new();
            each_part(word, &LISTED, |part, _| parts.push(part));
            parts
        };
        assert_eq!(parts("l'été"), ["l'", "été"]);
        assert_eq!(parts("don't"), ["don't"]);
        assert_eq!(parts("est-ce"), ["est", "ce"]);
        assert_eq!(parts("'"), [""; 0]);
    }
}
