//! Share of voice: who is talked about, out of all the talk we heard. Figures in, figures out; it knows
//! nothing of stores, clocks or languages.

mod cluster;
mod interval;
mod mood;
mod weight;

use serde::{Deserialize, Serialize};

pub use cluster::{Clusters, Effects};
pub use interval::Interval;
pub use mood::{Errs, Judged, MoodShares, Moods};
pub use weight::{Corrected, Reach, Weight};

use self::interval::{counted, deviations, differs, interval};
use crate::keyword::{Brand, BrandId};
use crate::time::{DAY, Time};

/// With fewer stories than this a percentage says more than was heard: mails show counts.
pub const ENOUGH: u64 = 30;

/// Tenths of a percent. Integers, so that a figure reads the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Permille(pub u16);

impl TryFrom<u16> for Permille {
    type Error = String;

    fn try_from(part: u16) -> Result<Permille, String> {
        if part <= 1000 { Ok(Permille(part)) } else { Err(format!("{part} thousandths are more than all")) }
    }
}

impl From<Permille> for u16 {
    fn from(Permille(part): Permille) -> u16 {
        part
    }
}

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
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// How much.
    pub heard: Heard,
    /// The versions of the brand's query that decided, the first and the last in the order of their names.
    pub versions: Option<(String, String)>,
    /// How far its counts hang together, where that was looked at.
    pub effects: Option<Effects>,
}

impl Tally {
    /// How many stories are worth one that came by itself.
    fn of_stories(&self) -> f64 {
        self.effects.map_or(1.0, |effects| effects.stories)
    }
}

/// What was heard in one window.
#[derive(Debug, Clone, PartialEq)]
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

impl Period {
    /// The same, with how far the counts of each brand hang together.
    #[must_use]
    pub fn with(mut self, effects: Vec<Effects>) -> Period {
        for (tally, effects) in self.brands.iter_mut().zip(effects) {
            tally.effects = Some(effects);
        }
        self
    }
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
    /// The share of stories now less the share then; `None` where fewer than 30 were told then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_stories: Option<i32>,
    /// Whether the difference is more than chance: the interval of the difference of the shares of stories, at 95 % for
    /// all brands together, leaves zero. Of fewer than 30 stories then or now it is not said.
    pub detectable: bool,
}

impl Change {
    /// The difference of the shares of stories, where it may be called a change.
    pub fn detected(&self) -> Option<i32> {
        self.by_stories.filter(|_| self.detectable)
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
    /// Its part of all stories, with Wilson's interval for as many as they are worth: the headline.
    #[serde(default)]
    pub by_stories: Option<Interval>,
    /// Its part of all mentions, with its interval for as many as they are worth, where that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_mentions: Option<Interval>,
    /// Its part of all authors, with its interval, where that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_authors: Option<Interval>,
    /// Its part of all reactions, with its interval for as many as they are worth, where that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_engagement: Option<Interval>,
    /// Reactions to its posts, all kinds added up as their networks give them, when they were read last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactions: Option<u64>,
    /// How many people may have read, as a range, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// How often people said whether a post is about it, where that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labelled: Option<u32>,
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

impl Share {
    /// Its part of all stories in the window before.
    pub fn was(&self) -> Option<Permille> {
        let (now, less) = (self.by_stories?.permille.0, self.change?.by_stories?);
        u16::try_from(i32::from(now) - less).ok().map(Permille)
    }
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
    /// The brands: ours first, then those with the most stories.
    pub brands: Vec<Share>,
    /// All brands together.
    pub totals: Heard,
    /// How many stories that came by themselves those of all brands, added up, are worth, as those of one author hang
    /// together: the intervals are of so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<u64>,
    /// What was heard in the window before.
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
        let authors: Vec<u64> = now.brands.iter().map(|tally| tally.heard.authors).collect();
        let of_authors = share_of_voice(&authors).unwrap_or_default();
        let sum = |of: &[u64]| of.iter().sum::<u64>();
        let reactions: Vec<u64> =
            now.brands.iter().map(|tally| tally.effects.map_or(0, |effects| effects.reacted)).collect();
        let of_reactions = share_of_voice(&reactions).unwrap_or_default();
        let all = [sum(&stories(now)), sum(&mentions(now)), sum(&authors), sum(&reactions)];
        for (place, brand) in brands.iter().enumerate() {
            let tally = now.brands.get(place).cloned().unwrap_or_default();
            let permille = parts.get(place).copied();
            let change = before.map(|period| {
                let counts = period.brands.get(place).map(|tally| tally.heard).unwrap_or_default();
                let was = then.get(place).copied();
                let less = |now: Option<Permille>, was: Option<Permille>| {
                    now.zip(was).map(|(Permille(now), Permille(was))| i32::from(now) - i32::from(was))
                };
                let told_of_all = sum(&stories(period));
                let was_worth = period.brands.get(place).map_or(1.0, Tally::of_stories);
                let detectable = all[0].min(told_of_all) >= ENOUGH
                    && differs(
                        (counted(tally.heard.stories, all[0]), tally.of_stories()),
                        (counted(counts.stories, told_of_all), was_worth),
                        deviations(brands.len()),
                    );
                let by_stories = less(told.get(place).copied(), told_then.get(place).copied())
                    .filter(|_| told_of_all >= ENOUGH);
                Change { counts, was, permille: less(permille, was), by_stories, detectable }
            });
            shares.push(Share {
                id: brand.id.clone(),
                name: brand.name.clone(),
                ours: brand.ours,
                counts: tally.heard,
                permille,
                by_stories: interval(&told, place, (tally.heard.stories, all[0]), tally.of_stories()),
                by_mentions: tally.effects.and_then(|effects| {
                    interval(&parts, place, (tally.heard.mentions, all[1]), effects.mentions)
                }),
                by_authors: tally.effects.and_then(|effects| {
                    interval(&of_authors, place, (tally.heard.authors, all[2]), effects.authors)
                }),
                by_engagement: tally.effects.and_then(|effects| {
                    interval(&of_reactions, place, (effects.reacted, all[3]), effects.reactions)
                }),
                reactions: tally.effects.map(|effects| effects.reacted),
                reach: None,
                labelled: None,
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
            let told = |share: &Share| (share.counts.stories, share.counts.mentions);
            let key = |share: &Share| (!share.ours, std::cmp::Reverse(told(share)));
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        Shares {
            window: now.window,
            previous: before.map(|period| period.window),
            unit: "mentions".to_owned(),
            brands: shares,
            totals: now.totals,
            worth: now.brands.first().and_then(|tally| Some(worth(all[0], tally.effects?.stories))),
            previous_totals: before.map(|period| period.totals),
            examples: now.examples,
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
        let corrected = weight::corrected(&stories, self.worth, &of);
        for (place, (share, weight)) in self.brands.iter_mut().zip(&of).enumerate() {
            share.corrected = corrected.as_ref().and_then(|all| all.get(place)).copied();
            (share.reach, share.labelled) = (Some(weight.reach), Some(weight.labelled));
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
        self.totals.stories >= ENOUGH
    }
}

/// How many counts that came by themselves `count` are worth.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; it saturates")]
fn worth(count: u64, effect: f64) -> u64 {
    (counted(count, 1).0 / effect).round() as u64
}

fn mentions(period: &Period) -> Vec<u64> {
    period.brands.iter().map(|tally| tally.heard.mentions).collect()
}

fn stories(period: &Period) -> Vec<u64> {
    period.brands.iter().map(|tally| tally.heard.stories).collect()
}
