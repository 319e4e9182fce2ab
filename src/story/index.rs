//! Which texts are found under which key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// Texts remembered under one key: what everybody writes would otherwise fill it.
const IN_BUCKET: usize = 32;

/// From keys to the numbers of texts, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Index {
    buckets: HashMap<u64, Bucket, BuildHasherDefault<Mixed>>,
}

/// Hardly any key leads to more than one text.
#[derive(Debug)]
enum Bucket {
    One(u64),
    Many(Vec<u64>),
}

impl Bucket {
    fn numbers(&self) -> &[u64] {
        match self {
            Bucket::One(number) => std::slice::from_ref(number),
            Bucket::Many(numbers) => numbers,
        }
    }
}

impl Index {
    pub(super) fn add(&mut self, key: u64, number: u64) {
        match self.buckets.entry(key) {
            Entry::Vacant(empty) => {
                empty.insert(Bucket::One(number));
            }
            Entry::Occupied(mut known) => match known.get_mut() {
                Bucket::One(first) => {
                    let numbers = vec![*first, number];
                    known.insert(Bucket::Many(numbers));
                }
                Bucket::Many(numbers) => {
                    if numbers.len() >= IN_BUCKET {
                        numbers.remove(0);
                    }
                    numbers.push(number);
                }
            },
        }
    }

    pub(super) fn remove(&mut self, key: u64, number: u64) {
        let Entry::Occupied(mut known) = self.buckets.entry(key) else { return };
        if let Bucket::Many(numbers) = known.get_mut() {
            numbers.retain(|one| *one != number);
        }
        if known.get().numbers().is_empty() || matches!(known.get(), Bucket::One(one) if *one == number) {
            known.remove();
        }
    }

    pub(super) fn has(&self, key: u64) -> bool {
        self.buckets.contains_key(&key)
    }

    /// The numbers under a key.
    pub(super) fn at(&self, key: u64) -> impl Iterator<Item = u64> {
        self.buckets.get(&key).map(Bucket::numbers).unwrap_or_default().iter().copied()
    }

    /// How many keys lead to a text.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.buckets.len()
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
