//! Facebook: posts of named public Pages and the comments under them, posts that tag one's own Pages.
//!
//! There is no search for posts, no group and no profile. New comments are found by their number: a post whose
//! count changed is walked again from its newest comment down.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::graph::{self, Graph, Item, Rules, Step, Walk};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Export, Gate, Key, Network, Offer, Page, ReadError,
    Request, Secret, Spec, Told, Trouble, json,
};
use crate::post::NetworkName;
use crate::time::{DAY, HOUR, Time, parse_duration};

mod post;
mod shape;
mod webhook;

const NAME: NetworkName = NetworkName::known("facebook");

/// Three days again each round: comments mostly come within them, and they mostly fit one page.
const POSTS: Rules =
    Rules { overlap: 3 * DAY, first: 7 * DAY, reach: None, pages: 40, ordered: true, known: 0 };
/// An hour again; 50 pages are 5,000 comments. The first time, all of them.
const COMMENTS: Rules =
    Rules { overlap: HOUR, first: i64::MAX, reach: None, pages: 50, ordered: true, known: 0 };
/// Posts of a page and comments of a page, unless the network wants less at once.
const LIMIT: u32 = 50;
const COMMENT_LIMIT: u32 = 100;
/// Less than this at once is never too much.
const LEAST: u32 = 5;
/// Posts whose number of comments is kept in mind, and posts that wait to be walked.
const COUNTED: usize = 500;
const WAITING: usize = 200;
/// Posts walked for comments before a pause: an app of one user has 200 calls an hour.
const AT_ONCE: usize = 20;

pub(super) const SPEC: Spec = Spec {
    name: "facebook",
    aliases: &[],
    about: "posts of named public Facebook Pages with their comments, posts that tag one's own Pages",
    keys: &["base_url", "pages", "tagged", "comments", "look_back"],
    secrets: &[
        Secret {
            key: "token",
            needed: true,
            about: "a token of your Meta app with Page Public Content Access, or of your own Page; a system user's \
                    does not expire",
        },
        Secret {
            key: "app_secret",
            needed: false,
            about: "the app's secret, only where the app requires it with every call",
        },
    ],
    offer: Offer {
        gate: Gate::Review,
        can: &[
            Can::AccountPosts,
            Can::Comments,
            Can::OwnMentions,
            Can::Snapshot,
            Can::UserSearch,
            Can::Backfill,
        ],
        look_back: "about 600 posts of a Page and year",
        deletes: Told::Reread,
        edits: Told::Never,
        reread_batch: 1,
        absent: Absent::Gone,
        cost: "free after Meta's review of the app for Page Public Content Access (November 2026)",
        keep_days: Some(90),
        export: Export::Links,
        instead: "without the review, follow the same brands on other networks, or import an export of your tool",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(Facebook::build(super::section(section)?)?)),
};

/// What the section of a Facebook source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default)]
    pages: Vec<String>,
    #[serde(default)]
    tagged: Vec<String>,
    #[serde(default = "yes")]
    comments: bool,
    look_back: Option<String>,
    token: Option<Key>,
    app_secret: Option<Key>,
}

fn default_base() -> String {
    "https://graph.facebook.com/v25.0".to_owned()
}

fn yes() -> bool {
    true
}

