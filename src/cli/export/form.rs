//! `--format` and `--out`: in which form rows are written, and where to.

use std::io::{self, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;

use super::folder::{Folder, Hashed};
use crate::cli::output::Target;
use crate::cli::{Common, progress};
use crate::export::{self, Book, Cell, Cells, Column, Columnar, Measure, Table};
use crate::time::Time;

#[derive(Debug, Args)]
pub(super) struct Form {
    /// The format [default: by the ending of PATH, else csv]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write to this file instead of standard output; it is replaced once the new one is whole. Into a folder (PATH is one, or
    /// ends with /) go the file, a data dictionary and SHA256SUMS; Parquet goes into one by the month
    #[arg(long, value_name = "PATH")]
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
    /// A workbook with typed cells, what its columns mean, sums and charts
    Xlsx,
    /// Typed columns for analysis
    Parquet,
}

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    /// Its name, which files and sheets bear.
    pub(super) name: &'static str,
    /// Its columns.
    pub(super) columns: &'static [Column],
    /// What the summary of a workbook counts.
    pub(super) measure: Measure,
}

/// Rows on their way out.
pub(super) struct Writing {
    subject: Subject,
    sheet: Sheet,
    folder: Option<Folder>,
    bar: ProgressBar,
}

/// What is written to, in its format.
enum Sheet {
    Csv(Box<Table<Hashed>>),
    Jsonl(Hashed),
    Xlsx(Box<Book>, Hashed, PathBuf),
    Parquet(Box<Parts>),
}

/// Parquet files, one after the other.
struct Parts {
    subject: Subject,
    /// The file that is being filled, with its month, and those that are full.
    now: Option<(String, Columnar<Hashed>)>,
    full: Vec<Hashed>,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::Xlsx => "xlsx",
            Format::Parquet => "parquet",
        }
    }
}

impl Form {
    /// Opens what is written to. `rows` tells how many rows are to come; it is asked only where somebody looks.
    pub(super) fn open(
        &self,
        subject: Subject,
        common: &Common,
        rows: impl FnOnce() -> anyhow::Result<u64>,
    ) -> anyhow::Result<Writing> {
        let ending = self.out.as_ref().and_then(|out| out.extension()?.to_str());
        let format = self.format.unwrap_or(match ending {
            Some("jsonl" | "ndjson") => Format::Jsonl,
            Some("xlsx") => Format::Xlsx,
            Some("parquet") => Format::Parquet,
            Some(_) | None => Format::Csv,
        });
        let folder = match &self.out {
            Some(out) if is_folder(out, format) => Some(Folder::open(out, subject.name, format.ending())?),
            Some(_) | None => None,
        };
        let target = || match &folder {
            Some(folder) => folder.target(None),
            None => Ok(Hashed::plain(Target::open(self.out.as_deref())?)),
        };
        let sheet = match format {
            Format::Csv => {
                let cells = if self.raw { Cells::Raw } else { Cells::Safe };
                Sheet::Csv(Box::new(Table::new(target()?, &export::header(subject.columns), cells)?))
            }
            Format::Jsonl => Sheet::Jsonl(target()?),
            Format::Xlsx => {
                let (target, place) = (target()?, self.waiting_room());
                let book = Book::new(subject.name, subject.columns, subject.measure, &place)
                    .with_context(|| format!("failed to write under {}", place.display()))?;
                Sheet::Xlsx(Box::new(book), target, place)
            }
            Format::Parquet => {
                let mut parts = Parts { subject, now: None, full: Vec::new() };
                if folder.is_none() {
                    parts.begin(String::new(), target()?)?;
                }
                Sheet::Parquet(Box::new(parts))
            }
        };
        let shown = progress::is_seen(common.quiet) && !self.writes_to_terminal();
        let bar =
            if shown { progress::count(usize::try_from(rows()?)?, false) } else { ProgressBar::hidden() };
        bar.set_message(subject.name);
        Ok(Writing { subject, sheet, folder, bar })
    }

    /// Whether the rows themselves pass by on the terminal.
    fn writes_to_terminal(&self) -> bool {
        io::IsTerminal::is_terminal(&io::stdout())
            && self.out.as_ref().is_none_or(|out| out.as_os_str() == "-")
    }

