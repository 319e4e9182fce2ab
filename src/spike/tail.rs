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

#[cfg(test)]
mod tests {
    use super::at_least;

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