/// Facebook as a source.
#[derive(Debug)]
struct Facebook {
    graph: Graph,
    /// The lists of posts, by the names that the walk knows them by.
    lists: Vec<String>,
    comments: bool,
    posts: Rules,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    walk: Walk,
    /// Posts at once, where the network wants fewer than usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    /// The number of comments of each post when they were last walked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    counts: BTreeMap<String, i64>,
    /// Posts with new comments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<String>,
    /// Posts walked since the last pause.
    #[serde(skip_serializing_if = "is_zero")]
    walked: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl State {
    /// Everything whose turn may come.
    fn keys(&self, lists: &[String]) -> Vec<String> {
        let waiting = self.waiting.iter().map(|post| format!("c:{post}"));
        lists.iter().cloned().chain(waiting).collect()
    }

    /// Takes the posts whose number of comments changed among those to walk.
    fn notice(&mut self, posts: &[Value]) {
        for post in posts {
            let (Some(id), Some(count)) = (json::id(post, "id"), post::comment_count(post)) else { continue };
            if self.counts.insert(id.clone(), count) != Some(count)
                && count > 0
                && self.waiting.len() < WAITING
                && !self.waiting.contains(&id)
            {
                self.waiting.push(id);
            }
        }
        while self.counts.len() > COUNTED {
            self.counts.pop_first();
        }
    }
}

impl Facebook {
    fn build(section: Section) -> Result<Facebook, BuildError> {
        let graph = Graph::build(NAME, &section.base_url, section.token, section.app_secret.as_ref())?;
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let mut lists: Vec<String> = Vec::new();
        for (key, sign, pages) in [("pages", 'p', &section.pages), ("tagged", 'm', &section.tagged)] {
            for page in pages {
                let name = page_name(page).ok_or_else(|| {
                    fault(key, format!("`{page}` is neither the name nor the id of a Page"))
                })?;
                let list = format!("{sign}:{name}");
                if !lists.contains(&list) {
                    lists.push(list);
                }
            }
        }
        let mut posts = POSTS;
        if let Some(text) = &section.look_back {
            let back = parse_duration(text).and_then(|back| i64::try_from(back.as_millis()).ok());
            posts.first = back.filter(|back| *back > 0).ok_or_else(|| {
                fault("look_back", format!("`{text}` is not a length of time like 7d or 12h"))
            })?;
        }
        Ok(Facebook { graph, lists, comments: section.comments, posts })
    }

    fn rules(&self, key: &str) -> Rules {
        if key.starts_with("c:") { COMMENTS } else { self.posts }
    }

    fn request(&self, key: &str, state: &State, now: Time) -> Request {
        let walk = &state.walk;
        let (kind, name) = key.split_once(':').unwrap_or(("p", key));
        let page = walk.page(key).iter().map(|(name, value)| (name.as_str(), value.as_str()));
        if kind == "c" {
            let limit = state.limit.unwrap_or(COMMENT_LIMIT).to_string();
            let params = [
                ("filter", "stream"),
                ("order", "reverse_chronological"),
                ("fields", post::COMMENT_FIELDS),
                ("limit", limit.as_str()),
            ];
            return self.graph.get(&format!("{name}/comments"), params.into_iter().chain(page));
        }
        let list = if kind == "m" { "tagged" } else { "posts" };
        let limit = state.limit.unwrap_or(LIMIT).to_string();
        let since = (walk.floor(key, &self.posts, now) / 1000).to_string();
        let until = walk.ceiling().map(|until| (until / 1000).to_string());
        let paged = walk.page(key).iter().any(|(name, _)| name == "until");
        let params = [("fields", post::FIELDS), ("limit", limit.as_str()), ("since", since.as_str())];
        let until = until.as_deref().filter(|_| !paged).map(|until| ("until", until));
        let page = page.filter(|(name, _)| *name != "since");
        self.graph.get(&format!("{name}/{list}"), params.into_iter().chain(until).chain(page))
    }

