//! GitHub: issues, pull requests and discussions found by words, and the releases of known projects.
//!
//! A search gives a thousand results of a question, so it is walked back through windows of `created:`. Discussions
//! are searched through GraphQL, which wants a token.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::forum::window::{Left, Rounds, Rules, Window};
use super::forum::{self, address};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Key, Method, Missed, Network, Offer, Page,
    ReadError, Request, Secret, Spec, Told, json as read_json,
};
use crate::post::NetworkName;
use crate::time::Time;

mod answer;
mod event;
mod graph;
mod item;
mod refusal;

const NAME: NetworkName = NetworkName::known("github");
/// Items of a page, and pages of a question.
const PER_PAGE: usize = 100;
const PAGES: u32 = 10;
/// Seconds asked for again: the search learns of an issue a little late.
const OVERLAP: i64 = 600;
/// The longest query GitHub takes, in characters.
const LONGEST: usize = 256;
/// The pause before an answer that GitHub calls incomplete is asked for again.
const AGAIN: Duration = Duration::from_secs(5);
/// Names of the searches in the cursor.
const ISSUES: &str = "issues";
const DISCUSSIONS: &str = "discussions";

pub(super) const SPEC: Spec = Spec {
    name: "github",
    aliases: &[],
    about: "issues, pull requests and discussions of GitHub by words, and releases of known projects",
    keys: &["base_url", "query", "repos", "look_back"],
    secrets: &[Secret {
        key: "token",
        needed: false,
        about: "any token of a free account (github.com/settings/tokens, no rights needed): three times the \
                searches, and discussions",
    }],
    offer: Offer {
        can: &[Can::Search, Can::AccountPosts, Can::Snapshot, Can::UserSearch, Can::Backfill],
        look_back: "everything since 2008",
        deletes: Told::Reread,
        edits: Told::Reread,
        reread_batch: 50,
        absent: Absent::Gone,
        cost: "free: 10 searches a minute without a token, 30 with a free one; 60 other requests an hour without, \
               5,000 with (documentation of 2026)",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(GitHub::build(super::section(section)?)?)),
};

/// What the section of a GitHub source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    query: Option<String>,
    #[serde(default)]
    repos: Vec<String>,
    #[serde(default = "default_look_back")]
    look_back: String,
    token: Option<Key>,
}

fn default_base() -> String {
    "https://api.github.com".to_owned()
}

fn default_look_back() -> String {
    "7d".to_owned()
}

/// GitHub as a source.
#[derive(Debug)]
struct GitHub {
    base: Url,
    query: Option<String>,
    token: Option<Key>,
    /// Names of the searches, those that heed a time first.
    searches: Vec<String>,
    /// How many of them do.
    timed: usize,
    look_back: i64,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    rounds: Rounds,
    /// The place in the pages of GraphQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Projects that were not there when their turn last came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    away: Vec<String>,
}

impl GitHub {
    fn build(section: Section) -> Result<GitHub, BuildError> {
        let base = address::base("base_url", &section.base_url)?;
        let look_back = forum::seconds("look_back", &section.look_back)?;
        let query = section.query.map(|query| query.trim().to_owned()).filter(|query| !query.is_empty());
        if query.as_ref().is_some_and(|query| query.chars().count() > LONGEST) {
            return Err(forum::fault("query", format!("GitHub takes {LONGEST} characters at most")));
        }
        let mut searches = Vec::new();
        if query.is_some() {
            searches.push(ISSUES.to_owned());
            searches.extend(section.token.as_ref().map(|_| DISCUSSIONS.to_owned()));
        }
        let timed = searches.len();
        for repo in &section.repos {
            let repo = repo.trim().trim_matches('/');
            let part = |part: &str| {
                !part.is_empty() && part.chars().all(|one| one.is_alphanumeric() || "-_.".contains(one))
            };
            match repo.split_once('/') {
                Some((owner, name)) if part(owner) && part(name) => searches.push(repo.to_owned()),
                _ => return Err(forum::fault("repos", format!("`{repo}` is not a project like owner/name"))),
            }
        }
        Ok(GitHub { base, query, token: section.token, searches, timed, look_back })
    }

    fn rules(&self) -> Rules {
        Rules { overlap: OVERLAP, look_back: self.look_back, pages: PAGES }
    }

    /// The searches to walk: the newest releases say nothing of one time.
    fn searches(&self, rounds: &Rounds) -> &[String] {
        let timed = self.searches.get(..self.timed).unwrap_or_default();
        if rounds.is_only() { timed } else { &self.searches }
    }

