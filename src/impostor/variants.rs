//! Names that impostors of a brand are likely to choose, the likeliest first: for the hunt, and for domains to look at.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::keyword::Brand;

/// A name that an impostor may have chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// The handle, in lower case, or the domain.
    pub name: String,
    /// How it was made.
    pub how: How,
}

/// How a name was made from a brand's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A word of customer service beside it.
    Support,
    /// The handle of the brand with a tail.
    Tail,
    /// Letters that look alike.
    LookAlike,
    /// One slip of the fingers.
    Slip,
    /// A lure beside it.
    Lure,
    /// The same name under another ending.
    Ending,
}

impl How {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            How::Support => "a word of customer service",
            How::Tail => "the brand's own handle with a tail",
            How::LookAlike => "letters that look alike",
            How::Slip => "one slip",
            How::Lure => "a lure",
            How::Ending => "another ending",
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(rename = "version")]
    _version: u32,
    support: BTreeMap<String, Vec<String>>,
    before: BTreeMap<String, Vec<String>>,
    lure: BTreeMap<String, Vec<String>>,
    plain: BTreeMap<String, Vec<String>>,
    domain: BTreeMap<String, Vec<String>>,
    endings: BTreeMap<String, Vec<String>>,
}

fn words() -> Words {
    toml::from_str(include_str!("variants.toml")).unwrap_or_default()
}

/// One word of each language in turn; English and French before the others.
fn in_turn(lists: &BTreeMap<String, Vec<String>>) -> Vec<&str> {
    let rank = |language: &str| (!matches!(language, "en" | "fr" | "any"), language.to_owned());
    let mut order: Vec<&String> = lists.keys().collect();
    order.sort_by_key(|language| rank(language));
    let most = lists.values().map(Vec::len).max().unwrap_or(0);
    (0..most)
        .flat_map(|place| order.iter().filter_map(move |language| lists.get(*language)?.get(place)))
        .map(String::as_str)
        .collect()
}

