//! How fast a mention is committed and its mail accepted, at 1,000 events a second of which 10 are mentions.
//!
//! ```text
//! cargo bench --bench latency -- [SECONDS] [EVENTS_PER_SECOND] [KEYWORDS.txt]
//! ```
//!
//! A second process plays the world: a stream of Bluesky-like events on a loopback WebSocket, and a mail server
//! that accepts everything. This process runs the daemon with grouping off. Printed: milliseconds from an event
//! leaving the stream to its row being committed and to its mail being accepted, and the processor time of the
//! daemon as a part of one core. With KEYWORDS.txt (one name a line) these join the brand files at half time, and
//! the longest wait of a row before and after is printed beside how long it takes to compile them.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a program that measures and prints"
)]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::SinkExt as _;
use jiff::tz::TimeZone;
use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;
use vigie::config::{Config, SourceConfig};
use vigie::daemon::{self, Plan, Told};
use vigie::deliver::Courier;
use vigie::intake::Judge;
use vigie::keeper::Keeper;
use vigie::keyword::Brand;
use vigie::mail::Language;
use vigie::notice::Composer;
use vigie::source::Mode;
use vigie::store::{Durability, Store};
use vigie::time::Time;

/// One event in this many names the brand.
const ONE_IN: u64 = 100;

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time(i64::try_from(since.as_millis()).unwrap())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number =
        |at: usize, usual: u64| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(usual);
    if arguments.first().is_some_and(|first| first == "world") {
        world(number(1, 20), number(2, 1_000));
    } else {
        measure(number(0, 20), number(1, 1_000), arguments.get(2).map(std::path::Path::new));
    }
}

/// The stream and the mail server. Prints their ports, then `mail NUMBER MILLIS` for every mention mailed.
#[tokio::main(flavor = "current_thread")]
async fn world(seconds: u64, rate: u64) {
    let stream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let smtp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{} {}", stream.local_addr().unwrap().port(), smtp.local_addr().unwrap().port());
    tokio::task::LocalSet::new()
        .run_until(async move {
            tokio::task::spawn_local(async move {
                loop {
                    let (socket, _) = smtp.accept().await.unwrap();
                    tokio::task::spawn_local(accept_mails(socket));
                }
            });
            let (socket, _) = stream.accept().await.unwrap();
            let mut socket = tokio_tungstenite::accept_async(socket).await.unwrap();
            let mut tick = tokio::time::interval(Duration::from_millis(10));
            let mut sent = 0;
            let all = seconds * rate;
            while sent < all {
                tick.tick().await;
                for _ in 0..(rate / 100).max(1) {
                    socket.feed(Message::text(event(sent))).await.unwrap();
                    sent += 1;
                }
                socket.flush().await.unwrap();
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        })
        .await;
}

/// An event of about 600 bytes.
fn event(number: u64) -> String {
    let text = if number.is_multiple_of(ONE_IN) {
        format!("bench-{number}- at {} the Molivelle is quick up the hill again this morning", now().0)
    } else {
        "a walk along the river, nothing to buy and nobody to hurry, only the birds and the water".to_owned()
    };
    let micros = now().0 * 1_000;
    format!(
        r#"{{"did":"did:plc:bench{number:012}","time_us":{micros},"kind":"commit","commit":{{"rev":"3l3qo2vutsw2b","operation":"create","collection":"app.bsky.feed.post","rkey":"3l{number:011}","record":{{"$type":"app.bsky.feed.post","createdAt":"{}","langs":["en"],"text":"{text}","reply":{{"parent":{{"cid":"bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi","uri":"at://did:plc:other/app.bsky.feed.post/3l3"}},"root":{{"cid":"bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi","uri":"at://did:plc:other/app.bsky.feed.post/3l3"}}}}}},"cid":"bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi"}}}}"#,
        now()
    )
}

async fn accept_mails(socket: tokio::net::TcpStream) {
    let (read, mut write) = socket.into_split();
    let mut lines = tokio::io::BufReader::new(read).lines();
    write.write_all(b"220 bench\r\n").await.unwrap();
    let mut data: Option<String> = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(mail) = &mut data {
            if line == "." {
                let at = now();
                write.write_all(b"250 taken\r\n").await.unwrap();
                for number in numbers(mail) {
                    println!("mail {number} {}", at.0);
                }
                data = None;
            } else {
                mail.push_str(&line);
                mail.push_str("\r\n");
            }
            continue;
        }
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            "EHLO" => b"250 bench\r\n",
            "DATA" => {
                data = Some(String::new());
                b"354 go on\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        if write.write_all(answer).await.is_err() {
            return;
        }
    }
}

