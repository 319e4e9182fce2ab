//! Tumblr: posts under tags, and posts of known blogs. There is no search in their words.
//!
//! A tag is its exact words: `coca cola` and `cocacola` are two, and each has to be named.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use self::walk::Walk;
use super::{
    Answer, Ask, BuildError, Can, Cursor, Dates, Export, Gate, Key, Missed, Network, Offer, Page, ReadError,
    Request, Secret, Spec, Trouble, json, plain, status,
};
use crate::post::{NetworkName, Post};
use crate::time::{HOUR, Time};

mod blocks;
mod post;
mod walk;

const NAME: NetworkName = NetworkName::known("tumblr");
const API: &str = "https://api.tumblr.com/v2";
/// The shortest pause between two rounds, in seconds.
const PACE: u64 = 300;
/// Seconds a round may take for each tag or blog, so that 5,000 requests last for a day with half to spare.
const EACH: u64 = 40;

pub(super) const SPEC: Spec = Spec {
    name: "tumblr",
    aliases: &[],
    about: "posts of Tumblr under tags and of known blogs, asked every 5 minutes with a key",
    keys: &["base_url", "tags", "blogs", "look_back"],
    secrets: &[Secret {
        key: "api_key",
        needed: true,
        about: "the consumer key of an application registered at www.tumblr.com/oauth/apps",
    }],
    offer: Offer {
        gate: Gate::Key,
        can: &[Can::Tags, Can::AccountPosts, Can::Snapshot, Can::Backfill],
        look_back: "as far back as a tag or blog goes; no search in the words of posts",
        daily: Some(5_000),
        cost: "free: 1,000 requests an hour and 5,000 a day and key (documentation of October 2024)",
        keep_days: Some(90),
        export: Export::Links,
        instead: "without a key a blog is followed as a feed: https://NAME.tumblr.com/rss",
        ..Offer::OPEN
    },
    // people may date their posts as they like
    dates: Dates::Author,
    build: |section| Ok(Box::new(Tumblr::build(super::section(section)?)?)),
};

/// What the section of a Tumblr source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    blogs: Vec<String>,
    #[serde(default = "default_look_back")]
    look_back: String,
    api_key: Option<Key>,
}

fn default_base() -> String {
    API.to_owned()
}

fn default_look_back() -> String {
    "7d".to_owned()
}

/// Tumblr as a source.
#[derive(Debug)]
struct Tumblr {
    base: Url,
    /// `tag:NAME` and `blog:NAME`, in the order of their turns.
    lists: Vec<String>,
    /// Seconds that the first round goes back.
    look_back: i64,
    key: Option<Key>,
}

/// A list that an address asks for.
#[derive(Debug, Clone, Default)]
struct Asked {
    list: Option<String>,
    before: Option<i64>,
    /// The post that was asked about.
    post: Option<String>,
}

fn asked(address: &str) -> Asked {
    let Ok(url) = Url::parse(address) else { return Asked::default() };
    let get = |wanted: &str| {
        url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let parts: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    let list = match parts.as_slice() {
        [.., "tagged"] => get("tag").map(|tag| format!("tag:{tag}")),
        [.., "blog", blog, "posts"] if get("id").is_none() => Some(format!("blog:{blog}")),
        _ => None,
    };
    Asked { list, before: get("before").and_then(|before| before.parse().ok()), post: get("id") }
}

/// The name of a blog: its own, or that of its host.
fn blog(raw: &str) -> Option<String> {
    let raw = raw.trim().trim_start_matches('@').trim_end_matches('/');
    let host = raw.rsplit("://").next()?;
    let name = match host.split_once('/') {
        Some(("www.tumblr.com" | "tumblr.com", rest)) => {
            rest.trim_start_matches("blog/").trim_start_matches('@')
        }
        Some((host, _)) => host,
        None => host,
    };
    let name = name.trim_end_matches(".tumblr.com").split('/').next()?;
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.' | ':');
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}

impl Tumblr {
    fn build(section: Section) -> Result<Tumblr, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let mut lists = Vec::new();
        for raw in &section.tags {
            let tag = raw.trim().trim_start_matches('#').trim();
            if tag.is_empty() || tag.contains(',') {
                return Err(fault(
                    "tags",
                    format!("`{raw}` is not one tag; a tag may have spaces, but no comma"),
                ));
            }
            plain::add(&mut lists, format!("tag:{tag}"));
        }
        for raw in &section.blogs {
            let name =
                blog(raw).ok_or_else(|| fault("blogs", format!("`{raw}` is not the name of a blog")))?;
            plain::add(&mut lists, format!("blog:{name}"));
        }
        Ok(Tumblr {
            base: plain::base(&section.base_url)?,
            lists,
            look_back: plain::look_back(&section.look_back)?.div_euclid(1000),
            key: section.api_key,
        })
    }

    fn request(&self, path: &[&str], mut pairs: Vec<(&str, String)>) -> Request {
        // Tumblr takes the key in the address only
        pairs.extend(self.key.as_ref().map(|key| ("api_key", key.reveal().to_owned())));
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let address = plain::below(&self.base, path.iter().copied(), &pairs);
        Request::get(address).header("accept", "application/json")
    }

    /// Whether this answer about one of several blogs only says that the blog cannot be read.
    fn is_closed_blog(&self, answer: &Answer) -> bool {
        let list = asked(&answer.request.url).list;
        matches!(answer.status, 403 | 404 | 410)
            && self.lists.len() > 1
            && list.is_some_and(|list| list.starts_with("blog:") && self.lists.contains(&list))
    }
}

