//! Pieces become a tree. Binding, tightest first: `NEAR`, `NOT`, `AND`, `OR`.

use std::ops::Range;

use super::fault::{Fault, Refused};
use super::lex::{Kind, Lexer, Piece};
use super::{DEEPEST, LONGEST, Leaf, MOST_TERMS, Near, Node, Query, all, any, not};

/// Reads a query, or says everything that is wrong with it.
pub(super) fn parse(text: &str) -> Result<Query, Refused> {
    let refused = |faults| Refused { query: text.to_owned(), faults };
    let whole = || 0..text.len();
    if text.len() > LONGEST {
        let reason =
            format!("a query may be {LONGEST} bytes long, this one has {}: make it two brands", text.len());
        let query = text.chars().take(60).collect();
        return Err(Refused { query, faults: vec![Fault { at: 0..1, reason }] });
    }
    let mut lexer = Lexer::new(text);
    lexer.run();
    let Lexer { pieces, faults, .. } = lexer;
    if pieces.is_empty() && faults.is_empty() {
        return Err(refused(vec![Fault {
            at: whole(),
            reason: "the query is empty: write a name to find".to_owned(),
        }]));
    }
    let mut parser = Parser { pieces: &pieces, at: 0, end: text.len(), leaves: Vec::new(), faults };
    let root = parser.either(0);
    let Parser { mut faults, leaves, .. } = parser;
    if leaves.len() > MOST_TERMS {
        let reason = format!("a query may have {MOST_TERMS} terms, this one has {}", leaves.len());
        faults.push(Fault { at: 0..1, reason });
    }
    let query = Query::new(root, leaves);
    if faults.is_empty() && query.is_loose() {
        let reason = "this could hold for a post in which nothing wanted stands: put a name beside what is excluded, \
                      as in `acme NOT jus`";
        faults.push(Fault { at: whole(), reason: reason.to_owned() });
    }
    if faults.is_empty() {
        return Ok(query);
    }
    faults.sort_by_key(|fault| fault.at.start);
    Err(refused(faults))
}

