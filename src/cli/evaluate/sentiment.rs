//! `vigie evaluate sentiment`: whether posts speak well or ill, beside what people say.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::super::Usage;
use super::super::output::{Out, Target};
use super::{FAULTS, decoded};
use crate::sentiment::{Confusion, Lang, Measured, Model, Reader, Sentiment};

/// A language, as the command line writes it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Language {
    /// English
    En,
    /// French
    Fr,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Lang {
        match language {
            Language::En => Lang::English,
            Language::Fr => Lang::French,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Sentiments {
    /// The posts, one a line: the text, or negative, neutral or positive, a tab, and the text; - for standard input
    #[arg(value_name = "CASES.tsv")]
    file: PathBuf,
    /// The language of the posts
    #[arg(long, value_enum)]
    lang: Language,
    /// Judge by a model that `vigie train sentiment` made, instead of the shipped word lists
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Write one answer a line here: negative, neutral or positive; - for standard output
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Print the scores as JSON
    #[arg(long)]
    json: bool,
}

/// One line of a file.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) struct Row {
    /// Its number.
    pub(in crate::cli) line: usize,
    /// What people say, where they do.
    pub(in crate::cli) label: Option<Sentiment>,
    pub(in crate::cli) text: String,
}

/// Reads a file of posts: its name and its rows.
///
/// # Errors
/// When it cannot be read, is not UTF-8, a label is none, or some lines have labels and some have not: with the line.
pub(in crate::cli) fn read(file: &Path) -> anyhow::Result<(String, Vec<Row>)> {
    let (name, bytes) = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        ("standard input".to_owned(), std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
    } else {
        (file.display().to_string(), std::fs::read(file))
    };
    let bytes = bytes.map_err(|error| Usage(format!("failed to read {name}: {error}")))?;
    let rows = rows(&name, decoded(&name, &bytes)?)?;
    Ok((name, rows))
}

fn rows(name: &str, text: &str) -> Result<Vec<Row>, Usage> {
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    for (line, text) in (1..).zip(lines) {
        if text.trim().is_empty() {
            faults.push(format!("{name}:{line}: is empty; every line is one post"));
            continue;
        }
        match text.split_once('\t') {
            None => rows.push(Row { line, label: None, text: text.to_owned() }),
            Some((label, text)) => match Sentiment::of(label.trim()) {
                Some(label) => rows.push(Row { line, label: Some(label), text: text.to_owned() }),
                None => faults.push(format!(
                    "{name}:{line}: \"{}\" before the tab is no label; write negative, neutral or positive",
                    label.chars().take(40).collect::<String>()
                )),
            },
        }
    }
    if let (Some(with), Some(without)) =
        (rows.iter().find(|row| row.label.is_some()), rows.iter().find(|row| row.label.is_none()))
    {
        let reason = "has no label, others have (line";
        faults.push(format!("{name}:{}: {reason} {}); label all lines or none", without.line, with.line));
    }
    if faults.is_empty() && rows.is_empty() {
        faults.push(format!("{name}: holds no post; write one a line"));
    }
    if faults.is_empty() {
        return Ok(rows);
    }
    let more = faults.len().saturating_sub(FAULTS);
    faults.truncate(FAULTS);
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    Err(Usage(faults.join("\n")))
}

/// The judge of `lang`: by the model in a file, else by the shipped lists.
///
/// # Errors
/// When the file cannot be read or is no model of that language.
fn reader(lang: Lang, model: Option<&Path>) -> anyhow::Result<Reader> {
    let Some(file) = model else { return Ok(Reader::shipped(lang)) };
    let bytes = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
    let model = Model::read(&bytes, lang).map_err(|error| Usage(format!("{} {error}", file.display())))?;
    Ok(Reader::trained(model))
}

impl Sentiments {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let answers = self.answers.as_ref().and_then(|file| file.canonicalize().ok());
        if answers.is_some() && answers == self.file.canonicalize().ok() {
            let name = self.file.display();
            return Err(
                Usage(format!("{name}: the answers would replace the cases; name another file")).into()
            );
        }
        let (_, rows) = read(&self.file)?;
        let reader = reader(self.lang.into(), self.model.as_deref())?;
        let said: Vec<Option<Sentiment>> = rows.iter().map(|row| reader.judge(&row.text)).collect();
        // the measures know three answers only
        let answers: Vec<Sentiment> = said.iter().map(|said| said.unwrap_or(Sentiment::Neutral)).collect();
        let labelled = rows.first().is_some_and(|row| row.label.is_some());
        if self.answers.is_some() || !labelled {
            let mut to = Target::open(self.answers.as_deref())?;
            for answer in &answers {
                writeln!(to, "{}", answer.word())?;
            }
            to.done()?;
        }
        let mut out = Out::standard();
        if labelled {
            let labels: Vec<Sentiment> = rows.iter().filter_map(|row| row.label).collect();
            let not_understood = said.iter().filter(|said| said.is_none()).count();
            let scores =
                Scores::of(&labels, &answers, not_understood, (reader.confusion(), reader.measured()));
            if self.json {
                out.json(&scores)?;
            } else {
                for line in scores.lines() {
                    out.line(&line)?;
                }
            }
        }
        out.done()
    }
}

