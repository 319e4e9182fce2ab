//! GDELT: its articles, its many ways to fail, and a walk through three months that loses nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Request, Trouble};
use vigie::time::Time;

use crate::walks::{Archive, Walk, answer, bare, build, fault, query, request};

const NAME: &str = "gdelt";
/// 19 October 2026.
const NOW: i64 = 1_792_410_000;
const SEEN: Time = Time(NOW * 1000);
const SECTION: &str = "query = '\"galvorine\"'\nlook_back = '3d'";

fn fixture(file: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{NAME}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn articles_are_read() {
    insta::assert_json_snapshot!(bare(NAME, &fixture("articles.json")).unwrap());
    for nothing in ["{}", r#"{"articles": []}"#, r#"{"timeline": [{"series": "Volume"}]}"#, "[]"] {
        let page = bare(NAME, nothing).unwrap();
        assert!(page.posts.is_empty() && page.cursor.is_none(), "{nothing}");
    }
}

#[test]
fn the_country_of_a_site_is_the_one_that_is_stated() {
    let article = |fields: Value| {
        let mut one = json!({"url": "https://n.example/a", "title": "t", "seendate": "20261019T063400Z"});
        one.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        bare(NAME, &json!({"articles": [one]}).to_string()).unwrap().posts.remove(0)
    };
    for (said, code) in [
        ("United Kingdom", Some("GB")),
        ("South Korea", Some("KR")),
        ("Cote D'Ivoire", Some("CI")),
        ("Bahamas, The", Some("BS")),
        ("Burma", Some("MM")),
        ("Atlantis", None),
        ("", None),
    ] {
        assert_eq!(article(json!({"sourcecountry": said})).country.as_deref(), code, "{said}");
    }
    assert_eq!(article(json!({"sourcecountry": 7})).country, None);
    // a language that is in no table stays as it is told
    assert_eq!(article(json!({"language": "Klingon Old"})).lang.as_deref(), Some("klingonold"));
    assert_eq!(article(json!({"language": "Norwegian"})).lang.as_deref(), Some("no"));
}

#[test]
fn failures_are_normal_and_leave_it_alone_for_long() {
    let network = build(NAME, SECTION);
    let mut said = Vec::new();
    for (status, body, trouble, wait) in [
        (200, fixture("limit.txt"), Trouble::Rate, Some(1_800)),
        (429, String::new(), Trouble::Rate, Some(1_800)),
        (429, "<html>Too Many Requests</html>".to_owned(), Trouble::Rate, Some(1_800)),
        (200, fixture("overload.html"), Trouble::BlockPage, Some(1_200)),
        (200, String::new(), Trouble::Transient, Some(1_200)),
        (200, "Timeout waiting for the index.".to_owned(), Trouble::Transient, Some(1_200)),
        (500, "<html>".to_owned(), Trouble::Transient, Some(1_200)),
        (404, String::new(), Trouble::NoServer, Some(1_200)),
        (200, "{\"articles\": [{\"url\": ".to_owned(), Trouble::Transient, Some(1_200)),
        (200, "{\"colour\": 1}".to_owned(), Trouble::Unread, Some(1_200)),
        (200, fixture("short.txt"), Trouble::BadQuery, None),
        (200, "Queries containing OR'd terms must be surrounded by ().".to_owned(), Trouble::BadQuery, None),
    ] {
        let got = answer(request(network.as_ref(), None, SEEN), status, body.clone(), SEEN);
        let error = network.read(&got, None).unwrap_err();
        if status >= 400 {
            assert_eq!(network.refused(&got, None).as_ref(), Some(&error));
        }
        let until = error.until.map(|until| until.since(SEEN) / 1000);
        assert_eq!((error.trouble, until), (trouble, wait), "{status} {body}");
        said.push(error.to_string());
    }
    insta::assert_snapshot!("failures", said.join("\n"));
    let mut asked = answer(request(network.as_ref(), None, SEEN), 429, "", SEEN);
    asked.headers.push(("retry-after".to_owned(), "7200".to_owned()));
    assert_eq!(network.refused(&asked, None).unwrap().until, Some(SEEN.plus(7_200_000)));
}

#[test]
fn it_is_asked_politely() {
    assert_eq!(build(NAME, "").ask(None, SEEN), Ask::Done);
    assert!(fault(NAME, "look_back = 'x'").starts_with("look_back"));
    let network = build(NAME, SECTION);
    assert_eq!(network.pace(), Duration::from_secs(600));
    insta::assert_snapshot!(request(network.as_ref(), None, SEEN).url, @"https://api.gdeltproject.org/api/v2/doc/doc?query=%22galvorine%22&mode=artlist&format=json&maxrecords=250&sort=datedesc&startdatetime=20261016114000");
    // never before the three months that it knows
    let old = build(NAME, "query = 'x'\nlook_back = '5000d'");
    assert_eq!(query(&request(old.as_ref(), None, SEEN).url)["startdatetime"], "20260721114000");
}

fn stamp(seconds: i64) -> String {
    Time(seconds * 1000).stamp().strftime("%Y%m%d%H%M%S").to_string()
}

fn seconds(stamp: &str) -> i64 {
    let part = |from: usize, to: usize| &stamp[from..to];
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    );
    Time::parse(&text).unwrap().0 / 1000
}

