//! What goes wrong for hours or comes in thousands, on clocks that are given: a mail server that is away, bursts, nights on
//! which clocks change, restarts in between. What takes seconds is tried on the running program, in `delivery` and `kill`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;
use mail_parser::MessageParser;
use vigie::alert::{On, Rule};
use vigie::deliver::{Courier, Smtp, Tls, Transport};
use vigie::intake::Origin;
use vigie::keeper::Clock;
use vigie::matcher::Scratch;
use vigie::network::{Dates, Page};
use vigie::notice::Manners;
use vigie::post::Post;
use vigie::schedule::{Every, Quiet, Schedule};
use vigie::time::{DAY, HOUR, Time};

use super::home::{Home, until};
use super::rule::threads::falls_silent;
use super::rule::{MINUTE, NETWORK, Watch, by, noon, rule};
use super::server::Server;
use super::sink::{Act, Sink, arrivals};

mod clocks;
mod order;

std::thread_local! {
    /// The time for couriers, which ask for it; each test has a thread of its own.
    static NOW: Cell<Time> = const { Cell::new(Time(0)) };
}

fn clock() -> Time {
    NOW.get()
}

fn courier(sink: &Sink) -> Courier {
    let smtp = Smtp { host: "127.0.0.1".to_owned(), port: sink.port(), tls: Tls::None, user: None };
    Courier::new(&Transport::Smtp(smtp), &"vigie@molivelle.example".parse().unwrap(), None).unwrap()
}

/// Lets a minute pass: what is due is written, and tried.
async fn minute(watch: &mut Watch, courier: &Courier, at: Time) {
    NOW.set(at);
    watch.keeper.tick(at).unwrap();
    loop {
        let due = watch.keeper.take_due(at, 4).unwrap();
        if due.is_empty() {
            return;
        }
        for mail in due {
            let delivered = courier.send(&mail, clock).await;
            watch.keeper.record(mail.id, at, &delivered.outcome).unwrap();
        }
    }
}

#[tokio::test]
async fn a_server_that_is_away_for_six_hours_gets_every_mail_once_and_no_flood() {
    let sink = Sink::willing().await;
    let courier = courier(&sink);
    let none = Duration::ZERO;
    let manners = Manners { cap: Some(20), ..Manners::default() };
    let mut watch = Watch::mannered("six-hours", vec![Rule::new(On::BigAuthor, none, none)], manners);
    sink.close();
    let mut arrived = Vec::new();
    let minutes = 6 * 60 + 180;
    for passed in 0..minutes {
        let at = noon().plus(passed * MINUTE);
        if passed == 6 * 60 {
            sink.open().await;
        }
        // One every four minutes, until an hour after the server is back.
        if passed % 4 == 0 && passed < 7 * 60 {
            watch.hears("A Molivelle goes by", at, by(&format!("a{passed}."), 50_000));
        }
        minute(&mut watch, &courier, at).await;
        let count = sink.mails().len();
        arrived.resize(count, at);
    }
    let mails = sink.mails();
    let counts = arrivals(&mails);
    assert!(counts.values().all(|count| *count == 1), "one mail twice");
    let open = watch.told().into_iter().filter(|(_, state)| state == "due" || state == "held").count();
    assert_eq!(open, 0, "{:?}", watch.told());
    // Nothing vanishes: every mention is told in its own mail, or listed in one with what was held back.
    let texts: Vec<String> = mails.iter().map(|mail| mail.text()).collect();
    for passed in (0..7 * 60).step_by(4) {
        let told = texts.iter().filter(|text| text.contains(&format!("@a{passed}."))).count();
        assert_eq!(told, 1, "the mention of minute {passed}");
    }
    // And nobody gets more alerts in an hour than the cap, whenever the hour begins.
    let alerts: Vec<Time> = mails
        .iter()
        .zip(&arrived)
        .filter(|(mail, _)| !mail.subject().contains("held back"))
        .map(|(_, at)| *at)
        .collect();
    assert!(alerts.first().is_some_and(|first| first.since(noon()) >= 6 * HOUR));
    for (place, start) in alerts.iter().enumerate() {
        let within = alerts.iter().skip(place).take_while(|at| at.since(*start) < HOUR).count();
        assert!(within <= 20, "{within} alerts within an hour");
    }
    let held = mails.len() - alerts.len();
    assert!((1..=8).contains(&held), "{held} mails about what was held back");
    println!("{} mails after six hours: {} alerts, {held} lists of others", mails.len(), alerts.len());
}

