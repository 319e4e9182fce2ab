//! Effects by hand, and the simulation of streams in which stories and authors hang together.

use std::collections::BTreeSet;

use super::*;
use crate::share::interval::{deviations, wilson};

fn told(brands: usize, clusters: &[&[(usize, f64)]]) -> Clusters {
    let mut all = Clusters::new(brands);
    for (key, cluster) in (0..).zip(clusters) {
        cluster.iter().for_each(|(brand, count)| all.add(key, *brand, *count));
    }
    all
}

#[test]
fn copies_of_a_text_are_worth_one() {
    let effect = |clusters: &[&[(usize, f64)]]| told(2, clusters).design_effect();
    // by hand: four stories of 1, 1, 2 and 6 copies, 42 / 10
    let copies = effect(&[&[(0, 1.0)], &[(1, 1.0)], &[(0, 2.0)], &[(1, 6.0)]]);
    assert!((copies - 4.2).abs() < 1e-12, "{copies}");
    assert!((effect(&[&[(0, 1.0)], &[(1, 1.0)], &[(1, 1.0)]]) - 1.0).abs() < 1e-12);
    assert!((effect(&[]) - 1.0).abs() < 1e-12);
    assert!((effect(&[&[(0, 3.0)]]) - 3.0).abs() < 1e-12, "one brand alone");
    assert!((effect(&[&[(7, 3.0)], &[(0, 0.0)]]) - 1.0).abs() < 1e-12, "a brand that is none of ours");
    // by hand: two authors of five stories of each brand: 8 beyond one each, of which chance would have 4 differ, and one
    // more that agrees; each has 5 that differ, so that none agree
    let mixed = effect(&[&[(0, 5.0), (1, 5.0)], &[(0, 5.0), (1, 5.0)]]);
    assert!((mixed - 1.0).abs() < 1e-12, "never less than one: {mixed}");
    // by hand: 4 and 0, 1 and 3: of 6 beyond, 6 (1 - 25/64 - 9/64) = 2.8125 by chance; 3/4 + 3/4 differ; (16 + 16) / 8 - 1
    let some = effect(&[&[(0, 4.0)], &[(0, 1.0), (1, 3.0)]]);
    assert!((some - (1.0 + (1.0 - 1.5 / 3.8125) * 3.0)).abs() < 1e-12, "{some}");
}

#[test]
fn authors_who_speak_of_both_brands_do_not_vary() {
    // by hand: ten authors of one brand each and five of both; only the ten vary, of twenty counts
    let single = |brand: usize| vec![(brand, 1.0)];
    let authors: Vec<Vec<(usize, f64)>> =
        (0..15).map(|place| if place < 10 { single(place % 2) } else { vec![(0, 1.0), (1, 1.0)] }).collect();
    let authors: Vec<&[(usize, f64)]> = authors.iter().map(Vec::as_slice).collect();
    let effects = told(2, &authors).ratio_effects();
    assert!(effects.iter().all(|effect| (effect - 0.5).abs() < 1e-12), "{effects:?}");
    let each = told(3, &[&[(0, 1.0)], &[(1, 1.0)], &[(1, 1.0)]]).ratio_effects();
    assert!(each.iter().all(|effect| (effect - 1.0).abs() < 1e-12), "one brand each, or none: {each:?}");
    assert_eq!(told(2, &[&[(0, 1.0), (1, 1.0)]]).ratio_effects(), [LEAST, LEAST], "all of both");
    assert_eq!(told(2, &[]).ratio_effects(), [1.0, 1.0]);
}

/// A simulated story: its author, its brand, its copies, the reactions to it.
struct Story {
    author: i64,
    brand: usize,
    copies: f64,
    reactions: f64,
}

/// What a stream is like: how many stories, the true share of each brand, how far authors keep to the brand of their choice.
struct Kind<'k>(u32, &'k [f64], f64);

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to the most")]
fn heavy(random: &mut fastrand::Rng, tail: f64, most: u32) -> u32 {
    ((1.0 / random.f64().max(1e-9)).powf(1.0 / tail) as u32).min(most)
}

impl Kind<'_> {
    /// Copies and reactions in a heavy tail, authors in a heavy tail too.
    fn stream(&self, random: &mut fastrand::Rng) -> Vec<Story> {
        let Kind(stories, shares, loyal) = self;
        let stories = usize::try_from(*stories).unwrap();
        let mut made = Vec::new();
        for author in 0.. {
            let home = pick(random, shares);
            for _ in 0..heavy(random, 1.5, self.0 / 6) {
                let brand = if random.f64() < *loyal { home } else { pick(random, shares) };
                let copies = f64::from(heavy(random, 1.3, 400));
                let reactions = f64::from(heavy(random, 1.2, 2000) - 1);
                made.push(Story { author, brand, copies, reactions });
            }
            if made.len() >= stories {
                break;
            }
        }
        made.truncate(stories);
        made
    }

    /// The true share of the first brand by authors: each counts once for each brand that it speaks of.
    fn by_authors(&self, random: &mut fastrand::Rng) -> f64 {
        let (mut first, mut all) = (0.0, 0.0);
        for _ in 0..300 {
            let spoken: BTreeSet<(i64, usize)> =
                self.stream(random).iter().map(|story| (story.author, story.brand)).collect();
            first += spoken.iter().map(|(_, brand)| f64::from(u8::from(*brand == 0))).sum::<f64>();
            all += spoken.iter().map(|_| 1.0).sum::<f64>();
        }
        first / all
    }
}

