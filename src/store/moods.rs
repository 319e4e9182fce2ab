//! How mentions of a brand speak, counted over time.

use rusqlite::{Connection, params};

use super::StoreError;
use super::series::Dead;
use crate::alert::trend::Part;
use crate::share::Window;

/// Mentions of a brand that speak ill, and all that are understood, without those of `dead` sources.
///
/// # Errors
/// When SQLite refuses.
pub fn sour(
    connection: &Connection,
    brand: &str,
    window: Window,
    (networks, dead): (&[String], &[Dead]),
) -> Result<Part, StoreError> {
    const COUNT: &str = "SELECT coalesce(sum(post.sentiment IN ('-', 'negative')), 0), count(*)
        FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.brand = ?1 AND mention.counted >= ?2 AND mention.counted < ?3 AND post.sentiment IS NOT NULL
            AND (?4 = '[]' OR post.network IN (SELECT value FROM json_each(?4)))
            AND post.source NOT IN (SELECT value FROM json_each(?5))";
    let (networks, dead) = listed(networks, dead);
    Ok(connection
        .prepare_cached(COUNT)?
        .query_row(params![brand, window.from.0, window.to.0, networks, dead], |row| {
            Ok(Part { of: row.get(0)?, all: row.get(1)? })
        })?)
}

/// The rows of the mentions among them that speak ill with the most reactions, the newest first among equals; copies of
/// one text are one.
///
/// # Errors
/// When SQLite refuses.
pub fn sourest(
    connection: &Connection,
    brand: &str,
    window: Window,
    (networks, dead): (&[String], &[Dead]),
    most: usize,
) -> Result<Vec<i64>, StoreError> {
    const LIST: &str = "SELECT mention.id, max(post.reactions) AS most
        FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.brand = ?1 AND mention.counted >= ?2 AND mention.counted < ?3 AND post.sentiment IN ('-', 'negative')
            AND (?4 = '[]' OR post.network IN (SELECT value FROM json_each(?4)))
            AND post.source NOT IN (SELECT value FROM json_each(?5))
        GROUP BY coalesce(post.story, post.id) ORDER BY most DESC, mention.counted DESC, mention.id LIMIT ?6";
    let (networks, dead) = listed(networks, dead);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement
        .query_map(params![brand, window.from.0, window.to.0, networks, dead, most], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn listed(networks: &[String], dead: &[Dead]) -> (String, String) {
    let dead: Vec<i64> = dead.iter().map(|dead| dead.id).collect();
    (serde_json::Value::from(networks.to_vec()).to_string(), serde_json::Value::from(dead).to_string())
}
