//! `vigie snapshot`: the state of every brand over a period, as a JSON document; documents checked and kept.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::duty::Duty;
use super::output::Target;
use super::period::Period;
use super::select::Brands;
use super::{Common, PROBLEM, Usage, clean, count, now, say};
use crate::config::Config;
use crate::export::json_pretty;
use crate::share::Window;
use crate::snapshot::Snapshot as Document;
use crate::store::figures;
use crate::time::DAY;
use crate::{snapshot, store};

/// Where documents that were brought in are kept, in the data directory.
const FOLDER: &str = "snapshots";
/// Differences told one by one.
const MOST: usize = 30;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Snapshot {
    #[command(flatten)]
    period: Period,
    /// The day the period ends with, as --to: what is stored now of the time up to then
    #[arg(long, value_name = "DATE", conflicts_with = "to")]
    as_of: Option<String>,
    /// Measure changes against the period of the same length that ends with this day, instead of the one before
    #[arg(long, value_name = "DATE")]
    compare: Option<String>,
    #[command(flatten)]
    brands: Brands,
    /// Write to this file instead of standard output; it is replaced once the new one is whole
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(subcommand)]
    then: Option<Then>,
}

#[derive(Debug, Subcommand)]
enum Then {
    /// Check a document: its hash, and its figures against what is stored of its period
    Verify {
        /// The document
        file: PathBuf,
    },
    /// Keep a document in the data directory, after checking its hash
    Import {
        /// The document
        file: PathBuf,
    },
    /// List the documents kept
    List,
    /// Print a document that is kept, byte by byte as `vigie snapshot` wrote it
    Show {
        /// Its name, or the beginning of it
        name: String,
    },
}

impl Snapshot {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        match &self.then {
            None => {
                let period = match &self.as_of {
                    Some(day) => self.period.ending(day),
                    None => self.period.clone(),
                };
                let document = gather(common, (&period, self.compare.as_deref()), &self.brands)?;
                let mut target = Target::open(self.out.as_deref())?;
                writeln!(target, "{}", json_pretty(&document)?)?;
                target.done()?;
                Ok(ExitCode::SUCCESS)
            }
            Some(Then::Verify { file }) => verify(common, file),
            Some(Then::Import { file }) => import(common, file),
            Some(Then::List) => list(common),
            Some(Then::Show { name }) => show(common, name),
        }
    }
}

/// The snapshot of a period, sealed. Brands that are not asked for are left out, not out of the shares.
pub(super) fn gather(
    common: &Common,
    (period, compare): (&Period, Option<&str>),
    asked: &Brands,
) -> anyhow::Result<Document> {
    let config = common.config()?;
    let brands = common.brands_for_reading(&config)?;
    let connection = store::reader(&config.data_dir)?;
    let asked = asked.ids(&connection, &brands)?;
    let window = period.window(&connection, &config)?;
    let compared = match compare {
        Some(day) => {
            let to = Period::end_of(day, &config)?;
            let compared = Window { from: to.plus(-window.to.since(window.from)), to };
            if compared.from < window.to && window.from < compared.to {
                return Err(Usage(format!(
                    "--compare {day}: the period that ends there overlaps the one of the snapshot, so the two do not differ by \
                     chance alone; choose a day {} days away or more",
                    (window.to.since(window.from) + DAY - 1) / DAY
                ))
                .into());
            }
            Some(compared)
        }
        None => None,
    };
    // What a replayed store gives does not depend on when it is asked.
    let generated = if store::meta(&connection, "replayed")?.is_some() { window.to } else { now() };
    let mut document = snapshot::gather(&connection, &brands, (window, compared), generated)?;
    Duty::of(&connection)?.hold_all(&mut document);
    document.brands.retain(|brand| asked.is_empty() || asked.iter().any(|id| **id == *brand.id.0));
    Ok(document.seal())
}

fn read(file: &Path) -> anyhow::Result<Document> {
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    Ok(Document::read(&text).map_err(|why| Usage(format!("{}: {why}", file.display())))?)
}

