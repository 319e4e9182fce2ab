//! Every kind of rule, from posts that come in to the mail that goes out: told when what it asks for holds, and nothing at
//! all when the same stream is a little otherwise.

use vigie::alert::{Event, On, Rule, What};
use vigie::intake::Origin;
use vigie::keeper::Clock;
use vigie::keyword::BrandId;
use vigie::matcher::Scratch;
use vigie::network::{Dates, Page};
use vigie::post::{Account, Author, Post};
use vigie::share::Permille;
use vigie::store::labels::Asked;
use vigie::store::list::{Filter, mention_list};
use vigie::store::sources::Attempt;
use vigie::time::{DAY, HOUR, Time};

use super::command::Place;
use super::rule::{MINUTE, NETWORK, Watch, by, noon, rule};

/// Plays a stream in which what `rule` asks for holds, and one in which it does not.
#[track_caller]
fn check(rule: &Rule, play: impl Fn(&mut Watch, bool), told: &[&str]) {
    let (word, line) = (rule.on.word(), std::panic::Location::caller().line());
    for holds in [true, false] {
        let mut watch = Watch::new(&format!("kind-{line}-{word}-{holds}"), vec![rule.clone()]);
        play(&mut watch, holds);
        watch.keeper.run_out().unwrap();
        let subjects = watch.subjects();
        let wanted = if holds { told } else { &[] };
        assert_eq!(subjects, wanted, "{word}, {holds}");
        for text in watch.due(Time(i64::MAX)) {
            assert!(text.contains(&format!("“{word}”")), "{word} says why it was sent: {text}");
        }
    }
}

#[test]
fn no_kind_is_left_out() {
    let here = include_str!("kinds.rs");
    for on in On::ALL {
        assert!(here.contains(&format!("rule(On::{on:?})")), "{on:?} is tried on no stream of posts");
    }
}

fn named(handle: &str, name: &str, bio: &str) -> Author {
    Author {
        native_id: handle.to_owned(),
        handle: Some(handle.to_owned()),
        display_name: Some(name.to_owned()),
        bio: Some(bio.to_owned()),
        ..Author::default()
    }
}

#[test]
fn new_mentions() {
    let play = |watch: &mut Watch, holds: bool| {
        let text = if holds { "My Molivelle climbs well" } else { "My bicycle climbs well" };
        watch.hears(text, noon(), by("lena", 12));
    };
    check(&rule(On::NewMention), play, &["Molivelle: new mention by @lena on Bluesky"]);
}

#[test]
fn words_that_announce_trouble() {
    let play = |watch: &mut Watch, holds: bool| {
        let text = if holds { "This Molivelle is a scam" } else { "This Molivelle is a joy" };
        watch.hears(text, noon(), by("lena", 12));
    };
    check(&rule(On::HighRisk), play, &["High risk – Molivelle: new mention by @lena on Bluesky"]);
}

#[test]
fn authors_with_many_followers() {
    let play = |watch: &mut Watch, holds: bool| {
        watch.hears("My Molivelle", noon(), by("lena", if holds { 10_000 } else { 9_999 }));
        // Of what a brand says itself, and of authors without a figure, nothing is told.
        watch.hears("An Erivolle", noon(), by("erivolle.example", 90_000));
        watch.hears("A Molivelle", noon(), |_| {});
    };
    check(&rule(On::BigAuthor), play, &["Large audience – Molivelle: new mention by @lena on Bluesky"]);
}

#[test]
fn authors_never_heard_before() {
    let erivolle = Rule { brands: vec![BrandId("erivolle".into())], ..rule(On::FirstAuthor) };
    let play = |watch: &mut Watch, holds: bool| {
        watch.hears("My Molivelle", noon(), by(if holds { "somebody" } else { "lena" }, 12));
        watch.hears("An Erivolle", noon().plus(HOUR), by("lena", 12));
    };
    check(&erivolle, play, &["New voice – Erivolle: new mention by @lena on Bluesky"]);
}

