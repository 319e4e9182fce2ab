//! Recorded answers in a file, of any network: taken apart by what the file holds, then folded in turn.
//!
//! It knows forms of file, not networks: a bare body, exchanges, JSON lines, length-prefixed frames.

use serde_json::Value;
use url::Url;

use super::{Answer, Method, Network, Page, ReadError, Request, json};
use crate::post::NetworkName;
use crate::time::Time;

/// The answers that a file holds. `url` and `headers` fill in what the file does not say itself.
pub fn answers(bytes: &[u8], url: Option<&str>, headers: &[(String, String)]) -> Vec<Answer> {
    let given = Given { url: url.unwrap_or_default(), headers };
    if let Ok(whole) = serde_json::from_slice::<Value>(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
        return exchanges(&whole, &given).unwrap_or_else(|| vec![given.bare(bytes)]);
    }
    if let Some(frames) = frames(bytes) {
        return frames.into_iter().map(|frame| given.bare(frame)).collect();
    }
    lines(bytes).map_or_else(
        || vec![given.bare(bytes)],
        |lines| lines.into_iter().flat_map(|line| given.line(line)).collect(),
    )
}

/// Reads the answers in turn, the cursor moving on from one to the next. What cannot be read is told,
/// and the others go on.
pub fn understand(network: &dyn Network, answers: &[Answer]) -> (Page, Vec<ReadError>) {
    let mut all = Page::default();
    let mut errors = Vec::new();
    for answer in answers {
        if matches!(answer.status, 204 | 304) {
            continue; // nothing new, said without a body
        }
        let read = network.read(answer, all.cursor.as_ref());
        match read {
            Err(error) => errors.push(error),
            Ok(_) if !(200..300).contains(&answer.status) => errors.push(refused(answer)),
            Ok(page) => {
                all.posts.extend(page.posts);
                all.deletions.extend(page.deletions);
                all.edits.extend(page.edits);
                all.accounts.extend(page.accounts);
                all.cursor = page.cursor.or(all.cursor);
                all.more = page.more;
                all.pause = page.pause.or(all.pause);
                all.missed = page.missed.or(all.missed);
                all.until = page.until.max(all.until);
            }
        }
    }
    (all, errors)
}

fn refused(answer: &Answer) -> ReadError {
    let host = Url::parse(answer.url()).ok().and_then(|url| url.host_str().map(str::to_owned));
    let from = NetworkName(host.unwrap_or_else(|| "the recording".to_owned()).into());
    ReadError::new(&from, "posts", format!("it answered with status {}", answer.status))
}

/// What the command line says of a file.
struct Given<'a> {
    url: &'a str,
    headers: &'a [(String, String)],
}

impl Given<'_> {
    fn bare(&self, body: &[u8]) -> Answer {
        self.answer(Request::get(self.url), 200, Vec::new(), body.to_vec())
    }

    fn answer(
        &self,
        request: Request,
        status: u16,
        mut headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Answer {
        headers.extend(self.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())));
        let date = headers.iter().find(|(name, _)| name == "date").map(|(_, value)| value.as_str());
        let seen = date.and_then(http_date).unwrap_or_default();
        Answer { final_url: request.url.clone(), request, status, headers, body, seen }
    }

    fn line(&self, line: &[u8]) -> Vec<Answer> {
        let value = serde_json::from_slice::<Value>(line).ok();
        value.and_then(|value| exchanges(&value, self)).unwrap_or_else(|| vec![self.bare(line)])
    }

    /// An address, made whole by the one on the command line when it is only a path.
    fn address(&self, said: &str) -> String {
        if Url::parse(said).is_ok() {
            return said.to_owned();
        }
        let base = Url::parse(self.url).and_then(|base| base.join(said));
        base.map_or_else(|_| said.to_owned(), String::from)
    }

    /// One exchange with `request` and `response`.
    fn interaction(&self, value: &Value) -> Option<Answer> {
        let (request, response) = (value.get("request")?, value.get("response")?);
        if json::text(request, "method").is_some_and(|method| method.eq_ignore_ascii_case("head")) {
            return None; // never has a body to read
        }
        let whole = json::text(request, "uri").or_else(|| json::text(request, "url"));
        let mut url = self.address(whole.or_else(|| json::text(request, "path")).unwrap_or(self.url));
        if let Some(params) = request.get("params").and_then(Value::as_object).filter(|all| !all.is_empty()) {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in params {
                for one in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
                    query.append_pair(name, &words(one));
                }
            }
            url = format!("{url}{}{}", if url.contains('?') { '&' } else { '?' }, query.finish());
        }
        let status = response.get("status").and_then(|status| status.get("code").or(Some(status)));
        let body = response.get("body").map(body).unwrap_or_default();
        let headers = response.get("headers").map(headers).unwrap_or_default();
        Some(self.answer(asked(url, request), code(status), headers, body))
    }

    /// One exchange with `scope`, `path` and `status` beside the `response`.
    fn flat(&self, value: &Value) -> Answer {
        let scope = json::text(value, "scope").unwrap_or_default();
        let said = format!("{scope}{}", json::text(value, "path").unwrap_or_default());
        // the port that goes without saying is left out
        let url = Url::parse(&said).map_or_else(|_| self.address(&said), String::from);
        let headers = value.get("headers").or_else(|| value.get("rawHeaders")).map(headers);
        let body = value.get("response").map(body).unwrap_or_default();
        self.answer(asked(url, value), code(value.get("status")), headers.unwrap_or_default(), body)
    }
}

