//! Hacker News, through Algolia's search by date: newest first, at most 1,000 items an answer. The Firebase service
//! of the site itself says what has become of an item.
//!
//! A round asks for everything since five minutes before the last item known and pages back by time
//! until it is all there. Where the round stands is in the cursor, so that a stop loses nothing.

use jiff::{Span, SpanRelativeTo};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Missed, Network, Offer, Page, ReadError, Request,
    Spec, Told, Trouble, json, status,
};
use crate::post::{Deletion, Gone, NetworkName};
use crate::time::Time;

mod item;

const NAME: NetworkName = NetworkName::known("hackernews");
/// The most items Algolia gives, whatever page is asked for.
const MOST: i64 = 1000;
/// Seconds asked for again: the search learns of an item a little after it was written.
const OVERLAP: i64 = 300;

pub(super) const SPEC: Spec = Spec {
    name: "hackernews",
    aliases: &[],
    about: "stories and comments of Hacker News, through Algolia's search, asked every minute",
    keys: &["base_url", "firebase", "query", "authors", "look_back"],
    secrets: &[],
    offer: Offer {
        can: &[Can::Search, Can::AccountPosts, Can::Snapshot, Can::Backfill],
        look_back: "everything since 2006",
        deletes: Told::Reread,
        edits: Told::Reread,
        reread_batch: 1,
        // an item that is gone is told as such
        absent: Absent::Unknown,
        cost: "free: 10,000 requests an hour and address (documentation of 2026)",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(HackerNews::build(super::section(section)?)?)),
};

/// What the section of a Hacker News source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default = "default_firebase")]
    firebase: String,
    query: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    #[serde(default = "default_look_back")]
    look_back: String,
}

fn default_base() -> String {
    "https://hn.algolia.com/api/v1".to_owned()
}

fn default_firebase() -> String {
    "https://hacker-news.firebaseio.com/v0".to_owned()
}

fn default_look_back() -> String {
    "7d".to_owned()
}

/// Hacker News as a source.
#[derive(Debug)]
struct HackerNews {
    search: Url,
    /// The addresses of people and of single items, without their names.
    people: String,
    items: String,
    query: Option<String>,
    /// What items are asked for, in the words of the search.
    tags: String,
    /// Seconds that the first round goes back.
    look_back: i64,
}

/// The cursor. Times are seconds, as the search counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// The newest item below which everything was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<i64>,
    /// The round under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    walk: Option<Walk>,
    /// Only that, over a stretch of the past, and then nothing more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    past: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Walk {
    /// How far back to go.
    floor: i64,
    /// The oldest item reached.
    oldest: i64,
    /// The newest item of the round.
    newest: i64,
    /// The page to ask for among items up to `oldest`: more than one second can show on one page.
    page: i64,
    /// The last answer was empty, although `oldest` itself should have come again.
    doubt: bool,
}

/// What an answer was asked for.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    floor: Option<i64>,
    up_to: Option<i64>,
    page: i64,
}

impl HackerNews {
    fn build(section: Section) -> Result<HackerNews, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let address = |key: &str, base: &str, path: &str| {
            Url::parse(&format!("{}{path}", base.trim_end_matches('/')))
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                .ok_or_else(|| fault(key, format!("`{base}` is not an address like https://server")))
        };
        let search = address("base_url", &section.base_url, "/search_by_date")?;
        let people = address("base_url", &section.base_url, "/users/")?;
        let items = address("firebase", &section.firebase, "/item/")?;
        let authors: Vec<&str> =
            section.authors.iter().map(|name| name.trim().trim_start_matches('@')).collect();
        if let Some(odd) = authors.iter().find(|name| !is_name(name)) {
            return Err(fault(
                "authors",
                format!("`{odd}` is no name of Hacker News: letters, digits, - and _"),
            ));
        }
        let mut tags = "(story,comment)".to_owned();
        if !authors.is_empty() {
            let names: Vec<String> = authors.iter().map(|name| format!("author_{name}")).collect();
            tags = format!("{tags},({})", names.join(","));
        }
        let look_back = section
            .look_back
            .parse::<Span>()
            .ok()
            .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok())
            .map(|duration| duration.as_secs())
            .filter(|seconds| *seconds > 0)
            .ok_or_else(|| {
                fault("look_back", format!("`{}` is not a length of time like 7d or 12h", section.look_back))
            })?;
        let query = section.query.map(|query| query.trim().to_owned()).filter(|query| !query.is_empty());
        Ok(HackerNews { search, people: people.into(), items: items.into(), query, tags, look_back })
    }

    fn address(&self, floor: i64, walk: Option<&Walk>) -> String {
        let mut filters = format!("created_at_i>={floor}");
        if let Some(walk) = walk {
            filters = format!("{filters},created_at_i<={}", walk.oldest);
        }
        let mut url = self.search.clone();
        let mut pairs = url.query_pairs_mut();
        if let Some(query) = &self.query {
            // near words and beginnings of words are no mentions, and quotes mean the very words
            pairs.append_pair("query", query).append_pair("advancedSyntax", "true");
            pairs.append_pair("typoTolerance", "false").append_pair("queryType", "prefixNone");
        }
        pairs.append_pair("tags", &self.tags).append_pair("hitsPerPage", &MOST.to_string());
        pairs.append_pair("numericFilters", &filters);
        if let Some(walk) = walk.filter(|walk| walk.page > 0) {
            pairs.append_pair("page", &walk.page.to_string());
        }
        drop(pairs);
        url.into()
    }
}

