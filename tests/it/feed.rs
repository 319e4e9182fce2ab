//! Feeds of every kind and quality, read as the daemon reads them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests stand outside test functions, where clippy does not allow them by itself"
)]

mod conformance;
mod found;
mod shortcuts;
mod sites;

use std::time::Duration;

use vigie::network::{Answer, Ask, Cursor, Network, Page, ReadError, Request};
use vigie::time::Time;

/// What Vigie understands of a body found at `url`.
fn read(body: &[u8], headers: &[(String, String)], url: &str) -> Result<Page, ReadError> {
    let spec = vigie::network::spec("feed").expect("the table has feeds");
    let network = (spec.build)(&toml::Table::new()).expect("no key is needed to read");
    let answer = Answer {
        request: Request::get(url),
        status: 200,
        headers: headers.to_vec(),
        final_url: url.to_owned(),
        body: body.to_vec(),
        seen: Time(1_767_571_200_000),
    };
    network.read(&answer, None)
}

/// A feed of ours, written in one of the forms in use.
fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/feed/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a fixture")
}

/// Reads a fixture from a plausible address.
fn page(name: &str) -> Page {
    read(&fixture(name), &[], "https://flux.example/dir/feed").expect("a feed")
}

const FIXTURES: &[&str] = &["rss2.xml", "atom.xml", "feed.json", "rss1.xml", "broken.xml"];

#[test]
fn our_fixtures_are_understood() {
    for name in FIXTURES {
        insta::assert_json_snapshot!(*name, page(name));
    }
}

/// A feed as configured, and an answer of it.
fn configured(keys: &str) -> Box<dyn Network> {
    let spec = vigie::network::spec("feeds").expect("the alias works");
    (spec.build)(&keys.parse().expect("keys")).expect("a good section")
}

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    Answer {
        request: Request::get("https://flux.example/a"),
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.to_vec(),
        seen: Time(1_767_571_200_000),
        ..Answer::default()
    }
}

fn asked(network: &dyn Network, cursor: Option<&Cursor>) -> Vec<(String, String)> {
    let Ask::Fetch(request) = network.ask(cursor, Time(0)) else { panic!("a request") };
    request.headers.into_iter().filter(|(name, _)| name.starts_with("if-")).collect()
}

#[test]
fn an_unchanged_feed_is_asked_for_with_its_own_words() {
    let network = configured("url = 'https://flux.example/a'");
    assert!(asked(&*network, None).is_empty());
    let headers = [
        ("etag", "W/\"1\""),
        ("last-modified", "Mon, 05 Jan 2026 00:00:00 +0000"),
        ("cache-control", "public, max-age=7200"),
    ];
    let page =
        network.read(&answer(200, &headers, &rss("<item><guid>1</guid></item>")), None).expect("a feed");
    assert_eq!(page.pause, Some(Duration::from_secs(7_200)));
    let expected = [("if-none-match", "W/\"1\""), ("if-modified-since", "Mon, 05 Jan 2026 00:00:00 +0000")];
    let sent = asked(&*network, page.cursor.as_ref());
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let same = network.read(&answer(304, &[], b""), page.cursor.as_ref()).expect("not modified");
    assert_eq!((same.posts.len(), same.cursor, same.pause), (0, None, page.pause));
    let moved = configured("url = 'https://flux.example/b'");
    assert!(asked(&*moved, page.cursor.as_ref()).is_empty());
    for status in [404, 410, 500] {
        let error = network.read(&answer(status, &[], b"<html>"), None).expect_err("no feed").to_string();
        assert!(error.contains(&status.to_string()), "{error}");
    }
    assert_eq!(
        (configured("").ask(None, Time(0)), configured("every = '2h'").pace()),
        (Ask::Done, Duration::from_secs(7_200))
    );
}

