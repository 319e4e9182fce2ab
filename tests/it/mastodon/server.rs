//! What a server says of itself, of its people and of posts asked for again.

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Cursor, Network, Page, ReadError, Request, Trouble};
use vigie::post::Kind;
use vigie::time::Time;

use super::{BASE, answer, build, plain};

const NOW: Time = Time(1_772_450_000_000);
const OTHERS: &str = include_str!("../../fixtures/mastodon/other_software.json");

/// A source that has been told this by its server.
fn told(section: &str, info: &Value) -> (Box<dyn Network>, Result<Page, ReadError>) {
    let network = build(section);
    let Ask::Fetch(request) = network.ask(None, NOW) else { panic!() };
    assert_eq!(request.url, format!("{BASE}/api/v2/instance"));
    assert!(request.headers.iter().all(|(name, _)| name != "authorization"));
    let page = network.read(&Answer { request, seen: NOW, ..answer("", 200, &info.to_string()) }, None);
    (network, page)
}

fn access(live: [&str; 2], tags: [&str; 2]) -> Value {
    let halves = |[local, remote]: [&str; 2]| json!({"local": local, "remote": remote});
    json!({"version": "4.6.0", "domain": "mast.example", "configuration": {"timelines_access":
        {"live_feeds": halves(live), "hashtag_feeds": halves(tags)}}})
}

