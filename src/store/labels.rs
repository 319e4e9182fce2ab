//! What people said of mentions: kept by post and brand, so that it outlives the mention.

mod held_out;

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

pub use held_out::{HeldOut, held_out};

use super::{Store, StoreError, brief};
use crate::intake::weigh::{self, Weighed};
use crate::keyword::BrandId;
use crate::mention::Mention;
use crate::relevance::Label;
use crate::time::Time;

/// How it came that a person said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Vigie asked about what it doubted most: such labels say little of how often it is right.
    Doubtful,
    /// Vigie asked about any.
    Random,
    /// A mail was answered.
    Mail,
    /// The person chose the mention.
    Given,
}

impl Asked {
    fn as_str(self) -> &'static str {
        match self {
            Asked::Doubtful => "doubtful",
            Asked::Random => "random",
            Asked::Mail => "mail",
            Asked::Given => "given",
        }
    }
}

/// One label as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The brand.
    pub brand: BrandId,
    /// Whether the post is about it.
    pub relevant: bool,
    /// When it was said.
    pub at: Time,
    /// Whether Vigie had asked about what it doubted most.
    pub doubted: bool,
    /// The keywords found in the post at the time.
    pub keywords: Vec<String>,
}

/// What a person said of a post and a brand.
pub(super) fn said(
    connection: &Connection,
    network: &str,
    native_id: &str,
    brand: &str,
) -> Result<Option<bool>, StoreError> {
    const SAID: &str = "SELECT relevant FROM label WHERE network = ?1 AND native_id = ?2 AND brand = ?3";
    let mut statement = connection.prepare_cached(SAID)?;
    Ok(statement.query_row([network, native_id, brand], |row| row.get(0)).optional()?)
}

/// Removes the words of a post from what is remembered of it.
pub(super) fn forget_words(
    connection: &Connection,
    network: &str,
    native_id: &str,
) -> Result<(), StoreError> {
    const FORGET: &str = "UPDATE label SET text = NULL WHERE network = ?1 AND native_id = ?2";
    connection.prepare_cached(FORGET)?.execute([network, native_id])?;
    Ok(())
}

/// All labels that can be learned from, oldest first.
///
/// # Errors
/// When SQLite refuses.
pub fn lessons(connection: &Connection) -> Result<HashMap<BrandId, Vec<Label>>, StoreError> {
    const LESSONS: &str =
        "SELECT brand, text, relevant FROM label WHERE text IS NOT NULL ORDER BY at, network, native_id";
    let mut lessons: HashMap<BrandId, Vec<Label>> = HashMap::new();
    let mut statement = connection.prepare_cached(LESSONS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let label = Label { text: row.get(1)?, relevant: row.get(2)? };
        lessons.entry(BrandId(row.get::<_, String>(0)?.into())).or_default().push(label);
    }
    Ok(lessons)
}

/// Changes whenever something is said.
///
/// # Errors
/// When SQLite refuses.
pub fn edition(connection: &Connection) -> Result<(i64, i64), StoreError> {
    const EDITION: &str = "SELECT count(*), coalesce(max(at), 0) FROM label";
    Ok(connection.prepare_cached(EDITION)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Every label of these brands (of all, when none is named), oldest first.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn history(connection: &Connection, brands: &[String]) -> Result<Vec<Said>, StoreError> {
    const HISTORY: &str =
        "SELECT brand, relevant, at, asked, keywords FROM label ORDER BY at, network, native_id, brand";
    let mut history = Vec::new();
    let mut statement = connection.prepare_cached(HISTORY)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let brand: String = row.get(0)?;
        if !brands.is_empty() && !brands.contains(&brand) {
            continue;
        }
        let keywords: String = row.get(4)?;
        history.push(Said {
            brand: BrandId(brand.into()),
            relevant: row.get(1)?,
            at: Time(row.get(2)?),
            doubted: row.get::<_, String>(3)? == Asked::Doubtful.as_str(),
            keywords: serde_json::from_str(&keywords)
                .map_err(|source| StoreError::Stored { what: "keywords of a label", source })?,
        });
    }
    Ok(history)
}

impl Store {
    /// Keeps what a person says of a mention; the mention counts, or not, from now on. Said again, the last holds.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn label(&self, mention: &Mention, relevant: bool, asked: Asked, at: Time) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO label (network, native_id, brand, relevant, at, asked, keywords, text)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (network, native_id, brand) DO UPDATE SET relevant = excluded.relevant, at = excluded.at,
                asked = excluded.asked, keywords = excluded.keywords, text = excluded.text";
        let mut keywords: Vec<&str> = mention.tags.iter().map(|tag| tag.keyword.as_str()).collect();
        keywords.sort_unstable();
        keywords.dedup();
        self.connection.prepare_cached(KEEP)?.execute(params![
            mention.post.network.as_str(),
            mention.post.native_id,
            &*mention.brand.0,
            relevant,
            at.0,
            asked.as_str(),
            serde_json::Value::from(keywords).to_string(),
            weigh::words(&mention.post)
        ])?;
        self.reweigh(mention.id, &Weighed::said(relevant))
    }

    /// Writes what is thought of a mention now; inside a transaction.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn reweigh(&self, mention: i64, weighed: &Weighed) -> Result<(), StoreError> {
        const WEIGH: &str = "UPDATE kept_mention SET relevance = ?2, rule = ?3, doubtful = ?4 WHERE id = ?1";
        const OF: &str = "SELECT post FROM mention WHERE id = ?1";
        let post: Option<i64> =
            self.connection.prepare_cached(OF)?.query_row([mention], |row| row.get(0)).optional()?;
        let Some(post) = post else { return Ok(()) };
        let mut rollups = self.rollups.borrow_mut();
        rollups.add_of(&self.connection, post, -1)?;
        self.connection.prepare_cached(WEIGH)?.execute(params![
            mention,
            weighed.relevance.permille,
            brief::rule(&weighed.relevance.rule),
            weighed.doubtful
        ])?;
        rollups.add_of(&self.connection, post, 1)
    }
}
