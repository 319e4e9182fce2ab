//! Dates as exports write them: ISO and mail forms, seconds since 1970, a spreadsheet's days, French and English
//! words. It guesses nothing: what can be read in two ways is said to be so.

use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::{Offset, TimeZone};
use regex::Regex;

use crate::time::Time;

mod words;

use words::{FILL, MONTHS, ZONES};

/// Which number comes first in `03/04/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Day, month, year: France and most of the world.
    DayFirst,
    /// Month, day, year: the United States.
    MonthFirst,
    /// Year, month, day, with two digits for the year.
    YearFirst,
}

impl Order {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Order::DayFirst => "day first",
            Order::MonthFirst => "month first",
            Order::YearFirst => "year first",
        }
    }
}

/// What one date says about the order of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// Nothing: it reads the same either way, or is no such date.
    Nothing,
    /// Its first number can only be a day.
    DayFirst,
    /// Its second number can only be a day.
    MonthFirst,
    /// It could be either.
    Either,
}

/// Reads the dates of one file.
#[derive(Debug)]
pub(super) struct Dates {
    /// The order of numbers, where it was said or found out.
    pub(super) order: Option<Order>,
    /// The zone of dates that name none.
    pub(super) zone: TimeZone,
    clock: Regex,
    offset: Regex,
}

/// Days of a spreadsheet that are dates of 1954 to 2119; smaller and larger numbers are something else.
const SERIALS: std::ops::Range<f64> = 20_000.0..80_000.0;
/// The day that a spreadsheet counts from, as days before 1970.
const SERIAL_EPOCH: f64 = 25_569.0;

impl Dates {
    pub(super) fn new(order: Option<Order>, zone: TimeZone) -> Option<Dates> {
        // 14:30, 14:30:05.123, 2:30 pm, 2 pm, 14h30, 14 h 30 min, 14 h
        let clock = r"(?xi) (?: ^ | [\s,T] ) (?:
            (\d{1,2}) \s* (?: [:h] \s* (\d{2}) (?: \s* : \s* (\d{2}) (?: [.,] (\d{1,9}) )? | \s* min\b )? s? (?: \s* ( [ap] \.? m\b \.? ) )? | h\b )
            | (\d{1,2}) \s* ( [ap] \.? m\b \.? ) )";
        // +02:00, +0200, +02 behind a time
        let offset = r"(?:utc|gmt)?([+-])(\d{2}):?(\d{2})?\b";
        Some(Dates { order, zone, clock: Regex::new(clock).ok()?, offset: Regex::new(offset).ok()? })
    }

    /// The moment that `text` says.
    ///
    /// # Errors
    /// When it says none, or one of two, in words that tell what to do.
    pub(super) fn read(&self, text: &str) -> Result<Time, String> {
        let text = text.trim();
        let none = || format!("\"{text:.40}\" is no date that is known here");
        if let Some(time) = self.iso(text).or_else(|| number(text)) {
            return Ok(time);
        }
        let parts = self.parts(text).ok_or_else(none)?;
        let date = parts.day.date(self.order).map_err(|why| match why {
            Why::None => none(),
            Why::Either => format!(
                "\"{text:.40}\" may be day first or month first: say --date-order dmy or --date-order mdy"
            ),
            Why::NotSo(order) => format!(
                "\"{text:.40}\" is no date when read {}; if the whole file is written otherwise, say --date-order",
                order.words()
            ),
        })?;
        self.moment(DateTime::from_parts(date, parts.clock), parts.offset).ok_or_else(none)
    }

    /// What `text` says about the order of numbers.
    pub(super) fn hint(&self, text: &str) -> Hint {
        let text = text.trim();
        if self.iso(text).or_else(|| number(text)).is_some() {
            return Hint::Nothing;
        }
        match self.parts(text).map(|parts| parts.day) {
            Some(Day::Numbers(a, b, c)) if a <= 31 && b <= 31 && c > 0 => match (a > 12, b > 12) {
                (true, false) => Hint::DayFirst,
                (false, true) => Hint::MonthFirst,
                (false, false) if a != b => Hint::Either,
                _ => Hint::Nothing,
            },
            _ => Hint::Nothing,
        }
    }

    fn iso(&self, text: &str) -> Option<Time> {
        let digits = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
        if !digits || text.len() < 10 {
            return None;
        }
        if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
            return Some(Time(stamp.as_millisecond()));
        }
        let local = text
            .parse::<DateTime>()
            .or_else(|_| text.parse::<Date>().map(|date| date.to_datetime(Clock::midnight())));
        self.moment(local.ok()?, None)
    }

    fn moment(&self, local: DateTime, offset: Option<Offset>) -> Option<Time> {
        let zone = offset.map_or_else(|| self.zone.clone(), TimeZone::fixed);
        Some(Time(local.to_zoned(zone).ok()?.timestamp().as_millisecond()))
    }

    /// Takes a date in words or numbers apart.
    fn parts(&self, text: &str) -> Option<Parts> {
        if text.len() > 80 || !text.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let mut rest = text.to_owned();
        let mut clock = Clock::midnight();
        let mut offset = None;
        if let Some(found) = self.clock.captures(text) {
            let whole = found.get(0)?;
            clock = read_clock(&found)?;
            let (before, after) = (text.get(..whole.start())?, text.get(whole.end()..)?);
            let mut after = after.to_owned();
            if let Some(found) = self.offset.captures(&after.to_lowercase()) {
                let hours: i32 = found.get(2)?.as_str().parse().ok()?;
                let minutes: i32 = found.get(3).map_or(Some(0), |minutes| minutes.as_str().parse().ok())?;
                let sign = if found.get(1)?.as_str() == "-" { -1 } else { 1 };
                offset = Some(Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?);
                let place = found.get(0)?.range();
                after = format!("{} {}", after.get(..place.start)?, after.get(place.end..)?);
            }
            rest = format!("{before} {after}");
        }
        let mut numbers: Vec<(u32, usize)> = Vec::new();
        let mut month = None;
        for word in words(&rest) {
            if let Ok(number) = word.parse::<u32>() {
                numbers.push((number, word.len()));
            } else if let Some(place) = MONTHS.iter().position(|names| names.contains(&word.as_str())) {
                month = match month {
                    None => Some(u32::try_from(place + 1).ok()?),
                    Some(_) => return None,
                };
            } else if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == word) {
                offset = offset.or(Offset::constant(*hours).into());
            } else if !FILL.contains(&word.as_str()) {
                return None;
            }
        }
        let day = match (month, numbers.as_slice()) {
            (None, [(a, long), (b, _), (c, _)]) if *long == 4 => Day::Known(*a, *b, *c),
            (None, [(a, _), (b, _), (c, long)]) if *long == 4 || *long == 2 => {
                Day::Numbers(*a, *b, if *long == 4 { *c } else { *c + 2000 })
            }
            (Some(month), [(a, long), (b, _)]) if *long == 4 => Day::Known(*a, month, *b),
            (Some(month), [(a, _), (b, long)]) if *long == 4 || *long == 2 => {
                Day::Known(if *long == 4 { *b } else { *b + 2000 }, month, *a)
            }
            _ => return None,
        };
        Some(Parts { day, clock, offset })
    }
}

