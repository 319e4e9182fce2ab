//! Importing other programs' files, through the real program: what it understands, what it keeps, what it says.

use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::time::Duration;

use serde_json::Value;
#[cfg(target_os = "linux")]
use tokio::time::sleep;
use vigie::time::Time;

use crate::home::{Home, until};

/// A table as a French program exports it: semicolons, line ends in texts, figures in French.
const FRENCH: &str = "Date;Auteur;Texte;Lien;J’aime;Nombre de partages;Portée\r
13/02/2026 14:30;@lucie_m;\"J’adore Molivelle ; vraiment\r
sur deux lignes\";https://x.com/lucie_m/status/1;12;1 234;99\r
14/02/2026 à 9h05;Jean Dupont;Rien de particulier;https://blog.example/a;;;\r
5 mars 2026;;\"Une \"\"Molivelle\"\" d’été\";;1,2 k;;\r
15/02/2026;zoé;;;;;\r
";

fn home(name: &str) -> Home {
    Home::configured(name, "[web]\nenabled = false\n")
}

/// UTF-16 with or without its mark.
fn wide(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// Every mention kept, without what only says where and when it is kept.
fn mentions(home: &Home, data: &str) -> BTreeSet<String> {
    let (code, lines, said) = home.run(&["export", "mentions", "--format", "jsonl", "--data", data]);
    assert_eq!(code, 0, "{said}");
    let own = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        for key in ["id", "matched", "source"] {
            assert!(value.as_object_mut().unwrap().remove(key).is_some(), "{key}");
        }
        value.to_string()
    };
    lines.lines().map(own).collect()
}

/// A run that must end with this code; both outputs, moments of now taken out.
#[track_caller]
fn ran(home: &Home, args: &[&str], code: i32) -> String {
    let (found, out, err) = home.run(args);
    let moment = regex::Regex::new(r"20\d\d-\d\d-\d\dT[\d:.]+Z").unwrap();
    let said = format!("{out}{err}");
    assert_eq!(found, code, "{args:?}: {said}");
    moment.replace_all(&said, "NOW").into_owned()
}

#[test]
fn countries_and_languages_are_read_from_their_columns() {
    let home = home("import-country");
    home.write(
        "posts.csv",
        "Date;Texte;Lien;Pays;Code pays;Langue\n\
         13/02/2026 14:30;Molivelle un;https://blog.example/1;Belgique;;français\n\
         13/02/2026 14:31;Molivelle deux;https://blog.example/2;Belgique;FRA;polonais\n\
         13/02/2026 14:32;Molivelle trois;https://blog.example/3;Corée du Sud;?;fr-CA\n\
         13/02/2026 14:33;Molivelle quatre;https://blog.example/4;Monde;NA;fr-CA\n\
         13/02/2026 14:34;Molivelle cinq;https://blog.example/5;;;\n",
    );
    home.write(
        "lines.jsonl",
        "{\"text\":\"Molivelle six\",\"created_at\":\"2026-02-13T14:35:00Z\",\"place\":{\"country_code\":\"us\"}}\n\
         {\"network\":\"web\",\"id\":\"7\",\"text\":\"Molivelle sept\",\"created_at\":\"2026-02-13T14:36:00Z\",\"country\":\"United Kingdom\"}\n",
    );
    home.write("verbatim.csv", "Quand,Verbatim,Zone\n2026-02-13 14:37,Molivelle huit,Suisse\n");
    ran(&home, &["import", "posts.csv", "--data", "vigie-data"], 0);
    ran(&home, &["import", "lines.jsonl", "--data", "vigie-data"], 0);
    let map = ["--map", "Quand=published", "--map", "Verbatim=text", "--map", "Zone=country"];
    ran(&home, &[&["import", "verbatim.csv", "--data", "vigie-data"], &map[..]].concat(), 0);
    let (code, lines, said) = home.run(&["export", "mentions", "--format", "jsonl", "--data", "vigie-data"]);
    assert_eq!(code, 0, "{said}");
    // The last word of each text, and the country.
    let places = |lines: &str| {
        let told = lines.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let word = line["text"].as_str().unwrap().split(' ').next_back().unwrap();
            format!("{word} {}", line["country"].as_str().unwrap_or("-"))
        });
        let mut told: Vec<String> = told.collect();
        told.sort();
        told
    };
    let told = places(&lines);
    assert_eq!(told, ["cinq -", "deux FR", "huit CH", "quatre CA", "sept GB", "six US", "trois KR", "un BE"]);
    assert!(lines.contains("\"lang\":\"pl\""), "{lines}");
    // What is exported is brought in again as it was.
    let table = home.run(&["export", "mentions", "--format", "csv", "--data", "vigie-data"]).1;
    home.write("again.csv", table);
    home.write("again.jsonl", lines);
    for file in ["again.csv", "again.jsonl"] {
        let data = format!("{file}-data");
        ran(&home, &["import", file, "--data", &data], 0);
        let (_, lines, _) = home.run(&["export", "mentions", "--format", "jsonl", "--data", &data]);
        assert_eq!(told, places(&lines), "{file}");
    }
}

