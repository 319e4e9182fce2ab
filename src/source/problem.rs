//! Why an attempt failed.

use std::time::Duration;

use thiserror::Error;

use crate::fetch::{Advice, FetchError};
use crate::network::{Answer, Cursor, Page, ReadError, Trouble, Unit};
use crate::time::Time;

/// How much of an answer that nobody understood is kept, in bytes: enough to recognise a login page.
const EVIDENCE: usize = 2_000;

/// How long a source without quota or credit rests when the network does not say until when.
const NEXT_PERIOD: Duration = Duration::from_secs(6 * 3_600);

/// A failed attempt of a source.
#[derive(Debug, Error)]
pub enum Problem {
    /// There was no answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The answer could not be understood.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The answer could not be understood, and this is how it began.
    #[error("{error}")]
    Unread {
        /// What was expected.
        error: ReadError,
        /// The beginning of the answer.
        evidence: String,
    },
    /// Reading the answer ended in a panic: a fault of Vigie.
    #[error("Vigie made a mistake in reading an answer; please report it")]
    Panicked {
        /// The beginning of the answer.
        evidence: String,
    },
    /// The answer was a refusal, of which something is taken all the same.
    #[error("it refused a part of what was asked")]
    Refused {
        /// What it brings.
        page: Box<Page>,
        /// When it came.
        seen: Time,
    },
    /// The budget of the day is spent.
    #[error(
        "the budget of the day is spent ({}); it goes on tomorrow, or raise `budget` of this source",
        amount(*.daily, *.unit)
    )]
    Budget {
        /// The most a day.
        daily: u64,
        /// Of what.
        unit: Unit,
        /// When the next day begins.
        until: Time,
    },
    /// The single attempt took too long.
    #[error("it did not finish within the time of a single attempt; try again, or let `vigie watch` run")]
    Late,
    /// A stream broke.
    #[error("stream from {host}: {what}; Vigie goes on from where it stopped")]
    Broken {
        /// The host.
        host: String,
        /// What happened.
        what: String,
    },
    /// A stream was silent.
    #[error("stream from {host}: it said nothing for {} s; Vigie goes on from where it stopped", .silence.as_secs_f32())]
    Silent {
        /// The host.
        host: String,
        /// For how long.
        silence: Duration,
    },
    /// A stream without an address.
    #[error("no host to listen to is configured; add one to this source")]
    NoHost,
}

impl Problem {
    /// What to do about it.
    pub(super) fn advice(&self, now: Time) -> Advice {
        match self {
            Problem::Fetch(error) => error.advice(),
            Problem::NoHost => Advice::AskHuman,
            Problem::Budget { until, .. } => Advice::RetryAfter(until_then(*until, now)),
            Problem::Read(error) | Problem::Unread { error, .. } => advice(error, now),
            Problem::Refused { .. }
            | Problem::Panicked { .. }
            | Problem::Late
            | Problem::Broken { .. }
            | Problem::Silent { .. } => Advice::Retry,
        }
    }

    /// Where the next attempt goes on, when the network says that elsewhere.
    pub(super) fn instead(&self) -> Option<Cursor> {
        match self {
            Problem::Read(error) | Problem::Unread { error, .. } => error.instead.as_deref().cloned(),
            Problem::Fetch(_)
            | Problem::Refused { .. }
            | Problem::Budget { .. }
            | Problem::Panicked { .. }
            | Problem::Late
            | Problem::Broken { .. }
            | Problem::Silent { .. }
            | Problem::NoHost => None,
        }
    }

    /// The beginning of the answer that could not be understood.
    pub(super) fn evidence(self) -> Option<String> {
        match self {
            Problem::Unread { evidence, .. } | Problem::Panicked { evidence } => Some(evidence),
            Problem::Fetch(_)
            | Problem::Read(_)
            | Problem::Refused { .. }
            | Problem::Budget { .. }
            | Problem::Late
            | Problem::Broken { .. }
            | Problem::Silent { .. }
            | Problem::NoHost => None,
        }
    }
}

fn until_then(then: Time, now: Time) -> Duration {
    Duration::from_millis(u64::try_from(then.since(now)).unwrap_or(0))
}

/// An amount in words.
pub fn amount(units: u64, unit: Unit) -> String {
    match unit {
        Unit::Requests if units == 1 => "1 request".to_owned(),
        Unit::Requests => format!("{units} requests"),
        Unit::Quota if units == 1 => "1 quota unit".to_owned(),
        Unit::Quota => format!("{units} quota units"),
        Unit::MicroDollars => {
            format!("US${}.{:02}", units / 1_000_000, units % 1_000_000 / 10_000)
        }
    }
}

/// What to do about an answer that is of no use.
fn advice(error: &ReadError, now: Time) -> Advice {
    let wait = error.until.map(|until| until_then(until, now));
    match error.trouble {
        Trouble::Auth | Trouble::NotApproved | Trouble::Gone | Trouble::BadQuery => Advice::AskHuman,
        Trouble::Rate => wait.map_or(Advice::Retry, Advice::RetryAfter),
        Trouble::Money => Advice::RetryAfter(wait.unwrap_or(NEXT_PERIOD)),
        Trouble::Transient | Trouble::NoServer | Trouble::BlockPage | Trouble::Unread => {
            wait.map_or(Advice::Retry, Advice::RetryAfter)
        }
    }
}

/// The beginning of an answer, as text.
pub(super) fn evidence(answer: &Answer) -> String {
    let start = answer.body.get(..EVIDENCE).unwrap_or(&answer.body);
    String::from_utf8_lossy(start).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::Fault;

    #[test]
    fn what_a_person_reads_after_the_name_of_a_source_is_a_sentence() {
        let rests = Fault::RateLimited { status: 0, retry_after: None };
        let asked = Fault::RateLimited { status: 429, retry_after: None };
        let fetch = |fault| Problem::Fetch(FetchError::new("news.example", fault)).to_string();
        assert_eq!(
            [
                Problem::Late.to_string(),
                Problem::Budget { daily: 5, unit: Unit::Requests, until: Time(0) }.to_string(),
                Problem::Broken { host: "news.example".to_owned(), what: "it hung up".to_owned() }
                    .to_string(),
                fetch(rests),
                fetch(asked),
            ],
            [
                "it did not finish within the time of a single attempt; try again, or let `vigie watch` run",
                "the budget of the day is spent (5 requests); it goes on tomorrow, or raise `budget` of this source",
                "stream from news.example: it hung up; Vigie goes on from where it stopped",
                "fetch from news.example: it is left alone, as an earlier answer of it asked; Vigie waits",
                "fetch from news.example: it asks for fewer requests (status 429); Vigie waits",
            ]
        );
    }
}
