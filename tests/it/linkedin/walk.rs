//! Rounds over the pages of one's own, with their comments.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Request};
use vigie::post::Gone;
use vigie::time::{DAY, HOUR, Time};

use super::build;

const PAGE: &str = "organizations = ['4242']";

/// A LinkedIn with one page: posts by number with the moments of publication and change, and comments.
#[derive(Default)]
struct Server {
    posts: BTreeMap<u64, (i64, i64)>,
    comments: BTreeMap<u64, usize>,
    /// Comments whose post is gone.
    lost: BTreeSet<u64>,
    /// Answers to the first comment of each post.
    answers: usize,
    asked: Vec<String>,
}

impl Server {
    fn with(posts: u64, every: i64) -> Server {
        let posts = (0..posts).map(|at| (at, DAY + i64::try_from(at).unwrap() * every));
        Server { posts: posts.map(|(id, at)| (id, (at, at))).collect(), ..Server::default() }
    }

    fn answer(&mut self, request: &Request, now: Time) -> Answer {
        let url = Url::parse(&request.url).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let parts: Vec<&str> = url.path_segments().unwrap().skip(1).collect();
        self.asked.push(parts.last().unwrap().to_string());
        let number = |key: &str| query.get(key).map_or(0, |text| text.parse::<usize>().unwrap());
        let (start, count) = (number("start"), number("count"));
        let cut = |all: Vec<Value>| {
            let next = start + count < all.len();
            let links = if next { json!([{"rel": "next", "href": "/x"}]) } else { json!([]) };
            let elements: Vec<Value> = all.into_iter().skip(start).take(count).collect();
            json!({"paging": {"start": start, "count": count, "links": links}, "elements": elements})
        };
        let mut status = 200;
        let body = match parts.as_slice() {
            ["posts"] => {
                let mut all: Vec<(&u64, &(i64, i64))> = self.posts.iter().collect();
                all.sort_by_key(|(id, (_, changed))| std::cmp::Reverse((*changed, **id)));
                cut(all
                    .into_iter()
                    .map(|(id, (at, changed))| {
                        json!({"id": format!("urn:li:share:{id}"),
                    "author": "urn:li:organization:4242", "commentary": "moka", "lifecycleState": "PUBLISHED",
                    "publishedAt": at, "lastModifiedAt": changed})
                    })
                    .collect())
            }
            ["socialActions", under, "comments"] if under.contains("comment") => {
                let id = under.rsplit_once("%2C").unwrap().1.trim_end_matches("%29");
                cut((0..self.answers)
                    .map(|at| comment("urn:li:activity:1", &format!("{id}0{at}"), 0))
                    .collect())
            }
            ["socialActions", under, "comments"] => {
                let id: u64 = under.rsplit_once("%3A").unwrap().1.parse().unwrap();
                if self.lost.contains(&id) {
                    status = 404;
                }
                let all = self.comments.get(&id).copied().unwrap_or(0);
                cut((0..all)
                    .map(|at| {
                        comment(
                            &format!("urn:li:share:{id}"),
                            &format!("{id}99{at}"),
                            if at == 0 { self.answers } else { 0 },
                        )
                    })
                    .collect())
            }
            ["organizations", _] => {
                json!({"id": 4242, "localizedName": "Molivelle", "vanityName": "molivelle"})
            }
            ["networkSizes", _] => {
                status = 403;
                json!({"status": 403, "message": "Not enough permissions"})
            }
            other => panic!("{other:?}"),
        };
        Answer {
            request: request.clone(),
            status,
            body: body.to_string().into_bytes(),
            seen: now,
            ..Answer::default()
        }
    }

    fn round(
        &mut self,
        section: &str,
        cursor: &mut Option<Cursor>,
        now: Time,
        seen: &mut BTreeSet<String>,
    ) -> Vec<Gone> {
        let mut gone = Vec::new();
        for _ in 0..300 {
            let network = build(section);
            let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
            let answer = self.answer(&request, now);
            assert!(answer.status == 200 || network.is_normal(&answer, cursor.as_ref()), "{}", request.url);
            let page = network.read(&answer, cursor.as_ref()).unwrap();
            seen.extend(page.posts.iter().map(|post| post.native_id.clone()));
            gone.extend(page.deletions.into_iter().map(|deletion| deletion.gone));
            let moved = page.cursor.is_some() && page.cursor != *cursor;
            *cursor = page.cursor.or(cursor.take());
            if !page.more {
                return gone;
            }
            assert!(moved, "the follower would stop here");
        }
        panic!("the round does not end");
    }
}

