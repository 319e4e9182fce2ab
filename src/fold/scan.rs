//! The scan: one pass over a text that folds it and cuts it into tokens.
//!
//! Sixteen bytes of ASCII at a time, as numbers; one character at a time where others stand; a longer look only
//! at signs that may start a link, a hashtag or an account, and at marks, emoji and apostrophes.

use unicode_normalization::char::compose;

use super::address;
use super::table::{self, Class, is_accent, is_emoji, is_invisible, is_unspaced, look_up};
use super::{Folded, Kind, LINK_BYTE, Token};

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

/// How many bytes are looked at in one go.
const STEP: usize = 16;
/// Bytes kept free behind what is written, so that steps and words can be handled whole.
pub(super) const ROOM: usize = 32;

/// Eight bytes of ASCII as one number, classified all at once. Bytes above ASCII give nonsense, but only in
/// themselves and the bytes after them.
#[derive(Clone, Copy)]
struct Lane {
    /// Letters in lower case, spaces for what is no part of a word.
    folded: u64,
    /// A bit for each byte that is a part of a word.
    word: u32,
    /// A bit for each byte that needs a longer look.
    stop: u32,
}

const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

const HIGH: u64 = each(0x80);

/// The high bit of every byte from `low` to `high`.
#[inline]
const fn within(bytes: u64, low: u8, high: u8) -> u64 {
    bytes.wrapping_add(each(0x80 - low)) & !bytes.wrapping_add(each(0x7f - high)) & HIGH
}

/// The high bit of every byte that equals `wanted`.
#[inline]
const fn equal(bytes: u64, wanted: u8) -> u64 {
    !(bytes ^ each(wanted)).wrapping_add(each(0x7f)) & HIGH
}

/// The high bits of the eight bytes, gathered in the lowest eight.
#[inline]
fn gather(high: u64) -> u32 {
    let [.., top] = (high >> 7).wrapping_mul(0x0102_0408_1020_4080).to_le_bytes();
    u32::from(top)
}

impl Lane {
    #[inline]
    fn of(bytes: u64) -> Lane {
        let small = bytes | each(0x20);
        let letter = within(small, b'a', b'z') & !(bytes & HIGH);
        let digit = within(bytes, b'0', b'9');
        let word = letter | digit | equal(bytes, b'_');
        // `#$%&'` and `*`, and `/` and `:` on both sides of the digits, and `@` beside the grave accent.
        let stop = within(bytes, b'#', b'\'')
            | equal(bytes, b'*')
            | within(bytes, b'/', b':') & !digit
            | equal(small, b'`');
        let whole = (word >> 7).wrapping_mul(0xff);
        Lane {
            folded: (bytes | letter >> 2) & whole | each(b' ') & !whole,
            word: gather(word),
            stop: gather(stop | bytes & HIGH),
        }
    }
}

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
    folded: &'o mut Folded,
    record: R,
}

/// Puts the sign before it on a key.
pub(crate) const KEYCAP: char = '\u{20e3}';

