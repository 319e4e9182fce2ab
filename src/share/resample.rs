//! Intervals of shares whose counts hang together: copies of one text, posts of one author. Whole clusters are drawn
//! again, each a Poisson number of times (Hanley and `MacGibbon`, 2006), in one pass, with a fixed seed.

/// Draws: ends of an interval at 95 % are then the tenth from either side.
const DRAWS: usize = 400;
/// Of the draws, those beyond 95 % on one side.
const BEYOND: usize = DRAWS / 40;
const SEED: u64 = 23;
/// Chances that a cluster is drawn at most 0, 1, 2... times.
const POISSON: [f64; 8] =
    [0.367_879, 0.735_759, 0.919_699, 0.981_012, 0.996_340, 0.999_406, 0.999_917, 0.999_990];

/// Draws clusters again as they are told.
#[derive(Debug)]
pub struct Resample {
    random: fastrand::Rng,
    /// For each draw the sum of each brand.
    sums: Vec<Vec<f64>>,
}

impl Resample {
    /// Of so many brands.
    pub fn new(brands: usize) -> Resample {
        Resample { random: fastrand::Rng::with_seed(SEED), sums: vec![vec![0.0; brands]; DRAWS] }
    }

    /// Adds a cluster: the places of its brands and the counts of each.
    pub fn add(&mut self, cluster: &[(usize, u32)]) {
        for sums in &mut self.sums {
            let chance = self.random.f64();
            let times = POISSON.iter().take_while(|upto| **upto < chance).count();
            let times = f64::from(u8::try_from(times).unwrap_or(u8::MAX));
            for (brand, count) in cluster {
                if let Some(sum) = sums.get_mut(*brand) {
                    *sum += times * f64::from(*count);
                }
            }
        }
    }

    /// The interval at 95 % of each brand's share, 0 to 1. `None` where nothing was added.
    pub fn intervals(&self) -> Option<Vec<(f64, f64)>> {
        let brands = self.sums.first()?.len();
        let shares: Vec<Vec<f64>> = (self.sums.iter())
            .filter_map(|sums| {
                let all: f64 = sums.iter().sum();
                (all > 0.0).then(|| sums.iter().map(|sum| sum / all).collect())
            })
            .collect();
        if shares.len() < DRAWS / 2 {
            return None;
        }
        let ends = (0..brands).map(|brand| {
            let mut drawn: Vec<f64> = shares.iter().filter_map(|shares| shares.get(brand).copied()).collect();
            drawn.sort_by(f64::total_cmp);
            let low = drawn.get(BEYOND).copied().unwrap_or(0.0);
            let high = drawn.iter().rev().nth(BEYOND).copied().unwrap_or(1.0);
            (low, high)
        });
        Some(ends.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::{deviations, wilson};

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 400")]
    /// One simulated stream: stories of two brands, a true share of 30 %, copies in a heavy tail.
    fn stream(random: &mut fastrand::Rng, stories: usize) -> Vec<(usize, u32)> {
        (0..stories)
            .map(|_| {
                let brand = usize::from(random.f64() >= 0.3);
                let copies = (1.0 / random.f64().max(1e-6)).powf(1.0 / 1.3).min(400.0).floor();
                (brand, copies as u32)
            })
            .collect()
    }

    /// The simulation of a syndicated stream: how often nominal 95 % intervals hold the true share of 30 %.
    #[test]
    fn intervals_over_stories_hold_the_truth_where_those_over_copies_do_not() {
        const RUNS: u32 = 400;
        let mut random = fastrand::Rng::with_seed(5);
        let (mut by_stories, mut by_copies, mut drawn) = (0, 0, 0);
        for run in 0..RUNS {
            let stream = stream(&mut random, 200 + usize::try_from(run % 7).unwrap() * 60);
            let count = |brand: usize| stream.iter().filter(|(of, _)| *of == brand).count() as u64;
            let copies = |brand: usize| {
                stream.iter().filter(|(of, _)| *of == brand).map(|(_, n)| u64::from(*n)).sum::<u64>()
            };
            let holds = |part: u64, all: u64| {
                let (_, low, high) = wilson((part, all), deviations(1)).unwrap();
                u32::from(low <= 0.3 && 0.3 <= high)
            };
            by_stories += holds(count(0), count(0) + count(1));
            by_copies += holds(copies(0), copies(0) + copies(1));
            if run < 100 {
                let mut resample = Resample::new(2);
                stream.iter().for_each(|cluster| resample.add(&[*cluster]));
                let (low, high) = resample.intervals().unwrap()[0];
                drawn += u32::from(low <= 0.3 && 0.3 <= high);
            }
        }
        let percent = |held: u32, runs: u32| 100.0 * f64::from(held) / f64::from(runs);
        let (stories, copies, drawn) =
            (percent(by_stories, RUNS), percent(by_copies, RUNS), percent(drawn, 100));
        println!(
            "the truth is held by Wilson on stories {stories} %, on copies {copies} %, drawn again by story {drawn} %"
        );
        assert!((93.0..=97.5).contains(&stories), "{stories}");
        assert!(copies < 60.0, "{copies}");
        assert!(drawn > copies + 20.0, "{drawn}");
    }

    #[test]
    fn the_same_clusters_give_the_same_interval_and_one_brand_alone_is_whole() {
        let mut one = Resample::new(2);
        assert_eq!(one.intervals(), None);
        let mut other = Resample::new(2);
        for cluster in [(0, 3), (1, 1), (0, 1), (1, 7), (0, 2)] {
            one.add(&[cluster]);
            other.add(&[cluster]);
        }
        assert_eq!(one.intervals(), other.intervals());
        let mut alone = Resample::new(1);
        (0..20).for_each(|_| alone.add(&[(0, 1)]));
        assert_eq!(alone.intervals(), Some(vec![(1.0, 1.0)]));
    }
}
