//! All SQL: one SQLite file a data directory, one connection that writes, others that read.

use std::cell::RefCell;
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use thiserror::Error;

pub mod accounts;
pub mod alerts;
pub mod answers;
mod brief;
pub mod cases;
pub mod copy;
pub mod doors;
pub mod figures;
pub mod find;
mod held;
pub mod incidents;
pub mod labels;
pub mod list;
pub mod moods;
pub mod mutes;
pub mod pictures;
pub mod posts;
pub mod rematch;
pub mod replies;
mod past;
pub mod recipients;
mod reread;
pub mod rollup;
pub mod series;
pub mod sources;
pub mod spending;
mod suspicions;
pub mod vitals;

/// The schema, in steps: the number of a step is its place here, from 1. Appended, never edited once released.
const MIGRATIONS: &[&str] = &[
    include_str!("store/migrations/0001_first.sql"),
    include_str!("store/migrations/0002_networks.sql"),
    include_str!("store/migrations/0003_local_ids.sql"),
    include_str!("store/migrations/0004_relevance.sql"),
    include_str!("store/migrations/0005_cases.sql"),
    include_str!("store/migrations/0006_queries.sql"),
    include_str!("store/migrations/0007_quiet.sql"),
    include_str!("store/migrations/0008_rules.sql"),
    include_str!("store/migrations/0009_sentiment.sql"),
    include_str!("store/migrations/0010_stories.sql"),
    include_str!("store/migrations/0011_pictures.sql"),
    include_str!("store/migrations/0012_threads.sql"),
    include_str!("store/migrations/0013_rollups.sql"),
    include_str!("store/migrations/0014_order.sql"),
    include_str!("store/migrations/0015_brief.sql"),
    include_str!("store/migrations/0016_lean.sql"),
    include_str!("store/migrations/0017_threads_in_order.sql"),
    include_str!("store/migrations/0018_own_answers.sql"),
];

/// How long a connection waits for another process that writes (a `vigie digest --send` beside `watch`).
const BUSY: Duration = Duration::from_secs(10);

/// Files up to this size are checked whole at every start, which takes under a second; larger ones would
/// make starting slow, and damage shows when it is read.
const CHECKED: u64 = 256 << 20;

/// Bytes of a page of a new database.
const PAGE: i64 = 8192;

/// The name of the database in a data directory.
pub const FILE: &str = "vigie.db";

/// What can go wrong with the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The data directory cannot be made or opened.
    #[error("failed to open the data directory {}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another Vigie writes here.
    #[error("the data directory {} is in use by process {pid}; stop it or choose another with --data", .path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The process that holds it.
        pid: String,
    },
    /// The file was written by a newer program.
    #[error("{} has schema {found}, newer than this program knows ({known}); update vigie", .path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: usize,
    },
    /// An older program writes there, which this one cannot read.
    #[error("{} is written by an older vigie, process {pid}; stop it and start the new one", .path.display())]
    Older {
        /// The directory.
        path: PathBuf,
        /// The process that holds it.
        pid: String,
    },
    /// There is no store yet.
    #[error("{} holds no data yet; run `vigie watch` or `vigie replay` first", .path.display())]
    Missing {
        /// The directory.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{} is damaged ({detail}); restore a backup with `vigie restore`, the file was left as it is", .path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite found.
        detail: String,
    },
    /// SQLite refused.
    #[error("failed to use the store")]
    Sqlite(#[from] rusqlite::Error),
    /// What was stored cannot be read back.
    #[error("failed to read {what} back from the store")]
    Stored {
        /// What.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
}

impl StoreError {
    /// Whether the disk or another process is in the way and may be out of it later: a full disk, a lock.
    pub fn may_pass(&self) -> bool {
        use rusqlite::ErrorCode;
        let StoreError::Sqlite(error) = self else { return false };
        matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::DiskFull
                    | ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
            )
        )
    }
}

/// The one connection that writes, with the lock of its data directory.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    seen_before: RefCell<posts::SeenBefore>,
    stories: RefCell<posts::Held>,
    rollups: RefCell<rollup::Pending>,
    words: RefCell<posts::Words>,
    folder: PathBuf,
    /// Held as long as the store lives: two daemons on one directory are impossible.
    _lock: Option<File>,
}

