//! `vigie read`: what Vigie understands of one answer of a network, with the daemon's own code.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::{Common, PROBLEM, Usage, say};
use crate::network::{self, recorded};

#[derive(Debug, Args)]
pub(super) struct Read {
    /// The network, such as feed, hackernews, bluesky or mastodon
    network: String,
    /// The answer: a bare body, a recorded exchange, JSON lines, or length-prefixed frames; - for standard input
    file: PathBuf,
    /// The address it came from, against which relative links are resolved
    #[arg(long)]
    url: Option<String>,
    /// A header it came with, such as 'Content-Type: text/xml'
    #[arg(long, value_name = "K: V")]
    header: Vec<String>,
}

impl Read {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let spec =
            network::spec(&self.network).ok_or_else(|| Usage(super::networks::unknown(&self.network)))?;
        let network =
            (spec.build)(&toml::Table::new()).map_err(|error| Usage(format!("{}: {error}", spec.name)))?;
        let mut headers = Vec::new();
        for header in &self.header {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| Usage(format!("\"{header}\" is no header; write 'Name: value'")))?;
            headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
        }
        let bytes = if self.file.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
                .context("failed to read standard input")?;
            bytes
        } else {
            std::fs::read(&self.file).with_context(|| format!("failed to read {}", self.file.display()))?
        };
        let answers = recorded::answers(&bytes, self.url.as_deref(), &headers);
        let (page, errors) = recorded::understand(network.as_ref(), &answers);
        say(serde_json::to_string(&page)?)?;
        if !common.quiet {
            for error in &errors {
                super::warn(&error.to_string());
            }
        }
        // Nothing was understood at all: that is a problem; a part that was not is told above.
        let empty = page.posts.is_empty()
            && page.edits.is_empty()
            && page.deletions.is_empty()
            && page.accounts.is_empty();
        Ok(if empty && !errors.is_empty() { ExitCode::from(PROBLEM) } else { ExitCode::SUCCESS })
    }
}
