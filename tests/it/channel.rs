//! Chats and programs that are told too: one stage with one retry policy, the forms they take, signatures, and no secret
//! in anything that is said of them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use vigie::alert::{Content, On};
use vigie::deliver::hook::{Hook, Hooks};
use vigie::deliver::{Courier, Fault, Patience, Transport};
use vigie::fetch::{Fetch, FetchConfig};
use vigie::keyword::BrandId;
use vigie::mail::{Form, Language, brief, chat};
use vigie::mention::Mention;
use vigie::network::Key;
use vigie::post::{Author, NetworkName, Post};
use vigie::relevance::Relevance;
use vigie::store::alerts::{Due, Outcome};
use vigie::time::Time;

use super::server::{Reply, Server};

fn now() -> Time {
    Time::parse("2026-06-10T12:00:00Z").unwrap()
}

/// What a stranger wrote who would like to call everybody.
const HOSTILE: &str = "<!channel> @everyone @here <script>alert(1)</script> **Molivelle** [free](https://evil.example) & <@U123>";

fn content() -> Content {
    let mut post = Post::new(NetworkName::known("mastodon"), "1");
    HOSTILE.clone_into(&mut post.text);
    post.permalink = Some("https://social.example/@eve/1".to_owned());
    post.author =
        Some(Author { native_id: "1".to_owned(), handle: Some("eve".to_owned()), ..Author::default() });
    let mention = Mention {
        id: 1,
        brand: BrandId("molivelle".into()),
        version: String::new(),
        tags: Vec::new(),
        trace: String::new(),
        post,
        story: None,
        sentiment: None,
        lang: None,
        relevance: Relevance { permille: 1000, rule: String::new() },
        doubtful: false,
        source: "fediverse".to_owned(),
        example: false,
        seen: now(),
        matched: now(),
        counted: now(),
    };
    Content {
        rule: "mentions".to_owned(),
        on: On::NewMention,
        mentions: vec![mention],
        by_brand: vec![("Molivelle".to_owned(), 1)],
        suspects: Vec::new(),
        troubles: Vec::new(),
        events: Vec::new(),
        asks: None,
        names: vec![(BrandId("molivelle".into()), "Molivelle".to_owned())],
        gaps: Vec::new(),
        grouping: (30, 300),
        written: now(),
        test: false,
        answer_to: None,
    }
}

fn body(form: Form) -> Vec<u8> {
    let content = content();
    let brief = brief(&content, Language::En, &jiff::tz::TimeZone::UTC);
    chat::body(form, "abc@molivelle.example", &content, &brief, true)
}

fn due(form: Form) -> Due {
    Due {
        id: 1,
        kind: "alert".to_owned(),
        recipient: "channel:ops".to_owned(),
        message_id: "<abc@molivelle.example>".to_owned(),
        written: now(),
        attempts: 0,
        bytes: body(form),
        html: String::new(),
    }
}

/// A courier with one channel `ops` at this path of the server, whose secrets all hold "hush".
fn courier(server: &Server, form: Form, path: &str) -> Courier {
    let fetch = FetchConfig {
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        pause: Duration::ZERO,
        ..FetchConfig::default()
    };
    let hook = Hook {
        form,
        url: Key::new(server.url(path)),
        key: Some(Key::new("hush-key")),
        token: Some(Key::new("hush-token")),
    };
    let hooks = Hooks {
        fetch: Arc::new(Fetch::new(fetch, now).unwrap()),
        hooks: HashMap::from([("ops".to_owned(), hook)]),
    };
    let from = "vigie@molivelle.example".parse().unwrap();
    let patience = Patience { answer: Duration::from_secs(2), waits: vec![Duration::from_secs(60)] };
    Courier::new(&Transport::Folder(PathBuf::from("nowhere")), &from, None)
        .unwrap()
        .with_patience(patience)
        .with_hooks(hooks)
}

