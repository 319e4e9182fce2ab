//! Mentions by the days of the calendar: from midnight to midnight in the zone of the report, as far as the window holds
//! them.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Serialize;

use super::page::Telling;
use crate::calendar::{self, Span, Unit};
use crate::keyword::Brand;
use crate::mail::Language;
use crate::mail::words::local;
use crate::share::Window;
use crate::store::StoreError;
use crate::store::figures;
use crate::time::{HOUR, Time};

/// Columns drawn at most.
const COLUMNS_DRAWN: usize = 92;
/// Columns that have room for their numbers.
const COLUMNS: usize = 16;

/// A day of the calendar, as far as the window holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Its date, `2026-10-25`.
    pub date: String,
    /// Its first moment that lies in the window.
    pub from: Time,
    /// The first moment after it, or after the window.
    pub to: Time,
    /// Whether the window leaves some of it out.
    pub part: bool,
    /// How many mentions it has.
    pub mentions: u64,
}

/// The days of `window`, without anything.
fn empty(window: Window, zone: &TimeZone) -> Vec<Day> {
    let day =
        |Span { name: date, window: Window { from, to }, part }| Day { date, from, to, part, mentions: 0 };
    calendar::spans(window, Unit::Day, zone).into_iter().map(day).collect()
}

/// Mentions by day of `zone`, of which `hours` are those by hour; days without any are listed too.
pub(super) fn count(
    connection: &Connection,
    (window, zone): (Window, &TimeZone),
    brands: &[Brand],
    hours: &[(Time, u64)],
) -> Result<Vec<Day>, StoreError> {
    let mut days = empty(window, zone);
    let whole = |time: Time| time.0.rem_euclid(HOUR) == 0;
    if days.iter().skip(1).all(|day| whole(day.from)) {
        fold(&mut days, hours);
        return Ok(days);
    }
    // Midnight lies inside of an hour of UTC: each day is counted by itself.
    for day in &mut days {
        let counted = figures::by_hour(connection, Window { from: day.from, to: day.to }, brands)?;
        day.mentions = counted.iter().map(|(_, mentions)| mentions).sum();
    }
    Ok(days)
}

/// Puts hours into the days in which they begin.
fn fold(days: &mut [Day], hours: &[(Time, u64)]) {
    for (hour, mentions) in hours {
        let after = days.partition_point(|day| day.from <= *hour);
        // The first hour may begin before the window does.
        if let Some(day) = days.get_mut(after.saturating_sub(1)) {
            day.mentions += mentions;
        }
    }
}

/// How long they are together: `7 days`, `8 days, the first and the last in part`.
pub(super) fn length(days: &[Day], language: Language) -> String {
    let number = u64::try_from(days.len()).unwrap_or(u64::MAX);
    let count = language.count(number, ["day", "days"], ["jour", "jours"]);
    let part = |day: Option<&Day>| day.is_some_and(|day| day.part);
    let which = match (part(days.first()), part(days.last())) {
        (false, false) => return count,
        _ if number < 2 => return language.say("part of a day", "une partie d’un jour").to_owned(),
        (true, true) => language.say("the first and the last in part", "le premier et le dernier en partie"),
        (true, false) => language.say("the first in part", "le premier en partie"),
        (false, true) => language.say("the last in part", "le dernier en partie"),
    };
    format!("{count}, {which}")
}

