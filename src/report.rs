//! Reports: a period told so that every figure can be defended. What a report says is gathered once, told in words by
//! rules, and can be held against an older report.
//!
//! The same data give the same bytes: nothing in a report depends on when or where it is made, but the zone it is
//! asked for in.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::digest::{self, Digest};
use crate::keyword::{Brand, BrandId};
use crate::share::{Shares, Window};
use crate::snapshot::{self, Unusual};
use crate::store::StoreError;
use crate::store::figures::{self, Answering, Topic, Voice};
use crate::time::Time;

mod compare;
mod deeds;
mod page;
mod spoken;
mod summary;

pub use compare::compare;
pub use page::{Look, page};

/// The shape of the figures in a report, and how they are worked out. It changes when either does.
pub const SCHEMA: &str = "vigie-report/1";
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
    /// SHA-256 of all that the report says, in hexadecimal digits.
    pub hash: String,
    /// Shares of voice, with the window.
    pub shares: Shares,
    /// Mentions by network.
    pub networks: Vec<(String, u64)>,
    /// The versions of each brand's query that decided, by brand.
    pub queries: Vec<(String, Vec<String>)>,
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

/// Gathers what a report of `brands` over `window` says. `hold` takes out of the posts that stand out what may not
/// leave the house.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn gather(
    connection: &Connection,
    brands: &[Brand],
    window: Window,
    mut hold: impl FnMut(&mut crate::mention::Mention),
) -> Result<Report, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    // A report is of its window, whenever it is written.
    let mut digest = digest::gather(connection, brands, window, window.to)?;
    let drawn = figures::drawn(connection, window, brands)?;
    digest.shares.draw(brands, drawn.mentions.as_deref(), drawn.authors.as_deref());
    digest.shares.weigh(brands, &figures::weights(connection, window, brands)?);
    digest.top.iter_mut().flat_map(|top| &mut top.posts).for_each(|post| hold(&mut post.mention));
    let topics = digest.topics.iter_mut().flat_map(|of| of.rising.iter_mut().chain(&mut of.own));
    topics.flat_map(|topic| &mut topic.examples).for_each(&mut hold);
    let voices = figures::voices(connection, window, brands, VOICES)?;
    let hours = figures::by_hour(connection, window, brands)?;
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
    let mut queries = Vec::with_capacity(brands.len());
    for share in &digest.shares.brands {
        queries.push((share.id.to_string(), figures::versions(connection, window, &share.id)?));
    }
    transaction.finish()?;
    let mut figures = Figures {
        schema: SCHEMA.to_owned(),
        vigie: env!("CARGO_PKG_VERSION").to_owned(),
        hash: String::new(),
        shares: digest.shares.clone(),
        networks: digest.networks.iter().map(|slice| (slice.name.clone(), slice.mentions)).collect(),
        queries,
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
    figures.hash = hash(&(&figures, &digest, &voices, &hours, &inside));
    Ok(Report { digest, voices, hours, deeds, inside, figures })
}

fn terms(topics: &[Topic]) -> Vec<String> {
    topics.iter().map(|topic| topic.rising.term.clone()).collect()
}

/// SHA-256 of a value as JSON. What this crate serialises does not fail to.
fn hash(value: &impl Serialize) -> String {
    let text = serde_json::to_vec(value).unwrap_or_default();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Figures {
    /// As they stand in a page: `<` is written so that no text of a stranger ends the element.
    fn embedded(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{OPEN}{}{CLOSE}", json.replace('<', "\\u003c"))
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
        match value.get("schema").and_then(serde_json::Value::as_str) {
            Some(SCHEMA) => {}
            other => {
                let other = other.unwrap_or("nothing");
                return Err(format!("its figures are of the shape {other}, this program compares {SCHEMA}"));
            }
        }
        serde_json::from_str(json).map_err(|error| format!("its figures cannot be read: {error}"))
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
