//! A rule in plain words, so that people see what they switched on.

use std::time::Duration;

use super::clean::short;
use super::words::Language;
use crate::alert::{On, Rule, Side};
use crate::impostor::Level;
use crate::keyword::Brand;

/// Words shown of a list.
const WORDS: usize = 6;

/// What a rule asks, in one or two sentences.
pub fn describe(rule: &Rule, brands: &[Brand], language: Language) -> String {
    let of = whose(rule, brands, language);
    let mut text = language.say(english(rule, &of), french(rule, &of));
    let conditions = conditions(rule, language);
    if !conditions.is_empty() {
        text += language.say(", only ", ", seulement ");
        text += &language.list(&conditions);
    }
    text.push('.');
    for more in manners(rule, language) {
        text.push(' ');
        text += &more;
    }
    text
}

fn whose(rule: &Rule, brands: &[Brand], language: Language) -> String {
    if !rule.brands.is_empty() {
        let names: Vec<String> = rule
            .brands
            .iter()
            .map(|id| {
                let known = brands.iter().find(|brand| brand.id == *id);
                short(known.map_or(&*id.0, |brand| brand.name.as_str()), 60)
            })
            .collect();
        return language.list(&names);
    }
    match rule.of {
        None => language.say("any watched brand", "une marque suivie"),
        Some(Side::Ours) => language.say("one of our brands", "une de nos marques"),
        Some(Side::Competitors) => language.say("a competitor", "un concurrent"),
    }
    .to_owned()
}

fn english(rule: &Rule, of: &str) -> String {
    match rule.on {
        On::NewMention => format!("Tells every new mention of {of}"),
        On::HighRisk => format!("Tells a mention of {of} with words that announce trouble"),
        On::BigAuthor => format!("Tells a mention of {of} by an author with many followers"),
        On::FirstAuthor => format!("Tells a mention of {of} by an author never heard before"),
        On::OfficialPost => {
            format!("Tells a mention of {of} by a brand's own account or one that its network verified")
        }
        On::Spike => format!("Tells when {of} has more mentions in an hour than chance explains"),
        On::Drop => format!("Tells when {of} has far fewer mentions in a day than usual"),
        On::Silence => {
            format!(
                "Tells when {of} is not mentioned at all for {}, while the sources answer",
                silent(rule, Language::En)
            )
        }
        On::Surge => format!(
            "Tells when the share of voice of {of} has grown by {} points in a day against the week before",
            rule.points.0 / 10
        ),
        On::AccountChanged => {
            format!("Tells when an official account of {of} changes its name, bio or picture")
        }
        On::TakesOff => {
            format!("Tells when a post of an official account of {of} draws four times its usual reactions")
        }
        On::Flops => {
            format!("Tells when a post of an official account of {of} draws a quarter of its usual reactions")
        }
        On::NewImpostor => {
            format!("Tells an account that starts to pose as {of}{}", level(rule, Language::En))
        }
        On::ImpostorChanged => {
            format!(
                "Tells when an account suspected of posing as {of} changes its profile{}",
                level(rule, Language::En)
            )
        }
        On::SourceDegraded => "Tells a source that fails or has fallen silent".to_owned(),
        On::PrecisionFallen => {
            format!("Tells when people call mentions of a keyword of {of} wrong more often than before")
        }
    }
}

fn french(rule: &Rule, of: &str) -> String {
    match rule.on {
        On::NewMention => format!("Signale chaque nouvelle mention\u{a0}: {of}"),
        On::HighRisk => format!("Signale une mention dont les mots annoncent des ennuis\u{a0}: {of}"),
        On::BigAuthor => format!("Signale une mention par un auteur très suivi\u{a0}: {of}"),
        On::FirstAuthor => format!("Signale une mention par un auteur jamais entendu\u{a0}: {of}"),
        On::OfficialPost => format!(
            "Signale une mention par le compte officiel d’une marque, ou par un compte que son réseau a vérifié\u{a0}: {of}"
        ),
        On::Spike => {
            format!("Signale une heure où les mentions dépassent ce que le hasard explique\u{a0}: {of}")
        }
        On::Drop => format!("Signale une journée avec bien moins de mentions que d’habitude\u{a0}: {of}"),
        On::Silence => format!(
            "Signale l’absence de toute mention pendant {} alors que les sources répondent\u{a0}: {of}",
            silent(rule, Language::Fr)
        ),
        On::Surge => format!(
            "Signale une part de voix qui gagne {} points en un jour sur la semaine d’avant\u{a0}: {of}",
            rule.points.0 / 10
        ),
        On::AccountChanged => {
            format!("Signale un compte officiel qui change de nom, de bio ou d’image\u{a0}: {of}")
        }
        On::TakesOff => format!(
            "Signale un message d’un compte officiel qui reçoit quatre fois ses réactions habituelles\u{a0}: {of}"
        ),
        On::Flops => format!(
            "Signale un message d’un compte officiel qui reçoit le quart de ses réactions habituelles\u{a0}: {of}"
        ),
        On::NewImpostor => format!(
            "Signale un compte qui commence à se faire passer pour une marque{}\u{a0}: {of}",
            level(rule, Language::Fr)
        ),
        On::ImpostorChanged => {
            format!("Signale un compte suspect qui change de profil{}\u{a0}: {of}", level(rule, Language::Fr))
        }
        On::SourceDegraded => "Signale une source en panne ou devenue muette".to_owned(),
        On::PrecisionFallen => format!(
            "Signale un mot-clé dont les mentions sont jugées fausses plus souvent qu’avant\u{a0}: {of}"
        ),
    }
}

