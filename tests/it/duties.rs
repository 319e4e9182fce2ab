//! What every network shares: sessions, budgets, kinds of trouble, endless answers, recording.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vigie::fetch::Fetch;
use vigie::network::{Answer, Ask, Cursor, Lines, Network, Page, ReadError, Request, Session, Trouble, Unit};
use vigie::post::{NetworkName, Post};
use vigie::source::{Client, Event, Mode, Patience, Purse, Source, State, follow};
use vigie::time::Time;

use crate::fetch::{clock, config};
use crate::home::Home;
use crate::server::{Asked, Reply, Server};

const NAME: NetworkName = NetworkName::known("guarded");

/// Guarded opens its posts to those with a session, and says in words what is wrong.
#[derive(Debug)]
struct Guarded {
    base: String,
    /// Listens to `/stream` instead of asking for `/posts`.
    endless: bool,
    wants_session: bool,
}

impl Network for Guarded {
    fn ask(&self, cursor: Option<&Cursor>, _now: Time) -> Ask {
        let after = cursor.map_or("0", |cursor| &cursor.0);
        if self.endless {
            let request = Request::get(format!("{}/stream?after={after}", self.base));
            return Ask::Lines(Lines { request, silence: Duration::from_millis(400) });
        }
        Ask::Fetch(Request::get(format!("{}/posts?after={after}", self.base)))
    }

    fn read(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let text = String::from_utf8_lossy(&answer.body);
        let posts: Vec<Post> = text.split_whitespace().map(|word| Post::new(NAME, word)).collect();
        let cursor = posts.last().map(|post| Cursor(post.native_id.clone()));
        Ok(Page {
            cursor,
            more: text.ends_with('+'),
            spent: text.contains('$').then_some(1),
            posts,
            ..Page::default()
        })
    }

    fn refused(&self, answer: &Answer, _cursor: Option<&Cursor>) -> Option<ReadError> {
        let trouble = match answer.body.as_slice() {
            b"key" => Trouble::Auth,
            b"approval" => Trouble::NotApproved,
            b"rate" => Trouble::Rate,
            b"money" => Trouble::Money,
            b"gone" => Trouble::Gone,
            b"query" => Trouble::BadQuery,
            b"tired" => Trouble::Transient,
            _ => return None,
        };
        let until = (trouble == Trouble::Money).then(|| clock().plus(3_600_000));
        Some(ReadError::refusal(&NAME, trouble, "its own words").until(until))
    }

    fn cost(&self, _request: &Request) -> u64 {
        2
    }

    fn login(&self) -> Option<Request> {
        self.wants_session.then(|| Request::get(format!("{}/login", self.base)))
    }

    fn session(&self, answer: &Answer) -> Result<Session, ReadError> {
        let token = String::from_utf8_lossy(&answer.body).into_owned();
        Ok(Session { headers: vec![("authorization".to_owned(), format!("Bearer {token}"))], expires: None })
    }

    fn pace(&self) -> Duration {
        Duration::from_millis(20)
    }
}

struct Followed {
    events: mpsc::Receiver<Event>,
    stop: CancellationToken,
}

fn followed(network: Guarded, budget: Purse) -> Followed {
    let (out, events) = mpsc::channel(1_000);
    let patience = Patience {
        first: Duration::from_millis(10),
        longest: Duration::from_millis(40),
        hop: Duration::from_millis(5),
    };
    let source = Source { patience, budget, ..Source::new("guarded", NAME, Arc::new(network)) };
    let fetch = Arc::new(Fetch::new(config(), clock).unwrap());
    let client = Arc::new(Client::new(&source, fetch, out.clone(), clock));
    let stop = CancellationToken::new();
    let following = follow(source, client, None, out, stop.clone(), clock, Mode::Watch);
    #[expect(clippy::disallowed_methods, reason = "ends with its channel")]
    tokio::spawn(following);
    Followed { events, stop }
}

impl Followed {
    async fn next(&mut self) -> Event {
        timeout(Duration::from_secs(10), self.events.recv()).await.unwrap().unwrap()
    }

    async fn until<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(&self.next().await) {
                return found;
            }
        }
    }
}

