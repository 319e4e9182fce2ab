//! Posts, authors, mentions, suspicions: written as they are judged, removed when the source says so.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::accounts::AccountChange;
use super::{Store, StoreError, labels};
use crate::fold;
use crate::impostor::Suspicion;
use crate::intake::weigh::{self, Weighed};
use crate::intake::{JudgedPost, Official};
use crate::matcher::Verdict;
use crate::post::{Account, Author, Counts, Deletion, Gone, Media, Post};
use crate::time::Time;

mod seen;

pub use seen::SeenBefore;

/// What of a post stands in one column, since nothing is asked about it in SQL.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct More {
    #[serde(skip_serializing_if = "Counts::is_empty")]
    pub(super) counts: Counts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) media: Vec<Media>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hashtags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) named_accounts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) repost_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quote_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) root: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rating: Option<u8>,
}

/// Under which name removed accounts are remembered beside posts.
const REMOVED: &str = "removed account";

/// The state of an account that is simply there.
const ACTIVE: &str = "active";

/// What became of a step: what rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A mention that was not there before.
    Mention {
        /// Its row.
        id: i64,
        /// The post's network and native id.
        post: (String, String),
        /// The brand.
        brand: String,
        /// Its moment.
        counted: Time,
        /// Whether it is news.
        fresh: bool,
    },
    /// A suspicion that is new, or has risen to a higher level.
    Suspicion {
        /// Its row.
        id: i64,
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
    /// The source's row.
    pub source: i64,
    /// When we saw what is being stored.
    pub seen: Time,
    /// When it was matched.
    pub matched: Time,
    /// Whether it comes from a file that may be older than what is stored: then it fills in what is not known
    /// and changes nothing that another source brought.
    pub late: bool,
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
            source,
            seen: Time::default(),
            matched: Time::default(),
            late: false,
            tally: Tally::default(),
            changes: Vec::new(),
        }
    }
}

fn author_id(
    connection: &Connection,
    network: &str,
    author: &Author,
    status: Option<&str>,
    seen: Time,
    late: bool,
) -> Result<i64, StoreError> {
    // Only what was not known.
    const FILL: &str = "INSERT INTO author (network, native_id, handle, display_name, bio, avatar, url, followers, created,
            verified, bot, status, links, first_seen, refreshed, posts)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15)
        ON CONFLICT (network, native_id) DO UPDATE SET
            handle = coalesce(handle, excluded.handle), display_name = coalesce(display_name, excluded.display_name),
            bio = coalesce(bio, excluded.bio), avatar = coalesce(avatar, excluded.avatar),
            url = coalesce(url, excluded.url), followers = coalesce(followers, excluded.followers),
            created = coalesce(created, excluded.created), verified = coalesce(verified, excluded.verified),
            bot = coalesce(bot, excluded.bot), status = coalesce(status, excluded.status),
            links = coalesce(links, excluded.links), posts = coalesce(posts, excluded.posts)
        RETURNING id";
    // What the network leaves out now is kept from before.
    const UPSERT: &str = "INSERT INTO author (network, native_id, handle, display_name, bio, avatar, url, followers, created,
            verified, bot, status, links, first_seen, refreshed, posts)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15)
        ON CONFLICT (network, native_id) DO UPDATE SET
            handle = coalesce(excluded.handle, handle), display_name = coalesce(excluded.display_name, display_name),
            bio = coalesce(excluded.bio, bio), avatar = coalesce(excluded.avatar, avatar),
            url = coalesce(excluded.url, url), followers = coalesce(excluded.followers, followers),
            created = coalesce(excluded.created, created), verified = coalesce(excluded.verified, verified),
            bot = coalesce(excluded.bot, bot), status = coalesce(excluded.status, status),
            links = coalesce(excluded.links, links), posts = coalesce(excluded.posts, posts),
            refreshed = excluded.refreshed
        RETURNING id";
    let links = (!author.verified_links.is_empty()).then(|| author.verified_links.join("\n"));
    Ok(connection.prepare_cached(if late { FILL } else { UPSERT })?.query_row(
        params![
            network,
            author.native_id,
            author.handle,
            author.display_name,
            author.bio,
            author.avatar,
            author.url,
            author.followers.map(|count| i64::try_from(count).unwrap_or(i64::MAX)),
            author.created.map(|time| time.0),
            author.verified,
            author.bot,
            status,
            links,
            seen.0,
            author.posts.map(|count| i64::try_from(count).unwrap_or(i64::MAX))
        ],
        |row| row.get(0),
    )?)
}

