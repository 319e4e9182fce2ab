//! Share of voice: who is talked about, out of all the talk we heard. Figures in, figures out; it knows
//! nothing of stores, clocks or languages.

mod mood;
mod resample;
mod weight;

use serde::{Deserialize, Serialize};

pub use mood::{Errs, Judged, MoodShares, Moods};
pub use resample::Resample;
pub use weight::{Corrected, Reach, Weight};

use crate::keyword::{Brand, BrandId};
use crate::time::{DAY, Time};

/// With fewer distinct posts than this a percentage says more than was heard: mails show counts.
pub const ENOUGH: u64 = 30;

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

/// Tenths of a percent. Integers, so that a figure reads the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permille(pub u16);

/// The part of each count in all of them, by largest remainder: the parts sum to exactly 1000.
///
/// `None` when nothing was heard at all: silence is not zero percent.
pub fn share_of_voice(counts: &[u64]) -> Option<Vec<Permille>> {
    let all: u128 = counts.iter().map(|count| u128::from(*count)).sum();
    let mut parts = Vec::with_capacity(counts.len());
    let mut rests = Vec::with_capacity(counts.len());
    for (place, count) in counts.iter().enumerate() {
        let scaled = u128::from(*count) * 1000;
        parts.push(u16::try_from(scaled.checked_div(all)?).ok()?);
        rests.push((std::cmp::Reverse(scaled.checked_rem(all)?), place));
    }
    rests.sort_unstable();
    let missing = 1000_u16.saturating_sub(parts.iter().sum());
    for (_, place) in rests.iter().take(usize::from(missing)) {
        if let Some(part) = parts.get_mut(*place) {
            *part += 1;
        }
    }
    (!parts.is_empty()).then(|| parts.into_iter().map(Permille).collect())
}

/// A stretch of time: from its first moment up to, and without, its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its first moment.
    pub from: Time,
    /// The first moment after it.
    pub to: Time,
}

impl Window {
    /// The `days` days that end with the moment `last`, itself included.
    pub fn ending(last: Time, days: i64) -> Window {
        let to = last.plus(1);
        Window { from: to.plus(-days.saturating_mul(DAY)), to }
    }

    /// The stretch of the same length just before.
    #[must_use]
    pub fn previous(self) -> Window {
        Window { from: self.from.plus(-self.to.since(self.from)), to: self.from }
    }

    /// Whether `time` lies in it.
    pub fn holds(self, time: Time) -> bool {
        self.from <= time && time < self.to
    }
}

/// What was heard, in the three units. Never mix them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heard {
    /// Mentions: (post, brand).
    pub mentions: u64,
    /// Distinct authors, as far as the networks name them.
    pub authors: u64,
    /// Distinct posts: the same text counts once.
    pub posts: u64,
    /// Distinct stories: copies of one text, cut or with additions, count once.
    #[serde(default)]
    pub stories: u64,
}

/// What was heard of one brand in one window, as the store counts it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How much.
    pub heard: Heard,
    /// The versions of the brand's query that decided, the first and the last in the order of their names.
    pub versions: Option<(String, String)>,
}

/// What was heard in one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The window.
    pub window: Window,
    /// Each brand, in the order of the brands asked for.
    pub brands: Vec<Tally>,
    /// All brands together: an author or a text that names two brands counts once.
    pub totals: Heard,
    /// How many of the mentions come from the shipped example.
    pub examples: u64,
    /// Whether anyone listened, over the whole window: before Vigie's first day there is nothing to compare.
    pub listened: bool,
}

/// What changed since the window before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What was heard then.
    pub counts: Heard,
    /// The share then; `None` when nothing was heard of any brand.
    pub was: Option<Permille>,
    /// The share now less the share then.
    pub permille: Option<i32>,
    /// The share of stories now less the share then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_stories: Option<i32>,
    /// Whether the difference is more than chance: the interval of the difference of the shares of stories, at 95 % for
    /// all brands together, leaves zero.
    pub detectable: bool,
}

