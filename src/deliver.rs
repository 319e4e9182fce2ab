//! Delivery: a finished mail handed to a mail server or written to a folder, with our own deadline round it.

use std::path::PathBuf;
use std::time::Duration;

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp;
use thiserror::Error;
use tokio::time::timeout;

use self::hook::{CHANNEL, Hooks, Taken};
use self::relay::Relay;
use crate::outbox;
use crate::store::alerts::{Due, Outcome};
use crate::time::{DAY, Time};

pub mod hook;
mod relay;

/// Asking a server whether it is there takes at most this long: a person waits.
const TEST: Duration = Duration::from_secs(20);
/// Connections kept to a mail server. One sends about 22 mails a second; four keep up with a burst.
pub const CONNECTIONS: u32 = 4;
/// The longest that a server that failed is left alone.
const REST: Duration = Duration::from_secs(30);
/// A mail is given up after this long.
const GIVE_UP: i64 = 3 * DAY;

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte (port 465).
    Implicit,
    /// STARTTLS, required (port 587).
    StartTls,
    /// No protection: only to this machine, or with `insecure = true`.
    None,
}

/// The mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub tls: Tls,
    /// The account there; its password is `VIGIE_SMTP_PASSWORD`.
    pub user: Option<String>,
}

/// Where finished mails go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Files in a folder.
    Folder(PathBuf),
    /// A mail server.
    Smtp(Smtp),
}

/// How long a mail server is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// One mail takes at most this long, whatever the server does: the library's own timeout covers only the
    /// connection.
    pub answer: Duration,
    /// The waits after failures of one mail; the last one for every later failure.
    pub waits: Vec<Duration>,
}

impl Default for Patience {
    fn default() -> Patience {
        let minutes = [1, 2, 5, 10, 15, 30, 60];
        Patience {
            answer: Duration::from_secs(60),
            waits: minutes.map(|minutes| Duration::from_secs(minutes * 60)).to_vec(),
        }
    }
}

impl Patience {
    /// How long a server that fails one mail after another is left alone.
    pub fn rest(&self) -> Duration {
        self.waits.first().map_or(REST, |first| (*first / 2).min(REST))
    }

    /// How long a server that refuses the account is left alone: trying again soon would lock it.
    pub fn long_rest(&self) -> Duration {
        self.waits.last().map_or(REST, |last| *last)
    }

    /// When a mail that has failed `attempts` times before is tried again, with a little jitter.
    fn next_try(&self, attempts: i64, now: Time) -> Time {
        let last = self.waits.len().saturating_sub(1);
        let place = usize::try_from(attempts).unwrap_or(0).min(last);
        let wait = self.waits.get(place).copied().unwrap_or(REST);
        now.after(wait + (wait / 10).mul_f64(fastrand::f64()))
    }
}

/// The mail server cannot be used as configured.
#[derive(Debug, Error)]
#[error("failed to set up the mail server {host}: {reason}")]
pub struct CourierError {
    host: String,
    reason: String,
}

/// Takes mails where they go.
#[derive(Debug, Clone)]
pub struct Courier {
    way: Way,
    hooks: Option<Hooks>,
    from: Address,
    patience: Patience,
}

#[derive(Debug, Clone)]
enum Way {
    Folder(PathBuf),
    Smtp(Relay),
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// What is recorded.
    pub outcome: Outcome,
    /// The file written, when mails go to a folder.
    pub path: Option<PathBuf>,
    /// Whose fault it is when it was not handed over.
    pub fault: Fault,
}

/// Whose fault a failure is: others need not be tried when it is not this mail's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody's: it was handed over.
    None,
    /// This mail's, or its recipient's.
    Mail,
    /// The server's.
    Server,
    /// The server's, and it says so itself: it takes nothing for now (421).
    Closing,
    /// The account's: the server refuses it.
    Account,
}

impl Courier {
    /// A courier for this transport; `password` is for the account named there.
    ///
    /// # Errors
    /// When TLS cannot be set up for this host.
    pub fn new(
        transport: &Transport,
        from: &Address,
        password: Option<String>,
    ) -> Result<Courier, CourierError> {
        let way = match transport {
            Transport::Folder(folder) => Way::Folder(folder.clone()),
            Transport::Smtp(smtp) => Way::Smtp(Relay::new(smtp, password)?),
        };
        Ok(Courier { way, hooks: None, from: from.clone(), patience: Patience::default() })
    }

