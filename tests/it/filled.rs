//! A store as the daemon writes it, filled with two weeks of talk about invented brands.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside test functions, where clippy does not allow them by itself"
)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use vigie::intake::{Judge, Origin, Step};
use vigie::keyword::Brand;
use vigie::matcher::Scratch;
use vigie::network::{Dates, Missed, Page};
use vigie::post::{Author, Deletion, Gone, NetworkName, Post};
use vigie::store::posts::Tally;
use vigie::store::sources::Attempt;
use vigie::store::{Durability, Store};
use vigie::time::{HOUR, Time};

/// The moment the filled store ends at: Tuesday 20 October 2026, 17:30 in Paris.
pub(super) fn now() -> Time {
    Time::parse("2026-10-20T15:30:00Z").unwrap()
}

/// Our invented brand and its invented competitors.
pub(super) fn brands() -> Vec<Brand> {
    let brand = |name: &str, ours: bool| Brand::named(name, ours);
    vec![
        brand("Molivelle", true),
        brand("Érivolle", false),
        brand("Ostrel-Vane", false),
        brand("Galvorine", false),
    ]
}

/// A store in a folder of its own, which goes with it.
pub(super) struct Filled {
    pub(super) store: Option<Store>,
    pub(super) folder: PathBuf,
    pub(super) source: i64,
    judge: Judge,
}

