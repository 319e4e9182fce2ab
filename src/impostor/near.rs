//! Names that are nearly the same: a weighted edit distance, and an index that finds the few names worth
//! measuring without looking at the others.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Letters of the beginning that the index looks at.
const PREFIX: usize = 7;

/// Finds names within two slips by the letters that remain when up to two are left out.
#[derive(Debug, Default)]
pub(super) struct Index {
    names: HashMap<u64, Vec<u32>>,
    /// One bit a hash: nearly every look-up ends here.
    filter: Vec<u64>,
    shift: u32,
}

/// The first letters of a name in one word, a byte each.
fn pack(name: &str) -> (u64, usize) {
    let mut packed = 0;
    let mut count = 0;
    for c in name.chars().take(PREFIX) {
        let byte = u8::try_from(c).ok().filter(u8::is_ascii);
        let byte = byte.unwrap_or_else(|| u8::try_from(u32::from(c) % 127).unwrap_or(0) | 128);
        packed |= u64::from(byte) << (8 * count);
        count += 1;
    }
    (packed, count)
}

fn without(packed: u64, place: usize) -> u64 {
    let low = (1_u64 << (8 * place)) - 1;
    packed & low | packed >> 8 & !low
}

fn each_shorter(name: &str, slips: usize, mut each: impl FnMut(u64)) {
    let (packed, count) = pack(name);
    each(packed);
    for first in 0..count {
        let once = without(packed, first);
        each(once);
        if slips > 1 {
            for second in first..count.saturating_sub(1) {
                each(without(once, second));
            }
        }
    }
}

/// Slips allowed in a name of so many letters.
pub(super) fn slips(letters: usize) -> usize {
    match letters {
        0..5 => 0,
        5..8 => 1,
        _ => 2,
    }
}

impl Index {
    /// An index of names; the places in the list are what `find` gives.
    pub(super) fn new<'n>(list: impl Iterator<Item = (u32, &'n str)>) -> Index {
        let mut names: HashMap<u64, Vec<u32>> = HashMap::new();
        for (place, name) in list {
            let allowed = slips(name.chars().count());
            if allowed > 0 {
                each_shorter(name, allowed, |short| {
                    let places = names.entry(short).or_default();
                    if places.last() != Some(&place) {
                        places.push(place);
                    }
                });
            }
        }
        let bits = (names.len() * 16).next_power_of_two().max(1 << 10);
        let mut index = Index { filter: vec![0; bits / 64], shift: 64 - bits.trailing_zeros(), names };
        let keys: Vec<u64> = index.names.keys().copied().collect();
        for key in keys {
            let bit = index.bit(key);
            if let Some(word) = index.filter.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
        index
    }

    fn bit(&self, key: u64) -> usize {
        usize::try_from(key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift).unwrap_or(0)
    }

    /// Adds to `found` the places of names that may be near `text`.
    pub(super) fn find(&self, text: &str, found: &mut Vec<u32>) {
        let allowed = if text.len() >= 6 { 2 } else { 1 };
        each_shorter(text, allowed, |short| {
            let bit = self.bit(short);
            if self.filter.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
                && let Some(places) = self.names.get(&short)
            {
                found.extend_from_slice(places);
            }
        });
    }
}

const ROWS: [[&str; 3]; 2] = [["qwertyuiop", "asdfghjkl", "zxcvbnm"], ["azertyuiop", "qsdfghjklm", "wxcvbn"]];

/// Whether two keys touch on a QWERTY or AZERTY keyboard; `l` also stands for `i`.
fn neighbours(a: char, b: char) -> bool {
    let place = |rows: &[&str; 3], c: char| {
        rows.iter().enumerate().find_map(|(row, keys)| keys.find(c).map(|column| (row, column)))
    };
    ROWS.iter().any(|rows| match (place(rows, a), place(rows, b)) {
        (Some((row, column)), Some((other, at))) => row.abs_diff(other) <= 1 && column.abs_diff(at) <= 1,
        _ => false,
    })
}

fn among(pairs: &[(char, char)], a: char, b: char) -> bool {
    pairs.contains(&(a, b)) || pairs.contains(&(b, a))
}

/// What reading `a` for `b` costs, in hundredths of a slip.
fn swap(a: char, b: char) -> u32 {
    const SEEN: [(char, char); 9] = [
        ('b', 'd'),
        ('c', 'e'),
        ('g', 'q'),
        ('u', 'v'),
        ('m', 'n'),
        ('n', 'h'),
        ('v', 'y'),
        ('l', 't'),
        ('n', 'r'),
    ];
    const HEARD: [(char, char); 6] = [('c', 'k'), ('s', 'z'), ('c', 's'), ('y', 'l'), ('q', 'k'), ('d', 't')];
    let vowel = |c: char| "aeloyu".contains(c);
    match () {
        () if a == b => 0,
        // A letter of another script inside a Latin name.
        () if a.is_ascii() != b.is_ascii() => 40,
        () if among(&SEEN, a, b) => 50,
        () if among(&HEARD, a, b) => 60,
        () if neighbours(a, b) || vowel(a) && vowel(b) => 70,
        () => 100,
    }
}