    fn signed(&self, request: Request) -> Request {
        let request = request.header("x-github-api-version", "2022-11-28");
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.reveal())),
            None => request,
        }
    }

    fn get(&self, path: &[&str], pairs: &[(&str, &str)]) -> Request {
        let request = Request::get(address::under(&self.base, path, pairs));
        self.signed(request.header("accept", "application/vnd.github.text-match+json"))
    }

    /// A question to GraphQL; on servers of one's own it stands beside the other interface.
    fn graph(&self, query: &str, variables: &Value) -> Request {
        let mut url = self.base.clone();
        let path = self.base.path().trim_end_matches('/');
        let path = path.strip_suffix("/v3").unwrap_or(path);
        url.set_path(&format!("{path}/graphql"));
        let body = json!({"query": query, "variables": variables}).to_string().into_bytes();
        let request =
            Request { method: Method::Post, url: url.into(), body: Some(body), ..Request::default() };
        self.signed(request.header("accept", "application/json").header("content-type", "application/json"))
    }

    /// The words of the query within a time.
    fn words(&self, window: Window) -> String {
        let query = self.query.as_deref().unwrap_or_default();
        let moment = |seconds: i64| {
            Time(seconds.max(0).saturating_mul(1000)).stamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
        };
        match window.ceiling {
            Some(ceiling) => format!("{query} created:{}..{}", moment(window.floor), moment(ceiling)),
            None => format!("{query} created:>={}", moment(window.floor)),
        }
    }

    fn search(&self, search: &str, window: Window, after: Option<&str>) -> Request {
        match search {
            ISSUES => {
                let words = self.words(window);
                let told = words.split_whitespace().any(|word| word.starts_with("in:"));
                let within = if told { "" } else { " in:title,body,comments" };
                let (words, page) = (format!("{words}{within}"), window.page.to_string());
                let pairs = [
                    ("q", &*words),
                    ("sort", "created"),
                    ("order", "desc"),
                    ("per_page", "100"),
                    ("page", &*page),
                ];
                self.get(&["search", "issues"], &pairs)
            }
            DISCUSSIONS => self.graph(graph::SEARCH, &json!({"words": self.words(window), "after": after})),
            repo => {
                let (owner, name) = repo.split_once('/').unwrap_or((repo, ""));
                self.get(&["repos", owner, name, "releases"], &[("per_page", "100")])
            }
        }
    }
}

/// Whether an answer came to what this search asks.
fn answers(url: &str, search: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match search {
        ISSUES => url.path().ends_with("/search/issues"),
        DISCUSSIONS => url.path().ends_with("/graphql"),
        repo => url.path().ends_with(&format!("/repos/{repo}/releases")),
    }
}

impl Network for GitHub {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        let Some(search) = state.rounds.current(self.searches(&state.rounds)) else { return Ask::Done };
        let window = state.rounds.window(search, self.rules(), now);
        let after = state.after.as_deref().filter(|_| window.page > 1);
        Ask::Fetch(self.search(search, window, after))
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        if let Some(error) = self.refused(answer, cursor).or_else(|| refusal::of_status(answer)) {
            return Err(error);
        }
        let value = read_json::parse(&NAME, "posts", &answer.body)?;
        let state: State = Cursor::state(cursor);
        if let Some(error) = refusal::told(answer, &value) {
            return Err(error.instead(self.without_place(answer, &state, &value)));
        }
        let found = answer::read(&value)?;
        let mut page = found.page;
        let searches = self.searches(&state.rounds);
        let Some(search) =
            state.rounds.current(searches).filter(|search| answers(&answer.request.url, search))
        else {
            return Ok(page);
        };
        let listed = value.as_array().map_or_else(|| read_json::list(&value, "items"), Vec::as_slice);
        let ours = |one: &Value| read_json::has_any(one, &["html_url", "node_id", "tag_name"]);
        let of_its_kind = match search {
            ISSUES => value.is_object(),
            DISCUSSIONS => value.get("data").is_some(),
            _ => true,
        };
        let of_its_kind = of_its_kind && !read_json::is_foreign(listed, ours);
        let Some(times) = found.times.filter(|_| of_its_kind) else {
            return Err(ReadError::new(&NAME, "posts", "the answer is no list of what was asked for"));
        };
        let mut next = state.clone();
        next.away.retain(|repo| repo != search);
        let asked = state.rounds.window(search, self.rules(), answer.seen);
        let left = left(search, &value, asked, times.len());
        let step = next.rounds.step(searches, search, self.rules(), asked, &times, left);
        (page.more, page.missed) = (step.more, step.missed.or_else(|| beyond(search, asked, &times)));
        page.pause = (left == Left::Same).then_some(AGAIN);
        next.after = graph::place(&value).filter(|_| left == Left::Page);
        page.cursor = if next == state { None } else { Cursor::of(&next) };
        Ok(page)
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        self.without_project(answer, Cursor::state(cursor))
    }

    fn refused(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<ReadError> {
        let error = refusal::of_status(answer)?;
        let value = read_json::parse(&NAME, "posts", &answer.body).unwrap_or_default();
        let instead = self.without_place(answer, &Cursor::state(cursor), &value);
        // anything else that is not there is for the source to judge: one such answer may be a slip
        let judged = answer.status != 404 || error.trouble == super::Trouble::Gone;
        judged.then(|| error.instead(instead))
    }

    fn pace(&self) -> Duration {
        let repos = u64::try_from(self.searches.len().saturating_sub(self.timed)).unwrap_or(u64::MAX);
        // without a token 60 requests an hour for everything that is no search
        let each = if self.token.is_some() { 3 } else { 75 };
        Duration::from_secs(repos.saturating_mul(each).max(60))
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        self.token.as_ref()?;
        let ids: Vec<&String> = native_ids.iter().take(50).collect();
        (!ids.is_empty()).then(|| self.graph(graph::AGAIN, &json!({"ids": ids})))
    }

    fn account(&self, name: &str) -> Option<Request> {
        let name = name.trim().trim_start_matches('@');
        // a number is the id that survives a rename
        let by_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        Some(self.get(&[if by_number { "user" } else { "users" }, name], &[]))
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        Some(self.get(&["search", "users"], &[("q", words), ("per_page", "30")]))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        let state = State { rounds: Rounds::only(from, to), ..State::default() };
        Cursor::of(&state).filter(|_| self.timed > 0)
    }
}

