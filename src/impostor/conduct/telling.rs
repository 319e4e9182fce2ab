//! Whether an answer asks for something that a help desk might ask for, found without all else that [`Said`] tells of
//! it: nearly every answer of a network is asked this and nothing more.
//!
//! It reads as [`Reading`] does, and says nothing of texts for which that takes more: long ones, and those with marks.
//! Phrases are looked up by their first letters, only where words begin.
//!
//! [`Reading`]: super::super::reading::Reading

mod letters;

use super::said::{PHONE, Said, has_link};
use letters::{Read, SPARE};

/// Bytes of text that are read without memory of their own.
const ROOM: usize = 512;
/// Bytes of text read here; longer ones take the other way.
const MOST: usize = 2_000;
/// Letters that the index goes by: of shorter phrases all, of others three or five.
const SHORT: usize = 3;
const LONG: usize = 5;
/// Bits of the index of beginnings.
const BITS: u32 = 15;

/// A phrase that is telling.
#[derive(Debug)]
struct Phrase {
    /// Its first eight letters, and which of the eight it has.
    head: u64,
    mask: u64,
    letters: Box<[u8]>,
    /// Whether it is telling by itself: others only beside a link.
    alone: bool,
}

/// The phrases that are telling, by their first letters.
#[derive(Debug)]
pub(super) struct Telling {
    /// A bit for each beginning with which some phrase begins.
    begins: Box<[u64]>,
    /// In order.
    phrases: Box<[Phrase]>,
    /// Where those begin that begin with two letters.
    places: Box<[u16]>,
}

/// The first `count` of eight letters.
#[inline]
fn first(head: u64, count: usize) -> u64 {
    head & u64::MAX >> (64 - 8 * count.clamp(1, 8))
}

/// The word and the bit of a beginning.
#[inline]
fn slot(beginning: u64) -> (usize, u32) {
    let hash = beginning.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS);
    (usize::try_from(hash / 64).unwrap_or_default(), u32::try_from(hash % 64).unwrap_or_default())
}

/// The place of the first two letters among all pairs: `a` to `z`, and 0 for all others.
#[inline]
fn pair(head: u64) -> usize {
    usize::try_from((head & 31) << 5 | head >> 8 & 31).unwrap_or_default()
}

/// The first eight letters of some; zeros where there are fewer.
fn head(letters: &[u8]) -> u64 {
    letters.iter().take(8).rev().fold(0, |head, letter| head << 8 | u64::from(*letter))
}

impl Telling {
    /// Of these phrases as they read. `None` when one of them is not made of Latin letters.
    pub(super) fn new<'k>(phrases: impl Iterator<Item = (&'k String, Said)>) -> Option<Telling> {
        let mut kept: Vec<Phrase> = Vec::new();
        for (key, family) in phrases {
            let alone = family.is_telling();
            if key.len() < 2 || !key.bytes().all(|byte| byte.is_ascii_lowercase()) {
                return None;
            }
            if alone || family.has(Said::FORM) {
                let mask = first(u64::MAX, key.len());
                kept.push(Phrase { head: head(key.as_bytes()), mask, letters: key.as_bytes().into(), alone });
            }
        }
        kept.sort_by(|one, other| one.letters.cmp(&other.letters));
        let mut begins = vec![0_u64; 1 << BITS >> 6];
        let mut add = |beginning| {
            let (word, bit) = slot(beginning);
            begins.get_mut(word).map(|bits| *bits |= 1 << bit)
        };
        for Phrase { head, letters, .. } in &kept {
            match letters.len() {
                // after the whole of a phrase anything may follow
                ..SHORT => (0..=u64::from(u8::MAX)).try_for_each(|third| add(head | third << 16))?,
                SHORT..LONG => add(first(*head, SHORT))?,
                _ => add(first(*head, LONG))?,
            }
        }
        let before = |two: usize| kept.partition_point(|phrase| pair(phrase.head) < two);
        let places = (0..=1 << 10).map(|two| u16::try_from(before(two))).collect::<Result<_, _>>();
        Some(Telling { begins: begins.into(), places: places.ok()?, phrases: kept.into() })
    }

    /// Whether any of them stands in `text`, or a telephone number; `None` where only a closer look could say.
    pub(super) fn stand_in(&self, text: &str) -> Option<bool> {
        // Each byte becomes at most one letter, but ligatures: those have two bytes and more, and three letters at most.
        let room = text.len() * 3 / 2 + SPARE;
        if room <= ROOM {
            return self.stand_among(text, &mut [0; ROOM], &mut [0; ROOM]);
        }
        if text.len() > MOST { None } else { self.stand_among(text, &mut vec![0; room], &mut vec![0; room]) }
    }

    fn stand_among(&self, text: &str, letters: &mut [u8], starts: &mut [u16]) -> Option<bool> {
        let read = Read::of(text, letters, starts)?;
        if read.most >= PHONE {
            return Some(true);
        }
        let mut form = false;
        for (number, start) in read.starts().iter().enumerate() {
            let rest = read.letters().get(usize::from(*start)..)?;
            let head = u64::from_le_bytes(*rest.first_chunk()?);
            let may = |count| {
                let (word, bit) = slot(first(head, count));
                self.begins.get(word).is_some_and(|bits| bits >> bit & 1 == 1)
            };
            if !may(SHORT) && !may(LONG) {
                continue;
            }
            let two = pair(head);
            let [from, to] = [two, two + 1].map(|two| self.places.get(two).copied().map_or(0, usize::from));
            let is_edge = |length: usize| {
                let end = usize::from(*start) + length;
                let mut later = read.starts().iter().skip(number + 1).map(|start| usize::from(*start));
                end == read.length() || later.any(|start| start == end)
            };
            for phrase in self.phrases.get(from..to).unwrap_or_default() {
                if head & phrase.mask == phrase.head
                    && rest.starts_with(&phrase.letters)
                    && is_edge(phrase.letters.len())
                {
                    if phrase.alone {
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
        fn the_quick_way_is_the_long_way(
            text in "([ -~]|\\PC|dm|Pm|whatsapp|form|https://| |é|\u{301}|[0-9]{3}|wallet|contact us|\u{200b}|а|о|[\t\n\u{0}\u{7f}]|[a-z]|京|ﬁ){0,30}",
            times in 1_usize..12,
        ) {
            let text = text.repeat(times);
            proptest::prop_assert_eq!(Said::tells(&text), Said::read(&text).is_telling());
        }
    }
}
