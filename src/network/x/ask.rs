//! Requests to X, and what each may cost. It knows addresses and names of fields, not answers.

use serde_json::json;
use url::Url;

use super::Names;
use crate::network::{Key, Method, Request};

/// Fields of posts asked for, in the names that the prose of the documentation uses.
const POST_FIELDS: &str = "created_at,lang,author_id,conversation_id,public_metrics,referenced_tweets,entities,attachments,\
                           edit_history_tweet_ids,edit_controls,in_reply_to_user_id,note_tweet,possibly_sensitive,withheld";
/// Fields of accounts asked for.
const USER_FIELDS: &str = "created_at,description,entities,location,name,username,profile_image_url,protected,public_metrics,\
                           url,verified,verified_type,parody,withheld";
/// Fields of pictures and films asked for.
const MEDIA_FIELDS: &str = "type,url,preview_image_url,alt_text,variants";
/// Identifiers that one look-up takes.
pub(super) const BATCH: usize = 100;
/// Accounts asked of the account search: each one costs.
const ACCOUNTS: u64 = 20;

/// What X charges, in millionths of a US dollar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices {
    pub(super) post: u64,
    pub(super) user: u64,
    pub(super) count: u64,
}

/// Where X stands and how it is asked.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) base: Url,
    pub(super) token: Option<Key>,
    pub(super) user_token: Option<Key>,
    /// Posts in one answer of the search.
    pub(super) page: u64,
    /// Whether the posts that are answered or quoted come too, at their price.
    pub(super) context: bool,
    pub(super) prices: Prices,
}

/// The part of a search that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) since: u64,
    pub(super) until: Option<u64>,
    pub(super) token: Option<String>,
}

/// What an address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Search { query: String, part: Part },
    Counts { query: String, since: u64 },
    Rules,
    Stream,
    Other,
}

impl Names {
    /// A list of fields or expansions in this vocabulary.
    fn of(self, list: &str) -> String {
        match self {
            Names::Tweet => list.to_owned(),
            Names::Post => list.replace("tweet", "post"),
        }
    }
}

