//! GitHub: what its answers mean, limits in three forms, and windows of time past a thousand results.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Method, Request, Trouble, recorded};
use vigie::post::Gone;
use vigie::time::Time;

use crate::corpus;
use crate::walks::{Archive, Walk, answer, bare, build, fault, path, query, request};

const NAME: &str = "github";
/// 19 October 2026.
const NOW: i64 = 1_792_410_000;
const SEEN: Time = Time(NOW * 1000);
const SECTION: &str = "query = 'galvorine'\nlook_back = '30d'";

fn fixture(file: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{NAME}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn every_shape_is_read() {
    for file in ["search", "discussions", "releases", "events", "user"] {
        let page = bare(NAME, &fixture(&format!("{file}.json"))).unwrap();
        insta::assert_json_snapshot!(file, page);
    }
}

#[test]
fn other_things_are_neither_posts_nor_faults() {
    let check = |body: Value, posts: usize, accounts: usize| {
        let page = bare(NAME, &body.to_string()).unwrap();
        assert_eq!((page.posts.len(), page.accounts.len(), page.cursor), (posts, accounts, None), "{body}");
    };
    let person = json!({"login": "lea", "id": 1, "avatar_url": "https://a.example/1", "type": "User"});
    let issue = |number: u32| json!({"html_url": format!("https://github.com/a/b/issues/{number}"), "node_id": format!("I_{number}"), "number": number, "title": "t", "user": person, "created_at": "2026-10-01T00:00:00Z"});
    check(json!([issue(1), issue(2)]), 2, 0);
    check(issue(3), 1, 0);
    check(json!([person, person]), 0, 2);
    check(json!({"total_count": 1, "items": [person]}), 0, 1);
    check(
        json!({"id": 1, "node_id": "x", "full_name": "a/b", "owner": person, "html_url": "https://github.com/a/b"}),
        0,
        0,
    );
    check(
        json!([{"id": 1, "node_id": "x", "url": "https://api.github.com/x", "name": "bug", "color": "f00"}]),
        0,
        0,
    );
    let milestone = json!({"html_url": "https://github.com/a/b/milestone/1", "number": 1, "title": "m", "creator": person, "state": "open", "node_id": "M"});
    check(milestone, 0, 0);
    check(json!({"action": "opened", "issue": issue(4), "sender": person, "repository": {}}), 1, 0);
    check(json!([]), 0, 0);
    let edited =
        bare(NAME, &json!({"action": "edited", "issue": issue(5), "sender": person}).to_string()).unwrap();
    assert_eq!((edited.posts.len(), edited.edits.len()), (0, 1));
    let deleted =
        bare(NAME, &json!({"action": "deleted", "issue": issue(6), "sender": person}).to_string()).unwrap();
    assert_eq!(deleted.deletions[0].gone, Gone::Post("I_6".to_owned()));
    bare(NAME, "{\"colour\": 1}").unwrap_err();
    bare(NAME, "[1, 2]").unwrap_err();
    // ids that different posts share are none
    let mut twin = issue(8);
    twin["node_id"] = json!("I_7");
    let page = bare(NAME, &json!([issue(7), twin]).to_string()).unwrap();
    assert_ne!(page.posts[0].native_id, page.posts[1].native_id);
}

#[test]
fn refusals_are_told_apart() {
    let network = build(NAME, "query = 'galvorine'\nrepos = ['a/b']");
    let mut said = Vec::new();
    let limited = fixture("limited.json");
    let none: &[(&str, &str)] = &[];
    let reset: &[(&str, &str)] = &[
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1792410120"),
        ("x-ratelimit-resource", "search"),
    ];
    let secondary = r#"{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/x"}"#;
    for (url, status, headers, body, trouble, wait) in [
        ("/search/issues", 403, reset, limited.as_str(), Trouble::Rate, Some(120)),
        ("/search/issues", 429, reset, limited.as_str(), Trouble::Rate, Some(120)),
        ("/search/issues", 403, &[("retry-after", "30")][..], secondary, Trouble::Rate, Some(30)),
        ("/search/issues", 403, none, secondary, Trouble::Rate, Some(60)),
        (
            "/search/issues",
            401,
            none,
            r#"{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest"}"#,
            Trouble::Auth,
            None,
        ),
        (
            "/search/issues",
            403,
            none,
            r#"{"message":"Resource protected by organization SAML enforcement."}"#,
            Trouble::NotApproved,
            None,
        ),
        ("/search/issues", 403, none, "<html>blocked</html>", Trouble::BlockPage, None),
        ("/search/issues", 422, none, &fixture("invalid.json"), Trouble::BadQuery, None),
        (
            "/repos/a/b/releases",
            404,
            none,
            r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}"#,
            Trouble::Gone,
            None,
        ),
        ("/repos/a/b/releases", 451, none, r#"{"message":"Repository access blocked"}"#, Trouble::Gone, None),
        ("/search/issues", 502, none, "<html>", Trouble::Transient, None),
        (
            "/search/issues",
            503,
            none,
            r#"{"message":"No server is currently available"}"#,
            Trouble::Transient,
            None,
        ),
    ] {
        let mut got = answer(Request::get(format!("https://api.github.com{url}")), status, body, SEEN);
        got.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let error = network.read(&got, None).unwrap_err();
        assert_eq!(network.refused(&got, None).as_ref(), Some(&error));
        assert_eq!(
            (error.trouble, error.until.map(|until| until.since(SEEN) / 1000)),
            (trouble, wait),
            "{status} {body}"
        );
        said.push(error.to_string());
    }
    // said with a good status
    for (body, trouble) in [
        (
            r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}],"data":null}"#,
            Trouble::Rate,
        ),
        (
            r#"{"errors":[{"type":"INSUFFICIENT_SCOPES","message":"Your token has not been granted the required scopes"}]}"#,
            Trouble::NotApproved,
        ),
        (
            r#"{"errors":[{"message":"Something went wrong, try again"}],"data":{"search":null}}"#,
            Trouble::Transient,
        ),
    ] {
        let error = network
            .read(&answer(Request::get("https://api.github.com/graphql"), 200, body, SEEN), None)
            .unwrap_err();
        assert_eq!(error.trouble, trouble, "{body}");
        said.push(error.to_string());
    }
    insta::assert_snapshot!("refusals", said.join("\n"));
}

