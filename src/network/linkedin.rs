//! LinkedIn: the posts of one's own pages and the comments under them. It has no way to listen to anybody else.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::byte_serialize;

use self::walk::{State, Task, Wants};
use super::{
    Absent, Answer, Ask, BuildError, Can, Cursor, Dates, Export, Gate, Key, Network, Offer, Page, ReadError,
    Request, Secret, Spec, Told, Trouble, json, plain, status,
};
use crate::post::{Deletion, Gone, NetworkName};
use crate::time::{DAY, Time};

mod item;
mod walk;
mod words;

const NAME: NetworkName = NetworkName::known("linkedin");
/// The version of the interface that this was written for; each lives for about a year.
const VERSION: &str = "202608";
/// The pause between two rounds: a dozen requests each, and small quotas that are not published.
const PACE: Duration = Duration::from_secs(2 * 3_600);
/// Posts that one request may ask for again.
const BATCH: usize = 20;

pub(super) const SPEC: Spec = Spec {
    name: "linkedin",
    aliases: &[],
    about: "posts of your own LinkedIn pages and the comments under them, asked every two hours with a token",
    keys: &["base_url", "organizations", "version", "comments", "look_back"],
    secrets: &[Secret {
        key: "token",
        needed: true,
        about: "an access token with the scope r_organization_social, of an app that LinkedIn has approved for its Community Management API; it lives for 60 days",
    }],
    offer: Offer {
        gate: Gate::Own,
        can: &[Can::AccountPosts, Can::Comments, Can::Snapshot],
        look_back: "all posts of your own pages; nothing of other companies or people",
        deletes: Told::Reread,
        edits: Told::Reread,
        reread_batch: BATCH,
        absent: Absent::Gone,
        daily: Some(400),
        cost: "free, after a review of the app; daily quotas by app and member, not published, renewed at midnight UTC (August 2026)",
        keep_days: Some(2),
        reread_hours: Some(48),
        export: Export::Counts,
        instead: "LinkedIn has no listening API; for competitors import a CSV export of your social suite, forward notification mails, or follow the same companies on X, YouTube and by their press feed",
        ..Offer::OPEN
    },
    dates: Dates::Server,
    build: |section| Ok(Box::new(LinkedIn::build(super::section(section)?)?)),
};

/// What the section of a LinkedIn source says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default = "default_base")]
    base_url: String,
    #[serde(default)]
    organizations: Vec<String>,
    #[serde(default = "default_version")]
    version: String,
    #[serde(default = "default_comments")]
    comments: bool,
    #[serde(default = "default_look_back")]
    look_back: String,
    token: Option<Key>,
}

fn default_base() -> String {
    "https://api.linkedin.com/rest".to_owned()
}

fn default_version() -> String {
    VERSION.to_owned()
}

fn default_comments() -> bool {
    true
}

fn default_look_back() -> String {
    "30d".to_owned()
}

/// LinkedIn as a source.
#[derive(Debug)]
struct LinkedIn {
    base: String,
    wants: Wants,
    version: String,
    token: Option<Key>,
}

/// The number of a page, from its URN or as it is.
fn organization(raw: &str) -> Option<String> {
    let raw = raw.trim();
    let number = raw.strip_prefix("urn:li:organization:").unwrap_or(raw);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("urn:li:organization:{number}"))
}

/// A URN as it must stand in addresses: LinkedIn wants its colons and brackets escaped everywhere.
fn escaped(urn: &str) -> String {
    byte_serialize(urn.as_bytes()).collect()
}

