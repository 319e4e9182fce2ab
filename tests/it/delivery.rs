//! From a post to a mail that arrives, whatever the mail server does meanwhile; from a deletion to its last trace.
//!
//! The real program follows real servers on loopback and hands mails to a real SMTP sink. What takes minutes or
//! days is tried on the keeper, with clocks given to it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::time::Duration;

use jiff::tz::TimeZone;
use mail_parser::MessageParser;
use vigie::alert::Rule;
use vigie::intake::{Judge, Judged, Origin};
use vigie::keeper::{Clock, Keeper};
use vigie::keyword::Brand;
use vigie::mail::Language;
use vigie::matcher::Scratch;
use vigie::network::{Cursor, Dates, Missed, Page};
use vigie::notice::Composer;
use vigie::post::{Deletion, Gone, NetworkName, Post};
use vigie::schedule::{Every, Schedule};
use vigie::store::alerts::Outcome;
use vigie::store::sources::Attempt;
use vigie::store::{Durability, Store};
use vigie::time::{DAY, HOUR, Time};

use crate::home::{Home, until};
use crate::jetstream::{Jetstream, now_us};
use crate::server::{Reply, Server};
use crate::sink::{Act, Mail, Sink, arrivals};

/// Everything a configuration needs besides its sources: grouping off, short waits.
fn mail_to(sink: &Sink, more: &str) -> String {
    format!(
        "[mail]\nto = [\"ana@dest.example\"]\nfrom = \"Vigie <vigie@molivelle.example>\"\nlanguage = \"en\"\n\
        retry = [\"1s\"]\nanswer = \"2s\"\n{more}\
        [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
        [alerts]\nwait = \"0s\"\nevery = \"0s\"\n[digest]\nevery = \"never\"\n\
        [fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"0 s\"\n",
        sink.port()
    )
}

fn streamed(stream: &Jetstream, appview: &Server) -> String {
    format!(
        "[[source]]\nnetwork = \"bluesky\"\nhosts = [\"{}\"]\nappview = \"{}\"\nlook_back = \"1d\"\n",
        stream.url(),
        appview.url("")
    )
}

