//! Judged pages into the store, with what they make due.

use super::{Clock, Done, Ingested, Keeper};
use crate::intake::{Judged, Step};
use crate::notice::NoticeError;
use crate::share::Window;
use crate::store::doors::{Known, Place, Receipt};
use crate::store::posts::{Change, Tally, Unit};
use crate::store::sources::Attempt;
use crate::time::Time;

impl Keeper {
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
            let mut passed = passed.iter().peekable();
            while let Some((seen, ..)) = passed.peek().copied() {
                self.moment(source, seen, clock, (&mut hour, &mut heard), done)?;
                let matched = matched(clock, seen);
                self.step(source, (seen, matched), false, (&mut heard, done), |unit| {
                    // those of one moment together, as long as nothing comes of them
                    while unit.changes.is_empty()
                        && let Some((_, network, native_id)) = passed.next_if(|(next, ..)| *next == seen)
                    {
                        unit.pass_over(network, native_id)?;
                    }
                    Ok(())
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
    pub(super) fn step(
        &mut self,
        source: i64,
        (seen, matched): (Time, Time),
        late: bool,
        (heard, done): (&mut Tally, &mut Done),
        write: impl FnOnce(&mut Unit<'_>) -> Result<(), NoticeError>,
    ) -> Result<(), NoticeError> {
        let (tally, mut changes) = {
            let mut unit = self.store.unit(source);
            (unit.seen, unit.matched, unit.late) = (seen, matched, late);
            unit.changes = std::mem::take(&mut self.room);
            write(&mut unit)?;
            (unit.tally, unit.changes)
        };
        heard.add(tally);
        self.traces |= tally.removed > 0;
        if !changes.is_empty() {
            self.raise(&changes, matched)?;
            self.traces |= changes.iter().any(|change| matches!(change, Change::Withdrawn { .. }));
            done.changes.append(&mut changes);
        }
        self.room = changes;
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
        Step::Reply(reply) => {
            unit.pass_over(reply.network.as_str(), &reply.native_id)?;
            unit.save_reply(reply)?;
        }
        Step::Gone(deletion) => unit.remove(deletion)?,
        Step::Account(account, stance, official) => {
            unit.save_account(account, stance, *official)?;
            unit.note_wish(account)?;
        }
    }
    Ok(())
}