/// A part of an address without its escapes.
fn decoded(part: &str) -> Option<String> {
    let pair = format!("x={}", part.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

/// What an address asks, and the page that it names.
fn asked(address: &str) -> (Option<Task>, Option<String>) {
    let Ok(url) = Url::parse(address) else { return (None, None) };
    let get = |wanted: &str| {
        url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let start = get("start").and_then(|start| start.parse().ok()).unwrap_or(0);
    let parts: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    match parts.as_slice() {
        [.., "posts"] => (get("author").map(|org| Task::Posts { org, start }), None),
        [.., "socialActions", under, "comments"] => {
            (decoded(under).map(|under| Task::Comments { under, start }), None)
        }
        [.., "organizations", number] => {
            let org = format!("urn:li:organization:{number}");
            (Some(Task::Look { org: org.clone() }), Some(org))
        }
        [.., "networkSizes", urn] => {
            let org = decoded(urn);
            (org.clone().map(|org| Task::Followers { org }), org)
        }
        _ => (None, None),
    }
}

impl LinkedIn {
    fn build(section: Section) -> Result<LinkedIn, BuildError> {
        let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
        let urn = |raw: &String| {
            organization(raw).ok_or_else(|| {
                let reason = format!(
                    "`{raw}` is not the number of a page, such as 12345 or urn:li:organization:12345"
                );
                fault("organizations", reason)
            })
        };
        let orgs = section.organizations.iter().map(urn).collect::<Result<Vec<String>, _>>()?;
        if section.version.len() != 6 || !section.version.bytes().all(|byte| byte.is_ascii_digit()) {
            let reason = format!("`{}` is not a year and a month like {VERSION}", section.version);
            return Err(fault("version", reason));
        }
        Ok(LinkedIn {
            base: plain::base(&section.base_url)?.as_str().trim_end_matches('/').to_owned(),
            wants: Wants {
                orgs,
                comments: section.comments,
                look_back: plain::look_back(&section.look_back)?,
            },
            version: section.version,
            token: section.token,
        })
    }

    fn request(&self, rest: &str, method: Option<&str>) -> Request {
        let mut request = Request::get(format!("{}/{rest}", self.base))
            .header("accept", "application/json")
            .header("linkedin-version", self.version.as_str())
            .header("x-restli-protocol-version", "2.0.0");
        if let Some(method) = method {
            request = request.header("x-restli-method", method);
        }
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.reveal())),
            None => request,
        }
    }

    fn ask_for(&self, task: &Task, count: usize) -> Request {
        match task {
            Task::Look { org } => {
                let number = org.rsplit(':').next().unwrap_or_default();
                self.request(&format!("organizations/{number}"), None)
            }
            Task::Followers { org } => {
                let edge = "edgeType=COMPANY_FOLLOWED_BY_MEMBER";
                self.request(&format!("networkSizes/{}?{edge}", escaped(org)), None)
            }
            Task::Posts { org, start } => {
                let author = escaped(org);
                let rest = format!(
                    "posts?q=author&author={author}&count={count}&start={start}&sortBy=LAST_MODIFIED"
                );
                self.request(&rest, Some("FINDER"))
            }
            Task::Comments { under, start } => {
                let rest = format!("socialActions/{}/comments?count={count}&start={start}", escaped(under));
                self.request(&rest, None)
            }
        }
    }

    /// Whether an answer only says that one thing of the round cannot be read.
    fn is_absence(&self, answer: &Answer, cursor: Option<&Cursor>) -> bool {
        let Some(task) = asked(&answer.request.url).0 else { return false };
        let passes = match task {
            Task::Comments { .. } => matches!(answer.status, 404 | 410),
            // figures that this token may not see
            Task::Look { .. } | Task::Followers { .. } => matches!(answer.status, 400 | 403 | 404 | 410),
            Task::Posts { .. } => false,
        };
        passes && Cursor::state::<State>(cursor).expects(&task, &self.wants, answer.seen)
    }
}

/// The comment that was asked for again, when the answer says that it is gone.
fn lost_comment(answer: &Answer) -> Option<String> {
    let url = Url::parse(&answer.request.url).ok().filter(|_| matches!(answer.status, 404 | 410))?;
    let parts: Vec<&str> = url.path_segments()?.collect();
    match parts.as_slice() {
        [.., "socialActions", object, "comments", id] => {
            Some(format!("urn:li:comment:({},{id})", decoded(object)?))
        }
        _ => None,
    }
}

/// The next midnight in UTC, when quotas are renewed.
fn midnight(now: Time) -> Time {
    Time(now.0.div_euclid(DAY).saturating_add(1).saturating_mul(DAY))
}

