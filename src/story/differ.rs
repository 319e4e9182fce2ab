//! Where two texts differ: the stretches of words of one that stand in the place of others.

use std::ops::Range;

use super::reading::{Reading, Word};

/// A stretch of words of one text in the place of a stretch of the other.
pub(super) type Change = (Range<usize>, Range<usize>);

/// Where two texts differ.
#[derive(Debug)]
pub(super) struct Changes {
    /// What stands before the first words they share.
    pub(super) before: Change,
    /// The stretches that differ between two that are the same, in order; what only one of them has is no change, nor is
    /// what stands after the last words they share.
    pub(super) between: Vec<Change>,
}

/// Where two texts differ.
pub(super) fn changes(one: &Reading, other: &Reading) -> Changes {
    let mut same = blocks(one, other);
    same.sort_unstable();
    let before = same.first().map_or((0..0, 0..0), |(left, right, _)| (0..*left, 0..*right));
    let gaps = same.iter().zip(same.iter().skip(1));
    let between = gaps
        .map(|(block, next)| (block.0 + block.2..next.0, block.1 + block.2..next.1))
        .filter(|(left, right)| !left.is_empty() && !right.is_empty())
        .collect();
    Changes { before, between }
}

/// The words both begin with and those both end with; between these the longest run both share, then the same on both
/// sides of it: start in one, start in the other, length.
fn blocks(one: &Reading, other: &Reading) -> Vec<(usize, usize, usize)> {
    let (left, right) = (one.words.as_slice(), other.words.as_slice());
    let same = |(one, other): &(&Word, &Word)| one.hash == other.hash;
    let head = left.iter().zip(right).take_while(same).count();
    let ends = left.iter().skip(head).rev().zip(right.iter().skip(head).rev());
    let tail = ends.take_while(same).count();
    let mut open = vec![(head..left.len() - tail, head..right.len() - tail)];
    let mut found = vec![(0, 0, head), (left.len() - tail, right.len() - tail, tail)];
    found.retain(|(_, _, length)| *length > 0);
    while let Some((within, beside)) = open.pop() {
        let Some((start, at, length)) = longest(left, &within, right, &beside) else {
            continue;
        };
        found.push((start, at, length));
        open.push((within.start..start, beside.start..at));
        open.push((start + length..within.end, at + length..beside.end));
    }
    found
}

/// The first of the longest runs of words that both stretches share.
fn longest(
    left: &[Word],
    within: &Range<usize>,
    right: &[Word],
    beside: &Range<usize>,
) -> Option<(usize, usize, usize)> {
    let (first, second) = (left.get(within.clone())?, right.get(beside.clone())?);
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let mut best: Option<(usize, usize, usize)> = None;
    // lengths of the runs that end at the last word of `first` looked at, and at each word of `second`
    let mut ends = vec![0_usize; second.len()];
    for (at, word) in first.iter().enumerate() {
        let mut diagonal = 0;
        for (beyond, (other, end)) in second.iter().zip(ends.iter_mut()).enumerate() {
            let length = if word.hash == other.hash { diagonal + 1 } else { 0 };
            diagonal = std::mem::replace(end, length);
            if length > best.map_or(0, |(_, _, length)| length) {
                best = Some((within.start + at + 1 - length, beside.start + beyond + 1 - length, length));
            }
        }
    }
    best
}
