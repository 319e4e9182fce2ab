//! What an answer of a Mastodon server holds, told by its shape: statuses, accounts, events, errors.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::NAME;
use super::access::Access;
use super::status::{self, Server};
use super::walk::Item;
use crate::network::{Answer, Page, ReadError, Trouble, json};
use crate::post::{Deletion, Gone, Post};
use crate::time::Time;

/// Everything found in one answer.
#[derive(Debug, Default)]
pub(super) struct Found {
    page: Page,
    /// Global ids by the ids of this server.
    ids: HashMap<String, String>,
    /// Posts seen only inside others that quote them.
    quoted: Vec<Post>,
    /// The elements of a plain list of statuses, as the walk needs them.
    pub(super) items: Option<Vec<Item>>,
    /// What the server lets be seen.
    pub(super) access: Option<Access>,
    /// The streams of a message, as it names them, and the new post in it.
    pub(super) streams: Option<Value>,
    pub(super) heard: Option<Item>,
    /// The number of an account that was asked for alone.
    pub(super) number: Option<String>,
    /// Numbers of posts that are gone.
    gone: Vec<String>,
    /// Posts of authors who asked to be left out.
    unwilling: HashSet<String>,
}

impl Found {
    /// The page, with the ids of this server replaced by global ones where the answer tells them.
    /// `willing`: without posts of authors who asked to be left out.
    pub(super) fn into_page(mut self, host: Option<&str>, willing: bool) -> Page {
        for quoted in self.quoted {
            if !self.page.posts.iter().any(|post| post.native_id == quoted.native_id) {
                self.page.posts.push(quoted);
            }
        }
        for post in self.page.posts.iter_mut().chain(&mut self.page.edits) {
            for id in [&mut post.reply_to, &mut post.quote_of].into_iter().flatten() {
                if let Some(global) = self.ids.get(id) {
                    id.clone_from(global);
                }
            }
        }
        for id in self.gone {
            let local = || host.map_or_else(|| id.clone(), |host| format!("{host}/{id}"));
            let gone = Gone::Post(self.ids.get(&id).cloned().unwrap_or_else(local));
            self.page.deletions.push(Deletion { network: NAME, gone, at: None });
        }
        if willing {
            let kept = |post: &Post| !self.unwilling.contains(&post.native_id);
            self.page.posts.retain(kept);
            self.page.edits.retain(kept);
        }
        self.page
    }

    fn is_empty(&self) -> bool {
        self.page == Page::default() && self.quoted.is_empty() && self.ids.is_empty() && self.gone.is_empty()
    }
}

/// Reads an answer of any kind. `timeline`: it was asked for a list of statuses and nothing else.
pub(super) fn read(answer: &Answer, server: &Server<'_>, timeline: bool) -> Result<Found, ReadError> {
    let mut found = Found::default();
    let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body).trim_ascii();
    if body == b"OK" && !timeline {
        return Ok(found); // the answer of a health check
    }
    if [&b":"[..], b"event:", b"data:", b"retry:", b"id:"].iter().any(|start| body.starts_with(start)) {
        server_sent(server, &String::from_utf8_lossy(body), &mut found)?;
        return Ok(found);
    }
    let value = json::parse(&NAME, "posts", body)?;
    if let Some(said) = json::text(&value, "error") {
        return Err(refusal(said));
    }
    match &value {
        Value::Array(list) => {
            for one in list {
                shape(server, one, &mut found, 0)?;
            }
            let items: Vec<Item> = list.iter().filter_map(|one| status::item(one, answer.seen)).collect();
            if timeline && items.is_empty() && !list.is_empty() {
                return Err(ReadError::new(&NAME, "posts", "the list holds no statuses"));
            }
            if !items.is_empty() || list.is_empty() {
                found.items = Some(items);
            }
        }
        Value::Object(_) => {
            let known = shape(server, &value, &mut found, 0)?;
            found.access = Access::read(&value, answer.seen);
            found.streams = value.get("stream").cloned();
            found.number = value.get("acct").and_then(|_| json::id(&value, "id"));
            if timeline && let Some(list) = value.get("statuses").and_then(Value::as_array) {
                found.items = Some(list.iter().filter_map(|one| status::item(one, answer.seen)).collect());
                return Ok(found);
            }
            if timeline || (!known && answer.request.url.is_empty()) {
                return Err(ReadError::new(&NAME, "posts", "the answer is nothing that Mastodon says"));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(ReadError::new(&NAME, "posts", "the answer is neither a list nor an object"));
        }
    }
    Ok(found)
}

