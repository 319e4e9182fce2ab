//! What goes on for hours: spikes, trouble of sources, silence, and the threads in which they are told.

use super::*;

#[test]
fn a_spike_is_told_once_a_day_and_shows_what_was_said() {
    let mut watch = Watch::new("spike", vec![rule(On::Spike)]);
    let start = noon().plus(-10 * DAY);
    // Two mentions a day, and posts about other things all the while.
    for hour in 0..240 {
        let at = start.plus(hour * HOUR);
        watch.passes(at);
        if hour % 12 == 5 {
            watch.hears("A Molivelle goes by", at.plus(MINUTE), by(&format!("a{hour}"), 3));
        }
    }
    assert_eq!(watch.subjects(), [] as [String; 0]);
    for minute in 0..40 {
        watch.hears(
            "Molivelle recalls its brakes",
            noon().plus(minute * MINUTE),
            by(&format!("b{minute}"), 3),
        );
    }
    watch.passes_to(noon().plus(HOUR), noon().plus(20 * HOUR));
    insta::assert_snapshot!(watch.subjects().join("\n"), @r"
    Molivelle: spike in mentions – started
    Molivelle: spike in mentions – over
    ");
    let texts = watch.due(noon().plus(DAY));
    assert!(
        texts[0].contains("usually 0.1 an hour") && texts[0].contains("recalls its brakes"),
        "{}",
        texts[0]
    );
    assert!(
        texts[1].contains("40\u{a0}mentions in its largest hour, usually 0.1; 40\u{a0}mentions in all"),
        "{}",
        texts[1]
    );
    // Told within five minutes and half a minute of grouping after there were enough.
    let written: i64 = watch
        .keeper
        .store()
        .connection()
        .query_row("SELECT min(written) FROM notice", [], |row| row.get(0))
        .unwrap();
    assert!(written - noon().0 < 11 * MINUTE, "{} min", (written - noon().0) / MINUTE);
}

#[test]
fn what_goes_on_is_one_thread_that_grows_and_ends_once() {
    let play = |name: &str| {
        let (mut watch, end) = falls_silent(name, vec![rule(On::Spike)]);
        for hour in 0..3 {
            // Ten in the first hour, then forty, then forty.
            let many = if hour == 0 { 10 } else { 40 };
            for one in 0..many {
                let at = end.plus(hour * HOUR + one * HOUR / many);
                watch.hears("Molivelle recalls its brakes", at, by(&format!("b{hour}-{one}"), 3));
            }
        }
        for hour in 3..12 {
            watch.hears("A Molivelle goes by", end.plus(hour * HOUR), by(&format!("c{hour}"), 3));
        }
        watch.keeper.run_out().unwrap();
        watch.waiting(Time(i64::MAX))
    };
    let due = play("thread");
    let parser = MessageParser::default();
    let mails: Vec<_> = due.iter().map(|due| parser.parse(&due.bytes).unwrap()).collect();
    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject().unwrap()).collect();
    assert_eq!(
        subjects,
        [
            "Molivelle: spike in mentions – started",
            "Molivelle: spike in mentions – growing",
            "Molivelle: spike in mentions – over"
        ]
    );
    let first = mails[0].message_id().unwrap();
    assert!(mails[0].in_reply_to().as_text().is_none() && mails[0].references().as_text().is_none());
    for mail in &mails[1..] {
        assert_eq!(mail.in_reply_to().as_text(), Some(first));
        assert_eq!(mail.references().as_text(), Some(first));
        assert_ne!(mail.message_id(), Some(first));
    }
    for mail in &mails {
        assert_eq!(mail.header_raw("Thread-Topic").map(str::trim), Some("Molivelle: spike in mentions"));
    }
    // Each with a picture of its own, small, and with words for those who see none.
    for (mail, due) in mails.iter().zip(&due) {
        let inside = mail.parts.iter().find(|part| part.content_id() == Some("trend-0@vigie")).unwrap();
        assert!(inside.contents().starts_with(b"\x89PNG") && inside.contents().len() < 15_000);
        let html = mail.body_html(0).unwrap();
        assert!(html.contains("src=\"cid:trend-0@vigie\" alt=\"Hour by hour over three days: "), "{html}");
        assert!(due.html.contains("src=\"data:image/png;base64,"));
        assert!(String::from_utf8_lossy(&due.bytes).contains("multipart/related"));
    }
    // The same again, byte by byte.
    let again = play("thread-again");
    assert_eq!(
        due.iter().map(|due| &due.bytes).collect::<Vec<_>>(),
        again.iter().map(|due| &due.bytes).collect::<Vec<_>>()
    );
}

