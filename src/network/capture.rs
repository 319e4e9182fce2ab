//! Captures: recorded posts and answers, one JSON object a line, plain or zstd.
//!
//! A line is a bare post, `{"delete": ..}`, `{"edit": ..}`, `{"account": ..}`, or a raw answer of a network
//! with `{"network", "seen_at", "answer"}`. Its `seen_at` (else `created_at`) is the clock of a replay.

use std::borrow::Cow;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;

use super::{Answer, Ask, Can, Cursor, Dates, Network, Offer, Page, ReadError, Request, Spec};
use crate::post::{Account, Deletion, Gone, NetworkName};
use crate::time::Time;

mod form;

use form::{Marked, Profile, RawAnswer, Taken, Written, known_author, name, post};

const NAME: NetworkName = NetworkName::known("capture");

pub(super) const SPEC: Spec = Spec {
    name: "capture",
    aliases: &[],
    about: "recorded posts and answers from a file of JSON lines, plain or zstd",
    keys: &["path"],
    secrets: &[],
    offer: Offer { can: &[Can::Stream], look_back: "the whole file", ..Offer::OPEN },
    dates: Dates::Server,
    build: |section| Ok(Box::new(super::section::<Capture>(section)?)),
};

/// A capture as a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Capture {
    #[serde(default)]
    path: Option<PathBuf>,
}

impl Network for Capture {
    fn ask(&self, _cursor: Option<&Cursor>, _now: Time) -> Ask {
        self.path.clone().map_or(Ask::Done, Ask::Play)
    }

    fn read(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let mut page = Page::default();
        let lines = answer.body.split(|byte| *byte == b'\n');
        for line in lines.filter(|line| !line.trim_ascii().is_empty()) {
            let Line { page: mut one, unread, .. } = read_line(line, &mut Recorded::default())?;
            if let Some(error) = unread {
                return Err(error);
            }
            page.posts.append(&mut one.posts);
            page.edits.append(&mut one.edits);
            page.deletions.append(&mut one.deletions);
            page.accounts.append(&mut one.accounts);
        }
        Ok(page)
    }
}

/// One line, understood.
#[derive(Debug, Default)]
pub struct Line {
    /// The moment on the capture's clock; `None` when the line has none, which then is that of the line before.
    pub seen: Option<Time>,
    /// What it brought.
    pub page: Page,
    /// A recorded answer that could not be read: it brought nothing when it came, and brings nothing now.
    pub unread: Option<ReadError>,
}

impl Line {
    fn new(seen: Option<Time>, page: Page) -> Line {
        Line { seen, page, unread: None }
    }
}

/// The networks whose raw answers a capture holds, each with where its reading stands.
#[derive(Debug, Default)]
pub struct Recorded {
    open: Vec<Reading>,
}

/// The recorded answers of one source being read.
#[derive(Debug)]
struct Reading {
    network: &'static str,
    /// Its name, where the recording tells it.
    source: String,
    reader: Box<dyn Network>,
    cursor: Option<Cursor>,
}

/// As much of a bare post as is needed to see that nothing stands in it: most lines of most captures.
#[derive(Debug, Deserialize)]
pub struct Skimmed<'a> {
    #[serde(borrow, alias = "native_id")]
    id: Cow<'a, str>,
    #[serde(borrow)]
    network: Cow<'a, str>,
    #[serde(borrow, default)]
    text: Cow<'a, str>,
    #[serde(borrow, default)]
    title: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    summary: Option<Cow<'a, str>>,
    #[serde(default)]
    html: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    reply_to: Option<serde::de::IgnoredAny>,
    #[serde(default, alias = "published")]
    created_at: Option<Time>,
    #[serde(default, alias = "seen")]
    seen_at: Option<Time>,
}

impl Skimmed<'_> {
    /// The texts that are searched.
    pub fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        [self.title.as_deref(), Some(&*self.text), self.summary.as_deref()].into_iter().flatten()
    }

    /// Whether it answers another post.
    pub fn is_answer(&self) -> bool {
        self.reply_to.is_some()
    }

    /// Its network and native id.
    pub fn identity(&self) -> (&str, &str) {
        (&self.network, &self.id)
    }

    /// Its moment on the capture's clock.
    pub fn seen(&self) -> Option<Time> {
        self.seen_at.or(self.created_at)
    }
}

