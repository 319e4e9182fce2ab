//! `vigie import`: posts from files of others. What the file is understood to be is shown before it is taken.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Args, ValueEnum};
use encoding_rs::Encoding;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Common, PROBLEM, Usage, count, now, say};
use crate::config::{Config, secret};
use crate::document::nearest;
use crate::import::{Field, Form, ImportError, Options, Order, Plan, Summary, TOLD, Target};
use crate::keeper::Keeper;
use crate::keyword::Brand;
use crate::notice::Composer;
use crate::store::doors::IMPORT;
use crate::store::{Durability, Store, labels, pictures};
use crate::time::Time;

/// Characters of a name or value shown.
const SHOWN: usize = 60;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Import {
    /// The file: CSV (any separator and encoding) or JSON lines, plain or zstd
    file: PathBuf,
    /// The network of posts that name none [default: by their address]; JSON lines of a network that Vigie listens
    /// to are read as that network gives them
    #[arg(long, value_name = "NAME")]
    network: Option<String>,
    /// What a column holds, where its name does not say it, such as 'Verbatim=text'; '=-' leaves it out
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// The name under which its posts are kept
    #[arg(long, value_name = "NAME", default_value = IMPORT)]
    source: String,
    /// The order of numbers in dates such as 03/04/2026, where the file leaves it open
    #[arg(long, value_enum, value_name = "ORDER")]
    date_order: Option<DateOrder>,
    /// The time zone of dates that name none [default: UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Take posts without a date too: they count now, and are not told as new
    #[arg(long)]
    no_dates: bool,
    /// The encoding, where it is told wrongly, such as windows-1252 or utf-16le
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Read everything, store nothing
    #[arg(long)]
    dry_run: bool,
    /// Stop at the first line that cannot be taken; otherwise it is told, and the others are taken
    #[arg(long)]
    strict: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DateOrder {
    /// Day, month, year
    Dmy,
    /// Month, day, year
    Mdy,
    /// Year, month, day
    Ymd,
}

impl Import {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        self.check_source(&config)?;
        let options = self.options()?;
        let brands = common.brands_for_reading(&config)?;
        let mut judge = super::judge(&config, &brands)?;
        // Who holds the data directory is told before a large file is read.
        let store = if self.dry_run { None } else { Some(self.store(&config)?) };
        if let Some(store) = &store {
            judge.learn(labels::lessons(store.connection())?);
            judge.see(pictures::album(store.connection())?);
            store.note_errs(&judge.moods)?;
            store.note_first_queries(&judge.matcher)?;
        }
        let hidden = common.quiet || self.json;
        let read = Arc::new(AtomicU64::new(0));
        let bar = super::progress::spinner(hidden);
        bar.set_message("looking at the file");
        let plan = Plan::of(&self.file, &options, &read).map_err(usage)?;
        bar.finish_and_clear();
        if !hidden {
            self.show(&plan, &options)?;
        }
        let now = now();
        let bar = super::progress::bytes(plan.size, hidden);
        let progress = |summary: &Summary| {
            bar.set_position(read.load(Ordering::Relaxed).min(plan.size));
            let records = count(summary.records, "record", "records");
            bar.set_message(format!("{records}, {}", count(summary.tally.mentions, "mention", "mentions")));
        };
        let mut ended = None;
        let summary = match store {
            None => plan.run(&judge, Target::Nothing, self.strict, now, &read, progress)?,
            Some(store) => {
                let name = self.file.display().to_string();
                let mut keeper = Keeper::new(store, composer(&config, &brands));
                let source = keeper.source(&self.source, IMPORT, false)?;
                let import =
                    keeper.store().import(source, &plan.fingerprint(&fingerprint(&brands)?), &name, now)?;
                ended = import.ended;
                match ended {
                    Some(_) => Summary { before: import.done, ..Summary::default() },
                    None => {
                        let target = Target::Store { keeper: &mut keeper, source, import };
                        plan.run(&judge, target, self.strict, now, &read, progress)?
                    }
                }
            }
        };
        bar.finish_and_clear();
        self.report(common, &plan, &summary, ended)?;
        Ok(if summary.faults > 0 { ExitCode::from(PROBLEM) } else { ExitCode::SUCCESS })
    }

    fn check_source(&self, config: &Config) -> Result<(), Usage> {
        if self.source.trim().is_empty() || self.source.chars().any(char::is_control) {
            return Err(Usage("--source wants a name".to_owned()));
        }
        if config.sources.iter().any(|source| source.name == self.source) {
            return Err(Usage(format!(
                "\"{}\" is a source of the configuration already: choose another name with --source",
                self.source
            )));
        }
        Ok(())
    }

    fn options(&self) -> Result<Options, Usage> {
        let map = self.map.iter().map(|text| mapping(text)).collect::<Result<_, _>>()?;
        let encoding = match &self.encoding {
            None => None,
            Some(label) => Some(Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
                Usage(format!(
                    "\"{label}\" is no encoding; write utf-8, windows-1252, utf-16le, macintosh or another"
                ))
            })?),
        };
        let zone = match &self.zone {
            None => TimeZone::UTC,
            Some(zone) => TimeZone::get(zone)
                .map_err(|_| Usage(format!("\"{zone}\" is no time zone; write one such as Europe/Paris")))?,
        };
        if let Some(network) = &self.network
            && !network.chars().any(char::is_alphanumeric)
        {
            return Err(Usage(format!("\"{network}\" is no network; write a name such as x or mastodon")));
        }
        let order = self.date_order.map(|order| match order {
            DateOrder::Dmy => Order::DayFirst,
            DateOrder::Mdy => Order::MonthFirst,
            DateOrder::Ymd => Order::YearFirst,
        });
        let (network, source) = (self.network.clone(), self.source.clone());
        Ok(Options { network, map, encoding, order, zone, undated: self.no_dates, source })
    }

    fn store(&self, config: &Config) -> anyhow::Result<Store> {
        let store = Store::open(&config.data_dir, Durability::Full)?;
        if store.meta("replayed")?.is_some() {
            return Err(Usage(format!(
                "{} was filled by a replay; posts of the world never mix with replayed ones: name another with --data DIR",
                config.data_dir.display()
            ))
            .into());
        }
        if let Some(network) = store.network_of(&self.source)?.filter(|network| network != IMPORT) {
            return Err(Usage(format!(
                "posts of {network} are kept under the name \"{}\" already: choose another name with --source",
                self.source
            ))
            .into());
        }
        Ok(store)
    }

    fn show(&self, plan: &Plan, options: &Options) -> anyhow::Result<()> {
        let clean = |text: &str| crate::mail::clean::short(text, SHOWN);
        say(format!("{}: {}", self.file.display(), form(plan)))?;
        let width = plan.columns.iter().filter(|column| column.field.is_some());
        let width = width.map(|column| clean(&column.name).chars().count()).max().unwrap_or(0);
        for column in &plan.columns {
            let Some(field) = column.field else { continue };
            let (name, rest) =
                (clean(&column.name), if column.rank > 0 { ", where the one before is empty" } else { "" });
            let rest = match (&plan.order, field) {
                (Some((order, why)), Field::Published) if column.rank == 0 => {
                    format!(" ({}, {})", order.words(), clean(why))
                }
                _ => rest.to_owned(),
            };
            say(format!("  {name:<width$}  is  {field}{rest}"))?;
        }
        let left: Vec<String> = plan
            .columns
            .iter()
            .filter(|column| column.field.is_none() && !column.name.is_empty())
            .map(|column| clean(&column.name))
            .collect();
        if !left.is_empty() {
            say(format!("  left out: {}", left.join(", ")))?;
        }
        if !plan.columns.is_empty() {
            let network = plan
                .network
                .as_deref()
                .map_or("that of the address, else \"import\"".to_owned(), |name| format!("\"{name}\""));
            let without = if has(plan, Field::Network) { "network where none is named" } else { "network" };
            say(format!("  {without}: {network}"))?;
            if !has(plan, Field::Id) {
                let address = if has(plan, Field::Url) { "the address, else from " } else { "" };
                let of = format!("{address}author, date and text");
                say(format!("  id: made from {of}"))?;
            }
            let zone = options.zone.iana_name().unwrap_or("UTC");
            say(format!("  dates without a zone: {zone}"))?;
        }
        if plan.guessed {
            super::warn(&format!(
                "it is not UTF-8, so {} was taken: look at the accents, and name another with --encoding if they are wrong",
                plan.encoding.name()
            ));
        }
        if plan.broken > 0 {
            let broken = count(plan.broken, "sign is no UTF-8 and is", "signs are no UTF-8 and are");
            super::warn(&format!("{broken} read as \u{fffd}"));
        }
        Ok(())
    }

    fn report(
        &self,
        common: &Common,
        plan: &Plan,
        summary: &Summary,
        ended: Option<Time>,
    ) -> anyhow::Result<()> {
        if self.json {
            return Ok(say(self.as_json(plan, summary, ended).to_string())?);
        }
        for (line, why) in &summary.told {
            super::fault(&format!("{}:{line}: {why}", self.file.display()));
        }
        let more = summary.faults.saturating_sub(u64::try_from(summary.told.len()).unwrap_or(u64::MAX));
        if more > 0 {
            super::warn(&format!(
                "and {} could not be taken; the first {TOLD} are told above",
                count(more, "more line", "more lines")
            ));
        }
        if common.quiet {
            return Ok(());
        }
        if let Some(ended) = ended {
            say(format!(
                "nothing to do: {} imported on {ended}, with the same columns and brands",
                count(summary.before, "record of it was", "records of it were")
            ))?;
            return Ok(());
        }
        let Summary { records, before, empty, faults, tally, .. } = summary;
        if *before > 0 {
            let before = count(before, "record that was", "records that were");
            say(format!("went on after {before} imported before"))?;
        }
        let would = if self.dry_run { "would be " } else { "" };
        let repeats = if self.dry_run { String::new() } else { format!(", {} known already", tally.repeats) };
        say(format!(
            "{}: {} heard{repeats}, {empty} without text, {faults} not taken",
            count(records, "record", "records"),
            count(tally.posts, "post", "posts")
        ))?;
        let (mention, mentions, suspect, suspects) = if self.dry_run {
            ("mention", "mentions", "suspect", "suspects")
        } else {
            ("new mention", "new mentions", "new suspect", "new suspects")
        };
        say(format!(
            "{} and {} {would}kept under the name \"{}\"",
            count(tally.mentions, mention, mentions),
            count(tally.suspicions, suspect, suspects),
            super::clean(&self.source)
        ))?;
        if self.dry_run {
            say("dry run: nothing was stored")?;
        } else if self.strict && *faults > 0 {
            say(
                "stopped at the first fault; what stood before it is stored, and the next run goes on from there",
            )?;
        }
        Ok(())
    }

    fn as_json(&self, plan: &Plan, summary: &Summary, ended: Option<Time>) -> Value {
        let (delimiter, header) = match plan.form {
            Form::Table { delimiter, header } => (Some(char::from(delimiter)), Some(header)),
            Form::Lines | Form::Answers(_) => (None, None),
        };
        let columns: Vec<Value> = plan
            .columns
            .iter()
            .map(|column| json!({"column": column.name, "field": column.field.map(Field::name)}))
            .collect();
        let faults: Vec<Value> =
            summary.told.iter().map(|(line, why)| json!({"line": line, "error": why})).collect();
        json!({
            "file": self.file, "form": if delimiter.is_some() { "csv" } else { "jsonl" },
            "encoding": plan.encoding.name(), "delimiter": delimiter, "header_line": header, "columns": columns,
            "date_order": plan.order.as_ref().map(|(order, _)| order.words()), "network": plan.network,
            "source": self.source, "dry_run": self.dry_run, "imported_before": ended,
            "records": summary.records, "records_before": summary.before, "posts": summary.tally.posts,
            "repeats": summary.tally.repeats, "mentions": summary.tally.mentions, "suspects": summary.tally.suspicions,
            "removed": summary.tally.removed, "empty": summary.empty, "errors": summary.faults, "first_errors": faults,
        })
    }
}

