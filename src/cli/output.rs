//! Where results go: standard output or a file that appears only when it is whole.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;

use crate::config::secret;
use crate::export::json_line;

/// Standard output, written in large pieces: lists may be long.
pub(super) struct Out {
    to: BufWriter<StdoutLock<'static>>,
    /// Whether a person sees it, in colour.
    pub(super) lively: bool,
}

impl Out {
    pub(super) fn standard() -> Out {
        let lively = io::stdout().is_terminal() && !secret::no_color();
        Out { to: BufWriter::new(io::stdout().lock()), lively }
    }

    /// Writes a line, with what strangers wrote in it made harmless.
    pub(super) fn line(&mut self, line: &str) -> anyhow::Result<()> {
        self.own_line(&super::clean(line))
    }

    /// Writes a line that is harmless already.
    pub(super) fn own_line(&mut self, line: &str) -> anyhow::Result<()> {
        self.to.write_all(line.as_bytes())?;
        Ok(self.to.write_all(b"\n")?)
    }

    /// Writes a value as one line of JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        self.own_line(&json_line(value)?)
    }

    /// Writes what is left.
    pub(super) fn done(mut self) -> anyhow::Result<ExitCode> {
        self.to.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The end of a `--out`: standard output, or a file that is named only once it is whole, so that a failure
/// leaves what was there before.
pub(super) enum Target {
    /// Standard output.
    Standard(BufWriter<io::Stdout>),
    /// A file under another name until it is whole.
    Part {
        /// What is written to.
        file: BufWriter<File>,
        /// Its name for now; taken away when it is not finished.
        part: Part,
        /// Its name in the end.
        name: PathBuf,
    },
    /// Something that is no regular file: a pipe with a name, a device.
    Direct(BufWriter<File>),
}

/// A file that goes unless it is kept.
pub(super) struct Part(Option<PathBuf>);

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // What cannot be taken away stays under a name that says it is not whole.
            drop(std::fs::remove_file(path));
        }
    }
}

impl Target {
    /// Opens what `--out` names; nothing or `-` is standard output.
    pub(super) fn open(out: Option<&Path>) -> anyhow::Result<Target> {
        let Some(out) = out.filter(|out| out.as_os_str() != "-") else {
            return Ok(Target::Standard(BufWriter::new(io::stdout())));
        };
        let failed = || format!("failed to write {}", out.display());
        // A link stays a link: what it leads to is replaced.
        let name = out.canonicalize().unwrap_or_else(|_| out.to_owned());
        if let Ok(known) = std::fs::metadata(&name)
            && !known.is_file()
        {
            let file = File::options().write(true).open(&name).with_context(failed)?;
            return Ok(Target::Direct(BufWriter::new(file)));
        }
        let mut part = name.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).with_context(failed)?;
        Ok(Target::Part { file: BufWriter::new(file), part: Part(Some(part)), name })
    }

    /// Finishes: the file gets its name.
    pub(super) fn done(self) -> anyhow::Result<()> {
        match self {
            Target::Standard(mut to) => to.flush()?,
            Target::Direct(mut to) => to.flush()?,
            Target::Part { file, mut part, name } => {
                let failed = || format!("failed to write {}", name.display());
                let file = file.into_inner().map_err(io::IntoInnerError::into_error).with_context(failed)?;
                file.sync_all().with_context(failed)?;
                if let Some(path) = &part.0 {
                    std::fs::rename(path, &name).with_context(failed)?;
                }
                part.0 = None;
            }
        }
        Ok(())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Target::Standard(to) => to.write(bytes),
            Target::Direct(to) | Target::Part { file: to, .. } => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Target::Standard(to) => to.flush(),
            Target::Direct(to) | Target::Part { file: to, .. } => to.flush(),
        }
    }
}
