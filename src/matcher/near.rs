//! Proximity: terms with at most so many other words between them.

use std::ops::Range;

/// A place where a term stands: which part of the post, and which words of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) part: usize,
    pub(super) words: Range<u32>,
}

/// The fewest other words between one of `left` and one of `right`; `ordered` wants the left one first. `None` when
/// no two stand in the same part without overlapping.
pub(super) fn gap(left: &[Spot], right: &[Spot], ordered: bool) -> Option<u32> {
    let forwards = following(left, right);
    if ordered {
        return forwards;
    }
    [forwards, following(right, left)].into_iter().flatten().min()
}

/// The fewest words between the end of one of `first` and the start of one of `second` after it.
fn following(first: &[Spot], second: &[Spot]) -> Option<u32> {
    let mut starts: Vec<(usize, u32)> = second.iter().map(|spot| (spot.part, spot.words.start)).collect();
    starts.sort_unstable();
    let gaps = first.iter().filter_map(|spot| {
        let next = starts.partition_point(|start| *start < (spot.part, spot.words.end));
        let (part, start) = starts.get(next)?;
        (*part == spot.part).then(|| start - spot.words.end)
    });
    gaps.min()
}

/// The fewest other words in a stretch that holds one of each of `sides`, each at a place of its own, in any order.
pub(super) fn span(sides: &[Vec<Spot>], most: u32) -> Option<u32> {
    let mut all: Vec<(usize, u32, u32, usize)> = Vec::new();
    for (side, spots) in sides.iter().enumerate() {
        all.extend(spots.iter().map(|spot| (spot.part, spot.words.start, spot.words.end, side)));
    }
    all.sort_unstable();
    let words: u32 = sides
        .iter()
        .map(|spots| spots.iter().map(|spot| spot.words.end - spot.words.start).max().unwrap_or_default())
        .sum();
    let reach = most.saturating_add(words);
    let mut best: Option<u32> = None;
    for (place, first) in all.iter().enumerate() {
        let window: Vec<&(usize, u32, u32, usize)> = all
            .iter()
            .skip(place)
            .take_while(|spot| spot.0 == first.0 && spot.1 <= first.1.saturating_add(reach))
            .collect();
        // The shortest stretch from here: widen until every side has a place of its own.
        for end in sides.len()..=window.len() {
            let Some(inside) = window.get(..end) else { break };
            let present = inside.iter().fold(0_u64, |all, spot| all | 1 << (spot.3 & 63));
            if present.count_ones() < u32::try_from(sides.len()).unwrap_or(u32::MAX) {
                continue;
            }
            let Some(chosen) = choose(sides.len(), inside) else { continue };
            let start = chosen.iter().map(|spot| spot.1).min().unwrap_or_default();
            let stop = chosen.iter().map(|spot| spot.2).max().unwrap_or_default();
            let taken: u32 = chosen.iter().map(|spot| spot.2 - spot.1).sum();
            let others = (stop - start).saturating_sub(taken);
            best = Some(best.map_or(others, |best| best.min(others)));
            break;
        }
        if best.is_some_and(|best| best <= most) {
            break;
        }
    }
    best
}

/// A place of its own for each side, if there is one (augmenting paths in a bipartite graph).
fn choose(sides: usize, spots: &[&(usize, u32, u32, usize)]) -> Option<Vec<(usize, u32, u32, usize)>> {
    let mut places: Vec<(u32, u32)> = spots.iter().map(|spot| (spot.1, spot.2)).collect();
    places.sort_unstable();
    places.dedup();
    let serves = |side: usize, place: usize| {
        places.get(place).is_some_and(|(start, end)| {
            spots.iter().any(|spot| spot.3 == side && spot.1 == *start && spot.2 == *end)
        })
    };
    let mut owner: Vec<Option<usize>> = vec![None; places.len()];
    for side in 0..sides {
        let mut seen = vec![false; places.len()];
        if !augment(side, &serves, &mut owner, &mut seen) {
            return None;
        }
    }
    let part = spots.first()?.0;
    let chosen =
        owner.iter().zip(&places).filter_map(|(owner, (start, end))| Some((part, *start, *end, (*owner)?)));
    Some(chosen.collect())
}

fn augment(
    side: usize,
    serves: &impl Fn(usize, usize) -> bool,
    owner: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for place in 0..owner.len() {
        if !serves(side, place) || seen.get(place).copied().unwrap_or(true) {
            continue;
        }
        if let Some(seen) = seen.get_mut(place) {
            *seen = true;
        }
        let free = match owner.get(place).copied().flatten() {
            None => true,
            Some(other) => augment(other, serves, owner, seen),
        };
        if free {
            if let Some(owner) = owner.get_mut(place) {
                *owner = Some(side);
            }
            return true;
        }
    }
    false
}