struct Parts {
    day: Day,
    clock: Clock,
    offset: Option<Offset>,
}

/// A date before its order is known.
#[derive(Debug, Clone, Copy)]
enum Day {
    /// Year, month, day.
    Known(u32, u32, u32),
    /// Three numbers; the last is the year unless the order says otherwise.
    Numbers(u32, u32, u32),
}

enum Why {
    None,
    Either,
    NotSo(Order),
}

impl Day {
    fn date(&self, order: Option<Order>) -> Result<Date, Why> {
        let make = |year: u32, month: u32, day: u32| {
            Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
        };
        match (*self, order) {
            (Day::Known(year, month, day), _) => make(year, month, day).ok_or(Why::None),
            (Day::Numbers(a, b, c), Some(order)) => match order {
                Order::DayFirst => make(c, b, a),
                Order::MonthFirst => make(c, a, b),
                Order::YearFirst => {
                    make(if a < 100 { a + 2000 } else { a }, b, c.checked_sub(2000).unwrap_or(c))
                }
            }
            .ok_or(Why::NotSo(order)),
            (Day::Numbers(a, b, c), None) => match (make(c, b, a), make(c, a, b)) {
                (Some(one), Some(other)) if one != other => Err(Why::Either),
                (Some(one), _) | (None, Some(one)) => Ok(one),
                (None, None) => Err(Why::None),
            },
        }
    }
}

/// Words and numbers, in lower case, signs between them gone.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            let goes_on = last.is_alphanumeric() && last.is_numeric() == c.is_numeric();
            match words.last_mut().filter(|_| goes_on) {
                Some(word) => word.push(c),
                None => words.push(c.to_string()),
            }
        }
        last = c;
    }
    words
}

fn read_clock(found: &regex::Captures<'_>) -> Option<Clock> {
    let part = |place: usize| found.get(place).map(|part| part.as_str());
    let whole = |place: usize| part(place).map_or(Some(0_i8), |text| text.parse().ok());
    let mut hour = if part(6).is_some() { whole(6)? } else { whole(1)? };
    if let Some(half) = part(5).or(part(7)) {
        let afternoon = half.starts_with(['p', 'P']);
        hour = match (hour, afternoon) {
            (12, false) => 0,
            (12, true) => 12,
            (hour, true) => hour.checked_add(12)?,
            (hour, false) => hour,
        };
    }
    let nanos = part(4).map_or(Some(0), |digits| format!("{digits:0<9}").parse::<i32>().ok())?;
    Clock::new(hour, whole(2)?, whole(3)?, nanos).ok()
}

