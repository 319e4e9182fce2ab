//! What rises in what is said of brands: the texts behind `topic`.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::OfBrands;
use crate::fold::fold;
use crate::keyword::{Brand, BrandId};
use crate::mention::Mention;
use crate::share::Window;
use crate::store::StoreError;
use crate::store::list::{self, Filter};
use crate::store::posts::More;
use crate::topic::{Counts, Rising, Tally, rising, terms};

/// Windows of the past that the present is held against.
const PAST: i64 = 4;
/// Mentions that are looked at for each story: copies of stories among them.
const COPIES: usize = 4;

/// What rises for one brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrandTopics {
    /// The brand.
    pub id: BrandId,
    /// Its name.
    pub name: String,
    /// Whether it is ours.
    pub ours: bool,
    /// Stories read: of the window, of the four windows before, of the other brands in the window. The newest, where
    /// there are very many.
    pub stories: [u64; 3],
    /// What is said more than in the four windows before.
    pub rising: Vec<Topic>,
    /// What is said more than of the other brands in the same window.
    pub own: Vec<Topic>,
}

/// A term that rises, with posts in which it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topic {
    /// The term and its counts.
    #[serde(flatten)]
    pub rising: Rising,
    /// Posts in which it stands, those with the most reactions.
    pub examples: Vec<Mention>,
}

/// What rises for each of `brands`, `most` terms each way; at most `stories` are read of a brand, and twice as many of
/// its past.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn topics(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
    (most, stories): (usize, usize),
) -> Result<Vec<BrandTopics>, StoreError> {
    let unsaid: HashSet<String> = brands.iter().flat_map(names).collect();
    let heard = OfBrands::in_window(connection, window, brands)?;
    let mut now = Vec::with_capacity(brands.len());
    for brand in brands {
        now.push(tally(connection, &heard, &brand.id, &unsaid, stories)?);
    }
    let length = window.to.since(window.from);
    let past = Window { from: window.from.plus(-length.saturating_mul(PAST)), to: window.from };
    let heard = OfBrands::in_window(connection, past, brands)?;
    let all = Counts::of(&now);
    let mut found = Vec::new();
    for (brand, said) in brands.iter().zip(&now) {
        let before = tally(connection, &heard, &brand.id, &unsaid, stories * 2)?;
        let with_posts = |all: Vec<Rising>| -> Result<Vec<Topic>, StoreError> { examples(connection, all) };
        found.push(BrandTopics {
            id: brand.id.clone(),
            name: brand.name.clone(),
            ours: brand.ours,
            stories: [said.stories, before.stories, all.stories - said.stories],
            rising: with_posts(rising(said, &before, most))?,
            own: with_posts(rising(said, &all.but(said), most))?,
        });
    }
    Ok(found)
}

/// Words that stand in what is said of a brand because they are how it is found.
fn names(brand: &Brand) -> Vec<String> {
    let told = std::iter::once(&brand.name).chain(&brand.keywords);
    let official = brand.official.iter().map(|account| &account.handle);
    told.chain(official)
        .flat_map(|name| {
            let whole = fold(name);
            let parts: Vec<String> = whole.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
            parts.into_iter().chain([whole.replace([' ', '-'], ""), whole])
        })
        .filter(|word| !word.is_empty())
        .collect()
}

fn tally(
    connection: &Connection,
    heard: &OfBrands,
    brand: &BrandId,
    unsaid: &HashSet<String>,
    most: usize,
) -> Result<Tally, StoreError> {
    const STORIES: &str =
        "SELECT mention.id AS id, post.title AS title, post.text AS text, post.more AS more,
            post.reactions AS reactions, COALESCE(post.author, -post.id) AS author, MIN(post.id)
        FROM json_each(:rows) AS heard CROSS JOIN kept_mention AS mention ON mention.id = heard.value
            JOIN post ON post.id = mention.post
        WHERE mention.doubtful = 0
        GROUP BY COALESCE(post.story, post.id) ORDER BY mention.counted DESC, mention.id LIMIT :most";
    let mut tally = Tally::default();
    let mut statement = connection.prepare_cached(STORIES)?;
    let rows = heard.newest(brand, most.saturating_mul(COPIES));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = statement.query(named_params! { ":rows": rows, ":most": most })?;
    while let Some(row) = rows.next()? {
        let (title, text): (Option<String>, String) = (row.get("title")?, row.get("text")?);
        let more: Option<String> = row.get("more")?;
        let more: More<'_> = match more.as_deref() {
            Some(more) => serde_json::from_str(more)
                .map_err(|source| StoreError::Stored { what: "what belongs to a post", source })?,
            None => More::default(),
        };
        let whole = match title {
            Some(title) => format!("{title}\n{text}"),
            None => text,
        };
        let post = (row.get("reactions")?, row.get("id")?);
        tally.add(terms(&whole, &more.hashtags, unsaid), row.get("author")?, post);
    }
    Ok(tally)
}

fn examples(connection: &Connection, all: Vec<Rising>) -> Result<Vec<Topic>, StoreError> {
    let ids: Vec<i64> = all.iter().flat_map(|rising| rising.posts.iter().copied()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let known: HashMap<i64, Mention> = list::mention_list(connection, &Filter { ids, ..Filter::default() })?
        .into_iter()
        .map(|mention| (mention.id, mention))
        .collect();
    let topic = |rising: Rising| {
        let examples = rising.posts.iter().filter_map(|id| known.get(id).cloned()).collect();
        Topic { rising, examples }
    };
    Ok(all.into_iter().map(topic).collect())
}
