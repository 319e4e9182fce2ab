//! Reviews in Apple's App Store, from the public feed of each app and country: the newest 500, fifty a page.
//!
//! The feed is moody. The same reviews stand under several addresses, of which now one, now the other is
//! empty: a feed without any entry is a suspected fault, never "no reviews", and the other forms are tried.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use self::entry::Found;
use super::{
    Answer, Ask, BuildError, Can, Cursor, Dates, Gate, Missed, Network, Offer, Page, ReadError, Request,
    Spec, Told, Trouble, json, status,
};
use crate::post::NetworkName;
use crate::time::{DAY, HOUR, Time, parse_duration};

mod entry;
mod xml;

const NAME: NetworkName = NetworkName::known("appstore");
/// Pages of a feed, and reviews on a full one.
const PAGES: u8 = 10;
const FULL: usize = 50;
/// How far back a round starts again: the servers of the feed do not all know the newest reviews.
const OVERLAP: i64 = 6 * HOUR;
/// Reviews remembered by name, for feeds without dates: a page of them.
const KNOWN: usize = 50;

pub(super) const SPEC: Spec = Spec {
    name: "appstore",
    aliases: &[],
    about: "reviews of apps in Apple's App Store by country, from the public feed, asked every hour",
    keys: &["base_url", "apps", "countries", "look_back", "every"],
    secrets: &[],
    offer: Offer {
        gate: Gate::Open,
        can: &[Can::AccountPosts, Can::Snapshot, Can::UserSearch],
        look_back: "the newest 500 reviews of an app in each country",
        edits: Told::Reread,
        cost: "free, without a key: one request a page of 50 reviews (as seen in September 2026)",
        keep_days: Some(365),
        instead: "of an app of your own, App Store Connect gives every review",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(AppStore::build(&super::section(section)?)?)),
};

/// What the section of an App Store source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default)]
    apps: Vec<String>,
    #[serde(default = "default_countries")]
    countries: Vec<String>,
    #[serde(default = "default_look_back")]
    look_back: String,
    #[serde(default = "default_every")]
    every: String,
}

fn default_base() -> String {
    "https://itunes.apple.com".to_owned()
}

fn default_countries() -> Vec<String> {
    vec!["fr".to_owned()]
}

fn default_look_back() -> String {
    "30d".to_owned()
}

fn default_every() -> String {
    "1h".to_owned()
}

/// An app in a country.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shelf {
    app: String,
    /// What a person calls the app: reviews hardly ever name it.
    called: Option<String>,
    country: String,
}

/// The forms of address under which the same feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    /// The page at the end, as the feed itself writes its links.
    #[default]
    Last,
    /// The page first, in lower case.
    First,
    /// XML instead of JSON.
    Xml,
}

impl Form {
    /// The form to try after `tried` were empty, beginning with the one that brought reviews last.
    fn after(first: Form, tried: u8) -> Option<Form> {
        let others = [Form::Last, Form::First, Form::Xml].into_iter().filter(|form| *form != first);
        std::iter::once(first).chain(others).nth(usize::from(tried))
    }
}

/// The App Store as a source.
#[derive(Debug)]
struct AppStore {
    base: Url,
    shelves: Vec<Shelf>,
    look_back: i64,
    every: Duration,
}

/// The cursor. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// What was read, by app and country.
    shelves: BTreeMap<String, Seen>,
    /// The shelf whose turn it is; the first one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(told: &i64) -> bool {
    *told == 0
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Seen {
    /// The date of the newest review read; 0 before the first, or without dates.
    newest: i64,
    /// The newest reviews by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    known: Vec<String>,
    /// The form that brought reviews last.
    form: Form,
    /// When it was last told that nothing is found here; 0 when something was.
    #[serde(skip_serializing_if = "is_zero")]
    told: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// A walk from the newest review back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Run {
    page: u8,
    form: Form,
    /// Forms that were empty.
    tried: u8,
    newest: i64,
    oldest: i64,
    /// The reviews of the first page by name.
    known: Vec<String>,
}

impl Shelf {
    fn name(&self) -> String {
        format!("{}/{}", self.country, self.app)
    }

    /// The address of a page below the base.
    fn path(&self, form: Form, page: u8) -> String {
        let (country, app) = (&self.country, &self.app);
        match form {
            Form::Last => {
                format!("{country}/rss/customerreviews/id={app}/sortBy=mostRecent/page={page}/json")
            }
            Form::First => {
                format!("{country}/rss/customerreviews/page={page}/id={app}/sortby=mostrecent/json")
            }
            Form::Xml => format!("{country}/rss/customerreviews/id={app}/sortBy=mostRecent/page={page}/xml"),
        }
    }
}

