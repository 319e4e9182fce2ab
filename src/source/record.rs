//! Keeps raw answers as a capture, so that a day can be replayed: bounded, and without secrets.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use url::Url;

use super::Source;
use crate::network::{Answer, Key};
use crate::time::{DAY, Time};

/// The most kept of one source and day, in bytes: a busy stream of a day, held to what a disk bears.
const FILE_CAP: u64 = 1 << 30;
/// Headers kept: those that readers look at. All else may be a credential.
const HEADERS: &[&str] = &[
    "content-type",
    "date",
    "etag",
    "last-modified",
    "link",
    "retry-after",
    "cache-control",
    "expires",
    "location",
    "content-language",
];
/// Beginnings of names of headers kept as well: what a host says of its limits.
const LIMITS: &[&str] =
    &["x-ratelimit", "ratelimit", "x-rate-limit", "x-app-usage", "x-business-use-case-usage"];
/// Parameters of addresses that are secrets, wherever they stand.
const PARAMETERS: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "key",
    "token",
    "client_secret",
    "appsecret_proof",
    "feed",
    "password",
];
/// What stands in place of a secret.
const GONE: &str = "REMOVED";

/// Writes answers of any source into a folder, a file a source and day.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    files: Mutex<HashMap<String, Open>>,
}

#[derive(Debug)]
struct Open {
    day: i64,
    file: File,
    bytes: u64,
    told: bool,
}

impl Recorder {
    /// A recorder into `folder`, which is made.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(folder: &Path) -> std::io::Result<Recorder> {
        std::fs::create_dir_all(folder)?;
        Ok(Recorder { folder: folder.to_owned(), files: Mutex::default() })
    }

    /// Keeps one answer. What cannot be written is told once and lost: recording never stops listening.
    pub(super) fn keep(&self, source: &Source, answer: &Answer) {
        let line = line(source, answer);
        if let Err(error) = self.write(&source.name, answer.seen, line.as_bytes()) {
            tracing::warn!(source = &*source.name, %error, "an answer could not be recorded");
        }
    }

    fn write(&self, name: &str, seen: Time, line: &[u8]) -> std::io::Result<()> {
        let day = seen.0.div_euclid(DAY);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if files.get(name).is_none_or(|open| open.day != day) {
            let date = Time(day.saturating_mul(DAY)).to_string();
            let safe: String =
                name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
            let path = self.folder.join(format!("{safe}-{}.jsonl", date.get(..10).unwrap_or_default()));
            let file = File::options().create(true).append(true).open(path)?;
            let bytes = file.metadata()?.len();
            files.insert(name.to_owned(), Open { day, file, bytes, told: false });
        }
        let Some(open) = files.get_mut(name) else { return Ok(()) };
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if open.bytes.saturating_add(length) > FILE_CAP {
            if !std::mem::replace(&mut open.told, true) {
                tracing::warn!(
                    source = name,
                    "recorded a gigabyte today; the rest of the day is not recorded"
                );
            }
            return Ok(());
        }
        open.bytes = open.bytes.saturating_add(length);
        open.file.write_all(line)
    }
}

/// One line of a capture.
fn line(source: &Source, answer: &Answer) -> String {
    let secrets: Vec<&str> = source.secrets.iter().map(Key::reveal).filter(|one| one.len() > 3).collect();
    let cleaned =
        |text: &str| secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, GONE));
    let headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| {
            HEADERS.contains(&name.as_str()) || LIMITS.iter().any(|start| name.starts_with(start))
        })
        .map(|(name, value)| (name.clone(), cleaned(&address(value))))
        .collect();
    // Texts stay readable; bytes of another encoding (old feeds, binary streams) have to come back as they were.
    let (key, body) = match std::str::from_utf8(&answer.body) {
        Ok(body) => ("body", cleaned(&parameters(body))),
        Err(_) => ("body_base64", BASE64.encode(clean_bytes(&answer.body, &secrets))),
    };
    let line = json!({
        "network": source.network_name,
        "source": &*source.name,
        "seen_at": answer.seen,
        "answer": {
            "url": cleaned(&address(&answer.request.url)),
            "final_url": cleaned(&address(&answer.final_url)),
            "status": answer.status,
            "headers": headers,
            (key): body,
        },
    });
    format!("{line}\n")
}

/// Bytes without secrets. Read byte by byte as characters, which leads back to the very bytes.
fn clean_bytes(body: &[u8], secrets: &[&str]) -> Vec<u8> {
    let mut text = parameters(&body.iter().map(|byte| char::from(*byte)).collect::<String>());
    for secret in secrets {
        let spelled: String = secret.bytes().map(char::from).collect();
        text = text.replace(&spelled, GONE);
    }
    text.chars().filter_map(|sign| u8::try_from(sign).ok()).collect()
}

/// An address without credentials; anything else as it is.
fn address(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return parameters(text) };
    // Both fail only where there is no host, and then no credential.
    let _no_host = url.set_username("").is_err() || url.set_password(None).is_err();
    if url.query().is_none() {
        return url.into();
    }
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| {
            let secret = PARAMETERS.contains(&&*name.to_lowercase());
            (name.into_owned(), if secret { GONE.to_owned() } else { value.into_owned() })
        })
        .collect();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.into()
}

/// A text in which the secret parameters of addresses are removed.
fn parameters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let names = ["access_token=", "api_key=", "apikey=", "client_secret=", "appsecret_proof="];
    while let Some((at, name)) =
        names.iter().filter_map(|name| rest.find(name).map(|at| (at, *name))).min_by_key(|(at, _)| *at)
    {
        let (before, after) = rest.split_at(at + name.len());
        out.push_str(before);
        out.push_str(GONE);
        let end =
            after.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.~%|".contains(c))).unwrap_or(after.len());
        rest = after.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_secrets_wherever_they_stand() {
        assert_eq!(
            address("https://user:word@host.example/a?access_token=abc&q=x"),
            "https://host.example/a?access_token=REMOVED&q=x"
        );
        assert_eq!(
            clean_bytes(b"caf\xe9 access_token=abc s3cr\xc3\xa9t \xff", &["s3cr\u{e9}t"]),
            b"caf\xe9 access_token=REMOVED REMOVED \xff"
        );
        assert_eq!(
            parameters(r#"{"next":"https://g.example/?access_token=EAAB|x&after=1","a":1}"#),
            r#"{"next":"https://g.example/?access_token=REMOVED&after=1","a":1}"#
        );
    }
}
