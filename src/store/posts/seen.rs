//! Which posts may be stored already.

use std::hash::BuildHasher as _;

use foldhash::{HashSet, fast::FixedState};

/// Which posts may be stored, so that the store need not be asked about each of thousands that are not.
///
/// Known only in a store that started empty and has not grown large; otherwise every post may be.
#[derive(Debug, Default)]
pub struct SeenBefore(Option<HashSet<u64>>);

impl SeenBefore {
    /// At most this many are remembered: 16 MB.
    const LIMIT: usize = 1 << 20;

    /// Of an empty store.
    pub(in crate::store) fn nothing() -> SeenBefore {
        SeenBefore(Some(HashSet::default()))
    }

    fn key(network: &str, native_id: &str) -> u64 {
        FixedState::default().hash_one((network, native_id))
    }

    pub(super) fn insert(&mut self, network: &str, native_id: &str) {
        if let Some(known) = &mut self.0 {
            known.insert(SeenBefore::key(network, native_id));
            if known.len() > SeenBefore::LIMIT {
                self.0 = None;
            }
        }
    }

    pub(super) fn may_hold(&self, network: &str, native_id: &str) -> bool {
        self.0.as_ref().is_none_or(|known| known.contains(&SeenBefore::key(network, native_id)))
    }
}
