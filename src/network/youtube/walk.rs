//! Where a source stands: what is left of the round under way, and how far each part of it has read.
//!
//! A round searches, fills in what the search found, looks at channels and their uploads, and reads comments.
//! Whatever comes next is in the cursor, so that a stop in the middle loses nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asked::Asked;
use super::quota::{self, Fault};
use super::search::Search;
use super::talk::Talk;
use super::uploads::{self, Channel};
use crate::network::json::{id, list};
use crate::network::{Missed, Page};
use crate::post::{Deletion, Gone};
use crate::time::{DAY, Time};

/// A token of a page older than this is not sent any more, in milliseconds: nobody promises how long one lives.
const STALE: i64 = 30 * 60_000;
/// Ids of videos that are remembered as filled in: more than a busy query finds in the two days asked again.
const KNOWN: usize = 600;
/// How often followed channels are looked up, in milliseconds: figures of a day are enough.
const LOOK: i64 = DAY;
/// Comments of a found video are read for this long, in milliseconds: most are written in the first days.
const TALKED: i64 = 14 * DAY;
/// Found videos whose comments are read, newest first: one unit each a round.
const TALKS: usize = 50;

/// What a source was configured to hear.
#[derive(Debug, Clone, Default)]
pub(super) struct Wants {
    pub(super) query: Option<String>,
    pub(super) channels: Vec<Name>,
    pub(super) videos: Vec<String>,
    /// Whether comments of found videos are read too.
    pub(super) comments: bool,
    /// How far back the first round goes, in milliseconds.
    pub(super) look_back: i64,
    /// Searches that it may make a day.
    pub(super) searches: u32,
}

/// How a channel is named in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Id(String),
    Handle(String),
}

impl Name {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Name::Id(name) | Name::Handle(name) => name,
        }
    }
}

/// A page of something: where it goes on, and when that was told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    at: i64,
    /// Pages read before it.
    pub(super) pages: u32,
}

impl Place {
    /// The page after one that was answered at `seen`; `None` when it was the last.
    pub(super) fn after(page: Option<&Place>, value: &Value, seen: Time) -> Option<Place> {
        let token = id(value, "nextPageToken")?;
        // a token that leads back to its own page
        if page.and_then(|page| page.token.as_ref()) == Some(&token) {
            return None;
        }
        let pages = page.map_or(0, |page| page.pages).saturating_add(1);
        Some(Place { token: Some(token), at: seen.0, pages })
    }

    fn token(&self, now: Time) -> Option<String> {
        self.token.clone().filter(|_| now.0.saturating_sub(self.at) < STALE)
    }
}

/// One request of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(super) enum Task {
    Search(Place),
    Fill,
    Look { names: Vec<String> },
    Uploads { name: String, page: Place },
    Talk { video: String, page: Place },
    Answers { video: String, parent: String, page: Place },
}

/// The time that a look at the past is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Window {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) done: bool,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// What is left of the round, next first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    todo: Vec<Task>,
    pub(super) search: Search,
    /// Videos that were found and whose whole text is still to be asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fill: Vec<String>,
    /// Videos that were offered with their whole text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) known: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    channels: BTreeMap<String, Channel>,
    /// When channels were last looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked: Option<i64>,
    /// By video.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    talks: BTreeMap<String, Talk>,
    /// Set for a look at the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) window: Option<Window>,
}

/// One answer to a task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) value: &'a Value,
    pub(super) fault: Option<&'a Fault>,
    pub(super) seen: Time,
}

impl Told<'_> {
    pub(super) fn items(&self) -> &[Value] {
        list(self.value, "items")
    }

    /// Whether the token of the page is not accepted any more.
    pub(super) fn is_token_refused(&self) -> bool {
        self.fault.is_some_and(Fault::is_token)
    }
}

impl State {
    /// The start of a look at the past.
    pub(super) fn within(window: Window) -> State {
        State { window: Some(window), ..State::default() }
    }

    /// Everything that a round asks for, as far as it is known when it begins.
    fn plan(&self, wants: &Wants, now: Time) -> Vec<Task> {
        if self.window.is_some_and(|window| window.done) {
            return Vec::new();
        }
        let mut tasks = Vec::new();
        if self.looked.is_none_or(|looked| now.0.saturating_sub(looked) >= LOOK) {
            let ids: Vec<String> = wants
                .channels
                .iter()
                .filter(|name| matches!(name, Name::Id(_)))
                .map(|name| name.as_str().to_owned())
                .collect();
            tasks.extend(ids.chunks(50).map(|names| Task::Look { names: names.to_vec() }));
            let handles = wants.channels.iter().filter(|name| matches!(name, Name::Handle(_)));
            tasks.extend(handles.map(|name| Task::Look { names: vec![name.as_str().to_owned()] }));
        }
        for name in &wants.channels {
            tasks.push(Task::Uploads { name: name.as_str().to_owned(), page: Place::default() });
        }
        if self.window.is_none() {
            let found = self.talks.keys().filter(|video| !wants.videos.contains(video));
            for video in wants.videos.iter().chain(found) {
                if self.talks.get(video).is_none_or(|talk| talk.is_open(now)) {
                    tasks.push(Task::Talk { video: video.clone(), page: Place::default() });
                }
            }
        }
        if !self.fill.is_empty() {
            tasks.insert(0, Task::Fill);
        }
        let search = wants.query.is_some() && (tasks.is_empty() || self.search.may(wants.searches, now));
        if search {
            tasks.insert(0, Task::Search(Place::default()));
        }
        tasks
    }

