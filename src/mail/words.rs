//! Two languages: numbers, dates and small words as people in each write them.

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::share::{Permille, Window};
use crate::time::{HOUR, Time};

/// The space that no line breaks at: before French signs, inside a quotation.
const NBSP: char = '\u{a0}';
/// The narrow one: between thousands, before `;`, `!` and `?`.
const NARROW: char = '\u{202f}';

/// The language of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

const MONTHS: [[&str; 12]; 2] = [
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
];

const DAYS: [[&str; 7]; 2] = [
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
];

/// Networks whose names are not simply their word with a capital.
const NETWORKS: &[(&str, &str, &str)] = &[
    ("feed", "News and blogs", "Presse et blogs"),
    ("hackernews", "Hacker News", "Hacker News"),
    ("stackexchange", "Stack Exchange", "Stack Exchange"),
    ("github", "GitHub", "GitHub"),
    ("gdelt", "GDELT", "GDELT"),
    ("appstore", "App Store", "App Store"),
    ("youtube", "YouTube", "YouTube"),
    ("linkedin", "LinkedIn", "LinkedIn"),
    ("podcastindex", "Podcast Index", "Podcast Index"),
    ("producthunt", "Product Hunt", "Product Hunt"),
    ("tiktok", "TikTok", "TikTok"),
    ("wechat", "WeChat", "WeChat"),
];

const LANGUAGES: &[(&str, &str, &str)] = &[
    ("en", "English", "anglais"),
    ("fr", "French", "français"),
    ("de", "German", "allemand"),
    ("es", "Spanish", "espagnol"),
    ("it", "Italian", "italien"),
    ("pt", "Portuguese", "portugais"),
    ("nl", "Dutch", "néerlandais"),
    ("ja", "Japanese", "japonais"),
    ("ko", "Korean", "coréen"),
    ("zh", "Chinese", "chinois"),
    ("ar", "Arabic", "arabe"),
    ("ru", "Russian", "russe"),
    ("uk", "Ukrainian", "ukrainien"),
    ("pl", "Polish", "polonais"),
    ("sv", "Swedish", "suédois"),
    ("tr", "Turkish", "turc"),
    ("hi", "Hindi", "hindi"),
    ("vi", "Vietnamese", "vietnamien"),
    ("ca", "Catalan", "catalan"),
    ("unknown", "Unknown", "inconnue"),
];

impl Language {
    /// The language of a locale such as `fr_FR.UTF-8`; English when it is another.
    pub fn of_locale(locale: &str) -> Language {
        if locale.to_ascii_lowercase().starts_with("fr") { Language::Fr } else { Language::En }
    }

