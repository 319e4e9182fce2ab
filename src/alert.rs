//! Alerts: which rules there are, what each asks, and what a group of alerts says when it closes.

use std::time::Duration;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

use crate::impostor::Level;
use crate::keyword::BrandId;
use crate::mention::{Gap, Mention, Suspect};
use crate::sentiment::Sentiment;
use crate::share::Permille;
use crate::time::Time;

mod event;
pub mod judge;
pub mod preset;
mod terms;
pub mod trend;

pub use event::{Course, Event, Phase, What};
pub use terms::Terms;

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// A new mention of a brand.
    NewMention,
    /// A mention with words that announce trouble.
    HighRisk,
    /// A mention by an author with many followers.
    BigAuthor,
    /// A mention by an author who never spoke of any brand before.
    FirstAuthor,
    /// A mention by a brand's own account, or by one that the network vouches for.
    OfficialPost,
    /// More mentions in an hour than chance explains.
    Spike,
    /// Far fewer mentions in a day than usual.
    Drop,
    /// No mention at all for much longer than usual, though the sources answer.
    Silence,
    /// A share of voice that grows.
    Surge,
    /// More of what is said speaks ill than usual.
    Sentiment,
    /// A brand's own account that changed its name, bio or picture.
    AccountChanged,
    /// A post of a brand's own account that draws far more reactions than its others.
    TakesOff,
    /// One that draws far fewer.
    Flops,
    /// An account that starts to pose as a brand.
    NewImpostor,
    /// A suspected account that changed its profile.
    ImpostorChanged,
    /// A source that fails or has fallen silent.
    SourceDegraded,
    /// A keyword whose mentions people call wrong more often than before.
    PrecisionFallen,
}

impl On {
    /// Every kind of rule.
    pub const ALL: &'static [On] = &[
        On::NewMention,
        On::HighRisk,
        On::BigAuthor,
        On::FirstAuthor,
        On::OfficialPost,
        On::Spike,
        On::Drop,
        On::Silence,
        On::Surge,
        On::Sentiment,
        On::AccountChanged,
        On::TakesOff,
        On::Flops,
        On::NewImpostor,
        On::ImpostorChanged,
        On::SourceDegraded,
        On::PrecisionFallen,
    ];

    /// The word used in configuration.
    pub fn word(self) -> &'static str {
        match self {
            On::NewMention => "new_mention",
            On::HighRisk => "high_risk",
            On::BigAuthor => "big_author",
            On::FirstAuthor => "first_author",
            On::OfficialPost => "official_post",
            On::Spike => "spike",
            On::Drop => "drop",
            On::Silence => "silence",
            On::Surge => "surge",
            On::Sentiment => "sentiment",
            On::AccountChanged => "account_changed",
            On::TakesOff => "takes_off",
            On::Flops => "flops",
            On::NewImpostor => "new_impostor",
            On::ImpostorChanged => "impostor_changed",
            On::SourceDegraded => "source_degraded",
            On::PrecisionFallen => "precision_fallen",
        }
    }

    /// Whether it looks at single mentions as they come.
    pub fn is_of_mentions(self) -> bool {
        matches!(self, On::NewMention | On::HighRisk | On::BigAuthor | On::FirstAuthor | On::OfficialPost)
    }

    /// Whether it looks at suspected accounts.
    pub fn is_of_impostors(self) -> bool {
        matches!(self, On::NewImpostor | On::ImpostorChanged)
    }

    /// How often it is looked for as time passes; `None` when something that happens raises it.
    pub fn pace(self) -> Option<Pace> {
        match self {
            On::Spike => Some(Pace::Bucket),
            On::Drop
            | On::Silence
            | On::Surge
            | On::Sentiment
            | On::TakesOff
            | On::Flops
            | On::PrecisionFallen => Some(Pace::Hour),
            On::NewMention
            | On::HighRisk
            | On::BigAuthor
            | On::FirstAuthor
            | On::OfficialPost
            | On::AccountChanged
            | On::NewImpostor
            | On::ImpostorChanged
            | On::SourceDegraded => None,
        }
    }
}

/// How often something is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// Every five minutes in which something was heard.
    Bucket,
    /// Every hour.
    Hour,
}

/// Whose brands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Our own.
    Ours,
    /// Those of others.
    Competitors,
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
    /// Only our own brands, or only those of others.
    pub of: Option<Side>,
    /// Only these networks; all when empty.
    pub networks: Vec<String>,
    /// Only posts in these languages, by their codes; all when empty.
    pub languages: Vec<String>,
    /// Only posts that speak so; all when empty.
    pub moods: Vec<Sentiment>,
    /// Only posts in which these words stand, or for which this query holds.
    pub terms: Option<Terms>,
    /// Only authors with at least so many followers.
    pub followers: u64,
    /// For impostors: the lowest level that is told.
    pub level: Level,
    /// For a share, of voice or of what speaks ill: by how much it must have grown.
    pub points: Permille,
    /// For silence: how long it must last; `None` learns it from the past.
    pub after: Option<Duration>,
    /// Whether it pierces quiet hours and caps.
    pub critical: bool,
    /// After an alert, the same brand, author or post raises none for so long.
    pub cool_down: Duration,
    /// How long a first alert waits for others.
    pub wait: Duration,
    /// The shortest time between two mails of this rule.
    pub every: Duration,
    /// Who is told; everyone in `[mail]` when empty.
    pub to: Vec<Mailbox>,
}

