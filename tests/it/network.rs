//! What every network promises, checked over every entry of the table.
//!
//! A network brings answers of its own in `tests/fixtures/NAME/` and, where the kit must know more, notes
//! beside the folder in `tests/fixtures/NAME.toml`. Nothing else is needed to be checked here.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde::Deserialize;
use url::Url;
use vigie::network::{ALL, Answer, Ask, Cursor, Network, Page, ReadError, Request, Spec, recorded, spec};
use vigie::time::Time;

use crate::corpus::broken;

/// A moment after every fixture: 20 October 2026.
const NOW: Time = Time(1_792_500_000_000);
/// Nothing here takes a tenth of this; whoever does is going round in circles.
const DEADLINE: Duration = Duration::from_secs(240);
/// More answers than any round of asking about one and the same page may take.
const LONGEST_ROUND: usize = 200;
/// Answers that hold nothing, of any network.
const NOTHING: &[&str] =
    &["", " \r\n", "[]", "{}", "null", "{\"items\":[]}", "{\"data\":[]}", "{\"posts\":[],\"hits\":[]}"];
/// Text that no network understands.
const SCRAPS: &[&str] = &[
    "<html><body>Please wait</body></html>",
    "{\"error\":\"nobody is at home\"}",
    "{\"message\":",
    "[{\"id\":1}]",
    "[[[[[[[[",
    "\u{feff}hello",
    "0",
];

/// What the kit must know of a network beside its answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Notes {
    /// The keys of a source that asks for something.
    section: toml::Table,
    /// Fixtures that must be refused.
    refused: Vec<String>,
    /// Good answers without any post.
    empty: Vec<String>,
}

/// One network, with its fixtures.
struct Kit {
    spec: &'static Spec,
    notes: Notes,
    fixtures: Vec<(String, Vec<u8>)>,
}

impl Kit {
    fn of(spec: &'static Spec) -> Kit {
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let notes = match std::fs::read_to_string(fixtures.join(format!("{}.toml", spec.name))) {
            Ok(text) => toml::from_str(&text).unwrap(),
            Err(_) => Notes::default(),
        };
        let folder = fixtures.join(spec.name);
        let entries = folder.read_dir().unwrap_or_else(|_| panic!("{} has no fixtures", spec.name));
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let read = |path: &PathBuf| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())
        };
        Kit { spec, notes, fixtures: files.iter().map(read).collect() }
    }

    fn built(&self, section: &toml::Table) -> Box<dyn Network> {
        (self.spec.build)(section).unwrap_or_else(|error| panic!("{}: {error}", self.spec.name))
    }

    /// A source that has no keys at all: it reads files.
    fn plain(&self) -> Box<dyn Network> {
        self.built(&toml::Table::new())
    }

    /// A source that asks.
    fn asking(&self) -> Box<dyn Network> {
        self.built(&self.notes.section)
    }

    /// The answers in one of the files.
    fn answers(file: &[u8]) -> Vec<Answer> {
        let mut answers = recorded::answers(file, None, &[]);
        answers.iter_mut().filter(|answer| answer.seen == Time::default()).for_each(|one| one.seen = NOW);
        answers
    }

    /// Everything that the fixtures hold, as answers to what `network` asks first.
    fn bodies(&self) -> impl Iterator<Item = Vec<u8>> {
        self.fixtures.iter().flat_map(|(_, file)| Kit::answers(file)).map(|answer| answer.body)
    }

    /// Every cursor that reading the fixtures in turn brings.
    fn cursors(&self, network: &dyn Network) -> Vec<Cursor> {
        let mut cursors: Vec<Cursor> = Vec::new();
        for body in self.bodies() {
            let read = network.read(&answer(network, cursors.last(), body), cursors.last());
            cursors.extend(read.ok().and_then(|page| page.cursor));
        }
        cursors.dedup();
        let plays = matches!(network.ask(None, NOW), Ask::Play(_) | Ask::Done);
        assert!(plays || !cursors.is_empty(), "no fixture of {} moves the cursor", self.spec.name);
        cursors
    }
}

