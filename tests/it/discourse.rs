//! Discourse: what its answers mean, a walk down its numbers, and searches whose excerpts are read again.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Request, Trouble, recorded};
use vigie::post::{Gone, Kind};
use vigie::time::Time;

use crate::corpus;
use crate::walks::{Walk, answer, bare, build, fault, path, query, request};

const NAME: &str = "discourse";
/// 19 October 2026.
const NOW: i64 = 1_792_410_000_000;
const SEEN: Time = Time(NOW);
const FORUM: &str = "base_url = 'https://forum.example'\nlook_back = '1d'";
const WORDS: &str = "base_url = 'https://forum.example'\nquery = 'galvorine'\nlook_back = '7d'";

fn fixture(file: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{NAME}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn every_shape_is_read() {
    for file in ["posts", "topic", "search", "latest", "user", "actions", "directory"] {
        let page = bare(NAME, &fixture(&format!("{file}.json"))).unwrap();
        insta::assert_json_snapshot!(file, page);
    }
}

#[test]
fn numbers_and_paths_belong_to_a_forum() {
    let read = |url: &str, section: &str| {
        let got = answer(Request::get(url), 200, fixture("posts.json"), SEEN);
        build(NAME, section).read(&got, None).unwrap()
    };
    let page = read("https://forum.example/posts.json", FORUM);
    let post = &page.posts[0];
    assert_eq!(post.native_id, "forum.example/1204");
    assert_eq!(post.permalink.as_deref(), Some("https://forum.example/t/pots-that-leak/310/3"));
    assert_eq!(post.reply_to.as_deref(), Some("forum.example/1203"));
    assert_eq!(post.links, ["https://shop.example/e20?a=1", "https://forum.example/t/old-thread/88"]);
    assert_eq!(
        post.media[0].url.as_deref(),
        Some("https://forum.example/uploads/default/original/1X/leak.jpeg")
    );
    let author = post.author.as_ref().unwrap();
    assert_eq!(author.native_id, "forum.example/45");
    assert_eq!(
        author.avatar.as_deref(),
        Some("https://forum.example/user_avatar/forum.example/lea/240/12_2.png")
    );
    assert_eq!(page.deletions[0].gone, Gone::Post("forum.example/1201".to_owned()));
    // one that lives in a folder
    let page = read("https://shop.example/forum/posts.json", "base_url = 'https://shop.example/forum/'");
    assert_eq!(page.posts[0].permalink.as_deref(), Some("https://shop.example/forum/t/pots-that-leak/310/3"));
    // a file with its address
    let page = read("https://other.example/posts.json", "");
    assert_eq!(page.posts[0].native_id, "other.example/1204");
}

#[test]
fn other_shapes_are_read_too() {
    let check = |body: Value, posts: usize, accounts: usize| {
        let page = bare(NAME, &body.to_string()).unwrap();
        assert_eq!((page.posts.len(), page.accounts.len(), page.cursor), (posts, accounts, None), "{body}");
    };
    let post = json!({"id": 5, "username": "lea", "cooked": "<p>x</p>", "topic_id": 1, "post_number": 1, "topic_slug": "a"});
    let person = json!({"id": 1, "username": "lea", "avatar_template": "/a/{size}.png"});
    let topic = json!({"id": 3, "title": "t", "slug": "t", "posts_count": 1, "tags": ["a"]});
    check(post.clone(), 1, 0);
    check(json!([post, post]), 2, 0);
    check(json!({"action": "create_post", "post": post}), 1, 0);
    check(json!({"users": [person], "groups": []}), 0, 1);
    check(json!({"members": [person], "owners": [person], "meta": {}}), 0, 2);
    check(json!([person]), 0, 1);
    check(person.clone(), 0, 1);
    check(json!({"category_list": {"categories": [{"id": 1, "name": "c", "topics": [topic]}]}}), 1, 0);
    check(json!([topic]), 1, 0);
    check(
        json!([{"type": "topic", "name": "Topics", "results": [{"id": 1, "title": "t", "url": "/t/t/1"}]}]),
        1,
        0,
    );
    check(
        json!([{"notification_type": 6, "topic_id": 1, "post_number": 2, "slug": "x", "id": 9, "data": {}}]),
        0,
        0,
    );
    check(json!({"success": "OK"}), 0, 0);
    check(json!({"badges": []}), 0, 0);
    check(json!([]), 0, 0);
    let raw =
        json!({"id": 5, "username": "lea", "raw": "**Galvorine** by @sam", "topic_id": 1, "post_number": 4});
    let page = bare(NAME, &raw.to_string()).unwrap();
    assert_eq!((page.posts[0].text.as_str(), page.posts[0].kind), ("Galvorine by @sam", Kind::Reply));
    assert_eq!(page.posts[0].named_accounts, ["sam"]);
    bare(NAME, "{\"colour\": 1}").unwrap_err();
    bare(NAME, "[1]").unwrap_err();
    // without a number the content is the identity
    let page = bare(NAME, &json!({"username": "lea", "cooked": "<p>x</p>"}).to_string()).unwrap();
    assert!(page.posts[0].native_id.starts_with("sha256-"));
}

#[test]
fn refusals_are_told_apart() {
    let network = build(NAME, FORUM);
    let mut said = Vec::new();
    for (status, body, trouble, wait) in [
        (429, fixture("limited.json"), Trouble::Rate, Some(17)),
        (429, "Slow down, too many requests from this IP address".to_owned(), Trouble::Rate, Some(60)),
        (403, fixture("forbidden.json"), Trouble::NotApproved, None),
        (200, fixture("forbidden.json"), Trouble::NotApproved, None),
        (403, r#"{"errors":["You are not permitted to view the requested resource."],"error_type":"invalid_access"}"#.to_owned(), Trouble::NotApproved, None),
        (403, r#"{"errors":["You are not permitted: The API username or key is invalid."],"error_type":"invalid_access"}"#.to_owned(), Trouble::Auth, None),
        (403, "<html>checking your browser</html>".to_owned(), Trouble::BlockPage, None),
        (404, r#"{"errors":["The requested URL or resource could not be found."],"error_type":"not_found"}"#.to_owned(), Trouble::Transient, None),
        (400, r#"{"errors":["You supplied invalid parameters: before"],"error_type":"invalid_parameters"}"#.to_owned(), Trouble::BadQuery, None),
        (503, r#"{"errors":["The site is in read only mode."],"error_type":"read_only"}"#.to_owned(), Trouble::Transient, None),
        (410, String::new(), Trouble::Gone, None),
        (500, String::new(), Trouble::Transient, None),
    ] {
        let got = answer(request(network.as_ref(), None, SEEN), status, body.clone(), SEEN);
        let error = network.read(&got, None).unwrap_err();
        if status >= 400 && status != 404 {
            assert_eq!(network.refused(&got, None).as_ref(), Some(&error));
        }
        assert_eq!((error.trouble, error.until.map(|until| until.since(SEEN) / 1000)), (trouble, wait), "{status} {body}");
        said.push(error.to_string());
    }
    // a forum for members only may lead to its login page instead
    let mut login = answer(
        request(network.as_ref(), None, SEEN),
        200,
        "<!DOCTYPE html><html><title>Log in</title>",
        SEEN,
    );
    login.final_url = "https://forum.example/login".to_owned();
    let error = network.read(&login, None).unwrap_err();
    assert_eq!(error.trouble, Trouble::NotApproved);
    said.push(error.to_string());
    insta::assert_snapshot!("refusals", said.join("\n"));
}

#[test]
fn sections_are_checked() {
    assert_eq!(build(NAME, "").ask(None, SEEN), Ask::Done);
    assert!(fault(NAME, "query = 'x'").starts_with("base_url"));
    assert!(fault(NAME, "base_url = 'forum'").starts_with("base_url"));
    let network = build(NAME, "base_url = 'https://forum.example/'\nuser_api_key = 's3cret'");
    let asked = request(network.as_ref(), None, SEEN);
    assert_eq!(asked.url, "https://forum.example/posts.json");
    assert!(asked.headers.contains(&("user-api-key".to_owned(), "s3cret".to_owned())));
    insta::assert_snapshot!(request(build(NAME, WORDS).as_ref(), None, SEEN).url, @"https://forum.example/search.json?q=galvorine+after%3A2026-10-11+order%3Alatest&page=1");
    assert_eq!(
        network.reread(&["forum.example/1204".to_owned()]).unwrap().url,
        "https://forum.example/posts.json?before=1205"
    );
    assert_eq!(network.reread(&["other.example/1204".to_owned()]), None);
    assert_eq!(path(&network.account("@lea").unwrap().url), "/u/lea.json");
    assert_eq!(query(&network.find_accounts("galvorine").unwrap().url)["term"], "galvorine");
    // read again out of turn, the walk stays where it is
    let page = network
        .read(
            &answer(
                network.reread(&["forum.example/1204".to_owned()]).unwrap(),
                200,
                fixture("posts.json"),
                SEEN,
            ),
            None,
        )
        .unwrap();
    assert!(page.posts.iter().any(|post| post.native_id == "forum.example/1204") && page.cursor.is_none());
}

/// A forum with numbered posts of which some are private: an answer covers fifty numbers, or fifty posts.
struct Forum {
    posts: BTreeSet<u64>,
    last: u64,
    covers_numbers: bool,
}

impl Forum {
    fn serve(&self, request: Request) -> Answer {
        let asked = query(&request.url);
        let before: u64 = asked.get("before").map_or(self.last, |before| before.parse().unwrap());
        let below = self.posts.iter().rev().filter(|id| {
            if self.covers_numbers { **id <= before } else { **id < before || !asked.contains_key("before") }
        });
        let covered = |id: &&u64| !self.covers_numbers || **id + 50 > before;
        let posts: Vec<Value> = below.filter(covered).take(50).map(|id| post(*id)).collect();
        answer(request, 200, json!({"latest_posts": posts}).to_string(), SEEN)
    }
}

fn post(id: u64) -> Value {
    let at = Time(NOW - 60_000 * (100_000 - i64::try_from(id).unwrap()));
    json!({"id": id, "username": "lea", "cooked": "<p>x</p>", "topic_id": id, "topic_slug": "t", "post_number": 1, "topic_title": "t", "created_at": at.to_string(), "version": 1, "actions_summary": []})
}

#[test]
fn a_walk_goes_down_to_what_is_known_over_gaps_of_private_posts() {
    for covers_numbers in [true, false] {
        let public = |id: &u64| !(99_300..99_520).contains(id) && !id.is_multiple_of(3);
        let mut forum =
            Forum { posts: (90_000..100_000).filter(public).collect(), last: 99_999, covers_numbers };
        let mut walk = Walk::new(NAME, FORUM);
        walk.round(SEEN, &mut |request| forum.serve(request));
        // one post a minute: a day back
        let day = |from: u64, to: u64| {
            (from..to)
                .filter(public)
                .filter(|id| !walk.posts.contains(&format!("forum.example/{id}")))
                .count()
        };
        assert_eq!((day(98_600, 100_000), walk.missed.len()), (0, 0), "{covers_numbers}");
        assert_eq!(walk.round(SEEN, &mut |request| forum.serve(request)), 1, "at rest");
        // nothing public for a while, then many
        forum.posts.extend((100_800..101_500).filter(public));
        forum.last = 101_520;
        let before = walk.posts.len();
        let mut turns = 0;
        loop {
            walk.step(SEEN.plus(100_000_000), &mut |request| forum.serve(request)).unwrap();
            if !walk.more {
                break;
            }
            // it goes on while it is read: the next round has those
            turns += 1;
            forum.last += 1;
            forum.posts.insert(forum.last);
            forum.posts.remove(&(101_400 - turns * 7));
        }
        walk.round(SEEN.plus(100_100_000), &mut |request| forum.serve(request));
        let lost: Vec<&u64> = forum
            .posts
            .iter()
            .filter(|id| **id >= 100_000 && !walk.posts.contains(&format!("forum.example/{id}")))
            .collect();
        assert!(lost.is_empty() && walk.posts.len() > before, "{covers_numbers}: {lost:?}");
    }
}

#[test]
fn a_forum_that_stands_still_is_given_up_and_told() {
    let mut walk = Walk::new(NAME, FORUM);
    let quiet = |request: Request, ids: &[u64]| {
        let posts: Vec<Value> = ids.iter().map(|id| post(*id)).collect();
        answer(request, 200, json!({"latest_posts": posts}).to_string(), SEEN)
    };
    // nothing at all leaves the cursor alone
    walk.step(SEEN, &mut |request| quiet(request, &[])).unwrap();
    assert_eq!(walk.cursor, None);
    walk.round(SEEN, &mut |request| quiet(request, &[99_990, 99_989]));
    assert!(walk.missed.is_empty());
    // numbers leap up, and nothing is between them and those known
    assert!(walk.round(SEEN, &mut |request| quiet(request, &[9_000_000_000])) < 120);
    assert_eq!(walk.missed.len(), 1);
    assert!(walk.missed[0].from <= walk.missed[0].to);
}

/// A search that gives fifty hits a page, and the topics they are in.
struct Words {
    /// Number and age in hours; each in a topic of its own number.
    hits: Vec<(u64, i64)>,
    vanished: BTreeSet<u64>,
    fetched: Vec<String>,
}

impl Words {
    fn serve(&mut self, request: Request) -> Answer {
        let (place, asked) = (path(&request.url), query(&request.url));
        let at = |hours: i64| Time(NOW - hours * 3_600_000).to_string();
        if place == "/search.json" {
            let words = &asked["q"];
            let day =
                |key: &str| words.split_whitespace().find_map(|word| Time::parse(word.strip_prefix(key)?));
            let after = day("after:").unwrap();
            let inside = |(_, hours): &&(u64, i64)| {
                let time = Time(NOW - hours * 3_600_000);
                time.0 > after.0 + 86_400_000 && day("before:").is_none_or(|before| time < before)
            };
            let page: usize = asked["page"].parse().unwrap();
            let all: Vec<&(u64, i64)> = self.hits.iter().filter(inside).collect();
            let posts: Vec<Value> = all.iter().skip((page - 1) * 50).take(50).map(|(id, hours)| json!({"id": id, "username": "lea", "created_at": at(*hours), "blurb": "...", "post_number": 2, "topic_id": id})).collect();
            let more = (all.len() > page * 50).then_some(true);
            let body = json!({"posts": posts, "topics": [], "grouped_search_result": {"more_full_page_results": more}});
            return answer(request, 200, body.to_string(), SEEN);
        }
        self.fetched.push(place.clone());
        let topic: u64 = place.split('/').nth(2).unwrap().parse().unwrap();
        if self.vanished.contains(&topic) {
            return answer(request, 404, r#"{"errors":["gone"],"error_type":"not_found"}"#, SEEN);
        }
        let hours = self.hits.iter().find(|(id, _)| *id == topic).unwrap().1;
        let body = json!({"id": topic, "title": "A thread", "slug": "a-thread", "post_stream": {"posts": [
            {"id": topic, "username": "lea", "created_at": at(hours), "cooked": "<p>the whole Galvorine story</p>", "post_number": 2, "topic_id": topic}]}});
        answer(request, 200, body.to_string(), SEEN)
    }
}

#[test]
fn hits_of_a_search_are_read_whole_and_once() {
    let mut forum = Words {
        hits: (0..120).map(|at| (5_000 - at, i64::try_from(at).unwrap())).collect(),
        vanished: BTreeSet::from([4_950, 4_949, 4_948, 4_900]),
        fetched: Vec::new(),
    };
    let mut walk = Walk::new(NAME, WORDS);
    let page = walk.step(SEEN, &mut |request| forum.serve(request)).unwrap();
    assert!(page.posts.is_empty() && page.more, "an excerpt is no post");
    let page = walk.step(SEEN, &mut |request| forum.serve(request)).unwrap();
    assert_eq!(page.posts[0].text, "the whole Galvorine story");
    assert_eq!(page.posts[0].title.as_deref(), Some("A thread"));
    walk.round(SEEN, &mut |request| forum.serve(request));
    assert_eq!((walk.posts.len(), walk.missed.len()), (116, 0), "all but those that vanished");
    assert_eq!(forum.fetched.len(), 120);
    // at rest it asks the search alone, and new hits are fetched however old their neighbours are
    assert_eq!(walk.round(SEEN, &mut |request| forum.serve(request)), 1);
    forum.hits.insert(0, (6_000, 0));
    forum.hits.insert(3, (5_999, 2));
    walk.round(SEEN, &mut |request| forum.serve(request));
    assert!(walk.posts.contains("forum.example/6000") && walk.posts.contains("forum.example/5999"));
    assert_eq!(forum.fetched.len(), 122);
}

#[test]
fn a_search_without_end_is_told_and_a_stretch_of_time_is_walked_alone() {
    let mut forum = Words {
        hits: (0..900).map(|at| (5_000 - at, i64::try_from(at / 10).unwrap())).collect(),
        vanished: BTreeSet::new(),
        fetched: Vec::new(),
    };
    let mut walk = Walk::new(NAME, WORDS);
    walk.round(SEEN, &mut |request| forum.serve(request));
    assert_eq!((walk.posts.len(), walk.missed.len()), (500, 1));
    let mut walk = Walk::new(NAME, WORDS);
    walk.cursor = build(NAME, WORDS).backfill(SEEN.plus(-60 * 3_600_000), SEEN.plus(-50 * 3_600_000));
    walk.round(SEEN, &mut |request| forum.serve(request));
    assert_eq!(walk.posts.len(), 110);
    assert_eq!(build(NAME, WORDS).ask(walk.cursor.as_ref(), SEEN), Ask::Done);
    assert_eq!(build(NAME, FORUM).backfill(SEEN, SEEN), None);
}

#[test]
fn a_failure_in_the_middle_keeps_the_place() {
    let mut forum = Words {
        hits: (0..10).map(|at| (5_000 - at, 1)).collect(),
        vanished: BTreeSet::new(),
        fetched: Vec::new(),
    };
    let mut walk = Walk::new(NAME, WORDS);
    walk.step(SEEN, &mut |request| forum.serve(request)).unwrap();
    let before = walk.cursor.clone();
    walk.step(SEEN, &mut |request| answer(request, 429, fixture("limited.json"), SEEN)).unwrap_err();
    walk.step(SEEN, &mut |request| answer(request, 500, "", SEEN)).unwrap_err();
    assert_eq!(walk.cursor, before);
    walk.round(SEEN, &mut |request| forum.serve(request));
    assert_eq!(walk.posts.len(), 10);
}

/// Posts and topics in a recorded answer, however it lists them.
fn listed(whole: &Value) -> Vec<&Value> {
    let list = |value: &Value| value.as_array().map_or(0, Vec::len) > 0;
    for found in [
        &whole["latest_posts"],
        &whole["user_actions"],
        &whole["topic_list"]["topics"],
        &whole["post_stream"]["posts"],
        &whole[0]["results"],
    ] {
        if list(found) {
            return found.as_array().unwrap().iter().collect();
        }
    }
    Vec::new()
}

#[test]
fn every_recorded_answer_is_read() {
    let Some(files) = corpus::files("recorded/discourse", "json") else { return };
    let mut posts = 0;
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) =
            recorded::understand(build(NAME, "").as_ref(), &recorded::answers(&bytes, None, &[]));
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        let items = listed(&whole);
        assert_eq!(page.posts.len(), items.len(), "{}", file.display());
        for (post, item) in page.posts.iter().zip(&items) {
            let title = ["topic_title", "title"].iter().find_map(|key| item[*key].as_str());
            assert_eq!(post.title.as_deref(), title, "{}", file.display());
            assert_eq!(post.published, item["created_at"].as_str().and_then(Time::parse));
            let slug =
                ["topic_slug", "slug"].iter().find_map(|key| item[*key].as_str()).unwrap_or("test-topic");
            assert!(post.permalink.as_ref().unwrap().contains(slug), "{post:?}");
            if let Some(name) = item["username"].as_str() {
                assert_eq!(post.author_name(), name);
            }
        }
        posts += page.posts.len();
    }
    println!("discourse: {} files, {posts} posts and topics", files.len());
    assert!(posts > 0);
}
