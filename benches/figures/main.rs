//! How fast figures over many mentions are, what a mention takes on disk, what storing one costs, and what an export needs.
//!
//! ```text
//! cargo bench --bench figures -- [MENTIONS] [FOLDER]      ten million mentions under the folder of temporary files
//! ```
//!
//! A generator (seeded, 300 brands, 7 networks, 90 days) fills a store with what intake writes. Shares of voice and a chart by
//! day are read from the rollups, from the rows by SQLite, and from the rows by `DuckDB` with one thread, where Python has it
//! (`benches/figures/rows.py`, over the exported Parquet files). Storing every post runs beside a bare insert of the same rows.
//! Times are medians, of storing those of the processor; memory is the largest resident set of a program of its own. The
//! folder is removed in the end.
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

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use vigie::keyword::Brand;
use vigie::share::Window;
use vigie::store::{Durability, FILE, Store, figures, rollup};
use vigie::time::{DAY, Time};

mod posts;
mod storing;

use posts::{BRANDS, DAYS, Posts, START, TEXT, bare, brands, insert, numbers};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mentions: usize = arguments.first().map_or(10_000_000, |number| number.parse().unwrap());
    let place = arguments.get(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = place.join(format!("vigie-figures-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let brands = brands();
    let mut posts = Posts::new(&brands);
    posts.write(&folder);
    storing::store_rate(&folder, &posts, mentions);
    let data = folder.join("data");
    generate(&data, &posts, mentions);
    bytes(&data, mentions);
    queries(&data, &brands);
    exports(&folder, mentions);
    duckdb(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
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
    let week = Window { from: Time(START + (DAYS - 7) * DAY), to: LAST.to };
    for brands in [five, brands] {
        let start = Instant::now();
        let digest = vigie::digest::gather(&connection, brands, week, week.to).unwrap();
        let (brands, took) = (brands.len(), start.elapsed().as_secs_f64());
        println!(
            "digest of a week, {brands} brands ({} mentions): {took:.1} s",
            digest.shares.totals.mentions
        );
    }
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
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/figures/rows.py");
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
