//! Whether figures have changed by more than chance: shares of voice, reactions to posts. Figures in, yes or no out.

use crate::share::Permille;

/// Mentions of the last day and of the days before, from which a share says something.
const FEWEST_NOW: u64 = 10;
const FEWEST_BEFORE: u64 = 30;
/// Standard deviations by which a share must have grown; its variance counts double, since mentions cluster.
const DEVIATIONS: f64 = 3.7;
const CLUSTER: f64 = 2.0;
/// Posts of an account that tell what is usual.
const POSTS: usize = 5;
/// A post takes off with so many times the usual reactions, and so many more; it flops with as few of so many.
const TIMES: i64 = 4;
const MORE: i64 = 20;
const ENOUGH: i64 = 12;

/// Mentions of one brand, and of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Of the brand.
    pub of: u64,
    /// Of all brands.
    pub all: u64,
}

/// Whether a share grew from `before` to `now` by `points` at least, and by more than chance (two proportions compared).
/// Gives both shares, the one before first.
pub fn surge(before: Part, now: Part, points: Permille) -> Option<(Permille, Permille)> {
    if now.of < FEWEST_NOW || before.all < FEWEST_BEFORE {
        return None;
    }
    let share = |part: Part| {
        let permille = part.of.saturating_mul(1000).checked_div(part.all)?;
        u16::try_from(permille).ok().map(Permille)
    };
    let (was, is) = (share(before)?, share(now)?);
    if is.0 < was.0.saturating_add(points.0) {
        return None;
    }
    let float = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let all = (float(before.of) + float(now.of)) / (float(before.all) + float(now.all));
    let variance = CLUSTER * all * (1.0 - all) * (1.0 / float(before.all) + 1.0 / float(now.all));
    let grown = float(now.of) / float(now.all) - float(before.of) / float(before.all);
    (variance > 0.0 && grown > DEVIATIONS * variance.sqrt()).then_some((was, is))
}

/// What reactions to a post say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Far more than usual.
    TakesOff,
    /// Far fewer than usual, though there was time.
    Flops,
}

/// How a post with `count` reactions fares among `others` of its author, and what is usual: half of them have as many
/// reactions or fewer. `settled`: it is old enough that few more will come.
pub fn course(count: i64, settled: bool, others: &[i64]) -> Option<(Course, i64)> {
    if others.len() < POSTS {
        return None;
    }
    let mut others = others.to_vec();
    others.sort_unstable();
    let usual = *others.get(others.len() / 2)?;
    if count >= usual.saturating_mul(TIMES).max(usual.saturating_add(MORE)) {
        return Some((Course::TakesOff, usual));
    }
    let few = settled && usual >= ENOUGH && count.saturating_mul(TIMES) <= usual;
    few.then_some((Course::Flops, usual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_grows_by_more_than_chance_or_not_at_all() {
        let before = Part { of: 100, all: 1000 };
        let surge = |now: Part| surge(before, now, Permille(100));
        assert_eq!(surge(Part { of: 30, all: 100 }), Some((Permille(100), Permille(300))));
        // nine points, or ten of few mentions
        assert_eq!(surge(Part { of: 19, all: 100 }), None);
        assert_eq!(surge(Part { of: 4, all: 10 }), None);
        assert_eq!(surge(Part { of: 11, all: 44 }), None);
        assert_eq!(surge(Part::default()), None);
        assert_eq!(super::surge(Part { of: 0, all: 20 }, Part { of: 20, all: 20 }, Permille(100)), None);
    }

    #[test]
    fn posts_are_held_against_their_authors_others() {
        let others = [3, 40, 20, 18, 25];
        assert_eq!(course(80, false, &others), Some((Course::TakesOff, 20)));
        assert_eq!(course(79, true, &others), None);
        assert_eq!(course(5, true, &others), Some((Course::Flops, 20)));
        assert_eq!(course(5, false, &others), None);
        // of authors whom nobody answers, a few reactions are no event
        assert_eq!(course(8, true, &[0, 1, 0, 2, 1]), None);
        assert_eq!(course(900, true, &others[..4]), None);
    }
}