/// Answers as GDELT does: newest first, 250 at most.
fn serve(archive: &Archive, request: Request) -> Answer {
    let asked = query(&request.url);
    let moment = |key: &str| asked.get(key).map(|stamp| seconds(stamp));
    let (items, _) = archive.page(moment("startdatetime").unwrap(), moment("enddatetime"), 250, 1);
    let articles: Vec<Value> = items
        .iter()
        .map(|(at, id)| json!({"url": format!("https://n.example/{id}"), "title": "t", "domain": "n.example", "seendate": format!("{}Z", stamp(*at))}))
        .collect();
    let body = if articles.is_empty() { "{}".to_owned() } else { json!({"articles": articles}).to_string() };
    answer(request, 200, body, SEEN)
}

#[test]
fn a_walk_of_several_answers_loses_nothing_and_takes_its_time() {
    let mut archive = Archive::of((0..1_200).map(|id| (NOW - i64::from(id) * 60, id)));
    let mut walk = Walk::new(NAME, SECTION);
    let page = walk.step(SEEN, &mut |request| serve(&archive, request)).unwrap();
    assert_eq!((page.more, page.pause), (true, Some(Duration::from_secs(600))));
    walk.round(SEEN, &mut |request| serve(&archive, request));
    assert_eq!((walk.posts.len(), walk.missed.len()), (1_200, 0));
    // two hours again, for what is found late
    archive.items.push((NOW - 7_000, 9_000));
    let later = SEEN.plus(600_000);
    assert_eq!(walk.round(later, &mut |request| serve(&archive, request)), 1);
    assert!(walk.posts.contains("https://n.example/9000"));
    // nothing found is no new start, and a failure keeps the place
    walk.step(later, &mut |request| answer(request, 200, "{}", SEEN)).unwrap();
    let before = walk.cursor.clone();
    walk.step(later, &mut |request| answer(request, 200, fixture("overload.html"), SEEN)).unwrap_err();
    assert_eq!(walk.cursor, before);
    archive.items.push((NOW + 60, 9_001));
    walk.round(later, &mut |request| serve(&archive, request));
    assert_eq!(walk.posts.len(), 1_202);
}

#[test]
fn more_than_it_gives_of_one_second_is_told() {
    let archive = Archive::of((0..400).map(|id| (NOW - 50, id)).chain((400..450).map(|id| (NOW - 100, id))));
    let mut walk = Walk::new(NAME, SECTION);
    walk.round(SEEN, &mut |request| serve(&archive, request));
    assert_eq!((walk.posts.len(), walk.missed.len()), (300, 1));
}

#[test]
fn older_articles_are_fetched_for_a_stretch_of_time() {
    let archive = Archive::of((0..2_000).map(|id| (NOW - i64::from(id) * 600, id)));
    let (from, to) = (SEEN.plus(-600_000_000), SEEN.plus(-300_000_000));
    let mut walk = Walk::new(NAME, SECTION);
    walk.cursor = build(NAME, SECTION).backfill(from, to);
    walk.round(SEEN, &mut |request| serve(&archive, request));
    let expected: BTreeSet<String> = archive
        .window(NOW - 600_000, Some(NOW - 300_000))
        .iter()
        .map(|(_, id)| format!("https://n.example/{id}"))
        .collect();
    assert_eq!(walk.posts, expected);
    assert_eq!(build(NAME, SECTION).ask(walk.cursor.as_ref(), SEEN), Ask::Done);
}
