//! When digests fall due: a local time of day, held through changes of the clock.

use jiff::civil::{Date, Time as TimeOfDay, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};

use crate::share::Window;
use crate::time::Time;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Not at all.
    Never,
    /// Every day.
    Day,
    /// Every week.
    Week,
    /// On the first of every month.
    Month,
}

/// The section `[digest]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// How often.
    pub every: Every,
    /// On which day of the week, when weekly.
    pub on: Weekday,
    /// At which local time.
    pub at: TimeOfDay,
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule { every: Every::Week, on: Weekday::Monday, at: TimeOfDay::constant(8, 0, 0, 0) }
    }
}

impl Schedule {
    /// The first moment after `after` at which a digest is due; `None` when none ever is.
    pub fn next(&self, after: Time, zone: &TimeZone) -> Option<Time> {
        let start = after.stamp().to_zoned(zone.clone());
        let mut date = start.date();
        // The longest wait is a month; one day more for the day that has passed.
        for _ in 0..=32 {
            if self.falls_on(date)
                && let Ok(due) = date.to_datetime(self.at).to_zoned(zone.clone())
                && due > start
            {
                return Some(Time(due.timestamp().as_millisecond()));
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn falls_on(&self, date: Date) -> bool {
        match self.every {
            Every::Never => false,
            Every::Day => true,
            Every::Week => date.weekday() == self.on,
            Every::Month => date.day() == 1,
        }
    }

    /// The window that a digest due at `due` is about: the whole local days since the one before.
    pub fn window(&self, due: Time, zone: &TimeZone) -> Window {
        let end = due.stamp().to_zoned(zone.clone());
        let span = match self.every {
            Every::Never | Every::Week => 7.days(),
            Every::Day => 1.day(),
            Every::Month => 1.month(),
        };
        let midnight =
            |moment: &Zoned| moment.start_of_day().map(|start| Time(start.timestamp().as_millisecond()));
        let to = midnight(&end).unwrap_or(due);
        let from = end.checked_sub(span).and_then(|start| midnight(&start)).unwrap_or(to);
        Window { from, to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn eight_in_the_morning_stays_eight_when_clocks_change() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let daily = Schedule { every: Every::Day, ..Schedule::default() };
        assert_eq!(daily.next(at("2026-03-28T07:00:00Z"), &paris), Some(at("2026-03-29T06:00:00Z")));
        assert_eq!(daily.next(at("2026-10-24T06:00:00Z"), &paris), Some(at("2026-10-25T07:00:00Z")));
        // A time that does not exist that day comes once, a little later.
        let night = Schedule { at: TimeOfDay::constant(2, 30, 0, 0), ..daily };
        assert_eq!(night.next(at("2026-03-28T12:00:00Z"), &paris), Some(at("2026-03-29T01:30:00Z")));
        assert_eq!(night.next(at("2026-03-29T01:30:00Z"), &paris), Some(at("2026-03-30T00:30:00Z")));
    }

    #[test]
    fn weeks_and_months_end_at_local_midnight() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let weekly = Schedule::default();
        let due = weekly.next(at("2026-10-20T12:00:00Z"), &paris).unwrap();
        assert_eq!(due, at("2026-10-26T07:00:00Z"));
        let window = weekly.window(due, &paris);
        assert_eq!((window.from, window.to), (at("2026-10-18T22:00:00Z"), at("2026-10-25T23:00:00Z")));
        let monthly = Schedule { every: Every::Month, ..weekly };
        let due = monthly.next(at("2026-01-31T12:00:00Z"), &paris).unwrap();
        assert_eq!(due, at("2026-02-01T07:00:00Z"));
        assert_eq!(monthly.window(due, &paris).from, at("2025-12-31T23:00:00Z"));
        assert_eq!(Schedule { every: Every::Never, ..weekly }.next(due, &paris), None);
    }
}
