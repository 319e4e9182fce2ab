//! What a sign opens: links, hashtags, accounts; and the one word with an apostrophe inside.

use super::{Open, Record, Scan, narrow};
use crate::fold::hidden::hides;
use crate::fold::table::{is_accent, spell};
use crate::fold::{Kind, LINK_BYTE, Token, address, folded_letter};

impl<R: Record> Scan<'_, '_, R> {
    /// The apostrophe inside `aujourd'hui` is nothing: that is one word.
    pub(super) fn today(&mut self, length: usize) -> bool {
        let word = self.folded.bytes.get(self.start..self.out).unwrap_or_default();
        let after = self.text.get(self.at + length..).unwrap_or_default().chars();
        let today = self.open == Open::Word
            && word == b"aujourd"
            && after.filter(|c| !is_accent(*c)).take(3).flat_map(|c| spell(c).into_bytes()).eq(*b"hui");
        if today {
            self.at += length;
        }
        today
    }

    /// Whether a hashtag ends right here: another begins only after a sign.
    pub(super) fn after_tag(&self) -> bool {
        let place = narrow(self.out);
        self.folded.tokens.last().is_some_and(|token| token.closes_tag && token.end == place)
    }

    /// A link or an address: one sign, in place of what was written from `back` on.
    pub(super) fn opaque(&mut self, back: usize, end: usize, kind: Kind) {
        self.hidden |= hides(self.text.get(back..end).unwrap_or_default());
        self.cut(self.out.saturating_sub(self.at - back));
        self.close();
        let start = self.out;
        self.record.piece(start, 1, back, end - back, false);
        self.sign(LINK_BYTE);
        self.folded.tokens.push(Token::new(narrow(start), narrow(self.out), kind));
        self.at = end;
        self.reserve(1);
        self.separate();
    }

    /// A hashtag after a sign of `length` bytes, if one begins here.
    pub(super) fn hashtag(&mut self, length: usize) -> bool {
        let name = self.text.get(self.at + length..self.end).unwrap_or_default();
        let Some(end) = address::hashtag_length(name).map(|name| self.at + length + name) else {
            return false;
        };
        self.record.piece(self.out, 1, self.at, length, false);
        self.sign(b'#');
        self.at += length;
        let first = self.folded.tokens.len();
        let after = std::mem::replace(&mut self.end, end);
        self.run();
        self.end = after;
        if let Some(token) = self.folded.tokens.get_mut(first) {
            token.opens_tag = true;
            if let Some(token) = self.folded.tokens.last_mut() {
                token.closes_tag = true;
            }
        }
        true
    }

    /// An account after a sign of `length` bytes, if one begins here.
    pub(super) fn account(&mut self, length: usize) -> bool {
        let rest = self.text.get(self.at + length..self.end).unwrap_or_default();
        let Some((name, server)) = address::account_lengths(rest) else { return false };
        self.hidden |= hides(rest.get(..name + server).unwrap_or_default());
        self.record.piece(self.out, 1, self.at, length, false);
        self.sign(b'@');
        self.at += length;
        let start = self.out;
        self.name(name);
        let end = self.out;
        if server > 0 {
            self.name(server);
        }
        if end > start {
            self.folded.tokens.push(Token::new(narrow(start), narrow(end), Kind::Account));
        }
        self.reserve(1);
        self.separate();
        true
    }

    /// Writes `length` bytes of a name: signs stay, letters are folded.
    pub(super) fn name(&mut self, length: usize) {
        let end = self.at + length;
        let name = self.text.get(self.at..end).unwrap_or_default();
        for (at, c) in name.char_indices() {
            let from = self.at + at;
            if c.is_ascii() {
                self.put(c.to_ascii_lowercase(), from, 1);
                continue;
            }
            for folded in folded_letter(c).chars().filter(|folded| *folded != ' ') {
                self.put(folded, from, c.len_utf8());
            }
        }
        self.at = end;
    }
}
