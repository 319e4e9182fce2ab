//! How sure it is that a mention is about its brand: nothing is doubted but names that mean something else too, and what
//! people have doubted.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::HashMap as Quick;

use crate::fold;
use crate::keyword::{self, Brand, BrandId};
use crate::matcher;
use crate::post::Post;
use crate::query::Leaf;
use crate::relevance::{Label, Relevance, Scale, Sense, Weights};

/// What is thought of one mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// How sure it is, and why.
    pub relevance: Relevance,
    /// Whether that is under the brand's threshold.
    pub doubtful: bool,
}

impl Default for Weighed {
    /// Beyond doubt.
    fn default() -> Weighed {
        Weighed { relevance: Relevance::sure("the name means nothing else"), doubtful: false }
    }
}

impl Weighed {
    /// As a person said.
    pub fn said(relevant: bool) -> Weighed {
        let permille = if relevant { 1000 } else { 0 };
        Weighed {
            relevance: Relevance { permille, rule: "said by a person".to_owned() },
            doubtful: !relevant,
        }
    }
}

/// The words of a post, all its parts, each a line.
pub fn words(post: &Post) -> String {
    let mut parts = matcher::fields(post).map(|(_, text)| text);
    let first = parts.next().map(Cow::into_owned).unwrap_or_default();
    parts.fold(first, |all, part| all + "\n" + &part)
}

/// One brand as it is weighed.
#[derive(Debug)]
struct Standard {
    /// Its keywords that mean something else too, folded.
    ambiguous: HashSet<String>,
    /// Whether its keywords do, as they are written.
    doubted: Quick<String, bool>,
    /// For mentions by these alone.
    scale: Scale,
    /// For all others.
    trusting: Scale,
}

/// The scales of all brands, each made when its first mention comes.
#[derive(Debug, Default)]
pub struct Scales {
    labels: HashMap<BrandId, Vec<Label>>,
    made: Mutex<Quick<BrandId, Arc<Standard>>>,
}

impl Scales {
    /// With what people have said, oldest first.
    pub fn taught(labels: HashMap<BrandId, Vec<Label>>) -> Scales {
        Scales { labels, made: Mutex::default() }
    }

    /// Weighs a mention of `brand` found by `keywords` in `text`.
    pub fn weigh(&self, brand: &Brand, keywords: &[&str], text: &str) -> Weighed {
        let standard = self.standard(brand);
        let doubted = !keywords.is_empty() && keywords.iter().all(|keyword| standard.doubts(keyword));
        let scale = if doubted { &standard.scale } else { &standard.trusting };
        let relevance = scale.weigh(text);
        let doubtful = relevance.permille < brand.threshold;
        Weighed { relevance, doubtful }
    }

    fn standard(&self, brand: &Brand) -> Arc<Standard> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(standard) = made.get(&brand.id) {
            return Arc::clone(standard);
        }
        let labels = self.labels.get(&brand.id).map(Vec::as_slice).unwrap_or_default();
        Arc::clone(made.entry(brand.id.clone()).or_insert_with(|| Arc::new(Standard::new(brand, labels))))
    }
}

impl Standard {
    fn doubts(&self, keyword: &str) -> bool {
        let known = self.doubted.get(keyword).copied();
        known.unwrap_or_else(|| self.ambiguous.contains(&fold::fold(keyword)))
    }

    fn new(brand: &Brand, labels: &[Label]) -> Standard {
        let name = fold::fold(&brand.name);
        let doubted = |keyword: &&String| {
            keyword::is_ambiguous(keyword) || brand.other_sense && fold::fold(keyword) == name
        };
        let wanted = wanted(brand);
        let ambiguous: Vec<&String> = wanted.iter().filter(doubted).collect();
        let context: Vec<&str> = brand.context.iter().map(String::as_str).collect();
        let sense = |names: &[&String]| {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            Sense::new(&names, brand.about.as_deref().unwrap_or(&brand.name), &context)
        };
        let all: Vec<&String> = wanted.iter().collect();
        let scale = Scale::new(sense(&ambiguous), Weights::shipped().clone());
        let trusting = Scale::new(sense(&all), Weights::shipped().clone()).trusting();
        let folded: HashSet<String> = ambiguous.iter().map(|keyword| fold::fold(keyword)).collect();
        let doubts = |keyword: &String| (keyword.clone(), folded.contains(&fold::fold(keyword)));
        Standard {
            doubted: wanted.iter().map(doubts).collect(),
            ambiguous: folded,
            scale: scale.taught(labels),
            trusting: trusting.taught(labels),
        }
    }
}

/// The names that a brand is found by: its keywords, or the words that its query wants.
fn wanted(brand: &Brand) -> Vec<String> {
    let Some(query) = brand.query.as_ref().and_then(|_| brand.query().ok()) else {
        return brand.keywords.clone();
    };
    let leaves = query.leaves().iter().zip(0_u32..).filter(|(_, number)| !query.excludes(*number));
    leaves
        .filter_map(|(leaf, _)| match leaf {
            Leaf::Words(words) => Some(words.to_string()),
            Leaf::Raw(_) | Leaf::Condition(_) => None,
        })
        .collect()
}
