//! What is written on a schedule: digests, and the mail that says that Vigie is on watch.

use jiff::tz::TimeZone;
use lettre::message::Mailbox;

use super::{Composer, NoticeError};
use crate::mail;
use crate::schedule::Schedule;
use crate::share::Window;
use crate::store::{Store, vitals};
use crate::time::Time;

/// Where the moment of the next digest is kept.
const NEXT_DIGEST: &str = "next_digest";
/// Where the moment of the next mail is kept that says that Vigie is on watch.
const NEXT_ON_WATCH: &str = "next_on_watch";

impl Composer {
    /// When whose digests fall due: those of everybody, and those of recipients with times of their own.
    pub(super) fn rounds(&self) -> Vec<Round<'_>> {
        let (own, common): (Vec<&Mailbox>, Vec<&Mailbox>) =
            self.to.iter().partition(|recipient| self.own_schedule(recipient).is_some());
        let mut rounds = vec![Round {
            noted: NEXT_DIGEST.to_owned(),
            schedule: self.schedule,
            zone: &self.zone,
            recipients: common,
        }];
        rounds.extend(own.into_iter().filter_map(|recipient| {
            Some(Round {
                noted: format!("{NEXT_DIGEST}|{}", recipient.email),
                schedule: self.own_schedule(recipient)?,
                zone: self.voice(recipient).zone,
                recipients: vec![recipient],
            })
        }));
        rounds
    }

    /// The moment of the next digest; noted when it is not yet.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn next_digest(&self, store: &Store, now: Time) -> Result<Option<Time>, NoticeError> {
        let mut first = None;
        for round in self.rounds().iter().chain(&self.watch_round()) {
            let next = round.next(store, now)?;
            first = [first, next].into_iter().flatten().min();
        }
        Ok(first)
    }

    /// Writes the digests due at `now`. Of several missed while nothing ran, only the last.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn digest_due(&self, store: &Store, now: Time) -> Result<usize, NoticeError> {
        let mut written = 0;
        for round in self.rounds() {
            let Some(mut due) = round.next(store, now)?.filter(|due| *due <= now) else { continue };
            let Round { schedule, zone, recipients, .. } = &round;
            while let Some(later) = schedule.next(due, zone).filter(|later| *later <= now) {
                due = later;
            }
            let window = schedule.window(due, zone);
            written += self.write_digest_to(store, window, now, recipients, schedule.empty)?;
            round.note(store, schedule.next(now, zone))?;
        }
        Ok(written + self.tell_on_watch(store, now)?)
    }

    /// When everybody is told that Vigie is still on watch.
    fn watch_round(&self) -> Option<Round<'_>> {
        self.manners.still_on_watch.map(|schedule| Round {
            noted: NEXT_ON_WATCH.to_owned(),
            schedule,
            zone: &self.zone,
            recipients: self.to.iter().collect(),
        })
    }

    fn tell_on_watch(&self, store: &Store, now: Time) -> Result<usize, NoticeError> {
        let Some(round) = self.watch_round() else { return Ok(0) };
        let Some(due) = round.next(store, now)?.filter(|due| *due <= now) else { return Ok(0) };
        let window = round.schedule.window(due, round.zone);
        // Up to now: the mail is about being alive.
        let window = Window { from: window.from.min(now), to: now };
        let vitals = vitals::vitals(store.connection(), window)?;
        let mut written = 0;
        for recipient in &round.recipients {
            let voice = self.voice(recipient);
            let letter = mail::on_watch(&vitals, window, voice.language, voice.zone);
            let to = std::slice::from_ref(*recipient);
            written += self.keep(store, ("watch", "watch"), due, now, &letter, to)?;
        }
        round.note(store, round.schedule.next(now, round.zone))?;
        Ok(written)
    }
}

/// Digests that fall due together.
pub(super) struct Round<'a> {
    /// Where the next moment is kept.
    pub(super) noted: String,
    pub(super) schedule: Schedule,
    pub(super) zone: &'a TimeZone,
    pub(super) recipients: Vec<&'a Mailbox>,
}

impl Round<'_> {
    /// The next moment; noted when it is not yet.
    fn next(&self, store: &Store, now: Time) -> Result<Option<Time>, NoticeError> {
        let noted = store.meta(&self.noted)?.and_then(|text| text.parse::<i64>().ok()).map(Time);
        let planned = self.schedule.next(now, self.zone);
        let next = match noted {
            // A changed schedule may call earlier than what was noted.
            Some(noted) if noted > now => planned.map(|next| next.min(noted)),
            // One that fell due while nothing ran, unless digests have been switched off since.
            Some(noted) => planned.map(|_| noted),
            None => planned,
        };
        if next != noted {
            self.note(store, next)?;
        }
        Ok(next)
    }

    fn note(&self, store: &Store, next: Option<Time>) -> Result<(), NoticeError> {
        Ok(store.set_meta(&self.noted, &next.map(|next| next.0.to_string()).unwrap_or_default())?)
    }
}
