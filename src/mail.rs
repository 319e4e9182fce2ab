//! Mails: what an alert or a digest says, as text and HTML, and the bytes that are sent. The same contents
//! give the same bytes on every machine. Knows nothing of stores and servers.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::time::Time;

mod alert;
pub mod chat;
pub(crate) mod clean;
mod digest;
pub(crate) mod draw;
mod held;
mod notes;
mod page;
pub(crate) mod post;
mod rule;
mod text;
pub mod theme;
mod watch;
pub(crate) mod words;

pub use alert::{Brief, alert, brief};
pub use chat::Form;
pub use digest::digest;
pub use held::{Held, held};
pub use rule::describe;
pub use watch::on_watch;
pub use words::Language;

/// Subjects are cut here: mail programs show less, and relays refuse lines of a thousand.
const SUBJECT: usize = 120;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject: one clean line.
    pub subject: String,
    /// The text part, laid out in 72 columns.
    pub text: String,
    /// The HTML part.
    pub html: String,
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
    /// Where a mail that asks to stop goes.
    pub unsubscribe: Option<String>,
    /// When it was written.
    pub written: Time,
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
    if envelope.kind == Kind::Digest {
        builder = builder.raw_header(header("Precedence", "list")?);
    }
    if let Some(address) = &envelope.unsubscribe {
        let mailto = format!("<mailto:{address}?subject=unsubscribe>");
        builder = builder.raw_header(header("List-Unsubscribe", &mailto)?);
    }
    let parts = MultiPart::alternative()
        .boundary(format!("vigie-{}", hash(&envelope.key)))
        .singlepart(part(ContentType::TEXT_PLAIN, &letter.text)?)
        .singlepart(part(ContentType::TEXT_HTML, &letter.html)?);
    let message = builder.multipart(parts).map_err(|error| BuildError(error.to_string()))?;
    Ok(message.formatted())
}

/// A header of ours; names of rules come from a file that a person wrote, so they are cleaned too.
fn header(name: &'static str, value: &str) -> Result<HeaderValue, BuildError> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|error| BuildError(error.to_string()))?;
    Ok(HeaderValue::new(name, clean::short(value, 200)))
}

/// Quoted-printable always: readable in a file, and no line too long for a relay.
fn part(kind: ContentType, text: &str) -> Result<SinglePart, BuildError> {
    let body = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::QuotedPrintable)
        .map_err(|_refused| BuildError("its text cannot be encoded".to_owned()))?;
    Ok(SinglePart::builder().header(kind).body(body))
}
