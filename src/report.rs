//! Reports: a period told so that every figure can be defended. What a report says is gathered once, told in words by
//! rules, and can be held against an older report.
//!
//! The same data give the same bytes: nothing in a report depends on when or where it is made, but the zone it is
//! asked for in.

use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::digest::{self, Digest};
use crate::keyword::{Brand, BrandId};
use crate::mail::words::local;
use crate::mention::{Mention, Suspect};
use crate::share::{Shares, Window};
use crate::snapshot::{self, Unusual};
use crate::store::StoreError;
use crate::store::figures::{self, Answering, Topic, Voice};
use crate::time::Time;

mod compare;
mod days;
mod deeds;
mod label;
mod page;
mod spoken;
mod summary;

pub use compare::compare;
pub use days::Day;
pub use page::{Look, page};

/// The shape of the figures in a report, and how they are worked out. It changes when either does.
pub const SCHEMA: &str = "vigie-report/2";
/// The shape before, which is compared too: its hash cannot be worked out again from its figures.
const BEFORE: &str = "vigie-report/1";
/// Authors listed.
const VOICES: usize = 12;
/// Opens the figures inside a page.
const OPEN: &str = "<script type=\"application/json\" id=\"vigie-data\">";
const CLOSE: &str = "</script>";

/// Everything that a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What a digest of the period says.
    pub digest: Digest,
    /// The authors of most distinct posts.
    pub voices: Vec<Voice>,
    /// Mentions by hour, those hours that have any.
    pub hours: Vec<(Time, u64)>,
    /// Mentions by day of the zone; days without any are listed too.
    pub days: Vec<Day>,
    /// What the own accounts of each brand did, in the order of the shares.
    pub deeds: Vec<Deeds>,
    /// Shares of voice inside each network, the most talked about first.
    pub inside: Vec<(String, Shares)>,
    /// The figures that stand in the page for programs.
    pub figures: Figures,
}

/// The figures of a report, as they stand in its page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of Vigie that worked them out.
    pub vigie: String,
    /// SHA-256 of these figures as they stand in the page, with nothing for this one, in hexadecimal digits. As `rest` is
    /// among them, it is of all that the report says.
    pub hash: String,
    /// The same of what else the report says: posts, authors, hours, shares inside networks.
    #[serde(default)]
    pub rest: String,
    /// When the newest post that is counted was first seen.
    #[serde(default)]
    pub seen: Option<Time>,
    /// Shares of voice, with the window.
    pub shares: Shares,
    /// Mentions by network.
    pub networks: Vec<(String, u64)>,
    /// The zone whose days are counted; empty in reports of before this was told.
    #[serde(default)]
    pub zone: String,
    /// Mentions by date in that zone, those days that have any.
    #[serde(default)]
    pub days: Vec<(String, u64)>,
    /// The versions of each brand's query that decided, by brand.
    pub queries: Vec<(String, Vec<String>)>,
    /// What these versions say: brand, version, query.
    #[serde(default)]
    pub texts: Vec<(String, String, String)>,
    /// What each source was due to do and did.
    pub sources: Vec<Source>,
    /// Stretches of time that no source heard, not filled until now.
    pub gaps: u64,
    /// Accounts that may be posing as a brand.
    pub suspects: u64,
    /// Terms that rise, by brand: against its past, and against the other brands.
    #[serde(default)]
    pub topics: Vec<(String, Vec<String>, Vec<String>)>,
    /// What the own accounts of brands did; `null` in reports of before this was told.
    #[serde(default)]
    pub deeds: Option<Vec<Deeds>>,
}

/// What a brand's own accounts did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deeds {
    /// The brand.
    pub id: BrandId,
    /// Its name.
    pub name: String,
    /// How its accounts answer, by network.
    pub answering: Vec<Answering>,
    /// Posts of its accounts far above or below what is usual for them.
    pub unusual: Vec<Unusual>,
}

/// How one source fared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its network.
    pub network: String,
    /// Hours in which something was due, and of those the hours in which something was done.
    pub hours: (u64, u64),
    /// Posts that it brought.
    pub posts: u64,
}

