//! What became of notices: the delivery log.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use crate::store::StoreError;
use crate::time::Time;

/// A notice as kept, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeRow {
    /// Its row.
    pub id: i64,
    /// `alert` or `digest`.
    pub kind: String,
    /// The rule, or `digest`.
    pub rule: String,
    /// The address it goes to.
    pub recipient: String,
    /// Its Message-ID.
    pub message_id: String,
    /// Its subject.
    pub subject: String,
    /// When it was written.
    pub written: Time,
    /// `due`, `sent`, `failed` or `withdrawn`.
    pub state: String,
    /// Attempts so far.
    pub attempts: i64,
    /// When it is tried next, while due.
    pub next_try: Time,
    /// When the server took it.
    pub sent: Option<Time>,
    /// The last answer of the server.
    pub answer: Option<String>,
}

/// One attempt to send a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// When its answer came.
    pub at: Time,
    /// `sent`, `retry` or `failed`.
    pub outcome: String,
    /// What the server said.
    pub answer: String,
}

/// A notice with every attempt to send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The notice.
    #[serde(flatten)]
    pub notice: NoticeRow,
    /// Alerts that it tells.
    pub alerts: u64,
    /// The attempts, the first one first.
    pub attempts: Vec<Delivery>,
}

/// Calls `each` with the notices of a rule (of all), newest first, at most `limit` unless it is 0.
///
/// # Errors
/// When SQLite refuses, or `each` fails.
pub fn history<E: From<StoreError>>(
    connection: &Connection,
    rule: Option<&str>,
    limit: u32,
    mut each: impl FnMut(Told) -> Result<(), E>,
) -> Result<(), E> {
    const ATTEMPTS: &str = "SELECT at, outcome, answer FROM delivery WHERE notice = ?1 ORDER BY attempt";
    const LIST: &str =
        "SELECT id, kind, rule, recipient, message_id, subject, written, state, attempts, next_try, sent,
            (SELECT answer FROM delivery WHERE notice = notice.id ORDER BY attempt DESC LIMIT 1), alerts
        FROM notice WHERE ?1 IS NULL OR rule = ?1 ORDER BY id DESC LIMIT ?2";
    let limit = if limit == 0 { -1 } else { i64::from(limit) };
    let mut statement = connection.prepare_cached(LIST).map_err(StoreError::from)?;
    let mut attempts = connection.prepare_cached(ATTEMPTS).map_err(StoreError::from)?;
    let mut rows = statement.query(params![rule, limit]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        let notice = notice(row).map_err(StoreError::from)?;
        let attempts = attempts
            .query_map([notice.id], |row| {
                Ok(Delivery { at: Time(row.get(0)?), outcome: row.get(1)?, answer: row.get(2)? })
            })
            .and_then(Iterator::collect)
            .map_err(StoreError::from)?;
        let alerts = row.get(12).map_err(StoreError::from)?;
        each(Told { notice, alerts, attempts })?;
    }
    Ok(())
}

fn notice(row: &Row<'_>) -> rusqlite::Result<NoticeRow> {
    Ok(NoticeRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        rule: row.get(2)?,
        recipient: row.get(3)?,
        message_id: row.get(4)?,
        subject: row.get(5)?,
        written: Time(row.get(6)?),
        state: row.get(7)?,
        attempts: row.get(8)?,
        next_try: Time(row.get(9)?),
        sent: row.get::<_, Option<i64>>(10)?.map(Time),
        answer: row.get(11)?,
    })
}

/// The last notices, newest first.
///
/// # Errors
/// When SQLite refuses.
pub fn notices(connection: &Connection, limit: u32) -> Result<Vec<NoticeRow>, StoreError> {
    const LIST: &str =
        "SELECT id, kind, rule, recipient, message_id, subject, written, state, attempts, next_try, sent,
            (SELECT answer FROM delivery WHERE notice = notice.id ORDER BY attempt DESC LIMIT 1)
        FROM notice ORDER BY id DESC LIMIT ?1";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([limit], notice)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Mails that wait, and those given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Written and not sent yet.
    pub waiting: u64,
    /// When the next of them is tried.
    pub next_try: Option<Time>,
    /// Refused for good.
    pub refused: u64,
    /// Alerts that wait for their group to close.
    pub grouping: u64,
}

/// How many mails wait, and how many were refused.
///
/// # Errors
/// When SQLite refuses.
pub fn waiting(connection: &Connection) -> Result<Waiting, StoreError> {
    const COUNT: &str =
        "SELECT COALESCE(SUM(state = 'due'), 0), MIN(CASE state WHEN 'due' THEN next_try END),
            COALESCE(SUM(state = 'failed'), 0), (SELECT COUNT(*) FROM alert WHERE window IS NULL)
        FROM notice";
    Ok(connection.prepare_cached(COUNT)?.query_row([], |row| {
        Ok(Waiting {
            waiting: row.get(0)?,
            next_try: row.get::<_, Option<i64>>(1)?.map(Time),
            refused: row.get(2)?,
            grouping: row.get(3)?,
        })
    })?)
}
