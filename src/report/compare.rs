//! Two reports held against each other: what changed, and why as far as the figures and the store tell.

mod answers;

use std::collections::BTreeSet;

use super::Figures;
use crate::fold::fold;
use crate::keyword::BrandId;
use crate::mail::{Language, mood};
use crate::share::{ENOUGH, MoodShares, Permille, Share};
use crate::store::figures::Since;

/// What changed from `old` to `new`, a line each; empty when they say the same. `since` is what happened to the window
/// of the new one after the newest post of the old one was seen, where that is known.
pub fn compare(old: &Figures, new: &Figures, since: Option<&Since>, language: Language) -> Vec<String> {
    if old.hash == new.hash {
        return Vec::new();
    }
    let mut told = Told { language, lines: Vec::new() };
    let (was, is) = (old.shares.window, new.shares.window);
    if was != is {
        told.say(
            format!("the window was {} to {}, it is {} to {}", was.from, was.to, is.from, is.to),
            format!("la période allait de {} à {}, elle va de {} à {}", was.from, was.to, is.from, is.to),
        );
    }
    if !old.zone.is_empty() && plain(&old.zone) != plain(&new.zone) {
        let (was, is) = (&old.zone, &new.zone);
        told.say(
            format!("days were those of the zone {was}, they are those of {is}"),
            format!("les jours étaient ceux du fuseau {was}, ce sont ceux de {is}"),
        );
    }
    if old.vigie != new.vigie {
        let (was, is) = (&old.vigie, &new.vigie);
        told.say(
            format!("Vigie {was} worked out the old figures, {is} the new ones"),
            format!("Vigie {was} a calculé les anciens chiffres, {is} les nouveaux"),
        );
    }
    if old.schema != new.schema {
        told.say(
            "the old report is of a shape whose hash cannot be worked out again: whether it was altered is not known"
                .to_owned(),
            "l’ancien rapport est d’une forme dont l’empreinte ne peut être recalculée\u{a0}: on ne sait pas s’il a été modifié"
                .to_owned(),
        );
    }
    let before = told.lines.len();
    told.brands(old, new, since);
    told.networks(old, new);
    told.said(old, new);
    told.topics(old, new);
    told.deeds(old, new);
    told.sources(old, new);
    told.moved(["gaps", "lacunes"], old.gaps, new.gaps);
    told.moved(
        ["accounts that may be posing as a brand", "comptes qui se font peut-être passer pour une marque"],
        old.suspects,
        new.suspects,
    );
    if told.lines.len() == before {
        told.say(
            "the figures are the same; posts that stand out, authors or the words of posts differ".to_owned(),
            "les chiffres sont les mêmes\u{a0}; des publications marquantes, des auteurs ou des mots de publications diffèrent"
                .to_owned(),
        );
    }
    told.lines
}

/// What is told so far.
struct Told {
    language: Language,
    lines: Vec<String>,
}

impl Told {
    fn say(&mut self, en: String, fr: String) {
        let line = self.language.say(en, fr);
        self.lines.push(line);
    }

    /// A figure of this name, in English and in French, where it changed.
    fn moved(&mut self, [en, fr]: [&str; 2], old: u64, new: u64) {
        if old != new {
            let sign = if new > old { "+" } else { "-" };
            let by = new.abs_diff(old);
            self.say(
                format!("{en}: {old} before, {new} now ({sign}{by})"),
                format!("{fr}\u{a0}: {old} avant, {new} maintenant ({sign}{by})"),
            );
        }
    }

    fn brands(&mut self, old: &Figures, new: &Figures, since: Option<&Since>) {
        for share in &new.shares.brands {
            let (name, mentions) = (&share.name, share.counts.mentions);
            let Some(before) = find(old, share) else {
                self.say(
                    format!("{name} is new: {mentions} mentions; the parts of all others fall by it"),
                    format!("{name} est nouvelle\u{a0}: {mentions} mentions\u{a0}; les parts des autres baissent d’autant"),
                );
                continue;
            };
            self.headline((old, before), (new, share));
            let (was, is) = (before.counts, share.counts);
            for (en, fr, was, is) in [
                ("mentions", "mentions", was.mentions, is.mentions),
                ("stories", "histoires", was.stories, is.stories),
                ("authors", "auteurs", was.authors, is.authors),
                ("distinct posts", "publications distinctes", was.posts, is.posts),
            ] {
                self.moved([&format!("{name}: {en}"), &format!("{name}\u{a0}: {fr}")], was, is);
            }
            self.reasons((old, before), (new, share), since);
        }
        for share in old.shares.brands.iter().filter(|share| find(new, share).is_none()) {
            let name = &share.name;
            self.say(
                format!("{name} is no longer counted; the parts of all others rise by it"),
                format!("{name} n’est plus comptée\u{a0}; les parts des autres montent d’autant"),
            );
        }
        if let Some(since) = since.filter(|since| since.deleted + since.closed > 0) {
            let posts =
                self.language.count(since.deleted, ["post", "posts"], ["publication", "publications"]);
            let accounts = self.language.count(since.closed, ["account", "accounts"], ["compte", "comptes"]);
            self.say(
                format!("taken away at the source since the newest post of the old report, in this window or another: {posts}, {accounts}"),
                format!("supprimés à la source depuis la publication la plus récente de l’ancien rapport, dans cette période ou une autre\u{a0}: {posts}, {accounts}"),
            );
        }
    }

