//! `vigie label`: what people say, and what becomes of it.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::command::{Place, Ran};
use super::home::Home;

const POSTS: &str = r#"{"network":"mastodon","id":"1","text":"Panne chez Orange depuis ce matin, plus de réseau sur mon forfait","created_at":"2026-01-05T00:00:00Z"}
{"network":"mastodon","id":"2","text":"j'ai mangé une orange bien sucrée ce matin","created_at":"2026-01-05T00:01:00Z"}
{"network":"mastodon","id":"3","text":"Orange, couleur de l'année ?","created_at":"2026-01-05T00:02:00Z"}
{"network":"mastodon","id":"4","text":"Rien à dire de Orange","created_at":"2026-01-05T00:03:00Z"}
"#;

fn brand(place: &Place, more: &str) {
    place.write(
        "keywords/orange.toml",
        format!("brand = \"Orange\"\nours = true\nkeywords = [\"Orange\"{more}]\nabout = \"Orange, the telecom operator\"\n"),
    );
}

fn place(name: &str) -> Place {
    let place = Place::new(name);
    brand(&place, "");
    place.write("posts.jsonl", POSTS);
    place.ok(&["import", "posts.jsonl"]);
    place
}

/// Runs `vigie label` with these lines typed.
fn typed(place: &Place, arguments: &[&str], lines: &str) -> Ran {
    let mut child = place
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    Ran::from(child.wait_with_output().unwrap())
}

fn mentions(place: &Place, more: &[&str]) -> Vec<Value> {
    let listed = place.ok(&[&["mentions", "--json", "--oldest-first"], more].concat());
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_most_doubtful_is_asked_first() {
    let place = place("label-first");
    let listed = place.ok(&["label", "orange", "--json"]);
    let doubts: Vec<f64> = listed
        .lines()
        .map(|line| (serde_json::from_str::<Value>(line).unwrap()["relevance"].as_f64().unwrap() - 0.5).abs())
        .collect();
    assert!(doubts.len() == 4 && doubts.is_sorted(), "{doubts:?}");
    let ran = typed(&place, &["label"], "what\ns\nn\nq\n");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("Is it about Orange?") && ran.out.ends_with("1 answer kept\n"), "{}", ran.out);
    assert_eq!(place.ok(&["label", "orange", "--json"]).lines().count(), 3);
    let ran = typed(&place, &["label", "Orange"], "oui\nnon\ny\n");
    assert!(ran.out.contains("3 answers kept") || ran.out.contains("nothing is left"), "{}", ran.out);
    assert!(typed(&place, &["label"], "").out.contains("nothing to ask"));
}