/// Seconds or thousandths of them since 1970, a day such as 20260105, or a spreadsheet's days.
fn number(text: &str) -> Option<Time> {
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if whole.is_empty()
        || ![whole, part].iter().all(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return None;
    }
    let value: i64 = whole.parse().ok()?;
    match whole.len() {
        9 | 10 => Time::from_seconds(value),
        13 => Time(value).valid(),
        16 => Time(value / 1000).valid(),
        8 if part.is_empty() => {
            let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
            let date =
                Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
            Time::parse(&date.ok()?.to_string())
        }
        5 => {
            let days: f64 = format!("{whole}.{part}0").parse().ok()?;
            if !SERIALS.contains(&days) {
                return None;
            }
            let seconds = ((days - SERIAL_EPOCH) * 86_400.0).round();
            // Five digits of days are far from the ends of a whole number.
            format!("{seconds:.0}").parse().ok().and_then(Time::from_seconds)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        /// Made once: compiling its patterns takes longer than reading a date.
        static DATES: Dates = Dates::new(None, TimeZone::UTC).unwrap();
    }

    fn dates(order: Option<Order>) -> Dates {
        DATES.with(|made| Dates {
            order,
            zone: TimeZone::UTC,
            clock: made.clock.clone(),
            offset: made.offset.clone(),
        })
    }

    fn read(text: &str) -> String {
        dates(None).read(text).map_or_else(|why| why, |time| time.to_string())
    }

    #[test]
    fn many_forms_are_one_moment() {
        for text in [
            "2026-01-25T14:30:00Z",
            "2026-01-25 14:30",
            "2026-01-25 14:30:00 +0000",
            "2026-01-25 15:30:00+01:00",
            "2026-01-25 14:30:00 UTC",
            "2026/01/25 14:30",
            "25/01/2026 14:30",
            "25/01/2026 à 14h30",
            "25.01.26, 14:30",
            "01/25/2026 2:30 PM",
            "1/25/26, 2:30:00 p.m.",
            "25 janvier 2026 14 h 30",
            "dimanche 25 janv. 2026 à 14:30",
            "Sunday, January 25, 2026 at 2:30 PM",
            "January 25th, 2026 14:30",
            "25 Jan 2026 14:30:00 GMT",
            "Sun Jan 25 14:30:00 +0000 2026",
            "Sun, 25 Jan 2026 15:30:00 +0100",
            "1769351400",
            "1769351400000",
            "46047.604166666664",
            "46047,6041666667",
            "25-Jan-2026 09:30 EST",
        ] {
            assert_eq!(read(text), "2026-01-25T14:30:00.000Z", "{text}");
        }
        for (text, expected) in [
            ("20260125", "2026-01-25T00:00:00.000Z"),
            ("1er octobre 2026", "2026-10-01T00:00:00.000Z"),
            ("12 août 2026", "2026-08-12T00:00:00.000Z"),
            ("Oct 1, 2026, 12:05 AM", "2026-10-01T00:05:00.000Z"),
            ("2026-10-01 12 PM", "2026-10-01T12:00:00.000Z"),
            ("05/05/2026", "2026-05-05T00:00:00.000Z"),
            ("2026-01-25 14:30:00.250", "2026-01-25T14:30:00.250Z"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_none_or_one_of_two_says_so() {
        for text in [
            "",
            "yesterday",
            "31/02/2026",
            "2026-13-45",
            "32/13/2026",
            "12",
            "99999",
            "14:30",
            "1 2 3 4",
            "☃ 2026",
        ] {
            assert!(read(text).contains("no date"), "{text}: {}", read(text));
        }
        assert!(read("03/04/2026").contains("--date-order dmy"), "{}", read("03/04/2026"));
        let day = |order| dates(Some(order)).read("03/04/2026").unwrap().to_string();
        assert!(
            day(Order::DayFirst).starts_with("2026-04-03")
                && day(Order::MonthFirst).starts_with("2026-03-04")
        );
        assert!(
            dates(Some(Order::YearFirst)).read("26/04/03").unwrap().to_string().starts_with("2026-04-03")
        );
        assert!(dates(Some(Order::MonthFirst)).read("25/01/2026").unwrap_err().contains("month first"));
    }

    #[test]
    fn dates_hint_at_their_order_and_take_the_zone_given() {
        let hint = |text| dates(None).hint(text);
        assert_eq!(
            ["25/01/2026", "01/25/2026", "01/02/2026", "2026-01-02"].map(hint),
            [Hint::DayFirst, Hint::MonthFirst, Hint::Either, Hint::Nothing]
        );
        let paris = Dates::new(None, TimeZone::get("Europe/Paris").unwrap()).unwrap();
        assert_eq!(paris.read("25/01/2026 14:30").unwrap().to_string(), "2026-01-25T13:30:00.000Z");
        assert_eq!(paris.read("2026-07-25 14:30").unwrap().to_string(), "2026-07-25T12:30:00.000Z");
        assert_eq!(paris.read("2026-07-25 14:30 +00:00").unwrap().to_string(), "2026-07-25T14:30:00.000Z");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}|[0-9/:. -]{0,24}") {
            let _read = dates(None).read(&text);
        }
    }
}
