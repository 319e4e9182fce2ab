//! Folding: texts and keywords brought to one form, so that `Nescafé`, `NESCAFE` and `ｎｅｓｃａｆé` are the same word.
//!
//! Case, accents, ligatures, compatibility forms, apostrophes and invisible characters stop mattering;
//! everything that separates words becomes one space. Signs that mean something stay: `#` and `@` before a
//! name, emoji as words of their own. Links and e-mail addresses become one opaque sign each, so that
//! keywords never match inside them. The rules are those of the query language.

use std::ops::Range;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, compose};

/// Stands for a link or an e-mail address in folded text; no keyword contains it.
pub const LINK: char = '\u{1}';

/// How many characters one entry block of the table holds.
const BLOCK: usize = 256;
/// Blocks needed for all of Unicode.
const BLOCKS: usize = 0x11_0000 / BLOCK;

/// What one character becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Folded {
    /// Nothing: it is invisible.
    Drop,
    /// The space between words.
    Separator,
    /// A sign that is a word of its own.
    Emoji,
    /// This character.
    One(char),
    /// These characters, at most four.
    Many([char; 4], u8),
    /// A mark or jamo that joins the character before it.
    Joins,
}

/// The table, filled block by block as characters are met: building all of it would cost 0.2 s at start.
static TABLE: [OnceLock<Box<[Folded]>>; BLOCKS] = [const { OnceLock::new() }; BLOCKS];

fn look_up(c: char) -> Folded {
    let code = c as usize;
    let block = TABLE.get(code / BLOCK).map(|block| {
        block.get_or_init(|| {
            let start = u32::try_from(code / BLOCK * BLOCK).unwrap_or(0);
            (start..start + 256).map(|code| char::from_u32(code).map_or(Folded::Drop, classify)).collect()
        })
    });
    block.and_then(|block| block.get(code % BLOCK)).copied().unwrap_or(Folded::Drop)
}

/// Zero-width and direction signs, soft hyphen, variation selectors, skin tones, tags, fillers.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{203c}' | '\u{2049}' | '\u{2139}' | '\u{231a}' | '\u{231b}' | '\u{2328}'
        | '\u{23cf}'..='\u{23f3}' | '\u{23f8}'..='\u{23fa}' | '\u{25fb}'..='\u{25fe}' | '\u{2600}'..='\u{27bf}'
        | '\u{2934}' | '\u{2935}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1f0ff}' | '\u{1f18e}'
        | '\u{1f191}'..='\u{1f19a}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f200}'..='\u{1faff}')
}

/// Whether words of this character's script are written without spaces, so that a keyword may stand anywhere.
pub fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{f00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}'
        | '\u{3130}'..='\u{318f}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{1b000}'..='\u{1b16f}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Marks that only decorate: those of Latin, Greek, Cyrillic, Arabic and Hebrew.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'
        | '\u{5c1}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

fn joins(c: char) -> bool {
    is_accent(c) && c != '\u{640}'
        || matches!(c, '\u{3099}' | '\u{309a}' | '\u{ff9e}' | '\u{ff9f}' | '\u{1161}'..='\u{11ff}')
        || canonical_combining_class(c) != 0
}

/// Whether `c` can stand inside a word once folded.
pub fn is_word(c: char) -> bool {
    c == '_' || c == '.' || c == '-' || c.is_alphanumeric() || (!c.is_ascii() && joins(c))
}

