//! Recorded answers: the forms of file, told apart by what they hold.

use serde_json::json;
use vigie::network::{Answer, Method, recorded, spec};
use vigie::time::Time;

use crate::corpus;

fn answers(text: impl AsRef<[u8]>) -> Vec<Answer> {
    recorded::answers(
        text.as_ref(),
        Some("https://a.example/feed?x=1"),
        &[("ETag".to_owned(), "\"7\"".to_owned())],
    )
}

/// The bodies that a file is taken apart into.
#[track_caller]
fn check(file: impl AsRef<[u8]>, bodies: &[&[u8]]) {
    let got: Vec<Vec<u8>> = answers(file.as_ref()).into_iter().map(|answer| answer.body).collect();
    assert_eq!(got, bodies, "{}", String::from_utf8_lossy(file.as_ref()));
}

fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(message.len()).unwrap().to_le_bytes().to_vec();
    frame.extend(message);
    frame
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf32(text: &str) -> Vec<u8> {
    text.chars().flat_map(|sign| u32::from(sign).to_le_bytes()).collect()
}

#[test]
fn a_bare_body_stays_whole() {
    for body in [
        "<?xml version=\"1.0\"?>\n<rss/>\n",
        "{\n  \"id\": 1,\n  \"list\": [\n    {\"a\": 1},\n    {\"a\": 2}\n  ]\n}\n",
        "[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]",
        "[{\"a\":1},\n{\"a\":2},\n{\"a\":",
        "[\n{\"a\":1},\n{\"a\":2},\n",
        "{\n\"a\": [\n[1],\n[2],\n[3]\n",
        "{\"posts\": [1, 2]}",
        "null",
        "",
        "event: update\ndata: {\"a\":1}\n\n",
        "{\"interactions\": 3}",
        "{\"interactions\": [{\"user\": 1}]}",
        "[{\"path\": \"a\", \"status\": \"open\"}]",
        "{\"request\": \"a\", \"response\": \"b\"}",
    ] {
        check(body, &[body.as_bytes()]);
    }
    let xml = format!("<?xml version='1.0'?><rss>{}</rss>", "<item/>".repeat(20_000));
    for binary in [
        utf16(&xml),
        utf16(&format!("\u{feff}{xml}")),
        utf32(&xml),
        utf32(&format!("\u{feff}{xml}")),
        utf32("[{\"a\":1}]"),
        vec![0xff; 40],
        vec![0; 40],
        vec![1, 0, 0, 0],
        vec![5, 0, 0, 0, b'{', b'}'],
        vec![2, 0, 0, 0, b'<', b'a'],
    ] {
        check(&binary, &[&binary]);
    }
    let one = &answers("x")[0];
    assert_eq!((one.status, one.url()), (200, "https://a.example/feed?x=1"));
    assert_eq!(one.header("etag"), Some("\"7\""));
}

#[test]
fn lines_of_json_are_one_answer_each() {
    check("{\"a\":1}\n{\"b\":2}\r\n\n[\"EOSE\"]\n", &[b"{\"a\":1}", b"{\"b\":2}", b"[\"EOSE\"]"]);
    check("{\"a\":1}\nnull\n{\"b\":2}", &[b"{\"a\":1}", b"null", b"{\"b\":2}"]);
    // a broken or cut line is told, not passed over
    check("{\"a\":1}\n{\"b\":2}\n{\"c\"", &[b"{\"a\":1}", b"{\"b\":2}", b"{\"c\""]);
    check("{\"a\":1}\n{\"b\":!}\n{\"c\":3}", &[b"{\"a\":1}", b"{\"b\":!}", b"{\"c\":3}"]);
}

#[test]
fn frames_are_one_answer_each() {
    let (one, two) = (b"{\"a\":1}", b"\xa2\x61t\x01\x62op\x01");
    check([frame(one), frame(two)].concat(), &[one, two]);
    check([frame(two), frame(one)].concat(), &[two, one]);
    let cut = [frame(one), frame(two)].concat();
    check(&cut[..cut.len() - 2], &[one, &two[..two.len() - 2]]);
}

