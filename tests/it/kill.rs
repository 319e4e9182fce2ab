//! kill -9 at any moment: no post is lost, no notice is lost, and a repeat has the same bytes and Message-ID.
//!
//! The real program follows two numbered sources, one that is polled and one that streams, and mails to a real
//! SMTP sink with grouping off. It is killed over and over at random moments, then runs once undisturbed.
//! `VIGIE_KILLS=200` makes it longer; `VIGIE_SEED` repeats a run.

#![expect(clippy::disallowed_methods, reason = "how long it runs is told by the environment")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};
use vigie::deliver::CONNECTIONS;

use crate::home::{Home, until};
use crate::jetstream::{Jetstream, now_us};
use crate::server::{Reply, Server};
use crate::sink::{Mail, Sink, arrivals};

/// Kills in the normal suite.
const KILLS: usize = 100;
/// Seconds between two posts of the polled source: an overlap of five minutes asks for ten again.
const APART: i64 = 30;
/// Posts that the polled source has at most beyond what its client knows.
const AHEAD: i64 = 8;

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A search like that of Hacker News over posts that are numbered, half a minute apart. Each time it is asked, it
/// has a few more than the client knows.
async fn numbered(start: i64, offered: Arc<Mutex<i64>>) -> Server {
    Server::start(move |asked| {
        let query = asked.path.split('?').nth(1).unwrap_or_default();
        let filters = url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == "numericFilters")
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default();
        let bound = |sign: &str| {
            filters
                .split(',')
                .find_map(|filter| filter.strip_prefix("created_at_i")?.strip_prefix(sign)?.parse().ok())
        };
        let floor: i64 = bound(">=").unwrap_or(0);
        let to: i64 = bound("<=").unwrap_or(i64::MAX);
        let known = ((floor + 300 - start) / APART).max(0);
        let last = {
            let mut offered = offered.lock().unwrap();
            *offered = (*offered).max(known + AHEAD);
            *offered
        };
        let hits: Vec<_> = (1..=last)
            .rev()
            .map(|number| (number, start + number * APART))
            .filter(|(_, at)| (floor..=to).contains(at))
            .map(|(number, at)| {
                json!({"objectID": number.to_string(), "created_at_i": at,
                    "created_at": jiff::Timestamp::from_second(at).unwrap().to_string(),
                    "author": "lena_k", "title": format!("Molivelle H{number:06}"), "points": 1,
                    "_tags": ["story", "author_lena_k", format!("story_{number}")]})
            })
            .collect();
        let count = hits.len();
        Reply::ok(
            json!({"hits": hits, "nbHits": count, "nbPages": 1, "page": 0, "hitsPerPage": 1000}).to_string(),
        )
        .header("content-type", "application/json")
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_moment_loses_nothing() {
    let kills = number("VIGIE_KILLS", KILLS);
    let seed = number("VIGIE_SEED", 20_261_122);
    println!("{kills} kills, VIGIE_SEED={seed}");
    let mut dice = fastrand::Rng::with_seed(seed as u64);
    let sink = Sink::willing().await;
    let offered = Arc::new(Mutex::new(0));
    let now = now_us();
    let polled = numbered(now / 1_000_000 - 20 * 3_600, Arc::clone(&offered)).await;
    let stream = Jetstream::start().await;
    let appview = Server::start(|_| Reply::ok(r#"{"profiles": []}"#)).await;
    let home = Home::configured(
        "kill",
        &format!(
            "[[source]]\nnetwork = \"hackernews\"\nbase_url = \"{}\"\nlook_back = \"1d\"\n\
            [[source]]\nnetwork = \"bluesky\"\nhosts = [\"{}\"]\nappview = \"{}\"\nlook_back = \"1d\"\n\
            [mail]\nto = [\"ana@dest.example\", \"bo@dest.example\", \"chloe@dest.example\"]\nfrom = \"vigie@molivelle.example\"\n\
            [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
            [alerts]\nwait = \"0s\"\nevery = \"0s\"\n[digest]\nevery = \"never\"\n\
            [fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"0 s\"\n",
            polled.url(""),
            stream.url(),
            appview.url(""),
            sink.port()
        ),
    );
    let started = Instant::now();
    let mut streamed = 0_i64;
    // The stream's clock runs a second a post, so that going back five seconds repeats five posts.
    let mut write = |count: i64| {
        for _ in 0..count {
            streamed += 1;
            let at = now - 6 * 3_600_000_000 + streamed * 1_000_000;
            stream.create(
                at,
                "did:plc:inventedlena",
                &format!("r{streamed}"),
                &format!("Molivelle S{streamed:06}"),
            );
        }
        streamed
    };
    for _ in 0..kills {
        let mut daemon = home.start(&["watch"]);
        // Most kills come while it works, some while it starts: opening the store, making up for the last kill.
        if dice.u8(..) >= 50 {
            while !daemon.said().contains("sources:") && daemon.ended().is_none() {
                sleep(Duration::from_millis(2)).await;
            }
        }
        let end = Instant::now() + Duration::from_millis(dice.u64(10..450));
        while Instant::now() < end {
            write(1);
            sleep_until(end.min(Instant::now() + Duration::from_millis(dice.u64(5..60)))).await;
        }
        // A third of them right when the mail server has a mail, before that can be noted.
        if dice.u8(..) < 85 {
            let before = sink.arrived();
            let last = Instant::now() + Duration::from_secs(2);
            write(1);
            while sink.arrived() == before && Instant::now() < last {
                sleep(Duration::from_micros(200)).await;
            }
        }
        assert!(daemon.ended().is_none(), "ended by itself:\n{}", daemon.said());
        daemon.kill();
    }
    let killed = started.elapsed();
    let streamed = write(5);

    let mut daemon = home.start(&["watch"]);
    until("every notice to be sent", || {
        let offered = *offered.lock().unwrap();
        home.number("SELECT count(*) FROM post") >= offered + streamed
            && home.number("SELECT count(*) FROM notice WHERE state <> 'sent'") == 0
            && home.number("SELECT count(*) FROM alert WHERE window IS NULL") == 0
    })
    .await;
    assert!(daemon.ended().is_none());
    let (code, took) = daemon.stop().await;
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");

    let offered = *offered.lock().unwrap();
    let wanted: BTreeSet<String> =
        (1..=offered).map(|n| format!("H{n:06}")).chain((1..=streamed).map(|n| format!("S{n:06}"))).collect();
    let database = home.database();
    let stored: Vec<String> = texts(&database, "SELECT coalesce(title, text) FROM post");
    let stored: Vec<String> = stored.iter().map(|text| text.replace("Molivelle ", "")).collect();
    assert_eq!(stored.len(), wanted.len(), "each post once");
    assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), wanted, "every post that was offered");
    assert_eq!(home.number("SELECT count(*) FROM mention"), wanted.len() as i64);
    assert_eq!(texts(&database, "PRAGMA integrity_check"), ["ok"]);

    let mails = sink.mails();
    let counts = arrivals(&mails);
    let told: Vec<String> = texts(&database, "SELECT message_id FROM notice");
    let missing: Vec<&String> = told.iter().filter(|id| !counts.contains_key(*id)).collect();
    assert!(missing.is_empty(), "notices that never arrived: {missing:?}");
    let untold = home.number(
        "SELECT count(*) FROM mention WHERE NOT EXISTS (SELECT 1 FROM alert JOIN notice USING (rule, window)
            WHERE alert.kind = 'mention' AND alert.ref = mention.id)",
    );
    assert_eq!(untold, 0, "mentions that no notice tells");
    let by_words = told_by_words(&mails, &wanted);
    assert!(by_words.is_empty(), "posts that no mail shows: {by_words:?}");

    let repeats: usize = counts.values().map(|count| count - 1).sum();
    println!(
        "{kills} kills in {:.1} s: {} posts, {} notices, {} mails, {repeats} repeats, each with the same bytes",
        killed.as_secs_f32(),
        wanted.len(),
        told.len(),
        mails.len()
    );
    // A repeat comes of a kill between the sink's answer and its record, and of nothing else; a kill leaves as
    // many mails in doubt as there are connections.
    let cut = home.number("SELECT count(*) FROM delivery WHERE answer LIKE 'cut off%'");
    assert!(repeats as i64 <= cut, "{repeats} repeats, {cut} attempts cut off");
    assert!(cut <= kills as i64 * i64::from(CONNECTIONS), "{cut} attempts cut off");
}

/// The posts that no mail shows, unless some mail says that it leaves posts out.
fn told_by_words(mails: &[Mail], wanted: &BTreeSet<String>) -> Vec<String> {
    let texts: Vec<String> = mails.iter().map(Mail::text).collect();
    let all = texts.join("\n");
    let full = texts.iter().any(|text| wanted.iter().filter(|post| text.contains(*post)).count() >= 25);
    wanted.iter().filter(|post| !full && !all.contains(*post)).cloned().collect()
}

fn texts(database: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}
