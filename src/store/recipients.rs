//! Addresses that mails go to, and what the people behind them want: mails or none.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::{Store, StoreError};
use crate::time::Time;

/// An address as known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// What lets whoever knows it confirm and unsubscribe the address. Never shown.
    #[serde(skip)]
    pub token: String,
    /// Since when it is known.
    pub since: Time,
    /// When it was asked to confirm.
    pub asked: Option<Time>,
    /// When it was confirmed.
    pub confirmed: Option<Time>,
    /// Since when it wants no mails.
    pub unsubscribed: Option<Time>,
    /// Who or what said so.
    pub how: Option<String>,
    /// When somebody lifted what kept mails from it.
    pub resumed: Option<Time>,
}

/// What somebody wants of the mails to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No more of them.
    Unsubscribe,
    /// To get them.
    Confirm,
}

const COLUMNS: &str = "address, token, since, asked, confirmed, unsubscribed, how, resumed";

fn recipient(row: &Row<'_>) -> rusqlite::Result<Recipient> {
    let time = |place: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(place)?.map(Time));
    Ok(Recipient {
        address: row.get(0)?,
        token: row.get(1)?,
        since: Time(row.get(2)?),
        asked: time(3)?,
        confirmed: time(4)?,
        unsubscribed: time(5)?,
        how: row.get(6)?,
        resumed: time(7)?,
    })
}

impl Store {
    /// An address, known from here on. `known`: it needs no confirmation; nor does one that got mails before.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn recipient(&self, address: &str, known: bool, now: Time) -> Result<Recipient, StoreError> {
        const MEET: &str = "INSERT INTO recipient (address, token, since, confirmed)
            SELECT ?1, lower(hex(randomblob(20))), ?2,
                CASE WHEN ?3 OR EXISTS (SELECT 1 FROM notice WHERE recipient = ?1 AND state = 'sent') THEN ?2 END
            WHERE NOT EXISTS (SELECT 1 FROM recipient WHERE address = ?1)";
        self.connection.prepare_cached(MEET)?.execute(params![address, now.0, known])?;
        let find = format!("SELECT {COLUMNS} FROM recipient WHERE address = ?1");
        Ok(self.connection.prepare_cached(&find)?.query_row([address], recipient)?)
    }

    /// Notes that an address was asked to confirm.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn asked_to_confirm(&self, address: &str, now: Time) -> Result<(), StoreError> {
        const ASK: &str = "UPDATE recipient SET asked = ?2 WHERE address = ?1";
        self.connection.prepare_cached(ASK)?.execute(params![address, now.0])?;
        Ok(())
    }

    /// Does what somebody wants of the mails to `address`; what waits for one who wants none is taken back. Whether it
    /// changed anything.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn wish(&self, address: &str, wish: Wish, how: &str, now: Time) -> Result<bool, StoreError> {
        const CONFIRM: &str = "UPDATE recipient SET confirmed = ?2 WHERE address = ?1 AND confirmed IS NULL";
        const LEAVE: &str =
            "UPDATE recipient SET unsubscribed = ?2, how = ?3 WHERE address = ?1 AND unsubscribed IS NULL";
        const WITHDRAW: &str = "UPDATE notice SET state = 'withdrawn', subject = '', bytes = x'', html = ''
            WHERE recipient = ?1 AND (state = 'held' OR state = 'due'
                AND attempts = (SELECT count(*) FROM delivery WHERE delivery.notice = notice.id))";
        let changed = match wish {
            Wish::Confirm => self.connection.prepare_cached(CONFIRM)?.execute(params![address, now.0])?,
            Wish::Unsubscribe => {
                let changed = self.connection.prepare_cached(LEAVE)?.execute(params![address, now.0, how])?;
                self.connection.prepare_cached(WITHDRAW)?.execute([address])?;
                changed
            }
        };
        Ok(changed > 0)
    }

    /// Lifts what keeps mails from an address: that it unsubscribed, or that it bounced.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn lift(&self, address: &str, now: Time) -> Result<(), StoreError> {
        const LIFT: &str =
            "UPDATE recipient SET unsubscribed = NULL, how = NULL, resumed = ?2 WHERE address = ?1";
        self.connection.prepare_cached(LIFT)?.execute(params![address, now.0])?;
        Ok(())
    }
}

/// The address that a token speaks for.
///
/// # Errors
/// When SQLite refuses.
pub fn of_token(connection: &Connection, token: &str) -> Result<Option<Recipient>, StoreError> {
    let find = format!("SELECT {COLUMNS} FROM recipient WHERE token = ?1");
    Ok(connection.prepare_cached(&find)?.query_row([token], recipient).optional()?)
}

/// Every known address.
///
/// # Errors
/// When SQLite refuses.
pub fn recipients(connection: &Connection) -> Result<Vec<Recipient>, StoreError> {
    let list = format!("SELECT {COLUMNS} FROM recipient ORDER BY address");
    let mut statement = connection.prepare_cached(&list)?;
    let rows = statement.query_map([], recipient)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
