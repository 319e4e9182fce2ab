//! The life of a case: what people decided about a suspicion, and what has happened to it since.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::answers::{self, KeptAnswer};
use super::{Store, StoreError};
use crate::time::Time;

/// What a person decides about a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is an impostor.
    Confirm,
    /// It is none: it is left alone as long as it stays what it is.
    Dismiss,
    /// It was reported to its network.
    Report,
}

impl Decision {
    /// The state that a case has afterwards.
    pub fn state(self) -> &'static str {
        match self {
            Decision::Confirm => "confirmed",
            Decision::Dismiss => "dismissed",
            Decision::Report => "reported",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Decision::Confirm | Decision::Report => "impostor",
            Decision::Dismiss => "legit",
        }
    }
}

/// One thing that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseEvent {
    /// When.
    pub at: Time,
    /// Who did it: a person, or `vigie`.
    pub who: String,
    /// `new`, `risen`, `changed`, `confirmed`, `dismissed`, `reported`, `evidence`, `returned` or `gone`.
    pub what: String,
    /// What was noted with it.
    pub note: Option<String>,
    /// What the account called itself then.
    pub known: Option<Known>,
}

/// What an account shows of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    /// Its name on the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// The name shown to readers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bio: Option<String>,
    /// Address of its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

impl Known {
    /// What is known of an author's row now.
    pub(super) fn of(connection: &Connection, author: i64) -> Result<Known, StoreError> {
        const GET: &str = "SELECT handle, display_name, bio, avatar FROM author WHERE id = ?1";
        let known = connection.prepare_cached(GET)?.query_row([author], |row| {
            Ok(Known {
                handle: row.get(0)?,
                display_name: row.get(1)?,
                bio: row.get(2)?,
                avatar: row.get(3)?,
            })
        })?;
        Ok(known)
    }

    /// Whether something that was known before is another thing now. What was not known before has not changed.
    pub(super) fn differs_from(&self, before: &Known) -> bool {
        let pairs = [
            (&self.handle, &before.handle),
            (&self.display_name, &before.display_name),
            (&self.bio, &before.bio),
            (&self.avatar, &before.avatar),
        ];
        pairs.into_iter().any(|(now, before)| now.is_some() && before.is_some() && now != before)
    }

    fn json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|source| StoreError::Stored { what: "a profile", source })
    }
}

fn read_known(text: &str) -> Result<Known, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Stored { what: "a profile", source })
}