#[test]
fn a_feed_says_how_often_it_wants_to_be_asked() {
    let network = configured("url = 'https://flux.example/a'");
    // the answer arrives on Monday 5 January 2026 at midnight UTC
    for (meta, seconds) in [
        ("<ttl>60</ttl>", Some(3_600)),
        ("<ttl>1</ttl>", None),
        ("<ttl>99999999</ttl>", Some(86_400)),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", Some(21_600)),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", None),
        ("<skipHours><hour>0</hour><hour>1</hour></skipHours>", Some(7_200)),
        ("<skipDays><day>Monday</day></skipDays>", Some(86_400)),
        ("<skipDays><day>Tuesday</day></skipDays>", None),
        ("<skipHours><hour>5</hour></skipHours>", None),
        // the next request would fall into the hour that is left out
        ("<ttl>300</ttl><skipHours><hour>5</hour><hour>6</hour></skipHours>", Some(7 * 3_600)),
        ("<ttl>60 minutes</ttl>", Some(3_600)),
    ] {
        let page = network.read(&answer(200, &[], &rss(meta)), None).expect("a feed");
        assert_eq!(page.pause.map(|pause| pause.as_secs()), seconds, "{meta}");
        let same = network.read(&answer(304, &[], b""), page.cursor.as_ref()).expect("not modified");
        assert_eq!(same.pause, page.pause, "remembered: {meta}");
    }
}

#[test]
fn http_says_how_long_an_answer_is_good() {
    let network = configured("url = 'https://flux.example/a'");
    for (headers, seconds) in [
        (&[("cache-control", "public, max-age=7200")][..], Some(7_200)),
        (&[("cache-control", "max-age=7200"), ("age", "3600")], Some(3_600)),
        (&[("cache-control", "no-store, max-age=0")], None),
        (&[("cache-control", "s-maxage=7200")], None),
        (&[("cache-control", "max-age=99999999")], Some(86_400)),
        (&[("expires", "Mon, 05 Jan 2026 02:00:00 GMT")], Some(7_200)),
        // the server's clock is an hour ahead
        (
            &[("expires", "Mon, 05 Jan 2026 03:00:00 GMT"), ("date", "Mon, 05 Jan 2026 01:00:00 GMT")],
            Some(7_200),
        ),
        (&[("expires", "0")], None),
        (&[("expires", "Thu, 01 Jan 1970 00:00:00 GMT")], None),
        (&[("cache-control", "max-age=60"), ("retry-after", "3600")], Some(3_600)),
    ] {
        let page = network.read(&answer(200, headers, &rss("")), None).expect("a feed");
        assert_eq!(page.pause.map(|pause| pause.as_secs()), seconds, "{headers:?}");
    }
    let slow = configured("url = 'https://flux.example/a'\nevery = '168h'");
    let page = slow.read(&answer(200, &[("cache-control", "max-age=60")], &rss("")), None).expect("a feed");
    assert_eq!(page.pause, None);
}

