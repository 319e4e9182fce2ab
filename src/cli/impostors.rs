//! `vigie impostors`: accounts that pose as a brand, with everything that speaks for and against.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use jiff::tz::TimeZone;

use super::mentions::moment;
use super::output::Out;
use super::select::Brands;
use super::{Common, count};
use crate::export::SuspectLine;
use crate::impostor::{Level, describe};
use crate::mail::clean::{evidence, short};
use crate::mention::Suspect;
use crate::store;
use crate::store::list::{self, Filter};

/// Characters of a name or of evidence.
const NAME: usize = 120;

mod asked;
mod case;
mod evidence_pack;
mod hunt;

#[derive(Debug, Args)]
pub(super) struct Impostors {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them (what happens without a word, too)
    List(List),
    /// Show one with everything known of it
    Show(case::Show),
    /// Say that accounts are impostors
    Confirm(case::Confirm),
    /// Say that accounts are none; they are left alone until their profile changes
    Dismiss(case::Dismiss),
    /// Note that accounts were reported to their network; Vigie itself reports nothing
    Report(case::Report),
    /// List what was said of accounts, as JSON lines
    Labels(case::Labels),
    /// Write a zip file with everything a report needs: fields, answers, hashes, a letter in two languages
    Evidence(evidence_pack::Write),
    /// Check that such a file is whole
    Verify(evidence_pack::Verify),
    /// Go looking: try the handles that impostors choose, on the networks that allow it
    Hunt(hunt::Hunt),
}

#[derive(Debug, Clone, Args)]
struct List {
    #[command(flatten)]
    brands: Brands,
    /// The lowest level to list [default: review]
    #[arg(long, value_enum)]
    level: Option<AtLeast>,
    /// Those that were dismissed, too
    #[arg(long)]
    all: bool,
    /// Print JSON, one suspect a line
    #[arg(long)]
    json: bool,
}

/// The lowest level to list.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum AtLeast {
    /// All that was ever remembered
    Watch,
    /// Worth a person's look
    Review,
    /// Worth a mail at once
    Alert,
}

impl From<AtLeast> for Level {
    fn from(level: AtLeast) -> Level {
        match level {
            AtLeast::Watch => Level::Watch,
            AtLeast::Review => Level::Review,
            AtLeast::Alert => Level::Alert,
        }
    }
}

impl Impostors {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        match &self.action {
            None => self.list.run(common),
            Some(Action::List(behind)) => {
                // Options may stand before the word and behind it.
                let mut list = self.list.clone();
                list.brands.and(&behind.brands);
                list.level = behind.level.or(list.level);
                list.all |= behind.all;
                list.json |= behind.json;
                list.run(common)
            }
            Some(Action::Show(show)) => show.run(common),
            Some(Action::Confirm(confirm)) => confirm.run(common),
            Some(Action::Dismiss(dismiss)) => dismiss.run(common),
            Some(Action::Report(report)) => report.run(common),
            Some(Action::Labels(labels)) => labels.run(common),
            Some(Action::Evidence(evidence)) => evidence.run(common),
            Some(Action::Verify(verify)) => verify.run(),
            Some(Action::Hunt(hunt)) => hunt.run(common),
        }
    }
}

impl List {
    fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let connection = store::reader(&config.data_dir)?;
        let filter = Filter { brands: self.brands.ids(&connection, &brands)?, ..Filter::default() };
        let mut suspects =
            list::suspects(&connection, &filter, self.level.unwrap_or(AtLeast::Review).into())?;
        if !self.all {
            suspects.retain(|suspect| suspect.state != "dismissed");
        }
        let mut out = Out::standard();
        if self.json {
            for suspect in &suspects {
                out.json(&SuspectLine::new(suspect))?;
            }
            return out.done();
        }
        let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
        for suspect in &suspects {
            let id = &suspect.suspicion.brand;
            let name =
                brands.iter().find(|brand| brand.id == *id).map_or(&*id.0, |brand| brand.name.as_str());
            show(&mut out, suspect, name, &zone)?;
        }
        if !common.quiet {
            out.line(&match suspects.len() {
                0 => "no suspect".to_owned(),
                suspects => count(suspects, "suspect", "suspects"),
            })?;
        }
        out.done()
    }
}

fn show(out: &mut Out, suspect: &Suspect, brand: &str, zone: &TimeZone) -> anyhow::Result<()> {
    let (account, suspicion) = (&suspect.author, &suspect.suspicion);
    let handle = account.handle.as_deref().unwrap_or(&account.native_id).trim_start_matches('@');
    let shown = account.display_name.as_deref().filter(|name| !name.is_empty());
    let name = shown.map(|name| format!("  “{}”", evidence(name, NAME))).unwrap_or_default();
    let mut marks = String::new();
    if suspect.example {
        marks += "  (example)";
    }
    match suspect.state.as_str() {
        "new" => {}
        "gone" => marks += "  (the account was removed)",
        state => marks += &format!("  ({state})"),
    }
    out.line(&format!(
        "{:<6}  {}  {}  {}  @{}{name}  score {}{marks}",
        suspicion.level.as_str(),
        suspect.id,
        short(brand, NAME),
        short(suspect.network.as_str(), NAME),
        evidence(handle, NAME),
        points(suspicion.score)
    ))?;
    out.line(&format!("        first seen {}", moment(suspect.first_seen, zone)))?;
    let mut told: Vec<&str> = Vec::new();
    for signal in &suspicion.signals {
        out.line(&format!(
            "        {:>6}  {}",
            points(signal.points),
            short(&describe(signal, false), 2 * NAME)
        ))?;
        // What an eye cannot tell apart is told apart here, once a string.
        let compared = !signal.raw.is_empty() && !signal.folded.is_empty() && signal.raw != signal.folded;
        if compared && !told.contains(&signal.raw.as_str()) {
            told.push(&signal.raw);
            out.line(&format!(
                "                written {}, read as {}",
                escaped(&signal.raw),
                escaped(&signal.folded)
            ))?;
        }
    }
    if let Some(url) = &account.url {
        out.line(&format!("        {}", short(url, 2 * NAME)))?;
    }
    out.line("")
}

/// Who decides: the name given, else that of the person at this machine.
pub(super) fn person(given: Option<&str>) -> String {
    let who = given.map(str::to_owned).or_else(crate::config::secret::user);
    short(&who.unwrap_or_else(|| "somebody".to_owned()), NAME)
}

/// Hundredths as a person reads them: `+3.5`, `-1`.
fn points(hundredths: i32) -> String {
    let (whole, part) = (hundredths.abs() / 100, hundredths.abs() % 100);
    let sign = if hundredths < 0 { '-' } else { '+' };
    match part {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{part:02}").trim_end_matches('0').to_owned(),
    }
}

/// A string with every sign that is not plain Latin named: look-alikes show.
fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars().take(NAME) {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' | '\u{c0}'..='\u{24f}' => out.push(c),
            c => out += &format!("\\u{{{:x}}}", u32::from(c)),
        }
    }
    if text.chars().nth(NAME).is_some() {
        out.push('…');
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_show() {
        assert_eq!(escaped("Mоlivelle\u{200b} é\"\n"), r#""M\u{43e}livelle\u{200b} é\"\u{a}""#);
        assert_eq!(escaped(&"a".repeat(200)).chars().count(), NAME + 3);
    }

    #[test]
    fn points_are_read() {
        assert_eq!([350, 1150, -100, 5, 0].map(points), ["+3.5", "+11.5", "-1", "+0.05", "+0"]);
    }
}
