//! `vigie train`: models of the owner's own, from cases that people labelled.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::evaluate::sentiment::{Language, read};
use super::output::Target;
use super::{Common, Usage, progress, say};
use crate::sentiment::{self, Case, Confusion, Sentiment};

#[derive(Debug, Args)]
pub(super) struct Train {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
enum Subject {
    /// Whether posts of one language speak well or ill
    Sentiment(Moods),
}

#[derive(Debug, Args)]
struct Moods {
    /// Labelled posts, one a line: negative, neutral or positive, a tab, the text; - for standard input
    #[arg(value_name = "CASES.tsv")]
    file: PathBuf,
    /// The language of the posts
    #[arg(long, value_enum)]
    lang: Language,
    /// Where to write the model
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Train {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        match &self.subject {
            Subject::Sentiment(moods) => moods.run(common),
        }
    }
}

impl Moods {
    fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let (name, rows) = read(&self.file)?;
        let mut cases = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(label) = row.label else {
                let reason = "has no label; write negative, neutral or positive, a tab, and the text";
                return Err(Usage(format!("{name}:{}: {reason}", row.line)).into());
            };
            cases.push(Case { text: &row.text, label });
        }
        let bar = progress::count(1, common.quiet);
        let model = sentiment::train(&cases, self.lang.into(), |done, all| {
            bar.set_length(u64::try_from(all).unwrap_or_default());
            bar.set_position(u64::try_from(done).unwrap_or_default());
        });
        bar.finish_and_clear();
        let model = model.map_err(|error| Usage(format!("{name}: {error}")))?;
        let mut to = Target::open(Some(&self.out))?;
        to.write_all(&model.bytes()?)?;
        to.done()?;
        if !common.quiet {
            let Confusion(cells) = model.confusion();
            let tried: u32 = cells.iter().flatten().sum();
            say(format!("{} cases; tried on {tried} that the model had not seen:", cases.len()))?;
            for (label, row) in Sentiment::ALL.iter().zip(cells) {
                let right = row.get(label.place()).copied().unwrap_or_default();
                say(format!("  of {:>6} {label:<8}  {right:>6} were answered so", row.iter().sum::<u32>()))?;
            }
            let out = self.out.display();
            say(super::clean(&format!("written to {out}; name it in vigie.toml under [sentiment]")))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
