//! What other tasks ask of the desk, and how it answers.

use std::path::PathBuf;

use tokio::sync::{mpsc, oneshot};

use super::{Desk, Told, answered};
use crate::intake::Judge;
use crate::keyword::{Brand, BrandId};
use crate::notice::NoticeError;
use crate::post::NetworkName;
use crate::store::alerts::{Due, Outcome};
use crate::store::pictures::Looked;
use crate::time::{DAY, Time};

/// What other tasks want of the desk.
#[derive(Debug)]
pub(in crate::daemon) enum Question {
    /// Mails due now, marked as being tried.
    Due { limit: u32, reply: oneshot::Sender<Vec<Due>> },
    /// What became of a mail.
    Record {
        id: i64,
        kind: String,
        recipient: String,
        outcome: Outcome,
        path: Option<PathBuf>,
        reply: oneshot::Sender<()>,
    },
    /// How many mails have not had an attempt yet, though they are due.
    Untried { reply: oneshot::Sender<usize> },
    /// Authors of mentions of whom only the id is known.
    Faceless { network: &'static str, limit: u32, reply: oneshot::Sender<Vec<String>> },
    /// Stored posts of a source that have not been read again for a while.
    Unread { source: String, since: Time, before: Time, limit: usize, reply: oneshot::Sender<Vec<String>> },
    /// These have been read again.
    ReadAgain { network: NetworkName, ids: Vec<String>, reply: oneshot::Sender<()> },
    /// Words of a network that may be kept no longer; answers how many posts had some.
    Expire { network: NetworkName, before: Time, reply: oneshot::Sender<usize> },
    /// Which of these accounts nobody has looked up within a day, apart from the running daemon.
    NotLookedUp { network: NetworkName, handles: Vec<String>, reply: oneshot::Sender<Vec<String>> },
    /// This one has been looked up.
    LookedUp { network: NetworkName, handle: String, reply: oneshot::Sender<()> },
    /// Addresses of pictures that nobody has looked at.
    Unpictured { limit: usize, reply: oneshot::Sender<Vec<String>> },
    /// What came of looking at one.
    Pictured { address: String, looked: Looked, reply: oneshot::Sender<()> },
    /// Other brands from here on.
    Reload { judge: Box<Judge>, brands: Vec<Brand>, reply: oneshot::Sender<()> },
    /// Something a person should know.
    Say { text: String, reply: oneshot::Sender<()> },
    /// A file to play, as a source.
    Play { name: String, path: PathBuf, first_digest: bool, reply: oneshot::Sender<()> },
    /// Close every group; compose a first digest when asked.
    Close { first_digest: bool, reply: oneshot::Sender<()> },
}

/// Asks the desk and waits for its answer; `None` when the desk is gone.
pub(in crate::daemon) async fn ask<T>(
    desk: &mpsc::Sender<Question>,
    question: impl FnOnce(oneshot::Sender<T>) -> Question,
) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    desk.send(question(reply)).await.ok()?;
    answer.await.ok()
}

/// So much before its day is over an account is looked up again, so that looking does not drift out of a calendar day.
const LOOK_SLACK: i64 = DAY / 96;

/// Where it is noted when an account was last looked up.
fn looked_up_key(network: &NetworkName, handle: &str) -> String {
    format!("looked up|{network}|{handle}")
}

impl Desk {
    /// Answers it.
    pub(super) fn answer(&mut self, question: Question) -> Result<(), NoticeError> {
        match question {
            Question::Due { limit, reply } => {
                let clock = self.clock;
                let due = self.patiently(|keeper| keeper.take_due(clock(), limit))?;
                // When nobody waits for it any more, the next attempt takes it again.
                answered(reply.send(due));
            }
            Question::Record { id, kind, recipient, outcome, path, reply } => {
                let now = (self.clock)();
                self.patiently(|keeper| keeper.record(id, now, &outcome))?;
                self.summary.mails += u64::from(matches!(outcome, Outcome::Sent(_)));
                answered(reply.send(()));
                (self.told)(Told::Mail { kind, recipient, outcome, path });
            }
            Question::Untried { reply } => {
                let now = (self.clock)();
                answered(reply.send(self.keeper.store().untried(now)?));
            }
            Question::Faceless { network, limit, reply } => {
                answered(reply.send(self.keeper.store().faceless(network, limit)?));
            }
            Question::Unread { source, since, before, limit, reply } => {
                let Some(known) = self.known.get(&source) else { return Ok(()) };
                answered(reply.send(self.keeper.store().unread(known.id, since, before, limit)?));
            }
            Question::ReadAgain { network, ids, reply } => {
                let now = (self.clock)();
                self.patiently(|keeper| keeper.read_again(network.as_str(), &ids, now))?;
                answered(reply.send(()));
            }
            Question::Expire { network, before, reply } => {
                let now = (self.clock)();
                let expired = self.patiently(|keeper| keeper.expire(network.as_str(), before, now))?;
                answered(reply.send(expired));
            }
            Question::NotLookedUp { network, mut handles, reply } => {
                let store = self.keeper.store();
                let now = (self.clock)();
                let looked_up = |handle: &String| {
                    let noted = store.meta(&looked_up_key(&network, handle)).ok().flatten();
                    let at = noted.and_then(|text| text.parse().ok()).map(Time);
                    at.is_some_and(|at| now.since(at).unsigned_abs() < (DAY - LOOK_SLACK).unsigned_abs())
                };
                handles.retain(|handle| !looked_up(handle));
                answered(reply.send(handles));
            }
            Question::LookedUp { network, handle, reply } => {
                let (key, now) = (looked_up_key(&network, &handle), (self.clock)());
                self.patiently(|keeper| Ok(keeper.store().set_meta(&key, &now.0.to_string())?))?;
                answered(reply.send(()));
            }
            Question::Unpictured { limit, reply } => {
                let pictured: Vec<BrandId> = self.judge.lookout.pictured().cloned().collect();
                let now = (self.clock)();
                answered(reply.send(self.keeper.store().unseen_pictures(&pictured, now, limit)?));
            }
            Question::Pictured { address, looked, reply } => {
                self.pictured(&address, &looked)?;
                answered(reply.send(()));
            }
            Question::Reload { judge, brands, reply } => {
                self.reload(*judge, brands)?;
                answered(reply.send(()));
            }
            Question::Say { text, reply } => {
                (self.told)(Told::Trouble(text));
                answered(reply.send(()));
            }
            Question::Play { name, path, first_digest, reply } => {
                self.play(&name, &path, first_digest)?;
                answered(reply.send(()));
            }
            Question::Close { first_digest, reply } => {
                self.close(first_digest)?;
                answered(reply.send(()));
            }
        }
        Ok(())
    }
}
