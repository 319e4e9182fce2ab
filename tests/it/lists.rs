//! Commands that list and export, run as a person runs them, on the replayed example.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::filled;

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A folder of this process for `name`, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lists-{}-{name}", std::process::id()));
    let _none = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The program on the data in `data`, with nothing of this machine's settings.
fn vigie(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
    command.args(args).arg("--data").arg(data).arg("--keywords").arg(repository("keywords"));
    command.current_dir(env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null());
    for name in ["VIGIE_CONFIG", "NO_COLOR", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.env("LANG", "C");
    command
}

fn run(data: &Path, args: &[&str]) -> Output {
    vigie(data, args).output().unwrap()
}

/// What the program prints when all is well.
#[track_caller]
fn said(data: &Path, args: &[&str]) -> String {
    let output = run(data, args);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{args:?}: {errors}");
    assert_eq!(errors, "", "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn replay(capture: &Path, data: &Path) {
    let output = run(data, &["replay", capture.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The shipped capture, replayed once.
fn example() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        let data = folder("example");
        replay(&repository("examples/capture.jsonl"), &data);
        data
    })
}

/// Posts by people who mean harm to terminals and spreadsheets.
fn hostile() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        let capture = folder("hostile-capture").join("capture.jsonl");
        let nasty = [
            "=HYPERLINK(\"https://bad.example\",\"Molivelle\")",
            "+33 Molivelle",
            "-1 Molivelle",
            "@SUM(1) Molivelle",
            "\t=1 Molivelle",
            "\r\n=1 Molivelle",
            "\u{feff}=1 Molivelle",
            "＝1 Molivelle",
            "\u{1b}[2J\u{9b}31m \u{202e}Molivelle\u{2066}\u{7}, \"quoted\", and\nlines",
        ];
        let lines: Vec<String> = nasty
            .iter()
            .enumerate()
            .map(|(place, text)| {
                serde_json::json!({
                    "network": "mastodon", "id": format!("={place}"), "created_at": format!("2026-10-20T10:0{place}:00Z"),
                    "author": { "id": format!("@{place}"), "handle": format!("-{text}"), "display_name": text },
                    "title": text, "text": text, "lang": "=en", "url": format!("https://social.example/{place}"),
                })
                .to_string()
            })
            .collect();
        std::fs::write(&capture, lines.join("\n")).unwrap();
        let data = folder("hostile");
        replay(&capture, &data);
        data
    })
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn table(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    (header, rows)
}

#[test]
fn mentions_are_listed_newest_first() {
    insta::assert_snapshot!(said(example(), &["mentions", "--limit", "6"]));
}

#[test]
fn mentions_are_filtered() {
    let args = [
        "mentions",
        "--brand",
        "Érivolle,galvorine",
        "--network",
        "feed,discourse",
        "--lang",
        "FR",
        "--from",
        "2026-10-13",
        "--to",
        "2026-10-19",
        "--oldest-first",
    ];
    insta::assert_snapshot!(said(example(), &args));
}

#[test]
fn filters_narrow_and_say_how_many() {
    let count = |args: &[&str]| {
        let args = [&["mentions", "--json", "--limit", "0"], args].concat();
        said(example(), &args).lines().count()
    };
    let all = count(&[]);
    assert_eq!(all, 390);
    assert_eq!(said(example(), &["mentions", "--json"]).lines().count(), 50);
    for args in [
        &["--brand", "molivelle"][..],
        &["--network", "mastodon"],
        &["--lang", "fr"],
        &["--days", "3"],
        &["--from", "2026-10-19"],
        &["--to", "2026-10-10"],
    ] {
        let some = count(args);
        assert!((1..all).contains(&some), "{args:?}: {some}");
    }
    assert_eq!(count(&["--from", "2026-10-12"]) + count(&["--to", "2026-10-11"]), all);
    assert_eq!(count(&["--lang", "zz"]), 0);
    assert_eq!(said(example(), &["mentions", "--lang", "zz"]), "no mention\n");
    assert_eq!(said(example(), &["mentions", "--network", "tiktok", "-q"]), "");
}

