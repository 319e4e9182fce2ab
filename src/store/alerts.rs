//! Alerts waiting for their group to close, finished notices, and what became of each.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::{Store, StoreError};
use crate::time::Time;

/// How long an attempt holds a notice: longer than any attempt takes.
const HELD: i64 = 10 * 60_000;

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

/// A notice as kept, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeRow {
    /// Its row.
    pub id: i64,
    /// `alert` or `digest`.
    pub kind: String,
    /// The rule, or `digest`.
    pub rule: String,
    /// The address it goes to.
    pub recipient: String,
    /// Its Message-ID.
    pub message_id: String,
    /// Its subject.
    pub subject: String,
    /// When it was written.
    pub written: Time,
    /// `due`, `sent`, `failed` or `withdrawn`.
    pub state: String,
    /// Attempts so far.
    pub attempts: i64,
    /// When it is tried next, while due.
    pub next_try: Time,
    /// When the server took it.
    pub sent: Option<Time>,
    /// The last answer of the server.
    pub answer: Option<String>,
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

    /// Keeps a notice, due at once. One that was sent already stays as it is; one that was taken back before
    /// it was tried is replaced.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn add_notice(&self, notice: &NewNotice) -> Result<bool, StoreError> {
        const INSERT: &str = "INSERT INTO notice (key, kind, rule, window, recipient, message_id, subject, bytes, html, written,
                next_try, useful, alerts, state)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            ON CONFLICT (key) DO UPDATE SET subject = excluded.subject, bytes = excluded.bytes, html = excluded.html,
                written = excluded.written, next_try = excluded.next_try, useful = excluded.useful, alerts = excluded.alerts,
                state = excluded.state
            WHERE state = 'withdrawn' AND attempts = 0";
        let added = self.connection.prepare_cached(INSERT)?.execute(params![
            notice.key,
            notice.kind,
            notice.rule,
            notice.window.0,
            notice.recipient,
            notice.message_id,
            notice.subject,
            notice.bytes,
            notice.html,
            notice.written.0,
            notice.next_try.0,
            notice.useful.map(|useful| useful.0),
            i64::try_from(notice.alerts).unwrap_or(i64::MAX),
            if notice.held { "held" } else { "due" }
        ])?;
        Ok(added > 0)
    }

    /// How many alerts a closed group holds.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn raised_count(&self, rule: &str, window: Time) -> Result<u64, StoreError> {
        const COUNT: &str = "SELECT count(*) FROM alert WHERE rule = ?1 AND window = ?2";
        Ok(self.connection.prepare_cached(COUNT)?.query_row(params![rule, window.0], |row| row.get(0))?)
    }

    /// The notices due at `now`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn due(&self, now: Time, limit: u32) -> Result<Vec<Due>, StoreError> {
        const LIST: &str =
            "SELECT id, kind, recipient, message_id, written, attempts, bytes, html FROM notice
            WHERE state = 'due' AND next_try <= ?1 ORDER BY next_try, id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(LIST)?;
        let rows = statement.query_map(params![now.0, limit], |row| {
            Ok(Due {
                id: row.get(0)?,
                kind: row.get(1)?,
                recipient: row.get(2)?,
                message_id: row.get(3)?,
                written: Time(row.get(4)?),
                attempts: row.get(5)?,
                bytes: row.get(6)?,
                html: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many notices are due that nobody has tried yet, or is trying now.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn untried(&self) -> Result<usize, StoreError> {
        const COUNT: &str = "SELECT count(*) FROM notice WHERE state = 'due'
            AND attempts > (SELECT count(*) FROM delivery WHERE delivery.notice = notice.id) OR state = 'due' AND attempts = 0";
        let count: i64 = self.connection.prepare_cached(COUNT)?.query_row([], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// When the next notice is due.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn next_due(&self) -> Result<Option<Time>, StoreError> {
        const NEXT: &str = "SELECT min(next_try) FROM notice WHERE state = 'due'";
        let next: Option<i64> = self.connection.prepare_cached(NEXT)?.query_row([], |row| row.get(0))?;
        Ok(next.map(Time))
    }

    /// Notes that an attempt begins: from here on the notice is no longer taken back, and nobody else takes it
    /// for a while.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn trying(&self, notice: i64, now: Time) -> Result<(), StoreError> {
        const TRY: &str = "UPDATE notice SET attempts = attempts + 1, next_try = ?2 WHERE id = ?1";
        self.connection.prepare_cached(TRY)?.execute(params![notice, now.plus(HELD).0])?;
        Ok(())
    }

    /// Makes the notices due again whose attempt was cut off by a crash: whether they arrived is unknown, so
    /// the same bytes go again. The delivery log says so.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn resume(&self) -> Result<usize, StoreError> {
        // The attempt began when the notice was held.
        const CUT: &str = "SELECT id, next_try - ?1 FROM notice WHERE state = 'due'
            AND attempts > (SELECT count(*) FROM delivery WHERE delivery.notice = notice.id)";
        const DUE: &str = "UPDATE notice SET next_try = written WHERE id = ?1";
        const LOG: &str = "INSERT INTO delivery (notice, attempt, at, outcome, answer)
            SELECT ?1, coalesce(max(attempt), 0) + 1, ?2, 'retry', 'cut off: vigie ended before the answer was recorded'
            FROM delivery WHERE notice = ?1";
        self.begin()?;
        let resumed = (|| {
            let mut statement = self.connection.prepare_cached(CUT)?;
            let cut: Vec<(i64, i64)> = statement
                .query_map([HELD], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            for (notice, began) in &cut {
                self.connection.prepare_cached(LOG)?.execute(params![notice, began])?;
                self.connection.prepare_cached(DUE)?.execute([notice])?;
            }
            Ok(cut.len())
        })();
        match resumed {
            Ok(count) => self.commit().map(|()| count),
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    /// Records what became of an attempt to send.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn record(&self, notice: i64, at: Time, outcome: &Outcome) -> Result<(), StoreError> {
        const LOG: &str = "INSERT INTO delivery (notice, attempt, at, outcome, answer)
            SELECT ?1, coalesce(max(attempt), 0) + 1, ?2, ?3, ?4 FROM delivery WHERE notice = ?1";
        // The words of strangers are kept no longer than they are needed.
        const SENT: &str =
            "UPDATE notice SET state = 'sent', sent = ?2, bytes = x'', html = '' WHERE id = ?1";
        const FAILED: &str = "UPDATE notice SET state = 'failed', bytes = x'', html = '' WHERE id = ?1";
        const AGAIN: &str = "UPDATE notice SET next_try = ?2 WHERE id = ?1";
        let (word, answer) = match outcome {
            Outcome::Sent(answer) => ("sent", answer),
            Outcome::Retry(answer, _) => ("retry", answer),
            Outcome::Failed(answer) => ("failed", answer),
        };
        self.connection.prepare_cached(LOG)?.execute(params![notice, at.0, word, answer])?;
        match outcome {
            Outcome::Sent(_) => self.connection.prepare_cached(SENT)?.execute(params![notice, at.0])?,
            Outcome::Failed(_) => self.connection.prepare_cached(FAILED)?.execute([notice])?,
            Outcome::Retry(_, next) => {
                self.connection.prepare_cached(AGAIN)?.execute(params![notice, next.0])?
            }
        };
        Ok(())
    }
}

/// One attempt to send a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// When its answer came.
    pub at: Time,
    /// `sent`, `retry` or `failed`.
    pub outcome: String,
    /// What the server said.
    pub answer: String,
}

/// A notice with every attempt to send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The notice.
    #[serde(flatten)]
    pub notice: NoticeRow,
    /// Alerts that it tells.
    pub alerts: u64,
    /// The attempts, the first one first.
    pub attempts: Vec<Delivery>,
}

/// Calls `each` with the notices of a rule (of all), newest first, at most `limit` unless it is 0.
///
/// # Errors
/// When SQLite refuses, or `each` fails.
pub fn history<E: From<StoreError>>(
    connection: &Connection,
    rule: Option<&str>,
    limit: u32,
    mut each: impl FnMut(Told) -> Result<(), E>,
) -> Result<(), E> {
    const ATTEMPTS: &str = "SELECT at, outcome, answer FROM delivery WHERE notice = ?1 ORDER BY attempt";
    const LIST: &str =
        "SELECT id, kind, rule, recipient, message_id, subject, written, state, attempts, next_try, sent,
            (SELECT answer FROM delivery WHERE notice = notice.id ORDER BY attempt DESC LIMIT 1), alerts
        FROM notice WHERE ?1 IS NULL OR rule = ?1 ORDER BY id DESC LIMIT ?2";
    let limit = if limit == 0 { -1 } else { i64::from(limit) };
    let mut statement = connection.prepare_cached(LIST).map_err(StoreError::from)?;
    let mut attempts = connection.prepare_cached(ATTEMPTS).map_err(StoreError::from)?;
    let mut rows = statement.query(params![rule, limit]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        let notice = notice(row).map_err(StoreError::from)?;
        let attempts = attempts
            .query_map([notice.id], |row| {
                Ok(Delivery { at: Time(row.get(0)?), outcome: row.get(1)?, answer: row.get(2)? })
            })
            .and_then(Iterator::collect)
            .map_err(StoreError::from)?;
        let alerts = row.get(12).map_err(StoreError::from)?;
        each(Told { notice, alerts, attempts })?;
    }
    Ok(())
}

fn notice(row: &Row<'_>) -> rusqlite::Result<NoticeRow> {
    Ok(NoticeRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        rule: row.get(2)?,
        recipient: row.get(3)?,
        message_id: row.get(4)?,
        subject: row.get(5)?,
        written: Time(row.get(6)?),
        state: row.get(7)?,
        attempts: row.get(8)?,
        next_try: Time(row.get(9)?),
        sent: row.get::<_, Option<i64>>(10)?.map(Time),
        answer: row.get(11)?,
    })
}

/// The last notices, newest first.
///
/// # Errors
/// When SQLite refuses.
pub fn notices(connection: &Connection, limit: u32) -> Result<Vec<NoticeRow>, StoreError> {
    const LIST: &str =
        "SELECT id, kind, rule, recipient, message_id, subject, written, state, attempts, next_try, sent,
            (SELECT answer FROM delivery WHERE notice = notice.id ORDER BY attempt DESC LIMIT 1)
        FROM notice ORDER BY id DESC LIMIT ?1";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([limit], notice)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Mails that wait, and those given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Written and not sent yet.
    pub waiting: u64,
    /// When the next of them is tried.
    pub next_try: Option<Time>,
    /// Refused for good.
    pub refused: u64,
    /// Alerts that wait for their group to close.
    pub grouping: u64,
}

/// How many mails wait, and how many were refused.
///
/// # Errors
/// When SQLite refuses.
pub fn waiting(connection: &Connection) -> Result<Waiting, StoreError> {
    const COUNT: &str =
        "SELECT COALESCE(SUM(state = 'due'), 0), MIN(CASE state WHEN 'due' THEN next_try END),
            COALESCE(SUM(state = 'failed'), 0), (SELECT COUNT(*) FROM alert WHERE window IS NULL)
        FROM notice";
    Ok(connection.prepare_cached(COUNT)?.query_row([], |row| {
        Ok(Waiting {
            waiting: row.get(0)?,
            next_try: row.get::<_, Option<i64>>(1)?.map(Time),
            refused: row.get(2)?,
            grouping: row.get(3)?,
        })
    })?)
}