/// The status that counts, and Tumblr's words for it.
fn status(value: &Value, answer: &Answer) -> (u16, String) {
    let meta = value.get("meta").unwrap_or(&Value::Null);
    let own = meta.get("status").and_then(Value::as_u64).and_then(|own| u16::try_from(own).ok());
    let status = if answer.status >= 400 { answer.status } else { own.unwrap_or(answer.status) };
    let error = json::list(value, "errors").first().unwrap_or(&Value::Null);
    let said = json::text(error, "detail")
        .or_else(|| json::text(error, "title"))
        .or_else(|| json::text(meta, "msg"))
        .unwrap_or_default();
    (status, plain::said(said))
}

fn refusal(value: &Value, answer: &Answer) -> ReadError {
    let (status, said) = status(value, answer);
    let trouble = plain::trouble(status);
    let said = if said.is_empty() { format!("status {status}") } else { format!("{status}: \"{said}\"") };
    let hint = match trouble {
        Trouble::Auth => "; the consumer key of an application stands at www.tumblr.com/oauth/apps",
        Trouble::Rate => "; a key has 1,000 requests an hour and 5,000 a day",
        Trouble::NotApproved => "; this blog is shown to people who are logged in only",
        Trouble::Money
        | Trouble::Gone
        | Trouble::NoServer
        | Trouble::BadQuery
        | Trouble::Transient
        | Trouble::BlockPage
        | Trouble::Unread => "",
    };
    let until = (trouble == Trouble::Rate).then(|| {
        let used_up = |span: &str| {
            let left = answer.header(&format!("x-ratelimit-{span}-remaining"))?;
            plain::moment(answer, &format!("x-ratelimit-{span}-reset")).filter(|_| left.trim() == "0")
        };
        let until = used_up("perday").max(used_up("perhour")).or_else(|| status::until(answer));
        until.unwrap_or_else(|| answer.seen.plus(HOUR))
    });
    ReadError::refusal(&NAME, trouble, format!("{said}{hint}")).until(until)
}

/// Everything found in one answer.
#[derive(Debug, Default)]
struct Found {
    page: Page,
    items: Vec<walk::Item>,
    known: bool,
}

impl Found {
    fn posts(&mut self, all: &[Value]) {
        for value in all.iter().filter(|value| post::is_post(value)) {
            let post: Post = post::read(value);
            // a pinned post stands first, however old it is
            let pinned = value.get("is_pinned").and_then(Value::as_bool) == Some(true);
            self.items.push((post.native_id.clone(), post::moment(value).filter(|_| !pinned)));
            self.page.posts.push(post);
        }
    }

