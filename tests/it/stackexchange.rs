//! Stack Exchange: what its answers mean, quotas and backoffs, and a walk that loses nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Request, Trouble, recorded, spec};
use vigie::post::Kind;
use vigie::time::Time;

use crate::corpus;
use crate::walks::{Archive, Walk, answer, bare, build, fault, path, query, request};

const NAME: &str = "stackexchange";
/// 19 October 2026.
const NOW: i64 = 1_792_410_000;
const SEEN: Time = Time(NOW * 1000);
const TAGGED: &str = "tags = ['galvorine']\nlook_back = '7d'";

fn fixture(file: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{NAME}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn every_kind_of_item_is_read() {
    for file in ["questions", "answers", "comments", "excerpts", "users", "sites"] {
        let page = bare(NAME, &fixture(&format!("{file}.json"))).unwrap();
        insta::assert_json_snapshot!(file, page);
    }
}

#[test]
fn numbers_of_other_sites_follow_their_name() {
    let item = json!({"items": [{"question_id": 5, "title": "x", "creation_date": 1, "body": "y"}], "has_more": false});
    let read = |site: &str| {
        let url = format!("https://api.stackexchange.com/2.3/questions?site={site}&fromdate=1");
        let page =
            build(NAME, "").read(&answer(Request::get(url), 200, item.to_string(), SEEN), None).unwrap();
        (page.posts[0].native_id.clone(), page.posts[0].permalink.clone().unwrap())
    };
    for (site, id, place) in [
        ("stackoverflow", "5", "https://stackoverflow.com/q/5"),
        ("superuser", "superuser.com/5", "https://superuser.com/q/5"),
        ("french", "french.stackexchange.com/5", "https://french.stackexchange.com/q/5"),
        ("pt.stackoverflow", "pt.stackoverflow.com/5", "https://pt.stackoverflow.com/q/5"),
        ("meta", "meta.stackexchange.com/5", "https://meta.stackexchange.com/q/5"),
        ("mathoverflow.net", "mathoverflow.net/5", "https://mathoverflow.net/q/5"),
    ] {
        assert_eq!(read(site), (id.to_owned(), place.to_owned()), "{site}");
    }
}

#[test]
fn nested_answers_and_comments_are_posts_too() {
    let nested = json!({"items": [{"question_id": 1, "title": "q", "creation_date": 1, "link": "https://superuser.com/questions/1/q",
        "comments": [{"comment_id": 2, "post_id": 1, "creation_date": 2, "body": "c"}],
        "answers": [{"answer_id": 3, "question_id": 1, "creation_date": 3, "body": "a", "comments": [{"comment_id": 4, "post_id": 3, "creation_date": 4, "body": "d"}]}]}]});
    let page = bare(NAME, &nested.to_string()).unwrap();
    let found: Vec<(Kind, &str)> =
        page.posts.iter().map(|post| (post.kind, post.native_id.as_str())).collect();
    assert_eq!(
        found,
        [
            (Kind::Question, "superuser.com/1"),
            (Kind::Comment, "superuser.com/comment-2"),
            (Kind::Answer, "superuser.com/3"),
            (Kind::Comment, "superuser.com/comment-4")
        ]
    );
    // without any number the content is the identity, and things about posts are none
    let odd = json!({"items": [{"question_id": null, "title": "no number", "creation_date": 5, "score": 1}, {"vote_type": "up_votes", "post_id": 1, "title": "q"}]});
    let page = bare(NAME, &odd.to_string()).unwrap();
    assert!(page.posts.len() == 1 && page.posts[0].native_id.starts_with("sha256-"), "{page:?}");
}

#[test]
fn refusals_are_told_apart() {
    let network = build(NAME, TAGGED);
    let asked = || request(network.as_ref(), None, SEEN);
    let refused = |status: u16, body: &str| {
        let got = answer(asked(), status, body, SEEN);
        let error = network.read(&got, None).unwrap_err();
        if status >= 400 {
            assert_eq!(network.refused(&got, None).as_ref(), Some(&error));
        }
        (error.trouble, error.until.map(|until| until.since(SEEN) / 1000), error.to_string())
    };
    let mut said = Vec::new();
    for (status, body, trouble, wait) in [
        (400, fixture("throttled.json"), Trouble::Rate, Some(46_472)),
        (400, r#"{"error_id":502,"error_message":"Violation of backoff parameter","error_name":"throttle_violation"}"#.to_owned(), Trouble::Rate, Some(3_600)),
        (200, fixture("throttled.json"), Trouble::Rate, Some(46_472)),
        (400, r#"{"error_id":400,"error_message":"site is required","error_name":"bad_parameter"}"#.to_owned(), Trouble::BadQuery, None),
        (400, r#"{"error_id":400,"error_message":"`key` doesn't match a known application","error_name":"bad_parameter"}"#.to_owned(), Trouble::Auth, None),
        (400, r#"{"error_id":405,"error_message":"key is required","error_name":"key_required"}"#.to_owned(), Trouble::Auth, None),
        (400, r#"{"error_id":503,"error_message":"simulated","error_name":"temporarily_unavailable"}"#.to_owned(), Trouble::Transient, None),
        (500, String::new(), Trouble::Transient, None),
        (403, "<html>checking your browser</html>".to_owned(), Trouble::BlockPage, None),
        (429, "slow down".to_owned(), Trouble::Rate, Some(3_600)),
        (404, r#"{"error_id":404,"error_message":"no method","error_name":"no_method"}"#.to_owned(), Trouble::NoServer, None),
    ] {
        let (got, until, words) = refused(status, &body);
        assert_eq!((got, until), (trouble, wait), "{status} {body}");
        said.push(words);
    }
    insta::assert_snapshot!("refusals", said.join("\n"));
}

#[test]
fn backoff_and_quota_are_heeded() {
    let network = build(NAME, TAGGED);
    let read = |extra: Value| {
        let mut body = json!({"items": [], "has_more": false});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let asked = request(network.as_ref(), None, SEEN);
        network.read(&answer(asked, 200, body.to_string(), SEEN), None).unwrap().pause
    };
    assert_eq!(read(json!({"quota_remaining": 12})), None);
    assert_eq!(read(json!({"backoff": 20, "quota_remaining": 12})), Some(Duration::from_secs(20)));
    let midnight = 86_400 - u64::try_from(NOW % 86_400).unwrap();
    assert_eq!(read(json!({"quota_remaining": 0, "backoff": 5})), Some(Duration::from_secs(midnight)));
    // a day has room for every search, without a key and with one
    let pace = |section: &str| build(NAME, section).pace().as_secs();
    assert!(pace(TAGGED) * 250 >= 86_400);
    assert!(pace("query = 'x'") >= 2 * pace(TAGGED));
    assert_eq!(pace("tags = ['a']\nkey = 'k'"), 60);
}

#[test]
fn sections_are_checked_and_the_key_stays_in_the_address() {
    assert_eq!(build(NAME, "").ask(None, SEEN), Ask::Done);
    assert!(fault(NAME, "sites = ['two words']").starts_with("sites"));
    assert!(fault(NAME, "tags = ['a;b']").starts_with("tags"));
    assert!(fault(NAME, "timeline = 'all'").starts_with("timeline"));
    assert!(fault(NAME, "look_back = 'long'").starts_with("look_back"));
    let keyed = build(
        NAME,
        "query = 'galvorine \"E20\"'\nsites = ['superuser']\nkey = 's3cret'\nbase_url = 'http://127.0.0.1:9/2.3/'",
    );
    let asked = request(keyed.as_ref(), None, SEEN);
    insta::assert_snapshot!(asked.url.replace("s3cret", "KEY"), @"http://127.0.0.1:9/2.3/search/advanced?site=superuser&order=desc&sort=creation&q=galvorine+%22E20%22&fromdate=1792237200&pagesize=100&filter=withbody&key=KEY");
    let page = keyed.read(&answer(asked, 200, r#"{"items":[],"has_more":false}"#, SEEN), None).unwrap();
    assert!(!page.cursor.unwrap().0.contains("s3cret"));
    let reread =
        keyed.reread(&["superuser.com/4".to_owned(), "superuser.com/5".to_owned(), "6".to_owned()]).unwrap();
    assert_eq!(path(&reread.url), "/2.3/questions/4;5");
    assert_eq!(path(&keyed.reread(&["comment-7".to_owned()]).unwrap().url), "/2.3/comments/7");
    assert_eq!(query(&keyed.account("superuser.com/77").unwrap().url)["site"], "superuser");
    assert_eq!(query(&keyed.find_accounts("galvorine").unwrap().url)["inname"], "galvorine");
}

/// Answers as the search does: newest first, a hundred a page.
fn serve(archive: &Archive, request: Request) -> Answer {
    let asked = query(&request.url);
    let number = |key: &str| asked.get(key).map(|value| value.parse::<i64>().unwrap());
    let page = usize::try_from(number("page").unwrap_or(1)).unwrap();
    let (items, all) = archive.page(number("fromdate").unwrap(), number("todate"), 100, page);
    let more = all > page * 100;
    let items: Vec<Value> = items
        .iter()
        .map(|(at, id)| json!({"question_id": id, "creation_date": at, "title": "t", "body": "b"}))
        .collect();
    let body = json!({"items": items, "has_more": more, "quota_max": 300, "quota_remaining": 99});
    answer(request, 200, body.to_string(), SEEN)
}

#[test]
fn a_round_goes_back_to_what_is_known_and_loses_nothing() {
    // about three a second, so that pages end in the middle of one
    let mut archive = Archive::of((0..1_500).map(|id| (NOW - 1 - i64::from(id) / 3, id)));
    let mut walk = Walk::new(NAME, TAGGED);
    walk.round(SEEN, &mut |request| serve(&archive, request));
    assert_eq!((walk.posts.len(), walk.missed.len()), (1_500, 0));
    // a night later
    archive.items.extend((1_500..3_000).map(|id| (NOW + i64::from(id), id)));
    let later = Time((NOW + 4_000) * 1000);
    walk.round(later, &mut |request| serve(&archive, request));
    assert_eq!(walk.posts.len(), 3_000);
    assert_eq!(
        walk.round(later.plus(60_000), &mut |request| serve(&archive, request)),
        7,
        "ten minutes again"
    );
}

#[test]
fn a_search_that_changes_while_it_is_read_loses_nothing() {
    let mut archive = Archive::of((0..2_000).map(|id| (NOW - i64::from(id), id)));
    let mut walk = Walk::new(NAME, TAGGED);
    let mut vanished = BTreeSet::new();
    for turn in 0..60_u32 {
        let now = NOW + i64::from(turn);
        walk.step(Time(now * 1000), &mut |request| serve(&archive, request)).unwrap();
        archive.items.push((now, 5_000 + turn));
        // an item of the next page disappears before it is asked for
        let place = usize::try_from(turn).unwrap() * 37 % archive.items.len();
        vanished.insert(archive.items.remove(place).1.to_string());
    }
    // what was written in the middle of a round is for the next one
    for later in [61, 121] {
        walk.round(Time((NOW + later) * 1000), &mut |request| serve(&archive, request));
    }
    for (_, id) in &archive.items {
        assert!(walk.posts.contains(&id.to_string()), "{id} is lost");
    }
}

#[test]
fn a_full_page_of_one_second_does_not_stand_still() {
    // 250 in one second are on further pages; 4,000 are more than 25 pages have
    let crowd = |of: u32| {
        Archive::of((0..of).map(|id| (NOW - 50, id)).chain((10_000..10_050).map(|id| (NOW - 100, id))))
    };
    let mut walk = Walk::new(NAME, TAGGED);
    let archive = crowd(250);
    walk.round(SEEN, &mut |request| serve(&archive, request));
    assert_eq!((walk.posts.len(), walk.missed.len()), (300, 0));
    let mut walk = Walk::new(NAME, TAGGED);
    let archive = crowd(4_000);
    assert!(walk.round(SEEN, &mut |request| serve(&archive, request)) < 40);
    assert_eq!((walk.posts.len(), walk.missed.len()), (2_550, 1));
    assert_eq!(walk.missed[0].from, Time((NOW - 50) * 1000));
}

#[test]
fn answers_found_by_words_are_fetched_whole() {
    let whole = fixture("answers.json");
    let mut paths = Vec::new();
    let mut serve = |request: Request| {
        let place = path(&request.url);
        paths.push(place.clone());
        let body = match place.as_str() {
            "/2.3/search/advanced" => fixture("questions.json"),
            "/2.3/search/excerpts" => fixture("excerpts.json"),
            "/2.3/answers/9002" => whole.clone(),
            other => panic!("{other}"),
        };
        answer(request, 200, body, SEEN)
    };
    let mut walk = Walk::new(NAME, "query = 'galvorine'");
    let network = build(NAME, "query = 'galvorine'");
    walk.step(SEEN, &mut serve).unwrap();
    let page = walk.step(SEEN, &mut serve).unwrap();
    assert!(page.posts.is_empty() && page.more, "an excerpt is no post: {page:?}");
    let page = walk.step(SEEN, &mut serve).unwrap();
    assert_eq!(page.posts[0].native_id, "9002");
    assert_eq!(page.posts[0].text, "Use the Ostrel Vane library.");
    assert!(!page.more);
    assert_eq!(paths, ["/2.3/search/advanced", "/2.3/search/excerpts", "/2.3/answers/9002"]);
    assert!(request(network.as_ref(), walk.cursor.as_ref(), SEEN).url.contains("/search/advanced"));
}

#[test]
fn older_posts_are_fetched_for_a_stretch_of_time() {
    let archive = Archive::of((0..5_000).map(|id| (NOW - i64::from(id) * 60, id)));
    let (from, to) = (Time((NOW - 120_000) * 1000), Time((NOW - 60_000) * 1000));
    let mut walk = Walk::new(NAME, TAGGED);
    walk.cursor = build(NAME, TAGGED).backfill(from, to);
    walk.round(SEEN, &mut |request| serve(&archive, request));
    let expected: BTreeSet<String> =
        archive.window(NOW - 120_000, Some(NOW - 60_000)).iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!(walk.posts, expected);
    assert_eq!(build(NAME, TAGGED).ask(walk.cursor.as_ref(), SEEN), Ask::Done);
    assert_eq!(build(NAME, "").backfill(from, to), None);
}

#[test]
fn a_refusal_keeps_the_place() {
    let archive = Archive::of((0..500).map(|id| (NOW - i64::from(id), id)));
    let mut walk = Walk::new(NAME, TAGGED);
    walk.step(SEEN, &mut |request| serve(&archive, request)).unwrap();
    let before = walk.cursor.clone();
    let error =
        walk.step(SEEN, &mut |request| answer(request, 400, fixture("throttled.json"), SEEN)).unwrap_err();
    assert_eq!((error.trouble, &walk.cursor), (Trouble::Rate, &before));
    walk.round(SEEN, &mut |request| serve(&archive, request));
    assert_eq!(walk.posts.len(), 500);
}

#[test]
fn every_recorded_answer_is_read() {
    let Some(files) = corpus::files("recorded/stackexchange", "json") else { return };
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) =
            recorded::understand(build(NAME, "").as_ref(), &recorded::answers(&bytes, None, &[]));
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        let items = whole["items"].as_array().map_or(0, Vec::len);
        let about = |keys: &[&str]| {
            whole["items"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|one| keys.iter().any(|key| one.get(key).is_some()))
                .count()
        };
        assert_eq!(
            page.posts.len(),
            about(&["question_id", "answer_id", "comment_id", "post_id"]),
            "{}",
            file.display()
        );
        println!(
            "stackexchange: {}: {items} items, {} posts, {} accounts",
            file.display(),
            page.posts.len(),
            page.accounts.len()
        );
    }
    assert!(spec(NAME).unwrap().offer.cost.contains("CC BY-SA"));
}
