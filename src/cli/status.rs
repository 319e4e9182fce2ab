//! `vigie status`: how the watch fares: sources, coverage, latency, mails.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde::Serialize;

use super::mentions::moment;
use super::output::Out;
use super::{Common, count, now};
use crate::config::Config;
use crate::daemon;
use crate::digest;
use crate::mail::clean::short;
use crate::mention::Gap;
use crate::network::{self, Dates, Unit};
use crate::share::Window;
use crate::source::{Purse, amount};
use crate::store;
use crate::store::alerts::{self, NoticeRow, Waiting};
use crate::store::doors::{IMPORT, INGEST};
use crate::store::figures::{self, Deletions, Latency};
use crate::store::sources::{self, SourceRow};
use crate::store::spending;
use crate::time::{DAY, Time};

/// Mails listed.
const MAILS: u32 = 5;
/// Gaps shown to a person; JSON has all.
const GAPS: usize = 5;
/// Days that latencies are measured over: long enough to have some, short enough to be about now.
const LATENCY_DAYS: i64 = 7;
/// Characters of a reason, an answer or a subject.
const TEXT: usize = 160;

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// All that is told.
#[derive(Debug, Serialize)]
struct Report {
    /// The data directory.
    data_dir: String,
    /// Whether a vigie writes there now, and which process it is.
    running: bool,
    pid: Option<u64>,
    /// Whether it was filled by a replay.
    replayed: bool,
    /// The moment all of this is about; the end of a replayed store.
    at: Time,
    sources: Vec<Source>,
    /// Stretches that a source could not give and that were not filled, oldest first.
    gaps: Vec<Gap>,
    /// Posts taken away because they were at their source.
    deletions: Deletions,
    mails: Mails,
}

#[derive(Debug, Serialize)]
struct Source {
    #[serde(flatten)]
    row: SourceRow,
    /// The last 24 hours.
    last_day: LastDay,
    latency: Waits,
    /// What was spent today (UTC), where the network or the configuration sets a budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Spent>,
}

/// A budget of today, in the unit of its network.
#[derive(Debug, Clone, Copy, Serialize)]
struct Spent {
    spent: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    daily: Option<u64>,
    unit: Unit,
}

/// Attempts of the last 24 hours, whole hours at their start.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct LastDay {
    due: i64,
    done: i64,
    failed: i64,
    paused: i64,
    posts: i64,
    mentions: i64,
}

/// Milliseconds, over the last 7 days.
#[derive(Debug, Serialize)]
struct Waits {
    /// `null` where nothing was measured, or where authors set the time of publication.
    published_to_seen: Option<Latency>,
    /// Whether the time of publication is the network's own.
    published_trusted: bool,
    seen_to_sent: Option<Latency>,
}

#[derive(Debug, Serialize)]
struct Mails {
    #[serde(flatten)]
    waiting: Waiting,
    last: Vec<NoticeRow>,
}

impl Status {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let connection = store::reader(&config.data_dir)?;
        let holder = store::holder(&config.data_dir);
        let report = gather(&connection, &config, holder)?;
        let mut out = Out::standard();
        if self.json {
            out.json(&report)?;
        } else {
            let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
            report.show(&mut out, &zone)?;
        }
        out.done()
    }
}

