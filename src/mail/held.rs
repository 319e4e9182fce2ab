//! One mail with the alerts that were not sent for themselves: too many in an hour, or no longer news.

use jiff::tz::TimeZone;
use maud::html;

use super::clean::short;
use super::page::{self, Page};
use super::text::Lines;
use super::theme::EDGE;
use super::words::Language;
use super::{Letter, SUBJECT};
use crate::time::Time;

/// Lines listed one by one; the size of a mail sets the limit, the rest is counted.
const LISTED: usize = 100;

/// An alert that was held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What its mail would have had as its subject.
    pub subject: String,
    /// The rule.
    pub rule: String,
    /// When it was written.
    pub written: Time,
}

/// How many were held back.
pub(super) fn count(held: &[Held], language: Language) -> String {
    language.count(
        u64::try_from(held.len()).unwrap_or(u64::MAX),
        ["alert was held back", "alerts were held back"],
        ["alerte a été retenue", "alertes ont été retenues"],
    )
}

/// Why they were.
pub(super) fn why(language: Language) -> &'static str {
    language.say(
        "They came too fast to be a mail each, or could not be delivered in time. Nothing else is missing.",
        "Elles venaient trop vite pour un message chacune, ou n’ont pas pu être remises à temps. Rien d’autre ne manque.",
    )
}

/// A line for each; the last one counts those that have none.
pub(super) fn lines(held: &[Held], language: Language, zone: &TimeZone) -> Vec<String> {
    let mut lines: Vec<String> = held
        .iter()
        .take(LISTED)
        .map(|one| {
            let when = language.short_moment(one.written, zone);
            format!("{when} · {} · {}", short(&one.subject, SUBJECT), short(&one.rule, 60))
        })
        .collect();
    let rest = held.len().saturating_sub(LISTED);
    if rest > 0 {
        lines.push(language.say(
            format!("And {rest} more: see them with “vigie alerts history”."),
            format!("Et {rest} de plus\u{a0}: voyez-les avec «\u{a0}vigie alerts history\u{a0}»."),
        ));
    }
    lines
}

/// The mail that lists what was held back.
pub fn held(held: &[Held], now: Time, language: Language, zone: &TimeZone) -> Letter {
    let subject = short(&count(held, language), SUBJECT);
    let why = why(language);
    let lines = lines(held, language, zone);
    let footer = [language
        .say(
            "How many mails an hour you get is set by cap in vigie.toml; rules marked critical are never held back.",
            "Le nombre de messages par heure se règle par cap dans vigie.toml\u{202f}; les règles critiques ne sont jamais retenues.",
        )
        .to_owned()];
    let moment = language.moment(now, zone);
    let body = html! {
        (page::hero(&EDGE, &moment, &subject, page::soft(html! { (why) })))
        (page::card(html! {
            @for line in &lines { (page::paragraph(html! { (line) })) }
        }))
    };
    let page = Page {
        language,
        title: &subject,
        preheader: why,
        label: language.say("Digest", "Synthèse"),
        body,
        footer: &footer,
    };
    let html = page.render();
    let mut text = Lines::default();
    text.heading(&subject, '=').say(&moment).gap().say(why).gap();
    for line in &lines {
        text.hang("- ", "  ", line);
    }
    text.gap().rule().say(footer.first().map_or("", String::as_str));
    Letter::alone(subject, text.finish(), html)
}
