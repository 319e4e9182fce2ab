//! The budget of hashtags: 30 different ones in seven rolling days and account, whichever program asked for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::{DAY, Time};

/// Different hashtags in seven days.
pub(super) const MOST: usize = 30;
/// How long a hashtag counts once it was asked for.
const COUNTS: i64 = 7 * DAY;
/// How long the network's own list of used hashtags is believed: others may add some.
const FRESH: i64 = DAY;

/// What is known of hashtags. Their ids are the same for everybody and for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Budget {
    /// Ids by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    ids: BTreeMap<String, String>,
    /// When each was last asked for here, in milliseconds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    asked: BTreeMap<String, i64>,
    /// Ids that the network counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    used: Vec<String>,
    /// When it said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    learnt: Option<i64>,
}

impl Budget {
    /// The id of a hashtag, once it was looked up.
    pub(super) fn id(&self, tag: &str) -> Option<&str> {
        self.ids.get(tag).map(String::as_str)
    }

    /// Whether the network was lately asked what counts.
    pub(super) fn is_known(&self, now: Time) -> bool {
        self.learnt.is_some_and(|learnt| now.0.saturating_sub(learnt) < FRESH)
    }

    /// Whether a hashtag counts already, so that asking for it again costs nothing.
    pub(super) fn counts(&self, tag: &str, now: Time) -> bool {
        self.asked.get(tag).is_some_and(|asked| is_recent(*asked, now))
            || self.id(tag).is_some_and(|id| self.is_used(id))
    }

    /// How many more may be asked for.
    pub(super) fn room(&self, now: Time) -> usize {
        let ours = self.asked.iter().filter(|(_, asked)| is_recent(**asked, now));
        let ours: Vec<Option<&str>> = ours.map(|(tag, _)| self.id(tag)).collect();
        let others = self.used.iter().filter(|id| !ours.contains(&Some(id.as_str()))).count();
        MOST.saturating_sub(ours.len().saturating_add(others))
    }

    fn is_used(&self, id: &str) -> bool {
        self.used.iter().any(|used| used == id)
    }

    /// Takes in what the network counts.
    pub(super) fn learn(&mut self, mut used: Vec<String>, now: Time) {
        used.truncate(MOST);
        self.used = used;
        self.learnt = Some(now.0);
    }

    /// A hashtag was looked up.
    pub(super) fn add(&mut self, tag: &str, id: String, now: Time) {
        self.ids.insert(tag.to_owned(), id);
        self.asked(tag, now);
    }

    /// A hashtag was asked for.
    pub(super) fn asked(&mut self, tag: &str, now: Time) {
        self.asked.retain(|_, asked| is_recent(*asked, now));
        self.asked.insert(tag.to_owned(), now.0);
    }
}

/// Whether a hashtag that was asked for then still counts.
fn is_recent(asked: i64, now: Time) -> bool {
    now.0.saturating_sub(asked) < COUNTS
}