/// `body` as the answer to what `network` asks next.
fn answer(network: &dyn Network, cursor: Option<&Cursor>, body: impl Into<Vec<u8>>) -> Answer {
    let request = match network.ask(cursor, NOW) {
        Ask::Fetch(request) => request,
        Ask::Lines(lines) => lines.request,
        Ask::Listen(_) | Ask::Play(_) | Ask::Done => Request::default(),
    };
    Answer { request, status: 200, body: body.into(), seen: NOW, ..Answer::default() }
}

/// Checks every network on a thread of its own, so that one that never ends is named.
#[track_caller]
fn check(promise: fn(&Kit)) {
    let (done, ends) = mpsc::channel();
    for spec in ALL {
        let done = done.clone();
        let run = move || {
            let end = catch_unwind(AssertUnwindSafe(|| promise(&Kit::of(spec))));
            drop(done.send((spec.name, end)));
        };
        thread::Builder::new().name(spec.name.to_owned()).spawn(run).unwrap();
    }
    let mut open: BTreeSet<&str> = ALL.iter().map(|spec| spec.name).collect();
    while !open.is_empty() {
        let (name, end) = ends.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("{open:?} never end"));
        open.remove(name);
        if let Err(panic) = end {
            println!("{name} broke its promise");
            resume_unwind(panic);
        }
    }
}

#[test]
fn names_are_told_apart() {
    let mut names = BTreeSet::new();
    for entry in ALL {
        for name in std::iter::once(&entry.name).chain(entry.aliases) {
            assert!(names.insert(*name), "two networks are called {name}");
            assert!(name.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit()), "{name}");
            assert_eq!(spec(name).map(|found| found.name), Some(entry.name));
        }
        assert!(!entry.about.is_empty() && !entry.about.ends_with('.'), "{}: {}", entry.name, entry.about);
    }
}

#[test]
fn sections_are_checked() {
    check(|kit| {
        let (network, spec) = (kit.spec.name, kit.spec);
        kit.plain();
        kit.asking();
        let wrong = |key: &str, value: toml::Value| {
            let error = (spec.build)(&toml::Table::from_iter([(key.to_owned(), value)]));
            error.err().unwrap_or_else(|| panic!("{network} accepts any {key}")).to_string()
        };
        let said = wrong("colour_of_the_sky", "blue".into());
        assert!(said.contains("colour_of_the_sky"), "{network}: {said}");
        // the list of keys in the table and the type that reads them say the same
        for key in spec.keys {
            let said = wrong(key, vec![toml::Table::new()].into());
            assert!(!said.contains("unknown"), "{network}: {said}");
        }
        for key in kit.notes.section.keys() {
            assert!(spec.keys.contains(&key.as_str()), "{network}: {key}");
        }
    });
}

#[test]
fn fixtures_are_understood() {
    check(|kit| {
        let mut posts = 0;
        for (name, file) in &kit.fixtures {
            let said = format!("{} {name}", kit.spec.name);
            let read = || {
                let (page, errors) = recorded::understand(kit.plain().as_ref(), &Kit::answers(file));
                (page, errors.iter().map(ReadError::to_string).collect::<Vec<_>>())
            };
            let (page, errors) = read();
            assert_eq!(kit.notes.refused.contains(name), !errors.is_empty(), "{said}: {errors:?}");
            assert_eq!(
                (&page, &errors),
                (&read().0, &read().1),
                "{said} is read differently the second time"
            );
            for post in page.posts.iter().chain(&page.edits) {
                assert!(!post.native_id.trim().is_empty(), "{said}: {post:?}");
            }
            posts += page.posts.len();
        }
        assert!(posts > 0, "{}: no fixture has a post", kit.spec.name);
        for name in &kit.notes.refused {
            assert!(kit.fixtures.iter().any(|(found, _)| found == name), "{} {name}", kit.spec.name);
        }
    });
}

