//! What shows only over time: spikes, drops, silences, shares that grow, moods that turn, posts that take off, keywords that go wrong.
//! Looked for every five minutes or every hour, by the clock that is given.

use super::{Composer, NoticeError};
use crate::alert::trend;
use crate::alert::{Course, Event, On, Pace, Rule, What};
use crate::impostor;
use crate::keyword::Brand;
use crate::relevance::precision::fell;
use crate::share::Window;
use crate::spike;
use crate::store::series::{self, Dead};
use crate::store::{Store, figures, labels, moods};
use crate::time::{DAY, HOUR, Time};

/// The length of a bucket, in milliseconds.
pub const BUCKET: i64 = 300_000;
/// What tells what is usual: two weeks and the day that is held against them.
pub(super) const PAST: i64 = 15 * DAY;
/// Mentions shown with an event.
const SHOWN: usize = 3;
/// Posts of an account that tell what reactions are usual: a season.
const SEASON: i64 = 90 * DAY;
/// A post draws nearly all of its reactions in its first two days; after one, few more come.
const YOUNG: i64 = 2 * DAY;
const SETTLED: i64 = DAY;
/// The days before, that a share of voice is held against.
const WEEK: i64 = 7 * DAY;

impl Composer {
    /// How often anything must be looked for, if at all.
    pub fn pace(&self) -> Option<Pace> {
        self.rules.iter().filter_map(|rule| rule.on.pace()).min()
    }

    /// Looks for everything that `pace` and slower rules ask, as of `at`, and raises alerts. Whether any was raised.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn look(&self, store: &Store, pace: Pace, at: Time) -> Result<bool, NoticeError> {
        let mut raised = false;
        for rule in self.rules.iter().filter(|rule| rule.on.pace() == Some(pace)) {
            for brand in self.brands.iter().filter(|brand| rule.covers_brand(&brand.id.0, brand.ours)) {
                for (event, key, subject) in self.events(store, rule, brand, at)? {
                    let key = format!("{}|{brand_id}|{key}", rule.name, brand_id = brand.id);
                    raised |= self.raise_lasting(store, rule, event, (&key, &subject), at)?;
                }
            }
        }
        if pace == Pace::Hour {
            raised |= self.settle(store, at)?;
        }
        Ok(raised)
    }

    /// What `rule` has to say of `brand` at `at`: events, each with its key and what the cool-down holds for.
    pub(super) fn events(
        &self,
        store: &Store,
        rule: &Rule,
        brand: &Brand,
        at: Time,
    ) -> Result<Vec<(Event, String, String)>, NoticeError> {
        let subject = || brand.id.to_string();
        let one = |event: Option<Event>| {
            event.map(|event| (event, at.0.to_string(), subject())).into_iter().collect()
        };
        Ok(match rule.on {
            On::Spike => one(spike_of(store, rule, brand, at)?),
            On::Drop => one(drop_of(store, rule, brand, at)?),
            // The same silence is told once, however long it lasts.
            On::Silence => silence_of(store, rule, brand, at)?
                .map(|event| (event.from.0.to_string(), event))
                .map(|(key, event)| (event, key, subject()))
                .into_iter()
                .collect(),
            On::Surge => one(self.surge_of(store, rule, brand, at)?),
            On::Sentiment => one(sentiment_of(store, rule, brand, at)?),
            On::TakesOff | On::Flops => reactions_of(store, rule, brand, at)?,
            On::PrecisionFallen => fallen(store, brand, at)?,
            On::NewMention
            | On::HighRisk
            | On::BigAuthor
            | On::FirstAuthor
            | On::OfficialPost
            | On::AccountChanged
            | On::NewImpostor
            | On::ImpostorChanged
            | On::SourceDegraded => Vec::new(),
        })
    }

    fn surge_of(
        &self,
        store: &Store,
        rule: &Rule,
        brand: &Brand,
        at: Time,
    ) -> Result<Option<Event>, NoticeError> {
        let all: Vec<&str> = self.brands.iter().map(|brand| &*brand.id.0).collect();
        let part = |window| series::part(store.connection(), &brand.id.0, &all, window);
        let now = Window { from: at.plus(-DAY), to: at };
        let before = Window { from: now.from.plus(-WEEK), to: now.from };
        let (before, today) = (part(before)?, part(now)?);
        // Where a source is dead, the others weigh more than they do.
        if !series::dead(store.connection(), now)?.is_empty() {
            return Ok(None);
        }
        let Some((was, is)) = trend::surge(before, today, rule.points) else { return Ok(None) };
        let what = What::Surge { now: is, before: was, count: today.of };
        Ok(Some(event(store, rule, brand, now, what, &[])?))
    }
}

