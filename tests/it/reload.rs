//! Brand files read again by a running daemon, and changed queries applied to what is stored.

use serde_json::Value;

use crate::command::Place;
use crate::web::{Open, figures, post};

#[tokio::test]
async fn brand_files_are_read_again_while_posts_come_in() {
    let mut open = Open::at("reload").await;
    let mut mentions = 0;
    let mut switched = false;
    for number in 0..60 {
        if number == 20 {
            open.home.write(
                "keywords/norvelle.toml",
                "brand = \"Norvelle\"\nquery = \"norvelle NOT \\\"norvelle vague\\\"\"\n",
            );
        }
        if number == 40 {
            open.daemon.says(&["brand files read again: norvelle new"]).await;
            switched = true;
        }
        let reply = open.push("/ingest", &[], &post(&format!("n{number}"), "Molivelle et Norvelle"));
        let [posts, repeats, found, rejected] = figures(&reply);
        assert_eq!((posts, repeats, rejected), (1, 0, 0), "{}", reply.body);
        // Each post is held against all brands of before or against all brands of after.
        assert!(found == 1 && !switched || found == 2 && number >= 20, "post {number}: {}", reply.body);
        mentions += found;
    }
    assert_eq!(open.home.number("SELECT COUNT(*) FROM post WHERE network = 'agora'"), 61);
    let stored = open.home.number("SELECT COUNT(*) FROM mention WHERE matched > 0");
    assert_eq!(stored, i64::try_from(mentions).unwrap() + 1);
    assert_eq!(figures(&open.push("/ingest", &[], &post("vague", "la Norvelle vague")))[2], 0);

    // A file that cannot be used changes nothing.
    open.home.write("keywords/norvelle.toml", "brand = \"Norvelle\"\nquery = \"norvelle OR\"\n");
    open.daemon.says(&["cannot be used, those of before hold", "OR wants a term after it"]).await;
    assert_eq!(figures(&open.push("/ingest", &[], &post("still", "Norvelle encore")))[2], 1);

    // A hang-up signal reads them at once, changed or not.
    open.home.write("keywords/norvelle.toml", "brand = \"Norvelle\"\nkeywords = [\"Norvelle Deux\"]\n");
    open.daemon.says(&["brand files read again: norvelle changed"]).await;
    let hang_up = std::process::Command::new("kill").args(["-HUP", &open.daemon.pid().to_string()]).status();
    assert!(hang_up.unwrap().success());
    open.daemon.says(&["brand files read again: nothing that decides has changed"]).await;
    assert_eq!(figures(&open.push("/ingest", &[], &post("one", "Norvelle encore une fois")))[2], 0);
    assert_eq!(figures(&open.push("/ingest", &[], &post("two", "Norvelle Deux")))[2], 1);
}

const LINES: &str = r#"{"network":"agora","id":"1","text":"Acme est en panne","author":{"handle":"zoe"},"created_at":"2026-03-05T00:00:00Z"}
{"network":"agora","id":"2","text":"Acme a un bug, panne de jus","author":{"handle":"zoe"},"created_at":"2026-03-05T01:00:00Z"}
{"network":"agora","id":"3","text":"Velmont, et Acme aussi","author":{"handle":"leo"},"created_at":"2026-03-05T02:00:00Z"}
"#;

fn mentions(place: &Place) -> Vec<(String, String, String)> {
    let told = place.ok(&["mentions", "--json", "--data", "d"]);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut all: Vec<(String, String, String)> =
        rows.map(|row| (text(&row, "brand"), text(&row, "native_id"), text(&row, "trace"))).collect();
    all.sort();
    all
}

#[test]
fn a_changed_query_is_shown_before_it_is_written() {
    let place = Place::new("rematch");
    place.write("keywords/acme.toml", "brand = \"Acme\"\nours = true\nquery = \"acme AND (panne OR bug)\"\n");
    place.write("keywords/velmont.toml", "brand = \"Velmont\"\nkeywords = [\"Velmont\"]\n");
    place.write("lines.jsonl", LINES);
    place.ok(&["replay", "lines.jsonl", "--data", "d"]);
    let own = |brand: &str, id: &str, trace: &str| (brand.to_owned(), id.to_owned(), trace.to_owned());
    let before = [
        own("acme", "1", "acme AND panne"),
        own("acme", "2", "acme AND (panne OR bug)"),
        own("velmont", "3", "Velmont"),
    ];
    assert_eq!(mentions(&place), before);

    place.write("keywords/acme.toml", "brand = \"Acme\"\nours = true\nquery = \"acme NOT jus\"\n");
    let dry = place.ok(&["rematch", "--data", "d", "--dry-run"]);
    assert!(dry.contains("acme: 1 kept, 1 won, 1 lost"), "{dry}");
    assert!(
        dry.contains("+ Velmont, et Acme aussi") && dry.contains("- Acme a un bug, panne de jus"),
        "{dry}"
    );
    assert!(dry.contains("velmont: 1 kept, 0 won, 0 lost") && dry.contains("nothing was written"), "{dry}");
    // Without a terminal nobody can say yes.
    assert!(place.ok(&["rematch", "--data", "d"]).contains("--yes writes this"));
    assert_eq!(mentions(&place), before);

    let written = place.ok(&["rematch", "acme", "--data", "d", "--yes"]);
    assert!(written.contains("series are marked"), "{written}");
    let after = [own("acme", "1", "acme"), own("acme", "3", "acme"), own("velmont", "3", "Velmont")];
    assert_eq!(mentions(&place), after);

    // The query of before brings back what it lost: the post was kept.
    place.write("keywords/acme.toml", "brand = \"Acme\"\nours = true\nquery = \"acme AND (panne OR bug)\"\n");
    place.ok(&["rematch", "--data", "d", "--yes"]);
    assert_eq!(mentions(&place), before);
    let same: Value = serde_json::from_str(&place.ok(&["rematch", "--data", "d", "--json"])).unwrap();
    assert_eq!(
        (same["brands"]["acme"]["won"].as_u64(), same["brands"]["acme"]["lost"].as_u64()),
        (Some(0), Some(0))
    );

    let ran = place.run(&["rematch", "nobody", "--data", "d"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there are: acme, velmont"), "{}", ran.err);
}