#[test]
fn sections_are_checked_and_the_token_stays_in_its_header() {
    assert_eq!(build(NAME, "").ask(None, SEEN), Ask::Done);
    assert!(fault(NAME, "repos = ['alone']").starts_with("repos"));
    assert!(fault(NAME, &format!("query = '{}'", "x".repeat(300))).starts_with("query"));
    let plain = request(build(NAME, SECTION).as_ref(), None, SEEN);
    insta::assert_snapshot!(plain.url, @"https://api.github.com/search/issues?q=galvorine+created%3A%3E%3D2026-09-19T11%3A40%3A00Z+in%3Atitle%2Cbody%2Ccomments&sort=created&order=desc&per_page=100&page=1");
    assert!(plain.headers.iter().any(|(name, value)| name == "accept" && value.contains("text-match")));
    assert!(!plain.headers.iter().any(|(name, _)| name == "authorization"));
    let own = request(build(NAME, "query = 'x in:title'").as_ref(), None, SEEN);
    assert!(!own.url.contains("comments"), "{}", own.url);
    let signed = build(NAME, "query = 'x'\ntoken = 's3cret'\nbase_url = 'https://git.example/api/v3'");
    let asked = request(signed.as_ref(), None, SEEN);
    assert!(asked.headers.contains(&("authorization".to_owned(), "Bearer s3cret".to_owned())));
    assert!(!asked.url.contains("s3cret") && !format!("{signed:?}").contains("s3cret"));
    let again = signed.reread(&["I_1".to_owned(), "D_2".to_owned()]).unwrap();
    assert_eq!((again.method, again.url.as_str()), (Method::Post, "https://git.example/api/graphql"));
    assert!(
        build(NAME, SECTION).reread(&["I_1".to_owned()]).is_none(),
        "without a token there is no GraphQL"
    );
    assert_eq!(path(&signed.account("@lea").unwrap().url), "/api/v3/users/lea");
    assert_eq!(path(&signed.account("501").unwrap().url), "/api/v3/user/501");
    // 60 requests an hour without a token
    assert!(build(NAME, "repos = ['a/b', 'c/d']").pace() >= Duration::from_secs(120));
}

