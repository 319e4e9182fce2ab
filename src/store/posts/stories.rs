//! The story of each post as it is stored: the post whose text it copies. The texts of the latest posts are held in
//! memory; after a start they are read back once something is stored.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::store::{StoreError, brief};
use crate::story::{Piece, Sketch, Stories};

/// Texts held to be compared with: some 8 KB each, so 40 MB at most.
const HELD: usize = 5_000;

/// The texts held; nothing until something is stored, and after a unit of work that was given up.
#[derive(Debug, Default)]
pub(in crate::store) struct Held(Option<Stories>);

impl Held {
    /// Settles the story of the post at `row` and writes it where it is a copy.
    pub(in crate::store) fn place(
        &mut self,
        connection: &Connection,
        row: i64,
        sketch: &Arc<Sketch>,
    ) -> Result<(), StoreError> {
        const COPIES: &str = "UPDATE post SET story = ?2 WHERE id = ?1 AND story IS NOT ?2";
        let own = u64::try_from(row).unwrap_or_default();
        let stories = match &mut self.0 {
            Some(stories) => stories,
            empty @ None => empty.insert(recall(connection, row)?),
        };
        let story = stories.place_as(Arc::clone(sketch), own);
        if story != own {
            connection.prepare_cached(COPIES)?.execute(params![row, i64::try_from(story).unwrap_or(row)])?;
        }
        Ok(())
    }

    /// Settles the story of a post whose words have changed. One that others copy stays the first of its story.
    pub(in crate::store) fn place_again(
        &mut self,
        connection: &Connection,
        row: i64,
        sketch: &Arc<Sketch>,
    ) -> Result<(), StoreError> {
        const ALONE: &str = "UPDATE post SET story = NULL WHERE id = ?1 AND story IS NOT NULL";
        self.forget(row);
        connection.prepare_cached(ALONE)?.execute([row])?;
        self.place(connection, row, sketch)
    }

    /// Forgets the text of a post.
    pub(in crate::store) fn forget(&mut self, row: i64) {
        if let Some(stories) = &mut self.0 {
            stories.forget_of(u64::try_from(row).unwrap_or_default());
        }
    }

    /// Forgets everything: what was placed last was never stored.
    pub(in crate::store) fn discard(&mut self) {
        self.0 = None;
    }
}

/// The texts of the posts before `row`.
fn recall(connection: &Connection, row: i64) -> Result<Stories, StoreError> {
    const FIRST: &str = "SELECT id FROM post WHERE id < ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2";
    const LATEST: &str = "SELECT id, COALESCE(story, id), title, text, permalink, native_id FROM post
        WHERE id >= ?1 AND id < ?2 ORDER BY id";
    let held = i64::try_from(HELD).unwrap_or(i64::MAX);
    let first: Option<i64> =
        connection.prepare_cached(FIRST)?.query_row([row, held], |row| row.get(0)).optional()?;
    let mut stories = Stories::holding(HELD);
    let mut statement = connection.prepare_cached(LATEST)?;
    let mut rows = statement.query([first.unwrap_or_default(), row])?;
    while let Some(row) = rows.next()? {
        let (own, story): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (title, text, link): (Option<String>, String, Option<String>) =
            (row.get(2)?, row.get(3)?, row.get(4)?);
        let native_id: String = row.get(5)?;
        let link = link.map(|link| brief::read_link(link, &native_id));
        let number = |row: i64| u64::try_from(row).unwrap_or_default();
        let piece = Piece::new(title.as_deref(), &text, link.as_deref());
        stories.recall(Arc::new(Sketch::of(piece)), number(own), number(story));
    }
    Ok(stories)
}