struct Parser<'p> {
    pieces: &'p [Piece],
    at: usize,
    /// Where the query ends.
    end: usize,
    leaves: Vec<Leaf>,
    faults: Vec<Fault>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Kind> {
        self.pieces.get(self.at).map(|piece| &piece.kind)
    }

    /// The place of the next piece, or of the end.
    fn place(&self) -> Range<usize> {
        self.pieces.get(self.at).map_or(self.end..self.end, |piece| piece.at.clone())
    }

    fn fault(&mut self, at: Range<usize>, reason: impl Into<String>) {
        self.faults.push(Fault { at, reason: reason.into() });
    }

    fn push(&mut self, leaf: Leaf) -> Node {
        let number = u32::try_from(self.leaves.len()).unwrap_or(u32::MAX);
        self.leaves.push(leaf);
        Node::Leaf(number)
    }

    /// Stands for what could not be read.
    fn bad(&mut self) -> Node {
        self.push(Leaf::Words("".into()))
    }

    fn either(&mut self, depth: usize) -> Node {
        let mut sides = vec![self.every(depth)];
        loop {
            match self.peek() {
                Some(Kind::Or) => {
                    self.at += 1;
                    sides.push(self.every(depth));
                }
                Some(Kind::Close) if depth == 0 => {
                    let at = self.place();
                    self.fault(at, "this bracket closes none");
                    self.at += 1;
                    if !matches!(self.peek(), None | Some(Kind::Or | Kind::Close)) {
                        sides.push(self.every(depth));
                    }
                }
                _ => return any(sides),
            }
        }
    }

    fn every(&mut self, depth: usize) -> Node {
        let mut sides = vec![self.single(depth)];
        loop {
            match self.peek() {
                None | Some(Kind::Or | Kind::Close) => return all(sides),
                Some(Kind::And) => self.at += 1,
                Some(_) => {}
            }
            sides.push(self.single(depth));
        }
    }

    fn single(&mut self, depth: usize) -> Node {
        let mut negated = false;
        while let Some(Kind::Not) = self.peek() {
            negated = !negated;
            self.at += 1;
        }
        let node = self.close_by(depth);
        if negated { not(node) } else { node }
    }

    fn close_by(&mut self, depth: usize) -> Node {
        let first = self.place();
        let mut node = self.primary(depth);
        let mut chained = false;
        while let Some(Kind::Near { within, ordered }) = self.peek() {
            let (within, ordered) = (*within, *ordered);
            let operator = self.place();
            self.at += 1;
            if chained {
                self.fault(
                    operator,
                    "a proximity cannot be chained: write (a NEAR/2 b) AND (b NEAR/2 c), or \"a b c\"~2",
                );
            }
            let second = self.place();
            if let Some(Kind::Not) = self.peek() {
                self.fault(second.clone(), "a side of NEAR cannot be excluded");
                self.at += 1;
            }
            let right = self.primary(depth);
            if chained {
                continue;
            }
            chained = true;
            let sides = [self.side(&node, &first), self.side(&right, &second)];
            let [Some(left), Some(right)] = sides else { continue };
            node = Node::Near(Box::new(Near { sides: vec![left, right], within, ordered }));
        }
        node
    }

    /// The terms of one side of a proximity.
    fn side(&mut self, node: &Node, at: &Range<usize>) -> Option<Range<u32>> {
        let number = |node: &Node| match node {
            Node::Leaf(leaf) => Some(*leaf),
            Node::Not(_) | Node::And(_) | Node::Or(_) | Node::Near(_) => None,
        };
        let range = match node {
            Node::Leaf(leaf) => Some(*leaf..*leaf + 1),
            Node::Or(nodes) => {
                let numbers: Option<Vec<u32>> = nodes.iter().map(number).collect();
                numbers.and_then(|numbers| Some(*numbers.first()?..*numbers.last()? + 1))
            }
            Node::Not(_) | Node::And(_) | Node::Near(_) => None,
        };
        let Some(range) = range else {
            self.fault(at.clone(), "a side of NEAR is a term, a phrase or an OR group of these");
            return None;
        };
        let fields = range.clone().any(|leaf| {
            let leaf = usize::try_from(leaf).ok().and_then(|leaf| self.leaves.get(leaf));
            matches!(leaf, Some(Leaf::Condition(_)))
        });
        if fields {
            self.fault(at.clone(), "a field stands nowhere in the text: it cannot be a side of NEAR");
            return None;
        }
        Some(range)
    }

    fn primary(&mut self, depth: usize) -> Node {
        let at = self.place();
        let Some(piece) = self.pieces.get(self.at) else {
            return self.missing(at);
        };
        match &piece.kind {
            Kind::Term(leaf) => {
                self.at += 1;
                self.push(leaf.clone())
            }
            Kind::Loose(leaves, within) => {
                self.at += 1;
                let sides = leaves.iter().filter_map(|leaf| match self.push(leaf.clone()) {
                    Node::Leaf(leaf) => Some(leaf..leaf + 1),
                    Node::Not(_) | Node::And(_) | Node::Or(_) | Node::Near(_) => None,
                });
                Node::Near(Box::new(Near { sides: sides.collect(), within: *within, ordered: false }))
            }
            Kind::Bad => {
                self.at += 1;
                self.bad()
            }
            Kind::Open => {
                self.at += 1;
                if depth >= DEEPEST {
                    self.fault(at, format!("brackets may be {DEEPEST} deep"));
                    self.at = self.pieces.len();
                    return self.bad();
                }
                if let Some(Kind::Close) = self.peek() {
                    let end = self.place().end;
                    self.at += 1;
                    self.fault(at.start..end, "these brackets hold nothing");
                    return self.bad();
                }
                if self.peek().is_none() {
                    self.fault(at, "this bracket is never closed");
                    return self.bad();
                }
                let node = self.either(depth + 1);
                if let Some(Kind::Close) = self.peek() {
                    self.at += 1;
                } else {
                    self.fault(at, "this bracket is never closed");
                }
                node
            }
            Kind::And | Kind::Or | Kind::Not | Kind::Near { .. } | Kind::Close => self.missing(at),
        }
    }

    /// A term is missing here.
    fn missing(&mut self, at: Range<usize>) -> Node {
        let before = self.at.checked_sub(1).and_then(|before| self.pieces.get(before));
        let word = |kind: &Kind| match kind {
            Kind::And => Some("AND"),
            Kind::Or => Some("OR"),
            Kind::Not => Some("NOT"),
            Kind::Near { .. } => Some("NEAR"),
            Kind::Open | Kind::Close | Kind::Term(_) | Kind::Loose(..) | Kind::Bad => None,
        };
        let here = self.pieces.get(self.at).and_then(|piece| word(&piece.kind));
        let (at, reason) =
            match (before.and_then(|before| Some((word(&before.kind)?, before.at.clone()))), here) {
                (Some((operator, place)), _) => (place, format!("{operator} wants a term after it")),
                (None, Some(operator)) => (at, format!("{operator} wants a term before it")),
                (None, None) => (at, "a term is missing here".to_owned()),
            };
        self.fault(at, reason);
        // An operator that lacks its left side is not reported again by what follows.
        if before.is_none_or(|before| word(&before.kind).is_none())
            && matches!(self.peek(), Some(Kind::Near { .. }))
        {
            self.at += 1;
            if matches!(self.peek(), Some(Kind::Term(_) | Kind::Loose(..) | Kind::Bad | Kind::Open)) {
                return self.primary(0);
            }
        }
        self.bad()
    }
}
