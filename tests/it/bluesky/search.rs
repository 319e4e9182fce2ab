//! Searching through an account, and everything else that is asked.

use std::collections::BTreeSet;

use base64::Engine as _;
use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Method, Missed, Page, Request, Trouble};
use vigie::time::Time;

use super::{network, read};

const NOW: Time = Time(1_790_000_000_000);
const SEARCHING: &str = "search = ['galvorine']\nstreaming = false\nidentifier = 'moi.social.example'\npassword = 's3cret'\nlook_back = '7d'\nservice = 'https://pds.example'";

/// An index of posts that answers as the AppView does.
struct Index {
    /// Moments in milliseconds, and numbers.
    posts: Vec<(i64, u32)>,
    /// Pages after which it gives no further token.
    tokens: usize,
    /// Whether tokens given before are still taken.
    remembers: bool,
}

impl Index {
    fn of(posts: impl Iterator<Item = (i64, u32)>) -> Index {
        Index { posts: posts.collect(), tokens: usize::MAX, remembers: true }
    }

    fn answer(&self, request: &Request, seen: Time) -> Answer {
        let url = Url::parse(&request.url).unwrap();
        let value =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let moment = |name: &str| value(name).map(|at| Time::parse(&at).unwrap().0);
        assert_eq!(value("sort").as_deref(), Some("latest"));
        let reply = |status: u16, body: &Value| Answer {
            request: request.clone(),
            status,
            body: body.to_string().into(),
            seen,
            ..Answer::default()
        };
        let start: usize = value("cursor").map_or(0, |token| token.parse().unwrap());
        if start > 0 && !self.remembers {
            return reply(400, &json!({"error": "InvalidRequest", "message": "Invalid cursor"}));
        }
        let (since, until) = (moment("since").unwrap(), moment("until").unwrap_or(i64::MAX));
        let mut found: Vec<_> = self.posts.iter().filter(|(at, _)| (since..until).contains(at)).collect();
        found.sort_by_key(|(at, id)| (-at, *id));
        let page: Vec<Value> = found
            .iter()
            .skip(start)
            .take(100)
            .map(|(at, id)| {
                json!({"uri": format!("at://did:plc:a/app.bsky.feed.post/{id}"), "indexedAt": Time(*at),
                    "author": {"did": "did:plc:a", "handle": "a.example"}, "record": {"text": "galvorine", "createdAt": Time(*at)}})
            })
            .collect();
        let next = start + page.len();
        let mut body = json!({"posts": page, "hitsTotal": found.len()});
        if next < found.len() && next / 100 < self.tokens {
            body["cursor"] = json!(next.to_string());
        }
        reply(200, &body)
    }

    /// One request from the cursor stored.
    fn step(
        &self,
        section: &str,
        cursor: &mut Option<Cursor>,
        now: Time,
        seen: &mut BTreeSet<String>,
    ) -> Page {
        // built anew each time: all that a crash leaves is the cursor
        let network = network(section);
        let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
        let answer = self.answer(&request, now);
        let page = match network.salvage(&answer, cursor.as_ref()) {
            Some(page) => page,
            None => network.read(&answer, cursor.as_ref()).unwrap(),
        };
        seen.extend(page.posts.iter().map(|post| post.native_id.clone()));
        *cursor = page.cursor.clone().or(cursor.take());
        page
    }

    fn round(
        &self,
        section: &str,
        cursor: &mut Option<Cursor>,
        now: Time,
        seen: &mut BTreeSet<String>,
    ) -> (usize, Vec<Missed>) {
        let mut missed = Vec::new();
        for asked in 1..500 {
            let page = self.step(section, cursor, now, seen);
            missed.extend(page.missed);
            if !page.more {
                return (asked, missed);
            }
        }
        panic!("the round does not end");
    }
}

#[test]
fn a_round_goes_back_to_what_is_known() {
    for tokens in [usize::MAX, 2, 0] {
        let mut index = Index::of((0..950).map(|id| (NOW.0 - i64::from(id) * 60_000, id)));
        index.tokens = tokens;
        let (mut cursor, mut seen) = (None, BTreeSet::new());
        let (_, missed) = index.round(SEARCHING, &mut cursor, NOW, &mut seen);
        assert_eq!((seen.len(), missed), (950, Vec::new()), "{tokens}");
        index.posts.extend((1000..1300).map(|id| (NOW.0 + i64::from(id) * 1_000, id)));
        let later = NOW.plus(1_400_000);
        index.round(SEARCHING, &mut cursor, later, &mut seen);
        assert_eq!(seen.len(), 1250, "{tokens}");
        let mut again = BTreeSet::new();
        assert!(index.round(SEARCHING, &mut cursor, later.plus(300_000), &mut again).0 <= 6);
        assert!(again.len() <= 300, "an overlap only: {}", again.len());
    }
}

