//! Lemmy: posts and comments of a server, of communities, or found by words, in both generations of its interface.
//!
//! Which generation a server speaks is asked first and kept in the cursor. Lists are read newest first down to what
//! is known and one page further, since posts of other servers arrive late; once a day some pages further still, to
//! learn of edits and removals.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use self::walk::{Api, State};
use super::forum::{self, address};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Network, Offer, Page, ReadError, Request, Spec, Told,
};
use crate::post::NetworkName;
use crate::time::Time;

mod answer;
mod item;
mod language;
mod refusal;
mod walk;

const NAME: NetworkName = NetworkName::known("lemmy");

pub(super) const SPEC: Spec = Spec {
    name: "lemmy",
    aliases: &[],
    about: "posts and comments of a Lemmy server, of communities, or by words, asked every minute or two",
    keys: &["base_url", "query", "communities", "timeline", "look_back", "api"],
    secrets: &[],
    offer: Offer {
        can: &[Can::Search, Can::AccountPosts, Can::Comments, Can::Snapshot, Can::UserSearch],
        look_back: "as far as the lists reach; the first round goes back two days",
        deletes: Told::Reread,
        edits: Told::Reread,
        reread_batch: 1,
        absent: Absent::Unknown,
        cost: "free: 180 requests a minute and 60 searches in ten minutes for each address by default (2026); \
               every server sets its own limits",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(Lemmy::build(super::section(section)?)?)),
};

/// What the section of a Lemmy source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    query: Option<String>,
    #[serde(default)]
    communities: Vec<String>,
    timeline: Option<String>,
    #[serde(default = "default_look_back")]
    look_back: String,
    api: Option<String>,
}

fn default_base() -> String {
    "https://lemmy.world".to_owned()
}

fn default_look_back() -> String {
    "2d".to_owned()
}

/// A list that is followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Scope {
    All,
    Local,
    Community(String),
    Words(String),
}

#[derive(Debug, Clone)]
struct Feed {
    /// Its name in the cursor.
    name: String,
    comments: bool,
    scope: Scope,
}

/// A Lemmy server as a source.
#[derive(Debug)]
struct Lemmy {
    base: Url,
    feeds: Vec<Feed>,
    names: Vec<String>,
    /// Milliseconds that the first round goes back.
    look_back: i64,
    /// The generation that the section says.
    api: Option<Api>,
}

impl Lemmy {
    fn build(section: Section) -> Result<Lemmy, BuildError> {
        let base = address::base("base_url", &section.base_url)?;
        let look_back = forum::seconds("look_back", &section.look_back)?.saturating_mul(1000);
        let api = match section.api.as_deref() {
            None => None,
            Some("v3") => Some(Api::V3),
            Some("v4") => Some(Api::V4),
            Some(other) => return Err(forum::fault("api", format!("`{other}` is neither `v3` nor `v4`"))),
        };
        let mut scopes = Vec::new();
        if let Some(query) =
            section.query.map(|query| query.trim().to_owned()).filter(|query| !query.is_empty())
        {
            scopes.push(("words".to_owned(), Scope::Words(query)));
        }
        for community in &section.communities {
            let name = community.trim().trim_start_matches('!');
            if name.is_empty() || name.contains(|one: char| one.is_whitespace() || one == '/') {
                let reason = format!("`{community}` is not a community like name or name@server");
                return Err(forum::fault("communities", reason));
            }
            scopes.push((format!("!{name}"), Scope::Community(name.to_owned())));
        }
        match section.timeline.as_deref().map(str::trim) {
            None | Some("none" | "") => {}
            Some("all") => scopes.push(("all".to_owned(), Scope::All)),
            Some("local") => scopes.push(("local".to_owned(), Scope::Local)),
            Some(other) => {
                return Err(forum::fault("timeline", format!("`{other}` is neither `all` nor `local`")));
            }
        }
        let both = |(name, scope): &(String, Scope)| {
            [("posts", false), ("comments", true)].map(|(kind, comments)| Feed {
                name: format!("{kind} {name}"),
                comments,
                scope: scope.clone(),
            })
        };
        let feeds: Vec<Feed> = scopes.iter().flat_map(both).collect();
        let names = feeds.iter().map(|feed| feed.name.clone()).collect();
        Ok(Lemmy { base, feeds, names, look_back, api })
    }

