//! The language of posts: on sentences written for this, and on a corpus where one is named.

use std::io::BufRead as _;

use serde_json::{Value, json};

use super::command::Place;

/// Posts written for this test: a line a language, then its posts.
const POSTS: &str = include_str!("language/posts.txt");

/// The cases of [`POSTS`].
fn written() -> Vec<Value> {
    let mut lang = "";
    let mut cases = Vec::new();
    for line in POSTS.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("== ") {
            Some(code) => lang = code,
            None => cases.push(json!({"id": cases.len().to_string(), "text": line, "lang": lang})),
        }
    }
    cases
}

fn lines(cases: &[Value]) -> String {
    cases.iter().map(|case| format!("{case}\n")).collect()
}

fn scores(place: &Place, cases: &[Value]) -> Value {
    place.write("cases.jsonl", lines(cases));
    let told = place.ok(&["evaluate", "language", "cases.jsonl", "--json", "--answers", "answers.jsonl"]);
    serde_json::from_str(&told).unwrap()
}

#[track_caller]
fn meets(scores: &Value) {
    println!("{scores}");
    assert!(scores["accuracy"].as_f64().unwrap() >= 0.965, "{scores}");
    assert!(scores["short_accuracy"].as_f64().unwrap() >= 0.87, "{scores}");
    assert!(scores["french_precision"].as_f64().unwrap() >= 0.94, "{scores}");
}

#[test]
fn seven_languages_are_told_apart() {
    let place = Place::new("language-written");
    let cases = written();
    assert!(cases.len() > 150);
    let scores = scores(&place, &cases);
    assert_eq!(scores["posts"], cases.len());
    assert!(scores["short_posts"].as_u64().unwrap() > 70, "{scores}");
    for (case, answer) in cases.iter().zip(place.read("answers.jsonl").lines()) {
        let answer: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(answer["id"], case["id"]);
        if answer["lang"] != case["lang"] {
            println!("{} taken for {}", case, answer["lang"]);
        }
    }
    meets(&scores);
}

#[test]
fn a_corpus_is_told_apart() {
    let Some(files) = super::corpus::files("corpus", "zst") else { return };
    // As many of each, spread over the file.
    let mut of: std::collections::BTreeMap<String, Vec<Value>> = std::collections::BTreeMap::new();
    for file in files {
        let reader = zstd::Decoder::new(std::fs::File::open(file).unwrap()).unwrap();
        for line in std::io::BufReader::new(reader).lines() {
            let post: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let lang = post["lang"].as_str().unwrap();
            if ["en", "fr", "de", "es", "pt", "it", "ja"].contains(&lang) {
                of.entry(lang.to_owned())
                    .or_default()
                    .push(json!({"id": post["id"], "text": post["text"], "lang": lang}));
            }
        }
    }
    let cases: Vec<Value> = of
        .into_values()
        .flat_map(|posts| posts.iter().step_by(posts.len() / 1500 + 1).cloned().collect::<Vec<_>>())
        .collect();
    meets(&scores(&Place::new("language-corpus"), &cases));
}

#[test]
fn without_labels_there_are_answers_only_and_what_a_network_declares_counts() {
    let place = Place::new("language-unlabelled");
    place.write(
        "cases.jsonl",
        "{\"id\":\"a\",\"text\":\"Super !\",\"tag\":\"de-AT\"}\n{\"id\":\"b\",\"text\":\"https://a.example @ana 🍊\"}\n\
         {\"id\":\"c\",\"text\":\"Le réseau est encore en panne chez nous ce matin\",\"tag\":\"en\"}\n",
    );
    assert_eq!(
        place.ok(&["evaluate", "language", "cases.jsonl"]),
        "{\"id\":\"a\",\"lang\":\"de\"}\n{\"id\":\"b\",\"lang\":\"unknown\"}\n{\"id\":\"c\",\"lang\":\"fr\"}\n"
    );
    assert_eq!(place.ok(&["evaluate", "language", "cases.jsonl", "--answers", "out.jsonl"]), "");
    assert_eq!(place.read("out.jsonl").lines().count(), 3);
}

#[test]
fn cases_that_are_none_are_told_with_their_lines() {
    let place = Place::new("language-wrong");
    place.write("cases.jsonl", "{\"id\":\"a\"}\n[]\n{\"id\":1,\"text\":\"x\"}\n");
    let ran = place.run(&["evaluate", "language", "cases.jsonl"]);
    assert_eq!(ran.code, 2);
    for told in ["cases.jsonl:1: missing field `text`", "cases.jsonl:2: ", "cases.jsonl:3: "] {
        assert!(ran.err.contains(told), "{}", ran.err);
    }
    let ran = place.run(&["evaluate", "language", "none.jsonl"]);
    assert!(ran.code == 2 && ran.err.contains("none.jsonl"), "{}", ran.err);
}

#[test]
fn stored_mentions_know_their_language_and_what_was_declared() {
    let place = Place::new("language-stored");
    place
        .write("keywords/molivelle.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n");
    place.write(
        "posts.jsonl",
        "{\"network\":\"mastodon\",\"id\":\"1\",\"text\":\"Mon vélo Molivelle est en panne et personne ne répond\",\"lang\":\"en\",\"created_at\":\"2026-01-05T00:00:00Z\"}\n\
         {\"network\":\"mastodon\",\"id\":\"2\",\"text\":\"My Molivelle bike broke down and nobody answers the phone\",\"created_at\":\"2026-01-05T00:01:00Z\"}\n",
    );
    place.ok(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    let listed = place.ok(&["mentions", "--json", "--lang", "fr"]);
    let mention: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        (&mention["native_id"], &mention["lang"], &mention["declared_lang"]),
        (&json!("1"), &json!("fr"), &json!("en"))
    );
    let document: Value =
        serde_json::from_str(&place.ok(&["snapshot", "--from", "2026-01-01", "--to", "2026-01-10"])).unwrap();
    let languages = document["brands"][0]["languages"].to_string();
    assert!(languages.contains("\"fr\"") && languages.contains("\"en\""), "{languages}");
}
