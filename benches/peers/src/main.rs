//! Vigie beside others on the same posts, in one run: stored boolean queries beside the mokaccino percolator, and
//! the whole way from a stream's message to a stored mention beside sonic-rs parsing the same messages alone, in three
//! lines: what every such program does, and then what Vigie does beside it.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- CORPUS [ROUNDS] [queries | way]
//! ```
//!
//! CORPUS is a folder with `posts-dev.jsonl.zst`, `keywords-N.txt` and `queries.tsv`. What is compared runs in turns;
//! the figure is the median of the rounds' ratios of processor time of this thread. Proximity is relaxed to `AND`,
//! phrases to their words, signs and stars are dropped, so that both run the same queries; words are cut by Vigie's
//! folding for both, and the hits must agree.

use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use mokaccino::prelude::{CNFQueryable as _, Document, Percolator, Query as Cnf};
use serde::Deserialize;
use vigie::config::Config;
use vigie::fold::Folded;
use vigie::intake::{Judge, Origin, may_concern};
use vigie::keeper::{Clock, Keeper};
use vigie::keyword::Brand;
use vigie::mail::Language;
use vigie::matcher::{Matcher, Scratch};
use vigie::network::{self, Answer, Dates, Mark, Page};
use vigie::notice::Composer;
use vigie::post::{NetworkName, Post};
use vigie::query::{Leaf, Node, Query};
use vigie::store::{Durability, Store};
use vigie::time::Time;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(corpus) = arguments.first().map(Path::new) else {
        println!("usage: vigie-peers CORPUS [ROUNDS] [queries | way]");
        return;
    };
    let rounds: usize = arguments.get(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let posts = posts(&corpus.join("posts-dev.jsonl.zst"));
    println!("{} posts; {rounds} rounds", posts.len());
    let wanted = |what: &str| arguments.get(2).is_none_or(|only| only == what);
    let read = |name: &str| std::fs::read_to_string(corpus.join(name)).unwrap_or_default();
    if wanted("queries") {
        both_queries(&posts, &read, rounds);
    }
    if wanted("way") {
        let keywords: Vec<String> = read("keywords-1000.txt").lines().map(str::to_owned).collect();
        whole_way(&posts, &keywords, rounds);
    }
}

fn both_queries(posts: &[String], read: &dyn Fn(&str) -> String, rounds: usize) {
    let stored: Vec<Query> = read("queries.tsv")
        .lines()
        .filter_map(|line| Query::parse(line.split('\t').nth(1)?).ok())
        .map(|query| relaxed(&query))
        .collect();
    queries("stored queries", posts, &stored, rounds);
    let keywords: Vec<String> = read("keywords-10000.txt").lines().map(str::to_owned).collect();
    queries("brand, context, exclusion", posts, &contexts(&keywords, posts), rounds);
}

/// Processor seconds of this thread so far.
fn cpu() -> f64 {
    cpu_time::ThreadTime::now().as_duration().as_secs_f64()
}

