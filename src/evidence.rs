//! Evidence packs: everything known of one case as one zip file that a person can hand in, with a chain of hashes by
//! which damage shows.
//!
//! Pure: what was captured goes in, bytes come out. Nothing is ever reported by itself.

use serde::Serialize;

use crate::impostor::describe;
use crate::keyword::Brand;
use crate::mail::Language;
use crate::mention::{Mention, Suspect};
use crate::store::answers::KeptAnswer;
use crate::store::cases::CaseEvent;
use crate::time::Time;

mod chain;
mod letter;
mod rule;
mod stamp;

pub use chain::{Entry, Fault, Manifest, PackError, Whole, verify};
pub use rule::{Standing, Want};
pub use stamp::{Flaw, LARGEST as LARGEST_STAMP, Stamp};

/// One answer of a network, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// What was asked for: `profile`, `picture`.
    pub what: &'static str,
    /// Whom: host and path; what stood behind them may be secret.
    pub address: String,
    /// When it came.
    pub at: Time,
    /// What came.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer: its status, and its bytes under a file name.
    Answer {
        /// The status of the answer.
        status: u16,
        /// The name of the file in the pack.
        file: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Nothing that can be kept, and why.
    Failed(String),
}

/// Under which conditions it was captured: what the French norm NF Z67-147 asks to be written down, as far as a
/// program knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conditions {
    /// The program and its version.
    pub client: String,
    /// How it introduces itself to servers.
    pub user_agent: String,
    /// The system it ran on.
    pub system: String,
    /// Who asked for the pack.
    pub who: String,
    /// Where its time comes from.
    pub clock: &'static str,
    /// The address that servers saw.
    pub address: &'static str,
}

/// All that a pack is made of.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The case.
    pub suspect: Suspect,
    /// The brand.
    pub brand: Brand,
    /// What happened to the case.
    pub events: Vec<CaseEvent>,
    /// What the account answered to the brand's customers.
    pub answers: Vec<KeptAnswer>,
    /// Mentions of the brand that it wrote.
    pub mentions: Vec<Mention>,
    /// Requests made for this pack.
    pub captures: Vec<Capture>,
    /// How they were made.
    pub conditions: Conditions,
    /// When the pack was put together.
    pub written: Time,
}

/// A finished pack.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The zip file.
    pub bytes: Vec<u8>,
    /// What is in it.
    pub manifest: Manifest,
    /// What the network's rule asks for, and what of it is there.
    pub standing: Standing,
}

impl Finished {
    /// What a time-stamp server is asked about this pack (RFC 3161); `nonce` is any number, new each time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn question(&self, nonce: u64) -> Result<Vec<u8>, Flaw> {
        stamp::query(&chain::bytes_of(&self.manifest.root), nonce)
    }

    /// Puts the answer of a time-stamp server beside the chain, over whose last hash it is.
    ///
    /// # Errors
    /// When it is no time stamp of this pack; then the pack stays as it is.
    pub fn stamp(&mut self, question: &[u8], answer: &[u8]) -> Result<Stamp, Flaw> {
        let stamp = stamp::check(&chain::bytes_of(&self.manifest.root), question, answer)?;
        self.bytes =
            chain::stamped(&self.bytes, question, answer).map_err(|_| Flaw::Unreadable("the pack"))?;
        Ok(stamp)
    }
}

impl Pack {
    /// Puts the pack together.
    ///
    /// # Errors
    /// When a document cannot be written.
    pub fn finish(&self) -> Result<Finished, PackError> {
        let standing = Standing::of(self);
        let mut files: Vec<(String, Vec<u8>, Time)> = Vec::new();
        let mut add = |name: &str, bytes: Vec<u8>| files.push((name.to_owned(), bytes, self.written));
        add("letter.en.txt", letter::write(self, &standing, Language::En).into_bytes());
        add("letter.fr.txt", letter::write(self, &standing, Language::Fr).into_bytes());
        add("case.json", json(&self.case(&standing))?);
        add("account.json", json(&self.suspect.author)?);
        add("official.json", json(&self.official())?);
        add("life.json", json(&self.events)?);
        add("answers.json", json(&self.answers)?);
        add("posts.json", json(&self.mentions)?);
        add("conditions.json", json(&self.conditions())?);
        add("conditions.txt", letter::conditions(self).into_bytes());
        for capture in &self.captures {
            if let Outcome::Answer { file, bytes, .. } = &capture.outcome {
                files.push((format!("captures/{file}"), bytes.clone(), capture.at));
            }
        }
        let (bytes, manifest) = chain::write(&files, self.suspect.id, self.written)?;
        Ok(Finished { bytes, manifest, standing })
    }

    fn case(&self, standing: &Standing) -> serde_json::Value {
        let suspicion = &self.suspect.suspicion;
        let signals = suspicion.signals.iter().map(|signal| {
            serde_json::json!({
                "name": signal.name,
                "points": signal.points,
                "raw": signal.raw,
                "folded": signal.folded,
                "en": describe(signal, false),
                "fr": describe(signal, true),
                "rule": rule::elements(&signal.name),
            })
        });
        serde_json::json!({
            "id": self.suspect.id,
            "network": self.suspect.network,
            "brand": suspicion.brand,
            "brand_name": self.brand.name,
            "level": suspicion.level,
            "score": suspicion.score,
            "likeness": suspicion.likeness,
            "claim": suspicion.claim,
            "state": self.suspect.state,
            "first_seen": self.suspect.first_seen,
            "changed": self.suspect.changed,
            "signals": signals.collect::<Vec<_>>(),
            "standing": standing,
        })
    }

    fn official(&self) -> serde_json::Value {
        let accounts = self
            .brand
            .official
            .iter()
            .map(|account| serde_json::json!({ "network": account.network, "handle": account.handle }));
        serde_json::json!({
            "brand": self.brand.name,
            "accounts": accounts.collect::<Vec<_>>(),
            "domains": self.brand.domains,
        })
    }

    fn conditions(&self) -> serde_json::Value {
        let captures = self.captures.iter().map(|capture| match &capture.outcome {
            Outcome::Answer { status, file, bytes } => serde_json::json!({
                "what": capture.what, "address": capture.address, "at": capture.at, "status": status,
                "file": format!("captures/{file}"), "bytes": bytes.len(),
            }),
            Outcome::Failed(reason) => serde_json::json!({
                "what": capture.what, "address": capture.address, "at": capture.at, "failed": reason,
            }),
        });
        serde_json::json!({
            "written": self.written,
            "by": self.conditions,
            "captures": captures.collect::<Vec<_>>(),
            "hashes": "SHA-256; manifest.json chains every file to the one before it",
        })
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, PackError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(PackError::Write)?;
    bytes.push(b'\n');
    Ok(bytes)
}
