//! `vigie evaluate names`: whether posts with an ambiguous name are about the brand, beside what people say.

mod scores;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};

use self::scores::Scores;
use super::{Case, Cases};
use crate::cli::Usage;
use crate::relevance::{self, Example, Facts, Label, Relevance, Scale, Sense, Weights};

#[derive(Debug, Args)]
pub(super) struct Names {
    #[command(flatten)]
    cases: Cases,
    /// Take this many labels of each name, the most doubtful post first, and judge the rest
    #[arg(long, value_name = "N", default_value_t = 0)]
    labels: usize,
    /// Decides which of equally doubtful posts is asked for first
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Judge each name by weights learned on the other names of the file, instead of the shipped ones
    #[arg(long)]
    leave_out: bool,
    /// Learn weights from all cases, and write them here
    #[arg(long, value_name = "FILE")]
    learn: Option<PathBuf>,
}

/// One post with a name.
#[derive(Debug, Deserialize)]
struct Post {
    id: String,
    /// The name as tracked.
    surface: String,
    /// What it means to its brand.
    entity: String,
    text: String,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    relevant: Option<bool>,
}

impl Case for Post {
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a str,
    relevant: bool,
    relevance: f64,
}

impl Names {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut posts = self.cases.read::<Post>()?;
        let labelled = posts.iter().filter(|post| post.relevant.is_some()).count();
        if labelled == 0 && (self.labels > 0 || self.leave_out || self.learn.is_some()) {
            let name = self.cases.file.display();
            return Err(Usage(format!(
                "{name}: no case has a label (\"relevant\": true or false) to learn from"
            ))
            .into());
        }
        let learning = self.leave_out || self.learn.is_some();
        let examples = if learning { examples(&posts) } else { Vec::new() };
        if let Some(file) = &self.learn {
            let table = Weights::learn(&examples.iter().collect::<Vec<_>>()).write();
            std::fs::write(file, table).with_context(|| format!("failed to write {}", file.display()))?;
        }
        let order: Vec<String> = posts.iter().map(|post| post.id.clone()).collect();
        fastrand::Rng::with_seed(self.seed).shuffle(&mut posts);
        let mut judged: BTreeMap<&str, Relevance> = BTreeMap::new();
        for name in by_name(&posts) {
            judged.extend(self.judge(&examples, &name));
        }
        let answers: Vec<Answer<'_>> = order
            .iter()
            .filter_map(|id| judged.get_key_value(id.as_str()))
            .map(|(id, relevance)| Answer {
                id,
                relevant: relevance.permille >= 500,
                relevance: relevance.share(),
            })
            .collect();
        let rows = posts.iter().filter_map(|post| {
            let said = judged.get(post.id.as_str())?.permille >= 500;
            Some((post.lang.as_deref().unwrap_or_default(), post.surface.as_str(), post.relevant?, said))
        });
        let scores = (labelled > 0).then(|| Scores::all(&rows.collect::<Vec<_>>()));
        let scores = scores.map(|scores| {
            let lines = scores.iter().map(Scores::line).collect();
            (scores, lines)
        });
        self.cases.report(&answers, scores)
    }

    /// Judges the posts of one name; those whose label was asked for are left out.
    fn judge<'p>(&self, examples: &[Example], name: &[&'p Post]) -> Vec<(&'p str, Relevance)> {
        let Some(first) = name.first() else { return Vec::new() };
        let weights = if self.leave_out {
            Weights::learn(
                &examples.iter().filter(|example| example.name != first.surface).collect::<Vec<_>>(),
            )
        } else {
            Weights::shipped().clone()
        };
        let mut scale = Scale::new(Sense::new(&[&first.surface], &first.entity, &[]), weights);
        let mut rest: Vec<(&Post, Facts)> =
            name.iter().map(|post| (*post, scale.facts(&post.text))).collect();
        let mut labels: Vec<Label> = Vec::new();
        while labels.len() < self.labels {
            let askable: Vec<usize> = (0..rest.len())
                .filter(|at| rest.get(*at).is_some_and(|(post, _)| post.relevant.is_some()))
                .collect();
            let thought: Vec<Relevance> = askable
                .iter()
                .filter_map(|at| rest.get(*at))
                .map(|(_, facts)| scale.weigh_facts(facts))
                .collect();
            let Some(at) = relevance::most_doubtful(&thought).and_then(|place| askable.get(place)) else {
                break;
            };
            let (post, _) = rest.remove(*at);
            labels.push(Label { text: post.text.clone(), relevant: post.relevant.unwrap_or_default() });
            scale = scale.taught(&labels);
        }
        rest.iter().map(|(post, facts)| (post.id.as_str(), scale.weigh_facts(facts))).collect()
    }
}

/// The posts of each name, in the order in which names come.
fn by_name(posts: &[Post]) -> Vec<Vec<&Post>> {
    let mut names: BTreeMap<(&str, &str), Vec<&Post>> = BTreeMap::new();
    for post in posts {
        names.entry((&post.surface, &post.entity)).or_default().push(post);
    }
    names.into_values().collect()
}

/// Labelled posts to learn from.
fn examples(posts: &[Post]) -> Vec<Example> {
    posts
        .iter()
        .filter_map(|post| {
            let sense = Sense::new(&[&post.surface], &post.entity, &[]);
            Some(Example {
                name: post.surface.clone(),
                facts: relevance::facts(&sense, &post.text),
                relevant: post.relevant?,
            })
        })
        .collect()
}
