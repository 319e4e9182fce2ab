//! Walks down tags and blogs of a Tumblr that only knows "before".

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Request};
use vigie::time::{DAY, Time};

use super::build;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600;
const MOKA: &str = "tags = ['moka']";

/// A Tumblr: posts by list, with their second and whether they are featured an hour later or pinned.
#[derive(Default)]
struct Server {
    lists: BTreeMap<&'static str, Vec<(u64, i64)>>,
    featured: bool,
    pinned: Option<u64>,
    closed: bool,
    asked: usize,
}

impl Server {
    fn with(list: &'static str, posts: impl Iterator<Item = (u64, i64)>) -> Server {
        Server { lists: BTreeMap::from([(list, posts.collect())]), ..Server::default() }
    }

    fn answer(&mut self, request: &Request, now: Time) -> Answer {
        self.asked += 1;
        let url = Url::parse(&request.url).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let list = query.get("tag").map_or("blog", String::as_str);
        if list == "blog" && self.closed {
            let body = br#"{"meta":{"status":404,"msg":"Not Found"},"response":[]}"#.to_vec();
            return Answer { request: request.clone(), status: 404, body, seen: now, ..Answer::default() };
        }
        let before = query.get("before").map_or(i64::MAX, |before| before.parse().unwrap());
        let shift = if self.featured { HOUR } else { 0 };
        let mut all: Vec<&(u64, i64)> =
            self.lists[list].iter().filter(|(_, at)| at + shift < before).collect();
        all.sort_by_key(|(id, at)| std::cmp::Reverse((*at, *id)));
        let mut posts: Vec<Value> = all.iter().take(20).map(|(id, at)| {
            let mut post = json!({"id": id, "id_string": id.to_string(), "blog_name": "lea", "timestamp": at,
                "content": [{"type": "text", "text": "moka"}], "layout": []});
            if self.featured {
                post["featured_timestamp"] = (at + HOUR).into();
            }
            post
        }).collect();
        if let Some(id) = self.pinned {
            posts.insert(
                0,
                json!({"id_string": id.to_string(), "blog_name": "lea", "timestamp": 5, "is_pinned": true}),
            );
        }
        let response =
            if list == "blog" { json!({"blog": {"name": "lea"}, "posts": posts}) } else { posts.into() };
        let body =
            json!({"meta": {"status": 200, "msg": "OK"}, "response": response}).to_string().into_bytes();
        Answer { request: request.clone(), status: 200, body, seen: now, ..Answer::default() }
    }

    fn round(
        &mut self,
        section: &str,
        cursor: &mut Option<Cursor>,
        now: i64,
        seen: &mut BTreeSet<u64>,
    ) -> Option<String> {
        let mut missed = None;
        for _ in 0..600 {
            let network = build(section);
            let Ask::Fetch(request) = network.ask(cursor.as_ref(), Time(now * SECOND)) else { panic!() };
            let answer = self.answer(&request, Time(now * SECOND));
            assert!(answer.status == 200 || network.is_normal(&answer, cursor.as_ref()));
            let page = network.read(&answer, cursor.as_ref()).unwrap();
            seen.extend(page.posts.iter().map(|post| post.native_id.parse::<u64>().unwrap()));
            missed = page.missed.map(|missed| missed.reason).or(missed);
            let moved = page.cursor.is_some() && page.cursor != *cursor;
            *cursor = page.cursor.or(cursor.take());
            if !page.more {
                return missed;
            }
            assert!(moved, "the follower would stop here");
        }
        panic!("the round does not end");
    }
}

const WEEK: i64 = 7 * DAY / SECOND;

/// Posts a number of seconds apart.
fn every(seconds: i64, range: std::ops::Range<u64>) -> impl Iterator<Item = (u64, i64)> {
    range.map(move |at| (at, WEEK + i64::try_from(at).unwrap() * seconds))
}

#[test]
fn a_tag_is_walked_down_to_what_is_known() {
    for featured in [false, true] {
        let mut server = Server::with("moka", every(300, 0..500));
        server.featured = featured;
        let (mut cursor, mut seen, now) = (None, BTreeSet::new(), WEEK + 150_000);
        server.round(MOKA, &mut cursor, now, &mut seen);
        assert_eq!(seen, (0..500).collect());
        server.lists.get_mut("moka").unwrap().extend(every(300, 500..700));
        let asked = server.asked;
        server.round(MOKA, &mut cursor, now + 65_000, &mut seen);
        assert_eq!(seen, (0..700).collect());
        assert!(server.asked - asked < 14, "{}", server.asked - asked);
        let asked = server.asked;
        server.round(MOKA, &mut cursor, now + 65_300, &mut seen);
        assert_eq!(server.asked - asked, 1);
    }
}

