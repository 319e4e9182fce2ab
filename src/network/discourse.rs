//! Discourse: the newest posts of a forum, or those that its search finds.
//!
//! `/posts.json` gives the posts of the newest fifty numbers, of which some may be hidden or private, and older ones
//! below a number. The search gives excerpts only: each hit is read again in its topic before it counts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use self::walk::Walk;
use super::forum::{self, address};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Key, Network, Offer, Page, ReadError, Request,
    Secret, Spec, Told, Trouble,
};
use crate::post::NetworkName;
use crate::time::Time;

mod answer;
mod item;
mod people;
mod refusal;
mod search;
mod walk;

const NAME: NetworkName = NetworkName::known("discourse");

pub(super) const SPEC: Spec = Spec {
    name: "discourse",
    aliases: &[],
    about: "public posts of a Discourse forum, all of them or those that its search finds, asked every two minutes",
    keys: &["base_url", "query", "look_back"],
    secrets: &[Secret {
        key: "user_api_key",
        needed: false,
        about: "a user API key of the forum, for forums that show their posts to members only",
    }],
    offer: Offer {
        can: &[Can::Search, Can::Comments, Can::Snapshot, Can::UserSearch, Can::Backfill],
        look_back: "every public post; by search the newest 500 of a question",
        deletes: Told::Reread,
        edits: Told::Reread,
        reread_batch: 1,
        absent: Absent::Gone,
        cost: "free: 200 requests a minute and 50 in ten seconds for each address by default (2026), searches fewer",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(Discourse::build(super::section(section)?)?)),
};

/// What the section of a Discourse source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    base_url: Option<String>,
    query: Option<String>,
    #[serde(default = "default_look_back")]
    look_back: String,
    user_api_key: Option<Key>,
}

fn default_look_back() -> String {
    "2d".to_owned()
}

/// A forum as a source.
#[derive(Debug)]
struct Discourse {
    base: Option<Url>,
    query: Option<String>,
    /// Seconds that the first round goes back.
    look_back: i64,
    key: Option<Key>,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    #[serde(skip_serializing_if = "Option::is_none")]
    posts: Option<Walk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<search::Search>,
}

impl Discourse {
    fn build(section: Section) -> Result<Discourse, BuildError> {
        let base = section.base_url.map(|text| address::base("base_url", &text)).transpose()?;
        let query = section.query.map(|query| query.trim().to_owned()).filter(|query| !query.is_empty());
        if query.is_some() && base.is_none() {
            return Err(forum::fault("base_url", "name the forum to search, like https://forum.example"));
        }
        let look_back = forum::seconds("look_back", &section.look_back)?;
        Ok(Discourse { base, query, look_back, key: section.user_api_key })
    }

    fn request(&self, base: &Url, path: &[&str], pairs: &[(&str, &str)]) -> Request {
        let request = Request::get(address::under(base, path, pairs)).header("accept", "application/json");
        match &self.key {
            Some(key) => request.header("user-api-key", key.reveal()),
            None => request,
        }
    }

    /// The forum that an answer came from.
    fn forum(&self, answer: &Answer) -> item::Forum {
        item::Forum::of(self.base.clone().or_else(|| item::root(answer.url())))
    }

    /// The number of a post in its native id, where it is one of this forum.
    fn number<'a>(&self, native_id: &'a str) -> Option<&'a str> {
        let number = native_id.rsplit_once('/').map_or(native_id, |(_, number)| number);
        let whole = item::Forum::of(self.base.clone()).native(number) == native_id || number == native_id;
        (whole && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
    }
}

