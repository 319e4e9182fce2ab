//! Hosts that refuse or ask for a pause: what is waited for, what ends a source.

use super::*;

#[tokio::test]
async fn a_tired_host_is_waited_for_and_the_cursor_stays() {
    let server = Server::script(vec![
        Reply::ok("1"),
        Reply::status(500),
        Reply::reset(),
        Reply::ok("<html>log in</html>"),
        Reply::ok("panic"),
        Reply::status(404),
        Reply::ok("2"),
    ])
    .await;
    let mut followed = Followed::start(Agora::polled(&server), Mode::Watch);
    assert_eq!(followed.state().await, State::Ok { posts: 1 });
    let mut evidences = Vec::new();
    for _ in 0..5 {
        let State::Failed { retry_at: Some(_), evidence, .. } = followed.state().await else { panic!() };
        evidences.push(evidence);
    }
    let kept = |text: &str| Some(text.to_owned());
    assert_eq!(evidences, [None, None, kept("<html>log in</html>"), kept("panic"), None]);
    assert_eq!(followed.page().await.page.cursor, Some(Cursor("2".to_owned())));
    assert_eq!(followed.state().await, State::Ok { posts: 1 });
    let asked = server.asked();
    assert!(asked[1..7].iter().all(|asked| asked.path == "/after/1"));
    let waits: Vec<Duration> = asked.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    for (wait, least) in waits[1..6].iter().zip([20, 40, 80, 80, 80]) {
        assert!(*wait >= Duration::from_millis(least), "{waits:?}");
    }
}

#[tokio::test]
async fn a_refusal_that_the_network_calls_normal_is_no_failure() {
    let server = Server::script(vec![Reply::ok("1"), Reply::status(451), Reply::ok("2")]).await;
    let mut followed = Followed::start(Agora::polled(&server), Mode::Watch);
    assert_eq!(followed.state().await, State::Ok { posts: 1 });
    assert_eq!(followed.state().await, State::Ok { posts: 0 });
    assert_eq!(followed.ids_until(2).await, [2]);
}

#[tokio::test]
async fn a_host_that_asks_for_a_pause_gets_it() {
    let limited = Reply::status(429).header("retry-after", "1");
    let server = Server::script(vec![limited, Reply::ok("1")]).await;
    let mut followed = Followed::start(Agora::polled(&server), Mode::Watch);
    let State::Paused { until, .. } = followed.state().await else { panic!() };
    assert!((0..1_200).contains(&until.since(clock())), "{until}");
    assert_eq!(followed.ids_until(1).await, [1]);
    let asked = server.asked();
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_pause_in_the_middle_of_a_round_is_kept() {
    let server = Server::script(vec![Reply::ok("1 + rest"), Reply::ok("2")]).await;
    let mut followed = Followed::start(Agora::polled(&server), Mode::Watch);
    assert_eq!(followed.ids_until(2).await, [1, 2]);
    let asked = server.asked();
    assert!(asked[1].at - asked[0].at >= Duration::from_millis(300));
    // somebody at a terminal does not wait for it
    let server = Server::script(vec![Reply::ok("1 + rest"), Reply::ok("2")]).await;
    let (end, events) = Followed::start(Agora::polled(&server), Mode::Once).end().await;
    assert_eq!((end, server.asked().len()), (End::Stopped, 1));
    assert!(matches!(events.last(), Some(Event::Status { state: State::Ok { posts: 1 }, .. })), "{events:?}");
}

#[tokio::test]
async fn a_refusal_may_say_where_to_go_on_instead() {
    // a page that is gone, said with a status and without one
    let server = Server::script(vec![
        Reply::ok("1"),
        Reply::ok("to:5").with_status(404),
        Reply::ok("to:7"),
        Reply::ok("8"),
    ])
    .await;
    let mut followed = Followed::start(Agora::polled(&server), Mode::Watch);
    assert_eq!(followed.ids_until(8).await, [1, 8]);
    let paths: Vec<String> = server.asked().into_iter().map(|asked| asked.path).take(4).collect();
    assert_eq!(paths, ["/after/0", "/after/1", "/after/5", "/after/7"]);
    // the same place again is a failure like any other, and places without end are one too
    let server = Server::script(vec![Reply::ok("to:0"), Reply::ok("to:0")]).await;
    let mut followed = Followed::with(Agora::polled(&server), Mode::Watch, 100, Some(Cursor("0".to_owned())));
    let State::Failed { .. } = followed.state().await else { panic!() };
    let server = Server::start(|asked| {
        let after: i64 = asked.path.trim_start_matches("/after/").parse().unwrap();
        Reply::ok(format!("to:{}", after + 1))
    })
    .await;
    let mut followed = Followed::start(Agora::polled(&server), Mode::Watch);
    let State::Failed { .. } = followed.state().await else { panic!() };
    assert!(server.asked().len() <= 102);
}

#[tokio::test]
async fn what_only_a_person_can_mend_ends_the_source() {
    for (replies, times) in [
        (vec![Reply::status(401)], 1),
        (vec![Reply::status(403)], 1),
        (vec![Reply::status(410)], 1),
        (vec![Reply::status(404)], 3),
    ] {
        let server = Server::script(replies).await;
        let (end, events) = Followed::start(Agora::polled(&server), Mode::Watch).end().await;
        assert_eq!((end, server.asked().len()), (End::AskHuman, times));
        assert!(matches!(events.last(), Some(Event::Status { state: State::Stopped { .. }, .. })));
    }
}
