//! The command line: one file a command. It speaks English; mails speak the reader's language.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config};
use crate::document::Faults;
use crate::intake::Judge;
use crate::keyword::{self, Brand};
use crate::sentiment::Model;
use crate::time::Time;

mod alerts;
mod backfill;
mod backup;
mod check;
mod digest;
mod duty;
mod evaluate;
mod explain;
mod export;
mod import;
mod impostors;
mod init;
mod label;
mod manual;
mod mentions;
mod networks;
mod output;
mod period;
mod progress;
mod read;
mod rematch;
mod replay;
mod report;
mod select;
mod send;
mod share;
mod snapshot;
mod status;
mod topics;
mod train;
mod watch;

/// Something does not work.
pub const PROBLEM: u8 = 1;
/// The command or the configuration is wrong.
pub const USAGE: u8 = 2;

/// Vigie, the lookout: listens to public posts, tells what matters, by mail.
#[derive(Debug, Parser)]
#[command(name = "vigie", version, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Stands over the options of every command, so that those of one command come first.
const EVERYWHERE: &str = "Options of every command";

/// What every command understands.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Configuration file; otherwise vigie.toml here or in a folder above
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    config: Option<PathBuf>,
    /// Data directory, instead of the configured one
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    data: Option<PathBuf>,
    /// Folder of brand files, instead of the configured one
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    keywords: Option<PathBuf>,
    /// Print nothing but results and errors
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
    quiet: bool,
    /// Log more; twice for everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = EVERYWHERE)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write vigie.toml and keywords/*.toml from five answers, or from flags
    Init(init::Init),
    /// Try the configuration, every source, the mail server and the store: what works, what not, why
    Check(check::Check),
    /// Watch in the background: listen, recognise, tell by mail
    Watch(watch::Watch),
    /// Push a recorded capture through the same pipeline, at full speed, by its own clock
    Replay(replay::Replay),
    /// Take posts from a CSV or JSON lines file of another program, or of an export
    Import(import::Import),
    /// Show what Vigie understands of one answer of a network
    Read(read::Read),
    /// List mentions
    Mentions(mentions::Mentions),
    /// Say why a text or a stored post is a mention or not, step by step
    Explain(explain::Explain),
    /// Say which mentions are about the brand, the most doubtful first, and see how often keywords are right
    Label(label::Label),
    /// Measure how good Vigie is on cases of which the right answer is known
    Evaluate(evaluate::Evaluate),
    /// Make a model of your own from posts that people labelled
    Train(train::Train),
    /// List accounts that pose as a brand, decide about them, look for more, and pack evidence
    Impostors(impostors::Impostors),
    /// Show shares of voice
    Share(share::Share),
    /// Show what rises: words and hashtags said more than before, or than of other brands
    Topics(topics::Topics),
    /// Compose a digest of any period, and send it if asked
    Digest(digest::Digest),
    /// Write a report of any period as one page or a PDF, or say what changed since an older one
    Report(report::Report),
    /// Print the state of every brand over a period as a JSON document; check and keep documents
    Snapshot(snapshot::Snapshot),
    /// Write mentions, shares, a snapshot, impostors, accounts or coverage as CSV, JSON lines, XLSX or Parquet
    Export(export::Export),
    /// Show sources, coverage, latency and the last mails
    Status(status::Status),
    /// List the alert rules in plain words, try them on the past, silence them, see what was told
    Alerts(alerts::Alerts),
    /// Apply changed queries to what is stored, shown before it is written
    Rematch(rematch::Rematch),
    /// Read older posts of a source: fill its gaps, or look for a new keyword in the past
    Backfill(backfill::Backfill),
    /// Show which networks can be heard, and what works instead for the others
    Networks(networks::Networks),
    /// Copy the store into one file, while it is in use
    Backup(backup::Backup),
    /// Put a backup in the place of the store
    Restore(backup::Restore),
    /// Print the completions of a shell
    Completions(manual::Completions),
    /// Write manual pages
    Man(manual::Man),
}

