//! Whether an answer asks for something that a help desk might ask for, found without all else that [`Said`] tells of
//! it: nearly every answer of a network is asked this and nothing more.
//!
//! It reads as [`Reading`] does, and says nothing of texts for which that takes more: long ones, and those with marks.
//! Phrases are looked up by their first letters, only where words begin.
//!
//! [`Reading`]: super::super::reading::Reading

use super::super::reading::{Look, looked_up, same};
use super::said::{PHONE, Said, has_link};

/// Bytes of text read here; longer ones take the other way.
const ROOM: usize = 512;
/// Letters that one place of the index stands for: `a` to `z`, and 0 for all others.
const LETTERS: usize = 32;

/// Stands for a letter that no phrase has.
const FOREIGN: u8 = b'`';
/// The phrases that are telling, by their first letters.
#[derive(Debug)]
pub(super) struct Telling {
    /// Letters and digits of ASCII as they are compared; 0 for what is neither.
    latin: [u8; 256],
    /// A bit for every three letters with which some phrase begins.
    begins: Box<[u64]>,
    /// Where those begin that begin with two letters.
    places: Box<[u16]>,
    /// In order, with whether each is telling by itself: others only beside a link.
    phrases: Box<[(Box<[u8]>, bool)]>,
}

/// A text as it reads: letters, and where words begin among them.
struct Read {
    letters: [u8; ROOM],
    edges: [bool; ROOM],
    length: usize,
    gap: bool,
    hump: bool,
    digits: usize,
    number: bool,
}

impl Read {
    #[inline]
    fn push(&mut self, letter: u8, digit: bool) -> Option<()> {
        *self.letters.get_mut(self.length)? = letter;
        *self.edges.get_mut(self.length)? = self.gap || self.hump;
        self.length += 1;
        self.gap = false;
        self.digits = if digit { self.digits + 1 } else { 0 };
        self.number |= self.digits >= PHONE;
        Some(())
    }

    fn of(text: &str, latin: &[u8; 256]) -> Option<Read> {
        if text.len() > ROOM {
            return None;
        }
        let (letters, edges) = ([0; ROOM], [false; ROOM]);
        let mut read = Read { letters, edges, length: 0, gap: true, hump: false, digits: 0, number: false };
        let bytes = text.as_bytes();
        let mut before = b' ';
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            let letter = latin.get(usize::from(byte)).copied().unwrap_or_default();
            if letter != 0 {
                let digit = byte.is_ascii_digit();
                read.hump = byte.is_ascii_uppercase() && before.is_ascii_lowercase()
                    || digit != before.is_ascii_digit();
                read.push(letter, digit)?;
                at += 1;
            } else if byte.is_ascii() {
                let next = bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
                let inside = !read.gap && read.length > 0;
                read.hump = false;
                match byte {
                    b'$' if inside || next => read.push(b's', false)?,
                    b'|' if inside => read.push(b'l', false)?,
                    b'@' if inside && next => read.push(b'a', false)?,
                    b'!' if inside && next => read.push(b'l', false)?,
                    _ if !byte.is_ascii_control() || byte.is_ascii_whitespace() => read.gap = true,
                    _ => {}
                }
                at += 1;
            } else {
                let c = text.get(at..)?.chars().next()?;
                read.foreign(c)?;
                at += c.len_utf8();
            }
            before = byte;
        }
        Some(read)
    }

    /// A character beyond ASCII.
    fn foreign(&mut self, c: char) -> Option<()> {
        let (look, stays) = looked_up(c);
        self.hump = false;
        match look {
            _ if !stays => return None,
            Look::Letters(letters, _) => {
                for letter in letters.into_iter().filter(|letter| *letter != '\0') {
                    let letter = u8::try_from(same(letter)).ok().filter(u8::is_ascii_lowercase);
                    self.push(letter.unwrap_or(FOREIGN), false)?;
                }
            }
            Look::Hidden => {}
            Look::Mark => return None,
            Look::Gap | Look::Gift => self.gap = true,
        }
        Some(())
    }

    fn is_edge(&self, at: usize) -> bool {
        at >= self.length || self.edges.get(at).copied().unwrap_or(true)
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
        let mut latin = [0; 256];
        for (letter, byte) in latin.iter_mut().zip(0_u8..0x80) {
            if byte.is_ascii_alphanumeric() {
                *letter = u8::try_from(same(char::from(byte.to_ascii_lowercase()))).ok()?;
            }
        }
        let first =
            |two: usize| kept.partition_point(|(key, _)| place(key.get(..2).unwrap_or_default()) < two);
        let places = (0..=LETTERS * LETTERS).map(|two| u16::try_from(first(two))).collect::<Result<_, _>>();
        Some(Telling { latin, begins: begins.into(), places: places.ok()?, phrases: kept.into() })
    }

    /// Whether any of them stands in `text`, or a telephone number; `None` where only a closer look could say.
    pub(super) fn stand_in(&self, text: &str) -> Option<bool> {
        let read = Read::of(text, &self.latin)?;
        if read.number {
            return Some(true);
        }
        let mut form = false;
        for at in (0..read.length).filter(|at| read.edges.get(*at).copied().unwrap_or_default()) {
            // Behind the last letter there is always a zero, but at the very end of the room.
            let Some(three) = read.letters.get(at..at + 3) else { return None };
            let gram = place(three);
            if self.begins.get(gram / 64).is_none_or(|bits| bits >> (gram % 64) & 1 == 0) {
                continue;
            }
            let two = gram / LETTERS;
            let [first, last] =
                [two, two + 1].map(|two| self.places.get(two).copied().map_or(0, usize::from));
            let rest = read.letters.get(at..read.length).unwrap_or_default();
            for (phrase, alone) in self.phrases.get(first..last).unwrap_or_default() {
                if rest.starts_with(phrase) && read.is_edge(at + phrase.len()) {
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