/// How well posts were judged: the measures of `SemEval` (macro recall) and DEFT (macro F1), and the mean error of the
/// three shares, as answered and corrected. All 0 to 1.
#[derive(Debug, Serialize)]
struct Scores {
    posts: usize,
    /// Posts of which nothing was understood: no sentiment is kept of such a mention; counted as neutral here.
    not_understood: usize,
    macro_recall: f64,
    macro_f1: f64,
    accuracy: f64,
    share_error: f64,
    share_error_corrected: f64,
    /// Of each label: its true share, the corrected one, and its interval at 95 %.
    shares: Vec<ShareOf>,
}

#[derive(Debug, Serialize)]
struct ShareOf {
    sentiment: Sentiment,
    labelled: f64,
    answered: f64,
    corrected: f64,
    low: f64,
    high: f64,
}

impl Scores {
    fn of(
        labels: &[Sentiment],
        answers: &[Sentiment],
        not_understood: usize,
        (errs, measured): (&Confusion, Measured),
    ) -> Scores {
        let mut found = Confusion::default();
        for (label, answer) in labels.iter().zip(answers) {
            found.count(*label, *answer);
        }
        let count = |of: &[Sentiment], one: Sentiment| of.iter().filter(|known| **known == one).count();
        let wide = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let (mut recalls, mut f1s, mut right) = (0.0, 0.0, 0.0);
        for (sentiment, row) in Sentiment::ALL.into_iter().zip(found.0) {
            let hit = f64::from(row.get(sentiment.place()).copied().unwrap_or_default());
            let (labelled, answered) = (wide(count(labels, sentiment)), wide(count(answers, sentiment)));
            right += hit;
            recalls += if labelled > 0.0 { hit / labelled } else { 0.0 };
            f1s += if hit > 0.0 { 2.0 * hit / (labelled + answered) } else { 0.0 };
        }
        let posts = wide(labels.len());
        let adjusted = errs.adjusted(
            Sentiment::ALL.map(|one| u64::try_from(count(answers, one)).unwrap_or_default()),
            measured,
        );
        let shares: Vec<ShareOf> = adjusted
            .into_iter()
            .flat_map(|adjusted| {
                Sentiment::ALL
                    .into_iter()
                    .zip(adjusted.raw)
                    .zip(adjusted.shares)
                    .zip(adjusted.low)
                    .zip(adjusted.high)
                    .map(|((((sentiment, answered), corrected), low), high)| ShareOf {
                        sentiment,
                        labelled: wide(count(labels, sentiment)) / posts,
                        answered,
                        corrected,
                        low,
                        high,
                    })
            })
            .collect();
        let error = |of: fn(&ShareOf) -> f64| {
            shares.iter().map(|share| (of(share) - share.labelled).abs()).sum::<f64>() / 3.0
        };
        Scores {
            posts: labels.len(),
            not_understood,
            macro_recall: recalls / 3.0,
            macro_f1: f1s / 3.0,
            accuracy: right / posts,
            share_error: error(|share| share.answered),
            share_error_corrected: error(|share| share.corrected),
            shares,
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("{} posts, of {} nothing is understood", self.posts, self.not_understood),
            format!("macro recall {:.1}", 100.0 * self.macro_recall),
            format!("macro F1 {:.1}", 100.0 * self.macro_f1),
            format!("accuracy {:.1}", 100.0 * self.accuracy),
            format!("error of the shares {:.1} points", 100.0 * self.share_error),
            format!("error of the corrected shares {:.1} points", 100.0 * self.share_error_corrected),
        ];
        lines.extend(self.shares.iter().map(|share| {
            format!(
                "  {:<8} labelled {:>4.1} %, answered {:>4.1} %, corrected {:>4.1} % ({:.1}-{:.1})",
                share.sentiment,
                100.0 * share.labelled,
                100.0 * share.answered,
                100.0 * share.corrected,
                100.0 * share.low,
                100.0 * share.high
            )
        }));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_names_its_line() {
        let text = "positive\tJ'adore\n\nbon\tmerci\nsans étiquette\n";
        insta::assert_snapshot!(rows("c.tsv", text).unwrap_err().to_string(), @r#"
        c.tsv:2: is empty; every line is one post
        c.tsv:3: "bon" before the tab is no label; write negative, neutral or positive
        c.tsv:4: has no label, others have (line 1); label all lines or none
        "#);
        assert!(rows("c.tsv", "").unwrap_err().to_string().contains("holds no post"));
        assert_eq!(rows("c.tsv", "un\ndeux\n").unwrap().len(), 2);
    }

    #[test]
    fn measures_of_a_table_worked_by_hand() {
        use Sentiment::{Negative as N, Neutral as U, Positive as P};
        // labels N N U U P P P P, answers N U U P P P P N: recalls 1/2, 1/2, 3/4; F1 1/2, 1/2, 3/4
        let scores = Scores::of(
            &[N, N, U, U, P, P, P, P],
            &[N, U, U, P, P, P, P, N],
            1,
            (Reader::shipped(Lang::French).confusion(), Measured::Elsewhere),
        );
        assert!((scores.macro_recall - 7.0 / 12.0).abs() < 1e-9, "{scores:?}");
        assert!((scores.macro_f1 - 7.0 / 12.0).abs() < 1e-9 && (scores.accuracy - 0.625).abs() < 1e-9);
        // shares 2 2 4 of 8, answered 2 2 4 of 8
        assert!(scores.share_error.abs() < 1e-9);
        let sum: f64 = scores.shares.iter().map(|share| share.corrected).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }
}
