//! Digests: what a period brought, gathered once and told in any language.

use rusqlite::Connection;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::keyword::{Brand, BrandId};
use crate::mention::{Gap, Suspect};
use crate::share::{Shares, Window};
use crate::store::figures::{self, BrandTopics, Coverage, Day, Mark, Slice, TopPost};
use crate::store::{self, StoreError, sources};
use crate::time::Time;

/// How many days a digest covers when nobody says.
pub const DAYS: i64 = 7;
/// Top posts of each brand: three fit a mail with five brands.
pub const TOP: usize = 3;

/// Terms that rise, of each brand.
pub const TOPICS: usize = 4;
/// Stories in which they are looked for, of each brand: the newest.
pub const TOPIC_STORIES: usize = 4_000;
/// Stories in which they are looked for, of all brands together: where there are many brands, fewer of each.
const TOPIC_STORIES_TOGETHER: usize = 60_000;
/// Stories of each brand however many brands there are.
const TOPIC_STORIES_LEAST: usize = 200;

/// The posts about one brand that stand out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrandTop {
    /// The brand.
    pub id: BrandId,
    /// Its name.
    pub name: String,
    /// Whether it is ours.
    pub ours: bool,
    /// The posts, most reactions first.
    pub posts: Vec<TopPost>,
}

/// Everything that a digest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// Shares of voice, with the window.
    #[serde(flatten)]
    pub shares: Shares,
    /// Posts that stand out, in the order of the shares; brands without any are left out.
    pub top: Vec<BrandTop>,
    /// What rises in what is said, in the order of the shares.
    pub topics: Vec<BrandTopics>,
    /// Accounts first suspected in the window, the surest first.
    pub suspects: Vec<Suspect>,
    /// Mentions by day.
    pub days: Vec<Day>,
    /// Mentions by network.
    pub networks: Vec<Slice>,
    /// Mentions by language.
    pub languages: Vec<Slice>,
    /// How every source fared.
    pub coverage: Vec<Coverage>,
    /// Gaps that touch the window and have not been filled.
    pub gaps: Vec<Gap>,
    /// Where series break.
    pub marks: Vec<Mark>,
    /// The versions of the query that decided, of each brand by its name, in the order of the shares.
    pub queries: Vec<(String, Vec<String>)>,
    /// SHA-256 of all of it but this and the next, in hexadecimal digits.
    pub hash: String,
    /// When it was gathered.
    pub written: Time,
}

impl Digest {
    /// Sources that fail, are stopped or have fallen silent, and were so before the window ended.
    pub fn unwell(&self) -> impl Iterator<Item = &Coverage> {
        let end = self.shares.window.to;
        self.coverage
            .iter()
            .filter(|of| matches!(of.state.as_str(), "failing" | "stopped" | "silent"))
            .filter(move |of| of.since.is_none_or(|since| since < end))
    }
}

/// The window of a digest when nobody says: the last days of a replayed store, else those up to `now`.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn default_window(connection: &Connection, now: Time) -> Result<Window, StoreError> {
    let end = match store::meta(connection, "replayed")?.as_deref() {
        Some("1") => sources::newest(connection)?,
        Some(_) | None => None,
    };
    // up to now, which is no part of it
    Ok(Window::ending(end.unwrap_or(now.plus(-1)), DAYS))
}

/// Shares of voice of `brands` in `window`, against the window before.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn shares(connection: &Connection, brands: &[Brand], window: Window) -> Result<Shares, StoreError> {
    shares_against(connection, brands, window, window.previous())
}

/// The same against another window.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn shares_against(
    connection: &Connection,
    brands: &[Brand],
    window: Window,
    other: Window,
) -> Result<Shares, StoreError> {
    let heard = |window: Window| -> Result<_, StoreError> {
        Ok(figures::period(connection, window, brands)?.with(figures::effects(connection, window, brands)?))
    };
    let (now, before) = (heard(window)?, heard(other)?);
    let mut shares = Shares::new(brands, &now, &before);
    shares.speak(brands, &figures::moods(connection, window, brands)?);
    Ok(shares)
}

/// Gathers what a digest of `brands` over `window` says. All of it is read in one transaction, so that its
/// figures agree with each other.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn gather(
    connection: &Connection,
    brands: &[Brand],
    window: Window,
    now: Time,
) -> Result<Digest, StoreError> {
    // Inside a transaction already (a digest on schedule), its figures agree without another.
    let transaction =
        if connection.is_autocommit() { Some(connection.unchecked_transaction()?) } else { None };
    let reading = connection;
    let shares = shares(reading, brands, window)?;
    let heard = figures::OfBrands::in_window(reading, window, brands)?;
    let mut top = Vec::new();
    for share in &shares.brands {
        let posts = figures::top_posts(reading, &heard, &share.id, TOP)?;
        if !posts.is_empty() {
            top.push(BrandTop { id: share.id.clone(), name: share.name.clone(), ours: share.ours, posts });
        }
    }
    let stories = (TOPIC_STORIES_TOGETHER / brands.len().max(1)).clamp(TOPIC_STORIES_LEAST, TOPIC_STORIES);
    let mut topics = figures::topics(reading, window, brands, (TOPICS, stories))?;
    topics.sort_by_key(|of| shares.brands.iter().position(|share| share.id == of.id));
    let mut queries = Vec::with_capacity(shares.brands.len());
    for share in &shares.brands {
        queries.push((share.name.clone(), figures::versions(reading, &heard, &share.id)?));
    }
    let mut digest = Digest {
        shares,
        top,
        topics,
        suspects: figures::new_suspects(reading, window, brands)?,
        days: figures::by_day(reading, window, brands)?,
        networks: figures::by_network(reading, window, brands)?,
        languages: figures::by_language(reading, window, brands)?,
        coverage: figures::coverage(reading, window)?,
        gaps: sources::gaps(reading, window.from, window.to)?,
        marks: figures::marks(reading, window, brands)?,
        queries,
        hash: String::new(),
        written: Time(0),
    };
    digest.hash = print(&serde_json::to_vec(&digest).unwrap_or_default());
    digest.written = now;
    if let Some(transaction) = transaction {
        transaction.finish()?;
    }
    Ok(digest)
}

/// SHA-256 in hexadecimal digits.
pub fn print(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
