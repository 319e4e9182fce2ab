//! What every source was due to do in a window, and what it could not give.

use rusqlite::{Connection, named_params};
use serde::{Deserialize, Serialize};

use crate::share::Window;
use crate::store::StoreError;
use crate::time::{HOUR, Time};

/// How one source fared in a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
            COALESCE(SUM(coverage.failed), 0) AS failed,
            MAX(COALESCE(SUM(coverage.posts), 0), CASE WHEN COALESCE(SUM(coverage.due > 0), 0) > 0 THEN 0 ELSE
                (SELECT COUNT(*) FROM post WHERE post.source = source.id AND post.counted >= :from AND post.counted < :to)
            END) AS posts,
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

/// One source and hour of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoverageHour {
    /// The hour's start.
    pub hour: Time,
    /// The source.
    pub source: String,
    /// Its network.
    pub network: String,
    /// Attempts due.
    pub due: i64,
    /// Attempts that brought an answer.
    pub done: i64,
    /// Attempts that failed.
    pub failed: i64,
    /// Attempts put off.
    pub paused: i64,
    /// Posts heard, of any kind.
    pub posts: i64,
    /// Posts known already.
    pub repeats: i64,
    /// New mentions.
    pub mentions: i64,
    /// Seconds of it that the source could not give and that were not caught up on.
    pub gap_seconds: i64,
    /// Why attempts failed or were put off.
    pub reason: Option<String>,
    /// Whether the source is the shipped example.
    pub example: bool,
}

/// Calls `each` with every source and hour of the ledger that lies in the bounds, oldest first, one at a time.
///
/// # Errors
/// When SQLite refuses, or `each` fails.
pub fn coverage_hours<E: From<StoreError>>(
    connection: &Connection,
    (from, to): (Option<Time>, Option<Time>),
    mut each: impl FnMut(CoverageHour) -> Result<(), E>,
) -> Result<(), E> {
    const HOURS: &str = "SELECT coverage.hour AS hour, source.name AS source, source.network AS network, due, done, failed,
            paused, coverage.posts AS posts, repeats, mentions, coverage.reason AS reason, source.example AS example,
            (SELECT COALESCE(SUM(MIN(gap.\"to\", coverage.hour + :hour) - MAX(gap.\"from\", coverage.hour)), 0) / 1000
                FROM gap WHERE gap.source = source.id AND gap.closed IS NULL
                    AND gap.\"to\" > coverage.hour AND gap.\"from\" < coverage.hour + :hour) AS gap_seconds
        FROM coverage JOIN source ON source.id = coverage.source
        WHERE coverage.hour > :from - :hour AND coverage.hour < :to
        ORDER BY coverage.hour, source.name";
    let (from, to) = (from.map_or(0, |from| from.0), to.map_or(i64::MAX, |to| to.0));
    let mut statement = connection.prepare_cached(HOURS).map_err(StoreError::from)?;
    let mut rows = statement
        .query(named_params! { ":from": from, ":to": to, ":hour": HOUR })
        .map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        each(coverage_hour(row).map_err(StoreError::from)?)?;
    }
    Ok(())
}

fn coverage_hour(row: &rusqlite::Row<'_>) -> rusqlite::Result<CoverageHour> {
    Ok(CoverageHour {
        hour: Time(row.get("hour")?),
        source: row.get("source")?,
        network: row.get("network")?,
        due: row.get("due")?,
        done: row.get("done")?,
        failed: row.get("failed")?,
        paused: row.get("paused")?,
        posts: row.get("posts")?,
        repeats: row.get("repeats")?,
        mentions: row.get("mentions")?,
        gap_seconds: row.get("gap_seconds")?,
        reason: row.get("reason")?,
        example: row.get("example")?,
    })
}
