//! Rollups: how many mentions count by hour, brand, network, language and sentiment, and by day. What changes in a unit of
//! work is added up in memory and written with it.

use std::collections::BTreeMap;

use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::{Store, StoreError, brief};
use crate::sentiment::Sentiment;
use crate::time::{HOUR, Time};

/// The language of what nobody knows the language of.
pub(super) const UNKNOWN: &str = "unknown";
/// Hours of one day.
const HOURS: i64 = 24;
/// The sentiment of what is not understood.
const NOT_UNDERSTOOD: i64 = 2;

/// One sum: hour, brand, network, language, sentiment.
type Key = (i64, i64, i64, i64, i64);

/// What is to be added to the rollups when the unit of work ends.
#[derive(Debug, Default)]
pub(super) struct Pending {
    sums: HashMap<Key, i64>,
    /// Numbers of names met before.
    words: HashMap<String, i64>,
}

/// What a mention is counted under.
#[derive(Debug, Clone, Copy)]
pub(super) struct Under<'a> {
    pub(super) counted: Time,
    pub(super) brand: &'a str,
    pub(super) network: &'a str,
    pub(super) language: &'a str,
    pub(super) sentiment: Option<Sentiment>,
}

impl Pending {
    /// Adds mentions, or takes them away when `number` is negative.
    pub(super) fn add(
        &mut self,
        connection: &Connection,
        under: Under<'_>,
        number: i64,
    ) -> Result<(), StoreError> {
        let key = (
            under.counted.0.div_euclid(HOUR),
            self.word(connection, under.brand)?,
            self.word(connection, under.network)?,
            self.word(connection, under.language)?,
            match under.sentiment {
                Some(Sentiment::Negative) => -1,
                Some(Sentiment::Neutral) => 0,
                Some(Sentiment::Positive) => 1,
                None => NOT_UNDERSTOOD,
            },
        );
        *self.sums.entry(key).or_default() += number;
        Ok(())
    }

    /// Adds the mentions of a stored post that count as often as `number` says.
    pub(super) fn add_of(
        &mut self,
        connection: &Connection,
        post: i64,
        number: i64,
    ) -> Result<(), StoreError> {
        const OF: &str = "SELECT mention.counted, mention.brand, post.network,
                COALESCE(NULLIF(COALESCE(post.language, post.lang), ''), 'unknown'), post.sentiment
            FROM clear_mention AS mention JOIN post ON post.id = mention.post WHERE mention.post = ?1";
        let mut statement = connection.prepare_cached(OF)?;
        let mut rows = statement.query([post])?;
        while let Some(row) = rows.next()? {
            let (brand, network, language): (String, String, String) =
                (row.get(1)?, row.get(2)?, row.get(3)?);
            let sentiment: Option<String> = row.get(4)?;
            let under = Under {
                counted: Time(row.get(0)?),
                brand: &brand,
                network: &network,
                language: &language,
                sentiment: sentiment.as_deref().and_then(brief::read_mood),
            };
            self.add(connection, under, number)?;
        }
        Ok(())
    }

    /// The number of a name.
    pub(super) fn word(&mut self, connection: &Connection, name: &str) -> Result<i64, StoreError> {
        const FIND: &str = "SELECT id FROM word WHERE name = ?1";
        const ADD: &str = "INSERT INTO word (name) VALUES (?1)";
        if let Some(id) = self.words.get(name) {
            return Ok(*id);
        }
        let known: Option<i64> =
            connection.prepare_cached(FIND)?.query_row([name], |row| row.get(0)).optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                connection.prepare_cached(ADD)?.execute([name])?;
                connection.last_insert_rowid()
            }
        };
        self.words.insert(name.to_owned(), id);
        Ok(id)
    }

    /// Writes what has added up.
    fn write(&mut self, connection: &Connection) -> Result<(), StoreError> {
        const HOUR: &str = "INSERT INTO rollup_hour (hour, brand, network, language, sentiment, mentions)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions";
        const DAY: &str = "INSERT INTO rollup_day (brand, day, network, mentions)
            VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions";
        // What nobody says any more leaves no row, as if it had never been said.
        const NO_HOUR: &str = "DELETE FROM rollup_hour WHERE hour = ?1 AND brand = ?2 AND network = ?3
            AND language = ?4 AND sentiment = ?5 AND mentions = 0";
        const NO_DAY: &str =
            "DELETE FROM rollup_day WHERE brand = ?1 AND day = ?2 AND network = ?3 AND mentions = 0";
        if self.sums.is_empty() {
            return Ok(());
        }
        let mut sums: Vec<(Key, i64)> = self.sums.drain().filter(|(_, number)| *number != 0).collect();
        sums.sort_unstable();
        let mut days: BTreeMap<(i64, i64, i64), i64> = BTreeMap::new();
        let (mut add_hour, mut add_day) = (connection.prepare_cached(HOUR)?, connection.prepare_cached(DAY)?);
        for ((hour, brand, network, language, sentiment), number) in sums {
            add_hour.execute([hour, brand, network, language, sentiment, number])?;
            if number < 0 {
                connection.prepare_cached(NO_HOUR)?.execute([hour, brand, network, language, sentiment])?;
            }
            *days.entry((brand, hour.div_euclid(HOURS), network)).or_default() += number;
        }
        for ((brand, day, network), number) in days.into_iter().filter(|(_, number)| *number != 0) {
            add_day.execute([brand, day, network, number])?;
            if number < 0 {
                connection.prepare_cached(NO_DAY)?.execute([brand, day, network])?;
            }
        }
        Ok(())
    }

    /// Forgets everything: it was never stored, nor perhaps were the names.
    pub(super) fn discard(&mut self) {
        self.sums.clear();
        self.words.clear();
    }
}