/// The brand's name and handles as handles are written: ASCII letters and digits.
fn stems(brand: &Brand) -> Vec<String> {
    let written = std::iter::once(brand.name.as_str())
        .chain(brand.official.iter().map(|account| {
            account.handle.trim_start_matches('@').split(['@', '.']).next().unwrap_or_default()
        }))
        .chain(brand.domains.iter().map(|domain| super::site(domain)));
    let mut stems: Vec<String> = Vec::new();
    for text in written {
        let stem: String = crate::keyword::slug(text).chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        if stem.len() >= 3 && !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    stems
}

/// Letters that are taken for others, with what takes their place.
const ALIKE: [(&str, &str); 12] = [
    ("l", "i"),
    ("i", "l"),
    ("o", "0"),
    ("m", "rn"),
    ("l", "1"),
    ("i", "1"),
    ("e", "3"),
    ("a", "4"),
    ("s", "5"),
    ("w", "vv"),
    ("d", "cl"),
    ("g", "q"),
];

/// Every name made from `stem` by putting look-alike letters in one place.
fn alike(stem: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (from, to) in ALIKE {
        for (at, _) in stem.match_indices(from) {
            let (before, after) = (stem.get(..at), stem.get(at + from.len()..));
            if let (Some(before), Some(after)) = (before, after) {
                out.push(format!("{before}{to}{after}"));
            }
        }
    }
    out
}

/// Every name one common slip away from `stem`: a letter doubled, left out, or two swapped.
fn slips(stem: &str) -> Vec<String> {
    let letters: Vec<char> = stem.chars().collect();
    let mut out = Vec::new();
    for at in 0..letters.len() {
        let mut doubled = letters.clone();
        if let Some(letter) = letters.get(at) {
            doubled.insert(at, *letter);
        }
        let mut without = letters.clone();
        without.remove(at);
        let mut swapped = letters.clone();
        if at + 1 < letters.len() {
            swapped.swap(at, at + 1);
        }
        out.extend([doubled, without, swapped].map(|letters| letters.into_iter().collect::<String>()));
    }
    out.push(format!("{stem}s"));
    out.retain(|name| name != stem && name.len() >= 3);
    out
}

/// Handles that an impostor of `brand` may have chosen, at most `most`, the likeliest first.
pub fn handles(brand: &Brand, most: usize) -> Vec<Variant> {
    let words = words();
    let stems = stems(brand);
    let mut ranked: Vec<(How, Vec<String>)> = Vec::new();
    let each =
        |make: &dyn Fn(&str) -> Vec<String>| stems.iter().flat_map(|stem| make(stem)).collect::<Vec<_>>();
    let support = in_turn(&words.support);
    let (first, rest) = support.split_at(support.len().min(8));
    ranked.push((How::Support, beside(&stems, first, "_")));
    ranked.push((How::Tail, beside(&stems, &in_turn(&words.plain), "")));
    ranked.push((How::LookAlike, each(&alike)));
    ranked.push((How::Support, before(&stems, &in_turn(&words.before))));
    ranked.push((How::Slip, each(&slips)));
    ranked.push((How::Support, beside(&stems, rest, "_")));
    ranked.push((How::Lure, beside(&stems, &in_turn(&words.lure), "_")));
    let own = |name: &str| {
        brand.official.iter().chain(&brand.partners).any(|account| {
            account
                .handle
                .trim_start_matches('@')
                .split('@')
                .next()
                .unwrap_or_default()
                .eq_ignore_ascii_case(name)
        })
    };
    collect(ranked, most, own)
}

/// `stem` and each word, joined both ways.
fn beside(stems: &[String], words: &[&str], joint: &str) -> Vec<String> {
    words
        .iter()
        .flat_map(|word| {
            stems.iter().flat_map(move |stem| {
                let joined = (!joint.is_empty()).then(|| format!("{stem}{joint}{word}"));
                std::iter::once(format!("{stem}{}", word.replace('_', if *word == "_" { "_" } else { "" })))
                    .chain(joined)
            })
        })
        .collect()
}

fn before(stems: &[String], words: &[&str]) -> Vec<String> {
    words.iter().flat_map(|word| stems.iter().map(move |stem| format!("{word}{stem}"))).collect()
}

fn collect(ranked: Vec<(How, Vec<String>)>, most: usize, own: impl Fn(&str) -> bool) -> Vec<Variant> {
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    for (how, names) in ranked {
        for name in names {
            if out.len() < most && !own(&name) && seen.insert(name.clone()) {
                out.push(Variant { name, how });
            }
        }
    }
    out
}

/// Domains that look like the brand's own, at most `most`, the likeliest first. Nobody is asked whether they exist.
pub fn domains(brand: &Brand, most: usize) -> Vec<Variant> {
    let words = words();
    let mut ranked: BTreeMap<u8, (How, Vec<String>)> = BTreeMap::new();
    let mut add = |rank: u8, how: How, names: Vec<String>| {
        ranked.entry(rank).or_insert_with(|| (how, Vec::new())).1.extend(names);
    };
    let endings = in_turn(&words.endings);
    for domain in &brand.domains {
        let stem = super::site(domain);
        let Some((_, ending)) = domain.split_once(&format!("{stem}.")) else { continue };
        let more = in_turn(&words.domain);
        let hyphen = |word: &&str| [format!("{stem}-{word}.{ending}"), format!("{stem}-{word}.com")];
        add(0, How::Support, more.iter().flat_map(hyphen).collect());
        add(1, How::LookAlike, alike(stem).into_iter().map(|name| format!("{name}.{ending}")).collect());
        add(2, How::Ending, endings.iter().map(|end| format!("{stem}.{end}")).collect());
        add(3, How::Slip, slips(stem).into_iter().map(|name| format!("{name}.{ending}")).collect());
        add(4, How::Support, more.iter().map(|word| format!("{word}-{stem}.{ending}")).collect());
        add(5, How::Ending, vec![format!("{stem}-{}.com", ending.replace('.', "-"))]);
    }
    let own = |name: &str| {
        brand.domains.iter().any(|domain| name == domain || name.ends_with(&format!(".{domain}")))
    };
    collect(ranked.into_values().collect(), most, own)
}

/// A handle as the network would have it, when it could exist there: nothing is asked that its rules exclude.
pub fn fit(network: &str, handle: &str) -> Option<String> {
    let (most, signs, least) = match network {
        "x" => (15, "_", 1),
        "bluesky" => (18, "-", 3),
        "reddit" => (20, "_-", 3),
        "github" => (39, "-", 1),
        "instagram" | "threads" => (30, "_.", 1),
        "tumblr" => (32, "-", 1),
        "youtube" => (30, "_-.", 3),
        _ => (30, "_", 1),
    };
    // Where an underscore cannot stand, people write the hyphen.
    let handle = if signs.contains('_') { handle.to_owned() } else { handle.replace('_', "-") };
    let handle = if signs.contains('_') { handle.as_str() } else { handle.trim_matches('-') };
    let fits = (least..=most).contains(&handle.len())
        && handle.chars().all(|c| c.is_ascii_alphanumeric() || signs.contains(c));
    fits.then(|| if network == "bluesky" { format!("{handle}.bsky.social") } else { handle.to_owned() })
}

/// The handles that an impostor may have chosen on a network, as it would have them, the likeliest first: each once,
/// though several variants may come to the same there, and none of the brand's own.
pub fn fitted(brand: &Brand, network: &str) -> Vec<String> {
    let own: HashSet<String> = brand
        .official
        .iter()
        .chain(&brand.partners)
        .map(|account| account.handle.trim_start_matches('@').to_lowercase())
        .collect();
    let mut seen = HashSet::new();
    handles(brand, usize::MAX)
        .into_iter()
        .filter_map(|variant| fit(network, &variant.name))
        .filter(|handle| !own.contains(handle) && seen.insert(handle.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyword::OfficialAccount;

    fn brand() -> Brand {
        Brand {
            official: vec![OfficialAccount { network: None, handle: "molivelle_sav".to_owned() }],
            domains: vec!["molivelle.example".to_owned()],
            ..Brand::named("Molivelle", true)
        }
    }

    #[test]
    fn the_likeliest_come_first_and_none_is_the_brands_own() {
        let found = handles(&brand(), 10_000);
        let place = |name: &str| found.iter().position(|variant| variant.name == name);
        assert!(place("molivellesupport") < place("molivelie"), "{found:?}");
        assert!(place("molivelie") < place("mollivelle") && place("mollivelle").is_some());
        assert!(place("molivelle_concours").is_some() && place("askmolivelle").is_some());
        assert_eq!(place("molivelle_sav"), None);
        assert!(place("molivelle").is_none());
        assert_eq!(handles(&brand(), 5).len(), 5);
        let names: HashSet<&str> = found.iter().map(|variant| variant.name.as_str()).collect();
        assert_eq!(names.len(), found.len(), "each once");
    }

    #[test]
    fn domains_are_made_offline() {
        let found = domains(&brand(), 1_000);
        let has = |name: &str| found.iter().any(|variant| variant.name == name);
        assert!(has("molivelle-support.example") && has("molivelle.com") && has("rnolivelle.example"));
        assert!(!has("molivelle.example"));
    }

    #[test]
    fn what_comes_to_the_same_on_a_network_is_tried_once() {
        let own = |handle: &str| OfficialAccount { network: None, handle: handle.to_owned() };
        let brand =
            Brand { official: vec![own("@Molivelle-Help.bsky.social")], ..Brand::named("Molivelle", true) };
        let all: Vec<String> = handles(&brand, usize::MAX).into_iter().map(|variant| variant.name).collect();
        for network in ["bluesky", "github", "instagram", "mastodon", "reddit", "tumblr", "x", "youtube"] {
            let fitted = fitted(&brand, network);
            let once: HashSet<&String> = fitted.iter().collect();
            assert_eq!(once.len(), fitted.len(), "{network}");
            assert!(!fitted.is_empty(), "{network}");
        }
        // Without underscores, names that differ in them alone are one.
        let on_github = |name: &str| fit("github", name);
        let doubles = all.iter().filter(|name| name.starts_with('_') || name.ends_with('_')).count();
        assert!(doubles > 0 && on_github("molivelle_") == on_github("molivelle"), "{all:?}");
        assert!(!fitted(&brand, "bluesky").contains(&"molivelle-help.bsky.social".to_owned()));
        assert!(fitted(&brand, "bluesky").contains(&"molivelle-support.bsky.social".to_owned()));
    }

    #[test]
    fn a_network_is_never_asked_for_what_its_rules_exclude() {
        assert_eq!(fit("x", "molivelle_sav"), Some("molivelle_sav".to_owned()));
        assert_eq!(fit("x", "molivelle_customer_service"), None);
        assert_eq!(fit("bluesky", "molivelle_sav"), Some("molivelle-sav.bsky.social".to_owned()));
        assert_eq!(fit("github", "molivelle_"), Some("molivelle".to_owned()));
        assert_eq!(fit("x", "é"), None);
    }
}
