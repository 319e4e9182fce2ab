//! Reddit: feeds at the pace of one a minute, the API for those who hold a key, and everything that was taken away.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use vigie::fetch::Fetch;
use vigie::network::{Answer, Ask, Method, Network, Page, ReadError, Request, Trouble, recorded, spec};
use vigie::post::Kind;
use vigie::source::{Event, State};
use vigie::time::Time;

use crate::corpus;
use crate::driven::{Driven, Said, no, ok, once, query};
use crate::fetch::{clock, config};
use crate::server::{Reply, Server};

const NEW: &str = include_str!("../fixtures/reddit/a_new.xml");
const COMMENTS: &str = include_str!("../fixtures/reddit/b_comments.xml");
const LISTING: &str = include_str!("../fixtures/reddit/c_listing.json");
const THREAD: &str = include_str!("../fixtures/reddit/d_thread.json");
const PERSON: &str = include_str!("../fixtures/reddit/e_person.json");
const SUBREDDITS: &str = include_str!("../fixtures/reddit/f_subreddits.json");
const BLOCKED: &str = include_str!("../fixtures/reddit/z_blocked.html");
/// 20 October 2026.
const NOW: i64 = 1_792_500_000_000;
const KEY: &str = "client_id = 'abc'\nclient_secret = 'c4n4ry'\nusername = 'lea'\npassword = 'c4n4ry2'\n";

