//! Threads: keyword and tag search, mentions of one's own profile, posts of known profiles, replies to known posts.
//!
//! Without the approval of `threads_keyword_search` the search answers all the same, but from one's own posts
//! alone. So a source first searches a word that stands in thousands of posts, and starts only when somebody else's
//! comes back.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::graph::{self, Graph, Item, Rules, Step, Walk};
use super::{
    Answer, Ask, BuildError, Can, Cursor, Dates, Export, Gate, Key, Network, Offer, Page, ReadError, Request,
    Secret, Spec, Trouble, Unit, json,
};
use crate::post::NetworkName;
use crate::time::{DAY, HOUR, Time};

mod post;
mod target;

use target::{State, Target};

const NAME: NetworkName = NetworkName::known("threads");
/// Words that somebody always writes. A second one, since Meta answers some words with nothing for everybody.
const PROBES: [&str; 2] = ["the", "love"];
/// Answers in a row with nothing but one's own posts after which the approval is doubted. A brand of which only
/// itself speaks has them too: then the probe decides again.
const DOUBT: u32 = 10;
/// The same in a recording, which cannot be asked again.
const RECORDED_DOUBT: u32 = 3;
/// The most posts of an answer.
const LIMIT: &str = "100";
/// Searches of a day and person, over all apps (documentation of 21 January 2026).
const SEARCHES: u64 = 2_200;
/// Seconds between two searches that keep a day below [`SEARCHES`], with a tenth to spare.
const SEARCH_PACE: u64 = 45;

/// An hour again each round, since the index learns late; 30 pages are 3,000 posts.
const RULES: Rules = Rules { overlap: HOUR, first: 2 * DAY, reach: None, pages: 30, ordered: true, known: 0 };

pub(super) const SPEC: Spec = Spec {
    name: "threads",
    aliases: &[],
    about: "posts of Threads by keyword or topic tag, mentions of one's own profile, public profiles, replies",
    keys: &["base_url", "keywords", "tags", "mentions", "profiles", "replies_to", "username"],
    secrets: &[
        Secret {
            key: "token",
            needed: true,
            about: "a long-lived token of your Threads app (developers.facebook.com); it ends after 60 days",
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
            Can::Search,
            Can::Tags,
            Can::AccountPosts,
            Can::Comments,
            Can::OwnMentions,
            Can::Snapshot,
            Can::Backfill,
        ],
        look_back: "what the search holds; words that Meta calls sensitive give nothing",
        unit: Unit::Quota,
        daily: Some(SEARCHES),
        cost: "free after Meta's review of the app: 2,200 searches a day and person, those without a result not \
               counted (January 2026)",
        keep_days: Some(90),
        export: Export::Links,
        instead: "without the approval, follow the brand on Bluesky, Mastodon or X, or import an export of your tool",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(Threads::build(super::section(section)?)?)),
};

/// What the section of a Threads source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    mentions: bool,
    #[serde(default)]
    profiles: Vec<String>,
    #[serde(default)]
    replies_to: Vec<String>,
    username: Option<String>,
    token: Option<Key>,
    app_secret: Option<Key>,
}

fn default_base() -> String {
    "https://graph.threads.com/v1.0".to_owned()
}

/// Threads as a source.
#[derive(Debug)]
struct Threads {
    graph: Graph,
    /// What is asked, with the names that the walk knows each by.
    keys: Vec<String>,
    targets: Vec<Target>,
    /// The name of the token's owner, where it is configured.
    me: Option<String>,
}

/// What is asked next.
enum Next<'a> {
    /// Whose token it is.
    Me,
    /// Whether others' posts are found at all.
    Probe(&'static str),
    Target(&'a String, &'a Target),
}

