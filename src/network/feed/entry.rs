//! What a feed says, whatever its format, and how that becomes posts.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use url::Url;

use crate::html;
use crate::network::clean;
use crate::post::{Author, Counts, Kind, Media, NetworkName, Post};
use crate::time::Time;

/// Longest identifier kept as it is; a longer one is replaced by its hash.
const ID: usize = 512;
/// Most links, attachments and categories kept of one entry.
const LIST: usize = 100;

/// A piece of text with the address its links are relative to.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    pub(super) raw: String,
    /// Whether `raw` is markup.
    pub(super) html: bool,
    pub(super) base: Option<Url>,
}

impl Words {
    fn plain(&self) -> html::Plain {
        if self.html {
            html::read(&self.raw)
        } else {
            html::Plain { text: self.raw.clone(), ..html::Plain::default() }
        }
    }
}

/// Who wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: Option<String>,
    pub(super) uri: Option<String>,
}

/// One entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) id: Option<String>,
    pub(super) link: Option<String>,
    pub(super) title: Option<Words>,
    pub(super) text: Option<Words>,
    pub(super) summary: Option<Words>,
    pub(super) author: Option<Person>,
    pub(super) lang: Option<String>,
    pub(super) published: Option<Time>,
    pub(super) edited: Option<Time>,
    pub(super) reply_to: Option<String>,
    pub(super) video: bool,
    pub(super) counts: Counts,
    pub(super) media: Vec<Media>,
    pub(super) categories: Vec<String>,
}

/// A whole feed.
#[derive(Debug, Default)]
pub(super) struct Feed {
    pub(super) title: Option<String>,
    /// The address of the site, made absolute.
    pub(super) link: Option<String>,
    pub(super) author: Option<Person>,
    pub(super) entries: Vec<Entry>,
    /// Entries that were not read because there were too many.
    pub(super) beyond: usize,
    /// The pause that the feed asks for, in seconds.
    pub(super) pause: Option<u64>,
    /// Seconds until the hours and days are over that the feed wants left out.
    pub(super) rest: Option<u64>,
}

/// An address made absolute; one that cannot be stays as it is.
pub(super) fn resolve(base: Option<&Url>, address: &str) -> Option<String> {
    let address = clean::some_line(address, ID.saturating_mul(8))?;
    if Url::parse(&address).is_ok() {
        return Some(address);
    }
    let joined = base.and_then(|base| base.join(&address).ok()).map(String::from);
    Some(joined.unwrap_or(address))
}

/// The host of an address, without `www.`.
pub(super) fn domain(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}

/// A link as identity: without the parameters that only say where a click came from.
fn normalised(link: &str) -> String {
    let Ok(mut url) = Url::parse(link) else { return link.to_owned() };
    let noise =
        |key: &str| key.starts_with("utm_") || matches!(key, "fbclid" | "gclid" | "mc_cid" | "mc_eid");
    if url.query_pairs().any(|(key, _)| noise(&key)) {
        let kept: Vec<_> = url
            .query_pairs()
            .filter(|(key, _)| !noise(key))
            .map(|(a, b)| (a.into_owned(), b.into_owned()))
            .collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
    }
    url.into()
}

/// A short name for content that has no other.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Ids that several different entries share, which are therefore no ids.
fn reused(entries: &[Entry]) -> BTreeSet<&str> {
    let mut first: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let mut reused = BTreeSet::new();
    for entry in entries {
        let Some(id) = entry.id.as_deref() else { continue };
        // the link tells entries apart; where there is none, the title does
        let title = entry.title.as_ref().map_or("", |title| title.raw.as_str());
        let other = entry.link.as_deref().map_or(("", title), |link| (link, ""));
        if *first.entry(id).or_insert(other) != other {
            reused.insert(id);
        }
    }
    reused
}

