//! What the desk tells those who look on.

use std::path::PathBuf;

use crate::mention::{Mention, Suspect};
use crate::share::Shares;
use crate::source::State;
use crate::store::alerts::Outcome;
use crate::store::posts::Tally;

/// Something a person may want to see.
#[derive(Debug)]
pub enum Told {
    /// A source has a new state.
    Source {
        /// Its name.
        name: String,
        /// What is so.
        state: State,
    },
    /// A unit of work was stored.
    Stored {
        /// Its source.
        source: String,
        /// How often things happened.
        tally: Tally,
        /// The first of its new mentions.
        mentions: Vec<Mention>,
        /// The first of its new suspects.
        suspects: Vec<Suspect>,
    },
    /// Shares of voice at this moment.
    Shares(Box<Shares>),
    /// A mail was handed over, or not.
    Mail {
        /// What kind.
        kind: String,
        /// To whom.
        recipient: String,
        /// What became of it.
        outcome: Outcome,
        /// The file, when there is one.
        path: Option<PathBuf>,
    },
    /// The web door is open.
    Door {
        /// The address of the page.
        address: String,
        /// The file that holds the token for pushing, when none is configured.
        token_file: Option<PathBuf>,
    },
    /// The brand files were read again: which brands are new, changed and gone.
    Reloaded {
        /// Brands that were not there before.
        new: Vec<String>,
        /// Brands whose query is another now.
        changed: Vec<String>,
        /// Brands that are no longer watched.
        gone: Vec<String>,
    },
    /// Something could not be done; the rest goes on.
    Trouble(String),
}

/// What happened in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Posts, mentions, suspicions.
    pub tally: Tally,
    /// Attempts that brought an answer.
    pub worked: u64,
    /// Mails handed over.
    pub mails: u64,
}
