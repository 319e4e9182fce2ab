//! The life of a case, through the command line: suspected, decided, come back, packed, verified.

use std::io::Read as _;

use crate::home::Home;

const CONFIG: &str = "[mail]\nto = [\"ops@lookout.example\"]\nfrom = \"vigie@lookout.example\"\n[[source]]\nnetwork = \"capture\"\nname = \"played\"\npath = \"capture.jsonl\"\n";

fn post(
    id: &str,
    account: &str,
    name: &str,
    bio: &str,
    minute: u32,
    text: &str,
    reply_to: Option<&str>,
) -> String {
    let mut line = serde_json::json!({
        "network": "x", "id": id, "text": text, "created_at": format!("2026-01-05T00:{minute:02}:00Z"),
        "url": format!("https://x.example/{account}/{id}"),
        "author": { "id": format!("id-{account}"), "handle": account, "display_name": name, "bio": bio },
    });
    if let Some(reply_to) = reply_to {
        line["reply_to"] = reply_to.into();
    }
    line.to_string() + "\n"
}

fn replayed(name: &str, lines: &str) -> Home {
    let home = Home::configured(name, CONFIG);
    home.write("keywords/molivelle.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\nofficial = [\"x:AskMolivelle\"]\ndomains = [\"molivelle.example\"]\n");
    more(&home, lines);
    home
}

/// Plays more lines into the same store; each time another length, since the same file is not played again.
fn more(home: &Home, lines: &str) {
    let played = home.number("SELECT count(*) FROM suspicion")
        + home.number("SELECT total(news + changed) FROM suspicion");
    let blank = "\n".repeat(usize::try_from(played.rem_euclid(97)).unwrap());
    home.write("capture.jsonl", lines.to_owned() + &blank);
    let (code, out, err) = home.run(&["watch", "--once"]);
    assert_eq!(code, 0, "{out}{err}");
}

