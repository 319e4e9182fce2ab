//! `vigie report`: a period as one page, or on paper.

mod paper;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context as _;
use base64::Engine as _;
use clap::Args;
use rusqlite::Connection;

use super::duty::Duty;
use super::output::Target;
use super::period::Period;
use super::{Common, Usage, clean, say};
use crate::config::secret;
use crate::keyword::Brand;
use crate::mail::Language;
use crate::mail::look::readable;
use crate::mention::{Mention, Suspect};
use crate::report::{self, Figures, Look, Report as Gathered};
use crate::store::{self, figures};
use crate::time::Time;

/// Names under which Chromium is installed.
const BROWSERS: &[&str] =
    &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];
/// Bytes of a logo: it stands in the page.
const LOGO: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(flatten)]
    period: Period,
    /// Write the page to this file instead of standard output; it is replaced once the new one is whole
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print it to this PDF as well, by a Chromium found on this machine (or named by `VIGIE_CHROMIUM`)
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// Say what changed since this older report and why, instead of writing a page
    #[arg(long, value_name = "OLD.html", conflicts_with_all = ["out", "pdf"])]
    diff: Option<PathBuf>,
    /// In French (fr) or English (en), instead of the configured language
    #[arg(long, value_parser = ["fr", "en"])]
    language: Option<String>,
    /// Who the report is from, in the place of "Vigie"
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// A picture in the place of that name: PNG, JPEG, GIF or WebP of at most 1 MiB
    #[arg(long, value_name = "FILE")]
    logo: Option<PathBuf>,
    /// The colour of what is ours: #rrggbb, dark enough for white letters; lightened on dark screens
    #[arg(long, value_name = "COLOUR", value_parser = readable)]
    colour: Option<String>,
}

impl Report {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let connection = store::reader(&config.data_dir)?;
        let window = self.period.window(&connection, &config)?;
        let duty = Duty::of(&connection)?;
        let replayed = store::meta(&connection, "replayed")?.is_some();
        let (language, zone) = super::digest::told_in(self.language.as_deref(), &config, replayed);
        let hold =
            (|mention: &mut Mention| duty.hold(mention), |suspect: &mut Suspect| duty.hold_suspect(suspect));
        let gathered = report::gather(&connection, &brands, window, &zone, hold)?;
        if let Some(old) = &self.diff {
            return diff(old, &gathered, (&connection, &brands), language);
        }
        let logo = self.logo.as_deref().map(logo).transpose()?;
        let running = window.to > super::now();
        let look =
            Look { language, zone, name: self.name.clone(), logo, colour: self.colour.clone(), running };
        let page = report::page(&gathered, &look);
        if self.out.is_some() || self.pdf.is_none() {
            let mut target = Target::open(self.out.as_deref())?;
            writeln!(target, "{page}")?;
            target.done()?;
        }
        if let Some(pdf) = &self.pdf {
            print(&page, pdf, window.to)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn diff(
    old: &Path,
    new: &Gathered,
    (connection, brands): (&Connection, &[Brand]),
    language: Language,
) -> anyhow::Result<ExitCode> {
    let page = std::fs::read_to_string(old).with_context(|| format!("failed to read {}", old.display()))?;
    let old = Figures::of_page(&page).map_err(|why| Usage(format!("{}: {why}", old.display())))?;
    let window = new.figures.shares.window;
    let since = old.seen.map(|seen| figures::since(connection, window, brands, seen)).transpose()?;
    let lines = report::compare(&old, &new.figures, since.as_ref(), language);
    if lines.is_empty() {
        say(language.say(
            "nothing changed: the same data, by their hash",
            "rien n’a changé : les mêmes données, d’après leur empreinte",
        ))?;
    }
    for line in lines {
        say(clean(&line.replace(['\u{a0}', '\u{202f}'], " ")))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A picture as an address that holds it whole.
fn logo(file: &Path) -> anyhow::Result<String> {
    let told = || format!("failed to read the logo {}", file.display());
    let size = std::fs::metadata(file).with_context(told)?.len();
    if size > LOGO {
        return Err(Usage(format!("the logo {} has {size} bytes, {LOGO} at most", file.display())).into());
    }
    let bytes = std::fs::read(file).with_context(told)?;
    let kind = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => return Err(Usage(format!("the logo {} is no PNG, JPEG, GIF or WebP", file.display())).into()),
    };
    Ok(format!("data:{kind};base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes)))
}

/// Prints a page to `pdf` by a Chromium of this machine, as of the moment `at` to which its data reach.
fn print(page: &str, pdf: &Path, at: Time) -> anyhow::Result<()> {
    let browser = browser()?;
    let folder = pdf.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::path::absolute(folder)?;
    let name = pdf.file_name().context("the PDF needs the name of a file")?.to_string_lossy().into_owned();
    // Beside the PDF: a Chromium in a sandbox of its own cannot read everywhere.
    let (from, to) = (folder.join(format!(".{name}.html")), folder.join(format!(".{name}.part")));
    std::fs::write(&from, page).with_context(|| format!("failed to write in {}", folder.display()))?;
    let address =
        url::Url::from_file_path(&from).map_err(|()| anyhow::anyhow!("{} is no path", from.display()))?;
    let mut printing = Command::new(&browser);
    printing
        .args(["--headless", "--disable-gpu", "--no-pdf-header-footer", "--virtual-time-budget=5000"])
        .args(["--blink-settings=preferredColorScheme=1"])
        .arg(format!("--print-to-pdf={}", to.display()))
        .arg(address.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    // Chromium refuses its sandbox to root; the page is ours and runs no script.
    if is_root() {
        printing.arg("--no-sandbox");
    }
    let done = printing.stderr(Stdio::piped()).output();
    drop(std::fs::remove_file(&from));
    let done = done.with_context(|| format!("failed to start {}", browser.display()))?;
    if !done.status.success() || !to.is_file() {
        let said = String::from_utf8_lossy(&done.stderr);
        let last = said.lines().last().unwrap_or("nothing");
        anyhow::bail!("{} did not print the report; it said: {}", browser.display(), clean(last));
    }
    let written = || format!("failed to write {}", pdf.display());
    let mut bytes = std::fs::read(&to).with_context(written)?;
    paper::timeless(&mut bytes, at);
    std::fs::write(&to, bytes).with_context(written)?;
    std::fs::rename(&to, pdf).with_context(written)?;
    Ok(())
}

/// Whether this process is run by root.
fn is_root() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
    }
    #[cfg(not(unix))]
    false
}

/// The Chromium to print with.
fn browser() -> anyhow::Result<PathBuf> {
    if let Some(named) = secret::chromium() {
        return Ok(named);
    }
    secret::program_folders()
        .iter()
        .flat_map(|folder| BROWSERS.iter().map(move |name| folder.join(name)))
        .find(|file| file.is_file())
        .ok_or_else(|| {
            Usage(
                "no Chromium was found to print the PDF with; install one, name it in VIGIE_CHROMIUM, or write \
                 the page with --out and print that"
                    .to_owned(),
            )
            .into()
        })
}
