//! Stack Exchange: questions, answers and comments of its sites, by search, by tag or all of a site.
//!
//! Its searches answer newest first and are walked back through time; what the answers say of quota and backoff is
//! heeded before anything else is asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::forum::window::{Left, Rounds, Rules, Window};
use super::forum::{self, address};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Key, Network, Offer, Page, ReadError, Request,
    Secret, Spec, Told, json,
};
use crate::post::NetworkName;
use crate::time::{DAY, Time};

mod item;
mod refusal;

const NAME: NetworkName = NetworkName::known("stackexchange");
/// Items an answer holds at most.
const PER_PAGE: &str = "100";
/// The search for excerpts.
const EXCERPTS: &str = "search/excerpts";
/// Seconds asked for again.
const OVERLAP: i64 = 600;
/// Pages given without a key.
const PAGES: u32 = 25;
/// Requests a day and address without a key, and how many of them one source may take: others are behind it too.
const KEYLESS: u64 = 250;
/// Seconds between two rounds with a key: answers to the same question are kept for a minute.
const KEYED_PACE: u64 = 60;

pub(super) const SPEC: Spec = Spec {
    name: "stackexchange",
    aliases: &["stackoverflow"],
    about: "questions, answers and comments of Stack Overflow and its sister sites, by search, tag or whole site",
    keys: &["base_url", "sites", "query", "tags", "timeline", "look_back"],
    secrets: &[Secret {
        key: "key",
        needed: false,
        about: "a free key from stackapps.com, which raises 300 requests a day to 10,000",
    }],
    offer: Offer {
        can: &[Can::Search, Can::Tags, Can::Comments, Can::Snapshot, Can::UserSearch, Can::Backfill],
        look_back: "everything since 2008",
        // a question is asked for by another method than an answer, and a number does not say which it is
        deletes: Told::Never,
        edits: Told::Reread,
        reread_batch: 100,
        absent: Absent::Unknown,
        cost: "free: 300 requests a day and address without a key, 10,000 with a free one (documentation of 2026); \
               texts are under CC BY-SA: show author, link and site beside any excerpt",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(StackExchange::build(super::section(section)?)?)),
};

/// What the section of a Stack Exchange source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default = "default_sites")]
    sites: Vec<String>,
    query: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    timeline: Option<String>,
    #[serde(default = "default_look_back")]
    look_back: String,
    key: Option<Key>,
}

fn default_base() -> String {
    "https://api.stackexchange.com/2.3".to_owned()
}

fn default_sites() -> Vec<String> {
    vec!["stackoverflow".to_owned()]
}

fn default_look_back() -> String {
    "2d".to_owned()
}

/// Stack Exchange as a source.
#[derive(Debug)]
struct StackExchange {
    base: Url,
    key: Option<Key>,
    sites: Vec<String>,
    /// Path and parameters of each search, without the time: its name in the cursor.
    searches: Vec<String>,
    look_back: i64,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Where the searches stand.
    rounds: Rounds,
    /// A site, and its answers of which only an excerpt was seen: they are fetched before anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    whole: Option<(String, Vec<String>)>,
}

impl StackExchange {
    fn build(section: Section) -> Result<StackExchange, BuildError> {
        let base = address::base("base_url", &section.base_url)?;
        let look_back = forum::seconds("look_back", &section.look_back)?;
        let sites: Vec<String> = section.sites.iter().map(|site| site.trim().to_lowercase()).collect();
        let plain =
            |site: &String| !site.is_empty() && site.chars().all(|one| one.is_alphanumeric() || one == '.');
        if sites.is_empty() || !sites.iter().all(plain) {
            return Err(forum::fault(
                "sites",
                "write names like \"stackoverflow\", \"superuser\" or \"french\"",
            ));
        }
        let mut asked: Vec<(&str, Vec<(&str, String)>)> = Vec::new();
        if let Some(query) = section.query.as_deref().map(str::trim).filter(|query| !query.is_empty()) {
            asked.push(("search/advanced", vec![("q", query.to_owned())]));
            // the only search that finds answers, of which it gives an excerpt
            asked.push((EXCERPTS, vec![("q", query.to_owned())]));
        }
        for tag in &section.tags {
            let tag = tag.trim();
            if tag.is_empty() || tag.contains([';', ' ']) {
                return Err(forum::fault("tags", format!("`{tag}` is not one tag")));
            }
            asked.push(("questions", vec![("tagged", tag.to_owned())]));
        }
        match section.timeline.as_deref().map(str::trim) {
            None | Some("none" | "") => {}
            // `/posts` has both, but no titles
            Some("posts") => {
                asked.extend(["questions", "answers", "comments"].map(|path| (path, Vec::new())))
            }
            Some(other) => {
                return Err(forum::fault("timeline", format!("`{other}` is not `posts`, all of a site")));
            }
        }
        let search = |site: &String| {
            let site = site.clone();
            asked.iter().map(move |(path, pairs)| {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                query.append_pair("site", &site).append_pair("order", "desc").append_pair("sort", "creation");
                for (name, value) in pairs {
                    query.append_pair(name, value);
                }
                format!("{path}?{}", query.finish())
            })
        };
        let searches = sites.iter().flat_map(search).collect();
        Ok(StackExchange { base, key: section.key, sites, searches, look_back })
    }

    fn rules(&self) -> Rules {
        Rules { overlap: OVERLAP, look_back: self.look_back, pages: PAGES }
    }

