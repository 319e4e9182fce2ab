//! What an answer of a forum holds, told by its shape: lists of posts and topics, searches, topics, people.

use std::collections::HashMap;

use serde_json::Value;

use super::NAME;
use super::item::{self, Forum, Topic};
use super::people;
use super::refusal;
use super::search::Hit;
use super::walk::Place;
use crate::network::forum::{flag, many};
use crate::network::json::{self, id, list, text, time};
use crate::network::{Answer, Page, ReadError};
use crate::post::{Deletion, Post};

/// Lists and objects of a forum that are neither posts nor people.
const OTHERS: &[&str] = &[
    "category_list",
    "categories",
    "category",
    "badges",
    "badge_types",
    "groups",
    "group",
    "tags",
    "notifications",
    "poll",
    "voters",
    "site_settings",
    "uncategorized_category_id",
    "default_archetype",
    "api_key",
    "key",
    "keys",
    "success",
    "original_filename",
    "bookmarks",
    "extras",
    "about",
    "invite_key",
    "user_badges",
    "topic_tracking_states",
    "email_logs",
    "admins",
    "notification_type",
    "logs",
    "filename",
    "thumbnail_width",
];

/// Everything found in one answer.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) page: Page,
    /// It is a list of the latest posts.
    pub(super) latest: bool,
    /// Numbers and dates of all posts of that list.
    pub(super) places: Vec<Place>,
    /// Hits of a search.
    pub(super) hits: Option<Vec<Hit>>,
    /// The search has more pages.
    pub(super) more: bool,
    /// Numbers of the posts that came whole.
    pub(super) numbers: Vec<u64>,
    /// Native ids by topic and place in it.
    ids: HashMap<(String, i64), String>,
    understood: bool,
}

