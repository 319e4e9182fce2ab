//! Connections to a mail server. A connection goes back to the others only after a mail it carried was taken:
//! one that failed, or was given up while an answer was outstanding, would give that answer to the next mail.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::time::{Instant, timeout};

use super::{CONNECTIONS, CourierError, Smtp, Tls, chain};

/// Time to reach the server.
const CONNECT: Duration = Duration::from_secs(20);
/// A connection that waited longer than this is not used again: the server may have left without a word.
const IDLE: Duration = Duration::from_secs(20);
/// Time for a goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// A mail server and the connections to it that wait for a next mail.
#[derive(Clone)]
pub(super) struct Relay {
    server: Smtp,
    tls: Option<TlsParameters>,
    account: Option<Credentials>,
    idle: Arc<Mutex<Vec<(AsyncSmtpConnection, Instant)>>>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Relay {
    pub(super) fn new(server: &Smtp, password: Option<String>) -> Result<Relay, CourierError> {
        let failed = |error: Error| CourierError { host: server.host.clone(), reason: chain(&error) };
        let tls = match server.tls {
            Tls::None => None,
            Tls::StartTls | Tls::Implicit => {
                Some(TlsParameters::new_rustls(server.host.clone()).map_err(failed)?)
            }
        };
        let account = server.user.clone().map(|user| Credentials::new(user, password.unwrap_or_default()));
        Ok(Relay { server: server.clone(), tls, account, idle: Arc::default() })
    }

    /// Hands one mail over. When this is dropped half-way, so is its connection.
    pub(super) async fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Result<Response, Error> {
        let mut connection = match self.waiting().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let response = connection.send(envelope, bytes).await?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < usize::try_from(CONNECTIONS).unwrap_or(usize::MAX) {
            idle.push((connection, Instant::now()));
        }
        Ok(response)
    }

    /// Whether the server answers and takes the account.
    pub(super) async fn test(&self) -> Result<bool, Error> {
        let mut connection = self.connect().await?;
        let well = connection.test_connected().await;
        goodbye(connection).await;
        Ok(well)
    }

    /// Closes the connections that wait.
    pub(super) async fn hang_up(&self) {
        while let Some((connection, _)) = self.take() {
            goodbye(connection).await;
        }
    }

    fn take(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// A connection that waits and still works.
    async fn waiting(&self) -> Option<AsyncSmtpConnection> {
        while let Some((mut connection, since)) = self.take() {
            if since.elapsed() < IDLE && connection.test_connected().await {
                return Some(connection);
            }
        }
        None
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let place = (self.server.host.as_str(), self.server.port);
        let name = ClientId::default();
        let from_the_start = self.tls.clone().filter(|_| self.server.tls == Tls::Implicit);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT), &name, from_the_start, None).await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.server.tls == Tls::StartTls) {
            connection.starttls(tls, &name).await?;
        }
        if let Some(account) = &self.account {
            connection.auth(DEFAULT_MECHANISMS, account).await?;
        }
        Ok(connection)
    }
}

async fn goodbye(mut connection: AsyncSmtpConnection) {
    // A server that does not answer it is left all the same.
    drop(timeout(GOODBYE, connection.quit()).await);
}
