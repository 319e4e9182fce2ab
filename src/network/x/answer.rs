//! What an answer of X holds, told by its shape: posts and accounts of every version, notices, problems.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::NAME;
use super::ask::Prices;
use super::entity::either;
use super::id::order;
use super::old;
use super::post::{self, Includes, Version};
use super::problem;
use super::user::{self, id_of};
use crate::network::json::{self, id, list, text};
use crate::network::{Page, ReadError};
use crate::post::{Author, Deletion, Gone, Post};
use crate::time::Time;

/// Members of answers that hold no post and no account, of any version: rules, counts, rooms, trends,
/// limits, lists of identifiers, notices of a stream.
const SILENT: &[&str] = &[
    "completed_in",
    "disconnect",
    "ids",
    "limit",
    "meta",
    "resources",
    "scrub_geo",
    "trends",
    "warning",
    "withheld_in_countries",
];

/// What is being gathered from one answer.
#[derive(Debug, Default)]
struct Found {
    page: Page,
    /// Posts of version 2, each with the version that was read.
    versions: Vec<Version>,
    /// Posts that stand inside others.
    nested: Vec<Post>,
    /// Whether any part of the answer was of a known shape.
    known: bool,
}

/// Reads an answer that is no refusal.
pub(super) fn read(value: &Value) -> Result<Page, ReadError> {
    let mut found = Found::default();
    match value {
        Value::Array(all) => {
            let posts = Includes::default();
            all.iter().for_each(|one| found.one(one, &posts));
            found.known |= all.is_empty() || all.iter().all(|one| silent(one) || is_language(one));
        }
        Value::Object(_) => found.object(value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    if !found.known {
        return Err(ReadError::new(&NAME, "posts", "the answer is nothing that X says"));
    }
    Ok(found.into_page())
}

/// Whether a value is a list of posts or of counts, and none that another network calls `data` or `meta`.
pub(super) fn is_list(value: &Value) -> bool {
    let counted = ["start", "tweet_count", "post_count"];
    let others = ["permalink", "media_type", "created_time"];
    let ours = |one: &Value| {
        !json::has_any(one, &others) && (one.get("text").is_some() || json::has_any(one, &counted))
    };
    match (value.get("data"), value.get("meta")) {
        (Some(Value::Array(all)), _) => all.is_empty() || all.iter().all(ours),
        (Some(_), _) => false,
        (None, Some(_)) => value.get("response").is_none(),
        (None, None) => false,
    }
}

fn silent(value: &Value) -> bool {
    SILENT.iter().any(|key| value.get(key).is_some())
}

/// An entry of the list of languages, a list that version 1.1 had.
fn is_language(value: &Value) -> bool {
    text(value, "code").is_some() && text(value, "name").is_some()
}

impl Found {
    fn into_page(mut self) -> Page {
        // of several versions of one post the newest stays, where the first stood
        let mut places: HashMap<(String, bool), usize> = HashMap::new();
        let mut kept: Vec<Version> = Vec::new();
        for version in self.versions {
            let edited = version.post.edited.is_some();
            let id = version.post.native_id.clone();
            let other = places.get(&(id.clone(), !edited)).or(places.get(&(id.clone(), true)));
            if let Some(other) = other.and_then(|place| kept.get_mut(*place)) {
                // the first version tells when it was published, the last one what it says
                let published = other.post.published.min(version.post.published);
                if order(&other.id, &version.id).is_lt() {
                    *other = version;
                }
                other.post.published = published.or(other.post.published);
            } else {
                places.insert((id, edited), kept.len());
                kept.push(version);
            }
        }
        self.page.posts.extend(kept.into_iter().map(|version| version.post));
        let mut told: HashSet<String> = self.page.posts.iter().map(|post| post.native_id.clone()).collect();
        let nested = self.nested.into_iter().filter(|post| told.insert(post.native_id.clone()));
        self.page.posts.extend(nested);
        self.page
    }

    fn object(&mut self, value: &Value) {
        let data = value.get("data");
        let lists = ["users", "tweets", "posts", "media", "polls", "places"];
        if data.is_some() || value.get("includes").is_some() || value.get("errors").is_some() {
            self.known = true;
            self.answer(value, data);
        } else if let Some(statuses) = either(value, &["statuses", "results"]).and_then(Value::as_array) {
            self.known = true;
            statuses.iter().for_each(|status| self.one(status, &Includes::default()));
        } else if lists.iter().any(|key| value.get(key).is_some_and(Value::is_array)) {
            // what stands beside posts, kept without them; or accounts of version 1.1
            self.known = true;
            self.beside(value, true);
        } else {
            self.one(value, &Includes::default());
            self.known |= silent(value);
        }
    }

    /// An answer of version 2.
    fn answer(&mut self, value: &Value, data: Option<&Value>) {
        let beside = value.get("includes").unwrap_or(&Value::Null);
        let includes = Includes::of(beside);
        let items =
            data.map_or(&[][..], |data| data.as_array().map_or(std::slice::from_ref(data), Vec::as_slice));
        items.iter().for_each(|item| self.one(item, &includes));
        self.beside(beside, false);
        // the pinned post of an account tells no author: it is the account's
        let pinned = |user: &'_ Value| id(user, "pinned_tweet_id").or_else(|| id(user, "pinned_post_id"));
        let users = items.iter().filter(|item| user::is_user(item));
        let owners: HashMap<String, &Value> = users.filter_map(|user| Some((pinned(user)?, user))).collect();
        for version in self.versions.iter_mut().filter(|version| version.post.author.is_none()) {
            let Some(owner) = owners.get(&version.id) else { continue };
            version.post.author = user::author(owner);
            let handle = user::handle(owner);
            version.post.permalink = Some(user::page_of_post(handle.as_deref(), &version.id));
        }
        for one in list(value, "errors") {
            problem::gone(one, &mut self.page);
        }
    }

    /// Posts and accounts that came beside others. Authors of what is read are told with their posts.
    fn beside(&mut self, beside: &Value, all_users: bool) {
        let includes = Includes::of(beside);
        let mut known: HashSet<String> = self.versions.iter().map(|version| version.id.clone()).collect();
        for one in list(beside, "tweets").iter().chain(list(beside, "posts")) {
            if post::is_post(one) && id(one, "id").is_none_or(|id| known.insert(id)) {
                self.versions.push(post::read(one, &includes));
            }
        }
        let author = |version: &Version| Some(version.post.author.as_ref()?.native_id.clone());
        let mut told: BTreeSet<String> =
            self.page.accounts.iter().map(|one| one.author.native_id.clone()).collect();
        if !all_users {
            told.extend(self.versions.iter().filter_map(author));
        }
        for user in list(beside, "users").iter().filter(|user| user::is_user(user)) {
            if id_of(user).is_none_or(|id| !told.contains(&id)) {
                self.user(user);
            }
        }
    }

    /// One thing by its shape.
    fn one(&mut self, value: &Value, includes: &Includes<'_>) {
        if old::is_status(value) {
            self.page.posts.extend(old::read(value, None));
            old::nested(value, 0, &mut self.nested);
        } else if user::is_user(value) {
            self.user(value);
        } else if post::is_post(value) {
            self.versions.push(post::read(value, includes));
        } else if let Some(deletion) = deleted(value) {
            self.page.deletions.push(deletion);
        } else if let Some(post) = old::embedded(value) {
            self.page.posts.push(post);
        } else {
            return;
        }
        self.known = true;
    }

    /// An account; version 1.1 puts its latest status inside.
    fn user(&mut self, value: &Value) {
        let Some(account) = user::account(value) else { return };
        if let Some(status) = value.get("status").filter(|status| old::is_status(status)) {
            let by: &Author = &account.author;
            self.page.posts.extend(old::read(status, Some(by)));
            old::nested(status, 0, &mut self.nested);
        }
        self.page.accounts.push(account);
    }
}

/// What a notice says was taken away: the forms of streams and of batch jobs.
fn deleted(value: &Value) -> Option<Deletion> {
    let deletion = |gone, at| Some(Deletion { network: NAME, gone, at });
    if let Some(notice) = value.get("delete").filter(|notice| notice.is_object()) {
        let millis = text(notice, "timestamp_ms").and_then(|millis| millis.parse().ok()).map(Time);
        let at = millis.and_then(Time::valid).or_else(|| time_of(notice));
        if let Some(post) = either(notice, &["status", "tweet", "post"]) {
            return deletion(Gone::Post(id_of(post)?), at);
        }
        return deletion(Gone::Account(id_of(notice.get("user")?)?), at);
    }
    if let Some(notice) = either(value, &["user_delete", "user_suspend"]) {
        return deletion(Gone::Account(id_of(notice.get("user")?)?), time_of(notice));
    }
    // a line of a compliance job
    (text(value, "action") == Some("delete")).then_some(())?;
    deletion(Gone::Post(id_of(value)?), time_of(value))
}

fn time_of(notice: &Value) -> Option<Time> {
    ["event_at", "redacted_at"].iter().find_map(|key| super::entity::time(notice, key))
}

/// What an answer cost: every post and account in it once, whether asked for or beside others.
pub(super) fn spent(value: &Value, prices: Prices) -> u64 {
    let beside = value.get("includes").unwrap_or(&Value::Null);
    let data = value.get("data");
    let items =
        data.map_or(&[][..], |data| data.as_array().map_or(std::slice::from_ref(data), Vec::as_slice));
    let (mut posts, mut users) = (BTreeSet::new(), BTreeSet::new());
    for one in items.iter().chain(["tweets", "posts", "users"].iter().flat_map(|key| list(beside, key))) {
        let Some(id) = id_of(one) else { continue };
        if user::is_user(one) {
            users.insert(id);
        } else if post::is_post(one) {
            posts.insert(id);
        }
    }
    let times = |many: usize, price: u64| u64::try_from(many).unwrap_or(u64::MAX).saturating_mul(price);
    let counted = |one: &Value| either(one, &["tweet_count", "post_count"]).is_some() && !user::is_user(one);
    let counts = usize::from(items.iter().any(counted));
    times(posts.len(), prices.post)
        .saturating_add(times(users.len(), prices.user))
        .saturating_add(times(counts, prices.count))
}