    /// Its code, as HTML and mail headers want it.
    pub fn code(self) -> &'static str {
        self.say("en", "fr")
    }

    /// One of two ways to say it.
    pub fn say<T>(self, en: T, fr: T) -> T {
        match self {
            Language::En => en,
            Language::Fr => fr,
        }
    }

    /// A whole number: `1,234` or `1 234`.
    pub fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let mut out = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out.push(self.say(',', NARROW));
            }
            out.push(digit);
        }
        out
    }

    /// A number of things, in the singular or the plural: `1 post`, `1,234 posts`.
    pub fn count(self, number: u64, en: [&str; 2], fr: [&str; 2]) -> String {
        let [one, many] = self.say(en, fr);
        let single = number == 1 || (self == Language::Fr && number == 0);
        format!("{}{NBSP}{}", self.number(number), if single { one } else { many })
    }

    /// Mentions, counted.
    pub fn mentions(self, number: u64) -> String {
        self.count(number, ["mention", "mentions"], ["mention", "mentions"])
    }

    /// A share: `12.3%` or `12,3 %`.
    pub fn percent(self, Permille(part): Permille) -> String {
        let (whole, tenth) = (part / 10, part % 10);
        self.say(format!("{whole}.{tenth}%"), format!("{whole},{tenth}{NBSP}%"))
    }

    /// A difference of two shares in points: `+1.2 pts`, `−0,8 pt`.
    pub fn points(self, difference: i32) -> String {
        let sign = match difference {
            1.. => "+",
            0 => "±",
            _ => "−",
        };
        let (whole, tenth) = (difference.unsigned_abs() / 10, difference.unsigned_abs() % 10);
        let unit = if self == Language::Fr && whole < 2 { "pt" } else { "pts" };
        format!("{sign}{whole}{}{tenth}{NBSP}{unit}", self.say('.', ','))
    }

    /// In quotation marks.
    pub fn quote(self, text: &str) -> String {
        self.say(format!("“{text}”"), format!("«{NBSP}{text}{NBSP}»"))
    }

    /// A colon and the space after it; French has one before it too.
    pub fn colon(self) -> &'static str {
        self.say(": ", "\u{a0}: ")
    }

    /// A list in a sentence: `a, b and c`.
    pub fn list(self, items: &[String]) -> String {
        match items.split_last() {
            None => String::new(),
            Some((only, [])) => only.clone(),
            Some((last, rest)) => format!("{} {} {last}", rest.join(", "), self.say("and", "et")),
        }
    }

    /// A day: `Tuesday 20 October 2026`, `jeudi 1er octobre 2026`.
    pub fn day(self, at: &Zoned) -> String {
        format!("{} {}", self.weekday(at), self.date(at))
    }

    fn weekday(self, at: &Zoned) -> &'static str {
        let place = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.say(DAYS[0], DAYS[1]).get(place).copied().unwrap_or("")
    }

    /// The first letters of a day of the week, for the foot of a column: `Tue`, `mar`.
    pub fn short_weekday(self, at: &Zoned) -> String {
        self.weekday(at).chars().take(3).collect()
    }

    fn month(self, at: &Zoned) -> &'static str {
        let place = usize::try_from(at.month()).unwrap_or(1).saturating_sub(1);
        self.say(MONTHS[0], MONTHS[1]).get(place).copied().unwrap_or("")
    }

    fn day_number(self, at: &Zoned) -> String {
        match (self, at.day()) {
            (Language::Fr, 1) => "1er".to_owned(),
            (_, day) => day.to_string(),
        }
    }

    /// A date without the day of the week: `20 October 2026`.
    pub fn date(self, at: &Zoned) -> String {
        format!("{}{NBSP}{}{NBSP}{}", self.day_number(at), self.month(at), at.year())
    }

    /// A day and a month: `20 October`.
    pub fn day_month(self, at: &Zoned) -> String {
        format!("{}{NBSP}{}", self.day_number(at), self.month(at))
    }

    /// A moment: `Tuesday 20 October 2026 at 17:30 CEST`, `mardi 20 octobre 2026 à 17 h 30 (CEST)`.
    pub fn moment(self, time: Time, zone: &TimeZone) -> String {
        let at = local(time, zone);
        let name = at.strftime("%Z").to_string();
        let (day, hour, minute) = (self.day(&at), at.hour(), at.minute());
        self.say(
            format!("{day} at {hour:02}:{minute:02} {name}"),
            format!("{day} à {hour}{NBSP}h{NBSP}{minute:02} ({name})"),
        )
    }

    /// A moment in few letters: `20 October, 17:30`, `20 octobre, 17 h 30`.
    pub fn short_moment(self, time: Time, zone: &TimeZone) -> String {
        let at = local(time, zone);
        format!("{}, {}", self.day_month(&at), self.clock(&at))
    }

    /// A stretch of time: `on 20 October from 14:00 to 16:20`, `du 19 octobre, 22 h 00 au 20 octobre, 1 h 30`.
    pub fn between(self, from: Time, to: Time, zone: &TimeZone) -> String {
        let (start, end) = (local(from, zone), local(to, zone));
        if start.date() == end.date() {
            let (day, from, to) = (self.day_month(&start), self.clock(&start), self.clock(&end));
            return self.say(format!("on {day} from {from} to {to}"), format!("le {day} de {from} à {to}"));
        }
        let (from, to) = (self.short_moment(from, zone), self.short_moment(to, zone));
        self.say(format!("from {from} to {to}"), format!("du {from} au {to}"))
    }

    fn clock(self, at: &Zoned) -> String {
        let (hour, minute) = (at.hour(), at.minute());
        self.say(format!("{hour:02}:{minute:02}"), format!("{hour}{NBSP}h{NBSP}{minute:02}"))
    }

    /// The days of a window: `14 to 20 October 2026`, `du 14 au 20 octobre 2026`.
    pub fn span(self, window: Window, zone: &TimeZone) -> String {
        let (from, to) = (local(window.from, zone), local(window.to.plus(-1), zone));
        let end = self.date(&to);
        if from.date() == to.date() {
            return end;
        }
        let start = if from.year() != to.year() {
            self.date(&from)
        } else if from.month() != to.month() {
            self.day_month(&from)
        } else {
            self.day_number(&from)
        };
        self.say(format!("{start} to {end}"), format!("du {start} au {end}"))
    }

    /// How long something lasted, roughly: `33 s`, `5 min`, `4 h`, `3 days`.
    pub fn lasted(self, millis: i64) -> String {
        let seconds = millis.max(0).unsigned_abs().div_ceil(1000);
        match seconds {
            0..120 => format!("{seconds}{NBSP}s"),
            120..7200 => format!("{}{NBSP}min", seconds / 60),
            7200..172_800 => format!("{}{NBSP}h", seconds / 3600),
            _ => self.count(seconds / 86_400, ["day", "days"], ["jour", "jours"]),
        }
    }

    /// The length of a window: `7 days`, `6 h`.
    pub fn length(self, window: Window) -> String {
        let hours = (window.to.since(window.from) + HOUR - 1) / HOUR;
        // Of many days one may be an hour shorter or longer, when clocks change.
        let slack = i64::from(hours >= 47);
        if (hours + slack) % 24 <= 2 * slack {
            self.count(((hours + slack) / 24).max(0).unsigned_abs(), ["day", "days"], ["jour", "jours"])
        } else {
            self.lasted(hours * HOUR)
        }
    }

    /// The name of a network as people write it.
    pub fn network(self, name: &str) -> String {
        look_up(NETWORKS, name, self).unwrap_or_else(|| super::clean::short(&capital(name), 40))
    }

    /// The name of a language, from its code.
    pub fn language(self, code: &str) -> String {
        let primary = code.split(['-', '_']).next().unwrap_or(code).to_ascii_lowercase();
        let name = look_up(LANGUAGES, &primary, self).unwrap_or_else(|| super::clean::short(code, 20));
        capital(&name)
    }
}

