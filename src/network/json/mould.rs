//! Moulds: the messages of a stream come in few shapes. Once one of a shape has been read, the next is held against it:
//! what stood there besides the values must stand there again, byte for byte, and what stands between is its values.
//! Nothing is guessed: what fits is read as the message before it was, and what does not is read by other ways.
//!
//! The idea is that of speculative parsing (Li and others, "Mison", 2017; Bonetta and Brantner, "FAD.js", 2017).

use std::borrow::Cow;

use wide::u8x16;

use super::walk::{Kind, Walk};

/// How many bytes are looked at in one go.
const STEP: usize = 16;
/// Objects and lists inside one another; deeper messages are not learned.
const DEPTH: usize = 16;
/// Values of a message; longer ones are not learned.
const VALUES: usize = 64;
/// Digits of a whole number that certainly fits.
const DIGITS: usize = 18;
/// Shapes that are known at once.
const SHAPES: usize = 6;
/// Once as many are known, one of so many messages of other shapes takes the place of the one that was used least.
const PATIENCE: u32 = 64;

/// What a value is to those who read the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::network) enum Role {
    /// It is told, at this place.
    Kept(usize),
    /// It is part of the shape.
    Fixed,
    /// It may be anything.
    Other,
}

/// A value of a message.
#[derive(Debug, Clone, Copy)]
pub(in crate::network) struct Cast<'b> {
    /// As written, without quotes.
    written: &'b str,
    escaped: bool,
}

impl<'b> Cast<'b> {
    /// The text; `None` when its escapes are broken.
    pub(in crate::network) fn text(self) -> Option<Cow<'b, str>> {
        if !self.escaped {
            return Some(Cow::Borrowed(self.written));
        }
        serde_json::from_str(&["\"", self.written, "\""].concat()).ok().map(Cow::Owned)
    }

    /// The whole number.
    pub(in crate::network) fn whole(self) -> Option<i64> {
        self.written.parse().ok()
    }
}

/// One value, and how much stands before it.
#[derive(Debug)]
struct Piece {
    before: usize,
    kind: Kind,
    place: Option<usize>,
}

/// The shape of a message, with `N` values that are kept.
#[derive(Debug)]
struct Mould<const N: usize> {
    /// All that stands between values, end to end.
    fixed: Box<[u8]>,
    pieces: Box<[Piece]>,
}

/// Where values stand in a message, and what each of them is.
type Values = Vec<(std::ops::Range<usize>, Kind, Role)>;

impl<const N: usize> Mould<N> {
    /// The shape of a message that was read whole; `role` says of the keys that lead to a value what it is. Of several
    /// values of one place the first is kept. `None` where it is too large or too odd.
    fn of(message: &[u8], role: &dyn Fn(&[&[u8]]) -> Role) -> Option<Mould<N>> {
        let mut walk = Walk::over(message);
        let mut values = Values::new();
        look(&mut walk, &mut Vec::new(), role, &mut values)?;
        let (mut fixed, mut pieces, mut end) = (Vec::new(), Vec::new(), 0);
        let mut missing = [true; N];
        for (range, kind, role) in values {
            let place = match role {
                Role::Fixed => continue,
                Role::Other => None,
                Role::Kept(place) => std::mem::take(missing.get_mut(place)?).then_some(place),
            };
            let before = message.get(end..range.start)?;
            fixed.extend_from_slice(before);
            pieces.push(Piece { before: before.len(), kind, place });
            end = range.end;
        }
        fixed.extend_from_slice(message.get(end..)?);
        Some(Mould { fixed: fixed.into(), pieces: pieces.into() })
    }

    /// The values of a message of this shape, those that it has.
    fn cast<'b>(&self, message: &'b [u8]) -> Option<[Option<Cast<'b>>; N]> {
        let mut values = [None; N];
        let (mut fixed, mut rest) = (&*self.fixed, message);
        for Piece { before, kind, place } in &self.pieces {
            let (expected, later) = fixed.split_at_checked(*before)?;
            rest = rest.strip_prefix(expected)?;
            fixed = later;
            let (length, escaped, ascii) = match kind {
                Kind::Text => text(rest)?,
                Kind::Whole => (whole(rest)?, false, true),
            };
            let (written, later) = rest.split_at_checked(length)?;
            rest = later;
            if let Some(value) = place.and_then(|place| values.get_mut(place)) {
                *value = Some(Cast { written: simdutf8::basic::from_utf8(written).ok()?, escaped });
            } else if !ascii {
                simdutf8::basic::from_utf8(written).ok()?;
            }
        }
        (rest == fixed).then_some(values)
    }
}

