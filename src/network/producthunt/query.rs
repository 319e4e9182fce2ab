//! Questions to Product Hunt in GraphQL, and what its answers say of its limits.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::network::json::{list, number, text};
use crate::network::{Answer, Key, Method, Request, status};
use crate::time::Time;

/// Launches asked for at once, with and without their comments: the points of one question are bounded.
const FIRST: u64 = 20;
const FIRST_WITH_COMMENTS: u64 = 10;

const PERSON: &str = "fragment person on User { id name username headline url profileImage twitterUsername websiteUrl createdAt }";
const LAUNCH: &str = "fragment launch on Post { id name slug tagline description url website createdAt featuredAt votesCount \
     commentsCount thumbnail { type url videoUrl } media { type url videoUrl } topics(first: 5) { edges { node { name slug } } } \
     user { ...person } makers { ...person } }";
const REMARK: &str =
    "fragment remark on Comment { id body createdAt url votesCount parentId user { ...person } }";

/// What a question for launches asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Empty for all launches.
    pub(super) topic: String,
    pub(super) from: i64,
    pub(super) to: Option<i64>,
    pub(super) after: Option<String>,
}

/// The request with this body.
pub(super) fn request(base: &Url, token: Option<&Key>, body: &Value) -> Request {
    let request = Request::get(base.as_str())
        .header("accept", "application/json")
        .header("content-type", "application/json");
    let request = Request { method: Method::Post, body: Some(body.to_string().into_bytes()), ..request };
    match token {
        Some(token) => request.header("authorization", format!("Bearer {}", token.reveal())),
        None => request,
    }
}

/// The question for a page of launches, newest first.
pub(super) fn launches(asked: &Asked, comments: bool) -> Value {
    let (first, beside, more) = if comments {
        (FIRST_WITH_COMMENTS, "comments(first: 20, order: NEWEST) { edges { node { ...remark } } }", REMARK)
    } else {
        (FIRST, "", "")
    };
    let query = format!(
        "query launches($first: Int!, $after: String, $from: DateTime, $to: DateTime, $topic: String) {{ \
         posts(first: $first, after: $after, postedAfter: $from, postedBefore: $to, topic: $topic, order: NEWEST) {{ \
         pageInfo {{ endCursor hasNextPage }} edges {{ node {{ ...launch {beside} }} }} }} }} {LAUNCH} {more} {PERSON}"
    );
    let topic = Some(asked.topic.as_str()).filter(|topic| !topic.is_empty());
    let variables = json!({
        "first": first,
        "after": asked.after,
        "from": Time(asked.from),
        "to": asked.to.map(Time),
        "topic": topic,
    });
    json!({ "query": query, "variables": variables })
}

/// What a request asked, if it asked for launches.
pub(super) fn asked(request: &Request) -> Option<Asked> {
    let body: Value = serde_json::from_slice(request.body.as_deref()?).ok()?;
    let variables = body
        .get("variables")
        .filter(|_| text(&body, "query").is_some_and(|query| query.starts_with("query launches(")))?;
    let time = |key: &str| text(variables, key).and_then(Time::parse).map(|time| time.0);
    Some(Asked {
        topic: text(variables, "topic").unwrap_or_default().to_owned(),
        from: time("from")?,
        to: time("to"),
        after: text(variables, "after").map(str::to_owned),
    })
}

/// The question for one person.
pub(super) fn person(name: &str) -> Value {
    let query = format!("query person($name: String) {{ user(username: $name) {{ ...person }} }} {PERSON}");
    json!({ "query": query, "variables": { "name": name } })
}

/// The question for launches and comments that are known; each answers under a name made of its identifier.
pub(super) fn again(native_ids: &[String]) -> Option<Value> {
    let numeric = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let (mut parts, mut remarks) = (String::new(), false);
    for id in native_ids {
        match id.strip_prefix(super::item::COMMENT) {
            Some(id) if numeric(id) => {
                parts.push_str(&format!("c{id}: comment(id: \"{id}\") {{ ...remark }} "));
                remarks = true;
            }
            None if numeric(id) => {
                parts.push_str(&format!("p{id}: post(id: \"{id}\") {{ ...launch }} "));
            }
            Some(_) | None => {}
        }
    }
    // a fragment that is not used is an error
    let launches = parts.contains("...launch");
    let fragments = [(launches, LAUNCH), (remarks, REMARK), (true, PERSON)];
    let fragments: Vec<&str> = fragments.iter().filter(|(used, _)| *used).map(|(_, text)| *text).collect();
    (!parts.is_empty())
        .then(|| json!({ "query": format!("query again {{ {parts}}} {}", fragments.join(" ")) }))
}

/// The first words of the errors in an answer.
pub(super) fn words(value: &Value) -> Option<&str> {
    let of = |one: &'_ Value| -> Option<usize> {
        ["message", "error_description", "error"].iter().position(|key| text(one, key).is_some())
    };
    let errors = list(value, "errors").iter().chain([value]);
    let told = errors.filter_map(|one| {
        let key = ["message", "error_description", "error"].get(of(one)?)?;
        text(one, key)
    });
    let plain = list(value, "errors").iter().filter_map(Value::as_str);
    told.chain(plain).next()
}

/// A header of the limits, as a number.
fn limit(answer: &Answer, name: &str) -> Option<i64> {
    answer.header(&format!("x-rate-limit-{name}"))?.trim().parse().ok()
}

/// When there are points again: the header counts seconds from now, not since 1970.
pub(super) fn renewed(answer: &Answer, value: Option<&Value>) -> Option<Time> {
    let told = value.and_then(|value| number(list(value, "errors").first()?.get("details")?, "reset_in"));
    let seconds = limit(answer, "reset").or(told).filter(|seconds| (0..=86_400).contains(seconds));
    let renewed = seconds.map(|seconds| answer.seen.plus(seconds.saturating_mul(1_000)));
    renewed.or_else(|| status::until(answer))
}

/// How long to rest when less than `spare` percent of the points are left.
pub(super) fn scarce(answer: &Answer, spare: i64) -> Option<Duration> {
    let (all, left) = (limit(answer, "limit")?, limit(answer, "remaining")?);
    let rest = u64::try_from(limit(answer, "reset")?).ok()?;
    (left.saturating_mul(100) < all.saturating_mul(spare)).then(|| Duration::from_secs(rest.min(3_600)))
}
