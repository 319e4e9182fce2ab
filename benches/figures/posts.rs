//! The posts: made from a seed, judged, and written as the store writes them.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, params};
use vigie::intake::{Judge, JudgedPost, Origin, Step};
use vigie::keyword::Brand;
use vigie::matcher::Scratch;
use vigie::network::{Dates, Page};
use vigie::post::{Author, NetworkName, Post};
use vigie::store::{Durability, FILE, Store};
use vigie::time::{DAY, Time};

pub(crate) const BRANDS: usize = 300;
pub(crate) const DAYS: i64 = 90;
pub(crate) const NETWORKS: [&str; 7] = ["bluesky", "hackernews", "lemmy", "mastodon", "nostr", "reddit", "x"];
/// Bytes of a text.
pub(crate) const TEXT: usize = 75;
/// The first moment: a midnight.
pub(crate) const START: i64 = 20_600 * DAY;
/// Mentions of one author.
pub(crate) const OF_AUTHOR: usize = 25;
/// Words of the ways to speak: after one that shows the mood, any of these.
pub(crate) const WAYS: [(&str, &str); 3] = [
    (
        "superbe",
        "ville maison route hiver matin soir semaine atelier magasin quartier voisin trajet pluie vitrine facture cadeau
        livraison jardin bureau chemin pendant toujours encore depuis demain devant souvent plusieurs chaque notre leur
        entre avec pour dans cette vers chez sous sans",
    ),
    (
        "great",
        "town house road winter morning evening week workshop store neighbour journey rain window bill present delivery
        garden office street during always again since tomorrow before often several every their between with from into
        this towards under about after while beside",
    ),
    (
        "paper",
        "station reports second opened page county council plans autumn figures quarter branch factory staff talks budget
        market harbour bridge railway notes twelve hundred thousand near along across where which those until around
        within through north south early later next",
    ),
];
/// One post in so many says the words of the one before it.
pub(crate) const COPIES: usize = 10;

pub(crate) fn brands() -> Vec<Brand> {
    let syllables = ["mo", "li", "ve", "ra", "ston", "gal", "bri", "tar", "quo", "nes"];
    let name = |number: usize| {
        let parts = [number % 10, number / 10 % 10, number / 100 + 3, (number * 7) % 10];
        let mut name: String = parts.map(|part| syllables[part]).concat();
        name[..1].make_ascii_uppercase();
        name
    };
    (0..BRANDS).map(|number| Brand::named(&name(number), number == 0)).collect()
}

/// Makes posts: the same number, the same post.
pub(crate) struct Posts {
    pub(crate) brands: Vec<Brand>,
    judge: Judge,
    /// A judged post a brand and way to speak, with what intake writes of its mention: tags, rule, trace.
    pub(crate) models: Vec<(JudgedPost, Written)>,
}

impl Posts {
    pub(crate) fn new(brands: &[Brand]) -> Posts {
        let judge = Judge::new(brands).unwrap();
        let mut posts = Posts { brands: brands.to_vec(), judge, models: Vec::new() };
        let kinds = (0..BRANDS).flat_map(|brand| (0..3).map(move |way| (brand, way)));
        let models: Vec<Post> = kinds.map(|(brand, way)| posts.post(brand, way, (0, 0, 0))).collect();
        let judged = posts.judged(models);
        posts.models = judged.into_iter().map(|model| (model, Written::default())).collect();
        posts
    }

    /// Notes what the store writes of the mentions of its models.
    pub(crate) fn write(&mut self, folder: &Path) {
        let place = folder.join("models");
        let store = Store::open(&place, Durability::Again).unwrap();
        let source = store.source("bench", "capture", false).unwrap();
        for (number, (model, written)) in self.models.iter_mut().enumerate() {
            model.post.native_id = number.to_string();
            store.begin().unwrap();
            store.unit(source).save_post(model).unwrap();
            store.commit().unwrap();
            let last =
                "SELECT tags, rule, trace, sentiment, brand FROM kept_mention JOIN post ON post.id = post
                ORDER BY kept_mention.id DESC LIMIT 1";
            *written = store.connection().query_row(last, [], |row| Ok(written_in(row)?.0)).unwrap();
        }
        drop(store);
        std::fs::remove_dir_all(place).unwrap();
    }

    /// What the store writes of such a post.
    pub(crate) fn written(&self, post: &JudgedPost) -> &Written {
        let brand = self.brands.iter().position(|brand| brand.id == post.verdicts[0].brand).unwrap();
        let way = WAYS.iter().position(|(mood, _)| post.post.text.contains(mood)).unwrap();
        &self.models[brand * 3 + way].1
    }

    pub(crate) fn judged(&self, posts: Vec<Post>) -> Vec<JudgedPost> {
        let origin = Origin { source: "", dates: Dates::Server, look_back: true };
        let page = Page { posts, ..Page::default() };
        let judged = self.judge.judge(page, origin, Time(START + DAYS * DAY), &mut Scratch::default());
        judged
            .steps
            .into_iter()
            .filter_map(|(_, step)| if let Step::Post(post) = step { Some(*post) } else { None })
            .collect()
    }

