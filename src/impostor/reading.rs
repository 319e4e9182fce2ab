//! How a name reads to the eye: letters of any script brought to the Latin letters they look like, without
//! separators, with a note of where words begin and of how each letter was really written.

use std::ops::Range;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};
use unicode_normalization::{IsNormalized, is_nfc_quick};
use unicode_security::confusable_detection::skeleton;

/// Characters read of one text; more is no name.
pub(super) const LIMIT: usize = 200;

/// A digit or sign stood for the letter.
pub(super) const DIGIT: u8 = 1;
/// The letter had an accent people write.
pub(super) const ACCENT: u8 = 2;
/// Another script, a styled letter or an unusual mark stood for the letter.
pub(super) const STRANGE: u8 = 4;
/// Something invisible stood before the letter, inside its word.
pub(super) const HIDDEN: u8 = 8;
/// Two letters that look like one, such as `rn` for `m`.
pub(super) const PAIR: u8 = 16;

/// One byte of a reading's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// The letter as it reads, digits left alone.
    pub(super) shown: char,
    /// How it was written.
    pub(super) how: u8,
    /// Whether a word begins here.
    pub(super) edge: bool,
}

/// A text as it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Letters without separators, in which look-alikes are one: `i`, `l` and `1`, `o` and `0`.
    pub(super) key: String,
    /// One a byte of `key`.
    pub(super) cells: Vec<Cell>,
    /// Whether the text holds a picture of a gift or of money.
    pub(super) gift: bool,
}

/// What one character is to a reading.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    /// Up to three letters, and how they were written.
    Letters([char; 3], u8),
    /// Nothing to see.
    Hidden,
    /// A mark on the letter before.
    Mark,
    /// Separates words.
    Gap,
    /// Separates words, and is a picture of a gift or of money.
    Gift,
}

const BLOCK: usize = 256;
static TABLE: [OnceLock<Box<[Look]>>; 0x11_0000 / BLOCK] = [const { OnceLock::new() }; 0x11_0000 / BLOCK];

/// What a character beyond ASCII reads as; blocks are worked out as they are met.
pub(super) fn look(c: char) -> Look {
    let code = c as usize;
    let block = TABLE.get(code / BLOCK).map(|block| {
        block.get_or_init(|| {
            let start = u32::try_from(code / BLOCK * BLOCK).unwrap_or(0);
            (start..start + 256).map(|code| char::from_u32(code).map_or(Look::Hidden, classify)).collect()
        })
    });
    block.and_then(|block| block.get(code % BLOCK)).copied().unwrap_or(Look::Gap)
}

/// As much of a [`Look`] as tells that a character is no Latin letter: small enough to be at hand for whole scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glance {
    /// What it reads as depends on what stands beside it.
    Varies,
    /// Letters of which none is one of ASCII.
    Foreign,
    /// Other letters: a [`look`] tells which.
    Letters,
    /// Nothing to see.
    Hidden,
    /// A mark on the letter before.
    Mark,
    /// Separates words.
    Gap,
}

/// What a character beyond ASCII is at a glance.
#[inline]
pub(super) fn glance(c: char) -> Glance {
    type Block = OnceLock<Box<[Glance]>>;
    static GLANCES: [Block; 0x11_0000 / BLOCK] = [const { OnceLock::new() }; 0x11_0000 / BLOCK];
    let code = c as usize;
    let block = GLANCES.get(code / BLOCK).map(|block| {
        block.get_or_init(|| {
            let start = u32::try_from(code / BLOCK * BLOCK).unwrap_or(0);
            (start..start + 256)
                .map(|code| char::from_u32(code).map_or(Glance::Varies, first_glance))
                .collect()
        })
    });
    block.and_then(|block| block.get(code % BLOCK)).copied().unwrap_or(Glance::Varies)
}

