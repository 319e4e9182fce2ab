//! `vigie share`: share of voice, in the terminal.

pub(super) mod per;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use self::per::Per;
use super::period::Period;
use super::{Common, count, say};
use crate::digest;
use crate::mail::{Language, mood};
use crate::share::{Heard, Interval, Permille, Shares};
use crate::store::figures::Mark;
use crate::store::{self, figures};

/// Columns of the bar of a whole share.
const BAR: u16 = 30;

#[derive(Debug, Args)]
pub(super) struct Share {
    #[command(flatten)]
    period: Period,
    /// What shares are parts of; copies of one text are one story
    #[arg(long, value_enum, default_value_t = By::Stories)]
    by: By,
    /// Show how each brand is spoken of: shares of positive, neutral and negative stories, corrected for how often the
    /// judge errs, with intervals at 95 %; what is not understood is told apart
    #[arg(long)]
    sentiment: bool,
    /// Also the shares inside each network, language, country or topic, the most talked about first, or of each day, week or
    /// month, in their order
    #[arg(long, value_enum)]
    per: Option<Per>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    /// Distinct stories, with Wilson's interval for as many as they are worth: those of one author hang together
    Stories,
    /// All mentions, with the same: copies of one text, and mentions by one author, hang together
    Mentions,
    /// Distinct authors, with the same
    Authors,
    /// Reactions, as the networks give them, with the same: those of one story, or to one author, hang together
    Engagement,
}

impl By {
    fn of(self, share: &crate::share::Share) -> Option<Interval> {
        match self {
            By::Stories => share.by_stories,
            By::Mentions => share.by_mentions,
            By::Authors => share.by_authors,
            By::Engagement => share.by_engagement,
        }
    }
}

