//! What a refusal of YouTube means, and when its day ends.

use jiff::ToSpan as _;
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use super::NAME;
use crate::network::json::{list, text};
use crate::network::{Answer, ReadError, Trouble, plain, status};
use crate::time::{DAY, HOUR, Time};

/// How long to wait after too many requests at once when YouTube does not say: its limits count by the minute.
const MINUTE: i64 = 60_000;
/// Where the day of the quota begins and ends.
const ZONE: &str = "America/Los_Angeles";

/// What an error object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The status that counts: of the object, or of the answer.
    status: u16,
    /// YouTube's own word for it, such as `quotaExceeded`.
    pub(super) reason: String,
    message: String,
    /// Reasons and limits named in the details of newer errors.
    details: String,
}

/// The error in a body, if it is one.
pub(super) fn fault(value: &Value, status: u16) -> Option<Fault> {
    let error = value.get("error")?;
    let first = list(error, "errors").first().unwrap_or(&Value::Null);
    let own = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    if error.is_null() {
        return None;
    }
    let message = text(error, "message")
        .or_else(|| text(first, "message"))
        .or_else(|| text(value, "error_description"))
        .or_else(|| error.as_str())
        .unwrap_or_default();
    Some(Fault {
        status: if status >= 400 { status } else { own.unwrap_or(status) },
        reason: text(first, "reason")
            .or_else(|| error.as_str().filter(|_| value.get("error_description").is_some()))
            .unwrap_or_default()
            .to_owned(),
        message: message.to_owned(),
        details: error.get("details").map(Value::to_string).unwrap_or_default(),
    })
}

/// What an answer means that is no success.
pub(super) fn refusal(answer: &Answer) -> ReadError {
    let value = match plain::json(&NAME, "videos", &answer.body) {
        Ok(value) => value,
        Err(error) if error.trouble == Trouble::BlockPage => return error,
        Err(_) => Value::Null,
    };
    let fault = fault(&value, answer.status).unwrap_or(Fault {
        status: answer.status,
        reason: String::new(),
        message: format!("status {}", answer.status),
        details: String::new(),
    });
    fault.refusal(answer)
}

impl Fault {
    /// The same as an error of a source.
    pub(super) fn refusal(&self, answer: &Answer) -> ReadError {
        let trouble = self.trouble();
        let said = plain::said(&self.message);
        let said = match (self.reason.as_str(), said.as_str()) {
            ("", said) => format!("\"{said}\""),
            (reason, "") => plain::said(reason),
            (reason, said) => format!("{}: \"{said}\"", plain::said(reason)),
        };
        let hint = match trouble {
            Trouble::Auth => "; keys are made in the Google Cloud console, under Credentials",
            Trouble::NotApproved => {
                "; the project of the key must have \"YouTube Data API v3\" enabled, and what is asked for must be public"
            }
            Trouble::Money => "; the quota of the key is renewed at midnight, Pacific time",
            Trouble::Transient if self.is_token() => "; this round starts again from its top",
            Trouble::Rate
            | Trouble::Gone
            | Trouble::NoServer
            | Trouble::BadQuery
            | Trouble::Transient
            | Trouble::BlockPage
            | Trouble::Unread => "",
        };
        let now = answer.seen;
        let until = match trouble {
            Trouble::Money => Some(midnight(now)),
            Trouble::Rate => Some(status::until(answer).unwrap_or_else(|| now.plus(MINUTE))),
            Trouble::Auth
            | Trouble::NotApproved
            | Trouble::Gone
            | Trouble::NoServer
            | Trouble::BadQuery
            | Trouble::Transient
            | Trouble::BlockPage
            | Trouble::Unread => None,
        };
        ReadError::refusal(&NAME, trouble, format!("{said}{hint}")).until(until)
    }

    /// Whether it is the token of a page that is not accepted any more.
    pub(super) fn is_token(&self) -> bool {
        self.reason == "invalidPageToken"
    }

    /// Whether it says that the thing asked about is gone or closed, which is a normal answer in a round.
    pub(super) fn is_absence(&self) -> bool {
        matches!(
            self.reason.as_str(),
            "commentsDisabled"
                | "videoNotFound"
                | "playlistNotFound"
                | "channelNotFound"
                | "commentNotFound"
                | "commentThreadNotFound"
                | "playlistItemsNotAccessible"
        )
    }

    fn trouble(&self) -> Trouble {
        let hints = |word: &str| self.details.contains(word) || self.message.contains(word);
        match self.reason.as_str() {
            "quotaExceeded" | "dailyLimitExceeded" | "dailyLimitExceededUnreg" => Trouble::Money,
            // newer errors give the same reason for the limit of a minute and that of a day
            "rateLimitExceeded" | "RATE_LIMIT_EXCEEDED" if hints("PerDay") || hints("per day") => {
                Trouble::Money
            }
            "rateLimitExceeded"
            | "RATE_LIMIT_EXCEEDED"
            | "userRateLimitExceeded"
            | "userRateLimitExceededUnreg"
            | "servingLimitExceeded"
            | "concurrentLimitExceeded" => Trouble::Rate,
            "keyInvalid" | "keyExpired" | "authError" | "required" | "invalidCredentials"
            | "ipRefererBlocked" | "expired" | "invalid_grant" | "invalid_client" => Trouble::Auth,
            _ if hints("API key not valid") || hints("API_KEY_INVALID") || hints("API key expired") => {
                Trouble::Auth
            }
            "invalidPageToken" | "backendError" | "internalError" | "processingFailure" => Trouble::Transient,
            _ if self.is_absence() => Trouble::Gone,
            _ => match self.status {
                429 if hints("PerDay") || hints("per day") => Trouble::Money,
                0..400 => Trouble::Unread,
                status => plain::trouble(status),
            },
        }
    }
}

/// The number of the quota's day that a moment is in.
pub(super) fn day(now: Time) -> i64 {
    let zone = zone();
    let offset = i64::from(zone.to_offset(now.stamp()).seconds()).saturating_mul(1000);
    now.stamp().as_millisecond().saturating_add(offset).div_euclid(DAY)
}

/// When the quota is renewed next.
pub(super) fn midnight(now: Time) -> Time {
    let next = now.stamp().to_zoned(zone()).start_of_day().and_then(|today| {
        // the day after the clocks change is an hour off: a civil day is asked for
        today.checked_add(1.day())
    });
    next.map_or_else(|_| now.plus(24 * HOUR), |next| Time(next.timestamp().as_millisecond()))
}

fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or_else(|_| TimeZone::fixed(Offset::constant(-8)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_the_quota_ends_at_midnight_pacific_time() {
        let check = |now: &str, expected: &str| {
            assert_eq!(midnight(Time::parse(now).unwrap()), Time::parse(expected).unwrap(), "{now}");
        };
        check("2026-11-22T12:00:00Z", "2026-11-23T08:00:00Z");
        check("2026-07-01T06:59:59Z", "2026-07-01T07:00:00Z");
        check("2026-07-01T07:00:00Z", "2026-07-02T07:00:00Z");
        // 25 hours: the clocks go back on 1 November
        check("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z");
        let at = |text| day(Time::parse(text).unwrap());
        assert_eq!(at("2026-07-01T06:59:59Z") + 1, at("2026-07-01T07:00:00Z"));
        assert_eq!(at("2026-07-01T07:00:00Z"), at("2026-07-02T06:59:59Z"));
        midnight(Time(i64::MAX));
        day(Time(i64::MIN));
    }
}