#[test]
fn json_lines_have_every_field_and_tags_that_slice() {
    let lines = json_lines(&said(example(), &["mentions", "--json", "--limit", "0"]));
    for line in &lines {
        for key in [
            "brand",
            "network",
            "native_id",
            "author",
            "title",
            "text",
            "tags",
            "permalink",
            "published",
            "seen",
            "matched",
            "counted",
            "source",
            "example",
            "version",
            "id",
        ] {
            assert!(line.get(key).is_some(), "no {key} in {line}");
        }
        assert!(line["seen"].as_str().unwrap().ends_with('Z'), "{line}");
        let tags = line["tags"].as_array().unwrap();
        assert!(!tags.is_empty(), "{line}");
        for tag in tags {
            let (start, end) = (tag["start"].as_u64().unwrap(), tag["end"].as_u64().unwrap());
            if let Some(text) = line.get(tag["field"].as_str().unwrap()) {
                let range = usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
                assert!(text.as_str().unwrap().get(range).is_some_and(|part| !part.is_empty()), "{line}");
            }
        }
    }
    let counted: Vec<&str> = lines.iter().map(|line| line["counted"].as_str().unwrap()).collect();
    assert!(counted.windows(2).all(|pair| pair[0] >= pair[1]));
}

#[test]
fn what_strangers_wrote_does_not_steer_the_terminal() {
    for args in [
        &["mentions"][..],
        &["mentions", "--json"],
        &["impostors", "--level", "watch"],
        &["impostors", "--level", "watch", "--json"],
        &["snapshot"],
        &["export", "mentions", "--format", "jsonl"],
    ] {
        let said = said(hostile(), args);
        let steers = |c: char| {
            c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert_eq!(said.find(steers), None, "{args:?}: {said:?}");
    }
    let last = json_lines(&said(hostile(), &["mentions", "--json", "--limit", "1"]));
    assert!(last[0]["text"].as_str().unwrap().contains("\u{1b}[2J\u{9b}31m \u{202e}Molivelle"), "{last:?}");
}

#[test]
fn the_example_is_marked() {
    let filled = filled::filled();
    let text = said(filled.folder(), &["mentions", "--limit", "1", "-q"]);
    insta::assert_snapshot!(text);
    let csv = said(filled.folder(), &["export", "mentions"]);
    let (header, rows) = table(&csv);
    let place = header.iter().position(|name| name == "example").unwrap();
    assert!(rows.iter().all(|row| row[place] == "true"));
}

#[test]
fn impostors_are_listed_with_their_evidence() {
    let all = said(example(), &["impostors", "--level", "watch"]);
    insta::assert_snapshot!(all);
    for args in [&["impostors", "list", "--level", "watch"][..], &["impostors", "--level", "watch", "list"]] {
        assert_eq!(said(example(), args), all);
    }
    let lines = json_lines(&said(example(), &["impostors", "list", "--brand", "molivelle", "--json"]));
    assert_eq!(lines.len(), 3);
    for line in lines {
        let points: i64 =
            line["signals"].as_array().unwrap().iter().map(|signal| signal["points"].as_i64().unwrap()).sum();
        assert_eq!(line["score"], points, "{line}");
        assert!(line["signals"][0]["sentence"].is_string() && line["account"]["handle"].is_string());
    }
}

#[test]
fn status_of_a_replay() {
    let text = said(example(), &["status"]);
    insta::assert_snapshot!(text.replace(example().to_str().unwrap(), "DATA"));
}

#[test]
fn status_names_the_daemon_its_sources_and_gaps() {
    let filled = filled::filled();
    let text = said(filled.folder(), &["status"]);
    let text = text.replace(filled.folder().to_str().unwrap(), "DATA");
    insta::assert_snapshot!(text.replace(&format!("(process {})", std::process::id()), "(process PID)"));
    let status = &json_lines(&said(filled.folder(), &["status", "--json"]))[0];
    assert_eq!(status["running"], true);
    assert_eq!(status["pid"], std::process::id());
    assert_eq!(status["gaps"].as_array().unwrap().len(), 1);
    let stream =
        status["sources"].as_array().unwrap().iter().find(|source| source["name"] == "bluesky").unwrap();
    assert_eq!(stream["state"], "failing");
    assert_eq!(stream["last_day"]["failed"], 10);
    assert_eq!(stream["latency"]["published_trusted"], false);
}

#[test]
fn networks_are_told_honestly() {
    insta::assert_snapshot!(said(example(), &["networks"]));
    let json: Value = serde_json::from_str(&said(example(), &["networks", "--json"])).unwrap();
    let names: Vec<&str> =
        json.as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap()).collect();
    for name in [
        "feed",
        "hackernews",
        "bluesky",
        "mastodon",
        "lemmy",
        "discourse",
        "stackexchange",
        "github",
        "reddit",
        "nostr",
        "gdelt",
        "appstore",
        "x",
        "youtube",
        "threads",
        "instagram",
        "facebook",
        "tumblr",
        "linkedin",
        "pinterest",
        "podcastindex",
        "producthunt",
        "tiktok",
        "snapchat",
        "wechat",
    ] {
        assert_eq!(names.iter().filter(|known| **known == name).count(), 1, "{name}");
    }
    for line in json.as_array().unwrap() {
        let known = vigie::network::spec(line["name"].as_str().unwrap()).is_some();
        assert_eq!(line["supported"], known, "{line}");
    }
}

