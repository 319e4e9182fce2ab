//! Queries become needles, anchors and lists.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::needs::{Needs, Terms, weight};
use super::{BuildError, Matcher};
use crate::find::{Finder, Needle};
use crate::fold::Folded;
use crate::keyword::{self, Brand};
use crate::query::{Leaf, Node, Query};

/// One brand's query, with the needles of its terms.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) query: Query,
    pub(super) version: String,
    /// Needles and the terms that they serve, in order of the needles.
    pub(super) terms: Box<[(u32, u32)]>,
    /// Whether an alternative of some list is an exclusion: then every one must be asked for itself.
    pub(super) one_by_one: bool,
    /// Terms that may stand where no needle of theirs was found, as they have none. In order.
    pub(super) wordless: Box<[u32]>,
    /// Terms that want exact characters.
    pub(super) exact: Box<[u32]>,
    /// Terms that are context words of a short form.
    pub(super) context: std::ops::Range<u32>,
}

impl Compiled {
    pub(super) fn memory(&self) -> usize {
        let leaves = self.query.leaves().iter().map(|leaf| match leaf {
            Leaf::Words(text) | Leaf::Raw(text) => text.len(),
            Leaf::Condition(condition) => size_of_val(&**condition),
        });
        size_of::<Compiled>()
            + size_of_val(&*self.terms)
            + size_of_val(&*self.wordless)
            + size_of_val(self.query.leaves())
            + self.query.leaves().len() * (size_of::<Node>() + 1)
            + leaves.sum::<usize>()
    }
}

/// Lists of numbers, one after the other.
#[derive(Debug, Default)]
pub(super) struct Lists {
    ends: Box<[u32]>,
    items: Box<[u32]>,
}

impl Lists {
    fn new(mut pairs: Vec<(u32, u32)>, count: u32) -> Lists {
        pairs.sort_unstable();
        pairs.dedup();
        let end = |list| u32::try_from(pairs.partition_point(|(of, _)| *of <= list)).unwrap_or(u32::MAX);
        Lists { ends: (0..count).map(end).collect(), items: pairs.iter().map(|(_, item)| *item).collect() }
    }

    /// How many lists there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.ends) + size_of_val(&*self.items)
    }

    /// The numbers in list `number`.
    pub(super) fn of(&self, number: u32) -> &[u32] {
        let wide = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let place = wide(number);
        let end = self.ends.get(place).copied().map_or(0, wide);
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().map_or(0, wide);
        self.items.get(start..end).unwrap_or_default()
    }
}

/// The needles of all queries, each once.
#[derive(Default)]
struct Needles {
    known: HashMap<Needle, u32>,
    list: Vec<Needle>,
    /// How many terms ask for each.
    uses: Vec<u32>,
    folded: Folded,
}

impl Needles {
    /// The number of the needle that finds `leaf`; a condition, or exact signs without a word, has none.
    fn of(&mut self, leaf: &Leaf) -> Option<u32> {
        let needle = leaf.needle(&mut self.folded)?;
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let Needles { known, list, uses, .. } = self;
        let number = *known.entry(needle).or_insert_with_key(|needle| {
            list.push(needle.clone());
            uses.push(0);
            next
        });
        if let Some(uses) = usize::try_from(number).ok().and_then(|number| uses.get_mut(number)) {
            *uses += 1;
        }
        Some(number)
    }
}

/// Whether an alternative of some list is an exclusion.
fn has_negated_alternative(node: &Node) -> bool {
    match node {
        Node::Leaf(_) | Node::Near(_) => false,
        Node::Not(inner) => has_negated_alternative(inner),
        Node::And(nodes) => nodes.iter().any(has_negated_alternative),
        Node::Or(nodes) => {
            nodes.iter().any(|node| matches!(node, Node::Not(_)) || has_negated_alternative(node))
        }
    }
}