/// How careful commits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Every commit is on disk before it counts: live.
    Full,
    /// Nothing is waited for: a kill loses nothing, a power cut may break the file. For replays, which can be
    /// run again.
    Again,
}

impl Store {
    /// Opens (and makes, and migrates) the store of `folder` for writing, alone.
    ///
    /// # Errors
    /// When another process holds it, the file is damaged or of a newer program, or the disk refuses.
    pub fn open(folder: &Path, durability: Durability) -> Result<Store, StoreError> {
        let directory = |source| StoreError::Directory { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(directory)?;
        let lock = lock(folder)?;
        let mut store = Store {
            connection: connect(folder, true)?,
            seen_before: RefCell::default(),
            stories: RefCell::default(),
            rollups: RefCell::default(),
            words: RefCell::default(),
            folder: folder.to_owned(),
            _lock: Some(lock),
        };
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::Again => "OFF",
        };
        // Of a new file alone: in larger pages less room is left over.
        store.connection.pragma_update(None, "page_size", PAGE)?;
        store.connection.pragma_update(None, "journal_mode", "WAL")?;
        store.connection.pragma_update(None, "synchronous", synchronous)?;
        // A deleted post leaves no trace in the file.
        store.connection.pragma_update(None, "secure_delete", "ON")?;
        store.connection.pragma_update(None, "cache_size", -16_384)?;
        store.connection.set_prepared_statement_cache_capacity(256);
        // Statements are compiled once, not again for each value that they are given.
        store.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // A table that is made anew takes nothing with it.
        store.connection.pragma_update(None, "foreign_keys", "OFF")?;
        store.migrate()?;
        store.connection.pragma_update(None, "foreign_keys", "ON")?;
        check(&store.connection, folder)?;
        store.resume()?;
        // Live, another process may write beside this one (`vigie backfill`).
        if durability == Durability::Again && store.is_empty()? {
            store.seen_before = RefCell::new(posts::SeenBefore::nothing());
        }
        store.wipe_log()?;
        Ok(store)
    }

    /// Opens an existing store beside its daemon, to add something small.
    ///
    /// # Errors
    /// When there is none, or the disk refuses.
    pub fn join(folder: &Path) -> Result<Store, StoreError> {
        renew(folder)?;
        let connection = existing(folder, true)?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
        Ok(Store {
            connection,
            seen_before: RefCell::default(),
            stories: RefCell::default(),
            rollups: RefCell::default(),
            words: RefCell::default(),
            folder: folder.to_owned(),
            _lock: None,
        })
    }

    /// The data directory.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The connection, for modules of the store and for reading figures inside a transaction.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Starts a unit of work.
    ///
    /// # Errors
    /// When another process writes for too long.
    pub fn begin(&self) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Ends the unit of work; from here on it survives a kill.
    ///
    /// # Errors
    /// When the disk refuses; nothing of the unit is kept then.
    pub fn commit(&self) -> Result<(), StoreError> {
        let done = self.settle_rollups().and_then(|()| Ok(self.connection.execute_batch("COMMIT")?));
        if done.is_err() {
            self.roll_back();
        }
        done
    }

    /// Gives the unit of work up.
    pub fn roll_back(&self) {
        // Fails only when there is nothing to give up.
        drop(self.connection.execute_batch("ROLLBACK"));
        if let Ok(mut stories) = self.stories.try_borrow_mut() {
            stories.discard();
        }
        if let Ok(mut rollups) = self.rollups.try_borrow_mut() {
            rollups.discard();
        }
    }

    /// Empties the write-ahead log, which holds what was deleted until it is written over. Tells whether it could:
    /// a reader in the middle of something keeps it for a while. Never waits.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn wipe_log(&self) -> Result<bool, StoreError> {
        self.connection.busy_timeout(Duration::ZERO)?;
        let busy =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        self.connection.busy_timeout(BUSY)?;
        match busy {
            Ok(busy) => Ok(busy == 0),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// A small named value.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        meta(&self.connection, key)
    }

