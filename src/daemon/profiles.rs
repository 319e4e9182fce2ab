//! Profiles: fills in the authors of mentions of whom a stream tells only the id, so that mails and impostor
//! checks have handles.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::desk::{Question, ask};
use crate::fetch::Fetch;
use crate::network::spec;
use crate::source::{self, Delivery, Event, Source};
use crate::time::Time;

/// How often authors are looked for: well within the usual wait of an alert.
const PAUSE: Duration = Duration::from_secs(2);
/// The most that one request may ask for.
const AT_ONCE: u32 = 25;
/// An author that could not be filled in is asked for again after this long.
const AGAIN: Duration = Duration::from_secs(3_600);

/// Fills in authors until `stop`.
pub(super) async fn run(
    source: Source,
    fetch: Arc<Fetch>,
    desk: mpsc::Sender<Question>,
    events: mpsc::Sender<Event>,
    stop: CancellationToken,
    clock: fn() -> Time,
) {
    let Some(network) = spec(source.network_name.as_str()).map(|spec| spec.name) else { return };
    let mut asked: HashMap<String, Instant> = HashMap::new();
    while stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
        asked.retain(|_, when| when.elapsed() < AGAIN);
        let limit = AT_ONCE.saturating_add(u32::try_from(asked.len()).unwrap_or(u32::MAX));
        let Some(mut ids) = ask(&desk, |reply| Question::Faceless { network, limit, reply }).await else {
            return;
        };
        ids.retain(|id| !asked.contains_key(id));
        ids.truncate(usize::try_from(AT_ONCE).unwrap_or(25));
        if ids.is_empty() {
            continue;
        }
        asked.extend(ids.iter().map(|id| (id.clone(), Instant::now())));
        let filled = stop.run_until_cancelled(source::profiles(&source, &fetch, &ids)).await;
        match filled {
            None => return,
            Some(Ok(Some(mut page))) => {
                page.cursor = None;
                let (name, network) = (Arc::clone(&source.name), source.network_name.clone());
                let delivery = Delivery { source: name, network, page, seen: clock() };
                if events.send(Event::Page(delivery)).await.is_err() {
                    return;
                }
            }
            Some(Ok(None)) => {}
            // Asked again in an hour; the mail goes without a handle.
            Some(Err(error)) => tracing::info!(source = &*source.name, %error, "authors not filled in"),
        }
    }
}
