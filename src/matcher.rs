//! Matching: one pass over a post finds every term of every brand, and the brand's query decides what is
//! a mention. Knows texts and brands; knows nothing of clocks, disks or networks.
//!
//! Every query has anchors: terms of which one must stand in a post for the query to hold. They alone are looked for
//! in every post; all other terms only where an anchor stands, and only those queries are asked.

mod compile;
mod evaluate;
mod near;
mod needs;
mod raw;
mod reading;
mod trace;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::find::{Finder, Hit};
use crate::fold::Folded;
use crate::keyword::{Brand, BrandId};
use crate::post::Post;

pub use trace::Branch;

use compile::Compiled;
use evaluate::Evaluation;
use needs::{Needs, Seen};
use reading::Reading;

/// Tags kept of one brand in one post: more of them say nothing new, and a hostile post has thousands.
const TAGS: usize = 64;

/// Places noted in one post, whatever they are; beyond these, only the first of each further string is.
const HITS: usize = 2_048;

/// The part of a post in which something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The title.
    Title,
    /// The text.
    Text,
    /// The summary beside the text.
    Summary,
    /// The texts that describe its pictures, one a line.
    Alt,
}

/// The parts of a post that are searched, with the text of each.
pub fn fields(post: &Post) -> impl Iterator<Item = (Field, std::borrow::Cow<'_, str>)> {
    use std::borrow::Cow;
    [Field::Title, Field::Text, Field::Summary, Field::Alt].into_iter().filter_map(|field| {
        let text = match field {
            Field::Title => post.title.as_deref()?.into(),
            Field::Text => post.text.as_str().into(),
            Field::Summary => post.summary.as_deref()?.into(),
            Field::Alt => {
                let mut texts = post.media.iter().filter_map(|media| media.alt.as_deref());
                let first = Cow::Borrowed(texts.next()?);
                texts.fold(first, |all, text| all + "\n" + text)
            }
        };
        Some((field, text))
    })
}

/// One term found at one place of one post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The term as it stands in the brand's file.
    pub keyword: String,
    /// The part of the post.
    pub field: Field,
    /// Where it starts in that part, in bytes of the original text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Why a post is, or is not, a mention of a brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is one.
    Mention,
    /// No keyword of the brand stands in it.
    NoKeyword,
    /// A keyword does, but something asked for beside it is missing.
    NoContext,
    /// It would be one, but for something excluded.
    Excluded,
}

/// What one brand's query says of a post, with everything it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The brand.
    pub brand: BrandId,
    /// The version of its query: the same query gives the same version.
    pub version: String,
    /// What was decided.
    pub decision: Decision,
    /// The part of the query that held, as a query; empty when it is no mention.
    pub trace: String,
    /// Keywords found; of a query every wanted term found.
    pub tags: Vec<Tag>,
    /// Context words found.
    pub context: Vec<Tag>,
    /// Excluding words found.
    pub unless: Vec<Tag>,
}

/// The brands cannot be made into a matcher.
#[derive(Debug, Error)]
pub enum BuildError {
    /// There are too many.
    #[error("failed to build the matcher: {0} keywords are more than it can number")]
    TooMany(usize),
    /// A query that was never read.
    #[error("failed to read the query of {0}:\n{1}")]
    Query(BrandId, crate::query::Refused),
}

/// Buffers that are used again from post to post.
#[derive(Debug, Default)]
pub struct Scratch {
    folded: Vec<Folded>,
    hits: Vec<Found>,
    seen: Seen,
    asked: Vec<u32>,
}

/// A term found in one of the parts of a post.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// Which part, as a place in the list of those that the post has.
    part: usize,
    hit: Hit,
}

/// All brands, compiled.
#[derive(Debug)]
pub struct Matcher {
    /// Finds the anchors: needles 0 to `anchored.len()`.
    anchors: Finder,
    /// Finds the other terms, whose numbers follow.
    others: Finder,
    /// For each anchor, the queries that it may make hold.
    anchored: compile::Lists,
    /// Queries without an anchor, which are asked of every post.
    always: Vec<u32>,
    /// What else must be found for each query to be asked.
    needs: Needs,
    queries: Vec<Compiled>,
    brands: Vec<Brand>,
}

