//! Finished notices on their way: kept, tried, recorded.

use rusqlite::params;

use super::{Due, NewNotice, Outcome};
use crate::store::{Store, StoreError};
use crate::time::Time;

/// How long an attempt holds a notice: longer than any attempt takes.
const HELD: i64 = 10 * 60_000;

impl Store {
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

    /// Lets the notice with this key wait for those before it about the same matters to the same recipient.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn keep_in_order(&self, key: &str, recipient: &str, matters: &[String]) -> Result<(), StoreError> {
        const PUT: &str =
            "INSERT INTO notice_matter (matter, notice) SELECT ?2, id FROM notice WHERE key = ?1
            ON CONFLICT (matter, notice) DO NOTHING";
        for matter in matters {
            self.connection.prepare_cached(PUT)?.execute([key, &format!("{matter}|{recipient}")])?;
        }
        Ok(())
    }

    /// Lets the notice with this key leave after those before it in the thread that the mail `root` opened, as far as that
    /// costs little: only one that failed holds up later ones, and not from `until` on.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn keep_thread(&self, key: &str, root: &str, until: Time) -> Result<(), StoreError> {
        const PUT: &str = "INSERT INTO notice_matter (matter, notice, until, holds) SELECT ?2, id, ?3, 0 FROM notice WHERE key = ?1
            ON CONFLICT (matter, notice) DO UPDATE SET until = excluded.until, holds = excluded.holds";
        self.connection.prepare_cached(PUT)?.execute(params![key, root, until.0])?;
        Ok(())
    }

    /// The notices due at `now`, oldest first, at most `limit`. Those about a matter that goes on come one by one: one that
    /// is being tried, or failed and waits, holds up later ones, in a thread of a day for a while only. One that waits for
    /// the morning does not.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn due(&self, now: Time, limit: u32) -> Result<Vec<Due>, StoreError> {
        const LIST: &str =
            "SELECT id, kind, recipient, message_id, written, attempts, bytes, html FROM notice
            WHERE state = 'due' AND next_try <= ?1 AND NOT EXISTS (
                SELECT 1 FROM notice_matter AS own
                JOIN notice_matter AS other ON other.matter = own.matter AND other.notice < own.notice
                    AND other.holds = 1 AND (other.until IS NULL OR other.until > ?1)
                JOIN notice AS earlier ON earlier.id = other.notice
                WHERE own.notice = notice.id AND earlier.state = 'due'
                    AND (earlier.attempts > 0 OR earlier.next_try <= ?1))
            ORDER BY next_try, id LIMIT ?2";
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

    /// How many notices are due at `now` that nobody has tried yet, or is trying now. Those that wait for one that failed
    /// are left out.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn untried(&self, now: Time) -> Result<usize, StoreError> {
        const COUNT: &str = "SELECT count(*) FROM notice WHERE state = 'due'
            AND (attempts > (SELECT count(*) FROM delivery WHERE delivery.notice = notice.id)
                OR attempts = 0 AND next_try <= ?1 AND NOT EXISTS (
                    SELECT 1 FROM notice_matter AS own
                    JOIN notice_matter AS other ON other.matter = own.matter AND other.notice < own.notice
                        AND other.holds = 1 AND (other.until IS NULL OR other.until > ?1)
                    JOIN notice AS earlier ON earlier.id = other.notice
                    WHERE own.notice = notice.id AND earlier.state = 'due' AND earlier.attempts > 0))";
        let count: i64 = self.connection.prepare_cached(COUNT)?.query_row([now.0], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
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
        const GONE: &str = "DELETE FROM notice_matter WHERE notice = ?1";
        const HOLDS: &str = "UPDATE notice_matter SET holds = 1 WHERE notice = ?1 AND holds = 0";
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
        let place = if matches!(outcome, Outcome::Retry(..)) { HOLDS } else { GONE };
        self.connection.prepare_cached(place)?.execute([notice])?;
        Ok(())
    }
}
