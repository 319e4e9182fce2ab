//! What must, and what must not, stand in a post for a query to hold: told from the needles found alone, so that
//! hardly any query is asked in vain.

use super::Found;
use crate::find::{Form, Needle};
use crate::query::{Leaf, Node, Query};

/// Longer groups are left to the query itself, which looks at what was found only.
const LONGEST: usize = 64;

/// Needles of which one must be found for a branch to hold, or none at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    needles: Vec<u32>,
    excludes: bool,
}

/// The needles of one query's terms, and how rare all needles are.
#[derive(Clone, Copy)]
pub(super) struct Terms<'q> {
    pub(super) query: &'q Query,
    /// The needle of each term.
    pub(super) needle_of: &'q [Option<u32>],
    /// For each needle, how often texts hold it, as a guess.
    pub(super) weights: &'q [f64],
}

/// How often texts hold this needle, as a guess: a short word that many terms ask for is no rare name.
pub(super) fn weight(needle: &Needle, uses: u32) -> f64 {
    let letters = |form: &Form| f64::from(u32::try_from(form.letters()).unwrap_or(u32::MAX)).min(24.0);
    let longest = needle.0.iter().map(|element| letters(&element.form)).fold(0.0, f64::max);
    let more = f64::from(u32::try_from(needle.0.len()).unwrap_or(u32::MAX)) - 1.0;
    0.6_f64.powf(longest + 3.0 * more) * f64::from(uses)
}

impl Terms<'_> {
    fn needle(&self, leaf: u32) -> Option<u32> {
        usize::try_from(leaf).ok().and_then(|leaf| self.needle_of.get(leaf)).copied().flatten()
    }

    fn total(&self, needles: &[u32]) -> f64 {
        let one = |needle: &u32| usize::try_from(*needle).ok().and_then(|at| self.weights.get(at));
        needles.iter().filter_map(one).sum()
    }

    /// The anchors of the query, which are its rarest group, and its other groups, the rarest first. No anchors
    /// when it may hold without any of its terms.
    pub(super) fn groups(&self) -> (Option<Vec<u32>>, Vec<Group>) {
        let mut all = Vec::new();
        self.gather(self.query.root(), false, &mut all);
        all.sort_by(|a, b| {
            a.excludes
                .cmp(&b.excludes)
                .then_with(|| self.total(&a.needles).total_cmp(&self.total(&b.needles)))
        });
        let anchors = all.first().is_some_and(|first| !first.excludes).then(|| all.remove(0).needles);
        all.retain(|group| group.needles.len() <= LONGEST);
        (anchors, all)
    }

    /// Adds every group that a branch asks for.
    fn gather(&self, node: &Node, negated: bool, all: &mut Vec<Group>) {
        match node {
            Node::Not(inner) => self.gather(inner, !negated, all),
            Node::And(nodes) if !negated => nodes.iter().for_each(|node| self.gather(node, negated, all)),
            Node::Or(nodes) if negated => nodes.iter().for_each(|node| self.gather(node, negated, all)),
            Node::Near(near) if !negated => {
                let side = |side: &std::ops::Range<u32>| side.clone().map(|leaf| self.needle(leaf)).collect();
                let sides = near.sides.iter().filter_map(side);
                all.extend(sides.map(|needles| Group { needles, excludes: false }));
            }
            Node::Leaf(leaf) if negated => {
                // A word that was found stands there; an account or exact characters are looked at once more.
                let plain = |leaf: &Leaf| matches!(leaf, Leaf::Words(words) if !words.contains('@'));
                let needle = self.needle(*leaf).filter(|_| self.query.leaf(*leaf).is_some_and(plain));
                match (needle, all.last_mut()) {
                    (Some(needle), Some(last)) if last.excludes => last.needles.push(needle),
                    (Some(needle), _) => all.push(Group { needles: vec![needle], excludes: true }),
                    (None, _) => {}
                }
            }
            Node::Leaf(_) | Node::And(_) | Node::Or(_) | Node::Near(_) => {
                let needles = self.any_of(node, negated);
                all.extend(needles.map(|needles| Group { needles, excludes: false }));
            }
        }
    }

    /// The needles of which one must be found for a branch to hold; none when it may hold without any.
    fn any_of(&self, node: &Node, negated: bool) -> Option<Vec<u32>> {
        match node {
            Node::Leaf(leaf) => self.needle(*leaf).filter(|_| !negated).map(|needle| vec![needle]),
            Node::Near(_) if negated => None,
            Node::And(nodes) | Node::Or(nodes) if matches!(node, Node::Or(_)) != negated => {
                let mut all = Vec::new();
                for node in nodes {
                    all.extend(self.any_of(node, negated)?);
                }
                Some(all)
            }
            Node::Not(_) | Node::And(_) | Node::Or(_) | Node::Near(_) => {
                let mut all = Vec::new();
                self.gather(node, negated, &mut all);
                let wanted = all.into_iter().filter(|group| !group.excludes).map(|group| group.needles);
                wanted.min_by(|a, b| self.total(a).total_cmp(&self.total(b)))
            }
        }
    }
}

