//! Streams: hosts that fall silent, refuse, send too much or what nobody can read.

use super::*;

#[tokio::test]
async fn a_stalled_stream_goes_on_at_the_next_host_and_loses_nothing() {
    let stalls = Host::start(|_, after, mut socket| async move {
        say(&mut socket, after + 1, after + 50).await;
        std::future::pending::<()>().await; // open, deaf and dumb
    })
    .await;
    let cuts = Host::start(|_, after, mut socket| async move {
        say(&mut socket, after + 1, after + 50).await;
    })
    .await;
    let mut followed =
        Followed::start(Agora::streamed(vec![stalls.url.clone(), cuts.url.clone()]), Mode::Watch);
    assert_eq!(followed.ids_until(200).await, (1..=200).collect::<Vec<_>>());
    assert_eq!(followed.stop().await.0, End::Stopped);
    assert_eq!(stalls.paths()[..2], ["/after/0", "/after/100"]);
    assert_eq!(cuts.paths()[..2], ["/after/50", "/after/150"]);
}

#[tokio::test]
async fn a_host_that_answers_pings_but_says_nothing_is_left_in_the_end() {
    let mute = Host::start(|_, _, socket| stay(socket)).await;
    let good = Host::start(|_, after, mut socket| async move {
        say(&mut socket, after + 1, 5).await;
        stay(socket).await;
    })
    .await;
    let started = Instant::now();
    let mut followed =
        Followed::start(Agora::streamed(vec![mute.url.clone(), good.url.clone()]), Mode::Watch);
    assert_eq!(followed.ids_until(5).await, [1, 2, 3, 4, 5]);
    assert!(started.elapsed() >= Duration::from_millis(1_400), "{:?}", started.elapsed());
}

#[tokio::test]
async fn refusing_and_absent_hosts_are_passed_over() {
    let forbidden = Server::start(|_| Reply::status(403)).await.url("").replace("http", "ws");
    let busy = Server::start(|_| Reply::status(429).header("retry-after", "600")).await;
    let good = Host::start(|_, after, mut socket| async move {
        say(&mut socket, after + 1, 5).await;
        stay(socket).await;
    })
    .await;
    let hosts = vec![forbidden.clone(), busy.url("").replace("http", "ws"), good.url.clone()];
    for mode in [Mode::Watch, Mode::Once] {
        let mut followed = Followed::start(Agora::streamed(hosts.clone()), mode);
        assert!(matches!(followed.state().await, State::Failed { .. }));
        assert!(matches!(followed.state().await, State::Failed { .. }));
        assert_eq!(followed.state().await, State::Listening { host: "127.0.0.1".to_owned() });
        assert_eq!(followed.ids_until(5).await, [1, 2, 3, 4, 5]);
    }
    let encrypted = forbidden.replace("ws", "wss");
    let (_, events) = Followed::start(Agora::streamed(vec![encrypted]), Mode::Once).end().await;
    let [Event::Status { state: State::Failed { reason, .. }, .. }, ..] = &events[..] else {
        panic!("{events:?}")
    };
    assert!(reason.contains("no connection ("), "a host that speaks no TLS: {reason}");
}

#[tokio::test]
async fn messages_are_gathered_and_their_order_keeps_its_meaning() {
    let host = Host::start(|_, _, mut socket| async move {
        say(&mut socket, 1, 450).await;
        for word in ["-7", "7", "451"] {
            socket.send(Message::text(word)).await.unwrap();
        }
        stay(socket).await;
    })
    .await;
    let mut followed = Followed::start(Agora::streamed(vec![host.url.clone()]), Mode::Watch);
    let (mut ids, mut pages) = (Vec::new(), Vec::new());
    while ids.last() != Some(&451) {
        let page = followed.page().await.page;
        ids.extend(ids_of(&page));
        pages.push(page);
    }
    assert_eq!(ids, (1..=450).chain([7, 451]).collect::<Vec<_>>());
    assert!(pages.len() <= 10, "{}", pages.len());
    assert!(pages.iter().all(|page| page.posts.len() <= 200));
    let gone = pages.iter().position(|page| !page.deletions.is_empty()).unwrap();
    assert!(
        !ids_of(&pages[gone]).ends_with(&[7]),
        "a post that came back must not be saved before its deletion"
    );
    assert!(ids_of(&pages[gone + 1]).starts_with(&[7]));
}

