//! Mails: what an alert or a digest says, as text and HTML, and the bytes that are sent. The same contents
//! give the same bytes on every machine. Knows nothing of stores and servers.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, SinglePart};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::time::Time;

mod alert;
pub mod chat;
pub(crate) mod clean;
mod confirm;
mod digest;
pub mod dkim;
pub(crate) mod draw;
mod held;
mod leave;
pub mod look;
pub(crate) mod mood;
mod notes;
mod page;
pub(crate) mod post;
mod reason;
mod rule;
mod text;
pub mod theme;
pub(crate) mod topic;
mod trend;
mod watch;
pub(crate) mod words;

pub use alert::{Brief, alert, brief};
pub use chat::Form;
pub use confirm::confirm;
pub use digest::{digest, digest_with};
pub use held::{Held, held};
pub use look::Look;
pub use reason::reason;
pub use rule::describe;
pub use watch::on_watch;
pub use words::Language;

/// Subjects are cut here: mail programs show less, and relays refuse lines of a thousand.
const SUBJECT: usize = 120;

/// A header of ours: an address with its token fits, and a line of mail does not get too long.
const HEADER: usize = 400;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject: one clean line.
    pub subject: String,
    /// What the subjects of all mails about the same matter have in common.
    pub topic: String,
    /// How the matter stands, for the subject of a mail that answers another.
    pub stands: &'static str,
    /// The text part, laid out in 72 columns.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Pictures that stand in the HTML part.
    pub pictures: Vec<Picture>,
}

/// A picture that travels with a mail: nothing is asked for when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its name in the mail, without `cid:`.
    pub id: String,
    /// Its media type.
    pub kind: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Letter {
    /// A letter about nothing that goes on.
    fn alone(subject: String, text: String, html: String) -> Letter {
        Letter { topic: subject.clone(), subject, stands: "", text, html, pictures: Vec::new() }
    }

    /// The HTML part as a page of its own, which a browser opens: its pictures are in it.
    pub fn twin(&self) -> String {
        self.pictures.iter().fold(self.html.clone(), |html, picture| {
            let bytes = base64::engine::general_purpose::STANDARD.encode(&picture.bytes);
            html.replace(
                &format!("src=\"cid:{}\"", picture.id),
                &format!("src=\"data:{};base64,{bytes}\"", picture.kind),
            )
        })
    }

    /// Takes the subject of the thread that it belongs to.
    pub fn follow(&mut self, topic: &str) {
        topic.clone_into(&mut self.topic);
        self.subject = titled(topic, self.stands);
    }
}

/// The subject of a mail about `topic`; cut so that what stands behind it is always seen.
fn titled(topic: &str, stands: &str) -> String {
    if stands.is_empty() {
        return clean::short(topic, SUBJECT);
    }
    let room = SUBJECT.saturating_sub(stands.chars().count() + 3);
    format!("{} – {stands}", clean::short(topic, room))
}

/// What a mail is, for mail programs that sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something happened.
    Alert,
    /// A summary on schedule.
    Digest,
}

/// Around a letter: from whom to whom, and what tells mails apart.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The sender, never a name that a stranger chose.
    pub from: Mailbox,
    /// The one recipient.
    pub to: Mailbox,
    /// The key of the notice; its Message-ID derives from it.
    pub key: String,
    /// The identity of what is told: the same for every recipient.
    pub alert: String,
    /// The rule that asked for it.
    pub rule: String,
    /// What it is.
    pub kind: Kind,
    /// The thread it belongs to.
    pub thread: Option<Thread>,
    /// How mails like it are ended.
    pub unsubscribe: Option<Unsubscribe>,
    /// When it was written.
    pub written: Time,
}

/// The thread that a mail belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// What its subjects have in common.
    pub topic: String,
    /// The Message-ID of its first mail, with brackets; `None` for that one itself.
    pub answers: Option<String>,
}

/// How mails to an address are ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsubscribe {
    /// By a request to this https address, one click (RFC 8058).
    Link(String),
    /// By a mail to this address, which a person reads.
    Mail(String),
}

