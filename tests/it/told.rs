//! Small things that a person is told, and that must be so: counts in words, places of files, faults said once, wishes
//! of authors kept.

use serde_json::Value;
use vigie::query::Query;

use super::command::Place;

/// A place with a brand whose query is this.
fn place(name: &str, query: &str) -> Place {
    let place = Place::new(name);
    place.write("keywords/molivelle.toml", format!("ours = true\nquery = '''{query}'''\n"));
    place.write(
        "vigie.toml",
        "[web]\nenabled = false\n[[source]]\nnetwork = \"capture\"\nname = \"tape\"\npath = \"tape.jsonl\"\n",
    );
    place.write("tape.jsonl", "");
    place
}

#[test]
fn one_bracket_left_open_is_one_fault() {
    for query in ["(molivelle", "molivelle (", "molivelle AND (", "molivelle OR (a b", "molivelle NOT ("] {
        let refused = Query::parse(query).unwrap_err();
        let reasons: Vec<&str> = refused.faults.iter().map(|fault| fault.reason.as_str()).collect();
        assert_eq!(reasons, ["this bracket is never closed"], "{query}");
    }
    let place = place("told-bracket", "(molivelle");
    let said = place.run(&["check", "--offline"]);
    assert_eq!(said.code, 2);
    assert_eq!(said.err.matches("never closed").count(), 1, "{}", said.err);
}

#[test]
fn networks_that_nobody_listens_to_are_noted() {
    let place = place(
        "told-network",
        "molivelle AND (network:mastodn OR network:feeds OR network:intranet OR network:x)",
    );
    let said = place.ok(&["check", "--offline"]);
    let notes: Vec<&str> = said.lines().filter(|line| line.contains("network:")).collect();
    assert_eq!(notes.len(), 3, "{said}");
    assert!(notes.iter().all(|note| note.starts_with("note")), "{said}");
    assert!(said.contains("did you mean network:mastodon?"), "{said}");
    assert!(said.contains("network:feeds holds for no post: the network is called feed"), "{said}");
    assert!(said.contains("network:intranet is no network that Vigie listens to"), "{said}");
    assert!(said.contains("1 brand in "), "{said}");
}

#[test]
fn what_is_imported_under_a_name_is_found_by_it() {
    let place = place("told-source", "molivelle AND source:panel");
    let line = r#"{"network":"forum","id":"1","text":"Molivelle","created_at":"2026-01-05T00:00:00Z"}"#;
    place.write("posts.jsonl", format!("{line}\n"));
    let told = place.ok(&["import", "posts.jsonl"]);
    assert!(told.contains("1 record: 1 post heard"), "{told}");
    assert!(told.contains("0 new mentions and 0 new suspects"), "{told}");
    let told = place.ok(&["import", "posts.jsonl", "--source", "Panel", "--dry-run"]);
    assert!(told.contains("1 mention and 0 suspects would be kept"), "{told}");
    place.write("more.jsonl", format!("{}\n", line.replace("\"1\"", "\"2\"")));
    let told = place.ok(&["import", "more.jsonl", "--source", "Panel"]);
    assert!(told.contains("1 new mention and 0 new suspects kept under the name \"Panel\""), "{told}");
    assert!(place.ok(&["mentions"]).ends_with("1 mention\n"));
}

#[test]
fn signs_on_keys_are_found() {
    let brand = |keyword: &str| {
        let place = Place::new("told-keys");
        place.write("keywords/molivelle.toml", format!("ours = true\nkeywords = [\"{keyword}\"]\n"));
        place
    };
    for (keyword, text, found) in [
        ("#️⃣", "press #️⃣ now", true),
        ("#⃣", "press #️⃣now", true),
        ("*️⃣", "press *️⃣.", true),
        ("#️⃣ molivelle", "#️⃣ Molivelle", true),
        ("#️⃣", "press # now, or #now, or *️⃣", false),
        ("*️⃣", "press * now", false),
        ("#molivelle", "a #️⃣molivelle", false),
        ("molivelle", "#️⃣molivelle*️⃣", true),
    ] {
        let place = brand(keyword);
        let told = place.ok(&["explain", "--json", text]);
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["brands"][0]["decision"] == "mention", found, "{keyword} in {text}: {told}");
        let query = Query::parse(keyword);
        assert!(query.is_ok(), "{keyword}: {query:?}");
    }
}

