//! Characters that are more than themselves: marks that compose with what stands before, emoji with what joins them,
//! keys.

use unicode_normalization::char::compose;

use super::{Open, Record, Scan, narrow};
use crate::fold::table::{self, Class, is_accent, is_emoji, is_invisible, is_unspaced, look_up};
use crate::fold::{Kind, Token};

/// Puts the sign before it on a key.
pub(crate) const KEYCAP: char = '\u{20e3}';

/// The bytes of what makes a key of the sign before `rest`, if that follows.
fn keycap_length(rest: &str) -> Option<usize> {
    let bare = rest.strip_prefix('\u{fe0f}').unwrap_or(rest);
    bare.starts_with(KEYCAP).then(|| rest.len() - bare.len() + KEYCAP.len_utf8())
}

impl<R: Record> Scan<'_, '_, R> {
    /// A mark: with the character before it, it may be another character.
    pub(super) fn mark(&mut self, mark: char, length: usize) {
        let before = self.text.get(..self.at).and_then(|before| before.chars().next_back());
        let base = before.filter(|base| self.open != Open::Nothing && table::is_word(*base));
        let Some(base) = base else {
            if !is_accent(mark) {
                self.letter(real(mark), self.at, length);
            }
            self.at += length;
            return;
        };
        let from = self.at - base.len_utf8();
        // What the base alone became goes; base and marks are spelled as what they compose.
        let written = if base.is_ascii() { 1 } else { written(base) };
        self.cut(self.out.saturating_sub(written));
        let mut whole = compatible(base);
        let mut kept: Vec<char> = Vec::new();
        let mut at = self.at;
        while let Some(mark) = self.text.get(at..).and_then(|rest| rest.chars().next()) {
            if mark.is_ascii() || !matches!(look_up(u32::from(mark)).class(), Class::Joins | Class::Accent) {
                break;
            }
            at += mark.len_utf8();
            if let Some(composed) = compose(whole, real(mark)) {
                whole = composed;
            } else if !is_accent(mark) {
                kept.push(whole);
                whole = real(mark);
            }
        }
        kept.push(whole);
        for c in kept {
            if table::is_joining(c) {
                self.letter(c, from, at - from);
            } else {
                for folded in table::spell(c).chars() {
                    self.letter(folded, from, at - from);
                }
            }
        }
        self.at = at;
    }

    /// An emoji with all that joins it: one sign.
    pub(super) fn emoji(&mut self, first: char) {
        self.close();
        let start = self.out;
        let from = self.at;
        let is_flag = |c: char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
        let mut rest = self.text.get(from..self.end).unwrap_or_default().char_indices().peekable();
        let mut signs = Vec::new();
        let mut joined = true;
        let mut end = from;
        while let Some(&(at, c)) = rest.peek() {
            let second_flag = signs.len() == 1 && is_flag(first) && is_flag(c);
            if is_emoji(c) && (joined || second_flag) {
                signs.push(c);
                joined = false;
            } else if c == '\u{200d}' {
                joined = !is_flag(first);
            } else if matches!(c, '\u{e0020}'..='\u{e007e}') {
                signs.push(c); // which flag of a region it is
            } else if !is_invisible(c) {
                break;
            }
            end = from + at + c.len_utf8();
            rest.next();
        }
        for sign in signs {
            self.put(sign, from, end - from);
        }
        self.folded.tokens.push(Token::new(narrow(start), narrow(self.out), Kind::Emoji));
        self.at = end;
        // Two signs side by side are two tokens all the same; the space shows it.
        self.reserve(1);
        self.separate();
    }

    /// The sign on a key, `#️⃣` or `*️⃣`: an emoji. Digits on keys are read as digits.
    pub(super) fn keycap(&mut self, sign: u8) -> bool {
        let rest = self.text.get(self.at + 1..self.end).unwrap_or_default();
        let Some(length) = keycap_length(rest) else { return false };
        self.close();
        let (start, from) = (self.out, self.at);
        for c in [char::from(sign), KEYCAP] {
            self.put(c, from, 1 + length);
        }
        self.folded.tokens.push(Token::new(narrow(start), narrow(self.out), Kind::Emoji));
        self.at = from + 1 + length;
        self.reserve(1);
        self.separate();
        true
    }
}

/// How many bytes a character became by itself.
fn written(c: char) -> usize {
    let entry = look_up(u32::from(c));
    match entry.class() {
        Class::Word | Class::Run => entry.bytes().1,
        Class::Separator | Class::Drop | Class::Accent | Class::Joins | Class::Emoji | Class::Apostrophe => 0,
        Class::Other => table::spell(c).len(),
    }
}

/// A character as marks compose with it: letters as they are, kana and jamo in their full form.
fn compatible(c: char) -> char {
    let folded = table::spell(c);
    match folded.chars().next() {
        Some(one) if is_unspaced(one) && folded.chars().count() == 1 => one,
        _ => c,
    }
}

/// The mark that a half-width form stands for.
fn real(mark: char) -> char {
    match mark {
        'ﾞ' => '\u{3099}',
        'ﾟ' => '\u{309a}',
        other => other,
    }
}
