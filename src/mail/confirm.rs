//! The one mail that a new address gets before it gets anything else.

use maud::html;

use super::clean::{self, short};
use super::page::{self, Page};
use super::text::Lines;
use super::theme::EDGE;
use super::words::Language;
use super::{Letter, SUBJECT};

/// Asks `address` whether it wants mails from `from`. `link`: where it says so; without one its owner tells the person who
/// runs Vigie.
pub fn confirm(address: &str, link: Option<&str>, from: &str, language: Language) -> Letter {
    let address = short(address, 120);
    let subject = language
        .say("Please confirm that you want these mails", "Confirmez que vous voulez ces messages")
        .to_owned();
    let why = language.say(
        format!("Somebody asked Vigie to send alerts and summaries about brands to {address}. Nothing more comes until you agree."),
        format!("Quelqu’un a demandé à Vigie d’envoyer à {address} des alertes et des synthèses au sujet de marques. Rien d’autre ne viendra sans votre accord."),
    );
    let command = format!("vigie alerts recipients --confirm {address}");
    let how = match link {
        Some(_) => language.say(
            "If you want them, open this link and say so there.".to_owned(),
            "Si vous les voulez, ouvrez ce lien et dites-le sur la page.".to_owned(),
        ),
        None => language.say(
            format!("If you want them, tell {from}, who then runs: {command}"),
            format!("Si vous les voulez, dites-le à {from}, qui lancera alors\u{a0}: {command}"),
        ),
    };
    let otherwise = language.say(
        "Otherwise do nothing: this is the only mail.",
        "Sinon, ne faites rien\u{a0}: ce message est le seul.",
    );
    let button = link.and_then(clean::link);
    let footer = [language
        .say(
            "Vigie watches public posts for the people who run it. Nothing is fetched, tracked or counted: opening this mail tells nobody.",
            "Vigie suit des publications publiques pour ceux qui l’ont installée. Rien n’est téléchargé, suivi ni compté\u{a0}: ouvrir ce message n’avertit personne.",
        )
        .to_owned()];
    let page = Page {
        language,
        title: &subject,
        preheader: &why,
        label: language.say("Confirmation", "Confirmation"),
        body: html! {
            (page::hero(&EDGE, &address, &subject, html! {
                (page::paragraph(html! { (why) }))
                (page::paragraph(html! { (how) }))
                @if let Some(link) = &button { (page::button(link, language.say("Yes, I want them", "Oui, je les veux"))) }
                (page::soft(html! { (otherwise) }))
            }))
        },
        footer: &footer,
    };
    let html = page.render();
    let mut text = Lines::default();
    text.heading(&short(&subject, SUBJECT), '=').gap().say(&why).gap().say(&how);
    if let Some(link) = link {
        text.raw(link);
    }
    text.gap().say(otherwise).gap().rule().say(footer.first().map_or("", String::as_str));
    Letter::alone(subject, text.finish(), html)
}
