//! Finding: all needles in one pass over a folded text. Knows tokens; knows nothing of brands or queries.
//!
//! Whole words need no automaton: a token is looked up in a filter, then in a table; so is each with the one before it,
//! and phrases that begin with such a pair are followed. Runs of scripts without spaces are looked up at every character,
//! by two characters at a time. Wildcards are found by their first letters. Nothing is allocated while a text is searched.

mod build;
mod element;
mod table;

use std::ops::Range;

use crate::fold::{Folded, Kind, Token};

pub use element::{Element, Form, Needle, Sign};

use table::{Hash, Key, Node, Table};

/// A needle found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which one: its place in the list the finder was built from.
    pub needle: u32,
    /// Its first token.
    pub first: u32,
    /// Its last token.
    pub last: u32,
    /// Where it starts in the folded bytes.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

impl Hit {
    /// Its place in the folded bytes.
    pub fn range(&self) -> Range<usize> {
        wide(self.start)..wide(self.end)
    }
}

/// A place in the tokens of a text: where the next element of a phrase must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    token: usize,
    /// Inside a run, how far.
    at: u32,
}

/// A set of needles, ready to be found.
#[derive(Debug)]
pub struct Finder {
    table: Table,
    nodes: Vec<Node>,
    /// Bytes of words and of the starts of runs, one after the other.
    words: Vec<u8>,
    /// Which needles end at which node.
    ends: Vec<u32>,
    /// Needles that take more than following words: every other kind.
    careful: Vec<Careful>,
    /// Wildcards with fewer letters at their start than the table wants.
    short: Vec<u32>,
    /// The first letters of those.
    short_starts: [u64; 4],
    has_wild: bool,
    has_single: bool,
    has_pairs: bool,
    /// First characters of what is looked for in runs.
    run_starts: Starts,
    needles: usize,
}

/// Characters of three bytes, by the lower twelve bits of their numbers: nearly all that runs are made of.
#[derive(Debug)]
struct Starts(Box<[u64; Starts::LENGTH]>);

impl Starts {
    const LENGTH: usize = 64;

    /// The place of a character of three bytes.
    #[inline]
    fn place(second: u8, third: u8) -> (usize, u32) {
        (usize::from(second & 63), u32::from(third & 63))
    }

    /// Adds the character that begins `bytes`.
    fn add(&mut self, bytes: &[u8]) {
        if let [0xe0..=0xef, second, third, ..] = bytes {
            let (place, bit) = Starts::place(*second, *third);
            if let Some(bits) = self.0.get_mut(place) {
                *bits |= 1 << bit;
            }
        }
    }

    /// Whether it surely is none of them, by its last two bytes.
    #[inline]
    fn lacks(&self, second: u8, third: u8) -> bool {
        let (place, bit) = Starts::place(second, third);
        self.0.get(place).is_some_and(|bits| bits >> bit & 1 == 0)
    }
}

/// A needle that is found by one of its elements and then compared whole.
#[derive(Debug)]
struct Careful {
    needle: u32,
    elements: Box<[Element]>,
    /// The element it is found by.
    by: usize,
}

/// Marks a number in `Finder::ends` as one of `careful`.
const CAREFUL: u32 = 1 << 31;
/// Letters by which wildcards are found.
const START: usize = 3;

