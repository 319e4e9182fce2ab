//! `vigie share --per` and what is exported of parts: they are what counting the listed mentions by hand gives.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stand outside test functions, where clippy does not allow them by itself"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::command::Place;
use super::home::Home;

const TOPICS: &str = "[[topic]]\nname = \"price\"\nwords = [\"price\", \"prix\", \"cher\", \"expensive\"]\n
[[topic]]\nname = \"the shop\"\nquery = \"shop OR boutique OR store\"\n";

/// The shipped capture, with topics.
fn filled(name: &str) -> Home {
    let home = Home::shipped(name);
    home.write("vigie.toml", TOPICS);
    let (code, said, errors) = home.run(&["replay", "examples/capture.jsonl", "--data", "vigie-data"]);
    assert_eq!(code, 0, "{said}{errors}");
    home
}

fn told(home: &Home, args: &[&str]) -> String {
    let (code, said, errors) = home.run(&[args, &["--data", "vigie-data"]].concat());
    assert_eq!(code, 0, "{args:?}: {said}{errors}");
    said
}

/// The parts a mention is in.
fn parts(mention: &Value, by: &str) -> Vec<String> {
    let one = |value: &Value| vec![value.as_str().unwrap_or("unknown").to_owned()];
    match by {
        "network" => one(&mention["network"]),
        "language" => one(&mention["lang"]),
        "country" => one(&mention["country"]),
        _ => mention["topics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect(),
    }
}

#[test]
fn parts_are_what_their_mentions_give() {
    let home = filled("sliced");
    // A country and a region of a declared language.
    home.database()
        .execute_batch(
            "UPDATE post SET lang = 'fr-CA' WHERE id % 5 = 0; UPDATE post SET lang = 'pt_br' WHERE id % 7 = 0;
             UPDATE post SET lang = 'zh-Hant' WHERE id % 11 = 0;
             UPDATE post SET more = json_set(COALESCE(more, '{}'), '$.country', 'BE') WHERE id % 6 = 0",
        )
        .unwrap();
    let listed: Vec<Value> = told(&home, &["mentions", "--json", "--limit", "0"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for by in ["network", "language", "country", "topic"] {
        let mut mentions: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut authors: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for mention in &listed {
            for part in parts(mention, by) {
                let key = (part, mention["brand"].as_str().unwrap().to_owned());
                *mentions.entry(key.clone()).or_default() += 1;
                if mention["author"].is_object() {
                    let author = format!("{} {}", mention["network"], mention["author"]["native_id"]);
                    authors.entry(key).or_default().insert(author);
                }
            }
        }
        let json: Value =
            serde_json::from_str(&told(&home, &["share", "--json", "--days", "400", "--per", by])).unwrap();
        assert_eq!(json["per"]["by"], by);
        let mut found = BTreeMap::new();
        let mut many = u64::MAX;
        for part in json["per"]["parts"].as_array().unwrap() {
            let all = part["totals"]["mentions"].as_u64().unwrap();
            assert!(all <= many, "the most talked about first");
            many = all;
            let mut sum = 0;
            for share in part["brands"].as_array().unwrap() {
                let key =
                    (part["name"].as_str().unwrap().to_owned(), share["id"].as_str().unwrap().to_owned());
                sum += share["permille"].as_u64().unwrap();
                let counts = &share["counts"];
                let by_hand = authors.get(&key).map_or(0, BTreeSet::len);
                assert_eq!(counts["authors"].as_u64(), u64::try_from(by_hand).ok(), "{key:?}");
                assert!(counts["stories"].as_u64() <= counts["mentions"].as_u64());
                if let count @ 1.. = counts["mentions"].as_u64().unwrap() {
                    found.insert(key, count);
                }
            }
            assert_eq!(sum, 1000, "shares of a part sum to all of it");
        }
        assert_eq!(found, mentions, "{by}");
        assert!(found.keys().map(|(part, _)| part).collect::<BTreeSet<_>>().len() > 1, "{by}: {found:?}");
        let table = told(&home, &["share", "--days", "400", "--per", by]);
        assert!(found.keys().all(|(part, _)| table.contains(&format!("{by} {part}: "))), "{table}");
        // The exported rows say the same.
        let rows = told(&home, &["export", "shares", "--days", "400", "--per", by, "--format", "jsonl"]);
        let mut exported = BTreeMap::new();
        for line in rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            if let (Some(part), count @ 1..) =
                (line["part"].as_str(), line["counts"]["mentions"].as_u64().unwrap())
            {
                assert_eq!(line["per"], by);
                exported.insert((part.to_owned(), line["id"].as_str().unwrap().to_owned()), count);
            }
        }
        assert_eq!(exported, found, "{by}");
    }
}

#[test]
fn few_stories_are_counted_and_no_share_is_told() {
    let place = Place::new("sliced-few");
    place.write("keywords/a.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n");
    let post = |network: &str, number: u32| {
        format!(
            "{{\"network\":\"{network}\",\"id\":\"{network}{number}\",\"text\":\"Molivelle wa{number} wb{number}\",\"created_at\":\"2026-03-08T09:30:00Z\"}}\n"
        )
    };
    let large: String = (0..30).map(|number| post("mastodon", number)).collect();
    let small: String = (0..3).map(|number| post("bluesky", number)).collect();
    place.write("posts.jsonl", large + &small);
    place.ok(&["import", "posts.jsonl"]);
    let period = ["--from", "2026-03-08", "--to", "2026-03-08"];
    let table = place.ok(&[&["share", "--per", "network"], &period[..]].concat());
    assert!(table.contains("network mastodon: 30 stories") && table.contains("100.0 % ("), "{table}");
    assert!(table.contains("network bluesky: 3 stories, 3 mentions; too few for percentages"), "{table}");
    let ran = place.run(&["share", "--per", "topic"]);
    assert!(ran.code == 2 && ran.err.contains("[[topic]]"), "{}{}", ran.out, ran.err);
    // A topic that says nothing, or twice the same, is told with its line.
    place.write("vigie.toml", "[[topic]]\nname = \"price\"\n");
    let ran = place.run(&["share"]);
    assert!(ran.code == 2 && ran.err.contains("topic.words"), "{}", ran.err);
    place.write("vigie.toml", format!("{TOPICS}{TOPICS}"));
    let ran = place.run(&["share"]);
    assert!(ran.code == 2 && ran.err.contains("two topics called \"price\""), "{}", ran.err);
}
