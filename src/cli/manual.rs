//! `vigie completions` and `vigie man`: what shells and `man` know of the command line.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Common, say};

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "vigie", &mut script);
        std::io::stdout().lock().write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Folder for the pages: vigie.1, vigie-watch.1 and so on
    dir: PathBuf,
}

impl Man {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let failed = || format!("failed to write to {}", self.dir.display());
        std::fs::create_dir_all(&self.dir).with_context(failed)?;
        clap_mangen::generate_to(Cli::command(), &self.dir).with_context(failed)?;
        if !common.quiet {
            say(format!("manual pages are in {}: read one with `man -l FILE`", self.dir.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
