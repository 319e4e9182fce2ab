//! Exports as other programs read them: workbooks, Parquet, folders with checksums.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use vigie::export::{COVERAGE_COLUMNS, Kind, MENTION_COLUMNS};

use crate::home::Home;

#[track_caller]
fn ran(home: &Home, args: &[&str]) -> String {
    let (code, said, errors) = home.run(args);
    assert_eq!(code, 0, "{args:?}: {said}{errors}");
    said
}

/// The shipped capture, replayed into `vigie-data`.
fn filled(name: &str) -> Home {
    let home = Home::shipped(name);
    ran(&home, &["replay", "examples/capture.jsonl", "--data", "vigie-data"]);
    home
}

fn lines(home: &Home, args: &[&str]) -> Vec<Value> {
    let all = [&["export"], args, &["--format", "jsonl"]].concat();
    ran(home, &all).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The entries of a workbook.
fn workbook(path: &Path) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let all = zip.len();
    let read = |place: usize| {
        let (mut text, mut entry) = (String::new(), zip.by_index(place).unwrap());
        entry.read_to_string(&mut text).unwrap();
        (entry.name().unwrap().into_owned(), text)
    };
    (0..all).map(read).collect()
}

#[test]
fn parquet_has_types_and_a_file_a_month() {
    let home = filled("parquet");
    ran(&home, &["export", "mentions", "--format", "parquet", "--out", "data/", "--data", "vigie-data"]);
    let mentions = lines(&home, &["mentions", "--data", "vigie-data"]);
    let months: BTreeSet<&str> =
        mentions.iter().map(|line| line["counted"].as_str().unwrap().get(..7).unwrap()).collect();
    let mut read = BTreeMap::new();
    for month in &months {
        let file = home.folder.join(format!("data/mentions-{month}.parquet"));
        let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr();
        for (column, expected) in schema.columns().iter().zip(MENTION_COLUMNS) {
            assert_eq!(column.name(), expected.name);
            let physical = match expected.kind {
                Kind::Text | Kind::Link => Physical::BYTE_ARRAY,
                Kind::Whole | Kind::Moment => Physical::INT64,
                Kind::Real => Physical::DOUBLE,
                Kind::Flag => Physical::BOOLEAN,
            };
            assert_eq!(column.physical_type(), physical, "{}", expected.name);
            let moment = LogicalType::timestamp(true, TimeUnit::MILLIS);
            assert_eq!(column.logical_type_ref() == Some(&moment), expected.kind == Kind::Moment);
        }
        for row in reader.get_row_iter(None).unwrap() {
            let row: BTreeMap<String, Field> = row.unwrap().into_columns().into_iter().collect();
            let Field::Long(id) = row["id"] else { panic!("{:?}", row["id"]) };
            read.insert(id, row);
        }
    }
    assert_eq!(read.len(), mentions.len());
    for line in &mentions {
        let row = &read[&line["id"].as_i64().unwrap()];
        let text = |name: &str| match &row[name] {
            Field::Str(text) => Value::from(text.as_str()),
            Field::Null => Value::Null,
            other => panic!("{other:?}"),
        };
        for name in ["brand", "network", "native_id", "text", "title", "permalink", "lang", "sentiment"] {
            assert_eq!(text(name), line[name], "{name}");
        }
        let Field::TimestampMillis(counted) = row["counted"] else { panic!("{:?}", row["counted"]) };
        assert_eq!(Some(counted), vigie::time::Time::parse(line["counted"].as_str().unwrap()).map(|at| at.0));
        let likes = match row["likes"] {
            Field::Long(likes) => Value::from(likes),
            _ => Value::Null,
        };
        assert_eq!(likes, line["counts"]["likes"]);
    }
}

