//! What accounts answered to mentions: kept while it may tell something of them, forgotten with its post.

use rusqlite::{Connection, params};

use super::StoreError;
use super::posts::Unit;
use crate::impostor::conduct::{self, Conduct};
use crate::impostor::{Signal, Stance, Suspicion};
use crate::intake;
use crate::keyword::BrandId;
use crate::time::{DAY, Time};

/// Answers of one account to one brand's customers that are summed up: the newest.
const SUMMED: i64 = 100;
/// How long an answer is kept of an account that is not under suspicion, in milliseconds.
const KEPT: i64 = 30 * DAY;

/// An answer as kept: evidence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct KeptAnswer {
    /// The network's own identifier.
    pub native_id: String,
    /// Native id of whoever is answered.
    pub to: String,
    /// Its words.
    pub text: String,
    /// An address that a person can open.
    pub permalink: Option<String>,
    /// Milliseconds after what it answers.
    pub delay: Option<i64>,
    /// When it was published.
    pub published: Option<Time>,
    /// When we saw it.
    pub seen: Time,
}

/// The answers of the account of a suspicion to those who speak of its brand, oldest first.
///
/// # Errors
/// When SQLite refuses.
pub(super) fn of_suspicion(connection: &Connection, suspicion: i64) -> Result<Vec<KeptAnswer>, StoreError> {
    const LIST: &str = "SELECT answer.native_id, person, text, permalink, delay, published, seen
        FROM answer JOIN suspicion ON suspicion.author = answer.author AND suspicion.brand = answer.brand
        WHERE suspicion.id = ?1 ORDER BY seen, answer.id";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([suspicion], |row| {
        Ok(KeptAnswer {
            native_id: row.get(0)?,
            to: row.get(1)?,
            text: row.get(2)?,
            permalink: row.get(3)?,
            delay: row.get(4)?,
            published: row.get::<_, Option<i64>>(5)?.map(Time),
            seen: Time(row.get(6)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What an account did so far to those who speak of `brand`.
fn conduct(connection: &Connection, author: i64, brand: &str) -> Result<Conduct, StoreError> {
    const LIST: &str = "SELECT text, person, delay FROM answer WHERE author = ?1 AND brand = ?2
        ORDER BY seen DESC, id DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map(params![author, brand, SUMMED], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?))
    })?;
    let rows: Vec<(String, String, Option<i64>)> = rows.collect::<Result<_, _>>()?;
    Ok(Conduct::of(rows.iter().map(|(text, to, delay)| conduct::Answer { text, to, delay: *delay })))
}

/// The suspicions that an account's profile and its kept answers come to together.
pub(super) fn suspicions(
    connection: &Connection,
    author: i64,
    stance: &Stance,
) -> Result<Vec<Suspicion>, StoreError> {
    const BRANDS: &str = "SELECT DISTINCT brand FROM answer WHERE author = ?1";
    const DROP: &str = "DELETE FROM answer WHERE author = ?1
        AND NOT EXISTS (SELECT 1 FROM suspicion WHERE suspicion.author = answer.author)";
    let mut statement = connection.prepare_cached(BRANDS)?;
    let brands: Vec<String> = statement.query_map([author], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut suspicions = stance.suspicions();
    if !brands.is_empty() && stance.title.is_none() && stance.weighed.is_empty() {
        connection.prepare_cached(DROP)?.execute([author])?;
        return Ok(suspicions);
    }
    for brand in brands {
        let conduct = conduct(connection, author, &brand)?;
        if let Some(joined) = conduct::join(stance, &BrandId(brand.into()), &conduct) {
            suspicions.retain(|suspicion| suspicion.brand != joined.brand);
            suspicions.push(joined);
        }
    }
    Ok(suspicions)
}

impl Unit<'_> {
    /// Keeps an answer where it answers a mention or names a brand itself, and judges its author by all that is
    /// known together.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn save_answer(&mut self, answer: &intake::Answer) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO answer (author, brand, network, native_id, person, text, permalink, delay, published, seen)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (network, native_id, brand) DO UPDATE SET text = excluded.text";
        const OLD: &str = "DELETE FROM answer WHERE seen < ?1
            AND NOT EXISTS (SELECT 1 FROM suspicion WHERE suspicion.author = answer.author)";
        let network = answer.network.as_str();
        let faceless = answer.author.handle.is_none() && answer.author.display_name.is_none();
        let near = answer.stance.title.is_some() || !answer.stance.weighed.is_empty();
        if !near && !faceless {
            return Ok(());
        }
        let asked = self.answered(answer)?;
        if asked.is_empty() || self.is_removed(network, &answer.author.native_id)? {
            return Ok(());
        }
        let author = self.author(network, &answer.author)?;
        for Asked { brand, person, at } in &asked {
            let delay = answer.published.zip(*at).map(|(at, before)| at.since(before));
            self.connection().prepare_cached(INSERT)?.execute(params![
                author,
                brand,
                network,
                answer.native_id,
                person,
                answer.text,
                answer.permalink,
                delay,
                answer.published.map(|time| time.0),
                self.seen.0
            ])?;
            let brand_id = BrandId(brand.as_str().into());
            if !conduct::may_join(&answer.stance, &brand_id) {
                continue;
            }
            let conduct = conduct(self.connection(), author, brand)?;
            if let Some(suspicion) = conduct::join(&answer.stance, &brand_id, &conduct) {
                self.save_suspicion(author, network, &answer.author.native_id, &suspicion, false)?;
            }
        }
        self.connection().prepare_cached(OLD)?.execute([self.seen.0.saturating_sub(KEPT)])?;
        Ok(())
    }

    /// Whom an answer answers, and about which brand.
    fn answered(&self, answer: &intake::Answer) -> Result<Vec<Asked>, StoreError> {
        const PARENT: &str = "SELECT mention.brand, coalesce(author.native_id, ''), post.published
            FROM post JOIN mention ON mention.post = post.id LEFT JOIN author ON author.id = post.author
            WHERE post.network = ?1 AND post.native_id = ?2";
        let mut asked: Vec<Asked> = Vec::new();
        for id in &answer.to {
            if !self.may_hold(answer.network.as_str(), id) {
                continue;
            }
            let mut statement = self.connection().prepare_cached(PARENT)?;
            let rows = statement.query_map([answer.network.as_str(), id], |row| {
                Ok(Asked {
                    brand: row.get(0)?,
                    person: row.get(1)?,
                    at: row.get::<_, Option<i64>>(2)?.map(Time),
                })
            })?;
            for row in rows {
                let row = row?;
                // Whoever goes on after himself answers nobody.
                if row.person != answer.author.native_id && asked.iter().all(|known| known.brand != row.brand)
                {
                    asked.push(row);
                }
            }
        }
        for brand in &answer.brands {
            if asked.iter().all(|known| *known.brand != *brand.0) {
                let person = answer.to.first().cloned().unwrap_or_default();
                asked.push(Asked { brand: brand.to_string(), person, at: None });
            }
        }
        Ok(asked)
    }
}

