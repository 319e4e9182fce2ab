//! Fewer mentions than chance explains: a day far below the days before it, and no mention at all for far longer than
//! ever. Whole days are compared, since every name sleeps at night.

use super::{HOUR, PRIOR_DISPERSION, PRIOR_MENTIONS, tail};

/// Buckets of a day.
const DAY: usize = 24 * HOUR;
/// Days that tell what is usual, before the first alert: a working week.
const LEARNING: usize = 5 * DAY;
/// How unlikely a day is that raises an alert. Days overlap: a few independent looks a day.
const CHANCE: f64 = 1e-4;
/// Silences before it, of which the longest is known: the fewer, the less it says.
const SILENCES: usize = 8;
/// No silence under two hours is told, however busy the name.
const SHORTEST: usize = 2 * HOUR;
/// A silence that is told is so many times the longest before it.
const TIMES: usize = 2;

/// A day with far fewer mentions than usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drop {
    /// Mentions in the day that ends with the last bucket.
    pub count: u32,
    /// Mentions in a usual day.
    pub usual: f64,
    /// How likely as few are in a usual day, 0 to 1.
    pub chance: f64,
}

/// No mention at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Buckets without a mention, up to the last.
    pub buckets: usize,
    /// The longest stretch of buckets without one before that; 0 when the length was given.
    pub longest: usize,
}

/// Whether the day that ends with the last of `counts` (buckets of five minutes, the oldest first) has less than half of
/// the mentions of a usual day, by more than chance: the lower tail of a negative binomial distribution fitted to the days
/// before.
pub fn drop(counts: &[u32]) -> Option<Drop> {
    let before = counts.get(..counts.len().checked_sub(DAY)?)?;
    if before.len() < LEARNING {
        return None;
    }
    let sum = |counts: &[u32]| counts.iter().fold(0_u32, |sum, count| sum.saturating_add(*count));
    let count = sum(counts.get(before.len()..)?);
    // sums of the days that end with each bucket
    let mut day = f64::from(sum(before.get(..DAY)?));
    let (mut days, mut total, mut squares) = (1.0, day, day * day);
    for (gone, come) in before.iter().zip(before.iter().skip(DAY)) {
        day += f64::from(*come) - f64::from(*gone);
        days += 1.0;
        total += day;
        squares += day * day;
    }
    let usual = total / days;
    if usual <= 0.0 || f64::from(count) * 2.0 > usual {
        return None;
    }
    let variance = (squares / days - usual * usual).max(usual);
    let seen = f64::from(sum(before));
    let dispersion = (variance / usual * seen + PRIOR_DISPERSION * PRIOR_MENTIONS) / (seen + PRIOR_MENTIONS);
    let chance = tail::at_most(count, usual, usual * dispersion);
    (chance < CHANCE).then_some(Drop { count, usual, chance })
}

/// Whether the buckets at the end of `counts` without a mention are far more than ever before, or `after` at least where
/// that is given.
pub fn silence(counts: &[u32], after: Option<usize>) -> Option<Silence> {
    let buckets = counts.iter().rev().take_while(|count| **count == 0).count();
    let heard = counts.get(..counts.len() - buckets)?;
    if let Some(after) = after {
        return (!heard.is_empty() && buckets >= after.max(1)).then_some(Silence { buckets, longest: 0 });
    }
    let (mut longest, mut silences, mut since) = (0, 0_usize, None);
    for (at, _) in heard.iter().enumerate().filter(|(_, count)| **count > 0) {
        if let Some(since) = since {
            silences += 1;
            longest = longest.max(at - since);
        }
        since = Some(at);
    }
    let told = silences >= SILENCES && buckets >= SHORTEST && buckets >= longest.saturating_mul(TIMES);
    told.then_some(Silence { buckets, longest })
}
