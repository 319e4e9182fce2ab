//! Posts, authors, mentions, suspicions: written as they are judged, removed when the source says so.

mod gone;
mod mentions;
mod more;
mod people;
mod quiet;
mod rolled;
mod row;
mod seen;
mod stories;
mod words;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::accounts::AccountChange;
use super::rollup::Pending;
use super::{Store, StoreError, brief, labels};
use crate::impostor::Suspicion;
use crate::intake::{JudgedPost, weigh};
use crate::keyword::BrandId;
use crate::post::NetworkName;

use crate::time::Time;
use row::{number, text};

pub(super) use more::More;
pub use seen::SeenBefore;
pub(super) use stories::Held;
pub(super) use words::Words;

/// Under which name removed accounts are remembered beside posts.
const REMOVED: &str = "removed account";

/// What became of a step: what rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A mention that was not there before.
    Mention {
        /// Its row.
        id: i64,
        /// The post's network and native id.
        post: (NetworkName, String),
        /// The brand.
        brand: BrandId,
        /// Its moment.
        counted: Time,
        /// Whether it is news.
        fresh: bool,
    },
    /// A suspicion that is new, has risen to a higher level, or has come back after it was dismissed.
    Suspicion {
        /// Its row.
        id: i64,
        /// How often it came back.
        returns: i64,
        /// Whether it was known, and its profile or what speaks against it is another now.
        changed: bool,
        /// The account's network and native id.
        account: (String, String),
        /// What is suspected.
        suspicion: Suspicion,
    },
    /// A tracked account changed its name, bio or picture.
    Account(AccountChange),
    /// A post that is gone: notices not yet tried that tell it must be written again.
    Withdrawn {
        /// Rows of the mentions that went with it.
        mentions: Vec<i64>,
    },
}

/// How often things happened while a page was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Posts heard.
    pub posts: u64,
    /// Posts that were stored already.
    pub repeats: u64,
    /// New mentions.
    pub mentions: u64,
    /// New suspicions.
    pub suspicions: u64,
    /// Posts removed.
    pub removed: u64,
}

impl Tally {
    /// Adds what happened elsewhere.
    pub fn add(&mut self, other: Tally) {
        self.posts += other.posts;
        self.repeats += other.repeats;
        self.mentions += other.mentions;
        self.suspicions += other.suspicions;
        self.removed += other.removed;
    }
}

/// One unit of work being written: everything of it carries the same source and moments.
#[derive(Debug)]
pub struct Unit<'s> {
    connection: &'s Connection,
    seen_before: std::cell::RefMut<'s, SeenBefore>,
    stories: std::cell::RefMut<'s, Held>,
    rollups: std::cell::RefMut<'s, Pending>,
    words: std::cell::RefMut<'s, Words>,
    /// The source's row.
    pub source: i64,
    /// When we saw what is being stored.
    pub seen: Time,
    /// When it was matched.
    pub matched: Time,
    /// Whether it comes from a file that may be older than what is stored: then it fills in what is not known
    /// and changes nothing that another source brought.
    pub late: bool,
    /// Whether the post at hand cannot have been stored before: nobody has said anything of it.
    unheard: bool,
    /// How often things happened.
    pub tally: Tally,
    /// What rules look at.
    pub changes: Vec<Change>,
}

impl Store {
    /// Native ids of authors of stored posts of whom the network has told no handle, newest first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn faceless(&self, network: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        const LIST: &str =
            "SELECT native_id FROM author WHERE network = ?1 AND handle IS NULL AND status IS NULL
            ORDER BY id DESC LIMIT ?2";
        let mut statement = self.connection.prepare_cached(LIST)?;
        let ids = statement.query_map(params![network, limit], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Starts to write for a source; inside a transaction.
    pub fn unit(&self, source: i64) -> Unit<'_> {
        Unit {
            connection: &self.connection,
            seen_before: self.seen_before.borrow_mut(),
            stories: self.stories.borrow_mut(),
            rollups: self.rollups.borrow_mut(),
            words: self.words.borrow_mut(),
            source,
            seen: Time::default(),
            matched: Time::default(),
            late: false,
            unheard: false,
            tally: Tally::default(),
            changes: Vec::new(),
        }
    }
}

