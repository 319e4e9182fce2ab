//! `vigie evaluate impostors`: labelled accounts held against brands.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Case, Cases, reason};
use crate::cli::Usage;
use crate::impostor::{Beside, Level, Lookout, Picture, Signal, Stance};
use crate::keyword::{Brand, BrandId, OfficialAccount};
use crate::post::{Author, NetworkName};
use crate::time::Time;

mod score;

use score::{Scored, Scores};

#[derive(Debug, Args)]
pub(super) struct Impostors {
    #[command(flatten)]
    cases: Cases,
    /// The brands that the cases name: a JSON object, by brand
    #[arg(long, value_name = "BRANDS.json")]
    brands: PathBuf,
}

/// What is known of a brand.
#[derive(Debug, Deserialize)]
pub(super) struct Known {
    display_name: String,
    #[serde(default)]
    official: Vec<String>,
    #[serde(default)]
    partners: Vec<String>,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(default)]
    name_has_other_sense: bool,
    avatar_hash: Option<String>,
}

impl Known {
    /// As a brand file would say it.
    pub(super) fn brand(&self, id: &str) -> Brand {
        let accounts = |list: &[String]| list.iter().map(|handle| account(handle)).collect();
        Brand {
            id: BrandId(id.into()),
            official: accounts(&self.official),
            partners: accounts(&self.partners),
            domains: self.domains.iter().map(|domain| domain.to_lowercase()).collect(),
            other_sense: self.name_has_other_sense,
            ..Brand::named(&self.display_name, true)
        }
    }
}

/// A handle that holds on every network, or `network:handle`.
fn account(text: &str) -> OfficialAccount {
    let (network, handle) = match text.split_once(':') {
        Some((network, handle)) => (Some(NetworkName(network.trim().to_lowercase().into())), handle),
        None => (None, text),
    };
    OfficialAccount { network, handle: handle.trim().trim_start_matches('@').to_owned() }
}

/// One account, and what it is where somebody knows.
#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    brand: String,
    #[serde(default)]
    official: Vec<String>,
    candidate: Candidate,
    label: Option<Label>,
    class: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Label {
    Impostor,
    Legit,
    Grey,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Candidate {
    network: String,
    handle: Option<String>,
    display_name: Option<String>,
    bio: Option<String>,
    created_at: Option<String>,
    followers: Option<u64>,
    avatar_hash: Option<String>,
    verified: Option<bool>,
    verified_links: Vec<String>,
    instance: Option<String>,
}

impl Candidate {
    fn author(&self) -> Author {
        let handle = match (&self.handle, &self.instance) {
            (Some(handle), Some(instance)) => Some(format!("{handle}@{instance}")),
            (handle, _) => handle.clone(),
        };
        Author {
            native_id: handle.clone().unwrap_or_default(),
            handle,
            display_name: self.display_name.clone(),
            bio: self.bio.clone(),
            created: self.created(),
            followers: self.followers,
            verified: self.verified,
            verified_links: self.verified_links.clone(),
            ..Author::default()
        }
    }

    fn created(&self) -> Option<Time> {
        Time::parse(self.created_at.as_deref()?)
    }
}

impl Case for Row {
    fn id(&self) -> &str {
        &self.id
    }
}

/// One answer.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a str,
    /// From 0 to 1; 0.5 where the list begins.
    score: f64,
    level: &'static str,
    signals: Vec<Signal>,
}

impl Impostors {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let rows: Vec<Row> = self.cases.read()?;
        let known = read_brands(&self.brands)?;
        let mut lookouts: HashMap<(&str, &[String]), Lookout> = HashMap::new();
        // The moment at which accounts are looked at: that of the youngest.
        let now = rows.iter().filter_map(|row| row.candidate.created()).max();
        let mut answers = Vec::with_capacity(rows.len());
        for row in &rows {
            let key = (row.brand.as_str(), row.official.as_slice());
            let lookout = match lookouts.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let brand = known.get(&row.brand).ok_or_else(|| {
                        let file = self.brands.display();
                        Usage(format!("case \"{}\": {file} holds no brand \"{}\"", row.id, row.brand))
                    })?;
                    place.insert(lookout(&row.brand, brand, &row.official)?)
                }
            };
            let picture = picture(&row.id, row.candidate.avatar_hash.as_deref())?;
            let network = NetworkName(row.candidate.network.to_lowercase().into());
            let stance = lookout.stance(&network, &row.candidate.author(), Beside { picture, now });
            answers.push(answer(&row.id, &stance));
        }
        let labelled = rows.iter().any(|row| row.label.is_some());
        let scores = labelled.then(|| {
            let scored: Vec<Scored<'_>> =
                rows.iter().zip(&answers).filter_map(|(row, answer)| scored(row, answer)).collect();
            let scores = Scores::of(&scored);
            let lines = scores.lines();
            (scores, lines)
        });
        self.cases.report(&answers, scores)
    }
}

fn scored<'a>(row: &'a Row, answer: &Answer<'_>) -> Option<Scored<'a>> {
    Some(Scored {
        label: row.label?,
        class: row.class.as_deref().unwrap_or("unclassified"),
        level: match answer.level {
            "alert" => Some(Level::Alert),
            "review" => Some(Level::Review),
            "watch" => Some(Level::Watch),
            _ => None,
        },
        score: answer.score,
    })
}

/// Reads the brands that cases name.
pub(super) fn read_brands(file: &Path) -> anyhow::Result<BTreeMap<String, Known>> {
    let name = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|error| Usage(format!("failed to read {name}: {error}")))?;
    let brands: BTreeMap<String, Known> = serde_json::from_str(&text)
        .map_err(|error| Usage(format!("{name}:{}: {}", error.line(), reason(&error))))?;
    Ok(brands)
}

fn lookout(id: &str, known: &Known, more: &[String]) -> anyhow::Result<Lookout> {
    let mut brand = known.brand(id);
    brand.official.extend(more.iter().filter(|handle| !known.official.contains(handle)).map(|h| account(h)));
    let pictures = picture(id, known.avatar_hash.as_deref())?.into_iter().collect();
    Ok(Lookout::new(&[brand]).with_pictures(HashMap::from([(BrandId(id.into()), pictures)])))
}

fn picture(of: &str, hash: Option<&str>) -> anyhow::Result<Option<Picture>> {
    let read = |hash: &str| {
        hash.parse::<Picture>().map_err(|error| Usage(format!("\"{of}\": avatar_hash: {error}")).into())
    };
    hash.filter(|hash| !hash.is_empty()).map(read).transpose()
}

fn answer<'a>(id: &'a str, stance: &Stance) -> Answer<'a> {
    if let Some((_, why)) = &stance.acquitted {
        let acquitted = Signal {
            name: format!("acquitted_{}", why.as_str()),
            points: 0,
            raw: String::new(),
            folded: String::new(),
        };
        return Answer { id, score: 0.0, level: "none", signals: vec![acquitted] };
    }
    match stance.suspicions().into_iter().next() {
        Some(suspicion) => Answer {
            id,
            score: suspicion.probability(),
            level: suspicion.level.as_str(),
            signals: suspicion.signals,
        },
        None => Answer { id, score: 0.0, level: "none", signals: Vec::new() },
    }
}
