//! A walk back over what a relay holds.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Cursor, Method, Missed, Request};
use vigie::post::Gone;
use vigie::time::Time;

use super::{build, event, key_of, live};

const NOW: i64 = 1_790_000_000;
const SECTION: &str = "base_url = 'wss://relay.example'\ntags = ['moka']\nlook_back = '7d'";

/// A relay that gives so many events at most.
struct Relay {
    events: Vec<Value>,
    most: usize,
}

impl Relay {
    fn note(&mut self, at: i64, number: usize) {
        self.events.push(event("lea", at, 1, &format!("moka {number}"), &json!([["t", "moka"]])));
    }

    /// The answer to a question, or to what a relay is asked about itself.
    fn answer(&self, request: &Request, now: i64) -> Answer {
        let mut body = Vec::new();
        if matches!(request.method, Method::Talk(_)) {
            let message: Value = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
            let filter = &message[2];
            let number = |key: &str| filter[key].as_i64().unwrap();
            let mut found: Vec<&Value> = self
                .events
                .iter()
                .filter(|event| filter["kinds"].as_array().unwrap().contains(&event["kind"]))
                .filter(|event| {
                    (number("since")..=number("until")).contains(&event["created_at"].as_i64().unwrap())
                })
                .collect();
            found.sort_by_key(|event| (-event["created_at"].as_i64().unwrap(), event["id"].to_string()));
            let most = self.most.min(usize::try_from(number("limit")).unwrap());
            body.extend(found.iter().take(most).map(|event| live(event)));
            body.push(json!(["EOSE", "past"]).to_string());
        } else {
            body.push(json!({"supported_nips": [1], "limitation": {"max_limit": self.most}}).to_string());
        }
        let body = body.join("\n").into_bytes();
        Answer { request: request.clone(), status: 200, body, seen: Time(now * 1000), ..Answer::default() }
    }
}

/// What came of a round of asking.
#[derive(Debug, Default)]
struct Told {
    posts: BTreeSet<String>,
    gone: Vec<Gone>,
    missed: Vec<Missed>,
    asked: usize,
}

/// One request from the cursor stored; tells whether there is more.
fn step(relay: &Relay, cursor: &mut Option<Cursor>, now: i64, told: &mut Told) -> bool {
    // built anew each time: all that a crash leaves is the cursor
    let network = build(SECTION);
    let request = match network.ask(cursor.as_ref(), Time(now * 1000)) {
        Ask::Fetch(request) => request,
        Ask::Listen(_) => network.catch_up(cursor.as_ref(), Time(now * 1000)).unwrap(),
        other => panic!("{other:?}"),
    };
    let page = network.read(&relay.answer(&request, now), cursor.as_ref()).unwrap();
    told.asked += 1;
    told.posts.extend(page.posts.into_iter().map(|post| post.text));
    told.gone.extend(page.deletions.into_iter().map(|deletion| deletion.gone));
    told.missed.extend(page.missed);
    *cursor = page.cursor.or(cursor.take());
    page.more
}

fn round(relay: &Relay, cursor: &mut Option<Cursor>, now: i64, told: &mut Told) {
    for _ in 0..500 {
        if !step(relay, cursor, now, told) {
            return;
        }
    }
    panic!("the round does not end");
}

#[test]
fn a_round_goes_back_to_what_is_known() {
    for most in [25, 500] {
        let mut relay = Relay { events: Vec::new(), most };
        (0..60).for_each(|number| relay.note(NOW - 3_000 + 50 * i64::try_from(number).unwrap(), number));
        let (mut cursor, mut told) = (None, Told::default());
        round(&relay, &mut cursor, NOW, &mut told);
        assert_eq!((told.posts.len(), &told.missed[..]), (60, &[][..]), "{most}");
        (60..120).for_each(|number| relay.note(NOW + 100 * i64::try_from(number).unwrap(), number));
        round(&relay, &mut cursor, NOW + 20_000, &mut told);
        assert_eq!(told.posts.len(), 120, "{most}");
        let mut rest = Told::default();
        round(&relay, &mut cursor, NOW + 20_060, &mut rest);
        assert!(rest.asked <= 2 && rest.posts.len() <= 7, "{rest:?}");
    }
}

#[test]
fn a_full_answer_of_one_second_does_not_stand_still_and_is_told() {
    let mut relay = Relay { events: Vec::new(), most: 25 };
    (0..40).for_each(|number| relay.note(NOW - 100, number));
    (40..50).for_each(|number| relay.note(NOW - 200, number));
    let (mut cursor, mut told) = (None, Told::default());
    round(&relay, &mut cursor, NOW, &mut told);
    assert_eq!((told.posts.len(), told.missed.len()), (35, 1), "{:?}", told.missed);
    assert_eq!(told.missed[0].from, Time((NOW - 100) * 1000));
    assert!(told.asked <= 7, "{}", told.asked);
}

