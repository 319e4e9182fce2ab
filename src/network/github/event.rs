//! Events of a project or account, and the messages that GitHub sends when something happens: what was said in them.

use serde_json::Value;

use super::NAME;
use super::item;
use crate::network::Page;
use crate::network::json::{id, text};
use crate::post::{Deletion, Gone, Post};

/// What an event may be about, the innermost first: a comment comes with the issue it is on.
const ABOUT: &[&str] = &["comment", "review", "release", "discussion", "issue", "pull_request"];

/// Whether a value is an event, or a message about one.
pub(super) fn is_event(value: &Value) -> bool {
    let listed = value.get("payload").is_some_and(Value::is_object) && value.get("actor").is_some();
    let sent = text(value, "action").is_some() && value.get("sender").is_some();
    listed || sent
}

/// Takes in what the event is about.
pub(super) fn read(value: &Value, page: &mut Page) {
    let payload = value.get("payload").filter(|payload| payload.is_object()).unwrap_or(value);
    let of = |key: &str| payload.get(key).filter(|inner| inner.is_object());
    let Some(inner) = ABOUT.iter().find_map(|key| of(key)) else { return };
    let around = ["discussion", "issue", "pull_request"].iter().find_map(|key| of(key));
    let Some(mut post) = item::post(inner) else { return };
    if let Some(around) = around.filter(|around| *around != inner) {
        under(&mut post, around);
    }
    match text(payload, "action").unwrap_or_default() {
        "deleted" => {
            page.deletions.push(Deletion { network: NAME, gone: Gone::Post(post.native_id), at: None });
        }
        "edited" => page.edits.push(post),
        _ => page.posts.push(post),
    }
}

/// Says what a comment is on.
pub(super) fn under(post: &mut Post, around: &Value) {
    let native_id = id(around, "node_id").or_else(|| id(around, "id"));
    post.root.clone_from(&native_id);
    post.reply_to = post.reply_to.take().or(native_id);
}
