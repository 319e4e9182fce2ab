//! What of a post is language: no links, no names of accounts, no signs of hashtags.

/// `text` without links, account names and the signs of hashtags, small, its apostrophes made one; words stand apart
/// by one space.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if is_address(word) {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            match c {
                '#'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}' => {}
                '’' | 'ʼ' | '‘' | '´' | '`' | '＇' => out.push('\''),
                c => out.extend(c.to_lowercase()),
            }
        }
    }
    // "noooo", "soooo", "!!!": stretched letters are one or two.
    squeeze(&out)
}

/// Whether a word is a link, an e-mail address or the name of an account.
fn is_address(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '[', '<', '"', '«', '.', '“']);
    let lower = word.to_lowercase();
    word.starts_with('@') && word.len() > 1
        || lower.starts_with("http") && (lower.len() <= 5 || lower.contains("://"))
        || lower.starts_with("www.")
        || word.contains('@') && word.contains('.')
        || word.contains('/') && word.contains('.')
}

/// At most two of the same letter in a row.
fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut last, mut times) = ('\0', 0_u32);
    for c in text.chars() {
        times = if c == last { times.saturating_add(1) } else { 1 };
        last = c;
        if times <= 2 || c.is_numeric() {
            out.push(c);
        }
    }
    out
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
