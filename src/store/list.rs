//! Mentions and suspects read back, filtered and in order.

use std::borrow::Cow;

use rusqlite::{Connection, Row, params_from_iter};

use super::posts::More;
use super::{StoreError, brief};
use crate::impostor::{Level, Suspicion};
use crate::keyword::BrandId;
use crate::mention::{Mention, Suspect};
use crate::post::{Author, NetworkName, Post};
use crate::relevance::Relevance;
use crate::time::Time;

/// What to list. Empty lists and `None` leave everything in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only these mentions or suspects, by their numbers.
    pub ids: Vec<i64>,
    /// Only these brands.
    pub brands: Vec<String>,
    /// Only these networks.
    pub networks: Vec<String>,
    /// Only posts in this language.
    pub lang: Option<String>,
    /// Only mentions that are doubtful, or only those that are not.
    pub doubtful: Option<bool>,
    /// Only mentions of which no person has said anything.
    pub unlabelled: bool,
    /// Counted at or after.
    pub from: Option<Time>,
    /// Counted before.
    pub to: Option<Time>,
    /// At most this many.
    pub limit: Option<u32>,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
}

/// A list of `?` for as many values, numbered on from `first`.
fn marks(count: usize, first: usize) -> String {
    (first..first + count).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ")
}

/// Calls `each` with every mention that `filter` lets through, newest first, one at a time.
///
/// # Errors
/// When SQLite refuses, a row cannot be read back, or `each` fails.
pub fn mentions<E: From<StoreError>>(
    connection: &Connection,
    filter: &Filter,
    mut each: impl FnMut(Mention) -> Result<(), E>,
) -> Result<(), E> {
    const SELECT: &str = "SELECT mention.id, mention.brand, mention.version, mention.tags, mention.matched, mention.counted,
            post.network, post.native_id, post.kind, post.lang, post.title, post.text, post.summary, post.permalink,
            post.published, post.edited, post.seen, post.more, source.name, source.example,
            author.native_id, author.handle, author.display_name, author.bio, author.avatar, author.url, author.followers,
            author.created, author.verified, author.bot, author.links, author.posts,
            COALESCE(post.language, post.lang), mention.relevance, mention.rule, mention.doubtful, mention.trace,
            author.quiet, post.sentiment, root.network || ':' || root.native_id
        FROM mention JOIN post ON post.id = mention.post JOIN source ON source.id = post.source
            LEFT JOIN author ON author.id = post.author
            LEFT JOIN post AS root ON root.id = post.story AND root.id <> post.id";
    let (conditions, values) = mention_conditions(filter);
    let mut sql = format!("{SELECT} WHERE {conditions}");
    let order = if filter.oldest_first { "ASC" } else { "DESC" };
    sql += &format!(" ORDER BY mention.counted {order}, mention.id {order}");
    if let Some(limit) = filter.limit {
        sql += &format!(" LIMIT {limit}");
    }
    let mut statement = connection.prepare_cached(&sql).map_err(StoreError::from)?;
    let mut rows = statement.query(params_from_iter(values)).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        each(mention(row)?)?;
    }
    Ok(())
}

/// All mentions that `filter` lets through, in memory: for short lists.
///
/// # Errors
/// As [`mentions`].
pub fn mention_list(connection: &Connection, filter: &Filter) -> Result<Vec<Mention>, StoreError> {
    let mut list = Vec::new();
    mentions(connection, filter, |mention| {
        list.push(mention);
        Ok::<(), StoreError>(())
    })?;
    Ok(list)
}

/// How many mentions `filter` lets through, its limit aside.
///
/// # Errors
/// When SQLite refuses.
pub fn mention_count(connection: &Connection, filter: &Filter) -> Result<u64, StoreError> {
    let (conditions, values) = mention_conditions(filter);
    let sql = format!("SELECT COUNT(*) FROM mention JOIN post ON post.id = mention.post WHERE {conditions}");
    Ok(connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?)
}

/// Whether anything is kept of a brand of this name.
///
/// # Errors
/// When SQLite refuses.
pub fn knows_brand(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    const KNOWN: &str =
        "SELECT 1 FROM mention WHERE brand = ?1 UNION ALL SELECT 1 FROM suspicion WHERE brand = ?1 LIMIT 1";
    Ok(connection.prepare_cached(KNOWN)?.exists([name])?)
}

/// Whether anything is kept of a network of this name.
///
/// # Errors
/// When SQLite refuses.
pub fn knows_network(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    const KNOWN: &str =
        "SELECT 1 FROM post WHERE network = ?1 UNION ALL SELECT 1 FROM author WHERE network = ?1
        UNION ALL SELECT 1 FROM source WHERE network = ?1 LIMIT 1";
    Ok(connection.prepare_cached(KNOWN)?.exists([name])?)
}

