//! The only way out to the web: politeness, limits, timeouts, the guard against private addresses.
//!
//! It refuses to know what is asked and what the answer means.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Response, StatusCode};
use thiserror::Error;
use tokio::time::{Instant, timeout};

use crate::network::{Answer, Method, Request};
use crate::time::Time;

pub mod config;
pub mod error;
pub mod guard;
mod hop;
mod limit;
mod lines;
mod pace;
mod socket;

pub use config::FetchConfig;
pub use error::{Advice, Fault, FetchError};
pub use lines::LineStream;
pub use socket::Socket;

use guard::{Guard, Refused};
use hop::Hop;
use pace::{Paces, Turn};

/// Redirects followed: http to https, to `www.`, to a new path, to a trailing slash, and one to spare.
const REDIRECTS: usize = 5;
/// How much of a refusal is kept, in bytes: error objects are small, block pages need not be whole.
const EXPLANATION: usize = 64 << 10;
/// How long the body of a refusal is waited for.
const EXPLAINING: Duration = Duration::from_secs(5);
/// The header that tells a network that every redirect was permanent, so that `final_url` is the new address.
pub const MOVED: &str = "x-vigie-moved";

/// The client could not be set up.
#[derive(Debug, Error)]
#[error("set up the HTTP client: {0}")]
pub struct SetupError(String);

/// The HTTP client and the paces of all hosts. One for the whole program.
#[derive(Debug)]
pub struct Fetch {
    config: FetchConfig,
    clock: fn() -> Time,
    guard: Guard,
    paces: Paces,
    client: Client,
    /// The same without a limit to how long nothing arrives: streams mind their silence themselves.
    streaming: Client,
    socket_tls: std::sync::Arc<rustls::ClientConfig>,
    user_agent: HeaderValue,
}

impl Fetch {
    /// A client with these limits; `clock` says what time it is.
    ///
    /// # Errors
    /// When TLS cannot be set up, or the contact cannot stand in a header.
    pub fn new(config: FetchConfig, clock: fn() -> Time) -> Result<Fetch, SetupError> {
        let user_agent = user_agent(config.contact.as_deref())?;
        let guard = Guard::new(&config.allow);
        let socket_tls = socket::tls().map_err(|error| SetupError(error.to_string()))?;
        let mut tls = socket_tls.clone();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let builder = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(guard.clone())
                .no_proxy() // a proxy would connect where the guard cannot look
                .redirect(reqwest::redirect::Policy::none()) // followed here, each hop checked
                .referer(false)
                .user_agent(user_agent.clone())
                .connect_timeout(config.connect_timeout)
                .pool_max_idle_per_host(1)
        };
        let failed = |error| SetupError(innermost(&error));
        let client = builder().read_timeout(config.read_timeout).build().map_err(failed)?;
        let streaming = builder().build().map_err(failed)?;
        let paces = Paces::new(config.pause);
        Ok(Fetch {
            config,
            clock,
            guard,
            paces,
            client,
            streaming,
            socket_tls: socket_tls.into(),
            user_agent,
        })
    }

    /// Sends a request when its host's turn has come, follows redirects, and reads the whole answer.
    ///
    /// Gives answers with a status of 2xx or 304; every other one is an error. Dropping the future
    /// gives the request up and does no harm.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn fetch(&self, request: &Request) -> Result<Answer, FetchError> {
        self.fetch_within(request, self.config.body_cap).await
    }

    /// The same with a smaller limit to the size of the answer, in bytes after decompression.
    ///
    /// # Errors
    /// When there is no usable answer.
    pub async fn fetch_within(&self, request: &Request, cap: usize) -> Result<Answer, FetchError> {
        let cap = cap.min(self.config.body_cap);
        if let Method::Talk(until) = request.method {
            return Box::pin(self.talk(request, until)).await;
        }
        let mut hop = Hop::first(request)?;
        let mut left = self.config.total_timeout;
        let mut moved_for_good = true;
        for redirects in 0..=REDIRECTS {
            let host = hop.host();
            let failed = |fault| FetchError::new(host.clone(), fault);
            let mut turn = self.turn(&hop.url).await.map_err(failed)?;
            let started = Instant::now();
            let late = |_| Fault::Timeout { what: "no whole answer", after: self.config.total_timeout };
            let got = timeout(left, self.exchange(&hop, &mut turn, (request, cap))).await;
            drop(turn); // before waiting for another host's: two sources that cross would wait for ever
            left = left.saturating_sub(started.elapsed());
            match got.map_err(late).map_err(failed)?.map_err(|error| error.at(&host))? {
                Got::Answer(mut answer) => {
                    answer.request = request.clone();
                    answer.final_url = hop.shown_url();
                    answer.headers.retain(|(name, _)| name != MOVED); // ours to say
                    if redirects > 0 && moved_for_good {
                        answer.headers.push((MOVED.to_owned(), "permanently".to_owned()));
                    }
                    return Ok(answer);
                }
                Got::Redirect(status, location) => {
                    moved_for_good &=
                        matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
                    hop = hop.next(status, location.as_ref()).map_err(failed)?;
                }
            }
        }
        Err(FetchError::new(hop.host(), Fault::TooManyRedirects(REDIRECTS)))
    }

    /// Leaves the host of this address alone for a while, whoever asks.
    pub fn rest(&self, url: &str, pause: Duration) {
        if let Ok(url) = url::Url::parse(url) {
            self.paces.rest(&hop::pace_key(&url), pause);
        }
    }

    /// Waits until a host may be asked, and whoever asks it lets the next one wait.
    async fn turn(&self, url: &url::Url) -> Result<Turn, Fault> {
        if let Some(host) = url.host() {
            self.guard
                .check_host(&host)
                .map_err(|Refused(address)| Fault::Refused { address, literal: true })?;
        }
        let rests = |left| Fault::RateLimited { status: 0, retry_after: Some(left) };
        self.paces.turn(&hop::pace_key(url)).await.map_err(rests)
    }

    /// Sends one request; gives its answer as soon as its head is there.
    async fn send(&self, client: &Client, hop: &Hop) -> Result<Response, Fault> {
        let mut request = client.request(hop.method.clone(), hop.url.clone()).headers(hop.headers.clone());
        if let Some(body) = &hop.body {
            request = request.body(body.clone());
        }
        request.send().await.map_err(|error| self.fault(&error))
    }

    /// Sends one request and reads its answer. Its errors name no host.
    async fn exchange(
        &self,
        hop: &Hop,
        turn: &mut Turn,
        (asked, cap): (&Request, usize),
    ) -> Result<Got, FetchError> {
        let nameless = |fault| FetchError::new("", fault);
        let response = self.send(&self.client, hop).await.map_err(nameless)?;
        let status = response.status();
        let now = (self.clock)();
        if let Some(pause) = limit::used_up(response.headers(), now) {
            turn.rest_for(pause);
        }
        match status {
            StatusCode::NOT_MODIFIED => {}
            status if status.is_success() => {}
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                return Ok(Got::Redirect(status, response.headers().get(LOCATION).cloned()));
            }
            _ => return Err(refused(response, now, turn, asked).await),
        }
        self.read(response, cap).await.map(Got::Answer).map_err(nameless)
    }

    /// Reads a body up to the cap, counting what comes out of decompression.
    async fn read(&self, mut response: Response, cap: usize) -> Result<Answer, Fault> {
        let headers = headers_of(&response);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fault(&error))? {
            if body.len().saturating_add(chunk.len()) > cap {
                return Err(Fault::TooLarge { cap });
            }
            body.extend_from_slice(&chunk);
        }
        let status = response.status().as_u16();
        Ok(Answer { status, headers, body, seen: (self.clock)(), ..Answer::default() })
    }

    /// What an error of the client means.
    fn fault(&self, error: &reqwest::Error) -> Fault {
        if let Some(Refused(address)) = causes(error).find_map(|cause| cause.downcast_ref::<Refused>()) {
            Fault::Refused { address: *address, literal: false }
        } else if error.is_timeout() && error.is_connect() {
            Fault::Timeout { what: "no connection", after: self.config.connect_timeout }
        } else if error.is_timeout() {
            Fault::Timeout { what: "nothing more arrived", after: self.config.read_timeout }
        } else if error.is_connect() {
            Fault::Connect(innermost(error))
        } else if error.is_builder() {
            Fault::BadUrl("the request cannot be built")
        } else {
            Fault::Cut(innermost(error))
        }
    }
}

