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
use super::rule::{MINUTE, NETWORK, Watch, by, falls_silent, noon, rule};
use super::server::Server;
use super::sink::{Act, Sink, arrivals};

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

#[tokio::test]
async fn the_mails_of_one_thread_arrive_in_order_and_hold_up_nobody_else() {
    for away in [false, true] {
        let well = Arc::new(AtomicBool::new(false));
        let script = Arc::clone(&well);
        // Only the first mail of the thread is turned away: without an order the second would overtake it.
        let sink = Sink::start(move |mail, _| {
            let first = mail.subject().contains("started");
            if first && !script.load(Ordering::Relaxed) {
                Act::Answer("451 4.3.0 try later")
            } else {
                Act::Accept
            }
        })
        .await;
        let courier = courier(&sink);
        let spike = Rule { critical: true, ..rule(On::Spike) };
        let other = Rule::new(On::BigAuthor, Duration::ZERO, Duration::ZERO);
        let (mut watch, end) = falls_silent(&format!("in-order-{away}"), vec![spike, other]);
        if away {
            sink.close();
            well.store(true, Ordering::Relaxed);
        }
        let back = 10 * 60;
        for passed in 0..13 * 60 {
            let at = end.plus(passed * MINUTE);
            // Ten in the first hour, then forty in each of two, then one an hour.
            let every = match passed / 60 {
                0 => 6,
                1 | 2 => 1,
                _ => 60,
            };
            if passed % every == 0 && !(60..180).contains(&passed)
                || (60..180).contains(&passed) && passed % 3 != 0
            {
                watch.hears("Molivelle recalls its brakes", at, by(&format!("b{passed}"), 3));
            }
            if passed == 4 * 60 {
                watch.hears("Erivolle is fine", at, by("known", 50_000));
            }
            if passed == 5 * 60 {
                // Order survives a restart.
                watch = watch.again();
            }
            if passed == back {
                let subjects = watch.subjects();
                assert!(
                    subjects.iter().any(|subject| subject.ends_with("over")),
                    "written long before: {subjects:?}"
                );
                let taken: Vec<String> = accepted(&sink);
                assert!(taken.iter().all(|subject| !subject.contains("spike")), "{taken:?}");
                assert_eq!(taken.len(), usize::from(!away), "what is another matter has gone out: {taken:?}");
                if away {
                    sink.open().await;
                }
                well.store(true, Ordering::Relaxed);
            }
            minute(&mut watch, &courier, at).await;
        }
        let spikes: Vec<String> =
            accepted(&sink).into_iter().filter(|subject| subject.contains("spike")).collect();
        let wanted =
            ["started", "growing", "over"].map(|stands| format!("Molivelle: spike in mentions – {stands}"));
        assert_eq!(spikes, wanted, "away: {away}");
        assert!(arrivals(&sink.mails()).len() == 4, "{:?}", watch.told());
        let kept = "SELECT count(*) FROM notice_matter";
        let kept: i64 = watch.keeper.store().connection().query_row(kept, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 0, "what has gone out needs no place in a row");
    }
}

/// Which mails have arrived at which minute.
type Arrivals = &'static [(i64, &'static [usize])];