fn event(
    store: &Store,
    rule: &Rule,
    brand: &Brand,
    window: Window,
    what: What,
    dead: &[Dead],
) -> Result<Event, NoticeError> {
    let heard = figures::OfBrands::of_one(store.connection(), window, &brand.id)?;
    let top = figures::top_posts(store.connection(), &heard, &brand.id, SHOWN)?;
    Ok(Event {
        without: dead.iter().map(|dead| dead.name.clone()).collect(),
        shown: top.iter().map(|post| post.mention.id).collect(),
        course: course_of(store, rule, brand, window.to, dead)?,
        ..Event::new(brand.id.clone(), (window.from, window.to), what)
    })
}

/// Mentions by the hour over the days before `to`, against the same hours of the days before.
fn course_of(
    store: &Store,
    rule: &Rule,
    brand: &Brand,
    to: Time,
    dead: &[Dead],
) -> Result<Option<Course>, NoticeError> {
    let window = Window { from: to.plus(-PAST), to };
    let past = series::series(store.connection(), &brand.id.0, window, BUCKET, (&rule.networks, dead))?;
    let mut hours = vec![None; usize::try_from(PAST / HOUR).unwrap_or(0)];
    for (count, start) in past.counts.iter().zip(&past.starts) {
        let place = usize::try_from(start.since(window.from) / HOUR).ok();
        if let Some(hour) = place.and_then(|place| hours.get_mut(place)) {
            *hour = Some(hour.unwrap_or(0_u32).saturating_add(*count));
        }
    }
    Ok(trend::course_of_hours(to, &hours))
}

/// A spike, a drop or a mood that is over, between when it was raised and when it was calm again.
pub(super) fn over(
    store: &Store,
    rule: &Rule,
    brand: &Brand,
    before: &Event,
    (opened, calm): (Time, Time),
) -> Result<Event, NoticeError> {
    let window = Window { from: opened.plus(-HOUR), to: calm };
    if let What::Sentiment { .. } = before.what {
        // How it stood at its worst is told; kind words that end it are none of its mentions.
        return Ok(Event { shown: Vec::new(), from: window.from, to: window.to, ..before.clone() });
    }
    let mut over = event(store, rule, brand, window, before.what.clone(), &[])?;
    over.without.clone_from(&before.without);
    let networks = (rule.networks.as_slice(), [].as_slice());
    let sum = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum::<u64>();
    // How many there are now, not how few there were.
    if let What::Drop { count, .. } = &mut over.what {
        let day = Window { from: calm.plus(-DAY), to: calm };
        *count = sum(&series::series(store.connection(), &brand.id.0, day, BUCKET, networks)?.counts);
    }
    if let What::Spike { count, all, .. } = &mut over.what {
        let heard = series::series(store.connection(), &brand.id.0, window, BUCKET, networks)?;
        let hour = usize::try_from(HOUR / BUCKET).unwrap_or(1);
        *count = heard.counts.windows(hour).map(sum).max().unwrap_or(*count).max(*count);
        *all = Some(sum(&heard.counts).max(*count));
    }
    Ok(over)
}

