//! What an answer of a Lemmy server holds, told by its shape, in both generations of the interface.

use std::collections::HashMap;

use serde_json::Value;

use super::item::{self, Server};
use super::walk::Item;
use super::{NAME, refusal};
use crate::network::forum::flag;
use crate::network::json::{self, id, text};
use crate::network::{Answer, Page, ReadError};

/// Fields of answers that hold neither posts nor people.
const OTHERS: &[&str] = &[
    "communities",
    "community_view",
    "federated_instances",
    "site_view",
    "modlog",
    "metadata",
    "multi_communities",
];
/// Lists of posts, comments and people, by all their names.
const LISTS: &[&str] = &[
    "items",
    "posts",
    "comments",
    "search",
    "results",
    "cross_posts",
    "users",
    "persons",
    "replies",
    "mentions",
    "content",
    "admins",
    "moderators",
];
/// Single things, by all their names.
const SINGLES: &[&str] =
    &["post_view", "comment_view", "person_view", "resolve", "post", "comment", "person"];

/// Everything found in one answer.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) page: Page,
    /// The version that the server tells of itself.
    pub(super) version: Option<String>,
    /// The token of the next page.
    pub(super) next: Option<String>,
    posts: Option<Vec<Item>>,
    comments: Option<Vec<Item>>,
    /// Native ids of comments by their ids on this server.
    ids: HashMap<String, String>,
    understood: bool,
}

/// Reads an answer of any kind.
pub(super) fn read(answer: &Answer, server: &Server) -> Result<Found, ReadError> {
    let value = json::parse(&NAME, "posts", &answer.body)?;
    if let Some(error) = refusal::told(answer, &value) {
        return Err(error);
    }
    let mut found = Found::default();
    match &value {
        Value::Array(all) => {
            found.understood = all.is_empty();
            all.iter().for_each(|one| found.view(server, one));
        }
        Value::Object(_) => found.object(server, &value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    if !found.understood {
        return Err(ReadError::new(&NAME, "posts", "the answer is nothing that Lemmy says"));
    }
    for post in &mut found.page.posts {
        if let Some(native) = post.reply_to.as_ref().and_then(|parent| found.ids.get(parent)) {
            post.reply_to = Some(native.clone());
        } else if let Some(parent) = post.reply_to.take() {
            post.reply_to = Some(server.comment(&parent));
        }
    }
    Ok(found)
}

impl Found {
    /// The items of the list that was asked for.
    pub(super) fn list(&self, comments: bool) -> Option<&[Item]> {
        if comments { self.comments.as_deref() } else { self.posts.as_deref() }
    }

    fn object(&mut self, server: &Server, value: &Value) {
        if item::is_view(value) {
            return self.view(server, value);
        }
        self.version = text(value, "version").filter(|_| value.get("site_view").is_some()).map(str::to_owned);
        self.next = text(value, "next_page").map(str::to_owned);
        self.understood = OTHERS.iter().any(|key| value.get(*key).is_some());
        for key in SINGLES {
            if let Some(one) = value.get(*key).filter(|one| one.is_object()) {
                self.view(server, one);
            }
        }
        for key in LISTS {
            let Some(all) = value.get(*key).and_then(Value::as_array) else { continue };
            self.understood = true;
            for one in all {
                self.view(server, one);
            }
            let items = || Some(all.iter().map(item::seen).collect());
            match *key {
                "posts" => self.posts = items(),
                "comments" => self.comments = items(),
                // one name for all lists
                "items" | "search" | "results" => {
                    (self.posts, self.comments) =
                        (self.posts.take().or_else(items), self.comments.take().or_else(items));
                }
                _ => {}
            }
        }
    }

    /// One thing with what stands around it: a comment, a post, a person.
    fn view(&mut self, server: &Server, value: &Value) {
        let of = |key: &str| value.get(key).filter(|inner| inner.is_object());
        if let Some(comment) = of("comment").or_else(|| item::is_comment(value).then_some(value)) {
            self.understood = true;
            if let (Some(local), Some(native)) = (id(comment, "id"), text(comment, "ap_id")) {
                self.ids.insert(local, native.to_owned());
            }
            match server.comment_post(comment, value) {
                Ok(post) => self.page.posts.push(post),
                Err(deletion) => self.page.deletions.push(deletion),
            }
        } else if let Some(post) = of("post").or_else(|| item::is_post(value).then_some(value)) {
            self.understood = true;
            match server.post(post, value) {
                Ok(post) => self.page.posts.push(post),
                Err(deletion) => self.page.deletions.push(deletion),
            }
        } else if let Some(person) = of("person").or_else(|| item::is_person(value).then_some(value)) {
            self.understood = true;
            self.page.accounts.extend(server.account(person, value));
        } else {
            self.understood |= of("community").is_some() || of("moderator").is_some() || flag(value, "local");
            if let Some(moderator) = of("moderator") {
                self.page.accounts.extend(server.account(moderator, value));
            }
        }
    }
}
