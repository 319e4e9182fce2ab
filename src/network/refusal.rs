//! What holds of the refusals of every network, whatever its own reader made of them.

use super::{Answer, ReadError, Spec, Trouble};
use crate::post::NetworkName;

/// Keys of a section that are addresses of servers, most telling first.
const ADDRESSES: &[&str] = &["base_url", "api_url", "firebase", "service", "appview", "url"];

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
    let mut error = match (answer.status, error) {
        (402, None) => ReadError::refusal(network, Trouble::Money, status()),
        (402, Some(error)) => ReadError { trouble: Trouble::Money, ..error },
        // a feed is one document, which may be gone alone
        (404, None) if spec.is_some_and(|spec| !spec.keys.contains(&"url")) => {
            ReadError::refusal(network, Trouble::NoServer, status())
        }
        (404, Some(error)) if spec.is_some() && is_of_another(&error, answer) => {
            ReadError { trouble: Trouble::NoServer, detail: status(), ..error }
        }
        (_, error) => error?,
    };
    if let Some(spec) = spec {
        if error.trouble == Trouble::Auth {
            unlock(&mut error, spec, has_key);
        }
        if matches!(error.trouble, Trouble::NoServer | Trouble::Unread | Trouble::BlockPage) {
            look_at_address(&mut error, spec);
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

/// Says where to look when what answers may be another server.
fn look_at_address(error: &mut ReadError, spec: &Spec) {
    let keys: Vec<String> =
        ADDRESSES.iter().filter(|key| spec.keys.contains(*key)).map(|key| format!("`{key}`")).collect();
    if keys.is_empty() || error.detail.contains("check ") {
        return;
    }
    let again = if error.trouble == Trouble::NoServer { "" } else { "Vigie tries again; if it stays so, " };
    error.detail.push_str(&format!("; {again}check {} of this source", keys.join(" and ")));
}
