//! How fast texts are folded and keywords found, beside others doing the same, in one run.
//!
//! ```text
//! cargo bench --bench matching -- CORPUS [ROUNDS]
//! ```
//!
//! CORPUS is a folder with `posts-dev.jsonl.zst` (JSON lines with a `text`), `keywords-N.txt` (one name a line) and
//! `queries.tsv`. Engines run in turns, each over all posts; the figure is the median of the rounds' ratios of CPU
//! time. The others fold with the same code and check word boundaries at each hit, so that only finding differs;
//! they miss phrases whose words are further apart than one sign.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a program that measures and prints"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use vigie::find::Finder;
use vigie::fold::{Folded, fold, is_unspaced, is_word};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [corpus, rest @ ..] = arguments.as_slice() else {
        println!("usage: cargo bench --bench matching -- CORPUS [ROUNDS]");
        return;
    };
    let rounds: usize = rest.first().and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let corpus = Path::new(corpus);
    let posts = posts(&corpus.join("posts-dev.jsonl.zst"));
    let bytes: usize = posts.iter().map(String::len).sum();
    println!("{} posts, {:.1} MB of text; {rounds} rounds", posts.len(), bytes as f64 / 1e6);
    folding(&posts, rounds);
    for count in [1_000, 10_000, 100_000] {
        let file = corpus.join(format!("keywords-{count}.txt"));
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let keywords: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        finding(&posts, &keywords, rounds);
    }
}

/// CPU seconds of this thread so far.
fn cpu() -> f64 {
    cpu_time::ThreadTime::now().as_duration().as_secs_f64()
}

/// Runs every engine once a round, in turns; prints its median rate, and the ratio of the first to it.
fn compare(posts: usize, rounds: usize, engines: &mut [(&str, &mut dyn FnMut() -> usize)]) {
    let mut times = vec![Vec::new(); engines.len()];
    let mut found = vec![0; engines.len()];
    for _ in 0..rounds {
        for (place, (_, run)) in engines.iter_mut().enumerate() {
            let start = cpu();
            found[place] = black_box(run());
            times[place].push(cpu() - start);
        }
    }
    for (place, (name, _)) in engines.iter().enumerate() {
        let ratios: Vec<f64> = times[place].iter().zip(&times[0]).map(|(one, first)| one / first).collect();
        let spread = ratios
            .iter()
            .copied()
            .fold((f64::MAX, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
        println!(
            "  {name:34} {:6.2} Mposts/s   Vigie / it {:5.2} ({:.2}-{:.2})   found {}",
            posts as f64 / median(&times[place]) / 1e6,
            median(&ratios),
            spread.0,
            spread.1,
            found[place]
        );
    }
}

fn median(of: &[f64]) -> f64 {
    let mut of = of.to_vec();
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn folding(posts: &[String], rounds: usize) {
    println!("folding");
    let mut folded = Folded::default();
    compare(
        posts.len(),
        rounds,
        &mut [
            ("Vigie", &mut || {
                posts
                    .iter()
                    .map(|post| {
                        folded.fold(post);
                        folded.tokens().len()
                    })
                    .sum()
            }),
            ("unicode-normalization chain", &mut || {
                let mut out = String::new();
                posts
                    .iter()
                    .map(|post| {
                        out.clear();
                        let lower = post.nfkc().flat_map(char::to_lowercase);
                        out.extend(lower.nfd().filter(|c| !is_combining_mark(*c)).nfc());
                        out.len()
                    })
                    .sum()
            }),
            ("str::to_lowercase", &mut || posts.iter().map(|post| post.to_lowercase().len()).sum()),
        ],
    );
}

fn finding(posts: &[String], keywords: &[&str], rounds: usize) {
    let start = Instant::now();
    let finder = Finder::of_keywords(keywords.iter().copied());
    let built = start.elapsed();
    println!(
        "{} keywords: built in {:.3} s, {:.2} MiB",
        keywords.len(),
        built.as_secs_f64(),
        finder.memory() as f64 / f64::from(1 << 20)
    );
    let mut patterns: Vec<String> = keywords.iter().map(|keyword| fold(keyword)).collect();
    patterns.retain(|pattern| !pattern.is_empty());
    patterns.sort();
    patterns.dedup();
    let automaton = aho_corasick::AhoCorasick::builder()
        .kind(Some(aho_corasick::AhoCorasickKind::ContiguousNFA))
        .build(&patterns)
        .unwrap();
    let double = daachorse::DoubleArrayAhoCorasick::<u32>::new(&patterns).unwrap();
    let (mut a, mut b, mut c) = (Folded::default(), Folded::default(), Folded::default());
    compare(
        posts.len(),
        rounds,
        &mut [
            ("Vigie", &mut || {
                let mut found = 0;
                for post in posts {
                    a.fold(post);
                    finder.find(&a, |_| {
                        found += 1;
                        true
                    });
                }
                found
            }),
            ("aho-corasick, contiguous NFA", &mut || {
                let mut found = 0;
                for post in posts {
                    b.fold(post);
                    let hits = automaton.find_overlapping_iter(b.bytes());
                    found += hits.filter(|hit| is_whole(b.bytes(), hit.start(), hit.end())).count();
                }
                found
            }),
            ("daachorse", &mut || {
                let mut found = 0;
                for post in posts {
                    c.fold(post);
                    let hits = double.find_overlapping_iter(c.bytes());
                    found += hits.filter(|hit| is_whole(c.bytes(), hit.start(), hit.end())).count();
                }
                found
            }),
        ],
    );
}

/// Whether the stretch of folded text is not a part of a longer word.
fn is_whole(folded: &[u8], start: usize, end: usize) -> bool {
    let quick = |outside: Option<&u8>| {
        outside.is_none_or(|byte| byte.is_ascii_punctuation() && *byte != b'_' || *byte <= b' ')
    };
    let [before, after] = [start.checked_sub(1).and_then(|before| folded.get(before)), folded.get(end)];
    if quick(before) && quick(after) {
        return true;
    }
    let last =
        |bytes: &[u8]| String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(4)..]).chars().next_back();
    let first = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(4)]).chars().next();
    let free = |inside: Option<char>, outside: Option<char>| match (inside, outside) {
        (Some(inside), Some(outside)) => {
            !is_word(outside) || !is_word(inside) || is_unspaced(outside) || is_unspaced(inside)
        }
        _ => true,
    };
    free(first(&folded[start..end]), last(&folded[..start]))
        && free(last(&folded[start..end]), first(&folded[end..]))
}

fn posts(file: &Path) -> Vec<String> {
    let plain = zstd::stream::decode_all(std::fs::File::open(file).unwrap()).unwrap();
    let lines = plain.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let post: serde_json::Value = serde_json::from_slice(line).unwrap();
            post["text"].as_str().unwrap_or_default().to_owned()
        })
        .collect()
}
