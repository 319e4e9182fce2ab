//! The commands that a person tries first, as they try them: in a fresh folder, without a network.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use regex::Regex;

use crate::home::{Home, until};

/// How long a person waits for a first look.
const PATIENCE: Duration = Duration::from_secs(15);

/// What everyone who tries Vigie sees.
#[track_caller]
fn shows_everything(said: &str) {
    for pattern in [
        r"(?m)^mention  Molivelle  \w+ \(example\)",
        r"(?m)^suspect  .*\(example\)",
        r"(?m)Molivelle.*%",
        r"(?m)^alert  .*outbox/.*-alert-.*\.eml",
        r"(?m)^digest  .*outbox/.*-digest-.*\.eml",
    ] {
        assert!(Regex::new(pattern).unwrap().is_match(said), "{pattern} in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// Every file of a folder, by its name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

/// Every row of the tables that hold what was found and told.
fn rows(database: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let mut rows = Vec::new();
    for table in [
        "author",
        "post",
        "mention",
        "suspicion",
        "tombstone",
        "alert",
        "notice",
        "delivery",
        "coverage",
        "gap",
    ] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<String> = (0..columns)
                .map(|at| format!("{:?}", row.get::<_, rusqlite::types::Value>(at).unwrap()))
                .collect();
            rows.push(format!("{table}: {}", values.join(", ")));
        }
    }
    rows
}

#[tokio::test]
async fn once_in_a_fresh_folder_shows_everything_and_a_second_time_adds_nothing() {
    let home = Home::shipped("once");
    let start = Instant::now();
    let mut once = home.start(&["watch", "--once"]);
    once.says(&["\nalert  ", "\ndigest  ", "\nsuspect  ", "%"]).await;
    println!("--once showed everything after {:.1} s", start.elapsed().as_secs_f32());
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    until("it to end", || once.ended().is_some()).await;
    let said = once.said();
    assert_eq!(once.ended().unwrap().code(), Some(0), "{said}");
    shows_everything(&said);
    let example = "SELECT count(*) FROM mention JOIN post ON post.id = post JOIN source ON source.id = source WHERE example";
    let before = (
        home.number(example),
        home.number("SELECT count(*) FROM suspicion JOIN source ON source.id = source WHERE example"),
    );
    assert!(before.0 > 100 && before.1 > 0, "{before:?}");
    let digests = |home: &Home| {
        files(&home.folder.join("vigie-data/outbox"))
            .into_keys()
            .filter(|name| name.contains("-digest-"))
            .count()
    };
    assert_eq!(digests(&home), 2, "a mail and its twin");

    let (code, said, complaints) = home.run(&["watch", "--once"]);
    assert_eq!(code, 0, "{said}{complaints}");
    let after = (
        home.number(example),
        home.number("SELECT count(*) FROM suspicion JOIN source ON source.id = source WHERE example"),
    );
    assert_eq!(before, after);
    assert_eq!(digests(&home), 2);
    assert!(!said.contains("(example)"), "nothing of the example is new:\n{said}");
    assert_eq!(home.number("SELECT count(*) FROM notice WHERE state <> 'sent'"), 0);
}

#[tokio::test]
async fn watch_shows_everything_soon_and_stops_when_told() {
    let home = Home::shipped("plain");
    let start = Instant::now();
    let mut daemon = home.start(&["watch"]);
    let said = daemon.says(&["\nalert  ", "\ndigest  ", "\nsuspect  ", "%"]).await;
    println!("watch showed everything after {:.1} s", start.elapsed().as_secs_f32());
    assert!(start.elapsed() < PATIENCE, "{:?}:\n{said}", start.elapsed());
    shows_everything(&said);
    let (code, took) = daemon.stop().await;
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn kills_during_the_first_look_leave_it_whole() {
    let home = Home::shipped("first");
    let mut dice = fastrand::Rng::with_seed(7);
    for _ in 0..10 {
        let daemon = home.start(&["watch"]);
        tokio::time::sleep(Duration::from_millis(dice.u64(100..1_500))).await;
        daemon.kill();
    }
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["source example: answers"]).await;
    until("the first digest", || {
        home.number("SELECT count(*) FROM notice WHERE kind = 'digest' AND state = 'sent'") == 1
    })
    .await;
    assert_eq!(daemon.stop().await.0, 0);
    let whole = Home::shipped("whole");
    let daemon = whole.start(&["watch"]);
    until("the first digest", || {
        whole.number("SELECT count(*) FROM notice WHERE kind = 'digest' AND state = 'sent'") == 1
    })
    .await;
    assert_eq!(daemon.stop().await.0, 0);
    for table in ["mention", "post", "suspicion", "tombstone", "alert"] {
        let count = format!("SELECT count(*) FROM {table}");
        assert_eq!(home.number(&count), whole.number(&count), "{table}");
    }
    assert_eq!(home.number("SELECT count(*) FROM notice WHERE kind = 'digest'"), 1);
}

#[test]
fn without_any_answer_each_source_is_told_in_one_line() {
    let home = Home::new("brand");
    let (code, said, complaints) =
        home.run(&["watch", "--once", "--brand", "Quillonvex", "--against", "Brannoquet"]);
    assert!(!said.contains("panicked") && !complaints.contains("panicked"), "{said}{complaints}");
    let listed = said.lines().find_map(|line| line.strip_prefix("sources: ")).unwrap();
    for source in listed.split(", ") {
        let about = |line: &&str| line.contains(&format!("source {source}: "));
        let lines = said.lines().filter(about).count();
        assert!((1..=2).contains(&lines), "{source} in {lines} lines:\n{said}");
    }
    // With a network the sources answer; without one nothing worked, and that is said.
    let reached = said.contains(": answers") || said.contains("listening to");
    assert_eq!(code, i32::from(!reached), "{said}{complaints}");
    assert!(reached || said.contains("no source could be reached"), "{said}");
    assert!(home.folder.join("vigie-data-quillonvex/vigie.db").is_file());
}

#[test]
fn a_replay_gives_the_same_bytes_whenever_and_wherever() {
    let home = Home::shipped("replay");
    let replay = |folder: &str, zone: &str, language: &str| {
        let mut command = home.command(&["replay", "examples/capture.jsonl", "--data", folder]);
        let output = command.env("TZ", zone).env("LANG", language).env("LC_ALL", language).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let folder = home.folder.join(folder);
        (rows(&folder.join("vigie.db")), files(&folder.join("outbox")))
    };
    let (rows, mails) = replay("one", "UTC", "C.UTF-8");
    assert!(rows.len() > 500, "{}", rows.len());
    assert!(
        mails.keys().any(|name| name.contains("-digest-"))
            && mails.keys().any(|name| name.contains("-alert-"))
    );
    for (folder, zone, language) in [
        ("two", "UTC", "C.UTF-8"),
        ("three", "Pacific/Auckland", "fr_FR.UTF-8"),
        ("four", "America/Lima", "de_DE"),
    ] {
        let (theirs, their_mails) = replay(folder, zone, language);
        for (row, other) in rows.iter().zip(&theirs) {
            // Where a mail was written to is named by its folder only.
            assert_eq!(row, other, "{folder}");
        }
        assert_eq!(rows.len(), theirs.len());
        assert_eq!(mails.keys().collect::<Vec<_>>(), their_mails.keys().collect::<Vec<_>>());
        for (name, bytes) in &mails {
            assert!(their_mails.get(name) == Some(bytes), "{name} differs in {folder}");
        }
    }
}

#[test]
fn replayed_and_live_posts_never_mix() {
    let home = Home::shipped("mix");
    let (code, said, complaints) = home.run(&["replay", "examples/capture.jsonl", "--data", "data"]);
    assert_eq!(code, 0, "{said}{complaints}");
    for args in
        [&["replay", "examples/capture.jsonl", "--data", "data"][..], &["watch", "--once", "--data", "data"]]
    {
        let (code, _, complaints) = home.run(args);
        assert_eq!(code, 2, "{args:?}: {complaints}");
        assert!(complaints.contains("--data DIR"), "{complaints}");
    }
}
