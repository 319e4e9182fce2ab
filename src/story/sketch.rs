//! Keys under which a text is found again: near-copies share some, other texts hardly any.
//!
//! `MinHash` over word pairs (Broder, 1997) finds texts of which most is shared; winnowed fingerprints (Schleimer,
//! Wilkerson and Aiken, 2003) find one that is cut down to a sentence of another.

use super::reading::{Reading, combined};

/// Bands of a sketch; two texts meet when one band is the same.
pub(super) const BANDS: usize = 20;
/// Values in a band.
const ROWS: usize = 3;
/// Words in a fingerprint.
const RUN: usize = 5;
/// Of as many neighbouring fingerprints one is kept: a shared run of `RUN + WINDOW - 1` words is always found.
const WINDOW: usize = 4;

/// Keeps keys of bands, fingerprints, pages and whole texts apart.
pub(super) const WHOLE: u64 = 0x5bd1_e995_0000_0001;
pub(super) const PAGE: u64 = 0x9747_b28c_0000_0002;
const BAND: u64 = 0x1b87_3593_0000_0003;
const PRINT: u64 = 0xe654_6b64_0000_0004;

/// The orders of pairs of which each value is the first: pairs are spread over all bits already, another odd factor is
/// another order of them.
#[expect(clippy::indexing_slicing, reason = "done by the compiler")]
const FACTORS: [[u64; ROWS]; BANDS] = {
    let mut factors = [[0; ROWS]; BANDS];
    let mut number = 0;
    while number < BANDS * ROWS {
        factors[number / ROWS][number % ROWS] = mix(number as u64) | 1;
        number += 1;
    }
    factors
};

/// Spreads a number over all bits (the finalizer of `SplitMix64`).
#[inline]
pub(super) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Adds the keys of a text of at least `RUN` words.
pub(super) fn add_keys(reading: &Reading, keys: &mut Vec<u64>) {
    for (band, [one, two, three]) in (0..).zip(&FACTORS) {
        // each by its name: zipped arrays are not unrolled in a large library
        let mut least = [u64::MAX; ROWS];
        for pair in &reading.pairs {
            let [first, second, third] = least;
            least = [
                pair.wrapping_mul(*one).min(first),
                pair.wrapping_mul(*two).min(second),
                pair.wrapping_mul(*three).min(third),
            ];
        }
        let [first, second, third] = least;
        keys.push(mix(mix(mix(mix(BAND ^ band) ^ first) ^ second) ^ third));
    }
    let mut last = [u64::MAX; WINDOW];
    let least = |prints: [u64; WINDOW]| prints.into_iter().min();
    for (before, run) in reading.words.windows(RUN).enumerate() {
        let [_, first, second, third] = last;
        last = [first, second, third, combined(run.iter().map(|word| word.hash)) ^ PRINT];
        keys.extend(least(last).filter(|_| before + 1 >= WINDOW));
    }
    // too few for a window
    keys.extend(least(last).filter(|_| reading.words.len() < RUN + WINDOW - 1));
}