fn comment(object: &str, id: &str, answers: usize) -> Value {
    json!({"id": id, "actor": "urn:li:person:a", "object": object, "message": {"text": "moka"},
        "$URN": format!("urn:li:comment:({object},{id})"), "created": {"time": 5},
        "commentsSummary": {"totalFirstLevelComments": answers}})
}

fn urns(range: impl Iterator<Item = u64>) -> BTreeSet<String> {
    range.map(|id| format!("urn:li:share:{id}")).collect()
}

#[test]
fn posts_are_read_down_to_what_is_known() {
    let section = format!("{PAGE}\ncomments = false\nlook_back = '30d'");
    let mut server = Server::with(250, 2 * HOUR);
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(DAY + 250 * 2 * HOUR));
    server.round(&section, &mut cursor, now, &mut seen);
    assert_eq!(seen, urns(0..250));
    server.asked.clear();
    // changed posts come again, deleted ones move the list up
    server.posts.get_mut(&3).unwrap().1 = now.0 + HOUR;
    server.posts.insert(250, (now.0 + 1, now.0 + 1));
    server.posts.remove(&249);
    let mut again = BTreeSet::new();
    server.round(&section, &mut cursor, now.plus(2 * HOUR), &mut again);
    assert!(again.is_superset(&urns([3, 250].into_iter())), "{again:?}");
    assert_eq!(server.asked, ["posts"]);
}

#[test]
fn a_list_that_moves_while_it_is_read_loses_nothing() {
    let section = format!("{PAGE}\ncomments = false\nlook_back = '100d'");
    let mut server = Server::with(600, HOUR);
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(DAY + 600 * HOUR));
    for step in 0..12 {
        let network = build(&section);
        let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
        let answer = server.answer(&request, now);
        if answer.status != 200 {
            assert!(network.is_normal(&answer, cursor.as_ref()));
        }
        let page = network.read(&answer, cursor.as_ref()).unwrap();
        seen.extend(page.posts.iter().map(|post| post.native_id.clone()));
        cursor = page.cursor.or(cursor);
        // one is deleted at the top, or one is added
        if step % 2 == 0 {
            server.posts.pop_last();
        } else {
            server.posts.insert(1000 + step, (now.0, now.0));
        }
    }
    server.round(&section, &mut cursor, now.plus(2 * HOUR), &mut seen);
    let all = urns(server.posts.keys().copied());
    let missing: Vec<&String> = all.difference(&seen).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn comments_and_their_answers_are_read() {
    let mut server = Server::with(3, HOUR);
    server.comments = BTreeMap::from([(0, 250), (1, 1)]);
    server.answers = 2;
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(2 * DAY));
    server.round(PAGE, &mut cursor, now, &mut seen);
    assert_eq!(seen.iter().filter(|urn| urn.contains("comment")).count(), 251 + 2 * 2, "{seen:?}");
    server.asked.clear();
    server.lost.insert(1);
    let gone = server.round(PAGE, &mut cursor, now.plus(2 * HOUR), &mut seen);
    assert_eq!(gone, [Gone::Post("urn:li:share:1".to_owned())]);
    assert_eq!(server.asked.iter().filter(|path| *path == "comments").count(), 5);
    server.posts.remove(&1);
    let gone = server.round(PAGE, &mut cursor, now.plus(4 * HOUR), &mut seen);
    assert_eq!(gone, []);
}

#[test]
fn an_empty_answer_is_no_reset() {
    let section = format!("{PAGE}\ncomments = false");
    let mut server = Server::with(100, HOUR);
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(DAY + 100 * HOUR));
    server.round(&section, &mut cursor, now, &mut seen);
    let posts = std::mem::take(&mut server.posts);
    server.round(&section, &mut cursor, now.plus(2 * HOUR), &mut seen);
    server.posts = posts;
    server.asked.clear();
    server.round(&section, &mut cursor, now.plus(4 * HOUR), &mut seen);
    assert_eq!(server.asked, ["posts"]);
}
