//! Words of texts for those who read many: texts cut at blanks, and lists in which a word is looked up as two numbers,
//! compared all at once.

use foldhash::{HashMap, HashMapExt as _};

use crate::fold;

/// Bytes of a word that is two numbers at most: the last byte of these is its length.
const SHORT: usize = 15;
/// Bytes of a number.
const EIGHT: usize = 8;

/// A short word as numbers: its bytes and its length.
type Key = [u64; 2];

/// No word.
const NOTHING: Key = [0; 2];

/// A list of words, each with what it says.
#[derive(Debug, Clone)]
pub struct WordList<V> {
    /// Short words, each at the place that its hash gives or after it; as many as a power of two, many of them empty.
    places: Vec<(Key, V)>,
    /// All others.
    long: HashMap<Box<[u8]>, V>,
}

impl<V: Copy + Default> WordList<V> {
    /// The list of these words; of the same word the last counts. An empty one is left out.
    pub fn new<W: AsRef<str>>(words: impl IntoIterator<Item = (W, V)>) -> WordList<V> {
        let mut long = HashMap::new();
        let mut short: HashMap<Key, V> = HashMap::new();
        for (word, value) in words {
            let bytes = word.as_ref().as_bytes();
            match key(bytes) {
                Some(NOTHING) => {}
                Some(key) => drop(short.insert(key, value)),
                None => drop(long.insert(bytes.into(), value)),
            }
        }
        let mut places =
            vec![(NOTHING, V::default()); (short.len() + short.len() / 2 + 1).next_power_of_two()];
        for (key, value) in short {
            let mut place = spread(key) & (places.len() - 1);
            while places.get(place).is_some_and(|(known, _)| *known != NOTHING) {
                place = (place + 1) & (places.len() - 1);
            }
            if let Some(free) = places.get_mut(place) {
                *free = (key, value);
            }
        }
        WordList { places, long }
    }

    /// What the list says of a word.
    #[inline]
    pub fn get(&self, word: &[u8]) -> Option<V> {
        let Some(key) = key(word) else { return self.long.get(word).copied() };
        let mut place = spread(key);
        loop {
            // as many places as a power of two, and some of them empty
            let (known, value) = self.places.get(place & (self.places.len() - 1))?;
            if *known == key {
                return (key != NOTHING).then_some(*value);
            }
            if *known == NOTHING {
                return None;
            }
            place += 1;
        }
    }
}

/// A word as numbers, when it is short.
#[inline]
fn key(word: &[u8]) -> Option<Key> {
    let length = u64::try_from(word.len()).unwrap_or(u64::MAX);
    let end = length << 56;
    match word.len() {
        0..=EIGHT => Some([number(word), end]),
        // what stands in the first half is pushed out of the last eight
        9..=SHORT => Some([first_eight(word), last_eight(word) >> (8 * (16 - length)) | end]),
        _ => None,
    }
}

/// Up to eight bytes as a number, the first of them lowest; of more the first.
#[inline]
pub fn number(bytes: &[u8]) -> u64 {
    let four = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
    match bytes.len() {
        0..4 => bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte)),
        length @ 4..EIGHT => four(bytes.first_chunk()) | four(bytes.last_chunk()) << (8 * (length - 4)),
        _ => first_eight(bytes),
    }
}

fn first_eight(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn last_eight(bytes: &[u8]) -> u64 {
    bytes.last_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Spreads a key over the low bits.
#[inline]
fn spread(key: Key) -> usize {
    let [first, second] = key;
    let mixed = (first ^ second.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 32).unwrap_or_default()
}

/// What characters a chunk is made of, a bit each.
mod made {
    pub(super) const SMALL: u8 = 1;
    pub(super) const CAPITAL: u8 = 2;
    pub(super) const DIGIT: u8 = 4;
    pub(super) const MARK: u8 = 8;
    pub(super) const POINT: u8 = 16;
    pub(super) const OTHER: u8 = 32;
    pub(super) const BLANK: u8 = 64;
}

/// What each byte is.
#[expect(clippy::indexing_slicing, reason = "done by the compiler")]
const BYTES: [u8; 256] = {
    let mut bytes = [made::OTHER; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        bytes[byte as usize] = match byte {
            b'a'..=b'z' => made::SMALL,
            b'A'..=b'Z' => made::CAPITAL,
            b'0'..=b'9' => made::DIGIT,
            b'.' => made::POINT,
            b' ' | b'\t'..=b'\r' => made::BLANK,
            _ => made::MARK,
        };
        byte += 1;
    }
    bytes
};

/// What stands between two blanks of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'t> {
    /// Its characters.
    pub text: &'t str,
    made: u8,
}

impl Chunk<'_> {
    /// Whether it is letters of ASCII alone.
    pub fn is_plain(&self) -> bool {
        self.made & !(made::SMALL | made::CAPITAL) == 0
    }

    /// Whether all of it is ASCII.
    pub fn is_ascii(&self) -> bool {
        self.made & made::OTHER == 0
    }

    /// Whether it has a capital letter of ASCII.
    pub fn has_capital(&self) -> bool {
        self.made & made::CAPITAL != 0
    }

    /// Whether it has a full stop.
    pub fn has_point(&self) -> bool {
        self.made & made::POINT != 0
    }

    /// Whether it has another mark of ASCII than a full stop.
    pub fn has_mark(&self) -> bool {
        self.made & made::MARK != 0
    }
}

