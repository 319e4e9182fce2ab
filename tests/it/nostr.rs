//! Nostr: what its messages mean, what is no word of the author, and a walk back through time that loses nothing.

use std::fmt::Write as _;

use k256::schnorr::SigningKey;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use vigie::network::{
    Answer, Ask, Cursor, Method, Network, Page, ReadError, Request, Trouble, recorded, spec,
};
use vigie::post::{Gone, Kind};
use vigie::time::Time;

use crate::corpus;

mod walk;

const RELAY: &str = "wss://relay.example";
/// A moment after every fixture.
const SEEN: Time = Time(1_790_100_000_000);

fn build(section: &str) -> Box<dyn Network> {
    (spec("nostr").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn listening() -> Box<dyn Network> {
    build("base_url = 'wss://relay.example'\ntags = ['moka']")
}

fn read(body: &str) -> Result<Page, ReadError> {
    read_at(body, None)
}

fn read_at(body: &str, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
    listening().read(&Answer { body: body.into(), status: 200, seen: SEEN, ..Answer::default() }, cursor)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The key of an account with this name.
fn key(name: &str) -> SigningKey {
    SigningKey::from_slice(&Sha256::digest(name)).unwrap()
}

fn key_of(name: &str) -> String {
    hex(&key(name).verifying_key().to_bytes())
}

/// A genuine event.
fn event(by: &str, at: i64, kind: u16, content: &str, tags: &Value) -> Value {
    let author = key_of(by);
    let said = json!([0, author, at, kind, tags, content]);
    let id = Sha256::digest(said.to_string());
    let signature = hex(&key(by).sign_raw(&id, &[0; 32]).unwrap().to_bytes());
    json!({"id": hex(&id), "pubkey": author, "created_at": at, "kind": kind, "tags": tags, "content": content,
        "sig": signature})
}

fn live(event: &Value) -> String {
    json!(["EVENT", "live", event]).to_string()
}

#[test]
fn every_shape_is_understood() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nostr");
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut all = String::new();
    for path in paths {
        let answers = recorded::answers(&std::fs::read(&path).unwrap(), None, &[]);
        let (page, errors) = recorded::understand(listening().as_ref(), &answers);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        all += &format!(
            "=== {name}\n{}\n{}\n\n",
            serde_json::to_string_pretty(&page).unwrap(),
            errors.join("\n")
        );
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_is_not_the_authors_word_is_dropped() {
    let good = event("lea", 1_790_000_000, 1, "moka", &json!([["t", "moka"]]));
    assert_eq!(read(&live(&good)).unwrap().posts.len(), 1);
    let stranger = event("forger", 1_790_000_000, 1, "moka", &json!([["t", "moka"]]));
    let changes = [
        ("content", json!("moka!")),
        ("created_at", json!(1_790_000_001)),
        ("created_at", json!(1_790_000_000.5)),
        ("kind", json!(2)),
        ("tags", json!([])),
        ("tags", json!([["t", 5]])),
        ("pubkey", stranger["pubkey"].clone()),
        ("sig", stranger["sig"].clone()),
        ("sig", json!("00".repeat(64))),
        ("id", stranger["id"].clone()),
        ("id", json!("")),
        ("pubkey", json!("ff".repeat(32))),
    ];
    for (key, value) in changes {
        let mut forged = good.clone();
        forged[key] = value;
        let page = read(&live(&forged)).unwrap();
        assert_eq!((page.posts.len(), page.accounts.len()), (0, 0), "{key}");
    }
    // a forged date in the future moves nothing either
    let mut forged = good.clone();
    forged["created_at"] = json!(1_790_099_999);
    assert_eq!(read(&live(&forged)).unwrap().cursor, None);
}

#[test]
fn signatures_of_the_specification_are_judged_as_it_says() {
    // BIP-340, vectors 0 and 5 to 14: the first is good, in the others something is wrong
    let good = "F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9";
    let key = k256::schnorr::VerifyingKey::from_slice(&unhex(good)).unwrap();
    let signature = "E907831F80848D1069A5371B402410364BDF1C5F8307B0084C55F1CE2DCA821525F66A4A85EA8B71E482A74F382D2CE5EBEEE8FDB2172F477DF4900D310536C0";
    let signature = k256::schnorr::Signature::from_slice(&unhex(signature)).unwrap();
    key.verify_raw(&[0; 32], &signature).unwrap();
    key.verify_raw(&[1; 32], &signature).unwrap_err();
    let off_the_curve = "EEFDEA4CDB677750A420FEE807EACF21EB9898AE79B9768766E4FAA04A2D4A34";
    k256::schnorr::VerifyingKey::from_slice(&unhex(off_the_curve)).unwrap_err();
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn only_the_author_deletes() {
    let (at, none) = (1_790_000_000, json!([]));
    let note = event("lea", at, 1, "moka", &none);
    let id = note["id"].as_str().unwrap().to_owned();
    let own = event("lea", at + 9, 5, "", &json!([["e", id], ["e", "not an id"]]));
    let forged = event("forger", at + 9, 5, "", &json!([["e", id]]));
    let gone = |page: Page| page.deletions.into_iter().map(|deletion| deletion.gone).collect::<Vec<_>>();

    // whoever wrote a note read before is known
    let cursor = read(&live(&note)).unwrap().cursor;
    assert_eq!(gone(read_at(&live(&own), cursor.as_ref()).unwrap()), [Gone::Post(id.clone())]);
    assert_eq!(gone(read_at(&live(&forged), cursor.as_ref()).unwrap()), []);
    // in one answer the deletion may stand before what it deletes
    let past = [live(&forged), live(&own), live(&note)].join("\n");
    assert_eq!(gone(read(&past).unwrap()), [Gone::Post(id.clone())]);
    // of an older one the store knows the author
    assert_eq!(gone(read(&live(&forged)).unwrap()), [Gone::PostBy(id, key_of("forger"))]);
    // a place holds the key of its author
    let place = format!("30023:{}:galvorine", key_of("lea"));
    let own = event("lea", at, 5, "", &json!([["a", place]]));
    let forged = event("forger", at, 5, "", &json!([["a", place]]));
    assert_eq!(gone(read(&live(&own)).unwrap()), [Gone::Post(place)]);
    assert_eq!(gone(read(&live(&forged)).unwrap()), []);
}

#[test]
fn a_later_version_of_an_article_is_the_same_post() {
    let tags = |published: i64| json!([["d", "galvorine"], ["published_at", published.to_string()]]);
    let first = event("lea", 1_790_000_000, 30_023, "Galvorine", &tags(1_790_000_000));
    let later = event("lea", 1_790_000_900, 30_023, "Galvorine, revu", &tags(1_790_000_000));
    let page = read(&[live(&first), live(&later)].join("\n")).unwrap();
    let [first, later] = &page.posts[..] else { panic!("{page:?}") };
    assert_eq!(first.native_id, later.native_id);
    assert_ne!(first.local_id, later.local_id);
    assert_eq!((first.edited, later.edited), (None, Time::from_seconds(1_790_000_900)));
    assert_eq!((first.published, first.kind), (later.published, Kind::Article));
}

#[test]
fn a_relay_is_asked_about_itself_then_listened_to() {
    let network = listening();
    let Ask::Fetch(about) = network.ask(None, SEEN) else { panic!() };
    assert_eq!(about.url, "https://relay.example");
    assert_eq!(about.headers, [("accept".to_owned(), "application/nostr+json".to_owned())]);
    let answer = |status: u16, body: &str| Answer {
        request: about.clone(),
        status,
        body: body.into(),
        seen: SEEN,
        ..Answer::default()
    };
    let info = include_str!("../fixtures/nostr/relay.json");
    let page = network.read(&answer(200, info), None).unwrap();
    assert!(page.more);
    let Ask::Listen(listen) = network.ask(page.cursor.as_ref(), SEEN) else { panic!() };
    assert_eq!((&listen.hosts[..], &*listen.path), (&[RELAY.to_owned()][..], ""));
    insta::assert_snapshot!(listen.hello.join("\n"), @r##"["REQ","live",{"#t":["moka"],"kinds":[1,30023],"since":1790099940},{"kinds":[0,5],"since":1790099940}]"##);
    let asked = network.catch_up(page.cursor.as_ref(), SEEN).unwrap();
    assert_eq!((&*asked.url, asked.method), (RELAY, Method::Talk(&["[\"EOSE\"", "[\"CLOSED\""])));
    insta::assert_snapshot!(String::from_utf8(asked.body.unwrap()).unwrap(), @r##"["REQ","past",{"#t":["moka"],"kinds":[1,30023],"limit":200,"since":1790013600,"until":1790100600}]"##);
    // the next day it is asked again
    let tomorrow = SEEN.plus(25 * 3_600_000);
    assert_eq!(network.ask(page.cursor.as_ref(), tomorrow), Ask::Fetch(about.clone()));
    // a relay without such a document is a relay all the same
    for page in [
        network.read(&answer(200, "<html>a relay</html>"), None).unwrap(),
        network.salvage(&answer(404, "not found"), None).unwrap(),
        network.salvage(&answer(426, ""), None).unwrap(),
    ] {
        assert!(matches!(network.ask(page.cursor.as_ref(), SEEN), Ask::Listen(_)));
    }
    assert_eq!(network.salvage(&answer(429, ""), None), None);
    network.read(&answer(200, ""), None).unwrap_err();
}

#[test]
fn a_relay_that_will_not_do_says_so_at_once() {
    let search = build("base_url = 'wss://relay.example'\nsearch = ['moka']");
    let Ask::Fetch(about) = search.ask(None, SEEN) else { panic!() };
    let told = |network: &dyn Network, info: Value| {
        let answer = Answer {
            request: about.clone(),
            status: 200,
            body: info.to_string().into(),
            seen: SEEN,
            ..Answer::default()
        };
        network.read(&answer, None)
    };
    let error = told(search.as_ref(), json!({"supported_nips": [1, 11]})).unwrap_err();
    assert_eq!(error.trouble, Trouble::BadQuery);
    assert!(error.to_string().contains("does not search"), "{error}");
    told(listening().as_ref(), json!({"supported_nips": [1, 11]})).unwrap();
    told(search.as_ref(), json!({"software": "x"})).unwrap();
    let closed = json!({"supported_nips": [1, 50], "limitation": {"auth_required": true}});
    assert_eq!(told(listening().as_ref(), closed).unwrap_err().trouble, Trouble::NotApproved);
}

#[test]
fn refusals_are_sorted() {
    let mut all = String::new();
    for message in [
        json!(["CLOSED", "live", "auth-required: log in first"]),
        json!(["CLOSED", "live", "restricted: members only"]),
        json!(["CLOSED", "live", "rate-limited: slow down"]),
        json!(["CLOSED", "live", "invalid: bad filter"]),
        json!(["CLOSED", "live", "error: could not connect to the database"]),
        json!(["CLOSED", "live"]),
        json!(["NOTICE", "ERROR: bad req: unparseable filter"]),
        json!(["EVENT", "live"]),
        json!([1, 2]),
        json!({"error": "nobody is at home"}),
        json!({"a": 1}),
        json!(5),
    ] {
        let error = read(&message.to_string()).unwrap_err();
        all += &format!("{:?}: {error}\n", error.trouble);
    }
    insta::assert_snapshot!(all);
    for harmless in [
        json!(["NOTICE", "welcome"]),
        json!(["NOTICE", null]),
        json!(["EOSE", "live"]),
        json!(["OK", "", false, "invalid: bad signature"]),
        json!(["AUTH", "challenge"]),
    ] {
        let page = read(&harmless.to_string()).unwrap();
        assert_eq!((page.posts.len(), page.cursor), (0, None), "{harmless}");
    }
    let request = Request::get("https://relay.example");
    let answer = Answer { request, status: 503, body: b"busy".to_vec(), seen: SEEN, ..Answer::default() };
    assert_eq!(listening().read(&answer, None).unwrap_err().trouble, Trouble::Transient);
}

#[test]
fn accounts_are_looked_up_by_key_by_npub_and_by_domain() {
    let network = listening();
    let said = |request: Option<Request>| {
        request.map(|request| match request.body {
            Some(body) => String::from_utf8(body).unwrap(),
            None => request.url,
        })
    };
    let key = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e";
    let npub = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg";
    let by_key = format!(r#"["REQ","profiles",{{"authors":["{key}"],"kinds":[0],"limit":1}}]"#);
    assert_eq!(said(network.account(key)), Some(by_key.clone()));
    assert_eq!(said(network.account(npub)), Some(by_key.clone()));
    assert_eq!(said(network.profiles(&[key.to_owned(), "odd".to_owned()])), Some(by_key));
    assert_eq!(network.profiles(&["odd".to_owned()]), None);
    let by_domain = "https://molivelle.example/.well-known/nostr.json?name=lea";
    assert_eq!(said(network.account("lea@molivelle.example")).as_deref(), Some(by_domain));
    assert_eq!(
        said(network.account("molivelle.example")).as_deref(),
        Some("https://molivelle.example/.well-known/nostr.json?name=_")
    );
    for odd in ["", "moka", "a@b/c", "lea@molivelle.example:x", "lea@a.example/../x?y"] {
        assert_eq!(network.account(odd), None, "{odd}");
    }
    let names = include_str!("../fixtures/nostr/names.json");
    let request = network.account("lea@molivelle.example").unwrap();
    let answer = Answer { request, status: 200, body: names.into(), seen: SEEN, ..Answer::default() };
    let page = network.read(&answer, None).unwrap();
    let handles: Vec<_> =
        page.accounts.iter().map(|account| account.author.handle.as_deref().unwrap()).collect();
    assert_eq!(handles, ["molivelle.example", "lea@molivelle.example"]);
    assert!(page.accounts.iter().all(|account| account.author.verified == Some(true)));
    assert_eq!(page.cursor, None);
    assert!(said(network.find_accounts(" moka ")).unwrap().contains(r#""search":"moka""#));
    assert_eq!(network.find_accounts(" "), None);
}

#[test]
fn posts_are_read_again_by_id_and_by_place() {
    let network = listening();
    let again = |ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        network.reread(&ids).map(|request| String::from_utf8(request.body.unwrap()).unwrap())
    };
    let (id, key) = ("0".repeat(64), key_of("lea"));
    assert_eq!(
        again(&[&id]).unwrap(),
        format!(r##"["REQ","again",{{"ids":["{id}"]}},{{"#e":["{id}"],"kinds":[5]}}]"##)
    );
    let place = format!("30023:{key}:a:b");
    assert!(again(&[&place]).unwrap().contains(r##""#d":["a:b"]"##));
    assert_eq!(again(&[&id, "at://x"]), None);
    assert_eq!(again(&[]), None);
}

#[test]
fn sections_are_checked() {
    let build = |section: &str| (spec("nostr").unwrap().build)(&section.parse().unwrap());
    let wrong = |section: &str| build(section).unwrap_err().key;
    assert_eq!(build("").unwrap().ask(None, SEEN), Ask::Done);
    assert_eq!(wrong("base_url = 'relay.example'"), "base_url");
    assert_eq!(wrong("base_url = 'ftp://relay.example'"), "base_url");
    assert_eq!(wrong("tags = ['two words']"), "tags");
    assert_eq!(wrong("authors = ['lea']"), "authors");
    assert_eq!(wrong("search = ['']"), "search");
    assert_eq!(wrong("kinds = []"), "kinds");
    assert_eq!(wrong("look_back = 'long'"), "look_back");
    assert_eq!(wrong("web = 'njump'"), "web");
    let past = |section: &str| {
        let network = build(section).unwrap();
        let state = Cursor(format!(r#"{{"relay":{{"at":{}}}}}"#, SEEN.0));
        let request = match network.ask(Some(&state), SEEN) {
            Ask::Fetch(request) => request,
            _ => network.catch_up(Some(&state), SEEN).unwrap(),
        };
        String::from_utf8(request.body.unwrap()).unwrap()
    };
    insta::assert_snapshot!([
        past("everything = true\nkinds = [1]\nlook_back = '1h'"),
        past("tags = ['#Moka', 'moka']"),
        past("search = ['moka express']"),
        past("authors = ['npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg']"),
    ].join("\n"), @r##"
    ["REQ","past",{"kinds":[1],"limit":500,"since":1790096400,"until":1790100600}]
    ["REQ","past",{"#t":["moka","Moka"],"kinds":[1,30023],"limit":500,"since":1790013600,"until":1790100600}]
    ["REQ","past",{"kinds":[1,30023],"limit":500,"search":"moka express","since":1790013600,"until":1790100600}]
    ["REQ","past",{"authors":["7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e"],"kinds":[1,30023],"limit":500,"since":1790013600,"until":1790100600}]
    "##);
}

#[test]
fn posts_without_the_asked_work_are_left_out() {
    let strict = build("base_url = 'wss://relay.example'\ntags = ['moka']\nmin_work = 60");
    let note = live(&event("lea", 1_790_000_000, 1, "moka", &json!([])));
    let answer = Answer { body: note.into(), status: 200, seen: SEEN, ..Answer::default() };
    assert_eq!(strict.read(&answer, None).unwrap().posts, []);
}

#[test]
fn every_recorded_message_is_read() {
    let Some(files) = corpus::files("recorded/nostr", "jsonl") else { return };
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) = recorded::understand(build("").as_ref(), &recorded::answers(&bytes, None, &[]));
        assert_eq!(errors, []);
        let events: Vec<Value> = std::str::from_utf8(&bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["dir"] == "relay" && line["msg"][0] == "EVENT")
            .map(|line| line["msg"][2].clone())
            .collect();
        let of_kind = |kind: u16| events.iter().filter(|event| event["kind"] == kind).collect::<Vec<_>>();
        assert_eq!(page.posts.len(), of_kind(1).len());
        for (post, event) in page.posts.iter().zip(of_kind(1)) {
            assert_eq!(post.native_id, event["id"].as_str().unwrap());
            assert_eq!(post.text, event["content"].as_str().unwrap());
            assert_eq!(post.published.unwrap().0, event["created_at"].as_i64().unwrap() * 1000);
            assert_eq!(post.author_name(), event["pubkey"].as_str().unwrap());
        }
        assert_eq!(page.accounts.len(), of_kind(0).len());
        assert_eq!(page.deletions.len(), of_kind(5).len());
        println!("nostr: {} events of {}: {} posts", events.len(), file.display(), page.posts.len());
    }
}