fn first_glance(c: char) -> Glance {
    let look = look(c);
    // composing (NFC) leaves it alone whatever stands beside it; marks may change places with others
    let kept = canonical_combining_class(c) == 0 || matches!(look, Look::Mark);
    if !kept || !matches!(is_nfc_quick(std::iter::once(c)), IsNormalized::Yes) {
        return Glance::Varies;
    }
    match look {
        Look::Letters(letters, _) if letters.iter().all(|letter| *letter == '\0' || !letter.is_ascii()) => {
            Glance::Foreign
        }
        Look::Letters(..) => Glance::Letters,
        Look::Hidden => Glance::Hidden,
        Look::Mark => Glance::Mark,
        Look::Gap | Look::Gift => Glance::Gap,
    }
}

fn letters(text: &str, how: u8) -> Option<Look> {
    let mut out = ['\0'; 3];
    let mut places = out.iter_mut();
    for c in text.chars() {
        *places.next()? = c;
    }
    (!text.is_empty()).then_some(Look::Letters(out, how))
}

/// Lower case without marks, each letter through `more`; `None` unless all of it is ASCII.
fn plain(text: &str, more: fn(char) -> char) -> Option<String> {
    let lower: String = text.chars().flat_map(char::to_lowercase).collect();
    let bare: String = lower.nfd().filter(|c| !is_combining_mark(*c)).map(more).collect();
    (!bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(bare)
}

fn classify(c: char) -> Look {
    if matches!(c, '🎁' | '🎉' | '🎊' | '💰' | '💸' | '🤑' | '🧧' | '🎫') {
        return Look::Gift;
    }
    let hidden = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    if hidden {
        return Look::Hidden;
    }
    if is_combining_mark(c) {
        return Look::Mark;
    }
    let common = match c {
        'ß' => Some("ss"),
        'æ' | 'Æ' => Some("ae"),
        'œ' | 'Œ' => Some("oe"),
        'ø' | 'Ø' => Some("o"),
        'ł' | 'Ł' => Some("l"),
        'þ' | 'Þ' => Some("th"),
        'đ' | 'Đ' | 'ð' | 'Ð' => Some("d"),
        'ı' | 'İ' => Some("i"),
        _ => None,
    };
    if let Some(look) = common.and_then(|text| letters(text, ACCENT)) {
        return look;
    }
    if matches!(c, '™' | '®' | '©' | '℠' | '🅪' | '🅫' | 'ª' | 'º') || ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
    {
        return Look::Gap;
    }
    let whole = c.to_string();
    let everyday = ('\u{c0}'..='\u{17f}').contains(&c);
    let compatible: String = whole.nfkc().collect();
    let how = if everyday { ACCENT } else { STRANGE };
    if let Some(look) = plain(&compatible, |c| c).and_then(|text| letters(&text, how)) {
        return look;
    }
    let lower: String = compatible.to_lowercase();
    let seen: [String; 3] = [&whole, &compatible, &lower].map(|text| skeleton(text).collect());
    // The letters as they are drawn come first: a capital may look like a letter that its small form does not.
    let drawn = seen.iter().find_map(|text| plain(text, |c| c));
    let drawn = drawn.or_else(|| seen.iter().chain([&compatible]).find_map(|text| plain(text, extra)));
    if let Some(look) = drawn.and_then(|text| letters(&text, STRANGE)) {
        return look;
    }
    if c.is_alphanumeric() {
        let bare: String = lower.nfd().filter(|c| !is_combining_mark(*c)).collect();
        return letters(&bare, 0).or_else(|| letters(&lower, 0)).unwrap_or(Look::Letters([c, '\0', '\0'], 0));
    }
    Look::Gap
}

/// Letters that look like Latin ones and that neither NFKC nor the skeleton brings there.
fn extra(c: char) -> char {
    let row = |start: char, c: char| {
        u8::try_from(u32::from(c) - u32::from(start)).ok().map_or(c, |place| char::from(b'a' + place))
    };
    match c {
        '🅐'..='🅩' => row('🅐', c),
        '🅰'..='🆉' => row('🅰', c),
        'ᴀ' | 'α' | 'ɑ' | 'ɐ' => 'a',
        'ʙ' | 'в' | 'ь' | 'β' => 'b',
        'ᴄ' | 'ɔ' => 'c',
        'ᴅ' | 'ɗ' => 'd',
        'ᴇ' | 'ə' | 'ǝ' | 'ɘ' | 'ɛ' | 'ε' | 'є' | 'ʒ' | 'ꬲ' => 'e',
        'ꜰ' | 'ƒ' => 'f',
        'ɢ' | 'ʛ' => 'g',
        'ʜ' | 'н' | 'ɦ' => 'h',
        'ɪ' | 'ι' | 'ı' | 'ɩ' => 'i',
        'ᴊ' => 'j',
        'ᴋ' | 'κ' | 'к' => 'k',
        'ʟ' | 'ɭ' | 'ł' => 'l',
        'ᴍ' | 'м' | 'ɱ' => 'm',
        'ɴ' | 'η' | 'п' | 'ո' | 'ռ' => 'n',
        'ᴏ' | 'ø' | 'σ' | 'ɵ' | 'θ' => 'o',
        'ᴘ' | 'ρ' => 'p',
        'ʀ' | 'г' | 'я' | 'ɾ' => 'r',
        'ꜱ' | 'ƨ' => 's',
        'ᴛ' | 'τ' | 'т' => 't',
        'ᴜ' | 'υ' | 'μ' | 'ս' => 'u',
        'ᴠ' | 'ν' => 'v',
        'ᴡ' | 'ω' | 'ш' | 'ѡ' => 'w',
        'χ' => 'x',
        'ʏ' | 'γ' => 'y',
        'ᴢ' | 'ƶ' => 'z',
        _ => c,
    }
}

/// The letter under which look-alikes are compared.
pub(super) fn same(c: char) -> char {
    match c {
        'i' | '1' | '!' | '|' => 'l',
        '0' => 'o',
        '2' => 'z',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '6' | '9' => 'g',
        '7' => 't',
        '8' => 'b',
        _ => c,
    }
}

impl Reading {
    /// Reads at most `limit` characters of `text`.
    pub(super) fn of(text: &str, limit: usize) -> Reading {
        let room = text.len().min(limit);
        let mut reading =
            Reading { key: String::with_capacity(room), cells: Vec::with_capacity(room), gift: false };
        let mut state = State { gap: true, hidden: false, before: ' ' };
        if text.is_ascii() {
            reading.take(text.chars().take(limit), &mut state);
        } else {
            reading.take(text.chars().take(limit).nfc(), &mut state);
        }
        reading
    }

    fn take(&mut self, chars: impl Iterator<Item = char>, state: &mut State) {
        let mut chars = chars.peekable();
        while let Some(c) = chars.next() {
            if c.is_ascii_alphanumeric() {
                let hump = c.is_ascii_uppercase() && state.before.is_ascii_lowercase()
                    || c.is_ascii_digit() != state.before.is_ascii_digit();
                let digit = if c.is_ascii_digit() { DIGIT } else { 0 };
                self.push(c.to_ascii_lowercase(), digit, hump, state);
            } else if c.is_ascii() {
                let next = chars.peek().is_some_and(char::is_ascii_alphanumeric);
                let inside = !state.gap && !self.cells.is_empty();
                if c == '$' && (inside || next) || inside && (c == '|' || next && matches!(c, '@' | '!')) {
                    self.push(c, DIGIT, false, state);
                } else if !c.is_ascii_control() || c.is_ascii_whitespace() {
                    state.gap = true;
                    state.hidden = false;
                } else {
                    state.hidden = true;
                }
            } else {
                match look(c) {
                    Look::Letters(letters, how) => {
                        for letter in letters.into_iter().filter(|letter| *letter != '\0') {
                            self.push(letter, how, false, state);
                        }
                    }
                    Look::Hidden => state.hidden = true,
                    Look::Mark => {
                        if let Some(last) = self.cells.last_mut() {
                            last.how |= STRANGE;
                        }
                        continue;
                    }
                    Look::Gap | Look::Gift => {
                        self.gift |= matches!(look(c), Look::Gift);
                        state.gap = true;
                        state.hidden = false;
                    }
                }
            }
            state.before = c;
        }
    }

    fn push(&mut self, shown: char, how: u8, hump: bool, state: &mut State) {
        let how = if state.hidden && !state.gap { how | HIDDEN } else { how };
        let key = same(shown);
        self.key.push(key);
        for byte in 0..key.len_utf8() {
            self.cells.push(Cell { shown, how, edge: byte == 0 && (state.gap || hump) });
        }
        state.gap = false;
        state.hidden = false;
    }

    /// The same text with letter pairs that look like one letter read as that letter, if there are any.
    pub(super) fn paired(&self) -> Option<Reading> {
        let pair = |a: &Cell, b: &Cell| match (a.shown, b.shown) {
            _ if b.edge => None,
            ('r' | 'n', 'n') => Some('m'),
            ('v', 'v') | ('u', 'u') => Some('w'),
            ('c', 'l' | '1') => Some('d'),
            _ => None,
        };
        let any = self.cells.windows(2).any(|two| matches!(two, [a, b] if pair(a, b).is_some()));
        if !any {
            return None;
        }
        let mut out = Reading { gift: self.gift, ..Reading::default() };
        let mut rest = self.key.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let Some(cell) = self.cells.get(at).copied() else { continue };
            let next = rest.peek().and_then(|(at, _)| self.cells.get(*at));
            if let Some(one) = next.and_then(|next| pair(&cell, next)) {
                rest.next();
                out.key.push(one);
                out.cells.push(Cell { shown: one, how: cell.how | PAIR, edge: cell.edge });
            } else {
                out.key.push(c);
                out.cells.extend(self.cells.iter().skip(at).take(c.len_utf8()));
            }
        }
        Some(out)
    }

    /// Length in bytes.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether a word begins at `at` or the text ends there.
    pub(super) fn edge(&self, at: usize) -> bool {
        self.cells.get(at).is_none_or(|cell| cell.edge)
    }

    /// The whole as people read it, with spaces between words.
    pub(super) fn shown(&self) -> String {
        let mut out = String::with_capacity(self.len() + 8);
        for (at, _) in self.key.char_indices() {
            if let Some(cell) = self.cells.get(at) {
                if cell.edge && at > 0 {
                    out.push(' ');
                }
                out.push(cell.shown);
            }
        }
        out
    }

    /// Whether plain Latin letters stand in it beside letters of other scripts or styles.
    pub(super) fn is_mixed(&self) -> bool {
        let strange = |cell: &Cell| cell.how & (STRANGE | HIDDEN) != 0 || !cell.shown.is_ascii();
        self.cells.iter().any(strange) && self.cells.iter().any(|cell| cell.how == 0 && cell.shown.is_ascii())
    }

    /// How the part at `span` was written where it differs from `other`, which reads the same.
    pub(super) fn disguise(&self, span: &Range<usize>, other: &Reading) -> Disguise {
        let mut disguise = Disguise::default();
        let part = self.cells.get(span.clone()).unwrap_or_default();
        for (place, (cell, wanted)) in part.iter().zip(&other.cells).enumerate() {
            let mut how = cell.how & !wanted.how;
            if place == 0 {
                how &= !HIDDEN;
            }
            disguise.strange += u32::from(how & (STRANGE | HIDDEN) != 0);
            disguise.accents += u32::from(how & ACCENT != 0);
            disguise.swaps += u32::from(cell.shown != wanted.shown || how & PAIR != 0);
        }
        disguise
    }
}

struct State {
    gap: bool,
    hidden: bool,
    before: char,
}

/// How many letters were written in another way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Disguise {
    /// Other scripts, styles, unusual marks, invisible signs.
    pub(super) strange: u32,
    /// Everyday accents that the name does not have.
    pub(super) accents: u32,
    /// Digits, signs and ASCII letters that look alike.
    pub(super) swaps: u32,
}
