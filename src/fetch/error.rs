//! What may go wrong while fetching, what to do about it, and words for it that hold no secret.

use std::net::IpAddr;
use std::time::Duration;

use thiserror::Error;

use crate::network::Answer;

/// What a failed source does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Try again after a pause of one's own choice, longer each time.
    Retry,
    /// The host asked for this pause.
    RetryAfter(Duration),
    /// Trying again is useless until a person has changed something.
    AskHuman,
}

/// A failed exchange. Names the host only: paths, queries and headers may hold secrets.
#[derive(Clone, PartialEq, Eq, Error)]
#[error("fetch from {host}: {fault}")]
pub struct FetchError {
    /// The host that was asked, without scheme, port, path or credentials.
    pub host: String,
    /// What happened.
    pub fault: Fault,
    /// The answer that was no success, its body cut to what explains it: its network may know more.
    pub answer: Option<Box<Answer>>,
}

/// What happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The address or a header cannot be sent at all.
    #[error("it cannot be asked this way ({0}); correct the configuration")]
    BadUrl(&'static str),
    /// The guard refused the address.
    #[error("its address {address} is private or reserved; if it is yours, add it to `allow` under [fetch]")]
    Refused {
        /// The refused address.
        address: IpAddr,
        /// Whether the address stood in the URL, rather than being what a name led to.
        literal: bool,
    },
    /// No connection.
    #[error("no connection ({0}); check the network and the name of the host")]
    Connect(String),
    /// No connection, or no whole answer, in the time allowed.
    #[error("{what} within {} s; it is slow or down, Vigie tries again", .after.as_secs_f32())]
    Timeout {
        /// What did not happen.
        what: &'static str,
        /// The time it had.
        after: Duration,
    },
    /// The connection broke before the answer was whole, or the answer broke the rules of HTTP.
    #[error("the answer was cut off or broken ({0}); Vigie tries again")]
    Cut(String),
    /// The answer is larger than the cap.
    #[error("the answer is larger than {cap} bytes; ask for less, or raise `body_cap` under [fetch]")]
    TooLarge {
        /// The cap, in bytes after decompression.
        cap: usize,
    },
    /// More redirects than anybody needs.
    #[error("more than {0} redirects; correct the address")]
    TooManyRedirects(usize),
    /// A redirect to nowhere, or to something other than http and https.
    #[error("a redirect that cannot be followed ({0}); correct the address")]
    BadRedirect(&'static str),
    /// The host asked to be left alone.
    #[error("{}; Vigie waits", pause(*.status))]
    RateLimited {
        /// 429, 503, 403; 0 when the host was not asked because an earlier answer said to wait.
        status: u16,
        /// For how long, when it said so.
        retry_after: Option<Duration>,
    },
    /// 401 or 403.
    #[error(
        "it refuses access (status {0}); check the credentials of this source, or whether the site blocks it"
    )]
    Unauthorised(u16),
    /// 404.
    #[error("nothing is there (status 404); check the address")]
    NotFound,
    /// 410.
    #[error("it is gone for good (status 410); remove this source")]
    Gone,
    /// 5xx.
    #[error("it has a fault of its own (status {0}); Vigie tries again")]
    Server(u16),
    /// Any other status.
    #[error("it answered with status {0}, which is not expected here; check the address")]
    Unexpected(u16),
}

/// Why a host is left alone.
fn pause(status: u16) -> String {
    if status == 0 {
        "it is left alone, as an earlier answer of it asked".to_owned()
    } else {
        format!("it asks for fewer requests (status {status})")
    }
}

/// Without the answer, which may hold secrets.
impl std::fmt::Debug for FetchError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("FetchError").field("host", &self.host).field("fault", &self.fault).finish()
    }
}

impl FetchError {
    /// A failed exchange without an answer.
    pub fn new(host: impl Into<String>, fault: Fault) -> FetchError {
        FetchError { host: host.into(), fault, answer: None }
    }

    /// The same, of this host.
    pub(super) fn at(self, host: &str) -> FetchError {
        FetchError { host: host.to_owned(), ..self }
    }

    /// What to do about it.
    pub fn advice(&self) -> Advice {
        match &self.fault {
            Fault::BadUrl(_)
            | Fault::Refused { literal: true, .. }
            | Fault::Unauthorised(_)
            | Fault::Gone => Advice::AskHuman,
            Fault::RateLimited { retry_after: Some(pause), .. } => Advice::RetryAfter(*pause),
            // A name may lead to a private address for a while only: captive portals do that.
            Fault::Refused { literal: false, .. }
            | Fault::RateLimited { retry_after: None, .. }
            | Fault::Connect(_)
            | Fault::Timeout { .. }
            | Fault::Cut(_)
            | Fault::TooLarge { .. }
            | Fault::TooManyRedirects(_)
            | Fault::BadRedirect(_)
            | Fault::NotFound
            | Fault::Server(_)
            | Fault::Unexpected(_) => Advice::Retry,
        }
    }
}
