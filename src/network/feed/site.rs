//! Sites whose feeds need reading rules of their own, recognised by what their feeds say, whatever the address.

use url::Url;

use super::entry::{Entry, Feed, Words, domain};

mod forum;
mod google;
mod reddit;
mod social;

/// A site with customs of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Site {
    GoogleNews,
    GoogleAlerts,
    YouTube,
    Reddit,
    GitHub,
    Mastodon,
    Bluesky,
    Discourse,
    StackExchange,
    AppStore,
}

/// Applies the customs of the site that wrote this feed.
pub(super) fn apply(feed: &mut Feed, address: Option<&Url>) {
    let Some(site) = of(feed, address) else { return };
    let host = feed.link.as_deref().and_then(domain).or_else(|| Some(address?.host_str()?.to_owned()));
    feed.collection = !matches!(site, Site::YouTube | Site::Bluesky);
    match site {
        Site::GoogleNews => each(feed, google::news),
        Site::GoogleAlerts => each(feed, google::alert),
        Site::YouTube => social::youtube(feed),
        Site::Reddit => each(feed, reddit::entry),
        Site::GitHub => each(feed, forum::release),
        Site::Mastodon => social::mastodon(feed),
        Site::Bluesky => social::bluesky(feed),
        Site::Discourse => {
            let host = host.unwrap_or_default();
            each(feed, |entry| forum::discourse(entry, &host));
        }
        Site::StackExchange => each(feed, forum::question),
        Site::AppStore => each(feed, forum::review),
    }
}

fn each(feed: &mut Feed, rule: impl Fn(&mut Entry)) {
    feed.entries.iter_mut().for_each(rule);
}

/// Whether a host is this site or a part of it.
fn is_of(host: &str, site: &str) -> bool {
    host == site || host.strip_suffix(site).is_some_and(|before| before.ends_with('.'))
}

/// Which site wrote the feed.
fn of(feed: &Feed, address: Option<&Url>) -> Option<Site> {
    let address = address.map(Url::as_str);
    let said = [address, feed.own.as_deref(), feed.link.as_deref()];
    let hosts: Vec<String> = said.into_iter().flatten().filter_map(domain).collect();
    let at = |site: &str| hosts.iter().any(|host| is_of(host, site));
    let generator = feed.generator.as_deref().unwrap_or_default();
    let id = feed.id.as_deref().unwrap_or_default();
    // most entries look alike; the first few say which
    let first = || feed.entries.iter().take(3);
    let all = |is: fn(&str) -> bool| {
        let mut ids = first().map(|entry| entry.id.as_deref().unwrap_or_default()).peekable();
        ids.peek().is_some() && ids.all(is)
    };
    let mut links = first().filter_map(|entry| entry.link.as_deref());
    if generator.starts_with("NFE/") || at("news.google.com") {
        Some(Site::GoogleNews)
    } else if all(|id| id.contains(":googlealerts/feed:"))
        || (at("google.com") && said.into_iter().flatten().any(|one| one.contains("/alerts/feeds/")))
        || (id.starts_with("tag:google.com,") && id.contains("/alerts/"))
    {
        Some(Site::GoogleAlerts)
    } else if id.starts_with("yt:") || all(|id| id.starts_with("yt:video:")) {
        Some(Site::YouTube)
    } else if all(reddit::is_name) && (at("reddit.com") || links.any(reddit::is_link)) {
        Some(Site::Reddit)
    } else if all(|id| id.starts_with("tag:github.com,2008:")) {
        Some(Site::GitHub)
    } else if generator.starts_with("Mastodon") {
        Some(Site::Mastodon)
    } else if all(|id| id.starts_with("at://")) {
        Some(Site::Bluesky)
    } else if all(forum::is_discourse) {
        Some(Site::Discourse)
    } else if first().any(|entry| entry.rating.is_some()) {
        Some(Site::AppStore)
    } else if first().any(|entry| entry.counts.score.is_some()) {
        Some(Site::StackExchange)
    } else {
        None
    }
}

/// Replaces the text of an entry by this part of its markup.
fn set_text(entry: &mut Entry, raw: &str) {
    let base = entry.text.take().or_else(|| entry.summary.take()).and_then(|text| text.base);
    entry.summary = None;
    let raw = raw.trim().to_owned();
    entry.text = (!raw.is_empty()).then_some(Words { raw, html: true, base });
}

/// The markup or words of an entry.
fn raw(entry: &Entry) -> &str {
    entry.text.as_ref().or(entry.summary.as_ref()).map_or("", |text| text.raw.as_str())
}
