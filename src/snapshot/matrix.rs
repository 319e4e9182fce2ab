//! Strengths and gaps: each competitor held against us, measure by measure, with a verdict only where it is earned.

use serde::{Deserialize, Serialize};

use super::{BrandState, Profile};

/// Posts of each side before reactions are compared.
const POSTS: usize = 10;
/// The quantile that leaves 5 % outside on both sides together.
const Z: f64 = 1.96;

/// One measure of us and of a competitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// `share_of_voice` and `net_sentiment` (thousandths), `followers`, `posts_a_week` (tenths), `engagement` (median).
    pub measure: String,
    /// On which network, where it is of one.
    pub network: Option<String>,
    /// Ours.
    pub ours: Option<i64>,
    /// Theirs.
    pub theirs: Option<i64>,
    /// For us: `strength`, `gap`, `no_detectable_difference`, or `unknown` where a side is missing.
    pub verdict: String,
}

/// Holds every competitor against the first brand that is ours.
pub(super) fn hold(brands: &mut [BrandState]) {
    let Some(us) = brands.iter().find(|brand| brand.ours).cloned() else { return };
    for them in brands.iter_mut().filter(|brand| !brand.ours) {
        them.against_us = against(&us, them);
    }
}

fn against(us: &BrandState, them: &BrandState) -> Vec<Held> {
    let share = |brand: &BrandState| {
        let of = brand.by_stories?;
        Some((i64::from(of.permille.0), i64::from(of.low.0), i64::from(of.high.0)))
    };
    let net = |brand: &BrandState| {
        let of = brand.sentiment?.shares?;
        let ends = |good: u16, bad: u16| i64::from(good) - i64::from(bad);
        let low = ends(of.positive.low.0, of.negative.high.0);
        let high = ends(of.positive.high.0, of.negative.low.0);
        Some((i64::from(of.net), low, high))
    };
    let mut held =
        vec![apart("share_of_voice", share(us), share(them)), apart("net_sentiment", net(us), net(them))];
    let mut networks: Vec<&String> =
        us.profiles.iter().chain(&them.profiles).map(|profile| &profile.network).collect();
    networks.sort();
    networks.dedup();
    for network in networks {
        let (ours, theirs) = (main(us, network), main(them, network));
        let number = |of: Option<u64>| of.and_then(|count| i64::try_from(count).ok());
        let followers = |of: Option<&Profile>| {
            number(of.and_then(|of| of.days.iter().rev().find_map(|day| day.followers)))
        };
        let cadence = |of: Option<&Profile>| number(of.and_then(|of| of.posts_a_week));
        held.push(larger(("followers", network), followers(ours), followers(theirs), 10));
        held.push(larger(("posts_a_week", network), cadence(ours), cadence(theirs), 50));
        held.push(livelier(network, ours, theirs));
    }
    held
}

/// The account with the most followers, or the first.
fn main<'a>(brand: &'a BrandState, network: &str) -> Option<&'a Profile> {
    let followers = |profile: &Profile| profile.days.iter().rev().find_map(|day| day.followers);
    let of = brand.profiles.iter().filter(|profile| profile.network == network);
    of.rev().max_by_key(|profile| followers(profile))
}

fn verdict(difference: std::cmp::Ordering) -> &'static str {
    match difference {
        std::cmp::Ordering::Greater => "strength",
        std::cmp::Ordering::Less => "gap",
        std::cmp::Ordering::Equal => "no_detectable_difference",
    }
}

/// A share, its low and high end on both sides: they differ where the intervals do not touch.
fn apart(measure: &str, ours: Option<(i64, i64, i64)>, theirs: Option<(i64, i64, i64)>) -> Held {
    let told = match ours.zip(theirs) {
        None => "unknown",
        Some(((_, low, _), (_, _, high))) if low > high => "strength",
        Some(((_, _, high), (_, low, _))) if high < low => "gap",
        Some(_) => verdict(std::cmp::Ordering::Equal),
    };
    let figure = |of: Option<(i64, i64, i64)>| of.map(|(figure, ..)| figure);
    Held {
        measure: measure.to_owned(),
        network: None,
        ours: figure(ours),
        theirs: figure(theirs),
        verdict: told.to_owned(),
    }
}

