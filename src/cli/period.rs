//! `--from`, `--to`, `--days`: the period that figures and lists are about.

use clap::Args;
use rusqlite::Connection;

use super::{Usage, now};
use crate::config::Config;
use crate::digest;
use crate::share::Window;
use crate::time::{DAY, Time};

#[derive(Debug, Clone, Args)]
pub(super) struct Period {
    /// First moment: 2026-10-20, or 2026-10-20T08:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Moment it ends at; a bare date is included
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Days, up to the end [default: 7]
    #[arg(long, value_name = "N", conflicts_with = "from", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
}

impl Period {
    /// The same up to the end of this day.
    pub(super) fn ending(&self, day: &str) -> Period {
        Period { to: Some(day.to_owned()), ..self.clone() }
    }

    /// The moment that a period ends at which ends with this day.
    pub(super) fn end_of(day: &str, config: &Config) -> anyhow::Result<Time> {
        end(day, &config.mail.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC))
    }

    /// The window asked for; by default the 7 days that end at the newest post of a replayed store, else now.
    pub(super) fn window(&self, connection: &Connection, config: &Config) -> anyhow::Result<Window> {
        let usual = digest::default_window(connection, now())?;
        let zone = config.mail.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
        let to = match &self.to {
            Some(text) => end(text, &zone)?,
            None => usual.to,
        };
        let from = match (&self.from, self.days) {
            (Some(text), _) => moment(text, &zone)?,
            (None, Some(days)) => to.plus(-i64::from(days) * DAY),
            (None, None) => to.plus(-7 * DAY),
        };
        if from >= to {
            return Err(Usage(format!("the period ends ({to}) before it starts ({from})")).into());
        }
        Ok(Window { from, to })
    }
}

/// The same for lists, which hold everything when no period is named.
#[derive(Debug, Clone, Args)]
pub(super) struct Bounds {
    /// Only what counts from this moment on: 2026-10-20, or 2026-10-20T08:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only what counts before this moment; a bare date is included
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Only the last days, up to the end
    #[arg(long, value_name = "N", conflicts_with = "from", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
}

impl Bounds {
    /// The first moment and the one after the last, where they are named.
    pub(super) fn bounds(
        &self,
        connection: &Connection,
        config: &Config,
    ) -> anyhow::Result<(Option<Time>, Option<Time>)> {
        let period = Period { from: self.from.clone(), to: self.to.clone(), days: self.days };
        if self.from.is_none() && self.to.is_none() && self.days.is_none() {
            return Ok((None, None));
        }
        let zone = config.mail.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
        if self.days.is_some() || (self.from.is_some() && self.to.is_some()) {
            let Window { from, to } = period.window(connection, config)?;
            return Ok((Some(from), Some(to)));
        }
        let from = self.from.as_deref().map(|text| moment(text, &zone)).transpose()?;
        let to = self.to.as_deref().map(|text| end(text, &zone)).transpose()?;
        Ok((from, to))
    }
}

/// The moment a period ends at: a bare date is included.
fn end(text: &str, zone: &jiff::tz::TimeZone) -> anyhow::Result<Time> {
    match date(text) {
        // The next midnight of the zone: days on which clocks change are an hour shorter or longer.
        Some(date) => {
            let midnight = date.tomorrow().and_then(|next| next.to_zoned(zone.clone()));
            let midnight = midnight.map_err(|_| beyond(text))?;
            Ok(Time(midnight.timestamp().as_millisecond()))
        }
        None => moment(text, zone),
    }
}

fn date(text: &str) -> Option<jiff::civil::Date> {
    text.parse().ok().filter(|_| !text.contains('T') && text.len() <= 10)
}

fn beyond(text: &str) -> Usage {
    Usage(format!("\"{text}\" lies beyond the calendar; write a date up to 9999-12-29"))
}

/// A moment as a person writes it; without a zone it is local to the configured one.
pub(super) fn moment(text: &str, zone: &jiff::tz::TimeZone) -> anyhow::Result<Time> {
    if let Ok(local) = text.parse::<jiff::civil::DateTime>()
        && text.parse::<jiff::Timestamp>().is_err()
    {
        let zoned = local.to_zoned(zone.clone()).map_err(|_| beyond(text))?;
        return Ok(Time(zoned.timestamp().as_millisecond()));
    }
    Time::parse(text).ok_or_else(|| {
        Usage(format!("\"{text}\" is no moment; write 2026-10-20 or 2026-10-20T08:00Z")).into()
    })
}
