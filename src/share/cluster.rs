//! How much counts that hang together are worth: copies of one text, texts of one author. They say less than as many
//! counts that came by themselves; how much less is the design effect, 1 + ρ (Σt²/Σt − 1), of clusters of t counts whose
//! members agree by ρ (Kish, 1965; ρ by Fleiss and Cuzick, 1979, of all brands together: of a small brand alone it is known
//! from a handful of authors). Shares are given Wilson's interval for as many counts as theirs are worth (Dean and Pagano,
//! 2015). No draws: the same counts give the same ends, in any order.
//!
//! Authors who speak of several brands are small clusters, and a brand may be spoken of by others' authors more or less than
//! chance would have it; there the variance of a ratio says it brand by brand (Kish, 1965, chapter 6).

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
    /// The sum of a (t - a) / t over clusters and brands, where a of t counts are a brand's.
    mixed: f64,
    /// For each brand a², summed over the clusters.
    own_squares: Vec<f64>,
    /// For each brand a t, summed over the clusters.
    crossed: Vec<f64>,
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
            mixed: 0.0,
            own_squares: vec![0.0; brands],
            crossed: vec![0.0; brands],
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
            self.mixed += count * (size - count) / size;
            let cells = (self.parts.get_mut(brand).zip(self.own_squares.get_mut(brand)))
                .zip(self.crossed.get_mut(brand));
            if let Some(((part, squares), crossed)) = cells {
                *part += count;
                *squares += count * count;
                *crossed += count * size;
            }
        }
    }

    /// How many counts are worth one that came by itself, where clusters are large and unequal: 1 where nothing hangs
    /// together or members of a cluster differ more than chance would have it, else more.
    pub fn design_effect(mut self) -> f64 {
        self.close();
        // Counts beyond one for each cluster: none agree where there are none.
        let beyond = self.counts - self.clusters;
        if beyond <= 0.0 {
            return 1.0;
        }
        let chance = |part: &f64| beyond * part / self.counts * (1.0 - part / self.counts);
        let chance: f64 = self.parts.iter().map(chance).sum();
        // one more that agrees: of few pairs it is not known that they do not
        let agreement = (1.0 - self.mixed / (chance + 1.0)).clamp(0.0, 1.0);
        1.0 + agreement * (self.squares / self.counts - 1.0)
    }

    /// The same for each brand's share, where clusters are small: below 1 where members of a cluster differ more than chance
    /// would have it. 1 of a brand that has nothing or all.
    pub fn ratio_effects(mut self) -> Vec<f64> {
        self.close();
        (self.parts.iter().zip(&self.own_squares).zip(&self.crossed))
            .map(|((part, own), crossed)| {
                let share = part / self.counts;
                let by_chance = part * (1.0 - share);
                if by_chance > 0.0 {
                    ((own - 2.0 * share * crossed + share * share * self.squares) / by_chance).max(LEAST)
                } else {
                    1.0
                }
            })
            .collect()
    }
}

/// How many counts are worth one that came by itself, for one brand's shares: at least 1 of all but authors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effects {
    /// Of stories: those of one author hang together.
    pub stories: f64,
    /// Of mentions: those of one story, of one author, and of stories by one author.
    pub mentions: f64,
    /// Of authors: one may speak of several brands.
    pub authors: f64,
    /// Of reactions: those to one story, and to stories by one author.
    pub reactions: f64,
    /// How many reactions there are, which nobody counted before.
    pub reacted: u64,
}

#[cfg(test)]
mod tests;