fn median(of: &[f64]) -> f64 {
    let mut of = of.to_vec();
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// Runs both in turns and prints their rates over `count` posts and the ratio of the first to the second; what `ready`
/// does before each round is not measured.
fn compare(
    ready: &mut dyn FnMut(),
    (first_name, first): (&str, &mut dyn FnMut() -> usize),
    (second_name, second): (&str, &mut dyn FnMut() -> usize),
    count: usize,
    rounds: usize,
) {
    let (mut ratios, mut rates) = (Vec::new(), [Vec::new(), Vec::new()]);
    let mut found = [0, 0];
    for _ in 0..rounds {
        ready();
        let start = cpu();
        found[0] = black_box(first());
        let one = (cpu() - start) / count as f64;
        let start = cpu();
        found[1] = black_box(second());
        let other = (cpu() - start) / count as f64;
        ratios.push(other / one);
        rates[0].push(1e-3 / one);
        rates[1].push(1e-3 / other);
    }
    println!("  {first_name:20} {:9.1} thousand a second, found {}", median(&rates[0]), found[0]);
    println!("  {second_name:20} {:9.1} thousand a second, found {}", median(&rates[1]), found[1]);
    let low = ratios.iter().copied().fold(f64::MAX, f64::min);
    let high = ratios.iter().copied().fold(0.0, f64::max);
    println!("  ratio {:.2} ({low:.2}-{high:.2})", median(&ratios));
}

fn words(text: &str, folded: &mut Folded) -> Vec<String> {
    folded.fold_words(text);
    let tokens = folded.tokens();
    tokens.iter().map(|token| String::from_utf8_lossy(folded.token_bytes(token)).into_owned()).collect()
}

/// The query as both can run it.
fn relaxed(query: &Query) -> Query {
    fn leaf(leaf: &Leaf) -> String {
        let Leaf::Words(text) = leaf else { return "x".to_owned() };
        let words = words(&text.replace(['#', '@', '*'], " "), &mut Folded::default());
        let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        format!("({})", quoted.join(" AND "))
    }
    fn write(query: &Query, node: &Node) -> String {
        let all = |nodes: &[Node], by: &str| {
            let parts: Vec<String> = nodes.iter().map(|node| write(query, node)).collect();
            format!("({})", parts.join(by))
        };
        match node {
            Node::Leaf(number) => query.leaf(*number).map(leaf).unwrap_or_default(),
            Node::Not(inner) => format!("NOT {}", write(query, inner)),
            Node::And(nodes) => all(nodes, " AND "),
            Node::Or(nodes) => all(nodes, " OR "),
            Node::Near(near) => {
                let side = |side: &std::ops::Range<u32>| {
                    let any: Vec<String> = side.clone().filter_map(|at| query.leaf(at)).map(leaf).collect();
                    format!("({})", any.join(" OR "))
                };
                let sides: Vec<String> = near.sides.iter().map(side).collect();
                format!("({})", sides.join(" AND "))
            }
        }
    }
    Query::parse(&write(query, query.root())).unwrap()
}

/// One query a name: the name, one of four context words, none of two others; words that the posts do hold.
fn contexts(names: &[String], posts: &[String]) -> Vec<Query> {
    let mut folded = Folded::default();
    let mut counts = std::collections::HashMap::new();
    for post in posts.iter().step_by(20) {
        for word in words(post, &mut folded) {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    let mut frequent: Vec<(i32, String)> = counts.into_iter().map(|(word, count)| (-count, word)).collect();
    frequent.retain(|(_, word)| word.chars().count() > 2 && word.chars().all(char::is_alphanumeric));
    frequent.sort();
    let pick = |at: usize| &frequent[at % 2_000.min(frequent.len())].1;
    let query = |(place, name): (usize, &String)| {
        let name: Vec<String> = words(name, &mut Folded::default());
        if name.is_empty() {
            return None;
        }
        let name: Vec<String> = name.iter().map(|word| format!("\"{word}\"")).collect();
        let at = place * 7_919;
        let text = format!(
            "{} AND (\"{}\" OR \"{}\" OR \"{}\" OR \"{}\") AND NOT (\"{}\" OR \"{}\")",
            name.join(" AND "),
            pick(at),
            pick(at + 613),
            pick(at + 1_229),
            pick(at + 1_847),
            pick(at + 31),
            pick(at + 977)
        );
        Query::parse(&text).ok()
    };
    names.iter().enumerate().filter_map(query).collect()
}

fn cnf(query: &Query, node: &Node) -> Cnf {
    let leaf = |number: u32| match query.leaf(number) {
        Some(Leaf::Words(word)) => "w".has_value(word.to_string()),
        _ => "w".has_value("\u{0}"),
    };
    match node {
        Node::Leaf(number) => leaf(*number),
        Node::Not(inner) => !cnf(query, inner),
        Node::And(nodes) => nodes.iter().map(|node| cnf(query, node)).reduce(|a, b| a & b).unwrap(),
        Node::Or(nodes) => nodes.iter().map(|node| cnf(query, node)).reduce(|a, b| a | b).unwrap(),
        Node::Near(_) => unreachable!("relaxed"),
    }
}

fn queries(name: &str, posts: &[String], queries: &[Query], rounds: usize) {
    let brands: Vec<Brand> = queries
        .iter()
        .enumerate()
        .map(|(place, query)| {
            let mut brand = Brand::named(&format!("q{place}"), false);
            brand.query = Some(query.to_string());
            brand
        })
        .collect();
    let start = Instant::now();
    let matcher = Matcher::new(&brands).unwrap();
    let built = start.elapsed().as_secs_f64();
    println!(
        "{name}: {} queries, built in {built:.3} s, {:.2} MiB",
        queries.len(),
        matcher.memory() as f64 / f64::from(1 << 20)
    );
    let mut percolator = Percolator::default();
    for query in queries {
        percolator.add_query(cnf(query, query.root()));
    }
    let percolator = percolator.optimized();
    let mut post = Post::new(NetworkName::known("bench"), "1");
    let mut scratch = Scratch::default();
    let mut ours = || {
        posts
            .iter()
            .map(|text| {
                post.text.clone_from(text);
                matcher.mentions(&post, "", &mut scratch).len()
            })
            .sum()
    };
    let mut folded = Folded::default();
    let mut theirs = || {
        posts
            .iter()
            .map(|text| {
                folded.fold(text);
                let mut document = Document::default();
                for token in folded.tokens() {
                    let word = String::from_utf8_lossy(folded.token_bytes(token));
                    document = document.with_value("w", word.as_ref());
                }
                percolator.percolate_ref(&document).count()
            })
            .sum()
    };
    compare(&mut || (), ("Vigie", &mut ours), ("mokaccino", &mut theirs), posts.len(), rounds);
}

/// What sonic-rs is asked for: the same fields, borrowed.
#[derive(Deserialize)]
struct Message<'m> {
    #[serde(borrow)]
    did: std::borrow::Cow<'m, str>,
    time_us: i64,
    #[serde(borrow)]
    commit: Commit<'m>,
}

#[derive(Deserialize)]
struct Commit<'m> {
    #[serde(borrow)]
    rkey: std::borrow::Cow<'m, str>,
    #[serde(borrow)]
    record: Record<'m>,
}

#[derive(Deserialize)]
struct Record<'m> {
    #[serde(borrow)]
    text: std::borrow::Cow<'m, str>,
}