/// What the address asks for; `None` for an address that is no search by date.
fn asked(address: &str) -> Option<Asked> {
    if address.is_empty() {
        return Some(Asked::default()); // a file
    }
    let url = Url::parse(address).ok().filter(|url| url.path().ends_with("/search_by_date"))?;
    let mut asked = Asked::default();
    for (key, value) in url.query_pairs() {
        if key == "page" {
            asked.page = value.parse().unwrap_or_default();
        } else if key == "numericFilters" {
            for filter in value.split(',') {
                let bound =
                    |sign: &str| filter.trim().strip_prefix("created_at_i")?.strip_prefix(sign)?.parse().ok();
                asked.floor = asked.floor.or_else(|| bound(">="));
                asked.up_to = asked.up_to.or_else(|| bound("<="));
            }
        }
    }
    Some(asked)
}

impl Network for HackerNews {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        if state.past && state.walk.is_none() {
            return Ask::Done;
        }
        let now = now.0.div_euclid(1000);
        let floor = match (&state.walk, state.last) {
            (Some(walk), _) => walk.floor,
            (None, Some(last)) => last.min(now).saturating_sub(OVERLAP),
            (None, None) => now.saturating_sub(self.look_back),
        };
        Ask::Fetch(
            Request::get(self.address(floor, state.walk.as_ref())).header("accept", "application/json"),
        )
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        if let Some(error) = refusal(answer) {
            return Err(error);
        }
        let value = json::parse(&NAME, "items", &answer.body)?;
        let search = asked(&answer.request.url);
        let mut page = Page::default();
        let Some(hits) = value.get("hits").and_then(Value::as_array) else {
            if let Some(said) = json::text(&value, "error").or_else(|| json::text(&value, "message")) {
                let said = json::few_words(said);
                return Err(ReadError::new(&NAME, "items", format!("the search answers \"{said}\"")));
            }
            if search.is_some() && !answer.request.url.is_empty() {
                return Err(ReadError::new(&NAME, "items", "the answer has no `hits`"));
            }
            if value.is_null()
                && let Some(id) = item_of(&answer.request.url)
            {
                // what was there and is not any more
                page.deletions.push(Deletion { network: NAME, gone: Gone::Post(id), at: None });
            }
            item::read(&value, &mut page)?;
            return Ok(page);
        };
        // one odd hit does not take the others with it
        let odd: Vec<ReadError> = hits.iter().filter_map(|hit| item::read(hit, &mut page).err()).collect();
        if odd.len() == hits.len()
            && let Some(error) = odd.into_iter().next()
        {
            return Err(error);
        }
        if let Some(asked) = search {
            let mut state: State = Cursor::state(cursor);
            let before = state.clone();
            let times: Vec<i64> = hits.iter().filter_map(item::seconds).collect();
            let full = fullness(&value, hits.len(), asked.page);
            page.missed = state.step(asked, &times, full);
            // after an empty answer in the middle of a round, a pause before asking again
            page.more = state.walk.as_ref().is_some_and(|walk| !walk.doubt);
            page.cursor = if state == before { None } else { Cursor::of(&state) };
        }
        Ok(page)
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        // a status that says no more than itself is left to those who count how often it comes
        refusal(answer).filter(|error| error.trouble != Trouble::Unread)
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        let [id] = native_ids else { return None };
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        is_number
            .then(|| Request::get(format!("{}{id}.json", self.items)).header("accept", "application/json"))
    }

    fn account(&self, name: &str) -> Option<Request> {
        let name = name.trim().trim_start_matches('@');
        is_name(name)
            .then(|| Request::get(format!("{}{name}", self.people)).header("accept", "application/json"))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        let (floor, oldest) = (from.0.div_euclid(1000), to.0.div_euclid(1000));
        let walk = Walk { floor, oldest, newest: floor, ..Walk::default() };
        let state = State { walk: Some(walk), past: true, last: None };
        (floor <= oldest).then(|| Cursor::of(&state)).flatten()
    }
}

