//! Words by what they say: small words beside a name, words of sectors.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::tokens::Token;
use crate::word::WordList;

/// Words and phrases, some with any end.
#[derive(Debug, Default)]
pub(super) struct Words {
    whole: HashMap<String, usize>,
    /// By their first three letters: a start, and where it stands.
    starts: HashMap<String, Vec<(String, usize)>>,
    /// By their first word: the rest, and where it stands.
    phrases: HashMap<String, Vec<(Vec<String>, usize)>>,
}

impl Words {
    /// Reads `word word* "some words"`. Every entry has its own number, from `first`.
    fn read(list: &str) -> Words {
        let mut words = Words::default();
        let mut number = 0;
        for (place, part) in list.split('"').enumerate() {
            if place % 2 == 1 {
                words.add(part, number);
                number += 1;
                continue;
            }
            for word in part.split_whitespace() {
                words.add(word, number);
                number += 1;
            }
        }
        words
    }

    fn add(&mut self, entry: &str, number: usize) {
        if let Some(start) = entry.strip_suffix('*') {
            let key = beginning(start).to_owned();
            self.starts.entry(key).or_default().push((start.to_owned(), number));
            return;
        }
        let mut parts = entry.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        let Some(first) = parts.next() else { return };
        let rest: Vec<String> = parts.map(str::to_owned).collect();
        if rest.is_empty() {
            self.whole.insert(first.to_owned(), number);
        } else {
            self.phrases.entry(first.to_owned()).or_default().push((rest, number));
        }
    }

    /// Which entry the word at `at` is, or begins.
    pub(super) fn find(&self, tokens: &[Token], at: usize) -> Option<usize> {
        let word = &tokens.get(at)?.folded;
        if let Some(phrases) = self.phrases.get(word) {
            let follows = |rest: &[String]| {
                rest.iter()
                    .zip(at + 1..)
                    .all(|(part, at)| tokens.get(at).is_some_and(|token| token.folded == *part))
            };
            if let Some((_, number)) = phrases.iter().find(|(rest, _)| follows(rest)) {
                return Some(*number);
            }
        }
        self.find_word(word)
    }

    /// Which entry a word is.
    pub(super) fn find_word(&self, word: &str) -> Option<usize> {
        if let Some(number) = self.whole.get(word) {
            return Some(*number);
        }
        self.starts
            .get(beginning(word))?
            .iter()
            .find(|(start, _)| word.starts_with(start.as_str()))
            .map(|(_, number)| *number)
    }

    /// Whether a word is one of them.
    pub(super) fn has(&self, word: &str) -> bool {
        self.find_word(word).is_some()
    }
}

/// The first three letters of a word.
fn beginning(word: &str) -> &str {
    word.char_indices().nth(3).and_then(|(end, _)| word.get(..end)).unwrap_or(word)
}

/// A sector.
#[derive(Debug)]
pub(super) struct Sector {
    /// Words of a description that name it.
    pub(super) is: Words,
    /// Words of posts about it.
    pub(super) words: Words,
    /// Well-known names of it.
    pub(super) peers: Words,
    /// Names of it that are words too.
    pub(super) known: Words,
}

/// All sectors.
pub(super) static SECTORS: LazyLock<Vec<Sector>> = LazyLock::new(|| {
    const FILE: &str = include_str!("sectors.txt");
    let list = |block: &str, key: &str| {
        Words::read(block.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default())
    };
    FILE.split("\n[")
        .skip(1)
        .map(|block| Sector {
            is: list(block, "is: "),
            words: list(block, "words: "),
            peers: list(block, "peers: "),
            known: list(block, "known: "),
        })
        .collect()
});

/// The sectors of whose words or peers a word may be one, or begin one, a bit each: most are of none, and need not be looked
/// for in each.
pub(super) fn sectors_of(word: &str) -> u64 {
    static FIRST: LazyLock<WordList<u64>> = LazyLock::new(|| {
        let mut first: HashMap<&'static str, u64> = HashMap::default();
        for (place, sector) in SECTORS.iter().enumerate() {
            for list in [&sector.words, &sector.peers] {
                for word in list.whole.keys().chain(list.starts.keys()).chain(list.phrases.keys()) {
                    *first.entry(word).or_default() |= 1 << place;
                }
            }
        }
        WordList::new(first)
    });
    let first = |word: &str| FIRST.get(word.as_bytes()).unwrap_or_default();
    first(word) | first(beginning(word))
}

/// What a small word is beside a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Indefinite,
    Definite,
    Demonstrative,
    Possessive,
    Place,
    From,
    Of,
    Pronoun,
    Modal,
    Be,
    Does,
    Company,
    Title,
    First,
    Stop,
}

impl Kind {
    /// All of them, as the file calls them.
    const ALL: &[(&str, Kind)] = &[
        ("indefinite", Kind::Indefinite),
        ("definite", Kind::Definite),
        ("demonstrative", Kind::Demonstrative),
        ("possessive", Kind::Possessive),
        ("place", Kind::Place),
        ("from", Kind::From),
        ("of", Kind::Of),
        ("pronoun", Kind::Pronoun),
        ("modal", Kind::Modal),
        ("be", Kind::Be),
        ("does", Kind::Does),
        ("company", Kind::Company),
        ("title", Kind::Title),
        ("first", Kind::First),
        ("stop", Kind::Stop),
    ];

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// The kinds of one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u32);

impl Kinds {
    /// Whether it is of this kind.
    pub(super) fn has(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// What kinds a word is of, looked up once for all of them.
    pub(super) fn of(word: &str) -> Kinds {
        let begun = SMALL.begun.get(beginning(word).as_bytes()).and_then(|place| SMALL.starts.get(place));
        let starts = begun.into_iter().flatten().filter(|(start, _)| word.starts_with(start.as_str()));
        let whole = SMALL.whole.get(word.as_bytes()).unwrap_or_default();
        Kinds(starts.fold(whole, |all, (_, kinds)| all | kinds))
    }
}

/// A start of words, with the bits of its kinds.
type Start = (String, u32);

/// Small words and starts of words, each with the bits of its kinds.
#[derive(Debug)]
struct Small {
    whole: WordList<u32>,
    /// The place of the starts that begin with these three letters.
    begun: WordList<usize>,
    starts: Vec<Vec<Start>>,
}

static SMALL: LazyLock<Small> = LazyLock::new(|| {
    const FILE: &str = include_str!("words.txt");
    let mut whole: HashMap<&str, u32> = HashMap::default();
    let mut starts: HashMap<&str, Vec<Start>> = HashMap::default();
    for (name, kind) in Kind::ALL {
        let of_it = FILE.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        for word in of_it.flat_map(str::split_whitespace) {
            match word.strip_suffix('*') {
                Some(start) => {
                    starts.entry(beginning(start)).or_default().push((start.to_owned(), kind.bit()));
                }
                None => *whole.entry(word).or_default() |= kind.bit(),
            }
        }
    }
    let begun = WordList::new(starts.keys().copied().zip(0..));
    Small { whole: WordList::new(whole), begun, starts: starts.into_values().collect() }
});
