//! A Mastodon timeline: `min_id` gives the oldest after an id, `max_id` the newest before, newest first on a page.

use serde_json::json;

use super::{Dialect, Item, World, parameter};
use crate::server::{Asked, Reply};

pub(super) struct Speaks;

/// Statuses on one page.
const PAGE: usize = 40;

impl Dialect for Speaks {
    fn name(&self) -> &'static str {
        "mastodon"
    }

    fn section(&self, base: &str) -> String {
        format!(
            "base_url = '{base}'
tags = ['molivelle']"
        )
    }

    fn page(&self) -> u64 {
        40
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if !asked.path.contains("/timelines/") {
            return Reply::status(404);
        }
        let id = |name: &str| parameter(asked, name).and_then(|id| id.parse::<u64>().ok());
        let limit = id("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(20).min(PAGE);
        let mut found: Vec<&Item> = world
            .newest()
            .filter(|item| id("max_id").is_none_or(|max| item.number < max))
            .filter(|item| id("min_id").or(id("since_id")).is_none_or(|min| item.number > min))
            .collect();
        if id("min_id").is_some() {
            found.drain(..found.len().saturating_sub(limit));
        }
        found.truncate(limit);
        let statuses: Vec<_> = found
            .iter()
            .map(|item| {
                let at = jiff::Timestamp::from_second(item.at).unwrap().to_string();
                let uri = format!("https://social.example/users/lena/statuses/{}", item.number);
                json!({"id": item.number.to_string(), "uri": uri, "url": uri, "created_at": at,
                    "content": format!("<p>{}</p>", item.text), "visibility": "public", "language": "fr",
                    "account": {"id": "7", "username": "lena", "acct": "lena", "display_name": "Lena K",
                        "url": "https://social.example/@lena"}})
            })
            .collect();
        Reply::ok(serde_json::Value::from(statuses).to_string()).header("content-type", "application/json")
    }
}
