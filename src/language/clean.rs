//! What of a post is language: no links, no names of accounts, no signs of hashtags.

/// `text` without links, account names and the signs of hashtags, small, its apostrophes made one; words stand apart
/// by one space.
pub(super) fn clean(text: &str) -> String {
    let mut out = Squeezed { text: String::with_capacity(text.len()), last: '\0', times: 0 };
    for word in text.split_whitespace() {
        let plain = word.bytes().all(|byte| byte.is_ascii_alphabetic()) && !begins(word, "http");
        if !plain && is_address(word) {
            continue;
        }
        if !out.text.is_empty() {
            out.push(' ');
        }
        if plain {
            word.bytes().for_each(|byte| out.push(char::from(byte.to_ascii_lowercase())));
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
                c => c.to_lowercase().for_each(|c| out.push(c)),
            }
        }
    }
    out.text
}

fn begins(word: &str, start: &str) -> bool {
    word.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}

/// Whether a word is a link, an e-mail address or the name of an account.
fn is_address(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '[', '<', '"', '«', '.', '“']);
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
