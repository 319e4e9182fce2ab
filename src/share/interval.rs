//! Shares with their intervals at 95 %, and whether two of them differ by more than chance.

use serde::{Deserialize, Serialize};

use super::Permille;

/// How many normal deviations make an interval at 95 %, when that many brands are compared at once: the
/// level is divided by their number. Each line holds up to its first figure.
const DEVIATIONS: &[(usize, f64)] = &[
    (1, 1.960),
    (2, 2.242),
    (3, 2.394),
    (4, 2.498),
    (5, 2.576),
    (6, 2.639),
    (8, 2.735),
    (10, 2.808),
    (20, 3.024),
    (50, 3.291),
    (200, 3.663),
    (usize::MAX, 4.265),
];

/// A share with its interval at 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The share; those of all brands sum to 1000.
    pub permille: Permille,
    /// Its lower end.
    pub low: Permille,
    /// Its upper end.
    pub high: Permille,
}

impl Interval {
    /// A share with ends from 0 to 1, which are put around it.
    pub(super) fn around(share: Permille, (low, high): (f64, f64)) -> Interval {
        // rounded outwards: an interval never says more than was found
        let upto = |end: f64| (0..1000).take_while(|part| f64::from(*part) < end * 1000.0 - 1e-6).count();
        let permille = |part: usize| Permille(u16::try_from(part).unwrap_or(1000));
        let low = permille(upto(low).saturating_sub(usize::from(low < 1.0)));
        Interval { permille: share, low: low.min(share), high: permille(upto(high)).max(share) }
    }
}

/// The deviations of an interval at 95 % for `brands` that are compared at once.
pub(super) fn deviations(brands: usize) -> f64 {
    DEVIATIONS.iter().find(|(upto, _)| brands <= *upto).map_or(4.265, |(_, z)| *z)
}

/// A part of all, as figures to reckon with.
pub(super) fn counted(part: u64, all: u64) -> (f64, f64) {
    let halves = |count: u64| [count >> 32, count & u64::from(u32::MAX)];
    let wide = |count: u64| {
        let [high, low] = halves(count).map(|half| f64::from(u32::try_from(half).unwrap_or(u32::MAX)));
        high * 4_294_967_296.0 + low
    };
    (wide(part), wide(all))
}

/// The share at `place`, with its interval at 95 % for counts of which so many are worth one.
pub(super) fn interval(
    shares: &[Permille],
    place: usize,
    (part, all): (u64, u64),
    effect: f64,
) -> Option<Interval> {
    let (_, low, high) = wilson(counted(part, all), effect, deviations(1))?;
    shares.get(place).map(|share| Interval::around(*share, (low, high)))
}

/// Whether two shares differ by more than chance: Newcombe's interval from Wilson's limits leaves zero. Each is a part of
/// all, and how many counts of it are worth one.
pub(super) fn differs(now: ((f64, f64), f64), then: ((f64, f64), f64), z: f64) -> bool {
    let (Some((p, low, high)), Some((q, below, above))) =
        (wilson(now.0, now.1, z), wilson(then.0, then.1, z))
    else {
        return false;
    };
    let difference = p - q;
    let down = ((p - low).powi(2) + (above - q).powi(2)).sqrt();
    let up = ((high - p).powi(2) + (q - below).powi(2)).sqrt();
    difference - down > 0.0 || difference + up < 0.0
}

/// A share with Wilson's limits, of counts of which `effect` are worth one that came by itself.
pub(super) fn wilson((part, all): (f64, f64), effect: f64, z: f64) -> Option<(f64, f64, f64)> {
    if all <= 0.0 {
        return None;
    }
    let (n, p) = (all / effect, part / all);
    let centre = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    Some((p, (centre - half) / whole, (centre + half) / whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_hang_together_make_wider_intervals_and_fewer_changes() {
        // Wilson's own example: 81 of 263, 0.2553 to 0.3662 (Newcombe, 1998, table I)
        let (share, low, high) = wilson((81.0, 263.0), 1.0, deviations(1)).unwrap();
        assert!((share - 0.3080).abs() < 5e-5 && (low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5);
        let (_, wide_low, wide_high) = wilson((81.0, 263.0), 4.0, deviations(1)).unwrap();
        assert!(wide_low < low - 0.04 && wide_high > high + 0.04);
        assert_eq!(wilson((0.0, 0.0), 1.0, 1.96), None);
        let (now, then) = ((60.0, 100.0), (40.0, 100.0));
        assert!(differs((now, 1.0), (then, 1.0), 1.96) && !differs((now, 4.0), (then, 4.0), 1.96));
        assert_eq!(counted(3, u64::MAX).0.to_bits(), 3.0_f64.to_bits());
        assert!((counted(0, 5_000_000_000_000).1 - 5e12).abs() < 1.0);
    }
}