    fn get(&self, api: Api, path: &[&str], pairs: &[(&str, &str)]) -> Request {
        let mut whole = vec!["api", api.as_str()];
        whole.extend(path);
        Request::get(address::under(&self.base, &whole, pairs)).header("accept", "application/json")
    }

    /// The request of a page of a list.
    fn list(&self, api: Api, feed: &Feed, place: &walk::Place) -> Request {
        let new = api.word("New");
        let kind = if feed.comments { "comment" } else { "post" };
        let (limit, page) = (place.limit.to_string(), place.page.to_string());
        let mut pairs = vec![("sort", &*new), ("limit", &*limit)];
        let all = api.word(if feed.scope == Scope::Local { "Local" } else { "All" });
        let mut path = vec![kind, "list"];
        match (&feed.scope, api) {
            (Scope::Words(words), Api::V3) => {
                path = vec!["search"];
                let kind = if feed.comments { "Comments" } else { "Posts" };
                pairs.extend([("q", &**words), ("type_", kind), ("listing_type", &*all)]);
            }
            (Scope::Words(words), Api::V4) => pairs.extend([("search_term", &**words), ("type_", &*all)]),
            (Scope::Community(name), _) => {
                pairs.extend([("type_", &*all), ("community_name", &**name)]);
                if feed.comments && api == Api::V4 {
                    pairs.push(("community_name_or_id", name)); // as some versions call it
                }
            }
            (Scope::All | Scope::Local, _) => pairs.push(("type_", &*all)),
        }
        match &place.token {
            Some(token) => pairs.push(("page_cursor", token)),
            None if place.page > 1 => pairs.push(("page", &page)),
            None => {}
        }
        self.get(api, &path, &pairs)
    }

    /// The server that an answer came from.
    fn server(&self, answer: &Answer) -> item::Server {
        let url = Url::parse(answer.url()).ok().filter(Url::has_host);
        item::Server::of(url.as_ref().or_else(|| (!self.feeds.is_empty()).then_some(&self.base)))
    }

    fn known_api(&self, state: &State) -> Option<Api> {
        self.api.or_else(|| state.api())
    }

    /// The generation to ask out of turn: newer servers still speak the older one.
    fn api_out_of_turn(&self) -> Api {
        self.api.unwrap_or(Api::V3)
    }

    /// The list whose answer this is, when it is the one whose turn it was.
    fn current<'a>(&'a self, state: &State, api: Api, url: &str) -> Option<&'a Feed> {
        let feed =
            state.current(&self.names).and_then(|name| self.feeds.iter().find(|feed| feed.name == name))?;
        let request = self.list(api, feed, &state.place(&feed.name));
        let (ours, theirs) = (Url::parse(&request.url).ok()?, Url::parse(url).ok()?);
        (ours.path() == theirs.path()).then_some(feed)
    }
}