impl Telling<'_> {
    /// The chart of mentions by day.
    pub(super) fn days(&self) -> Markup {
        let language = self.language;
        let days = &self.report.days;
        // A column is a day, or as many days as a long period needs to be drawn.
        let each = days.len().div_ceil(COLUMNS_DRAWN).max(1);
        let columns: Vec<(&Day, u64)> = days
            .chunks(each)
            .filter_map(|days| Some((days.first()?, days.iter().map(|day| day.mentions).sum())))
            .collect();
        let most = columns.iter().map(|(_, mentions)| *mentions).max().unwrap_or(0).max(1);
        let wide = 100_usize;
        // Where there are many, only some have room for their date.
        let every = columns.len().div_ceil(COLUMNS).max(1);
        let parts: Vec<String> = days
            .iter()
            .filter(|day| day.part)
            .map(|day| language.between(day.from, day.to, self.zone))
            .collect();
        html! {
            @if self.report.digest.shares.totals.mentions > 0 {
                section {
                    h2 { (self.say("Mentions by day", "Mentions par jour")) }
                    svg class="columns" viewBox={ "0 0 " (columns.len().max(1) * wide) " 120" } preserveAspectRatio="none" role="img" aria-label=(self.say("Columns; the numbers stand below", "Colonnes\u{a0}; les nombres sont dessous")) {
                        @for (place, (_, mentions)) in columns.iter().enumerate() {
                            @let height = if *mentions == 0 { 1 } else { (mentions * 120 / most).max(3) };
                            rect class=(if *mentions == 0 { "track" } else { "ours" }) x=(place * wide + 12) y=(120 - height) width=(wide - 24) height=(height) {}
                        }
                    }
                    div class="feet" {
                        @for (day, mentions) in columns.iter().step_by(every) {
                            @let at = local(day.from, self.zone);
                            span {
                                @if every == 1 { b { (language.number(*mentions)) } }
                                @if each == 1 { (language.short_weekday(&at)) " " (at.day()) } @else { (language.day_month(&at)) }
                                @if day.part { "*" }
                            }
                        }
                    }
                    @if !parts.is_empty() { p class="soft" style="margin-top:6px" { "* " (self.say("In part: ", "En partie\u{a0}: ")) (language.list(&parts)) "." } }
                    @if each > 1 { p class="soft" style="margin-top:6px" { (language.say(
                        format!("A column is {each} days, from the date below it."),
                        format!("Une colonne réunit {each} jours, à partir de la date dessous.")
                    )) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(from: &str, to: &str, zone: &str) -> Vec<Day> {
        let moment = |text: &str| Time::parse(text).unwrap();
        empty(Window { from: moment(from), to: moment(to) }, &TimeZone::get(zone).unwrap())
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // The clocks go back: one day of 25 hours.
        let long = of("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "Europe/Paris");
        assert_eq!(long.len(), 1);
        assert_eq!((long[0].date.as_str(), long[0].part), ("2026-10-25", false));
        assert_eq!(length(&long, Language::En), "1\u{a0}day");
        // Seven days that end at 14:00 touch eight.
        let eight = of("2026-10-01T14:00:00Z", "2026-10-08T14:00:00Z", "UTC");
        assert_eq!(eight.len(), 8);
        assert!(eight[0].part && eight[7].part && !eight[1].part);
        assert_eq!(length(&eight, Language::Fr), "8\u{a0}jours, le premier et le dernier en partie");
        // 71 hours are no two days.
        let three = of("2026-10-01T00:00:00Z", "2026-10-03T23:00:00Z", "UTC");
        assert_eq!(length(&three, Language::En), "3\u{a0}days, the last in part");
        let some = of("2026-10-01T10:00:00Z", "2026-10-01T11:00:00Z", "UTC");
        assert_eq!(length(&some, Language::En), "part of a day");
        // Samoa had no 30 December 2011; the clocks of Beirut change at midnight.
        let dates = |days: Vec<Day>| days.into_iter().map(|day| day.date).collect::<Vec<_>>();
        let samoa = of("2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z", "Pacific/Apia");
        assert_eq!(dates(samoa), ["2011-12-29", "2011-12-31"]);
        let beirut = of("2024-03-30T22:00:00Z", "2024-03-31T21:00:00Z", "Asia/Beirut");
        assert_eq!(beirut.len(), 1);
        assert!(!beirut[0].part, "{beirut:?}");
    }

    #[test]
    fn hours_go_into_the_day_in_which_they_begin() {
        let mut days = of("2026-09-30T20:30:00Z", "2026-10-02T22:00:00Z", "Europe/Paris");
        let hour = |text: &str| Time::parse(text).unwrap();
        fold(
            &mut days,
            &[
                (hour("2026-09-30T20:00:00Z"), 1),
                (hour("2026-09-30T22:00:00Z"), 2),
                (hour("2026-10-01T08:00:00Z"), 4),
            ],
        );
        let counts: Vec<_> = days.iter().map(|day| (day.date.as_str(), day.mentions)).collect();
        assert_eq!(counts, [("2026-09-30", 1), ("2026-10-01", 6), ("2026-10-02", 0)]);
    }
}
