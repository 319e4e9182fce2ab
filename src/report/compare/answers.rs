//! What changed in how own accounts answer, and in which of their posts are unusual.

use std::collections::BTreeSet;

use super::Told;
use crate::report::deeds::TAKES_OFF;
use crate::report::{Deeds, Figures};
use crate::snapshot::Unusual;
use crate::store::figures::Answering;

/// One figure of how accounts answer.
type Figure = fn(&Answering) -> u64;

impl Told {
    /// How own accounts answer, and which of their posts are unusual.
    pub(super) fn deeds(&mut self, old: &Figures, new: &Figures) {
        // A report of before this was told says nothing of it.
        let Some((old, new)) = old.deeds.as_ref().zip(new.deeds.as_ref()) else { return };
        let none = |of: &Deeds| Deeds { answering: Vec::new(), unusual: Vec::new(), ..of.clone() };
        let gone = old
            .iter()
            .filter(|of| !new.iter().any(|other| other.id == of.id))
            .map(|of| (of.clone(), none(of)));
        let there = new.iter().map(|of| {
            let before = old.iter().find(|other| other.id == of.id).cloned();
            (before.unwrap_or_else(|| none(of)), of.clone())
        });
        for (was, is) in there.chain(gone) {
            self.answers(&was, &is);
            self.unusual(&was, &is);
        }
    }

    fn answers(&mut self, was: &Deeds, is: &Deeds) {
        let name = &is.name;
        let networks: BTreeSet<&String> =
            was.answering.iter().chain(&is.answering).map(|of| &of.network).collect();
        for network in networks {
            let of = |deeds: &Deeds| deeds.answering.iter().find(|of| of.network == *network).cloned();
            let count = |of: &Option<Answering>, figure: Figure| of.as_ref().map_or(0, figure);
            let (before, now) = (of(was), of(is));
            let figures: [(&str, &str, Figure); 3] = [
                ("posts that address its accounts", "publications adressées à ses comptes", |of| {
                    of.addressed
                }),
                ("of these answered", "dont avec réponse", |of| of.answered),
                ("of these not answered within a day", "dont sans réponse en un jour", |of| of.unanswered),
            ];
            for (en, fr, figure) in figures {
                self.moved(
                    [&format!("{name} on {network}: {en}"), &format!("{name} sur {network}\u{a0}: {fr}")],
                    count(&before, figure),
                    count(&now, figure),
                );
            }
            let median = |of: &Option<Answering>| of.as_ref().and_then(|of| of.median_seconds);
            if let Some((before, now)) =
                median(&before).zip(median(&now)).filter(|(before, now)| before != now)
            {
                self.say(
                    format!("{name} on {network}: half of the answers came within {before} s before, {now} s now"),
                    format!("{name} sur {network}\u{a0}: la moitié des réponses venaient en {before} s avant, {now} s maintenant"),
                );
            }
        }
    }

    fn unusual(&mut self, was: &Deeds, is: &Deeds) {
        let name = &is.name;
        let address = |unusual: &Unusual| {
            unusual.post.permalink.clone().unwrap_or_else(|| unusual.post.native_id.clone())
        };
        for (en, fr, all, others) in [
            ("is unusual now", "est désormais inhabituelle", &is.unusual, &was.unusual),
            ("is unusual no longer", "n’est plus inhabituelle", &was.unusual, &is.unusual),
        ] {
            for unusual in all {
                let known =
                    |other: &Unusual| other.what == unusual.what && address(other) == address(unusual);
                if !others.iter().any(known) {
                    let address = address(unusual);
                    let what = unusual.what.replace('_', " ");
                    let quoi = if unusual.what == TAKES_OFF { "a décollé" } else { "a échoué" };
                    self.say(
                        format!("{name}: a post {en} ({what}): {address}"),
                        format!("{name}\u{a0}: une publication {fr} ({quoi})\u{a0}: {address}"),
                    );
                }
            }
        }
    }
}
