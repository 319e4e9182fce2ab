//! An export into a folder: its files, what their columns mean, and SHA256SUMS, which `sha256sum -c` checks.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use crate::cli::output::Target;
use crate::export::{Cells, Column, DICTIONARY, Table, dictionary, header};

/// The name of the file of checksums.
const SUMS: &str = "SHA256SUMS";

/// A folder that is written into.
pub(super) struct Folder {
    path: PathBuf,
    /// Name and ending of its files.
    name: &'static str,
    ending: &'static str,
}

/// Something that is written to; in a folder with its name there and a checksum.
pub(super) struct Hashed {
    target: Target,
    hash: Option<(String, Sha256)>,
}

impl Folder {
    /// Opens a folder, or makes it.
    pub(super) fn open(path: &Path, name: &'static str, ending: &'static str) -> anyhow::Result<Folder> {
        std::fs::create_dir_all(path).with_context(|| format!("failed to write {}", path.display()))?;
        Ok(Folder { path: path.to_owned(), name, ending })
    }

    /// A file in it; `part` tells it from others of the same export.
    pub(super) fn target(&self, part: Option<&str>) -> anyhow::Result<Hashed> {
        let part = part.map(|part| format!("-{part}")).unwrap_or_default();
        self.named(format!("{}{part}.{}", self.name, self.ending))
    }

    fn named(&self, name: String) -> anyhow::Result<Hashed> {
        let target = Target::open(Some(&self.path.join(&name)))?;
        Ok(Hashed { target, hash: Some((name, Sha256::new())) })
    }

    /// Gives the files their names, with what their columns mean and all checksums. Files of an earlier export of the same
    /// kind that this one did not write go: with them rows would stand there twice.
    pub(super) fn done(&self, files: Vec<Hashed>, columns: &'static [Column]) -> anyhow::Result<()> {
        let meaning = self.named(format!("{}-columns.csv", self.name))?;
        let mut table = Table::new(meaning, &header(DICTIONARY), Cells::Safe)?;
        dictionary(columns).try_for_each(|row| table.row(&row))?;
        let place = self.path.join(SUMS);
        let before = std::fs::read_to_string(&place).unwrap_or_default();
        let mut sums: BTreeMap<String, String> = before
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
            .collect();
        let mut written = Vec::new();
        for file in files.into_iter().chain([table.done()?]) {
            let Hashed { target, hash } = file;
            target.done()?;
            if let Some((name, hash)) = hash {
                let sum: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
                sums.insert(name.clone(), sum);
                written.push(name);
            }
        }
        let old: Vec<String> =
            sums.keys().filter(|name| self.is_part(name) && !written.contains(name)).cloned().collect();
        for name in old {
            let gone = std::fs::remove_file(self.path.join(&name));
            if gone.is_ok() || gone.is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
                sums.remove(&name);
            }
        }
        let mut target = Target::open(Some(&place))?;
        for (name, sum) in &sums {
            writeln!(target, "{sum}  {name}")?;
        }
        target.done()
    }

    /// Whether a file is one of an export like this: `mentions.parquet`, `mentions-2026-10.parquet`.
    fn is_part(&self, name: &str) -> bool {
        let middle = name
            .strip_prefix(self.name)
            .and_then(|rest| rest.strip_suffix(self.ending))
            .and_then(|rest| rest.strip_suffix('.'));
        middle.is_some_and(|middle| {
            middle.chars().all(|c| c.is_ascii_digit() || c == '-') && (middle.is_empty() || middle.len() == 8)
        })
    }
}

impl Hashed {
    /// Something that needs no checksum.
    pub(super) fn plain(target: Target) -> Hashed {
        Hashed { target, hash: None }
    }

    /// Finishes it.
    pub(super) fn done(self) -> anyhow::Result<()> {
        self.target.done()
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.target.write(bytes)?;
        if let Some((_, hash)) = &mut self.hash {
            hash.update(bytes.get(..written).unwrap_or_default());
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}
