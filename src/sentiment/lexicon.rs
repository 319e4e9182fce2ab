//! Lists of words with what they are worth, from -4 (bad) to 4 (good), and of words that turn or strengthen others.

use foldhash::{HashMap, HashMapExt as _};

use super::Lang;
use crate::fold::is_letter_or_digit;
use crate::word::WordList;

/// What a list of words says of a language.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// Words as they are written, and without accents for those who write none.
    entries: WordList<Entry>,
    /// Those with other characters than letters, digits and apostrophes: signs, and phrases.
    signs: WordList<f32>,
    /// Beginnings of words, as `pollu*` writes them.
    stems: WordList<f32>,
    /// What these begin with: few words do.
    begin_stems: WordList<()>,
    emoji: HashMap<char, f32>,
}

/// What is known of one word.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// What it is worth.
    pub(super) valence: Option<f32>,
    /// What it does to others.
    pub(super) small: Option<Small>,
    /// How many words the longest phrase has that begins with it; none does when nothing.
    pub(super) longest: u8,
}

/// What a word does to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Small {
    /// Turns what follows: not, sans.
    Not,
    /// Turns what follows only with `ne`, which may stand before: pas, jamais.
    Pas,
    /// The first half of a French negation: ne, n'.
    Ne,
    /// More of it with `ne`, else stronger: plus.
    Plus,
    /// Strengthens: very, très.
    More,
    /// Weakens: a little, un peu.
    Less,
    /// What follows outweighs what came before: but, mais.
    But,
    /// A word that only shows that the language is understood.
    Plain,
}

/// Bytes of a phrase, mostly.
const LONG_PHRASE: usize = 48;
/// A beginning shorter than this would stand for anything.
const SHORTEST_STEM: usize = 3;

impl Lexicon {
    /// The shipped lists of a language.
    pub(super) fn shipped(lang: Lang) -> Lexicon {
        let (list, own, small) = match lang {
            Lang::English => {
                (include_str!("en.txt"), include_str!("en-own.txt"), include_str!("en-small.txt"))
            }
            Lang::French => {
                (include_str!("fr.txt"), include_str!("fr-own.txt"), include_str!("fr-small.txt"))
            }
        };
        let mut words: HashMap<&str, f32> = HashMap::new();
        let mut stems = HashMap::new();
        for (word, valence) in rows(list).chain(rows(own)) {
            match word.strip_suffix('*').filter(|stem| stem.len() >= SHORTEST_STEM) {
                Some(stem) => stems.insert(stem, valence),
                None => words.insert(word, valence),
            };
        }
        let mut entries: HashMap<String, Entry> = HashMap::new();
        let mut openers: HashMap<&str, u8> = HashMap::new();
        for (word, valence) in &words {
            if !word.is_ascii() {
                let bare = bare(word);
                if !words.contains_key(bare.as_str()) {
                    // of two, the one that says more; never the one that came first
                    let kept = entries.entry(bare).or_default().valence.get_or_insert(*valence);
                    if (valence.abs(), *valence) > (kept.abs(), *kept) {
                        *kept = *valence;
                    }
                }
            }
            if let Some((first, rest)) = word.split_once(' ') {
                let length = u8::try_from(rest.split(' ').count() + 1).unwrap_or(u8::MAX);
                let known = openers.entry(first).or_default();
                *known = length.max(*known);
            }
        }
        for (word, valence) in &words {
            entries.entry((*word).to_owned()).or_default().valence = Some(*valence);
        }
        let is_sign = |c: char| !is_letter_or_digit(c) && c != '\'';
        let emoji = rows(include_str!("emoji.txt")).chain(rows(include_str!("emoji-own.txt")));
        let mut lexicon = Lexicon {
            entries: WordList::new(entries.iter().map(|(word, entry)| (word, *entry))),
            signs: WordList::new(words.into_iter().filter(|(word, _)| word.contains(is_sign))),
            begin_stems: WordList::new(stems.keys().map(|stem| (beginning(stem), ()))),
            stems: WordList::new(stems),
            emoji: emoji.filter_map(|(sign, valence)| Some((sign.chars().next()?, valence))).collect(),
        };
        // these are words of the lists too, or begin as some do
        let entry = |word: &str| lexicon.entry(word);
        let openers = openers.into_iter().map(|(word, longest)| (word, Entry { longest, ..entry(word) }));
        let mut more: HashMap<&str, Entry> = openers.collect();
        for (word, small) in smalls(small) {
            more.entry(word).or_insert_with(|| entry(word)).small = Some(small);
        }
        let listed = entries.iter().map(|(word, entry)| (word.as_str(), *entry));
        lexicon.entries = WordList::new(listed.chain(more));
        lexicon
    }

