//! What of a post is language: no links, no names of accounts, no signs of hashtags.

use crate::word::{Chunk, chunks, may_have_case};

/// Whether the words of a text of ASCII, in small letters, are those of what [`clean`] would leave of it, which differs in
/// blanks and marks alone.
pub(super) fn is_clean(small: &str) -> bool {
    let bytes = small.as_bytes();
    let (second, third) = (bytes.get(1..).unwrap_or_default(), bytes.get(2..).unwrap_or_default());
    let signs = |byte: &u8| matches!(byte, b'#' | b'`' | b'@' | b'/');
    let signs = bytes.iter().fold(false, |any, byte| any | signs(byte));
    let letter = |byte: u8| byte.is_ascii_lowercase() | (byte == b'\'');
    let three = bytes.iter().zip(second).zip(third);
    let three =
        three.fold(false, |any, ((one, two), three)| any | (one == two) & (two == three) & letter(*one));
    !signs && !three && !small.contains("http") && !small.contains("www.")
}

/// `text` without links, account names and the signs of hashtags, small, its apostrophes made one; words stand apart
/// by one space.
pub(super) fn clean(text: &str) -> String {
    let mut out = Squeezed { text: String::with_capacity(text.len()), last: '\0', times: 0 };
    for chunk in chunks(text) {
        let word = chunk.text;
        let plain = chunk.is_plain() && !begins(word, "http");
        if !plain && is_address(chunk) {
            continue;
        }
        if !out.text.is_empty() {
            out.push(' ');
        }
        if chunk.is_ascii() && !stretches(word) {
            out.push_ascii(word);
            continue;
        }
        for c in word.chars() {
            match c {
                '#'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}' => {}
                '’' | 'ʼ' | '‘' | '´' | '`' | '＇' => out.push('\''),
                c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
                c if !may_have_case(c) => out.push(c),
                c => c.to_lowercase().for_each(|c| out.push(c)),
            }
        }
    }
    out.text
}

/// Whether what is written in ASCII may be squeezed, or has signs that are left out or written otherwise.
fn stretches(word: &str) -> bool {
    let bytes = word.as_bytes();
    let (mut before, mut last) = (0, 0);
    bytes.iter().any(|byte| {
        let small = byte.to_ascii_lowercase();
        let stretches = small == last && last == before;
        (before, last) = (last, small);
        stretches || matches!(byte, b'#' | b'`')
    })
}

fn begins(word: &str, start: &str) -> bool {
    word.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}

/// Whether a chunk is a link, an e-mail address or the name of an account.
fn is_address(chunk: Chunk<'_>) -> bool {
    let words_only = chunk.is_ascii() && !chunk.has_mark() && !chunk.has_point();
    if words_only && !begins(chunk.text, "http") {
        return false;
    }
    let word = chunk.text.trim_start_matches(['(', '[', '<', '"', '«', '.', '“']);
    word.starts_with('@') && word.len() > 1
        || begins(word, "http") && (word.len() <= 5 || word.contains("://"))
        || begins(word, "www.")
        || word.contains('@') && word.contains('.')
        || word.contains('/') && word.contains('.')
}

/// A text with at most two of the same letter in a row: "noooo", "soooo", "!!!".
struct Squeezed {
    text: String,
    last: char,
    times: u32,
}

impl Squeezed {
    /// Adds a word of ASCII, small, in which nothing is squeezed.
    fn push_ascii(&mut self, word: &str) {
        let start = self.text.len();
        self.text.push_str(word);
        if let Some(word) = self.text.get_mut(start..) {
            word.make_ascii_lowercase();
        }
        // a blank comes next
        self.last = '\0';
    }

    fn push(&mut self, c: char) {
        self.times = if c == self.last { self.times.saturating_add(1) } else { 1 };
        self.last = c;
        if self.times <= 2 || c.is_numeric() {
            self.text.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_language_goes() {
        assert_eq!(clean("@ana Regarde #Paris https://a.example/x  L’été!"), "regarde paris l'été!");
        assert_eq!(clean("nooooo (http://a.example) mail@a.example http"), "noo");
        assert_eq!(clean(""), "");
    }
}
