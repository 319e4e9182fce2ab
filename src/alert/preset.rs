//! Sets of rules to begin with: a company, an agency with several clients, a founder alone.

use std::time::Duration;

use super::{On, Rule, Side};
use crate::share::Permille;

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// A company that watches itself and a few competitors.
    Company,
    /// An agency that watches many brands for others: fewer single mentions, more of what needs a call.
    Agency,
    /// A founder who answers everybody, and wants to know what competitors do.
    Founder,
}

impl Preset {
    /// Every one, with the word used in configuration.
    pub const ALL: &'static [(&'static str, Preset)] =
        &[("company", Preset::Company), ("agency", Preset::Agency), ("founder", Preset::Founder)];

    /// Its rules; alerts wait and mails are spaced as given where a kind has no better way.
    pub fn rules(self, wait: Duration, every: Duration) -> Vec<Rule> {
        let rule = |on| Rule::new(on, wait, every);
        let ours = |on| Rule { of: Some(Side::Ours), ..rule(on) };
        let others = |on| Rule { of: Some(Side::Competitors), ..rule(on) };
        // Nobody waits for more when something burns.
        let urgent = |rule: Rule| Rule { critical: true, wait: Duration::ZERO, ..rule };
        let common = [
            urgent(ours(On::HighRisk)),
            ours(On::Spike),
            urgent(ours(On::NewImpostor)),
            rule(On::SourceDegraded),
        ];
        let own: Vec<Rule> = match self {
            Preset::Company => vec![
                ours(On::NewMention),
                ours(On::Drop),
                ours(On::Silence),
                ours(On::Sentiment),
                ours(On::BigAuthor),
                ours(On::ImpostorChanged),
                others(On::Surge),
                others(On::AccountChanged),
                rule(On::PrecisionFallen),
            ],
            Preset::Agency => {
                const HOUR: Duration = Duration::from_secs(3600);
                vec![
                    Rule { every: every.max(HOUR), ..ours(On::NewMention) },
                    ours(On::Drop),
                    ours(On::Silence),
                    ours(On::Sentiment),
                    Rule { followers: 50_000, ..ours(On::BigAuthor) },
                    ours(On::ImpostorChanged),
                    Rule { points: Permille(150), ..others(On::Surge) },
                    rule(On::PrecisionFallen),
                ]
            }
            Preset::Founder => vec![
                ours(On::NewMention),
                ours(On::Silence),
                ours(On::TakesOff),
                others(On::OfficialPost),
                others(On::AccountChanged),
                Rule { name: "competitor_takes_off".to_owned(), ..others(On::TakesOff) },
            ],
        };
        common.into_iter().chain(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_kind_stands_in_some_preset() {
        let mut kinds = Vec::new();
        for (word, preset) in Preset::ALL {
            let rules = preset.rules(Duration::ZERO, Duration::ZERO);
            let mut names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), rules.len(), "{word}");
            kinds.extend(rules.iter().map(|rule| rule.on));
        }
        let missing: Vec<&On> = On::ALL.iter().filter(|on| !kinds.contains(on)).collect();
        // they tell of one's own posts, or of every author: for those who ask
        assert_eq!(missing, [&On::FirstAuthor, &On::Flops]);
    }
}
