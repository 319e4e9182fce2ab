//! What every source was due to do in a window, and what it could not give.

use rusqlite::{Connection, named_params};
use serde::Serialize;

use crate::share::Window;
use crate::store::StoreError;
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
/// When SQLite refuses.
pub fn coverage(connection: &Connection, window: Window) -> Result<Vec<Coverage>, StoreError> {
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
                since: row.get::<_, Option<i64>>("since")?.map(Time),
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}
