//! The outbox folder: finished mails as `.eml` files, each with an `.html` twin that a browser opens.

use std::path::{Path, PathBuf};

use crate::store::alerts::{Due, Outcome};
use crate::store::{Store, StoreError};
use crate::time::Time;

/// Mails taken from the store at once.
const BATCH: u32 = 64;

/// Writes one mail and its twin into `folder`, whole or not at all, and gives the path of the mail. Writing it
/// again writes the same files.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(folder: &Path, due: &Due) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let stamp = due.written.stamp().strftime("%Y%m%d-%H%M%S").to_string();
    let short: String = due.message_id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let name = format!("{stamp}-{}-{short}", due.kind);
    let mail = folder.join(format!("{name}.eml"));
    put(&folder.join(format!("{name}.html")), due.html.as_bytes())?;
    put(&mail, &due.bytes)?;
    Ok(mail)
}

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let half = path.with_extension("part");
    std::fs::write(&half, bytes)?;
    std::fs::rename(&half, path)
}

/// What went wrong while mails were written to a folder.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder refused.
    #[error("failed to write to {}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes every due mail into `folder`, as sent at the moment it was written: for replays and single runs.
///
/// # Errors
/// When the store or the folder refuses.
pub fn write_all(store: &Store, folder: &Path) -> Result<Vec<PathBuf>, OutboxError> {
    let mut written = Vec::new();
    loop {
        let batch = store.due(Time(i64::MAX), BATCH)?;
        if batch.is_empty() {
            return Ok(written);
        }
        store.begin()?;
        for due in batch {
            let path = write(folder, &due)
                .map_err(|source| OutboxError::Folder { folder: folder.to_owned(), source })?;
            store.trying(due.id, due.written)?;
            store.record(due.id, due.written, &Outcome::Sent(format!("written to {}", file_name(&path))))?;
            written.push(path);
        }
        store.commit()?;
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
