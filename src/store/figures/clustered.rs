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
    reactions_by_writer: Clusters,
    reactions_by_story: Clusters,
    /// Reactions to posts about each brand.
    reacted: Vec<u64>,
}

impl Gathered {
    pub(super) fn new(brands: usize) -> Gathered {
        Gathered {
            stories_by_writer: Clusters::new(brands),
            mentions_by_writer: Clusters::new(brands),
            mentions_by_story: Clusters::new(brands),
            mentions_by_author: Clusters::new(brands),
            authors: Clusters::new(brands),
            reactions_by_writer: Clusters::new(brands),
            reactions_by_story: Clusters::new(brands),
            reacted: vec![0; brands],
        }
    }

    /// Mentions of the brand at a place in one story, by who first told it, and the reactions to them: in the order of
    /// writers and stories.
    pub(super) fn told(
        &mut self,
        (writer, story): (i64, i64),
        brand: usize,
        (mentions, reactions): (u32, u64),
    ) {
        let mentions = f64::from(mentions);
        let reacted = f64::from(u32::try_from(reactions).unwrap_or(u32::MAX));
        self.reactions_by_writer.add(writer, brand, reacted);
        self.reactions_by_story.add(story, brand, reacted);
        if let Some(all) = self.reacted.get_mut(brand) {
            *all = all.saturating_add(reactions);
        }
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
        let reactions = self.reactions_by_writer.design_effect().max(self.reactions_by_story.design_effect());
        let of_authors = self.authors.ratio_effects().into_iter().zip(self.reacted);
        of_authors
            .map(|(authors, reacted)| Effects { stories, mentions, authors, reactions, reacted })
            .collect()
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
                    COALESCE(post.story, post.id) AS second, mention.brand AS brand, COUNT(*) AS mentions,
                    SUM(MIN(MAX(post.reactions, 0), 5000000000)) AS reactions
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
                gathered.told((first, row.get("second")?), place, (mentions, row.get("reactions")?));
            } else {
                gathered.spoke(first, place, mentions);
            }
        }
    }
    Ok(found.into_iter().map(|(slice, gathered)| (slice, gathered.effects())).collect())
}

/// Where each brand stands, by its identity.
fn places(brands: &[Brand]) -> HashMap<&str, usize> {
    brands.iter().enumerate().map(|(place, brand)| (&*brand.id.0, place)).collect()
}