#[test]
fn the_page_about_networks_is_current() {
    let page = said(example(), &["networks", "--markdown"]);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/networks.md");
    let kept = std::fs::read_to_string(kept).unwrap();
    assert_eq!(kept, page, "write it again: vigie networks --markdown > docs/networks.md");
}

#[test]
fn a_snapshot_is_one_whole_document() {
    let text = said(example(), &["snapshot"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["schema"], "vigie.snapshot/2");
    assert_eq!(document["generated"], document["window"]["to"]);
    let brands = document["brands"].as_array().unwrap();
    assert_eq!(brands.len(), 4);
    assert_eq!(brands.iter().map(|brand| brand["permille"].as_i64().unwrap()).sum::<i64>(), 1000);
    for brand in brands {
        for slices in ["networks", "languages", "days"] {
            let sum: i64 = brand[slices]
                .as_array()
                .unwrap()
                .iter()
                .map(|slice| slice["mentions"].as_i64().unwrap())
                .sum();
            assert_eq!(brand["counts"]["mentions"], sum, "{slices} of {}", brand["id"]);
        }
    }
    insta::assert_json_snapshot!(brands[3]);
    let one: Value = serde_json::from_str(&said(example(), &["snapshot", "--brand", "erivolle"])).unwrap();
    assert_eq!(one["brands"][0], brands[1], "a share is a part of the whole, whoever is shown");
    assert_eq!(one["brands"].as_array().unwrap().len(), 1);
    let line = said(example(), &["export", "snapshot", "--format", "jsonl"]);
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), document);
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn a_snapshot_is_a_long_table_too() {
    insta::assert_snapshot!(said(example(), &["export", "snapshot", "--format", "csv", "--days", "2"]));
}

#[test]
fn shares_are_exported() {
    insta::assert_snapshot!(said(example(), &["export", "shares"]));
    let lines = json_lines(&said(example(), &["export", "shares", "--format", "jsonl"]));
    let shares: Value = serde_json::from_str(&said(example(), &["share", "--json"])).unwrap();
    for (line, share) in lines.iter().zip(shares["brands"].as_array().unwrap()) {
        assert_eq!(line["id"], share["id"]);
        assert_eq!(line["permille"], share["permille"]);
        assert_eq!((&line["window"], &line["unit"]), (&shares["window"], &shares["unit"]));
    }
    assert_eq!(lines.len(), 4);
}

#[test]
fn exported_mentions_read_back() {
    let lines = json_lines(&said(example(), &["mentions", "--json", "--limit", "0", "--oldest-first"]));
    assert_eq!(json_lines(&said(example(), &["export", "mentions", "--format", "jsonl"])), lines);
    let (header, rows) = table(&said(example(), &["export", "mentions", "--format", "csv", "--raw"]));
    assert_eq!(header, vigie::export::header(vigie::export::MENTION_COLUMNS));
    assert_eq!(rows.len(), lines.len());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for (row, line) in rows.iter().zip(&lines) {
        let cell = |name: &str| row[header.iter().position(|known| known == name).unwrap()].clone();
        for name in
            ["brand", "network", "native_id", "title", "text", "permalink", "published", "seen", "version"]
        {
            assert_eq!(cell(name), text(&line[name]), "{name}");
        }
        assert_eq!(cell("author_handle"), text(&line["author"]["handle"]));
    }
}

#[test]
fn no_cell_of_a_stranger_starts_a_formula() {
    for kind in ["mentions", "impostors", "snapshot", "shares"] {
        let (_, rows) = table(&said(hostile(), &["export", kind]));
        for cell in rows.iter().flatten() {
            let number = cell.parse::<i64>().is_ok();
            assert!(
                number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝']),
                "{kind}: {cell:?}"
            );
        }
    }
    let (header, safe) = table(&said(hostile(), &["export", "mentions"]));
    let (_, raw) = table(&said(hostile(), &["export", "mentions", "--raw"]));
    let place = header.iter().position(|name| name == "text").unwrap();
    assert_eq!(raw[0][place], "=HYPERLINK(\"https://bad.example\",\"Molivelle\")");
    assert_eq!(safe[0][place], format!("'{}", raw[0][place]));
}

