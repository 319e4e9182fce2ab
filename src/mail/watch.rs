//! The mail that says that Vigie is still on watch: when it does not come, something is wrong.

use jiff::tz::TimeZone;
use maud::html;

use super::clean::short;
use super::page::{self, Page};
use super::text::Lines;
use super::theme::{EDGE, EDGE_ALARM};
use super::words::Language;
use super::{Letter, SUBJECT};
use crate::share::Window;
use crate::store::vitals::Vitals;

/// Sources named; the rest is counted.
const NAMED: usize = 10;

/// The mail of one window.
pub fn on_watch(vitals: &Vitals, window: Window, language: Language, zone: &TimeZone) -> Letter {
    let span = language.span(window, zone);
    let subject =
        short(&language.say(format!("Vigie is on watch, {span}"), format!("Vigie veille, {span}")), SUBJECT);
    let posts =
        language.count(vitals.posts, ["post heard", "posts heard"], ["publication lue", "publications lues"]);
    let mentions = language.mentions(vitals.mentions);
    let sent = language.count(vitals.sent, ["mail sent", "mails sent"], ["e-mail envoyé", "e-mails envoyés"]);
    let well = language.count(
        vitals.well,
        ["source answers", "sources answer"],
        ["source répond", "sources répondent"],
    );
    let mut lines = vec![format!("{posts}, {mentions}, {sent}.")];
    // A replay follows none.
    if vitals.well > 0 || !vitals.unwell.is_empty() {
        lines.push(format!("{well}."));
    }
    if !vitals.unwell.is_empty() {
        let mut names: Vec<String> = vitals.unwell.iter().take(NAMED).map(|name| short(name, 60)).collect();
        let more = vitals.unwell.len().saturating_sub(NAMED);
        if more > 0 {
            names.push(language.say(format!("{more} more"), format!("{more} autres")));
        }
        let names = language.list(&names);
        lines.push(language.say(
            format!("In trouble: {names}. “vigie status” says why."),
            format!("En difficulté\u{a0}: {names}. «\u{a0}vigie status\u{a0}» dit pourquoi."),
        ));
    }
    let why = language.say(
        "This mail is a sign of life: when it stops coming, see whether Vigie still runs. To stop it, take still_on_watch out of vigie.toml.",
        "Ce message est un signe de vie\u{a0}: s’il ne vient plus, voyez si Vigie tourne encore. Pour l’arrêter, retirez still_on_watch de vigie.toml.",
    );
    let moment = language.moment(window.to, zone);
    let edge = if vitals.unwell.is_empty() { &EDGE } else { &EDGE_ALARM };
    let footer = [why.to_owned()];
    let page = Page {
        language,
        title: &subject,
        preheader: lines.first().map_or("", String::as_str),
        label: language.say("On watch", "En veille"),
        body: html! {
            (page::hero(edge, &moment, &subject, html! { @for line in &lines { (page::paragraph(html! { (line) })) } }))
        },
        footer: &footer,
    };
    let html = page.render();
    let mut text = Lines::default();
    text.heading(&subject, '=').say(&moment).gap();
    for line in &lines {
        text.say(line);
    }
    text.gap().rule().say(why);
    Letter::alone(subject, text.finish(), html)
}
