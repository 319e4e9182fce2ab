//! Reviews of the App Store: both forms of the feed, its moods, and a walk over pages and countries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Missed, Network, Page, ReadError, Request, spec};
use vigie::post::Kind;
use vigie::time::Time;

const HOUR: i64 = 3_600_000;
/// 20 October 2026.
const NOW: Time = Time(1_792_500_000_000);
const REVIEWS: &str = include_str!("../fixtures/appstore/reviews.json");
const XML: &str = include_str!("../fixtures/appstore/reviews.xml");
const NO_ENTRY: &str = include_str!("../fixtures/appstore/no_entry.json");

fn build(section: &str) -> Box<dyn Network> {
    (spec("appstore").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn answer(url: &str, status: u16, body: &str) -> Answer {
    Answer { request: Request::get(url), status, body: body.into(), seen: NOW, ..Answer::default() }
}

fn read(body: &str) -> Result<Page, ReadError> {
    build("").read(&answer("", 200, body), None)
}

fn fetched(network: &dyn Network, cursor: Option<&Cursor>) -> Request {
    match network.ask(cursor, NOW) {
        Ask::Fetch(request) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_feed_is_read_in_both_forms() {
    insta::assert_json_snapshot!(read(REVIEWS).unwrap());
    let xml = read(XML).unwrap();
    assert_eq!(xml.posts[0], read(REVIEWS).unwrap().posts[0]);
    assert_eq!((xml.posts.len(), xml.posts[1].rating, xml.posts[1].kind), (2, Some(5), Kind::Review));
    assert_eq!(xml.posts[1].published, Time::parse("2026-10-01T17:00:00Z"));
    assert_eq!(xml.posts[1].author.as_ref().unwrap().native_id, "78");
}

#[test]
fn a_lone_entry_is_an_object() {
    let page = read(include_str!("../fixtures/appstore/single.json")).unwrap();
    assert_eq!((page.posts.len(), page.posts[0].rating), (1, Some(4)));
    assert_eq!(page.posts[0].native_id, "12000000001");
}

#[test]
fn the_name_of_the_app_stands_beside_its_reviews() {
    let network = build("apps = ['1001002003 Molivelle Café']");
    let page = network.read(&answer(&fetched(network.as_ref(), None).url, 200, REVIEWS), None).unwrap();
    assert_eq!(page.posts[0].summary.as_deref(), Some("Molivelle Café"));
    assert_eq!(page.posts[1].named_accounts, ["1001002003"]);
}

#[test]
fn apps_are_looked_up_and_searched_for() {
    let network = build("apps = ['1001002003']\ncountries = ['us', 'fr']");
    assert_eq!(
        network.account("id1001002003").unwrap().url,
        "https://itunes.apple.com/lookup?id=1001002003&country=us"
    );
    assert_eq!(network.account("molivelle"), None);
    let found = network.find_accounts("Molivelle Café").unwrap();
    assert_eq!(
        found.url,
        "https://itunes.apple.com/search?term=Molivelle+Caf%C3%A9&entity=software&country=us&limit=50"
    );
    let page = network
        .read(&answer(&found.url, 200, include_str!("../fixtures/appstore/lookup.json")), None)
        .unwrap();
    insta::assert_json_snapshot!(page.accounts);
    assert_eq!(read(include_str!("../fixtures/appstore/connect.json")).unwrap().posts[0].rating, Some(1));
}

#[test]
fn refusals_say_what_to_do() {
    let network = build("apps = ['1']");
    let said = |status: u16, body: &str| {
        let answer = answer(&fetched(network.as_ref(), None).url, status, body);
        let error = network.read(&answer, None).unwrap_err();
        assert!(status < 400 || network.refused(&answer, None).as_ref() == Some(&error));
        format!("{:?}: {error}", error.trouble)
    };
    insta::assert_snapshot!(
        [
            said(502, "<html>Bad Gateway</html>"),
            said(404, ""),
            said(403, "Forbidden"),
            said(410, ""),
            said(200, "<!DOCTYPE html><html>Connecting to the iTunes Store.</html>"),
            said(200, include_str!("../fixtures/appstore/refusal.json")),
            said(200, "{}"),
            said(200, ""),
            said(200, r#"{"feed":{"entry":["#),
            read(NO_ENTRY).unwrap_err().to_string(),
        ]
        .join("\n")
    );
    let late = "https://itunes.apple.com/fr/rss/customerreviews/id=1/sortBy=mostRecent/page=2/json";
    assert_eq!(build("").read(&answer(late, 200, NO_ENTRY), None).unwrap(), Page::default());
}

#[test]
fn sections_are_checked() {
    let key = |section: &str| (spec("appstore").unwrap().build)(&section.parse().unwrap()).unwrap_err().key;
    assert_eq!(build("").ask(None, NOW), Ask::Done);
    assert!(build("").idle().unwrap().contains("`apps`"));
    for (section, faulty) in [
        ("base_url = 'apple'", "base_url"),
        ("apps = ['Molivelle']", "apps"),
        ("apps = ['1']\ncountries = ['france']", "countries"),
        ("every = 'often'", "every"),
        ("look_back = '0'", "look_back"),
    ] {
        assert_eq!(key(section), faulty, "{section}");
    }
    assert_eq!(
        fetched(build("apps = ['id77']").as_ref(), None).url,
        "https://itunes.apple.com/fr/rss/customerreviews/id=77/sortBy=mostRecent/page=1/json"
    );
}

/// The store: reviews by country, newest first, each with its moment.
struct Store {
    reviews: BTreeMap<&'static str, Vec<(u32, Time)>>,
    dated: bool,
    /// The only form of address that brings reviews.
    form: &'static str,
    now: Time,
    asked: Vec<String>,
}

impl Store {
    fn with(country: &'static str, reviews: impl Iterator<Item = (u32, Time)>) -> Store {
        Store {
            reviews: BTreeMap::from([(country, reviews.collect())]),
            dated: true,
            form: "",
            now: NOW,
            asked: Vec::new(),
        }
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.asked.push(request.url.clone());
        let url = Url::parse(&request.url).unwrap();
        let parts: Vec<&str> = url.path_segments().unwrap().collect();
        let page: usize = parts.iter().find_map(|part| part.strip_prefix("page=")).unwrap().parse().unwrap();
        let all = self.reviews.get(parts[0]).cloned().unwrap_or_default();
        let usable = request.url.contains(self.form) && page <= 10;
        let shown = all.iter().skip((page - 1) * 50).take(if usable { 50 } else { 0 });
        let body = if url.path().ends_with("xml") {
            let entries = shown.map(|(id, at)| {
                format!("<entry><id>{id}</id><updated>{at}</updated><title>t</title><im:rating>3</im:rating></entry>")
            });
            format!("<feed xmlns:im='i'><updated>{NOW}</updated>{}</feed>", entries.collect::<String>())
        } else {
            let entries: Vec<Value> = shown
                .map(|(id, at)| {
                    let mut entry = json!({"id": {"label": id.to_string()}, "im:rating": {"label": "3"},
                        "title": {"label": "t"}, "content": {"label": "c"}});
                    if self.dated {
                        entry["updated"] = json!({"label": at.to_string()});
                    }
                    entry
                })
                .collect();
            match entries.len() {
                0 => json!({"feed": {"title": {"label": "Reviews"}}}),
                1 => json!({"feed": {"entry": entries[0]}}),
                _ => json!({"feed": {"entry": entries}}),
            }
            .to_string()
        };
        Answer { seen: self.now, ..answer(&request.url, 200, &body) }
    }
}

#[derive(Default)]
struct Stored {
    cursor: Option<Cursor>,
    ids: BTreeSet<u32>,
    missed: Vec<Missed>,
}

impl Stored {
    fn round(&mut self, section: &str, store: &mut Store) -> usize {
        for asked in 1..200 {
            let network = build(section);
            let request = fetched(network.as_ref(), self.cursor.as_ref());
            let page = network.read(&store.answer(&request), self.cursor.as_ref()).unwrap();
            let moved = page.cursor.is_some() && page.cursor != self.cursor;
            self.ids.extend(page.posts.iter().map(|post| post.native_id.parse::<u32>().unwrap()));
            self.missed.extend(page.missed);
            self.cursor = page.cursor.or(self.cursor.take());
            if !page.more || !moved {
                return asked;
            }
        }
        panic!("the round does not end");
    }
}

/// Reviews from `newest` down, one an hour.
fn hourly(newest: u32, many: u32) -> impl Iterator<Item = (u32, Time)> {
    (newest - many + 1..=newest).rev().map(move |id| (id, NOW.plus(-HOUR * i64::from(1_000 - id))))
}

const APP: &str = "apps = ['77']";

#[test]
fn new_reviews_are_walked_back_to_the_last_known_one() {
    for dated in [true, false] {
        let mut store = Store::with("fr", hourly(700, 120));
        store.dated = dated;
        let mut stored = Stored::default();
        stored.round(APP, &mut store);
        let first: BTreeSet<u32> = stored.ids.clone();
        store.reviews.insert("fr", hourly(840, 260).collect());
        stored.round(APP, &mut store);
        assert!((701..=840).all(|id| stored.ids.contains(&id)), "dated: {dated}");
        assert!(stored.ids.difference(&first).count() <= 140 + 50, "dated: {dated}");
        assert!(stored.missed.is_empty());
        assert_eq!(stored.round(APP, &mut store), 1, "nothing new is one request");
    }
}

#[test]
fn more_than_the_feed_holds_is_told() {
    let mut store = Store::with("fr", hourly(200, 100));
    let mut stored = Stored::default();
    stored.round("apps = ['77']\nlook_back = '900d'", &mut store);
    assert_eq!(stored.ids.len(), 100);
    store.reviews.insert("fr", hourly(990, 890).collect());
    assert_eq!(stored.round(APP, &mut store), 10);
    let [missed] = stored.missed.as_slice() else { panic!("{:?}", stored.missed) };
    assert_eq!(missed.from, NOW.plus(-HOUR * 800));
    assert_eq!(missed.to, NOW.plus(-HOUR * 509));
    assert_eq!(stored.ids.len(), 100 + 500);
}

#[test]
fn an_edited_review_at_the_top_does_not_hide_new_ones() {
    let mut store = Store::with("fr", hourly(700, 100));
    let mut stored = Stored::default();
    stored.round(APP, &mut store);
    let mut reviews: Vec<(u32, Time)> = hourly(780, 180).collect();
    reviews.retain(|(id, _)| *id != 650);
    reviews.insert(0, (650, NOW)); // known, and written again just now
    store.reviews.insert("fr", reviews);
    stored.round(APP, &mut store);
    assert!((701..=780).all(|id| stored.ids.contains(&id)));
}

#[test]
fn a_form_that_is_empty_gives_way_to_the_others() {
    for form in ["/page=1/id=", "/xml"] {
        let mut store = Store::with("fr", hourly(700, 30));
        store.form = form;
        let mut stored = Stored::default();
        stored.round(APP, &mut store);
        assert_eq!(stored.ids.len(), 30, "{form}");
        assert!(stored.missed.is_empty());
        let asked = store.asked.len();
        stored.round(APP, &mut store);
        assert_eq!(store.asked.len(), asked + 1, "the form that works is asked first");
        // and when that one fails, the first form is tried again
        store.form = "/page=1/json";
        store.reviews.insert("fr", hourly(705, 35).collect());
        stored.round(APP, &mut store);
        assert_eq!(stored.ids.len(), 35, "{form}");
    }
}

#[test]
fn no_entry_anywhere_is_a_suspected_fault_and_told_once_a_day() {
    let countries = "apps = ['77']\ncountries = ['fr', 'us', 'de']";
    let mut store = Store::with("us", hourly(700, 10));
    let mut stored = Stored::default();
    assert_eq!(stored.round(countries, &mut store), 3 + 1 + 3);
    assert_eq!(stored.ids.len(), 10);
    let reasons: Vec<&str> = stored.missed.iter().map(|missed| missed.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "the feed of app 77 in fr has no reviews under any address: a wrong app or country, or the feed is out of order",
            "the feed of app 77 in de has no reviews under any address: a wrong app or country, or the feed is out of order",
        ]
    );
    stored.round(countries, &mut store);
    assert_eq!(stored.missed.len(), 2, "not told again every hour");
    store.now = NOW.plus(25 * HOUR);
    stored.round(countries, &mut store);
    let again: Vec<(Time, Time)> = stored.missed[2..].iter().map(|missed| (missed.from, missed.to)).collect();
    assert_eq!(again, [(NOW, store.now), (NOW, store.now)]);
    // reviews come after all
    store.reviews.insert("fr", hourly(720, 10).collect());
    stored.round(countries, &mut store);
    assert_eq!((stored.ids.len(), stored.missed.len()), (20, 4));
}
