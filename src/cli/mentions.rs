//! `vigie mentions`: mentions, filtered, in the terminal or as JSON lines.

use std::collections::HashMap;
use std::process::ExitCode;

use clap::Args;
use jiff::tz::TimeZone;

use super::output::Out;
use super::period::Bounds;
use super::select::Select;
use super::share::per::tagged;
use super::{Common, count};
use crate::export::MentionLine;
use crate::mail::clean::{Piece, short};
use crate::mail::post::Parts;
use crate::matcher::Scratch;
use crate::mention::Mention;
use crate::store::{self, list};
use crate::time::Time;

/// Characters of a post shown under its head.
const EXCERPT: usize = 240;
/// Characters of a name.
const NAME: usize = 60;
/// Characters of an address; longer ones are cut, and whole in JSON.
const LINK: usize = 300;

#[derive(Debug, Args)]
pub(super) struct Mentions {
    #[command(flatten)]
    select: Select,
    #[command(flatten)]
    bounds: Bounds,
    /// At most this many; 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// Oldest first instead of newest first
    #[arg(long)]
    oldest_first: bool,
    /// Only the doubtful ones: under their brand's threshold, kept apart and counted nowhere
    #[arg(long)]
    doubtful: bool,
    /// Print JSON, one mention a line
    #[arg(long)]
    json: bool,
}

impl Mentions {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let connection = store::reader(&config.data_dir)?;
        let mut filter = self.select.filter(&connection, &brands)?;
        (filter.from, filter.to) = self.bounds.bounds(&connection, &config)?;
        filter.limit = (self.limit > 0).then_some(self.limit);
        filter.oldest_first = self.oldest_first;
        filter.doubtful = Some(self.doubtful);
        let mut out = Out::standard();
        // The list and its count are of one moment.
        let reading = connection.unchecked_transaction()?;
        if self.json {
            let mut scratch = Scratch::default();
            list::mentions(&reading, &filter, |mention| {
                let topics = tagged(&config.topics, &mention, &mut scratch);
                out.json(&MentionLine::new(&mention, topics))
            })?;
            return out.done();
        }
        let names = brands.iter().map(|brand| (&*brand.id.0, brand.name.as_str())).collect();
        let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
        let mut shown: u64 = 0;
        list::mentions(&reading, &filter, |mention| {
            shown += 1;
            show(&mut out, &mention, &names, &zone)
        })?;
        let all = list::mention_count(&reading, &filter)?;
        filter.doubtful = Some(true);
        let apart = if self.doubtful { 0 } else { list::mention_count(&reading, &filter)? };
        if !common.quiet && apart > 0 {
            let more = format!("{apart} more may be about something else: --doubtful lists them");
            out.line(&more)?;
        }
        if !common.quiet {
            out.line(&match (shown, all) {
                (_, 0) => "no mention".to_owned(),
                (shown, all) if shown < all => {
                    format!("{shown} of {all} mentions; --limit 0 lists all")
                }
                (_, all) => count(all, "mention", "mentions"),
            })?;
        }
        out.done()
    }
}

pub(super) fn show(
    out: &mut Out,
    mention: &Mention,
    names: &HashMap<&str, &str>,
    zone: &TimeZone,
) -> anyhow::Result<()> {
    let post = &mention.post;
    let mut head = vec![
        moment(mention.counted, zone),
        names.get(&*mention.brand.0).map_or_else(|| mention.brand.to_string(), |name| short(name, NAME)),
        short(post.network.as_str(), NAME),
    ];
    let who = short(post.author_name().trim_start_matches('@'), NAME);
    if !who.is_empty() {
        head.push(format!("@{who}"));
    }
    head.extend(mention.lang.as_deref().map(|lang| short(lang, NAME)));
    head.extend(mention.sentiment.map(|sentiment| sentiment.to_string()));
    if mention.example {
        head.push("(example)".to_owned());
    }
    if mention.relevance.permille < 1000 {
        head.push(format!("relevance {:.2}: {}", mention.relevance.share(), mention.relevance.rule));
    }
    out.line(&head.join("  "))?;
    let alt = Parts::alt(mention);
    let parts = Parts::of(mention, alt.as_deref());
    for pieces in [parts.title(), Some(parts.excerpt(EXCERPT))].into_iter().flatten() {
        if !pieces.is_empty() {
            let line = marked(&pieces, out.lively);
            out.own_line(&format!("  {line}"))?;
        }
    }
    if let Some(link) = &post.permalink {
        out.line(&format!("  {}", short(link, LINK)))?;
    }
    out.line("")
}

/// Keywords in brackets, bold where a person looks.
fn marked(pieces: &[Piece], lively: bool) -> String {
    let mut line = String::new();
    for piece in pieces {
        let text = super::clean(&piece.text);
        line += &match (piece.marked, lively) {
            (true, true) => format!("\u{1b}[1m[{text}]\u{1b}[0m"),
            (true, false) => format!("[{text}]"),
            (false, _) => text,
        };
    }
    line
}

/// A moment in the configured zone, which it names.
pub(super) fn moment(time: Time, zone: &TimeZone) -> String {
    time.stamp().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}
