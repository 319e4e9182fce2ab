//! The HTML part of an alert mail.

use maud::{Markup, html};

use super::{Telling, checks, level, now_does, trouble_word};
use crate::alert::{Event, On, Phase, Trouble};
use crate::mail::clean::{self, short};
use crate::mail::page;
use crate::mail::post::{self, Parts};
use crate::mail::theme::{ALARM, BRAND, DANGER, EDGE, EDGE_ALARM, INK, Paint, SOFT};
use crate::mention::{Mention, Suspect};

impl Telling<'_> {
    pub(super) fn html(&self, headline: &str) -> Markup {
        let language = self.language;
        let content = self.content;
        let gaps = self.gap_lines();
        html! {
            (page::hero(self.edge(), &language.moment(content.written, self.zone), headline, page::soft(html! { (self.clock()) })))
            @for event in content.events.iter().take(self.shown) { (self.event_card(event)) }
            @for mention in content.mentions.iter().take(self.shown) { (self.mention_card(mention)) }
            @for suspect in content.suspects.iter().take(self.shown) { (self.suspect_card(suspect)) }
            @for trouble in content.troubles.iter().take(self.shown) { (self.trouble_card(trouble)) }
            @if let Some(more) = self.more() { (page::card(html! { strong class=(INK.class) style=(INK.css()) { (more) } })) }
            @if !gaps.is_empty() {
                (page::note(html! {
                    strong { (language.say("Something may be missing.", "Il manque peut-être quelque chose.")) }
                    @for gap in &gaps { br; (gap) }
                }))
            }
        }
    }

    /// Whether all that is told is over.
    fn is_over(&self) -> bool {
        let content = self.content;
        content.events.len() + content.troubles.len() > 0
            && content.events.iter().all(|event| event.phase == Phase::Ended)
            && content.troubles.iter().all(|trouble| trouble.ended.is_some())
    }

    fn edge(&self) -> &'static Paint {
        match self.content.on {
            _ if self.is_over() => &EDGE,
            On::NewMention
            | On::BigAuthor
            | On::FirstAuthor
            | On::OfficialPost
            | On::Surge
            | On::AccountChanged
            | On::TakesOff
            | On::Flops => &EDGE,
            On::HighRisk
            | On::Spike
            | On::Drop
            | On::Silence
            | On::Sentiment
            | On::NewImpostor
            | On::ImpostorChanged
            | On::SourceDegraded
            | On::PrecisionFallen => &EDGE_ALARM,
        }
    }

    fn mention_card(&self, mention: &Mention) -> Markup {
        let language = self.language;
        let alt = Parts::alt(mention);
        let parts = Parts::of(mention, alt.as_deref());
        let author = mention.post.author.as_ref();
        let link = mention.post.permalink.as_deref().and_then(clean::link);
        page::framed(
            "left",
            &EDGE,
            html! {
                p style="margin:0 0 10px 0" {
                    (page::label(&BRAND, &self.name(&mention.brand)))
                    @if mention.example { (page::example(language)) }
                    span class=(SOFT.class) style={ "font-size:14px;" (SOFT) } { "\u{a0} " (language.network(mention.post.network.as_str())) }
                }
                p class=(INK.class) style={ "margin:0;font-weight:700;" (INK) } { (post::by(mention, language)) }
                @let about = post::about(author, language);
                @if !about.is_empty() { (page::soft(html! { (about.join(" · ")) })) }
                (page::quote(parts.title().as_deref(), &parts.excerpt(clean::EXCERPT)))
                (page::soft(html! {
                    strong { (language.say("Why: ", "Pourquoi\u{a0}: ")) }
                    (parts.why(language).join(language.say("; ", "\u{202f}; ")))
                }))
                (self.times_html(mention))
                @if let Some(link) = &link {
                    (page::button(link, &language.say(format!("Open on {}", short(&link.host, 60)), format!("Ouvrir sur {}", short(&link.host, 60)))))
                }
                @if let Some(denial) = self.denial(mention) {
                    (page::soft(html! { a class=(SOFT.class) style=(SOFT.css()) href=(denial) { (language.say("Not about us", "Ce n’est pas nous")) } }))
                }
            },
        )
    }

    /// The four times side by side.
    fn times_html(&self, mention: &Mention) -> Markup {
        html! {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:14px 0 0 0" { tr {
                @for (name, clock, day) in self.times(mention) {
                    td class=(SOFT.class) width="25%" valign="top" style={ "font-size:13px;line-height:19px;" (SOFT) } {
                        (name) br;
                        span class=(INK.class) style={ "font-size:15px;" (INK) } { (clock) }
                        @if let Some(day) = day { br; (day.replace('\u{a0}', " ")) }
                    }
                }
            } }
            (page::soft(html! { (self.delay(mention)) }))
        }
    }

    fn suspect_card(&self, suspect: &Suspect) -> Markup {
        let language = self.language;
        let suspicion = &suspect.suspicion;
        let link = suspect.author.url.as_deref().and_then(clean::link);
        page::framed(
            "left",
            &EDGE_ALARM,
            html! {
                p style="margin:0 0 10px 0" {
                    (page::label(&DANGER, level(suspicion.level, language))) " "
                    (page::label(&BRAND, &self.name(&suspicion.brand)))
                    @if suspect.example { (page::example(language)) }
                    span class=(SOFT.class) style={ "font-size:14px;" (SOFT) } { "\u{a0} " (language.network(suspect.network.as_str())) }
                }
                p class=(INK.class) style={ "margin:0;font-weight:700;" (INK) } { (post::who(Some(&suspect.author), language)) }
                (page::soft(html! { (self.account(suspect).join(" · ")) }))
                @if let Some(bio) = suspect.author.bio.as_deref().map(|bio| short(bio, 200)).filter(|bio| !bio.is_empty()) {
                    (page::quote(None, &[clean::Piece { text: bio, marked: false }]))
                }
                p class=(INK.class) style={ "margin:16px 0 4px 0;font-weight:700;" (INK) } { (language.say("Why it is suspected", "Pourquoi ce soupçon")) }
                @for (sentence, strings) in self.signals(suspect) {
                    (page::soft(html! {
                        span class=(INK.class) style=(INK.css()) { "• " (sentence) }
                        @if let Some(strings) = strings { " " (strings) }
                    }))
                }
                p class=(INK.class) style={ "margin:16px 0 4px 0;font-weight:700;" (INK) } { (language.say("What to check", "À vérifier")) }
                @for check in checks(language) { (page::soft(html! { "• " (check) })) }
                @if let Some(link) = &link {
                    (page::button(link, &language.say(format!("Look at it on {}", short(&link.host, 60)), format!("Le voir sur {}", short(&link.host, 60)))))
                }
            },
        )
    }

    fn event_card(&self, event: &Event) -> Markup {
        page::framed(
            "left",
            self.edge(),
            html! {
                p style="margin:0 0 10px 0" { (page::label(&BRAND, &self.name(&event.brand))) }
                // Of one alone the headline says it already.
                @if self.content.events.len() > 1 {
                    p class=(INK.class) style={ "margin:0;font-weight:700;" (INK) } { (self.event_headline(event)) }
                }
                @for line in self.event_lines(event) { (page::paragraph(html! { (line) })) }
                (self.trend_html(event))
            },
        )
    }

    fn trouble_card(&self, trouble: &Trouble) -> Markup {
        let language = self.language;
        let over = trouble.ended.is_some();
        let (edge, kind, reason) = if over { (&EDGE, &BRAND, &SOFT) } else { (&EDGE_ALARM, &DANGER, &ALARM) };
        page::framed(
            "left",
            edge,
            html! {
                p style="margin:0 0 10px 0" {
                    (page::label(kind, trouble_word(trouble, language)))
                    span class=(SOFT.class) style={ "font-size:14px;" (SOFT) } { "\u{a0} " (language.network(&trouble.network)) }
                }
                p class=(INK.class) style={ "margin:0;font-weight:700;" (INK) } { (short(&trouble.source, 60)) }
                (page::paragraph(html! { (self.since(trouble)) }))
                p class=(reason.class) style={ "margin:10px 0 0 0;" (reason) } { (short(&crate::mail::reason(&trouble.reason, language), 300)) }
                (page::paragraph(html! { (now_does(trouble, language)) }))
            },
        )
    }
}
