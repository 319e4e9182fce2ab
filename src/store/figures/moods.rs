//! How brands are spoken of, and how often whoever judged that errs.

use std::collections::HashMap;

use rusqlite::{Connection, named_params};

use super::ids;
use crate::keyword::Brand;
use crate::sentiment::{self, Lang};
use crate::share::{Errs, Judged, Moods, Window};
use crate::store::{Store, StoreError, brief, meta};

/// Where it is kept how often the judges of what is stored err.
const ERRS: &str = "sentiment_errs";

fn errs_of(moods: &sentiment::Moods) -> Errs {
    let of = |lang| *moods.reader(lang).confusion();
    let measured = Lang::ALL.map(|lang| moods.reader(lang).measured());
    Errs::new(of(Lang::English), of(Lang::French)).measured(measured)
}

/// How often the judges of what is stored err: as noted last, else as the shipped lists do.
fn errs(connection: &Connection) -> Result<Errs, StoreError> {
    match meta(connection, ERRS)? {
        Some(kept) => serde_json::from_str(&kept)
            .map_err(|source| StoreError::Stored { what: "errors of the judge of sentiment", source }),
        None => Ok(errs_of(&sentiment::Moods::default())),
    }
}

impl Store {
    /// Notes how often those who judge from now on err, where that is not what is known.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn note_errs(&self, moods: &sentiment::Moods) -> Result<(), StoreError> {
        let now = errs_of(moods);
        if errs(&self.connection).is_ok_and(|known| known == now) {
            return Ok(());
        }
        let text = serde_json::to_string(&now)
            .map_err(|source| StoreError::Stored { what: "errors of the judge of sentiment", source })?;
        self.set_meta(ERRS, &text)
    }
}

/// How each of `brands` is spoken of, in their order: by distinct stories, each as its first post in the window speaks.
///
/// # Errors
/// When SQLite refuses.
pub fn moods(connection: &Connection, window: Window, brands: &[Brand]) -> Result<Vec<Moods>, StoreError> {
    const STORIES: &str = "WITH told AS (
            SELECT mention.brand AS brand, COALESCE(post.language, post.lang, '') AS language,
                post.sentiment AS sentiment, MIN(post.id)
            FROM clear_mention AS mention JOIN post ON post.id = mention.post
            WHERE mention.counted >= :from AND mention.counted < :to
              AND mention.brand IN (SELECT value FROM json_each(:brands))
            GROUP BY mention.brand, COALESCE(post.story, post.id))
        SELECT brand, language, sentiment, COUNT(*) AS stories FROM told GROUP BY brand, language, sentiment";
    let errs = errs(connection)?;
    let mut judged: HashMap<String, Judged> = HashMap::new();
    let mut statement = connection.prepare_cached(STORIES)?;
    let mut rows = statement
        .query(named_params! { ":from": window.from.0, ":to": window.to.0, ":brands": ids(brands) })?;
    while let Some(row) = rows.next()? {
        let (language, sentiment): (String, Option<String>) = (row.get("language")?, row.get("sentiment")?);
        let primary = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let sentiment = sentiment.as_deref().and_then(brief::read_mood);
        judged.entry(row.get("brand")?).or_default().count(
            Lang::of(&primary),
            sentiment,
            row.get("stories")?,
        );
    }
    let of = |brand: &Brand| judged.get(&*brand.id.0).copied().unwrap_or_default();
    Ok(brands.iter().map(|brand| Moods::of(&of(brand), &errs)).collect())
}
