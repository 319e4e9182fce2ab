//! A feed, which is one document, and the search of Bluesky, which gives pages by token to those with an account.

use serde_json::{Value, json};

use super::{Cannot, Dialect, World, after, parameter, path};
use crate::server::{Asked, Reply};

pub(super) struct Feed;
pub(super) struct Bluesky;

impl Dialect for Feed {
    fn name(&self) -> &'static str {
        "feed"
    }

    fn section(&self, base: &str) -> String {
        format!("url = '{base}/feed.xml'")
    }

    fn page(&self) -> u64 {
        60
    }

    fn cannot(&self) -> Option<Cannot> {
        Some(Cannot::Page("a feed is one document with its newest entries"))
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        if path(asked) != "/feed.xml" {
            return Reply::status(404);
        }
        let items: String = world
            .newest()
            .take(60)
            .map(|item| {
                format!(
                    "<entry><id>tag:news.example,2026:{}</id><title>{}</title><updated>{}</updated>\
                     <link href=\"https://news.example/{}\"/></entry>",
                    item.number,
                    item.text,
                    item.date(),
                    item.number
                )
            })
            .collect();
        Reply::ok(format!(
            "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><id>tag:news.example,2026:feed</id>\
             <title>News</title>{items}</feed>"
        ))
        .header("content-type", "application/atom+xml")
    }
}

impl Dialect for Bluesky {
    fn name(&self) -> &'static str {
        "bluesky"
    }

    fn way(&self) -> &'static str {
        "by words"
    }

    fn section(&self, base: &str) -> String {
        format!(
            "service = '{base}'\nsearch = ['molivelle']\nstreaming = false\nidentifier = 'moi.social.example'\n\
             password = 's3cret'\nlook_back = '1d'"
        )
    }

    fn page(&self) -> u64 {
        25
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        match path(asked) {
            "/xrpc/com.atproto.server.createSession" => {
                super::json(json!({"accessJwt": "t", "refreshJwt": "r",
                "handle": "moi.social.example", "did": "did:plc:moi"}))
            }
            "/xrpc/app.bsky.feed.searchPosts" => {
                let second = |name: &str| {
                    let text = parameter(asked, name)?;
                    Some(text.parse::<jiff::Timestamp>().unwrap().as_second())
                };
                let all =
                    world.dated(second("since").unwrap_or(0), second("until").map_or(i64::MAX, |at| at - 1));
                let (shown, next) = after(parameter(asked, "cursor"), &all, 25);
                let posts: Vec<Value> = shown
                    .iter()
                    .map(|item| {
                        json!({"uri": format!("at://did:plc:a/app.bsky.feed.post/{}", item.number),
                            "indexedAt": item.date(), "author": {"did": "did:plc:a", "handle": "a.example"},
                            "record": {"text": item.text, "createdAt": item.date()}})
                    })
                    .collect();
                let mut body = json!({"posts": posts, "hitsTotal": all.len()});
                if let Some(next) = next {
                    body["cursor"] = next.into();
                }
                super::json(body)
            }
            _ => Reply::status(404),
        }
    }
}
