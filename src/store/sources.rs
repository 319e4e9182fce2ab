//! Sources as the store knows them: cursors, how they fare, the coverage ledger, gaps.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::posts::Tally;
use super::{Store, StoreError};
use crate::mention::Gap;
use crate::network::{Cursor, Missed};
use crate::time::Time;

/// A source is taken for silent after this many times its usual longest wait between posts.
const SILENT_TIMES: i64 = 3;
/// No source is taken for silent before this many pages with posts: a habit must be known first.
const SILENT_AFTER: i64 = 10;
/// No silence shorter than this counts, however busy the source.
const SILENT_AT_LEAST: i64 = 15 * 60_000;
/// A source that fails is in trouble after this many failures in a row...
const FAILURES: i64 = 3;
/// ... over at least this long.
const FAILING_FOR: i64 = 60_000;

/// A source, as kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// Its row.
    #[serde(skip)]
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its network.
    pub network: String,
    /// Whether it is the shipped example.
    pub example: bool,
    /// `new`, `ok`, `failing`, `paused`, `stopped` or `silent`.
    pub state: String,
    /// Why, when it is not well.
    pub reason: Option<String>,
    /// Failures in a row.
    pub failures: i64,
    /// Since when it has been failing.
    pub failing_from: Option<Time>,
    /// When it was asked last.
    pub last_try: Option<Time>,
    /// When it answered last.
    pub last_ok: Option<Time>,
    /// When it last brought a post.
    pub last_post: Option<Time>,
    /// Up to when a stream has been read.
    pub until: Option<Time>,
}

/// One source and hour of the coverage ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoverageRow {
    /// The source.
    pub source: String,
    /// The hour's start.
    pub hour: Time,
    /// Attempts due.
    pub due: i64,
    /// Attempts that brought an answer.
    pub done: i64,
    /// Attempts that failed.
    pub failed: i64,
    /// Attempts put off.
    pub paused: i64,
    /// Posts heard.
    pub posts: i64,
    /// Posts known already.
    pub repeats: i64,
    /// New mentions.
    pub mentions: i64,
    /// Why attempts failed or were put off.
    pub reason: Option<String>,
}

/// How one attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It brought an answer.
    Done,
    /// It failed.
    Failed(String),
    /// It was put off by the network or by a budget.
    Paused(String),
    /// It failed and will not be tried again before someone helps.
    Stopped(String),
}

