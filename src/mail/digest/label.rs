//! The label of a digest: what is counted and how, by which queries, and of which data.

use super::Telling;
use crate::mail::clean::short;

/// Brands whose queries are named.
const BRANDS: usize = 12;
/// Versions of one query that are named, the last ones.
const VERSIONS: usize = 3;
/// Digits of the hash of the data; `vigie digest --json` has all.
const HASH: usize = 24;

impl Telling<'_> {
    pub(super) fn rests_on(&self) -> &'static str {
        self.language.say("What these figures rest on", "Sur quoi reposent ces chiffres")
    }

    /// A line for each thing that the figures rest on.
    pub(super) fn label(&self) -> Vec<String> {
        let (language, digest) = (self.language, self.digest);
        let mut lines = [
            language.say(
                "Counted: public posts that the query of a brand matches, in any language, less those thought to be about something else; deleted posts are not counted, automated accounts are.",
                "Compté\u{a0}: les publications publiques auxquelles la requête d’une marque répond, en toute langue, moins celles jugées parler d’autre chose\u{202f}; les publications supprimées ne comptent pas, les comptes automatiques si.",
            ),
            language.say(
                "Worked out: shares of stories with Wilson’s interval at 95%, wider where stories come from few authors; engagement is all reactions that networks give, when read last; sentiment is corrected for how often the judge errs.",
                "Calculé\u{a0}: parts des histoires avec l’intervalle de Wilson à 95\u{a0}%, plus large quand les histoires viennent de peu d’auteurs\u{202f}; l’engagement est la somme des réactions que donnent les réseaux, à la dernière lecture\u{202f}; la tonalité est corrigée selon la fréquence d’erreur du juge.",
            ),
        ]
        .map(str::to_owned)
        .to_vec();
        let named = |(brand, versions): &(String, Vec<String>)| {
            let last = versions.iter().rev().take(VERSIONS).rev();
            let versions: Vec<&str> = last.map(String::as_str).collect();
            let versions = if versions.is_empty() { "–".to_owned() } else { versions.join(", ") };
            format!("{} {versions}", short(brand, 50))
        };
        let mut queries: Vec<String> = digest.queries.iter().take(BRANDS).map(named).collect();
        queries.extend((digest.queries.len() > BRANDS).then(|| "…".to_owned()));
        let queries = queries.join(" · ");
        lines.push(language.say(
            format!("Versions of the queries: {queries}"),
            format!("Versions des requêtes\u{a0}: {queries}"),
        ));
        let vigie = env!("CARGO_PKG_VERSION");
        let hash: String = digest.hash.chars().take(HASH).collect();
        lines.push(language.say(
            format!("Vigie {vigie}, data sha256:{hash}"),
            format!("Vigie {vigie}, données sha256:{hash}"),
        ));
        lines
    }
}
