//! Bluesky: what we understand of its streams and answers.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests stand outside test functions, where clippy does not allow them by itself"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Cursor, Network, Page, ReadError, spec};
use vigie::post::{Gone, Kind};
use vigie::time::Time;

mod firehose;
mod recorded;
mod search;
mod skim;

/// A moment after every fixture and recording.
const SEEN: Time = Time(1_795_400_000_000);

fn network(section: &str) -> Box<dyn Network> {
    (spec("bluesky").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn read(body: &[u8], status: u16) -> Result<Page, ReadError> {
    network("").read(&Answer { body: body.to_vec(), status, seen: SEEN, ..Answer::default() }, None)
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bluesky");
    let mut paths: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

fn fixture(name: &str) -> Page {
    let (_, body) = fixtures().into_iter().find(|(found, _)| found == name).unwrap();
    read(&body, 200).unwrap()
}

#[test]
fn every_shape_is_understood() {
    let mut all = String::new();
    for (name, body) in fixtures() {
        let said = match read(&body, 200) {
            Ok(page) => serde_json::to_string_pretty(&page).unwrap(),
            Err(error) => error.to_string(),
        };
        all += &format!("=== {name}\n{said}\n\n");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn cut_off_and_damaged_answers_never_panic() {
    for (_, body) in fixtures() {
        for end in 0..body.len() {
            drop(read(&body[..end], 200));
            let mut damaged = body.clone();
            damaged[end] ^= 0x15;
            drop(read(&damaged, 500));
        }
    }
    for bytes in
        [&[][..], b"\0", b"\xa1", b"\xff\xfe{", b"[[[[", b"\x28\xb5\x2f\xfd", b"<html>", b"null", b"{}"]
    {
        assert!(read(bytes, 200).is_err(), "{bytes:?}");
    }
}

#[test]
fn a_deeply_nested_record_loses_only_its_depths() {
    let (open, close) = ("[".repeat(5000), "]".repeat(5000));
    let event = format!(
        r#"{{"did":"did:plc:a","time_us":1790000000000000,"kind":"commit","commit":{{"operation":"create",
        "collection":"app.bsky.feed.post","rkey":"3a","record":{{"x":{open}{close},"text":"Brisemer"}}}}}}"#
    );
    assert_eq!(read(event.as_bytes(), 200).unwrap().posts[0].text, "Brisemer");
}

#[test]
fn several_messages_in_one_body_are_read_in_turn() {
    let mut lines = Vec::new();
    for name in ["create", "update", "delete"] {
        let (_, body) = fixtures().into_iter().find(|(found, _)| found == name).unwrap();
        lines.extend(serde_json::to_vec(&serde_json::from_slice::<Value>(&body).unwrap()).unwrap());
        lines.push(b'\n');
    }
    let page = read(&lines, 200).unwrap();
    assert_eq!((page.posts.len(), page.edits.len(), page.deletions.len()), (1, 1, 1));
    assert_eq!(page.posts[0].native_id, page.edits[0].native_id);
    assert_eq!(page.deletions[0].gone, Gone::Post(page.posts[0].native_id.clone()));
    assert_eq!(page.cursor, fixture("delete").cursor);
}

#[test]
fn a_stream_starts_live_or_looks_back_or_resumes_a_little_earlier() {
    let path = |section: &str, cursor: Option<&str>| {
        let cursor = cursor.map(|text| Cursor(text.to_owned()));
        let Ask::Listen(listen) = network(section).ask(cursor.as_ref(), Time(1_790_000_000_000)) else {
            panic!()
        };
        assert_eq!(listen.silence, Duration::from_secs(60));
        listen.path
    };
    let both = "/subscribe?wantedCollections=app.bsky.feed.post&wantedCollections=app.bsky.actor.profile";
    assert_eq!(path("", None), both);
    assert_eq!(path("", Some("junk")), both);
    assert_eq!(path("look_back = '1h'", None), format!("{both}&cursor=1789996400000000"));
    let resumed = format!("{both}&cursor=1789999935000000");
    assert_eq!(path("look_back = '1h'", Some(r#"{"time_us":1789999940000000}"#)), resumed);
    // the servers would take a cursor in the future for "live"
    assert_eq!(path("", Some(r#"{"time_us":1999999940000000}"#)), format!("{both}&cursor=1789999995000000"));
    let one = path("collections = ['app.bsky.feed.*']", None);
    assert_eq!(one, "/subscribe?wantedCollections=app.bsky.feed.*");
}

#[test]
fn every_base_address_can_be_changed() {
    let own = network(
        "hosts = ['ws://127.0.0.1:9/', 'wss://jet.example']\nappview = 'http://127.0.0.1:8/'
        web = 'https://social.example'\ncdn = 'https://cdn.social.example'",
    );
    let Ask::Listen(listen) = own.ask(None, SEEN) else { panic!() };
    assert_eq!(listen.hosts, ["ws://127.0.0.1:9", "wss://jet.example"]);
    let ids: Vec<String> = (0..30).map(|n| format!("did:plc:{n}")).collect();
    let url = own.profiles(&ids).unwrap().url;
    assert!(
        url.starts_with("http://127.0.0.1:8/xrpc/app.bsky.actor.getProfiles?actors=did%3Aplc%3A0&actors=")
    );
    assert_eq!(url.matches("actors=").count(), 25);
    assert_eq!(own.profiles(&[]), None);
    let (_, body) = fixtures().into_iter().find(|(name, _)| name == "quote").unwrap();
    let page = own.read(&Answer { body, ..Answer::default() }, None).unwrap();
    let post = &page.posts[0];
    assert!(post.permalink.as_deref().unwrap().starts_with("https://social.example/profile/did:plc:"));
    assert!(post.media[0].url.as_deref().unwrap().starts_with("https://cdn.social.example/img/"));
}

#[test]
fn a_wrong_section_names_its_key() {
    let fault = |section: &str| {
        (spec("bluesky").unwrap().build)(&section.parse().unwrap()).err().map(|error| error.to_string())
    };
    let said: Vec<String> = [
        "hosts = []",
        "hosts = ['https://jet.example']",
        "appview = 'public.api.example'",
        "collections = []",
        "collections = ['app bsky']",
        "look_back = 'yesterday'",
        "gap_after = '0s'",
        "web = 'ftp://social.example'",
        "jetstream = 3",
        "service = 'bsky'",
        "search = [' ']",
        "colections = []",
    ]
    .iter()
    .map(|section| fault(section).unwrap_or_else(|| panic!("{section} was accepted")))
    .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_jump_of_the_stream_is_a_gap() {
    let missed = |section: &str, last: i64, first: i64, seen: i64| {
        let body = json!({"did": "did:plc:a", "time_us": first * 1_000_000, "kind": "weather"}).to_string();
        let answer = Answer { body: body.into_bytes(), seen: Time(seen * 1000), ..Answer::default() };
        let cursor = Cursor(json!({"time_us": last * 1_000_000}).to_string());
        network(section).read(&answer, Some(&cursor)).unwrap().missed.map(|gap| gap.to.since(gap.from) / 1000)
    };
    let start = 1_790_000_000;
    assert_eq!(missed("", start, start + 599, start + 600), None);
    assert_eq!(missed("", start, start + 601, start + 700), Some(601));
    assert_eq!(missed("", start, start - 5, start + 7200), None, "replayed a little");
    assert_eq!(missed("gap_after = '2h'", start, start + 3600, start + 3600), None);
    // a day away: the stream is a replay, and a minute without events does not happen there
    assert_eq!(missed("", start, start + 61, start + 140_000), Some(61));
    assert_eq!(missed("", start, start + 59, start + 140_000), None);
}

#[test]
fn the_second_version_is_asked_in_its_own_words() {
    let Ask::Listen(listen) = network("jetstream = 2").ask(None, SEEN) else { panic!() };
    let method = "/xrpc/network.bsky.jetstream.subscribeEvents";
    let both = format!("{method}?collections=app.bsky.feed.post&collections=app.bsky.actor.profile");
    assert_eq!((&listen.path, listen.hello.len()), (&both, 0));
    let cursor = Cursor(r#"{"time_us":1789999940000000}"#.to_owned());
    let Ask::Listen(listen) = network("jetstream = 2").ask(Some(&cursor), SEEN) else { panic!() };
    assert_eq!(listen.path, format!("{both}&cursor=1789999935000000"));
}

#[test]
fn what_the_second_version_says_it_no_longer_holds_is_a_gap() {
    let v2 = network("jetstream = 2");
    let message = |payload: Value| json!({"$type": "message", "payload": payload}).to_string();
    let kind = |kind: &str| format!("network.bsky.jetstream.subscribeEvents#{kind}");
    let read = |body: String, cursor: &Cursor| {
        v2.read(&Answer { body: body.into(), seen: SEEN, ..Answer::default() }, Some(cursor)).unwrap()
    };
    let last = Time(SEEN.0 - 40 * 3_600_000);
    let cursor = Cursor(json!({"time_us": last.0 * 1000}).to_string());
    let info =
        message(json!({"$type": kind("info"), "name": "OutdatedCursor", "message": "resumed from 12"}));
    let page = read(info, &cursor);
    assert_eq!((&page.missed, page.until), (&None, None));
    // the next event is only seconds later, but told to be the oldest
    let first = last.plus(30_000);
    let event =
        message(json!({"$type": kind("sync"), "seq": 12, "did": "did:plc:a", "time": first, "sync": {}}));
    let told = read(event.clone(), &page.cursor.unwrap());
    assert_eq!(told.missed.map(|gap| (gap.from, gap.to)), Some((last, first)));
    assert_eq!(read(event.clone(), &told.cursor.unwrap()).missed, None, "it is told once");
    assert_eq!(read(event, &cursor).missed, None);
}

#[test]
fn every_event_moves_the_cursor() {
    for name in ["create", "delete_like", "unknown_kind", "account_active", "v2_sync"] {
        let page = fixture(name);
        assert!(page.cursor.is_some() && page.until.is_some(), "{name}");
    }
    for name in ["getProfiles", "getAuthorFeed", "v2_info"] {
        assert_eq!((fixture(name).cursor, fixture(name).until), (None, None), "{name}");
    }
}

#[test]
fn only_accounts_that_are_gone_are_deleted() {
    let states = |active: bool, status: Option<&str>| {
        let event = json!({"did": "did:plc:a", "time_us": 1, "kind": "account",
            "account": {"active": active, "status": status, "did": "did:plc:a"}});
        let page = read(event.to_string().as_bytes(), 200).unwrap();
        (page.deletions.len(), page.accounts[0].status.clone())
    };
    for status in ["deleted", "takendown", "suspended", "deactivated", "some-new-word"] {
        assert_eq!(states(false, Some(status)), (1, Some(status.to_owned())));
    }
    for status in ["desynchronized", "throttled"] {
        assert_eq!(states(false, Some(status)), (0, Some(status.to_owned())));
        assert_eq!(states(true, Some(status)), (0, Some(status.to_owned())));
    }
    assert_eq!(states(false, None), (1, Some("inactive".to_owned())));
    assert_eq!(states(true, None), (0, Some("active".to_owned())));
}

#[test]
fn kinds_follow_from_references() {
    for (name, kind) in
        [("create", Kind::Post), ("quote", Kind::Quote), ("reply", Kind::Reply), ("repost", Kind::Repost)]
    {
        assert_eq!(fixture(name).posts[0].kind, kind, "{name}");
    }
    assert_eq!(fixture("quote_of_a_list").posts[0].quote_of, None);
}

#[test]
fn who_asked_not_to_be_shown_to_the_signed_out_is_quiet() {
    let post = |id: u32, labels: &[&str]| {
        let labels: Vec<_> =
            labels.iter().map(|label| serde_json::json!({"src": "did:plc:a", "val": label})).collect();
        serde_json::json!({"uri": format!("at://did:plc:a/app.bsky.feed.post/{id}"), "indexedAt": "2026-10-01T00:00:00Z",
            "author": {"did": "did:plc:a", "handle": "a.example", "labels": labels},
            "record": {"text": "moka", "createdAt": "2026-10-01T00:00:00Z"}})
    };
    let body =
        serde_json::json!({"posts": [post(1, &[]), post(2, &["bot", "!no-unauthenticated"])]}).to_string();
    let page = read(body.as_bytes(), 200).unwrap();
    assert_eq!(page.posts.iter().map(|post| post.quiet).collect::<Vec<_>>(), [false, true]);
}
