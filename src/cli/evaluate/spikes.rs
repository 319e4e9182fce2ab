//! `vigie evaluate spikes`: alerts on series of counts, beside the periods in which something was unusual.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::civil::DateTime;
use serde::Serialize;

use crate::cli::Usage;
use crate::cli::output::{Out, Target};
use crate::spike::Detector;

mod score;

use score::{Score, Window};

/// The labelled periods, in the folder of the series.
const WINDOWS: &str = "windows.json";

#[derive(Debug, Args)]
pub(super) struct Spikes {
    /// A folder of series, one NAME.csv each: `timestamp,count`, one line for five minutes. With a windows.json
    /// ({"NAME": [["first", "last"], ...]}) there are scores too
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Write one alert a line here, `series,timestamp`; - for standard output
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Print counts and scores as JSON
    #[arg(long)]
    json: bool,
}

/// One series, and what was told of it.
#[derive(Debug)]
struct Series {
    name: String,
    /// Starts of buckets as written.
    times: Vec<String>,
    /// The places of the buckets after which an alert was raised.
    alerts: Vec<usize>,
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    series: &'a str,
    buckets: usize,
    alerts: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<Score>,
}

impl Spikes {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let all = read_folder(&self.folder)?;
        let windows = windows(&self.folder, &all)?;
        if let Some(answers) = &self.answers {
            let mut to = Target::open(Some(answers))?;
            let mut table = csv::Writer::from_writer(Vec::new());
            table.write_record(["series", "timestamp"])?;
            for series in &all {
                for time in series.alerts.iter().filter_map(|at| series.times.get(*at)) {
                    table.write_record([&series.name, time])?;
                }
            }
            let lines = table.into_inner().context("failed to write the alerts")?;
            std::io::Write::write_all(&mut to, &lines)?;
            to.done()?;
        }
        let mut out = Out::standard();
        let mut whole = Score::default();
        for series in &all {
            let score = windows.get(&series.name).map(|windows| {
                let score = Score::of(series.times.len(), windows, &series.alerts);
                whole.add(score);
                score
            });
            let told = Told {
                series: &series.name,
                buckets: series.times.len(),
                alerts: series.alerts.len(),
                score,
            };
            if self.json {
                out.json(&told)?;
            } else {
                let score = told.score.map_or_else(String::new, |score| format!("; {}", score.line()));
                out.line(&format!(
                    "{}: {} buckets, {} alerts{score}",
                    told.series, told.buckets, told.alerts
                ))?;
            }
        }
        if !windows.is_empty() {
            let (buckets, alerts) =
                (all.iter().map(|one| one.times.len()).sum(), all.iter().map(|one| one.alerts.len()).sum());
            if self.json {
                out.json(&Told { series: "all", buckets, alerts, score: Some(whole) })?;
            } else {
                out.line(&format!("all: {buckets} buckets, {alerts} alerts; {}", whole.line()))?;
            }
        }
        out.done()
    }
}

/// Every series of a folder, by name.
fn read_folder(folder: &Path) -> anyhow::Result<Vec<Series>> {
    let fault = |error: &std::io::Error| Usage(format!("failed to read {}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| fault(&error))? {
        let path = entry.map_err(|error| fault(&error))?.path();
        if path.extension().is_some_and(|found| found == "csv") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Usage(format!("failed to read {}: {error}", path.display())))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        all.extend(series(&path.display().to_string(), name, &text)?);
    }
    if all.is_empty() {
        let folder = folder.display();
        return Err(
            Usage(format!("{folder} holds no series; write NAME.csv with `timestamp,count` lines")).into()
        );
    }
    Ok(all)
}

/// Reads one series and raises its alerts; `None` for a file of alerts.
fn series(file: &str, name: String, text: &str) -> Result<Option<Series>, Usage> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut series = Series { name, times: Vec::new(), alerts: Vec::new() };
    let mut detector = Detector::default();
    let mut before: Option<DateTime> = None;
    for (line, row) in (1..).zip(text.lines()).filter(|(_, row)| !row.trim().is_empty()) {
        let fault = |what: &str| Usage(format!("{file}:{line}: {what}"));
        let Some((time, count)) = row.split_once(',') else {
            return Err(fault("no comma; write `timestamp,count`, as in `2026-03-01 08:05:00,12`"));
        };
        let (time, count) = (time.trim(), count.trim());
        if line == 1 && time == "series" {
            return Ok(None);
        }
        if line == 1 && time == "timestamp" {
            continue;
        }
        let moment: DateTime = time
            .parse()
            .map_err(|_| fault(&format!("\"{time}\" is no time, as in `2026-03-01 08:05:00`")))?;
        if before.is_some_and(|before| before >= moment) {
            return Err(fault(&format!(
                "{time} does not come after the line before it; sort the lines by time"
            )));
        }
        before = Some(moment);
        let count: u32 = count
            .parse()
            .map_err(|_| fault(&format!("\"{count}\" is no count; write a whole number of mentions")))?;
        if detector.push(count).is_some() {
            series.alerts.push(series.times.len());
        }
        series.times.push(time.to_owned());
    }
    Ok(Some(series))
}

/// The labelled periods of each series, as places of buckets; nothing without a file of them.
fn windows(folder: &Path, all: &[Series]) -> Result<BTreeMap<String, Vec<Window>>, Usage> {
    let path = folder.join(WINDOWS);
    let file = path.display();
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text =
        std::fs::read_to_string(&path).map_err(|error| Usage(format!("failed to read {file}: {error}")))?;
    let written: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text).map_err(|error| {
        Usage(format!("{file}: {error}; write {{\"NAME\": [[\"first bucket\", \"last bucket\"], ...]}}"))
    })?;
    let mut found = BTreeMap::new();
    for (name, periods) in written {
        let Some(series) = all.iter().find(|series| series.name == name) else {
            return Err(Usage(format!("{file}: {name} has no {name}.csv beside it")));
        };
        let place = |time: &String| {
            let at = series.times.iter().position(|known| known == time);
            at.ok_or_else(|| Usage(format!("{file}: {name} has no bucket that starts at {time}")))
        };
        let mut windows = Vec::new();
        for (first, last) in &periods {
            let window = Window { first: place(first)?, last: place(last)? };
            if window.last <= window.first {
                return Err(Usage(format!("{file}: {name}: {last} does not come after {first}")));
            }
            windows.push(window);
        }
        windows.sort_by_key(|window| window.first);
        found.insert(name, windows);
    }
    Ok(found)
}
