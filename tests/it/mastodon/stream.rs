//! Streams with a user's token: what is subscribed to, and what a new connection asks beside.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request as Handshake, Response};
use tokio_util::sync::CancellationToken;
use vigie::fetch::Fetch;
use vigie::network::{Answer, Ask, Cursor, Listen, Network, spec};
use vigie::post::{Gone, NetworkName};
use vigie::source::{Client, Event, Mode, Patience, Source, follow};
use vigie::time::Time;

use super::{BASE, answer, build};
use crate::fetch::{clock, config};
use crate::server::{Reply, Server};

const NOW: Time = Time(1_772_450_000_000);

fn with_token(source: &str) -> Box<dyn Network> {
    build(&format!("base_url = '{BASE}'\ntoken = 's3cret'\n{source}"))
}

fn told(network: &dyn Network, info: &Value) -> Option<Cursor> {
    let Ask::Fetch(request) = network.ask(None, NOW) else { panic!() };
    network.read(&Answer { request, seen: NOW, ..answer("", 200, &info.to_string()) }, None).unwrap().cursor
}

fn listen(source: &str, info: &Value) -> Listen {
    let network = with_token(source);
    match network.ask(told(network.as_ref(), info).as_ref(), NOW) {
        Ask::Listen(listen) => listen,
        other => panic!("{other:?}"),
    }
}

fn status(id: &str) -> Value {
    json!({"id": id, "created_at": NOW, "uri": format!("https://a.example/{id}"), "content": "moka",
        "account": {"acct": "lea"}, "visibility": "public"})
}

