//! A text cut into what a reader of moods sees: words, signs, marks, links.

use std::ops::Range;

use super::Lang;
use super::lexicon::Lexicon;
use crate::fold::{is_letter, is_letter_or_digit};

/// Characters of a sign such as `:-)` at most.
const LONGEST_SIGN: usize = 5;

/// One word or sign of a text.
#[derive(Debug)]
pub(super) struct Token {
    /// Where it stands among the letters of all.
    letters: Range<usize>,
    /// All in capitals, two letters and more.
    pub(super) capitals: bool,
    /// What an emoji or a sign is worth; words are looked up later.
    pub(super) sign: Option<f32>,
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
        let (mut capitals, mut others) = (0, 0);
        let mut word = String::new();
        for chunk in text.split_whitespace() {
            if is_plain(chunk) {
                words.push(chunk);
                continue;
            }
            if is_link(chunk) {
                words.links = words.links.saturating_add(1);
                continue;
            }
            if chunk.starts_with('@') && chunk.len() > 1 {
                words.accounts = words.accounts.saturating_add(1);
                continue;
            }
            if let Some(valence) = sign(chunk, lexicon) {
                words.tokens.push(Token { letters: 0..0, capitals: false, sign: Some(valence) });
                continue;
            }
            if chunk.contains("...") || chunk.contains('…') {
                words.points = words.points.saturating_add(1);
            }
            words.cut(&mut word, chunk, lang, lexicon);
        }
        for token in words.tokens.iter().filter(|token| token.sign.is_none()) {
            if token.capitals {
                capitals += 1;
            } else {
                others += 1;
            }
        }
        words.mixed = capitals > 0 && others > 0;
        words
    }

    fn cut(&mut self, word: &mut String, chunk: &str, lang: Lang, lexicon: &Lexicon) {
        let mut chars = chunk.chars().peekable();
        while let Some(c) = chars.next() {
            let inside = |next: Option<&char>| next.is_some_and(|next| next.is_alphanumeric());
            match c {
                c if is_letter_or_digit(c) => word.push(c),
                '\'' | '’' | 'ʼ' if !word.is_empty() && inside(chars.peek()) => {
                    word.push('\'');
                    if lang == Lang::French {
                        self.end(word, lexicon);
                    }
                }
                '-' if !word.is_empty() && inside(chars.peek()) => word.push('-'),
                _ => {
                    self.end(word, lexicon);
                    match c {
                        '!' | '！' => self.exclamations = self.exclamations.saturating_add(1),
                        '?' | '？' => self.questions = self.questions.saturating_add(1),
                        '#' => self.hashtags = self.hashtags.saturating_add(1),
                        '"' | '«' | '“' => self.quotes = self.quotes.saturating_add(1),
                        c => {
                            if let Some(valence) = lexicon.emoji(c) {
                                self.tokens.push(Token {
                                    letters: 0..0,
                                    capitals: false,
                                    sign: Some(valence),
                                });
                            }
                        }
                    }
                }
            }
        }
        self.end(word, lexicon);
    }

    /// Takes the word that ends here; one with a hyphen that no list has is taken in its parts.
    fn end(&mut self, word: &mut String, lexicon: &Lexicon) {
        if word.is_empty() {
            return;
        }
        if word.chars().all(|c| !c.is_alphabetic()) {
            self.figures = self.figures.saturating_add(1);
        } else if word.contains('-') && lexicon.word(&word.to_lowercase()).is_none() {
            for part in word.split('-').filter(|part| !part.is_empty()) {
                self.push(part);
            }
        } else {
            self.push(word);
        }
        word.clear();
    }

    fn push(&mut self, word: &str) {
        let start = self.letters.len();
        let (mut all, mut upper) = (0_usize, 0_usize);
        for c in word.chars() {
            if c.is_ascii() {
                self.letters.push(c.to_ascii_lowercase());
            }
            all += usize::from(is_letter(c));
            upper += usize::from(is_letter(c) && c.is_uppercase());
        }
        if !word.is_ascii() {
            // some letters are written otherwise at the end of a word
            self.letters.truncate(start);
            self.letters.push_str(&word.to_lowercase());
        }
        let letters = start..self.letters.len();
        self.tokens.push(Token { letters, capitals: all > 1 && upper == all, sign: None });
    }

    /// The word of a token in small letters; nothing where it is a sign.
    pub(super) fn word(&self, token: &Token) -> &str {
        self.letters.get(token.letters.clone()).unwrap_or_default()
    }
}

/// Whether a chunk is one word of Latin letters and nothing else, as most are.
fn is_plain(chunk: &str) -> bool {
    chunk.bytes().all(|byte| byte.is_ascii_alphabetic()) && !chunk.starts_with("http")
}

fn is_link(chunk: &str) -> bool {
    chunk.contains("://") || chunk.starts_with("www.") || chunk.starts_with("http")
}

/// A chunk that is a sign made of marks, such as `:-)`, with what a sentence ends with taken off.
fn sign(chunk: &str, lexicon: &Lexicon) -> Option<f32> {
    let is_sign = |text: &str| {
        text.len() <= 4 * LONGEST_SIGN
            && text.chars().count() <= LONGEST_SIGN
            && text.chars().any(|c| !is_letter_or_digit(c) && c != '\'')
    };
    let trimmed = chunk.trim_end_matches(['.', ',', '!', '?']);
    [chunk, trimmed]
        .into_iter()
        .filter(|text| is_sign(text))
        .find_map(|text| lexicon.sign(text).or_else(|| lexicon.sign(&text.to_lowercase())))
}
