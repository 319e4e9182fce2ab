//! An answer that is of no use: what kind of trouble it is decides what the source does next.

use std::fmt;

use super::Cursor;
use crate::post::NetworkName;
use crate::time::Time;

/// The kinds of trouble, each with its own behaviour of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trouble {
    /// The key is wrong, expired or of another app: stop, tell once.
    Auth,
    /// The network has not approved what was asked for: stop, explain the gate.
    NotApproved,
    /// Too many requests: wait until [`ReadError::until`].
    Rate,
    /// No credit or quota left: pause to the next period.
    Money,
    /// It is gone for good: stop.
    Gone,
    /// This address is no server of the network, or its interface is not there: try again, a few times.
    NoServer,
    /// The network does not understand the query: stop, show its words.
    BadQuery,
    /// A fault that passes: try again, later each time.
    Transient,
    /// A web page where data was expected: try again, later each time.
    BlockPage,
    /// The answer is not what this network sends: keep its beginning, try again later.
    #[default]
    Unread,
}

/// An answer that is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Whose answer.
    pub network: NetworkName,
    /// What was expected in it.
    pub what: &'static str,
    /// What was found instead. Never quotes more than a few words of the answer, and no secret.
    pub detail: String,
    /// What kind of trouble it is.
    pub trouble: Trouble,
    /// Until when the network wants to be left alone, when it says so.
    pub until: Option<Time>,
    /// Where to go on, when the same question would be refused again: a page token that has expired, a post that has
    /// vanished, a name that the network writes differently now. `None` leaves the cursor alone.
    pub instead: Option<Box<Cursor>>,
}

impl ReadError {
    /// An answer of `network` in which `what` could not be read.
    pub fn new(network: &NetworkName, what: &'static str, detail: impl fmt::Display) -> ReadError {
        ReadError {
            network: network.clone(),
            what,
            detail: detail.to_string(),
            trouble: Trouble::Unread,
            until: None,
            instead: None,
        }
    }

    /// A refusal of `network`; `detail` are its own few words.
    pub fn refusal(network: &NetworkName, trouble: Trouble, detail: impl fmt::Display) -> ReadError {
        ReadError { trouble, ..ReadError::new(network, "posts", detail) }
    }

    /// The same, with the moment until which to wait.
    #[must_use]
    pub fn until(mut self, until: Option<Time>) -> ReadError {
        self.until = until;
        self
    }

    /// The same, with the place to go on from instead.
    #[must_use]
    pub fn instead(mut self, instead: Option<Cursor>) -> ReadError {
        self.instead = instead.map(Box::new);
        self
    }
}

impl std::error::Error for ReadError {}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (network, what, detail) = (&self.network, self.what, &self.detail);
        match self.trouble {
            Trouble::Unread | Trouble::BlockPage => {
                write!(out, "failed to read {what} from {network}: {detail}")
            }
            Trouble::Auth => {
                write!(out, "{network} refuses the key ({detail}); make a new one and set it again")
            }
            Trouble::NotApproved => write!(
                out,
                "{network} has not approved this ({detail}); ask it for the approval, or remove this source"
            ),
            Trouble::Rate => write!(out, "{network} asks for fewer requests ({detail}); Vigie waits"),
            Trouble::Money => write!(
                out,
                "{network} has no quota or credit left ({detail}); Vigie pauses until it is renewed"
            ),
            Trouble::Gone => write!(out, "{network} says it is gone for good ({detail}); remove this source"),
            Trouble::NoServer => {
                write!(out, "this address is no server of {network} ({detail}); correct the address")
            }
            Trouble::BadQuery => {
                write!(out, "{network} does not accept the query ({detail}); correct this source")
            }
            Trouble::Transient => write!(out, "{network} cannot answer now ({detail}); Vigie tries again"),
        }
    }
}
