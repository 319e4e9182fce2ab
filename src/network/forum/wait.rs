//! Until when a server wants to be left alone, by the headers of its answer.

use std::time::UNIX_EPOCH;

use crate::network::Answer;
use crate::time::{DAY, Time};

/// Seconds since 1970 and not from now: 31 years of waiting are none.
const EPOCH: i64 = 1_000_000_000;
/// Milliseconds since 1970 and not seconds.
const MILLIS: i64 = 100_000_000_000;

/// Until when `Retry-After` asks to wait; a day at most.
pub(crate) fn retry_after(answer: &Answer) -> Option<Time> {
    moment(answer, answer.header("retry-after")?)
}

/// Until when the budget of the headers is used up, where they say that nothing remains of it.
pub(crate) fn used_up(answer: &Answer) -> Option<Time> {
    ["x-ratelimit", "ratelimit", "x-rate-limit"].iter().find_map(|prefix| {
        let remaining = answer.header(&format!("{prefix}-remaining"))?.trim();
        if remaining != "0" {
            return None;
        }
        moment(answer, answer.header(&format!("{prefix}-reset"))?)
    })
}

/// A moment as seconds from now, as seconds or milliseconds since 1970, or as an HTTP date.
fn moment(answer: &Answer, text: &str) -> Option<Time> {
    let text = text.trim();
    let until = match text.parse::<i64>() {
        Ok(seconds) if seconds < 0 => return None,
        Ok(seconds) if seconds < EPOCH => answer.seen.plus(seconds.saturating_mul(1000)),
        Ok(seconds) if seconds < MILLIS => Time(seconds.saturating_mul(1000)),
        Ok(millis) => Time(millis),
        Err(_) => {
            let past = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
            Time(i64::try_from(past.as_millis()).ok()?)
        }
    };
    Some(until.min(answer.seen.plus(DAY)).max(answer.seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_in_every_form() {
        let seen = Time::parse("2026-01-05T00:00:00Z").unwrap();
        let until = |lines: &[(&str, &str)]| {
            let headers =
                lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let answer = Answer { headers, seen, ..Answer::default() };
            retry_after(&answer).or_else(|| used_up(&answer)).map(|until| until.since(seen) / 1000)
        };
        assert_eq!(until(&[("retry-after", "60")]), Some(60));
        assert_eq!(until(&[("retry-after", "Mon, 05 Jan 2026 00:01:00 GMT")]), Some(60));
        assert_eq!(until(&[("retry-after", "999999999")]), Some(86_400));
        assert_eq!(until(&[("retry-after", "soon")]), None);
        assert_eq!(until(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767571260")]), Some(60));
        assert_eq!(
            until(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767571260000")]),
            Some(60)
        );
        assert_eq!(until(&[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "1767571260")]), None);
    }
}
