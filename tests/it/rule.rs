//! Alert rules: as people write them, what they tell of a stream of posts, and when they keep quiet. Clocks are given.

mod manners;
pub(crate) mod threads;

use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use mail_parser::{MessageParser, MimeHeaders as _};
use vigie::alert::preset::Preset;
use vigie::alert::{On, Rule};
use vigie::config::Config;
use vigie::intake::{Judge, Origin};
use vigie::keeper::{Clock, Keeper};
use vigie::keyword::{Brand, BrandId, OfficialAccount};
use vigie::mail::{Language, Look};
use vigie::matcher::Scratch;
use vigie::network::{Dates, Page};
use vigie::notice::{Composer, Manners, Person};
use vigie::post::{Author, NetworkName, Post};
use vigie::schedule::{Every, Quiet, Schedule};
use vigie::store::alerts::{Due, Outcome};
use vigie::store::mutes::Mute;
use vigie::store::recipients::Wish;
use vigie::store::sources::Attempt;
use vigie::store::{Durability, Store, vitals};
use vigie::time::{DAY, HOUR, Time};

use super::command::Place;

pub(super) const MINUTE: i64 = 60_000;
pub(super) const NETWORK: NetworkName = NetworkName::known("bluesky");

pub(super) fn noon() -> Time {
    Time::parse("2026-06-10T12:00:00Z").unwrap()
}

pub(super) fn rule(on: On) -> Rule {
    Rule::new(on, Duration::from_secs(30), Duration::from_secs(300))
}

/// A keeper with one source, two brands and these rules.
pub(super) struct Watch {
    pub(super) keeper: Keeper,
    pub(super) judge: Judge,
    pub(super) source: i64,
    posts: usize,
    place: Place,
}

impl Watch {
    pub(super) fn new(name: &str, rules: Vec<Rule>) -> Watch {
        Watch::mannered(name, rules, Manners::default())
    }

    pub(super) fn mannered(name: &str, rules: Vec<Rule>, manners: Manners) -> Watch {
        let place = Place::new(&format!("rule-{name}"));
        let store = Store::open(&place.0, Durability::Again).unwrap();
        let official =
            vec![OfficialAccount { network: Some(NETWORK), handle: "erivolle.example".to_owned() }];
        let brands =
            vec![Brand::named("Molivelle", true), Brand { official, ..Brand::named("Erivolle", false) }];
        let composer = Composer {
            rules,
            to: vec!["ana@dest.example".parse().unwrap()],
            from: "vigie@molivelle.example".parse().unwrap(),
            language: Language::En,
            zone: TimeZone::get("Europe/Paris").unwrap(),
            brands: brands.clone(),
            schedule: Schedule { every: Every::Never, ..Schedule::default() },
            manners,
        };
        let mut keeper = Keeper::new(store, composer);
        let source = keeper.source("stream", "bluesky", false).unwrap();
        Watch { keeper, judge: Judge::new(&brands).unwrap(), source, posts: 0, place }
    }

    /// Stores one post as it comes, on a clock that runs with the posts.
    pub(super) fn hears(&mut self, text: &str, at: Time, with: impl FnOnce(&mut Post)) {
        self.posts += 1;
        let mut post = Post::new(NETWORK, format!("p{}", self.posts));
        text.clone_into(&mut post.text);
        post.published = Some(at);
        with(&mut post);
        let origin = Origin { source: "stream", dates: Dates::Arrival, look_back: false };
        let page = Page { posts: vec![post], ..Page::default() };
        let judged = self.judge.judge(page, origin, at, &mut Scratch::default());
        self.keeper.save(self.source, &[judged], Clock::Replay).unwrap();
    }

    /// The same store after a restart.
    pub(super) fn again(self) -> Watch {
        let Watch { keeper, judge, posts, place, .. } = self;
        let composer = keeper.composer().clone();
        drop(keeper);
        let mut keeper = Keeper::new(Store::open(&place.0, Durability::Again).unwrap(), composer);
        let source = keeper.source("stream", "bluesky", false).unwrap();
        Watch { keeper, judge, source, posts, place }
    }

    /// A post by somebody about something, so that the clock runs and the source is heard.
    pub(super) fn passes(&mut self, at: Time) {
        self.hears("The weather is fine", at, |_| {});
    }

    pub(super) fn passes_to(&mut self, from: Time, to: Time) {
        let mut at = from;
        while at < to {
            self.passes(at);
            at = at.plus(HOUR);
        }
    }

