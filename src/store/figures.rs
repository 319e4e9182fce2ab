//! The figures behind shares and digests: what was heard in a window, and what may be missing from it. Only
//! reads.

use rusqlite::{Connection, Row, named_params};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::rematch::changed_queries;
use crate::keyword::Brand;
use crate::share::{Heard, Period, Tally, Window};
use crate::time::Time;

mod accounts;
mod clustered;
mod coverage;
mod latency;
mod moods;
mod of_brands;
mod own;
mod people;
mod queries;
mod rolled;
mod since;
mod sliced;
mod standouts;
mod topics;
mod weights;

pub use accounts::{SeenAccount, accounts, versions};
pub use clustered::effects;
pub use coverage::{Coverage, CoverageHour, coverage, coverage_hours};
pub use latency::{Deletions, Latency, deletions, published_to_seen, seen_to_sent};
pub use moods::moods;
pub use of_brands::OfBrands;
pub use own::{Answering, Campaign, Doings, Own, doings};
pub use people::{Voice, voices};
pub use queries::query_text;
pub use rolled::{by_brand_and_day, by_day, by_hour, by_language, by_network, mentions_of};
pub use since::{Since, newest_seen, since};
pub use sliced::{Part, Per, sliced, sliced_by};
pub use standouts::{TopPost, new_suspects, top_posts};
pub use topics::{BrandTopics, Topic, topics};
pub use weights::{Mark, marks, weights};

/// Counts what was heard of each of `brands` in `window`; how far it hangs together is asked of [`effects`].
///
/// # Errors
/// When SQLite refuses.
pub fn period(connection: &Connection, window: Window, brands: &[Brand]) -> Result<Period, StoreError> {
    const BY_BRAND: &str = "SELECT mention.brand AS brand, COUNT(*) AS mentions,
            COUNT(DISTINCT post.author) AS authors, COUNT(DISTINCT post.words) AS posts,
            COUNT(DISTINCT COALESCE(post.story, post.id)) AS stories, MIN(mention.version) AS first, MAX(mention.version) AS last
        FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.counted >= :from AND mention.counted < :to
        GROUP BY mention.brand";
    const TOTALS: &str = "SELECT COUNT(*) AS mentions, COUNT(DISTINCT post.author) AS authors,
            COUNT(DISTINCT post.words) AS posts, COUNT(DISTINCT COALESCE(post.story, post.id)) AS stories,
            COALESCE(SUM(source.example), 0) AS examples
        FROM clear_mention AS mention JOIN post ON post.id = mention.post JOIN source ON source.id = post.source
        WHERE mention.counted >= :from AND mention.counted < :to
          AND mention.brand IN (SELECT value FROM json_each(:brands))";
    let mut tallies = vec![Tally::default(); brands.len()];
    let mut statement = connection.prepare_cached(BY_BRAND)?;
    let mut rows = statement.query(named_params! { ":from": window.from.0, ":to": window.to.0 })?;
    while let Some(row) = rows.next()? {
        let brand: String = row.get("brand")?;
        let place = brands.iter().position(|known| *known.id.0 == *brand);
        if let Some(tally) = place.and_then(|place| tallies.get_mut(place)) {
            let versions = Some((row.get("first")?, row.get("last")?));
            *tally = Tally { heard: heard(row)?, versions, effects: None };
        }
    }
    // A query that changed in between breaks the series even where it was applied to what was stored: posts that were
    // no mention by the old one were not kept.
    for (brand, versions) in changed_queries(connection, window)? {
        let place = brands.iter().position(|known| *known.id.0 == *brand);
        if let Some(tally) = place.and_then(|place| tallies.get_mut(place)) {
            tally.versions = Some(versions);
        }
    }
    let (totals, examples) = connection.prepare_cached(TOTALS)?.query_row(
        named_params! { ":from": window.from.0, ":to": window.to.0, ":brands": ids(brands) },
        |row| Ok((heard(row)?, row.get("examples")?)),
    )?;
    // A window counts as listened to when listening began in its first tenth at the latest.
    let late = window.from.plus(window.to.since(window.from) / 10);
    let listened = began(connection)?.is_some_and(|began| began <= late);
    Ok(Period { window, brands: tallies, totals, examples, listened })
}

/// The four counts of a row.
fn heard(row: &Row<'_>) -> rusqlite::Result<Heard> {
    Ok(Heard {
        mentions: row.get("mentions")?,
        authors: row.get("authors")?,
        posts: row.get("posts")?,
        stories: row.get("stories")?,
    })
}

/// The identities as a JSON list, for `json_each`.
fn ids(brands: &[Brand]) -> String {
    let ids: Vec<&str> = brands.iter().map(|brand| &*brand.id.0).collect();
    serde_json::Value::from(ids).to_string()
}

/// When listening began: the first hour of the ledger, or the first mention when a capture or a look back
/// brought older ones.
fn began(connection: &Connection) -> Result<Option<Time>, StoreError> {
    const BEGAN: &str = "SELECT MIN(moment) AS began FROM
        (SELECT MIN(counted) AS moment FROM clear_mention AS mention UNION ALL SELECT MIN(hour) AS moment FROM coverage)";
    let began: Option<i64> = connection.prepare_cached(BEGAN)?.query_row([], |row| row.get("began"))?;
    Ok(began.map(Time))
}

/// How many mentions a network or a language has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Which.
    pub name: String,
    /// How many.
    pub mentions: u64,
}

/// Mentions of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// When it begins, counted in whole days back from the end of the window.
    pub from: Time,
    /// How many mentions it has.
    pub mentions: u64,
}
