//! Suspicions as kept: new, changed, risen, come back after they were dismissed.

use rusqlite::{OptionalExtension as _, params};

use super::posts::{Change, Unit};
use super::{StoreError, cases};
use crate::impostor::{Level, Suspicion};

impl Unit<'_> {
    /// Keeps a suspicion: new, changed, risen. `whole` says that it is of a whole profile.
    pub(super) fn save_suspicion(
        &mut self,
        author: i64,
        network: &str,
        native_id: &str,
        suspicion: &Suspicion,
        whole: bool,
    ) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT id, level, score, signals, state, returns FROM suspicion WHERE author = ?1 AND brand = ?2";
        const INSERT: &str = "INSERT INTO suspicion (author, brand, source, level, score, likeness, claim, signals, first_seen, changed, news)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?9)";
        const UPDATE: &str = "UPDATE suspicion SET level = ?2, score = ?3, likeness = ?4, claim = ?5, signals = ?6, changed = ?7
            WHERE id = ?1";
        const NEWS: &str = "UPDATE suspicion SET state = ?2, news = ?3, returns = ?4 WHERE id = ?1";
        let json = |source| StoreError::Stored { what: "signals", source };
        let signals = serde_json::to_string(&suspicion.signals).map_err(json)?;
        let level = suspicion.level.as_str();
        let place = (network, native_id, &*suspicion.brand.0);
        let known: Option<(i64, String, i64, String, String, i64)> = self
            .connection()
            .prepare_cached(KNOWN)?
            .query_row(params![author, &*suspicion.brand.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })
            .optional()?;
        let Some((id, level_before, score_before, signals_before, state, returns)) = known else {
            self.connection().prepare_cached(INSERT)?.execute(params![
                author,
                &*suspicion.brand.0,
                self.source,
                level,
                suspicion.score,
                suspicion.likeness,
                suspicion.claim,
                signals,
                self.seen.0
            ])?;
            let id = self.connection().last_insert_rowid();
            self.tally.suspicions += 1;
            if suspicion.level > Level::Watch {
                cases::note_event(self.connection(), (id, author), "new", "vigie", None, self.seen)?;
            }
            self.tell(id, 0, false, place, suspicion);
            return Ok(());
        };
        let same = score_before == i64::from(suspicion.score) && signals_before == signals;
        // A post tells less of its author than a profile does: it never makes a suspicion smaller.
        let smaller = !whole && i64::from(suspicion.score) < score_before;
        if !same && !smaller {
            self.connection().prepare_cached(UPDATE)?.execute(params![
                id,
                level,
                suspicion.score,
                suspicion.likeness,
                suspicion.claim,
                signals,
                self.seen.0
            ])?;
        }
        if state == "dismissed" {
            let above = |then: &str| rank(level) > rank(then);
            if cases::is_ignored(self.connection(), place, author, above)? {
                return Ok(());
            }
            cases::heed(self.connection(), place)?;
            let returns = returns + 1;
            self.connection().prepare_cached(NEWS)?.execute(params![id, "new", self.seen.0, returns])?;
            cases::note_event(self.connection(), (id, author), "returned", "vigie", None, self.seen)?;
            self.tell(id, returns, false, place, suspicion);
            return Ok(());
        }
        let risen = !same && !smaller && rank(level) > rank(&level_before);
        if risen || state == "gone" {
            let state = if state == "gone" { "new" } else { &state };
            self.connection().prepare_cached(NEWS)?.execute(params![id, state, self.seen.0, returns])?;
            let what = if risen { "risen" } else { "returned" };
            cases::note_event(self.connection(), (id, author), what, "vigie", None, self.seen)?;
            if risen {
                self.tell(id, returns, false, place, suspicion);
            }
        } else if cases::note_change(self.connection(), (id, author), self.seen)? {
            self.tell(id, returns, true, place, suspicion);
        }
        Ok(())
    }

    fn tell(
        &mut self,
        id: i64,
        returns: i64,
        changed: bool,
        (network, native_id, _): (&str, &str, &str),
        suspicion: &Suspicion,
    ) {
        let account = (network.to_owned(), native_id.to_owned());
        self.changes.push(Change::Suspicion { id, returns, changed, account, suspicion: suspicion.clone() });
    }
}

fn rank(level: &str) -> u8 {
    match level {
        "alert" => 2,
        "review" => 1,
        _ => 0,
    }
}
