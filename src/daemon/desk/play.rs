//! Files that are played once: the shipped example, and captures.

use std::path::Path;

use super::{Desk, Told};
use crate::digest;
use crate::keeper::{Clock, Done};
use crate::network::Cursor;
use crate::notice::NoticeError;
use crate::replay::{self, Shift};
use crate::source::State;
use crate::store::StoreError;
use crate::store::sources::Attempt;
use crate::time::Time;

/// The shipped capture's last post is made this old, in milliseconds.
const EXAMPLE_AGE: i64 = 60_000;

impl Desk {
    /// Plays a file once; the same file is not played again.
    pub(super) fn play(&mut self, name: &str, path: &Path, first_digest: bool) -> Result<(), NoticeError> {
        let Some(known) = self.known.get(name) else { return Ok(()) };
        let (id, example) = (known.id, known.example);
        let size = std::fs::metadata(path).map_or(0, |data| data.len());
        let played = Cursor(serde_json::json!({ "played": size }).to_string());
        if self.keeper.store().cursor(id)?.as_ref() == Some(&played) {
            self.summary.worked += 1;
            (self.told)(Told::Source { name: name.to_owned(), state: State::Ok { posts: 0 } });
            // Cut off between playing and composing: what a person waits for still comes.
            return if first_digest && self.keeper.wants_first_digest()? { self.close(true) } else { Ok(()) };
        }
        let now = (self.clock)();
        let shift = if example { Shift::EndAt(self.example_end(now)?) } else { Shift::None };
        let mut changes = Vec::new();
        let progress = |done: &Done, _: usize| {
            changes.extend(done.changes.iter().cloned());
            true
        };
        let outcome =
            replay::play(path, &self.judge, &mut self.keeper, id, shift, Clock::Live(now), progress);
        match outcome {
            Ok(mut summary) => {
                self.patiently(|keeper| keeper.played(id, &played, now))?;
                self.summary.worked += 1;
                summary.done.changes = changes;
                self.tell_stored(name.to_owned(), &summary.done)?;
                let posts = usize::try_from(summary.done.tally.posts).unwrap_or(usize::MAX);
                (self.told)(Told::Source { name: name.to_owned(), state: State::Ok { posts } });
                if first_digest {
                    // A person who tries Vigie sees a mail now and not after the usual wait.
                    self.close(true)?;
                }
            }
            Err(error) => {
                let reason = error.to_string();
                self.patiently(|keeper| keeper.attempted(id, now, &Attempt::Stopped(reason.clone())))?;
                (self.told)(Told::Source { name: name.to_owned(), state: State::Stopped { reason } });
            }
        }
        Ok(())
    }

    /// The moment the shipped capture ends at: the same when it is played again after a crash.
    pub(super) fn example_end(&self, now: Time) -> Result<Time, StoreError> {
        const KEY: &str = "example_end";
        let store = self.keeper.store();
        if let Some(end) = store.meta(KEY)?.and_then(|end| end.parse().ok()) {
            return Ok(Time(end));
        }
        let end = now.plus(-EXAMPLE_AGE);
        store.set_meta(KEY, &end.0.to_string())?;
        Ok(end)
    }

    pub(super) fn close(&mut self, first_digest: bool) -> Result<(), NoticeError> {
        let now = (self.clock)();
        let mut written = self.patiently(|keeper| keeper.close_all(now))?;
        let window = digest::default_window(self.keeper.store().connection(), now)?;
        if first_digest {
            written += self.patiently(|keeper| keeper.first_digest(window, now))?;
        }
        let shares =
            digest::shares(self.keeper.store().connection(), &self.keeper.composer().brands, window)?;
        (self.told)(Told::Shares(Box::new(shares)));
        self.wrote(written);
        Ok(())
    }
}