    /// A request of `path?query`, with texts and the key.
    fn request(&self, question: &str, pairs: &[(&str, String)]) -> Request {
        let (path, query) = question.split_once('?').unwrap_or((question, ""));
        let path: Vec<&str> = path.split('/').collect();
        let mut url = address::under(&self.base, &path, &[]);
        let mut all = url::form_urlencoded::Serializer::new(format!("?{query}"));
        for (name, value) in pairs {
            all.append_pair(name, value);
        }
        all.append_pair("pagesize", PER_PAGE).append_pair("filter", "withbody");
        if let Some(key) = &self.key {
            all.append_pair("key", key.reveal());
        }
        url.push_str(&all.finish());
        Request::get(url).header("accept", "application/json")
    }

    fn search(&self, search: &str, window: Window) -> Request {
        let mut pairs = vec![("fromdate", window.floor.max(0).to_string())];
        pairs.extend(window.ceiling.map(|ceiling| ("todate", ceiling.to_string())));
        if window.page > 1 {
            pairs.push(("page", window.page.to_string()));
        }
        self.request(search, &pairs)
    }
}

/// Whether an answer came to what this search asks.
fn answers(url: &str, search: &str) -> bool {
    let path = search.split_once('?').map_or(search, |(path, _)| path);
    Url::parse(url).is_ok_and(|url| {
        let asked = url.query_pairs().any(|(key, _)| key == "fromdate");
        asked && url.path().trim_end_matches('/').ends_with(&format!("/{path}"))
    })
}

impl Network for StackExchange {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let State { rounds, whole } = Cursor::state(cursor);
        if let Some((site, answers)) = whole {
            return Ask::Fetch(self.request(&format!("answers/{}", answers.join(";")), &[("site", site)]));
        }
        let Some(search) = rounds.current(&self.searches) else { return Ask::Done };
        Ask::Fetch(self.search(search, rounds.window(search, self.rules(), now)))
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        if let Some(error) = self.refused(answer, cursor) {
            return Err(error);
        }
        let value = json::parse(&NAME, "posts", &answer.body)?;
        if let Some(error) = refusal::told(answer, &value) {
            return Err(error);
        }
        let mut page = Page::default();
        let mut times = Vec::new();
        item::all(&value, item::asked_host(&answer.request.url).as_deref(), &mut page, &mut times)?;
        page.pause = refusal::pause(&value, answer.seen);
        let state: State = Cursor::state(cursor);
        let mut next = state.clone();
        let search =
            state.rounds.current(&self.searches).filter(|search| answers(&answer.request.url, search));
        if state.whole.is_some() {
            if answer.request.url.contains("/answers/") {
                next.whole = None;
                page.more = next.rounds.unfinished(&self.searches);
            }
        } else if let Some(search) = search {
            let asked = state.rounds.window(search, self.rules(), answer.seen);
            let left = if forum::flag(&value, "has_more") { Left::Older } else { Left::Nothing };
            let step = next.rounds.step(&self.searches, search, self.rules(), asked, &times, left);
            (page.more, page.missed) = (step.more, step.missed);
            if search.starts_with(EXCERPTS) {
                // questions come whole from the other search
                page.posts.clear();
                let found = item::answers(&value);
                next.whole = site_in(search).filter(|_| !found.is_empty()).map(|site| (site, found));
                page.more |= next.whole.is_some();
            }
        }
        page.cursor = if next == state { None } else { Cursor::of(&next) };
        Ok(page)
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        refusal::of_status(answer)
    }

    fn pace(&self) -> Duration {
        let searches = u64::try_from(self.searches.len()).unwrap_or(u64::MAX).max(1);
        let seconds = match self.key {
            Some(_) => KEYED_PACE.saturating_mul(searches.div_ceil(6)),
            None => 86_400_u64.div_ceil(KEYLESS).saturating_mul(searches),
        };
        Duration::from_secs(seconds)
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        let mut numbers = Vec::new();
        let (site, _) = item::placed(native_ids.first()?);
        let mut comments = None;
        for id in native_ids.iter().take(100) {
            let (of, number) = item::placed(id);
            let comment = number.strip_prefix("comment-");
            let number = comment.unwrap_or(number);
            // one question is about one kind on one site; the others keep their turn
            if of == site
                && *comments.get_or_insert(comment.is_some()) == comment.is_some()
                && is_number(number)
            {
                numbers.push(number);
            }
        }
        let kind = if comments == Some(true) { "comments" } else { "questions" };
        (!numbers.is_empty())
            .then(|| self.request(&format!("{kind}/{}", numbers.join(";")), &[("site", site)]))
    }

    fn account(&self, name: &str) -> Option<Request> {
        let (site, number) = item::placed(name);
        if is_number(number) {
            return Some(self.request(&format!("users/{number}"), &[("site", site)]));
        }
        self.find_accounts(name)
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        let site = self.sites.first()?.clone();
        Some(self.request("users", &[("site", site), ("inname", words.to_owned())]))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        let state = State { rounds: Rounds::only(from, to), ..State::default() };
        Cursor::of(&state).filter(|_| !self.searches.is_empty())
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The site that a search asks.
fn site_in(search: &str) -> Option<String> {
    let (_, query) = search.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "site")
        .map(|(_, site)| site.into_owned())
}

/// The next midnight in UTC, when quotas begin again.
fn midnight(now: Time) -> Time {
    Time(now.0.div_euclid(DAY).saturating_add(1).saturating_mul(DAY))
}

/// Whether a list of an answer has this shape; most of its kinds are told by one field.
fn has(value: &Value, keys: &[&str]) -> bool {
    keys.iter().any(|key| value.get(key).is_some())
}