#[test]
fn what_a_person_says_holds_and_teaches() {
    let place = place("label-holds");
    let id = |native: &str| {
        let all = [mentions(&place, &[]), mentions(&place, &["--doubtful"])].concat();
        all.iter().find(|mention| mention["native_id"] == native).unwrap()["id"].to_string()
    };
    assert!(place.ok(&["label", &id("2"), "yes"]).contains("is about orange"));
    assert!(place.ok(&["label", &id("1"), "no"]).contains("is not about orange"));
    let clear = mentions(&place, &[]);
    let said = clear.iter().find(|mention| mention["native_id"] == "2").unwrap();
    assert_eq!((&said["relevance"], &said["relevance_rule"]), (&json!(1.0), &json!("said by a person")));
    assert!(mentions(&place, &["--doubtful"]).iter().any(|mention| mention["native_id"] == "1"));
    // said again, the last holds
    place.ok(&["label", &id("1"), "yes"]);
    assert!(mentions(&place, &[]).iter().any(|mention| mention["native_id"] == "1"));
    for (arguments, told) in [
        (&["label", "999", "no"][..], "no stored mention"),
        (&["label", "1"], "say whether"),
        (&["label", "Ornge"], "did you mean"),
        (&["label", "orange", "yes"], "no number of a mention"),
        (&["label", "1", "maybe"], "yes or no"),
    ] {
        let ran = place.run(arguments);
        assert!(ran.code != 0 && ran.err.contains(told), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn labels_outlive_a_change_of_keywords() {
    let place = place("label-outlive");
    let doubtful = mentions(&place, &["--doubtful"]);
    let fruit = doubtful.iter().find(|mention| mention["native_id"] == "2").unwrap();
    place.ok(&["label", &fruit["id"].to_string(), "yes"]);
    // the mention goes: its word is no keyword any more
    place.write("keywords/orange.toml", "brand = \"Orange\"\nours = true\nkeywords = [\"Orange Livebox\"]\n");
    let edited = POSTS.replace("ce matin", "hier");
    place.write("posts.jsonl", edited);
    place.ok(&["import", "posts.jsonl"]);
    brand(&place, ", \"sucrée\"");
    let again = POSTS.replace("ce matin", "avant-hier");
    place.write("posts.jsonl", again);
    place.ok(&["import", "posts.jsonl"]);
    let clear = mentions(&place, &[]);
    let said = clear.iter().find(|mention| mention["native_id"] == "2").unwrap();
    assert_eq!(said["relevance_rule"], "said by a person");
    let report = place.ok(&["label", "--report", "--json"]);
    let row: Value = serde_json::from_str(report.lines().next().unwrap()).unwrap();
    assert_eq!((&row["brand"], &row["labels"], &row["relevant"]), (&json!("orange"), &json!(1), &json!(1)));
}

#[test]
fn precision_has_an_interval_and_a_fall_is_told() {
    let place = Place::new("label-report");
    brand(&place, "");
    let post = |at: usize| {
        let text = if at < 20 {
            format!("Panne chez Orange, plus de réseau, jour {at}")
        } else {
            format!("Une orange sucrée, jour {at}")
        };
        json!({"network":"mastodon","id":at.to_string(),"text":text,"created_at":format!("2026-01-05T00:{at:02}:00Z")})
    };
    place.write("posts.jsonl", (0..32).map(|at| format!("{}\n", post(at))).collect::<String>());
    place.ok(&["import", "posts.jsonl"]);
    assert!(place.ok(&["label", "--report"]).contains("no label yet"));
    let mut all = [mentions(&place, &[]), mentions(&place, &["--doubtful"])].concat();
    all.sort_by_key(|mention| mention["native_id"].as_str().unwrap().parse::<u32>().unwrap());
    let mut warned = String::new();
    for (at, mention) in all.iter().enumerate() {
        let said = if at < 20 { "yes" } else { "no" };
        let ran = place.run(&["label", &mention["id"].to_string(), said]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        warned = ran.err;
    }
    assert!(warned.contains("right less often"), "{warned}");
    let ran = place.run(&["label", "--report"]);
    insta::assert_snapshot!(ran.out, @r#"orange  "Orange"  20 of 32 about it: 62 % (45 to 77 %)"#);
    assert!(ran.err.contains("right less often"), "{}", ran.err);
}

#[test]
fn a_mail_that_says_not_about_us_is_taken() {
    let home = Home::new("label-mail");
    home.write("keywords/orange.toml", "brand = \"Orange\"\nours = true\nkeywords = [\"Orange\"]\nabout = \"Orange, the telecom operator\"\n");
    home.write("vigie.toml", "[mail]\nto = [\"ana@acme.example\"]\nfrom = \"Vigie <vigie@acme.example>\"\nlanguage = \"en\"\nzone = \"UTC\"\nfolder = \"outbox\"\n");
    home.write("posts.jsonl", POSTS);
    let (code, _, errors) = home.run(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    assert_eq!(code, 0, "{errors}");
    let mut links = Vec::new();
    for entry in std::fs::read_dir(home.folder.join("vigie-data/outbox"))
        .or_else(|_| std::fs::read_dir(home.folder.join("outbox")))
        .unwrap()
    {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "html") {
            let page = std::fs::read_to_string(path).unwrap();
            links.extend(
                page.split("href=\"mailto:").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()),
            );
        }
    }
    let link = links.iter().find(|link| link.contains("about%20us"));
    let link = link.unwrap_or_else(|| panic!("no alert has the link: {links:?}"));
    let (address, subject) = link.split_once("?subject=").unwrap();
    assert_eq!(address, "vigie@acme.example");
    let subject = subject.replace("%20", " ").replace("%3A", ":").replace("%5B", "[").replace("%5D", "]");
    assert!(subject.starts_with("Vigie: not about us [mention "), "{subject}");
    home.write("answer.eml", format!("From: ana@acme.example\r\nSUBJECT: {subject}\r\n\r\n"));
    let (code, told, errors) = home.run(&["label", "--mail", "answer.eml"]);
    assert!(code == 0 && told.contains("is not about orange"), "{told}{errors}");
    let (code, told, _) = home.run(&["label", &subject]);
    assert!(code == 0 && told.contains("is not about orange"), "{told}");
    // the number of another mention is not taken for it
    let other = subject.replace('-', "-0");
    let (code, _, errors) = home.run(&["label", &other]);
    assert!(code == 1 && errors.contains("no stored mention"), "{errors}");
    home.write("other.eml", "Subject: hello\r\n\r\n[mention 1-aaaa]\r\n");
    let (code, _, errors) = home.run(&["label", "--mail", "other.eml"]);
    assert!(code == 2 && errors.contains("names no mention"), "{errors}");
}

#[test]
fn the_words_of_a_deleted_post_are_not_kept() {
    let place = place("label-deleted");
    let mention = mentions(&place, &[]).remove(0);
    place.ok(&["label", &mention["id"].to_string(), "yes"]);
    let words = || -> Option<String> {
        let database = rusqlite::Connection::open(place.0.join("vigie-data/vigie.db")).unwrap();
        database.query_row("SELECT text FROM label", [], |row| row.get(0)).unwrap()
    };
    assert!(words().is_some_and(|words| words.contains("Orange")));
    // a repeat without the word takes the post away
    place.write("keywords/orange.toml", "brand = \"Orange\"\nours = true\nkeywords = [\"Livebox\"]\n");
    place.write("posts.jsonl", POSTS.replace("Orange", "Ailleurs"));
    place.ok(&["import", "posts.jsonl"]);
    assert_eq!(words(), None);
    assert!(place.ok(&["label", "--report"]).contains("1 of 1"));
}

#[test]
fn a_share_is_corrected_for_what_people_labelled() {
    let place = Place::new("label-share");
    place
        .write("keywords/molivelle.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n");
    place.write("keywords/galvorine.toml", "brand = \"Galvorine\"\nkeywords = [\"Galvorine\"]\n");
    let post = |brand: &str, number: u32| {
        format!(
            "{{\"network\":\"mastodon\",\"id\":\"{brand}{number}\",\"text\":\"{brand} wa{number} wb{number}\",\"created_at\":\"2026-01-05T00:00:00Z\"}}\n"
        )
    };
    let all: String =
        (0..400).map(|n| post("Molivelle", n)).chain((0..300).map(|n| post("Galvorine", n))).collect();
    place.write("posts.jsonl", all);
    place.ok(&["import", "posts.jsonl"]);
    let period = ["--from", "2026-01-05", "--to", "2026-01-05"];
    let share = |name: &str| -> Value {
        let json: Value =
            serde_json::from_str(&place.ok(&[&["share", "--json"], &period[..]].concat())).unwrap();
        json["brands"].as_array().unwrap().iter().find(|share| share["id"] == name).unwrap().clone()
    };
    let permille = |value: &Value| value["permille"].as_u64().unwrap();
    let raw = share("molivelle");
    assert_eq!((permille(&raw["by_stories"]), &raw["corrected"]), (571, &Value::Null));
    // Any twenty: every second one is about something else.
    let listed = mentions(&place, &["--limit", "0"]);
    let ids: Vec<String> = listed
        .iter()
        .filter(|mention| mention["brand"] == "molivelle")
        .take(20)
        .map(|mention| mention["id"].to_string())
        .collect();
    for (number, id) in ids.iter().enumerate() {
        place.ok(&["label", id, if number % 2 == 0 { "yes" } else { "no" }]);
    }
    // Ten are taken out; ten are sure; of the other 380 half are thought to be right: 200 of 500.
    let said = share("molivelle");
    assert_eq!(said["counts"]["stories"], 390);
    let corrected = &said["corrected"];
    assert_eq!((&corrected["labels"], &corrected["right"]), (&json!(20), &json!(10)));
    assert_eq!(permille(&corrected["share"]), 400);
    let (low, high) =
        (corrected["share"]["low"].as_u64().unwrap(), corrected["share"]["high"].as_u64().unwrap());
    assert!(low < 340 && high > 450 && high < permille(&said["by_stories"]), "{corrected}");
    assert_eq!(permille(&share("galvorine")["corrected"]["share"]), 600);
    let table = place.ok(&[&["share"], &period[..]].concat());
    assert!(table.contains("corrected for what people labelled: Molivelle 40.0 %"), "{table}");
    // The export bears it too.
    let csv = place.ok(&[&["export", "shares"], &period[..]].concat());
    let row = csv.lines().find(|line| line.contains(",molivelle,")).unwrap();
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let at = header.iter().position(|name| *name == "corrected_permille").unwrap();
    assert_eq!(row.split(',').nth(at), Some("400"), "{csv}");
}

/// What Vigie has learned to put aside by itself is no error of what it counts.
#[test]
fn a_share_is_not_corrected_twice() {
    let place = Place::new("label-once");
    place.write("keywords/apple.toml", "brand = \"Apple\"\nours = true\nkeywords = [\"Apple\"]\n");
    place.write("keywords/samvolt.toml", "brand = \"Samvolt\"\nkeywords = [\"Samvolt\"]\n");
    let things =
        ["phone", "laptop", "watch", "tablet", "screen", "charger", "update", "camera", "battery", "store"];
    let dishes = ["pie", "juice", "crumble", "orchard", "tart", "cider", "peel", "salad", "jam", "harvest"];
    let deeds = ["bought", "saw", "shared", "missed", "found", "wanted", "sold", "tried", "loved", "dropped"];
    let mut lines = String::new();
    for number in 0..100 {
        let (place, deed) = (number % 10, deeds[number / 10]);
        for (kind, text) in [
            ("it", format!("The new Apple {} that I {deed} has software number {number}", things[place])),
            (
                "fruit",
                format!("An apple {} that I {deed} with cinnamon and sugar, take {number}", dishes[place]),
            ),
            ("other", format!("My Samvolt {} that I {deed} on day {number}", things[place])),
        ] {
            lines.push_str(&format!("{{\"network\":\"mastodon\",\"id\":\"{kind}{number}\",\"author\":\"{kind}{number}\",\"text\":\"{text}\",\"created_at\":\"2026-01-05T00:00:00Z\"}}\n"));
        }
    }
    place.write("posts.jsonl", lines);
    place.ok(&["import", "posts.jsonl"]);
    let mut listed = mentions(&place, &["--limit", "0", "--brand", "apple"]);
    listed.extend(mentions(&place, &["--limit", "0", "--brand", "apple", "--doubtful"]));
    for mention in listed.iter().step_by(7).take(30) {
        let relevant = mention["native_id"].as_str().unwrap().starts_with("it");
        place.ok(&["label", &mention["id"].to_string(), if relevant { "yes" } else { "no" }]);
    }
    place.ok(&["rematch"]);
    let period = ["share", "--json", "--from", "2026-01-05", "--to", "2026-01-05"];
    let shares: Value = serde_json::from_str(&place.ok(&period)).unwrap();
    let apple = &shares["brands"][0];
    // Truly half of the talk of both brands.
    let corrected = &apple["corrected"]["share"];
    let (low, high) = (corrected["low"].as_u64().unwrap(), corrected["high"].as_u64().unwrap());
    assert!(low <= 500 && 500 <= high, "{apple:#}");
    assert!(apple["labelled"].as_u64().unwrap() >= 20, "{apple:#}");
}
