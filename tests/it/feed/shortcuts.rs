//! Named feeds in the configuration: which address each asks, and what is said of wrong ones.

use vigie::network::{Ask, BuildError, spec};
use vigie::time::Time;

use super::configured;

#[track_caller]
fn asks(keys: &str, expected: &str) {
    let Ask::Fetch(request) = configured(keys).ask(None, Time(0)) else { panic!("asks nothing: {keys}") };
    assert_eq!(request.url, expected, "{keys}");
}

#[test]
fn each_name_leads_to_its_feed() {
    asks(
        "google_news = '\"Velora\" when:1d'\nedition = 'fr-FR'",
        "https://news.google.com/rss/search?q=%22Velora%22+when%3A1d&hl=fr&gl=FR&ceid=FR:fr",
    );
    asks("google_news = 'Velora'", "https://news.google.com/rss/search?q=Velora&hl=en-US&gl=US&ceid=US:en");
    asks(
        "google_alerts = 'https://www.google.com/alerts/feeds/0123/456'",
        "https://www.google.com/alerts/feeds/0123/456",
    );
    asks(
        "youtube_channel = 'UCabcdefghijklmnopqrstuv'",
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv",
    );
    asks(
        "youtube_playlist = 'UULFabcdefghijklmnopqrstuv'",
        "https://www.youtube.com/feeds/videos.xml?playlist_id=UULFabcdefghijklmnopqrstuv",
    );
    asks("reddit = 'r/velora+brume'", "https://www.reddit.com/r/velora+brume/new/.rss?limit=100");
    asks("reddit_search = 'velora'", "https://www.reddit.com/search.rss?q=velora&sort=new&limit=100");
    asks(
        "reddit_search = 'velora'\nreddit = 'r/jardin'",
        "https://www.reddit.com/r/jardin/search.rss?q=velora&restrict_sr=on&sort=new&limit=100",
    );
    asks("releases = 'velora/app'", "https://github.com/velora/app/releases.atom");
    asks("releases = 'gitlab.com/velora/app'", "https://gitlab.com/velora/app/-/releases.atom");
    asks("releases = 'codeberg.org/velora/app'", "https://codeberg.org/velora/app/releases.atom");
    asks("discourse = 'forum.velora.example'", "https://forum.velora.example/posts.rss");
    asks("mastodon_tag = '#velora@social.example'", "https://social.example/tags/velora.rss");
    asks("url = 'feed://velora.example/flux'", "https://velora.example/flux");
    asks("url = 'https://github.com/velora/app'", "https://github.com/velora/app/releases.atom");
    asks(
        "releases = 'velora/app'\nbase_url = 'http://127.0.0.1:8080/forge'",
        "http://127.0.0.1:8080/forge/velora/app/releases.atom",
    );
}

fn refused(keys: &str) -> BuildError {
    let spec = spec("feed").expect("the table has feeds");
    (spec.build)(&keys.parse().expect("keys")).expect_err("a wrong section")
}

#[test]
fn wrong_keys_are_named_and_explained() {
    let told: Vec<String> = [
        "url = 'velora'",
        "every = 'often'",
        "every = '1s'",
        "urls = 'x'",
        "url = 'https://velora.example/'\ngoogle_news = 'velora'",
        "reddit = 'r/velora'\nreleases = 'velora/app'",
        "edition = 'fr-FR'\nurl = 'https://velora.example/'",
        "google_news = ''",
        "google_news = 'x'\nedition = 'français'",
        "google_alerts = 'https://velora.example/'",
        "youtube_channel = 'velora'",
        "youtube_playlist = 'x'",
        "reddit = 'velora'",
        "reddit_search = 'x'\nreddit = 'u/ana'",
        "releases = 'velora'",
        "discourse = 'velora'",
        "mastodon_tag = 'velora'",
        "url = 'https://velora.example/'\nbase_url = 'https://velora.example/'",
        "releases = 'velora/app'\nbase_url = 'velora'",
        "releases = 3",
    ]
    .map(|keys| refused(keys).to_string())
    .into();
    insta::assert_snapshot!("wrong keys of feeds", told.join("\n"));
}

#[test]
fn a_private_address_is_shown_nowhere() {
    for keys in [
        "google_alerts = 'https://www.google.com/alerts/feeds/c4n4ry/1'",
        "url = 'https://www.reddit.com/.rss?feed=c4n4ry&user=ana'",
    ] {
        let network = configured(keys);
        assert!(!format!("{network:?}").contains("c4n4ry"));
    }
    let error = refused("google_alerts = 'https://c4n4ry.example/'").to_string();
    assert!(!error.contains("c4n4ry"), "{error}");
    assert_eq!(spec("feed").expect("feeds").secrets[0].key, "url");
}

#[test]
fn reddit_is_left_alone_whoever_asks_for_its_feeds() {
    let rest = |keys: &str| configured(keys).host_rest().map(|rest| rest.as_secs());
    assert_eq!(rest("reddit = 'r/velora'"), Some(65));
    assert_eq!(rest("url = 'https://old.reddit.com/r/velora/.rss'"), Some(65));
    assert_eq!(rest("url = 'https://reddit.com.example/r/velora/.rss'"), None);
    assert_eq!(rest("google_news = 'Velora'"), None);
}