fn classify(c: char) -> Folded {
    if is_invisible(c) {
        return Folded::Drop;
    }
    if joins(c) {
        return Folded::Joins;
    }
    if c == '_' {
        return Folded::One('_');
    }
    if is_emoji(c) {
        return Folded::Emoji;
    }
    if !c.is_alphanumeric() {
        return Folded::Separator;
    }
    let mut out = [' '; 4];
    let mut count = 0_u8;
    let lower = std::iter::once(c).nfkc().flat_map(char::to_lowercase).collect::<String>();
    for folded in lower.chars().flat_map(letters) {
        if let Some(place) = out.get_mut(usize::from(count)) {
            *place = folded;
            count += 1;
        }
    }
    match (count, out) {
        (0, _) => Folded::Separator,
        (1, [one, ..]) => Folded::One(one),
        _ => Folded::Many(out, count),
    }
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
        _ if is_unspaced(c) || !c.is_alphanumeric() && !joins(c) => {
            one(if c.is_whitespace() { ' ' } else { c })
        }
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

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '′' | '´' | '`' | '＇' | 'ʹ' | '‛' | 'ʻ')
}

/// Folds `text` into `out`, which is emptied first.
pub fn fold_into(text: &str, out: &mut String) {
    out.clear();
    if !fold_quick(text, out) {
        out.clear();
        for_each(text, |piece, _| piece.append(out));
    }
    if out.ends_with(' ') {
        out.pop();
    }
}

/// Folds a text of plain words and separators; `false` as soon as something stands in it that may be a link,
/// a hashtag, an account, an emoji, a mark or an invisible sign, and the long way is needed.
fn fold_quick(text: &str, out: &mut String) -> bool {
    out.reserve(text.len());
    let mut before = ' ';
    let mut open = false;
    for c in text.chars() {
        let folded = if c.is_ascii_alphanumeric() || c == '_' {
            Folded::One(c.to_ascii_lowercase())
        } else if c.is_ascii() {
            let special = match c {
                '#' | '@' => true,
                '/' => before == ':',
                '.' => out.ends_with("www"),
                '\'' | '`' => out.ends_with("aujourd"),
                _ => false,
            };
            if special {
                return false;
            }
            Folded::Separator
        } else if matches!(c, '＃' | '＠') || is_apostrophe(c) && out.ends_with("aujourd") {
            return false;
        } else {
            look_up(c)
        };
        match folded {
            Folded::One(one) => {
                out.push(one);
                open = true;
            }
            Folded::Many(letters, count) => {
                out.extend(letters.iter().take(usize::from(count)));
                open = true;
            }
            Folded::Separator => {
                if open {
                    out.push(' ');
                }
                open = false;
            }
            Folded::Drop | Folded::Emoji | Folded::Joins => return false,
        }
        before = c;
    }
    true
}

/// `text` folded.
pub fn fold(text: &str) -> String {
    let mut out = String::new();
    fold_into(text, &mut out);
    out
}

/// One step of folding.
#[derive(Debug)]
enum Piece {
    /// A space, unless one stands there already.
    Space,
    /// Characters of a word.
    Letters([char; 4], u8),
    /// A sign that is a word of its own; `true` when it is glued to the one before.
    Sign(char, bool),
    /// `#` or `@` before a name.
    Marker(char),
}

impl Piece {
    fn append(&self, out: &mut String) {
        let space = |out: &mut String| {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        };
        match self {
            Piece::Space => space(out),
            Piece::Letters(letters, count) => out.extend(letters.iter().take(usize::from(*count))),
            Piece::Sign(sign, glued) => {
                if *glued {
                    if out.ends_with(' ') {
                        out.pop();
                    }
                } else {
                    space(out);
                }
                out.push(*sign);
                out.push(' ');
            }
            Piece::Marker(sign) => {
                space(out);
                out.push(*sign);
            }
        }
    }
}

