//! X: recent search, newest first by identifiers that hold the time, with page tokens.

use serde_json::{Value, json};

use super::{Dialect, Item, World, number, parameter, path};
use crate::server::{Asked, Reply};

pub(super) struct Speaks;

/// When identifiers begin, in milliseconds since 1970.
const EPOCH: i64 = 1_288_834_974_657;

fn id(item: &Item) -> u64 {
    (u64::try_from(item.at * 1000 - EPOCH).unwrap() << 22) + item.number
}

impl Dialect for Speaks {
    fn name(&self) -> &'static str {
        "x"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\nwords = ['molivelle']\npage = 20\ntoken = 's3cret'")
    }

    fn page(&self) -> u64 {
        20
    }

    fn number(&self, native_id: &str) -> Option<u64> {
        Some(native_id.parse::<u64>().ok()? & ((1 << 22) - 1))
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if path(asked) != "/2/tweets/search/recent" {
            return Reply::status(404);
        }
        let since = number(asked, "since_id").unwrap_or(0);
        let until = number(asked, "until_id").unwrap_or(u64::MAX);
        let below = parameter(asked, "next_token").map_or(until, |token| token[1..].parse().unwrap());
        let mut found: Vec<(u64, &Item)> = world.items.iter().map(|item| (id(item), item)).collect();
        found.retain(|(id, _)| *id > since && *id < below);
        found.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        let shown = &found[..found.len().min(20)];
        let data: Vec<Value> = shown
            .iter()
            .map(|(id, item)| {
                json!({"id": id.to_string(), "text": item.text, "edit_history_tweet_ids": [id.to_string()],
                    "author_id": "7", "created_at": item.date()})
            })
            .collect();
        let mut meta = json!({"result_count": shown.len()});
        if let (Some((newest, _)), Some((oldest, _))) = (shown.first(), shown.last()) {
            (meta["newest_id"], meta["oldest_id"]) = (newest.to_string().into(), oldest.to_string().into());
            if found.len() > shown.len() {
                meta["next_token"] = format!("t{oldest}").into();
            }
        }
        let body = if data.is_empty() { json!({"meta": meta}) } else { json!({"data": data, "meta": meta}) };
        super::json(body)
    }
}