struct Asked {
    brand: String,
    person: String,
    at: Option<Time>,
}

/// Forgets the answer that was taken away, and its words wherever they stand.
pub(super) fn forget_one(
    connection: &Connection,
    network: &str,
    native_id: &str,
    by: Option<&str>,
) -> Result<(), StoreError> {
    const FIND: &str = "SELECT DISTINCT answer.author FROM answer JOIN author ON author.id = answer.author
        WHERE answer.network = ?1 AND answer.native_id = ?2 AND (?3 IS NULL OR author.native_id = ?3)";
    const DROP: &str = "DELETE FROM answer WHERE network = ?1 AND native_id = ?2 AND author = ?3";
    let mut statement = connection.prepare_cached(FIND)?;
    let authors: Vec<i64> =
        statement.query_map(params![network, native_id, by], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for author in authors {
        connection.prepare_cached(DROP)?.execute(params![network, native_id, author])?;
        silence(connection, author)?;
    }
    Ok(())
}

/// Forgets the answers on `network` seen before a moment.
pub(super) fn forget_before(connection: &Connection, network: &str, before: Time) -> Result<(), StoreError> {
    const FIND: &str = "SELECT DISTINCT author FROM answer WHERE network = ?1 AND seen < ?2";
    const DROP: &str = "DELETE FROM answer WHERE network = ?1 AND seen < ?2";
    let mut statement = connection.prepare_cached(FIND)?;
    let authors: Vec<i64> =
        statement.query_map(params![network, before.0], |row| row.get(0))?.collect::<Result<_, _>>()?;
    connection.prepare_cached(DROP)?.execute(params![network, before.0])?;
    for author in authors {
        silence(connection, author)?;
    }
    Ok(())
}

/// Takes the words of answers out of the signals of an account: that it asked stays, what it said goes.
fn silence(connection: &Connection, author: i64) -> Result<(), StoreError> {
    const LIST: &str = "SELECT id, signals FROM suspicion WHERE author = ?1";
    const SET: &str = "UPDATE suspicion SET signals = ?2 WHERE id = ?1";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows: Vec<(i64, String)> =
        statement.query_map([author], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let json = |source| StoreError::Stored { what: "signals", source };
    for (id, signals) in rows {
        let mut signals: Vec<Signal> = serde_json::from_str(&signals).map_err(json)?;
        for signal in signals.iter_mut().filter(|signal| conduct::is_signal(&signal.name)) {
            signal.raw.clear();
        }
        let signals = serde_json::to_string(&signals).map_err(json)?;
        connection.prepare_cached(SET)?.execute(params![id, signals])?;
    }
    Ok(())
}
