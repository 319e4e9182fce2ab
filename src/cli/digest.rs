//! `vigie digest`: a digest of any period, shown or sent.

use std::process::ExitCode;

use clap::Args;
use jiff::tz::TimeZone;

use super::period::Period;
use super::{Common, now, say};
use crate::config::{Config, secret};
use crate::digest;
use crate::mail::{self, Language};
use crate::notice::Composer;
use crate::store::{self, Store};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Digest {
    #[command(flatten)]
    period: Period,
    /// Print the HTML part
    #[arg(long, conflicts_with_all = ["text", "json"])]
    html: bool,
    /// Print the text part (the default)
    #[arg(long, conflicts_with = "json")]
    text: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    /// Send it to everyone in [mail]: by the running daemon, or by the next `vigie watch`
    #[arg(long)]
    send: bool,
    /// In French (fr) or English (en), instead of the configured language
    #[arg(long, value_parser = ["fr", "en"])]
    language: Option<String>,
}

impl Digest {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let connection = store::reader(&config.data_dir)?;
        let window = self.period.window(&connection, &config)?;
        let replayed = store::meta(&connection, "replayed")?.is_some();
        // What a replayed store gives does not depend on when and where it is asked.
        let now = if replayed { window.to } else { now() };
        let (language, zone) = told_in(self.language.as_deref(), &config, replayed);
        let digest = digest::gather(&connection, &brands, window, now)?;
        if self.json {
            say(serde_json::to_string(&digest)?)?;
        } else if self.html {
            say(mail::digest(&digest, language, &zone).html)?;
        } else if self.text || !self.send {
            say(super::clean(&mail::digest(&digest, language, &zone).text))?;
        }
        if self.send {
            drop(connection);
            let composer = Composer {
                rules: Vec::new(),
                to: config.mail.to.clone(),
                from: config.mail.from.clone(),
                language,
                zone,
                brands,
                schedule: config.digest,
                manners: config.manners.clone(),
            };
            let store = Store::join(&config.data_dir)?;
            store.begin()?;
            let written = composer.write_digest(&store, window, now)?;
            store.commit()?;
            if written == 0 {
                say("this digest was written before; it is not sent twice")?;
            }
            super::send::send_due(&config, &store, replayed)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The language and the zone in which a period is told: those asked for, else those of the configuration, else those
/// of this machine, which a replayed store does not ask.
pub(super) fn told_in(asked: Option<&str>, config: &Config, replayed: bool) -> (Language, TimeZone) {
    let language = match asked {
        Some("fr") => Language::Fr,
        Some(_) => Language::En,
        None if replayed => config.mail.language.unwrap_or(Language::En),
        None => config.mail.language.unwrap_or_else(secret::language),
    };
    let zone = config.mail.zone.clone();
    (language, zone.unwrap_or_else(|| if replayed { TimeZone::UTC } else { TimeZone::system() }))
}
