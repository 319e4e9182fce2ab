//! What a feed says, whatever its format, and how that becomes posts.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use url::Url;

use super::pause::Skip;
use super::sanitize;
use crate::html;
use crate::network::clean;
use crate::post::{Account, Author, Counts, Deletion, Gone, Kind, Media, NetworkName, Post};
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
    /// The words without markup.
    pub(super) fn text(&self) -> String {
        if self.html { html::to_text(&self.raw) } else { self.raw.clone() }
    }

    fn plain(&self) -> html::Plain {
        if self.html {
            html::read(&self.raw)
        } else {
            html::Plain { text: self.raw.clone(), ..html::Plain::default() }
        }
    }
}

/// Who wrote it, or published it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Person {
    /// What the site itself knows them by, where it says.
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) uri: Option<String>,
    /// Their name in addresses; else it is the site.
    pub(super) handle: Option<String>,
    pub(super) avatar: Option<String>,
}

impl Person {
    /// Somebody known by a name, an address or both.
    pub(super) fn known(name: Option<String>, uri: Option<String>) -> Option<Person> {
        (name.is_some() || uri.is_some()).then(|| Person { name, uri, ..Person::default() })
    }
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
    /// Who else wrote it.
    pub(super) others: Vec<Person>,
    /// Where a collection took it from: the name and address of a publication.
    pub(super) source: Option<Person>,
    pub(super) lang: Option<String>,
    pub(super) published: Option<Time>,
    pub(super) edited: Option<Time>,
    pub(super) expires: Option<Time>,
    pub(super) reply_to: Option<String>,
    pub(super) root: Option<String>,
    pub(super) kind: Kind,
    pub(super) rating: Option<u8>,
    pub(super) counts: Counts,
    pub(super) media: Vec<Media>,
    /// Links beside those in the text.
    pub(super) links: Vec<String>,
    pub(super) categories: Vec<String>,
    /// Whether the site says that this was taken away.
    pub(super) gone: bool,
}

/// A whole feed.
#[derive(Debug, Default)]
pub(super) struct Feed {
    pub(super) title: Option<String>,
    /// The address of the site, made absolute.
    pub(super) link: Option<String>,
    pub(super) author: Option<Person>,
    /// Who else writes it.
    pub(super) others: Vec<Person>,
    /// The language of what it says of itself.
    pub(super) lang: Option<String>,
    /// When it began, and when it last changed.
    pub(super) created: Option<Time>,
    pub(super) changed: Option<Time>,
    /// What the feed says of itself.
    pub(super) about: Option<String>,
    /// Its picture.
    pub(super) image: Option<String>,
    /// Its own identifier.
    pub(super) id: Option<String>,
    /// The program that wrote it.
    pub(super) generator: Option<String>,
    pub(super) entries: Vec<Entry>,
    /// Entries that were not read because there were too many.
    pub(super) beyond: usize,
    /// The pause that the feed asks for, in seconds.
    pub(super) pause: Option<u64>,
    /// The hours and days that the feed wants left out.
    pub(super) skip: Skip,
    /// A hub that would push it (`WebSub`), and the address it knows the feed by.
    pub(super) hub: Option<String>,
    pub(super) own: Option<String>,
    /// Whether it lists what many wrote in many places, so that it is nobody's account.
    pub(super) collection: bool,
}

/// Schemes of addresses that may be shown: they lead somewhere and run nothing.
const SCHEMES: &[&str] = &[
    "acct", "at", "dat", "did", "doi", "facetime", "feed", "ftp", "ftps", "gemini", "geo", "git", "gopher",
    "http", "https", "imap", "info", "ipfs", "irc", "ircs", "magnet", "mailto", "mms", "news", "nntp",
    "nostr", "pcast", "podcast", "rsync", "rtmp", "rtsp", "sftp", "sip", "sips", "sms", "spotify", "ssh",
    "svn", "tag", "tel", "urn", "webcal", "wss", "xmpp",
];