/// Counts that are known for certain differ where one is larger by so many percent.
fn larger((measure, network): (&str, &str), ours: Option<i64>, theirs: Option<i64>, percent: i64) -> Held {
    let more = |one: i64, other: i64| {
        one.saturating_mul(100) > other.saturating_mul(100_i64.saturating_add(percent))
    };
    let told = match ours.zip(theirs) {
        None => "unknown",
        Some((ours, theirs)) if more(ours, theirs) => "strength",
        Some((ours, theirs)) if more(theirs, ours) => "gap",
        Some(_) => verdict(std::cmp::Ordering::Equal),
    };
    Held {
        measure: measure.to_owned(),
        network: Some(network.to_owned()),
        ours,
        theirs,
        verdict: told.to_owned(),
    }
}

/// Reactions to posts: by ranks (Mann and Whitney, 1947), with ties taken into account.
fn livelier(network: &str, ours: Option<&Profile>, theirs: Option<&Profile>) -> Held {
    let of = |profile: Option<&Profile>| profile.and_then(|profile| profile.engagement.as_ref()).cloned();
    let (ours, theirs) = (of(ours), of(theirs));
    let told = match ours.as_ref().zip(theirs.as_ref()) {
        Some((ours, theirs)) if ours.reactions.len() >= POSTS && theirs.reactions.len() >= POSTS => {
            verdict(ranked(&ours.reactions, &theirs.reactions))
        }
        _ => "unknown",
    };
    Held {
        measure: "engagement".to_owned(),
        network: Some(network.to_owned()),
        ours: ours.map(|of| of.median),
        theirs: theirs.map(|of| of.median),
        verdict: told.to_owned(),
    }
}

fn ranked(ours: &[i64], theirs: &[i64]) -> std::cmp::Ordering {
    let wide = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let (n, m) = (wide(ours.len()), wide(theirs.len()));
    let mut wins = 0.0;
    for one in ours {
        for other in theirs {
            wins += match one.cmp(other) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    let mut all: Vec<i64> = ours.iter().chain(theirs).copied().collect();
    all.sort_unstable();
    let ties: f64 =
        all.chunk_by(|one, other| one == other).map(|same| wide(same.len()).powi(3) - wide(same.len())).sum();
    let total = n + m;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    let z = if variance > 0.0 { (wins - n * m / 2.0) / variance.sqrt() } else { 0.0 };
    if z.abs() < Z { std::cmp::Ordering::Equal } else { z.total_cmp(&0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_given_where_they_are_earned() {
        let told = |ours, theirs| apart("share_of_voice", ours, theirs).verdict;
        assert_eq!(told(Some((400, 350, 450)), Some((200, 160, 250))), "strength");
        assert_eq!(told(Some((200, 160, 250)), Some((400, 350, 450))), "gap");
        assert_eq!(told(Some((300, 240, 360)), Some((350, 290, 410))), "no_detectable_difference");
        assert_eq!(told(None, Some((1, 0, 2))), "unknown");
        let told = |ours, theirs| larger(("followers", "x"), ours, theirs, 10).verdict;
        assert_eq!(told(Some(111), Some(100)), "strength");
        assert_eq!(told(Some(109), Some(100)), "no_detectable_difference");
        assert_eq!(told(Some(0), Some(5)), "gap");
        assert_eq!(told(Some(i64::MAX), Some(i64::MAX)), "no_detectable_difference");
    }

    #[test]
    fn ranks_decide_and_not_one_large_post() {
        let (low, high): (Vec<i64>, Vec<i64>) = ((0..12).collect(), (20..32).collect());
        assert_eq!(ranked(&high, &low), std::cmp::Ordering::Greater);
        assert_eq!(ranked(&low, &high), std::cmp::Ordering::Less);
        let mut lucky = low.clone();
        lucky[0] = 1_000_000;
        assert_eq!(ranked(&lucky, &low), std::cmp::Ordering::Equal);
        assert_eq!(ranked(&[3; 12], &[3; 12]), std::cmp::Ordering::Equal, "all the same");
    }
}
