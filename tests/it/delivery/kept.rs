//! What is due and what became of it, on a keeper whose clock is given.

use super::*;
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
        let due = crate::rule::waiting(self.keeper.store(), Time(i64::MAX));
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