/// Reads as little as possible of a line; `None` when it is not a bare post or not understood so far.
pub fn skim(line: &[u8]) -> Option<Skimmed<'_>> {
    if is_marked(line) {
        return None;
    }
    // checked once, not for each of its strings
    let skimmed: Skimmed<'_> = serde_json::from_str(std::str::from_utf8(line).ok()?).ok()?;
    // The text is in the markup: that takes the whole way.
    (skimmed.html.is_none() || !skimmed.text.is_empty()).then_some(skimmed)
}

/// Whether a line may be something else than a bare post: one of the other keys stands at its start.
fn is_marked(line: &[u8]) -> bool {
    let start = line.get(..line.len().min(64)).unwrap_or_default();
    let keys: [&[u8]; 3] = [b"\"delete\"", b"\"edit\"", b"\"account\""];
    let first =
        start.iter().position(|byte| *byte == b'"').and_then(|at| start.get(at..)).unwrap_or_default();
    keys.iter().any(|key| first.starts_with(key))
}

/// Reads one line. `recorded` holds the networks whose answers came before.
///
/// # Errors
/// When the line is no JSON of a known form.
pub fn read_line(line: &[u8], recorded: &mut Recorded) -> Result<Line, ReadError> {
    match super::json::half_characters(line) {
        Some(mended) => read_whole(&mended, recorded),
        None => read_whole(line, recorded),
    }
}

fn read_whole(line: &[u8], recorded: &mut Recorded) -> Result<Line, ReadError> {
    let wrong = |error: serde_json::Error| ReadError::new(&NAME, "a line", error);
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err(ReadError::new(&NAME, "a line", "it is no JSON object"));
    }
    if !is_marked(line) {
        match serde_json::from_slice::<Written<'_>>(line) {
            Ok(written) => {
                let (seen, post) = post(written);
                return Ok(Line::new(seen, Page { posts: vec![post], ..Page::default() }));
            }
            // The post's own error says more, unless the line is none.
            Err(error) => match serde_json::from_slice::<Marked<'_>>(line) {
                Ok(
                    Marked { answer: Some(_), .. }
                    | Marked { delete: Some(_), .. }
                    | Marked { edit: Some(_), .. }
                    | Marked { account: Some(_), .. },
                ) => {}
                _ => return Err(wrong(error)),
            },
        }
    }
    let marked: Marked<'_> = serde_json::from_slice(line).map_err(wrong)?;
    if let Some(taken) = marked.delete {
        let taken: Taken<'_> = serde_json::from_str(taken.get()).map_err(wrong)?;
        let gone = match (taken.account, taken.id) {
            (Some(account), _) => Gone::Account(account),
            (None, Some(id)) => Gone::Post(id),
            (None, None) => {
                return Err(ReadError::new(&NAME, "a deletion", "neither id nor account is given"));
            }
        };
        let seen = taken.seen_at.or(marked.seen_at).or(taken.deleted_at);
        let deletion = Deletion { network: name(&taken.network), gone, at: taken.deleted_at.or(seen) };
        return Ok(Line::new(seen, Page { deletions: vec![deletion], ..Page::default() }));
    }
    if let Some(edit) = marked.edit {
        let (seen, mut post) = post(serde_json::from_str(edit.get()).map_err(wrong)?);
        let seen = marked.seen_at.or(seen);
        post.edited = post.edited.or(seen);
        return Ok(Line::new(seen, Page { edits: vec![post], ..Page::default() }));
    }
    if let Some(account) = marked.account {
        let profile: Profile<'_> = serde_json::from_str(account.get()).map_err(wrong)?;
        let seen = profile.seen_at.or(marked.seen_at);
        let account = Account {
            network: name(&profile.network),
            author: known_author(profile.known),
            status: profile.status,
            at: seen,
        };
        return Ok(Line::new(seen, Page { accounts: vec![account], ..Page::default() }));
    }
    let (Some(answer), Some(network)) = (marked.answer, marked.network) else {
        return Err(ReadError::new(
            &NAME,
            "a line",
            "it is neither a post nor delete, edit, account or answer",
        ));
    };
    let raw: RawAnswer = serde_json::from_str(answer.get()).map_err(wrong)?;
    let seen = marked.seen_at;
    let source = marked.source.unwrap_or_default();
    match read_answer(&network, &source, raw, seen, recorded)? {
        Ok(page) => Ok(Line::new(seen, page)),
        Err(error) => Ok(Line { seen, unread: Some(error), ..Line::default() }),
    }
}