impl AppStore {
    fn build(section: &Section) -> Result<AppStore, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let base = Url::parse(&section.base_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                fault("base_url", format!("`{}` is not an address like https://server", section.base_url))
            })?;
        let duration = |key: &str, text: &str| {
            let read = parse_duration(text).filter(|read| !read.is_zero());
            read.ok_or_else(|| fault(key, format!("`{text}` is not a length of time like 1h or 30d")))
        };
        let look_back = duration("look_back", &section.look_back)?;
        let every = duration("every", &section.every)?;
        let mut shelves = Vec::new();
        for country in &section.countries {
            let name = country.trim().to_lowercase();
            if name.len() != 2 || !name.bytes().all(|byte| byte.is_ascii_lowercase()) {
                return Err(fault("countries", format!("`{country}` is not a country like fr or us")));
            }
            for app in &section.apps {
                let (id, called) = app.trim().split_once(' ').unwrap_or((app.trim(), ""));
                let id = id.trim_start_matches("id");
                if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                    let reason =
                        format!("`{app}` does not begin with the number of an app, like `389801252 Name`");
                    return Err(fault("apps", reason));
                }
                let called = Some(called.trim().to_owned()).filter(|called| !called.is_empty());
                shelves.push(Shelf { app: id.to_owned(), called, country: name.clone() });
            }
        }
        Ok(AppStore {
            base,
            shelves,
            look_back: i64::try_from(look_back.as_millis()).unwrap_or(i64::MAX),
            every,
        })
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        url
    }

    fn current(&self, state: &State) -> Option<&Shelf> {
        let at = state.at.as_deref();
        self.shelves.iter().find(|shelf| at == Some(shelf.name().as_str())).or(self.shelves.first())
    }

    /// What an address asks for: the shelf and the page.
    fn asked(&self, address: &str) -> Option<&Shelf> {
        let (country, app, _) = place(address)?;
        self.shelves.iter().find(|shelf| shelf.country == country && shelf.app == app)
    }

    fn run(seen: Option<&Seen>) -> Run {
        let form = seen.map(|seen| seen.form).unwrap_or_default();
        seen.and_then(|seen| seen.run.clone()).unwrap_or(Run { page: 1, form, ..Run::default() })
    }

    /// Moves on by one answer; tells what is lost and whether there is more to ask now.
    fn step(&self, state: &mut State, shelf: &Shelf, found: &Found, now: Time) -> (Option<Missed>, bool) {
        let seen = state.shelves.entry(shelf.name()).or_default();
        let mut run = AppStore::run(Some(seen));
        let mut missed = None;
        if found.ids.is_empty() && run.page <= 1 {
            run.tried = run.tried.saturating_add(1);
            if let Some(form) = Form::after(seen.form, run.tried) {
                seen.run = Some(Run { form, ..run });
                return (None, true);
            }
            // told once a day, each time for what has passed since
            if seen.told == 0 || now.0.saturating_sub(seen.told) >= DAY {
                let first = now.0.saturating_sub(self.look_back);
                let known = [seen.told, seen.newest].into_iter().max().filter(|known| *known > 0);
                missed = Some(Missed {
                    from: Time(known.unwrap_or(first)),
                    to: now,
                    reason: format!(
                        "the feed of app {} in {} has no reviews under any address: a wrong app or country, or the feed is out of order",
                        shelf.app, shelf.country
                    ),
                });
                seen.told = now.0;
            }
        } else {
            if run.page <= 1 {
                run.known = found.ids.iter().take(KNOWN).cloned().collect();
            }
            let newest = found.times.iter().copied().max().unwrap_or(0);
            let oldest = found.times.iter().copied().min().unwrap_or(0);
            run.newest = run.newest.max(newest);
            run.oldest = if run.oldest == 0 { oldest } else { run.oldest.min(oldest) };
            let floor = if seen.newest > 0 {
                seen.newest.saturating_sub(OVERLAP)
            } else {
                now.0.saturating_sub(self.look_back)
            };
            let old = found.ids.iter().filter(|id| seen.known.contains(id)).count();
            let reached = match found.times.iter().min() {
                Some(oldest) => *oldest < floor,
                // without dates the names decide: half a page known, or the first page of the first round
                None => seen.known.is_empty() || old.saturating_mul(2) >= found.ids.len(),
            };
            if !reached && found.ids.len() >= FULL && run.page < PAGES {
                run.page = run.page.saturating_add(1);
                seen.run = Some(run);
                return (None, true);
            }
            let cut = found.ids.is_empty() || found.ids.len() >= FULL;
            if !reached && cut && seen.newest > 0 && run.oldest > floor {
                missed = Some(Missed {
                    from: Time(seen.newest),
                    to: Time(run.oldest),
                    reason: "more new reviews than the feed gives (500 at most)".to_owned(),
                });
            }
            (seen.newest, seen.form, seen.told) = (seen.newest.max(run.newest), run.form, 0);
            seen.known = run.known;
        }
        seen.run = None;
        let more = self.turn(state, shelf);
        (missed, more)
    }

    /// The next shelf, or the end of the round.
    fn turn(&self, state: &mut State, shelf: &Shelf) -> bool {
        let names: Vec<String> = self.shelves.iter().map(Shelf::name).collect();
        state.shelves.retain(|known, _| names.contains(known));
        let after = self.shelves.iter().skip_while(|other| *other != shelf).nth(1);
        state.at = after.map(Shelf::name);
        after.is_some()
    }

    fn refusal(answer: &Answer) -> ReadError {
        let page = answer.body.trim_ascii().starts_with(b"<");
        let trouble = match answer.status {
            // a feed that is missing is as moody as one that is empty
            400 | 404 | 500.. => Trouble::Transient,
            403 | 429 => Trouble::Rate,
            401 => Trouble::Auth,
            410 => Trouble::Gone,
            _ if page => Trouble::BlockPage,
            _ => Trouble::Unread,
        };
        let mut detail = format!("status {}", answer.status);
        if matches!(answer.status, 400 | 404) {
            detail.push_str("; feeds vanish for hours, but if it stays so, check `base_url` and `apps`");
        }
        ReadError::refusal(&NAME, trouble, detail).until(status::until(answer))
    }
}

