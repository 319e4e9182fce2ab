//! What became so, in words: a headline, and what speaks for it.

use super::Telling;
use crate::alert::{Event, Phase, What};
use crate::mail::clean::short;
use crate::mail::words::{Language, capital};

/// Characters of what an account was or is.
const FIELD: usize = 160;

impl Telling<'_> {
    /// The subject of a mail about events.
    pub(super) fn events_headline(&self) -> String {
        let language = self.language;
        let Some(first) = self.content.events.first() else { return String::new() };
        let told = self.event_headline(first);
        let more = self.content.events.len() - 1;
        if more == 0 {
            return told;
        }
        let more = language.number(u64::try_from(more).unwrap_or(u64::MAX));
        format!("{told} {}", language.say(format!("(and {more} more)"), format!("(et {more} de plus)")))
    }

    /// One event in one line.
    pub(super) fn event_headline(&self, event: &Event) -> String {
        let language = self.language;
        let brand = self.name(&event.brand);
        match &event.what {
            What::Spike { .. } if event.phase == Phase::Ended => {
                let lasted = language.lasted(event.to.since(event.from));
                language.say(
                    format!("{brand}: the spike is over, after {lasted}"),
                    format!("{brand}\u{a0}: le pic est passé, après {lasted}"),
                )
            }
            What::Spike { count, .. } if event.phase == Phase::Grew => {
                let mentions = language.mentions(*count);
                language.say(
                    format!("{brand}: the spike is growing, {mentions} in an hour"),
                    format!("{brand}\u{a0}: le pic s’amplifie, {mentions} en une heure"),
                )
            }
            What::Drop { .. } if event.phase == Phase::Ended => language.say(
                format!("{brand}: as many mentions as usual again"),
                format!("{brand}\u{a0}: autant de mentions que d’habitude, de nouveau"),
            ),
            What::Silence { .. } if event.phase == Phase::Ended => {
                let lasted = language.lasted(event.to.since(event.from));
                language.say(
                    format!("{brand}: mentioned again, after {lasted} of silence"),
                    format!("{brand}\u{a0}: on en reparle, après {lasted} de silence"),
                )
            }
            What::Spike { count, .. } => {
                let mentions = language.mentions(*count);
                language.say(
                    format!("{brand}: {mentions} in an hour, far more than usual"),
                    format!("{brand}\u{a0}: {mentions} en une heure, bien plus que d’habitude"),
                )
            }
            What::Drop { count, .. } => {
                let mentions = language.mentions(*count);
                language.say(
                    format!("{brand}: only {mentions} in a day"),
                    format!("{brand}\u{a0}: seulement {mentions} en un jour"),
                )
            }
            What::Silence { .. } => {
                let lasted = language.lasted(event.to.since(event.from));
                language.say(
                    format!("{brand}: no mention for {lasted}"),
                    format!("{brand}\u{a0}: aucune mention depuis {lasted}"),
                )
            }
            What::Surge { now, before, .. } => {
                let (now, before) = (language.percent(*now), language.percent(*before));
                language.say(
                    format!("{brand}: share of voice up from {before} to {now}"),
                    format!("{brand}\u{a0}: la part de voix passe de {before} à {now}"),
                )
            }
            What::Sentiment { before, .. } if event.phase == Phase::Ended => {
                let before = language.percent(*before);
                language.say(
                    format!("{brand}: the tone is as usual again, about {before} of mentions negative"),
                    format!("{brand}\u{a0}: le ton est redevenu habituel, environ {before} de mentions défavorables"),
                )
            }
            What::Sentiment { now, before, .. } => {
                let (now, before) = (language.percent(*now), language.percent(*before));
                language.say(
                    format!("{brand}: {now} of mentions are negative, usually {before}"),
                    format!("{brand}\u{a0}: {now} de mentions défavorables, d’habitude {before}"),
                )
            }
            What::AccountChanged { network, handle, field, .. } => {
                let (handle, network) = (short(handle, 60), language.network(network));
                let what = field_name(field, language);
                language.say(
                    format!("{brand}: @{handle} changed its {what} on {network}"),
                    format!("{brand}\u{a0}: @{handle} a changé {what} sur {network}"),
                )
            }
            What::Reactions { network, handle, count, usual } => {
                let (handle, network) = (short(handle, 60), language.network(network));
                if count > usual {
                    language.say(
                        format!("{brand}: a post of @{handle} takes off on {network}"),
                        format!("{brand}\u{a0}: une publication de @{handle} décolle sur {network}"),
                    )
                } else {
                    language.say(
                        format!("{brand}: a post of @{handle} falls flat on {network}"),
                        format!("{brand}\u{a0}: une publication de @{handle} tombe à plat sur {network}"),
                    )
                }
            }
            What::PrecisionFallen { keyword, .. } => {
                let keyword = language.quote(&short(keyword, 60));
                language.say(
                    format!("{brand}: {keyword} finds the wrong posts more often"),
                    format!("{brand}\u{a0}: {keyword} trouve plus souvent des publications sans rapport"),
                )
            }
        }
    }

    /// The figures behind an event, each as a sentence.
    pub(super) fn event_lines(&self, event: &Event) -> Vec<String> {
        let language = self.language;
        let mut lines = vec![self.event_figures(event)];
        match &event.what {
            What::Silence { .. } if event.phase == Phase::Ended => {
                lines.push(capital(&language.between(event.from, event.to, self.zone)) + ".");
            }
            What::Spike { .. } | What::Drop { .. } | What::Surge { .. } | What::Sentiment { .. } => {
                lines.push(capital(&language.between(event.from, event.to, self.zone)) + ".");
            }
            What::Silence { .. } => {
                let since = language.moment(event.from, self.zone);
                lines.push(
                    language
                        .say(format!("Last mention: {since}."), format!("Dernière mention\u{a0}: {since}.")),
                );
            }
            What::AccountChanged { .. } | What::Reactions { .. } | What::PrecisionFallen { .. } => {}
        }
        if !event.without.is_empty() {
            let names: Vec<String> = event.without.iter().map(|name| short(name, 40)).collect();
            let names = language.list(&names);
            lines.push(language.say(
                format!("Left out, since they did not answer all the while: {names}."),
                format!("Laissées de côté, faute de réponse pendant ce temps\u{a0}: {names}."),
            ));
        } else if event.phase != Phase::Ended
            && matches!(event.what, What::Silence { .. } | What::Drop { .. })
        {
            lines.push(
                language
                    .say(
                        "Every source answered all the while: Vigie was listening.",
                        "Toutes les sources ont répondu pendant ce temps\u{a0}: Vigie écoutait bien.",
                    )
                    .to_owned(),
            );
        }
        lines
    }

    fn event_figures(&self, event: &Event) -> String {
        let language = self.language;
        match &event.what {
            What::Spike { count, usual, all: Some(all) } => {
                let (count, usual) = (language.mentions(*count), mean(*usual, language));
                let all = language.mentions(*all);
                language.say(
                    format!("{count} in its largest hour, usually {usual}; {all} in all while it lasted."),
                    format!("{count} dans l’heure la plus forte, d’habitude {usual}\u{202f}; {all} en tout pendant ce temps."),
                )
            }
            What::Spike { count, usual, all: None } => {
                let (count, usual) = (language.mentions(*count), mean(*usual, language));
                language.say(
                    format!("{count} in the last hour; usually {usual} an hour."),
                    format!("{count} dans la dernière heure\u{202f}; d’habitude {usual} par heure."),
                )
            }
            What::Drop { count, usual } => {
                let (count, usual) = (language.mentions(*count), mean(*usual, language));
                language.say(
                    format!("{count} in the last 24 hours; usually {usual} a day."),
                    format!("{count} dans les dernières 24 heures\u{202f}; d’habitude {usual} par jour."),
                )
            }
            What::Silence { longest } => {
                if *longest == 0 {
                    return language
                        .say("That is as long as the rule waits.", "C’est la durée fixée par la règle.")
                        .to_owned();
                }
                let longest = language.lasted(*longest);
                language.say(
                    format!("The longest silence of the two weeks before was {longest}."),
                    format!("Le plus long silence des deux semaines d’avant était de {longest}."),
                )
            }
            What::Surge { now, before, count } => {
                let points = language.points(i32::from(now.0) - i32::from(before.0));
                let count = language.mentions(*count);
                language.say(
                    format!("{points} against the week before; {count} in the last 24 hours."),
                    format!("{points} sur la semaine d’avant\u{202f}; {count} dans les dernières 24 heures."),
                )
            }
            What::Sentiment { now, before, .. } if event.phase == Phase::Ended => {
                let (now, before) = (language.percent(*now), language.percent(*before));
                language.say(
                    format!("In the last mail {now} were negative; usually {before}."),
                    format!("Au dernier message, {now} étaient défavorables\u{202f}; d’habitude {before}."),
                )
            }
            What::Sentiment { count, all, .. } => {
                let (all, count) = (language.mentions(*all), language.number(*count));
                language.say(
                    format!("In the last 24 hours {count} were negative, of {all} whose tone Vigie could tell."),
                    format!("Dans les dernières 24 heures, {count} défavorables sur {all} dont Vigie a pu juger le ton."),
                )
            }
            What::AccountChanged { before, after, .. } => {
                let shown = |value: &Option<String>| {
                    let value = short(value.as_deref().unwrap_or_default(), FIELD);
                    if value.is_empty() {
                        language.say("nothing", "rien").to_owned()
                    } else {
                        language.quote(&value)
                    }
                };
                let (before, after) = (shown(before), shown(after));
                language.say(
                    format!("Before: {before}. Now: {after}."),
                    format!("Avant\u{a0}: {before}. Maintenant\u{a0}: {after}."),
                )
            }
            What::Reactions { count, usual, .. } => {
                let number = |count: i64| language.number(count.max(0).unsigned_abs());
                let (count, usual) = (number(*count), number(*usual));
                language.say(
                    format!("{count} reactions so far; half of its other posts have {usual} or fewer."),
                    format!("{count} réactions pour l’instant\u{202f}; la moitié de ses autres publications en ont {usual} ou moins."),
                )
            }
            What::PrecisionFallen { lately, before, .. } => {
                let (now, all) = lately;
                let (then, of) = before;
                language.say(
                    format!("Of the last {all} posts that people labelled, {now} were about the brand; of the {of} before, {then}. “vigie label” shows more of them; words under unless in the brand file may keep the wrong ones out."),
                    format!("Sur les {all} dernières publications jugées par quelqu’un, {now} parlaient bien de la marque\u{202f}; sur les {of} d’avant, {then}. «\u{a0}vigie label\u{a0}» en montre d’autres\u{202f}; des mots sous unless, dans le fichier de la marque, peuvent écarter les mauvaises."),
                )
            }
        }
    }
}

/// A mean in hundredths as people read it: one figure after the point under ten.
pub(super) fn mean(hundredths: u64, language: Language) -> String {
    if hundredths >= 1_000 {
        return language.number(hundredths.saturating_add(50) / 100);
    }
    let tenths = hundredths.saturating_add(5) / 10;
    if tenths == 0 && hundredths > 0 {
        return language.say("fewer than 0.1", "moins de 0,1").to_owned();
    }
    if tenths.is_multiple_of(10) {
        return (tenths / 10).to_string();
    }
    format!("{}{}{}", tenths / 10, language.say('.', ','), tenths % 10)
}

fn field_name(field: &str, language: Language) -> &'static str {
    match field {
        "handle" => language.say("handle", "d’identifiant"),
        "display_name" => language.say("name", "de nom"),
        "bio" => language.say("bio", "de bio"),
        "avatar" => language.say("picture", "d’image"),
        "verified" => language.say("verification", "de vérification"),
        _ => language.say("profile", "de profil"),
    }
}
