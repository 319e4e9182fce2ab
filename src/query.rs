//! The query language: what a user writes about a brand becomes a tree of terms and conditions.
//!
//! Close to what users know from Lucene and from listening suites: words, phrases, `AND`, `OR`, `NOT`, `NEAR/n`,
//! wildcards, `raw:`, hashtags, accounts, `link:` and other fields. The short form of a brand file (`keywords`,
//! `context`, `unless`) becomes the same tree. Knows nothing of texts to be searched: `matcher` asks them.

mod condition;
mod fault;
mod lex;
mod link;
mod parse;
mod print;
mod short;
mod wild;

use std::ops::Range;

use crate::find::{Needle, Sign};
use crate::fold::{self, Folded};

pub(crate) use condition::subtags;
pub use condition::{AuthorPattern, Bounds, Condition};
pub use fault::{Fault, Refused};
pub use link::{Address, LinkPattern};
pub use short::{Short, leaf as term};

/// The longest query that is read, in bytes.
pub const LONGEST: usize = 1 << 16;
/// The most terms and conditions that one query may hold.
pub const MOST_TERMS: usize = 10_000;
/// The deepest brackets.
pub const DEEPEST: usize = 100;
/// The widest proximity, in words.
pub const WIDEST: u32 = 1_000;
/// The most words of one `"a b c"~n`.
pub const MOST_NEAR: usize = 32;

/// A term or a condition: where a query touches a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// A word, a phrase, a hashtag, an account; `*` and `?` as written.
    Words(Box<str>),
    /// Exactly these characters.
    Raw(Box<str>),
    /// Something that holds of the post and not of its words.
    Condition(Box<Condition>),
}

impl Leaf {
    /// What finds this term in folded texts; `None` for a condition, and for exact signs without any word.
    pub fn needle(&self, folded: &mut Folded) -> Option<Needle> {
        let needle = match self {
            Leaf::Words(words) => {
                let needle = Needle::of_folded(&wild::marked(words).ok()?, folded);
                // Digits alone make no hashtag, in a query as in a post.
                let key = words.chars().nth(1).is_some_and(|c| matches!(c, fold::KEYCAP | '\u{fe0f}'));
                let tag = words.starts_with(['#', '＃']) && !words.contains(char::is_whitespace) && !key;
                let plain = needle.0.first().is_some_and(|element| element.sign == Sign::None);
                if tag && plain { Needle::default() } else { needle }
            }
            Leaf::Raw(raw) => Needle::of_folded(raw, folded),
            Leaf::Condition(_) => return None,
        };
        (!needle.0.is_empty()).then_some(needle)
    }
}

/// A branch of a query. Terms stand in the query's list, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// The term or condition with this number.
    Leaf(u32),
    /// Holds where the other does not.
    Not(Box<Node>),
    /// All of them.
    And(Vec<Node>),
    /// One of them at least.
    Or(Vec<Node>),
    /// One of each side, close together.
    Near(Box<Near>),
}

/// A proximity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The terms of each side, of which one is enough.
    pub sides: Vec<Range<u32>>,
    /// How many other words may stand between them.
    pub within: u32,
    /// Whether they must stand in the order in which they are written.
    pub ordered: bool,
}

/// A query that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    root: Node,
    leaves: Vec<Leaf>,
    /// For each leaf, whether it excludes.
    excludes: Vec<bool>,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// Every fault of it, each with its place.
    pub fn parse(text: &str) -> Result<Query, Refused> {
        parse::parse(&fold::visible(text))
    }

    /// What a reader of this query should be told although it can be run: operators of other languages that are read
    /// as words.
    pub fn warnings(text: &str) -> Vec<Fault> {
        lex::warnings(&fold::visible(text))
    }

    fn new(root: Node, leaves: Vec<Leaf>) -> Query {
        let mut query = Query { root, excludes: vec![false; leaves.len()], leaves };
        let mut excludes = std::mem::take(&mut query.excludes);
        mark(&query.root, false, &mut excludes);
        query.excludes = excludes;
        query
    }

    /// The whole of it.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Its terms and conditions, in the order in which they are written.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The term with this number.
    pub fn leaf(&self, number: u32) -> Option<&Leaf> {
        self.leaves.get(usize::try_from(number).ok()?)
    }

    /// Whether the term with this number excludes.
    pub fn excludes(&self, number: u32) -> bool {
        usize::try_from(number).ok().and_then(|number| self.excludes.get(number)).copied().unwrap_or_default()
    }

    /// Whether it could hold for a post in which none of its wanted terms stands.
    fn is_loose(&self) -> bool {
        holds_of_nothing(&self.root, false)
    }
}

/// Notes which leaves stand under an odd number of `NOT`.
fn mark(node: &Node, negated: bool, excludes: &mut [bool]) {
    match node {
        Node::Leaf(leaf) => {
            if let Some(mark) = usize::try_from(*leaf).ok().and_then(|leaf| excludes.get_mut(leaf)) {
                *mark = negated;
            }
        }
        Node::Not(inner) => mark(inner, !negated, excludes),
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|node| mark(node, negated, excludes)),
        Node::Near(near) => {
            for leaf in near.sides.iter().cloned().flatten() {
                mark(&Node::Leaf(leaf), negated, excludes);
            }
        }
    }
}

/// Whether a branch holds where no wanted term stands, and no excluded one either.
fn holds_of_nothing(node: &Node, negated: bool) -> bool {
    match node {
        Node::Leaf(_) | Node::Near(_) => negated,
        Node::Not(inner) => holds_of_nothing(inner, !negated),
        Node::And(nodes) if !negated => nodes.iter().all(|node| holds_of_nothing(node, negated)),
        Node::Or(nodes) if negated => nodes.iter().all(|node| holds_of_nothing(node, negated)),
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(|node| holds_of_nothing(node, negated)),
    }
}

/// `node`, or what is inside of a double `NOT`.
fn not(node: Node) -> Node {
    if let Node::Not(inner) = node { *inner } else { Node::Not(Box::new(node)) }
}

/// All of `nodes`; those that are such lists themselves are taken apart.
fn all(nodes: Vec<Node>) -> Node {
    let mut flat = Vec::with_capacity(nodes.len());
    for node in nodes {
        if let Node::And(inner) = node { flat.extend(inner) } else { flat.push(node) }
    }
    one_or(flat, Node::And)
}

/// One of `nodes`, in the same way.
fn any(nodes: Vec<Node>) -> Node {
    let mut flat = Vec::with_capacity(nodes.len());
    for node in nodes {
        if let Node::Or(inner) = node { flat.extend(inner) } else { flat.push(node) }
    }
    one_or(flat, Node::Or)
}

fn one_or(mut nodes: Vec<Node>, group: impl Fn(Vec<Node>) -> Node) -> Node {
    match (nodes.pop(), nodes.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            nodes.extend(last);
            group(nodes)
        }
    }
}

#[cfg(test)]
mod tests;
