//! `vigie share --per`: shares inside each network, language, country or topic, and of each day, week or month.

use clap::ValueEnum;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde::Serialize;

use super::super::{Usage, count};
use super::By;
use crate::calendar::{self, Span, Unit};
use crate::config::{Config, Topic};
use crate::digest;
use crate::keyword::Brand;
use crate::matcher::Scratch;
use crate::mention::Mention;
use crate::share::{ENOUGH, Interval, Permille, Share, Shares, Window};
use crate::store::figures;

/// What shares are parted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum Per {
    /// The network
    Network,
    /// The language of the text, as settled
    Language,
    /// The country that the network states, or else the region of the language it declares (fr-CA)
    Country,
    /// The topics of `[[topic]]` in vigie.toml; a post about two counts in both
    Topic,
    /// The day of the calendar, in the zone of `[mail] zone`
    Day,
    /// The week, from Monday on
    Week,
    /// The month
    Month,
}

/// Shares of one part.
#[derive(Debug, Clone, Serialize)]
pub(in crate::cli) struct Part {
    /// Its name.
    pub(in crate::cli) name: String,
    /// Whether the period leaves some of it out: of the first and the last day, week or month.
    pub(in crate::cli) incomplete: bool,
    /// The shares in it.
    #[serde(flatten)]
    pub(in crate::cli) shares: Shares,
}

/// All parts.
#[derive(Debug, Clone, Serialize)]
pub(in crate::cli) struct Parts {
    /// What they are parts by.
    by: Per,
    /// Each, the most talked about first.
    parts: Vec<Part>,
}

/// The names of those topics that a mention is about.
pub(in crate::cli) fn tagged<'t>(
    topics: &'t [Topic],
    mention: &Mention,
    scratch: &mut Scratch,
) -> Vec<&'t str> {
    let holds = |topic: &&Topic| topic.terms.hold(&mention.post, &mention.source, scratch);
    topics.iter().filter(holds).map(|topic| topic.name.as_str()).collect()
}

impl Per {
    fn word(self) -> &'static str {
        match self {
            Per::Network => "network",
            Per::Language => "language",
            Per::Country => "country",
            Per::Topic => "topic",
            Per::Day => "day",
            Per::Week => "week",
            Per::Month => "month",
        }
    }

    /// The shares of every part of `window`, against the window before; of days, weeks and months, against the one before.
    pub(in crate::cli) fn parts(
        self,
        connection: &Connection,
        window: Window,
        (brands, config): (&[Brand], &Config),
    ) -> anyhow::Result<Parts> {
        let topics = &config.topics;
        let spans = |unit| in_turn(connection, (window, unit), (brands, config));
        let windows = (window, window.previous());
        let of = |per| figures::sliced(connection, per, windows, brands);
        let parts = match self {
            Per::Network => of(figures::Per::Network)?,
            Per::Language => of(figures::Per::Language)?,
            Per::Country => of(figures::Per::Country)?,
            Per::Day => return spans(Unit::Day).map(|parts| Parts { by: self, parts }),
            Per::Week => return spans(Unit::Week).map(|parts| Parts { by: self, parts }),
            Per::Month => return spans(Unit::Month).map(|parts| Parts { by: self, parts }),
            Per::Topic if topics.is_empty() => {
                return Err(Usage(
                    "--per topic: vigie.toml names no topic; add a [[topic]] with a name and words or a query".to_owned(),
                )
                .into());
            }
            Per::Topic => {
                let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
                let mut scratch = Scratch::default();
                figures::sliced_by(connection, windows, brands, &names, |mention| {
                    let holds = |(_, topic): &(usize, &Topic)| {
                        topic.terms.hold(&mention.post, &mention.source, &mut scratch)
                    };
                    topics.iter().enumerate().filter(holds).map(|(place, _)| place).collect()
                })?
            }
        };
        let parts = parts.into_iter().map(|part| Part {
            shares: Shares::new(brands, &part.now, &part.before),
            incomplete: false,
            name: part.name,
        });
        Ok(Parts { by: self, parts: parts.collect() })
    }
}

/// Shares of each day, week or month of a window, in their order, each against the one before.
fn in_turn(
    connection: &Connection,
    (window, unit): (Window, Unit),
    (brands, config): (&[Brand], &Config),
) -> anyhow::Result<Vec<Part>> {
    let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
    let mut before: Option<Window> = None;
    let mut parts = Vec::new();
    for Span { name, window, part: incomplete } in calendar::spans(window, unit, &zone) {
        let other = before.unwrap_or(window.previous());
        let shares = digest::shares_against(connection, brands, window, other)?;
        before = Some(window);
        parts.push(Part { name, incomplete, shares });
    }
    Ok(parts)
}

impl Parts {
    /// Each part with the word for what it is a part by.
    pub(in crate::cli) fn each(&self) -> impl Iterator<Item = (&'static str, &Part)> {
        self.parts.iter().map(|part| (self.by.word(), part))
    }

    /// A table of each part: brands of which something was heard in it. Counts alone where there are too few stories.
    pub(super) fn lines(&self, unit: By) -> Vec<String> {
        let by = self.by.word();
        if self.parts.is_empty() {
            return vec![format!("per {by}: nothing was heard")];
        }
        let names = self.parts.iter().flat_map(|part| &part.shares.brands);
        let width = names.map(|share| share.name.chars().count()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for Part { name, incomplete, shares } in &self.parts {
            let stories: u64 = shares.brands.iter().map(|share| share.counts.stories).sum();
            let few = if stories < ENOUGH { "; too few for percentages" } else { "" };
            lines.push(format!(
                "{by} {name}{}: {}, {}{few}",
                if *incomplete { " (in part)" } else { "" },
                count(shares.totals.stories, "story", "stories"),
                count(shares.totals.mentions, "mention", "mentions")
            ));
            for share in shares.brands.iter().filter(|share| share.counts.mentions > 0) {
                let part = unit.of(share).filter(|_| stories >= ENOUGH).map_or("-".to_owned(), told);
                let change = change(share, unit == By::Stories && stories >= ENOUGH && !share.query_changed);
                let counts = super::counted(&share.counts);
                lines.push(format!("  {:<width$}  {part:<20}  {counts}{change}", share.name));
            }
        }
        lines
    }
}

/// How the share of stories changed, where that may be said: only of stories is it known whether chance alone would do it.
pub(super) fn change(share: &Share, may_be_said: bool) -> String {
    match share.change.filter(|_| may_be_said) {
        Some(change) if !change.detectable => "  no detectable change".to_owned(),
        Some(change) => change.by_stories.map(|by| format!("  {} pt", signed(by))).unwrap_or_default(),
        None => String::new(),
    }
}

fn told(Interval { permille, low, high }: Interval) -> String {
    let tenths = |Permille(part): Permille| format!("{}.{}", part / 10, part % 10);
    format!("{:>5} % ({}-{})", tenths(permille), tenths(low), tenths(high))
}

/// Tenths with their sign: `+1.2`.
fn signed(tenths: i32) -> String {
    format!("{}{}.{}", if tenths < 0 { "-" } else { "+" }, tenths.abs() / 10, tenths.abs() % 10)
}
