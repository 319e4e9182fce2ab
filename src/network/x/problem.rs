//! Refusals of X and problems beside its posts: what each means for the source, in words for a person.

use serde_json::Value;

use super::NAME;
use super::entity::count;
use crate::network::json::{self, id, list, text};
use crate::network::{Answer, Page, ReadError, Trouble, status};
use crate::post::{Account, Author, Deletion, Gone};
use crate::time::{DAY, Time};

/// Numbers of version 1.1 for keys that are wrong, missing, or of a suspended account.
const KEY_CODES: &[i64] = &[32, 64, 89, 99, 135, 215, 326];
/// Numbers of version 1.1 for what does not exist.
const GONE_CODES: &[i64] = &[17, 34, 50, 63, 144];
/// Pairs of headers that count a window: the quarter of an hour, and the day of the app and of the user.
const WINDOWS: &[&str] = &["x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour"];

/// What a different question would get around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// A field or parameter is called otherwise here.
    Names,
    /// The page token has run out.
    Token,
    /// The starting point is older than the search reaches.
    Since,
    /// The stream has no rules.
    NoRules,
}

/// Whether an answer with status 200 is a refusal all the same.
pub(super) fn is_refusal(value: &Value) -> bool {
    if value.get("data").is_some() || value.get("includes").is_some() || value.get("meta").is_some() {
        return false;
    }
    let errors = list(value, "errors");
    let told = |one: &Value| {
        let mut page = Page::default();
        gone(one, &mut page);
        page != Page::default()
    };
    if value.get("errors").is_some() {
        return !errors.iter().any(told);
    }
    let titled =
        text(value, "title").is_some() && (text(value, "detail").is_some() || text(value, "type").is_some());
    titled || value.get("error").is_some_and(|error| error.is_string() || error.is_object())
}

/// What X says of a refusal.
#[derive(Debug, Default)]
struct Said<'a> {
    /// Its words, most telling first.
    words: Vec<&'a str>,
    /// Titles and types, in lower case.
    kinds: String,
    /// Numbers of version 1.1.
    codes: Vec<i64>,
    /// Names of the parameters at fault.
    parameters: Vec<&'a str>,
}

