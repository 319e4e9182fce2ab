//! Mails of one matter leave in order, and hold up nothing else.

use super::*;

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
