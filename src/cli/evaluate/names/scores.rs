//! The measures of decisions on names: over posts, and as means over names.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::cli::evaluate::{percent, ratio};

/// Language, name, right answer, answer.
type Row<'a> = (&'a str, &'a str, bool, bool);

/// How decisions compare with labels.
#[derive(Debug, Serialize)]
pub(super) struct Scores {
    /// `all`, or a language.
    of: String,
    posts: u32,
    /// Names with posts of both kinds: means are over these.
    names: u32,
    accuracy: Option<f64>,
    balanced: f64,
    precision: Option<f64>,
    recall: Option<f64>,
    /// The product of the precisions of both kinds, mean over names.
    reliability: f64,
    /// The product of their recalls, mean over names.
    sensitivity: f64,
    /// The mean of each name's harmonic mean of both.
    f_rs: f64,
    #[serde(skip)]
    counts: Counts,
}

/// Decisions by what was right and what was said.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    hit: u32,
    missed: u32,
    wrong: u32,
    refused: u32,
}

impl Counts {
    fn add(&mut self, right: bool, said: bool) {
        let count = match (right, said) {
            (true, true) => &mut self.hit,
            (true, false) => &mut self.missed,
            (false, true) => &mut self.wrong,
            (false, false) => &mut self.refused,
        };
        *count += 1;
    }
}

impl Scores {
    /// Over all posts, then by language.
    pub(super) fn all(rows: &[Row<'_>]) -> Vec<Scores> {
        let languages: BTreeSet<&str> =
            rows.iter().map(|row| row.0).filter(|lang| !lang.is_empty()).collect();
        let mut scores = vec![Scores::of("all", rows)];
        for lang in languages {
            let some: Vec<Row<'_>> = rows.iter().filter(|row| row.0 == lang).copied().collect();
            scores.push(Scores::of(lang, &some));
        }
        scores
    }

    fn of(label: &str, rows: &[Row<'_>]) -> Scores {
        let mut names: BTreeMap<(&str, &str), Counts> = BTreeMap::new();
        let mut counts = Counts::default();
        for (lang, name, right, said) in rows {
            names.entry((lang, name)).or_default().add(*right, *said);
            counts.add(*right, *said);
        }
        let part = |part: u32, whole: u32| ratio(part, whole).unwrap_or_default();
        let (mut balanced, mut reliability, mut sensitivity, mut f_rs, mut both) = (0.0, 0.0, 0.0, 0.0, 0);
        for Counts { hit, missed, wrong, refused } in names.into_values() {
            if hit + missed == 0 || wrong + refused == 0 {
                continue;
            }
            both += 1;
            let (yes, no) = (part(hit, hit + missed), part(refused, refused + wrong));
            let r = part(hit, hit + wrong) * part(refused, refused + missed);
            let s = yes * no;
            balanced += f64::midpoint(yes, no);
            reliability += r;
            sensitivity += s;
            f_rs += if r + s > 0.0 { 2.0 * r * s / (r + s) } else { 0.0 };
        }
        let mean = |sum: f64| if both > 0 { sum / f64::from(both) } else { 0.0 };
        let Counts { hit, missed, wrong, refused } = counts;
        let posts = hit + missed + wrong + refused;
        Scores {
            of: label.to_owned(),
            posts,
            names: both,
            accuracy: ratio(hit + refused, posts),
            balanced: mean(balanced),
            precision: ratio(hit, hit + wrong),
            recall: ratio(hit, hit + missed),
            reliability: mean(reliability),
            sensitivity: mean(sensitivity),
            f_rs: mean(f_rs),
            counts,
        }
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        let Counts { hit, missed, wrong, refused } = self.counts;
        format!(
            "{}: {} posts, {} names, accuracy {}, balanced {:.1}, precision {}, recall {}, R {:.2}, S {:.2}, F(R,S) {:.2}",
            self.of,
            self.posts,
            self.names,
            percent(hit + refused, self.posts),
            100.0 * self.balanced,
            percent(hit, hit + wrong),
            percent(hit, hit + missed),
            self.reliability,
            self.sensitivity,
            self.f_rs
        )
    }
}
