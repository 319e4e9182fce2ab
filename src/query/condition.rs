//! Fields: what holds of a post and not of its words.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use super::link::LinkPattern;
use crate::post::Kind;

/// What a field asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Who wrote it.
    Author(AuthorPattern),
    /// Its language: the subtags asked for, in lower case, the first as two letters where there are two.
    Lang(Vec<String>),
    /// The network it stands on, in lower case.
    Network(String),
    /// The source that brought it, in lower case.
    Source(String),
    /// A link that leads there.
    Link(LinkPattern),
    /// Any link.
    HasLink,
    /// A picture, video or sound.
    HasMedia,
    /// How many follow its author.
    Followers(Bounds),
    /// What kind of contribution it is.
    Kind(Kind),
    /// Whether the network vouches for its author.
    Verified(bool),
}

/// An account name, perhaps with its server, perhaps only its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorPattern {
    name: String,
    server: Option<String>,
    star: bool,
}

impl AuthorPattern {
    /// Whether the account `handle`, written with or without its server, is meant.
    pub fn holds(&self, handle: &str) -> bool {
        let handle: String = handle.trim().trim_start_matches('@').nfc().collect();
        let handle = handle.to_lowercase();
        let (name, server) = match handle.split_once('@') {
            Some((name, server)) => (name, Some(server)),
            None => (handle.as_str(), None),
        };
        let same = if self.star { name.starts_with(&self.name) } else { name == self.name };
        same && match (&self.server, server) {
            (Some(wanted), Some(server)) => wanted == server,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }
}

/// The least and the most, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    least: u64,
    most: u64,
}

impl Bounds {
    /// Whether `count` lies between them.
    pub fn hold(&self, count: u64) -> bool {
        (self.least..=self.most).contains(&count)
    }
}

/// The fields that there are.
pub(super) const FIELDS: &[&str] =
    &["author", "lang", "network", "link", "has", "followers", "kind", "verified", "source", "raw"];

const KINDS: &[Kind] = &[
    Kind::Post,
    Kind::Reply,
    Kind::Repost,
    Kind::Quote,
    Kind::Comment,
    Kind::Article,
    Kind::Question,
    Kind::Answer,
    Kind::Issue,
    Kind::Video,
    Kind::Review,
];

impl Condition {
    /// Reads the value of a field, which is not empty.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(field: &str, value: &str) -> Result<Condition, String> {
        let lower = value.nfc().collect::<String>().to_lowercase();
        match field {
            "author" => author(&lower),
            "lang" => lang(&lower),
            "network" => name(&lower).map(Condition::Network),
            "source" => Ok(Condition::Source(lower)),
            "link" => LinkPattern::parse(value).map(Condition::Link),
            "has" => match lower.as_str() {
                "link" => Ok(Condition::HasLink),
                "media" => Ok(Condition::HasMedia),
                _ => Err("is not known; has: takes link or media".to_owned()),
            },
            "followers" => bounds(&lower).map(Condition::Followers).ok_or_else(|| {
                "is no number; write followers:>1000, followers:<=500 or followers:1000..5000".to_owned()
            }),
            "kind" => KINDS
                .iter()
                .find(|kind| kind.as_str() == lower)
                .map(|kind| Condition::Kind(*kind))
                .ok_or_else(|| {
                    let known: Vec<&str> = KINDS.iter().map(|kind| kind.as_str()).collect();
                    format!("is not known; kind: takes {}", known.join(", "))
                }),
            "verified" => match lower.as_str() {
                "yes" | "true" | "oui" => Ok(Condition::Verified(true)),
                "no" | "false" | "non" => Ok(Condition::Verified(false)),
                _ => Err("is not known; verified: takes yes or no".to_owned()),
            },
            _ => Err("is no field".to_owned()),
        }
    }
}

fn name(lower: &str) -> Result<String, String> {
    let good = lower.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    if good { Ok(lower.to_owned()) } else { Err("is no name of a network, such as mastodon".to_owned()) }
}

fn author(lower: &str) -> Result<Condition, String> {
    let bare = lower.trim_start_matches('@');
    let (bare, star) = bare.strip_suffix('*').map_or((bare, false), |bare| (bare, true));
    let (name, server) = match bare.split_once('@') {
        Some((name, server)) => (name, Some(server.to_owned())),
        None => (bare, None),
    };
    if name.is_empty() || name.contains(char::is_whitespace) || bare.contains('*') {
        return Err("is no account name; author: takes one whole name, such as author:acme".to_owned());
    }
    if star && (name.chars().count() < 3 || server.is_some()) {
        return Err("wants at least three letters before `*`, and no server".to_owned());
    }
    Ok(Condition::Author(AuthorPattern { name: name.to_owned(), server, star }))
}

