//! Dates as feeds write them: RFC 822 and 3339 and every careless relative, in many languages.
//!
//! The day's name is never believed, unknown words are skipped, no zone means UTC. A date that is truly
//! ambiguous (`03/04/2026`) or impossible (31 June) is no date: first-seen time is more honest.

use std::sync::LazyLock;

use jiff::civil;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use crate::time::Time;

mod words;

use words::{MONTHS, ZONES};

/// Longest text worth reading as a date.
const LONGEST: usize = 120;

/// The patterns below are constants; one that does not compile would find nothing, and the tests would say so.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?x) (?:\b(?P<before>am|pm)\s*)? (?:^|[^\d:.+-]|\d t) (?P<h>\d{1,2}) \s?[:h]\s? (?P<m>\d{2})
          (?: (?:[:m]|\smin\s)\s? (?P<s>\d{1,2}) (?:[.,:](?P<f>\d+))? )?
          (?: \s* (?P<after>a\.?m\b\.?|p\.?m\b\.?) )?",
    )
});
static SHORT_CLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\dt(?P<h>\d{2})(?P<m>\d{2})(?P<s>\d{2})?(?:[.,](?P<f>\d+))?"));
static OFFSET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"^\s*\(?(?:z|ut|utc|gmt|etc/gmt)?\s*(?P<sign>[+−-])\s*(?P<h>\d{1,2}):?(?P<m>\d{2})?(?:\D|$)")
});
static WHOLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?x)^\D*? (?: (?P<y>\d{4}) \s?[-/.:]\s? (?P<m>\d{1,2}) (?: \s?[-/.:]\s? (?P<d>\d{1,2}) )? (?:\D.*)?
          | (?P<y2>\d{4}) (?P<m2>\d{2}) (?P<d2>\d{2}) (?:\D.*)?
          | (?P<y3>\d{4}) -? (?P<o3>\d{3}) (?:\D.*)?
          | (?P<y9>\d{4}) -? w (?P<w9>\d{2}) (?: -? (?P<d9>\d) )? (?:\D.*)?
          | (?P<y4>\d{4}) \D*
          | (?P<y5>\d{2}) -? (?P<m5>\d{2}) -? (?P<d5>\d{2}) (?:\D.*)?
          | (?P<y7>\d{2}) -? (?P<o7>\d{3}) (?:\D.*)?
          | (?P<a6>\d{1,2}) [-/.] (?P<b6>\d{1,2}) (?P<p6>[-/.])? \s? (?P<y6>\d{4}) (?:\D.*)?
          | (?P<a8>\d{1,2}) [/.] (?P<b8>\d{1,2}) (?P<p8>[/.]) (?P<y8>\d{2}) (?:\D.*)? )$",
    )
});

/// Whether people who write this language put the day before the month: `07/10/2026` is in October for most.
pub(super) fn day_first(lang: &str) -> Option<bool> {
    let lang = lang.to_lowercase();
    let (language, country) = lang.split_once('-').unwrap_or((&lang, ""));
    match (language, country) {
        ("en", "" | "us" | "ph" | "ca") => Some(false),
        // years come first there; nobody can tell the rest
        ("zh" | "ja" | "ko" | "hu" | "lt" | "sv" | "fa" | "mn", _) => None,
        _ => Some(true),
    }
}

/// Reads a date, or gives none. `day_first` settles the order of a day and a month that are both numbers; without
/// it such a date is none.
pub(super) fn read(raw: &str, day_first: Option<bool>) -> Option<Time> {
    if raw.len() > LONGEST {
        return None;
    }
    let text = prepare(raw);
    if let Some(time) = epoch(&text) {
        return Some(time);
    }
    let (clock, rest, tail) = take_clock(&text);
    let (offset, tail) = take_zone(tail);
    let day = by_month_name(&format!("{rest} {tail}")).or_else(|| by_numbers(rest, day_first))?;
    let minutes = if clock.is_some() { offset } else { 0 };
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    let time = Time(midnight).plus(clock.unwrap_or(0)).plus(minutes.saturating_mul(-60_000)).valid();
    // what programs write for "never"
    time.filter(|time| time.0 > 0)
}

