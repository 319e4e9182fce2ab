//! What stands beside counts: who may have read, what people labelled; and where series break.

use std::collections::HashMap;

use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::{began, ids};
use crate::keyword::Brand;
use crate::share::{Reach, Weight, Window};
use crate::store::{StoreError, labels, sources};
use crate::time::Time;

/// Reach and labels of each of `brands`, in their order.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn weights(connection: &Connection, window: Window, brands: &[Brand]) -> Result<Vec<Weight>, StoreError> {
    // What strangers claim is taken for at most a million million, so that sums hold.
    const VIEWS: &str = "SELECT mention.brand, COALESCE(SUM(MIN(MAX(json_extract(post.more, '$.counts.views'), 0), 1000000000000)), 0), COUNT(json_extract(post.more, '$.counts.views'))
        FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.counted >= :from AND mention.counted < :to
          AND mention.brand IN (SELECT value FROM json_each(:brands)) GROUP BY mention.brand";
    const READERS: &str = "SELECT brand, COALESCE(SUM(MIN(MAX(followers, 0), 1000000000000)), 0), SUM(followers IS NULL) FROM (
            SELECT DISTINCT mention.brand AS brand, author.id, author.followers AS followers
            FROM clear_mention AS mention JOIN post ON post.id = mention.post JOIN author ON author.id = post.author
            WHERE mention.counted >= :from AND mention.counted < :to
              AND mention.brand IN (SELECT value FROM json_each(:brands))
              AND json_extract(post.more, '$.counts.views') IS NULL)
        GROUP BY brand";
    const SETTLED: &str = "SELECT mention.brand, COUNT(DISTINCT COALESCE(post.story, post.id))
        FROM label JOIN post ON post.network = label.network AND post.native_id = label.native_id
            JOIN clear_mention AS mention ON mention.post = post.id AND mention.brand = label.brand
        WHERE label.relevant = 1 AND mention.counted >= :from AND mention.counted < :to
          AND mention.brand IN (SELECT value FROM json_each(:brands)) GROUP BY mention.brand";
    let asked = ids(brands);
    let window_of = named_params! { ":from": window.from.0, ":to": window.to.0, ":brands": &asked };
    let mut found: HashMap<String, Weight> = HashMap::new();
    let mut statement = connection.prepare_cached(VIEWS)?;
    let mut rows = statement.query(window_of)?;
    while let Some(row) = rows.next()? {
        let weight = found.entry(row.get(0)?).or_default();
        let views: i64 = row.get(1)?;
        weight.reach = Reach {
            views: u64::try_from(views).unwrap_or(0),
            posts_with_views: row.get(2)?,
            ..Reach::default()
        };
    }
    let mut statement = connection.prepare_cached(READERS)?;
    let mut rows = statement.query(window_of)?;
    while let Some(row) = rows.next()? {
        let reach = &mut found.entry(row.get(0)?).or_default().reach;
        (reach.followers, reach.unknown_authors) = (row.get(1)?, row.get(2)?);
    }
    let mut statement = connection.prepare_cached(SETTLED)?;
    let mut rows = statement.query(window_of)?;
    while let Some(row) = rows.next()? {
        found.entry(row.get(0)?).or_default().settled = row.get(1)?;
    }
    for (brand, held_out) in labels::held_out(connection, brands)? {
        let weight = found.entry(brand.to_string()).or_default();
        (weight.labelled, weight.labels) = (held_out.given, (held_out.right, held_out.counted));
    }
    let weights = brands.iter().map(|brand| found.get(&*brand.id.0).copied().unwrap_or_default());
    Ok(weights.collect())
}

/// A moment at which a series breaks: what is before and after is not the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// When.
    pub at: Time,
    /// `query`: what is counted for a brand was changed; `brand`: a brand joined; `source`: a source was first heard;
    /// `gap`: a source missed something from then on.
    pub what: &'static str,
    /// Which brand or source.
    pub name: String,
    /// Until when, of a gap.
    pub to: Option<Time>,
}

/// Where the series of `brands` break in `window`, the oldest first.
///
/// # Errors
/// When SQLite refuses.
pub fn marks(connection: &Connection, window: Window, brands: &[Brand]) -> Result<Vec<Mark>, StoreError> {
    const QUERIES: &str = "SELECT brand, since, EXISTS (SELECT 1 FROM query_version AS older
            WHERE older.brand = query_version.brand AND older.since < query_version.since) AS changed
        FROM query_version WHERE since >= ?1 AND since < ?2 ORDER BY since, brand";
    const SOURCES: &str = "SELECT source.name, MIN(coverage.hour) AS first FROM coverage
            JOIN source ON source.id = coverage.source WHERE source.example = 0
        GROUP BY source.id HAVING first >= ?1 AND first < ?2 ORDER BY first, source.name";
    // Before anybody listened there was no series.
    let began = began(connection)?.unwrap_or(window.to);
    let mut marks = Vec::new();
    let mut statement = connection.prepare_cached(QUERIES)?;
    let mut rows = statement.query([window.from.0, window.to.0])?;
    while let Some(row) = rows.next()? {
        let (id, at, changed): (String, i64, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let Some(brand) = brands.iter().find(|brand| *brand.id.0 == *id) else { continue };
        let what = if changed { "query" } else { "brand" };
        if changed || Time(at).since(began) > crate::time::HOUR {
            marks.push(Mark { at: Time(at), what, name: brand.name.clone(), to: None });
        }
    }
    let mut statement = connection.prepare_cached(SOURCES)?;
    let mut rows = statement.query([window.from.0, window.to.0])?;
    while let Some(row) = rows.next()? {
        let at = Time(row.get(1)?);
        if at.since(began) > crate::time::HOUR {
            marks.push(Mark { at, what: "source", name: row.get(0)?, to: None });
        }
    }
    for gap in sources::gaps(connection, window.from, window.to)? {
        marks.push(Mark { at: gap.from, what: "gap", name: gap.source, to: Some(gap.to) });
    }
    marks.sort_by(|a, b| (a.at, a.what, &a.name).cmp(&(b.at, b.what, &b.name)));
    Ok(marks)
}
