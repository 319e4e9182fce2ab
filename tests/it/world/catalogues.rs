//! Podcast Index, Product Hunt, GDELT and the reviews of the App Store.

use serde_json::{Value, json};

use super::{Cannot, Dialect, World, after, number, parameter, part, path};
use crate::server::{Asked, Reply};

pub(super) struct PodcastIndex;
pub(super) struct ProductHunt;
pub(super) struct Gdelt;
pub(super) struct AppStore;

impl Dialect for PodcastIndex {
    fn name(&self) -> &'static str {
        "podcastindex"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\nrecent = true\napi_key = 'k3y'\napi_secret = 's3cret'")
    }

    fn page(&self) -> u64 {
        50
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if !path(asked).ends_with("/recent/episodes") {
            return Reply::status(404);
        }
        let before = number(asked, "before").unwrap_or(u64::MAX);
        let since = number(asked, "since").and_then(|since| i64::try_from(since).ok()).unwrap_or(0);
        let found = world.newest().filter(|item| item.number < before && item.at > since).take(50);
        let items: Vec<Value> = found
            .map(|item| {
                json!({"id": item.number, "title": item.text, "datePublished": item.at, "dateCrawled": item.at,
                    "feedId": 7})
            })
            .collect();
        super::json(json!({"status": "true", "count": items.len(), "items": items}))
    }
}

impl Dialect for ProductHunt {
    fn name(&self) -> &'static str {
        "producthunt"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\npermission = true\ntoken = 's3cret'")
    }

    fn page(&self) -> u64 {
        20
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let variables = &body["variables"];
        let second =
            |key: &str| Some(variables[key].as_str()?.parse::<jiff::Timestamp>().unwrap().as_second());
        let all = world.dated(second("from").unwrap_or(0), second("to").unwrap_or(i64::MAX));
        let first = variables["first"].as_u64().unwrap_or(20).min(20);
        let (shown, next) = after(variables["after"].as_str().map(str::to_owned), &all, first);
        let edges: Vec<Value> = shown
            .iter()
            .map(|item| {
                json!({"node": {"id": item.number.to_string(), "name": item.text, "tagline": "t",
                    "createdAt": item.date()}})
            })
            .collect();
        super::json(json!({"data": {"posts": {"edges": edges,
            "pageInfo": {"hasNextPage": next.is_some(), "endCursor": next}}}}))
        .header("x-rate-limit-limit", "6250")
        .header("x-rate-limit-remaining", "6000")
        .header("x-rate-limit-reset", "400")
    }
}

impl Dialect for Gdelt {
    fn name(&self) -> &'static str {
        "gdelt"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}/api/v2/doc/doc'\nquery = 'molivelle'")
    }

    fn page(&self) -> u64 {
        250
    }

    fn cannot(&self) -> Option<Cannot> {
        Some(Cannot::Crowd("it has no pages, and the only bound that it takes is a whole second"))
    }

    fn longest(&self) -> i64 {
        2_100 // its overloads last: half an hour at least
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let moment = |name: &str| {
            let text = parameter(asked, name)?;
            let moment = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", &text).unwrap();
            Some(moment.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second())
        };
        let all =
            world.dated(moment("startdatetime").unwrap_or(0), moment("enddatetime").unwrap_or(i64::MAX));
        let articles: Vec<Value> = part(&all, 0, 250)
            .iter()
            .map(|item| {
                let seen = jiff::Timestamp::from_second(item.at).unwrap().strftime("%Y%m%dT%H%M%SZ");
                json!({"url": format!("https://news.example/{}", item.number), "title": item.text,
                    "domain": "news.example", "seendate": seen.to_string()})
            })
            .collect();
        if articles.is_empty() { super::json(json!({})) } else { super::json(json!({"articles": articles})) }
    }
}

impl Dialect for AppStore {
    fn name(&self) -> &'static str {
        "appstore"
    }

    fn section(&self, base: &str) -> String {
        format!("base_url = '{base}'\napps = ['77 Molivelle']")
    }

    fn page(&self) -> u64 {
        50
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        let start = path(asked).split('/').find_map(|part| part.strip_prefix("page=")?.parse::<u64>().ok());
        let Some(page) = start.filter(|page| (1..=10).contains(page)) else { return Reply::status(404) };
        let all = world.dated(0, i64::MAX);
        let entries: Vec<Value> = part(&all, (page - 1) * 50, 50)
            .iter()
            .map(|item| {
                json!({"id": {"label": item.number.to_string()}, "im:rating": {"label": "3"},
                    "title": {"label": item.text}, "content": {"label": "c"}, "updated": {"label": item.date()}})
            })
            .collect();
        if entries.is_empty() {
            return super::json(json!({"feed": {"title": {"label": "Reviews"}}}));
        }
        super::json(json!({"feed": {"entry": entries}}))
    }
}
