//! The letters of a text as it reads, and where words begin among them: sixteen bytes of ASCII at a time, one character at a
//! time where others stand.

use wide::u8x16;

use crate::fold::step_at;

use super::super::super::reading::{Glance, Look, glance, look, same};

/// How many bytes are looked at in one go.
const STEP: usize = 16;
/// Bytes kept free behind the letters, so that steps can be written and phrases read whole.
pub(super) const SPARE: usize = 2 * STEP;
/// Stands for letters that no phrase has.
pub(super) const FOREIGN: u8 = b'`';

/// Bytes classified all at once.
struct Lane {
    /// Letters as they are compared, digits as they are, anything for what is neither.
    letters: [u8; STEP],
    /// A bit for each letter and digit; all other bytes that do not stop separate words.
    shown: u32,
    digit: u32,
    lower: u32,
    /// A bit for each byte that may stand for a letter, or is none of ASCII, or is a control character.
    stop: u32,
}

impl Lane {
    #[inline]
    fn of(bytes: [u8; STEP]) -> Lane {
        let all = u8x16::splat;
        let bytes = u8x16::new(bytes);
        let is = |byte: u8| bytes.simd_eq(all(byte));
        let within = |bytes: u8x16, low: u8, high: u8| {
            let above = bytes - all(low);
            above.min(all(high - low)).simd_eq(above)
        };
        let small = bytes | all(0x20);
        let letter = within(small, b'a', b'z');
        let digit = within(bytes, b'0', b'9');
        let stop = is(b'!') | is(b'$') | is(b'@') | is(b'|') | is(0x7f) | within(bytes, 0, 0x1f);
        // `i` is compared as `l`, three letters on
        let letters = small + (small.simd_eq(all(b'i')) & all(b'l' - b'i'));
        Lane {
            letters: letters.to_array(),
            shown: (letter | digit).to_bitmask(),
            digit: digit.to_bitmask(),
            lower: (letter & small.simd_eq(bytes)).to_bitmask(),
            stop: (stop | bytes).to_bitmask(), // the high bits
        }
    }
}

/// A text as it reads, in memory that is lent.
pub(super) struct Read<'r> {
    letters: &'r mut [u8],
    length: usize,
    starts: &'r mut [u16],
    words: usize,
    /// 1 where a word ended.
    gap: u32,
    /// Of the character before: 1 for a digit, 1 for a small letter.
    digit: u32,
    lower: u32,
    /// Digits in a row, what is no letter aside, and the most of them.
    digits: usize,
    pub(super) most: usize,
}

