//! Notices that are not sent for themselves: over a cap, or no longer news. They are listed in the next digest.

use rusqlite::{OptionalExtension as _, params};

use super::alerts::HeldNotice;
use super::{Store, StoreError};
use crate::time::{DAY, Time};

/// So many refusals for good of one address within [`BOUNCING`], and it is written to no more.
const BOUNCES: i64 = 2;
const BOUNCING: i64 = 7 * DAY;

impl Store {
    /// How many alerts to an address wait, or were written or sent since `from`, those held back left out.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn written_to(&self, recipient: &str, from: Time) -> Result<u32, StoreError> {
        const COUNT: &str = "SELECT count(*) FROM notice WHERE recipient = ?1 AND kind = 'alert'
            AND (state = 'due' OR state = 'sent' AND (written > ?2 OR sent > ?2))";
        Ok(self.connection.prepare_cached(COUNT)?.query_row(params![recipient, from.0], |row| row.get(0))?)
    }

    /// The notices that are held back, oldest first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn held(&self) -> Result<Vec<HeldNotice>, StoreError> {
        const LIST: &str = "SELECT id, recipient, rule, subject, alerts, written FROM notice
            WHERE state = 'held' ORDER BY recipient, written, id";
        let mut statement = self.connection.prepare_cached(LIST)?;
        let rows = statement.query_map([], |row| {
            Ok(HeldNotice {
                id: row.get(0)?,
                recipient: row.get(1)?,
                rule: row.get(2)?,
                subject: row.get(3)?,
                alerts: row.get(4)?,
                written: Time(row.get(5)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the first of the notices that are held back was written.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn held_since(&self) -> Result<Option<Time>, StoreError> {
        const FIRST: &str = "SELECT min(written) FROM notice WHERE state = 'held'";
        let first: Option<i64> = self.connection.prepare_cached(FIRST)?.query_row([], |row| row.get(0))?;
        Ok(first.map(Time))
    }

    /// Notes in which mail a notice that was held back is listed.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn fold_in(&self, notice: i64, key: &str) -> Result<(), StoreError> {
        const FOLD: &str =
            "UPDATE notice SET state = 'folded', told_in = ?2 WHERE id = ?1 AND state = 'held'";
        self.connection.prepare_cached(FOLD)?.execute(params![notice, key])?;
        Ok(())
    }

    /// Holds back what waits to be sent and is no longer news. One that may be on its way is left alone.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn hold_stale(&self, now: Time) -> Result<usize, StoreError> {
        const STALE: &str = "UPDATE notice SET state = 'held', bytes = x'', html = ''
            WHERE state = 'due' AND useful < ?1 AND next_try <= ?1
                AND attempts = (SELECT count(*) FROM delivery WHERE delivery.notice = notice.id)";
        Ok(self.connection.prepare_cached(STALE)?.execute([now.0])?)
    }

    /// Whether an address refused mails for good lately and has taken none since.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn is_suspended(&self, recipient: &str, now: Time) -> Result<bool, StoreError> {
        const REFUSED: &str = "SELECT count(*) >= ?3 FROM notice JOIN delivery ON delivery.notice = notice.id
            WHERE notice.recipient = ?1 AND notice.state = 'failed' AND delivery.outcome = 'failed' AND delivery.at > ?2
                AND delivery.at > coalesce((SELECT max(sent) FROM notice WHERE recipient = ?1), 0)
                AND delivery.at > coalesce((SELECT resumed FROM recipient WHERE address = ?1), 0)";
        let place = params![recipient, now.plus(-BOUNCING).0, BOUNCES];
        Ok(self.connection.prepare_cached(REFUSED)?.query_row(place, |row| row.get(0))?)
    }

    /// The last refusal for good of an address, and what was said.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn bounce(&self, recipient: &str) -> Result<Option<(Time, String)>, StoreError> {
        const LAST: &str = "SELECT delivery.at, delivery.answer
            FROM notice JOIN delivery ON delivery.notice = notice.id
            WHERE notice.recipient = ?1 AND delivery.outcome = 'failed' ORDER BY delivery.at DESC LIMIT 1";
        let found = self
            .connection
            .prepare_cached(LAST)?
            .query_row([recipient], |row| Ok((Time(row.get(0)?), row.get(1)?)));
        Ok(found.optional()?)
    }

    /// Addresses that are written to no more for now.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn suspended(&self, now: Time) -> Result<Vec<String>, StoreError> {
        const SEEN: &str = "SELECT DISTINCT recipient FROM notice WHERE state = 'failed' ORDER BY recipient";
        let mut statement = self.connection.prepare_cached(SEEN)?;
        let seen: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut suspended = Vec::new();
        for recipient in seen {
            if self.is_suspended(&recipient, now)? {
                suspended.push(recipient);
            }
        }
        Ok(suspended)
    }
}
