//! What storing every post costs beside a bare insert of the same rows, and what stories and rollups cost of it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use vigie::intake::JudgedPost;
use vigie::store::{Durability, Store};
use vigie::story::{Piece, Sketch, Stories};
use vigie::time::HOUR as HOUR_LONG;

use crate::posts::{NETWORKS, Posts, Written, bare, insert, numbers};

/// Posts stored through the store and bare, a round; in one transaction each thousand.
const STORED: usize = 60_000;
const AT_ONCE: usize = 1_000;
const ROUNDS: usize = 5;
/// Texts that a store holds to compare new ones with.
const HELD: usize = 5_000;

/// Processor time of this thread so far.
fn processor() -> Duration {
    cpu_time::ThreadTime::now().as_duration()
}

/// What each way took, in processor time.
#[derive(Default)]
struct Took {
    judging: Duration,
    storing: Duration,
    inserting: Duration,
    stories: Duration,
    rollups: Duration,
}

/// Adds what some work takes to a sum.
fn timed<T>(sum: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = processor();
    let done = work();
    *sum += processor().saturating_sub(start);
    done
}

/// Every post stored by the store, beside a bare insert of the same rows into the same schema, page by page as intake does,
/// in turns: the first of as many `mentions`.
pub(crate) fn store_rate(folder: &Path, posts: &Posts, mentions: usize) {
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let took = stored(folder, posts, mentions.max(STORED));
        let intake = took.judging + took.storing;
        let rate = |time: Duration| STORED as f64 / time.as_secs_f64();
        let ratio = took.inserting.as_secs_f64() / took.storing.as_secs_f64();
        ratios.push(ratio);
        println!(
            "round {round}: every post stored {:.0} posts/s, bare insert {:.0} posts/s, ratio {ratio:.2}",
            rate(took.storing),
            rate(took.inserting)
        );
        println!(
            "  intake {:.0} posts/s (judging {:.2} s, storing {:.2} s), of which stories {:.2} s and rollups {:.2} s: {:.0} %",
            rate(intake),
            took.judging.as_secs_f64(),
            took.storing.as_secs_f64(),
            took.stories.as_secs_f64(),
            took.rollups.as_secs_f64(),
            100.0 * (took.stories + took.rollups).as_secs_f64() / intake.as_secs_f64()
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("store / bare insert, median {:.2}", ratios[ratios.len() / 2]);
}

/// One round.
fn stored(folder: &Path, posts: &Posts, mentions: usize) -> Took {
    let mut took = Took::default();
    let (one, other) = (folder.join("store"), folder.join("bare"));
    let store = Store::open(&one, Durability::Again).unwrap();
    let source = store.source("bench", "capture", false).unwrap();
    let connection = bare(&other);
    let numbers = numbers(&connection, &posts.models);
    let mut random = fastrand::Rng::with_seed(7);
    let mut held = Stories::holding(HELD);
    let pages = (0..STORED).step_by(AT_ONCE).map(|first| first..(first + AT_ONCE).min(STORED));
    for (number, page) in pages.enumerate() {
        let made = posts.made(page, mentions, &mut random);
        let judged = timed(&mut took.judging, || posts.judged(made));
        let written: Vec<&Written> = judged.iter().map(|post| posts.written(post)).collect();
        for store_now in [number % 2 == 0, number % 2 != 0] {
            if store_now {
                timed(&mut took.storing, || save(&store, source, &judged));
            } else {
                timed(&mut took.inserting, || insert_all(&connection, &judged, &written, &numbers));
            }
        }
        timed(&mut took.stories, || place(&mut held, &judged));
        timed(&mut took.rollups, || add_up(&connection, &judged, &numbers));
    }
    assert_eq!(sizes(&connection), sizes(store.connection()), "the same rows");
    drop((store, connection));
    std::fs::remove_dir_all(one).unwrap();
    std::fs::remove_dir_all(other).unwrap();
    took
}

fn save(store: &Store, source: i64, judged: &[JudgedPost]) {
    store.begin().unwrap();
    for post in judged {
        let mut unit = store.unit(source);
        (unit.seen, unit.matched) = (post.counted, post.counted);
        unit.save_post(post).unwrap();
    }
    store.commit().unwrap();
}

fn insert_all(
    connection: &Connection,
    judged: &[JudgedPost],
    written: &[&Written],
    numbers: &HashMap<String, i64>,
) {
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    for (post, written) in judged.iter().zip(written) {
        insert(connection, post, written, numbers);
    }
    connection.execute_batch("COMMIT").unwrap();
}

/// What was written, in rows and in bytes of the columns that hold most.
fn sizes(connection: &Connection) -> [i64; 4] {
    const SIZES: &str =
        "SELECT COUNT(*), SUM(LENGTH(tags) + COALESCE(LENGTH(rule), 0) + COALESCE(LENGTH(trace), 0)),
        SUM(LENGTH(permalink)), SUM(LENGTH(post.text)) FROM kept_mention JOIN post ON post.id = post";
    let row = |row: &rusqlite::Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]);
    connection.query_row(SIZES, [], row).unwrap()
}

/// What stories of these posts cost: their sketches made and placed, as intake and store do.
fn place(held: &mut Stories, judged: &[JudgedPost]) {
    for post in judged {
        let piece = Piece::new(post.post.title.as_deref(), &post.post.text, post.post.permalink.as_deref());
        held.place(Arc::new(Sketch::of(piece)));
    }
}

/// What keeping the sums of these posts costs: the same statements on a bare connection.
fn add_up(connection: &Connection, judged: &[JudgedPost], numbers: &HashMap<String, i64>) {
    const HOUR: &str = "INSERT INTO rollup_hour (hour, brand, network, language, sentiment, mentions)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions";
    const BY_DAY: &str = "INSERT INTO rollup_day (brand, day, network, mentions)
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions";
    let (mut hours, mut days) = (BTreeMap::new(), BTreeMap::new());
    for post in judged {
        let hour = post.counted.0.div_euclid(HOUR_LONG);
        let network = NETWORKS.iter().position(|name| *name == post.post.network.as_str()).unwrap() as i64;
        let language = post.lang.as_deref().map_or(0, |lang| i64::from(lang.as_bytes()[0]));
        let mood = post.sentiment.map_or(2, |sentiment| sentiment.place() as i64 - 1);
        let brand = numbers[&*post.verdicts[0].brand.0];
        *hours.entry([hour, brand, network, language, mood]).or_insert(0) += 1;
        *days.entry([brand, hour / 24, network]).or_insert(0) += 1;
    }
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut add_hour = connection.prepare_cached(HOUR).unwrap();
    let mut add_day = connection.prepare_cached(BY_DAY).unwrap();
    for ([hour, brand, network, language, mood], number) in hours {
        add_hour.execute([hour, brand, network, language, mood, number]).unwrap();
    }
    for ([brand, day, network], number) in days {
        add_day.execute([brand, day, network, number]).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
}
