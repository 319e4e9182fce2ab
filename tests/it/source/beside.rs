//! What is asked beside a stream: what was said while nobody listened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;
use vigie::fetch::Fetch;
use vigie::network::Method;
use vigie::network::{Cursor, Request};
use vigie::source::{End, Mode, Patience, State};

use super::{Agora, Followed, Host, agora_of, ids_of, say, stay};
use crate::fetch::{clock, config};
use crate::server::{Reply, Server};

fn both(server: &Server, host: &str) -> Agora {
    Agora { base: server.url(""), ..Agora::streamed(vec![host.to_owned()]) }
}

#[tokio::test]
async fn what_the_stream_says_meanwhile_does_not_move_the_cursor() {
    // the past is told slowly, the stream speaks at once
    let past = Server::start(|asked| {
        let after: i64 = asked.path.trim_start_matches("/after/").parse().unwrap();
        let words =
            if after < 9 { format!("{} {} {} +", after + 1, after + 2, after + 3) } else { String::new() };
        Reply::ok(words).after(Duration::from_millis(60))
    })
    .await;
    let host = Host::start(|_, _, mut socket| async move {
        for number in 1_000..1_012 {
            say(&mut socket, number, number).await;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        stay(socket).await;
    })
    .await;
    let mut followed = Followed::start(both(&past, &host.url), Mode::Watch);
    let (mut ids, mut cursors) = (Vec::new(), Vec::new());
    while ids.last() != Some(&1_011) {
        let page = followed.page().await.page;
        ids.extend(ids_of(&page));
        cursors.extend(page.cursor.map(|cursor| cursor.0.parse::<i64>().unwrap()));
    }
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=9).chain(1_000..1_012).collect::<Vec<_>>());
    assert_eq!(cursors[..3], [3, 6, 9], "{cursors:?}");
    assert!(cursors[3..].iter().all(|cursor| *cursor >= 1_000), "{cursors:?}");
    assert!(ids.iter().position(|id| *id == 1_000) < ids.iter().position(|id| *id == 9), "{ids:?}");
}

#[tokio::test]
async fn every_connection_is_caught_up_from_where_the_last_one_broke() {
    let past = agora_of(0).await;
    let host = Host::start(|number, _, mut socket| async move {
        let from = i64::try_from(number).unwrap() * 10;
        tokio::time::sleep(Duration::from_millis(100)).await;
        say(&mut socket, from + 1, from + 5).await;
        if number > 1 {
            stay(socket).await;
        }
    })
    .await;
    let mut followed = Followed::start(both(&past, &host.url), Mode::Watch);
    followed.ids_until(25).await;
    let asked: Vec<String> = past.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(asked, ["/after/0", "/after/5", "/after/15"]);
    assert_eq!(followed.stop().await.0, End::Stopped);
}

#[tokio::test]
async fn a_stream_that_cannot_be_opened_is_done_without() {
    let past = agora_of(7).await;
    let closed = Server::start(|_| Reply::status(404)).await;
    // longer than all pages take, however busy the machine
    let long = Duration::from_secs(60);
    let patience = Patience { first: long, longest: long, hop: Duration::from_millis(5) };
    let agora = both(&past, &closed.url("").replace("http", "ws"));
    let mut followed = Followed::patiently(patience, agora, Mode::Watch, 100, None);
    assert!(matches!(followed.state().await, State::Failed { retry_at: Some(_), .. }));
    assert_eq!(followed.ids_until(7).await, (1..=7).collect::<Vec<_>>());
    assert_eq!(followed.state().await, State::Ok { posts: 7 });
    assert_eq!(closed.asked().len(), 1, "not once a page");

    let (end, _) = Followed::start(both(&past, "ws://127.0.0.1:9"), Mode::Once).end().await;
    assert_eq!(end, End::Stopped);
}

#[tokio::test]
async fn once_ends_when_the_past_has_been_told() {
    let past = agora_of(7).await;
    let host = Host::start(|_, _, socket| stay(socket)).await;
    let mut followed = Followed::start(both(&past, &host.url), Mode::Once);
    assert_eq!(followed.ids_until(7).await, (1..=7).collect::<Vec<_>>());
    let (end, rest) = followed.end().await;
    assert_eq!((end, rest.len()), (End::Stopped, 2), "{rest:?}");
}

#[tokio::test]
async fn a_quiet_stream_is_asked_beside_instead_of_given_up() {
    let told = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&told);
    let past = Server::start(move |_| match counted.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::status(500), // asked for again
        1 => Reply::ok(""),
        _ => Reply::ok("7"),
    })
    .await;
    let host = Host::start(|_, _, socket| stay(socket)).await;
    let mut agora = both(&past, &host.url);
    agora.silence = Duration::from_millis(100);
    let mut followed = Followed::start(agora, Mode::Watch);
    assert_eq!(followed.ids_until(7).await, [7]);
    assert_eq!(host.paths().len(), 1);
    assert!(told.load(Ordering::Relaxed) >= 3);
}

#[tokio::test]
async fn a_status_that_is_an_answer_is_taken_as_one() {
    let server =
        Server::start(|asked| if asked.path == "/after/100" { Reply::ok("101") } else { Reply::status(406) })
            .await;
    let mut followed = Followed::start(Agora::polled(&server), Mode::Watch);
    assert_eq!(followed.page().await.page.cursor, Some(Cursor("100".to_owned())));
    assert_eq!(followed.state().await, State::Ok { posts: 0 });
    assert_eq!(followed.ids_until(101).await, [101]);
}

#[tokio::test]
async fn a_question_over_a_web_socket_ends_where_the_network_says() {
    let host = Host::start(|_, after, mut socket| async move {
        let Some(Ok(Message::Text(asked))) = futures_util::StreamExt::next(&mut socket).await else { return };
        assert_eq!(asked.as_str(), "[\"REQ\"]");
        for word in ["[1]", "[\"x\",\n2]", "[\"END\"]", "[3]"].iter().take(if after == 0 { 4 } else { 2 }) {
            socket.send(Message::text(*word)).await.unwrap();
        }
    })
    .await;
    let fetch = Fetch::new(config(), clock).unwrap();
    let ask = |path: &str| Request {
        method: Method::Talk(&["[\"END"]),
        url: format!("{}{path}", host.url),
        body: Some(b"[\"REQ\"]".to_vec()),
        ..Request::default()
    };
    let answer = fetch.fetch(&ask("/after/0")).await.unwrap();
    assert_eq!(String::from_utf8(answer.body).unwrap(), "[1]\n[\"x\", 2]\n[\"END\"]\n");
    let error = fetch.fetch(&ask("/after/1")).await.unwrap_err().to_string();
    assert!(error.contains("cut off or broken"), "{error}");
    let mut web = ask("/after/0");
    web.url = "https://relay.example".to_owned();
    fetch.fetch(&web).await.unwrap_err();
}
