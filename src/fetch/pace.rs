//! One pace and one budget a host, whichever sources ask it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until};

/// Hosts kept in mind; beyond it, those whose pause is over are forgotten. Redirects of strangers add hosts.
const HOSTS_KEPT: usize = 1_000;
/// A pause shorter than this is waited for; a longer one is told, so that the source shows it.
const WAIT_IN_LINE: Duration = Duration::from_secs(5);

/// When one host may be asked again.
#[derive(Debug)]
struct Rest {
    until: Instant,
}

/// The paces of all hosts.
#[derive(Debug)]
pub(super) struct Paces {
    pause: Duration,
    hosts: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Rest>>>>,
}

/// The right to ask a host; nobody else asks it while this lives.
#[derive(Debug)]
pub(super) struct Turn {
    rest: OwnedMutexGuard<Rest>,
    pause: Duration,
}

impl Paces {
    /// Paces with this pause between two requests.
    pub(super) fn new(pause: Duration) -> Paces {
        Paces { pause, hosts: Mutex::default() }
    }

    /// Waits in line for a host. When it asked for a long pause, gives the time left instead.
    pub(super) async fn turn(&self, host: &str) -> Result<Turn, Duration> {
        let rest = self.host(host).lock_owned().await;
        let left = rest.until.saturating_duration_since(Instant::now());
        if left > self.pause.max(WAIT_IN_LINE) {
            return Err(left);
        }
        sleep_until(rest.until).await;
        Ok(Turn { rest, pause: self.pause })
    }

    fn host(&self, host: &str) -> Arc<tokio::sync::Mutex<Rest>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_KEPT {
            let now = Instant::now();
            hosts.retain(|_, rest| {
                Arc::strong_count(rest) > 1 || rest.try_lock().map_or(true, |rest| rest.until > now)
            });
        }
        let fresh = || Arc::new(tokio::sync::Mutex::new(Rest { until: Instant::now() }));
        Arc::clone(hosts.entry(host.to_owned()).or_insert_with(fresh))
    }
}

impl Turn {
    /// The host asked to be left alone for this long.
    pub(super) fn rest_for(&mut self, pause: Duration) {
        self.rest.until = self.rest.until.max(Instant::now() + pause);
    }
}

impl Drop for Turn {
    // however a request ends, and also when nobody waits for it any more
    fn drop(&mut self) {
        self.rest_for(self.pause);
    }
}
