//! A small event stream on loopback that speaks as Jetstream does: it keeps what happened, gives a client that
//! comes with a cursor everything since, and then what is new.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

type Events = Arc<Mutex<Vec<(i64, String)>>>;

/// The stream.
pub(crate) struct Jetstream {
    address: SocketAddr,
    events: Events,
    _tasks: JoinSet<()>,
}

impl Jetstream {
    /// Starts on a free port of 127.0.0.1.
    pub(crate) async fn start() -> Jetstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let events = Events::default();
        let mut tasks = JoinSet::new();
        let theirs = Arc::clone(&events);
        tasks.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                talks.spawn(talk(stream, Arc::clone(&theirs)));
                while talks.try_join_next().is_some() {}
            }
        });
        Jetstream { address, events, _tasks: tasks }
    }

    /// Its address, for `hosts`.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Somebody writes a post at this moment.
    pub(crate) fn create(&self, time_us: i64, did: &str, rkey: &str, text: &str) {
        let written = jiff::Timestamp::from_microsecond(time_us).unwrap().to_string();
        let record =
            json!({"$type": "app.bsky.feed.post", "text": text, "createdAt": written, "langs": ["en"]});
        self.commit(
            time_us,
            did,
            &json!({"operation": "create", "collection": "app.bsky.feed.post",
            "rkey": rkey, "rev": "1", "cid": "bafyinvented", "record": record}),
        );
    }

    /// And deletes one.
    pub(crate) fn delete(&self, time_us: i64, did: &str, rkey: &str) {
        self.commit(
            time_us,
            did,
            &json!({"operation": "delete", "collection": "app.bsky.feed.post",
            "rkey": rkey, "rev": "2"}),
        );
    }

    fn commit(&self, time_us: i64, did: &str, commit: &Value) {
        let event = json!({"did": did, "time_us": time_us, "kind": "commit", "commit": commit});
        self.events.lock().unwrap().push((time_us, event.to_string()));
    }
}

async fn talk(stream: TcpStream, events: Events) {
    let mut cursor = i64::MIN;
    #[expect(clippy::result_large_err, reason = "the shape that tungstenite asks for")]
    let note = |request: &Request, response: Response| {
        let query = request.uri().query().unwrap_or_default();
        let given = query.split('&').find_map(|pair| pair.strip_prefix("cursor="));
        cursor = given.and_then(|given| given.parse().ok()).unwrap_or(i64::MIN);
        Ok(response)
    };
    let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, note).await else { return };
    let (mut write, mut read) = socket.split();
    let mut next = 0;
    loop {
        let new: Vec<(i64, String)> = events.lock().unwrap().iter().skip(next).cloned().collect();
        next += new.len();
        for (_, event) in new.into_iter().filter(|(time_us, _)| *time_us >= cursor) {
            if write.send(Message::text(event)).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = sleep(Duration::from_millis(5)) => {}
            frame = read.next() => if !matches!(frame, Some(Ok(_))) { return },
        }
    }
}

/// Now, as the stream counts.
pub(crate) fn now_us() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}
