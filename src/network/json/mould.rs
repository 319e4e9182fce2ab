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

/// Where a value of a message stands, without quotes.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    start: usize,
    /// 0: there is no such value.
    end: usize,
    escaped: bool,
}

/// The values of a message.
#[derive(Debug)]
pub(in crate::network) struct Cast<'m, 'b, const N: usize> {
    message: &'b str,
    values: &'m [Place; N],
}

impl<'b, const N: usize> Cast<'_, 'b, N> {
    fn place(&self, value: usize) -> Option<Place> {
        self.values.get(value).copied().filter(|place| place.end > 0)
    }

    /// Whether there is such a value.
    pub(in crate::network) fn has(&self, value: usize) -> bool {
        self.place(value).is_some()
    }

    /// A text without escapes; `None` when it has any, or there is none.
    #[inline]
    pub(in crate::network) fn plain(&self, value: usize) -> Option<&'b str> {
        let Place { start, end, .. } = self.place(value).filter(|place| !place.escaped)?;
        self.message.get(start..end)
    }

    /// A text; `None` when its escapes are broken, or there is none.
    pub(in crate::network) fn text(&self, value: usize) -> Option<Cow<'b, str>> {
        let Place { start, end, escaped } = self.place(value)?;
        if !escaped {
            return self.plain(value).map(Cow::Borrowed);
        }
        serde_json::from_str(self.message.get(start - 1..=end)?).ok().map(Cow::Owned)
    }

    /// A whole number, where the first of the shape had one.
    pub(in crate::network) fn whole(&self, value: usize) -> Option<i64> {
        let Place { start, end, .. } = self.place(value)?;
        let digits = self.message.as_bytes().get(start..end)?;
        // at most [`DIGITS`] of them, where it is a number
        digits.iter().all(u8::is_ascii_digit).then_some(())?;
        Some(digits.iter().fold(0, |whole, digit| whole * 10 + i64::from(digit & 0x0f)))
    }
}

/// One value, and how much stands before it.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    before: usize,
    kind: Kind,
    place: Option<usize>,
}

/// The shape of a message.
#[derive(Debug)]
struct Mould {
    /// All that stands between values, end to end, and [`STEP`] bytes more.
    fixed: Box<[u8]>,
    pieces: Box<[Piece]>,
}

/// How far a message has been read by a shape.
#[derive(Debug)]
struct Reading<const N: usize> {
    /// How many pieces fitted.
    pieces: usize,
    /// How much of the message and of what is fixed they take.
    at: usize,
    fixed: usize,
    values: [Place; N],
}

impl<const N: usize> Default for Reading<N> {
    fn default() -> Reading<N> {
        Reading { pieces: 0, at: 0, fixed: 0, values: [Place::default(); N] }
    }
}

/// Where values stand in a message, and what each of them is.
type Values = Vec<(std::ops::Range<usize>, Kind, Role)>;

impl Mould {
    /// The shape of a message that was read whole, with `kept` values that are kept; `role` says of the keys that lead to
    /// a value what it is. Of several values of one place the first is kept. `None` where it is too large or too odd.
    fn of(message: &[u8], kept: usize, role: &dyn Fn(&[&[u8]]) -> Role) -> Option<Mould> {
        let mut walk = Walk::over(message);
        let mut values = Values::new();
        look(&mut walk, &mut Vec::new(), role, &mut values)?;
        let (mut fixed, mut pieces, mut end) = (Vec::new(), Vec::new(), 0);
        let mut missing = vec![true; kept];
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
        fixed.extend_from_slice(&[0; STEP]);
        Some(Mould { fixed: fixed.into(), pieces: pieces.into() })
    }

    /// Reads on by this shape; whether all of the message fits it. `reading` is left before the first piece that does not.
    fn cast<const N: usize>(&self, message: &[u8], reading: &mut Reading<N>) -> Option<()> {
        let fixed = &*self.fixed;
        for Piece { before, kind, place } in self.pieces.get(reading.pieces..)? {
            let rest = message.get(reading.at..)?;
            stands(rest, fixed.get(reading.fixed..)?, *before)?;
            let rest = rest.get(*before..)?;
            let (length, escaped) = match kind {
                Kind::Text => text(rest)?,
                Kind::Whole => (whole(rest)?, false),
            };
            let start = reading.at + before;
            reading.at = start + length;
            reading.fixed += before;
            reading.pieces += 1;
            if let Some(value) = place.and_then(|place| reading.values.get_mut(place)) {
                *value = Place { start, end: reading.at, escaped };
            }
        }
        (message.get(reading.at..)? == fixed.get(reading.fixed..fixed.len() - STEP)?).then_some(())
    }

    /// Whether as much of a message as `reading` tells, which `other` fitted so far, fits this shape as well.
    fn begins_as<const N: usize>(&self, other: &Mould, reading: &Reading<N>) -> bool {
        let Reading { pieces, fixed, .. } = reading;
        self.pieces.get(..*pieces) == other.pieces.get(..*pieces)
            && self.fixed.get(..*fixed) == other.fixed.get(..*fixed)
    }
}

