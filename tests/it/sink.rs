//! A mail server on loopback that takes mails, or fails in the ways mail servers fail, as a test tells it to.
//!
//! ```ignore
//! let sink = Sink::start(|mail, attempt| match attempt {
//!     1 => Act::Answer("451 4.3.0 try later"), // the first attempt of each mail
//!     _ => Act::Accept,
//! })
//! .await;
//! // ... a daemon with `[mail.smtp] host = "127.0.0.1"`, `port = sink.port()`, `tls = "none"`
//! sink.until("a mail", |mails| mails.iter().any(Mail::accepted)).await;
//! sink.close(); // from here on connections are refused
//! sink.open().await; // until here, on the same port
//! ```
//!
//! Every mail that arrived whole is recorded, whatever was answered. It ends with the test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// What the server does with one mail, once it has it whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Takes it.
    Accept,
    /// Takes it after this time.
    AcceptAfter(Duration),
    /// Answers this line, such as `550 5.7.1 no`; on 421 it closes as well.
    Answer(&'static str),
    /// Says nothing, and keeps the connection open.
    Hang,
    /// Closes the connection without an answer: the mail was received, and its sender cannot know.
    Cut,
}

/// A mail that arrived whole.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    /// The whole message, line ends as sent.
    pub(crate) bytes: Vec<u8>,
    /// Its Message-ID, with brackets.
    pub(crate) message_id: String,
    pub(crate) recipient: String,
    pub(crate) at: Instant,
    pub(crate) act: Act,
}

impl Mail {
    /// Whether the sender was told that it was taken.
    pub(crate) fn accepted(&self) -> bool {
        matches!(self.act, Act::Accept | Act::AcceptAfter(_))
    }

    /// A header, decoded.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let message = mail_parser::MessageParser::default().parse(&self.bytes)?;
        Some(message.header_raw(name)?.trim().to_owned())
    }

    /// The subject, decoded.
    pub(crate) fn subject(&self) -> String {
        let message = mail_parser::MessageParser::default().parse(&self.bytes).unwrap();
        message.subject().unwrap_or_default().to_owned()
    }

    /// The text part, decoded.
    pub(crate) fn text(&self) -> String {
        let message = mail_parser::MessageParser::default().parse(&self.bytes).unwrap();
        message.body_text(0).unwrap().into_owned()
    }
}

type Script = Arc<dyn Fn(&Mail, usize) -> Act + Send + Sync>;

#[derive(Debug, Default)]
struct Seen {
    mails: Vec<Mail>,
    connections: usize,
    logins: usize,
}

/// The server.
pub(crate) struct Sink {
    address: SocketAddr,
    script: Script,
    /// Whether it wants an account, and refuses every one.
    locked: bool,
    seen: Arc<Mutex<Seen>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Sink {
    /// Starts on a free port of 127.0.0.1. `script` gets a mail and which arrival of its Message-ID this is, from 1.
    pub(crate) async fn start(script: impl Fn(&Mail, usize) -> Act + Send + Sync + 'static) -> Sink {
        Sink::with(script, false).await
    }

    /// Starts one that takes everything.
    pub(crate) async fn willing() -> Sink {
        Sink::start(|_, _| Act::Accept).await
    }

    /// Starts one that answers 535 to every account.
    pub(crate) async fn locked() -> Sink {
        Sink::with(|_, _| Act::Accept, true).await
    }

    async fn with(script: impl Fn(&Mail, usize) -> Act + Send + Sync + 'static, locked: bool) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sink = Sink {
            address,
            script: Arc::new(script),
            locked,
            seen: Arc::default(),
            tasks: Mutex::new(JoinSet::new()),
        };
        sink.serve(listener);
        sink
    }

