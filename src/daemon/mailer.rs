//! The mailer: takes due mails from the desk, hands them over, reports what became of each.

use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::desk::{Question, ask};
use crate::deliver::{CONNECTIONS, Courier, Delivered};
use crate::store::alerts::{Due, Outcome};
use crate::time::Time;

/// How often retries are looked for when nothing new is due.
const LOOK: Duration = Duration::from_secs(2);
/// How long a server that failed is left alone.
const REST: Duration = Duration::from_secs(30);
/// Failures of the server in a row after which it is left alone.
const FAILURES: u32 = 3;
/// Sends due mails until `ending`: up to one a connection at a time, so that a server that hangs on one mail
/// does not hold up the others.
pub(super) async fn run(
    courier: Courier,
    desk: mpsc::Sender<Question>,
    due: std::sync::Arc<Notify>,
    ending: CancellationToken,
    clock: fn() -> Time,
) {
    let mut sending: JoinSet<bool> = JoinSet::new();
    let mut failures = 0;
    loop {
        let free = CONNECTIONS.saturating_sub(u32::try_from(sending.len()).unwrap_or(CONNECTIONS));
        let mails = if free == 0 {
            Vec::new()
        } else {
            let Some(mails) = ask(&desk, |reply| Question::Due { limit: free, reply }).await else { return };
            mails
        };
        let idle = mails.is_empty();
        for mail in mails {
            let (courier, desk) = (courier.clone(), desk.clone());
            sending.spawn(async move { deliver(&courier, &desk, mail, clock).await });
        }
        // Nothing is lost whichever is first: a notification that comes meanwhile is kept.
        tokio::select! {
            biased;
            () = ending.cancelled() => break,
            ended = sending.join_next(), if !sending.is_empty() => {
                failures = if matches!(ended, Some(Ok(true))) { failures + 1 } else { 0 };
            }
            () = due.notified(), if idle => {}
            () = tokio::time::sleep(LOOK), if idle => {}
        }
        if failures >= FAILURES {
            failures = 0;
            if ending.run_until_cancelled(tokio::time::sleep(REST)).await.is_none() {
                break;
            }
        }
    }
    // What is being sent is finished; its outcome is worth the wait.
    while sending.join_next().await.is_some() {}
}

/// Hands one mail over and has its outcome recorded. Tells whether it was the server that failed.
async fn deliver(courier: &Courier, desk: &mpsc::Sender<Question>, mail: Due, clock: fn() -> Time) -> bool {
    let Delivered { outcome, path, server } = courier.send(&mail, clock).await;
    if let Outcome::Failed(answer) | Outcome::Retry(answer, _) = &outcome {
        tracing::info!(recipient = mail.recipient, answer, "mail not delivered");
    }
    let (kind, recipient) = (mail.kind, mail.recipient);
    ask(desk, |reply| Question::Record { id: mail.id, kind, recipient, outcome, path, reply }).await;
    server
}

/// Waits until nothing is due any more: every mail has had its attempt.
pub(super) async fn settle(desk: &mpsc::Sender<Question>) {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    loop {
        tick.tick().await;
        match ask(desk, |reply| Question::Untried { reply }).await {
            Some(0) | None => return,
            Some(_) => {}
        }
    }
}
