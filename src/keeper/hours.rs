//! What becomes due as time passes: groups close, digests are written, what shows only over time is looked for.

use super::{Clock, Keeper};
use crate::alert::Pace;
use crate::notice::{BUCKET, NoticeError};
use crate::share::Window;
use crate::store::sources;
use crate::time::{DAY, HOUR, Time};

/// Set once the first digest has been composed.
const FIRST_DIGEST: &str = "first_digest";

/// A replay's clock that jumps further than this has not listened meanwhile: two months, the longest time
/// between two digests and one to spare.
const SILENCE: i64 = 62 * DAY;

/// No deadline at all.
const NEVER: Time = Time(i64::MAX);

impl Keeper {
    /// Lets time pass: looks after sources, closes groups, writes due digests. Gives the notices written.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn tick(&mut self, now: Time) -> Result<usize, NoticeError> {
        let written = self.transaction(|keeper| {
            let troubles = keeper.store.in_trouble(now)?;
            if !troubles.is_empty() {
                keeper.composer.raise_troubles(&keeper.store, &troubles, now)?;
                keeper.replan();
            }
            let all = sources::sources(keeper.store.connection())?;
            if keeper.composer.raise_recoveries(&keeper.store, &all, now)? {
                keeper.deadline = None;
            }
            keeper.advance(now, Clock::Live(now))
        })?;
        if self.traces && self.store.wipe_log()? {
            self.traces = false;
        }
        Ok(written)
    }

    /// Lets time pass, and nothing else. Gives the notices written.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn pass(&mut self, now: Time) -> Result<usize, NoticeError> {
        if self.deadline(now)? > now {
            return Ok(0);
        }
        self.transaction(|keeper| keeper.advance(now, Clock::Live(now)))
    }

    /// Closes every open group now, whatever its time: at the end of a single run or of a replay's clock.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn close_all(&mut self, now: Time) -> Result<usize, NoticeError> {
        self.replan();
        self.transaction(|keeper| {
            keeper.look(now)?;
            keeper.composer.close_due(&keeper.store, now, true)
        })
    }

    /// Lets a replay's clock run on until every group has closed, each at its own time.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn run_out(&mut self) -> Result<usize, NoticeError> {
        self.replan();
        self.transaction(|keeper| {
            let mut written = 0;
            if let Some(stirred) = keeper.stirred {
                keeper.look(Time(bucket(stirred).0.saturating_add(BUCKET)))?;
            }
            while let Some(group) = keeper.store.next_group()? {
                written += keeper.composer.close_due(&keeper.store, group.closes, false)?;
            }
            Ok(written)
        })
    }

    /// Writes a digest of `window`, whatever the schedule.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn digest(&mut self, window: Window, now: Time) -> Result<usize, NoticeError> {
        self.transaction(|keeper| keeper.composer.write_digest(&keeper.store, window, now))
    }

    /// Writes the first digest, unless it has been written; with the note that it has, so that a crash makes
    /// neither two of them nor none.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn first_digest(&mut self, window: Window, now: Time) -> Result<usize, NoticeError> {
        if !self.wants_first_digest()? {
            return Ok(0);
        }
        self.transaction(|keeper| {
            keeper.store.set_meta(FIRST_DIGEST, &now.0.to_string())?;
            keeper.composer.write_digest(&keeper.store, window, now)
        })
    }

    /// Whether no first digest has been written yet.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn wants_first_digest(&self) -> Result<bool, NoticeError> {
        Ok(self.store.meta(FIRST_DIGEST)?.is_none())
    }

    /// The next moment at which something falls due by itself.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn deadline(&mut self, now: Time) -> Result<Time, NoticeError> {
        if let Some(deadline) = self.deadline {
            return Ok(deadline);
        }
        let planned = match self.planned {
            Some(planned) => planned,
            None => {
                let digest = self.composer.next_digest(&self.store, now)?.unwrap_or(NEVER);
                let held = self.composer.next_held(&self.store)?.unwrap_or(NEVER);
                digest.min(held)
            }
        };
        self.planned = Some(planned);
        let group = self.store.next_group()?.map_or(NEVER, |group| group.closes);
        let deadline = group.min(planned).min(self.next_look(now));
        self.deadline = Some(deadline);
        Ok(deadline)
    }

    /// What is due next must be looked up again.
    pub(super) fn replan(&mut self) {
        (self.deadline, self.planned) = (None, None);
    }

    /// When something that shows only over time is looked for next: at every hour, and where mentions are counted at
    /// the end of every five minutes that brought one.
    pub(super) fn next_look(&mut self, now: Time) -> Time {
        let Some(pace) = self.composer.pace() else { return NEVER };
        let hour = self.looked.get_or_insert(now).hour().plus(HOUR);
        match self.stirred.filter(|_| pace == Pace::Bucket) {
            Some(stirred) => hour.min(bucket(stirred).plus(BUCKET)),
            None => hour,
        }
    }

    /// Looks for what shows only over time, up to the last whole five minutes before `at`.
    pub(super) fn look(&mut self, at: Time) -> Result<(), NoticeError> {
        if self.composer.pace().is_none() {
            return Ok(());
        }
        let before = self.looked.replace(at).unwrap_or(at);
        let end = bucket(at);
        if self.stirred.is_some_and(|stirred| stirred < end) {
            self.stirred = None;
            self.composer.look(&self.store, Pace::Bucket, end)?;
        }
        if before.hour() < at.hour() {
            self.composer.look(&self.store, Pace::Hour, at.hour())?;
        }
        self.replan();
        Ok(())
    }

    /// Closes what is due up to `now`: in a replay each at its own moment, as it would have been live; live, when
    /// nothing ran for a while, now: a mail says when it was really written, and of several missed digests only
    /// the last is worth reading.
    pub(super) fn advance(&mut self, now: Time, clock: Clock) -> Result<usize, NoticeError> {
        let mut written = 0;
        loop {
            let due = self.deadline(now)?;
            if due > now {
                return Ok(written);
            }
            let at = match clock {
                Clock::Replay => due,
                Clock::Live(_) => now,
            };
            if self.next_look(now) <= now {
                self.look(if now.since(due) > SILENCE { now } else { at })?;
            }
            written += self.composer.close_due(&self.store, at, false)?;
            // Over a long silence (or one forged date) only the last digest due is written, as after downtime.
            let silent = now.since(due) > SILENCE;
            written += self.composer.digest_due(&self.store, if silent { now } else { at })?;
            self.replan();
        }
    }
}

/// The start of the five minutes that a moment is in.
fn bucket(at: Time) -> Time {
    Time(at.0 - at.0.rem_euclid(BUCKET))
}
