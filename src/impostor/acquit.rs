//! Who is beyond suspicion: the brand's own accounts, accounts under its domains, accounts that a network
//! linked to its domains.

use crate::keyword::{Brand, OfficialAccount};
use crate::post::{Author, NetworkName};

/// The server that a network takes for granted when a handle names none.
fn default_server(network: &str) -> Option<&'static str> {
    match network {
        "bluesky" => Some(".bsky.social"),
        "mastodon" => Some("@mastodon.social"),
        _ => None,
    }
}

/// A handle as it is compared: no `@` before it, no case, no default server.
fn bare(network: &str, handle: &str) -> String {
    let handle = handle.trim().trim_start_matches('@').to_lowercase();
    let short = default_server(network).and_then(|server| handle.strip_suffix(server)).map(str::to_owned);
    short.unwrap_or(handle)
}

fn is_official(official: &OfficialAccount, network: &str, handle: &str) -> bool {
    match &official.network {
        Some(at) => at.as_str() == network && bare(network, &official.handle) == bare(network, handle),
        // Declared for every network, it says nothing about servers: whoever owns a name on one of them
        // need not be the brand.
        None => official
            .handle
            .trim_start_matches('@')
            .eq_ignore_ascii_case(handle.trim().trim_start_matches('@')),
    }
}

/// Whether `host` is one of the brand's domains or stands under one.
fn owns(brand: &Brand, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_lowercase();
    brand.domains.iter().any(|domain| {
        host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

fn host(link: &str) -> Option<String> {
    url::Url::parse(link.trim()).ok()?.host_str().map(str::to_owned)
}

/// The host that the account's handle proves, where the network proves one.
fn home(network: &str, author: &Author, handle: &str) -> Option<String> {
    match network {
        // Who publishes a feed is called by the host of its site; the feed was chosen, or found by a search engine.
        "bluesky" | "feed" => Some(handle.trim_start_matches('@').to_owned()),
        "mastodon" | "lemmy" => match handle.trim_start_matches('@').rsplit_once('@') {
            Some((_, server)) => Some(server.to_owned()),
            // An account of the server that was asked; its profile address names that server.
            None => author.url.as_deref().and_then(host),
        },
        _ => None,
    }
}

/// Whether the brand's file says that the account is its own.
pub(super) fn is_declared(brand: &Brand, network: &NetworkName, author: &Author) -> bool {
    let names = [author.handle.as_deref(), Some(author.native_id.as_str())];
    names
        .into_iter()
        .flatten()
        .filter(|name| !name.is_empty())
        .any(|name| brand.official.iter().any(|official| is_official(official, network.as_str(), name)))
}

/// Whether the account is the brand's own.
pub(super) fn is_own(brand: &Brand, network: &NetworkName, author: &Author) -> bool {
    let network = network.as_str();
    let handle = author.handle.as_deref().unwrap_or_default();
    brand.official.iter().any(|official| !handle.is_empty() && is_official(official, network, handle))
        || home(network, author, handle).is_some_and(|home| owns(brand, &home))
        || author.verified_links.iter().filter_map(|link| host(link)).any(|host| owns(brand, &host))
}
