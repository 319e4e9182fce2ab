//! The keeper: the one place that writes. It takes judged pages and the passing of time, and commits them
//! together with the cursor, the ledger and the notices they make due.

mod hours;
mod save;

use std::collections::HashMap;

use crate::intake::JudgedPost;
use crate::keyword::{Brand, BrandId};
use crate::matcher::Matcher;
use crate::network::{Cursor, Missed};
use crate::notice::{Composer, NoticeError};
use crate::schedule::Schedule;
use crate::store::Store;
use crate::store::alerts::{Due, Outcome};
use crate::store::pictures::Looked;
use crate::store::posts::{Change, Tally, Unit};
use crate::store::recipients::{self, Wish};
use crate::store::rematch::StoredPost;
use crate::store::sources::Attempt;
use crate::time::Time;

/// Whose clock counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The capture's: time passes as its lines say.
    Replay,
    /// The world's.
    Live(Time),
}

/// What one unit of work did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// How often things happened.
    pub tally: Tally,
    /// New mentions, suspicions, withdrawals.
    pub changes: Vec<Change>,
    /// Notices written.
    pub notices: usize,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ingested {
    /// It was stored.
    Now(Done),
    /// It was stored before, and this is what it did then.
    Before(Tally),
    /// Its key came before with something else; nothing was stored.
    OtherBody,
}

/// The store, the composer, and when they are due next.
#[derive(Debug)]
pub struct Keeper {
    store: Store,
    composer: Composer,
    sources: HashMap<String, i64>,
    /// The next moment at which a group closes or a digest falls due; `None` when it must be looked up.
    deadline: Option<Time>,
    /// The next moment at which something is due that no new alert can bring forward; `None` as before.
    planned: Option<Time>,
    /// When what shows only over time was looked for last.
    looked: Option<Time>,
    /// The first mention since then.
    stirred: Option<Time>,
    /// Whether something was taken away or changed at its source whose words may still stand in the store's log.
    traces: bool,
    /// Room for the changes of a step: empty between two.
    room: Vec<Change>,
}

impl Keeper {
    /// A keeper of this store.
    pub fn new(store: Store, composer: Composer) -> Keeper {
        Keeper {
            store,
            composer,
            sources: HashMap::new(),
            deadline: None,
            planned: None,
            looked: None,
            stirred: None,
            traces: false,
            room: Vec::new(),
        }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What mails are composed with.
    pub fn composer(&self) -> &Composer {
        &self.composer
    }

    /// Mails speak of these brands from here on.
    pub fn set_brands(&mut self, brands: Vec<Brand>) {
        self.composer.brands = brands;
        self.replan();
    }

    /// Digests fall due at these times from here on.
    pub fn set_schedule(&mut self, schedule: Schedule) {
        self.composer.schedule = schedule;
        self.deadline = None;
    }

    /// Notes which queries decide from `now` on.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn note_queries(&mut self, matcher: &Matcher, now: Time) -> Result<(), NoticeError> {
        self.transaction(|keeper| Ok(keeper.store.note_queries(matcher, now)?))
    }

    /// Puts the mentions of stored posts as today's queries of `brands` decide, in one transaction.
    ///
    /// # Errors
    /// When the store refuses; then nothing of it is kept.
    pub fn rematch(
        &mut self,
        posts: &[(StoredPost, JudgedPost)],
        brands: &[BrandId],
        now: Time,
    ) -> Result<(), NoticeError> {
        self.transaction(|keeper| {
            let mut done = Done::default();
            for (stored, judged) in posts {
                let mut heard = Tally::default();
                let write = |unit: &mut Unit<'_>| Ok(unit.rematch(stored, judged, brands)?);
                keeper.step(stored.source_row, (now, now), false, (&mut heard, &mut done), write)?;
            }
            Ok(())
        })
    }

