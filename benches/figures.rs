//! How fast figures over many mentions are, what a mention takes on disk, what storing one costs, and what an export needs.
//!
//! ```text
//! cargo bench --bench figures -- [MENTIONS] [FOLDER]      ten million mentions under the folder of temporary files
//! ```
//!
//! A generator (seeded, 300 brands, 7 networks, 90 days) fills a store with what intake writes. Shares of voice and a chart by
//! day are read from the rollups, from the rows by SQLite, and from the rows by `DuckDB` with one thread, where Python has it
//! (`benches/figures.py`, over the exported Parquet files). Storing every post runs beside a bare insert of the same rows.
//! Times are medians, of storing those of the processor; memory is the largest resident set of a program of its own. The folder is removed in the end.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program that measures and prints"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use vigie::intake::{Judge, JudgedPost, Origin, Step};
use vigie::keyword::Brand;
use vigie::matcher::Scratch;
use vigie::network::{Dates, Page};
use vigie::post::{Author, NetworkName, Post};
use vigie::share::Window;
use vigie::store::{Durability, FILE, Store, figures, rollup};
use vigie::story::{Piece, Sketch, Stories};
use vigie::time::{DAY, HOUR as HOUR_LONG, Time};

const BRANDS: usize = 300;
const DAYS: i64 = 90;
const NETWORKS: [&str; 7] = ["bluesky", "hackernews", "lemmy", "mastodon", "nostr", "reddit", "x"];
/// Bytes of a text.
const TEXT: usize = 75;
/// The first moment: a midnight.
const START: i64 = 20_600 * DAY;
/// Mentions of one author.
const OF_AUTHOR: usize = 25;
/// Posts stored through the store and bare, a round; in one transaction each thousand.
const STORED: usize = 60_000;
const AT_ONCE: usize = 1_000;
const ROUNDS: usize = 5;

