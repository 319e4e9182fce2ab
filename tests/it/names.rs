//! Ambiguous names: what is about the brand, what is kept apart, and how often that is right.

use serde_json::{Value, json};

use super::command::Place;

fn lines(cases: &[Value]) -> String {
    cases.iter().map(|case| format!("{case}\n")).collect()
}

fn case(id: &str, surface: &str, entity: &str, text: &str, relevant: bool, lang: &str) -> Value {
    json!({"id": id, "surface": surface, "entity": entity, "text": text, "relevant": relevant, "lang": lang})
}

/// Posts written for this test, about invented trades of real words.
fn cases() -> Vec<Value> {
    let cabane = "Cabane (opérateur télécom)";
    let meadow = "Meadow (airline)";
    vec![
        case(
            "c1",
            "cabane",
            cabane,
            "Panne chez Cabane depuis ce matin, plus de réseau ni de 4G",
            true,
            "fr",
        ),
        case("c2", "cabane", cabane, "Les enfants ont construit une cabane au fond du jardin", false, "fr"),
        case(
            "c3",
            "cabane",
            cabane,
            "Je résilie mon forfait Cabane, le service client ne répond jamais",
            true,
            "fr",
        ),
        case("c4", "cabane", cabane, "une nuit dans une cabane perchée, le rêve", false, "fr"),
        case(
            "m1",
            "meadow",
            meadow,
            "My flight with Meadow was cancelled and the crew said nothing",
            true,
            "en",
        ),
        case("m2", "meadow", meadow, "the meadow behind our house is full of flowers", false, "en"),
        case("m3", "meadow", meadow, "Meadow lost my luggage again. Third time at this airport!", true, "en"),
        case("m4", "meadow", meadow, "we walked across a meadow and had lunch there", false, "en"),
    ]
}

