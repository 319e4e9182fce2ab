//! What becomes so over time, where it stands, and when it has outgrown what was told of it.

use serde::{Deserialize, Serialize};

use super::{On, POINTS};
use crate::keyword::BrandId;
use crate::share::Permille;
use crate::time::{DAY, Time};

/// Something that became so, of which no single mention, account or source is the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The brand.
    pub brand: BrandId,
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
    /// Sources that were left out because they did not answer meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// The mentions that show it best, at most a few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<i64>,
    /// Where it stands.
    #[serde(default)]
    pub phase: Phase,
    /// When it was told first, where it is something that goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Time>,
    /// The hours before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Course>,
}

/// Where something stands that goes on for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It is told for the first time.
    #[default]
    Opened,
    /// It is more than what was told.
    Grew,
    /// It is over.
    Ended,
}

/// Mentions by the hour, and how many are usual.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Course {
    /// When the last hour ends.
    pub to: Time,
    /// Mentions of each hour, the oldest first; `None` where nobody listened.
    pub hours: Vec<Option<u32>>,
    /// What is usual at each of these hours of the day: from, to.
    pub usual: Vec<(u32, u32)>,
}

impl Event {
    /// Something that is told for the first time.
    pub fn new(brand: BrandId, (from, to): (Time, Time), what: What) -> Event {
        Event {
            brand,
            from,
            to,
            what,
            without: Vec::new(),
            shown: Vec::new(),
            phase: Phase::Opened,
            opened: None,
            course: None,
        }
    }

    /// Whether it has so far outgrown what was told `before` that it is worth telling again.
    pub fn outgrows(&self, before: &Event) -> bool {
        match (&self.what, &before.what) {
            (What::Spike { count, .. }, What::Spike { count: told, .. }) => {
                *count >= told.saturating_mul(2).max(told.saturating_add(GROWN))
            }
            (What::Drop { count, .. }, What::Drop { count: told, .. }) => {
                count.saturating_mul(2).saturating_add(GROWN) <= *told
            }
            (What::Surge { now, before: was, .. }, What::Surge { now: told, before: from, .. })
            | (What::Sentiment { now, before: was, .. }, What::Sentiment { now: told, before: from, .. }) => {
                // Parts of a day grow while it fills: only what is clearly more is told on the same one.
                let (rise, known) = (now.0.saturating_sub(was.0), told.0.saturating_sub(from.0));
                let more = now.0.saturating_sub(told.0);
                let later = self.to.since(before.to) >= DAY;
                if later { more >= POINTS.0 } else { more >= POINTS.0 * 2 && rise >= known.saturating_mul(2) }
            }
            _ => false,
        }
    }

    /// The kind of rule that tells it.
    pub fn kind(&self) -> On {
        match &self.what {
            What::Spike { .. } => On::Spike,
            What::Drop { .. } => On::Drop,
            What::Silence { .. } => On::Silence,
            What::Surge { .. } => On::Surge,
            What::Sentiment { .. } => On::Sentiment,
            What::AccountChanged { .. } => On::AccountChanged,
            What::Reactions { count, usual, .. } if count > usual => On::TakesOff,
            What::Reactions { .. } => On::Flops,
            What::PrecisionFallen { .. } => On::PrecisionFallen,
        }
    }
}

/// Mentions by which a spike has grown at least, or a drop deepened, to be told again.
const GROWN: u64 = 5;

/// What an event is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// An hour with more mentions than chance explains.
    Spike {
        /// Mentions in the hour; of one that is over, in its largest.
        count: u64,
        /// Mentions in a usual hour, in hundredths.
        usual: u64,
        /// Of one that is over: mentions in all while it lasted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        all: Option<u64>,
    },
    /// A day with far fewer mentions than usual.
    Drop {
        /// Mentions in the day.
        count: u64,
        /// Mentions in a usual day, in hundredths.
        usual: u64,
    },
    /// No mention at all.
    Silence {
        /// The longest silence before it, in milliseconds.
        longest: i64,
    },
    /// A share of voice that grew.
    Surge {
        /// The share of the last day.
        now: Permille,
        /// The share of the days before.
        before: Permille,
        /// Mentions of the last day.
        count: u64,
    },
    /// More of what is said speaks ill than usual.
    Sentiment {
        /// The part of the last day's mentions that speaks ill, of those that are understood.
        now: Permille,
        /// The same of the two weeks before.
        before: Permille,
        /// Mentions of the last day that speak ill.
        count: u64,
        /// Mentions of the last day that are understood.
        all: u64,
    },
    /// An account of the brand changed.
    AccountChanged {
        /// Its network.
        network: String,
        /// Its name there.
        handle: String,
        /// `handle`, `display_name`, `bio`, `avatar` or `verified`.
        field: String,
        /// What it was.
        before: Option<String>,
        /// What it is.
        after: Option<String>,
    },
    /// A post of the brand's own account draws far more, or far fewer, reactions than its others.
    Reactions {
        /// Its network.
        network: String,
        /// Its author's name there.
        handle: String,
        /// Its reactions.
        count: i64,
        /// Those of its author's other posts: half have as many or fewer.
        usual: i64,
    },
    /// A keyword whose mentions are called wrong more often than before.
    PrecisionFallen {
        /// The keyword.
        keyword: String,
        /// Right ones of the latest labels, and all of them.
        lately: (u32, u32),
        /// Right ones of those before, and all of them.
        before: (u32, u32),
    },
}
