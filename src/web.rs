//! The web door: one page to read, and a place where others push posts to. On loopback unless a token guards it.
//!
//! It judges and writes nothing: what is pushed goes to the desk, and is answered once it is stored.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use jiff::tz::TimeZone;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::keyword::Brand;
use crate::mail::Language;
use crate::mail::clean::short;
use crate::network::Page;
use crate::store::doors::Receipt;
use crate::store::posts::Tally;
use crate::store::recipients::Wish;
use crate::store::{self, vitals};
use crate::time::Time;

mod gate;
mod ingest;
mod look;
mod page;
mod style;
mod token;
mod wishes;

pub use token::Tokens;

/// The usual port: in no list of assigned ports.
pub const PORT: u16 = 8717;
/// Requests that may wait for the desk.
pub const WAITING: usize = 16;
/// The desk answers within milliseconds unless it plays a file.
const ALIVE: Duration = Duration::from_secs(5);
/// How long requests under way have after a stop.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Sources that nobody asks more often than every hour, and mails that are tried every hour, are not late before.
const STALE: Duration = Duration::from_secs(3 * 3600);
/// Letters of a name at the head of a page.
const NAME: usize = 60;
/// Pages put together at the same time: each reads a week of posts.
const PAGES: usize = 2;

/// The section `[web]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebConfig {
    /// Whether there is a web door at all.
    pub enabled: bool,
    /// Where it listens.
    pub listen: SocketAddr,
    /// `/healthz` fails when no source has answered, or a mail has waited, for so long.
    pub stale: Duration,
    /// Names by which it may be asked beside those of this machine's loopback, such as that of a proxy.
    pub hosts: Vec<String>,
    /// The https address at which others reach it, without a slash at the end: links in mails lead there.
    pub public_url: Option<String>,
    /// Whose its pages are, in the place of "Vigie".
    pub name: Option<String>,
}

impl Default for WebConfig {
    fn default() -> WebConfig {
        let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT);
        WebConfig { enabled: true, listen, stale: STALE, hosts: Vec::new(), public_url: None, name: None }
    }
}

/// The web door cannot be opened.
#[derive(Debug, Error)]
pub enum WebError {
    /// It would be open to others without a token.
    #[error(
        "[web] listen = \"{0}\" is open to other machines: set VIGIE_WEB_TOKEN (or VIGIE_WEB_TOKEN_FILE) to a long secret, or listen on 127.0.0.1"
    )]
    Open(SocketAddr),
    /// The address cannot be had.
    #[error("no page and no /ingest: {address} {}; name another under [web] listen, or write enabled = false", in_words(.source))]
    Address {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The token of `/ingest` cannot be made or read.
    #[error("no page and no /ingest: failed to use the token file {}", .path.display())]
    Token {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn in_words(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::AddrInUse {
        "is in use by another program".to_owned()
    } else {
        format!("cannot be listened on ({error})")
    }
}

/// What the door wants of the desk.
#[derive(Debug)]
pub enum Asked {
    /// Something to store.
    Post(Box<Posted>),
    /// What somebody wants of the mails to the address that a token speaks for; answers with the address, when there is one.
    Wish {
        /// The token.
        token: String,
        /// What is wanted.
        wish: Wish,
        /// Hears for which address it was done, after it is stored.
        reply: oneshot::Sender<Option<String>>,
    },
    /// A sign of life.
    Alive(oneshot::Sender<()>),
}

/// What was pushed.
#[derive(Debug)]
pub struct Posted {
    /// The source that it is kept under.
    pub source: String,
    /// What it brought.
    pub page: Page,
    /// What tells a repeat, when the request has a key.
    pub receipt: Option<Receipt>,
    /// When it came.
    pub seen: Time,
    /// Hears what became of it, after it is stored.
    pub reply: oneshot::Sender<Stored>,
}

/// What became of something pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    Yes {
        /// What it did.
        tally: Tally,
        /// Whether that was at an earlier request with the same key.
        before: bool,
    },
    /// Its key came before with something else.
    OtherBody,
    /// Its source is one that is listened to, on this network.
    OtherSource(String),
}

/// What the page shows, and to whom.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The data directory.
    pub folder: PathBuf,
    /// The brands.
    pub brands: tokio::sync::watch::Receiver<Vec<Brand>>,
    /// The language of readers who want neither French nor English.
    pub language: Language,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// Addresses whose mails come in another name, with that name: so do the pages behind links in them.
    pub names: Vec<(String, String)>,
}

/// The door, open.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
    config: WebConfig,
    tokens: Tokens,
}

/// What every request needs.
struct House {
    config: WebConfig,
    tokens: Tokens,
    shown: Shown,
    desk: mpsc::Sender<Asked>,
    pages: Semaphore,
    clock: fn() -> Time,
}

