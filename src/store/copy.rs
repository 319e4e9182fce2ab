//! A consistent copy of a store that is in use, and a copy put back in its place.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

use super::{FILE, MIGRATIONS, StoreError, lock, reader};
use crate::time::Time;

/// Pages copied at a stretch: all of them, so that a busy daemon cannot make the copy start over for ever.
const ALL_PAGES: std::ffi::c_int = std::ffi::c_int::MAX;
/// The wait when a copy finds the file locked for a moment.
const PAUSE: Duration = Duration::from_millis(50);

/// Why a copy could not be made or put back.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SQLite refused.
    #[error("failed to copy {}", .path.display())]
    Sqlite {
        /// What was copied.
        path: PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
    /// The disk refused.
    #[error("failed to write {}", .path.display())]
    Disk {
        /// What was written.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is no backup that this program can use.
    #[error("{} cannot be restored: {reason}", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// Its schema.
    pub schema: usize,
    /// Mentions in it.
    pub mentions: u64,
    /// Mails that were due when it was made.
    pub due: u64,
}

/// Copies the store of `folder` to `to`, while others read and write it, and checks the copy whole.
///
/// `to` appears only when the copy is whole and on disk.
///
/// # Errors
/// When there is no store, the disk refuses, or the copy turns out damaged.
pub fn backup(folder: &Path, to: &Path) -> Result<Contents, CopyError> {
    let source = reader(folder)?;
    let part = beside(to, "part");
    let done = copy(&source, &part).and_then(|()| inspect(&part)).and_then(|contents| {
        std::fs::rename(&part, to).map_err(|source| disk(to, source))?;
        settle(to)?;
        Ok(contents)
    });
    if done.is_err() {
        drop(std::fs::remove_file(&part));
    }
    done
}

/// What a backup holds, when it is whole and this program knows its schema. Changes nothing.
///
/// # Errors
/// When it is no store, damaged, or of a newer program.
pub fn inspect(file: &Path) -> Result<Contents, CopyError> {
    let unusable = |reason: String| CopyError::Unusable { path: file.to_owned(), reason };
    if !file.is_file() {
        return Err(unusable("there is no such file".to_owned()));
    }
    let strange = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => unusable("it is no backup of Vigie".to_owned()),
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => unusable(format!("it is damaged ({error})")),
        _ => CopyError::Sqlite { path: file.to_owned(), source: error },
    };
    let connection = open(file).map_err(strange)?;
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(strange);
    let schema = usize::try_from(number("PRAGMA user_version")?).unwrap_or(usize::MAX);
    if schema > MIGRATIONS.len() {
        let known = MIGRATIONS.len();
        return Err(unusable(format!(
            "it has schema {schema}, newer than this program knows ({known}); update vigie"
        )));
    }
    const OURS: &str = "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view')
        AND name IN ('meta', 'source', 'post', 'mention', 'notice')";
    if schema == 0 || number(OURS)? < 5 {
        return Err(unusable("it is no backup of Vigie".to_owned()));
    }
    let found: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(strange)?;
    if found != "ok" {
        // SQLite writes a headline and a line below it
        let found = found.split_whitespace().collect::<Vec<_>>().join(" ");
        return Err(unusable(format!("it is damaged ({found}); take an older backup")));
    }
    let count = |sql: &str| number(sql).map(|count| u64::try_from(count).unwrap_or(0));
    Ok(Contents {
        schema,
        mentions: count("SELECT count(*) FROM mention")?,
        due: count("SELECT count(*) FROM notice WHERE state = 'due'")?,
    })
}

/// Puts the backup `file` in the place of the store of `folder`; what was there is kept beside it.
///
/// Gives what the backup holds, and where the replaced store is kept, if there was one.
///
/// # Errors
/// When the backup is unusable, a daemon holds the directory, or the disk refuses; then all is as before.
pub fn restore(file: &Path, folder: &Path, now: Time) -> Result<(Contents, Option<PathBuf>), CopyError> {
    let contents = inspect(file)?;
    std::fs::create_dir_all(folder)
        .map_err(|source| StoreError::Directory { path: folder.to_owned(), source })?;
    let _lock = lock(folder)?;
    let place = folder.join(FILE);
    let part = beside(&place, "restoring");
    let source = open(file).map_err(|source| CopyError::Sqlite { path: file.to_owned(), source })?;
    let copied = copy(&source, &part).and_then(|()| inspect(&part));
    if let Err(error) = copied {
        drop(std::fs::remove_file(&part));
        return Err(error);
    }
    let mut kept = None;
    if place.exists() {
        let aside = folder.join(format!("replaced-{}.db", now.stamp().strftime("%Y%m%d-%H%M%S")));
        // With its journal first: a store without its journal would lose what was not yet moved over.
        for end in ["-wal", "-shm", ""] {
            let from = suffixed(&place, end);
            if from.exists() {
                std::fs::rename(&from, suffixed(&aside, end)).map_err(|source| disk(&from, source))?;
            }
        }
        kept = Some(aside);
    }
    std::fs::rename(&part, &place).map_err(|source| disk(&place, source))?;
    settle(&place)?;
    Ok((contents, kept))
}

/// A file that nobody writes.
fn open(file: &Path) -> Result<Connection, rusqlite::Error> {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Copies a whole database into a new file, on disk when it returns. Only its owner may read it: it holds
/// what people wrote.
fn copy(source: &Connection, to: &Path) -> Result<(), CopyError> {
    let failed = |source| CopyError::Sqlite { path: to.to_owned(), source };
    // What an interrupted copy left.
    drop(std::fs::remove_file(to));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(to).map_err(|source| disk(to, source))?;
    let mut target = Connection::open(to).map_err(failed)?;
    Backup::new(source, &mut target)
        .and_then(|backup| backup.run_to_completion(ALL_PAGES, PAUSE, None))
        .map_err(failed)?;
    // One file, without a journal beside it.
    target.pragma_update(None, "journal_mode", "DELETE").map_err(failed)?;
    target.close().map_err(|(_, source)| failed(source))?;
    file.sync_all().map_err(|source| disk(to, source))
}

/// Makes the name of a file survive a power cut.
fn settle(file: &Path) -> Result<(), CopyError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| disk(folder, source))
}

fn disk(path: &Path, source: std::io::Error) -> CopyError {
    CopyError::Disk { path: path.to_owned(), source }
}

fn suffixed(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn beside(path: &Path, end: &str) -> PathBuf {
    suffixed(path, &format!(".{end}"))
}
