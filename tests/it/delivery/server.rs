//! Servers that refuse, hang or are away, disks that are full, and stops: every mail arrives, once.

use super::*;

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
