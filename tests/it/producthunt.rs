//! Product Hunt: the permission, what its answers mean, and a walk over the launches of the day.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vigie::network::{
    Answer, Ask, Cursor, Missed, Network, Page, ReadError, Request, Trouble, recorded, spec,
};
use vigie::post::Gone;
use vigie::time::Time;

const MINUTE: i64 = 60_000;
/// 20 October 2026.
const NOW: Time = Time(1_792_500_000_000);
const LAUNCHES: &str = include_str!("../fixtures/producthunt/launches.json");
const ALLOWED: &str = "permission = true\ntoken = 't0ken'";

fn build(section: &str) -> Box<dyn Network> {
    (spec("producthunt").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn fetched(network: &dyn Network, cursor: Option<&Cursor>, now: Time) -> Request {
    match network.ask(cursor, now) {
        Ask::Fetch(request) => request,
        other => panic!("{other:?}"),
    }
}

fn answer(request: Request, status: u16, body: &str) -> Answer {
    Answer { request, status, body: body.into(), seen: NOW, ..Answer::default() }
}

fn read(body: &str) -> Result<Page, ReadError> {
    build("").read(&answer(Request::default(), 200, body), None)
}

#[test]
fn nothing_is_asked_without_the_written_permission() {
    let network = build("token = 't0ken'");
    assert_eq!(network.ask(None, NOW), Ask::Done);
    let why = network.idle().unwrap();
    assert!(why.contains("written permission") && why.contains("permission = true"), "{why}");
    assert_eq!(build(ALLOWED).idle(), None);
    let key =
        |section: &str| (spec("producthunt").unwrap().build)(&section.parse().unwrap()).unwrap_err().key;
    assert_eq!(key("permission = 'yes'"), "permission");
    assert_eq!(key("topics = ['two words']"), "topics");
    assert_eq!(key("look_back = 'long'"), "look_back");
    assert_eq!(key("every = '0'"), "every");
    assert_eq!(key("base_url = 'ph'"), "base_url");
}

#[test]
fn a_page_of_launches_is_read() {
    insta::assert_json_snapshot!(read(LAUNCHES).unwrap());
}

#[test]
fn what_is_asked_again_tells_of_deletions() {
    let network = build(ALLOWED);
    let ids = ["510001", "510000", "comment/77002", "odd"].map(str::to_owned);
    let request = network.reread(&ids).unwrap();
    let body: Value = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
    let query = body["query"].as_str().unwrap();
    assert!(
        query.contains("p510001: post(id: \"510001\")") && query.contains("c77002: comment(id: \"77002\")")
    );
    let page = network
        .read(&answer(request, 200, include_str!("../fixtures/producthunt/again.json")), None)
        .unwrap();
    assert_eq!(page.posts.len(), 1);
    let gone: Vec<&Gone> = page.deletions.iter().map(|one| &one.gone).collect();
    assert_eq!(gone, [&Gone::Post("comment/77002".to_owned()), &Gone::Post("510000".to_owned())]);
    assert_eq!((page.cursor, network.reread(&["odd".to_owned()])), (None, None));
    // only what is used may stand in a question
    let only = network.reread(&["comment/1".to_owned()]).unwrap();
    assert!(!String::from_utf8_lossy(only.body.as_deref().unwrap()).contains("fragment launch"));
}

#[test]
fn people_are_looked_up() {
    let network = build(ALLOWED);
    let request = network.account("@lea_tasse").unwrap();
    assert!(String::from_utf8_lossy(request.body.as_deref().unwrap()).contains(r#""name":"lea_tasse""#));
    let page = network
        .read(&answer(request, 200, include_str!("../fixtures/producthunt/person.json")), None)
        .unwrap();
    assert_eq!(page.accounts[0].author.bio.as_deref(), Some("Maker at Galvorine"));
    assert!(page.posts.is_empty());
}

#[test]
fn refusals_say_what_to_do() {
    let network = build(ALLOWED);
    let said = |status: u16, headers: &[(&str, &str)], body: &str| {
        let mut answer = answer(fetched(network.as_ref(), None, NOW), status, body);
        answer.headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let error = network.read(&answer, None).unwrap_err();
        assert!(status < 400 || network.refused(&answer, None).as_ref() == Some(&error));
        (error.until.map(|until| until.since(NOW) / 1_000), format!("{:?}: {error}", error.trouble))
    };
    let reached = r#"{"data":null,"errors":[{"error":"rate_limit_reached","error_description":"Sorry. You have exceeded the API rate limit, please try again later.","details":{"limit":6250,"remaining":-4,"reset_in":529}}]}"#;
    // seconds from now, not since 1970
    assert_eq!(said(429, &[("x-rate-limit-reset", "300")], reached).0, Some(300));
    assert_eq!(said(429, &[], reached).0, Some(529));
    assert_eq!(said(429, &[("retry-after", "5")], "").0, Some(5));
    assert_eq!(said(429, &[], "").0, None);
    insta::assert_snapshot!(
        [
            said(401, &[], include_str!("../fixtures/producthunt/token.json")).1,
            said(200, &[], include_str!("../fixtures/producthunt/token.json")).1,
            said(403, &[], "").1,
            said(429, &[], reached).1,
            said(200, &[], include_str!("../fixtures/producthunt/no_field.json")).1,
            said(500, &[], "<html></html>").1,
            said(200, &[], "<html>Just a moment</html>").1,
            said(200, &[], r#"{"data":{"viewer":null}}"#).1,
            said(200, &[], "{}").1,
            said(200, &[], "").1,
        ]
        .join("\n")
    );
}

/// The launches of Product Hunt, by the moments at which they were made.
struct Service {
    launches: BTreeSet<i64>,
    asked: usize,
    /// Whether pages of before are refused.
    forgetful: bool,
    /// Points left, in percent.
    left: i64,
}

impl Service {
    fn with(launches: impl Iterator<Item = i64>) -> Service {
        Service { launches: launches.collect(), asked: 0, forgetful: false, left: 100 }
    }

    fn answer(&mut self, request: Request) -> Answer {
        self.asked += 1;
        let body: Value = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
        let variables = &body["variables"];
        let time = |key: &str| variables[key].as_str().map(|text| Time::parse(text).unwrap().0);
        let first = usize::try_from(variables["first"].as_u64().unwrap()).unwrap();
        let to = time("to").unwrap_or(i64::MAX);
        let below = variables["after"].as_str().map_or(to, |after| after.parse().unwrap());
        let said = if self.forgetful && variables["after"].is_string() {
            json!({"data": {"posts": null}, "errors": [{"message": "Invalid cursor"}]})
        } else {
            let found: Vec<i64> =
                self.launches.range(time("from").unwrap()..below).rev().take(first + 1).copied().collect();
            let shown = &found[..found.len().min(first)];
            let edges: Vec<Value> = shown
                .iter()
                .map(|at| json!({"node": {"id": at.to_string(), "name": "Galvorine", "tagline": "t", "createdAt": Time(*at)}}))
                .collect();
            json!({"data": {"posts": {"edges": edges, "pageInfo": {
                "hasNextPage": found.len() > first, "endCursor": shown.last().map(ToString::to_string)}}}})
        };
        let mut answer = answer(request, 200, &said.to_string());
        let headers = [("limit", 6_250), ("remaining", 6_250 * self.left / 100), ("reset", 400)];
        answer.headers =
            headers.map(|(name, value)| (format!("x-rate-limit-{name}"), value.to_string())).into();
        answer
    }
}

#[derive(Default)]
struct Stored {
    cursor: Option<Cursor>,
    ids: BTreeSet<i64>,
    missed: Vec<Missed>,
}

impl Stored {
    fn step(&mut self, section: &str, service: &mut Service, now: Time) -> Result<bool, ReadError> {
        let network = build(section);
        let request = fetched(network.as_ref(), self.cursor.as_ref(), now);
        let page = network.read(&service.answer(request), self.cursor.as_ref()).inspect_err(|error| {
            self.cursor = error.instead.clone().map(|cursor| *cursor).or(self.cursor.take());
        })?;
        let moved = page.cursor.is_some() && page.cursor != self.cursor;
        self.ids.extend(page.posts.iter().map(|post| post.native_id.parse::<i64>().unwrap()));
        self.missed.extend(page.missed);
        self.cursor = page.cursor.or(self.cursor.take());
        Ok(page.more && moved)
    }

    fn round(&mut self, section: &str, service: &mut Service, now: Time) {
        for _ in 0..200 {
            if !self.step(section, service, now).unwrap() {
                return;
            }
        }
        panic!("the round does not end");
    }
}

fn spread(from: Time, step: i64, many: i64) -> impl Iterator<Item = i64> {
    (0..many).map(move |number| from.0 + number * step)
}

#[test]
fn every_launch_is_read_also_those_that_come_while_pages_are_read() {
    let mut service = Service::with(spread(NOW.plus(-20 * 60 * MINUTE), 5 * MINUTE, 240));
    let mut stored = Stored::default();
    for page in 0.. {
        service.launches.insert(NOW.0 + page);
        if !stored.step(ALLOWED, &mut service, NOW).unwrap() {
            break;
        }
    }
    stored.round(ALLOWED, &mut service, NOW.plus(60 * MINUTE));
    assert_eq!(stored.ids, service.launches);
    // the next rounds ask for the last hours only
    let asked = service.asked;
    stored.round(ALLOWED, &mut service, NOW.plus(120 * MINUTE));
    assert!(service.asked - asked <= 5, "{}", service.asked - asked);
    assert!(stored.missed.is_empty());
}

#[test]
fn a_page_that_has_run_out_starts_the_round_again() {
    let mut service = Service::with(spread(NOW.plus(-20 * 60 * MINUTE), 5 * MINUTE, 100));
    let mut stored = Stored::default();
    assert!(stored.step(ALLOWED, &mut service, NOW).unwrap());
    service.forgetful = true;
    let error = stored.step(ALLOWED, &mut service, NOW).unwrap_err();
    assert_eq!(error.trouble, Trouble::Transient);
    service.forgetful = false;
    stored.round(ALLOWED, &mut service, NOW);
    assert_eq!(stored.ids, service.launches);
}

#[test]
fn few_points_make_the_round_wait() {
    let mut service = Service::with(spread(NOW.plus(-20 * 60 * MINUTE), 5 * MINUTE, 100));
    service.left = 10;
    let network = build(ALLOWED);
    let page = network.read(&service.answer(fetched(network.as_ref(), None, NOW)), None).unwrap();
    assert_eq!((page.more, page.pause), (false, Some(std::time::Duration::from_secs(400))));
    assert!(page.cursor.unwrap().0.contains("after"), "the rest is not forgotten");
}

#[test]
fn topics_are_read_in_turn_and_a_look_back_only_its_window() {
    let section = "permission = true\ntopics = ['tea', 'notes']";
    let mut service = Service::with(spread(NOW.plus(-10 * 60 * MINUTE), 30 * MINUTE, 20));
    let mut stored = Stored::default();
    stored.round(section, &mut service, NOW);
    assert_eq!(service.asked, 2);
    let network = build(ALLOWED);
    let (from, to) = (NOW.plus(-5 * 60 * MINUTE), NOW.plus(-2 * 60 * MINUTE));
    let mut stored = Stored { cursor: network.backfill(from, to), ..Stored::default() };
    stored.round(ALLOWED, &mut service, NOW);
    assert_eq!(stored.ids, service.launches.range(from.0..to.0).copied().collect());
    assert_eq!(network.ask(stored.cursor.as_ref(), NOW), Ask::Done);
}

#[test]
fn an_exchange_in_a_file_is_read() {
    let line = json!({"request": {"method": "POST", "url": "https://api.producthunt.com/v2/api/graphql"},
        "response": {"status": 200, "body": serde_json::from_str::<Value>(LAUNCHES).unwrap()}});
    let (page, errors) =
        recorded::understand(build("").as_ref(), &recorded::answers(line.to_string().as_bytes(), None, &[]));
    assert!(errors.is_empty());
    assert_eq!(page.posts.len(), 4);
}
