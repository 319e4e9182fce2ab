//! When digests fall due: a local time of day, held through changes of the clock.

use jiff::civil::{Date, Time as TimeOfDay, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};

use crate::share::Window;
use crate::time::{HOUR, Time};

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Not at all.
    Never,
    /// Whenever alerts are told.
    AtOnce,
    /// Every quarter of an hour.
    Quarter,
    /// Every hour.
    Hour,
    /// Every day.
    Day,
    /// On some days of the week.
    Weekdays,
    /// Every week.
    Week,
    /// Every second week.
    TwoWeeks,
    /// On the first of every month.
    Month,
}

/// The section `[digest]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// How often.
    pub every: Every,
    /// On which day of the week, when weekly or every second week.
    pub on: Weekday,
    /// On which days of the week, Monday first, when on some.
    pub days: [bool; 7],
    /// At which local time, when daily or less often.
    pub at: TimeOfDay,
    /// Whether one that has nothing to say is sent all the same.
    pub empty: bool,
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule {
            every: Every::Week,
            on: Weekday::Monday,
            days: [true, true, true, true, true, false, false],
            at: TimeOfDay::constant(8, 0, 0, 0),
            empty: true,
        }
    }
}

impl Schedule {
    /// The first moment after `after` at which a digest is due; `None` when none ever is.
    pub fn next(&self, after: Time, zone: &TimeZone) -> Option<Time> {
        let start = after.stamp().to_zoned(zone.clone());
        if let Some(length) = self.length() {
            // By the clock on the wall: zones may be half an hour apart.
            let offset = i64::from(start.offset().seconds()) * 1000;
            let local = after.0.checked_add(offset)?;
            let next = local.div_euclid(length).checked_add(1)?.checked_mul(length)?;
            return Some(Time(next - offset));
        }
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

    /// How far apart they are, in milliseconds, when that is less than a day.
    fn length(&self) -> Option<i64> {
        match self.every {
            Every::Quarter => Some(HOUR / 4),
            Every::Hour => Some(HOUR),
            Every::Never
            | Every::AtOnce
            | Every::Day
            | Every::Weekdays
            | Every::Week
            | Every::TwoWeeks
            | Every::Month => None,
        }
    }

    fn falls_on(&self, date: Date) -> bool {
        let place = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        match self.every {
            Every::Never | Every::AtOnce | Every::Quarter | Every::Hour => false,
            Every::Day => true,
            Every::Weekdays => self.days.get(place).copied().unwrap_or(false),
            Every::Week => date.weekday() == self.on,
            // Weeks are counted from one Monday for everybody, so that a restart does not shift them.
            Every::TwoWeeks => {
                let monday = Date::constant(2024, 1, 1);
                let days = date.since(monday).map_or(0, |span| span.get_days());
                date.weekday() == self.on && days.div_euclid(7) % 2 == 0
            }
            Every::Month => date.day() == 1,
        }
    }

    /// The window that a digest due at `due` is about: the whole local days since the one before.
    pub fn window(&self, due: Time, zone: &TimeZone) -> Window {
        if let Some(length) = self.length() {
            return Window { from: due.plus(-length), to: due };
        }
        let end = due.stamp().to_zoned(zone.clone());
        let span = match self.every {
            Every::Never | Every::AtOnce | Every::Quarter | Every::Hour | Every::Week => 7.days(),
            Every::Day => 1.day(),
            Every::Weekdays => {
                let mut days = 1;
                let mut date = end.date();
                while days < 7
                    && let Ok(before) = date.yesterday()
                    && !self.falls_on(before)
                {
                    (days, date) = (days + 1, before);
                }
                days.days()
            }
            Every::TwoWeeks => 14.days(),
            Every::Month => 1.month(),
        };
        let midnight =
            |moment: &Zoned| moment.start_of_day().map(|start| Time(start.timestamp().as_millisecond()));
        let to = midnight(&end).unwrap_or(due);
        let from = end.checked_sub(span).and_then(|start| midnight(&start)).unwrap_or(to);
        Window { from, to }
    }
}

/// Hours of the day in which nobody wants to be told, such as from 22:00 to 07:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// From this local time on.
    pub from: TimeOfDay,
    /// Until this one, of the same day or of the next.
    pub to: TimeOfDay,
}

impl Quiet {
    /// Reads `22:00-07:00`. `None` when it is none, or no time at all.
    pub fn parse(text: &str) -> Option<Quiet> {
        let (from, to) = text.split_once(['-', '–'])?;
        let quiet = Quiet { from: from.trim().parse().ok()?, to: to.trim().parse().ok()? };
        (quiet.from != quiet.to).then_some(quiet)
    }

