//! What each character folds to: one number a character, in blocks of 256 that are filled as they are met.
//!
//! The numbers are made by the plain rules of Unicode (compatibility form, lower case, marks taken off); only
//! looking them up must be quick. Building all of them would cost 0.2 s at start.

use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// How many characters one block of the table holds.
const BLOCK: usize = 256;
/// Blocks needed for all of Unicode.
const BLOCKS: usize = 0x11_0000 / BLOCK;

/// What a character is to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A part of a word; what it folds to is at hand.
    Word,
    /// A part of a run of a script without spaces; what it folds to is at hand.
    Run,
    /// Separates words.
    Separator,
    /// Nothing: it is invisible.
    Drop,
    /// A mark that only decorates the character before it, and goes with it.
    Accent,
    /// A mark or jamo that may make another character of the one before it.
    Joins,
    /// A sign that is a word of its own.
    Emoji,
    /// Separates words, but in `aujourd'hui`.
    Apostrophe,
    /// Becomes something longer, or stands for `#` or `@`.
    Other,
}

/// What one character folds to: up to three bytes of UTF-8, their number in the bits above them, and the class
/// in the highest byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

impl Entry {
    const CLASSES: [Class; 9] = [
        Class::Word,
        Class::Run,
        Class::Separator,
        Class::Drop,
        Class::Accent,
        Class::Joins,
        Class::Emoji,
        Class::Apostrophe,
        Class::Other,
    ];

    fn new(class: Class, bytes: &[u8]) -> Entry {
        let place = Entry::CLASSES.iter().position(|known| *known == class).unwrap_or_default();
        let mut entry = u32::try_from(place << 28 | bytes.len() << 24).unwrap_or_default();
        for (at, byte) in bytes.iter().enumerate() {
            entry |= u32::from(*byte) << (8 * at);
        }
        Entry(entry)
    }

    #[inline]
    pub(super) fn class(self) -> Class {
        match self.0 >> 28 {
            0 => Class::Word,
            1 => Class::Run,
            2 => Class::Separator,
            3 => Class::Drop,
            4 => Class::Accent,
            5 => Class::Joins,
            6 => Class::Emoji,
            7 => Class::Apostrophe,
            _ => Class::Other,
        }
    }

    /// The bytes it folds to, with others after them, and how many count.
    pub(super) fn bytes(self) -> ([u8; 4], usize) {
        let bytes = self.0.to_le_bytes();
        let [.., top] = bytes;
        (bytes, usize::from(top & 0xf))
    }
}

static TABLE: [OnceLock<Box<[Entry; BLOCK]>>; BLOCKS] = [const { OnceLock::new() }; BLOCKS];

/// What the character with this code is, and what it folds to.
#[inline]
pub(super) fn look_up(code: u32) -> Entry {
    let [low, ..] = code.to_le_bytes();
    let block = TABLE.get(usize::try_from(code >> 8).unwrap_or(BLOCKS));
    let Some(block) = block else { return Entry(0x2000_0000) };
    let entries = match block.get() {
        Some(entries) => entries,
        None => fill(block, code & !0xff),
    };
    entries.get(usize::from(low)).copied().unwrap_or(Entry(0x2000_0000))
}

/// Whether the character of this code certainly stays as it is, as a part of a run: Han, Hangul, Thai and kana, of which
/// nearly all runs are made.
#[inline]
pub(super) fn stays(code: u32) -> bool {
    matches!(code,
        0xe01..=0xe3a | 0xe40..=0xe4c | 0x3041..=0x3096 | 0x30a1..=0x30fa | 0x4e00..=0x9fff | 0xac00..=0xd7a3)
}