fn state(event: &Event) -> Option<State> {
    match event {
        Event::Status { state, .. } => Some(state.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_opened_once_and_again_when_it_has_ended() {
    let count = Mutex::new((0, 0));
    let server = Server::start(move |asked: &Asked| {
        let mut count = count.lock().unwrap();
        if asked.path == "/login" {
            count.0 += 1;
            return Reply::ok(format!("t{}", count.0));
        }
        count.1 += 1;
        // The first session ends after two answers.
        let wanted = if count.1 <= 2 { "Bearer t1" } else { "Bearer t2" };
        if asked.header("authorization") == Some(wanted) {
            Reply::ok(format!("{}", count.1))
        } else {
            Reply::status(401)
        }
    })
    .await;
    let network = Guarded { base: server.url(""), endless: false, wants_session: true };
    let mut followed = followed(network, Purse::default());
    let mut posts = 0;
    while posts < 5 {
        posts += followed
            .until(|event| match event {
                Event::Page(delivery) => Some(delivery.page.posts.len()),
                Event::Status { state: State::Stopped { reason } | State::Failed { reason, .. }, .. } => {
                    panic!("{reason}")
                }
                _ => None,
            })
            .await;
    }
    followed.stop.cancel();
    assert_eq!(server.asked().iter().filter(|asked| asked.path == "/login").count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_refused_from_the_start_stops_the_source() {
    let server = Server::start(
        |asked: &Asked| if asked.path == "/login" { Reply::ok("t") } else { Reply::status(401) },
    )
    .await;
    let network = Guarded { base: server.url(""), endless: false, wants_session: true };
    let mut followed = followed(network, Purse::default());
    let State::Stopped { reason } = followed.until(state).await else { panic!("stops") };
    assert!(reason.contains("refuses access"), "{reason}");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_trouble_has_its_own_behaviour_and_one_clear_line() {
    for (word, status, expected, said) in [
        ("key", 401, "stopped", "guarded refuses the key (its own words); make a new one"),
        ("approval", 403, "stopped", "guarded has not approved this (its own words); ask it"),
        ("gone", 404, "stopped", "guarded says it is gone for good"),
        ("query", 400, "stopped", "guarded does not accept the query (its own words); correct"),
        ("money", 429, "paused", "guarded has no quota or credit left (its own words); Vigie pauses"),
        ("rate", 400, "failed", "guarded asks for fewer requests (its own words); Vigie waits"),
        ("tired", 403, "failed", "guarded cannot answer now (its own words); Vigie tries again"),
    ] {
        let server = Server::start(move |_| Reply::ok(word).with_status(status)).await;
        let network = Guarded { base: server.url(""), endless: false, wants_session: false };
        let mut followed = followed(network, Purse::default());
        let (was, reason, until) = match followed.until(state).await {
            State::Stopped { reason } => ("stopped", reason, None),
            State::Paused { reason, until } => ("paused", reason, Some(until)),
            State::Failed { reason, .. } => ("failed", reason, None),
            other => panic!("{word}: {other:?}"),
        };
        followed.stop.cancel();
        assert_eq!(was, expected, "{word}");
        assert!(reason.starts_with(said), "{reason}");
        if let Some(until) = until {
            assert!(until.since(clock()) > 3_500_000, "until the next period, not fifteen minutes");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_is_reserved_before_the_call_corrected_after_and_ends_in_a_pause() {
    let server = Server::start(|_| Reply::ok("1 $")).await;
    let network = Guarded { base: server.url(""), endless: false, wants_session: false };
    // Each request reserves 2 and really costs 1: of a budget of 5, 1 spent before, the fourth does not fit.
    let mut followed = followed(network, Purse { daily: Some(5), spent: 1, unit: Unit::Quota });
    let mut spent = Vec::new();
    let (reason, until) = loop {
        match followed.next().await {
            Event::Spent { units, .. } => spent.push(units),
            Event::Status { state: State::Paused { reason, until }, .. } => break (reason, until),
            _ => {}
        }
    };
    assert_eq!(spent, [2, -1, 2, -1, 2, -1]);
    assert_eq!(server.asked().len(), 3);
    assert!(reason.contains("the budget of the day is spent (5 quota units)"), "{reason}");
    assert!(until.since(clock()) <= 86_400_000 + 30_000 && until.0 % 86_400_000 < 31_000, "{until}");
    followed.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_never_left_costs_nothing() {
    // a port that was free a moment ago, and on which nobody listens
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let network = Guarded { base: format!("http://{address}"), endless: false, wants_session: false };
    // Each request reserves 2: the third would not fit any more.
    let mut followed = followed(network, Purse { daily: Some(5), spent: 0, unit: Unit::Quota });
    let (mut spent, mut failures) = (0, 0);
    while failures < 4 {
        match followed.next().await {
            Event::Spent { units, .. } => spent += units,
            Event::Status { state: State::Failed { .. }, .. } => failures += 1,
            Event::Status { state: State::Paused { reason, .. }, .. } => panic!("{reason}"),
            _ => {}
        }
    }
    assert_eq!(spent, 0);
    followed.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_answer_is_heard_line_by_line_and_its_silence_noticed() {
    let server = Server::start(|asked: &Asked| match asked.path.as_str() {
        "/stream?after=0" => Reply::ok("1\n\n2 3\r\n4").unsized_and_hanging(),
        _ => Reply::ok("5\n").unsized_and_hanging(),
    })
    .await;
    let network = Guarded { base: server.url(""), endless: true, wants_session: false };
    let mut followed = followed(network, Purse::default());
    let mut ids: Vec<String> = Vec::new();
    let mut silent = false;
    while ids.len() < 4 {
        match followed.next().await {
            Event::Page(delivery) => ids.extend(delivery.page.posts.into_iter().map(|post| post.native_id)),
            Event::Status { state: State::Failed { reason, .. }, .. } => {
                silent |= reason.contains("said nothing for")
            }
            _ => {}
        }
    }
    assert_eq!(ids, ["1", "2", "3", "5"], "a line that never ended is no message");
    assert!(silent);
    followed.stop.cancel();
}

/// An answer of Algolia with these comments.
fn comments(numbers: std::ops::Range<u32>) -> String {
    let now = clock().0 / 1_000;
    let hits: Vec<Value> = numbers
        .map(|number| {
            json!({"objectID": number.to_string(), "created_at_i": now - 600 + i64::from(number), "author": "lena_k",
                "comment_text": format!("Molivelle number {number}"), "story_id": 1, "_tags": ["comment"]})
        })
        .collect();
    let count = hits.len();
    json!({"hits": hits, "nbHits": count, "page": 0, "nbPages": 1, "hitsPerPage": 1000}).to_string()
}

fn hackernews(server: &Server, more: &str) -> String {
    format!(
        "[[source]]\nnetwork = \"hackernews\"\nbase_url = \"http://user:c4n4ry@{}\"\n{more}\
        [fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"0 s\"\n[digest]\nevery = \"never\"\n",
        server.address
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_day_is_replayed_to_the_same_mentions_and_holds_no_secret() {
    let server = Server::start(|_| {
        Reply::ok(comments(1..30))
            .header("set-cookie", "session=c4n4ry")
            .header("content-type", "application/json")
    })
    .await;
    let home = Home::configured("record", &hackernews(&server, ""));
    let (code, _, errors) = home.run(&["watch", "--once", "--record", "kept"]);
    assert_eq!(code, 0, "{errors}");
    let files: Vec<_> =
        home.folder.join("kept").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let text = std::fs::read_to_string(file).unwrap();
    assert!(!text.contains("c4n4ry") && text.contains("Molivelle number 7"), "{text}");
    let (code, _, errors) = home.run(&["replay", file.to_str().unwrap(), "--data", "again"]);
    assert_eq!(code, 0, "{errors}");
    let mentions = |data: &str| -> Vec<String> {
        let (_, out, _) = home.run(&["mentions", "--json", "--data", data]);
        let mut ids: Vec<String> = out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .flat_map(|line| line.as_array().cloned().unwrap_or_else(|| vec![line]))
            .map(|one| one["post"]["native_id"].to_string() + &one["native_id"].to_string())
            .collect();
        ids.sort();
        ids
    };
    let live = mentions("vigie-data");
    assert_eq!(live.len(), 29);
    assert_eq!(live, mentions("again"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_holds_over_a_restart_and_is_shown() {
    let server = Server::start(|_| Reply::ok(comments(1..3))).await;
    let home = Home::configured("budget", &hackernews(&server, "budget = 1\n"));
    assert_eq!(home.run(&["watch", "--once"]).0, 0);
    let (_, said, errors) = home.run(&["watch", "--once"]);
    assert!(
        (said.clone() + &errors).contains("the budget of the day is spent (1 request)"),
        "{said}{errors}"
    );
    assert_eq!(server.asked().len(), 1);
    let (_, status, _) = home.run(&["status"]);
    assert!(status.contains("spent today: 1 request of 1 request"), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_is_filled_beside_the_running_daemon() {
    let server = Server::start(|asked: &Asked| {
        // Only the backfill asks with an upper bound.
        Reply::ok(if asked.path.contains("created_at_i%3C%3D") { comments(1..12) } else { comments(20..22) })
    })
    .await;
    let home = Home::configured("backfill", &hackernews(&server, ""));
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["source hackernews"]).await;
    crate::home::until("the first page", || home.number("SELECT count(*) FROM mention") == 2).await;
    home.database()
        .execute(
            "INSERT INTO gap (source, \"from\", \"to\", reason) VALUES (1, ?1, ?2, 'a test')",
            [clock().0 - 700_000, clock().0],
        )
        .unwrap();
    let (code, said, errors) = home.run(&["backfill", "hackernews"]);
    assert_eq!(code, 0, "{said}{errors}");
    assert!(said.contains("11 new mentions") && said.contains("the gap is filled"), "{said}");
    assert_eq!(home.number("SELECT count(*) FROM gap WHERE closed IS NULL"), 0);
    assert_eq!(home.number("SELECT count(*) FROM mention"), 13);
    assert_eq!(home.run(&["backfill", "hackernew"]).0, 2);
    assert_eq!(daemon.stop().await.0, 0);
}

/// What the search of Algolia says of `numbers` under the filters of the question, three at a time, the newest first.
fn searched(asked: &Asked, start: i64, numbers: std::ops::Range<i64>) -> String {
    let filters = crate::world::parameter(asked, "numericFilters").unwrap_or_default();
    let bound = |sign: &str| {
        filters
            .split(',')
            .find_map(|one| one.strip_prefix(&format!("created_at_i{sign}"))?.parse::<i64>().ok())
    };
    let (floor, up_to) = (bound(">=").unwrap_or(0), bound("<=").unwrap_or(i64::MAX));
    let found: Vec<i64> =
        numbers.rev().filter(|number| (floor..=up_to).contains(&(start + number))).collect();
    let hits: Vec<Value> = found
        .iter()
        .take(3)
        .map(|number| {
            json!({"objectID": number.to_string(), "created_at_i": start + number, "author": "lena_k",
                "comment_text": format!("Molivelle number {number}"), "story_id": 1, "_tags": ["comment"]})
        })
        .collect();
    json!({"hits": hits, "nbHits": found.len(), "page": 0, "nbPages": 1, "hitsPerPage": 3}).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_into_the_past_that_a_budget_stops_goes_on_where_it_stopped() {
    let start = clock().0 / 1_000 - 20_000;
    let server = Server::start(move |asked: &Asked| Reply::ok(searched(asked, start, 0..12))).await;
    let home = Home::configured("paused-past", &hackernews(&server, "look_back = \"1h\"\nbudget = 3\n"));
    assert_eq!(home.run(&["watch", "--once"]).0, 0);
    let from = jiff::Timestamp::from_second(start - 10).unwrap().to_string();
    let past = ["backfill", "hackernews", "--from", &from];
    let (code, said, errors) = home.run(&past);
    assert_eq!(code, 1, "{said}{errors}");
    assert!(
        errors.contains("the budget of the day is spent") && errors.contains("run it again to go on"),
        "{errors}"
    );
    let before = home.number("SELECT count(*) FROM mention");
    assert!((3..12).contains(&before), "{before}");
    let asked = server.asked().len();
    let more = hackernews(&server, "look_back = \"1h\"\nbudget = 100\n");
    home.write("vigie.toml", &more);
    let (code, said, errors) = home.run(&past);
    assert_eq!(code, 0, "{said}{errors}");
    assert!(said.contains("goes on where the last reading stopped"), "{said}");
    assert_eq!(home.number("SELECT count(*) FROM mention"), 12);
    let again = server.asked().split_off(asked);
    assert!(
        again.iter().all(|asked| !searched(asked, start, 0..12).contains("number 11\"")),
        "what was read before is not asked for again"
    );
    // all is read: the same words mean all of it from the beginning
    let (_, said, _) = home.run(&past);
    assert!(!said.contains("goes on") && said.contains("0 new mentions"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_day_keeps_what_is_no_utf8_and_goes_on_after_what_could_not_be_read() {
    let server = Server::start(|asked: &Asked| {
        if asked.path.starts_with("/old") {
            let feed = b"<?xml version='1.0' encoding='iso-8859-1'?><rss version='2.0'><channel><title>Ch\xe2teau</title>\
                <item><guid>1</guid><title>Molivelle \xe0 No\xebl</title></item></channel></rss>";
            return Reply::ok(feed.to_vec()).header("content-type", "text/xml");
        }
        Reply::ok("<html><title>Just a moment</title></html>").header("content-type", "text/html")
    })
    .await;
    let source = |name: &str| {
        format!(
            "[[source]]\nnetwork = \"feed\"\nname = \"{name}\"\nurl = \"{}\"\n",
            server.url(&format!("/{name}"))
        )
    };
    let rest = "[fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"0 s\"\n[digest]\nevery = \"never\"\n";
    let home = Home::configured("record-bytes", &(source("blocked") + &source("old") + rest));
    home.run(&["watch", "--once", "--record", "kept"]);
    let mut all = String::new();
    for file in home.folder.join("kept").read_dir().unwrap() {
        all.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    let mut lines: Vec<&str> = all.lines().collect();
    // what cannot be read comes first, so that everything else has to come after it
    lines.sort_by_key(|line| !line.contains("Just a moment"));
    assert!(lines[0].contains("Just a moment"), "{all}");
    home.write("day.jsonl", lines.join("\n"));
    let (code, _, errors) = home.run(&["replay", "day.jsonl", "--data", "again"]);
    assert_eq!(code, 0, "{errors}");
    assert!(
        errors.contains("could not be read, as when") && errors.contains("the first is line 1"),
        "{errors}"
    );
    let (_, said, _) = home.run(&["mentions", "--json", "--data", "again"]);
    assert!(said.contains("Molivelle à Noël"), "{said}");
}