impl Network for Lemmy {
    fn ask(&self, cursor: Option<&Cursor>, _now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        let Some(name) = state.current(&self.names) else { return Ask::Done };
        let Some(feed) = self.feeds.iter().find(|feed| feed.name == name) else { return Ask::Done };
        Ask::Fetch(match self.known_api(&state) {
            None => self.get(state.candidate(), &["site"], &[]),
            Some(api) => self.list(api, feed, &state.place(name)),
        })
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        if let Some(error) = self.refused(answer, cursor).or_else(|| refusal::of_status(answer)) {
            return Err(error);
        }
        let state: State = Cursor::state(cursor);
        let other = |error: ReadError| error.instead(self.other_generation(answer, &state));
        let mut found = answer::read(answer, &self.server(answer)).map_err(other)?;
        let mut page = std::mem::take(&mut found.page);
        let mut next = state.clone();
        match self.known_api(&state) {
            None if is_site(&answer.request.url, state.candidate()) && !self.feeds.is_empty() => {
                if found.version.is_none() {
                    let error = ReadError::new(&NAME, "its version", "the answer does not tell it");
                    return Err(error.instead(self.other_generation(answer, &state)));
                }
                page.accounts.clear(); // its administrators: nobody asked for them
                next.speaks(state.candidate(), answer.seen);
                page.more = true;
            }
            Some(api) => {
                let Some(feed) = self.current(&state, api, &answer.request.url) else { return Ok(page) };
                let Some(items) = found.list(feed.comments) else {
                    return Err(ReadError::new(
                        &NAME,
                        "posts",
                        "the answer is no list of what was asked for",
                    ));
                };
                let step = next.step(
                    &self.names,
                    &feed.name,
                    items,
                    found.next.clone(),
                    answer.seen,
                    self.look_back,
                );
                (page.more, page.missed) = (step.more, step.missed);
            }
            None => return Ok(page),
        }
        page.cursor = if next == state { None } else { Cursor::of(&next) };
        Ok(page)
    }

    fn refused(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<ReadError> {
        let error = refusal::of_status(answer)?;
        let state: State = Cursor::state(cursor);
        let instead = self.other_generation(answer, &state).or_else(|| self.elsewhere(answer, &state));
        // anything else that is not there is for the source to judge: one such answer may be a slip
        (answer.status != 404 || instead.is_some()).then(|| error.instead(instead))
    }

    fn pace(&self) -> Duration {
        // two requests a list and round, and searches are counted tenfold
        let lists = u64::try_from(self.feeds.len()).unwrap_or(u64::MAX);
        Duration::from_secs(lists.saturating_mul(20).max(60))
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        Some(self.get(self.api_out_of_turn(), &["resolve_object"], &[("q", native_ids.first()?)]))
    }

    fn account(&self, name: &str) -> Option<Request> {
        let api = self.api_out_of_turn();
        let name = name.trim().trim_start_matches('@');
        if name.contains("://") {
            return Some(self.get(api, &["resolve_object"], &[("q", name)]));
        }
        let path = if api == Api::V4 { "person" } else { "user" };
        Some(self.get(api, &[path], &[("username", name)]))
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        let api = self.api_out_of_turn();
        let (term, kind) = if api == Api::V4 { ("search_term", "users") } else { ("q", "Users") };
        let all = api.word("All");
        Some(self.get(
            api,
            &["search"],
            &[(term, words), ("type_", kind), ("listing_type", &all), ("limit", "20")],
        ))
    }
}

impl Lemmy {
    /// The cursor that asks for the older generation, when the newer one is not there.
    fn other_generation(&self, answer: &Answer, state: &State) -> Option<Cursor> {
        let asked = self.known_api(state).is_none() && is_site(&answer.request.url, Api::V4);
        let absent = answer.status < 500 && !matches!(answer.status, 401 | 403 | 408 | 429);
        (asked && absent && state.candidate() == Api::V4)
            .then(|| Cursor::of(&state.clone().older()))
            .flatten()
    }

    /// The cursor to go on from when a place in a list is refused, or the generation of the interface is gone.
    fn elsewhere(&self, answer: &Answer, state: &State) -> Option<Cursor> {
        let api = self.known_api(state)?;
        let feed = self.current(state, api, &answer.request.url)?;
        if state.place(&feed.name).token.is_some() && matches!(answer.status, 400 | 404 | 422) {
            return Cursor::of(&state.clone().begun_anew(&feed.name));
        }
        // what the interface itself cannot find is told in JSON
        let bare = answer.status == 404 && !answer.body.trim_ascii_start().starts_with(b"{");
        (bare && self.api.is_none())
            .then(|| state.clone().asks_again(answer.seen))
            .flatten()
            .and_then(|state| Cursor::of(&state))
    }
}

/// Whether an address asks a server what it is.
fn is_site(url: &str, api: Api) -> bool {
    Url::parse(url).is_ok_and(|url| url.path().ends_with(&format!("/api/{}/site", api.as_str())))
}
