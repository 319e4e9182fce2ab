//! Instagram: hashtags, posts and figures of other professional accounts, posts that tag one's own account.
//!
//! There is no search by words. Hashtags give the last 24 hours and nobody's name, and an account may ask for 30
//! different ones in seven days, whoever asks for it: that budget is read before a new one is added.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use self::budget::{Budget, MOST};
use super::graph::{self, Graph, Item, Rules, Step, Walk};
use super::{
    Answer, Ask, BuildError, Can, Cursor, Dates, Export, Gate, Key, Missed, Network, Offer, Page, ReadError,
    Request, Secret, Spec, Trouble, json,
};
use crate::post::NetworkName;
use crate::time::{DAY, Time};

mod budget;
mod media;

const NAME: NetworkName = NetworkName::known("instagram");

/// A day again each round: lists are out of order, and nothing older is given. 40 pages are 2,000 posts a day.
const HASHTAG: Rules =
    Rules { overlap: DAY, first: DAY, reach: Some(DAY), pages: 40, ordered: false, known: 600 };
/// Two days again for counts; a month at first.
const ACCOUNT: Rules =
    Rules { overlap: 2 * DAY, first: 30 * DAY, reach: None, pages: 20, ordered: true, known: 0 };

pub(super) const SPEC: Spec = Spec {
    name: "instagram",
    aliases: &[],
    about: "Instagram posts by hashtag, posts and figures of named professional accounts, posts that tag one's own",
    keys: &["base_url", "user_id", "hashtags", "accounts", "tagged"],
    secrets: &[
        Secret {
            key: "token",
            needed: true,
            about: "a token of your Meta app for a professional account that is linked to a Page",
        },
        Secret {
            key: "app_secret",
            needed: false,
            about: "the app's secret, only where the app requires it with every call",
        },
    ],
    offer: Offer {
        gate: Gate::Review,
        can: &[Can::Tags, Can::AccountPosts, Can::OwnMentions, Can::Snapshot],
        look_back: "24 hours of a hashtag, all posts of a professional account",
        cost: "free after Meta's review of the app: 30 different hashtags in 7 days and account (November 2026)",
        keep_days: Some(90),
        export: Export::Links,
        instead: "without the review, follow the same brands on other networks, or import an export of your tool",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(Instagram::build(super::section(section)?)?)),
};

/// What the section of an Instagram source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    user_id: Option<String>,
    #[serde(default)]
    hashtags: Vec<String>,
    #[serde(default)]
    accounts: Vec<String>,
    #[serde(default)]
    tagged: bool,
    token: Option<Key>,
    app_secret: Option<Key>,
}

fn default_base() -> String {
    "https://graph.facebook.com/v25.0".to_owned()
}

/// Instagram as a source.
#[derive(Debug)]
struct Instagram {
    graph: Graph,
    /// The id of one's own professional account.
    me: String,
    targets: Vec<(String, Target)>,
}

#[derive(Debug)]
enum Target {
    Hashtag(String),
    Account(String),
    Tagged,
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, Deserialize)]
#[serde(default)]
struct State {
    budget: Budget,
    walk: Walk,
}

/// What is asked next.
enum Next<'a> {
    /// Which hashtags count against the budget.
    Used,
    /// The id of a hashtag.
    Id(&'a str, &'a str),
    Posts(&'a str, &'a Target),
}

