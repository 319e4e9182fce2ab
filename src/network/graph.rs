//! What the three networks of Meta share: requests, refusals, usage, page tokens, words in captions.
//!
//! It knows no network: Threads, Instagram and Facebook bring their own addresses, fields and shapes.

use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::{Answer, BuildError, Key, Missed, ReadError, Request, json};
use crate::post::NetworkName;
use crate::time::Time;

mod error;
mod usage;
mod walk;
mod words;

pub(super) use error::TOO_MUCH;
pub(super) use usage::slow_down;
pub(super) use walk::{Item, Rules, Step, Walk};
pub(super) use words::{hashtags, link, links_in, named};

/// Deepest nesting of answers followed: comments under comments under posts in lists.
pub(super) const DEPTH: u8 = 8;

/// Who asks, and where.
#[derive(Debug)]
pub(super) struct Graph {
    name: NetworkName,
    /// The address of the API with its version, without a slash at its end.
    base: String,
    token: Option<Key>,
    /// What proves that the token is used by the app it was made for, where the app wants that.
    proof: Option<String>,
}

impl Graph {
    /// Checks the address and makes the proof.
    pub(super) fn build(
        name: NetworkName,
        base: &str,
        token: Option<Key>,
        app_secret: Option<&Key>,
    ) -> Result<Graph, BuildError> {
        let web = Url::parse(base).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none()
        });
        if !web {
            let reason = format!("`{base}` is not an address like https://graph.facebook.com/v25.0");
            return Err(BuildError { key: "base_url".to_owned(), reason });
        }
        let proof = token
            .as_ref()
            .zip(app_secret)
            .map(|(token, secret)| hmac(secret.reveal().as_bytes(), token.reveal().as_bytes()));
        Ok(Graph { name, base: base.trim_end_matches('/').to_owned(), token, proof })
    }

    /// A request; the token travels in a header, where no log and no error shows it.
    pub(super) fn get<'p>(
        &self,
        path: &str,
        params: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Request {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(params);
        if let Some(proof) = &self.proof {
            query.append_pair("appsecret_proof", proof);
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let request =
            Request::get(format!("{}/{path}{mark}{query}", self.base)).header("accept", "application/json");
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.reveal())),
            None => request,
        }
    }

    /// The JSON of an answer, unless it is a refusal in any form.
    pub(super) fn value(&self, answer: &Answer) -> Result<Value, ReadError> {
        if let Some(refusal) = error::of_answer(&self.name, answer) {
            return Err(refusal);
        }
        let value = json::parse(&self.name, "posts", &answer.body);
        value.map_err(|error| error::typed(error, &answer.body))
    }

    /// What an answer with a status of 400 and above means.
    pub(super) fn refusal(&self, answer: &Answer) -> Option<ReadError> {
        error::of_answer(&self.name, answer)
    }
}

/// HMAC-SHA256 in hexadecimal digits (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> String {
    /// Bytes of a block of SHA-256.
    const BLOCK: usize = 64;
    let mut padded = if key.len() > BLOCK { Sha256::digest(key).to_vec() } else { key.to_vec() };
    padded.resize(BLOCK, 0);
    let keyed = |pad: u8| padded.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(keyed(0x36)).chain_update(message).finalize();
    let outer = Sha256::new().chain_update(keyed(0x5c)).chain_update(inner).finalize();
    hex(&outer)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A short name for something that has none of its own.
pub(super) fn id_of_content(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string().as_bytes());
    hex(digest.get(..16).unwrap_or_default())
}

/// Whether `asked` is the request `expected`, whatever page of it: same path, same question.
///
/// Parameters that only say which page, how much or since when do not count, nor do any that were added.
pub(super) fn is_the_same(asked: &str, expected: &str) -> bool {
    let (Ok(asked), Ok(expected)) = (Url::parse(asked), Url::parse(expected)) else { return false };
    let moves = |key: &str| is_paging(key) || matches!(key, "limit" | "appsecret_proof");
    // the page of an account's media stands inside `fields`
    let plain =
        |key: &str, value: &str| if key == "fields" { without_after(value) } else { value.to_owned() };
    asked.path() == expected.path()
        && expected.query_pairs().filter(|(key, _)| !moves(key)).all(|(key, value)| {
            asked.query_pairs().any(|(k, v)| k == key && plain(&key, &v) == plain(&key, &value))
        })
}

