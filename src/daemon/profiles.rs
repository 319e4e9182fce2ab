//! Profiles: fills in the authors of mentions of whom a stream tells only the id, so that mails and impostor
//! checks have handles.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Aside;
use super::desk::{Question, ask};
use crate::network::spec;
use crate::source;

/// How often authors are looked for: well within the usual wait of an alert.
const PAUSE: Duration = Duration::from_secs(2);
/// The most that one request may ask for.
const AT_ONCE: u32 = 25;
/// An author whom the network does not know is asked for again after this long.
const AGAIN: Duration = Duration::from_secs(3_600);
/// The same when there was no answer.
const SOON: Duration = Duration::from_secs(60);

/// Fills in the authors of one source.
pub(super) struct Profiles {
    aside: Aside,
    /// Authors asked for, and when they may be asked for again.
    asked: HashMap<String, Instant>,
}

/// What one round of asking did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// There was nobody to ask for.
    Nobody,
    /// It asked.
    Asked,
    /// There was no answer.
    Failed,
    /// Nobody takes the answers any more.
    Over,
}

impl Profiles {
    pub(super) fn new(aside: Aside) -> Profiles {
        Profiles { aside, asked: HashMap::new() }
    }

    /// Fills in authors until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
            if matches!(stop.run_until_cancelled(self.round()).await, None | Some(Round::Over)) {
                return;
            }
        }
    }

    /// Fills in everyone now, as far as there are answers.
    pub(super) async fn all(mut self) {
        while self.round().await == Round::Asked {}
    }

    async fn round(&mut self) -> Round {
        let Some(network) = spec(self.aside.source.network_name.as_str()).map(|spec| spec.name) else {
            return Round::Over;
        };
        self.asked.retain(|_, again| *again > Instant::now());
        let limit = AT_ONCE.saturating_add(u32::try_from(self.asked.len()).unwrap_or(u32::MAX));
        let Some(mut ids) = ask(&self.aside.desk, |reply| Question::Faceless { network, limit, reply }).await
        else {
            return Round::Over;
        };
        ids.retain(|id| !self.asked.contains_key(id));
        ids.truncate(usize::try_from(AT_ONCE).unwrap_or(25));
        if ids.is_empty() {
            return Round::Nobody;
        }
        let Some(request) = self.aside.source.network.profiles(&ids) else { return Round::Over };
        let (again, done, page) =
            match source::ask_aside(&self.aside.source, &self.aside.client, request).await {
                Ok(page) => (AGAIN, Round::Asked, Some(page)),
                // The mail goes without a handle.
                Err(error) => {
                    tracing::info!(source = &*self.aside.source.name, %error, "authors not filled in");
                    (SOON, Round::Failed, None)
                }
            };
        let again = Instant::now() + again;
        self.asked.extend(ids.into_iter().map(|id| (id, again)));
        if let Some(page) = page
            && !self.aside.deliver(page).await
        {
            return Round::Over;
        }
        done
    }
}
