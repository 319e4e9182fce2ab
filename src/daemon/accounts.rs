//! Looks tracked accounts up once a day, on the networks that allow it: followers, name, bio, picture.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Aside;
use super::desk::{Question, ask};
use crate::keyword::{Brand, OfficialAccount};
use crate::network::{Page, spec};
use crate::source;

/// How often is looked for accounts whose day is over: those of new brands wait no longer.
const CHECK: Duration = Duration::from_secs(10 * 60);
/// Before an account that could not be looked up is tried again: a network in trouble is not pressed.
const AGAIN: Duration = Duration::from_secs(6 * 3_600);
/// Before the first look-up: what was said meanwhile comes first.
const START: Duration = Duration::from_secs(10);
/// Between two accounts, so that listening keeps the most of the host's patience.
const BETWEEN: Duration = Duration::from_secs(5);

/// Looks up the official accounts of the `brands` that are on the network of this source, each once a day however
/// often the program starts, until `stop`.
pub(super) async fn run(aside: Aside, brands: watch::Receiver<Vec<Brand>>, stop: CancellationToken) {
    // Whether the network gives accounts at all does not depend on whose.
    if aside.source.network.account("probe").is_none()
        && handles(&aside, &brands.borrow())
            .iter()
            .all(|handle| aside.source.network.account(handle).is_none())
    {
        return;
    }
    let mut failed: BTreeMap<String, Instant> = BTreeMap::new();
    let mut wait = START;
    while stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_some() {
        wait = CHECK;
        failed.retain(|_, at| at.elapsed() < AGAIN);
        let handles = handles(&aside, &brands.borrow());
        for handle in not_looked_up(&aside, handles).await {
            if failed.contains_key(&handle) {
                continue;
            }
            match stop.run_until_cancelled(look_up(&aside, &handle)).await {
                None | Some(Looked::DeskGone) => return,
                Some(Looked::NoRequest) => continue,
                Some(Looked::Well) => {}
                Some(Looked::Failed) => drop(failed.insert(handle, Instant::now())),
            }
            if stop.run_until_cancelled(tokio::time::sleep(BETWEEN)).await.is_none() {
                return;
            }
        }
    }
}

/// Looks up those that nobody has looked up within a day, once: a single run. Whoever has no time for all drops it.
pub(super) async fn once(aside: Aside, brands: watch::Receiver<Vec<Brand>>) {
    let handles = handles(&aside, &brands.borrow());
    for handle in not_looked_up(&aside, handles).await {
        if let Looked::DeskGone = look_up(&aside, &handle).await {
            return;
        }
    }
}

/// What came of looking an account up.
enum Looked {
    Well,
    /// The account may be gone, or the network in trouble.
    Failed,
    /// The network has no way to look this one up.
    NoRequest,
    /// Nothing can be kept any more.
    DeskGone,
}

/// Those of the accounts whose day is over.
async fn not_looked_up(aside: &Aside, handles: Vec<String>) -> Vec<String> {
    if handles.is_empty() {
        return handles;
    }
    let network = aside.source.network_name.clone();
    ask(&aside.desk, |reply| Question::NotLookedUp { network, handles, reply }).await.unwrap_or_default()
}

async fn look_up(aside: &Aside, handle: &str) -> Looked {
    let Some(request) = aside.source.network.account(handle) else { return Looked::NoRequest };
    match source::ask_aside(&aside.source, &aside.client, request).await {
        Ok(page) => {
            let page = Page { accounts: page.accounts, ..Page::default() };
            let (network, handle) = (aside.source.network_name.clone(), handle.to_owned());
            let noted = |reply| Question::LookedUp { network, handle, reply };
            let kept = aside.deliver(page).await && ask(&aside.desk, noted).await.is_some();
            if kept { Looked::Well } else { Looked::DeskGone }
        }
        Err(error) => {
            tracing::info!(source = &*aside.source.name, handle, %error, "account not looked up");
            Looked::Failed
        }
    }
}

/// The official accounts of the brands that are on the network of a source.
fn handles(aside: &Aside, brands: &[Brand]) -> Vec<String> {
    let network = &aside.source.network_name;
    let aliases = spec(network.as_str()).map_or(&[][..], |spec| spec.aliases);
    let here = |account: &&OfficialAccount| {
        let at = account.network.as_ref();
        at.is_some_and(|at| at == network || aliases.contains(&at.as_str()))
    };
    let official = brands.iter().flat_map(|brand| &brand.official);
    official.filter(here).map(|account| account.handle.clone()).collect()
}
