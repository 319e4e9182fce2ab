//! How brands are spoken of and what rises, through the commands, on posts written for this.

use serde_json::Value;

use super::command::Place;

/// Stories of one brand that speak well and ill, in two languages and one that nobody reads here; a network failure that only this week's posts tell of; another brand, of which nothing rises.
pub(super) fn place(name: &str) -> Place {
    let place = Place::new(name);
    place.write("keywords/a.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\nofficial = [\"mastodon:molivelle@a.example\"]\ndomains = [\"molivelle.example\"]\n");
    place.write("keywords/b.toml", "brand = \"Érivolle\"\nkeywords = [\"Erivolle\"]\n");
    place.write("vigie.toml", "[mail]\nzone = \"UTC\"\n");
    let mut lines = String::new();
    let mut number = 0;
    let mut add = |day: u32, author: u32, text: &str| {
        number += 1;
        let hour = number % 20;
        lines.push_str(&format!(
            "{{\"network\":\"mastodon\",\"id\":\"{number}\",\"text\":\"{text}\",\"author\":\"@p{author}@a.example\",\"created_at\":\"2026-03-{day:02}T{hour:02}:30:00Z\",\"url\":\"https://a.example/{number}\"}}\n"
        ));
    };
    const PLACES: [&str; 10] =
        ["Lyon", "Brest", "Nantes", "Lille", "Tours", "Dijon", "Nice", "Metz", "Pau", "Sète"];
    const PRAISE: [&str; 5] = [
        "Superbe accueil chez Molivelle de {}, bravo à toute l’équipe",
        "Ma Molivelle achetée à {} roule merveilleusement, je suis ravie",
        "Merci au réparateur Molivelle de {}, rapide et très agréable",
        "Excellente balade en Molivelle autour de {}, quel bonheur ce matin",
        "Le nouveau magasin Molivelle de {} est magnifique, j’adore",
    ];
    const PLAIN: [&str; 5] = [
        "Erivolle ouvre à {} une boutique dans la rue de la gare",
        "La boutique Erivolle de {} change ses horaires la semaine prochaine",
        "Rendez-vous devant la gare de {} avec Erivolle samedi vers midi",
        "Erivolle recrute deux vendeurs pour sa boutique de {}",
        "Vu une affiche Erivolle près de la gare de {} hier",
    ];
    for (week, praise) in (0_u32..).zip(PRAISE) {
        for (at, town) in (0_u32..).zip(PLACES) {
            let day = 1 + (week * 5 + at % 5);
            let author = 100 + at * 5 + week;
            add(day, author, &praise.replace("{}", town));
            let plain = PLAIN[usize::try_from(at + week).unwrap() % PLAIN.len()];
            add(day, author + 500, &plain.replace("{}", town));
        }
    }
    for (at, town) in (0_u32..).zip(PLACES) {
        add(
            21 + at % 5,
            300 + at,
            &format!(
                "Horrible panne réseau chez Molivelle à {town}, service nul, quelle honte ! #PanneMolivelle"
            ),
        );
        add(
            21 + at % 5,
            320 + at,
            &format!(
                "Molivelle is awful in {town} today, the support team is terrible and slow, I hate this"
            ),
        );
        add(21 + at % 5, 340 + at, &format!("Molivelle zażółć gęślą jaźń w mieście {town} dzisiaj rano"));
    }
    place.write("posts.jsonl", lines);
    place.ok(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    place
}

pub(super) const WEEK: [&str; 4] = ["--from", "2026-03-21", "--to", "2026-03-25"];

#[test]
fn shares_of_sentiment_have_intervals_and_what_is_not_understood_is_told_apart() {
    let place = place("spoken-moods");
    let json: Value = serde_json::from_str(&place.ok(&[&["share", "--json"], &WEEK[..]].concat())).unwrap();
    let moods = &json["brands"][0]["sentiment"];
    let judged: Vec<u64> =
        moods["judged"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect();
    assert_eq!(moods["understood"].as_u64().unwrap(), judged.iter().sum::<u64>());
    assert_eq!(
        moods["understood"].as_u64().unwrap() + moods["not_understood"].as_u64().unwrap(),
        json["brands"][0]["counts"]["stories"].as_u64().unwrap()
    );
    assert!(moods["not_understood"].as_u64().unwrap() >= 8, "{moods}");
    let told = place.ok(&[&["share", "--sentiment"], &WEEK[..]].concat());
    assert!(told.contains("not understood") && told.contains("corrected"), "{told}");
    // five weeks together are enough for shares
    let all: Value =
        serde_json::from_str(&place.ok(&["share", "--json", "--from", "2026-03-01", "--to", "2026-03-25"]))
            .unwrap();
    let shares = &all["brands"][0]["sentiment"]["shares"];
    let part = |of: &str, end: &str| shares[of][end].as_u64().unwrap();
    assert_eq!(["negative", "neutral", "positive"].map(|of| part(of, "permille")).iter().sum::<u64>(), 1000);
    for of in ["negative", "neutral", "positive"] {
        assert!(
            part(of, "low") <= part(of, "permille") && part(of, "permille") <= part(of, "high"),
            "{shares}"
        );
    }
    assert!(part("positive", "permille") > 400 && part("negative", "permille") > 100, "{shares}");
    let told = place.ok(&["share", "--sentiment", "--from", "2026-03-01", "--to", "2026-03-25"]);
    assert!(told.contains("positive: ") && told.contains("% to ") && told.contains("net "), "{told}");
}

#[test]
fn what_rises_is_told_with_its_posts_and_nothing_rises_where_all_is_as_ever() {
    let place = place("spoken-topics");
    let told = place.ok(&[&["topics", "--json"], &WEEK[..]].concat());
    let brands: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(brands.len(), 2);
    let terms = |brand: &Value, of: &str| -> Vec<String> {
        brand[of].as_array().unwrap().iter().map(|topic| topic["term"].as_str().unwrap().to_owned()).collect()
    };
    let rising = terms(&brands[0], "rising");
    assert!(rising.iter().any(|term| term.contains("panne")), "{rising:?}");
    assert!(!rising.iter().any(|term| term == "molivelle" || term == "chez" || term == "the"), "{rising:?}");
    let topic = &brands[0]["rising"][0];
    assert!(topic["stories"].as_u64().unwrap() >= 3 && topic["authors"].as_u64().unwrap() >= 3, "{topic}");
    assert!(!topic["examples"].as_array().unwrap().is_empty());
    assert_eq!(terms(&brands[1], "rising"), Vec::<String>::new());
    assert!(terms(&brands[1], "own").iter().any(|term| term.contains("boutique") || term.contains("gare")));
    let one = place.ok(&[&["topics", "molivelle"], &WEEK[..]].concat());
    assert!(one.starts_with("Molivelle: ") && one.contains("panne") && !one.contains("Érivolle: "), "{one}");
    let ran = place.run(&["topics", "nobody"]);
    assert!(ran.code == 2 && ran.err.contains("no brand is called"), "{}", ran.err);
}

#[test]
fn digest_and_report_tell_both_in_french_and_english() {
    let place = place("spoken-told");
    for (language, words) in [
        ("fr", ["Sur quel ton on en parle", "Ce qui monte", "comprise"]),
        ("en", ["How they are spoken of", "What rises", "understood"]),
    ] {
        for command in [&["digest", "--text"][..], &["digest", "--html"], &["report"]] {
            let told = place.ok(&[command, &WEEK[..], &["--language", language]].concat());
            for word in &words[..2] {
                assert!(told.contains(word), "{command:?}: {word}");
            }
            assert!(command[0] == "report" || told.contains(words[2]), "{command:?}: {}", words[2]);
            assert!(told.contains("panne"), "{command:?}");
        }
    }
}
