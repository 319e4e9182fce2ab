//! Authors who ask not to be shown outside of their network.

use rusqlite::params;

use super::Unit;
use crate::post::Account;
use crate::store::StoreError;

impl Unit<'_> {
    /// Notes what an account that is kept asks for, when that was said; what a file tells late only fills in.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn note_wish(&self, account: &Account) -> Result<(), StoreError> {
        const WISH: &str = "UPDATE author SET quiet = ?3 WHERE network = ?1 AND native_id = ?2";
        const FILL: &str =
            "UPDATE author SET quiet = coalesce(quiet, ?3) WHERE network = ?1 AND native_id = ?2";
        if let Some(quiet) = account.author.quiet {
            let sql = if self.late { FILL } else { WISH };
            let place = params![account.network.as_str(), account.author.native_id, quiet];
            self.connection.prepare_cached(sql)?.execute(place)?;
        }
        Ok(())
    }
}