/// Which of the numbered posts a mail tells.
fn number(text: &str) -> usize {
    let (_, rest) = text.split_once("number ").unwrap();
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// The subjects of what a server took, in order.
fn accepted(sink: &Sink) -> Vec<String> {
    sink.mails().iter().filter(|mail| mail.accepted()).map(super::sink::Mail::subject).collect()
}

#[tokio::test]
async fn each_way_of_failing_is_told_apart_on_a_clock_of_days() {
    let cases: &[(&str, Act, &str, usize)] = &[
        ("451", Act::Answer("451 4.3.0 try later"), "failed", 60),
        ("421", Act::Answer("421 4.3.2 closing"), "failed", 60),
        ("cut after DATA", Act::Cut, "failed", 60),
        ("550", Act::Answer("550 5.7.1 not wanted"), "failed", 1),
        ("taken", Act::Accept, "sent", 1),
    ];
    for (what, act, state, least) in cases {
        let act = *act;
        let sink = Sink::start(move |_, _| act).await;
        let courier = courier(&sink);
        let critical = Rule { critical: true, ..Rule::new(On::NewMention, Duration::ZERO, Duration::ZERO) };
        let mut watch = Watch::new(&format!("ways-{}", &what[..3]), vec![critical]);
        watch.hears("A Molivelle goes by", noon(), by("lena", 3));
        // A critical alert is news for as long as it is tried: three days, hourly in the end.
        for passed in 0..4 * 24 * 12 {
            minute(&mut watch, &courier, noon().plus(passed * 5 * MINUTE)).await;
        }
        assert_eq!(watch.told()[0].1, *state, "{what}");
        let tries = arrivals(&sink.mails()).values().sum::<usize>();
        assert!(tries >= *least && tries <= least.max(&1) * 2, "{what}: {tries} attempts");
        let answer: String = watch
            .keeper
            .store()
            .connection()
            .query_row("SELECT answer FROM delivery ORDER BY notice DESC, attempt DESC LIMIT 1", [], |row| {
                row.get(0)
            })
            .unwrap();
        if *least > 1 {
            assert!(answer.starts_with("given up after three days"), "{what}: {answer}");
        }
    }
}

#[test]
fn five_thousand_mentions_are_one_mail_and_then_one_every_five_minutes() {
    let mut watch = Watch::new("burst", vec![rule(On::NewMention)]);
    let page = |watch: &Watch, first: usize, many: usize, at: Time| {
        let posts = (first..first + many)
            .map(|number| {
                let mut post = Post::new(NETWORK, format!("b{number}"));
                post.text = format!("Molivelle number {number}");
                post.published = Some(at);
                post
            })
            .collect();
        let origin = Origin { source: "stream", dates: Dates::Arrival, look_back: false };
        watch.judge.judge(Page { posts, ..Page::default() }, origin, at, &mut Scratch::default())
    };
    // All of them within ten seconds, in pages of two hundred.
    for number in 0..25 {
        let at = noon().plus(i64::try_from(number).unwrap() * 400);
        let judged = page(&watch, number * 200, 200, at);
        watch.keeper.save(watch.source, &[judged], Clock::Live(at)).unwrap();
    }
    let mut written = Vec::new();
    for second in 10..60 {
        let at = noon().plus(second * 1_000);
        written.extend(std::iter::repeat_n(at, watch.keeper.tick(at).unwrap()));
    }
    // Late ones, two a minute for half an hour.
    for half in 2..62 {
        let at = noon().plus(half * 30_000);
        let judged = page(&watch, 5_000 + usize::try_from(half).unwrap(), 1, at);
        let done = watch.keeper.save(watch.source, &[judged], Clock::Live(at)).unwrap();
        written.extend(std::iter::repeat_n(at, done.notices));
        for second in 0..30 {
            let at = at.plus(second * 1_000);
            written.extend(std::iter::repeat_n(at, watch.keeper.tick(at).unwrap()));
        }
    }
    assert_eq!(written[0].since(noon()), 30_000, "half a minute after the first");
    assert!(written.windows(2).all(|pair| pair[1].since(pair[0]) >= 5 * MINUTE), "{written:?}");
    assert_eq!(written.len(), 7, "{written:?}");
    let due = watch.waiting(Time(i64::MAX));
    let mails: Vec<_> = due.iter().map(|due| MessageParser::default().parse(&due.bytes).unwrap()).collect();
    let first = mails[0].message_id().unwrap();
    assert!(mails[0].subject().unwrap().contains("5,000\u{a0}new mentions"), "{:?}", mails[0].subject());
    assert!(due[0].bytes.len() < 150_000, "{} bytes", due[0].bytes.len());
    for late in &mails[1..] {
        assert_eq!(late.in_reply_to().as_text(), Some(first), "late ones join the thread");
    }
}

#[test]
fn the_order_and_the_pages_in_which_posts_come_change_nothing() {
    let mut random = fastrand::Rng::with_seed(5);
    let mut known: Option<[BTreeSet<String>; 3]> = None;
    for round in 0..12 {
        let mut watch = Watch::new(&format!("order-{round}"), vec![rule(On::NewMention), rule(On::HighRisk)]);
        // Some come twice, in another page.
        let mut numbers: Vec<usize> = (0..30).chain((0..10).map(|_| random.usize(..30))).collect();
        random.shuffle(&mut numbers);
        let mut rest = numbers.as_slice();
        while !rest.is_empty() {
            let (page, after) = rest.split_at(random.usize(1..=rest.len().min(9)));
            rest = after;
            let posts = page
                .iter()
                .map(|number| {
                    let mut post = Post::new(NETWORK, format!("p{number}"));
                    let what = ["Molivelle", "Erivolle", "A Molivelle scam", "Nothing"][number % 4];
                    post.text = format!("{what} number {number}");
                    post.published = Some(noon().plus(-MINUTE));
                    post
                })
                .collect();
            let origin = Origin { source: "stream", dates: Dates::Arrival, look_back: false };
            let judged =
                watch.judge.judge(Page { posts, ..Page::default() }, origin, noon(), &mut Scratch::default());
            watch.keeper.save(watch.source, &[judged], Clock::Live(noon())).unwrap();
        }
        watch.keeper.tick(noon().plus(MINUTE)).unwrap();
        // All of it once more, when every group and every window has long closed.
        let replayed = |number: usize| {
            let mut post = Post::new(NETWORK, format!("p{number}"));
            let what = ["Molivelle", "Erivolle", "A Molivelle scam", "Nothing"][number % 4];
            post.text = format!("{what} number {number}");
            post.published = Some(noon().plus(-MINUTE));
            post
        };
        for later in [10 * MINUTE, 3 * HOUR] {
            let at = noon().plus(later);
            let page = Page { posts: (0..30).map(replayed).collect(), ..Page::default() };
            let origin = Origin { source: "stream", dates: Dates::Arrival, look_back: false };
            let judged = watch.judge.judge(page, origin, at, &mut Scratch::default());
            watch.keeper.save(watch.source, &[judged], Clock::Live(at)).unwrap();
            watch.keeper.tick(at.plus(10 * MINUTE)).unwrap();
        }
        let rows = |sql: &str| -> BTreeSet<String> {
            let mut statement = watch.keeper.store().connection().prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let found = [
            rows("SELECT native_id || '|' || brand FROM mention JOIN post ON post.id = mention.post"),
            rows("SELECT key FROM alert"),
            rows("SELECT message_id || '|' || subject || '|' || alerts FROM notice"),
        ];
        assert_eq!(found[0].len(), 23);
        assert_eq!(found[2].len(), 2);
        assert_eq!(known.get_or_insert_with(|| found.clone()), &found, "round {round}");
    }
}

#[test]
fn what_was_told_and_what_is_muted_survives_a_restart() {
    let mut watch = Watch::new("restart", vec![rule(On::BigAuthor)]);
    watch.hears("My Molivelle", noon(), by("lena", 50_000));
    watch.passes(noon().plus(MINUTE));
    let mut watch = watch.again();
    watch.hears("Still my Molivelle", noon().plus(5 * HOUR), by("lena", 50_000));
    watch.passes(noon().plus(6 * HOUR));
    assert_eq!(watch.subjects().len(), 1, "within the day after the first: {:?}", watch.subjects());
    let mut watch = watch.again();
    watch.hears("Again my Molivelle", noon().plus(25 * HOUR), by("lena", 50_000));
    watch.passes(noon().plus(26 * HOUR));
    assert_eq!(watch.subjects().len(), 2, "after it: {:?}", watch.subjects());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once() {
    // A mail server that takes the mail and says nothing: the first signal waits for its answer.
    let sink = Sink::start(|_, _| Act::Hang).await;
    let feed = Server::start(|_| {
        let now = jiff::Timestamp::now();
        super::server::Reply::ok(format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>b</title><id>b</id><entry><id>1</id><title>Molivelle</title>\
            <updated>{now}</updated></entry></feed>"
        ))
        .header("content-type", "application/atom+xml")
    })
    .await;
    let home = Home::configured(
        "twice",
        &format!(
            "[[source]]\nnetwork = \"feed\"\nurl = \"{}\"\n[mail]\nto = [\"ana@dest.example\"]\nfrom = \"vigie@molivelle.example\"\n\
            answer = \"1h\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n[alerts]\nwait = \"0s\"\nevery = \"0s\"\n\
            [digest]\nevery = \"never\"\n[web]\nenabled = false\n[fetch]\nallow = [\"127.0.0.0/8\"]\n",
            feed.url("/feed"),
            sink.port()
        ),
    );
    let mut daemon = home.start(&["watch"]);
    sink.until("the mail", |mails| !mails.is_empty()).await;
    daemon.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    if daemon.ended().is_none() {
        let start = std::time::Instant::now();
        daemon.terminate();
        until("it to end", || daemon.ended().is_some()).await;
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
    // What was in doubt goes again, with the same bytes.
    drop(sink);
    assert_eq!(home.number("SELECT count(*) FROM notice WHERE state = 'due' AND attempts = 1"), 1);
}
