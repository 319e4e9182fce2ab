//! Sources: those written down, and those followed when none are, which is every network that needs no key,
//! asked for the brands.

use std::path::Path;

use super::SourceConfig;
use crate::document::{Section, nearest};
use crate::fold;
use crate::keyword::Brand;
use crate::network::{self, Spec};

/// News searches are made for this many brands at most: one request each, every quarter of an hour.
const NEWS: usize = 10;
/// Hashtags followed at most: a server bears one request in about thirty seconds.
const TAGS: usize = 20;

/// Reads one `[[source]]`, with every fault of it.
pub(super) fn read(section: &Section<'_, '_>, sources: &mut Vec<SourceConfig>) {
    let Some(network) = section.text("network") else {
        if section.value("network").is_none() {
            section.missing("network", &format!("name one of {}", names().join(", ")));
        }
        return;
    };
    let written = super::parts::filled(section, "name");
    let Some(spec) = network::spec(&network) else {
        if let Some(closed) = network::closed(&network) {
            let reason = format!("{network} cannot be heard: {}; instead: {}", closed.why, closed.instead);
            section.fault("network", reason);
            return;
        }
        let reason = match nearest(&network.to_lowercase(), &names()) {
            Some(near) => {
                format!("no network is called \"{}\"; did you mean \"{near}\"?", network.escape_debug())
            }
            None => {
                format!("no network is called \"{}\"; valid: {}", network.escape_debug(), names().join(", "))
            }
        };
        section.fault("network", reason);
        return;
    };
    let name = written.unwrap_or_else(|| {
        let taken = sources.iter().filter(|other| other.network == spec.name).count();
        if taken == 0 { spec.name.to_owned() } else { format!("{}-{}", spec.name, taken + 1) }
    });
    let budget = section.value("budget").and_then(|_| budget(section));
    section.finish(spec.keys, &name);
    let own = section.rest(&["network", "name", "budget"]);
    own_keys(section, spec, own.clone());
    if sources.iter().any(|other| other.name == name) {
        let shown = name.escape_debug();
        section.fault("name", format!("another source is called \"{shown}\" already; names must differ"));
        return;
    }
    let network = spec.name.to_owned();
    sources.push(SourceConfig { name, network, section: own, example: false, look_back: false, budget });
}

/// Tries the network's own keys until nothing more is wrong: it tells one fault at a time.
fn own_keys(section: &Section<'_, '_>, spec: &Spec, mut own: toml::Table) {
    own.retain(|key, _| spec.keys.contains(&key));
    while let Err(error) = (spec.build)(&own) {
        section.fault(&error.key, error.reason);
        if own.remove(&error.key).is_none() {
            return;
        }
    }
}

/// The most that a source may spend a day, in the unit of its network (dollars where that is money).
fn budget(section: &Section<'_, '_>) -> Option<u64> {
    let budget = section.number("budget", 1..=i64::MAX)?;
    u64::try_from(budget).ok()
}

fn names() -> Vec<&'static str> {
    network::ALL.iter().map(|spec| spec.name).collect()
}

fn source(name: &str, network: &str, look_back: bool, section: toml::Table) -> SourceConfig {
    let (name, network) = (name.to_owned(), network.to_owned());
    SourceConfig { name, network, section, example: false, look_back, budget: None }
}

/// The shipped capture as a source.
pub fn example(path: &Path) -> SourceConfig {
    let section = toml::Table::from_iter([("path".to_owned(), path.display().to_string().into())]);
    SourceConfig {
        name: "example".to_owned(),
        network: "capture".to_owned(),
        section,
        example: true,
        look_back: true,
        budget: None,
    }
}

/// Every network that needs no key. With `look_back`, what was said lately is read first.
pub fn usual(brands: &[Brand], look_back: bool) -> Vec<SourceConfig> {
    let mut sources = Vec::new();
    let period = if look_back { "7d" } else { "1h" };
    if look_back && let [only] = brands {
        // One name can be searched for; several are found among everything said.
        let section = toml::Table::from_iter([
            ("query".to_owned(), only.name.clone().into()),
            ("look_back".to_owned(), period.into()),
        ]);
        sources.push(source("hackernews", "hackernews", look_back, section));
    } else if look_back {
        for brand in brands.iter().take(NEWS) {
            let section = toml::Table::from_iter([
                ("query".to_owned(), brand.name.clone().into()),
                ("look_back".to_owned(), period.into()),
            ]);
            sources.push(source(&format!("hackernews-{}", brand.id), "hackernews", look_back, section));
        }
    } else {
        let section = toml::Table::from_iter([("look_back".to_owned(), period.into())]);
        sources.push(source("hackernews", "hackernews", look_back, section));
    }
    let mut bluesky = toml::Table::new();
    if look_back {
        bluesky.insert("look_back".to_owned(), "1h".into());
    }
    sources.push(source("bluesky", "bluesky", look_back, bluesky));
    let tags = hashtags(brands);
    if !tags.is_empty() {
        let section = toml::Table::from_iter([("tags".to_owned(), toml::Value::from(tags))]);
        sources.push(source("mastodon", "mastodon", look_back, section));
    }
    for brand in brands.iter().take(NEWS) {
        for (language, edition) in [("fr", "hl=fr&gl=FR&ceid=FR:fr"), ("en", "hl=en-US&gl=US&ceid=US:en")] {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("q", &format!("\"{}\"", brand.name));
            let address = format!("https://news.google.com/rss/search?{}&{edition}", query.finish());
            let section = toml::Table::from_iter([("url".to_owned(), address.into())]);
            sources.push(source(&format!("news-{}-{language}", brand.id), "feed", look_back, section));
        }
    }
    sources
}

/// The keywords as hashtags: without spaces and signs, as people write them.
fn hashtags(brands: &[Brand]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for keyword in brands.iter().flat_map(|brand| &brand.keywords) {
        let tag: String = fold::fold(keyword).chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
        if !tag.is_empty() && !tag.chars().all(|c| c.is_ascii_digit()) && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags.truncate(TAGS);
    tags
}

/// What the first look back of a source asks for, in words.
pub fn look_back(source: &SourceConfig) -> &'static str {
    match source.network.as_str() {
        "hackernews" => "7 days of stories and comments, a request for every thousand",
        "bluesky" => "the last hour of the public stream, about 100,000 messages",
        "mastodon" => "the newest page of each hashtag, one request each",
        "feed" => "what the news search lists now, one request",
        _ => "what it holds",
    }
}