/// Words of the ways to speak: after one that shows the mood, any of these.
const WAYS: [(&str, &str); 3] = [
    (
        "superbe",
        "ville maison route hiver matin soir semaine atelier magasin quartier voisin trajet pluie vitrine facture cadeau
        livraison jardin bureau chemin pendant toujours encore depuis demain devant souvent plusieurs chaque notre leur
        entre avec pour dans cette vers chez sous sans",
    ),
    (
        "great",
        "town house road winter morning evening week workshop store neighbour journey rain window bill present delivery
        garden office street during always again since tomorrow before often several every their between with from into
        this towards under about after while beside",
    ),
    (
        "paper",
        "station reports second opened page county council plans autumn figures quarter branch factory staff talks budget
        market harbour bridge railway notes twelve hundred thousand near along across where which those until around
        within through north south early later next",
    ),
];
/// One post in so many says the words of the one before it.
const COPIES: usize = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mentions: usize = arguments.first().map_or(10_000_000, |number| number.parse().unwrap());
    let place = arguments.get(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = place.join(format!("vigie-figures-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let brands = brands();
    let mut posts = Posts::new(&brands);
    posts.write(&folder);
    store_rate(&folder, &posts, mentions.max(STORED));
    let data = folder.join("data");
    generate(&data, &posts, mentions);
    bytes(&data, mentions);
    queries(&data, &brands);
    exports(&folder, mentions);
    duckdb(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
}

fn brands() -> Vec<Brand> {
    let syllables = ["mo", "li", "ve", "ra", "ston", "gal", "bri", "tar", "quo", "nes"];
    let name = |number: usize| {
        let parts = [number % 10, number / 10 % 10, number / 100 + 3, (number * 7) % 10];
        let mut name: String = parts.map(|part| syllables[part]).concat();
        name[..1].make_ascii_uppercase();
        name
    };
    (0..BRANDS).map(|number| Brand::named(&name(number), number == 0)).collect()
}

/// Makes posts: the same number, the same post.
struct Posts {
    brands: Vec<Brand>,
    judge: Judge,
    /// A judged post a brand and way to speak, with what intake writes of its mention: tags, rule, trace.
    models: Vec<(JudgedPost, Written)>,
}

impl Posts {
    fn new(brands: &[Brand]) -> Posts {
        let judge = Judge::new(brands).unwrap();
        let mut posts = Posts { brands: brands.to_vec(), judge, models: Vec::new() };
        let kinds = (0..BRANDS).flat_map(|brand| (0..3).map(move |way| (brand, way)));
        let models: Vec<Post> = kinds.map(|(brand, way)| posts.post(brand, way, (0, 0, 0))).collect();
        let judged = posts.judged(models);
        posts.models = judged.into_iter().map(|model| (model, Written::default())).collect();
        posts
    }

    /// Notes what the store writes of the mentions of its models.
    fn write(&mut self, folder: &Path) {
        let place = folder.join("models");
        let store = Store::open(&place, Durability::Again).unwrap();
        let source = store.source("bench", "capture", false).unwrap();
        for (number, (model, written)) in self.models.iter_mut().enumerate() {
            model.post.native_id = number.to_string();
            store.begin().unwrap();
            store.unit(source).save_post(model).unwrap();
            store.commit().unwrap();
            let last =
                "SELECT tags, rule, trace, sentiment, brand FROM kept_mention JOIN post ON post.id = post
                ORDER BY kept_mention.id DESC LIMIT 1";
            *written = store.connection().query_row(last, [], |row| Ok(written_in(row)?.0)).unwrap();
        }
        drop(store);
        std::fs::remove_dir_all(place).unwrap();
    }

    /// What the store writes of such a post.
    fn written(&self, post: &JudgedPost) -> &Written {
        let brand = self.brands.iter().position(|brand| brand.id == post.verdicts[0].brand).unwrap();
        let way = WAYS.iter().position(|(mood, _)| post.post.text.contains(mood)).unwrap();
        &self.models[brand * 3 + way].1
    }

    fn judged(&self, posts: Vec<Post>) -> Vec<JudgedPost> {
        let origin = Origin { source: "", dates: Dates::Server, look_back: true };
        let page = Page { posts, ..Page::default() };
        let judged = self.judge.judge(page, origin, Time(START + DAYS * DAY), &mut Scratch::default());
        judged
            .steps
            .into_iter()
            .filter_map(|(_, step)| if let Step::Post(post) = step { Some(*post) } else { None })
            .collect()
    }

    /// One post in text about `brand`, in one of three ways to speak.
    fn post(&self, brand: usize, way: usize, (number, network, moment): (usize, usize, i64)) -> Post {
        let network = NETWORKS[network];
        let mut post = Post::new(
            NetworkName::known(network),
            format!("{:019}", (moment - START) * 7_000 + number as i64 % 7_000),
        );
        let (mood, words) = WAYS[way];
        let words: Vec<&str> = words.split_whitespace().collect();
        let copied = if number % COPIES == 1 { number - 1 } else { number };
        let mut random = fastrand::Rng::with_seed(copied as u64);
        post.text = format!("{} {mood}", self.brands[brand].name);
        while post.text.len() < TEXT {
            post.text.push(' ');
            post.text += words[random.usize(..words.len())];
        }
        post.text.truncate(TEXT);
        post.permalink = Some(format!("https://{network}.example/{}", post.native_id));
        post.published = Some(Time(moment));
        let author = number / OF_AUTHOR;
        post.author = Some(Author {
            native_id: format!("{author:x}"),
            handle: Some(format!("user{author}")),
            ..Author::default()
        });
        post
    }

    /// The post of a number among `all`, with its brand and way to speak: moments rise, brands are skewed.
    fn numbered(&self, number: usize, all: usize, random: &mut fastrand::Rng) -> (usize, usize, usize, i64) {
        let brand = ((random.f64().powi(3)) * BRANDS as f64) as usize;
        let moment = START + (number as i64) * (DAYS * DAY) / (all as i64);
        (
            brand.min(BRANDS - 1),
            random.usize(..3),
            (number / OF_AUTHOR + random.usize(..2) * 3) % NETWORKS.len(),
            moment,
        )
    }

    fn made(&self, numbers: std::ops::Range<usize>, all: usize, random: &mut fastrand::Rng) -> Vec<Post> {
        numbers
            .map(|number| {
                let (brand, way, network, moment) = self.numbered(number, all, random);
                self.post(brand, way, (number, network, moment))
            })
            .collect()
    }
}

const AUTHOR: &str =
    "INSERT INTO author (network, native_id, handle, first_seen, refreshed) VALUES (?1, ?2, ?3, ?4, ?4)
    ON CONFLICT (network, native_id) DO UPDATE SET handle = excluded.handle RETURNING id";
const POST: &str = "INSERT INTO post (network, native_id, source, author, kind, text, permalink, counted, delay, reactions, words,
    language, sentiment) VALUES (?1, ?2, 1, ?3, '', ?4, ?5, ?6, 0, 0, ?7, ?8, ?9)";
const MENTION: &str =
    "INSERT INTO kept_mention (post, brand, version, tags, matched, counted, relevance, rule, doubtful, trace)
    VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6, ?7, 0, ?8)";

/// What of a post and its mention does not change with its moment, as the store writes it.
#[derive(Debug, Clone, Default)]
struct Written {
    tags: String,
    rule: Option<String>,
    trace: Option<String>,
    sentiment: Option<String>,
}

/// The same in a row, and the number of its brand.
fn written_in(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Written, i64)> {
    let (tags, rule, trace) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok((Written { tags, rule, trace, sentiment: row.get(3)? }, row.get(4)?))
}

/// Numbers of the brands and of the versions of their queries in a store, which they are written to.
fn numbers(connection: &Connection, models: &[(JudgedPost, Written)]) -> HashMap<String, i64> {
    let verdicts = models.iter().flat_map(|(model, _)| &model.verdicts);
    for name in verdicts.flat_map(|verdict| [verdict.brand.to_string(), verdict.version.to_string()]) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO word (name) VALUES (?1)")
            .unwrap()
            .execute([name])
            .unwrap();
    }
    let mut statement = connection.prepare("SELECT name, id FROM word").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

/// The rows of a judged post, inserted and nothing else.
fn insert(connection: &Connection, judged: &JudgedPost, written: &Written, numbers: &HashMap<String, i64>) {
    let (post, verdict) = (&judged.post, &judged.verdicts[0]);
    let author = post.author.as_ref().unwrap();
    let at = judged.counted.0;
    let author: i64 = connection
        .prepare_cached(AUTHOR)
        .unwrap()
        .query_row(params![post.network.as_str(), author.native_id, author.handle, at], |row| row.get(0))
        .unwrap();
    let words = fastrand::Rng::with_seed(at as u64).u64(..).to_le_bytes();
    connection
        .prepare_cached(POST)
        .unwrap()
        .execute(params![
            post.network.as_str(),
            post.native_id,
            author,
            post.text,
            format!("\u{2}{}.example/\u{1}", post.network.as_str()),
            at,
            words,
            judged.lang.as_deref().unwrap_or_default(),
            written.sentiment
        ])
        .unwrap();
    let weighed = judged.weighed(&verdict.brand);
    connection
        .prepare_cached(MENTION)
        .unwrap()
        .execute(params![
            connection.last_insert_rowid(),
            numbers[&*verdict.brand.0],
            numbers[&*verdict.version],
            written.tags,
            at,
            weighed.relevance.permille,
            written.rule,
            written.trace
        ])
        .unwrap();
}

/// Processor time of this thread so far, where the system tells it; else time.
fn processor() -> Duration {
    thread_local!(static START: Instant = Instant::now());
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.with(Instant::elapsed), Duration::from_nanos)
}

