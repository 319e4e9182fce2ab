//! What the networks that are listened to make of a host that refuses: at the handshake, as any server may, and in the
//! messages of an open stream, as relays do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;
use vigie::fetch::Fetch;
use vigie::network::spec;
use vigie::post::NetworkName;
use vigie::source::{Client, Event, Mode, Source, State, follow};

use super::refused::{ADVICE, PAGE, kind_of};
use crate::fetch::{clock, config};

/// What a host does with those who come.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// Answers every request with this status and body, as a web server does.
    Web(u16, &'static str),
    /// The same, and asks for a pause.
    Limit(u16),
    /// Opens the stream and says this to whatever it is asked, or at once; `SUB` is the name of the question.
    Says(&'static [&'static str]),
    /// Opens the stream and closes it.
    Closes,
}

/// A host of streams.
struct Host {
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Host {
    async fn start(manner: Manner) -> Host {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                talks.spawn(talk(stream, manner));
            }
        });
        Host { address, _tasks: tasks }
    }
}

async fn talk(mut stream: TcpStream, manner: Manner) {
    let mut head = vec![0; 4_096];
    let length = stream.peek(&mut head).await.unwrap_or(0);
    let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
    let (status, body, pause) = match manner {
        Manner::Web(status, body) => (status, body, ""),
        Manner::Limit(status) => (status, "", "retry-after: 90\r\n"),
        // A relay tells of itself where it is asked by HTTP.
        Manner::Says(_) | Manner::Closes if !head.contains("upgrade: websocket") => {
            (200, r#"{"name": "a relay", "supported_nips": [1, 11]}"#, "")
        }
        Manner::Says(lines) => return say(stream, lines).await,
        Manner::Closes => return say(stream, &[]).await,
    };
    let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
    let answer = format!(
        "HTTP/1.1 {status} Reply\r\nconnection: close\r\n{pause}content-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // The other side may have hung up.
    drop(stream.write_all(answer.as_bytes()).await);
    drop(stream.shutdown().await);
}

async fn say(stream: TcpStream, lines: &[&str]) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    if lines.is_empty() {
        drop(socket.close(None).await);
        return;
    }
    let asks_first = lines.iter().any(|line| line.contains("SUB"));
    loop {
        let mut name = String::new();
        if asks_first {
            let Some(Ok(Message::Text(asked))) = socket.next().await else { return };
            let asked: Value = serde_json::from_str(&asked).unwrap_or_default();
            if asked[0] != "REQ" {
                continue;
            }
            name = asked[1].as_str().unwrap_or_default().to_owned();
        }
        for line in lines {
            if socket.send(Message::text(line.replace("SUB", &name))).await.is_err() {
                return;
            }
        }
        if !asks_first {
            while let Some(Ok(_)) = socket.next().await {}
            return;
        }
    }
}

/// Everything that a source tells of its trouble with such a host; whether it stopped comes first.
async fn told(network: &str, manner: Manner) -> Vec<(bool, String)> {
    let host = Host::start(manner).await;
    let section = match network {
        "nostr" => format!("base_url = 'ws://{}'\ntags = ['moka']", host.address),
        _ => format!("hosts = ['ws://{}']", host.address),
    };
    let spec = spec(network).unwrap();
    let network = (spec.build)(&section.parse().unwrap()).unwrap();
    let source = Source::new("refused", NetworkName::known(spec.name), Arc::from(network));
    let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
    let (out, mut events) = mpsc::channel(64);
    let client = Arc::new(Client::new(&source, fetch, out.clone(), clock));
    let following = follow(source, client, None, out, CancellationToken::new(), clock, Mode::Once);
    let hearing = async {
        let mut troubles = Vec::new();
        while let Some(event) = events.recv().await {
            match event {
                Event::Status { state: State::Stopped { reason }, .. } => troubles.push((true, reason)),
                Event::Status {
                    state: State::Failed { reason, .. } | State::Paused { reason, .. }, ..
                } => {
                    troubles.push((false, reason));
                }
                _ => {}
            }
        }
        troubles
    };
    timeout(Duration::from_secs(60), async { tokio::join!(following, hearing).1 }).await.unwrap()
}

/// A way to refuse, the kinds for which it may be taken, and whether the source stops for a person.
struct Case {
    what: &'static str,
    manner: Manner,
    kinds: &'static [&'static str],
    stops: bool,
}

