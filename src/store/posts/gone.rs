//! What a source took away: removed wherever it is kept, with a tombstone left.

use rusqlite::{OptionalExtension as _, params};

use super::{Change, REMOVED, Unit};
use crate::post::{Deletion, Gone};
use crate::store::{StoreError, accounts, answers, cases, labels, replies};
use crate::time::Time;

impl Unit<'_> {
    /// Takes away what the source took away, wherever it is kept, and leaves a tombstone.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn remove(&mut self, deletion: &Deletion) -> Result<(), StoreError> {
        const POST: &str = "SELECT id, native_id FROM post WHERE network = ?1 AND native_id = ?2";
        const LOCAL: &str = "SELECT id, native_id FROM post WHERE network = ?1 AND local_id = ?2";
        const WRITER: &str = "SELECT 1 FROM post JOIN author ON author.id = post.author
            WHERE post.id = ?1 AND author.native_id = ?2";
        const AUTHOR: &str = "SELECT id FROM author WHERE network = ?1 AND native_id = ?2";
        const POSTS: &str = "SELECT id, native_id FROM post WHERE author = ?1";
        const PICTURE: &str = "DELETE FROM picture WHERE address = (SELECT avatar FROM author WHERE id = ?1)";
        const EMPTY: &str = "UPDATE author SET handle = NULL, display_name = NULL, bio = NULL, avatar = NULL, url = NULL,
                followers = NULL, posts = NULL, created = NULL, verified = NULL, bot = NULL, links = NULL, status = 'removed', refreshed = ?2
            WHERE id = ?1";
        let network = deletion.network.as_str();
        let one = |sql: &str, id: &str| -> Result<Option<(i64, String)>, StoreError> {
            let found = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            Ok(self.connection.prepare_cached(sql)?.query_row([network, id], found).optional()?)
        };
        let find = |id: &str| one(POST, id)?.map_or_else(|| one(LOCAL, id), |found| Ok(Some(found)));
        match &deletion.gone {
            Gone::Post(id) => {
                answers::forget_one(self.connection, network, id, None)?;
                replies::forget_one(self.connection, network, id, None)?;
                if let Some((row, id)) = find(id)? {
                    self.remove_post(row, network, &id, deletion.at)?;
                }
            }
            Gone::PostBy(id, author) => {
                answers::forget_one(self.connection, network, id, Some(author))?;
                replies::forget_one(self.connection, network, id, Some(author))?;
                if let Some((row, id)) = find(id)?
                    && self.connection.prepare_cached(WRITER)?.exists(params![row, author])?
                {
                    self.remove_post(row, network, &id, deletion.at)?;
                }
            }
            Gone::Account(id) => {
                replies::forget_all(self.connection, network, id)?;
                let known: Option<i64> = self
                    .connection
                    .prepare_cached(AUTHOR)?
                    .query_row([network, id], |row| row.get(0))
                    .optional()?;
                // Who is tracked need not have written anything.
                let tracked = accounts::forget(self.connection, network, id)?;
                let Some(row) = known else {
                    if tracked {
                        self.bury(network, id, "account", deletion.at)?;
                    }
                    return Ok(());
                };
                let mut statement = self.connection.prepare_cached(POSTS)?;
                let posts: Vec<(i64, String)> = statement
                    .query_map([row], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<Result<_, _>>()?;
                for (post, native_id) in posts {
                    self.remove_post(post, network, &native_id, deletion.at)?;
                }
                self.connection.prepare_cached(PICTURE)?.execute([row])?;
                self.connection.prepare_cached(EMPTY)?.execute(params![row, self.seen.0])?;
                cases::close(self.connection, (network, id), row, self.seen)?;
                self.bury(network, id, "account", deletion.at)?;
            }
        }
        Ok(())
    }

    fn remove_post(
        &mut self,
        row: i64,
        network: &str,
        native_id: &str,
        at: Option<Time>,
    ) -> Result<(), StoreError> {
        // An author of whom nothing else is kept goes with the post.
        const FORGET: &str =
            "DELETE FROM author WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM post WHERE author = ?1)
            AND NOT EXISTS (SELECT 1 FROM suspicion WHERE author = ?1)
            AND NOT EXISTS (SELECT 1 FROM answer WHERE author = ?1)";
        let mut statement = self.connection.prepare_cached("SELECT id FROM mention WHERE post = ?1")?;
        let mentions: Vec<i64> = statement.query_map([row], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let author: Option<i64> = self
            .connection
            .prepare_cached("SELECT author FROM post WHERE id = ?1")?
            .query_row([row], |row| row.get(0))?;
        self.rollups.add_of(self.connection, row, -1)?;
        self.connection.prepare_cached("DELETE FROM post WHERE id = ?1")?.execute([row])?;
        self.stories.forget(row);
        labels::forget_words(self.connection, network, native_id)?;
        if let Some(author) = author {
            self.connection.prepare_cached(FORGET)?.execute([author])?;
        }
        self.bury(network, native_id, "post", at)?;
        self.tally.removed += 1;
        if !mentions.is_empty() {
            self.changes.push(Change::Withdrawn { mentions });
        }
        Ok(())
    }

    fn bury(
        &mut self,
        network: &str,
        native_id: &str,
        what: &str,
        at: Option<Time>,
    ) -> Result<(), StoreError> {
        const BURY: &str =
            "INSERT INTO tombstone (network, native_id, what, deleted, seen) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO NOTHING";
        if what == "account" {
            self.seen_before.meet(REMOVED, native_id);
        }
        self.connection.prepare_cached(BURY)?.execute(params![
            network,
            native_id,
            what,
            at.map(|time| time.0),
            self.seen.0
        ])?;
        Ok(())
    }
}
