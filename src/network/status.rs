//! What the status and the headers of an answer say of a refusal, for networks whose bodies say no more.

use super::{Answer, Trouble};
use crate::time::{DAY, Time};

/// How the headers begin in which hosts write how much of their budget is left, and when it is renewed.
const BUDGETS: [&str; 3] = ["x-ratelimit", "ratelimit", "x-rate-limit"];
/// A number of seconds below this is a wait, above it a date: 31 years from now, or since 1970.
const WAIT: i64 = 1_000_000_000;
/// A number above this counts milliseconds: the year 5138 in seconds.
const MILLIS: i64 = 100_000_000_000;

/// The kind of trouble that a status means; `None` where it means none of its own (404 above all).
pub(super) fn trouble(answer: &Answer) -> Option<Trouble> {
    let page = answer.body.trim_ascii_start().starts_with(b"<");
    match answer.status {
        401 => Some(Trouble::Auth),
        403 if page => Some(Trouble::BlockPage),
        403 => Some(Trouble::NotApproved),
        410 => Some(Trouble::Gone),
        429 => Some(Trouble::Rate),
        400 | 414 | 422 => Some(Trouble::BadQuery),
        500.. => Some(Trouble::Transient),
        _ => None,
    }
}

/// Until when the host wants to be left alone: `Retry-After`, or else when a budget is renewed of which nothing is said
/// to be left. Seconds, milliseconds and dates of any form; a day at most.
pub(super) fn until(answer: &Answer) -> Option<Time> {
    let now = answer.header("date").and_then(http_date).unwrap_or(answer.seen);
    let moment = |text: &str| {
        let text = text.trim();
        // some write fractions of a second
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let millis = format!("{fraction:0<3.3}").parse::<i64>().unwrap_or(0);
        match whole.parse::<i64>() {
            Ok(wait @ ..WAIT) => Some(now.plus(wait.max(0).saturating_mul(1000).saturating_add(millis))),
            Ok(seconds @ ..MILLIS) => Time::from_seconds(seconds),
            Ok(millis) => Time(millis).valid(),
            Err(_) => Time::parse(text).or_else(|| http_date(text)),
        }
    };
    let told = answer.header("retry-after").and_then(moment);
    let told = told.or_else(|| BUDGETS.iter().filter_map(|name| moment(reset(answer, name)?)).max())?;
    // by our own clock, which may differ from the host's
    Some(answer.seen.plus(told.since(now).clamp(0, DAY)))
}

/// When a budget is renewed, in the words of the host, unless something is left of it: as headers of their own, or all in
/// one, `limit=10, remaining=0, reset=60` or `"default";r=0;t=60`.
fn reset<'a>(answer: &'a Answer, budget: &str) -> Option<&'a str> {
    let whole = answer.header(budget).unwrap_or_default();
    let part = |names: [&str; 2]| {
        whole.split([',', ';']).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            names.contains(&name.trim()).then_some(value.trim())
        })
    };
    let remaining = answer.header(&format!("{budget}-remaining")).or_else(|| part(["remaining", "r"]));
    let left = remaining.and_then(|remaining| remaining.trim().parse::<f64>().ok());
    let reset = answer.header(&format!("{budget}-reset")).or_else(|| part(["reset", "t"]));
    reset.filter(|_| left.is_none_or(|left| left < 1.0))
}

fn http_date(text: &str) -> Option<Time> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Time::from_seconds(i64::try_from(since.as_secs()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_in_every_form() {
        let seen = Time(1_767_571_200_000); // 2026-01-05T00:00:00Z
        let wait = |name: &str, value: &str| {
            let headers = vec![(name.to_owned(), value.to_owned())];
            until(&Answer { headers, seen, ..Answer::default() }).map(|until| until.since(seen) / 1000)
        };
        assert_eq!(wait("retry-after", "60"), Some(60));
        assert_eq!(wait("retry-after", "Mon, 05 Jan 2026 00:01:00 GMT"), Some(60));
        assert_eq!(wait("retry-after", "-5"), Some(0));
        assert_eq!(wait("retry-after", "soon"), None);
        assert_eq!(wait("x-ratelimit-reset", "2026-01-05T00:01:00.916474Z"), Some(60));
        assert_eq!(wait("x-ratelimit-reset", "1767571260"), Some(60));
        assert_eq!(wait("x-ratelimit-reset", "1767571260000"), Some(60));
        assert_eq!(wait("ratelimit-reset", "60.5"), Some(60));
        assert_eq!(wait("ratelimit-reset", "1999999999"), Some(86_400));
        assert_eq!(wait("date", "60"), None);
        assert_eq!(wait("ratelimit", "limit=10, remaining=0, reset=60"), Some(60));
        assert_eq!(wait("ratelimit", "\"default\";r=0;t=60"), Some(60));
        assert_eq!(wait("ratelimit", "limit=10, remaining=3, reset=60"), None);
    }
}
