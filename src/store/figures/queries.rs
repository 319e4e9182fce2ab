//! What queries said.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::keyword::BrandId;
use crate::store::StoreError;

/// The query of `brand` of this `version`, in the query language; `None` when it was never noted.
///
/// # Errors
/// When SQLite refuses.
pub fn query_text(
    connection: &Connection,
    brand: &BrandId,
    version: &str,
) -> Result<Option<String>, StoreError> {
    const TEXT: &str =
        "SELECT query FROM query_version WHERE brand = ?1 AND version = ?2 ORDER BY since DESC LIMIT 1";
    let mut statement = connection.prepare_cached(TEXT)?;
    Ok(statement.query_row(params![&*brand.0, version], |row| row.get(0)).optional()?)
}