    /// The subjects of every notice, oldest first, with its state.
    pub(super) fn told(&self) -> Vec<(String, String)> {
        let connection = self.keeper.store().connection();
        let mut statement = connection.prepare("SELECT subject, state FROM notice ORDER BY id").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub(super) fn subjects(&self) -> Vec<String> {
        self.told().into_iter().map(|(subject, _)| subject.replace('\u{a0}', " ")).collect()
    }

    /// Everything that waits to be sent at `now`, oldest first, whatever it waits for.
    pub(super) fn waiting(&self, now: Time) -> Vec<Due> {
        waiting(self.keeper.store(), now)
    }

    /// The text parts of what waits to be sent at `now`.
    pub(super) fn due(&self, now: Time) -> Vec<String> {
        let due = self.waiting(now);
        let parser = MessageParser::default();
        due.iter().map(|due| parser.parse(&due.bytes).unwrap().body_text(0).unwrap().into_owned()).collect()
    }
}

/// Everything that waits to be sent at `now`, oldest first, whatever it waits for.
pub(super) fn waiting(store: &Store, now: Time) -> Vec<Due> {
    let sql = "SELECT id, kind, recipient, message_id, written, attempts, bytes, html FROM notice
        WHERE state = 'due' AND next_try <= ?1 ORDER BY next_try, id";
    let mut statement = store.connection().prepare(sql).unwrap();
    let rows = statement.query_map([now.0], |row| {
        Ok(Due {
            id: row.get(0)?,
            kind: row.get(1)?,
            recipient: row.get(2)?,
            message_id: row.get(3)?,
            written: Time(row.get(4)?),
            attempts: row.get(5)?,
            bytes: row.get(6)?,
            html: row.get(7)?,
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

pub(super) fn by(id: &str, followers: u64) -> impl FnOnce(&mut Post) {
    let author = Author {
        native_id: id.to_owned(),
        handle: Some(id.to_owned()),
        followers: Some(followers),
        ..Author::default()
    };
    move |post| post.author = Some(author)
}

#[track_caller]
fn faults(text: &str) -> String {
    let (_, faults) = Config::parse(Path::new("vigie.toml"), text);
    faults.to_string()
}

#[test]
fn a_bad_rule_is_told_with_its_line_its_key_and_what_to_do() {
    for (text, told) in [
        ("[[rule]]\non = \"spik\"\n", "vigie.toml:2: rule.on: \"spik\" is not one of"),
        ("[[rule]]\non = \"spik\"\n", "did you mean \"spike\"?"),
        (
            "[[rule]]\non = \"big_author\"\nfolowers = 3\n",
            "vigie.toml:3: rule.folowers: unknown key; did you mean `followers`?",
        ),
        (
            "[[rule]]\non = \"spike\"\nfollowers = 3\n",
            "vigie.toml:3: rule.followers: says nothing to a rule on spike; it belongs to new_mention, high_risk",
        ),
        (
            "[[rule]]\non = \"silence\"\nafter = \"soon\"\n",
            "vigie.toml:3: rule.after: \"soon\" is no length of time",
        ),
        ("[[rule]]\non = \"new_mention\"\nquery = \"(acme\"\n", "vigie.toml:3: rule.query: cannot be run"),
        ("[[rule]]\non = \"new_mention\"\nwords = [\"...\"]\n", "vigie.toml:3: rule.words"),
        (
            "[[rule]]\non = \"new_mention\"\nlanguages = [\"French!\"]\n",
            "rule.languages: \"French!\" is no code",
        ),
        ("[[rule]]\non = \"surge\"\npoints = 0\n", "rule.points: must be from 1 to 100"),
        ("[alerts]\npreset = \"compagny\"\n", "did you mean \"company\"?"),
        ("[alerts]\nquiet = \"22h\"\n", "alerts.quiet: \"22h\" are no hours"),
        (
            "[[channel]]\nkind = \"slack\"\nname = \"ops\"\nurl = \"https://hooks.example/hush\"\n",
            "vigie.toml:4: channel.url: whoever knows it can write there: it never stands in this file, set VIGIE_OPS_URL",
        ),
        ("[[channel]]\nkind = \"slak\"\n", "did you mean \"slack\"?"),
        ("[alerts]\ncap = 0\n", "alerts.cap"),
        ("[[recipient]]\nlanguage = \"fr\"\n", "recipient.address: is missing"),
        ("[[recipient]]\naddress = \"ana@a.example\"\nzone = \"Europe/Pari\"\n", "recipient.zone"),
    ] {
        let found = faults(text);
        assert!(found.contains(told), "{text}: {found}");
    }
}

#[test]
fn presets_and_rules_of_files_are_told_in_both_languages() {
    let place = Place::new("rule-files");
    place.write("keywords/molivelle.toml", "ours = true\nkeywords = [\"Molivelle\"]\n");
    let usual = place.ok(&["alerts", "list"]);
    assert!(
        usual.contains(
            "new_mention (new_mention)\n  Tells every new mention of any watched brand.\n  Signale chaque"
        ),
        "{usual}"
    );
    assert_eq!(usual.matches("  to ").count(), 3, "{usual}");
    place.write(
        "vigie.toml",
        "[alerts]\npreset = \"founder\"\n[[rule]]\non = \"spike\"\nbrands = [\"molivelle\"]\n",
    );
    place.write(
        "rules/press.toml",
        "[[rule]]\non = \"new_mention\"\nname = \"press\"\nnetworks = [\"feed\"]\ncritical = true\n",
    );
    let json = place.ok(&["alerts", "list", "--json"]);
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let founder = Preset::Founder.rules(Duration::ZERO, Duration::ZERO).len();
    assert_eq!(lines.len(), founder + 1, "{json}");
    let of = |name: &str| lines.iter().find(|line| line["name"] == name).unwrap();
    assert_eq!(of("press")["critical"], true);
    assert!(of("press")["fr"].as_str().unwrap().contains("seulement sur Presse et blogs"), "{json}");
    assert!(of("spike")["en"].as_str().unwrap().contains("when molivelle has more mentions"), "{json}");
    let checked = place.ok(&["check", "--offline"]);
    assert!(checked.contains("rule press: Tells every new mention"), "{checked}");

    place.write("rules/wrong.toml", "[[rule]]\non = \"spike\"\nnmae = \"x\"\nbrands = [\"molivele\"]\n");
    let ran = place.run(&["alerts", "list"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("rules/wrong.toml:3: rule.nmae: unknown key; did you mean `name`?"),
        "{}",
        ran.err
    );
    place.write("rules/wrong.toml", "[[rule]]\non = \"drop\"\nbrands = [\"molivele\"]\n");
    let ran = place.run(&["alerts", "list"]);
    assert!(ran.err.contains("rules/wrong.toml:3: rule.brands: no brand file is called \"molivele\"; did you mean \"molivelle\"?"), "{}", ran.err);
}

#[test]
fn mentions_are_told_by_what_they_say_and_who_says_it() {
    let rules = vec![
        rule(On::HighRisk),
        Rule { followers: 1_000, ..rule(On::BigAuthor) },
        rule(On::FirstAuthor),
        rule(On::OfficialPost),
    ];
    let mut watch = Watch::new("mentions", rules);
    let mut at = noon();
    watch.hears("My Molivelle climbs well", at, by("nobody", 10));
    at = at.plus(HOUR);
    watch.hears("A Molivelle is a scam", at, by("nobody", 10));
    at = at.plus(HOUR);
    watch.hears("I like my Molivelle", at, by("somebody", 5_000));
    at = at.plus(HOUR);
    // Within the cool-down of a day, and after it.
    watch.hears("Still my Molivelle", at, by("somebody", 5_000));
    at = at.plus(26 * HOUR);
    watch.hears("Again my Molivelle", at, by("somebody", 5_000));
    at = at.plus(HOUR);
    watch.hears("Better than a Molivelle", at, by("erivolle.example", 20));
    watch.keeper.run_out().unwrap();
    let subjects = watch.subjects();
    insta::assert_snapshot!(subjects.join("\n"), @r"
    New voice – Molivelle: new mention by @nobody on Bluesky
    High risk – Molivelle: new mention by @nobody on Bluesky
    Large audience – Molivelle: new mention by @somebody on Bluesky
    New voice – Molivelle: new mention by @somebody on Bluesky
    Large audience – Molivelle: new mention by @somebody on Bluesky
    New voice – Molivelle: new mention by @erivolle.example on Bluesky
    Official or verified account – Molivelle: new mention by @erivolle.example on Bluesky
    ");
}
