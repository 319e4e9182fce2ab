//! Walks over the pins of an account, by bookmark.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Request};
use vigie::time::{DAY, HOUR, Time};

use super::build;

const OWN: &str = "base_url = 'https://pin.example/v5'\nlook_back = '9000d'";

/// A Pinterest with the pins of one account.
#[derive(Default)]
struct Server {
    pins: Vec<(u64, i64)>,
    strict: bool,
    asked: Vec<String>,
}

impl Server {
    fn with(pins: u64) -> Server {
        Server {
            pins: (0..pins).map(|id| (id, DAY + i64::try_from(id).unwrap() * 2 * HOUR)).collect(),
            ..Server::default()
        }
    }

    fn answer(&mut self, request: &Request, now: Time) -> Answer {
        let url = Url::parse(&request.url).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let path = url.path_segments().unwrap().next_back().unwrap().to_owned();
        self.asked.push(path.clone());
        let start: usize = query.get("bookmark").map_or(0, |mark| mark[1..].parse().unwrap());
        let (status, body) = if path == "user_account" {
            (200, json!({"username": "molivelle", "follower_count": 5, "account_type": "BUSINESS"}))
        } else if self.strict && start > 0 {
            (400, json!({"code": 1, "message": "Invalid bookmark"}))
        } else {
            let size: usize = query["page_size"].parse().unwrap();
            let items: Vec<Value> = self
                .pins
                .iter()
                .rev()
                .skip(start)
                .take(size)
                .map(|(id, at)| {
                    json!({
                "id": id.to_string(), "created_at": Time(*at).to_string(), "title": "moka", "board_id": "7",
                "media": {"media_type": "image"}})
                })
                .collect();
            let next = (start + size < self.pins.len()).then(|| format!("B{}", start + size));
            (200, json!({"items": items, "bookmark": next}))
        };
        Answer {
            request: request.clone(),
            status,
            body: body.to_string().into_bytes(),
            seen: now,
            ..Answer::default()
        }
    }

    fn round(&mut self, cursor: &mut Option<Cursor>, now: Time, seen: &mut BTreeSet<u64>) {
        for _ in 0..100 {
            let network = build(OWN);
            let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
            let answer = self.answer(&request, now);
            assert!(answer.status == 200 || network.is_normal(&answer, cursor.as_ref()));
            let page = network.read(&answer, cursor.as_ref()).unwrap();
            seen.extend(page.posts.iter().map(|post| post.native_id.parse::<u64>().unwrap()));
            let moved = page.cursor.is_some() && page.cursor != *cursor;
            *cursor = page.cursor.or(cursor.take());
            if !page.more {
                return;
            }
            assert!(moved, "the follower would stop here");
        }
        panic!("the round does not end");
    }
}

#[test]
fn all_pins_are_read_and_then_the_new_ones() {
    let mut server = Server::with(900);
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(DAY + 1800 * HOUR));
    server.round(&mut cursor, now, &mut seen);
    assert_eq!(seen, (0..900).collect());
    assert_eq!(server.asked, ["user_account", "pins", "pins", "pins", "pins"]);
    server.asked.clear();
    server.pins.push((900, now.0 + 1));
    server.round(&mut cursor, now.plus(HOUR), &mut seen);
    assert!(seen.contains(&900));
    assert_eq!(server.asked, ["pins"]);
    // once a day all are walked through again, for what stands out of order
    server.asked.clear();
    server.pins.insert(0, (7_000, DAY));
    server.round(&mut cursor, now.plus(DAY), &mut seen);
    assert!(seen.contains(&7_000));
    assert_eq!(server.asked[0], "user_account");
}

#[test]
fn a_refused_or_old_bookmark_starts_from_the_top() {
    let mut server = Server::with(600);
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(DAY + 1200 * HOUR));
    let network = build(OWN);
    for _ in 0..2 {
        let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
        let page = network.read(&server.answer(&request, now), cursor.as_ref()).unwrap();
        cursor = page.cursor.or(cursor);
    }
    let Ask::Fetch(next) = network.ask(cursor.as_ref(), now) else { panic!() };
    assert!(next.url.contains("bookmark=B250"), "{}", next.url);
    let Ask::Fetch(later) = network.ask(cursor.as_ref(), now.plus(HOUR)) else { panic!() };
    assert!(!later.url.contains("bookmark"), "{}", later.url);
    server.strict = true;
    let refused = server.answer(&next, now);
    assert!(network.is_normal(&refused, cursor.as_ref()));
    let page = network.read(&refused, cursor.as_ref()).unwrap();
    assert!(page.more);
    cursor = page.cursor;
    server.strict = false;
    server.round(&mut cursor, now, &mut seen);
    assert_eq!(seen, (0..600).collect());
    // without a bookmark there is no excuse
    let Ask::Fetch(first) = network.ask(None, now) else { panic!() };
    assert!(!network.is_normal(&Answer { request: first, ..refused }, None));
}

#[test]
fn the_past_is_walked_within_its_bounds_and_ends() {
    let mut server = Server::with(400);
    let network = build(OWN);
    let at = |pin: i64| Time(DAY + pin * 2 * HOUR);
    let (mut cursor, mut seen) = (network.backfill(at(100), at(200)), BTreeSet::new());
    server.round(&mut cursor, Time(90 * DAY), &mut seen);
    assert_eq!(seen, (100..=200).collect());
    assert_eq!(network.ask(cursor.as_ref(), Time(90 * DAY)), Ask::Done);
}
