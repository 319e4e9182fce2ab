//! What the owner may say about fetching: the section `[fetch]` of `vigie.toml`.

use std::time::Duration;

use ipnet::IpNet;
use jiff::fmt::serde::unsigned_duration::friendly::compact::required as friendly;
use serde::Deserialize;

/// The section `[fetch]`. Durations are written as `"30 s"` or `"2 min"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FetchConfig {
    /// Private or reserved networks that may be asked all the same, such as `"10.1.0.0/16"`.
    pub allow: Vec<IpNet>,
    /// Whom the owner of a site can write to: an address or a page, sent in the User-Agent.
    pub contact: Option<String>,
    /// Time to find and reach a host, TLS included.
    #[serde(with = "friendly")]
    pub connect_timeout: Duration,
    /// Silence after which an answer is given up.
    #[serde(with = "friendly")]
    pub read_timeout: Duration,
    /// Time for a whole exchange, redirects included, the wait for the host's turn not.
    #[serde(with = "friendly")]
    pub total_timeout: Duration,
    /// Pause between two requests to one host.
    #[serde(with = "friendly")]
    pub pause: Duration,
    /// Largest answer read, in bytes after decompression.
    pub body_cap: usize,
}

impl Default for FetchConfig {
    fn default() -> FetchConfig {
        FetchConfig {
            allow: Vec::new(),
            contact: None,
            connect_timeout: Duration::from_secs(10), // three lost SYN packets
            read_timeout: Duration::from_secs(15),    // slow search pages take ten
            total_timeout: Duration::from_secs(30),   // ends what drips just fast enough
            pause: Duration::from_secs(1),            // what public APIs without a stated limit bear
            body_cap: 10_000_000,                     // the largest real feeds have five
        }
    }
}

impl FetchConfig {
    /// The same with the short times of a single attempt: 8 s to connect, 25 s in all.
    #[must_use]
    pub fn hurried(mut self) -> FetchConfig {
        self.connect_timeout = self.connect_timeout.min(Duration::from_secs(8));
        self.total_timeout = self.total_timeout.min(Duration::from_secs(25));
        self
    }
}
