//! Tumblr by tag, pages of one's own on LinkedIn, pins of one's own on Pinterest.

use serde_json::{Value, json};

use super::{Cannot, Dialect, World, after, number, parameter, part, path};
use crate::server::{Asked, Reply};

pub(super) struct Tumblr;
pub(super) struct LinkedIn;
pub(super) struct Pinterest;

impl Dialect for Tumblr {
    fn name(&self) -> &'static str {
        "tumblr"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\ntags = ['molivelle']\napi_key = 's3cret'")
    }

    fn page(&self) -> u64 {
        20
    }

    fn cannot(&self) -> Option<Cannot> {
        Some(Cannot::Crowd("the only bound that it takes is a whole second"))
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if path(asked) != "/tagged" {
            return Reply::status(404);
        }
        let before = number(asked, "before").and_then(|before| i64::try_from(before).ok());
        let all = world.dated(0, before.map_or(i64::MAX, |before| before - 1));
        let posts: Vec<Value> = part(&all, 0, 20)
            .iter()
            .map(|item| {
                json!({"id": item.number, "id_string": item.number.to_string(), "blog_name": "lea",
                    "timestamp": item.at, "content": [{"type": "text", "text": item.text}], "layout": []})
            })
            .collect();
        super::json(json!({"meta": {"status": 200, "msg": "OK"}, "response": posts}))
    }
}

impl Dialect for LinkedIn {
    fn name(&self) -> &'static str {
        "linkedin"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}/rest'\norganizations = ['4242']\ntoken = 's3cret'")
    }

    fn page(&self) -> u64 {
        20
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let (start, count) = (number(asked, "start").unwrap_or(0), number(asked, "count").unwrap_or(10));
        let path = path(asked);
        if path.contains("/organizations/") {
            return super::json(json!({"id": 4242, "localizedName": "Molivelle", "vanityName": "molivelle"}));
        }
        if path.contains("/networkSizes/") {
            return super::json(json!({"firstDegreeSize": 5}));
        }
        if path.ends_with("/comments") {
            return super::json(json!({"paging": {"start": 0, "count": count, "links": []}, "elements": []}));
        }
        if !path.ends_with("/posts") {
            return Reply::status(404);
        }
        let all = world.dated(0, i64::MAX);
        let elements: Vec<Value> = part(&all, start, count)
            .iter()
            .map(|item| {
                json!({"id": format!("urn:li:share:{}", item.number), "author": "urn:li:organization:4242",
                    "commentary": item.text, "lifecycleState": "PUBLISHED", "publishedAt": item.at * 1000,
                    "lastModifiedAt": item.at * 1000})
            })
            .collect();
        let more = start + count < u64::try_from(all.len()).unwrap();
        let links = if more { json!([{"rel": "next", "href": "/x"}]) } else { json!([]) };
        super::json(json!({"paging": {"start": start, "count": count, "links": links}, "elements": elements}))
    }
}

impl Dialect for Pinterest {
    fn name(&self) -> &'static str {
        "pinterest"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}/v5'\ntoken = 's3cret'")
    }

    fn page(&self) -> u64 {
        50
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        match path(asked) {
            "/v5/user_account" => {
                super::json(json!({"username": "molivelle", "follower_count": 5, "account_type": "BUSINESS"}))
            }
            "/v5/pins" => {
                let size = number(asked, "page_size").unwrap_or(25).min(250);
                let all = world.dated(0, i64::MAX);
                let (shown, next) = after(parameter(asked, "bookmark"), &all, size);
                let items: Vec<Value> = shown
                    .iter()
                    .map(|item| {
                        json!({"id": item.number.to_string(), "created_at": item.date(), "title": item.text,
                            "board_id": "7", "media": {"media_type": "image"}})
                    })
                    .collect();
                super::json(json!({"items": items, "bookmark": next}))
            }
            _ => Reply::status(404),
        }
    }
}