#[test]
fn mentions_of_a_day_are_one_thread_and_those_of_another_brand_another() {
    let mut watch = Watch::new("threads", vec![rule(On::NewMention)]);
    watch.hears("A Molivelle", noon(), by("a", 1));
    watch.hears("An Erivolle", noon().plus(HOUR), by("b", 1));
    watch.hears("A Molivelle again", noon().plus(2 * HOUR), by("c", 1));
    watch.hears("A Molivelle the next day", noon().plus(25 * HOUR), by("d", 1));
    watch.keeper.run_out().unwrap();
    insta::assert_snapshot!(watch.subjects().join("\n"), @r"
    Molivelle: new mention by @a on Bluesky
    Erivolle: new mention by @b on Bluesky
    Molivelle: new mention by @a on Bluesky – more
    Molivelle: new mention by @d on Bluesky
    ");
    let due = watch.waiting(Time(i64::MAX));
    let answers: Vec<bool> = due
        .iter()
        .map(|due| MessageParser::default().parse(&due.bytes).unwrap().in_reply_to().as_text().is_some())
        .collect();
    assert_eq!(answers, [false, false, true, false]);
}

#[test]
fn a_source_in_trouble_is_told_to_be_well_again_once() {
    let mut watch = Watch::new("recovers", vec![rule(On::SourceDegraded)]);
    let failed = Attempt::Failed("www.example answered 503".to_owned());
    let fails = |watch: &mut Watch, minute: i64| {
        watch.keeper.attempted(watch.source, noon().plus(minute * MINUTE), &failed).unwrap();
        watch.keeper.tick(noon().plus(minute * MINUTE)).unwrap();
    };
    for minute in 0..4 {
        fails(&mut watch, minute);
    }
    watch.keeper.tick(noon().plus(4 * MINUTE)).unwrap();
    assert_eq!(watch.subjects(), ["Source stream – failing"]);
    // Well for a moment, then the same trouble.
    watch.keeper.attempted(watch.source, noon().plus(5 * MINUTE), &Attempt::Done).unwrap();
    watch.keeper.tick(noon().plus(5 * MINUTE)).unwrap();
    for minute in 6..12 {
        fails(&mut watch, minute);
    }
    assert_eq!(watch.subjects().len(), 1, "{:?}", watch.subjects());
    watch.keeper.attempted(watch.source, noon().plus(20 * MINUTE), &Attempt::Done).unwrap();
    for minute in 20..60 {
        watch.keeper.tick(noon().plus(minute * MINUTE)).unwrap();
    }
    assert_eq!(watch.subjects(), ["Source stream – failing", "Source stream – works again"]);
    let texts = watch.due(Time(i64::MAX));
    assert!(texts[1].contains("taken up where it stopped"), "{}", texts[1]);
    let due = watch.waiting(Time(i64::MAX));
    let mails: Vec<_> = due.iter().map(|due| MessageParser::default().parse(&due.bytes).unwrap()).collect();
    assert_eq!(mails[1].in_reply_to().as_text(), mails[0].message_id());
}

/// A brand of which somebody speaks every hour for ten days, then nobody.
pub(crate) fn falls_silent(name: &str, rules: Vec<Rule>) -> (Watch, Time) {
    let mut watch = Watch::new(name, rules);
    let start = noon().plus(-10 * DAY);
    for hour in 0..240 {
        let at = start.plus(hour * HOUR);
        watch.passes(at);
        watch.hears("A Molivelle goes by", at.plus(MINUTE), by(&format!("a{hour}"), 3));
    }
    (watch, noon())
}

#[test]
fn the_words_of_a_rule_are_marked_and_named_as_the_reason() {
    let mut watch = Watch::new("words", vec![Rule { critical: true, ..rule(On::HighRisk) }]);
    watch.hears("Molivelle rappelle ses freins, quelle arnaque", noon(), by("lena", 3));
    watch.keeper.run_out().unwrap();
    let text = watch.due(Time(i64::MAX)).remove(0).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("[Molivelle] [rappelle ses] freins, quelle [arnaque]"), "{text}");
    assert!(text.contains("“rappelle ses” in the text"), "{text}");
    assert!(text.contains("“arnaque*” in the text: “arnaque”"), "{text}");
}

