//! Keys under which a text is found again: near-copies share some, other texts hardly any.
//!
//! `MinHash` over word pairs (Broder, 1997) finds texts of which most is shared; winnowed fingerprints (Schleimer,
//! Wilkerson and Aiken, 2003) find one that is cut down to a sentence of another.

use super::reading::{Reading, Word, combined};

/// Bands of a sketch; two texts meet when one band is the same.
const BANDS: u64 = 20;
/// Values in a band.
const ROWS: u64 = 3;
/// Words in a fingerprint.
const RUN: usize = 5;
/// Of as many neighbouring fingerprints one is kept: a shared run of `RUN + WINDOW - 1` words is always found.
const WINDOW: usize = 4;

/// Keeps keys of bands, fingerprints, pages and whole texts apart.
pub(super) const WHOLE: u64 = 0x5bd1_e995_0000_0001;
pub(super) const PAGE: u64 = 0x9747_b28c_0000_0002;
const BAND: u64 = 0x1b87_3593_0000_0003;
const PRINT: u64 = 0xe654_6b64_0000_0004;

/// Spreads a number over all bits (the finalizer of `SplitMix64`).
pub(super) fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Adds the keys of a text of at least `RUN` words.
pub(super) fn add_keys(reading: &Reading, keys: &mut Vec<u64>) {
    keys.reserve(usize::try_from(BANDS).unwrap_or_default() + reading.words.len());
    for band in 0..BANDS {
        let mut key = mix(BAND ^ band);
        for row in 0..ROWS {
            // pairs are spread over all bits already: another odd factor is another order of them
            let factor = mix(band * ROWS + row) | 1;
            let least = reading.pairs.iter().map(|pair| pair.wrapping_mul(factor)).min().unwrap_or_default();
            key = mix(key ^ least);
        }
        keys.push(key);
    }
    let run = |run: &[Word]| combined(run.iter().map(|word| word.hash)) ^ PRINT;
    let prints: Vec<u64> = reading.words.windows(RUN).map(run).collect();
    let least = |prints: &[u64]| prints.iter().min().copied();
    keys.extend(prints.windows(WINDOW.min(prints.len().max(1))).filter_map(least));
}
