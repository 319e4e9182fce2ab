//! Threads: what its answers mean, a walk that loses nothing, and the search that covers only one's own posts.

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Network, Page, ReadError, Request, Trouble, recorded, spec};
use vigie::post::Gone;
use vigie::time::Time;

use crate::driven::{Driven, Said, no, ok, query};

const SEARCH: &str = include_str!("../fixtures/threads/a_search.json");
const REPLIES: &str = include_str!("../fixtures/threads/replies.json");
const PROFILE: &str = include_str!("../fixtures/threads/profile.json");
const WEBHOOK: &str = include_str!("../fixtures/threads/webhook.jsonl");
/// 20 October 2026.
const NOW: i64 = 1_792_500_000_000;
const ONE: &str =
    "keywords = ['molivelle']\nusername = 'molivelle'\nbase_url = 'https://threads.example/v1.0'";

fn build(section: &str) -> Box<dyn Network> {
    (spec("threads").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn answer(url: &str, status: u16, body: &str) -> Answer {
    Answer { request: Request::get(url), status, body: body.into(), seen: Time(NOW), ..Answer::default() }
}

fn understood(body: &str) -> Page {
    build("").read(&answer("", 200, body), None).unwrap()
}

#[test]
fn a_search_is_read() {
    insta::assert_json_snapshot!(understood(SEARCH));
}

#[test]
fn replies_profiles_and_events_are_read() {
    let (events, errors) =
        recorded::understand(&*build(""), &recorded::answers(WEBHOOK.as_bytes(), None, &[]));
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(events.deletions[0].gone, Gone::Post("18007000000000021".to_owned()));
    insta::assert_json_snapshot!((understood(REPLIES), understood(PROFILE), events));
    let odd = build("").read(&answer("", 200, r#"{"colour": "blue"}"#), None);
    assert_eq!(odd.unwrap_err().trouble, Trouble::Unread);
}

/// A search over numbered posts of others, newest first, paged by the last id.
struct Index {
    /// Second and number.
    posts: Vec<(i64, u32)>,
    per_page: usize,
    /// Page tokens that are refused.
    refuse: bool,
}

impl Index {
    fn of(posts: impl Iterator<Item = (i64, u32)>) -> Index {
        Index { posts: posts.collect(), per_page: 100, refuse: false }
    }

    fn answer(&self, request: &Request) -> Said {
        let asked = query(&request.url);
        if asked.get("q").is_some_and(|q| q == "the") {
            return ok(json!({"data": [{"id": "1", "username": "somebody"}]}));
        }
        let number = |key: &str| asked.get(key).map(|text| text.parse::<i64>().unwrap());
        let (since, until) = (number("since").unwrap_or(0), number("until").unwrap_or(i64::MAX));
        let mut found: Vec<_> =
            self.posts.iter().filter(|(at, _)| *at >= since && *at <= until).copied().collect();
        found.sort_by_key(|(at, id)| (-at, *id));
        if let Some(after) = asked.get("after") {
            if self.refuse {
                let error =
                    json!({"error": {"message": "Invalid parameter", "code": 100, "type": "OAuthException"}});
                return no(400, error);
            }
            let (at, id) = after.split_once('-').unwrap();
            let anchor: (i64, u32) = (-at.parse::<i64>().unwrap(), id.parse().unwrap());
            found.retain(|(at, id)| (-at, *id) > anchor);
        }
        found.truncate(self.per_page);
        let data: Vec<Value> = found
            .iter()
            .map(|(at, id)| {
                let when = Time(at * 1000).to_string().replace(".000Z", "+0000");
                json!({"id": id.to_string(), "username": "lea", "text": "x", "timestamp": when})
            })
            .collect();
        let mut body = json!({"data": data, "paging": {}});
        if let Some((at, id)) = found.last() {
            body["paging"]["cursors"] = json!({"before": "b", "after": format!("{at}-{id}")});
        }
        ok(body)
    }

    fn round(&self, source: &mut Driven) -> usize {
        source.round(&mut |request| self.answer(request))
    }
}

#[test]
fn a_round_goes_back_to_what_is_known() {
    let hour = NOW / 1000;
    let mut index = Index::of((0..450).map(|id| (hour - 60 - i64::from(id) / 3, id)));
    let mut source = Driven::new("threads", ONE, NOW);
    index.round(&mut source);
    assert_eq!((source.posts.len(), source.missed.len()), (450, 0));
    // a night later
    source.now += 8 * 3_600_000;
    index.posts.extend((450..1200).map(|id| (hour + i64::from(id) * 10, id)));
    index.round(&mut source);
    assert_eq!(source.posts.len(), 1200);
    // at rest: the page that may hold something new, and the one that shows that there is no more
    source.now += 2 * 3_600_000;
    assert!(index.round(&mut source) <= 2);
    assert!(source.missed.is_empty());
}

#[test]
fn pages_of_one_second_and_a_growing_search_lose_nothing() {
    let second = NOW / 1000 - 600;
    let mut index = Index::of((0..330).map(|id| (second, id)));
    let mut source = Driven::new("threads", ONE, NOW);
    for id in 330..380 {
        source.step(&mut |request| index.answer(request));
        source.now += 1000;
        index.posts.push((source.now / 1000, id));
        index.posts.retain(|(_, id)| *id != 299); // somebody takes a post back between two pages
    }
    for _ in 0..2 {
        source.now += 60_000;
        index.round(&mut source);
    }
    let lost: Vec<u32> = index
        .posts
        .iter()
        .map(|(_, id)| *id)
        .filter(|id| !source.posts.contains_key(&id.to_string()))
        .collect();
    assert_eq!(lost, Vec::<u32>::new());
}

#[test]
fn a_refused_page_token_starts_the_run_again() {
    let mut index = Index::of((0..250).map(|id| (NOW / 1000 - i64::from(id), id)));
    let mut source = Driven::new("threads", ONE, NOW);
    source.step(&mut |request| index.answer(request)); // the probe
    source.step(&mut |request| index.answer(request)); // the first page
    index.refuse = true;
    assert!(!source.step(&mut |request| index.answer(request)));
    assert_eq!(source.refused, None);
    index.refuse = false;
    index.round(&mut source);
    assert_eq!((source.posts.len(), source.missed.len()), (250, 0));
    // a network that never takes its tokens back: what was not reached is told, and the source goes on
    let mut source = Driven::new("threads", ONE, NOW);
    index.refuse = true;
    for _ in 0..4 {
        index.round(&mut source);
    }
    assert_eq!((source.posts.len(), source.missed.len()), (100, 1));
    assert!(source.missed[0].reason.contains("page token"), "{:?}", source.missed);
}

#[test]
fn a_search_that_finds_only_ones_own_posts_is_not_approved() {
    let section = "keywords = ['molivelle', 'erivolle']\nbase_url = 'https://threads.example/v1.0'";
    let mut source = Driven::new("threads", section, NOW);
    let own = |name: &str| json!({"data": [{"id": "7", "username": name, "text": "nous", "timestamp": "2026-10-19T08:00:00+0000"}]});
    let mut script = |request: &Request| {
        if request.url.contains("/me?") {
            return ok(json!({"id": "2", "username": "Molivelle"}));
        }
        ok(own("molivelle"))
    };
    source.round(&mut script);
    let error = source.refused.take().unwrap();
    assert_eq!(error.trouble, Trouble::NotApproved);
    insta::assert_snapshot!(error, @"threads has not approved this (a search for a word that everybody writes found no post but your own: without the approval of `threads_keyword_search` the search covers nothing else, so its silence means nothing); ask it for the approval, or remove this source");
    assert_eq!(source.asked.len(), 3, "whose token, and two words that everybody writes: {:?}", source.asked);
    assert!(source.posts.is_empty());
    // silence is no better
    let mut source = Driven::new("threads", ONE, NOW);
    source.round(&mut |_| ok(json!({"data": []})));
    assert_eq!(source.refused.take().unwrap().trouble, Trouble::NotApproved);
    // once Meta has approved it, the same source goes on
    source.round(&mut |request| {
        let is_probe = query(&request.url)["q"] != "molivelle";
        ok(own(if is_probe { "somebody" } else { "molivelle" }))
    });
    assert_eq!((source.refused.take(), source.ids()), (None, vec!["7"]));
}

#[test]
fn an_approval_that_is_taken_away_is_noticed() {
    let mut source = Driven::new("threads", ONE, NOW);
    let mut id = 0;
    let mut approved = true;
    for round in 0..30 {
        source.now += 600_000;
        approved &= round < 5;
        source.round(&mut |request| {
            id += 1;
            let is_probe = query(&request.url)["q"] != "molivelle";
            let name = if approved || (!is_probe && round < 5) { "lea" } else { "molivelle" };
            let when = Time(NOW + id * 1000).to_string().replace(".000Z", "+0000");
            ok(json!({"data": [{"id": id.to_string(), "username": name, "timestamp": when}]}))
        });
    }
    assert_eq!(source.refused.unwrap().trouble, Trouble::NotApproved);
}

#[test]
fn the_trap_shows_in_a_recording_too() {
    let exchange = |url: &str, body: Value| json!({"request": {"method": "GET", "url": url}, "response": {"status": 200, "headers": {}, "body": body}});
    let own = |id: &str| json!({"data": [{"id": id, "username": "molivelle", "text": "nous", "timestamp": "2026-10-19T08:00:00+0000"}]});
    let search =
        |word: &str| format!("https://graph.threads.com/v1.0/keyword_search?q={word}&search_type=RECENT");
    let recording = |last: Value| {
        json!({"interactions": [
            exchange("https://graph.threads.com/v1.0/me?fields=id,username", json!({"id": "2", "username": "molivelle"})),
            exchange(&search("a"), own("1")), exchange(&search("b"), own("2")),
            exchange(&search("c"), json!({"data": []})), exchange(&search("d"), last)]})
        .to_string()
    };
    let read =
        |file: String| recorded::understand(&*build(""), &recorded::answers(file.as_bytes(), None, &[])).1;
    assert_eq!(read(recording(own("3")))[0].trouble, Trouble::NotApproved);
    let foreign = json!({"data": [{"id": "9", "username": "lea", "text": "x"}]});
    assert!(read(recording(foreign)).is_empty());
}

#[test]
fn what_was_spent_is_told() {
    let mut source = Driven::new("threads", ONE, NOW);
    source.step(&mut |_| ok(json!({"data": [{"id": "1", "username": "lea"}]})));
    let network = source.network();
    assert_eq!((source.last.spent, network.cost(&source.request())), (Some(1), 1));
    source.step(&mut |_| ok(json!({"data": []})));
    assert_eq!(source.last.spent, Some(0), "searches without a result are not counted");
    assert_eq!(network.cost(&network.account("@lea").unwrap()), 0);
    // full limits end a round early
    let busy = vec![("x-app-usage".to_owned(), r#"{"call_count":97}"#.to_owned())];
    source.step(&mut |_| {
        (
            200,
            busy.clone(),
            json!({"data": [{"id": "2", "username": "lea"}], "paging": {"cursors": {"after": "x"}}})
                .to_string(),
        )
    });
    assert_eq!((source.last.more, source.last.pause.unwrap().as_secs()), (false, 1800));
}

#[test]
fn refusals_say_what_to_do() {
    let network = build("");
    let error = |code: i64, subcode: i64, message: &str| {
        json!({"error": {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode}}).to_string()
    };
    let refused = |status: u16, body: &str| -> ReadError {
        let answer = answer("https://graph.threads.com/v1.0/keyword_search?q=x", status, body);
        let told = network.refused(&answer, None);
        let read = network.read(&answer, None).unwrap_err();
        assert!(told.is_none_or(|told| told == read));
        read
    };
    let token = "EAABsbCS1iHgBAKZCZCZC1234567890abcdef";
    let all = [
        refused(400, &error(190, 463, &format!("Malformed access token {token}"))),
        refused(400, &error(190, 460, "The session has been invalidated")),
        refused(400, &error(4, 0, "Application request limit reached")),
        refused(403, &error(10, 0, "Application does not have permission")),
        refused(403, &error(200, 0, "Requires threads_keyword_search")),
        refused(400, &error(100, 33, "Unsupported get request")),
        refused(400, &error(100, 0, "Param search_mode must be one of")),
        refused(400, &error(368, 0, "The action attempted has been deemed abusive")),
        refused(500, &error(2, 0, "Service temporarily unavailable")),
        refused(200, &error(613, 0, "Calls to this api have exceeded the rate limit")),
        refused(429, ""),
        refused(502, "<html>Bad gateway</html>"),
        refused(403, "<html>Blocked</html>"),
        refused(200, "<html>Log in</html>"),
        refused(200, ""),
    ];
    let lines: Vec<String> = all.iter().map(|error| format!("{:?} {error}", error.trouble)).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(!lines.join("").contains(token));
    assert_eq!(all[2].until, Some(Time(NOW + 30 * 60_000)));
}

#[test]
fn sections_are_checked() {
    let built = |section: &str| (spec("threads").unwrap().build)(&section.parse().unwrap());
    assert_eq!(build("").ask(None, Time(NOW)), Ask::Done);
    for (section, key) in [
        ("base_url = 'graph.threads.com'", "base_url"),
        ("keywords = ['  ']", "keywords"),
        ("tags = ['#']", "tags"),
        ("profiles = ['two words']", "profiles"),
        ("replies_to = ['https://x']", "replies_to"),
    ] {
        assert_eq!(built(section).unwrap_err().key, key, "{section}");
    }
    built("colour = 'blue'").unwrap_err();
    let all = "tags = ['#soin']\nmentions = true\nprofiles = ['@galvorine']\nreplies_to = ['17']\ntoken = 'c4n4ry'\napp_secret = 's'\nkeywords = ['a', 'a']";
    let mut source = Driven::new("threads", all, NOW);
    let request = source.request();
    assert!(request.headers.contains(&("authorization".to_owned(), "Bearer c4n4ry".to_owned())));
    assert!(!request.url.contains("c4n4ry") && request.url.contains("appsecret_proof="));
    assert!(!format!("{:?}", source.network()).contains("c4n4ry"));
    source.round(&mut |request| {
        if request.url.contains("/me?") {
            return ok(json!({"id": "2", "username": "molivelle"}));
        }
        ok(json!({"data": [{"id": "1", "username": "lea", "timestamp": "2026-10-20T00:00:00+0000"}]}))
    });
    let paths: Vec<String> =
        source.asked.iter().map(|url| url.split("?").next().unwrap().to_owned()).collect();
    insta::assert_snapshot!(paths.join("\n"));
    assert_eq!(
        build("").account("@lea.m").unwrap().url,
        "https://graph.threads.com/v1.0/profile_lookup?username=lea.m"
    );
}

#[test]
fn a_backfill_walks_its_window_and_nothing_else() {
    let index = Index::of((0..900).map(|id| (NOW / 1000 - i64::from(id) * 3600, id)));
    let mut source = Driven::new("threads", ONE, NOW);
    let (from, to) = (Time(NOW - 500 * 3_600_000), Time(NOW - 100 * 3_600_000));
    source.cursor = source.network().backfill(from, to);
    index.round(&mut source);
    let ids: Vec<u32> = source.posts.keys().map(|id| id.parse().unwrap()).collect();
    assert_eq!((ids.len(), ids.iter().min(), ids.iter().max()), (401, Some(&100), Some(&500)));
    assert!(source.is_done());
}
