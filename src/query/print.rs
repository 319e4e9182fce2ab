//! A query as it would be written: reading it again gives the same tree.

use std::fmt::{self, Display as _, Write as _};

use super::{Leaf, Near, Node, Query};

impl fmt::Display for Query {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(&self.root, Inside::Nothing, out)
    }
}

/// What a branch stands in, which decides whether it needs brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Group,
    Not,
}

impl Query {
    /// The branch `node` of this query as it would be written.
    pub fn branch(&self, node: &Node) -> String {
        struct Branch<'q>(&'q Query, &'q Node);
        impl fmt::Display for Branch<'_> {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(self.1, Inside::Nothing, out)
            }
        }
        Branch(self, node).to_string()
    }

    fn write(&self, node: &Node, inside: Inside, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nodes, word) = match node {
            Node::Leaf(leaf) => return self.write_leaf(*leaf, out),
            Node::Near(near) => return self.write_near(near, out),
            Node::Not(inner) => {
                out.write_str("NOT ")?;
                return self.write(inner, Inside::Not, out);
            }
            Node::And(nodes) => (nodes, " AND "),
            Node::Or(nodes) => (nodes, " OR "),
        };
        if inside != Inside::Nothing {
            out.write_char('(')?;
        }
        for (place, node) in nodes.iter().enumerate() {
            if place > 0 {
                out.write_str(word)?;
            }
            self.write(node, Inside::Group, out)?;
        }
        if inside == Inside::Nothing { Ok(()) } else { out.write_char(')') }
    }

    fn write_leaf(&self, leaf: u32, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.leaf(leaf).map_or(Ok(()), |leaf| leaf.fmt(out))
    }

    fn write_near(&self, near: &Near, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if near.sides.len() != 2 {
            out.write_char('"')?;
            for (place, leaf) in near.sides.iter().cloned().flatten().enumerate() {
                if place > 0 {
                    out.write_char(' ')?;
                }
                if let Some(Leaf::Words(words)) = self.leaf(leaf) {
                    out.write_str(words)?;
                }
            }
            return write!(out, "\"~{}", near.within);
        }
        for (place, side) in near.sides.iter().enumerate() {
            if place > 0 {
                write!(out, " NEAR/{}{} ", near.within, if near.ordered { "f" } else { "" })?;
            }
            let several = side.len() > 1;
            out.write_str(if several { "(" } else { "" })?;
            for leaf in side.clone() {
                if leaf > side.start {
                    out.write_str(" OR ")?;
                }
                self.write_leaf(leaf, out)?;
            }
            out.write_str(if several { ")" } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Leaf::Words(words) if is_bare(words) => out.write_str(words),
            Leaf::Words(words) => write!(out, "\"{words}\""),
            Leaf::Raw(raw) if !raw.contains(|c: char| c.is_whitespace() || "()\"«»“”„".contains(c)) =>
            {
                write!(out, "raw:{raw}")
            }
            Leaf::Raw(raw) if raw.contains('"') => write!(out, "raw:«{raw}»"),
            Leaf::Raw(raw) => write!(out, "raw:\"{raw}\""),
            Leaf::Condition(condition) => condition.fmt(out),
        }
    }
}

/// Whether a term reads as itself without quotes.
fn is_bare(words: &str) -> bool {
    let sign = words.strip_prefix(['#', '@']).unwrap_or(words);
    let inner =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '*' | '?' | '-' | '\'' | '’' | '&' | '.' | '@');
    sign.starts_with(char::is_alphanumeric)
        && sign.chars().all(inner)
        && !matches!(words, "AND" | "OR" | "NOT" | "NEAR")
}