#[tokio::test]
async fn every_form_is_taken_and_a_repeat_is_the_same_message() {
    for (word, form) in Form::ALL {
        let server = Server::start(|_| Reply::ok("ok")).await;
        let courier = courier(&server, *form, "/hooks/hush");
        for _ in 0..2 {
            let delivered = courier.send(&due(*form), now).await;
            assert_eq!(delivered.outcome, Outcome::Sent("200 ops".to_owned()), "{word}");
        }
        let asked = server.asked();
        assert_eq!(asked.len(), 2, "{word}");
        assert_eq!(asked[0].body, asked[1].body, "{word}");
        let header = |name: &str| asked[0].header(name).map(str::to_owned);
        assert_eq!(
            (asked[0].method.as_str(), header("content-type").as_deref()),
            ("POST", Some("application/json"))
        );
        assert_eq!(header("webhook-id").as_deref(), Some("abc@molivelle.example"));
        assert!(header("webhook-signature").unwrap().starts_with("v1,"), "{word}");
        let said: Value = serde_json::from_slice(&asked[0].body).unwrap();
        match form {
            Form::Ntfy => {
                assert_eq!((asked[0].path.as_str(), &said["topic"]), ("/", &"hooks/hush".into()));
                assert_eq!(header("authorization").as_deref(), Some("Bearer hush-token"));
                assert_eq!(said["priority"], 5);
            }
            Form::Webhook => {
                assert_eq!(said["type"], "alert.new_mention");
                assert_eq!(said["data"]["mentions"][0]["post"]["text"], HOSTILE);
            }
            Form::Discord => assert_eq!(said["allowed_mentions"]["parse"], serde_json::json!([])),
            Form::Slack => assert_eq!(said["blocks"][0]["type"], "header"),
            Form::Teams => assert_eq!(said["attachments"][0]["content"]["type"], "AdaptiveCard"),
            Form::Mattermost => assert!(said["text"].as_str().unwrap().starts_with("#### Molivelle")),
        }
    }
}

/// Every text in a value that a chat reads as its own markup, by `is_marked`.
fn texts(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| texts(one, out)),
        Value::Object(all) => all.values().for_each(|one| texts(one, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn strangers_call_nobody_and_mark_nothing_up() {
    for form in [Form::Discord, Form::Teams, Form::Mattermost] {
        let said: Value = serde_json::from_slice(&body(form)).unwrap();
        let mut all = Vec::new();
        texts(&said, &mut all);
        let all = all.join("\n");
        for called in ["@everyone", "@here", " <script", " **Molivelle**", "[free](", "<!channel"] {
            assert!(!all.contains(called), "{form:?}: {called} in {all}");
        }
    }
    // In Slack plain text is no markup at all; what is markup holds our own links only.
    let said: Value = serde_json::from_slice(&body(Form::Slack)).unwrap();
    for block in said["blocks"].as_array().unwrap() {
        for text in [&block["text"], &block["elements"][0]] {
            if text["type"] == "mrkdwn" {
                assert_eq!(text["text"], "<https://social.example/@eve/1>");
            }
        }
    }
    assert!(!said["text"].as_str().unwrap().contains('<'));
}

#[tokio::test]
async fn what_a_channel_answers_decides_and_no_secret_is_told() {
    let table: &[(&str, Reply, Option<i64>)] = &[
        ("500", Reply::status(500).body("hush"), Some(60)),
        ("429 with a wait", Reply::status(429).header("retry-after", "600"), Some(600)),
        ("429", Reply::status(429), Some(60)),
        ("401", Reply::status(401).body("bad token hush-token"), Some(60)),
        ("404", Reply::status(404), None),
        ("410", Reply::status(410), None),
        ("400", Reply::status(400).body("invalid hush"), None),
        ("cut off", Reply::reset(), Some(60)),
        ("hangs", Reply::hang(), Some(60)),
    ];
    for (what, reply, again) in table {
        let reply = reply.clone();
        let server = Server::start(move |_| reply.clone()).await;
        let delivered = courier(&server, Form::Slack, "/services/hush").send(&due(Form::Slack), now).await;
        // The mail server is not blamed for it.
        assert_eq!(delivered.fault, Fault::Mail, "{what}");
        let told = match (&delivered.outcome, again) {
            (Outcome::Retry(told, next), Some(seconds)) => {
                let wait = next.since(now()) / 1000;
                assert!((*seconds..=seconds + 6).contains(&wait), "{what}: {wait} s");
                told
            }
            (Outcome::Failed(told), None) => told,
            (outcome, _) => panic!("{what}: {outcome:?}"),
        };
        assert!(
            !told.contains("hush") && told.contains("127.0.0.1") || told.contains("no answer within"),
            "{what}: {told}"
        );
        assert!(!format!("{delivered:?}").contains("hush"), "{what}");
    }
    let server = Server::start(|_| Reply::ok("ok")).await;
    let courier = courier(&server, Form::Slack, "/services/hush");
    assert!(!format!("{courier:?}").contains("hush"), "{courier:?}");
    // A channel that is no longer configured, and a message that has waited for three days.
    let gone = Due { recipient: "channel:gone".to_owned(), ..due(Form::Slack) };
    assert!(matches!(courier.send(&gone, now).await.outcome, Outcome::Failed(_)));
}
