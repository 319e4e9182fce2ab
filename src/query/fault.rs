//! What is wrong with a query, shown in the query itself.

use std::fmt;
use std::ops::Range;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The place, in bytes of the query.
    pub at: Range<usize>,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// A query that cannot be run, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The query.
    pub query: String,
    /// What is wrong, in the order of the places.
    pub faults: Vec<Fault>,
}

impl std::error::Error for Refused {}

/// How much of a long line is shown before a fault, and in all.
const BEFORE: usize = 40;
const SHOWN: usize = 72;

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.faults.iter().enumerate() {
            if place > 0 {
                writeln!(out)?;
            }
            fault.show(&self.query, out)?;
        }
        Ok(())
    }
}

impl Fault {
    /// Writes the line of `query` that it is about, a caret under the place, and the reason.
    fn show(&self, query: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = floor(query, self.at.start);
        let before = query.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = query.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = query.get(line_start..start).unwrap_or_default().chars().count();
        let width = query.get(start..floor(query, self.at.end)).unwrap_or_default().chars().count().max(1);
        let skipped = column.saturating_sub(BEFORE);
        let shown: String = line.chars().skip(skipped).take(SHOWN).map(visible).collect();
        let (head, tail) = (
            if skipped > 0 { "…" } else { "" },
            if line.chars().count() > skipped + SHOWN { "…" } else { "" },
        );
        let indent = column - skipped + head.chars().count();
        let left = shown.chars().count() + head.chars().count();
        let carets = width.min(left.saturating_sub(indent)).max(1);
        writeln!(out, "  {head}{shown}{tail}")?;
        write!(out, "  {}{} {}", " ".repeat(indent), "^".repeat(carets), self.reason)
    }
}

/// A sign that a terminal may be sent.
fn visible(c: char) -> char {
    if c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    {
        '\u{fffd}'
    } else {
        c
    }
}

/// The nearest place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