    /// What a task asks now; `None` when that is not known yet, or there is nothing to ask.
    fn question(&self, task: &Task, wants: &Wants, now: Time) -> Option<Asked> {
        match task {
            Task::Search(page) => {
                let query = wants.query.clone()?;
                let token = page.token(now);
                let (after, before) = self.search.bounds(wants, self.window, token.is_some(), now);
                Some(Asked::Search { query, after: Some(after), before, token })
            }
            Task::Fill => {
                let ids: Vec<String> = self.fill.iter().take(50).cloned().collect();
                (!ids.is_empty()).then_some(Asked::Videos { ids })
            }
            Task::Look { names } => match wants
                .channels
                .iter()
                .find(|name| Some(name.as_str()) == names.first().map(String::as_str))?
            {
                Name::Handle(handle) => Some(Asked::Handle { handle: handle.clone() }),
                Name::Id(_) => Some(Asked::Channels { ids: names.clone() }),
            },
            Task::Uploads { name, page } => {
                Some(Asked::Uploads { playlist: self.playlist(name, wants)?, token: page.token(now) })
            }
            Task::Talk { video, page } => Some(Asked::Talk { video: video.clone(), token: page.token(now) }),
            Task::Answers { parent, page, .. } => {
                Some(Asked::Answers { parent: parent.clone(), token: page.token(now) })
            }
        }
    }

    /// The list of everything that a channel has published.
    fn playlist(&self, name: &str, wants: &Wants) -> Option<String> {
        let told = self.channels.get(name).and_then(|channel| channel.playlist.clone());
        told.or_else(|| {
            let by_id = wants.channels.iter().any(|one| matches!(one, Name::Id(id) if id == name));
            by_id.then(|| name.strip_prefix("UC").map(|rest| format!("UU{rest}"))).flatten()
        })
    }

    /// What to ask next.
    pub(super) fn next(&self, wants: &Wants, now: Time) -> Option<Asked> {
        let first = |tasks: &[Task]| tasks.iter().find_map(|task| self.question(task, wants, now));
        first(&self.todo).or_else(|| first(&self.plan(wants, now)))
    }

    /// Takes the task that `asked` was the question of out of the round.
    fn take(&mut self, asked: &Asked, wants: &Wants, now: Time) -> Option<Task> {
        let mut tasks = std::mem::take(&mut self.todo);
        if !tasks.iter().any(|task| self.question(task, wants, now).is_some()) {
            tasks = self.plan(wants, now);
        }
        let is_it = |task: &Task| match (task, asked) {
            (Task::Search(_), Asked::Search { query, after: Some(_), .. }) => {
                wants.query.as_ref() == Some(query)
            }
            (Task::Fill, Asked::Videos { ids }) => ids.iter().any(|id| self.fill.contains(id)),
            (Task::Look { names }, Asked::Channels { ids }) => names == ids,
            (Task::Look { names }, Asked::Handle { handle }) => names.first() == Some(handle),
            (Task::Uploads { name, .. }, Asked::Uploads { playlist, .. }) => {
                self.playlist(name, wants).as_ref() == Some(playlist)
            }
            (Task::Talk { video, .. }, Asked::Talk { video: asked, .. }) => video == asked,
            (Task::Answers { parent, .. }, Asked::Answers { parent: asked, .. }) => parent == asked,
            (
                Task::Search(_)
                | Task::Fill
                | Task::Look { .. }
                | Task::Uploads { .. }
                | Task::Talk { .. }
                | Task::Answers { .. },
                _,
            ) => false,
        };
        let at = tasks.iter().position(is_it);
        let task = at.map(|at| tasks.remove(at));
        self.todo = tasks;
        task
    }

    /// Whether an answer to `asked` belongs to the round of this source.
    pub(super) fn expects(&self, asked: &Asked, wants: &Wants, now: Time) -> bool {
        self.clone().take(asked, wants, now).is_some()
    }

    /// The video that a comment whose answers are asked for is about.
    pub(super) fn video_of(&self, parent: &str) -> Option<String> {
        self.todo.iter().find_map(|task| match task {
            Task::Answers { video, parent: one, .. } if one == parent => Some(video.clone()),
            Task::Answers { .. }
            | Task::Search(_)
            | Task::Fill
            | Task::Look { .. }
            | Task::Uploads { .. }
            | Task::Talk { .. } => None,
        })
    }

