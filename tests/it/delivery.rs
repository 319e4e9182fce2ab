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

mod kept;
mod server;

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
