//! One pace and one budget a host, whichever sources ask it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// Hosts kept in mind; beyond it, those whose pause is over are forgotten. Redirects of strangers add hosts.
const HOSTS_KEPT: usize = 1_000;
/// A pause shorter than this is waited for; a longer one is told, so that the source shows it.
const WAIT_IN_LINE: Duration = Duration::from_secs(5);

/// Requests in flight to one host: a slow answer does not hold up every other source on it.
const SEATS: usize = 3;

/// One host.
#[derive(Debug)]
struct Host {
    /// When it may be asked again.
    until: Mutex<Instant>,
    seats: Arc<Semaphore>,
}

impl Host {
    fn rest_until(&self, until: Instant) {
        let mut held = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *held = until.max(*held);
    }

    fn until(&self) -> Instant {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The paces of all hosts.
#[derive(Debug)]
pub(super) struct Paces {
    pause: Duration,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// The right to ask a host once.
#[derive(Debug)]
pub(super) struct Turn {
    host: Arc<Host>,
    _seat: Option<OwnedSemaphorePermit>,
}

impl Paces {
    /// Paces with this pause between two requests.
    pub(super) fn new(pause: Duration) -> Paces {
        Paces { pause, hosts: Mutex::default() }
    }

    /// Waits in line for a host. When it asked for a long pause, gives the time left instead.
    pub(super) async fn turn(&self, host: &str) -> Result<Turn, Duration> {
        let host = self.host(host);
        // Never closed; without a seat the pace alone would hold.
        let seat = Arc::clone(&host.seats).acquire_owned().await.ok();
        loop {
            let now = Instant::now();
            let wait = {
                let mut until = host.until.lock().unwrap_or_else(PoisonError::into_inner);
                let left = until.saturating_duration_since(now);
                if left.is_zero() {
                    *until = now + self.pause;
                }
                left
            };
            if wait.is_zero() {
                return Ok(Turn { host, _seat: seat });
            }
            if wait > self.pause.max(WAIT_IN_LINE) {
                return Err(wait);
            }
            sleep_until(now + wait).await;
        }
    }

    /// A host is to be left alone for this long.
    pub(super) fn rest(&self, host: &str, pause: Duration) {
        self.host(host).rest_until(Instant::now() + pause);
    }

    fn host(&self, host: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_KEPT {
            let now = Instant::now();
            hosts.retain(|_, host| Arc::strong_count(host) > 1 || host.until() > now);
        }
        let fresh =
            || Arc::new(Host { until: Mutex::new(Instant::now()), seats: Arc::new(Semaphore::new(SEATS)) });
        Arc::clone(hosts.entry(host.to_owned()).or_insert_with(fresh))
    }
}

impl Turn {
    /// The host asked to be left alone for this long.
    pub(super) fn rest_for(&mut self, pause: Duration) {
        self.host.rest_until(Instant::now() + pause);
    }
}