#[test]
fn a_stop_in_the_middle_loses_nothing_of_before_or_after() {
    let mut relay = Relay { events: Vec::new(), most: 25 };
    (0..80).for_each(|number| relay.note(NOW - 3_000 + 10 * i64::try_from(number).unwrap(), number));
    let (mut cursor, mut told) = (None, Told::default());
    step(&relay, &mut cursor, NOW, &mut told);
    step(&relay, &mut cursor, NOW, &mut told);
    // stopped for hours, in which more was written
    (80..110).for_each(|number| relay.note(NOW + 50 * i64::try_from(number).unwrap(), number));
    // one that was read is deleted meanwhile: by its author
    let id = relay.events[79]["id"].as_str().unwrap().to_owned();
    relay.events.push(event("lea", NOW + 5_000, 5, "", &json!([["e", id]])));
    relay.events.push(event("forger", NOW + 5_000, 5, "", &json!([["e", id]])));
    round(&relay, &mut cursor, NOW + 10_000, &mut told);
    assert_eq!(told.posts.len(), 110);
    assert!(
        told.gone.contains(&Gone::Post(id.clone())) || told.gone.contains(&Gone::PostBy(id, key_of("lea")))
    );
}

#[test]
fn a_relay_that_grows_while_it_is_read_loses_nothing() {
    let mut relay = Relay { events: Vec::new(), most: 25 };
    (0..60).for_each(|number| relay.note(NOW - 600 + 10 * i64::try_from(number).unwrap(), number));
    let (mut cursor, mut told) = (None, Told::default());
    for number in 60..75 {
        let now = NOW + i64::try_from(number).unwrap();
        step(&relay, &mut cursor, now, &mut told);
        relay.note(now, number);
    }
    round(&relay, &mut cursor, NOW + 200, &mut told);
    // what was written above the place where the walk began
    round(&relay, &mut cursor, NOW + 260, &mut told);
    assert_eq!(told.posts.len(), 75);
}

#[test]
fn dates_in_the_future_hide_nothing() {
    let mut relay = Relay { events: Vec::new(), most: 500 };
    relay.note(NOW + 500, 1);
    let (mut cursor, mut told) = (None, Told::default());
    round(&relay, &mut cursor, NOW, &mut told);
    // the same by the stream
    let network = build(SECTION);
    let far = live(&event("lea", NOW + 90_000_000, 1, "far", &json!([])));
    let answer = Answer { body: far.into(), status: 200, seen: Time(NOW * 1000), ..Answer::default() };
    cursor = network.read(&answer, cursor.as_ref()).unwrap().cursor.or(cursor);
    relay.note(NOW + 10, 2);
    round(&relay, &mut cursor, NOW + 1_000, &mut told);
    assert_eq!(told.posts.len(), 2, "{told:?}");
}

#[test]
fn an_empty_answer_leaves_the_place_alone() {
    let mut relay = Relay { events: Vec::new(), most: 500 };
    (0..10).for_each(|number| relay.note(NOW - 3_000 + 50 * i64::try_from(number).unwrap(), number));
    let (mut cursor, mut told) = (None, Told::default());
    round(&relay, &mut cursor, NOW, &mut told);
    let empty = Relay { events: Vec::new(), most: 500 };
    round(&empty, &mut cursor, NOW + 100_000, &mut told);
    let network = build(SECTION);
    let state: Value = serde_json::from_str(&cursor.unwrap().0).unwrap();
    assert_eq!(state["last"], NOW - 2_550);
    assert!(network.backfill(Time(5_000), Time(1_000)).is_none());
}

#[test]
fn the_past_is_walked_alone() {
    let mut relay = Relay { events: Vec::new(), most: 25 };
    (0..60).for_each(|number| relay.note(NOW - 6_000 + 100 * i64::try_from(number).unwrap(), number));
    let network = build(SECTION);
    let (from, to) = (Time((NOW - 5_000) * 1000), Time((NOW - 1_000) * 1000));
    let (mut cursor, mut told) = (network.backfill(from, to), Told::default());
    round(&relay, &mut cursor, NOW, &mut told);
    assert_eq!(told.posts.len(), 41);
    assert_eq!(network.ask(cursor.as_ref(), Time(NOW * 1000)), Ask::Done);
    assert!(build("").backfill(from, to).is_none());
}