/// The conditions on mentions, language included.
fn mention_conditions(filter: &Filter) -> (String, Vec<rusqlite::types::Value>) {
    let (mut sql, mut values) =
        conditions(filter, "mention.id", "mention.brand", "post.network", "mention.counted");
    if let Some(lang) = &filter.lang {
        values.push(lang.to_lowercase().into());
        // `en` takes in `en-GB`.
        sql += &format!(
            " AND lower(substr(COALESCE(post.language, post.lang) || '-', 1, length(?{0}) + 1)) = ?{0} || '-'",
            values.len()
        );
    }
    if filter.unlabelled {
        sql += " AND NOT EXISTS (SELECT 1 FROM label WHERE label.network = post.network
            AND label.native_id = post.native_id AND label.brand = mention.brand)";
    }
    if let Some(doubtful) = filter.doubtful {
        sql += if doubtful { " AND mention.doubtful = 1" } else { " AND mention.doubtful = 0" };
    }
    (sql, values)
}

fn conditions(
    filter: &Filter,
    id: &str,
    brand: &str,
    network: &str,
    time: &str,
) -> (String, Vec<rusqlite::types::Value>) {
    let mut values: Vec<rusqlite::types::Value> = Vec::new();
    let mut sql = vec!["1".to_owned()];
    if !filter.ids.is_empty() {
        sql.push(format!("{id} IN ({})", marks(filter.ids.len(), values.len() + 1)));
        values.extend(filter.ids.iter().map(|id| (*id).into()));
    }
    if !filter.brands.is_empty() {
        sql.push(format!("{brand} IN ({})", marks(filter.brands.len(), values.len() + 1)));
        values.extend(filter.brands.iter().map(|brand| brand.clone().into()));
    }
    if !filter.networks.is_empty() {
        sql.push(format!("{network} IN ({})", marks(filter.networks.len(), values.len() + 1)));
        values.extend(filter.networks.iter().map(|network| network.clone().into()));
    }
    if let Some(from) = filter.from {
        values.push(from.0.into());
        sql.push(format!("{time} >= ?{}", values.len()));
    }
    if let Some(to) = filter.to {
        values.push(to.0.into());
        sql.push(format!("{time} < ?{}", values.len()));
    }
    (sql.join(" AND "), values)
}

/// Up to `limit` stored posts after row `after`, each with its row and its source's, in the form of a mention of
/// nobody.
pub(super) fn posts_after(
    connection: &Connection,
    after: i64,
    limit: u32,
) -> Result<Vec<(i64, i64, Mention)>, StoreError> {
    const SELECT: &str = "SELECT 0, '', '', '[]', 0, post.counted,
            post.network, post.native_id, post.kind, post.lang, post.title, post.text, post.summary, post.permalink,
            post.published, post.edited, post.seen, post.more, source.name, source.example,
            author.native_id, author.handle, author.display_name, author.bio, author.avatar, author.url, author.followers,
            author.created, author.verified, author.bot, author.links, author.posts,
            COALESCE(post.language, post.lang), 1000, '', 0, '', author.quiet, post.sentiment, NULL, post.id, post.source
        FROM post JOIN source ON source.id = post.source LEFT JOIN author ON author.id = post.author
        WHERE post.id > ?1 ORDER BY post.id LIMIT ?2";
    let mut statement = connection.prepare_cached(SELECT)?;
    let mut rows = statement.query(rusqlite::params![after, limit])?;
    let mut posts = Vec::new();
    while let Some(row) = rows.next()? {
        posts.push((row.get(40)?, row.get(41)?, mention(row)?));
    }
    Ok(posts)
}