/// The hash by which copies of one text are counted once.
fn words_hash(post: &Post) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update(fold::fold(post.title.as_deref().unwrap_or_default()));
    hash.update([0]);
    hash.update(fold::fold(&post.text));
    let mut short = [0; 8];
    for (place, byte) in short.iter_mut().zip(hash.finalize()) {
        *place = byte;
    }
    short
}

impl Unit<'_> {
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
        // Nothing to keep it for; should its words come back, so does the post.
        self.connection.prepare_cached("DELETE FROM post WHERE id = ?1")?.execute([post])?;
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
        let may_be_known = self.seen_before.may_hold(network, &post.native_id);
        self.seen_before.insert(network, &post.native_id);
        let known: Option<(i64, i64, String, Option<String>)> = if may_be_known {
            self.connection
                .prepare_cached(KNOWN)?
                .query_row([network, &post.native_id], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .optional()?
        } else {
            None
        };
        let buried = |id: &str, what: &str| -> Result<bool, StoreError> {
            Ok(self.connection.prepare_cached(TOMBSTONE)?.exists([network, id, what])?)
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
            Some(author) => {
                Some((author, author_id(self.connection, network, author, None, self.seen, self.late)?))
            }
            None => None,
        };
        if let Some((author, id)) = author {
            for suspicion in &judged.suspicions {
                self.save_suspicion(id, network, &author.native_id, suspicion, false)?;
            }
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
                for verdict in &judged.verdicts {
                    self.insert_mention(id, judged, verdict)?;
                }
                Ok(())
            }
        }
    }

    fn insert_post(&mut self, judged: &JudgedPost, author: Option<i64>) -> Result<i64, StoreError> {
        const INSERT: &str = "INSERT INTO post (network, native_id, source, author, kind, lang, title, text, summary, permalink,
                published, edited, seen, counted, reactions, words, more, local_id, language)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";
        let post = &judged.post;
        self.connection.prepare_cached(INSERT)?.execute(params![
            post.network.as_str(),
            post.native_id,
            self.source,
            author,
            post.kind.as_str(),
            post.lang,
            post.title,
            post.text,
            post.summary,
            post.permalink,
            post.published.map(|time| time.0),
            post.edited.map(|time| time.0),
            self.seen.0,
            judged.counted.0,
            post.counts.reactions(),
            words_hash(post),
            more(post)?,
            post.local_id,
            judged.lang.as_deref().unwrap_or_default()
        ])?;
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
                permalink = coalesce(?8, permalink), language = ?9
            WHERE id = ?1";
        const RELABEL: &str =
            "UPDATE label SET text = ?3 WHERE network = ?1 AND native_id = ?2 AND text IS NOT NULL";
        const MENTIONS: &str = "SELECT id, brand, doubtful FROM mention WHERE post = ?1";
        const RETAG: &str =
            "UPDATE mention SET tags = ?2, relevance = ?3, rule = ?4, doubtful = ?5 WHERE id = ?1";
        let post = &judged.post;
        self.connection.prepare_cached(REFRESH)?.execute(params![
            id,
            post.counts.reactions(),
            more(post)?,
            author,
            self.source,
            post.local_id
        ])?;
        if same {
            return Ok(());
        }
        let edited = post.edited.unwrap_or(self.seen);
        self.connection.prepare_cached(EDIT)?.execute(params![
            id,
            post.title,
            post.text,
            post.summary,
            post.lang,
            edited.0,
            words_hash(post),
            post.permalink,
            judged.lang.as_deref().unwrap_or_default()
        ])?;
        self.connection.prepare_cached(RELABEL)?.execute(params![
            post.network.as_str(),
            post.native_id,
            weigh::words(post)
        ])?;
        let mut statement = self.connection.prepare_cached(MENTIONS)?;
        let before: Vec<(i64, String, bool)> = statement
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let mut withdrawn = Vec::new();
        for (mention, brand, doubtful) in &before {
            match judged.verdicts.iter().find(|verdict| *verdict.brand.0 == **brand) {
                Some(verdict) => {
                    let Weighed { relevance, doubtful: now } = self.weighed(judged, verdict)?;
                    self.connection.prepare_cached(RETAG)?.execute(params![
                        mention,
                        tags(verdict)?,
                        relevance.permille,
                        relevance.rule,
                        now
                    ])?;
                    if *doubtful && !now {
                        self.tell(*mention, judged, verdict);
                    }
                    // What was composed of the old words and not tried yet is composed again.
                    withdrawn.push(*mention);
                }
                None => {
                    self.connection
                        .prepare_cached("DELETE FROM mention WHERE id = ?1")?
                        .execute([mention])?;
                    withdrawn.push(*mention);
                }
            }
        }
        if !withdrawn.is_empty() {
            self.changes.push(Change::Withdrawn { mentions: withdrawn });
        }
        for verdict in &judged.verdicts {
            if !before.iter().any(|(_, brand, _)| *verdict.brand.0 == **brand) {
                self.insert_mention(id, judged, verdict)?;
            }
        }
        Ok(())
    }

    /// Mentions of brands that a stored post was not yet held against.
    fn add_mentions(&mut self, post: i64, judged: &JudgedPost) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT 1 FROM mention WHERE post = ?1 AND brand = ?2";
        for verdict in &judged.verdicts {
            if !self.connection.prepare_cached(KNOWN)?.exists(params![post, &*verdict.brand.0])? {
                self.insert_mention(post, judged, verdict)?;
            }
        }
        Ok(())
    }

    fn insert_mention(
        &mut self,
        post: i64,
        judged: &JudgedPost,
        verdict: &Verdict,
    ) -> Result<(), StoreError> {
        const INSERT: &str =
            "INSERT INTO mention (post, brand, version, tags, matched, counted, relevance, rule, doubtful)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let Weighed { relevance, doubtful } = self.weighed(judged, verdict)?;
        self.connection.prepare_cached(INSERT)?.execute(params![
            post,
            &*verdict.brand.0,
            verdict.version,
            tags(verdict)?,
            self.matched.0,
            judged.counted.0,
            relevance.permille,
            relevance.rule,
            doubtful
        ])?;
        if !doubtful {
            self.tally.mentions += 1;
            self.tell(self.connection.last_insert_rowid(), judged, verdict);
        }
        Ok(())
    }

    /// What is thought of a mention, or what a person has said of it.
    fn weighed(&self, judged: &JudgedPost, verdict: &Verdict) -> Result<Weighed, StoreError> {
        let post = &judged.post;
        let said = labels::said(self.connection, post.network.as_str(), &post.native_id, &verdict.brand.0)?;
        Ok(said.map_or_else(|| judged.weighed(&verdict.brand), Weighed::said))
    }

    /// Tells rules of a mention that counts from now on.
    fn tell(&mut self, id: i64, judged: &JudgedPost, verdict: &Verdict) {
        self.changes.push(Change::Mention {
            id,
            post: (judged.post.network.to_string(), judged.post.native_id.clone()),
            brand: verdict.brand.to_string(),
            counted: judged.counted,
            fresh: judged.fresh,
        });
    }

    fn save_suspicion(
        &mut self,
        author: i64,
        network: &str,
        native_id: &str,
        suspicion: &Suspicion,
        whole: bool,
    ) -> Result<(), StoreError> {
        const KNOWN: &str =
            "SELECT id, level, score, signals FROM suspicion WHERE author = ?1 AND brand = ?2";
        const INSERT: &str = "INSERT INTO suspicion (author, brand, source, level, score, likeness, claim, signals, first_seen, changed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)";
        const UPDATE: &str = "UPDATE suspicion SET level = ?2, score = ?3, likeness = ?4, claim = ?5, signals = ?6, changed = ?7, state = 'new'
            WHERE id = ?1";
        let json = |source| StoreError::Stored { what: "signals", source };
        let signals = serde_json::to_string(&suspicion.signals).map_err(json)?;
        let level = level_word(suspicion);
        let known: Option<(i64, String, i64, String)> = self
            .connection
            .prepare_cached(KNOWN)?
            .query_row(params![author, &*suspicion.brand.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let (id, risen) = match known {
            Some((_, _, score, before)) if score == i64::from(suspicion.score) && before == signals => {
                return Ok(());
            }
            // A post tells less of its author than a profile does: it never makes a suspicion smaller.
            Some((_, _, score, _)) if !whole && i64::from(suspicion.score) < score => return Ok(()),
            Some((id, before, ..)) => {
                self.connection.prepare_cached(UPDATE)?.execute(params![
                    id,
                    level,
                    suspicion.score,
                    suspicion.likeness,
                    suspicion.claim,
                    signals,
                    self.seen.0
                ])?;
                (id, rank(&level) > rank(&before))
            }
            None => {
                self.connection.prepare_cached(INSERT)?.execute(params![
                    author,
                    &*suspicion.brand.0,
                    self.source,
                    level,
                    suspicion.score,
                    suspicion.likeness,
                    suspicion.claim,
                    signals,
                    self.seen.0
                ])?;
                self.tally.suspicions += 1;
                (self.connection.last_insert_rowid(), true)
            }
        };
        if risen {
            let account = (network.to_owned(), native_id.to_owned());
            self.changes.push(Change::Suspicion { id, account, suspicion: suspicion.clone() });
        }
        Ok(())
    }

    /// Stores what the network says of an account: of those under suspicion, and of authors already known.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn save_account(
        &mut self,
        account: &Account,
        suspicions: &[Suspicion],
        official: Official,
    ) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT 1 FROM author WHERE network = ?1 AND native_id = ?2";
        const BURIED: &str =
            "SELECT 1 FROM tombstone WHERE network = ?1 AND native_id = ?2 AND what = 'account'";
        const LIFT: &str = "DELETE FROM tombstone WHERE network = ?1 AND native_id = ?2 AND what = 'account'";
        const BACK: &str = "UPDATE author SET status = NULL WHERE network = ?1 AND native_id = ?2";
        let network = account.network.as_str();
        let place = [network, account.author.native_id.as_str()];
        // Deactivated and suspended accounts come back; only the network's own word for it counts.
        let active = account.status.as_deref() == Some(ACTIVE);
        if active {
            self.connection.prepare_cached(LIFT)?.execute(place)?;
            self.connection.prepare_cached(BACK)?.execute(place)?;
        } else if self.connection.prepare_cached(BURIED)?.exists(place)? {
            return Ok(());
        }
        if official == Official::Declared {
            let before = super::accounts::track(self.connection, network, &account.author, self.seen)?;
            self.changes.extend(before.into_iter().map(Change::Account));
        }
        let known = self.connection.prepare_cached(KNOWN)?.exists(place)?;
        if !known && suspicions.is_empty() {
            return Ok(());
        }
        let author = author_id(
            self.connection,
            network,
            &account.author,
            account.status.as_deref().filter(|_| !active),
            self.seen,
            self.late,
        )?;
        for suspicion in suspicions {
            self.save_suspicion(author, network, &account.author.native_id, suspicion, true)?;
        }
        Ok(())
    }

    /// Takes away what the source took away, wherever it is kept, and leaves a tombstone.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn remove(&mut self, deletion: &Deletion) -> Result<(), StoreError> {
        const POST: &str = "SELECT id, native_id FROM post WHERE network = ?1 AND native_id = ?2";
        const LOCAL: &str = "SELECT id, native_id FROM post WHERE network = ?1 AND local_id = ?2";
        const WRITER: &str = "SELECT 1 FROM post JOIN author ON author.id = post.author
            WHERE post.id = ?1 AND author.native_id = ?2";
        const AUTHOR: &str = "SELECT id FROM author WHERE network = ?1 AND native_id = ?2";
        const POSTS: &str = "SELECT id, native_id FROM post WHERE author = ?1";
        const EMPTY: &str = "UPDATE author SET handle = NULL, display_name = NULL, bio = NULL, avatar = NULL, url = NULL,
                followers = NULL, posts = NULL, created = NULL, verified = NULL, bot = NULL, links = NULL, status = 'removed', refreshed = ?2
            WHERE id = ?1";
        const CLOSE: &str =
            "UPDATE suspicion SET state = 'gone', signals = '[]', changed = ?2 WHERE author = ?1";
        let network = deletion.network.as_str();
        let one = |sql: &str, id: &str| -> Result<Option<(i64, String)>, StoreError> {
            let found = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            Ok(self.connection.prepare_cached(sql)?.query_row([network, id], found).optional()?)
        };
        let find = |id: &str| one(POST, id)?.map_or_else(|| one(LOCAL, id), |found| Ok(Some(found)));
        match &deletion.gone {
            Gone::Post(id) => {
                if let Some((row, id)) = find(id)? {
                    self.remove_post(row, network, &id, deletion.at)?;
                }
            }
            Gone::PostBy(id, author) => {
                if let Some((row, id)) = find(id)?
                    && self.connection.prepare_cached(WRITER)?.exists(params![row, author])?
                {
                    self.remove_post(row, network, &id, deletion.at)?;
                }
            }
            Gone::Account(id) => {
                let known: Option<i64> = self
                    .connection
                    .prepare_cached(AUTHOR)?
                    .query_row([network, id], |row| row.get(0))
                    .optional()?;
                let Some(row) = known else { return Ok(()) };
                let mut statement = self.connection.prepare_cached(POSTS)?;
                let posts: Vec<(i64, String)> = statement
                    .query_map([row], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<Result<_, _>>()?;
                for (post, native_id) in posts {
                    self.remove_post(post, network, &native_id, deletion.at)?;
                }
                self.connection.prepare_cached(EMPTY)?.execute(params![row, self.seen.0])?;
                self.connection.prepare_cached(CLOSE)?.execute(params![row, self.seen.0])?;
                self.bury(network, id, "account", deletion.at)?;
            }
        }
        Ok(())
    }

    fn remove_post(
        &mut self,
        row: i64,
        network: &str,
        native_id: &str,
        at: Option<Time>,
    ) -> Result<(), StoreError> {
        // An author of whom nothing else is kept goes with the post.
        const FORGET: &str =
            "DELETE FROM author WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM post WHERE author = ?1)
            AND NOT EXISTS (SELECT 1 FROM suspicion WHERE author = ?1)";
        let mut statement = self.connection.prepare_cached("SELECT id FROM mention WHERE post = ?1")?;
        let mentions: Vec<i64> = statement.query_map([row], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let author: Option<i64> = self
            .connection
            .prepare_cached("SELECT author FROM post WHERE id = ?1")?
            .query_row([row], |row| row.get(0))?;
        self.connection.prepare_cached("DELETE FROM post WHERE id = ?1")?.execute([row])?;
        labels::forget_words(self.connection, network, native_id)?;
        if let Some(author) = author {
            self.connection.prepare_cached(FORGET)?.execute([author])?;
        }
        self.bury(network, native_id, "post", at)?;
        self.tally.removed += 1;
        if !mentions.is_empty() {
            self.changes.push(Change::Withdrawn { mentions });
        }
        Ok(())
    }

    fn bury(
        &mut self,
        network: &str,
        native_id: &str,
        what: &str,
        at: Option<Time>,
    ) -> Result<(), StoreError> {
        const BURY: &str =
            "INSERT INTO tombstone (network, native_id, what, deleted, seen) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO NOTHING";
        if what == "account" {
            self.seen_before.insert(REMOVED, native_id);
        }
        self.connection.prepare_cached(BURY)?.execute(params![
            network,
            native_id,
            what,
            at.map(|time| time.0),
            self.seen.0
        ])?;
        Ok(())
    }
}

fn tags(verdict: &Verdict) -> Result<String, StoreError> {
    serde_json::to_string(&verdict.tags).map_err(|source| StoreError::Stored { what: "tags", source })
}

fn more(post: &Post) -> Result<Option<String>, StoreError> {
    let more = More {
        counts: post.counts,
        media: post.media.clone(),
        links: post.links.clone(),
        hashtags: post.hashtags.clone(),
        named_accounts: post.named_accounts.clone(),
        reply_to: post.reply_to.clone(),
        repost_of: post.repost_of.clone(),
        quote_of: post.quote_of.clone(),
        root: post.root.clone(),
        rating: post.rating,
    };
    if more == More::default() {
        return Ok(None);
    }
    serde_json::to_string(&more).map(Some).map_err(|source| StoreError::Stored { what: "post", source })
}

fn level_word(suspicion: &Suspicion) -> String {
    match suspicion.level {
        crate::impostor::Level::Watch => "watch",
        crate::impostor::Level::Review => "review",
        crate::impostor::Level::Alert => "alert",
    }
    .to_owned()
}

fn rank(level: &str) -> u8 {
    match level {
        "alert" => 2,
        "review" => 1,
        _ => 0,
    }
}
