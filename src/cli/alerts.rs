//! `vigie alerts`: the rules in plain words, what they told, what they would have told, and how to silence one.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::mentions::moment;
use super::output::Out;
use super::{Common, Usage, now};
use crate::alert::Rule;
use crate::config::Config;
use crate::document::nearest;
use crate::keyword::Brand;
use crate::mail::clean::short;
use crate::mail::{self, Language};
use crate::store::mutes::{self, Mute};
use crate::store::{self, StoreError};

mod backtest;
mod history;
mod mute;
mod recipients;
mod test;

/// Characters of a name or a note.
const NAME: usize = 120;

#[derive(Debug, Args)]
pub(super) struct Alerts {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the rules with what each asks, in English and French (what happens without a word, too)
    List(List),
    /// List the mails that were written, with the answers of the server
    History(history::History),
    /// Silence a rule until a moment, for all brands or one
    Mute(mute::Mute),
    /// End the silence of a rule
    Unmute(mute::Unmute),
    /// Show the mails that a rule would have sent over what is stored; nothing is sent
    Backtest(backtest::Backtest),
    /// Send one mail of a rule, marked as a test
    Test(test::Test),
    /// List whom mails go to and who gets none and why; resume, confirm or unsubscribe an address
    Recipients(recipients::Recipients),
}

#[derive(Debug, Clone, Args)]
struct List {
    /// Print JSON, one rule a line
    #[arg(long)]
    json: bool,
}

impl Alerts {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        match &self.action {
            None => self.list.run(common),
            Some(Action::List(behind)) => List { json: self.list.json || behind.json }.run(common),
            Some(Action::History(history)) => history.run(common),
            Some(Action::Mute(mute)) => mute.run(common),
            Some(Action::Unmute(unmute)) => unmute.run(common),
            Some(Action::Backtest(backtest)) => backtest.run(common),
            Some(Action::Test(test)) => test.run(common),
            Some(Action::Recipients(recipients)) => recipients.run(common),
        }
    }
}

/// One rule as a line of JSON.
#[derive(Debug, Serialize)]
struct Line<'a> {
    name: &'a str,
    on: &'static str,
    en: String,
    fr: String,
    critical: bool,
    wait_seconds: u64,
    every_seconds: u64,
    cool_down_seconds: u64,
    to: Vec<String>,
    muted: Vec<Mute>,
}

impl List {
    fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let muted = match store::reader(&config.data_dir) {
            Ok(connection) => mutes::mutes(&connection, now())?,
            Err(StoreError::Missing { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
        let mut out = Out::standard();
        for rule in &config.rules {
            let muted: Vec<Mute> = muted.iter().filter(|mute| mute.rule == rule.name).cloned().collect();
            let to = if rule.to.is_empty() { &config.mail.to } else { &rule.to };
            let line = Line {
                name: &rule.name,
                on: rule.on.word(),
                en: mail::describe(rule, &brands, Language::En),
                fr: mail::describe(rule, &brands, Language::Fr),
                critical: rule.critical,
                wait_seconds: rule.wait.as_secs(),
                every_seconds: rule.every.as_secs(),
                cool_down_seconds: rule.cool_down.as_secs(),
                to: to.iter().map(|to| to.email.to_string()).collect(),
                muted,
            };
            if self.json {
                out.json(&line)?;
            } else {
                line.show(&mut out, &zone)?;
            }
        }
        out.done()
    }
}

impl Line<'_> {
    fn show(&self, out: &mut Out, zone: &TimeZone) -> anyhow::Result<()> {
        out.line(&format!("{} ({})", short(self.name, NAME), self.on))?;
        out.line(&format!("  {}", self.en))?;
        out.line(&format!("  {}", self.fr))?;
        out.line(&format!("  to {}", self.to.join(", ")))?;
        for mute in &self.muted {
            out.line(&format!("  {}", told(mute, zone)))?;
        }
        out.line("")
    }
}

/// A silence in one line.
fn told(mute: &Mute, zone: &TimeZone) -> String {
    let brand = mute.brand.as_deref().map(|brand| format!(" for {brand}")).unwrap_or_default();
    let note = mute.note.as_deref().map(|note| format!(": {}", short(note, NAME))).unwrap_or_default();
    let kept = if mute.kept > 0 { format!(", {} alerts not raised", mute.kept) } else { String::new() };
    let (until, who) = (moment(mute.until, zone), short(&mute.who, NAME));
    format!("muted{brand} until {until} by {who}{kept}{note}")
}

/// The rule of this name.
///
/// # Errors
/// When there is none: names the nearest, or all.
fn rule<'c>(config: &'c Config, name: &str) -> anyhow::Result<&'c Rule> {
    if let Some(rule) = config.rules.iter().find(|rule| rule.name == name) {
        return Ok(rule);
    }
    let names: Vec<&str> = config.rules.iter().map(|rule| rule.name.as_str()).collect();
    let advice = match nearest(name, &names) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("there are: {}", names.join(", ")),
    };
    Err(Usage(format!("no rule is called \"{}\"; {advice}", short(name, NAME))).into())
}

/// The identity of a brand, by file name or name.
fn brand(brands: &[Brand], typed: &str) -> anyhow::Result<String> {
    let found = brands.iter().find(|brand| *brand.id.0 == *typed || brand.name.eq_ignore_ascii_case(typed));
    if let Some(brand) = found {
        return Ok(brand.id.to_string());
    }
    let names: Vec<&str> = brands.iter().map(|brand| &*brand.id.0).collect();
    let typed = short(typed, NAME);
    Err(Usage(format!("no brand is called \"{typed}\"; there are: {}", names.join(", "))).into())
}