#[test]
fn a_folder_has_checksums_and_says_what_columns_mean() {
    let home = filled("sums");
    for (kind, format) in [
        ("mentions", "parquet"),
        ("mentions", "csv"),
        ("coverage", "csv"),
        ("shares", "xlsx"),
        ("accounts", "csv"),
    ] {
        ran(&home, &["export", kind, "--format", format, "--out", "data/", "--data", "vigie-data"]);
    }
    let names: BTreeSet<String> = std::fs::read_dir(home.folder.join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let sums = home.read("data/SHA256SUMS");
    let mut told = BTreeSet::from(["SHA256SUMS".to_owned()]);
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let hash = Sha256::digest(std::fs::read(home.folder.join("data").join(name)).unwrap());
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, sum, "{name}");
        told.insert(name.to_owned());
    }
    assert_eq!(told, names);
    for name in
        ["mentions.csv", "coverage.csv", "shares.xlsx", "coverage-columns.csv", "mentions-columns.csv"]
    {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    let columns = home.read("data/coverage-columns.csv");
    for column in COVERAGE_COLUMNS {
        assert!(!column.english.is_empty() && !column.french.is_empty());
        assert!(
            columns.contains(&format!("{},{}", column.name, column.kind.as_str().split(',').next().unwrap()))
                || columns.contains(&format!("{},\"{}\"", column.name, column.kind.as_str())),
            "{}",
            column.name
        );
    }
    // A month that a later export does not hold goes, so that no row stands there twice.
    let old = home.folder.join("data/mentions-2020-01.parquet");
    std::fs::write(&old, "old").unwrap();
    home.write("data/SHA256SUMS", format!("{sums}00  mentions-2020-01.parquet\n"));
    std::fs::write(home.folder.join("data/mentions-mine.parquet"), "mine").unwrap();
    ran(&home, &["export", "mentions", "--format", "parquet", "--out", "data", "--data", "vigie-data"]);
    assert!(!old.exists());
    assert!(home.folder.join("data/mentions-mine.parquet").exists(), "what nobody listed is left alone");
    assert_eq!(home.read("data/SHA256SUMS"), sums);
}

#[test]
fn a_workbook_has_typed_cells_sums_and_charts() {
    let home = filled("workbook");
    let args = ["export", "mentions", "--out", "mentions.xlsx", "--data", "vigie-data"];
    ran(&home, &args);
    let file = home.folder.join("mentions.xlsx");
    let parts = workbook(&file);
    let sheets = &parts["xl/workbook.xml"];
    for name in ["mentions", "columns", "summary", "by day"] {
        assert!(sheets.contains(&format!("name=\"{name}\"")), "{name}: {sheets}");
    }
    let rows = &parts["xl/worksheets/sheet1.xml"];
    assert!(rows.contains("state=\"frozen\"") && rows.contains("<autoFilter"));
    assert!(rows.contains("<hyperlink ") && !rows.contains("<f>"));
    assert_eq!(rows.matches("<row ").count(), lines(&home, &["mentions", "--data", "vigie-data"]).len() + 1);
    assert_eq!(parts.keys().filter(|name| name.starts_with("xl/charts/chart")).count(), 2);
    // A second time: the same bytes, whatever the hour.
    let first = std::fs::read(&file).unwrap();
    ran(&home, &args);
    assert_eq!(std::fs::read(&file).unwrap(), first);
    // Out of a pipe too.
    let output =
        home.command(&["export", "mentions", "--format", "xlsx", "--data", "vigie-data"]).output().unwrap();
    assert_eq!(output.stdout, first);
}

#[test]
fn what_strangers_wrote_is_no_formula_in_a_workbook() {
    let home = Home::configured("formula", "");
    let text = "=HYPERLINK(\"https://bad.example\",\"Molivelle\") \u{1}_x0041_ <b>&amp;";
    let post = serde_json::json!({"network": "forum", "id": "1", "text": text, "created_at": "2026-01-05T00:00:00Z",
        "url": "https://forum.example/=1+1"});
    home.write("posts.jsonl", format!("{post}\n"));
    ran(&home, &["import", "posts.jsonl"]);
    ran(&home, &["export", "mentions", "--out", "mentions.xlsx"]);
    let rows = &workbook(&home.folder.join("mentions.xlsx"))["xl/worksheets/sheet1.xml"];
    assert!(
        !rows.contains("<f>") && rows.contains("=HYPERLINK(&quot;") | rows.contains("=HYPERLINK(\""),
        "{rows}"
    );
}