/// A sum that is kept and is not what the rows give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The hour it is about, or the day where hours agree.
    pub from: Time,
    /// `hour` or `day`.
    pub of: &'static str,
    /// The brand.
    pub brand: String,
    /// The network.
    pub network: String,
    /// The language, where it is about an hour.
    pub language: Option<String>,
    /// `negative`, `neutral`, `positive` or `unknown`, where it is about an hour.
    pub sentiment: Option<&'static str>,
    /// Mentions as kept.
    pub kept: i64,
    /// Mentions as counted again.
    pub counted: i64,
}

/// Counts every mention again: how many there are, and up to `most` sums that are kept otherwise.
///
/// # Errors
/// When SQLite refuses.
pub fn compare(connection: &Connection, most: usize) -> Result<(u64, Vec<Difference>), StoreError> {
    const ALL: &str = "SELECT COUNT(*) FROM clear_mention";
    const BY_HOUR: &str = "SELECT hour, brand, network, language, sentiment, SUM(kept), SUM(counted) FROM (
            SELECT hour, COALESCE(brand.name, '') AS brand, COALESCE(network.name, '') AS network,
                COALESCE(language.name, '') AS language, sentiment, mentions AS kept, 0 AS counted
            FROM rollup_hour LEFT JOIN word AS brand ON brand.id = rollup_hour.brand
                LEFT JOIN word AS network ON network.id = rollup_hour.network
                LEFT JOIN word AS language ON language.id = rollup_hour.language
            UNION ALL SELECT hour, brand, network, language, sentiment, 0, mentions FROM counted_hour)
        GROUP BY 1, 2, 3, 4, 5 HAVING SUM(kept) <> SUM(counted) ORDER BY 1, 2, 3, 4, 5 LIMIT ?1";
    const BY_DAY: &str =
        "SELECT day, COALESCE(brand.name, '') AS brand, COALESCE(network.name, '') AS network, kept, counted FROM (
            SELECT day, brand, network, SUM(kept) AS kept, SUM(counted) AS counted FROM (
                SELECT day, brand, network, mentions AS kept, 0 AS counted FROM rollup_day
                UNION ALL
                SELECT (hour - (hour % 24 + 24) % 24) / 24, brand, network, 0, mentions FROM rollup_hour)
            GROUP BY 1, 2, 3 HAVING SUM(kept) <> SUM(counted)) AS cell
            LEFT JOIN word AS brand ON brand.id = cell.brand LEFT JOIN word AS network ON network.id = cell.network
        ORDER BY 1, 2, 3 LIMIT ?1";
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let all = connection.prepare_cached(ALL)?.query_row([], |row| row.get(0))?;
    let mut statement = connection.prepare_cached(BY_HOUR)?;
    let rows = statement.query_map([limit], |row| {
        Ok(Difference {
            from: Time(row.get::<_, i64>(0)?.saturating_mul(HOUR)),
            of: "hour",
            brand: row.get(1)?,
            network: row.get(2)?,
            language: Some(row.get(3)?),
            sentiment: Some(match row.get::<_, i64>(4)? {
                -1 => Sentiment::Negative.word(),
                0 => Sentiment::Neutral.word(),
                1 => Sentiment::Positive.word(),
                _ => UNKNOWN,
            }),
            kept: row.get(5)?,
            counted: row.get(6)?,
        })
    })?;
    let mut differences: Vec<Difference> = rows.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare_cached(BY_DAY)?;
    let rows = statement.query_map([limit], |row| {
        Ok(Difference {
            from: Time(row.get::<_, i64>(0)?.saturating_mul(HOURS * HOUR)),
            of: "day",
            brand: row.get(1)?,
            network: row.get(2)?,
            language: None,
            sentiment: None,
            kept: row.get(3)?,
            counted: row.get(4)?,
        })
    })?;
    for difference in rows {
        differences.push(difference?);
    }
    differences.truncate(most);
    Ok((all, differences))
}

impl Store {
    /// Writes what the unit of work has added to the rollups so far, so that figures read in it are whole.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn settle_rollups(&self) -> Result<(), StoreError> {
        match self.rollups.try_borrow_mut() {
            Ok(mut pending) => pending.write(&self.connection),
            // A unit is being written; it ends first.
            Err(_) => Ok(()),
        }
    }

    /// Counts every mention again and keeps what that gives.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn recount(&self) -> Result<(), StoreError> {
        const NO_HOURS: &str = "DELETE FROM rollup_hour";
        const NO_DAYS: &str = "DELETE FROM rollup_day";
        const NAMES: &str = "INSERT OR IGNORE INTO word (name)
            SELECT brand FROM mention UNION SELECT DISTINCT network FROM post
            UNION SELECT DISTINCT COALESCE(NULLIF(COALESCE(language, lang), ''), 'unknown') FROM post";
        const BY_HOUR: &str = "INSERT INTO rollup_hour (hour, brand, network, language, sentiment, mentions)
            SELECT hour, brand.id, network.id, language.id, sentiment, mentions FROM counted_hour
                JOIN word AS brand ON brand.name = counted_hour.brand
                JOIN word AS network ON network.name = counted_hour.network
                JOIN word AS language ON language.name = counted_hour.language";
        const BY_DAY: &str = "INSERT INTO rollup_day (brand, day, network, mentions)
            SELECT brand, (hour - (hour % 24 + 24) % 24) / 24, network, SUM(mentions) FROM rollup_hour GROUP BY 1, 2, 3";
        let write = || -> Result<(), StoreError> {
            for sql in [NO_HOURS, NO_DAYS, NAMES, BY_HOUR, BY_DAY] {
                self.connection.execute(sql, params![])?;
            }
            Ok(())
        };
        self.begin()?;
        match write() {
            Ok(()) => self.commit(),
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }
}
