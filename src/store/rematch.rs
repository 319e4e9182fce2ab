//! Which query decided from when on, and stored posts held against the queries of today.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::posts::{Change, Unit};
use super::{Store, StoreError, list};
use crate::intake::JudgedPost;
use crate::keyword::BrandId;
use crate::matcher::Matcher;
use crate::post::Post;
use crate::share::Window;
use crate::time::Time;

/// A stored post with the mentions that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPost {
    /// Its row.
    pub row: i64,
    /// The post.
    pub post: Post,
    /// The source that brought it.
    pub source: String,
    /// That source's row.
    pub source_row: i64,
    /// The moment that decides in which window it counts.
    pub counted: Time,
    /// Row and brand of each mention, and whether it was kept apart as doubtful.
    pub mentions: Vec<(i64, BrandId, bool)>,
}

/// Up to `limit` stored posts after row `after`, in order of their rows.
///
/// # Errors
/// When SQLite refuses, or a row cannot be read back.
pub fn stored_posts(connection: &Connection, after: i64, limit: u32) -> Result<Vec<StoredPost>, StoreError> {
    const MENTIONS: &str = "SELECT id, brand, doubtful FROM mention WHERE post = ?1 ORDER BY id";
    let mut posts = Vec::new();
    for (row, source_row, as_mention) in list::posts_after(connection, after, limit)? {
        let mut statement = connection.prepare_cached(MENTIONS)?;
        let mentions = statement.query_map([row], |row| {
            Ok((row.get(0)?, BrandId(row.get::<_, String>(1)?.into()), row.get(2)?))
        })?;
        posts.push(StoredPost {
            row,
            post: as_mention.post,
            source: as_mention.source,
            source_row,
            counted: as_mention.counted,
            mentions: mentions.collect::<Result<_, _>>()?,
        });
    }
    Ok(posts)
}

impl Unit<'_> {
    /// Puts the mentions of a stored post as the queries of `brands` now decide: mentions that no longer hold go, new
    /// ones come, the others take the new version. The post itself stays, so that a query can be taken back.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn rematch(
        &mut self,
        stored: &StoredPost,
        judged: &JudgedPost,
        brands: &[BrandId],
    ) -> Result<(), StoreError> {
        let before: Vec<(i64, String, bool)> = stored
            .mentions
            .iter()
            .filter(|(_, brand, _)| brands.contains(brand))
            .map(|(mention, brand, doubtful)| (*mention, brand.to_string(), *doubtful))
            .collect();
        self.rolled(stored.row, |unit| {
            let withdrawn = unit.settle(&before, judged)?;
            if !withdrawn.is_empty() {
                unit.changes.push(Change::Withdrawn { mentions: withdrawn });
            }
            for verdict in judged.verdicts.iter().filter(|verdict| brands.contains(&verdict.brand)) {
                if !before.iter().any(|(_, brand, _)| *verdict.brand.0 == **brand) {
                    unit.insert_mention(stored.row, judged, verdict)?;
                }
            }
            Ok(())
        })
    }
}

impl Store {
    /// Notes the queries of a matcher from `now` on, where they differ from those noted last.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn note_queries(&self, matcher: &Matcher, now: Time) -> Result<(), StoreError> {
        self.note_where(matcher, now, |last, version| last.is_none_or(|last| last != version))
    }

    /// Notes the queries of brands of which none is noted, as those of all time: what a capture or a file brings is
    /// judged by them, whenever it was written.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn note_first_queries(&self, matcher: &Matcher) -> Result<(), StoreError> {
        self.note_where(matcher, Time(0), |last, _| last.is_none())
    }

    fn note_where(
        &self,
        matcher: &Matcher,
        now: Time,
        differs: impl Fn(Option<&str>, &str) -> bool,
    ) -> Result<(), StoreError> {
        const LAST: &str = "SELECT version FROM query_version WHERE brand = ?1 ORDER BY since DESC LIMIT 1";
        const INSERT: &str =
            "INSERT OR REPLACE INTO query_version (brand, since, version, query) VALUES (?1, ?2, ?3, ?4)";
        for brand in matcher.brands() {
            let version = matcher.version(&brand.id);
            let last: Option<String> = self
                .connection
                .prepare_cached(LAST)?
                .query_row([&*brand.id.0], |row| row.get(0))
                .optional()?;
            if differs(last.as_deref(), version) {
                let query = matcher.query(&brand.id).map(ToString::to_string).unwrap_or_default();
                self.connection.prepare_cached(INSERT)?.execute(params![
                    &*brand.id.0,
                    now.0,
                    version,
                    query
                ])?;
            }
        }
        Ok(())
    }

    /// Notes that the query of a brand has been applied to everything stored.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn note_rematch(&self, brand: &BrandId, now: Time) -> Result<(), StoreError> {
        const UPDATE: &str = "UPDATE query_version SET rematched = ?2
            WHERE brand = ?1 AND since = (SELECT MAX(since) FROM query_version WHERE brand = ?1)";
        self.connection.prepare_cached(UPDATE)?.execute(params![&*brand.0, now.0])?;
        Ok(())
    }
}

/// Brands whose query changed within `window`, each with the version before and the last one in it.
///
/// # Errors
/// When SQLite refuses.
pub fn changed_queries(
    connection: &Connection,
    window: Window,
) -> Result<HashMap<String, (String, String)>, StoreError> {
    const LIST: &str = "SELECT now.brand, before.version, now.version
        FROM query_version AS now JOIN query_version AS before ON before.brand = now.brand
            AND before.since = (SELECT MAX(since) FROM query_version AS older WHERE older.brand = now.brand AND older.since < now.since)
        WHERE now.since >= ?1 AND now.since < ?2 ORDER BY now.since";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map(params![window.from.0, window.to.0], |row| {
        Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
