//! `vigie report`: the same data give the same bytes, figures are those of the digest, and two reports are compared.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use vigie::post::{Deletion, Gone, NetworkName};
use vigie::store::{Durability, Store};
use vigie::time::Time;

use super::command::{Place, Ran};
use super::filled::{DEEDS, THINGS};
use super::home::Home;

/// Three brands' posts over two weeks, with a stranger who would like to be markup.
fn place(name: &str) -> Place {
    let place = Place::new(name);
    place.write("keywords/a.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n");
    place.write("keywords/b.toml", "brand = \"Érivolle\"\nkeywords = [\"Erivolle\"]\n");
    place.write("vigie.toml", "[mail]\nzone = \"Europe/Paris\"\n");
    place.write("posts.jsonl", posts(150));
    place.ok(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    place
}

fn posts(count: u32) -> String {
    let post = |number: u32| {
        let day = 1 + number % 14;
        let brand = if number.is_multiple_of(3) { "Erivolle" } else { "Molivelle" };
        let author = number % 5;
        let word = |words: [&'static str; 12], number: u32| words[usize::try_from(number % 12).unwrap()];
        let (thing, deed) = (word(THINGS, number), word(DEEDS, number / 12));
        format!(
            "{{\"network\":\"mastodon\",\"id\":\"{number}\",\"text\":\"</script><b>{brand}</b> no {number} : la {thing} {deed} &amp; <script>alert(1)</script>\",\
             \"author\":\"@p{author}@a.example\",\"created_at\":\"2026-03-{day:02}T09:30:00Z\",\"url\":\"https://a.example/{number}\"}}\n"
        )
    };
    (0..count).map(post).collect()
}

const PERIOD: [&str; 4] = ["--from", "2026-03-08", "--to", "2026-03-14"];

fn report(place: &Place, more: &[&str]) -> String {
    place.ok(&[&["report"], &PERIOD[..], more].concat())
}

#[test]
fn the_same_data_give_the_same_bytes_and_the_figures_of_the_share() {
    let place = place("report-same");
    let page = report(&place, &["--language", "en"]);
    assert_eq!(page, report(&place, &["--language", "en"]));
    let data = data(&page);
    let share: Value =
        serde_json::from_str(&place.ok(&[&["share", "--json"], &PERIOD[..]].concat())).unwrap();
    assert_eq!(data["shares"]["brands"], share["brands"]);
    assert_eq!(data["shares"]["totals"], share["totals"]);
    assert_eq!(data["hash"].as_str().unwrap().len(), 64);
    assert!(page.contains(data["hash"].as_str().unwrap()), "the hash stands in the label");
    // Nothing of strangers is markup, and nothing is run or fetched.
    assert_eq!(page.matches("<script").count(), 1, "the figures alone");
    assert!(!page.contains("<b>Molivelle") && page.contains("Content-Security-Policy"));
    assert!(!page.contains("src=\"http") && !page.contains("@import") && !page.contains("url("));
}

#[test]
fn it_speaks_french_and_english_and_bears_another_name() {
    let place = place("report-words");
    let french = report(&place, &["--language", "fr", "--name", "Agence <Phare>", "--colour", "#7A3B9A"]);
    for words in [
        "Part de voix",
        "Molivelle réunit",
        "Sur quoi reposent ces chiffres",
        "Agence &lt;Phare&gt;",
        "--own:#7a3b9a",
    ] {
        assert!(french.contains(words), "{words}");
    }
    let english = report(&place, &["--language", "en"]);
    // The label says how figures are worked out.
    for words in ["are one story", "posts of every language", "views that networks tell"] {
        assert!(english.contains(words), "{words}");
    }
    for words in ["Share of voice", "Molivelle has", "What these figures rest on", ">Vigie<"] {
        assert!(english.contains(words), "{words}");
    }
    let ran = place.run(&["report", "--colour", "red"]);
    assert!(ran.code == 2 && ran.err.contains("#0d7a86"), "{}", ran.err);
    place.write("logo.svg", "<svg/>");
    let ran = place.run(&["report", "--logo", "logo.svg"]);
    assert!(ran.code == 2 && ran.err.contains("no PNG"), "{}", ran.err);
    place.write("logo.png", [0x89, b'P', b'N', b'G', 1, 2, 3]);
    assert!(report(&place, &["--logo", "logo.png"]).contains("src=\"data:image/png;base64,iVBORw"));
}

#[test]
fn nothing_heard_is_said_and_no_page_of_zeros() {
    let place = place("report-none");
    let page = place.ok(&["report", "--from", "2025-01-01", "--to", "2025-01-02", "--language", "en"]);
    // Nobody listened then: no chart of nothing, and no reason that is none.
    assert!(
        page.contains("Nothing was listened to in this period") && page.contains("nothing was listened to"),
        "{page}"
    );
    for words in ["Strongest", "Who spoke most", "Mentions by day", "no gap is known"] {
        assert!(!page.contains(words), "{words}");
    }
}

#[test]
fn a_period_that_goes_on_says_so() {
    let place = place("report-running");
    let told = |to: &str, language: &str| {
        place.ok(&["report", "--from", "2026-03-08", "--to", to, "--language", language])
    };
    assert!(told("2126-03-14", "en").contains("This period is not over, it ends on Friday 15"));
    assert!(told("2126-03-14", "fr").contains("Cette période n’est pas finie"));
    assert!(!told("2026-03-14", "en").contains("is not over"));
}

/// The figures inside a page.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"vigie-data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn days_are_those_of_the_calendar() {
    let place = Place::new("report-days");
    place.write("keywords/a.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n");
    place.write("vigie.toml", "[mail]\nzone = \"Europe/Paris\"\n");
    let moments = [
        "2026-10-01T08:00:00Z",
        "2026-10-01T09:00:00Z",
        "2026-10-01T22:30:00Z",
        "2026-10-03T21:59:59Z",
        "2026-10-24T22:30:00Z",
        "2026-10-25T22:30:00Z",
    ];
    let post = |(number, at): (usize, &&str)| {
        format!(
            "{{\"network\":\"mastodon\",\"id\":\"{number}\",\"text\":\"Molivelle no {number}\",\"author\":\"@p{number}@a.example\",\"created_at\":\"{at}\"}}\n"
        )
    };
    place.write("posts.jsonl", moments.iter().enumerate().map(post).collect::<String>());
    place.ok(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    let told = |from: &str, to: &str| place.ok(&["report", "--language", "fr", "--from", from, "--to", to]);
    // Three days but an hour: the busiest is the day on which people wrote, and the last is there in part.
    let page = told("2026-09-30T22:00:00Z", "2026-10-03T21:00:00Z");
    assert_eq!(data(&page)["days"], serde_json::json!([["2026-10-01", 2], ["2026-10-02", 1]]));
    assert_eq!(data(&page)["zone"], "Europe/Paris");
    assert!(
        page.contains(
            "Le jour le plus chargé est le jeudi 1er\u{a0}octobre\u{a0}2026\u{a0}: 2\u{a0}mentions"
        ),
        "{page}"
    );
    assert!(page.contains("3\u{a0}jours, le dernier en partie") && page.contains("sam 3*"), "{page}");
    // The day on which the clocks go back is one.
    let page = told("2026-10-25", "2026-10-25");
    assert_eq!(data(&page)["days"], serde_json::json!([["2026-10-25", 2]]));
    assert!(
        page.contains("1\u{a0}jour · ") && page.matches("<rect class=\"ours\" x=").count() == 1,
        "{page}"
    );
    // Where midnight lies inside of an hour of UTC, days are still exact.
    place.write("vigie.toml", "[mail]\nzone = \"Asia/Kolkata\"\n");
    let page = told("2026-10-01", "2026-10-04");
    assert_eq!(
        data(&page)["days"],
        serde_json::json!([["2026-10-01", 2], ["2026-10-02", 1], ["2026-10-04", 1]])
    );
}

#[test]
fn two_reports_are_compared_and_say_why() {
    let place = place("report-diff");
    place.write("old.html", report(&place, &[]));
    assert!(report(&place, &["--diff", "old.html"]).starts_with("nothing changed"));
    place.write("keywords/b.toml", "brand = \"Érivolle\"\nkeywords = [\"Erivolle\", \"Molivelle\"]\n");
    place.ok(&["rematch", "--yes"]);
    let told = report(&place, &["--diff", "old.html"]);
    assert!(
        told.contains("Érivolle: mentions: ") && told.contains("what is counted for it was changed"),
        "{told}"
    );
    place.write("page.html", "<html></html>");
    let ran = place.run(&["report", "--diff", "page.html"]);
    assert!(ran.code == 2 && ran.err.contains("page.html: it is no report"), "{}", ran.err);
    let french = report(&place, &["--diff", "old.html", "--language", "fr"]);
    assert!(
        french.contains("Érivolle : mentions : ")
            && french.contains("parce que ce qui est compté pour elle a changé"),
        "{french}"
    );
    assert!(french.contains("part des histoires") && !french.contains(" before, "), "{french}");
    // A figure that somebody changed afterwards is not compared with.
    let page = place.read("old.html");
    place.write("altered.html", page.replace("\"suspects\":0", "\"suspects\":7"));
    let ran = place.run(&["report", "--diff", "altered.html"]);
    assert!(ran.code == 2 && ran.err.contains("altered after it was written"), "{}", ran.err);
    // One of the shape before is, and it is said that nobody can know.
    place
        .write("before.html", page.replace("\"schema\":\"vigie-report/2\"", "\"schema\":\"vigie-report/1\""));
    assert!(report(&place, &["--diff", "before.html"]).contains("Érivolle: mentions"));
}

#[test]
fn posts_that_were_deleted_are_the_reason() {
    let place = place("report-deleted");
    place.write("old.html", report(&place, &[]));
    let store = Store::open(&place.0.join("vigie-data"), Durability::Again).unwrap();
    let source = store.source("mastodon", "mastodon", false).unwrap();
    store.begin().unwrap();
    // the 7th and the 8th day, of which the first is in no report
    for id in ["6", "7", "8"] {
        let mut unit = store.unit(source);
        unit.seen = Time::parse("2026-03-20T00:00:00Z").unwrap();
        let gone = Gone::Post(id.to_owned());
        unit.remove(&Deletion { network: NetworkName::known("mastodon"), gone, at: None }).unwrap();
    }
    store.commit().unwrap();
    drop(store);
    let told = report(&place, &["--diff", "old.html"]);
    assert!(
        told.contains("Molivelle: because 2 mentions of the old report fell away (deleted at their source"),
        "{told}"
    );
    assert!(told.contains("taken away at the source since the newest post of the old report, in this window or another: 3 posts, 0 accounts"), "{told}");
    assert!(!told.contains("Érivolle: because"), "{told}");
    let french = report(&place, &["--diff", "old.html", "--language", "fr"]);
    assert!(
        french
            .contains("parce qu’il manque 2 mentions que l’ancien rapport comptait (supprimées à la source"),
        "{french}"
    );
}

#[test]
fn the_label_says_what_queries_say() {
    let place = place("report-queries");
    place.write("keywords/b.toml", "brand = \"Érivolle\"\nquery = \"Erivolle AND NOT essai\"\n");
    let page = report(&place, &["--language", "en"]);
    let data = data(&page);
    let texts = data["texts"].as_array().unwrap();
    assert!(texts.iter().any(|text| text[2] == "Erivolle"), "{texts:?}");
    assert!(page.contains("class=\"query\""));
    // What was judged by another query is told by that one, until it is applied.
    place.ok(&["rematch", "--yes"]);
    let page = report(&place, &["--language", "en"]);
    assert!(page.contains("NOT essai"), "{page}");
}

#[test]
fn posts_that_came_late_are_the_reason() {
    let place = Place::new("report-late");
    place.write("keywords/a.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n");
    place.write("vigie.toml", "[mail]\nzone = \"Europe/Paris\"\n");
    place.write("posts.jsonl", posts(150));
    place.ok(&["import", "posts.jsonl", "--data", "vigie-data"]);
    place.write("old.html", report(&place, &[]));
    let late: String = (0..4)
        .map(|number| {
            format!(
                "{{\"network\":\"mastodon\",\"id\":\"late{number}\",\"text\":\"Molivelle, later {number}\",\"author\":\"@q{number}@a.example\",\
                 \"created_at\":\"2026-03-10T09:30:00Z\"}}\n"
            )
        })
        .collect();
    place.write("late.jsonl", late);
    place.ok(&["import", "late.jsonl", "--data", "vigie-data"]);
    let told = report(&place, &["--diff", "old.html"]);
    assert!(told.contains("Molivelle: because 4 of its mentions came in later"), "{told}");
    assert!(!told.contains("fell away"), "{told}");
}

/// Prints it with this in the environment.
fn printed(place: &Place, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Ran {
    Ran::from(place.command(&["report", "--pdf", "r.pdf"]).env(name, value).output().unwrap())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a program that writes seconds is asked in two of them")]
fn it_is_printed_where_a_chromium_is_found() {
    let place = place("report-pdf");
    let ran = printed(&place, "VIGIE_CHROMIUM", "/nowhere/chromium");
    assert!(ran.code == 1 && ran.err.contains("failed to start /nowhere/chromium"), "{}", ran.err);
    let ran = printed(&place, "PATH", "none");
    assert!(ran.code == 2 && ran.err.contains("no Chromium was found"), "{}", ran.err);
    let ran = printed(&place, "PATH", std::env::var_os("PATH").unwrap());
    if ran.err.contains("no Chromium was found") {
        println!("skipped: no Chromium here to print with");
        return;
    }
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let first = std::fs::read(place.0.join("r.pdf")).unwrap();
    assert!(first.starts_with(b"%PDF-"));
    // Printed in another second, it is the same bytes.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let ran = printed(&place, "PATH", std::env::var_os("PATH").unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(std::fs::read(place.0.join("r.pdf")).unwrap() == first, "the same data give the same bytes");
    let left = place.list(".");
    assert!(!left.iter().any(|name| name.starts_with(".r.pdf")), "{left:?}");
}

#[test]
fn what_changed_in_answers_moods_and_topics_is_told() {
    let home = Home::shipped("report-deeds");
    let ran = |args: &[&str]| {
        let (code, said, errors) = home.run(&[args, &["--data", "vigie-data"]].concat());
        assert_eq!(code, 0, "{args:?}: {said}{errors}");
        said
    };
    ran(&["replay", "examples/capture.jsonl"]);
    let page = ran(&["report", "--language", "en"]);
    let french = ran(&["report", "--language", "fr"]);
    for (words, mots) in [
        ("How soon accounts answer", "En combien de temps les comptes répondent"),
        ("Shares by network", "Parts de voix par réseau"),
        ("Molivelle answered 2 of 2 posts", "Molivelle a répondu à 2 des 2 publications"),
        ("speak well of it and", "en parlent en bien et"),
    ] {
        assert!(page.contains(words) && french.contains(mots), "{words}");
    }
    let mut data = data(&page);
    // Sealed again: an older report, not an altered one.
    let diff = |old: &Value| {
        let mut old = old.clone();
        old["hash"] = "".into();
        let bare = old.to_string().replace('<', "\\u003c");
        let hash: String = Sha256::digest(&bare).iter().map(|byte| format!("{byte:02x}")).collect();
        let old = bare.replacen("\"hash\":\"\"", &format!("\"hash\":\"{hash}\""), 1);
        home.write("old.html", format!("<script type=\"application/json\" id=\"vigie-data\">{old}</script>"));
        ran(&["report", "--diff", "old.html"])
    };
    home.write("old.html", &page);
    assert!(ran(&["report", "--diff", "old.html"]).contains("nothing changed"));
    data["rest"] = "0".into();
    assert!(diff(&data).contains("the figures are the same"));
    let net = data["shares"]["brands"][0]["sentiment"]["shares"]["net"].as_i64().unwrap();
    data["shares"]["brands"][0]["sentiment"]["shares"]["net"] = 300.into();
    let of = |list: &Value, id: &str| -> usize {
        list.as_array().unwrap().iter().position(|of| of["id"] == id || of[0] == id).unwrap()
    };
    let place = of(&data["deeds"], "molivelle");
    data["deeds"][place]["answering"][0]["answered"] = 1.into();
    let place = of(&data["topics"], "molivelle");
    data["topics"][place][1] = serde_json::json!(["wheels"]);
    let told = diff(&data);
    let sign = if net < 0 { "-" } else { "+" };
    for line in [
        "Molivelle on x: of these answered: 1 before, 2 now (+1)".to_owned(),
        format!(
            "Molivelle: net sentiment +30.0 before, {sign}{}.{} now, in points: no detectable change",
            net.abs() / 10,
            net.abs() % 10
        ),
        "Molivelle: no longer said more than before: wheels".to_owned(),
    ] {
        assert!(told.contains(&line), "{line}: {told}");
    }
    // A report of before this was told says nothing of it.
    let fields = data.as_object_mut().unwrap();
    fields.remove("deeds");
    fields.remove("topics");
    let told = diff(&data);
    assert!(
        !told.contains("answered") && !told.contains("wheels") && told.contains("net sentiment"),
        "{told}"
    );
}
