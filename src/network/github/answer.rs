//! What an answer of GitHub holds, told by its shape: searches, lists, single things, events, GraphQL.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{NAME, event, graph, item};
use crate::network::json::{list, text, time};
use crate::network::{Page, ReadError};

/// Fields of things of GitHub that are neither posts nor people: projects, labels, commits, files, roots.
const OTHERS: &[&str] = &[
    "node_id",
    "url",
    "html_url",
    "sha",
    "ref",
    "full_name",
    "resources",
    "current_user_url",
    "total_count",
    "data",
    "commit",
    "subject",
];

/// Everything found in one answer.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) page: Page,
    /// When the posts of a list were written, in seconds; none when it is no list.
    pub(super) times: Option<Vec<i64>>,
    understood: bool,
}

/// Reads an answer of any kind.
pub(super) fn read(value: &Value) -> Result<Found, ReadError> {
    let mut found = Found::default();
    let items = match value {
        Value::Array(all) => Some(all.as_slice()),
        Value::Object(_) => value.get("items").and_then(Value::as_array).map(Vec::as_slice),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    if let Some(items) = items {
        found.understood = items.is_empty();
        let mut times = Vec::new();
        for one in items {
            found.element(one);
            times.extend(time(one, "created_at").map(|time| time.0.div_euclid(1000)));
        }
        found.times = Some(times);
    } else if let Some(data) = value.get("data").filter(|data| data.is_object()) {
        found.understood = true;
        found.times = graph::read(data, &mut found.page);
    } else if value.is_object() {
        found.element(value);
    }
    if !found.understood {
        return Err(ReadError::new(&NAME, "posts", "the answer is nothing that GitHub says"));
    }
    tell_apart(&mut found.page);
    Ok(found)
}

impl Found {
    fn element(&mut self, value: &Value) {
        if event::is_event(value) {
            self.understood = true;
            event::read(value, &mut self.page);
        } else if let Some(post) = item::post(value) {
            self.understood = true;
            self.page.posts.push(post);
            self.fragments(value);
        } else if let Some(account) = item::account(value) {
            self.understood = true;
            self.page.accounts.push(account);
        } else {
            self.understood |= OTHERS.iter().any(|key| value.get(*key).is_some());
        }
    }

    /// The pieces of comments in which a search found its words: the comments themselves are not in the answer.
    fn fragments(&mut self, value: &Value) {
        for found in list(value, "text_matches") {
            if text(found, "object_type") == Some("IssueComment")
                && let Some(mut post) = item::fragment(found, value)
            {
                event::under(&mut post, value);
                if !self.page.posts.iter().any(|known| known.native_id == post.native_id) {
                    self.page.posts.push(post);
                }
            }
        }
    }
}

/// Ids that several different posts share are no ids: their addresses serve instead.
fn tell_apart(page: &mut Page) {
    let mut places: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for post in &page.posts {
        places.entry(&post.native_id).or_default().extend(post.permalink.as_deref());
    }
    let shared: BTreeSet<String> =
        places.into_iter().filter(|(_, places)| places.len() > 1).map(|(id, _)| id.to_owned()).collect();
    for post in page.posts.iter_mut().filter(|post| shared.contains(&post.native_id)) {
        if let Some(place) = &post.permalink {
            post.native_id.clone_from(place);
        }
    }
}
