//! Feeds of sites with customs of their own, as `vigie read` sees them without knowing the address.

use vigie::network::Page;
use vigie::post::Kind;

use super::{fixture, read};

/// Reads a fixture as found in a file.
fn page(name: &str) -> Page {
    read(&fixture(name), &[], "").expect("a feed")
}

const SITES: &[&str] = &[
    "google_news.xml",
    "google_alerts.xml",
    "youtube.xml",
    "reddit.xml",
    "releases.xml",
    "mastodon_tag.xml",
    "mastodon_user.xml",
    "bluesky.xml",
    "discourse.xml",
    "stackexchange.xml",
    "podcast.xml",
    "reviews.xml",
];

#[test]
fn customs_of_sites_are_known() {
    for name in SITES {
        insta::assert_json_snapshot!(*name, page(name));
    }
}

#[test]
fn a_search_of_news_brings_headlines_and_publishers_only() {
    let page = page("google_news.xml");
    assert!(page.accounts.is_empty(), "a search is nobody");
    for post in &page.posts {
        let author = post.author.as_ref().expect("the publisher");
        assert!(
            post.text.is_empty() && post.html.is_none() && post.summary.is_none() && post.links.is_empty()
        );
        assert_ne!(author.handle.as_deref(), Some("news.google.com"));
        assert!(!post.title.as_deref().is_some_and(|title| title.ends_with("Ouest")), "{:?}", post.title);
    }
}

#[test]
fn an_alert_leads_to_the_page_itself_and_tells_nothing_of_its_owner() {
    let page = page("google_alerts.xml");
    let said = serde_json::to_string(&page).expect("a page is JSON");
    assert!(!said.contains("google.com/url") && !said.contains("01234567890123456789"), "{said}");
    assert_eq!(
        page.posts[0].permalink.as_deref(),
        Some("https://www.lephare.example/eco/molivelle-brive?id=12")
    );
}

#[test]
fn posts_that_reddit_has_emptied_are_deletions() {
    let page = page("reddit.xml");
    assert_eq!((page.posts.len(), page.deletions.len()), (3, 1));
    let kinds: Vec<Kind> = page.posts.iter().map(|post| post.kind).collect();
    assert_eq!(kinds, [Kind::Post, Kind::Post, Kind::Comment]);
    assert!(
        page.posts.iter().all(|post| !post.text.contains("submitted by") && !post.text.contains("[link]"))
    );
}

#[test]
fn entries_of_one_site_in_the_feed_of_another_keep_their_form() {
    // a feed that collects from many places: its first entries do not look alike
    let feed = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>Planète</title>
        <entry><id>yt:video:a</id><title>A - B</title><updated>2026-10-06T10:00:00Z</updated></entry>
        <entry><id>t3_b</id><title>B</title><updated>2026-10-06T10:00:00Z</updated></entry></feed>"#;
    let page = read(feed.as_bytes(), &[], "").expect("a feed");
    assert_eq!((page.posts[0].kind, page.posts[1].kind), (Kind::Article, Kind::Article));
    assert_eq!(page.accounts.len(), 1);
}
