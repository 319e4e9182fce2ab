//! What stands out in a window: the posts with most reactions, the accounts newly suspected.

use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::OfBrands;
use crate::impostor::Level;
use crate::keyword::{Brand, BrandId};
use crate::mention::{Mention, Suspect};
use crate::share::Window;
use crate::store::list::{self, Filter};
use crate::store::{StoreError, sources};

/// A mention that stands out, with how often its text was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopPost {
    /// The mention.
    #[serde(flatten)]
    pub mention: Mention,
    /// How many other posts of the window are copies of its text or say the same words.
    pub copies: u64,
}

/// The posts about `brand` with the most reactions of those heard, newest first among equals; copies of one text are one.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn top_posts(
    connection: &Connection,
    heard: &OfBrands,
    brand: &BrandId,
    most: usize,
) -> Result<Vec<TopPost>, StoreError> {
    // A post without words is a picture: two of them are not copies.
    const TOP: &str = "WITH told AS (
            SELECT mention.id AS id, mention.counted AS counted, post.reactions AS reactions,
                post.network AS network, post.native_id AS native_id,
                ROW_NUMBER() OVER (PARTITION BY COALESCE(root.words, post.words),
                    CASE WHEN post.text = '' THEN post.id ELSE 0 END
                    ORDER BY post.reactions DESC, mention.counted DESC, post.network, post.native_id) AS place,
                COUNT(*) OVER (PARTITION BY COALESCE(root.words, post.words),
                    CASE WHEN post.text = '' THEN post.id ELSE 0 END) AS same
            FROM json_each(:rows) AS heard CROSS JOIN kept_mention AS mention ON mention.id = heard.value
                JOIN post ON post.id = mention.post LEFT JOIN post AS root ON root.id = post.story
            WHERE mention.doubtful = 0)
        SELECT id, same - 1 AS copies FROM told WHERE place = 1
        ORDER BY reactions DESC, counted DESC, network, native_id LIMIT :most";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(TOP)?;
    let rows = statement.query_map(named_params! { ":rows": heard.of(brand), ":most": most }, |row| {
        Ok((row.get("id")?, row.get("copies")?))
    })?;
    let order: Vec<(i64, u64)> = rows.collect::<Result<_, _>>()?;
    if order.is_empty() {
        return Ok(Vec::new());
    }
    let ids = order.iter().map(|(id, _)| *id).collect();
    let mut mentions = list::mention_list(connection, &Filter { ids, ..Filter::default() })?;
    let top = order.into_iter().filter_map(|(id, copies)| {
        let place = mentions.iter().position(|mention| mention.id == id)?;
        Some(TopPost { mention: mentions.swap_remove(place), copies })
    });
    Ok(top.collect())
}

/// Accounts that were first suspected in the window, rose to a higher level or came back, worth a person's look, the
/// surest first. A window that reaches
/// the newest mention takes in what was seen after it.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn new_suspects(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> Result<Vec<Suspect>, StoreError> {
    if brands.is_empty() {
        return Ok(Vec::new());
    }
    let open = sources::newest(connection)?.is_none_or(|newest| newest < window.to);
    let filter = Filter {
        brands: brands.iter().map(|brand| brand.id.to_string()).collect(),
        from: Some(window.from),
        to: (!open).then_some(window.to),
        ..Filter::default()
    };
    let mut suspects = list::suspects(connection, &filter, Level::Review)?;
    suspects.retain(Suspect::is_open);
    Ok(suspects)
}