#[test]
fn a_stop_in_the_middle_and_a_token_refused_lose_nothing() {
    let mut index = Index::of((0..450).map(|id| (NOW.0 - i64::from(id) * 60_000, id)));
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    index.step(SEARCHING, &mut cursor, NOW, &mut seen);
    index.step(SEARCHING, &mut cursor, NOW, &mut seen);
    // a restart of the server, which no longer knows its tokens
    index.remembers = false;
    index.tokens = 0;
    index.posts.extend((500..520).map(|id| (NOW.0 + i64::from(id), id)));
    index.round(SEARCHING, &mut cursor, NOW.plus(60_000), &mut seen);
    index.round(SEARCHING, &mut cursor, NOW.plus(120_000), &mut seen);
    assert_eq!(seen.len(), 470);
    // without a token in the question the refusal is one
    let network = network(SEARCHING);
    let Ask::Fetch(request) = network.ask(None, NOW) else { panic!() };
    let body = br#"{"error":"InvalidRequest","message":"bad q"}"#.to_vec();
    let answer = Answer { request, status: 400, body, ..Answer::default() };
    assert_eq!(network.salvage(&answer, None), None);
    assert_eq!(network.refused(&answer, None).unwrap().trouble, Trouble::BadQuery);
}

#[test]
fn a_full_page_of_one_moment_does_not_stand_still() {
    let mut index =
        Index::of((0..250).map(|id| (NOW.0 - 5_000, id)).chain((250..260).map(|id| (NOW.0 - 9_000, id))));
    index.tokens = 0;
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    let (asked, _) = index.round(SEARCHING, &mut cursor, NOW, &mut seen);
    assert!(asked < 6, "{asked}");
    assert_eq!(seen.len(), 110, "what it shows of the moment, and all before it");
}

#[test]
fn several_searches_have_their_turns() {
    let index = Index::of((0..150).map(|id| (NOW.0 - i64::from(id) * 60_000, id)));
    let section = SEARCHING.replace("['galvorine']", "['galvorine', 'ostrel vane']");
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    assert_eq!(index.round(&section, &mut cursor, NOW, &mut seen).0, 6);
    let words = |cursor: &Option<Cursor>| {
        let Ask::Fetch(request) = network(&section).ask(cursor.as_ref(), NOW) else { panic!() };
        request.url
    };
    assert!(words(&cursor).contains("q=galvorine"));
    index.step(&section, &mut cursor, NOW, &mut seen);
    assert!(words(&cursor).contains("q=ostrel+vane"));
}

#[test]
fn an_empty_answer_leaves_the_place_alone() {
    let index = Index::of((0..50).map(|id| (NOW.0 - i64::from(id) * 60_000, id)));
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    index.round(SEARCHING, &mut cursor, NOW, &mut seen);
    let known = cursor.clone();
    Index::of(std::iter::empty()).round(SEARCHING, &mut cursor, NOW.plus(900_000_000), &mut seen);
    assert_eq!(cursor, known);
}

#[test]
fn the_past_is_searched_alone_and_only_with_an_account() {
    let index = Index::of((0..600).map(|id| (NOW.0 - i64::from(id) * 60_000, id)));
    let section = SEARCHING.replace("streaming = false\n", "");
    let (from, to) = (NOW.plus(-400 * 60_000), NOW.plus(-100 * 60_000));
    let network_of = network(&section);
    let (mut cursor, mut seen) = (network_of.backfill(from, to), BTreeSet::new());
    index.round(&section, &mut cursor, NOW, &mut seen);
    assert_eq!(seen.len(), 301);
    assert_eq!(network_of.ask(cursor.as_ref(), NOW), Ask::Done);
    assert!(matches!(network_of.ask(None, NOW), Ask::Listen(_)), "the stream is the main way");
    assert_eq!(network("search = ['galvorine']").backfill(from, to), None);
    assert_eq!(network("").backfill(from, to), None);
}

