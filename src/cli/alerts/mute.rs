//! `vigie alerts mute` and `unmute`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::tz::TimeZone;

use super::super::impostors::person;
use super::super::{Common, Usage, now, say};
use super::{brand, rule, told};
use crate::cli::period::moment;
use crate::store::Store;
use crate::store::mutes;
use crate::time::{Time, parse_duration};

#[derive(Debug, Args)]
pub(super) struct Mute {
    /// The rule, by its name
    rule: String,
    /// For how long, such as "24h" or "7d"
    #[arg(long = "for", value_name = "TIME", required_unless_present = "until", value_parser = length)]
    length: Option<Duration>,
    /// Until when: 2026-10-20, or 2026-10-20T08:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "length")]
    until: Option<String>,
    /// Only for this brand, by file name or name
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// Who wants it [default: the user of this machine]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Unmute {
    /// The rule, by its name
    rule: String,
}

fn length(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .filter(|length| !length.is_zero())
        .ok_or_else(|| "write a length of time such as \"24h\" or \"7d\"".to_owned())
}

impl Mute {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let rule = rule(&config, &self.rule)?;
        let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
        let since = now();
        let until = match (&self.until, self.length) {
            (Some(text), _) => moment(text, &zone)?,
            (None, length) => since.after(length.unwrap_or_default()),
        };
        if until <= since {
            return Err(Usage(format!("a silence must end later than now: {until} is past")).into());
        }
        let mute = mutes::Mute {
            id: 0,
            rule: rule.name.clone(),
            brand: self.brand.as_deref().map(|typed| brand(&brands, typed)).transpose()?,
            since,
            until,
            who: person(self.by.as_deref()),
            note: self.note.clone(),
            kept: 0,
        };
        Store::join(&config.data_dir)?.mute(&mute)?;
        if !common.quiet {
            say(super::super::clean(&format!("{} {}", rule.name, told(&mute, &zone))))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Unmute {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        // A rule that is gone may still be silenced.
        let at: Time = now();
        let ended = Store::join(&config.data_dir)?.unmute(&self.rule, at)?;
        if ended == 0 {
            rule(&config, &self.rule)?;
        }
        if !common.quiet {
            let told = match ended {
                0 => "was not muted".to_owned(),
                1 => "is no longer muted".to_owned(),
                many => format!("is no longer muted ({many} silences ended)"),
            };
            say(super::super::clean(&format!("{} {told}", self.rule)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
