//! Whether an answer asks for something that a help desk might ask for, found without all else that [`Said`] tells of
//! it: nearly every answer of a network is asked this and nothing more.
//!
//! It reads as [`Reading`] does, and says nothing of texts for which that takes more: long ones, and those with marks.
//! Phrases are looked up by their first letters, only where words begin.
//!
//! [`Reading`]: super::super::reading::Reading

use super::super::reading::{Glance, Look, glance, look, same};
use super::said::{PHONE, Said, has_link};

/// Bytes of text read here; longer ones take the other way.
const ROOM: usize = 512;
/// Letters that one place of the index stands for: `a` to `z`, and 0 for all others.
const LETTERS: usize = 32;

/// Stands for a letter that no phrase has.
const FOREIGN: u8 = b'`';
/// What a byte of ASCII is to a reading.
#[derive(Debug, Clone, Copy, Default)]
struct Byte {
    /// The letter that it is compared as; of a letter or a digit.
    letter: u8,
    /// 1 for a letter or a digit.
    shown: u8,
    /// 1 for a digit.
    digit: u8,
    /// 1 for a capital.
    upper: u8,
    /// 1 for a small letter.
    lower: u8,
    /// 1 for what separates words.
    gap: u8,
    /// Whether it may stand for a letter, or is none of ASCII.
    rare: bool,
}

impl Byte {
    fn of(byte: u8) -> Byte {
        let shown = byte.is_ascii_alphanumeric();
        let letter = if shown { same(char::from(byte.to_ascii_lowercase())) } else { '\0' };
        let rare = !byte.is_ascii() || matches!(byte, b'$' | b'|' | b'@' | b'!');
        let gap = !shown && !rare && (!byte.is_ascii_control() || byte.is_ascii_whitespace());
        Byte {
            letter: u8::try_from(letter).unwrap_or_default(),
            shown: u8::from(shown),
            digit: u8::from(byte.is_ascii_digit()),
            upper: u8::from(byte.is_ascii_uppercase()),
            lower: u8::from(byte.is_ascii_lowercase()),
            gap: u8::from(gap),
            rare,
        }
    }
}

/// The phrases that are telling, by their first letters.
#[derive(Debug)]
pub(super) struct Telling {
    bytes: Box<[Byte; 256]>,
    /// A bit for every three letters with which some phrase begins.
    begins: Box<[u64]>,
    /// Where those begin that begin with two letters.
    places: Box<[u16]>,
    /// In order, with whether each is telling by itself: others only beside a link.
    phrases: Box<[(Box<[u8]>, bool)]>,
}

/// A text as it reads: its letters, and where words begin among them.
struct Read {
    letters: [u8; ROOM],
    length: usize,
    starts: [u16; ROOM],
    words: usize,
    /// 1 where a word ended.
    gap: u8,
    /// The character before.
    before: Byte,
    /// Digits in a row, and the most of them.
    digits: usize,
    most: usize,
}

impl Read {
    /// Adds a letter, or with `shown` 0 nothing; `edge` is 1 where a word begins with it. Fewer letters than [`ROOM`]
    /// come, so none is lost.
    #[inline]
    fn push(&mut self, letter: u8, shown: u8, edge: u8) {
        if let Some(place) = self.letters.get_mut(self.length % ROOM) {
            *place = letter;
        }
        if let Some(place) = self.starts.get_mut(self.words % ROOM) {
            *place = u16::try_from(self.length).unwrap_or_default();
        }
        self.words += usize::from(edge & shown);
        self.length += usize::from(shown);
    }

    fn of(text: &str, bytes: &[Byte; 256]) -> Option<Read> {
        let mut read = Read {
            letters: [0; ROOM],
            length: 0,
            starts: [0; ROOM],
            words: 0,
            gap: 1,
            before: Byte::default(),
            digits: 0,
            most: 0,
        };
        let mut at = 0;
        let text_bytes = text.as_bytes();
        while let Some(byte) = text_bytes.get(at) {
            let now = bytes.get(usize::from(*byte)).copied().unwrap_or_default();
            at += 1;
            if !now.rare {
                let hump = now.upper & read.before.lower | now.digit ^ read.before.digit;
                read.push(now.letter, now.shown, read.gap | hump);
                read.gap = read.gap & (1 - now.shown) | now.gap;
                // what is no letter leaves a row of digits as it is
                read.digits =
                    if now.shown == 1 { (read.digits + 1) * usize::from(now.digit) } else { read.digits };
                read.most = read.most.max(read.digits);
                read.before = now;
            } else if byte.is_ascii() {
                read.sign(*byte, text_bytes.get(at).is_some_and(u8::is_ascii_alphanumeric));
            } else {
                let c = text.get(at - 1..)?.chars().next()?;
                at += c.len_utf8() - 1;
                read.foreign(c)?;
            }
        }
        Some(read)
    }

    /// A letter that is no letter or digit of ASCII.
    fn letter(&mut self, letter: u8) {
        self.push(letter, 1, self.gap);
        (self.gap, self.digits) = (0, 0);
    }

    /// A sign of ASCII that may stand for a letter; `next`: whether a letter or digit follows.
    fn sign(&mut self, sign: u8, next: bool) {
        let inside = self.gap == 0 && self.length > 0;
        self.before = Byte::default();
        match sign {
            b'$' if inside || next => self.letter(b's'),
            b'|' if inside => self.letter(b'l'),
            b'@' if inside && next => self.letter(b'a'),
            b'!' if inside && next => self.letter(b'l'),
            _ => self.gap = 1,
        }
    }

