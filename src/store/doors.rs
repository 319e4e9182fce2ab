//! What comes in by other doors than a network: imported files and how far each has got, pushes and their
//! receipts.

use rusqlite::{OptionalExtension as _, params};

use super::posts::Tally;
use super::{Store, StoreError};
use crate::time::{DAY, Time};

/// What stands for the network of a source that is an imported file.
pub const IMPORT: &str = "import";
/// What stands for the network of a source that others push to.
pub const INGEST: &str = "ingest";

/// A receipt is kept this long: whoever repeats a request does so within hours.
const RECEIPTS: i64 = 7 * DAY;

/// An imported file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its row.
    pub id: i64,
    /// Records taken so far.
    pub done: u64,
    /// When it was begun.
    pub started: Time,
    /// When it was finished.
    pub ended: Option<Time>,
}

/// How far an imported file has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The row of the import.
    pub import: i64,
    /// Records taken.
    pub done: u64,
    /// Whether these were the last.
    pub ended: bool,
}

/// What tells a request that is made again from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The hash of the key it came with.
    pub key: String,
    /// The hash of its content.
    pub body: String,
}

/// What is known of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is new.
    No,
    /// The same request came before, and did this.
    Same(Tally),
    /// The same key came before with another content.
    Other,
}

impl Store {
    /// The import of the file with this hash into a source, begun now when it is new.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn import(&self, source: i64, file: &str, name: &str, now: Time) -> Result<Import, StoreError> {
        const BEGIN: &str = "INSERT INTO import (source, file, name, started) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (source, file) DO UPDATE SET name = excluded.name RETURNING id, done, started, ended";
        Ok(self.connection.prepare_cached(BEGIN)?.query_row(params![source, file, name, now.0], |row| {
            Ok(Import {
                id: row.get(0)?,
                done: row.get(1)?,
                started: Time(row.get(2)?),
                ended: row.get::<_, Option<i64>>(3)?.map(Time),
            })
        })?)
    }

    /// Notes how far an import has got; inside the transaction that stores its posts.
    pub(crate) fn imported(&self, place: &Place, now: Time) -> Result<(), StoreError> {
        const NOTE: &str = "UPDATE import SET done = ?2, ended = ?3 WHERE id = ?1";
        const WELL: &str = "UPDATE source SET state = 'ok', last_try = ?2, last_ok = ?2
            WHERE id = (SELECT source FROM import WHERE id = ?1)";
        let ended = place.ended.then_some(now.0);
        self.connection.prepare_cached(NOTE)?.execute(params![place.import, place.done, ended])?;
        self.connection.prepare_cached(WELL)?.execute(params![place.import, now.0])?;
        Ok(())
    }

    /// The network of the source of this name, when there is one.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn network_of(&self, source: &str) -> Result<Option<String>, StoreError> {
        const GET: &str = "SELECT network FROM source WHERE name = ?1";
        Ok(self.connection.prepare_cached(GET)?.query_row([source], |row| row.get(0)).optional()?)
    }

    pub(crate) fn receipt(&self, source: i64, receipt: &Receipt) -> Result<Known, StoreError> {
        const GET: &str = "SELECT body, posts, repeats, mentions FROM receipt WHERE source = ?1 AND key = ?2";
        let known: Option<(String, Tally)> = self
            .connection
            .prepare_cached(GET)?
            .query_row(params![source, receipt.key], |row| {
                let (posts, repeats, mentions) = (row.get(1)?, row.get(2)?, row.get(3)?);
                Ok((row.get(0)?, Tally { posts, repeats, mentions, ..Tally::default() }))
            })
            .optional()?;
        Ok(match known {
            None => Known::No,
            Some((body, tally)) if body == receipt.body => Known::Same(tally),
            Some(_) => Known::Other,
        })
    }

    /// Keeps a receipt, and lets go of old ones; inside the transaction that stores the posts.
    pub(crate) fn keep_receipt(
        &self,
        source: i64,
        receipt: &Receipt,
        tally: Tally,
        now: Time,
    ) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO receipt (source, key, body, at, posts, repeats, mentions)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        const FORGET: &str = "DELETE FROM receipt WHERE at < ?1";
        self.connection.prepare_cached(FORGET)?.execute([now.plus(-RECEIPTS).0])?;
        self.connection.prepare_cached(KEEP)?.execute(params![
            source,
            receipt.key,
            receipt.body,
            now.0,
            tally.posts,
            tally.repeats,
            tally.mentions
        ])?;
        Ok(())
    }
}