    /// When quiet ends, while it lasts at `now`; by the clocks of `zone`, whatever they do that night.
    pub fn until(self, now: Time, zone: &TimeZone) -> Option<Time> {
        let here = now.stamp().to_zoned(zone.clone());
        let (date, time) = (here.date(), here.time());
        let (evening, morning) = (time >= self.from, time < self.to);
        let ends = match (self.from > self.to, evening, morning) {
            (true, true, _) => date.tomorrow().ok()?,
            (true, false, true) | (false, true, true) => date,
            (true, false, false) | (false, false, _) | (false, _, false) => return None,
        };
        let end = ends.to_datetime(self.to).to_zoned(zone.clone()).ok()?;
        // An hour that comes twice is quiet once.
        Some(Time(end.timestamp().as_millisecond())).filter(|end| *end > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_end_by_the_clock_on_the_wall() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let night = Quiet::parse("22:00-07:00").unwrap();
        let until = |quiet: Quiet, now: &str| quiet.until(at(now), &paris);
        assert_eq!(until(night, "2026-06-10T19:59:59Z"), None);
        assert_eq!(until(night, "2026-06-10T20:00:00Z"), Some(at("2026-06-11T05:00:00Z")));
        assert_eq!(until(night, "2026-06-11T04:59:59Z"), Some(at("2026-06-11T05:00:00Z")));
        assert_eq!(until(night, "2026-06-11T05:00:00Z"), None);
        // The short night and the long one.
        assert_eq!(until(night, "2026-03-28T22:00:00Z"), Some(at("2026-03-29T05:00:00Z")));
        assert_eq!(until(night, "2026-10-24T22:00:00Z"), Some(at("2026-10-25T06:00:00Z")));
        // An end that does not exist that day comes when the clock has jumped; one that comes twice, the first time.
        let short = Quiet::parse("23:00 - 02:30").unwrap();
        assert_eq!(until(short, "2026-03-29T00:30:00Z"), Some(at("2026-03-29T01:30:00Z")));
        assert_eq!(until(short, "2026-10-25T00:10:00Z"), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(until(short, "2026-10-25T01:10:00Z"), None);
        let noon = Quiet::parse("12:00-14:00").unwrap();
        assert_eq!(until(noon, "2026-06-10T10:30:00Z"), Some(at("2026-06-10T12:00:00Z")));
        assert_eq!(until(noon, "2026-06-10T12:00:00Z"), None);
        assert!(Quiet::parse("22:00").is_none() && Quiet::parse("8:00-8:00").is_none());
    }

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
    fn digests_come_by_the_quarter_the_weekday_and_every_second_week() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let kathmandu = TimeZone::get("Asia/Kathmandu").unwrap();
        let of = |every| Schedule { every, ..Schedule::default() };
        let quarter = of(Every::Quarter);
        assert_eq!(quarter.next(at("2026-06-10T12:00:00Z"), &paris), Some(at("2026-06-10T12:15:00Z")));
        assert_eq!(
            of(Every::Hour).next(at("2026-06-10T12:00:00Z"), &kathmandu),
            Some(at("2026-06-10T12:15:00Z"))
        );
        let window = of(Every::Hour).window(at("2026-06-10T13:00:00Z"), &paris);
        assert_eq!(window.from, at("2026-06-10T12:00:00Z"));
        // Through the hour that comes twice, once an hour of real time.
        assert_eq!(
            of(Every::Hour).next(at("2026-10-25T00:30:00Z"), &paris),
            Some(at("2026-10-25T01:00:00Z"))
        );
        assert_eq!(
            of(Every::Hour).next(at("2026-10-25T01:00:00Z"), &paris),
            Some(at("2026-10-25T02:00:00Z"))
        );
        // Friday morning, then Monday morning with the weekend in it.
        let work = of(Every::Weekdays);
        let friday = work.next(at("2026-06-11T12:00:00Z"), &paris).unwrap();
        assert_eq!(friday, at("2026-06-12T06:00:00Z"));
        let monday = work.next(friday, &paris).unwrap();
        assert_eq!(monday, at("2026-06-15T06:00:00Z"));
        assert_eq!(work.window(monday, &paris).from, at("2026-06-11T22:00:00Z"));
        assert_eq!(work.window(friday, &paris).from, at("2026-06-10T22:00:00Z"));
        let fortnight = of(Every::TwoWeeks);
        let first = fortnight.next(at("2026-06-10T12:00:00Z"), &paris).unwrap();
        let second = fortnight.next(first, &paris).unwrap();
        assert_eq!(second.since(first), 14 * 24 * HOUR);
        assert_eq!(second.since(fortnight.window(second, &paris).from), (14 * 24 + 8) * HOUR);
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