/// Followers from which an author is large, where a rule does not say.
pub const LARGE: u64 = 10_000;
/// The growth of a share that is told, where a rule does not say: ten points.
pub const POINTS: Permille = Permille(100);

const DAY: u64 = 24 * 3600;

impl Rule {
    /// A rule of this kind with what holds where nothing is said.
    pub fn new(on: On, wait: Duration, every: Duration) -> Rule {
        Rule {
            name: on.word().to_owned(),
            on,
            brands: Vec::new(),
            of: None,
            networks: Vec::new(),
            languages: Vec::new(),
            moods: Vec::new(),
            terms: if on == On::HighRisk { terms::risky() } else { None },
            followers: if on == On::BigAuthor { LARGE } else { 0 },
            level: Level::Alert,
            points: POINTS,
            after: None,
            critical: false,
            cool_down: Rule::usual_cool_down(on),
            wait,
            every,
            to: Vec::new(),
        }
    }

    /// The cool-down of a kind of rule where nothing is said: what lasts is told once a day or once a week, what
    /// is an event of its own every time.
    pub fn usual_cool_down(on: On) -> Duration {
        let days = match on {
            On::Spike | On::Drop | On::Sentiment | On::BigAuthor | On::ImpostorChanged => 1,
            On::Surge | On::Silence => 3,
            On::PrecisionFallen => 7,
            On::NewMention
            | On::HighRisk
            | On::FirstAuthor
            | On::OfficialPost
            | On::AccountChanged
            | On::TakesOff
            | On::Flops
            | On::NewImpostor
            | On::SourceDegraded => 0,
        };
        Duration::from_secs(days * DAY)
    }

    /// The rules that hold when none are written down: new mentions, impostors, sources in trouble.
    pub fn usual(wait: Duration, every: Duration) -> Vec<Rule> {
        [On::NewMention, On::NewImpostor, On::SourceDegraded]
            .into_iter()
            .map(|on| Rule::new(on, wait, every))
            .collect()
    }

    /// The same rule with nothing but what its kind says, its name, its grouping and its recipients.
    pub fn bare(&self) -> Rule {
        let Rule { name, on, wait, every, to, .. } = self.clone();
        Rule { name, to, ..Rule::new(on, wait, every) }
    }

    /// Whether it looks at this brand and network. `ours`: whether the brand is our own.
    pub fn covers(&self, brand: &str, ours: bool, network: &str) -> bool {
        self.covers_brand(brand, ours) && self.covers_network(network)
    }

    /// Whether it looks at this brand.
    pub fn covers_brand(&self, brand: &str, ours: bool) -> bool {
        (self.brands.is_empty() || self.brands.iter().any(|one| &*one.0 == brand))
            && self.of.is_none_or(|side| (side == Side::Ours) == ours)
    }

    /// Whether it looks at this network.
    pub fn covers_network(&self, network: &str) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|one| one == network)
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
    /// When it was told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Time>,
    /// Since when it has been well again, once that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Time>,
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
    /// What became so: spikes, silences and the like.
    pub events: Vec<Event>,
    /// What the rule asks, in English and in French, where it is more than its kind.
    pub asks: Option<[String; 2]>,
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
    /// Whether it only shows how a mail of this rule looks.
    pub test: bool,
}

impl Content {
    /// The same without what is about other brands than these; all when none is named. `None` when nothing is left.
    pub fn only(&self, brands: &[BrandId]) -> Option<Content> {
        let mut content = self.clone();
        if brands.is_empty() {
            return Some(content);
        }
        content.mentions.retain(|mention| brands.contains(&mention.brand));
        content.suspects.retain(|suspect| brands.contains(&suspect.suspicion.brand));
        content.events.retain(|event| brands.contains(&event.brand));
        let named = |name: &String| {
            content.names.iter().any(|(id, known)| known == name && brands.contains(id))
                || brands.iter().any(|brand| *brand.0 == **name)
        };
        content.by_brand = self.by_brand.iter().filter(|(name, _)| named(name)).cloned().collect();
        let empty = content.mentions.is_empty()
            && content.suspects.is_empty()
            && content.events.is_empty()
            && content.troubles.is_empty();
        (!empty).then_some(content)
    }
}

/// A mail shows at most this many mentions or suspects, the size that mail programs show uncut.
pub const SHOWN: usize = 25;