fn verify(common: &Common, file: &Path) -> anyhow::Result<ExitCode> {
    let document = match read(file) {
        Ok(document) => document,
        Err(error) if error.is::<Usage>() => {
            say(clean(&error.to_string()))?;
            return Ok(ExitCode::from(PROBLEM));
        }
        Err(error) => return Err(error),
    };
    say(format!("the content is what was sealed: sha256 {}", document.hash))?;
    let config = common.config()?;
    let Ok(connection) = store::reader(&config.data_dir) else {
        say("there is no store here: its figures were not worked out again")?;
        return Ok(ExitCode::SUCCESS);
    };
    let brands = common.brands_for_reading(&config)?;
    let window = document.window;
    let heard = figures::period(&connection, window, &brands)?;
    if heard.totals.mentions == 0
        && figures::coverage(&connection, window)?.iter().all(|of| of.hours_due == 0)
    {
        say("nothing is stored of its period: its figures were not worked out again")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut again = snapshot::gather(&connection, &brands, (window, document.previous), document.generated)?;
    Duty::of(&connection)?.hold_all(&mut again);
    again.brands.retain(|brand| document.brands.iter().any(|known| known.id == brand.id));
    let differences = document.differences(&again);
    if differences.is_empty() {
        say("its figures, worked out again from what is stored, are the same")?;
        return Ok(ExitCode::SUCCESS);
    }
    for line in differences.iter().take(MOST) {
        say(clean(line))?;
    }
    if differences.len() > MOST {
        say(format!("and {} more", differences.len() - MOST))?;
    }
    say(
        "worked out again from what is stored, its figures differ: posts were heard, edited, deleted or weighed anew since, queries were changed, or the figures never were so",
    )?;
    Ok(ExitCode::from(PROBLEM))
}

fn folder(config: &Config) -> PathBuf {
    config.data_dir.join(FOLDER)
}

fn import(common: &Common, file: &Path) -> anyhow::Result<ExitCode> {
    let document = read(file)?;
    let folder = folder(&common.config()?);
    std::fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
    let day = document.window.to.plus(-1).stamp().strftime("%Y-%m-%d").to_string();
    let name = format!("{day}-{}", document.hash.chars().take(12).collect::<String>());
    let mut target = Target::open(Some(&folder.join(format!("{name}.json"))))?;
    writeln!(target, "{}", json_pretty(&document)?)?;
    target.done()?;
    say(format!("kept as {name}: {}", about(&document)))?;
    Ok(ExitCode::SUCCESS)
}

fn about(document: &Document) -> String {
    let day = |time: crate::time::Time| time.stamp().strftime("%Y-%m-%d %H:%M").to_string();
    format!(
        "{} to {} UTC, {}, {}",
        day(document.window.from),
        day(document.window.to),
        count(document.brands.len(), "brand", "brands"),
        count(document.totals.mentions, "mention", "mentions")
    )
}

/// Names of the documents kept, in order.
fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("failed to read {}", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".json").filter(|name| !name.starts_with('.')).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn list(common: &Common) -> anyhow::Result<ExitCode> {
    let folder = folder(&common.config()?);
    for name in names(&folder)? {
        let told = match read(&folder.join(format!("{name}.json"))) {
            Ok(document) => about(&document),
            Err(error) => error.to_string(),
        };
        say(clean(&format!("{name}  {told}")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(common: &Common, name: &str) -> anyhow::Result<ExitCode> {
    let folder = folder(&common.config()?);
    let known = names(&folder)?;
    let found: Vec<&String> = known.iter().filter(|known| known.starts_with(name)).collect();
    let [one] = found.as_slice() else {
        let listed = if known.is_empty() { "none are kept".to_owned() } else { known.join(", ") };
        return Err(Usage(format!("`{name}` names {} documents; kept: {listed}", found.len())).into());
    };
    let document = read(&folder.join(format!("{one}.json")))?;
    say(json_pretty(&document)?)?;
    Ok(ExitCode::SUCCESS)
}
