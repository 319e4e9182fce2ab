//! Alerts waiting for their group to close; below, finished notices and what became of each.

mod history;
mod outbox;

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError};
use crate::time::Time;

pub use history::{Delivery, NoticeRow, Told, Waiting, history, notices, waiting};

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// A mention.
    Mention,
    /// A suspicion.
    Suspicion,
    /// A source.
    Source,
    /// Something that became so, as its detail says.
    Event,
}

impl About {
    fn word(self) -> &'static str {
        match self {
            About::Mention => "mention",
            About::Suspicion => "suspicion",
            About::Source => "source",
            About::Event => "event",
        }
    }
}

/// A group of alerts that is due to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The rule.
    pub rule: String,
    /// When its first alert was raised.
    pub opened: Time,
    /// When it closes.
    pub closes: Time,
}

/// An alert to be raised.
#[derive(Debug, Clone, Copy)]
pub struct Raising<'a> {
    /// The rule.
    pub rule: &'a str,
    /// What it is about.
    pub about: About,
    /// The row of that; 0 where there is none.
    pub row: i64,
    /// The same alert is raised once.
    pub key: &'a str,
    /// What the cool-down of the rule holds for; nothing when empty.
    pub subject: &'a str,
    /// What is noted with it.
    pub detail: Option<&'a str>,
    /// When.
    pub now: Time,
    /// How long its group waits for others, in milliseconds.
    pub wait: i64,
    /// The shortest time between two groups.
    pub every: i64,
    /// For how long nothing else is raised about its subject.
    pub cool_down: i64,
}

/// One alert of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The row of what it is about.
    pub about: i64,
    /// What was noted with it.
    pub detail: Option<String>,
}

/// A finished e-mail to one recipient, to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Unique: rule, window, recipient.
    pub key: String,
    /// `alert` or `digest`.
    pub kind: &'static str,
    /// The rule, or `digest`.
    pub rule: String,
    /// The moment its group opened, or the end of the digest's window.
    pub window: Time,
    /// The address it goes to.
    pub recipient: String,
    /// Its Message-ID, with brackets.
    pub message_id: String,
    /// Its subject.
    pub subject: String,
    /// The whole message.
    pub bytes: Vec<u8>,
    /// Its HTML part, for the twin that a browser opens.
    pub html: String,
    /// When it was written.
    pub written: Time,
    /// When it is tried first.
    pub next_try: Time,
    /// Until when it is news; always when absent.
    pub useful: Option<Time>,
    /// Alerts that it tells.
    pub alerts: u64,
    /// Whether it is not sent, but listed in the next digest.
    pub held: bool,
}

/// A notice that was held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldNotice {
    /// Its row.
    pub id: i64,
    /// The address it would have gone to.
    pub recipient: String,
    /// The rule.
    pub rule: String,
    /// Its subject.
    pub subject: String,
    /// Alerts that it tells.
    pub alerts: u64,
    /// When it was written.
    pub written: Time,
}

/// A notice to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its row.
    pub id: i64,
    /// `alert` or `digest`.
    pub kind: String,
    /// The address it goes to.
    pub recipient: String,
    /// Its Message-ID.
    pub message_id: String,
    /// When it was written.
    pub written: Time,
    /// Attempts so far.
    pub attempts: i64,
    /// The whole message, the same at every attempt.
    pub bytes: Vec<u8>,
    /// Its HTML part.
    pub html: String,
}

/// What became of an attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Taken, with the server's words.
    Sent(String),
    /// To be tried again at the given moment.
    Retry(String, Time),
    /// Refused for good.
    Failed(String),
}