impl<'r> Read<'r> {
    /// Reads `text` into `letters`, which must have room for three letters every two bytes and [`SPARE`], and `starts`,
    /// where each word begins. `None` where what it reads as depends on how characters come together.
    pub(super) fn of(text: &str, letters: &'r mut [u8], starts: &'r mut [u16]) -> Option<Read<'r>> {
        let mut read =
            Read { letters, length: 0, starts, words: 0, gap: 1, digit: 0, lower: 0, digits: 0, most: 0 };
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let lane = Lane::of(step_at(bytes, at));
            let stop = usize::try_from((lane.stop | 1 << STEP).trailing_zeros()).unwrap_or(STEP);
            let count = stop.min(bytes.len() - at);
            read.step(&lane, count);
            at += count;
            match bytes.get(at) {
                Some(sign) if count < STEP && sign.is_ascii() => {
                    at += 1;
                    read.sign(*sign, bytes.get(at).is_some_and(u8::is_ascii_alphanumeric));
                }
                Some(_) if count < STEP => {
                    let mut inside = false;
                    for c in text.get(at..)?.chars().take_while(|c| !c.is_ascii() || *c == ' ') {
                        at += c.len_utf8();
                        if c == ' ' {
                            read.sign(b' ', false);
                            inside = false;
                            continue;
                        }
                        // inside a word of such letters, more of them change nothing
                        let glance = glance(c);
                        if !inside || !matches!(glance, Glance::Foreign | Glance::Hidden | Glance::Mark) {
                            read.foreign(c, glance)?;
                            inside = read.is_foreign();
                        }
                    }
                }
                Some(_) | None => {}
            }
        }
        // what is read behind the last letter is none
        read.letters.get_mut(read.length..)?.first_chunk_mut::<STEP>()?.fill(0);
        Some(read)
    }

    /// Its letters, with zeros behind them.
    pub(super) fn letters(&self) -> &[u8] {
        self.letters.get(..self.length + STEP).unwrap_or_default()
    }

    /// How many letters it has.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Where words begin among the letters.
    pub(super) fn starts(&self) -> &[u16] {
        self.starts.get(..self.words).unwrap_or_default()
    }

    /// Adds the first `count` bytes of a lane.
    #[inline]
    fn step(&mut self, lane: &Lane, count: usize) {
        let within = (1 << count) - 1;
        let (shown, digit, lower) = (lane.shown & within, lane.digit & within, lane.lower & within);
        let mut letters = lane.letters;
        if digit != 0 {
            self.figures(&mut letters, shown, digit, count);
        } else if shown != 0 {
            self.digits = 0;
        }
        // a word begins after a gap, with a capital after a small letter, and where figures begin or end
        let gap = !shown << 1 | self.gap;
        let upper = shown & !digit & !lower;
        let edges = shown & (gap | upper & (lower << 1 | self.lower) | digit ^ (digit << 1 | self.digit));
        let letters = u128::from_le_bytes(letters);
        let mut left = shown;
        while left != 0 {
            let start = left.trailing_zeros();
            let end = start + (left >> start).trailing_ones();
            let run = (1_u32 << end) - (1_u32 << start);
            let wide = |place: u32| usize::try_from(place).unwrap_or_default();
            let room = self.letters.get_mut(self.length..).and_then(<[u8]>::first_chunk_mut::<STEP>);
            if let Some(room) = room {
                *room = (letters >> (8 * start)).to_le_bytes();
            }
            let mut begins = edges & run;
            while begins != 0 {
                self.begin(self.length + wide(begins.trailing_zeros() - start));
                begins &= begins - 1;
            }
            self.length += wide(end - start);
            left &= !run;
        }
        if let Some(last) = count.checked_sub(1) {
            (self.gap, self.digit, self.lower) = (!shown >> last & 1, digit >> last & 1, lower >> last & 1);
        }
    }

    /// Counts the digits of a step, and reads them as letters.
    #[cold]
    fn figures(&mut self, letters: &mut [u8; STEP], shown: u32, digit: u32, count: usize) {
        for (place, letter) in letters.iter_mut().enumerate().take(count) {
            if digit >> place & 1 == 1 {
                *letter = u8::try_from(same(char::from(*letter))).unwrap_or_default();
                self.digits += 1;
                self.most = self.most.max(self.digits);
            } else if shown >> place & 1 == 1 {
                self.digits = 0;
            }
        }
    }

    /// Notes that a word begins at a place among the letters.
    #[inline]
    fn begin(&mut self, place: usize) {
        if let Some(start) = self.starts.get_mut(self.words) {
            *start = u16::try_from(place).unwrap_or(u16::MAX);
            self.words += 1;
        }
    }

    /// A letter that is no letter or digit of ASCII.
    fn letter(&mut self, letter: u8) {
        if self.gap == 1 {
            self.begin(self.length);
        }
        if let Some(place) = self.letters.get_mut(self.length) {
            *place = letter;
            self.length += 1;
        }
        (self.gap, self.digits) = (0, 0);
    }

    /// A sign of ASCII that may stand for a letter, or a control character; `next`: whether a letter or digit follows.
    fn sign(&mut self, sign: u8, next: bool) {
        let inside = self.gap == 0 && self.length > 0;
        (self.digit, self.lower) = (0, 0);
        match sign {
            b'$' if inside || next => self.letter(b's'),
            b'|' if inside => self.letter(b'l'),
            b'@' if inside && next => self.letter(b'a'),
            b'!' if inside && next => self.letter(b'l'),
            sign if sign.is_ascii_control() && !sign.is_ascii_whitespace() => {}
            _ => self.gap = 1,
        }
    }

    /// Whether a word goes on whose last letter no phrase has.
    fn is_foreign(&self) -> bool {
        let last = self.length.checked_sub(1).and_then(|last| self.letters.get(last));
        self.gap == 0 && last == Some(&FOREIGN)
    }

    /// A character beyond ASCII; `None` where what it reads as depends on those beside it.
    fn foreign(&mut self, c: char, glance: Glance) -> Option<()> {
        match glance {
            Glance::Varies => return None,
            Glance::Mark => return Some(()),
            Glance::Foreign => {
                // one of them ends a phrase as well as many
                if !self.is_foreign() {
                    self.letter(FOREIGN);
                }
            }
            Glance::Letters => {
                let Look::Letters(letters, _) = look(c) else { return None };
                for letter in letters.into_iter().filter(|letter| *letter != '\0') {
                    let letter = u8::try_from(same(letter)).ok().filter(u8::is_ascii_lowercase);
                    self.letter(letter.unwrap_or(FOREIGN));
                }
            }
            Glance::Hidden => {}
            Glance::Gap => self.gap = 1,
        }
        (self.digit, self.lower) = (0, 0);
        Some(())
    }
}
