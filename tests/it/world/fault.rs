//! What a server does wrong once in a while, and what a source makes of it.

use std::time::Duration;

use vigie::source::State;

use super::now;
use crate::fetch::clock;
use crate::server::Reply;

/// A page that a browser is shown instead of an answer.
const PAGE: &str = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>Access denied</h1>\
                    <p>Your request looks automated. Enable JavaScript and cookies to continue.</p></body></html>";
/// How long a limit says to wait, in seconds.
const WAIT: i64 = 90;

/// A fault of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// 429, which says how long to wait in one of several forms.
    Limit(Form),
    Unauthorised,
    BlockPage(u16),
    Cut,
    Drip,
    /// A redirect to an address of a private network.
    Led(u16),
}

/// How a limit is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Seconds,
    Date,
    Epoch,
    Millis,
    FromNow,
    Stamp,
    Draft,
    Combined,
    X,
    Nothing,
}

impl Fault {
    pub(super) const LIMITS: &[Fault] = &[
        Fault::Limit(Form::Seconds),
        Fault::Limit(Form::Date),
        Fault::Limit(Form::Epoch),
        Fault::Limit(Form::Millis),
        Fault::Limit(Form::FromNow),
        Fault::Limit(Form::Stamp),
        Fault::Limit(Form::Draft),
        Fault::Limit(Form::Combined),
        Fault::Limit(Form::X),
        Fault::Limit(Form::Nothing),
    ];

    pub(super) fn what(self) -> &'static str {
        match self {
            Fault::Limit(form) => form.what(),
            Fault::Unauthorised => "401",
            Fault::BlockPage(200) => "a page with 200",
            Fault::BlockPage(403) => "a page with 403",
            Fault::BlockPage(_) => "a page with 503",
            Fault::Cut => "cut",
            Fault::Drip => "drip",
            Fault::Led(301) => "led away for good",
            Fault::Led(_) => "led away",
        }
    }

    /// What comes instead of this answer.
    pub(super) fn instead_of(self, well: Reply) -> Reply {
        match self {
            Fault::Limit(form) => form
                .headers()
                .iter()
                .fold(Reply::status(429), |reply, (name, value)| reply.header(name, value)),
            Fault::Unauthorised => Reply::status(401),
            Fault::BlockPage(status) => {
                Reply::ok(PAGE).with_status(status).header("content-type", "text/html; charset=utf-8")
            }
            Fault::Cut => well.cut_in_half(),
            Fault::Drip => well.drip(Duration::from_millis(200)),
            Fault::Led(status) => Reply::redirect(status, "http://10.11.12.13/posts?secret=c4n4ry"),
        }
    }

    /// What is wrong with how a source took it, if something is.
    pub(super) fn judge(self, troubles: &[State], has_key: bool, longest: i64) -> Option<String> {
        let reasons = |state: &State| match state {
            State::Failed { reason, .. } | State::Paused { reason, .. } | State::Stopped { reason } => {
                reason.clone()
            }
            _ => String::new(),
        };
        let bad = |state: &State| match (self, state) {
            (_, state) if reasons(state).contains("c4n4ry") => true,
            (Fault::Limit(Form::Nothing), State::Stopped { .. }) => true,
            (Fault::Limit(Form::Nothing), _) => false,
            (Fault::Limit(_), State::Paused { until, .. }) => {
                !(WAIT - 60..=longest).contains(&(until.since(clock()) / 1000))
            }
            (Fault::Limit(_), _) => true,
            // without a key there is none to correct, and a session is renewed
            (Fault::Unauthorised, State::Failed { .. } | State::Paused { .. }) => has_key,
            (Fault::Cut | Fault::Drip, State::Stopped { .. } | State::Paused { .. }) => true,
            (Fault::Led(_), state) => !reasons(state).contains("is private or reserved"),
            _ => false,
        };
        if let Some(state) = troubles.iter().find(|state| bad(state)) {
            return Some(format!("took it as {state:?}"));
        }
        (troubles.is_empty() && self != Fault::Unauthorised).then(|| "it took that for an answer".to_owned())
    }
}

impl Form {
    fn what(self) -> &'static str {
        match self {
            Form::Seconds => "429: Retry-After in seconds",
            Form::Date => "429: Retry-After as a date",
            Form::Epoch => "429: X-RateLimit-Reset in seconds since 1970",
            Form::Millis => "429: X-RateLimit-Reset in milliseconds since 1970",
            Form::FromNow => "429: X-RateLimit-Reset in seconds from now",
            Form::Stamp => "429: X-RateLimit-Reset as a date",
            Form::Draft => "429: RateLimit-Reset",
            Form::Combined => "429: RateLimit",
            Form::X => "429: x-rate-limit-reset",
            Form::Nothing => "429 and no word more",
        }
    }

    fn headers(self) -> Vec<(&'static str, String)> {
        let then = now() + WAIT;
        let pair = |prefix: &'static str, reset: String| match prefix {
            "x-ratelimit" => vec![("x-ratelimit-remaining", "0".to_owned()), ("x-ratelimit-reset", reset)],
            "x-rate-limit" => vec![("x-rate-limit-remaining", "0".to_owned()), ("x-rate-limit-reset", reset)],
            _ => vec![("ratelimit-remaining", "0".to_owned()), ("ratelimit-reset", reset)],
        };
        match self {
            Form::Seconds => vec![("retry-after", WAIT.to_string())],
            Form::Date => {
                let then = std::time::UNIX_EPOCH + Duration::from_secs(u64::try_from(then).unwrap());
                vec![("retry-after", httpdate::fmt_http_date(then))]
            }
            Form::Epoch => pair("x-ratelimit", then.to_string()),
            Form::Millis => pair("x-ratelimit", (then * 1000).to_string()),
            Form::FromNow => pair("x-ratelimit", WAIT.to_string()),
            Form::Stamp => pair("x-ratelimit", jiff::Timestamp::from_second(then).unwrap().to_string()),
            Form::Draft => pair("ratelimit", WAIT.to_string()),
            Form::Combined => vec![("ratelimit", format!("limit=10, remaining=0, reset={WAIT}"))],
            Form::X => pair("x-rate-limit", then.to_string()),
            Form::Nothing => Vec::new(),
        }
    }
}
