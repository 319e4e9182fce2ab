//! The table in which tokens are looked up: a filter of bits that says "surely not", and slots behind it.

use std::ops::Range;

/// What stands for a word in the table: its first and last eight bytes and its length, mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u64);

/// Two odd numbers without pattern, from the digits of the golden ratio and of pi.
const MIX: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0x2437_54e5_6a09_e667 | 1];

impl Key {
    /// Of no word.
    pub(super) const NONE: Key = Key(0);

    /// The key of a stretch of bytes, not empty, behind which eight more can be read.
    #[inline]
    pub(super) fn of(bytes: &[u8], range: Range<usize>) -> Key {
        let length = range.end - range.start;
        let unused = 64 - 8 * u32::try_from(length.min(8)).unwrap_or_default();
        let head = eight(bytes, range.start) & u64::MAX.wrapping_shr(unused);
        // read even where it is not asked for: whether a word is short cannot be foreseen
        let tail = eight(bytes, range.end.saturating_sub(8));
        let tail = if length < 8 { 0 } else { tail };
        let length = u64::try_from(length).unwrap_or_default();
        Key(head.wrapping_mul(MIX[0]) ^ tail.wrapping_add(length).wrapping_mul(MIX[1]).rotate_left(29))
    }

    /// Of the word alone, as the filter knows it.
    #[inline]
    pub(super) fn alone(self) -> Hash {
        Hash(self.0)
    }

    /// With the node that the word follows.
    #[inline]
    pub(super) fn after(self, parent: u32) -> Hash {
        Hash((self.0 ^ u64::from(parent).wrapping_mul(MIX[1])).wrapping_mul(MIX[0]))
    }

    /// Of two words together.
    #[inline]
    pub(super) fn then(self, next: Key) -> Hash {
        Hash((self.0.rotate_left(21) ^ next.0).wrapping_mul(MIX[1]))
    }
}

/// A key at its place in phrases, mixed: the higher a bit, the more of the word it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hash(u64);

impl Hash {
    /// The two bits of a number of the filter that stand for it.
    #[inline]
    fn bits(self) -> (u64, u64) {
        (self.0 >> 58, self.0 >> 52 & 63)
    }

    /// The place of the first slot that may be its own, of so many.
    #[inline]
    fn place(self, length: usize) -> usize {
        usize::try_from(self.0 >> 32).unwrap_or_default() & length.wrapping_sub(1)
    }

    /// The place of the number of the filter that holds its bits, of so many.
    #[inline]
    fn number(self, length: usize) -> usize {
        usize::try_from(self.0 >> 36).unwrap_or_default() & length.wrapping_sub(1)
    }

    /// The part of it that a slot keeps.
    fn part(self) -> u32 {
        u32::try_from((self.0 ^ self.0 >> 29) & u64::from(u32::MAX)).unwrap_or_default()
    }
}

#[inline]
fn eight(bytes: &[u8], at: usize) -> u64 {
    let eight = bytes.get(at..at.saturating_add(8)).and_then(|eight| eight.try_into().ok());
    eight.map_or(0, u64::from_le_bytes)
}

/// A word at its place in phrases.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// The word before it, or a root.
    pub(super) parent: u32,
    word_start: u32,
    ends_start: u32,
    word_length: u16,
    ends_length: u16,
    /// Whether phrases go on after it.
    pub(super) goes_on: bool,
}

impl Node {
    /// The root of words.
    pub(super) const WORD: u32 = 0;
    /// The root of first letters of wildcards.
    pub(super) const PREFIX: u32 = 1;
    /// The root of pairs of characters in runs.
    pub(super) const PAIR: u32 = 2;
    /// The root of single characters in runs.
    pub(super) const SINGLE: u32 = 3;
    /// How many roots there are.
    pub(super) const ROOTS: u32 = 4;

    pub(super) fn new(parent: u32, word: Range<usize>) -> Option<Node> {
        Some(Node {
            parent,
            word_start: u32::try_from(word.start).ok()?,
            word_length: u16::try_from(word.len()).ok()?,
            ..Node::default()
        })
    }

    pub(super) fn set_ends(&mut self, ends: Range<usize>) {
        self.ends_start = u32::try_from(ends.start).unwrap_or_default();
        self.ends_length = u16::try_from(ends.len()).unwrap_or(u16::MAX);
    }

    #[inline]
    pub(super) fn word(&self) -> Range<usize> {
        let start = super::wide(self.word_start);
        start..start + usize::from(self.word_length)
    }

    #[inline]
    pub(super) fn ends(&self) -> Range<usize> {
        let start = super::wide(self.ends_start);
        start..start + usize::from(self.ends_length)
    }
}

/// Nodes by their parent and word.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Two bits, in one number, for every word with which something ends that follows a root, and for every first and
    /// second word together. Nearly all words of nearly all texts stop here.
    filter: Box<[u64]>,
    /// A part of the hash, and the node; 0 is free, as no node below a root is 0.
    slots: Box<[(u32, u32)]>,
}

impl Table {
    /// A table for `nodes` nodes, with `marks` marks in the filter.
    pub(super) fn new(nodes: usize, marks: usize) -> Table {
        // Twenty bits a mark or more: a foreign word that gets through costs more than the room. Of the slots two in
        // three are used at most.
        let numbers = (marks * 20 / 64).next_power_of_two();
        let slots = (nodes * 3 / 2 + 1).next_power_of_two();
        Table { filter: vec![0; numbers].into(), slots: vec![(0, 0); slots].into() }
    }

    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.filter) + size_of_val(&*self.slots)
    }

    /// Notes in the filter a word, or two together.
    pub(super) fn mark(&mut self, hash: Hash) {
        let place = hash.number(self.filter.len());
        if let Some(number) = self.filter.get_mut(place) {
            let (one, other) = hash.bits();
            *number |= 1 << one | 1 << other;
        }
    }

    pub(super) fn insert(&mut self, hash: Hash, node: u32) {
        let mut place = hash.place(self.slots.len());
        while let Some(slot) = self.slots.get_mut(place) {
            if slot.1 == 0 {
                *slot = (hash.part(), node);
                return;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// Whether the filter may know this word, or these two together.
    #[inline]
    pub(super) fn may_hold(&self, hash: Hash) -> bool {
        let number = self.filter.get(hash.number(self.filter.len())).copied().unwrap_or_default();
        let (one, other) = hash.bits();
        number >> one & number >> other & 1 == 1
    }

    /// The node with this hash that `is_it` confirms.
    #[inline]
    pub(super) fn find(&self, hash: Hash, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = hash.place(self.slots.len());
        loop {
            let (known, node) = self.slots.get(place).copied()?;
            if node == 0 {
                return None;
            }
            if known == hash.part() && is_it(node) {
                return Some(node);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }
}
