//! Which posts and authors may be stored already.

use std::hash::BuildHasher as _;

use foldhash::{HashSet, fast::FixedState};

/// Which posts and authors may be stored, so that the store need not be asked about each of thousands that are not.
///
/// Known only in a store that started empty and has not grown large; otherwise every one may be.
#[derive(Debug, Default)]
pub struct SeenBefore(Option<HashSet<u64>>);

impl SeenBefore {
    /// At most this many are remembered: 16 MB.
    const LIMIT: usize = 1 << 20;

    /// Of an empty store.
    pub(in crate::store) fn nothing() -> SeenBefore {
        SeenBefore(Some(HashSet::default()))
    }

    /// Made of the end of an identifier, where nearly all differ: those that do not are asked for in vain.
    fn key(network: &str, native_id: &str) -> u64 {
        let state = FixedState::default();
        match native_id.as_bytes().last_chunk() {
            Some(end) => state.hash_one((network.len(), native_id.len(), u128::from_le_bytes(*end))),
            None => state.hash_one((network.len(), native_id)),
        }
    }

    /// Remembers a post; whether it may have been stored before.
    pub(super) fn meet(&mut self, network: &str, native_id: &str) -> bool {
        self.remember(SeenBefore::key(network, native_id))
    }

    /// Remembers an author; whether there may be a row of it.
    pub(super) fn meet_author(&mut self, network: &str, native_id: &str) -> bool {
        self.remember(!SeenBefore::key(network, native_id))
    }

    fn remember(&mut self, key: u64) -> bool {
        let Some(known) = &mut self.0 else { return true };
        let new = known.insert(key);
        if known.len() > SeenBefore::LIMIT {
            self.0 = None;
        }
        !new
    }

    pub(super) fn may_hold(&self, network: &str, native_id: &str) -> bool {
        self.0.as_ref().is_none_or(|known| known.contains(&SeenBefore::key(network, native_id)))
    }
}
