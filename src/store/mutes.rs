//! Rules that a person has silenced for a while.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::{Store, StoreError};
use crate::time::Time;

/// A silence, with its end and its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mute {
    /// Its row.
    pub id: i64,
    /// The rule.
    pub rule: String,
    /// The one brand it is about; all when absent.
    pub brand: Option<String>,
    /// From when.
    pub since: Time,
    /// Until when.
    pub until: Time,
    /// Who wanted it.
    pub who: String,
    /// Why.
    pub note: Option<String>,
    /// Alerts that were not raised because of it.
    pub kept: u64,
}

impl Store {
    /// Silences a rule, for one brand or for all.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn mute(&self, mute: &Mute) -> Result<i64, StoreError> {
        const INSERT: &str =
            "INSERT INTO mute (rule, brand, since, until, who, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let Mute { rule, brand, since, until, who, note, .. } = mute;
        self.connection.prepare_cached(INSERT)?.execute(params![rule, brand, since.0, until.0, who, note])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Ends the silences of a rule now. Tells how many there were.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn unmute(&self, rule: &str, now: Time) -> Result<usize, StoreError> {
        const END: &str = "UPDATE mute SET until = ?2 WHERE rule = ?1 AND until > ?2";
        Ok(self.connection.prepare_cached(END)?.execute(params![rule, now.0])?)
    }

    /// Whether an alert of this rule about this brand is silenced now; `count`: if so it is counted.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn is_muted(
        &self,
        rule: &str,
        brand: Option<&str>,
        now: Time,
        count: bool,
    ) -> Result<bool, StoreError> {
        const FIND: &str = "SELECT id FROM mute WHERE rule = ?1 AND since <= ?3 AND until > ?3
            AND (brand IS NULL OR brand = ?2) LIMIT 1";
        const COUNT: &str = "UPDATE mute SET kept = kept + 1 WHERE id = ?1";
        let found: Option<i64> = self
            .connection
            .prepare_cached(FIND)?
            .query_row(params![rule, brand, now.0], |row| row.get(0))
            .optional()?;
        if let Some(id) = found.filter(|_| count) {
            self.connection.prepare_cached(COUNT)?.execute([id])?;
        }
        Ok(found.is_some())
    }
}

/// The silences that hold at `now` or begin later, the first to end first.
///
/// # Errors
/// When SQLite refuses.
pub fn mutes(connection: &Connection, now: Time) -> Result<Vec<Mute>, StoreError> {
    const LIST: &str =
        "SELECT id, rule, brand, since, until, who, note, kept FROM mute WHERE until > ?1 ORDER BY until, id";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([now.0], |row| {
        Ok(Mute {
            id: row.get(0)?,
            rule: row.get(1)?,
            brand: row.get(2)?,
            since: Time(row.get(3)?),
            until: Time(row.get(4)?),
            who: row.get(5)?,
            note: row.get(6)?,
            kept: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
