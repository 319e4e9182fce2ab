//! Counts over time that rules look at: mentions in buckets, shares, reactions, and which sources answered meanwhile.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::StoreError;
use crate::alert::trend::Part;
use crate::post::{Author, NetworkName};
use crate::share::Window;
use crate::time::{HOUR, Time};

/// Mentions of one brand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series {
    /// Counts of buckets in which there was somebody to listen, the oldest first.
    pub counts: Vec<u32>,
    /// The bucket of each, as its start.
    pub starts: Vec<Time>,
}

/// A source that did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// Its row.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// A post of a brand's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPost {
    /// Its row.
    pub post: i64,
    /// One of its mentions.
    pub mention: i64,
    /// When it was published, or else seen.
    pub at: Time,
    /// Its reactions, when it was last read.
    pub reactions: i64,
}

/// Sources that did not answer in some part of the window: those that fail, are stopped or put off at its end, those with
/// a gap in it, and streams that have fallen silent. One that is asked and has nothing to say is well.
///
/// # Errors
/// When SQLite refuses.
pub fn dead(connection: &Connection, window: Window) -> Result<Vec<Dead>, StoreError> {
    const LIST: &str = "SELECT id, name FROM source WHERE example = 0 AND (
            state IN ('failing', 'stopped', 'paused')
            OR state = 'silent' AND NOT EXISTS (
                SELECT 1 FROM coverage WHERE coverage.source = source.id AND hour >= ?3 AND hour < ?2 AND done > 0)
            OR EXISTS (SELECT 1 FROM gap WHERE gap.source = source.id AND closed IS NULL AND \"to\" > ?1 AND \"from\" < ?2))
        ORDER BY name";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement
        .query_map(params![window.from.0, window.to.0, window.to.plus(-HOUR).hour().0], |row| {
            Ok(Dead { id: row.get(0)?, name: row.get(1)? })
        })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Mentions of a brand in buckets of `length` milliseconds over the window, without those of `dead` sources. Hours in
/// which nothing was asked and nothing heard are left out: nobody knows what they held.
///
/// # Errors
/// When SQLite refuses.
pub fn series(
    connection: &Connection,
    brand: &str,
    window: Window,
    length: i64,
    (networks, dead): (&[String], &[Dead]),
) -> Result<Series, StoreError> {
    const COUNTS: &str = "SELECT mention.counted / ?4, count(*)
        FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.brand = ?1 AND mention.counted >= ?2 AND mention.counted < ?3
            AND post.source NOT IN (SELECT value FROM json_each(?5))
            AND (?6 = '[]' OR post.network IN (SELECT value FROM json_each(?6)))
        GROUP BY 1 ORDER BY 1";
    const HOURS: &str = "SELECT DISTINCT hour FROM coverage WHERE hour >= ?1 AND hour < ?2
        AND source NOT IN (SELECT value FROM json_each(?3))";
    const SINCE: &str = "SELECT min(since) FROM query_version WHERE brand = ?1";
    let ids: Vec<i64> = dead.iter().map(|dead| dead.id).collect();
    let ids = serde_json::Value::from(ids).to_string();
    let networks = serde_json::Value::from(networks.to_vec()).to_string();
    let mut statement = connection.prepare_cached(COUNTS)?;
    let rows = statement
        .query_map(params![brand, window.from.0, window.to.0, length, ids, networks], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?))
        })?;
    let counts: Vec<(i64, u32)> = rows.collect::<Result<_, _>>()?;
    let mut hours: BTreeSet<i64> = counts.iter().map(|(bucket, _)| Time(bucket * length).hour().0).collect();
    // A brand that is watched since yesterday was not silent before.
    let since: Option<i64> = connection.prepare_cached(SINCE)?.query_row([brand], |row| row.get(0))?;
    let known = match (since, hours.first()) {
        (Some(since), Some(first)) => since.min(*first),
        (Some(since), None) => since,
        (None, first) => first.copied().unwrap_or(window.to.0),
    };
    let from = window.from.max(Time(known).hour());
    let mut statement = connection.prepare_cached(HOURS)?;
    let watched = statement.query_map(params![from.0, window.to.0, ids], |row| row.get::<_, i64>(0))?;
    for hour in watched {
        hours.insert(hour?);
    }
    let mut series = Series::default();
    let mut rest = counts.as_slice();
    for hour in hours {
        let mut start = hour;
        while start < hour.saturating_add(HOUR) && start < window.to.0 {
            let count = match rest.split_first() {
                Some(((bucket, count), after)) if *bucket == start / length => {
                    rest = after;
                    *count
                }
                _ => 0,
            };
            if start >= window.from.0 {
                series.counts.push(count);
                series.starts.push(Time(start));
            }
            start += length;
        }
    }
    Ok(series)
}

