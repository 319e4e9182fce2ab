//! What stands out in a window: the posts with most reactions, the accounts newly suspected.

use rusqlite::{Connection, Row, named_params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ids, newest, time};
use crate::impostor::{Level, Suspicion};
use crate::keyword::{Brand, BrandId};
use crate::matcher::Tag;
use crate::mention::Suspect;
use crate::post::{Author, NetworkName};
use crate::share::Window;
use crate::time::Time;

/// A post that stands out, with how often its text was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopPost {
    /// Where it stands.
    pub network: NetworkName,
    /// An address that a person can open.
    pub permalink: Option<String>,
    /// Who wrote it.
    pub author: Option<Author>,
    /// Its title.
    pub title: Option<String>,
    /// Its text.
    pub text: String,
    /// A summary beside the text.
    pub summary: Option<String>,
    /// The keywords found.
    pub tags: Vec<Tag>,
    /// When the network says it was published.
    pub published: Option<Time>,
    /// The moment that decides in which window it counts.
    pub counted: Time,
    /// All reactions added up.
    pub reactions: i64,
    /// How many other posts of the window say the same words.
    pub copies: u64,
    /// Whether it comes from the shipped example.
    pub example: bool,
}

/// The posts about `brand` with the most reactions, newest first among equals; copies of one text are one.
///
/// # Errors
/// When the store cannot be read.
pub fn top_posts(
    connection: &Connection,
    window: Window,
    brand: &BrandId,
    most: usize,
) -> rusqlite::Result<Vec<TopPost>> {
    // A post without words is a picture: two of them are not copies.
    const TOP: &str = "WITH told AS (
            SELECT post.id AS id, mention.tags AS tags,
                ROW_NUMBER() OVER (PARTITION BY post.words, CASE WHEN post.text = '' THEN post.id ELSE 0 END
                    ORDER BY post.reactions DESC, mention.counted DESC, post.network, post.native_id) AS place,
                COUNT(*) OVER (PARTITION BY post.words, CASE WHEN post.text = '' THEN post.id ELSE 0 END) AS same
            FROM mention JOIN post ON post.id = mention.post
            WHERE mention.counted >= :from AND mention.counted < :to AND mention.brand = :brand)
        SELECT post.network AS network, post.permalink AS permalink, post.title AS title, post.text AS text,
            post.summary AS summary, told.tags AS tags, post.published AS published, post.counted AS counted,
            post.reactions AS reactions, told.same - 1 AS copies, source.example AS example,
            author.native_id AS author, author.handle AS handle, author.display_name AS display_name,
            author.bio AS bio, author.avatar AS avatar, author.url AS url, author.followers AS followers,
            author.created AS created, author.verified AS verified, author.bot AS bot, author.links AS links
        FROM told JOIN post ON post.id = told.id JOIN source ON source.id = post.source
            LEFT JOIN author ON author.id = post.author
        WHERE told.place = 1
        ORDER BY post.reactions DESC, post.counted DESC, post.network, post.native_id
        LIMIT :most";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(TOP)?;
    let rows = statement.query_map(
        named_params! { ":from": window.from.0, ":to": window.to.0, ":brand": &*brand.0, ":most": most },
        |row| {
            let known: Option<String> = row.get("author")?;
            Ok(TopPost {
                network: network(row)?,
                permalink: row.get("permalink")?,
                author: known.map(|id| author(row, id)).transpose()?,
                title: row.get("title")?,
                text: row.get("text")?,
                summary: row.get("summary")?,
                tags: json(row, "tags")?,
                published: time(row, "published")?,
                counted: Time(row.get("counted")?),
                reactions: row.get("reactions")?,
                copies: row.get("copies")?,
                example: row.get("example")?,
            })
        },
    )?;
    rows.collect()
}

/// Accounts first suspected in the window, worth a person's look, the surest first. A window that reaches
/// the newest mention takes in what was seen after it.
///
/// # Errors
/// When the store cannot be read.
pub fn new_suspects(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> rusqlite::Result<Vec<Suspect>> {
    const NEW: &str = "SELECT suspicion.id AS id, suspicion.brand AS brand, suspicion.level AS level,
            suspicion.score AS score, suspicion.likeness AS likeness, suspicion.claim AS claim,
            suspicion.signals AS signals, suspicion.state AS state, suspicion.first_seen AS first_seen,
            suspicion.changed AS changed, source.name AS source, source.example AS example,
            author.network AS network, author.native_id AS author, author.handle AS handle,
            author.display_name AS display_name, author.bio AS bio, author.avatar AS avatar, author.url AS url,
            author.followers AS followers, author.created AS created, author.verified AS verified,
            author.bot AS bot, author.links AS links
        FROM suspicion JOIN author ON author.id = suspicion.author JOIN source ON source.id = suspicion.source
        WHERE suspicion.first_seen >= :from AND suspicion.first_seen < :to AND suspicion.state = 'new'
          AND suspicion.level IN ('review', 'alert')
          AND suspicion.brand IN (SELECT value FROM json_each(:brands))
        ORDER BY suspicion.score DESC, author.network, author.native_id, suspicion.brand";
    let open = newest(connection)?.is_none_or(|newest| newest < window.to);
    let to = if open { i64::MAX } else { window.to.0 };
    let mut statement = connection.prepare_cached(NEW)?;
    let rows = statement.query_map(
        named_params! { ":from": window.from.0, ":to": to, ":brands": ids(brands) },
        |row| {
            let brand: String = row.get("brand")?;
            let level: String = row.get("level")?;
            Ok(Suspect {
                id: row.get("id")?,
                network: network(row)?,
                author: author(row, row.get("author")?)?,
                suspicion: Suspicion {
                    brand: BrandId(brand.into()),
                    level: if level == "alert" { Level::Alert } else { Level::Review },
                    score: row.get("score")?,
                    likeness: row.get("likeness")?,
                    claim: row.get("claim")?,
                    signals: json(row, "signals")?,
                },
                state: row.get("state")?,
                source: row.get("source")?,
                example: row.get("example")?,
                first_seen: Time(row.get("first_seen")?),
                changed: Time(row.get("changed")?),
            })
        },
    )?;
    rows.collect()
}

fn network(row: &Row<'_>) -> rusqlite::Result<NetworkName> {
    Ok(NetworkName(row.get::<_, String>("network")?.into()))
}

fn author(row: &Row<'_>, native_id: String) -> rusqlite::Result<Author> {
    let links: Option<String> = row.get("links")?;
    Ok(Author {
        native_id,
        handle: row.get("handle")?,
        display_name: row.get("display_name")?,
        bio: row.get("bio")?,
        avatar: row.get("avatar")?,
        url: row.get("url")?,
        followers: row.get("followers")?,
        created: time(row, "created")?,
        verified: row.get("verified")?,
        bot: row.get("bot")?,
        verified_links: if links.is_some() { json(row, "links")? } else { Vec::new() },
    })
}

/// Reads a column of JSON.
fn json<T: DeserializeOwned>(row: &Row<'_>, name: &str) -> rusqlite::Result<T> {
    let text: String = row.get(name)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}