/// A text cut at blanks, as [`str::split_whitespace`] does.
pub fn chunks(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(width) = blank(text, at) {
            at += width;
        }
        let (start, mut made) = (at, 0);
        while let Some(byte) = text.as_bytes().get(at) {
            let is = BYTES.get(usize::from(*byte)).copied().unwrap_or(made::OTHER);
            if is & (made::BLANK | made::OTHER) != 0 && blank(text, at).is_some() {
                break;
            }
            made |= is;
            at += 1;
        }
        let text = text.get(start..at).filter(|text| !text.is_empty())?;
        Some(Chunk { text, made })
    })
}

/// How many bytes the blank has that stands at a place, if one does.
#[inline]
fn blank(text: &str, at: usize) -> Option<usize> {
    match text.as_bytes().get(at)? {
        b' ' | b'\t'..=b'\r' => Some(1),
        // what blanks beyond ASCII begin with
        0xc2 | 0xe1..=0xe3 => {
            let c = text.get(at..)?.chars().next()?;
            c.is_whitespace().then_some(c.len_utf8())
        }
        _ => None,
    }
}

/// As [`fold::is_letter`], quicker for signs.
#[inline]
pub fn is_letter(c: char) -> bool {
    !is_sign(c) && fold::is_letter(c)
}

/// As [`fold::is_letter_or_digit`], quicker for signs.
#[inline]
pub fn is_letter_or_digit(c: char) -> bool {
    !is_sign(c) && fold::is_letter_or_digit(c)
}

/// As [`char::is_numeric`], quicker for the letters of the scripts most written.
#[inline]
pub fn is_numeric(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_digit(),
        '\u{c0}'..='\u{6d3}' => matches!(c, '\u{660}'..='\u{669}'),
        '\u{e01}'..='\u{e4c}'
        | '\u{3041}'..='\u{30fa}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' => false,
        c => c.is_numeric(),
    }
}

/// Whether a character may be written large and small: those of the scripts most written that have no large letters are
/// told without a look into the tables of Unicode.
#[inline]
pub fn may_have_case(c: char) -> bool {
    !matches!(c,
        '\u{590}'..='\u{109f}' | '\u{2000}'..='\u{206f}' | '\u{2190}'..='\u{245f}' | '\u{2500}'..='\u{2bff}'
        | '\u{3000}'..='\u{a63f}' | '\u{ac00}'..='\u{d7ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f300}'..='\u{1faff}')
}

/// Whether it is one of the arrows, lines, shapes and pictures between the letters of Unicode, says how one is drawn or
/// stands over letters of Thai: no letter, no digit.
#[inline]
fn is_sign(c: char) -> bool {
    matches!(c,
        '\u{e47}'..='\u{e4c}' | '\u{2190}'..='\u{245f}' | '\u{2500}'..='\u{2775}' | '\u{2794}'..='\u{2bff}'
        | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_what_they_are_told_to_be() {
        for c in '\0'..=char::MAX {
            assert!(!is_sign(c) || !c.is_alphanumeric(), "{c}");
            assert_eq!(is_numeric(c), c.is_numeric(), "{c}");
            let is_small = || c.to_lowercase().eq([c]) && c.to_uppercase().eq([c]);
            assert!(may_have_case(c) || is_small(), "{c}");
        }
    }

    #[test]
    fn words_of_any_length_are_told_apart() {
        let words: Vec<String> = (0..40).map(|length| "aé".chars().cycle().take(length).collect()).collect();
        let list = WordList::new(words.iter().zip(0_usize..));
        assert_eq!(list.get(b""), None);
        for (word, length) in words.iter().zip(0..).skip(1) {
            assert_eq!(list.get(word.as_bytes()), Some(length), "{word}");
            assert_eq!(list.get(format!("{word}\0").as_bytes()), None);
            assert_eq!(list.get(format!("x{word}").as_bytes()), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn chunks_are_those_of_the_standard_library(text in "([ab.\u{2028}\u{a0}]|\\s|\\PC){0,20}") {
            let cut: Vec<&str> = chunks(&text).map(|chunk| chunk.text).collect();
            proptest::prop_assert_eq!(cut, text.split_whitespace().collect::<Vec<_>>());
        }

        #[test]
        fn lists_hold_what_they_are_made_of(words in proptest::collection::vec("[a-c]{1,20}", 0..60), other in "[a-c]{1,20}") {
            let list = WordList::new(words.iter().map(|word| (word, word.len())));
            for word in &words {
                proptest::prop_assert_eq!(list.get(word.as_bytes()), Some(word.len()));
            }
            proptest::prop_assert_eq!(list.get(other.as_bytes()).is_some(), words.contains(&other));
        }
    }
}
