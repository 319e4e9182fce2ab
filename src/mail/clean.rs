//! What strangers wrote, made fit to be shown in a mail: plain, short, in one direction, without tricks.

use unicode_normalization::char::canonical_combining_class;

use crate::matcher::{Field, Tag, longest};

/// An excerpt has at most this many characters: enough for the sentence around a keyword.
pub(super) const EXCERPT: usize = 300;
/// Characters kept before the first keyword, so that its sentence can be understood.
const BEFORE: usize = 90;
/// A cut moves up to this far to fall between words.
const TO_WORD: usize = 24;
/// Marks on one letter; more of them are made to run over other lines.
const MARKS: usize = 3;
/// Longer addresses are no links that a person sends.
const LINK: usize = 2_000;

/// Whether a character only steers: control, direction, invisible or reserved signs. The joiner of emoji and
/// the signs that choose their form stay.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

/// At most `most` characters of `text` as one line: what steers goes, spaces become one.
pub(crate) fn short(text: &str, most: usize) -> String {
    let mut line = Line::default();
    for c in text.chars() {
        if line.length >= most {
            line.text.push('…');
            break;
        }
        line.push(c);
    }
    line.text.trim_end().to_owned()
}

/// All of `text` as one line.
fn one_line(text: &str) -> String {
    let mut line = Line::default();
    text.chars().for_each(|c| line.push(c));
    line.text
}

#[derive(Debug, Default)]
struct Line {
    text: String,
    length: usize,
    marks: usize,
}

impl Line {
    fn push(&mut self, c: char) {
        let space =
            c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}') || matches!(c, '\u{2028}' | '\u{2029}');
        if space {
            if !self.text.is_empty() && !self.text.ends_with(' ') {
                self.text.push(' ');
                self.length += 1;
            }
            return;
        }
        if steers(c) {
            return;
        }
        self.marks = if canonical_combining_class(c) == 0 { 0 } else { self.marks + 1 };
        if self.marks <= MARKS {
            self.text.push(c);
            self.length += 1;
        }
    }
}

/// Evidence as it is: signs that cannot be seen are named instead of removed.
pub(crate) fn evidence(text: &str, most: usize) -> String {
    let mut out = String::new();
    for c in text.chars().take(most) {
        if steers(c) || c == '\u{200d}' {
            out.push_str(&format!("‹U+{:04X}›", u32::from(c)));
        } else {
            out.push(if c.is_whitespace() { ' ' } else { c });
        }
    }
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

/// A part of an excerpt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Its text.
    pub(crate) text: String,
    /// Whether it is a keyword that was found.
    pub(crate) marked: bool,
}

/// At most `most` characters of `text` around the first keyword found in it, with every keyword marked; the
/// longest where they overlap.
pub(crate) fn excerpt(text: &str, tags: &[Tag], field: Field, most: usize) -> Vec<Piece> {
    let mut near: Vec<Tag> = tags
        .iter()
        .filter(|tag| tag.field == field && text.get(tag.start..tag.end).is_some())
        .cloned()
        .collect();
    let first = near.iter().map(|tag| tag.start).min().unwrap_or(0);
    let begin = begin(text, first, most);
    let (end, cut) = end(text, begin, most);
    // A long post may hold a keyword ten thousand times; only what is shown is sorted out.
    near.retain(|tag| tag.start < end);
    let marks = longest(&near, field);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |from: usize, to: usize, marked: bool| {
        let mut words = one_line(text.get(from..to).unwrap_or_default());
        // Spaces at the seam: kept once, outside the mark.
        if text.get(from..to).is_some_and(|raw| raw.starts_with(char::is_whitespace)) && !pieces.is_empty() {
            words.insert(0, ' ');
        }
        if !words.trim().is_empty() || (words == " " && !marked) {
            pieces.push(Piece { text: words, marked });
        }
    };
    let mut upto = begin;
    for tag in marks {
        push(upto, tag.start.max(upto), false);
        push(tag.start.max(begin), tag.end.min(end), true);
        upto = tag.end.min(end);
    }
    push(upto, end, false);
    if begin > 0 {
        pieces.insert(0, Piece { text: "… ".to_owned(), marked: false });
    }
    if let Some(last) = pieces.last_mut() {
        last.text.truncate(last.text.trim_end().len());
        if cut {
            pieces.push(Piece { text: " …".to_owned(), marked: false });
        }
    }
    pieces
}

