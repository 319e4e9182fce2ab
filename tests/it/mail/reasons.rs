//! Why sources are in trouble, in the reader's language: every kind there is.

use std::time::Duration;

use vigie::fetch::{Fault, FetchError};
use vigie::mail::{Language, reason};
use vigie::network::{ReadError, Trouble, Unit};
use vigie::post::NetworkName;
use vigie::source::Problem;
use vigie::time::Time;

/// Small words that stand in English sentences and in no French one.
const ENGLISH: &[&str] =
    &["the", "it", "is", "of", "this", "or", "and", "with", "again", "from", "for", "which"];

fn problems() -> Vec<String> {
    let network = NetworkName::known("lemmy");
    let kinds = [
        Trouble::Auth,
        Trouble::NotApproved,
        Trouble::Rate,
        Trouble::Money,
        Trouble::Gone,
        Trouble::NoServer,
        Trouble::BadQuery,
        Trouble::Transient,
        Trouble::BlockPage,
        Trouble::Unread,
    ];
    let refusals = kinds.map(|kind| ReadError::refusal(&network, kind, "status 503").to_string());
    let faults = [
        Fault::BadUrl("x"),
        Fault::Refused { address: [10, 0, 0, 1].into(), literal: true },
        Fault::Connect("x".to_owned()),
        Fault::Timeout { what: "no answer", after: Duration::from_secs(30) },
        Fault::Cut("x".to_owned()),
        Fault::TooLarge { cap: 5 },
        Fault::TooManyRedirects(5),
        Fault::BadRedirect("x"),
        Fault::RateLimited { status: 0, retry_after: None },
        Fault::RateLimited { status: 429, retry_after: None },
        Fault::Unauthorised(403),
        Fault::NotFound,
        Fault::Gone,
        Fault::Server(502),
        Fault::Unexpected(418),
    ];
    let faults = faults.map(|fault| FetchError::new("a.example", fault).to_string());
    let units = [(1, Unit::Requests), (5, Unit::Requests), (7, Unit::Quota), (20_000, Unit::MicroDollars)];
    let budgets = units.map(|(daily, unit)| Problem::Budget { daily, unit, until: Time(0) }.to_string());
    let host = || "a.example".to_owned();
    let rest = [
        Problem::Panicked { evidence: String::new() },
        Problem::Late,
        Problem::Broken { host: host(), what: "x".to_owned() },
        Problem::Silent { host: host(), silence: Duration::from_secs(60) },
        Problem::NoHost,
    ];
    let rest = rest.map(|problem| problem.to_string());
    refusals.into_iter().chain(faults).chain(budgets).chain(rest).collect()
}

#[test]
fn every_kind_of_trouble_is_told_in_french() {
    for told in problems() {
        let french = reason(&told, Language::Fr);
        let words =
            |text: &str| text.split(|one: char| !one.is_alphabetic()).map(str::to_owned).collect::<Vec<_>>();
        let left = words(&french).into_iter().find(|word| ENGLISH.contains(&word.as_str()));
        assert_eq!(left, None, "{told} > {french}");
        assert_ne!(told, french);
        assert_eq!(reason(&told, Language::En), told);
    }
}
