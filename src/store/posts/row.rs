//! Values of a row that is written. Most columns of most rows hold nothing, and what holds nothing is not given.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Result};

/// Runs a statement that was just prepared with these values, from its first parameter on.
pub(super) fn run<'v>(
    statement: &mut CachedStatement<'_>,
    values: impl IntoIterator<Item = Option<ValueRef<'v>>>,
) -> Result<()> {
    for (place, value) in (1..).zip(values) {
        if let Some(value) = value {
            statement.raw_bind_parameter::<usize, _>(place, ToSqlOutput::Borrowed(value))?;
        }
    }
    statement.raw_execute()?;
    Ok(())
}

/// A text, if there is one.
pub(super) fn text(text: Option<&str>) -> Option<ValueRef<'_>> {
    text.map(|text| ValueRef::Text(text.as_bytes()))
}

/// A number.
pub(super) fn number(number: impl Into<i64>) -> Option<ValueRef<'static>> {
    Some(ValueRef::Integer(number.into()))
}

/// A count as a number.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
