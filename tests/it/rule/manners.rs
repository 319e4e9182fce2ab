//! When people are told and when they are left alone: mutes, nights, caps, digests, looks, addresses that bounce.

use super::*;

#[test]
fn a_mute_has_an_end_an_author_and_survives_a_restart() {
    let mut watch = Watch::new("mute", vec![rule(On::NewMention)]);
    let mute = Mute {
        id: 0,
        rule: "new_mention".to_owned(),
        brand: Some("molivelle".to_owned()),
        since: noon(),
        until: noon().plus(HOUR),
        who: "Ana".to_owned(),
        note: None,
        kept: 0,
    };
    watch.keeper.store().mute(&mute).unwrap();
    watch.hears("A Molivelle", noon().plus(MINUTE), by("a", 1));
    watch.hears("An Erivolle", noon().plus(2 * MINUTE), by("b", 1));
    watch.passes(noon().plus(30 * MINUTE));
    assert_eq!(watch.subjects().len(), 1, "only the other brand");
    watch.hears("A Molivelle", noon().plus(HOUR), by("c", 1));
    watch.keeper.run_out().unwrap();
    assert_eq!(watch.subjects().len(), 2);
    let kept = vigie::store::mutes::mutes(watch.keeper.store().connection(), noon()).unwrap();
    assert_eq!((kept.len(), kept[0].kept, kept[0].who.as_str()), (1, 1, "Ana"));
}

#[test]
fn the_night_is_one_mail_in_the_morning_and_critical_rules_wake_people() {
    let manners = Manners { quiet: Quiet::parse("22:00-07:00"), ..Manners::default() };
    let critical = Rule { critical: true, ..rule(On::HighRisk) };
    let mut watch = Watch::mannered("night", vec![rule(On::NewMention), critical], manners);
    // 23:00 in Paris.
    let night = Time::parse("2026-06-10T21:00:00Z").unwrap();
    for hour in 0..6 {
        watch.hears("A Molivelle goes by", night.plus(hour * HOUR), by(&format!("a{hour}"), 1));
    }
    watch.hears("This Molivelle is a scam", night.plus(6 * HOUR), by("b", 1));
    watch.passes(night.plus(6 * HOUR + MINUTE));
    assert_eq!(watch.subjects().len(), 1, "{:?}", watch.subjects());
    assert!(watch.subjects()[0].starts_with("High risk"), "{:?}", watch.subjects());
    watch.passes(Time::parse("2026-06-11T05:00:00Z").unwrap());
    let subjects = watch.subjects();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects[1].contains("7 new mentions"), "{subjects:?}");
}

#[test]
fn what_is_over_the_cap_is_listed_whole_in_one_mail() {
    let manners = Manners { cap: Some(3), ..Manners::default() };
    let now = Duration::ZERO;
    let mut watch = Watch::mannered("cap", vec![Rule::new(On::NewMention, now, now)], manners);
    for minute in 0..10 {
        watch.hears(
            &format!("Molivelle number {minute}"),
            noon().plus(minute * MINUTE),
            by(&format!("a{minute}"), 1),
        );
    }
    watch.passes(noon().plus(20 * MINUTE));
    let held = watch.told().iter().filter(|(_, state)| state == "held").count();
    assert_eq!((watch.told().len(), held), (10, 7), "{:?}", watch.told());
    watch.passes(noon().plus(HOUR + 10 * MINUTE));
    let told = watch.told();
    assert_eq!(told.len(), 11, "{told:?}");
    assert_eq!(told[10].0.replace('\u{a0}', " "), "7 alerts were held back");
    assert!(told[3..10].iter().all(|(_, state)| state == "folded"), "{told:?}");
    let text = watch.due(Time(i64::MAX)).pop().unwrap();
    let listed = text.lines().filter(|line| line.starts_with("- ")).count();
    assert_eq!(listed, 7, "{text}");
    assert_eq!(watch.keeper.store().held().unwrap(), []);
    // What waits takes room: when it is gone, and an hour later, there is room again.
    let due = watch.keeper.take_due(noon().plus(HOUR), 10).unwrap();
    for mail in due {
        watch.keeper.record(mail.id, noon().plus(HOUR), &Outcome::Sent("250 taken".to_owned())).unwrap();
    }
    watch.hears("Molivelle once more", noon().plus(3 * HOUR), by("z", 1));
    watch.keeper.run_out().unwrap();
    assert_eq!(watch.told()[11].1, "due");
}