#[test]
fn posts_read_again_are_the_same_and_gone_ones_are_missing() {
    let body = json!({"data": {"nodes": [
        {"__typename": "Issue", "id": "I_kwDOA1", "url": "https://github.com/molivelle/brew/issues/42", "title": "Galvorine E20 is not *found*", "body": "words", "createdAt": "2026-10-18T16:00:00Z", "lastEditedAt": "2026-10-18T17:00:00Z", "author": {"__typename": "User", "login": "lea-m", "databaseId": 501}, "comments": {"totalCount": 3}, "reactions": {"totalCount": 5}, "labels": {"nodes": [{"name": "bug"}]}},
        null]}, "errors": [{"type": "NOT_FOUND", "path": ["nodes", 1], "message": "Could not resolve to a node"}]});
    let network = build(NAME, "token = 't'");
    let again = network.reread(&["I_kwDOA1".to_owned(), "I_gone".to_owned()]).unwrap();
    let page = network.read(&answer(again, 200, body.to_string(), SEEN), None).unwrap();
    assert_eq!((page.posts.len(), page.cursor.clone()), (1, None));
    let found = bare(NAME, &fixture("search.json")).unwrap();
    assert_eq!(page.posts[0].title, found.posts[0].title);
    assert_eq!(
        page.posts[0].author.as_ref().unwrap().native_id,
        found.posts[0].author.as_ref().unwrap().native_id
    );
    assert_eq!(page.posts[0].hashtags, found.posts[0].hashtags);
}

/// The bounds in `created:`.
fn created(words: &str) -> (i64, Option<i64>) {
    let moment = |text: &str| Time::parse(text).unwrap().0 / 1000;
    let bound = words.split_whitespace().find_map(|word| word.strip_prefix("created:")).unwrap();
    match bound.split_once("..") {
        Some((from, to)) => (moment(from), Some(moment(to))),
        None => (moment(bound.strip_prefix(">=").unwrap()), None),
    }
}

fn found(at: i64, id: u32) -> Value {
    json!({"html_url": format!("https://github.com/a/b/issues/{id}"), "node_id": format!("I_{id}"), "number": id, "title": "t", "user": null, "created_at": Time(at * 1000).to_string()})
}

/// Answers as the search does: a thousand of a question at most.
fn serve(archive: &Archive, request: Request) -> Answer {
    let asked = query(&request.url);
    let (from, to) = created(&asked["q"]);
    let page: usize = asked["page"].parse().unwrap();
    assert!(page <= 10, "only the first 1000 search results are available");
    let (items, all) = archive.page(from, to, 100, page);
    let items: Vec<Value> = items.iter().map(|(at, id)| found(*at, *id)).collect();
    let body = json!({"total_count": all, "incomplete_results": false, "items": items});
    answer(request, 200, body.to_string(), SEEN)
}

#[test]
fn a_walk_goes_past_a_thousand_and_back_to_what_is_known() {
    let mut archive = Archive::of((0..2_500).map(|id| (NOW - 1 - i64::from(id) / 3, id)));
    let mut walk = Walk::new(NAME, SECTION);
    walk.round(SEEN, &mut |request| serve(&archive, request));
    assert_eq!((walk.posts.len(), walk.missed.len()), (2_500, 0));
    for turn in 0..30_u32 {
        // it grows, and items vanish between two pages
        archive.items.push((NOW + i64::from(turn) * 10, 5_000 + turn));
        archive.items.remove(usize::try_from(turn).unwrap() * 50);
        walk.step(SEEN.plus(i64::from(turn) * 10_000), &mut |request| serve(&archive, request)).unwrap();
    }
    // what was written in the middle of a round is for the next one
    for later in [400_000, 460_000] {
        walk.round(SEEN.plus(later), &mut |request| serve(&archive, request));
    }
    for (_, id) in &archive.items {
        assert!(walk.posts.contains(&format!("I_{id}")), "{id}");
    }
    let crowd =
        Archive::of((0..1_500).map(|id| (NOW - 50, id)).chain((2_000..2_010).map(|id| (NOW - 60, id))));
    let mut walk = Walk::new(NAME, SECTION);
    walk.round(SEEN, &mut |request| serve(&crowd, request));
    assert_eq!((walk.posts.len(), walk.missed.len()), (1_010, 1));
}

