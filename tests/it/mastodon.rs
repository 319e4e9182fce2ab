//! Mastodon: what its answers mean, and a walk over its timelines that loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Network, Page, ReadError, Request, recorded, spec};
use vigie::post::Gone;
use vigie::time::Time;

use crate::corpus;

const TIMELINE: &str = include_str!("../fixtures/mastodon/timeline.json");
const STREAM: &str = include_str!("../fixtures/mastodon/stream.txt");
const BASE: &str = "https://mast.example";

fn build(section: &str) -> Box<dyn Network> {
    (spec("mastodon").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn plain() -> Box<dyn Network> {
    build("base_url = 'https://mast.example'")
}

fn answer(url: &str, status: u16, body: &str) -> Answer {
    Answer { request: Request::get(url), status, body: body.into(), ..Answer::default() }
}

fn understood(body: &str) -> Result<Page, ReadError> {
    plain().read(&answer("https://mast.example/api/v1/x", 200, body), None)
}

#[test]
fn a_timeline_is_read() {
    let url = "https://mast.example/api/v1/timelines/tag/moka?limit=40";
    insta::assert_json_snapshot!(plain().read(&answer(url, 200, TIMELINE), None).unwrap());
}

#[test]
fn a_stream_is_read() {
    let page = understood(STREAM).unwrap();
    insta::assert_json_snapshot!(page);
}

#[test]
fn a_message_of_a_web_socket_is_read() {
    let status = json!({"id": "3", "created_at": "2026-03-02T10:00:00Z", "uri": "https://a.example/3",
        "content": "<p>moka</p>", "account": {"acct": "lea"}, "visibility": "public"});
    let message = |event: &str, payload: String| {
        let body = json!({"stream": ["public"], "event": event, "payload": payload}).to_string();
        plain().read(&answer("wss://streaming.mast.example/api/v1/streaming", 200, &body), None)
    };
    let page = message("update", status.to_string()).unwrap();
    // the streaming host is not the server's name
    assert_eq!(page.posts[0].author_name(), "lea@mast.example");
    assert_eq!(message("status.update", status.to_string()).unwrap().edits.len(), 1);
    assert_eq!(message("delete", "42".to_owned()).unwrap().deletions[0].gone, Gone::Post("42".to_owned()));
    assert_eq!(message("filters_changed", String::new()).unwrap(), Page::default());
    assert_eq!(message("announcement.delete", "8".to_owned()).unwrap(), Page::default());
    message("update", "{\"id\":".to_owned()).unwrap_err();
}

#[test]
fn statuses_are_found_in_every_shape() {
    let one = |id: u32| {
        json!({"id": id.to_string(), "created_at": "2026-03-02T10:00:00Z", "account": {"acct": "lea"},
            "uri": format!("https://a.example/{id}"), "content": "x", "visibility": "public"})
    };
    let account =
        json!({"id": "9", "acct": "sam", "username": "sam", "display_name": "Sam", "suspended": true});
    let check = |body: Value, posts: &[u32], accounts: usize| {
        let page = understood(&body.to_string()).unwrap();
        let ids: Vec<String> = page.posts.iter().map(|post| post.native_id.clone()).collect();
        let expected: Vec<String> = posts.iter().map(|id| format!("https://a.example/{id}")).collect();
        assert_eq!(ids, expected, "{body}");
        assert_eq!(page.accounts.len(), accounts, "{body}");
        assert_eq!(page.cursor, None, "{body}");
    };
    check(one(1), &[1], 0);
    check(json!([one(2), one(1)]), &[2, 1], 0);
    check(json!({"ancestors": [one(1)], "descendants": [one(3), one(2)]}), &[1, 3, 2], 0);
    check(json!({"accounts": [account], "statuses": [one(1)], "hashtags": []}), &[1], 1);
    check(account.clone(), &[], 1);
    check(json!([account, account]), &[], 2);
    check(json!([{"id": "5", "type": "mention", "account": account, "status": one(4)}]), &[4], 0);
    check(json!([{"id": "5", "accounts": [account], "last_status": one(4)}]), &[4], 0);
    check(json!([{"source": "x", "account": account}]), &[], 1);
    check(
        json!({"uri": "mast.example", "title": "M", "version": "4.5.0", "contact_account": account}),
        &[],
        0,
    );
    check(json!({"id": "7", "options": [{"title": "yes"}]}), &[], 0);
    check(json!([]), &[], 0);
    let gone = json!({"id": "1", "created_at": "2026-03-02T10:00:00Z", "account": {"acct": "lea"},
        "uri": "https://a.example/1", "text": "x"});
    let page = understood(&gone.to_string()).unwrap();
    assert_eq!(page.deletions[0].gone, Gone::Post("https://a.example/1".to_owned()));
    assert!(page.posts.is_empty());
    assert_eq!(understood(&account.to_string()).unwrap().accounts[0].status.as_deref(), Some("suspended"));
}

#[test]
fn a_refusal_says_what_is_missing() {
    let url = "https://mast.example/api/v1/timelines/public?limit=40";
    let refused =
        |status: u16, body: &str| plain().read(&answer(url, status, body), None).unwrap_err().to_string();
    insta::assert_snapshot!([
        refused(401, r#"{"error":"The access token is invalid"}"#),
        refused(422, r#"{"error":"This method requires an authenticated user"}"#),
        refused(404, r#"{"error":"Record not found"}"#),
        refused(200, "<!DOCTYPE html><html><title>Just a moment...</title></html>"),
        refused(200, "{}"),
        refused(200, "[1, 2]"),
        refused(200, ""),
        refused(200, "OK"),
    ].join("\n"), @r#"
    failed to read posts from mastodon: this server asks for a token for its public timeline ("The access token is invalid"); choose another `base_url`
    failed to read posts from mastodon: this server asks for a token for its public timeline ("This method requires an authenticated user"); choose another `base_url`
    failed to read posts from mastodon: the server answers "Record not found"
    failed to read posts from mastodon: a web page came instead of JSON: a block page, a bot check or a wrong address
    failed to read posts from mastodon: the answer is nothing that Mastodon says
    failed to read posts from mastodon: the list holds no statuses
    failed to read posts from mastodon: the answer is empty
    failed to read posts from mastodon: the answer is broken or cut off: expected value at line 1 column 1
    "#);
    plain().read(&answer("", 200, r#"{"colour":"blue"}"#), None).unwrap_err();
}

#[test]
fn sections_are_checked() {
    let build = |section: &str| (spec("mastodon").unwrap().build)(&section.parse().unwrap());
    assert_eq!(build("").unwrap().ask(None, Time(0)), Ask::Done);
    assert_eq!(build("base_url = 'mast.example'").unwrap_err().key, "base_url");
    assert_eq!(build("tags = ['two words']").unwrap_err().key, "tags");
    assert_eq!(build("timeline = 'home'").unwrap_err().key, "timeline");
    build("colour = 'blue'").unwrap_err();
    let asked = |section: &str| match build(section).unwrap().ask(None, Time(0)) {
        Ask::Fetch(request) => request.url,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        asked("tags = ['#café']\nbase_url = 'https://mast.example/'"),
        "https://mast.example/api/v1/timelines/tag/caf%C3%A9?limit=40"
    );
    assert_eq!(
        asked("timeline = 'local'\nmin_id = '5'"),
        "https://mastodon.social/api/v1/timelines/public?local=true&limit=40&min_id=5"
    );
    assert!(build("tags = ['a', 'b', 'c']").unwrap().pace().as_secs() >= 90);
}

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
            let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
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

const MOKA: &str = "base_url = 'https://mast.example'\ntags = ['moka']";
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
    let mut server = Server::with("moka", 1000..1100, MINUTE);
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    server.round(MOKA, &mut cursor, Time(1100 * MINUTE), &mut seen);
    for late in [10905_u64, 10960, 10995] {
        // written minutes ago, only now arrived: its id lies below ids already read
        let posts = server.tags.get_mut("moka").unwrap();
        let at =
            posts.iter().position(|(id, _)| id.parse::<u64>().unwrap() > late / 10).unwrap_or(posts.len());
        posts.insert(at, (format!("{}", late / 10), Time(i64::try_from(late).unwrap() * MINUTE / 10)));
        posts.dedup();
    }
    let posts = server.tags.get_mut("moka").unwrap();
    posts.retain(|(id, _)| id != "1095");
    let mut known = BTreeSet::new();
    server.round(MOKA, &mut cursor, Time(1101 * MINUTE), &mut known);
    server.tags.get_mut("moka").unwrap().insert(95, ("1095".to_owned(), Time(1095 * MINUTE)));
    let mut found = BTreeSet::new();
    server.round(MOKA, &mut cursor, Time(1102 * MINUTE), &mut found);
    assert!(found.contains("https://a.example/moka/1095"), "{found:?}");
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
        let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
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
        let Ask::Fetch(request) = network.ask(cursor.as_ref(), Time(0)) else { panic!() };
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
    let Ask::Fetch(request) = network.ask(None, Time(0)) else { panic!() };
    assert_eq!(network.read(&server.answer(&request, Time(0)), None).unwrap(), Page::default());
    server = Server::with("moka", 1..30, 1);
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    server.round(MOKA, &mut cursor, Time(100 * MINUTE), &mut seen);
    let Ask::Fetch(request) = network.ask(cursor.as_ref(), Time(0)) else { panic!() };
    server = Server::with("moka", 1..1, 1);
    let page = network.read(&server.answer(&request, Time(101 * MINUTE)), cursor.as_ref()).unwrap();
    assert_eq!(page, Page::default());
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
        let Ask::Fetch(asked) = network.ask(cursor.as_ref(), Time(0)) else { panic!() };
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
    let Ask::Fetch(request) = network.ask(None, Time(0)) else { panic!() };
    let mut answer = server.answer(&request, Time(50 * MINUTE));
    answer.headers = vec![(
        "link".to_owned(),
        "<https://evil.example/api/v1/timelines/tag/moka?min_id=9>; rel=\"prev\"".to_owned(),
    )];
    let cursor = network.read(&answer, None).unwrap().cursor;
    let Ask::Fetch(next) = network.ask(cursor.as_ref(), Time(0)) else { panic!() };
    assert_eq!(next.url, "https://mast.example/api/v1/timelines/tag/moka?limit=40&min_id=40");
}

#[test]
fn broken_answers_never_panic() {
    let network = build(MOKA);
    let url = format!("{BASE}/api/v1/timelines/tag/moka?limit=40&min_id=1");
    for whole in [TIMELINE, STREAM] {
        for broken in corpus::broken(whole.as_bytes()) {
            let answer = Answer { body: broken, ..answer(&url, 200, "") };
            _ = network.read(&answer, Some(&Cursor("{\"at\":3".to_owned())));
        }
    }
}

/// Every public status in a value, however deep, but for what is nested in private ones.
fn public(value: &Value, found: &mut BTreeSet<String>, private: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| public(one, found, private)),
        Value::Object(fields) => {
            if let (Some(Value::String(uri)), Some(_), Some(visibility)) =
                (fields.get("uri"), fields.get("content"), fields.get("visibility"))
            {
                let boost = fields.get("reblog").is_some_and(|inner| !inner.is_null());
                if visibility != "public" {
                    private.insert(uri.clone());
                } else if !boost {
                    found.insert(uri.clone());
                }
            }
            fields.values().for_each(|inner| public(inner, found, private));
        }
        _ => {}
    }
}

#[test]
fn every_recorded_public_status_is_read() {
    let Some(files) = corpus::files("recorded/mastodon", "json") else { return };
    let network = build("");
    let (mut posts, mut statuses, mut hidden, mut accounts, mut deletions, mut errors) = (0, 0, 0, 0, 0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let answers = recorded::answers(&bytes, None, &[]);
        let (page, faults) = recorded::understand(network.as_ref(), &answers);
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        let (mut expected, mut private) = (BTreeSet::new(), BTreeSet::new());
        let mut refused = 0;
        for one in whole["interactions"].as_array().unwrap() {
            if one["response"]["status"] == 200 {
                public(&one["response"]["body"], &mut expected, &mut private);
            } else {
                refused += 1;
            }
        }
        let got: BTreeSet<String> = page.posts.iter().map(|post| post.native_id.clone()).collect();
        assert_eq!(got, expected, "{}", file.display());
        assert!(got.is_disjoint(&private), "{}", file.display());
        assert_eq!(faults.len(), refused, "{}: {faults:?}", file.display());
        for post in &page.posts {
            assert!(post.published.is_some() && post.permalink.is_some(), "{post:?}");
            assert!(post.author_name().contains('@'), "{post:?}");
        }
        posts += page.posts.len();
        statuses += expected.len();
        hidden += private.len();
        accounts += page.accounts.len();
        deletions += page.deletions.len();
        errors += faults.len();
    }
    println!(
        "mastodon: {} files, {posts} posts ({statuses} public statuses, all read; {hidden} others left), \
         {accounts} accounts, {deletions} deletions, {errors} refusals",
        files.len()
    );
    assert!(statuses > 0);
}