#[test]
fn what_is_held_back_stands_in_the_next_digest_and_only_there() {
    let manners = Manners { cap: Some(3), ..Manners::default() };
    let now = Duration::ZERO;
    let mut watch = Watch::mannered("held-digest", vec![Rule::new(On::NewMention, now, now)], manners);
    watch.keeper.set_schedule(Schedule { every: Every::Quarter, ..Schedule::default() });
    for minute in 0..10 {
        watch.hears(
            &format!("Molivelle number {minute}"),
            noon().plus((minute + 1) * MINUTE),
            by(&format!("a{minute}"), 1),
        );
    }
    watch.passes(noon().plus(3 * HOUR));
    let held: Vec<String> = {
        let connection = watch.keeper.store().connection();
        let mut statement = connection
            .prepare(
                "SELECT subject FROM notice WHERE state = 'folded' AND told_in LIKE 'digest|%' ORDER BY id",
            )
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(held.len(), 7, "{:?}", watch.told());
    assert!(watch.subjects().iter().all(|subject| !subject.contains("held back")), "{:?}", watch.subjects());
    let with: Vec<String> = watch
        .due(Time(i64::MAX))
        .into_iter()
        .filter(|text| text.contains("7\u{a0}alerts were held back"))
        .collect();
    assert_eq!(with.len(), 1);
    let listed = with[0].lines().filter(|line| line.starts_with("- 10\u{a0}June, 14:")).count();
    assert_eq!(listed, 7, "{}", with[0]);
}

#[test]
fn digests_come_at_once_every_second_week_and_even_with_nothing_to_say() {
    let digests = |watch: &Watch| -> Vec<Time> {
        let connection = watch.keeper.store().connection();
        let mut statement =
            connection.prepare("SELECT written FROM notice WHERE kind = 'digest' ORDER BY id").unwrap();
        let rows = statement.query_map([], |row| Ok(Time(row.get(0)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut watch = Watch::new("at-once", vec![rule(On::NewMention)]);
    watch.keeper.set_schedule(Schedule { every: Every::AtOnce, empty: false, ..Schedule::default() });
    watch.hears("A Molivelle", noon(), by("a", 1));
    watch.passes_to(noon().plus(HOUR), noon().plus(5 * HOUR));
    assert_eq!(digests(&watch), [noon().plus(30_000)]);
    watch.hears("Two", noon().plus(5 * HOUR), by("b", 1));
    watch.hears("A Molivelle", noon().plus(6 * HOUR), by("c", 1));
    watch.passes(noon().plus(7 * HOUR));
    assert_eq!(digests(&watch).len(), 2);
    // About what came since the last one: one mention, not two.
    let last = watch.due(Time(i64::MAX)).pop().unwrap();
    assert!(last.contains("1\u{a0}mention of"), "{last}");

    for (empty, many) in [(true, 3), (false, 0)] {
        let mut watch = Watch::new("fortnight", vec![rule(On::NewMention)]);
        watch.keeper.set_schedule(Schedule { every: Every::TwoWeeks, empty, ..Schedule::default() });
        watch.passes_to(noon(), noon().plus(43 * DAY));
        let told = digests(&watch);
        assert_eq!(told.len(), many, "{told:?}");
        for pair in told.windows(2) {
            assert_eq!(pair[1].since(pair[0]), 14 * DAY);
        }
    }
}

#[test]
fn mails_look_as_their_recipient_wants_and_those_who_left_get_none() {
    let mut logo = Vec::new();
    let picture = image::RgbImage::from_pixel(64, 32, image::Rgb([90, 20, 120]));
    picture.write_to(&mut std::io::Cursor::new(&mut logo), image::ImageFormat::Png).unwrap();
    let look = |logo: Option<Vec<u8>>| Look {
        name: Some("Agence <Lumen>".to_owned()),
        logo: logo.map(|bytes| vigie::mail::look::Logo::new(bytes).unwrap()),
        colour: Some("#7a2e8e".to_owned()),
    };
    let person = |address: &str, look: Look| Person {
        address: address.parse().unwrap(),
        language: None,
        zone: None,
        quiet: None,
        cap: None,
        brands: Vec::new(),
        schedule: None,
        look,
    };
    let people =
        vec![person("ana@dest.example", look(Some(logo.clone()))), person("bob@dest.example", look(None))];
    let manners = Manners { people, ..Manners::default() };
    let to = ["ana@dest.example", "bob@dest.example", "eve@dest.example"].map(|one| one.parse().unwrap());
    let mut watch = Watch::mannered("looks", vec![Rule { to: to.to_vec(), ..rule(On::NewMention) }], manners);
    watch.hears("A Molivelle", noon(), by("a", 1));
    watch.keeper.run_out().unwrap();
    let due = watch.waiting(Time(i64::MAX));
    let of = |who: &str| due.iter().find(|due| due.recipient.starts_with(who)).unwrap();
    let parser = MessageParser::default();
    let ana = parser.parse(&of("ana").bytes).unwrap();
    let html = ana.body_html(0).unwrap();
    assert!(
        html.contains("src=\"cid:logo@vigie\" alt=\"Agence &lt;Lumen&gt;\" width=\"64\" height=\"32\""),
        "{html}"
    );
    assert!(html.contains("border-color:#7a2e8e;") && !html.contains(">Vigie</td>"), "{html}");
    let inside = ana.parts.iter().find(|part| part.content_id() == Some("logo@vigie")).unwrap();
    assert_eq!(inside.contents(), logo);
    assert!(of("ana").html.contains("src=\"data:image/png;base64,"));
    let bob = parser.parse(&of("bob").bytes).unwrap();
    assert!(
        bob.body_html(0).unwrap().contains("background-color:#7a2e8e;color:#ffffff;\">Agence &lt;Lumen&gt;")
    );
    assert!(parser.parse(&of("eve").bytes).unwrap().body_html(0).unwrap().contains(">Vigie</td>"));
    // No door for others: a mail to the sender asks to end it.
    assert_eq!(
        ana.header_raw("List-Unsubscribe").map(str::trim),
        Some("<mailto:vigie@molivelle.example?subject=unsubscribe>")
    );
    // The same, for those who read.
    let way = "mailto:vigie@molivelle.example?subject=unsubscribe";
    assert!(html.contains(&format!("href=\"{way}\"")), "{html}");
    assert!(ana.body_text(0).unwrap().trim_end().ends_with(way));

    // What waits for one who leaves is taken back; the others miss nothing.
    let store = watch.keeper.store();
    assert!(store.wish("ana@dest.example", Wish::Unsubscribe, "by Ana", noon().plus(HOUR)).unwrap());
    let left: Vec<String> =
        store.due(Time(i64::MAX), 10).unwrap().into_iter().map(|due| due.recipient).collect();
    assert_eq!(left, ["bob@dest.example", "eve@dest.example"]);
    watch.hears("A Molivelle", noon().plus(2 * HOUR), by("b", 1));
    watch.keeper.run_out().unwrap();
    assert_eq!(watch.waiting(Time(i64::MAX)).len(), 4);
}

#[test]
fn a_wrong_look_is_told_with_its_line_and_what_to_do() {
    for (key, told) in [
        (
            "colour = \"#ffcc00\"",
            "vigie.toml:3: recipient.colour: white letters on #ffcc00 cannot be read well",
        ),
        ("colour = \"purple\"", "recipient.colour: a colour is # and six hexadecimal digits"),
    ] {
        let found = faults(&format!("[[recipient]]\naddress = \"ana@a.example\"\n{key}\n"));
        assert!(found.contains(told), "{key}: {found}");
    }
    let place = Place::new("rule-logo");
    place.write("keywords/molivelle.toml", "keywords = [\"Molivelle\"]\n");
    for (logo, told) in [("nowhere.png", "cannot be read"), ("vigie.toml", "is no PNG and no JPEG picture")] {
        place.write("vigie.toml", format!("[[recipient]]\naddress = \"ana@a.example\"\nlogo = \"{logo}\"\n"));
        let ran = place.run(&["alerts", "list"]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("vigie.toml:3: recipient.logo: ") && ran.err.contains(told), "{}", ran.err);
    }
    for url in
        ["http://vigie.example", "vigie.example", "https://ana@vigie.example", "https://vigie.example/?a"]
    {
        let found = faults(&format!("[web]\npublic_url = \"{url}\"\n"));
        assert!(found.contains("web.public_url") && found.contains("is no https address"), "{url}: {found}");
    }
}

#[test]
fn an_alert_that_is_no_longer_news_is_listed_instead_of_arriving_late() {
    let mut watch = Watch::new("stale", vec![rule(On::NewMention)]);
    watch.hears("A Molivelle", noon(), by("a", 1));
    watch.passes(noon().plus(HOUR));
    let due = watch.keeper.take_due(noon().plus(HOUR), 10).unwrap();
    assert_eq!(due.len(), 1);
    let later = Outcome::Retry("451 later".to_owned(), noon().plus(13 * HOUR));
    watch.keeper.record(due[0].id, noon().plus(HOUR), &later).unwrap();
    assert_eq!(watch.keeper.take_due(noon().plus(13 * HOUR), 10).unwrap(), []);
    watch.passes(noon().plus(13 * HOUR + MINUTE));
    let told = watch.told();
    assert_eq!(
        told.iter().map(|(_, state)| state.as_str()).collect::<Vec<_>>(),
        ["folded", "due"],
        "{told:?}"
    );
    assert!(told[1].0.contains("held back"), "{told:?}");
}

#[test]
fn recipients_have_a_language_brands_and_digests_of_their_own_and_hear_that_vigie_is_on_watch() {
    let person = Person {
        address: "bob@dest.example".parse().unwrap(),
        language: Some(Language::Fr),
        zone: None,
        quiet: None,
        cap: None,
        brands: vec![BrandId("erivolle".into())],
        schedule: Some(Schedule { every: Every::Day, empty: false, ..Schedule::default() }),
        look: Look::default(),
    };
    let still = Schedule { every: Every::Week, ..Schedule::default() };
    let manners = Manners { people: vec![person], still_on_watch: Some(still), ..Manners::default() };
    let to = ["ana@dest.example", "bob@dest.example"].map(|one| one.parse().unwrap()).to_vec();
    let mut watch = Watch::mannered("people", vec![Rule { to, ..rule(On::NewMention) }], manners);
    // From a Wednesday to the next Tuesday: of bob, who is not in [mail], no digest is due.
    watch.hears("A Molivelle", noon(), by("a", 1));
    watch.hears("An Erivolle", noon().plus(HOUR), by("b", 1));
    watch.passes_to(noon().plus(2 * HOUR), noon().plus(6 * DAY));
    let connection = watch.keeper.store().connection();
    let mut statement = connection.prepare("SELECT recipient, subject FROM notice ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let told: Vec<(String, String)> = rows.map(Result::unwrap).collect();
    let of = |who: &str| -> Vec<String> {
        let mine = told.iter().filter(|(to, _)| to.starts_with(who));
        mine.map(|(_, subject)| subject.replace('\u{a0}', " ")).collect()
    };
    insta::assert_snapshot!(of("ana").join("\n"), @r"
    Molivelle: new mention by @a on Bluesky
    Erivolle: new mention by @b on Bluesky
    Vigie is on watch, 8 to 15 June 2026
    ");
    insta::assert_snapshot!(of("bob").join("\n"), @"Erivolle : nouvelle mention de @b sur Bluesky");
}

#[test]
fn the_watch_ails_when_nothing_is_heard_or_told_any_more() {
    let mut watch = Watch::new("ails", vec![rule(On::NewMention)]);
    let limit = 3 * HOUR;
    let ails =
        |watch: &Watch, at: Time| vitals::ailing(watch.keeper.store().connection(), at, limit).unwrap();
    assert_eq!(ails(&watch, noon()), None, "nothing was asked yet");
    watch.keeper.attempted(watch.source, noon(), &Attempt::Done).unwrap();
    assert_eq!(ails(&watch, noon().plus(limit)), None);
    let told = ails(&watch, noon().plus(limit + 1)).unwrap();
    assert!(told.starts_with("no source has answered since 2026-06-10T12:00:00"), "{told}");
    let failed = Attempt::Failed("no answer".to_owned());
    watch.keeper.attempted(watch.source, noon().plus(limit), &failed).unwrap();
    assert!(ails(&watch, noon().plus(limit + 1)).is_some(), "asked in vain");
    watch.keeper.attempted(watch.source, noon().plus(limit + 2), &Attempt::Done).unwrap();
    assert_eq!(ails(&watch, noon().plus(limit + 2)), None);
    // A mail that nobody takes.
    watch.hears("A Molivelle", noon(), by("a", 1));
    watch.passes(noon().plus(HOUR));
    assert_eq!(ails(&watch, noon().plus(limit + 1)), None);
    let told = ails(&watch, noon().plus(limit + HOUR)).unwrap();
    assert!(told.starts_with("a mail has waited since"), "{told}");
}

#[test]
fn an_address_that_bounces_is_left_alone_for_a_week() {
    let now = Duration::ZERO;
    let mut watch = Watch::new("bounces", vec![Rule::new(On::NewMention, now, now)]);
    let refused = Outcome::Failed("550 5.1.1 no such user".to_owned());
    for hour in 0..2 {
        watch.hears(&format!("Molivelle {hour}"), noon().plus(hour * HOUR), by("a", 1));
        watch.passes(noon().plus(hour * HOUR + MINUTE));
        let due = watch.keeper.take_due(noon().plus(hour * HOUR + MINUTE), 10).unwrap();
        assert_eq!(due.len(), 1);
        watch.keeper.record(due[0].id, noon().plus(hour * HOUR + MINUTE), &refused).unwrap();
    }
    assert_eq!(watch.keeper.store().suspended(noon().plus(2 * HOUR)).unwrap(), ["ana@dest.example"]);
    watch.hears("Molivelle again", noon().plus(3 * HOUR), by("a", 1));
    watch.passes(noon().plus(4 * HOUR));
    assert_eq!(watch.told().len(), 2);
    watch.hears("Molivelle a week later", noon().plus(8 * DAY), by("a", 1));
    watch.passes(noon().plus(8 * DAY + HOUR));
    assert_eq!(watch.told().len(), 3);
}

#[test]
fn a_backtest_tells_what_would_have_been_sent_and_a_test_is_marked() {
    let place = Place::new("rule-backtest");
    place.write("keywords/molivelle.toml", "ours = true\nkeywords = [\"Molivelle\"]\n");
    place.write("vigie.toml", "[mail]\nlanguage = \"en\"\n[alerts]\npreset = \"company\"\n");
    let line = |hour: i64, id: usize, text: &str| {
        let at = jiff::Timestamp::from_millisecond(noon().plus(hour * HOUR + id as i64 * 10_000).0).unwrap();
        format!(
            "{{\"id\":\"{id}-{hour}\",\"network\":\"bluesky\",\"author\":{{\"id\":\"a{id}\",\"handle\":\"a{id}.example\"}},\"created_at\":\"{at}\",\"seen_at\":\"{at}\",\"text\":\"{text}\"}}\n"
        )
    };
    let mut capture = String::new();
    for hour in -240..0 {
        capture += &line(hour, 0, if hour % 8 == 0 { "A Molivelle" } else { "Nothing" });
    }
    for id in 0..30 {
        capture += &line(0, id, "Molivelle again");
    }
    place.write("capture.jsonl", capture);
    place.ok(&["replay", "capture.jsonl", "--data", "kept"]);
    let json = place.ok(&["alerts", "backtest", "spike", "--data", "kept", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["mails"].as_array().unwrap().len(), 1, "{json}");
    assert!(
        report["mails"][0]["subject"].as_str().unwrap().contains("spike in mentions – started"),
        "{json}"
    );
    // What the replay itself told agrees with the backtest, mail by mail.
    for name in ["new_mention", "spike", "silence"] {
        let told = place.ok(&["alerts", "history", name, "--data", "kept", "--limit", "0", "--json"]);
        let json = place.ok(&["alerts", "backtest", name, "--data", "kept", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["mails"].as_array().unwrap().len(), told.lines().count(), "{name}: {json}{told}");
    }
    assert!(place.list("kept").iter().all(|name| !name.starts_with("backtest")));
    // A kind that no rule is written for.
    let told = place.ok(&["alerts", "backtest", "first_author", "--data", "kept"]);
    assert!(told.contains("; nothing was sent"), "{told}");
    let ran = place.run(&["alerts", "backtest", "spikes", "--data", "kept"]);
    assert!(ran.code == 2 && ran.err.contains("did you mean \"spike\"?"), "{}", ran.err);

    for rule in ["spike", "new_mention", "silence", "source_degraded", "account_changed"] {
        place.ok(&["alerts", "test", rule]);
    }
    let history = place.ok(&["alerts", "history"]);
    assert_eq!(history.matches("[Test] ").count(), 5, "{history}");
    assert_eq!(history.matches("sent: written to").count(), 5, "{history}");
    let muted = place.ok(&[
        "alerts",
        "mute",
        "spike",
        "--for",
        "7d",
        "--brand",
        "molivelle",
        "--by",
        "Ana",
        "--note",
        "launch week",
    ]);
    assert!(
        muted.starts_with("spike muted for molivelle until ") && muted.contains("by Ana: launch week"),
        "{muted}"
    );
    assert!(place.ok(&["alerts", "list"]).contains("muted for molivelle until"));
    assert_eq!(place.ok(&["alerts", "unmute", "spike"]), "spike is no longer muted\n");
    assert_eq!(place.run(&["alerts", "mute", "spike", "--until", "2020-01-01"]).code, 2);
}