/// What one exchange gave.
enum Got {
    Answer(Answer),
    Redirect(StatusCode, Option<HeaderValue>),
}

fn headers_of(response: &Response) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// An answer that is no success, with as much of its body as explains it and arrives soon.
async fn refused(mut response: Response, now: Time, turn: &mut Turn, asked: &Request) -> FetchError {
    let fault = refusal(response.status(), response.headers(), now, turn);
    let (status, headers) = (response.status().as_u16(), headers_of(&response));
    let mut body = Vec::new();
    let reading = async {
        while body.len() < EXPLANATION
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
    };
    // What has arrived by then must do.
    drop(timeout(EXPLAINING, reading).await);
    body.truncate(EXPLANATION);
    let answer = Answer { request: asked.clone(), status, headers, body, seen: now, ..Answer::default() };
    FetchError { answer: Some(Box::new(answer)), ..FetchError::new("", fault) }
}

/// What a status that is no success means. A host that asks for a pause gets it from every source.
fn refusal(status: StatusCode, headers: &HeaderMap, now: Time, turn: &mut Turn) -> Fault {
    let code = status.as_u16();
    let retry_after = limit::retry_after(headers, now).max(limit::used_up(headers, now));
    match (status, retry_after) {
        (StatusCode::TOO_MANY_REQUESTS, _)
        | (StatusCode::SERVICE_UNAVAILABLE | StatusCode::FORBIDDEN, Some(_)) => {
            turn.rest_for(retry_after.unwrap_or(Duration::ZERO));
            Fault::RateLimited { status: code, retry_after }
        }
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Fault::Unauthorised(code),
        (StatusCode::NOT_FOUND, _) => Fault::NotFound,
        (StatusCode::GONE, _) => Fault::Gone,
        _ if status.is_server_error() => Fault::Server(code),
        _ => Fault::Unexpected(code),
    }
}

/// `Vigie/1.2.3 (+contact)`.
fn user_agent(contact: Option<&str>) -> Result<HeaderValue, SetupError> {
    let version = env!("CARGO_PKG_VERSION");
    let text = match contact.map(str::trim).filter(|contact| !contact.is_empty()) {
        Some(contact) => format!("Vigie/{version} (+{contact})"),
        None => format!("Vigie/{version} (self-hosted monitor, no contact given)"),
    };
    let is_plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    HeaderValue::from_str(&text).ok().filter(|_| is_plain).ok_or_else(|| {
        SetupError("`contact` under [fetch] is no plain address; write a mail or web address".into())
    })
}

/// An error and what caused it, outermost first.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// The innermost cause in words: it says most, and unlike the outer ones never quotes a URL.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let text = causes(error).last().map_or_else(String::new, ToString::to_string);
    // what the other side sent may be quoted in it
    text.chars().filter(|c| !c.is_control()).take(160).collect()
}