fn mention(row: &Row<'_>) -> Result<Mention, StoreError> {
    let time = |at: usize| row.get::<_, Option<i64>>(at).map(|time| time.map(Time));
    let more: Option<String> = row.get(17)?;
    let more: More<'_> = match more {
        Some(more) => {
            serde_json::from_str(&more).map_err(|source| StoreError::Stored { what: "post", source })?
        }
        None => More::default(),
    };
    let (network, native_id): (String, String) = (row.get(6)?, row.get(7)?);
    let post = Post {
        network: NetworkName(network.into()),
        permalink: row.get::<_, Option<String>>(13)?.map(|link| brief::read_link(link, &native_id)),
        native_id,
        local_id: None,
        author: author(row, 20)?,
        coauthors: more.coauthors.into_owned(),
        title: row.get(10)?,
        text: row.get(11)?,
        summary: row.get(12)?,
        html: more.markup.then(String::new),
        lang: row.get(9)?,
        published: time(14)?,
        edited: time(15)?,
        expires: more.expires,
        kind: brief::read_kind(&row.get::<_, String>(8)?),
        reply_to: more.reply_to.map(Cow::into_owned),
        repost_of: more.repost_of.map(Cow::into_owned),
        quote_of: more.quote_of.map(Cow::into_owned),
        root: more.root.map(Cow::into_owned),
        counts: more.counts,
        country: more.country.map(Cow::into_owned),
        rating: more.rating,
        media: more.media.into_owned(),
        links: more.links.into_owned(),
        hashtags: more.hashtags.into_owned(),
        named_accounts: more.named_accounts.into_owned(),
        quiet: more.quiet || row.get::<_, Option<bool>>(37)?.unwrap_or_default(),
    };
    let tags = brief::read_tags(&row.get::<_, String>(3)?, brief::Said::of(&post))?;
    Ok(Mention {
        id: row.get(0)?,
        brand: BrandId(row.get::<_, String>(1)?.into()),
        version: row.get(2)?,
        trace: brief::read_trace(row.get(36)?, &tags),
        tags,
        post,
        story: row.get(39)?,
        lang: row.get::<_, Option<String>>(32)?.filter(|lang| !lang.is_empty()),
        sentiment: row.get::<_, Option<String>>(38)?.and_then(|mood| brief::read_mood(&mood)),
        relevance: Relevance { permille: row.get(33)?, rule: brief::read_rule(row.get(34)?) },
        doubtful: row.get(35)?,
        source: row.get(18)?,
        example: row.get(19)?,
        seen: Time(row.get(16)?),
        matched: Time(row.get(4)?),
        counted: Time(row.get(5)?),
    })
}

/// The author in twelve columns from `first`, when there is one.
pub(super) fn author(row: &Row<'_>, first: usize) -> Result<Option<Author>, StoreError> {
    let Some(native_id) = row.get::<_, Option<String>>(first)? else { return Ok(None) };
    let followers: Option<i64> = row.get(first + 6)?;
    let created: Option<i64> = row.get(first + 7)?;
    let links: Option<String> = row.get(first + 10)?;
    let posts: Option<i64> = row.get(first + 11)?;
    Ok(Some(Author {
        native_id,
        handle: row.get(first + 1)?,
        display_name: row.get(first + 2)?,
        bio: row.get(first + 3)?,
        avatar: row.get(first + 4)?,
        url: row.get(first + 5)?,
        followers: followers.and_then(|count| u64::try_from(count).ok()),
        posts: posts.and_then(|count| u64::try_from(count).ok()),
        created: created.map(Time),
        verified: row.get(first + 8)?,
        bot: row.get(first + 9)?,
        quiet: None,
        lang: None,
        verified_links: links.map(|links| links.lines().map(str::to_owned).collect()).unwrap_or_default(),
    }))
}

/// Suspects, highest score first. `level` is the lowest to list.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn suspects(connection: &Connection, filter: &Filter, level: Level) -> Result<Vec<Suspect>, StoreError> {
    const SELECT: &str = "SELECT suspicion.id, author.network, suspicion.brand, level, score, likeness, claim, signals, suspicion.state,
            source.name, source.example, suspicion.first_seen, suspicion.changed,
            author.native_id, author.handle, author.display_name, author.bio, author.avatar, author.url, author.followers,
            author.created, author.verified, author.bot, author.links, author.posts
        FROM suspicion JOIN author ON author.id = suspicion.author JOIN source ON source.id = suspicion.source";
    let (conditions, values) =
        conditions(filter, "suspicion.id", "suspicion.brand", "author.network", "suspicion.news");
    let levels = match level {
        Level::Watch => "('watch', 'review', 'alert')",
        Level::Review => "('review', 'alert')",
        Level::Alert => "('alert')",
    };
    let mut sql =
        format!("{SELECT} WHERE {conditions} AND level IN {levels} ORDER BY score DESC, suspicion.id");
    if let Some(limit) = filter.limit {
        sql += &format!(" LIMIT {limit}");
    }
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut list = Vec::new();
    while let Some(row) = rows.next()? {
        let network: String = row.get(1)?;
        let level: String = row.get(3)?;
        let signals: String = row.get(7)?;
        list.push(Suspect {
            id: row.get(0)?,
            network: NetworkName(network.into()),
            author: author(row, 13)?.unwrap_or_default(),
            suspicion: Suspicion {
                brand: BrandId(row.get::<_, String>(2)?.into()),
                level: match level.as_str() {
                    "alert" => Level::Alert,
                    "review" => Level::Review,
                    _ => Level::Watch,
                },
                score: row.get(4)?,
                likeness: row.get(5)?,
                claim: row.get(6)?,
                signals: serde_json::from_str(&signals)
                    .map_err(|source| StoreError::Stored { what: "signals", source })?,
            },
            state: row.get(8)?,
            source: row.get(9)?,
            example: row.get(10)?,
            first_seen: Time(row.get(11)?),
            changed: Time(row.get(12)?),
        });
    }
    Ok(list)
}
