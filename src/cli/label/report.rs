//! How often mentions were about the brand, by keyword, as people said; and whether that falls.

use std::collections::BTreeMap;
use std::process::ExitCode;

use rusqlite::Connection;
use serde::Serialize;

use crate::cli::output::Out;
use crate::relevance::precision::{Count, fell};
use crate::store::StoreError;
use crate::store::labels::{self, Said};

/// One keyword of one brand.
#[derive(Debug, Serialize)]
struct Row {
    brand: String,
    keyword: String,
    labels: u32,
    relevant: u32,
    precision: Option<f64>,
    /// The interval of 95 %.
    low: f64,
    high: f64,
    /// Labels of mentions that were asked for as the most doubtful: with many of these the figure is too low.
    doubted: u32,
    /// The latest labels, where they are worse than those before by more than chance.
    falls: Option<Fall>,
}

/// Then and now.
#[derive(Debug, Serialize)]
struct Fall {
    before: Count,
    lately: Count,
}

fn rows(connection: &Connection, brands: &[String]) -> Result<Vec<Row>, StoreError> {
    let mut keywords: BTreeMap<(String, String), Vec<Said>> = BTreeMap::new();
    for said in labels::history(connection, brands)? {
        for keyword in &said.keywords {
            keywords.entry((said.brand.to_string(), keyword.clone())).or_default().push(said.clone());
        }
    }
    let rows = keywords.into_iter().map(|((brand, keyword), said)| {
        let answers: Vec<bool> = said.iter().map(|said| said.relevant).collect();
        let count = Count::of(&answers);
        let (low, high) = count.interval();
        let doubted: u32 = said.iter().map(|said| u32::from(said.doubted)).sum();
        // What was asked for as doubtful says how hard the questions were, not how good the keyword is.
        let fair: Vec<bool> = said.iter().filter(|said| !said.doubted).map(|said| said.relevant).collect();
        let compared = fell(&fair).or_else(|| fell(&answers));
        Row {
            brand,
            keyword,
            labels: count.all,
            relevant: count.right,
            precision: count.part(),
            low,
            high,
            doubted,
            falls: compared.map(|(before, lately)| Fall { before, lately }),
        }
    });
    Ok(rows.collect())
}

/// Prints the report.
pub(super) fn print(connection: &Connection, brands: &[String], json: bool) -> anyhow::Result<ExitCode> {
    let rows = rows(connection, brands)?;
    let mut out = Out::standard();
    if json {
        for row in &rows {
            out.json(row)?;
        }
        return out.done();
    }
    if rows.is_empty() {
        out.line("no label yet: vigie label asks for the most doubtful mentions")?;
    }
    for row in &rows {
        let part = 100.0 * row.precision.unwrap_or_default();
        out.line(&format!(
            "{}  \"{}\"  {} of {} about it: {part:.0} % ({:.0} to {:.0} %)",
            row.brand,
            row.keyword,
            row.relevant,
            row.labels,
            100.0 * row.low,
            100.0 * row.high
        ))?;
        if 2 * row.doubted > row.labels {
            out.line(&format!(
                "    {} of these were the most doubtful: the rest is better; vigie label {} --random asks for any",
                row.doubted, row.brand
            ))?;
        }
    }
    let code = out.done()?;
    tell_falls(&rows);
    Ok(code)
}

/// Warns where the latest labels are worse than those before.
pub(super) fn warn_of_falls(connection: &Connection, brands: &[String]) -> anyhow::Result<()> {
    tell_falls(&rows(connection, brands)?);
    Ok(())
}

fn tell_falls(rows: &[Row]) {
    for row in rows {
        if let Some(Fall { before, lately }) = &row.falls {
            crate::cli::warn(&format!(
                "{}: \"{}\" is right less often: {} of the last {}, {} of the {} before; add words under unless or context",
                row.brand, row.keyword, lately.right, lately.all, before.right, before.all
            ));
        }
    }
}
