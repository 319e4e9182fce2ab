//! Podcast Index: episodes in which a person takes part, episodes of known podcasts, podcasts by name, and
//! (`recent = true`) every episode that any podcast publishes, matched here by title and description.
//!
//! Every request is signed with the moment at which it is asked; a clock that is wrong is told and corrected.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha1::{Digest as _, Sha1};
use url::Url;

use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Gate, Key, Missed, Network, Offer, Page, ReadError,
    Request, Secret, Spec, Trouble, json, status,
};
use crate::post::NetworkName;
use crate::time::{Time, parse_duration};

mod item;
mod walk;

use walk::{Run, Seen, gap, recent};

const NAME: NetworkName = NetworkName::known("podcastindex");
/// The most items that one answer gives.
const MOST: usize = 1_000;
/// Podcasts asked for at once: twenty of them rarely publish a thousand episodes in two days.
const FEEDS: usize = 20;
/// Seconds asked for again: episodes are found a day or two after the date they carry.
const OVERLAP: i64 = 2 * 86_400;
/// Difference of clocks, in milliseconds, from which a refusal is taken for its fault: three minutes are allowed.
const SKEW: i64 = 150_000;

pub(super) const SPEC: Spec = Spec {
    name: "podcastindex",
    aliases: &["podcasts"],
    about: "podcast episodes by person, of known podcasts or of all, and podcasts by name",
    keys: &["base_url", "people", "podcasts", "terms", "recent", "look_back", "every"],
    secrets: &[
        Secret { key: "api_key", needed: true, about: "the key of a free account at api.podcastindex.org" },
        Secret { key: "api_secret", needed: true, about: "the secret that belongs to the key" },
    ],
    offer: Offer {
        gate: Gate::Key,
        can: &[Can::Search, Can::AccountPosts],
        look_back: "all episodes of a known podcast; the newest thousand of a person",
        absent: Absent::Unknown,
        cost: "free, with a key that anyone gets (documentation of April 2025)",
        instead: "without a key, follow a podcast as a feed: the address of its own RSS",
        ..Offer::OPEN
    },
    dates: Dates::Author,
    build: |section| Ok(Box::new(PodcastIndex::build(super::section(section)?)?)),
};

/// What the section of a Podcast Index source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    podcasts: Vec<u64>,
    #[serde(default)]
    terms: Vec<String>,
    #[serde(default)]
    recent: bool,
    #[serde(default = "default_look_back")]
    look_back: String,
    #[serde(default = "default_every")]
    every: String,
    api_key: Option<Key>,
    api_secret: Option<Key>,
}

fn default_base() -> String {
    "https://api.podcastindex.org/api/1.0".to_owned()
}

fn default_look_back() -> String {
    "1d".to_owned()
}

fn default_every() -> String {
    "30m".to_owned()
}

/// One thing to ask in every round.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Job {
    Person(String),
    Podcasts(Vec<u64>),
    Term(String),
    Recent,
}

/// Podcast Index as a source.
#[derive(Debug)]
struct PodcastIndex {
    base: Url,
    jobs: Vec<Job>,
    /// Seconds that the first round goes back.
    look_back: i64,
    every: Duration,
    key: Option<Key>,
    secret: Option<Key>,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// What was read, by the path and words of the question.
    jobs: BTreeMap<String, Seen>,
    /// The job whose turn it is; the first one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Milliseconds that their clock is ahead of ours.
    #[serde(skip_serializing_if = "is_zero")]
    skew: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(skew: &i64) -> bool {
    *skew == 0
}

impl Job {
    /// Its path, its words, and its name in the cursor.
    fn path(&self) -> (&'static str, Option<(&'static str, String)>) {
        match self {
            Job::Person(name) => ("search/byperson", Some(("q", name.clone()))),
            Job::Podcasts(ids) => {
                let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
                ("episodes/byfeedid", Some(("id", ids.join(","))))
            }
            Job::Term(words) => ("search/byterm", Some(("q", words.clone()))),
            Job::Recent => ("recent/episodes", None),
        }
    }

    fn name(&self) -> String {
        let (path, words) = self.path();
        words.map_or_else(|| path.to_owned(), |(_, words)| format!("{path}?{words}"))
    }
}