    /// Sets a small named value.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        const SET: &str = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.connection.prepare_cached(SET)?.execute([key, value])?;
        Ok(())
    }

    /// Whether nothing was ever stored here.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        let sources: i64 = self.connection.query_row("SELECT count(*) FROM source", [], |row| row.get(0))?;
        Ok(sources == 0)
    }

    fn migrate(&mut self) -> Result<(), StoreError> {
        let found: i64 = self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let known = MIGRATIONS.len();
        let done = usize::try_from(found).unwrap_or(usize::MAX);
        if done > known {
            return Err(StoreError::Newer { path: self.folder.join(FILE), found, known });
        }
        for (at, migration) in MIGRATIONS.iter().enumerate().skip(done) {
            let transaction = self.connection.transaction()?;
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "user_version", i64::try_from(at + 1).unwrap_or(i64::MAX))?;
            transaction.commit()?;
        }
        Ok(())
    }
}

fn check(connection: &Connection, folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(FILE);
    if std::fs::metadata(&path).map_or(0, |data| data.len()) > CHECKED {
        return Ok(());
    }
    let detail: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if detail == "ok" { Ok(()) } else { Err(StoreError::Damaged { path, detail }) }
}

/// A small named value, through any connection.
///
/// # Errors
/// When SQLite refuses.
pub fn meta(connection: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    const GET: &str = "SELECT value FROM meta WHERE key = ?1";
    Ok(connection.prepare_cached(GET)?.query_row([key], |row| row.get(0)).optional()?)
}

/// Opens the store of `folder` for reading beside whoever writes. One that an older program wrote is brought up to date.
///
/// # Errors
/// When there is none, it is damaged, or of a newer program, or an older one writes.
pub fn reader(folder: &Path) -> Result<Connection, StoreError> {
    renew(folder)?;
    existing(folder, false)
}

/// Checks the store of `folder` as a start would, without changing it; gives its schema.
///
/// # Errors
/// When there is none, it is damaged, or of a newer program.
pub fn examine(folder: &Path) -> Result<i64, StoreError> {
    let connection = existing(folder, false)?;
    check(&connection, folder)?;
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings the store of an older program up to date.
fn renew(folder: &Path) -> Result<(), StoreError> {
    let found: i64 = existing(folder, false)?.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if usize::try_from(found).is_ok_and(|found| found >= MIGRATIONS.len()) {
        return Ok(());
    }
    match Store::open(folder, Durability::Full) {
        Ok(_) => Ok(()),
        Err(StoreError::InUse { path, pid }) => Err(StoreError::Older { path, pid }),
        Err(error) => Err(error),
    }
}

fn existing(folder: &Path, write: bool) -> Result<Connection, StoreError> {
    if !folder.join(FILE).is_file() {
        return Err(StoreError::Missing { path: folder.to_owned() });
    }
    let connection = connect(folder, write)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if usize::try_from(found).unwrap_or(usize::MAX) > MIGRATIONS.len() {
        return Err(StoreError::Newer { path: folder.join(FILE), found, known: MIGRATIONS.len() });
    }
    if found == 0 {
        return Err(StoreError::Missing { path: folder.to_owned() });
    }
    Ok(connection)
}

fn connect(folder: &Path, write: bool) -> Result<Connection, StoreError> {
    let path = folder.join(FILE);
    // A reader of a WAL file still has to map its shared memory, so it is opened for writing but told not to.
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if write {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let damaged = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
            StoreError::Damaged { path: path.clone(), detail: error.to_string() }
        }
        _ => StoreError::Sqlite(error),
    };
    let connection = Connection::open_with_flags(&path, flags).map_err(damaged)?;
    connection.busy_timeout(BUSY)?;
    if !write {
        connection.pragma_update(None, "query_only", "ON").map_err(damaged)?;
    }
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(damaged)?;
    Ok(connection)
}

/// The process that writes in `folder`, when one does. Looks for a moment only, and only reads.
pub fn holder(folder: &Path) -> Option<String> {
    let mut file = File::open(folder.join("lock")).ok()?;
    // Given back as soon as the file is closed, here below.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).ok()?;
            Some(pid.trim().to_owned())
        }
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let directory = |source| StoreError::Directory { path: folder.to_owned(), source };
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join("lock"))
        .map_err(directory)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(directory)?;
            return Err(StoreError::InUse { path: folder.to_owned(), pid: pid.trim().to_owned() });
        }
        Err(TryLockError::Error(error)) => return Err(directory(error)),
    }
    file.set_len(0).map_err(directory)?;
    file.rewind().map_err(directory)?;
    writeln!(file, "{}", std::process::id()).map_err(directory)?;
    Ok(file)
}
