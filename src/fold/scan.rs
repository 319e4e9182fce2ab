//! The scan: one pass over a text that folds it and cuts it into tokens.
//!
//! Sixteen bytes of ASCII at a time, as numbers; one character at a time where others stand; a longer look only
//! at signs that may start a link, a hashtag or an account, and at marks, emoji and apostrophes.

mod lane;
mod marks;
mod signs;

pub(crate) use lane::step_at;
use lane::{Lane, STEP};
pub(crate) use marks::KEYCAP;

use super::address;
use super::hidden::{self, Shifted, is_hidden};
use super::table::{self, Class, is_unspaced, look_up};
use super::{Folded, Kind, Token};

/// Hears where each piece of the folded text comes from.
pub(super) trait Record {
    /// `length` bytes of folded text at `out` come from `source` bytes of the original at `from`; when `even`,
    /// byte by byte.
    fn piece(&mut self, out: usize, length: usize, from: usize, source: usize, even: bool);
    /// What was written last comes from as far as `source`.
    fn stretch(&mut self, source: usize);
    /// What was written from `out` on is taken back.
    fn cut(&mut self, out: usize);
}

/// Hears nothing.
impl Record for () {
    #[inline]
    fn piece(&mut self, _: usize, _: usize, _: usize, _: usize, _: bool) {}
    #[inline]
    fn stretch(&mut self, _: usize) {}
    #[inline]
    fn cut(&mut self, _: usize) {}
}

/// Bytes kept free behind what is written, so that steps and words can be handled whole.
pub(super) const ROOM: usize = 32;

/// Bytes of which words are noted together.
const BLOCK: usize = 64;

/// What the last character written belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Word,
    Run,
}

/// A scan under way.
pub(super) struct Scan<'t, 'o, R> {
    text: &'t str,
    /// Where it reads.
    at: usize,
    /// Where it stops: the end of the text, or of a hashtag inside it.
    end: usize,
    /// Where it writes.
    out: usize,
    open: Open,
    /// Where the token began that is open.
    start: usize,
    /// Whether links and addresses are read as the words they are made of.
    words_only: bool,
    /// Whether a sign was met that nobody sees.
    hidden: bool,
    folded: &'o mut Folded,
    record: R,
}

#[inline]
fn count(bits: u32) -> usize {
    usize::try_from(bits).unwrap_or_default()
}

