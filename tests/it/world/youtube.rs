//! YouTube: a search by date with page tokens that are places in it, whole texts by id, and uploads of a channel.

use serde_json::{Value, json};

use super::{Dialect, Item, World, parameter, part, path};
use crate::server::{Asked, Reply};

pub(super) struct Speaks {
    /// By words, and not by channel.
    pub(super) searches: bool,
}

const CHANNEL: &str = "UCmolivelle0000000000000";

fn id(item: &Item) -> String {
    format!("Mv{:09}", item.number)
}

fn moment(asked: &Asked, name: &str) -> Option<i64> {
    Some(parameter(asked, name)?.parse::<jiff::Timestamp>().unwrap().as_second())
}

/// A page of a list, from the place that the token names.
fn page<'a>(asked: &Asked, all: &[&'a Item], kind: &str, shape: impl Fn(&'a Item) -> Value) -> Reply {
    let start = parameter(asked, "pageToken").map_or(0, |token| token[1..].parse().unwrap());
    let items: Vec<Value> = part(all, start, 50).into_iter().map(shape).collect();
    let mut body = json!({"kind": kind, "pageInfo": {"totalResults": 1_000_000}, "items": items});
    if start + 50 < u64::try_from(all.len()).unwrap() {
        body["nextPageToken"] = format!("T{}", start + 50).into();
    }
    super::json(body)
}

impl Dialect for Speaks {
    fn name(&self) -> &'static str {
        "youtube"
    }

    fn way(&self) -> &'static str {
        if self.searches { "by words" } else { "by channel" }
    }

    fn section(&self, base: &str) -> String {
        if self.searches {
            format!("base_url = '{base}'\nquery = 'molivelle'\nkey = 's3cret'")
        } else {
            format!("base_url = '{base}'\nchannels = ['{CHANNEL}']\nkey = 's3cret'")
        }
    }

    fn page(&self) -> u64 {
        50
    }

    fn answer(&self, asked: &Asked, world: &World) -> Reply {
        match path(asked) {
            "/search" => {
                let from = moment(asked, "publishedAfter").unwrap_or(0);
                let to = moment(asked, "publishedBefore").map_or(i64::MAX, |before| before - 1);
                let mut all = world.dated(from, to);
                all.truncate(500);
                page(asked, &all, "youtube#searchListResponse", |item| {
                    json!({"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": id(item)},
                        "snippet": {"title": item.text, "description": "cut ...", "publishedAt": item.date()}})
                })
            }
            "/videos" => {
                let wanted = parameter(asked, "id").unwrap_or_default();
                let items: Vec<Value> = wanted
                    .split(',')
                    .filter_map(|wanted| world.items.iter().find(|item| id(item) == wanted))
                    .map(|item| {
                        json!({"kind": "youtube#video", "id": id(item), "snippet": {"title": item.text,
                            "description": "whole", "publishedAt": item.date(), "channelId": CHANNEL}})
                    })
                    .collect();
                super::json(json!({"kind": "youtube#videoListResponse", "items": items}))
            }
            "/channels" => super::json(json!({"kind": "youtube#channelListResponse", "items": [{
                "kind": "youtube#channel", "id": CHANNEL, "snippet": {"title": "Molivelle"},
                "contentDetails": {"relatedPlaylists": {"uploads": "UUmolivelle0000000000000"}}}]})),
            "/playlistItems" => {
                page(asked, &world.dated(0, i64::MAX), "youtube#playlistItemListResponse", |item| {
                    json!({"kind": "youtube#playlistItem", "snippet": {"title": item.text, "description": "whole",
                        "publishedAt": item.date(), "resourceId": {"videoId": id(item)}},
                        "contentDetails": {"videoId": id(item), "videoPublishedAt": item.date()}})
                })
            }
            _ => Reply::status(404),
        }
    }
}
