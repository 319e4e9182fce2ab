//! What others push, read one by one.

use jiff::tz::TimeZone;

use super::dates;
use super::lines::{self, Line};
use super::row::{self, Item};
use crate::network::capture::Recorded;

/// Reads what others push: posts, deletions, edits and accounts in the forms of a capture or an export.
#[derive(Debug)]
pub struct Pushed {
    dates: dates::Dates,
    recorded: Recorded,
}

impl Pushed {
    /// A reader; `None` never in practice: its patterns are sound.
    pub fn new() -> Option<Pushed> {
        Some(Pushed { dates: dates::Dates::new(None, TimeZone::UTC)?, recorded: Recorded::default() })
    }

    /// One of them, its text made fit to be kept.
    ///
    /// # Errors
    /// When it is none of these forms, with what is missing.
    pub fn read(&mut self, raw: &[u8]) -> Result<Item, String> {
        match lines::read(raw, &mut self.recorded, &self.dates)? {
            Line::Own(mut item) => {
                let page = &mut item.page;
                page.cursor = None;
                page.missed = None;
                page.posts.iter_mut().chain(&mut page.edits).for_each(row::tidy);
                if page.posts.iter().chain(&page.edits).any(|post| post.native_id.is_empty()) {
                    return Err("id is empty".to_owned());
                }
                Ok(*item)
            }
            Line::Other(values) => {
                let has = |name: &str| values.iter().any(|(known, _)| known == name);
                let text = has("text") || has("title") || has("html");
                Err(match (has("network"), text) {
                    (false, _) => "network is missing: say where the post stands, such as \"mastodon\"",
                    (true, false) => "text is missing",
                    (true, true) => "network must be a text",
                }
                .to_owned())
            }
        }
    }
}
