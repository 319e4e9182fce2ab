//! Stack Exchange: questions between two seconds, newest first, with page numbers.

use serde_json::{Value, json};

use super::{Dialect, World, number, part, path};
use crate::server::{Asked, Reply};

pub(super) struct StackExchange;

impl Dialect for StackExchange {
    fn name(&self) -> &'static str {
        "stackexchange"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}/2.3'\ntags = ['molivelle']")
    }

    fn page(&self) -> u64 {
        100
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if path(asked) != "/2.3/questions" {
            return Reply::status(404);
        }
        let bound = |name: &str| number(asked, name).and_then(|bound| i64::try_from(bound).ok());
        let all = world.dated(bound("fromdate").unwrap_or(0), bound("todate").unwrap_or(i64::MAX));
        let start = (number(asked, "page").unwrap_or(1) - 1) * 100;
        let items: Vec<Value> = part(&all, start, 100)
            .iter()
            .map(|item| {
                json!({"question_id": item.number, "creation_date": item.at, "title": item.text, "body": "",
                    "link": format!("https://stackoverflow.com/questions/{}/x", item.number)})
            })
            .collect();
        let more = u64::try_from(all.len()).unwrap() > start + 100;
        super::json(json!({"items": items, "has_more": more, "quota_max": 300, "quota_remaining": 99}))
    }
}
