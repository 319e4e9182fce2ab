//! Lists of words with what they are worth, from -4 (bad) to 4 (good), and of words that turn or strengthen others.

use foldhash::{HashMap, HashMapExt as _, HashSet};

use super::Lang;

/// What a list of words says of a language.
#[derive(Debug)]
pub(super) struct Lexicon {
    words: HashMap<&'static str, f32>,
    /// Without accents, for those who write none.
    plain: HashMap<String, f32>,
    /// Beginnings of words, as `pollu*` writes them.
    stems: HashMap<&'static str, f32>,
    /// What these begin with: few words do.
    begin_stems: HashSet<&'static str>,
    /// Parts of phrases: a phrase is looked for only where its first word stands.
    openers: HashMap<&'static str, usize>,
    emoji: HashMap<char, f32>,
    small: HashMap<&'static str, Small>,
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
        let mut words = HashMap::new();
        let mut stems = HashMap::new();
        for (word, valence) in rows(list).chain(rows(own)) {
            match word.strip_suffix('*').filter(|stem| stem.len() >= SHORTEST_STEM) {
                Some(stem) => stems.insert(stem, valence),
                None => words.insert(word, valence),
            };
        }
        let mut plain = HashMap::new();
        let mut openers: HashMap<&str, usize> = HashMap::new();
        for (word, valence) in &words {
            if !word.is_ascii() {
                let bare = bare(word);
                if !words.contains_key(bare.as_str()) {
                    // of two, the one that says more; never the one that came first
                    let kept = plain.entry(bare).or_insert(*valence);
                    if (valence.abs(), *valence) > (kept.abs(), *kept) {
                        *kept = *valence;
                    }
                }
            }
            if let Some((first, rest)) = word.split_once(' ') {
                let length = rest.split(' ').count() + 1;
                let known = openers.entry(first).or_default();
                *known = length.max(*known);
            }
        }
        let emoji = rows(include_str!("emoji.txt")).chain(rows(include_str!("emoji-own.txt")));
        let emoji = emoji.filter_map(|(sign, valence)| Some((sign.chars().next()?, valence))).collect();
        let begin_stems = stems.keys().map(|stem| beginning(stem)).collect();
        Lexicon { words, plain, stems, begin_stems, openers, emoji, small: smalls(small) }
    }

    /// What a word in small letters is worth.
    pub(super) fn word(&self, word: &str) -> Option<f32> {
        let listed = self.listed(word);
        if listed.is_some() || !is_stretched(word) {
            return listed;
        }
        self.listed(&squeezed(word, 2)).or_else(|| self.listed(&squeezed(word, 1)))
    }

    fn listed(&self, word: &str) -> Option<f32> {
        let exact = self.words.get(word).or_else(|| self.plain.get(word));
        exact.copied().or_else(|| {
            if !self.begin_stems.contains(beginning(word)) {
                return None;
            }
            let ends = word.char_indices().map(|(at, _)| at).skip(SHORTEST_STEM).chain([word.len()]);
            let mut found = None;
            for end in ends {
                // the longest beginning knows most
                found = word.get(..end).and_then(|stem| self.stems.get(stem)).or(found);
            }
            found.copied()
        })
    }

    /// What a sign such as `:-)` is worth.
    pub(super) fn sign(&self, sign: &str) -> Option<f32> {
        self.words.get(sign).copied()
    }

    /// What an emoji is worth.
    pub(super) fn emoji(&self, sign: char) -> Option<f32> {
        self.emoji.get(&sign).copied()
    }

    /// The longest phrase that begins with `first`: its value and how many of the words after `first` it takes.
    pub(super) fn phrase<'w>(
        &self,
        first: &str,
        after: impl Iterator<Item = &'w str>,
    ) -> Option<(f32, usize)> {
        let longest = *self.openers.get(first)?;
        let mut phrase = first.to_owned();
        let mut found = None;
        for (taken, word) in (1..longest).zip(after) {
            phrase.push(' ');
            phrase.push_str(word);
            if let Some(valence) = self.words.get(phrase.as_str()) {
                found = Some((*valence, taken));
            }
        }
        found
    }

    /// What a word does to others.
    pub(super) fn small(&self, word: &str) -> Option<Small> {
        self.small.get(word).copied()
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
