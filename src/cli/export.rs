//! `vigie export`: mentions, shares, snapshots and impostors as CSV or JSON lines, one at a time so that
//! memory stays flat.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::duty::Duty;
use super::impostors::AtLeast;
use super::output::Target;
use super::period::{Bounds, Period};
use super::select::{Brands, Select};
use super::{Common, snapshot};
use crate::digest;
use crate::export::{self, Cell, Cells, MentionLine, SuspectLine, Table, json_line};
use crate::store::{self, list};

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// One row a mention, oldest first; every one when no period is named
    Mentions {
        #[command(flatten)]
        select: Select,
        #[command(flatten)]
        bounds: Bounds,
        /// With those that are doubtful, under their brand's threshold, marked as such
        #[arg(long)]
        doubtful: bool,
        #[command(flatten)]
        form: Form,
    },
    /// One row a brand
    Shares {
        #[command(flatten)]
        period: Period,
        #[command(flatten)]
        brands: Brands,
        #[command(flatten)]
        form: Form,
    },
    /// CSV: one row a figure (brand, measure, key, value); JSON lines: the whole document on one line
    Snapshot {
        #[command(flatten)]
        period: Period,
        #[command(flatten)]
        brands: Brands,
        #[command(flatten)]
        form: Form,
    },
    /// One row an account and brand, highest score first; a period is about when they were first suspected, rose or came back
    Impostors {
        #[command(flatten)]
        select: Brands,
        /// The lowest level to export
        #[arg(long, value_enum, default_value_t = AtLeast::Review)]
        level: AtLeast,
        #[command(flatten)]
        bounds: Bounds,
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, Args)]
struct Form {
    /// The format [default: by the ending of FILE, else csv]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write to this file instead of standard output; it is replaced once the new one is whole
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leave CSV cells exactly as written; otherwise those that a spreadsheet would run get a ' in front
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table with a header row
    Csv,
    /// One JSON value a line
    Jsonl,
}

/// What is written to, in its format.
enum Sheet {
    Csv(Box<Table<Target>>),
    Jsonl(Target),
}

impl Form {
    fn open(&self, header: &[&str]) -> anyhow::Result<Sheet> {
        let ending = self.out.as_ref().and_then(|out| out.extension()?.to_str());
        let format = self.format.unwrap_or(match ending {
            Some("jsonl" | "ndjson") => Format::Jsonl,
            Some(_) | None => Format::Csv,
        });
        let target = Target::open(self.out.as_deref())?;
        Ok(match format {
            Format::Jsonl => Sheet::Jsonl(target),
            Format::Csv => {
                let cells = if self.raw { Cells::Raw } else { Cells::Safe };
                Sheet::Csv(Box::new(Table::new(target, header, cells)?))
            }
        })
    }
}

impl Sheet {
    /// Adds a row, or a line where lines are written.
    fn add<'a>(
        &mut self,
        row: impl FnOnce() -> Vec<Cell<'a>>,
        line: impl FnOnce() -> serde_json::Result<String>,
    ) -> anyhow::Result<()> {
        match self {
            Sheet::Csv(table) => table.row(&row())?,
            Sheet::Jsonl(target) => writeln!(target, "{}", line()?)?,
        }
        Ok(())
    }

    fn done(self) -> anyhow::Result<ExitCode> {
        match self {
            Sheet::Csv(table) => table.done()?.done()?,
            Sheet::Jsonl(target) => target.done()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Export {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        match &self.kind {
            Kind::Mentions { select, bounds, doubtful, form } => {
                mentions(common, select, bounds, *doubtful, form)
            }
            Kind::Shares { period, brands, form } => shares(common, period, brands, form),
            Kind::Snapshot { period, brands, form } => {
                let document = snapshot::gather(common, period, brands)?;
                match form.open(export::SNAPSHOT_HEADER)? {
                    Sheet::Csv(mut table) => {
                        for row in export::snapshot_rows(&document) {
                            table.row(&row)?;
                        }
                        Sheet::Csv(table).done()
                    }
                    Sheet::Jsonl(mut target) => {
                        writeln!(target, "{}", json_line(&document)?)?;
                        Sheet::Jsonl(target).done()
                    }
                }
            }
            Kind::Impostors { select, level, bounds, form } => {
                impostors(common, select, *level, bounds, form)
            }
        }
    }
}

fn mentions(
    common: &Common,
    select: &Select,
    bounds: &Bounds,
    doubtful: bool,
    form: &Form,
) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let brands = common.brands_for_reading(&config)?;
    let connection = store::reader(&config.data_dir)?;
    let mut filter = select.filter(&connection, &brands)?;
    (filter.from, filter.to) = bounds.bounds(&connection, &config)?;
    filter.oldest_first = true;
    filter.doubtful = if doubtful { None } else { Some(false) };
    let mut sheet = form.open(export::MENTION_HEADER)?;
    let duty = Duty::of(&connection)?;
    list::mentions(&connection, &filter, |mut mention| {
        duty.hold(&mut mention);
        sheet.add(|| export::mention_row(&mention), || json_line(&MentionLine::new(&mention)))
    })?;
    sheet.done()
}

fn shares(common: &Common, period: &Period, asked: &Brands, form: &Form) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let brands = common.brands_for_reading(&config)?;
    let connection = store::reader(&config.data_dir)?;
    let asked = asked.ids(&connection, &brands)?;
    let window = period.window(&connection, &config)?;
    let mut shares = digest::shares(&connection, &brands, window)?;
    // Brands that are not asked for are left out, not out of the whole that shares are parts of.
    shares.brands.retain(|share| asked.is_empty() || asked.iter().any(|id| **id == *share.id.0));
    let mut sheet = form.open(export::SHARE_HEADER)?;
    for (share, row) in shares.brands.iter().zip(export::share_rows(&shares)) {
        sheet.add(
            || row,
            || {
                let mut line = serde_json::to_value(share)?;
                if let Some(line) = line.as_object_mut() {
                    line.insert("window".to_owned(), serde_json::to_value(shares.window)?);
                    line.insert("unit".to_owned(), shares.unit.as_str().into());
                }
                json_line(&line)
            },
        )?;
    }
    sheet.done()
}

fn impostors(
    common: &Common,
    select: &Brands,
    level: AtLeast,
    bounds: &Bounds,
    form: &Form,
) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let brands = common.brands_for_reading(&config)?;
    let connection = store::reader(&config.data_dir)?;
    let (from, to) = bounds.bounds(&connection, &config)?;
    let brands = select.ids(&connection, &brands)?;
    let filter = list::Filter { brands, from, to, ..list::Filter::default() };
    let suspects = list::suspects(&connection, &filter, level.into())?;
    let mut sheet = form.open(export::SUSPECT_HEADER)?;
    for suspect in &suspects {
        sheet.add(|| export::suspect_row(suspect), || json_line(&SuspectLine::new(suspect)))?;
    }
    sheet.done()
}