impl PodcastIndex {
    fn build(section: Section) -> Result<PodcastIndex, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let base = Url::parse(&section.base_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                fault("base_url", format!("`{}` is not an address like https://server", section.base_url))
            })?;
        let duration = |key: &str, text: &str| {
            let read = parse_duration(text).filter(|read| !read.is_zero());
            read.ok_or_else(|| fault(key, format!("`{text}` is not a length of time like 30m or 7d")))
        };
        let look_back = duration("look_back", &section.look_back)?;
        let every = duration("every", &section.every)?;
        let words = |key: &str, list: &[String]| -> Result<Vec<String>, BuildError> {
            let trimmed = list.iter().map(|one| one.trim().to_owned());
            trimmed
                .map(|one| {
                    if one.is_empty() {
                        Err(fault(key, "an empty name finds nothing".to_owned()))
                    } else {
                        Ok(one)
                    }
                })
                .collect()
        };
        let mut jobs: Vec<Job> = words("people", &section.people)?.into_iter().map(Job::Person).collect();
        jobs.extend(section.podcasts.chunks(FEEDS).map(|ids| Job::Podcasts(ids.to_vec())));
        jobs.extend(words("terms", &section.terms)?.into_iter().map(Job::Term));
        jobs.extend(section.recent.then_some(Job::Recent));
        Ok(PodcastIndex {
            base,
            jobs,
            look_back: i64::try_from(look_back.as_secs()).unwrap_or(i64::MAX),
            every,
            key: section.api_key,
            secret: section.api_secret,
        })
    }

    /// A request signed for this moment.
    fn signed(&self, url: Url, now: Time) -> Request {
        let request = Request::get(url).header("accept", "application/json");
        let (Some(key), Some(secret)) = (&self.key, &self.secret) else { return request };
        let date = now.0.div_euclid(1_000).to_string();
        let mut hasher = Sha1::new();
        for part in [key.reveal(), secret.reveal(), &date] {
            hasher.update(part);
        }
        let hash: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        request.header("x-auth-key", key.reveal()).header("x-auth-date", date).header("authorization", hash)
    }

    fn current(&self, state: &State) -> Option<&Job> {
        let at = state.at.as_deref();
        self.jobs.iter().find(|job| at == Some(job.name().as_str())).or(self.jobs.first())
    }

    /// Whether an address asks for a job.
    fn job(&self, address: &str) -> Option<&Job> {
        let url = Url::parse(address).ok()?;
        self.jobs.iter().find(|job| {
            let (path, words) = job.path();
            url.path().ends_with(path)
                && words.is_none_or(|(key, words)| {
                    url.query_pairs().any(|(name, value)| name == key && value == words)
                })
        })
    }

    /// The walk of all recent episodes to go on with, or to begin.
    fn run(&self, seen: Option<&Seen>, now: Time) -> Run {
        let since = now.0.div_euclid(1_000).saturating_sub(self.look_back);
        let floor = seen.map_or(0, |seen| seen.newest);
        seen.and_then(|seen| seen.run.clone()).unwrap_or(Run { floor, since, ..Run::default() })
    }

    /// Moves on by one answer; tells what is lost and whether there is more to ask now.
    fn step(&self, state: &mut State, job: &Job, found: &item::Found, now: Time) -> (Option<Missed>, bool) {
        let run = self.run(state.jobs.get(&job.name()), now);
        let seen = state.jobs.entry(job.name()).or_default();
        let mut missed = None;
        match job {
            Job::Recent => {
                let (lost, over) = recent(seen, run, found);
                missed = lost;
                if !over {
                    return (missed, true);
                }
            }
            Job::Podcasts(_) => {
                let since = seen.newest.saturating_sub(OVERLAP);
                let oldest = found.dates.iter().copied().min();
                if found.dates.len() >= MOST
                    && let Some(oldest) = oldest.filter(|oldest| seen.newest > 0 && *oldest > since)
                {
                    missed = gap(since, oldest, "more episodes than Podcast Index gives at once");
                }
                seen.reach(found.newest(), now);
            }
            Job::Person(_) | Job::Term(_) => seen.reach(found.newest(), now),
        }
        let names: Vec<String> = self.jobs.iter().map(Job::name).collect();
        state.jobs.retain(|known, _| names.contains(known));
        let after = self.jobs.iter().skip_while(|other| *other != job).nth(1);
        state.at = after.map(Job::name);
        (missed, after.is_some())
    }

    fn refusal(&self, answer: &Answer, value: Option<&Value>, cursor: Option<&Cursor>) -> ReadError {
        let said =
            value.and_then(|value| json::text(value, "description").or_else(|| json::text(value, "error")));
        let plain = || {
            std::str::from_utf8(&answer.body).ok().filter(|body| !body.trim_start().starts_with(['<', '{']))
        };
        let said =
            said.or_else(plain).map(|words| json::few_words(words.trim())).filter(|words| !words.is_empty());
        let lower = said.as_deref().unwrap_or_default().to_lowercase();
        let trouble = match answer.status {
            401 | 403 => Trouble::Auth,
            404 => Trouble::NoServer,
            410 => Trouble::Gone,
            429 => Trouble::Rate,
            500.. => Trouble::Transient,
            _ if lower.contains("auth") || lower.contains("api key") => Trouble::Auth,
            400 | 422 => Trouble::BadQuery,
            _ if value.is_none() && answer.body.trim_ascii().starts_with(b"<") => Trouble::BlockPage,
            _ if value.is_some_and(|value| !is_true(value)) => Trouble::BadQuery,
            _ => Trouble::Unread,
        };
        let ahead = date(answer).map_or(0, |date| date.since(answer.seen));
        let mut state: State = Cursor::state(cursor);
        if trouble == Trouble::Auth && ahead.saturating_sub(state.skew).abs() > SKEW {
            state.skew = ahead;
            let minutes = ahead.abs().div_euclid(60_000);
            let side = if ahead > 0 { "behind" } else { "ahead" };
            let words = format!(
                "this machine's clock is {minutes} minutes {side}; Vigie signs with theirs, set yours right"
            );
            return ReadError::refusal(&NAME, Trouble::Transient, words).instead(Cursor::of(&state));
        }
        let detail = match &said {
            Some(words) if answer.status < 400 => format!("\"{words}\""),
            Some(words) => format!("status {}: \"{words}\"", answer.status),
            None => format!("status {}", answer.status),
        };
        let until = status::until(answer);
        ReadError::refusal(&NAME, trouble, detail).until(until.filter(|_| trouble == Trouble::Rate))
    }
}