impl Store {
    /// The row of a source, made when it is new.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn source(&self, name: &str, network: &str, example: bool) -> Result<i64, StoreError> {
        const UPSERT: &str = "INSERT INTO source (name, network, example) VALUES (?1, ?2, ?3)
            ON CONFLICT (name) DO UPDATE SET network = excluded.network RETURNING id";
        Ok(self
            .connection
            .prepare_cached(UPSERT)?
            .query_row(params![name, network, example], |row| row.get(0))?)
    }

    /// Where reading of a source stopped.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn cursor(&self, source: i64) -> Result<Option<Cursor>, StoreError> {
        const GET: &str = "SELECT cursor FROM source WHERE id = ?1";
        let cursor: Option<String> =
            self.connection.prepare_cached(GET)?.query_row([source], |row| row.get(0))?;
        Ok(cursor.map(Cursor))
    }

    /// Notes where reading of a source stopped.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn set_cursor(&self, source: i64, cursor: &Cursor) -> Result<(), StoreError> {
        const SET: &str = "UPDATE source SET cursor = ?2 WHERE id = ?1";
        self.connection.prepare_cached(SET)?.execute(params![source, cursor.0])?;
        Ok(())
    }

    /// Adds what a page brought to the ledger and to the habit of its source.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn heard(&self, source: i64, at: Time, tally: Tally, until: Option<Time>) -> Result<(), StoreError> {
        const COUNT: &str = "INSERT INTO coverage (source, hour, posts, repeats, mentions) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (source, hour) DO UPDATE SET posts = posts + excluded.posts, repeats = repeats + excluded.repeats,
                mentions = mentions + excluded.mentions";
        // The longest recent wait, forgotten by a fiftieth at each page.
        const HABIT: &str = "UPDATE source SET observed = observed + 1, habit = max(?2 - coalesce(last_post, ?2), habit - habit / 50),
                last_post = max(?2, coalesce(last_post, ?2))
            WHERE id = ?1";
        const UNTIL: &str = "UPDATE source SET until = max(?2, coalesce(until, ?2)) WHERE id = ?1";
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.connection.prepare_cached(COUNT)?.execute(params![
            source,
            at.hour().0,
            count(tally.posts),
            count(tally.repeats),
            count(tally.mentions)
        ])?;
        if tally.posts > tally.repeats {
            self.connection.prepare_cached(HABIT)?.execute(params![source, at.0])?;
        }
        if let Some(until) = until {
            self.connection.prepare_cached(UNTIL)?.execute(params![source, until.0])?;
        }
        Ok(())
    }

    /// Notes how an attempt went.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn attempted(&self, source: i64, at: Time, attempt: &Attempt) -> Result<(), StoreError> {
        const COUNT: &str = "INSERT INTO coverage (source, hour, due, done, failed, paused, reason) VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6)
            ON CONFLICT (source, hour) DO UPDATE SET due = due + 1, done = done + excluded.done, failed = failed + excluded.failed,
                paused = paused + excluded.paused, reason = coalesce(excluded.reason, reason)";
        const WELL: &str = "UPDATE source SET state = 'ok', reason = NULL, failures = 0, failing_from = NULL, last_try = ?2, last_ok = ?2
            WHERE id = ?1";
        const ILL: &str = "UPDATE source SET state = ?3, reason = ?4, failures = failures + ?5,
                failing_from = coalesce(failing_from, ?2), last_try = ?2
            WHERE id = ?1";
        let (done, failed, paused, reason, state) = match attempt {
            Attempt::Done => (1, 0, 0, None, "ok"),
            Attempt::Failed(reason) => (0, 1, 0, Some(reason), "failing"),
            Attempt::Paused(reason) => (0, 0, 1, Some(reason), "paused"),
            Attempt::Stopped(reason) => (0, 1, 0, Some(reason), "stopped"),
        };
        self.connection.prepare_cached(COUNT)?.execute(params![
            source,
            at.hour().0,
            done,
            failed,
            paused,
            reason
        ])?;
        match reason {
            None => self.connection.prepare_cached(WELL)?.execute(params![source, at.0])?,
            Some(reason) => {
                self.connection.prepare_cached(ILL)?.execute(params![source, at.0, state, reason, failed])?
            }
        };
        Ok(())
    }

    /// Records a stretch that a source could not give.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn missed(&self, source: i64, missed: &Missed) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT 1 FROM gap WHERE source = ?1 AND \"from\" = ?2 AND \"to\" = ?3";
        const INSERT: &str = "INSERT INTO gap (source, \"from\", \"to\", reason) VALUES (?1, ?2, ?3, ?4)";
        let place = params![source, missed.from.0, missed.to.0];
        if !self.connection.prepare_cached(KNOWN)?.exists(place)? {
            self.connection.prepare_cached(INSERT)?.execute(params![
                source,
                missed.from.0,
                missed.to.0,
                missed.reason
            ])?;
        }
        Ok(())
    }

    /// Notes that a gap has been filled.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn close_gap(&self, gap: i64, at: Time) -> Result<(), StoreError> {
        const CLOSE: &str = "UPDATE gap SET closed = ?2 WHERE id = ?1";
        self.connection.prepare_cached(CLOSE)?.execute(params![gap, at.0])?;
        Ok(())
    }

    /// Sources in trouble at `now`: failing for a while, stopped, or silent far longer than usual. Those that
    /// have fallen silent are marked so.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn in_trouble(&self, now: Time) -> Result<Vec<SourceRow>, StoreError> {
        const SILENCE: &str = "UPDATE source SET state = 'silent', reason = 'answers, but has brought nothing new for much longer than usual',
                failing_from = last_post
            WHERE state = 'ok' AND observed >= ?2 AND ?1 - last_post > max(habit * ?3, ?4) AND example = 0
                AND network NOT IN (?5, ?6)";
        self.connection.prepare_cached(SILENCE)?.execute(params![
            now.0,
            SILENT_AFTER,
            SILENT_TIMES,
            SILENT_AT_LEAST,
            // Nobody knows when the next file or push is due.
            super::doors::IMPORT,
            super::doors::INGEST
        ])?;
        let mut rows = sources(&self.connection)?;
        rows.retain(|row| match row.state.as_str() {
            "stopped" | "silent" => true,
            "failing" => {
                row.failures >= FAILURES
                    && row.failing_from.is_some_and(|from| now.since(from) >= FAILING_FOR)
            }
            _ => false,
        });
        Ok(rows)
    }
}

