//! Simulated counts, with and without events.

use fastrand::Rng;

use super::*;

const MONTH: usize = 30 * 24 * HOUR;

/// Marsaglia and Tsang (2000); `shape` and `scale` above zero.
fn gamma(random: &mut Rng, shape: f64, scale: f64) -> f64 {
    if shape < 1.0 {
        let boost = (1.0 - random.f64()).powf(1.0 / shape);
        return gamma(random, shape + 1.0, scale) * boost;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let angle = std::f64::consts::TAU * random.f64();
        let normal = (-2.0 * (1.0 - random.f64()).ln()).sqrt() * angle.cos();
        let v = (1.0 + c * normal).powi(3);
        if v > 0.0 && (1.0 - random.f64()).ln() < 0.5 * normal * normal + d - d * v + d * v.ln() {
            return d * v * scale;
        }
    }
}

fn poisson(random: &mut Rng, mean: f64) -> u32 {
    let (mut count, mut left) = (0, mean);
    loop {
        left += (1.0 - random.f64()).ln();
        if left < 0.0 {
            return count;
        }
        count += 1;
    }
}

/// How mentions come.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Poisson,
    /// Negative binomial in every bucket: variance over mean.
    Buckets(f64),
    /// Negative binomial in every hour: its size.
    Hours(f64),
}

/// Buckets of a month and the two weeks before, without any event, at `mean` mentions an hour.
fn quiet(random: &mut Rng, kind: Kind, mean: f64) -> Vec<u32> {
    let bucket = mean / 12.0;
    let mut rate = bucket;
    (0..MONTH + USUAL)
        .map(|at| {
            match kind {
                Kind::Poisson => {}
                Kind::Buckets(dispersion) => {
                    rate = gamma(random, bucket / (dispersion - 1.0), dispersion - 1.0);
                }
                Kind::Hours(size) if at % HOUR == 0 => rate = gamma(random, size, bucket / size),
                Kind::Hours(_) => {}
            }
            poisson(random, rate)
        })
        .collect()
}

fn alerts(counts: &[u32]) -> Vec<usize> {
    let mut detector = Detector::default();
    counts.iter().enumerate().filter_map(|(at, count)| detector.push(*count).map(|_| at)).collect()
}

#[test]
fn without_an_event_there_is_at_most_one_alert_a_month() {
    const MONTHS: u32 = 12;
    let kinds = [Kind::Poisson, Kind::Buckets(2.0), Kind::Buckets(4.0), Kind::Hours(1.0), Kind::Hours(3.0)];
    for kind in kinds {
        for mean in [0.2, 0.5, 2.0, 10.0] {
            let mut random = Rng::with_seed(7);
            let raised: usize = (0..MONTHS)
                .map(|_| {
                    alerts(&quiet(&mut random, kind, mean)).into_iter().filter(|at| *at >= USUAL).count()
                })
                .sum();
            println!("{kind:?} at {mean}: {raised} in {MONTHS} months");
            assert!(raised <= 12, "{kind:?} at {mean}: {raised} in {MONTHS} months");
        }
    }
}

#[test]
fn an_event_is_told_within_the_hour_and_once() {
    for (mean, more) in [(0.2, 1), (2.0, 3), (10.0, 8), (300.0, 100)] {
        let mut random = Rng::with_seed(3);
        let mut counts = quiet(&mut random, Kind::Poisson, mean);
        counts.truncate(USUAL + 6 * HOUR);
        let start = counts.len();
        for _ in 0..HOUR {
            counts.push(poisson(&mut random, mean / 12.0) + more);
        }
        let told: Vec<usize> = alerts(&counts).into_iter().filter(|at| *at >= start).collect();
        assert!(told.len() == 1, "at {mean}: {told:?} from {start}");
    }
}

#[test]
fn the_last_spike_does_not_hide_the_next() {
    let mut random = Rng::with_seed(5);
    let mut counts = quiet(&mut random, Kind::Hours(3.0), 100.0);
    for start in [3000, 4000] {
        counts.iter_mut().skip(start).take(3 * HOUR).for_each(|count| *count += 200);
    }
    counts.truncate(4100);
    let told = alerts(&counts);
    for start in [3000, 4000] {
        assert!(told.iter().any(|at| (start..start + HOUR).contains(at)), "{start} is not in {told:?}");
    }
}

