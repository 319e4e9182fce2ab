//! How long it takes from a post to us, and from us to the mail server.

use rusqlite::{Connection, named_params};
use serde::Serialize;

use crate::share::Window;
use crate::store::StoreError;

/// Waits of one source, in milliseconds: of a hundred, fifty and ninety-five are at most this long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// The source.
    #[serde(skip)]
    pub source: String,
    /// How many waits were measured.
    pub count: u64,
    /// Half are at most this long.
    pub p50: i64,
    /// Of twenty, nineteen are at most this long.
    pub p95: i64,
}

/// From publication to seen, of posts seen in the window. Posts published before the first hour in which
/// their source was followed are left out (a first page is the past), and those dated after they were seen.
///
/// # Errors
/// When SQLite refuses.
pub fn published_to_seen(connection: &Connection, window: Window) -> Result<Vec<Latency>, StoreError> {
    const WAITS: &str = "WITH wait AS (
            SELECT DISTINCT post.id AS id, post.source AS source, post.seen - post.published AS millis
            FROM clear_mention AS mention JOIN post ON post.id = mention.post
            WHERE mention.counted >= :from AND mention.counted < :to AND post.published <= post.seen
              AND post.published >= (SELECT MIN(hour) FROM coverage WHERE coverage.source = post.source)),
        placed AS (
            SELECT source, millis, ROW_NUMBER() OVER (PARTITION BY source ORDER BY millis) AS place,
                COUNT(*) OVER (PARTITION BY source) AS count
            FROM wait)
        SELECT source.name AS name, count,
            MIN(CASE WHEN place * 100 >= count * 50 THEN millis END) AS p50,
            MIN(CASE WHEN place * 100 >= count * 95 THEN millis END) AS p95
        FROM placed JOIN source ON source.id = placed.source GROUP BY source.id ORDER BY name";
    waits(connection, WAITS, window)
}

/// From seen to accepted by the mail server, of mentions told by an alert sent in the window. The wait in
/// which alerts are grouped is part of it. A post that became a mention by an edit counts from the edit.
///
/// # Errors
/// When SQLite refuses.
pub fn seen_to_sent(connection: &Connection, window: Window) -> Result<Vec<Latency>, StoreError> {
    const WAITS: &str = "WITH wait AS (
            SELECT post.source AS source, MIN(notice.sent)
                - CASE WHEN post.edited IS NULL THEN post.seen ELSE mention.matched END AS millis
            FROM notice
                JOIN alert ON alert.rule = notice.rule AND alert.window = notice.window AND alert.kind = 'mention'
                JOIN mention ON mention.id = alert.ref JOIN post ON post.id = mention.post
            WHERE notice.kind = 'alert' AND notice.state = 'sent' AND notice.sent >= :from AND notice.sent < :to
            GROUP BY mention.id),
        placed AS (
            SELECT source, millis, ROW_NUMBER() OVER (PARTITION BY source ORDER BY millis) AS place,
                COUNT(*) OVER (PARTITION BY source) AS count
            FROM wait)
        SELECT source.name AS name, count,
            MIN(CASE WHEN place * 100 >= count * 50 THEN millis END) AS p50,
            MIN(CASE WHEN place * 100 >= count * 95 THEN millis END) AS p95
        FROM placed JOIN source ON source.id = placed.source GROUP BY source.id ORDER BY name";
    waits(connection, WAITS, window)
}

/// Deletions at the source that were honoured here, and how long after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Deletions {
    /// How many.
    pub count: u64,
    /// Milliseconds from there to here, of those whose network says when: half are at most this long.
    pub p50: Option<i64>,
    /// Of twenty, nineteen are at most this long.
    pub p95: Option<i64>,
}

/// All deletions that were honoured.
///
/// # Errors
/// When SQLite refuses.
pub fn deletions(connection: &Connection) -> Result<Deletions, StoreError> {
    const DELAYS: &str = "WITH placed AS (
            SELECT seen - deleted AS millis, ROW_NUMBER() OVER (ORDER BY seen - deleted) AS place, COUNT(*) OVER () AS count
            FROM tombstone WHERE deleted IS NOT NULL AND deleted <= seen)
        SELECT (SELECT COUNT(*) FROM tombstone) AS count,
            MIN(CASE WHEN place * 100 >= count * 50 THEN millis END) AS p50,
            MIN(CASE WHEN place * 100 >= count * 95 THEN millis END) AS p95
        FROM placed";
    Ok(connection.prepare_cached(DELAYS)?.query_row([], |row| {
        Ok(Deletions { count: row.get("count")?, p50: row.get("p50")?, p95: row.get("p95")? })
    })?)
}

fn waits(connection: &Connection, query: &str, window: Window) -> Result<Vec<Latency>, StoreError> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(named_params! { ":from": window.from.0, ":to": window.to.0 }, |row| {
        Ok(Latency {
            source: row.get("name")?,
            count: row.get("count")?,
            p50: row.get("p50")?,
            p95: row.get("p95")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