impl Unit<'_> {
    /// The connection that writes.
    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }

    /// Whether a post may be stored.
    pub(super) fn may_hold(&self, network: &str, native_id: &str) -> bool {
        self.seen_before.may_hold(network, native_id)
    }

    /// Counts a post that is no mention; if it is stored, its words have changed and it goes.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn pass_over(&mut self, network: &str, native_id: &str) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT id, source FROM post WHERE network = ?1 AND native_id = ?2";
        const MENTIONS: &str = "SELECT id FROM mention WHERE post = ?1";
        self.tally.posts += 1;
        if !self.seen_before.may_hold(network, native_id) {
            return Ok(());
        }
        let known: Option<(i64, i64)> = self
            .connection
            .prepare_cached(KNOWN)?
            .query_row([network, native_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((post, source)) = known else { return Ok(()) };
        self.tally.repeats += 1;
        if self.late && source != self.source {
            return Ok(());
        }
        let mut statement = self.connection.prepare_cached(MENTIONS)?;
        let mentions: Vec<i64> = statement.query_map([post], |row| row.get(0))?.collect::<Result<_, _>>()?;
        self.rollups.add_of(self.connection, post, -1)?;
        // Nothing to keep it for; should its words come back, so does the post.
        self.connection.prepare_cached("DELETE FROM post WHERE id = ?1")?.execute([post])?;
        self.stories.forget(post);
        labels::forget_words(self.connection, network, native_id)?;
        if !mentions.is_empty() {
            self.changes.push(Change::Withdrawn { mentions });
        }
        Ok(())
    }

    /// Stores one judged post: new, seen again, or changed.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn save_post(&mut self, judged: &JudgedPost) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT id, source, text, title FROM post WHERE network = ?1 AND native_id = ?2";
        const TOMBSTONE: &str = "SELECT 1 FROM tombstone WHERE network = ?1 AND native_id = ?2 AND what = ?3";
        let post = &judged.post;
        let network = post.network.as_str();
        self.tally.posts += 1;
        let may_be_known = self.seen_before.meet(network, &post.native_id);
        self.unheard = !may_be_known;
        let connection = self.connection;
        let known: Option<(i64, i64, String, Option<String>)> = if may_be_known {
            connection
                .prepare_cached(KNOWN)?
                .query_row([network, &post.native_id], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .optional()?
        } else {
            None
        };
        let buried = |id: &str, what: &str| -> Result<bool, StoreError> {
            Ok(connection.prepare_cached(TOMBSTONE)?.exists([network, id, what])?)
        };
        // A stream that goes back a little offers again what has been deleted since.
        if may_be_known && buried(&post.native_id, "post")? {
            return Ok(());
        }
        let author = match &post.author {
            Some(author)
                if self.seen_before.may_hold(REMOVED, &author.native_id)
                    && buried(&author.native_id, "account")? =>
            {
                return Ok(());
            }
            Some(author) => Some((author, self.author(network, author)?)),
            None => None,
        };
        if let Some((author, id)) = author {
            for suspicion in &judged.suspicions {
                self.save_suspicion(id, network, &author.native_id, suspicion, false)?;
            }
        }
        if let Some(answer) = &judged.answer {
            self.save_answer(answer)?;
        }
        let author = author.map(|(_, id)| id);
        match known {
            Some((id, source, text, title)) => {
                self.tally.repeats += 1;
                let same = text == post.text && title == post.title;
                if !self.late {
                    return self.update_post(id, judged, author, same);
                }
                if source == self.source {
                    self.update_post(id, judged, author, same)?;
                }
                // The same words, perhaps about a brand that was not watched when they were stored.
                if same { self.add_mentions(id, judged) } else { Ok(()) }
            }
            None => {
                let id = self.insert_post(judged, author)?;
                self.stories.place(self.connection, id, &judged.sketch)?;
                for verdict in &judged.verdicts {
                    if self.insert_mention_of((id, self.seen), judged, verdict)? {
                        self.roll_in(judged, verdict)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn insert_post(&mut self, judged: &JudgedPost, author: Option<i64>) -> Result<i64, StoreError> {
        const INSERT: &str = "INSERT INTO post (network, native_id, source, author, kind, lang, title, text, summary, permalink,
                told, undated, edited, counted, delay, reactions, words, more, local_id, language, sentiment)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
        let post = &judged.post;
        let permalink = post.permalink.as_deref().map(|link| brief::link(link, &post.native_id));
        let words = self.words.hash(post);
        let more = More::of(post).written()?;
        let row = [
            text(Some(post.network.as_str())),
            text(Some(&post.native_id)),
            number(self.source),
            author.and_then(number),
            text(Some(brief::kind(post.kind))),
            text(post.lang.as_deref()),
            text(post.title.as_deref()),
            text(Some(&post.text)),
            text(post.summary.as_deref()),
            text(permalink.as_deref()),
            post.published.filter(|published| *published != judged.counted).and_then(|time| number(time.0)),
            post.published.is_none().then_some(true).and_then(number),
            post.edited.and_then(|time| number(time.0)),
            number(judged.counted.0),
            number(self.seen.0.saturating_sub(judged.counted.0)),
            number(post.counts.reactions()),
            Some(ValueRef::Blob(&words)),
            text(more.as_deref()),
            text(post.local_id.as_deref()),
            text(Some(judged.lang.as_deref().unwrap_or_default())),
            text(judged.sentiment.map(brief::mood)),
        ];
        row::run(&mut self.connection.prepare_cached(INSERT)?, row)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Brings a stored post up to date. When its words changed, its mentions are decided anew.
    fn update_post(
        &mut self,
        id: i64,
        judged: &JudgedPost,
        author: Option<i64>,
        same: bool,
    ) -> Result<(), StoreError> {
        const REFRESH: &str = "UPDATE post SET reactions = ?2, more = ?3, author = coalesce(?4, author),
                local_id = CASE WHEN source = ?5 THEN coalesce(?6, local_id) ELSE local_id END
            WHERE id = ?1";
        const EDIT: &str = "UPDATE post SET title = ?2, text = ?3, summary = ?4, lang = coalesce(?5, lang), edited = ?6, words = ?7,
                permalink = coalesce(?8, permalink), language = ?9, sentiment = ?10
            WHERE id = ?1";
        const RELABEL: &str =
            "UPDATE label SET text = ?3 WHERE network = ?1 AND native_id = ?2 AND text IS NOT NULL";
        const MENTIONS: &str = "SELECT id, brand, doubtful FROM mention WHERE post = ?1";
        let post = &judged.post;
        self.connection.prepare_cached(REFRESH)?.execute(params![
            id,
            post.counts.reactions(),
            More::of(post).written()?,
            author,
            self.source,
            post.local_id
        ])?;
        if same {
            return Ok(());
        }
        self.rollups.add_of(self.connection, id, -1)?;
        let edited = post.edited.unwrap_or(self.seen);
        self.connection.prepare_cached(EDIT)?.execute(params![
            id,
            post.title,
            post.text,
            post.summary,
            post.lang,
            edited.0,
            self.words.hash(post),
            post.permalink.as_deref().map(|link| brief::link(link, &post.native_id)),
            judged.lang.as_deref().unwrap_or_default(),
            judged.sentiment.map(brief::mood)
        ])?;
        self.stories.place_again(self.connection, id, &judged.sketch)?;
        self.connection.prepare_cached(RELABEL)?.execute(params![
            post.network.as_str(),
            post.native_id,
            weigh::words(post)
        ])?;
        let mut statement = self.connection.prepare_cached(MENTIONS)?;
        let before: Vec<(i64, String, bool)> = statement
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let withdrawn = self.settle(&before, judged)?;
        if !withdrawn.is_empty() {
            self.changes.push(Change::Withdrawn { mentions: withdrawn });
        }
        for verdict in &judged.verdicts {
            if !before.iter().any(|(_, brand, _)| *verdict.brand.0 == **brand) {
                self.insert_mention(id, judged, verdict)?;
            }
        }
        self.rollups.add_of(self.connection, id, 1)
    }
}