/// Calls `each` with every piece of folded text and the range of the original it comes from.
fn for_each(text: &str, mut each: impl FnMut(&Piece, Range<usize>)) {
    let mut rest = text.char_indices().peekable();
    let mut skip_until = 0;
    // Looked for once: most texts have no link, and then no word is asked whether it starts one.
    let may_link = text.contains("://")
        || text.contains('@')
        || text.bytes().any(|byte| byte == b'w' || byte == b'W') && has_www(text);
    // Whether a word goes on here, to know where names and links may start.
    let mut inside = false;
    let mut before = ' ';
    let mut account_until = 0;
    let mut joined = false;
    while let Some((at, c)) = rest.next() {
        if at < skip_until {
            continue;
        }
        let end = at + c.len_utf8();
        if may_link
            && !inside
            && at >= account_until
            && let Some(length) = text.get(at..).and_then(link_length)
        {
            each(&Piece::Sign(LINK, false), at..at + length);
            skip_until = at + length;
            (inside, before) = (false, ' ');
            continue;
        }
        if !inside && matches!(c, '#' | '＃' | '@' | '＠') {
            let mut tail = text.get(end..).unwrap_or_default().chars().skip_while(|next| is_invisible(*next));
            if tail.next().is_some_and(|next| next == '_' || next.is_alphanumeric()) {
                let account = matches!(c, '@' | '＠');
                if account {
                    account_until = end + account_length(text.get(end..).unwrap_or_default());
                }
                each(&Piece::Marker(if account { '@' } else { '#' }), at..end);
                (inside, before) = (false, ' ');
                continue;
            }
        }
        if at < account_until && matches!(c, '.' | '-' | '@') {
            each(&Piece::Letters([c, ' ', ' ', ' '], 1), at..end);
            (inside, before) = (true, c);
            continue;
        }
        if is_apostrophe(c) && is_today(text, at, end) {
            continue;
        }
        let folded = look_up(c);
        match folded {
            Folded::Drop => {
                joined = c == '\u{200d}';
                continue;
            }
            Folded::Separator => {
                inside = false;
                each(&Piece::Space, at..end);
            }
            Folded::Emoji => {
                let flag = |c: char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
                let glued = joined && is_emoji(before) || flag(c) && flag(before);
                each(&Piece::Sign(c, glued), at..end);
                before = if flag(c) && glued { ' ' } else { c };
                (inside, joined) = (false, false);
                continue;
            }
            Folded::One(_) | Folded::Many(..) | Folded::Joins => {
                inside = true;
                let mut end = end;
                let mut whole = c;
                let mut letters = folded;
                // A base and the marks after it are looked up as the one character they compose.
                while let Some(&(next_at, mark)) = rest.peek() {
                    if mark.is_ascii() || look_up(mark) != Folded::Joins {
                        break;
                    }
                    rest.next();
                    end = next_at + mark.len_utf8();
                    let mark = match mark {
                        'ﾞ' => '\u{3099}',
                        'ﾟ' => '\u{309a}',
                        other => other,
                    };
                    let base = if let Folded::One(one) = look_up(whole)
                        && is_unspaced(one)
                    {
                        one
                    } else {
                        whole
                    };
                    if let Some(composed) = compose(base, mark) {
                        whole = composed;
                        letters = look_up(whole);
                    } else if !is_accent(mark) {
                        each(&spell(letters, whole), at..next_at);
                        letters = Folded::One(mark);
                        whole = mark;
                    }
                }
                each(&spell(letters, whole), at..end);
            }
        }
        joined = false;
        before = c;
    }
}

fn spell(folded: Folded, c: char) -> Piece {
    match folded {
        Folded::One(one) => Piece::Letters([one, ' ', ' ', ' '], 1),
        Folded::Many(letters, count) => Piece::Letters(letters, count),
        Folded::Joins if is_accent(c) => Piece::Letters([' '; 4], 0),
        Folded::Joins => Piece::Letters([c, ' ', ' ', ' '], 1),
        Folded::Drop | Folded::Separator | Folded::Emoji => Piece::Space,
    }
}