    fn serve(&self, listener: TcpListener) {
        let (script, seen, locked) = (Arc::clone(&self.script), Arc::clone(&self.seen), self.locked);
        self.tasks.lock().unwrap().spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                seen.lock().unwrap().connections += 1;
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                talks.spawn(async move { drop(talk(stream, script, seen, locked).await) });
                while talks.try_join_next().is_some() {}
            }
        });
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Refuses connections from here on, and cuts those there are.
    pub(crate) fn close(&self) {
        *self.tasks.lock().unwrap() = JoinSet::new();
    }

    /// Takes connections again, on the same port.
    pub(crate) async fn open(&self) {
        self.serve(TcpListener::bind(self.address).await.unwrap());
    }

    /// Every mail that arrived whole, in order, whatever was answered.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.seen.lock().unwrap().mails.clone()
    }

    /// How many mails arrived whole.
    pub(crate) fn arrived(&self) -> usize {
        self.seen.lock().unwrap().mails.len()
    }

    /// Connections made.
    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// Accounts tried.
    pub(crate) fn logins(&self) -> usize {
        self.seen.lock().unwrap().logins
    }

    /// Waits until what arrived is as wanted; panics after 20 s.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&[Mail]) -> bool) -> Vec<Mail> {
        let start = Instant::now();
        loop {
            let mails = self.mails();
            if wanted(&mails) {
                return mails;
            }
            let told: Vec<_> = mails.iter().map(|mail| (&mail.message_id, mail.act)).collect();
            assert!(start.elapsed() < Duration::from_secs(20), "waited for {what}: {told:#?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn talk(
    stream: TcpStream,
    script: Script,
    seen: Arc<Mutex<Seen>>,
    locked: bool,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(b"220 sink.example ready\r\n").await?;
    let mut recipient = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let upper = line.trim_end().to_uppercase();
        let answer = match upper.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" if locked => "250-sink.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
            "EHLO" => "250-sink.example\r\n250-SMTPUTF8\r\n250 8BITMIME",
            "AUTH" => {
                seen.lock().unwrap().logins += 1;
                "535 5.7.8 no such account"
            }
            "RCPT" => {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut recipient);
                "250 ok"
            }
            "MAIL" if locked => "530 5.7.0 log in first",
            "MAIL" | "RSET" | "NOOP" => "250 ok",
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let Some(bytes) = message(&mut lines).await? else { return Ok(()) };
                match take(bytes, &recipient, &script, &seen) {
                    Act::Accept => "250 2.0.0 taken",
                    Act::AcceptAfter(pause) => {
                        sleep(pause).await;
                        "250 2.0.0 taken"
                    }
                    Act::Answer(text) => text,
                    Act::Hang => std::future::pending().await,
                    Act::Cut => return Ok(()),
                }
            }
            _ => "500 what?",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if answer.starts_with("421") {
            return Ok(());
        }
    }
}

/// The message up to its lone dot; `None` when the connection broke before.
async fn message(lines: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if line == b".\r\n" {
            return Ok(Some(bytes));
        }
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn take(bytes: Vec<u8>, recipient: &str, script: &Script, seen: &Mutex<Seen>) -> Act {
    let text = String::from_utf8_lossy(&bytes);
    let message_id = text
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "))
        .unwrap_or_else(|| panic!("a mail without a Message-ID"))
        .to_owned();
    let recipient = recipient.to_owned();
    let mut mail = Mail { bytes, message_id, recipient, at: Instant::now(), act: Act::Accept };
    let mut seen = seen.lock().unwrap();
    let arrivals = seen.mails.iter().filter(|other| other.message_id == mail.message_id).count();
    mail.act = script(&mail, arrivals + 1);
    let act = mail.act;
    seen.mails.push(mail);
    act
}

/// Mails by Message-ID. Panics when two of one Message-ID are not the same, byte for byte.
#[track_caller]
pub(crate) fn arrivals(mails: &[Mail]) -> HashMap<String, usize> {
    let mut first: HashMap<&str, &Mail> = HashMap::new();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for mail in mails {
        let known = first.entry(&mail.message_id).or_insert(mail);
        assert!(known.bytes == mail.bytes, "a repeat of {} has other bytes", mail.message_id);
        assert_eq!(known.recipient, mail.recipient);
        *counts.entry(mail.message_id.clone()).or_default() += 1;
    }
    counts
}