impl Network for Discourse {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let Some(base) = &self.base else { return Ask::Done };
        let state: State = Cursor::state(cursor);
        if let Some(query) = &self.query {
            let search = state.search.unwrap_or_default();
            if search.is_over() {
                return Ask::Done;
            }
            if let Some(hit) = search.next() {
                let (topic, number) = (hit.topic.to_string(), format!("{}.json", hit.number));
                return Ask::Fetch(self.request(base, &["t", &topic, &number], &[]));
            }
            let words = search.words(query, now, self.look_back);
            let page = search.page().to_string();
            return Ask::Fetch(self.request(base, &["search.json"], &[("q", &words), ("page", &page)]));
        }
        match state.posts.and_then(|walk| walk.before()) {
            Some(before) => {
                Ask::Fetch(self.request(base, &["posts.json"], &[("before", &before.to_string())]))
            }
            None => Ask::Fetch(self.request(base, &["posts.json"], &[])),
        }
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        if let Some(error) = self.refused(answer, cursor).or_else(|| refusal::of(answer)) {
            return Err(error);
        }
        let asked = Url::parse(&answer.request.url).ok();
        let path = asked.as_ref().map_or("", |url| url.path());
        let found = answer::read(answer, &self.forum(answer))?;
        let mut page = found.page;
        let state: State = Cursor::state(cursor);
        let mut next = state.clone();
        if self.query.is_some() {
            let mut search = state.search.clone().unwrap_or_default();
            if path.ends_with("/search.json") {
                let Some(hits) = found.hits else {
                    return Err(ReadError::new(&NAME, "posts", "the answer is no answer of a search"));
                };
                // only excerpts: the posts themselves follow
                page.posts.clear();
                page.missed = search.found(&hits, found.more, answer.seen, self.look_back);
                page.more = search.goes_on();
                next.search = Some(search);
            } else if let Some(hit) = search.next().filter(|hit| hit.is_at(path)).cloned() {
                search.fetched(&hit, &found.numbers);
                page.more = search.goes_on();
                next.search = Some(search);
            }
        } else if self.base.is_some() && path.ends_with("/posts.json") {
            if !found.latest {
                return Err(ReadError::new(&NAME, "posts", "the answer is no list of the latest posts"));
            }
            let before = asked.as_ref().and_then(walk::before_in);
            let mut walk = state.posts.clone().unwrap_or_default();
            // else one post was asked for again, out of turn
            if before == walk.before() {
                page.missed = walk.step(before, &found.places, answer.seen, self.look_back);
                page.more = walk.before().is_some();
                next.posts = Some(walk).filter(|walk| *walk != Walk::default());
            }
        }
        page.cursor = if next == state { None } else { Cursor::of(&next) };
        Ok(page)
    }

    fn refused(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<ReadError> {
        let error = refusal::of(answer)?;
        // a hit that cannot be seen any more must not hold up the others; a block page says nothing of it
        let state: State = Cursor::state(cursor);
        let gone = matches!(answer.status, 400 | 403 | 404 | 410) && error.trouble != Trouble::BlockPage;
        let path = Url::parse(&answer.request.url).ok();
        let hit = state.search.as_ref().and_then(search::Search::next);
        let hit = hit.filter(|hit| gone && path.as_ref().is_some_and(|url| hit.is_at(url.path()))).cloned();
        let instead = hit.and_then(|hit| {
            let mut search = state.search.clone()?;
            search.fetched(&hit, &[]);
            Cursor::of(&State { search: Some(search), ..state.clone() })
        });
        // a forum that is not there is for the source to judge: one such answer may be a slip
        (answer.status != 404 || instead.is_some()).then(|| error.instead(instead))
    }

    fn pace(&self) -> Duration {
        Duration::from_secs(120)
    }

    /// `/posts.json` has the titles that `/posts/ID.json` leaves out: the words of a post must not depend on how it
    /// was asked for.
    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        let number: u64 = self.number(native_ids.first()?)?.parse().ok()?;
        let before = number.saturating_add(1).to_string();
        Some(self.request(self.base.as_ref()?, &["posts.json"], &[("before", &before)]))
    }

    fn account(&self, name: &str) -> Option<Request> {
        let file = format!("{}.json", name.trim().trim_start_matches('@'));
        Some(self.request(self.base.as_ref()?, &["u", &file], &[]))
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        Some(self.request(self.base.as_ref()?, &["u", "search", "users.json"], &[("term", words)]))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        self.query.as_ref()?;
        Cursor::of(&State { search: Some(search::Search::only(from, to)), ..State::default() })
    }
}
