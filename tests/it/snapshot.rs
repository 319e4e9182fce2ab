//! `vigie snapshot`: what it says of a brand's own accounts, its hash, and what becomes of a document that is brought in.

use std::path::Path;

use serde_json::{Value, json};

use super::command::Place;

/// Our brand with an account and a domain, and a competitor.
fn brands(name: &str) -> Place {
    let place = Place::new(name);
    place.write("keywords/a.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\nofficial = [\"mastodon:@molivelle@a.example\"]\ndomains = [\"molivelle.example\"]\n");
    place.write("keywords/b.toml", "brand = \"Érivolle\"\nkeywords = [\"Erivolle\"]\n");
    place.write("vigie.toml", "[mail]\nzone = \"UTC\"\n");
    place
}

/// A brand whose account publishes, answers one of two who ask, and links to a campaign; a competitor without one.
fn place(name: &str) -> Place {
    let place = brands(name);
    let mut lines = String::new();
    let mut add = |post: Value| lines.push_str(&format!("{post}\n"));
    for number in 0..12_u32 {
        let day = 1 + number % 6;
        // One file in four tells links in the text alone.
        let link = "https://shop.molivelle.example/?utm_campaign=rentree&utm_source=social&utm_medium=post";
        let (links, written) = if number.is_multiple_of(4) {
            (json!([]), format!(" ({link})"))
        } else {
            (json!([link]), String::new())
        };
        add(json!({"network": "mastodon", "id": format!("own{number}"), "author": "@molivelle@a.example",
            "text": format!("Molivelle ouvre son magasin numéro {number} #Rentree{written}"),
            "likes": number, "links": links,
            "created_at": format!("2026-03-{day:02}T04:00:00Z"), "url": format!("https://a.example/own{number}")}));
        add(
            json!({"network": "mastodon", "id": format!("b{number}"), "author": format!("@p{number}@a.example"),
            "likes": 1, "text": format!("Erivolle numéro {number} dans ma rue"), "created_at": format!("2026-03-{day:02}T09:00:00Z")}),
        );
    }
    add(json!({"network": "mastodon", "id": "ask1", "author": "@ana@a.example",
        "text": "@molivelle@a.example où est mon colis Molivelle ?", "created_at": "2026-03-02T10:00:00Z"}));
    add(
        json!({"network": "mastodon", "id": "answer1", "author": "@molivelle@a.example", "reply_to": "ask1", "kind": "reply",
        "text": "Bonjour Ana, Molivelle vous répond", "created_at": "2026-03-02T10:30:00Z"}),
    );
    add(json!({"network": "mastodon", "id": "ask2", "author": "@bob@a.example",
        "text": "@molivelle@a.example: Molivelle, personne ne répond", "created_at": "2026-03-03T10:00:00Z"}));
    place.write("posts.jsonl", lines);
    place.ok(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    place
}

const WEEK: [&str; 4] = ["--as-of", "2026-03-07", "--days", "7"];

fn document(place: &Place) -> Value {
    serde_json::from_str(&place.ok(&[&["snapshot"], &WEEK[..]].concat())).unwrap()
}

#[test]
fn own_accounts_campaigns_and_answers_are_told() {
    let place = place("snapshot-own");
    let document = document(&place);
    let brand = &document["brands"][0];
    assert_eq!(brand["id"], "a");
    let profile = &brand["profiles"][0];
    assert_eq!((&profile["network"], &profile["heard"]), (&json!("mastodon"), &json!(13)));
    assert_eq!((&profile["cadence"], &profile["posts_a_week"]), (&json!("heard"), &json!(130)));
    assert_eq!(profile["kinds"], json!([{"name": "post", "posts": 12}, {"name": "reply", "posts": 1}]));
    assert_eq!(profile["with_links"], 12);
    let campaign = &brand["campaigns"][0];
    assert_eq!((&campaign["name"], &campaign["posts"]), (&json!("rentree"), &json!(12)));
    assert_eq!(campaign["placed"], json!(["social/post"]));
    assert_eq!(
        brand["answering"],
        json!([{"network": "mastodon", "addressed": 2, "answered": 1, "unanswered": 1, "median_seconds": 1800}])
    );
    let held = document["brands"][1]["against_us"].as_array().unwrap();
    assert_eq!(held[0]["measure"], "share_of_voice");
    assert!(held.iter().any(|of| of["measure"] == "followers" && of["verdict"] == "unknown"));
    assert!(document["brands"][0]["against_us"].as_array().unwrap().is_empty());
}

#[test]
fn answers_that_name_no_brand_are_answers_and_their_words_are_not_kept() {
    let place = brands("snapshot-answers");
    let post = |id: &str, author: &str, text: &str, at: &str, to: Option<&str>| {
        format!(
            "{}\n",
            json!({"network": "mastodon", "id": id, "author": author, "text": text, "reply_to": to,
                "created_at": format!("2026-03-02T{at}Z")})
        )
    };
    let own = "@molivelle@a.example";
    let lines = [
        post("ask1", "@ana@a.example", "@molivelle@a.example my Molivelle will not start", "10:00:00", None),
        post("ask2", "@bob@a.example", "@molivelle@a.example a Molivelle without a bell?", "11:00:00", None),
        post("answer1", own, "Hello Ana, please hold the red button", "10:10:00", Some("ask1")),
        post("answer2", own, "Hello Bob, one is on its way", "11:20:00", Some("ask2")),
        post("else", "@cy@a.example", "I hold the red button all day", "11:30:00", Some("ask1")),
    ];
    place.write("posts.jsonl", lines.concat());
    place.ok(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    let answering = || document(&place)["brands"][0]["answering"].clone();
    assert_eq!(
        answering(),
        json!([{"network": "mastodon", "addressed": 2, "answered": 2, "unanswered": 0, "median_seconds": 1200}])
    );
    let stored = std::fs::read(place.0.join("vigie-data/vigie.db")).unwrap();
    assert!(!stored.windows(10).any(|part| part == b"red button"), "words of a post that is no mention");
    // what is taken away answers nobody
    let gone = "{\"delete\": {\"network\": \"mastodon\", \"id\": \"answer2\", \"seen_at\": \"2026-03-02T12:00:00Z\"}}\n";
    place.write("posts.jsonl", [&lines.concat(), gone].concat());
    std::fs::remove_dir_all(place.0.join("vigie-data")).unwrap();
    place.ok(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    assert_eq!((&answering()[0]["answered"], &answering()[0]["median_seconds"]), (&json!(1), &json!(600)));
}

#[test]
fn shares_inside_each_network_are_those_that_are_listed() {
    let place = brands("snapshot-networks");
    // A competitor alone on one network, both on another.
    let mut lines = String::new();
    for number in 0..40_u32 {
        let day = 1 + number % 6;
        let (network, brand) = if number % 2 == 0 { ("bluesky", "Erivolle") } else { ("lemmy", "Molivelle") };
        let brand = if number == 1 { "Erivolle" } else { brand };
        lines.push_str(&format!(
            "{{\"network\":\"{network}\",\"id\":\"n{number}\",\"author\":\"q{number}\",\"text\":\"{brand} wa{number} wb{number}\",\"created_at\":\"2026-03-{day:02}T12:00:00Z\"}}\n"
        ));
    }
    place.write("more.jsonl", lines);
    place.ok(&["import", "more.jsonl"]);
    let period = ["--from", "2026-03-01", "--to", "2026-03-07"];
    let listed: Value =
        serde_json::from_str(&place.ok(&[&["share", "--json", "--per", "network"], &period[..]].concat()))
            .unwrap();
    let text = place.ok(&[&["snapshot"], &period[..]].concat());
    let document: Value = serde_json::from_str(&text).unwrap();
    for brand in document["brands"].as_array().unwrap() {
        let inside = brand["by_network"].as_array().unwrap();
        let parts = listed["per"]["parts"].as_array().unwrap();
        assert_eq!(inside.len(), parts.len());
        for (of, part) in inside.iter().zip(parts) {
            let shares = part["brands"].as_array().unwrap();
            let share = shares.iter().find(|share| share["id"] == brand["id"]).unwrap();
            assert_eq!(of["network"], part["name"]);
            for key in ["counts", "permille", "by_stories", "change"] {
                assert_eq!(of[key], share[key], "{key} on {}", of["network"]);
            }
            let stories: u64 = shares.iter().map(|share| share["counts"]["stories"].as_u64().unwrap()).sum();
            assert_eq!(of["of_stories"], stories);
        }
    }
    let of = |brand: usize, network: &str| {
        let inside = document["brands"][brand]["by_network"].as_array().unwrap();
        inside.iter().find(|of| of["network"] == network).unwrap().clone()
    };
    // by hand: 19 of 20 stories, and none of 20
    assert_eq!(
        (&of(0, "lemmy")["by_stories"]["permille"], &of(0, "lemmy")["of_stories"]),
        (&json!(950), &json!(20))
    );
    let none = of(0, "bluesky");
    assert_eq!((&none["by_stories"]["permille"], &none["counts"]["mentions"]), (&json!(0), &json!(0)));
    assert!(none["by_stories"]["high"].as_u64().unwrap() > 100, "{none}");
    let table = place.ok(&[&["export", "snapshot", "--format", "csv"], &period[..]].concat());
    for row in [
        "a,network_share,lemmy/permille,950",
        "a,network_share,lemmy/of_stories,20",
        "b,network_share,lemmy/stories,1",
    ] {
        assert!(table.contains(row), "{row}: {table}");
    }
    // What is told is verified; a document of before, which told nothing of it, too.
    place.write("week.json", &text);
    let told = place.ok(&["snapshot", "verify", "week.json"]);
    assert!(told.contains("are the same"), "{told}");
    let mut before = vigie::snapshot::Snapshot::read(&text).unwrap();
    before.brands.iter_mut().for_each(|brand| brand.by_network = None);
    let before = serde_json::to_string(&before.clone().seal()).unwrap();
    assert!(!before.contains("by_network"));
    place.write("before.json", &before);
    let told = place.ok(&["snapshot", "verify", "before.json"]);
    assert!(told.contains("are the same"), "{told}");
    // A share that was never so is found, sealed or not.
    let mut forged = vigie::snapshot::Snapshot::read(&text).unwrap();
    forged.brands[0].by_network.as_mut().unwrap()[0].of_stories += 1;
    place.write("forged.json", serde_json::to_string(&forged.clone().seal()).unwrap());
    let ran = place.run(&["snapshot", "verify", "forged.json"]);
    assert!(ran.code == 1 && ran.out.contains("/by_network/0/of_stories: "), "{}", ran.out);
}

#[test]
fn shares_of_reactions_stand_beside_those_of_stories() {
    let place = place("snapshot-engagement");
    let period = ["--from", "2026-03-01", "--to", "2026-03-07"];
    let shares: Value =
        serde_json::from_str(&place.ok(&[&["share", "--json"], &period[..]].concat())).unwrap();
    // by hand: 0 + 1 + ... + 11 = 66 of 78
    assert_eq!(
        (&shares["brands"][0]["reactions"], &shares["brands"][1]["reactions"]),
        (&json!(66), &json!(12))
    );
    let part = &shares["brands"][0]["by_engagement"];
    assert_eq!(part["permille"], 846);
    assert!(part["low"].as_u64().unwrap() < 800 && part["high"].as_u64().unwrap() > 900, "{part}");
    assert_eq!(shares["brands"][0].get("corrected"), None, "nobody labelled anything");
    let told = place.ok(&[&["share", "--by", "engagement"], &period[..]].concat());
    assert!(told.contains("66 reactions") && !told.contains('%'), "too few stories for percentages: {told}");
}

#[test]
fn a_document_is_verified_kept_and_given_back() {
    let place = place("snapshot-seal");
    let text = place.ok(&[&["snapshot"], &WEEK[..]].concat());
    place.write("week.json", &text);
    let told = place.ok(&["snapshot", "verify", "week.json"]);
    assert!(told.contains("what was sealed") && told.contains("are the same"), "{told}");
    // one figure changed: the hash does not hold any more
    place.write("forged.json", text.replacen("\"mentions\": 12", "\"mentions\": 99", 1));
    let ran = place.run(&["snapshot", "verify", "forged.json"]);
    assert!(ran.code == 1 && ran.out.contains("it was changed"), "{} {}", ran.out, ran.err);
    let ran = place.run(&["snapshot", "import", "forged.json"]);
    assert!(ran.code == 2 && ran.err.contains("it was changed"), "{}", ran.err);
    // kept and given back, byte by byte, from either form of export
    let kept = place.ok(&["snapshot", "import", "week.json"]);
    assert!(kept.starts_with("kept as 2026-03-07-"), "{kept}");
    assert_eq!(place.ok(&["snapshot", "show", "2026-03-07"]), text);
    let line = place.ok(&["export", "snapshot", "--format", "jsonl", "--to", "2026-03-07", "--days", "7"]);
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), serde_json::from_str::<Value>(&text).unwrap());
    place.write("line.json", line);
    place.ok(&["snapshot", "import", "line.json"]);
    assert_eq!(place.ok(&["snapshot", "list"]).lines().count(), 1, "the same document is kept once");
    let ran = place.run(&["snapshot", "show", "2027"]);
    assert!(ran.code == 2 && ran.err.contains("names 0 documents"), "{}", ran.err);
    // what is stored now says otherwise
    place.write("keywords/b.toml", "brand = \"Érivolle\"\nkeywords = [\"Erivolle\", \"Molivelle\"]\n");
    place.ok(&["rematch", "--yes"]);
    let ran = place.run(&["snapshot", "verify", "week.json"]);
    assert!(
        ran.code == 1
            && ran.out.contains("/brands/a/permille: 556 in the file")
            && ran.out.contains("its figures differ"),
        "{}",
        ran.out
    );
}

#[test]
fn changes_are_measured_against_the_day_that_is_named() {
    let place = place("snapshot-compare");
    let told = place.ok(&["snapshot", "--as-of", "2026-03-06", "--days", "3", "--compare", "2026-03-03"]);
    let document: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(document["previous"]["to"], "2026-03-04T00:00:00.000Z");
    assert_eq!(document["previous"]["from"], "2026-03-01T00:00:00.000Z");
    assert!(document["brands"][0]["change"]["counts"]["mentions"].as_u64().unwrap() > 0);
}

/// The name of every field of a document.
fn paths(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            paths(value, found);
        }),
        Value::Array(values) => values.iter().for_each(|value| paths(value, found)),
        _ => {}
    }
}

#[test]
fn the_page_about_snapshots_is_current() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/snapshot.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(vigie::snapshot::SCHEMA), "docs/snapshot.md names another version");
    let mut found = std::collections::BTreeSet::new();
    paths(&document(&place("snapshot-page")), &mut found);
    let missing: Vec<&String> = found.iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "docs/snapshot.md does not say what these are: {missing:?}");
}
