//! The keeper: the one place that writes. It takes judged pages and the passing of time, and commits them
//! together with the cursor, the ledger and the notices they make due.

mod hours;

use std::collections::HashMap;

use crate::intake::{Judged, JudgedPost, Step};
use crate::keyword::{Brand, BrandId};
use crate::matcher::Matcher;
use crate::network::{Cursor, Missed};
use crate::notice::{Composer, NoticeError};
use crate::schedule::Schedule;
use crate::share::Window;
use crate::store::Store;
use crate::store::alerts::{Due, Outcome};
use crate::store::doors::{Known, Place, Receipt};
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

    /// Stores judged pages of one source: all of them in one transaction, each whole.
    ///
    /// # Errors
    /// When the store refuses; then nothing of it is kept.
    pub fn save(&mut self, source: i64, pages: &[Judged], clock: Clock) -> Result<Done, NoticeError> {
        self.transaction(|keeper| {
            let mut done = Done::default();
            for page in pages {
                keeper.page(source, page, clock, &mut done)?;
            }
            if let Clock::Live(now) = clock {
                done.notices += keeper.advance(now, clock)?;
            }
            Ok(done)
        })
    }

    fn page(&mut self, source: i64, page: &Judged, clock: Clock, done: &mut Done) -> Result<(), NoticeError> {
        let mut hour: Option<Time> = None;
        let mut heard = Tally::default();
        for (seen, step) in &page.steps {
            let Step::PassedOver(passed) = step else {
                self.moment(source, *seen, clock, (&mut hour, &mut heard), done)?;
                let matched = matched(clock, *seen);
                self.step(source, (*seen, matched), false, (&mut heard, done), |unit| write(unit, step))?;
                continue;
            };
            for (seen, network, native_id) in passed.iter() {
                self.moment(source, seen, clock, (&mut hour, &mut heard), done)?;
                let matched = matched(clock, seen);
                self.step(source, (seen, matched), false, (&mut heard, done), |unit| {
                    Ok(unit.pass_over(network, native_id)?)
                })?;
            }
        }
        let at = match clock {
            Clock::Live(now) => now,
            Clock::Replay => hour.unwrap_or_default(),
        };
        if let Some(missed) = &page.missed {
            self.store.missed(source, missed)?;
        }
        if hour.is_some() || page.until.is_some() {
            self.heard(source, at, &mut heard, page.until, done)?;
        }
        if let Some(cursor) = &page.cursor {
            self.store.set_cursor(source, cursor)?;
        }
        Ok(())
    }

    /// Closes the hour that was open when another begins, and lets time pass up to `seen`, on a replay's clock.
    fn moment(
        &mut self,
        source: i64,
        seen: Time,
        clock: Clock,
        (hour, heard): (&mut Option<Time>, &mut Tally),
        done: &mut Done,
    ) -> Result<(), NoticeError> {
        // First what was heard, then what its hour tells: a rule wants to know that somebody listened.
        if let Some(before) = hour.filter(|hour| *hour != seen.hour()) {
            self.heard(source, before, heard, None, done)?;
        }
        if clock == Clock::Replay {
            done.notices += self.advance(seen, clock)?;
        }
        *hour = Some(seen.hour());
        Ok(())
    }

    /// Writes one step and raises the alerts it makes.
    fn step(
        &mut self,
        source: i64,
        (seen, matched): (Time, Time),
        late: bool,
        (heard, done): (&mut Tally, &mut Done),
        write: impl FnOnce(&mut Unit<'_>) -> Result<(), NoticeError>,
    ) -> Result<(), NoticeError> {
        let (tally, changes) = {
            let mut unit = self.store.unit(source);
            (unit.seen, unit.matched, unit.late) = (seen, matched, late);
            write(&mut unit)?;
            (unit.tally, unit.changes)
        };
        heard.add(tally);
        self.traces |= tally.removed > 0;
        if !changes.is_empty() {
            self.raise(&changes, matched)?;
            self.traces |= changes.iter().any(|change| matches!(change, Change::Withdrawn { .. }));
            done.changes.extend(changes);
        }
        Ok(())
    }

    /// Raises the alerts that changes make, at `at`.
    fn raise(&mut self, changes: &[Change], at: Time) -> Result<(), NoticeError> {
        self.composer.raise(&self.store, changes, at)?;
        if changes.iter().all(|change| matches!(change, Change::Mention { .. })) {
            self.deadline = None;
        } else {
            self.replan();
        }
        if self.stirred.is_none() && changes.iter().any(|change| matches!(change, Change::Mention { .. })) {
            self.stirred = Some(at);
        }
        Ok(())
    }

    /// Lets what is stored happen again, each change at its own moment, on a clock that runs over the window: groups
    /// close and mails are written as they would have been.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn rerun(&mut self, happened: &[(Time, Change)], window: Window) -> Result<usize, NoticeError> {
        self.looked = Some(window.from);
        let written = self.transaction(|keeper| {
            let mut written = 0;
            for (at, change) in happened {
                written += keeper.advance(*at, Clock::Replay)?;
                keeper.raise(std::slice::from_ref(change), *at)?;
            }
            Ok(written + keeper.advance(window.to, Clock::Replay)?)
        })?;
        Ok(written + self.run_out()?)
    }

    /// Stores a part of an imported file with the note of how far it has got, in one transaction. Time does not
    /// pass meanwhile: no digest is written of half a file.
    ///
    /// # Errors
    /// When the store refuses; then nothing of it is kept.
    pub fn import(
        &mut self,
        source: i64,
        part: &Judged,
        place: &Place,
        now: Time,
    ) -> Result<Done, NoticeError> {
        self.transaction(|keeper| {
            let (mut heard, mut done) = (Tally::default(), Done::default());
            for (seen, step) in &part.steps {
                keeper.step(source, (*seen, now), true, (&mut heard, &mut done), |unit| write(unit, step))?;
            }
            if heard != Tally::default() {
                keeper.heard(source, now, &mut heard, None, &mut done)?;
            }
            keeper.store.imported(place, now)?;
            Ok(done)
        })
    }

    /// Stores what was pushed, once a receipt: the same request again changes nothing and gets what it got.
    ///
    /// # Errors
    /// When the store refuses; then nothing of it is kept.
    pub fn ingest(
        &mut self,
        source: i64,
        page: &Judged,
        receipt: Option<&Receipt>,
        now: Time,
    ) -> Result<Ingested, NoticeError> {
        self.transaction(|keeper| {
            if let Some(receipt) = receipt {
                match keeper.store.receipt(source, receipt)? {
                    Known::No => {}
                    Known::Same(tally) => return Ok(Ingested::Before(tally)),
                    Known::Other => return Ok(Ingested::OtherBody),
                }
            }
            let mut done = Done::default();
            keeper.page(source, page, Clock::Live(now), &mut done)?;
            keeper.store.attempted(source, now, &Attempt::Done)?;
            if let Some(receipt) = receipt {
                keeper.store.keep_receipt(source, receipt, done.tally, now)?;
            }
            done.notices += keeper.advance(now, Clock::Live(now))?;
            Ok(Ingested::Now(done))
        })
    }

    fn heard(
        &self,
        source: i64,
        at: Time,
        heard: &mut Tally,
        until: Option<Time>,
        done: &mut Done,
    ) -> Result<(), NoticeError> {
        self.store.heard(source, at, *heard, until)?;
        done.tally.add(std::mem::take(heard));
        Ok(())
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

/// When a step that was seen at `seen` is matched.
fn matched(clock: Clock, seen: Time) -> Time {
    match clock {
        Clock::Replay => seen,
        Clock::Live(now) => now,
    }
}

fn write(unit: &mut Unit<'_>, step: &Step) -> Result<(), NoticeError> {
    match step {
        Step::Post(judged) => unit.save_post(judged)?,
        Step::Passed(id) => unit.pass_over(id.network.as_str(), &id.native_id)?,
        Step::PassedOver(passed) => {
            for (_, network, native_id) in passed.iter() {
                unit.pass_over(network, native_id)?;
            }
        }
        Step::Answer(answer) => {
            unit.pass_over(answer.network.as_str(), &answer.native_id)?;
            unit.save_answer(answer)?;
        }
        Step::Gone(deletion) => unit.remove(deletion)?,
        Step::Account(account, stance, official) => {
            unit.save_account(account, stance, *official)?;
            unit.note_wish(account)?;
        }
    }
    Ok(())
}