/// Gathers what a report of `brands` over `window` says, its days being those of `zone`. `hold` takes out of the posts that stand out,
/// and out of the suspects, what may not leave the house.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn gather(
    connection: &Connection,
    brands: &[Brand],
    window: Window,
    zone: &TimeZone,
    (mut hold, hold_suspect): (impl FnMut(&mut Mention), impl FnMut(&mut Suspect)),
) -> Result<Report, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    // A report is of its window, whenever it is written.
    let mut digest = digest::gather(connection, brands, window, window.to)?;
    digest.shares.weigh(brands, &figures::weights(connection, window, brands)?);
    digest.top.iter_mut().flat_map(|top| &mut top.posts).for_each(|post| hold(&mut post.mention));
    digest.suspects.iter_mut().for_each(hold_suspect);
    let topics = digest.topics.iter_mut().flat_map(|of| of.rising.iter_mut().chain(&mut of.own));
    topics.flat_map(|topic| &mut topic.examples).for_each(&mut hold);
    let voices = figures::voices(connection, window, brands, VOICES)?;
    let hours = figures::by_hour(connection, window, brands)?;
    let days = days::count(connection, (window, zone), brands, &hours)?;
    let mut deeds = Vec::with_capacity(brands.len());
    for share in &digest.shares.brands {
        let Some(brand) = brands.iter().find(|brand| brand.id == share.id) else { continue };
        let mut doings = figures::doings(connection, window, brand)?;
        doings.posts.iter_mut().for_each(|own| hold(&mut own.mention));
        let profiles = snapshot::profiles(&doings, window);
        deeds.push(Deeds {
            id: share.id.clone(),
            name: share.name.clone(),
            answering: doings.answering,
            unusual: profiles.into_iter().flat_map(|profile| profile.unusual).collect(),
        });
    }
    deeds.retain(|of| !of.answering.is_empty() || !of.unusual.is_empty());
    let parts = figures::sliced(connection, figures::Per::Network, (window, window.previous()), brands)?;
    let inside: Vec<(String, Shares)> =
        parts.into_iter().map(|part| (part.name, Shares::new(brands, &part.now, &part.before))).collect();
    let heard = figures::OfBrands::in_window(connection, window, brands)?;
    let mut queries = Vec::with_capacity(brands.len());
    let mut texts = Vec::new();
    for share in &digest.shares.brands {
        let versions = figures::versions(connection, &heard, &share.id)?;
        for version in &versions {
            if let Some(text) = figures::query_text(connection, &share.id, version)? {
                texts.push((share.id.to_string(), version.clone(), text));
            }
        }
        queries.push((share.id.to_string(), versions));
    }
    let seen = figures::newest_seen(connection, window, brands)?;
    transaction.finish()?;
    let mut figures = Figures {
        schema: SCHEMA.to_owned(),
        vigie: env!("CARGO_PKG_VERSION").to_owned(),
        hash: String::new(),
        rest: digest::print(&serde_json::to_vec(&(&digest, &voices, &hours, &inside)).unwrap_or_default()),
        seen,
        shares: digest.shares.clone(),
        networks: digest.networks.iter().map(|slice| (slice.name.clone(), slice.mentions)).collect(),
        zone: named(zone, window.to),
        days: (days.iter().filter(|day| day.mentions > 0))
            .map(|day| (day.date.clone(), day.mentions))
            .collect(),
        queries,
        texts,
        sources: digest
            .coverage
            .iter()
            .map(|of| Source {
                name: of.source.clone(),
                network: of.network.clone(),
                hours: (of.hours_due, of.hours_done),
                posts: of.posts,
            })
            .collect(),
        gaps: u64::try_from(digest.gaps.len()).unwrap_or(u64::MAX),
        suspects: u64::try_from(digest.suspects.len()).unwrap_or(u64::MAX),
        topics: digest
            .topics
            .iter()
            .map(|of| (of.id.to_string(), terms(&of.rising), terms(&of.own)))
            .collect(),
        deeds: Some(deeds.clone()),
    };
    figures.hash = digest::print(figures.json().as_bytes());
    Ok(Report { digest, voices, hours, days, deeds, inside, figures })
}

/// The name of a zone, or how far it is from UTC at `at`.
fn named(zone: &TimeZone, at: Time) -> String {
    zone.iana_name().map_or_else(|| local(at, zone).offset().to_string(), str::to_owned)
}

fn terms(topics: &[Topic]) -> Vec<String> {
    topics.iter().map(|topic| topic.rising.term.clone()).collect()
}

impl Report {
    /// Whether nothing was listened to: no source was due to do anything, and none brought anything.
    fn unheard(&self) -> bool {
        let idle = |of: &Source| of.hours == (0, 0) && of.posts == 0;
        self.figures.shares.totals.mentions == 0 && self.figures.sources.iter().all(idle)
    }
}

impl Figures {
    /// As they stand in a page: `<` is written so that no text of a stranger ends the element. What this crate serialises
    /// does not fail to.
    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c")
    }

    fn embedded(&self) -> String {
        format!("{OPEN}{}{CLOSE}", self.json())
    }

    /// The figures of a report from its page.
    ///
    /// # Errors
    /// In words, when the page is no report or one of another shape.
    pub fn of_page(page: &str) -> Result<Figures, String> {
        let (_, rest) = page.split_once(OPEN).ok_or("it is no report that `vigie report` wrote")?;
        let (json, _) = rest.split_once(CLOSE).ok_or("it is cut off")?;
        let value: serde_json::Value =
            serde_json::from_str(json).map_err(|error| format!("its figures cannot be read: {error}"))?;
        let schema = value.get("schema").and_then(serde_json::Value::as_str).unwrap_or("nothing");
        if schema != SCHEMA && schema != BEFORE {
            return Err(format!("its figures are of the shape {schema}, this program compares {SCHEMA}"));
        }
        let figures: Figures =
            serde_json::from_str(json).map_err(|error| format!("its figures cannot be read: {error}"))?;
        let bare = json.replacen(&format!("\"hash\":\"{}\"", figures.hash), "\"hash\":\"\"", 1);
        if schema == SCHEMA && digest::print(bare.as_bytes()) != figures.hash {
            return Err(
                "its figures do not give the hash that stands with them, so it was altered after it was \
                        written; compare with an unaltered copy"
                    .to_owned(),
            );
        }
        Ok(figures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_told_apart() {
        assert!(Figures::of_page("<html>").unwrap_err().contains("no report"));
        assert!(Figures::of_page(OPEN).unwrap_err().contains("cut off"));
        let other = format!("{OPEN}{{\"schema\":\"vigie-report/0\"}}{CLOSE}");
        assert!(Figures::of_page(&other).unwrap_err().contains("vigie-report/0"));
        assert!(Figures::of_page(&format!("{OPEN}[{CLOSE}")).unwrap_err().contains("cannot be read"));
    }
}