fn look_up(table: &[(&str, &str, &str)], name: &str, language: Language) -> Option<String> {
    table.iter().find(|(known, ..)| *known == name).map(|(_, en, fr)| language.say(*en, *fr).to_owned())
}

/// The same text with a capital first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// A moment as clocks in `zone` show it.
pub(crate) fn local(time: Time, zone: &TimeZone) -> Zoned {
    time.stamp().to_zoned(zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris() -> TimeZone {
        TimeZone::get("Europe/Paris").unwrap()
    }

    #[test]
    fn numbers_and_shares_are_written_as_in_each_language() {
        assert_eq!(
            (Language::En.number(1_234_567), Language::En.number(999)),
            ("1,234,567".into(), "999".into())
        );
        assert_eq!(Language::Fr.number(1234), "1\u{202f}234");
        assert_eq!(Language::Fr.percent(Permille(123)), "12,3\u{a0}%");
        assert_eq!(Language::En.percent(Permille(1000)), "100.0%");
        assert_eq!(Language::Fr.points(-8), "−0,8\u{a0}pt");
        assert_eq!(Language::En.points(12), "+1.2\u{a0}pts");
        assert_eq!(
            (Language::Fr.mentions(0), Language::En.mentions(0)),
            ("0\u{a0}mention".into(), "0\u{a0}mentions".into())
        );
        assert_eq!(Language::Fr.list(&["a".into(), "b".into(), "c".into()]), "a, b et c");
    }

    #[test]
    fn dates_are_written_as_in_each_language() {
        let time = Time::parse("2026-10-20T15:30:02Z").unwrap();
        assert_eq!(
            Language::Fr.moment(time, &paris()),
            "mardi 20\u{a0}octobre\u{a0}2026 à 17\u{a0}h\u{a0}30 (CEST)"
        );
        assert_eq!(
            Language::En.moment(time, &TimeZone::UTC),
            "Tuesday 20\u{a0}October\u{a0}2026 at 15:30 UTC"
        );
        let first = Time::parse("2026-10-01T10:00:00Z").unwrap();
        assert_eq!(Language::Fr.date(&local(first, &paris())), "1er\u{a0}octobre\u{a0}2026");
        let span = |from: &str, to: &str, language: Language| {
            language.span(
                Window { from: Time::parse(from).unwrap(), to: Time::parse(to).unwrap() },
                &TimeZone::UTC,
            )
        };
        assert_eq!(span("2026-10-14", "2026-10-21", Language::En), "14 to 20\u{a0}October\u{a0}2026");
        assert_eq!(span("2026-10-01", "2026-11-01", Language::Fr), "du 1er au 31\u{a0}octobre\u{a0}2026");
        assert_eq!(
            span("2026-12-28", "2027-01-04", Language::Fr),
            "du 28\u{a0}décembre\u{a0}2026 au 3\u{a0}janvier\u{a0}2027"
        );
        assert_eq!(span("2026-10-20", "2026-10-21", Language::En), "20\u{a0}October\u{a0}2026");
        // The longest year and the shortest: no moment is too odd to be written.
        for time in [Time(i64::MIN), Time(i64::MAX), Time(0)] {
            assert!(!Language::Fr.moment(time, &paris()).is_empty());
        }
    }
}
