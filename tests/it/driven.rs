//! A network asked and answered page by page, as a source does it, by a script instead of a server.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;
use vigie::fetch::Fetch;
use vigie::network::{Answer, Ask, Cursor, Missed, Network, Page, ReadError, Request, spec};
use vigie::post::NetworkName;
use vigie::source::{Client, Event, Mode, Source, follow};
use vigie::time::Time;

use crate::fetch::clock;

/// What a script answers: a status, headers and a body.
pub(crate) type Said = (u16, Vec<(String, String)>, String);

/// A good answer.
#[expect(clippy::needless_pass_by_value, reason = "answers are written where they are given")]
pub(crate) fn ok(body: impl ToString) -> Said {
    (200, Vec::new(), body.to_string())
}

/// A refusal.
#[expect(clippy::needless_pass_by_value, reason = "answers are written where they are given")]
pub(crate) fn no(status: u16, body: impl ToString) -> Said {
    (status, Vec::new(), body.to_string())
}

/// The parameters of an address.
pub(crate) fn query(address: &str) -> BTreeMap<String, String> {
    Url::parse(address).unwrap().query_pairs().into_owned().collect()
}

/// A source, and everything that it brought.
pub(crate) struct Driven {
    network: &'static str,
    section: toml::Table,
    pub(crate) cursor: Option<Cursor>,
    /// The time, in milliseconds.
    pub(crate) now: i64,
    /// How often each post came.
    pub(crate) posts: BTreeMap<String, usize>,
    pub(crate) missed: Vec<Missed>,
    /// Every address asked, in order.
    pub(crate) asked: Vec<String>,
    pub(crate) refused: Option<ReadError>,
    pub(crate) last: Page,
}

impl Driven {
    pub(crate) fn new(network: &'static str, section: &str, now: i64) -> Driven {
        Driven {
            network,
            section: section.parse().unwrap(),
            cursor: None,
            now,
            posts: BTreeMap::new(),
            missed: Vec::new(),
            asked: Vec::new(),
            refused: None,
            last: Page::default(),
        }
    }

    /// Built anew each time: all that a crash leaves is the cursor.
    pub(crate) fn network(&self) -> Box<dyn Network> {
        (spec(self.network).unwrap().build)(&self.section).unwrap()
    }

    pub(crate) fn request(&self) -> Request {
        match self.network().ask(self.cursor.as_ref(), Time(self.now)) {
            Ask::Fetch(request) => request,
            other => panic!("{other:?}"),
        }
    }

    /// Whether there is nothing more to ask, ever.
    pub(crate) fn is_done(&self) -> bool {
        self.network().ask(self.cursor.as_ref(), Time(self.now)) == Ask::Done
    }

    /// One request and its answer; tells whether the round goes on.
    pub(crate) fn step(&mut self, script: &mut dyn FnMut(&Request) -> Said) -> bool {
        let network = self.network();
        let request = self.request();
        let (status, headers, body) = script(&request);
        self.asked.push(request.url.clone());
        let answer =
            Answer { request, status, headers, body: body.into(), seen: Time(self.now), ..Answer::default() };
        let read = if status < 400 {
            network.read(&answer, self.cursor.as_ref())
        } else if let Some(page) = network.salvage(&answer, self.cursor.as_ref()) {
            Ok(Page { more: false, ..page })
        } else {
            let told = network.refused(&answer, self.cursor.as_ref()).unwrap();
            assert_eq!(network.read(&answer, self.cursor.as_ref()).unwrap_err(), told);
            Err(told)
        };
        match read {
            Ok(page) => {
                for post in &page.posts {
                    *self.posts.entry(post.native_id.clone()).or_default() += 1;
                }
                self.missed.extend(page.missed.clone());
                let more = page.more && page.cursor.is_some() && page.cursor != self.cursor;
                self.cursor = page.cursor.clone().or(self.cursor.take());
                self.last = page;
                more
            }
            Err(error) => {
                self.refused = Some(error);
                false
            }
        }
    }

    /// A round of asking; tells how many requests it took.
    pub(crate) fn round(&mut self, script: &mut dyn FnMut(&Request) -> Said) -> usize {
        for asked in 1..2_000 {
            if !self.step(script) {
                return asked;
            }
        }
        panic!("the round does not end");
    }

    /// The ids of all posts that came.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.posts.keys().map(String::as_str).collect()
    }
}

/// Everything that a source says in a single attempt over the web.
pub(crate) async fn once(network: &'static str, section: &str, fetch: &Arc<Fetch>) -> Vec<Event> {
    let built = (spec(network).unwrap().build)(&section.parse().unwrap()).unwrap();
    let source = Source::new(network, NetworkName::known(network), built.into());
    let (out, mut events) = mpsc::channel(100);
    let stop = CancellationToken::new();
    let client = Arc::new(Client::new(&source, Arc::clone(fetch), out.clone(), clock));
    follow(source, client, None, out, stop, clock, Mode::Once).await;
    let mut said = Vec::new();
    while let Ok(event) = events.try_recv() {
        said.push(event);
    }
    said
}