/// A mail cannot be put together.
#[derive(Debug, Error)]
#[error("failed to put the mail together: {0}")]
pub struct BuildError(String);

/// The Message-ID of the notice with this key, sent from `domain`: always the same, so that a repeat can be
/// recognised.
pub fn message_id(key: &str, domain: &str) -> String {
    format!("<{}@{domain}>", hash(key))
}

fn hash(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes to send.
///
/// # Errors
/// When a header cannot be written.
pub fn build(letter: &Letter, envelope: &Envelope) -> Result<Vec<u8>, BuildError> {
    let domain = envelope.from.email.domain();
    let kind = match envelope.kind {
        Kind::Alert => "alerts",
        Kind::Digest => "digests",
    };
    let millis = u64::try_from(envelope.written.0).unwrap_or(0);
    let date = UNIX_EPOCH
        .checked_add(Duration::from_millis(millis))
        .ok_or_else(|| BuildError("its time is out of range".to_owned()))?;
    let mut builder = Message::builder()
        .from(envelope.from.clone())
        .to(envelope.to.clone())
        .subject(clean::short(&letter.subject, SUBJECT))
        .date(date)
        .message_id(Some(message_id(&envelope.key, domain)))
        .raw_header(header("Auto-Submitted", "auto-generated")?)
        .raw_header(header("List-Id", &format!("<{kind}.vigie.{domain}>"))?)
        .raw_header(header("X-Vigie-Alert-Id", &envelope.alert)?)
        .raw_header(header("X-Vigie-Rule", &envelope.rule)?);
    if let Some(Thread { topic, answers }) = &envelope.thread {
        // Exchange and Outlook sort by this one.
        builder = builder.raw_header(header("Thread-Topic", topic)?);
        if let Some(first) = answers {
            builder = builder.in_reply_to(first.clone()).references(first.clone());
        }
    }
    if envelope.kind == Kind::Digest {
        builder = builder.raw_header(header("Precedence", "list")?);
    }
    if let Some(way) = &envelope.unsubscribe {
        builder = builder.raw_header(header("List-Unsubscribe", &format!("<{}>", way.address()))?);
        if matches!(way, Unsubscribe::Link(_)) {
            builder = builder.raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")?);
        }
    }
    let parts = MultiPart::alternative()
        .boundary(format!("vigie-{}", hash(&envelope.key)))
        .singlepart(part(ContentType::TEXT_PLAIN, &letter.text)?);
    let html = part(ContentType::TEXT_HTML, &letter.html)?;
    let parts = if letter.pictures.is_empty() {
        parts.singlepart(html)
    } else {
        let mut related =
            MultiPart::related().boundary(format!("vigie-r-{}", hash(&envelope.key))).singlepart(html);
        for Picture { id, kind, bytes } in &letter.pictures {
            let kind = ContentType::parse(kind).map_err(|error| BuildError(error.to_string()))?;
            let body = Body::new_with_encoding(bytes.clone(), ContentTransferEncoding::Base64)
                .map_err(|_refused| BuildError("a picture cannot be encoded".to_owned()))?;
            related = related.singlepart(Attachment::new_inline(id.clone()).body(body, kind));
        }
        parts.multipart(related)
    };
    let message = builder.multipart(parts).map_err(|error| BuildError(error.to_string()))?;
    Ok(message.formatted())
}

/// A header of ours; names of rules come from a file that a person wrote, so they are cleaned too.
fn header(name: &'static str, value: &str) -> Result<HeaderValue, BuildError> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|error| BuildError(error.to_string()))?;
    Ok(HeaderValue::new(name, clean::short(value, HEADER)))
}

/// Quoted-printable always: readable in a file, and no line too long for a relay.
fn part(kind: ContentType, text: &str) -> Result<SinglePart, BuildError> {
    let body = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::QuotedPrintable)
        .map_err(|_refused| BuildError("its text cannot be encoded".to_owned()))?;
    Ok(SinglePart::builder().header(kind).body(body))
}
