//! GDELT: articles of news sites all over the world, by words, through its DOC 2.0 search.
//!
//! It gives titles and addresses, no texts and no authors. The service is often overloaded: that it fails is normal,
//! and then it is left alone for a good while.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::forum::window::{Left, Rounds, Rules, Window};
use super::forum::{self, address};
use super::{
    Answer, Ask, BuildError, Can, Cursor, Dates, Network, Offer, Page, ReadError, Request, Spec, json,
};
use crate::post::NetworkName;
use crate::time::Time;

mod article;
mod refusal;

const NAME: NetworkName = NetworkName::known("gdelt");
/// The most articles of an answer.
const MOST: usize = 250;
/// Seconds asked for again: articles are found up to an hour or two after they appeared.
const OVERLAP: i64 = 2 * 3_600;
/// How far back the search reaches, in seconds: three months.
const REACH: i64 = 90 * 86_400;
/// The pause between two requests: the service asks for five seconds, and bears far fewer.
const PACE: Duration = Duration::from_secs(600);
/// Its only search, by its name in the cursor.
const SEARCH: &str = "articles";

pub(super) const SPEC: Spec = Spec {
    name: "gdelt",
    aliases: &[],
    about: "titles of news articles in a hundred languages, by words, asked every ten minutes",
    keys: &["base_url", "query", "look_back"],
    secrets: &[],
    offer: Offer {
        can: &[Can::Search, Can::Backfill],
        look_back: "three months",
        daily: Some(144),
        cost: "free: one request in five seconds, far fewer when it is overloaded (seen in July 2026)",
        instead: "follow the feeds of the newspapers that matter to you: they are quicker and have texts",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(Gdelt::build(super::section(section)?)?)),
};

/// What the section of a GDELT source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    query: Option<String>,
    #[serde(default = "default_look_back")]
    look_back: String,
}

fn default_base() -> String {
    "https://api.gdeltproject.org/api/v2/doc/doc".to_owned()
}

fn default_look_back() -> String {
    "1d".to_owned()
}

/// GDELT as a source.
#[derive(Debug)]
struct Gdelt {
    base: Url,
    query: Option<String>,
    searches: Vec<String>,
    look_back: i64,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    rounds: Rounds,
}

impl Gdelt {
    fn build(section: Section) -> Result<Gdelt, BuildError> {
        let base = address::base("base_url", &section.base_url)?;
        let look_back = forum::seconds("look_back", &section.look_back)?.min(REACH);
        let query = section.query.map(|query| query.trim().to_owned()).filter(|query| !query.is_empty());
        let searches = query.iter().map(|_| SEARCH.to_owned()).collect();
        Ok(Gdelt { base, query, searches, look_back })
    }

    fn rules(&self) -> Rules {
        Rules { overlap: OVERLAP, look_back: self.look_back, pages: 1 }
    }

    fn request(&self, query: &str, window: Window, now: Time) -> Request {
        // a start before the three months is an error of the query
        let earliest = now.0.div_euclid(1000).saturating_sub(REACH);
        let moment = |seconds: i64| article::stamp(Time(seconds.saturating_mul(1000)));
        let (from, most) = (moment(window.floor.max(earliest)), MOST.to_string());
        let until = window.ceiling.map(moment);
        let mut pairs = vec![
            ("query", query),
            ("mode", "artlist"),
            ("format", "json"),
            ("maxrecords", &*most),
            ("sort", "datedesc"),
            ("startdatetime", &*from),
        ];
        pairs.extend(until.as_deref().map(|until| ("enddatetime", until)));
        let mut url = self.base.clone();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        Request::get(url).header("accept", "application/json")
    }
}

impl Network for Gdelt {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let State { rounds } = Cursor::state(cursor);
        match (&self.query, rounds.current(&self.searches)) {
            (Some(query), Some(search)) => {
                Ask::Fetch(self.request(query, rounds.window(search, self.rules(), now), now))
            }
            _ => Ask::Done,
        }
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        if let Some(error) = self.refused(answer, cursor).or_else(|| refusal::told(answer)) {
            return Err(error);
        }
        let body = article::mended(&answer.body);
        let value = json::parse(&NAME, "articles", &body).map_err(|error| refusal::broken(answer, error))?;
        let asked_for = Url::parse(&answer.request.url).is_ok_and(|url| url.path() == self.base.path());
        let articles = match &value {
            Value::Array(all) if !asked_for => all.as_slice(),
            // `{}` says that nothing was found; charts hold no articles
            Value::Object(fields)
                if fields.is_empty()
                    || ["articles", "timeline", "tonechart"].iter().any(|key| fields.contains_key(*key)) =>
            {
                json::list(&value, "articles")
            }
            Value::Array(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => {
                let error = ReadError::new(&NAME, "articles", "the answer is nothing that GDELT says");
                return Err(refusal::later(answer, error));
            }
        };
        let mut page = Page::default();
        let mut times = Vec::new();
        for one in articles.iter().filter(|one| one.is_object()) {
            let post = article::post(one);
            times.extend(post.published.map(|time| time.0.div_euclid(1000)));
            page.posts.push(post);
        }
        let state: State = Cursor::state(cursor);
        if let Some(search) = state.rounds.current(&self.searches).filter(|_| asked_for) {
            let mut next = state.clone();
            let asked = state.rounds.window(search, self.rules(), answer.seen);
            let left = if articles.len() >= MOST { Left::Older } else { Left::Nothing };
            let step = next.rounds.step(&self.searches, search, self.rules(), asked, &times, left);
            (page.more, page.missed) = (step.more, step.missed);
            page.pause = step.more.then_some(PACE);
            page.cursor = if next == state { None } else { Cursor::of(&next) };
        }
        Ok(page)
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        refusal::of_status(answer)
    }

    fn pace(&self) -> Duration {
        PACE
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        self.query.as_ref()?;
        Cursor::of(&State { rounds: Rounds::only(from, to) })
    }
}