/// The bytes of what makes a key of the sign before `rest`, if that follows.
fn keycap_length(rest: &str) -> Option<usize> {
    let bare = rest.strip_prefix('\u{fe0f}').unwrap_or(rest);
    bare.starts_with(KEYCAP).then(|| rest.len() - bare.len() + KEYCAP.len_utf8())
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl<'t, 'o, R: Record> Scan<'t, 'o, R> {
    /// Folds all of `text` into `folded`, which is emptied first.
    pub(super) fn whole(text: &'t str, words_only: bool, folded: &'o mut Folded, record: R) -> R {
        folded.tokens.clear();
        let mut scan = Scan {
            text,
            at: 0,
            end: text.len(),
            out: 0,
            open: Open::Nothing,
            start: 0,
            words_only,
            folded,
            record,
        };
        scan.reserve(0);
        scan.run();
        scan.folded.used = scan.out;
        scan.record
    }

    /// Makes room for the rest of the text and `more` bytes.
    fn reserve(&mut self, more: usize) {
        let wanted = self.out + more + (self.text.len() - self.at) + ROOM;
        if self.folded.bytes.len() < wanted {
            self.folded.bytes.resize(wanted, b' ');
        }
    }

    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        while self.at < self.end {
            let left = self.end - self.at;
            let chunk = match bytes.get(self.at..).and_then(<[u8]>::first_chunk::<STEP>) {
                Some(chunk) => *chunk,
                None => last_chunk(bytes, self.at),
            };
            let number = u128::from_le_bytes(chunk);
            let [low, high] = [number, number >> 64].map(|half| {
                let [a, b, c, d, e, f, g, h, ..] = half.to_le_bytes();
                Lane::of(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
            });
            let stop = low.stop | high.stop << 8 | 1 << STEP;
            let count = left.min(usize::try_from(stop.trailing_zeros()).unwrap_or(STEP));
            if count > 0 {
                let word = low.word | high.word << 8;
                self.step(u128::from(low.folded) | u128::from(high.folded) << 64, word, count);
            }
            if count < STEP && self.at < self.end {
                self.special();
            }
        }
        self.close();
    }

    /// Writes `count` bytes of ASCII and notes where words begin and end in them.
    #[inline]
    fn step(&mut self, folded: u128, word: u32, count: usize) {
        if self.open == Open::Run {
            self.close();
        }
        if let Some(room) = self.folded.bytes.get_mut(self.out..self.out + STEP) {
            room.copy_from_slice(&folded.to_le_bytes());
        }
        self.record.piece(self.out, count, self.at, count, true);
        let mut inside = self.open == Open::Word;
        let mut turns = (word ^ (word << 1 | u32::from(inside))) & ((1_u32 << count) - 1);
        let mut start = self.start;
        while turns != 0 {
            let place = self.out + usize::try_from(turns.trailing_zeros()).unwrap_or_default();
            turns &= turns - 1;
            if inside {
                self.folded.tokens.push(Token::new(narrow(start), narrow(place), Kind::Word));
            } else {
                start = place;
            }
            inside = !inside;
        }
        self.start = start;
        self.open = if inside { Open::Word } else { Open::Nothing };
        self.at += count;
        self.out += count;
    }

    /// Ends the token that is open.
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

    /// A character that the quick way leaves alone.
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
            b'#' if self.open == Open::Nothing && self.hashtag(1) => return,
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
                    let code = low(a, 0x0f) << 12 | low(b, 0x3f) << 6 | low(c, 0x3f);
                    // Han and Hangul are most of what has three bytes, and stay as they are.
                    if (0x4e00..0xa000).contains(&code) || (0xac00..0xd7a4).contains(&code) {
                        self.open(Open::Run);
                        self.write([a, b, c, b' '], 3, 3);
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
            Class::Drop => self.at += length,
            Class::Word | Class::Run | Class::Separator | Class::Accent | Class::Other => match c {
                '＃' if self.open == Open::Nothing && self.hashtag(length) => {}
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

    /// A mark: with the character before it, it may be another character.
    fn mark(&mut self, mark: char, length: usize) {
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
    fn emoji(&mut self, first: char) {
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
    fn keycap(&mut self, sign: u8) -> bool {
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

    /// The apostrophe inside `aujourd'hui` is nothing: that is one word.
    fn today(&mut self, length: usize) -> bool {
        let word = self.folded.bytes.get(self.start..self.out).unwrap_or_default();
        let after = self.text.as_bytes().get(self.at + length..self.at + length + 3).unwrap_or_default();
        let today = self.open == Open::Word && word == b"aujourd" && after.eq_ignore_ascii_case(b"hui");
        if today {
            self.at += length;
        }
        today
    }

    /// A link or an address: one sign, in place of what was written from `back` on.
    fn opaque(&mut self, back: usize, end: usize, kind: Kind) {
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
    fn hashtag(&mut self, length: usize) -> bool {
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
    fn account(&mut self, length: usize) -> bool {
        let rest = self.text.get(self.at + length..self.end).unwrap_or_default();
        let Some((name, server)) = address::account_lengths(rest) else { return false };
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
    fn name(&mut self, length: usize) {
        let end = self.at + length;
        let name = self.text.get(self.at..end).unwrap_or_default();
        for (at, c) in name.char_indices() {
            let from = self.at + at;
            if c.is_ascii() {
                self.put(c.to_ascii_lowercase(), from, 1);
                continue;
            }
            for folded in super::folded_letter(c).chars().filter(|folded| *folded != ' ') {
                self.put(folded, from, c.len_utf8());
            }
        }
        self.at = end;
    }
}

/// The last bytes of a text, with spaces after them.
fn last_chunk(bytes: &[u8], at: usize) -> [u8; STEP] {
    let mut chunk = [b' '; STEP];
    for (place, byte) in chunk.iter_mut().zip(bytes.get(at..).unwrap_or_default()) {
        *place = *byte;
    }
    chunk
}

fn low(byte: u8, mask: u8) -> u32 {
    u32::from(byte & mask)
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