impl Matcher {
    /// Compiles the queries of all `brands`.
    ///
    /// # Errors
    /// When there are more terms than a finder can number, or a query cannot be read.
    pub fn new(brands: &[Brand]) -> Result<Matcher, BuildError> {
        compile::compile(brands)
    }

    /// The brands it was built from.
    pub fn brands(&self) -> &[Brand] {
        &self.brands
    }

    /// The brand with this identity.
    pub fn brand(&self, id: &BrandId) -> Option<&Brand> {
        self.brands.iter().find(|brand| brand.id == *id)
    }

    /// The version of a brand's query: the same query gives the same version.
    pub fn version(&self, id: &BrandId) -> &str {
        let place = self.brands.iter().position(|brand| brand.id == *id);
        place.and_then(|place| self.queries.get(place)).map_or("", |compiled| compiled.version.as_str())
    }

    /// The query of a brand.
    pub fn query(&self, id: &BrandId) -> Option<&crate::query::Query> {
        let place = self.brands.iter().position(|brand| brand.id == *id)?;
        self.queries.get(place).map(|compiled| &compiled.query)
    }

    /// Bytes of memory that its queries and finders hold, about.
    pub fn memory(&self) -> usize {
        self.anchors.memory()
            + self.others.memory()
            + self.anchored.memory()
            + self.needs.memory()
            + self.queries.iter().map(Compiled::memory).sum::<usize>()
    }