    /// Moves on by the answer to what was to be asked next.
    fn advance(
        &self,
        answer: &Answer,
        value: &Value,
        state: &mut State,
        page: &mut Page,
    ) -> Result<(), ReadError> {
        let keys = state.keys(&self.lists);
        let Some(key) = state.walk.turn(&keys) else { return Ok(()) };
        if !graph::is_the_same(&answer.request.url, &self.request(key, state, answer.seen).url) {
            return Ok(()); // an answer to something else: a Page, a post read again
        }
        let ours =
            |one: &Value| json::has_any(one, &["created_time", "message", "story", "permalink_url", "from"]);
        let all = value.get("data").and_then(Value::as_array).filter(|all| !json::is_foreign(all, ours));
        let Some(all) = all else {
            return Err(ReadError::new(&NAME, "posts", "the answer has no list of posts"));
        };
        let items: Vec<Item> =
            all.iter().map(|one| (post::native_id(one), graph::time(one, "created_time"))).collect();
        let under = key.strip_prefix("c:");
        if self.comments && under.is_none() {
            state.notice(all);
        }
        let keys = state.keys(&self.lists);
        let further = graph::next_page(value, false);
        let Step { more, missed } =
            state.walk.step(&keys, key, &items, further, &self.rules(key), answer.seen);
        (page.more, page.missed) = (more, missed);
        if let Some(post) = under.filter(|_| !state.walk.is_running(key)) {
            state.waiting.retain(|waiting| waiting != post);
            state.walked = state.walked.saturating_add(1) % AT_ONCE;
            page.more &= state.walked > 0;
        }
        Ok(())
    }
}

/// The name or id of a Page, from itself or from its address.
fn page_name(page: &str) -> Option<String> {
    let page = page.trim();
    let path = page
        .strip_prefix("https://")
        .and_then(|rest| rest.strip_prefix("www.").unwrap_or(rest).strip_prefix("facebook.com/"));
    let name = path.unwrap_or(page).trim_matches('/').trim_start_matches('@');
    let fits = |one: char| one.is_alphanumeric() || matches!(one, '.' | '-' | '_');
    (!name.is_empty() && name.chars().all(fits)).then(|| name.to_owned())
}

impl Network for Facebook {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        if self.lists.is_empty() {
            return Ask::Done;
        }
        let state: State = Cursor::state(cursor);
        let keys = state.keys(&self.lists);
        state.walk.turn(&keys).map_or(Ask::Done, |key| Ask::Fetch(self.request(key, &state, now)))
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let value = self.graph.value(answer)?;
        let mut page = Page::default();
        let known = shape::read(&value, &mut page, &answer.request.url);
        if answer.request.url.is_empty() {
            if !known {
                return Err(ReadError::new(&NAME, "posts", "the answer is nothing that Facebook says"));
            }
            return Ok(page);
        }
        if self.lists.is_empty() {
            return Ok(page);
        }
        let before: State = Cursor::state(cursor);
        let mut state = before.clone();
        self.advance(answer, &value, &mut state, &mut page)?;
        page.cursor = if state == before { None } else { Cursor::of(&state) };
        page.pause = graph::slow_down(answer);
        page.more &= page.pause.is_none();
        Ok(page)
    }

    fn pace(&self) -> Duration {
        // with AT_ONCE, below the 200 calls an hour of an app of one user
        let pages = u64::try_from(self.lists.len()).unwrap_or(u64::MAX);
        Duration::from_secs(pages.saturating_mul(60).max(10 * 60))
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        self.graph.refusal(answer)
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        if self.lists.is_empty() {
            return None;
        }
        let mut state: State = Cursor::state(cursor);
        let keys = state.keys(&self.lists);
        let key = state.walk.turn(&keys)?.clone();
        let refusal = self.graph.refusal(answer)?;
        let mut missed = None;
        if refusal.trouble == Trouble::Transient && refusal.detail.contains(graph::TOO_MUCH) {
            let usual = if key.starts_with("c:") { COMMENT_LIMIT } else { LIMIT };
            let less = state.limit.unwrap_or(usual) / 2;
            state.limit = Some(less).filter(|less| *less >= LEAST);
            state.limit?;
        } else if key.starts_with("c:") && refusal.trouble == Trouble::Gone {
            // the post was taken away with its comments
            state.walk.leave(&keys, &key);
            state.waiting.retain(|post| Some(post.as_str()) != key.strip_prefix("c:"));
        } else {
            missed = graph::salvage(&mut state.walk, &keys, &key, &self.rules(&key), answer)?;
        }
        Some(Page { cursor: Cursor::of(&state), missed, ..Page::default() })
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        let id = native_ids.first().filter(|id| post::is_id(id))?;
        // of both kinds at once: fields that an object does not have are refused, so only what both have
        Some(self.graph.get(id, [("fields", post::REREAD_FIELDS)]))
    }

    fn account(&self, name: &str) -> Option<Request> {
        Some(self.graph.get(&page_name(name)?, [("fields", post::PAGE_FIELDS)]))
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        let words = words.trim();
        let fields = "id,name,link,verification_status,location";
        (!words.is_empty()).then(|| self.graph.get("pages/search", [("q", words), ("fields", fields)]))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        Cursor::of(&State { walk: Walk::through(from, to), ..State::default() })
    }
}