/// Where an excerpt of `most` characters begins whose first keyword stands at `first`: at the start of the
/// text when all of it fits or the keyword stands in its first half, else a little before the keyword.
fn begin(text: &str, first: usize, most: usize) -> usize {
    let before = text.get(..first).unwrap_or_default();
    if text.char_indices().nth(most).is_none() || before.char_indices().nth(most / 2).is_none() {
        return 0;
    }
    let Some((far, _)) = before.char_indices().rev().nth(BEFORE - 1) else { return 0 };
    let Some(words) = before.get(far..) else { return 0 };
    words
        .char_indices()
        .take(TO_WORD)
        .find(|(_, c)| c.is_whitespace())
        .map_or(far, |(at, space)| far + at + space.len_utf8())
}

/// Where an excerpt of `most` characters from `begin` ends, and whether that cuts the text.
fn end(text: &str, begin: usize, most: usize) -> (usize, bool) {
    let rest = text.get(begin..).unwrap_or_default();
    let Some((at, _)) = rest.char_indices().nth(most) else { return (text.len(), false) };
    let kept = rest.get(..at).unwrap_or_default();
    let word = kept.char_indices().rev().take(TO_WORD).find(|(_, c)| c.is_whitespace());
    (begin + word.map_or(at, |(space, _)| space), true)
}

/// An address that may be opened, with the host it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The address.
    pub(crate) href: String,
    /// Its host; letters beyond ASCII in their coded form, so that one host cannot look like another.
    pub(crate) host: String,
}

/// The address if it leads to a web page; names and passwords before the host, which only mislead, go.
pub(crate) fn link(address: &str) -> Option<Link> {
    if address.len() > LINK {
        return None;
    }
    let mut url = url::Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let host = url.host_str()?.to_owned();
    (url.as_str().len() <= LINK).then(|| Link { href: url.to_string(), host })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str, keyword: &str) -> Tag {
        let start = text.find(keyword).unwrap();
        Tag { keyword: keyword.to_owned(), field: Field::Text, start, end: start + keyword.len() }
    }

    /// Puts brackets around what is marked.
    fn shown(text: &str, tags: &[Tag], most: usize) -> String {
        excerpt(text, tags, Field::Text, most)
            .iter()
            .map(|piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text.clone() })
            .collect()
    }

    #[test]
    fn an_excerpt_stands_around_the_first_keyword() {
        let text = "I left  Acme Cloud\nyesterday";
        assert_eq!(
            shown(text, &[tag(text, "Acme"), tag(text, "Acme Cloud")], 300),
            "I left [Acme Cloud] yesterday"
        );
        let long = format!("{} Acme {}", "word ".repeat(50), "more ".repeat(500));
        let cut = shown(&long, &[tag(&long, "Acme")], 300);
        assert!(
            cut.starts_with("… word ") && cut.contains(" [Acme] more ") && cut.ends_with("more …"),
            "{cut}"
        );
        assert!(cut.chars().count() <= 306, "{}", cut.chars().count());
        assert_eq!(shown("rien ici", &[], 300), "rien ici");
        assert_eq!(shown("", &[], 300), "");
        assert_eq!(
            shown("x", &[Tag { keyword: "x".into(), field: Field::Text, start: 5, end: 9 }], 300),
            "x"
        );
    }

    #[test]
    fn what_steers_goes() {
        assert_eq!(short("a\u{202e}b\r\nBcc: c\u{0}\u{200b}d", 80), "ab Bcc: cd");
        assert_eq!(short("e\u{301}\u{301}\u{301}\u{301}\u{301}", 80), "e\u{301}\u{301}\u{301}");
        assert_eq!(short("👩\u{200d}🔬 ok", 80), "👩\u{200d}🔬 ok");
        assert_eq!(short("abcdef", 3), "abc…");
        assert_eq!(evidence("a\u{200b}b", 10), "a‹U+200B›b");
    }

    #[test]
    fn only_web_pages_are_linked_and_hosts_are_told() {
        let host = |address: &str| link(address).map(|link| link.host);
        assert_eq!(host("https://acme.example/a?b=c").as_deref(), Some("acme.example"));
        assert_eq!(host("https://аcme.example/"), Some("xn--cme-5cd.example".into()));
        assert_eq!(
            link("https://bank.example@evil.example/").map(|link| link.href).as_deref(),
            Some("https://evil.example/")
        );
        assert_eq!(host("javascript:alert(1)"), None);
        assert_eq!(host("data:text/html,x"), None);
        assert_eq!(host("at://did:plc:x/y"), None);
        assert_eq!(host(""), None);
        assert!(!link("https://a.example/\"><script>").unwrap().href.contains(['"', '<', '>']));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,40}", start in 0_usize..40, end in 0_usize..40, most in 1_usize..20) {
            let tags = [Tag { keyword: "k".into(), field: Field::Text, start, end }];
            let length: usize = excerpt(&text, &tags, Field::Text, most).iter().map(|piece| piece.text.chars().count()).sum();
            proptest::prop_assert!(length <= most + 8);
        }
    }
}
