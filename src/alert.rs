//! Alerts: which rules there are, and what a group of alerts says when it closes.

use serde::{Deserialize, Serialize};

use crate::mention::{Gap, Mention, Suspect};
use crate::time::Time;

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// A new mention of a brand.
    NewMention,
    /// An account that starts to pose as a brand.
    NewImpostor,
    /// A source that fails or has fallen silent.
    SourceDegraded,
}

/// A source that fails or has fallen silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The source.
    pub source: String,
    /// Its network.
    pub network: String,
    /// What happens, as the source says it (English).
    pub reason: String,
    /// Since when.
    pub since: Time,
    /// True when it is silent without an error.
    pub silent: bool,
}

/// Everything that one alert mail says, in every language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The name of the rule.
    pub rule: String,
    /// What the rule looks at.
    pub on: On,
    /// The mentions told, newest first, at most [`SHOWN`]; the mail says how many there are in all.
    pub mentions: Vec<Mention>,
    /// Mentions in all, by brand name, most first.
    pub by_brand: Vec<(String, u64)>,
    /// The suspects told.
    pub suspects: Vec<Suspect>,
    /// The sources in trouble.
    pub troubles: Vec<Trouble>,
    /// Names of brands by identity.
    pub names: Vec<(crate::keyword::BrandId, String)>,
    /// Gaps that touch the time this mail is about.
    pub gaps: Vec<Gap>,
    /// How long alerts of this rule are gathered, in seconds: first wait, then between two mails.
    pub grouping: (u64, u64),
    /// When the mail was written.
    pub written: Time,
}

/// A mail shows at most this many mentions or suspects, the size that mail programs show uncut.
pub const SHOWN: usize = 25;
