//! A walk over JSON that reads what is asked for and steps over all else, without memory of its own: of what a stream
//! sends hardly anything is of interest. What it reads it reads as `serde_json` does; of what it steps over it knows
//! where texts and brackets end, and no more. It gives up (`None`) at whatever is unusual: that is read whole.
//!
//! Sixty-four bytes at a time become bits: where quotes stand, and brackets outside of texts. The way is that of simdjson
//! (Langdale and Lemire, 2019).

use std::borrow::Cow;

use wide::u8x16;

/// How many bytes are looked at in one go.
const BLOCK: usize = 64;

/// A value that differs from message to message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// A whole number that is not negative.
    Whole,
}

/// What stands in a block, a bit for each of its bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Marks {
    /// Quotes that begin or end a text.
    quotes: u64,
    /// Brackets outside of texts, and letters that stand outside of texts in no JSON.
    brackets: u64,
}

/// Where a walk stands.
#[derive(Debug)]
pub(in crate::network) struct Walk<'j> {
    body: &'j [u8],
    at: usize,
    /// Where the block begins that was looked at last.
    block: usize,
    marks: Marks,
    /// All bits where the block after it begins inside a text.
    inside: u64,
    /// Whether its first byte is escaped.
    escaped: bool,
    /// Whether any backslash was met.
    has_escapes: bool,
    /// Where the longest text lies that was read: it is known to be UTF-8.
    read: (usize, usize),
    /// High bits of all bytes.
    high: u8x16,
    /// Control characters met.
    control: u8x16,
}

impl<'j> Walk<'j> {
    /// A walk over a body.
    pub(in crate::network) fn over(body: &'j [u8]) -> Walk<'j> {
        let none = u8x16::splat(0);
        let mut walk = Walk {
            body,
            at: 0,
            block: 0,
            marks: Marks::default(),
            inside: 0,
            escaped: false,
            has_escapes: false,
            read: (0, 0),
            high: none,
            control: none,
        };
        walk.look();
        walk
    }

    /// Looks at the block at `self.block`.
    fn look(&mut self) {
        let rest = self.body.get(self.block..).unwrap_or_default();
        let mut last = [b' '; BLOCK];
        let block = rest.first_chunk::<BLOCK>().unwrap_or_else(|| {
            last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
            &last
        });
        let all = u8x16::splat;
        let (mut quotes, mut backslashes, mut brackets) = (0, 0, 0);
        for (part, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            let put = |of: u8x16| u64::from(of.to_bitmask()) << (16 * part);
            quotes |= put(bytes.simd_eq(all(b'"')));
            backslashes |= put(bytes.simd_eq(all(b'\\')));
            // they differ in three bits, as do `y`, `_` and few others
            brackets |= put((bytes | all(0x26)).simd_eq(all(0x7f)));
            self.high |= bytes;
            self.control |= bytes.min(all(0x1f)).simd_eq(bytes);
        }
        if backslashes != 0 || self.escaped {
            quotes &= !self.escapes(backslashes);
        }
        let mut texts = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            texts ^= texts << shift;
        }
        texts ^= self.inside;
        self.inside = 0_u64.wrapping_sub(texts >> 63);
        self.marks = Marks { quotes, brackets: brackets & !texts };
    }

    /// The bytes that a backslash stands before.
    #[cold]
    fn escapes(&mut self, mut backslashes: u64) -> u64 {
        self.has_escapes = true;
        let mut escaped = u64::from(self.escaped);
        backslashes &= !escaped;
        self.escaped = false;
        while backslashes != 0 {
            let one = backslashes & backslashes.wrapping_neg();
            self.escaped = one >> 63 == 1;
            escaped |= one << 1;
            backslashes &= !(one | one << 1);
        }
        escaped
    }

    /// Looks at the next block.
    fn go_on(&mut self) -> Option<()> {
        self.block += BLOCK;
        (self.block < self.body.len()).then(|| self.look())
    }

    /// The bits of the block from `place` on.
    #[inline]
    fn from(&self, place: usize) -> u64 {
        let before = u32::try_from(place.saturating_sub(self.block)).unwrap_or(u32::MAX);
        u64::MAX.checked_shl(before).unwrap_or(0)
    }

    /// The next quote at or after `place`.
    #[inline]
    fn quote(&mut self, place: usize) -> Option<usize> {
        loop {
            let left = self.marks.quotes & self.from(place);
            if left != 0 {
                return Some(self.block + usize::try_from(left.trailing_zeros()).unwrap_or_default());
            }
            self.go_on()?;
        }
    }

