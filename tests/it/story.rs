//! Stories through the command: on posts and articles written for this, and on a corpus where one is named.

use serde_json::Value;

use super::command::Place;

/// Posts and articles written for this test, with their stories, in the order in which they came.
const ROWS: &str = include_str!("story/rows.jsonl");

fn scores(place: &Place, file: &str) -> Value {
    let told = place.ok(&["evaluate", "stories", file, "--json", "--answers", "answers.jsonl"]);
    println!("{told}");
    serde_json::from_str(&told).unwrap()
}

#[test]
fn copies_are_gathered_and_look_alikes_are_not() {
    let place = Place::new("story-written");
    place.write("rows.jsonl", ROWS);
    let scores = scores(&place, "rows.jsonl");
    let answers = place.read("answers.jsonl");
    let rows: Vec<Value> = ROWS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), answers.len());
    for (one, answer) in rows.iter().zip(&answers) {
        assert_eq!(one["id"], answer["id"]);
        for (other, beside) in rows.iter().zip(&answers) {
            let (together, told) = (one["story"] == other["story"], answer["story"] == beside["story"]);
            assert_eq!(together, told, "{one}\n{other}");
        }
    }
    assert_eq!((&scores["pairs"]["f1"], &scores["b_cubed"]["f1"]), (&1.0.into(), &1.0.into()));
    let told = place.ok(&["evaluate", "stories", "rows.jsonl"]);
    assert!(told.contains("B-cubed: precision 1.0000, recall 1.0000, F1 1.0000"), "{told}");
}

#[test]
fn without_labels_there_are_answers_only_and_they_are_the_same_each_time() {
    let place = Place::new("story-unlabelled");
    place.write("rows.jsonl", ROWS.replace("\"story\"", "\"other\""));
    let told = place.ok(&["evaluate", "stories", "rows.jsonl"]);
    assert_eq!(told.lines().count(), ROWS.lines().count());
    assert_eq!(place.ok(&["evaluate", "stories", "rows.jsonl"]), told);
    place.write("rows.jsonl", "{\"id\":\"a\"}\n");
    let ran = place.run(&["evaluate", "stories", "rows.jsonl"]);
    assert!(ran.code == 2 && ran.err.contains("rows.jsonl:1: missing field `text`"), "{}", ran.err);
}

#[test]
fn a_corpus_is_gathered() {
    let Some(files) = super::corpus::files("stories", "jsonl") else { return };
    let place = Place::new("story-corpus");
    for file in files {
        let scores = scores(&place, &file.to_string_lossy());
        assert!(scores["b_cubed"]["f1"].as_f64().unwrap() >= 0.975, "{scores}");
        assert!(scores["pairs"]["precision"].as_f64().unwrap() >= 0.975, "{scores}");
    }
}
