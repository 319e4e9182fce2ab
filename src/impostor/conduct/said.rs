//! What one answer says: which families of requests and of manners stand in it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::{Deserialize, Serialize};

use super::super::reading::{Cell, DIGIT, Reading};
use super::telling::Telling;

/// Characters read of one answer: requests of this kind are short.
const LIMIT: usize = 2_000;
/// Digits of the shortest telephone number.
pub(super) const PHONE: usize = 9;

/// The families that stand in an answer, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Said(u16);

impl Said {
    /// Asks to go on where nobody else reads.
    pub const PRIVATE: Said = Said(1);
    /// Names another messenger.
    pub const MESSENGER: Said = Said(1 << 1);
    /// Asks to fill something in.
    pub const FORM: Said = Said(1 << 2);
    /// Asks for what nobody honest asks for: a recovery phrase, a card, a document.
    pub const SECRET: Said = Said(1 << 3);
    /// Asks for a program that hands the machine over.
    pub const REMOTE: Said = Said(1 << 4);
    /// Asks for a call.
    pub const CALL: Said = Said(1 << 5);
    /// Promises money.
    pub const MONEY: Said = Said(1 << 6);
    /// Speaks as a help desk does.
    pub const DESK: Said = Said(1 << 7);
    /// Says "we".
    pub const WE: Said = Said(1 << 8);
    /// Urges.
    pub const URGENT: Said = Said(1 << 9);
    /// Speaks for somebody else, or warns.
    pub const DISTANCE: Said = Said(1 << 10);
    /// Gives a telephone number.
    pub const PHONE: Said = Said(1 << 11);
    /// Leads to an address.
    pub const LINK: Said = Said(1 << 12);

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Said) -> Said {
        Said(self.0 | other.0)
    }

    /// Whether any of `others` is in it.
    pub const fn has(self, others: Said) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As a number, for storage.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// From a stored number.
    pub const fn from_bits(bits: u16) -> Said {
        Said(bits)
    }

    /// What the text of one answer says.
    pub fn read(text: &str) -> Said {
        let reading = Reading::of(text, LIMIT);
        let mut said = Said::default();
        if let Some(families) = families() {
            for found in families.automaton.find_overlapping_iter(&reading.key) {
                if reading.edge(found.start()) && reading.edge(found.end()) {
                    let family = families.families.get(found.pattern().as_usize());
                    said = said.and(family.copied().unwrap_or_default());
                }
            }
        }
        if has_number(&reading.cells) {
            said = said.and(Said::PHONE);
        }
        if has_link(text) {
            said = said.and(Said::LINK);
        }
        said
    }

    /// Whether [`Said::is_telling`] of what the text says, found without reading all of it.
    pub fn tells(text: &str) -> bool {
        families()
            .and_then(|families| families.telling.as_ref()?.stand_in(text))
            .unwrap_or_else(|| Said::read(text).is_telling())
    }

    /// Whether it asks the reader for something that a help desk might: all that is worth a closer look.
    pub fn is_telling(self) -> bool {
        self.has(Said::DESK) || self.asks()
    }

    /// Whether it asks to go elsewhere, to fill in, to hand over.
    pub fn asks(self) -> bool {
        let elsewhere =
            Said::PRIVATE.and(Said::MESSENGER).and(Said::SECRET).and(Said::REMOTE).and(Said::PHONE);
        self.has(elsewhere) || self.has(Said::FORM) && self.has(Said::LINK)
    }
}

/// Whether an address stands in a text.
pub(super) fn has_link(text: &str) -> bool {
    ["http://", "https://", "www.", "wa.me/", "t.me/"].iter().any(|start| text.contains(start))
}

/// Whether digits stand in a row, spaces and signs between them aside, as in a telephone number.
fn has_number(cells: &[Cell]) -> bool {
    let mut run = 0;
    for cell in cells {
        run = if cell.how & DIGIT != 0 && cell.shown.is_ascii_digit() { run + 1 } else { 0 };
        if run >= PHONE {
            return true;
        }
    }
    false
}

#[derive(Deserialize)]
struct Words {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(flatten)]
    families: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

struct Families {
    automaton: AhoCorasick,
    families: Vec<Said>,
    /// Those of them that are telling; `None` where the quick way would not do.
    telling: Option<Telling>,
}

fn family(name: &str) -> Option<Said> {
    Some(match name {
        "private" => Said::PRIVATE,
        "messenger" => Said::MESSENGER,
        "form" => Said::FORM,
        "secret" => Said::SECRET,
        "remote" => Said::REMOTE,
        "call" => Said::CALL,
        "money" => Said::MONEY,
        "desk" => Said::DESK,
        "we" => Said::WE,
        "urgent" => Said::URGENT,
        "distance" => Said::DISTANCE,
        _ => return None,
    })
}

fn families() -> Option<&'static Families> {
    static FAMILIES: OnceLock<Option<Families>> = OnceLock::new();
    FAMILIES
        .get_or_init(|| {
            let file = toml::from_str::<Words>(include_str!("../conduct.toml")).ok()?;
            let mut keys = Vec::new();
            let mut families = Vec::new();
            for (name, languages) in file.families {
                for phrase in languages.into_values().flatten() {
                    keys.push(Reading::of(&phrase, 60).key);
                    families.push(family(&name)?);
                }
            }
            let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&keys).ok()?;
            let telling = Telling::new(keys.iter().zip(families.iter().copied()));
            Some(Families { automaton, families, telling })
        })
        .as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_reads() {
        let families = families().unwrap();
        assert!(families.families.len() > 500 && families.telling.is_some());
        let file: Words = toml::from_str(include_str!("../conduct.toml")).unwrap();
        assert!(file.families.keys().all(|name| family(name).is_some()));
        assert!(file.families["private"].len() >= 8 && file.families["desk"].len() >= 8);
    }

    #[track_caller]
    fn check(text: &str, within: Said, without: Said) {
        let said = Said::read(text);
        assert_eq!(said.bits() & within.bits(), within.bits(), "{text}: {said:?}");
        assert!(!said.has(without), "{text}: {said:?}");
    }

    #[test]
    fn families_are_told_apart() {
        check("Please send us a DM.", Said::PRIVATE.and(Said::WE), Said::SECRET.and(Said::MESSENGER));
        check("Écrivez-nous en MP, vite", Said::PRIVATE, Said::FORM);
        check("Add me on WhatsАpp", Said::MESSENGER, Said::PRIVATE);
        check("wa.me/33600000000", Said::MESSENGER.and(Said::PHONE).and(Said::LINK), Said::FORM);
        check("Ring +44 7700 900 123", Said::PHONE, Said::FORM);
        check("My order 123456 came", Said::default(), Said::PHONE.and(Said::PRIVATE));
        check("Il nous faut votre pièce d'identité", Said::SECRET, Said::MESSENGER);
        check("The admin fixed it", Said::default(), Said::PRIVATE);
        check("Nous sommes là pour vous aider", Said::DESK.and(Said::WE), Said::PRIVATE);
    }
}
