//! What each network makes of every way in which a server may refuse, told to a person: of which kind it is, what to
//! do about it, and no secret.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vigie::fetch::Fetch;
use vigie::network::spec;
use vigie::post::NetworkName;
use vigie::source::{Client, Event, Mode, Source, State, follow};

use super::{Dialect, dialects};
use crate::fetch::{clock, config};
use crate::server::{Reply, Server};

/// A page for browsers.
pub(super) const PAGE: &str =
    "<!DOCTYPE html><html><head><title>No</title></head><body><p>Access denied</p></body></html>";
/// An answer in JSON of no network at all.
const STRANGE: &str = r#"{"weather": {"wind": 3, "rain": "none"}}"#;
/// As many servers say that nothing is there.
const NOWHERE: &str = r#"{"error": "Not Found", "statusCode": 404, "path": "/"}"#;

/// Beginnings and parts of what a person reads, and the kind of trouble that they tell.
const KINDS: &[(&str, &str)] = &[
    (" refuses the key (", "auth"),
    (" has not approved this (", "approval"),
    (" asks for fewer requests (", "rate"),
    ("asks for fewer requests (status", "rate"),
    (" has no quota or credit left (", "money"),
    (" says it is gone for good (", "gone"),
    ("it is gone for good (status", "gone"),
    ("this address is no server of ", "no server"),
    ("nothing is there (status 404)", "nothing"),
    (" does not accept the query (", "query"),
    (" cannot answer now (", "transient"),
    ("it has a fault of its own (", "transient"),
    ("it refuses access (", "access"),
    ("failed to read ", "unread"),
    ("which is not expected here", "unexpected"),
    ("it closed the stream", "broken"),
    ("cut off or broken", "cut"),
];

/// Words that say what to do, or what Vigie does.
pub(super) const ADVICE: &[&str] = &[
    "check ",
    "set ",
    "make a new one",
    "ask it for",
    "correct ",
    "give the address",
    "remove this source",
    "Vigie waits",
    "Vigie tries again",
    "Vigie pauses",
    "Vigie goes on",
];

/// The kind of trouble that a line tells.
pub(super) fn kind_of(line: &str) -> &'static str {
    KINDS.iter().find(|(words, _)| line.contains(words)).map_or("of no kind", |(_, kind)| kind)
}