impl Door {
    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("2").extend(path);
        }
        url
    }

    fn request(&self, url: Url) -> Request {
        Door::signed(Request::get(url), self.token.as_ref())
    }

    fn signed(request: Request, token: Option<&Key>) -> Request {
        let request = request.header("accept", "application/json");
        match token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.reveal())),
            None => request,
        }
    }

    /// Adds the fields of a full post. `authors`: with those who wrote it, who are charged for.
    fn with_fields(&self, url: &mut Url, names: Names, authors: bool) {
        let mut expansions = vec!["attachments.media_keys", "edit_history_tweet_ids"];
        if authors {
            expansions.insert(0, "author_id");
        }
        if authors && self.context {
            expansions.extend(["referenced_tweets.id", "referenced_tweets.id.author_id"]);
        }
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair(&names.of("tweet.fields"), &names.of(POST_FIELDS));
        pairs.append_pair("expansions", &names.of(&expansions.join(",")));
        pairs.append_pair("media.fields", MEDIA_FIELDS);
        if authors {
            pairs.append_pair("user.fields", USER_FIELDS);
        }
    }

    /// A page of the search.
    pub(super) fn search(&self, query: &str, part: &Part, names: Names) -> Request {
        let mut url = self.url(&["tweets", "search", "recent"]);
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("query", query);
        pairs.append_pair("max_results", &self.page.to_string());
        pairs.append_pair("since_id", &part.since.to_string());
        if let Some(until) = part.until {
            pairs.append_pair("until_id", &until.to_string());
        }
        if let Some(token) = &part.token {
            pairs.append_pair("next_token", token);
        }
        pairs.append_pair("sort_order", "recency");
        drop(pairs);
        self.with_fields(&mut url, names, true);
        self.request(url)
    }

    /// How many posts a search would find.
    pub(super) fn counts(&self, query: &str, since: u64) -> Request {
        let mut url = self.url(&["tweets", "counts", "recent"]);
        url.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("since_id", &since.to_string())
            .append_pair("granularity", "day");
        self.request(url)
    }

    /// The rules of the stream.
    pub(super) fn rules(&self) -> Request {
        self.request(self.url(&["tweets", "search", "stream", "rules"]))
    }

    /// Takes rules away.
    pub(super) fn delete_rules(&self, ids: &[String]) -> Request {
        self.post_rules(&json!({ "delete": { "ids": ids } }))
    }

    /// Adds rules under one tag.
    pub(super) fn add_rules(&self, values: &[&str], tag: &str) -> Request {
        let rules: Vec<_> = values.iter().map(|value| json!({ "value": value, "tag": tag })).collect();
        self.post_rules(&json!({ "add": rules }))
    }

    fn post_rules(&self, body: &serde_json::Value) -> Request {
        let request = self.rules().header("content-type", "application/json");
        Request { method: Method::Post, body: Some(body.to_string().into_bytes()), ..request }
    }

    /// The stream itself.
    pub(super) fn stream(&self, names: Names) -> Request {
        let mut url = self.url(&["tweets", "search", "stream"]);
        self.with_fields(&mut url, names, true);
        self.request(url)
    }

    /// These posts once more, without their authors: who is known need not be paid for again.
    pub(super) fn reread(&self, ids: &[String], names: Names) -> Option<Request> {
        let numeric = |id: &&String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let ids: Vec<&str> = ids.iter().filter(numeric).take(BATCH).map(String::as_str).collect();
        if ids.is_empty() {
            return None;
        }
        let mut url = self.url(&["tweets"]);
        url.query_pairs_mut().append_pair("ids", &ids.join(","));
        self.with_fields(&mut url, names, false);
        Some(self.request(url))
    }

    /// One account, by handle or by identifier (more digits than a handle has letters).
    pub(super) fn account(&self, name: &str) -> Option<Request> {
        let name = name.trim().trim_start_matches('@');
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return None;
        }
        let by_id = name.len() > 15 && name.bytes().all(|byte| byte.is_ascii_digit());
        let (path, key): (&[&str], _) =
            if by_id { (&["users"], "ids") } else { (&["users", "by"], "usernames") };
        let mut url = self.url(path);
        url.query_pairs_mut().append_pair(key, name).append_pair("user.fields", USER_FIELDS);
        Some(self.request(url))
    }

    /// Accounts by name: only in the name of a user of X.
    pub(super) fn find_accounts(&self, words: &str) -> Option<Request> {
        let token = self.user_token.as_ref()?;
        let query = super::words::for_account_search(words)?;
        let mut url = self.url(&["users", "search"]);
        url.query_pairs_mut()
            .append_pair("query", &query)
            .append_pair("max_results", &ACCOUNTS.to_string())
            .append_pair("user.fields", USER_FIELDS);
        Some(Door::signed(Request::get(url), Some(token)))
    }

    /// The most that a request may cost. What a stream brings is charged as it comes.
    pub(super) fn cost(&self, request: &Request) -> u64 {
        let Ok(url) = Url::parse(&request.url) else { return 0 };
        let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
        let number = |name: &str| value(name).and_then(|value| value.parse::<u64>().ok());
        let listed = |name: &str| {
            value(name).map_or(0, |list| u64::try_from(list.split(',').count()).unwrap_or(u64::MAX))
        };
        let path = url.path();
        if path.ends_with("/search/stream") || path.ends_with("/rules") {
            0
        } else if path.ends_with("/counts/recent") {
            self.prices.count
        } else if path.ends_with("/search/recent") {
            // each post with its author, and with context the same again for what it answers
            let each = self.prices.post.saturating_add(self.prices.user);
            let times = if self.context { 2 } else { 1 };
            number("max_results").unwrap_or(self.page).saturating_mul(each).saturating_mul(times)
        } else if path.ends_with("/users/search") {
            number("max_results").unwrap_or(ACCOUNTS).saturating_mul(self.prices.user)
        } else if path.contains("/users") {
            listed("ids").saturating_add(listed("usernames")).saturating_mul(self.prices.user)
        } else {
            listed("ids").saturating_mul(self.prices.post)
        }
    }
}

/// What an address asks for.
pub(super) fn asked(address: &str) -> Asked {
    let Ok(url) = Url::parse(address) else { return Asked::Other };
    let value =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let number = |name: &str| value(name).and_then(|value| value.parse::<u64>().ok());
    let query = value("query").unwrap_or_default();
    let since = number("since_id").unwrap_or(0);
    let path = url.path();
    if path.ends_with("/2/tweets/search/recent") {
        let token = value("next_token").or_else(|| value("pagination_token"));
        Asked::Search { query, part: Part { since, until: number("until_id"), token } }
    } else if path.ends_with("/2/tweets/counts/recent") {
        Asked::Counts { query, since }
    } else if path.ends_with("/2/tweets/search/stream/rules") {
        Asked::Rules
    } else if path.ends_with("/2/tweets/search/stream") {
        Asked::Stream
    } else {
        Asked::Other
    }
}
