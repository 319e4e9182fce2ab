//! What an account does in answer to those who speak of a brand: what it asks for, how fast, of how many.
//!
//! It adds to what the account's names and profile say, and is never enough alone: customers, journalists and rivals
//! ask for private messages too.

use serde::{Deserialize, Serialize};

use super::data::weights;
use super::{Signal, Stance, Suspicion, Weighed};
use crate::keyword::BrandId;

mod said;
mod telling;

pub use said::Said;

/// An answer within this time is quick, in milliseconds: a quarter of an hour.
pub const QUICK: i64 = 15 * 60_000;
/// Characters of an answer that are kept as evidence.
pub const EXCERPT: usize = 300;

/// One answer to a post about a brand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Its words.
    pub text: &'a str,
    /// Whom it answers.
    pub to: &'a str,
    /// Milliseconds after what it answers, where both moments are known.
    pub delay: Option<i64>,
}

/// Everything that one account answered to those who speak of one brand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Conduct {
    /// All families that stand in its answers.
    pub said: Said,
    /// Whether one of them came quickly.
    pub quick: bool,
    /// The most people who were told the same.
    pub same: u32,
    /// The most telling answer.
    pub excerpt: String,
}

impl Conduct {
    /// Sums answers up.
    pub fn of<'a>(answers: impl IntoIterator<Item = Answer<'a>>) -> Conduct {
        let mut conduct = Conduct::default();
        let mut told: Vec<(String, Vec<&str>)> = Vec::new();
        let mut best = None;
        for answer in answers {
            let said = Said::read(answer.text);
            conduct.said = conduct.said.and(said);
            conduct.quick |= answer.delay.is_some_and(|delay| (0..=QUICK).contains(&delay));
            let rank = Some((said.asks(), said.bits().count_ones()));
            if rank > best {
                best = rank;
                conduct.excerpt = answer.text.chars().take(EXCERPT).collect();
            }
            let sentence = sentence(answer.text);
            match told.iter_mut().find(|(known, _)| *known == sentence) {
                Some((_, people)) if people.contains(&answer.to) => {}
                Some((_, people)) => people.push(answer.to),
                None => told.push((sentence, vec![answer.to])),
            }
        }
        let most = told.iter().map(|(_, people)| people.len()).max().unwrap_or(0);
        conduct.same = u32::try_from(most).unwrap_or(u32::MAX);
        conduct
    }

    /// Whether a help desk speaks here.
    fn is_desk(&self) -> bool {
        self.said.has(Said::DESK) || self.said.has(Said::WE) && self.said.asks()
    }

    fn signals(&self) -> Vec<&'static str> {
        let said = self.said;
        let mut signals = Vec::new();
        let mut add = |when: bool, name| {
            if when {
                signals.push(name);
            }
        };
        add(self.is_desk(), "conduct_desk");
        add(said.has(Said::SECRET), "conduct_secret");
        add(said.has(Said::REMOTE), "conduct_remote");
        add(said.has(Said::MESSENGER), "conduct_messenger");
        add(said.has(Said::PHONE.and(Said::CALL)) && !said.has(Said::MESSENGER), "conduct_call");
        add(said.has(Said::FORM) && said.has(Said::LINK), "conduct_form");
        add(said.has(Said::PRIVATE), "conduct_private");
        add(said.has(Said::MONEY), "conduct_money");
        add(said.has(Said::URGENT), "conduct_urgent");
        add(self.same > 1, "conduct_same");
        add(self.quick && said.is_telling(), "conduct_quick");
        signals
    }
}

/// Whether a signal of this name speaks of conduct: then it quotes an answer.
pub fn is_signal(name: &str) -> bool {
    name.starts_with("conduct_") || name == "not_speaking_for_it"
}

/// The words of a text without what changes from one copy to the next: names of accounts, numbers, addresses.
fn sentence(text: &str) -> String {
    text.split_whitespace()
        .filter(|word| {
            !word.starts_with('@') && !word.contains("//") && !word.contains(|c: char| c.is_ascii_digit())
        })
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether an account's conduct towards `brand` could make it a suspect: nobody whose names and profile are far from the
/// brand and from a help desk is one, whatever he does.
pub fn may_join(stance: &Stance, brand: &BrandId) -> bool {
    stance.title.is_some() || stance.weighed.iter().any(|weighed| weighed.brand == *brand)
}

/// The suspicion that an account's names and profile and its conduct towards `brand` come to together.
///
/// Conduct counts only where the names or the profile bring the account near the brand, or call it a help desk.
pub fn join(stance: &Stance, brand: &BrandId, conduct: &Conduct) -> Option<Suspicion> {
    if stance.acquitted.is_some() {
        return None;
    }
    let known = stance.weighed.iter().find(|weighed| weighed.brand == *brand);
    let mut weighed = known.cloned().unwrap_or_else(|| Weighed {
        brand: brand.clone(),
        score: 0,
        likeness: false,
        claim: false,
        signals: Vec::new(),
        unproven: false,
    });
    if let Some(title) = &stance.title {
        // A help desk that answers the brand's customers poses as the brand's.
        if !weighed.signals.iter().any(|signal| signal.name == title.name) {
            weighed.signals.push(title.clone());
        }
        weighed.likeness |= conduct.said.is_telling() || conduct.same > 1;
        weighed.claim = true;
    }
    // Whoever answers as a help desk of that name means the brand, whatever else the name means.
    if conduct.is_desk() && weighed.claim {
        weighed.signals.retain(|signal| signal.name != "not_sole_sense");
    }
    // Who presents himself as the brand's agent to its customers looks like it enough.
    weighed.likeness |= weighed.claim && conduct.said.is_telling();
    if !weighed.likeness {
        return known.and_then(Weighed::suspicion);
    }
    let mut add = |name: &str| {
        weighed.signals.push(Signal {
            name: name.to_owned(),
            points: weights().points(name),
            raw: conduct.excerpt.clone(),
            folded: String::new(),
        });
    };
    for name in conduct.signals() {
        add(name);
    }
    if conduct.said.has(Said::DISTANCE) && !weighed.claim {
        add("not_speaking_for_it");
    }
    weighed.score = weighed.signals.iter().map(|signal| signal.points).sum();
    weighed.suspicion()
}
