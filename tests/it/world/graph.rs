//! The networks of Meta: lists with `paging`, whose places are posts and not numbers.

use serde_json::{Value, json};

use super::{Dialect, Item, World, after, number, parameter, path};
use crate::server::{Asked, Reply};

/// Threads, by keyword.
pub(super) struct Threads;
/// Posts of a professional account on Instagram.
pub(super) struct Account;
/// Posts of Instagram under a hashtag.
pub(super) struct Hashtag;
/// Posts of a Page of Facebook.
pub(super) struct Facebook;

/// A list with the place of its next page.
fn list(items: &[&Item], next: Option<String>, shape: impl Fn(&Item) -> Value) -> Value {
    let data: Vec<Value> = items.iter().map(|item| shape(item)).collect();
    match next {
        Some(after) => json!({"data": data, "paging": {"cursors": {"before": "b", "after": after},
            "next": format!("https://graph.example/next?access_token=s3cret&after={after}")}}),
        None => json!({"data": data}),
    }
}

fn media(item: &Item) -> Value {
    json!({"id": item.number.to_string(), "caption": item.text, "media_type": "IMAGE", "timestamp": item.date(),
        "permalink": format!("https://www.instagram.com/p/{}/", item.number)})
}

fn since(asked: &Asked) -> i64 {
    number(asked, "since").and_then(|since| i64::try_from(since).ok()).unwrap_or(0)
}

impl Dialect for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn section(&self, base: &str) -> String {
        format!(
            "base_url = '{base}'\nkeywords = ['molivelle']\nusername = 'molivelle.official'\ntoken = 's3cret'"
        )
    }

    fn page(&self) -> u64 {
        30
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let post = |item: &Item| {
            json!({"id": item.number.to_string(), "text": item.text, "timestamp": item.date(), "username": "lena_k",
                "media_type": "TEXT_POST", "permalink": format!("https://www.threads.com/@lena_k/post/{}", item.number)})
        };
        if path(asked) != "/keyword_search" {
            return Reply::status(404);
        }
        if parameter(asked, "q").as_deref() != Some("molivelle") {
            // what everybody writes: whether others' posts are found at all
            let other = Item { number: 1, at: 1_700_000_000, text: "the".to_owned() };
            return super::json(list(&[&other], None, post));
        }
        let all = world.dated(since(asked), i64::MAX);
        let (shown, next) = after(parameter(asked, "after"), &all, 30);
        super::json(list(&shown, next, post))
    }
}

impl Dialect for Account {
    fn name(&self) -> &'static str {
        "instagram"
    }

    fn way(&self) -> &'static str {
        "an account"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\nuser_id = '17'\naccounts = ['molivelle']\ntoken = 's3cret'")
    }

    fn page(&self) -> u64 {
        25
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let fields = parameter(asked, "fields").unwrap_or_default();
        if path(asked) != "/17" || !fields.contains("username(molivelle)") {
            return Reply::status(404);
        }
        let token = fields.split_once(".after(").and_then(|(_, rest)| rest.split_once(')'));
        let all = world.dated(0, i64::MAX);
        let (shown, next) = after(token.map(|(token, _)| token.to_owned()), &all, 25);
        let mut media = list(&shown, next, media);
        if let Some(paging) = media.get_mut("paging").and_then(Value::as_object_mut) {
            paging.remove("next"); // as it is there
        }
        super::json(
            json!({"business_discovery": {"id": "18", "username": "molivelle", "media": media}, "id": "17"}),
        )
    }
}

impl Dialect for Hashtag {
    fn name(&self) -> &'static str {
        "instagram"
    }

    fn way(&self) -> &'static str {
        "a hashtag"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\nuser_id = '17'\nhashtags = ['molivelle']\ntoken = 's3cret'")
    }

    fn page(&self) -> u64 {
        50
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        match path(asked) {
            "/17/recently_searched_hashtags" => super::json(json!({"data": []})),
            "/ig_hashtag_search" => super::json(json!({"data": [{"id": "178"}]})),
            "/178/recent_media" => {
                let all = world.dated(super::now() - 86_400, i64::MAX);
                let (shown, next) = after(parameter(asked, "after"), &all, 50);
                super::json(list(&shown, next, media))
            }
            _ => Reply::status(404),
        }
    }
}

impl Dialect for Facebook {
    fn name(&self) -> &'static str {
        "facebook"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\npages = ['molivelle']\ntoken = 's3cret'")
    }

    fn page(&self) -> u64 {
        50
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if path(asked) != "/molivelle/posts" {
            return Reply::status(404);
        }
        let all = world.dated(since(asked), i64::MAX);
        let limit = number(asked, "limit").unwrap_or(25).min(50);
        let (shown, next) = after(parameter(asked, "after"), &all, limit);
        super::json(list(&shown, next, |item| {
            json!({"id": format!("4242_{}", item.number), "message": item.text, "created_time": item.date(),
                "from": {"id": "4242", "name": "Molivelle"},
                "permalink_url": format!("https://www.facebook.com/4242/posts/{}", item.number)})
        }))
    }
}
