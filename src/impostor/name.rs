//! The names under which a brand can be copied.

use super::reading::Reading;

/// Where a name of a brand comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A keyword: it may be a product or a word.
    Keyword,
    /// The first part of a domain.
    Domain,
    /// An official handle.
    Official,
    /// The name itself.
    Name,
}

/// One name of one brand.
#[derive(Debug)]
pub(super) struct Name {
    /// The brand's place in the list.
    pub(super) brand: usize,
    pub(super) origin: Origin,
    pub(super) reading: Reading,
    pub(super) letters: usize,
    pub(super) mask: u32,
}

/// Which letters a key has, a bit each; one slip changes two of them at most.
pub(super) fn mask(key: &str) -> u32 {
    key.bytes().fold(0, |mask, byte| mask | 1 << (byte % 32))
}

impl Name {
    pub(super) fn new(brand: usize, origin: Origin, text: &str) -> Option<Name> {
        let reading = Reading::of(text, 60);
        let letters = reading.key.chars().count();
        let enough = letters >= 3 || letters == 2 && !reading.key.is_ascii();
        let mask = mask(&reading.key);
        enough.then_some(Name { brand, origin, reading, letters, mask })
    }

    pub(super) fn is_short(&self) -> bool {
        self.letters < 5
    }

    pub(super) fn is_long(&self) -> bool {
        self.letters >= 8
    }
}
