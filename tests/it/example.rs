//! The worked example that the repository ships: its brand files and its capture.
//!
//! Reads the capture by itself, so that a fault in Vigie's own reader cannot hide one in the file.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stand outside test functions, where clippy does not allow them by itself"
)]

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use regex::Regex;
use serde_json::Value;
use vigie::keyword::{self, Brand};
use vigie::matcher::{Matcher, Scratch};
use vigie::post::{NetworkName, Post};
use vigie::time::Time;

/// What a clone should hold of it at most.
const SIZE_LIMIT: usize = 250_000;
const NETWORKS: &[&str] =
    &["bluesky", "discourse", "feed", "hackernews", "mastodon", "reddit", "x", "youtube"];
const KINDS: &[&str] = &["post", "reply", "comment", "article", "question", "video", "quote", "repost"];
const DAY: i64 = 24 * 3_600_000;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text() -> String {
    std::fs::read_to_string(path("examples/capture.jsonl")).unwrap()
}

fn lines() -> Vec<Value> {
    text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn brands() -> Vec<Brand> {
    keyword::read_folder(&path("keywords")).unwrap_or_else(|faults| panic!("{faults}"))
}

/// What the line is about: a bare post or what stands under its one key.
fn body(line: &Value) -> (&str, &Value) {
    ["delete", "edit", "account"]
        .into_iter()
        .find_map(|key| line.get(key).map(|body| (key, body)))
        .unwrap_or(("post", line))
}

fn posts(lines: &[Value]) -> impl Iterator<Item = &Value> {
    lines.iter().filter(|line| body(line).0 == "post")
}

fn moment(body: &Value, key: &str) -> Time {
    let text = body[key].as_str().unwrap_or_else(|| panic!("no {key} in {body}"));
    Time::parse(text).unwrap_or_else(|| panic!("{key} in {body}"))
}

fn mentions<'b>(matcher: &'b Matcher, body: &Value, scratch: &mut Scratch) -> Vec<&'b Brand> {
    let mut post = Post::new(NetworkName::known("test"), "1");
    post.title = body["title"].as_str().map(str::to_owned);
    post.text = body["text"].as_str().unwrap().to_owned();
    let found = matcher.mentions(&post, "", scratch);
    found.iter().filter_map(|verdict| matcher.brand(&verdict.brand)).collect()
}

#[test]
fn every_brand_file_is_read_and_one_brand_is_ours() {
    let brands = brands();
    let ids: Vec<&str> = brands.iter().map(|brand| &*brand.id.0).collect();
    assert_eq!(ids, ["erivolle", "galvorine", "molivelle", "ostrel-vane"]);
    let ours: Vec<&str> = brands.iter().filter(|brand| brand.ours).map(|brand| brand.name.as_str()).collect();
    assert_eq!(ours, ["Molivelle"]);
    for brand in &brands {
        assert!(!brand.official.is_empty(), "{}", brand.id);
        assert!(brand.domains.iter().all(|domain| domain.ends_with(".example")), "{}", brand.id);
    }
}

#[test]
fn lines_stand_in_the_order_in_which_they_were_seen() {
    let lines = lines();
    let seen: Vec<Time> = lines.iter().map(|line| moment(body(line).1, "seen_at")).collect();
    for pair in seen.windows(2) {
        assert!(pair[0] <= pair[1], "{:?} stands before {:?}", pair[0], pair[1]);
    }
    assert_eq!(seen.last().copied(), Time::parse("2026-10-20T17:30:00Z"));
    let span = seen.last().unwrap().since(*seen.first().unwrap());
    assert!((14 * DAY..=15 * DAY).contains(&span), "{span} ms");
    for post in posts(&lines) {
        let late = moment(post, "seen_at").since(moment(post, "created_at"));
        assert!((0..=90_000).contains(&late), "seen {late} ms after it was written: {post}");
    }
}