#[test]
fn an_incomplete_answer_is_asked_for_again() {
    let archive = Archive::of((0..150).map(|id| (NOW - i64::from(id), id)));
    let mut tired = 2;
    let mut incomplete = |request: Request| {
        if tired == 0 {
            return serve(&archive, request);
        }
        tired -= 1;
        let body = json!({"total_count": 150, "incomplete_results": true, "items": [found(NOW - 3, 3)]});
        answer(request, 200, body.to_string(), SEEN)
    };
    let mut walk = Walk::new(NAME, SECTION);
    let page = walk.step(SEEN, &mut incomplete).unwrap();
    assert!(page.more && page.pause.is_some(), "{page:?}");
    walk.round(SEEN, &mut incomplete);
    assert_eq!((walk.posts.len(), walk.missed.len()), (150, 0));
    // one that stays incomplete is taken as it is, and that is told
    let mut always = |request: Request| {
        let body = json!({"total_count": 150, "incomplete_results": true, "items": []});
        answer(request, 200, body.to_string(), SEEN)
    };
    let mut walk = Walk::new(NAME, SECTION);
    assert!(walk.round(SEEN, &mut always) <= 4);
    assert_eq!(walk.missed.len(), 1);
}

#[test]
fn discussions_are_paged_by_place_and_begin_again_when_it_is_refused() {
    const SIGNED: &str = "query = 'galvorine'\ntoken = 't'\nlook_back = '30d'";
    let archive = Archive::of((0..250).map(|id| (NOW - i64::from(id) * 7 % 1_000, id)));
    let mut refuse = true;
    let mut serve = |request: Request| {
        if !request.url.ends_with("/graphql") {
            return answer(request, 200, r#"{"total_count":0,"incomplete_results":false,"items":[]}"#, SEEN);
        }
        let asked: Value = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
        let after: usize = asked["variables"]["after"].as_str().map_or(0, |place| place.parse().unwrap());
        if after == 200 && std::mem::take(&mut refuse) {
            let body = json!({"errors": [{"type": "INVALID_CURSOR_ARGUMENTS", "message": "`200` does not appear to be a valid cursor."}], "data": {"search": null}});
            return answer(request, 200, body.to_string(), SEEN);
        }
        let (from, to) = created(asked["variables"]["words"].as_str().unwrap());
        let mut found = archive.window(from, to);
        found.sort_by_key(|(_, id)| id % 13); // in no order of time
        let nodes: Vec<Value> = found.iter().skip(after).take(100).map(|(at, id)| json!({"__typename": "Discussion", "id": format!("D_{id}"), "title": "t", "body": "b", "url": "https://github.com/x", "createdAt": Time(at * 1000).to_string()})).collect();
        let more = found.len() > after + 100;
        let body = json!({"data": {"search": {"pageInfo": {"hasNextPage": more, "endCursor": (after + 100).to_string()}, "nodes": nodes}}});
        answer(request, 200, body.to_string(), SEEN)
    };
    let mut walk = Walk::new(NAME, SIGNED);
    walk.round(SEEN, &mut serve);
    assert_eq!((walk.posts.len(), walk.missed.len()), (250, 0));
    assert!(!refuse);
}

#[test]
fn releases_of_projects_follow_and_only_searches_look_back() {
    let section = "query = 'x'\nrepos = ['ostrel/vane']\nlook_back = '7d'";
    let mut paths = Vec::new();
    let mut serve = |request: Request| {
        paths.push(path(&request.url));
        let body =
            if request.url.contains("/releases") { fixture("releases.json") } else { fixture("search.json") };
        answer(request, 200, body, SEEN)
    };
    let mut walk = Walk::new(NAME, section);
    walk.round(SEEN, &mut serve);
    assert_eq!(paths, ["/search/issues", "/repos/ostrel/vane/releases"]);
    assert!(walk.posts.contains("RE_31") && walk.posts.contains("I_kwDOA1"));
    let archive = Archive::of((0..400).map(|id| (NOW - i64::from(id) * 600, id)));
    let mut walk = Walk::new(NAME, section);
    walk.cursor = build(NAME, section).backfill(SEEN.plus(-100_000_000), SEEN.plus(-50_000_000));
    walk.round(SEEN, &mut |request| self::serve(&archive, request));
    let expected: BTreeSet<String> =
        archive.window(NOW - 100_000, Some(NOW - 50_000)).iter().map(|(_, id)| format!("I_{id}")).collect();
    assert_eq!(walk.posts, expected);
    assert_eq!(build(NAME, "repos = ['a/b']").backfill(SEEN, SEEN), None);
}

#[test]
fn a_project_that_is_gone_does_not_keep_the_others_from_being_read() {
    let section = "repos = ['a/gone', 'ostrel/vane']\nlook_back = '7d'";
    let not_found =
        r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}"#;
    let (mut cursor, mut missed, mut posts) = (None, Vec::new(), 0);
    for _ in 0..6 {
        let network = build(NAME, section);
        let asked = request(network.as_ref(), cursor.as_ref(), SEEN);
        let page = if asked.url.contains("/a/gone/") {
            let got = answer(asked, 404, not_found, SEEN);
            network.salvage(&got, cursor.as_ref()).unwrap()
        } else {
            network.read(&answer(asked, 200, fixture("releases.json"), SEEN), cursor.as_ref()).unwrap()
        };
        posts += page.posts.len();
        missed.extend(page.missed);
        cursor = page.cursor.or(cursor);
    }
    assert!(posts > 0);
    let [missed] = missed.as_slice() else { panic!("told once: {missed:?}") };
    assert!(missed.reason.contains("`a/gone`") && missed.reason.contains("`repos`"), "{}", missed.reason);
    // where nothing else is asked for, the source stops
    let alone = build(NAME, "repos = ['a/gone']");
    let got = answer(request(alone.as_ref(), None, SEEN), 404, not_found, SEEN);
    assert_eq!(alone.salvage(&got, None), None);
    assert_eq!(alone.refused(&got, None).unwrap().trouble, Trouble::Gone);
}

