//! `vigie share`: share of voice, in the terminal.

use std::process::ExitCode;

use clap::Args;

use super::period::Period;
use super::{Common, count, say};
use crate::digest;
use crate::share::Shares;
use crate::store;

/// Columns of the bar of a whole share.
const BAR: u16 = 30;

#[derive(Debug, Args)]
pub(super) struct Share {
    #[command(flatten)]
    period: Period,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Share {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let connection = store::reader(&config.data_dir)?;
        let window = self.period.window(&connection, &config)?;
        let shares = digest::shares(&connection, &brands, window)?;
        if self.json {
            say(serde_json::to_string(&shares)?)?;
        } else {
            for line in lines(&shares) {
                say(super::clean(&line))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Shares of voice as a table with bars.
pub(super) fn lines(shares: &Shares) -> Vec<String> {
    let day = |time: crate::time::Time| time.stamp().strftime("%Y-%m-%d %H:%M").to_string();
    let mut lines = vec![format!(
        "share of voice, {} to {} UTC: {}, {}, {}",
        day(shares.window.from),
        day(shares.window.to),
        count(shares.totals.mentions, "mention", "mentions"),
        count(shares.totals.authors, "author", "authors"),
        count(shares.totals.posts, "distinct post", "distinct posts")
    )];
    let width = shares.brands.iter().map(|share| share.name.chars().count()).max().unwrap_or(0);
    for share in &shares.brands {
        let permille = share.permille.map_or(0, |permille| permille.0);
        let bar = "█".repeat(usize::from((permille * BAR + 500) / 1000));
        let change = match &share.change {
            Some(change) => match change.permille {
                Some(by) => {
                    format!("  {}{}.{} pt", if by < 0 { "-" } else { "+" }, by.abs() / 10, by.abs() % 10)
                }
                None => String::new(),
            },
            None => String::new(),
        };
        let part = share
            .permille
            .map_or("     -".to_owned(), |permille| format!("{:>3}.{} %", permille.0 / 10, permille.0 % 10));
        lines.push(format!(
            "  {:<width$}  {part}  {:>5} mentions  {:>5} authors  {:>5} posts{change}  {bar}",
            share.name, share.counts.mentions, share.counts.authors, share.counts.posts
        ));
    }
    if shares.examples > 0 {
        lines.push(format!(
            "  {} of these mentions come from the shipped example, not from the world",
            shares.examples
        ));
    }
    lines
}