#[test]
fn keys_are_exchanged_for_a_session() {
    let own = network(SEARCHING);
    let request = own.login().unwrap();
    assert_eq!(
        (request.method, &*request.url),
        (Method::Post, "https://pds.example/xrpc/com.atproto.server.createSession")
    );
    let body: Value = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
    assert_eq!(body, json!({"identifier": "moi.social.example", "password": "s3cret"}));
    assert!(!format!("{own:?}").contains("s3cret"));
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"scope":"x","exp":1790007200}"#);
    let answer = |status: u16, body: Value| Answer {
        request: request.clone(),
        status,
        body: body.to_string().into(),
        seen: NOW,
        ..Answer::default()
    };
    let token = format!("eyJ.{claims}.sig");
    let session = own
        .session(&answer(200, json!({"did": "did:plc:a", "accessJwt": token, "refreshJwt": "r"})))
        .unwrap();
    assert_eq!(session.headers, [("authorization".to_owned(), format!("Bearer {token}"))]);
    assert_eq!(session.expires, Time::from_seconds(1_790_007_200));
    let opaque = own.session(&answer(200, json!({"accessJwt": "opaque"}))).unwrap();
    assert_eq!(opaque.expires, Some(NOW.plus(3_600_000)));
    let refused = |status: u16, error: &str| {
        let error = own.session(&answer(status, json!({"error": error, "message": "no"}))).unwrap_err();
        assert!(!format!("{error:?}").contains("s3cret"));
        error.trouble
    };
    assert_eq!(refused(401, "AuthenticationRequired"), Trouble::Auth);
    assert_eq!(refused(401, "AuthFactorTokenRequired"), Trouble::Auth);
    assert_eq!(refused(429, "RateLimitExceeded"), Trouble::Rate);
    own.session(&answer(200, json!({}))).unwrap_err();
    assert_eq!(network("identifier = 'a'").login(), None);
    assert_eq!(network("").login(), None);
}

#[test]
fn posts_and_accounts_are_asked_of_the_appview() {
    let url = |request: Option<Request>| {
        request.map(|request| request.url.replace("https://public.api.bsky.app/xrpc/", ""))
    };
    let plain = network("");
    let uri = "at://did:plc:a/app.bsky.feed.post/3k";
    assert_eq!(
        url(plain.reread(&[uri.to_owned()])).as_deref(),
        Some("app.bsky.feed.getPosts?uris=at%3A%2F%2Fdid%3Aplc%3Aa%2Fapp.bsky.feed.post%2F3k")
    );
    // a repost cannot be asked for: it must not look deleted
    let repost = "at://did:plc:a/app.bsky.feed.repost/3k";
    assert_eq!(plain.reread(&[uri.to_owned(), repost.to_owned()]), None);
    assert_eq!(plain.reread(&[]), None);
    assert_eq!(
        url(plain.account("@molivelle.example")).as_deref(),
        Some("app.bsky.actor.getProfile?actor=molivelle.example")
    );
    assert_eq!(
        url(plain.find_accounts("moli velle")).as_deref(),
        Some("app.bsky.actor.searchActors?q=moli+velle&limit=25")
    );
    assert_eq!((plain.account(" "), plain.find_accounts("")), (None, None));
    assert!(plain.account("x").unwrap().headers.is_empty());
}

#[test]
fn refusals_are_sorted() {
    let mut all = String::new();
    for (status, body) in [
        (401, r#"{"error":"AuthMissing","message":"Authentication Required"}"#),
        (400, r#"{"error":"ExpiredToken","message":"Token has expired"}"#),
        (400, r#"{"error":"InvalidRequest","message":"Profile not found"}"#),
        (400, r#"{"error":"AccountDeactivated","message":"Account is deactivated"}"#),
        (400, r#"{"error":"AccountTakedown","message":"Account has been suspended"}"#),
        (429, r#"{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}"#),
        (501, r#"{"error":"MethodNotImplemented","message":"Method Not Implemented"}"#),
        (502, r#"{"error":"UpstreamFailure"}"#),
        (500, r#"{"error":"Something"}"#),
        (403, "<html><title>403 Forbidden</title></html>"),
        (503, ""),
        (404, "{}"),
    ] {
        let headers = vec![("ratelimit-reset".to_owned(), "1790000300".to_owned())];
        let answer = Answer { status, headers, body: body.into(), seen: NOW, ..Answer::default() };
        let error = network("").read(&answer, None).unwrap_err();
        let wait = error.until.map(|until| until.since(NOW) / 1000);
        all += &format!("{status} {:?} {wait:?}: {error}\n", error.trouble);
    }
    insta::assert_snapshot!(all);
    // the same, with an account
    let answer = Answer { status: 401, body: br#"{"error":"AuthMissing"}"#.to_vec(), ..Answer::default() };
    assert_eq!(network(SEARCHING).refused(&answer, None).unwrap().trouble, Trouble::Auth);
    assert!(read(b"{\"error\":\"x\"}", 200).is_err());
}