fn gather(connection: &Connection, config: &Config, holder: Option<String>) -> anyhow::Result<Report> {
    let data_dir = config.data_dir.display().to_string();
    let reading = connection.unchecked_transaction()?;
    let replayed = store::meta(&reading, "replayed")?.is_some();
    let kept = sources::sources(&reading)?;
    let at = if replayed {
        let heard = kept.iter().flat_map(|source| [source.last_try, source.last_post]).flatten().max();
        digest::default_window(&reading, now())?.to.max(heard.unwrap_or_default())
    } else {
        now()
    };
    // What is stored in this very millisecond is part of it.
    let week = Window { from: at.plus(-LATENCY_DAYS * DAY), to: at.plus(DAY) };
    let mut last_day: BTreeMap<String, LastDay> = BTreeMap::new();
    for row in sources::coverage(&reading, at.plus(-DAY), at.plus(1))? {
        let day = last_day.entry(row.source).or_default();
        day.due += row.due;
        day.done += row.done;
        day.failed += row.failed;
        day.paused += row.paused;
        day.posts += row.posts;
        day.mentions += row.mentions;
    }
    let by_source = |list: Vec<Latency>| -> BTreeMap<String, Latency> {
        list.into_iter().map(|latency| (latency.source.clone(), latency)).collect()
    };
    let mut seen = by_source(figures::published_to_seen(&reading, week)?);
    let mut sent = by_source(figures::seen_to_sent(&reading, week)?);
    let mut spent = BTreeMap::new();
    for row in &kept {
        spent.insert(row.id, spending::spent(&reading, row.id, at)?);
    }
    let sources = kept.into_iter().map(|row| {
        let trusted = network::spec(&row.network).is_some_and(|spec| spec.dates == Dates::Server);
        // What is played from a file was not waited for.
        let live = !matches!(row.network.as_str(), "capture" | IMPORT) || replayed;
        let latency = Waits {
            published_to_seen: seen.remove(&row.name).filter(|_| trusted && live),
            published_trusted: trusted,
            seen_to_sent: sent.remove(&row.name).filter(|_| live),
        };
        let budget = budget(config, &row, spent.get(&row.id).copied().unwrap_or_default());
        Source { last_day: last_day.remove(&row.name).unwrap_or_default(), latency, budget, row }
    });
    Ok(Report {
        data_dir,
        running: holder.is_some(),
        pid: holder.and_then(|pid| pid.parse().ok()),
        replayed,
        at,
        sources: sources.collect(),
        gaps: sources::gaps(&reading, Time(i64::MIN), Time(i64::MAX))?,
        deletions: figures::deletions(&reading)?,
        mails: Mails { waiting: alerts::waiting(&reading)?, last: alerts::notices(&reading, MAILS)? },
    })
}

/// What a source has spent today, where that is counted.
fn budget(config: &Config, row: &SourceRow, spent: u64) -> Option<Spent> {
    let spec = network::spec(&row.network)?;
    let configured = config.sources.iter().find(|source| source.name == row.name);
    let purse = match configured {
        Some(configured) => daemon::purse(configured, spent),
        None => Purse { daily: spec.offer.daily, spent, unit: spec.offer.unit },
    };
    let counted = purse.daily.is_some() || spent > 0;
    counted.then_some(Spent { spent, daily: purse.daily, unit: purse.unit })
}

impl Report {
    fn show(&self, out: &mut Out, zone: &TimeZone) -> anyhow::Result<()> {
        let running = match (self.running, self.pid, self.replayed) {
            (true, Some(pid), _) => format!("vigie is running (process {pid})"),
            (true, None, _) => "vigie is running".to_owned(),
            (false, _, true) => "filled by a replay".to_owned(),
            (false, ..) => "no vigie is running here".to_owned(),
        };
        out.line(&format!("{}: {running}, as of {}", self.data_dir, moment(self.at, zone)))?;
        out.line("")?;
        out.line("sources")?;
        if self.sources.is_empty() {
            out.line("  none yet")?;
        }
        for source in &self.sources {
            source.show(out, zone)?;
        }
        out.line("")?;
        self.show_gaps(out, zone)?;
        let Deletions { count, p50, p95 } = self.deletions;
        if count > 0 {
            let delay = match (p50, p95) {
                (Some(p50), Some(p95)) => format!("; here after p50 {}, p95 {}", wait(p50), wait(p95)),
                _ => String::new(),
            };
            out.line(&format!("deletions honoured: {count}{delay}"))?;
        }
        self.mails.show(out, zone)
    }

    fn show_gaps(&self, out: &mut Out, zone: &TimeZone) -> anyhow::Result<()> {
        if self.gaps.is_empty() {
            out.line("gaps: none")?;
            return out.line("");
        }
        out.line("gaps that were not filled, the latest first")?;
        for gap in self.gaps.iter().rev().take(GAPS) {
            out.line(&format!(
                "  {}  {} to {}: {}",
                short(&gap.source, TEXT),
                moment(gap.from, zone),
                moment(gap.to, zone),
                short(&gap.reason, TEXT)
            ))?;
        }
        if self.gaps.len() > GAPS {
            out.line(&format!("  and {} earlier ones", self.gaps.len() - GAPS))?;
        }
        out.line("")
    }
}