/// Country, app and page that an address of the feed names.
fn place(address: &str) -> Option<(String, String, u8)> {
    let url = Url::parse(address).ok()?;
    let parts: Vec<&str> = url.path_segments()?.filter(|part| !part.is_empty()).collect();
    let at = parts.iter().position(|part| *part == "rss")?;
    let country = at.checked_sub(1).and_then(|before| parts.get(before))?;
    let value = |key: &str| parts.iter().find_map(|part| part.strip_prefix(key)).map(str::to_owned);
    let page = value("page=").and_then(|page| page.parse().ok()).unwrap_or(1);
    Some(((*country).to_owned(), value("id=")?, page))
}

impl Network for AppStore {
    fn ask(&self, cursor: Option<&Cursor>, _now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        let Some(shelf) = self.current(&state) else { return Ask::Done };
        let run = AppStore::run(state.shelves.get(&shelf.name()));
        let url = self.url(&shelf.path(run.form, run.page.clamp(1, PAGES)));
        Ask::Fetch(Request::get(url).header("accept", "application/json, application/xml;q=0.9, */*;q=0.1"))
    }

    fn idle(&self) -> Option<String> {
        let reason = "it has no app: set `apps` under this source, like [\"389801252 Name\"]";
        self.shelves.is_empty().then(|| reason.to_owned())
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        if answer.status >= 400 {
            return Err(AppStore::refusal(answer));
        }
        let from = place(answer.url()).or_else(|| place(&answer.request.url));
        // A review is written in the shop of one country.
        let country = from.as_ref().map(|(country, ..)| country.to_ascii_uppercase());
        let country = country.filter(|country| country.len() == 2);
        let shelf = self.asked(&answer.request.url);
        let (app, called) = match (shelf, &from) {
            (Some(shelf), _) => (Some(shelf.app.clone()), shelf.called.as_deref()),
            (None, Some((_, app, _))) => (Some(app.clone()), None),
            (None, None) => (None, None),
        };
        let found = entry::read(&answer.body, app.as_deref(), called)?;
        if shelf.is_some() && !found.is_feed {
            let detail = "the answer is neither a feed nor a list of apps";
            return Err(ReadError::new(&NAME, "reviews", detail));
        }
        let mut page = Page::default();
        if let Some(shelf) = shelf.filter(|_| found.is_feed) {
            let mut state: State = Cursor::state(cursor);
            let before = state.clone();
            (page.missed, page.more) = self.step(&mut state, shelf, &found, answer.seen);
            page.cursor = if state == before { None } else { Cursor::of(&state) };
        } else if found.is_feed && found.ids.is_empty() && found.accounts.is_empty() {
            let later = from.is_some_and(|(_, _, page)| page > 1);
            if !later {
                let detail =
                    "the feed has no entry: its address is suspected to be wrong, or it is out of order";
                return Err(ReadError::new(&NAME, "reviews", detail));
            }
        }
        (page.posts, page.accounts) = (found.posts, found.accounts);
        for post in &mut page.posts {
            post.country.clone_from(&country);
        }
        Ok(page)
    }

    fn pace(&self) -> Duration {
        self.every
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        Some(AppStore::refusal(answer))
    }

    fn account(&self, name: &str) -> Option<Request> {
        let id = name.trim().trim_start_matches("id");
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut url = self.url("lookup");
        url.query_pairs_mut().append_pair("id", id).append_pair("country", self.country());
        Some(Request::get(url).header("accept", "application/json"))
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        let words = words.trim();
        let mut url = self.url("search");
        url.query_pairs_mut()
            .append_pair("term", words)
            .append_pair("entity", "software")
            .append_pair("country", self.country())
            .append_pair("limit", "50");
        (!words.is_empty()).then(|| Request::get(url).header("accept", "application/json"))
    }
}

impl AppStore {
    /// The country in which apps are looked up.
    fn country(&self) -> &str {
        self.shelves.first().map_or("fr", |shelf| shelf.country.as_str())
    }
}
