//! Accounts of X, in the words of every version.

use serde_json::Value;

use super::NAME;
use super::entity::{either, line, size, time, words};
use crate::network::json::{id, text};
use crate::network::link;
use crate::post::{Account, Author};

/// Whether a value is an account, not a list or a room that has a name too.
pub(super) fn is_user(value: &Value) -> bool {
    (text(value, "username").is_some() || text(value, "screen_name").is_some())
        && (id(value, "id").is_some() || id(value, "id_str").is_some())
}

/// The identifier of an object, whose number may have lost digits on the way.
pub(super) fn id_of(value: &Value) -> Option<String> {
    id(value, "id_str").or_else(|| id(value, "id")).filter(|id| !id.trim().is_empty())
}

/// A handle that can stand in an address.
pub(super) fn handle(value: &Value) -> Option<String> {
    line(value, "username").or_else(|| line(value, "screen_name"))
}

/// The page of an account.
pub(super) fn page_of(handle: &str) -> Option<String> {
    is_name(handle).then(|| format!("https://x.com/{handle}"))
}

/// The page of a post; X finds it without its author too.
pub(super) fn page_of_post(handle: Option<&str>, id: &str) -> String {
    format!("https://x.com/{}/status/{id}", handle.filter(|name| is_name(name)).unwrap_or("i"))
}

/// What names on X are made of.
fn is_name(handle: &str) -> bool {
    !handle.is_empty() && handle.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// An account, as far as it is told.
pub(super) fn author(value: &Value) -> Option<Author> {
    let handle = handle(value);
    let native_id = id_of(value).or_else(|| handle.clone())?;
    let metrics = value.get("public_metrics").unwrap_or(value);
    let avatar = ["profile_image_url_https", "profile_image_url"].iter().find_map(|key| text(value, key));
    let kind = line(value, "verified_type");
    let verified = value.get("verified").and_then(Value::as_bool);
    Some(Author {
        native_id,
        url: handle.as_deref().and_then(page_of),
        handle,
        display_name: line(value, "name"),
        bio: text(value, "description").map(words).filter(|bio| !bio.is_empty()),
        avatar: avatar.and_then(link::kept),
        followers: size(metrics, &["followers_count"]),
        posts: size(metrics, &["tweet_count", "post_count", "statuses_count"]),
        created: time(value, "created_at"),
        verified: verified.or_else(|| kind.map(|kind| kind != "none")),
        ..Author::default()
    })
}

/// An account apart from any post, with its state.
pub(super) fn account(value: &Value) -> Option<Account> {
    let on = |key: &str| value.get(key).and_then(Value::as_bool) == Some(true);
    let status = ["suspended", "protected", "parody"].into_iter().find(|state| on(state));
    let withheld = either(value, &["withheld"]).map(|_| "withheld");
    let status = status.or(withheld).map(str::to_owned);
    Some(Account { network: NAME, author: author(value)?, status, at: None })
}