#[test]
fn several_streams_share_one_socket() {
    let urls =
        json!({"version": "4.6", "configuration": {"urls": {"streaming": "wss://streaming.mast.example"}}});
    let heard = listen("tags = ['moka', '#Café']\ntimeline = 'public'", &urls);
    assert_eq!(heard.hosts, ["wss://streaming.mast.example"]);
    // the first one stands in the address as well: some servers want one there
    assert_eq!(heard.path, "/api/v1/streaming?stream=hashtag&tag=moka");
    assert!(heard.headers.contains(&("authorization".to_owned(), "Bearer s3cret".to_owned())));
    assert_eq!(
        heard.hello,
        [
            r#"{"stream":"hashtag","tag":"moka","type":"subscribe"}"#,
            r#"{"stream":"hashtag","tag":"Café","type":"subscribe"}"#,
            r#"{"stream":"public","type":"subscribe"}"#,
        ]
    );
    // half of it, where only half may be seen
    let half = json!({"version": "4.6", "configuration": {"timelines_access": {
        "live_feeds": {"local": "public", "remote": "disabled"},
        "hashtag_feeds": {"local": "authenticated", "remote": "disabled"}}}});
    let heard = listen("tags = ['moka']\ntimeline = 'public'", &half);
    assert_eq!(heard.hosts, ["wss://mast.example"], "the server itself, when it names no other");
    assert_eq!(
        heard.hello,
        [
            r#"{"stream":"hashtag:local","tag":"moka","type":"subscribe"}"#,
            r#"{"stream":"public:local","type":"subscribe"}"#,
        ]
    );
    // the form of version 1, an address with a path, and one that would tell the token to everybody
    let old = json!({"uri": "mast.example", "version": "2.9", "urls": {"streaming_api": "ws://s.example/api/v1/streaming/"}});
    let heard = listen("timeline = 'local'", &old);
    assert_eq!(
        (&heard.hosts[..], &*heard.path),
        (&["wss://s.example".to_owned()][..], "/api/v1/streaming?stream=public%3Alocal")
    );
    assert_eq!(heard.hello, [r#"{"stream":"public:local","type":"subscribe"}"#]);
}

#[test]
fn without_a_token_or_a_stream_the_server_is_asked() {
    let polled = |source: &str| {
        let network = build(&format!("base_url = '{BASE}'\n{source}"));
        let cursor = told(network.as_ref(), &json!({"version": "4.6"}));
        let asked = matches!(network.ask(cursor.as_ref(), NOW), Ask::Fetch(_));
        asked && network.catch_up(cursor.as_ref(), NOW).is_none()
    };
    assert!(polled("tags = ['moka']"));
    assert!(polled("tags = ['moka']\ntoken = ' '"));
    assert!(polled("tags = ['moka']\ntoken = 's3cret'\nstreaming = false"));
    assert!(polled("search = ['moka']\ntoken = 's3cret'"));
    assert!(!polled("tags = ['moka']\ntoken = 's3cret'"));
    assert!(!with_token("tags = ['moka']").asks_beside());
    assert!(with_token("tags = ['moka']\nsearch = ['moka']").asks_beside());
}

#[test]
fn the_next_catch_up_starts_before_the_last_post_of_the_stream() {
    let network = with_token("tags = ['Moka']");
    let mut cursor = told(network.as_ref(), &json!({"version": "4.6"}));
    let message = |event: &str, payload: String| json!({"stream": ["hashtag", "moka"], "event": event, "payload": payload});
    let heard = |cursor: &Option<Cursor>, message: &Value, seen: Time| {
        let url = "wss://mast.example/api/v1/streaming";
        network.read(&Answer { seen, ..answer(url, 200, &message.to_string()) }, cursor.as_ref()).unwrap()
    };
    // nothing has been asked yet: a stream that starts in the middle leaves no mark
    assert_eq!(heard(&cursor, &message("update", status("500").to_string()), NOW).cursor, None);
    let request = network.catch_up(cursor.as_ref(), NOW).unwrap();
    assert!(request.url.ends_with("/tag/Moka?limit=40"));
    let list = json!([status("600")]).to_string();
    cursor = network
        .read(&Answer { request, seen: NOW, ..answer("", 200, &list) }, cursor.as_ref())
        .unwrap()
        .cursor;
    for minute in 1..40 {
        let mut later = status(&(600 + minute).to_string());
        let at = NOW.plus(minute * 60_000);
        later["created_at"] = json!(at);
        let page = heard(&cursor, &message("update", later.to_string()), at);
        assert_eq!(page.posts.len(), 1);
        cursor = page.cursor.or(cursor);
    }
    let request = network.catch_up(cursor.as_ref(), NOW).unwrap();
    assert!(request.url.ends_with("min_id=624"), "15 minutes before: {}", request.url);
    let error = json!({"error": "Unknown stream type", "status": 400});
    let url = "wss://mast.example/api/v1/streaming";
    network.read(&answer(url, 200, &error.to_string()), None).unwrap_err();
}

/// A server with posts 1 to 100 that grow, and a stream that says what it is told to.
#[tokio::test]
async fn what_falls_between_two_connections_is_caught_up_and_merged() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let streaming = format!("ws://{}", listener.local_addr().unwrap());
    let posts = Arc::new(Mutex::new((1..=30).map(|id| id.to_string()).collect::<Vec<String>>()));
    let known = Arc::clone(&posts);
    let web = Server::start(move |asked| {
        if asked.path == "/api/v2/instance" {
            return Reply::ok(
                json!({"version": "4.6", "configuration": {"urls": {"streaming": streaming}}}).to_string(),
            );
        }
        assert_eq!(asked.header("authorization"), Some("Bearer s3cret"));
        let min: u64 = asked.path.split("min_id=").nth(1).map_or(0, |id| id.parse().unwrap());
        let known = known.lock().unwrap();
        let newer = known.iter().filter(|id| id.parse::<u64>().unwrap() > min);
        let page: Vec<Value> = newer.take(40).map(|id| status(id)).collect();
        Reply::ok(Value::from(page.into_iter().rev().collect::<Vec<_>>()).to_string())
    })
    .await;
    let mut tasks = JoinSet::new();
    let growing = Arc::clone(&posts);
    tasks.spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            let mut path = String::new();
            #[expect(clippy::result_large_err, reason = "the library asks for it")]
            let note = |request: &Handshake, response: Response| {
                assert_eq!(request.headers()["authorization"], "Bearer s3cret");
                path = request.uri().path().to_owned();
                Ok(response)
            };
            let mut socket = tokio_tungstenite::accept_hdr_async(stream, note).await.unwrap();
            assert_eq!(path, "/api/v1/streaming");
            let hello = socket.next().await.unwrap().unwrap();
            assert_eq!(hello.to_text().unwrap(), r#"{"stream":"hashtag","tag":"moka","type":"subscribe"}"#);
            let say = |event: &str, payload: String| {
                Message::text(
                    json!({"stream": ["hashtag", "moka"], "event": event, "payload": payload}).to_string(),
                )
            };
            let first = 100 * (connection + 1);
            for id in first..first + 5 {
                growing.lock().unwrap().push(id.to_string());
                socket.send(say("update", status(&id.to_string()).to_string())).await.unwrap();
            }
            if connection == 0 {
                // while nobody listens
                growing.lock().unwrap().extend((150..160).map(|id| id.to_string()));
                tokio::time::sleep(Duration::from_millis(300)).await;
                continue;
            }
            socket.send(say("status.update", status("200").to_string())).await.unwrap();
            socket.send(say("delete", "201".to_owned())).await.unwrap();
            while socket.next().await.is_some() {}
        }
    });
    let section: toml::Table =
        format!("base_url = '{}'\ntoken = 's3cret'\ntags = ['moka']", web.url("")).parse().unwrap();
    let network = (spec("mastodon").unwrap().build)(&section).unwrap();
    let (out, mut events) = mpsc::channel(100);
    let (first, longest, hop) =
        (Duration::from_millis(20), Duration::from_millis(50), Duration::from_millis(5));
    let source = Source {
        patience: Patience { first, longest, hop },
        ..Source::new("fedi", NetworkName::known("mastodon"), network.into())
    };
    let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
    let stop = CancellationToken::new();
    tasks.spawn(async move {
        let client = Arc::new(Client::new(&source, fetch, out.clone(), clock));
        follow(source, client, None, out, stop, clock, Mode::Watch).await;
    });
    let (mut ids, mut edits, mut gone) = (std::collections::BTreeSet::new(), 0, Vec::new());
    let expected = 30 + 5 + 10 + 5;
    while ids.len() < expected || edits == 0 || gone.is_empty() {
        let event = timeout(Duration::from_secs(10), events.recv()).await.expect("goes on").unwrap();
        if let Event::Page(delivery) = event {
            ids.extend(delivery.page.posts.into_iter().map(|post| post.native_id));
            edits += delivery.page.edits.len();
            gone.extend(delivery.page.deletions.into_iter().map(|deletion| deletion.gone));
        }
    }
    assert_eq!(ids.len(), expected, "{ids:?}");
    let place = web.url("").trim_start_matches("http://").trim_end_matches('/').to_owned();
    assert_eq!(gone, [Gone::Post(format!("{place}/201"))]);
}
