//! Lemmy: posts and comments in two lists, newest first; the newer interface pages by token, the older by number.

use serde_json::{Value, json};

use super::{Dialect, Item, World, number, parameter, path};
use crate::server::{Asked, Reply};

pub(super) struct Speaks {
    /// The newer interface, and not the older.
    pub(super) tokens: bool,
}

impl Speaks {
    fn item(&self, comment: bool, item: &Item) -> Value {
        let kind = if comment { "comment" } else { "post" };
        let mut inner = json!({"id": item.number, "deleted": false, "removed": false, "creator_id": 1,
            "ap_id": format!("https://lem.example/{kind}/{}", item.number)});
        inner[if self.tokens { "published_at" } else { "published" }] = json!(item.date());
        if comment {
            (inner["content"], inner["path"]) = (json!(item.text), json!(format!("0.{}", item.number)));
        } else {
            inner["name"] = json!(item.text);
        }
        json!({kind: inner, "creator": {"id": 1, "name": "lea", "actor_id": "https://lem.example/u/lea"}})
    }
}

impl Dialect for Speaks {
    fn name(&self) -> &'static str {
        "lemmy"
    }

    fn way(&self) -> &'static str {
        if self.tokens { "v4" } else { "v3" }
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\ncommunities = ['coffee']")
    }

    fn page(&self) -> u64 {
        100 // fifty of each list
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let api = if self.tokens { "/api/v4" } else { "/api/v3" };
        let comments = match path(asked).strip_prefix(api) {
            Some("/site") => {
                let version = if self.tokens { "1.0.0" } else { "0.19.12" };
                return super::json(json!({"site_view": {}, "admins": [], "version": version}));
            }
            Some("/comment/list") => true,
            Some("/post/list") => false,
            _ => return Reply::status(404),
        };
        let mut all = world.dated(0, i64::MAX);
        all.retain(|item| (item.number % 2 == 1) == comments);
        let limit = number(asked, "limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10);
        let start = match (parameter(asked, "page_cursor"), number(asked, "page")) {
            // after an item by its date and number, whether it is still there or not
            (Some(token), _) => {
                let (at, number) = token.split_once('-').unwrap();
                let last: (i64, u64) = (at.parse().unwrap(), number.parse().unwrap());
                all.iter().position(|item| (item.at, item.number) < last).unwrap_or(all.len())
            }
            (None, page) => usize::try_from(page.unwrap_or(1) - 1).unwrap() * limit,
        };
        let shown: Vec<&Item> = all.iter().skip(start).take(limit).copied().collect();
        let items: Vec<Value> = shown.iter().map(|item| self.item(comments, item)).collect();
        let name = match (self.tokens, comments) {
            (true, _) => "items",
            (false, true) => "comments",
            (false, false) => "posts",
        };
        let next = shown.last().filter(|_| self.tokens && shown.len() == limit);
        let next = next.map(|item| format!("{}-{}", item.at, item.number));
        super::json(json!({name: items, "next_page": next}))
    }
}