/// `swap` for ASCII, worked out once.
static COSTS: OnceLock<Vec<u32>> = OnceLock::new();

fn costs() -> &'static [u32] {
    let letter = |code: u8| char::from(code);
    COSTS.get_or_init(|| (0..128).flat_map(|a| (0..128).map(move |b| swap(letter(a), letter(b)))).collect())
}

/// Hundredths of slips between two keys; `None` above `limit`.
pub(super) fn distance(a: &str, b: &str, limit: u32) -> Option<u32> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    // The cheapest added letter costs half a slip.
    if u32::try_from(a.len().abs_diff(b.len())).ok()? * 50 > limit || a.len() > 64 {
        return None;
    }
    let costs = costs();
    let swap = |a: char, b: char| {
        let known = a.is_ascii().then(|| costs.get(a as usize * 128 + b as usize)).flatten();
        known.copied().filter(|_| b.is_ascii()).unwrap_or_else(|| swap(a, b))
    };
    let extra = |word: &[char], at: usize| {
        let c = word.get(at).copied();
        let twin = c.is_some() && (at.checked_sub(1).and_then(|at| word.get(at).copied()) == c);
        if twin {
            50
        } else if c == Some('h') {
            70
        } else {
            100
        }
    };
    let width = b.len() + 1;
    let mut rows = vec![0_u32; width * (a.len() + 1)];
    let get = |rows: &[u32], row: usize, column: usize| {
        rows.get(row * width + column).copied().unwrap_or(u32::MAX / 2)
    };
    for row in 0..=a.len() {
        let mut least = u32::MAX;
        for column in 0..=b.len() {
            let mut best = if row == 0 && column == 0 { 0 } else { u32::MAX / 2 };
            if row > 0 {
                best = best.min(get(&rows, row - 1, column) + extra(&a, row - 1));
            }
            if column > 0 {
                best = best.min(get(&rows, row, column - 1) + extra(&b, column - 1));
            }
            if let (Some(up), Some(left)) = (row.checked_sub(1), column.checked_sub(1))
                && let (Some(x), Some(y)) = (a.get(up), b.get(left))
            {
                best = best.min(get(&rows, up, left) + swap(*x, *y));
                if let (Some(up), Some(left)) = (up.checked_sub(1), left.checked_sub(1))
                    && a.get(up) == Some(y)
                    && b.get(left) == Some(x)
                {
                    best = best.min(get(&rows, up, left) + 80);
                }
            }
            least = least.min(best);
            if let Some(cell) = rows.get_mut(row * width + column) {
                *cell = best;
            }
        }
        // A transposition looks two rows back, at most one slip cheaper.
        if least > limit + 100 {
            return None;
        }
    }
    rows.last().copied().filter(|cost| *cost <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_finds_what_is_within_the_limit() {
        let names = ["zephyrin", "mlrabo", "lumen", "acme"];
        let index = Index::new((0..).zip(names));
        for (text, place) in [
            ("zephyirn", 0),
            ("zehyrn", 0),
            ("xephyrim", 0),
            ("mirabbo", 1),
            ("mlrado", 1),
            ("lumn", 2),
            ("ulmen", 2),
        ] {
            let mut found = Vec::new();
            index.find(text, &mut found);
            assert!(found.contains(&place), "{text}");
        }
        let mut found = Vec::new();
        index.find("acne", &mut found);
        assert!(found.is_empty(), "short names have no slips");
    }

    proptest::proptest! {
        #[test]
        fn one_slip_anywhere_is_found_and_measured(name in "[a-z]{5,14}", place in 0_usize..20, letter in "[a-z]", kind in 0_u8..3) {
            let mut slipped: Vec<char> = name.chars().collect();
            let place = place % slipped.len();
            match kind {
                0 => { slipped.remove(place); }
                1 => slipped.insert(place, letter.chars().next().unwrap()),
                _ => slipped[place] = letter.chars().next().unwrap(),
            }
            let slipped: String = slipped.into_iter().collect();
            let index = Index::new(std::iter::once((0, name.as_str())));
            let mut found = Vec::new();
            index.find(&slipped, &mut found);
            proptest::prop_assert!(found.contains(&0));
            proptest::prop_assert!(distance(&slipped, &name, 100).is_some());
        }
    }
}
