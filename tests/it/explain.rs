//! `vigie explain`: why, and why not.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::command::{Place, Ran};

const LINES: &str = r#"{"network":"x","id":"1","text":"Molivelle, c’est « L’ŒILLET » !","title":"Vélo","permalink":"https://x.example/posts/1","author":{"handle":"zoe"},"created_at":"2026-01-05T00:00:00Z"}
{"network":"x","id":"2","text":"Galvorine et Molivelle : deux vélos","permalink":"https://x.example/posts/2/","created_at":"2026-01-05T01:00:00Z"}
"#;

fn place(name: &str) -> Place {
    let place = Place::new(name);
    place.write("keywords/molivelle.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\", \"vélo Œillet\"]\nunless = [\"moulin\"]\n");
    place.write("keywords/galvorine.toml", "brand = \"Galvorine\"\nkeywords = [\"Galvorine\"]\ncontext = [\"vélo\", \"vélos\", \"bike\"]\nunless = [\"jockey\"]\n");
    place.write("keywords/erivolle.toml", "brand = \"Érivolle\"\nkeywords = [\"Érivolle\"]\n");
    place
}

#[test]
fn a_text_is_explained_step_by_step() {
    let place = place("explain-text");
    let told: String = [
        "Un VELO  Œillet de #molivelle : https://molivelle.example",
        "La Galvorine est rapide",
        "La Galvorine, son jockey et un bike",
        "Galvorine, le vélo",
        "un vélo au moulin",
        "rien",
        "moulin de Molivelle\u{1b}[31m",
    ]
    .iter()
    .map(|text| format!("== {}\n{}\n", text.escape_debug(), place.ok(&["explain", text])))
    .collect();
    insta::assert_snapshot!(told);
}

#[test]
fn places_slice_the_original() {
    let place = place("explain-json");
    let text = "L’été, un ve\u{301}lo œillet ; Ga\u{200b}lvorine au vélo";
    let told: Value = serde_json::from_str(&place.ok(&["explain", "--json", text])).unwrap();
    let brands = told["brands"].as_array().unwrap();
    let mut checked = 0;
    for brand in brands {
        for part in ["tags", "context", "unless"] {
            for tag in brand[part].as_array().unwrap() {
                let at = |key: &str| usize::try_from(tag[key].as_u64().unwrap()).unwrap();
                assert_eq!(text.get(at("start")..at("end")), tag["original"].as_str());
                checked += 1;
            }
        }
    }
    assert!(checked >= 3, "{told}");
    assert_eq!(told["nothing_of"], serde_json::json!(["erivolle"]));
    let decisions: Vec<&Value> = brands.iter().map(|brand| &brand["decision"]).collect();
    assert_eq!(decisions, [&Value::from("mention"), &Value::from("mention")]);
}

#[test]
fn queries_are_printed() {
    let place = place("explain-query");
    assert_eq!(
        place.ok(&["explain", "--query"]),
        "erivolle: Érivolle\n\
         galvorine: Galvorine AND (vélo OR vélos OR bike) AND NOT jockey\n\
         molivelle: (Molivelle OR \"vélo Œillet\") AND NOT moulin\n"
    );
    assert_eq!(place.ok(&["explain", "--query", "ERIVOLLE"]), "erivolle: Érivolle\n");
    let ran = place.run(&["explain", "--query", "nobody"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there are: erivolle, galvorine, molivelle"), "{}", ran.err);
    assert_eq!(place.run(&["explain"]).code, 2);
}

#[test]
fn stored_mentions_are_found_by_number_and_by_link() {
    let place = place("explain-stored");
    assert_eq!(place.run(&["explain", "1"]).code, 1, "no store yet");
    place.write("capture.jsonl", LINES);
    place.ok(&["replay", "capture.jsonl", "--data", "vigie-data"]);
    insta::assert_snapshot!("explain_stored", place.ok(&["explain", "1"]));
    let by_number: Value = serde_json::from_str(&place.ok(&["explain", "--json", "2"])).unwrap();
    for link in ["https://x.example/posts/2/", "https://x.example/posts/2", "https://x.example/posts/2#top"] {
        let by_link: Value = serde_json::from_str(&place.ok(&["explain", "--json", link])).unwrap();
        assert_eq!(by_link, by_number, "{link}");
    }
    assert_eq!(by_number["stored"].as_array().unwrap().len(), 2, "both brands of the post");
    for unknown in ["99", "https://x.example/posts/99"] {
        let ran = place.run(&["explain", unknown]);
        assert_eq!(ran.code, 1, "{}", ran.out);
        assert!(ran.err.contains("only mentions are stored"), "{}", ran.err);
    }
    assert!(place.ok(&["explain", "--text", "99"]).starts_with("text: 99\n"));
    place.write("keywords/molivelle.toml", "brand = \"Molivelle\"\nkeywords = [\"nothing\"]\n");
    let told = place.ok(&["explain", "1"]);
    assert!(told.contains("the brand's words have changed since"), "{told}");
    std::fs::remove_file(place.0.join("keywords/molivelle.toml")).unwrap();
    assert!(place.ok(&["explain", "1"]).contains("the brand has no file any more"));
}

#[test]
fn a_text_may_come_from_standard_input() {
    let place = place("explain-stdin");
    let mut child =
        place.command(&["explain", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"chez Molivelle \xff\n").unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(ran.out.contains("Molivelle: a mention"), "{}", ran.out);
}

#[test]
fn a_query_is_tried_on_a_text() {
    let place = place("explain-with");
    let told = place.ok(&["explain", "--with", "vélo NEAR/1 rouge ET lent", "un vélo très rouge et lent"]);
    assert!(told.contains("this query: a mention") || told.contains("this query: not a mention"), "{told}");
    assert!(told.contains("vélo NEAR/1 rouge: 1 other word between"), "{told}");
    let ran = place.run(&["explain", "--with", "vélo OR", "un vélo"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("     ^^ OR wants a term after it"), "{}", ran.err);
    let ran = place.run(&["explain", "--with", "vélo ET rouge", "un vélo et rouge"]);
    assert!(ran.err.contains("`ET` is searched for as a word; the operator is AND"), "{}", ran.err);
}
