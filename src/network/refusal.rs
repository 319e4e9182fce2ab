//! What holds of the refusals of every network, whatever its own reader made of them.

use super::{Answer, ReadError, Request, Spec, Trouble};
use crate::post::NetworkName;

/// Keys of a section that are addresses of servers, most telling first; those of streams.
const ADDRESSES: &[&str] = &["base_url", "api_url", "firebase", "service", "appview", "url"];
const STREAMS: &[&str] = &["hosts", "base_url"];

/// What a network made of an answer, made right where the status leaves no choice.
///
/// 402 is about money; 404 without a word of the network is another server, or a wrong path of its interface; who
/// asks without a key has none that could be wrong. What may be a wrong address names the key to look at. `has_key`:
/// the source has a secret. `None` leaves it to the status.
pub(crate) fn settled(
    network: &NetworkName,
    has_key: bool,
    answer: &Answer,
    error: Option<ReadError>,
) -> Option<ReadError> {
    let spec = super::spec(&network.0);
    let status = || format!("status {}", answer.status);
    // a feed is one document, which may be gone alone
    let is_interface = spec.is_some_and(|spec| !spec.keys.contains(&"url"));
    let limited = answer.header("retry-after").is_some() || super::status::until(answer).is_some();
    let page = answer.body.trim_ascii_start().starts_with(b"<");
    let stream = answer.request.url.starts_with("ws");
    let mut error = match (answer.status, error) {
        (401 | 403, _) if stream && !limited && is_without_key(&answer.request) => {
            let detail = "the stream is open to all, yet it answers";
            let rest = "this machine is blocked, or a login, a proxy or another server stands before it";
            let detail = format!("{detail} with {}: {rest}", status());
            ReadError { trouble: Trouble::BlockPage, ..ReadError::new(network, "a stream", detail) }
        }
        (code, error) if stream && is_no_stream(code, error.as_ref(), page) => {
            let detail = format!("it opens no stream and answers with {}", status());
            ReadError::refusal(network, Trouble::NoServer, detail)
        }
        (402, None) => ReadError::refusal(network, Trouble::Money, status()),
        (402, Some(error)) => ReadError { trouble: Trouble::Money, ..error },
        (404, None) if is_interface => ReadError::refusal(network, Trouble::NoServer, status()),
        (404, Some(error)) if is_interface && is_of_another(&error, answer) => {
            ReadError { trouble: Trouble::NoServer, detail: status(), ..error }
        }
        (404, Some(error)) if is_interface && is_mute(&error) => {
            ReadError { trouble: Trouble::NoServer, ..error }
        }
        (410, Some(error)) if is_mute(&error) => ReadError { trouble: Trouble::Gone, ..error },
        (401, None) if is_interface && !limited => ReadError::refusal(network, Trouble::Auth, status()),
        (403, None) if is_interface && !limited && !page => {
            ReadError::refusal(network, Trouble::NotApproved, status())
        }
        (403, error)
            if page
                && is_interface
                && !limited
                && error.as_ref().is_none_or(|error| {
                    matches!(error.trouble, Trouble::Auth | Trouble::NotApproved) && error.instead.is_none()
                }) =>
        {
            let detail = "a web page with status 403: it blocks this machine, or another server answers";
            ReadError { trouble: Trouble::BlockPage, ..ReadError::new(network, "an answer", detail) }
        }
        (_, error) => error?,
    };
    if let Some(spec) = spec {
        if error.trouble == Trouble::Auth {
            unlock(&mut error, spec, has_key);
        }
        if matches!(error.trouble, Trouble::NoServer | Trouble::Unread | Trouble::BlockPage) {
            look_at_address(&mut error, spec, if stream { STREAMS } else { ADDRESSES });
        }
    }
    Some(error)
}

/// Whether a 404 was taken for an answer of the network, though nothing in it is.
fn is_of_another(error: &ReadError, answer: &Answer) -> bool {
    let body = answer.body.trim_ascii_start();
    let taken = matches!(
        error.trouble,
        Trouble::Gone | Trouble::BadQuery | Trouble::BlockPage | Trouble::Unread | Trouble::NoServer
    );
    taken && error.instead.is_none() && !body.starts_with(b"{") && !body.starts_with(b"[")
}

/// Whether it says nothing of what is wrong, and nothing of what to look at.
fn is_mute(error: &ReadError) -> bool {
    error.trouble == Trouble::Unread && error.instead.is_none() && !error.detail.contains("check ")
}

/// A key is asked of a source that has none.
fn unlock(error: &mut ReadError, spec: &Spec, has_key: bool) {
    let optional = spec.secrets.iter().all(|secret| !secret.needed);
    if spec.secrets.is_empty() {
        error.trouble = Trouble::BlockPage;
        error.detail.push_str(
            ", as if a key were needed, which is not so: a login, a proxy or another server stands before it",
        );
    } else if optional && !has_key {
        error.trouble = Trouble::NotApproved;
        let keys: Vec<String> = spec.secrets.iter().map(|secret| format!("`{}`", secret.key)).collect();
        error.detail.push_str(&format!("; it wants a key and none is set: set {}", keys.join(" or ")));
    }
}

/// Whether nothing in a request is a key.
fn is_without_key(request: &Request) -> bool {
    request.headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("authorization"))
        && !request.url.contains("token=")
}

/// Whether a handshake was answered by something that knows no streams. What came over an open stream has status 200
/// and is an error already.
fn is_no_stream(status: u16, error: Option<&ReadError>, page: bool) -> bool {
    match status {
        200 => error.is_none(),
        400 | 422 => page,
        404 => true,
        ..500 => error.is_none() && !matches!(status, 401 | 402 | 403 | 410 | 429),
        _ => false,
    }
}

/// Says where to look when what answers may be another server.
fn look_at_address(error: &mut ReadError, spec: &Spec, addresses: &[&str]) {
    let keys: Vec<String> =
        addresses.iter().filter(|key| spec.keys.contains(*key)).map(|key| format!("`{key}`")).collect();
    // "a bot check" is what a page may be, and nothing to do
    let detail = error.detail.replace("a bot check", "");
    if keys.is_empty() || ["check ", "give the address"].iter().any(|said| detail.contains(said)) {
        return;
    }
    let again = if error.trouble == Trouble::NoServer { "" } else { "Vigie tries again; if it stays so, " };
    error.detail.push_str(&format!("; {again}check {} of this source", keys.join(" and ")));
}