fn without_after(fields: &str) -> String {
    let mut left = String::new();
    let mut rest = fields;
    while let Some((before, after)) = rest.split_once(".after(") {
        left.push_str(before);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    left.push_str(rest);
    left
}

/// Parameters that say which page is asked for.
fn is_paging(key: &str) -> bool {
    matches!(
        key,
        "after"
            | "before"
            | "since"
            | "until"
            | "offset"
            | "__paging_token"
            | "__previous"
            | "pagination_token"
    )
}

/// Whether a request asks for a further page by a token that may have become useless.
pub(super) fn has_token(asked: &str) -> bool {
    let Ok(asked) = Url::parse(asked) else { return false };
    asked.query_pairs().any(|(key, value)| {
        matches!(&*key, "after" | "__paging_token" | "offset" | "pagination_token")
            || (key == "fields" && value.contains(".after("))
    })
}

/// The parameters of the next page, taken from `paging`; never the address itself, which holds the token.
///
/// The last page has no `next`, except where `bare` says that this list never has one.
pub(super) fn next_page(list: &Value, bare: bool) -> Option<Vec<(String, String)>> {
    let paging = list.get("paging")?;
    let next = json::text(paging, "next");
    let after = paging.get("cursors").and_then(|cursors| json::id(cursors, "after"));
    match (next, after) {
        (Some(_), Some(after)) => Some(vec![("after".to_owned(), after)]),
        (None, Some(after)) if bare => Some(vec![("after".to_owned(), after)]),
        (Some(next), None) => {
            let next = Url::parse(next).ok()?;
            let moves = |key: &str| is_paging(key) && !matches!(key, "before" | "__previous");
            let pairs: Vec<_> = next
                .query_pairs()
                .filter(|(key, value)| moves(key) && !value.is_empty())
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect();
            (!pairs.is_empty()).then_some(pairs)
        }
        (None, _) => None,
    }
}

/// What a refusal of one of several things asked for changes: a page token that is no longer good is forgotten, a
/// thing that is gone is passed over. `None`: it is a refusal of everything.
pub(super) fn salvage(
    walk: &mut Walk,
    keys: &[String],
    key: &str,
    rules: &Rules,
    answer: &Answer,
) -> Option<Option<Missed>> {
    if error::is_of_token(answer) {
        return walk.start_again(keys, key, rules);
    }
    if error::is_gone(answer) {
        let what = key.split_once(':').map_or(key, |(_, name)| name);
        let reason = format!("`{what}` cannot be read: it is not there, or not public");
        return walk.pass(keys, key, answer.seen, &reason);
    }
    None
}

/// A moment, written as `2021-10-22T14:00:39+0000`, as seconds since 1970, or as any other date.
pub(super) fn time(value: &Value, key: &str) -> Option<Time> {
    match value.get(key)? {
        Value::Number(seconds) => Time::from_seconds(seconds.as_i64()?),
        Value::String(text) => Time::parse(text)
            .or_else(|| Time::parse(&with_colon(text)?))
            .or_else(|| Time::from_seconds(text.trim().parse().ok()?)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `+0000` as `+00:00`.
fn with_colon(text: &str) -> Option<String> {
    let (rest, minutes) = text.trim().split_at_checked(text.trim().len().checked_sub(2)?)?;
    Some(format!("{rest}:{minutes}"))
}

/// A count, written as a number or as text; negative ones are no counts.
pub(super) fn count(value: &Value, key: &str) -> Option<i64> {
    let count = match value.get(key)? {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (count >= 0).then_some(count)
}

/// A count of followers or posts.
pub(super) fn total(value: &Value, key: &str) -> Option<u64> {
    count(value, key).and_then(|count| u64::try_from(count).ok())
}

/// The elements of `{"data": [..]}` below a key, or of a plain list there.
pub(super) fn nested<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    let inner = value.get(key).unwrap_or(&Value::Null);
    inner.as_array().map_or_else(|| json::list(inner, "data"), Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_proof_is_an_hmac() {
        // RFC 4231, test cases 2 and 6
        assert_eq!(
            hmac(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn dates_come_in_three_forms() {
        for written in [json!("2021-10-22T14:00:39+0000"), json!(1_634_911_239), json!("1634911239")] {
            assert_eq!(time(&json!({"t": written}), "t"), Some(Time(1_634_911_239_000)), "{written}");
        }
        for written in [json!(""), json!("é"), json!("soon"), json!(null), json!([])] {
            assert_eq!(time(&json!({"t": written}), "t"), None, "{written}");
        }
        assert_eq!(time(&json!({"t": "2021-10-22T21:00:00+0800"}), "t"), Some(Time(1_634_907_600_000)));
    }

    #[test]
    fn the_next_page_is_never_an_address() {
        let next = "https://graph.example/v1/4/posts?access_token=t0p&limit=5&until=1624385168&since&__paging_token=x";
        let page = next_page(&json!({"paging": {"next": next}}), false).unwrap();
        assert_eq!(
            page,
            [("until".to_owned(), "1624385168".to_owned()), ("__paging_token".to_owned(), "x".to_owned())]
        );
        let cursors = json!({"paging": {"cursors": {"before": "a", "after": "b"}}});
        assert_eq!(next_page(&cursors, false), None);
        assert_eq!(next_page(&cursors, true).unwrap(), [("after".to_owned(), "b".to_owned())]);
        assert_eq!(next_page(&json!({"data": []}), true), None);
    }

    #[test]
    fn questions_are_told_apart_whatever_the_page() {
        let expected =
            "https://g.example/v1/me?fields=business_discovery.username(a){id,media.limit(25){id}}";
        let later = "https://u:p@g.example/v1/me?fields=business_discovery.username(a){id,media.limit(25).after(X=){id}}&access_token=1";
        assert!(is_the_same(later, expected) && has_token(later) && !has_token(expected));
        assert!(!is_the_same(&later.replace("(a)", "(b)"), expected));
        assert!(!is_the_same("https://g.example/v1/you", expected));
    }
}