    /// The same with other waits.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Courier {
        Courier { patience, ..self }
    }

    /// The same with channels besides.
    #[must_use]
    pub fn with_hooks(self, hooks: Hooks) -> Courier {
        Courier { hooks: Some(hooks), ..self }
    }

    /// How long it waits.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Takes leave of the server: connections that wait for a next mail are closed.
    pub async fn hang_up(&self) {
        if let Way::Smtp(relay) = &self.way {
            relay.hang_up().await;
        }
    }

    /// Hands one mail over. Whatever is not a permanent refusal is tried again, the same bytes.
    pub async fn send(&self, due: &Due, now: fn() -> Time) -> Delivered {
        if let Some(name) = due.recipient.strip_prefix(CHANNEL) {
            return self.channel(name, due, now).await;
        }
        match &self.way {
            Way::Folder(folder) => match outbox::write(folder, due) {
                Ok(path) => Delivered {
                    outcome: Outcome::Sent(format!("written to {}", path.display())),
                    path: Some(path),
                    fault: Fault::None,
                },
                Err(error) => self.later(due, format!("{}: {error}", folder.display()), now(), Fault::Server),
            },
            Way::Smtp(relay) => self.smtp(relay, due, now).await,
        }
    }

    async fn smtp(&self, relay: &Relay, due: &Due, now: fn() -> Time) -> Delivered {
        let envelope =
            due.recipient.parse().map_err(|error: lettre::address::AddressError| error.to_string()).and_then(
                |to| Envelope::new(Some(self.from.clone()), vec![to]).map_err(|error| error.to_string()),
            );
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(reason) => return failed(format!("no such address: {reason}")),
        };
        // A connection that is given up is closed and never used for another mail.
        match timeout(self.patience.answer, relay.send(&envelope, &due.bytes)).await {
            Err(_) => {
                let answer = format!("no answer within {} s", self.patience.answer.as_secs());
                self.later(due, answer, now(), Fault::Server)
            }
            Ok(Ok(response)) => Delivered {
                outcome: Outcome::Sent(format!(
                    "{} {}",
                    response.code(),
                    response.message().collect::<Vec<_>>().join(" ")
                )),
                path: None,
                fault: Fault::None,
            },
            Ok(Err(error)) => {
                let said = chain(&error);
                match code(&error) {
                    Some(530 | 534 | 535 | 538) => {
                        let answer = format!("the server refuses the account: {said}");
                        self.later(due, answer, now(), Fault::Account)
                    }
                    _ if error.is_permanent() => failed(said),
                    Some(421) => self.later(due, said, now(), Fault::Closing),
                    None => self.later(due, said, now(), Fault::Server),
                    Some(_) => self.later(due, said, now(), Fault::Mail),
                }
            }
        }
    }

    /// Hands a message to a channel. Its troubles are its own: mails go on meanwhile.
    async fn channel(&self, name: &str, due: &Due, now: fn() -> Time) -> Delivered {
        let Some(hooks) = &self.hooks else {
            return failed(format!("no [[channel]] is called \"{name}\" any more"));
        };
        let taken = match timeout(self.patience.answer, hooks.send(name, due, now())).await {
            Ok(taken) => taken,
            Err(_) => Taken::Later(format!("no answer within {} s", self.patience.answer.as_secs()), None),
        };
        match taken {
            Taken::Yes(answer) => {
                Delivered { outcome: Outcome::Sent(answer), path: None, fault: Fault::None }
            }
            Taken::Never(answer) => failed(answer),
            Taken::Later(answer, pause) => {
                let later = self.later(due, answer, now(), Fault::Mail);
                match (later.outcome, pause) {
                    // Asked to wait longer than usual, it waits.
                    (Outcome::Retry(answer, next), Some(pause)) => {
                        let next = next.max(now().after(pause));
                        Delivered { outcome: Outcome::Retry(answer, next), path: None, fault: Fault::Mail }
                    }
                    (outcome, _) => Delivered { outcome, path: None, fault: Fault::Mail },
                }
            }
        }
    }

    fn later(&self, due: &Due, answer: String, now: Time, fault: Fault) -> Delivered {
        if now.since(due.written) > GIVE_UP {
            return failed(format!("given up after three days: {answer}"));
        }
        let next = self.patience.next_try(due.attempts, now);
        Delivered { outcome: Outcome::Retry(answer, next), path: None, fault }
    }

    /// Whether a server answers and takes the account.
    ///
    /// # Errors
    /// What the server says against it.
    pub async fn test(&self) -> Result<String, String> {
        match &self.way {
            Way::Folder(folder) => std::fs::create_dir_all(folder)
                .map(|()| format!("mails are written to {}", folder.display()))
                .map_err(|error| format!("{}: {error}", folder.display())),
            Way::Smtp(relay) => match timeout(TEST, relay.test()).await {
                Ok(Ok(true)) => Ok("the mail server answers".to_owned()),
                Ok(Ok(false)) => Err("the mail server closed the connection".to_owned()),
                Ok(Err(error)) => Err(chain(&error)),
                Err(_) => Err(format!("no answer within {} s", TEST.as_secs())),
            },
        }
    }
}

/// An error with its causes. lettre's errors hold no password.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        let one_text = one.to_string();
        if !text.contains(&one_text) {
            text += &format!(": {one_text}");
        }
        cause = one.source();
    }
    text.replace(['\r', '\n'], " ")
}

fn failed(answer: String) -> Delivered {
    Delivered { outcome: Outcome::Failed(answer), path: None, fault: Fault::Mail }
}

/// The number that the server answered with.
fn code(error: &smtp::Error) -> Option<u16> {
    error.status().map(|code| {
        u16::from(code.severity as u8) * 100
            + u16::from(code.category as u8) * 10
            + u16::from(code.detail as u8)
    })
}