impl Change {
    /// The difference of the shares of mentions, where it may be called a change: the shares of stories differ by more than
    /// chance, and both went the same way.
    pub fn of_mentions(&self) -> Option<i32> {
        let same_way =
            self.permille.zip(self.by_stories).is_none_or(|(all, told)| all.signum() == told.signum());
        self.permille.filter(|_| self.detectable && same_way)
    }
}

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
    fn around(share: Permille, (low, high): (f64, f64)) -> Interval {
        // rounded outwards: an interval never says more than was found
        let upto = |end: f64| (0..1000).take_while(|part| f64::from(*part) < end * 1000.0 - 1e-6).count();
        let permille = |part: usize| Permille(u16::try_from(part).unwrap_or(1000));
        let low = permille(upto(low).saturating_sub(usize::from(low < 1.0)));
        Interval { permille: share, low: low.min(share), high: permille(upto(high)).max(share) }
    }
}

/// One brand's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The brand.
    pub id: BrandId,
    /// Its name.
    pub name: String,
    /// Whether it is ours.
    pub ours: bool,
    /// What was heard of it.
    pub counts: Heard,
    /// Its part of all mentions; `None` when there are none.
    pub permille: Option<Permille>,
    /// Its part of all stories, with Wilson's interval: the headline.
    #[serde(default)]
    pub by_stories: Option<Interval>,
    /// Its part of all mentions, with the interval of drawing stories and authors again, where that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_mentions: Option<Interval>,
    /// Its part of all authors, with the interval of drawing authors again, where that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_authors: Option<Interval>,
    /// Its part of all reactions, with the interval of drawing stories again, where that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_engagement: Option<Interval>,
    /// Reactions to its posts, all kinds added up as their networks give them, when they were read last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactions: Option<u64>,
    /// How many people may have read, as a range, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// Its part of all stories corrected for the precision that labels show, where there are enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Corrected>,
    /// The change since the window before, when that can be compared.
    pub change: Option<Change>,
    /// Whether its query changed in between, which breaks the comparison.
    pub query_changed: bool,
    /// How it is spoken of, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Moods>,
}

/// Shares of voice in one window: what `vigie share --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    /// The window.
    pub window: Window,
    /// The window compared with, when someone listened then.
    pub previous: Option<Window>,
    /// What the shares are parts of.
    pub unit: String,
    /// The brands: ours first, then the most talked about.
    pub brands: Vec<Share>,
    /// All brands together.
    pub totals: Heard,
    /// The same in the window before.
    pub previous_totals: Option<Heard>,
    /// How many of the mentions come from the shipped example and not from the world.
    pub examples: u64,
}

