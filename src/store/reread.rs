//! Posts that must be read once more: to learn of edits and deletions, and because a network sets a term to what is
//! kept of it.

use rusqlite::params;

use super::{Store, StoreError};
use crate::time::Time;

/// What is left of a post whose term has passed: its place, its moments and its brands, so that counts stand.
const EXPIRE: &str = "UPDATE post SET text = '', title = NULL, summary = NULL, more = NULL, reread = ?3
    WHERE network = ?1 AND coalesce(reread, seen) < ?2
        AND (text <> '' OR title IS NOT NULL OR summary IS NOT NULL OR more IS NOT NULL)";
/// What people said of an expired post stands without its words.
const UNLABEL: &str = "UPDATE label SET text = NULL WHERE network = ?1 AND text IS NOT NULL AND EXISTS
    (SELECT 1 FROM post WHERE post.network = label.network AND post.native_id = label.native_id AND post.text = ''
        AND post.title IS NULL AND post.summary IS NULL AND post.more IS NULL)";
/// Words of an expired post do not stand in its tags either.
const UNTAG: &str =
    "UPDATE kept_mention SET tags = '[]' WHERE tags <> '[]' AND post IN (SELECT id FROM post WHERE network = ?1
        AND text = '' AND title IS NULL AND summary IS NULL AND more IS NULL)";
/// Authors of whom no other post and no suspicion is kept are left as a mere identifier, so that they still count as
/// one.
const EMPTY: &str = "UPDATE author SET handle = NULL, display_name = NULL, bio = NULL, avatar = NULL, url = NULL, followers = NULL,
        posts = NULL, created = NULL, verified = NULL, bot = NULL, links = NULL, status = 'expired'
    WHERE network = ?1 AND coalesce(status, '') <> 'expired'
      AND EXISTS (SELECT 1 FROM post WHERE author = author.id)
      AND NOT EXISTS (SELECT 1 FROM post WHERE author = author.id
          AND (text <> '' OR title IS NOT NULL OR summary IS NOT NULL OR more IS NOT NULL))
      AND NOT EXISTS (SELECT 1 FROM suspicion WHERE author = author.id)
      AND NOT EXISTS (SELECT 1 FROM answer WHERE author = author.id)";

impl Store {
    /// Ids (local ones, where the server has them) of posts of `source` seen since `since` and not read again since `before`, the longest unread
    /// first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn unread(
        &self,
        source: i64,
        since: Time,
        before: Time,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        const LIST: &str = "SELECT coalesce(local_id, native_id) FROM post WHERE source = ?1 AND seen >= ?2 AND coalesce(reread, seen) < ?3
              AND (text <> '' OR title IS NOT NULL OR summary IS NOT NULL OR more IS NOT NULL)
            ORDER BY coalesce(reread, seen), id LIMIT ?4";
        let mut statement = self.connection.prepare_cached(LIST)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids = statement.query_map(params![source, since.0, before.0, limit], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Notes that these posts have been read again.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn read_again(&self, network: &str, ids: &[String], at: Time) -> Result<(), StoreError> {
        const MARK: &str =
            "UPDATE post SET reread = ?3 WHERE network = ?1 AND (native_id = ?2 OR local_id = ?2)";
        let mut statement = self.connection.prepare_cached(MARK)?;
        for id in ids {
            statement.execute(params![network, id, at.0])?;
        }
        Ok(())
    }

    /// Removes the words of posts of `network` that were neither seen nor read again since `before`. Tells how many.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn expire(&self, network: &str, before: Time, at: Time) -> Result<usize, StoreError> {
        super::answers::forget_before(&self.connection, network, before)?;
        super::replies::forget_before(&self.connection, network, before)?;
        let expired = self.connection.prepare_cached(EXPIRE)?.execute(params![network, before.0, at.0])?;
        if expired > 0 {
            self.connection.prepare_cached(UNTAG)?.execute([network])?;
            self.connection.prepare_cached(EMPTY)?.execute([network])?;
            self.connection.prepare_cached(UNLABEL)?.execute([network])?;
        }
        Ok(expired)
    }
}
