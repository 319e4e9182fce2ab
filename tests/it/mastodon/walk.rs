//! A walk over the timelines of a server that answers as Mastodon does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Network, Page, Request};
use vigie::time::Time;

use super::{BASE, build};

/// A server that holds numbered statuses and answers as Mastodon does.
struct Server {
    /// Ids and moments of arrival, by tag, oldest first.
    tags: BTreeMap<&'static str, Vec<(String, Time)>>,
    links: bool,
    most: usize,
}

impl Server {
    fn with(tag: &'static str, ids: impl Iterator<Item = u64>, step: i64) -> Server {
        let posts = ids.map(|id| (id.to_string(), Time(i64::try_from(id).unwrap() * step))).collect();
        Server { tags: BTreeMap::from([(tag, posts)]), links: true, most: 40 }
    }

    fn answer(&self, request: &Request, now: Time) -> Answer {
        if request.url.ends_with("/api/v2/instance") {
            return about(request, now);
        }
        let url = Url::parse(&request.url).unwrap();
        let tag = url.path_segments().unwrap().next_back().unwrap().to_owned();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let limit = query.get("limit").map_or(20, |limit| limit.parse().unwrap()).min(self.most);
        let posts = &self.tags[tag.as_str()];
        let mut page: Vec<&(String, Time)> = match query.get("min_id") {
            Some(min) => {
                let start = posts.iter().position(|(id, _)| (id.len(), id) > (min.len(), min));
                posts[start.unwrap_or(posts.len())..].iter().take(limit).collect()
            }
            None => posts[posts.len().saturating_sub(limit)..].iter().collect(),
        };
        page.reverse();
        let mut headers = Vec::new();
        if let (true, Some((newest, _))) = (self.links, page.first()) {
            let oldest = &page.last().unwrap().0;
            let path = format!("{BASE}/api/v1/timelines/tag/{tag}?limit={limit}");
            headers.push((
                "link".to_owned(),
                format!("<{path}&max_id={oldest}>; rel=\"next\", <{path}&min_id={newest}>; rel=\"prev\""),
            ));
        }
        let body: Vec<Value> = page
            .iter()
            .map(|(id, at)| {
                json!({"id": id, "created_at": at, "uri": format!("https://a.example/{tag}/{id}"),
                    "content": "x", "account": {"acct": "lea"}, "visibility": "public"})
            })
            .collect();
        let body = Value::from(body).to_string().into_bytes();
        Answer { request: request.clone(), status: 200, headers, body, seen: now, ..Answer::default() }
    }

    /// One round of asking: until there is no more, from the cursor stored, which moves on.
    fn round(
        &self,
        section: &str,
        cursor: &mut Option<Cursor>,
        now: Time,
        seen: &mut BTreeSet<String>,
    ) -> usize {
        for asked in 1..1000 {
            // built anew each time: all that a crash leaves is the cursor
            let network = build(section);
            let request = following(network.as_ref(), cursor, now);
            let page = network.read(&self.answer(&request, now), cursor.as_ref()).unwrap();
            seen.extend(page.posts.into_iter().map(|post| post.native_id));
            *cursor = page.cursor.or(cursor.take());
            if !page.more {
                return asked;
            }
        }
        panic!("the round does not end");
    }
}

/// What a server says of itself that hides nothing.
fn about(request: &Request, now: Time) -> Answer {
    let body = br#"{"domain": "mast.example", "version": "4.6.0"}"#.to_vec();
    Answer { request: request.clone(), status: 200, body, seen: now, ..Answer::default() }
}

/// The next request for posts, once the server has said what it lets be seen.
pub(super) fn following(network: &dyn Network, cursor: &mut Option<Cursor>, now: Time) -> Request {
    loop {
        let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
        if !request.url.ends_with("/api/v2/instance") {
            return request;
        }
        *cursor = network.read(&about(&request, now), cursor.as_ref()).unwrap().cursor;
    }
}

pub(super) const MOKA: &str = "base_url = 'https://mast.example'\ntags = ['moka']";
const MINUTE: i64 = 60_000;

fn all(tag: &str, ids: impl Iterator<Item = u64>) -> BTreeSet<String> {
    ids.map(|id| format!("https://a.example/{tag}/{id}")).collect()
}

