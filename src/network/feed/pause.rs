//! How long a feed wants to be left alone.

use super::element::Element;
use super::space::Space;
use crate::network::Answer;
use crate::time::Time;

/// Nobody needs more than one request in five minutes, and a day without one hides too much.
pub(super) const SHORTEST: u64 = 300;
pub(super) const LONGEST: u64 = 86_400;

/// The pause in seconds that the feed itself asks for: `ttl`, `sy:updatePeriod`.
pub(super) fn of(metas: &[&Element]) -> Option<u64> {
    let ttl = metas.iter().find_map(|meta| meta.words(Space::Core, "ttl")?.parse::<u64>().ok());
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

/// Seconds until the hours and days that the feed wants skipped are over, when now is one of them.
pub(super) fn skipped(metas: &[&Element], seen: Time) -> Option<u64> {
    let list = |holder: &'static str, name: &'static str| -> Vec<String> {
        let holders = metas.iter().flat_map(|meta| meta.all(Space::Core, holder));
        holders
            .flat_map(|holder| holder.all(Space::Core, name))
            .map(|one| one.text.trim().to_lowercase())
            .collect()
    };
    let hours: Vec<i8> =
        list("skiphours", "hour").iter().filter_map(|hour| hour.parse::<i8>().ok()).collect();
    let days = list("skipdays", "day");
    let start = seen.hour();
    // the longest pause is a day: no need to look further
    let free = (0..=24_i64).find(|later| {
        let then =
            start.plus(later.saturating_mul(crate::time::HOUR)).stamp().to_zoned(jiff::tz::TimeZone::UTC);
        let day = format!("{:?}", then.weekday()).to_lowercase();
        // hour 24 of the oldest form is midnight
        !hours.iter().any(|hour| hour % 24 == then.hour()) && !days.contains(&day)
    });
    let end = start.plus(free.unwrap_or(24).saturating_mul(crate::time::HOUR));
    u64::try_from(end.since(seen) / 1_000).ok().filter(|seconds| *seconds > 0)
}

/// The pause in seconds that HTTP asks for.
pub(super) fn of_headers(answer: &Answer) -> Option<u64> {
    let control = answer.header("cache-control").unwrap_or_default().to_lowercase();
    let age =
        control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.trim().parse::<u64>().ok());
    age.or_else(|| {
        let expires = httpdate::parse_http_date(answer.header("expires")?).ok()?;
        let expires = expires.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
        expires.checked_sub(u64::try_from(answer.seen.0 / 1_000).ok()?)
    })
}