    /// The share of stories, where both reports heard enough to tell it.
    fn headline(&mut self, (old, before): (&Figures, &Share), (new, share): (&Figures, &Share)) {
        let name = &share.name;
        match (old.shares.enough(), new.shares.enough()) {
            (true, true) => {}
            (true, false) => {
                return self.say(
                    format!("{name}: share of stories no longer told: fewer than {ENOUGH} stories are left of all brands"),
                    format!("{name}\u{a0}: part des histoires non donnée\u{a0}: il reste moins de {ENOUGH} histoires pour toutes les marques"),
                );
            }
            (false, _) => return,
        }
        let told = before.by_stories.zip(share.by_stories).filter(|(was, is)| was != is);
        let Some((was, is)) = told else { return };
        // Where the intervals do not meet, it is more than chance, and there only: that errs on the safe side.
        let verdict = self.verdict(is.low > was.high || is.high < was.low);
        let [was, is] = [was, is].map(|of| mood::interval(of, self.language));
        self.say(
            format!("{name}: share of stories {was} before, {is} now: {verdict}"),
            format!("{name}\u{a0}: part des histoires {was} avant, {is} maintenant\u{a0}: {verdict}"),
        );
    }

    fn verdict(&self, more_than_chance: bool) -> &'static str {
        if more_than_chance {
            self.language.say("more than chance", "plus que par hasard")
        } else {
            self.language.say("no detectable change", "pas de changement décelable")
        }
    }

    /// Why the figures of a brand moved.
    fn reasons(
        &mut self,
        (old, before): (&Figures, &Share),
        (new, share): (&Figures, &Share),
        since: Option<&Since>,
    ) {
        let name = &share.name;
        let versions =
            |of: &Figures| of.queries.iter().find(|(id, _)| **id == *share.id.0).map(|(_, all)| all.clone());
        let same_query = versions(old) == versions(new);
        if !same_query && before.counts.mentions > 0 {
            self.say(
                format!("{name}: because what is counted for it was changed, or applied to what is stored"),
                format!("{name}\u{a0}: parce que ce qui est compté pour elle a changé, ou a été appliqué à ce qui est enregistré"),
            );
        }
        let labels = |of: &Share| u64::from(of.labelled.or(of.corrected.map(|of| of.labels)).unwrap_or(0));
        self.moved(
            [
                &format!("{name}: because of labels that people gave"),
                &format!("{name}\u{a0}: à cause des avis donnés par des personnes"),
            ],
            labels(before),
            labels(share),
        );
        let Some(since) = since.filter(|_| old.shares.window == new.shares.window) else { return };
        let of = |all: &[(BrandId, u64)]| all.iter().find(|(id, _)| *id == share.id).map_or(0, |(_, n)| *n);
        let (late, edited) = (of(&since.late), of(&since.edited));
        if late > 0 {
            self.say(
                format!("{name}: because {late} of its mentions came in later than all that the old report counted"),
                format!("{name}\u{a0}: à cause de mentions arrivées après tout ce que l’ancien rapport a compté\u{a0}: {late}"),
            );
        }
        if edited > 0 {
            self.say(
                format!("{name}: mentions edited by their authors since: {edited}"),
                format!("{name}\u{a0}: mentions modifiées depuis par leurs auteurs\u{a0}: {edited}"),
            );
        }
        let gone = (before.counts.mentions + late).saturating_sub(share.counts.mentions);
        if gone > 0 {
            let [en, fr] = if !same_query {
                [
                    "as its query changed, or they were deleted or edited",
                    "sa requête ayant changé, ou car supprimées ou modifiées",
                ]
            } else if since.deleted + since.closed > 0 {
                [
                    "deleted at their source, edited, or judged anew",
                    "supprimées à la source, modifiées ou jugées à nouveau",
                ]
            } else {
                [
                    "edited, judged anew or put aside; no deletion is known since",
                    "modifiées, jugées à nouveau ou mises de côté\u{a0}; aucune suppression n’est connue depuis",
                ]
            };
            let gone = self.language.mentions(gone);
            self.say(
                format!("{name}: because {gone} of the old report fell away ({en})"),
                format!("{name}\u{a0}: parce qu’il manque {gone} que l’ancien rapport comptait ({fr})"),
            );
        }
    }

    fn networks(&mut self, old: &Figures, new: &Figures) {
        let count = |of: &Figures, name: &str| {
            of.networks.iter().find(|(other, _)| other == name).map_or(0, |(_, count)| *count)
        };
        let names: BTreeSet<&String> =
            old.networks.iter().chain(&new.networks).map(|(name, _)| name).collect();
        for name in names {
            self.moved(
                [&format!("network {name}: mentions"), &format!("réseau {name}\u{a0}: mentions")],
                count(old, name),
                count(new, name),
            );
        }
    }

    fn sources(&mut self, old: &Figures, new: &Figures) {
        for source in &new.sources {
            let name = &source.name;
            let Some(before) = old.sources.iter().find(|other| other.name == *name) else {
                self.say(
                    format!("because the source {name} was added"),
                    format!("parce que la source {name} a été ajoutée"),
                );
                continue;
            };
            self.moved(
                [
                    &format!("because the source {name} brought posts"),
                    &format!("parce que la source {name} a apporté des publications"),
                ],
                before.posts,
                source.posts,
            );
            self.moved(
                [
                    &format!("because the source {name} listened, hours"),
                    &format!("parce que la source {name} a écouté, en heures"),
                ],
                before.hours.1,
                source.hours.1,
            );
        }
        for source in
            old.sources.iter().filter(|source| !new.sources.iter().any(|other| other.name == source.name))
        {
            let name = &source.name;
            self.say(
                format!("because the source {name} is gone"),
                format!("parce que la source {name} n’est plus là"),
            );
        }
    }

    /// How brands are spoken of.
    fn said(&mut self, old: &Figures, new: &Figures) {
        for share in &new.shares.brands {
            let shares = |share: &Share| share.sentiment.and_then(|moods| moods.shares);
            let both = find(old, share).and_then(shares).zip(shares(share));
            let Some((was, is)) = both.filter(|(was, is)| was != is) else { continue };
            // Where the intervals do not touch, it is more than chance.
            let ends = |of: &MoodShares| {
                let part = |good: Permille, bad: Permille| i32::from(good.0) - i32::from(bad.0);
                (part(of.positive.low, of.negative.high), part(of.positive.high, of.negative.low))
            };
            let ((low, high), (low_now, high_now)) = (ends(&was), ends(&is));
            let verdict = self.verdict(low_now > high || high_now < low);
            let (name, was, is) = (&share.name, points(was.net), points(is.net));
            self.say(
                format!("{name}: net sentiment {was} before, {is} now, in points: {verdict}"),
                format!("{name}\u{a0}: solde du sentiment {was} avant, {is} maintenant, en points\u{a0}: {verdict}"),
            );
        }
    }

    /// What rises.
    fn topics(&mut self, old: &Figures, new: &Figures) {
        for (brand, rising, own) in &new.topics {
            let Some((_, rose, owned)) = old.topics.iter().find(|(other, ..)| other == brand) else {
                continue;
            };
            let named = new.shares.brands.iter().find(|share| *share.id.0 == **brand);
            let name = named.map_or(brand.as_str(), |share| share.name.as_str());
            for (en, fr, before, now) in [
                ("more than before", "plus qu’avant", rose, rising),
                ("more than of the other brands", "plus que pour les autres marques", owned, own),
            ] {
                let (come, gone) = (without(now, before), without(before, now));
                if !come.is_empty() {
                    let come = come.join(", ");
                    self.say(
                        format!("{name}: now said {en}: {come}"),
                        format!("{name}\u{a0}: désormais dit {fr}\u{a0}: {come}"),
                    );
                }
                if !gone.is_empty() {
                    let gone = gone.join(", ");
                    self.say(
                        format!("{name}: no longer said {en}: {gone}"),
                        format!("{name}\u{a0}: n’est plus dit {fr}\u{a0}: {gone}"),
                    );
                }
            }
        }
    }
}

/// The brand of `share` in other figures.
fn find<'a>(figures: &'a Figures, share: &Share) -> Option<&'a Share> {
    figures.shares.brands.iter().find(|other| other.id == share.id)
}

/// Those of `all` that are not among `others`, however they are spelt.
fn without<'a>(all: &'a [String], others: &[String]) -> Vec<&'a str> {
    let others: BTreeSet<String> = others.iter().map(|term| fold(term)).collect();
    all.iter().filter(|term| !others.contains(&fold(term))).map(String::as_str).collect()
}

/// The name of a zone; UTC has several.
fn plain(zone: &str) -> &str {
    if zone == "Etc/UTC" { "UTC" } else { zone }
}

/// Thousandths as points of a hundred, with their sign.
fn points(thousandths: i32) -> String {
    let sign = if thousandths < 0 { "-" } else { "+" };
    format!("{sign}{}.{}", thousandths.abs() / 10, thousandths.abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_the_same_however_they_are_spelt() {
        let [old, new] = [["Étanche", "wheel"], ["etanche", "Freins"]].map(|all| all.map(str::to_owned));
        assert_eq!(without(&new, &old), ["Freins"]);
        assert_eq!(without(&old, &new), ["wheel"]);
    }
}
