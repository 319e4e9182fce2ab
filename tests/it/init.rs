//! `vigie init`, `check`, `completions`, `man`: from nothing to a configuration that works.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use super::command::{Place, Ran};
use super::server::{Reply, Server};
use vigie::config::Config;

const FEED: &str = r#"<rss version="2.0"><channel><title>t</title>
<item><guid>1</guid><title>Molivelle opens</title></item></channel></rss>"#;

fn config(place: &Place) -> Config {
    Config::read(&place.0.join("vigie.toml")).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn flags_are_enough_and_what_is_written_passes_check() {
    let place = Place::new("init-flags");
    let told = place.ok(&[
        "init",
        "--brand",
        "Ostrel  Vane",
        "--against",
        "Orange, Molivelle",
        "--unless",
        "moulin",
        "--unless",
        "Orange:jus,fruit",
        "--context",
        "orange: réseau ,forfait",
        "--mail",
        "Ana Díaz <ana@acme.example>",
        "--smtp",
        "smtp.acme.example:465",
        "--smtp-user",
        "ana",
        "--language",
        "fr",
    ]);
    assert_eq!(place.list("keywords"), ["molivelle.toml", "orange.toml", "ostrel-vane.toml"]);
    assert!(told.contains("next: vigie check, then vigie watch"), "{told}");
    let brands = vigie::keyword::read_folder(&place.0.join("keywords")).unwrap();
    let orange = &brands[1];
    assert_eq!(
        (orange.unless.len(), orange.context.as_slice()),
        (2, &["réseau".to_owned(), "forfait".to_owned()][..])
    );
    assert!(orange.other_sense && !orange.ours);
    assert_eq!((brands[2].name.as_str(), brands[2].ours), ("Ostrel Vane", true));
    assert_eq!(brands[2].keywords, ["Ostrel Vane", "OstrelVane"]);
    let ran = place.run(&["check", "--offline"]);
    // No password is set yet: that is a problem, and the only one.
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_eq!(ran.out.matches("FAILS").count(), 1, "{}", ran.out);
    assert!(ran.out.contains("VIGIE_SMTP_PASSWORD"), "{}", ran.out);
    let passed = place.command(&["check", "--offline"]).env("VIGIE_SMTP_PASSWORD", "x").output().unwrap();
    assert_eq!(Ran::from(passed).code, 0);
    insta::assert_snapshot!("init_vigie_toml", place.read("vigie.toml"));
    insta::assert_snapshot!("init_keywords", place.read("keywords/orange.toml"));
}

#[test]
fn a_brand_alone_is_enough_and_the_rest_is_as_usual() {
    let place = Place::new("init-brand");
    place.ok(&["init", "--brand", "Molivelle"]);
    let written = config(&place);
    let networks: std::collections::BTreeSet<&str> =
        written.sources.iter().map(|source| source.network.as_str()).collect();
    assert_eq!(networks.into_iter().collect::<Vec<_>>(), ["bluesky", "feed", "hackernews", "mastodon"]);
    assert_eq!(written.mail.zone.unwrap().iana_name(), Some("Europe/Paris"));
    assert_eq!(written.mail.language, Some(vigie::mail::Language::En));
    place.ok(&["check", "--offline"]);
    let french = Place::new("init-french");
    let ran = french
        .command(&["init", "--brand", "Molivelle", "--networks", "feeds"])
        .env("LANG", "fr_FR.UTF-8")
        .output();
    assert_eq!(Ran::from(ran.unwrap()).code, 0);
    assert_eq!(config(&french).mail.language, Some(vigie::mail::Language::Fr));
    assert!(config(&french).sources.iter().all(|source| source.network == "feed"));
}

#[test]
fn nothing_is_ever_overwritten_without_force() {
    let place = Place::new("init-force");
    place.write("keywords/molivelle.toml", "keywords = [\"mine\"]\n");
    let ran = place.run(&["init", "--brand", "Molivelle"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("keywords/molivelle.toml exists already, nothing was written"), "{}", ran.err);
    assert_eq!(place.list(""), ["keywords"], "nothing is written when one file is there");
    assert_eq!(place.read("keywords/molivelle.toml"), "keywords = [\"mine\"]\n");
    place.write("keywords/other.toml", "keywords = [\"other\"]\n");
    let ran = place.run(&["init", "--brand", "Molivelle", "--force"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("also holds other.toml"), "{}", ran.err);
    assert!(place.read("keywords/molivelle.toml").contains("brand = \"Molivelle\""));
    assert_eq!(place.run(&["init", "--brand", "Zoë"]).code, 2, "vigie.toml is there now");
}

#[test]
fn wrong_flags_say_what_to_write_and_write_nothing() {
    let place = Place::new("init-wrong");
    let mut told = String::new();
    for arguments in [
        &["init"][..],
        &["init", "--yes"],
        &["init", "--brand", "!!"],
        &["init", "--brand", "Acme", "--against", "Acmé"],
        &["init", "--brand", "Acme", "--mail", "ana"],
        &["init", "--brand", "Acme", "--smtp", "localhost:25"],
        &["init", "--brand", "Acme", "--mail", "a@b.example", "--smtp", "localhost:x"],
        &["init", "--brand", "Acme", "--mail", "a@b.example", "--smtp", "http://localhost"],
        &["init", "--brand", "Acme", "--networks", "feed,mastadon"],
        &["init", "--brand", "Acme", "--zone", "Paris"],
        &["init", "--brand", "Acme", "--unless", "Bolt:x"],
        &["init", "--brand", "Acme", "--unless", "ACME"],
        &["init", "--brand", "Acme", "--context", "!!"],
        &["init", "--brand", "Acme", "--config", "x.toml"],
        &["init", "--brand", &"x".repeat(81)],
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        told += &ran.err;
    }
    assert_eq!(place.list(""), Vec::<String>::new());
    insta::assert_snapshot!(told);
}

#[test]
fn names_with_quotes_and_line_ends_cannot_leave_their_place() {
    let place = Place::new("init-quotes");
    place.ok(&["init", "--brand", "O\"Neil\\ \n[x]", "--dir", "some/where", "--mail", "a@b.example"]);
    assert_eq!(place.list("some/where/keywords"), ["o-neil-x.toml"]);
    place.ok(&["check", "--offline", "--config", "some/where/vigie.toml"]);
}

#[test]
fn a_word_that_is_common_is_told() {
    let place = Place::new("init-common");
    let ran = place.run(&["init", "--brand", "Orange", "--against", "SFR,Le Coq,Président,Boots,Molivelle"]);
    assert_eq!(ran.code, 0);
    for (name, warned) in [
        ("Orange", true),
        ("SFR", true),
        ("Le Coq", true),
        ("Président", true),
        ("Boots", true),
        ("Molivelle", false),
    ] {
        assert_eq!(ran.err.contains(&format!("the word \"{name}\"")), warned, "{name}: {}", ran.err);
    }
}

/// A mail server that greets, says what it can, and closes.
fn mail_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut out = stream.try_clone().unwrap();
            out.write_all(b"220 here\r\n").unwrap();
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let answer: &[u8] = if line.starts_with("QUIT") { b"221 bye\r\n" } else { b"250 ok\r\n" };
                if out.write_all(answer).is_err() {
                    break;
                }
            }
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_tells_of_every_source_and_of_the_mail_server() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/good" => Reply::ok(FEED),
        "/page" => Reply::ok("<html><body>no feed</body></html>").header("content-type", "text/html"),
        _ => Reply::status(404),
    })
    .await;
    let place = Place::new("check-sources");
    place.write("keywords/molivelle.toml", "ours = true\nkeywords = [\"Molivelle\"]\n");
    let source = |name: &str, path: &str| {
        format!("[[source]]\nnetwork = \"feed\"\nname = \"{name}\"\nurl = \"{}\"\n", server.url(path))
    };
    let head = |port: u16| {
        format!(
            "[mail]\nto = \"a@b.example\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n[fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"0s\"\n"
        )
    };
    let check = |arguments: &[&str]| tokio::task::block_in_place(|| place.run(arguments));
    let port = mail_server();
    place.write("vigie.toml", head(port) + &source("good", "/good"));
    let ran = check(&["check"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("ok      source good (feed): answers, 1 post in the first answer"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains(&format!("ok      mail server 127.0.0.1:{port}: answers")), "{}", ran.out);
    assert_eq!(place.list(""), ["keywords", "vigie.toml"], "check leaves nothing behind");

    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = head(dead)
        + &source("page", "/page")
        + &source("good", "/good")
        + &source("gone", "/gone")
        + "[[source]]\nnetwork = \"mastodon\"\nname = \"idle\"\n[[source]]\nnetwork = \"capture\"\npath = \"no.jsonl\"\n";
    place.write("vigie.toml", text);
    let ran = check(&["check"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let lines = ran.out.replace(&server.address.to_string(), "HOST").replace(&dead.to_string(), "PORT");
    insta::assert_snapshot!("check_failures", lines);
    let ran = check(&["check", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &told["ok"]), (1, &false.into()));
    let fares = |what: &str| {
        let findings = told["findings"].as_array().unwrap();
        findings.iter().find(|one| one["what"].as_str().unwrap().contains(what)).unwrap()["fares"].clone()
    };
    assert_eq!((fares("source good"), fares("source gone")), ("ok".into(), "fails".into()));
}

#[test]
fn check_tells_of_the_store() {
    let place = Place::new("check-store");
    place.write("keywords/molivelle.toml", "ours = true\nkeywords = [\"Molivelle\"]\n");
    place.write("vigie.toml", "[[source]]\nnetwork = \"capture\"\npath = \"posts.jsonl\"\n");
    place.write(
        "posts.jsonl",
        "{\"network\":\"x\",\"id\":\"1\",\"text\":\"Molivelle\",\"created_at\":\"2026-01-05T00:00:00Z\"}\n",
    );
    place.ok(&["replay", "posts.jsonl", "--data", "vigie-data"]);
    assert!(place.ok(&["check", "--offline"]).contains("the store is whole, schema"));
    let held =
        vigie::store::Store::open(&place.0.join("vigie-data"), vigie::store::Durability::Full).unwrap();
    let told = place.ok(&["check", "--offline"]);
    assert!(told.contains(&format!("process {} watches with it", std::process::id())), "{told}");
    drop(held);
    place.write("vigie-data/vigie.db", "this is no database, and long enough to be taken for one by nobody");
    let ran = place.run(&["check", "--offline"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("is damaged") && ran.out.contains("vigie restore"), "{}", ran.out);
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let place = Place::new("completions");
    let commands = ["init", "check", "watch", "replay", "explain", "backup", "restore"];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.ok(&["completions", shell]);
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
    }
    place.ok(&["man", "pages"]);
    let pages = place.list("pages");
    for command in commands {
        assert!(pages.contains(&format!("vigie-{command}.1")), "{command}: {pages:?}");
    }
    assert!(place.read("pages/vigie.1").contains("vigie"));
    assert_eq!(place.run(&["completions", "tcsh"]).code, 2);
}
