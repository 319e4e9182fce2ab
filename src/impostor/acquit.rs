//! Who is beyond suspicion: the brand's own accounts, accounts under its domains, accounts that a network
//! linked to its domains, partners that it names.

use serde::{Deserialize, Serialize};

use crate::keyword::{Brand, OfficialAccount};
use crate::post::{Author, NetworkName};

/// Why an account is beyond suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acquittal {
    /// The brand's file lists it under `official`.
    Declared,
    /// Its handle is one of the brand's domains, or stands under one.
    Domain,
    /// The network checked a link of its profile that leads to one of the brand's domains.
    VerifiedLink,
    /// The brand's file lists it under `partners`.
    Partner,
}

impl Acquittal {
    /// The word used in answers and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Acquittal::Declared => "declared",
            Acquittal::Domain => "domain",
            Acquittal::VerifiedLink => "verified_link",
            Acquittal::Partner => "partner",
        }
    }
}

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
        "bluesky" => Some(handle.trim_start_matches('@').to_owned()),
        "mastodon" | "lemmy" => match handle.trim_start_matches('@').rsplit_once('@') {
            Some((_, server)) => Some(server.to_owned()),
            // An account of the server that was asked; its profile address names that server.
            None => author.url.as_deref().and_then(host),
        },
        _ => None,
    }
}

/// Whether the account says of itself, with nobody to check it, that a domain of the brand is its home: a feed names
/// any address as its site.
pub(super) fn says_home(brand: &Brand, network: &NetworkName, author: &Author) -> bool {
    network.as_str() == "feed" && author.handle.as_deref().is_some_and(|handle| owns(brand, handle))
}

/// Whether the brand's file says that the account is its own.
pub(super) fn is_declared(brand: &Brand, network: &NetworkName, author: &Author) -> bool {
    listed(&brand.official, network, author)
}

/// Whether a list of the brand's file names the account.
pub(super) fn listed(list: &[OfficialAccount], network: &NetworkName, author: &Author) -> bool {
    let names = [author.handle.as_deref(), Some(author.native_id.as_str())];
    names
        .into_iter()
        .flatten()
        .filter(|name| !name.is_empty())
        .any(|name| list.iter().any(|official| is_official(official, network.as_str(), name)))
}

/// Why the account is the brand's own, or one that it knows; `None` when nothing says so.
pub(super) fn why(brand: &Brand, network: &NetworkName, author: &Author) -> Option<Acquittal> {
    let handle = author.handle.as_deref().unwrap_or_default();
    let at = network.as_str();
    if brand.official.iter().any(|official| !handle.is_empty() && is_official(official, at, handle)) {
        Some(Acquittal::Declared)
    } else if home(at, author, handle).is_some_and(|home| owns(brand, &home)) {
        Some(Acquittal::Domain)
    } else if author.verified_links.iter().filter_map(|link| host(link)).any(|host| owns(brand, &host)) {
        Some(Acquittal::VerifiedLink)
    } else if listed(&brand.partners, network, author) {
        Some(Acquittal::Partner)
    } else {
        None
    }
}