#[test]
fn an_answer_without_posts_never_starts_over() {
    check(|kit| {
        let network = kit.asking();
        let start = network.ask(None, NOW);
        for cursor in kit.cursors(network.as_ref()) {
            let stands = network.ask(Some(&cursor), NOW) != start;
            let good = kit.notes.empty.iter().map(String::as_str);
            for (body, must_read) in
                NOTHING.iter().map(|body| (*body, false)).chain(good.map(|body| (body, true)))
            {
                let said = format!("{} at {} reads {body:?}", kit.spec.name, cursor.0);
                let page = match network.read(&answer(network.as_ref(), Some(&cursor), body), Some(&cursor)) {
                    Ok(page) => page,
                    Err(error) => {
                        assert!(!must_read, "{said}: {error}");
                        continue;
                    }
                };
                assert_eq!((page.posts.len(), page.edits.len()), (0, 0), "{said}");
                if body.trim().is_empty() {
                    assert_eq!(page.cursor, None, "{said}");
                }
                let after = page.cursor.as_ref().unwrap_or(&cursor);
                assert!(!stands || network.ask(Some(after), NOW) != start, "{said} and starts over");
            }
        }
    });
}

#[test]
fn broken_answers_never_panic() {
    check(|kit| {
        let network = kit.asking();
        let cursor = kit.cursors(network.as_ref()).pop();
        for (at, body) in kit.bodies().enumerate() {
            for broken in broken(&body).step_by(3 + body.len() / 500) {
                let as_asked = answer(network.as_ref(), cursor.as_ref(), broken);
                drop(network.read(&as_asked, cursor.as_ref()));
                let status = [200, 404, 500][at % 3];
                let bare = Answer { request: Request::default(), status, ..as_asked };
                drop(network.read(&bare, None));
            }
        }
    });
}

/// Bytes from nowhere, and pieces of good answers in the wrong order.
fn garbage(bodies: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let piece = (0..bodies.len(), any::<u16>(), any::<u16>()).prop_map(move |(which, from, length)| {
        let body = &bodies[which];
        let from = usize::from(from) % (body.len() + 1);
        let end = (from + usize::from(length) % 600).min(body.len());
        body[from..end].to_vec()
    });
    let pieces = prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat());
    prop_oneof![prop::collection::vec(any::<u8>(), 0..800), pieces]
}

#[test]
fn garbage_never_panics_and_every_round_ends() {
    check(|kit| {
        let network = kit.asking();
        let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
        let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let round = |body: &[u8]| {
            let mut cursor = None;
            for _ in 0..LONGEST_ROUND {
                let read = network.read(&answer(network.as_ref(), cursor.as_ref(), body), cursor.as_ref());
                let Ok(page) = read else { return true };
                cursor = page.cursor.or(cursor);
                if !page.more {
                    return true;
                }
            }
            false
        };
        let bodies: Vec<Vec<u8>> = kit.bodies().collect();
        for body in bodies.iter().map(Vec::as_slice).chain(SCRAPS.iter().map(|scrap| scrap.as_bytes())) {
            assert!(round(body), "{} asks for ever: {}", kit.spec.name, String::from_utf8_lossy(body));
        }
        let mut runner = TestRunner::new_with_rng(config, seed);
        let ran = runner.run(&garbage(bodies), |body| {
            prop_assert!(round(&body));
            drop(recorded::understand(network.as_ref(), &recorded::answers(&body, None, &[])));
            Ok(())
        });
        ran.unwrap_or_else(|error| panic!("{}: {error}", kit.spec.name));
    });
}

#[test]
fn cursors_are_read_back_and_bad_ones_start_over() {
    check(|kit| {
        let network = kit.asking();
        let start = network.ask(None, NOW);
        for bad in ["", "null", "0", "\"x\"", "{", "{}", "\0", "true", "[[]]", "{\"time\":{}}"] {
            let asked = network.ask(Some(&Cursor(bad.to_owned())), NOW);
            assert_eq!(asked, start, "{} at {bad:?}", kit.spec.name);
        }
        let body = kit.bodies().next().unwrap_or_default();
        for cursor in kit.cursors(network.as_ref()) {
            let kept = serde_json::to_string(&cursor).unwrap();
            assert_eq!(serde_json::from_str::<Cursor>(&kept).unwrap(), cursor);
            for broken in broken(cursor.0.as_bytes()) {
                let odd = Cursor(String::from_utf8_lossy(&broken).into_owned());
                drop(network.read(&answer(network.as_ref(), Some(&odd), body.clone()), Some(&odd)));
            }
            for moment in [i64::MIN, -1, 0, i64::MAX] {
                network.ask(Some(&cursor), Time(moment));
                network.ask(None, Time(moment));
            }
        }
    });
}