impl Store {
    /// Raises an alert once: a second one with the same key changes nothing, nor does one about the same subject
    /// within the rule's cool-down. Opens its group if need be; the group closes `wait` after its first alert, and
    /// not before `every` after it closed last.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn raise(&self, raising: &Raising<'_>) -> Result<bool, StoreError> {
        const INSERT: &str =
            "INSERT INTO alert (rule, kind, ref, key, raised, detail, subject) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (key) DO NOTHING";
        const COOLING: &str = "SELECT 1 FROM alert WHERE rule = ?1 AND subject = ?2 AND subject <> ''
            AND raised > ?3 AND raised <= ?4";
        let Raising { rule, about, row, key, subject, detail, now, wait, every, cool_down } = *raising;
        if cool_down > 0
            && !subject.is_empty()
            && self.connection.prepare_cached(COOLING)?.exists(params![
                rule,
                subject,
                now.plus(-cool_down).0,
                now.0
            ])?
        {
            return Ok(false);
        }
        // A window is named by the moment it opened, so no two of a rule may open at the same one, however fast
        // they follow each other or wherever the clock was set to. A clock set back never makes a group wait
        // longer than its rule says.
        const OPEN: &str = "INSERT INTO alert_group (rule, opened, closes) VALUES (?1, ?2, ?2 + ?3)
            ON CONFLICT (rule) DO UPDATE SET opened = coalesce(opened, max(?2, coalesce(last + 1, ?2))),
                closes = coalesce(closes, min(max(?2 + ?3, coalesce(last + ?4, ?2 + ?3)), ?2 + max(?3, ?4)))
            WHERE opened IS NULL OR closes IS NULL";
        let new = self.connection.prepare_cached(INSERT)?.execute(params![
            rule,
            about.word(),
            row,
            key,
            now.0,
            detail,
            subject
        ])? > 0;
        if new {
            self.connection.prepare_cached(OPEN)?.execute(params![rule, now.0, wait, every])?;
        }
        Ok(new)
    }

    /// Forgets that an alert was raised, so that it can be raised again: a source that is well.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn settle(&self, key: &str) -> Result<(), StoreError> {
        const RELEASE: &str = "UPDATE alert SET key = key || '|' || id WHERE key = ?1 AND window IS NOT NULL";
        const DROP: &str = "DELETE FROM alert WHERE key = ?1 AND window IS NULL";
        self.connection.prepare_cached(RELEASE)?.execute([key])?;
        self.connection.prepare_cached(DROP)?.execute([key])?;
        Ok(())
    }

    /// The group that closes first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn next_group(&self) -> Result<Option<Group>, StoreError> {
        const NEXT: &str = "SELECT rule, opened, closes FROM alert_group WHERE closes IS NOT NULL ORDER BY closes, rule LIMIT 1";
        let group = self.connection.prepare_cached(NEXT)?.query_row([], |row| {
            Ok(Group { rule: row.get(0)?, opened: Time(row.get(1)?), closes: Time(row.get(2)?) })
        });
        Ok(group.optional()?)
    }

    /// Closes a group at `now` and gives its alerts, oldest first, as rows of what they are about.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn close_group(&self, group: &Group, now: Time) -> Result<(), StoreError> {
        const STAMP: &str = "UPDATE alert SET window = ?2 WHERE rule = ?1 AND window IS NULL";
        const CLOSE: &str =
            "UPDATE alert_group SET opened = NULL, closes = NULL, last = max(?2, opened) WHERE rule = ?1";
        self.connection.prepare_cached(STAMP)?.execute(params![group.rule, group.opened.0])?;
        self.connection.prepare_cached(CLOSE)?.execute(params![group.rule, now.0])?;
        Ok(())
    }

    /// Lets the open group of a rule wait until `until`.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn postpone(&self, rule: &str, until: Time) -> Result<(), StoreError> {
        const WAIT: &str =
            "UPDATE alert_group SET closes = max(closes, ?2) WHERE rule = ?1 AND closes IS NOT NULL";
        self.connection.prepare_cached(WAIT)?.execute(params![rule, until.0])?;
        Ok(())
    }

    /// The alerts of a closed group, oldest first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn raised(&self, rule: &str, window: Time, about: About) -> Result<Vec<Raised>, StoreError> {
        const LIST: &str =
            "SELECT ref, detail FROM alert WHERE rule = ?1 AND window = ?2 AND kind = ?3 ORDER BY id";
        let mut statement = self.connection.prepare_cached(LIST)?;
        let rows = statement.query_map(params![rule, window.0, about.word()], |row| {
            Ok(Raised { about: row.get(0)?, detail: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Mentions of a closed group that still stand, counted by brand, most first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn raised_by_brand(&self, rule: &str, window: Time) -> Result<Vec<(String, u64)>, StoreError> {
        const COUNT: &str = "SELECT mention.brand, count(*) FROM alert JOIN mention ON mention.id = alert.ref
            WHERE alert.rule = ?1 AND alert.window = ?2 AND alert.kind = 'mention'
            GROUP BY mention.brand ORDER BY count(*) DESC, mention.brand";
        let mut statement = self.connection.prepare_cached(COUNT)?;
        let rows = statement.query_map(params![rule, window.0], |row| {
            Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Drops the open alerts of mentions that are gone, and gives the windows of untried notices that told
    /// them, as (rule, window): those notices are taken back here, to be written again.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn take_back(&self, mentions: &[i64]) -> Result<Vec<(String, Time)>, StoreError> {
        const WINDOWS: &str = "SELECT DISTINCT alert.rule, alert.window FROM alert
            JOIN notice ON notice.rule = alert.rule AND notice.window = alert.window AND notice.kind = 'alert'
            WHERE alert.kind = 'mention' AND alert.ref = ?1 AND notice.state IN ('due', 'held') AND notice.attempts = 0";
        const OPEN: &str = "DELETE FROM alert WHERE kind = 'mention' AND ref = ?1 AND window IS NULL
            AND NOT EXISTS (SELECT 1 FROM mention WHERE id = ?1)";
        const WITHDRAW: &str = "UPDATE notice SET state = 'withdrawn', subject = '', bytes = x'', html = ''
            WHERE rule = ?1 AND window = ?2 AND kind = 'alert' AND state IN ('due', 'held') AND attempts = 0";
        // Nobody has been told: should its words come back, it is raised again.
        const UNTOLD: &str = "DELETE FROM alert WHERE kind = 'mention' AND ref = ?3 AND rule = ?1 AND window = ?2
            AND NOT EXISTS (SELECT 1 FROM mention WHERE id = ?3)
            AND NOT EXISTS (SELECT 1 FROM notice WHERE rule = ?1 AND window = ?2 AND kind = 'alert' AND state <> 'withdrawn')";
        // Rows of mentions are used again: an alert must not come to mean another one.
        const RELEASE: &str = "UPDATE alert SET ref = 0 WHERE kind = 'mention' AND ref = ?1
            AND NOT EXISTS (SELECT 1 FROM mention WHERE id = ?1)";
        let mut windows: Vec<(String, Time)> = Vec::new();
        for mention in mentions {
            let mut statement = self.connection.prepare_cached(WINDOWS)?;
            let found = statement.query_map([mention], |row| Ok((row.get(0)?, Time(row.get(1)?))))?;
            for window in found {
                let window = window?;
                if !windows.contains(&window) {
                    windows.push(window);
                }
            }
            self.connection.prepare_cached(OPEN)?.execute([mention])?;
        }
        for (rule, window) in &windows {
            self.connection.prepare_cached(WITHDRAW)?.execute(params![rule, window.0])?;
            for mention in mentions {
                self.connection.prepare_cached(UNTOLD)?.execute(params![rule, window.0, mention])?;
            }
        }
        for mention in mentions {
            self.connection.prepare_cached(RELEASE)?.execute([mention])?;
        }
        Ok(windows)
    }

    /// How many alerts a closed group holds.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn raised_count(&self, rule: &str, window: Time) -> Result<u64, StoreError> {
        const COUNT: &str = "SELECT count(*) FROM alert WHERE rule = ?1 AND window = ?2";
        Ok(self.connection.prepare_cached(COUNT)?.query_row(params![rule, window.0], |row| row.get(0))?)
    }
}