fn pick(random: &mut fastrand::Rng, shares: &[f64]) -> usize {
    let mut left = random.f64();
    shares
        .iter()
        .position(|share| {
            left -= share;
            left < 0.0
        })
        .unwrap_or(0)
}

/// Counts of the first brand, of all, and the clusters by a key, which must not fall.
fn counted(
    stream: &[Story],
    brands: usize,
    key: impl Fn(usize, &Story) -> i64,
    count: impl Fn(&Story) -> f64,
) -> ((f64, f64), Clusters) {
    let (mut part, mut all, mut clusters) = (0.0, 0.0, Clusters::new(brands));
    for (place, story) in stream.iter().enumerate() {
        let counted = count(story);
        clusters.add(key(place, story), story.brand, counted);
        all += counted;
        part += if story.brand == 0 { counted } else { 0.0 };
    }
    ((part, all), clusters)
}

/// The simulation of syndicated streams with prolific authors: how often nominal 95 % intervals hold the true share.
#[test]
fn intervals_hold_the_truth_where_stories_and_authors_hang_together() {
    const RUNS: u32 = 1000;
    let mut random = fastrand::Rng::with_seed(5);
    let (two, five) = (&[0.3, 0.7][..], &[0.3, 0.3, 0.2, 0.1, 0.1][..]);
    let (small, smallest) = (&[0.1, 0.4, 0.3, 0.1, 0.1][..], &[0.04, 0.4, 0.3, 0.2, 0.06][..]);
    let (mut sums, mut kinds) = ([0.0; 4], 0.0);
    for kind in [
        Kind(60, two, 0.0),
        Kind(200, two, 0.0),
        Kind(200, two, 0.8),
        Kind(600, two, 1.0),
        Kind(400, &[0.1, 0.9], 0.5),
        Kind(200, five, 0.0),
        Kind(600, five, 0.8),
        Kind(200, small, 0.5),
        Kind(200, smallest, 0.8),
    ] {
        let Kind(stories, shares, loyal) = &kind;
        let (brands, truth) = (shares.len(), shares[0]);
        let true_authors = kind.by_authors(&mut random);
        let mut held = [0_u32; 6];
        for _ in 0..RUNS {
            let stream = kind.stream(&mut random);
            let hold = |held: &mut u32, counts: (f64, f64), effect: f64, truth: f64| {
                let holds = wilson(counts, effect, deviations(1))
                    .is_some_and(|(_, low, high)| low <= truth && truth <= high);
                *held += u32::from(holds);
            };
            let place = |place: usize, _: &Story| i64::try_from(place).unwrap();
            let author = |_: usize, story: &Story| story.author;
            let (counts, by_author) = counted(&stream, brands, author, |_| 1.0);
            hold(&mut held[0], counts, by_author.design_effect(), truth);
            hold(&mut held[1], counts, 1.0, truth);
            let (counts, by_story) = counted(&stream, brands, place, |story| story.copies);
            let (_, by_author) = counted(&stream, brands, author, |story| story.copies);
            hold(&mut held[2], counts, by_story.design_effect().max(by_author.design_effect()), truth);
            hold(&mut held[3], counts, 1.0, truth);
            let (counts, by_story) = counted(&stream, brands, place, |story| story.reactions);
            let (_, by_author) = counted(&stream, brands, author, |story| story.reactions);
            hold(&mut held[4], counts, by_story.design_effect().max(by_author.design_effect()), truth);
            let spoken: BTreeSet<(i64, usize)> =
                stream.iter().map(|story| (story.author, story.brand)).collect();
            let pairs: Vec<Story> = (spoken.into_iter())
                .map(|(author, brand)| Story { author, brand, copies: 1.0, reactions: 0.0 })
                .collect();
            let (counts, by_author) = counted(&pairs, brands, author, |_| 1.0);
            hold(&mut held[5], counts, by_author.ratio_effects()[0], true_authors);
        }
        let [story, bare_story, mention, bare_mention, reaction, author] =
            held.map(|held| 100.0 * f64::from(held) / f64::from(RUNS));
        let told = format!(
            "{stories} stories, {brands} brands, truth {truth}, authors who keep to a brand {loyal}: held by stories {story} % (taken as independent {bare_story} %), by mentions {mention} % ({bare_mention} %), by reactions {reaction} %, by authors {author} %"
        );
        println!("{told}");
        let each = [story, mention, reaction, author];
        // a thousand runs of 95 % say 95 ± 1.4
        let within = each.iter().all(|held| (92.0..=98.0).contains(held));
        assert!(within && bare_mention < 60.0 && (*loyal < 0.8 || bare_story < 85.0), "{told}");
        kinds += 1.0;
        sums.iter_mut().zip(each).for_each(|(sum, held)| *sum += held);
    }
    let means = sums.map(|sum| sum / kinds);
    println!("held on the whole by stories, mentions, reactions, authors: {means:.1?} %");
    assert!(means.iter().all(|held| (93.0..=97.0).contains(held)), "{means:?}");
}
