//! Spikes: more mentions in an hour than chance explains, for a few a week as for thousands an hour.
//!
//! Counts come in buckets of five minutes. The last hour is held against the hours of the two weeks before it by the
//! tail of a negative binomial distribution (real counts vary more than Poisson's), and after an alert there is quiet
//! for a day. It knows nothing of clocks: a bucket that was not watched is not pushed.

mod lull;
mod tail;

pub use lull::{Drop, Silence, drop, silence};

use std::collections::VecDeque;

/// Length of a bucket, in seconds.
pub const BUCKET: u32 = 300;
/// Buckets in the hour that is looked at.
const HOUR: usize = 12;
/// Buckets that tell what is usual: two weeks, so that weekends are known and a slow rise becomes usual.
const USUAL: usize = 14 * 24 * HOUR;
/// Hours known, in buckets, before the first alert: two days.
const LEARNING: usize = 2 * 24 * HOUR;
/// Buckets without an alert after one: a day.
const QUIET: usize = 24 * HOUR;
/// Fewer mentions in an hour are no spike.
const FEWEST: u32 = 3;
/// More in an hour are counted as so many: squares stay exact.
const MOST: u32 = 1_000_000;
/// How unlikely an hour is that raises an alert. Hours overlap: about two independent looks an hour.
const CHANCE: f64 = 1e-4;
/// The same of busy names, those of so many mentions an hour: two weeks tell well how these vary, so that more alerts
/// are right.
const CHANCE_BUSY: f64 = 2e-4;
const BUSY: f64 = 30.0;
/// An hour enters what is usual with at most the mean, so many standard deviations and so many mentions more: the last
/// spike must not hide the next, and few large hours of a rare name are its habit.
const CUT_DEVIATIONS: f64 = 3.0;
const CUT_MENTIONS: f64 = 20.0;
/// Variance over mean, as believed before anything was seen, and the mentions this belief weighs: of a rare name a
/// fortnight says little about how its mentions cluster.
const PRIOR_DISPERSION: f64 = 2.0;
const PRIOR_MENTIONS: f64 = 20.0;
/// Mentions an hour of a name that nobody said so far.
const SILENT: f64 = 0.02;
/// An hour nearer to the mean, in standard deviations, is not looked at further.
const NEAR: f64 = 3.0;

/// An hour with more mentions than chance explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spike {
    /// Mentions in the hour that ends with the bucket.
    pub count: u32,
    /// Mentions in a usual hour.
    pub usual: f64,
    /// How likely as many are in a usual hour, 0 to 1.
    pub chance: f64,
}

/// The counts of one name, a bucket after another.
#[derive(Debug, Clone, Default)]
pub struct Detector {
    /// Counts of the last hour, the oldest first.
    hour: VecDeque<u32>,
    /// Sums of the hours that end with each of the last buckets, not yet part of what is usual.
    waiting: VecDeque<u32>,
    /// Sums of hours that are usual, cut; whole numbers.
    usual: VecDeque<f64>,
    sum: f64,
    squares: f64,
    /// Buckets for which there is quiet.
    quiet: usize,
}

/// Buckets before the last one that [`last`] wants: all that tells what is usual, and the two hours beside it.
pub const LOOKED_AT: usize = USUAL + 2 * HOUR;

/// Whether the hour that ends with the last bucket is a spike, whatever was told before: for those who keep count of
/// alerts themselves.
pub fn last(counts: &[u32]) -> Option<Spike> {
    let mut detector = Detector::default();
    let mut last = None;
    for count in counts {
        detector.quiet = 0;
        last = detector.push(*count);
    }
    last
}

impl Detector {
    /// Takes the count of the next bucket. `Some` when the hour that it ends is a spike worth an alert.
    ///
    /// Reads nothing but this bucket and those before it.
    pub fn push(&mut self, count: u32) -> Option<Spike> {
        self.hour.push_back(count);
        if self.hour.len() > HOUR {
            self.hour.pop_front();
        }
        let hour = self.hour.iter().fold(0, |sum: u32, count| sum.saturating_add(*count)).min(MOST);
        // hours that share a bucket with this one say nothing about what was usual before it
        if self.hour.len() == HOUR {
            self.waiting.push_back(hour);
        }
        if self.waiting.len() > HOUR
            && let Some(past) = self.waiting.pop_front()
        {
            self.learn(past);
        }
        self.quiet = self.quiet.saturating_sub(1);
        if self.quiet > 0 || self.usual.len() < LEARNING || hour < FEWEST {
            return None;
        }
        let (mean, variance) = self.moments();
        if f64::from(hour) < mean + NEAR * variance.sqrt() {
            return None;
        }
        let mean = mean.max(SILENT);
        let seen = self.sum / f64::from(u32::try_from(HOUR).unwrap_or(u32::MAX));
        let dispersion =
            (variance / mean * seen + PRIOR_DISPERSION * PRIOR_MENTIONS) / (seen + PRIOR_MENTIONS);
        let chance = tail::at_least(hour, mean, mean * dispersion);
        (chance < if mean < BUSY { CHANCE } else { CHANCE_BUSY }).then(|| {
            self.quiet = QUIET;
            Spike { count: hour, usual: mean, chance }
        })
    }

    /// Mean and variance of the usual hours; the variance is at least the mean.
    fn moments(&self) -> (f64, f64) {
        let hours = f64::from(u32::try_from(self.usual.len()).unwrap_or(u32::MAX)).max(1.0);
        let mean = self.sum / hours;
        (mean, (self.squares / hours - mean * mean).max(mean))
    }

    fn learn(&mut self, hour: u32) {
        let mut hour = f64::from(hour);
        if self.usual.len() > QUIET / 2 {
            let (mean, variance) = self.moments();
            hour = hour.min((mean + CUT_DEVIATIONS * variance.sqrt() + CUT_MENTIONS).floor());
        }
        self.usual.push_back(hour);
        self.sum += hour;
        self.squares += hour * hour;
        if self.usual.len() > USUAL
            && let Some(old) = self.usual.pop_front()
        {
            self.sum -= old;
            self.squares -= old * old;
        }
    }
}

#[cfg(test)]
mod tests;
