//! One mention found by what a person has of it.

use rusqlite::Connection;

use super::StoreError;

/// The numbers of the mentions of the post with this link. A fragment or a slash at its end does not matter.
///
/// # Errors
/// When SQLite refuses.
pub fn by_link(connection: &Connection, link: &str) -> Result<Vec<i64>, StoreError> {
    const FIND: &str = "SELECT mention.id FROM mention JOIN post ON post.id = mention.post
        WHERE replace(replace(post.permalink, char(2), 'https://'), char(1), post.native_id) IN (?1, ?2, ?3)
        ORDER BY mention.id";
    let bare = link.split_once('#').map_or(link, |(before, _)| before).trim_end_matches('/');
    let slashed = format!("{bare}/");
    let mut statement = connection.prepare_cached(FIND)?;
    let found = statement.query_map([link, bare, &slashed], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}
