//! Sums kept beside the rows: whatever happens to posts, they are what counting again gives.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use rusqlite::Connection;
use vigie::intake::{Judge, Origin, Step};
use vigie::keyword::Brand;
use vigie::matcher::Scratch;
use vigie::network::{Dates, Page};
use vigie::post::{Author, Deletion, Gone, NetworkName, Post};
use vigie::share::Window;
use vigie::store::labels::Asked;
use vigie::store::list::{self, Filter};
use vigie::store::rematch::stored_posts;
use vigie::store::{Durability, Store, figures, rollup};
use vigie::time::{DAY, HOUR, Time};

use crate::home::Home;

/// Brand, moment, network and language of a mention.
type Row = (String, Time, String, String);

/// The first moment of everything here: a midnight.
const START: Time = Time(20_000 * DAY);
const NETWORKS: [&str; 3] = ["mastodon", "bluesky", "reddit"];
const TEXTS: [&str; 7] = [
    "I love my Molivelle, it is great and I am so happy with it",
    "La Molivelle est nulle, je suis très déçu de ce vélo",
    "Molivelle ou Ostrel-Vane, laquelle prendre pour la ville cet automne ?",
    "Ostrel-Vane opened a shop near the station this morning, says the newspaper",
    "Galvorine Molivelle Ostrel-Vane",
    "Galvorine",
    "nothing that anybody listens for",
];

fn brands() -> Vec<Brand> {
    let mut strict = Brand::named("Galvorine", false);
    // Whoever says little of it is doubted.
    (strict.other_sense, strict.threshold) = (true, 700);
    vec![Brand::named("Molivelle", true), Brand::named("Ostrel-Vane", false), strict]
}

/// The same brands by other queries.
fn changed() -> Vec<Brand> {
    let mut brands = brands();
    brands[0].unless = vec!["great".to_owned()];
    brands[1].keywords.push("velo".to_owned());
    brands
}

/// Something that happens.
#[derive(Debug, Clone)]
enum Happens {
    /// A post is heard, for the first time or again with these words; `late` as from a file.
    Post {
        id: u8,
        network: usize,
        text: usize,
        author: u8,
        hour: i64,
        late: bool,
    },
    Deleted {
        id: u8,
        network: usize,
    },
    AccountGone {
        author: u8,
        network: usize,
    },
    Labelled {
        place: usize,
        relevant: bool,
    },
    Rematched {
        back: bool,
    },
    Expired {
        network: usize,
    },
    GivenUp {
        text: usize,
    },
}

fn happens() -> impl Strategy<Value = Happens> {
    let network = 0..NETWORKS.len();
    prop_oneof![
        8 => (0..12_u8, network.clone(), 0..TEXTS.len(), 0..4_u8, 0..72_i64, prop::bool::weighted(0.2))
            .prop_map(|(id, network, text, author, hour, late)| Happens::Post { id, network, text, author, hour, late }),
        2 => (0..12_u8, network.clone()).prop_map(|(id, network)| Happens::Deleted { id, network }),
        1 => (0..4_u8, network.clone()).prop_map(|(author, network)| Happens::AccountGone { author, network }),
        2 => (0..40_usize, any::<bool>()).prop_map(|(place, relevant)| Happens::Labelled { place, relevant }),
        1 => any::<bool>().prop_map(|back| Happens::Rematched { back }),
        1 => network.prop_map(|network| Happens::Expired { network }),
        1 => (0..TEXTS.len()).prop_map(|text| Happens::GivenUp { text }),
    ]
}

/// A store in a folder of its own, which goes with it.
struct Kept {
    store: Option<Store>,
    folder: PathBuf,
    source: i64,
    judge: Judge,
    scratch: Scratch,
}