    /// Where the bracket at `self.at` is closed.
    fn bracket(&mut self) -> Option<usize> {
        let mut depth = 0_u32;
        loop {
            let mut left = self.marks.brackets & self.from(self.at);
            while left != 0 {
                let place = self.block + usize::try_from(left.trailing_zeros()).unwrap_or_default();
                left &= left - 1;
                depth = match self.body.get(place)? {
                    b'{' | b'[' => depth + 1,
                    b'}' | b']' => depth.checked_sub(1)?,
                    _ => return None,
                };
                if depth == 0 {
                    return Some(place);
                }
            }
            self.go_on()?;
        }
    }

    /// The next byte that is no space.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.body.get(self.at)? {
                b' ' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// The next value is a text: its bytes as written, with its quotes.
    #[inline]
    fn written(&mut self) -> Option<&'j [u8]> {
        self.expect(b'"')?;
        let start = self.at - 1;
        self.at = self.quote(self.at)? + 1;
        self.body.get(start..self.at)
    }

    /// What stands between the quotes of a text without escapes.
    #[inline]
    fn plain(&self, written: &'j [u8]) -> Option<&'j [u8]> {
        let [_, plain @ .., _] = written else { return None };
        (!self.has_escapes || !plain.contains(&b'\\')).then_some(plain)
    }

    /// The next value is an object: `each` takes the value of every key.
    #[inline]
    pub(in crate::network) fn object(
        &mut self,
        mut each: impl FnMut(&mut Walk<'j>, &'j [u8]) -> Option<()>,
    ) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            return self.expect(b'}');
        }
        loop {
            let key = self.written()?;
            let key = self.plain(key)?;
            self.expect(b':')?;
            each(self, key)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => return self.expect(b'}'),
            }
        }
    }

    /// The next value is a list: `each` takes every value.
    pub(in crate::network) fn list(
        &mut self,
        mut each: impl FnMut(&mut Walk<'j>) -> Option<()>,
    ) -> Option<()> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            return self.expect(b']');
        }
        loop {
            each(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => return self.expect(b']'),
            }
        }
    }

    /// The next value is a text.
    pub(in crate::network) fn text(&mut self) -> Option<Cow<'j, str>> {
        let written = self.written()?;
        if written.len() > self.read.1 - self.read.0 {
            self.read = (self.at - written.len(), self.at);
        }
        match self.plain(written) {
            Some(plain) => std::str::from_utf8(plain).ok().map(Cow::Borrowed),
            None => serde_json::from_slice(written).ok().map(Cow::Owned),
        }
    }

    /// The next value is this text.
    #[inline]
    pub(in crate::network) fn only(&mut self, wanted: &str) -> Option<()> {
        let written = self.written()?;
        (self.plain(written)? == wanted.as_bytes()).then_some(())
    }

    /// The next value is a whole number.
    pub(in crate::network) fn whole(&mut self) -> Option<i64> {
        self.peek()?;
        let start = self.at;
        self.number()?;
        std::str::from_utf8(self.body.get(start..self.at)?).ok()?.parse().ok()
    }

    /// Steps over the next value; tells whether it is one: `null` is none.
    #[inline]
    pub(in crate::network) fn skip(&mut self) -> Option<bool> {
        match self.peek()? {
            b'"' => self.written().map(|_| true),
            b'{' | b'[' => {
                self.at = self.bracket()? + 1;
                Some(true)
            }
            b'n' => self.word("null").map(|()| false),
            b't' => self.word("true").map(|()| true),
            b'f' => self.word("false").map(|()| true),
            _ => self.number().map(|()| true),
        }
    }

    /// What the next value is, if it is one of these.
    pub(super) fn kind(&mut self) -> Option<Option<Kind>> {
        Some(match self.peek()? {
            b'"' => Some(Kind::Text),
            b'0'..=b'9' => Some(Kind::Whole),
            _ => None,
        })
    }

    /// Whether the next value is an object.
    pub(super) fn is_object(&mut self) -> bool {
        self.peek() == Some(b'{')
    }

    /// Whether the next value is a list.
    pub(super) fn is_list(&mut self) -> bool {
        self.peek() == Some(b'[')
    }

    /// Where the next value stands, a text or a whole number, without its quotes.
    pub(super) fn value(&mut self) -> Option<std::ops::Range<usize>> {
        let start = self.at;
        if self.peek()? == b'"' {
            self.written()?;
            return Some(start + 1..self.at - 1);
        }
        self.number()?;
        let is_whole = self.body.get(start..self.at)?.iter().all(u8::is_ascii_digit);
        is_whole.then_some(start..self.at)
    }

    /// Nothing follows, and everything was text.
    pub(in crate::network) fn end(mut self) -> Option<()> {
        while self.go_on().is_some() {}
        let ascii = |range| self.body.get(range).is_some_and(<[u8]>::is_ascii);
        let (start, end) = self.read;
        let text = self.high.to_bitmask() == 0
            || ascii(0..start) && ascii(end..self.body.len())
            || std::str::from_utf8(self.body).is_ok();
        (text && !self.control.any() && self.peek().is_none()).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.body.get(self.at..)?.starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// Steps over a number, as JSON writes them.
    fn number(&mut self) -> Option<()> {
        let is = |at: usize, signs: &[u8]| self.body.get(at).is_some_and(|byte| signs.contains(byte));
        let digits = |at: usize| {
            let rest = self.body.get(at..).unwrap_or_default();
            let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (count > 0).then_some(at + count)
        };
        let start = self.at + usize::from(is(self.at, b"-"));
        let mut end = digits(start)?;
        if is(start, b"0") && end > start + 1 {
            return None;
        }
        if is(end, b".") {
            end = digits(end + 1)?;
        }
        if is(end, b"eE") {
            end = digits(end + 1 + usize::from(is(end + 1, b"+-")))?;
        }
        self.at = end;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Whether a body is stepped over whole.
    fn passes(body: &str) -> bool {
        let mut walk = Walk::over(body.as_bytes());
        walk.skip().is_some() && walk.end().is_some()
    }

    #[test]
    fn what_is_json_is_stepped_over() {
        let long = format!("{{\"a\":[{}]}}", vec![r#"{"b{\"":"}]\\","京":[[],{}]}"#; 20].join(","));
        for value in [
            "0",
            "-0",
            "1.5e+3",
            "null",
            "true",
            "false",
            "  [ ] ",
            "{}",
            r#"[[[{"a":[]}]]]"#,
            r#""a\"]""#,
            r#""\u00e9\\""#,
            "\"a\u{7f}é\u{80}京\"",
            r#"{"a":"b","a":[1,2,{"c":null}]}"#,
            &long,
        ] {
            assert!(passes(value) && serde_json::from_str::<Value>(value).is_ok(), "{value}");
        }
        let open = "[".repeat(100_000);
        for value in [
            "",
            "01",
            "1.",
            "-",
            "1e",
            ".5",
            "+1",
            "1 2",
            "nul",
            "nullx",
            "[1",
            "{\"a\":1",
            "\"a",
            "\"a\\\"",
            "]",
            "\"a\u{1}\"",
            &open,
        ] {
            assert!(!passes(value) && serde_json::from_str::<Value>(value).is_err(), "{value}");
        }
    }

    #[test]
    fn values_are_read_as_serde_reads_them() {
        let read = |body: &'static str| Walk::over(body.as_bytes()).text();
        assert_eq!(read("\"a\\u00e9\\n\"").as_deref(), Some("aé\n"));
        assert_eq!(read("\"\\ud83d\""), None);
        let whole = |body: &'static str| Walk::over(body.as_bytes()).whole();
        assert_eq!((whole("-12 "), whole("1.5"), whole("\"1\""), whole("x")), (Some(-12), None, None, None));
    }

    proptest::proptest! {
        #[test]
        fn whatever_serde_reads_is_stepped_over(strings in proptest::collection::vec("([\\[\\]{},:\"\\\\ a]|\\PC){0,90}", 0..4), shape in 0..3) {
            let strings: Vec<Value> = strings.into_iter().map(Value::from).collect();
            let body = match shape {
                0 => serde_json::json!(strings),
                1 => serde_json::json!({"a": {"b": strings}, "c": [strings]}),
                _ => serde_json::json!([[[strings.len()]], {"x": strings.first(), "y": {}}]),
            };
            let body = body.to_string();
            proptest::prop_assert!(passes(&body));
            for end in 0..body.len() {
                proptest::prop_assert!(!body.get(..end).is_some_and(passes), "cut off at {}", end);
            }
        }

        #[test]
        fn texts_are_read_as_serde_reads_them(text in "([\"\\\\ \n\t]|\\PC|aaaaaaaaa){0,90}") {
            let body = Value::from(text.clone()).to_string();
            let mut walk = Walk::over(body.as_bytes());
            let read = walk.text();
            proptest::prop_assert_eq!(read.as_deref(), Some(&*text));
            proptest::prop_assert!(walk.end().is_some());
        }

        #[test]
        fn no_bytes_are_too_odd(body: Vec<u8>) {
            let mut walk = Walk::over(&body);
            while walk.skip().is_some() && walk.peek().is_some() {}
            proptest::prop_assert!(walk.end().is_none() || std::str::from_utf8(&body).is_ok());
        }
    }
}
