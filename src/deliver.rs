//! Delivery: a finished mail handed to a mail server or written to a folder, with our own deadline round it.

use std::path::PathBuf;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as Security, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use thiserror::Error;
use tokio::time::timeout;

use crate::outbox;
use crate::store::alerts::{Due, Outcome};
use crate::time::{DAY, Time};

/// One mail takes at most this long, whatever the server does: the transport's own timeout covers only the
/// connection.
const SEND: Duration = Duration::from_secs(60);
/// Connections kept to a mail server. One sends about 22 mails a second; four keep up with a burst.
pub const CONNECTIONS: u32 = 4;
/// The waits after a failure, in minutes; the last one for every later failure.
const WAITS: &[i64] = &[1, 2, 5, 10, 15, 30, 60];
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
    from: Address,
}

#[derive(Debug, Clone)]
enum Way {
    Folder(PathBuf),
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// What is recorded.
    pub outcome: Outcome,
    /// The file written, when mails go to a folder.
    pub path: Option<PathBuf>,
    /// Whether it is the server and not this mail that failed, so that others need not be tried now.
    pub server: bool,
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
            Transport::Smtp(smtp) => Way::Smtp(Box::new(connect(smtp, password)?)),
        };
        Ok(Courier { way, from: from.clone() })
    }

    /// Hands one mail over. Whatever is not a permanent refusal is tried again, the same bytes.
    pub async fn send(&self, due: &Due, now: fn() -> Time) -> Delivered {
        match &self.way {
            Way::Folder(folder) => match outbox::write(folder, due) {
                Ok(path) => Delivered {
                    outcome: Outcome::Sent(format!("written to {}", path.display())),
                    path: Some(path),
                    server: false,
                },
                Err(error) => later(due, format!("{}: {error}", folder.display()), now(), true),
            },
            Way::Smtp(transport) => self.smtp(transport, due, now).await,
        }
    }

    async fn smtp(
        &self,
        transport: &AsyncSmtpTransport<Tokio1Executor>,
        due: &Due,
        now: fn() -> Time,
    ) -> Delivered {
        let envelope =
            due.recipient.parse().map_err(|error: lettre::address::AddressError| error.to_string()).and_then(
                |to| Envelope::new(Some(self.from.clone()), vec![to]).map_err(|error| error.to_string()),
            );
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(reason) => return failed(format!("no such address: {reason}")),
        };
        match timeout(SEND, transport.send_raw(&envelope, &due.bytes)).await {
            Err(_) => later(due, format!("no answer within {} s", SEND.as_secs()), now(), true),
            Ok(Ok(response)) => Delivered {
                outcome: Outcome::Sent(format!(
                    "{} {}",
                    response.code(),
                    response.message().collect::<Vec<_>>().join(" ")
                )),
                path: None,
                server: false,
            },
            Ok(Err(error)) => {
                let code = error.status().map(|code| {
                    u16::from(code.severity as u8) * 100
                        + u16::from(code.category as u8) * 10
                        + u16::from(code.detail as u8)
                });
                let said = chain(&error);
                match code {
                    // The account is refused: trying other mails would lock it.
                    Some(530 | 534 | 535 | 538) => {
                        later(due, format!("the server refuses the account: {said}"), now(), true)
                    }
                    _ if error.is_permanent() => failed(said),
                    Some(421) | None => later(due, said, now(), true),
                    Some(_) => later(due, said, now(), false),
                }
            }
        }
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
            Way::Smtp(transport) => match timeout(Duration::from_secs(20), transport.test_connection()).await
            {
                Ok(Ok(true)) => Ok("the mail server answers".to_owned()),
                Ok(Ok(false)) => Err("the mail server closed the connection".to_owned()),
                Ok(Err(error)) => Err(chain(&error)),
                Err(_) => Err("no answer within 20 s".to_owned()),
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
    Delivered { outcome: Outcome::Failed(answer), path: None, server: false }
}

fn later(due: &Due, answer: String, now: Time, server: bool) -> Delivered {
    if now.since(due.written) > GIVE_UP {
        return failed(format!("given up after three days: {answer}"));
    }
    Delivered { outcome: Outcome::Retry(answer, next_try(due.attempts, now)), path: None, server }
}

/// When a mail that has failed `attempts` times before is tried again, with a little jitter.
fn next_try(attempts: i64, now: Time) -> Time {
    let place = usize::try_from(attempts).unwrap_or(0).min(WAITS.len() - 1);
    let minutes = WAITS.get(place).copied().unwrap_or(60);
    now.plus(minutes * 60_000 + fastrand::i64(0..6_000))
}

fn connect(
    smtp: &Smtp,
    password: Option<String>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, CourierError> {
    let failed = |error: lettre::transport::smtp::Error| CourierError {
        host: smtp.host.clone(),
        reason: chain(&error),
    };
    let parameters = || TlsParameters::new_rustls(smtp.host.clone()).map_err(failed);
    let security = match smtp.tls {
        Tls::None => Security::None,
        Tls::StartTls => Security::Required(parameters()?),
        Tls::Implicit => Security::Wrapper(parameters()?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(smtp.host.clone())
        .port(smtp.port)
        .tls(security)
        .timeout(Some(Duration::from_secs(20)))
        .pool_config(PoolConfig::new().max_size(CONNECTIONS));
    if let Some(user) = &smtp.user {
        builder = builder.credentials(Credentials::new(user.clone(), password.unwrap_or_default()));
    }
    Ok(builder.build())
}