#[test]
fn hubs_are_noted() {
    let network = configured("url = 'https://flux.example/a'");
    let link = [("link", "</a>; rel=self, <https://hub.example/>; rel=\"hub\"")];
    let inside = rss("<atom:link rel='hub' href='https://hub.example/'/><atom:link rel='self' href='/a'/>");
    for (headers, body) in [(&link[..], rss("")), (&[], inside)] {
        let page = network.read(&answer(200, headers, &body), None).expect("a feed");
        let cursor = page.cursor.expect("a cursor").0;
        assert!(
            cursor.contains(r#""hub":"https://hub.example/","topic":"https://flux.example/a""#),
            "{cursor}"
        );
    }
}

#[track_caller]
fn refused(body: &[u8], expected: &str) {
    let error = read(body, &[], "https://flux.example/").expect_err("no feed").to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_is_no_feed_is_refused_in_words() {
    refused(
        &fixture("page.html"),
        "a web page, not a feed; it names a feed at https://velora.example/blog/flux.xml",
    );
    refused(b"<html><body>Velora</body></html>", "a web page, not a feed, and it names no feed");
    refused(b"", "empty");
    refused(b"  \n\0", "empty");
    refused(b"hello", "neither RSS, Atom nor JSON Feed");
    refused(br#"{"error": "no"}"#, "no JSON Feed");
    refused(br#"{"items": [{"id": "#, "broken JSON at line 1");
    refused(b"<rss><channel><title>Le Ph", "cut off before its first item");
    let empty =
        read(b"<rss><channel><title>x</title></channel></rss>", &[], "").expect("an empty feed is a feed");
    assert!(empty.posts.is_empty());
}

/// The body of an RSS feed around these items.
fn rss(items: &str) -> Vec<u8> {
    format!("<rss version='2.0'><channel><title>Velora</title>{items}</channel></rss>").into_bytes()
}

fn texts(body: &[u8]) -> Vec<String> {
    read(body, &[], "https://flux.example/")
        .expect("a feed")
        .posts
        .into_iter()
        .map(|post| post.text)
        .collect()
}

#[test]
fn no_feed_can_make_vigie_big() {
    let laughs: String = std::iter::once("<!ENTITY a0 'ha'>".to_owned())
        .chain((1..30).map(|at| format!("<!ENTITY a{at} '{}'>", format!("&a{};", at - 1).repeat(10))))
        .collect();
    let bomb = format!(
        "<!DOCTYPE rss [{laughs}]><rss><channel><item><description>&a29;</description></item></channel></rss>"
    );
    assert_eq!(texts(bomb.as_bytes()), ["&a29;"]);
    let wide = format!(
        "<!DOCTYPE rss [<!ENTITY a '{}'>]><rss><channel><item><description>{}</description></item></channel></rss>",
        "x".repeat(250),
        "&a;".repeat(100_000)
    );
    assert!(texts(wide.as_bytes()).iter().all(|text| text.len() < 1_500_000));

    let many = rss(&"<item><guid>a</guid></item>".repeat(200_000));
    let page = read(&many, &[], "https://flux.example/").expect("a feed");
    assert_eq!(page.posts.len(), 1_000);
    let missed = page.missed.expect("items were left out");
    assert!(missed.reason.contains("199000"), "{}", missed.reason);
    assert!(missed.from < missed.to);
    let list = format!(
        r#"{{"version":"https://jsonfeed.org/version/1","items":[{}{{"id":"z"}}]}}"#,
        r#"{"id":"a"},"#.repeat(200_000)
    );
    let page = read(list.as_bytes(), &[], "").expect("a feed");
    assert_eq!((page.posts.len(), page.missed.is_some()), (1_000, true));

    for deep in [
        "<a>",
        "<item>",
        "<channel>",
        "<media:group>",
        "<![CDATA[",
        "<!--",
        "<?x ",
        "<author>",
        "&amp",
        "<a b='",
        "]]>",
    ] {
        let body = rss(&format!("<item><title>t</title>{}", deep.repeat(100_000)));
        read(&body, &[], "").expect("what could be read");
    }
    read(r#"{"items":["#.repeat(100_000).as_bytes(), &[], "").expect_err("no feed");
    let title = rss(&format!("<item><title>{}</title></item>", "Velora ".repeat(150_000)));
    let title = read(&title, &[], "").expect("a feed").posts.remove(0).title.expect("a title");
    assert!(title.chars().count() <= 2_001);
}

#[test]
fn controls_and_strange_bytes_do_no_harm() {
    let odd = rss(
        "<item><title>Ve\0lo\u{1}ra \u{202e}live\u{202c}\n\u{7f}</title><description>a\u{8}\tb</description></item>",
    );
    let post = read(&odd, &[], "").expect("a feed").posts.remove(0);
    assert_eq!((post.title.as_deref(), post.text.as_str()), (Some("Velora live"), "a\tb"));
    let bytes = b"<rss><item><title>caf\xe9 \xff\xfe</title></item></rss>";
    assert_eq!(read(bytes, &[], "").expect("a feed").posts[0].title.as_deref(), Some("café ÿþ"));
}

#[test]
fn any_cut_and_any_flipped_byte_is_survived() {
    let survive = |whole: Vec<u8>| {
        for end in 0..whole.len() {
            read(&whole[..end], &[], "https://flux.example/").ok();
            if end % 3 == 0 {
                let mut flipped = whole.clone();
                flipped[end] ^= [0x01, 0x20, 0x80, 0xff][end / 3 % 4];
                read(&flipped, &[], "https://flux.example/").ok();
            }
        }
    };
    std::thread::scope(|scope| {
        for name in FIXTURES.iter().chain(&["page.html"]) {
            scope.spawn(|| survive(fixture(name)));
        }
    });
}

proptest::proptest! {
    #[test]
    fn any_soup_of_signs_is_survived(soup in r#"(<|>|/|&|;|#|'|"|=|!|-|\[|\]|CDATA|DOCTYPE|rss|item|title|xml|:|é|\?| |\{|1){0,60}"#) {
        read(format!("<rss><item>{soup}").as_bytes(), &[], "").ok();
        read(soup.as_bytes(), &[], "").ok();
    }
}

#[test]
fn a_page_that_blocks_is_tried_again_and_a_bare_refusal_asks_a_person() {
    let network = configured("url = \"https://flux.example/a\"");
    let blocked = network.refused(&answer(403, &[], b"<!doctype html><title>Just a moment</title>"), None);
    assert_eq!(blocked.map(|error| error.trouble), Some(vigie::network::Trouble::BlockPage));
    assert_eq!(network.refused(&answer(403, &[], b"{}"), None), None);
}

#[test]
fn several_authors_an_end_and_what_a_feed_says_of_itself_are_kept() {
    let feed = r#"<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
        <channel><title>Notes de Velmora</title><language>fr-ca</language>
        <lastBuildDate>Mon, 02 Nov 2026 10:00:00 GMT</lastBuildDate><dcterms:created>2019-03-04T05:06:07Z</dcterms:created>
        <item><guid>a1</guid><title>Soldes</title><dc:creator>Ana Brume</dc:creator><dc:creator>Léo Vance</dc:creator>
        <dc:creator>Ana Brume</dc:creator><author>desk@velmora.example</author>
        <expirationDate>Tue, 03 Nov 2026 10:00:00 GMT</expirationDate></item></channel></rss>"#;
    let page = read(feed.as_bytes(), &[], "https://velmora.example/flux").expect("a feed");
    let post = &page.posts[0];
    let name = |author: &vigie::post::Author| author.display_name.clone().unwrap_or_default();
    assert_eq!(post.author.as_ref().map(name).as_deref(), Some("Ana Brume"));
    assert_eq!(post.coauthors.iter().map(name).collect::<Vec<_>>(), ["Léo Vance"]);
    assert_eq!(post.expires, Time::parse("2026-11-03T10:00:00Z"));
    let account = &page.accounts[0];
    assert_eq!(
        (name(&account.author).as_str(), account.author.lang.as_deref()),
        ("Notes de Velmora", Some("fr-ca"))
    );
    assert_eq!(account.at, Time::parse("2026-11-02T10:00:00Z"));
    assert_eq!(account.author.created, Time::parse("2019-03-04T05:06:07Z"));
    assert!(
        !serde_json::to_string(&page).expect("JSON").contains("desk@"),
        "a mail address beside a name is not kept"
    );
    let feed = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "Notes", "language": "en",
        "items": [{"id": "1", "content_text": "Hello", "authors": [{"name": "Ana"}, {"name": "Léo"}]}]}"#;
    let page = read(feed.as_bytes(), &[], "https://velmora.example/flux.json").expect("a feed");
    assert_eq!(page.posts[0].coauthors.iter().map(name).collect::<Vec<_>>(), ["Léo"]);
    assert_eq!(page.accounts[0].author.lang.as_deref(), Some("en"));
}
