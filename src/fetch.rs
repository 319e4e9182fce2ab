//! The only way out to the web: politeness, limits, timeouts, the guard against private addresses.
//!
//! It refuses to know what is asked and what the answer means.

use thiserror::Error;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::network::{Answer, Request};
use crate::time::Time;

pub mod config;
pub mod error;

pub use config::FetchConfig;
pub use error::{Advice, Fault, FetchError};

/// The client could not be set up.
#[derive(Debug, Error)]
#[error("set up the HTTP client: {0}")]
pub struct SetupError(String);

/// The HTTP client and the paces of all hosts. One for the whole program.
#[derive(Debug)]
pub struct Fetch {
    config: FetchConfig,
    clock: fn() -> Time,
}

impl Fetch {
    /// A client with these limits; `clock` says what time it is.
    ///
    /// # Errors
    /// When TLS cannot be set up, or the contact cannot stand in a header.
    pub fn new(config: FetchConfig, clock: fn() -> Time) -> Result<Fetch, SetupError> {
        Ok(Fetch { config, clock })
    }

    /// Sends a request when its host's turn has come, follows redirects, and reads the whole answer.
    ///
    /// Gives answers with a status of 2xx or 304; every other one is an error. Dropping the future
    /// gives the request up and does no harm.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn fetch(&self, request: &Request) -> Result<Answer, FetchError> {
        let _ = (request, &self.config, self.clock);
        Err(FetchError { host: String::new(), fault: Fault::NotFound })
    }

    /// Connects to a host whose address the guard has checked.
    ///
    /// # Errors
    /// When the host has no address, none that may be asked, or none that answers in time.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, FetchError> {
        let _ = (host, port);
        Err(FetchError { host: String::new(), fault: Fault::NotFound })
    }

    /// Opens a WebSocket (`ws:` or `wss:`) to a host whose address the guard has checked.
    ///
    /// # Errors
    /// When there is no connection, or the host refuses the handshake.
    pub async fn open_socket(
        &self,
        url: &str,
    ) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, FetchError> {
        let _ = url;
        Err(FetchError { host: String::new(), fault: Fault::NotFound })
    }
}
