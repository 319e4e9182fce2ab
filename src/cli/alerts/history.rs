//! `vigie alerts history`: the mails that were written, and what the server answered to each attempt.

use std::process::ExitCode;

use clap::Args;
use jiff::tz::TimeZone;

use super::super::Common;
use super::super::mentions::moment;
use super::super::output::Out;
use crate::mail::clean::short;
use crate::store;
use crate::store::alerts::{self, Told};

/// Characters of a subject or an answer.
const TEXT: usize = 200;

#[derive(Debug, Args)]
pub(super) struct History {
    /// Only mails of this rule; "digest" for digests
    #[arg(value_name = "RULE")]
    rule: Option<String>,
    /// At most this many, the newest first; 0 lists all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// Print JSON, one mail a line
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let connection = store::reader(&config.data_dir)?;
        let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
        let mut out = Out::standard();
        let mut shown = 0;
        let reading = connection.unchecked_transaction()?;
        alerts::history(&reading, self.rule.as_deref(), self.limit, |told| {
            shown += 1;
            if self.json { out.json(&told) } else { show(&mut out, &told, &zone) }
        })?;
        if shown == 0 && !self.json && !common.quiet {
            out.line("no mail was written yet")?;
        }
        out.done()
    }
}

fn show(out: &mut Out, told: &Told, zone: &TimeZone) -> anyhow::Result<()> {
    let notice = &told.notice;
    let sent = notice.sent.map(|sent| format!(", sent {}", moment(sent, zone))).unwrap_or_default();
    out.line(&format!(
        "{}  {}  {}  to {}",
        moment(notice.written, zone),
        notice.state,
        short(&notice.rule, TEXT),
        short(&notice.recipient, TEXT)
    ))?;
    out.line(&format!("  {}{sent}", short(&notice.subject, TEXT)))?;
    for attempt in &told.attempts {
        let at = moment(attempt.at, zone);
        out.line(&format!("  {at}  {}: {}", attempt.outcome, short(&attempt.answer, TEXT)))?;
    }
    Ok(())
}