/// Whether people of the site can be called so.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The number of the item that an address of Firebase asks for.
fn item_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let id = url.path().strip_suffix(".json")?.rsplit_once("/item/")?.1;
    id.bytes().all(|byte| byte.is_ascii_digit()).then(|| id.to_owned()).filter(|id| !id.is_empty())
}

/// The error of an answer with a status of 400 and more.
fn refusal(answer: &Answer) -> Option<ReadError> {
    if answer.status < 400 {
        return None;
    }
    let body = serde_json::from_slice::<Value>(&answer.body).ok();
    let said =
        body.as_ref().and_then(|body| json::text(body, "message").or_else(|| json::text(body, "error")));
    let detail = match said {
        Some(said) => format!("it answers \"{}\"", json::few_words(said)),
        None => format!("it answers with status {}", answer.status),
    };
    // it approves nothing and nobody: what says no is something before it
    let trouble =
        status::trouble(answer).map(|is| if answer.status == 403 { Trouble::BlockPage } else { is });
    let error = ReadError { trouble: trouble.unwrap_or_default(), ..ReadError::new(&NAME, "items", detail) };
    Some(error.until((answer.status == 429).then(|| status::until(answer)).flatten()))
}

/// Whether there is more than an answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fullness {
    /// All is there.
    Whole,
    /// Older items are left.
    Full,
    /// Older items are left, and the next page of the same question has some.
    Paged,
}

fn fullness(answer: &Value, hits: usize, page: i64) -> Fullness {
    let hits = i64::try_from(hits).unwrap_or(i64::MAX);
    let per_page = json::number(answer, "hitsPerPage").filter(|per| (1..=MOST).contains(per)).unwrap_or(MOST);
    let reached = page.saturating_mul(per_page).saturating_add(hits);
    let all = json::number(answer, "nbHits").unwrap_or(0);
    if hits < per_page && reached >= all {
        return Fullness::Whole;
    }
    let pages = json::number(answer, "nbPages").unwrap_or(0);
    if page.saturating_add(1) < pages && reached < MOST { Fullness::Paged } else { Fullness::Full }
}

impl State {
    /// Moves on by one answer.
    fn step(&mut self, asked: Asked, times: &[i64], full: Fullness) -> Option<Missed> {
        let floor = asked.floor.or(self.walk.as_ref().map(|walk| walk.floor));
        let known = self.walk.as_ref().map(|walk| walk.newest);
        let (Some(&oldest), Some(&newest)) = (times.iter().min(), times.iter().max()) else {
            // an item that vanished explains one empty answer; a search that hiccups gets a second chance
            if let Some(walk) = &mut self.walk {
                if walk.doubt || self.past {
                    self.finish(known);
                } else {
                    walk.doubt = true;
                }
            }
            return None;
        };
        let newest = known.map_or(newest, |known| known.max(newest));
        let Some(floor) = floor.filter(|_| full != Fullness::Whole) else {
            self.finish(Some(newest));
            return None;
        };
        let mut walk = Walk { floor, oldest, newest, page: 0, doubt: false };
        let mut missed = None;
        if asked.up_to.is_some_and(|up_to| up_to <= oldest) {
            // a whole answer of one second: its next page, or else past it
            if full == Fullness::Paged {
                walk.page = asked.page.saturating_add(1);
            } else {
                missed = Time::from_seconds(oldest).map(|from| Missed {
                    from,
                    to: from.plus(1000),
                    reason: "more items in one second than the search gives".to_owned(),
                });
                walk.oldest = oldest.saturating_sub(1);
            }
        }
        if walk.oldest < floor {
            self.finish(Some(newest));
        } else {
            self.walk = Some(walk);
        }
        missed
    }

    fn finish(&mut self, newest: Option<i64>) {
        self.last = self.last.max(newest);
        self.walk = None;
    }
}
