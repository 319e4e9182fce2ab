//! Reddit: lists of a hundred, back by the name of the last post, about a thousand deep; as feeds and by key.

use serde_json::{Value, json};

use super::{Dialect, Item, World, number, parameter, part, path};
use crate::server::{Asked, Reply};

pub(super) struct Speaks {
    /// As an approved app, and not as feeds.
    pub(super) keyed: bool,
}

fn name(item: &Item) -> String {
    // names are numbers in base 36; digits alone are some of them
    format!("t3_{}", item.number)
}

fn listing(items: &[&Item], after: Option<&str>) -> Reply {
    let children: Vec<Value> = items
        .iter()
        .map(|item| {
            json!({"kind": "t3", "data": {"name": name(item), "id": item.number.to_string(), "title": item.text,
                "selftext": "", "author": "lena_k", "author_fullname": "t2_7", "subreddit": "coffee",
                "created_utc": item.at, "permalink": format!("/r/coffee/comments/{}/x/", item.number)}})
        })
        .collect();
    super::json(json!({"kind": "Listing", "data": {"after": after, "before": null, "children": children}}))
}

fn feed(items: &[&Item]) -> Reply {
    let entries: String = items
        .iter()
        .map(|item| {
            format!(
                "<entry><author><name>/u/lena_k</name></author><content type=\"html\">{}</content><id>{}</id>\
                 <link href=\"https://www.reddit.com/r/coffee/comments/{}/x/\"/><updated>{date}</updated>\
                 <published>{date}</published><title>{}</title></entry>",
                item.text,
                name(item),
                item.number,
                item.text,
                date = item.date()
            )
        })
        .collect();
    Reply::ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><id>/r/coffee/new/.rss</id>\
         <title>newest submissions</title><updated>2026-11-20T00:00:00+00:00</updated>{entries}</feed>"
    ))
    .header("content-type", "application/atom+xml; charset=UTF-8")
}

impl Dialect for Speaks {
    fn name(&self) -> &'static str {
        "reddit"
    }

    fn way(&self) -> &'static str {
        if self.keyed { "by key" } else { "as feeds" }
    }

    fn section(&self, base: &str) -> String {
        let section = format!("base_url = '{base}'\napi_url = '{base}'\nsubreddits = ['coffee']");
        if self.keyed { format!("{section}\nclient_id = 'app'\nclient_secret = 's3cret'") } else { section }
    }

    fn page(&self) -> u64 {
        100
    }

    fn rests(&self) -> bool {
        !self.keyed
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let all: Vec<&Item> = world.newest().take(1_000).collect();
        let limit = number(asked, "limit").unwrap_or(25).min(100);
        let after = parameter(asked, "after");
        let start = match &after {
            // a name that is not there any more leads nowhere
            Some(after) => all.iter().position(|item| name(item) == *after).map(|place| place + 1),
            None => Some(0),
        };
        let start = start.and_then(|start| u64::try_from(start).ok()).unwrap_or(u64::MAX / 2);
        let shown = if start > 1_000 { Vec::new() } else { part(&all, start, limit) };
        let more = u64::try_from(all.len()).unwrap() > start.saturating_add(limit);
        match path(asked) {
            "/api/v1/access_token" => {
                super::json(json!({"access_token": "t", "token_type": "bearer", "expires_in": 86_400}))
            }
            "/r/coffee/new/.rss" if !self.keyed => feed(&shown),
            "/r/coffee/new" if asked.header("authorization") == Some("bearer t") => {
                let last = shown.last().filter(|_| more).map(|item| name(item));
                listing(&shown, last.as_deref())
            }
            _ => Reply::status(404),
        }
    }
}
