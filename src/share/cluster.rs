//! How much counts that hang together are worth: copies of one text, texts of one author. They say less than as many
//! counts that came by themselves; how much less is the design effect, 1 + ρ (Σt²/Σt − 1), of clusters of t counts whose
//! members agree by ρ (Kish, 1965; ρ by Fleiss and Cuzick, 1979). Shares are given Wilson's interval for as many counts as
//! theirs are worth (Dean and Pagano, 2015). No draws: the same counts give the same ends, in any order.

use std::collections::BTreeMap;

/// However much members of clusters differ, one count is worth no more than twenty.
const LEAST: f64 = 0.05;

/// Counts of brands in clusters, which are told one after the other.
#[derive(Debug)]
pub struct Clusters {
    /// The cluster that is being told: its key, and the counts of each brand.
    open: (i64, BTreeMap<usize, f64>),
    /// Counts of each brand, of closed clusters.
    parts: Vec<f64>,
    /// For each brand a (t - a) / t, summed over the clusters, where a of t counts are the brand's.
    mixed: Vec<f64>,
    clusters: f64,
    counts: f64,
    squares: f64,
}

impl Clusters {
    /// None yet, of so many brands.
    pub fn new(brands: usize) -> Clusters {
        Clusters {
            open: (0, BTreeMap::new()),
            parts: vec![0.0; brands],
            mixed: vec![0.0; brands],
            clusters: 0.0,
            counts: 0.0,
            squares: 0.0,
        }
    }

    /// Adds counts of the brand at a place to the cluster `key`. A cluster is told as a whole before the next one.
    pub fn add(&mut self, key: i64, brand: usize, count: f64) {
        if key != self.open.0 {
            self.close();
            self.open.0 = key;
        }
        if brand < self.parts.len() && count > 0.0 {
            *self.open.1.entry(brand).or_default() += count;
        }
    }

    fn close(&mut self) {
        let cluster = std::mem::take(&mut self.open.1);
        if cluster.is_empty() {
            return;
        }
        let size: f64 = cluster.values().sum();
        self.clusters += 1.0;
        self.counts += size;
        self.squares += size * size;
        for (brand, count) in cluster {
            if let Some((part, mixed)) = self.parts.get_mut(brand).zip(self.mixed.get_mut(brand)) {
                *part += count;
                *mixed += count * (size - count) / size;
            }
        }
    }

    /// How many counts are worth one that came by itself, for each brand's share: 1 where nothing hangs together, less
    /// where members of a cluster differ more than chance would have it.
    pub fn design_effects(mut self) -> Vec<f64> {
        self.close();
        // Counts beyond one for each cluster: none agree where there are none.
        let beyond = self.counts - self.clusters;
        if beyond <= 0.0 {
            return vec![1.0; self.parts.len()];
        }
        let chance = |part: &f64| {
            let share = part / self.counts;
            beyond * share * (1.0 - share)
        };
        // of one brand with all or nothing it cannot be told: it is that of all together, and whole where there is one alone
        let of_all = agreement(self.mixed.iter().sum(), self.parts.iter().map(chance).sum()).unwrap_or(1.0);
        let growth = self.squares / self.counts - 1.0;
        (self.parts.iter().zip(&self.mixed))
            .map(|(part, mixed)| 1.0 + agreement(*mixed, chance(part)).unwrap_or(of_all) * growth)
            .map(|effect| effect.max(LEAST))
            .collect()
    }
}

/// How far members of one cluster agree beyond chance, -1 to 1: whoever speaks of two brands speaks for neither. `None`
/// where chance alone makes them agree.
fn agreement(mixed: f64, chance: f64) -> Option<f64> {
    (chance > 0.0).then(|| (1.0 - mixed / chance).clamp(-1.0, 1.0))
}

