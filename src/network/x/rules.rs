//! The stream and its rules: they are listed, mended and listed again before it is opened, and after every
//! break the search catches up. Rules of others are left alone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::NAME;
use crate::network::json::{self, id, list, text};
use crate::network::{ReadError, Trouble};
use crate::time::Time;

/// How long after a catch-up the stream may be opened without another one, in milliseconds.
const FRESH: i64 = 60_000;
/// Times that rules are mended before it is taken that they will not stay.
const TRIES: u8 = 4;
/// Rules sent at once: a thousand of a thousand characters would be a megabyte.
const AT_ONCE: usize = 100;

/// Where a stream stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Stream {
    /// The rules it was opened for, in short; others start again with the list.
    pub(super) wanted: String,
    pub(super) phase: Phase,
    /// How often the rules were mended without staying.
    tries: u8,
    /// When the last catch-up ended.
    caught: i64,
    /// The first and the last post of this connection; 0 before the first.
    pub(super) first: u64,
    pub(super) last: u64,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    /// Ask for the rules.
    #[default]
    List,
    /// Take these away.
    Delete(Vec<String>),
    /// Add the rules in these places.
    Add(Vec<usize>),
    /// Catch up by search.
    Catch,
    /// Listen.
    Caught,
    /// A post was heard: when the question comes up again, the connection has broken.
    Live,
}

impl Stream {
    /// A stream of which nothing is known yet, with these rules in short.
    pub(super) fn new(wanted: String) -> Stream {
        Stream { wanted, ..Stream::default() }
    }

    /// Whether the stream can be opened now, without catching up first.
    pub(super) fn may_open(&self, now: Time) -> bool {
        self.phase == Phase::Caught && (0..=FRESH).contains(&now.0.saturating_sub(self.caught))
    }

    /// The posts that the last connection brought.
    pub(super) fn heard(&self) -> Option<(u64, u64)> {
        (self.phase == Phase::Live && self.first > 0).then_some((self.first, self.last))
    }

    /// The catch-up is over.
    pub(super) fn caught_up(&mut self, now: Time) {
        (self.phase, self.caught, self.first, self.last) = (Phase::Caught, now.0, 0, 0);
    }

    /// Posts came.
    pub(super) fn heard_posts(&mut self, ids: &[u64]) {
        let (Some(&least), Some(&most)) = (ids.iter().min(), ids.iter().max()) else { return };
        self.first = if self.first == 0 { least } else { self.first.min(least) };
        self.last = self.last.max(most);
        self.phase = Phase::Live;
    }

    /// Compares the rules that are there with those that should be.
    ///
    /// # Errors
    /// When they were mended several times and are still not there.
    pub(super) fn listed(&mut self, answer: &Value, rules: &[String], tag: &str) -> Result<(), ReadError> {
        let there = list(answer, "data");
        let values: BTreeSet<&str> = there.iter().filter_map(|rule| text(rule, "value")).collect();
        let stale = |rule: &&Value| {
            text(rule, "tag") == Some(tag)
                && !text(rule, "value").is_some_and(|value| rules.iter().any(|rule| rule == value))
        };
        let delete: Vec<String> = there.iter().filter(stale).filter_map(|rule| id(rule, "id")).collect();
        let missing = rules.iter().enumerate().filter(|(_, rule)| !values.contains(rule.as_str()));
        let add: Vec<usize> = missing.map(|(place, _)| place).take(AT_ONCE).collect();
        self.phase = if !delete.is_empty() {
            Phase::Delete(delete.into_iter().take(AT_ONCE).collect())
        } else if !add.is_empty() {
            Phase::Add(add)
        } else {
            self.tries = 0;
            Phase::Catch
        };
        let rounds = u8::try_from(rules.len().div_ceil(AT_ONCE)).unwrap_or(u8::MAX);
        if self.phase != Phase::Catch {
            self.tries = self.tries.saturating_add(1);
            if self.tries > TRIES.saturating_add(rounds) {
                self.tries = 0;
                let detail = "the rules of the stream were set, but X does not list them";
                return Err(ReadError::refusal(&NAME, Trouble::Transient, detail));
            }
        }
        Ok(())
    }

    /// Rules were taken away or added: the list says what became of them.
    ///
    /// # Errors
    /// When X does not understand a rule, or takes no more of them.
    pub(super) fn mended(&mut self, answer: &Value) -> Result<(), ReadError> {
        self.phase = Phase::List;
        // a rule that is there already does what is wanted
        let kind = |one: &Value| {
            format!("{} {}", text(one, "title").unwrap_or_default(), text(one, "type").unwrap_or_default())
                .to_lowercase()
        };
        let fault = list(answer, "errors").iter().find(|one| {
            let kind = kind(one);
            kind.contains("invalid")
                || kind.contains("unprocessable")
                || kind.contains("cap")
                || kind.contains("limit")
        });
        let Some(fault) = fault else { return Ok(()) };
        let words = list(fault, "details").first().and_then(Value::as_str).or_else(|| text(fault, "detail"));
        let words = json::few_words(words.or_else(|| text(fault, "title")).unwrap_or("invalid rule"));
        let value = json::few_words(text(fault, "value").unwrap_or_default());
        Err(ReadError::refusal(&NAME, Trouble::BadQuery, format!("\"{words}\", of the rule {value}")))
    }
}
