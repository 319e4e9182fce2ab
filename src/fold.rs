//! Folding: texts and keywords brought to one form, so that `Nescafé`, `NESCAFE` and `ｎｅｓｃａｆé` are the same word.
//!
//! Case, accents, ligatures, compatibility forms, apostrophes and invisible characters stop mattering; a text
//! becomes tokens: words, runs of scripts without spaces, emoji, accounts. Links and e-mail addresses become one
//! opaque sign each, so that keywords never match inside them. The rules are those of the query language.

mod address;
mod hidden;
mod scan;
mod table;

use std::ops::Range;

pub use address::links;
pub(crate) use hidden::visible;
pub(crate) use scan::{KEYCAP, step_at};
pub use table::{is_emoji, is_invisible, is_unspaced, is_word};

use scan::{Record, Scan};

/// Stands for a link or an e-mail address in folded text; no keyword contains it.
pub const LINK: char = '\u{1}';
/// The same as a byte.
const LINK_BYTE: u8 = 1;

/// Stands for a star at the end of a word, in what is folded to be searched for.
pub const STAR: char = '\u{fdd0}';
/// Stands for one character of a word, in what is folded to be searched for.
pub const ANY: char = '\u{fdd1}';

/// What a token is: first what is found as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word: letters, digits, underscores.
    Word,
    /// An emoji with everything joined to it, or a flag.
    Emoji,
    /// The name of an account, after its `@`.
    Account,
    /// Characters of a script written without spaces; every one of them counts as a word.
    Run,
    /// A link.
    Link,
    /// An e-mail address.
    Mail,
}

/// One word of a folded text, or what counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Where it starts in the folded bytes.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
    /// What it is.
    pub kind: Kind,
    /// Whether it is the first of a hashtag.
    pub opens_tag: bool,
    /// Whether it is the last of a hashtag.
    pub closes_tag: bool,
}

impl Token {
    #[inline]
    fn new(start: u32, end: u32, kind: Kind) -> Token {
        Token { start, end, kind, opens_tag: false, closes_tag: false }
    }

    /// Its place in the folded bytes.
    pub fn range(&self) -> Range<usize> {
        let wide = |place| usize::try_from(place).unwrap_or(usize::MAX);
        wide(self.start)..wide(self.end)
    }
}

/// A folded text: its tokens, and the bytes they stand in. Used again from text to text.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// Longer than what is used, so that steps can write whole.
    bytes: Vec<u8>,
    used: usize,
    tokens: Vec<Token>,
    /// Whether as much was written as was read, wherever something needed a longer look.
    even: bool,
}

impl Folded {
    /// Folds `text`; what was here before is forgotten.
    pub fn fold(&mut self, text: &str) {
        Scan::<()>::whole(text, false, self);
    }

    /// Folds a keyword or a part of a query: links and addresses are read as the words they are made of.
    pub fn fold_words(&mut self, text: &str) {
        Scan::<()>::whole(text, true, self);
    }

    /// Whether every byte certainly stands where the one stands in `text` that it came from: where that is nothing but
    /// ASCII, without links and the like.
    pub(crate) fn is_even(&self, text: &str) -> bool {
        self.even && text.is_ascii()
    }

