//! The label of a report: what its figures rest on, how they are worked out, and what they leave out.

use maud::{Markup, html};

use super::page::{NAME, Telling};
use crate::mail::clean::short;

/// Characters of a query.
const QUERY: usize = 2_000;

impl Telling<'_> {
    /// What the figures rest on, and what they leave out.
    pub(super) fn label(&self) -> Markup {
        let (language, figures) = (self.language, &self.report.figures);
        let gaps = &self.report.digest.gaps;
        let heard: Vec<String> = self
            .report
            .digest
            .languages
            .iter()
            .filter(|of| of.name != "unknown")
            .map(|of| language.language(&of.name))
            .collect();
        html! {
            section class="label long" {
                h2 { (self.say("What these figures rest on", "Sur quoi reposent ces chiffres")) }
                dl {
                    dt { (self.say("Listened to", "Écouté")) }
                    @for source in &figures.sources {
                        dd {
                            (short(&source.name, NAME)) " (" (language.network(&source.network)) ")" (language.colon())
                            @if source.hours.0 > 0 { (language.say(
                                format!("{} of {}\u{a0}h, ", source.hours.1, source.hours.0),
                                format!("{}\u{a0}h sur {}, ", source.hours.1, source.hours.0)
                            )) }
                            (language.count(source.posts, ["post heard", "posts heard"], ["publication entendue", "publications entendues"]))
                        }
                    }
                    dt { (self.say("Not heard", "Non entendu")) }
                    @if self.report.unheard() { dd { (self.say("nothing was listened to in this period", "rien n’a été écouté pendant cette période")) } }
                    @else if gaps.is_empty() { dd { (self.say("no gap is known; networks that are not listed were not listened to", "aucune lacune connue\u{a0}; les réseaux absents de la liste n’ont pas été écoutés")) } }
                    @for mark in self.report.digest.marks.iter().filter(|mark| mark.what != "gap") { dd { (self.mark(mark)) } }
                    @for gap in gaps { dd { (short(&gap.source, NAME)) (language.colon()) (language.between(gap.from, gap.to, self.zone)) ", " (short(&crate::mail::reason(&gap.reason, language), 160)) } }
                    dt { (self.say("Counted", "Compté")) }
                    dd { (self.say(
                        "public posts that the query of a brand matches, less those thought to be about something else; deleted posts are not counted, automated accounts are",
                        "les publications publiques auxquelles la requête d’une marque répond, moins celles jugées parler d’autre chose\u{a0}; les publications supprimées ne comptent pas, les comptes automatiques si"
                    )) }
                    dt { (self.say("Queries", "Requêtes")) }
                    @for (brand, versions) in &figures.queries {
                        dd { (short(brand, NAME)) (language.colon()) @if versions.is_empty() { "–" } @else { code { (versions.join(", ")) } } }
                        @for (_, version, text) in figures.texts.iter().filter(|(of, ..)| of == brand) {
                            dd class="query" { @if versions.len() > 1 { code { (version) } (language.colon()) } code { (short(text, QUERY)) } }
                        }
                    }
                    dt { (self.say("Languages", "Langues")) }
                    dd { (self.say("posts of every language are matched", "les publications de toute langue sont comparées aux requêtes")) @if !heard.is_empty() { (self.say("; counted here: ", "\u{a0}; comptées ici\u{a0}: ")) (language.list(&heard)) } }
                    dt { (self.say("Copies", "Copies")) }
                    dd { (self.say(
                        "copies of one text, cut or with additions, are one story and count once in shares of stories; each is a mention by itself; the same words are one distinct post",
                        "les copies d’un texte, coupées ou complétées, sont une seule histoire et comptent une fois dans les parts des histoires\u{a0}; chacune est une mention\u{a0}; les mêmes mots sont une seule publication distincte"
                    )) }
                    dt { (self.say("Shares and sentiment", "Parts et tonalité")) }
                    dd { (self.say(
                        "shares have Wilson’s interval at 95%, wider where what is counted comes from few authors or is copied; sentiment is judged by word lists or a model of one’s own and corrected for how often the judge errs",
                        "les parts ont l’intervalle de Wilson à 95\u{a0}%, plus large quand ce qui est compté vient de peu d’auteurs ou a été copié\u{a0}; la tonalité est jugée par des listes de mots ou un modèle propre, et corrigée selon la fréquence d’erreur du juge"
                    )) }
                    dt { (self.say("Engagement and reach", "Engagement et portée")) }
                    dd { (self.say(
                        "engagement is the sum of the reactions that the networks give of the posts, when read last; reach goes from the views that networks tell to these and the followers of the authors of the other posts, and is no count of people",
                        "l’engagement est la somme des réactions que les réseaux donnent des publications, à la dernière lecture\u{a0}; la portée va des vues que disent les réseaux à celles-ci plus les abonnés des auteurs des autres publications, et n’est pas un nombre de personnes"
                    )) }
                    dt { (self.say("Worked out by", "Calculé par")) }
                    dd { "Vigie " (figures.vigie) (self.say(", metrics of version ", ", mesures de version ")) code { (figures.schema) } }
                    dd { (self.say("data ", "données ")) code { "sha256:" (figures.hash) } }
                }
            }
        }
    }
}
