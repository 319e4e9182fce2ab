//! Captures that a hostile or careless hand wrote, through the replay door.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn replay(name: &str, lines: &str) -> (PathBuf, bool) {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{}-{name}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(folder.join("keywords")).unwrap();
    fs::write(folder.join("keywords/molivelle.toml"), "brand = \"Molivelle\"\nkeywords = [\"Molivelle\"]\n")
        .unwrap();
    fs::write(folder.join("capture.jsonl"), lines).unwrap();
    let done = vigie(&folder, &["replay", "capture.jsonl", "--data", "data"]);
    (folder, done.status.success())
}

fn vigie(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_vigie")).current_dir(folder).args(arguments).output().unwrap()
}

fn ids(folder: &Path) -> Vec<String> {
    let out = vigie(folder, &["mentions", "--json", "--oldest-first", "--data", "data"]);
    let text = String::from_utf8(out.stdout).unwrap();
    let id = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["native_id"].as_str().unwrap().to_owned()
    };
    text.lines().map(id).collect()
}

#[test]
fn half_characters_cost_no_post() {
    let (folder, done) = replay(
        "half",
        "{\"network\":\"x\",\"id\":\"1\",\"created_at\":\"2026-01-05T00:00:00Z\",\"text\":\"Molivelle \\ud83d cut\"}\n{\"network\":\"x\",\"id\":\"2\",\"created_at\":\"2026-01-05T00:00:01Z\",\"text\":\"Molivelle\"}\n",
    );
    assert!(done);
    assert_eq!(ids(&folder), ["1", "2"]);
}

#[test]
fn an_account_that_comes_back_is_heard_again_and_a_removed_one_stays_away() {
    let post = |id: &str, account: &str, minute: u32| {
        format!(
            "{{\"network\":\"bluesky\",\"id\":\"{id}\",\"author\":{{\"id\":\"{account}\"}},\"created_at\":\"2026-01-05T00:{minute:02}:00Z\",\"text\":\"Molivelle {id}\"}}\n"
        )
    };
    let gone = |account: &str| {
        format!(
            "{{\"delete\":{{\"network\":\"bluesky\",\"account\":\"{account}\",\"seen_at\":\"2026-01-05T00:10:00Z\"}}}}\n"
        )
    };
    let said = |account: &str, status: &str| {
        format!(
            "{{\"account\":{{\"network\":\"bluesky\",\"id\":\"{account}\",\"display_name\":\"Molivelle Support\",\"seen_at\":\"2026-01-05T00:11:00Z\"{status}}}}}\n"
        )
    };
    let lines = post("a1", "a", 1)
        + &post("b1", "b", 2)
        + &gone("a")
        + &gone("b")
        + &said("a", ",\"status\":\"active\"")
        + &said("b", "")
        + &post("a2", "a", 20)
        + &post("b2", "b", 21);
    let (folder, done) = replay("back", &lines);
    assert!(done);
    assert_eq!(ids(&folder), ["a2"]);
    let suspects = vigie(&folder, &["impostors", "--level", "watch", "--json", "--data", "data"]);
    assert!(!String::from_utf8(suspects.stdout).unwrap().contains("\"b\""));
}

#[test]
fn words_in_markup_alone_are_read() {
    let (folder, done) = replay(
        "html",
        "{\"network\":\"mastodon\",\"id\":\"1\",\"created_at\":\"2026-01-05T00:00:00Z\",\"html\":\"<p>Moli<b>velle</b></p>\"}\n",
    );
    assert!(done);
    assert_eq!(ids(&folder), ["1"]);
}

#[test]
fn what_came_before_a_broken_line_is_kept() {
    let (folder, done) = replay(
        "broken",
        "{\"network\":\"x\",\"id\":\"1\",\"created_at\":\"2026-01-05T00:00:00Z\",\"text\":\"Molivelle\"}\n{\"network\":\n",
    );
    assert!(!done);
    assert_eq!(ids(&folder), ["1"]);
}

#[test]
fn one_forged_date_does_not_write_a_thousand_digests() {
    let post = |id: u32, year: u32| {
        format!(
            "{{\"network\":\"x\",\"id\":\"{id}\",\"created_at\":\"{year}-01-05T00:00:00Z\",\"text\":\"Molivelle\"}}\n"
        )
    };
    let (folder, done) = replay("forged", &(post(1, 2026) + &post(2, 2090) + &post(3, 2026)));
    assert!(done);
    assert_eq!(ids(&folder).len(), 3);
    let mails = fs::read_dir(folder.join("data/outbox")).unwrap().count();
    assert!(mails < 20, "{mails}");
}

#[test]
fn exports_send_no_escape_sequence() {
    let (folder, done) = replay(
        "escape",
        "{\"network\":\"x\",\"id\":\"1\",\"created_at\":\"2026-01-05T00:00:00Z\",\"text\":\"Molivelle \\u001b[31m \\u0000 \\u202e\"}\n",
    );
    assert!(done);
    let out = vigie(&folder, &["export", "mentions", "--format", "csv", "--data", "data"]).stdout;
    assert!(!out.iter().any(|byte| matches!(byte, 0..=8 | 0x1b)));
    assert!(!String::from_utf8(out).unwrap().contains('\u{202e}'));
}

#[test]
fn a_stream_that_tells_a_part_of_an_account_changes_nothing_of_the_rest() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{}-parts", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(folder.join("keywords")).unwrap();
    let brand =
        "brand = \"Molivelle\"\nkeywords = [\"Molivelle\"]\nofficial = [\"bluesky:@molivelle.example\"]\n";
    fs::write(folder.join("keywords/molivelle.toml"), brand).unwrap();
    let told = |day: u32, more: &str| {
        format!(
            "{{\"account\":{{\"network\":\"bluesky\",\"id\":\"did:plc:m\"{more},\"seen_at\":\"2026-01-{day:02}T10:00:00Z\"}}}}\n"
        )
    };
    let handle = ",\"handle\":\"molivelle.example\"";
    let whole = |name: &str, followers: u32| {
        format!(
            "{handle},\"display_name\":\"{name}\",\"avatar\":\"https://a.example/1\",\"followers\":{followers}"
        )
    };
    let lines = [
        told(4, handle),
        told(5, &whole("Molivelle", 10)),
        told(6, handle),
        told(7, &format!("{handle},\"status\":\"active\"")),
        told(8, &whole("Molivelle", 12)),
        told(9, &(whole("Molivelle SA", 12) + ",\"bio\":\"Robots\"")),
    ];
    fs::write(folder.join("capture.jsonl"), lines.concat()).unwrap();
    assert!(vigie(&folder, &["replay", "capture.jsonl", "--data", "data"]).status.success());
    let database = rusqlite::Connection::open(folder.join("data/vigie.db")).unwrap();
    let mut changes = database
        .prepare(
            "SELECT field || ': ' || coalesce(before, '-') || ' > ' || after FROM account_change ORDER BY id",
        )
        .unwrap();
    let changes: Vec<String> = changes.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(changes, ["display_name: Molivelle > Molivelle SA", "bio: - > Robots"]);
}
