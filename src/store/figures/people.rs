//! Who spoke.

use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::ids;
use crate::keyword::Brand;
use crate::post::NetworkName;
use crate::share::Window;
use crate::store::StoreError;

/// An author with what was heard from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Voice {
    /// Where it is.
    pub network: NetworkName,
    /// Its handle, or its name where it has none, or the network's own identifier.
    pub name: String,
    /// People who follow it, where the network says.
    pub followers: Option<u64>,
    /// Distinct posts: copies of one text, and the same words again, count once.
    pub posts: u64,
    /// Reactions to all of its posts together, where the network says; a post voted down has none.
    pub reactions: u64,
}

/// The authors of most distinct posts about any of `brands`, the most reactions first among equals.
///
/// # Errors
/// When SQLite refuses.
pub fn voices(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
    most: usize,
) -> Result<Vec<Voice>, StoreError> {
    const VOICES: &str = "WITH told AS (
            SELECT DISTINCT post.id AS id, post.author AS author, COALESCE(root.words, post.words) AS words,
                MIN(MAX(post.reactions, 0), 1000000000000) AS reactions
            FROM clear_mention AS mention JOIN post ON post.id = mention.post
                LEFT JOIN post AS root ON root.id = post.story
            WHERE mention.counted >= :from AND mention.counted < :to AND post.author IS NOT NULL
              AND mention.brand IN (SELECT value FROM json_each(:brands)))
        SELECT author.network AS network, COALESCE(author.handle, author.display_name, author.native_id) AS name,
            author.followers AS followers, COUNT(DISTINCT told.words) AS posts,
            COALESCE(SUM(told.reactions), 0) AS reactions
        FROM told JOIN author ON author.id = told.author
        GROUP BY author.id ORDER BY posts DESC, reactions DESC, network, name LIMIT :most";
    let mut statement = connection.prepare_cached(VOICES)?;
    let rows = statement.query_map(
        named_params! {
            ":from": window.from.0, ":to": window.to.0, ":brands": ids(brands),
            ":most": i64::try_from(most).unwrap_or(i64::MAX)
        },
        |row| {
            let network: String = row.get("network")?;
            Ok(Voice {
                network: NetworkName(network.into()),
                name: row.get("name")?,
                followers: row.get("followers")?,
                posts: row.get("posts")?,
                reactions: row.get("reactions")?,
            })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}
