//! Following sources: nothing lost, nothing in a hurry, one that fails alone.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request as Handshake, Response};
use tokio_util::sync::CancellationToken;
use vigie::fetch::Fetch;
use vigie::network::{Answer, Ask, Cursor, Listen, Missed, Network, Page, ReadError, Request};
use vigie::post::{Deletion, Gone, NetworkName, Post};
use vigie::source::{Client, Delivery, End, Event, Mode, Patience, Source, State, follow};
use vigie::time::Time;

use crate::fetch::{clock, config};
use crate::server::{Reply, Server};

mod beside;

const NAME: NetworkName = NetworkName::known("agora");

/// Agora numbers its posts. Polled, `/after/N` answers `N+1 N+2 ...` and a `+` when there is more;
/// streamed, each message is one number; `-N` deletes a post, `N@T` is one published at T, `now` says that all is told.
#[derive(Debug, Clone)]
struct Agora {
    base: String,
    hosts: Vec<String>,
    silence: Duration,
    pace: Duration,
}

impl Agora {
    fn polled(server: &Server) -> Agora {
        let (silence, pace) = (Duration::from_secs(60), Duration::from_millis(20));
        Agora { base: server.url(""), hosts: Vec::new(), silence, pace }
    }

    fn streamed(hosts: Vec<String>) -> Agora {
        let pace = Duration::from_secs(60);
        Agora { base: String::new(), hosts, silence: Duration::from_millis(500), pace }
    }
}

impl Network for Agora {
    fn ask(&self, cursor: Option<&Cursor>, _now: Time) -> Ask {
        let path = format!("/after/{}", cursor.map_or("0", |cursor| &cursor.0));
        match self.hosts.is_empty() {
            true => Ask::Fetch(Request::get(format!("{}{path}", self.base))),
            false => Ask::Listen(Listen {
                hosts: self.hosts.clone(),
                path,
                headers: Vec::new(),
                hello: Vec::new(),
                silence: self.silence,
            }),
        }
    }

    fn read(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let text = String::from_utf8_lossy(&answer.body);
        let mut page = Page::default();
        for word in text.split_whitespace() {
            match word.parse::<i64>() {
                Ok(number) if number < 0 => {
                    let gone = Gone::Post((-number).to_string());
                    page.deletions.push(Deletion { network: NAME, gone, at: None });
                }
                Ok(number) => {
                    page.posts.push(Post::new(NAME, number.to_string()));
                    page.cursor = Some(Cursor(number.to_string()));
                }
                Err(_) if word.contains('@') => {
                    let (number, published) = word.split_once('@').unwrap();
                    let published = published.parse().ok().map(Time);
                    page.posts.push(Post { published, ..Post::new(NAME, number) });
                }
                Err(_) if word == "+" => page.more = true,
                Err(_) if word == "now" => page.until = Some(answer.seen),
                Err(_) if word == "rest" => page.pause = Some(Duration::from_millis(300)),
                Err(_) if word.starts_with("to:") => {
                    let instead = Some(Cursor(word.trim_start_matches("to:").to_owned()));
                    return Err(ReadError::new(&NAME, "numbers", "not there any more").instead(instead));
                }
                Err(_) if word == "panic" => panic!("a fault of the reader"),
                Err(_) => return Err(ReadError::new(&NAME, "numbers", "a word")),
            }
        }
        Ok(page)
    }