/// How much of what Vigie does with a message is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Hits,
    Answers,
    All,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Stage::Hits => "read, fold, match, store the hits",
            Stage::Answers => "the same, and every answer is searched for what impostors ask of customers",
            Stage::All => "all of it: also language, sentiment, relevance and copies of each hit",
        }
    }
}

/// Messages stored in one transaction: a thousand of them are mentions.
const BATCH: usize = 18_000;

fn whole_way(posts: &[String], keywords: &[String], rounds: usize) {
    let start = 1_770_000_000_000_000_i64;
    let messages: Vec<Vec<u8>> = posts
        .iter()
        .enumerate()
        .map(|(place, text)| {
            let time = start + i64::try_from(place).unwrap() * 1_000;
            let created = Time(time / 1_000).to_string();
            let uri = |among: usize| format!("at://did:plc:{:024}/app.bsky.feed.post/3k{place:011}", place % among);
            let cid = format!("bafyrei{place:052}");
            let mut message = serde_json::json!({
                "did": format!("did:plc:{:024}", place % 50_000), "time_us": time, "kind": "commit",
                "commit": {"rev": format!("3l{place:011}"), "operation": "create", "collection": "app.bsky.feed.post",
                    "rkey": format!("3k{place:011}"), "cid": cid,
                    "record": {"$type": "app.bsky.feed.post", "createdAt": created, "langs": ["en"], "text": text}}
            });
            // every second one answers another
            if place % 2 == 0 {
                message["commit"]["record"]["reply"] = serde_json::json!({
                    "parent": {"cid": cid, "uri": uri(7_000)}, "root": {"cid": cid, "uri": uri(5_000)}
                });
            }
            message.to_string().into_bytes()
        })
        .collect();
    let bytes: usize = messages.iter().map(Vec::len).sum();
    println!("whole way: {} keywords, messages of {} bytes", keywords.len(), bytes / messages.len());
    let mut brand = Brand::named("bench", true);
    brand.keywords = keywords.to_vec();
    let judge = Judge::new(&[brand.clone()]).unwrap();
    let network = (network::spec("bluesky").unwrap().build)(&Default::default()).unwrap();
    let bluesky = NetworkName::known("bluesky");
    let folder = std::env::temp_dir().join(format!("vigie-peers-{}", std::process::id()));
    let usual = Config::default_in(Path::new(""));
    // an empty store, which is there before the messages come
    let stored = RefCell::new(None);
    let mut ready = || {
        drop(stored.take());
        drop(std::fs::remove_dir_all(&folder));
        let store = Store::open(&folder, Durability::Again).unwrap();
        let composer = Composer {
            rules: Vec::new(),
            to: Vec::new(),
            from: usual.mail.from.clone(),
            language: Language::En,
            zone: jiff::tz::TimeZone::UTC,
            brands: vec![brand.clone()],
            schedule: usual.digest,
            manners: vigie::notice::Manners::default(),
        };
        stored.replace(Some(Keeper::new(store, composer)));
    };
    let ours = |stage: Stage| {
        let mut keeper = stored.take().unwrap();
        let source = keeper.source("stream", "bluesky", false).unwrap();
        let mut scratch = Scratch::default();
        let mut mentions = 0;
        let mut last = Mark::default();
        let mut answer = Answer { status: 200, ..Answer::default() };
        for batch in messages.chunks(BATCH) {
            let mut all = Page::default();
            for message in batch {
                let seen = Time(start / 1_000);
                // as the daemon asks ([`vigie::source::Interest`])
                if let Some(skim) = network.skim(message, last, seen)
                    && let is_answer = (skim.is_answer && stage > Stage::Hits)
                    && !may_concern(&judge.matcher, std::iter::once(&*skim.text), is_answer, &mut scratch)
                {
                    last = skim.mark;
                    all.passed.push_skimmed(&bluesky, &skim);
                    continue;
                }
                answer.body.clone_from(message);
                answer.seen = seen;
                let cursor = network.cursor(last);
                let page = network.read(&answer, cursor.as_ref()).unwrap();
                last = network.mark(page.cursor.as_ref()).unwrap();
                all.posts.extend(page.posts);
            }
            all.cursor = network.cursor(last);
            let origin = Origin { source: "stream", dates: Dates::Arrival, look_back: true };
            let now = Time(start / 1_000 + 600_000);
            let mut judged = judge.matched(all, origin, now, &mut scratch);
            if stage == Stage::All {
                judge.weigh_all(&mut judged.steps);
            }
            mentions += keeper.save(source, &[judged], Clock::Live(now)).unwrap().tally.mentions;
        }
        usize::try_from(mentions).unwrap()
    };
    let mut theirs = || {
        let mut length = 0;
        for message in &messages {
            let read: Message<'_> = sonic_rs::from_slice(message).unwrap();
            length += read.did.len() + read.commit.rkey.len() + read.commit.record.text.len();
            length += usize::from(read.time_us > 0);
        }
        length
    };
    let count = messages.len();
    for stage in [Stage::Hits, Stage::Answers, Stage::All] {
        println!(" {}", stage.name());
        let mut ours = || ours(stage);
        compare(&mut ready, ("Vigie", &mut ours), ("sonic-rs, parsing", &mut theirs), count, rounds);
    }
    drop(std::fs::remove_dir_all(&folder));
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