#[test]
fn a_long_absence_is_caught_up_without_loss() {
    for (links, most) in [(true, 40), (false, 40), (true, 20)] {
        let mut server = Server::with("moka", 1..100, MINUTE);
        (server.links, server.most) = (links, most);
        let (mut cursor, mut seen) = (None, BTreeSet::new());
        server.round(MOKA, &mut cursor, Time(100 * MINUTE), &mut seen);
        let first = 100 - u64::try_from(most).unwrap();
        assert_eq!(seen, all("moka", first..100), "a first look back is one page");
        server
            .tags
            .get_mut("moka")
            .unwrap()
            .extend((100..1000).map(|id| (id.to_string(), Time(id * MINUTE))));
        server.round(MOKA, &mut cursor, Time(1000 * MINUTE), &mut seen);
        assert_eq!(seen, all("moka", first..1000), "{links} {most}");
        // what was caught up is not read over and over
        assert!(server.round(MOKA, &mut cursor, Time(1001 * MINUTE), &mut seen) <= 2);
        assert!(cursor.unwrap().0.len() < 2000);
    }
}

#[test]
fn late_posts_of_other_servers_are_found() {
    let mut server = Server::with("moka", (1000..1100).filter(|id| *id != 1095), MINUTE);
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    server.round(MOKA, &mut cursor, Time(1100 * MINUTE), &mut seen);
    server.round(MOKA, &mut cursor, Time(1101 * MINUTE), &mut seen);
    // written minutes ago, only now arrived: its id lies below ids already read
    server.tags.get_mut("moka").unwrap().insert(95, ("1095".to_owned(), Time(1095 * MINUTE)));
    server.round(MOKA, &mut cursor, Time(1102 * MINUTE), &mut seen);
    assert!(seen.contains("https://a.example/moka/1095"), "{seen:?}");
}

#[test]
fn a_full_page_of_one_second_does_not_stand_still() {
    for links in [true, false] {
        let mut server = Server::with("moka", 1..2, 1);
        server.links = links;
        let (mut cursor, mut seen) = (None, BTreeSet::new());
        server.round(MOKA, &mut cursor, Time(MINUTE), &mut seen);
        server.tags.get_mut("moka").unwrap().extend((2..300).map(|id| (id.to_string(), Time(2 * MINUTE))));
        server.round(MOKA, &mut cursor, Time(3 * MINUTE), &mut seen);
        assert_eq!(seen, all("moka", 1..300));
        server.round(MOKA, &mut cursor, Time(60 * MINUTE), &mut seen);
        let mut again = BTreeSet::new();
        server.round(MOKA, &mut cursor, Time(61 * MINUTE), &mut again);
        assert!(again.len() < 40, "{}", again.len());
    }
}

#[test]
fn a_timeline_that_grows_while_it_is_read_loses_nothing() {
    let section = format!("{MOKA}\nmin_id = '0'");
    let mut server = Server::with("moka", 1..500, MINUTE);
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    let mut next = 500_u64;
    for _ in 0..60 {
        let network = build(&section);
        let now = Time(i64::try_from(next).unwrap() * MINUTE);
        let request = following(network.as_ref(), &mut cursor, now);
        let page = network.read(&server.answer(&request, now), cursor.as_ref()).unwrap();
        seen.extend(page.posts.into_iter().map(|post| post.native_id));
        cursor = page.cursor.or(cursor);
        for _ in 0..7 {
            server.tags.get_mut("moka").unwrap().push((next.to_string(), now));
            next += 1;
        }
    }
    server.round(&section, &mut cursor, Time(i64::try_from(next).unwrap() * MINUTE), &mut seen);
    assert_eq!(seen, all("moka", 1..next));
}

#[test]
fn several_tags_have_their_turns_and_none_starves() {
    let section = "base_url = 'https://mast.example'\ntags = ['busy', 'moka', 'quiet']\nmin_id = '0'";
    let mut server = Server::with("busy", 1..5000, MINUTE);
    server.tags.insert("moka", vec![("3".to_owned(), Time(3))]);
    server.tags.insert("quiet", Vec::new());
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    let mut before_moka = 0;
    while !seen.contains("https://a.example/moka/3") {
        let network = build(section);
        let request = following(network.as_ref(), &mut cursor, Time(0));
        let page = network.read(&server.answer(&request, Time(5000 * MINUTE)), cursor.as_ref()).unwrap();
        assert!(page.more);
        seen.extend(page.posts.into_iter().map(|post| post.native_id));
        cursor = page.cursor.or(cursor);
        before_moka += 1;
    }
    assert!(before_moka < 30, "{before_moka}");
    server.round(section, &mut cursor, Time(5000 * MINUTE), &mut seen);
    assert_eq!(seen.len(), 5000);
    let rounds = server.round(section, &mut cursor, Time(5001 * MINUTE), &mut seen);
    assert!(rounds <= 6, "{rounds}");
}