impl Threads {
    fn build(section: Section) -> Result<Threads, BuildError> {
        let graph = Graph::build(NAME, &section.base_url, section.token, section.app_secret.as_ref())?;
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let mut targets = Vec::new();
        for word in &section.keywords {
            let word = word.trim();
            if word.is_empty() {
                return Err(fault("keywords", "an empty keyword finds nothing".to_owned()));
            }
            targets.push(Target::Keyword(word.to_owned()));
        }
        for tag in &section.tags {
            let name = tag.trim().trim_start_matches('#').trim();
            if name.is_empty() {
                return Err(fault("tags", format!("`{tag}` is no topic tag")));
            }
            targets.push(Target::Tag(name.to_owned()));
        }
        if section.mentions {
            targets.push(Target::Mentions);
        }
        let named = |key: &str, name: &str| {
            let plain = name.trim().trim_start_matches('@').to_owned();
            let fits = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '.');
            let is_name = !plain.is_empty() && plain.chars().all(fits);
            if is_name { Ok(plain) } else { Err(fault(key, format!("`{name}` is no name on Threads"))) }
        };
        for profile in &section.profiles {
            targets.push(Target::Profile(named("profiles", profile)?));
        }
        for post in &section.replies_to {
            let id = post.trim();
            if id.is_empty() || !id.bytes().all(|one| one.is_ascii_digit()) {
                return Err(fault("replies_to", format!("`{post}` is no id of a post, which are digits")));
            }
            targets.push(Target::Replies(id.to_owned()));
        }
        let me = section.username.as_deref().map(|name| named("username", name)).transpose()?;
        let mut keys: Vec<String> = Vec::new();
        targets.retain(|target| {
            let key = target.key();
            let new = !keys.contains(&key);
            keys.extend(new.then_some(key));
            new
        });
        Ok(Threads { graph, keys, targets, me })
    }

    fn searches(&self) -> usize {
        self.targets.iter().filter(|target| target.is_search()).count()
    }

    fn me<'s>(&'s self, state: &'s State) -> Option<&'s str> {
        self.me.as_deref().or(state.me.as_deref())
    }

    fn next(&self, state: &State) -> Option<Next<'_>> {
        let key = state.walk.turn(&self.keys)?;
        if self.searches() > 0 && !state.others {
            if self.me(state).is_none() {
                return Some(Next::Me);
            }
            return PROBES.get(state.probe).or(PROBES.last()).map(|word| Next::Probe(word));
        }
        self.keys
            .iter()
            .zip(&self.targets)
            .find(|(one, _)| *one == key)
            .map(|(key, at)| Next::Target(key, at))
    }

    fn request(&self, next: &Next<'_>, walk: &Walk, now: Time) -> Request {
        let (key, target) = match next {
            Next::Me => return self.graph.get("me", [("fields", "id,username")]),
            Next::Probe(word) => {
                let params = [("q", *word), ("search_type", "RECENT"), ("search_mode", "KEYWORD")];
                let fields = [("fields", "id,permalink,timestamp,username")];
                return self.graph.get("keyword_search", params.into_iter().chain(fields));
            }
            Next::Target(key, target) => (key, target),
        };
        let since = (walk.floor(key, &RULES, now) / 1000).to_string();
        let until = walk.ceiling().map(|until| (until / 1000).to_string());
        let (path, own) = target.question();
        let page = walk.page(key).iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let timed = !matches!(target, Target::Replies(_));
        let params = own
            .into_iter()
            .chain([("fields", post::FIELDS), ("limit", LIMIT)])
            .chain(timed.then_some(("since", since.as_str())))
            .chain(until.as_deref().filter(|_| timed).map(|until| ("until", until)))
            .chain(page.filter(|(name, _)| !timed || !matches!(*name, "since" | "until")));
        self.graph.get(&path, params)
    }

    /// What the answer to a search says of the approval.
    fn judge(&self, state: &mut State, value: &Value, most: u32) -> Result<(), ReadError> {
        let Some(me) = self.me(state) else { return Ok(()) };
        let posts = json::list(value, "data");
        let names: Vec<&str> = posts.iter().filter_map(|post| json::text(post, "username")).collect();
        if names.iter().any(|name| !name.eq_ignore_ascii_case(me)) {
            (state.others, state.own, state.probe) = (true, 0, 0);
        } else if !names.is_empty() {
            state.own = state.own.saturating_add(1);
            if state.own >= most {
                if self.targets.is_empty() && !state.others {
                    return Err(not_approved("every answer holds your own posts alone"));
                }
                // the probe decides
                (state.others, state.own) = (false, 0);
            }
        }
        Ok(())
    }

    /// Moves on by the answer to what was to be asked next.
    fn advance(
        &self,
        answer: &Answer,
        value: &Value,
        state: &mut State,
        page: &mut Page,
    ) -> Result<(), ReadError> {
        let asked = &answer.request.url;
        let Some(next) = self.next(state) else {
            if asked.contains("/keyword_search?") {
                self.judge(state, value, RECORDED_DOUBT)?;
            } else if asked.contains("/me?") && page.accounts.len() == 1 {
                state.me = page.accounts.first().and_then(|account| account.author.handle.clone());
            }
            return Ok(());
        };
        if !graph::is_the_same(asked, &self.request(&next, &state.walk, answer.seen).url) {
            return Ok(()); // an answer to something else: a look-up of a profile
        }
        match next {
            Next::Me => {
                state.me = page.accounts.first().and_then(|account| account.author.handle.clone());
                if state.me.is_none() {
                    return Err(ReadError::new(
                        &NAME,
                        "the name of the token's owner",
                        "it is not in the answer",
                    ));
                }
                page.accounts.clear();
                page.more = true;
            }
            Next::Probe(_) => {
                list(value)?;
                // a probe is no listening
                (page.posts, page.accounts) = (Vec::new(), Vec::new());
                page.spent = Some(u64::from(!json::list(value, "data").is_empty()));
                self.judge(state, value, u32::MAX)?;
                if !state.others {
                    state.own = 0;
                    state.probe = state.probe.saturating_add(1);
                    if state.probe >= PROBES.len() {
                        return Err(not_approved(
                            "a search for a word that everybody writes found no post but your own",
                        ));
                    }
                }
                page.more = true;
            }
            Next::Target(key, target) => {
                list(value)?;
                if target.is_search() {
                    page.spent = page.posts.is_empty().then_some(0);
                    self.judge(state, value, DOUBT)?;
                }
                let items: Vec<Item> =
                    page.posts.iter().map(|post| (post.native_id.clone(), post.published)).collect();
                let further = graph::next_page(value, true);
                let Step { more, missed } =
                    state.walk.step(&self.keys, key, &items, further, &RULES, answer.seen);
                (page.more, page.missed) = (more, missed);
            }
        }
        Ok(())
    }
}

