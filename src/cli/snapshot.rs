//! `vigie snapshot`: the state of every brand over a period, as a JSON document.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::duty::Duty;
use super::output::Target;
use super::period::Period;
use super::select::Brands;
use super::{Common, now};
use crate::export::json_pretty;
use crate::{snapshot, store};

#[derive(Debug, Args)]
pub(super) struct Snapshot {
    #[command(flatten)]
    period: Period,
    #[command(flatten)]
    brands: Brands,
    /// Write to this file instead of standard output; it is replaced once the new one is whole
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Snapshot {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let document = gather(common, &self.period, &self.brands)?;
        let mut target = Target::open(self.out.as_deref())?;
        writeln!(target, "{}", json_pretty(&document)?)?;
        target.done()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The snapshot of a period. Brands that are not asked for are left out, not out of the shares.
pub(super) fn gather(common: &Common, period: &Period, asked: &Brands) -> anyhow::Result<snapshot::Snapshot> {
    let config = common.config()?;
    let brands = common.brands_for_reading(&config)?;
    let connection = store::reader(&config.data_dir)?;
    let asked = asked.ids(&connection, &brands)?;
    let window = period.window(&connection, &config)?;
    // What a replayed store gives does not depend on when it is asked.
    let generated = if store::meta(&connection, "replayed")?.is_some() { window.to } else { now() };
    let mut document = snapshot::gather(&connection, &brands, window, generated)?;
    Duty::of(&connection)?.hold_all(&mut document);
    document.brands.retain(|brand| asked.is_empty() || asked.iter().any(|id| **id == *brand.id.0));
    Ok(document)
}
