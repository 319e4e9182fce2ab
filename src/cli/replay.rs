//! `vigie replay`: a recorded capture, at full speed, by its own clock.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use jiff::tz::TimeZone;

use super::{Common, Usage, count, say};
use crate::config::Config;
use crate::digest;
use crate::keeper::{Clock, Keeper};
use crate::keyword::Brand;
use crate::mail::Language;
use crate::notice::Composer;
use crate::replay::{self, Shift};
use crate::store::{Durability, Store};

/// The data directory of a replay when none is named: beside the live one, never in it.
const FOLDER: &str = "vigie-data-replay";
/// Marks a store that was filled by a replay.
const REPLAYED: &str = "replayed";

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The capture: JSON lines, plain or zstd
    capture: PathBuf,
    /// Compose mails in French (fr) or English (en), instead of the configured language
    #[arg(long, value_parser = ["fr", "en"])]
    language: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let mut config = common.config()?;
        if common.data.is_none() {
            let beside = config.data_dir.parent().map_or_else(|| FOLDER.into(), |folder| folder.join(FOLDER));
            config.use_data_dir(&beside);
        }
        let brands = common.brands(&config)?;
        let judge = super::judge(&config, &brands)?;
        let store = Store::open(&config.data_dir, Durability::Again)?;
        if !store.is_empty()? {
            return Err(Usage(format!(
                "{} holds data already; a replay wants an empty directory: name one with --data DIR, or remove it",
                config.data_dir.display()
            ))
            .into());
        }
        let mut keeper = Keeper::new(store, composer(&config, &brands, self.language.as_deref()));
        keeper.store().set_meta(REPLAYED, "1")?;
        keeper.store().note_errs(&judge.moods)?;
        keeper.store().note_first_queries(&judge.matcher)?;
        let source = keeper.source("capture", "capture", false)?;
        let start = Instant::now();
        let bar = super::progress::spinner(common.quiet || self.json);
        let mut posts = 0;
        let progress = |done: &crate::keeper::Done, _: usize| {
            posts += done.tally.posts;
            bar.set_message(count(posts, "post", "posts"));
            true
        };
        let mut summary =
            replay::play(&self.capture, &judge, &mut keeper, source, Shift::None, Clock::Replay, progress)?;
        summary.done.notices += keeper.run_out()?;
        let seconds = start.elapsed().as_secs_f64();
        bar.finish_and_clear();
        if let Some((_, last)) = summary.clock {
            let window = digest::default_window(keeper.store().connection(), last)?;
            summary.done.notices += keeper.digest(window, window.to)?;
        }
        let mails = crate::outbox::write_all(keeper.store(), &config.data_dir.join("outbox"))
            .context("failed to write the mails")?;
        self.report(common, &summary, seconds, &mails)?;
        Ok(ExitCode::SUCCESS)
    }

    fn report(
        &self,
        common: &Common,
        summary: &replay::Summary,
        seconds: f64,
        mails: &[PathBuf],
    ) -> anyhow::Result<()> {
        let tally = summary.done.tally;
        let rate = rate(tally.posts, seconds);
        if self.json {
            let (from, to) = summary.clock.unzip();
            let report = serde_json::json!({
                "lines": summary.lines, "posts": tally.posts, "mentions": tally.mentions,
                "suspicions": tally.suspicions, "removed": tally.removed, "notices": summary.done.notices,
                "unread": summary.unread.0, "from": from, "to": to, "seconds": seconds, "posts_per_second": rate,
            });
            say(report.to_string())?;
            return Ok(());
        }
        let posts = count(tally.posts, "post", "posts");
        say(format!("{posts} in {seconds:.2} s: {} per second", count(rate, "post", "posts")))?;
        say(format!(
            "{}, {}, {} removed at the source, {}",
            count(tally.mentions, "mention", "mentions"),
            count(tally.suspicions, "suspect", "suspects"),
            tally.removed,
            count(summary.done.notices, "mail", "mails")
        ))?;
        if let Some((from, to)) = summary.clock {
            say(format!("the capture's clock ran from {from} to {to}"))?;
        }
        if let (unread, Some((line, error))) = &summary.unread {
            super::warn(&format!(
                "{} could not be read, as when {} recorded; the first is line {line}: {error}",
                count(*unread, "answer", "answers"),
                if *unread == 1 { "it was" } else { "they were" }
            ));
        }
        if !common.quiet {
            for mail in mails.iter().rev().take(3) {
                say(format!("mail: {}", mail.display()))?;
            }
        }
        Ok(())
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a rate to read"
)]
fn rate(posts: u64, seconds: f64) -> u64 {
    if seconds > 0.0 { (posts as f64 / seconds).round() as u64 } else { posts }
}

/// What a replay composes mails with: nothing that differs from machine to machine.
fn composer(config: &Config, brands: &[Brand], language: Option<&str>) -> Composer {
    let language = match language {
        Some("fr") => Some(Language::Fr),
        Some(_) => Some(Language::En),
        None => config.mail.language,
    };
    Composer {
        rules: config.rules.clone(),
        to: config.mail.to.clone(),
        from: config.mail.from.clone(),
        language: language.unwrap_or(Language::En),
        zone: config.mail.zone.clone().unwrap_or(TimeZone::UTC),
        brands: brands.to_vec(),
        schedule: config.digest,
        // A replay never sends: chats hear nothing of it.
        // Nothing is sent, nobody is asked, and the bytes hold no token of this machine.
        manners: crate::notice::Manners {
            channels: Vec::new(),
            public_url: None,
            confirm: false,
            ..config.manners.clone()
        },
    }
}