/// Finds the values from where a walk stands.
fn look<'b>(
    walk: &mut Walk<'b>,
    keys: &mut Vec<&'b [u8]>,
    role: &dyn Fn(&[&[u8]]) -> Role,
    values: &mut Values,
) -> Option<()> {
    if keys.len() > DEPTH || values.len() > VALUES {
        return None;
    }
    match walk.kind()? {
        None if walk.is_list() => walk.list(|walk| {
            keys.push(b"");
            look(walk, keys, role, values)?;
            keys.pop().map(drop)
        }),
        None if walk.is_object() => walk.object(|walk, key| {
            keys.push(key);
            look(walk, keys, role, values)?;
            keys.pop().map(drop)
        }),
        // what is kept is a text or a number
        None if matches!(role(keys), Role::Kept(_)) => None,
        None => walk.skip().map(drop),
        Some(kind) => {
            let range = walk.value()?;
            values.push((range, kind, role(keys)));
            Some(())
        }
    }
}

/// How long the text is that goes on here, up to its quote; whether it has escapes, and certainly no characters beyond
/// ASCII.
#[inline]
fn text(rest: &[u8]) -> Option<(usize, bool, bool)> {
    let all = u8x16::splat;
    let (mut at, mut escaped, mut high) = (0, false, all(0));
    loop {
        let rest = rest.get(at..)?;
        // behind the end stands what stands in no text
        let mut last = [0; STEP];
        let step = rest.first_chunk::<STEP>().unwrap_or_else(|| {
            last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
            &last
        });
        let bytes = u8x16::new(*step);
        let control = bytes.min(all(0x1f)).simd_eq(bytes);
        let stop = (bytes.simd_eq(all(b'"')) | bytes.simd_eq(all(b'\\')) | control).to_bitmask();
        high |= bytes;
        if stop == 0 {
            at += STEP;
            continue;
        }
        let place = usize::try_from(stop.trailing_zeros()).unwrap_or_default();
        match step.get(place)? {
            b'"' => return Some((at + place, escaped, high.to_bitmask() == 0)),
            // no control character can be escaped by a backslash
            b'\\' if *rest.get(place + 1)? > 0x1f => (at, escaped) = (at + place + 2, true),
            _ => return None,
        }
    }
}

