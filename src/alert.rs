//! Alerts: which rules there are, and what a group of alerts says when it closes.

use std::time::Duration;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

use crate::impostor::Level;
use crate::keyword::BrandId;
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

impl On {
    /// The word used in configuration.
    pub fn word(self) -> &'static str {
        match self {
            On::NewMention => "new_mention",
            On::NewImpostor => "new_impostor",
            On::SourceDegraded => "source_degraded",
        }
    }
}

/// When someone is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, unique.
    pub name: String,
    /// What it looks at.
    pub on: On,
    /// Only these brands; all when empty.
    pub brands: Vec<BrandId>,
    /// Only these networks; all when empty.
    pub networks: Vec<String>,
    /// For impostors: the lowest level that is told at once.
    pub level: Level,
    /// How long a first alert waits for others.
    pub wait: Duration,
    /// The shortest time between two mails of this rule.
    pub every: Duration,
    /// Who is told; everyone in `[mail]` when empty.
    pub to: Vec<Mailbox>,
}

impl Rule {
    /// The rules that hold when none are written down: every kind once.
    pub fn usual(wait: Duration, every: Duration) -> Vec<Rule> {
        [On::NewMention, On::NewImpostor, On::SourceDegraded]
            .into_iter()
            .map(|on| Rule {
                name: on.word().to_owned(),
                on,
                brands: Vec::new(),
                networks: Vec::new(),
                level: Level::Alert,
                wait,
                every,
                to: Vec::new(),
            })
            .collect()
    }

    /// Whether it looks at this brand and network.
    pub fn covers(&self, brand: &str, network: &str) -> bool {
        (self.brands.is_empty() || self.brands.iter().any(|one| &*one.0 == brand))
            && (self.networks.is_empty() || self.networks.iter().any(|one| one == network))
    }
}

/// A source that fails or has fallen silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    pub names: Vec<(BrandId, String)>,
    /// Gaps that touch the time this mail is about.
    pub gaps: Vec<Gap>,
    /// The address to which a reader can say that a mention is about something else.
    pub answer_to: Option<String>,
    /// How long alerts of this rule are gathered, in seconds: first wait, then between two mails.
    pub grouping: (u64, u64),
    /// When the mail was written.
    pub written: Time,
}

/// A mail shows at most this many mentions or suspects, the size that mail programs show uncut.
pub const SHOWN: usize = 25;
