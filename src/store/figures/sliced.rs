//! What was heard inside each network, language, country or topic: the counts behind shares of voice of a part of the talk.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Connection, Row, named_params};

use super::clustered::{Gathered, clustered, effects_by};
use super::{heard, ids, period};
use crate::keyword::Brand;
use crate::mention::Mention;
use crate::share::{Effects, Heard, Period, Tally, Window};
use crate::store::StoreError;
use crate::store::list::{self, Filter};

/// What talk is parted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// The network.
    Network,
    /// The language as settled, `unknown` where nobody can say.
    Language,
    /// The country that the network states, or else the region of the declared language (`fr-CA`); `unknown` where neither is.
    Country,
}

/// What was heard in one part, now and in the window it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// In the window.
    pub now: Period,
    /// Before.
    pub before: Period,
}

macro_rules! by {
    ($slice:literal) => {
        [
            concat!(
                "SELECT ",
                $slice,
                " AS slice, mention.brand AS brand, COUNT(*) AS mentions, COUNT(DISTINCT post.author) AS authors,
                    COUNT(DISTINCT post.words) AS posts, COUNT(DISTINCT COALESCE(post.story, post.id)) AS stories, 0 AS examples
                FROM clear_mention AS mention JOIN post ON post.id = mention.post
                WHERE mention.counted >= :from AND mention.counted < :to
                  AND mention.brand IN (SELECT value FROM json_each(:brands)) GROUP BY 1, 2"
            ),
            concat!(
                "SELECT ",
                $slice,
                " AS slice, '' AS brand, COUNT(*) AS mentions, COUNT(DISTINCT post.author) AS authors,
                    COUNT(DISTINCT post.words) AS posts, COUNT(DISTINCT COALESCE(post.story, post.id)) AS stories,
                    COALESCE(SUM(source.example), 0) AS examples
                FROM clear_mention AS mention JOIN post ON post.id = mention.post JOIN source ON source.id = post.source
                WHERE mention.counted >= :from AND mention.counted < :to
                  AND mention.brand IN (SELECT value FROM json_each(:brands)) GROUP BY 1"
            ),
        ]
    };
}

macro_rules! parted {
    ($slice:literal) => {
        [by!($slice), clustered!($slice)]
    };
}

impl Per {
    /// Two queries for the counts, by part and brand, and by part alone; two for how far they hang together.
    fn queries(self) -> [[&'static str; 2]; 2] {
        match self {
            Per::Network => parted!("post.network"),
            Per::Language => parted!("COALESCE(NULLIF(COALESCE(post.language, post.lang), ''), 'unknown')"),
            Per::Country => parted!(
                "COALESCE(json_extract(post.more, '$.country'), CASE WHEN post.lang GLOB '*[-_][A-Za-z][A-Za-z]'
                    THEN upper(substr(post.lang, -2)) END, 'unknown')"
            ),
        }
    }
}

/// What one window holds: by part, brands in their order and all together.
type Counted = BTreeMap<String, (Vec<Tally>, Heard, u64)>;

/// What was heard of `brands` in `window` and in the window `other`, part by part, the most talked about first.
///
/// # Errors
/// When SQLite refuses.
pub fn sliced(
    connection: &Connection,
    per: Per,
    (window, other): (Window, Window),
    brands: &[Brand],
) -> Result<Vec<Part>, StoreError> {
    let (now, before) = (counted(connection, per, window, brands)?, counted(connection, per, other, brands)?);
    joined(connection, (window, other), brands, (now, before))
}

fn counted(
    connection: &Connection,
    per: Per,
    window: Window,
    brands: &[Brand],
) -> Result<Counted, StoreError> {
    let [counts, clusters] = per.queries();
    let asked = ids(brands);
    let mut found = Counted::new();
    for sql in counts {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement
            .query(named_params! { ":from": window.from.0, ":to": window.to.0, ":brands": &asked })?;
        while let Some(row) = rows.next()? {
            let (tallies, totals, examples) = part(&mut found, row.get("slice")?, brands.len());
            let brand: String = row.get("brand")?;
            if brand.is_empty() {
                (*totals, *examples) = (heard(row)?, row.get("examples")?);
            } else if let Some(place) = brands.iter().position(|known| *known.id.0 == *brand)
                && let Some(tally) = tallies.get_mut(place)
            {
                tally.heard = heard(row)?;
            }
        }
    }
    for (name, effects) in effects_by(connection, clusters, window, brands)? {
        let (tallies, ..) = part(&mut found, name, brands.len());
        tallies.iter_mut().zip(effects).for_each(|(tally, effects)| tally.effects = Some(effects));
    }
    Ok(found)
}

fn part(found: &mut Counted, name: String, brands: usize) -> &mut (Vec<Tally>, Heard, u64) {
    found.entry(name).or_insert_with(|| (vec![Tally::default(); brands], Heard::default(), 0))
}

fn joined(
    connection: &Connection,
    (window, other): (Window, Window),
    brands: &[Brand],
    (now, mut before): (Counted, Counted),
) -> Result<Vec<Part>, StoreError> {
    let (whole, past) = (period(connection, window, brands)?, period(connection, other, brands)?);
    let of = |(mut tallies, totals, examples): (Vec<Tally>, Heard, u64), whole: &Period| {
        // Whether a query changed does not depend on the part.
        for (tally, whole) in tallies.iter_mut().zip(&whole.brands) {
            tally.versions.clone_from(&whole.versions);
        }
        Period { window: whole.window, brands: tallies, totals, examples, listened: whole.listened }
    };
    let none = || (vec![Tally::default(); brands.len()], Heard::default(), 0);
    let mut parts: Vec<Part> = now
        .into_iter()
        .map(|(name, counts)| {
            let then = before.remove(&name).unwrap_or_else(none);
            Part { now: of(counts, &whole), before: of(then, &past), name }
        })
        .collect();
    parts.sort_by(|a, b| b.now.totals.mentions.cmp(&a.now.totals.mentions).then_with(|| a.name.cmp(&b.name)));
    Ok(parts)
}

