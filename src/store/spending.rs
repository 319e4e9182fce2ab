//! What sources have spent, by day (UTC), in the unit of their network.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Store, StoreError};
use crate::time::{DAY, Time};

fn day(at: Time) -> i64 {
    at.0.div_euclid(DAY).saturating_mul(DAY)
}

impl Store {
    /// Adds to (or, negative, takes from) what a source has spent today.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn spend(&self, source: i64, at: Time, units: i64) -> Result<(), StoreError> {
        const ADD: &str = "INSERT INTO spending (source, day, spent) VALUES (?1, ?2, max(?3, 0))
            ON CONFLICT (source, day) DO UPDATE SET spent = max(spent + ?3, 0)";
        self.connection.prepare_cached(ADD)?.execute(params![source, day(at), units])?;
        Ok(())
    }

    /// What a source has spent today.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn spent(&self, source: i64, at: Time) -> Result<u64, StoreError> {
        spent(&self.connection, source, at)
    }
}

/// What a source has spent on the day of `at`.
///
/// # Errors
/// When SQLite refuses.
pub fn spent(connection: &Connection, source: i64, at: Time) -> Result<u64, StoreError> {
    const GET: &str = "SELECT spent FROM spending WHERE source = ?1 AND day = ?2";
    let spent: Option<i64> =
        connection.prepare_cached(GET)?.query_row(params![source, day(at)], |row| row.get(0)).optional()?;
    Ok(spent.and_then(|spent| u64::try_from(spent).ok()).unwrap_or(0))
}