fn list(value: &Value) -> Result<(), ReadError> {
    let whole = value.get("data").is_some_and(Value::is_array);
    if whole { Ok(()) } else { Err(ReadError::new(&NAME, "posts", "the answer has no list of posts")) }
}

fn not_approved(what: &str) -> ReadError {
    let detail = format!(
        "{what}: without the approval of `threads_keyword_search` the search covers nothing else, so its silence \
         means nothing"
    );
    ReadError::refusal(&NAME, Trouble::NotApproved, detail)
}

impl Network for Threads {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        self.next(&state).map_or(Ask::Done, |next| Ask::Fetch(self.request(&next, &state.walk, now)))
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let value = self.graph.value(answer)?;
        let mut page = Page::default();
        let known = post::read(&value, &mut page, 0);
        if answer.request.url.is_empty() {
            if !known {
                return Err(ReadError::new(&NAME, "posts", "the answer is nothing that Threads says"));
            }
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
        let searches = u64::try_from(self.searches()).unwrap_or(u64::MAX);
        Duration::from_secs(searches.saturating_mul(SEARCH_PACE).max(120))
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        self.graph.refusal(answer)
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        let mut state: State = Cursor::state(cursor);
        let Next::Target(key, _) = self.next(&state)? else { return None };
        let missed = graph::salvage(&mut state.walk, &self.keys, key, &RULES, answer)?;
        Some(Page { cursor: Cursor::of(&state), missed, ..Page::default() })
    }

    fn cost(&self, request: &Request) -> u64 {
        u64::from(request.url.contains("/keyword_search"))
    }

    fn account(&self, name: &str) -> Option<Request> {
        Some(self.graph.get("profile_lookup", [("username", name.trim_start_matches('@'))]))
    }

    fn backfill(&self, from: Time, to: Time) -> Option<Cursor> {
        // what was learnt of the approval is in another cursor: the probe asks again
        Cursor::of(&State { walk: Walk::through(from, to), ..State::default() })
    }
}
