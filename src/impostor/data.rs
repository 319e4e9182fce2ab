//! The data files: what words say, what signals are worth.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;

/// What a word in a name or profile says of the account; one bit each.
pub(super) type Roles = u16;

pub(super) const SUPPORT: Roles = 1;
pub(super) const OFFICIAL: Roles = 1 << 1;
pub(super) const LURE: Roles = 1 << 2;
pub(super) const CONTACT: Roles = 1 << 3;
pub(super) const FILLER: Roles = 1 << 4;
pub(super) const REGION: Roles = 1 << 5;
pub(super) const LABEL: Roles = 1 << 6;
pub(super) const FAN: Roles = 1 << 7;
pub(super) const STAFF: Roles = 1 << 8;
pub(super) const PRESS: Roles = 1 << 9;
pub(super) const CRITIC: Roles = 1 << 10;
pub(super) const TRADE: Roles = 1 << 11;
/// Digits, which no word list holds.
pub(super) const DIGITS: Roles = 1 << 12;

#[derive(Deserialize)]
struct Words {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(flatten)]
    roles: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

fn role(name: &str) -> Option<Roles> {
    Some(match name {
        "support" => SUPPORT,
        "official" => OFFICIAL,
        "lure" => LURE,
        "contact" => CONTACT,
        "filler" => FILLER,
        "region" => REGION,
        "label" => LABEL,
        "fan" => FAN,
        "staff" => STAFF,
        "press" => PRESS,
        "critic" => CRITIC,
        "trade" => TRADE,
        _ => return None,
    })
}

/// Every word with what it says.
pub(super) fn words() -> &'static [(String, Roles)] {
    static WORDS: OnceLock<Vec<(String, Roles)>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let Ok(file) = toml::from_str::<Words>(include_str!("words.toml")) else { return Vec::new() };
        let mut list = Vec::new();
        for (name, languages) in file.roles {
            for word in languages.into_values().flatten() {
                list.extend(role(&name).map(|role| (word, role)));
            }
        }
        list
    })
}

/// The weights file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    /// Raised with every change of a figure.
    #[expect(dead_code, reason = "read by people who compare two versions of the file")]
    version: u32,
    /// Least score of each level.
    pub(super) levels: Levels,
    points: HashMap<String, i32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Levels {
    pub(super) watch: i32,
    pub(super) review: i32,
    pub(super) alert: i32,
}

impl Weights {
    /// What a signal is worth.
    pub(super) fn points(&self, name: &str) -> i32 {
        self.points.get(name).copied().unwrap_or(0)
    }
}

/// The weights in force.
pub(super) fn weights() -> &'static Weights {
    static WEIGHTS: OnceLock<Weights> = OnceLock::new();
    WEIGHTS.get_or_init(|| toml::from_str(include_str!("weights.toml")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_read_and_their_signs_hold() {
        assert!(words().len() > 500);
        let file: Words = toml::from_str(include_str!("words.toml")).unwrap();
        assert!(file.roles.keys().all(|name| role(name).is_some()));
        assert!(file.roles["support"].len() >= 8 && file.roles["lure"].len() >= 8);
        let weights: Weights = toml::from_str(include_str!("weights.toml")).unwrap();
        for (name, points) in &weights.points {
            assert_eq!(*points < 0, name.starts_with("not_"), "{name}");
        }
        let Levels { watch, review, alert } = weights.levels;
        assert!(0 < watch && watch < review && review < alert);
    }
}