impl Shares {
    /// Puts what was heard `now` beside what was heard `before`; both list `brands` in their order.
    pub fn new(brands: &[Brand], now: &Period, before: &Period) -> Shares {
        let before = before.listened.then_some(before);
        let parts = share_of_voice(&mentions(now)).unwrap_or_default();
        let then = before.and_then(|period| share_of_voice(&mentions(period))).unwrap_or_default();
        let told = share_of_voice(&stories(now)).unwrap_or_default();
        let told_then = before.and_then(|period| share_of_voice(&stories(period))).unwrap_or_default();
        let mut shares = Vec::with_capacity(brands.len());
        for (place, brand) in brands.iter().enumerate() {
            let tally = now.brands.get(place).cloned().unwrap_or_default();
            let permille = parts.get(place).copied();
            let change = before.map(|period| {
                let counts = period.brands.get(place).map(|tally| tally.heard).unwrap_or_default();
                let was = then.get(place).copied();
                let less = |now: Option<Permille>, was: Option<Permille>| {
                    now.zip(was).map(|(Permille(now), Permille(was))| i32::from(now) - i32::from(was))
                };
                let detectable = differs(
                    (tally.heard.stories, stories(now).iter().sum()),
                    (counts.stories, stories(period).iter().sum()),
                    deviations(brands.len()),
                );
                let by_stories = less(told.get(place).copied(), told_then.get(place).copied());
                Change { counts, was, permille: less(permille, was), by_stories, detectable }
            });
            shares.push(Share {
                id: brand.id.clone(),
                name: brand.name.clone(),
                ours: brand.ours,
                counts: tally.heard,
                permille,
                by_stories: told
                    .get(place)
                    .copied()
                    .zip(wilson((tally.heard.stories, stories(now).iter().sum()), deviations(1)))
                    .map(|(share, (_, low, high))| Interval::around(share, (low, high))),
                by_mentions: None,
                by_authors: None,
                by_engagement: None,
                reactions: None,
                reach: None,
                corrected: None,
                change,
                query_changed: before.is_some_and(|before| {
                    let both = [Some(&tally), before.brands.get(place)];
                    let mut versions = both
                        .into_iter()
                        .flatten()
                        .filter_map(|tally| tally.versions.as_ref())
                        .flat_map(|(first, last)| [first, last]);
                    let one = versions.next();
                    versions.any(|version| Some(version) != one)
                }),
                sentiment: None,
            });
        }
        shares.sort_by(|a, b| {
            let key = |share: &Share| (!share.ours, std::cmp::Reverse(share.counts.mentions));
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        Shares {
            window: now.window,
            previous: before.map(|period| period.window),
            unit: "mentions".to_owned(),
            brands: shares,
            totals: now.totals,
            previous_totals: before.map(|period| period.totals),
            examples: now.examples,
        }
    }

    /// Adds the intervals that drawing again gave, in the order of `brands`: of mentions and of authors.
    pub fn draw(
        &mut self,
        brands: &[Brand],
        mentions: Option<&[(f64, f64)]>,
        authors: Option<&[(f64, f64)]>,
    ) {
        let place = |id: &BrandId| brands.iter().position(|brand| brand.id == *id);
        let counts: Vec<u64> = self.brands.iter().map(|share| share.counts.authors).collect();
        let of_authors = share_of_voice(&counts).unwrap_or_default();
        for (at, share) in self.brands.iter_mut().enumerate() {
            let ends = |all: Option<&[(f64, f64)]>| all?.get(place(&share.id)?).copied();
            share.by_mentions =
                share.permille.zip(ends(mentions)).map(|(part, ends)| Interval::around(part, ends));
            share.by_authors = of_authors
                .get(at)
                .copied()
                .zip(ends(authors))
                .map(|(part, ends)| Interval::around(part, ends));
        }
    }

    /// Adds what is known beside counts, in the order of `brands`.
    pub fn weigh(&mut self, brands: &[Brand], weights: &[Weight]) {
        let of: Vec<Weight> = (self.brands.iter())
            .map(|share| {
                let place = brands.iter().position(|brand| brand.id == share.id);
                place.and_then(|place| weights.get(place)).copied().unwrap_or_default()
            })
            .collect();
        let stories: Vec<u64> = self.brands.iter().map(|share| share.counts.stories).collect();
        let (engagement, corrected) = (weight::by_engagement(&of), weight::corrected(&stories, &of));
        for (place, (share, weight)) in self.brands.iter_mut().zip(&of).enumerate() {
            share.by_engagement = engagement.as_ref().and_then(|all| all.get(place)).copied();
            share.corrected = corrected.as_ref().and_then(|all| all.get(place)).copied();
            (share.reactions, share.reach) = (Some(weight.reactions), Some(weight.reach));
        }
    }

    /// Adds how each brand is spoken of, in the order of `brands`.
    pub fn speak(&mut self, brands: &[Brand], moods: &[Moods]) {
        for share in &mut self.brands {
            let place = brands.iter().position(|brand| brand.id == share.id);
            share.sentiment = place.and_then(|place| moods.get(place)).copied();
        }
    }

    /// Whether enough was heard to speak of percentages.
    pub fn enough(&self) -> bool {
        self.totals.posts >= ENOUGH
    }
}

fn mentions(period: &Period) -> Vec<u64> {
    period.brands.iter().map(|tally| tally.heard.mentions).collect()
}

fn stories(period: &Period) -> Vec<u64> {
    period.brands.iter().map(|tally| tally.heard.stories).collect()
}

fn deviations(brands: usize) -> f64 {
    DEVIATIONS.iter().find(|(upto, _)| brands <= *upto).map_or(4.265, |(_, z)| *z)
}

/// Whether two shares differ by more than chance: Newcombe's interval from Wilson's limits leaves zero.
fn differs(now: (u64, u64), then: (u64, u64), z: f64) -> bool {
    let (Some((p, low, high)), Some((q, below, above))) = (wilson(now, z), wilson(then, z)) else {
        return false;
    };
    let difference = p - q;
    let down = ((p - low).powi(2) + (above - q).powi(2)).sqrt();
    let up = ((high - p).powi(2) + (q - below).powi(2)).sqrt();
    difference - down > 0.0 || difference + up < 0.0
}

/// A share with Wilson's limits.
fn wilson((part, all): (u64, u64), z: f64) -> Option<(f64, f64, f64)> {
    let wide = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if all == 0 {
        return None;
    }
    let (n, p) = (wide(all), wide(part) / wide(all));
    let centre = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    Some((p, (centre - half) / whole, (centre + half) / whole))
}