#[test]
fn accounts_that_speak_for_a_brand() {
    let play = |watch: &mut Watch, holds: bool| {
        let handle = if holds { "erivolle.example" } else { "erivolle.fans.example" };
        watch.hears("Better than a Molivelle", noon(), by(handle, 20));
    };
    let told = ["Official or verified account – Molivelle: new mention by @erivolle.example on Bluesky"];
    check(&rule(On::OfficialPost), play, &told);
}

/// Something is heard every hour of the days before noon, a mention every `apart` hours.
fn days(watch: &mut Watch, days: i64, apart: i64) {
    for hour in 0..days * 24 {
        let at = noon().plus(-days * DAY + hour * HOUR);
        watch.passes(at);
        if hour % apart == 0 {
            watch.hears("A Molivelle goes by", at.plus(MINUTE), by(&format!("a{hour}"), 3));
        }
    }
}

#[test]
fn more_mentions_than_chance_explains() {
    let play = |watch: &mut Watch, holds: bool| {
        days(watch, 8, 12);
        for one in 0..if holds { 20 } else { 2 } {
            watch.hears("Molivelle recalls", noon().plus(one * MINUTE), by(&format!("b{one}"), 3));
        }
        watch.passes(noon().plus(HOUR));
    };
    check(&rule(On::Spike), play, &["Molivelle: spike in mentions – started"]);
}

/// Mentions every hour for eight days, then none or as many, then what comes after.
fn falls_silent(watch: &mut Watch, holds: bool, hours: i64) {
    days(watch, 8, 1);
    for hour in 0..hours {
        let at = noon().plus(hour * HOUR);
        watch.passes(at);
        if !holds {
            watch.hears("A Molivelle goes by", at.plus(MINUTE), by(&format!("c{hour}"), 3));
        }
    }
}

#[test]
fn a_day_with_far_fewer_mentions() {
    let play = |watch: &mut Watch, holds: bool| falls_silent(watch, holds, 20);
    check(&rule(On::Drop), play, &["Molivelle: drop in mentions – started"]);
}

#[test]
fn a_brand_of_which_nobody_speaks() {
    let play = |watch: &mut Watch, holds: bool| falls_silent(watch, holds, 8);
    check(&rule(On::Silence), play, &["Molivelle: unusual silence – started"]);
}

#[test]
fn a_share_of_voice_that_grows() {
    let play = |watch: &mut Watch, holds: bool| {
        for hour in 0..8 * 24 {
            let at = noon().plus(-8 * DAY + hour * HOUR);
            let much = if holds && hour >= 7 * 24 { 8 } else { 1 };
            if hour % 2 == 0 {
                watch.hears("A Molivelle goes by", at, by(&format!("a{hour}"), 3));
            }
            for one in 0..much {
                watch.hears("An Erivolle goes by", at.plus(MINUTE), by(&format!("b{hour}-{one}"), 3));
            }
        }
        watch.passes(noon().plus(MINUTE));
    };
    check(&rule(On::Surge), play, &["Erivolle: share of voice rising – started"]);
}

/// A share that climbs all day: told when it begins, once more when it is clearly more, and no more often than once a day then.
#[test]
fn a_share_of_voice_that_keeps_growing_is_told_when_it_is_clearly_more() {
    let mut watch = Watch::new("kind-surge-goes-on", vec![rule(On::Surge)]);
    let begin = noon().plus(-DAY);
    let mut told = Vec::new();
    for hour in -8 * 24..3 * 24 {
        let at = begin.plus(hour * HOUR);
        let ours = if hour % 2 == 0 { 3 } else { 0 };
        let theirs = match hour {
            ..0 => i64::from(hour % 3 == 0),
            0..24 => 8,
            _ => 24,
        };
        for one in 0..ours {
            watch.hears("A Molivelle goes by", at, by(&format!("a{hour}-{one}"), 3));
        }
        for one in 0..theirs {
            watch.hears("An Erivolle goes by", at.plus(MINUTE), by(&format!("b{hour}-{one}"), 3));
        }
        watch.passes(at.plus(59 * MINUTE));
        let all = watch.subjects().len();
        told.extend((told.len()..all).map(|_| hour));
    }
    let subjects = watch.subjects();
    assert!(subjects.iter().skip(1).all(|subject| subject.contains("still growing")), "{subjects:?}");
    let within = |hours: std::ops::Range<i64>| told.iter().filter(|hour| hours.contains(*hour)).count();
    // Half of all talk after four hours, eight tenths after a day: once on that day, and on the next at most once more.
    assert_eq!((within(-200..0), within(0..24)), (0, 1), "{told:?}");
    assert_eq!(within(24..72), 1, "{told:?}");
}