/// An address made absolute; one that cannot be stays as it is, and one that would run something is none.
pub(super) fn resolve(base: Option<&Url>, address: &str) -> Option<String> {
    let address = clean::some_line(address, ID.saturating_mul(8))?;
    match Url::parse(&address) {
        Ok(url) => SCHEMES.contains(&url.scheme()).then_some(address),
        Err(_) => {
            let joined = base.and_then(|base| base.join(&address).ok()).map(String::from);
            Some(joined.unwrap_or(address))
        }
    }
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
    /// The posts of the feed, in its order, none left out but those that are gone.
    pub(super) fn posts(&self, network: &NetworkName, address: &str) -> Vec<Post> {
        let site = self.site(address);
        let reused = reused(&self.entries);
        let post = |entry: &Entry| {
            let id = entry.id.as_deref().filter(|id| !reused.contains(id));
            self.post(entry, id, network, site.as_deref())
        };
        self.entries.iter().filter(|entry| !entry.gone).map(post).collect()
    }

    /// What the feed says was taken away.
    pub(super) fn deletions(&self, network: &NetworkName) -> Vec<Deletion> {
        let gone = self.entries.iter().filter(|entry| entry.gone).filter_map(|entry| entry.id.clone());
        gone.map(|id| Deletion { network: network.clone(), gone: Gone::Post(id), at: None }).collect()
    }

    /// Whom the feed belongs to, where it belongs to somebody: the publication, and its author.
    pub(super) fn accounts(&self, network: &NetworkName, address: &str) -> Vec<Account> {
        if self.collection {
            return Vec::new();
        }
        let site = self.site(address);
        let words = [&self.title, &self.about, &self.link, &self.image, &self.lang, &self.id];
        let says = words.iter().any(|said| said.is_some()) || self.created.or(self.changed).is_some();
        // what has no title goes by its own identifier
        let id = self.id.clone().filter(|id| self.title.is_none() && id.len() <= ID);
        let itself = Some(Person { id, ..Person::default() }).filter(|_| says);
        let itself = itself.and_then(|nobody| self.author(&nobody, site.as_deref()));
        let itself = itself.map(|author| Author {
            bio: self.about.clone(),
            avatar: self.image.clone(),
            url: self.link.clone().filter(|link| link.starts_with("http")),
            created: self.created,
            lang: self.lang.clone(),
            ..author
        });
        let person = self.author.as_ref().and_then(|person| self.author(person, site.as_deref()));
        let (itself, person) = match (itself, person) {
            // a person's own feed is that person
            (Some(itself), Some(person)) if person.url.is_some() && person.url == itself.url => {
                let avatar = person.avatar.or(itself.avatar);
                let (created, lang) = (itself.created, itself.lang);
                (Some(Author { bio: itself.bio, avatar, created, lang, ..person }), None)
            }
            (Some(itself), Some(person)) if person.native_id == itself.native_id => (Some(itself), None),
            both => both,
        };
        let others = self.others.iter().filter_map(|person| self.author(person, site.as_deref()));
        let account = |author, at| Account { network: network.clone(), author, status: None, at };
        let itself = itself.map(|author| account(author, self.changed));
        itself
            .into_iter()
            .chain(person.into_iter().chain(others).map(|author| account(author, None)))
            .collect()
    }

    /// The host whose feed this is.
    fn site(&self, address: &str) -> Option<String> {
        self.link.as_deref().and_then(domain).or_else(|| domain(address))
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
        let known = |person: &&Person| person.name.is_some() || person.uri.is_some();
        let person = entry.author.as_ref().filter(known).or(self.author.as_ref().filter(known));
        post.author = self.author(person.unwrap_or(&Person::default()), site);
        post.coauthors = entry.others.iter().filter_map(|person| self.author(person, site)).collect();
        post.title = title;
        if entry.text.is_some() {
            let summary =
                entry.summary.as_ref().map(|summary| clean::text(&summary.plain().text, clean::TEXT));
            post.summary = summary.filter(|summary| !summary.is_empty() && *summary != body);
        }
        post.text = body;
        let base = text.and_then(|text| text.base.as_ref());
        let safe = |text: &Words| sanitize::clean(&clean::text(&text.raw, clean::TEXT), base);
        post.html = text.filter(|text| text.html).map(safe).filter(|html| !html.is_empty());
        post.lang.clone_from(&entry.lang);
        post.published = entry.published.or(entry.edited);
        post.edited = entry.edited;
        post.expires = entry.expires;
        post.kind = entry.kind;
        post.reply_to.clone_from(&entry.reply_to);
        post.root.clone_from(&entry.root);
        post.rating = entry.rating;
        post.counts = entry.counts;
        post.links = links(entry, text, &plain);
        post.media = media(entry, &plain, base);
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

    /// This person, or the feed itself under its title when nobody is named.
    fn author(&self, person: &Person, site: Option<&str>) -> Option<Author> {
        let display = person.name.clone().or_else(|| self.title.clone().filter(|_| person.uri.is_none()));
        let native_id = match (person.id.as_ref().or(person.uri.as_ref()), &display, site) {
            (Some(own), _, _) => own.clone(),
            (None, Some(name), Some(site)) => format!("{site}/{name}"),
            (None, Some(only), None) => only.clone(),
            (None, None, Some(only)) => only.to_owned(),
            (None, None, None) => return None,
        };
        Some(Author {
            native_id,
            handle: person.handle.clone().or_else(|| site.map(str::to_owned)),
            display_name: display,
            avatar: person.avatar.clone(),
            url: person.uri.clone().filter(|uri| uri.starts_with("http")),
            ..Author::default()
        })
    }
}

/// Where the text leads, and where the entry says it leads.
fn links(entry: &Entry, text: Option<&Words>, plain: &html::Plain) -> Vec<String> {
    let base = text.and_then(|text| text.base.as_ref());
    let mut found: Vec<String> = Vec::new();
    let bare = text.filter(|text| !text.html).map(|text| bare_links(&text.raw)).unwrap_or_default();
    let said = entry.links.iter().chain(&plain.links).chain(&bare);
    for link in said.filter(|link| !link.starts_with('#')).filter_map(|link| resolve(base, link)) {
        if found.len() < LIST && !found.contains(&link) {
            found.push(link);
        }
    }
    found
}

/// Web addresses written out in words.
fn bare_links(text: &str) -> Vec<String> {
    let starts = text.match_indices("http").filter(|(at, _)| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(|one| !one.is_alphanumeric())
    });
    let link = |(at, _): (usize, &str)| {
        let rest = text.get(at..)?;
        let ends = |one: char| one.is_whitespace() || matches!(one, '<' | '>' | '"' | '\u{201d}');
        let end = rest.char_indices().take(ID).find(|(_, one)| ends(*one)).map(|(end, _)| end);
        let link = rest.get(..end.unwrap_or(rest.len()))?;
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '…', '»']);
        // a bracket that closes what stands before the address
        let link = if link.contains('(') { link } else { link.trim_end_matches(')') };
        let url = Url::parse(link).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| host.contains('.')))
            .then(|| link.to_owned())
    };
    starts.take(LIST.saturating_mul(4)).filter_map(link).collect()
}

/// Attachments, and pictures of the text that have words.
fn media(entry: &Entry, plain: &html::Plain, base: Option<&Url>) -> Vec<Media> {
    let mut media: Vec<Media> = entry.media.iter().take(LIST).cloned().collect();
    for (source, alt) in plain.images.iter().filter(|(_, alt)| !alt.trim().is_empty()) {
        let Some(url) = resolve(base, source) else { continue };
        if media.len() < LIST && !media.iter().any(|known| known.url.as_ref() == Some(&url)) {
            let alt = clean::some_line(alt, clean::LINE);
            media.push(Media { url: Some(url), kind: Some("image".to_owned()), alt });
        }
    }
    media
}