/// Counts in hundredths: what is shown of a mean.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of counts, rounded")]
fn hundredths(mean: f64) -> u64 {
    (mean.max(0.0) * 100.0).round().min(1e15) as u64
}

fn spike_of(store: &Store, rule: &Rule, brand: &Brand, at: Time) -> Result<Option<Event>, NoticeError> {
    let window = Window { from: at.plus(-PAST), to: at };
    let past = series::series(store.connection(), &brand.id.0, window, BUCKET, (&rule.networks, &[]))?;
    // An hour that nobody listened to is no hour to judge.
    if past.starts.last().is_none_or(|last| at.since(*last) > BUCKET) {
        return Ok(None);
    }
    let counts = past.counts.get(past.counts.len().saturating_sub(spike::LOOKED_AT)..).unwrap_or_default();
    let Some(found) = spike::last(counts) else { return Ok(None) };
    let hour = Window { from: at.plus(-HOUR), to: at };
    let what = What::Spike { count: u64::from(found.count), usual: hundredths(found.usual), all: None };
    Ok(Some(event(store, rule, brand, hour, what, &[])?))
}

/// Mentions that sources in trouble would have brought are not missed: the drops that a dead source causes are its own.
fn drop_of(store: &Store, rule: &Rule, brand: &Brand, at: Time) -> Result<Option<Event>, NoticeError> {
    let day = Window { from: at.plus(-DAY), to: at };
    let dead = series::dead(store.connection(), day)?;
    let window = Window { from: at.plus(-PAST), to: at };
    let past = series::series(store.connection(), &brand.id.0, window, BUCKET, (&rule.networks, &dead))?;
    // The last day must have been listened to as a whole.
    let listened = past.starts.iter().rev().take_while(|start| **start >= day.from).count();
    if i64::try_from(listened).unwrap_or(0) * BUCKET < DAY - HOUR {
        return Ok(None);
    }
    let Some(found) = spike::drop(&past.counts) else { return Ok(None) };
    let what = What::Drop { count: u64::from(found.count), usual: hundredths(found.usual) };
    Ok(Some(event(store, rule, brand, day, what, &dead)?))
}

/// A silence of a brand, told apart from that of a dead source: only sources that answered all the while count.
fn silence_of(store: &Store, rule: &Rule, brand: &Brand, at: Time) -> Result<Option<Event>, NoticeError> {
    let window = Window { from: at.plus(-PAST), to: at };
    let after = rule.after.map(|after| usize::try_from(after.as_secs().div_ceil(300)).unwrap_or(usize::MAX));
    let silent = |dead: &[Dead]| -> Result<Option<(spike::Silence, Time)>, NoticeError> {
        let past = series::series(store.connection(), &brand.id.0, window, BUCKET, (&rule.networks, dead))?;
        let Some(found) = spike::silence(&past.counts, after) else { return Ok(None) };
        let heard = past.starts.len().checked_sub(found.buckets + 1);
        let Some(last) = heard.and_then(|heard| past.starts.get(heard)).copied() else { return Ok(None) };
        Ok(past.starts.last().filter(|end| at.since(**end) <= HOUR).map(|_| (found, last.plus(BUCKET))))
    };
    let Some((_, from)) = silent(&[])? else { return Ok(None) };
    let dead = series::dead(store.connection(), Window { from, to: at })?;
    let Some((found, from)) = silent(&dead)? else { return Ok(None) };
    let longest = i64::try_from(found.longest).unwrap_or(i64::MAX).saturating_mul(BUCKET);
    Ok(Some(Event {
        without: dead.into_iter().map(|dead| dead.name).collect(),
        ..Event::new(brand.id.clone(), (from, at), What::Silence { longest })
    }))
}

