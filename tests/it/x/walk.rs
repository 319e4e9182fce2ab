//! Rounds of recent search against a service that answers as X does: nothing lost, nothing paid for without end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Missed, Network, Request, Trouble};
use vigie::time::Time;

use super::{answer, build, fetched};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const DAY: i64 = 24 * 60 * MINUTE;

/// The identifier of the `number`th post of a moment.
pub(super) fn id(at: Time, number: u64) -> u64 {
    (u64::try_from(at.0 - 1_288_834_974_657).unwrap() << 22) + number
}

/// A search over posts by their identifiers.
pub(super) struct Service {
    pub(super) posts: BTreeSet<u64>,
    /// Whether page tokens of before are refused.
    pub(super) forgetful: bool,
    /// The vocabulary it speaks.
    pub(super) fields: &'static str,
    /// Whether it says what time it is.
    pub(super) dated: bool,
    pub(super) asked: Vec<String>,
}

impl Service {
    pub(super) fn with(posts: impl IntoIterator<Item = u64>) -> Service {
        let posts = posts.into_iter().collect();
        Service { posts, forgetful: false, fields: "tweet.fields", dated: true, asked: Vec::new() }
    }

    /// Its answer at this moment, with its status.
    pub(super) fn answer(&mut self, request: Request, now: Time) -> Answer {
        self.asked.push(request.url.clone());
        let url = Url::parse(&request.url).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let number = |key: &str| query.get(key).map(|value| value.parse::<u64>().unwrap());
        let bad = |parameter: &str, message: &str| {
            json!({"errors": [{"parameters": {parameter: ["…"]}, "message": message}], "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": "https://api.twitter.com/2/problems/invalid-request"})
        };
        let since = number("since_id").unwrap_or(0);
        let (status, body) = if url.path() == "/2/tweets/counts/recent" {
            (200, json!({"data": [], "meta": {"total_tweet_count": self.posts.range(since + 1..).count()}}))
        } else if !query.contains_key(self.fields) {
            let wrong = if self.fields == "tweet.fields" { "post.fields" } else { "tweet.fields" };
            (400, bad(wrong, &format!("The query parameter [{wrong}] is not one of [query,{}]", self.fields)))
        } else if since < id(now.plus(-7 * DAY), 0) {
            (400, bad("since_id", "'since_id' must be a tweet id created after [2026-10-13T00:00Z]."))
        } else if self.forgetful && query.contains_key("next_token") {
            (400, bad("next_token", "Invalid `next_token`"))
        } else {
            let until = number("until_id").unwrap_or(u64::MAX);
            let most = usize::try_from(number("max_results").unwrap()).unwrap();
            let below = query.get("next_token").map_or(until, |token| token[1..].parse().unwrap());
            let found: Vec<u64> = self.posts.range(since + 1..below).rev().take(most + 1).copied().collect();
            let shown = &found[..found.len().min(most)];
            let data: Vec<Value> = shown
                .iter()
                .map(|id| json!({"id": id.to_string(), "text": "moka", "edit_history_tweet_ids": [id.to_string()]}))
                .collect();
            let mut meta = json!({"result_count": shown.len()});
            if let (Some(newest), Some(oldest)) = (shown.first(), shown.last()) {
                meta["newest_id"] = newest.to_string().into();
                meta["oldest_id"] = oldest.to_string().into();
                if found.len() > most {
                    meta["next_token"] = format!("t{oldest}").into();
                }
            }
            let body =
                if data.is_empty() { json!({"meta": meta}) } else { json!({"data": data, "meta": meta}) };
            (200, body)
        };
        let mut answer = answer(request, status, &body.to_string());
        answer.seen = now;
        if self.dated {
            let date =
                std::time::UNIX_EPOCH + std::time::Duration::from_millis(u64::try_from(now.0).unwrap());
            answer.headers = vec![("date".to_owned(), httpdate::fmt_http_date(date).replace("GMT", "UTC"))];
        }
        answer
    }
}

/// What was handed over.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) cursor: Option<Cursor>,
    pub(super) posts: BTreeSet<u64>,
    pub(super) missed: Vec<Missed>,
    /// Posts handed over again.
    pub(super) again: usize,
}