#[test]
fn every_recorded_answer_is_read() {
    let Some(files) = corpus::files("recorded/github", "json") else { return };
    let (mut posts, mut refusals) = (0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) =
            recorded::understand(build(NAME, "").as_ref(), &recorded::answers(&bytes, None, &[]));
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        let exchanges = whole.as_array().unwrap();
        let good = |one: &&Value| one["status"].as_u64().is_some_and(|status| status < 300);
        let listed = |one: &Value| match one["response"]["items"].as_array() {
            Some(items) => items.clone(),
            None if one["response"]["title"].is_string() => vec![one["response"].clone()],
            None => Vec::new(),
        };
        let items: Vec<Value> = exchanges.iter().filter(good).flat_map(listed).collect();
        let refused =
            exchanges.iter().filter(|one| one["status"].as_u64().is_some_and(|status| status >= 400)).count();
        assert_eq!(errors.len(), refused, "{}: {errors:?}", file.display());
        if !items.is_empty() {
            assert_eq!(page.posts.len(), items.len(), "{}", file.display());
        }
        for (post, item) in page.posts.iter().zip(&items) {
            assert_eq!(post.permalink.as_deref(), item["html_url"].as_str());
            assert_eq!(post.title.as_deref(), item["title"].as_str());
            assert_eq!(Some(post.text.as_str()), item["body"].as_str());
            assert_eq!(post.published, Time::parse(item["created_at"].as_str().unwrap()));
            assert_eq!(post.author_name(), item["user"]["login"].as_str().unwrap());
            assert_eq!(post.counts.replies, item["comments"].as_i64());
        }
        posts += page.posts.len();
        refusals += refused;
    }
    println!("github: {} files, {posts} posts, {refusals} refusals", files.len());
    assert!(posts > 0);
}
