//! Pictures of accounts under suspicion and of brands: which are still to be looked at, and what they were.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::{Store, StoreError, list};
use crate::impostor::{Album, Picture};
use crate::keyword::BrandId;
use crate::post::{Account, Author, NetworkName};
use crate::time::{DAY, Time};

/// Attempts to get one picture, a day apart.
const TRIES: i64 = 3;
/// Accounts of brands whose pictures are looked at were seen within this time, in milliseconds.
const RECENT: i64 = 8 * DAY;
/// The longest address that is asked for, in bytes.
const LONGEST: usize = 2_048;

/// What came of asking for a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// It was read.
    Read(Picture),
    /// There is none, for this reason, and there never will be at this address.
    None(String),
    /// It did not come, for this reason, which may pass.
    Failed(String),
}

impl Store {
    /// Addresses of pictures that nobody has asked for yet: those of brands' accounts first, then those of accounts
    /// under suspicion, of `brands` only, the newest first. None of the shipped example.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn unseen_pictures(
        &self,
        brands: &[BrandId],
        now: Time,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        const OFFICIAL: &str = "SELECT avatar FROM account_day
            WHERE seen >= ?1 AND avatar IS NOT NULL AND length(avatar) <= ?3
              AND NOT EXISTS (SELECT 1 FROM picture WHERE address = avatar AND (again IS NULL OR again > ?2))
            GROUP BY avatar ORDER BY max(seen) DESC LIMIT ?4";
        const SUSPECTS: &str =
            "SELECT author.avatar FROM suspicion JOIN author ON author.id = suspicion.author
            JOIN source ON source.id = suspicion.source
            WHERE source.example = 0 AND suspicion.state NOT IN ('dismissed', 'gone')
              AND suspicion.brand IN (SELECT value FROM json_each(?1))
              AND author.avatar IS NOT NULL AND length(author.avatar) <= ?3
              AND NOT EXISTS (SELECT 1 FROM picture WHERE address = author.avatar AND (again IS NULL OR again > ?2))
            GROUP BY author.avatar ORDER BY max(suspicion.news) DESC LIMIT ?4";
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let longest = i64::try_from(LONGEST).unwrap_or(i64::MAX);
        let mut statement = self.connection().prepare_cached(OFFICIAL)?;
        let since = now.plus(-RECENT);
        let mut found: Vec<String> = statement
            .query_map(params![since.0, now.0, longest, most], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if found.is_empty() && !brands.is_empty() {
            let brands: Vec<&str> = brands.iter().map(|brand| &*brand.0).collect();
            let brands = serde_json::to_string(&brands)
                .map_err(|source| StoreError::Stored { what: "brands", source })?;
            let mut statement = self.connection().prepare_cached(SUSPECTS)?;
            found = statement
                .query_map(params![brands, now.0, longest, most], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
        }
        Ok(found)
    }

    /// Keeps what came of asking for a picture.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn keep_picture(&self, address: &str, looked: &Looked, now: Time) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO picture (address, hash, note, tries, asked, again)
            VALUES (?1, ?2, ?3, 1, ?4, CASE WHEN ?5 THEN ?6 END)
            ON CONFLICT (address) DO UPDATE SET hash = excluded.hash, note = excluded.note, tries = tries + 1,
                asked = excluded.asked, again = CASE WHEN ?5 AND tries + 1 < ?7 THEN ?6 END";
        let (hash, note, passing) = match looked {
            Looked::Read(picture) => (Some(picture.to_string()), None, false),
            Looked::None(note) => (None, Some(note), false),
            Looked::Failed(note) => (None, Some(note), true),
        };
        let again = now.plus(DAY);
        self.connection()
            .prepare_cached(KEEP)?
            .execute(params![address, hash, note, now.0, passing, again.0, TRIES])?;
        Ok(())
    }
}

/// Every picture that was read, and those of accounts that are or were tracked as a brand's own.
///
/// # Errors
/// When SQLite refuses.
pub fn album(connection: &Connection) -> Result<Album, StoreError> {
    const ALL: &str = "SELECT address, hash FROM picture WHERE hash IS NOT NULL";
    const OFFICIAL: &str = "SELECT DISTINCT network, native_id, handle, avatar FROM account_day
        WHERE avatar IN (SELECT address FROM picture WHERE hash IS NOT NULL)
        ORDER BY network, native_id, handle, avatar";
    let mut statement = connection.prepare_cached(ALL)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut by_address = HashMap::new();
    for row in rows {
        let (address, hash) = row?;
        if let Ok(picture) = hash.parse() {
            by_address.insert(address, picture);
        }
    }
    let mut statement = connection.prepare_cached(OFFICIAL)?;
    let mut rows = statement.query([])?;
    let mut of_accounts = Vec::new();
    while let Some(row) = rows.next()? {
        let avatar: String = row.get(3)?;
        let Some(picture) = by_address.get(&avatar) else { continue };
        let author = Author { native_id: row.get(1)?, handle: row.get(2)?, ..Author::default() };
        of_accounts.push((NetworkName(row.get::<_, String>(0)?.into()), author, *picture));
    }
    Ok(Album { by_address, of_accounts })
}

/// Accounts under suspicion whose picture is at `address`; all with a picture that was read where that is a brand's
/// own. Each with the source that brought it.
///
/// # Errors
/// When SQLite refuses.
pub fn bearers(connection: &Connection, address: &str) -> Result<Vec<(i64, Account)>, StoreError> {
    const OWN: &str = "SELECT 1 FROM account_day WHERE avatar = ?1";
    const LIST: &str = "SELECT min(suspicion.source), author.network,
            author.native_id, author.handle, author.display_name, author.bio, author.avatar, author.url, author.followers,
            author.created, author.verified, author.bot, author.links, author.posts
        FROM suspicion JOIN author ON author.id = suspicion.author JOIN picture ON picture.address = author.avatar
        WHERE suspicion.state NOT IN ('dismissed', 'gone') AND picture.hash IS NOT NULL AND (?2 OR author.avatar = ?1)
        GROUP BY author.id ORDER BY author.id";
    let own = connection.prepare_cached(OWN)?.exists([address])?;
    let mut statement = connection.prepare_cached(LIST)?;
    let mut rows = statement.query(params![address, own])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let network = NetworkName(row.get::<_, String>(1)?.into());
        let Some(author) = list::author(row, 2)? else { continue };
        found.push((row.get(0)?, Account { network, author, status: None, at: None }));
    }
    Ok(found)
}
