//! One network being followed attempt by attempt, from nothing but the cursor that the last one left.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vigie::fetch::Fetch;
use vigie::network::{Cursor, Missed, spec};
use vigie::post::{Gone, NetworkName};
use vigie::source::{Client, Event, Mode, Patience, Source, State, follow};

use super::{Dialect, Story, World, now};
use crate::fetch::clock;
use crate::server::Server;

/// Attempts of one phase at most.
const ATTEMPTS: usize = 150;
/// Attempts in a row that bring nothing, before a phase is over: a search that hiccups gets a second chance.
const QUIET: usize = 2;
/// The requests of the second phase at which the server does wrong.
const WRONG: [usize; 2] = [0, 2];

pub(super) struct Followed {
    dialect: Arc<dyn Dialect>,
    story: Story,
    world: Arc<Mutex<World>>,
    server: Server,
    /// One a source; forgotten when a host wants a pause, which tests do not wait for.
    fetch: Option<Arc<Fetch>>,
    cursor: Option<Cursor>,
    pub(super) seen: BTreeSet<u64>,
    pub(super) missed: Vec<Missed>,
    /// What went wrong, as it was told.
    troubles: Vec<State>,
    /// Posts said to be deleted that are still there.
    forgotten: BTreeSet<u64>,
}

/// How an attempt ended.
#[derive(Debug, Default)]
struct Attempt {
    news: bool,
    more: bool,
    trouble: bool,
}

impl Followed {
    pub(super) async fn start(dialect: Arc<dyn Dialect>, story: Story) -> Followed {
        let world = Arc::new(Mutex::new(World::default()));
        let (speaks, shared) = (Arc::clone(&dialect), Arc::clone(&world));
        let server = Server::start(move |asked| {
            let mut world = shared.lock().unwrap();
            let well = speaks.answer(asked, &world);
            let turn = world.asked;
            world.asked += 1;
            if world.phase != 2 {
                return well;
            }
            (story.meanwhile)(&mut world, now());
            match story.fault {
                Some(fault) if WRONG.contains(&turn) => fault.instead_of(well),
                _ => well,
            }
        })
        .await;
        Followed {
            dialect,
            story,
            world,
            server,
            fetch: None,
            cursor: None,
            seen: BTreeSet::new(),
            missed: Vec::new(),
            troubles: Vec::new(),
            forgotten: BTreeSet::new(),
        }
    }

    pub(super) fn write(&self, count: u64, at: impl Fn(u64) -> i64) {
        self.world.lock().unwrap().write(count, at);
    }

    pub(super) fn last_number(&self) -> u64 {
        self.world.lock().unwrap().items.last().map_or(0, |item| item.number)
    }

    /// Attempts until there is nothing more to have.
    pub(super) async fn phase(&mut self) -> Result<(), String> {
        {
            let mut world = self.world.lock().unwrap();
            (world.phase, world.asked) = (world.phase + 1, 0);
        }
        let mut quiet = 0;
        for _ in 0..ATTEMPTS {
            let attempt = self.attempt().await?;
            quiet = match (attempt.news || attempt.trouble, attempt.more) {
                (true, _) => 0,
                (false, true) => quiet, // in the middle of a round
                (false, false) => quiet + 1,
            };
            if quiet == QUIET {
                return Ok(());
            }
        }
        Err(format!("never ends: {:?}, {:?}", self.cursor, self.troubles.last()))
    }

    async fn attempt(&mut self) -> Result<Attempt, String> {
        let spec = spec(self.dialect.name()).unwrap();
        let section = self.dialect.section(&self.server.url(""));
        let network = (spec.build)(&section.parse().unwrap()).map_err(|error| error.to_string())?;
        let patience = Patience {
            first: Duration::from_millis(5),
            longest: Duration::from_millis(20),
            hop: Duration::from_millis(5),
        };
        let source =
            Source { patience, ..Source::new("world", NetworkName::known(spec.name), Arc::from(network)) };
        if self.dialect.rests() {
            self.fetch = None;
        }
        let config = self.story.config;
        let fetch = self.fetch.get_or_insert_with(|| Arc::new(Fetch::new(config(), clock).unwrap()));
        let (out, mut events) = mpsc::channel(64);
        let client = Arc::new(Client::new(&source, Arc::clone(fetch), out.clone(), clock));
        let start = self.cursor.clone();
        let following = follow(source, client, start, out, CancellationToken::new(), clock, Mode::Once);
        let mut attempt = Attempt::default();
        let hearing = async {
            while let Some(event) = events.recv().await {
                self.hear(event, &mut attempt);
            }
        };
        let both = async { tokio::join!(following, hearing) };
        timeout(Duration::from_secs(120), both).await.map_err(|_| "an attempt never ends".to_owned())?;
        Ok(attempt)
    }

    fn hear(&mut self, event: Event, attempt: &mut Attempt) {
        match event {
            Event::Page(delivery) => {
                let page = delivery.page;
                attempt.more = page.more;
                self.missed.extend(page.missed);
                self.cursor = page.cursor.or(self.cursor.take());
                for post in page.posts.iter().chain(&page.edits) {
                    if let Some(number) = self.dialect.number(&post.native_id) {
                        attempt.news |= self.seen.insert(number);
                    }
                }
                for deletion in page.deletions {
                    let (Gone::Post(id) | Gone::PostBy(id, _)) = &deletion.gone else { continue };
                    let number = self.dialect.number(id);
                    let world = self.world.lock().unwrap();
                    let there = world.items.iter().any(|item| Some(item.number) == number);
                    self.forgotten.extend(number.filter(|_| there));
                }
            }
            Event::Status { state: State::Ok { .. }, .. } => {}
            Event::Status { state, .. } => {
                attempt.trouble = true;
                self.fetch = None;
                self.troubles.push(state);
            }
            Event::Spent { .. } => {}
        }
    }

    /// Numbers offered after this one, still there, and not handed over.
    pub(super) fn lost(&self, after: u64) -> Vec<u64> {
        let world = self.world.lock().unwrap();
        world.items.iter().map(|item| item.number).filter(|n| *n > after && !self.seen.contains(n)).collect()
    }

    /// What else is wrong with how it was taken.
    pub(super) fn judged(&self) -> Option<String> {
        if !self.forgotten.is_empty() {
            return Some(format!("{:?} are said to be deleted and are there", self.forgotten));
        }
        match self.story.fault {
            Some(fault) => {
                let has_key = spec(self.dialect.name()).is_some_and(|spec| !spec.secrets.is_empty());
                fault.judge(&self.troubles, has_key, self.dialect.longest())
            }
            None => self.troubles.first().map(|state| format!("{state:?}")),
        }
    }
}