/// Reads an answer of any kind.
pub(super) fn read(answer: &Answer, forum: &Forum) -> Result<Found, ReadError> {
    let value = json::parse(&NAME, "posts", &answer.body)?;
    if let Some(error) = refusal::told(answer, &value) {
        return Err(error);
    }
    let mut found = Found::default();
    match &value {
        Value::Array(all) => {
            found.understood = all.is_empty();
            for one in all {
                found.element(forum, one);
            }
        }
        Value::Object(_) => found.object(forum, &value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found.resolve(forum);
    let known = found.understood || OTHERS.iter().any(|key| value.get(*key).is_some());
    if !known {
        return Err(ReadError::new(&NAME, "posts", "the answer is nothing that Discourse says"));
    }
    Ok(found)
}

impl Found {
    fn object(&mut self, forum: &Forum, value: &Value) {
        if let Some(posts) = value.get("latest_posts").and_then(Value::as_array) {
            (self.latest, self.understood) = (true, true);
            for post in posts {
                let number = item::number(post).and_then(|number| number.parse().ok());
                self.places.extend(number.map(|number| (number, time(post, "created_at"))));
                self.post(forum, post, Topic::default());
            }
        } else if value.get("post_stream").is_some_and(Value::is_object) {
            self.topic(forum, value);
        } else if value.get("grouped_search_result").is_some() || is_search(value) {
            self.search(forum, value);
        } else if let Some(topics) = value.get("topic_list") {
            self.understood = true;
            for topic in list(topics, "topics") {
                self.add(forum.topic(topic, list(value, "users")));
            }
        } else if let Some(all) = value.get("category_list") {
            self.understood = true;
            for topic in list(all, "categories").iter().flat_map(|category| list(category, "topics")) {
                self.add(forum.topic(topic, list(value, "users")));
            }
        } else {
            self.plain(forum, value);
        }
    }

    /// Lists under a name, an object under a name, or the thing itself.
    fn plain(&mut self, forum: &Forum, value: &Value) {
        let lists = [
            "user_actions",
            "posts",
            "users",
            "members",
            "owners",
            "directory_items",
            "post_action_users",
            "topics",
        ];
        for key in lists {
            if let Some(all) = value.get(key).and_then(Value::as_array) {
                self.understood = true;
                all.iter().for_each(|one| self.element(forum, one));
            }
        }
        for key in ["user", "post", "topic"] {
            if let Some(one) = value.get(key).filter(|one| one.is_object()) {
                self.understood = true;
                self.element(forum, one);
            }
        }
        if !self.understood {
            self.element(forum, value);
        }
    }

    /// One element of a list: a post, a topic, a person, or a group of hits as searches once gave them.
    fn element(&mut self, forum: &Forum, value: &Value) {
        let known = OTHERS.iter().any(|key| value.get(*key).is_some());
        if item::is_post(value) {
            self.understood = true;
            self.post(forum, value, Topic::default());
        } else if let Some(results) = value.get("results").and_then(Value::as_array) {
            self.understood = true;
            results
                .iter()
                .filter(|one| one.get("results").is_none())
                .for_each(|one| self.element(forum, one));
        } else if people::is_account(value) {
            self.understood = true;
            self.page.accounts.extend(forum.account(value));
        } else if let Some(user) = value.get("user").filter(|user| people::is_account(user)) {
            // a line of the directory has the figures outside
            self.understood = true;
            let mut account = forum.account(user);
            if let Some(account) = &mut account {
                account.author.posts = account.author.posts.or_else(|| many(value, "post_count"));
            }
            self.page.accounts.extend(account);
        } else if item::is_topic(value) {
            self.understood = true;
            self.add(forum.topic(value, &[]));
        } else {
            self.understood |= known;
        }
    }

    fn topic(&mut self, forum: &Forum, value: &Value) {
        self.understood = true;
        if text(value, "archetype") == Some("private_message") {
            return;
        }
        let topic = Topic {
            title: text(value, "title"),
            slug: text(value, "slug"),
            tags: list(value, "tags"),
            id: value.get("id"),
        };
        let posts = value.get("post_stream").map_or(&[][..], |stream| list(stream, "posts"));
        for post in posts {
            self.post(forum, post, topic);
        }
    }

    fn search(&mut self, forum: &Forum, value: &Value) {
        self.understood = true;
        let topics = list(value, "topics");
        let mut hits = Vec::new();
        for post in list(value, "posts") {
            let of =
                topics.iter().find(|topic| id(topic, "id") == id(post, "topic_id")).unwrap_or(&Value::Null);
            let topic = Topic {
                title: text(of, "title"),
                slug: text(of, "slug"),
                tags: list(of, "tags"),
                id: of.get("id"),
            };
            self.post(forum, post, topic);
            let part = |key: &str| many(post, key);
            if let (Some(topic), Some(number), Some(id)) = (part("topic_id"), part("post_number"), part("id"))
            {
                hits.push(Hit { topic, number, id, at: time(post, "created_at") });
            }
        }
        // a topic that was found by its title alone
        let found =
            |topic: &Value| list(value, "posts").iter().any(|post| id(post, "topic_id") == id(topic, "id"));
        for topic in topics.iter().filter(|topic| !found(topic)) {
            self.add(forum.topic(topic, &[]));
        }
        self.page.accounts.extend(list(value, "users").iter().filter_map(|user| forum.account(user)));
        let told = value.get("grouped_search_result").unwrap_or(&Value::Null);
        self.more = flag(told, "more_full_page_results") || flag(told, "more_posts");
        self.hits = Some(hits);
    }

    fn post(&mut self, forum: &Forum, value: &Value, topic: Topic<'_>) {
        let post = forum.post(value, topic);
        if let Some(Ok(post)) = &post {
            self.numbers.extend(item::number(value).and_then(|number| number.parse::<u64>().ok()));
            let topic = id(value, "topic_id").or_else(|| topic.id.map(Value::to_string));
            let place = value.get("post_number").and_then(Value::as_i64);
            if let (Some(topic), Some(place)) = (topic, place) {
                self.ids.insert((topic, place), post.native_id.clone());
            }
        }
        self.add(post);
    }

    fn add(&mut self, post: Option<Result<Post, Deletion>>) {
        match post {
            Some(Ok(post)) => self.page.posts.push(post),
            Some(Err(deletion)) => self.page.deletions.push(deletion),
            None => {}
        }
    }

    /// Puts the numbers of posts where only their places in a topic are known.
    fn resolve(&mut self, forum: &Forum) {
        let mut names: HashMap<String, &String> = HashMap::new();
        for ((topic, place), native) in &self.ids {
            let name = if *place == 1 { format!("t/{topic}") } else { format!("t/{topic}/{place}") };
            names.insert(forum.native(&name), native);
        }
        for post in &mut self.page.posts {
            for name in [&mut post.reply_to, &mut post.root].into_iter().flatten() {
                if let Some(native) = names.get(name) {
                    name.clone_from(native);
                }
            }
        }
    }
}

fn is_search(value: &Value) -> bool {
    list(value, "posts").iter().any(|post| post.get("blurb").is_some())
}