/// A decision cannot be taken.
#[derive(Debug, Error)]
pub enum DecideError {
    /// There is no such case.
    #[error("no suspect has the number {0}; `vigie impostors` lists them")]
    Unknown(i64),
    /// The account is gone.
    #[error("the account of suspect {0} was removed at its network; there is nothing left to decide")]
    Gone(i64),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Decides a case. Gives its state before.
    ///
    /// # Errors
    /// When there is no such case, its account is gone, or SQLite refuses.
    pub fn decide(
        &self,
        id: i64,
        decision: Decision,
        who: &str,
        note: Option<&str>,
        at: Time,
    ) -> Result<String, DecideError> {
        self.begin()?;
        match decide(&self.connection, id, decision, who, note, at) {
            Ok(before) => {
                self.commit()?;
                Ok(before)
            }
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }
}

impl Store {
    /// Notes that something was done with a case.
    ///
    /// # Errors
    /// When there is no such case, or SQLite refuses.
    pub fn note_case(&self, id: i64, what: &str, who: &str, note: &str, at: Time) -> Result<(), DecideError> {
        const AUTHOR: &str = "SELECT author FROM suspicion WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(AUTHOR).map_err(StoreError::from)?;
        let author: Option<i64> =
            statement.query_row([id], |row| row.get(0)).optional().map_err(StoreError::from)?;
        let author = author.ok_or(DecideError::Unknown(id))?;
        Ok(note_event(&self.connection, (id, author), what, who, Some(note), at)?)
    }
}

fn decide(
    connection: &Connection,
    id: i64,
    decision: Decision,
    who: &str,
    note: Option<&str>,
    at: Time,
) -> Result<String, DecideError> {
    const GET: &str = "SELECT author.network, author.native_id, suspicion.brand, suspicion.level, suspicion.state, author.id
        FROM suspicion JOIN author ON author.id = suspicion.author WHERE suspicion.id = ?1";
    const SET: &str = "UPDATE suspicion SET state = ?2, changed = ?3 WHERE id = ?1";
    const IGNORE: &str = "INSERT INTO ignored (network, native_id, brand, level, known, at, who) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT DO UPDATE SET level = excluded.level, known = excluded.known, at = excluded.at, who = excluded.who";
    const HEED: &str = "DELETE FROM ignored WHERE network = ?1 AND native_id = ?2 AND brand = ?3";
    const LABEL: &str = "INSERT INTO account_label (network, native_id, brand, label, at, who) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT DO UPDATE SET label = excluded.label, at = excluded.at, who = excluded.who";
    let sqlite = |error: rusqlite::Error| DecideError::Store(error.into());
    let row: Option<(String, String, String, String, String, i64)> = connection
        .prepare_cached(GET)
        .map_err(sqlite)?
        .query_row([id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })
        .optional()
        .map_err(sqlite)?;
    let Some((network, native_id, brand, level, before, author)) = row else {
        return Err(DecideError::Unknown(id));
    };
    if before == "gone" && decision != Decision::Report {
        return Err(DecideError::Gone(id));
    }
    let work = || -> Result<(), StoreError> {
        let state = decision.state();
        connection.prepare_cached(SET)?.execute(params![id, state, at.0])?;
        let place = [&network, &native_id, &brand];
        if decision == Decision::Dismiss {
            let known = Known::of(connection, author)?.json()?;
            connection
                .prepare_cached(IGNORE)?
                .execute(params![network, native_id, brand, level, known, at.0, who])?;
        } else {
            connection.prepare_cached(HEED)?.execute(place)?;
        }
        connection.prepare_cached(LABEL)?.execute(params![
            network,
            native_id,
            brand,
            decision.label(),
            at.0,
            who
        ])?;
        note_event(connection, (id, author), state, who, note, at)
    };
    work()?;
    Ok(before)
}

/// Notes that something happened to a case, with what the account shows now.
pub(super) fn note_event(
    connection: &Connection,
    (suspicion, author): (i64, i64),
    what: &str,
    who: &str,
    note: Option<&str>,
    at: Time,
) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO case_event (suspicion, at, who, what, note, known) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let known = Known::of(connection, author)?;
    let known = (known != Known::default()).then(|| known.json()).transpose()?;
    connection.prepare_cached(INSERT)?.execute(params![suspicion, at.0, who, what, note, known])?;
    Ok(())
}

/// Notes it where the account shows something else than at the last event.
pub(super) fn note_change(
    connection: &Connection,
    (suspicion, author): (i64, i64),
    at: Time,
) -> Result<bool, StoreError> {
    const LAST: &str =
        "SELECT known FROM case_event WHERE suspicion = ?1 AND known IS NOT NULL ORDER BY id DESC LIMIT 1";
    let last: Option<String> =
        connection.prepare_cached(LAST)?.query_row([suspicion], |row| row.get(0)).optional()?;
    let Some(last) = last else { return Ok(false) };
    let changed = Known::of(connection, author)?.differs_from(&read_known(&last)?);
    if changed {
        note_event(connection, (suspicion, author), "changed", "vigie", None, at)?;
    }
    Ok(changed)
}

