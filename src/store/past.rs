//! What is stored, as it happened: for rules that are tried on the past.

use rusqlite::params;

use super::posts::Change;
use super::{Store, StoreError, accounts, list};
use crate::impostor::Level;
use crate::keyword::BrandId;
use crate::post::NetworkName;
use crate::share::Window;
use crate::time::{DAY, Time};

impl Store {
    /// What happened in the window, each with its moment, in order: mentions that count when they were matched (those
    /// that came later than a day, as from a file, when they count), suspicions when they were first seen or changed,
    /// changes of tracked accounts.
    ///
    /// # Errors
    /// When SQLite refuses or a row cannot be read back.
    pub fn happened(&self, window: Window) -> Result<Vec<(Time, Change)>, StoreError> {
        const MENTIONS: &str =
            "SELECT mention.id, post.network, post.native_id, mention.brand, mention.counted, mention.matched
            FROM clear_mention AS mention JOIN post ON post.id = mention.post
            WHERE mention.counted >= ?1 AND mention.counted < ?2 ORDER BY mention.counted, mention.id";
        const CHANGED: &str =
            "SELECT suspicion, at FROM case_event WHERE what = 'changed' AND at >= ?1 AND at < ?2";
        let connection = &self.connection;
        let mut statement = connection.prepare_cached(MENTIONS)?;
        let rows = statement.query_map(params![window.from.0, window.to.0], |row| {
            let (counted, matched) = (Time(row.get(4)?), Time(row.get(5)?));
            let at = if matched.since(counted) > DAY { counted } else { matched.max(counted) };
            let post = (NetworkName(row.get::<_, String>(1)?.into()), row.get(2)?);
            let brand = BrandId(row.get::<_, String>(3)?.into());
            Ok((at, Change::Mention { id: row.get(0)?, post, brand, counted, fresh: true }))
        })?;
        let mut happened: Vec<(Time, Change)> = rows.collect::<Result<_, _>>()?;
        let suspects = list::suspects(connection, &list::Filter::default(), Level::Watch)?;
        let mut statement = connection.prepare_cached(CHANGED)?;
        let changed: Vec<(i64, Time)> = statement
            .query_map(params![window.from.0, window.to.0], |row| Ok((row.get(0)?, Time(row.get(1)?))))?
            .collect::<Result<_, _>>()?;
        for suspect in suspects {
            let account = (suspect.network.to_string(), suspect.author.native_id.clone());
            let suspicion = suspect.suspicion.clone();
            let told = |changed: bool| Change::Suspicion {
                id: suspect.id,
                returns: 0,
                changed,
                account: account.clone(),
                suspicion: suspicion.clone(),
            };
            if (window.from..window.to).contains(&suspect.first_seen) {
                happened.push((suspect.first_seen, told(false)));
            }
            let changes = changed.iter().filter(|(id, _)| *id == suspect.id);
            happened.extend(changes.map(|(_, at)| (*at, told(true))));
        }
        for change in accounts::changes(connection, window.from, window.to)? {
            happened.push((change.seen, Change::Account(change)));
        }
        happened.sort_by_key(|(at, _)| *at);
        Ok(happened)
    }

    /// Takes away everything that was raised, told or silenced, and how sources fare now: what is left is the past as it
    /// was heard. For copies.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn forget_alerts(&self) -> Result<(), StoreError> {
        const FORGET: &str =
            "DELETE FROM delivery; DELETE FROM notice; DELETE FROM alert; DELETE FROM alert_group;
            DELETE FROM mute; DELETE FROM incident; DELETE FROM thread; DELETE FROM recipient;
            UPDATE source SET state = 'ok', failures = 0, failing_from = NULL;";
        Ok(self.connection.execute_batch(FORGET)?)
    }
}
