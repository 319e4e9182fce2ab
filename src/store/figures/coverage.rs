//! What every source was due to do in a window, and what it could not give.

use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::time;
use crate::mention::Gap;
use crate::share::Window;
use crate::time::{HOUR, Time};

/// How one source fared in a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The source.
    pub source: String,
    /// Its network.
    pub network: String,
    /// Whether it is the shipped example.
    pub example: bool,
    /// Hours in which something was due.
    pub hours_due: u64,
    /// Hours of those in which something was done.
    pub hours_done: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Posts that it brought, of any kind.
    pub posts: u64,
    /// How it fares now: new, ok, failing, paused, stopped, silent.
    pub state: String,
    /// Why, when it is not well.
    pub reason: Option<String>,
    /// Since when it fails or is silent.
    pub since: Option<Time>,
}

/// What every source was due to do in the window, and did.
///
/// # Errors
/// When the store cannot be read.
pub fn coverage(connection: &Connection, window: Window) -> rusqlite::Result<Vec<Coverage>> {
    const COVERAGE: &str =
        "SELECT source.name AS source, source.network AS network, source.example AS example,
            COALESCE(SUM(coverage.due > 0), 0) AS hours_due,
            COALESCE(SUM(coverage.due > 0 AND coverage.done > 0), 0) AS hours_done,
            COALESCE(SUM(coverage.failed), 0) AS failed, COALESCE(SUM(coverage.posts), 0) AS posts,
            source.state AS state, source.reason AS reason,
            CASE source.state WHEN 'silent' THEN COALESCE(source.last_post, source.failing_from)
                ELSE source.failing_from END AS since
        FROM source LEFT JOIN coverage ON coverage.source = source.id
            AND coverage.hour > :from - :hour AND coverage.hour < :to
        GROUP BY source.id ORDER BY source.name";
    let mut statement = connection.prepare_cached(COVERAGE)?;
    let rows = statement.query_map(
        named_params! { ":from": window.from.0, ":to": window.to.0, ":hour": HOUR },
        |row| {
            Ok(Coverage {
                source: row.get("source")?,
                network: row.get("network")?,
                example: row.get("example")?,
                hours_due: row.get("hours_due")?,
                hours_done: row.get("hours_done")?,
                failed: row.get("failed")?,
                posts: row.get("posts")?,
                state: row.get("state")?,
                reason: row.get("reason")?,
                since: time(row, "since")?,
            })
        },
    )?;
    rows.collect()
}

/// The gaps that touch a window, the filled ones too.
///
/// # Errors
/// When the store cannot be read.
pub fn gaps(connection: &Connection, window: Window) -> rusqlite::Result<Vec<Gap>> {
    const GAPS: &str = r#"SELECT source.name AS source, gap."from" AS "from", gap."to" AS "to",
            gap.reason AS reason, gap.closed AS closed
        FROM gap JOIN source ON source.id = gap.source
        WHERE gap."to" > :from AND gap."from" < :to
        ORDER BY gap."from", source.name, gap.id"#;
    let mut statement = connection.prepare_cached(GAPS)?;
    let rows = statement.query_map(named_params! { ":from": window.from.0, ":to": window.to.0 }, |row| {
        Ok(Gap {
            source: row.get("source")?,
            from: Time(row.get("from")?),
            to: Time(row.get("to")?),
            reason: row.get("reason")?,
            closed: time(row, "closed")?,
        })
    })?;
    rows.collect()
}
