//! Algolia's search by date: newest first, bounds by second, a thousand items at most.

use serde_json::json;

use super::{Dialect, Item, World, parameter};
use crate::server::{Asked, Reply};

pub(super) struct Speaks;

/// Items on one page, whatever is asked for: few, so that a round takes several.
const PAGE: usize = 20;

impl Dialect for Speaks {
    fn name(&self) -> &'static str {
        "hackernews"
    }

    fn section(&self, base: &str) -> String {
        format!(
            "base_url = '{base}'
query = 'molivelle'"
        )
    }

    fn page(&self) -> u64 {
        20
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let filters = parameter(asked, "numericFilters").unwrap_or_default();
        let bound = |sign: &str| -> Option<i64> {
            filters
                .split(',')
                .find_map(|one| one.strip_prefix("created_at_i")?.strip_prefix(sign)?.parse().ok())
        };
        let (from, to) = (bound(">=").unwrap_or(0), bound("<=").unwrap_or(i64::MAX));
        let page: usize = parameter(asked, "page").and_then(|page| page.parse().ok()).unwrap_or(0);
        let mut found: Vec<&Item> = world.newest().filter(|item| (from..=to).contains(&item.at)).collect();
        found.sort_by_key(|item| std::cmp::Reverse(item.at));
        let hits: Vec<_> = found
            .iter()
            .skip(page * PAGE)
            .take(PAGE)
            .map(|item| {
                json!({"objectID": item.number.to_string(), "created_at_i": item.at, "author": "lena_k",
                    "comment_text": item.text, "story_id": 1, "_tags": ["comment"]})
            })
            .collect();
        let pages = found.len().div_ceil(PAGE);
        Reply::ok(
            json!({"hits": hits, "nbHits": found.len(), "page": page, "nbPages": pages, "hitsPerPage": PAGE})
                .to_string(),
        )
    }
}
