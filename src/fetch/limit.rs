//! What a host says of its limits: `Retry-After`, `X-RateLimit-*`, `RateLimit-*`, in all their forms.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::time::Time;

/// The longest pause believed from `Retry-After`: a day, after which asking once does no harm.
const RETRY_AFTER_CAP: Duration = Duration::from_secs(86_400);
/// The longest pause believed from a used-up budget: real budgets renew within the hour.
const RESET_CAP: Duration = Duration::from_secs(3_600);
/// Spellings of the header pair: GitHub and Mastodon, the IETF drafts and Bluesky, X.
const PREFIXES: &[&str] = &["x-ratelimit", "ratelimit", "x-rate-limit"];

/// The pause asked for by `Retry-After`, in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Time) -> Option<Duration> {
    let value = text(headers, "retry-after")?;
    let pause = seconds(value).or_else(|| Some(until(http_date(value)?, host_clock(headers, now))))?;
    Some(pause.min(RETRY_AFTER_CAP))
}

/// The pause until the budget is renewed, when the host says that it is used up.
pub(super) fn used_up(headers: &HeaderMap, now: Time) -> Option<Duration> {
    let now = host_clock(headers, now);
    PREFIXES
        .iter()
        .filter_map(|prefix| pair(headers, prefix).or_else(|| combined(headers, prefix)))
        .filter(|(remaining, _)| *remaining < 1.0)
        .filter_map(|(_, reset)| moment(reset, now))
        .max()
        .map(|pause| pause.min(RESET_CAP))
}

/// The time by the host's own clock, which its dates follow.
fn host_clock(headers: &HeaderMap, now: Time) -> Time {
    text(headers, "date").and_then(http_date).unwrap_or(now)
}

/// `Remaining` and `Reset` as two headers.
fn pair<'a>(headers: &'a HeaderMap, prefix: &str) -> Option<(f64, &'a str)> {
    let remaining = text(headers, &format!("{prefix}-remaining"))?;
    Some((number(remaining)?, text(headers, &format!("{prefix}-reset"))?))
}

/// Both in one header: `limit=100, remaining=0, reset=50`, or `"default";r=0;t=50`.
fn combined<'a>(headers: &'a HeaderMap, prefix: &str) -> Option<(f64, &'a str)> {
    let (mut remaining, mut reset) = (None, None);
    for part in text(headers, prefix)?.split([',', ';']) {
        match part.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
            Some(("remaining" | "r", value)) => remaining = number(value),
            Some(("reset" | "t", value)) => reset = Some(value),
            Some(_) | None => {}
        }
    }
    Some((remaining?, reset?))
}

/// A reset as a pause: seconds from now, seconds or milliseconds since 1970, or a date.
fn moment(reset: &str, now: Time) -> Option<Duration> {
    match number(reset) {
        Some(value) if value < 1e9 => seconds(reset), // 1e9 seconds from now are 31 years
        Some(value) => {
            let unit = if value < 1e11 { 1.0 } else { 1e-3 };
            let past = Duration::try_from_secs_f64(value * unit).ok()?;
            Some(until(Time(i64::try_from(past.as_millis()).ok()?), now))
        }
        None => Some(until(Time::parse(reset).or_else(|| http_date(reset))?, now)),
    }
}

fn until(then: Time, now: Time) -> Duration {
    Duration::from_millis(u64::try_from(then.since(now)).unwrap_or(0))
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(number(text)?).ok()
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0)
}

fn http_date(text: &str) -> Option<Time> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let past = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Time(i64::try_from(past.as_millis()).ok()?))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    /// 2026-01-05T00:00:00Z
    const NOW: Time = Time(1_767_571_200_000);

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn retry_after_in_seconds_or_as_a_date_is_held_to_a_day() {
        for (value, expected) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("1.5", Some(1)),
            ("Mon, 05 Jan 2026 00:01:00 GMT", Some(60)),
            ("Sun, 04 Jan 2026 00:00:00 GMT", Some(0)),
            ("99999999", Some(86_400)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(86_400)),
            ("-5", None),
            ("soon", None),
            ("NaN", None),
        ] {
            let pause = retry_after(&headers(&[("retry-after", value)]), NOW);
            assert_eq!(pause.map(|pause| pause.as_secs()), expected, "{value}");
        }
    }

    #[test]
    fn a_used_up_budget_is_read_in_every_form() {
        let seconds = |lines: &[(&'static str, &'static str)]| {
            used_up(&headers(lines), NOW).map(|pause| pause.as_secs())
        };
        for (name, reset) in [
            ("seconds since 1970", "1767571260"),
            ("milliseconds since 1970", "1767571260000"),
            ("a date", "2026-01-05T00:01:00.000Z"),
            ("a date with an offset", "2026-01-05T01:01:00+01:00"),
            ("an HTTP date", "Mon, 05 Jan 2026 00:01:00 GMT"),
            ("seconds from now", "60"),
        ] {
            assert_eq!(
                seconds(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)]),
                Some(60),
                "{name}"
            );
        }
        assert_eq!(seconds(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "60")]), Some(60));
        assert_eq!(
            seconds(&[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "1767571260")]),
            Some(60)
        );
        assert_eq!(seconds(&[("ratelimit", "limit=10, remaining=0, reset=60")]), Some(60));
        assert_eq!(seconds(&[("ratelimit", "\"default\";r=0;t=60")]), Some(60));
        assert_eq!(seconds(&[("x-ratelimit-remaining", "0.0"), ("x-ratelimit-reset", "60")]), Some(60));
        assert_eq!(
            seconds(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1999999999")]),
            Some(3_600)
        );
        assert_eq!(
            seconds(&[
                ("date", "Mon, 05 Jan 2026 01:00:00 GMT"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1767574860")
            ]),
            Some(60),
            "by the host's own clock"
        );
        assert_eq!(seconds(&[("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "60")]), None);
        assert_eq!(seconds(&[("x-ratelimit-remaining", "0")]), None);
        assert_eq!(seconds(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "never")]), None);
    }
}
