//! GitHub: a search of issues with page numbers, a thousand deep, and one of discussions by places in GraphQL.

use serde_json::{Value, json};

use super::{Dialect, Item, World, number, parameter, part, path};
use crate::server::{Asked, Reply};

/// Issues, without a token.
pub(super) struct Issues;
/// Discussions, with one.
pub(super) struct Discussions;

/// What `created:` in the words of a search bounds.
fn found<'a>(words: &str, world: &'a World) -> Vec<&'a Item> {
    let second = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    let bound = words.split_whitespace().find_map(|word| word.strip_prefix("created:")).unwrap();
    let (from, to) = match bound.strip_prefix(">=") {
        Some(from) => (second(from), i64::MAX),
        None => bound.split_once("..").map(|(from, to)| (second(from), second(to))).unwrap(),
    };
    world.dated(from, to)
}

impl Dialect for Issues {
    fn name(&self) -> &'static str {
        "github"
    }

    fn way(&self) -> &'static str {
        "issues"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\nquery = 'molivelle'")
    }

    fn page(&self) -> u64 {
        100
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let Some(words) = parameter(asked, "q").filter(|_| path(asked) == "/search/issues") else {
            return Reply::status(404);
        };
        let mut all = found(&words, world);
        let count = all.len();
        all.truncate(1_000);
        let start = (number(asked, "page").unwrap_or(1) - 1) * 100;
        let items: Vec<Value> = part(&all, start, 100)
            .iter()
            .map(|item| {
                json!({"html_url": format!("https://github.com/a/b/issues/{}", item.number),
                    "node_id": format!("I_{}", item.number), "number": item.number, "title": item.text, "body": "",
                    "user": {"login": "lea", "id": 1, "type": "User"}, "created_at": item.date()})
            })
            .collect();
        super::json(json!({"total_count": count, "incomplete_results": false, "items": items}))
    }
}

impl Dialect for Discussions {
    fn name(&self) -> &'static str {
        "github"
    }

    fn way(&self) -> &'static str {
        "discussions"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\nquery = 'molivelle'\ntoken = 's3cret'")
    }

    fn page(&self) -> u64 {
        100
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if path(asked) == "/search/issues" {
            return super::json(json!({"total_count": 0, "incomplete_results": false, "items": []}));
        }
        let question: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let Some(words) = question["variables"]["words"].as_str() else { return Reply::status(404) };
        let all = found(words, world);
        let start = question["variables"]["after"].as_str().map_or(0, |after| after.parse().unwrap());
        let nodes: Vec<Value> = part(&all, start, 100)
            .iter()
            .map(|item| {
                json!({"__typename": "Discussion", "id": format!("D_{}", item.number), "title": item.text, "body": "",
                    "url": format!("https://github.com/a/b/discussions/{}", item.number), "createdAt": item.date()})
            })
            .collect();
        let more = u64::try_from(all.len()).unwrap() > start + 100;
        super::json(json!({"data": {"search": {"nodes": nodes,
            "pageInfo": {"hasNextPage": more, "endCursor": (start + 100).to_string()}}}}))
    }
}