/// Whether a dismissed account is still what it was when it was dismissed.
pub(super) fn is_ignored(
    connection: &Connection,
    (network, native_id, brand): (&str, &str, &str),
    author: i64,
    level: impl Fn(&str) -> bool,
) -> Result<bool, StoreError> {
    const GET: &str = "SELECT level, known FROM ignored WHERE network = ?1 AND native_id = ?2 AND brand = ?3";
    let known: Option<(String, String)> = connection
        .prepare_cached(GET)?
        .query_row([network, native_id, brand], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((then, known)) = known else { return Ok(false) };
    Ok(!level(&then) && !Known::of(connection, author)?.differs_from(&read_known(&known)?))
}

/// No longer ignores an account.
pub(super) fn heed(
    connection: &Connection,
    (network, native_id, brand): (&str, &str, &str),
) -> Result<(), StoreError> {
    const HEED: &str = "DELETE FROM ignored WHERE network = ?1 AND native_id = ?2 AND brand = ?3";
    connection.prepare_cached(HEED)?.execute([network, native_id, brand])?;
    Ok(())
}

/// Closes the cases of an account that is gone, and forgets what it called itself.
pub(super) fn close(
    connection: &Connection,
    (network, native_id): (&str, &str),
    author: i64,
    at: Time,
) -> Result<(), StoreError> {
    const CLOSE: &str = "UPDATE suspicion SET state = 'gone', signals = '[]', changed = ?2 WHERE author = ?1 AND state <> 'gone'";
    const EVENT: &str = "INSERT INTO case_event (suspicion, at, who, what)
        SELECT id, ?2, 'vigie', 'gone' FROM suspicion WHERE author = ?1 AND state <> 'gone'";
    const FORGET: &str =
        "UPDATE case_event SET known = NULL WHERE suspicion IN (SELECT id FROM suspicion WHERE author = ?1)";
    const HEED: &str = "DELETE FROM ignored WHERE network = ?1 AND native_id = ?2";
    const ANSWERS: &str = "DELETE FROM answer WHERE author = ?1";
    connection.prepare_cached(EVENT)?.execute(params![author, at.0])?;
    connection.prepare_cached(CLOSE)?.execute(params![author, at.0])?;
    connection.prepare_cached(FORGET)?.execute([author])?;
    connection.prepare_cached(HEED)?.execute([network, native_id])?;
    connection.prepare_cached(ANSWERS)?.execute([author])?;
    Ok(())
}

/// Everything that happened to a case, oldest first.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn events(connection: &Connection, id: i64) -> Result<Vec<CaseEvent>, StoreError> {
    const LIST: &str = "SELECT at, who, what, note, known FROM case_event WHERE suspicion = ?1 ORDER BY id";
    let mut statement = connection.prepare_cached(LIST)?;
    let mut rows = statement.query([id])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let known: Option<String> = row.get(4)?;
        events.push(CaseEvent {
            at: Time(row.get(0)?),
            who: row.get(1)?,
            what: row.get(2)?,
            note: row.get(3)?,
            known: known.as_deref().map(read_known).transpose()?,
        });
    }
    Ok(events)
}

/// What the account of a case answered to those who speak of its brand, oldest first.
///
/// # Errors
/// When SQLite refuses.
pub fn answers(connection: &Connection, id: i64) -> Result<Vec<KeptAnswer>, StoreError> {
    answers::of_suspicion(connection, id)
}

/// The numbers of the mentions that the account of a case wrote, newest first.
///
/// # Errors
/// When SQLite refuses.
pub fn mentions(connection: &Connection, id: i64, limit: u32) -> Result<Vec<i64>, StoreError> {
    const LIST: &str = "SELECT mention.id FROM mention JOIN post ON post.id = mention.post
            JOIN suspicion ON suspicion.author = post.author AND suspicion.brand = mention.brand
        WHERE suspicion.id = ?1 ORDER BY mention.counted DESC, mention.id DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map(params![id, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What people said of accounts: network, native id, brand, label, when, who.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub network: String,
    /// The network's own identifier.
    pub native_id: String,
    /// The brand.
    pub brand: String,
    /// `impostor` or `legit`.
    pub label: String,
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
}

/// Every label, oldest first.
///
/// # Errors
/// When SQLite refuses.
pub fn labels(connection: &Connection) -> Result<Vec<Label>, StoreError> {
    const LIST: &str = "SELECT network, native_id, brand, label, at, who FROM account_label ORDER BY at, network, native_id, brand";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([], |row| {
        Ok(Label {
            network: row.get(0)?,
            native_id: row.get(1)?,
            brand: row.get(2)?,
            label: row.get(3)?,
            at: Time(row.get(4)?),
            who: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