impl Instagram {
    fn build(section: Section) -> Result<Instagram, BuildError> {
        let graph = Graph::build(NAME, &section.base_url, section.token, section.app_secret.as_ref())?;
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let mut targets = Vec::new();
        for tag in &section.hashtags {
            let name = tag.trim().trim_start_matches('#').to_lowercase();
            // emoji and signs are refused by the network
            if name.is_empty() || graph::hashtags(&format!("#{name}")) != [name.clone()] {
                return Err(fault("hashtags", format!("`{tag}` is not one hashtag of letters and digits")));
            }
            targets.push((format!("t:{name}"), Target::Hashtag(name)));
        }
        let mut names = BTreeSet::new();
        targets.retain(|(key, _)| names.insert(key.clone()));
        if targets.len() > MOST {
            let reason = format!("more than {MOST} hashtags, which is all that Meta allows in seven days");
            return Err(fault("hashtags", reason));
        }
        for account in &section.accounts {
            let name = account.trim().trim_start_matches('@').to_owned();
            let fits = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '.');
            if name.is_empty() || !name.chars().all(fits) {
                return Err(fault("accounts", format!("`{account}` is no name on Instagram")));
            }
            targets.push((format!("u:{name}"), Target::Account(name)));
        }
        if section.tagged {
            targets.push(("tagged".to_owned(), Target::Tagged));
        }
        let mut names = BTreeSet::new();
        targets.retain(|(key, _)| names.insert(key.clone()));
        let me = section.user_id.unwrap_or_default().trim().to_owned();
        let is_id = !me.is_empty() && me.bytes().all(|one| one.is_ascii_digit());
        if !is_id && (!targets.is_empty() || !me.is_empty()) {
            let reason = "the id of your own professional account, a row of digits such as 17841400000000000";
            return Err(fault("user_id", reason.to_owned()));
        }
        Ok(Instagram { graph, me, targets })
    }

    /// The things whose turn may come: hashtags beyond the budget wait.
    fn open(&self, budget: &Budget, now: Time) -> Vec<String> {
        let room = budget.room(now) > 0;
        let may = |target: &Target| match target {
            Target::Hashtag(tag) => room || budget.counts(tag, now),
            Target::Account(_) | Target::Tagged => true,
        };
        self.targets.iter().filter(|(_, target)| may(target)).map(|(key, _)| key.clone()).collect()
    }

    fn hashtags(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().filter_map(|(_, target)| match target {
            Target::Hashtag(tag) => Some(tag.as_str()),
            Target::Account(_) | Target::Tagged => None,
        })
    }

    /// The hashtags for which the budget has no room.
    fn waiting(&self, budget: &Budget, now: Time) -> Vec<&str> {
        self.hashtags().filter(|tag| !budget.counts(tag, now)).skip(budget.room(now)).collect()
    }

    fn next(&self, state: &State, open: &[String], now: Time) -> Option<Next<'_>> {
        let budget = &state.budget;
        if !budget.is_known(now) && self.hashtags().any(|tag| budget.id(tag).is_none()) {
            return Some(Next::Used);
        }
        let Some(turn) = state.walk.turn(open) else {
            return (!self.targets.is_empty()).then_some(Next::Used);
        };
        let (key, target) = self.targets.iter().find(|(key, _)| key == turn)?;
        Some(match target {
            Target::Hashtag(tag) if budget.id(tag).is_none() => Next::Id(key, tag),
            Target::Hashtag(_) | Target::Account(_) | Target::Tagged => Next::Posts(key, target),
        })
    }

    fn request(&self, next: &Next<'_>, state: &State) -> Request {
        let me = self.me.as_str();
        let (key, target) = match next {
            Next::Used => {
                return self.graph.get(&format!("{me}/recently_searched_hashtags"), [("limit", "30")]);
            }
            Next::Id(_, tag) => {
                return self.graph.get("ig_hashtag_search", [("user_id", me), ("q", tag)]);
            }
            Next::Posts(key, target) => (key, target),
        };
        let page = state.walk.page(key).iter().map(|(name, value)| (name.as_str(), value.as_str()));
        match target {
            Target::Hashtag(tag) => {
                let id = state.budget.id(tag).unwrap_or_default();
                let params = [("user_id", me), ("fields", media::OF_HASHTAG), ("limit", "50")];
                self.graph.get(&format!("{id}/recent_media"), params.into_iter().chain(page))
            }
            Target::Account(name) => {
                let after = page.into_iter().find(|(name, _)| *name == "after").map(|(_, after)| after);
                self.discover(name, after)
            }
            Target::Tagged => {
                let params = [("fields", media::OF_TAGGED), ("limit", "50")];
                self.graph.get(&format!("{me}/tags"), params.into_iter().chain(page))
            }
        }
    }

    /// The profile of a professional account with a page of its posts.
    fn discover(&self, name: &str, after: Option<&str>) -> Request {
        let after = after.map(|after| format!(".after({after})")).unwrap_or_default();
        let fields = format!(
            "business_discovery.username({name}){{{},media.limit(25){after}{{{}}}}}",
            media::PROFILE,
            media::OF_ACCOUNT
        );
        self.graph.get(&self.me, [("fields", fields.as_str())])
    }

    /// Moves on by the answer to what was to be asked next.
    fn advance(
        &self,
        answer: &Answer,
        value: &Value,
        state: &mut State,
        page: &mut Page,
    ) -> Result<(), ReadError> {
        let now = answer.seen;
        let open = self.open(&state.budget, now);
        let Some(next) = self.next(state, &open, now) else { return Ok(()) };
        if !graph::is_the_same(&answer.request.url, &self.request(&next, state).url) {
            return Ok(()); // an answer to something else: a look-up of an account
        }
        // these lists hold nothing but ids
        let bare = |one: &Value| one.as_object().is_some_and(|fields| fields.len() < 3);
        let listed =
            || value.get("data").and_then(Value::as_array).filter(|all| !json::is_foreign(all, bare));
        let odd = |what| ReadError::new(&NAME, what, "the answer has no list of them");
        match next {
            Next::Used => {
                let used = listed().ok_or_else(|| odd("hashtags"))?;
                state.budget.learn(used.iter().filter_map(|one| json::id(one, "id")).collect(), now);
                page.more = true;
                let waiting = self.waiting(&state.budget, now);
                if self.open(&state.budget, now).is_empty() {
                    let detail = format!("the {MOST} hashtags of seven days are used up");
                    let error = ReadError::refusal(&NAME, Trouble::Money, detail);
                    return Err(error.until(Some(now.plus(DAY))));
                }
                if !waiting.is_empty() {
                    let reason = format!(
                        "#{} wait: the {MOST} hashtags of seven days are used up",
                        waiting.join(", #")
                    );
                    page.missed = Some(Missed { from: now.plus(-DAY), to: now, reason });
                }
            }
            Next::Id(key, tag) => {
                let found = listed().ok_or_else(|| odd("hashtags"))?;
                match found.iter().find_map(|one| json::id(one, "id")) {
                    Some(id) => state.budget.add(tag, id, now),
                    None => {
                        let reason = format!("#{tag} does not exist on the network");
                        let Some(missed) = state.walk.pass(&open, key, now, &reason) else {
                            return Err(ReadError::refusal(&NAME, Trouble::Gone, reason));
                        };
                        page.missed = missed;
                    }
                }
                page.more = true;
            }
            Next::Posts(key, target) => {
                let (listed, rules) = match target {
                    Target::Hashtag(tag) => {
                        state.budget.asked(tag, now);
                        (value, HASHTAG)
                    }
                    Target::Tagged => (value, ACCOUNT),
                    Target::Account(_) => {
                        let found = value.get("business_discovery").ok_or_else(|| odd("posts"))?;
                        (found.get("media").unwrap_or(&Value::Null), ACCOUNT)
                    }
                };
                let items: Vec<Item> = json::list(listed, "data")
                    .iter()
                    .map(|one| (media::native_id(one), graph::time(one, "timestamp")))
                    .collect();
                if listed.get("data").is_none_or(|data| !data.is_array())
                    && !matches!(target, Target::Account(_))
                {
                    return Err(odd("posts"));
                }
                // the page token of an account's posts comes without an address of the next page
                let further = graph::next_page(listed, matches!(target, Target::Account(_)));
                let Step { more, missed } = state.walk.step(&open, key, &items, further, &rules, now);
                (page.more, page.missed) = (more, missed);
            }
        }
        Ok(())
    }
}

