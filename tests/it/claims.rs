//! Figures that strangers claim of their own posts: votes down, numbers beyond any network, one text many times.

use serde_json::{Value, json};

use crate::home::Home;

#[track_caller]
fn ran(home: &Home, args: &[&str]) -> String {
    let (code, said, errors) = home.run(args);
    assert_eq!(code, 0, "{args:?}: {said}{errors}");
    said
}

/// A post about the one brand, with these counts.
fn post(number: usize, who: &str, text: &str, counts: &Value) -> Value {
    json!({"network": "reddit", "id": number.to_string(), "text": text, "author": {"id": who, "handle": who},
        "url": format!("https://forum.example/{number}"), "created_at": format!("2026-01-0{}T10:00:00Z", number % 7 + 1),
        "counts": counts})
}

fn filled(name: &str, posts: &[Value]) -> Home {
    let home = Home::configured(name, "");
    home.write("posts.jsonl", posts.iter().map(|post| format!("{post}\n")).collect::<String>());
    ran(&home, &["import", "posts.jsonl"]);
    home
}

#[test]
fn figures_hold_whatever_counts_are_claimed() {
    let most = i64::MAX;
    let posts: Vec<Value> = [
        json!({"score": -5}),
        json!({"likes": most, "views": most}),
        json!({"likes": most, "reposts": most, "views": most}),
        json!({"likes": most, "views": most}),
        json!({"likes": i64::MIN, "views": i64::MIN}),
    ]
    .into_iter()
    .enumerate()
    .map(|(number, counts)| {
        post(number, &format!("who{}", number % 2), &format!("Molivelle, number {number} of five"), &counts)
    })
    .collect();
    let home = filled("claims", &posts);
    for args in [
        &["share", "--from", "2026-01-01", "--to", "2026-01-31"][..],
        &["share", "--from", "2026-01-01", "--to", "2026-01-31", "--json"],
        &["digest", "--from", "2026-01-01", "--to", "2026-01-31"],
        &["snapshot", "--from", "2026-01-01", "--to", "2026-01-31"],
        &["export", "shares", "--format", "csv"],
        &["report", "--from", "2026-01-01", "--to", "2026-01-31", "--out", "report.html"],
        &["check", "--figures"],
    ] {
        ran(&home, args);
    }
}

#[test]
fn likes_beyond_any_network_lead_nothing() {
    let posts = [
        post(
            0,
            "loud",
            "The Molivelle that everybody is said to like",
            &json!({"likes": 1_000_000_000_001_i64}),
        ),
        post(1, "calm", "My Molivelle climbs well with two children", &json!({"likes": 12, "replies": 3})),
    ];
    let home = filled("likes", &posts);
    let said = ran(&home, &["snapshot", "--from", "2026-01-01", "--to", "2026-01-31"]);
    let document: Value = serde_json::from_str(&said).unwrap();
    let top = document["brands"][0]["top_posts"].as_array().unwrap();
    let told: Vec<(&str, i64)> = top
        .iter()
        .map(|post| (post["author"].as_str().unwrap(), post["reactions"].as_i64().unwrap()))
        .collect();
    assert_eq!(told, [("calm", 15), ("loud", 0)], "{top:#?}");
}

#[test]
fn copies_of_one_text_make_nobody_loud() {
    const TEXT: &str =
        "Win a Molivelle today: follow this account, tell three friends and wait for the draw on Sunday";
    let mut posts: Vec<Value> = (0..8)
        .map(|number| {
            let text = format!("{TEXT} {}", ["", "#win", "RT @loud: ", "🔥"][number % 4]);
            post(number, "loud", &text, &json!({"likes": 90 + number}))
        })
        .collect();
    posts.extend((8..11).map(|number| {
        let text =
            ["My Molivelle has a new bell and it sings", "The Molivelle shop shut an hour early again"];
        post(number, "calm", &format!("{} ({number})", text[number % 2]), &json!({"likes": 1}))
    }));
    let home = filled("copies", &posts);
    let said = ran(&home, &["snapshot", "--from", "2026-01-01", "--to", "2026-01-31"]);
    let document: Value = serde_json::from_str(&said).unwrap();
    let brand = &document["brands"][0];
    let accounts: Vec<(&str, u64)> = brand["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| (account["native_id"].as_str().unwrap(), account["posts"].as_u64().unwrap()))
        .collect();
    assert_eq!(accounts, [("calm", 2), ("loud", 1)], "{brand:#}");
    let top = brand["top_posts"].as_array().unwrap();
    assert_eq!(top[0]["copies"], 7, "{top:#?}");
    assert_eq!(top.iter().filter(|post| post["author"] == top[0]["author"]).count(), 1, "{top:#?}");
}
