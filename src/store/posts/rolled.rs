//! What of posts that come, change and go is counted in the rollups.

use super::Unit;
use crate::intake::JudgedPost;
use crate::matcher::Verdict;
use crate::store::StoreError;
use crate::store::rollup::{UNKNOWN, Under};

impl Unit<'_> {
    /// Counts a mention of a post that was not stored before.
    pub(super) fn roll_in(&mut self, judged: &JudgedPost, verdict: &Verdict) -> Result<(), StoreError> {
        let under = Under {
            counted: judged.counted,
            brand: &verdict.brand.0,
            network: judged.post.network.as_str(),
            language: judged.lang.as_deref().filter(|lang| !lang.is_empty()).unwrap_or(UNKNOWN),
            sentiment: judged.sentiment,
        };
        self.rollups.add(self.connection, under, 1)
    }

    /// Does something to a stored post or its mentions: they are counted as they are afterwards.
    pub(in crate::store) fn rolled(
        &mut self,
        post: i64,
        change: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.rollups.add_of(self.connection, post, -1)?;
        change(self)?;
        self.rollups.add_of(self.connection, post, 1)
    }
}