#[test]
fn more_than_a_page_in_one_second_is_told_and_passed() {
    let mut server = Server::with("moka", (0..30).map(|id| (id, WEEK + 100)).chain(every(1, 50..60)));
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    let missed = server.round(MOKA, &mut cursor, WEEK + 200, &mut seen);
    assert!(missed.unwrap().contains("one second"));
    assert!((50..60).all(|id| seen.contains(&id)) && seen.len() == 30, "{seen:?}");
    // nineteen in a second fit
    let mut server = Server::with("moka", (0..19).map(|id| (id, WEEK + 100)).chain(every(1, 50..90)));
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    assert_eq!(server.round(MOKA, &mut cursor, WEEK + 200, &mut seen), None);
    assert_eq!(seen.len(), 59);
}

#[test]
fn a_tag_that_grows_and_loses_posts_while_it_is_read_loses_nothing() {
    let mut server = Server::with("moka", every(60, 0..400));
    let (mut cursor, mut seen, mut next) = (None, BTreeSet::new(), 400);
    for step in 0..15 {
        let now = WEEK + 24_000 + step * 60;
        let network = build(MOKA);
        let Ask::Fetch(request) = network.ask(cursor.as_ref(), Time(now * SECOND)) else { panic!() };
        let page = network.read(&server.answer(&request, Time(now * SECOND)), cursor.as_ref()).unwrap();
        seen.extend(page.posts.iter().map(|post| post.native_id.parse::<u64>().unwrap()));
        cursor = page.cursor.or(cursor);
        let posts = server.lists.get_mut("moka").unwrap();
        posts.push((next, now));
        posts.remove(usize::try_from(step).unwrap());
        next += 1;
    }
    server.round(MOKA, &mut cursor, WEEK + 25_000, &mut seen);
    server.round(MOKA, &mut cursor, WEEK + 25_300, &mut seen);
    let missing: Vec<u64> =
        server.lists["moka"].iter().map(|(id, _)| *id).filter(|id| !seen.contains(id)).collect();
    assert_eq!(missing, Vec::<u64>::new());
}

#[test]
fn a_busy_tag_does_not_starve_the_others() {
    let mut server = Server::with("busy", every(10, 0..5000));
    server.lists.insert("moka", vec![(9000, WEEK + 10)]);
    let section = "tags = ['busy', 'moka']";
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    server.round(section, &mut cursor, WEEK + 50_000, &mut seen);
    assert!(seen.contains(&9000));
    assert_eq!(seen.len(), 5001);
}

#[test]
fn a_pinned_post_is_no_measure_and_a_closed_blog_no_end() {
    let section = "blogs = ['lea']\ntags = ['moka']";
    let mut server = Server::with("blog", every(600, 0..100));
    server.lists.insert("moka", every(600, 200..260).collect());
    server.pinned = Some(7_000);
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), WEEK + 160_000);
    server.round(section, &mut cursor, now, &mut seen);
    assert_eq!(seen, (0..100).chain(200..260).chain([7_000]).collect());
    server.closed = true;
    let missed = server.round(section, &mut cursor, now + 300, &mut seen).unwrap();
    assert!(missed.contains("blog:lea"), "{missed}");
    let alone = build("blogs = ['lea']");
    let Ask::Fetch(request) = alone.ask(None, Time(0)) else { panic!() };
    let answer = server.answer(&request, Time(0));
    assert!(!alone.is_normal(&answer, None));
    alone.read(&answer, None).unwrap_err();
}

#[test]
fn the_past_is_walked_within_its_bounds_and_ends() {
    let mut server = Server::with("moka", every(60, 0..3000));
    let network = build(MOKA);
    let at = |post: i64| Time((WEEK + post * 60) * SECOND);
    let (mut cursor, mut seen) = (network.backfill(at(100), at(2900)), BTreeSet::new());
    server.round(MOKA, &mut cursor, 100 * WEEK, &mut seen);
    assert!((100..=2900).all(|id| seen.contains(&id)));
    assert!(seen.iter().all(|id| (80..=2900).contains(id)), "no more than the rest of a page");
    assert_eq!(network.ask(cursor.as_ref(), Time(0)), Ask::Done);
}

#[test]
fn an_empty_answer_is_no_reset() {
    let mut server = Server::with("moka", every(600, 0..100));
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), WEEK + 60_000);
    server.round(MOKA, &mut cursor, now, &mut seen);
    let posts = std::mem::take(server.lists.get_mut("moka").unwrap());
    server.round(MOKA, &mut cursor, now + 300, &mut seen);
    *server.lists.get_mut("moka").unwrap() = posts;
    let asked = server.asked;
    server.round(MOKA, &mut cursor, now + 600, &mut seen);
    assert_eq!(server.asked - asked, 1);
}