/// What an error in a good answer, or in a message of a stream, means.
fn refusal(said: &str) -> ReadError {
    let lower = said.to_lowercase();
    let trouble = if lower.contains("token") || lower.contains("authenticated user") {
        Trouble::Auth
    } else if lower.contains("unknown stream") || lower.contains("missing") {
        Trouble::BadQuery
    } else {
        return ReadError::new(&NAME, "posts", format!("the server answers \"{}\"", json::few_words(said)));
    };
    ReadError::refusal(&NAME, trouble, format!("the server answers \"{}\"", json::few_words(said)))
}

/// Takes in one value by its shape; tells whether the shape is one that Mastodon has.
fn shape(server: &Server<'_>, value: &Value, found: &mut Found, depth: u8) -> Result<bool, ReadError> {
    if depth > 4 || !value.is_object() {
        return Ok(false);
    }
    let deeper = depth.saturating_add(1);
    if let (Some(name), Some(payload)) = (json::text(value, "event"), value.get("payload")) {
        let payload = payload.as_str().map_or_else(|| payload.to_string(), str::to_owned);
        event(server, name, &payload, found)?;
    } else if status::is_status(value) {
        status(server, value, found);
    } else if value.get("acct").is_some_and(Value::is_string) {
        found.page.accounts.extend(server.account(value));
    } else if let Some(inner) = value.get("status").or_else(|| value.get("last_status")) {
        // a notification or conversation: what it is about is a status, who else takes part is private
        shape(server, inner, found, deeper)?;
    } else if ["ancestors", "descendants", "statuses", "accounts"].iter().any(|key| value.get(key).is_some())
    {
        for key in ["ancestors", "accounts", "statuses", "descendants"] {
            for one in json::list(value, key) {
                shape(server, one, found, deeper)?;
            }
        }
    } else if let Some(inner) = value.get("account") {
        shape(server, inner, found, deeper)?; // a suggested account, an author of a linked page
    } else if value.get("authors").is_some() {
        for one in json::list(value, "authors") {
            shape(server, one, found, deeper)?;
        }
    } else {
        // what a server says of itself: `instance`, version 1 and 2, and `nodeinfo`
        return Ok(value.get("version").is_some());
    }
    Ok(true)
}

fn status(server: &Server<'_>, value: &Value, found: &mut Found) {
    let value = value.get("reblog").filter(|inner| status::is_status(inner)).unwrap_or(value);
    remember(server, value, found);
    if status::wants_no_index(value) {
        found.unwilling.insert(server.native_id(value));
    }
    if let Some(quoted) = status::quoted(value) {
        remember(server, quoted, found);
        found.quoted.extend(server.post(quoted));
    }
    if status::is_source(value) {
        // only the answer to a deletion gives back the text as typed instead of its HTML
        let gone = Gone::Post(server.native_id(value));
        found.page.deletions.push(Deletion { network: NAME, gone, at: None });
    } else {
        found.page.posts.extend(server.post(value));
    }
}

fn remember(server: &Server<'_>, value: &Value, found: &mut Found) {
    if let Some(id) = json::id(value, "id") {
        found.ids.insert(id, server.native_id(value));
    }
}

fn event(server: &Server<'_>, name: &str, payload: &str, found: &mut Found) -> Result<(), ReadError> {
    match name {
        // the second name is another program's
        "update" | "status.update" | "status_update" => {
            let value = json::parse(&NAME, "event", payload.as_bytes())?;
            if !status::is_status(&value) {
                return Err(ReadError::new(&NAME, "event", "it holds no status"));
            }
            let before = found.page.posts.len();
            status(server, &value, found);
            if name == "update" {
                found.heard = status::item(&value, Time::default());
            } else {
                found.page.edits.extend(found.page.posts.drain(before..));
            }
        }
        "delete" => found.gone.push(payload.trim().trim_matches('"').to_owned()),
        _ => {} // notifications, announcements and whatever comes next
    }
    Ok(())
}

/// Reads a stretch of an event stream. Only events that an empty line ends are complete.
fn server_sent(server: &Server<'_>, text: &str, found: &mut Found) -> Result<(), ReadError> {
    let (mut name, mut data, mut fault) = (String::new(), Vec::new(), None);
    for line in text.lines().chain([""]) {
        if line.is_empty() {
            if !data.is_empty()
                && let Err(error) = event(server, &name, &data.join("\n"), found)
            {
                fault.get_or_insert(error);
            }
            name.clear();
            data.clear();
        } else if let Some(rest) = line.strip_prefix("event:") {
            rest.trim().clone_into(&mut name);
        } else if let Some(rest) = line.strip_prefix("data:") {
            data.push(rest.strip_prefix(' ').unwrap_or(rest).to_owned());
        }
    }
    // one broken event does not take the others with it
    fault.filter(|_| found.is_empty()).map_or(Ok(()), Err)
}