/// Reads a recorded answer with the network's own reader; the inner error is what that says of the answer.
fn read_answer(
    network: &str,
    source: &str,
    raw: RawAnswer,
    seen: Option<Time>,
    recorded: &mut Recorded,
) -> Result<Result<Page, ReadError>, ReadError> {
    let spec = super::spec(network)
        .filter(|spec| spec.name != SPEC.name)
        .ok_or_else(|| ReadError::new(&NAME, "an answer", format!("no network is called `{network:.40}`")))?;
    let known = |open: &Reading| open.network == spec.name && open.source == source;
    let place = match recorded.open.iter().position(known) {
        Some(place) => place,
        None => {
            let reader = (spec.build)(&toml::Table::new())
                .map_err(|error| ReadError::new(&NAME, "an answer", error))?;
            let source = source.to_owned();
            recorded.open.push(Reading { network: spec.name, source, reader, cursor: None });
            recorded.open.len() - 1
        }
    };
    let Some(Reading { reader, cursor, .. }) = recorded.open.get_mut(place) else {
        return Ok(Ok(Page::default()));
    };
    let body = match &raw.body_base64 {
        Some(bytes) => BASE64.decode(bytes).map_err(|error| ReadError::new(&NAME, "an answer", error))?,
        None => raw.body.as_str().map_or_else(|| raw.body.to_string(), str::to_owned).into_bytes(),
    };
    let answer = Answer {
        request: Request::get(raw.url),
        status: raw.status,
        headers: raw.headers,
        final_url: raw.final_url,
        body,
        seen: seen.unwrap_or_default(),
    };
    // A refusal was recorded as it came; it brought nothing.
    if !matches!(answer.status, 200..=299) {
        return Ok(Ok(Page::default()));
    }
    let read = reader.read(&answer, cursor.as_ref());
    if let Ok(Page { cursor: Some(next), .. }) = &read {
        *cursor = Some(next.clone());
    }
    Ok(read)
}

/// Moves everything on a page by `millis`, for a capture played as if it ended now.
pub fn shift(page: &mut Page, millis: i64) {
    let move_by = |time: &mut Option<Time>| *time = time.map(|time| time.plus(millis));
    for post in page.posts.iter_mut().chain(&mut page.edits) {
        move_by(&mut post.published);
        move_by(&mut post.edited);
    }
    for deletion in &mut page.deletions {
        move_by(&mut deletion.at);
    }
    for account in &mut page.accounts {
        move_by(&mut account.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Line, String> {
        read_line(line.as_bytes(), &mut Recorded::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_of_line_is_understood() {
        let line = read(r#"{"id":"1","network":"irc","author":"u_1","lang":"en","created_at":"2026-01-05T00:00:00Z","text":"sr \u00e9"}"#).unwrap();
        assert_eq!((line.seen, line.page.posts[0].text.as_str()), (Time::parse("2026-01-05"), "sr é"));
        let line = read(r#"{"network":"x","seen_at":"2026-01-06","id":"2","text":"t","author":{"id":"7","handle":"@ana","created_at":"2020-01-01"}}"#).unwrap();
        assert_eq!(line.page.posts[0].author.as_ref().unwrap().handle.as_deref(), Some("ana"));
        assert_eq!(line.page.posts[0].published, None);
        let line = read(r#"{"delete":{"network":"x","id":"2","seen_at":"2026-01-07"}}"#).unwrap();
        assert_eq!(line.page.deletions[0].gone, Gone::Post("2".to_owned()));
        let line = read(r#"{"delete":{"network":"x","account":"7","seen_at":"2026-01-07"}}"#).unwrap();
        assert_eq!(line.page.deletions[0].gone, Gone::Account("7".to_owned()));
        let line = read(r#"{"seen_at":"2026-01-07","edit":{"network":"x","id":"2","text":"u"}}"#).unwrap();
        assert_eq!((line.page.edits[0].text.as_str(), line.seen), ("u", Time::parse("2026-01-07")));
        let line =
            read(r#"{"account":{"network":"x","id":"7","handle":"ana2","seen_at":"2026-01-08"}}"#).unwrap();
        assert_eq!(line.page.accounts[0].author.native_id, "7");
    }

    #[test]
    fn what_is_no_line_is_refused_with_a_reason() {
        insta::assert_snapshot!(
            [r#"{"id":"1"}"#, "[]", "{", r#"{"delete":{"network":"x"}}"#, r#"{"network":"nowhere","answer":{"body":""}}"#]
                .map(|line| read(line).unwrap_err())
                .join("\n"),
            @r"
        failed to read a line from capture: missing field `network` at line 1 column 10
        failed to read a line from capture: it is no JSON object
        failed to read a line from capture: EOF while parsing an object at line 1 column 1
        failed to read a deletion from capture: neither id nor account is given
        failed to read an answer from capture: no network is called `nowhere`
        "
        );
    }
}