/// `status` is the text `true` or a truth; an answer without it is taken for good.
fn is_true(value: &Value) -> bool {
    match value.get("status") {
        Some(Value::Bool(status)) => *status,
        Some(Value::String(status)) => status.eq_ignore_ascii_case("true"),
        Some(_) | None => true,
    }
}

/// The moment of an answer by the clock of its host.
fn date(answer: &Answer) -> Option<Time> {
    let since =
        httpdate::parse_http_date(answer.header("date")?).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Time::from_seconds(i64::try_from(since.as_secs()).ok()?)
}

impl Network for PodcastIndex {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        let Some(job) = self.current(&state) else { return Ask::Done };
        let mut url = self.base.clone();
        let (path, words) = job.path();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        let seen = state.jobs.get(&job.name());
        let mut pairs = url.query_pairs_mut();
        if let Some((key, words)) = words {
            pairs.append_pair(key, &words);
        }
        pairs.append_pair("max", &MOST.to_string());
        match job {
            Job::Podcasts(_) => {
                let newest = seen.map(|seen| seen.newest).filter(|newest| *newest > 0);
                let first = now.0.div_euclid(1_000).saturating_sub(self.look_back);
                let since = newest.map_or(first, |newest| newest.saturating_sub(OVERLAP));
                pairs.append_pair("since", &since.to_string());
            }
            Job::Recent => {
                let run = self.run(seen, now);
                if run.oldest > 0 {
                    pairs.append_pair("before", &run.oldest.to_string());
                }
            }
            Job::Person(_) | Job::Term(_) => {}
        }
        pairs.append_pair("fulltext", "true");
        drop(pairs);
        Ask::Fetch(self.signed(url, now.plus(state.skew)))
    }

    fn idle(&self) -> Option<String> {
        let reason =
            "it has nothing to look for: set `people`, `podcasts`, `terms` or `recent` under this source";
        self.jobs.is_empty().then(|| reason.to_owned())
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let parsed = json::parse(&NAME, "episodes", &answer.body);
        if answer.status >= 400 {
            return Err(self.refusal(answer, parsed.as_ref().ok(), cursor));
        }
        let value = parsed.map_err(|error| match answer.body.trim_ascii().first() {
            Some(b'<') => ReadError { trouble: Trouble::BlockPage, ..error },
            Some(_) | None => error,
        })?;
        let asked_for_one =
            Url::parse(&answer.request.url).is_ok_and(|url| url.path().ends_with("/episodes/byid"));
        if !is_true(&value) && !asked_for_one {
            return Err(self.refusal(answer, Some(&value), cursor));
        }
        let found = item::read(&value)?;
        let mut page = Page::default();
        if let Some(job) = self.job(&answer.request.url) {
            let mut state: State = Cursor::state(cursor);
            let before = state.clone();
            (page.missed, page.more) = self.step(&mut state, job, &found, answer.seen);
            page.cursor = if state == before { None } else { Cursor::of(&state) };
        }
        (page.posts, page.accounts) = (found.posts, found.accounts);
        Ok(page)
    }

    fn pace(&self) -> Duration {
        self.every
    }

    fn refused(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<ReadError> {
        let value = json::parse(&NAME, "episodes", &answer.body).ok();
        Some(self.refusal(answer, value.as_ref(), cursor))
    }
}
