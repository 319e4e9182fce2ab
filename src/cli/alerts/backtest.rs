//! `vigie alerts backtest`: the mails that a rule would have sent over what is stored, by the very code that sends them,
//! on a copy.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::super::mentions::moment;
use super::super::output::Out;
use super::super::{Common, Usage, now};
use super::rule;
use crate::alert::{On, Rule};
use crate::config::Config;
use crate::digest;
use crate::keeper::Keeper;
use crate::keyword::Brand;
use crate::mail::clean::short;
use crate::mail::{self, Language};
use crate::notice::{Composer, Manners};
use crate::schedule::{Every, Schedule};
use crate::share::Window;
use crate::store::alerts::{self, Told};
use crate::store::{self, Durability, Store, StoreError, copy};
use crate::time::{DAY, Time};

/// Characters of a subject.
const TEXT: usize = 200;

#[derive(Debug, Args)]
pub(super) struct Backtest {
    /// The rule, by its name; or a kind of rule that is not written down yet, such as spike
    rule: String,
    /// Days of the past that it is tried on
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What would have been sent.
#[derive(Debug, Serialize)]
struct Report {
    rule: String,
    en: String,
    fr: String,
    from: Time,
    to: Time,
    mails: Vec<Mail>,
    /// Alerts in all these mails.
    alerts: u64,
}

#[derive(Debug, Serialize)]
struct Mail {
    at: Time,
    subject: String,
    alerts: u64,
}

impl Backtest {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let asked = match On::ALL.iter().find(|on| on.word() == self.rule) {
            Some(on) if config.rules.iter().all(|rule| rule.name != self.rule) => {
                let (wait, every) = config.grouping();
                Rule::new(*on, wait, every)
            }
            _ => rule(&config, &self.rule)?.clone(),
        };
        if asked.on == On::SourceDegraded {
            let reason = "how sources fared is not kept for long enough to try this rule on the past";
            return Err(Usage(reason.to_owned()).into());
        }
        let beside = Beside(config.data_dir.join(format!("backtest-{}", std::process::id())));
        let report = self.tried(&config, &brands, asked, &beside.0)?;
        let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
        let mut out = Out::standard();
        if self.json {
            out.json(&report)?;
        } else {
            report.show(&mut out, &zone)?;
        }
        out.done()
    }

    fn tried(&self, config: &Config, brands: &[Brand], rule: Rule, folder: &Path) -> anyhow::Result<Report> {
        // Says that there is nothing yet before a folder is made.
        let window = {
            let connection = store::reader(&config.data_dir)?;
            let to = digest::default_window(&connection, now())?.to;
            Window { from: to.plus(-i64::from(self.days) * DAY), to }
        };
        std::fs::create_dir_all(folder).context("failed to make a folder for a copy of the store")?;
        copy::backup(&config.data_dir, &folder.join(store::FILE))?;
        let store = Store::open(folder, Durability::Again)?;
        store.forget_alerts()?;
        let language = config.mail.language.unwrap_or(Language::En);
        let (name, en, fr) = (
            rule.name.clone(),
            mail::describe(&rule, brands, Language::En),
            mail::describe(&rule, brands, Language::Fr),
        );
        let composer = Composer {
            rules: vec![Rule { to: Vec::new(), ..rule }],
            to: config.mail.to.iter().take(1).cloned().collect(),
            from: config.mail.from.clone(),
            language,
            zone: config.mail.zone.clone().unwrap_or(TimeZone::UTC),
            brands: brands.to_vec(),
            schedule: Schedule { every: Every::Never, ..Schedule::default() },
            manners: Manners::default(),
        };
        let happened = store.happened(window)?;
        let mut keeper = Keeper::new(store, composer);
        keeper.rerun(&happened, window)?;
        let mut mails = Vec::new();
        alerts::history(keeper.store().connection(), None, 0, |Told { notice, alerts, .. }| {
            mails.push(Mail { at: notice.written, subject: notice.subject, alerts });
            Ok::<(), StoreError>(())
        })?;
        mails.reverse();
        let alerts = mails.iter().map(|mail| mail.alerts).sum();
        Ok(Report { rule: name, en, fr, from: window.from, to: window.to, mails, alerts })
    }
}

impl Report {
    fn show(&self, out: &mut Out, zone: &TimeZone) -> anyhow::Result<()> {
        out.line(&self.en)?;
        out.line(&self.fr)?;
        out.line("")?;
        for mail in &self.mails {
            let alerts = if mail.alerts == 1 { "alert" } else { "alerts" };
            out.line(&format!(
                "{}  {:>4} {alerts}  {}",
                moment(mail.at, zone),
                mail.alerts,
                short(&mail.subject, TEXT)
            ))?;
        }
        let count =
            |count: u64, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
        let mails = u64::try_from(self.mails.len()).unwrap_or(u64::MAX);
        out.line(&format!(
            "{} with {} from {} to {}; nothing was sent",
            count(mails, "mail"),
            count(self.alerts, "alert"),
            moment(self.from, zone),
            moment(self.to, zone)
        ))
    }
}

/// A folder that goes when it is no longer needed.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