/// Lower case, without accents, East Asian units turned into signs.
fn prepare(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for one in raw.trim().nfc().flat_map(char::to_lowercase) {
        match one {
            '٠'..='٩' => text.push(plain_digit(one, '٠')),
            '۰'..='۹' => text.push(plain_digit(one, '۰')),
            '०'..='९' => text.push(plain_digit(one, '०')),
            '０'..='９' => text.push(plain_digit(one, '０')),
            '\u{200e}' | '\u{200f}' | '\u{feff}' => {}
            '년' | '年' | '월' | '月' => text.push('-'),
            '일' | '日' | '초' | '秒' => text.push(' '),
            '시' | '時' | '时' | '분' | '分' => text.push(':'),
            other => text.push(other),
        }
    }
    for (word, sign) in [
        ("오전", " am "),
        ("오후", " pm "),
        ("上午", " am "),
        ("午前", " am "),
        ("下午", " pm "),
        ("午後", " pm "),
    ] {
        if text.contains(word) {
            text = text.replace(word, sign);
        }
    }
    text.nfd().filter(|one| !unicode_normalization::char::is_combining_mark(*one)).collect()
}

/// A digit of another script, whose zero is `zero`.
fn plain_digit(digit: char, zero: char) -> char {
    let value = u32::from(digit).saturating_sub(u32::from(zero));
    char::from_digit(value, 10).unwrap_or(digit)
}

/// Seconds or milliseconds since 1970, written as a bare number.
fn epoch(text: &str) -> Option<Time> {
    if !text.bytes().all(|one| one.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        9 | 10 => Time::from_seconds(number),
        13 => Time(number).valid(),
        _ => None,
    }
}

/// The time of day in milliseconds, what stands before it and what after.
fn take_clock(text: &str) -> (Option<i64>, &str, &str) {
    let found = [&CLOCK, &SHORT_CLOCK].into_iter().find_map(|one| one.as_ref()?.captures(text));
    let Some(found) = found else { return (None, text, "") };
    let number = |name: &str| found.name(name).and_then(|digits| digits.as_str().parse::<i64>().ok());
    let start = found.name("before").or_else(|| found.name("h")).map_or(0, |first| first.start());
    let end = found.get(0).map_or(text.len(), |all| all.end());
    let half =
        found.name("before").or_else(|| found.name("after")).and_then(|half| half.as_str().chars().next());
    let hour = match (number("h").unwrap_or(0), half) {
        (12, Some('a')) => 0,
        (hour, Some('p')) if hour < 12 => hour.saturating_add(12),
        (hour, _) => hour,
    };
    let (minute, second) = (number("m").unwrap_or(0), number("s").unwrap_or(0).min(59));
    let fraction: String =
        found.name("f").map_or("", |part| part.as_str()).chars().chain("000".chars()).take(3).collect();
    let millis = fraction.parse::<i64>().unwrap_or(0);
    let clock = (hour <= 24 && minute < 60).then(|| {
        hour.saturating_mul(3_600_000) + minute.saturating_mul(60_000) + second.saturating_mul(1_000) + millis
    });
    match clock {
        Some(_) => (clock, text.get(..start).unwrap_or(""), text.get(end..).unwrap_or("")),
        // 25:00 is no time: the whole date is not to be believed
        None => (None, "", ""),
    }
}

/// Minutes east of Greenwich, and what stands after the zone.
fn take_zone(tail: &str) -> (i64, &str) {
    if let Some(found) = OFFSET.as_ref().and_then(|offset| offset.captures(tail)) {
        let number = |name: &str| found.name(name).and_then(|digits| digits.as_str().parse::<i64>().ok());
        let minutes = number("h").unwrap_or(0).saturating_mul(60).saturating_add(number("m").unwrap_or(0));
        let rest = found.get(0).and_then(|all| tail.get(all.end()..)).unwrap_or("");
        let east = if found.name("sign").is_some_and(|sign| sign.as_str() == "+") { 1 } else { -1 };
        return (minutes.saturating_mul(east), rest);
    }
    let word = tail.split(|one: char| !one.is_alphabetic() && one != '/').find(|word| !word.is_empty());
    let name = word.map(|word| word.rsplit('/').next().unwrap_or(word));
    let minutes = name.and_then(|name| ZONES.iter().find(|(zone, _)| *zone == name));
    (minutes.map_or(0, |(_, minutes)| *minutes), tail)
}

