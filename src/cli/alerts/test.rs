//! `vigie alerts test`: one mail of a rule, as it would look, marked as a test and sent on the way that alerts take.

use std::process::ExitCode;

use clap::Args;
use jiff::tz::TimeZone;

use super::super::{Common, now, send};
use super::rule;
use crate::config::secret;
use crate::notice::Composer;
use crate::schedule::{Every, Schedule};
use crate::store::{Durability, Store, StoreError};

#[derive(Debug, Args)]
pub(super) struct Test {
    /// The rule, by its name
    rule: String,
}

impl Test {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let rule = rule(&config, &self.rule)?.clone();
        // A store that is not there yet is made: a test comes before the first watch.
        match Store::open(&config.data_dir, Durability::Full) {
            Ok(_) | Err(StoreError::InUse { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let store = Store::join(&config.data_dir)?;
        let replayed = store.meta("replayed")?.is_some();
        let composer = Composer {
            rules: vec![rule.clone()],
            to: config.mail.to.clone(),
            from: config.mail.from.clone(),
            language: config.mail.language.unwrap_or_else(secret::language),
            zone: config.mail.zone.clone().unwrap_or_else(TimeZone::system),
            brands,
            schedule: Schedule { every: Every::Never, ..Schedule::default() },
            manners: config.manners.clone(),
        };
        store.begin()?;
        match composer.write_test(&store, &rule, now()) {
            Ok(_) => store.commit()?,
            Err(error) => {
                store.roll_back();
                return Err(error.into());
            }
        }
        send::send_due(&config, &store, replayed)?;
        Ok(ExitCode::SUCCESS)
    }
}