    /// The tokens, in order.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The bytes in which tokens stand: UTF-8 with spaces between words, `#` before hashtags, `@` before accounts and
    /// before their servers.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    /// The same with whatever lies behind them: room in which a word can be read in steps of eight bytes.
    pub(crate) fn roomy(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of a token.
    pub fn token_bytes(&self, token: &Token) -> &[u8] {
        self.bytes.get(token.range()).unwrap_or_default()
    }

    /// The server written after the name of an account: `social.example` of `@ana@social.example`.
    pub fn server(&self, account: &Token) -> Option<&[u8]> {
        let after = self.bytes().get(account.range().end..)?.strip_prefix(b"@")?;
        after.split(|byte| *byte == b' ').next()
    }

    /// The folded text as people can read it: one space between words.
    pub fn text(&self) -> String {
        let mut text = Vec::with_capacity(self.used);
        self.write_text(&mut text);
        String::from_utf8(text).unwrap_or_default() // folded bytes are UTF-8
    }

    /// Adds the folded text as people can read it.
    pub(crate) fn write_text(&self, text: &mut Vec<u8>) {
        let start = text.len();
        let mut end = None;
        for token in &self.tokens {
            let glued =
                end == Some(token.start) && !matches!(token.kind, Kind::Emoji | Kind::Link | Kind::Mail);
            if !glued && text.len() > start {
                text.push(b' ');
            }
            if token.opens_tag {
                text.push(b'#');
            } else if token.kind == Kind::Account {
                text.push(b'@');
            }
            text.extend_from_slice(self.token_bytes(token));
            if let Some(server) = self.server(token).filter(|_| token.kind == Kind::Account) {
                text.push(b'@');
                text.extend_from_slice(server);
            }
            end = Some(token.end);
        }
    }
}

/// `text` folded, as people can read it.
pub fn fold(text: &str) -> String {
    let mut folded = Folded::default();
    folded.fold(text);
    folded.text()
}

/// One letter folded by itself.
fn folded_letter(c: char) -> String {
    let mut folded = Folded::default();
    folded.fold(c.encode_utf8(&mut [0; 4]));
    String::from_utf8_lossy(folded.bytes()).into_owned()
}

/// Where one piece of a folded text comes from.
#[derive(Debug)]
struct Piece {
    out: Range<usize>,
    from: Range<usize>,
    /// Whether it is the same bytes, one for one.
    even: bool,
}

/// Where every piece of a folded text comes from. Made only for the few texts in which something was found.
#[derive(Debug, Default)]
pub struct Places {
    /// In order.
    pieces: Vec<Piece>,
}

impl Record for Places {
    fn piece(&mut self, out: usize, length: usize, from: usize, source: usize, even: bool) {
        if length > 0 {
            self.pieces.push(Piece { out: out..out + length, from: from..from + source, even });
        }
    }

    fn stretch(&mut self, source: usize) {
        let Some(last) = self.pieces.last_mut() else { return };
        if last.even && last.out.len() > 1 {
            // Only its last character goes so far.
            let (out, from) = (last.out.end - 1, last.from.end - 1);
            let alone = Piece { out: out..last.out.end, from: from..source, even: false };
            (last.out.end, last.from.end) = (out, from);
            self.pieces.push(alone);
        } else {
            (last.from.end, last.even) = (source, false);
        }
    }

    fn cut(&mut self, out: usize) {
        while self.pieces.last().is_some_and(|last| last.out.start >= out) {
            self.pieces.pop();
        }
        if let Some(last) = self.pieces.last_mut().filter(|last| last.out.end > out) {
            let gone = last.out.end - out;
            last.out.end = out;
            if last.even {
                last.from.end -= gone;
            }
        }
    }
}

impl Places {
    /// Folds `text` once more, noting where each piece comes from.
    pub fn of(text: &str) -> Places {
        Scan::whole(text, false, &mut Folded::default())
    }

    /// The range of the original that the range `wanted` of the folded bytes came from.
    pub fn locate(&self, wanted: &Range<usize>) -> Range<usize> {
        let first = self.pieces.partition_point(|piece| piece.out.end <= wanted.start);
        let last = self.pieces.partition_point(|piece| piece.out.start < wanted.end);
        let found = self.pieces.get(first..last).unwrap_or_default();
        let (Some(first), Some(last)) = (found.first(), found.last()) else { return 0..0 };
        let into = wanted.start.saturating_sub(first.out.start);
        let short = last.out.end.saturating_sub(wanted.end);
        let start = first.from.start + if first.even { into } else { 0 };
        let end = last.from.end - if last.even { short } else { 0 };
        start..end.max(start)
    }
}

/// As [`char::is_alphabetic`], quicker for the letters of the scripts most written, punctuation and emoji.
#[inline]
pub fn is_letter(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphabetic(),
        '\u{c0}'..='\u{24f}' => !matches!(c, '×' | '÷'),
        '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{3004}' | '\u{1f300}'..='\u{1faff}' => false,
        c => is_of_a_script(c) || c.is_alphabetic(),
    }
}

/// As [`char::is_alphanumeric`], quicker for the letters of the scripts most written, punctuation and emoji.
#[inline]
pub fn is_letter_or_digit(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphanumeric(),
        '\u{c0}'..='\u{24f}'
        | '\u{2000}'..='\u{206f}'
        | '\u{3000}'..='\u{3004}'
        | '\u{1f300}'..='\u{1faff}' => is_letter(c),
        c => is_of_a_script(c) || c.is_alphanumeric(),
    }
}