#[test]
fn an_empty_answer_leaves_the_cursor_alone() {
    let network = build(MOKA);
    let mut server = Server::with("moka", 1..1, 1);
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    let request = following(network.as_ref(), &mut cursor, Time(0));
    let nothing = |page: Page| (page.posts.len(), page.cursor, page.more);
    let page = network.read(&server.answer(&request, Time(0)), cursor.as_ref()).unwrap();
    assert_eq!(nothing(page), (0, None, false));
    server = Server::with("moka", 1..30, 1);
    server.round(MOKA, &mut cursor, Time(100 * MINUTE), &mut seen);
    let request = following(network.as_ref(), &mut cursor, Time(0));
    server = Server::with("moka", 1..1, 1);
    let page = network.read(&server.answer(&request, Time(101 * MINUTE)), cursor.as_ref()).unwrap();
    assert_eq!(nothing(page), (0, None, false));
}

#[test]
fn ids_of_other_software_are_followed_by_link_and_date() {
    let ids: Vec<String> = (0..90_u8)
        .map(|at| format!("AbZ{}{}x", char::from(b'a' + at / 26), char::from(b'a' + at % 26)))
        .collect();
    let posts = ids.iter().zip(1..).map(|(id, at)| (id.clone(), Time(at * MINUTE))).collect::<Vec<_>>();
    for links in [true, false] {
        let tags = BTreeMap::from([("moka", posts[..10].to_vec())]);
        let mut server = Server { tags, links, most: 40 };
        let (mut cursor, mut seen) = (None, BTreeSet::new());
        server.round(MOKA, &mut cursor, Time(11 * MINUTE), &mut seen);
        server.tags.insert("moka", posts.clone());
        server.round(MOKA, &mut cursor, Time(91 * MINUTE), &mut seen);
        assert_eq!(seen.len(), 90);
        let mut again = BTreeSet::new();
        server.round(MOKA, &mut cursor, Time(92 * MINUTE), &mut again);
        assert!(again.len() < 20, "{}", again.len());
    }
}

#[test]
fn a_server_that_ignores_min_id_does_not_hold_us_and_the_hole_is_told() {
    let mut server = Server::with("moka", 1..50, MINUTE);
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    server.round(MOKA, &mut cursor, Time(50 * MINUTE), &mut seen);
    server = Server::with("moka", 1..500, MINUTE);
    let network = build(MOKA);
    let mut missed = None;
    for _ in 0..5 {
        let asked = following(network.as_ref(), &mut cursor, Time(500 * MINUTE));
        let newest = Request::get(format!("{BASE}/api/v1/timelines/tag/moka?limit=40"));
        let answer = Answer { request: asked, ..server.answer(&newest, Time(500 * MINUTE)) };
        let page = network.read(&answer, cursor.as_ref()).unwrap();
        missed = page.missed.or(missed);
        cursor = page.cursor.or(cursor);
        if !page.more {
            let missed = missed.unwrap();
            assert_eq!((missed.from, missed.to), (Time(49 * MINUTE), Time(460 * MINUTE)));
            return;
        }
    }
    panic!("stands still");
}

#[test]
fn a_link_to_another_host_is_not_followed() {
    let server = Server::with("moka", 1..50, MINUTE);
    let network = build(&format!("{MOKA}\nmin_id = '0'"));
    let mut cursor = None;
    let request = following(network.as_ref(), &mut cursor, Time(0));
    let mut answer = server.answer(&request, Time(50 * MINUTE));
    answer.headers = vec![(
        "link".to_owned(),
        "<https://evil.example/api/v1/timelines/tag/moka?min_id=9>; rel=\"prev\"".to_owned(),
    )];
    let mut cursor = network.read(&answer, cursor.as_ref()).unwrap().cursor;
    let request = following(network.as_ref(), &mut cursor, Time(0));
    assert_eq!(request.url, "https://mast.example/api/v1/timelines/tag/moka?limit=40&min_id=40");
}