fn asked(network: &dyn Network, cursor: Option<&Cursor>) -> String {
    match network.ask(cursor, NOW) {
        Ask::Fetch(request) => request.url.replace(BASE, ""),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_a_server_hides_is_said_aloud_and_not_asked_for() {
    let (public, members, off) = ("public", "authenticated", "disabled");
    let mut all = String::new();
    for (live, tags, source) in [
        ([public, public], [public, public], "tags = ['moka']"),
        ([public, public], [public, members], "tags = ['moka']"),
        ([public, public], [members, public], "tags = ['moka']"),
        ([public, public], [off, off], "tags = ['moka']"),
        ([off, off], [public, public], "timeline = 'public'"),
        ([off, off], [public, public], "timeline = 'public'\ntags = ['moka']"),
        ([public, off], [public, public], "timeline = 'public'"),
        ([public, members], [public, public], "timeline = 'local'"),
        ([members, members], [public, public], "timeline = 'public'"),
        ([members, members], [public, public], "timeline = 'public'\ntoken = 's3cret'\nstreaming = false"),
        ([public, public], [public, public], "search = ['molivelle']"),
        ([public, public], [public, public], "search = ['molivelle']\ntoken = 's3cret'"),
    ] {
        let section = format!("base_url = '{BASE}'\n{source}");
        let (network, page) = told(&section, &access(live, tags));
        let said = match page {
            Ok(page) => {
                assert!(page.more);
                let missed = page.missed.map(|missed| missed.reason).unwrap_or_default();
                format!("{}\n  {missed}", asked(network.as_ref(), page.cursor.as_ref()))
            }
            Err(error) => format!("{:?}\n  {error}", error.trouble),
        };
        all += &format!("{live:?} {tags:?} {}\n  {said}\n", source.replace('\n', "; "));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_server_that_does_not_tell_is_tried() {
    let section = format!("base_url = '{BASE}'\ntags = ['moka']");
    let network = build(&section);
    let Ask::Fetch(request) = network.ask(None, NOW) else { panic!() };
    let reply =
        |status: u16, body: &str| Answer { request: request.clone(), seen: NOW, ..answer("", status, body) };
    let timeline = "/api/v1/timelines/tag/moka?limit=40";
    for body in ["<!DOCTYPE html><title>Welcome</title>", "{}", r#"{"error":"not here"}"#, "[]", "null"] {
        let page = network.read(&reply(200, body), None).unwrap();
        assert_eq!(asked(network.as_ref(), page.cursor.as_ref()), timeline, "{body}");
    }
    for status in [401, 403, 404, 410, 500] {
        let page = network.salvage(&reply(status, "{}"), None).unwrap();
        assert_eq!(asked(network.as_ref(), page.cursor.as_ref()), timeline, "{status}");
    }
    assert_eq!(network.salvage(&reply(429, "{}"), None), None);
    // it is asked again the next day
    let page = network.read(&reply(200, "{}"), None).unwrap();
    let tomorrow = NOW.plus(25 * 3_600_000);
    assert_eq!(network.ask(page.cursor.as_ref(), tomorrow), Ask::Fetch(request.clone()));
}

#[test]
fn a_timeline_goes_on_where_it_was_when_its_server_hides_half_of_it() {
    let section = format!("base_url = '{BASE}'\ntags = ['moka']");
    let (network, page) = told(&section, &access(["public"; 2], ["public"; 2]));
    let mut cursor = page.unwrap().cursor;
    let Ask::Fetch(request) = network.ask(cursor.as_ref(), NOW) else { panic!() };
    let status = json!([{"id": "1000", "created_at": NOW, "uri": "https://a.example/1", "content": "x",
        "account": {"acct": "lea"}}]);
    let read = Answer { request, seen: NOW, ..answer("", 200, &status.to_string()) };
    cursor = network.read(&read, cursor.as_ref()).unwrap().cursor;
    let tomorrow = NOW.plus(25 * 3_600_000);
    let Ask::Fetch(request) = network.ask(cursor.as_ref(), tomorrow) else { panic!() };
    let body = access(["public"; 2], ["public", "authenticated"]).to_string();
    let info = Answer { request, seen: tomorrow, ..answer("", 200, &body) };
    cursor = network.read(&info, cursor.as_ref()).unwrap().cursor;
    let Ask::Fetch(request) = network.ask(cursor.as_ref(), tomorrow) else { panic!() };
    assert!(request.url.ends_with("/tag/moka?local=true&limit=40&min_id=1000"), "{}", request.url);
}

#[test]
fn accounts_are_looked_up_once_then_read() {
    let section = format!("base_url = '{BASE}'\naccounts = ['@lea', 'gone@loin.example']");
    let (network, page) = told(&section, &access(["public"; 2], ["public"; 2]));
    let mut cursor = page.unwrap().cursor;
    let reply = |cursor: &Option<Cursor>, status: u16, body: &str| {
        let Ask::Fetch(request) = network.ask(cursor.as_ref(), NOW) else { panic!() };
        Answer { request, seen: NOW, ..answer("", status, body) }
    };
    assert_eq!(asked(network.as_ref(), cursor.as_ref()), "/api/v1/accounts/lookup?acct=lea");
    let account = include_str!("../../fixtures/mastodon/account.json");
    let page = network.read(&reply(&cursor, 200, account), cursor.as_ref()).unwrap();
    assert!(page.more);
    assert_eq!(page.accounts[0].author.posts, Some(87));
    cursor = page.cursor;
    assert_eq!(asked(network.as_ref(), cursor.as_ref()), "/api/v1/accounts/lookup?acct=gone%40loin.example");
    let missing = reply(&cursor, 404, r#"{"error":"Record not found"}"#);
    assert_eq!(network.refused(&missing, cursor.as_ref()), None);
    let page = network.salvage(&missing, cursor.as_ref()).unwrap();
    assert_eq!(page.missed.unwrap().reason, "the server knows no account called gone@loin.example");
    cursor = page.cursor;
    let posts = "/api/v1/accounts/21/statuses?exclude_reblogs=true&limit=40";
    assert_eq!(asked(network.as_ref(), cursor.as_ref()), posts);
    // a number that leads nowhere any more is not asked for again and again
    let page = network.salvage(&reply(&cursor, 410, ""), cursor.as_ref()).unwrap();
    assert_eq!(network.ask(page.cursor.as_ref(), NOW), Ask::Done);
}

#[test]
fn accounts_are_found_by_name_and_by_words() {
    let with = build(&format!("base_url = '{BASE}'\ntoken = 's3cret'"));
    let url = |request: Option<Request>| request.unwrap().url.replace(BASE, "");
    assert_eq!(url(with.account("@lea@loin.example")), "/api/v1/accounts/lookup?acct=lea%40loin.example");
    assert_eq!(url(with.find_accounts("moli velle")), "/api/v2/search?q=moli+velle&type=accounts&limit=40");
    assert_eq!((with.account("@"), with.find_accounts(" ")), (None, None));
    let token = ("authorization".to_owned(), "Bearer s3cret".to_owned());
    assert!(with.account("lea").unwrap().headers.contains(&token));
    assert!(!format!("{with:?}").contains("s3cret"));
    let found =
        json!({"accounts": [{"id": "1", "acct": "sam", "username": "sam"}], "statuses": [], "hashtags": []});
    let request = with.find_accounts("sam").unwrap();
    let page = with.read(&Answer { request, ..answer("", 200, &found.to_string()) }, None).unwrap();
    assert_eq!(page.accounts[0].author.handle.as_deref(), Some("sam@mast.example"));
}

#[test]
fn posts_are_asked_for_again_by_the_numbers_of_this_server() {
    let network = plain();
    let again = |ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        network.reread(&ids).map(|request| request.url.replace(BASE, ""))
    };
    let own = "https://mast.example/users/lea/statuses/115";
    assert_eq!(
        again(&["mast.example/42", own]).as_deref(),
        Some("/api/v1/statuses?id%5B%5D=42&id%5B%5D=115")
    );
    // one that this server cannot be asked for must not look deleted
    assert_eq!(again(&["mast.example/42", "https://loin.example/users/sam/statuses/9"]), None);
    assert_eq!(again(&["other.example/42"]), None);
    assert_eq!(again(&["https://mast.example/notes/abc"]), None);
    assert_eq!(again(&[]), None);
    let url = format!("{BASE}/api/v1/statuses?id%5B%5D=115");
    let status = json!([{"id": "115", "created_at": NOW, "uri": own, "content": "<p>moka</p>",
        "edited_at": NOW, "favourites_count": 7, "account": {"acct": "lea"}, "visibility": "public"}]);
    let page = network.read(&answer(&url, 200, &status.to_string()), None).unwrap();
    assert_eq!((page.posts[0].native_id.as_str(), page.posts[0].counts.likes), (own, Some(7)));
    assert_eq!((page.posts[0].edited, page.cursor), (Some(NOW), None));
}

#[test]
fn a_search_is_read_from_the_newest_back_to_what_is_known() {
    let section = format!("base_url = '{BASE}'\nsearch = ['galvorine']\ntoken = 's3cret'");
    let (network, page) = told(&section, &access(["public"; 2], ["public"; 2]));
    let mut cursor = page.unwrap().cursor;
    let (mut seen, mut asked) = (std::collections::BTreeSet::new(), Vec::new());
    let mut round = |cursor: &mut Option<Cursor>, newest: u64, now: Time| {
        for _ in 0..100 {
            let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
            let url = url::Url::parse(&request.url).unwrap();
            asked.push(request.url.replace(BASE, ""));
            let number = |name: &str| {
                url.query_pairs().find(|(key, _)| key == name).map(|(_, id)| id.parse::<u64>().unwrap())
            };
            let (min, max) = (number("min_id").unwrap_or(0), number("max_id").unwrap_or(u64::MAX));
            let ids = (1..=newest).rev().filter(|id| (min + 1..max).contains(id)).take(40);
            let statuses: Vec<Value> = ids
                .map(|id| {
                    json!({"id": id.to_string(), "created_at": Time(i64::try_from(id).unwrap() * 60_000),
                        "uri": format!("https://a.example/{id}"), "content": "galvorine", "account": {"acct": "lea"}})
                })
                .collect();
            let body = json!({"accounts": [], "statuses": statuses, "hashtags": []}).to_string();
            let page = network
                .read(&Answer { request, seen: now, ..answer("", 200, &body) }, cursor.as_ref())
                .unwrap();
            seen.extend(page.posts.into_iter().map(|post| post.native_id));
            *cursor = page.cursor.or(cursor.take());
            if !page.more {
                return seen.len();
            }
        }
        panic!("the round does not end");
    };
    let minutes = |number: i64| Time(NOW.0 + number * 60_000);
    assert_eq!(round(&mut cursor, 100, minutes(100)), 40, "a first look back is one page");
    assert_eq!(round(&mut cursor, 300, minutes(300)), 240);
    assert_eq!(round(&mut cursor, 300, minutes(301)), 240);
    assert_eq!(asked[0], "/api/v2/search?q=galvorine&type=statuses&limit=40");
    assert!(asked[1].contains("min_id=") && !asked[1].contains("max_id="), "{}", asked[1]);
    assert!(asked[2].contains("min_id=") && asked[2].contains("max_id=261"), "{}", asked[2]);
    assert!(asked.len() <= 10, "{}", asked.len());
}

#[test]
fn the_past_is_walked_alone() {
    let network = build(&format!("base_url = '{BASE}'\ntags = ['moka']"));
    let numbered = |millis: i64| i128::from(millis) << 16;
    let hour = 3_600_000;
    let posts: Vec<i64> = (0..200).map(|at| NOW.0 - 200 * hour + at * hour).collect();
    let (from, to) = (Time(NOW.0 - 150 * hour), Time(NOW.0 - 50 * hour));
    let (mut cursor, mut seen) = (network.backfill(from, to), Vec::new());
    for _ in 0..20 {
        let request = match network.ask(cursor.as_ref(), NOW) {
            Ask::Fetch(request) => request,
            Ask::Done => {
                assert_eq!(seen.len(), 101);
                assert!(seen.iter().all(|at| (from..=to).contains(at)));
                return;
            }
            other => panic!("{other:?}"),
        };
        let body = if request.url.ends_with("/instance") {
            "{}".to_owned()
        } else {
            let (_, min) = request.url.rsplit_once("min_id=").unwrap();
            let min: i128 = min.parse().unwrap();
            let page = posts.iter().filter(|at| numbered(**at) > min).take(40);
            let page: Vec<Value> = page
                .map(|at| {
                    json!({"id": numbered(*at).to_string(), "created_at": Time(*at), "content": "moka",
                        "uri": format!("https://a.example/{at}"), "account": {"acct": "lea"}})
                })
                .collect();
            Value::from(page.into_iter().rev().collect::<Vec<_>>()).to_string()
        };
        let page =
            network.read(&Answer { request, seen: NOW, ..answer("", 200, &body) }, cursor.as_ref()).unwrap();
        seen.extend(page.posts.into_iter().map(|post| post.published.unwrap()));
        cursor = page.cursor.or(cursor);
    }
    panic!("the walk does not end");
}

#[test]
fn refusals_are_sorted() {
    let url = format!("{BASE}/api/v1/timelines/tag/moka?limit=40");
    let mut all = String::new();
    for (token, status, header, body) in [
        (false, 401, None, r#"{"error":"The access token is invalid"}"#),
        (true, 401, None, r#"{"error":"The access token was revoked"}"#),
        (true, 422, None, r#"{"error":"This method requires an authenticated user"}"#),
        (false, 403, None, r#"{"error":"This action is not allowed"}"#),
        (false, 403, None, "<!DOCTYPE html><title>Just a moment...</title>"),
        (false, 404, None, r#"{"error":"Record not found"}"#),
        (false, 410, None, "{}"),
        (
            false,
            429,
            Some(("x-ratelimit-reset", "2026-03-02T11:18:20.916474Z")),
            r#"{"error":"Too many requests"}"#,
        ),
        (false, 429, Some(("x-ratelimit-reset", "1772450300")), "{}"),
        (false, 503, Some(("retry-after", "60")), ""),
    ] {
        let token = if token { "\ntoken = 's3cret'" } else { "" };
        let network = build(&format!("base_url = '{BASE}'\ntags = ['moka']{token}"));
        let headers = header.map(|(name, value): (&str, &str)| (name.to_owned(), value.to_owned()));
        let answer =
            Answer { seen: NOW, headers: headers.into_iter().collect(), ..answer(&url, status, body) };
        let error = network.read(&answer, None).unwrap_err();
        let wait = error.until.map(|until| until.since(NOW) / 1000);
        let left = network.refused(&answer, None).is_none();
        assert_eq!(left, error.trouble == Trouble::Unread, "{error}");
        all += &format!("{status} {:?} {wait:?}: {error}\n", error.trouble);
    }
    insta::assert_snapshot!(all);
}

#[test]
fn other_software_is_understood() {
    let url = format!("{BASE}/api/v1/timelines/tag/moka?limit=40");
    let page = plain().read(&answer(&url, 200, OTHERS), None).unwrap();
    let said: Vec<_> = page
        .posts
        .iter()
        .map(|post| (post.native_id.as_str(), post.author_name(), post.text.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("https://pleroma.example/objects/1", "paul@mast.example", "Molivelle\nici"),
            ("https://gts.example/users/ana/statuses/01HZX3", "ana@gts.example", "Galvorine"),
            ("https://pix.example/p/lou/771", "lou@mast.example", ""),
            ("https://key.example/notes/9abc0k", "kim@mast.example", "Ostrel Vane"),
            ("https://key.example/notes/9abc0j", "kim@mast.example", "avant"),
        ]
    );
    assert_eq!(page.posts[2].summary.as_deref(), Some("Une tasse Molivelle"));
    assert_eq!(page.posts[3].kind, Kind::Quote);
    assert!(page.posts.iter().all(|post| post.published.is_some()));
}

#[test]
fn who_asked_to_be_left_out_is_left_out() {
    let status = |id: u32, account: Value| {
        json!({"id": id.to_string(), "created_at": NOW, "uri": format!("https://a.example/{id}"), "content": "moka",
            "account": account, "visibility": "public"})
    };
    let body = json!([
        status(1, json!({"acct": "lea", "noindex": true})),
        status(2, json!({"acct": "sam", "note": "<p>Moka. #NoBot</p>"})),
        status(3, json!({"acct": "ada", "note": "<p>Moka</p>", "noindex": false, "indexable": false})),
    ])
    .to_string();
    let read = |section: &str, url: &str| {
        let network = build(&format!("base_url = '{BASE}'\n{section}"));
        let page = network.read(&answer(url, 200, &body), None).unwrap();
        page.posts.iter().map(|post| post.quiet).collect::<Vec<bool>>()
    };
    let timeline = format!("{BASE}/api/v1/timelines/tag/moka?limit=40");
    // who only asked not to be found is told of, and not exported
    assert_eq!(read("tags = ['moka']", &timeline), [true]);
    assert_eq!(read("tags = ['moka']\nnoindex = true", &timeline), [true, false, true]);
    assert_eq!(read("", "").len(), 3, "a file is shown as it is");
}

#[test]
fn unlisted_posts_count_only_when_asked_for() {
    let status = |visibility: &str| {
        json!({"id": "1", "created_at": NOW, "uri": format!("https://a.example/{visibility}"), "content": "moka",
            "account": {"acct": "lea"}, "visibility": visibility})
    };
    let body = json!([status("public"), status("unlisted"), status("private"), status("direct")]).to_string();
    let read = |section: &str| build(section).read(&answer("", 200, &body), None).unwrap().posts.len();
    assert_eq!((read(""), read("unlisted = true")), (1, 2));
}
