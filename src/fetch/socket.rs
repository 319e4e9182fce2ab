//! Streams by WebSocket: connections of their own, under the same guard, pace and limits.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use reqwest::header::{self, HeaderName, HeaderValue};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message, http};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::{Host, Url};

use super::error::{Fault, FetchError};
use super::guard::Refused;
use super::{EXPLANATION, Fetch, hop, innermost, refusal};
use crate::network;
use crate::time::Time;

/// Bytes read of a socket at once: some dozens of messages.
const READ_BUFFER: usize = 16 << 10;

/// An open WebSocket.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The trust that all connections share: Mozilla's roots, and those of the owner's machine for hosts at home.
pub(super) fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

impl Fetch {
    /// Connects to a host whose address the guard has checked.
    ///
    /// # Errors
    /// When the host has no address, none that may be asked, or none that answers in time.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, FetchError> {
        let failed = |fault| FetchError::new(host, fault);
        let after = self.config.connect_timeout;
        match timeout(after, self.connect_checked(host, port)).await {
            Ok(connected) => connected.map_err(failed),
            Err(_) => Err(failed(Fault::Timeout { what: "no connection", after })),
        }
    }

    async fn connect_checked(&self, host: &str, port: u16) -> Result<TcpStream, Fault> {
        let parsed = Host::parse(host).map_err(|_| Fault::BadUrl("the host cannot be read"))?;
        let addresses = match parsed {
            Host::Ipv4(address) => vec![(address, port).into()],
            Host::Ipv6(address) => vec![(address, port).into()],
            Host::Domain(name) => match self.guard.resolve(&name, port).await {
                Ok(addresses) => addresses,
                Err(error) => {
                    return Err(match error.downcast_ref::<Refused>() {
                        Some(Refused(address)) => Fault::Refused { address: *address, literal: false },
                        None => Fault::Connect(innermost(&*error)),
                    });
                }
            },
        };
        let mut fault = Fault::Connect("the name has no address".to_owned());
        let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        let deadline = Instant::now() + self.config.connect_timeout;
        for address in addresses {
            // names never lead here unchecked; addresses that stood in a URL do
            self.guard
                .check(address.ip())
                .map_err(|Refused(address)| Fault::Refused { address, literal: true })?;
            // an address that swallows packets leaves time for the next one
            let share = deadline.saturating_duration_since(Instant::now()) / left.max(1);
            left = left.saturating_sub(1);
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    let _small_delay_only = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => fault = Fault::Connect(error.to_string()),
                Err(_) => {
                    fault = Fault::Timeout { what: "no connection", after: self.config.connect_timeout }
                }
            }
        }
        Err(fault)
    }

    /// Opens a WebSocket (`ws:` or `wss:`) to a host whose address the guard has checked.
    ///
    /// # Errors
    /// When there is no connection, or the host refuses the handshake.
    pub async fn open_socket(&self, asked: &network::Request) -> Result<Socket, FetchError> {
        let nameless = |reason| FetchError::new("an unreadable address", Fault::BadUrl(reason));
        let url = Url::parse(&asked.url).map_err(|_| nameless("the address cannot be read"))?;
        if !matches!(url.scheme(), "ws" | "wss") {
            return Err(nameless("the address of a stream is not ws or wss"));
        }
        let host = hop::host(&url);
        let failed = |fault| FetchError::new(host.clone(), fault);
        let mut turn = self.turn(&url).await.map_err(failed)?;
        let mut request = url
            .as_str()
            .into_client_request()
            .map_err(|_| failed(Fault::BadUrl("the address cannot be sent")))?;
        request.headers_mut().insert(header::USER_AGENT, self.user_agent.clone());
        for (name, value) in &asked.headers {
            let bad =
                |()| failed(Fault::BadUrl("a header or credential holds characters that cannot be sent"));
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(()))?;
            let mut value = HeaderValue::from_str(value).map_err(|_| bad(()))?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        let limits = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(self.config.body_cap))
            .max_frame_size(Some(self.config.body_cap));
        let tls = Connector::Rustls(Arc::clone(&self.socket_tls));
        let port = url.port_or_known_default().unwrap_or(443);
        let opening = async {
            let stream = self.connect_checked(&host, port).await.map_err(failed)?;
            match client_async_tls_with_config(request, stream, Some(limits), Some(tls)).await {
                Ok((socket, _)) => Ok(socket),
                Err(WsError::Http(answer)) => {
                    let fault = refusal(answer.status(), answer.headers(), (self.clock)(), &mut turn);
                    let explained = Some(Box::new(explanation(*answer, asked, (self.clock)())));
                    Err(FetchError { answer: explained, ..failed(fault) })
                }
                Err(error) => Err(failed(Fault::Connect(innermost(&error)))),
            }
        };
        let after = self.config.connect_timeout;
        match timeout(after, Box::pin(opening)).await {
            Ok(opened) => opened,
            Err(_) => Err(failed(Fault::Timeout { what: "no connection", after })),
        }
    }

    /// Asks a question over a WebSocket: says the lines of the body and takes what comes as the lines of the
    /// answer, up to the first that begins with one of `until`.
    pub(super) async fn talk(
        &self,
        asked: &network::Request,
        until: &[&str],
    ) -> Result<network::Answer, FetchError> {
        let host = Url::parse(&asked.url).map(|url| hop::host(&url)).unwrap_or_default();
        let failed = |fault| FetchError::new(host.clone(), fault);
        let cut = |error: &WsError| failed(Fault::Cut(innermost(error)));
        let talking = async {
            let mut socket = self.open_socket(asked).await?;
            let said = String::from_utf8_lossy(asked.body.as_deref().unwrap_or_default()).into_owned();
            for line in said.lines().filter(|line| !line.is_empty()) {
                socket.send(Message::text(line)).await.map_err(|error| cut(&error))?;
            }
            let mut body = Vec::new();
            while let Some(message) = socket.next().await {
                let message = message.map_err(|error| cut(&error))?;
                if !matches!(message, Message::Text(_) | Message::Binary(_)) {
                    continue;
                }
                let message = message.into_data();
                if body.len().saturating_add(message.len()) > self.config.body_cap {
                    return Err(failed(Fault::TooLarge { cap: self.config.body_cap }));
                }
                body.extend(message.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
                body.push(b'\n');
                if until.iter().any(|end| message.starts_with(end.as_bytes())) {
                    let _closing_is_only_polite = socket.close(None).await;
                    return Ok(body);
                }
            }
            Err(failed(Fault::Cut("it closed the stream before the end of the answer".to_owned())))
        };
        let after = self.config.total_timeout;
        let late = |_| failed(Fault::Timeout { what: "no whole answer", after });
        let body = timeout(after, talking).await.map_err(late)??;
        Ok(network::Answer {
            request: asked.clone(),
            status: 200,
            final_url: asked.url.clone(),
            body,
            seen: (self.clock)(),
            ..network::Answer::default()
        })
    }
}

/// What a host said instead of opening a stream: its network may know more.
fn explanation(
    answer: http::Response<Option<Vec<u8>>>,
    asked: &network::Request,
    seen: Time,
) -> network::Answer {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers =
        answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let status = answer.status().as_u16();
    let mut body = answer.into_body().unwrap_or_default();
    body.truncate(EXPLANATION);
    network::Answer { request: asked.clone(), status, headers, body, seen, ..network::Answer::default() }
}