/// How many counts are worth one that came by itself, for one brand's shares: at least 1 of stories and mentions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effects {
    /// Of stories: those of one author hang together.
    pub stories: f64,
    /// Of mentions: those of one story, of one author, and of stories by one author.
    pub mentions: f64,
    /// Of authors: one may speak of several brands.
    pub authors: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::interval::{deviations, wilson};

    #[test]
    fn copies_of_a_text_are_worth_one_and_mixed_authors_are_worth_each() {
        let effects = |clusters: &[&[(usize, f64)]]| {
            let mut all = Clusters::new(2);
            for (key, cluster) in (0..).zip(clusters) {
                cluster.iter().for_each(|(brand, count)| all.add(key, *brand, *count));
            }
            all.design_effects()
        };
        // by hand: four stories of 1, 1, 2 and 6 copies, 42 / 10
        let copies = effects(&[&[(0, 1.0)], &[(1, 1.0)], &[(0, 2.0)], &[(1, 6.0)]]);
        assert!(copies.iter().all(|effect| (effect - 4.2).abs() < 1e-12), "{copies:?}");
        assert_eq!(effects(&[&[(0, 1.0)], &[(1, 1.0)], &[(1, 1.0)]]), [1.0, 1.0]);
        // by hand: ten authors of one brand each and five of both; only the ten vary, of twenty counts
        let single = |brand: usize| vec![(brand, 1.0)];
        let authors: Vec<Vec<(usize, f64)>> = (0..15)
            .map(|place| if place < 10 { single(place % 2) } else { vec![(0, 1.0), (1, 1.0)] })
            .collect();
        let authors: Vec<&[(usize, f64)]> = authors.iter().map(Vec::as_slice).collect();
        assert!(effects(&authors).iter().all(|effect| (effect - 0.5).abs() < 1e-12));
        assert_eq!(effects(&[]), [1.0, 1.0]);
        assert_eq!(effects(&[&[(0, 3.0)]]), [3.0, 3.0], "one brand alone");
        assert_eq!(effects(&[&[(7, 3.0)], &[(0, 0.0)]]), [1.0, 1.0], "a brand that is none of ours");
        // a third brand, of which nothing is heard, takes the agreement of the others
        let mut all = Clusters::new(3);
        for (key, brand, count) in [(0, 0, 5.0), (0, 1, 5.0), (1, 0, 4.0), (1, 1, 4.0)] {
            all.add(key, brand, count);
        }
        let effects = all.design_effects();
        assert!(effects.iter().all(|effect| *effect < 1.0), "{effects:?}");
    }

    /// A simulated stream: for each story its author, whether it is the brand's, and its copies.
    struct Stream {
        stories: Vec<(usize, bool, f64)>,
    }

    impl Stream {
        /// `stories` with a true share of `truth`: copies in a heavy tail, authors in a heavy tail too, who keep to the
        /// brand of their choice in a part `loyal` of what they write.
        fn new(random: &mut fastrand::Rng, stories: usize, truth: f64, loyal: f64) -> Stream {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 400")]
            fn heavy(random: &mut fastrand::Rng, tail: f64, most: usize) -> usize {
                ((1.0 / random.f64().max(1e-9)).powf(1.0 / tail) as usize).min(most)
            }
            let mut made = Vec::new();
            for author in 0.. {
                let home = random.f64() < truth;
                for _ in 0..heavy(random, 1.5, stories / 6) {
                    let keeps = random.f64() < loyal;
                    let own = if keeps { home } else { random.f64() < truth };
                    let copies = u32::try_from(heavy(random, 1.3, 400)).unwrap();
                    made.push((author, own, f64::from(copies)));
                }
                if made.len() >= stories {
                    break;
                }
            }
            made.truncate(stories);
            Stream { stories: made }
        }

        /// Counts of the brand, of all, and clusters of what is counted by `cluster`.
        fn counted(
            &self,
            cluster: impl Fn(usize, usize) -> usize,
            count: impl Fn(f64) -> f64,
        ) -> (f64, f64, f64) {
            let mut of: BTreeMap<usize, [f64; 2]> = BTreeMap::new();
            let (mut part, mut all) = (0.0, 0.0);
            for (place, (author, own, copies)) in self.stories.iter().enumerate() {
                let counted = count(*copies);
                let cell = usize::from(!*own);
                of.entry(cluster(place, *author)).or_default()[cell] += counted;
                all += counted;
                part += if *own { counted } else { 0.0 };
            }
            let mut clusters = Clusters::new(2);
            for (key, [own, other]) in (0..).zip(of.values()) {
                clusters.add(key, 0, *own);
                clusters.add(key, 1, *other);
            }
            (part, all, clusters.design_effects()[0].max(1.0))
        }
    }

    /// The simulation of syndicated streams with prolific authors: how often nominal 95 % intervals hold the true share.
    #[test]
    fn intervals_hold_the_truth_where_stories_and_authors_hang_together() {
        const RUNS: u32 = 1000;
        let mut random = fastrand::Rng::with_seed(5);
        for (stories, truth, loyal) in
            [(60, 0.3, 0.0), (200, 0.3, 0.0), (400, 0.1, 0.5), (200, 0.3, 0.8), (600, 0.3, 1.0)]
        {
            let (mut by_story, mut by_mention, mut bare_stories, mut bare_mentions) = (0, 0, 0, 0);
            for _ in 0..RUNS {
                let stream = Stream::new(&mut random, stories, truth, loyal);
                let holds = |part: f64, all: f64, effect: f64| {
                    let (_, low, high) = wilson((part, all), effect, deviations(1)).unwrap();
                    u32::from(low <= truth && truth <= high)
                };
                let (part, all, effect) = stream.counted(|_, author| author, |_| 1.0);
                by_story += holds(part, all, effect);
                bare_stories += holds(part, all, 1.0);
                let (part, all, of_story) = stream.counted(|place, _| place, |copies| copies);
                let (_, _, of_author) = stream.counted(|_, author| author, |copies| copies);
                by_mention += holds(part, all, of_story.max(of_author));
                bare_mentions += holds(part, all, 1.0);
            }
            let percent = |held: u32| 100.0 * f64::from(held) / f64::from(RUNS);
            let (story, mention) = (percent(by_story), percent(by_mention));
            println!(
                "{stories} stories, truth {truth}, authors who keep to a brand {loyal}: held by stories {story} % (taken as independent {} %), by mentions {mention} % ({} %)",
                percent(bare_stories),
                percent(bare_mentions)
            );
            assert!((93.0..=97.0).contains(&story), "{stories} {truth} {loyal}: {story}");
            assert!((93.0..=97.5).contains(&mention), "{stories} {truth} {loyal}: {mention}");
            assert!(bare_mentions < RUNS * 6 / 10 && (loyal < 0.8 || bare_stories < RUNS * 8 / 10));
        }
    }
}
