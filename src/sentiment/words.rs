//! A text cut into what a reader of moods sees: words, signs, marks, links.

use std::ops::Range;

use super::Lang;
use super::lexicon::{Entry, Lexicon};
use crate::word::{Chunk, chunks, is_letter, is_letter_or_digit};

/// Bytes of a word and the blank after it, about.
const IN_WORD: usize = 5;
/// Characters of a sign such as `:-)` at most.
const LONGEST_SIGN: usize = 5;

/// One word or sign of a text.
#[derive(Debug)]
pub(super) struct Token {
    /// Where it stands among the letters of all.
    letters: Range<usize>,
    /// All in capitals, two letters and more.
    pub(super) capitals: bool,
    /// Whether it is an emoji or a sign.
    pub(super) is_sign: bool,
    /// What the lists know of it.
    pub(super) entry: Entry,
}

impl Token {
    fn sign(valence: f32) -> Token {
        let entry = Entry { valence: Some(valence), ..Entry::default() };
        Token { letters: 0..0, capitals: false, is_sign: true, entry }
    }
}

/// A text cut up.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) tokens: Vec<Token>,
    /// All words in small letters, end to end.
    letters: String,
    /// Whether some words are in capitals and some are not, so that capitals mean something.
    pub(super) mixed: bool,
    pub(super) exclamations: u16,
    pub(super) questions: u16,
    pub(super) links: u16,
    pub(super) accounts: u16,
    pub(super) hashtags: u16,
    /// Three points or their character.
    pub(super) points: u16,
    pub(super) quotes: u16,
    pub(super) figures: u16,
}

impl Words {
    /// Cuts `text`. Apostrophes end a word in French (`n'`, `est`) and stand inside in English (`don't`).
    pub(super) fn of(text: &str, lang: Lang, lexicon: &Lexicon) -> Words {
        let mut words = Words::default();
        words.letters.reserve(text.len());
        words.tokens.reserve(text.len() / IN_WORD);
        let (mut capitals, mut others) = (0, 0);
        let mut word = String::new();
        for chunk in chunks(text) {
            if chunk.is_plain() && !chunk.text.starts_with("http") {
                words.push(chunk.text, lexicon);
                continue;
            }
            if is_link(chunk) {
                words.links = words.links.saturating_add(1);
                continue;
            }
            if chunk.text.starts_with('@') && chunk.text.len() > 1 {
                words.accounts = words.accounts.saturating_add(1);
                continue;
            }
            if let Some(valence) = sign(chunk, lexicon) {
                words.tokens.push(Token::sign(valence));
                continue;
            }
            let three = || chunk.text.as_bytes().windows(3).any(|three| three == b"...");
            if chunk.has_point() && three() || !chunk.is_ascii() && chunk.text.contains('…') {
                words.points = words.points.saturating_add(1);
            }
            words.cut(&mut word, chunk, lang, lexicon);
        }
        for token in words.tokens.iter().filter(|token| !token.is_sign) {
            if token.capitals {
                capitals += 1;
            } else {
                others += 1;
            }
        }
        words.mixed = capitals > 0 && others > 0;
        words
    }

    fn cut(&mut self, word: &mut String, chunk: Chunk<'_>, lang: Lang, lexicon: &Lexicon) {
        let mut text = chunk.text;
        if chunk.is_ascii() {
            // most begin with a word of ASCII and end in a mark
            let length = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
            if let Some((first, rest)) = text.split_at_checked(length)
                && !rest.starts_with(['\'', '-'])
            {
                self.end(first, lexicon);
                text = rest;
            }
        }
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let inside = |next: Option<&char>| next.is_some_and(|next| next.is_alphanumeric());
            match c {
                c if is_letter_or_digit(c) => word.push(c),
                '\'' | '’' | 'ʼ' if !word.is_empty() && inside(chars.peek()) => {
                    word.push('\'');
                    if lang == Lang::French {
                        self.end(word, lexicon);
                        word.clear();
                    }
                }
                '-' if !word.is_empty() && inside(chars.peek()) => word.push('-'),
                _ => {
                    self.end(word, lexicon);
                    word.clear();
                    match c {
                        '!' | '！' => self.exclamations = self.exclamations.saturating_add(1),
                        '?' | '？' => self.questions = self.questions.saturating_add(1),
                        '#' => self.hashtags = self.hashtags.saturating_add(1),
                        '"' | '«' | '“' => self.quotes = self.quotes.saturating_add(1),
                        c => {
                            if let Some(valence) = lexicon.emoji(c) {
                                self.tokens.push(Token::sign(valence));
                            }
                        }
                    }
                }
            }
        }
        self.end(word, lexicon);
        word.clear();
    }

    /// Takes the word that ends here; one with a hyphen that no list has is taken in its parts.
    fn end(&mut self, word: &str, lexicon: &Lexicon) {
        if word.is_empty() {
            return;
        }
        if word.chars().all(|c| !c.is_alphabetic()) {
            self.figures = self.figures.saturating_add(1);
        } else if word.contains('-') && lexicon.entry(&word.to_lowercase()).valence.is_none() {
            for part in word.split('-').filter(|part| !part.is_empty()) {
                self.push(part, lexicon);
            }
        } else {
            self.push(word, lexicon);
        }
    }

    fn push(&mut self, word: &str, lexicon: &Lexicon) {
        let start = self.letters.len();
        let capitals = if word.is_ascii() {
            self.letters.push_str(word);
            if let Some(letters) = self.letters.get_mut(start..) {
                letters.make_ascii_lowercase();
            }
            !word.bytes().any(|byte| byte.is_ascii_lowercase())
                && word.bytes().filter(u8::is_ascii_uppercase).nth(1).is_some()
        } else {
            // some letters are written otherwise at the end of a word
            self.letters.push_str(&word.to_lowercase());
            let mut letters = word.chars().filter(|c| is_letter(*c));
            word.chars().filter(|c| is_letter(*c)).nth(1).is_some() && letters.all(char::is_uppercase)
        };
        let entry = lexicon.entry(self.letters.get(start..).unwrap_or_default());
        self.tokens.push(Token { letters: start..self.letters.len(), capitals, is_sign: false, entry });
    }

    /// The word of a token in small letters; nothing where it is a sign.
    pub(super) fn word(&self, token: &Token) -> &str {
        self.letters.get(token.letters.clone()).unwrap_or_default()
    }
}

fn is_link(chunk: Chunk<'_>) -> bool {
    let text = chunk.text;
    chunk.has_mark() && text.contains("://") || text.starts_with("www.") || text.starts_with("http")
}

/// A chunk that is a sign made of marks, such as `:-)`, with what a sentence ends with taken off.
fn sign(chunk: Chunk<'_>, lexicon: &Lexicon) -> Option<f32> {
    let is_sign = |text: &str| {
        text.len() <= 4 * LONGEST_SIGN
            && text.chars().count() <= LONGEST_SIGN
            && text.chars().any(|c| !is_letter_or_digit(c) && c != '\'')
    };
    let found = |text: &str| {
        let small = || (chunk.has_capital() || !chunk.is_ascii()).then(|| lexicon.sign(&text.to_lowercase()));
        lexicon.sign(text).or_else(|| small()?)
    };
    let trimmed = chunk.text.trim_end_matches(['.', ',', '!', '?']);
    [chunk.text, trimmed].into_iter().filter(|text| is_sign(text)).find_map(found)
}
