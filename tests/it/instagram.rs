//! Instagram: what its answers mean, hashtags whose pages all have the same token, and the budget of thirty.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Network, Page, Request, Trouble, recorded, spec};
use vigie::time::Time;

use crate::corpus;
use crate::driven::{Driven, Said, no, ok, query};

const RECENT: &str = include_str!("../fixtures/instagram/c_recent.json");
const DISCOVERY: &str = include_str!("../fixtures/instagram/d_discovery.json");
const TAGGED: &str = include_str!("../fixtures/instagram/e_tagged.json");
const MENTIONED: &str = include_str!("../fixtures/instagram/f_mentioned.jsonl");
/// 20 October 2026.
const NOW: i64 = 1_792_500_000_000;
const HOUR: i64 = 3_600_000;
const ONE: &str = "hashtags = ['#Molivelle']\nuser_id = '1784'\nbase_url = 'https://graph.example/v25.0'";

fn build(section: &str) -> Box<dyn Network> {
    (spec("instagram").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn understood(body: &str) -> Page {
    build("").read(&Answer { status: 200, body: body.into(), ..Answer::default() }, None).unwrap()
}

#[test]
fn hashtags_and_accounts_are_read() {
    insta::assert_json_snapshot!((understood(RECENT), understood(DISCOVERY)));
    for post in understood(RECENT).posts {
        assert_eq!(post.author, None, "hashtags never say who");
        assert!(!post.media.iter().any(|media| media.url.as_ref().is_some_and(|url| url.contains("cdn"))));
    }
}

#[test]
fn tags_mentions_and_comments_are_read() {
    let (page, errors) =
        recorded::understand(&*build(""), &recorded::answers(MENTIONED.as_bytes(), None, &[]));
    assert!(errors.is_empty(), "{errors:?}");
    insta::assert_json_snapshot!((understood(TAGGED), page));
}

#[test]
fn a_page_of_posts_is_its_accounts_even_where_nobody_is_named() {
    let network = build("user_id = '1784'\naccounts = ['galvorine']");
    let Ask::Fetch(request) = network.ask(None, Time(NOW)) else { panic!() };
    let body = json!({"business_discovery": {"media": {"data": [{"id": "1", "caption": "x", "media_type": "IMAGE"}]}, "id": "99"}});
    let answer =
        Answer { request, status: 200, body: body.to_string().into(), seen: Time(NOW), ..Answer::default() };
    let author = network.read(&answer, None).unwrap().posts[0].author.clone().unwrap();
    assert_eq!((author.native_id.as_str(), author.handle.as_deref()), ("99", Some("galvorine")));
}

/// The posts of a hashtag: of the last 24 hours, in no order, one and the same token for every page.
struct Tag {
    /// Time and number.
    posts: Vec<(i64, u32)>,
    now: i64,
    /// Where the server thinks that the reader is.
    offset: usize,
    /// The token never ends: the last page comes again and again.
    for_ever: bool,
}

impl Tag {
    fn answer(&mut self, request: &Request) -> Said {
        let path = request.url.split('?').next().unwrap();
        if path.ends_with("/recently_searched_hashtags") {
            return ok(json!({"data": []}));
        }
        if path.ends_with("/ig_hashtag_search") {
            assert_eq!(query(&request.url)["q"], "molivelle");
            return ok(json!({"data": [{"id": "555"}]}));
        }
        assert_eq!(path, "https://graph.example/v25.0/555/recent_media");
        let mut shown: Vec<_> =
            self.posts.iter().filter(|(at, _)| self.now - at < 24 * HOUR).copied().collect();
        shown.sort_by_key(|(_, id)| id.wrapping_mul(2_654_435_761) % 97); // roughly any order
        if !query(&request.url).contains_key("after") {
            self.offset = 0;
        }
        let last = shown.len().saturating_sub(50);
        let start = if self.for_ever { self.offset.min(last) } else { self.offset };
        let page: Vec<Value> = shown
            .iter()
            .skip(start)
            .take(50)
            .map(|(at, id)| {
                let when = Time(*at).to_string().replace("Z", "").split('.').next().unwrap().to_owned() + "+0000";
                json!({"id": id.to_string(), "caption": "#molivelle", "media_type": "IMAGE", "timestamp": when})
            })
            .collect();
        self.offset += 50;
        let mut body = json!({"data": page, "paging": {"cursors": {"after": "SAME"}}});
        if self.for_ever || self.offset < shown.len() {
            body["paging"]["next"] =
                json!("https://graph.example/v25.0/555/recent_media?access_token=T&after=SAME");
        }
        ok(body)
    }
}

#[test]
fn the_same_token_on_every_page_is_followed_until_nothing_is_new() {
    for for_ever in [false, true] {
        let mut tag = Tag {
            posts: (0..430).map(|id| (NOW - i64::from(id) * 60_000, id)).collect(),
            now: NOW,
            offset: 0,
            for_ever,
        };
        let mut source = Driven::new("instagram", ONE, NOW);
        let asked = source.round(&mut |request| tag.answer(request));
        assert_eq!((source.posts.len(), source.missed.len()), (430, 0), "{for_ever}");
        assert!(asked <= 13, "{asked}");
        // an hour later: the id of the hashtag is remembered
        tag.now += HOUR;
        source.now += HOUR;
        tag.posts.extend((430..500).map(|id| (NOW + i64::from(id), id)));
        source.asked.clear();
        source.round(&mut |request| tag.answer(request));
        assert_eq!(source.posts.len(), 500, "{for_ever}");
        assert!(source.asked.iter().all(|url| url.contains("/recent_media")), "{:?}", source.asked);
    }
}

#[test]
fn a_stop_of_more_than_a_day_is_a_gap() {
    let mut tag = Tag {
        posts: (0..20).map(|id| (NOW - i64::from(id) * HOUR, id)).collect(),
        now: NOW,
        offset: 0,
        for_ever: false,
    };
    let mut source = Driven::new("instagram", ONE, NOW);
    source.round(&mut |request| tag.answer(request));
    for hours in [20, 44] {
        // quiet, but asked in time: nothing is missed
        (tag.now, source.now) = (NOW + hours * HOUR, NOW + hours * HOUR);
        source.round(&mut |request| tag.answer(request));
        assert_eq!(source.missed.len(), 0, "{hours}");
    }
    (tag.now, source.now) = (NOW + 80 * HOUR, NOW + 80 * HOUR);
    source.round(&mut |request| tag.answer(request));
    let gap = &source.missed[0];
    assert_eq!((gap.from, gap.to), (Time(NOW + 44 * HOUR), Time(NOW + 56 * HOUR)));
    source.round(&mut |request| tag.answer(request));
    assert_eq!(source.missed.len(), 1, "told once");
}

#[test]
fn thirty_hashtags_of_seven_days_are_never_exceeded() {
    let tags: Vec<String> = (0..30).map(|tag| format!("'tag{tag}'")).collect();
    let section =
        format!("hashtags = [{}]\nuser_id = '1784'\nbase_url = 'https://graph.example'", tags.join(","));
    let mut source = Driven::new("instagram", &section, NOW);
    let looked_up = RefCell::new(BTreeSet::new());
    // other programs of this account have used some too
    let script = |others: usize| {
        let looked_up = &looked_up;
        move |request: &Request| {
            if request.url.contains("/recently_searched") {
                let used: Vec<Value> = (0..others).map(|id| json!({"id": format!("9{id}")})).collect();
                return ok(json!({"data": used}));
            }
            if request.url.contains("/ig_hashtag_search") {
                let tag = query(&request.url)["q"].clone();
                looked_up.borrow_mut().insert(tag.clone());
                return ok(json!({"data": [{"id": tag.replace("tag", "1")}]}));
            }
            ok(json!({"data": []}))
        }
    };
    for _ in 0..3 {
        source.round(&mut script(12));
    }
    assert_eq!(looked_up.borrow().len(), 18);
    assert!(source.missed[0].reason.starts_with("#tag18, #tag19"), "{:?}", source.missed);
    // days later their count has run out
    source.now += 25 * HOUR;
    for _ in 0..3 {
        source.round(&mut script(0));
    }
    assert_eq!(looked_up.borrow().len(), 30);
    let more: Vec<String> = (0..31).map(|tag| format!("'tag{tag}'")).collect();
    let section = format!("hashtags = [{}]\nuser_id = '1784'", more.join(","));
    assert_eq!((spec("instagram").unwrap().build)(&section.parse().unwrap()).unwrap_err().key, "hashtags");
}

#[test]
fn a_used_up_budget_is_paused_for_a_day() {
    let mut source = Driven::new("instagram", ONE, NOW);
    let used: Vec<Value> = (0..30).map(|id| json!({"id": format!("9{id}")})).collect();
    source.round(&mut |_| ok(json!({"data": used})));
    let error = source.refused.unwrap();
    assert_eq!((error.trouble, error.until), (Trouble::Money, Some(Time(NOW + 24 * HOUR))));
    assert_eq!(
        error.to_string(),
        "instagram has no quota or credit left (the 30 hashtags of seven days are used up); Vigie pauses until it is renewed"
    );
}

#[test]
fn an_account_that_is_gone_does_not_stop_the_others() {
    let section = "accounts = ['galvorine', 'nobody', 'erivolle']\nuser_id = '1784'\nbase_url = 'https://graph.example'";
    let mut source = Driven::new("instagram", section, NOW);
    let absent = json!({"error": {"message": "Invalid user id", "code": 110, "error_subcode": 2_207_013, "type": "OAuthException"}});
    let mut script = |request: &Request| {
        let fields = query(&request.url)["fields"].clone();
        if fields.contains("(nobody)") {
            return no(400, &absent);
        }
        let after = fields.contains(".after(P2)");
        let name = if fields.contains("(galvorine)") { "galvorine" } else { "erivolle" };
        let id = format!("{name}{}", i32::from(after));
        let mut media =
            json!({"data": [{"id": id, "media_type": "IMAGE", "timestamp": "2026-10-19T10:00:00+0000"}]});
        if !after {
            media["paging"] = json!({"cursors": {"after": "P2"}});
        }
        ok(json!({"business_discovery": {"id": "9", "username": name, "media": media}, "id": "1784"}))
    };
    for _ in 0..4 {
        source.round(&mut script);
    }
    assert_eq!(source.ids(), ["erivolle0", "erivolle1", "galvorine0", "galvorine1"]);
    assert_eq!(source.missed.len(), 1, "told once: {:?}", source.missed);
    assert_eq!(source.missed[0].reason, "`nobody` cannot be read: it is not there, or not public");
    // alone, it is a refusal
    let mut source = Driven::new(
        "instagram",
        "accounts = ['nobody']\nuser_id = '1784'\nbase_url = 'https://graph.example'",
        NOW,
    );
    source.round(&mut script);
    assert_eq!(source.refused.unwrap().trouble, Trouble::Gone);
}

#[test]
fn a_sensitive_hashtag_does_not_stop_the_others() {
    let section = "hashtags = ['bad', 'good']\nuser_id = '1784'\nbase_url = 'https://graph.example'";
    let mut source = Driven::new("instagram", section, NOW);
    let mut script = |request: &Request| match query(&request.url).get("q").map(String::as_str) {
        Some("bad") => no(400, json!({"error": {"message": "An unknown error occurred", "code": 1}})),
        Some(_) => ok(json!({"data": [{"id": "5"}]})),
        None if request.url.contains("recently") => ok(json!({"data": []})),
        None => ok(
            json!({"data": [{"id": "77", "media_type": "IMAGE", "timestamp": "2026-10-20T01:00:00+0000"}]}),
        ),
    };
    for _ in 0..3 {
        source.round(&mut script);
    }
    assert_eq!((source.ids(), source.missed.len()), (vec!["77"], 1));
}

#[test]
fn sections_are_checked() {
    let built = |section: &str| (spec("instagram").unwrap().build)(&section.parse().unwrap());
    assert_eq!(build("").ask(None, Time(NOW)), Ask::Done);
    for (section, key) in [
        ("hashtags = ['two words']\nuser_id = '1'", "hashtags"),
        ("hashtags = ['💧']\nuser_id = '1'", "hashtags"),
        ("accounts = ['a/b']\nuser_id = '1'", "accounts"),
        ("hashtags = ['a1b']", "user_id"),
        ("user_id = 'me'", "user_id"),
        ("base_url = 'x'", "base_url"),
    ] {
        assert_eq!(built(section).unwrap_err().key, key, "{section}");
    }
    let network = build("user_id = '1784'\naccounts = ['a']");
    let url = network.account("@galvorine").unwrap().url;
    assert!(
        query(&url)["fields"]
            .starts_with("business_discovery.username(galvorine){id,username,name,biography"),
        "{url}"
    );
    assert_eq!(network.account("a){x"), None);
    assert!(network.pace().as_secs() >= 900);
}

/// Posts and comments in a recorded answer, counted without reading them.
fn count(value: &Value) -> usize {
    let is_one = |one: &Value| {
        one["id"].is_string() && ["media_type", "text", "caption"].iter().any(|key| one[*key].is_string())
    };
    match value {
        Value::Array(all) => all.iter().map(count).sum(),
        Value::Object(fields) => {
            let below = |key: &str| key != "children" && key != "audio";
            usize::from(is_one(value))
                + fields.iter().filter(|(key, _)| below(key)).map(|(_, inner)| count(inner)).sum::<usize>()
        }
        _ => 0,
    }
}

#[test]
fn every_recorded_answer_is_read() {
    let Some(files) = corpus::files("recorded/instagram", "json") else { return };
    let (mut posts, mut accounts) = (0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) = recorded::understand(&*build(""), &recorded::answers(&bytes, None, &[]));
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        assert_eq!(page.posts.len(), count(&serde_json::from_slice(&bytes).unwrap()), "{}", file.display());
        assert!(!serde_json::to_string(&page).unwrap().contains("access_token"), "{}", file.display());
        posts += page.posts.len();
        accounts += page.accounts.len();
    }
    println!("instagram: {} files, {posts} posts, {accounts} accounts", files.len());
    assert!(posts > 20 && accounts >= 4);
}
