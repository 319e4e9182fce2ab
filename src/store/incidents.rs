//! Matters that last from a first alert until all is well again, and the threads that mails about them make.

use rusqlite::{OptionalExtension as _, Row, params};

use super::{Store, StoreError};
use crate::time::Time;

/// Something that a rule told and that may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The rule.
    pub rule: String,
    /// What it is about: a brand, a source.
    pub subject: String,
    /// When it was raised first.
    pub opened: Time,
    /// When something was raised about it last.
    pub told: Time,
    /// What was told last, as noted with its alert.
    pub detail: String,
    /// Since when all is well again.
    pub calm: Option<Time>,
    /// When it was over.
    pub ended: Option<Time>,
}

/// The first mail of a thread to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its Message-ID, with brackets.
    pub message_id: String,
    /// What the subjects of the thread have in common.
    pub topic: String,
    /// When it was written.
    pub opened: Time,
}

fn incident(row: &Row<'_>) -> rusqlite::Result<Incident> {
    Ok(Incident {
        rule: row.get(0)?,
        subject: row.get(1)?,
        opened: Time(row.get(2)?),
        told: Time(row.get(3)?),
        detail: row.get(4)?,
        calm: row.get::<_, Option<i64>>(5)?.map(Time),
        ended: row.get::<_, Option<i64>>(6)?.map(Time),
    })
}

impl Store {
    /// What goes on, the oldest first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn incidents(&self) -> Result<Vec<Incident>, StoreError> {
        const LIST: &str = "SELECT rule, subject, opened, told, detail, calm, ended FROM incident
            WHERE ended IS NULL ORDER BY opened, rule, subject";
        let mut statement = self.connection.prepare_cached(LIST)?;
        let rows = statement.query_map([], incident)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What a rule told of a subject and goes on.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn incident(&self, rule: &str, subject: &str) -> Result<Option<Incident>, StoreError> {
        const FIND: &str = "SELECT rule, subject, opened, told, detail, calm, ended FROM incident
            WHERE rule = ?1 AND subject = ?2 AND ended IS NULL ORDER BY opened DESC LIMIT 1";
        Ok(self.connection.prepare_cached(FIND)?.query_row([rule, subject], incident).optional()?)
    }

    /// Keeps how an incident stands.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn keep_incident(&self, incident: &Incident) -> Result<(), StoreError> {
        const PUT: &str = "INSERT INTO incident (rule, subject, opened, told, detail, calm, ended)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (rule, subject, opened) DO UPDATE SET told = excluded.told, detail = excluded.detail,
                calm = excluded.calm, ended = excluded.ended";
        let Incident { rule, subject, opened, told, detail, calm, ended } = incident;
        self.connection.prepare_cached(PUT)?.execute(params![
            rule,
            subject,
            opened.0,
            told.0,
            detail,
            calm.map(|calm| calm.0),
            ended.map(|ended| ended.0)
        ])?;
        Ok(())
    }

    /// The mail that opened a thread to a recipient, no older than `from`, where it was sent or waits to be.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn root(&self, thread: &str, recipient: &str, from: Time) -> Result<Option<Root>, StoreError> {
        const FIND: &str = "SELECT thread.message_id, thread.topic, thread.opened
            FROM thread JOIN notice ON notice.message_id = thread.message_id AND notice.recipient = thread.recipient
            WHERE thread = ?1 AND thread.recipient = ?2 AND opened >= ?3 AND notice.state IN ('due', 'sent')";
        let root =
            self.connection.prepare_cached(FIND)?.query_row(params![thread, recipient, from.0], |row| {
                Ok(Root { message_id: row.get(0)?, topic: row.get(1)?, opened: Time(row.get(2)?) })
            });
        Ok(root.optional()?)
    }

    /// Lets a mail open a thread, in the place of one that did before.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn set_root(&self, thread: &str, recipient: &str, root: &Root) -> Result<(), StoreError> {
        const PUT: &str = "INSERT INTO thread (thread, recipient, message_id, topic, opened) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (thread, recipient) DO UPDATE SET message_id = excluded.message_id, topic = excluded.topic,
                opened = excluded.opened";
        let Root { message_id, topic, opened } = root;
        self.connection
            .prepare_cached(PUT)?
            .execute(params![thread, recipient, message_id, topic, opened.0])?;
        Ok(())
    }
}
