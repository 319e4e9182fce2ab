//! Whether figures have changed by more than chance: shares of voice, reactions to posts. Figures in, yes or no out.

use super::Course;
use crate::share::Permille;
use crate::time::Time;

/// Mentions of the last day, and all those of the days before, from which a share says something.
const FEWEST_NOW: u64 = 10;
const FEWEST_BEFORE: u64 = 30;
/// Standard deviations by which a share must have grown; its variance counts double, since mentions cluster, and more where
/// the day brought few: of a few dozen mentions one story may be half.
const DEVIATIONS: f64 = 3.7;
const CLUSTER: f64 = 2.0;
const STORY: f64 = 20.0;
/// Standard deviations by which what speaks ill must have grown as a part of all; its variance counts four times, since
/// some four mentions tell one story, and all of them speak of it alike.
const SOUR_DEVIATIONS: f64 = 3.3;
const SOUR_CLUSTER: f64 = 4.0;
/// Posts of an account that tell what is usual.
const POSTS: usize = 5;
/// A post takes off with so many times the usual reactions, and so many more; it flops with as few of so many.
const TIMES: i64 = 4;
const MORE: i64 = 20;
const ENOUGH: i64 = 12;

/// Mentions of one brand, and of all; or those of a brand that speak ill, and all that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Those that are asked about.
    pub of: u64,
    /// All of them.
    pub all: u64,
}

/// Whether a share grew from `before` to `now` by `points` at least, and by more than chance (two proportions compared).
/// Gives both shares, the one before first.
pub fn surge(before: Part, now: Part, points: Permille) -> Option<(Permille, Permille)> {
    let cluster = CLUSTER * (1.0 + STORY / float(now.all).max(1.0));
    grew(before, now, points, (cluster, DEVIATIONS))
}

/// The same of the mentions that speak ill, among those that are understood.
pub fn sours(before: Part, now: Part, points: Permille) -> Option<(Permille, Permille)> {
    grew(before, now, points, (SOUR_CLUSTER, SOUR_DEVIATIONS))
}

fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn grew(
    before: Part,
    now: Part,
    points: Permille,
    (cluster, deviations): (f64, f64),
) -> Option<(Permille, Permille)> {
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
    let all = (float(before.of) + float(now.of)) / (float(before.all) + float(now.all));
    let variance = cluster * all * (1.0 - all) * (1.0 / float(before.all) + 1.0 / float(now.all));
    let grown = float(now.of) / float(now.all) - float(before.of) / float(before.all);
    (variance > 0.0 && grown > deviations * variance.sqrt()).then_some((was, is))
}

/// What reactions to a post say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reactions {
    /// Far more than usual.
    TakesOff,
    /// Far fewer than usual, though there was time.
    Flops,
}

/// How a post with `count` reactions fares among `others` of its author, and what is usual: half of them have as many
/// reactions or fewer. `settled`: it is old enough that few more will come.
pub fn reactions(count: i64, settled: bool, others: &[i64]) -> Option<(Reactions, i64)> {
    if others.len() < POSTS {
        return None;
    }
    let mut others = others.to_vec();
    others.sort_unstable();
    let usual = *others.get(others.len() / 2)?;
    if count >= usual.saturating_mul(TIMES).max(usual.saturating_add(MORE)) {
        return Some((Reactions::TakesOff, usual));
    }
    let few = settled && usual >= ENOUGH && count.saturating_mul(TIMES) <= usual;
    few.then_some((Reactions::Flops, usual))
}

/// Hours shown: three days, so that the night is seen beside the day.
const SHOWN: usize = 72;
/// Hours of a day.
const DAY: usize = 24;
/// Days of which the same hour tells what is usual.
const DAYS: usize = 4;