/// Whether the first `length` bytes are the same; [`STEP`] more of `fixed` can be read.
#[inline]
fn stands(rest: &[u8], fixed: &[u8], length: usize) -> Option<()> {
    let step = |bytes: &[u8], at: usize| {
        bytes.get(at..).and_then(<[u8]>::first_chunk::<STEP>).map(|step| u128::from_le_bytes(*step))
    };
    let mut at = 0;
    while at + STEP <= length {
        (step(rest, at)? == step(fixed, at)?).then_some(())?;
        at += STEP;
    }
    let Some(last) = step(rest, at) else {
        return (rest.get(at..length)? == fixed.get(at..length)?).then_some(());
    };
    let left = 8 * u32::try_from(length - at).ok()?;
    ((last ^ step(fixed, at)?) & ((1 << left) - 1) == 0).then_some(())
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

/// The next bytes, with zeros after the last: those stand in no text.
#[inline]
fn step(rest: &[u8]) -> u8x16 {
    if let Some(step) = rest.first_chunk::<STEP>() {
        return u8x16::new(*step);
    }
    let mut last = [0; STEP];
    last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    u8x16::new(last)
}

/// How long the text is that goes on here, up to its quote, and whether it has escapes.
#[inline]
fn text(rest: &[u8]) -> Option<(usize, bool)> {
    let all = u8x16::splat;
    let (mut at, mut escaped) = (0, false);
    loop {
        let rest = rest.get(at..)?;
        let bytes = step(rest);
        let control = bytes.min(all(0x1f)).simd_eq(bytes);
        let stop = (bytes.simd_eq(all(b'"')) | bytes.simd_eq(all(b'\\')) | control).to_bitmask();
        if stop == 0 {
            at += STEP;
            continue;
        }
        let place = usize::try_from(stop.trailing_zeros()).unwrap_or_default();
        match rest.get(place)? {
            b'"' => return Some((at + place, escaped)),
            // no control character can be escaped by a backslash
            b'\\' if *rest.get(place + 1)? > 0x1f => (at, escaped) = (at + place + 2, true),
            _ => return None,
        }
    }
}

/// How long the whole number is that begins here.
#[inline]
fn whole(rest: &[u8]) -> Option<usize> {
    let digits = |rest| {
        let above = step(rest) - u8x16::splat(b'0');
        let is_digit = above.min(u8x16::splat(9)).simd_eq(above).to_bitmask();
        usize::try_from(is_digit.trailing_ones()).unwrap_or_default()
    };
    let mut count = digits(rest);
    if count >= STEP {
        count = STEP + digits(rest.get(STEP..)?);
    }
    let odd = count == 0 || count > DIGITS || count > 1 && rest.first() == Some(&b'0');
    (!odd).then_some(count)
}

/// The shapes that messages had, each with what else was said of such a message.
#[derive(Debug)]
pub(in crate::network) struct Moulds<T, const N: usize> {
    /// Those that fit most often come first: shape, what was said, how often it fitted.
    known: Vec<(Mould, T, u32)>,
    /// How many messages fitted none since the last that was learned.
    others: u32,
    /// The message at hand.
    reading: Reading<N>,
}

impl<T, const N: usize> Default for Moulds<T, N> {
    fn default() -> Moulds<T, N> {
        Moulds { known: Vec::new(), others: 0, reading: Reading::default() }
    }
}

impl<T: Copy, const N: usize> Moulds<T, N> {
    /// The values of a message of a known shape.
    pub(in crate::network) fn cast<'b>(&mut self, message: &'b [u8]) -> Option<(Cast<'_, 'b, N>, T)> {
        let message = simdutf8::basic::from_utf8(message).ok()?;
        let Moulds { known, reading, .. } = self;
        *reading = Reading::default();
        let mut before: Option<&Mould> = None;
        let place = known.iter().position(|(mould, ..)| {
            // what the shape before has read need not be read again
            if before.is_some_and(|before| !mould.begins_as(before, reading)) {
                *reading = Reading::default();
            }
            before = Some(mould);
            mould.cast(message.as_bytes(), reading).is_some()
        })?;
        let (_, told, count) = known.get_mut(place)?;
        *count = count.saturating_add(1);
        let (told, count) = (*told, *count);
        if let Some(before) = place.checked_sub(1)
            && known.get(before).is_some_and(|(.., often)| *often < count)
        {
            known.swap(before, place);
        }
        Some((Cast { message, values: &reading.values }, told))
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
        if let Some(mould) = Mould::of(message, N, role) {
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
        let mut moulds: Moulds<(), 2> = Moulds::default();
        moulds.learn(FIRST.as_bytes(), (), &role);
        let (cast, ()) = moulds.cast(message)?;
        Some((cast.whole(0)?, cast.text(1)?.into_owned()))
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
            assert!(Mould::of(message.as_bytes(), 2, &role).is_none(), "{message}");
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
