//! What the brands' own accounts answered without naming a brand: when, to which post, and nothing of what they said.

use rusqlite::{Connection, params};

use super::StoreError;
use super::posts::Unit;
use crate::intake::Reply;
use crate::post::{Author, NetworkName};
use crate::time::Time;

impl Unit<'_> {
    /// Keeps that an own account of a brand answered.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn save_reply(&mut self, reply: &Reply) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO own_answer (brand, network, native_id, author, reply_to, at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET reply_to = excluded.reply_to";
        let network = reply.network.as_str();
        if self.is_removed(network, &reply.author)? {
            return Ok(());
        }
        for brand in &reply.brands {
            self.connection().prepare_cached(INSERT)?.execute(params![
                &*brand.0,
                network,
                reply.native_id,
                reply.author,
                reply.to,
                reply.at.0
            ])?;
        }
        Ok(())
    }
}

/// Accounts in the store that bear one of these `handles` (in small letters, without their sign).
///
/// # Errors
/// When SQLite refuses.
pub fn bearing(
    connection: &Connection,
    handles: &[String],
) -> Result<Vec<(NetworkName, Author)>, StoreError> {
    const LIST: &str = "SELECT network, native_id, handle FROM author
        WHERE lower(ltrim(handle, '@')) IN (SELECT value FROM json_each(?1))";
    let handles = serde_json::Value::from(handles.to_vec()).to_string();
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([handles], |row| {
        let (network, native_id): (String, String) = (row.get(0)?, row.get(1)?);
        Ok((NetworkName(network.into()), Author { native_id, handle: row.get(2)?, ..Author::default() }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the own accounts of `brand` answered which post, without naming a brand, from a moment on: network, native id of the
/// post that is answered, and the moment.
pub(super) fn of_brand(
    connection: &Connection,
    brand: &str,
    from: Time,
) -> Result<Vec<(String, String, Time)>, StoreError> {
    const LIST: &str = "SELECT network, reply_to, at FROM own_answer WHERE brand = ?1 AND at >= ?2";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement
        .query_map(params![brand, from.0], |row| Ok((row.get(0)?, row.get(1)?, Time(row.get(2)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets an answer that was taken away, where `by` wrote it, or whoever did.
pub(super) fn forget_one(
    connection: &Connection,
    network: &str,
    native_id: &str,
    by: Option<&str>,
) -> Result<(), StoreError> {
    const DROP: &str =
        "DELETE FROM own_answer WHERE network = ?1 AND native_id = ?2 AND (?3 IS NULL OR author = ?3)";
    connection.prepare_cached(DROP)?.execute(params![network, native_id, by])?;
    Ok(())
}

/// Forgets what an account answered.
pub(super) fn forget_all(connection: &Connection, network: &str, author: &str) -> Result<(), StoreError> {
    const DROP: &str = "DELETE FROM own_answer WHERE network = ?1 AND author = ?2";
    connection.prepare_cached(DROP)?.execute([network, author])?;
    Ok(())
}

/// Forgets the answers on `network` of before a moment.
pub(super) fn forget_before(connection: &Connection, network: &str, before: Time) -> Result<(), StoreError> {
    const DROP: &str = "DELETE FROM own_answer WHERE network = ?1 AND at < ?2";
    connection.prepare_cached(DROP)?.execute(params![network, before.0])?;
    Ok(())
}
