//! Mastodon and servers with its API: hashtag and public timelines, caught up by `min_id`.
//!
//! One source walks its timelines in turn. A round starts about 15 minutes before the last read, since
//! posts of other servers arrive late, and goes on page by page until a timeline has no more.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use self::walk::{Step, Walk};
use super::{
    Answer, Ask, BuildError, Can, Cursor, Dates, Network, Offer, Page, ReadError, Request, Spec, Told,
};
use crate::post::NetworkName;
use crate::time::Time;

mod answer;
mod status;
mod walk;

const NAME: NetworkName = NetworkName::known("mastodon");

pub(super) const SPEC: Spec = Spec {
    name: "mastodon",
    aliases: &[],
    about: "public posts of a Mastodon server, by hashtag or all of them, asked every minute",
    keys: &["base_url", "tags", "timeline", "min_id"],
    secrets: &[],
    offer: Offer {
        can: &[Can::Tags, Can::Stream],
        look_back: "the newest page of a timeline",
        deletes: Told::Stream,
        edits: Told::Stream,
        cost: "free: 300 requests in 5 minutes and address, 300 pages in 15 minutes (documentation of 2026)",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(Mastodon::build(super::section(section)?)?)),
};

/// What the section of a Mastodon source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default)]
    tags: Vec<String>,
    timeline: Option<String>,
    min_id: Option<String>,
}

fn default_base() -> String {
    "https://mastodon.social".to_owned()
}

/// A Mastodon server as a source.
#[derive(Debug)]
struct Mastodon {
    base: Url,
    /// Addresses of the timelines to follow, tags first: the public one may take long.
    timelines: Vec<String>,
    /// Where the very first round starts, instead of at the newest page.
    min_id: Option<String>,
}

impl Mastodon {
    fn build(section: Section) -> Result<Mastodon, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let base = Url::parse(&section.base_url)
            .ok()
            .filter(|base| matches!(base.scheme(), "http" | "https") && base.has_host())
            .ok_or_else(|| {
                fault("base_url", format!("`{}` is not an address like https://server", section.base_url))
            })?;
        let mut timelines = Vec::new();
        for tag in &section.tags {
            let name = tag.trim().trim_start_matches('#');
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(fault("tags", format!("`{tag}` is not one hashtag")));
            }
            timelines.push(timeline(&base, &["tag", name], None));
        }
        match section.timeline.as_deref() {
            None | Some("none" | "") => {}
            Some("public") => timelines.push(timeline(&base, &["public"], None)),
            Some("local") => timelines.push(timeline(&base, &["public"], Some("local=true"))),
            Some(other) => {
                return Err(fault("timeline", format!("`{other}` is neither `public` nor `local`")));
            }
        }
        Ok(Mastodon { base, timelines, min_id: section.min_id })
    }

    /// The domain that handles without one belong to. A streaming host may be another machine.
    fn domain(&self, answer: &Answer) -> Option<String> {
        let url = Url::parse(answer.url()).ok().filter(|url| !url.path().contains("/streaming"));
        url.as_ref().and_then(status::domain)
    }
}

fn timeline(base: &Url, path: &[&str], query: Option<&str>) -> String {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(["api", "v1", "timelines"]).extend(path);
    }
    url.set_query(query);
    url.into()
}

impl Network for Mastodon {
    fn ask(&self, cursor: Option<&Cursor>, _now: Time) -> Ask {
        let walk: Walk = Cursor::state(cursor);
        match walk.address(&self.timelines, self.min_id.as_deref()) {
            Some(address) => Ask::Fetch(Request::get(address).header("accept", "application/json")),
            None => Ask::Done,
        }
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let asked = walk::timeline_of(&answer.request.url);
        let found = answer::read(answer, &self.base, self.domain(answer), asked.is_some())?;
        let (items, mut page) = found.into_page();
        let Some(items) = items else { return Ok(page) };
        let mut walk: Walk = Cursor::state(cursor);
        let asked = match asked {
            Some(asked) => asked,
            // a bare list, read from a file: taken for an answer to what would be asked next
            None if answer.request.url.is_empty() => walk
                .current(&self.timelines)
                .map_or_else(|| timeline(&self.base, &["public"], None), str::to_owned),
            None => return Ok(page),
        };
        let before = walk.clone();
        let Step { more, missed } = walk.step(&self.timelines, &asked, answer, &items);
        page.more = more;
        page.missed = missed;
        page.cursor = if walk == before { None } else { Cursor::of(&walk) };
        Ok(page)
    }

    fn pace(&self) -> Duration {
        // servers allow 300 paging requests in 15 minutes; one per tag and 30 s leaves room for others
        let tags = u64::try_from(self.timelines.len()).unwrap_or(u64::MAX);
        Duration::from_secs(tags.saturating_mul(30).max(60))
    }
}
