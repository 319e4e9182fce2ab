//! The filtered stream: rules first, catch-up by search, then lines; and after every break the same again.

use serde_json::{Value, json};
use vigie::network::{Ask, Cursor, Lines, Method, Network, Trouble};
use vigie::time::Time;

use super::walk::{MINUTE, Service, Stored, id};
use super::{NOW, answer, build, fetched};

const MOKA: &str = "words = ['Société Moka', 'moka']\nstream = true\npage = 10";

/// The rules of an app, as X keeps them.
#[derive(Default)]
struct Rules {
    rules: Vec<(u32, String, String)>,
    made: u32,
    asked: Vec<String>,
}

impl Rules {
    fn add(&mut self, value: &str, tag: &str) {
        self.made += 1;
        self.rules.push((self.made, value.to_owned(), tag.to_owned()));
    }

    /// Answers what is asked about rules until something else is asked; gives the cursor then.
    fn settle(&mut self, network: &dyn Network, mut cursor: Option<Cursor>) -> Option<Cursor> {
        for _ in 0..20 {
            let Ask::Fetch(request) = network.ask(cursor.as_ref(), NOW) else { return cursor };
            if !request.url.ends_with("/2/tweets/search/stream/rules") {
                return cursor;
            }
            let body: Value =
                request.body.as_ref().map_or(Value::Null, |body| serde_json::from_slice(body).unwrap());
            self.asked.push(if request.method == Method::Get { "list".to_owned() } else { body.to_string() });
            let mut said = json!({"meta": {"sent": "2026-10-20T00:00:00Z"}});
            if request.method == Method::Get {
                let rules = self.rules.iter();
                let rules =
                    rules.map(|(id, value, tag)| json!({"id": id.to_string(), "value": value, "tag": tag}));
                if !self.rules.is_empty() {
                    said["data"] = rules.collect::<Vec<_>>().into();
                }
            }
            for id in body["delete"]["ids"].as_array().into_iter().flatten() {
                self.rules.retain(|(known, ..)| known.to_string() != *id.as_str().unwrap());
            }
            for rule in body["add"].as_array().into_iter().flatten() {
                self.add(rule["value"].as_str().unwrap(), rule["tag"].as_str().unwrap());
            }
            let page = network.read(&answer(request, 200, &said.to_string()), cursor.as_ref()).unwrap();
            assert!(page.more && page.spent == Some(0));
            cursor = page.cursor.or(cursor);
        }
        panic!("the rules never settle: {:?}", self.asked);
    }
}