/// A server that knows no profile.
async fn nobody() -> Server {
    Server::start(|_| Reply::ok(r#"{"profiles": []}"#)).await
}

/// A feed whose entries are (id, hours ago, title).
fn feed(entries: &[(&str, i64, &str)]) -> String {
    let items: String = entries
        .iter()
        .map(|(id, ago, title)| {
            let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(*ago);
            format!(
                "<entry><id>{id}</id><title>{title}</title><updated>{at}</updated><published>{at}</published>\
                <link href=\"https://blog.example/{id}\"/><author><name>Lena K</name></author></entry>"
            )
        })
        .collect();
    format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Blog</title><id>blog</id>{items}</feed>")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_in_a_feed_arrives_as_a_whole_mail_and_old_entries_are_only_counted() {
    let sink = Sink::willing().await;
    let body = feed(&[
        ("new", 1, "My Molivelle climbs well"),
        ("old", 30, "An old word about Molivelle"),
        ("other", 1, "Nothing about it"),
    ]);
    let server =
        Server::start(move |_| Reply::ok(body.clone()).header("content-type", "application/atom+xml")).await;
    let source = format!("[[source]]\nnetwork = \"feed\"\nurl = \"{}\"\n", server.url("/feed"));
    let home = Home::configured("feed", &(source + &mail_to(&sink, "")));
    let daemon = home.start(&["watch"]);
    let mails = sink.until("a mail", |mails| !mails.is_empty()).await;
    until("it to be recorded", || home.number("SELECT count(*) FROM notice WHERE state = 'sent'") == 1).await;
    let (code, _) = daemon.stop().await;
    assert_eq!(code, 0);

    let mail = &mails[0];
    let message = MessageParser::default().parse(&mail.bytes).unwrap();
    assert_eq!(mail.recipient, "ana@dest.example");
    assert_eq!(message.from().unwrap().first().unwrap().address(), Some("vigie@molivelle.example"));
    assert_eq!(message.to().unwrap().first().unwrap().address(), Some("ana@dest.example"));
    assert_eq!(format!("<{}>", message.message_id().unwrap()), mail.message_id);
    assert!(mail.message_id.ends_with("@molivelle.example>"), "{}", mail.message_id);
    let age = jiff::Timestamp::now().as_second() - message.date().unwrap().to_timestamp();
    assert!((0..60).contains(&age), "written {age} s ago");
    assert!(mail.subject().contains("Molivelle"), "{}", mail.subject());
    for (name, value) in [("Auto-Submitted", "auto-generated"), ("X-Vigie-Rule", "new_mention")] {
        assert_eq!(mail.header(name).as_deref(), Some(value));
    }
    for name in ["List-Id", "X-Vigie-Alert-Id", "MIME-Version", "Content-Type"] {
        assert!(mail.header(name).is_some(), "{name}");
    }
    let (text, html) = (mail.text(), message.body_html(0).unwrap());
    assert!(text.contains("climbs well") && html.contains("climbs well"), "{text}");
    assert!(text.contains("https://blog.example/new"), "{text}");
    assert!(!text.contains("old word") && !html.contains("old word"), "an old entry is no news");

    assert_eq!(sink.connections(), 1);

    // Counted in its own day, told by no alert.
    assert_eq!(home.number("SELECT count(*) FROM mention"), 2);
    assert_eq!(home.number("SELECT count(*) FROM alert"), 1);
    let old = home.number("SELECT min(counted) FROM mention");
    let ago = jiff::Timestamp::now().as_millisecond() - old;
    assert!((29 * HOUR..31 * HOUR).contains(&ago), "{ago}");
    // And the mail is not sent again at the next start.
    let daemon = home.start(&["watch"]);
    until("the feed to be asked again", || server.asked().len() >= 2).await;
    assert_eq!(daemon.stop().await.0, 0);
    assert_eq!(sink.mails().len(), 1);
}

/// Writes `count` posts that each become a mail of their own.
async fn posts_one_by_one(stream: &Jetstream, home: &Home, count: i64) {
    let before = home.number("SELECT count(*) FROM notice");
    for number in 1..=count {
        let name = format!("p{}", before + number);
        stream.create(now_us(), "did:plc:inventedlena", &name, &format!("Molivelle word{}", before + number));
        until("a notice", || home.number("SELECT count(*) FROM notice") == before + number).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_no_refusal_is_tried_again_with_the_same_bytes() {
    let sink = Sink::start(|mail, attempt| match (mail.text(), attempt) {
        (text, 1) if text.contains("word1") => Act::Answer("451 4.3.0 try later"),
        (text, 1) if text.contains("word2") => Act::Answer("421 4.3.2 closing"),
        (text, 1) if text.contains("word3") => Act::Hang,
        (text, 1 | 2) if text.contains("word4") => Act::Cut,
        (text, _) if text.contains("word5") => Act::Answer("550 5.7.1 not wanted"),
        _ => Act::Accept,
    })
    .await;
    let (stream, appview) = (Jetstream::start().await, nobody().await);
    let home = Home::configured("retry", &(streamed(&stream, &appview) + &mail_to(&sink, "")));
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    posts_one_by_one(&stream, &home, 6).await;
    until("all to be decided", || home.number("SELECT count(*) FROM notice WHERE state = 'due'") == 0).await;
    let mails = sink.mails();
    arrivals(&mails);
    let times = |word: &str| mails.iter().filter(|mail| mail.text().contains(word)).count();
    assert_eq!(["word1", "word2", "word3", "word4", "word5", "word6"].map(times), [2, 2, 2, 3, 1, 1]);
    assert_eq!(home.number("SELECT count(*) FROM notice WHERE state = 'sent'"), 5);
    assert_eq!(home.number("SELECT count(*) FROM notice WHERE state = 'failed'"), 1);
    let answer: String = home
        .database()
        .query_row(
            "SELECT answer FROM delivery JOIN notice ON notice.id = notice WHERE state = 'failed'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(answer.contains("not wanted"), "{answer}");
    assert!(daemon.said().contains("not wanted"), "a person sees it too: {}", daemon.said());
    let first: Vec<_> = mails.iter().filter(|mail| mail.text().contains("word1")).collect();
    assert!(first[1].at - first[0].at >= Duration::from_secs(1), "not before its time");
    assert_eq!(mails.iter().filter(|mail| mail.accepted()).count(), 5);
    assert_eq!(home.number("SELECT count(*) FROM delivery"), 11);
    assert_eq!(
        home.number("SELECT sum(length(bytes)) FROM notice"),
        0,
        "no copy is kept of what is done with"
    );
    assert_eq!(daemon.stop().await.0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_421_is_left_alone_for_a_while() {
    let sink = Sink::start(|mail, attempt| match attempt {
        1 if mail.text().contains("word1") => Act::Answer("421 4.3.2 closing"),
        _ => Act::Accept,
    })
    .await;
    let (stream, appview) = (Jetstream::start().await, nobody().await);
    let waits = mail_to(&sink, "").replace("retry = [\"1s\"]", "retry = [\"6s\"]");
    let home = Home::configured("closing", &(streamed(&stream, &appview) + &waits));
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    posts_one_by_one(&stream, &home, 1).await;
    sink.until("the first", |mails| mails.len() == 1).await;
    // It is left alone for half of the first wait, with whatever else is due.
    posts_one_by_one(&stream, &home, 2).await;
    let mails = sink.until("the others", |mails| mails.len() == 3).await;
    let rest = mails[1].at - mails[0].at;
    assert!(rest >= Duration::from_millis(2_900), "{rest:?}");
    let mails = sink.until("all", |mails| mails.len() == 4).await;
    assert_eq!(arrivals(&mails).values().sum::<usize>(), 4);
    assert_eq!(daemon.stop().await.0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_gets_every_mail_once_when_it_is_back() {
    let sink = Sink::willing().await;
    let (stream, appview) = (Jetstream::start().await, nobody().await);
    let home = Home::configured("away", &(streamed(&stream, &appview) + &mail_to(&sink, "")));
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    posts_one_by_one(&stream, &home, 1).await;
    sink.until("the first", |mails| mails.len() == 1).await;
    sink.close();
    posts_one_by_one(&stream, &home, 12).await;
    until("some to have failed", || home.number("SELECT count(*) FROM delivery WHERE outcome = 'retry'") > 5)
        .await;
    // Waiting mails outlive the program.
    assert_eq!(daemon.stop().await.0, 0);
    assert_eq!(sink.mails().len(), 1);
    sink.open().await;
    let daemon = home.start(&["watch"]);
    until("all to be sent", || home.number("SELECT count(*) FROM notice WHERE state = 'sent'") == 13).await;
    let counts = arrivals(&sink.mails());
    assert_eq!((counts.len(), counts.values().max()), (13, Some(&1)));
    assert_eq!(daemon.stop().await.0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_mail_that_hangs_does_not_hold_up_the_others() {
    let hangs = |mail: &Mail| mail.text().lines().any(|line| line.ends_with("word1"));
    let sink = Sink::start(move |mail, _| if hangs(mail) { Act::Hang } else { Act::Accept }).await;
    let (stream, appview) = (Jetstream::start().await, nobody().await);
    let config =
        streamed(&stream, &appview) + &mail_to(&sink, "").replace("answer = \"2s\"", "answer = \"1h\"");
    let home = Home::configured("hang", &config);
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    posts_one_by_one(&stream, &home, 9).await;
    until("the others", || home.number("SELECT count(*) FROM notice WHERE state = 'sent'") == 8).await;
    assert_eq!(home.number("SELECT attempts FROM notice WHERE state = 'due'"), 1);
    assert_eq!(sink.mails().iter().filter(|mail| mail.act == Act::Hang).count(), 1);
    // A stop does not wait for it either.
    let (code, took) = daemon.stop().await;
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_be_written_is_waited_for_and_nothing_is_lost() {
    let sink = Sink::willing().await;
    let (stream, appview) = (Jetstream::start().await, nobody().await);
    let home = Home::configured("locked", &(streamed(&stream, &appview) + &mail_to(&sink, "")));
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    posts_one_by_one(&stream, &home, 1).await;
    let other = home.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for number in 2..=5 {
        stream.create(
            now_us(),
            "did:plc:inventedlena",
            &format!("p{number}"),
            &format!("Molivelle word{number}"),
        );
    }
    daemon.says(&["sources and mails wait"]).await;
    other.execute_batch("COMMIT").unwrap();
    daemon.says(&["can be written again"]).await;
    until("all to be stored", || home.number("SELECT count(*) FROM mention") == 5).await;
    until("all to be sent", || home.number("SELECT count(*) FROM notice WHERE state = 'due'") == 0).await;
    for number in 1..=5 {
        let told = sink.mails().iter().filter(|mail| mail.text().contains(&format!("word{number}"))).count();
        assert_eq!(told, 1, "word{number}");
    }
    assert_eq!(daemon.stop().await.0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_account_is_told_and_not_tried_over_and_over() {
    let sink = Sink::locked().await;
    let (stream, appview) = (Jetstream::start().await, nobody().await);
    let config = (streamed(&stream, &appview) + &mail_to(&sink, ""))
        .replace("retry = [\"1s\"]", "retry = [\"1s\", \"1h\"]")
        .replace("tls = \"none\"", "tls = \"none\"\nuser = \"vigie\"");
    let home = Home::configured("account", &config);
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    posts_one_by_one(&stream, &home, 6).await;
    let said = daemon.says(&["refuses the account"]).await;
    assert!(said.contains("no such account"), "{said}");
    // Longer than the wait of a mail.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!((1..=4).contains(&sink.logins()), "{} logins", sink.logins());
    assert_eq!(home.number("SELECT count(*) FROM notice WHERE state = 'due'"), 6);
    assert_eq!(daemon.stop().await.0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_is_quick_and_a_restart_sends_nothing_twice() {
    let sink = Sink::start(|_, _| Act::AcceptAfter(Duration::from_millis(150))).await;
    let (stream, appview) = (Jetstream::start().await, nobody().await);
    let home = Home::configured("load", &(streamed(&stream, &appview) + &mail_to(&sink, "")));
    let mut posts = 0;
    for _ in 0..3 {
        let mut daemon = home.start(&["watch"]);
        daemon.says(&["listening"]).await;
        let before = sink.mails().len();
        let enough = || sink.mails().len() > before + 3;
        while !enough() {
            posts += 1;
            stream.create(
                now_us(),
                "did:plc:inventedlena",
                &format!("r{posts}"),
                &format!("Molivelle {posts}"),
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (code, took) = daemon.stop().await;
        assert_eq!(code, 0);
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
    let daemon = home.start(&["watch"]);
    until("everything", || {
        home.number("SELECT count(*) FROM post") == posts
            && home.number("SELECT count(*) FROM notice WHERE state <> 'sent'") == 0
    })
    .await;
    assert_eq!(daemon.stop().await.0, 0);
    assert!(arrivals(&sink.mails()).values().all(|count| *count == 1), "an orderly stop repeats nothing");
    assert_eq!(home.number("SELECT count(*) FROM notice"), sink.mails().len() as i64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_post_is_told_to_nobody_and_leaves_no_trace() {
    const WORDS: &str = "Zirkumflexgarten";
    let sink = Sink::willing().await;
    let (stream, appview) = (Jetstream::start().await, nobody().await);
    let config = streamed(&stream, &appview) + &mail_to(&sink, "").replace("wait = \"0s\"", "wait = \"4s\"");
    let home = Home::configured("deleted", &config);
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    stream.create(now_us(), "did:plc:inventedlena", "stays", "Molivelle is fine");
    stream.create(now_us(), "did:plc:inventedomar", "goes", &format!("Molivelle in the {WORDS}"));
    until("both", || home.number("SELECT count(*) FROM mention") == 2).await;
    stream.delete(now_us(), "did:plc:inventedomar", "goes");
    let mails = sink.until("the mail about the other", |mails| !mails.is_empty()).await;
    assert!(mails[0].text().contains("is fine") && !mails[0].text().contains(WORDS), "{}", mails[0].text());

    // One that was told before it was deleted goes from the store all the same.
    stream.create(now_us(), "did:plc:inventedomar", "told", &format!("Molivelle, told of the {WORDS}"));
    sink.until("the mail about it", |mails| mails.iter().any(|mail| mail.text().contains(WORDS))).await;
    stream.delete(now_us(), "did:plc:inventedomar", "told");
    until("it to be removed", || home.number("SELECT count(*) FROM tombstone") == 2).await;
    assert_eq!(home.number("SELECT count(*) FROM post"), 1);
    assert_eq!(home.number("SELECT count(*) FROM author"), 1);
    let holds = |file: &str| {
        std::fs::read(home.folder.join("vigie-data").join(file))
            .is_ok_and(|bytes| bytes.windows(WORDS.len()).any(|window| window == WORDS.as_bytes()))
    };
    // While it runs: the log is emptied at the next round, without a stop.
    until("the log to be emptied", || !holds("vigie.db") && !holds("vigie.db-wal")).await;
    let (_, digest, _) = home.run(&["digest"]);
    assert!(!digest.contains(WORDS), "{digest}");
    assert_eq!(daemon.stop().await.0, 0);
    assert!(!holds("vigie.db") && !holds("vigie.db-wal"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authors_have_their_names_before_the_mail_is_written() {
    let sink = Sink::willing().await;
    let stream = Jetstream::start().await;
    let appview = Server::start(|_| {
        Reply::ok(
            r#"{"profiles": [{"did": "did:plc:inventedlena", "handle": "lena.molivelle-fans.example",
                "displayName": "Lena of the hills", "followersCount": 12}]}"#,
        )
    })
    .await;
    let config = streamed(&stream, &appview) + &mail_to(&sink, "").replace("wait = \"0s\"", "wait = \"6s\"");
    let home = Home::configured("profiles", &config);
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    stream.create(now_us(), "did:plc:inventedlena", "one", "Molivelle is fine");
    let mails = sink.until("the mail", |mails| !mails.is_empty()).await;
    assert!(mails[0].text().contains("lena.molivelle-fans.example"), "{}", mails[0].text());
    assert!(
        appview.asked()[0].path.contains("actors=did%3Aplc%3Ainventedlena"),
        "{}",
        appview.asked()[0].path
    );
    assert_eq!(daemon.stop().await.0, 0);

    // A single run fills them in as well.
    stream.create(now_us() - 5_000_000, "did:plc:inventedlena", "two", "Molivelle again");
    let once = Home::configured("profiles-once", &config);
    let (code, said, _) = once.run(&["watch", "--once"]);
    assert_eq!(code, 0, "{said}");
    let mails = sink.until("the other mail", |mails| mails.len() == 2).await;
    assert!(mails[1].text().contains("lena.molivelle-fans.example"), "{}", mails[1].text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_daemon_on_one_directory_ends_at_once_and_names_the_first() {
    let sink = Sink::willing().await;
    let (stream, appview) = (Jetstream::start().await, nobody().await);
    let home = Home::configured("twice", &(streamed(&stream, &appview) + &mail_to(&sink, "")));
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    let (code, _, said) = home.run(&["watch"]);
    assert_eq!(code, 1);
    assert!(said.contains(&format!("process {}", daemon.pid())), "{said}");
    assert!(daemon.ended().is_none(), "the first goes on");
    assert_eq!(daemon.stop().await.0, 0);
    // A killed one leaves no lock behind.
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
    daemon.kill();
    let mut daemon = home.start(&["watch"]);
    daemon.says(&["listening"]).await;
}

#[test]
fn a_store_of_a_newer_program_is_refused_and_left_alone() {
    let home = Home::configured("newer", "[digest]\nevery = \"never\"\n");
    drop(Store::open(&home.folder.join("vigie-data"), Durability::Full).unwrap());
    home.database().pragma_update(None, "user_version", 99).unwrap();
    for args in [&["watch", "--once"][..], &["share"], &["digest"]] {
        let (code, _, said) = home.run(args);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("schema 99") && said.contains("update vigie"), "{said}");
    }
    let version: i64 = home.database().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 99);
}

// What follows has clocks given to it.

struct Kept {
    keeper: Keeper,
    judge: Judge,
    source: i64,
    home: Home,
}

const NETWORK: NetworkName = NetworkName::known("bluesky");

fn noon() -> Time {
    Time::parse("2026-10-20T12:00:00Z").unwrap()
}

fn composer(schedule: Schedule, wait: u64, every: u64) -> Composer {
    Composer {
        rules: Rule::usual(Duration::from_secs(wait), Duration::from_secs(every)),
        to: vec!["ana@dest.example".parse().unwrap()],
        from: "vigie@molivelle.example".parse().unwrap(),
        language: Language::En,
        zone: TimeZone::UTC,
        brands: vec![Brand::named("Molivelle", true)],
        schedule,
        manners: vigie::notice::Manners::default(),
    }
}

impl Kept {
    fn new(every: Every, wait: u64, between: u64) -> Kept {
        let home = Home::new("kept");
        let store = Store::open(&home.folder, Durability::Again).unwrap();
        let schedule = Schedule { every, ..Schedule::default() };
        let composer = composer(schedule, wait, between);
        let judge = Judge::new(&composer.brands).unwrap();
        let mut keeper = Keeper::new(store, composer);
        let source = keeper.source("stream", "bluesky", false).unwrap();
        Kept { keeper, judge, source, home }
    }

    fn judged(&self, page: Page, seen: Time) -> Judged {
        self.judge.judge(
            page,
            Origin { source: "", dates: Dates::Arrival, look_back: false },
            seen,
            &mut Scratch::default(),
        )
    }

    fn page(&mut self, page: Page, at: Time) -> usize {
        let judged = self.judged(page, at);
        self.keeper.save(self.source, &[judged], Clock::Live(at)).unwrap().notices
    }

    fn post(&mut self, id: &str, text: &str, at: Time) -> usize {
        self.page(Page { posts: vec![post(id, text, at)], ..Page::default() }, at)
    }

    fn edit(&mut self, id: &str, text: &str, at: Time) -> usize {
        self.page(Page { edits: vec![post(id, text, at)], ..Page::default() }, at)
    }

    fn delete(&mut self, id: &str, at: Time) -> usize {
        let gone = Gone::Post(id.to_owned());
        self.page(
            Page { deletions: vec![Deletion { network: NETWORK, gone, at: Some(at) }], ..Page::default() },
            at,
        )
    }

    /// The text parts of what is due, oldest first.
    fn due(&self) -> Vec<String> {
        let due = super::rule::waiting(self.keeper.store(), Time(i64::MAX));
        let text =
            |bytes: &[u8]| MessageParser::default().parse(bytes).unwrap().body_text(0).unwrap().into_owned();
        due.iter().map(|due| text(&due.bytes)).collect()
    }

    fn number(&self, sql: &str) -> i64 {
        self.keeper.store().connection().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// The same store after a crash.
    fn again(self) -> Kept {
        let Kept { keeper, judge, home, .. } = self;
        let composer = keeper.composer().clone();
        drop(keeper);
        let mut keeper = Keeper::new(Store::open(&home.folder, Durability::Again).unwrap(), composer);
        let source = keeper.source("stream", "bluesky", false).unwrap();
        Kept { keeper, judge, source, home }
    }
}

fn post(id: &str, text: &str, at: Time) -> Post {
    let mut post = Post::new(NETWORK, id);
    text.clone_into(&mut post.text);
    post.published = Some(at);
    post
}

#[test]
fn groups_that_open_in_one_millisecond_are_each_told() {
    let mut kept = Kept::new(Every::Never, 0, 0);
    for number in 0..5 {
        assert_eq!(kept.post(&format!("p{number}"), &format!("Molivelle word{number}"), noon()), 1);
    }
    // A clock set back by an hour changes nothing.
    assert_eq!(kept.post("back", "Molivelle word9", noon().plus(-HOUR)), 1);
    let texts = kept.due();
    assert_eq!(texts.len(), 6);
    for number in [0, 1, 2, 3, 4, 9] {
        assert_eq!(texts.iter().filter(|text| text.contains(&format!("word{number}"))).count(), 1);
    }
}

#[test]
fn a_clock_set_back_does_not_hold_alerts_up() {
    let mut kept = Kept::new(Every::Never, 30, 300);
    kept.post("one", "Molivelle one", noon());
    assert_eq!(kept.keeper.pass(noon().plus(30_000)).unwrap(), 1);
    let earlier = noon().plus(-DAY);
    kept.post("two", "Molivelle two", earlier);
    assert_eq!(kept.keeper.pass(earlier.plus(299_000)).unwrap(), 0);
    assert_eq!(kept.keeper.pass(earlier.plus(301_000)).unwrap(), 1, "within the usual pause");
}

#[test]
fn an_attempt_cut_off_is_logged_and_made_once_more() {
    let mut kept = Kept::new(Every::Never, 0, 0);
    kept.post("one", "Molivelle", noon());
    let first = kept.keeper.take_due(noon(), 4).unwrap();
    assert_eq!((first.len(), kept.keeper.take_due(noon(), 4).unwrap().len()), (1, 0), "nobody else takes it");
    let mut kept = kept.again();
    let second = kept.keeper.take_due(noon(), 4).unwrap();
    assert_eq!((&second[0].bytes, &second[0].message_id), (&first[0].bytes, &first[0].message_id));
    let next = noon().plus(120_000);
    kept.keeper.record(second[0].id, noon(), &Outcome::Retry("451 later".to_owned(), next)).unwrap();
    assert_eq!(kept.keeper.store().untried(noon()).unwrap(), 0, "a single run does not wait for it");
    // A restart does not bring a mail forward that waits for its turn.
    let mut kept = kept.again();
    assert_eq!(kept.keeper.take_due(noon(), 4).unwrap().len(), 0);
    assert_eq!(kept.keeper.take_due(next, 4).unwrap().len(), 1);
    assert_eq!(kept.number("SELECT count(*) FROM delivery"), 2);
}

#[test]
fn a_notice_is_withdrawn_or_written_again_until_it_is_tried() {
    let mut kept = Kept::new(Every::Never, 30, 30);
    kept.post("one", "Molivelle one", noon());
    kept.post("two", "Molivelle two", noon());
    kept.keeper.pass(noon().plus(30_000)).unwrap();
    assert!(kept.due()[0].contains("one") && kept.due()[0].contains("two"));
    kept.delete("two", noon().plus(31_000));
    assert!(kept.due()[0].contains("Molivelle] one") || kept.due()[0].contains("one"));
    assert!(!kept.due()[0].contains("two"), "{}", kept.due()[0]);
    // The row of the deleted mention is used again, and still it is another one.
    kept.post("three", "Molivelle three", noon().plus(32_000));
    kept.edit("one", "Molivelle one, corrected", noon().plus(33_000));
    assert!(kept.due()[0].contains("corrected") && !kept.due()[0].contains("three"), "{}", kept.due()[0]);
    // An edit that takes the brand away and one that brings it back: told once.
    kept.edit("one", "nothing", noon().plus(34_000));
    assert_eq!(kept.due().len(), 0);
    kept.edit("one", "Molivelle one, again", noon().plus(35_000));
    kept.keeper.pass(noon().plus(200_000)).unwrap();
    let texts = kept.due().join("\n");
    assert!(texts.contains("one, again") && texts.contains("three"), "{texts}");
    // Tried: from here on it goes as it is.
    let tried = kept.keeper.take_due(noon().plus(200_000), 10).unwrap();
    kept.delete("three", noon().plus(201_000));
    let later = noon().plus(300_000);
    for mail in &tried {
        kept.keeper.record(mail.id, later, &Outcome::Retry("later".to_owned(), later)).unwrap();
    }
    let again = kept.keeper.take_due(later, 10).unwrap();
    let bytes =
        |due: &[vigie::store::alerts::Due]| due.iter().map(|due| due.bytes.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&again), bytes(&tried));
}

#[test]
fn mails_say_when_they_were_written_and_of_missed_digests_one_comes() {
    let mut kept = Kept::new(Every::Day, 30, 300);
    kept.post("one", "Molivelle one", noon());
    // Nothing runs for ten days.
    let mut kept = kept.again();
    let back = noon().plus(10 * DAY);
    assert_eq!(kept.keeper.tick(back).unwrap(), 2, "the alert, and one digest");
    let written: Vec<i64> = {
        let connection = kept.keeper.store().connection();
        let mut statement = connection.prepare("SELECT written FROM notice").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(written, [back.0, back.0]);
    // The clock is set back and comes again to the same morning: no second digest of that day.
    let mut notices = 0;
    for hour in -30..30 {
        notices += kept.keeper.tick(back.plus(hour * HOUR)).unwrap();
    }
    assert_eq!(notices, 1, "only the next day's");
    // Switched off while one was due.
    let Kept { keeper, home, .. } = kept;
    drop(keeper);
    let store = Store::open(&home.folder, Durability::Again).unwrap();
    let schedule = Schedule { every: Every::Never, ..Schedule::default() };
    let mut keeper = Keeper::new(store, composer(schedule, 30, 300));
    assert_eq!(keeper.tick(back.plus(20 * DAY)).unwrap(), 0);
}

#[test]
fn a_source_that_fails_is_told_once_and_a_gap_is_said() {
    let mut kept = Kept::new(Every::Never, 0, 0);
    let fail = |kept: &mut Kept, at: Time| {
        let attempt = Attempt::Failed("fetch from blog.example: status 500".to_owned());
        kept.keeper.attempted(kept.source, at, &attempt).unwrap();
    };
    for seconds in [0, 20, 40] {
        fail(&mut kept, noon().plus(seconds * 1_000));
    }
    assert_eq!(kept.keeper.tick(noon().plus(45_000)).unwrap(), 0, "three failures, but not yet a minute");
    fail(&mut kept, noon().plus(61_000));
    let mut written = 0;
    for seconds in 61..200 {
        written += kept.keeper.tick(noon().plus(seconds * 1_000)).unwrap();
    }
    assert_eq!(written, 1, "told once a trouble");
    let text = kept.due().remove(0);
    assert!(text.contains("stream") && text.contains("status 500"), "{text}");
    // It recovers, which is told once, and fails again an hour later: that is another trouble.
    kept.keeper.attempted(kept.source, noon().plus(300_000), &Attempt::Done).unwrap();
    let recovered = (5..60).map(|minutes| kept.keeper.tick(noon().plus(minutes * 60_000)).unwrap());
    assert_eq!(recovered.sum::<usize>(), 1, "its end is told once");
    for minutes in [60, 61, 62] {
        fail(&mut kept, noon().plus(minutes * 60_000));
    }
    assert_eq!(kept.keeper.tick(noon().plus(63 * 60_000)).unwrap(), 1);

    // What the stream could not give is said in the next mail and in the digest.
    let at = noon().plus(2 * HOUR);
    let missed = Missed {
        from: at.plus(-HOUR),
        to: at.plus(-HOUR / 2),
        reason: "the server held it no longer".to_owned(),
    };
    let page = Page {
        posts: vec![post("after", "Molivelle after the gap", at)],
        cursor: Some(Cursor("7".to_owned())),
        missed: Some(missed),
        ..Page::default()
    };
    assert_eq!(kept.page(page, at), 1);
    let window = vigie::share::Window { from: at.plus(-DAY), to: at.plus(1) };
    assert_eq!(kept.keeper.digest(window, at).unwrap(), 1);
    for text in kept.due().iter().skip(3) {
        assert!(text.contains("stream") && text.contains("11:") || text.contains("13:"), "{text}");
    }
    assert_eq!(kept.keeper.store().cursor(kept.source).unwrap(), Some(Cursor("7".to_owned())));
}