/// The brands compiled, and what reads how mentions speak.
fn judge(config: &Config, brands: &[Brand]) -> anyhow::Result<Judge> {
    let mut judge = Judge::new(brands)?;
    for (lang, file) in &config.sentiment {
        let bytes = std::fs::read(file).with_context(|| {
            format!("failed to read the model that [sentiment] {} names: {}", lang.code(), file.display())
        })?;
        let model = Model::read(&bytes, *lang)
            .map_err(|error| Usage(format!("[sentiment] {}: {} {error}", lang.code(), file.display())))?;
        judge.moods = judge.moods.with(model);
    }
    Ok(judge)
}

/// Reads the arguments, runs the command, and gives its exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log(cli.common.verbose);
    outlive_limits();
    let done = match &cli.command {
        Command::Init(init) => init.run(&cli.common),
        Command::Check(check) => check.run(&cli.common),
        Command::Explain(explain) => explain.run(&cli.common),
        Command::Backup(backup) => backup.run(&cli.common),
        Command::Restore(restore) => restore.run(&cli.common),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(&cli.common),
        Command::Watch(watch) => watch.run(&cli.common),
        Command::Replay(replay) => replay.run(&cli.common),
        Command::Import(import) => import.run(&cli.common),
        Command::Read(read) => read.run(&cli.common),
        Command::Share(share) => share.run(&cli.common),
        Command::Topics(topics) => topics.run(&cli.common),
        Command::Digest(digest) => digest.run(&cli.common),
        Command::Report(report) => report.run(&cli.common),
        Command::Mentions(mentions) => mentions.run(&cli.common),
        Command::Label(label) => label.run(&cli.common),
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Train(train) => train.run(&cli.common),
        Command::Impostors(impostors) => impostors.run(&cli.common),
        Command::Snapshot(snapshot) => snapshot.run(&cli.common),
        Command::Export(export) => export.run(&cli.common),
        Command::Status(status) => status.run(&cli.common),
        Command::Alerts(alerts) => alerts.run(&cli.common),
        Command::Rematch(rematch) => rematch.run(&cli.common),
        Command::Backfill(backfill) => backfill.run(&cli.common),
        Command::Networks(networks) => networks.run(),
    };
    match done {
        Ok(code) => code,
        // Whoever reads has read enough (`vigie mentions | head`).
        Err(error) if closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            let usage = error.chain().any(|cause| cause.is::<Faults>() || cause.is::<Usage>());
            ExitCode::from(if usage { USAGE } else { PROBLEM })
        }
    }
}

/// Whether nobody reads the output any more.
fn closed(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The command cannot be run as asked: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

fn log(verbose: u8) {
    use tracing_subscriber::EnvFilter;
    let usual = match verbose {
        0 => "vigie=warn",
        1 => "vigie=info",
        _ => "vigie=debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let terminal = std::io::stderr().is_terminal() && !config::secret::no_color();
    // Set once; a second call (in tests) keeps the first.
    drop(
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(terminal)
            .try_init(),
    );
}

/// Prints an error with its causes on one line each.
fn complain(error: &anyhow::Error) {
    let mut text = String::new();
    if let Some(Faults(faults)) = error.downcast_ref() {
        text += match faults.len() {
            1 => "error: one thing is wrong in the configuration\n",
            _ => "error: several things are wrong in the configuration\n",
        };
        for fault in faults {
            text += &format!("  {}\n", clean(&fault.to_string()).replace('\n', "\n  "));
        }
        // Nothing can be done when even this cannot be written.
        drop(std::io::stderr().write_all(text.as_bytes()));
        return;
    }
    for (place, cause) in error.chain().enumerate() {
        let cause = clean(&cause.to_string());
        if place == 0 {
            text += &format!("error: {cause}\n");
        } else if !text.contains(&cause) {
            text += &format!("  because: {cause}\n");
        }
    }
    // Nothing can be done when even this cannot be written.
    drop(std::io::stderr().write_all(text.as_bytes()));
}

/// Writes one warning to standard error.
fn warn(text: &str) {
    // Nothing can be done when even this cannot be written.
    drop(std::io::stderr().write_all(format!("warning: {}\n", clean(text)).as_bytes()));
}

/// A limit on the size of files (`ulimit -f`) would end the program without a word: with the signal caught, the write
/// fails, and that is told.
fn outlive_limits() {
    #[cfg(unix)]
    {
        // Nothing asks whether it came. Without the handler all is as it was.
        let came = std::sync::Arc::default();
        drop(signal_hook::flag::register(signal_hook::consts::SIGXFSZ, came));
    }
}

/// Writes one error to standard error, where the command goes on all the same.
fn fault(text: &str) {
    // Nothing can be done when even this cannot be written.
    drop(std::io::stderr().write_all(format!("error: {}\n", clean(text)).as_bytes()));
}

/// Writes one line to standard output; a closed pipe ends the program quietly.
///
/// # Errors
/// When the output is closed.
pub fn say(line: impl AsRef<str>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_ref().as_bytes())?;
    out.write_all(b"\n")
}

/// A number of things, in words: `1 post`, `2 posts`.
pub(crate) fn count(number: impl std::fmt::Display, one: &str, many: &str) -> String {
    let number = number.to_string();
    let word = if number == "1" { one } else { many };
    format!("{number} {word}")
}

/// Text from strangers made harmless for a terminal: control and direction characters are shown, not sent.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '\n',
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
                '\u{fffd}'
            }
            c => c,
        })
        .collect()
}