/// Every post stored by the store, beside a bare insert of the same rows into the same schema, in turns: the first of as
/// many `mentions`.
fn store_rate(folder: &Path, posts: &Posts, mentions: usize) {
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let mut random = fastrand::Rng::with_seed(7);
        let made = posts.made(0..STORED, mentions, &mut random);
        let start = processor();
        let judged = posts.judged(made);
        let judging = processor() - start;
        let (one, other) = (folder.join(format!("store-{round}")), folder.join(format!("bare-{round}")));
        let store = Store::open(&one, Durability::Again).unwrap();
        let source = store.source("bench", "capture", false).unwrap();
        let start = processor();
        for part in judged.chunks(AT_ONCE) {
            store.begin().unwrap();
            for post in part {
                let mut unit = store.unit(source);
                (unit.seen, unit.matched) = (post.counted, post.counted);
                unit.save_post(post).unwrap();
            }
            store.commit().unwrap();
        }
        let stored = processor() - start;
        let kept = sizes(store.connection());
        drop(store);
        let connection = bare(&other);
        let numbers = numbers(&connection, &posts.models);
        let written: Vec<&Written> = judged.iter().map(|post| posts.written(post)).collect();
        let start = processor();
        for (part, written) in judged.chunks(AT_ONCE).zip(written.chunks(AT_ONCE)) {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            for (post, written) in part.iter().zip(written) {
                insert(&connection, post, written, &numbers);
            }
            connection.execute_batch("COMMIT").unwrap();
        }
        let inserted = processor() - start;
        assert_eq!(sizes(&connection), kept, "the same rows");
        let (stories, rollups) = (stories(&judged), rollups(&connection, &judged, &numbers));
        ratios.push(inserted.as_secs_f64() / stored.as_secs_f64());
        println!(
            "round {}: every post stored {:.0} posts/s, bare insert {:.0} posts/s, ratio {:.2}",
            round + 1,
            judged.len() as f64 / stored.as_secs_f64(),
            judged.len() as f64 / inserted.as_secs_f64(),
            ratios[round]
        );
        println!(
            "  intake {:.0} posts/s (judging {:.2} s, storing {:.2} s), of which stories {:.2} s and rollups {:.2} s: {:.0} %",
            judged.len() as f64 / (judging + stored).as_secs_f64(),
            judging.as_secs_f64(),
            stored.as_secs_f64(),
            stories.as_secs_f64(),
            rollups.as_secs_f64(),
            100.0 * (stories + rollups).as_secs_f64() / (judging + stored).as_secs_f64()
        );
        std::fs::remove_dir_all(one).unwrap();
        std::fs::remove_dir_all(other).unwrap();
    }
    ratios.sort_by(f64::total_cmp);
    println!("store / bare insert, median {:.2}", ratios[ratios.len() / 2]);
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
fn stories(judged: &[JudgedPost]) -> Duration {
    let start = processor();
    let mut stories = Stories::holding(5_000);
    for post in judged {
        let piece = Piece::new(post.post.title.as_deref(), &post.post.text, post.post.permalink.as_deref());
        stories.place(Arc::new(Sketch::of(piece)));
    }
    processor() - start
}

