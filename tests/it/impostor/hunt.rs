//! The hunt, through the command line, against a small server that plays a network.

use crate::home::Home;
use crate::server::{Reply, Server};

#[test]
fn what_would_be_tried_is_listed_without_asking_anybody() {
    let home = Home::configured("hunt-list", "[fetch]\nallow = []\n");
    home.write(
        "keywords/molivelle.toml",
        "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\ndomains = [\"molivelle.example\"]\n",
    );
    let (code, out, err) = home.run(&["impostors", "hunt", "molivelle", "--list", "--tries", "40"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("handle  molivellesupport  (a word of customer service)"), "{out}");
    assert!(out.contains("domain  molivelle-support.example"), "{out}");
    let (code, _, err) = home.run(&["impostors", "hunt", "nobody", "--list"]);
    assert!(code == 2 && err.contains("no brand is called `nobody`"), "{err}");
}

fn account(id: u32, name: &str) -> String {
    format!(
        r#"{{"id":"{id}","username":"{name}","acct":"{name}","display_name":"Molivelle Support","note":"<p>Molivelle help, DM us</p>","url":"https://social.example/@{name}","created_at":"2026-01-01T00:00:00Z","followers_count":3}}"#
    )
}

fn configured(server: &Server, more: &str) -> Home {
    let home = Home::configured(
        "hunt",
        &format!(
            "[fetch]\nallow = [\"127.0.0.0/8\"]\n[[source]]\nnetwork = \"mastodon\"\nname = \"fedi\"\nbase_url = \"{}\"\ntags = [\"molivelle\"]\n{more}",
            server.url("")
        ),
    );
    home.write("keywords/molivelle.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n");
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_pose_are_found_and_a_hunt_goes_on_where_it_stopped() {
    let server = Server::start(|asked| match asked.path.as_str() {
        path if path.contains("/accounts/lookup") && path.contains("molivelle_sav") => {
            Reply::ok(account(7, "molivelle_sav")).header("content-type", "application/json")
        }
        path if path.contains("/accounts/lookup") => {
            Reply::status(404).body("{\"error\":\"Record not found\"}")
        }
        _ => Reply::ok("{\"accounts\":[],\"statuses\":[],\"hashtags\":[]}")
            .header("content-type", "application/json"),
    })
    .await;
    let home = configured(&server, "budget = 16\n");
    let hunt = |args: &[&str]| {
        let args = [&["impostors", "hunt", "molivelle"], args].concat();
        home.run(&args)
    };
    let (code, _, err) = hunt(&["--tries", "20"]);
    assert!(code == 1 && err.contains("the budget of the day is spent"), "{code} {err}");
    let asked = server.asked().len();
    assert_eq!(asked, 16);
    // What was asked is not asked again; the budget of the day is spent all the same.
    let (code, _, err) = hunt(&["--tries", "20"]);
    assert!(code == 1 && err.contains("the budget of the day is spent"), "{err}");
    assert_eq!(server.asked().len(), asked);
    let text = home.read("vigie.toml").replace("budget = 16", "budget = 1000");
    home.write("vigie.toml", text);
    let (code, out, err) = hunt(&["--tries", "20"]);
    assert_eq!(code, 0, "{out} {err}");
    let paths: Vec<String> = server.asked().iter().map(|asked| asked.path.clone()).collect();
    let mut once = paths.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), paths.len(), "asked twice: {paths:?}");
    let (_, list, _) = home.run(&["impostors", "--json"]);
    assert!(list.contains("molivelle_sav"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_and_its_picture_are_captured_or_it_says_why_not() {
    let server = Server::start(|asked| match asked.path.as_str() {
        path if path.contains("/accounts/lookup") && path.contains("molivelle_sav") => {
            Reply::ok(account(7, "molivelle_sav")).header("content-type", "application/json")
        }
        path if path.contains("/accounts/lookup") => Reply::status(404),
        _ => Reply::ok("{\"accounts\":[],\"statuses\":[],\"hashtags\":[]}")
            .header("content-type", "application/json"),
    })
    .await;
    let home = configured(&server, "");
    let (code, _, err) = home.run(&["impostors", "hunt", "molivelle", "--tries", "30"]);
    assert_eq!(code, 0, "{err}");
    let (code, out, err) = home.run(&["impostors", "evidence", "1", "--out", "e.zip"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("captured profile from 127.0.0.1/api/v1/accounts/lookup"), "{out}");
    assert!(home.run(&["impostors", "verify", "e.zip"]).1.contains("is whole"));
    drop(server);
    let (code, out, err) = home.run(&["impostors", "evidence", "1", "--out", "f.zip"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("profile not captured:"), "{out}");
    assert!(home.run(&["impostors", "verify", "f.zip"]).1.contains("is whole"));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_handles_are_looked_up_at_once_where_the_network_allows_it() {
    let server = Server::start(|asked| {
        let json = |body: &str| Reply::ok(body.to_owned()).header("content-type", "application/json");
        let actors = asked.path.matches("actors=").count();
        match asked.path.split('?').next().unwrap_or_default() {
            // One of these names is none to this server; then each is asked for alone.
            path if path.ends_with("getProfiles") && asked.path.contains("actors=molivellesupport.") => {
                assert!(actors <= 25, "{}", asked.path);
                Reply::status(400).body("{\"error\":\"InvalidRequest\",\"message\":\"actor must be a valid did or a handle\"}")
            }
            path if path.ends_with("getProfiles") => {
                assert!(actors <= 25, "{}", asked.path);
                json("{\"profiles\":[{\"did\":\"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa\",\"handle\":\"molivelle-sav.bsky.social\",\"displayName\":\"Molivelle SAV\",\"description\":\"Service client Molivelle\"}]}")
            }
            path if path.ends_with("getProfile") => {
                Reply::status(400).body("{\"error\":\"InvalidRequest\",\"message\":\"Profile not found\"}")
            }
            _ => json("{\"actors\":[]}"),
        }
    })
    .await;
    let home = Home::configured(
        "hunt-batch",
        &format!(
            "[fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"1ms\"\n[[source]]\nnetwork = \"bluesky\"\nname = \"sky\"\nappview = \"{}\"\n",
            server.url("")
        ),
    );
    let (code, out, err) = home.run(&["impostors", "hunt", "molivelle", "--tries", "75"]);
    assert_eq!(code, 0, "{out} {err}");
    let count = |end: &str| {
        let asked = server.asked();
        asked
            .iter()
            .filter(|asked| asked.path.split('?').next().is_some_and(|path| path.ends_with(end)))
            .count()
    };
    println!("75 handles in {} requests of several and {} of one", count("getProfiles"), count("getProfile"));
    assert_eq!((count("getProfiles"), count("getProfile")), (3, 25));
    let (_, list, _) = home.run(&["impostors", "--json"]);
    assert!(list.contains("molivelle-sav.bsky.social"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_come_to_the_same_on_a_network_are_asked_for_once() {
    let server = Server::start(|asked| {
        let found = if asked.path.contains("getProfiles") { "profiles" } else { "actors" };
        Reply::ok(format!("{{\"{found}\":[]}}")).header("content-type", "application/json")
    })
    .await;
    let home = Home::configured(
        "hunt-once",
        &format!(
            "[fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"1ms\"\n[[source]]\nnetwork = \"bluesky\"\nname = \"sky\"\nappview = \"{}\"\n",
            server.url("")
        ),
    );
    home.write(
        "keywords/molivelle.toml",
        "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\nofficial = [\"bluesky:@molivelle-help.bsky.social\"]\n",
    );
    let (code, out, err) = home.run(&["impostors", "hunt", "molivelle", "--tries", "500"]);
    assert_eq!(code, 0, "{out} {err}");
    let asked = server.asked();
    let handles: Vec<&str> = asked
        .iter()
        .flat_map(|asked| asked.path.split(['?', '&']).filter_map(|pair| pair.strip_prefix("actors=")))
        .collect();
    let once: std::collections::BTreeSet<&str> = handles.iter().copied().collect();
    println!("{} handles, {} requests", handles.len(), asked.len());
    assert!(handles.len() > 100, "{handles:?}");
    assert_eq!(once.len(), handles.len(), "asked twice: {handles:?}");
    assert!(!once.contains("molivelle-help.bsky.social"), "the brand's own");
}
