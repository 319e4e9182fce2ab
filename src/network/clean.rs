//! Text from strangers, made safe to store and to show: no control characters, bounded length.
//!
//! It keeps what people write (any script, joiners, direction marks) and drops what only machines or
//! tricksters need: NUL and other controls, bidirectional overrides that make text read backwards,
//! byte order marks and noncharacters.

/// Longest title, name or other single line kept, in characters.
pub(crate) const LINE: usize = 2_000;
/// Longest text kept, in characters: a long article fits, a memory attack does not.
pub(crate) const TEXT: usize = 200_000;

/// Whether a character never belongs in the text of a post.
fn unwanted(one: char) -> bool {
    matches!(
        one,
        '\u{0}'..='\u{8}'
            | '\u{b}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{fffe}'
            | '\u{ffff}'
    )
}

/// The text without unwanted characters, at most `most` characters long; line ends and tabs stay.
pub(crate) fn text(raw: &str, most: usize) -> String {
    let unified = raw.trim().chars().filter_map(|one| match one {
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        other => (!unwanted(other)).then_some(other),
    });
    cut(unified, most)
}

/// The text on one line: white space of any kind becomes single spaces.
pub(crate) fn line(raw: &str, most: usize) -> String {
    let mut space = false;
    let mut started = false;
    let spaced = raw.chars().flat_map(|one| {
        let blank = one.is_whitespace();
        let kept = !blank && !unwanted(one);
        let gap = kept && space && started;
        if blank {
            space = true;
        } else if kept {
            space = false;
            started = true;
        }
        [gap.then_some(' '), kept.then_some(one)].into_iter().flatten()
    });
    cut(spaced, most)
}

/// Like [`line()`], but nothing instead of an empty text.
pub(crate) fn some_line(raw: &str, most: usize) -> Option<String> {
    Some(line(raw, most)).filter(|kept| !kept.is_empty())
}

/// The first `most` characters, with a sign where something was cut.
fn cut(characters: impl Iterator<Item = char>, most: usize) -> String {
    let mut kept = String::new();
    for (count, one) in characters.enumerate() {
        if count == most {
            kept.push('…');
            break;
        }
        kept.push(one);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_overrides_go_and_the_rest_stays() {
        assert_eq!(
            text(" a\0b\u{202e}c\u{1}\n\td\u{200d}é\u{200e} ", TEXT),
            "abc\n\tdé".replace("dé", "d\u{200d}é\u{200e}")
        );
        assert_eq!(line("\n a \t\u{a0}b\r\n\0c ", LINE), "a b c");
        assert_eq!(line("", LINE), "");
        assert_eq!(some_line(" \n", LINE), None);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(line("éèàù", 2), "éè…");
        assert_eq!(text("éè", 2), "éè");
    }
}
