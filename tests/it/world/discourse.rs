//! Discourse: the latest posts below a number, and a search of fifty excerpts a page.

use serde_json::{Value, json};

use super::{Dialect, Item, World, number, parameter, part, path};
use crate::server::{Asked, Reply};

/// All posts of a forum.
pub(super) struct Latest;
/// Those that a search finds.
pub(super) struct Search;

fn post(item: &Item) -> Value {
    json!({"id": item.number, "username": "lea", "cooked": format!("<p>{}</p>", item.text), "topic_id": item.number,
        "topic_slug": "t", "topic_title": "t", "post_number": 2, "created_at": item.date(), "version": 1,
        "actions_summary": []})
}

impl Dialect for Latest {
    fn name(&self) -> &'static str {
        "discourse"
    }

    fn way(&self) -> &'static str {
        "the latest"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'")
    }

    fn page(&self) -> u64 {
        50
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if path(asked) != "/posts.json" {
            return Reply::status(404);
        }
        let last = world.items.last().map_or(0, |item| item.number);
        // an answer covers fifty numbers, whether there are posts behind them or not
        let before = number(asked, "before").unwrap_or(last);
        let covered = world.newest().filter(|item| item.number <= before && item.number + 50 > before);
        super::json(json!({"latest_posts": covered.map(post).collect::<Vec<_>>()}))
    }
}

impl Dialect for Search {
    fn name(&self) -> &'static str {
        "discourse"
    }

    fn way(&self) -> &'static str {
        "by words"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\nquery = 'molivelle'")
    }

    fn page(&self) -> u64 {
        50
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if let Some(topic) = path(asked).strip_prefix("/t/") {
            let topic: Option<u64> = topic.split_once('/').and_then(|(topic, _)| topic.parse().ok());
            return match world.items.iter().find(|item| Some(item.number) == topic) {
                Some(item) => super::json(json!({"id": item.number, "title": "t", "slug": "t",
                    "post_stream": {"posts": [post(item)]}})),
                None => super::json(json!({"errors": ["The requested URL or resource could not be found."],
                    "error_type": "not_found"}))
                .with_status(404),
            };
        }
        let Some(words) = parameter(asked, "q").filter(|_| path(asked) == "/search.json") else {
            return Reply::status(404);
        };
        let after = words.split_whitespace().find_map(|word| word.strip_prefix("after:")).unwrap();
        // days are all that it knows
        let from = format!("{after}T00:00:00Z").parse::<jiff::Timestamp>().unwrap().as_second();
        let all = world.dated(from, i64::MAX);
        let start = (number(asked, "page").unwrap_or(1) - 1) * 50;
        let posts: Vec<Value> = part(&all, start, 50)
            .iter()
            .map(|item| {
                json!({"id": item.number, "username": "lea", "created_at": item.date(), "blurb": "...",
                    "post_number": 2, "topic_id": item.number})
            })
            .collect();
        let more = u64::try_from(all.len()).unwrap() > start + 50;
        super::json(
            json!({"posts": posts, "topics": [], "grouped_search_result": {"more_full_page_results": more}}),
        )
    }
}
