//! `POST /ingest`: posts that other programs push, one or many. Answered once they are stored; sent again they
//! change nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Asked, House, Posted, Stored};
use crate::import::Pushed;
use crate::network::Page;
use crate::store::doors::{INGEST, Receipt};

/// The largest request.
const LARGEST: usize = 8 << 20;
/// The most posts in one: they are one transaction.
const MOST: usize = 5_000;
/// How long a request may take to come in.
const COMING: Duration = Duration::from_secs(30);
/// How long a full queue is waited for.
const QUEUE: Duration = Duration::from_secs(10);
/// How long storing is waited for; while a large file is played nothing else is stored.
const STORING: Duration = Duration::from_secs(50);
/// The longest name of a source, and the longest key of a request.
const NAME: usize = 60;
const KEY: usize = 255;
/// Faults told one by one in an answer.
const TOLD: usize = 100;

/// One post that could not be taken.
#[derive(Debug, Serialize)]
struct Fault {
    /// Its place in the request, from 0.
    item: usize,
    error: String,
}

/// A batch in an object.
#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    posts: Vec<&'a RawValue>,
}

/// A fault of the request as a whole.
fn refuse(status: StatusCode, why: impl Into<String>) -> Response {
    answer(status, &serde_json::json!({ "error": why.into() }))
}

fn answer(status: StatusCode, value: &serde_json::Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{value}\n")).into_response()
}

/// Takes what is pushed.
pub(super) async fn take(State(house): State<Arc<House>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if !house.tokens.lets_write(&parts.headers) {
        let why = match house.tokens.file() {
            Some(_) => {
                "the token is missing or wrong: send Authorization: Bearer TOKEN, with the token in the file ingest-token of the data directory"
            }
            None => {
                "the token is missing or wrong: send Authorization: Bearer TOKEN, with the token of VIGIE_WEB_TOKEN"
            }
        };
        let mut response = refuse(StatusCode::UNAUTHORIZED, why);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer realm=\"Vigie\""));
        return response;
    }
    let source = parts.uri.path().strip_prefix("/ingest/").unwrap_or(INGEST).to_owned();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if source.is_empty() || source.len() > NAME || !source.chars().all(allowed) {
        return refuse(StatusCode::BAD_REQUEST, "a source has a name of up to 60 letters, digits, - _ and .");
    }
    let key = match key(&parts.headers) {
        Ok(key) => key,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, why),
    };
    let bytes = match read(&parts.headers, body).await {
        Ok(bytes) => bytes,
        Err(response) => return *response,
    };
    let receipt = key.map(|key| Receipt { key: hash(key.as_bytes()), body: hash(&bytes) });
    // Megabytes of JSON take too long for a task.
    let understood = tokio::task::spawn_blocking(move || understand(&bytes)).await;
    let (page, all, faults) = match understood {
        Ok(Ok(understood)) => understood,
        Ok(Err(why)) => return refuse(StatusCode::BAD_REQUEST, why),
        Err(_) => return super::too_busy(),
    };
    let taken = all - faults.len();
    let told = serde_json::json!(faults.iter().take(TOLD).collect::<Vec<_>>());
    if taken == 0 {
        let status = if all == 0 { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        return answer(
            status,
            &serde_json::json!({
                "posts": 0, "repeats": 0, "mentions": 0, "rejected": faults.len(), "errors": told,
            }),
        );
    }
    let (reply, stored) = oneshot::channel();
    let posted = Box::new(Posted { source, page, receipt, seen: (house.clock)(), reply });
    match timeout(QUEUE, house.desk.reserve()).await {
        Ok(Ok(place)) => place.send(Asked::Post(posted)),
        Ok(Err(_)) | Err(_) => return busy("too much waits to be stored, and nothing of this was"),
    }
    match timeout(STORING, stored).await {
        Ok(Ok(Stored::Yes { tally, before })) => answer(
            StatusCode::OK,
            &serde_json::json!({
                "posts": tally.posts, "repeats": tally.repeats, "mentions": tally.mentions,
                "rejected": faults.len(), "errors": told, "before": before,
            }),
        ),
        Ok(Ok(Stored::OtherBody)) => refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "this Idempotency-Key came before with another content: use a new key for new content",
        ),
        Ok(Ok(Stored::OtherSource(network))) => refuse(
            StatusCode::CONFLICT,
            format!(
                "a source of this name brings posts of {network}: push to /ingest/NAME with another name"
            ),
        ),
        Ok(Err(_)) | Err(_) => {
            busy("it is not known yet whether this was stored; sent again it does no harm")
        }
    }
}

fn busy(why: &str) -> Response {
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, format!("{why}: send it again in a moment"));
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("10"));
    response
}

fn key(headers: &HeaderMap) -> Result<Option<String>, &'static str> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().map(str::trim).unwrap_or_default();
    if text.is_empty() || text.len() > KEY {
        return Err("an Idempotency-Key has 1 to 255 plain characters");
    }
    Ok(Some(text.to_owned()))
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Box<Response>> {
    let too_large = || {
        let why = format!("a request has at most {} MB: send the posts in several", LARGEST >> 20);
        Box::new(refuse(StatusCode::PAYLOAD_TOO_LARGE, why))
    };
    let said =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|length| length > LARGEST) {
        return Err(too_large());
    }
    match timeout(COMING, to_bytes(body, LARGEST)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(error)) if is_too_long(&error) => Err(too_large()),
        Ok(Err(_)) => Err(Box::new(refuse(StatusCode::BAD_REQUEST, "the request broke off"))),
        Err(_) => Err(Box::new(refuse(StatusCode::REQUEST_TIMEOUT, "the request took too long to come in"))),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit") {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What a request holds: everything in it, how many there are, and those that cannot be taken.
fn understand(bytes: &[u8]) -> Result<(Page, usize, Vec<Fault>), String> {
    let no_json = |error: serde_json::Error| format!("it is no JSON: {error}");
    let items: Vec<&RawValue> = match bytes.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(bytes).map_err(no_json)?,
        Some(b'{') => match serde_json::from_slice::<Batch<'_>>(bytes) {
            Ok(batch) => batch.posts,
            Err(_) => vec![serde_json::from_slice(bytes).map_err(no_json)?],
        },
        None => {
            return Err("the request is empty: send one post as a JSON object, or a list of them".to_owned());
        }
        Some(_) => return Err("send one post as a JSON object, or a list of them".to_owned()),
    };
    if items.len() > MOST {
        return Err(format!("a request has at most {MOST} posts: send them in several"));
    }
    let mut reader = Pushed::new().ok_or("nothing can be read")?;
    let (mut page, mut faults) = (Page::default(), Vec::new());
    for (place, item) in items.iter().enumerate() {
        match reader.read(item.get().as_bytes()) {
            Ok(mut read) => {
                page.posts.append(&mut read.page.posts);
                page.edits.append(&mut read.page.edits);
                page.deletions.append(&mut read.page.deletions);
                page.accounts.append(&mut read.page.accounts);
            }
            Err(error) => faults.push(Fault { item: place, error }),
        }
    }
    Ok((page, items.len(), faults))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
