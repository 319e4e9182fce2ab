//! Mastodon: what its answers mean, and a walk over its timelines that loses nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Cursor, Network, Page, ReadError, Request, recorded, spec};
use vigie::post::{Gone, Kind};
use vigie::time::Time;

use crate::corpus;

mod server;
mod stream;
mod walk;

const TIMELINE: &str = include_str!("../fixtures/mastodon/timeline.json");
const STREAM: &str = include_str!("../fixtures/mastodon/stream.txt");
const BASE: &str = "https://mast.example";

fn build(section: &str) -> Box<dyn Network> {
    (spec("mastodon").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn plain() -> Box<dyn Network> {
    build("base_url = 'https://mast.example'")
}

fn answer(url: &str, status: u16, body: &str) -> Answer {
    Answer { request: Request::get(url), status, body: body.into(), ..Answer::default() }
}

fn understood(body: &str) -> Result<Page, ReadError> {
    plain().read(&answer("https://mast.example/api/v1/x", 200, body), None)
}

#[test]
fn a_timeline_is_read() {
    let url = "https://mast.example/api/v1/timelines/tag/moka?limit=40";
    insta::assert_json_snapshot!(plain().read(&answer(url, 200, TIMELINE), None).unwrap());
}

#[test]
fn a_stream_is_read() {
    let page = understood(STREAM).unwrap();
    insta::assert_json_snapshot!(page);
}

#[test]
fn a_message_of_a_web_socket_is_read() {
    let status = json!({"id": "3", "created_at": "2026-03-02T10:00:00Z", "uri": "https://a.example/3",
        "content": "<p>moka</p>", "account": {"acct": "lea"}, "visibility": "public"});
    let message = |event: &str, payload: String| {
        let body = json!({"stream": ["public"], "event": event, "payload": payload}).to_string();
        plain().read(&answer("wss://streaming.mast.example/api/v1/streaming", 200, &body), None)
    };
    let page = message("update", status.to_string()).unwrap();
    // the streaming host is not the server's name
    assert_eq!(page.posts[0].author_name(), "lea@mast.example");
    assert_eq!(message("status.update", status.to_string()).unwrap().edits.len(), 1);
    assert_eq!(page.posts[0].local_id.as_deref(), Some("mast.example/3"));
    let gone = Gone::Post("mast.example/42".to_owned());
    assert_eq!(message("delete", "42".to_owned()).unwrap().deletions[0].gone, gone);
    let nothing = |page: Page| page.posts.is_empty() && page.deletions.is_empty() && page.cursor.is_none();
    assert!(nothing(message("filters_changed", String::new()).unwrap()));
    assert!(nothing(message("announcement.delete", "8".to_owned()).unwrap()));
    message("update", "{\"id\":".to_owned()).unwrap_err();
}

#[test]
fn statuses_are_found_in_every_shape() {
    let one = |id: u32| {
        json!({"id": id.to_string(), "created_at": "2026-03-02T10:00:00Z", "account": {"acct": "lea"},
            "uri": format!("https://a.example/{id}"), "content": "x", "visibility": "public"})
    };
    let account =
        json!({"id": "9", "acct": "sam", "username": "sam", "display_name": "Sam", "suspended": true});
    let check = |body: Value, posts: &[u32], accounts: usize| {
        let page = understood(&body.to_string()).unwrap();
        let ids: Vec<String> = page.posts.iter().map(|post| post.native_id.clone()).collect();
        let expected: Vec<String> = posts.iter().map(|id| format!("https://a.example/{id}")).collect();
        assert_eq!(ids, expected, "{body}");
        assert_eq!(page.accounts.len(), accounts, "{body}");
        assert_eq!(page.cursor, None, "{body}");
    };
    check(one(1), &[1], 0);
    check(json!([one(2), one(1)]), &[2, 1], 0);
    check(json!({"ancestors": [one(1)], "descendants": [one(3), one(2)]}), &[1, 3, 2], 0);
    check(json!({"accounts": [account], "statuses": [one(1)], "hashtags": []}), &[1], 1);
    check(account.clone(), &[], 1);
    check(json!([account, account]), &[], 2);
    check(json!([{"id": "5", "type": "mention", "account": account, "status": one(4)}]), &[4], 0);
    check(json!([{"id": "5", "accounts": [account], "last_status": one(4)}]), &[4], 0);
    check(json!([{"source": "x", "account": account}]), &[], 1);
    check(
        json!({"uri": "mast.example", "title": "M", "version": "4.5.0", "contact_account": account}),
        &[],
        0,
    );
    check(json!({"id": "7", "options": [{"title": "yes"}]}), &[], 0);
    check(json!([]), &[], 0);
    let gone = json!({"id": "1", "created_at": "2026-03-02T10:00:00Z", "account": {"acct": "lea"},
        "uri": "https://a.example/1", "text": "x"});
    let page = understood(&gone.to_string()).unwrap();
    assert_eq!(page.deletions[0].gone, Gone::Post("https://a.example/1".to_owned()));
    assert!(page.posts.is_empty());
    assert_eq!(understood(&account.to_string()).unwrap().accounts[0].status.as_deref(), Some("suspended"));
}

#[test]
fn other_software_says_the_same_in_its_own_way() {
    let status = |more: Value| {
        let mut status = json!({"id": "A1", "created_at": "2026-03-02T10:00:00Z", "uri": "https://a.example/A1",
            "content": "moka", "visibility": "public",
            "account": {"acct": "lea", "followers_count": "15", "statuses_count": 3.0}});
        status.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        status
    };
    let read = |more: Value| understood(&status(more).to_string()).unwrap().posts;
    let author = read(json!({})).remove(0).author.unwrap();
    assert_eq!((author.followers, author.posts), (Some(15), Some(3)));
    let quoted = json!({"id": "B", "uri": "https://b.example/9", "content": "nine", "created_at": "2026-03-01T10:00:00Z",
        "visibility": "public", "account": {"acct": "sam@b.example"}});
    for added in [
        json!({"pleroma": {"quote": quoted}}),
        json!({"akkoma": {"quote": quoted}}),
        json!({"quote": quoted}),
    ] {
        let posts = read(added);
        assert_eq!(posts[0].quote_of.as_deref(), Some("https://b.example/9"));
        assert_eq!((posts[0].kind, posts[1].text.as_str()), (Kind::Quote, "nine"));
    }
    let hidden = read(json!({"quote": null, "pleroma": {"quote": null, "quote_id": "B7"}}));
    assert_eq!(hidden[0].quote_of.as_deref(), Some("B7"));
    let pending = read(json!({"quote": {"state": "pending", "quoted_status": null}}));
    assert_eq!((pending[0].kind, pending[0].quote_of.as_deref()), (Kind::Post, None));
    assert_eq!(read(json!({"content": "", "content_text": "plain words"}))[0].text, "plain words");
    assert_eq!(read(json!({"content": null, "text": "plain words"}))[0].text, "plain words");
}

#[test]
fn a_refusal_says_what_is_missing() {
    let url = "https://mast.example/api/v1/timelines/public?limit=40";
    let refused =
        |status: u16, body: &str| plain().read(&answer(url, status, body), None).unwrap_err().to_string();
    insta::assert_snapshot!([
        refused(401, r#"{"error":"The access token is invalid"}"#),
        refused(422, r#"{"error":"This method requires an authenticated user"}"#),
        refused(404, r#"{"error":"Record not found"}"#),
        refused(200, "<!DOCTYPE html><html><title>Just a moment...</title></html>"),
        refused(200, "{}"),
        refused(200, "[1, 2]"),
        refused(200, ""),
        refused(200, "OK"),
    ].join("\n"), @r#"
    mastodon has not approved this (the server shows this only to people with an account there: set the secret `token`, or choose another `base_url` (it says "The access token is invalid")); ask it for the approval, or remove this source
    mastodon has not approved this (the server shows this only to people with an account there: set the secret `token`, or choose another `base_url` (it says "This method requires an authenticated user")); ask it for the approval, or remove this source
    failed to read posts from mastodon: the server answers "Record not found"
    failed to read posts from mastodon: a web page came instead of JSON: a block page, a bot check or a wrong address
    failed to read posts from mastodon: the answer is nothing that Mastodon says
    failed to read posts from mastodon: the list holds no statuses
    failed to read posts from mastodon: the answer is empty
    failed to read posts from mastodon: the answer is broken or cut off: expected value at line 1 column 1
    "#);
    plain().read(&answer("", 200, r#"{"colour":"blue"}"#), None).unwrap_err();
}

#[test]
fn sections_are_checked() {
    let build = |section: &str| (spec("mastodon").unwrap().build)(&section.parse().unwrap());
    assert_eq!(build("").unwrap().ask(None, Time(0)), Ask::Done);
    assert_eq!(build("base_url = 'mast.example'").unwrap_err().key, "base_url");
    assert_eq!(build("tags = ['two words']").unwrap_err().key, "tags");
    assert_eq!(build("timeline = 'home'").unwrap_err().key, "timeline");
    build("colour = 'blue'").unwrap_err();
    assert_eq!(build("accounts = ['@']").unwrap_err().key, "accounts");
    assert_eq!(build("search = [' ']").unwrap_err().key, "search");
    let asked = |section: &str| walk::following(build(section).unwrap().as_ref(), &mut None, Time(0)).url;
    assert_eq!(
        asked("tags = ['#café']\nbase_url = 'https://mast.example/'"),
        "https://mast.example/api/v1/timelines/tag/caf%C3%A9?limit=40"
    );
    assert_eq!(
        asked("timeline = 'local'\nmin_id = '5'"),
        "https://mastodon.social/api/v1/timelines/public?local=true&limit=40&min_id=5"
    );
    assert!(build("tags = ['a', 'b', 'c']").unwrap().pace().as_secs() >= 90);
}

#[test]
fn broken_answers_never_panic() {
    let network = build(walk::MOKA);
    let url = format!("{BASE}/api/v1/timelines/tag/moka?limit=40&min_id=1");
    for whole in [TIMELINE, STREAM] {
        for broken in corpus::broken(whole.as_bytes()) {
            let answer = Answer { body: broken, ..answer(&url, 200, "") };
            _ = network.read(&answer, Some(&Cursor("{\"at\":3".to_owned())));
        }
    }
}

/// Every public status in a value, however deep, but for what is nested in private ones.
fn public(value: &Value, found: &mut BTreeSet<String>, private: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| public(one, found, private)),
        Value::Object(fields) => {
            if let (Some(Value::String(uri)), Some(_), Some(visibility)) =
                (fields.get("uri"), fields.get("content"), fields.get("visibility"))
            {
                let boost = fields.get("reblog").is_some_and(|inner| !inner.is_null());
                if visibility != "public" {
                    private.insert(uri.clone());
                } else if !boost {
                    found.insert(uri.clone());
                }
            }
            fields.values().for_each(|inner| public(inner, found, private));
        }
        _ => {}
    }
}

#[test]
fn every_recorded_public_status_is_read() {
    let Some(files) = corpus::files("recorded/mastodon", "json") else { return };
    let network = build("");
    let (mut posts, mut statuses, mut hidden, mut accounts, mut deletions, mut errors) = (0, 0, 0, 0, 0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let answers = recorded::answers(&bytes, None, &[]);
        let (page, faults) = recorded::understand(network.as_ref(), &answers);
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        let (mut expected, mut private) = (BTreeSet::new(), BTreeSet::new());
        let mut refused = 0;
        for one in whole["interactions"].as_array().unwrap() {
            if one["response"]["status"] == 200 {
                public(&one["response"]["body"], &mut expected, &mut private);
            } else {
                refused += 1;
            }
        }
        let got: BTreeSet<String> = page.posts.iter().map(|post| post.native_id.clone()).collect();
        assert_eq!(got, expected, "{}", file.display());
        assert!(got.is_disjoint(&private), "{}", file.display());
        assert_eq!(faults.len(), refused, "{}: {faults:?}", file.display());
        for post in &page.posts {
            assert!(post.published.is_some() && post.permalink.is_some(), "{post:?}");
            assert!(post.author_name().contains('@'), "{post:?}");
        }
        posts += page.posts.len();
        statuses += expected.len();
        hidden += private.len();
        accounts += page.accounts.len();
        deletions += page.deletions.len();
        errors += faults.len();
    }
    println!(
        "mastodon: {} files, {posts} posts ({statuses} public statuses, all read; {hidden} others left), \
         {accounts} accounts, {deletions} deletions, {errors} refusals",
        files.len()
    );
    assert!(statuses > 0);
}