    /// A character beyond ASCII; `None` where what it reads as depends on those beside it.
    fn foreign(&mut self, c: char) -> Option<()> {
        match glance(c) {
            Glance::Varies => return None,
            Glance::Mark => return Some(()),
            Glance::Foreign => self.letter(FOREIGN),
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
        self.before = Byte::default();
        Some(())
    }
}

/// The place of two or three letters in an index.
#[inline]
fn place(letters: &[u8]) -> usize {
    letters.iter().fold(0, |place, letter| place * LETTERS + usize::from(letter & 31))
}

impl Telling {
    /// Of these phrases as they read. `None` when one of them is not made of Latin letters.
    pub(super) fn new<'k>(phrases: impl Iterator<Item = (&'k String, Said)>) -> Option<Telling> {
        let mut kept: Vec<(Box<[u8]>, bool)> = Vec::new();
        for (key, family) in phrases {
            let alone = family.is_telling();
            if key.len() < 2 || !key.bytes().all(|byte| byte.is_ascii_lowercase()) {
                return None;
            }
            if alone || family.has(Said::FORM) {
                kept.push((key.as_bytes().into(), alone));
            }
        }
        kept.sort();
        let mut begins = vec![0_u64; LETTERS * LETTERS * LETTERS / 64];
        for (key, _) in &kept {
            let two = place(key.get(..2)?) * LETTERS;
            // After the whole of a phrase anything may follow.
            let thirds = key.get(2).map_or(0..LETTERS, |third| place(&[*third])..place(&[*third]) + 1);
            for third in thirds {
                *begins.get_mut((two + third) / 64)? |= 1 << ((two + third) % 64);
            }
        }
        let mut bytes = Box::new([Byte::default(); 256]);
        bytes.iter_mut().zip(0_u8..=0xff).for_each(|(known, byte)| *known = Byte::of(byte));
        let first =
            |two: usize| kept.partition_point(|(key, _)| place(key.get(..2).unwrap_or_default()) < two);
        let places = (0..=LETTERS * LETTERS).map(|two| u16::try_from(first(two))).collect::<Result<_, _>>();
        Some(Telling { bytes, begins: begins.into(), places: places.ok()?, phrases: kept.into() })
    }

    /// Whether any of them stands in `text`, or a telephone number; `None` where only a closer look could say.
    pub(super) fn stand_in(&self, text: &str) -> Option<bool> {
        // Each byte becomes at most one letter, but ligatures: those have two bytes and more, and three letters at most.
        if text.len() * 3 / 2 >= ROOM {
            return None;
        }
        let read = Read::of(text, &self.bytes)?;
        if read.most >= PHONE {
            return Some(true);
        }
        let mut form = false;
        let starts = read.starts.get(..read.words)?;
        for (number, start) in starts.iter().enumerate() {
            let at = usize::from(*start);
            // behind the last letter there are zeros
            let gram = read.letters.get(at..at + 3).map_or(0, place);
            if self.begins.get(gram / 64).is_none_or(|bits| bits >> (gram % 64) & 1 == 0) {
                continue;
            }
            let two = gram / LETTERS;
            let [first, last] =
                [two, two + 1].map(|two| self.places.get(two).copied().map_or(0, usize::from));
            let rest = read.letters.get(at..read.length).unwrap_or_default();
            let is_edge = |length: usize| {
                let mut later = starts.iter().skip(number + 1).map(|start| usize::from(*start));
                length == rest.len() || later.any(|start| start == at + length)
            };
            for (phrase, alone) in self.phrases.get(first..last).unwrap_or_default() {
                if rest.starts_with(phrase) && is_edge(phrase.len()) {
                    if *alone {
                        return Some(true);
                    }
                    form = true;
                }
            }
        }
        Some(form && has_link(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str) {
        assert_eq!(Said::tells(text), Said::read(text).is_telling(), "{text:?}");
    }

    #[test]
    fn the_quick_way_finds_what_the_long_way_finds() {
        for text in [
            "Please send us a DM.",
            "d.m. me",
            "dm",
            "xdm",
            "dmx",
            "Écrivez-nous en MP",
            "whatsАpp",
            "WhatsApp me",
            "my_whatsapp",
            "Ring +44 7700 900 123",
            "order 123456789",
            "order 12345678",
            "1 2 3 4 5 6 7 8 9",
            "１２３４５６７８９",
            "wa.me/33600000000",
            "fill in the form",
            "fill in the form https://a.example",
            "F0RM www.a.example",
            "te\u{301}le\u{301}gram",
            "テレグラム telegram",
            "a$$istance",
            "$m$",
            "s|gnal app",
            "c@rd number",
            "",
            "p",
            "s\u{200b}ms",
            "séed phrase",
            "Wallet",
            "wallets",
            "myWallet",
            "wallet2",
            "dm\u{301}",
        ] {
            check(text);
        }
    }

    proptest::proptest! {
        #[test]
        fn the_quick_way_is_the_long_way(text in "([ -~]|\\PC|dm|Pm|whatsapp|form|https://| |é|\u{301}|[0-9]{3}|wallet|contact us|\u{200b}|а|о){0,30}") {
            proptest::prop_assert_eq!(Said::tells(&text), Said::read(&text).is_telling());
        }
    }
}