    /// Whether any brand could have a mention in a post with these texts: one of its anchors stands in one of them.
    pub fn finds_any<'t>(&self, mut texts: impl Iterator<Item = &'t str>, scratch: &mut Scratch) -> bool {
        if scratch.folded.is_empty() {
            scratch.folded.push(Folded::default());
        }
        let Some(folded) = scratch.folded.first_mut() else { return true };
        !self.always.is_empty()
            || texts.any(|text| {
                folded.fold(text);
                self.anchors.finds_any(folded)
            })
    }

    /// The brands that `post`, which `source` brought, is a mention of; none for nearly all posts, and then nothing
    /// was allocated.
    pub fn mentions(&self, post: &Post, source: &str, scratch: &mut Scratch) -> Vec<Verdict> {
        let parts = self.look(&self.anchors, post, scratch);
        if scratch.hits.is_empty() && self.always.is_empty() {
            return Vec::new();
        }
        if !self.asks_any(parts, scratch) {
            return Vec::new();
        }
        let reading = Reading::new(post, source, &scratch.folded);
        let mut verdicts = Vec::new();
        for place in &scratch.asked {
            let place = usize::try_from(*place).unwrap_or(usize::MAX);
            let (Some(compiled), Some(brand)) = (self.queries.get(place), self.brands.get(place)) else {
                continue;
            };
            let evaluation = Evaluation::new(compiled, &reading, &scratch.hits);
            if evaluation.holds() {
                verdicts.push(evaluation.verdict(brand));
            }
        }
        verdicts
    }

    /// Gathers the queries that could hold by what was found; looks again for the other terms when there are any.
    fn asks_any(&self, parts: usize, scratch: &mut Scratch) -> bool {
        let anchors = self.anchored.len();
        let count = self.anchors.len() + self.others.len();
        scratch.asked.clear();
        scratch.asked.extend(&self.always);
        for found in &scratch.hits {
            scratch.asked.extend(self.anchored.of(found.hit.needle));
        }
        scratch.seen.note(&scratch.hits, count);
        scratch.asked.retain(|place| self.needs.allow(*place, &scratch.seen, anchors));
        if scratch.asked.is_empty() {
            scratch.seen.forget(&scratch.hits);
            return false;
        }
        self.look_again(parts, scratch);
        scratch.seen.note(&scratch.hits, count);
        scratch.asked.retain(|place| self.needs.allow(*place, &scratch.seen, u32::MAX));
        scratch.seen.forget(&scratch.hits);
        scratch.asked.sort_unstable();
        scratch.asked.dedup();
        !scratch.asked.is_empty()
    }

    /// What every brand of which anything was found says of `post`, mention or not.
    pub fn judge(&self, post: &Post, source: &str, scratch: &mut Scratch) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        self.each(post, source, scratch, |brand, evaluation| {
            if evaluation.holds() || evaluation.found_any() {
                verdicts.push(evaluation.verdict(brand));
            }
        });
        verdicts
    }

    /// The query of one brand as a tree, every branch with what `post` says to it.
    pub fn explain(&self, id: &BrandId, post: &Post, source: &str, scratch: &mut Scratch) -> Option<Branch> {
        let mut tree = None;
        self.each(post, source, scratch, |brand, evaluation| {
            if brand.id == *id {
                tree = Some(evaluation.tree());
            }
        });
        tree
    }

    fn each(
        &self,
        post: &Post,
        source: &str,
        scratch: &mut Scratch,
        mut each: impl FnMut(&Brand, &Evaluation<'_>),
    ) {
        let parts = self.look(&self.anchors, post, scratch);
        self.look_again(parts, scratch);
        let reading = Reading::new(post, source, &scratch.folded);
        for (compiled, brand) in self.queries.iter().zip(&self.brands) {
            each(brand, &Evaluation::new(compiled, &reading, &scratch.hits));
        }
    }

    /// Folds every part of the post and notes what `finder` finds; the number of parts.
    fn look(&self, finder: &Finder, post: &Post, scratch: &mut Scratch) -> usize {
        let Scratch { folded, hits, .. } = scratch;
        hits.clear();
        let mut parts = 0;
        for (_, text) in fields(post) {
            if folded.len() == parts {
                folded.push(Folded::default());
            }
            if let Some(folded) = folded.get_mut(parts) {
                folded.fold(&text);
                note(finder, folded, parts, 0, hits);
            }
            parts += 1;
        }
        parts
    }

    /// Notes what else stands in the parts folded, and orders everything by needle and place.
    fn look_again(&self, parts: usize, scratch: &mut Scratch) {
        let Scratch { folded, hits, .. } = scratch;
        let first = self.anchored.len();
        if !self.others.is_empty() {
            for (part, folded) in folded.iter().take(parts).enumerate() {
                note(&self.others, folded, part, first, hits);
            }
        }
        hits.sort_unstable_by_key(|found| (found.hit.needle, found.part, found.hit.start, found.hit.end));
    }
}

/// Adds to `hits` what `finder` finds in one part, with `first` added to the numbers of its needles.
fn note(finder: &Finder, folded: &Folded, part: usize, first: u32, hits: &mut Vec<Found>) {
    finder.find(folded, |hit| {
        let hit = Hit { needle: hit.needle + first, ..*hit };
        let known = || hits.iter().take(HITS).any(|one| one.hit.needle == hit.needle);
        if hits.len() < HITS || !known() {
            hits.push(Found { part, hit });
        }
        true
    });
}

/// Of tags that overlap, the longest: what is shown in brackets or in bold. In order of place.
pub fn longest(tags: &[Tag], field: Field) -> Vec<&Tag> {
    let mut kept: Vec<&Tag> = Vec::new();
    let mut inside: Vec<&Tag> = tags.iter().filter(|tag| tag.field == field && tag.start < tag.end).collect();
    inside.sort_by_key(|tag| (std::cmp::Reverse(tag.end - tag.start), tag.start));
    for tag in inside {
        if kept.iter().all(|other| tag.end <= other.start || other.end <= tag.start) {
            kept.push(tag);
        }
    }
    kept.sort_by_key(|tag| tag.start);
    kept
}

#[cfg(test)]
mod tests;