/// The first mention of a brand counted from the first moment on and before the second, with its row.
///
/// # Errors
/// When SQLite refuses.
pub fn first_since(
    connection: &Connection,
    brand: &str,
    networks: &[String],
    (from, to): (Time, Time),
) -> Result<Option<(Time, i64)>, StoreError> {
    use rusqlite::OptionalExtension as _;
    const FIRST: &str = "SELECT mention.counted, mention.id
        FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.brand = ?1 AND mention.counted >= ?2 AND mention.counted < ?3
            AND (?4 = '[]' OR post.network IN (SELECT value FROM json_each(?4)))
        ORDER BY mention.counted, mention.id LIMIT 1";
    let networks = serde_json::Value::from(networks.to_vec()).to_string();
    let place = params![brand, from.0, to.0, networks];
    let found =
        connection.prepare_cached(FIRST)?.query_row(place, |row| Ok((Time(row.get(0)?), row.get(1)?)));
    Ok(found.optional()?)
}

/// Mentions of a brand and of all `brands` in a window.
///
/// # Errors
/// When SQLite refuses.
pub fn part(
    connection: &Connection,
    brand: &str,
    brands: &[&str],
    window: Window,
) -> Result<Part, StoreError> {
    const COUNT: &str = "SELECT coalesce(sum(brand = ?1), 0), count(*) FROM clear_mention
        WHERE counted >= ?2 AND counted < ?3 AND brand IN (SELECT value FROM json_each(?4))";
    let brands = serde_json::Value::from(brands.to_vec()).to_string();
    Ok(connection
        .prepare_cached(COUNT)?
        .query_row(params![brand, window.from.0, window.to.0, brands], |row| {
            Ok(Part { of: row.get(0)?, all: row.get(1)? })
        })?)
}

/// Authors of mentions counted since `from`: row, network, and what tells whether they are a brand's own.
///
/// # Errors
/// When SQLite refuses.
pub fn writers(connection: &Connection, from: Time) -> Result<Vec<(i64, NetworkName, Author)>, StoreError> {
    const LIST: &str = "SELECT DISTINCT author.id, author.network, author.native_id, author.handle
        FROM mention JOIN post ON post.id = mention.post JOIN author ON author.id = post.author
        WHERE mention.counted >= ?1 ORDER BY author.id";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([from.0], |row| {
        let network: String = row.get(1)?;
        let author = Author { native_id: row.get(2)?, handle: row.get(3)?, ..Author::default() };
        Ok((row.get(0)?, NetworkName(network.into()), author))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The posts of an author since `from`, newest first.
///
/// # Errors
/// When SQLite refuses.
pub fn posts_of(connection: &Connection, author: i64, from: Time) -> Result<Vec<OwnPost>, StoreError> {
    const LIST: &str = "SELECT post.id, min(mention.id), coalesce(published, seen), reactions
        FROM post JOIN mention ON mention.post = post.id
        WHERE author = ?1 AND post.counted >= ?2 GROUP BY post.id ORDER BY 3 DESC, post.id DESC";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map(params![author, from.0], |row| {
        Ok(OwnPost { post: row.get(0)?, mention: row.get(1)?, at: Time(row.get(2)?), reactions: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether nothing is kept of what the author of this post wrote before. Of a post without an author nobody knows.
///
/// # Errors
/// When SQLite refuses.
pub fn is_first(connection: &Connection, network: &str, native_id: &str) -> Result<bool, StoreError> {
    const FIRST: &str =
        "SELECT 1 FROM post AS this WHERE network = ?1 AND native_id = ?2 AND author IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM post AS other WHERE other.author = this.author AND other.id < this.id)";
    Ok(connection.prepare_cached(FIRST)?.exists([network, native_id])?)
}

/// The name of a tracked account, as last seen.
///
/// # Errors
/// When SQLite refuses.
pub fn account_name(
    connection: &Connection,
    network: &str,
    native_id: &str,
) -> Result<Option<String>, StoreError> {
    use rusqlite::OptionalExtension as _;
    const NAME: &str =
        "SELECT handle FROM account_day WHERE network = ?1 AND native_id = ?2 AND handle IS NOT NULL
        ORDER BY day DESC LIMIT 1";
    Ok(connection.prepare_cached(NAME)?.query_row([network, native_id], |row| row.get(0)).optional()?)
}