#[test]
fn a_part_that_goes_on_growing_is_told_again_when_it_doubled_or_on_another_day() {
    let at = |hours: i64, now: u16| {
        let (to, now, before) = (noon().plus(hours * HOUR), Permille(now), Permille(200));
        let event = |what: What| Event::new(BrandId("a".into()), (to.plus(-DAY), to), what);
        [
            event(What::Surge { now, before, count: 40 }),
            event(What::Sentiment { now, before, count: 40, all: 90 }),
        ]
    };
    for (hours, now, told) in [
        (1, 399, false),
        (9, 490, false),
        (9, 500, true),
        (23, 499, false),
        (24, 399, false),
        (24, 400, true),
        (24, 250, false),
    ] {
        for (later, before) in at(hours, now).iter().zip(&at(0, 300)) {
            assert_eq!(later.outgrows(before), told, "{now} after {hours} hours: {later:?}");
        }
    }
    // Of a large rise, as much again.
    for (later, before) in at(9, 800).iter().zip(&at(0, 550)) {
        assert!(!later.outgrows(before), "{later:?}");
    }
}

const KIND: &[&str] = &[
    "I love my new Molivelle, it is a great bike and I am very happy with it",
    "What a wonderful ride this morning, the Molivelle is excellent and so easy",
    "The people at Molivelle were friendly and helpful, thank you so much",
];
const UNKIND: &[&str] = &[
    "I hate my new Molivelle, it is an awful bike and I am very angry about it",
    "What a terrible ride this morning, the Molivelle is horrible and so bad",
    "The people at Molivelle were rude and useless, the worst service ever",
];

/// Two weeks of mentions of which one in eight speaks ill, a day of `all` of which `ill` do, two days as before.
fn turns(watch: &mut Watch, ill: i64, all: i64) {
    let says = |watch: &mut Watch, at: Time, one: i64, ill: bool| {
        let words = if ill { UNKIND } else { KIND };
        let text = words[usize::try_from(one).unwrap() % words.len()];
        watch.hears(text, at, by(&format!("a{}-{one}", at.0), 3));
    };
    let usual = |watch: &mut Watch, from: Time, days: i64| {
        for one in 0..days * 8 {
            says(watch, from.plus(one * 3 * HOUR), one, one % 8 == 3);
        }
    };
    usual(watch, noon().plus(-15 * DAY), 14);
    for one in 0..all {
        // Evenly over the day.
        let speaks_ill = (one + 1) * ill / all > one * ill / all;
        says(watch, noon().plus(-DAY + one * DAY / all), one, speaks_ill);
    }
    usual(watch, noon(), 2);
    watch.passes(noon().plus(2 * DAY));
}

#[test]
fn moods_that_turn() {
    let play = |watch: &mut Watch, holds: bool| turns(watch, if holds { 32 } else { 5 }, 40);
    check(
        &rule(On::Sentiment),
        play,
        &["Molivelle: tone turning negative – started", "Molivelle: tone turning negative – over"],
    );
    let mut watch = Watch::new("kind-sentiment-words", vec![rule(On::Sentiment)]);
    turns(&mut watch, 32, 40);
    let texts = watch.due(Time(i64::MAX));
    assert!(texts[0].contains("are negative, usually 1"), "{}", texts[0]);
    let shows = |words: &[&str]| words.iter().any(|words| texts[0].contains(words));
    assert!(shows(&["awful bike", "horrible", "useless"]), "it shows who speaks ill: {}", texts[0]);
    assert!(!shows(&["great bike", "wonderful", "friendly"]), "and nobody else: {}", texts[0]);
}

