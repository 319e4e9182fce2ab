//! How likely a count is, or a larger one.

/// What is left out of the tail, as a part of what was added up.
const LEFT: f64 = 1e-9;
/// Dispersion below which it is Poisson's distribution.
const POISSON: f64 = 1.000_001;

/// The probability of at least `count` where `mean` and `variance` are usual: the upper tail of the negative binomial
/// distribution of these moments, or of Poisson's where the variance is no larger than the mean. `mean` is above zero.
pub(super) fn at_least(count: u32, mean: f64, variance: f64) -> f64 {
    if f64::from(count) <= mean {
        return 1.0;
    }
    let spread = (variance > mean * POISSON).then(|| mean * mean / (variance - mean));
    // the probability of `next + 1` over that of `next`
    let ratio = |next: u32| {
        let next = f64::from(next);
        match spread {
            Some(size) => (size + next) / (next + 1.0) * mean / (size + mean),
            None => mean / (next + 1.0),
        }
    };
    let none = match spread {
        Some(size) => -size * (mean / size).ln_1p(),
        None => -mean,
    };
    let mut term = (none + (0..count).map(|next| ratio(next).ln()).sum::<f64>()).exp();
    let (mut sum, mut at) = (0.0, count);
    while term > sum * LEFT && at < u32::MAX {
        sum += term;
        term *= ratio(at);
        at += 1;
    }
    sum.min(1.0)
}

/// The probability of at most `count`: the lower tail of the same distribution.
pub(super) fn at_most(count: u32, mean: f64, variance: f64) -> f64 {
    if f64::from(count) >= mean {
        return 1.0;
    }
    let spread = (variance > mean * POISSON).then(|| mean * mean / (variance - mean));
    let ratio = |next: u32| {
        let next = f64::from(next);
        match spread {
            Some(size) => (size + next) / (next + 1.0) * mean / (size + mean),
            None => mean / (next + 1.0),
        }
    };
    let none = match spread {
        Some(size) => -size * (mean / size).ln_1p(),
        None => -mean,
    };
    let mut term = (none + (0..count).map(|next| ratio(next).ln()).sum::<f64>()).exp();
    let mut sum = term;
    for below in (0..count).rev() {
        term /= ratio(below);
        sum += term;
        if term <= sum * LEFT {
            break;
        }
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::{at_least, at_most};

    #[test]
    fn lower_tails_are_those_of_the_distributions() {
        let close = |found: f64, expected: f64| {
            assert!((found / expected - 1.0).abs() < 1e-4, "{found} for {expected}");
        };
        close(at_most(2, 5.0, 5.0), (-5.0_f64).exp() * 18.5);
        close(at_most(0, 12.0, 12.0), (-12.0_f64).exp());
        // of size 1 it is geometric
        close(at_most(4, 10.0, 110.0), 1.0 - (10.0_f64 / 11.0).powi(5));
        close(at_most(7, 7.0, 9.0), 1.0);
        assert!(at_most(10_000, 20_000.0, 40_000.0) < 1e-100);
    }

    #[track_caller]
    fn check(count: u32, mean: f64, variance: f64, expected: f64) {
        let found = at_least(count, mean, variance);
        assert!((found / expected - 1.0).abs() < 1e-4, "{found} for {expected}");
    }

    #[test]
    fn tails_are_those_of_the_distributions() {
        // Poisson: 1 - e^-m (1 + m + m^2 / 2)
        check(3, 0.5, 0.5, 1.0 - (-0.5_f64).exp() * 1.625);
        check(1, 0.02, 0.02, 1.0 - (-0.02_f64).exp());
        // of size 1 it is geometric: (m / (1 + m)) ^ n
        check(100, 10.0, 110.0, (10.0_f64 / 11.0).powi(100));
        check(20_000, 2_000.0, 2_000.0 + 4e6, (2_000.0_f64 / 2_001.0).powi(20_000));
        check(2, 3.0, 4.0, 1.0);
    }
}
