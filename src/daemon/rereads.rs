//! Reads stored posts once more, in batches: edits, deletions and new counts come to light where no stream tells
//! them, and terms that networks set to what is kept are held.

use std::collections::HashSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Aside;
use super::desk::{Question, ask};
use crate::network::{Absent, Offer, Page, spec};
use crate::post::{Deletion, Gone, Post};
use crate::source;
use crate::time::{DAY, HOUR, Time};

/// Before the first look: what was said meanwhile comes first.
const START: Duration = Duration::from_secs(10);
/// How often it is looked whether a post is due.
const ROUND: Duration = Duration::from_secs(300);
/// Posts are read again once a day where the network sets no other term...
const USUALLY: i64 = 24 * HOUR;
/// ... for a week: later, hardly any is changed or deleted.
const FOR: i64 = 7 * DAY;
/// Posts that cannot be asked for with what is configured, after which a source is left in peace: without a key that
/// is all of them.
const PASSED: usize = 1_000;
/// A post that a network lets nobody keep longer is read again this long before its term.
const BEFORE_TERM: i64 = 5 * DAY;

/// Reads posts of one source again until `stop`, and lets those go whose term has passed.
pub(super) async fn run(aside: Aside, stop: CancellationToken) {
    let Some(offer) = spec(aside.source.network_name.as_str()).map(|spec| spec.offer) else { return };
    let can = offer.reread_batch > 0;
    if !can && offer.keep_days.is_none() {
        return;
    }
    let mut wait = START;
    let mut passed = HashSet::new();
    while stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_some() {
        wait = ROUND;
        if can && stop.run_until_cancelled(round(&aside, &offer, &mut passed)).await.is_none() {
            return;
        }
        if let Some(days) = offer.keep_days {
            let (network, now) = (aside.source.network_name.clone(), (aside.clock)());
            let before = now.plus(-i64::from(days).saturating_mul(DAY));
            let gone = ask(&aside.desk, |reply| Question::Expire { network, before, reply }).await;
            match gone {
                None => return,
                Some(0) => {}
                Some(count) => tracing::info!(source = &*aside.source.name, count, "words kept no longer"),
            }
        }
    }
}

/// Reads again all that is due, batch by batch. What cannot be asked for joins `passed`: it was not read again, and
/// its term passes.
async fn round(aside: &Aside, offer: &Offer, passed: &mut HashSet<String>) {
    while passed.len() < PASSED {
        let now = (aside.clock)();
        let every = offer.reread_hours.map_or(USUALLY, |hours| i64::from(hours).saturating_mul(HOUR));
        let term = offer.keep_days.map(|days| i64::from(days).saturating_mul(DAY));
        // What must be refreshed or deleted by a term is refreshed as long as it is kept.
        let since = now.plus(-term.map_or(FOR, |_| i64::MAX / 4));
        let every = term.map_or(every, |term| {
            if offer.reread_hours.is_some() { every } else { term.saturating_sub(BEFORE_TERM).max(DAY) }
        });
        let (source, before) = (aside.source.name.to_string(), now.plus(-every));
        let limit = offer.reread_batch.saturating_add(passed.len());
        let due = ask(&aside.desk, |reply| Question::Unread { source, since, before, limit, reply }).await;
        let open = due.unwrap_or_default().into_iter().filter(|id| !passed.contains(id));
        let ids: Vec<String> = open.take(offer.reread_batch).collect();
        if ids.is_empty() {
            return;
        }
        // Those that cannot be asked for together are asked for one by one.
        let batches: Vec<&[String]> = match aside.source.network.reread(&ids) {
            Some(_) => vec![&ids],
            None => ids.chunks(1).collect(),
        };
        for batch in batches {
            let Some(request) = aside.source.network.reread(batch) else {
                passed.extend(batch.iter().cloned());
                continue;
            };
            match source::ask_aside(&aside.source, &aside.client, request).await {
                Ok(page) => {
                    if !aside.deliver(with_absent(page, batch, offer.absent, aside, now)).await {
                        return;
                    }
                }
                Err(error) => {
                    tracing::info!(source = &*aside.source.name, %error, "stored posts not read again");
                    return;
                }
            }
            let (network, ids) = (aside.source.network_name.clone(), batch.to_vec());
            let marked = ask(&aside.desk, |reply| Question::ReadAgain { network, ids, reply }).await;
            if marked.is_none() {
                return;
            }
        }
    }
}

/// The page with a deletion of every post that was asked for and is not in the answer, where that is what it means.
fn with_absent(mut page: Page, asked: &[String], absent: Absent, aside: &Aside, now: Time) -> Page {
    if absent == Absent::Unknown {
        return page;
    }
    let named = |id: &String| {
        let is = |post: &Post| post.native_id == *id || post.local_id.as_ref() == Some(id);
        page.posts.iter().chain(&page.edits).any(is)
            || page.deletions.iter().any(|one| one.gone == Gone::Post(id.clone()))
    };
    let gone: Vec<Deletion> = asked
        .iter()
        .filter(|id| !named(id))
        .map(|id| Deletion {
            network: aside.source.network_name.clone(),
            gone: Gone::Post(id.clone()),
            at: Some(now),
        })
        .collect();
    page.deletions.extend(gone);
    page
}
