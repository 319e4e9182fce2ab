//! Hacker News: what its answers mean, and a walk back through time that loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Missed, Network, Page, Request, Trouble, recorded, spec};
use vigie::post::{Gone, Kind};
use vigie::time::Time;

use crate::corpus;

const SEARCH: &str = include_str!("../fixtures/hackernews/search.json");
const TREE: &str = include_str!("../fixtures/hackernews/tree.json");
const FIREBASE: &str = include_str!("../fixtures/hackernews/firebase.jsonl");

fn build(section: &str) -> Box<dyn Network> {
    (spec("hackernews").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn request(network: &dyn Network, cursor: Option<&Cursor>, now: i64) -> Request {
    match network.ask(cursor, Time(now * 1000)) {
        Ask::Fetch(request) => request,
        other => panic!("{other:?}"),
    }
}

fn answer(request: Request, status: u16, body: &str) -> Answer {
    Answer { request, status, body: body.into(), ..Answer::default() }
}

#[test]
fn a_search_is_read() {
    let network = build("");
    let asked = request(network.as_ref(), None, 1_772_450_000);
    insta::assert_json_snapshot!(network.read(&answer(asked, 200, SEARCH), None).unwrap());
}

#[test]
fn firebase_items_and_people_are_read() {
    let answers = recorded::answers(FIREBASE.as_bytes(), None, &[]);
    assert_eq!(answers.len(), 10);
    let (page, errors) = recorded::understand(build("").as_ref(), &answers);
    assert!(errors.is_empty(), "{errors:?}");
    insta::assert_json_snapshot!(page);
}

#[test]
fn a_tree_and_a_person_of_the_search_are_read() {
    let network = build("");
    let page = network.read(&answer(Request::default(), 200, TREE), None).unwrap();
    insta::assert_json_snapshot!(page);
    let person = r#"{"username":"nadia","about":"Pots","karma":10,"created_at":"2007-03-15T01:50:46Z"}"#;
    let page = network.read(&answer(Request::default(), 200, person), None).unwrap();
    assert_eq!(page.accounts[0].author.handle.as_deref(), Some("nadia"));
    assert_eq!(page.accounts[0].author.created, Time::parse("2007-03-15T01:50:46Z"));
    for nothing in ["null", "41000000", "[1, 2, 3]", r#"{"items":[],"profiles":[]}"#] {
        assert_eq!(network.read(&answer(Request::default(), 200, nothing), None).unwrap(), Page::default());
    }
}

#[test]
fn what_has_a_parent_is_a_comment_even_if_it_does_not_say_so() {
    let read = |body: Value| {
        build("").read(&answer(Request::default(), 200, &body.to_string()), None).unwrap().posts
    };
    let child = json!({"id": 15, "created_at": "2026-03-02T10:00:00Z", "author": "b", "text": "child", "parent_id": 1,
        "points": "7", "children": []});
    let tree = read(
        json!({"id": 1, "created_at": "2026-03-02T09:00:00Z", "author": "a", "title": "story", "parent_id": null,
        "children": [child]}),
    );
    assert_eq!((tree[0].kind, tree[0].reply_to.as_deref()), (Kind::Post, None));
    assert_eq!((tree[1].kind, tree[1].reply_to.as_deref()), (Kind::Comment, Some("1")));
    assert_eq!(tree[1].counts.score, Some(7));
    // an option of a poll names its poll among the tags only
    let option =
        read(json!({"hits": [{"objectID": "9", "author": "c", "created_at_i": 1, "comment_text": "option",
        "_tags": ["pollopt", "author_c", "story_8"]}]}));
    assert_eq!((option[0].reply_to.as_deref(), option[0].root.as_deref()), (Some("8"), Some("8")));
}

#[test]
fn a_refusal_is_told() {
    let network = build("");
    let refused = |body: &str| {
        let asked = request(network.as_ref(), None, 0);
        network.read(&answer(asked, 200, body), None).unwrap_err().to_string()
    };
    insta::assert_snapshot!([
        refused(r#"{"message":"invalid numericFilters","status":400}"#),
        refused(r#"{"error":"too many requests"}"#),
        refused("<html>blocked</html>"),
        refused(""),
        refused("{}"),
        refused(r#"{"hits":[{"a":1}]}"#),
        refused(r#"{"hits":["#),
    ].join("\n"), @r#"
    failed to read items from hackernews: the search answers "invalid numericFilters"
    failed to read items from hackernews: the search answers "too many requests"
    failed to read items from hackernews: a web page came instead of JSON: a block page, a bot check or a wrong address
    failed to read items from hackernews: the answer is empty
    failed to read items from hackernews: the answer has no `hits`
    failed to read items from hackernews: it is neither an item nor a person of Hacker News
    failed to read items from hackernews: the answer is broken or cut off: EOF while parsing a list at line 1 column 9
    "#);
}

#[test]
fn sections_are_checked() {
    let build_it = |section: &str| (spec("hackernews").unwrap().build)(&section.parse().unwrap());
    assert_eq!(build_it("base_url = 'hn'").unwrap_err().key, "base_url");
    assert_eq!(build_it("look_back = 'long'").unwrap_err().key, "look_back");
    assert_eq!(build_it("look_back = '-1d'").unwrap_err().key, "look_back");
    assert_eq!(build_it("firebase = 'hn'").unwrap_err().key, "firebase");
    assert_eq!(build_it("authors = ['a,b']").unwrap_err().key, "authors");
    build_it("colour = 'blue'").unwrap_err();
    let asked = |section: &str| request(build(section).as_ref(), None, 1_772_000_000).url;
    insta::assert_snapshot!(asked(""), @"https://hn.algolia.com/api/v1/search_by_date?tags=%28story%2Ccomment%29&hitsPerPage=1000&numericFilters=created_at_i%3E%3D1771395200");
    insta::assert_snapshot!(asked("query = '\"moka express\"'\nlook_back = '12h'\nbase_url = 'http://[::1]:80/api/'"), @"http://[::1]/api/search_by_date?query=%22moka+express%22&advancedSyntax=true&typoTolerance=false&queryType=prefixNone&tags=%28story%2Ccomment%29&hitsPerPage=1000&numericFilters=created_at_i%3E%3D1771956800");
}

#[test]
fn posts_of_an_author_are_asked_for() {
    let asked = request(build("authors = ['nadia', '@moka_fan']").as_ref(), None, 1_772_000_000).url;
    assert!(asked.contains("tags=%28story%2Ccomment%29%2C%28author_nadia%2Cauthor_moka_fan%29"), "{asked}");
}

#[test]
fn an_item_asked_for_again_tells_what_has_become_of_it() {
    let network = build("");
    let again = |id: &str| network.reread(&[id.to_owned()]);
    assert_eq!(again("41").unwrap().url, "https://hacker-news.firebaseio.com/v0/item/41.json");
    assert_eq!(
        (again("../41"), again(""), network.reread(&["1".to_owned(), "2".to_owned()])),
        (None, None, None)
    );
    let own = build("firebase = 'http://127.0.0.1:8/v0/'").reread(&["41".to_owned()]).unwrap();
    assert_eq!(own.url, "http://127.0.0.1:8/v0/item/41.json");
    let read = |body: &str| network.read(&answer(again("41").unwrap(), 200, body), None).unwrap();
    for gone in [
        "null",
        r#"{"id":41,"type":"comment","deleted":true,"parent":1,"time":5}"#,
        r#"{"id":41,"type":"comment","dead":true,"by":"a","text":"spam","time":5}"#,
    ] {
        let page = read(gone);
        assert_eq!((page.posts.len(), &page.deletions[0].gone), (0, &Gone::Post("41".to_owned())), "{gone}");
    }
    let page =
        read(r#"{"id":41,"type":"story","by":"nadia","title":"Moka","score":9,"descendants":3,"time":5}"#);
    assert_eq!((page.posts[0].counts.score, page.posts[0].counts.replies), (Some(9), Some(3)));
    assert_eq!((page.deletions.len(), page.cursor), (0, None));
    // an item that does not exist yet, read from a file, is no deletion
    assert_eq!(network.read(&answer(Request::default(), 200, "null"), None).unwrap(), Page::default());
}

#[test]
fn people_are_looked_up_by_name() {
    let network = build("");
    let request = network.account("@nadia").unwrap();
    assert_eq!(request.url, "https://hn.algolia.com/api/v1/users/nadia");
    assert_eq!((network.account("a/b"), network.account(" ")), (None, None));
    let body = r#"{"username":"nadia","about":"Pots","karma":10,"created_at":"2007-03-15T01:50:46Z"}"#;
    let page = network.read(&answer(request, 200, body), None).unwrap();
    assert_eq!(page.accounts[0].author.bio.as_deref(), Some("Pots"));
}

#[test]
fn the_past_is_walked_alone() {
    let search = Search::of((0..4000).map(|id| (NOW - 4000 + i64::from(id), id)));
    let network = build("");
    let (from, to) = (Time((NOW - 3000) * 1000), Time((NOW - 500) * 1000));
    let (mut cursor, mut seen) = (network.backfill(from, to), BTreeSet::new());
    let (_, missed) = search.round(&mut cursor, NOW, &mut seen);
    assert_eq!((seen.len(), missed), (2501, Vec::new()));
    assert_eq!(network.ask(cursor.as_ref(), Time(NOW * 1000)), Ask::Done);
    // a stretch in which nothing was written ends as well
    let mut cursor = network.backfill(Time(0), Time(5_000));
    assert!(!search.step(&mut cursor, NOW, &mut seen).0);
    assert_eq!(network.ask(cursor.as_ref(), Time(NOW * 1000)), Ask::Done);
    assert_eq!(network.backfill(to, from), None);
}

#[test]
fn refusals_are_sorted() {
    let network = build("");
    let mut all = String::new();
    for (status, body) in [
        (400, r#"{"message":"invalid numericFilters","status":400}"#),
        (401, r#"{"error":"Permission denied"}"#),
        (403, "<html>blocked</html>"),
        (404, r#"{"error":"Not Found"}"#),
        (429, "{}"),
        (503, ""),
    ] {
        let headers = vec![("retry-after".to_owned(), "60".to_owned())];
        let asked = request(network.as_ref(), None, NOW);
        let answer = Answer { headers, seen: Time(NOW * 1000), ..answer(asked, status, body) };
        let error = network.read(&answer, None).unwrap_err();
        assert_eq!(network.refused(&answer, None).is_none(), error.trouble == Trouble::Unread);
        let wait = error.until.map(|until| until.since(answer.seen));
        all += &format!("{status} {:?} {wait:?}: {error}\n", error.trouble);
    }
    insta::assert_snapshot!(all);
}

/// A search over numbered items that answers as Algolia does: 1,000 hits of a question at most.
struct Search {
    /// Second and number, in any order.
    items: Vec<(i64, u32)>,
    per_page: usize,
    most: usize,
}

impl Search {
    fn of(items: impl Iterator<Item = (i64, u32)>) -> Search {
        Search { items: items.collect(), per_page: 1000, most: 1000 }
    }

    fn answer(&self, request: Request) -> Answer {
        let url = Url::parse(&request.url).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let mut found: Vec<(i64, u32)> = self.items.clone();
        for filter in query["numericFilters"].split(',') {
            let filter = filter.strip_prefix("created_at_i").unwrap();
            let bound: i64 = filter[2..].parse().unwrap();
            found.retain(|(at, _)| if filter.starts_with(">=") { *at >= bound } else { *at <= bound });
        }
        found.sort_by_key(|(at, id)| (-at, *id));
        let per_page = query["hitsPerPage"].parse().unwrap_or(20).min(self.per_page);
        let page: usize = query.get("page").map_or(0, |page| page.parse().unwrap());
        let reachable = found.len().min(self.most);
        let shown = found.iter().take(reachable).skip(page * per_page).take(per_page);
        let hits: Vec<Value> = shown
            .map(|(at, id)| json!({"objectID": id.to_string(), "created_at_i": at, "author": "a", "comment_text": "x"}))
            .collect();
        let body = json!({"hits": hits, "nbHits": found.len(), "page": page, "hitsPerPage": per_page,
            "nbPages": reachable.div_ceil(per_page)});
        answer(request, 200, &body.to_string())
    }

    /// One request from the cursor stored; tells whether there is more.
    fn step(
        &self,
        cursor: &mut Option<Cursor>,
        now: i64,
        seen: &mut BTreeSet<u32>,
    ) -> (bool, Option<Missed>) {
        // built anew each time: all that a crash leaves is the cursor
        let network = build("");
        let page = network
            .read(&self.answer(request(network.as_ref(), cursor.as_ref(), now)), cursor.as_ref())
            .unwrap();
        seen.extend(page.posts.iter().map(|post| post.native_id.parse::<u32>().unwrap()));
        *cursor = page.cursor.or(cursor.take());
        (page.more, page.missed)
    }

    fn round(&self, cursor: &mut Option<Cursor>, now: i64, seen: &mut BTreeSet<u32>) -> (usize, Vec<Missed>) {
        let mut missed = Vec::new();
        for asked in 1..2000 {
            let (more, lost) = self.step(cursor, now, seen);
            missed.extend(lost);
            if !more {
                return (asked, missed);
            }
        }
        panic!("the round does not end");
    }
}

const NOW: i64 = 1_772_000_000;

#[test]
fn a_round_goes_back_to_what_is_known() {
    for (per_page, most) in [(1000, 1000), (100, 1000), (20, 1000), (7, 35)] {
        // about three a second, so that pages end in the middle of one
        let mut search = Search::of((0..2500).map(|id| (NOW - 1 - i64::from(id) / 3, id)));
        (search.per_page, search.most) = (per_page, most);
        let (mut cursor, mut seen) = (None, BTreeSet::new());
        let (_, missed) = search.round(&mut cursor, NOW, &mut seen);
        assert_eq!((seen.len(), missed), (2500, Vec::new()), "{per_page}");
        // a night later
        search.items.extend((2500..6000).map(|id| (NOW + i64::from(id) / 2, id)));
        let before = seen.len();
        search.round(&mut cursor, NOW + 4000, &mut seen);
        assert_eq!(seen.len(), 6000, "{per_page} {before}");
        // at rest, one request a round, and only five minutes again
        let mut again = BTreeSet::new();
        search.per_page = 1000;
        search.most = 1000;
        assert_eq!(search.round(&mut cursor, NOW + 4060, &mut again).0, 1);
        assert!(again.len() <= 602, "{}", again.len());
    }
}

#[test]
fn a_search_that_grows_while_it_is_read_loses_nothing() {
    let mut search = Search::of((0..3000).map(|id| (NOW - i64::from(id), id)));
    search.per_page = 50;
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    for now in NOW + 1..NOW + 200 {
        search.step(&mut cursor, now, &mut seen);
        search.items.push((now, 3000 + u32::try_from(now - NOW).unwrap()));
        search.items.push((now, 6000 + u32::try_from(now - NOW).unwrap()));
    }
    search.round(&mut cursor, NOW + 200, &mut seen);
    search.round(&mut cursor, NOW + 260, &mut seen);
    assert_eq!(seen.len(), search.items.len());
}

#[test]
fn a_full_answer_of_one_second_does_not_stand_still() {
    // 2,500 items in one second, of which the search shows 1,000: the rest is told as missed
    let crowd = (0..2500).map(|id| (NOW - 50, id));
    let search = Search::of(crowd.chain((2500..2600).map(|id| (NOW - 100 - i64::from(id), id))));
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    let (asked, missed) = search.round(&mut cursor, NOW, &mut seen);
    assert!(asked <= 4, "{asked}");
    assert_eq!(seen.len(), 1100);
    assert_eq!(missed.len(), 1);
    assert_eq!((missed[0].from, missed[0].to), (Time((NOW - 50) * 1000), Time((NOW - 49) * 1000)));

    // 60 in one second, shown 20 a page: further pages of the same question have them
    let mut search = Search::of((0..60).map(|id| (NOW - 50, id)).chain((60..90).map(|id| (NOW - 100, id))));
    search.per_page = 20;
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    let (_, missed) = search.round(&mut cursor, NOW, &mut seen);
    assert_eq!((seen.len(), missed), (90, Vec::new()));
}

#[test]
fn a_stop_in_the_middle_of_a_round_loses_nothing() {
    let mut search = Search::of((0..5000).map(|id| (NOW - 5000 + i64::from(id), id)));
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    search.step(&mut cursor, NOW, &mut seen);
    search.step(&mut cursor, NOW, &mut seen);
    // stopped for hours, in which more was written than one answer shows
    search.items.extend((5000..9000).map(|id| (NOW + i64::from(id), id)));
    for _ in 0..3 {
        search.round(&mut cursor, NOW + 20_000, &mut seen);
    }
    assert_eq!(seen.len(), 9000);
}

#[test]
fn an_empty_answer_leaves_the_cursor_alone() {
    let nothing = Search::of(std::iter::empty());
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    assert!(!nothing.step(&mut cursor, NOW, &mut seen).0);
    assert_eq!(cursor, None);
    let search = Search::of((0..3000).map(|id| (NOW - i64::from(id), id)));
    search.round(&mut cursor, NOW, &mut seen);
    let known = cursor.clone();
    nothing.round(&mut cursor, NOW + 60, &mut seen);
    assert_eq!(cursor, known);
    // in the middle of a round, one empty answer is not believed, a second one is
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    search.step(&mut cursor, NOW, &mut seen);
    assert!(!nothing.step(&mut cursor, NOW, &mut seen).0);
    search.round(&mut cursor, NOW + 60, &mut seen);
    assert_eq!(seen.len(), 3000);
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    search.step(&mut cursor, NOW, &mut seen);
    nothing.step(&mut cursor, NOW, &mut seen);
    nothing.step(&mut cursor, NOW, &mut seen);
    let asked = request(build("").as_ref(), cursor.as_ref(), NOW + 60).url;
    assert!(asked.contains(&format!("{}", NOW - 300)), "{asked}");
}

#[test]
fn broken_answers_never_panic() {
    let network = build("");
    for whole in [SEARCH, TREE, FIREBASE] {
        for broken in corpus::broken(whole.as_bytes()) {
            let asked = request(network.as_ref(), None, NOW);
            _ = network
                .read(&Answer { body: broken, ..answer(asked, 200, "") }, Some(&Cursor("[".to_owned())));
        }
    }
    let deep =
        format!("{}{}", r#"{"id":1,"type":"comment","children":["#.repeat(20_000), "]}".repeat(20_000));
    network.read(&answer(Request::default(), 200, &deep), None).unwrap_err();
    let odd = r#"{"hits":[{"objectID":"1","created_at_i":-9223372036854775808},{"objectID":2,"created_at_i":9223372036854775807}],"nbHits":9223372036854775807,"hitsPerPage":0,"page":-1}"#;
    let asked = request(network.as_ref(), None, NOW);
    let page = network.read(&answer(asked, 200, odd), None).unwrap();
    request(network.as_ref(), page.cursor.as_ref(), NOW);
}

#[test]
fn every_recorded_item_is_read() {
    let Some(files) = corpus::files("recorded/hackernews", "json") else { return };
    let (mut posts, mut accounts) = (0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let answers = recorded::answers(&bytes, None, &[]);
        let (page, errors) = recorded::understand(build("").as_ref(), &answers);
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(page.posts.len(), usize::from(whole.get("type").is_some()), "{}", file.display());
        assert_eq!(page.accounts.len(), usize::from(whole.get("karma").is_some()), "{}", file.display());
        for post in &page.posts {
            assert_eq!(post.native_id, whole["id"].to_string());
            assert_eq!(post.published.unwrap().0, whole["time"].as_i64().unwrap() * 1000);
            assert_eq!(post.author_name(), whole["by"].as_str().unwrap());
        }
        posts += page.posts.len();
        accounts += page.accounts.len();
    }
    println!("hackernews: {} files, {posts} posts, {accounts} accounts", files.len());
}
