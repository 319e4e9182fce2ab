//! One query and one post: whether it holds, and what it found.

use std::ops::Range;

use super::compile::Compiled;
use super::near::{self, Spot};
use super::reading::Reading;
use super::{Decision, Found, TAGS, Tag, Verdict};
use crate::find::{Hit, Sign};
use crate::fold::{Folded, Kind};
use crate::keyword::Brand;
use crate::query::{Leaf, Near, Node};

/// A query being asked of a post.
pub(super) struct Evaluation<'a> {
    pub(super) compiled: &'a Compiled,
    pub(super) reading: &'a Reading<'a>,
    hits: &'a [Found],
    /// Terms of which something may have been found, in their order, each with its stretch of `hits`.
    found: Vec<(u32, Range<usize>)>,
}

/// Where a term stands in a post.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) part: usize,
    /// In bytes of the original.
    pub(super) range: Range<usize>,
    /// What was found there; nothing where a term without words stands.
    hit: Option<Hit>,
}

impl<'a> Evaluation<'a> {
    /// `hits` are in the order of their needles.
    pub(super) fn new(compiled: &'a Compiled, reading: &'a Reading<'a>, hits: &'a [Found]) -> Evaluation<'a> {
        let mut found = Vec::new();
        let mut start = 0;
        for same in hits.chunk_by(|a, b| a.hit.needle == b.hit.needle) {
            let end = start + same.len();
            let needle = same.first().map_or(0, |one| one.hit.needle);
            let first = compiled.terms.partition_point(|(of, _)| *of < needle);
            let terms = compiled.terms.iter().skip(first).take_while(|(of, _)| *of == needle);
            found.extend(terms.map(|(_, leaf)| (*leaf, start..end)));
            start = end;
        }
        found.sort_unstable_by_key(|(leaf, _)| *leaf);
        Evaluation { compiled, reading, hits, found }
    }

    /// Whether the query holds.
    pub(super) fn holds(&self) -> bool {
        self.truth(self.compiled.query.root(), false)
    }

    /// Whether any of its terms, wanted or not, stands in the post.
    pub(super) fn found_any(&self) -> bool {
        self.found.iter().any(|(leaf, _)| self.stands(*leaf))
    }

    /// Whether a branch holds; with `kindly`, as if nothing were excluded.
    pub(super) fn truth(&self, node: &Node, kindly: bool) -> bool {
        match node {
            Node::Leaf(leaf) => self.stands(*leaf),
            Node::Not(inner) => kindly || !self.truth(inner, kindly),
            Node::And(nodes) => nodes.iter().all(|node| self.truth(node, kindly)),
            Node::Or(nodes) => match terms(nodes).filter(|_| !self.compiled.one_by_one) {
                // Long lists are asked only for what was found.
                Some(leaves) => self.standing(leaves).next().is_some(),
                None => nodes.iter().any(|node| self.truth(node, kindly)),
            },
            Node::Near(near) => self.gap(near).is_some_and(|gap| gap <= near.within),
        }
    }

    /// Which of these terms stand in the post; found without a look at the others.
    fn standing(&self, leaves: Range<u32>) -> impl Iterator<Item = u32> {
        let end = leaves.end;
        let first = self.found.partition_point(|(leaf, _)| *leaf < leaves.start);
        let found = self.found.iter().skip(first).map(|(leaf, _)| *leaf).take_while(move |leaf| *leaf < end);
        let first = self.compiled.wordless.partition_point(|leaf| *leaf < leaves.start);
        let wordless = self.compiled.wordless.iter().skip(first).copied().take_while(move |leaf| *leaf < end);
        let (mut found, mut wordless) = (found.peekable(), wordless.peekable());
        let in_order = std::iter::from_fn(move || match (found.peek(), wordless.peek()) {
            (Some(one), Some(other)) if other < one => wordless.next(),
            (Some(_), _) => found.next(),
            (None, _) => wordless.next(),
        });
        in_order.filter(|leaf| self.stands(*leaf))
    }

    /// Those of `nodes` that hold.
    pub(super) fn holding<'n>(&self, nodes: &'n [Node]) -> Vec<std::borrow::Cow<'n, Node>> {
        use std::borrow::Cow;
        match terms(nodes).filter(|_| !self.compiled.one_by_one) {
            Some(leaves) => self.standing(leaves).map(|leaf| Cow::Owned(Node::Leaf(leaf))).collect(),
            None => nodes.iter().filter(|node| self.truth(node, false)).map(Cow::Borrowed).collect(),
        }
    }

    fn hits(&self, leaf: u32) -> &'a [Found] {
        let at = self.found.binary_search_by_key(&leaf, |(leaf, _)| *leaf);
        at.ok()
            .and_then(|at| self.found.get(at))
            .and_then(|(_, range)| self.hits.get(range.clone()))
            .unwrap_or_default()
    }

    /// Whether a term stands in the post, or a condition holds.
    pub(super) fn stands(&self, leaf: u32) -> bool {
        match self.compiled.query.leaf(leaf) {
            Some(Leaf::Condition(condition)) => self.reading.ask(condition).holds,
            Some(Leaf::Words(words)) if !words.contains('@') => !self.hits(leaf).is_empty(),
            Some(Leaf::Words(_) | Leaf::Raw(_)) => !self.places(leaf).is_empty(),
            None => false,
        }
    }

    /// Every place where a term stands.
    pub(super) fn places(&self, leaf: u32) -> Vec<Place> {
        match self.compiled.query.leaf(leaf) {
            Some(Leaf::Words(words)) => {
                let server = words.contains(['@', '＠']).then(|| server_of(words)).flatten();
                let hits = self.hits(leaf).iter().filter(|found| self.on_server(found, server.as_deref()));
                hits.filter_map(|found| self.place(found)).collect()
            }
            Some(Leaf::Raw(raw)) => self.exact_places(leaf, raw),
            Some(Leaf::Condition(_)) | None => Vec::new(),
        }
    }

    fn place(&self, found: &Found) -> Option<Place> {
        let part = self.reading.parts.get(found.part)?;
        let hit = &found.hit;
        Some(Place { part: found.part, range: part.original(&hit.range()), hit: Some(*hit) })
    }

    /// A place in words of its text.
    fn spot(&self, place: &Place) -> Option<Spot> {
        let part = self.reading.parts.get(place.part)?;
        let words = place.hit.map_or_else(
            || {
                let at = part.words_before_place(place.range.start);
                at..at
            },
            |hit| part.words(hit.first, hit.last, hit.start, hit.end),
        );
        Some(Spot { part: place.part, words })
    }

    /// Whether an account that was found is on the server asked for: where the text does not say, the markup must.
    fn on_server(&self, found: &Found, server: Option<&[u8]>) -> bool {
        let Some(server) = server else { return true };
        let Some(part) = self.reading.parts.get(found.part) else { return false };
        let token = usize::try_from(found.hit.last).ok().and_then(|last| part.folded.tokens().get(last));
        token.is_none_or(|token| {
            token.kind != Kind::Account
                || part.folded.server(token).is_some()
                || self.reading.names_account(part.folded.token_bytes(token), server)
        })
    }

    fn exact_places(&self, leaf: u32, raw: &str) -> Vec<Place> {
        let mut hits: Vec<Place> = self.hits(leaf).iter().filter_map(|found| self.place(found)).collect();
        hits.sort_unstable_by_key(|hit| (hit.part, hit.range.start));
        let by_words = self.compiled.terms.iter().any(|(_, term)| *term == leaf);
        let mut places = Vec::new();
        for (number, part) in self.reading.parts.iter().enumerate() {
            let first = hits.partition_point(|hit| hit.part < number);
            let hits = hits.get(first..).unwrap_or_default();
            let hits = hits.get(..hits.partition_point(|hit| hit.part == number)).unwrap_or_default();
            if by_words && hits.is_empty() {
                continue;
            }
            let links = if by_words { Vec::new() } else { part.addresses() };
            for range in part.exact().find(raw) {
                if by_words {
                    let hit = hits.get(hits.partition_point(|hit| hit.range.end <= range.start));
                    let hit = hit.filter(|hit| hit.range.start < range.end);
                    places.extend(hit.map(|hit| Place { range: range.clone(), ..hit.clone() }));
                } else {
                    let link = links.get(links.partition_point(|link| link.end <= range.start));
                    if link.is_none_or(|link| link.start >= range.end) {
                        places.push(Place { part: number, range, hit: None });
                    }
                }
            }
        }
        places
    }

    /// The fewest other words between the sides of a proximity; `None` when they do not all stand in one text.
    pub(super) fn gap(&self, near: &Near) -> Option<u32> {
        let mut sides = Vec::with_capacity(near.sides.len());
        for side in &near.sides {
            let places = side.clone().flat_map(|leaf| self.places(leaf));
            let spots: Vec<Spot> = places.filter_map(|place| self.spot(&place)).collect();
            if spots.is_empty() {
                return None;
            }
            sides.push(spots);
        }
        match sides.as_slice() {
            [left, right] => near::gap(left, right, near.ordered),
            sides => near::span(sides, near.within),
        }
    }

    /// Why, with everything found.
    pub(super) fn verdict(&self, brand: &Brand) -> Verdict {
        let query = &self.compiled.query;
        let (mut tags, mut context, mut unless) = (Vec::new(), Vec::new(), Vec::new());
        let mut leaves: Vec<u32> = self.found.iter().map(|(leaf, _)| *leaf).collect();
        leaves.extend(&self.compiled.exact);
        leaves.sort_unstable();
        leaves.dedup();
        for leaf in leaves {
            let list = if query.excludes(leaf) {
                &mut unless
            } else if self.compiled.context.contains(&leaf) {
                &mut context
            } else {
                &mut tags
            };
            for place in self.places(leaf) {
                list.extend(self.tag(leaf, &place));
            }
        }
        for list in [&mut tags, &mut context, &mut unless] {
            list.sort_by_key(|tag: &Tag| (tag.field, tag.start, tag.end));
            list.dedup();
            list.truncate(TAGS);
        }
        let decision = if self.holds() {
            Decision::Mention
        } else if tags.is_empty() {
            Decision::NoKeyword
        } else if self.truth(query.root(), true) {
            Decision::Excluded
        } else {
            Decision::NoContext
        };
        let trace = if decision == Decision::Mention { self.trace() } else { String::new() };
        let version = self.compiled.version.clone();
        Verdict { brand: brand.id.clone(), version, decision, trace, tags, context, unless }
    }

    /// A term at its place, called as it stands in the brand's file.
    pub(super) fn tag(&self, leaf: u32, place: &Place) -> Option<Tag> {
        let keyword = match self.compiled.query.leaf(leaf)? {
            Leaf::Words(words) => words.to_string(),
            raw @ (Leaf::Raw(_) | Leaf::Condition(_)) => raw.to_string(),
        };
        let field = self.reading.parts.get(place.part)?.field;
        Some(Tag { keyword, field, start: place.range.start, end: place.range.end })
    }
}

/// The terms of a long list of nothing but terms.
fn terms(nodes: &[Node]) -> Option<Range<u32>> {
    /// Shorter ones are quicker asked one by one.
    const LONG: usize = 8;
    let (Some(Node::Leaf(first)), Some(Node::Leaf(last))) = (nodes.first(), nodes.last()) else {
        return None;
    };
    // A branch that is no term and no exclusion holds two terms at least.
    let count = usize::try_from(last - first).ok()? + 1;
    (nodes.len() > LONG && count == nodes.len()).then_some(*first..last + 1)
}

/// The server that an account was asked for on.
fn server_of(words: &str) -> Option<Vec<u8>> {
    let mut folded = Folded::default();
    folded.fold_words(words);
    let needle = crate::find::Needle::of_folded(words, &mut folded);
    needle.0.into_iter().find_map(|element| match element.sign {
        Sign::Account(server) => server.map(Vec::from),
        Sign::None | Sign::Tag { .. } => None,
    })
}
