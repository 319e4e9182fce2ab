//! The score of alerts on one series: that of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015), standard profile.

use serde::Serialize;

/// What a false alert costs, in windows.
const FALSE: f64 = 0.11;
/// Parts of a thousand of a series that are for learning, and the most buckets: alerts there are passed over.
const LEARNING: usize = 150;
const LEARNING_MOST: usize = 750;
/// Buckets of a week.
const WEEK: f64 = 2016.0;

/// A period in which something unusual happened: places of its first and last buckets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) first: usize,
    pub(super) last: usize,
}

/// What the alerts on one series, or on several, are worth.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(super) struct Score {
    windows: u32,
    caught: u32,
    false_alerts: u32,
    weeks: f64,
    /// Windows caught, the earlier the more, less what is missed and what is false.
    #[serde(skip)]
    raw: f64,
    /// The same, normalised: 0 without any alert, 100 when every window is caught at once and nothing is false.
    nab: f64,
}

impl Score {
    /// Of alerts after the buckets `alerts`, ascending, in a series of so many buckets.
    pub(super) fn of(buckets: usize, windows: &[Window], alerts: &[usize]) -> Score {
        let learning = (buckets.saturating_mul(LEARNING) / 1000).min(LEARNING_MOST);
        let mut best: Vec<Option<f64>> = vec![None; windows.len()];
        let mut score = Score { weeks: count(buckets.saturating_sub(learning)) / WEEK, ..Score::default() };
        for at in alerts.iter().copied().filter(|at| *at >= learning) {
            let within =
                |(window, _): &(&Window, &mut Option<f64>)| (window.first..=window.last).contains(&at);
            if let Some((window, best)) = windows.iter().zip(&mut best).find(within) {
                let left = count(window.last - at + 1) / count(window.last - window.first + 1);
                let worth = sigmoid(-left) / sigmoid(-1.0);
                *best = Some(best.map_or(worth, |best| best.max(worth)));
            } else {
                score.false_alerts += 1;
                let before = windows.iter().rev().find(|window| window.last < at);
                score.raw += before.map_or(-FALSE, |window| {
                    FALSE * sigmoid(count(at - window.last) / count(window.last - window.first))
                });
            }
        }
        for worth in best {
            score.windows += 1;
            score.caught += u32::from(worth.is_some());
            score.raw += worth.unwrap_or(-1.0);
        }
        score.normal()
    }

    pub(super) fn add(&mut self, other: Score) {
        self.windows += other.windows;
        self.caught += other.caught;
        self.false_alerts += other.false_alerts;
        self.weeks += other.weeks;
        self.raw += other.raw;
        *self = self.normal();
    }

    fn normal(self) -> Score {
        let windows = f64::from(self.windows.max(1));
        Score { nab: 100.0 * (self.raw + windows) / (2.0 * windows), ..self }
    }

    pub(super) fn line(self) -> String {
        let Score { windows, caught, false_alerts, weeks, nab, .. } = self;
        let rate = if weeks > 0.0 { f64::from(false_alerts) / weeks } else { 0.0 };
        format!("caught {caught} of {windows}, {rate:.2} false alerts a week, NAB {nab:.1}")
    }
}

fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap_or(u32::MAX))
}

/// From 1 far before the end of a window to -1 far behind it.
fn sigmoid(place: f64) -> f64 {
    if place > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * place).exp()) - 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(alerts: &[usize], expected: &str) {
        let windows = [Window { first: 1000, last: 1199 }, Window { first: 1500, last: 1699 }];
        assert_eq!(Score::of(2016, &windows, alerts).line(), expected);
    }

    #[test]
    fn early_alerts_are_worth_most_and_false_ones_cost() {
        check(&[], "caught 0 of 2, 0.00 false alerts a week, NAB 0.0");
        check(&[1000, 1500], "caught 2 of 2, 0.00 false alerts a week, NAB 100.0");
        check(&[5, 1000, 1001, 1500], "caught 2 of 2, 0.00 false alerts a week, NAB 100.0");
        check(&[1000], "caught 1 of 2, 0.00 false alerts a week, NAB 50.0");
        check(&[400, 450, 1000], "caught 1 of 2, 2.35 false alerts a week, NAB 44.5");
    }
}
