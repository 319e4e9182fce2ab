//! A moment, as Vigie keeps it: UTC milliseconds. It does not know what time it is now.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds in one hour.
pub const HOUR: i64 = 3_600_000;
/// Milliseconds in one day.
pub const DAY: i64 = 24 * HOUR;

/// A moment in UTC milliseconds since 1970. Written and read as RFC 3339 (`2026-01-05T00:00:00.016Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

impl Time {
    /// The moment `seconds` after 1970, when that can be said in milliseconds.
    pub fn from_seconds(seconds: i64) -> Option<Time> {
        Time(seconds.checked_mul(1000)?).valid()
    }

    /// Reads RFC 3339 (any offset, a space for `T`, missing seconds or offset taken as UTC), or a bare date.
    pub fn parse(text: &str) -> Option<Time> {
        if let Some(time) = Time::parse_plain(text.as_bytes()) {
            return Some(time);
        }
        let text = text.trim();
        let millis = if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
            stamp.as_millisecond()
        } else if let Ok(local) = text.parse::<jiff::civil::DateTime>() {
            local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()
        } else {
            let date = text.parse::<jiff::civil::Date>().ok()?;
            date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()
        };
        Some(Time(millis))
    }

    /// Reads the form that nearly all moments have, `2026-01-05T00:00:00Z` with or without a fraction, at a tenth of
    /// the cost; `None` says to look more closely.
    fn parse_plain(text: &[u8]) -> Option<Time> {
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_i64, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
            })
        };
        let (date, rest) = text.split_first_chunk::<11>()?;
        let (clock, rest) = rest.split_first_chunk::<8>()?;
        let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T'] = *date else { return None };
        let [h0, h1, b':', n0, n1, b':', s0, s1] = *clock else { return None };
        let (year, month, day) = (number(&[y0, y1, y2, y3])?, number(&[m0, m1])?, number(&[d0, d1])?);
        let (hour, minute, second) = (number(&[h0, h1])?, number(&[n0, n1])?, number(&[s0, s1])?);
        let fraction = rest.strip_suffix(b"Z")?;
        let millis = match fraction {
            [] => 0,
            [b'.', a, b, c, more @ ..] if more.iter().all(u8::is_ascii_digit) => number(&[*a, *b, *c])?,
            _ => return None,
        };
        if !(1970..=9999).contains(&year) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let longest = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if !(1..=longest).contains(&day) {
            return None;
        }
        // Days since 1970, in years that begin in March, so that the leap day comes last.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days =
            365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
        Some(Time(days * DAY + hour * HOUR + minute * 60_000 + second * 1_000 + millis))
    }

    /// This moment if it can be shown as a date (years -9999 to 9999), else `None`.
    pub fn valid(self) -> Option<Time> {
        jiff::Timestamp::from_millisecond(self.0).ok().map(|_| self)
    }

    /// The start of the hour this moment is in.
    pub fn hour(self) -> Time {
        Time(self.0.div_euclid(HOUR).saturating_mul(HOUR))
    }

    /// The moment `millis` later (earlier when negative), held at the ends of time.
    #[must_use]
    pub fn plus(self, millis: i64) -> Time {
        Time(self.0.saturating_add(millis))
    }

    /// The moment `pause` later.
    #[must_use]
    pub fn after(self, pause: Duration) -> Time {
        self.plus(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))
    }

    /// Milliseconds from `earlier` to this moment; negative when it is later.
    pub fn since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// As a jiff timestamp; moments that no calendar can show become the first or the last one that it can.
    pub fn stamp(self) -> jiff::Timestamp {
        let end = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(end)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.3}", self.stamp())
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = Time;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a time as text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Time, E> {
                Time::parse(text).ok_or_else(|| E::custom(format!("not a time: {text:.40}")))
            }
        }
        input.deserialize_str(Reader)
    }
}

/// Reads a duration such as `30s`, `5m`, `2h`, `7d`, `1w` or `0`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let seconds = match unit.trim() {
        "" if number == 0 => 0,
        "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        let seconds = |text| parse_duration(text).map(|duration| duration.as_secs());
        assert_eq!(
            ["30s", "5 m", "2h", "7d", "0", "5", "m", "-1s"].map(seconds),
            [Some(30), Some(300), Some(7_200), Some(604_800), Some(0), None, None, None]
        );
    }

    #[test]
    fn reads_and_writes_the_usual_forms() {
        for (text, millis) in [
            ("2026-01-05T00:00:00.016Z", 1_767_571_200_016),
            ("2026-01-05T01:00:00+01:00", 1_767_571_200_000),
            ("2026-01-05 00:00:00", 1_767_571_200_000),
            ("2026-01-05", 1_767_571_200_000),
        ] {
            assert_eq!(Time::parse(text), Some(Time(millis)), "{text}");
        }
        for text in [
            "2024-02-29T23:59:59.999Z",
            "2000-02-29T00:00:00Z",
            "1970-01-01T00:00:00.5Z",
            "2100-12-31T12:30:00.123456Z",
        ] {
            let stamp: jiff::Timestamp = text.parse().unwrap();
            assert_eq!(Time::parse(text), Some(Time(stamp.as_millisecond())), "{text}");
        }
        for text in
            ["2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z"]
        {
            assert_eq!(Time::parse(text), None, "{text}");
        }
        assert_eq!(Time(1_767_571_200_016).to_string(), "2026-01-05T00:00:00.016Z");
        assert_eq!(Time::parse("yesterday"), None);
        assert_eq!(Time::from_seconds(i64::MAX), None);
    }
}
