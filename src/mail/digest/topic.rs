//! What rises in what is said, in a digest.

use maud::{Markup, html};

use super::Telling;
use crate::mail::clean::short;
use crate::mail::post;
use crate::mail::text::{self, Lines};
use crate::mail::theme::{BRAND, INK, SOFT};
use crate::mail::{page, topic};
use crate::store::figures::{BrandTopics, Topic};

/// Brands with topics.
const BRANDS: usize = 5;
/// Characters of an example.
const EXCERPT: usize = 140;

impl Telling<'_> {
    fn risen(&self) -> impl Iterator<Item = &BrandTopics> {
        self.digest.topics.iter().filter(|brand| !brand.rising.is_empty()).take(BRANDS)
    }

    pub(super) fn topics_card(&self) -> Markup {
        let language = self.language;
        if self.risen().next().is_none() {
            return html! {};
        }
        page::card(html! {
            (page::heading(language.say("What rises", "Ce qui monte")))
            @for (place, brand) in self.risen().enumerate() {
                @if place > 0 { (page::rule()) }
                p style="margin:0 0 4px 0" { (page::label(&BRAND, &short(&brand.name, 60))) }
                @for topic in &brand.rising { (self.topic(topic)) }
                p style="margin:0;font-size:0;line-height:14px" { "\u{a0}" }
            }
            (page::soft(html! { (topic::how(language)) }))
        })
    }

    fn topic(&self, of: &Topic) -> Markup {
        let language = self.language;
        html! {
            p class=(INK.class) style={ "margin:10px 0 4px 0;font-size:16px;line-height:23px;" (INK) } {
                strong { bdi { (short(&of.rising.term, 60)) } }
                br; span class=(SOFT.class) style={ "font-size:14px;" (SOFT) } { (topic::line(&of.rising, true, language)) }
            }
            @if let Some(mention) = of.examples.first() {
                (page::quote(None, &topic::excerpt(mention, &of.rising.term, EXCERPT)))
                (page::soft(html! { (post::by(mention, language)) " · " (language.network(mention.post.network.as_str())) @if mention.example { (page::example(language)) } }))
            }
        }
    }

    pub(super) fn topics_text(&self, lines: &mut Lines) {
        let language = self.language;
        if self.risen().next().is_none() {
            return;
        }
        lines.gap().heading(language.say("What rises", "Ce qui monte"), '-');
        for brand in self.risen() {
            lines.gap().say(&short(&brand.name, 60));
            for of in &brand.rising {
                let term = short(&of.rising.term, 60);
                let told = topic::line(&of.rising, true, language);
                lines.hang("- ", "  ", &format!("{term}{}{told}", language.colon()));
                if let Some(mention) = of.examples.first() {
                    let said = topic::excerpt(mention, &of.rising.term, EXCERPT);
                    lines.hang("  ", "  ", &language.quote(&text::pieces(&said)));
                }
            }
        }
        lines.gap().say(topic::how(language));
    }
}