/// The same by what `topics` says of each mention: numbers of `names`, several where it is about several.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn sliced_by(
    connection: &Connection,
    (window, other): (Window, Window),
    brands: &[Brand],
    names: &[String],
    mut topics: impl FnMut(&Mention) -> Vec<usize>,
) -> Result<Vec<Part>, StoreError> {
    let mut counts = |window: Window| -> Result<Counted, StoreError> {
        let filter = Filter {
            brands: brands.iter().map(|brand| brand.id.to_string()).collect(),
            from: Some(window.from),
            to: Some(window.to),
            doubtful: Some(false),
            ..Filter::default()
        };
        let mut about: HashMap<i64, Vec<usize>> = HashMap::new();
        list::mentions(connection, &filter, |mention| {
            let of = topics(&mention);
            if !of.is_empty() {
                about.insert(mention.id, of);
            }
            Ok::<(), StoreError>(())
        })?;
        told(connection, window, brands, (names, &about))
    };
    let (now, before) = (counts(window)?, counts(other)?);
    joined(connection, (window, other), brands, (now, before))
}

/// What is counted once in one part: authors, texts and stories, each of one brand (by its place) or of all.
#[derive(Default)]
struct Once {
    seen: HashSet<(Option<usize>, &'static str, i64)>,
    /// Mentions, and reactions to them, by writer, story and brand.
    told: BTreeMap<(i64, i64, usize), (u32, u64)>,
    /// Mentions by author and brand.
    spoke: BTreeMap<(i64, usize), u32>,
}

impl Once {
    fn add(&mut self, of: Option<usize>, heard: &mut Heard, row: &Keys) {
        heard.mentions += 1;
        heard.authors += u64::from(row.author.is_some_and(|id| self.seen.insert((of, "author", id))));
        heard.posts += u64::from(self.seen.insert((of, "post", row.words)));
        heard.stories += u64::from(self.seen.insert((of, "story", row.story)));
        if let Some(brand) = of {
            let (mentions, reactions) = self.told.entry((row.writer, row.story, brand)).or_default();
            *mentions += 1;
            *reactions += row.reactions;
            *self.spoke.entry((row.author.unwrap_or(-row.post), brand)).or_default() += 1;
        }
    }

    /// How far the counts of so many brands hang together.
    fn effects(self, brands: usize) -> Vec<Effects> {
        let mut gathered = Gathered::new(brands);
        for ((writer, story, brand), counts) in self.told {
            gathered.told((writer, story), brand, counts);
        }
        for ((author, brand), mentions) in self.spoke {
            gathered.spoke(author, brand, mentions);
        }
        gathered.effects()
    }
}

struct Keys {
    post: i64,
    author: Option<i64>,
    words: i64,
    story: i64,
    /// Who first told the story; the story itself, below zero, where nobody is named.
    writer: i64,
    reactions: u64,
}

fn told(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
    (names, about): (&[String], &HashMap<i64, Vec<usize>>),
) -> Result<Counted, StoreError> {
    const ROWS: &str = "SELECT mention.id AS id, mention.brand AS brand, post.author AS author, post.words AS words, post.id AS post,
            COALESCE(post.story, post.id) AS story, source.example AS example,
            COALESCE(root.author, -COALESCE(post.story, post.id)) AS writer,
            MIN(MAX(post.reactions, 0), 5000000000) AS reactions
        FROM clear_mention AS mention JOIN post ON post.id = mention.post JOIN source ON source.id = post.source
            LEFT JOIN post AS root ON root.id = COALESCE(post.story, post.id)
        WHERE mention.counted >= ?1 AND mention.counted < ?2";
    let mut found = Counted::new();
    let mut once: HashMap<usize, Once> = HashMap::new();
    let mut statement = connection.prepare_cached(ROWS)?;
    let mut rows = statement.query([window.from.0, window.to.0])?;
    while let Some(row) = rows.next()? {
        let Some(of) = about.get(&row.get::<_, i64>("id")?) else { continue };
        let brand: String = row.get("brand")?;
        let Some(place) = brands.iter().position(|known| *known.id.0 == *brand) else { continue };
        let keys = keys(row)?;
        let example: bool = row.get("example")?;
        for topic in of {
            let Some(name) = names.get(*topic) else { continue };
            let (tallies, totals, examples) = part(&mut found, name.clone(), brands.len());
            let once = once.entry(*topic).or_default();
            if let Some(tally) = tallies.get_mut(place) {
                once.add(Some(place), &mut tally.heard, &keys);
            }
            once.add(None, totals, &keys);
            *examples += u64::from(example);
        }
    }
    for (topic, once) in once {
        let Some((tallies, ..)) = names.get(topic).and_then(|name| found.get_mut(name)) else { continue };
        let effects = once.effects(brands.len());
        tallies.iter_mut().zip(effects).for_each(|(tally, effects)| tally.effects = Some(effects));
    }
    Ok(found)
}

fn keys(row: &Row<'_>) -> rusqlite::Result<Keys> {
    let words: Vec<u8> = row.get("words")?;
    let mut short = [0; 8];
    short.iter_mut().zip(words).for_each(|(place, byte)| *place = byte);
    Ok(Keys {
        post: row.get("post")?,
        author: row.get("author")?,
        words: i64::from_le_bytes(short),
        story: row.get("story")?,
        writer: row.get("writer")?,
        reactions: row.get("reactions")?,
    })
}
