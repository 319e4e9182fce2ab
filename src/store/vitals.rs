//! Whether the watch is alive: what was heard and told lately, and what has waited for too long.

use rusqlite::{Connection, params};

use super::StoreError;
use super::doors::{IMPORT, INGEST};
use crate::share::Window;
use crate::time::Time;

/// What went on in a window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vitals {
    /// Posts heard.
    pub posts: u64,
    /// Mentions among them.
    pub mentions: u64,
    /// Mails and messages that were taken.
    pub sent: u64,
    /// Sources that answered last, when asked last.
    pub well: u64,
    /// The names of those that did not.
    pub unwell: Vec<String>,
}

/// What went on in the window.
///
/// # Errors
/// When SQLite refuses.
pub fn vitals(connection: &Connection, window: Window) -> Result<Vitals, StoreError> {
    const HEARD: &str = "SELECT coalesce(sum(posts), 0), coalesce(sum(mentions), 0) FROM coverage WHERE hour >= ?1 AND hour < ?2";
    const SENT: &str = "SELECT count(*) FROM notice WHERE state = 'sent' AND sent >= ?1 AND sent < ?2";
    const WELL: &str = "SELECT count(*) FROM source WHERE example = 0 AND state = 'ok'";
    const UNWELL: &str = "SELECT name FROM source WHERE example = 0 AND state IN ('failing', 'stopped', 'silent') ORDER BY name";
    let place = params![window.from.0, window.to.0];
    let (posts, mentions) =
        connection.prepare_cached(HEARD)?.query_row(place, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut statement = connection.prepare_cached(UNWELL)?;
    let unwell = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(Vitals {
        posts,
        mentions,
        sent: connection.prepare_cached(SENT)?.query_row(place, |row| row.get(0))?,
        well: connection.prepare_cached(WELL)?.query_row([], |row| row.get(0))?,
        unwell,
    })
}

/// What has waited for longer than `limit` milliseconds, in words: no source has answered, or a mail is not taken.
///
/// # Errors
/// When SQLite refuses.
pub fn ailing(connection: &Connection, now: Time, limit: i64) -> Result<Option<String>, StoreError> {
    // A mail that waits for the end of quiet hours is not late before.
    const WAITING: &str =
        "SELECT min(CASE attempts WHEN 0 THEN next_try ELSE written END) FROM notice WHERE state = 'due'";
    // Sources that are asked: when any of them last answered, or since when the first of them has failed.
    const HEARD: &str =
        "SELECT max(max(coalesce(last_ok, 0), coalesce(until, 0), coalesce(last_post, 0))), min(failing_from)
        FROM source WHERE example = 0 AND last_try IS NOT NULL AND network NOT IN ('capture', ?1, ?2)";
    let late = now.plus(-limit);
    let waiting: Option<i64> = connection.prepare_cached(WAITING)?.query_row([], |row| row.get(0))?;
    if let Some(since) = waiting.map(Time).filter(|since| *since < late) {
        return Ok(Some(format!("a mail has waited since {since}; `vigie alerts history` says why")));
    }
    let (heard, failing): (Option<i64>, Option<i64>) = connection
        .prepare_cached(HEARD)?
        .query_row([IMPORT, INGEST], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let since = match heard {
        None => None,
        Some(0) => failing,
        Some(heard) => Some(heard),
    };
    let silent = since.map(Time).filter(|since| *since < late);
    Ok(silent.map(|since| format!("no source has answered since {since}; `vigie status` says why")))
}
