//! Accounts that pose as a brand: who looks like one, and presents itself as one.
//!
//! Pure: names in, suspicions out. A likeness alone is watched, never alerted: people share names, squatters
//! sleep, fans say so. Each suspicion lists its signals with what was written and how it reads.

mod acquit;
mod data;
mod describe;
mod evidence;
mod name;
mod near;
mod reading;
mod scan;

use serde::{Deserialize, Serialize};

use crate::keyword::{Brand, BrandId};
use crate::post::{Author, NetworkName};

pub use describe::describe;
use evidence::Evidence;
use name::{Name, Origin};
use reading::LIMIT;
use scan::Finder;

/// Characters read of what an account says of itself.
const BIO_LIMIT: usize = 1_000;

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Remembered, looked at again when its profile changes.
    Watch,
    /// In the list and the digest.
    Review,
    /// Worth a mail at once.
    Alert,
}

impl Level {
    /// The word used in storage, lists and exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Watch => "watch",
            Level::Review => "review",
            Level::Alert => "alert",
        }
    }
}

/// One thing that speaks for or against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Its stable name.
    pub name: String,
    /// Hundredths of log-odds points.
    pub points: i32,
    /// The string as written.
    pub raw: String,
    /// The string as compared.
    pub folded: String,
}

/// One account held against one brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicion {
    /// The brand it may pose as.
    pub brand: BrandId,
    /// How sure.
    pub level: Level,
    /// Sum of the points.
    pub score: i32,
    /// Whether it looks like the brand.
    pub likeness: bool,
    /// Whether it presents itself as the brand.
    pub claim: bool,
    /// What the score is made of.
    pub signals: Vec<Signal>,
}

/// All brands, compiled.
#[derive(Debug)]
pub struct Lookout {
    brands: Vec<Brand>,
    finder: Finder,
}

/// The names under which a brand can be copied.
fn names(place: usize, brand: &Brand) -> Vec<Name> {
    let handles = brand.official.iter().map(|official| {
        let handle = official.handle.trim_start_matches('@');
        (Origin::Official, handle.split(['@', '.']).next().unwrap_or_default())
    });
    let domains = brand.domains.iter().map(|domain| (Origin::Domain, site(domain)));
    let keywords = brand.keywords.iter().map(|keyword| (Origin::Keyword, keyword.as_str()));
    let all =
        std::iter::once((Origin::Name, brand.name.as_str())).chain(domains).chain(handles).chain(keywords);
    let mut names: Vec<Name> = Vec::new();
    for name in all.filter_map(|(origin, text)| Name::new(place, origin, text)) {
        if names.iter().all(|known| known.reading.key != name.reading.key) {
            names.push(name);
        }
    }
    names
}

/// The part of a domain that is the brand's: `acme` in `acme.example` and `www.acme.co.uk`.
fn site(domain: &str) -> &str {
    let mut parts = domain.rsplit('.').skip(1);
    let last = parts.next().unwrap_or(domain);
    if last.len() <= 3 { parts.next().filter(|part| *part != "www").unwrap_or(last) } else { last }
}

impl Lookout {
    /// Compiles brands.
    pub fn new(brands: &[Brand]) -> Lookout {
        let names = brands.iter().enumerate().flat_map(|(place, brand)| names(place, brand)).collect();
        Lookout { brands: brands.to_vec(), finder: Finder::new(names) }
    }

    /// Whether a brand says that this account is its own.
    pub fn is_official(&self, network: &NetworkName, author: &Author) -> bool {
        self.brands.iter().any(|brand| acquit::is_declared(brand, network, author))
    }

    /// What is suspicious about an account; nothing for nearly all.
    ///
    /// Weighs every brand that the names of the account come near, the surest first.
    pub fn judge(&self, network: &NetworkName, author: &Author) -> Vec<Suspicion> {
        let handle = handle_text(network, author.handle.as_deref().unwrap_or_default());
        let handle = self.finder.scan(&handle, LIMIT);
        let display = self.finder.scan(author.display_name.as_deref().unwrap_or_default(), LIMIT);
        let mut places = Vec::new();
        self.finder.brands(&handle, &mut places);
        self.finder.brands(&display, &mut places);
        // Only a bare title of a help desk is worth reading the profile of a stranger for.
        let title = display.first().is_some_and(scan::Scan::is_title);
        if places.is_empty() && !title {
            return Vec::new();
        }
        let bio = self.finder.scan(author.bio.as_deref().unwrap_or_default(), BIO_LIMIT);
        if title {
            self.finder.named(&bio, &mut places);
        }
        places.sort_unstable();
        places.dedup();
        // What is one brand's own account is no other brand's impostor.
        if self.brands.iter().any(|brand| acquit::is_own(brand, network, author)) {
            return Vec::new();
        }
        let mut suspicions: Vec<Suspicion> = places
            .into_iter()
            .filter_map(|place| {
                let brand = self.brands.get(place)?;
                Evidence {
                    finder: &self.finder,
                    brand,
                    place,
                    network,
                    author,
                    handle: &handle,
                    display: &display,
                    bio: &bio,
                    title,
                }
                .weigh()
            })
            .collect();
        suspicions
            .sort_by(|a, b| (b.level, b.score).cmp(&(a.level, a.score)).then_with(|| a.brand.cmp(&b.brand)));
        suspicions
    }
}

/// The part of a handle that its owner chose, with punycode read.
fn handle_text(network: &NetworkName, handle: &str) -> String {
    let handle = handle.trim().trim_start_matches('@');
    let local = handle.split('@').next().unwrap_or_default();
    if network.as_str() != "bluesky" {
        return local.to_owned();
    }
    let chosen = match local.strip_suffix(".bsky.social") {
        Some(name) => name,
        None => local.rsplit_once('.').map_or(local, |(name, _)| name),
    };
    if chosen.contains("xn--") { idna::domain_to_unicode(chosen).0 } else { chosen.to_owned() }
}