/// Something wrong with the file or the options that a person has to change.
fn usage(error: ImportError) -> anyhow::Error {
    match error {
        ImportError::Wrong { .. } => Usage(error.to_string()).into(),
        ImportError::File { .. } | ImportError::Keep(_) => error.into(),
    }
}

fn has(plan: &Plan, field: Field) -> bool {
    plan.columns.iter().any(|column| column.field == Some(field))
}

fn form(plan: &Plan) -> String {
    let encoding = plan.encoding.name();
    match &plan.form {
        Form::Table { delimiter, header } => {
            let delimiter = match delimiter {
                b',' => "commas",
                b';' => "semicolons",
                b'\t' => "tabs",
                _ => "vertical bars",
            };
            let above = if *header > 1 { format!(", header in line {header}") } else { String::new() };
            format!("CSV with {delimiter}, {encoding}, {} columns{above}", plan.columns.len())
        }
        Form::Answers(network) => format!("JSON lines of {network}, {encoding}"),
        Form::Lines if plan.columns.is_empty() => format!("JSON lines in Vigie's own form, {encoding}"),
        Form::Lines => format!("JSON lines, {encoding}"),
    }
}

/// One `--map`.
fn mapping(text: &str) -> Result<(String, Option<Field>), Usage> {
    let names = Field::names();
    let wrong = || {
        Usage(format!(
            "--map \"{text}\": write COLUMN=FIELD, such as 'Verbatim=text'; fields: {}",
            names.join(", ")
        ))
    };
    let (column, field) = text.rsplit_once('=').ok_or_else(wrong)?;
    let (column, field) = (column.trim(), field.trim());
    if column.is_empty() {
        return Err(wrong());
    }
    if field == "-" {
        return Ok((column.to_owned(), None));
    }
    match Field::named(field) {
        Some(known) => Ok((column.to_owned(), Some(known))),
        None => Err(match nearest(field, &names) {
            Some(near) => {
                Usage(format!("--map \"{text}\": no field is called \"{field}\"; did you mean \"{near}\"?"))
            }
            None => wrong(),
        }),
    }
}

/// What identifies the brands: with others, the same file may hold other mentions.
fn fingerprint(brands: &[Brand]) -> anyhow::Result<String> {
    let hash = Sha256::digest(serde_json::to_vec(brands)?);
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What alerts of fresh posts are composed with, by the next `vigie watch`.
fn composer(config: &Config, brands: &[Brand]) -> Composer {
    Composer {
        rules: config.rules.clone(),
        to: config.mail.to.clone(),
        from: config.mail.from.clone(),
        language: config.mail.language.unwrap_or_else(secret::language),
        zone: config.mail.zone.clone().unwrap_or_else(TimeZone::system),
        brands: brands.to_vec(),
        schedule: config.digest,
        manners: config.manners.clone(),
    }
}