#[cold]
fn fill(block: &'static OnceLock<Box<[Entry; BLOCK]>>, start: u32) -> &'static [Entry; BLOCK] {
    block.get_or_init(|| {
        let mut entries = Box::new([Entry(0x2000_0000); BLOCK]);
        for (entry, code) in entries.iter_mut().zip(start..) {
            if let Some(c) = char::from_u32(code) {
                *entry = make(c);
            }
        }
        entries
    })
}

fn make(c: char) -> Entry {
    let class = classify(c);
    if class != Class::Word {
        return Entry::new(class, b"");
    }
    let folded = spell(c);
    // Longer than the character itself would outgrow the room kept for it.
    let fits = !folded.is_empty() && folded.len() <= c.len_utf8().min(3) && !folded.contains(' ');
    if fits && folded.chars().all(is_unspaced) {
        Entry::new(Class::Run, folded.as_bytes())
    } else if fits && !folded.chars().any(is_unspaced) {
        Entry::new(Class::Word, folded.as_bytes())
    } else {
        Entry::new(Class::Other, b"")
    }
}

/// The class of a character, but that all letters are called parts of words.
fn classify(c: char) -> Class {
    match c {
        _ if is_invisible(c) || c == '\u{640}' => Class::Drop,
        '＃' | '＠' | '\u{e4d}' | '\u{ecd}' => Class::Other,
        '_' | '＿' | '\u{fdd0}' | '\u{fdd1}' => Class::Word,
        _ if is_apostrophe(c) => Class::Apostrophe,
        _ if is_joining(c) => Class::Joins,
        _ if is_accent(c) => Class::Accent,
        _ if is_emoji(c) => Class::Emoji,
        _ if c.is_alphanumeric() || is_combining_mark(c) && !c.is_ascii() => Class::Word,
        _ => Class::Separator,
    }
}

/// Zero-width and direction signs, soft hyphen, variation selectors, skin tones, tags, fillers.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Pictures and flags: Unicode's `Extended_Pictographic` without signs of trade and letters in circles, and the
/// letters of flags.
pub fn is_emoji(c: char) -> bool {
    matches!(c, '\u{203c}' | '\u{2049}' | '\u{2139}' | '\u{2194}'..='\u{2199}' | '\u{21a9}' | '\u{21aa}'
        | '\u{231a}' | '\u{231b}' | '\u{2328}' | '\u{2388}' | '\u{23cf}' | '\u{23e9}'..='\u{23f3}'
        | '\u{23f8}'..='\u{23fa}' | '\u{25aa}' | '\u{25ab}' | '\u{25b6}' | '\u{25c0}'
        | '\u{25fb}'..='\u{25fe}' | '\u{2600}'..='\u{2605}' | '\u{2607}'..='\u{2612}'
        | '\u{2614}'..='\u{2685}' | '\u{2690}'..='\u{2705}' | '\u{2708}'..='\u{2712}' | '\u{2714}'
        | '\u{2716}' | '\u{271d}' | '\u{2721}' | '\u{2728}' | '\u{2733}' | '\u{2734}' | '\u{2744}'
        | '\u{2747}' | '\u{274c}' | '\u{274e}' | '\u{2753}'..='\u{2755}' | '\u{2757}'
        | '\u{2763}'..='\u{2767}' | '\u{2795}'..='\u{2797}' | '\u{27a1}' | '\u{27b0}' | '\u{27bf}'
        | '\u{2934}' | '\u{2935}' | '\u{2b05}'..='\u{2b07}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}'
        | '\u{2b55}' | '\u{3030}' | '\u{303d}' | '\u{1f000}'..='\u{1f0ff}' | '\u{1f10d}'..='\u{1f10f}'
        | '\u{1f12f}' | '\u{1f16c}'..='\u{1f171}' | '\u{1f17e}' | '\u{1f17f}' | '\u{1f18e}'
        | '\u{1f191}'..='\u{1f19a}' | '\u{1f1ad}'..='\u{1f20f}' | '\u{1f21a}' | '\u{1f22f}'
        | '\u{1f232}'..='\u{1f23a}' | '\u{1f23c}'..='\u{1f23f}' | '\u{1f249}'..='\u{1f3fa}'
        | '\u{1f400}'..='\u{1f53d}' | '\u{1f546}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f774}'..='\u{1f77f}' | '\u{1f7d5}'..='\u{1f7ff}' | '\u{1f80c}'..='\u{1f80f}'
        | '\u{1f848}'..='\u{1f84f}' | '\u{1f85a}'..='\u{1f85f}' | '\u{1f888}'..='\u{1f88f}'
        | '\u{1f8ae}'..='\u{1f8ff}' | '\u{1f90c}'..='\u{1f93a}' | '\u{1f93c}'..='\u{1f945}'
        | '\u{1f947}'..='\u{1faff}' | '\u{1fc00}'..='\u{1fffd}')
}

/// Whether words of this character's script are written without spaces, so that a keyword may stand anywhere:
/// Han, kana, Hangul, Thai, Lao, Tibetan, Burmese, Khmer, Bopomofo and the Tai scripts.
pub fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{f00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}' | '\u{1950}'..='\u{19ff}' | '\u{1a20}'..='\u{1aaf}'
        | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}'
        | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aadf}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

