//! How fast a capture is replayed, beside `serde_json` parsing the same lines into values, in one run.
//!
//! ```text
//! cargo bench --bench replay -- CAPTURE KEYWORDS.txt [ROUNDS]
//! ```
//!
//! CAPTURE is JSON lines, plain or zstd; KEYWORDS.txt holds one name a line. Both stages run in turns; the
//! figure is the median of the rounds' ratios. Resident memory is read from `/proc/self/status`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a program that measures and prints"
)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use vigie::alert::Rule;
use vigie::intake::Judge;
use vigie::keeper::{Clock, Keeper};
use vigie::keyword::Brand;
use vigie::mail::Language;
use vigie::notice::Composer;
use vigie::replay::{self, Shift};
use vigie::schedule::Schedule;
use vigie::store::{Durability, Store};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [capture, keywords, rest @ ..] = arguments.as_slice() else {
        println!("usage: cargo bench --bench replay -- CAPTURE KEYWORDS.txt [ROUNDS]");
        return;
    };
    let rounds: usize = rest.first().and_then(|rounds| rounds.parse().ok()).unwrap_or(4);
    let brands = brands(Path::new(keywords));
    let lines = lines(Path::new(capture));
    println!(
        "{} lines, {} keywords",
        lines.len(),
        brands.iter().map(|brand| brand.keywords.len()).sum::<usize>()
    );
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let start = Instant::now();
        let mut parsed = 0;
        for line in &lines {
            parsed += usize::from(serde_json::from_slice::<serde_json::Value>(line).is_ok());
        }
        let json = start.elapsed();
        let (replayed, posts, mentions) = replay_once(Path::new(capture), &brands, round);
        let ratio = json.as_secs_f64() / replayed.as_secs_f64();
        ratios.push(ratio);
        println!(
            "round {round}: serde_json {:.0} lines/s ({parsed}), replay {:.0} posts/s ({posts} posts, {mentions} mentions), ratio {ratio:.2}, resident {} MB",
            lines.len() as f64 / json.as_secs_f64(),
            posts as f64 / replayed.as_secs_f64(),
            resident()
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2}", ratios.get(ratios.len() / 2).copied().unwrap_or_default());
}

fn lines(capture: &Path) -> Vec<Vec<u8>> {
    let file = std::fs::File::open(capture).unwrap();
    let reader: Box<dyn std::io::Read> = if capture.extension().is_some_and(|end| end == "zst") {
        Box::new(zstd::stream::read::Decoder::new(file).unwrap())
    } else {
        Box::new(file)
    };
    BufReader::new(reader).split(b'\n').map(Result::unwrap).collect()
}

fn brands(keywords: &Path) -> Vec<Brand> {
    let text = std::fs::read_to_string(keywords).unwrap();
    let mut brand = Brand::named("All", true);
    brand.keywords = text.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect();
    vec![brand]
}

fn replay_once(capture: &Path, brands: &[Brand], round: usize) -> (Duration, u64, u64) {
    let folder = std::env::temp_dir().join(format!("vigie-bench-{}-{round}", std::process::id()));
    let composer = Composer {
        rules: Rule::usual(Duration::from_secs(30), Duration::from_secs(300)),
        to: vec!["you@localhost".parse().unwrap()],
        from: "vigie@localhost".parse().unwrap(),
        language: Language::En,
        zone: TimeZone::UTC,
        brands: brands.to_vec(),
        schedule: Schedule::default(),
        manners: vigie::notice::Manners::default(),
    };
    let start = Instant::now();
    let judge = Judge::new(brands).unwrap();
    let store = Store::open(&folder, Durability::Again).unwrap();
    let mut keeper = Keeper::new(store, composer);
    let source = keeper.source("bench", "capture", false).unwrap();
    let summary =
        replay::play(capture, &judge, &mut keeper, source, Shift::None, Clock::Replay, |_, _| true).unwrap();
    keeper.run_out().unwrap();
    let took = start.elapsed();
    drop(keeper);
    std::fs::remove_dir_all(&folder).unwrap();
    (took, summary.done.tally.posts, summary.done.tally.mentions)
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or_default()
        / 1024
}
