//! The mailer: takes due mails from the desk, hands them over, reports what became of each.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::desk::{Question, ask};
use crate::deliver::{CONNECTIONS, Courier, Delivered, Fault};
use crate::store::alerts::{Due, Outcome};
use crate::time::Time;

/// How often retries are looked for when nothing new is due.
const LOOK: Duration = Duration::from_millis(500);
/// Failures of the server in a row after which it is left alone.
const FAILURES: u32 = 3;

/// Sends due mails until `ending`: up to one a connection at a time, so that a server that hangs on one mail
/// does not hold up the others. `resting` hears when the server is left alone for a while.
pub(super) async fn run(
    courier: Courier,
    desk: mpsc::Sender<Question>,
    due: Arc<Notify>,
    ending: CancellationToken,
    resting: watch::Sender<bool>,
    clock: fn() -> Time,
) {
    let mut sending: JoinSet<Fault> = JoinSet::new();
    let mut server = Server::default();
    loop {
        let under_way = u32::try_from(sending.len()).unwrap_or(u32::MAX);
        let free = server.takes().saturating_sub(under_way);
        let mails = if free == 0 {
            Vec::new()
        } else {
            let Some(mails) = ask(&desk, |reply| Question::Due { limit: free, reply }).await else { return };
            mails
        };
        for mail in mails {
            let (courier, desk) = (courier.clone(), desk.clone());
            sending.spawn(async move { deliver(&courier, &desk, mail, clock).await });
        }
        // All that was due is under way: what falls due next is taken at once, whatever still hangs.
        let room = u32::try_from(sending.len()).unwrap_or(u32::MAX) < server.takes();
        // Nothing is lost whichever is first: a notification that comes meanwhile is kept.
        tokio::select! {
            biased;
            () = ending.cancelled() => break,
            ended = sending.join_next(), if !sending.is_empty() => server.heard(ended.and_then(Result::ok)),
            () = due.notified(), if room => {}
            () = tokio::time::sleep(LOOK), if room => {}
        }
        let patience = courier.patience();
        let rest = match server.trouble {
            Fault::Account => patience.long_rest(),
            Fault::Closing => patience.rest(),
            Fault::Server if server.failures >= FAILURES => patience.rest(),
            Fault::Server | Fault::Mail | Fault::None => continue,
        };
        server.rested();
        resting.send_replace(true);
        if ending.run_until_cancelled(tokio::time::sleep(rest)).await.is_none() {
            break;
        }
        resting.send_replace(false);
        // What was under way when the rest began tells nothing new, unless it was taken after all.
        while let Some(ended) = sending.try_join_next() {
            if matches!(ended, Ok(Fault::None)) {
                server = Server::default();
            }
        }
    }
    // What is being sent is finished; its outcome is worth the wait.
    while sending.join_next().await.is_some() {}
    courier.hang_up().await;
}

/// How the mail server fares.
struct Server {
    /// Failures in a row.
    failures: u32,
    /// What was wrong last.
    trouble: Fault,
    /// Whether it was left alone and has taken nothing since.
    doubted: bool,
}

impl Default for Server {
    fn default() -> Server {
        Server { failures: 0, trouble: Fault::None, doubted: false }
    }
}

impl Server {
    /// How many mails it is offered at once: one, to see whether it is back.
    fn takes(&self) -> u32 {
        if self.doubted { 1 } else { CONNECTIONS }
    }

    fn heard(&mut self, ended: Option<Fault>) {
        let Some(fault) = ended else { return };
        self.trouble = fault;
        match fault {
            Fault::None | Fault::Mail => *self = Server::default(),
            Fault::Server | Fault::Closing | Fault::Account => self.failures += 1,
        }
    }

    fn rested(&mut self) {
        *self = Server { doubted: true, ..Server::default() };
    }
}

/// Hands one mail over and has its outcome recorded. Tells whose fault it was when it was not taken.
async fn deliver(courier: &Courier, desk: &mpsc::Sender<Question>, mail: Due, clock: fn() -> Time) -> Fault {
    let Delivered { outcome, path, fault } = courier.send(&mail, clock).await;
    if let Outcome::Failed(answer) | Outcome::Retry(answer, _) = &outcome {
        tracing::info!(recipient = mail.recipient, answer, "mail not delivered");
    }
    let (kind, recipient) = (mail.kind, mail.recipient);
    ask(desk, |reply| Question::Record { id: mail.id, kind, recipient, outcome, path, reply }).await;
    fault
}

/// Waits until nothing is due any more: every mail has had its attempt, or the server is left alone.
pub(super) async fn settle(desk: &mpsc::Sender<Question>, resting: &watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    loop {
        tick.tick().await;
        match ask(desk, |reply| Question::Untried { reply }).await {
            Some(0) | None => return,
            Some(_) if *resting.borrow() => return,
            Some(_) => {}
        }
    }
}