fn wide(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl Finder {
    /// The most needles that one finder can number.
    pub const LIMIT: usize = 1 << 30;

    /// How many needles it finds.
    pub fn len(&self) -> usize {
        self.needles
    }

    /// Whether it finds nothing at all.
    pub fn is_empty(&self) -> bool {
        self.needles == 0
    }

    /// Bytes of memory it holds.
    pub fn memory(&self) -> usize {
        let careful: usize = self
            .careful
            .iter()
            .map(|one| size_of::<Careful>() + one.elements.iter().map(Element::memory).sum::<usize>())
            .sum();
        size_of::<Finder>()
            + size_of_val(&*self.run_starts.0)
            + self.table.memory()
            + self.nodes.capacity() * size_of::<Node>()
            + self.words.capacity()
            + (self.ends.capacity() + self.short.capacity()) * size_of::<u32>()
            + careful
    }

    /// Whether any needle stands in the text.
    pub fn finds_any(&self, text: &Folded) -> bool {
        let mut found = false;
        self.find(text, |_| {
            found = true;
            false
        });
        found
    }

    /// Calls `each` with everything found, in the order of the tokens it is found by (a phrase: its second word; wildcards and
    /// mixed phrases: one that is sure), until it answers `false`.
    #[inline]
    pub fn find(&self, text: &Folded, mut each: impl FnMut(&Hit) -> bool) {
        let roomy = text.roomy();
        let mut before = Key::NONE;
        for (at, token) in text.tokens().iter().enumerate() {
            if !is_word(token) {
                before = Key::NONE;
                let is_sought = token.kind == Kind::Run && (self.has_single || self.has_pairs);
                if is_sought && !self.run(text, at, token, &mut each) {
                    return;
                }
                continue;
            }
            let key = Key::of(roomy, token.range());
            // both are asked of every word: which of them holds cannot be foreseen
            let ends = self.table.may_hold(key.alone());
            let goes_on = self.table.may_hold(before.then(key));
            before = key;
            if (ends | goes_on) && !self.known(text, at, key, (ends, goes_on), &mut each) {
                return;
            }
            if self.has_wild && !self.wild(text, at, token, &mut each) {
                return;
            }
        }
    }

    /// What the filter lets through: a phrase that may have begun with the word before, or a word alone.
    #[inline(never)]
    fn known(
        &self,
        text: &Folded,
        at: usize,
        key: Key,
        (ends, goes_on): (bool, bool),
        each: &mut impl FnMut(&Hit) -> bool,
    ) -> bool {
        if goes_on && !self.phrase(text, at, each) {
            return false;
        }
        let Some(token) = text.tokens().get(at).filter(|_| ends) else { return true };
        let found = self.node(key.after(Node::WORD), Node::WORD, text.token_bytes(token));
        let Some((_, node)) = found else { return true };
        self.all_ends(text, (at, at), node, each)
    }

    /// The node of a word after `parent`.
    #[inline]
    fn node(&self, hash: Hash, parent: u32, wanted: &[u8]) -> Option<(u32, &Node)> {
        let found = self.table.find(hash, |node| {
            self.nodes.get(wide(node)).is_some_and(|node| {
                node.parent == parent && self.words.get(node.word()).is_some_and(|word| word == wanted)
            })
        })?;
        Some((found, self.nodes.get(wide(found))?))
    }

    /// Follows phrases of which token `second` may be the second word.
    fn phrase(&self, text: &Folded, second: usize, each: &mut impl FnMut(&Hit) -> bool) -> bool {
        let Some(first) = second.checked_sub(1) else { return true };
        let mut parent = Node::WORD;
        for (last, token) in text.tokens().iter().enumerate().skip(first) {
            let hash = Key::of(text.roomy(), token.range()).after(parent);
            let Some((node, here)) =
                self.node(hash, parent, text.token_bytes(token)).filter(|_| is_word(token))
            else {
                return true;
            };
            if last > first && !self.all_ends(text, (first, last), here, each) {
                return false;
            }
            if !here.goes_on {
                return true;
            }
            parent = node;
        }
        true
    }

    /// All that ends at a node, from the first of the tokens to the last.
    fn all_ends(
        &self,
        text: &Folded,
        (first, last): (usize, usize),
        node: &Node,
        each: &mut impl FnMut(&Hit) -> bool,
    ) -> bool {
        let mut ends = self.ends.get(node.ends()).into_iter().flatten();
        ends.all(|end| self.end(text, first, last, *end, each))
    }

    /// What ends at a node: a needle found, or one to be compared whole.
    fn end(
        &self,
        text: &Folded,
        first: usize,
        last: usize,
        end: u32,
        each: &mut impl FnMut(&Hit) -> bool,
    ) -> bool {
        if end & CAREFUL != 0 {
            let at = text.tokens().get(first).map_or(0, |token| token.start);
            return self.compare(text, end & !CAREFUL, Spot { token: first, at }, each);
        }
        let (Some(head), Some(tail)) = (text.tokens().get(first), text.tokens().get(last)) else {
            return true;
        };
        let (first, last) = (narrow(first), narrow(last));
        each(&Hit { needle: end, first, last, start: head.start, end: tail.end })
    }

    /// Wildcards that may begin like this token.
    #[inline(never)]
    fn wild(&self, text: &Folded, at: usize, token: &Token, each: &mut impl FnMut(&Hit) -> bool) -> bool {
        let word = text.token_bytes(token);
        let spot = Spot { token: at, at: token.start };
        let start = token.range().start;
        if word.len() >= START && !self.listed(text, start..start + START, Node::PREFIX, spot, each) {
            return false;
        }
        let Some(first) = word.first() else { return true };
        let bit =
            self.short_starts.get(usize::from(first >> 6)).is_some_and(|bits| bits >> (first & 63) & 1 == 1);
        !bit || self.short.iter().all(|careful| self.compare(text, *careful, spot, each))
    }

    /// Everything filed under `wanted` at a root, compared at `spot`.
    #[inline]
    fn listed(
        &self,
        text: &Folded,
        wanted: Range<usize>,
        root: u32,
        spot: Spot,
        each: &mut impl FnMut(&Hit) -> bool,
    ) -> bool {
        let hash = Key::of(text.roomy(), wanted.clone()).after(root);
        !self.table.may_hold(hash) || self.listed_under(text, hash, wanted, root, spot, each)
    }

    /// The same, when the filter lets it through.
    #[inline(never)]
    fn listed_under(
        &self,
        text: &Folded,
        hash: Hash,
        wanted: Range<usize>,
        root: u32,
        spot: Spot,
        each: &mut impl FnMut(&Hit) -> bool,
    ) -> bool {
        let wanted = text.roomy().get(wanted).unwrap_or_default();
        let Some((_, node)) = self.node(hash, root, wanted) else { return true };
        let ends = self.ends.get(node.ends()).into_iter().flatten();
        ends.copied().all(|end| self.compare(text, end & !CAREFUL, spot, each))
    }

    /// A run: something may begin at every one of its characters.
    #[inline(never)]
    fn run(&self, text: &Folded, at: usize, token: &Token, each: &mut impl FnMut(&Hit) -> bool) -> bool {
        let roomy = text.roomy();
        let whole = token.range();
        let mut place = whole.start;
        while place < whole.end {
            // the lead byte says that two others follow
            if let Some([0xe0..=0xef, second, third]) = roomy.get(place..place + 3)
                && self.run_starts.lacks(*second, *third)
            {
                place += 3;
                continue;
            }
            let one = place + width(roomy, place);
            let spot = Spot { token: at, at: narrow(place) };
            if self.has_single && !self.listed(text, place..one, Node::SINGLE, spot, each) {
                return false;
            }
            if self.has_pairs && one < whole.end {
                let two = one + width(roomy, one);
                if !self.listed(text, place..two, Node::PAIR, spot, each) {
                    return false;
                }
            }
            place = one;
        }
        true
    }

    /// Compares a careful needle, one element of which may stand at `spot`, with the tokens around.
    fn compare(&self, text: &Folded, careful: u32, spot: Spot, each: &mut impl FnMut(&Hit) -> bool) -> bool {
        let Some(careful) = self.careful.get(wide(careful)) else { return true };
        let Some((before, rest)) = careful.elements.split_at_checked(careful.by) else { return true };
        // Back from the element it was found by to where it would begin.
        let mut begin = spot;
        for element in before.iter().rev() {
            let Some(back) = element.backwards(text, begin) else { return true };
            begin = back;
        }
        let mut end = spot;
        let mut last = spot.token;
        for element in rest {
            let Some(next) = element.forwards(text, end) else { return true };
            (last, end) = (end.token, next);
        }
        // A sign belongs to a needle that asks for it.
        let signed = careful.elements.first().is_some_and(Element::is_signed);
        let until = if last == end.token {
            end.at
        } else {
            text.tokens().get(last).map_or(end.at, |token| token.end)
        };
        each(&Hit {
            needle: careful.needle,
            first: narrow(begin.token),
            last: narrow(last),
            start: begin.at.saturating_sub(u32::from(signed)),
            end: until,
        })
    }
}

/// Whether a token is a word of its own, or counts as one.
#[inline]
fn is_word(token: &Token) -> bool {
    matches!(token.kind, Kind::Word | Kind::Emoji | Kind::Account)
}

/// The number of bytes of the character that begins at `place`.
fn width(bytes: &[u8], place: usize) -> usize {
    match bytes.get(place) {
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..) => 4,
        _ => 1,
    }
}
