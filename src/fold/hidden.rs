//! Signs that nobody sees, put inside words, links and accounts by mistake or to hide them: taken out before a text is
//! scanned, with a note of where they stood.

use std::borrow::Cow;

use super::scan::Record;
use super::table::{is_emoji, is_invisible};

/// Joins emoji; between letters it is nothing.
const JOINER: char = '\u{200d}';

/// Whether `c` is invisible whatever stands beside it.
pub(super) fn is_hidden(c: char) -> bool {
    // those that belong to emoji, and letters that only show nothing, stay
    is_invisible(c)
        && !matches!(c, JOINER | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether `text` may hold such a sign.
pub(super) fn hides(text: &str) -> bool {
    !text.is_ascii() && text.contains(|c| is_hidden(c) || c == JOINER)
}

/// Where signs are hidden, as ranges in bytes.
fn places(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let of_emoji = |c: char| is_emoji(c) || matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    text.char_indices()
        .filter(move |(at, c)| {
            let joins = || {
                let (before, after) = (text.get(..*at), text.get(at + c.len_utf8()..));
                before.and_then(|before| before.chars().next_back()).is_some_and(of_emoji)
                    && after.and_then(|after| after.chars().next()).is_some_and(is_emoji)
            };
            is_hidden(*c) || *c == JOINER && !joins()
        })
        .map(|(at, c)| (at, c.len_utf8()))
}

/// `text` without the signs that nobody sees.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !hides(text) {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut end) = (String::with_capacity(text.len()), 0);
    for (at, length) in places(text) {
        kept.push_str(text.get(end..at).unwrap_or_default());
        end = at + length;
    }
    kept.push_str(text.get(end..).unwrap_or_default());
    Cow::Owned(kept)
}

/// Hears of a text without its hidden signs, and tells of the text with them.
pub(super) struct Shifted<R> {
    /// Where signs stood in the text without them, and how many bytes up to there.
    gaps: Vec<(usize, usize)>,
    pub(super) record: R,
}

impl<R> Shifted<R> {
    pub(super) fn new(text: &str, record: R) -> Shifted<R> {
        let (mut gaps, mut gone) = (Vec::new(), 0);
        for (at, length) in places(text) {
            gaps.push((at - gone, gone + length));
            gone += length;
        }
        Shifted { gaps, record }
    }

    fn moved(&self, place: usize, gaps: usize) -> usize {
        place + gaps.checked_sub(1).and_then(|last| self.gaps.get(last)).map_or(0, |(_, gone)| *gone)
    }

    /// Where what begins at `place` begins.
    fn start(&self, place: usize) -> usize {
        self.moved(place, self.gaps.partition_point(|(at, _)| *at <= place))
    }

    /// Where what ends at `place` ends.
    fn end(&self, place: usize) -> usize {
        self.moved(place, self.gaps.partition_point(|(at, _)| *at < place))
    }
}

impl<R: Record> Record for Shifted<R> {
    fn piece(&mut self, out: usize, length: usize, from: usize, source: usize, even: bool) {
        if !even {
            let start = self.start(from);
            let source = self.end(from + source).saturating_sub(start);
            return self.record.piece(out, length, start, source, false);
        }
        // byte by byte only from one gap to the next
        let mut begin = from;
        while begin < from + length {
            let next = self.gaps.partition_point(|(at, _)| *at <= begin);
            let end = self.gaps.get(next).map_or(from + length, |(at, _)| (*at).min(from + length));
            self.record.piece(out + begin - from, end - begin, self.start(begin), end - begin, true);
            begin = end;
        }
    }

    fn stretch(&mut self, source: usize) {
        self.record.stretch(self.end(source));
    }

    fn cut(&mut self, out: usize) {
        self.record.cut(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::{Folded, Kind, Places, fold};

    #[test]
    fn what_nobody_sees_is_taken_out() {
        assert_eq!(visible("Or\u{200b}ange"), "Orange");
        assert_eq!(
            visible("a\u{200d}b 👩\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 👍🏽"),
            "ab 👩\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 👍🏽"
        );
        assert!(matches!(visible("Nescafé 👩\u{fe0f} x"), Cow::Borrowed(_)));
    }

    #[test]
    fn signs_hidden_in_words_links_and_accounts_hide_nothing() {
        for (text, clean) in [
            ("aujourd'\u{200b}hui", "aujourd'hui"),
            ("aujourd’h\u{ad}ui", "aujourd’hui"),
            ("ht\u{200b}tps://a.example", "https://a.example"),
            ("https://a\u{200d}b.example x", "https://ab.example x"),
            ("moi\u{200b}@acme.example", "moi@acme.example"),
            ("@ana@so\u{feff}cial.example", "@ana@social.example"),
            ("acme.fr/\u{200b}x y", "acme.fr/x y"),
            ("ｶ\u{200b}ﾞｽ", "ｶﾞｽ"),
            ("e\u{200b}\u{301}te\u{301}", "été"),
        ] {
            assert_eq!(fold(text), fold(clean), "{text:?}");
        }
    }

    #[test]
    fn places_count_the_hidden_signs() {
        let text = "un\u{200b} Acme\u{200b}Corp\u{200b}, https://a\u{200b}.example";
        let mut folded = Folded::default();
        folded.fold(text);
        let places = Places::of(text);
        let told: Vec<&str> =
            folded.tokens().iter().filter_map(|token| text.get(places.locate(&token.range()))).collect();
        assert_eq!(told, ["un", "Acme\u{200b}Corp", "https://a\u{200b}.example"]);
        assert_eq!(folded.tokens().last().map(|token| token.kind), Some(Kind::Link));
    }
}