    /// Starts to know a source.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn source(&mut self, name: &str, network: &str, example: bool) -> Result<i64, NoticeError> {
        if let Some(id) = self.sources.get(name) {
            return Ok(*id);
        }
        let id = self.store.source(name, network, example)?;
        self.sources.insert(name.to_owned(), id);
        Ok(id)
    }

    /// Notes how an attempt of a source went.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn attempted(&mut self, source: i64, at: Time, attempt: &Attempt) -> Result<(), NoticeError> {
        self.transaction(|keeper| Ok(keeper.store.attempted(source, at, attempt)?))
    }

    /// Adds to what a source has spent today.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn spend(&mut self, source: i64, at: Time, units: i64) -> Result<(), NoticeError> {
        self.transaction(|keeper| Ok(keeper.store.spend(source, at, units)?))
    }

    /// Notes that posts were read again, whatever became of them.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn read_again(&mut self, network: &str, ids: &[String], at: Time) -> Result<(), NoticeError> {
        self.transaction(|keeper| Ok(keeper.store.read_again(network, ids, at)?))
    }

    /// Keeps what came of asking for a picture.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn keep_picture(&mut self, address: &str, looked: &Looked, at: Time) -> Result<(), NoticeError> {
        self.transaction(|keeper| Ok(keeper.store.keep_picture(address, looked, at)?))
    }

    /// Removes the words of posts that a network lets nobody keep any longer. Tells how many.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn expire(&mut self, network: &str, before: Time, at: Time) -> Result<usize, NoticeError> {
        let expired = self.transaction(|keeper| Ok(keeper.store.expire(network, before, at)?))?;
        self.traces |= expired > 0;
        Ok(expired)
    }

    /// Records a stretch that a source could not give.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn missed(&mut self, source: i64, missed: &Missed) -> Result<(), NoticeError> {
        self.transaction(|keeper| Ok(keeper.store.missed(source, missed)?))
    }

    /// Notes that a gap has been filled.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn close_gap(&mut self, gap: i64, at: Time) -> Result<(), NoticeError> {
        self.transaction(|keeper| Ok(keeper.store.close_gap(gap, at)?))
    }

    /// Takes mails that are due and marks them as being tried.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn take_due(&mut self, now: Time, limit: u32) -> Result<Vec<Due>, NoticeError> {
        if self.store.hold_stale(now)? > 0 {
            self.replan();
        }
        let due = self.store.due(now, limit)?;
        if due.is_empty() {
            return Ok(due);
        }
        self.transaction(|keeper| {
            for mail in &due {
                keeper.store.trying(mail.id, now)?;
            }
            Ok(())
        })?;
        Ok(due)
    }

    /// Records what became of a mail.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn record(&mut self, notice: i64, at: Time, outcome: &Outcome) -> Result<(), NoticeError> {
        self.transaction(|keeper| Ok(keeper.store.record(notice, at, outcome)?))
    }

    /// Does what whoever knows `token` wants of the mails to its address. Gives that address, if there is one.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn wish(&mut self, token: &str, wish: Wish, now: Time) -> Result<Option<String>, NoticeError> {
        self.transaction(|keeper| {
            let Some(known) = recipients::of_token(keeper.store.connection(), token)? else {
                return Ok(None);
            };
            keeper.store.wish(&known.address, wish, "by the link in a mail", now)?;
            Ok(Some(known.address))
        })
    }

    /// Notes that a file has been played to its end.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn played(&mut self, source: i64, cursor: &Cursor, now: Time) -> Result<(), NoticeError> {
        self.transaction(|keeper| {
            keeper.store.set_cursor(source, cursor)?;
            Ok(keeper.store.attempted(source, now, &Attempt::Done)?)
        })
    }

    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Keeper) -> Result<T, NoticeError>,
    ) -> Result<T, NoticeError> {
        self.store.begin()?;
        match work(self) {
            Ok(done) => {
                self.store.commit()?;
                Ok(done)
            }
            Err(error) => {
                self.store.roll_back();
                self.replan();
                Err(error)
            }
        }
    }
}