fn refusal(answer: &Answer) -> ReadError {
    let value = match plain::json(&NAME, "posts", &answer.body) {
        Ok(value) => value,
        Err(error) if error.trouble == Trouble::BlockPage => return error,
        Err(_) => Value::Null,
    };
    let own = value.get("status").and_then(Value::as_u64).and_then(|own| u16::try_from(own).ok());
    let status = if answer.status >= 400 { answer.status } else { own.unwrap_or(answer.status) };
    let code = json::text(&value, "code").unwrap_or_default();
    let message = plain::said(
        json::text(&value, "message").or_else(|| json::text(&value, "error_description")).unwrap_or_default(),
    );
    let version = status == 426 || code.contains("VERSION");
    let trouble = if version { Trouble::BadQuery } else { plain::trouble(status) };
    let said = match (code, message.as_str()) {
        ("", "") => format!("status {status}"),
        ("", message) => format!("{status}: \"{message}\""),
        (code, message) => format!("{}: \"{message}\"", plain::said(code)),
    };
    let hint = match trouble {
        Trouble::BadQuery if version => "; this version has ended: set `version` to a newer year and month",
        Trouble::Auth => "; tokens live for 60 days",
        Trouble::NotApproved => {
            "; the app needs LinkedIn's approval for its Community Management API, and the token the scope r_organization_social of an administrator of the page"
        }
        Trouble::Rate => "; quotas are renewed at midnight UTC",
        Trouble::Money
        | Trouble::Gone
        | Trouble::NoServer
        | Trouble::BadQuery
        | Trouble::Transient
        | Trouble::BlockPage
        | Trouble::Unread => "",
    };
    let until =
        (trouble == Trouble::Rate).then(|| status::until(answer).unwrap_or_else(|| midnight(answer.seen)));
    ReadError::refusal(&NAME, trouble, format!("{said}{hint}")).until(until)
}

impl Network for LinkedIn {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let state: State = Cursor::state(cursor);
        state
            .next(&self.wants, now)
            .map_or(Ask::Done, |task| Ask::Fetch(self.ask_for(&task, state.count(&task))))
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let mut state: State = Cursor::state(cursor);
        let (task, named) = asked(&answer.request.url);
        let mut page = Page::default();
        let moved = |state: &State| Cursor::of(state).filter(|moved| Some(moved) != cursor);
        if answer.status >= 400 {
            if self.is_absence(answer, cursor)
                && let Some(task) = task
                && state.absent(&self.wants, &task, answer.seen, &mut page)
            {
                page.cursor = moved(&state);
                return Ok(page);
            }
            if let Some(urn) = lost_comment(answer) {
                page.deletions.push(Deletion { network: NAME, gone: Gone::Post(urn), at: None });
                return Ok(page);
            }
            return Err(refusal(answer));
        }
        let value = plain::json(&NAME, "posts", &answer.body)?;
        let is_error = value.get("serviceErrorCode").is_some()
            || (value.get("status").is_some_and(Value::is_number) && json::text(&value, "message").is_some());
        if is_error {
            return Err(refusal(answer));
        }
        let foreign = task.is_some() && (value.is_array() || value.get("data").is_some());
        if foreign || !item::everything(&value, named.as_deref(), &mut page) {
            return Err(ReadError::new(&NAME, "posts", "the answer is nothing that LinkedIn says"));
        }
        if let Some(task) = task
            && state.step(&self.wants, &task, &value, answer.seen, &mut page)
        {
            page.cursor = moved(&state);
        }
        Ok(page)
    }

    fn pace(&self) -> Duration {
        let pages = u32::try_from(self.wants.orgs.len()).unwrap_or(u32::MAX).max(1);
        PACE.saturating_mul(pages)
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        let normal = self.is_absence(answer, cursor) || lost_comment(answer).is_some();
        if normal { self.read(answer, cursor).ok() } else { None }
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        Some(refusal(answer))
    }

    fn reread(&self, native_ids: &[String]) -> Option<Request> {
        if let [comment] = native_ids
            && let Some(inside) =
                comment.strip_prefix("urn:li:comment:(").and_then(|rest| rest.strip_suffix(')'))
        {
            let (object, id) = inside.rsplit_once(',')?;
            return Some(self.request(&format!("socialActions/{}/comments/{id}", escaped(object)), None));
        }
        let is_post = |urn: &String| urn.starts_with("urn:li:share:") || urn.starts_with("urn:li:ugcPost:");
        if native_ids.is_empty() || !native_ids.iter().all(is_post) {
            return None; // comments are asked for one at a time
        }
        let urns: Vec<String> = native_ids.iter().take(BATCH).map(|urn| escaped(urn)).collect();
        Some(self.request(&format!("posts?ids=List({})", urns.join(",")), Some("BATCH_GET")))
    }

    fn account(&self, name: &str) -> Option<Request> {
        if let Some(org) = organization(name) {
            return Some(self.ask_for(&Task::Look { org }, 1));
        }
        let vanity = name.trim().trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty())?;
        Some(
            self.request(
                &format!("organizations?q=vanityName&vanityName={}", escaped(vanity)),
                Some("FINDER"),
            ),
        )
    }
}
