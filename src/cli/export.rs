//! `vigie export`: mentions, shares, snapshots, impostors, accounts and coverage as CSV, JSON lines, workbooks or Parquet,
//! one row at a time so that memory stays flat.

use std::process::ExitCode;

use clap::{Args, Subcommand};

mod folder;
mod form;

use self::form::{Form, Subject};
use super::duty::Duty;
use super::impostors::AtLeast;
use super::period::{Bounds, Period};
use super::select::{Brands, Select};
use super::share::per::{Parts, Per, tagged};
use super::{Common, Usage, snapshot};
use crate::export::{self, Measure, MentionLine, SuspectLine, json_line};
use crate::fold::fold;
use crate::keyword::Brand;
use crate::matcher::Scratch;
use crate::share::{Share, Shares};
use crate::store::{self, accounts, figures, list};
use crate::time::Time;
use crate::{digest, network};

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// One row a mention, oldest first; every one when no period is named
    Mentions {
        #[command(flatten)]
        select: Select,
        #[command(flatten)]
        bounds: Bounds,
        /// With those that are doubtful, under their brand's threshold, marked as such
        #[arg(long)]
        doubtful: bool,
        /// With the texts of these networks too, whose terms let only identifiers and links go further: whoever asks answers
        /// for it
        #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
        texts_of: Vec<String>,
        #[command(flatten)]
        form: Form,
    },
    /// One row a brand; with --per one more for each part
    Shares {
        #[command(flatten)]
        period: Period,
        /// Also the shares inside each network, language, country or topic, or of each day, week or month
        #[arg(long, value_enum)]
        per: Option<Per>,
        #[command(flatten)]
        brands: Brands,
        #[command(flatten)]
        form: Form,
    },
    /// CSV: one row a figure (brand, measure, key, value); JSON lines: the whole document on one line
    Snapshot {
        #[command(flatten)]
        period: Period,
        #[command(flatten)]
        brands: Brands,
        #[command(flatten)]
        form: Form,
    },
    /// One row a tracked account (official ones of brands) and day: followers, posts, profile
    Accounts {
        #[command(flatten)]
        bounds: Bounds,
        #[command(flatten)]
        form: Form,
    },
    /// One row a source and hour: what was due, done and missed
    Coverage {
        #[command(flatten)]
        bounds: Bounds,
        #[command(flatten)]
        form: Form,
    },
    /// One row an account and brand, highest score first; a period is about when they were first suspected, rose or came back
    Impostors {
        #[command(flatten)]
        select: Brands,
        /// The lowest level to export
        #[arg(long, value_enum, default_value_t = AtLeast::Review)]
        level: AtLeast,
        #[command(flatten)]
        bounds: Bounds,
        #[command(flatten)]
        form: Form,
    },
}

/// Mentions.
const MENTIONS: Subject = Subject {
    name: "mentions",
    columns: export::MENTION_COLUMNS,
    measure: Measure { by: "brand", unit: "mentions" },
};
/// Shares.
const SHARES: Subject = Subject {
    name: "shares",
    columns: export::SHARE_COLUMNS,
    measure: Measure { by: "brand", unit: "mentions" },
};
/// A snapshot.
const SNAPSHOT: Subject = Subject {
    name: "snapshot",
    columns: export::SNAPSHOT_COLUMNS,
    measure: Measure { by: "brand", unit: "mentions" },
};
/// Suspects.
const IMPOSTORS: Subject = Subject {
    name: "impostors",
    columns: export::SUSPECT_COLUMNS,
    measure: Measure { by: "brand", unit: "accounts" },
};
/// Tracked accounts.
const ACCOUNTS: Subject = Subject {
    name: "accounts",
    columns: export::ACCOUNT_COLUMNS,
    measure: Measure { by: "account", unit: "followers" },
};
/// Coverage.
const COVERAGE: Subject = Subject {
    name: "coverage",
    columns: export::COVERAGE_COLUMNS,
    measure: Measure { by: "source", unit: "posts" },
};