#[test]
fn exchanges_keep_what_was_asked_and_answered() {
    let file = json!({"source": "t", "interactions": [
        {"request": {"method": "GET", "uri": "https://b.example/1", "body": null},
         "response": {"status": 200, "headers": {"Link": "<x>", "date": "Sun, 06 Nov 1994 08:49:37 GMT", "set": ["1", "2"]}, "body": {"a": 1}}},
        {"request": {"method": "HEAD", "uri": "https://b.example/2"}, "response": {"status": 200, "headers": {}, "body": ""}},
        {"request": {"method": "POST", "path": "/xrpc/q", "params": {"q": "a b", "u": ["1", "2"]}, "body": {"z": 1}},
         "response": {"status": 404, "headers": {}, "body": "<p>no</p>"}},
        {"request": {"url": "https://b.example/3"}, "response": {"status": {"code": 429}, "body": null}},
    ]});
    let got = answers(file.to_string());
    assert_eq!(got.len(), 3);
    assert_eq!(
        (got[0].url(), got[0].status, got[0].body.as_slice()),
        ("https://b.example/1", 200, &b"{\"a\":1}"[..])
    );
    assert_eq!((got[0].header("link"), got[0].header("set")), (Some("<x>"), Some("1")));
    assert_eq!(got[0].seen, Time(784_111_777_000));
    assert_eq!(got[1].url(), "https://a.example/xrpc/q?q=a+b&u=1&u=2");
    assert_eq!(
        (got[1].request.method, got[1].request.body.as_deref()),
        (Method::Post, Some(&b"{\"z\":1}"[..]))
    );
    assert_eq!((got[1].status, got[1].body.as_slice()), (404, &b"<p>no</p>"[..]));
    assert_eq!((got[2].status, got[2].body.as_slice()), (429, &b"null"[..]));
    // pretty-printed, one a line, and without an address to lean on
    assert_eq!(answers(serde_json::to_string_pretty(&file).unwrap()).len(), 3);
    let one = file["interactions"][0].to_string();
    assert_eq!(answers(format!("{one}\n{one}\n"))[1].url(), "https://b.example/1");
    assert_eq!(recorded::answers(file.to_string().as_bytes(), None, &[])[1].url(), "/xrpc/q?q=a+b&u=1&u=2");

    let flat = json!([{"scope": "https://api.b.example:443", "method": "get", "path": "/search?q=x", "body": "",
        "status": 422, "response": {"m": 1}, "rawHeaders": ["Server", "b"]}]);
    let got = answers(flat.to_string());
    assert_eq!((got[0].url(), got[0].status), ("https://api.b.example/search?q=x", 422));
    assert_eq!((got[0].header("server"), got[0].body.as_slice()), (Some("b"), &b"{\"m\":1}"[..]));
}

#[test]
fn one_that_fails_does_not_take_the_others_with_it() {
    let status = |id: u32| {
        json!({"id": id.to_string(), "created_at": "2026-03-02T10:00:00Z", "account": {"acct": "lea"},
            "uri": format!("https://b.example/{id}"), "content": "x", "visibility": "public"})
    };
    let exchange = |status: u16, body: serde_json::Value| {
        json!({"request": {"method": "GET", "uri": "https://b.example/api/v1/timelines/public"},
            "response": {"status": status, "headers": {}, "body": body}})
    };
    let file = json!({"interactions": [
        exchange(200, json!([status(2), status(1)])),
        exchange(503, json!("<html>")),
        exchange(500, json!([status(9)])),
        exchange(200, json!("{")),
        exchange(304, json!("")),
        exchange(200, json!([status(3)])),
    ]});
    let network = (spec("mastodon").unwrap().build)(&toml::Table::new()).unwrap();
    let (page, errors) = recorded::understand(network.as_ref(), &answers(file.to_string()));
    let ids: Vec<&str> = page.posts.iter().map(|post| post.native_id.as_str()).collect();
    assert_eq!(ids, ["https://b.example/2", "https://b.example/1", "https://b.example/3"]);
    assert!(page.cursor.unwrap().0.contains("\"3\""), "the cursor moves on from one to the next");
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    mastodon cannot answer now (the server answers "status 503"); Vigie tries again
    mastodon cannot answer now (the server answers "status 500"); Vigie tries again
    failed to read posts from mastodon: the answer is broken or cut off: EOF while parsing an object at line 1 column 1
    "#);
}

#[test]
fn broken_files_never_panic() {
    let file = json!({"interactions": [{"request": {"uri": "https://b.example"}, "response": {"status": 200, "body": []}}]});
    let frames = [frame(b"{\"a\":1}"), frame(b"[1]")].concat();
    for whole in [file.to_string().as_bytes(), b"{\"a\":1}\n{\"b\":2}\n", &frames] {
        for broken in corpus::broken(whole) {
            answers(broken);
        }
    }
}

#[test]
fn every_recorded_file_is_taken_apart() {
    let count = |name: &str| {
        let Some(files) = corpus::files("recorded", name.rsplit('.').next().unwrap()) else { return 0 };
        let file = files.iter().find(|file| file.ends_with(name)).unwrap();
        let bytes = std::fs::read(file).unwrap();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
        let got = recorded::answers(&bytes, None, &[]).len();
        println!("{name}: {got} answers");
        if name.ends_with(".jsonl") {
            assert_eq!(got, lines);
        }
        got
    };
    let Some(files) = corpus::files("recorded", "xml") else { return };
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        assert_eq!(recorded::answers(&bytes, None, &[])[0].body, bytes, "{}", file.display());
    }
    assert_eq!(count("firehose/relay-frames.bin"), 75);
    assert!(count("firehose/local-pds-frames.bin") > 4);
    assert!(count("firehose/jetstream-v1-expected.jsonl") > 1);
    assert!(count("nostr/session.jsonl") > 1);
    assert_eq!(count("github/errors.json"), 1);
    assert_eq!(count("github/errors.raw.json"), 3);
    let mut exchanges = 0;
    let files = corpus::files("recorded", "json").unwrap();
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let answers = recorded::answers(&bytes, None, &[]);
        let whole: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if let Some(all) = whole.get("interactions").and_then(|all| all.as_array()) {
            let heads = all.iter().filter(|one| one["request"]["method"] == "HEAD").count();
            assert_eq!(answers.len(), all.len() - heads, "{}", file.display());
            exchanges += answers.len();
        } else if !file.components().any(|part| part.as_os_str() == "github") {
            assert_eq!(answers.len(), 1, "{}", file.display());
            assert_eq!(answers[0].body, bytes);
        }
    }
    println!("recorded: {} JSON files, {exchanges} exchanges", files.len());
}