impl Source {
    fn show(&self, out: &mut Out, zone: &TimeZone) -> anyhow::Result<()> {
        let row = &self.row;
        let when = |time: Option<Time>| time.map_or("never".to_owned(), |time| moment(time, zone));
        let example = if row.example { "  (example)" } else { "" };
        let network = if row.network == row.name { "" } else { row.network.as_str() };
        let reason =
            row.reason.as_deref().map(|reason| format!(": {}", short(reason, TEXT))).unwrap_or_default();
        let of = if network.is_empty() { String::new() } else { format!(" ({network})") };
        out.line(&format!("  {}{of}  {}{reason}{example}", short(&row.name, TEXT), row.state))?;
        out.line(&format!("    last post {}, last answer {}", when(row.last_post), when(row.last_ok)))?;
        let LastDay { due, done, failed, paused, posts, mentions } = self.last_day;
        out.line(&format!(
            "    last 24 h: {due} due, {done} done, {failed} failed, {paused} paused; {}, {}",
            count(posts, "post", "posts"),
            count(mentions, "mention", "mentions")
        ))?;
        if let Some(Spent { spent, daily, unit }) = self.budget {
            let of = daily.map(|daily| format!(" of {}", amount(daily, unit))).unwrap_or_default();
            out.line(&format!("    spent today: {}{of}", amount(spent, unit)))?;
        }
        let published = match &self.latency.published_to_seen {
            Some(latency) => told("published to seen", latency),
            None if matches!(row.network.as_str(), IMPORT | INGEST) => {
                "published to seen not measured, since others bring these posts".to_owned()
            }
            None if !self.latency.published_trusted => {
                "published to seen not measured, since authors set the time here".to_owned()
            }
            None => "published to seen not measured yet".to_owned(),
        };
        let sent = match &self.latency.seen_to_sent {
            Some(latency) => told("seen to sent, grouping included,", latency),
            None => "seen to sent not measured yet".to_owned(),
        };
        out.line(&format!("    {published}; {sent}"))
    }
}

fn told(what: &str, latency: &Latency) -> String {
    format!("{what} p50 {}, p95 {} ({})", wait(latency.p50), wait(latency.p95), latency.count)
}

/// Milliseconds as a person reads them.
fn wait(millis: i64) -> String {
    let tenths = |unit: i64| {
        let tenths = millis.saturating_mul(10) / unit;
        if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
    };
    match millis {
        ..1_000 => format!("{millis} ms"),
        1_000..120_000 => format!("{} s", tenths(1_000)),
        120_000..7_200_000 => format!("{} min", tenths(60_000)),
        7_200_000.. => format!("{} h", tenths(3_600_000)),
    }
}

impl Mails {
    fn show(&self, out: &mut Out, zone: &TimeZone) -> anyhow::Result<()> {
        let Waiting { waiting, next_try, refused, grouping } = self.waiting;
        let next =
            next_try.map(|next| format!(", the next is tried {}", moment(next, zone))).unwrap_or_default();
        out.line(&format!(
            "mails: {waiting} waiting{next}; {refused} refused; {} for their group",
            count(grouping, "alert waits", "alerts wait")
        ))?;
        for notice in &self.last {
            out.line(&format!(
                "  {}  {:<9} {}  to {}",
                moment(notice.written, zone),
                notice.state,
                short(&notice.subject, TEXT),
                short(&notice.recipient, TEXT)
            ))?;
            if let Some(answer) = &notice.answer {
                out.line(&format!("    answer: {}", short(answer, TEXT)))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read() {
        assert_eq!(
            [0, 999, 1_500, 90_000, 150_000, 7_200_000].map(wait),
            ["0 ms", "999 ms", "1.5 s", "90 s", "2.5 min", "2 h"]
        );
    }
}