/// The answers of a recording, or `None` when the value is a body itself.
fn exchanges(value: &Value, given: &Given<'_>) -> Option<Vec<Answer>> {
    if let Some(all) = value.get("interactions").and_then(Value::as_array) {
        let is_exchange = |one: &Value| one.get("request").is_some() && one.get("response").is_some();
        return all
            .iter()
            .all(is_exchange)
            .then(|| all.iter().filter_map(|one| given.interaction(one)).collect());
    }
    if value.get("request").is_some_and(Value::is_object)
        && value.get("response").is_some_and(Value::is_object)
    {
        return Some(given.interaction(value).into_iter().collect());
    }
    let is_flat = |one: &Value| {
        ["path", "status", "response"].iter().all(|key| one.get(key).is_some())
            && (one.get("scope").is_some() || one.get("method").is_some())
    };
    let all = value.as_array().filter(|all| !all.is_empty() && all.iter().all(is_flat))?;
    Some(all.iter().map(|one| given.flat(one)).collect())
}

fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn code(status: Option<&Value>) -> u16 {
    status.and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()).unwrap_or(200)
}

fn asked(url: String, request: &Value) -> Request {
    let post = json::text(request, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
    let method = if post { Method::Post } else { Method::Get };
    let body = request.get("body").filter(|body| !body.is_null()).map(body);
    Request { method, url, headers: Vec::new(), body }
}

/// Text as it is, anything else as JSON.
fn body(value: &Value) -> Vec<u8> {
    words(value).into_bytes()
}

/// Headers as an object (values may be lists), or as a flat list of names and values in turn.
fn headers(value: &Value) -> Vec<(String, String)> {
    if let Some(flat) = value.as_array() {
        let pair = |pair: &[Value]| Some((words(pair.first()?).to_lowercase(), words(pair.get(1)?)));
        return flat.chunks(2).filter_map(pair).collect();
    }
    let all = value.as_object().into_iter().flatten();
    all.flat_map(|(name, value)| {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        values.iter().map(|one| (name.to_lowercase(), words(one)))
    })
    .collect()
}

fn http_date(text: &str) -> Option<Time> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Time::from_seconds(i64::try_from(since.as_secs()).ok()?)
}

/// The lines of a file that holds one JSON value a line. A cut or broken line stays among them, so that
/// it is told and not passed over.
fn lines(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines: Vec<&[u8]> =
        bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).collect();
    // a document over several lines has lines that begin with names or end with commas
    let like_a_value = |line: &[u8]| {
        *line == *b"null" || (matches!(line.first(), Some(b'{' | b'[')) && !line.ends_with(b","))
    };
    let whole = |line: &&&[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    let odd = lines.iter().filter(|line| !like_a_value(line)).count();
    let good = lines.iter().filter(whole).count();
    let begins = lines.first().is_some_and(|line| like_a_value(line));
    (lines.len() > 1
        && begins
        && odd.saturating_mul(10) <= lines.len()
        && good.saturating_mul(2) >= lines.len())
    .then_some(lines)
}

/// Frames with their length before them, to the end of the file (the last may be cut off).
///
/// Text is no such file: its first four bytes make a length of many megabytes, but for UTF-32, which has
/// zeros where a message has none.
fn frames(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let whole = after.len() >= length;
        let (frame, next) = after.split_at(length.min(after.len()));
        if !whole && frames.is_empty() {
            return None;
        }
        if whole && !like_a_message(frame) {
            return None;
        }
        frames.push(frame);
        rest = next;
    }
    (!frames.is_empty()).then_some(frames)
}

/// JSON, a CBOR map or list, or zstd.
fn like_a_message(frame: &[u8]) -> bool {
    let begins =
        matches!(frame.first(), Some(b'{' | b'[' | 0x80..=0xbf)) || frame.starts_with(b"\x28\xb5\x2f\xfd");
    begins && frame.get(1..4) != Some(&[0, 0, 0])
}