const fn case(what: &'static str, manner: Manner, kinds: &'static [&'static str], stops: bool) -> Case {
    Case { what, manner, kinds, stops }
}

const WEATHER: &str = r#"{"weather": {"wind": 3, "rain": "none"}}"#;

/// What any server may answer instead of opening a stream.
const HANDSHAKES: &[Case] = &[
    case("a page with 200", Manner::Web(200, PAGE), &["no server"], false),
    case("JSON with 200", Manner::Web(200, WEATHER), &["no server"], false),
    case("400 page", Manner::Web(400, PAGE), &["no server"], false),
    case("401", Manner::Web(401, ""), &["unread"], false),
    case("403", Manner::Web(403, ""), &["unread"], false),
    case("403 page", Manner::Web(403, PAGE), &["unread"], false),
    case("404", Manner::Web(404, ""), &["no server"], false),
    case("410", Manner::Web(410, ""), &["gone"], true),
    case("426", Manner::Web(426, ""), &["no server"], false),
    case("429", Manner::Limit(429), &["rate"], false),
    case("500", Manner::Web(500, ""), &["transient"], false),
    case("503", Manner::Limit(503), &["rate", "transient"], false),
    case("closes", Manner::Closes, &["broken", "cut"], false),
];

/// What a relay may say in an open stream.
const RELAYS: &[Case] = &[
    case(
        "wants a login",
        Manner::Says(&[r#"["AUTH","a challenge"]"#, r#"["CLOSED","SUB","auth-required: log in first"]"#]),
        &["approval"],
        true,
    ),
    case(
        "restricted",
        Manner::Says(&[r#"["CLOSED","SUB","restricted: members only"]"#]),
        &["approval"],
        true,
    ),
    case("rate-limited", Manner::Says(&[r#"["CLOSED","SUB","rate-limited: slow down"]"#]), &["rate"], false),
    case(
        "a notice that it is too much",
        Manner::Says(&[r#"["NOTICE","rate-limited: too many subscriptions SUB"]"#]),
        &["rate"],
        false,
    ),
    case(
        "a bad filter",
        Manner::Says(&[r#"["CLOSED","SUB","invalid: unknown filter item"]"#]),
        &["query"],
        true,
    ),
    case("a fault", Manner::Says(&[r#"["CLOSED","SUB","error: shutting down"]"#]), &["transient"], false),
    case("a page", Manner::Says(&["<!DOCTYPE html><p>SUB</p>"]), &["unread"], false),
    case("another network's JSON", Manner::Says(&[r#"{"weather": {"SUB": 3}}"#]), &["unread"], false),
];

/// What may come over a stream that is no Jetstream.
const STREAMS: &[Case] = &[
    case("a page", Manner::Says(&[PAGE]), &["unread"], false),
    case("another network's JSON", Manner::Says(&[WEATHER]), &["unread"], false),
    case("a relay's JSON", Manner::Says(&[r#"["EOSE","live"]"#]), &["unread"], false),
    case("no JSON", Manner::Says(&["{\"did\":"]), &["unread"], false),
];

fn judged(case: &Case, troubles: &[(bool, String)]) -> Option<String> {
    let Some((_, first)) = troubles.first() else { return Some("is taken for an answer".to_owned()) };
    let stops = troubles.iter().any(|(stopped, _)| *stopped);
    let kind = kind_of(first);
    if !case.kinds.contains(&kind) {
        return Some(format!("is taken for {kind}: {first}"));
    }
    if stops != case.stops {
        return Some(format!("{}: {troubles:?}", if stops { "stops it" } else { "does not stop it" }));
    }
    let mute = troubles.iter().find(|(_, line)| !ADVICE.iter().any(|advice| line.contains(advice)));
    if let Some((_, line)) = mute {
        return Some(format!("says not what to do: {line}"));
    }
    let loose = troubles.iter().find(|(_, line)| line.contains("ws://") || line.contains("/xrpc"));
    loose.map(|(_, line)| format!("tells what is nobody's business: {line}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_of_streams_that_refuse_are_told_for_what_they_are() {
    let mut faults = Vec::new();
    for (network, own) in [("nostr", RELAYS), ("bluesky", STREAMS)] {
        let mut all = JoinSet::new();
        for case in HANDSHAKES.iter().chain(own) {
            all.spawn(async move { (case, told(network, case.manner).await) });
        }
        while let Some(done) = all.join_next().await {
            let (case, troubles) = done.unwrap();
            for (stopped, line) in &troubles {
                println!("{network}: {}: {}{line}", case.what, if *stopped { "stops: " } else { "" });
            }
            faults.extend(judged(case, &troubles).map(|fault| format!("{network}: {} {fault}", case.what)));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_greets_and_has_nothing_is_no_trouble() {
    let lines =
        &[r#"["AUTH","a challenge, for those who like"]"#, r#"["NOTICE","welcome"]"#, r#"["EOSE","SUB"]"#];
    assert_eq!(told("nostr", Manner::Says(lines)).await, []);
}
