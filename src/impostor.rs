//! Accounts that pose as a brand: who looks like one, and presents itself as one.
//!
//! Pure: names in, suspicions out. A likeness alone is watched, never alerted: people share names, squatters
//! sleep, fans say so. Each suspicion lists its signals with what was written and how it reads.

mod acquit;
mod avatar;
pub mod conduct;
mod data;
mod describe;
mod evidence;
mod name;
mod near;
mod own;
mod reading;
mod scan;
pub mod variants;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::keyword::{Brand, BrandId};
use crate::post::{Author, NetworkName};
use crate::time::Time;

pub use acquit::Acquittal;
pub use avatar::{Album, LARGEST as LARGEST_PICTURE, Picture, Unreadable as UnreadablePicture, is_stock};
pub use describe::describe;
use evidence::Evidence;
use name::{Name, Origin};
pub use own::Own;
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

impl Suspicion {
    /// The score as a number between 0 and 1 that orders accounts: the points read as log-odds around the least score
    /// of the list. Below 0.5 for whoever is only watched.
    pub fn probability(&self) -> f64 {
        let review = data::weights().levels.review;
        let above = f64::from(self.score - review) / 100.0;
        let odds = 1.0 / (1.0 + (-above).exp());
        if self.level == Level::Watch { odds.min(0.49) } else { odds.max(0.5) }
    }
}

/// What is known of an account beside its names and its profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beside {
    /// Its picture.
    pub picture: Option<Picture>,
    /// The moment at which it is looked at: how old it is decides nothing but ties.
    pub now: Option<Time>,
}

/// What one account says of one brand, weighed, whatever comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// The brand.
    pub brand: BrandId,
    /// Sum of the points.
    pub score: i32,
    /// Whether it looks like the brand.
    pub likeness: bool,
    /// Whether it presents itself as the brand.
    pub claim: bool,
    /// What the score is made of.
    pub signals: Vec<Signal>,
    /// Whether nobody has checked that it is not the brand itself, so that nobody is to be told.
    pub unproven: bool,
}

impl Weighed {
    /// The suspicion that it comes to, unless it is beneath notice.
    pub fn suspicion(&self) -> Option<Suspicion> {
        let levels = &data::weights().levels;
        let both = self.likeness && self.claim && !self.unproven;
        let level = match self.score {
            score if score >= levels.alert && both => Level::Alert,
            score if score >= levels.review && both => Level::Review,
            score if score >= levels.watch && self.likeness => Level::Watch,
            _ => return None,
        };
        Some(Suspicion {
            brand: self.brand.clone(),
            level,
            score: self.score,
            likeness: self.likeness,
            claim: self.claim,
            signals: self.signals.clone(),
        })
    }
}

/// How an account stands to all brands, before anything is known of what it does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stance {
    /// Whose own account or partner it is; then it is beyond suspicion.
    pub acquitted: Option<(BrandId, Acquittal)>,
    /// Every brand that its names or its profile come near.
    pub weighed: Vec<Weighed>,
    /// Set where its name is nothing but the title of a help desk, of whichever brand: the title.
    pub title: Option<Signal>,
}

impl Stance {
    /// What is suspicious about it, the surest first.
    pub fn suspicions(&self) -> Vec<Suspicion> {
        let mut suspicions: Vec<Suspicion> = self.weighed.iter().filter_map(Weighed::suspicion).collect();
        suspicions
            .sort_by(|a, b| (b.level, b.score).cmp(&(a.level, a.score)).then_with(|| a.brand.cmp(&b.brand)));
        suspicions
    }
}

/// All brands, compiled.
#[derive(Debug)]
pub struct Lookout {
    brands: Vec<Brand>,
    finder: Finder,
    pictures: HashMap<BrandId, Vec<Picture>>,
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

/// Whether the brand's file says that the account is its own.
pub fn is_own(brand: &Brand, network: &NetworkName, author: &Author) -> bool {
    acquit::is_declared(brand, network, author)
}

impl Lookout {
    /// Compiles brands.
    pub fn new(brands: &[Brand]) -> Lookout {
        let names = brands.iter().enumerate().flat_map(|(place, brand)| names(place, brand)).collect();
        Lookout { brands: brands.to_vec(), finder: Finder::new(names), pictures: HashMap::new() }
    }

    /// The same, with the pictures of the brands' own accounts.
    #[must_use]
    pub fn with_pictures(mut self, pictures: HashMap<BrandId, Vec<Picture>>) -> Lookout {
        self.pictures = pictures;
        self
    }

    /// Takes the pictures of the brands' own accounts out of all that are known; those of before are forgotten.
    pub fn know_pictures(&mut self, of_accounts: &[(NetworkName, Author, Picture)]) {
        self.pictures.clear();
        for (network, author, picture) in of_accounts {
            for brand in self.brands.iter().filter(|brand| acquit::is_declared(brand, network, author)) {
                let own = self.pictures.entry(brand.id.clone()).or_default();
                if !own.contains(picture) {
                    own.push(*picture);
                }
            }
        }
    }

    /// The brands of which a picture is known.
    pub fn pictured(&self) -> impl Iterator<Item = &BrandId> {
        self.pictures.keys()
    }

    /// Whether a brand says that this account is its own.
    pub fn is_official(&self, network: &NetworkName, author: &Author) -> bool {
        self.brands.iter().any(|brand| acquit::is_declared(brand, network, author))
    }

    /// What is suspicious about an account; nothing for nearly all.
    ///
    /// Weighs every brand that the names of the account come near, the surest first.
    pub fn judge(&self, network: &NetworkName, author: &Author) -> Vec<Suspicion> {
        self.stance(network, author, Beside::default()).suspicions()
    }

    /// How an account stands to all brands. Acquits first; nothing is weighed of nearly all others.
    pub fn stance(&self, network: &NetworkName, author: &Author, beside: Beside) -> Stance {
        // streams tell no more of an author than an id
        if [&author.handle, &author.display_name, &author.bio].into_iter().all(Option::is_none) {
            return Stance::default();
        }
        let handle = handle_text(network, author.handle.as_deref().unwrap_or_default());
        let handle = self.finder.scan(&handle, LIMIT);
        let display = self.finder.scan(author.display_name.as_deref().unwrap_or_default(), LIMIT);
        let mut places = Vec::new();
        self.finder.brands(&handle, &mut places);
        self.finder.brands(&display, &mut places);
        let bio = match author.bio.as_deref().unwrap_or_default() {
            "" => Vec::new(),
            bio => self.finder.scan(bio, BIO_LIMIT),
        };
        self.finder.named(&bio, &mut places);
        let title = display.first().is_some_and(scan::Scan::is_title);
        if places.is_empty() && !title {
            return Stance::default();
        }
        places.sort_unstable();
        places.dedup();
        // What is one brand's own account is no other brand's impostor.
        let acquitted = self
            .brands
            .iter()
            .find_map(|brand| acquit::why(brand, network, author).map(|why| (brand.id.clone(), why)));
        if acquitted.is_some() {
            return Stance { acquitted, ..Stance::default() };
        }
        let weighed = places.into_iter().filter_map(|place| {
            let brand = self.brands.get(place)?;
            Some(
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
                    pictures: self.pictures.get(&brand.id).map_or(&[], Vec::as_slice),
                    beside,
                }
                .weigh(),
            )
        });
        let weighed = weighed.collect();
        let title = title.then(|| evidence::title(author, &display));
        Stance { acquitted: None, weighed, title }
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
