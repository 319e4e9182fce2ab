//! From a page to its feed, and from an address to the next: a small web that answers what a test says.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vigie::fetch::{Fetch, MOVED};
use vigie::network::{Answer, Ask, Cursor, Network, Page, Trouble};
use vigie::post::NetworkName;
use vigie::source::{Client, End, Event, Mode, Source, State, follow};
use vigie::time::{DAY, HOUR, Time};

use super::{configured, fixture, rss};
use crate::fetch::{clock, config};
use crate::server::{Reply, Server};

const START: Time = Time(1_792_500_000_000);

/// What a path answers.
#[derive(Clone)]
enum Thing {
    Page(String),
    Feed,
    Status(u16),
    /// Moved for good to another path.
    Moved(&'static str),
}

use Thing::{Feed, Moved, Status};

fn html(head: &str) -> Thing {
    Thing::Page(format!("<!doctype html><html><head>{head}</head><body>Velora</body></html>"))
}

/// A network that asks a small web, step by step, as the follower does.
struct Walk {
    network: Box<dyn Network>,
    web: BTreeMap<&'static str, Thing>,
    cursor: Option<Cursor>,
    now: Time,
    asked: Vec<String>,
}

impl Walk {
    fn new(url: &str, web: &[(&'static str, Thing)]) -> Walk {
        let network = configured(&format!("url = '{url}'"));
        Walk { network, web: web.iter().cloned().collect(), cursor: None, now: START, asked: Vec::new() }
    }

    fn thing(&self, url: &str) -> Thing {
        let path = url.strip_prefix("https://velora.example").unwrap_or(url);
        self.web.get(path).cloned().unwrap_or(Status(404))
    }

    /// One round: asks until there is nothing more to ask now. What it found, or why it ended.
    fn round(&mut self) -> Result<Page, (Trouble, String)> {
        self.asked.clear();
        for _ in 0..40 {
            let Ask::Fetch(request) = self.network.ask(self.cursor.as_ref(), self.now) else {
                panic!("asks")
            };
            self.asked.push(request.url.trim_start_matches("https://velora.example").to_owned());
            let mut answer = Answer {
                final_url: request.url.clone(),
                request,
                status: 200,
                seen: self.now,
                ..Answer::default()
            };
            let mut thing = self.thing(&answer.final_url);
            while let Moved(to) = thing {
                answer.final_url = format!("https://velora.example{to}");
                thing = self.thing(&answer.final_url);
                answer.headers.push((MOVED.to_owned(), "permanently".to_owned()));
            }
            match thing {
                Thing::Page(page) => answer.body = page.into_bytes(),
                Feed => answer.body = rss("<item><guid>1</guid></item>"),
                Status(status) => {
                    answer.status = status;
                    answer.final_url = String::new();
                    let salvaged = self.network.salvage(&answer, self.cursor.as_ref());
                    if let Some(cursor) = salvaged.and_then(|page| page.cursor) {
                        assert_ne!(Some(&cursor), self.cursor.as_ref());
                        self.cursor = Some(cursor);
                        continue;
                    }
                    let refused = self.network.refused(&answer, self.cursor.as_ref());
                    let trouble = refused.as_ref().map_or(Trouble::Unread, |error| error.trouble);
                    return Err((trouble, refused.map_or(status.to_string(), |error| error.to_string())));
                }
                Moved(_) => unreachable!(),
            }
            let page = self.network.read(&answer, self.cursor.as_ref());
            let page = page.map_err(|error| (error.trouble, error.to_string()))?;
            let moved = page.cursor.is_some() && page.cursor != self.cursor;
            self.cursor = page.cursor.clone().or(self.cursor.take());
            if !(page.more && moved) {
                return Ok(page);
            }
        }
        panic!("goes on for ever: {:?}", self.asked);
    }

    #[track_caller]
    fn finds(&mut self, asked: &[&str]) {
        let page = self.round().expect("a feed");
        assert_eq!(
            (page.posts.len(), self.asked.as_slice()),
            (1, &asked.iter().map(ToString::to_string).collect::<Vec<_>>()[..])
        );
    }
}

#[test]
fn a_page_leads_to_the_feed_of_its_posts() {
    let head = r#"<base href="/blog/">
        <link rel="alternate" type="application/json+oembed" href="/oembed">
        <link rel="alternate" type="application/json" href="https://velora.example/wp-json/wp/v2/pages/2">
        <link rel="alternate" type="application/rss+xml" title="Velora &raquo; Commentaires" href="comments/feed/">
        <link title="Velora &raquo; Flux" href="flux.xml" type="application/rss+xml; charset=utf-8" rel="home ALTERNATE">"#;
    let mut walk = Walk::new("https://velora.example/", &[("/", html(head)), ("/blog/flux.xml", Feed)]);
    walk.finds(&["/", "/blog/flux.xml"]);
    // remembered, with what the feed said
    walk.now = walk.now.plus(HOUR);
    walk.finds(&["/blog/flux.xml"]);
    let cursor = walk.cursor.clone().expect("a cursor");
    assert!(cursor.0.contains("https://velora.example/blog/flux.xml"), "{}", cursor.0);
    // another address of the same source starts over
    let other = configured("url = 'https://velora.example/other'");
    let Ask::Fetch(request) = other.ask(Some(&cursor), walk.now) else { panic!("asks") };
    assert_eq!(request.url, "https://velora.example/other");
}

#[test]
fn a_page_that_names_no_feed_is_followed_to_the_usual_places() {
    let mut walk = Walk::new("https://velora.example/blog", &[("/blog", html("")), ("/rss.xml", Feed)]);
    walk.finds(&[
        "/blog",
        "/blog/feed",
        "/blog/rss",
        "/blog/atom.xml",
        "/feed",
        "/rss",
        "/atom.xml",
        "/rss.xml",
    ]);
    walk.finds(&["/rss.xml"]);
    // pages at the usual places are not feeds either
    let web = [("/", html("")), ("/feed", html("")), ("/rss", Status(500)), ("/atom.xml", Feed)];
    Walk::new("https://velora.example/", &web).finds(&["/", "/feed", "/rss", "/atom.xml"]);
    // a site whose form is known
    let web = [("/@ana", html("")), ("/@ana.rss", Feed)];
    Walk::new("https://velora.example/@ana", &web).finds(&["/@ana", "/@ana.rss"]);
    let head = r#"<meta name="generator" content="Discourse 3.4">"#;
    let web = [("/", html(head)), ("/posts.rss", Feed)];
    Walk::new("https://velora.example/", &web).finds(&["/", "/posts.rss"]);
}

#[test]
fn a_site_without_any_feed_is_told_and_left_alone_for_hours() {
    let mut walk = Walk::new("https://velora.example/", &[("/", html(""))]);
    let (trouble, said) = walk.round().expect_err("no feed");
    assert_eq!((trouble, walk.asked.len()), (Trouble::Unread, 9), "{said}");
    assert!(said.contains("none stands at the usual addresses"), "{said}");
    // for hours only the page itself is looked at
    walk.web.insert("/?feed=rss2", Feed);
    walk.now = walk.now.plus(HOUR);
    walk.round().expect_err("not searched again so soon");
    assert_eq!(walk.asked, ["/"]);
    walk.now = walk.now.plus(6 * HOUR);
    walk.round().expect("a feed");
    assert_eq!((walk.asked.first().map(String::as_str), walk.asked.len()), (Some("/"), 9));
    let everywhere: Vec<_> =
        ["/", "/feed", "/rss", "/atom.xml", "/rss.xml", "/feed.xml", "/index.xml", "/feed/", "/?feed=rss2"]
            .map(|path| (path, html("")))
            .into();
    let (_, said) = Walk::new("https://velora.example/", &everywhere).round().expect_err("no feed");
    assert!(said.contains("none stands at the usual addresses"), "{said}");
}

#[test]
fn a_lost_feed_is_looked_for_again_where_it_was_found() {
    let named =
        |href: &str| html(&format!(r#"<link rel="alternate" type="application/atom+xml" href="{href}">"#));
    let mut walk = Walk::new("https://velora.example/", &[("/", named("/old.xml")), ("/old.xml", Feed)]);
    walk.finds(&["/", "/old.xml"]);
    walk.web.insert("/old.xml", Status(410));
    walk.web.insert("/", named("/new.xml"));
    walk.web.insert("/new.xml", Feed);
    walk.finds(&["/old.xml", "/", "/new.xml"]);
    // gone, and the page still names it: nothing is guessed, and it is tried again after a day
    walk.web.insert("/new.xml", Status(404));
    let (_, said) = walk.round().expect_err("lost");
    assert!(said.contains("it names a feed at https://velora.example/new.xml"), "{said}");
    assert_eq!(walk.asked, ["/new.xml", "/"]);
    walk.now = walk.now.plus(2 * DAY);
    walk.web.insert("/new.xml", Feed);
    walk.finds(&["/", "/new.xml"]);
    // not asked for days: the configured address may know better
    walk.now = walk.now.plus(3 * DAY);
    walk.finds(&["/", "/new.xml"]);
}

#[test]
fn a_page_in_place_of_a_feed_that_was_good_is_a_fault_of_the_site() {
    let mut walk = Walk::new("https://velora.example/feed", &[("/feed", Feed)]);
    walk.finds(&["/feed"]);
    walk.web.insert("/feed", html("<title>Just a moment</title>"));
    let (trouble, said) = walk.round().expect_err("no feed");
    assert_eq!((trouble, walk.asked.len()), (Trouble::Unread, 1), "{said}");
    walk.web.insert("/feed", Feed);
    walk.finds(&["/feed"]);
}

#[test]
fn a_move_for_good_counts_when_it_is_said_twice() {
    let mut walk = Walk::new("https://velora.example/a", &[("/a", Moved("/b")), ("/b", Feed), ("/c", Feed)]);
    walk.finds(&["/a"]);
    walk.web.insert("/a", Moved("/c"));
    walk.finds(&["/a"]);
    walk.finds(&["/a"]);
    walk.finds(&["/c"]);
    // what it moved to is lost: back to where it was
    walk.web.insert("/c", Status(404));
    walk.web.insert("/a", Feed);
    walk.finds(&["/c", "/a"]);
    // and a key in the address is never written down
    let mut walk =
        Walk::new("https://velora.example/k?token=c4n4ry", &[("/k?token=c4n4ry", Moved("/b")), ("/b", Feed)]);
    for _ in 0..3 {
        walk.finds(&["/k?token=c4n4ry"]);
        assert!(!walk.cursor.as_ref().expect("a cursor").0.contains("c4n4ry"));
    }
}

#[test]
fn gone_is_gone_and_missing_is_not() {
    let mut walk = Walk::new("https://velora.example/feed", &[("/feed", Status(410))]);
    let (trouble, said) = walk.round().expect_err("gone");
    assert_eq!(trouble, Trouble::Gone);
    assert!(said.contains("410") && said.contains("`url`"), "{said}");
    // never seen: the follower asks a person after some tries
    walk.web.insert("/feed", Status(404));
    assert_eq!(walk.round().expect_err("missing"), (Trouble::Unread, "404".to_owned()));
    walk.web.insert("/feed", Feed);
    walk.finds(&["/feed"]);
    walk.web.insert("/feed", Status(404));
    for later in [0, 20 * DAY] {
        walk.now = walk.now.plus(later);
        assert_eq!(walk.round().expect_err("missing").0, Trouble::Transient);
    }
    walk.now = walk.now.plus(20 * DAY);
    assert_eq!(walk.round().expect_err("missing for a month").0, Trouble::Unread);

    let youtube = "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv";
    for status in [404, 500] {
        let mut walk = Walk::new(youtube, &[(youtube, Status(status))]);
        let (trouble, said) = walk.round().expect_err("a bad day");
        assert_eq!(trouble, Trouble::Transient, "{said}");
    }
}

#[test]
fn a_channel_is_found_by_its_name() {
    let id = "UCabcdefghijklmnopqrstuv";
    let feed = "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv";
    for head in [
        format!(r#"<link rel="canonical" href="https://www.youtube.com/channel/{id}">"#),
        format!(r#"<meta itemprop="identifier" content="{id}">"#),
        format!(r#"<link rel="alternate" type="application/rss+xml" title="RSS" href="{feed}">"#),
    ] {
        let page = "https://www.youtube.com/@velora";
        let mut walk = Walk::new(page, &[(page, html(&head)), (feed, Feed)]);
        walk.network = configured("youtube_channel = '@velora'");
        walk.finds(&[page, feed]);
    }
    let podcast = "https://podcasts.apple.com/fr/podcast/jardin/id42";
    let lookup = Thing::Page(String::from_utf8(fixture("lookup.json")).expect("text"));
    let web = [
        ("https://itunes.apple.com/lookup?id=42&entity=podcast", lookup),
        ("https://jardin.example/flux.xml", Feed),
    ];
    Walk::new(podcast, &web)
        .finds(&["https://itunes.apple.com/lookup?id=42&entity=podcast", "https://jardin.example/flux.xml"]);
}

#[tokio::test]
async fn the_follower_finds_a_feed_in_one_round() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/" => Reply::ok("<!doctype html><html><head><title>Velora</title></head></html>"),
        "/rss" => Reply::ok(rss("<item><guid>1</guid></item>")),
        _ => Reply::status(404),
    })
    .await;
    let network: Arc<dyn Network> = configured(&format!("url = '{}'", server.url("/"))).into();
    let source = Source::new("velora", NetworkName::known("feed"), network);
    let (out, mut events) = mpsc::channel(100);
    let fetch = Arc::new(Fetch::new(config(), clock).expect("a client"));
    let client = Arc::new(Client::new(&source, fetch, out.clone(), clock));
    let end = follow(source, client, None, out, CancellationToken::new(), clock, Mode::Once).await;
    let (mut posts, mut states) = (0, Vec::new());
    while let Some(event) = events.recv().await {
        match event {
            Event::Page(delivery) => posts += delivery.page.posts.len(),
            Event::Status { state, .. } => states.push(state),
            Event::Spent { .. } => {}
        }
    }
    let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(
        (end, posts, asked.as_slice()),
        (End::Stopped, 1, &["/", "/feed", "/rss"].map(str::to_owned)[..])
    );
    assert_eq!(states, [State::Ok { posts: 1 }]);
}