    /// Where rows of a workbook wait: on the disk that takes the workbook.
    fn waiting_room(&self) -> PathBuf {
        let out = self.out.as_deref().filter(|out| out.as_os_str() != "-");
        let beside =
            |out: &Path| if out.is_dir() { Some(out.to_owned()) } else { out.parent().map(Path::to_owned) };
        let place =
            out.and_then(beside).map(|place| if place.as_os_str().is_empty() { ".".into() } else { place });
        place.filter(|place| place.is_dir() && !place.starts_with("/dev")).unwrap_or_else(std::env::temp_dir)
    }
}

/// Whether `out` is meant as a folder.
fn is_folder(out: &Path, format: Format) -> bool {
    let said = out.to_string_lossy().ends_with(std::path::is_separator);
    let bare = out.extension().is_none() && out.as_os_str() != "-" && !out.exists();
    said || out.is_dir() || format == Format::Parquet && bare
}

impl Writing {
    /// Adds a row, or a line where lines are written. `moment` decides its file where there is one a month.
    pub(super) fn add<'a>(
        &mut self,
        moment: Option<Time>,
        row: impl FnOnce() -> Vec<Cell<'a>>,
        line: impl FnOnce() -> serde_json::Result<String>,
    ) -> anyhow::Result<()> {
        match &mut self.sheet {
            Sheet::Csv(table) => table.row(&row())?,
            Sheet::Jsonl(target) => writeln!(target, "{}", line()?)?,
            Sheet::Xlsx(book, ..) => book.row(&row())?,
            Sheet::Parquet(parts) => {
                if let Some(folder) = &self.folder {
                    parts.turn(moment, folder)?;
                }
                parts.row(&row())?;
            }
        }
        self.bar.inc(1);
        Ok(())
    }

    /// Counts something for the summary of a workbook.
    pub(super) fn count(&mut self, of: &str, day: Option<Time>, number: u64) {
        if let Sheet::Xlsx(book, ..) = &mut self.sheet {
            book.count(of, day, number);
        }
    }

    /// Whether lines are written, which need not be one a row.
    pub(super) fn is_lines(&self) -> bool {
        matches!(self.sheet, Sheet::Jsonl(_))
    }

    /// Finishes: files get their names.
    pub(super) fn done(self) -> anyhow::Result<ExitCode> {
        let full = match self.sheet {
            Sheet::Csv(table) => vec![table.done()?],
            Sheet::Jsonl(target) => vec![target],
            Sheet::Xlsx(book, mut target, place) => {
                // A workbook is not written from front to back, so it is put together in a file without a name.
                let mut whole = tempfile::tempfile_in(&place)
                    .with_context(|| format!("failed to write under {}", place.display()))?;
                book.done(&mut whole)?;
                whole.rewind()?;
                io::copy(&mut whole, &mut target)?;
                vec![target]
            }
            Sheet::Parquet(mut parts) => {
                if let (Some(folder), None, true) = (&self.folder, &parts.now, parts.full.is_empty()) {
                    parts.begin(String::new(), folder.target(None)?)?;
                }
                parts.end()?;
                parts.full
            }
        };
        match self.folder {
            Some(folder) => folder.done(full, self.subject.columns)?,
            None => full.into_iter().try_for_each(Hashed::done)?,
        }
        self.bar.finish_and_clear();
        Ok(ExitCode::SUCCESS)
    }
}

impl Parts {
    /// Turns to the file of the month that `moment` is in.
    fn turn(&mut self, moment: Option<Time>, folder: &Folder) -> anyhow::Result<()> {
        let month = moment.map(|moment| moment.stamp().strftime("%Y-%m").to_string()).unwrap_or_default();
        if self.now.as_ref().is_some_and(|(now, _)| *now == month) {
            return Ok(());
        }
        self.end()?;
        let target = folder.target(Some(month.as_str()).filter(|month| !month.is_empty()))?;
        self.begin(month, target)
    }

    fn begin(&mut self, month: String, target: Hashed) -> anyhow::Result<()> {
        self.now = Some((month, Columnar::new(target, self.subject.name, self.subject.columns)?));
        Ok(())
    }

    fn row(&mut self, row: &[Cell<'_>]) -> io::Result<()> {
        self.now.as_mut().map_or(Ok(()), |(_, file)| file.row(row))
    }

    fn end(&mut self) -> anyhow::Result<()> {
        if let Some((_, file)) = self.now.take() {
            self.full.push(file.done()?);
        }
        Ok(())
    }
}
