//! Facebook: what its answers mean in all shapes, a walk over Pages that loses nothing, comments found by their number.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use vigie::fetch::Fetch;
use vigie::network::{Answer, Ask, Network, Page, Request, Trouble, recorded, spec};
use vigie::post::{Gone, Kind};
use vigie::source::{Event, State};
use vigie::time::Time;

use crate::corpus;
use crate::driven::{Driven, Said, no, ok, once, query};
use crate::fetch::{clock, config};
use crate::server::{Reply, Server};

const POSTS: &str = include_str!("../fixtures/facebook/a_posts.json");
const COMMENTS: &str = include_str!("../fixtures/facebook/b_comments.json");
const MAP: &str = include_str!("../fixtures/facebook/map.json");
const PAGE: &str = include_str!("../fixtures/facebook/page.json");
const REVIEW: &str = include_str!("../fixtures/facebook/review.json");
const SEARCH: &str = include_str!("../fixtures/facebook/search.json");
const WEBHOOK: &str = include_str!("../fixtures/facebook/webhook.jsonl");
/// 20 October 2026.
const NOW: i64 = 1_792_500_000_000;
const HOUR: i64 = 3_600_000;

fn build(section: &str) -> Box<dyn Network> {
    (spec("facebook").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn read(url: &str, body: &str) -> Page {
    let answer = Answer { request: Request::get(url), status: 200, body: body.into(), ..Answer::default() };
    build("").read(&answer, None).unwrap()
}

#[test]
fn posts_and_comments_are_read() {
    let comments = "https://graph.example/v25.0/100000001_2001/comments?filter=stream";
    insta::assert_json_snapshot!((
        read("https://graph.example/v25.0/molivelle/posts?limit=50", POSTS),
        read(comments, COMMENTS)
    ));
    assert!(!format!("{:?}", read("", POSTS)).contains("SECRET"));
}

#[test]
fn maps_pages_reviews_and_searches_are_read() {
    insta::assert_json_snapshot!((read("", MAP), read("", PAGE), read("", REVIEW), read("", SEARCH)));
}

#[test]
fn events_of_own_pages_are_read() {
    let (page, errors) = recorded::understand(&*build(""), &recorded::answers(WEBHOOK.as_bytes(), None, &[]));
    assert!(errors.is_empty(), "{errors:?}");
    insta::assert_json_snapshot!(page);
}

#[test]
fn old_and_odd_shapes_are_read() {
    let one = |value: Value| {
        let page = read("", &value.to_string());
        assert_eq!(page.posts.len(), 1, "{value}");
        page.posts[0].clone()
    };
    let post = one(
        json!({"id": "1_2", "story": "A and B are friends", "story_tags": {"0": [{"id": "9", "name": "A"}]}}),
    );
    assert_eq!(
        (post.text.as_str(), post.named_accounts.as_slice()),
        ("A and B are friends", &["9".to_owned()][..])
    );
    let post = one(
        json!({"id": "1_2", "message": "x", "likes": {"count": 3}, "comments": {"count": 2}, "shares": {"count": "7"}}),
    );
    assert_eq!((post.counts.likes, post.counts.replies, post.counts.reposts), (Some(3), Some(2), Some(7)));
    let post = one(
        json!({"id": "1_2", "type": "link", "link": "https://a.example/", "name": "Titre", "created_time": "2015-01-01T00:00:00+0000"}),
    );
    assert_eq!((post.links, post.summary.as_deref()), (vec!["https://a.example/".to_owned()], Some("Titre")));
    let post = one(
        json!({"id": "77", "title": "Film", "description": "Voici", "created_time": "2021-01-01T00:00:00+0000", "permalink_url": "/molivelle/videos/77/"}),
    );
    assert_eq!(
        (post.kind, post.permalink.as_deref()),
        (Kind::Video, Some("https://www.facebook.com/molivelle/videos/77/"))
    );
    let post = one(
        json!({"id": "78", "name": "Soirée", "description": "Venez", "start_time": "2026-11-01T20:00:00+0100"}),
    );
    assert_eq!((post.title.as_deref(), post.text.as_str(), post.published), (Some("Soirée"), "Venez", None));
    let post = one(
        json!({"id": "1_2", "message": "c", "created_time": "2026-01-01T00:00:00+0000", "can_remove": true}),
    );
    assert_eq!((post.kind, post.reply_to.as_deref()), (Kind::Comment, Some("1")));
    // what is not for everybody, and what nobody said
    for silent in [
        json!({"id": "1_2", "message": "x", "privacy": {"value": "ALL_FRIENDS"}}),
        json!({"id": "1_2", "message": "x", "is_private": true, "like_count": 0}),
        json!({"id": "t_1", "snippet": "x", "participants": {"data": []}, "message_count": 1}),
        json!({"id": "5", "name": "Timeline Photos", "created_time": "2019-04-17T03:18:30+0000"}),
        json!({"data": [{"name": "page_fans", "period": "day", "values": [], "title": "x", "description": "y", "id": "1/insights/x"}]}),
        json!({"data": []}),
    ] {
        assert_eq!(read("", &silent.to_string()), Page::default(), "{silent}");
    }
    let odd = Answer { status: 200, body: br#"{"colour": 1}"#.to_vec(), ..Answer::default() };
    build("").read(&odd, None).unwrap_err();
    let avatar = json!({"data": {"url": "https://cdn.example/a.jpg", "is_silhouette": false}});
    let page = read("https://graph.example/v25.0/100/picture?redirect=0", &avatar.to_string());
    assert_eq!(page.accounts[0].author.avatar.as_deref(), Some("https://cdn.example/a.jpg"));
}

/// Pages with numbered posts and comments, paged by place.
#[derive(Default)]
struct Site {
    /// Second and number of the posts of each Page.
    pages: BTreeMap<String, Vec<(i64, u32)>>,
    /// Second and number of the comments of each post.
    comments: BTreeMap<String, Vec<(i64, u32)>>,
    /// Posts at once that are too many.
    too_many: usize,
}

impl Site {
    fn answer(&self, request: &Request) -> Said {
        let asked = query(&request.url);
        let path: Vec<&str> = request.url.split('?').next().unwrap().rsplit('/').take(2).collect();
        let limit: usize = asked["limit"].parse().unwrap();
        if self.too_many > 0 && limit >= self.too_many {
            let error = json!({"error": {"code": 1, "message": "Please reduce the amount of data you're asking for, then retry your request"}});
            return no(500, error);
        }
        let of_post = path[0] == "comments";
        let all = if of_post { self.comments.get(path[1]) } else { self.pages.get(path[1]) };
        let Some(all) = all else {
            return no(
                400,
                json!({"error": {"message": "Unsupported get request", "code": 100, "error_subcode": 33}}),
            );
        };
        let number = |key: &str| asked.get(key).map(|text| text.parse::<i64>().unwrap());
        let (since, until) = (number("since").unwrap_or(0), number("until").unwrap_or(i64::MAX));
        let mut found: Vec<_> = all.iter().filter(|(at, _)| *at >= since && *at <= until).collect();
        found.sort_by_key(|(at, id)| (-at, *id));
        let start: usize = asked.get("after").map_or(0, |after| after.parse().unwrap());
        let data: Vec<Value> = found
            .iter()
            .skip(start)
            .take(limit)
            .map(|(at, id)| {
                let id =
                    format!("{}_{id}", if of_post { path[1].split('_').next_back().unwrap() } else { "1" });
                let when = Time(at * 1000).to_string().replace(".000Z", "+0000");
                let comments = self.comments.get(&id).map_or(0, Vec::len);
                let mut one = json!({"id": id, "message": "x", "created_time": when});
                if !of_post {
                    one["comments"] = json!({"data": [], "summary": {"total_count": comments}});
                }
                one
            })
            .collect();
        let end = start + data.len();
        let mut body =
            json!({"data": data, "paging": {"cursors": {"before": "0", "after": end.to_string()}}});
        if end < found.len() {
            body["paging"]["next"] = json!(format!("https://graph.example/x?access_token=T&after={end}"));
        }
        ok(body)
    }
}

const TWO: &str =
    "pages = ['molivelle', 'https://www.facebook.com/galvorine/']\nbase_url = 'https://graph.example/v25.0'";

#[test]
fn pages_and_their_comments_are_walked() {
    let hour = NOW / 1000;
    let mut site = Site::default();
    site.pages.insert("molivelle".to_owned(), (0..120).map(|id| (hour - i64::from(id) * 3000, id)).collect());
    site.pages.insert("galvorine".to_owned(), vec![(hour - 50, 900)]);
    site.comments
        .insert("1_3".to_owned(), (5000..5250).map(|id| (hour - 9000 + i64::from(id % 7), id)).collect());
    site.comments.insert("1_900".to_owned(), vec![(hour - 10, 7000)]);
    let mut source = Driven::new("facebook", TWO, NOW);
    source.round(&mut |request| site.answer(request));
    assert_eq!((source.posts.len(), source.missed.len()), (120 + 1 + 250 + 1, 0));
    // at rest: a request for each Page, none for comments that are known
    source.now += HOUR;
    source.asked.clear();
    source.round(&mut |request| site.answer(request));
    assert!(source.asked.iter().all(|url| url.contains("/posts?")), "{:?}", source.asked);
    // two hours later: one more comment, found by the count, without reading the others again
    source.now += 2 * HOUR;
    source.asked.clear();
    site.comments.get_mut("1_3").unwrap().push((source.now / 1000 - 30, 8000));
    source.round(&mut |request| site.answer(request));
    assert_eq!(source.posts["3_8000"], 1);
    assert_eq!(source.asked.iter().filter(|url| url.contains("/comments?")).count(), 1);
    insta::assert_snapshot!(format!("{}\n{}", source.asked[0], source.asked.last().unwrap()));
}

#[test]
fn a_stop_in_the_middle_and_posts_that_vanish_lose_nothing() {
    let hour = NOW / 1000;
    let mut site = Site::default();
    site.pages.insert("molivelle".to_owned(), (0..180).map(|id| (hour - 100, id)).collect());
    site.pages.insert("galvorine".to_owned(), Vec::new());
    let mut source = Driven::new("facebook", TWO, NOW);
    source.step(&mut |request| site.answer(request));
    source.step(&mut |request| site.answer(request));
    // stopped for a day in which more was written than one page shows
    source.now += 24 * HOUR;
    site.pages.get_mut("molivelle").unwrap().extend((200..330).map(|id| (hour + i64::from(id) * 60, id)));
    for _ in 0..3 {
        source.round(&mut |request| site.answer(request));
        source.now += HOUR;
    }
    assert_eq!(source.posts.len(), 180 + 130);
    // places move when a post is taken back between two pages; the next round has what slipped
    let mut source = Driven::new("facebook", TWO, NOW);
    site.pages.insert("molivelle".to_owned(), (0..180).map(|id| (hour - 100, id)).collect());
    source.step(&mut |request| site.answer(request));
    site.pages.get_mut("molivelle").unwrap().retain(|(_, id)| *id > 2);
    source.round(&mut |request| site.answer(request));
    source.now += HOUR;
    source.round(&mut |request| site.answer(request));
    assert_eq!(source.posts.len(), 180);
}

#[test]
fn too_much_at_once_is_asked_in_smaller_pages() {
    let mut site = Site { too_many: 20, ..Site::default() };
    site.pages.insert("molivelle".to_owned(), (0..60).map(|id| (NOW / 1000 - i64::from(id), id)).collect());
    site.pages.insert("galvorine".to_owned(), Vec::new());
    let mut source = Driven::new("facebook", TWO, NOW);
    for _ in 0..4 {
        source.round(&mut |request| site.answer(request));
    }
    assert_eq!((source.posts.len(), source.refused.take()), (60, None));
    let mut source = Driven::new("facebook", TWO, NOW);
    for _ in 0..6 {
        source.round(&mut |_| {
            no(500, json!({"error": {"code": 1, "message": "Please reduce the amount of data"}}))
        });
    }
    assert_eq!(source.refused.unwrap().trouble, Trouble::Transient);
}

#[tokio::test]
async fn a_source_goes_round_a_refusal_that_leaves_something_else_to_ask() {
    let error = json!({"error": {"code": 1, "message": "Please reduce the amount of data"}}).to_string();
    let server = Server::start(move |_| Reply::status(500).body(error.clone())).await;
    let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
    let section = format!("pages = ['molivelle']\nbase_url = '{}'", server.url("/v25.0"));
    let events = once("facebook", &section, &fetch).await;
    let [Event::Page(delivery), Event::Status { state: State::Ok { posts: 0 }, .. }] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert!(delivery.page.cursor.as_ref().unwrap().0.contains("\"limit\":25"), "{delivery:?}");
}

#[test]
fn a_page_that_is_gone_is_passed_over_and_a_deleted_post_forgotten() {
    let mut site = Site::default();
    site.pages.insert("galvorine".to_owned(), vec![(NOW / 1000 - 50, 900)]);
    site.comments.insert("1_900".to_owned(), vec![(NOW / 1000 - 10, 7000)]);
    let mut source = Driven::new("facebook", TWO, NOW);
    let mut posts_only = |request: &Request| {
        if request.url.contains("/comments") {
            no(404, json!({"error": {"code": 100, "error_subcode": 33, "message": "gone"}}))
        } else {
            site.answer(request)
        }
    };
    for _ in 0..5 {
        source.round(&mut posts_only);
    }
    assert_eq!((source.ids(), source.missed.len()), (vec!["1_900"], 1));
    assert_eq!(source.missed[0].reason, "`molivelle` cannot be read: it is not there, or not public");
    assert_eq!(source.refused, None);
}

#[test]
fn refusals_say_what_to_do() {
    let network = build("");
    let refused = |status: u16, headers: &[(&str, &str)], body: Value| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = Answer {
            request: Request::get("https://graph.example/v25.0/x/posts"),
            status,
            headers,
            body: body.to_string().into(),
            seen: Time(NOW),
            ..Answer::default()
        };
        network.refused(&answer, None).unwrap()
    };
    let error = |code: i64| json!({"error": {"message": "said", "code": code, "type": "OAuthException"}});
    for (code, kind) in [
        (190, Trouble::Auth),
        (4, Trouble::Rate),
        (17, Trouble::Rate),
        (32, Trouble::Rate),
        (613, Trouble::Rate),
        (80_001, Trouble::Rate),
        (80_002, Trouble::Rate),
        (368, Trouble::Rate),
        (10, Trouble::NotApproved),
        (200, Trouble::NotApproved),
        (283, Trouble::NotApproved),
        (100, Trouble::BadQuery),
        (803, Trouble::Gone),
        (2, Trouble::Transient),
        (99_999, Trouble::BadQuery),
    ] {
        assert_eq!(refused(400, &[], error(code)).trouble, kind, "{code}");
    }
    // minutes until access is given back
    let usage = r#"{"1784":[{"type":"pages","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":7}]}"#;
    let limited = refused(400, &[("x-business-use-case-usage", usage)], error(80_001));
    assert_eq!(limited.until, Some(Time(NOW + 7 * 60_000)));
    insta::assert_snapshot!([
        limited.to_string(),
        refused(400, &[], error(10)).to_string(),
        refused(400, &[], error(803)).to_string(),
    ].join("\n"), @r#"
    facebook asks for fewer requests (the limit of the Page is reached; code 80001: "said"); Vigie waits
    facebook has not approved this (the permission or feature was not granted; code 10: "said"); ask it for the approval, or remove this source
    facebook says it is gone for good (what was asked for is not there, or not public; code 803: "said"); remove this source
    "#);
}

#[test]
fn sections_and_look_ups_are_checked() {
    let built = |section: &str| (spec("facebook").unwrap().build)(&section.parse().unwrap());
    assert_eq!(build("").ask(None, Time(NOW)), Ask::Done);
    for (section, key) in [
        ("pages = ['a/b']", "pages"),
        ("tagged = ['']", "tagged"),
        ("look_back = 'long'", "look_back"),
        ("base_url = 'x'", "base_url"),
    ] {
        assert_eq!(built(section).unwrap_err().key, key, "{section}");
    }
    let network = build("");
    assert!(
        network
            .account("molivelle")
            .unwrap()
            .url
            .contains("/v25.0/molivelle?fields=id%2Cname%2Cusername%2Cabout")
    );
    assert!(
        network.find_accounts("Ostrel Vane").unwrap().url.contains("/pages/search?q=Ostrel+Vane&fields=")
    );
    assert_eq!(network.find_accounts(" "), None);
    assert!(network.reread(&["1_2".to_owned()]).unwrap().url.contains("/v25.0/1_2?fields=id%2Cmessage"));
    assert_eq!(network.reread(&["../me".to_owned()]), None);
}

#[test]
fn a_backfill_walks_its_window_and_nothing_else() {
    let mut site = Site::default();
    site.pages
        .insert("molivelle".to_owned(), (0..400).map(|id| (NOW / 1000 - i64::from(id) * 3600, id)).collect());
    site.pages.insert("galvorine".to_owned(), Vec::new());
    site.comments.insert("1_150".to_owned(), vec![(NOW / 1000 - 140 * 3600, 7000)]);
    let mut source = Driven::new("facebook", TWO, NOW);
    source.cursor = source.network().backfill(Time(NOW - 200 * HOUR), Time(NOW - 100 * HOUR));
    source.round(&mut |request| site.answer(request));
    assert_eq!(source.posts.len(), 101 + 1);
    assert!(source.posts.contains_key("150_7000") && source.is_done());
}

#[test]
fn every_recorded_answer_is_read() {
    let Some(files) = corpus::files("recorded/facebook", "json") else { return };
    let (mut posts, mut edits, mut deletions, mut accounts) = (0, 0, 0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let (page, errors) = recorded::understand(&*build(""), &recorded::answers(&bytes, None, &[]));
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let said = serde_json::to_string(&page).unwrap();
        assert!(!said.contains("access_token"), "{name}");
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        // every text of a list or map is there
        let all = whole["data"].as_array().cloned().unwrap_or_default();
        let mapped = whole.as_object().into_iter().flat_map(|fields| fields.values().cloned());
        for one in all.into_iter().chain(mapped).chain([whole.clone()]) {
            if let Some(message) = one["message"].as_str().filter(|_| one["snippet"].is_null()) {
                let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(
                    page.posts.iter().any(|post| words(&post.text) == words(message)),
                    "{name}: {message}"
                );
            }
        }
        if name.contains("webhooks-feed")
            && name.contains("-remove")
            && !name.contains("like")
            && !name.contains("reaction")
        {
            assert!(matches!(page.deletions[0].gone, Gone::Post(_)), "{name}");
        }
        if name.contains("-edited") || name.contains("rating-edit") {
            assert_eq!((page.edits.len(), page.posts.len()), (1, 0), "{name}");
        }
        posts += page.posts.len();
        edits += page.edits.len();
        deletions += page.deletions.len();
        accounts += page.accounts.len();
    }
    println!(
        "facebook: {} files, {posts} posts, {edits} edits, {deletions} deletions, {accounts} accounts",
        files.len()
    );
    assert!(posts > 80 && edits == 5 && deletions >= 7 && accounts > 30);
}
