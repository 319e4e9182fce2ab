//! What happened to the mentions of a window after it was told of.

use rusqlite::{Connection, named_params};

use crate::keyword::{Brand, BrandId};
use crate::share::Window;
use crate::store::StoreError;
use crate::time::Time;

/// What happened since a moment to what is counted in a window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Since {
    /// Mentions whose posts were first seen after it, by brand.
    pub late: Vec<(BrandId, u64)>,
    /// Mentions seen before whose posts were edited after it, by brand.
    pub edited: Vec<(BrandId, u64)>,
    /// Posts that were taken away at their source after it, whatever their window.
    pub deleted: u64,
    /// Accounts that were.
    pub closed: u64,
}

/// When the newest post that is counted for `brands` in `window` was first seen.
///
/// # Errors
/// When SQLite refuses.
pub fn newest_seen(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> Result<Option<Time>, StoreError> {
    const NEWEST: &str =
        "SELECT MAX(post.seen) FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.counted >= :from AND mention.counted < :to
          AND mention.brand IN (SELECT value FROM json_each(:brands))";
    let brands = super::ids(brands);
    let row = named_params! { ":from": window.from.0, ":to": window.to.0, ":brands": brands };
    let newest: Option<i64> = connection.prepare_cached(NEWEST)?.query_row(row, |row| row.get(0))?;
    Ok(newest.map(Time))
}

/// What happened after `mark` to the mentions of `brands` in `window`.
///
/// # Errors
/// When SQLite refuses.
pub fn since(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
    mark: Time,
) -> Result<Since, StoreError> {
    const MENTIONS: &str =
        "SELECT mention.brand, SUM(post.seen > :mark), SUM(post.seen <= :mark AND post.edited > :mark)
        FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.counted >= :from AND mention.counted < :to
          AND mention.brand IN (SELECT value FROM json_each(:brands))
          AND (post.seen > :mark OR post.edited > :mark)
        GROUP BY mention.brand ORDER BY mention.brand";
    const TAKEN: &str = "SELECT COALESCE(SUM(what = 'post'), 0), COALESCE(SUM(what = 'account'), 0)
        FROM tombstone WHERE seen >= ?1";
    let mut told = Since::default();
    let mut statement = connection.prepare_cached(MENTIONS)?;
    let mut rows = statement.query(named_params! {
        ":from": window.from.0, ":to": window.to.0, ":brands": super::ids(brands), ":mark": mark.0
    })?;
    while let Some(row) = rows.next()? {
        let brand = BrandId(row.get::<_, String>(0)?.into());
        let (late, edited): (u64, u64) = (row.get(1)?, row.get::<_, Option<u64>>(2)?.unwrap_or(0));
        if late > 0 {
            told.late.push((brand.clone(), late));
        }
        if edited > 0 {
            told.edited.push((brand, edited));
        }
    }
    (told.deleted, told.closed) =
        connection.prepare_cached(TAKEN)?.query_row([mark.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(told)
}
