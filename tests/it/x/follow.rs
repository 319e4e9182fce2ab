//! X through the follower: a refusal that another question gets around, and the way from rules to posts.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vigie::fetch::Fetch;
use vigie::network::Cursor;
use vigie::post::NetworkName;
use vigie::source::{End, Event, Mode, Source, State, follow};

use super::build;
use crate::fetch::{clock, config};
use crate::server::{Reply, Server};

const NAMES: &str = r#"{"errors":[{"parameters":{"tweet.fields":["x"]},"message":"The query parameter [tweet.fields] is not one of [query,post.fields]"}],"title":"Invalid Request","type":"https://api.x.com/2/problems/invalid-request"}"#;

/// One attempt against X as it answers here: it speaks the other vocabulary.
async fn attempt(more: &str, start: Option<Cursor>) -> (End, Vec<Event>, Vec<String>) {
    let server = Server::start(|asked| match asked.path.split('?').next().unwrap_or_default() {
        "/2/tweets/search/stream/rules" => Reply::ok(
            r#"{"data":[{"id":"1","value":"moka -is:retweet","tag":"vigie"}],"meta":{"result_count":1}}"#,
        ),
        _ if asked.path.contains("tweet.fields") => Reply::ok(NAMES).but(400),
        "/2/tweets/search/recent" => {
            Reply::ok(r#"{"data":[{"id":"2112521734845366272","text":"moka"}],"meta":{"result_count":1}}"#)
        }
        "/2/tweets/search/stream" => {
            Reply::ok("\r\n{\"data\":{\"id\":\"2112521934845366272\",\"text\":\"moka!\"}}\r\n\r\n\r\n")
        }
        _ => Reply::status(404),
    })
    .await;
    let network = build(&format!("words = ['moka']\nbase_url = '{}'\n{more}", server.url("")));
    let source = Source::new("brand", NetworkName::known("x"), Arc::from(network));
    let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
    let (out, mut events) = mpsc::channel(1_000);
    let end = follow(source, fetch, start, out, CancellationToken::new(), clock, Mode::Once).await;
    let mut said = Vec::new();
    while let Some(event) = events.recv().await {
        said.push(event);
    }
    let paths = server.asked().iter().map(|asked| asked.path.split('?').next().unwrap().to_owned()).collect();
    (end, said, paths)
}

/// The cursor that was handed over last, and how many posts.
fn kept(events: &[Event]) -> (Option<Cursor>, usize) {
    let pages = events.iter().filter_map(|event| match event {
        Event::Page(delivery) => Some(&delivery.page),
        Event::Status { .. } => None,
    });
    pages.fold((None, 0), |(cursor, posts), page| (page.cursor.clone().or(cursor), posts + page.posts.len()))
}

#[tokio::test]
async fn another_vocabulary_is_asked_for_at_the_next_attempt() {
    let (end, events, _) = attempt("", None).await;
    assert_eq!(end, End::Stopped);
    let (cursor, posts) = kept(&events);
    let (_, events, _) = attempt("", cursor).await;
    assert!(posts + kept(&events).1 >= 1, "{events:?}");
}

#[tokio::test]
async fn from_rules_over_the_catch_up_to_the_stream() {
    let section = "stream = true\nnames = 'post'";
    let (_, events, paths) = attempt(section, None).await;
    let opened = |event: &Event| matches!(event, Event::Status { state: State::Listening { .. }, .. });
    assert!(events.iter().any(opened), "{events:?}");
    let way = ["/2/tweets/search/stream/rules", "/2/tweets/search/recent", "/2/tweets/search/stream"];
    assert_eq!(paths[..3], way);
    // the stream broke after its post: the search is asked before it is opened again
    assert_eq!(paths.get(3).map(String::as_str), Some("/2/tweets/search/recent"), "{paths:?}");
    assert!(kept(&events).1 >= 2);
}

#[tokio::test]
async fn a_source_that_asks_for_nothing_says_why() {
    let network = (vigie::network::spec("producthunt").unwrap().build)(&toml::Table::new()).unwrap();
    let source = Source::new("launches", NetworkName::known("producthunt"), Arc::from(network));
    let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
    let (out, mut events) = mpsc::channel(100);
    let end = follow(source, fetch, None, out, CancellationToken::new(), clock, Mode::Watch).await;
    assert_eq!(end, End::AskHuman);
    let Some(Event::Status { state: State::Stopped { reason }, .. }) = events.recv().await else { panic!() };
    assert!(reason.contains("permission = true"), "{reason}");
}
