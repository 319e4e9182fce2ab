//! The measures of labelled accounts: precision and recall of what is flagged, by class; false alarms among
//! strangers; what a ranking by score could reach.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Label;
use crate::cli::evaluate::{percent, ratio};
use crate::impostor::Level;

/// The class of accounts of people who have nothing to do with any brand.
const STRANGERS: &str = "random_real_handle";
/// How many of as many accounts are taken to be impostors where a real stream is meant: one.
const ONE_IN: f64 = 1_000.0;

/// One account with its label and its answer.
#[derive(Debug)]
pub(super) struct Scored<'a> {
    pub(super) label: Label,
    pub(super) class: &'a str,
    pub(super) level: Option<Level>,
    pub(super) score: f64,
}

/// Flagged of all.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Share {
    flagged: u32,
    all: u32,
}

/// What is flagged from one level on.
#[derive(Debug, Serialize)]
pub(super) struct At {
    level: &'static str,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
    macro_recall: Option<f64>,
    false_positives_per_10k_random: Option<f64>,
    projected_precision_at_1_in_1000: Option<f64>,
    impostors: BTreeMap<String, Share>,
    legit: BTreeMap<String, Share>,
    grey: BTreeMap<String, Share>,
}

/// Every measure.
#[derive(Debug, Serialize)]
pub(super) struct Scores {
    cases: usize,
    at: Vec<At>,
    /// The best recall of any threshold on the score with precision of at least 0.99.
    recall_at_precision_99: f64,
    /// The best recall of any threshold with at most 10 false positives per 10,000 strangers.
    recall_at_10_per_10k_random: f64,
    average_precision: f64,
}

impl Share {
    fn ratio(self) -> Option<f64> {
        ratio(self.flagged, self.all)
    }
}

fn sum(shares: &BTreeMap<String, Share>) -> Share {
    shares.values().fold(Share::default(), |sum, share| Share {
        flagged: sum.flagged + share.flagged,
        all: sum.all + share.all,
    })
}

impl At {
    fn of(rows: &[Scored<'_>], level: Level) -> At {
        let mut by: BTreeMap<Label, BTreeMap<String, Share>> = BTreeMap::new();
        for row in rows {
            let share = by.entry(row.label).or_default().entry(row.class.to_owned()).or_default();
            share.flagged += u32::from(row.level >= Some(level));
            share.all += 1;
        }
        let mut take = |label| by.remove(&label).unwrap_or_default();
        let (impostors, legit, grey) = (take(Label::Impostor), take(Label::Legit), take(Label::Grey));
        let (right, wrong) = (sum(&impostors), sum(&legit));
        let precision = ratio(right.flagged, right.flagged + wrong.flagged);
        let recall = right.ratio();
        let f1 = precision.zip(recall).map(|(p, r)| if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 });
        let shares: Vec<f64> = impostors.values().filter_map(|share| share.ratio()).collect();
        let classes = u32::try_from(shares.len()).ok().filter(|classes| *classes > 0);
        let strangers = legit.get(STRANGERS).and_then(|share| share.ratio());
        At {
            level: level.as_str(),
            precision,
            recall,
            f1,
            macro_recall: classes.map(|classes| shares.iter().sum::<f64>() / f64::from(classes)),
            false_positives_per_10k_random: strangers.map(|share| 1e4 * share),
            projected_precision_at_1_in_1000: recall.zip(strangers).map(|(recall, strangers)| {
                let found = recall / ONE_IN;
                if found > 0.0 { found / (found + (1.0 - 1.0 / ONE_IN) * strangers) } else { 0.0 }
            }),
            impostors,
            legit,
            grey,
        }
    }

    fn lines(&self) -> Vec<String> {
        let three =
            |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.4}"));
        let list = |shares: &BTreeMap<String, Share>| {
            let one = |(class, share): (&String, &Share)| {
                format!("{class} {}/{} ({} %)", share.flagged, share.all, percent(share.flagged, share.all))
            };
            shares.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let mut lines = vec![
            format!(
                "{} and above: precision {}, recall {}, F1 {}, macro recall {}",
                self.level,
                three(self.precision),
                three(self.recall),
                three(self.f1),
                three(self.macro_recall)
            ),
            format!(
                "  false positives per 10,000 random accounts {}; precision where one account in 1,000 is an impostor {}",
                self.false_positives_per_10k_random
                    .map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}")),
                three(self.projected_precision_at_1_in_1000)
            ),
        ];
        for (title, shares) in [
            ("impostors found", &self.impostors),
            ("rightful accounts flagged", &self.legit),
            ("arguable accounts flagged (not scored)", &self.grey),
        ] {
            if !shares.is_empty() {
                lines.push(format!("  {title}: {}", list(shares)));
            }
        }
        lines
    }
}

impl Scores {
    pub(super) fn of(rows: &[Scored<'_>]) -> Scores {
        let (recall_at_precision_99, recall_at_10_per_10k_random, average_precision) = sweep(rows);
        Scores {
            cases: rows.len(),
            at: [Level::Review, Level::Alert].map(|level| At::of(rows, level)).into(),
            recall_at_precision_99,
            recall_at_10_per_10k_random,
            average_precision,
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} labelled accounts", self.cases)];
        lines.extend(self.at.iter().flat_map(At::lines));
        lines.push(format!(
            "by score: recall at precision 0.99 {:.4}, recall at 10 false positives per 10,000 random accounts {:.4}, average precision {:.4}",
            self.recall_at_precision_99, self.recall_at_10_per_10k_random, self.average_precision
        ));
        lines
    }
}

/// Every threshold on the score in turn, accounts of one score together.
fn sweep(rows: &[Scored<'_>]) -> (f64, f64, f64) {
    let mut ranked: Vec<&Scored<'_>> = rows.iter().filter(|row| row.label != Label::Grey).collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    let count = |which: &dyn Fn(&Scored<'_>) -> bool| {
        u32::try_from(ranked.iter().filter(|row| which(row)).count()).unwrap_or(u32::MAX)
    };
    let impostors = count(&|row| row.label == Label::Impostor);
    let strangers = count(&|row| row.class == STRANGERS);
    let (mut right, mut wrong, mut strange, mut before) = (0, 0, 0, 0.0);
    let (mut at_99, mut at_10, mut average) = (0.0_f64, 0.0_f64, 0.0);
    for group in ranked.chunk_by(|a, b| a.score.total_cmp(&b.score).is_eq()) {
        for row in group {
            right += u32::from(row.label == Label::Impostor);
            wrong += u32::from(row.label == Label::Legit);
            strange += u32::from(row.class == STRANGERS);
        }
        let precision = ratio(right, right + wrong).unwrap_or(1.0);
        let recall = ratio(right, impostors).unwrap_or(0.0);
        if group.first().is_some_and(|row| row.score > 0.0) {
            if precision >= 0.99 {
                at_99 = at_99.max(recall);
            }
            if ratio(strange, strangers).is_some_and(|rate| 1e4 * rate <= 10.0) {
                at_10 = at_10.max(recall);
            }
        }
        average += precision * (recall - before);
        before = recall;
    }
    (at_99, at_10, average)
}