impl Door {
    /// Listens, with the configured `token` when there is one.
    ///
    /// # Errors
    /// When the address is open to others without a token, or cannot be had, or the token of `/ingest` cannot be
    /// made in `folder`.
    pub async fn open(config: &WebConfig, folder: &Path, token: Option<&str>) -> Result<Door, WebError> {
        refuse_open(config, token)?;
        let failed = |source| WebError::Address { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let tokens = Tokens::new(folder, token)?;
        Ok(Door { listener, address, config: config.clone(), tokens })
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The file that holds the token of `/ingest`; `None` when the token is configured.
    pub fn token_file(&self) -> Option<&Path> {
        self.tokens.file()
    }

    /// Answers requests until `stop`.
    pub async fn serve(
        self,
        shown: Shown,
        desk: mpsc::Sender<Asked>,
        clock: fn() -> Time,
        stop: CancellationToken,
    ) {
        let Door { listener, config, tokens, .. } = self;
        let house = House { config, tokens, shown, desk, pages: Semaphore::new(PAGES), clock };
        let house = Arc::new(house);
        let router = Router::new()
            .route("/", get(show))
            .route("/style.css", get(style))
            .route("/healthz", get(alive))
            .route("/unsubscribe/{token}", wishes::door(Wish::Unsubscribe))
            .route("/confirm/{token}", wishes::door(Wish::Confirm))
            .route("/ingest", post(ingest::take))
            .route("/ingest/{source}", post(ingest::take))
            .fallback(nothing)
            .layer(from_fn_with_state(Arc::clone(&house), guard))
            .with_state(house);
        let serving = axum::serve(gate::Gate::new(listener), router)
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::select! {
            served = serving.into_future() => drop(served), // never fails: a connection that does ends alone
            () = async {
                stop.cancelled().await;
                tokio::time::sleep(LAST_WORDS).await;
            } => {}
        }
    }
}

/// Refuses an address that other machines reach when no token guards it.
///
/// # Errors
/// When that is so.
pub fn refuse_open(config: &WebConfig, token: Option<&str>) -> Result<(), WebError> {
    if !config.listen.ip().is_loopback() && token.is_none() {
        return Err(WebError::Open(config.listen));
    }
    Ok(())
}

/// What holds for every answer, and for every request before anything is looked at.
async fn guard(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    // A page elsewhere may have its own name lead here; its name is not one of ours.
    let mut response = if house.knows_host(request.headers()) {
        next.run(request).await
    } else {
        let why =
            "this name does not lead here: ask 127.0.0.1 or localhost, or list the name under [web] hosts\n";
        (StatusCode::MISDIRECTED_REQUEST, why).into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

impl House {
    /// Whose the pages are that are shown to nobody in particular.
    fn name(&self) -> String {
        self.config.name.as_deref().map_or_else(|| "Vigie".to_owned(), |name| short(name, NAME))
    }

    /// Whether the request names this machine: by loopback, or by a configured name. Where other machines may
    /// ask, every request needs the token, and any name will do.
    fn knows_host(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else {
            return false;
        };
        if !self.config.listen.ip().is_loopback() {
            return true;
        }
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let loopback = name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        loopback
            || name.eq_ignore_ascii_case("localhost")
            || self.config.hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// The page.
async fn show(State(house): State<Arc<House>>, request: Request) -> Response {
    if !house.tokens.lets_read(request.headers()) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"Vigie\", charset=\"UTF-8\"")];
        return (StatusCode::UNAUTHORIZED, challenge, "the password is the token of VIGIE_WEB_TOKEN\n")
            .into_response();
    }
    let language = look::language(request.uri().query(), request.headers(), house.shown.language);
    let Ok(_turn) = house.pages.acquire().await else { return too_busy() };
    let (shown, now) = (house.shown.clone(), (house.clock)());
    let name = house.name();
    // Reading a week of posts takes too long for a task.
    let page = tokio::task::spawn_blocking(move || {
        look::Look::gather(&shown, now).map(|look| page::render(&look, (&shown, &name), language))
    });
    match page.await {
        Ok(Ok(page)) => {
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::VARY, "accept-language")], page)
                .into_response()
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the page could not be put together");
            (StatusCode::INTERNAL_SERVER_ERROR, "the store could not be read; the log says why\n")
                .into_response()
        }
        Err(_) => too_busy(),
    }
}

async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (kind, style::sheet()).into_response()
}

async fn alive(State(house): State<Arc<House>>) -> Response {
    let (reply, answer) = oneshot::channel();
    let asking = async {
        house.desk.send(Asked::Alive(reply)).await.ok()?;
        answer.await.ok()
    };
    match timeout(ALIVE, asking).await {
        Ok(Some(())) => {}
        Ok(None) | Err(_) => return too_busy(),
    }
    // Alive is not enough: something must be heard, and what is due must go out.
    let (folder, now) = (house.shown.folder.clone(), (house.clock)());
    let limit = i64::try_from(house.config.stale.as_millis()).unwrap_or(i64::MAX / 4);
    let looking = tokio::task::spawn_blocking(move || {
        let connection = store::reader(&folder)?;
        vitals::ailing(&connection, now, limit)
    });
    match looking.await {
        Ok(Ok(None)) => (StatusCode::OK, "ok\n").into_response(),
        Ok(Ok(Some(why))) => (StatusCode::SERVICE_UNAVAILABLE, why + "\n").into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store could not be read");
            (StatusCode::INTERNAL_SERVER_ERROR, "the store could not be read; the log says why\n")
                .into_response()
        }
        Err(_) => too_busy(),
    }
}

async fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "nothing is here; the page is at /, posts are taken at /ingest\n").into_response()
}

fn too_busy() -> Response {
    let later = [(header::RETRY_AFTER, "10")];
    (StatusCode::SERVICE_UNAVAILABLE, later, "busy or stopping; ask again in a moment\n").into_response()
}