/// What nobody may ever read in a mail, a log or an error.
const SECRET: &str = "c4n4ry";

/// The same answer, from an address and with headers that hold a secret.
fn with_secrets(mut answer: Answer) -> Answer {
    let mut url = Url::parse(&answer.request.url)
        .unwrap_or_else(|_| Url::parse("https://net.example/dir/page?a=1").unwrap());
    url.set_username("user").unwrap();
    url.set_password(Some(SECRET)).unwrap();
    url.query_pairs_mut().append_pair("access_token", SECRET);
    answer.request.url = url.to_string();
    answer.final_url = answer.request.url.clone();
    answer.request.headers.push(("authorization".to_owned(), format!("Bearer {SECRET}")));
    answer.headers.push(("set-cookie".to_owned(), format!("session={SECRET}")));
    answer
}

#[test]
fn no_secret_is_told() {
    check(|kit| {
        let network = kit.asking();
        let cursor = kit.cursors(network.as_ref()).pop();
        let scraps = NOTHING.iter().chain(SCRAPS).map(|scrap| scrap.as_bytes().to_vec());
        let mut refusals = 0;
        for body in kit.bodies().flat_map(|body| [body[..body.len() / 2].to_vec(), body]).chain(scraps) {
            for status in [200, 401, 403, 404, 410, 429, 503] {
                let asked = answer(network.as_ref(), cursor.as_ref(), body.clone());
                let read = network.read(&with_secrets(Answer { status, ..asked }), cursor.as_ref());
                let said = match read {
                    Ok(page) => serde_json::to_string(&Page { cursor: None, ..page }).unwrap(),
                    Err(error) => {
                        refusals += 1;
                        format!("{error} {error:?}")
                    }
                };
                assert!(!said.contains(SECRET), "{}: {said}", kit.spec.name);
            }
        }
        assert!(refusals > 0, "{} reads everything", kit.spec.name);
    });
}

/// Networks that speak alike: what one says the other may understand.
const KIN: &[&[&str]] = &[&["facebook", "instagram", "threads"]];

#[test]
fn the_answers_of_another_network_are_refused() {
    let kits: Vec<Kit> = ALL.iter().map(Kit::of).collect();
    // what holds posts, as its own network reads it; documents in XML are read wherever feeds are
    let mut spoken: Vec<(&str, Vec<u8>)> = Vec::new();
    for kit in &kits {
        let plain = kit.plain();
        for body in kit.bodies().filter(|body| matches!(body.trim_ascii().first(), Some(b'{' | b'['))) {
            let read = plain.read(&Answer { body: body.clone(), seen: NOW, ..Answer::default() }, None);
            if read.is_ok_and(|page| page.posts.len() > 1) {
                spoken.push((kit.spec.name, body));
            }
        }
    }
    assert!(spoken.len() > 20, "only {} bodies", spoken.len());
    let mut taken = BTreeSet::new();
    for kit in &kits {
        let network = kit.asking();
        let name = kit.spec.name;
        if !matches!(network.ask(None, NOW), Ask::Fetch(_)) {
            continue;
        }
        for (other, body) in &spoken {
            let alike = KIN.iter().any(|kin| kin.contains(&name) && kin.contains(other));
            let read = || network.read(&answer(network.as_ref(), None, body.clone()), None);
            if *other != name && !alike && read().is_ok_and(|page| !page.more || !page.posts.is_empty()) {
                taken
                    .insert(format!("{name} takes what {other} says: {:.80}", String::from_utf8_lossy(body)));
            }
        }
    }
    assert!(taken.is_empty(), "{}", Vec::from_iter(taken).join("\n"));
}
