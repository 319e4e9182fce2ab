//! Sixteen bytes of ASCII classified all at once.

use wide::u8x16;

/// How many bytes are looked at in one go.
pub(super) const STEP: usize = 16;

/// Bytes classified all at once; those above ASCII only stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lane {
    /// Letters in lower case, spaces for what is no part of a word.
    pub(super) folded: [u8; STEP],
    /// A bit for each byte that is a part of a word.
    pub(super) word: u32,
    /// A bit for each byte that needs a longer look.
    pub(super) stop: u32,
}

impl Lane {
    #[inline]
    pub(super) fn of(bytes: [u8; STEP]) -> Lane {
        let all = u8x16::splat;
        let bytes = u8x16::new(bytes);
        let within = |bytes: u8x16, low: u8, high: u8| {
            let above = bytes - all(low);
            above.min(all(high - low)).simd_eq(above)
        };
        let small = bytes | all(0x20);
        let letter = within(small, b'a', b'z');
        let digit = within(bytes, b'0', b'9');
        let word = letter | digit | bytes.simd_eq(all(b'_'));
        // `#$%&'` and `*`, and `/` and `:` on both sides of the digits, and `@` beside the grave accent.
        let stop = within(bytes, b'#', b'\'')
            | bytes.simd_eq(all(b'*'))
            | within(bytes, b'/', b':') & !digit
            | small.simd_eq(all(b'`'));
        let lower = bytes | letter & all(0x20);
        Lane {
            folded: (lower & word | all(b' ') & !word).to_array(),
            word: word.to_bitmask(),
            stop: (stop | bytes).to_bitmask(), // the high bits
        }
    }
}

/// The bytes from a place on that are looked at in one go, with spaces after the last.
#[inline]
pub(crate) fn step_at(bytes: &[u8], at: usize) -> [u8; STEP] {
    let rest = bytes.get(at..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk() {
        return *whole;
    }
    // what stands before is pushed out of the last ones
    if let Some(last) = bytes.last_chunk::<STEP>() {
        let [kept, free] = [rest.len(), STEP - rest.len()].map(|bytes| 8 * u32::try_from(bytes).unwrap_or(0));
        let spaces = u128::from_le_bytes([b' '; STEP]).checked_shl(kept).unwrap_or(0);
        return (u128::from_le_bytes(*last).checked_shr(free).unwrap_or(0) | spaces).to_le_bytes();
    }
    let mut step = [b' '; STEP];
    step.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end_in_spaces() {
        let bytes: Vec<u8> = (b'A'..=b'z').collect();
        for length in 0..=bytes.len() {
            let bytes = &bytes[..length];
            for at in 0..=length {
                let wanted: Vec<u8> = bytes[at..].iter().copied().chain([b' '; STEP]).take(STEP).collect();
                assert_eq!(step_at(bytes, at).to_vec(), wanted, "{at} of {length}");
            }
        }
    }

    #[test]
    fn every_byte_is_what_it_is() {
        for byte in 0..=u8::MAX {
            let Lane { folded, word, stop } = Lane::of([byte; STEP]);
            let is_word = byte.is_ascii_alphanumeric() || byte == b'_';
            let is_stop = !byte.is_ascii() || b"#$%&'*/:`@".contains(&byte);
            assert_eq!(
                (word, stop),
                (if is_word { 0xffff } else { 0 }, if is_stop { 0xffff } else { 0 }),
                "{byte}"
            );
            assert_eq!(folded, [if is_word { byte.to_ascii_lowercase() } else { b' ' }; STEP], "{byte}");
        }
        let mixed = Lane::of(*b"Ab_ 9.#z\xc3\xa9-Q@/:`");
        assert_eq!((mixed.word, mixed.stop), (0b0000_1000_1001_0111, 0b1111_0011_0100_0000));
    }
}
