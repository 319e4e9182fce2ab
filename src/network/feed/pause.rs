//! How long a feed wants to be left alone.

use serde::{Deserialize, Serialize};

use super::element::Element;
use super::space::Space;
use crate::network::Answer;
use crate::time::{HOUR, Time};

/// Nobody needs more than one request in five minutes, and a day without one hides too much.
pub(super) const SHORTEST: u64 = 300;
pub(super) const LONGEST: u64 = 86_400;

/// The pause in seconds that the feed itself asks for: `ttl`, `sy:updatePeriod`.
pub(super) fn of(metas: &[&Element]) -> Option<u64> {
    let ttl = metas.iter().find_map(|meta| leading_number(meta.words(Space::Core, "ttl")?));
    let ttl = ttl.map(|minutes| minutes.saturating_mul(60));
    let period = metas.iter().find_map(|meta| {
        let period = match meta.words(Space::Syndication, "updateperiod")?.to_lowercase().as_str() {
            "hourly" => 3_600,
            "daily" => 86_400,
            "weekly" => 604_800,
            "monthly" => 2_592_000,
            "yearly" => 31_536_000,
            _ => return None,
        };
        let times =
            meta.words(Space::Syndication, "updatefrequency").and_then(|times| times.parse::<u64>().ok());
        u64::checked_div(period, times.unwrap_or(1))
    });
    [ttl, period].into_iter().flatten().max()
}

/// `60`, `60.0`, `60 minutes`.
fn leading_number(text: &str) -> Option<u64> {
    let digits = text.find(|one: char| !one.is_ascii_digit()).unwrap_or(text.len());
    text.get(..digits)?.parse().ok()
}

/// Hours (of the day, UTC) and days (Monday is 0) at which a feed does not want to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Skip {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hours: Vec<i8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    days: Vec<i8>,
}

/// The seven days, as feeds write them.
const DAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Skip {
    /// What the feed names in `skipHours` and `skipDays`.
    pub(super) fn of(metas: &[&Element]) -> Skip {
        let list = |holder: &'static str, name: &'static str| {
            let holders = metas.iter().flat_map(move |meta| meta.all(Space::Core, holder));
            holders
                .flat_map(move |holder| holder.all(Space::Core, name))
                .map(|one| one.text.trim().to_lowercase())
        };
        let mut hours: Vec<i8> = list("skiphours", "hour")
            .filter_map(|hour| hour.parse::<i8>().ok())
            .filter(|hour| (0..=24).contains(hour))
            .map(|hour| hour % 24) // hour 24 of the oldest form is midnight
            .collect();
        let mut days: Vec<i8> = list("skipdays", "day")
            .filter_map(|said| DAYS.iter().position(|day| *day == said))
            .filter_map(|day| i8::try_from(day).ok())
            .collect();
        hours.sort_unstable();
        hours.dedup();
        days.sort_unstable();
        days.dedup();
        Skip { hours, days }
    }

    /// Whether nothing is left out.
    pub(super) fn is_empty(&self) -> bool {
        *self == Skip::default()
    }

    /// Seconds from `then` until the feed may be asked: none when it may be asked at once.
    fn rest(&self, then: Time) -> u64 {
        let start = then.hour();
        // the longest pause is a day: no need to look further
        let free = (0..=24_i64).find(|later| {
            let hour = start.plus(later.saturating_mul(HOUR)).stamp().to_zoned(jiff::tz::TimeZone::UTC);
            !self.hours.contains(&hour.hour()) && !self.days.contains(&hour.weekday().to_monday_zero_offset())
        });
        match free {
            Some(0) => 0,
            free => {
                let end = start.plus(free.unwrap_or(24).saturating_mul(HOUR));
                u64::try_from(end.since(then) / 1_000).unwrap_or(0)
            }
        }
    }
}

/// The pause in seconds before the next request: what was asked for, or the usual one, and then what is
/// left of the hours and days to be left out. `None` when it is the usual one.
pub(super) fn whole(every: u64, asked: Option<u64>, skip: &Skip, seen: Time) -> Option<u64> {
    let asked = asked.map_or(0, |asked| asked.clamp(SHORTEST, LONGEST));
    let pause = every.max(asked);
    let then = seen.plus(i64::try_from(pause).unwrap_or(0).saturating_mul(1_000));
    let rest = if skip.is_empty() { 0 } else { skip.rest(then) };
    let whole = if rest == 0 { pause } else { pause.saturating_add(rest).min(LONGEST).max(pause) };
    (whole > every).then_some(whole)
}

/// The pause in seconds that HTTP asks for.
pub(super) fn of_headers(answer: &Answer) -> Option<u64> {
    let now = answer.seen.0.checked_div(1_000).and_then(|now| u64::try_from(now).ok()).unwrap_or(0);
    let moment = |text: &str| {
        let moment = httpdate::parse_http_date(text.trim()).ok()?;
        Some(moment.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs())
    };
    let control = answer.header("cache-control").unwrap_or_default().to_lowercase();
    let directive = |name: &str| {
        control.split(',').find_map(|part| {
            let (key, value) = part.trim().split_once('=')?;
            (key.trim() == name).then(|| value.trim().trim_matches('"').parse::<u64>().ok())?
        })
    };
    // what a cache on the way has kept is that much older
    let age = answer.header("age").and_then(|age| age.trim().parse::<u64>().ok()).unwrap_or(0);
    let fresh = match directive("max-age") {
        Some(seconds) => Some(seconds.saturating_sub(age)),
        None => answer.header("expires").and_then(moment).and_then(|expires| {
            // by the server's own clock, where it says what time it is there
            let date = answer.header("date").and_then(moment).unwrap_or(now);
            expires.checked_sub(date)
        }),
    };
    let later = answer
        .header("retry-after")
        .and_then(|said| said.trim().parse::<u64>().ok().or_else(|| moment(said)?.checked_sub(now)));
    [fresh, later].into_iter().flatten().max()
}
