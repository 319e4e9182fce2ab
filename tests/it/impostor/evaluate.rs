//! `vigie evaluate impostors` and `threads`, through the command line.

use crate::home::Home;

const BRANDS: &str = r#"{"zephyrine": {"display_name": "Zephyrine", "official": ["AskZephyrine"], "domains": ["zephyrine.example"], "avatar_hash": "af9b189c3be880d6", "lang": "fr"}}"#;

const CASES: &str = r#"{"id":"a","brand":"zephyrine","candidate":{"network":"x","handle":"zephyrine_help","display_name":"Zephyrine Support"},"label":"impostor","class":"combo_support"}
{"id":"b","brand":"zephyrine","candidate":{"network":"x","handle":"marie5521","display_name":"Zephyrine","avatar_hash":"af9b189c3be880d1"},"label":"impostor","class":"profile_clone"}
{"id":"c","brand":"zephyrine","candidate":{"network":"x","handle":"askzephyrine","display_name":"Zephyrine"},"label":"legit","class":"official_allowlisted"}
{"id":"d","brand":"zephyrine","candidate":{"network":"mastodon","handle":"aide","instance":"zephyrine.example","display_name":"Zephyrine"},"label":"legit","class":"official_domain_handle"}
{"id":"e","brand":"zephyrine","candidate":{"network":"x","handle":"tomjarvis","display_name":""},"label":"legit","class":"random_real_handle"}
{"id":"f","brand":"zephyrine","candidate":{"network":"x","handle":"xzephyrinex"},"label":"grey","class":"wild_squat"}
"#;

fn home() -> Home {
    let home = Home::new("evaluate");
    home.write("brands.json", BRANDS);
    home.write("cases.jsonl", CASES);
    home
}

#[test]
fn labelled_accounts_are_scored_and_answered() {
    let home = home();
    let args = ["evaluate", "impostors", "cases.jsonl", "--brands", "brands.json", "--answers", "out.jsonl"];
    let (code, out, err) = home.run(&args);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("5 labelled accounts") || out.starts_with("6 labelled accounts"), "{out}");
    assert!(
        out.contains("review and above: precision 1.0000, recall 1.0000, F1 1.0000, macro recall 1.0000"),
        "{out}"
    );
    let answers: Vec<serde_json::Value> =
        home.read("out.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let levels: Vec<&str> = answers.iter().map(|answer| answer["level"].as_str().unwrap()).collect();
    assert_eq!(levels[..5], ["alert", "alert", "none", "none", "none"]);
    assert!(answers[0]["score"].as_f64().unwrap() > 0.5 && answers[4]["score"] == 0.0);
    assert!(answers[5]["score"].as_f64().unwrap() < 0.5);
    assert_eq!(answers[2]["signals"][0]["name"], "acquitted_declared");
    assert_eq!(answers[3]["signals"][0]["name"], "acquitted_domain");
    let signals: Vec<&str> = answers[1]["signals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|signal| signal["name"].as_str().unwrap())
        .collect();
    assert!(signals.contains(&"picture_copied"), "{signals:?}");
}

#[test]
fn without_labels_the_answers_are_what_is_printed() {
    let home = home();
    home.write("bare.jsonl", r#"{"id":"a","brand":"zephyrine","candidate":{"network":"x","handle":"zephyrine_help","display_name":"Zephyrine Support"}}"#);
    let (code, out, _) = home.run(&["evaluate", "impostors", "bare.jsonl", "--brands", "brands.json"]);
    assert_eq!(code, 0);
    let answer: serde_json::Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!((answer["id"].as_str(), answer["level"].as_str()), (Some("a"), Some("alert")));
}

#[test]
fn what_is_wrong_with_cases_is_told_with_its_place() {
    let home = home();
    home.write("unknown.jsonl", CASES.replace("\"brand\":\"zephyrine\"", "\"brand\":\"nobody\""));
    home.write("hash.jsonl", CASES.replace("af9b189c3be880d1", "af9b"));
    for (cases, brands, told) in [
        ("none.jsonl", "brands.json", "failed to read none.jsonl"),
        ("cases.jsonl", "none.json", "failed to read none.json"),
        ("unknown.jsonl", "brands.json", "case \"a\": brands.json holds no brand \"nobody\""),
        ("hash.jsonl", "brands.json", "\"b\": avatar_hash: a picture is written as 16 hexadecimal digits"),
        ("brands.json", "brands.json", "brands.json:1: "),
        ("cases.jsonl", "cases.jsonl", "cases.jsonl:"),
    ] {
        let (code, out, err) = home.run(&["evaluate", "impostors", cases, "--brands", brands]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(told), "{err}");
    }
}

const THREAD: &str = r#"{"id":"t1","brand":"zephyrine","brand_profile":{"display_name":"Zephyrine","official":["AskZephyrine"],"domains":["zephyrine.example"],"name_has_other_sense":false},"posts":[{"id":"p1","network":"x","author":{"handle":"lea"},"text":"Zephyrine ne répond plus","published":"2026-03-01T10:00:00Z"},{"id":"p2","network":"x","author":{"handle":"helper9","display_name":"Service Client 24/7"},"text":"Bonjour, écrivez-nous en MP pour votre remboursement","reply_to":"p1","published":"2026-03-01T10:04:00Z"},{"id":"p3","network":"x","author":{"handle":"AskZephyrine","display_name":"Zephyrine"},"text":"Envoyez-nous un MP","reply_to":"p1","published":"2026-03-01T11:00:00Z"},{"id":"p4","network":"x","author":{"handle":"marc"},"text":"Pareil, écris-moi en MP","reply_to":"p1","published":"2026-03-01T10:01:00Z"}],"labels":{"lea":"legit","helper9":"impostor","AskZephyrine":"official","marc":"legit"}}"#;

#[test]
fn threads_are_judged_account_by_account() {
    let home = Home::new("threads");
    home.write("threads.jsonl", THREAD);
    let (code, out, err) = home.run(&["evaluate", "threads", "threads.jsonl", "--answers", "out.jsonl"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("review and above: precision 1.0000, recall 1.0000"), "{out}");
    let mut levels: Vec<(String, String)> = home
        .read("out.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|answer| {
            assert_eq!(answer["thread"], "t1");
            (answer["handle"].as_str().unwrap().to_owned(), answer["level"].as_str().unwrap().to_owned())
        })
        .collect();
    levels.sort();
    let levels: Vec<(&str, bool)> = levels
        .iter()
        .map(|(handle, level)| (handle.as_str(), matches!(level.as_str(), "alert" | "review")))
        .collect();
    assert_eq!(levels, [("AskZephyrine", false), ("helper9", true), ("lea", false), ("marc", false)]);
}

/// Runs the command on the lines whose brand is in the third that was held out, in the rest, and on all.
fn measured(subject: &str, file: &std::path::Path, more: &[&str]) -> Vec<(&'static str, serde_json::Value)> {
    let text = std::fs::read_to_string(file).unwrap();
    let brand = |line: &str| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        case["brand"].as_str().unwrap().to_owned()
    };
    let brands: std::collections::BTreeSet<String> = text.lines().map(brand).collect();
    let held: std::collections::BTreeSet<&String> = brands.iter().skip(2).step_by(3).collect();
    let home = Home::new("measured");
    ["all", "tuned", "held-out"]
        .into_iter()
        .map(|group| {
            let part: String = text
                .lines()
                .filter(|line| group == "all" || held.contains(&brand(line)) == (group == "held-out"))
                .map(|line| format!("{line}\n"))
                .collect();
            home.write("part.jsonl", part);
            let args = [&["evaluate", subject, "part.jsonl", "--json"], more].concat();
            let (code, out, err) = home.run(&args);
            assert_eq!(code, 0, "{err}");
            println!("{subject}, {group}: {out}");
            (group, serde_json::from_str(&out).unwrap())
        })
        .collect()
}

fn corpus() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("VIGIE_CORPUS").map(std::path::PathBuf::from)?.join("impostors");
    folder.is_dir().then_some(folder)
}