    /// One post in text about `brand`, in one of three ways to speak.
    pub(crate) fn post(
        &self,
        brand: usize,
        way: usize,
        (number, network, moment): (usize, usize, i64),
    ) -> Post {
        let network = NETWORKS[network];
        let mut post = Post::new(
            NetworkName::known(network),
            format!("{:019}", (moment - START) * 7_000 + number as i64 % 7_000),
        );
        let (mood, words) = WAYS[way];
        let words: Vec<&str> = words.split_whitespace().collect();
        let copied = if number % COPIES == 1 { number - 1 } else { number };
        let mut random = fastrand::Rng::with_seed(copied as u64);
        post.text = format!("{} {mood}", self.brands[brand].name);
        while post.text.len() < TEXT {
            post.text.push(' ');
            post.text += words[random.usize(..words.len())];
        }
        post.text.truncate(TEXT);
        post.permalink = Some(format!("https://{network}.example/{}", post.native_id));
        post.published = Some(Time(moment));
        let author = number / OF_AUTHOR;
        post.author = Some(Author {
            native_id: format!("{author:x}"),
            handle: Some(format!("user{author}")),
            ..Author::default()
        });
        post
    }

    /// The post of a number among `all`, with its brand and way to speak: moments rise, brands are skewed.
    pub(crate) fn numbered(
        &self,
        number: usize,
        all: usize,
        random: &mut fastrand::Rng,
    ) -> (usize, usize, usize, i64) {
        let brand = ((random.f64().powi(3)) * BRANDS as f64) as usize;
        let moment = START + (number as i64) * (DAYS * DAY) / (all as i64);
        (
            brand.min(BRANDS - 1),
            random.usize(..3),
            (number / OF_AUTHOR + random.usize(..2) * 3) % NETWORKS.len(),
            moment,
        )
    }

    pub(crate) fn made(
        &self,
        numbers: std::ops::Range<usize>,
        all: usize,
        random: &mut fastrand::Rng,
    ) -> Vec<Post> {
        numbers
            .map(|number| {
                let (brand, way, network, moment) = self.numbered(number, all, random);
                self.post(brand, way, (number, network, moment))
            })
            .collect()
    }
}

pub(crate) const AUTHOR: &str =
    "INSERT INTO author (network, native_id, handle, first_seen, refreshed) VALUES (?1, ?2, ?3, ?4, ?4)
    ON CONFLICT (network, native_id) DO UPDATE SET handle = excluded.handle RETURNING id";
pub(crate) const POST: &str = "INSERT INTO post (network, native_id, source, author, kind, text, permalink, counted, delay, reactions, words,
    language, sentiment) VALUES (?1, ?2, 1, ?3, '', ?4, ?5, ?6, 0, 0, ?7, ?8, ?9)";
pub(crate) const MENTION: &str =
    "INSERT INTO kept_mention (post, brand, version, tags, matched, counted, relevance, rule, doubtful, trace)
    VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6, ?7, 0, ?8)";

/// What of a post and its mention does not change with its moment, as the store writes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written {
    tags: String,
    rule: Option<String>,
    trace: Option<String>,
    sentiment: Option<String>,
}

/// The same in a row, and the number of its brand.
pub(crate) fn written_in(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Written, i64)> {
    let (tags, rule, trace) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok((Written { tags, rule, trace, sentiment: row.get(3)? }, row.get(4)?))
}

/// Numbers of the brands and of the versions of their queries in a store, which they are written to.
pub(crate) fn numbers(connection: &Connection, models: &[(JudgedPost, Written)]) -> HashMap<String, i64> {
    let verdicts = models.iter().flat_map(|(model, _)| &model.verdicts);
    for name in verdicts.flat_map(|verdict| [verdict.brand.to_string(), verdict.version.to_string()]) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO word (name) VALUES (?1)")
            .unwrap()
            .execute([name])
            .unwrap();
    }
    let mut statement = connection.prepare("SELECT name, id FROM word").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

/// The rows of a judged post, inserted and nothing else.
pub(crate) fn insert(
    connection: &Connection,
    judged: &JudgedPost,
    written: &Written,
    numbers: &HashMap<String, i64>,
) {
    let (post, verdict) = (&judged.post, &judged.verdicts[0]);
    let author = post.author.as_ref().unwrap();
    let at = judged.counted.0;
    let author: i64 = connection
        .prepare_cached(AUTHOR)
        .unwrap()
        .query_row(params![post.network.as_str(), author.native_id, author.handle, at], |row| row.get(0))
        .unwrap();
    let words = fastrand::Rng::with_seed(at as u64).u64(..).to_le_bytes();
    connection
        .prepare_cached(POST)
        .unwrap()
        .execute(params![
            post.network.as_str(),
            post.native_id,
            author,
            post.text,
            format!("\u{2}{}.example/\u{1}", post.network.as_str()),
            at,
            words,
            judged.lang.as_deref().unwrap_or_default(),
            written.sentiment
        ])
        .unwrap();
    let weighed = judged.weighed(&verdict.brand);
    connection
        .prepare_cached(MENTION)
        .unwrap()
        .execute(params![
            connection.last_insert_rowid(),
            numbers[&*verdict.brand.0],
            numbers[&*verdict.version],
            written.tags,
            at,
            weighed.relevance.permille,
            written.rule,
            written.trace
        ])
        .unwrap();
}

/// A connection to an empty store, as careful as the store's.
pub(crate) fn bare(folder: &Path) -> Connection {
    let store = Store::open(folder, Durability::Again).unwrap();
    store.source("bench", "capture", false).unwrap();
    drop(store);
    let connection = Connection::open(folder.join(FILE)).unwrap();
    connection
        .execute_batch(
            "PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -16384",
        )
        .unwrap();
    connection
}