/// Whole years from short ones: feeds did not exist before 1970.
fn year(number: i16, digits: usize) -> i16 {
    match (digits, number) {
        (1 | 2, 0..70) => number.saturating_add(2000),
        (1..=3, _) => number.saturating_add(1900),
        _ => number,
    }
}

/// A date with a month's name in it, in any order.
fn by_month_name(text: &str) -> Option<civil::Date> {
    let mut month = None;
    let mut numbers: Vec<(i16, usize)> = Vec::new();
    let mut word = String::new();
    // a sign at the end closes the last word
    for one in text.chars().chain([' ']) {
        let goes_on = word.chars().next().is_none_or(|first| first.is_numeric() == one.is_numeric());
        if !one.is_alphanumeric() || !goes_on {
            if let Ok(number) = word.parse() {
                numbers.push((number, word.len()));
            } else if let Some(found) = month_of(&word) {
                // days come before months in most languages that share a name ("mar. 6 janv.")
                month = Some(found);
            }
            word.clear();
        }
        if one.is_alphanumeric() {
            word.push(one);
        }
    }
    let month = month?;
    let long = numbers.iter().position(|(_, digits)| *digits >= 3);
    let at = long.or_else(|| (numbers.len() >= 2).then_some(1))?;
    let (number, digits) = *numbers.get(at)?;
    let day = numbers.iter().enumerate().find(|(other, _)| *other != at).map_or(1, |(_, (day, _))| *day);
    civil::Date::new(year(number, digits), month, i8::try_from(day).ok()?).ok()
}

fn month_of(word: &str) -> Option<i8> {
    let starts = |start: &&&str| word.starts_with(**start);
    let longest = |(month, starts_of): &(i8, &[&str])| {
        starts_of.iter().filter(starts).map(|start| start.len()).max().map(|length| (length, *month))
    };
    MONTHS.iter().filter_map(longest).max_by_key(|(length, _)| *length).map(|(_, month)| month)
}

