//! What own accounts did, shares inside networks, and the sentences of the summary about moods, topics and deeds.

use maud::{Markup, html};

use super::page::{NAME, Telling};
use super::{Deeds, Report};
use crate::mail::Language;
use crate::mail::clean::{link, short};
use crate::mail::mood;
use crate::share::{ENOUGH, Shares};
use crate::snapshot::Unusual;
use crate::store::figures::Answering;

/// Characters of a post.
const EXCERPT: usize = 200;
/// Networks whose shares are shown.
const NETWORKS: usize = 6;
/// Unusual posts shown of a brand.
const POSTS: usize = 6;
/// Terms named in the summary.
const TERMS: usize = 4;
/// What a post above its account's habit is called in figures.
pub(super) const TAKES_OFF: &str = "takes_off";

impl Telling<'_> {
    /// Shares inside each network, where there are several.
    pub(super) fn inside(&self) -> Markup {
        let language = self.language;
        let all = &self.report.inside;
        let more = u64::try_from(all.len().saturating_sub(NETWORKS)).unwrap_or(u64::MAX);
        let told = |shares: &Shares| shares.brands.iter().map(|share| share.counts.stories).sum::<u64>();
        html! {
            @if all.len() > 1 {
                section class="long" {
                    h2 { (self.say("Shares by network", "Parts de voix par réseau")) }
                    table {
                        thead { tr {
                            th { (self.say("Brand", "Marque")) }
                            @for (name, _) in all.iter().take(NETWORKS) { th class="num" { (language.network(name)) } }
                            @if more > 0 { th class="num" { (language.count(more, ["other, stories", "others, stories"], ["autre, histoires", "autres, histoires"])) } }
                        } }
                        tbody { @for brand in &self.report.digest.shares.brands { tr {
                            td { (short(&brand.name, NAME)) }
                            @for (_, shares) in all.iter().take(NETWORKS) {
                                @let share = shares.brands.iter().find(|share| share.id == brand.id);
                                td class="change" {
                                    @match share.and_then(|share| share.by_stories.filter(|_| told(shares) >= ENOUGH)) {
                                        Some(of) => { (mood::interval(of, language)) }
                                        None => { (language.number(share.map_or(0, |share| share.counts.stories))) }
                                    }
                                }
                            }
                            @if more > 0 {
                                @let others = all.iter().skip(NETWORKS).flat_map(|(_, shares)| &shares.brands);
                                @let stories: u64 = others.filter(|share| share.id == brand.id).map(|share| share.counts.stories).sum();
                                td class="change" { (language.number(stories)) }
                            }
                        } } }
                    }
                    p class="soft" style="margin-top:10px" { (self.say(
                        "Of the distinct stories on each network, with the 95% interval; where there are fewer than 30 stories, their number.",
                        "Des histoires distinctes de chaque réseau, avec l’intervalle à 95\u{a0}%\u{202f}; sous 30 histoires, leur nombre."
                    )) }
                }
            }
        }
    }

    /// How soon own accounts answer those who address them.
    pub(super) fn answering(&self) -> Markup {
        let language = self.language;
        let all: Vec<(&str, &Answering)> = (self.report.deeds.iter())
            .flat_map(|of| of.answering.iter().map(|answering| (of.name.as_str(), answering)))
            .filter(|(_, of)| of.addressed > 0)
            .collect();
        html! {
            @if !all.is_empty() {
                section class="long" {
                    h2 { (self.say("How soon accounts answer", "En combien de temps les comptes répondent")) }
                    table {
                        thead { tr {
                            th { (self.say("Brand", "Marque")) } th { (self.say("Network", "Réseau")) }
                            th class="num" { (self.say("Addressed to it", "Lui sont adressées")) }
                            th class="num" { (self.say("Answered", "Avec réponse")) }
                            th class="num" { (self.say("Not within a day", "Sans réponse en un jour")) }
                            th class="num" { (self.say("Half came within", "La moitié en moins de")) }
                        } }
                        tbody { @for (name, of) in &all { tr {
                            td { (short(name, NAME)) }
                            td { (language.network(&of.network)) }
                            td class="num" { (language.number(of.addressed)) }
                            td class="num" { (language.number(of.answered)) }
                            td class="num" { (language.number(of.unanswered)) }
                            td class="num" { (median(of, language).unwrap_or_else(|| "–".to_owned())) }
                        } } }
                    }
                    p class="soft" style="margin-top:10px" { (self.say(
                        "Public posts of others that name the account or answer one of its posts, as far as they were heard; answers in private are not seen.",
                        "Les publications publiques d’autrui qui nomment le compte ou répondent à l’une des siennes, pour ce qui a été entendu\u{202f}; les réponses en privé ne se voient pas."
                    )) }
                }
            }
        }
    }

    /// Posts of own accounts far from the habit of their accounts.
    pub(super) fn unusual(&self) -> Markup {
        html! {
            @if self.report.deeds.iter().any(|of| !of.unusual.is_empty()) {
                section class="long" {
                    h2 { (self.say("Own posts that took off or flopped", "Publications propres qui ont décollé ou échoué")) }
                    @for of in &self.report.deeds {
                        @for unusual in of.unusual.iter().take(POSTS) { (self.unusual_post(&of.name, unusual)) }
                    }
                    p class="soft" style="margin-top:10px" { (self.say(
                        "Against the account's other posts whose reactions were read 48 hours after publication or later.",
                        "Par rapport aux autres publications du compte dont les réactions ont été lues au moins 48 heures après."
                    )) }
                }
            }
        }
    }

    fn unusual_post(&self, brand: &str, unusual: &Unusual) -> Markup {
        let (language, post) = (self.language, &unusual.post);
        let count = |number: i64| language.number(u64::try_from(number).unwrap_or(0));
        let (now, usual) = (count(post.reactions), count(unusual.usual));
        html! {
            div class="post" {
                p {
                    span class="tag brand" { (short(brand, NAME)) } " "
                    @if unusual.what == TAKES_OFF { (self.say("took off", "a décollé")) } @else { (self.say("flopped", "a échoué")) }
                    ": " (language.say(format!("{now} reactions, usually {usual}"), format!("{now} réactions, {usual} d’habitude")))
                    " · " (language.network(&post.network))
                    @if let Some(at) = post.published { " · " (language.short_moment(at, self.zone)) }
                }
                @if !post.excerpt.is_empty() { div class="said" dir="auto" { (short(&post.excerpt, EXCERPT)) } }
                @if let Some(link) = post.permalink.as_deref().and_then(link) { p class="soft" { a href=(link.href) rel="noreferrer noopener nofollow" { (short(&link.href, 120)) } } }
            }
        }
    }
}

