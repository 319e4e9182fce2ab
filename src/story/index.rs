//! Which texts are found under which key.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// Texts told of one key: what everybody writes would otherwise lead to all.
const TOLD: usize = 32;
/// Keys that lead nowhere any more are dropped when there are more than this, and more than keys in use.
const STALE: usize = 1_000;

/// From keys to the numbers of texts. Each text leaves a link under each of its keys, to the text before under that key;
/// links go in the order in which they came, all of a text at once.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The newest link of each key; may be one that is gone.
    newest: HashMap<u64, u64, BuildHasherDefault<Mixed>>,
    links: VecDeque<Link>,
    /// The number of the oldest link.
    oldest: u64,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    /// The number of the text; [`NONE`] of one that was taken out.
    text: u64,
    /// The link before under the same key; may be one that is gone.
    before: u64,
}

/// No text, no link.
const NONE: u64 = u64::MAX;

impl Index {
    /// Adds the keys of a text, each once, and gives the number of its first link.
    pub(super) fn add(&mut self, keys: &[u64], text: u64) -> u64 {
        let first = self.next();
        for key in keys {
            let before = self.newest.insert(*key, self.next()).unwrap_or(NONE);
            self.links.push_back(Link { text, before });
        }
        first
    }

    /// Takes the oldest links away: those before `first`.
    pub(super) fn forget(&mut self, first: u64) {
        while self.oldest < first && self.links.pop_front().is_some() {
            self.oldest += 1;
        }
        let oldest = self.oldest;
        if self.newest.len() > STALE + 2 * self.links.len() {
            self.newest.retain(|_, newest| *newest >= oldest);
        }
    }

    /// Takes a text out from among others: its keys, and its first link.
    pub(super) fn remove(&mut self, keys: &[u64], first: u64) {
        for (number, key) in (first..).zip(keys) {
            let Some(link) = self.place(number).and_then(|place| self.links.get_mut(place)) else { continue };
            link.text = NONE;
            let before = link.before;
            if self.newest.get(key) == Some(&number) {
                if self.place(before).is_some() {
                    self.newest.insert(*key, before);
                } else {
                    self.newest.remove(key);
                }
            }
        }
    }

    pub(super) fn has(&self, key: u64) -> bool {
        self.at(key).next().is_some()
    }

    /// The numbers under a key, the newest first.
    pub(super) fn at(&self, key: u64) -> impl Iterator<Item = u64> {
        let link = |number: u64| self.links.get(self.place(number)?);
        let newest = self.newest.get(&key).and_then(|newest| link(*newest));
        std::iter::successors(newest, move |newer| link(newer.before))
            .map(|link| link.text)
            .filter(|text| *text != NONE)
            .take(TOLD)
    }

    /// The number of the next link.
    fn next(&self) -> u64 {
        self.oldest.saturating_add(u64::try_from(self.links.len()).unwrap_or(u64::MAX))
    }

    /// Where a link stands that is not gone.
    fn place(&self, number: u64) -> Option<usize> {
        let place = usize::try_from(number.checked_sub(self.oldest)?).ok()?;
        (place < self.links.len()).then_some(place)
    }

    /// How many keys and links are held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.newest.len() + self.links.len()
    }
}

/// Keys are spread over all bits already.
#[derive(Debug, Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        // never asked for keys that are numbers
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