impl Kept {
    fn new() -> Kept {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rollups-{}-{number}", std::process::id()));
        let store = Store::open(&folder, Durability::Again).unwrap();
        let source = store.source("test", "capture", false).unwrap();
        Kept {
            store: Some(store),
            folder,
            source,
            judge: Judge::new(&brands()).unwrap(),
            scratch: Scratch::default(),
        }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn connection(&self) -> &Connection {
        self.store().connection()
    }

    fn apply(&mut self, page: Page, late: bool) {
        self.store().begin().unwrap();
        self.write(page, late);
        self.store().commit().unwrap();
    }

    fn write(&mut self, page: Page, late: bool) {
        let origin = Origin { source: "test", dates: Dates::Server, look_back: true };
        let judged = self.judge.judge(page, origin, START.plus(5 * DAY), &mut self.scratch);
        for (seen, step) in judged.steps {
            let mut unit = self.store().unit(self.source);
            (unit.seen, unit.matched, unit.late) = (seen, seen, late);
            match step {
                Step::Post(post) => unit.save_post(&post).unwrap(),
                Step::Passed(id) => unit.pass_over(id.network.as_str(), &id.native_id).unwrap(),
                Step::Gone(deletion) => unit.remove(&deletion).unwrap(),
                other => panic!("{other:?}"),
            }
        }
    }

    fn happen(&mut self, what: &Happens) {
        let network = |place: usize| NetworkName::known(NETWORKS[place]);
        let gone =
            |network, gone| Page { deletions: vec![Deletion { network, gone, at: None }], ..Page::default() };
        match *what {
            Happens::Post { id, network: place, text, author, hour, late } => {
                let mut post = Post::new(network(place), format!("p{id}"));
                TEXTS[text].clone_into(&mut post.text);
                post.published = Some(START.plus(hour * HOUR + i64::from(id) * 60_000));
                post.author = Some(Author { native_id: format!("a{author}"), ..Author::default() });
                self.apply(Page { posts: vec![post], ..Page::default() }, late);
            }
            Happens::Deleted { id, network: place } => {
                self.apply(gone(network(place), Gone::Post(format!("p{id}"))), false);
            }
            Happens::AccountGone { author, network: place } => {
                self.apply(gone(network(place), Gone::Account(format!("a{author}"))), false);
            }
            Happens::Labelled { place, relevant } => {
                let mentions = list::mention_list(self.connection(), &Filter::default()).unwrap();
                if let Some(mention) = mentions.get(place) {
                    self.store().begin().unwrap();
                    self.store().label(mention, relevant, Asked::Given, START.plus(6 * DAY)).unwrap();
                    self.store().commit().unwrap();
                }
            }
            Happens::Rematched { back } => {
                let brands = if back { brands() } else { changed() };
                self.judge = Judge::new(&brands).unwrap();
                let ids: Vec<_> = brands.iter().map(|brand| brand.id.clone()).collect();
                let stored = stored_posts(self.connection(), 0, 1_000).unwrap();
                self.store().begin().unwrap();
                for post in stored {
                    let judged =
                        self.judge.again(post.post.clone(), &post.source, post.counted, &mut self.scratch);
                    let mut unit = self.store().unit(self.source);
                    (unit.seen, unit.matched) = (START.plus(6 * DAY), START.plus(6 * DAY));
                    unit.rematch(&post, &judged, &ids).unwrap();
                }
                self.store().commit().unwrap();
            }
            Happens::Expired { network: place } => {
                let now = START.plus(7 * DAY);
                self.store().begin().unwrap();
                self.store().expire(NETWORKS[place], now, now).unwrap();
                self.store().commit().unwrap();
            }
            Happens::GivenUp { text } => {
                let mut post = Post::new(network(0), "never");
                TEXTS[text].clone_into(&mut post.text);
                self.store().begin().unwrap();
                self.write(Page { posts: vec![post], ..Page::default() }, false);
                self.store().roll_back();
            }
        }
    }

    /// The sums kept, by names.
    fn sums(&self) -> Vec<String> {
        const SUMS: &str = "SELECT hour || ' ' || brand.name || ' ' || network.name || ' ' || language.name || ' ' || sentiment
                || ' ' || mentions
            FROM rollup_hour JOIN word AS brand ON brand.id = brand JOIN word AS network ON network.id = network
                JOIN word AS language ON language.id = language ORDER BY 1";
        let mut statement = self.connection().prepare(SUMS).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Holds every figure that is read from sums against the rows.
    #[track_caller]
    fn agree(&self, window: Window) {
        let connection = self.connection();
        let (_, differences) = rollup::compare(connection, 10).unwrap();
        assert_eq!(differences, []);
        let brands = brands();
        let mut rows = connection
            .prepare("SELECT mention.brand, mention.counted, post.network, COALESCE(NULLIF(COALESCE(post.language, post.lang), ''), 'unknown')
                FROM clear_mention AS mention JOIN post ON post.id = mention.post")
            .unwrap();
        let all: Vec<Row> = rows
            .query_map([], |row| Ok((row.get(0)?, Time(row.get(1)?), row.get(2)?, row.get(3)?)))
            .unwrap()
            .map(Result::unwrap)
            .filter(|(_, counted, ..)| window.holds(*counted))
            .collect();
        let of = |brand: &Brand| all.iter().filter(|row| *row.0 == *brand.id.0).count() as u64;
        let expected: Vec<u64> = brands.iter().map(of).collect();
        assert_eq!(figures::mentions_of(connection, window, &brands).unwrap(), expected);
        let by = |name: &dyn Fn(&Row) -> String| {
            let mut sums: BTreeMap<String, u64> = BTreeMap::new();
            all.iter().for_each(|row| *sums.entry(name(row)).or_default() += 1);
            sums
        };
        let slices = |slices: Vec<figures::Slice>| -> BTreeMap<String, u64> {
            slices.into_iter().map(|slice| (slice.name, slice.mentions)).collect()
        };
        assert_eq!(
            slices(figures::by_network(connection, window, &brands).unwrap()),
            by(&|row| row.2.clone())
        );
        assert_eq!(
            slices(figures::by_language(connection, window, &brands).unwrap()),
            by(&|row| row.3.clone())
        );
        let hours: BTreeMap<String, u64> = figures::by_hour(connection, window, &brands)
            .unwrap()
            .into_iter()
            .map(|(hour, mentions)| (hour.to_string(), mentions))
            .collect();
        assert_eq!(hours, by(&|row| row.1.hour().to_string()));
        let days = figures::by_day(connection, window, &brands).unwrap();
        let ends = days.iter().skip(1).map(|next| next.from).chain([window.to]);
        for (day, end) in days.iter().zip(ends) {
            let inside = |at: Time| at >= day.from && at < end;
            assert_eq!(day.mentions, all.iter().filter(|row| inside(row.1)).count() as u64);
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.store = None;
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn sums_are_what_the_rows_give(
        all in prop::collection::vec(happens(), 1..60),
        from in 0..60_i64, long in 1..60_i64, minutes in prop_oneof![Just(0), 0..60_i64], ends in prop_oneof![Just(0), 0..60_i64],
        days in any::<bool>(),
    ) {
        let mut kept = Kept::new();
        for what in &all {
            kept.happen(what);
        }
        let unit = if days { DAY } else { HOUR };
        let from = START.plus(from * HOUR / unit * unit + minutes * 60_000);
        let to = from.plus(long * HOUR / unit * unit + HOUR * 24 - minutes * 60_000 + ends * 60_000);
        kept.agree(Window { from, to });
    }

    #[test]
    fn what_is_deleted_was_never_counted(
        stay in prop::collection::vec((0..TEXTS.len(), 0..72_i64), 0..12),
        go in prop::collection::vec((0..TEXTS.len(), 0..72_i64), 0..12),
    ) {
        let post = |(place, (text, hour)): (usize, &(usize, i64))| Happens::Post {
            id: u8::try_from(place).unwrap(), network: 0, text: *text, author: 0, hour: *hour, late: false,
        };
        let (mut one, mut other) = (Kept::new(), Kept::new());
        for place in 0..stay.len().max(go.len()) {
            if let Some(gone) = go.get(place) {
                one.happen(&post((place + 100, gone)));
            }
            if let Some(stays) = stay.get(place) {
                one.happen(&post((place, stays)));
                other.happen(&post((place, stays)));
            }
        }
        for place in 0..go.len() {
            one.happen(&Happens::Deleted { id: u8::try_from(place + 100).unwrap(), network: 0 });
        }
        prop_assert_eq!(one.sums(), other.sums());
        one.agree(Window { from: START, to: START.plus(4 * DAY) });
    }
}

#[test]
fn figures_are_checked_and_mended() {
    let home = Home::shipped("figures");
    let ran = |args: &[&str]| home.run(&[args, &["--data", "vigie-data"]].concat());
    assert_eq!(ran(&["replay", "examples/capture.jsonl"]).0, 0);
    let (code, said, _) = ran(&["check", "--figures"]);
    assert!(code == 0 && said.contains("counted again, the sums kept are the same"), "{said}");
    let before = ran(&["snapshot"]).1;
    home.database()
        .execute_batch(
            "UPDATE rollup_hour SET mentions = mentions + 2 WHERE (hour, brand, network, language, sentiment) IN
                (SELECT hour, brand, network, language, sentiment FROM rollup_hour ORDER BY hour, brand LIMIT 1)",
        )
        .unwrap();
    home.database()
        .execute("DELETE FROM rollup_day WHERE day = (SELECT max(day) FROM rollup_day)", [])
        .unwrap();
    let (code, said, _) = ran(&["check", "--figures"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("hour  ") && said.contains("day   ") && said.contains("--mend"), "{said}");
    let (code, json, _) = ran(&["check", "--figures", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &told["ok"]), (1, &serde_json::Value::Bool(false)));
    let first = &told["differences"][0];
    assert_eq!(first["kept"].as_i64().unwrap(), first["counted"].as_i64().unwrap() + 2, "{first}");
    assert_eq!(ran(&["check", "--figures", "--mend"]).0, 0);
    assert_eq!(ran(&["check", "--figures"]).0, 0);
    assert_eq!(ran(&["snapshot"]).1, before);
}

#[test]
fn a_store_of_before_is_counted_once() {
    let home = Home::shipped("rolled-up");
    let ran = |args: &[&str]| home.run(&[args, &["--data", "vigie-data"]].concat());
    assert_eq!(ran(&["replay", "examples/capture.jsonl"]).0, 0);
    let (listed, rolled) = (ran(&["mentions", "--json", "--limit", "0"]).1, ran(&["snapshot"]).1);
    assert!(listed.lines().count() > 300);
    home.database()
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             CREATE TABLE before AS SELECT * FROM mention;
             DROP VIEW counted_hour; DROP VIEW clear_mention; DROP VIEW mention; DROP TABLE kept_mention;
             CREATE TABLE full (id INTEGER PRIMARY KEY, network TEXT NOT NULL, native_id TEXT NOT NULL,
                source INTEGER NOT NULL REFERENCES source (id), author INTEGER REFERENCES author (id), kind TEXT NOT NULL, lang TEXT,
                title TEXT, text TEXT NOT NULL, summary TEXT, permalink TEXT, published INTEGER, edited INTEGER, seen INTEGER NOT NULL,
                counted INTEGER NOT NULL, reactions INTEGER NOT NULL DEFAULT 0, words BLOB NOT NULL, more TEXT, reread INTEGER,
                local_id TEXT, language TEXT, sentiment TEXT, story INTEGER, UNIQUE (network, native_id)) STRICT;
             INSERT INTO full SELECT id, network, native_id, source, author, kind, lang, title, text, summary, permalink, published,
                edited, seen, counted, reactions, words, more, reread, local_id, language, sentiment, story FROM post;
             DROP TABLE post; ALTER TABLE full RENAME TO post;
             CREATE INDEX post_author ON post (author); CREATE INDEX post_story ON post (story) WHERE story IS NOT NULL;
             CREATE INDEX post_local_id ON post (network, local_id) WHERE local_id IS NOT NULL;
             CREATE TABLE mention (id INTEGER PRIMARY KEY, post INTEGER NOT NULL REFERENCES post (id) ON DELETE CASCADE,
                brand TEXT NOT NULL, version TEXT NOT NULL, tags TEXT NOT NULL, matched INTEGER NOT NULL, counted INTEGER NOT NULL,
                relevance INTEGER NOT NULL DEFAULT 1000, rule TEXT NOT NULL DEFAULT '', doubtful INTEGER NOT NULL DEFAULT 0,
                trace TEXT NOT NULL DEFAULT '', UNIQUE (post, brand)) STRICT;
             CREATE INDEX mention_window ON mention (counted, brand);
             CREATE INDEX mention_doubtful ON mention (brand, counted) WHERE doubtful = 1;
             CREATE VIEW clear_mention AS
                SELECT id, post, brand, version, tags, matched, counted, relevance, rule, doubtful FROM mention WHERE doubtful = 0;
             INSERT INTO mention (id, post, brand, version, tags, matched, counted, relevance, rule, doubtful, trace)
                SELECT id, post, brand, version, tags, matched, counted, relevance, rule, doubtful, trace FROM before;
             DROP TABLE before; UPDATE post SET sentiment = CASE sentiment WHEN '-' THEN 'negative' WHEN '=' THEN 'neutral'
                WHEN '+' THEN 'positive' END;
             DROP TABLE word; DROP TABLE rollup_hour; DROP TABLE rollup_day; DROP TABLE notice_matter; DROP TABLE own_answer;
             CREATE INDEX post_reread ON post (network, reread);
             CREATE INDEX alert_open ON alert (rule) WHERE window IS NULL; PRAGMA user_version = 12",
        )
        .unwrap();
    let (code, said, errors) = ran(&["check", "--figures"]);
    assert!(code == 0 && said.contains("the sums kept are the same"), "{said}{errors}");
    assert!(home.number("SELECT sum(mentions) FROM rollup_hour") > 300);
    assert_eq!(ran(&["mentions", "--json", "--limit", "0"]).1, listed);
    assert_eq!(ran(&["snapshot"]).1, rolled);
}