    fn refused(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<ReadError> {
        self.read(answer, cursor).err()
    }

    fn pace(&self) -> Duration {
        self.pace
    }

    fn salvage(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<Page> {
        match answer.status {
            406 => Some(Page { cursor: Some(Cursor("100".to_owned())), ..Page::default() }),
            451 => Some(Page::default()),
            _ => None,
        }
    }

    fn catch_up(&self, cursor: Option<&Cursor>, now: Time) -> Option<Request> {
        let polled = Agora { hosts: Vec::new(), ..self.clone() };
        match polled.ask(cursor, now) {
            Ask::Fetch(request) if !self.hosts.is_empty() && !self.base.is_empty() => Some(request),
            _ => None,
        }
    }
}

/// A source being followed, and what it says.
struct Followed {
    events: mpsc::Receiver<Event>,
    stop: CancellationToken,
    task: JoinSet<End>,
}

impl Followed {
    fn start(agora: Agora, mode: Mode) -> Followed {
        Followed::with(agora, mode, 100, None)
    }

    fn with(agora: Agora, mode: Mode, room: usize, start: Option<Cursor>) -> Followed {
        let (first, longest) = (Duration::from_millis(20), Duration::from_millis(100));
        let patience = Patience { first, longest, hop: Duration::from_millis(5) };
        Followed::patiently(patience, agora, mode, room, start)
    }

    fn patiently(
        patience: Patience,
        agora: Agora,
        mode: Mode,
        room: usize,
        start: Option<Cursor>,
    ) -> Followed {
        let (out, events) = mpsc::channel(room);
        let source = Source { patience, ..Source::new("square", NAME, Arc::new(agora)) };
        let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
        let stop = CancellationToken::new();
        let mut task = JoinSet::new();
        let client = Arc::new(Client::new(&source, fetch, out.clone(), clock));
        task.spawn(follow(source, client, start, out, stop.clone(), clock, mode));
        Followed { events, stop, task }
    }

    async fn next(&mut self) -> Event {
        timeout(Duration::from_secs(5), self.events.recv()).await.expect("says something").expect("goes on")
    }

    async fn page(&mut self) -> Delivery {
        loop {
            if let Event::Page(delivery) = self.next().await {
                return delivery;
            }
        }
    }

    async fn state(&mut self) -> State {
        loop {
            if let Event::Status { state, .. } = self.next().await {
                return state;
            }
        }
    }

    /// Native ids up to and including `last`.
    async fn ids_until(&mut self, last: i64) -> Vec<i64> {
        let mut ids = Vec::new();
        while ids.last() != Some(&last) {
            ids.extend(ids_of(&self.page().await.page));
        }
        ids
    }

    /// Stops it, and gives the reason why it ended and what it still said.
    async fn stop(mut self) -> (End, Vec<Event>) {
        self.stop.cancel();
        self.end().await
    }

    async fn end(&mut self) -> (End, Vec<Event>) {
        let mut rest = Vec::new();
        let started = Instant::now();
        while let Some(event) = timeout(Duration::from_secs(5), self.events.recv()).await.expect("ends") {
            rest.push(event);
        }
        assert!(started.elapsed() < Duration::from_secs(5));
        (self.task.join_next().await.unwrap().unwrap(), rest)
    }
}

fn ids_of(page: &Page) -> Vec<i64> {
    page.posts.iter().map(|post| post.native_id.parse().unwrap()).collect()
}

/// A server of Agora that has `all` posts and gives three an answer.
async fn agora_of(all: i64) -> Server {
    Server::start(move |asked| {
        let after: i64 = asked.path.trim_start_matches("/after/").parse().unwrap();
        let last = (after + 3).min(all);
        let mut words: Vec<String> = (after + 1..=last).map(|n| n.to_string()).collect();
        if last < all {
            words.push("+".to_owned());
        }
        Reply::ok(words.join(" "))
    })
    .await
}

#[tokio::test]
async fn a_walk_reads_every_page_once_and_resumes_from_its_cursor() {
    let server = agora_of(10).await;
    let mut followed = Followed::with(Agora::polled(&server), Mode::Watch, 100, Some(Cursor("2".to_owned())));
    let first = followed.page().await;
    assert_eq!((&*first.source, first.network, ids_of(&first.page)), ("square", NAME, vec![3, 4, 5]));
    assert_eq!(first.page.cursor, Some(Cursor("5".to_owned())));
    assert_eq!(followed.ids_until(10).await, [6, 7, 8, 9, 10]);
    assert_eq!(followed.state().await, State::Ok { posts: 8 });
    assert_eq!(followed.state().await, State::Ok { posts: 0 }, "asks again after its pace, and says so");
    let (end, rest) = followed.stop().await;
    assert_eq!(end, End::Stopped);
    assert!(rest.iter().all(|event| matches!(event, Event::Status { .. })), "{rest:?}");
}

#[tokio::test]
async fn once_reads_all_there_is_and_ends() {
    let server = agora_of(7).await;
    let (end, events) = Followed::start(Agora::polled(&server), Mode::Once).end().await;
    assert_eq!(end, End::Stopped);
    assert_eq!(events.len(), 4);
    assert!(matches!(&events[3], Event::Status { state: State::Ok { posts: 7 }, .. }), "{events:?}");

    let broken = Server::start(|_| Reply::status(500)).await;
    let (end, events) = Followed::start(Agora::polled(&broken), Mode::Once).end().await;
    assert_eq!((end, broken.asked().len()), (End::Stopped, 1));
    let [Event::Status { state: State::Failed { reason, retry_at: None, .. }, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert!(reason.starts_with("fetch from 127.0.0.1: "), "{reason}");
}

#[tokio::test]
async fn posts_come_oldest_first_however_the_answer_has_them() {
    let server = Server::start(|_| Reply::ok("9 4@40 3@30 1@10 2@10")).await;
    let page = Followed::start(Agora::polled(&server), Mode::Once).page().await.page;
    assert_eq!(ids_of(&page), [1, 2, 3, 4, 9], "one without a date was said when it was seen");
}

#[tokio::test]
async fn more_without_a_new_place_is_not_asked_for_at_once() {
    let server = Server::start(|_| Reply::ok("1 +")).await;
    let mut followed = Followed::start(Agora::polled(&server), Mode::Watch);
    assert_eq!(
        followed.state().await,
        State::Ok { posts: 2 },
        "the first answer moved on, the second did not"
    );
}

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

#[tokio::test]
async fn a_full_queue_waits() {
    let server = agora_of(1_000).await;
    let mut followed = Followed::with(Agora::polled(&server), Mode::Watch, 1, None);
    // nobody takes pages: one fills the queue, the next waits before it
    timeout(Duration::from_millis(200), std::future::pending::<()>()).await.unwrap_err();
    assert_eq!(server.asked().len(), 2);
    let ids = followed.ids_until(30).await;
    assert_eq!(ids, (1..=30).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stop_ends_every_wait_and_a_page_read_is_handed_over() {
    let hanging = Server::start(|_| Reply::hang()).await;
    let pausing = Server::start(|_| Reply::status(429).header("retry-after", "600")).await;
    for (server, starts) in [(&hanging, 0), (&pausing, 1)] {
        let mut followed = Followed::start(Agora::polled(server), Mode::Watch);
        for _ in 0..starts {
            followed.next().await;
        }
        while server.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        let started = Instant::now();
        assert_eq!(followed.stop().await.0, End::Stopped);
        assert!(started.elapsed() < Duration::from_secs(2));
    }

    let server = agora_of(1_000).await;
    let followed = Followed::with(Agora::polled(&server), Mode::Watch, 1, None);
    while server.asked().len() < 2 {
        tokio::task::yield_now().await;
    }
    let (end, rest) = followed.stop().await;
    assert_eq!(end, End::Stopped);
    let ids: Vec<i64> = rest
        .iter()
        .flat_map(|event| if let Event::Page(delivery) = event { ids_of(&delivery.page) } else { Vec::new() })
        .collect();
    assert_eq!(ids, (1..=i64::try_from(ids.len()).unwrap()).collect::<Vec<_>>());
    assert!(ids.len() >= 3);
}

#[tokio::test]
async fn a_store_that_is_gone_ends_the_source() {
    let server = agora_of(10).await;
    let Followed { events, task, stop: _stop } = Followed::start(Agora::polled(&server), Mode::Watch);
    drop(events);
    assert_eq!(task.join_all().await, [End::StoreGone]);
}

// ---- streams ----

/// A stream's host: for each connection, what it does with it, told its number and where it resumes.
struct Host {
    url: String,
    paths: Arc<std::sync::Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Host {
    async fn start<F>(talk: impl Fn(usize, i64, WebSocketStream<TcpStream>) -> F + Send + 'static) -> Host
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let paths = Arc::<std::sync::Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&paths);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut talks = JoinSet::new();
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let mut path = String::new();
                #[expect(clippy::result_large_err, reason = "the library asks for it")]
                let note = |request: &Handshake, response: Response| {
                    path = request.uri().path().to_owned();
                    Ok(response)
                };
                let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, note).await else { continue };
                let after = path.trim_start_matches("/after/").parse().unwrap();
                seen.lock().unwrap().push(path);
                talks.spawn(talk(number, after, socket));
            }
        });
        Host { url, paths, _tasks: tasks }
    }

    fn paths(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }
}

/// Says the numbers `from..=to`.
async fn say(socket: &mut WebSocketStream<TcpStream>, from: i64, to: i64) {
    for number in from..=to {
        if socket.send(Message::text(number.to_string())).await.is_err() {
            return;
        }
    }
}

/// Answers pings, says nothing.
async fn stay(mut socket: WebSocketStream<TcpStream>) {
    while let Some(Ok(_)) = socket.next().await {}
}

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
