//! How often something was right, with how far chance alone may be from the truth.

use serde::Serialize;

/// The quantile of a normal distribution that leaves 5 % outside on both sides together.
const Z: f64 = 1.959_964;

/// Labels compared with those before: fewer say nothing.
const LATELY: usize = 10;

/// Right answers of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Right ones.
    pub right: u32,
    /// All.
    pub all: u32,
}

impl Count {
    /// Counts answers.
    pub fn of(answers: &[bool]) -> Count {
        let mut count = Count { right: 0, all: 0 };
        for answer in answers {
            count.right += u32::from(*answer);
            count.all += 1;
        }
        count
    }

    /// The part that was right; nothing of nothing is nothing.
    pub fn part(self) -> Option<f64> {
        (self.all > 0).then(|| f64::from(self.right) / f64::from(self.all))
    }

    /// The interval in which the true part lies 95 times in 100 (Wilson, 1927). Of nothing it is everything.
    pub fn interval(self) -> (f64, f64) {
        let Some(part) = self.part() else { return (0.0, 1.0) };
        let all = f64::from(self.all);
        let square = Z * Z / all;
        let middle = (part + square / 2.0) / (1.0 + square);
        let half = Z / (1.0 + square) * (part * (1.0 - part) / all + square / (4.0 * all)).sqrt();
        ((middle - half).max(0.0), (middle + half).min(1.0))
    }
}

/// The earlier and the latest third of answers (ten at least of each), where the latest are worse by more than chance:
/// the interval of the difference leaves out nought (Newcombe, 1998, method 10).
pub fn fell(answers: &[bool]) -> Option<(Count, Count)> {
    let lately = (answers.len() / 3).max(LATELY);
    let (before, lately) = answers.split_at(answers.len().checked_sub(lately)?);
    if before.len() < LATELY {
        return None;
    }
    let (before, lately) = (Count::of(before), Count::of(lately));
    let (was, is) = (before.part()?, lately.part()?);
    let (low, high) = (before.interval().0, lately.interval().1);
    let least = (was - is) - ((was - low).powi(2) + (high - is).powi(2)).sqrt();
    (least > 0.0).then_some((before, lately))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_books() {
        let (low, high) = Count { right: 81, all: 263 }.interval();
        assert!((low - 0.2553).abs() < 5e-4 && (high - 0.3662).abs() < 5e-4, "{low} {high}");
        assert_eq!(Count { right: 0, all: 0 }.interval(), (0.0, 1.0));
        let (low, high) = Count { right: 5, all: 5 }.interval();
        assert!(low > 0.5 && (high - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_fall_is_more_than_chance() {
        let answers = |before: usize, lately: usize| -> Vec<bool> {
            (0..20).map(|at| at < before).chain((0..10).map(|at| at < lately)).collect()
        };
        assert!(fell(&answers(18, 3)).is_some());
        assert!(fell(&answers(18, 8)).is_none());
        assert!(fell(&answers(3, 9)).is_none());
        assert!(fell(&[true; 15]).is_none());
        assert!(fell(&[]).is_none());
    }
}
