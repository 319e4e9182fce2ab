//! A text cut into words as they were written, capitals and signs kept.

use super::lexicon::{Kind, Kinds};
use crate::fold;
use crate::word::{is_letter, is_letter_or_digit};

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// No capital.
    Lower,
    /// A capital, then small letters.
    Capital,
    /// Capitals only, two and more.
    Upper,
    /// Capitals inside.
    Mixed,
    /// Digits only.
    Number,
}

/// One word.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// Without capitals and accents.
    pub(super) folded: String,
    /// How it is written.
    pub(super) form: Form,
    /// `#`, `@` or `$` before it.
    pub(super) sign: Option<char>,
    /// Whether a sentence (or a quotation, or a line) begins with it.
    pub(super) opens: bool,
    /// What stands between it and the word before, blanks aside.
    pub(super) between: Between,
    /// What small word it is.
    pub(super) kinds: Kinds,
}

impl Token {
    /// Whether it is a small word of this kind.
    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kinds.has(kind)
    }
}

/// What separates two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    /// Blanks only.
    Nothing,
    /// A comma, a slash, an ampersand: a list.
    Comma,
    /// An apostrophe.
    Apostrophe,
    /// A full stop inside a word, as in a domain.
    Dot,
    /// A hyphen inside a word.
    Hyphen,
    /// A quotation mark or a bracket.
    Quote,
    /// Anything else.
    Break,
}

/// Bytes of a word and what stands before it, about.
const IN_WORD: usize = 6;

/// Cuts `text`.
pub(super) fn cut(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / IN_WORD);
    // where the gap begins, and the word after it
    let (mut gap, mut word) = (0, None);
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if is_letter_or_digit(c) || c == '_' || is_mark(c) && word.is_some() {
            word.get_or_insert(at);
        } else if let Some(start) = word.take() {
            let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
            push(&mut tokens, part(start, at), part(gap, start));
            gap = at;
        }
    }
    tokens
}

/// Whether a character is an accent of its own.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c) || c == '\u{200d}' || c == '\u{200b}'
}

fn push(tokens: &mut Vec<Token>, word: &str, gap: &str) {
    let sign = gap.chars().next_back().filter(|c| matches!(c, '#' | '@' | '$'));
    let bare = gap.trim_end_matches(['#', '@', '$']);
    let glued = !tokens.is_empty() && !gap.contains(char::is_whitespace);
    let between = between(bare, glued);
    // after the accounts that a reply begins with, a sentence begins
    let after_account = tokens.last().is_some_and(|last| last.sign == Some('@') && last.opens);
    let ends =
        |c: char| matches!(c, '.' | '!' | '?' | '…' | ':' | '\n' | '"' | '“' | '«' | '|' | '•' | '—' | '–');
    let drawn = |c: char| u32::from(c) >= 0x2190 && !is_letter_or_digit(c);
    let opens = tokens.is_empty()
        || after_account
        || !(glued && matches!(between, Between::Dot | Between::Apostrophe | Between::Hyphen))
            && bare.chars().any(|c| ends(c) || drawn(c));
    let folded = if word.is_ascii() { word.to_ascii_lowercase() } else { fold::fold(word).replace(' ', "") };
    let kinds = Kinds::of(&folded);
    tokens.push(Token { folded, form: form(word), sign, opens, between, kinds });
}

fn between(gap: &str, glued: bool) -> Between {
    let mut signs = gap.chars().filter(|c| !c.is_whitespace());
    match (signs.next(), signs.next()) {
        (None, _) => Between::Nothing,
        (Some('\'' | '’' | 'ʼ' | '`'), None) if glued => Between::Apostrophe,
        (Some('.'), None) if glued => Between::Dot,
        (Some('-' | '‑'), None) if glued => Between::Hyphen,
        (Some(',' | '/' | '&' | '+'), None) => Between::Comma,
        (Some('"' | '“' | '”' | '«' | '»' | '(' | '\'' | '‘'), None) => Between::Quote,
        _ => Between::Break,
    }
}

fn form(word: &str) -> Form {
    let mut letters = word.chars().filter(|c| is_letter(*c));
    let Some(first) = letters.next() else { return Form::Number };
    let (mut capitals, mut small) = (0_u32, 0_u32);
    for c in letters {
        if c.is_uppercase() {
            capitals += 1;
        } else {
            small += 1;
        }
    }
    match (first.is_uppercase(), capitals, small) {
        (false, 0, _) => Form::Lower,
        (true, 0, _) => Form::Capital,
        (true, _, 0) => Form::Upper,
        (true | false, _, _) => Form::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn words_of_ascii_are_folded_as_all_are(word in "[a-zA-Z0-9_]{1,12}") {
            proptest::prop_assert_eq!(word.to_ascii_lowercase(), fold::fold(&word).replace(' ', ""));
        }
    }
}
