//! A rule in plain words, so that people see what they switched on.

use std::time::Duration;

use super::clean::short;
use super::words::Language;
use crate::alert::{On, Rule, Side};
use crate::impostor::Level;
use crate::keyword::Brand;
use crate::sentiment::Sentiment;

/// Words shown of a list.
const WORDS: usize = 6;

/// What a rule asks, in one or two sentences.
pub fn describe(rule: &Rule, brands: &[Brand], language: Language) -> String {
    let of = whose(rule, brands, language);
    let mut text = match language {
        Language::En => english(rule, &of.name),
        Language::Fr => french(rule, &of),
    };
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

/// Whose mentions a rule is about.
struct Whose {
    /// By name.
    name: String,
    /// The same after "mention", in French: "de Molivelle", "d’un concurrent".
    genitive: String,
}

fn whose(rule: &Rule, brands: &[Brand], language: Language) -> Whose {
    if rule.brands.is_empty() {
        let (en, fr) = match rule.of {
            None => ("any watched brand", "une marque suivie"),
            Some(Side::Ours) => ("one of our brands", "l’une de nos marques"),
            Some(Side::Competitors) => ("a competitor", "un concurrent"),
        };
        return Whose { name: language.say(en, fr).to_owned(), genitive: genitive(fr) };
    }
    let names: Vec<String> = rule
        .brands
        .iter()
        .map(|id| {
            let known = brands.iter().find(|brand| brand.id == *id);
            short(known.map_or(&*id.0, |brand| brand.name.as_str()), 60)
        })
        .collect();
    let each: Vec<String> = names.iter().map(|name| genitive(name)).collect();
    Whose { name: language.list(&names), genitive: Language::Fr.list(&each) }
}

/// "de" before a name, "d’" before a vowel.
fn genitive(name: &str) -> String {
    let vowel = name
        .chars()
        .next()
        .is_some_and(|first| first.to_lowercase().all(|first| "aeiouàâäéèêëîïôöùûüœæ".contains(first)));
    if vowel { format!("d’{name}") } else { format!("de {name}") }
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
        On::Sentiment => format!(
            "Tells when the part of mentions of {of} that are negative has grown by {} points in a day, against the two weeks before",
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

fn french(rule: &Rule, of: &Whose) -> String {
    let Whose { name, genitive: de } = of;
    match rule.on {
        On::NewMention => format!("Signale chaque nouvelle mention {de}"),
        On::HighRisk => format!("Signale toute mention {de} dont les mots annoncent des ennuis"),
        On::BigAuthor => format!("Signale toute mention {de} par un auteur très suivi"),
        On::FirstAuthor => format!("Signale toute mention {de} par un auteur encore jamais entendu"),
        On::OfficialPost => format!(
            "Signale toute mention {de} par le compte officiel d’une marque ou par un compte que son réseau a vérifié"
        ),
        On::Spike => {
            format!("Signale une heure où les mentions {de} sont plus nombreuses que le hasard ne l’explique")
        }
        On::Drop => format!("Signale une journée où les mentions {de} sont bien plus rares que d’habitude"),
        On::Silence => match rule.after {
            Some(after) => format!(
                "Signale l’absence de toute mention {de} pendant {}, alors que les sources répondent",
                lasted(after, Language::Fr)
            ),
            None => format!(
                "Signale un silence au sujet {de} deux fois plus long que le plus long connu, alors que les sources répondent"
            ),
        },
        On::Surge => format!(
            "Signale une part de voix {de} qui gagne au moins {} points en un jour par rapport à la semaine d’avant",
            rule.points.0 / 10
        ),
        On::Sentiment => format!(
            "Signale une part de mentions {de} défavorables, parmi celles que Vigie comprend, qui gagne au moins {} points en un jour par rapport aux deux semaines d’avant",
            rule.points.0 / 10
        ),
        On::AccountChanged => format!("Signale un compte officiel {de} qui change de nom, de bio ou d’image"),
        On::TakesOff => {
            format!(
                "Signale un message d’un compte officiel {de} qui reçoit quatre fois ses réactions habituelles"
            )
        }
        On::Flops => {
            format!(
                "Signale un message d’un compte officiel {de} qui ne reçoit que le quart de ses réactions habituelles"
            )
        }
        On::NewImpostor => format!(
            "Signale un compte qui commence à se faire passer pour {name}{}",
            level(rule, Language::Fr)
        ),
        On::ImpostorChanged => format!(
            "Signale un changement de profil d’un compte soupçonné de se faire passer pour {name}{}",
            level(rule, Language::Fr)
        ),
        On::SourceDegraded => "Signale une source en panne ou devenue muette".to_owned(),
        On::PrecisionFallen => {
            format!("Signale un mot-clé {de} dont les mentions sont jugées hors sujet plus souvent qu’avant")
        }
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
    if !rule.moods.is_empty() {
        let moods: Vec<&str> = rule
            .moods
            .iter()
            .map(|mood| match mood {
                Sentiment::Negative => language.say("negative", "défavorables"),
                Sentiment::Neutral => language.say("neutral", "neutres"),
                Sentiment::Positive => language.say("positive", "favorables"),
            })
            .collect();
        let moods = moods.join(language.say(" or ", " ou "));
        told.push(language.say(format!("in {moods} posts"), format!("pour des publications {moods}")));
    }
    if rule.followers > 0 {
        let count = language.number(rule.followers);
        told.push(language.say(
            format!("by authors with {count} followers or more"),
            format!("par des auteurs d’au moins {count} abonnés"),
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
            told.push(match words.as_slice() {
                [word] => language.say(format!("with {word}"), format!("avec {word}")),
                words => {
                    let words = words.join(", ");
                    language.say(format!("with one of {words}"), format!("avec l’un des mots {words}"))
                }
            });
        }
        if let Some(query) = &terms.query {
            let query = language.quote(&short(query, 120));
            told.push(language.say(format!("matching {query}"), format!("répondant à {query}")));
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
            format!("Le même sujet n’est pas signalé de nouveau avant {time}."),
        ));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Terms;
    use crate::alert::preset::Preset;
    use crate::keyword::BrandId;

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
        insta::assert_snapshot!(describe(&large, &brands, Language::En).replace('\u{a0}', " "), @"Tells a mention of Molivelle by an author with many followers, only on Hacker News and News and blogs, in French, by authors with 10,000 followers or more, with “recall” and matching “price OR prix”. Critical: quiet hours and caps do not hold it back. The same subject again after 24 h at the earliest.");
        insta::assert_snapshot!(describe(&large, &brands, Language::Fr).replace(['\u{a0}', '\u{202f}'], " "), @"Signale toute mention de Molivelle par un auteur très suivi, seulement sur Hacker News et Presse et blogs, en français, par des auteurs d’au moins 10 000 abonnés, avec « recall » et répondant à « price OR prix ». Critique : ni heures calmes ni plafond ne la retiennent. Le même sujet n’est pas signalé de nouveau avant 24 h.");
        let both = Rule {
            brands: vec![BrandId("molivelle".into()), BrandId("érivolle".into())],
            ..rule(On::Spike)
        };
        insta::assert_snapshot!(describe(&both, &brands, Language::Fr).replace('\u{a0}', " "), @"Signale une heure où les mentions de Molivelle et d’érivolle sont plus nombreuses que le hasard ne l’explique. Le même sujet n’est pas signalé de nouveau avant 24 h.");
        let any = Rule { of: Some(Side::Competitors), ..rule(On::NewMention) };
        insta::assert_snapshot!(describe(&any, &brands, Language::Fr), @"Signale chaque nouvelle mention d’un concurrent.");
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