/// How long the whole number is that begins here.
#[inline]
fn whole(rest: &[u8]) -> Option<usize> {
    let digits = rest.iter().take(DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let odd = digits == 0 || digits > DIGITS || digits > 1 && rest.first() == Some(&b'0');
    (!odd).then_some(digits)
}

/// The shapes that messages had, each with what else was said of such a message.
#[derive(Debug)]
pub(in crate::network) struct Moulds<T, const N: usize> {
    /// Those that fit most often come first: shape, what was said, how often it fitted.
    known: Vec<(Mould<N>, T, u32)>,
    /// How many messages fitted none since the last that was learned.
    others: u32,
}

impl<T, const N: usize> Default for Moulds<T, N> {
    fn default() -> Moulds<T, N> {
        Moulds { known: Vec::new(), others: 0 }
    }
}

impl<T: Copy, const N: usize> Moulds<T, N> {
    /// The values of a message of a known shape.
    pub(in crate::network) fn cast<'b>(&mut self, message: &'b [u8]) -> Option<([Option<Cast<'b>>; N], T)> {
        let mut fits = self.known.iter_mut().enumerate();
        let (place, count, values, told) = fits.find_map(|(place, (mould, told, count))| {
            let values = mould.cast(message)?;
            *count = count.saturating_add(1);
            Some((place, *count, values, *told))
        })?;
        if let Some(before) = place.checked_sub(1)
            && self.known.get(before).is_some_and(|(.., often)| *often < count)
        {
            self.known.swap(before, place);
        }
        Some((values, told))
    }

    /// How many shapes are known.
    #[cfg(test)]
    pub(in crate::network) fn len(&self) -> usize {
        self.known.len()
    }

    /// Learns the shape of a message that fitted none, and that was read whole.
    pub(in crate::network) fn learn(&mut self, message: &[u8], told: T, role: &dyn Fn(&[&[u8]]) -> Role) {
        self.others = self.others.saturating_add(1);
        let full = self.known.len() >= SHAPES;
        if full && self.others < PATIENCE {
            return;
        }
        self.others = 0;
        if let Some(mould) = Mould::of(message, role) {
            self.known.truncate(SHAPES - 1);
            // what came often long ago gives way
            self.known.iter_mut().for_each(|(.., count)| *count /= 2);
            self.known.push((mould, told, 0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str =
        r#"{"a":"x","n":17,"inner":{"fixed":"yes","list":["é",{"b":null}],"kept":"1\n"},"t":true}"#;

    fn role(keys: &[&[u8]]) -> Role {
        match keys {
            [b"n"] => Role::Kept(0),
            [b"inner", b"kept"] => Role::Kept(1),
            [b"inner", b"fixed"] => Role::Fixed,
            _ => Role::Other,
        }
    }

    fn cast(message: &[u8]) -> Option<(i64, String)> {
        let mould: Mould<2> = Mould::of(FIRST.as_bytes(), &role).unwrap();
        let [number, text] = mould.cast(message)?;
        Some((number?.whole()?, text?.text()?.into_owned()))
    }

    #[test]
    fn what_fits_is_read_and_nothing_else() {
        let told = |from: &str, to: &str| {
            assert!(FIRST.contains(from));
            cast(FIRST.replacen(from, to, 1).as_bytes())
        };
        let first = Some((17, "1\n".to_owned()));
        assert_eq!(told("", ""), first);
        assert_eq!(told("\"x\"", "\"a longer \\\" text, 京 and more\""), first);
        assert_eq!(told("\"x\"", "\"\""), first);
        assert_eq!(told("17", "123456789012345678"), Some((123_456_789_012_345_678, "1\n".to_owned())));
        assert_eq!(told("1\\n", "\\ud83d\\ude00 é"), Some((17, "😀 é".to_owned())));
        for (from, to) in [
            ("17", "017"),
            ("17", "-17"),
            ("17", "1.5"),
            ("17", "1e3"),
            ("17", "1234567890123456789"),
            ("17", "\"17\""),
            ("\"x\"", "null"),
            ("\"x\"", "\"\u{1}\""),
            ("\"x\"", "\"\\\u{1}\""),
            ("yes", "no"),
            ("true", "false"),
            ("null", "1"),
            ("1\\n", "\\ud83d"),
            ("\"é\"", "\"é\",1"),
            ("\"a\"", "\"A\""),
            ("}", "} "),
            ("{\"fixed", " {\"fixed"),
        ] {
            assert_eq!(told(from, to), None, "{to}");
        }
        let mut broken = FIRST.as_bytes().to_vec();
        broken.splice(6..7, [0xff]);
        assert_eq!(cast(&broken), None);
        assert_eq!(cast(FIRST.trim_end_matches('}').as_bytes()), None);
        assert_eq!(cast(b""), None);
    }

    #[test]
    fn odd_shapes_are_not_learned() {
        let deep =
            format!("{{\"n\":1,\"inner\":{{\"kept\":\"\"}},\"d\":{}{}}}", "[".repeat(40), "]".repeat(40));
        let wide = format!("{{\"n\":1,\"inner\":{{\"kept\":\"\"}},\"w\":[{}]}}", ["1"; 100].join(","));
        for message in [deep.as_str(), &wide, "", "[", "{\"n\":1.5}", "{\"n\":-1}"] {
            assert!(Mould::<2>::of(message.as_bytes(), &role).is_none(), "{message}");
        }
    }

    #[test]
    fn shapes_come_and_go() {
        let message =
            |shape: usize| format!("{{\"n\":{shape},\"{shape}\":null,\"inner\":{{\"kept\":\"\"}}}}");
        let mut moulds: Moulds<usize, 2> = Moulds::default();
        for shape in 0..SHAPES {
            assert!(moulds.cast(message(shape).as_bytes()).is_none());
            moulds.learn(message(shape).as_bytes(), shape, &role);
        }
        for shape in (0..SHAPES).rev() {
            assert_eq!(moulds.cast(message(shape).as_bytes()).map(|(_, told)| told), Some(shape));
        }
        let new = message(SHAPES);
        for _ in 0..PATIENCE {
            assert!(moulds.cast(new.as_bytes()).is_none());
            moulds.learn(new.as_bytes(), SHAPES, &role);
        }
        assert_eq!(moulds.cast(new.as_bytes()).map(|(_, told)| told), Some(SHAPES));
        assert_eq!(moulds.known.len(), SHAPES);
    }

    proptest::proptest! {
        #[test]
        fn whatever_fits_is_what_serde_reads(at in 0..FIRST.len(), length in 0_usize..6, instead in "[\\[\\]{}\",:\\\\a0 ]{0,3}") {
            let mut message = FIRST.as_bytes().to_vec();
            message.splice(at..(at + length).min(FIRST.len()), instead.into_bytes());
            if let (Some((number, text)), Ok(value)) = (cast(&message), serde_json::from_slice::<serde_json::Value>(&message)) {
                proptest::prop_assert_eq!(value.pointer("/n").and_then(serde_json::Value::as_i64), Some(number));
                proptest::prop_assert_eq!(value.pointer("/inner/kept").and_then(serde_json::Value::as_str), Some(&*text));
            }
        }
    }
}
