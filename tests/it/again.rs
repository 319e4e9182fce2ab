//! What the running program does with what it has stored: posts are read again, terms of networks are held, official
//! accounts are looked up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rusqlite::types::ValueRef;
use serde_json::{Value, json};

use vigie::intake::{Judge, Origin, Step};
use vigie::keyword::{Brand, OfficialAccount};
use vigie::matcher::Scratch;
use vigie::network::{Dates, Page};
use vigie::post::{Account, Author, Deletion, Gone, NetworkName};
use vigie::store::{Durability, Store};
use vigie::time::Time;

use crate::fetch::clock;
use crate::home::{Daemon, Home, until};
use crate::server::{Asked, Reply, Server};

const DAY: i64 = 86_400_000;

fn configured(name: &str, source: &str) -> Home {
    let head = "[fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"0 s\"\n[digest]\nevery = \"never\"\n[web]\nenabled = false\n";
    Home::configured(name, &format!("{head}[[source]]\n{source}\n"))
}

fn watch(home: &Home, key: &'static str) -> Daemon {
    home.start_with(&["watch"], |command| {
        command.env(key, "s3cret");
    })
}

/// Every table that holds this word, with how often.
fn tables_with(home: &Home, word: &str) -> BTreeMap<String, usize> {
    let database = home.database();
    let mut names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut found = BTreeMap::new();
    for name in names {
        let mut rows = database.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                let bytes = match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                    _ => continue,
                };
                if String::from_utf8_lossy(&bytes).contains(word) {
                    *found.entry(name.clone()).or_default() += 1;
                }
            }
        }
    }
    found
}

/// Everything that leaves the program about what it has stored.
fn told(home: &Home) -> String {
    let commands: [&[&str]; 6] = [
        &["mentions", "--json"],
        &["export", "mentions", "--format", "csv"],
        &["export", "mentions", "--format", "jsonl"],
        &["snapshot"],
        &["share", "--json"],
        &["digest", "--text"],
    ];
    let mut all = String::new();
    for command in commands {
        let (code, said, errors) = home.run(command);
        assert!(code <= 1, "{command:?}: {errors}");
        all.push_str(&said);
    }
    all
}

