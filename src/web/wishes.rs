//! Where people say that they want no more mails, or that they do. Looking changes nothing: programs that look behind
//! links in mails only look. Whoever knows the link may say so (RFC 8058 wants neither cookie nor password).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use maud::{DOCTYPE, html};
use tokio::sync::oneshot;

use super::{Asked, House, NAME, look, page, too_busy};
use crate::mail::Language;
use crate::mail::clean::short;
use crate::store::recipients::{self, Wish};
use crate::store::{self, StoreError};

/// Letters of a token.
const TOKEN: usize = 40;
/// A form may be sent back to where it came from; everything else as on other pages.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

impl House {
    /// Whose the page behind a link in a mail is: that of whom the mails to `address` come from. `None`: behind a link that
    /// leads nowhere, and nobody knows in whose name it was sent.
    fn name_for(&self, address: Option<&str>) -> Option<String> {
        let names = &self.shown.names;
        match address {
            Some(address) => {
                let own = names.iter().find(|(known, _)| known == address);
                Some(own.map_or_else(|| self.name(), |(_, name)| short(name, NAME)))
            }
            None if names.is_empty() => Some(self.name()),
            None => None,
        }
    }
}

/// The page of one wish: a look at it asks, a push of its button does it.
pub(super) fn door(wish: Wish) -> MethodRouter<Arc<House>> {
    let asking =
        move |State(house): State<Arc<House>>, Path(token): Path<String>, uri: Uri, headers: HeaderMap| {
            let language = look::language(uri.query(), &headers, house.shown.language);
            async move { ask(&house, token, language, wish).await }
        };
    let taking =
        move |State(house): State<Arc<House>>, Path(token): Path<String>, uri: Uri, headers: HeaderMap| {
            let language = look::language(uri.query(), &headers, house.shown.language);
            async move { take(&house, token, language, wish).await }
        };
    get(asking).post(taking)
}

/// Shows what would be done, with a button that does it.
async fn ask(house: &House, token: String, language: Language, wish: Wish) -> Response {
    if !is_token(&token) {
        return unknown(house, language);
    }
    let folder = house.shown.folder.clone();
    let looking = tokio::task::spawn_blocking(move || {
        let connection = store::reader(&folder)?;
        recipients::of_token(&connection, &token)
    });
    let known = match looking.await {
        Ok(Ok(Some(known))) => known,
        Ok(Ok(None) | Err(StoreError::Missing { .. })) => return unknown(house, language),
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
        return said(house, language, wish, &known.address);
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
    let name = house.name_for(Some(&known.address));
    page(language, StatusCode::OK, name.as_deref(), (&question, Some(button)))
}

/// Does it.
async fn take(house: &House, token: String, language: Language, wish: Wish) -> Response {
    if !is_token(&token) {
        return unknown(house, language);
    }
    let (reply, answer) = oneshot::channel();
    if house.desk.send(Asked::Wish { token, wish, reply }).await.is_err() {
        return too_busy();
    }
    match answer.await {
        Ok(Some(address)) => said(house, language, wish, &address),
        Ok(None) => unknown(house, language),
        Err(_) => too_busy(),
    }
}

fn is_token(token: &str) -> bool {
    token.len() == TOKEN && token.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn said(house: &House, language: Language, wish: Wish, address: &str) -> Response {
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
    page(language, StatusCode::OK, house.name_for(Some(address)).as_deref(), (&told, None))
}

fn unknown(house: &House, language: Language) -> Response {
    let told = language.say(
        "This link leads nowhere: it may be cut off. Open it from the mail once more.",
        "Ce lien ne mène nulle part\u{a0}: il est peut-être coupé. Ouvrez-le de nouveau depuis le message.",
    );
    page(language, StatusCode::NOT_FOUND, house.name_for(None).as_deref(), (told, None))
}

fn page(
    language: Language,
    status: StatusCode,
    name: Option<&str>,
    (told, button): (&str, Option<&str>),
) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang=(language.code()) {
            (page::head(name.unwrap_or(told)))
            body {
                div class="wrap" {
                    @if let Some(name) = name {
                        header class="top" { p class="name" { (name) } }
                    }
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