impl Network for Instagram {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        let open = self.open(&state.budget, now);
        self.next(&state, &open, now).map_or(Ask::Done, |next| Ask::Fetch(self.request(&next, &state)))
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let value = self.graph.value(answer)?;
        let mut page = Page::default();
        let known = media::read(&value, &mut page, media::asked_for(&answer.request.url).as_ref(), 0);
        if answer.request.url.is_empty() {
            if !known {
                return Err(ReadError::new(&NAME, "posts", "the answer is nothing that Instagram says"));
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
        // a quarter of an hour is far below the 24 hours that a hashtag gives, and a minute a thing below the limits
        let things = u64::try_from(self.targets.len()).unwrap_or(u64::MAX);
        Duration::from_secs(things.saturating_mul(60).max(15 * 60))
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        self.graph.refusal(answer)
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        let mut state: State = Cursor::state(cursor);
        let open = self.open(&state.budget, answer.seen);
        let (key, rules) = match self.next(&state, &open, answer.seen)? {
            Next::Used => return None,
            Next::Id(key, _) | Next::Posts(key, Target::Hashtag(_)) => (key.to_owned(), HASHTAG),
            Next::Posts(key, Target::Account(_) | Target::Tagged) => (key.to_owned(), ACCOUNT),
        };
        let missed = graph::salvage(&mut state.walk, &open, &key, &rules, answer).or_else(|| {
            // a hashtag that Meta calls sensitive is refused without saying so
            let refused = key.starts_with("t:") && answer.status == 400;
            let kind = self.graph.refusal(answer)?.trouble;
            let reason = format!("`{key}` is refused by the network");
            (refused && matches!(kind, Trouble::BadQuery | Trouble::Transient))
                .then(|| state.walk.pass(&open, &key, answer.seen, &reason))
                .flatten()
        })?;
        Some(Page { cursor: Cursor::of(&state), missed, ..Page::default() })
    }

    fn account(&self, name: &str) -> Option<Request> {
        let name = name.trim_start_matches('@');
        let fits = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '.');
        (!self.me.is_empty() && !name.is_empty() && name.chars().all(fits)).then(|| {
            let fields = format!("business_discovery.username({name}){{{}}}", media::PROFILE);
            self.graph.get(&self.me, [("fields", fields.as_str())])
        })
    }
}