#[tokio::test]
async fn once_ends_when_a_stream_has_caught_up() {
    let host = Host::start(|_, after, mut socket| async move {
        say(&mut socket, after + 1, 20).await;
        socket.send(Message::text("now")).await.unwrap();
        stay(socket).await;
    })
    .await;
    let started = Instant::now();
    let (end, events) = Followed::start(Agora::streamed(vec![host.url.clone()]), Mode::Once).end().await;
    assert_eq!(end, End::Stopped);
    assert!(started.elapsed() < Duration::from_secs(2));
    let states: Vec<&State> = events
        .iter()
        .filter_map(|event| if let Event::Status { state, .. } = event { Some(state) } else { None })
        .collect();
    let host = "127.0.0.1".to_owned();
    assert_eq!(states, [&State::Listening { host }, &State::CaughtUp, &State::Ok { posts: 20 }]);
}

#[tokio::test]
async fn a_message_nobody_can_read_is_tried_twice_then_left_out_and_told() {
    let host = Host::start(|_, after, mut socket| async move {
        if after < 3 {
            say(&mut socket, after + 1, 3).await;
        }
        socket.send(Message::text("poison")).await.unwrap();
        say(&mut socket, 4, 6).await;
        stay(socket).await;
    })
    .await;
    let mut followed = Followed::start(Agora::streamed(vec![host.url.clone()]), Mode::Watch);
    let (mut ids, mut missed, mut evidences) = (Vec::new(), Vec::<Missed>::new(), Vec::new());
    while ids.last() != Some(&6) {
        match followed.next().await {
            Event::Page(delivery) => {
                ids.extend(ids_of(&delivery.page));
                missed.extend(delivery.page.missed);
            }
            Event::Status { state: State::Failed { evidence, .. }, .. } => evidences.extend(evidence),
            Event::Status { .. } | Event::Spent { .. } => {}
        }
    }
    assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
    assert_eq!((missed.len(), evidences), (1, vec!["poison".to_owned(); 2]));
    assert_eq!(host.paths(), ["/after/0", "/after/3"]);
}

#[tokio::test]
async fn a_full_queue_makes_a_stream_wait_without_being_called_silent() {
    let host = Host::start(|_, after, mut socket| async move {
        say(&mut socket, after + 1, 2_000).await;
        stay(socket).await;
    })
    .await;
    let mut followed = Followed::with(Agora::streamed(vec![host.url.clone()]), Mode::Watch, 1, None);
    // longer than three silences
    timeout(Duration::from_millis(1_800), std::future::pending::<()>()).await.unwrap_err();
    assert_eq!(followed.ids_until(2_000).await, (1..=2_000).collect::<Vec<_>>());
    assert_eq!(host.paths(), ["/after/0"]);
}

#[tokio::test]
async fn a_message_above_the_cap_breaks_the_connection_only() {
    let host = Host::start(|number, after, mut socket| async move {
        if number == 0 {
            socket.send(Message::text("1".repeat(1_000_001))).await.ok();
        }
        say(&mut socket, after + 1, 2).await;
        stay(socket).await;
    })
    .await;
    let mut followed = Followed::start(Agora::streamed(vec![host.url.clone()]), Mode::Watch);
    assert_eq!(followed.ids_until(2).await, [1, 2]);
    assert_eq!(host.paths().len(), 2);
}

#[tokio::test]
async fn a_stop_hands_over_what_was_heard() {
    let host = Host::start(|_, after, mut socket| async move {
        say(&mut socket, after + 1, 3).await;
        socket.send(Message::Ping("heard".into())).await.unwrap();
        stay(socket).await;
    })
    .await;
    let mut followed = Followed::start(Agora::streamed(vec![host.url.clone()]), Mode::Watch);
    assert!(matches!(followed.state().await, State::Listening { .. }));
    assert_eq!(followed.ids_until(3).await, [1, 2, 3]);
    let started = Instant::now();
    assert_eq!(followed.stop().await.0, End::Stopped);
    assert!(started.elapsed() < Duration::from_secs(2));
}
