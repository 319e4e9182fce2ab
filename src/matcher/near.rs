//! Proximity: terms with at most so many other words between them.

use std::collections::BTreeMap;
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

/// A place where one of several terms stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    part: usize,
    start: u32,
    end: u32,
    side: usize,
}

/// The fewest other words in a stretch that holds one of each of `sides`, each at a place of its own, in any order.
pub(super) fn span(sides: &[Vec<Spot>], most: u32) -> Option<u32> {
    let mut all: Vec<Standing> = Vec::new();
    for (side, spots) in sides.iter().enumerate() {
        let standing =
            |spot: &Spot| Standing { part: spot.part, start: spot.words.start, end: spot.words.end, side };
        all.extend(spots.iter().map(standing));
    }
    all.sort_unstable();
    let words: u32 = sides
        .iter()
        .map(|spots| spots.iter().map(|spot| spot.words.end - spot.words.start).max().unwrap_or_default())
        .sum();
    let reach = most.saturating_add(words);
    let (mut best, mut end) = (None::<u32>, 0);
    // How often each side stands within reach of the start; only where none is missing is more asked.
    let mut counts = vec![0_usize; sides.len()];
    for (start, first) in all.iter().enumerate() {
        let within =
            |spot: &&Standing| spot.part == first.part && spot.start <= first.start.saturating_add(reach);
        while let Some(spot) = all.get(end).filter(within) {
            if let Some(count) = counts.get_mut(spot.side) {
                *count += 1;
            }
            end += 1;
        }
        if counts.iter().all(|count| *count > 0) {
            let others = shortest(all.get(start..end).unwrap_or_default(), sides.len());
            best = best.into_iter().chain(others).min();
            if best.is_some_and(|best| best <= most) {
                break;
            }
        }
        if let Some(count) = counts.get_mut(first.side) {
            *count -= 1;
        }
    }
    best
}

/// Sets of sides that are followed at once where places overlap: more are looked for by few people, and cost time.
const SETS: usize = 4_096;

/// Whether two different places of a stretch share a word, as those of scripts without spaces may.
fn overlaps(stretch: &[Standing]) -> bool {
    let mut last = (0, 0);
    stretch.iter().any(|spot| {
        let shared = spot.start < last.1 && (spot.start, spot.end) != last;
        last = (spot.start, spot.end.max(last.1));
        shared
    })
}

/// Sides that have places which share no word: where the first begins, where the last ends, and their words.
#[derive(Debug, Clone, Copy)]
struct Seated {
    from: u32,
    to: u32,
    words: u32,
}

/// The same as [`shortest`] where places overlap: for each set of sides the seats that end first, place by place.
fn apart(stretch: &[Standing], sides: usize) -> Option<u32> {
    let bit = |side: usize| u32::try_from(side).ok().and_then(|side| 1_u32.checked_shl(side)).unwrap_or(0);
    let all = (0..sides).fold(0, |all, side| all | bit(side));
    let mut by_end: Vec<&Standing> = stretch.iter().collect();
    by_end.sort_by_key(|spot| (spot.end, spot.start));
    let mut best: BTreeMap<u32, Seated> = BTreeMap::new();
    for spot in by_end {
        let side = bit(spot.side);
        let words = spot.end - spot.start;
        let alone = Seated { from: spot.start, to: spot.end, words };
        let joined = best.iter().filter(|(set, seated)| *set & side == 0 && seated.to <= spot.start);
        let joined = joined.map(|(set, seated)| {
            (set | side, Seated { to: spot.end, words: seated.words + words, ..*seated })
        });
        let joined: Vec<(u32, Seated)> = joined.chain([(side, alone)]).collect();
        for (set, seated) in joined {
            if best.len() < SETS || best.contains_key(&set) {
                // Places come by their ends: the first is the one that ends first.
                best.entry(set).or_insert(seated);
            }
        }
        if let Some(Seated { from, to, words }) = best.get(&all) {
            return Some((to - from).saturating_sub(*words));
        }
    }
    None
}