impl Export {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        match &self.kind {
            Kind::Mentions { select, bounds, doubtful, texts_of, form } => {
                mentions(common, select, bounds, (*doubtful, texts_of), form)
            }
            Kind::Shares { period, per, brands, form } => shares(common, (period, *per), brands, form),
            Kind::Snapshot { period, brands, form } => one_snapshot(common, period, brands, form),
            Kind::Impostors { select, level, bounds, form } => {
                impostors(common, select, *level, bounds, form)
            }
            Kind::Accounts { bounds, form } => accounts(common, bounds, form),
            Kind::Coverage { bounds, form } => coverage(common, bounds, form),
        }
    }
}

fn mentions(
    common: &Common,
    select: &Select,
    bounds: &Bounds,
    (doubtful, texts_of): (bool, &[String]),
    form: &Form,
) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let brands = common.brands_for_reading(&config)?;
    let connection = store::reader(&config.data_dir)?;
    let mut filter = select.filter(&connection, &brands)?;
    (filter.from, filter.to) = bounds.bounds(&connection, &config)?;
    filter.oldest_first = true;
    filter.doubtful = if doubtful { None } else { Some(false) };
    let duty = Duty::but(&connection, &freed(texts_of)?)?;
    let mut writing = form.open(MENTIONS, common, || Ok(list::mention_count(&connection, &filter)?))?;
    let (mut left_out, mut scratch) = (0_u64, Scratch::default());
    list::mentions(&connection, &filter, |mut mention| {
        if !duty.lets_out(&mention) {
            left_out += 1;
            return Ok(());
        }
        let topics = tagged(&config.topics, &mention, &mut scratch);
        duty.hold(&mut mention);
        writing.count(&mention.brand.0, Some(mention.counted), 1);
        let line = || json_line(&MentionLine::new(&mention, topics.clone()));
        writing.add(Some(mention.counted), || export::mention_row(&mention, &topics), line)
    })?;
    if left_out > 0 {
        let mentions = super::count(left_out, "mention was", "mentions were");
        super::warn(&format!("{mentions} left out: the terms of the network let only counts go further"));
    }
    writing.done()
}

/// The networks whose texts a person lets out by hand, by their names here.
fn freed(typed: &[String]) -> anyhow::Result<Vec<String>> {
    let name = |typed: &String| {
        let spec = network::spec(&typed.trim().to_lowercase());
        spec.map(|spec| spec.name.to_owned())
            .ok_or_else(|| Usage(format!("--texts-of: no network is called `{typed}`")).into())
    };
    typed.iter().map(name).collect()
}

fn shares(
    common: &Common,
    (period, per): (&Period, Option<Per>),
    asked: &Brands,
    form: &Form,
) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let brands = common.brands_for_reading(&config)?;
    let connection = store::reader(&config.data_dir)?;
    let asked = asked.ids(&connection, &brands)?;
    let window = period.window(&connection, &config)?;
    let mut shares = digest::shares(&connection, &brands, window)?;
    shares.weigh(&brands, &figures::weights(&connection, window, &brands)?);
    let parts = per.map(|per| per.parts(&connection, window, (&brands, &config))).transpose()?;
    // Brands that are not asked for are left out, not out of the whole that shares are parts of.
    let wanted = |share: &Share| asked.is_empty() || asked.iter().any(|id| **id == *share.id.0);
    let mut writing = form.open(SHARES, common, || Ok(0))?;
    let of_parts =
        parts.iter().flat_map(Parts::each).map(|(by, part)| (&part.shares, Some((by, part.name.as_str()))));
    for (shares, part) in std::iter::once((&shares, None)).chain(of_parts) {
        let rows = shares.brands.iter().zip(export::share_rows(shares, part));
        for (share, row) in rows.filter(|(share, _)| wanted(share)) {
            if part.is_none() {
                writing.count(&share.name, None, share.counts.mentions);
            }
            writing.add(None, || row, || share_line(shares, share, part))?;
        }
    }
    writing.done()
}

