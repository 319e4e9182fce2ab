//! `vigie backup` and `vigie restore`: a consistent copy of a running store, and back.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::{Common, Usage, count, now, say};
use crate::store::{self, copy};

/// What a data directory holds without any data in it.
const NO_DATA: &[&str] = &["lock"];

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// A folder that exists, or any path that ends in /: it gets a file named by the time. Any other path is the
    /// file to write
    #[arg(value_name = "DIR|FILE")]
    to: PathBuf,
    /// Replace the file when it exists
    #[arg(long)]
    force: bool,
}

impl Backup {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let to = self.file()?;
        if same(&to, &config.data_dir.join(store::FILE)) {
            return Err(Usage(format!("{} is the store itself; name another file", to.display())).into());
        }
        if to.exists() && !self.force {
            return Err(
                Usage(format!("{} exists already; name another file, or add --force", to.display())).into()
            );
        }
        let contents = copy::backup(&config.data_dir, &to)?;
        let size = std::fs::metadata(&to).map_or(0, |about| about.len());
        let mentions = count(contents.mentions, "mention", "mentions");
        say(format!("written to {}: {mentions}, {size} bytes, checked", to.display()))?;
        Ok(ExitCode::SUCCESS)
    }

    fn file(&self) -> anyhow::Result<PathBuf> {
        let folder = self.to.is_dir() || self.to.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
        if !folder {
            return Ok(self.to.clone());
        }
        std::fs::create_dir_all(&self.to).with_context(|| format!("failed to make {}", self.to.display()))?;
        Ok(self.to.join(format!("vigie-{}.db", now().stamp().strftime("%Y%m%d-%H%M%S"))))
    }
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file that `vigie backup` wrote
    file: PathBuf,
    /// Restore into a data directory that holds data; its store is kept beside the restored one
    #[arg(long)]
    force: bool,
}

impl Restore {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let folder = &config.data_dir;
        if same(&self.file, &folder.join(store::FILE)) {
            return Err(Usage(format!("{} is the store itself", self.file.display())).into());
        }
        copy::inspect(&self.file)?;
        if let Some(holder) = store::holder(folder) {
            return Err(store::StoreError::InUse { path: folder.clone(), pid: holder }.into());
        }
        if holds_data(folder)? && !self.force {
            return Err(Usage(format!(
                "{} holds data already; name another directory with --data DIR, or add --force to replace its store",
                folder.display()
            ))
            .into());
        }
        let (contents, kept) = copy::restore(&self.file, folder, now())?;
        let mentions = count(contents.mentions, "mention", "mentions");
        say(format!("{}: restored, {mentions}", folder.display()))?;
        if let Some(kept) = kept {
            say(format!("the replaced store is kept as {}", kept.display()))?;
        }
        if contents.due > 0 {
            say(format!(
                "{} due when the backup was made: the next start sends what was, even if it went since",
                count(contents.due, "mail was", "mails were")
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn holds_data(folder: &Path) -> anyhow::Result<bool> {
    if !folder.exists() {
        return Ok(false);
    }
    let mut entries =
        std::fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    Ok(entries.any(|entry| {
        entry.is_ok_and(|entry| !NO_DATA.contains(&entry.file_name().to_string_lossy().as_ref()))
    }))
}
