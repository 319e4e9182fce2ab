//! Wildcards of a term: `*` at the end of a word, `?` for one character.

use unicode_normalization::char::is_combining_mark;

use crate::fold;

/// The fewest characters before a star.
const FEWEST: usize = 3;

/// A term with its wildcards, as `Needle::of` reads it.
///
/// # Errors
/// What is wrong with a wildcard in it.
pub(super) fn marked(text: &str) -> Result<String, &'static str> {
    if !text.contains(['*', '?']) {
        return Ok(text.to_owned());
    }
    let signs: Vec<char> = text.chars().collect();
    let at = |place: usize| signs.get(place).copied().unwrap_or(' ');
    let mut out = String::with_capacity(text.len() + 8);
    for (place, c) in signs.iter().enumerate() {
        match c {
            // a sign on a key
            '*' if at(place + 1) == fold::KEYCAP
                || at(place + 1) == '\u{fe0f}' && at(place + 2) == fold::KEYCAP =>
            {
                out.push('*');
            }
            '*' => {
                let word = signs.get(..place).unwrap_or_default().iter().rev();
                let word = word.take_while(|c| in_word(**c) || **c == '?');
                let before = word.filter(|c| !is_combining_mark(**c)).count();
                let inside = before > 0 && (in_word(at(place + 1)) || matches!(at(place + 1), '*' | '?'));
                if inside || place > 0 && at(place - 1) == '*' {
                    return Err("`*` may stand only at the end of a word");
                }
                match before {
                    0 => return Err("a word cannot begin with `*`: write its first letters before it"),
                    count if count < FEWEST => {
                        return Err(
                            "`*` wants at least three characters before it, or it would find too much",
                        );
                    }
                    // In scripts without spaces words are found anywhere in a run.
                    _ if fold::is_unspaced(at(place - 1)) => {}
                    _ => out.push(fold::STAR),
                }
            }
            '?' => {
                let first = signs.get(..place).unwrap_or_default().iter().rposition(|c| *c != '?');
                let last = signs.iter().skip(place).position(|c| *c != '?').map(|more| place + more);
                let before = first.is_some_and(|place| in_word(at(place)));
                let after = last.is_some_and(|place| in_word(at(place)) || at(place) == '*');
                match (before, after) {
                    (true, _) => out.push(fold::ANY),
                    (false, true) => {
                        return Err("a word cannot begin with `?`: write its first letter before it");
                    }
                    (false, false) => out.push(' '),
                }
            }
            c => out.push(*c),
        }
    }
    Ok(out)
}

fn in_word(c: char) -> bool {
    fold::is_word(c)
}