/// What keeping the sums of these posts costs: the same statements on a bare connection, a transaction each thousand.
fn rollups(connection: &Connection, judged: &[JudgedPost], numbers: &HashMap<String, i64>) -> Duration {
    const HOUR: &str = "INSERT INTO rollup_hour (hour, brand, network, language, sentiment, mentions)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions";
    const BY_DAY: &str = "INSERT INTO rollup_day (brand, day, network, mentions)
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions";
    let start = processor();
    for part in judged.chunks(AT_ONCE) {
        let (mut hours, mut days) = (BTreeMap::new(), BTreeMap::new());
        for post in part {
            let hour = post.counted.0.div_euclid(HOUR_LONG);
            let network =
                NETWORKS.iter().position(|name| *name == post.post.network.as_str()).unwrap() as i64;
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
            let row = [hour, brand, network, language, mood, number];
            add_hour.execute(row).unwrap();
        }
        for ([brand, day, network], number) in days {
            add_day.execute([brand, day, network, number]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
    }
    processor() - start
}

/// A connection to an empty store, as careful as the store's.
fn bare(folder: &Path) -> Connection {
    let store = Store::open(folder, Durability::Again).unwrap();
    store.source("bench", "capture", false).unwrap();
    drop(store);
    let connection = Connection::open(folder.join(FILE)).unwrap();
    connection
        .execute_batch(
            "PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -16384",
        )
        .unwrap();
    connection
}

/// Fills a store with what intake would have written.
fn generate(folder: &Path, posts: &Posts, mentions: usize) {
    let start = Instant::now();
    let connection = bare(folder);
    connection
        .execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -400000",
        )
        .unwrap();
    connection.set_prepared_statement_cache_capacity(16);
    let mut random = fastrand::Rng::with_seed(11);
    let numbers = numbers(&connection, &posts.models);
    connection.execute_batch("BEGIN").unwrap();
    for number in 0..mentions {
        let (brand, way, network, moment) = posts.numbered(number, mentions, &mut random);
        let (model, written) = &posts.models[brand * 3 + way];
        let mut judged = model.clone();
        judged.post = posts.post(brand, way, (number, network, moment));
        judged.counted = Time(moment);
        insert(&connection, &judged, written, &numbers);
        if number % 100_000 == 99_999 {
            connection.execute_batch("COMMIT; BEGIN").unwrap();
        }
    }
    connection.execute_batch("COMMIT; PRAGMA journal_mode = WAL; PRAGMA locking_mode = NORMAL").unwrap();
    drop(connection);
    println!("{mentions} mentions generated in {:.0} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let store = Store::open(folder, Durability::Again).unwrap();
    store.recount().unwrap();
    println!("rollups counted from the rows in {:.1} s", start.elapsed().as_secs_f64());
    store.wipe_log().unwrap();
}

/// What a mention takes on disk beside its text.
fn bytes(folder: &Path, mentions: usize) {
    let size = std::fs::metadata(folder.join(FILE)).unwrap().len();
    let connection = Connection::open(folder.join(FILE)).unwrap();
    let address = connection
        .query_row("SELECT AVG(LENGTH(permalink)) FROM post", [], |row| row.get::<_, f64>(0))
        .unwrap();
    let beside = size as f64 / mentions as f64 - TEXT as f64;
    println!(
        "{beside:.1} bytes a mention beside its text of {TEXT} bytes; {:.1} beside its address too",
        beside - address
    );
    let tables = "SELECT name, SUM(pgsize) AS size FROM dbstat GROUP BY name ORDER BY size DESC LIMIT 12";
    let Ok(mut statement) = connection.prepare(tables) else { return };
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
    for (name, size) in rows.unwrap().map(Result::unwrap) {
        println!("  {name:<28} {:>7.1}", size as f64 / mentions as f64);
    }
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..7)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// The window of 30 days that the queries ask for.
const LAST: Window = Window { from: Time(START + (DAYS - 30) * DAY), to: Time(START + DAYS * DAY) };

fn queries(folder: &Path, brands: &[Brand]) {
    const SHARES: &str =
        "SELECT brand, COUNT(*) FROM clear_mention WHERE counted >= ?1 AND counted < ?2 GROUP BY brand";
    const DAILY: &str = "SELECT brand, counted / 86400000 AS day, COUNT(*) FROM clear_mention
        WHERE counted >= ?1 AND counted < ?2 AND brand IN (SELECT value FROM json_each(?3)) GROUP BY brand, day";
    let connection = Connection::open(folder.join(FILE)).unwrap();
    let five = &brands[..5];
    let ids: Vec<&str> = five.iter().map(|brand| &*brand.id.0).collect();
    let ids = serde_json::to_string(&ids).unwrap();
    let count = |sql: &str, ids: Option<&str>| -> u64 {
        let mut statement = connection.prepare_cached(sql).unwrap();
        let last = statement.column_count() - 1;
        let mut rows = match ids {
            Some(ids) => statement.query(params![LAST.from.0, LAST.to.0, ids]).unwrap(),
            None => statement.query(params![LAST.from.0, LAST.to.0]).unwrap(),
        };
        let mut sum = 0;
        while let Some(row) = rows.next().unwrap() {
            sum += row.get::<_, u64>(last).unwrap();
        }
        sum
    };
    let kept: u64 = figures::mentions_of(&connection, LAST, brands).unwrap().iter().sum();
    assert_eq!(kept, count(SHARES, None), "the rollups say what the rows say");
    let daily: u64 = figures::by_brand_and_day(&connection, LAST, five).unwrap().concat().iter().sum();
    assert_eq!(daily, count(DAILY, Some(&ids)));
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "share of voice of {BRANDS} brands, 30 days ({kept} mentions): rollups {:.2} ms, rows by SQLite {:.1} ms",
        ms(median(|| drop(figures::mentions_of(&connection, LAST, brands).unwrap()))),
        ms(median(|| assert!(count(SHARES, None) > 0)))
    );
    println!(
        "five brands by day, 30 days: rollups {:.2} ms, rows by SQLite {:.1} ms",
        ms(median(|| drop(figures::by_brand_and_day(&connection, LAST, five).unwrap()))),
        ms(median(|| assert!(count(DAILY, Some(&ids)) > 0)))
    );
    println!(
        "by network {:.1} ms, by language {:.1} ms, by hour {:.1} ms (all brands, 30 days, from rollups)",
        ms(median(|| drop(figures::by_network(&connection, LAST, brands).unwrap()))),
        ms(median(|| drop(figures::by_language(&connection, LAST, brands).unwrap()))),
        ms(median(|| drop(figures::by_hour(&connection, LAST, brands).unwrap())))
    );
    let start = Instant::now();
    let (all, differences) = rollup::compare(&connection, 10).unwrap();
    assert!(differences.is_empty(), "{differences:?}");
    println!("check --figures: {all} mentions counted again in {:.1} s", start.elapsed().as_secs_f64());
}

/// Exports everything with the program itself, and looks at its memory.
fn exports(folder: &Path, mentions: usize) {
    let keywords = folder.join("keywords");
    std::fs::create_dir_all(&keywords).unwrap();
    std::fs::write(keywords.join("one.toml"), "brand = \"One\"\nkeywords = [\"one\"]\n").unwrap();
    let mut forms = vec![("csv", "mentions.csv"), ("parquet", "parquet/")];
    if mentions <= 1_000_000 {
        forms.extend([("jsonl", "mentions.jsonl"), ("xlsx", "mentions.xlsx")]);
    }
    for (format, out) in forms {
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args([
                "export",
                "mentions",
                "--format",
                format,
                "--data",
                "data",
                "--keywords",
                "keywords",
                "--out",
                out,
            ])
            .current_dir(folder)
            .spawn()
            .unwrap();
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
            let kilobytes: u64 =
                line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
            peak = peak.max(kilobytes);
            wait();
        }
        assert!(child.wait().unwrap().success());
        let took = start.elapsed().as_secs_f64();
        println!(
            "export of {mentions} mentions as {format}: {took:.0} s ({:.0} a second), peak memory {} MB, {} MB on disk",
            mentions as f64 / took,
            peak / 1024,
            size(&folder.join(out)) >> 20
        );
        if format != "parquet" {
            std::fs::remove_file(folder.join(out)).unwrap();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "looks at another program now and then")]
fn wait() {
    std::thread::sleep(Duration::from_millis(50));
}

fn size(path: &Path) -> u64 {
    match path.read_dir() {
        Ok(entries) => entries.map(|entry| size(&entry.unwrap().path())).sum(),
        Err(_) => std::fs::metadata(path).map_or(0, |data| data.len()),
    }
}

fn duckdb(folder: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/figures.py");
    let (from, to) = (LAST.from.0.to_string(), LAST.to.0.to_string());
    let brands = brands();
    let five: Vec<&str> = brands.iter().take(5).map(|brand| &*brand.id.0).collect();
    let run = Command::new("python3")
        .arg(script)
        .arg(folder.join("parquet"))
        .args([&from, &to, &five.join(",")])
        .status();
    if !run.is_ok_and(|status| status.success()) {
        println!("DuckDB left out: python3 -m pip install duckdb");
    }
}