    /// Moves on by one answer, whose posts are on `page`. `false`: it does not belong to this round.
    pub(super) fn step(&mut self, wants: &Wants, asked: &Asked, told: Told<'_>, page: &mut Page) -> bool {
        let seen = told.seen;
        let Some(task) = self.take(asked, wants, seen) else { return false };
        let mut next = match task {
            Task::Search(place) => self.searched(wants, asked, &place, told, page),
            Task::Fill => self.filled(wants, asked, told, page),
            Task::Look { names } => self.looked(&names, told, page),
            Task::Uploads { name, page: place } => {
                let window = self.window;
                let channel = self.channels.entry(name.clone()).or_default();
                let (place, fill) = channel.step(wants.look_back, window, &place, told, page);
                for id in fill {
                    self.find(id);
                }
                place.map(|page| Task::Uploads { name, page }).into_iter().collect()
            }
            Task::Talk { video, page: place } => {
                if told.fault.is_some_and(|fault| fault.reason == "videoNotFound") {
                    let gone = Gone::Post(video.clone());
                    page.deletions.push(Deletion { network: super::NAME, gone, at: None });
                }
                let talk = self.talks.entry(video.clone()).or_default();
                talk.step(&video, wants.look_back, &place, told, page)
            }
            Task::Answers { video, parent, page: place } => {
                super::talk::answers(&video, parent, &place, told)
            }
        };
        if !self.fill.is_empty() && !self.todo.contains(&Task::Fill) && !next.contains(&Task::Fill) {
            next.insert(0, Task::Fill);
        }
        self.todo.splice(0..0, next);
        self.end(wants, seen, page);
        true
    }

    /// Clears up after an answer, and tells whether there is more.
    fn end(&mut self, wants: &Wants, seen: Time, page: &mut Page) {
        let may = self.search.may(wants.searches, seen);
        if !may && self.todo.iter().any(|task| matches!(task, Task::Search(_))) {
            self.todo.retain(|task| !matches!(task, Task::Search(_)));
            let missed = self.search.interrupted(self.window);
            page.missed = page.missed.take().or(missed);
        }
        if !self.todo.iter().any(|task| self.question(task, wants, seen).is_some()) {
            self.todo.clear();
        }
        let configured = |name: &str| wants.channels.iter().any(|one| one.as_str() == name);
        self.channels.retain(|name, _| configured(name));
        self.talks.retain(|video, talk| wants.videos.contains(video) || talk.is_young(TALKED, seen));
        while self.talks.len() > wants.videos.len().saturating_add(TALKS) {
            let oldest = self.talks.iter().filter(|(video, _)| !wants.videos.contains(video));
            let Some(oldest) = oldest.min_by_key(|(_, talk)| talk.found).map(|(video, _)| video.clone())
            else {
                break;
            };
            self.talks.remove(&oldest);
        }
        let surplus = self.known.len().saturating_sub(KNOWN);
        self.known.drain(..surplus);
        page.more = !self.todo.is_empty();
        if !page.more
            && let Some(window) = &mut self.window
        {
            window.done = true;
        }
        let only_search = wants.channels.is_empty() && wants.videos.is_empty() && self.talks.is_empty();
        if !page.more && !may && wants.query.is_some() && only_search && self.window.is_none() {
            let rest = quota::midnight(seen).since(seen);
            page.pause = u64::try_from(rest).ok().map(std::time::Duration::from_millis);
        }
    }

    /// Remembers a found video until it is filled in.
    pub(super) fn find(&mut self, id: String) {
        if !self.fill.contains(&id) && !self.known.contains(&id) {
            self.fill.push(id);
        }
    }

    /// The whole text of what was found. What is not in the answer is gone or not public.
    fn filled(&mut self, wants: &Wants, asked: &Asked, told: Told<'_>, page: &Page) -> Vec<Task> {
        let Asked::Videos { ids } = asked else { return Vec::new() };
        self.fill.retain(|id| !ids.contains(id));
        for id in ids {
            if !self.known.contains(id) {
                self.known.push(id.clone());
            }
        }
        if wants.comments && self.window.is_none() {
            let young = |at: &Time| told.seen.since(*at) < TALKED;
            for post in page.posts.iter().filter(|post| ids.contains(&post.native_id)) {
                if let Some(at) = post.published.filter(young) {
                    self.talks.entry(post.native_id.clone()).or_default().found = Some(at.0);
                }
            }
        }
        if self.fill.is_empty() { Vec::new() } else { vec![Task::Fill] }
    }

    /// Channels that were looked up by name.
    fn looked(&mut self, names: &[String], told: Told<'_>, page: &mut Page) -> Vec<Task> {
        self.looked = Some(told.seen.0);
        let mut unknown: Vec<&String> = names.iter().collect();
        for item in told.items() {
            let Some(native_id) = id(item, "id") else { continue };
            // a handle is asked for alone
            let name =
                names.iter().find(|name| **name == native_id).or(names.first().filter(|_| names.len() == 1));
            let Some(name) = name else { continue };
            unknown.retain(|one| *one != name);
            let channel = self.channels.entry(name.clone()).or_default();
            if let Some(playlist) = uploads::playlist(item) {
                channel.playlist = Some(playlist);
            }
        }
        if let Some(name) = unknown.first().filter(|_| told.value.is_object()) {
            page.missed = Some(Missed {
                from: told.seen,
                to: told.seen,
                reason: format!("YouTube knows no channel `{name}`; correct `channels`"),
            });
        }
        Vec::new()
    }
}