#[test]
fn only_mentions_that_speak_ill() {
    let moods = vec![vigie::sentiment::Sentiment::Negative];
    let play = |watch: &mut Watch, holds: bool| {
        watch.hears(if holds { UNKIND[0] } else { KIND[0] }, noon(), by("lena", 3));
        // Nothing of it is understood.
        watch.hears("Molivelle", noon(), by("lena", 3));
    };
    let told = ["Molivelle: new mention by @lena on Bluesky"];
    check(&Rule { moods, ..rule(On::NewMention) }, play, &told);
}

#[test]
fn a_backtest_of_moods_tells_what_was_told() {
    let place = Place::new("kind-backtest");
    place.write("keywords/molivelle.toml", "ours = true\nkeywords = [\"Molivelle\"]\n");
    place.write("vigie.toml", "[mail]\nlanguage = \"en\"\n[[rule]]\non = \"sentiment\"\n");
    let line = |at: Time, id: usize, text: &str| {
        format!(
            "{{\"id\":\"{id}\",\"network\":\"bluesky\",\"author\":{{\"id\":\"a{id}\",\"handle\":\"a{id}.example\"}},\"created_at\":\"{at}\",\"seen_at\":\"{at}\",\"text\":\"{text}\"}}\n"
        )
    };
    let mut capture = String::new();
    for one in 0..15 * 8_i64 {
        let id = usize::try_from(one).unwrap();
        let text = if one % 8 == 3 { UNKIND[id % 3] } else { KIND[id % 3] };
        capture += &line(noon().plus(-16 * DAY + one * 3 * HOUR), id, text);
    }
    for id in 200..240_usize {
        let at = noon().plus(-DAY + i64::try_from(id - 200).unwrap() * 30 * MINUTE);
        capture += &line(at, id, if id % 5 > 0 { UNKIND[id % 3] } else { KIND[id % 3] });
    }
    capture += &line(noon(), 300, "Nothing at all");
    place.write("capture.jsonl", capture);
    place.ok(&["replay", "capture.jsonl", "--data", "kept"]);
    let told = place.ok(&["alerts", "history", "sentiment", "--data", "kept", "--limit", "0", "--json"]);
    let json = place.ok(&["alerts", "backtest", "sentiment", "--data", "kept", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mails = report["mails"].as_array().unwrap();
    assert!(!mails.is_empty() && mails.len() == told.lines().count(), "{json}{told}");
    assert!(mails[0]["subject"].as_str().unwrap().contains("tone turning negative – started"), "{json}");
    assert!(report["fr"].as_str().unwrap().contains("défavorables"), "{json}");
    place.ok(&["alerts", "test", "sentiment"]);
}

#[test]
fn accounts_that_change() {
    let play = |watch: &mut Watch, holds: bool| {
        for (day, bio) in [(0, "Bikes."), (1, if holds { "Bikes and cargos." } else { "Bikes." })] {
            let at = noon().plus(day * DAY);
            let author = named("erivolle.example", "Erivolle", bio);
            let account = Account { network: NETWORK, author, status: None, at: None };
            let page = Page { accounts: vec![account], ..Page::default() };
            let origin = Origin { source: "stream", dates: Dates::Arrival, look_back: false };
            let judged = watch.judge.judge(page, origin, at, &mut Scratch::default());
            watch.keeper.save(watch.source, &[judged], Clock::Replay).unwrap();
            watch.passes(at.plus(HOUR));
        }
    };
    check(&rule(On::AccountChanged), play, &["Erivolle: @erivolle.example changed its bio on Bluesky"]);
}

/// Six posts of the competitor's account with some twenty likes, then one with so many.
fn posts_of_its_own(watch: &mut Watch, likes: i64) {
    let post = |likes: i64| {
        move |post: &mut Post| {
            post.counts.likes = Some(likes);
            post.author = Some(named("erivolle.example", "Erivolle", ""));
        }
    };
    for day in 0..6 {
        watch.hears("News of Erivolle", noon().plus((day - 20) * DAY), post(18 + day));
    }
    watch.hears("The new Erivolle", noon(), post(likes));
    for hour in 1..40 {
        watch.passes(noon().plus(hour * HOUR));
    }
}

#[test]
fn posts_that_take_off() {
    let play = |watch: &mut Watch, holds: bool| posts_of_its_own(watch, if holds { 300 } else { 30 });
    let told = ["Erivolle: a post of @erivolle.example takes off on Bluesky"];
    check(&rule(On::TakesOff), play, &told);
}

#[test]
fn posts_that_flop() {
    let play = |watch: &mut Watch, holds: bool| posts_of_its_own(watch, if holds { 2 } else { 12 });
    let told = ["Erivolle: a post of @erivolle.example falls flat on Bluesky"];
    check(&rule(On::Flops), play, &told);
}

fn poses(watch: &mut Watch, at: Time, author: Author) {
    watch.hears("Write to us about your Molivelle", at, |post| post.author = Some(author));
}

#[test]
fn accounts_that_pose_as_a_brand() {
    let play = |watch: &mut Watch, holds: bool| {
        let poser = named("molivelle_support.example", "Molivelle Support", "Official support of Molivelle");
        let other = named("lena.example", "Lena K", "I ride to work");
        poses(watch, noon(), if holds { poser } else { other });
    };
    let told = ["@molivelle_support.example on Bluesky may be posing as Molivelle"];
    check(&rule(On::NewImpostor), play, &told);
}

#[test]
fn accounts_that_pose_and_change() {
    let play = |watch: &mut Watch, holds: bool| {
        let bio = "Official support of Molivelle";
        let later = if holds { "Official support of Molivelle, write on WhatsApp" } else { bio };
        for (hour, bio) in [(0, bio), (5, later)] {
            let author = named("molivelle_support.example", "Molivelle Support", bio);
            poses(watch, noon().plus(hour * HOUR), author);
        }
    };
    let told = ["Profile changed – @molivelle_support.example on Bluesky may be posing as Molivelle"];
    check(&rule(On::ImpostorChanged), play, &told);
}

#[test]
fn sources_that_fail() {
    let play = |watch: &mut Watch, holds: bool| {
        for minute in 0..5 {
            let at = noon().plus(minute * MINUTE);
            let failed = Attempt::Failed("www.example answered 503".to_owned());
            // One that fails now and then is well.
            let attempt = if holds || minute == 2 { failed } else { Attempt::Done };
            watch.keeper.attempted(watch.source, at, &attempt).unwrap();
            watch.keeper.tick(at).unwrap();
        }
    };
    check(&rule(On::SourceDegraded), play, &["Source stream – failing"]);
}

#[test]
fn keywords_that_go_wrong() {
    let play = |watch: &mut Watch, holds: bool| {
        for one in 0..40 {
            watch.hears("A Molivelle goes by", noon().plus(one * MINUTE), by(&format!("a{one}"), 3));
        }
        let filter = Filter { oldest_first: true, ..Filter::default() };
        let mentions = mention_list(watch.keeper.store().connection(), &filter).unwrap();
        for (place, mention) in mentions.iter().enumerate() {
            let right = !holds || place < 26 || place % 5 == 0;
            let at = noon().plus(HOUR + i64::try_from(place).unwrap());
            watch.keeper.store().label(mention, right, Asked::Random, at).unwrap();
        }
        watch.passes(noon().plus(2 * HOUR));
        watch.passes(noon().plus(3 * HOUR));
    };
    let told = ["Molivelle: “Molivelle” finds the wrong posts more often"];
    check(&rule(On::PrecisionFallen), play, &told);
}