impl Share {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let connection = store::reader(&config.data_dir)?;
        let window = self.period.window(&connection, &config)?;
        let mut shares = digest::shares(&connection, &brands, window)?;
        shares.weigh(&brands, &figures::weights(&connection, window, &brands)?);
        let marks = figures::marks(&connection, window, &brands)?;
        let per = self.per.map(|per| per.parts(&connection, window, (&brands, &config))).transpose()?;
        if self.json {
            let mut told = serde_json::to_value(&shares)?;
            if let Some(told) = told.as_object_mut() {
                told.insert("marks".to_owned(), serde_json::to_value(&marks)?);
                if let Some(per) = &per {
                    told.insert("per".to_owned(), serde_json::to_value(per)?);
                }
            }
            say(told.to_string())?;
        } else {
            let mut told = if self.sentiment { moods(&shares) } else { lines(&shares, self.by) };
            told.extend(beside(&shares, self.by));
            if self.sentiment && per.is_some() {
                told.push("sentiment is told of the whole period; its parts show shares".to_owned());
            }
            told.extend(per.iter().flat_map(|parts| parts.lines(self.by)));
            told.extend(marks.iter().map(mark));
            for line in told {
                say(super::clean(&line))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What stands beside the shares: those corrected by labels, and who may have read.
fn beside(shares: &Shares, by: By) -> Vec<String> {
    let tenths = |permille: Permille| format!("{}.{}", permille.0 / 10, permille.0 % 10);
    let mut lines = Vec::new();
    for share in &shares.brands {
        if let Some(corrected) =
            share.corrected.filter(|of| by == By::Stories && of.labels > 0 && shares.enough())
        {
            let Interval { permille, low, high } = corrected.share;
            let (part, low, high) = (tenths(permille), tenths(low), tenths(high));
            let (right, all) = (corrected.right, count(corrected.labels, "label", "labels"));
            lines.push(format!(
                "  corrected for what people labelled: {} {part} % ({low}-{high}), {right} right of {all}",
                share.name
            ));
        }
        if let Some(reach) = share.reach.filter(|reach| reach.views + reach.followers > 0) {
            lines.push(format!(
                "  may have read of {}: {} (views of {}) to {} (with the followers of others); {} unknown",
                share.name,
                reach.views,
                count(reach.posts_with_views, "post", "posts"),
                reach.views.saturating_add(reach.followers),
                count(reach.unknown_authors, "author", "authors")
            ));
        }
    }
    lines
}

/// A break of the series, in words.
fn mark(mark: &Mark) -> String {
    let at = mark.at.stamp().strftime("%Y-%m-%d %H:%M");
    let name = &mark.name;
    match mark.what {
        "query" => format!("  the series breaks at {at} UTC: what is counted for {name} was changed"),
        "brand" => format!("  the series breaks at {at} UTC: {name} is counted from then on"),
        "source" => format!("  the series breaks at {at} UTC: the source {name} is heard from then on"),
        _ => format!("  the series has a gap from {at} UTC: the source {name} missed something"),
    }
}

/// How each brand is spoken of, a line each.
fn moods(shares: &Shares) -> Vec<String> {
    let day = |time: crate::time::Time| time.stamp().strftime("%Y-%m-%d %H:%M").to_string();
    let mut lines = vec![format!(
        "sentiment, {} to {} UTC: of distinct stories, corrected for how often the judge errs, 95 %",
        day(shares.window.from),
        day(shares.window.to)
    )];
    let width = shares.brands.iter().map(|share| share.name.chars().count()).max().unwrap_or(0);
    for share in &shares.brands {
        let Some(moods) = &share.sentiment else { continue };
        let line = mood::line(moods, Language::En);
        let net = moods.shares.map(|shares| format!(" · {}", mood::net(&shares, Language::En)));
        lines.push(
            format!("  {:<width$}  {line}{}", share.name, net.unwrap_or_default()).replace('\u{a0}', " "),
        );
    }
    lines.push(
        "  net = (positive - negative) / understood; under 30 stories counts are shown, as judged".to_owned(),
    );
    lines
}

/// A number with its word, as wide in the singular as in the plural.
fn column(number: u64, one: &str, many: &str) -> String {
    let word = if number == 1 { one } else { many };
    format!("{number:>5} {word:<width$}", width = many.len())
}

/// Stories, mentions and authors, each a column.
fn counted(heard: &Heard) -> String {
    [
        column(heard.stories, "story", "stories"),
        column(heard.mentions, "mention", "mentions"),
        column(heard.authors, "author", "authors"),
    ]
    .join("  ")
}

/// Shares of voice as a table with bars.
pub(super) fn lines(shares: &Shares, by: By) -> Vec<String> {
    let day = |time: crate::time::Time| time.stamp().strftime("%Y-%m-%d %H:%M").to_string();
    let enough = shares.enough();
    let mut lines = vec![format!(
        "share of voice, {} to {} UTC: {}, {}, {}, {}{}",
        day(shares.window.from),
        day(shares.window.to),
        count(shares.totals.stories, "story", "stories"),
        count(shares.totals.mentions, "mention", "mentions"),
        count(shares.totals.authors, "author", "authors"),
        count(shares.totals.posts, "distinct post", "distinct posts"),
        if enough { "" } else { "; too few for percentages" }
    )];
    let width = shares.brands.iter().map(|share| share.name.chars().count()).max().unwrap_or(0);
    for share in &shares.brands {
        let interval = by.of(share).filter(|_| enough);
        let permille = interval.map_or(0, |interval| interval.permille.0);
        let bar = "█".repeat(usize::from((permille * BAR + 500) / 1000));
        let change = per::change(share, enough && by == By::Stories);
        let tenths = |permille: Permille| format!("{}.{}", permille.0 / 10, permille.0 % 10);
        let part = interval.map_or("     -".to_owned(), |interval| {
            let (low, high) = (tenths(interval.low), tenths(interval.high));
            format!("{:>5} % ({low}-{high})", tenths(interval.permille))
        });
        let counts = counted(&share.counts);
        let posts = column(share.counts.posts, "post", "posts");
        let reactions = match by {
            By::Engagement => {
                format!("  {}", column(share.reactions.unwrap_or_default(), "reaction", "reactions"))
            }
            By::Stories | By::Mentions | By::Authors => String::new(),
        };
        lines.push(format!(
            "  {:<width$}  {part:<20}  {counts}  {posts}{reactions}{change}  {bar}",
            share.name
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
