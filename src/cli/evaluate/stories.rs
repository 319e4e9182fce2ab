//! `vigie evaluate stories`: which posts and articles are copies of one text.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Case, Cases};
use crate::story::{Piece, Sketch, Stories as Placed};

#[derive(Debug, Args)]
pub(super) struct Stories {
    #[command(flatten)]
    cases: Cases,
}

/// One post or article, in the order in which they came: what it says, its page, its story as far as known.
#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    text: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    story: Option<String>,
}

impl Case for Row {
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a str,
    story: String,
}

impl Stories {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let rows = self.cases.read::<Row>()?;
        let mut placed = Placed::default();
        let numbers: Vec<u64> = rows
            .iter()
            .map(|row| {
                let piece = Piece { title: row.title.as_deref(), text: &row.text, link: row.url.as_deref() };
                placed.place(Arc::new(Sketch::of(piece)))
            })
            .collect();
        let answers: Vec<Answer<'_>> = rows
            .iter()
            .zip(&numbers)
            .map(|(row, number)| Answer { id: &row.id, story: number.to_string() })
            .collect();
        let labelled: Vec<(&str, u64)> = rows
            .iter()
            .zip(&numbers)
            .filter_map(|(row, number)| Some((row.story.as_deref()?, *number)))
            .collect();
        let scores = (!labelled.is_empty()).then(|| Scores::of(&labelled)).map(|scores| {
            let lines = scores.lines();
            (scores, lines)
        });
        self.cases.report(&answers, scores)
    }
}

/// Precision, recall and their harmonic mean, 0 to 1.
#[derive(Debug, Clone, Copy, Serialize)]
struct Measure {
    precision: f64,
    recall: f64,
    f1: f64,
}

impl Measure {
    fn new(precision: f64, recall: f64) -> Measure {
        let sum = precision + recall;
        Measure { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }

    fn line(self, name: &str) -> String {
        format!("{name} precision {:.4}, recall {:.4}, F1 {:.4}", self.precision, self.recall, self.f1)
    }
}

/// How well rows were gathered: over pairs of rows, and over rows (B-cubed; Bagga and Baldwin, 1998).
#[derive(Debug, Serialize)]
struct Scores {
    rows: usize,
    stories: usize,
    stories_answered: usize,
    pairs: Measure,
    b_cubed: Measure,
}

impl Scores {
    /// Of the label and the answer of each row.
    fn of(rows: &[(&str, u64)]) -> Scores {
        let mut labels: HashMap<&str, u32> = HashMap::new();
        let mut answers: HashMap<u64, u32> = HashMap::new();
        let mut both: HashMap<(&str, u64), u32> = HashMap::new();
        for (label, answer) in rows {
            *labels.entry(label).or_default() += 1;
            *answers.entry(*answer).or_default() += 1;
            *both.entry((*label, *answer)).or_default() += 1;
        }
        let pairs = |count: &u32| f64::from(*count) * (f64::from(*count) - 1.0) / 2.0;
        // whole numbers: their sums do not depend on the order
        let joined: f64 = answers.values().map(pairs).sum();
        let to_find: f64 = labels.values().map(pairs).sum();
        let right: f64 = both.values().map(pairs).sum();
        let part = |of: f64| if of > 0.0 { right / of } else { 1.0 };
        let (mut precision, mut recall) = (0.0, 0.0);
        for (label, answer) in rows {
            let count = |found: Option<&u32>| f64::from(found.copied().unwrap_or(1));
            let shared = count(both.get(&(*label, *answer)));
            precision += shared / count(answers.get(answer));
            recall += shared / count(labels.get(label));
        }
        let all = f64::from(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        Scores {
            rows: rows.len(),
            stories: labels.len(),
            stories_answered: answers.len(),
            pairs: Measure::new(part(joined), part(to_find)),
            b_cubed: Measure::new(precision / all, recall / all),
        }
    }

    fn lines(&self) -> Vec<String> {
        vec![
            format!("{} rows, {} stories, {} answered", self.rows, self.stories, self.stories_answered),
            self.pairs.line("pairs:  "),
            self.b_cubed.line("B-cubed:"),
        ]
    }
}
