//! `vigie alerts recipients`: whom mails go to, who gets none and why, and how to change that.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::super::mentions::moment;
use super::super::output::Out;
use super::super::{Common, Usage, impostors, now, say};
use super::NAME;
use crate::config::Config;
use crate::mail::clean::short;
use crate::store::recipients::{self, Recipient as Known, Wish};
use crate::store::{Store, StoreError};
use crate::time::Time;

#[derive(Debug, Args)]
pub(super) struct Recipients {
    /// Print JSON, one address a line
    #[arg(long)]
    json: bool,
    /// Send to this address again, though it unsubscribed or refused mails
    #[arg(long, value_name = "ADDRESS", group = "change")]
    resume: Option<String>,
    /// Take this address for confirmed, where `mail.confirm` asks
    #[arg(long, value_name = "ADDRESS", group = "change")]
    confirm: Option<String>,
    /// Send to this address no more, as its owner asked
    #[arg(long, value_name = "ADDRESS", group = "change", conflicts_with = "json")]
    unsubscribe: Option<String>,
}

/// One address.
#[derive(Debug, Serialize)]
struct Recipient {
    address: String,
    /// `active`, `unconfirmed`, `unsubscribed` or `suspended`.
    state: &'static str,
    since: Option<Time>,
    reason: Option<String>,
    /// Whether the configuration names it.
    configured: bool,
}

impl Recipients {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        if let Some(address) = &self.resume {
            return change(common, &config, address, "gets mails again", |store, address| {
                store.lift(address, now())
            });
        }
        if let Some(address) = &self.confirm {
            return change(common, &config, address, "is confirmed", |store, address| {
                store.wish(address, Wish::Confirm, "", now()).map(drop)
            });
        }
        if let Some(address) = &self.unsubscribe {
            let how = format!("by {}", impostors::person(None));
            return change(common, &config, address, "gets no more mails", |store, address| {
                store.wish(address, Wish::Unsubscribe, &how, now()).map(drop)
            });
        }
        let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
        let mut out = Out::standard();
        for recipient in list(&config)? {
            if self.json {
                out.json(&recipient)?;
                continue;
            }
            let Recipient { address, state, since, reason, configured } = recipient;
            let mut line = format!("{state:<13} {}", short(&address, NAME));
            if let Some(since) = since.filter(|_| state != "active") {
                line += &format!(" since {}", moment(since, &zone));
            }
            if let Some(reason) = reason {
                line += &format!(": {}", short(&reason, NAME));
            }
            if !configured {
                line += " (no longer in vigie.toml)";
            }
            out.line(&line)?;
        }
        out.done()
    }
}

/// The addresses that the configuration names.
fn configured(config: &Config) -> Vec<String> {
    let rules = config.rules.iter().flat_map(|rule| &rule.to);
    let mut all: Vec<String> = config.mail.to.iter().chain(rules).map(|to| to.email.to_string()).collect();
    all.sort();
    all.dedup();
    all
}

fn list(config: &Config) -> anyhow::Result<Vec<Recipient>> {
    let store = match Store::join(&config.data_dir) {
        Ok(store) => Some(store),
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let known = store.as_ref().map(|store| recipients::recipients(store.connection())).transpose()?;
    let mut all: BTreeMap<String, (Option<Known>, bool)> =
        configured(config).into_iter().map(|address| (address, (None, true))).collect();
    for known in known.unwrap_or_default() {
        let entry = all.entry(known.address.clone()).or_default();
        entry.0 = Some(known);
    }
    let mut listed = Vec::new();
    for (address, (known, configured)) in all {
        let bounced = match &store {
            Some(store) if store.is_suspended(&address, now())? => store.bounce(&address)?,
            _ => None,
        };
        let (state, since, reason) = match (&known, bounced) {
            (Some(Known { unsubscribed: Some(since), how, .. }), _) => {
                ("unsubscribed", Some(*since), how.clone())
            }
            (_, Some((since, answer))) => ("suspended", Some(since), Some(answer)),
            (Some(Known { confirmed: None, asked, since, .. }), None) if config.mail.confirm => {
                let reason = if asked.is_some() { "asked, no answer yet" } else { "not asked yet" };
                ("unconfirmed", Some(asked.unwrap_or(*since)), Some(reason.to_owned()))
            }
            (None, None) if config.mail.confirm => {
                ("unconfirmed", None, Some("nothing was to be told yet".to_owned()))
            }
            (Some(known), None) => ("active", known.confirmed.or(Some(known.since)), None),
            (None, None) => ("active", None, None),
        };
        listed.push(Recipient { address, state, since, reason, configured });
    }
    Ok(listed)
}

fn change(
    common: &Common,
    config: &Config,
    typed: &str,
    told: &str,
    work: impl FnOnce(&Store, &str) -> Result<(), StoreError>,
) -> anyhow::Result<ExitCode> {
    let store = Store::join(&config.data_dir)?;
    let known = recipients::recipients(store.connection())?;
    let mut all: Vec<String> = known.into_iter().map(|known| known.address).collect();
    all.extend(configured(config));
    let Some(address) = all.iter().find(|address| address.eq_ignore_ascii_case(typed.trim())) else {
        all.sort();
        all.dedup();
        let reason = format!("nobody is called \"{}\"; there are: {}", short(typed, NAME), all.join(", "));
        return Err(Usage(reason).into());
    };
    store.begin()?;
    // Known from here on, if it was not.
    let done = store.recipient(address, !config.mail.confirm, now()).and_then(|_| work(&store, address));
    match done {
        Ok(()) => store.commit()?,
        Err(error) => {
            store.roll_back();
            return Err(error.into());
        }
    }
    if !common.quiet {
        say(format!("{} {told}", super::super::clean(address)))?;
    }
    Ok(ExitCode::SUCCESS)
}
