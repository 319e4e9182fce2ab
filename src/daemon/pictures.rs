//! Pictures: looks at those of brands' accounts and of accounts already suspected, once each. A copied logo counts
//! beside a name; a picture that does not come is noted, and that is all.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::desk::{Question, ask};
use crate::fetch::{Fault, Fetch, FetchError};
use crate::impostor::{LARGEST_PICTURE, Picture, is_stock};
use crate::network::Request;
use crate::store::pictures::Looked;

/// Between two rounds, and after one in which there was nothing to look at.
const PAUSE: Duration = Duration::from_secs(2);
const REST: Duration = Duration::from_secs(10);
/// Pictures asked for in one round.
const AT_ONCE: usize = 4;

/// Looks at pictures until `stop`.
pub(super) async fn run(fetch: Arc<Fetch>, desk: mpsc::Sender<Question>, stop: CancellationToken) {
    let mut wait = PAUSE;
    while stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_some() {
        let Some(addresses) = ask(&desk, |reply| Question::Unpictured { limit: AT_ONCE, reply }).await else {
            return;
        };
        wait = if addresses.is_empty() { REST } else { PAUSE };
        for address in addresses {
            let Some(looked) = stop.run_until_cancelled(look(&fetch, &address)).await else { return };
            if !told(&desk, address, looked).await {
                return;
            }
        }
    }
}

/// Looks at every picture that is due, until there is none: a single run. Whoever has no time for all drops it.
pub(super) async fn all(fetch: &Fetch, desk: &mpsc::Sender<Question>) {
    while let Some(addresses) = ask(desk, |reply| Question::Unpictured { limit: AT_ONCE, reply }).await
        && !addresses.is_empty()
    {
        for address in addresses {
            let looked = look(fetch, &address).await;
            if !told(desk, address, looked).await {
                return;
            }
        }
    }
}

/// Hands over what came of looking at one; whether anybody took it.
async fn told(desk: &mpsc::Sender<Question>, address: String, looked: Looked) -> bool {
    if let Looked::None(note) | Looked::Failed(note) = &looked {
        tracing::info!(note, "a profile picture was not read");
    }
    ask(desk, |reply| Question::Pictured { address, looked, reply }).await.is_some()
}

/// Fetches one picture and reads it.
async fn look(fetch: &Fetch, address: &str) -> Looked {
    if is_stock(address) {
        return Looked::None("the network's own picture, for those who have none".to_owned());
    }
    let answer = match fetch.fetch_within(&Request::get(address), LARGEST_PICTURE).await {
        Ok(answer) => answer,
        Err(error) if may_pass(&error) => return Looked::Failed(error.to_string()),
        Err(error) => return Looked::None(error.to_string()),
    };
    // Decoding takes its time; and should a decoder fail on what a stranger made up, nothing else does.
    match tokio::task::spawn_blocking(move || Picture::read(&answer.body)).await {
        Ok(Ok(picture)) => Looked::Read(picture),
        Ok(Err(error)) => Looked::None(error.to_string()),
        Err(_) => Looked::None("the picture cannot be decoded".to_owned()),
    }
}

/// Whether the picture may come another day.
fn may_pass(error: &FetchError) -> bool {
    match error.fault {
        Fault::RateLimited { .. }
        | Fault::Connect(_)
        | Fault::Timeout { .. }
        | Fault::Cut(_)
        | Fault::Server(_)
        | Fault::Refused { literal: false, .. } => true,
        Fault::BadUrl(_)
        | Fault::Refused { literal: true, .. }
        | Fault::TooLarge { .. }
        | Fault::TooManyRedirects(_)
        | Fault::BadRedirect(_)
        | Fault::Unauthorised(_)
        | Fault::NotFound
        | Fault::Gone
        | Fault::Unexpected(_) => false,
    }
}