#[test]
fn posts_have_their_own_ids_and_known_words() {
    let lines = lines();
    let mut ids = HashSet::new();
    for post in posts(&lines) {
        let (network, id) = (post["network"].as_str().unwrap(), post["id"].as_str().unwrap());
        assert!(ids.insert((network, id)), "twice: {network} {id}");
        assert!(NETWORKS.contains(&network), "{network}");
        assert!(KINDS.contains(&post["kind"].as_str().unwrap()), "{post}");
        assert!(!post["text"].as_str().unwrap().trim().is_empty(), "{post}");
        for key in ["id", "handle"] {
            assert!(post["author"][key].is_string(), "author without {key}: {post}");
        }
    }
    let (mut edits, mut deletions, mut accounts_gone, mut accounts) = (0, 0, 0, 0);
    for line in &lines {
        let (kind, body) = body(line);
        let network = body["network"].as_str().unwrap();
        match kind {
            "edit" => {
                edits += 1;
                assert!(ids.contains(&(network, body["id"].as_str().unwrap())), "edit of nothing: {body}");
                assert!(moment(body, "edited_at") <= moment(body, "seen_at"));
            }
            "delete" if body.get("account").is_some() => accounts_gone += 1,
            "delete" => {
                deletions += 1;
                assert!(ids.contains(&(network, body["id"].as_str().unwrap())), "deletes nothing: {body}");
            }
            "account" => {
                accounts += 1;
                assert!(body["handle"].is_string() && body["id"].is_string(), "{body}");
            }
            _ => assert_eq!(kind, "post"),
        }
    }
    assert_eq!((edits, deletions, accounts_gone, accounts), (2, 2, 1, 3));
}

#[test]
fn french_and_english_weigh_the_same() {
    let lines = lines();
    let all = posts(&lines).count();
    for lang in ["fr", "en"] {
        let share = posts(&lines).filter(|post| post["lang"] == lang).count() * 100 / all;
        assert!(share > 40, "{lang}: {share} %");
    }
}

#[test]
fn links_and_addresses_lead_nowhere() {
    let text = text();
    assert!(text.len() < SIZE_LIMIT, "{} bytes", text.len());
    let link = Regex::new(r#"https?://([^\s/"?#]+)"#).unwrap();
    let mail = Regex::new(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)").unwrap();
    let mut hosts = 0;
    for found in link.captures_iter(&text).chain(mail.captures_iter(&text)) {
        assert!(found[1].ends_with(".example"), "{}", &found[0]);
        hosts += 1;
    }
    assert!(hosts > 400, "only {hosts} links: the pattern looks wrong");
}

#[test]
fn the_last_week_has_shares_worth_a_digest() {
    let lines = lines();
    let matcher = Matcher::new(&brands()).unwrap();
    let mut scratch = Scratch::default();
    let end = Time::parse("2026-10-20T17:30:00Z").unwrap();
    let (mut last, mut before) = (BTreeMap::new(), BTreeMap::new());
    let (mut all, mut none, mut two) = (0, 0, 0);
    for post in posts(&lines) {
        let found = mentions(&matcher, post, &mut scratch);
        all += 1;
        none += usize::from(found.is_empty());
        two += usize::from(found.len() > 1);
        let week = match end.since(moment(post, "created_at")) / (7 * DAY) {
            0 => &mut last,
            1 => &mut before,
            _ => continue,
        };
        for brand in found {
            *week.entry(brand.id.to_string()).or_insert(0) += 1;
        }
    }
    insta::assert_json_snapshot!(
        serde_json::json!({ "posts": all, "without a mention": none, "of two brands or more": two,
            "last week": last, "week before": before }),
        @r#"
    {
      "last week": {
        "erivolle": 70,
        "galvorine": 25,
        "molivelle": 112,
        "ostrel-vane": 48
      },
      "of two brands or more": 25,
      "posts": 428,
      "week before": {
        "erivolle": 42,
        "galvorine": 17,
        "molivelle": 43,
        "ostrel-vane": 28
      },
      "without a mention": 63
    }
    "#
    );
}

#[test]
fn an_edit_adds_the_name_and_another_takes_it_away() {
    let lines = lines();
    let matcher = Matcher::new(&brands()).unwrap();
    let mut scratch = Scratch::default();
    let mut turns = Vec::new();
    for edit in lines.iter().filter_map(|line| line.get("edit")) {
        let post = posts(&lines).find(|post| post["id"] == edit["id"]).unwrap();
        turns.push((
            mentions(&matcher, post, &mut scratch).len(),
            mentions(&matcher, edit, &mut scratch).len(),
        ));
    }
    assert_eq!(turns, [(1, 0), (0, 1)]);
}
