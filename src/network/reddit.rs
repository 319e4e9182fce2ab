//! Reddit: its Atom feeds at the pace they are really given at, or its API for those who hold an approved key.
//!
//! Without a key the whole host answers about once a minute and address, so one source turns slowly through its
//! subreddits, searches and people. With a key the same things are asked of the API, a minute apart.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use self::target::Target;
use self::walk::{State, Step};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Export, Key, Method, Network, Offer, Page,
    ReadError, Request, Secret, Session, Spec, Told, json,
};
use crate::post::NetworkName;
use crate::time::Time;

mod atom;
mod refusal;
mod target;
mod thing;
mod walk;

const NAME: NetworkName = NetworkName::known("reddit");
/// The feeds answer about once a minute and address since June 2026; five seconds to spare.
const FEED_PACE: Duration = Duration::from_secs(65);
/// Private feed addresses are limited far less; nobody says how much.
const PRIVATE_PACE: Duration = Duration::from_secs(30);
/// The API allows 100 requests a minute; a round a minute finds everything.
const API_PACE: Duration = Duration::from_secs(60);
/// The most things of one look-up.
const BATCH: usize = 100;

pub(super) const SPEC: Spec = Spec {
    name: "reddit",
    aliases: &[],
    about: "subreddits, searches and people of Reddit by Atom feed, one request in 65 seconds; by API with a key",
    keys: &["base_url", "api_url", "subreddits", "comments", "searches", "users"],
    secrets: &[
        Secret {
            key: "feed",
            needed: false,
            about: "the `feed` of your private feed addresses (reddit.com/prefs/feeds), which are limited less",
        },
        Secret { key: "user", needed: false, about: "the `user` of your private feed addresses" },
        Secret {
            key: "client_id",
            needed: false,
            about: "the id of an app that Reddit has approved; with it the API is asked instead of the feeds",
        },
        Secret { key: "client_secret", needed: false, about: "the secret of that app, where it has one" },
        Secret {
            key: "username",
            needed: false,
            about: "your name on Reddit, for an app of the kind `script`",
        },
        Secret { key: "password", needed: false, about: "your password, for an app of the kind `script`" },
    ],
    offer: Offer {
        can: &[Can::Search, Can::AccountPosts, Can::Comments, Can::Snapshot, Can::UserSearch],
        look_back: "the newest 100 of a feed, about the newest 1,000 with a key",
        deletes: Told::Reread,
        edits: Told::Reread,
        reread_batch: BATCH,
        absent: Absent::Gone,
        cost: "free: one feed a minute and address, or with an approved key 100 requests a minute (November 2026); \
               profiles, user search and reading again need the key",
        keep_days: Some(2),
        export: Export::Links,
        instead: "if Reddit refuses this address, as it does many data centres, set a private feed key, or run Vigie \
                  elsewhere",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(Reddit::build(super::section(section)?)?)),
};

/// What the section of a Reddit source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default = "default_api")]
    api_url: String,
    #[serde(default)]
    subreddits: Vec<String>,
    #[serde(default)]
    comments: bool,
    #[serde(default)]
    searches: Vec<String>,
    #[serde(default)]
    users: Vec<String>,
    feed: Option<Key>,
    user: Option<Key>,
    client_id: Option<Key>,
    client_secret: Option<Key>,
    username: Option<Key>,
    password: Option<Key>,
}

fn default_base() -> String {
    "https://www.reddit.com".to_owned()
}

fn default_api() -> String {
    "https://oauth.reddit.com".to_owned()
}

/// Reddit as a source.
#[derive(Debug)]
struct Reddit {
    base: String,
    api: String,
    targets: Vec<Target>,
    keys: Vec<String>,
    /// `feed` and `user` of private feed addresses.
    private: Option<(Key, Key)>,
    app: Option<App>,
}

/// An app that Reddit approved.
#[derive(Debug)]
struct App {
    id: Key,
    secret: Option<Key>,
    person: Option<(Key, Key)>,
}