/// The time now. The command line and the daemon are the only ones who ask.
#[expect(clippy::disallowed_methods, reason = "the clock is read here and handed down")]
pub fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Time(since.ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default())
}

impl Common {
    /// The configuration: the named file, else `vigie.toml` here or above, else what holds without one.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn config(&self) -> anyhow::Result<Config> {
        let here = std::env::current_dir().context("failed to find the current directory")?;
        let file = match self.config.clone().or_else(config::secret::config_file) {
            Some(file) => Some(file),
            None => here.ancestors().map(|folder| folder.join(config::FILE)).find(|file| file.is_file()),
        };
        let mut config = match file {
            Some(file) => self.read_config(&relative(&file, &here))?,
            None => Config::default_in(Path::new("")),
        };
        if let Some(keywords) = &self.keywords {
            config.keywords.clone_from(keywords);
        }
        if let Some(data) = &self.data {
            config.use_data_dir(data);
        }
        Ok(config)
    }

    /// The configuration of a file. When it is wrong, the faults of the brand files are told with its own.
    fn read_config(&self, file: &Path) -> Result<Config, Faults> {
        let (config, mut faults) = Config::read_all(file);
        if faults.0.is_empty() {
            return Ok(config);
        }
        let folder = self.keywords.as_ref().unwrap_or(&config.keywords);
        if file.is_file()
            && folder.is_dir()
            && let Err(more) = keyword::read_folder(folder)
        {
            faults.0.extend(more.0);
        }
        Err(faults)
    }

    /// The brands of the configured folder, checked against the rules.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn brands(&self, config: &Config) -> anyhow::Result<Vec<Brand>> {
        let brands = keyword::read_folder(&config.keywords)?;
        config.check_brands(&brands)?;
        Ok(brands)
    }
}

impl Common {
    /// The brands that figures are about: those of the configured folder, else those a `--brand` run kept.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn brands_for_reading(&self, config: &Config) -> anyhow::Result<Vec<Brand>> {
        if let Ok(connection) = crate::store::reader(&config.data_dir)
            && let Some(kept) = crate::store::meta(&connection, KEPT_BRANDS)?
        {
            return serde_json::from_str(&kept).context("failed to read the kept brands");
        }
        self.brands(config)
    }
}

/// Where the brands of a `--brand` run are kept, since no file describes them.
pub const KEPT_BRANDS: &str = "brands";

/// A path as a person would write it from `here`.
fn relative(path: &Path, here: &Path) -> PathBuf {
    path.strip_prefix(here).map_or_else(|_| path.to_owned(), Path::to_owned)
}
