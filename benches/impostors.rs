//! How many new authors a second are held against many brands, beside a plain Jaro-Winkler over all brands, in one
//! run.
//!
//! ```text
//! cargo bench --bench impostors [-- CASES.jsonl [ROUNDS]]
//! ```
//!
//! CASES.jsonl gives the authors (lines with `candidate.handle` and `candidate.display_name`); without it they are
//! made up. Brands are made up of syllables. Both engines run in turns over the same authors; the figure is the median
//! of the rounds by CPU time. Jaro-Winkler compares folded handle and name with every brand, and does nothing else: no
//! words, no look-alike letters, no reasons.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a program that measures and prints"
)]

use std::hint::black_box;
use std::time::Instant;

use vigie::fold::fold;
use vigie::impostor::Lookout;
use vigie::keyword::Brand;
use vigie::post::{Author, NetworkName};

/// Similarity from which Jaro-Winkler calls a name a copy.
const COPY: f64 = 0.92;
/// Authors of a run.
const AUTHORS: usize = 20_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let rounds: usize = arguments.get(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let mut random = fastrand::Rng::with_seed(7);
    let authors = arguments.first().map_or_else(|| made_up(&mut random), |file| read(file));
    println!("{} authors, {rounds} rounds", authors.len());
    let names: Vec<String> = (0..3_000).map(|_| name(&mut random)).collect();
    for count in [10, 100, 1_000, 3_000] {
        let brands: Vec<Brand> = names.iter().take(count).map(|name| Brand::named(name, true)).collect();
        let start = Instant::now();
        let lookout = Lookout::new(&brands);
        let built = start.elapsed();
        let folded: Vec<String> = names.iter().take(count).map(|name| fold(name)).collect();
        let network = NetworkName::known("x");
        let (mut ours, mut theirs, mut found) = (Vec::new(), Vec::new(), (0, 0));
        // Jaro-Winkler over thousands of brands is slow: a part of the authors tells as much.
        let part = &authors[..authors.len().min(2_000_000 / count.max(1)).max(200)];
        for _ in 0..rounds {
            let start = cpu();
            found.0 = authors
                .iter()
                .filter(|author| !black_box(lookout.judge(&network, author)).is_empty())
                .count();
            ours.push((cpu() - start) / authors.len() as f64);
            let start = cpu();
            found.1 = part.iter().filter(|author| black_box(is_near(author, &folded))).count();
            theirs.push((cpu() - start) / part.len() as f64);
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!(
            "{count:>5} brands: vigie {:>9.0} accounts/s ({} suspected, compiled in {} ms), Jaro-Winkler {:>9.0} accounts/s ({} of {} near), {:.1} times as fast",
            1.0 / ours,
            found.0,
            built.as_millis(),
            1.0 / theirs,
            found.1,
            part.len(),
            theirs / ours
        );
    }
}

fn is_near(author: &Author, brands: &[String]) -> bool {
    let texts = [author.handle.as_deref(), author.display_name.as_deref()];
    texts
        .into_iter()
        .flatten()
        .map(fold)
        .any(|text| brands.iter().any(|brand| strsim::jaro_winkler(&text, brand) >= COPY))
}

/// CPU seconds of this thread so far.
fn cpu() -> f64 {
    cpu_time::ThreadTime::now().as_duration().as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A name that is no word: three or four syllables.
fn name(random: &mut fastrand::Rng) -> String {
    const STARTS: [&str; 20] = [
        "b", "br", "c", "d", "dr", "f", "g", "gl", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "v",
        "z",
    ];
    const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ei", "ou", "ia"];
    let syllables = random.usize(2..=4);
    let mut name: String = (0..syllables)
        .map(|_| format!("{}{}", STARTS[random.usize(..STARTS.len())], VOWELS[random.usize(..VOWELS.len())]))
        .collect();
    name.push_str(["", "l", "n", "x", "nt"][random.usize(..5)]);
    name
}

fn made_up(random: &mut fastrand::Rng) -> Vec<Author> {
    (0..AUTHORS)
        .map(|_| {
            let (first, last) = (name(random), name(random));
            author(&format!("{first}_{last}{}", random.u32(..1_000)), &format!("{first} {last}"))
        })
        .collect()
}

fn author(handle: &str, display_name: &str) -> Author {
    Author {
        native_id: handle.to_owned(),
        handle: Some(handle.to_owned()),
        display_name: Some(display_name.to_owned()),
        ..Author::default()
    }
}

fn read(file: &str) -> Vec<Author> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut authors: Vec<Author> = text
        .lines()
        .take(AUTHORS)
        .map(|line| {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| case["candidate"][key].as_str().unwrap_or_default();
            author(text("handle"), text("display_name"))
        })
        .collect();
    authors.dedup_by(|a, b| a.handle == b.handle);
    authors
}