/// A YouTube with these videos: their titles by id.
async fn tube(videos: Arc<Mutex<BTreeMap<&'static str, &'static str>>>) -> Server {
    Server::start(move |asked: &Asked| {
        let videos = videos.lock().unwrap();
        let at = jiff::Timestamp::from_millisecond(clock().0 - 3_600_000).unwrap().to_string();
        let of = |id: &str, kind: &str| {
            let title = videos.get(id)?;
            let snippet = json!({"title": title, "description": "", "publishedAt": at, "channelId": format!("UC{id}"),
                "channelTitle": format!("Channel of {id}")});
            Some(match kind {
                "search" => json!({"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": id}, "snippet": snippet}),
                _ => json!({"kind": "youtube#video", "id": id, "snippet": snippet}),
            })
        };
        let path = asked.path.split('?').next().unwrap_or_default();
        let ids = crate::world::parameter(asked, "id").unwrap_or_default();
        let items: Vec<Value> = match path {
            "/search" => videos.keys().filter_map(|id| of(id, "search")).collect(),
            "/videos" => ids.split(',').filter_map(|id| of(id, "video")).collect(),
            _ => Vec::new(),
        };
        Reply::ok(json!({"kind": "youtube#listResponse", "items": items}).to_string())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_post_is_changed_and_the_words_of_a_vanished_one_are_gone_everywhere() {
    let videos = Arc::new(Mutex::new(BTreeMap::from([
        ("Mv000000001", "Molivelle tried out"),
        ("Mv000000002", "Molivelle in zinnober red"),
        ("Mv000000003", "Molivelle as it was"),
        ("Mv000000004", "Molivelle by mistake"),
    ])));
    let server = tube(Arc::clone(&videos)).await;
    let home = configured(
        "reread",
        &format!("network = \"youtube\"\nquery = \"molivelle\"\nbase_url = \"{}\"", server.url("")),
    );
    let daemon = watch(&home, "VIGIE_YOUTUBE_KEY");
    until("the first posts", || home.number("SELECT count(*) FROM mention") == 4).await;
    daemon.stop().await;
    assert!(told(&home).contains("zinnober") && !tables_with(&home, "zinnober").is_empty());
    // the network lets only identifiers, links and counts go further
    for command in [&["export", "mentions", "--format", "jsonl"][..], &["export", "mentions"], &["snapshot"]]
    {
        let (_, left, _) = home.run(command);
        assert!(left.contains("Mv000000002") && !left.contains("zinnober"), "{command:?}: {left}");
    }
    // four weeks pass
    home.database().execute("UPDATE post SET delay = delay - ?1, reread = NULL", [27 * DAY]).unwrap();
    {
        let mut videos = videos.lock().unwrap();
        videos.insert("Mv000000001", "Molivelle tried out, and broken");
        videos.insert("Mv000000004", "Something else by mistake");
        videos.remove("Mv000000002");
    }
    let daemon = watch(&home, "VIGIE_YOUTUBE_KEY");
    until("the tombstone", || home.number("SELECT count(*) FROM tombstone") == 1).await;
    until("the edit", || {
        home.number("SELECT count(*) FROM post WHERE text LIKE '%broken%' OR title LIKE '%broken%'") == 1
    })
    .await;
    until("all to be read again", || home.number("SELECT count(*) FROM post WHERE reread IS NULL") == 0)
        .await;
    daemon.stop().await;
    assert_eq!(tables_with(&home, "zinnober"), BTreeMap::new());
    let told = told(&home);
    assert!(!told.contains("zinnober") && !told.contains("Mv000000002"), "{told}");
    assert!(told.contains("and broken") && told.contains("Molivelle as it was"), "{told}");
    // who does not name the brand any more is no mention any more
    assert!(!told.contains("Mv000000004"), "{told}");
    let deleted = home.number("SELECT count(*) FROM tombstone WHERE native_id = 'Mv000000002'");
    assert_eq!((deleted, home.number("SELECT count(*) FROM post WHERE native_id = 'Mv000000002'")), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_kept_no_longer_than_a_network_allows_and_counts_stand() {
    let empty = Arc::new(Mutex::new(false));
    let over = Arc::clone(&empty);
    let server = Server::start(move |_: &Asked| {
        let posts: Vec<Value> = if *over.lock().unwrap() { Vec::new() } else { (1..4).map(tumblr).collect() };
        Reply::ok(json!({"meta": {"status": 200, "msg": "OK"}, "response": posts}).to_string())
    })
    .await;
    let home = configured(
        "expire",
        &format!("network = \"tumblr\"\ntags = [\"molivelle\"]\nbase_url = \"{}\"", server.url("")),
    );
    let daemon = watch(&home, "VIGIE_TUMBLR_API_KEY");
    until("the first posts", || home.number("SELECT count(*) FROM mention") == 3).await;
    daemon.stop().await;
    let share = |home: &Home| home.run(&["share", "--json", "--last", "400d"]).1;
    let before: Value = serde_json::from_str(&share(&home)).unwrap_or_default();
    *empty.lock().unwrap() = true;
    // two of them are three months old now, the third a day less
    let age = |id: u32, days: i64| {
        let sql = "UPDATE post SET delay = delay - ?1 WHERE native_id = ?2";
        home.database().execute(sql, (days * DAY, id.to_string())).unwrap();
    };
    age(1, 91);
    age(2, 91);
    age(3, 89);
    let daemon = watch(&home, "VIGIE_TUMBLR_API_KEY");
    until("words to expire", || home.number("SELECT count(*) FROM post WHERE text = ''") == 2).await;
    daemon.stop().await;
    for word in ["zinnober 1", "zinnober 2"] {
        assert_eq!(tables_with(&home, word), BTreeMap::new(), "{word}");
    }
    assert!(tables_with(&home, "zinnober 3").contains_key("post") && told(&home).contains("zinnober 3"));
    assert!(!told(&home).contains("zinnober 1"));
    assert_eq!(home.number("SELECT count(*) FROM mention"), 3, "they are counted as before");
    assert_eq!(home.number("SELECT count(*) FROM tombstone"), 0, "and nobody says that they were deleted");
    let after: Value = serde_json::from_str(&share(&home)).unwrap_or_default();
    assert_eq!(before["brands"][0]["counts"], after["brands"][0]["counts"]);
}

fn tumblr(id: u32) -> Value {
    json!({"id": id, "id_string": id.to_string(), "blog_name": format!("lea{id}"), "timestamp": clock().0 / 1000 - 60,
        "content": [{"type": "text", "text": format!("Molivelle in zinnober {id}")}], "layout": []})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn official_accounts_become_a_series_and_their_changes_events() {
    let changed = Arc::new(Mutex::new(false));
    let now = Arc::clone(&changed);
    let looks = Arc::new(Mutex::new((0, 0)));
    let counted = Arc::clone(&looks);
    let server = Server::start(move |asked: &Asked| match asked.path.split('?').next() {
        Some("/search/issues") => {
            Reply::ok(json!({"total_count": 0, "incomplete_results": false, "items": []}).to_string())
        }
        Some("/users/molivelle") => {
            counted.lock().unwrap().0 += 1;
            let pick = |old: &str, new: &str| if *now.lock().unwrap() { new } else { old }.to_owned();
            Reply::ok(
                json!({"login": "molivelle", "id": 77, "type": "Organization", "name": pick("Molivelle", "Molivelle Group"),
                    "bio": pick("Coffee.", "Coffee and tea."), "followers": if *now.lock().unwrap() { 12 } else { 10 },
                    "avatar_url": pick("https://a.example/1.png", "https://a.example/2.png"), "public_repos": 3})
                .to_string(),
            )
        }
        Some("/users/erivolle") => {
            counted.lock().unwrap().1 += 1;
            Reply::status(404)
        }
        _ => Reply::status(404),
    })
    .await;
    let home = configured(
        "accounts",
        &format!("network = \"github\"\nquery = \"molivelle\"\nbase_url = \"{}\"", server.url("")),
    );
    home.write(
        "keywords/molivelle.toml",
        "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\nofficial = [\"github:molivelle\"]\n",
    );
    let daemon = watch(&home, "VIGIE_UNUSED");
    until("the first day", || home.number("SELECT count(*) FROM account_day WHERE followers = 10") == 1)
        .await;
    daemon.stop().await;
    assert_eq!(home.number("SELECT count(*) FROM account_change"), 0, "what is met first has not changed");
    // the same day: another brand asks for an account, and that one only is looked up
    home.write(
        "keywords/erivolle.toml",
        "brand = \"Erivolle\"\nkeywords = [\"Erivolle\"]\nofficial = [\"github:erivolle\"]\n",
    );
    assert_eq!(looks.lock().unwrap().0, 1);
    let daemon = watch(&home, "VIGIE_UNUSED");
    until("the new account", || looks.lock().unwrap().1 > 0).await;
    daemon.stop().await;
    assert_eq!(looks.lock().unwrap().0, 1, "a restart looks nobody up again before the day is over");
    // the next day
    home.database().execute("UPDATE account_day SET day = day - ?1, seen = seen - ?1", [DAY]).unwrap();
    let noted = "UPDATE meta SET value = value - ?1 WHERE key LIKE 'looked up|github|molivelle'";
    assert_eq!(home.database().execute(noted, [DAY]).unwrap(), 1);
    *changed.lock().unwrap() = true;
    let daemon = watch(&home, "VIGIE_UNUSED");
    until("the second day", || home.number("SELECT count(*) FROM account_day WHERE followers = 12") == 1)
        .await;
    daemon.stop().await;
    assert_eq!(home.number("SELECT count(*) FROM account_day"), 2, "one row a day");
    let database = home.database();
    let mut changes =
        database.prepare("SELECT field, before, after FROM account_change ORDER BY field").unwrap();
    let changes: Vec<String> = changes
        .query_map([], |row| {
            let text = |at: usize| row.get::<_, String>(at);
            Ok(format!("{}: {} > {}", text(0)?, text(1)?, text(2)?))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        changes,
        [
            "avatar: https://a.example/1.png > https://a.example/2.png",
            "bio: Coffee. > Coffee and tea.",
            "display_name: Molivelle > Molivelle Group",
        ]
    );
}

#[test]
fn of_an_official_account_that_was_removed_nothing_is_left() {
    const NETWORK: NetworkName = NetworkName::known("bluesky");
    let home = Home::new("removed");
    let store = Store::open(&home.folder.join("vigie-data"), Durability::Again).unwrap();
    let source = store.source("stream", "bluesky", false).unwrap();
    let official = ["zinnober.example", "safran.example"]
        .map(|handle| OfficialAccount { network: Some(NETWORK), handle: handle.to_owned() });
    let brand = Brand { official: official.to_vec(), ..Brand::named("Molivelle", true) };
    let judge = Judge::new(&[brand]).unwrap();
    let start = clock();
    let hear = |page: Page, seen: Time| {
        let origin = Origin { source: "stream", dates: Dates::Arrival, look_back: false };
        store.begin().unwrap();
        for (seen, step) in judge.judge(page, origin, seen, &mut Scratch::default()).steps {
            let mut unit = store.unit(source);
            (unit.seen, unit.matched) = (seen, seen);
            match step {
                Step::Account(account, stance, official) => {
                    unit.save_account(&account, &stance, official).unwrap()
                }
                Step::Gone(deletion) => unit.remove(&deletion).unwrap(),
                other => panic!("{other:?}"),
            }
        }
        store.commit().unwrap();
    };
    let account = |name: &str, bio: &str| {
        let author = Author {
            native_id: format!("did:plc:{name}"),
            handle: Some(format!("{name}.example")),
            display_name: Some(format!("Molivelle {name}")),
            bio: Some(bio.to_owned()),
            avatar: Some(format!("https://a.example/{name}.png")),
            followers: Some(10),
            ..Author::default()
        };
        Page {
            accounts: vec![Account { network: NETWORK, author, status: None, at: None }],
            ..Page::default()
        }
    };
    let gone = |name: &str, at: Time| {
        let gone = Gone::Account(format!("did:plc:{name}"));
        hear(Page { deletions: vec![Deletion { network: NETWORK, gone, at: None }], ..Page::default() }, at);
    };
    for (day, bio) in [(0, "Coffee."), (1, "Coffee and tea.")] {
        for name in ["zinnober", "safran"] {
            hear(account(name, bio), start.plus(day * DAY));
        }
    }
    assert_eq!(home.number("SELECT count(*) FROM account_day"), 4);
    assert_eq!(home.number("SELECT count(*) FROM account_change"), 2);
    gone("zinnober", start.plus(2 * DAY));
    let tombstone = BTreeMap::from([("tombstone".to_owned(), 1)]);
    assert_eq!(
        tables_with(&home, "zinnober"),
        tombstone,
        "the identifier alone, so that it does not come back"
    );
    assert_eq!(home.number("SELECT count(*) FROM account_day"), 2, "the other account keeps its series");
    assert_eq!(home.number("SELECT count(*) FROM account_change"), 1);
    // What was on its way meanwhile does not bring it back; of strangers no tombstone is kept.
    hear(account("zinnober", "Tea."), start.plus(2 * DAY));
    gone("stranger", start.plus(2 * DAY));
    assert_eq!(tables_with(&home, "zinnober"), tombstone);
    assert_eq!(home.number("SELECT count(*) FROM tombstone"), 1);
}