/// Whether the apostrophe at `at` is the one inside `aujourd'hui`, which is one word.
fn is_today(text: &str, at: usize, end: usize) -> bool {
    let ends = |part: Option<&str>, word: &str| {
        part.and_then(|part| part.get(part.len().checked_sub(word.len())?..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(word))
    };
    ends(text.get(..at), "aujourd")
        && text.get(end..end + 3).is_some_and(|tail| tail.eq_ignore_ascii_case("hui"))
}

/// The length in bytes of the account name that starts `text`: a name, and perhaps `@server` or `.domain`.
fn account_length(text: &str) -> usize {
    let inside =
        |c: char| c == '_' || c == '.' || c == '-' || c == '@' || c.is_alphanumeric() || is_invisible(c);
    let raw: &str = text.split(|c: char| !inside(c)).next().unwrap_or_default();
    raw.trim_end_matches(['.', '-', '@']).len()
}

fn has_www(text: &str) -> bool {
    text.as_bytes().windows(4).any(|four| four.eq_ignore_ascii_case(b"www."))
}

/// The length in bytes of the link or e-mail address that starts `text`, if one does.
fn link_length(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if !first.is_ascii_alphanumeric() {
        return None;
    }
    let head: &str = text.split(|c: char| !(c.is_ascii_alphanumeric() || "+.-_%@:".contains(c))).next()?;
    let lower =
        |prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let is_link = head.find(':').is_some_and(|colon| {
        text.get(colon..colon + 3) == Some("://") && head.get(..colon).is_some_and(|scheme| scheme.len() > 1)
    }) || lower("www.");
    if is_link {
        let end =
            text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '«' | '»' | '“' | '”'));
        let link = text.get(..end.unwrap_or(text.len()))?;
        return Some(link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '’', '…']).len());
    }
    let (name, server) = head.split_once('@')?;
    let server = server.split(['@', ':', '%', '+', '_']).next()?.trim_end_matches(['.', '-']);
    (!name.is_empty() && server.contains('.')).then_some(name.len() + 1 + server.len())
}

/// Where every piece of a folded text comes from. Made only for the few texts in which something was found.
#[derive(Debug)]
pub struct Places {
    /// Ranges of the folded text and of the original, in order.
    pieces: Vec<(Range<usize>, Range<usize>)>,
}

impl Places {
    /// Folds `text` once more, noting where each piece comes from.
    pub fn of(text: &str) -> Places {
        let mut folded = String::new();
        let mut pieces = Vec::new();
        for_each(text, |piece, from| {
            let start = folded.len();
            piece.append(&mut folded);
            if folded.len() > start && !matches!(piece, Piece::Space) {
                pieces.push((start..folded.len(), from));
            }
        });
        Places { pieces }
    }

    /// The range of the original that the range `wanted` of the folded text came from.
    pub fn locate(&self, wanted: &Range<usize>) -> Range<usize> {
        let first = self.pieces.partition_point(|(folded, _)| folded.end <= wanted.start);
        let last = self.pieces.partition_point(|(folded, _)| folded.start < wanted.end);
        let found = self.pieces.get(first..last).unwrap_or_default();
        match (found.first(), found.last()) {
            (Some((_, first)), Some((_, last))) => first.start..last.end,
            _ => 0..0,
        }
    }
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
    fn places_point_into_the_original() {
        let text = "Chez  L’Œuvre d’Été, merci";
        let folded = fold(text);
        let start = folded.find("oeuvre d ete").unwrap();
        let place = Places::of(text).locate(&(start..start + "oeuvre d ete".len()));
        assert_eq!(text.get(place), Some("Œuvre d’Été"));
    }

    proptest::proptest! {
        #[test]
        fn every_place_can_be_sliced(text in "\\PC{0,40}", a in 0_usize..60, b in 0_usize..60) {
            let folded = fold(&text);
            let range = a.min(b).min(folded.len())..a.max(b).min(folded.len());
            proptest::prop_assert!(text.get(Places::of(&text).locate(&range)).is_some());
        }

        #[test]
        fn the_quick_way_agrees_with_the_long_way(text in "([ -~\\n\\t\\x00]|www\\.|://|aujourd|'|é|œ|’|«|京|\\PC){0,30}") {
            let mut long = String::new();
            for_each(&text, |piece, _| piece.append(&mut long));
            proptest::prop_assert_eq!(fold(&text), long.trim_end_matches(' '));
        }
    }
}
