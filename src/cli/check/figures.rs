//! `vigie check --figures`: sums kept beside the rows, against the rows counted again.

use std::process::ExitCode;

use crate::cli::{Common, PROBLEM, clean, count, say};
use crate::store::rollup::{self, Difference};
use crate::store::{self, Durability, Store};

/// Differences shown: enough to see where they lie.
const SHOWN: usize = 50;

/// Compares, and with `mend` keeps what the rows give. Problems left are in the exit code.
pub(super) fn run(common: &Common, json: bool, mend: bool) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let connection = store::reader(&config.data_dir)?;
    let (mentions, differences) = rollup::compare(&connection, SHOWN)?;
    drop(connection);
    let mended = mend && !differences.is_empty();
    if mended {
        Store::open(&config.data_dir, Durability::Full)?.recount()?;
    }
    let ok = differences.is_empty();
    if json {
        let told =
            serde_json::json!({"ok": ok, "mentions": mentions, "differences": differences, "mended": mended});
        say(told.to_string())?;
    } else if ok {
        let mentions = count(mentions, "mention", "mentions");
        if !common.quiet {
            say(format!("ok      figures: {mentions} counted again, the sums kept are the same"))?;
        }
    } else {
        for line in table(&differences) {
            say(clean(&line))?;
        }
        say(if mended {
            "mended: the sums are now what the rows give"
        } else {
            "FAILS   figures: the sums kept are not what the rows give; --mend counts them anew"
        })?;
    }
    Ok(if ok || mended { ExitCode::SUCCESS } else { ExitCode::from(PROBLEM) })
}

/// Differences as a table.
fn table(differences: &[Difference]) -> Vec<String> {
    let head = format!(
        "{:<24}  {:<4}  {:<20}  {:<14}  {:<8}  {:<9}  {:>8}  {:>8}",
        "from", "of", "brand", "network", "language", "sentiment", "kept", "counted"
    );
    let line = |difference: &Difference| {
        format!(
            "{:<24}  {:<4}  {:<20}  {:<14}  {:<8}  {:<9}  {:>8}  {:>8}",
            difference.from.to_string(),
            difference.of,
            difference.brand,
            difference.network,
            difference.language.as_deref().unwrap_or("-"),
            difference.sentiment.unwrap_or("-"),
            difference.kept,
            difference.counted
        )
    };
    std::iter::once(head).chain(differences.iter().map(line)).collect()
}
