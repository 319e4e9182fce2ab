//! `vigie evaluate`: how good Vigie is on cases of which the right answer is known. One file a subject.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Usage;
use super::output::{Out, Target};
use crate::export::json_line;

mod impostors;
mod language;
mod matching;
mod names;
pub(super) mod sentiment;
mod spikes;
mod stories;
mod threads;

/// Faults told of one file; the rest are counted.
const FAULTS: usize = 10;

#[derive(Debug, Args)]
pub(super) struct Evaluate {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
enum Subject {
    /// Queries and posts: what matches
    Matching(matching::Matching),
    /// Whether posts with an ambiguous name are about the brand
    Names(names::Names),
    /// The language of posts
    Language(language::Language),
    /// Whether posts speak well or ill
    Sentiment(sentiment::Sentiments),
    /// Which posts and articles are copies of one text
    Stories(stories::Stories),
    /// Alerts on series of counts of mentions
    Spikes(spikes::Spikes),
    /// Which accounts pose as a brand
    Impostors(impostors::Impostors),
    /// Which accounts that answer a brand's customers pose as the brand
    Threads(threads::Threads),
}

impl Evaluate {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.subject {
            Subject::Matching(matching) => matching.run(),
            Subject::Names(names) => names.run(),
            Subject::Language(language) => language.run(),
            Subject::Sentiment(sentiment) => sentiment.run(),
            Subject::Stories(stories) => stories.run(),
            Subject::Spikes(spikes) => spikes.run(),
            Subject::Impostors(impostors) => impostors.run(),
            Subject::Threads(threads) => threads.run(),
        }
    }
}

/// What every subject takes.
#[derive(Debug, Args)]
struct Cases {
    /// The cases, one JSON object a line; - for standard input. Without labels there are answers, and no scores
    #[arg(value_name = "CASES.jsonl")]
    file: PathBuf,
    /// Write one answer a line here, as JSON; - for standard output
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Print the scores as JSON
    #[arg(long)]
    json: bool,
}

/// One line of a file of cases.
trait Case: DeserializeOwned {
    /// Its name; every one is there once.
    fn id(&self) -> &str;
}

impl Cases {
    /// Reads every case. Empty lines are passed over.
    ///
    /// # Errors
    /// When the file cannot be read, a line is no case, or two have one name: with file and line.
    fn read<T: Case>(&self) -> anyhow::Result<Vec<T>> {
        let from_input = || {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let (name, bytes) = if self.file.as_os_str() == "-" {
            ("standard input".to_owned(), from_input())
        } else {
            (self.file.display().to_string(), std::fs::read(&self.file))
        };
        let bytes = bytes.map_err(|error| Usage(format!("failed to read {name}: {error}")))?;
        let answers = self.answers.as_ref().and_then(|file| file.canonicalize().ok());
        if answers.is_some() && answers == self.file.canonicalize().ok() {
            let reason = format!("{name}: the answers would replace the cases; name another file");
            return Err(Usage(reason).into());
        }
        parse(&name, decoded(&name, &bytes)?)
    }

    /// Writes the answers where they are wanted, and prints the scores: `lines` for people, `scores` with `--json`.
    /// Without scores (no labels) and without `--answers`, the answers are what is printed.
    ///
    /// # Errors
    /// When something cannot be written.
    fn report<S: Serialize>(
        &self,
        answers: &[impl Serialize],
        scores: Option<(S, Vec<String>)>,
    ) -> anyhow::Result<ExitCode> {
        if self.answers.is_some() || scores.is_none() {
            let mut to = Target::open(self.answers.as_deref())?;
            for answer in answers {
                std::io::Write::write_all(&mut to, json_line(answer)?.as_bytes())?;
                std::io::Write::write_all(&mut to, b"\n")?;
            }
            to.done()?;
        }
        let mut out = Out::standard();
        if let Some((scores, lines)) = scores {
            if self.json {
                out.json(&scores)?;
            } else {
                for line in lines {
                    out.line(&line)?;
                }
            }
        }
        out.done()
    }
}

/// The text of a file of cases.
fn decoded<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b str, Usage> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.iter().take(error.valid_up_to());
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        Usage(format!("{name}:{line}: is not UTF-8; save the file as UTF-8"))
    })
}

fn parse<T: Case>(name: &str, text: &str) -> anyhow::Result<Vec<T>> {
    let mut cases: Vec<T> = Vec::new();
    let mut known = std::collections::HashMap::new();
    let mut faults = Vec::new();
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    for (line, text) in (1..).zip(lines).filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<T>(text) {
            Ok(case) => match known.insert(case.id().to_owned(), line) {
                None => cases.push(case),
                Some(first) => {
                    faults.push(format!("{name}:{line}: id \"{}\" stands in line {first} too", case.id()));
                }
            },
            Err(error) => faults.push(format!("{name}:{line}: {}", reason(&error))),
        }
    }
    if faults.is_empty() && cases.is_empty() {
        faults.push(format!("{name}: holds no case; write one JSON object a line"));
    }
    if faults.is_empty() {
        return Ok(cases);
    }
    let more = faults.len().saturating_sub(FAULTS);
    faults.truncate(FAULTS);
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    Err(Usage(faults.join("\n")).into())
}

/// What is wrong with a line, without the line number within itself.
fn reason(error: &serde_json::Error) -> String {
    let kind = if error.is_syntax() || error.is_eof() { "no JSON object: " } else { "" };
    let text = format!("{kind}{error}");
    match text.rsplit_once(" at line ") {
        Some((reason, _)) if error.column() > 0 => format!("{reason} (column {})", error.column()),
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

/// `part` of `whole` in percent with one decimal; nothing of nothing is "-".
fn percent(part: u32, whole: u32) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.1}", 100.0 * f64::from(part) / f64::from(whole)) }
}

/// `part` of `whole`, 0 to 1; nothing of nothing is nothing.
fn ratio(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct One {
        id: String,
        #[expect(dead_code, reason = "asked for, to be missed")]
        text: String,
    }

    impl Case for One {
        fn id(&self) -> &str {
            &self.id
        }
    }

    #[test]
    fn every_fault_names_its_line() {
        let text = "{\"id\":\"a\",\"text\":\"x\"}\n\n{\"id\":\"b\"}\nno\n{\"id\":\"a\",\"text\":\"\"}\n";
        insta::assert_snapshot!(parse::<One>("c.jsonl", text).unwrap_err().to_string(), @r#"
        c.jsonl:3: missing field `text` (column 10)
        c.jsonl:4: no JSON object: expected ident (column 2)
        c.jsonl:5: id "a" stands in line 1 too
        "#);
        insta::assert_snapshot!(decoded("c.jsonl", b"{}\n{\xff}").unwrap_err().to_string(), @"c.jsonl:2: is not UTF-8; save the file as UTF-8");
        assert!(parse::<One>("c.jsonl", "\n").unwrap_err().to_string().contains("holds no case"));
        assert_eq!(parse::<One>("c.jsonl", "\u{feff}{\"id\":\"a\",\"text\":\"x\"}").unwrap().len(), 1);
    }
}