/// The numbers of the events that a mail tells.
fn numbers(mail: &str) -> Vec<u64> {
    let message = MessageParser::default().parse(mail.as_bytes());
    let text =
        message.and_then(|message| message.body_text(0).map(|text| text.into_owned())).unwrap_or_default();
    let mut numbers: Vec<u64> =
        text.split("bench-").skip(1).filter_map(|rest| rest.split('-').next()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// A brand file in `folder`.
fn write_brand(folder: &std::path::Path, name: &str, ours: bool, keywords: &[String]) {
    let file = toml::Table::from_iter([
        ("brand".to_owned(), toml::Value::from(name)),
        ("ours".to_owned(), toml::Value::from(ours)),
        ("keywords".to_owned(), toml::Value::from(keywords.to_vec())),
    ]);
    // Written aside first: a half-written file is not a change of mind.
    let aside = folder.with_extension("new");
    std::fs::write(&aside, file.to_string()).unwrap();
    std::fs::rename(aside, folder.join(format!("{}.toml", name.to_lowercase()))).unwrap();
}

fn measure(seconds: u64, rate: u64, more: Option<&std::path::Path>) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["world", &seconds.to_string(), &rate.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let ports = output.next().unwrap().unwrap();
    let (stream, smtp) = ports.split_once(' ').unwrap();
    let folder = std::env::temp_dir().join(format!("vigie-latency-{}", std::process::id()));
    let text = format!(
        "data_dir = \"{}\"\n[mail]\nto = [\"you@localhost\"]\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\ntls = \"none\"\n[alerts]\nwait = \"0s\"\nevery = \"0s\"\n[fetch]\nallow = [\"127.0.0.0/8\"]\n",
        folder.display()
    );
    let (mut config, faults) = Config::parse(std::path::Path::new("bench.toml"), &text);
    assert!(faults.0.is_empty(), "{faults}");
    let section = toml::Table::from_iter([
        ("hosts".to_owned(), toml::Value::from(vec![format!("ws://127.0.0.1:{stream}")])),
        ("appview".to_owned(), "http://127.0.0.1:9".into()),
    ]);
    let sources = vec![SourceConfig {
        name: "bluesky".to_owned(),
        network: "bluesky".to_owned(),
        section,
        example: false,
        look_back: false,
        budget: None,
    }];
    config.web.enabled = false;
    let brands = vec![Brand::named("Molivelle", true)];
    let keywords = std::env::temp_dir().join(format!("vigie-latency-brands-{}", std::process::id()));
    std::fs::create_dir_all(&keywords).unwrap();
    write_brand(&keywords, "Molivelle", true, &["Molivelle".to_owned()]);
    let composer = Composer {
        rules: config.rules.clone(),
        to: config.mail.to.clone(),
        from: config.mail.from.clone(),
        language: Language::En,
        zone: TimeZone::UTC,
        brands: brands.clone(),
        schedule: config.digest,
        manners: vigie::notice::Manners::default(),
    };
    let courier = Courier::new(&config.mail.transport, &config.mail.from.email, None);
    let plan = Plan {
        keeper: Keeper::new(Store::open(&folder, Durability::Full).unwrap(), composer),
        judge: Judge::new(&brands).unwrap(),
        keywords: more.is_some().then(|| keywords.clone()),
        courier: courier.unwrap(),
        sources,
        config,
        web_token: None,
        mode: Mode::Watch,
        first_digest: false,
        record: None,
        clock: now,
    };
    let committed: Arc<Mutex<HashMap<u64, i64>>> = Arc::default();
    let began = now();
    let changing = more.map(|file| {
        let words = std::fs::read_to_string(file).unwrap();
        let words: Vec<String> = words.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect();
        let folder = keywords.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds / 2));
            write_brand(&folder, "Many", false, &words);
            (now(), words)
        })
    });
    let rows = Arc::clone(&committed);
    let told = move |one: Told| {
        if let Told::Stored { mentions, .. } = one {
            let at = now().0;
            for mention in mentions {
                rows.lock()
                    .unwrap()
                    .extend(sent(&mention.post.text).map(|(number, left)| (number, at - left)));
            }
        }
    };
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let before = processor();
    let daemon = std::thread::spawn(move || runtime.block_on(daemon::run(plan, stopping, told)));
    let mut mailed: HashMap<u64, i64> = HashMap::new();
    for line in output.map_while(Result::ok) {
        let mut words = line.split(' ').skip(1).map(|word| word.parse::<i64>().unwrap());
        let (number, at) = (words.next().unwrap(), words.next().unwrap());
        mailed.entry(u64::try_from(number).unwrap()).or_insert(at);
    }
    let used = processor() - before;
    stop.cancel();
    let summary = daemon.join().unwrap().unwrap();
    child.wait().unwrap();
    let rows = rusqlite_sent(&folder);
    let mut to_commit: Vec<i64> = committed.lock().unwrap().values().copied().collect();
    let mut to_mail: Vec<i64> =
        mailed.iter().filter_map(|(number, at)| rows.get(number).map(|left| at - left)).collect();
    println!(
        "{} events offered, {} heard, {} mentions, {} mailed",
        seconds * rate,
        summary.tally.posts,
        rows.len(),
        mailed.len()
    );
    println!(
        "row committed:  p50 {} ms, p99 {} ms, most {} ms",
        at(&mut to_commit, 50),
        at(&mut to_commit, 99),
        at(&mut to_commit, 100)
    );
    println!(
        "mail accepted:  p50 {} ms, p99 {} ms, most {} ms",
        at(&mut to_mail, 50),
        at(&mut to_mail, 99),
        at(&mut to_mail, 100)
    );
    println!("processor:      {:.1} % of one core over {seconds} s", used / seconds as f64 * 100.0);
    if let Some((changed, words)) = changing.map(|thread| thread.join().unwrap()) {
        let mut brand = Brand::named("Many", false);
        brand.keywords = words;
        let start = std::time::Instant::now();
        drop(Judge::new(&[brands, vec![brand]].concat()).unwrap());
        let built = start.elapsed();
        let waits = committed.lock().unwrap();
        let longest = |after: bool| {
            let of_half = |number: &u64| {
                let left = began.0 + i64::try_from(number * 1_000 / rate).unwrap();
                (left >= changed.0) == after
            };
            waits.iter().filter(|(number, _)| of_half(number)).map(|(_, wait)| *wait).max().unwrap_or(-1)
        };
        println!(
            "reload:         compiled in {} ms; longest wait of a row before {} ms, during and after {} ms",
            built.as_millis(),
            longest(false),
            longest(true)
        );
    }
    std::fs::remove_dir_all(&keywords).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The number of an event and the moment it left, from its text.
fn sent(text: &str) -> Option<(u64, i64)> {
    let rest = text.strip_prefix("bench-")?;
    let (number, rest) = rest.split_once("- at ")?;
    Some((number.parse().ok()?, rest.split(' ').next()?.parse().ok()?))
}

fn rusqlite_sent(folder: &std::path::Path) -> HashMap<u64, i64> {
    let connection = vigie::store::reader(folder).unwrap();
    let list = vigie::store::list::mention_list(&connection, &vigie::store::list::Filter::default()).unwrap();
    list.iter().filter_map(|mention| sent(&mention.post.text)).collect()
}

fn at(values: &mut [i64], percent: usize) -> i64 {
    values.sort_unstable();
    values.get((values.len() * percent / 100).min(values.len().saturating_sub(1))).copied().unwrap_or(-1)
}

/// Processor seconds of this process so far.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit_once(')').unwrap().1;
    let ticks: Vec<f64> =
        after.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse().unwrap()).collect();
    ticks.iter().sum::<f64>() / 100.0
}