/// The groups of all queries but their anchors, in one row of numbers.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Where each query's groups end.
    ends: Vec<u32>,
    /// For each group twice its length, and one more when it excludes; then its needles.
    row: Vec<u32>,
}

impl Needs {
    /// Adds the groups of the next query, whose needles `number` numbers.
    pub(super) fn push(&mut self, groups: &[Group], number: impl Fn(u32) -> u32) {
        for group in groups {
            let length = u32::try_from(group.needles.len()).unwrap_or_default();
            self.row.push(length << 1 | u32::from(group.excludes));
            self.row.extend(group.needles.iter().map(|needle| number(*needle)));
        }
        self.ends.push(u32::try_from(self.row.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.ends) + size_of_val(&*self.row)
    }

    /// Whether query `place` could hold where `seen` was found, of which needles from `known` on were not looked for.
    pub(super) fn allow(&self, place: u32, seen: &Seen, known: u32) -> bool {
        let wide = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let end = |place: usize| self.ends.get(place).copied().map_or(0, wide);
        let start = wide(place).checked_sub(1).map_or(0, end);
        let mut row = self.row.get(start..end(wide(place))).unwrap_or_default();
        while let Some((head, rest)) = row.split_first()
            && let Some((group, after)) = rest.split_at_checked(wide(head >> 1))
        {
            let excludes = head & 1 == 1;
            let met = group.iter().any(|needle| seen.has(*needle) || !excludes && *needle >= known);
            if met == excludes {
                return false;
            }
            row = after;
        }
        true
    }
}

/// Which needles were found in a post.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<u64>);

impl Seen {
    fn place(needle: u32) -> (usize, u64) {
        (usize::try_from(needle >> 6).unwrap_or(usize::MAX), 1 << (needle & 63))
    }

    /// Notes what was found, with room for `count` needles.
    pub(super) fn note(&mut self, found: &[Found], count: usize) {
        if self.0.len() * 64 < count {
            self.0.resize(count.div_ceil(64), 0);
        }
        for one in found {
            let (place, bit) = Seen::place(one.hit.needle);
            if let Some(bits) = self.0.get_mut(place) {
                *bits |= bit;
            }
        }
    }

    /// Forgets what was found, which is all that was noted.
    pub(super) fn forget(&mut self, found: &[Found]) {
        for one in found {
            if let Some(bits) = self.0.get_mut(Seen::place(one.hit.needle).0) {
                *bits = 0;
            }
        }
    }

    fn has(&self, needle: u32) -> bool {
        let (place, bit) = Seen::place(needle);
        self.0.get(place).is_some_and(|bits| bits & bit != 0)
    }
}