#[test]
fn silence_and_floods_are_no_trouble() {
    assert_eq!(alerts(&vec![0; 5000]), [] as [usize; 0]);
    assert_eq!(alerts(&vec![u32::MAX; 5000]), [] as [usize; 0]);
    let mut counts = vec![0; 5000];
    counts.push(u32::MAX);
    assert_eq!(alerts(&counts), [5000]);
}

/// Hours, two after each other, in which nothing was told yet: what `last` finds, with the quiet kept by the caller.
fn raised_by(counts: &[u32], looks: usize, mut look: impl FnMut(&[u32]) -> bool) -> usize {
    let (mut raised, mut quiet) = (0, 0);
    for end in (USUAL + 1..=counts.len()).step_by(looks) {
        let from = end.saturating_sub(LOOKED_AT);
        if quiet <= end && look(&counts[from..end]) {
            raised += 1;
            quiet = end + QUIET;
        }
    }
    raised
}

#[test]
fn the_last_hour_alone_is_told_as_by_the_detector() {
    for mean in [0.2, 2.0, 10.0] {
        let mut random = Rng::with_seed(3);
        let mut counts = quiet(&mut random, Kind::Poisson, mean);
        counts.truncate(USUAL + 6 * HOUR);
        assert_eq!(last(&counts), None);
        counts.extend((0..HOUR).map(|_| 8 + poisson(&mut random, mean / 12.0)));
        let found = last(&counts[counts.len().saturating_sub(LOOKED_AT)..]).unwrap();
        assert!(found.count >= 96 && found.usual < mean * 1.3 + 0.1, "{found:?}");
    }
}

#[test]
fn without_an_event_drops_and_silences_are_told_at_most_once_a_month() {
    const MONTHS: usize = 12;
    let kinds = [Kind::Poisson, Kind::Buckets(2.0), Kind::Buckets(4.0), Kind::Hours(1.0), Kind::Hours(3.0)];
    for kind in kinds {
        for mean in [0.2, 0.5, 2.0, 10.0] {
            let mut random = Rng::with_seed(17);
            let (mut drops, mut silences) = (0, 0);
            for _ in 0..MONTHS {
                let counts = quiet(&mut random, kind, mean);
                drops += raised_by(&counts, HOUR, |counts| drop(counts).is_some());
                silences += raised_by(&counts, HOUR, |counts| silence(counts, None).is_some());
            }
            println!("{kind:?} at {mean}: {drops} drops, {silences} silences in {MONTHS} months");
            assert!(drops <= MONTHS && silences <= MONTHS, "{kind:?} at {mean}: {drops}, {silences}");
        }
    }
}

#[test]
fn what_falls_and_what_falls_silent_is_told() {
    for mean in [2.0, 10.0, 100.0] {
        let mut random = Rng::with_seed(4);
        let mut counts = quiet(&mut random, Kind::Hours(3.0), mean);
        counts.truncate(USUAL);
        assert_eq!((drop(&counts), silence(&counts, None)), (None, None), "at {mean}");
        counts.extend((0..24 * HOUR).map(|_| poisson(&mut random, mean / 120.0)));
        let found = drop(&counts).unwrap();
        assert!(f64::from(found.count) < found.usual / 4.0, "{found:?}");
        counts.extend(std::iter::repeat_n(0, 24 * HOUR));
        let found = silence(&counts, None).unwrap();
        assert!(found.buckets >= 24 * HOUR && found.longest < 12 * HOUR, "{found:?}");
    }
    let mut rare = vec![0; USUAL];
    rare[10] = 1;
    assert_eq!((drop(&rare), silence(&rare, None)), (None, None));
    assert_eq!(silence(&rare, Some(288)), Some(Silence { buckets: USUAL - 11, longest: 0 }));
    assert_eq!(silence(&[0; 500], Some(1)), None);
    assert_eq!((drop(&[]), silence(&[], None)), (None, None));
}
