//! The HTML part of a digest.

use maud::{Markup, html};

use super::{DAYS, Row, SUSPECTS, Telling, excerpt, part_of};
use crate::mail::clean::{self, short};
use crate::mail::theme::{ACCENT, BRAND, DANGER, EDGE, INK, OURS, SOFT, THEIRS};
use crate::mail::words::local;
use crate::mail::{Language, page};
use crate::share::Permille;
use crate::store::figures::TopPost;

/// Height of the highest day, in pixels.
const HEIGHT: u64 = 96;

impl Telling<'_> {
    pub(super) fn html(&self, headline: &str) -> Markup {
        html! {
            (self.head(headline))
            @if let Some(warning) = self.warning() { (page::note(html! { (warning) })) }
            (self.shares_card())
            @if self.digest.days.len() > 1 && self.digest.days.len() <= DAYS && self.digest.shares.totals.mentions > 0 { (self.days_card()) }
            (self.held_card())
            (self.moods_card())
            (self.topics_card())
            (self.top_cards())
            (self.suspects_card())
            (self.where_card())
            (self.quality_card())
        }
    }

    fn head(&self, headline: &str) -> Markup {
        page::hero(
            &EDGE,
            &self.period(),
            headline,
            html! {
                (page::paragraph(html! { (self.totals()) "." }))
                (page::soft(html! { (self.before()) }))
                @if let Some(line) = self.example_line() {
                    p style="margin:12px 0 0 0" { (page::example(self.language)) span class=(SOFT.class) style={ "font-size:14px;line-height:21px;" (SOFT) } { "\u{a0} " (line) } }
                }
            },
        )
    }

    fn held_card(&self) -> Markup {
        let Some((heading, why, lines)) = self.held_back() else { return html! {} };
        page::card(html! {
            (page::heading(&heading))
            (page::soft(html! { (why) }))
            @for line in &lines { (page::paragraph(html! { (line) })) }
        })
    }

    fn shares_card(&self) -> Markup {
        let language = self.language;
        page::card(html! {
            (page::heading(language.say("Share of voice", "Parts de voix")))
            @for (place, row) in self.rows().iter().enumerate() { (self.share_row(row, place)) }
            @if let Some(rest) = self.other_brands() { (page::soft(html! { (rest) })) }
            @if let Some(why) = self.too_few() { (page::soft(html! { (why) })) }
        })
    }

    fn share_row(&self, row: &Row<'_>, place: usize) -> Markup {
        let share = row.share;
        let (paint, weight) = if share.ours { (&OURS, 700) } else { (&THEIRS, 600) };
        let above = if place > 0 { 22 } else { 0 };
        let ink = if share.ours { &ACCENT } else { &INK };
        html! {
            (page::table_plain(html! {
                tr {
                    td class=(INK.class) style={ "padding:" (above) "px 0 0 0;font-size:17px;line-height:26px;font-weight:" (weight) ";" (INK) } {
                        (short(&share.name, 60))
                        @if share.ours { " \u{a0}" (page::label(&BRAND, self.language.say("ours", "la nôtre"))) }
                    }
                    td class=(ink.class) align="right" style={ "padding:" (above) "px 0 0 0;font-size:22px;line-height:26px;font-weight:700;white-space:nowrap;" (ink) } { (row.figure) }
                }
                tr { td colspan="2" style="padding:7px 0 5px 0" { (page::bar(paint, row.bar, 16)) } }
                tr { td class=(SOFT.class) colspan="2" style={ "padding:0;font-size:14px;line-height:21px;" (SOFT) } {
                    (row.counts)
                    @if let Some(change) = &row.change { br; (change) }
                } }
            }))
        }
    }

    /// Mentions by day, as columns.
    fn days_card(&self) -> Markup {
        let (language, days) = (self.language, &self.digest.days);
        let highest = days.iter().map(|day| day.mentions).max().unwrap_or(0);
        let few = days.len() <= 10;
        page::card(html! {
            (page::heading(language.say("Mentions by day", "Mentions par jour")))
            (page::table_plain(html! {
                tr { @for day in days { td align="center" valign="bottom" style={ "padding:0 " (if few { 5 } else { 1 }) "px" } {
                    @if few { span class=(INK.class) style={ "font-size:14px;line-height:22px;" (INK) } { (language.number(day.mentions)) } }
                    @let height = column(day.mentions, highest);
                    (page::table(&OURS, html! { tr { td height=(height) style={ "height:" (height) "px;font-size:0;line-height:0" } { "\u{a0}" } } }))
                } } }
                @if few { tr { @for day in days { td class=(SOFT.class) align="center" valign="top" style={ "padding:6px 0 0 0;font-size:13px;line-height:17px;" (SOFT) } {
                    // The day in which the last hour of the column falls.
                    @let at = local(day.from.plus(crate::time::DAY - 1), self.zone);
                    (language.short_weekday(&at)) br; (at.day().to_string())
                } } } }
            }))
            @if !few {
                (page::soft(html! { (language.say("Highest day: ", "Jour le plus haut\u{a0}: ")) (language.mentions(highest)) }))
            }
        })
    }

    fn top_cards(&self) -> Markup {
        let language = self.language;
        let brands = self.digest.top.iter().take(self.tops);
        html! {
            @if self.tops > 0 {
                (page::card( html! {
                    (page::heading(language.say("Posts that stood out", "Ce qui a marqué")))
                    @for (place, brand) in brands.enumerate() {
                        @if place > 0 { (page::rule()) }
                        p style="margin:0 0 4px 0" { (page::label(&BRAND, &short(&brand.name, 60))) }
                        @for post in &brand.posts { (self.top_post(post)) }
                        p style="margin:0;font-size:0;line-height:18px" { "\u{a0}" }
                    }
                }))
            }
        }
    }

    fn top_post(&self, post: &TopPost) -> Markup {
        let (title, text) = excerpt(post);
        let link = post.mention.post.permalink.as_deref().and_then(clean::link);
        html! {
            (page::quote(title.as_deref(), &text))
            (page::soft(html! {
                (self.about_post(post))
                @if let Some(link) = &link { " · " (page::link(link, &short(&link.host, 60))) }
                @if post.mention.example { (page::example(self.language)) }
            }))
        }
    }

    fn suspects_card(&self) -> Markup {
        let language = self.language;
        let suspects = &self.digest.suspects;
        page::card(html! {
            (page::heading(language.say("New suspects", "Nouveaux suspects")))
            @if suspects.is_empty() {
                (page::soft(html! { (language.say("No account started to pose as one of the brands.", "Aucun compte ne s’est mis à passer pour une des marques.")) }))
            }
            @for suspect in suspects.iter().take(SUSPECTS) {
                @let (who, why) = self.suspect(suspect);
                p class=(INK.class) style={ "margin:0 0 12px 0;font-size:15px;line-height:23px;" (INK) } {
                    strong { (who) } " "
                    (page::label(&DANGER, super::super::alert::level(suspect.suspicion.level, language)))
                    @if suspect.example { (page::example(language)) }
                    br; span class=(SOFT.class) style=(SOFT.css()) { (why) }
                }
            }
            @if let Some(more) = self.more_suspects() { (page::soft(html! { (more) })) }
        })
    }

    fn where_card(&self) -> Markup {
        let language = self.language;
        let networks = self.slices(&self.digest.networks, |name| language.network(name));
        let languages = self.slices(&self.digest.languages, |name| language.language(name));
        html! {
            @if !networks.is_empty() {
                (page::card( html! {
                    (page::heading(language.say("Where, and in which language", "Où, et dans quelle langue")))
                    (slices(&networks, language))
                    p style="margin:0;font-size:0;line-height:14px" { "\u{a0}" }
                    (slices(&languages, language))
                }))
            }
        }
    }

    fn quality_card(&self) -> Markup {
        let language = self.language;
        page::card(html! {
            (page::heading(language.say("Quality of the data", "Qualité des données")))
            @for line in self.missing() {
                p class=(INK.class) style={ "margin:0 0 6px 0;font-size:15px;line-height:22px;" (INK) } { (line) }
            }
            @for line in self.quality() { (page::soft(html! { (line) })) }
            (page::rule())
            (page::heading(self.rests_on()))
            @for line in self.label() { (page::soft(html! { (line) })) }
        })
    }
}

/// Name, bar and count, a line each.
fn slices(slices: &[(String, u64, Permille)], language: Language) -> Markup {
    page::table_plain(html! {
        @for (name, mentions, part) in slices {
            tr {
                td class=(INK.class) width="34%" style={ "padding:4px 10px 4px 0;font-size:15px;line-height:20px;" (INK) } { (name) }
                td style="padding:4px 0" { (page::bar(&OURS, *part, 10)) }
                td class=(SOFT.class) width="14%" align="right" style={ "padding:4px 0 4px 10px;font-size:15px;line-height:20px;white-space:nowrap;" (SOFT) } { (language.number(*mentions)) }
            }
        }
    })
}

/// The height of a day in pixels; a day with any mention is seen.
fn column(mentions: u64, highest: u64) -> u64 {
    let scaled = u64::from(part_of(mentions, highest).0) * HEIGHT / 1000;
    if mentions == 0 { 1 } else { scaled.max(3) }
}