#[test]
fn a_french_table_is_understood_and_shown() {
    let home = home("import-french");
    home.write("posts.csv", encoding_rs::WINDOWS_1252.encode(FRENCH).0);
    let said = ran(&home, &["import", "posts.csv"], 0);
    let (_, kept, _) = home.run(&["mentions", "--json"]);
    let kept: Vec<Value> = kept
        .lines()
        .map(|line| {
            let post: Value = serde_json::from_str(line).unwrap();
            serde_json::json!([
                post["network"],
                post["native_id"],
                post["published"],
                post["author"],
                post["text"],
                post["counts"],
                post["permalink"]
            ])
        })
        .collect();
    insta::assert_snapshot!(format!(
        "{said}\n{}",
        kept.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
    ));
}

#[test]
fn encodings_and_packing_make_no_difference() {
    let home = home("import-encodings");
    let marked = [b"\xef\xbb\xbf", FRENCH.as_bytes()].concat();
    let plain = [
        FRENCH.as_bytes().to_vec(),
        marked,
        wide(FRENCH, false, true),
        wide(FRENCH, true, true),
        wide(FRENCH, false, false),
    ];
    let latin = encoding_rs::WINDOWS_1252.encode(FRENCH).0.into_owned();
    let packed = zstd::encode_all(FRENCH.as_bytes(), 1).unwrap();
    let mut before = None;
    for (number, bytes) in plain.into_iter().chain([latin, packed]).enumerate() {
        home.write("posts.csv", bytes);
        let data = format!("data-{number}");
        ran(&home, &["import", "posts.csv", "--data", &data, "-q"], 0);
        let kept = mentions(&home, &data);
        let texts: BTreeSet<String> = kept
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["text"].to_string())
            .collect();
        assert_eq!(texts.len(), 2, "{number}: {texts:?}");
        assert_eq!(before.get_or_insert_with(|| texts.clone()), &texts, "{number}");
    }
}