/// The last of `hours` (the oldest first, `None` where nobody listened) against what is usual at each hour of the day:
/// of the days before those shown, from the tenth to the ninetieth of a hundred. `None` when too few days are known.
pub fn course_of_hours(to: Time, hours: &[Option<u32>]) -> Option<Course> {
    let (before, shown) = hours.split_at_checked(hours.len().checked_sub(SHOWN)?)?;
    let usual: Option<Vec<(u32, u32)>> = (0..SHOWN)
        .map(|hour| {
            // The same hour of each day before.
            let first = (before.len() + hour) % DAY;
            let mut same: Vec<u32> = before.iter().skip(first).step_by(DAY).flatten().copied().collect();
            same.sort_unstable();
            let at = |part: usize| same.get((same.len() - 1) * part / 10).copied();
            if same.len() < DAYS { None } else { at(1).zip(at(9)) }
        })
        .collect();
    Some(Course { to, hours: shown.to_vec(), usual: usual? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: Permille = Permille(100);

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

    /// Mentions of each hour of `days`: stories by chance, each told some four times within half a day.
    fn hours(random: &mut fastrand::Rng, days: usize, a_day: f64) -> Vec<u64> {
        let mut hours = vec![0; days * 24];
        for hour in 0..hours.len() {
            // Two stories in an hour are rare enough at these rates.
            if random.f64() >= a_day / 4.0 / 24.0 {
                continue;
            }
            for _ in 0..random.usize(1..8) {
                if let Some(later) = hours.get_mut(hour + random.usize(..12)) {
                    *later += 1;
                }
            }
        }
        hours
    }

    #[test]
    fn where_nothing_happens_few_surges_are_seen_however_little_is_said() {
        let mut random = fastrand::Rng::with_seed(7);
        let sum = |hours: &[u64], from: usize, to: usize| hours[from..to].iter().sum::<u64>();
        for (own, others) in [(2.0, 3.0), (5.0, 5.0), (10.0, 10.0), (5.0, 20.0)] {
            let (own, others) = (hours(&mut random, 400, own), hours(&mut random, 400, others));
            let (mut told, mut quiet) = (0, 0);
            for end in 8 * 24..own.len() {
                let part = |from, to| {
                    let of = sum(&own, from, to);
                    Part { of, all: of + sum(&others, from, to) }
                };
                let grown = surge(part(end - 192, end - 24), part(end - 24, end), Permille(100));
                if end >= quiet && grown.is_some() {
                    (told, quiet) = (told + 1, end + 72);
                }
            }
            assert!(told <= 8, "{told} in 400 days");
        }
    }

    #[test]
    fn what_speaks_ill_grows_by_more_than_chance_or_not_at_all() {
        let before = Part { of: 84, all: 560 };
        assert_eq!(sours(before, Part { of: 24, all: 40 }, POINTS), Some((Permille(150), Permille(600))));
        // ten more points are no news of forty mentions, and few that speak ill are none of many
        assert_eq!(sours(before, Part { of: 10, all: 40 }, POINTS), None);
        assert_eq!(sours(before, Part { of: 9, all: 9 }, POINTS), None);
        assert_eq!(sours(Part { of: 4, all: 29 }, Part { of: 24, all: 40 }, POINTS), None);
        assert_eq!(sours(before, Part { of: 24, all: 40 }, Permille(500)), None);
    }

    /// All mentions of each hour, and those that speak ill: the stories of `hours`, each of one mood.
    fn moods(random: &mut fastrand::Rng, days: usize, a_day: f64, ill: f64) -> (Vec<u64>, Vec<u64>) {
        let (sour, rest) = (hours(random, days, a_day * ill), hours(random, days, a_day * (1.0 - ill)));
        let all = sour.iter().zip(&rest).map(|(sour, rest)| sour + rest).collect();
        (all, sour)
    }

    #[test]
    fn where_moods_stay_the_same_hardly_a_change_is_seen_and_where_they_turn_most_are() {
        let mut random = fastrand::Rng::with_seed(11);
        let sum = |hours: &[u64], from: usize, to: usize| hours[from..to].iter().sum::<u64>();
        let day = |(all, sour): &(Vec<u64>, Vec<u64>), end: usize| {
            let part = |from, to| Part { of: sum(sour, from, to), all: sum(all, from, to) };
            sours(part(end - 15 * 24, end - 24), part(end - 24, end), POINTS).is_some()
        };
        for (a_day, ill) in [(5.0, 0.3), (20.0, 0.15), (40.0, 0.05), (40.0, 0.3), (80.0, 0.15)] {
            let heard = moods(&mut random, 400, a_day, ill);
            let (mut told, mut quiet) = (0, 0);
            for end in 15 * 24..heard.0.len() {
                if end >= quiet && day(&heard, end) {
                    (told, quiet) = (told + 1, end + 24);
                }
            }
            assert!(told <= 13, "{a_day} a day, {ill}: {told} in 400 days");
        }
        let mut seen = 0;
        for _ in 0..50 {
            let (mut all, mut sour) = moods(&mut random, 14, 40.0, 0.15);
            let (turned, ill) = moods(&mut random, 2, 40.0, 0.6);
            all.extend(turned);
            sour.extend(ill);
            let heard = (all, sour);
            seen += u32::from((15 * 24..16 * 24).any(|end| day(&heard, end)));
        }
        assert!(seen >= 35, "{seen} of 50");
    }

    #[test]
    fn posts_are_held_against_their_authors_others() {
        let others = [3, 40, 20, 18, 25];
        assert_eq!(reactions(80, false, &others), Some((Reactions::TakesOff, 20)));
        assert_eq!(reactions(79, true, &others), None);
        assert_eq!(reactions(5, true, &others), Some((Reactions::Flops, 20)));
        assert_eq!(reactions(5, false, &others), None);
        // of authors whom nobody answers, a few reactions are no event
        assert_eq!(reactions(8, true, &[0, 1, 0, 2, 1]), None);
        assert_eq!(reactions(900, true, &others[..4]), None);
    }
}
