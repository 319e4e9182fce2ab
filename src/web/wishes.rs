//! Where people say that they want no more mails, or that they do. Looking changes nothing: programs that look behind
//! links in mails only look. Whoever knows the link may say so (RFC 8058 wants neither cookie nor password).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, html};
use tokio::sync::oneshot;

use super::{Asked, House, look, page, too_busy};
use crate::mail::Language;
use crate::store::recipients::{self, Wish};
use crate::store::{self, StoreError};

/// Letters of a token.
const TOKEN: usize = 40;
/// A form may be sent back to where it came from; everything else as on other pages.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(super) async fn ask_to_leave(
    house: State<Arc<House>>,
    token: Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    ask(house, token, (&uri, &headers), Wish::Unsubscribe).await
}

pub(super) async fn leave(
    house: State<Arc<House>>,
    token: Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    take(house, token, (&uri, &headers), Wish::Unsubscribe).await
}

pub(super) async fn ask_to_confirm(
    house: State<Arc<House>>,
    token: Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    ask(house, token, (&uri, &headers), Wish::Confirm).await
}

pub(super) async fn confirm(
    house: State<Arc<House>>,
    token: Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    take(house, token, (&uri, &headers), Wish::Confirm).await
}

/// Shows what would be done, with a button that does it.
async fn ask(
    State(house): State<Arc<House>>,
    Path(token): Path<String>,
    (uri, headers): (&Uri, &HeaderMap),
    wish: Wish,
) -> Response {
    let language = look::language(uri.query(), headers, house.shown.language);
    if !is_token(&token) {
        return unknown(language);
    }
    let folder = house.shown.folder.clone();
    let looking = tokio::task::spawn_blocking(move || {
        let connection = store::reader(&folder)?;
        recipients::of_token(&connection, &token)
    });
    let known = match looking.await {
        Ok(Ok(Some(known))) => known,
        Ok(Ok(None) | Err(StoreError::Missing { .. })) => return unknown(language),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store could not be read");
            return (StatusCode::INTERNAL_SERVER_ERROR, "the store could not be read; the log says why\n")
                .into_response();
        }
        Err(_) => return too_busy(),
    };
    let done = match wish {
        Wish::Unsubscribe => known.unsubscribed.is_some(),
        Wish::Confirm => known.confirmed.is_some(),
    };
    if done {
        return said(language, wish, &known.address);
    }
    let (question, button) = match wish {
        Wish::Unsubscribe => (
            language.say(
                format!("No more of these mails to {}?", known.address),
                format!("Plus aucun de ces messages à {}\u{a0}?", known.address),
            ),
            language.say("Stop these mails", "Arrêter ces messages"),
        ),
        Wish::Confirm => (
            language.say(
                format!("Send these mails to {}?", known.address),
                format!("Envoyer ces messages à {}\u{a0}?", known.address),
            ),
            language.say("Yes, I want them", "Oui, je les veux"),
        ),
    };
    page(language, StatusCode::OK, &question, Some(button))
}

/// Does it.
async fn take(
    State(house): State<Arc<House>>,
    Path(token): Path<String>,
    (uri, headers): (&Uri, &HeaderMap),
    wish: Wish,
) -> Response {
    let language = look::language(uri.query(), headers, house.shown.language);
    if !is_token(&token) {
        return unknown(language);
    }
    let (reply, answer) = oneshot::channel();
    if house.desk.send(Asked::Wish { token, wish, reply }).await.is_err() {
        return too_busy();
    }
    match answer.await {
        Ok(Some(address)) => said(language, wish, &address),
        Ok(None) => unknown(language),
        Err(_) => too_busy(),
    }
}

fn is_token(token: &str) -> bool {
    token.len() == TOKEN && token.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn said(language: Language, wish: Wish, address: &str) -> Response {
    let told = match wish {
        Wish::Unsubscribe => language.say(
            format!("{address} gets none of these mails any more. Whoever sends them can undo this."),
            format!("{address} ne recevra plus aucun de ces messages. La personne qui les envoie peut revenir là-dessus."),
        ),
        Wish::Confirm => language.say(
            format!("{address} gets these mails from now on."),
            format!("{address} recevra désormais ces messages."),
        ),
    };
    page(language, StatusCode::OK, &told, None)
}

fn unknown(language: Language) -> Response {
    let told = language.say(
        "This link leads nowhere: it may be cut off. Open it from the mail once more.",
        "Ce lien ne mène nulle part\u{a0}: il est peut-être coupé. Ouvrez-le de nouveau depuis le message.",
    );
    page(language, StatusCode::NOT_FOUND, told, None)
}

fn page(language: Language, status: StatusCode, told: &str, button: Option<&str>) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang=(language.code()) {
            (page::head())
            body {
                div class="wrap" {
                    header class="top" { p class="name" { "Vigie" } }
                    main { section class="card" {
                        h1 { (told) }
                        @if let Some(button) = button {
                            // Back to this very address.
                            form method="post" {
                                input type="hidden" name="List-Unsubscribe" value="One-Click";
                                button class="press" type="submit" { (button) }
                            }
                        }
                    } }
                }
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (status, headers, page.into_string()).into_response()
}