#[tokio::test]
async fn a_first_mail_is_not_overtaken_by_its_replies_but_holds_up_a_day_of_alerts_for_ten_minutes_at_most() {
    // Which mail is turned away, until which minute, and which ones must have arrived at which minute.
    let cases: [(&str, usize, i64, Arrivals); 3] = [
        ("briefly", 0, 5, &[(4, &[]), (6, &[0, 1, 2, 3, 4, 5])]),
        ("for-long", 0, 120, &[(9, &[]), (11, &[1, 2, 3, 4, 5]), (240, &[1, 2, 3, 4, 5, 0])]),
        ("a-reply", 2, 5, &[(1, &[0, 1]), (4, &[0, 1]), (11, &[0, 1, 2, 3, 4, 5])]),
    ];
    for (name, turned_away, minutes, wanted) in cases {
        let well = Arc::new(AtomicBool::new(false));
        let script = Arc::clone(&well);
        let sink = Sink::start(move |mail, _| {
            if number(&mail.text()) == turned_away && !script.load(Ordering::Relaxed) {
                Act::Answer("451 4.7.1 try later")
            } else {
                Act::Accept
            }
        })
        .await;
        let courier = courier(&sink);
        let each = Rule::new(On::NewMention, Duration::ZERO, Duration::ZERO);
        let mut watch = Watch::new(&format!("day-thread-{name}"), vec![each]);
        let arrived = |sink: &Sink| -> Vec<usize> {
            sink.mails().iter().filter(|mail| mail.accepted()).map(|mail| number(&mail.text())).collect()
        };
        for passed in 0..=240 {
            let at = noon().plus(passed * MINUTE);
            if passed < 6 {
                watch.hears(&format!("Molivelle number {passed} goes by"), at, by("lena", 3));
            }
            if passed == 6 {
                // Order survives a restart.
                watch = watch.again();
            }
            well.store(passed >= minutes, Ordering::Relaxed);
            minute(&mut watch, &courier, at).await;
            if let Some((_, mails)) = wanted.iter().find(|(minute, _)| *minute == passed) {
                assert_eq!(arrived(&sink), *mails, "{name}, minute {passed}");
            }
        }
        let mails = sink.mails();
        let parsed: Vec<_> =
            mails.iter().map(|mail| MessageParser::default().parse(&mail.bytes).unwrap()).collect();
        let first = mails.iter().position(|mail| number(&mail.text()) == 0).unwrap();
        let root = parsed[first].message_id();
        for (mail, parsed) in mails.iter().zip(&parsed) {
            let answers = parsed.in_reply_to().as_text();
            assert_eq!(answers, root.filter(|_| number(&mail.text()) > 0), "{name}: {}", mail.subject());
        }
        let kept = "SELECT count(*) FROM notice_matter";
        let kept: i64 = watch.keeper.store().connection().query_row(kept, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 0, "{name}: what has gone out needs no place in a row");
    }
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

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

#[test]
fn a_daily_digest_comes_once_a_day_through_both_changes_of_the_clock() {
    let paris = TimeZone::get("Europe/Paris").unwrap();
    // Half past two comes never on one of these nights and twice on the other.
    for (from, to) in
        [("2026-03-27T12:00:00Z", "2026-03-31T12:00:00Z"), ("2026-10-23T12:00:00Z", "2026-10-27T12:00:00Z")]
    {
        let mut watch = Watch::new("clocks", Vec::new());
        let half_past_two = jiff::civil::Time::constant(2, 30, 0, 0);
        watch.keeper.set_schedule(Schedule { every: Every::Day, at: half_past_two, ..Schedule::default() });
        let mut days: BTreeMap<String, usize> = BTreeMap::new();
        let mut now = at(from);
        while now < at(to) {
            let written = watch.keeper.tick(now).unwrap();
            if written > 0 {
                let day = now.stamp().to_zoned(paris.clone()).date().to_string();
                *days.entry(day).or_default() += written;
            }
            now = now.plus(10 * MINUTE);
        }
        assert_eq!(days.values().copied().collect::<Vec<_>>(), [1, 1, 1, 1], "{days:?}");
    }
}

#[test]
fn a_clock_that_jumps_makes_no_flood_and_loses_nothing() {
    let mut watch = Watch::new("jumps", vec![rule(On::NewMention)]);
    watch.keeper.set_schedule(Schedule { every: Every::Day, ..Schedule::default() });
    let digests = |watch: &Watch| {
        let sql = "SELECT count(*) FROM notice WHERE kind = 'digest'";
        watch.keeper.store().connection().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    watch.keeper.tick(noon()).unwrap();
    // An hour back and forth over the moment of the digest, over and over.
    let eight = at("2026-06-11T06:00:00Z");
    for round in 0..6 {
        watch.keeper.tick(eight.plus(if round % 2 == 0 { 30 * MINUTE } else { -30 * MINUTE })).unwrap();
    }
    assert_eq!(digests(&watch), 1);
    // Ten days ahead: one digest, about the last day. Then back to where it was: none until that moment has passed.
    watch.keeper.tick(eight.plus(10 * DAY)).unwrap();
    assert_eq!(digests(&watch), 2);
    watch.hears("A Molivelle goes by", eight.plus(HOUR), by("lena", 3));
    watch.keeper.tick(eight.plus(HOUR + MINUTE)).unwrap();
    assert_eq!(watch.subjects().len(), 3, "an alert does not wait for a clock that was ahead");
    assert_eq!(digests(&watch), 2);
}

#[test]
fn posts_with_impossible_dates_are_kept_and_move_no_window() {
    let mut watch = Watch::new("dates", vec![rule(On::NewMention)]);
    watch.keeper.set_schedule(Schedule { every: Every::Day, ..Schedule::default() });
    watch.keeper.tick(noon()).unwrap();
    let cases = [
        ("long ago, says the server", Dates::Server, "1970-01-01T00:00:01Z", None),
        ("long ago, says the author", Dates::Author, "1970-01-01T00:00:01Z", Some(noon())),
        ("to come, says the server", Dates::Server, "2090-01-01T00:00:00Z", Some(noon())),
        ("to come, says the author", Dates::Author, "2090-01-01T00:00:00Z", Some(noon())),
    ];
    for (what, dates, published, counted) in cases {
        let mut post = Post::new(NETWORK, what);
        post.text = format!("Molivelle, {what}");
        post.published = Some(at(published));
        let page = Page { posts: vec![post], ..Page::default() };
        let origin = Origin { source: "stream", dates, look_back: false };
        let judged = watch.judge.judge(page, origin, noon(), &mut Scratch::default());
        watch.keeper.save(watch.source, &[judged], Clock::Live(noon())).unwrap();
        let sql = "SELECT post.published, mention.counted FROM mention JOIN post ON post.id = mention.post WHERE native_id = ?1";
        let kept: (i64, i64) = watch
            .keeper
            .store()
            .connection()
            .query_row(sql, [what], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(kept, (at(published).0, counted.unwrap_or(at(published)).0), "{what}");
    }
    // Nothing is told of the year 1970, and time has not moved: one mail about the two others, one digest a day.
    watch.keeper.tick(noon().plus(MINUTE)).unwrap();
    assert_eq!(watch.subjects(), ["Molivelle: 2 new mentions"]);
    for day in 1..=3 {
        assert_eq!(watch.keeper.tick(noon().plus(day * DAY)).unwrap(), 1, "day {day}");
    }
}

#[test]
fn quiet_hours_hold_through_the_short_night_and_the_long_one() {
    for (night, morning) in
        [("2026-03-28T21:00:00Z", "2026-03-29T05:00:00Z"), ("2026-10-24T20:00:00Z", "2026-10-25T06:00:00Z")]
    {
        let manners = Manners { quiet: Quiet::parse("22:00-07:00"), ..Manners::default() };
        let mut watch = Watch::mannered("quiet-clocks", vec![rule(On::NewMention)], manners);
        let mut now = at(night);
        let mut heard = 0;
        while now < at(morning) {
            watch.hears("A Molivelle goes by", now, by(&format!("a{heard}"), 3));
            heard += 1;
            now = now.plus(30 * MINUTE);
        }
        watch.passes(at(morning).plus(-1));
        assert_eq!(watch.subjects(), [] as [String; 0], "{night}");
        watch.passes(at(morning));
        let subjects = watch.subjects();
        assert_eq!(subjects, [format!("Molivelle: {heard} new mentions")], "{night}");
    }
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