impl Stored {
    /// One request, from the cursor stored. Tells whether there is more to ask now.
    pub(super) fn step(&mut self, network: &dyn Network, service: &mut Service, now: Time) -> bool {
        let request = fetched(network, self.cursor.as_ref(), now);
        let answer = service.answer(request, now);
        if answer.status >= 400 {
            let error = network.refused(&answer, self.cursor.as_ref()).unwrap();
            assert_eq!(error.trouble, Trouble::Transient, "{error}");
            let resumed = error.instead.clone().map(|cursor| *cursor);
            assert!(resumed.is_some() && resumed != self.cursor, "stands still: {error}");
            self.cursor = resumed;
            return true;
        }
        let page = network.read(&answer, self.cursor.as_ref()).unwrap();
        let moved = page.cursor.is_some() && page.cursor != self.cursor;
        for post in page.posts {
            self.again += usize::from(!self.posts.insert(post.native_id.parse().unwrap()));
        }
        self.missed.extend(page.missed);
        self.cursor = page.cursor.or(self.cursor.take());
        page.more && moved
    }

    /// A whole round. Each request is asked by a source built anew: all that a crash leaves is the cursor.
    pub(super) fn round(&mut self, section: &str, service: &mut Service, now: Time) -> usize {
        for asked in 1..500 {
            if !self.step(build(section).as_ref(), service, now) {
                return asked;
            }
        }
        panic!("the round does not end");
    }
}

const MOKA: &str = "words = ['moka']\npage = 10";
const START: Time = Time(1_792_500_000_000);

fn spread(from: Time, step: i64, many: i64) -> impl Iterator<Item = u64> {
    (0..many).map(move |number| id(from.plus(number * step), 0))
}

#[test]
fn a_first_round_looks_back_an_hour_and_later_ones_lose_nothing() {
    for dated in [true, false] {
        let mut service = Service::with(spread(START.plus(-3 * 60 * MINUTE), MINUTE, 180));
        service.dated = dated;
        let mut stored = Stored::default();
        assert_eq!(stored.round(MOKA, &mut service, START), 6);
        assert_eq!(stored.posts.len(), 59, "what was said in the last hour");
        for hour in 1..5_i64 {
            let now = START.plus(hour * 60 * MINUTE);
            service.posts.extend(spread(now.plus(-60 * MINUTE), MINUTE, 60));
            stored.round(MOKA, &mut service, now);
            let offered: BTreeSet<u64> =
                service.posts.range(id(START.plus(-60 * MINUTE), 1)..).copied().collect();
            assert_eq!(stored.posts, offered);
        }
        assert!(stored.again <= 3 * 4, "{} read twice", stored.again);
        assert!(stored.missed.is_empty());
    }
}

#[test]
fn a_quiet_query_does_not_pay_for_its_last_post_again_and_again() {
    let mut service = Service::with([id(START.plus(-30 * MINUTE), 7)]);
    let mut stored = Stored::default();
    for round in 0..200_i64 {
        stored.round(MOKA, &mut service, START.plus(round * 60 * MINUTE));
    }
    assert_eq!((stored.posts.len(), stored.again), (1, 0));
    assert!(stored.missed.is_empty(), "{:?}", stored.missed);
}

#[test]
fn a_post_that_the_search_learns_of_late_is_found() {
    let mut service = Service::with(spread(START.plus(-10 * MINUTE), MINUTE, 10));
    let mut stored = Stored::default();
    stored.round(MOKA, &mut service, START);
    service.posts.insert(id(START.plus(-MINUTE), 5)); // older than the newest one read
    stored.round(MOKA, &mut service, START.plus(2 * MINUTE));
    assert_eq!(stored.posts, service.posts);
}

#[test]
fn posts_that_come_and_go_while_pages_are_read_are_not_lost() {
    let mut service = Service::with(spread(START.plus(-50 * MINUTE), MINUTE, 50));
    let mut stored = Stored::default();
    let mut late: BTreeSet<u64> = BTreeSet::new();
    for page in 0.. {
        if !stored.step(build(MOKA).as_ref(), &mut service, START.plus(page)) {
            break;
        }
        late.insert(id(START.plus(page), 0));
        service.posts.extend(&late);
        let gone = service.posts.iter().next().copied().unwrap();
        service.posts.remove(&gone); // the oldest, on a page not read yet
    }
    stored.round(MOKA, &mut service, START.plus(MINUTE));
    assert!(service.posts.is_subset(&stored.posts), "{:?}", service.posts.difference(&stored.posts));
}