fn median(of: &Answering, language: Language) -> Option<String> {
    of.median_seconds.map(|seconds| language.lasted(seconds.saturating_mul(1000)))
}

/// What the summary says of moods, topics, answers and unusual posts of the first brand.
pub(super) fn sentences(report: &Report, language: Language) -> Vec<String> {
    let Some(first) = report.digest.shares.brands.first() else { return Vec::new() };
    let name = short(&first.name, NAME);
    let mut said = Vec::new();
    if let Some(shares) = first.sentiment.and_then(|moods| moods.shares) {
        let [well, ill] = [shares.positive, shares.negative].map(|of| mood::interval(of, language));
        said.push(language.say(
            format!("Of the stories about {name} that were understood, {well} speak well of it and {ill} speak ill."),
            format!("Parmi les histoires comprises sur {name}, {well} en parlent en bien et {ill} en mal."),
        ));
    }
    if let Some(topics) = report.digest.topics.iter().find(|of| of.id == first.id && !of.rising.is_empty()) {
        let terms: Vec<String> = topics
            .rising
            .iter()
            .take(TERMS)
            .map(|topic| language.quote(&short(&topic.rising.term, NAME)))
            .collect();
        let list = language.list(&terms);
        said.push(language.say(
            format!("More is said about {name} with these words than before: {list}."),
            format!("Ces mots montent dans ce qui se dit de {name}\u{a0}: {list}."),
        ));
    }
    if let Some(deeds) = report.deeds.iter().find(|of| of.id == first.id) {
        said.extend(
            deeds.answering.iter().filter(|of| of.addressed > 0).map(|of| answered(&name, of, language)),
        );
        said.extend(unusual(&name, deeds, language));
    }
    said
}

fn answered(name: &str, of: &Answering, language: Language) -> String {
    let (all, answered) = (language.number(of.addressed), language.number(of.answered));
    let network = language.network(&of.network);
    let soon = median(of, language).map(|time| {
        language.say(
            format!("; half of the answers came within {time}"),
            format!("\u{202f}; la moitié des réponses sont venues en moins de {time}"),
        )
    });
    language.say(
        format!("On {network}, {name} answered {answered} of {all} posts addressed to it"),
        format!(
            "Sur {network}, {name} a répondu à {answered} des {all} publications qui lui étaient adressées"
        ),
    ) + &soon.unwrap_or_default()
        + "."
}

fn unusual(name: &str, deeds: &Deeds, language: Language) -> Option<String> {
    let count = |what: bool| {
        let of = deeds.unusual.iter().filter(|unusual| (unusual.what == TAKES_OFF) == what).count();
        u64::try_from(of).unwrap_or(u64::MAX)
    };
    let (off, flops) = (count(true), count(false));
    (off + flops > 0).then(|| {
        let (up, down) = (language.number(off), language.number(flops));
        language.say(
            format!("Against their accounts' habit, {up} of {name}'s own posts took off and {down} flopped."),
            format!("Par rapport à l’habitude de leurs comptes, {up} publications de {name} ont décollé et {down} ont échoué."),
        )
    })
}