/// Marks that only decorate: those of Latin, Greek, Cyrillic, Arabic and Hebrew.
pub(super) fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'
        | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}'
        | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}'
        | '\u{6ea}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// Every mark and jamo that makes another character of some character before it, which folding keeps apart: of the
/// accents only those of й, ї and ў.
pub(super) fn is_joining(c: char) -> bool {
    matches!(c, '\u{306}' | '\u{308}')
        || matches!(
            c,
            '\u{3099}' | '\u{309a}' | '\u{ff9e}' | '\u{ff9f}' | '\u{1161}'
                ..='\u{11ff}'
                    | '\u{93c}'
                    | '\u{9be}'
                    | '\u{9d7}'
                    | '\u{b3e}'
                    | '\u{b56}'
                    | '\u{b57}'
                    | '\u{bbe}'
                    | '\u{bd7}'
                    | '\u{c56}'
                    | '\u{cc2}'
                    | '\u{cd5}'
                    | '\u{cd6}'
                    | '\u{d3e}'
                    | '\u{d57}'
                    | '\u{dca}'
                    | '\u{dcf}'
                    | '\u{ddf}'
                    | '\u{102e}'
                    | '\u{1b35}'
                    | '\u{110ba}'
                    | '\u{11127}'
                    | '\u{1133e}'
                    | '\u{11357}'
                    | '\u{114b0}'
                    | '\u{114ba}'
                    | '\u{114bd}'
                    | '\u{115af}'
                    | '\u{11930}'
        )
}

/// Every form of the sign that elides, some of which Unicode calls letters.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`'
            | '´'
            | '‘'
            | '’'
            | '‛'
            | 'ʹ'
            | 'ʻ'
            | 'ʼ'
            | 'ʽ'
            | 'ˈ'
            | '′'
            | '‵'
            | '＇'
            | '｀'
            | 'ꞌ'
            | 'Ꞌ'
    )
}

/// Whether `c` can stand inside a word.
pub fn is_word(c: char) -> bool {
    c == '_'
        || matches!(look_up(u32::from(c)).class(), Class::Word | Class::Run | Class::Joins | Class::Accent)
        || matches!(look_up(u32::from(c)).class(), Class::Other) && !matches!(c, '＃' | '＠')
}

/// One character folded, without a look at its neighbours. Spaces stand where words are separated.
pub(super) fn spell(c: char) -> String {
    match c {
        '＿' => return "_".to_owned(),
        // Stand for wildcards in keywords and queries; Unicode promises that no text uses them.
        '\u{fdd0}' => return "*".to_owned(),
        '\u{fdd1}' => return "?".to_owned(),
        // Compatibility would cut these into two signs; texts spell them as one.
        '\u{e33}' | '\u{eb3}' => return c.to_string(),
        _ => {}
    }
    let lower = std::iter::once(c).nfkc().flat_map(char::to_lowercase);
    lower.flat_map(letters).collect()
}

/// One lower-case character without its accents, as the one or two letters people type instead.
fn letters(c: char) -> impl Iterator<Item = char> {
    let two = |a, b| [Some(a), Some(b)];
    let one = |a| [Some(a), None];
    let pair = match c {
        'ß' => two('s', 's'),
        'æ' => two('a', 'e'),
        'œ' => two('o', 'e'),
        'þ' => two('t', 'h'),
        'ø' => one('o'),
        'ł' => one('l'),
        'đ' | 'ð' => one('d'),
        'ı' => one('i'),
        'ς' => one('σ'),
        // Letters of their own, not accented ones.
        'й' | 'ї' | 'ў' => one(c),
        _ if is_accent(c) => [None, None],
        _ if is_apostrophe(c) || !(c == '_' || c.is_alphanumeric() || is_combining_mark(c)) => one(' '),
        _ if is_unspaced(c) => one(c),
        _ => {
            let mut parts = std::iter::once(c).nfd();
            let base = parts.next().unwrap_or(c);
            let base = match base {
                'ø' => 'o',
                'æ' | 'œ' => return two(if base == 'æ' { 'a' } else { 'o' }, 'e').into_iter().flatten(),
                _ => base,
            };
            if parts.all(is_accent) { one(base) } else { one(c) }
        }
    };
    pair.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_a_part_of_a_run_as_it_is() {
        for c in ('\0'..=char::MAX).filter(|c| stays(u32::from(*c))) {
            let entry = Entry::new(Class::Run, c.to_string().as_bytes());
            assert_eq!(look_up(u32::from(c)), entry, "{c:?}");
        }
    }
}
