//! How far what was heard hangs together: stories of one author, mentions of one story, brands of one author.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, named_params};

use crate::keyword::Brand;
use crate::share::{Clusters, Effects, Window};
use crate::store::StoreError;

/// What hangs together in one part of the talk.
pub(super) struct Gathered {
    stories_by_writer: Clusters,
    mentions_by_writer: Clusters,
    mentions_by_story: Clusters,
    mentions_by_author: Clusters,
    authors: Clusters,
}

impl Gathered {
    pub(super) fn new(brands: usize) -> Gathered {
        Gathered {
            stories_by_writer: Clusters::new(brands),
            mentions_by_writer: Clusters::new(brands),
            mentions_by_story: Clusters::new(brands),
            mentions_by_author: Clusters::new(brands),
            authors: Clusters::new(brands),
        }
    }

    /// Mentions of the brand at a place in one story, by who first told it: in the order of writers and stories.
    pub(super) fn told(&mut self, (writer, story): (i64, i64), brand: usize, mentions: u32) {
        let mentions = f64::from(mentions);
        self.stories_by_writer.add(writer, brand, 1.0);
        self.mentions_by_writer.add(writer, brand, mentions);
        self.mentions_by_story.add(story, brand, mentions);
    }

    /// Mentions of the brand at a place by one author, in the order of authors. Nobody has a number below zero.
    pub(super) fn spoke(&mut self, author: i64, brand: usize, mentions: u32) {
        self.mentions_by_author.add(author, brand, f64::from(mentions));
        if author >= 0 {
            self.authors.add(author, brand, 1.0);
        }
    }

    pub(super) fn effects(self) -> Vec<Effects> {
        let stories = self.stories_by_writer.design_effect();
        let mentions = (self.mentions_by_writer.design_effect())
            .max(self.mentions_by_story.design_effect())
            .max(self.mentions_by_author.design_effect());
        let of_authors = self.authors.ratio_effects().into_iter();
        of_authors.map(|authors| Effects { stories, mentions, authors }).collect()
    }
}

/// The two queries behind the effects, slice by slice: by writer and story, and by author. The writer is who first told a
/// story; where nobody is named, a story or a post stands for itself, by a number below zero.
macro_rules! clustered {
    ($slice:literal) => {
        [
            concat!(
                "SELECT ",
                $slice,
                " AS slice, COALESCE(root.author, -COALESCE(post.story, post.id)) AS first,
                    COALESCE(post.story, post.id) AS second, mention.brand AS brand, COUNT(*) AS mentions
                FROM clear_mention AS mention JOIN post ON post.id = mention.post
                    LEFT JOIN post AS root ON root.id = COALESCE(post.story, post.id)
                WHERE mention.counted >= :from AND mention.counted < :to
                GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
            ),
            concat!(
                "SELECT ",
                $slice,
                " AS slice, COALESCE(post.author, -post.id) AS first, 0 AS second, mention.brand AS brand,
                    COUNT(*) AS mentions
                FROM clear_mention AS mention JOIN post ON post.id = mention.post
                WHERE mention.counted >= :from AND mention.counted < :to
                GROUP BY 1, 2, 4 ORDER BY 1, 2, 4"
            ),
        ]
    };
}
pub(super) use clustered;

/// How far the counts of each of `brands` in `window` hang together, in their order.
///
/// # Errors
/// When SQLite refuses.
pub fn effects(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> Result<Vec<Effects>, StoreError> {
    let whole = effects_by(connection, clustered!("''"), window, brands)?.remove("");
    Ok(whole.unwrap_or_else(|| Gathered::new(brands.len()).effects()))
}

/// The same of each part of the talk.
pub(super) fn effects_by(
    connection: &Connection,
    [by_writer, by_author]: [&str; 2],
    window: Window,
    brands: &[Brand],
) -> Result<BTreeMap<String, Vec<Effects>>, StoreError> {
    let places = places(brands);
    let mut found: BTreeMap<String, Gathered> = BTreeMap::new();
    for (sql, of_writers) in [(by_writer, true), (by_author, false)] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(named_params! { ":from": window.from.0, ":to": window.to.0 })?;
        while let Some(row) = rows.next()? {
            let brand = row.get_ref("brand")?.as_str().map_err(rusqlite::Error::from)?;
            let Some(place) = places.get(brand).copied() else { continue };
            let slice = row.get_ref("slice")?.as_str().map_err(rusqlite::Error::from)?;
            if !found.contains_key(slice) {
                found.insert(slice.to_owned(), Gathered::new(brands.len()));
            }
            let Some(gathered) = found.get_mut(slice) else { continue };
            let (first, mentions) = (row.get("first")?, row.get("mentions")?);
            if of_writers {
                gathered.told((first, row.get("second")?), place, mentions);
            } else {
                gathered.spoke(first, place, mentions);
            }
        }
    }
    Ok(found.into_iter().map(|(slice, gathered)| (slice, gathered.effects())).collect())
}

/// How many reactions to posts about `brands` are worth one that came by itself: those of one story, and of stories by one
/// author, hang together.
///
/// # Errors
/// When SQLite refuses.
pub(super) fn effects_of_reactions(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> Result<f64, StoreError> {
    // What strangers claim is taken for at most a million million, so that sums hold.
    const REACTIONS: &str = "SELECT COALESCE(root.author, -COALESCE(post.story, post.id)) AS writer,
            COALESCE(post.story, post.id) AS story, mention.brand AS brand,
            CAST(SUM(MIN(MAX(post.reactions, 0), 1000000000000)) AS REAL) AS reactions
        FROM clear_mention AS mention JOIN post ON post.id = mention.post
            LEFT JOIN post AS root ON root.id = COALESCE(post.story, post.id)
        WHERE mention.counted >= :from AND mention.counted < :to
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
    let places = places(brands);
    let (mut by_writer, mut by_story) = (Clusters::new(brands.len()), Clusters::new(brands.len()));
    let mut statement = connection.prepare_cached(REACTIONS)?;
    let mut rows = statement.query(named_params! { ":from": window.from.0, ":to": window.to.0 })?;
    while let Some(row) = rows.next()? {
        let brand = row.get_ref("brand")?.as_str().map_err(rusqlite::Error::from)?;
        let Some(place) = places.get(brand).copied() else { continue };
        let reactions: f64 = row.get::<_, Option<f64>>("reactions")?.unwrap_or_default();
        by_writer.add(row.get("writer")?, place, reactions);
        by_story.add(row.get("story")?, place, reactions);
    }
    Ok(by_writer.design_effect().max(by_story.design_effect()))
}

/// Where each brand stands, by its identity.
fn places(brands: &[Brand]) -> HashMap<&str, usize> {
    brands.iter().enumerate().map(|(place, brand)| (&*brand.id.0, place)).collect()
}