fn silent(rule: &Rule, language: Language) -> String {
    match rule.after {
        Some(after) => lasted(after, language),
        None => language.say("twice its longest silence", "deux fois son plus long silence").to_owned(),
    }
}

fn level(rule: &Rule, language: Language) -> &'static str {
    match rule.level {
        Level::Alert => "",
        Level::Review => language.say(" (from “to review”)", " (dès «\u{a0}à examiner\u{a0}»)"),
        Level::Watch => language.say(" (from “to watch”)", " (dès «\u{a0}à surveiller\u{a0}»)"),
    }
}

/// How long something lasts, exactly enough for a setting.
fn lasted(duration: Duration, language: Language) -> String {
    language.lasted(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// What else must be so, each as a part of a sentence.
fn conditions(rule: &Rule, language: Language) -> Vec<String> {
    let mut told = Vec::new();
    if !rule.networks.is_empty() {
        let networks: Vec<String> = rule.networks.iter().map(|name| language.network(name)).collect();
        let networks = language.list(&networks);
        told.push(language.say(format!("on {networks}"), format!("sur {networks}")));
    }
    if !rule.languages.is_empty() {
        let languages: Vec<String> = rule
            .languages
            .iter()
            .map(|code| language.say(language.language(code), language.language(code).to_lowercase()))
            .collect();
        let languages = language.list(&languages);
        told.push(language.say(format!("in {languages}"), format!("en {languages}")));
    }
    if rule.followers > 0 {
        let count = language.number(rule.followers);
        told.push(language.say(
            format!("by authors with {count} followers or more"),
            format!("d’auteurs d’au moins {count} abonnés"),
        ));
    }
    if let Some(terms) = &rule.terms {
        if !terms.words.is_empty() {
            let mut words: Vec<String> =
                terms.words.iter().take(WORDS).map(|word| language.quote(&short(word, 40))).collect();
            let more = terms.words.len().saturating_sub(WORDS);
            if more > 0 {
                words.push(language.say(format!("{more} more"), format!("{more} autres")));
            }
            let words = words.join(", ");
            told.push(language.say(format!("with one of {words}"), format!("avec l’un de {words}")));
        }
        if let Some(query) = &terms.query {
            let query = language.quote(&short(query, 120));
            told.push(language.say(format!("where {query} holds"), format!("où {query} est vrai")));
        }
    }
    told
}

/// How it is told.
fn manners(rule: &Rule, language: Language) -> Vec<String> {
    let mut told = Vec::new();
    if rule.critical {
        told.push(
            language
                .say(
                    "Critical: quiet hours and caps do not hold it back.",
                    "Critique\u{a0}: ni heures calmes ni plafond ne la retiennent.",
                )
                .to_owned(),
        );
    }
    if !rule.cool_down.is_zero() {
        let time = lasted(rule.cool_down, language);
        told.push(language.say(
            format!("The same subject again after {time} at the earliest."),
            format!("Le même sujet pas avant {time}."),
        ));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Terms;
    use crate::alert::preset::Preset;

    fn rule(on: On) -> Rule {
        Rule::new(on, Duration::ZERO, Duration::ZERO)
    }

    #[test]
    fn rules_are_told_in_both_languages() {
        let brands = [Brand::named("Molivelle", true)];
        let large = Rule {
            brands: vec![brands[0].id.clone()],
            networks: vec!["hackernews".to_owned(), "feed".to_owned()],
            languages: vec!["fr".to_owned()],
            terms: Terms::new(vec!["recall".to_owned()], Some("price OR prix".to_owned())).unwrap(),
            critical: true,
            ..rule(On::BigAuthor)
        };
        insta::assert_snapshot!(describe(&large, &brands, Language::En).replace('\u{a0}', " "), @"Tells a mention of Molivelle by an author with many followers, only on Hacker News and News and blogs, in French, by authors with 10,000 followers or more, with one of “recall” and where “price OR prix” holds. Critical: quiet hours and caps do not hold it back. The same subject again after 24 h at the earliest.");
        insta::assert_snapshot!(describe(&large, &brands, Language::Fr).replace(['\u{a0}', '\u{202f}'], " "), @"Signale une mention par un auteur très suivi : Molivelle, seulement sur Hacker News et Presse et blogs, en français, d’auteurs d’au moins 10 000 abonnés, avec l’un de « recall » et où « price OR prix » est vrai. Critique : ni heures calmes ni plafond ne la retiennent. Le même sujet pas avant 24 h.");
        let quiet =
            Rule { of: Some(Side::Ours), after: Some(Duration::from_secs(43_200)), ..rule(On::Silence) };
        insta::assert_snapshot!(describe(&quiet, &brands, Language::En).replace('\u{a0}', " "), @"Tells when one of our brands is not mentioned at all for 12 h, while the sources answer. The same subject again after 3 days at the earliest.");
    }

    #[test]
    fn every_kind_says_something_of_its_own() {
        let mut told: Vec<String> = Vec::new();
        for on in On::ALL {
            for language in [Language::En, Language::Fr] {
                told.push(describe(&rule(*on), &[], language));
            }
        }
        let all = told.len();
        told.sort();
        told.dedup();
        assert_eq!(told.len(), all);
        for (_, preset) in Preset::ALL {
            for rule in preset.rules(Duration::ZERO, Duration::ZERO) {
                assert!(!describe(&rule, &[], Language::Fr).contains("any"), "{}", rule.name);
            }
        }
    }
}