#[test]
fn labelled_accounts_are_judged_well_through_the_command() {
    let Some(folder) = corpus() else {
        println!("skipped: VIGIE_CORPUS names no folder with impostors/");
        return;
    };
    let brands = folder.join("brands_dev.json");
    let brands = brands.to_str().unwrap();
    for (group, scores) in measured("impostors", &folder.join("dev.jsonl"), &["--brands", brands]) {
        let at = &scores["at"][0];
        assert_eq!(at["level"], "review");
        let least =
            |name: &str, least: f64| assert!(at[name].as_f64().unwrap() >= least, "{group}: {name}: {at}");
        least("precision", 0.99);
        least("recall", 0.90);
        least("macro_recall", 0.88);
        assert!(at["false_positives_per_10k_random"].as_f64().unwrap() <= 2.5, "{group}: {at}");
        let most = |class: &str, most: f64| {
            let share = &at["legit"][class];
            let (flagged, all) = (share["flagged"].as_f64().unwrap(), share["all"].as_f64().unwrap());
            assert!(flagged <= most * all, "{group}: {class}: {share}");
        };
        for (class, share) in [
            ("homonym", 0.05),
            ("third_party_descriptive", 0.05),
            ("critic_community", 0.05),
            ("labelled_parody_fan", 0.01),
            ("employee_journalist", 0.01),
            ("official_allowlisted", 0.0),
            ("official_domain_handle", 0.0),
        ] {
            most(class, share);
        }
        // The level at which a mail is sent at once.
        let alert = &scores["at"][1];
        assert!(alert["precision"].as_f64().unwrap() >= 0.995, "{group}: {alert}");
    }
}

#[test]
fn labelled_threads_are_judged_well_through_the_command() {
    let Some(folder) = corpus() else {
        println!("skipped: VIGIE_CORPUS names no folder with impostors/");
        return;
    };
    for (group, scores) in measured("threads", &folder.join("threads.dev.jsonl"), &[]) {
        let at = &scores[0];
        assert_eq!(at["level"], "review");
        assert!(at["precision"].as_f64().unwrap() >= 0.92, "{group}: {at}");
        assert!(at["recall"].as_f64().unwrap() >= 0.85, "{group}: {at}");
        assert_eq!(at["officials_flagged"], 0, "{group}");
    }
}