/// A share as a line of JSON, with its window and the part it is of.
fn share_line(
    shares: &Shares,
    share: &Share,
    part: Option<(&str, &str)>,
) -> Result<String, serde_json::Error> {
    let mut line = serde_json::to_value(share)?;
    if let Some(line) = line.as_object_mut() {
        line.insert("window".to_owned(), serde_json::to_value(shares.window)?);
        line.insert("unit".to_owned(), shares.unit.as_str().into());
        line.insert("per".to_owned(), part.map(|(per, _)| per).into());
        line.insert("part".to_owned(), part.map(|(_, name)| name).into());
    }
    json_line(&line)
}

fn one_snapshot(common: &Common, period: &Period, brands: &Brands, form: &Form) -> anyhow::Result<ExitCode> {
    let document = snapshot::gather(common, (period, None), brands)?;
    let mut writing = form.open(SNAPSHOT, common, || Ok(0))?;
    if writing.is_lines() {
        writing.add(None, Vec::new, || json_line(&document))?;
        return writing.done();
    }
    for brand in &document.brands {
        for day in &brand.days {
            writing.count(&brand.name, Some(day.from), day.mentions);
        }
    }
    for row in export::snapshot_rows(&document) {
        writing.add(None, || row, || Ok(String::new()))?;
    }
    writing.done()
}

fn impostors(
    common: &Common,
    select: &Brands,
    level: AtLeast,
    bounds: &Bounds,
    form: &Form,
) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let brands = common.brands_for_reading(&config)?;
    let connection = store::reader(&config.data_dir)?;
    let (from, to) = bounds.bounds(&connection, &config)?;
    let brands = select.ids(&connection, &brands)?;
    let filter = list::Filter { brands, from, to, ..list::Filter::default() };
    let mut suspects = list::suspects(&connection, &filter, level.into())?;
    let duty = Duty::of(&connection)?;
    suspects.iter_mut().for_each(|suspect| duty.hold_suspect(suspect));
    let mut writing = form.open(IMPOSTORS, common, || Ok(0))?;
    for suspect in &suspects {
        writing.count(&suspect.suspicion.brand.0, Some(suspect.first_seen), 1);
        let line = || json_line(&SuspectLine::new(suspect));
        writing.add(None, || export::suspect_row(suspect), line)?;
    }
    writing.done()
}

fn accounts(common: &Common, bounds: &Bounds, form: &Form) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let brands = common.brands_for_reading(&config)?;
    let connection = store::reader(&config.data_dir)?;
    let (from, to) = bounds.bounds(&connection, &config)?;
    let duty = Duty::of(&connection)?;
    let mut writing = form.open(ACCOUNTS, common, || Ok(0))?;
    for mut day in accounts::days(&connection, from.unwrap_or(Time(0)), to.unwrap_or(Time(i64::MAX)))? {
        duty.hold_account(&mut day);
        let handle = fold(day.handle.as_deref().unwrap_or(&day.native_id));
        let owns = |brand: &&Brand| {
            brand.official.iter().any(|account| {
                account.network.as_ref().is_none_or(|network| network.as_str() == day.network)
                    && fold(&account.handle) == handle
            })
        };
        let brand = brands.iter().find(owns).map(|brand| &*brand.id.0);
        let line = || {
            let mut line = serde_json::to_value(&day)?;
            if let Some(line) = line.as_object_mut() {
                line.insert("brand".to_owned(), brand.into());
            }
            json_line(&line)
        };
        writing.add(None, || export::account_row(&day, brand), line)?;
    }
    writing.done()
}

fn coverage(common: &Common, bounds: &Bounds, form: &Form) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let connection = store::reader(&config.data_dir)?;
    let bounds = bounds.bounds(&connection, &config)?;
    let mut writing = form.open(COVERAGE, common, || Ok(0))?;
    figures::coverage_hours(&connection, bounds, |hour| {
        writing.count(&hour.source, Some(hour.hour), u64::try_from(hour.posts).unwrap_or_default());
        writing.add(Some(hour.hour), || export::coverage_row(&hour), || json_line(&hour))
    })?;
    writing.done()
}
