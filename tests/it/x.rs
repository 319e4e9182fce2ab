//! X: what its answers mean in both vocabularies and the old version, what they cost, what its refusals ask for.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vigie::network::{
    Answer, Ask, Cursor, Export, Network, Page, ReadError, Request, Trouble, recorded, spec,
};
use vigie::post::{Gone, Kind};
use vigie::time::Time;

use crate::corpus;

mod follow;
mod stream;
mod walk;

const SEARCH: &str = include_str!("../fixtures/x/search.json");
const POST_NAMES: &str = include_str!("../fixtures/x/search_post_names.json");
const OLD: &str = include_str!("../fixtures/x/old.json");
const USERS: &str = include_str!("../fixtures/x/users.json");
const STREAM: &str = include_str!("../fixtures/x/stream.jsonl");
/// 20 October 2026.
const NOW: Time = Time(1_792_500_000_000);

fn build(section: &str) -> Box<dyn Network> {
    (spec("x").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn fetched(network: &dyn Network, cursor: Option<&Cursor>, now: Time) -> Request {
    match network.ask(cursor, now) {
        Ask::Fetch(request) => request,
        other => panic!("{other:?}"),
    }
}

fn answer(request: Request, status: u16, body: &str) -> Answer {
    Answer { request, status, body: body.into(), seen: NOW, ..Answer::default() }
}

fn read(body: &str) -> Result<Page, ReadError> {
    build("").read(&answer(Request::default(), 200, body), None)
}

#[test]
fn a_search_is_read() {
    insta::assert_json_snapshot!(read(SEARCH).unwrap());
}

#[test]
fn the_words_of_a_post_passed_on_are_not_cut() {
    let whole = "Velmora &amp; cie : la gamme Zinnober arrive en boutique, avec le moka long, les tasses bleues et le petit \
        catalogue d'automne que tout le monde attendait https://t.co/abc #zinnober";
    let cut = "RT @ana_brume: Velmora &amp; cie : la gamme Zinnober arrive en boutique, avec le moka long, les tasses bleues…";
    let entities = json!({"urls": [{"url": "https://t.co/abc", "expanded_url": "https://velmora.example/automne"}],
        "hashtags": [{"tag": "zinnober"}]});
    let page = |own: &str| {
        let body = json!({
            "data": [{"id": "1900000000000000002", "text": own, "author_id": "7",
                "referenced_tweets": [{"type": "retweeted", "id": "1900000000000000001"}]}],
            "includes": {"tweets": [{"id": "1900000000000000001", "text": whole, "author_id": "8", "entities": entities}]},
            "meta": {"result_count": 1}
        });
        read(&body.to_string()).unwrap()
    };
    let post = &page(cut).posts[0];
    assert!(
        post.text.starts_with("RT @ana_brume: Velmora & cie") && post.text.ends_with("#zinnober"),
        "{}",
        post.text
    );
    assert_eq!(
        (&*post.links, &*post.hashtags),
        (&["https://velmora.example/automne".to_owned()][..], &["zinnober".to_owned()][..])
    );
    // what is not the beginning of the other stays what it is
    assert_eq!(page("RT @ana_brume: Autre chose…").posts[0].text, "RT @ana_brume: Autre chose…");
    assert_eq!(page("RT @ana_brume: Velmora").posts[0].text, "RT @ana_brume: Velmora");
    let old = json!([{"id_str": "1900000000000000002", "created_at": "Sun Nov 01 10:00:00 +0000 2026", "full_text": cut,
        "user": {"id_str": "7", "screen_name": "leo"},
        "retweeted_status": {"id_str": "1900000000000000001", "created_at": "Sun Nov 01 09:00:00 +0000 2026", "full_text": whole,
            "user": {"id_str": "8", "screen_name": "ana_brume"}}}]);
    let post = &read(&old.to_string()).unwrap().posts[0];
    assert!(post.text.ends_with("#zinnober") && post.kind == Kind::Repost, "{post:?}");
}

#[test]
fn the_other_vocabulary_says_the_same() {
    insta::assert_json_snapshot!(read(POST_NAMES).unwrap());
    // every member by its other name brings the very same page
    let other = SEARCH
        .replace("retweet_count", "repost_count")
        .replace("tweet_count", "post_count")
        .replace("edit_history_tweet_ids", "edit_history_post_ids")
        .replace("note_tweet", "note_post")
        .replace("referenced_tweets", "referenced_posts")
        .replace("\"retweeted\"", "\"reposted\"")
        .replace("\"tweets\":", "\"posts\":")
        .replace("\"resource_type\": \"tweet\"", "\"resource_type\": \"post\"");
    assert_ne!(other, SEARCH);
    assert_eq!(read(&other).unwrap(), read(SEARCH).unwrap());
}

#[test]
fn version_one_is_read() {
    insta::assert_json_snapshot!(read(OLD).unwrap());
}

#[test]
fn accounts_and_embedded_posts_are_read() {
    insta::assert_json_snapshot!(read(USERS).unwrap());
    insta::assert_json_snapshot!(
        "embedded",
        read(include_str!("../fixtures/x/embedded.json")).unwrap().posts
    );
}

#[test]
fn a_stream_is_read() {
    let (page, errors) =
        recorded::understand(build("").as_ref(), &recorded::answers(STREAM.as_bytes(), None, &[]));
    assert!(errors.is_empty(), "{errors:?}");
    insta::assert_json_snapshot!(page);
}

#[test]
fn a_post_without_an_identifier_gets_one() {
    let body = json!({"data": [{"text": "moka", "author_id": "7"}, {"text": "moka", "author_id": "8"}]});
    let page = read(&body.to_string()).unwrap();
    assert_eq!(page.posts.len(), 2);
    assert_ne!(page.posts[0].native_id, page.posts[1].native_id);
    assert_eq!(page, read(&body.to_string()).unwrap());
}

#[test]
fn what_is_asked_again_tells_of_edits_and_deletions() {
    let network = build("words = ['moka']");
    let ids: Vec<String> = (1..=150).map(|id| id.to_string()).collect();
    let request = network.reread(&ids).unwrap();
    assert!(request.url.starts_with("https://api.x.com/2/tweets?ids=1%2C2%2C3"), "{}", request.url);
    assert!(!request.url.contains("author_id") || !request.url.contains("user.fields"), "{}", request.url);
    assert_eq!(network.cost(&request), 100 * 5_000);
    assert_eq!(network.reread(&["sha".to_owned()]), None);
    let body = json!({
        "data": [{"id": "1965000000000000001", "text": "old", "edit_history_tweet_ids":
            ["1965000000000000001", "1965000004194304003"]}],
        "includes": {"tweets": [{"id": "1965000004194304003", "text": "new", "created_at": "2025-09-08T10:05:00Z",
            "edit_history_tweet_ids": ["1965000000000000001", "1965000004194304003"]}]},
        "errors": [{"resource_type": "tweet", "resource_id": "5", "parameter": "ids",
            "type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error"}]
    });
    let page = network.read(&answer(request, 200, &body.to_string()), None).unwrap();
    let [post] = page.posts.as_slice() else { panic!("{:?}", page.posts) };
    assert_eq!((post.native_id.as_str(), post.text.as_str()), ("1965000000000000001", "new"));
    assert_eq!(post.edited, Time::parse("2025-09-08T10:05:00Z"));
    assert_eq!(page.deletions[0].gone, Gone::Post("5".to_owned()));
    assert_eq!((page.cursor, page.spent), (None, Some(10_000)));
}

#[test]
fn costs_are_told_before_and_after() {
    let network = build("words = ['moka']\npage = 50\npost_price = 4000");
    let search = fetched(network.as_ref(), None, NOW);
    assert_eq!(network.cost(&search), 50 * 14_000);
    assert_eq!(build("words = ['moka']\ncontext = true").cost(&search), 50 * 15_000 * 2);
    // six posts and one beside them, four accounts
    assert_eq!(read(SEARCH).unwrap().spent, Some(7 * 5_000 + 4 * 10_000));
    assert_eq!(read(include_str!("../fixtures/x/counts.json")).unwrap().spent, Some(5_000));
    assert_eq!(read(USERS).unwrap().spent, Some(2 * 10_000 + 5_000));
    let offer = spec("x").unwrap().offer;
    assert_eq!((offer.daily, offer.keep_days, offer.reread_hours), (Some(2_000_000), Some(30), Some(24)));
    assert_eq!(offer.export, Export::Links);
    // a page as it is asked for by itself fits into the smallest part of a day's budget
    assert!(
        build("words = ['moka']").cost(&fetched(build("words = ['moka']").as_ref(), None, NOW)) <= 300_000
    );
}

#[test]
fn accounts_are_looked_up_and_searched_for() {
    let network = build("words = ['moka']\nuser_token = 'u5er'\ntoken = 'b34rer'");
    let by = |name: &str| network.account(name).map(|request| request.url);
    assert!(by("@molivelle").unwrap().contains("/2/users/by?usernames=molivelle&"));
    assert!(by("1234567890123456789").unwrap().contains("/2/users?ids=1234567890123456789&"));
    assert_eq!(by("two words"), None);
    let found = network.find_accounts("Société « Molivelle »").unwrap();
    assert!(found.url.contains("/2/users/search?query=Societe+Molivelle&"), "{}", found.url);
    assert!(found.headers.contains(&("authorization".to_owned(), "Bearer u5er".to_owned())));
    assert_eq!(network.cost(&found), 20 * 10_000);
    assert_eq!(build("words = ['moka']\ntoken = 'b34rer'").find_accounts("moka"), None);
    let asked = fetched(network.as_ref(), None, NOW);
    assert!(asked.headers.contains(&("authorization".to_owned(), "Bearer b34rer".to_owned())));
    assert!(!asked.url.contains("b34rer") && !format!("{network:?}").contains("b34rer"));
}

/// An answer that is no success, and what is to be done about it.
fn refused(status: u16, headers: &[(&str, &str)], body: &str) -> (Trouble, Option<i64>, String) {
    let network = build("words = ['moka']");
    let mut answer = answer(fetched(network.as_ref(), None, NOW), status, body);
    answer.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let error = network.refused(&answer, None).unwrap();
    assert_eq!(network.read(&answer, None).unwrap_err(), error);
    (error.trouble, error.until.map(|until| until.since(NOW) / 1_000), error.to_string())
}

#[test]
fn the_kinds_of_too_many_are_told_apart() {
    let window = |left: &'static str| {
        [
            ("x-rate-limit-limit", "450"),
            ("x-rate-limit-remaining", left),
            ("x-rate-limit-reset", "1792500300"),
        ]
    };
    let plain =
        r#"{"title":"Too Many Requests","detail":"Too Many Requests","type":"about:blank","status":429}"#;
    let (trouble, until, _) = refused(429, &window("0"), plain);
    assert_eq!((trouble, until), (Trouble::Rate, Some(300)));
    assert_eq!(
        refused(429, &window("0"), r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#).1,
        Some(300)
    );
    let day = [
        ("x-rate-limit-remaining", "3"),
        ("x-app-limit-24hour-remaining", "0"),
        ("x-app-limit-24hour-reset", "1792509000"),
    ];
    assert_eq!(refused(429, &day, plain).1, Some(9_000));
    assert_eq!(refused(429, &[("retry-after", "7")], "").1, Some(7));

    let capped = include_str!("../fixtures/x/capped.json");
    let (trouble, until, said) = refused(429, &window("449"), capped);
    assert_eq!((trouble, until), (Trouble::Money, None));
    assert_eq!(
        said,
        "x has no quota or credit left (status 429: \"Usage cap exceeded: Monthly product cap\"); Vigie pauses until it is renewed"
    );
    let (trouble, until, _) = refused(429, &window("449"), &capped.replace("Monthly", "Daily"));
    assert_eq!(trouble, Trouble::Money);
    assert_eq!(NOW.plus(until.unwrap() * 1_000), Time::parse("2026-10-21").unwrap());
    let empty = r#"{"title":"CreditsDepleted","detail":"Your enrolled account [1] does not have any credits to fulfill this request.","type":"https://api.twitter.com/2/problems/credits"}"#;
    assert_eq!(refused(402, &[], empty).0, Trouble::Money);

    let second = r#"{"title":"ConnectionException","detail":"This stream is currently at the maximum allowed connection limit.","connection_issue":"TooManyConnections","type":"https://api.twitter.com/2/problems/streaming-connection"}"#;
    assert_eq!(
        (refused(429, &window("49"), second).0, refused(429, &window("49"), second).1),
        (Trouble::Rate, None)
    );
}

#[test]
fn every_refusal_says_what_to_do() {
    let said = |status: u16, body: &str| refused(status, &[], body).2;
    insta::assert_snapshot!([
        said(401, r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#),
        said(403, r#"{"client_id":"1","detail":"When authenticating requests to the X API v2 endpoints, you must use keys and tokens from a developer App that is attached to a Project.","registration_url":"https://x.example","title":"Client Forbidden","required_enrollment":"Standard Basic","reason":"client-not-enrolled","type":"https://api.twitter.com/2/problems/client-forbidden"}"#),
        said(403, r#"{"title":"Unsupported Authentication","detail":"Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.","type":"https://api.twitter.com/2/problems/unsupported-authentication","status":403}"#),
        said(404, r#"{"errors":[{"code":34,"message":"Sorry, that page does not exist"}]}"#),
        said(410, ""),
        said(400, r#"{"errors":[{"parameters":{"query":["moka ("]},"message":"There were errors processing your request: missing EOF at '(' (at position 6)"}],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.twitter.com/2/problems/invalid-request"}"#),
        said(503, r#"{"title":"Service Unavailable","detail":"Service Unavailable","type":"about:blank","status":503}"#),
        said(500, "<html>oops</html>"),
        said(418, "<html>I am a teapot</html>"),
        said(418, "tea"),
    ].join("\n"));
}

#[test]
fn an_answer_that_is_none_is_refused() {
    let network = build("words = ['moka']");
    let of = |body: &str| {
        let error = network.read(&answer(fetched(network.as_ref(), None, NOW), 200, body), None).unwrap_err();
        format!("{:?}: {error}", error.trouble)
    };
    insta::assert_snapshot!(
        [
            of(""),
            of("{}"),
            of("[1, 2]"),
            of("{\"data\":["),
            of("<!DOCTYPE html><html><body>JavaScript is not available.</body></html>"),
            of(r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#),
            of(r#"{"error":"Not Found","request":"/1/statuses/show/1.json"}"#),
            of(r#"{"errors":[{"message":"Bad Authentication data","code":215}]}"#),
        ]
        .join("\n")
    );
}

#[test]
fn sections_are_checked() {
    let key = |section: &str| (spec("x").unwrap().build)(&section.parse().unwrap()).unwrap_err().key;
    assert_eq!(build("").ask(None, NOW), Ask::Done);
    assert!(build("").idle().unwrap().contains("`words`"));
    assert_eq!(build("words = ['moka']").idle(), None);
    for (section, faulty) in [
        ("base_url = 'x.com'", "base_url"),
        ("words = ['…']", "words"),
        ("words = ['moka']\nquery_length = 3", "words"),
        ("queries = [' ']", "queries"),
        ("page = 5", "page"),
        ("at_most = -1", "at_most"),
        ("look_back = '8d'", "look_back"),
        ("every = '0'", "every"),
        ("tag = ' '", "tag"),
        ("names = 'thread'", "names"),
    ] {
        assert_eq!(key(section), faulty, "{section}");
    }
    let many: Vec<String> = (0..90).map(|number| format!("'brand number {number}'")).collect();
    let many = build(&format!("words = [{}]", many.join(", ")));
    assert!(many.pace() >= std::time::Duration::from_secs(120));
}

/// The posts and accounts of a value, wherever X puts them.
fn everything(value: &Value, posts: &mut BTreeSet<String>, users: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| everything(one, posts, users)),
        Value::Object(fields) => {
            let id = |key: &str| {
                fields.get(key).filter(|id| !id.is_null()).map(|id| id.to_string().replace('"', ""))
            };
            let own = id("id_str").or_else(|| id("id"));
            if let Some(id) = own {
                if ["text", "full_text"].iter().any(|key| fields.get(*key).is_some_and(Value::is_string)) {
                    posts.insert(id);
                } else if fields.contains_key("username") || fields.contains_key("screen_name") {
                    users.insert(id);
                }
            }
            for (name, inner) in fields {
                if !matches!(name.as_str(), "entities" | "extended_entities" | "place") {
                    everything(inner, posts, users);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_recorded_post_and_account_is_read() {
    let Some(files) = corpus::files("recorded/x", "json") else { return };
    let network = build("");
    let (mut all_posts, mut all_accounts, mut refusals) = (0, 0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) = recorded::understand(network.as_ref(), &recorded::answers(&bytes, None, &[]));
        let said = file.display();
        let (mut posts, mut users) = (BTreeSet::new(), BTreeSet::new());
        everything(&serde_json::from_slice(&bytes).unwrap(), &mut posts, &mut users);
        let got: BTreeSet<String> = page.posts.iter().map(|post| post.native_id.clone()).collect();
        let mut known: BTreeSet<String> =
            page.accounts.iter().map(|one| one.author.native_id.clone()).collect();
        known.extend(page.posts.iter().filter_map(|post| Some(post.author.as_ref()?.native_id.clone())));
        assert!(posts.is_subset(&got), "{said}: {:?}", posts.difference(&got));
        assert!(users.is_subset(&known), "{said}: {:?}", users.difference(&known));
        for post in &page.posts {
            assert!(post.published.is_some() && !post.text.is_empty(), "{said}: {post:?}");
            assert!(
                post.permalink.as_deref().is_some_and(|link| link.starts_with("https://x.com/")),
                "{post:?}"
            );
            assert_eq!(post.kind == Kind::Repost, post.repost_of.is_some(), "{said}: {post:?}");
            assert!(!post.text.contains("&amp;") && post.edited.is_none(), "{said}: {post:?}");
            assert!(
                post.links.iter().all(|link| !link.contains("t.co/")) || post.links.len() == 1,
                "{post:?}"
            );
        }
        all_posts += page.posts.len();
        all_accounts += page.accounts.len();
        refusals += errors.len();
    }
    println!("x: {} files, {all_posts} posts, {all_accounts} accounts, {refusals} refusals", files.len());
    assert!(all_posts > 300 && all_accounts > 200 && refusals == 1);
}
