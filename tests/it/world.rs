//! A hostile world: every network that is asked over HTTP, followed through the same loopback server, while posts
//! crowd into one second, arrive between two pages, vanish, or stand out of order. What was offered must be stored.
//!
//! A network brings its dialect in `tests/it/world/NAME.rs`: how its server pages through the posts there are.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vigie::fetch::Fetch;
use vigie::network::{Cursor, spec};
use vigie::post::NetworkName;
use vigie::source::{Client, Event, Mode, Patience, Source, State, follow};

use crate::fetch::{clock, config};
use crate::server::{Asked, Reply, Server};

mod hackernews;
mod mastodon;

/// One post of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// A number that grows from post to post; a dialect makes it an id of its network.
    pub(crate) number: u64,
    /// When it was written, in seconds since 1970.
    pub(crate) at: i64,
    pub(crate) text: String,
}

/// The posts there are, oldest first.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) items: Vec<Item>,
    /// Rounds begun, and pages asked for in the one under way.
    rounds: usize,
    pages: usize,
}

impl World {
    fn write(&mut self, count: u64, at: impl Fn(u64) -> i64) {
        let first = self.items.last().map_or(1_000, |item| item.number + 1);
        for place in 0..count {
            let number = first + place;
            self.items.push(Item { number, at: at(place), text: format!("Molivelle number {number}") });
        }
    }

    /// The newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().rev()
    }
}

/// How the server of a network answers.
pub(crate) trait Dialect: Send + Sync {
    /// The network.
    fn name(&self) -> &'static str;

    /// The section of a source that asks the server at `base`.
    fn section(&self, base: &str) -> toml::Table;

    /// Posts on one page at most, as this server gives them.
    fn page(&self) -> u64;

    /// What the server answers.
    fn answer(&self, asked: &Asked, world: &World) -> Reply;

    /// The number of the post with this native id.
    fn number(&self, native_id: &str) -> Option<u64> {
        native_id.rsplit(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
    }

    /// Whether a page of one second can be paged through; some networks can only say that they missed something.
    fn pages_one_second(&self) -> bool {
        true
    }
}

/// The value of a parameter of the query, decoded.
pub(crate) fn parameter(asked: &Asked, name: &str) -> Option<String> {
    let url = url::Url::parse(&format!("http://x{}", asked.path)).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn dialects() -> Vec<Arc<dyn Dialect>> {
    vec![Arc::new(hackernews::Speaks), Arc::new(mastodon::Speaks)]
}

/// A way to be hostile between two pages of the second round.
type Meanwhile = fn(&mut World, now: i64);

/// One network being followed round by round.
struct Followed {
    dialect: Arc<dyn Dialect>,
    world: Arc<Mutex<World>>,
    server: Server,
    cursor: Option<Cursor>,
    seen: BTreeSet<u64>,
    missed: usize,
}

impl Followed {
    async fn start(dialect: Arc<dyn Dialect>, meanwhile: Meanwhile) -> Followed {
        let world = Arc::new(Mutex::new(World::default()));
        let (speaks, shared) = (Arc::clone(&dialect), Arc::clone(&world));
        let server = Server::start(move |asked| {
            let mut world = shared.lock().unwrap();
            let reply = speaks.answer(asked, &world);
            world.pages += 1;
            if world.rounds == 2 {
                meanwhile(&mut world, now());
            }
            reply
        })
        .await;
        Followed { dialect, world, server, cursor: None, seen: BTreeSet::new(), missed: 0 }
    }

    /// One round of asking, from where the last one stopped.
    async fn round(&mut self) {
        {
            let mut world = self.world.lock().unwrap();
            world.rounds += 1;
            world.pages = 0;
        }
        let spec = spec(self.dialect.name()).unwrap();
        let network = (spec.build)(&self.dialect.section(&self.server.url(""))).unwrap();
        let source = Source {
            patience: Patience {
                first: Duration::from_millis(5),
                longest: Duration::from_millis(20),
                hop: Duration::from_millis(5),
            },
            ..Source::new("world", NetworkName::known(spec.name), Arc::from(network))
        };
        let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
        let (out, mut events) = mpsc::channel(64);
        let client = Arc::new(Client::new(&source, fetch, out.clone(), clock));
        let stop = CancellationToken::new();
        let start = self.cursor.clone();
        let following = follow(source, client, start, out, stop, clock, Mode::Walk);
        let hearing = async {
            while let Some(event) = events.recv().await {
                match event {
                    Event::Page(delivery) => {
                        self.missed += usize::from(delivery.page.missed.is_some());
                        self.cursor = delivery.page.cursor.or(self.cursor.take());
                        let posts = delivery.page.posts.iter().chain(&delivery.page.edits);
                        self.seen.extend(posts.filter_map(|post| self.dialect.number(&post.native_id)));
                    }
                    Event::Status {
                        state: State::Failed { reason, .. } | State::Stopped { reason }, ..
                    } => {
                        panic!("{}: {reason}", self.dialect.name());
                    }
                    Event::Status { .. } | Event::Spent { .. } => {}
                }
            }
        };
        let both = async { tokio::join!(following, hearing) };
        timeout(Duration::from_secs(60), both)
            .await
            .unwrap_or_else(|_| panic!("{} never ends", self.dialect.name()));
    }

    /// Numbers offered since the first round, still there, and not stored.
    fn lost(&self, after: u64) -> Vec<u64> {
        let world = self.world.lock().unwrap();
        world.items.iter().map(|item| item.number).filter(|n| *n > after && !self.seen.contains(n)).collect()
    }
}

fn now() -> i64 {
    clock().0 / 1000
}

/// Follows every network through `meanwhile`: a first look, then three pages and a half of new posts at `at`, read in
/// one round, then one more round for what came while it was read.
async fn survive(what: &str, at: fn(u64, i64) -> i64, meanwhile: Meanwhile) {
    for dialect in dialects() {
        let name = dialect.name();
        let page = dialect.page();
        let mut followed = Followed::start(Arc::clone(&dialect), meanwhile).await;
        let then = now() - 3_000;
        followed.world.lock().unwrap().write(5, |place| then - 500 + i64::try_from(place).unwrap());
        followed.round().await;
        let before = followed.world.lock().unwrap().items.last().map_or(0, |item| item.number);
        followed.world.lock().unwrap().write(page * 7 / 2, |place| at(place, then));
        followed.round().await;
        followed.round().await;
        let lost = followed.lost(before);
        println!("{what}: {name}: {} seen, {} lost", followed.seen.len(), lost.len());
        if !dialect.pages_one_second() && followed.missed > 0 {
            continue; // said aloud
        }
        assert!(lost.is_empty(), "{name}: {what}: {lost:?} were offered and never stored");
    }
}

fn spread(place: u64, then: i64) -> i64 {
    then + i64::try_from(place).unwrap() * 3 / 2
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_pages_of_new_posts_are_read_to_the_last_known_one() {
    survive("spread", spread, |_, _| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_full_of_one_second_lose_nothing() {
    survive("one second", |_, then| then, |_, _| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_between_two_pages_is_not_lost() {
    survive("grows", spread, |world, now| {
        if world.pages < 6 {
            world.write(3, |_| now);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_vanishes_between_two_pages_takes_nothing_with_it() {
    survive("vanishes", spread, |world, _| {
        if world.pages < 6 && world.items.len() > 20 {
            let newest = world.items.len() - 1;
            world.items.remove(newest);
            world.items.remove(newest / 2);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dates_out_of_order_lose_nothing() {
    survive("out of order", |place, then| then + i64::try_from(place * 7 % 13).unwrap(), |_, _| {}).await;
}