fn lang(lower: &str) -> Result<Condition, String> {
    subtags(lower).map(Condition::Lang).ok_or_else(|| {
        "is no language code; write two or three letters, such as lang:fr or lang:fr-ca".to_owned()
    })
}

/// The parts of a language code, the first as its two letters where it has two: `fra-CA` is `fr`, `ca`.
pub(crate) fn subtags(code: &str) -> Option<Vec<String>> {
    let mut parts: Vec<String> = code.trim().to_lowercase().split(['-', '_']).map(str::to_owned).collect();
    let first = parts.first_mut()?;
    if !matches!(first.len(), 2 | 3) || !first.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    *first = two_letters(first).unwrap_or(first).to_owned();
    let good =
        |part: &String| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    parts.iter().skip(1).all(good).then_some(parts)
}

/// The two letters of a language whose code has three, by ISO 639.
fn two_letters(code: &str) -> Option<&'static str> {
    // The bibliographic codes, which the table of the terminological ones does not hold.
    const OTHERS: &[(&str, &str)] = &[
        ("alb", "sq"),
        ("arm", "hy"),
        ("baq", "eu"),
        ("bur", "my"),
        ("chi", "zh"),
        ("cze", "cs"),
        ("dut", "nl"),
        ("fre", "fr"),
        ("geo", "ka"),
        ("ger", "de"),
        ("gre", "el"),
        ("ice", "is"),
        ("mac", "mk"),
        ("mao", "mi"),
        ("may", "ms"),
        ("per", "fa"),
        ("rum", "ro"),
        ("slo", "sk"),
        ("tib", "bo"),
        ("wel", "cy"),
    ];
    if code.len() != 3 {
        return None;
    }
    let other = OTHERS.iter().find(|(three, _)| *three == code).map(|(_, two)| *two);
    other.or_else(|| isolang::Language::from_639_3(code)?.to_639_1())
}

fn bounds(text: &str) -> Option<Bounds> {
    if let Some((least, most)) = text.split_once("..") {
        return Some(Bounds { least: number(least)?, most: number(most)? });
    }
    Some(if let Some(least) = text.strip_prefix(">=") {
        Bounds { least: number(least)?, most: u64::MAX }
    } else if let Some(most) = text.strip_prefix("<=") {
        Bounds { least: 0, most: number(most)? }
    } else if let Some(least) = text.strip_prefix('>') {
        Bounds { least: number(least)?.checked_add(1)?, most: u64::MAX }
    } else if let Some(most) = text.strip_prefix('<') {
        Bounds { least: 0, most: number(most)?.checked_sub(1)? }
    } else {
        let exactly = number(text.strip_prefix('=').unwrap_or(text))?;
        Bounds { least: exactly, most: exactly }
    })
}

/// A whole number, perhaps in thousands (`10k`) or millions (`2m`).
fn number(text: &str) -> Option<u64> {
    let (digits, times) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => text.strip_suffix('m').map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    digits.parse::<u64>().ok()?.checked_mul(times)
}

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |value: &str| {
            let plain =
                !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || "()\"«»“”„".contains(c));
            if plain { value.to_owned() } else { format!("\"{}\"", value.replace('"', " ")) }
        };
        match self {
            Condition::Author(AuthorPattern { name, server, star }) => {
                write!(out, "author:{name}")?;
                if let Some(server) = server {
                    write!(out, "@{server}")?;
                }
                out.write_str(if *star { "*" } else { "" })
            }
            Condition::Lang(parts) => write!(out, "lang:{}", parts.join("-")),
            Condition::Network(name) => write!(out, "network:{name}"),
            Condition::Source(name) => write!(out, "source:{}", quoted(name)),
            Condition::Link(pattern) => write!(out, "link:{}", quoted(pattern.text())),
            Condition::HasLink => out.write_str("has:link"),
            Condition::HasMedia => out.write_str("has:media"),
            Condition::Followers(Bounds { least, most }) => match (least, most) {
                (least, most) if least == most => write!(out, "followers:{least}"),
                (least, &u64::MAX) => write!(out, "followers:>={least}"),
                (0, most) => write!(out, "followers:<={most}"),
                (least, most) => write!(out, "followers:{least}..{most}"),
            },
            Condition::Kind(kind) => write!(out, "kind:{}", kind.as_str()),
            Condition::Verified(yes) => write!(out, "verified:{}", if *yes { "yes" } else { "no" }),
        }
    }
}