fn lines(network: &dyn Network, cursor: Option<&Cursor>, now: Time) -> Lines {
    match network.ask(cursor, now) {
        Ask::Lines(lines) => lines,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rules_are_set_once_and_those_of_others_stay() {
    let network = build(MOKA);
    let mut rules = Rules::default();
    rules.add("cats has:images", "somebody else");
    rules.add("old words", "vigie");
    let cursor = rules.settle(network.as_ref(), None);
    let values: Vec<&str> = rules.rules.iter().map(|(_, value, _)| value.as_str()).collect();
    let ours = "(\"Société Moka\" OR \"Societe Moka\" OR moka) -is:retweet";
    assert_eq!(values, ["cats has:images", ours]);
    assert_eq!(rules.asked[0], "list");
    assert_eq!(rules.asked.last().map(String::as_str), Some("list"), "what was set is looked at");
    assert_eq!(rules.asked.len(), 5);
    // the next start finds everything in place
    let before = rules.asked.len();
    rules.settle(network.as_ref(), None);
    assert_eq!(rules.asked.len(), before + 1);
    assert_ne!(cursor, None);
    // a rule of somebody else that says the same will do
    let mut shared = Rules::default();
    shared.add(ours, "somebody else");
    shared.settle(network.as_ref(), None);
    assert_eq!(shared.asked, ["list"]);
    // other words: the rules are set anew, whatever the cursor says
    let other = build("words = ['molivelle']\nstream = true");
    rules.settle(other.as_ref(), cursor);
    assert_eq!(rules.rules.last().map(|(_, value, _)| value.as_str()), Some("molivelle -is:retweet"));
    assert_eq!(rules.rules.len(), 2);
}

#[test]
fn a_rule_that_x_does_not_understand_is_shown() {
    let network = build("queries = ['moka (']\nstream = true");
    let cursor = {
        let request = fetched(network.as_ref(), None, NOW);
        network.read(&answer(request, 200, r#"{"meta":{"result_count":0}}"#), None).unwrap().cursor
    };
    let request = fetched(network.as_ref(), cursor.as_ref(), NOW);
    let body = json!({"meta": {"summary": {"created": 0, "not_created": 1, "valid": 0, "invalid": 1}},
        "errors": [{"value": "moka (", "details": ["missing EOF at '(' (at position 6)"], "title": "UnprocessableEntity",
            "type": "https://api.twitter.com/2/problems/invalid-rules"}]});
    let error = network.read(&answer(request.clone(), 200, &body.to_string()), cursor.as_ref()).unwrap_err();
    assert_eq!(error.trouble, Trouble::BadQuery);
    assert_eq!(
        error.to_string(),
        "x does not accept the query (\"missing EOF at '(' (at position 6)\", of the rule moka (); correct this source"
    );
    let again = json!({"meta": {"summary": {"created": 0, "not_created": 1, "valid": 0, "invalid": 0}},
        "errors": [{"value": "moka (", "id": "1", "title": "DuplicateRule",
            "type": "https://api.twitter.com/2/problems/duplicate-rules"}]});
    network.read(&answer(request, 200, &again.to_string()), cursor.as_ref()).unwrap();
}

#[test]
fn rules_that_do_not_stay_are_not_set_for_ever() {
    let network = build(MOKA);
    let mut cursor = None;
    for _ in 0..40 {
        let request = fetched(network.as_ref(), cursor.as_ref(), NOW);
        match network.read(&answer(request, 200, r#"{"meta":{"result_count":0}}"#), cursor.as_ref()) {
            Ok(page) => cursor = page.cursor.or(cursor),
            Err(error) => {
                assert_eq!(error.trouble, Trouble::Transient);
                return;
            }
        }
    }
    panic!("asks for ever");
}

/// A connection: each post comes as one line.
fn hear(network: &dyn Network, stored: &mut Stored, posts: &[u64], now: Time) {
    let open = lines(network, stored.cursor.as_ref(), now);
    for id in posts {
        let line = json!({"data": {"id": id.to_string(), "text": "moka"}, "matching_rules": [{"id": "1", "tag": "vigie"}]});
        let page = network
            .read(&answer(open.request.clone(), 200, &line.to_string()), stored.cursor.as_ref())
            .unwrap();
        assert!(page.until.is_some() && page.spent == Some(5_000));
        stored.posts.extend(page.posts.iter().map(|post| post.native_id.parse::<u64>().unwrap()));
        stored.cursor = page.cursor.or(stored.cursor.take());
    }
}

/// Catches up by search until the stream may be opened.
fn catch_up(network: &dyn Network, stored: &mut Stored, service: &mut Service, now: Time) {
    for _ in 0..50 {
        if matches!(network.ask(stored.cursor.as_ref(), now), Ask::Lines(_)) {
            return;
        }
        stored.step(network, service, now);
    }
    panic!("never catches up");
}

#[test]
fn every_break_is_caught_up_and_what_the_stream_brought_is_not_paid_twice() {
    let network = build(MOKA);
    let at = |minutes: i64| NOW.plus(minutes * MINUTE);
    let mut service = Service::with((-30..0).map(|minute| id(at(minute), 0)));
    let mut stored = Stored { cursor: Rules::default().settle(network.as_ref(), None), ..Stored::default() };
    catch_up(network.as_ref(), &mut stored, &mut service, NOW);
    assert_eq!(stored.posts, service.posts);

    let open = lines(network.as_ref(), stored.cursor.as_ref(), NOW);
    assert!(open.request.url.contains("/2/tweets/search/stream?tweet.fields="), "{}", open.request.url);
    assert!(open.silence.as_secs() >= 20);
    assert_eq!(network.cost(&open.request), 0);

    // one post is said while the connection is being made, three hours come by stream, and then it breaks
    let between = id(NOW.plus(500), 0);
    let streamed: Vec<u64> = (1..180).map(|minute| id(at(minute), 0)).collect();
    let lost: Vec<u64> = (180..200).map(|minute| id(at(minute), 0)).collect();
    hear(network.as_ref(), &mut stored, &streamed, NOW);
    service.posts.insert(between);
    service.posts.extend(streamed.iter().chain(&lost));
    let asked = service.asked.len();
    stored.again = 0;
    catch_up(network.as_ref(), &mut stored, &mut service, at(200));
    assert_eq!(stored.posts, service.posts);
    assert!(stored.again <= 5, "{} paid twice", stored.again);
    assert!(service.asked.len() - asked <= 6, "{:?}", &service.asked[asked..]);

    // the stream may be opened for a minute; after that the search is asked first
    lines(network.as_ref(), stored.cursor.as_ref(), at(200).plus(30_000));
    fetched(network.as_ref(), stored.cursor.as_ref(), at(203));
}

#[test]
fn a_stream_that_brings_the_same_post_twice_is_no_trouble() {
    let network = build(MOKA);
    let mut stored = Stored { cursor: Rules::default().settle(network.as_ref(), None), ..Stored::default() };
    let mut service = Service::with([]);
    catch_up(network.as_ref(), &mut stored, &mut service, NOW);
    let post = id(NOW.plus(MINUTE), 0);
    hear(network.as_ref(), &mut stored, &[post], NOW);
    service.posts.insert(post);
    catch_up(network.as_ref(), &mut stored, &mut service, NOW.plus(2 * MINUTE));
    hear(network.as_ref(), &mut stored, &[post], NOW.plus(2 * MINUTE));
    assert_eq!(stored.posts.len(), 1);
}

#[test]
fn a_stream_says_why_it_ends() {
    let network = build(MOKA);
    let mut stored = Stored { cursor: Rules::default().settle(network.as_ref(), None), ..Stored::default() };
    catch_up(network.as_ref(), &mut stored, &mut Service::with([]), NOW);
    let open = lines(network.as_ref(), stored.cursor.as_ref(), NOW);
    let end = include_str!("../../fixtures/x/disconnect.json");
    let error = network.read(&answer(open.request.clone(), 200, end), stored.cursor.as_ref()).unwrap_err();
    assert_eq!(error.trouble, Trouble::Transient);
    // without rules it cannot be opened: they are set again
    let none = r#"{"title":"ConnectionException","detail":"The rules are empty.","connection_issue":"RuleConfigurationIssue","type":"https://api.twitter.com/2/problems/streaming-connection"}"#;
    let error = network.refused(&answer(open.request.clone(), 409, none), stored.cursor.as_ref()).unwrap();
    let resumed = error.instead.map(|cursor| *cursor);
    assert!(fetched(network.as_ref(), resumed.as_ref(), NOW).url.ends_with("/rules"));
    // it may speak the other vocabulary than the search
    let names = r#"{"errors":[{"parameters":{"tweet.fields":["x"]},"message":"The query parameter [tweet.fields] is not one of [post.fields,expansions]"}],"title":"Invalid Request","type":"https://api.twitter.com/2/problems/invalid-request"}"#;
    let error = network.refused(&answer(open.request, 400, names), stored.cursor.as_ref()).unwrap();
    stored.cursor = error.instead.map(|cursor| *cursor);
    assert!(lines(network.as_ref(), stored.cursor.as_ref(), NOW).request.url.contains("?post.fields="));
    assert!(
        fetched(network.as_ref(), stored.cursor.as_ref(), NOW.plus(5 * MINUTE)).url.contains("tweet.fields=")
    );
}