impl Reddit {
    fn build(section: Section) -> Result<Reddit, BuildError> {
        let base = address("base_url", &section.base_url)?;
        let api = address("api_url", &section.api_url)?;
        let targets =
            target::targets(&section.subreddits, section.comments, &section.searches, &section.users)?;
        let app = section.client_id.map(|id| App {
            id,
            secret: section.client_secret,
            person: section.username.zip(section.password),
        });
        let keys = targets.iter().map(Target::key).collect();
        Ok(Reddit { base, api, targets, keys, private: section.feed.zip(section.user), app })
    }

    /// A request to the API. It wants to know who asks, and for whom.
    fn api(&self, path: &str, params: &[(&str, &str)]) -> Request {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(params).append_pair("raw_json", "1");
        self.named(Request::get(format!("{}{path}?{}", self.api, query.finish())))
    }

    /// The request under the name that the API asks for.
    fn named(&self, request: Request) -> Request {
        let person = self.app.as_ref().and_then(|app| app.person.as_ref());
        match person {
            Some((name, _)) => {
                let version = env!("CARGO_PKG_VERSION");
                request.header("user-agent", format!("server:vigie:v{version} (by /u/{})", name.reveal()))
            }
            None => request,
        }
    }

    fn request(&self, target: &Target, after: Option<&str>) -> Request {
        let mut params = target.params();
        params.extend(after.map(|after| ("after", after)));
        if self.app.is_some() {
            return self.api(&target.api_path(), &params);
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(params);
        if let Some((feed, user)) = &self.private {
            query.append_pair("feed", feed.reveal()).append_pair("user", user.reveal());
        }
        Request::get(format!("{}{}?{}", self.base, target.feed_path(), query.finish()))
            .header("accept", "application/atom+xml, application/xml;q=0.9")
    }

    fn turn(&self, state: &State) -> Option<(&String, &Target)> {
        let key = state.turn(&self.keys)?;
        self.keys.iter().zip(&self.targets).find(|(one, _)| *one == key)
    }

    /// What the answer says, and the names of its posts with their dates in seconds, if it is a list of posts.
    fn understand(&self, answer: &Answer, page: &mut Page) -> Result<Listed, ReadError> {
        if let Some(refusal) = refusal::of(answer, self.app.is_some()) {
            return Err(refusal);
        }
        let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body).trim_ascii();
        if body.starts_with(b"<") {
            return atom::read(answer, page);
        }
        let value = thing::parse(body)?;
        if let Some(refusal) = refusal::of_value(answer, &value, self.app.is_some()) {
            return Err(refusal);
        }
        let raw = thing::is_raw(&answer.request.url, &value);
        if !thing::read(&value, page, raw, 0) && answer.request.url.is_empty() {
            return Err(ReadError::new(&NAME, "posts", "the answer is nothing that Reddit says"));
        }
        Ok(Listed {
            items: thing::listed(&value),
            after: value.get("data").and_then(|data| json::text(data, "after")).map(str::to_owned),
            is_list: value.get("kind").and_then(Value::as_str) == Some("Listing"),
        })
    }
}

/// The posts of a list.
#[derive(Debug, Default)]
struct Listed {
    items: Vec<walk::Item>,
    /// The name after which the next page begins; the feeds do not tell it.
    after: Option<String>,
    is_list: bool,
}

fn address(key: &str, address: &str) -> Result<String, BuildError> {
    let web = Url::parse(address)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none());
    if web {
        return Ok(address.trim_end_matches('/').to_owned());
    }
    let reason = format!("`{address}` is not an address like https://www.reddit.com");
    Err(BuildError { key: key.to_owned(), reason })
}

/// Whether two addresses ask the same, whatever the page.
fn is_the_same(asked: &str, expected: &str) -> bool {
    let (Ok(asked), Ok(expected)) = (Url::parse(asked), Url::parse(expected)) else { return false };
    let query =
        |url: &Url| url.query_pairs().find(|(key, _)| key == "q").map(|(_, value)| value.into_owned());
    asked.path() == expected.path() && query(&asked) == query(&expected)
}