fn suspects(home: &Home, args: &[&str]) -> Vec<serde_json::Value> {
    let args = [&["impostors", "--json"], args].concat();
    let (code, out, err) = home.run(&args);
    assert_eq!(code, 0, "{err}");
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn state(home: &Home) -> String {
    suspects(home, &["--all"])[0]["state"].as_str().unwrap().to_owned()
}

const POSER: &str = "molivelle_help";

fn poser(minute: u32, bio: &str) -> String {
    post(&format!("p{minute}"), POSER, "Molivelle Support", bio, minute, "Molivelle vous répond", None)
}

#[test]
fn a_case_is_decided_and_a_dismissed_one_comes_back_when_it_changes() {
    let home = replayed("life", &poser(1, "On est là"));
    let id = suspects(&home, &[])[0]["id"].as_i64().unwrap().to_string();
    let decide = |what: &str, args: &[&str]| {
        let args = [&["impostors", what, &id, "--by", "Ana"], args].concat();
        let (code, out, err) = home.run(&args);
        assert_eq!(code, 0, "{err}");
        out
    };
    assert_eq!(decide("confirm", &[]), format!("{id}: confirmed (was new)\n"));
    assert_eq!(decide("report", &["--note", "ticket 12"]), format!("{id}: reported (was confirmed)\n"));
    decide("dismiss", &["--note", "our reseller"]);
    assert_eq!(suspects(&home, &[]).len(), 0);
    assert_eq!(state(&home), "dismissed");
    // The same account again: nothing new.
    more(&home, &poser(2, "On est là"));
    assert_eq!(state(&home), "dismissed");
    // Another profile: back.
    more(&home, &poser(3, "Écrivez-nous sur WhatsApp pour votre remboursement Molivelle"));
    assert_eq!(state(&home), "new");
    let (_, shown, _) = home.run(&["impostors", "show", &id]);
    for event in [
        "new by vigie",
        "confirmed by Ana",
        "reported by Ana: ticket 12",
        "dismissed by Ana: our reseller",
        "returned by vigie",
    ] {
        assert!(shown.contains(event), "{event}: {shown}");
    }
    let (_, labels, _) = home.run(&["impostors", "labels"]);
    let label: serde_json::Value = serde_json::from_str(labels.trim()).unwrap();
    assert_eq!((label["label"].as_str(), label["who"].as_str()), (Some("legit"), Some("Ana")));
    let (code, _, err) = home.run(&["impostors", "confirm", "999"]);
    assert!(code == 2 && err.contains("no suspect has the number 999"), "{err}");
}

#[test]
fn alerts_tell_a_case_once_and_again_when_it_comes_back() {
    let home = replayed("once", &poser(1, "On est là"));
    let told = || home.number("SELECT count(*) FROM alert WHERE kind = 'suspicion'");
    assert_eq!(told(), 1);
    more(&home, &poser(2, "On est là"));
    assert_eq!(told(), 1);
    home.run(&["impostors", "dismiss", "1"]);
    more(&home, &poser(3, "On est là"));
    assert_eq!(told(), 1);
    more(&home, &poser(4, "Remboursement Molivelle par WhatsApp"));
    assert_eq!(told(), 2);
}

#[test]
fn an_account_that_is_removed_leaves_nothing_of_itself() {
    let gone = "{\"delete\":{\"network\":\"x\",\"account\":\"id-molivelle_help\",\"seen_at\":\"2026-01-05T00:10:00Z\"}}\n";
    let home = replayed("gone", &poser(1, "secret words"));
    home.run(&["impostors", "dismiss", "1"]);
    more(&home, gone);
    assert_eq!(state(&home), "gone");
    let bytes = std::fs::read(home.folder.join("vigie-data/vigie.db")).unwrap();
    let found = bytes.windows(12).filter(|part| *part == b"secret words").count();
    assert_eq!(found, 0, "the words of its profile are still in the store");
    let (code, _, err) = home.run(&["impostors", "confirm", "1"]);
    assert!(code == 2 && err.contains("was removed"), "{err}");
}

/// A customer, an impostor without the brand in its name, a bystander.
fn thread() -> String {
    post("c1", "lea", "Léa", "", 1, "Molivelle ne répond plus, un remboursement ?", None)
        + &post("c2", "yan", "Yan", "", 2, "Molivelle, pareil pour moi", None)
        + &post(
            "a1",
            "assist_771",
            "Service Client 24/7",
            "",
            4,
            "Bonjour, écrivez-nous en MP pour votre remboursement.",
            Some("c1"),
        )
        + &post(
            "a2",
            "assist_771",
            "Service Client 24/7",
            "",
            5,
            "Bonjour, écrivez-nous en MP pour votre remboursement.",
            Some("c2"),
        )
        + &post("b1", "zoe", "Zoé", "", 5, "Écris-moi en MP, j'ai un numéro", Some("c1"))
        + &post(
            "o1",
            "AskMolivelle",
            "Molivelle",
            "",
            6,
            "Bonjour, envoyez-nous un message privé.",
            Some("c1"),
        )
        + &post(
            "n1",
            "assist_800",
            "Service Client 24/7",
            "",
            7,
            "Bonjour, écrivez-nous en MP.",
            Some("elsewhere"),
        )
}

#[test]
fn answers_to_mentions_are_judged_though_they_name_no_brand() {
    let home = replayed("answers", &thread());
    let found = suspects(&home, &[]);
    let handles: Vec<&str> =
        found.iter().map(|suspect| suspect["account"]["handle"].as_str().unwrap()).collect();
    assert_eq!(handles, ["assist_771"]);
    let signals: Vec<&str> = found[0]["signals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|signal| signal["name"].as_str().unwrap())
        .collect();
    for signal in ["display_name_title", "conduct_private", "conduct_same", "conduct_quick"] {
        assert!(signals.contains(&signal), "{signals:?}");
    }
    // Only what bears on a suspect is kept; nothing of bystanders.
    assert_eq!(home.number("SELECT count(*) FROM answer"), 2);
    assert_eq!(home.number("SELECT count(*) FROM post"), 2);
    // Taken away at the source, its words go.
    more(
        &home,
        "{\"delete\":{\"network\":\"x\",\"id\":\"a1\",\"seen_at\":\"2026-01-05T00:20:00Z\"}}\n{\"delete\":{\"network\":\"x\",\"id\":\"a2\",\"seen_at\":\"2026-01-05T00:20:00Z\"}}\n",
    );
    assert_eq!(home.number("SELECT count(*) FROM answer"), 0);
    assert_eq!(home.number("SELECT count(*) FROM suspicion WHERE signals LIKE '%votre remboursement%'"), 0);
}

#[test]
fn an_account_without_a_face_is_judged_once_its_profile_comes() {
    let lines = post("c1", "lea", "Léa", "", 1, "Molivelle ne répond plus", None)
        + "{\"network\":\"x\",\"id\":\"a1\",\"created_at\":\"2026-01-05T00:03:00Z\",\"text\":\"Désolés, votre numéro WhatsApp ?\",\"reply_to\":\"c1\",\"author\":{\"id\":\"did9\"}}\n"
        + "{\"account\":{\"network\":\"x\",\"id\":\"did9\",\"handle\":\"karim_33\",\"display_name\":\"Karim\",\"bio\":\"Conseiller clientèle Molivelle\",\"seen_at\":\"2026-01-05T00:05:00Z\"}}\n";
    let home = replayed("faceless", &lines);
    let found = suspects(&home, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["account"]["handle"], "karim_33");
}

#[test]
fn evidence_is_packed_and_one_flipped_byte_shows() {
    let home = replayed("evidence", &(thread() + &poser(9, "\u{202e}Compte officiel Molivelle\u{1b}[31m")));
    let suspect = suspects(&home, &[]);
    let id = suspect.iter().find(|one| one["account"]["handle"] == POSER).unwrap()["id"].to_string();
    let (code, out, err) =
        home.run(&["impostors", "evidence", &id, "--offline", "--by", "Ana", "--out", "pack.zip"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("X wants two of these") && out.contains("not actionable yet: a capture of the profile"),
        "{out}"
    );
    let bytes = std::fs::read(home.folder.join("pack.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes.clone())).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let (english, french) = (text("letter.en.txt"), text("letter.fr.txt"));
    assert!(
        english.contains("@molivelle_help") && english.contains("impersonates Molivelle on X"),
        "{english}"
    );
    assert!(english.contains("Not actionable yet") && french.contains("Pas encore recevable"), "{french}");
    assert!(
        french.contains("usurpe l'identité de Molivelle") && french.contains("@AskMolivelle"),
        "{french}"
    );
    for letter in [&english, &french] {
        assert!(!letter.contains(['\u{202e}', '\u{1b}']), "{letter}");
    }
    assert!(text("conditions.txt").contains("NF Z67-147") && text("conditions.txt").contains("Ana"));
    let case: serde_json::Value = serde_json::from_str(&text("case.json")).unwrap();
    assert!(
        case["signals"]
            .as_array()
            .unwrap()
            .iter()
            .any(|signal| signal["rule"].as_array().unwrap().contains(&"affiliation".into())),
        "{case}"
    );
    assert!(text("posts.json").contains("vous répond"));

    let (code, out, _) = home.run(&["impostors", "verify", "pack.zip"]);
    assert!(code == 0 && out.contains("is whole"), "{out}");
    for place in [30, bytes.len() / 3, bytes.len() / 2, bytes.len() - 30] {
        let mut flipped = bytes.clone();
        flipped[place] ^= 4;
        home.write("flipped.zip", &flipped);
        let (code, out, err) = home.run(&["impostors", "verify", "flipped.zip"]);
        assert!(code == 1 && out.is_empty() && err.contains("is not what it was"), "{place}: {err}");
    }
    home.write("no.zip", "hello");
    let (code, _, err) = home.run(&["impostors", "verify", "no.zip"]);
    assert!(code == 1 && err.contains("cannot be read as a zip file"), "{err}");
    let (code, _, err) = home.run(&["impostors", "verify", "nowhere.zip"]);
    assert!(code == 2 && err.contains("failed to read nowhere.zip"), "{err}");
    let (code, _, err) = home.run(&["impostors", "evidence", "77", "--offline"]);
    assert!(code == 2 && err.contains("no suspect has the number 77"), "{err}");
    let (_, shown, _) = home.run(&["impostors", "show", &id]);
    assert!(shown.contains("evidence by Ana: root ") && !shown.contains(['\u{202e}', '\u{1b}']), "{shown}");
}

#[test]
fn hostile_names_are_shown_harmless_everywhere() {
    let long = "Molivelle Support ".repeat(600);
    let lines = post(
        "h1",
        "m\u{0}olivelle_help",
        "\u{202e}Molivelle\u{1b}[2J Support",
        "\u{7}",
        1,
        "Molivelle",
        None,
    ) + &post("h2", &"molivelle".repeat(1_200), &long, &long, 2, "Molivelle", None)
        + &post("h3", "", "", "", 3, "Molivelle", None)
        + &post("h4", "موليفيل", "مساعدة Мoliνelle", "", 4, "Molivelle", None);
    let home = replayed("hostile-names", &lines);
    let steers = |c: char| {
        c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let all = suspects(&home, &["--all", "--level", "watch"]);
    assert!(!all.is_empty());
    for suspect in all {
        let id = suspect["id"].to_string();
        for args in [
            &["impostors", "show", &id][..],
            &["impostors", "--level", "watch"],
            &["impostors", "evidence", &id, "--offline", "--out", "e.zip"],
        ] {
            let (code, out, err) = home.run(args);
            assert_eq!(code, 0, "{err}");
            assert_eq!(out.find(steers), None, "{args:?}: {out:?}");
            assert!(out.lines().all(|line| line.chars().count() < 2_000), "{args:?}");
        }
        let (code, out, _) = home.run(&["impostors", "verify", "e.zip"]);
        assert_eq!(code, 0, "{out}");
    }
}