#[test]
fn a_name_is_told_from_the_word_that_it_is() {
    let place = Place::new("names-written");
    place.write("cases.jsonl", lines(&cases()));
    let told = place.ok(&["evaluate", "names", "cases.jsonl", "--answers", "answers.jsonl"]);
    insta::assert_snapshot!(told, @"
    all: 8 posts, 2 names, accuracy 100.0, balanced 100.0, precision 100.0, recall 100.0, R 1.00, S 1.00, F(R,S) 1.00
    en: 4 posts, 1 names, accuracy 100.0, balanced 100.0, precision 100.0, recall 100.0, R 1.00, S 1.00, F(R,S) 1.00
    fr: 4 posts, 1 names, accuracy 100.0, balanced 100.0, precision 100.0, recall 100.0, R 1.00, S 1.00, F(R,S) 1.00
    ");
    let answers: Vec<Value> =
        place.read("answers.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 8);
    for answer in answers {
        let relevance = answer["relevance"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&relevance) && answer["relevant"] == (relevance >= 0.5), "{answer}");
    }
}

#[test]
fn measures_are_those_of_the_field() {
    // One name: 2 hits, 1 missed, 1 wrong, 2 refused; the other has one kind only and counts in the first figures alone.
    let place = Place::new("names-measures");
    let right = cases();
    let flipped: Vec<Value> = right
        .iter()
        .filter(|case| case["surface"] == "meadow")
        .cloned()
        .chain([
            case(
                "x1",
                "meadow",
                "Meadow (airline)",
                "My flight with Meadow was delayed by the crew",
                false,
                "en",
            ),
            case("x2", "meadow", "Meadow (airline)", "a meadow full of flowers", true, "en"),
            case("y1", "cabane", "Cabane (opérateur télécom)", "une cabane au fond du jardin", false, "en"),
        ])
        .collect();
    place.write("cases.jsonl", lines(&flipped));
    let told: Value =
        serde_json::from_str(&place.ok(&["evaluate", "names", "cases.jsonl", "--json"])).unwrap();
    let near = |key: &str, wanted: f64| {
        let found = told[0][key].as_f64().unwrap();
        assert!((found - wanted).abs() < 1e-6, "{key}: {found}, not {wanted}");
    };
    assert_eq!((&told[0]["posts"], &told[0]["names"]), (&json!(7), &json!(1)));
    near("accuracy", 5.0 / 7.0);
    near("balanced", 2.0 / 3.0);
    near("precision", 2.0 / 3.0);
    near("recall", 2.0 / 3.0);
    near("reliability", 4.0 / 9.0);
    near("sensitivity", 4.0 / 9.0);
    near("f_rs", 4.0 / 9.0);
}

#[test]
fn labels_are_taken_from_the_input_and_the_rest_is_answered() {
    let place = Place::new("names-labels");
    // A sense that no sector knows: only labels can teach it.
    let mut cases = Vec::new();
    for at in 0..20 {
        let (text, relevant) = if at % 2 == 0 {
            (format!("The new Lantern ceiling installed in hall {at}, plaster and cornices"), true)
        } else {
            (format!("The new Lantern ceremony will be held in park {at}, poems and songs"), false)
        };
        cases.push(case(&format!("l{at}"), "lantern", "Lantern (plasterers)", &text, relevant, "en"));
    }
    place.write("cases.jsonl", lines(&cases));
    let arguments = [
        "evaluate",
        "names",
        "cases.jsonl",
        "--labels",
        "6",
        "--seed",
        "1",
        "--json",
        "--answers",
        "a.jsonl",
    ];
    let told: Value = serde_json::from_str(&place.ok(&arguments)).unwrap();
    assert_eq!(told[0]["posts"], 14);
    assert!(told[0]["accuracy"].as_f64().unwrap() > 0.9, "{told}");
    assert_eq!(place.read("a.jsonl").lines().count(), 14);
    let first = place.read("a.jsonl");
    place.ok(&arguments);
    assert_eq!(place.read("a.jsonl"), first, "the same seed gives the same answers");
}

#[test]
fn without_labels_there_are_answers_only() {
    let place = Place::new("names-unlabelled");
    place.write(
        "cases.jsonl",
        "{\"id\":\"a\",\"surface\":\"meadow\",\"entity\":\"Meadow (airline)\",\"text\":\"a meadow\"}\n",
    );
    let told: Value = serde_json::from_str(&place.ok(&["evaluate", "names", "cases.jsonl"])).unwrap();
    assert_eq!((&told["id"], &told["relevant"]), (&json!("a"), &json!(false)));
    let ran = place.run(&["evaluate", "names", "cases.jsonl", "--labels", "3"]);
    assert!(ran.code == 2 && ran.err.contains("no case has a label"), "{}", ran.err);
}

/// What a corpus says, each name judged by weights learned on the others.
fn left_out(more: &[&str]) -> Option<Value> {
    let file = super::corpus::files("disambiguation", "jsonl")?.remove(0);
    let mut arguments = vec!["evaluate", "names", file.to_str().unwrap(), "--leave-out", "--json"];
    arguments.extend(more);
    let told = Place::new(&format!("names-corpus{}", more.len())).ok(&arguments);
    println!("{told}");
    Some(serde_json::from_str::<Value>(&told).unwrap()[0].clone())
}

#[test]
fn names_of_a_corpus_are_judged_well_without_labels() {
    let Some(scores) = left_out(&[]) else { return };
    assert!(scores["f_rs"].as_f64().unwrap() >= 0.5, "{scores}");
}

#[test]
fn names_of_a_corpus_are_judged_well_with_ten_labels() {
    let Some(scores) = left_out(&["--labels", "10", "--seed", "1"]) else { return };
    assert!(scores["accuracy"].as_f64().unwrap() >= 0.87, "{scores}");
}

/// Posts with an ambiguous name, as a file of another program.
const POSTS: &str = r#"{"network":"mastodon","id":"1","text":"Panne chez Orange depuis ce matin, plus de réseau sur mon forfait","created_at":"2026-01-05T00:00:00Z"}
{"network":"mastodon","id":"2","text":"j'ai mangé une orange bien sucrée ce matin","created_at":"2026-01-05T00:01:00Z"}
{"network":"mastodon","id":"3","text":"Le coucher de soleil était rouge et orange, magnifique","created_at":"2026-01-05T00:02:00Z"}
{"network":"mastodon","id":"4","text":"Orange Molivelle, une orange du jardin","created_at":"2026-01-05T00:03:00Z"}
"#;

fn orange(name: &str, more: &str) -> Place {
    let place = Place::new(name);
    place.write(
        "keywords/orange.toml",
        format!("brand = \"Orange\"\nours = true\nkeywords = [\"Orange\", \"Orange Molivelle\"]\nabout = \"Orange, the telecom operator\"\n{more}"),
    );
    place.write("posts.jsonl", POSTS);
    place.ok(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    place
}

fn ids(listed: &str) -> Vec<String> {
    let line =
        |line: &str| serde_json::from_str::<Value>(line).unwrap()["native_id"].as_str().unwrap().to_owned();
    listed.lines().map(line).collect()
}

#[test]
fn doubtful_mentions_are_kept_apart_and_counted_nowhere() {
    let place = orange("names-kept-apart", "");
    assert_eq!(ids(&place.ok(&["mentions", "--json", "--oldest-first"])), ["1", "4"]);
    assert_eq!(ids(&place.ok(&["mentions", "--json", "--oldest-first", "--doubtful"])), ["2", "3"]);
    let period = ["--from", "2026-01-01", "--to", "2026-01-10"];
    let shares: Value =
        serde_json::from_str(&place.ok(&[&["share", "--json"][..], &period].concat())).unwrap();
    assert!(shares.to_string().contains("\"mentions\":2"), "{shares}");
    let alerts = place.list("vigie-data/outbox").len();
    assert!(alerts > 0);
    for mail in place.list("vigie-data/outbox").iter().filter(|name| name.ends_with(".html")) {
        assert!(!place.read(&format!("vigie-data/outbox/{mail}")).contains("sucrée"), "{mail}");
    }
    let clear = place.ok(&["export", "mentions", "--format", "jsonl"]);
    assert_eq!(clear.lines().count(), 2);
    let all = place.ok(&["export", "mentions", "--format", "jsonl", "--doubtful"]);
    assert_eq!(all.lines().count(), 4);
    for line in all.lines() {
        let mention: Value = serde_json::from_str(line).unwrap();
        let relevance = mention["relevance"].as_f64().unwrap();
        assert_eq!(mention["doubtful"], relevance < 0.3, "{mention}");
        assert!(!mention["relevance_rule"].as_str().unwrap().is_empty());
    }
    // a keyword that means nothing else leaves no doubt
    let sure: Value = serde_json::from_str(all.lines().last().unwrap()).unwrap();
    assert_eq!((&sure["native_id"], &sure["relevance"]), (&json!("4"), &json!(1.0)));
    let shown = place.ok(&["mentions", "--doubtful"]);
    assert!(shown.contains("relevance 0."), "{shown}");
}

#[test]
fn the_threshold_is_the_brands() {
    let place = orange("names-threshold", "threshold = 0\n");
    assert_eq!(ids(&place.ok(&["mentions", "--json"])).len(), 4);
    let place = orange("names-threshold-wrong", "");
    for (wrong, told) in [
        ("threshold = 1.5", "from 0 to 1"),
        ("threshold = \"high\"", "a number from 0 to 1"),
        ("about = 3", "a text"),
    ] {
        place.write("keywords/orange.toml", format!("keywords = [\"Orange\"]\n{wrong}\n"));
        let ran = place.run(&["check", "--offline"]);
        assert!(ran.code == 2 && ran.err.contains("orange.toml:2") && ran.err.contains(told), "{}", ran.err);
    }
}

#[test]
fn whoever_adds_a_common_name_is_asked_what_it_means() {
    let place = Place::new("names-init");
    let ran = place.run(&["init", "--brand", "Orange", "--against", "Molivelle", "--dir", "a"]);
    assert!(ran.code == 0 && ran.err.contains("about"), "{}", ran.err);
    let checked = place.run(&["check", "--offline", "--config", "a/vigie.toml"]);
    assert!(checked.out.contains("under about"), "{}", checked.out);
    let ran =
        place.run(&["init", "--brand", "Orange", "--about", "Orange, the telecom operator", "--dir", "b"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(place.read("b/keywords/orange.toml").contains("\nabout = \"Orange, the telecom operator\"\n"));
    let checked = place.run(&["check", "--offline", "--config", "b/vigie.toml"]);
    assert!(checked.out.contains("kept apart"), "{}", checked.out);
}

#[test]
fn a_query_of_an_ambiguous_word_is_doubted_as_the_lists_are() {
    let place = Place::new("names-query");
    let brand = |query: &str| {
        format!(
            "brand = \"Orange\"\nours = true\nabout = \"Orange, the telecom operator\"\nquery = '{query}'\n"
        )
    };
    place.write("posts.jsonl", POSTS);
    for (query, data, doubtful) in
        [("orange", "a", vec!["2", "3", "4"]), ("orange AND (réseau OR sucrée)", "b", vec![])]
    {
        place.write("keywords/orange.toml", brand(query));
        place.ok(&["replay", "posts.jsonl", "--data", data]);
        let told = place.ok(&["mentions", "--json", "--oldest-first", "--doubtful", "--data", data]);
        assert_eq!(ids(&told), doubtful, "{query}");
    }
}