/// Whether it is one of the letters of Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, kana, Han and Hangul that stand
/// together: a look into the tables of Unicode takes many times as long.
#[inline]
fn is_of_a_script(c: char) -> bool {
    matches!(c,
        '\u{38e}'..='\u{3a1}' | '\u{3a3}'..='\u{3f5}' | '\u{3f7}'..='\u{481}' | '\u{48a}'..='\u{52f}'
        | '\u{5d0}'..='\u{5ea}' | '\u{620}'..='\u{657}' | '\u{66e}'..='\u{6d3}' | '\u{900}'..='\u{93b}'
        | '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e46}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(fold(text), expected, "{text:?}");
    }

    #[test]
    fn what_people_see_as_one_word_folds_to_one_word() {
        check("Nescafé NESCAFE ｎｅｓｃａｆé nescafe\u{301}", "nescafe nescafe nescafe nescafe");
        check("Œuvre, STRASSE straße Æsop Łódź", "oeuvre strasse strasse aesop lodz");
        check("𝗔𝗰𝗺𝗲 Ⓐⓒⓜⓔ", "acme acme");
        check("ac\u{200b}me ac\u{ad}me", "acme acme");
        check("l’été d'Acme", "l ete d acme");
        check("Aujourd’hui aujourd'hui", "aujourdhui aujourdhui");
        check("Saint‑Gobain h&m Nike™", "saint gobain h m nike");
        check("и\u{306} й ё", "й й е");
        check("か\u{3099} が ｶﾞ", "が が ガ");
        check("\u{1112}\u{1161}\u{11ab}글", "한글");
    }

    #[test]
    fn signs_before_names_stay_and_links_are_opaque() {
        check("#Orange ＃Été @Acme_FR a#b", "#orange #ete @acme_fr a b");
        check("voir https://acme.example/orange?q=1, ok", "voir \u{1} ok");
        check("écris à moi@acme.example.", "ecris a \u{1}");
        check("@acme.bsky.social dit", "@acme.bsky.social dit");
        check("merci @ana@serveur.example !", "merci @ana@serveur.example");
        check("I ❤️ it 👍🏽👩\u{200d}💻🇫🇷🇧🇪", "i ❤ it 👍 👩💻 🇫🇷 🇧🇪");
        check("# seul @ 12:30", "seul 12 30");
    }

    #[test]
    fn letters_are_those_of_unicode() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_letter(c), c.is_alphabetic(), "{c:?}");
            assert_eq!(is_letter_or_digit(c), c.is_alphanumeric(), "{c:?}");
        }
    }

    #[test]
    fn places_point_into_the_original() {
        let text = "Chez  L’Œuvre d’E\u{301}té, merci";
        let mut folded = Folded::default();
        folded.fold(text);
        let tokens = &folded.tokens()[2..=4];
        let place = Places::of(text).locate(&(tokens[0].range().start..tokens[2].range().end));
        assert_eq!(text.get(place), Some("Œuvre d’E\u{301}té"));
        for (text, even) in [
            ("Acme_1 & co: a #tag, a/b 50 %", true),
            ("", true),
            ("Nescafé", false),
            ("by @ana now", false),
            ("aujourd'hui", false),
            ("see acme.fr/path", false),
            ("@ACMÉ", false),
            ("https://a.example x", false),
            ("a@b.example x", false),
        ] {
            folded.fold(text);
            assert_eq!(folded.is_even(text), even, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_place_can_be_sliced(text in "([ -~\\n]|\\PC|://|é|\u{301}|か\u{3099}|ﾞ|京|@|#|aujourd'hui){0,40}", a in 0_usize..60, b in 0_usize..60) {
            let mut folded = Folded::default();
            folded.fold(&text);
            let length = folded.bytes().len();
            let places = Places::of(&text);
            proptest::prop_assert!(text.get(places.locate(&(a.min(b).min(length)..a.max(b).min(length)))).is_some());
            proptest::prop_assert!(std::str::from_utf8(folded.bytes()).is_ok());
            let mut end = 0;
            for token in folded.tokens() {
                proptest::prop_assert!(token.range().start >= end && !token.range().is_empty(), "{:?}", folded.tokens());
                end = token.range().end;
                proptest::prop_assert!(text.get(places.locate(&token.range())).is_some_and(|found| !found.is_empty()));
                proptest::prop_assert!(!folded.is_even(&text) || places.locate(&token.range()) == token.range());
            }
        }
    }
}
