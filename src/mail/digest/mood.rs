//! How the brands are spoken of, in a digest.

use maud::{Markup, html};

use super::{BRANDS, Telling};
use crate::mail::clean::short;
use crate::mail::mood;
use crate::mail::page;
use crate::mail::text::Lines;
use crate::mail::theme::{ILL, INK, OURS, SOFT, TRACK};
use crate::share::{MoodShares, Moods, Share};

impl Telling<'_> {
    /// Brands of which anything was judged.
    fn spoken_of(&self) -> Vec<(&Share, Moods)> {
        let all = self.digest.shares.brands.iter().take(BRANDS);
        all.filter_map(|share| Some((share, share.sentiment?)))
            .filter(|(_, moods)| moods.understood > 0)
            .collect()
    }

    pub(super) fn moods_card(&self) -> Markup {
        let (language, brands) = (self.language, self.spoken_of());
        if brands.is_empty() {
            return html! {};
        }
        page::card(html! {
            (page::heading(language.say("How they are spoken of", "Sur quel ton on en parle")))
            @for (share, moods) in &brands {
                p class=(INK.class) style={ "margin:12px 0 6px 0;font-size:16px;line-height:23px;font-weight:600;" (INK) } {
                    (short(&share.name, 60))
                    @if let Some(shares) = &moods.shares { span class=(SOFT.class) style={ "font-weight:400;font-size:14px;" (SOFT) } { " \u{a0}" (mood::net(shares, language)) } }
                }
                @if let Some(shares) = &moods.shares { (stacked(shares)) }
                p class=(SOFT.class) style={ "margin:5px 0 0 0;font-size:14px;line-height:21px;" (SOFT) } { (mood::line(moods, language)) }
            }
            p style="margin:0;font-size:0;line-height:12px" { "\u{a0}" }
            (page::soft(html! { (mood::how(language)) }))
        })
    }

    pub(super) fn moods_text(&self, lines: &mut Lines) {
        let (language, brands) = (self.language, self.spoken_of());
        if brands.is_empty() {
            return;
        }
        lines.gap().heading(language.say("How they are spoken of", "Sur quel ton on en parle"), '-').gap();
        for (share, moods) in brands {
            let net = moods.shares.map(|shares| format!(" ({})", mood::net(&shares, language)));
            let name = short(&share.name, 60);
            let told = mood::line(&moods, language);
            lines.hang("- ", "  ", &format!("{name}{}{}{told}", net.unwrap_or_default(), language.colon()));
        }
        lines.gap().say(mood::how(language));
    }
}

/// The three shares as one bar: well, neither, ill.
fn stacked(shares: &MoodShares) -> Markup {
    let parts = [(&OURS, shares.positive), (&TRACK, shares.neutral), (&ILL, shares.negative)];
    html! {
        table role="presentation" aria-hidden="true" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:separate" { tr {
            @for (paint, of) in parts {
                @if of.permille.0 >= 5 { td class=(paint.class) width={ (of.permille.0.div_ceil(10)) "%" } height="10" style={ "height:10px;font-size:0;line-height:0;" (paint) } { "\u{a0}" } }
            }
        } }
    }
}
