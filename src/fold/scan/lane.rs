//! Eight bytes of ASCII classified all at once.

/// Eight bytes of ASCII as one number, classified all at once. Bytes above ASCII give nonsense, but only in
/// themselves and the bytes after them.
#[derive(Clone, Copy)]
pub(super) struct Lane {
    /// Letters in lower case, spaces for what is no part of a word.
    pub(super) folded: u64,
    /// A bit for each byte that is a part of a word.
    pub(super) word: u32,
    /// A bit for each byte that needs a longer look.
    pub(super) stop: u32,
}

const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

const HIGH: u64 = each(0x80);

/// The high bit of every byte from `low` to `high`.
#[inline]
const fn within(bytes: u64, low: u8, high: u8) -> u64 {
    bytes.wrapping_add(each(0x80 - low)) & !bytes.wrapping_add(each(0x7f - high)) & HIGH
}

/// The high bit of every byte that equals `wanted`.
#[inline]
const fn equal(bytes: u64, wanted: u8) -> u64 {
    !(bytes ^ each(wanted)).wrapping_add(each(0x7f)) & HIGH
}

/// The high bits of the eight bytes, gathered in the lowest eight.
#[inline]
fn gather(high: u64) -> u32 {
    let [.., top] = (high >> 7).wrapping_mul(0x0102_0408_1020_4080).to_le_bytes();
    u32::from(top)
}

impl Lane {
    #[inline]
    pub(super) fn of(bytes: u64) -> Lane {
        let small = bytes | each(0x20);
        let letter = within(small, b'a', b'z') & !(bytes & HIGH);
        let digit = within(bytes, b'0', b'9');
        let word = letter | digit | equal(bytes, b'_');
        // `#$%&'` and `*`, and `/` and `:` on both sides of the digits, and `@` beside the grave accent.
        let stop = within(bytes, b'#', b'\'')
            | equal(bytes, b'*')
            | within(bytes, b'/', b':') & !digit
            | equal(small, b'`');
        let whole = (word >> 7).wrapping_mul(0xff);
        Lane {
            folded: (bytes | letter >> 2) & whole | each(b' ') & !whole,
            word: gather(word),
            stop: gather(stop | bytes & HIGH),
        }
    }
}
