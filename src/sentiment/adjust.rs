//! What shares of posts really speak ill or well, given how often the judge errs.
//!
//! Counting answers moves shares towards whatever a judge says too often. How often each label got each answer on posts
//! that people labelled is known; the shares under which what was answered is most likely are the adjusted ones (the
//! maximum-likelihood form of adjusted counting: Saerens, Latinne and Decaestecker, 2002; Forman, 2008). Both, the answers and
//! the errors, are drawn again; the shares are the mean of what comes out, and the interval holds 95 % of it.

use serde::{Deserialize, Serialize};

use super::Sentiment;

/// Steps towards the most likely shares; far fewer bring them within a tenth of a percent.
const STEPS: u32 = 120;
/// Draws for the interval.
const DRAWS: usize = 400;
const SEED: u64 = 11;
/// Posts of a label that its errors are taken to be known from, at most: they differ more between subjects than large
/// counts alone would say.
const KNOWN_FROM: f64 = 400.0;
/// The same where they were measured on posts like those that the judge learned from.
const KNOWN_FROM_ITS_OWN: f64 = 100.0;
/// Of the draws, those beyond 95 % on one side.
const BEYOND: usize = DRAWS / 40;

/// How often posts with a label (first) got an answer (second), each in the order negative, neutral, positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confusion(pub [[u32; 3]; 3]);

/// On which posts the errors of a judge were measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured {
    /// On others than it was made from, by other people.
    Elsewhere,
    /// On those left out when it was trained on the rest: elsewhere it errs in other ways, so such errors are trusted less.
    /// Shares are corrected by them only so far as the correction is surer than not: as James and Stein (1961) shrink.
    AmongItsOwn,
}

/// Shares of the three classes, negative, neutral and positive, each 0 to 1, together 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Adjusted {
    /// As answered.
    pub raw: [f64; 3],
    /// Corrected for how often the judge errs.
    pub shares: [f64; 3],
    /// Lower ends of the intervals at 95 %.
    pub low: [f64; 3],
    /// Upper ends.
    pub high: [f64; 3],
}

impl Confusion {
    /// Counts one post.
    pub fn count(&mut self, label: Sentiment, answer: Sentiment) {
        if let Some(cell) = self.0.get_mut(label.place()).and_then(|row| row.get_mut(answer.place())) {
            *cell = cell.saturating_add(1);
        }
    }

    /// The adjusted shares of posts that were answered so many times each, by errors that were `measured` so. `None` of
    /// nothing.
    pub fn adjusted(&self, answers: [u64; 3], measured: Measured) -> Option<Adjusted> {
        let known_from = match measured {
            Measured::Elsewhere => KNOWN_FROM,
            Measured::AmongItsOwn => KNOWN_FROM_ITS_OWN,
        };
        let answers = answers.map(|count| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from));
        let rows = self.0.map(|row| row.map(f64::from));
        if answers.iter().sum::<f64>() <= 0.0 {
            return None;
        }
        let raw = parts(answers);
        let mut random = fastrand::Rng::with_seed(SEED);
        let mut drawn: [Vec<f64>; 3] = Default::default();
        for _ in 0..DRAWS {
            let rows = rows.map(|row| {
                let scale = known_from / row.iter().sum::<f64>().max(known_from);
                dirichlet(row.map(|count| count * scale), &mut random)
            });
            let answered = dirichlet(answers, &mut random);
            for (all, share) in drawn.iter_mut().zip(likeliest(rows, answered)) {
                all.push(share);
            }
        }
        let mut sorted = drawn;
        sorted.iter_mut().for_each(|all| all.sort_by(f64::total_cmp));
        let means = parts([0, 1, 2].map(|class: usize| sorted.get(class).into_iter().flatten().sum()));
        let shares = match measured {
            Measured::Elsewhere => means,
            Measured::AmongItsOwn => shrunk(raw, means, &sorted),
        };
        let mut ends = sorted.iter().zip(shares).map(|(all, share)| {
            let low = all.get(BEYOND).copied().unwrap_or(0.0);
            let high = all.get(DRAWS - 1 - BEYOND).copied().unwrap_or(1.0);
            (low.min(share), high.max(share))
        });
        let mut next = || ends.next().unwrap_or((0.0, 1.0));
        let ends = [next(), next(), next()];
        Some(Adjusted { raw, shares, low: ends.map(|(low, _)| low), high: ends.map(|(_, high)| high) })
    }
}

/// Counts as parts of one.
fn parts(counts: [f64; 3]) -> [f64; 3] {
    let all: f64 = counts.iter().sum();
    counts.map(|count| if all > 0.0 { count / all } else { 1.0 / 3.0 })
}

/// The shares under which answers of the parts `answered` are most likely, where a post of each class is answered as
/// its row says.
fn likeliest(rows: [[f64; 3]; 3], answered: [f64; 3]) -> [f64; 3] {
    let mut shares = [1.0 / 3.0; 3];
    for _ in 0..STEPS {
        let mut next = [0.0; 3];
        for (answer, part) in answered.into_iter().enumerate() {
            let cell = |row: &[f64; 3]| row.get(answer).copied().unwrap_or_default();
            let all: f64 = rows.iter().zip(shares).map(|(row, share)| cell(row) * share).sum();
            if all > 0.0 {
                for ((next, row), share) in next.iter_mut().zip(&rows).zip(shares) {
                    *next += part * cell(row) * share / all;
                }
            }
        }
        shares = parts(next);
    }
    shares
}

/// `shares` held back towards `raw` by the part that their variance has in their distance, `drawn` as they may be.
fn shrunk(raw: [f64; 3], shares: [f64; 3], drawn: &[Vec<f64>; 3]) -> [f64; 3] {
    let variance = |all: &Vec<f64>| {
        let count = all.iter().map(|_| 1.0).sum::<f64>();
        let mean = all.iter().sum::<f64>() / count;
        all.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / count
    };
    let unsure: f64 = drawn.iter().map(variance).sum();
    let distance: f64 = raw.iter().zip(shares).map(|(raw, share)| (share - raw).powi(2)).sum();
    let kept = if distance > 0.0 { distance / (distance + unsure) } else { 1.0 };
    let mut held = raw;
    held.iter_mut().zip(shares).for_each(|(held, share)| *held += kept * (share - *held));
    held
}

/// Parts drawn as counts leave them uncertain.
fn dirichlet(counts: [f64; 3], random: &mut fastrand::Rng) -> [f64; 3] {
    parts(counts.map(|count| gamma(count + 0.5, random)))
}

/// A draw from a gamma distribution (Marsaglia and Tsang, 2000).
pub(crate) fn gamma(shape: f64, random: &mut fastrand::Rng) -> f64 {
    if shape < 1.0 {
        return gamma(shape + 1.0, random) * random.f64().max(f64::MIN_POSITIVE).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(random);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && random.f64().max(f64::MIN_POSITIVE).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// A draw from the normal distribution (Box and Muller).
fn normal(random: &mut fastrand::Rng) -> f64 {
    let radius = (-2.0 * random.f64().max(f64::MIN_POSITIVE).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.f64()).cos()
}