impl Network for Reddit {
    fn ask(&self, cursor: Option<&Cursor>, _now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        self.turn(&state)
            .map_or(Ask::Done, |(key, target)| Ask::Fetch(self.request(target, state.after(key))))
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let mut page = Page::default();
        let listed = self.understand(answer, &mut page)?;
        let before: State = Cursor::state(cursor);
        let Some((key, target)) = self.turn(&before) else { return Ok(page) };
        let expected = self.request(target, before.after(key)).url;
        if !is_the_same(&answer.request.url, &expected) {
            return Ok(page); // an answer to something else: a look-up, or a file
        }
        if !listed.is_list {
            return Err(ReadError::new(&NAME, "posts", "the answer has no list of posts"));
        }
        let mut state = before.clone();
        let Step { more, missed } = state.step(&self.keys, key, &listed, self.app.is_some(), answer.seen);
        // the feeds are asked once a pause, whatever is left to read
        page.more = more && self.app.is_some();
        page.missed = missed;
        page.cursor = if state == before { None } else { Cursor::of(&state) };
        Ok(page)
    }

    fn pace(&self) -> Duration {
        match (&self.app, &self.private) {
            (Some(_), _) => API_PACE,
            (None, Some(_)) => PRIVATE_PACE,
            (None, None) => FEED_PACE,
        }
    }

    fn host_rest(&self) -> Option<Duration> {
        // an address has one budget, whichever sources spend it
        self.app.is_none().then(|| self.pace())
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        refusal::of(answer, self.app.is_some())
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        let mut state: State = Cursor::state(cursor);
        let (key, target) = self.turn(&state)?;
        let reason = refusal::absent(answer)?;
        let reason = format!("{} cannot be read: {reason}", target.shown());
        let missed = state.pass(&self.keys, key, answer.seen, &reason)?;
        Some(Page { cursor: Cursor::of(&state), missed, ..Page::default() })
    }

    fn login(&self) -> Option<Request> {
        let app = self.app.as_ref()?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        match (&app.person, &app.secret) {
            (Some((name, password)), _) => {
                form.append_pair("grant_type", "password")
                    .append_pair("username", name.reveal())
                    .append_pair("password", password.reveal());
            }
            (None, Some(_)) => {
                form.append_pair("grant_type", "client_credentials");
            }
            (None, None) => {
                form.append_pair("grant_type", "https://oauth.reddit.com/grants/installed_client")
                    // for apps that do not want to tell one device from another
                    .append_pair("device_id", "DO_NOT_TRACK_THIS_DEVICE");
            }
        }
        let secret = app.secret.as_ref().map_or("", Key::reveal);
        let basic = STANDARD.encode(format!("{}:{secret}", app.id.reveal()));
        let request = Request {
            method: Method::Post,
            url: format!("{}/api/v1/access_token", self.base),
            body: Some(form.finish().into_bytes()),
            ..Request::default()
        };
        let request = request
            .header("authorization", format!("Basic {basic}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json");
        Some(self.named(request))
    }

    fn session(&self, answer: &Answer) -> Result<Session, ReadError> {
        if let Some(refusal) = refusal::of(answer, true) {
            return Err(refusal);
        }
        let value = json::parse(&NAME, "a session", &answer.body)?;
        if let Some(refusal) = refusal::of_value(answer, &value, true) {
            return Err(refusal);
        }
        let token = json::text(&value, "access_token")
            .ok_or_else(|| ReadError::new(&NAME, "a session", "the answer has no token"))?;
        let lives = json::number(&value, "expires_in").filter(|seconds| *seconds > 0).unwrap_or(3_600);
        Ok(Session {
            headers: vec![("authorization".to_owned(), format!("bearer {token}"))],
            expires: Some(answer.seen.plus(lives.saturating_mul(1000))),
        })
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        self.app.as_ref()?;
        let is_name = |id: &&String| id.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'_');
        let ids: Vec<&str> = native_ids.iter().filter(is_name).take(BATCH).map(String::as_str).collect();
        (!ids.is_empty()).then(|| self.api("/api/info", &[("id", &ids.join(","))]))
    }

    fn account(&self, name: &str) -> Option<Request> {
        self.app.as_ref()?;
        let name = target::person(name)?;
        Some(self.api(&format!("/user/{name}/about"), &[]))
    }

    fn find_accounts(&self, words: &str) -> Option<Request> {
        self.app.as_ref()?;
        let words = words.trim();
        (!words.is_empty()).then(|| self.api("/users/search", &[("q", words), ("limit", "25")]))
    }
}
