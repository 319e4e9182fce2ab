//! Who talks most about a brand in a window, and which versions of its keywords decided.

use rusqlite::{Connection, named_params};
use serde::{Deserialize, Serialize};

use super::OfBrands;
use crate::keyword::BrandId;
use crate::store::StoreError;

/// An author seen talking about a brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenAccount {
    /// Where.
    pub network: String,
    /// The network's own identifier.
    pub native_id: String,
    /// The name used there, as far as the network says it.
    pub handle: Option<String>,
    /// How many different texts about the brand it wrote: copies of one count once.
    pub posts: u64,
}

/// The authors of most texts about `brand`; equals stand in the order of network and identifier.
///
/// # Errors
/// When SQLite refuses.
pub fn accounts(
    connection: &Connection,
    heard: &OfBrands,
    brand: &BrandId,
    most: usize,
) -> Result<Vec<SeenAccount>, StoreError> {
    const ACCOUNTS: &str =
        "SELECT author.network AS network, author.native_id AS native_id, author.handle AS handle,
            COUNT(DISTINCT COALESCE(root.words, post.words)) AS posts
        FROM json_each(:rows) AS heard CROSS JOIN kept_mention AS mention ON mention.id = heard.value
            JOIN post ON post.id = mention.post JOIN author ON author.id = post.author
            LEFT JOIN post AS root ON root.id = post.story
        WHERE mention.doubtful = 0
        GROUP BY author.id ORDER BY posts DESC, network, native_id LIMIT :most";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(ACCOUNTS)?;
    let rows = statement.query_map(named_params! { ":rows": heard.of(brand), ":most": most }, |row| {
        Ok(SeenAccount {
            network: row.get("network")?,
            native_id: row.get("native_id")?,
            handle: row.get("handle")?,
            posts: row.get("posts")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The versions of the keywords of `brand` that decided its mentions.
///
/// # Errors
/// When SQLite refuses.
pub fn versions(
    connection: &Connection,
    heard: &OfBrands,
    brand: &BrandId,
) -> Result<Vec<String>, StoreError> {
    const VERSIONS: &str = "SELECT name AS version FROM word WHERE id IN (SELECT mention.version
            FROM json_each(:rows) AS heard CROSS JOIN kept_mention AS mention ON mention.id = heard.value
            WHERE mention.doubtful = 0)
        ORDER BY version";
    let mut statement = connection.prepare_cached(VERSIONS)?;
    let rows = statement.query_map(named_params! { ":rows": heard.of(brand) }, |row| row.get("version"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
