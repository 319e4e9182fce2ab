//! A small web server on loopback that says what a test tells it to, well or badly.
//!
//! ```ignore
//! let server = Server::start(|asked| match asked.path.as_str() {
//!     "/feed" => Reply::ok("hello").header("etag", "\"1\""),
//!     _ => Reply::status(404),
//! })
//! .await;
//! let url = server.url("/feed");
//! assert_eq!(server.asked().len(), 0);
//! ```
//!
//! It speaks just enough HTTP/1.1 by hand that answers can also break its rules. Each connection
//! carries one exchange. It ends with the test: dropping it closes the port and every connection.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// What came in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// How a reply is delivered.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Well,
    /// One byte of the head, or of the body, at a time.
    DripHead(Duration),
    DripBody(Duration),
    /// Promises the whole body, closes after this many bytes of it.
    Cut(usize),
    /// Repeats the body without end.
    Endless,
    /// Sends the body without its length, then nothing more.
    Open,
    /// Never answers.
    Hang,
    /// Closes without a word.
    Drop,
}

/// What goes out.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    manner: Manner,
    delay: Duration,
}

impl Reply {
    /// 200 with this body.
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Reply {
        let (headers, delay) = (Vec::new(), Duration::ZERO);
        Reply { status: 200, headers, body: body.into(), manner: Manner::Well, delay }
    }

    /// This status and no body.
    pub(crate) fn status(status: u16) -> Reply {
        Reply { status, ..Reply::ok("") }
    }

    /// The same with this status.
    pub(crate) fn with_status(self, status: u16) -> Reply {
        Reply { status, ..self }
    }

    /// The same under another status.
    pub(crate) fn but(self, status: u16) -> Reply {
        Reply { status, ..self }
    }

    /// Sends the body, says not how long it is, and keeps the connection open.
    pub(crate) fn unsized_and_hanging(self) -> Reply {
        Reply { manner: Manner::Open, ..self }
    }

    /// The same with this body.
    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Reply {
        Reply { body: body.into(), ..self }
    }

    /// A redirect.
    pub(crate) fn redirect(status: u16, location: &str) -> Reply {
        Reply::status(status).header("location", location)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Answers only after this time.
    pub(crate) fn after(self, delay: Duration) -> Reply {
        Reply { delay, ..self }
    }

    /// Sends the body one byte at a time.
    pub(crate) fn drip(self, every: Duration) -> Reply {
        Reply { manner: Manner::DripBody(every), ..self }
    }

    /// Sends status line and headers one byte at a time.
    pub(crate) fn drip_head(self, every: Duration) -> Reply {
        Reply { manner: Manner::DripHead(every), ..self }
    }

    /// Closes after this many bytes of the body.
    pub(crate) fn cut(self, after: usize) -> Reply {
        Reply { manner: Manner::Cut(after), ..self }
    }

    /// Closes in the middle of the body.
    pub(crate) fn cut_in_half(self) -> Reply {
        let half = self.body.len() / 2;
        self.cut(half)
    }

    /// Repeats the body without end.
    pub(crate) fn endless(self) -> Reply {
        Reply { manner: Manner::Endless, ..self }
    }

    /// Reads the request and never answers.
    pub(crate) fn hang() -> Reply {
        Reply { manner: Manner::Hang, ..Reply::ok("") }
    }

    /// Reads the request and closes.
    pub(crate) fn reset() -> Reply {
        Reply { manner: Manner::Drop, ..Reply::ok("") }
    }
}

/// What the server has seen.
#[derive(Debug, Default)]
struct Seen {
    asked: Vec<Asked>,
    in_flight: usize,
    most_in_flight: usize,
    bytes_sent: usize,
}

/// The server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Starts on a free port of 127.0.0.1.
    pub(crate) async fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Seen>>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::new(reply), Arc::clone(&seen)));
        Server { address, seen, _tasks: tasks }
    }

    /// Gives these replies in turn, the last one for ever.
    pub(crate) async fn script(replies: Vec<Reply>) -> Server {
        let turn = Mutex::new(0_usize);
        Server::start(move |_| {
            let mut turn = turn.lock().unwrap();
            let reply = replies[(*turn).min(replies.len() - 1)].clone();
            *turn += 1;
            reply
        })
        .await
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().asked.clone()
    }

    /// The most requests that were under way at once.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.seen.lock().unwrap().most_in_flight
    }

    /// Bytes of bodies that the other side took.
    pub(crate) fn bytes_sent(&self) -> usize {
        self.seen.lock().unwrap().bytes_sent
    }
}

type Answerer = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

async fn serve(listener: TcpListener, reply: Answerer, seen: Arc<Mutex<Seen>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(exchange(stream, Arc::clone(&reply), Arc::clone(&seen)));
        while connections.try_join_next().is_some() {}
    }
}

async fn exchange(mut stream: TcpStream, reply: Answerer, seen: Arc<Mutex<Seen>>) {
    let Some(asked) = read_request(&mut stream).await else { return };
    {
        let mut seen = seen.lock().unwrap();
        seen.asked.push(asked.clone());
        seen.in_flight += 1;
        seen.most_in_flight = seen.most_in_flight.max(seen.in_flight);
    }
    let reply = reply(&asked);
    sleep(reply.delay).await;
    // the client may hang up at any time: that is its right
    let _hung_up = answer(&mut stream, &reply, &seen).await;
    seen.lock().unwrap().in_flight -= 1;
}

async fn read_request(stream: &mut TcpStream) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut asked = Asked { method, path, headers, body: Vec::new(), at: Instant::now() };
    let length = asked.header("content-length").map_or(0, |value| value.parse().unwrap());
    asked.body.resize(length, 0);
    stream.read_exact(&mut asked.body).await.ok()?;
    Some(asked)
}

async fn answer(stream: &mut TcpStream, reply: &Reply, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Reply\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let sized = !matches!(reply.manner, Manner::Endless | Manner::Open) && reply.status != 304;
    if sized && !reply.headers.iter().any(|(name, _)| name == "content-length") {
        head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    head.push_str("\r\n");
    match reply.manner {
        Manner::Well => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&reply.body).await?;
            seen.lock().unwrap().bytes_sent += reply.body.len();
        }
        Manner::DripHead(every) => {
            drip(stream, head.as_bytes(), every).await?;
            stream.write_all(&reply.body).await?;
        }
        Manner::DripBody(every) => {
            stream.write_all(head.as_bytes()).await?;
            drip(stream, &reply.body, every).await?;
        }
        Manner::Cut(after) => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&reply.body[..after]).await?;
        }
        Manner::Endless => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(&reply.body).await?;
                seen.lock().unwrap().bytes_sent += reply.body.len();
            }
        }
        Manner::Open => {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&reply.body).await?;
            std::future::pending::<()>().await;
        }
        Manner::Hang => std::future::pending().await,
        Manner::Drop => {}
    }
    stream.shutdown().await
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], every: Duration) -> std::io::Result<()> {
    for byte in bytes {
        stream.write_u8(*byte).await?;
        sleep(every).await;
    }
    Ok(())
}
