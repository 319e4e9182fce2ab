//! How the brands are spoken of, and what rises, in a report.

use maud::{Markup, html};

use super::page::{NAME, Telling};
use crate::mail::clean::{link, short};
use crate::mail::draw::pieces;
use crate::mail::post;
use crate::mail::{mood, topic};
use crate::share::{Corrected, Interval, MoodShares, Share};
use crate::store::figures::{Mark, Topic};

/// Characters of an example.
const EXCERPT: usize = 200;

impl Telling<'_> {
    pub(super) fn moods(&self) -> Markup {
        let language = self.language;
        let brands: Vec<_> = (self.report.digest.shares.brands.iter())
            .filter_map(|share| Some((share, share.sentiment.filter(|moods| moods.understood > 0)?)))
            .collect();
        let [negative, neutral, positive] = mood::words(language);
        html! {
            @if !brands.is_empty() {
                section class="long" {
                    h2 { (self.say("How they are spoken of", "Sur quel ton on en parle")) }
                    table {
                        thead { tr {
                            th { (self.say("Brand", "Marque")) } th class="wide opt" {}
                            th class="num" { (positive) } th class="num" { (neutral) } th class="num" { (negative) }
                            th class="num opt" { (self.say("Net", "Solde")) }
                            th class="num opt" { (self.say("Not understood", "Non compris")) }
                        } }
                        tbody { @for (share, moods) in &brands { tr {
                            td { (short(&share.name, NAME)) }
                            td class="wide opt" { @if let Some(shares) = &moods.shares { (stacked(shares)) } }
                            @match &moods.shares {
                                Some(shares) => {
                                    @for of in [shares.positive, shares.neutral, shares.negative] { td class="change" { (mood::interval(of, language)) } }
                                    td class="num opt" { (language.points(shares.net)) }
                                }
                                None => {
                                    @for count in [moods.judged[2], moods.judged[1], moods.judged[0]] { td class="num" { (language.number(count)) } }
                                    td class="num opt" { "–" }
                                }
                            }
                            td class="num opt" { (language.number(moods.not_understood)) }
                        } } }
                    }
                    p class="soft" style="margin-top:10px" { (mood::how(language)) }
                }
            }
        }
    }

    /// A break of the series, in words.
    pub(super) fn mark(&self, mark: &Mark) -> String {
        let language = self.language;
        let (at, name) = (language.short_moment(mark.at, self.zone), short(&mark.name, NAME));
        match mark.what {
            "query" => language.say(
                format!("{at}: what is counted for {name} was changed; before and after do not compare"),
                format!("{at}\u{a0}: ce qui est compté pour {name} a changé\u{202f}; l’avant et l’après ne se comparent pas"),
            ),
            "brand" => language.say(
                format!("{at}: {name} is counted from then on"),
                format!("{at}\u{a0}: {name} n’est compté qu’à partir de là"),
            ),
            _ => language.say(
                format!("{at}: the source {name} is heard from then on"),
                format!("{at}\u{a0}: la source {name} n’est entendue qu’à partir de là"),
            ),
        }
    }

    /// Shares by engagement, corrected by labels, and who may have read.
    pub(super) fn weights(&self) -> Markup {
        let (language, shares) = (self.language, &self.report.digest.shares);
        let any = shares.brands.iter().any(|share| {
            share.by_engagement.is_some()
                || labelled(share).is_some()
                || share.reach.is_some_and(|reach| reach.views + reach.followers > 0)
        });
        let told = |of: Option<Interval>| of.map_or("–".to_owned(), |of| mood::interval(of, language));
        html! {
            @if any && shares.enough() {
                section {
                    h2 { (self.say("Beside the headline", "À côté de la part de voix")) }
                    table {
                        thead { tr {
                            th { (self.say("Brand", "Marque")) }
                            th class="num" { (self.say("Of reactions", "Des réactions")) }
                            th class="num" { (self.say("Of stories, corrected", "Des histoires, corrigée")) }
                            th class="num" { (self.say("May have read", "Ont pu lire")) }
                        } }
                        tbody { @for share in &shares.brands { tr {
                            td { (short(&share.name, NAME)) }
                            td class="change" { (told(share.by_engagement)) }
                            td class="change" { (told(labelled(share).map(|of| of.share))) @if let Some(of) = labelled(share) { br; (language.count(u64::from(of.labels), ["label", "labels"], ["avis", "avis"])) } }
                            td class="change" {
                                @match share.reach.filter(|reach| reach.views + reach.followers > 0) {
                                    Some(reach) => {
                                        @let (low, high) = (language.number(reach.views), language.number(reach.views.saturating_add(reach.followers)));
                                        (language.say(format!("{low} to {high}"), format!("{low} à {high}")))
                                    }
                                    None => { "–" }
                                }
                            }
                        } } }
                    }
                    p class="soft" style="margin-top:10px" { (self.say(
                        "Reactions as the networks give them, when read last; their interval takes those to one story, and to one author, as hanging together. Corrected: for how often people said that a mention is about the brand. May have read: from known views to these and the followers of the other authors; no share is made of it.",
                        "Réactions telles que les réseaux les donnent, à la dernière lecture\u{202f}; leur intervalle tient compte de ce que celles d’une histoire, ou à un auteur, vont ensemble. Corrigée\u{a0}: selon la fréquence à laquelle des personnes ont dit qu’une mention parle de la marque. Ont pu lire\u{a0}: des vues connues à celles-ci plus les abonnés des autres auteurs\u{202f}; on n’en fait aucune part."
                    )) }
                }
            }
        }
    }

    pub(super) fn topics(&self) -> Markup {
        let language = self.language;
        let brands = &self.report.digest.topics;
        let any = brands.iter().any(|brand| !brand.rising.is_empty() || !brand.own.is_empty());
        html! {
            @if any {
                section class="long" {
                    h2 { (self.say("What rises", "Ce qui monte")) }
                    @for brand in brands {
                        @for (topics, past) in [(&brand.rising, true), (&brand.own, false)] {
                            @if !topics.is_empty() {
                                p style="margin-top:12px" {
                                    span class="tag brand" { (short(&brand.name, NAME)) } " "
                                    span class="soft" { @if past { (self.say("more than before", "plus qu’avant")) } @else { (self.say("more than of the other brands", "plus que pour les autres marques")) } }
                                }
                                @for topic in topics { (self.topic(topic, past)) }
                            }
                        }
                    }
                    p class="soft" style="margin-top:10px" { (topic::how(language)) }
                }
            }
        }
    }

    fn topic(&self, of: &Topic, past: bool) -> Markup {
        let language = self.language;
        html! {
            div class="post" {
                p { strong { bdi { (short(&of.rising.term, NAME)) } } " " span class="soft" { (topic::line(&of.rising, past, language)) } }
                @if let Some(mention) = of.examples.first() {
                    @let text = topic::excerpt(mention, &of.rising.term, EXCERPT);
                    @if !text.is_empty() { div class="said" dir="auto" { (pieces(&text)) } }
                    p class="soft" {
                        bdi { (post::by(mention, language)) } " · " (language.network(mention.post.network.as_str()))
                        @if let Some(link) = mention.post.permalink.as_deref().and_then(link) { " · " a href=(link.href) rel="noreferrer noopener nofollow" { (short(&link.host, 60)) } }
                    }
                }
            }
        }
    }
}

/// A share corrected by labels, where there are any.
fn labelled(share: &Share) -> Option<Corrected> {
    share.corrected.filter(|of| of.labels > 0)
}

/// The three shares as one bar: well, neither, ill.
fn stacked(shares: &MoodShares) -> Markup {
    let (well, ill) = (shares.positive.permille.0, shares.negative.permille.0);
    html! {
        svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            rect class="track" width="1000" height="10" {}
            rect class="well" width=(well) height="10" {}
            rect class="ill" x=(1000_u16.saturating_sub(ill)) width=(ill) height="10" {}
        }
    }
}