impl GitHub {
    /// The cursor without its place in the pages of GraphQL, when that is what was refused.
    fn without_place(&self, answer: &Answer, state: &State, value: &Value) -> Option<Cursor> {
        let current = state.rounds.current(self.searches(&state.rounds));
        let own = current == Some(DISCUSSIONS) && answers(&answer.request.url, DISCUSSIONS);
        if !own || state.after.is_none() || !graph::refuses_place(value) {
            return None;
        }
        let mut rounds = state.rounds.clone();
        rounds.restart(DISCUSSIONS);
        Cursor::of(&State { rounds, after: None, away: state.away.clone() })
    }

    /// Passes over a project that is not there, unless nothing else is asked for. That it is missed is told once.
    fn without_project(&self, answer: &Answer, mut state: State) -> Option<Page> {
        let searches = self.searches(&state.rounds);
        let search = state.rounds.current(searches).filter(|one| !matches!(*one, ISSUES | DISCUSSIONS))?;
        let gone = matches!(answer.status, 404 | 410 | 451) && answers(&answer.request.url, search);
        let others = searches.iter().any(|other| other != search && !state.away.contains(other));
        if !gone || !others {
            return None;
        }
        let asked = state.rounds.window(search, self.rules(), answer.seen);
        let told = state.away.iter().any(|repo| repo == search);
        let missed = (!told).then(|| Missed {
            from: Time::from_seconds(asked.floor).unwrap_or(answer.seen).min(answer.seen),
            to: answer.seen,
            reason: format!("`{search}` cannot be read: it was removed or is private; correct `repos`"),
        });
        if !told {
            state.away.push(search.to_owned());
        }
        let more = state.rounds.step(searches, search, self.rules(), asked, &[], Left::Nothing).more;
        Some(Page { cursor: Cursor::of(&state), more, missed, ..Page::default() })
    }
}

/// What an answer leaves to be asked.
fn left(search: &str, value: &Value, asked: Window, items: usize) -> Left {
    match search {
        ISSUES if forum::flag(value, "incomplete_results") => Left::Same,
        ISSUES => {
            let before = i64::from(asked.page.saturating_sub(1)).saturating_mul(100);
            let reached = before.saturating_add(i64::try_from(items).unwrap_or(i64::MAX));
            let all = forum::count(value, "total_count").unwrap_or_default();
            if items >= PER_PAGE || all > reached { Left::Older } else { Left::Nothing }
        }
        DISCUSSIONS if graph::place(value).is_some() => Left::Page,
        _ => Left::Nothing,
    }
}

/// What a full page of releases leaves out of reach.
fn beyond(search: &str, asked: Window, times: &[i64]) -> Option<Missed> {
    let oldest = times.iter().min().filter(|oldest| **oldest > asked.floor)?;
    let releases = !matches!(search, ISSUES | DISCUSSIONS);
    (releases && times.len() >= PER_PAGE).then_some(())?;
    Some(Missed {
        from: Time::from_seconds(asked.floor)?,
        to: Time::from_seconds(*oldest)?,
        reason: "more releases than GitHub gives at once".to_owned(),
    })
}