    /// Takes in a response, or a value that stands alone, by its shape.
    fn shape(&mut self, value: &Value, under: Option<&String>) {
        match value {
            Value::Array(all) => {
                self.known = true;
                self.posts(all);
            }
            Value::Object(fields) => {
                let lists = ["posts", "liked_posts", "blogs", "users", "notes", "blog", "response"];
                self.known |= lists.iter().any(|key| fields.contains_key(*key));
                if post::is_post(value) {
                    self.known = true;
                    self.posts(std::slice::from_ref(value));
                    return;
                }
                self.posts(json::list(value, "posts"));
                // the posts of a blog name it only, and the answer says the rest once
                if let Some(owner) = fields.get("blog").and_then(post::account) {
                    for author in self.page.posts.iter_mut().filter_map(|post| post.author.as_mut()) {
                        if author.handle == owner.author.handle {
                            author.clone_from(&owner.author);
                        }
                    }
                }
                self.posts(json::list(value, "liked_posts"));
                for note in json::list(value, "notes") {
                    self.page.posts.extend(post::reply(note, under.cloned()));
                }
                let blogs = json::list(value, "blogs").iter().chain(json::list(value, "users"));
                for blog in fields.get("blog").into_iter().chain(blogs) {
                    self.page.accounts.extend(post::account(blog));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

impl Network for Tumblr {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let walk: Walk = Cursor::state(cursor);
        let Some((list, before)) = walk.next(&self.lists, now.0.div_euclid(1000)) else { return Ask::Done };
        let mut pairs = vec![("limit", walk::LIMIT.to_string()), ("npf", "true".to_owned())];
        pairs.extend(before.map(|before| ("before", before.to_string())));
        Ask::Fetch(match list.split_once(':') {
            Some(("tag", tag)) => {
                pairs.insert(0, ("tag", tag.to_owned()));
                self.request(&["tagged"], pairs)
            }
            Some((_, blog)) => {
                pairs.push(("reblog_info", "true".to_owned()));
                self.request(&["blog", blog, "posts"], pairs)
            }
            None => return Ask::Done,
        })
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let asked = asked(&answer.request.url);
        let mut walk: Walk = Cursor::state(cursor);
        let moved = |walk: &Walk| Cursor::of(walk).filter(|moved| Some(moved) != cursor);
        if self.is_closed_blog(answer)
            && let Some(list) = &asked.list
        {
            let more = walk.skip(&self.lists, list);
            let reason = format!("{list} cannot be read (status {}); correct `blogs`", answer.status);
            let missed = Some(Missed { from: answer.seen, to: answer.seen, reason });
            return Ok(Page { cursor: moved(&walk), more, missed, ..Page::default() });
        }
        let value = match plain::json(&NAME, "posts", &answer.body) {
            Ok(value) => value,
            Err(error) if answer.status < 400 || error.trouble == Trouble::BlockPage => return Err(error),
            Err(_) => Value::Null,
        };
        if status(&value, answer).0 >= 400 || value.get("errors").is_some() {
            return Err(refusal(&value, answer));
        }
        let mut found = Found::default();
        match value.get("response") {
            Some(response) => {
                found.known = true;
                found.shape(response, asked.post.as_ref());
            }
            None => found.shape(&value, asked.post.as_ref()),
        }
        // every answer of Tumblr itself says what it is the response to
        if !found.known || (asked.list.is_some() && value.get("response").is_none()) {
            return Err(ReadError::new(&NAME, "posts", "the answer is nothing that Tumblr says"));
        }
        let mut page = found.page;
        if let Some(list) = asked.list {
            let now = answer.seen.0.div_euclid(1000);
            let step = walk.step(&self.lists, &list, asked.before, &found.items, now, self.look_back);
            (page.more, page.missed) = (step.more, step.missed);
            if self.lists.contains(&list) {
                page.cursor = moved(&walk);
            }
        }
        Ok(page)
    }

    fn pace(&self) -> Duration {
        let lists = u64::try_from(self.lists.len()).unwrap_or(u64::MAX);
        Duration::from_secs(lists.saturating_mul(EACH).max(PACE))
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        let normal = self.is_closed_blog(answer);
        if normal { self.read(answer, cursor).ok() } else { None }
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        match plain::json(&NAME, "posts", &answer.body) {
            Err(error) if error.trouble == Trouble::BlockPage => Some(error),
            value => Some(refusal(&value.unwrap_or(Value::Null), answer)),
        }
    }

    fn account(&self, name: &str) -> Option<Request> {
        Some(self.request(&["blog", &blog(name)?, "info"], Vec::new()))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        (!self.lists.is_empty()).then(|| Cursor::of(&Walk::within(from, to))).flatten()
    }
}
