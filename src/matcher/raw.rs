//! Exact terms: these very characters, with the edges of words where their own edges are letters or digits.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

use crate::fold;

/// A text as exact terms see it: composed, without invisible signs, one space for any white space.
#[derive(Debug)]
pub(super) struct Exact {
    text: String,
    /// Where each character of `text` starts, and which part of the original it comes from.
    places: Vec<(usize, Range<usize>)>,
}

/// Stands between blocks of markup; no term holds it.
const BLOCK: char = '\u{2}';

impl Exact {
    /// The text of a post; `blocks` says that its ends of lines are ends of blocks.
    pub(super) fn of(original: &str, blocks: bool) -> Exact {
        let mut exact = Exact { text: String::with_capacity(original.len()), places: Vec::new() };
        let mut rest = original.char_indices().peekable();
        let mut group = String::new();
        while let Some((start, c)) = rest.next() {
            if fold::is_invisible(c) {
                continue;
            }
            if c.is_whitespace() {
                let space = if blocks && c == '\n' { BLOCK } else { ' ' };
                match exact.text.chars().next_back() {
                    Some(' ') if space == BLOCK => {
                        exact.text.pop();
                        exact.places.pop();
                        exact.push(space, start..start + c.len_utf8());
                    }
                    Some(' ' | BLOCK) => {}
                    _ => exact.push(space, start..start + c.len_utf8()),
                }
                continue;
            }
            // A letter goes with the marks and the jamo that follow it.
            group.clear();
            group.push(c);
            let mut end = start + c.len_utf8();
            while let Some((at, next)) = rest.peek().copied() {
                let invisible = fold::is_invisible(next);
                let joins = canonical_combining_class(next) != 0 || matches!(next, '\u{1161}'..='\u{11ff}');
                if !(joins || invisible && !next.is_whitespace()) {
                    break;
                }
                if joins {
                    group.push(next);
                    end = at + next.len_utf8();
                }
                rest.next();
            }
            for composed in group.nfc() {
                exact.push(composed, start..end);
            }
        }
        exact
    }

    fn push(&mut self, c: char, from: Range<usize>) {
        self.places.push((self.text.len(), from));
        self.text.push(c);
    }

    /// Where `wanted` stands, in bytes of the original.
    pub(super) fn find(&self, wanted: &str) -> Vec<Range<usize>> {
        let wanted = Exact::of(wanted, false).text;
        let (Some(first), Some(last)) = (wanted.chars().next(), wanted.chars().next_back()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(at) = self.text.get(from..).and_then(|rest| rest.find(&wanted)) {
            let (start, end) = (from + at, from + at + wanted.len());
            from = start + first.len_utf8();
            let before = self.text.get(..start).and_then(|before| before.chars().next_back());
            let after = self.text.get(end..).and_then(|after| after.chars().next());
            if is_edge(before, first) && is_edge(after, last) {
                found.extend(self.original(start, end));
            }
        }
        found
    }

    fn original(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let first = self.places.partition_point(|(at, _)| *at < start);
        let last = self.places.partition_point(|(at, _)| *at < end).checked_sub(1)?;
        Some(self.places.get(first)?.1.start..self.places.get(last)?.1.end)
    }
}

/// Whether a word may end between a sign of the term and the one outside.
fn is_edge(outside: Option<char>, inside: char) -> bool {
    let Some(outside) = outside else { return true };
    !fold::is_word(inside)
        || !fold::is_word(outside)
        || fold::is_unspaced(inside)
        || fold::is_unspaced(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str, blocks: bool, expected: &[&str]) {
        let found = Exact::of(text, blocks).find(wanted);
        let found: Vec<&str> = found.into_iter().map(|range| text.get(range).unwrap()).collect();
        assert_eq!(found, expected, "{wanted} in {text}");
    }

    #[test]
    fn exact_means_exact() {
        check("Canal+ et canal+ et XCanal+", "Canal+", false, &["Canal+"]);
        check("La\u{a0}Poste, La\nPoste, la Poste", "La Poste", false, &["La\u{a0}Poste", "La\nPoste"]);
        check("La\nPoste", "La Poste", true, &[]);
        check("un pe\u{301}ché", "péché", false, &["pe\u{301}ché"]);
        check("Or\u{200b}ange Oranges d’Orange_x Orange", "Orange", false, &["Or\u{200b}ange", "Orange"]);
        check("買うSONYを", "SONY", false, &["SONY"]);
        check("楽天市場", "楽天", false, &["楽天"]);
        check("aaa", "+", false, &[]);
    }
}
