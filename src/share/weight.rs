//! Beside the headline: shares corrected for how often keywords are right, and how many people may have read, as a range.

use serde::{Deserialize, Serialize};

use super::interval::Interval;
use super::{Permille, share_of_voice};
use crate::sentiment::gamma;

/// Labels from which the precision of a brand is known well enough to correct by.
const LABELS: u32 = 10;
/// Draws for the interval.
const DRAWS: usize = 800;
/// Of the draws, those beyond 95 % on one side.
const BEYOND: usize = DRAWS / 40;
const SEED: u64 = 31;

/// How many people may have read what is said: never one number, and no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reach {
    /// Views of the posts whose network tells them: the lower end.
    pub views: u64,
    /// Posts whose network tells views.
    pub posts_with_views: u64,
    /// Followers of the distinct authors of the others, where known; with the views the upper end.
    pub followers: u64,
    /// Authors of whom neither is known: the upper end may be higher.
    pub unknown_authors: u64,
}

/// A share corrected for how often what is counted is about the brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// Labelled posts that would be counted by what is learned from other labels; with fewer than ten the brand is taken as
    /// it is counted.
    pub labels: u32,
    /// Of those, posts about the brand.
    pub right: u32,
    /// The part of all stories, corrected, with its interval at 95 %.
    pub share: Interval,
}

/// What is known of one brand beside its counts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Weight {
    /// Who may have read.
    pub reach: Reach,
    /// Labels given.
    pub labelled: u32,
    /// Labelled posts that would be counted by what is learned from other labels: those about the brand, and all.
    pub labels: (u32, u32),
    /// Stories of the window that a person said are about the brand: those need no correction.
    pub settled: u64,
}

/// The part of `count` stories that a person said are about the brand, 0 to 1.
fn settled(count: u64, weight: &Weight) -> f64 {
    let wide = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if count == 0 { 0.0 } else { wide(weight.settled.min(count)) / wide(count) }
}

/// Shares of `stories`, which together are `worth` so many that came by themselves (as many as they are where that is not
/// known), corrected by the labels: counts and precisions are drawn again (gamma and beta). What a person said is
/// about the brand is, and what a person said is not was taken out before; the precision is of all others. Nothing where no brand
/// has labels enough.
pub(super) fn corrected(stories: &[u64], worth: Option<u64>, weights: &[Weight]) -> Option<Vec<Corrected>> {
    let known = |weight: &Weight| weight.labels.1 >= LABELS;
    if stories.iter().all(|count| *count == 0) || !weights.iter().any(known) {
        return None;
    }
    let wide = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let all = wide(stories.iter().sum());
    let of_one = worth.map_or(1.0, |worth| wide(worth.max(1)) / all);
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut drawn: Vec<Vec<f64>> = vec![Vec::with_capacity(DRAWS); stories.len()];
    for _ in 0..DRAWS {
        let counts: Vec<f64> = (stories.iter().zip(weights))
            .map(|(count, weight)| {
                let (right, all) = weight.labels;
                let heard = gamma(wide(*count) * of_one + 0.5, &mut random);
                if !known(weight) {
                    return heard;
                }
                let (yes, no) = (
                    gamma(f64::from(right) + 0.5, &mut random),
                    gamma(f64::from(all.saturating_sub(right)) + 0.5, &mut random),
                );
                let sure = settled(*count, weight);
                heard * (sure + (1.0 - sure) * yes / (yes + no))
            })
            .collect();
        let all: f64 = counts.iter().sum();
        drawn.iter_mut().zip(counts).for_each(|(of, count)| of.push(count / all));
    }
    let likely: Vec<f64> = (stories.iter().zip(weights))
        .map(|(count, weight)| {
            let (right, all) = weight.labels;
            let precision = if known(weight) { f64::from(right) / f64::from(all) } else { 1.0 };
            let sure = settled(*count, weight);
            wide(*count) * (sure + (1.0 - sure) * precision)
        })
        .collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; it saturates")]
    let parts =
        share_of_voice(&likely.iter().map(|count| (count * 1000.0).round() as u64).collect::<Vec<_>>())?;
    let of = |((part, drawn), weight): ((Permille, &mut Vec<f64>), &Weight)| {
        drawn.sort_by(f64::total_cmp);
        let low = drawn.get(BEYOND).copied().unwrap_or(0.0);
        let high = drawn.iter().rev().nth(BEYOND).copied().unwrap_or(1.0);
        Corrected {
            labels: weight.labels.1,
            right: weight.labels.0,
            share: Interval::around(part, (low, high)),
        }
    };
    Some(parts.into_iter().zip(&mut drawn).zip(weights).map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_corrected_by_what_people_said() {
        // raw 50/50 with precisions 60 % and 95 % by 100 labels each is 38.7 %, 34.6 to 42.5
        let weight = |right, all| Weight { labels: (right, all), ..Weight::default() };
        let found = corrected(&[50_000, 50_000], None, &[weight(60, 100), weight(95, 100)]).unwrap();
        assert_eq!(found[0].share.permille, Permille(387));
        assert!(
            found[0].share.low.0.abs_diff(346) <= 8 && found[0].share.high.0.abs_diff(425) <= 8,
            "{found:?}"
        );
        assert_eq!(found.iter().map(|of| of.share.permille.0).sum::<u16>(), 1000);
        assert_eq!(corrected(&[5, 5], None, &[weight(9, 9), weight(0, 0)]), None, "too few labels");
        let one = corrected(&[50_000, 50_000], None, &[weight(50, 100), weight(0, 0)]).unwrap();
        assert_eq!((one[0].share.permille, one[1].labels), (Permille(333), 0));
        assert_eq!(corrected(&[0, 0], None, &[weight(9, 90), weight(0, 0)]), None);
        // Of 390 stories ten are sure, and half of the others are thought to be right.
        let sure = Weight { settled: 10, ..weight(10, 20) };
        let one = corrected(&[390, 300], None, &[sure, weight(0, 0)]).unwrap();
        assert_eq!(one[0].share.permille, Permille(400));
        // stories of a few authors are worth less: the same share, less surely
        let loose = corrected(&[390, 300], Some(69), &[sure, weight(0, 0)]).unwrap();
        assert_eq!(loose[0].share.permille, Permille(400));
        assert!(loose[0].share.low < one[0].share.low && loose[0].share.high > one[0].share.high);
    }
}