fn build(section: &str) -> Box<dyn Network> {
    (spec("reddit").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn answer(url: &str, status: u16, body: &str) -> Answer {
    Answer { request: Request::get(url), status, body: body.into(), seen: Time(NOW), ..Answer::default() }
}

fn understood(body: &str) -> Page {
    build("").read(&answer("", 200, body), None).unwrap()
}

#[test]
fn feeds_are_read() {
    insta::assert_json_snapshot!((understood(NEW), understood(COMMENTS)));
    // an address with a key leaves nothing of it behind
    let url = "https://www.reddit.com/r/Cosmetique/new/.rss?feed=c4n4ry&user=lea";
    let broken = NEW.replace("https://presse.example/serum", "#top");
    let page = build("").read(&answer(url, 200, &broken), None).unwrap();
    assert!(!serde_json::to_string(&page).unwrap().contains("c4n4ry"));
}

#[test]
fn things_of_the_api_are_read() {
    insta::assert_json_snapshot!((understood(LISTING), understood(THREAD)));
    insta::assert_json_snapshot!("people_and_subreddits", (understood(PERSON), understood(SUBREDDITS)));
}

#[test]
fn entities_are_undone_only_where_the_answer_has_them() {
    let listing = |raw: bool| {
        let sign = if raw { "<p>a &amp;lt; b</p>" } else { "&lt;p&gt;a &amp;amp;lt; b&lt;/p&gt;" };
        json!({"kind": "Listing", "data": {"children": [{"kind": "t1", "data": {"name": "t1_a", "body": if raw { "a < b" } else { "a &lt; b" },
            "body_html": sign, "author": "lea", "created_utc": 1.0, "link_id": "t3_b", "id": "a"}}]}})
        .to_string()
    };
    let text = |url: &str, raw: bool| {
        build("").read(&answer(url, 200, &listing(raw)), None).unwrap().posts[0].text.clone()
    };
    for (url, raw) in
        [("", true), ("", false), ("https://x.example/?raw_json=1", true), ("https://x.example/", false)]
    {
        assert_eq!(text(url, raw), "a < b", "{url} {raw}");
    }
}

/// A subreddit with numbered posts, as a feed or as a list of the API, at most 100 a page and 1,000 in all.
struct Subreddit {
    /// Second and number.
    posts: Vec<(i64, u32)>,
    /// Whether the feed knows pages at all.
    pages: bool,
}

impl Subreddit {
    fn of(posts: impl Iterator<Item = (i64, u32)>) -> Subreddit {
        Subreddit { posts: posts.collect(), pages: true }
    }

    fn answer(&self, request: &Request) -> Said {
        let asked = query(&request.url);
        assert_eq!(asked["limit"], "100");
        assert!(!asked.contains_key("before"));
        let mut shown = self.posts.clone();
        shown.sort_by_key(|(at, id)| (-at, *id));
        shown.truncate(1000);
        let start = match asked.get("after") {
            // after a name that is gone there is nothing
            Some(after) if self.pages => {
                shown.iter().position(|(_, id)| format!("t3_{id}") == *after).map_or(shown.len(), |at| at + 1)
            }
            _ => 0,
        };
        let page: Vec<_> = shown.iter().skip(start).take(100).collect();
        if request.url.contains(".rss") {
            let entry = |(at, id): &(i64, u32)| {
                let when = Time(at * 1000);
                format!(
                    "<entry><author><name>/u/lea</name></author><id>t3_{id}</id><link href=\"https://www.reddit.com/r/a/comments/{id}/x/\"/><title>{id}</title><published>{when}</published><updated>{when}</updated></entry>"
                )
            };
            let entries: String = page.iter().map(|one| entry(one)).collect();
            return ok(format!(
                "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>a</title>{entries}</feed>"
            ));
        }
        let end = start + page.len();
        let children: Vec<Value> = page
            .iter()
            .map(|(at, id)| json!({"kind": "t3", "data": {"name": format!("t3_{id}"), "id": id.to_string(), "title": "x", "selftext": "", "created_utc": *at, "permalink": "/r/a/"}}))
            .collect();
        let after = (end < shown.len()).then(|| page.last().map(|(_, id)| format!("t3_{id}"))).flatten();
        ok(json!({"kind": "Listing", "data": {"children": children, "after": after, "before": null}}))
    }
}

const SECOND: i64 = NOW / 1000;

#[test]
fn the_api_is_walked_back_to_what_is_known() {
    let section = format!("{KEY}subreddits = ['r/a', 'b+c']");
    let mut place = Subreddit::of((0..600).map(|id| (SECOND - i64::from(id), id)));
    let mut source = Driven::new("reddit", &section, NOW);
    assert_eq!(source.round(&mut |request| place.answer(request)), 1, "at first, the newest page");
    assert_eq!(source.asked[0], "https://oauth.reddit.com/r/a+b+c/new?limit=100&raw_json=1");
    place.posts.extend((1000..1350).map(|id| (SECOND + 100 + i64::from(id) / 200, id)));
    place.posts.retain(|(_, id)| *id > 40); // forty of the known ones were deleted
    source.step(&mut |request| place.answer(request));
    place.posts.push((SECOND + 9_000, 5000)); // it grows while it is read
    source.round(&mut |request| place.answer(request));
    source.round(&mut |request| place.answer(request));
    let count = source.posts.keys().filter(|id| id.len() == 7).count();
    assert_eq!((count, source.missed.len()), (351, 0));
    // at rest, one request
    assert_eq!(source.round(&mut |request| place.answer(request)), 1);
}

#[test]
fn a_deleted_post_at_the_end_of_a_page_does_not_end_the_walk() {
    let section = format!("{KEY}subreddits = ['a']");
    let mut place = Subreddit::of((0..10).map(|id| (SECOND - 10 - i64::from(id), id)));
    let mut source = Driven::new("reddit", &section, NOW);
    source.round(&mut |request| place.answer(request));
    place.posts.extend((100..400).map(|id| (SECOND + i64::from(id), id)));
    source.step(&mut |request| place.answer(request));
    let after = query(&source.request().url)["after"].clone();
    place.posts.retain(|(_, id)| format!("t3_{id}") != after);
    source.round(&mut |request| place.answer(request));
    assert_eq!((source.posts.len(), source.missed.len()), (310, 0));
}

#[test]
fn what_lies_below_a_thousand_posts_is_told() {
    for section in [format!("{KEY}subreddits = ['a']"), "subreddits = ['a']".to_owned()] {
        let mut place = Subreddit::of((0..50).map(|id| (SECOND - i64::from(id), id)));
        let mut source = Driven::new("reddit", &section, NOW);
        source.round(&mut |request| place.answer(request));
        place.posts.extend((2000..3500).map(|id| (SECOND + i64::from(id), id)));
        for _ in 0..15 {
            source.round(&mut |request| place.answer(request));
        }
        assert_eq!(source.posts.len(), 1050, "{section}");
        assert_eq!(source.missed.len(), 1);
        assert_eq!((source.missed[0].from, source.missed[0].to), (Time(NOW), Time((SECOND + 2500) * 1000)));
    }
}

#[test]
fn feeds_are_asked_once_a_pause_in_turn() {
    let section = "subreddits = ['a']\ncomments = true\nsearches = ['\"ostrel vane\"']\nusers = ['u/lea']\nbase_url = 'https://reddit.example'";
    let mut place = Subreddit::of((0..30).map(|id| (SECOND - i64::from(id), id)));
    let mut source = Driven::new("reddit", section, NOW);
    assert_eq!(source.network().pace().as_secs(), 65);
    assert_eq!(source.network().host_rest(), Some(source.network().pace()), "an address has one budget");
    for _ in 0..5 {
        assert_eq!(source.round(&mut |request| place.answer(request)), 1);
    }
    insta::assert_snapshot!(source.asked.join("\n"));
    // more than a page since the last time: the feed is paged before the turn goes on
    place.posts.extend((1000..1230).map(|id| (SECOND + i64::from(id), id)));
    let mut source = Driven::new("reddit", "subreddits = ['a']\nsearches = ['x']", NOW);
    place.posts.truncate(30);
    source.round(&mut |request| place.answer(request));
    source.round(&mut |request| place.answer(request));
    place.posts.extend((1000..1230).map(|id| (SECOND + i64::from(id), id)));
    for _ in 0..3 {
        source.round(&mut |request| place.answer(request));
    }
    assert_eq!((source.posts.len(), source.missed.len()), (260, 0));
    // a feed without pages gives the same again: what lies between is told
    place.pages = false;
    place.posts.extend((3000..3400).map(|id| (SECOND + i64::from(id), id)));
    for _ in 0..6 {
        source.round(&mut |request| place.answer(request));
    }
    assert_eq!(source.missed.len(), 2, "in the subreddit and in the search: {:?}", source.missed);
    let private = build("subreddits = ['a']\nfeed = 'c4n4ry'\nuser = 'lea'");
    let Ask::Fetch(request) = private.ask(None, Time(NOW)) else { panic!() };
    assert_eq!(request.url, "https://www.reddit.com/r/a/new/.rss?limit=100&feed=c4n4ry&user=lea");
    assert_eq!(private.pace().as_secs(), 30);
    assert!(!format!("{private:?}").contains("c4n4ry"));
}

#[tokio::test]
async fn the_host_is_left_alone_by_every_source() {
    let server = Server::start(|_| Reply::ok(NEW)).await;
    let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
    let section = |name: &str| format!("subreddits = ['{name}']\nbase_url = '{}'", server.url(""));
    let first = once("reddit", &section("a"), &fetch).await;
    assert!(matches!(first.last(), Some(Event::Status { state: State::Ok { posts: 4 }, .. })), "{first:?}");
    let second = once("reddit", &section("b"), &fetch).await;
    let [Event::Status { at, state: State::Paused { until, .. }, .. }] = second.as_slice() else {
        panic!("{second:?}")
    };
    assert!(until.since(*at) > 60_000, "{second:?}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_subreddit_that_is_private_does_not_stop_the_others() {
    let mut place = Subreddit::of((0..3).map(|id| (SECOND - i64::from(id), id)));
    let mut script = |request: &Request| {
        if request.url.contains("/user/") {
            return no(404, json!({"message": "Not Found", "error": 404}));
        }
        place.answer(request)
    };
    let mut source = Driven::new("reddit", "subreddits = ['a']\nusers = ['nobody']", NOW);
    for _ in 0..6 {
        source.round(&mut script);
    }
    assert_eq!((source.posts.len(), source.refused.take()), (3, None));
    assert_eq!(source.missed.len(), 1);
    assert_eq!(source.missed[0].reason, "u/nobody cannot be read: it does not exist");
    let mut source = Driven::new("reddit", "users = ['nobody']", NOW);
    source.round(&mut script);
    assert_eq!(source.refused.unwrap().trouble, Trouble::Gone);
    place.posts.clear();
}

#[test]
fn keys_open_a_session() {
    let network = build(&format!("{KEY}subreddits = ['a']\nbase_url = 'https://reddit.example'"));
    let login = network.login().unwrap();
    assert_eq!(
        (login.method, login.url.as_str()),
        (Method::Post, "https://reddit.example/api/v1/access_token")
    );
    assert!(login.headers.contains(&("authorization".to_owned(), "Basic YWJjOmM0bjRyeQ==".to_owned())));
    assert_eq!(login.body.as_deref(), Some(&b"grant_type=password&username=lea&password=c4n4ry2"[..]));
    let agent = login.headers.iter().find(|(name, _)| name == "user-agent").unwrap();
    assert!(agent.1.starts_with("server:vigie:v") && agent.1.ends_with("(by /u/lea)"), "{agent:?}");
    let token =
        json!({"access_token": "t0k", "token_type": "bearer", "expires_in": 3600, "scope": "*"}).to_string();
    let session = network.session(&answer(&login.url, 200, &token)).unwrap();
    assert_eq!(session.headers, [("authorization".to_owned(), "bearer t0k".to_owned())]);
    assert_eq!(session.expires, Some(Time(NOW + 3_600_000)));
    let wrong = |status, body| network.session(&answer(&login.url, status, body)).unwrap_err().trouble;
    assert_eq!(wrong(200, r#"{"error": "invalid_grant"}"#), Trouble::Auth);
    assert_eq!(wrong(401, r#"{"message": "Unauthorized", "error": 401}"#), Trouble::Auth);
    assert_eq!(wrong(200, "{}"), Trouble::Unread);
    let body = |section: &str| String::from_utf8(build(section).login().unwrap().body.unwrap()).unwrap();
    assert_eq!(body("client_id = 'a'\nclient_secret = 'b'"), "grant_type=client_credentials");
    assert!(body("client_id = 'a'").contains("installed_client&device_id="));
    assert_eq!(build("").login(), None);
    // what needs the key is there only with it
    let ids = ["t3_a".to_owned(), "t1_b".to_owned()];
    assert_eq!(
        network.reread(&ids).unwrap().url,
        "https://oauth.reddit.com/api/info?id=t3_a%2Ct1_b&raw_json=1"
    );
    assert!(network.account("/u/lea_m").unwrap().url.ends_with("/user/lea_m/about?raw_json=1"));
    assert!(network.find_accounts("ostrel").unwrap().url.contains("/users/search?q=ostrel&limit=25"));
    let open = build("");
    assert_eq!((open.reread(&ids), open.account("lea"), open.find_accounts("x")), (None, None, None));
    assert_eq!(network.host_rest(), None);
}

#[test]
fn refusals_say_what_to_do() {
    let refused = |section: &str, status: u16, headers: &[(&str, &str)], body: &str| -> ReadError {
        let network = build(section);
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = Answer { headers, ..answer("https://www.reddit.com/r/a/new/.rss", status, body) };
        let read = network.read(&answer, None).unwrap_err();
        assert!(network.refused(&answer, None).is_none_or(|told| told == read));
        read
    };
    let all = [
        refused("", 429, &[], "<html>Too Many Requests</html>"),
        refused(
            "",
            429,
            &[("x-ratelimit-reset", "312.5")],
            r#"{"message": "Too Many Requests", "error": 429}"#,
        ),
        refused("", 403, &[], BLOCKED),
        refused("", 200, &[], BLOCKED),
        refused("", 403, &[], r#"{"reason": "private", "message": "Forbidden", "error": 403}"#),
        refused("", 404, &[], r#"{"reason": "banned", "message": "Not Found", "error": 404}"#),
        refused("", 403, &[], r#"{"message": "Forbidden", "error": 403}"#),
        refused(KEY, 401, &[], r#"{"message": "Unauthorized", "error": 401}"#),
        refused(KEY, 403, &[], r#"{"message": "Forbidden", "error": 403}"#),
        refused(KEY, 200, &[], r#"{"message": "Unauthorized", "error": 401}"#),
        refused(KEY, 400, &[], r#"{"message": "Bad Request", "error": 400}"#),
        refused(KEY, 503, &[], "<html>Our CDN was unable to reach our servers</html>"),
        refused("", 200, &[], ""),
        refused("", 200, &[], "{\"kind\": \"Listing\", \"data\""),
    ];
    let lines: Vec<String> = all.iter().map(|error| format!("{:?} {error}", error.trouble)).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!((all[0].until, all[1].until), (Some(Time(NOW + 130_000)), Some(Time(NOW + 312_500))));
    let moved = Answer {
        final_url: "https://www.reddit.com/subreddits/search.rss?q=a".to_owned(),
        ..answer("https://www.reddit.com/r/a/new/.rss", 200, NEW)
    };
    assert_eq!(build("").read(&moved, None).unwrap_err().trouble, Trouble::Gone);
}

#[test]
fn sections_are_checked() {
    let built = |section: &str| (spec("reddit").unwrap().build)(&section.parse().unwrap());
    assert_eq!(build("").ask(None, Time(NOW)), Ask::Done);
    for (section, key) in [
        ("subreddits = ['a b']", "subreddits"),
        ("searches = ['']", "searches"),
        ("users = ['a/b']", "users"),
        ("base_url = 'reddit.com'", "base_url"),
        ("api_url = 'x'", "api_url"),
    ] {
        assert_eq!(built(section).unwrap_err().key, key, "{section}");
    }
}

/// Posts, comments and live updates in a recorded answer, counted without reading them; broken ones by their text.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(all) => all.iter().map(count).sum(),
        Value::Object(fields) => {
            let is_one = ["t1", "t3", "LiveUpdate"].iter().any(|kind| value["kind"] == **kind)
                && value["data"].is_object();
            usize::from(is_one) + fields.values().map(count).sum::<usize>()
        }
        Value::String(text) if text.starts_with("{\"kind\"") => match serde_json::from_str::<Value>(text) {
            Ok(whole) => count(&whole),
            Err(_) => text.matches("\"kind\": \"t3\"").count(),
        },
        _ => 0,
    }
}

#[test]
fn every_recorded_thing_is_read() {
    let Some(files) = corpus::files("recorded/reddit", "json") else { return };
    let (mut posts, mut deletions, mut accounts, mut refusals) = (0, 0, 0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let answers = recorded::answers(&bytes, None, &[]);
        let (page, errors) = recorded::understand(&*build(""), &answers);
        let redirections = answers.iter().filter(|answer| answer.status >= 300).count();
        assert_eq!(errors.len(), redirections, "{}: {errors:?}", file.display());
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(page.posts.len() + page.deletions.len(), count(&whole), "{}", file.display());
        let mut seen = BTreeMap::new();
        for post in &page.posts {
            seen.insert(&post.native_id, post);
            assert!(post.published.is_some(), "{post:?}");
            assert!(
                post.permalink.as_ref().is_none_or(|link| link.starts_with("https://www.reddit.com/")),
                "{post:?}"
            );
            assert!(post.native_id.starts_with("LiveUpdate") || post.permalink.is_some(), "{post:?}");
            assert_eq!(post.kind == Kind::Comment, post.native_id.starts_with("t1_"));
        }
        posts += page.posts.len();
        deletions += page.deletions.len();
        accounts += page.accounts.len();
        refusals += errors.len();
    }
    println!(
        "reddit: {} files, {posts} posts, {deletions} deletions, {accounts} accounts, {refusals} redirections",
        files.len()
    );
    assert!(posts > 1000 && deletions >= 5 && accounts > 200);
}
