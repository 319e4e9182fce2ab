//! Podcast Index: signatures, what its answers mean, clocks that differ, and a walk over all new episodes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Missed, Network, Page, ReadError, Request, Trouble, spec};
use vigie::time::Time;

/// 20 October 2026.
const NOW: Time = Time(1_792_500_000_000);
const SECONDS: i64 = 1_792_500_000;
const KEYS: &str = "api_key = 'MOKAKEY2026'\napi_secret = 'gr4vel-and-s4nd|'";

fn build(section: &str) -> Box<dyn Network> {
    (spec("podcastindex").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn fetched(network: &dyn Network, cursor: Option<&Cursor>, now: Time) -> Request {
    match network.ask(cursor, now) {
        Ask::Fetch(request) => request,
        other => panic!("{other:?}"),
    }
}

fn answer(request: Request, status: u16, body: &str) -> Answer {
    Answer { request, status, body: body.into(), seen: NOW, ..Answer::default() }
}

fn read(body: &str) -> Result<Page, ReadError> {
    build("").read(&answer(Request::default(), 200, body), None)
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

#[test]
fn requests_are_signed_with_the_moment_of_asking() {
    let network = build(&format!("people = ['Ostrel Vane']\n{KEYS}"));
    let request = fetched(network.as_ref(), None, Time(1_613_713_388_123));
    assert_eq!(
        request.url,
        "https://api.podcastindex.org/api/1.0/search/byperson?q=Ostrel+Vane&max=1000&fulltext=true"
    );
    assert_eq!(header(&request, "x-auth-key"), "MOKAKEY2026");
    assert_eq!(header(&request, "x-auth-date"), "1613713388");
    // sha1 of key, secret and date
    assert_eq!(header(&request, "authorization"), "12b1c30643b23eca105ddbe80b14ea1564ab744b");
    assert!(!format!("{network:?}{}", request.url).contains("gr4vel"));
}

#[test]
fn episodes_and_podcasts_are_read() {
    insta::assert_json_snapshot!(read(include_str!("../fixtures/podcastindex/episodes.json")).unwrap());
    insta::assert_json_snapshot!(
        "podcasts",
        read(include_str!("../fixtures/podcastindex/podcasts.json")).unwrap().accounts
    );
    let one = read(include_str!("../fixtures/podcastindex/episode.json")).unwrap();
    assert_eq!((one.posts.len(), one.posts[0].text.as_str()), (1, "Le goût"));
    assert_eq!(read(include_str!("../fixtures/podcastindex/podcast.json")).unwrap().accounts.len(), 1);
    // what is not there comes as an empty list
    for nothing in [
        r#"{"status":"true","feed":[],"description":"No feeds match this id."}"#,
        r#"{"status":"true","episode":[],"description":"Episode not found."}"#,
        r#"{"status":"true","stats":{"feedCountTotal":4000000},"description":"ok"}"#,
    ] {
        assert_eq!(read(nothing).unwrap(), Page::default(), "{nothing}");
    }
}

#[test]
fn a_clock_that_differs_is_told_and_corrected() {
    let network = build(&format!("people = ['Ostrel Vane']\n{KEYS}"));
    let ours = NOW.plus(-600_000); // ten minutes behind
    let mut refused = answer(fetched(network.as_ref(), None, ours), 401, "Request timestamp is too old.");
    refused.seen = ours;
    let date = httpdate::fmt_http_date(
        std::time::UNIX_EPOCH + std::time::Duration::from_millis(u64::try_from(NOW.0).unwrap()),
    );
    refused.headers = vec![("date".to_owned(), date)];
    let error = network.refused(&refused, None).unwrap();
    assert_eq!(error.trouble, Trouble::Transient);
    assert!(error.to_string().contains("clock is 10 minutes behind"), "{error}");
    let cursor = error.instead.map(|cursor| *cursor);
    assert_eq!(header(&fetched(network.as_ref(), cursor.as_ref(), ours), "x-auth-date"), SECONDS.to_string());
    // refused with the right time as well: then it is the key
    let again = Answer { request: fetched(network.as_ref(), cursor.as_ref(), ours), ..refused };
    let error = network.refused(&again, cursor.as_ref()).unwrap();
    assert_eq!((error.trouble, error.instead), (Trouble::Auth, None));
}

#[test]
fn refusals_say_what_to_do() {
    let network = build("podcasts = [75075]");
    let said = |status: u16, headers: &[(&str, &str)], body: &str| {
        let mut answer = answer(fetched(network.as_ref(), None, NOW), status, body);
        answer.headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let error = network.read(&answer, None).unwrap_err();
        assert!(status < 400 || network.refused(&answer, None).as_ref() == Some(&error));
        (error.until.map(|until| until.since(NOW) / 1_000), format!("{:?}: {error}", error.trouble))
    };
    assert_eq!(said(429, &[("retry-after", "60")], "").0, Some(60));
    insta::assert_snapshot!(
        [
            said(401, &[], "The Authorization header is missing.").1,
            said(400, &[], include_str!("../fixtures/podcastindex/bad_request.json")).1,
            said(200, &[], include_str!("../fixtures/podcastindex/bad_request.json")).1,
            said(429, &[], "").1,
            said(503, &[], "<html></html>").1,
            said(404, &[], "").1,
            said(200, &[], "<html>Cloudflare</html>").1,
            said(200, &[], "{}").1,
            said(200, &[], "[]").1,
            said(200, &[], r#"{"status":"true","items":["#).1,
        ]
        .join("\n")
    );
}

#[test]
fn sections_are_checked() {
    let key =
        |section: &str| (spec("podcastindex").unwrap().build)(&section.parse().unwrap()).unwrap_err().key;
    assert_eq!(build("").ask(None, NOW), Ask::Done);
    assert!(build("").idle().unwrap().contains("`people`"));
    assert_eq!(key("people = ['']"), "people");
    assert_eq!(key("terms = [' ']"), "terms");
    assert_eq!(key("podcasts = ['a']"), "podcasts");
    assert_eq!(key("every = 'now'"), "every");
    assert_eq!(key("base_url = 'pod'"), "base_url");
}

/// All episodes, by number; each is found a minute after the one before.
struct Index {
    episodes: BTreeSet<i64>,
    most: usize,
    asked: Vec<String>,
}

impl Index {
    fn answer(&mut self, request: Request) -> Answer {
        self.asked.push(request.url.clone());
        let url = Url::parse(&request.url).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let number = |key: &str| query.get(key).map(|value| value.parse::<i64>().unwrap());
        let at = |id: i64| SECONDS + id * 60;
        let before = number("before").unwrap_or(i64::MAX);
        let since = number("since").unwrap_or(i64::MIN);
        let found = self.episodes.range(..before).rev().filter(|id| at(**id) > since).take(self.most);
        let items: Vec<Value> = found
            .map(|id| json!({"id": id, "title": "Galvorine", "datePublished": at(*id), "dateCrawled": at(*id), "feedId": 7}))
            .collect();
        answer(request, 200, &json!({"status": "true", "count": items.len(), "items": items}).to_string())
    }
}

#[derive(Default)]
struct Stored {
    cursor: Option<Cursor>,
    ids: BTreeSet<i64>,
    missed: Vec<Missed>,
}

impl Stored {
    fn step(&mut self, section: &str, index: &mut Index, now: Time) -> bool {
        let network = build(section);
        let mut answer = index.answer(fetched(network.as_ref(), self.cursor.as_ref(), now));
        answer.seen = now;
        let page = network.read(&answer, self.cursor.as_ref()).unwrap();
        let moved = page.cursor.is_some() && page.cursor != self.cursor;
        self.ids.extend(page.posts.iter().map(|post| post.native_id.parse::<i64>().unwrap()));
        self.missed.extend(page.missed);
        self.cursor = page.cursor.or(self.cursor.take());
        page.more && moved
    }

    fn round(&mut self, section: &str, index: &mut Index, now: Time) -> usize {
        for asked in 1..500 {
            if !self.step(section, index, now) {
                return asked;
            }
        }
        panic!("the round does not end");
    }
}

#[test]
fn all_new_episodes_are_walked_back_to_the_last_known_one() {
    let section = "recent = true\nlook_back = '2h'";
    let mut index = Index { episodes: (1..=600).collect(), most: 50, asked: Vec::new() };
    let mut stored = Stored::default();
    let now = NOW.plus(600 * 60_000);
    stored.round(section, &mut index, now);
    assert!(stored.ids.len() >= 120 && stored.ids.len() <= 200, "{}", stored.ids.len());
    let first = *stored.ids.iter().next().unwrap();
    for page in 0.. {
        index.episodes.extend(601 + page * 30..=1_000 + page * 30); // more come while pages are read
        if !stored.step(section, &mut index, now.plus(400 * 60_000)) {
            break;
        }
    }
    stored.round(section, &mut index, now.plus(401 * 60_000));
    assert_eq!(stored.ids, index.episodes.range(first..).copied().collect());
    assert!(stored.missed.is_empty());
    assert_eq!(stored.round(section, &mut index, now.plus(402 * 60_000)), 1);
    // longer away than a round walks back
    index.episodes.extend(5_000..=20_000);
    assert_eq!(stored.round(section, &mut index, NOW.plus(20_000 * 60_000)), 200);
    assert_eq!(stored.missed.len(), 1);
}

#[test]
fn episodes_of_known_podcasts_are_asked_with_an_overlap() {
    let section = "podcasts = [7]";
    let mut index = Index { episodes: (-100..=0).collect(), most: 1_000, asked: Vec::new() };
    let mut stored = Stored::default();
    stored.round(section, &mut index, NOW);
    assert!(
        index.asked[0].contains(&format!("id=7&max=1000&since={}", SECONDS - 86_400)),
        "{}",
        index.asked[0]
    );
    index.episodes.insert(-1_000); // found late, with a date of before
    stored.round(section, &mut index, NOW.plus(60_000));
    assert!(index.asked[1].contains(&format!("since={}", SECONDS - 2 * 86_400)), "{}", index.asked[1]);
    assert_eq!(stored.ids, index.episodes);
    // a date in the future does not hide what comes after it
    index.episodes.insert(9_000_000);
    stored.round(section, &mut index, NOW.plus(120_000));
    index.episodes.insert(3);
    stored.round(section, &mut index, NOW.plus(240_000));
    assert!(stored.ids.contains(&3));
    // a thousand in two days: what is beyond is told
    index.episodes.extend(-2_000..=0);
    stored.round(section, &mut index, NOW.plus(300_000));
    assert_eq!(stored.missed.len(), 1);
}

#[test]
fn jobs_are_asked_in_turn() {
    let section = "people = ['Ostrel Vane', 'Nadia']\npodcasts = [7]\nterms = ['molivelle']\nrecent = true";
    let mut index = Index { episodes: (-5..=0).collect(), most: 1_000, asked: Vec::new() };
    let mut stored = Stored::default();
    assert_eq!(stored.round(section, &mut index, NOW), 6);
    let paths: Vec<String> =
        index.asked.iter().map(|url| Url::parse(url).unwrap().path().to_owned()).collect();
    assert!(
        paths[0].ends_with("byperson") && paths[2].ends_with("byfeedid") && paths[3].ends_with("byterm"),
        "{paths:?}"
    );
    // the first round of all episodes ends where there are no older ones
    assert!(paths[4].ends_with("recent/episodes") && paths[5].ends_with("recent/episodes"));
}