#[test]
fn authors_who_wish_to_stay_inside_are_quoted_nowhere() {
    let place = place("told-quiet", "molivelle");
    let post = |id: u32, author: &str, minute: u32| {
        format!(
            "{{\"network\":\"bluesky\",\"id\":\"{id}\",\"author\":{{\"id\":\"{author}\"}},\"text\":\"Molivelle {id} of {author}\",\"created_at\":\"2026-01-05T00:{minute:02}:00Z\"}}\n"
        )
    };
    let profile = |author: &str, quiet: bool, minute: u32| {
        format!(
            "{{\"account\":{{\"network\":\"bluesky\",\"id\":\"{author}\",\"handle\":\"{author}.example\",\"quiet\":{quiet},\"seen_at\":\"2026-01-05T00:{minute:02}:00Z\"}}}}\n"
        )
    };
    // One is known to be quiet after the first post, one never is, and one changes her mind.
    let lines = post(1, "ana", 1)
        + &post(2, "bob", 2)
        + &post(3, "eve", 3)
        + &profile("ana", true, 4)
        + &profile("bob", false, 5)
        + &profile("eve", true, 6)
        + &post(4, "ana", 7)
        + &profile("eve", false, 8)
        + &post(5, "eve", 9);
    place.write("capture.jsonl", lines);
    place.ok(&["replay", "capture.jsonl", "--data", "data"]);
    let exported = place.ok(&["export", "mentions", "--format", "jsonl", "--data", "data"]);
    let mut shown: Vec<(String, bool)> = exported
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| {
            (line["native_id"].as_str().unwrap().to_owned(), line["text"].to_string().contains("Molivelle"))
        })
        .collect();
    shown.sort();
    let shown: Vec<(&str, bool)> = shown.iter().map(|(id, shown)| (id.as_str(), *shown)).collect();
    assert_eq!(shown, [("1", false), ("2", true), ("3", true), ("4", false), ("5", true)]);
    let snapshot = place.ok(&["snapshot", "--data", "data"]);
    assert!(snapshot.contains("Molivelle 2 of bob") && !snapshot.contains("of ana"), "{snapshot}");
}

#[test]
fn a_snapshot_is_made_when_its_window_ends() {
    let place = place("told-window", "molivelle");
    place.write(
        "posts.jsonl",
        r#"{"network":"forum","id":"1","text":"Molivelle","created_at":"2026-01-05T00:00:00Z"}"#,
    );
    place.ok(&["import", "posts.jsonl"]);
    let snapshot: Value = serde_json::from_str(&place.ok(&["snapshot"])).unwrap();
    let moment = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let (made, to) = (moment(&snapshot["generated"]), moment(&snapshot["window"]["to"]));
    assert!(to <= made, "{to} is after {made}");
}

#[test]
fn a_backup_says_where_it_is() {
    let place = place("told-backup", "molivelle");
    place.write(
        "posts.jsonl",
        r#"{"network":"forum","id":"1","text":"Molivelle","created_at":"2026-01-05T00:00:00Z"}"#,
    );
    place.ok(&["import", "posts.jsonl"]);
    let told = place.ok(&["backup", "new"]);
    assert!(told.starts_with("written to new: 1 mention, "), "{told}");
    assert!(place.0.join("new").is_file());
    std::fs::create_dir(place.0.join("there")).unwrap();
    for folder in ["there", "made/"] {
        let told = place.ok(&["backup", folder]);
        let [name] = <[String; 1]>::try_from(place.list(folder)).unwrap();
        assert!(told.starts_with(&format!("written to {}/{name}: ", folder.trim_end_matches('/'))), "{told}");
    }
    assert!(place.ok(&["restore", "new", "--data", "again"]).contains("restored, 1 mention\n"));
}

#[test]
fn damage_is_told_in_one_line() {
    let place = place("told-damage", "molivelle");
    let posts: String = (0..400)
        .map(|id| {
            format!("{{\"network\":\"forum\",\"id\":\"{id}\",\"text\":\"Molivelle {id}\",\"created_at\":\"2026-01-05T00:00:00Z\"}}\n")
        })
        .collect();
    place.write("posts.jsonl", posts);
    place.ok(&["import", "posts.jsonl"]);
    place.ok(&["backup", "copy.db"]);
    let mut bytes = std::fs::read(place.0.join("copy.db")).unwrap();
    let middle = bytes.len() / 2;
    // whole pages, so that some tree is broken
    bytes[middle..middle + 20_000].fill(0x5a);
    place.write("copy.db", bytes);
    let said = place.run(&["restore", "copy.db", "--data", "again"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("copy.db") && said.err.trim_end().lines().count() == 1, "{}", said.err);
}

/// The kernel ends a program that writes past the limit of its files, unless that is caught.
#[cfg(unix)]
#[test]
fn a_limit_on_files_is_told_and_not_died_of() {
    let place = place("told-limit", "molivelle");
    let posts: String = (0..5_000)
        .map(|id| {
            format!("{{\"network\":\"forum\",\"id\":\"{id}\",\"text\":\"Molivelle {id}\",\"created_at\":\"2026-01-05T00:00:00Z\"}}\n")
        })
        .collect();
    place.write("posts.jsonl", posts);
    let mut command = std::process::Command::new("sh");
    let script = "ulimit -f 200; exec \"$0\" import posts.jsonl";
    command.args(["-c", script, env!("CARGO_BIN_EXE_vigie")]).current_dir(&place.0).env_clear();
    let ran = super::command::Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 1, "it was ended: {} {}", ran.out, ran.err);
    assert!(ran.err.starts_with("error: "), "{}", ran.err);
}