impl Feed {
    /// The posts of the feed, in its order, none left out.
    pub(super) fn posts(&self, network: &NetworkName, address: &str) -> Vec<Post> {
        let site = self.link.as_deref().and_then(domain).or_else(|| domain(address));
        let reused = reused(&self.entries);
        let post = |entry: &Entry| {
            let id = entry.id.as_deref().filter(|id| !reused.contains(id));
            self.post(entry, id, network, site.as_deref())
        };
        self.entries.iter().map(post).collect()
    }

    fn post(&self, entry: &Entry, id: Option<&str>, network: &NetworkName, site: Option<&str>) -> Post {
        let text = entry.text.as_ref().or(entry.summary.as_ref());
        let plain = text.map(Words::plain).unwrap_or_default();
        let title = entry.title.as_ref().and_then(|title| clean::some_line(&title.plain().text, clean::LINE));
        let body = clean::text(&plain.text, clean::TEXT);
        let date = entry.published.or(entry.edited).map(|time| time.to_string()).unwrap_or_default();
        let native_id = match id.map(str::to_owned).or_else(|| entry.link.as_deref().map(normalised)) {
            Some(id) if id.len() <= ID => id,
            Some(long) => hash([long.as_str()]),
            None => hash([title.as_deref().unwrap_or_default(), &body, &date]),
        };
        let mut post = Post::new(network.clone(), native_id);
        post.permalink.clone_from(&entry.link);
        post.author = self.author(entry.author.as_ref(), site);
        post.title = title;
        if entry.text.is_some() {
            let summary =
                entry.summary.as_ref().map(|summary| clean::text(&summary.plain().text, clean::TEXT));
            post.summary = summary.filter(|summary| !summary.is_empty() && *summary != body);
        }
        post.text = body;
        post.html = text.filter(|text| text.html).map(|text| clean::text(&text.raw, clean::TEXT));
        post.lang.clone_from(&entry.lang);
        post.published = entry.published.or(entry.edited);
        post.edited = entry.edited;
        post.kind = if entry.video { Kind::Video } else { Kind::Article };
        post.reply_to.clone_from(&entry.reply_to);
        post.counts = entry.counts;
        let base = text.and_then(|text| text.base.as_ref());
        post.links = plain.links.iter().filter_map(|link| resolve(base, link)).take(LIST).collect();
        post.media = entry.media.iter().take(LIST).cloned().collect();
        for (source, alt) in plain.images.iter().filter(|(_, alt)| !alt.trim().is_empty()) {
            let url = resolve(base, source);
            if post.media.len() < LIST && !post.media.iter().any(|known| known.url == url) {
                let alt = clean::some_line(alt, clean::LINE);
                post.media.push(Media { url, kind: Some("image".to_owned()), alt });
            }
        }
        for category in &entry.categories {
            if let Some(category) = clean::some_line(category.trim_start_matches('#'), ID)
                && !post.hashtags.contains(&category)
                && post.hashtags.len() < LIST
            {
                post.hashtags.push(category);
            }
        }
        post
    }

    /// The author of the entry, else of the feed, else the feed itself under its title.
    fn author(&self, entry: Option<&Person>, site: Option<&str>) -> Option<Author> {
        let named = |person: &&Person| person.name.is_some() || person.uri.is_some();
        let person = entry.filter(named).or(self.author.as_ref().filter(named)).cloned().unwrap_or_default();
        let own = person.name.clone().filter(|_| named(&&person));
        let display = own.or_else(|| self.title.clone().filter(|_| person.uri.is_none()));
        let native_id = match (&person.uri, &display, site) {
            (Some(uri), _, _) => uri.clone(),
            (None, Some(name), Some(site)) => format!("{site}/{name}"),
            (None, Some(only), None) => only.clone(),
            (None, None, Some(only)) => only.to_owned(),
            (None, None, None) => return None,
        };
        let url = person.uri.filter(|uri| uri.starts_with("http"));
        Some(Author {
            native_id,
            handle: site.map(str::to_owned),
            display_name: display,
            url,
            ..Author::default()
        })
    }
}