#[test]
fn a_replay_tells_a_silence_as_the_watch_would_have() {
    let place = Place::new("rule-replayed-silence");
    place.write("keywords/molivelle.toml", "keywords = [\"Molivelle\"]\nours = true\n");
    place.write(
        "vigie.toml",
        "[mail]\nto = [\"ana@dest.example\"]\nlanguage = \"en\"\nzone = \"Europe/Paris\"\n[[rule]]\non = \"silence\"\nafter = \"12h\"\n",
    );
    // Somebody speaks every half an hour, of the brand for two days and then no more: one chunk of lines.
    let lines: String = (0..120)
        .map(|half| {
            let at = noon().plus(half * 30 * MINUTE).stamp();
            let text = if half < 96 { "A Molivelle goes by" } else { "The weather is fine" };
            format!("{{\"id\":\"p{half}\",\"network\":\"bluesky\",\"text\":\"{text}\",\"created_at\":\"{at}\",\"seen_at\":\"{at}\"}}\n")
        })
        .collect();
    let mails = |lines: &str, data: &str| -> Vec<String> {
        place.write("day.jsonl", lines);
        place.ok(&["replay", "day.jsonl", "--data", data]);
        let folder = place.0.join(data).join("outbox");
        let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
        let eml = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"));
        eml.map(|path| {
            let bytes = std::fs::read(path).unwrap();
            MessageParser::default().parse(&bytes).unwrap().subject().unwrap().to_owned()
        })
        // A replay ends with a digest.
        .filter(|subject| subject.contains("silence"))
        .collect()
    };
    assert_eq!(mails(&lines, "silent"), [] as [String; 0], "eleven and a half hours");
    let at = noon().plus(61 * HOUR).stamp();
    let later = format!(
        "{{\"id\":\"l\",\"network\":\"bluesky\",\"text\":\"Rain\",\"created_at\":\"{at}\",\"seen_at\":\"{at}\"}}\n"
    );
    assert_eq!(mails(&(lines + &later), "told"), ["molivelle: unusual silence – started"]);
}

#[test]
fn a_silence_is_told_once_and_not_where_its_source_is_dead() {
    let (mut watch, end) = falls_silent("silence", vec![rule(On::Silence), rule(On::Drop)]);
    assert_eq!(watch.subjects(), [] as [String; 0]);
    watch.passes_to(end, end.plus(30 * HOUR));
    insta::assert_snapshot!(watch.subjects().join("\n"), @r"
    Molivelle: unusual silence – started
    Molivelle: drop in mentions – started
    Molivelle: drop in mentions – deeper
    ");
    let texts = watch.due(Time(i64::MAX));
    assert!(texts[0].starts_with("Molivelle: no mention for"), "{}", texts[0]);
    watch.hears("A Molivelle goes by", end.plus(30 * HOUR), by("back", 3));
    watch.passes_to(end.plus(31 * HOUR), end.plus(34 * HOUR));
    assert_eq!(watch.subjects()[3..], ["Molivelle: unusual silence – over"]);
    let text = &texts[0];
    assert!(text.contains("Every source answered all the while"), "{text}");

    // The same with a source that fails since then: its silence is no news of the brand.
    let (mut watch, end) = falls_silent("dead", vec![rule(On::Silence), rule(On::Drop)]);
    let failed = Attempt::Failed("no answer".to_owned());
    watch.keeper.attempted(watch.source, end, &failed).unwrap();
    watch.passes_to(end, end.plus(30 * HOUR));
    assert_eq!(watch.subjects(), [] as [String; 0]);
}