/// The other words in the shortest beginning of a stretch that has a place of its own for each of so many sides.
fn shortest(stretch: &[Standing], sides: usize) -> Option<u32> {
    if overlaps(stretch) {
        return apart(stretch, sides);
    }
    let mut pairs = Pairs { open: vec![Vec::new(); sides], places: Vec::new() };
    let mut alone: Vec<usize> = (0..sides).collect();
    for spot in stretch {
        // As many places as there are sides leave room for any of them.
        let Some(open) = pairs.open.get_mut(spot.side).filter(|open| open.len() < sides) else { continue };
        if pairs.places.last().is_none_or(|place| (place.start, place.end) != (spot.start, spot.end)) {
            pairs.places.push(Taken { start: spot.start, end: spot.end, by: None });
        }
        open.push(pairs.places.len() - 1);
        // Each place more can give room to one side more.
        let mut seen = vec![false; pairs.places.len()];
        if let Some(at) = alone.iter().position(|side| pairs.seat(*side, &mut seen)) {
            alone.swap_remove(at);
        }
        if alone.is_empty() {
            let chosen = || pairs.places.iter().filter(|place| place.by.is_some());
            let from = chosen().map(|place| place.start).min()?;
            let to = chosen().map(|place| place.end).max()?;
            let taken: u32 = chosen().map(|place| place.end - place.start).sum();
            return Some((to - from).saturating_sub(taken));
        }
    }
    None
}

/// A place, and the side it was given to.
struct Taken {
    start: u32,
    end: u32,
    by: Option<usize>,
}

/// Sides and places, paired one by one (augmenting paths in a bipartite graph).
struct Pairs {
    /// The places where each side stands.
    open: Vec<Vec<usize>>,
    places: Vec<Taken>,
}

impl Pairs {
    /// Gives `side` a place, moving others where that makes room. A place in `seen` leads nowhere.
    fn seat(&mut self, side: usize, seen: &mut [bool]) -> bool {
        for place in self.open.get(side).cloned().unwrap_or_default() {
            let Some(seen_place) = seen.get_mut(place).filter(|seen| !**seen) else { continue };
            *seen_place = true;
            let other = self.places.get(place).and_then(|place| place.by);
            if other.is_none_or(|other| self.seat(other, seen)) {
                if let Some(place) = self.places.get_mut(place) {
                    place.by = Some(side);
                }
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spots(places: impl IntoIterator<Item = u32>) -> Vec<Spot> {
        places.into_iter().map(|at| Spot { part: 0, words: at..at + 1 }).collect()
    }

    #[test]
    fn each_side_has_a_place_of_its_own() {
        assert_eq!(span(&[spots([0]), spots([3]), spots([3, 5])], 9), Some(3));
        assert_eq!(span(&[spots([0]), spots([3]), spots([3])], 9), None);
        assert_eq!(span(&[spots([0, 20]), spots([18]), spots([23, 90])], 9), Some(3));
    }

    #[test]
    fn places_that_share_a_word_are_not_two() {
        let at = |words: Range<u32>| Spot { part: 0, words };
        let (tokyo, east) = (vec![at(0..2)], vec![at(0..1)]);
        assert_eq!(gap(&tokyo, &east, false), None);
        assert_eq!(span(&[tokyo.clone(), east.clone(), vec![at(3..4)]], 9), None);
        let more = vec![at(0..1), at(5..6)];
        assert_eq!(span(&[tokyo, more.clone(), vec![at(3..4)]], 9), Some(2));
        // Each of many sides overlaps its neighbours: every other place is taken.
        let many: Vec<Vec<Spot>> =
            (0..12).map(|side| vec![at(side..side + 2), at(40 + 2 * side..42 + 2 * side)]).collect();
        assert!(span(&many, 100).is_some());
        assert_eq!(span(&[vec![at(0..2)], vec![at(1..3)], vec![at(2..4)]], 9), None);
    }

    /// Sides that share their only place would be tried again for every stretch around it.
    #[test]
    fn words_asked_for_twice_cost_no_more_in_long_texts() {
        let many = || spots((0..10_000).filter(|at| at % 1000 != 500));
        let few = || spots((0..10).map(|thousand| thousand * 1000 + 500));
        let begun = std::time::Instant::now();
        assert_eq!(span(&[many(), few(), few()], 900), None);
        assert_eq!(span(&[many(), few(), few()], 1_000), Some(1_000));
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
    }
}
