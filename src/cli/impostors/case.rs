//! The life of a case on the command line: show, confirm, dismiss, report.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::super::mentions::moment;
use super::super::output::Out;
use super::super::{Common, Usage, count, now, say};
use super::{NAME, person};
use crate::export::SuspectLine;
use crate::impostor::Level;
use crate::mail::clean::{evidence, short};
use crate::mention::Suspect;
use crate::store::answers::KeptAnswer;
use crate::store::cases::{self, CaseEvent, DecideError, Decision};
use crate::store::list::{self, Filter};
use crate::store::{self, Store};

/// Answers and posts shown of one account.
const SHOWN: usize = 5;

/// The suspect of a number.
pub(super) fn suspect(connection: &rusqlite::Connection, id: i64) -> anyhow::Result<Suspect> {
    let only = Filter { ids: vec![id], ..Filter::default() };
    let found = list::suspects(connection, &only, Level::Watch)?.into_iter().next();
    found.ok_or_else(|| Usage(DecideError::Unknown(id).to_string()).into())
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The number of the suspect, as `vigie impostors` lists it
    id: i64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Everything known of one case.
#[derive(Serialize)]
struct Whole<'a> {
    suspect: SuspectLine<'a>,
    events: &'a [CaseEvent],
    answers: &'a [KeptAnswer],
}

impl Show {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let connection = store::reader(&config.data_dir)?;
        let suspect = suspect(&connection, self.id)?;
        let events = cases::events(&connection, self.id)?;
        let answers = cases::answers(&connection, self.id)?;
        let mut out = Out::standard();
        if self.json {
            out.json(&Whole { suspect: SuspectLine::new(&suspect), events: &events, answers: &answers })?;
            return out.done();
        }
        let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
        let id = &suspect.suspicion.brand;
        let name = brands.iter().find(|brand| brand.id == *id).map_or(&*id.0, |brand| brand.name.as_str());
        super::show(&mut out, &suspect, name, &zone)?;
        let account = &suspect.author;
        if let Some(bio) = account.bio.as_deref().filter(|bio| !bio.is_empty()) {
            out.line(&format!("        says of itself: {}", evidence(bio, 4 * NAME)))?;
        }
        out.line(&format!("        identifier {}", evidence(&account.native_id, NAME)))?;
        if let Some(created) = account.created {
            out.line(&format!("        created {}", moment(created, &zone)))?;
        }
        if let Some(followers) = account.followers {
            out.line(&format!("        {}", count(followers, "follower", "followers")))?;
        }
        for answer in answers.iter().rev().take(SHOWN) {
            out.line(&format!(
                "        answered {}: “{}”",
                moment(answer.published.unwrap_or(answer.seen), &zone),
                short(&answer.text, 2 * NAME)
            ))?;
        }
        for event in &events {
            let note =
                event.note.as_deref().map(|note| format!(": {}", short(note, NAME))).unwrap_or_default();
            out.line(&format!(
                "        {}  {} by {}{note}",
                moment(event.at, &zone),
                event.what,
                short(&event.who, NAME)
            ))?;
        }
        out.done()
    }
}

#[derive(Debug, Args)]
struct Decide {
    /// The numbers of the suspects, as `vigie impostors` lists them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<i64>,
    /// Why, or anything to be remembered with it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who decides [default: the name of the user]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Confirm {
    #[command(flatten)]
    decide: Decide,
}

#[derive(Debug, Args)]
pub(super) struct Dismiss {
    #[command(flatten)]
    decide: Decide,
}

#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(flatten)]
    decide: Decide,
}

impl Confirm {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        self.decide.run(common, Decision::Confirm)
    }
}

impl Dismiss {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        self.decide.run(common, Decision::Dismiss)
    }
}

impl Report {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        self.decide.run(common, Decision::Report)
    }
}

impl Decide {
    fn run(&self, common: &Common, decision: Decision) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        // Beside a running daemon, as a transaction of its own.
        let store = Store::join(&config.data_dir)?;
        let who = person(self.by.as_deref());
        let note = self.note.as_deref().map(|note| short(note, 10 * NAME));
        for id in &self.ids {
            let before = match store.decide(*id, decision, &who, note.as_deref(), now()) {
                Ok(before) => before,
                Err(error @ (DecideError::Unknown(_) | DecideError::Gone(_))) => {
                    return Err(Usage(error.to_string()).into());
                }
                Err(DecideError::Store(error)) => return Err(error).context("failed to note the decision"),
            };
            if !common.quiet {
                say(format!("{id}: {} (was {before})", decision.state()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Labels {}

impl Labels {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let connection = store::reader(&config.data_dir)?;
        let mut out = Out::standard();
        for label in cases::labels(&connection)? {
            out.json(&label)?;
        }
        out.done()
    }
}