/// Compiles the queries of all `brands`.
pub(super) fn compile(brands: &[Brand]) -> Result<Matcher, BuildError> {
    let mut needles = Needles::default();
    let mut anchored: Vec<(u32, u32)> = Vec::new();
    let mut always = Vec::new();
    let mut queries = Vec::with_capacity(brands.len());
    for brand in brands {
        let query = brand.query().map_err(|refused| BuildError::Query(brand.id.clone(), refused))?;
        let needle_of: Vec<Option<u32>> = query.leaves().iter().map(|leaf| needles.of(leaf)).collect();
        queries.push((query, needle_of));
    }
    if needles.list.len() > Finder::LIMIT {
        return Err(BuildError::TooMany(needles.list.len()));
    }
    let weights: Vec<f64> =
        needles.list.iter().zip(&needles.uses).map(|(needle, uses)| weight(needle, *uses)).collect();
    let mut groups = Vec::with_capacity(queries.len());
    for ((query, needle_of), place) in queries.iter().zip(0..) {
        let (anchors, others) = Terms { query, needle_of, weights: &weights }.groups();
        match anchors {
            Some(found) => anchored.extend(found.into_iter().map(|needle| (needle, place))),
            None => always.push(place),
        }
        groups.push(others);
    }
    // Anchors come first.
    let mut is_anchor = vec![false; needles.list.len()];
    for (needle, _) in &anchored {
        if let Some(mark) = usize::try_from(*needle).ok().and_then(|needle| is_anchor.get_mut(needle)) {
            *mark = true;
        }
    }
    let mut order: Vec<usize> = (0..needles.list.len()).collect();
    order.sort_by_key(|needle| !is_anchor.get(*needle).copied().unwrap_or_default());
    let mut number = vec![0_u32; needles.list.len()];
    for (new, old) in order.iter().enumerate() {
        if let Some(number) = number.get_mut(*old) {
            *number = u32::try_from(new).unwrap_or(u32::MAX);
        }
    }
    let renumber =
        |needle: u32| usize::try_from(needle).ok().and_then(|at| number.get(at)).copied().unwrap_or(u32::MAX);
    for (needle, _) in &mut anchored {
        *needle = renumber(*needle);
    }
    let mut needs = Needs::default();
    groups.iter().for_each(|groups| needs.push(groups, renumber));
    let count = is_anchor.iter().filter(|anchor| **anchor).count();
    let (first, rest) = order.split_at_checked(count).unwrap_or_default();
    let pick = |places: &[usize]| Finder::new(places.iter().filter_map(|place| needles.list.get(*place)));
    let (anchors, others) = (pick(first), pick(rest));
    let compiled = queries.into_iter().zip(brands).map(|((query, needle_of), brand)| {
        let leaves = 0_u32..;
        let mut terms: Vec<(u32, u32)> = needle_of
            .iter()
            .zip(leaves)
            .filter_map(|(needle, leaf)| Some((renumber((*needle)?), leaf)))
            .collect();
        terms.sort_unstable();
        Compiled {
            version: version(brand, &query),
            one_by_one: has_negated_alternative(query.root()),
            wordless: needle_of
                .iter()
                .zip(0..)
                .filter(|(needle, _)| needle.is_none())
                .map(|(_, leaf)| leaf)
                .collect(),
            exact: query
                .leaves()
                .iter()
                .zip(0..)
                .filter(|(leaf, _)| matches!(leaf, Leaf::Raw(_)))
                .map(|(_, leaf)| leaf)
                .collect(),
            context: context(brand),
            terms: terms.into(),
            query,
        }
    });
    Ok(Matcher {
        queries: compiled.collect(),
        anchored: Lists::new(anchored, u32::try_from(count).unwrap_or(u32::MAX)),
        anchors,
        others,
        always,
        needs,
        brands: brands.to_vec(),
    })
}

/// Which terms of a short form are context words.
fn context(brand: &Brand) -> std::ops::Range<u32> {
    if brand.query.is_some() {
        return 0..0;
    }
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let good = |words: &[String]| words.iter().filter(|word| keyword::term(word).is_ok()).count();
    let keywords = good(&brand.keywords);
    number(keywords)..number(keywords + good(&brand.context))
}

/// A short hash of everything that decides what is a mention of `brand`.
fn version(brand: &Brand, query: &Query) -> String {
    let mut hash = Sha256::new();
    if brand.query.is_some() {
        hash.update(query.to_string().as_bytes());
    } else {
        for words in [&brand.keywords, &brand.context, &brand.unless] {
            for word in words {
                hash.update(word.as_bytes());
                hash.update([0]);
            }
            hash.update([1]);
        }
    }
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