    /// What is known of a word in small letters.
    pub(super) fn entry(&self, word: &str) -> Entry {
        self.entries.get(word.as_bytes()).unwrap_or_else(|| {
            let begun = self.begun(word);
            let valence = if begun.is_some() || !is_stretched(word) {
                begun
            } else {
                self.listed(&squeezed(word, 2)).or_else(|| self.listed(&squeezed(word, 1)))
            };
            Entry { valence, ..Entry::default() }
        })
    }

    fn listed(&self, word: &str) -> Option<f32> {
        let exact = self.entries.get(word.as_bytes()).and_then(|entry| entry.valence);
        exact.or_else(|| self.begun(word))
    }

    /// What the longest of the beginnings that a word has is worth: it knows most.
    fn begun(&self, word: &str) -> Option<f32> {
        self.begin_stems.get(beginning(word).as_bytes())?;
        let ends = word.char_indices().map(|(at, _)| at).skip(SHORTEST_STEM).chain([word.len()]);
        let stems = ends.filter_map(|end| self.stems.get(word.as_bytes().get(..end)?));
        stems.last()
    }

    /// What a sign such as `:-)` is worth.
    pub(super) fn sign(&self, sign: &str) -> Option<f32> {
        self.signs.get(sign.as_bytes())
    }

    /// What an emoji is worth.
    pub(super) fn emoji(&self, sign: char) -> Option<f32> {
        self.emoji.get(&sign).copied()
    }

    /// The longest phrase that begins with `first`: its value and how many of the words after `first` it takes.
    pub(super) fn phrase<'w>(
        &self,
        first: &str,
        entry: &Entry,
        after: impl Iterator<Item = &'w str>,
    ) -> Option<(f32, usize)> {
        if entry.longest == 0 {
            return None;
        }
        let mut phrase = String::with_capacity(LONG_PHRASE);
        phrase.push_str(first);
        let mut found = None;
        for (taken, word) in (1..usize::from(entry.longest)).zip(after) {
            phrase.push(' ');
            phrase.push_str(word);
            if let Some(valence) = self.signs.get(phrase.as_bytes()) {
                found = Some((valence, taken));
            }
        }
        found
    }
}

/// Lines `word<TAB>valence`; lines of comment begin with `# `.
fn rows(list: &'static str) -> impl Iterator<Item = (&'static str, f32)> {
    list.lines().filter(|line| !line.starts_with("# ")).filter_map(|line| {
        let (word, valence) = line.split_once('\t')?;
        Some((word, valence.parse().ok()?))
    })
}

/// Lines `kind: word word ...`.
fn smalls(list: &'static str) -> HashMap<&'static str, Small> {
    let mut all = HashMap::new();
    for line in list.lines().filter(|line| !line.starts_with("# ")) {
        let Some((kind, words)) = line.split_once(": ") else { continue };
        let kind = match kind {
            "not" => Small::Not,
            "pas" => Small::Pas,
            "ne" => Small::Ne,
            "plus" => Small::Plus,
            "more" => Small::More,
            "less" => Small::Less,
            "but" => Small::But,
            _ => Small::Plain,
        };
        all.extend(words.split_whitespace().map(|word| (word, kind)));
    }
    all
}

/// A word without the accents of French.
pub(super) fn bare(word: &str) -> String {
    word.chars()
        .map(|c| match c {
            'à' | 'â' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            other => other,
        })
        .collect()
}

/// As much of a word as the shortest stem has.
fn beginning(word: &str) -> &str {
    word.char_indices().nth(SHORTEST_STEM).and_then(|(end, _)| word.get(..end)).unwrap_or(word)
}

/// Whether letters stand three times and more in a row: `looove`.
fn is_stretched(word: &str) -> bool {
    let (mut last, mut run) = (None, 0_usize);
    word.chars().any(|c| {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        run > 2
    })
}

/// A word with letters that stand three times and more in a row written `times` times: once or twice.
fn squeezed(word: &str, times: usize) -> String {
    let mut out = String::with_capacity(word.len());
    let (mut last, mut run) = (None, 0_usize);
    for c in word.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        if run <= 2 {
            out.push(c);
        } else if run == 3 && times == 1 {
            // back to what is wanted, once, at the third
            out.pop();
        }
    }
    out
}