/// Every source, as kept.
///
/// # Errors
/// When SQLite refuses.
pub fn sources(connection: &Connection) -> Result<Vec<SourceRow>, StoreError> {
    const LIST: &str = "SELECT id, name, network, example, state, reason, failures, failing_from, last_try, last_ok, last_post, until
        FROM source ORDER BY name";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([], |row| {
        let time = |at: usize| row.get::<_, Option<i64>>(at).map(|time| time.map(Time));
        Ok(SourceRow {
            id: row.get(0)?,
            name: row.get(1)?,
            network: row.get(2)?,
            example: row.get(3)?,
            state: row.get(4)?,
            reason: row.get(5)?,
            failures: row.get(6)?,
            failing_from: time(7)?,
            last_try: time(8)?,
            last_ok: time(9)?,
            last_post: time(10)?,
            until: time(11)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The ledger between two moments, by hour and source.
///
/// # Errors
/// When SQLite refuses.
pub fn coverage(connection: &Connection, from: Time, to: Time) -> Result<Vec<CoverageRow>, StoreError> {
    const LIST: &str = "SELECT source.name, hour, due, done, failed, paused, posts, repeats, mentions, coverage.reason
        FROM coverage JOIN source ON source.id = coverage.source WHERE hour >= ?1 AND hour < ?2 ORDER BY hour, source.name";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([from.hour().0, to.0], |row| {
        Ok(CoverageRow {
            source: row.get(0)?,
            hour: Time(row.get(1)?),
            due: row.get(2)?,
            done: row.get(3)?,
            failed: row.get(4)?,
            paused: row.get(5)?,
            posts: row.get(6)?,
            repeats: row.get(7)?,
            mentions: row.get(8)?,
            reason: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Gaps that touch the time between two moments and have not been filled.
///
/// # Errors
/// When SQLite refuses.
pub fn gaps(connection: &Connection, from: Time, to: Time) -> Result<Vec<Gap>, StoreError> {
    const LIST: &str = "SELECT source.name, \"from\", \"to\", gap.reason, closed FROM gap JOIN source ON source.id = gap.source
        WHERE \"to\" > ?1 AND \"from\" < ?2 AND closed IS NULL ORDER BY \"from\", source.name";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([from.0, to.0], |row| {
        Ok(Gap {
            source: row.get(0)?,
            from: Time(row.get(1)?),
            to: Time(row.get(2)?),
            reason: row.get(3)?,
            closed: row.get::<_, Option<i64>>(4)?.map(Time),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The gaps of one source that have not been filled, oldest first: row, from, to.
///
/// # Errors
/// When SQLite refuses.
pub fn open_gaps(connection: &Connection, source: &str) -> Result<Vec<(i64, Time, Time)>, StoreError> {
    const LIST: &str = "SELECT gap.id, \"from\", \"to\" FROM gap JOIN source ON source.id = gap.source
        WHERE source.name = ?1 AND closed IS NULL ORDER BY \"from\"";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows =
        statement.query_map([source], |row| Ok((row.get(0)?, Time(row.get(1)?), Time(row.get(2)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The latest moment that any post counts in.
///
/// # Errors
/// When SQLite refuses.
pub fn newest(connection: &Connection) -> Result<Option<Time>, StoreError> {
    const NEWEST: &str = "SELECT max(counted) FROM mention";
    let newest: Option<i64> =
        connection.prepare_cached(NEWEST)?.query_row([], |row| row.get(0)).optional()?.flatten();
    Ok(newest.map(Time))
}
