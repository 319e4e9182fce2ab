//! YouTube: what its answers mean, what its refusals mean, and rounds that lose nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Network, Page, ReadError, Request, Trouble, recorded, spec};
use vigie::post::{Gone, Kind};
use vigie::time::Time;

use crate::corpus;

mod walk;

const SEARCH: &str = include_str!("../fixtures/youtube/search.json");
const VIDEOS: &str = include_str!("../fixtures/youtube/videos.json");
const THREADS: &str = include_str!("../fixtures/youtube/threads.json");
const ANSWERS: &str = include_str!("../fixtures/youtube/answers.json");
const UPLOADS: &str = include_str!("../fixtures/youtube/uploads.json");
const CHANNELS: &str = include_str!("../fixtures/youtube/channels.json");
const ACTIVITIES: &str = include_str!("../fixtures/youtube/activities.json");
const API: &str = "https://www.googleapis.com/youtube/v3";

fn build(section: &str) -> Box<dyn Network> {
    (spec("youtube").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn answer(path: &str, status: u16, body: &str) -> Answer {
    let url = if path.is_empty() { String::new() } else { format!("{API}/{path}") };
    let seen = Time::parse("2026-10-20T10:00:00Z").unwrap();
    Answer { request: Request::get(url), status, body: body.into(), seen, ..Answer::default() }
}

fn understood(body: &str) -> Page {
    build("").read(&answer("", 200, body), None).unwrap()
}

fn asked(network: &dyn Network, now: &str) -> Request {
    match network.ask(None, Time::parse(now).unwrap()) {
        Ask::Fetch(request) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_search_is_read() {
    insta::assert_json_snapshot!(understood(SEARCH));
}

#[test]
fn videos_are_read() {
    insta::assert_json_snapshot!(understood(VIDEOS));
}

#[test]
fn threads_of_comments_are_read() {
    insta::assert_json_snapshot!(understood(THREADS));
}

#[test]
fn answers_uploads_channels_and_activities_are_read() {
    insta::assert_json_snapshot!([ANSWERS, UPLOADS, CHANNELS, ACTIVITIES].map(understood));
}

#[test]
fn plain_comments_are_not_taken_for_markup() {
    let body = json!({"kind": "youtube#commentListResponse", "items": [{"kind": "youtube#comment", "id": "Ugx",
        "snippet": {"textDisplay": "a <b> &amp; c <3", "publishedAt": "2026-10-18T12:30:00Z"}}]});
    let read = |path: &str| {
        let page = build("").read(&answer(path, 200, &body.to_string()), None).unwrap();
        page.posts[0].text.clone()
    };
    assert_eq!(read("comments?id=Ugx&textFormat=plainText"), "a <b> &amp; c <3");
    assert_eq!(read("comments?id=Ugx"), "a & c <3");
}

#[test]
fn resources_are_known_by_their_shape() {
    let check = |value: Value, posts: usize, accounts: usize| {
        let page = understood(&value.to_string());
        assert_eq!((page.posts.len(), page.accounts.len()), (posts, accounts), "{value}");
        assert!(page.posts.iter().all(|post| !post.native_id.is_empty()), "{value}");
    };
    let whole: Value = serde_json::from_str(VIDEOS).unwrap();
    check(whole["items"][0].clone(), 1, 0);
    check(whole["items"].clone(), 2, 0);
    check(json!({"items": [{"id": "x", "snippet": {"title": "t", "channelId": "UC"}}]}), 1, 0);
    check(json!({"items": [{"snippet": {"title": "t", "channelId": "UC"}}]}), 1, 0);
    check(json!({"items": [{"id": "x", "snippet": {"textDisplay": "t"}}]}), 1, 0);
    check(json!({"textDisplay": "t", "authorDisplayName": "@a"}), 1, 0);
    check(json!({"items": [{"id": "UC1", "statistics": {"subscriberCount": "4"}}]}), 0, 1);
    check(
        json!({"kind": "youtube#videoCategoryListResponse", "items": [{"kind": "youtube#videoCategory",
        "id": "10", "snippet": {"title": "Music", "channelId": "UC"}}]}),
        0,
        0,
    );
    check(json!({"kind": "youtube#channelListResponse", "pageInfo": {"totalResults": 0}}), 0, 0);
    check(json!({"items": [{"videoId": "x", "rating": "like"}, 4, null]}), 0, 0);
    let same = |text: &str| understood(&json!({"textDisplay": text}).to_string()).posts[0].native_id.clone();
    assert_eq!(same("a"), same("a"));
    assert_ne!(same("a"), same("b"));
}

#[test]
fn every_refusal_has_its_kind() {
    let body = |code: u16, reason: &str| {
        json!({"error": {"code": code, "message": "m", "errors": [{"reason": reason, "message": "m"}]}})
            .to_string()
    };
    let trouble = |status: u16, body: &str| {
        let answer = answer("search?q=x&type=video", status, body);
        let network = build("query = 'molivelle'");
        let refused = network.refused(&answer, None).unwrap();
        assert_eq!(network.read(&answer, None).unwrap_err(), refused);
        (refused.trouble, refused.until.map(|until| until.to_string()))
    };
    let tomorrow = Some("2026-10-21T07:00:00.000Z".to_owned());
    let minute = Some("2026-10-20T10:01:00.000Z".to_owned());
    assert_eq!(trouble(403, &body(403, "quotaExceeded")), (Trouble::Money, tomorrow.clone()));
    assert_eq!(trouble(403, &body(403, "dailyLimitExceeded")), (Trouble::Money, tomorrow.clone()));
    let per_day = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
        "message": "Quota exceeded for quota metric 'Search Queries' and limit 'Search Queries per day'",
        "errors": [{"reason": "rateLimitExceeded"}]}});
    assert_eq!(trouble(429, &per_day.to_string()), (Trouble::Money, tomorrow));
    assert_eq!(trouble(403, &body(403, "rateLimitExceeded")), (Trouble::Rate, minute.clone()));
    assert_eq!(trouble(429, "{}"), (Trouble::Rate, minute));
    let kind = |status: u16, body: &str| trouble(status, body).0;
    assert_eq!(kind(400, &body(400, "keyInvalid")), Trouble::Auth);
    assert_eq!(
        kind(
            400,
            r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#
        ),
        Trouble::Auth
    );
    assert_eq!(kind(403, &body(403, "ipRefererBlocked")), Trouble::Auth);
    assert_eq!(kind(403, &body(403, "accessNotConfigured")), Trouble::NotApproved);
    assert_eq!(kind(403, &body(403, "commentsDisabled")), Trouble::Gone);
    assert_eq!(kind(404, &body(404, "videoNotFound")), Trouble::Gone);
    assert_eq!(kind(400, &body(400, "invalidSearchFilter")), Trouble::BadQuery);
    assert_eq!(kind(400, &body(400, "invalidPageToken")), Trouble::Transient);
    assert_eq!(kind(503, &body(503, "backendError")), Trouble::Transient);
    assert_eq!(kind(500, "oops"), Trouble::Transient);
    assert_eq!(kind(503, "<html>busy</html>"), Trouble::BlockPage);
}

#[test]
fn a_refusal_says_what_to_do_and_no_key() {
    let refused = |status: u16, body: &str| {
        build("key = 's3cret'\nquery = 'x'")
            .refused(&answer("search", status, body), None)
            .unwrap()
            .to_string()
    };
    let error = |code: u16, reason: &str, message: &str| {
        json!({"error": {"code": code, "message": message, "errors": [{"reason": reason}]}}).to_string()
    };
    insta::assert_snapshot!(
        [
            refused(403, &error(403, "quotaExceeded", "You have exceeded your quota.")),
            refused(403, &error(403, "forbidden", "Consumer 'api_key:AIzaSy' has been suspended.")),
            refused(400, &error(400, "keyInvalid", "Bad Request")),
            refused(400, &error(400, "invalidPageToken", "The request specifies an invalid page token.")),
            refused(429, ""),
            refused(502, "<html>Bad gateway</html>"),
            build("").read(&answer("", 200, r#"{"error":"error message"}"#), None).unwrap_err().to_string(),
            build("").read(&answer("", 200, r#"{"colour":"blue"}"#), None).unwrap_err().to_string(),
            build("").read(&answer("", 200, "<!DOCTYPE html>"), None).unwrap_err().to_string(),
        ]
        .join("\n")
    );
}

#[test]
fn sections_are_checked() {
    let build = |section: &str| (spec("youtube").unwrap().build)(&section.parse().unwrap());
    assert_eq!(build("").unwrap().ask(None, Time(0)), Ask::Done);
    for (key, section) in [
        ("base_url", "base_url = 'youtube'"),
        ("channels", "channels = ['two words']"),
        ("channels", "channels = ['']"),
        ("videos", "videos = ['short']"),
        ("look_back", "look_back = 'long'"),
        ("searches_a_day", "searches_a_day = 0"),
        ("comments", "comments = 'yes'"),
    ] {
        assert_eq!(build(section).unwrap_err().key, key, "{section}");
    }
    let pace = |section: &str| build(section).unwrap().pace().as_secs();
    assert_eq!(pace("query = 'x'"), 900);
    assert_eq!(pace("query = 'x'\nsearches_a_day = 24"), 3600);
    assert!(pace("query = 'x'\ncomments = true") < 1200);
}

#[test]
fn requests_carry_the_key_in_a_header_only() {
    let network = build(
        "key = 's3cret'\nquery = 'molivelle | galvorine'\nregion = 'FR'\nlanguage = 'fr'\nlook_back = '1d'",
    );
    let request = asked(network.as_ref(), "2026-10-20T10:00:00Z");
    assert_eq!(
        request.url,
        format!(
            "{API}/search?part=snippet&type=video&order=date&safeSearch=none&maxResults=50&\
             q=molivelle+%7C+galvorine&publishedAfter=2026-10-19T10%3A00%3A00Z&regionCode=FR&relevanceLanguage=fr"
        )
    );
    assert!(request.headers.contains(&("x-goog-api-key".to_owned(), "s3cret".to_owned())), "{request:?}");
    assert!(!format!("{network:?}").contains("s3cret"));
    let others = [
        network.account("@molivelle").unwrap(),
        network.account("UCmolivelle0000000000000").unwrap(),
        network.find_accounts("molivelle officiel").unwrap(),
        network.reread(&["Mv0aaaaaa01".to_owned(), "Mv0aaaaaa02".to_owned()]).unwrap(),
        network.reread(&["UgxMolivelle0000000001aA.9aBcD01".to_owned()]).unwrap(),
        network.profiles(&["UCa".to_owned(), "someone".to_owned()]).unwrap(),
    ];
    insta::assert_snapshot!(others.map(|request| request.url).join("\n"));
    // comments and videos stand behind different doors
    assert_eq!(network.reread(&["Mv0aaaaaa01".to_owned(), "UgxMolivelle0000000001aA".to_owned()]), None);
    assert_eq!(network.account("two words"), None);
    assert_eq!(build("").profiles(&["UCa".to_owned()]), None, "nobody has a key");
}

#[test]
fn a_lost_video_on_a_list_is_a_deletion() {
    let page = understood(UPLOADS);
    assert_eq!(page.deletions.len(), 1);
    assert_eq!(page.deletions[0].gone, Gone::Post("Mv0aaaaaa09".to_owned()));
    assert!(page.posts.iter().all(|post| post.kind == Kind::Video));
}

/// Things of each kind in a value, however deep: what must come out as posts and as accounts.
fn count(value: &Value, found: &mut BTreeMap<&'static str, usize>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| count(one, found)),
        Value::Object(fields) => {
            let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
            let by_channel = fields.get("id").is_some_and(|id| id.get("channelId").is_some());
            match kind {
                "youtube#searchResult" if by_channel => *found.entry("account").or_default() += 1,
                "youtube#video" | "youtube#searchResult" | "youtube#playlistItem" | "youtube#playlist"
                    if fields.contains_key("etag") =>
                {
                    *found.entry("post").or_default() += 1;
                }
                "youtube#comment" => *found.entry("post").or_default() += 1,
                "youtube#channel" | "youtube#subscription" if fields.contains_key("etag") => {
                    *found.entry("account").or_default() += 1;
                }
                _ => {}
            }
            fields.values().for_each(|inner| count(inner, found));
        }
        _ => {}
    }
}

#[test]
fn every_recorded_answer_is_read() {
    let Some(files) = corpus::files("recorded/youtube", "json") else { return };
    let network = build("");
    let (mut posts, mut accounts, mut refusals) = (0, 0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) = recorded::understand(network.as_ref(), &recorded::answers(&bytes, None, &[]));
        let mut expected = BTreeMap::new();
        count(&serde_json::from_slice(&bytes).unwrap(), &mut expected);
        let expected = |kind| expected.get(kind).copied().unwrap_or(0);
        assert_eq!(page.posts.len(), expected("post"), "{}", file.display());
        assert_eq!(page.accounts.len(), expected("account"), "{}", file.display());
        for post in &page.posts {
            assert!(!post.text.contains("&#39;") && !post.text.contains("&quot;"), "{post:?}");
            assert!(!post.title.as_deref().unwrap_or_default().contains("&amp;"), "{post:?}");
            // answers that hold only some parts of a video say nothing else of it
            let partial = post.title.is_none() && post.kind == Kind::Video || post.author.is_none();
            assert!(partial || post.published.is_some(), "{post:?}");
            assert!(post.permalink.is_some() || post.kind == Kind::Comment, "{post:?}");
        }
        posts += page.posts.len();
        accounts += page.accounts.len();
        refusals += errors.len();
        assert!(
            errors.iter().all(|error: &ReadError| error.trouble != Trouble::default()
                || error.detail.contains("error message")),
            "{errors:?}"
        );
    }
    println!("youtube: {} files, {posts} posts, {accounts} accounts, {refusals} refusals", files.len());
    assert!(posts > 0);
}