#[test]
fn a_full_page_of_one_moment_does_not_stand_still() {
    let mut service = Service::with((0..95).map(|number| id(START.plus(-MINUTE), number)));
    let mut stored = Stored::default();
    assert_eq!(stored.round(MOKA, &mut service, START), 10);
    assert_eq!(stored.posts, service.posts);
}

#[test]
fn a_page_token_that_is_refused_does_not_lose_the_rest() {
    let mut service = Service::with(spread(START.plus(-50 * MINUTE), MINUTE, 50));
    let mut stored = Stored::default();
    assert!(stored.step(build(MOKA).as_ref(), &mut service, START));
    assert!(stored.step(build(MOKA).as_ref(), &mut service, START));
    // a day passes: the token has run out, and more was said
    service.forgetful = true;
    let later = START.plus(DAY);
    service.posts.extend(spread(START, 60 * MINUTE, 23));
    assert!(stored.step(build(MOKA).as_ref(), &mut service, later));
    service.forgetful = false;
    stored.round(MOKA, &mut service, later);
    let again = stored.again;
    stored.round(MOKA, &mut service, later);
    assert_eq!(stored.posts, service.posts);
    assert_eq!((again, stored.missed.len()), (0, 0), "what was read is not paid for again");
}

#[test]
fn another_vocabulary_is_tried_once() {
    let mut service = Service::with(spread(START.plus(-50 * MINUTE), MINUTE, 50));
    service.fields = "post.fields";
    let mut stored = Stored::default();
    stored.round(MOKA, &mut service, START);
    assert_eq!(stored.posts, service.posts);
    assert!(service.asked[0].contains("tweet.fields=") && service.asked[1].contains("post.fields="));
    assert!(service.asked[1].contains("edit_history_post_ids") && !service.asked[1].contains("tweet_ids"));
    assert_eq!(service.asked.iter().filter(|url| url.contains("tweet.fields")).count(), 1);
    assert!(stored.round(&format!("{MOKA}\nnames = 'tweet'"), &mut service, START.plus(MINUTE)) == 1);
    // a service that takes neither is told as it is
    service.fields = "none.fields";
    let network = build(MOKA);
    let answer = service.answer(fetched(network.as_ref(), stored.cursor.as_ref(), START), START);
    let error = network.refused(&answer, stored.cursor.as_ref()).unwrap();
    assert_eq!((error.trouble, error.instead), (Trouble::BadQuery, None));
}

#[test]
fn an_absence_longer_than_the_search_reaches_is_told() {
    let mut service = Service::with(spread(START.plus(-50 * MINUTE), MINUTE, 50));
    let mut stored = Stored::default();
    stored.round(MOKA, &mut service, START);
    let later = START.plus(10 * DAY);
    service.posts.extend(spread(START, 60 * MINUTE, 240));
    stored.round(MOKA, &mut service, later);
    let [missed] = stored.missed.as_slice() else { panic!("{:?}", stored.missed) };
    assert!(missed.from.since(START).abs() <= 3 * MINUTE, "{missed:?}");
    assert!(missed.to.since(START.plus(3 * DAY)).abs() <= 2 * MINUTE, "{missed:?}");
    assert!(service.posts.range(id(missed.to, 0)..).all(|id| stored.posts.contains(id)));
    // a clock that is behind by more than the spare minute is noticed
    let mut service = Service::with([]);
    let mut stored = Stored { cursor: stored.cursor, ..Stored::default() };
    let much_later = later.plus(30 * DAY);
    let network = build(MOKA);
    let request = fetched(network.as_ref(), stored.cursor.as_ref(), much_later.plus(-20 * MINUTE));
    let answer = service.answer(request, much_later);
    let error = network.refused(&answer, stored.cursor.as_ref()).unwrap();
    assert!(error.to_string().contains("clock"), "{error}");
    stored.cursor = error.instead.map(|cursor| *cursor);
    let request = fetched(network.as_ref(), stored.cursor.as_ref(), much_later.plus(-20 * MINUTE));
    assert_eq!(service.answer(request, much_later).status, 200);
}

