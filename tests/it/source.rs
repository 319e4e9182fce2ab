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
mod refusals;
mod streams;

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
                return *delivery;
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