/// A date of numbers only.
fn by_numbers(text: &str, day_first: Option<bool>) -> Option<civil::Date> {
    let found = WHOLE.as_ref()?.captures(text.trim())?;
    let digits = |name: &str| found.name(name).map(|digits| digits.as_str());
    let small = |name: &str| digits(name).and_then(|text| text.parse::<i8>().ok());
    let whole = ["y", "y2", "y3", "y4", "y5", "y6", "y7", "y8", "y9"].into_iter().find_map(digits)?;
    let year = year(whole.parse().ok()?, whole.len());
    if let Some(ordinal) = digits("o3").or_else(|| digits("o7")) {
        let first = civil::Date::new(year, 1, 1).ok()?;
        let days = ordinal.parse::<i32>().ok()?.checked_sub(1)?;
        let day = first.checked_add(jiff::Span::new().days(days)).ok()?;
        return (day.year() == year && days >= 0).then_some(day);
    }
    if let Some(week) = small("w9") {
        // a week alone begins on Monday
        let weekday = civil::Weekday::from_monday_one_offset(small("d9").unwrap_or(1)).ok()?;
        return Some(civil::ISOWeekDate::new(year, week, weekday).ok()?.date());
    }
    let part = |one: &str, other: &str| small(one).or_else(|| small(other));
    let dotted = digits("p6").or_else(|| digits("p8")) == Some(".");
    let (month, day) = match (part("a6", "a8"), part("b6", "b8")) {
        (Some(day), Some(month)) if dotted || day > 12 || day == month => (month, day),
        (Some(month), Some(day)) if day > 12 => (month, day),
        (Some(first), Some(second)) if day_first? => (second, first),
        (Some(first), Some(second)) => (first, second),
        _ => (
            ["m", "m2", "m5"].into_iter().find_map(small).unwrap_or(1),
            ["d", "d2", "d5"].into_iter().find_map(small).unwrap_or(1),
        ),
    };
    civil::Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read = read(text, None).map(|time| time.to_string());
        assert_eq!(read.as_deref(), Some(expected).filter(|text| !text.is_empty()), "{text}");
    }

    #[test]
    fn mail_dates_in_all_states_of_repair() {
        for (text, expected) in [
            ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21.000Z"),
            ("Mon, 1 Jan 04 19:48 EST", "2004-01-02T00:48:00.000Z"),
            ("Thu, 01 Jan 95 00:00:00 +0100", "1994-12-31T23:00:00.000Z"),
            ("01 Jan 2004 19:48:21", "2004-01-01T19:48:21.000Z"),
            ("Mon, 13 Feb, 2012 06:28:00 UTC", "2012-02-13T06:28:00.000Z"),
            ("Wed, 19 Aug 2009 18:28:00 Etc/GMT", "2009-08-19T18:28:00.000Z"),
            ("Wed, 22 Feb 2012 22:40:00 GMT-01:01", "2012-02-22T23:41:00.000Z"),
            ("Thu Jan 1 19:48:21 2004", "2004-01-01T19:48:21.000Z"),
            ("Sun Jan 4 16:29:06 PST 2004", "2004-01-05T00:29:06.000Z"),
            ("Sun Jan 4 16:29:06 +0100 2004", "2004-01-04T15:29:06.000Z"),
            ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53.000Z"),
            ("January 5, 2026 3:07 pm", "2026-01-05T15:07:00.000Z"),
            ("5 Jan 2026 12:05 AM", "2026-01-05T00:05:00.000Z"),
            ("Thu, 31 Jun 2004 19:48:21 GMT", ""),
            ("Thu, 10 Jun 2004 25:00:00 GMT", ""),
            ("Thu, 10 Jun 2004 24:00:00 GMT", "2004-06-11T00:00:00.000Z"),
            ("05-Jan-26 10:00:00 +05:30", "2026-01-05T04:30:00.000Z"),
            ("2004-07-08 23:56:58.0", "2004-07-08T23:56:58.000Z"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn iso_dates_whole_and_partial() {
        for (text, expected) in [
            ("2003-12-31T10:14:55Z", "2003-12-31T10:14:55.000Z"),
            ("2003-12-31T10:14:55.1-08:00", "2003-12-31T18:14:55.100Z"),
            ("2003-12-31T10:14", "2003-12-31T10:14:00.000Z"),
            ("2003-12-31 10:14:55 +0200", "2003-12-31T08:14:55.000Z"),
            ("20031231T101455Z", "2003-12-31T10:14:55.000Z"),
            ("2003-12-31", "2003-12-31T00:00:00.000Z"),
            ("20031231", "2003-12-31T00:00:00.000Z"),
            ("031231", "2003-12-31T00:00:00.000Z"),
            ("03-12-31", "2003-12-31T00:00:00.000Z"),
            ("2003-12", "2003-12-01T00:00:00.000Z"),
            ("2003", "2003-01-01T00:00:00.000Z"),
            ("2003-335", "2003-12-01T00:00:00.000Z"),
            ("2003335", "2003-12-01T00:00:00.000Z"),
            ("03335", "2003-12-01T00:00:00.000Z"),
            ("2026-330", "2026-11-26T00:00:00.000Z"),
            ("2026-330T10:14:55+01:00", "2026-11-26T09:14:55.000Z"),
            ("2026330T101455Z", "2026-11-26T10:14:55.000Z"),
            ("2024-366", "2024-12-31T00:00:00.000Z"),
            ("2026-366", ""),
            ("2026-000", ""),
            ("2026-W48-4", "2026-11-26T00:00:00.000Z"),
            ("2026-W48-4T10:14:55Z", "2026-11-26T10:14:55.000Z"),
            ("2026-W48-4T10:14:55.5-08:00", "2026-11-26T18:14:55.500Z"),
            ("2026-w48-4 10:14", "2026-11-26T10:14:00.000Z"),
            ("2026W484", "2026-11-26T00:00:00.000Z"),
            ("2026W484T101455Z", "2026-11-26T10:14:55.000Z"),
            ("2026-W48", "2026-11-23T00:00:00.000Z"),
            ("2026W48", "2026-11-23T00:00:00.000Z"),
            // the first week of a year may begin in the year before, and the last end in the one after
            ("2026-W01-1", "2025-12-29T00:00:00.000Z"),
            ("2026-W53-7", "2027-01-03T00:00:00.000Z"),
            ("2025-W53-1", ""),
            ("2026-W00-1", ""),
            ("2026-W54-1", ""),
            ("2026-W48-8", ""),
            ("2026-W48-0", ""),
            ("2026-W4-4", ""),
            ("2003-12-31T10:14:60Z", "2003-12-31T10:14:59.000Z"),
            ("2003-13-01", ""),
            ("31.12.2003 10:14", "2003-12-31T10:14:00.000Z"),
            ("12/31/2003", "2003-12-31T00:00:00.000Z"),
            ("03/04/2026", ""),
            ("1767571200", "2026-01-05T00:00:00.000Z"),
            ("1767571200016", "2026-01-05T00:00:00.016Z"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn languages_settle_which_number_is_the_day() {
        let read = |text, lang| read(text, day_first(lang)).map(|time| time.to_string());
        for (text, lang, expected) in [
            ("07/10/2026 08:00", "fr", Some("2026-10-07T08:00:00.000Z")),
            ("07/10/2026 08:00", "en-GB", Some("2026-10-07T08:00:00.000Z")),
            ("10/07/2026", "en-us", Some("2026-10-07T00:00:00.000Z")),
            ("10/07/26 8:00 PM", "en", Some("2026-10-07T20:00:00.000Z")),
            ("07/10/2026", "ja", None),
            ("31/12/2026", "en", Some("2026-12-31T00:00:00.000Z")),
        ] {
            assert_eq!(read(text, lang).as_deref(), expected, "{text} in {lang}");
        }
    }

    #[test]
    fn months_in_other_languages() {
        for (text, expected) in [
            ("lun., 05 janv. 2026 10:00:00 +0100", "2026-01-05T09:00:00.000Z"),
            ("mar. 6 janvier 2026 10h30", "2026-01-06T10:30:00.000Z"),
            ("samedi 1er août 2026 à 18:05", "2026-08-01T18:05:00.000Z"),
            ("mer, 15 févr. 2026 08:00:00 GMT", "2026-02-15T08:00:00.000Z"),
            ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00.000Z"),
            ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00.000Z"),
            ("2004년 05월 28일  01:31:15", "2004-05-28T01:31:15.000Z"),
            ("2004-05-25 오후 11:23:17", "2004-05-25T23:23:17.000Z"),
            ("2026年1月5日 10:00", "2026-01-05T10:00:00.000Z"),
            ("Di, 03 Mär 2026 10:00:00 MEZ", "2026-03-03T09:00:00.000Z"),
            ("Пн, 05 янв 2026 10:00:00 +0300", "2026-01-05T07:00:00.000Z"),
            ("mié, 07 ene 2026 10:00:00 GMT", "2026-01-07T10:00:00.000Z"),
            ("7 července 2026", "2026-07-07T00:00:00.000Z"),
            ("7 června 2026", "2026-06-07T00:00:00.000Z"),
            ("7 iulie 2026", "2026-07-07T00:00:00.000Z"),
            ("7 мая 2026", "2026-05-07T00:00:00.000Z"),
            ("Четверг, 7 май 2026", "2026-05-07T00:00:00.000Z"),
            ("٧ أكتوبر ٢٠٢٦", "2026-10-07T00:00:00.000Z"),
            ("7 באוקטובר 2026", ""),
            ("Mon, 01 Jan 0001 00:00:00 +0000", ""),
            ("07.10.26 08:00", "2026-10-07T08:00:00.000Z"),
            ("gestern", ""),
            ("", ""),
            ("12:30", ""),
        ] {
            check(text, expected);
        }
    }
}