/// A way to refuse, and the kinds for which it may be taken.
struct Case {
    what: &'static str,
    reply: fn() -> Reply,
    kinds: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        what: "400",
        reply: || json(400, r#"{"error": "bad request"}"#),
        kinds: &["query", "transient", "unread"],
    },
    Case { what: "401", reply: || Reply::status(401), kinds: &["auth", "approval", "unread"] },
    Case { what: "402", reply: || Reply::status(402), kinds: &["money"] },
    Case {
        what: "402 in JSON",
        reply: || json(402, r#"{"message": "buy more", "error": {"message": "buy more", "code": 1}}"#),
        kinds: &["money"],
    },
    Case {
        what: "403 in JSON",
        reply: || json(403, r#"{"message": "no"}"#),
        kinds: &["approval", "auth", "unread", "rate", "transient"],
    },
    Case { what: "403 page", reply: || page(403), kinds: &["unread", "transient", "rate", "auth"] },
    Case { what: "404", reply: || Reply::status(404), kinds: &["no server"] },
    Case { what: "404 page", reply: || page(404), kinds: &["no server"] },
    Case { what: "404 in JSON", reply: || json(404, NOWHERE), kinds: &["no server", "gone"] },
    Case { what: "410", reply: || Reply::status(410), kinds: &["gone", "transient"] },
    Case { what: "429", reply: || Reply::status(429).header("retry-after", "90"), kinds: &["rate"] },
    Case { what: "500", reply: || Reply::status(500), kinds: &["transient"] },
    Case { what: "503", reply: || Reply::status(503), kinds: &["transient"] },
    Case { what: "503 page", reply: || page(503), kinds: &["transient", "unread"] },
    Case { what: "strange JSON", reply: || json(200, STRANGE), kinds: &["unread", "transient"] },
    Case { what: "page", reply: || page(200), kinds: &["unread", "transient", "approval"] },
];

/// What stands to reason for one network alone.
fn also(network: &str, what: &str) -> &'static [&'static str] {
    match (network, what) {
        // a feed is one document of a site, not an interface
        ("feed", "400") => &["unexpected"],
        ("feed", "401" | "403 in JSON") => &["access"],
        ("feed", "404" | "404 page" | "404 in JSON") => &["nothing"],
        // feeds of reviews vanish for hours
        ("appstore", "404" | "404 page" | "404 in JSON") => &["transient"],
        // it answers in sentences, and is out of order more often than not
        ("gdelt", "401") => &["transient"],
        _ => &[],
    }
}

fn json(status: u16, body: &str) -> Reply {
    Reply::ok(body).with_status(status).header("content-type", "application/json")
}

fn page(status: u16) -> Reply {
    Reply::ok(PAGE).with_status(status).header("content-type", "text/html; charset=utf-8")
}

/// The first that a source tells of its trouble with a server that answers nothing else; `None` when it has none.
async fn told(dialect: &dyn Dialect, reply: fn() -> Reply) -> Option<(bool, String)> {
    let server = Server::start(move |_| reply()).await;
    let spec = spec(dialect.name()).unwrap();
    let section = dialect.section(&server.url(""));
    let network = (spec.build)(&section.parse().unwrap()).unwrap();
    let source = Source::new("refused", NetworkName::known(spec.name), Arc::from(network));
    let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
    let (out, mut events) = mpsc::channel(64);
    let client = Arc::new(Client::new(&source, fetch, out.clone(), clock));
    let following = follow(source, client, None, out, CancellationToken::new(), clock, Mode::Once);
    let hearing = async {
        let mut trouble = None;
        while let Some(event) = events.recv().await {
            let told = match event {
                Event::Status { state: State::Stopped { reason }, .. } => (true, reason),
                Event::Status { state: State::Failed { reason, .. }, .. } => (false, reason),
                Event::Status { state: State::Paused { reason, .. }, .. } => (false, reason),
                _ => continue,
            };
            trouble.get_or_insert(told);
        }
        trouble
    };
    let both = async { tokio::join!(following, hearing).1 };
    timeout(Duration::from_secs(60), both).await.unwrap()
}

/// What is wrong with it.
fn judged(network: &str, case: &Case, told: Option<(bool, String)>) -> Option<String> {
    let Some((stopped, line)) = told else { return Some("is taken for an answer".to_owned()) };
    let kind = kind_of(&line);
    let fits = case.kinds.contains(&kind) || also(network, case.what).contains(&kind);
    let passes = matches!(kind, "money" | "rate" | "transient" | "unread" | "no server");
    if !fits {
        Some(format!("is taken for {kind}: {line}"))
    } else if stopped && passes {
        Some(format!("stops it, though it may pass: {line}"))
    } else if !ADVICE.iter().any(|advice| line.contains(advice)) {
        Some(format!("says not what to do: {line}"))
    } else if ["s3cret", "k3y", "http://", "127.0.0.1/"].iter().any(|secret| line.contains(secret)) {
        Some(format!("tells what is nobody's business: {line}"))
    } else {
        None
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_is_told_for_what_it_is_with_what_to_do() {
    let mut faults = Vec::new();
    for dialect in dialects() {
        let name = format!("{} {}", dialect.name(), dialect.way());
        for case in CASES {
            let told = told(&*dialect, case.reply).await;
            if let Some(line) = told.as_ref().map(|(_, line)| line) {
                println!("{name}: {}: {line}", case.what);
            }
            faults.extend(
                judged(dialect.name(), case, told).map(|fault| format!("{name}: {} {fault}", case.what)),
            );
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_app_password_is_a_key_to_correct() {
    let refused =
        || json(401, r#"{"error": "AuthenticationRequired", "message": "Invalid identifier or password"}"#);
    let (stopped, line) = told(&super::feeds::Bluesky, refused).await.unwrap();
    assert!(stopped && line.starts_with("bluesky refuses the key ("), "{line}");
    assert!(line.contains("app password is wrong"), "{line}");
}
