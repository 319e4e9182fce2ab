//! Tracked accounts over time: one row a day, and every change of name, bio or picture.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::StoreError;
use crate::post::Author;
use crate::time::{DAY, Time};

/// What an account was on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountDay {
    /// Its network.
    pub network: String,
    /// The network's own identifier.
    pub native_id: String,
    /// The start of the day (UTC).
    pub day: Time,
    /// Its name there.
    pub handle: Option<String>,
    /// The name shown to readers.
    pub display_name: Option<String>,
    /// What it says of itself.
    pub bio: Option<String>,
    /// Address of its picture.
    pub avatar: Option<String>,
    /// Followers.
    pub followers: Option<u64>,
    /// Posts published.
    pub posts: Option<u64>,
    /// Whether the network vouches for it.
    pub verified: Option<bool>,
}

/// One change of a tracked account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountChange {
    /// Its network.
    pub network: String,
    /// The network's own identifier.
    pub native_id: String,
    /// `handle`, `display_name`, `bio`, `avatar` or `verified`.
    pub field: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// When we saw it.
    pub seen: Time,
}

/// Keeps what a tracked account is today; tells what has changed since it was last seen.
///
/// # Errors
/// When SQLite refuses.
pub(super) fn track(
    connection: &Connection,
    network: &str,
    author: &Author,
    seen: Time,
) -> Result<Vec<AccountChange>, StoreError> {
    // Streams tell of parts of an account: each field is held against what it was when it was last told at all.
    const LAST: &str = "SELECT
            (SELECT handle FROM account_day WHERE network = ?1 AND native_id = ?2 AND handle IS NOT NULL
                ORDER BY day DESC LIMIT 1),
            (SELECT display_name FROM account_day WHERE network = ?1 AND native_id = ?2 AND display_name IS NOT NULL
                ORDER BY day DESC LIMIT 1),
            (SELECT bio FROM account_day WHERE network = ?1 AND native_id = ?2 AND bio IS NOT NULL
                ORDER BY day DESC LIMIT 1),
            (SELECT avatar FROM account_day WHERE network = ?1 AND native_id = ?2 AND avatar IS NOT NULL
                ORDER BY day DESC LIMIT 1),
            (SELECT verified FROM account_day WHERE network = ?1 AND native_id = ?2 AND verified IS NOT NULL
                ORDER BY day DESC LIMIT 1),
            EXISTS (SELECT 1 FROM account_day WHERE network = ?1 AND native_id = ?2 AND followers IS NOT NULL)";
    const KEEP: &str = "INSERT INTO account_day (network, native_id, day, handle, display_name, bio, avatar, followers, posts,
            verified, seen)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (network, native_id, day) DO UPDATE SET
            handle = coalesce(excluded.handle, handle), display_name = coalesce(excluded.display_name, display_name),
            bio = coalesce(excluded.bio, bio), avatar = coalesce(excluded.avatar, avatar),
            followers = coalesce(excluded.followers, followers), posts = coalesce(excluded.posts, posts),
            verified = coalesce(excluded.verified, verified), seen = excluded.seen";
    const CHANGE: &str = "INSERT INTO account_change (network, native_id, field, before, after, seen)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let word = |flag: Option<bool>| flag.map(|flag| if flag { "yes" } else { "no" }.to_owned());
    let now = [
        ("handle", author.handle.clone()),
        ("display_name", author.display_name.clone()),
        ("bio", author.bio.clone()),
        ("avatar", author.avatar.clone()),
        ("verified", word(author.verified)),
    ];
    let (before, looked_up): ([Option<String>; 5], bool) =
        connection.prepare_cached(LAST)?.query_row([network, &author.native_id], |row| {
            let before = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, word(row.get(4)?)];
            Ok((before, row.get(5)?))
        })?;
    let mut changes = Vec::new();
    for ((field, after), before) in now.into_iter().zip(before) {
        // What was never told is new only to us, unless the account was looked up whole and had none of it.
        let was_known = before.is_some() || looked_up && matches!(field, "display_name" | "bio" | "avatar");
        // What the network leaves out this time has not changed.
        if was_known && after.is_some() && after != before {
            connection.prepare_cached(CHANGE)?.execute(params![
                network,
                author.native_id,
                field,
                before,
                after,
                seen.0
            ])?;
            changes.push(AccountChange {
                network: network.to_owned(),
                native_id: author.native_id.clone(),
                field: field.to_owned(),
                before,
                after,
                seen,
            });
        }
    }
    let count = |count: Option<u64>| count.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    connection.prepare_cached(KEEP)?.execute(params![
        network,
        author.native_id,
        seen.0.div_euclid(DAY).saturating_mul(DAY),
        author.handle,
        author.display_name,
        author.bio,
        author.avatar,
        count(author.followers),
        count(author.posts),
        author.verified,
        seen.0
    ])?;
    Ok(changes)
}

/// Removes everything that was kept of a tracked account, as its network removed it; tells whether there was anything.
///
/// # Errors
/// When SQLite refuses.
pub(super) fn forget(connection: &Connection, network: &str, native_id: &str) -> Result<bool, StoreError> {
    const PICTURES: &str = "DELETE FROM picture
        WHERE address IN (SELECT avatar FROM account_day WHERE network = ?1 AND native_id = ?2)";
    const DAYS: &str = "DELETE FROM account_day WHERE network = ?1 AND native_id = ?2";
    const CHANGES: &str = "DELETE FROM account_change WHERE network = ?1 AND native_id = ?2";
    connection.prepare_cached(PICTURES)?.execute([network, native_id])?;
    let days = connection.prepare_cached(DAYS)?.execute([network, native_id])?;
    let changes = connection.prepare_cached(CHANGES)?.execute([network, native_id])?;
    Ok(days > 0 || changes > 0)
}

/// Tracked accounts by day, oldest first, seen within the window.
///
/// # Errors
/// When SQLite refuses.
pub fn days(connection: &Connection, from: Time, to: Time) -> Result<Vec<AccountDay>, StoreError> {
    const LIST: &str =
        "SELECT network, native_id, day, handle, display_name, bio, avatar, followers, posts, verified
        FROM account_day WHERE seen >= ?1 AND seen < ?2 ORDER BY network, native_id, day";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([from.0, to.0], |row| {
        let count = |at: usize| {
            row.get::<_, Option<i64>>(at).map(|count| count.and_then(|count| u64::try_from(count).ok()))
        };
        Ok(AccountDay {
            network: row.get(0)?,
            native_id: row.get(1)?,
            day: Time(row.get(2)?),
            handle: row.get(3)?,
            display_name: row.get(4)?,
            bio: row.get(5)?,
            avatar: row.get(6)?,
            followers: count(7)?,
            posts: count(8)?,
            verified: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Changes of tracked accounts, oldest first, seen within the window.
///
/// # Errors
/// When SQLite refuses.
pub fn changes(connection: &Connection, from: Time, to: Time) -> Result<Vec<AccountChange>, StoreError> {
    const LIST: &str = "SELECT network, native_id, field, before, after, seen FROM account_change
        WHERE seen >= ?1 AND seen < ?2 ORDER BY seen, id";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([from.0, to.0], |row| {
        Ok(AccountChange {
            network: row.get(0)?,
            native_id: row.get(1)?,
            field: row.get(2)?,
            before: row.get(3)?,
            after: row.get(4)?,
            seen: Time(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