impl Filled {
    pub(super) fn new() -> Filled {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("share-{}-{number}", std::process::id()));
        let store = Store::open(&folder, Durability::Again).unwrap();
        let source = store.source("example", "capture", true).unwrap();
        Filled { store: Some(store), folder, source, judge: Judge::new(&brands()).unwrap() }
    }

    pub(super) fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub(super) fn connection(&self) -> &rusqlite::Connection {
        self.store().connection()
    }

    /// Where it is kept.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stores a post as the daemon does.
    pub(super) fn hear(&self, post: Post, seen: Time) {
        self.store().begin().unwrap();
        let tally = self.save(post, seen);
        self.store().commit().unwrap();
        self.store().heard(self.source, seen, tally, None).unwrap();
        self.store().attempted(self.source, seen, &Attempt::Done).unwrap();
    }

    /// Takes a post out as the daemon does when its network says that it is gone.
    pub(super) fn withdraw(&self, network: &'static str, id: &str) {
        self.store().begin().unwrap();
        let mut unit = self.store().unit(self.source);
        let gone = Gone::Post(id.to_owned());
        unit.remove(&Deletion { network: NetworkName::known(network), gone, at: None }).unwrap();
        self.store().commit().unwrap();
    }

    /// Stores a post in the transaction that is open.
    pub(super) fn save(&self, post: Post, seen: Time) -> Tally {
        let page = Page { posts: vec![post], ..Page::default() };
        let judged = self.judge.judge(
            page,
            Origin { source: "", dates: Dates::Server, look_back: false },
            seen,
            &mut Scratch::default(),
        );
        let mut tally = Tally::default();
        for (seen, step) in judged.steps {
            if let Step::Post(post) = step {
                let mut unit = self.store().unit(self.source);
                (unit.seen, unit.matched) = (seen, seen);
                unit.save_post(&post).unwrap();
                tally.add(unit.tally);
            }
        }
        tally
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        self.store = None;
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

/// A post `back` hours before the end.
pub(super) fn post(network: &'static str, id: &str, who: &str, text: &str, back: i64) -> Post {
    let mut post = Post::new(NetworkName::known(network), id);
    text.clone_into(&mut post.text);
    post.published = Some(now().plus(-back * HOUR));
    post.permalink = Some(format!("https://{network}.example/{id}"));
    post.author =
        Some(Author { native_id: who.to_owned(), handle: Some(who.to_owned()), ..Author::default() });
    post
}

/// Words that make texts differ.
pub(super) const THINGS: [&str; 12] = [
    "selle",
    "roue",
    "sonnette",
    "lumière",
    "pédale",
    "chaîne",
    "fourche",
    "poignée",
    "béquille",
    "sacoche",
    "couronne",
    "jante",
];
pub(super) const DEEDS: [&str; 12] = [
    "grince", "brille", "tremble", "chauffe", "siffle", "rouille", "glisse", "claque", "plie", "tourne",
    "saute", "fume",
];
const PARTS: [&str; 12] =
    ["saddle", "wheel", "bell", "light", "pedal", "chain", "fork", "grip", "stand", "bag", "cassette", "rim"];
const DOES: [&str; 12] = [
    "creaks", "shines", "shakes", "heats", "whistles", "rusts", "slips", "rattles", "bends", "turns",
    "skips", "smokes",
];

const TALK: &[(&str, &str)] = &[
    ("fr", "Le porte-bagages de la {} tient bien avec deux enfants derrière, testé toute la semaine"),
    ("en", "Took the {} up the hill again this morning and the motor never complained"),
    ("fr", "Quelqu’un sait régler les freins d’une {} soi-même ? L’atelier demande dix jours"),
    ("en", "Rode past three of the new {} today, they really do look quiet and quick"),
    ("fr", "Ma {} a perdu un tiers d’autonomie par ce froid, c’est normal à ce point ?"),
];

/// Two weeks of talk about four brands on four networks, with copies, a gap and a source that fails.
pub(super) fn filled() -> Filled {
    let filled = Filled::new();
    let networks = ["mastodon", "bluesky", "reddit", "feed"];
    let talk = |brand: &str, count: usize, from: i64, to: i64, step: usize| {
        for place in 0..count {
            let (lang, text) = TALK[(place * step) % TALK.len()];
            let hours = i64::try_from(place).unwrap() * (to - from) / i64::try_from(count).unwrap();
            let id = format!("{brand}-{from}-{place}");
            let turn = |of: [&'static str; 12], by: usize| of[(place / by + step * 5) % 12];
            let tail = match lang {
                "en" => format!("and the {} {}", turn(PARTS, 1), turn(DOES, 12)),
                _ => format!("et la {} {}", turn(THINGS, 1), turn(DEEDS, 12)),
            };
            let text = format!("{}, {tail}", text.replace("{}", brand));
            let who = format!("author{}", (place * 7 + step) % 61);
            let mut post = post(networks[(place * step + place / 3) % 4], &id, &who, &text, from + hours);
            post.lang = Some(lang.to_owned());
            post.counts.likes = i64::try_from((place * 13 * step) % 23).ok();
            filled.hear(post, now().plus(-(from + hours) * HOUR + 90_000));
        }
    };
    talk("Molivelle", 74, 1, 160, 3);
    talk("Érivolle", 61, 2, 165, 2);
    talk("Ostrel-Vane", 29, 5, 150, 1);
    talk("Molivelle", 31, 170, 336, 2);
    talk("Érivolle", 58, 170, 336, 3);
    talk("Ostrel-Vane", 25, 170, 333, 2);
    // One dispatch on six sites.
    for place in 0..6 {
        let mut copy = post(
            "feed",
            &format!("dispatch-{place}"),
            &format!("site{place}.example"),
            "Érivolle rappelle huit cents vélos Œillet pour un défaut de potence ; les clients sont prévenus par courrier et la réparation est gratuite.",
            30 + place,
        );
        copy.title = Some("Rappel de vélos chez Érivolle".to_owned());
        copy.lang = Some("fr".to_owned());
        copy.counts.likes = Some(40);
        filled.hear(copy, now().plus(-(30 + place) * HOUR + 60_000));
    }
    let mut loud = post(
        "mastodon",
        "loud",
        "lucie@social.example",
        "Ma Molivelle a fêté ses dix mille kilomètres ce matin sous la pluie, chaîne d’origine et sourire intact 🚲",
        8,
    );
    loud.counts.likes = Some(412);
    loud.counts.reposts = Some(96);
    filled.hear(loud, now().plus(-8 * HOUR + 60_000));
    let store = filled.store();
    let stream = store.source("bluesky", "bluesky", false).unwrap();
    store
        .missed(
            stream,
            &Missed {
                from: now().plus(-26 * HOUR),
                to: now().plus(-24 * HOUR + 20 * 60_000),
                reason: "the stream jumped over it: the server holds no events of that time".to_owned(),
            },
        )
        .unwrap();
    for hour in 0..12 {
        let attempt =
            if hour < 9 { Attempt::Failed("no answer within 25 s".to_owned()) } else { Attempt::Done };
        store.attempted(stream, now().plus((hour - 12) * HOUR), &attempt).unwrap();
    }
    store.attempted(stream, now(), &Attempt::Failed("no answer within 25 s".to_owned())).unwrap();
    store.set_meta("replayed", "1").unwrap();
    filled
}