#[test]
fn terms_of_networks_hold_in_every_format() {
    let home = Home::configured("terms", "");
    let post = |id: &str| {
        serde_json::json!({"network": "x", "id": id, "text": "Molivelle, sesame", "author": {"id": "9", "handle": "lea",
            "display_name": "sesame"}, "url": "https://x.example/1", "created_at": "2026-01-05T00:00:00Z"})
    };
    home.write("posts.jsonl", format!("{}\n", post("1")));
    ran(&home, &["import", "posts.jsonl"]);
    let out = |format: &str, more: &[&str]| {
        let file = format!("out.{format}");
        ran(&home, &[&["export", "mentions", "--format", format, "--out", &file], more].concat());
        let bytes = std::fs::read(home.folder.join(&file)).unwrap();
        match format {
            "xlsx" => workbook(&home.folder.join(&file))["xl/worksheets/sheet1.xml"].clone(),
            _ => String::from_utf8_lossy(&bytes).into_owned(),
        }
    };
    let formats = ["csv", "jsonl", "xlsx", "parquet"];
    assert!(
        formats.iter().all(|format| out(format, &[]).contains("sesame")),
        "what a person brought is theirs"
    );
    // The same post, brought by the network itself.
    home.database().execute("UPDATE source SET network = 'x'", []).unwrap();
    for format in formats {
        let held = out(format, &[]);
        assert!(!held.contains("sesame") && held.contains("https://x.example/1"), "{format}: {held}");
        assert!(out(format, &["--texts-of", "x"]).contains("sesame"), "{format}");
    }
    // Of some networks nothing but counts leaves.
    home.database().execute("UPDATE source SET network = 'linkedin'", []).unwrap();
    let (code, said, errors) = home.run(&["export", "mentions", "--format", "jsonl"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(errors.contains("1 mention was left out"), "{errors}");
    let (code, _, errors) = home.run(&["export", "mentions", "--texts-of", "nowhere"]);
    assert_eq!(code, 2, "{errors}");
}

#[test]
fn a_snapshot_quotes_nothing_of_accounts_of_x() {
    let home = filled("held-snapshot");
    let suspects = |home: &Home| -> Vec<Value> {
        let document: Value = serde_json::from_str(&ran(home, &["snapshot"])).unwrap();
        let brands = document["brands"].as_array().unwrap().clone();
        brands.iter().flat_map(|brand| brand["suspects"].as_array().unwrap().clone()).collect()
    };
    let quoted = |suspect: &Value| !suspect["reasons"].as_array().unwrap().is_empty();
    let shipped = suspects(&home);
    assert!(shipped.iter().any(|suspect| suspect["network"] == "x" && quoted(suspect)), "{shipped:#?}");
    home.database().execute("UPDATE source SET network = 'x', example = 0", []).unwrap();
    for suspect in suspects(&home) {
        let held = suspect["network"] == "x";
        assert_eq!(quoted(&suspect), !held, "{suspect:#}");
        assert_eq!(suspect["display_name"].is_null(), held, "{suspect:#}");
    }
}

#[test]
fn accounts_and_coverage_are_exported() {
    let home = filled("ledger");
    home.database()
        .execute_batch(
            "INSERT INTO account_day (network, native_id, day, handle, display_name, bio, avatar, followers, posts, verified, seen)
             VALUES ('bluesky', 'did:x', 1790985600000, 'someone.example', 'Someone', '=bio', NULL, 301, 12, 1, 1790985700000);
             INSERT INTO gap (source, \"from\", \"to\", reason)
             SELECT source, hour + 600000, hour + 1200000, 'overflow' FROM coverage ORDER BY hour LIMIT 1",
        )
        .unwrap();
    let days = lines(&home, &["accounts", "--data", "vigie-data"]);
    assert_eq!(days[0]["followers"], 301);
    let csv = ran(&home, &["export", "accounts", "--data", "vigie-data"]);
    assert!(
        csv.contains("2026-10-03T00:00:00.000Z,,bluesky,did:x,someone.example,Someone,'=bio,,301,12,true"),
        "{csv}"
    );
    let hours = lines(&home, &["coverage", "--data", "vigie-data"]);
    let posts: i64 = hours.iter().map(|hour| hour["posts"].as_i64().unwrap()).sum();
    assert_eq!(posts, home.number("SELECT sum(posts) FROM coverage"));
    assert!(posts > 0);
    assert_eq!(hours[0]["gap_seconds"], 600);
}

#[test]
fn a_table_of_mentions_comes_back_with_its_figures() {
    let home = filled("round");
    ran(&home, &["export", "mentions", "--out", "m.csv", "--data", "vigie-data"]);
    ran(&home, &["import", "m.csv", "--data", "again"]);
    let keep = |line: &Value| {
        let names = [
            "network",
            "native_id",
            "brand",
            "text",
            "title",
            "summary",
            "counts",
            "links",
            "hashtags",
            "rating",
            "reply_to",
            "published",
            "counted",
            "permalink",
            "lang",
            "sentiment",
            "doubtful",
        ];
        let mut kept: Vec<String> = names.iter().map(|name| line[*name].to_string()).collect();
        kept.extend(
            ["native_id", "handle", "display_name", "url", "followers"]
                .map(|name| line["author"][name].to_string()),
        );
        kept.join(" ")
    };
    let all = |data: &str| -> BTreeSet<String> {
        lines(&home, &["mentions", "--data", data]).iter().map(keep).collect()
    };
    let (before, after) = (all("vigie-data"), all("again"));
    assert!(before.len() > 300);
    assert_eq!(before.difference(&after).next(), None);
    assert_eq!(before, after);
}