#[inline]
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl<'t, 'o, R: Record> Scan<'t, 'o, R> {
    /// Folds all of `text` into `folded`, which is emptied first.
    pub(super) fn whole(text: &'t str, words_only: bool, folded: &'o mut Folded) -> R
    where
        R: Default,
    {
        let (record, hidden) = Scan::pass(text, words_only, &mut *folded, R::default());
        if !hidden {
            return record;
        }
        // rare: once more, without what nobody sees
        let clean = hidden::visible(text);
        Scan::pass(&clean, words_only, folded, Shifted::new(text, R::default())).0.record
    }

    fn pass(text: &'t str, words_only: bool, folded: &'o mut Folded, record: R) -> (R, bool) {
        folded.tokens.clear();
        folded.even = true;
        let mut scan = Scan {
            text,
            at: 0,
            end: text.len(),
            out: 0,
            open: Open::Nothing,
            start: 0,
            words_only,
            hidden: false,
            folded,
            record,
        };
        scan.reserve(0);
        scan.run();
        scan.folded.used = scan.out;
        (scan.record, scan.hidden)
    }

    /// Makes room for the rest of the text and `more` bytes.
    fn reserve(&mut self, more: usize) {
        let wanted = self.out + more + (self.text.len() - self.at) + ROOM;
        if self.folded.bytes.len() < wanted {
            self.folded.bytes.resize(wanted, b' ');
        }
    }

    fn run(&mut self) {
        while self.at < self.end {
            if self.block() && self.at < self.end {
                self.special();
                self.folded.even &= self.at == self.out;
            }
        }
        self.close();
    }

    /// Goes on over ASCII, up to what needs a longer look or for [`BLOCK`] bytes; whether something needs one.
    #[inline]
    fn block(&mut self) -> bool {
        let (mut word, mut length, mut stopped) = (0_u64, 0, false);
        while length <= BLOCK - STEP && self.at + length < self.end && !stopped {
            let at = self.at + length;
            let lane = Lane::of(step_at(self.text.as_bytes(), at));
            if let Some(room) = self.folded.bytes.get_mut(self.out + length..self.out + length + STEP) {
                room.copy_from_slice(&lane.folded);
            }
            let stop = if lane.stop == 0 { STEP } else { self.stop(at, lane.stop) };
            let count = stop.min(self.end - at);
            stopped = stop < STEP;
            word |= u64::from(lane.word & ((1 << count) - 1)) << length;
            length += count;
        }
        if length > 0 {
            self.words(word, length);
        }
        stopped
    }

    /// How far it is from `at` to the first of these signs that may be more than a space between words: those of which
    /// [`Scan::special`] would make one.
    fn stop(&self, at: usize, mut signs: u32) -> usize {
        let bytes = self.text.as_bytes();
        loop {
            let place = count((signs | 1 << STEP).trailing_zeros());
            let is_space = match bytes.get(at + place..).unwrap_or_default() {
                [b'$' | b'%' | b'&', ..] => true,
                [b':', b'/', b'/', ..] => false,
                [b':', ..] => true,
                [b'\'' | b'`', next, ..] => next.is_ascii() && !next.eq_ignore_ascii_case(&b'h'),
                [b'/', ..] => {
                    let before = (at + place).checked_sub(1).and_then(|before| bytes.get(before));
                    !before.is_some_and(u8::is_ascii_alphanumeric)
                }
                _ => false,
            };
            if !is_space || place == STEP {
                return place;
            }
            signs &= signs - 1;
        }
    }

    /// Notes where words begin and end in the next `length` bytes, which are written; `word` has a bit for each byte
    /// that is a part of one.
    #[inline]
    fn words(&mut self, word: u64, length: usize) {
        if self.open == Open::Run {
            self.close();
        }
        self.record.piece(self.out, length, self.at, length, true);
        let inside = self.open == Open::Word;
        let before = word << 1 | u64::from(inside);
        let (mut starts, mut ends) = (word & !before, !word & before);
        ends &= u64::MAX >> (BLOCK - length);
        let mut next = || {
            let start = count(starts.trailing_zeros());
            starts &= starts.wrapping_sub(1);
            self.out + start
        };
        let mut start = if inside { self.start } else { next() };
        while ends != 0 {
            let end = self.out + count(ends.trailing_zeros());
            ends &= ends - 1;
            self.folded.tokens.push(Token::new(narrow(start), narrow(end), Kind::Word));
            start = next();
        }
        self.start = start;
        self.open = if word >> (length - 1) & 1 == 1 { Open::Word } else { Open::Nothing };
        self.at += length;
        self.out += length;
    }

    /// Ends the token that is open.
    #[inline]
    fn close(&mut self) {
        let kind = match self.open {
            Open::Nothing => return,
            Open::Word => Kind::Word,
            Open::Run => Kind::Run,
        };
        self.folded.tokens.push(Token::new(narrow(self.start), narrow(self.out), kind));
        self.open = Open::Nothing;
    }

    /// Writes a byte that belongs to no token.
    #[inline]
    fn sign(&mut self, byte: u8) {
        self.close();
        if let Some(room) = self.folded.bytes.get_mut(self.out) {
            *room = byte;
        }
        self.out += 1;
    }

    /// Writes the space between words.
    fn separate(&mut self) {
        self.sign(b' ');
    }

    /// Begins or goes on with a token of this kind.
    #[inline]
    fn open(&mut self, wanted: Open) {
        if self.open != wanted {
            self.close();
            self.open = wanted;
            self.start = self.out;
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or_default()
    }

    /// A character that the quick way leaves alone. [`Scan::stop`] knows where a sign does nothing here.
    fn special(&mut self) {
        let byte = self.byte(self.at);
        if byte >= 0x80 {
            return self.foreign();
        }
        match byte {
            b':' if !self.words_only && self.text.as_bytes().get(self.at + 1..self.at + 3) == Some(b"//") => {
                if let Some((back, end)) = address::link_around(self.text, self.at) {
                    return self.opaque(back, end, Kind::Link);
                }
            }
            b'/' if !self.words_only && self.open == Open::Word => {
                if let Some(end) = address::path_after(self.text, self.at) {
                    // The path of a bare domain is not read as words.
                    self.hidden |= hidden::hides(self.text.get(self.at..end).unwrap_or_default());
                    self.separate();
                    self.at = end;
                    return;
                }
            }
            b'@' => {
                if !self.words_only
                    && let Some((back, end)) = address::mail_around(self.text, self.at)
                {
                    return self.opaque(back, end, Kind::Mail);
                }
                if self.open == Open::Nothing && self.account(1) {
                    return;
                }
            }
            b'#' | b'*' if self.keycap(byte) => return,
            b'#' if self.open == Open::Nothing && !self.after_tag() && self.hashtag(1) => return,
            b'\'' | b'`' if self.today(1) => return,
            _ => {}
        }
        self.separate();
        self.at += 1;
    }

    /// Goes on over characters above ASCII.
    fn foreign(&mut self) {
        while self.at < self.end {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let (code, length) = match *rest {
                // Between words of other alphabets and of Hangul.
                [b' ', 0x80..=0xff, ..] => {
                    self.separate();
                    self.at += 1;
                    continue;
                }
                [a, b, c, ..] if (0xe0..0xf0).contains(&a) => {
                    let code = three(a, b, c);
                    if table::stays(code) {
                        self.unchanged();
                        continue;
                    }
                    (code, 3)
                }
                [a, b, ..] if (0xc0..0xe0).contains(&a) => (low(a, 0x1f) << 6 | low(b, 0x3f), 2),
                [a, b, c, d, ..] if a >= 0xf0 => {
                    (low(a, 0x07) << 18 | low(b, 0x3f) << 12 | low(c, 0x3f) << 6 | low(d, 0x3f), 4)
                }
                _ => return,
            };
            let entry = look_up(code);
            match entry.class() {
                Class::Word => self.open(Open::Word),
                Class::Run => self.open(Open::Run),
                Class::Separator => {
                    self.separate();
                    self.at += length;
                    continue;
                }
                Class::Accent => {
                    self.at += length;
                    if self.open != Open::Nothing {
                        self.record.stretch(self.at);
                    }
                    continue;
                }
                class @ (Class::Drop | Class::Joins | Class::Emoji | Class::Apostrophe | Class::Other) => {
                    self.rare(class, char::from_u32(code).unwrap_or(' '), length);
                    continue;
                }
            }
            let (bytes, count) = entry.bytes();
            self.write(bytes, count, length);
        }
    }

    /// Goes on over characters of three bytes that stay as they are, all of them parts of runs.
    #[inline]
    fn unchanged(&mut self) {
        self.open(Open::Run);
        let rest = self.text.as_bytes().get(self.at..self.end).unwrap_or_default();
        let same = |[a, b, c]: &&[u8; 3]| (0xe0..0xf0).contains(a) && table::stays(three(*a, *b, *c));
        let count = rest.as_chunks().0.iter().take_while(same).count();
        let length = 3 * count;
        if let (Some(room), Some(written)) =
            (self.folded.bytes.get_mut(self.out..self.out + length), rest.get(..length))
        {
            room.copy_from_slice(written);
        }
        for place in (0..length).step_by(3) {
            self.record.piece(self.out + place, 3, self.at + place, 3, false);
        }
        self.at += length;
        self.out += length;
    }

    /// Writes up to four bytes that stand for the next `length` of the text.
    #[inline]
    fn write(&mut self, bytes: [u8; 4], count: usize, length: usize) {
        if let Some(room) = self.folded.bytes.get_mut(self.out..self.out + 4) {
            room.copy_from_slice(&bytes);
        }
        self.record.piece(self.out, count, self.at, length, false);
        self.at += length;
        self.out += count;
    }

    #[cold]
    fn rare(&mut self, class: Class, c: char, length: usize) {
        match class {
            Class::Joins => self.mark(c, length),
            Class::Emoji => self.emoji(c),
            Class::Apostrophe => {
                if !self.today(length) {
                    self.separate();
                    self.at += length;
                }
            }
            Class::Drop => {
                self.hidden |= is_hidden(c) || c == '\u{200d}';
                self.at += length;
            }
            Class::Word | Class::Run | Class::Separator | Class::Accent | Class::Other => match c {
                '＃' if self.open == Open::Nothing && !self.after_tag() && self.hashtag(length) => {}
                '＠' if self.open == Open::Nothing && self.account(length) => {}
                '＃' | '＠' => {
                    self.separate();
                    self.at += length;
                }
                // The Thai and Lao vowels that compatibility cuts in two: spelled as one again.
                '\u{e4d}' | '\u{ecd}' => {
                    let whole = if c == '\u{e4d}' { ['\u{e32}', '\u{e33}'] } else { ['\u{eb2}', '\u{eb3}'] };
                    let next = self.text.get(self.at + length..).and_then(|rest| rest.chars().next());
                    if next == Some(whole[0]) {
                        self.letter(whole[1], self.at, length * 2);
                        self.at += length * 2;
                    } else {
                        self.letter(c, self.at, length);
                        self.at += length;
                    }
                }
                c => {
                    for folded in table::spell(c).chars() {
                        self.letter(folded, self.at, length);
                    }
                    self.at += length;
                }
            },
        }
    }

    /// Writes one character that is folded already.
    fn letter(&mut self, c: char, from: usize, length: usize) {
        if c == ' ' {
            return self.separate();
        }
        self.open(if is_unspaced(c) { Open::Run } else { Open::Word });
        self.put(c, from, length);
    }

    /// Writes a character, whatever is open.
    fn put(&mut self, c: char, from: usize, length: usize) {
        self.reserve(c.len_utf8());
        let mut buffer = [0; 4];
        let bytes = c.encode_utf8(&mut buffer).as_bytes();
        if let Some(room) = self.folded.bytes.get_mut(self.out..self.out + bytes.len()) {
            room.copy_from_slice(bytes);
        }
        self.record.piece(self.out, bytes.len(), from, length, false);
        self.out += bytes.len();
    }

    /// Takes back everything written from `out` on.
    fn cut(&mut self, out: usize) {
        let place = narrow(out);
        while self.folded.tokens.last().is_some_and(|token| token.start >= place) {
            self.folded.tokens.pop();
        }
        if let Some(last) = self.folded.tokens.last_mut() {
            last.end = last.end.min(place);
        }
        let open = self.open;
        self.open = Open::Nothing;
        self.record.cut(out);
        self.out = out;
        if open != Open::Nothing && self.start < out {
            self.open = open;
        }
    }
}

/// The code of a character of three bytes.
#[inline]
fn three(a: u8, b: u8, c: u8) -> u32 {
    low(a, 0x0f) << 12 | low(b, 0x3f) << 6 | low(c, 0x3f)
}

#[inline]
fn low(byte: u8, mask: u8) -> u32 {
    u32::from(byte & mask)
}