#[test]
fn several_queries_are_read_in_turn() {
    let section = "words = ['moka', 'molivelle']\nqueries = ['from:eri']\nquery_length = 12\npage = 10";
    let mut service = Service::with(spread(START.plus(-50 * MINUTE), MINUTE, 25));
    let mut stored = Stored::default();
    assert_eq!(stored.round(section, &mut service, START), 9);
    for query in ["query=moka&", "query=molivelle&", "query=from%3Aeri&"] {
        assert_eq!(service.asked.iter().filter(|url| url.contains(query)).count(), 3, "{query}");
    }
    let cursor = stored.cursor.clone().unwrap().0;
    assert!(cursor.len() < 300, "{cursor}");
    // a query that is no longer asked is forgotten
    stored.round("words = ['moka']\npage = 10", &mut service, START.plus(MINUTE));
    assert!(stored.cursor.unwrap().0.len() < 100);
}

#[test]
fn counting_first_spares_what_is_too_much_or_nothing() {
    let section = "words = ['moka']\npage = 10\nat_most = 30";
    let mut service = Service::with(spread(START.plus(-30 * MINUTE), MINUTE, 20));
    let mut stored = Stored::default();
    assert_eq!(stored.round(section, &mut service, START), 3);
    assert_eq!(stored.posts, service.posts);
    let later = START.plus(60 * MINUTE);
    assert_eq!(stored.round(section, &mut service, later), 1, "nothing new: only counted");
    service.posts.extend(spread(later, MINUTE, 60));
    let after = later.plus(60 * MINUTE);
    assert_eq!(stored.round(section, &mut service, after), 1, "too much: only counted");
    assert_eq!(stored.posts.len(), 20);
    let [missed] = stored.missed.as_slice() else { panic!("{:?}", stored.missed) };
    assert_eq!(missed.reason, "60 posts were found, more than the 30 that `at_most` allows");
    service.posts.insert(id(after.plus(MINUTE), 0));
    stored.round(section, &mut service, after.plus(2 * MINUTE));
    assert!(stored.posts.contains(&id(after.plus(MINUTE), 0)));
}

#[test]
fn a_look_back_reads_its_window_and_nothing_else() {
    let mut service = Service::with(spread(START.plus(-2 * DAY), 10 * MINUTE, 288));
    let network = build(MOKA);
    let (from, to) = (START.plus(-DAY), START.plus(-DAY / 2));
    let mut stored = Stored { cursor: network.backfill(from, to), ..Stored::default() };
    stored.round(MOKA, &mut service, START);
    let window: BTreeSet<u64> = service.posts.range(id(from, 1)..id(to, 0)).copied().collect();
    assert_eq!(stored.posts, window);
    assert_eq!(network.ask(stored.cursor.as_ref(), START), Ask::Done);
    // what is older than a week cannot be had, and that is told
    let mut stored = Stored { cursor: network.backfill(START.plus(-20 * DAY), START), ..Stored::default() };
    stored.round(MOKA, &mut service, START);
    assert_eq!(stored.posts, service.posts);
    assert_eq!(stored.missed.len(), 1);
    let before = network.backfill(START.plus(-20 * DAY), START.plus(-10 * DAY));
    assert_eq!(network.ask(before.as_ref(), START), Ask::Done);
}

#[test]
fn a_search_that_repeats_itself_is_given_up_and_told() {
    let network = build(MOKA);
    let mut cursor = None;
    let mut missed = None;
    for asked in 0..20 {
        let request = fetched(network.as_ref(), cursor.as_ref(), START);
        let body = json!({"data": [{"id": id(START.plus(-MINUTE), 0).to_string(), "text": "moka"}],
            "meta": {"result_count": 1, "next_token": format!("new{asked}")}});
        let page = network.read(&answer(request, 200, &body.to_string()), cursor.as_ref()).unwrap();
        cursor = page.cursor.or(cursor);
        missed = page.missed.or(missed);
        if !page.more {
            assert!(asked < 8 && missed.unwrap().reason.contains("repeats"));
            return;
        }
    }
    panic!("goes round in circles");
}