#[test]
fn what_is_exported_comes_back_whole() {
    let home = Home::shipped("import-round");
    ran(&home, &["replay", "examples/capture.jsonl", "--data", "one"], 0);
    let replayed = mentions(&home, "one");
    assert!(replayed.len() > 300, "{}", replayed.len());
    for (form, data) in [("m.jsonl", "two"), ("m.csv", "three")] {
        ran(&home, &["export", "mentions", "--data", "one", "--out", form], 0);
        ran(&home, &["import", form, "--data", data], 0);
    }
    assert_eq!(mentions(&home, "two"), replayed);
    // A language that nobody declared is not declared afterwards.
    let plain = r#"{"network":"mastodon","id":"1","created_at":"2026-01-05T00:00:00Z","text":"My Molivelle climbs every hill in the town without any trouble"}"#;
    home.write("plain.jsonl", plain);
    ran(&home, &["import", "plain.jsonl", "--data", "five"], 0);
    ran(&home, &["export", "mentions", "--data", "five", "--out", "again.jsonl"], 0);
    ran(&home, &["import", "again.jsonl", "--data", "six"], 0);
    let again = mentions(&home, "six");
    assert!(again.iter().all(|line| line.contains(r#""declared_lang":null"#)), "{again:?}");
    assert_eq!((again.len(), &again), (1, &mentions(&home, "five")));
    // A table has fewer columns: no pictures, links and single figures.
    let core = |lines: BTreeSet<String>| -> BTreeSet<String> {
        let keep = [
            "network",
            "native_id",
            "brand",
            "text",
            "title",
            "tags",
            "published",
            "counted",
            "seen",
            "edited",
            "kind",
            "lang",
            "permalink",
            "version",
        ];
        lines
            .iter()
            .map(|line| {
                let value: Value = serde_json::from_str(line).unwrap();
                keep.map(|key| value[key].to_string()).join(" ")
            })
            .collect()
    };
    assert_eq!(core(mentions(&home, "three")), core(replayed));
    // The capture itself is a file of posts too, with edits and deletions.
    ran(&home, &["import", "examples/capture.jsonl", "--data", "four"], 0);
    assert!(mentions(&home, "four").len() > 300);
}

#[tokio::test]
async fn a_stop_loses_nothing_and_a_repeat_changes_nothing() {
    const ROWS: i64 = 5_000;
    let home = home("import-resume");
    let row = |number: i64| {
        let name = if number % 10 == 0 { "Molivelle" } else { "nothing" };
        format!(
            "2026-01-{:02} 10:00,user{number},A post about {name},https://blog.example/{number}\n",
            number % 28 + 1
        )
    };
    let rows: String = (0..ROWS).map(row).collect();
    home.write("posts.csv", format!("date,author,text,url\n{rows}"));
    let taken = || home.number("SELECT done FROM import");
    let first = home.start(&["import", "posts.csv"]);
    until("a first part to be stored", || taken() > 0).await;
    first.kill();
    let done = taken();
    assert!(done < ROWS, "it ended before it was stopped");
    let said = ran(&home, &["import", "posts.csv"], 0);
    assert!(said.contains(&format!("went on after {done} records")), "{said}");
    let kept = || {
        [
            "SELECT count(*) FROM mention",
            "SELECT count(*) FROM post",
            "SELECT sum(posts) FROM coverage",
            "SELECT done FROM import",
        ]
        .map(|sql| home.number(sql))
    };
    assert_eq!(kept(), [ROWS / 10, ROWS / 10, ROWS, ROWS]);
    let said = ran(&home, &["import", "posts.csv"], 0);
    assert!(said.contains("nothing to do"), "{said}");
    assert_eq!(kept(), [ROWS / 10, ROWS / 10, ROWS, ROWS]);
    // As another file the same posts are only seen again.
    home.write("again.csv", format!("date,author,text,url\n{rows}\n"));
    let said = ran(&home, &["import", "again.csv"], 0);
    assert!(
        said.contains(&format!("{} known already", ROWS / 10)) && said.contains("0 new mentions"),
        "{said}"
    );
    // With another brand the same file is worth another look.
    home.write("keywords/user.toml", "brand = \"User\"\nours = false\nkeywords = [\"about\"]\n");
    let said = ran(&home, &["import", "posts.csv"], 0);
    assert!(said.contains(&format!("{ROWS} new mentions")), "{said}");
}

/// The most memory that an import of a file of this many records takes, in kilobytes.
#[cfg(target_os = "linux")]
async fn memory_of(home: &Home, records: u32) -> u64 {
    let filling = "words about nothing in particular ".repeat(20);
    let line = |number: u32| {
        let brand = if number.is_multiple_of(100) { "Molivelle" } else { "nobody" };
        format!("p{number},2026-02-13T14:30:00Z,user{number},{brand} {filling}\n")
    };
    let rows: String = (0..records).map(line).collect();
    home.write("posts.csv", format!("id,date,author,text\n{rows}"));
    let data = format!("data-{records}");
    let mut child = home.command(&["import", "posts.csv", "--data", &data, "-q"]).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(peak.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return most;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn memory_does_not_grow_with_the_file() {
    let home = home("import-memory");
    let (small, large) = (memory_of(&home, 3_000).await, memory_of(&home, 20_000).await);
    let size = std::fs::metadata(home.folder.join("posts.csv")).unwrap().len() / 1_024;
    println!("{small} kB for 3,000 records, {large} kB for 20,000 of {size} kB");
    assert!(small > 0 && large < small + size / 3, "{small} {large}");
    let kept = mentions(&home, "data-20000");
    assert_eq!(kept.len(), 200);
}

#[test]
fn files_that_are_none_say_what_to_do() {
    let home = home("import-wrong");
    let mut told = String::new();
    for (name, bytes, args) in [
        ("nowhere.csv", None, &[][..]),
        ("empty.csv", Some(&b" \n"[..]), &[]),
        ("book.xlsx", Some(b"PK\x03\x04xx"), &[]),
        ("packed.csv.gz", Some(b"\x1f\x8b\x08\x00"), &[]),
        ("bytes.bin", Some(b"a\0b\0\0\x01\x02"), &[]),
        ("page.csv", Some(b"<!doctype html>"), &[]),
        ("list.json", Some(b"[{\"text\":\"a\"}]"), &[]),
        ("wide.json", Some(b"{\n  \"text\": \"a\"\n}\n"), &[]),
        ("no-text.csv", Some(b"date,verbatim,sentiment\n2026-01-01,Molivelle,1\n"), &[]),
        ("no-text.csv", None, &["--map", "verbatin=text"]),
        ("no-text.csv", None, &["--map", "verbatim=txt"]),
        ("no-text.csv", None, &["--map", "verbatim"]),
        ("no-date.csv", Some(b"text,author\nMolivelle,ana\n"), &[]),
        ("open.csv", Some(b"date,text\n03/04/2026,Molivelle\n"), &[]),
        ("both.csv", Some(b"date,text\n13/04/2026,Molivelle\n04/13/2026,Molivelle\n"), &[]),
        ("both.csv", None, &["--date-order", "ddmm"]),
        ("both.csv", None, &["--zone", "Paris"]),
        ("both.csv", None, &["--encoding", "utf8000"]),
        ("both.csv", None, &["--source", " "]),
    ] {
        if let Some(bytes) = bytes {
            home.write(name, bytes);
        }
        let args = [&["import", name][..], args].concat();
        let (code, out, err) = home.run(&args);
        told += &format!("$ vigie {} -> {code}\n{out}{err}", args.join(" "));
    }
    assert_eq!(home.number("SELECT count(*) FROM post"), 0);
    insta::assert_snapshot!(told);
}

#[test]
fn a_fault_costs_its_line_and_is_told() {
    let home = home("import-faults");
    let good = "2026-01-02,ana,Molivelle one\n2026-01-03,bob,\"Molivelle two\"\n";
    let bad = "no date,ana,Molivelle\n2026-01-04,ana,Molivelle,too,many\n,ana,Molivelle\n2026-01-05,ana,\"never closed Molivelle\n";
    home.write(
        "posts.csv",
        format!("Report of a search\n\nDate,Author,Text\n{good}{bad}2026-01-06,eve,Molivelle three\n"),
    );
    insta::assert_snapshot!(ran(&home, &["import", "posts.csv"], 1));
    assert_eq!(home.number("SELECT count(*) FROM mention"), 3);
    let many: String = (0..30).map(|number| format!("never {number},ana,Molivelle\n")).collect();
    home.write("many.csv", format!("Date,Author,Text\n{many}2026-01-07,eve,Molivelle four\n"));
    let said = ran(&home, &["import", "many.csv"], 1);
    assert_eq!(said.matches("error: many.csv:").count(), 20, "{said}");
    assert!(said.contains("10 more lines could not be taken"), "{said}");
    assert_eq!(home.number("SELECT count(*) FROM mention"), 4);
    // The first fault stops it where that is asked, and what is mended goes on.
    let strict = format!("Date,Author,Text\n2026-01-08,eve,Molivelle five\n{many}");
    home.write("strict.csv", strict);
    let said = ran(&home, &["import", "strict.csv", "--strict"], 1);
    assert_eq!(said.matches("error: strict.csv:3:").count(), 1, "{said}");
    assert_eq!(home.number("SELECT count(*) FROM mention"), 5);
    assert_eq!(home.number("SELECT max(done) FROM import WHERE name = 'strict.csv'"), 1);
}

#[test]
fn a_dry_run_reads_everything_and_stores_nothing() {
    let home = home("import-dry");
    home.write("posts.csv", FRENCH);
    let said = ran(&home, &["import", "posts.csv", "--dry-run"], 0);
    assert!(said.contains("2 mentions") && said.contains("nothing was stored"), "{said}");
    assert!(!home.folder.join("vigie-data").exists());
    let (code, out, err) = home.run(&["import", "posts.csv", "--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, err.as_str()), (0, ""));
    let keys =
        ["form", "encoding", "delimiter", "records", "mentions", "empty"].map(|key| told[key].to_string());
    assert_eq!(keys, ["\"csv\"", "\"UTF-8\"", "\";\"", "4", "2", "1"]);
    assert_eq!(told["columns"][2]["field"], "text");
}

#[tokio::test]
async fn a_running_watch_is_not_disturbed() {
    let home = Home::configured(
        "import-busy",
        "[web]\nenabled = false\n[[source]]\nnetwork = \"capture\"\nname = \"old\"\npath = \"old.jsonl\"\n",
    );
    home.write("old.jsonl", r#"{"network":"agora","id":"1","created_at":"2026-01-01","text":"Molivelle"}"#);
    home.write("posts.csv", FRENCH);
    let mut watch = home.start(&["watch"]);
    watch.says(&["source old: answers"]).await;
    let said = ran(&home, &["import", "posts.csv"], 1);
    assert!(said.contains("in use by process") && said.contains(&watch.pid().to_string()), "{said}");
    ran(&home, &["import", "posts.csv", "--dry-run"], 0);
    assert_eq!(watch.stop().await.0, 0);
    let said = ran(&home, &["import", "posts.csv", "--source", "old"], 2);
    assert!(said.contains("\"old\" is a source of the configuration already"), "{said}");
    ran(&home, &["import", "posts.csv"], 0);
    assert_eq!(home.number("SELECT count(*) FROM mention"), 3);
}

#[test]
fn old_posts_are_no_news_and_change_nothing_that_others_brought() {
    let home = home("import-late");
    let fresh = Time(jiff::Timestamp::now().as_millisecond() - 3_600_000);
    home.write(
        "first.jsonl",
        format!(
            "{}\n{}\n",
            serde_json::json!({"network": "agora", "id": "1", "created_at": "2026-01-01", "text": "Molivelle as it is now", "likes": 9,
                "author": {"id": "7", "handle": "ana", "display_name": "Ana"}}),
            serde_json::json!({"network": "agora", "id": "2", "created_at": fresh, "text": "Molivelle just now"}),
        ),
    );
    ran(&home, &["import", "first.jsonl", "--source", "first"], 0);
    // Only what was said within a day is told.
    assert_eq!(home.number("SELECT count(*) FROM alert WHERE kind = 'mention'"), 1);
    assert_eq!(home.number("SELECT count(*) FROM mention WHERE counted < 1770000000000"), 1);
    home.write(
        "older.csv",
        "network,id,date,text,author_id,author handle,author name,likes\nagora,1,2026-01-01,an older text without the name,7,old_ana,Old Ana,1\n",
    );
    ran(&home, &["import", "older.csv", "--source", "older"], 0);
    home.write("cut.csv", "network,id,date,text,author_id,author handle,followers\nagora,1,2026-01-01,Molivelle cut…,7,old_ana,55\n");
    ran(&home, &["import", "cut.csv", "--source", "cut"], 0);
    let (_, kept, _) = home.run(&["mentions", "--json", "--oldest-first", "--limit", "1"]);
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(
        [&kept["text"], &kept["counts"]["likes"], &kept["source"]],
        [&Value::from("Molivelle as it is now"), &9.into(), &"first".into()]
    );
    assert_eq!([&kept["author"]["handle"], &kept["author"]["followers"]], [&Value::from("ana"), &55.into()]);
    assert_eq!(home.number("SELECT count(*) FROM mention"), 2);
    // Corrected by its own source, a post is corrected.
    home.write(
        "better.jsonl",
        r#"{"network":"agora","id":"1","created_at":"2026-01-01","text":"Molivelle corrected"}"#,
    );
    ran(&home, &["import", "better.jsonl", "--source", "first"], 0);
    assert_eq!(home.number("SELECT count(*) FROM post WHERE text = 'Molivelle corrected'"), 1);
    // What was deleted at the source stays away.
    home.write("gone.jsonl", r#"{"delete":{"network":"agora","id":"1","seen_at":"2026-02-01"}}"#);
    ran(&home, &["import", "gone.jsonl"], 0);
    home.write(
        "again.jsonl",
        "\n{\"network\":\"agora\",\"id\":\"1\",\"created_at\":\"2026-01-01\",\"text\":\"Molivelle\"}\n",
    );
    ran(&home, &["import", "again.jsonl"], 0);
    assert_eq!(home.number("SELECT count(*) FROM post WHERE native_id = '1'"), 0);
    let said = ran(&home, &["status"], 0);
    assert!(said.contains("others bring these posts"), "{said}");
}

#[test]
fn lines_of_other_programs_and_of_networks_are_read() {
    let home = home("import-lines");
    home.write(
        "x.jsonl",
        concat!(
            r#"{"created_at":"Wed Oct 10 20:19:24 +0000 2018","id":1050118621198921728,"id_str":"1050118621198921728","full_text":"Molivelle &amp; co","user":{"id_str":"62","name":"Ana B","screen_name":"ana_b","followers_count":12},"retweet_count":3,"favorite_count":4,"lang":"en"}"#,
            "\n",
            r#"{"created_at":"Wed Oct 10 20:20:24 +0000 2018","id_str":"2","text":"half \ud83d of Molivelle","user":{"id_str":"62","screen_name":"ana_b"}}"#,
            "\n[1]\n{\"colour\":\"red\"}\n{\"text\":\n",
        ),
    );
    home.write(
        "x2.jsonl",
        r#"{"data":{"id":"9","text":"Molivelle!","author_id":"62","created_at":"2026-01-05T10:00:00.000Z","public_metrics":{"like_count":3,"retweet_count":1}}}"#,
    );
    let timeline =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/mastodon/timeline.json")).unwrap();
    let timeline: Vec<Value> = serde_json::from_slice(&timeline).unwrap();
    home.write("toots.jsonl", timeline.iter().map(|post| format!("[{post}]\n")).collect::<String>());
    home.write("statuses.jsonl", timeline.iter().map(|post| format!("{post}\n")).collect::<String>());
    let told = [
        ran(&home, &["import", "x.jsonl"], 1),
        ran(&home, &["import", "x2.jsonl"], 0),
        ran(&home, &["import", "statuses.jsonl", "--network", "mastodon", "--dry-run"], 0),
    ];
    let rows = home.database();
    let mut statement =
        rows.prepare("SELECT network, native_id, text, reactions FROM post ORDER BY native_id").unwrap();
    let rows = statement.query_map([], |row| {
        Ok(format!(
            "{} {} {} {}\n",
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, i64>(3)?
        ))
    });
    let kept: String = rows.unwrap().map(Result::unwrap).collect();
    insta::assert_snapshot!(format!("{}\n{kept}", told.join("\n")));
}
