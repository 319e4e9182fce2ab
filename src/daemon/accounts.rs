//! Looks tracked accounts up once a day, on the networks that allow it: followers, name, bio, picture.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Aside;
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
    let network = aside.source.network_name.clone();
    let aliases = spec(network.as_str()).map_or(&[][..], |spec| spec.aliases);
    let here = |account: &&OfficialAccount| {
        let at = account.network.as_ref();
        at.is_some_and(|at| *at == network || aliases.contains(&at.as_str()))
    };
    let handles = || -> Vec<String> {
        let brands = brands.borrow();
        let official = brands.iter().flat_map(|brand| &brand.official);
        official.filter(here).map(|account| account.handle.clone()).collect()
    };
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