impl<'a> Said<'a> {
    fn of(value: &'a Value) -> Said<'a> {
        let mut said = Said::default();
        let errors = list(value, "errors");
        for one in errors.iter().chain([value]).chain(value.get("error")) {
            said.words.extend(["message", "detail"].iter().filter_map(|key| text(one, key)));
            said.words.extend(list(one, "details").iter().filter_map(Value::as_str));
            said.codes.extend(count(one, &["code"]));
            for key in ["title", "type", "reason", "connection_issue", "disconnect_type", "period"] {
                said.kinds.push_str(&text(one, key).unwrap_or_default().to_lowercase());
                said.kinds.push(' ');
            }
            if let Some(parameters) = one.get("parameters").and_then(Value::as_object) {
                said.parameters.extend(parameters.keys().map(String::as_str));
            }
        }
        said.words.extend(text(value, "error"));
        said.words.extend(text(value, "title"));
        said.words.extend(errors.iter().filter_map(|one| text(one, "title").or_else(|| one.as_str())));
        said
    }

    fn is(&self, kinds: &[&str]) -> bool {
        kinds.iter().any(|kind| self.kinds.contains(kind))
    }

    fn coded(&self, codes: &[i64]) -> bool {
        self.codes.iter().any(|code| codes.contains(code))
    }

    fn speaks_of(&self, names: &[&str]) -> bool {
        let has = |text: &str| names.iter().any(|name| text.contains(name));
        self.words.iter().any(|words| has(words)) || self.parameters.iter().any(|name| has(name))
    }

    /// Which other question would help.
    fn hint(&self, status: u16) -> Option<Hint> {
        if status == 409 || self.is(&["ruleconfigurationissue"]) {
            return Some(Hint::NoRules);
        }
        let bad = status == 400 || self.is(&["invalid-request", "invalid request"]);
        let named = |names: &[&str]| self.parameters.iter().any(|name| names.contains(name));
        if !bad {
            None
        } else if named(&["next_token", "pagination_token"])
            || self.speaks_of(&["`next_token`", "'next_token'", "pagination_token"])
        {
            Some(Hint::Token)
        } else if named(&["since_id"]) || self.speaks_of(&["'since_id'", "`since_id`"]) {
            Some(Hint::Since)
        } else {
            let ours = ["tweet.fields", "post.fields", "expansions", "media.fields", "user.fields"];
            let unknown = ["is not one of", "unknown", "unrecognized", "not a valid", "not allowed"];
            // a message also lists what would be right: the parameter at fault is named apart
            let at_fault = if self.parameters.is_empty() { self.speaks_of(&ours) } else { named(&ours) };
            (at_fault && self.speaks_of(&unknown)).then_some(Hint::Names)
        }
    }

    fn trouble(&self, status: u16) -> Trouble {
        if status == 402 || self.is(&["usage-capped", "usagecapexceeded", "credits", "spend-cap", "spendcap"])
        {
            Trouble::Money
        } else if status == 429
            || self.coded(&[88])
            || self.is(&["too many requests", "toomanyconnections", "rate-limit"])
        {
            Trouble::Rate
        } else if self.coded(&[453]) || self.is(&["client-forbidden", "client-not-enrolled"]) {
            Trouble::NotApproved
        } else if status == 401 || self.coded(KEY_CODES) || self.is(&["unauthorized"]) {
            Trouble::Auth
        } else if status >= 500
            || status == 409
            || self.coded(&[130, 131])
            || self.is(&["disconnect", "streaming-connection", "connectionexception"])
        {
            Trouble::Transient
        } else if status == 403 || self.is(&["unsupported-authentication"]) {
            Trouble::NotApproved
        } else if status == 410 || self.coded(GONE_CODES) || self.is(&["resource-not-found"]) {
            Trouble::Gone
        } else if status == 404 {
            Trouble::NoServer
        } else if self.words.contains(&"Not Found") {
            Trouble::Gone
        } else if status == 400 || self.coded(&[25, 195]) || self.is(&["invalid"]) {
            Trouble::BadQuery
        } else {
            Trouble::Unread
        }
    }
}

/// A refusal, and the other question that would get around it.
pub(super) fn refusal(answer: &Answer, value: Option<&Value>) -> (ReadError, Option<Hint>) {
    let said = value.map(Said::of).unwrap_or_default();
    let status = answer.status;
    let mut trouble = said.trouble(status);
    if trouble == Trouble::Unread && value.is_none() && answer.body.trim_ascii().starts_with(b"<") {
        trouble = Trouble::BlockPage;
    }
    let until = match trouble {
        Trouble::Rate | Trouble::Transient => window_end(answer),
        // credits may be bought at any time; only a daily cap says when it ends
        Trouble::Money => said.is(&["daily"]).then(|| next_day(answer.seen)),
        Trouble::Auth
        | Trouble::NotApproved
        | Trouble::Gone
        | Trouble::NoServer
        | Trouble::BadQuery
        | Trouble::BlockPage
        | Trouble::Unread => None,
    };
    let words = said.words.first().map(|words| json::few_words(words));
    let detail = match (words, trouble) {
        (Some(words), Trouble::Unread) => format!("X answers \"{words}\""),
        (None, Trouble::BlockPage) => "a web page came instead of JSON".to_owned(),
        (Some(words), _) if status >= 400 => format!("status {status}: \"{words}\""),
        (Some(words), _) => format!("\"{words}\""),
        (None, _) => format!("status {status}"),
    };
    (ReadError::refusal(&NAME, trouble, detail).until(until), said.hint(status))
}

/// When the windows that are used up end: seconds since 1970, as X counts.
fn window_end(answer: &Answer) -> Option<Time> {
    let header = |name: String| answer.header(&name).and_then(|value| value.trim().parse::<i64>().ok());
    let ends = WINDOWS.iter().filter_map(|window| {
        let left = header(format!("{window}-remaining"))?;
        (left <= 0).then(|| header(format!("{window}-reset")))?.and_then(Time::from_seconds)
    });
    ends.max().or_else(|| status::until(answer))
}

fn next_day(now: Time) -> Time {
    Time(now.0.div_euclid(DAY).saturating_add(1).saturating_mul(DAY))
}

/// What one problem beside posts says was taken away. Posts that cannot be seen any more, for whatever
/// reason, must go here too.
pub(super) fn gone(problem: &Value, page: &mut Page) {
    let kind = text(problem, "type").unwrap_or_default();
    let missing = kind.ends_with("/resource-not-found");
    if !missing && !kind.ends_with("/not-authorized-for-resource") {
        return;
    }
    let Some(what) = id(problem, "resource_id").or_else(|| id(problem, "value")) else { return };
    let numeric = what.bytes().all(|byte| byte.is_ascii_digit());
    let parameter = text(problem, "parameter").unwrap_or_default();
    match text(problem, "resource_type") {
        Some("tweet" | "post") if numeric => {
            page.deletions.push(Deletion { network: NAME, gone: Gone::Post(what), at: None });
        }
        Some("user") if missing && matches!(parameter, "username" | "usernames") => {
            let suspended = text(problem, "detail").is_some_and(|detail| detail.contains("suspended"));
            let status = if suspended { "suspended" } else { "not found" };
            let author = Author { native_id: what.clone(), handle: Some(what), ..Author::default() };
            page.accounts.push(Account { network: NAME, author, status: Some(status.to_owned()), at: None });
        }
        Some("user") if missing && numeric && matches!(parameter, "author_id" | "id" | "ids") => {
            page.deletions.push(Deletion { network: NAME, gone: Gone::Account(what), at: None });
        }
        Some(_) | None => {}
    }
}
