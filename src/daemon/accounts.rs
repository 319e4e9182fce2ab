//! Looks tracked accounts up once a day, on the networks that allow it: followers, name, bio, picture.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Aside;
use super::desk::{Question, ask};
use crate::keyword::{Brand, OfficialAccount};
use crate::network::{Page, spec};
use crate::source;

/// How often each account is looked up.
const DAILY: Duration = Duration::from_secs(24 * 3_600);
/// Before the first look-up: what was said meanwhile comes first.
const START: Duration = Duration::from_secs(10);
/// Between two accounts, so that listening keeps the most of the host's patience.
const BETWEEN: Duration = Duration::from_secs(5);

/// Looks up the official accounts of the `brands` that are on the network of this source, until `stop`.
pub(super) async fn run(aside: Aside, brands: watch::Receiver<Vec<Brand>>, stop: CancellationToken) {
    let handles = || handles(&aside, &brands.borrow());
    // Whether the network gives accounts at all does not depend on whose.
    if aside.source.network.account("probe").is_none()
        && handles().iter().all(|handle| aside.source.network.account(handle).is_none())
    {
        return;
    }
    let mut wait = START;
    while stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_some() {
        wait = DAILY;
        for handle in &handles() {
            let Some(request) = aside.source.network.account(handle) else { continue };
            let asking = source::ask_aside(&aside.source, &aside.client, request);
            match stop.run_until_cancelled(asking).await {
                None => return,
                Some(Ok(page)) => {
                    let page = Page { accounts: page.accounts, ..Page::default() };
                    if !aside.deliver(page).await {
                        return;
                    }
                }
                // It is looked up again tomorrow; the account may be gone, or the network in trouble.
                Some(Err(error)) => {
                    tracing::info!(source = &*aside.source.name, handle, %error, "account not looked up");
                }
            }
            if stop.run_until_cancelled(tokio::time::sleep(BETWEEN)).await.is_none() {
                return;
            }
        }
    }
}

/// Looks up those that nobody has looked up within a day, once: a single run. Whoever has no time for all drops it.
pub(super) async fn once(aside: Aside, brands: watch::Receiver<Vec<Brand>>) {
    let network = aside.source.network_name.clone();
    let handles = handles(&aside, &brands.borrow());
    if handles.is_empty() {
        return;
    }
    let asked = |reply| Question::NotLookedUp { network: network.clone(), handles, reply };
    for handle in ask(&aside.desk, asked).await.unwrap_or_default() {
        let Some(request) = aside.source.network.account(&handle) else { continue };
        match source::ask_aside(&aside.source, &aside.client, request).await {
            Ok(page) => {
                let page = Page { accounts: page.accounts, ..Page::default() };
                let noted = |reply| Question::LookedUp { network: network.clone(), handle, reply };
                if !aside.deliver(page).await || ask(&aside.desk, noted).await.is_none() {
                    return;
                }
            }
            Err(error) => {
                tracing::info!(source = &*aside.source.name, handle, %error, "account not looked up");
            }
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