#[test]
fn exporting_twice_gives_the_same_bytes() {
    let again = folder("again");
    replay(&repository("examples/capture.jsonl"), &again);
    for kind in ["mentions", "shares", "snapshot", "impostors"] {
        for format in ["csv", "jsonl"] {
            let args = ["export", kind, "--format", format];
            let first = said(example(), &args);
            assert_eq!(first, said(example(), &args), "{kind} {format}");
            assert_eq!(first, said(&again, &args), "{kind} {format}, replayed again");
        }
    }
    assert_eq!(said(example(), &["snapshot"]), said(&again, &["snapshot"]));
}

#[test]
fn a_file_appears_when_it_is_whole() {
    let place = folder("out");
    let file = place.join("mentions.jsonl");
    std::fs::write(&file, "what was there").unwrap();
    let path = file.to_str().unwrap();
    // A failure leaves what was there.
    let wrong = run(example(), &["export", "mentions", "--brand", "nobody", "--out", path]);
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "what was there");
    // The ending chooses the format.
    assert_eq!(said(example(), &["export", "mentions", "--out", path]), "");
    let whole = std::fs::read_to_string(&file).unwrap();
    assert_eq!(whole, said(example(), &["export", "mentions", "--format", "jsonl"]));
    said(example(), &["snapshot", "--out", place.join("snapshot.json").to_str().unwrap()]);
    said(example(), &["export", "mentions", "--out", "/dev/null"]);
    let mut names: Vec<String> = std::fs::read_dir(&place)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["mentions.jsonl", "snapshot.json"]);
    let nowhere = run(example(), &["export", "shares", "--out", place.join("no/such").to_str().unwrap()]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("failed to write"));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    for args in [
        &["mentions", "--limit", "0", "--json"][..],
        &["mentions", "--limit", "0"],
        &["export", "mentions"],
        &["export", "mentions", "--format", "jsonl"],
    ] {
        let mut child = vigie(example(), args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::with_capacity(64, child.stdout.take().unwrap());
        let mut line = Vec::new();
        output.read_until(b'\n', &mut line).unwrap();
        assert!(!line.is_empty());
        drop(output);
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{args:?}: {status}");
        assert_eq!(errors, "", "{args:?}");
    }
}

#[test]
fn mistakes_are_named_and_have_their_exit_codes() {
    let mut told = String::new();
    let nothing = folder("nothing");
    for (data, args) in [
        (example(), &["mentions", "--brand", "molivele"][..]),
        (example(), &["mentions", "--brand", "Erivole"]),
        (example(), &["export", "shares", "--brand", "zzz"]),
        (example(), &["impostors", "--brand", "zzz"]),
        (example(), &["mentions", "--network", "mastodn"]),
        (example(), &["mentions", "--network", "zzz"]),
        (example(), &["mentions", "--from", "yesterday"]),
        (example(), &["snapshot", "--from", "2026-10-20", "--to", "2026-10-01"]),
        (example(), &["export", "posts"]),
        (example(), &["export", "mentions", "--format", "xml"]),
        (nothing.as_path(), &["mentions"]),
        (nothing.as_path(), &["status"]),
    ] {
        let output = run(data, args);
        let errors = String::from_utf8(output.stderr).unwrap().replace(nothing.to_str().unwrap(), "DATA");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        told += &format!("{} -> {}\n{errors}\n", args.join(" "), output.status.code().unwrap());
    }
    insta::assert_snapshot!(told);
}

#[test]
fn help_is_read() {
    let mut told = String::new();
    for args in [
        &["import"][..],
        &["mentions"],
        &["impostors"],
        &["snapshot"],
        &["export"],
        &["export", "mentions"],
        &["export", "shares"],
        &["export", "snapshot"],
        &["export", "impostors"],
        &["status"],
        &["networks"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_vigie")).args(args).arg("--help").output().unwrap();
        assert!(output.status.success());
        told +=
            &format!("$ vigie {} --help\n{}\n", args.join(" "), String::from_utf8(output.stdout).unwrap());
    }
    insta::assert_snapshot!(told);
}