/// More mentions that speak ill than usual, among those that are understood. Sources in trouble are left out of both: where
/// reviews are not heard, what is left sounds kinder.
fn sentiment_of(store: &Store, rule: &Rule, brand: &Brand, at: Time) -> Result<Option<Event>, NoticeError> {
    let now = Window { from: at.plus(-DAY), to: at };
    let before = Window { from: at.plus(-PAST), to: now.from };
    let connection = store.connection();
    let dead = series::dead(connection, now)?;
    let part = |window| moods::sour(connection, &brand.id.0, window, (&rule.networks, &dead));
    let (before, today) = (part(before)?, part(now)?);
    let Some((was, is)) = trend::sours(before, today, rule.points) else { return Ok(None) };
    let what = What::Sentiment { now: is, before: was, count: today.of, all: today.all };
    Ok(Some(Event {
        without: dead.iter().map(|dead| dead.name.clone()).collect(),
        shown: moods::sourest(connection, &brand.id.0, now, (&rule.networks, &dead), SHOWN)?,
        ..Event::new(brand.id.clone(), (now.from, now.to), what)
    }))
}

fn reactions_of(
    store: &Store,
    rule: &Rule,
    brand: &Brand,
    at: Time,
) -> Result<Vec<(Event, String, String)>, NoticeError> {
    let wanted = if rule.on == On::TakesOff { trend::Reactions::TakesOff } else { trend::Reactions::Flops };
    let mut events = Vec::new();
    for (row, network, author) in series::writers(store.connection(), at.plus(-YOUNG))? {
        if !impostor::is_own(brand, &network, &author) || !rule.covers_network(network.as_str()) {
            continue;
        }
        let posts = series::posts_of(store.connection(), row, at.plus(-SEASON))?;
        for post in posts.iter().filter(|post| at.since(post.at) <= YOUNG) {
            let others: Vec<i64> = posts
                .iter()
                .filter(|other| other.post != post.post && at.since(other.at) >= SETTLED)
                .map(|other| other.reactions)
                .collect();
            let settled = at.since(post.at) >= SETTLED;
            let Some((course, usual)) = trend::reactions(post.reactions, settled, &others) else { continue };
            if course != wanted {
                continue;
            }
            let handle = author.handle.clone().unwrap_or_else(|| author.native_id.clone());
            let what = What::Reactions { network: network.to_string(), handle, count: post.reactions, usual };
            let event =
                Event { shown: vec![post.mention], ..Event::new(brand.id.clone(), (post.at, at), what) };
            // A post takes off once.
            let place = format!("post {}", post.post);
            events.push((event, place.clone(), place));
        }
    }
    Ok(events)
}

/// Keywords whose latest labels say wrong more often than those before, by more than chance. Labels of mentions that
/// Vigie had doubted are left out: they were chosen for being doubtful.
fn fallen(store: &Store, brand: &Brand, at: Time) -> Result<Vec<(Event, String, String)>, NoticeError> {
    let said = labels::history(store.connection(), &[brand.id.to_string()])?;
    let said: Vec<_> = said.into_iter().filter(|said| !said.doubted && said.at <= at).collect();
    let mut keywords: Vec<&String> = said.iter().flat_map(|said| &said.keywords).collect();
    keywords.sort_unstable();
    keywords.dedup();
    let mut events = Vec::new();
    for keyword in keywords {
        let with: Vec<_> = said.iter().filter(|said| said.keywords.contains(keyword)).collect();
        let answers: Vec<bool> = with.iter().map(|said| said.relevant).collect();
        let (Some((before, lately)), Some(last)) = (fell(&answers), with.last()) else { continue };
        let what = What::PrecisionFallen {
            keyword: keyword.clone(),
            lately: (lately.right, lately.all),
            before: (before.right, before.all),
        };
        let event = Event::new(brand.id.clone(), (last.at, at), what);
        // Until more is said, nothing new is known.
        let key = format!("{keyword}|{}", last.at.0);
        events.push((event, key, format!("{}|{keyword}", brand.id)));
    }
    Ok(events)
}
