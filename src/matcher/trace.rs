//! A query as a tree with true and false branches: why it held, or how near it was.

use serde::{Deserialize, Serialize};

use super::Tag;
use super::evaluate::Evaluation;
use crate::query::{Leaf, Near, Node};

/// Terms of one list that are shown when none of them was found.
const SHOWN: usize = 12;

/// A branch of a query, with what a post says to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// `term`, `field`, `and`, `or`, `not` or `near`.
    pub kind: String,
    /// The branch as it would be written.
    pub query: String,
    /// Whether it holds.
    pub holds: bool,
    /// What the post says where that is not plain: the value of a field, the words between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where the term stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Tag>,
    /// What it is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Branch>,
    /// How many more branches there are of which nothing was found.
    #[serde(default, skip_serializing_if = "is_none")]
    pub more: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Evaluation<'_> {
    /// The whole tree.
    pub(super) fn tree(&self) -> Branch {
        self.branch(self.compiled.query.root())
    }

    fn branch(&self, node: &Node) -> Branch {
        let holds = self.truth(node, false);
        let query = self.compiled.query.branch(node);
        let whole = |kind: &str, branches| Branch {
            kind: kind.to_owned(),
            query: query.clone(),
            holds,
            note: None,
            places: Vec::new(),
            branches,
            more: 0,
        };
        match node {
            Node::Leaf(leaf) => self.term(*leaf, whole("term", Vec::new())),
            Node::Not(inner) => whole("not", vec![self.branch(inner)]),
            Node::And(nodes) => whole("and", nodes.iter().map(|node| self.branch(node)).collect()),
            Node::Or(nodes) => {
                let mut branches: Vec<Branch> = nodes.iter().map(|node| self.branch(node)).collect();
                let all = branches.len();
                if all > SHOWN {
                    branches.retain(|branch| branch.holds || !branch.places.is_empty());
                }
                let more = all - branches.len();
                Branch { more, ..whole("or", branches) }
            }
            Node::Near(near) => Branch {
                note: Some(self.distance(near)),
                ..whole("near", near.sides.iter().map(|side| self.side(side)).collect())
            },
        }
    }

    fn side(&self, side: &std::ops::Range<u32>) -> Branch {
        let mut leaves: Vec<Node> = side.clone().map(Node::Leaf).collect();
        let node = if leaves.len() == 1 { leaves.remove(0) } else { Node::Or(leaves) };
        self.branch(&node)
    }

    fn term(&self, leaf: u32, mut branch: Branch) -> Branch {
        if let Some(Leaf::Condition(condition)) = self.compiled.query.leaf(leaf) {
            let answer = self.reading.ask(condition);
            "field".clone_into(&mut branch.kind);
            let note = if answer.unknown {
                "the post does not say".to_owned()
            } else {
                format!("the post: {}", answer.is)
            };
            branch.note = Some(note);
            return branch;
        }
        branch.places = self.places(leaf).iter().filter_map(|place| self.tag(leaf, place)).collect();
        branch
    }

    fn distance(&self, near: &Near) -> String {
        match self.gap(near) {
            None => "not all of them stand in one text".to_owned(),
            Some(0) => "side by side".to_owned(),
            Some(1) => "1 other word between".to_owned(),
            Some(gap) => format!("{gap} other words between"),
        }
    }

    /// The part of the query that made it hold, as a query: exclusions left out, of alternatives those that hold.
    pub(super) fn trace(&self) -> String {
        /// Alternatives of one list that are told.
        const TOLD: usize = 5;
        fn held(evaluation: &Evaluation<'_>, node: &Node) -> Option<Node> {
            match node {
                Node::Not(_) => None,
                Node::Leaf(_) | Node::Near(_) => evaluation.truth(node, false).then(|| node.clone()),
                Node::And(nodes) => {
                    group(nodes.iter().filter_map(|node| held(evaluation, node)).collect(), Node::And)
                }
                Node::Or(nodes) => {
                    let holding = evaluation.holding(nodes);
                    let told = holding.iter().filter_map(|node| held(evaluation, node)).take(TOLD);
                    group(told.collect(), Node::Or)
                }
            }
        }
        fn group(mut nodes: Vec<Node>, make: impl Fn(Vec<Node>) -> Node) -> Option<Node> {
            if nodes.len() > 1 { Some(make(nodes)) } else { nodes.pop() }
        }
        let root = self.compiled.query.root();
        held(self, root).map(|node| self.compiled.query.branch(&node)).unwrap_or_default()
    }
}
