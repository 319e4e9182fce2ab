//! Bluesky authors who ask not to be shown to those who are signed out: heard and told to the owner, and no word of them
//! goes further. Through the running program: a stream that knows only ids, and the AppView that tells the rest.

use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::home::{Home, until};
use crate::jetstream::{Jetstream, now_us};
use crate::server::{Asked, Reply, Server};

const LOUD: &str = "did:plc:loudloudloudloudloudloud";
const QUIET: &str = "did:plc:quietquietquietquietquie";

/// An AppView that knows both, and what the quiet one asks for at the moment.
async fn appview(asks: Arc<Mutex<bool>>) -> Server {
    Server::start(move |asked: &Asked| {
        let path = asked.path.split('?').next().unwrap_or_default();
        let profile = |did: &str, name: &str| {
            let labels = if did == QUIET && *asks.lock().unwrap() {
                json!([{"src": did, "uri": format!("at://{did}/app.bsky.actor.profile/self"),
                    "val": "!no-unauthenticated", "cts": "2026-01-01T00:00:00.000Z"}])
            } else {
                json!([])
            };
            json!({"did": did, "handle": format!("{name}.bsky.example"), "displayName": name, "labels": labels})
        };
        let known = [(LOUD, "lena"), (QUIET, "timo")];
        let wanted = known.iter().filter(|(did, _)| asked.path.contains(&did.replace(':', "%3A")));
        let profiles: Vec<_> = wanted.map(|(did, name)| profile(did, name)).collect();
        match path {
            "/xrpc/app.bsky.actor.getProfiles" => Reply::ok(json!({"profiles": profiles}).to_string())
                .header("content-type", "application/json"),
            _ => Reply::status(404),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_not_to_be_shown_is_told_to_the_owner_and_quoted_to_nobody_else() {
    let stream = Jetstream::start().await;
    let asks = Arc::new(Mutex::new(true));
    let appview = appview(Arc::clone(&asks)).await;
    let home = Home::configured(
        "quiet",
        &format!(
            "[[source]]\nnetwork = \"bluesky\"\nhosts = [\"{}\"]\nappview = \"{}\"\nlook_back = \"1d\"\n\
            [mail]\nto = [\"ana@dest.example\"]\nfrom = \"vigie@molivelle.example\"\nlanguage = \"en\"\n\
            [alerts]\nwait = \"0s\"\nevery = \"0s\"\n[digest]\nevery = \"never\"\n[web]\nenabled = false\n\
            [fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"0 s\"\n",
            stream.url(),
            appview.url("")
        ),
    );
    let now = now_us();
    stream.create(now - 5_000_000, LOUD, "r1", "Molivelle in bright vermilion");
    stream.create(now - 4_000_000, QUIET, "r1", "Molivelle in pale heliotrope");
    let daemon = home.start(&["watch"]);
    let sql = "SELECT count(*) FROM author WHERE handle LIKE '%.bsky.example'";
    until("both authors", || home.number(sql) == 2).await;
    assert_eq!(home.number("SELECT count(*) FROM author WHERE quiet = 1"), 1);
    // A later post of the same author, whose name is known by now.
    stream.create(now_us(), QUIET, "r2", "Molivelle in deep ultramarine");
    until("the later post", || home.number("SELECT count(*) FROM mention") == 3).await;
    daemon.stop().await;

    // The owner hears of everything.
    let (_, listed, _) = home.run(&["mentions"]);
    for word in ["vermilion", "heliotrope", "ultramarine"] {
        assert!(listed.contains(word), "{word}: {listed}");
    }
    // What is made to be passed on names the post, and quotes only who may be quoted.
    let further: &[&[&str]] = &[
        &["export", "mentions", "--format", "csv"],
        &["export", "mentions", "--format", "jsonl"],
        &["snapshot"],
        &["report"],
    ];
    for command in further {
        let (code, out, err) = home.run(command);
        assert_eq!(code, 0, "{command:?}: {err}");
        assert!(out.contains("vermilion"), "{command:?}: {out}");
        for word in ["heliotrope", "ultramarine"] {
            assert!(!out.contains(word), "{command:?} quotes {word}");
        }
    }
    let (_, lines, _) = home.run(&["export", "mentions", "--format", "jsonl"]);
    assert!(lines.contains(&format!("{QUIET}/app.bsky.feed.post/r2")), "{lines}");
}
