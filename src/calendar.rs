//! Days, weeks and months of the calendar of a zone, as far as a window holds them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::share::Window;
use crate::time::Time;

/// What a window is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday, by ISO 8601.
    Week,
    /// From the first of a month to the first of the next.
    Month,
}

/// A day, week or month, as far as the window holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its name: `2026-10-25`, `2026-W43`, `2026-10`.
    pub name: String,
    /// What of it lies in the window.
    pub window: Window,
    /// Whether the window leaves some of it out.
    pub part: bool,
}

impl Unit {
    /// The first day of the unit in which `date` lies, and that of the next.
    fn around(self, date: Date) -> Option<(Date, Date)> {
        let first = match self {
            Unit::Day => date,
            Unit::Week => date.checked_sub(i32::from(date.weekday().to_monday_zero_offset()).days()).ok()?,
            Unit::Month => date.first_of_month(),
        };
        let length = match self {
            Unit::Day => 1.day(),
            Unit::Week => 1.week(),
            Unit::Month => 1.month(),
        };
        Some((first, first.checked_add(length).ok()?))
    }

    fn name(self, first: Date) -> String {
        match self {
            Unit::Day => first.to_string(),
            Unit::Week => {
                let week = first.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Unit::Month => format!("{:04}-{:02}", first.year(), first.month()),
        }
    }
}

/// The spans that `window` touches, in their order.
pub fn spans(window: Window, unit: Unit, zone: &TimeZone) -> Vec<Span> {
    // Where clocks change at midnight a day starts at another hour.
    let start = |date: Date| {
        let midnight = date.to_zoned(zone.clone()).and_then(|midnight| midnight.start_of_day()).ok()?;
        Some(Time(midnight.timestamp().as_millisecond()))
    };
    let mut spans = Vec::new();
    let opens = Timestamp::from_millisecond(window.from.0).ok();
    let mut next = opens.map(|opens| opens.to_zoned(zone.clone()).date());
    while let Some((first, after)) = next.and_then(|date| unit.around(date)) {
        next = Some(after);
        let Some((begins, ends)) = start(first).zip(start(after)) else { break };
        if begins >= window.to {
            break;
        }
        let held = Window { from: begins.max(window.from), to: ends.min(window.to) };
        // A zone may leave a whole day out.
        if held.from < held.to {
            let part = held.from != begins || held.to != ends;
            spans.push(Span { name: unit.name(first), window: held, part });
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(from: &str, to: &str, unit: Unit, zone: &str) -> Vec<String> {
        let time = |text: &str| Time(text.parse::<Timestamp>().unwrap().as_millisecond());
        let zone = TimeZone::get(zone).unwrap();
        let spans = spans(Window { from: time(from), to: time(to) }, unit, &zone);
        for pair in spans.windows(2) {
            assert_eq!(pair[0].window.to, pair[1].window.from);
        }
        let told = |span: &Span| {
            let hours = span.window.to.since(span.window.from) / crate::time::HOUR;
            format!("{} {hours}{}", span.name, if span.part { " part" } else { "" })
        };
        spans.iter().map(told).collect()
    }

    #[test]
    fn windows_are_cut_by_the_calendar_of_their_zone() {
        let days = cut("2026-10-23T22:00:00Z", "2026-10-25T23:00:00Z", Unit::Day, "Europe/Paris");
        assert_eq!(days, ["2026-10-24 24", "2026-10-25 25"], "the clock goes back");
        let days = cut("2026-10-24T00:00:00Z", "2026-10-24T23:00:00Z", Unit::Day, "Europe/Paris");
        assert_eq!(days, ["2026-10-24 22 part", "2026-10-25 1 part"]);
        let weeks = cut("2026-12-28T00:00:00Z", "2027-01-06T00:00:00Z", Unit::Week, "UTC");
        assert_eq!(weeks, ["2026-W53 168", "2027-W01 48 part"]);
        let months = cut("2026-01-31T00:00:00Z", "2026-03-01T00:00:00Z", Unit::Month, "UTC");
        assert_eq!(months, ["2026-01 24 part", "2026-02 672"]);
        // in Apia the 30th of December 2011 never was
        let days = cut("2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z", Unit::Day, "Pacific/Apia");
        assert_eq!(days, ["2011-12-29 24", "2011-12-31 24"]);
        assert_eq!(cut("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", Unit::Day, "UTC"), [""; 0]);
    }
}
