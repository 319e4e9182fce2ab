//! The letter to the network and the conditions of the capture, as plain text in two languages.

use std::collections::HashSet;

use super::rule::{Element, Standing, Want};
use super::{Outcome, Pack};
use crate::impostor::describe;
use crate::mail::Language;
use crate::mail::clean::{evidence, short};

/// Characters of a name or of a quotation.
const NAME: usize = 200;
/// Posts quoted in a letter; all of them stand in the pack.
const QUOTED: usize = 5;

/// The letter, ready to be signed.
pub(super) fn write(pack: &Pack, standing: &Standing, language: Language) -> String {
    let say = |en: &'static str, fr: &'static str| language.say(en, fr);
    let french = language.say(false, true);
    let account = &pack.suspect.author;
    let network = language.network(pack.suspect.network.as_str());
    let handle = account.handle.as_deref().unwrap_or(&account.native_id);
    let brand = short(&pack.brand.name, NAME);
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&match french {
        false => format!("Report of an account that impersonates {brand} on {network}"),
        true => format!("Signalement d'un compte qui usurpe l'identité de {brand} sur {network}"),
    });
    line("");
    match (french, standing.is_actionable()) {
        (false, true) => {
            line("Actionable: everything that the network's rule asks for and Vigie can bring is here.")
        }
        (true, true) => {
            line("Recevable : tout ce que la règle du réseau demande et que Vigie peut apporter est là.");
        }
        (_, false) => {
            let missing: Vec<&str> =
                standing.missing().map(|want| if french { want.fr } else { want.en }).collect();
            let start = say("Not actionable yet: ", "Pas encore recevable : ");
            line(&format!("{start}{}", missing.join(say("; ", " ; "))));
        }
    }
    let adds: Vec<&str> = standing.adds.iter().map(|want| if french { want.fr } else { want.en }).collect();
    line(&format!("{}{}", say("To be added by you: ", "À ajouter par vous : "), adds.join(say("; ", " ; "))));
    line("");
    line(say("Dear Sir or Madam,", "Madame, Monsieur,"));
    line("");
    line(&match french {
        false => format!(
            "The account described here presents itself as {brand} or as its agent. It is not one of the brand's accounts, and it is not authorised to use its name. We ask you to remove it."
        ),
        true => format!(
            "Le compte décrit ici se présente comme {brand} ou comme l'un de ses agents. Il ne fait pas partie des comptes de la marque et n'est pas autorisé à en utiliser le nom. Nous vous demandons de le supprimer."
        ),
    });
    line("");
    line(say("The account", "Le compte"));
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            line(&format!("  {name}{}{value}", say(": ", " : ")));
        }
    };
    field(say("network", "réseau"), Some(network.to_string()));
    field(say("handle", "identifiant"), Some(format!("@{}", evidence(handle.trim_start_matches('@'), NAME))));
    field(say("identifier", "numéro"), Some(evidence(&account.native_id, NAME)));
    field(
        say("display name", "nom affiché"),
        account.display_name.as_deref().map(|name| evidence(name, NAME)),
    );
    field(say("profile", "présentation"), account.bio.as_deref().map(|bio| evidence(bio, 2 * NAME)));
    field(say("address", "adresse"), account.url.as_deref().map(|url| short(url, 2 * NAME)));
    field(say("created", "créé"), account.created.map(|time| time.to_string()));
    field(say("followers", "abonnés"), account.followers.map(|count| count.to_string()));
    field(say("first seen by us", "vu par nous la première fois"), Some(pack.suspect.first_seen.to_string()));
    line("");
    line(say("The brand's own accounts and domains", "Les comptes et domaines officiels de la marque"));
    for official in &pack.brand.official {
        let at = official.network.as_ref().map_or(String::new(), |network| {
            format!("{}{}", language.network(network.as_str()), say(": ", " : "))
        });
        line(&format!("  {at}@{}", short(&official.handle, NAME)));
    }
    for domain in &pack.brand.domains {
        line(&format!("  {}", short(domain, NAME)));
    }
    line("");
    line(say("The rule", "La règle"));
    line(&format!("  {}", if french { standing.fr } else { standing.en }));
    for Want { en, fr, there } in &standing.wants {
        line(&format!("  [{}] {}", if *there { 'x' } else { ' ' }, if french { fr } else { en }));
    }
    line("");
    line(say("What shows it", "Ce qui le montre"));
    for signal in pack.suspect.suspicion.signals.iter().filter(|signal| signal.points > 0) {
        let elements = super::rule::elements(&signal.name).iter().map(|element| match element {
            Element::Name => say("name", "nom"),
            Element::Image => say("picture", "image"),
            Element::Affiliation => say("claim of affiliation", "affirmation d'affiliation"),
            Element::Post => say("post", "publication"),
            Element::Handle => say("handle", "identifiant"),
        });
        let elements = elements.collect::<Vec<_>>().join(", ");
        let elements = if elements.is_empty() { elements } else { format!(" [{elements}]") };
        line(&format!("  - {}{elements}", short(&describe(signal, french), 2 * NAME)));
    }
    let answers = pack.answers.iter().rev().take(QUOTED);
    let quoted: Vec<(Option<&str>, &str)> = answers
        .map(|answer| (answer.permalink.as_deref(), answer.text.as_str()))
        .chain(
            pack.mentions
                .iter()
                .take(QUOTED)
                .map(|mention| (mention.post.permalink.as_deref(), mention.post.text.as_str())),
        )
        .collect();
    if !quoted.is_empty() {
        line("");
        line(say("Its posts", "Ses publications"));
        let mut told = HashSet::new();
        // an answer that is a mention too is kept as both
        for (address, text) in quoted.into_iter().filter(|(_, text)| told.insert(*text)) {
            line(&format!("  - {}", language.quote(&short(text, NAME))));
            if let Some(address) = address {
                line(&format!("    {}", short(address, 2 * NAME)));
            }
        }
    }
    line("");
    line(say(
        "We act in good faith, and confirm that what is said here is true to the best of our knowledge.",
        "Nous agissons de bonne foi et confirmons que ce qui est dit ici est exact à notre connaissance.",
    ));
    line("");
    line(say("[Name, role, address, signature]", "[Nom, fonction, adresse, signature]"));
    line("");
    line(say(
        "Everything named here stands in the files beside this letter; `vigie impostors verify FILE` checks them. This is no report of a bailiff.",
        "Tout ce qui est nommé ici se trouve dans les fichiers joints ; `vigie impostors verify FICHIER` les vérifie. Ceci n'est pas un constat de commissaire de justice.",
    ));
    out
}

/// Under which conditions the pack was captured, in both languages.
pub(super) fn conditions(pack: &Pack) -> String {
    let conditions = &pack.conditions;
    let mut out = String::new();
    for language in [Language::En, Language::Fr] {
        let say = |en: &'static str, fr: &'static str| language.say(en, fr);
        let mut line = |name: &str, value: &str| {
            out.push_str(&format!("{name}{}{}\n", say(": ", " : "), evidence(value, 2 * NAME)));
        };
        line(say("Written", "Établi"), &pack.written.to_string());
        line(say("By", "Par"), &conditions.who);
        line(say("Program", "Programme"), &conditions.client);
        line(say("Introduces itself as", "Se présente comme"), &conditions.user_agent);
        line(say("System", "Système"), &conditions.system);
        line(say("Time source", "Source de temps"), conditions.clock);
        line(say("Address seen by servers", "Adresse vue par les serveurs"), conditions.address);
        if pack.captures.is_empty() {
            line(
                say("Captures", "Captures"),
                say(
                    "none was made for this pack: it holds what was stored when it was seen",
                    "aucune n'a été faite pour ce dossier : il contient ce qui avait été enregistré",
                ),
            );
        }
        for capture in &pack.captures {
            let outcome = match &capture.outcome {
                Outcome::Answer { status, file, bytes } => {
                    format!("{status}, {} {}, captures/{file}", bytes.len(), say("bytes", "octets"))
                }
                Outcome::Failed(reason) => format!("{} ({reason})", say("nothing came", "rien n'est venu")),
            };
            let what = match capture.what {
                "picture" => say("picture", "image"),
                _ => say("profile", "profil"),
            };
            line(what, &format!("{} {}: {outcome}", capture.at, capture.address));
        }
        out.push_str(say(
            "Made by a program without proxy, cache or session of a browser, along the lines of NF Z67-147; it is no report of a bailiff (commissaire de justice).\n\n",
            "Fait par un programme sans proxy, cache ni session de navigateur, dans l'esprit de la norme NF Z67-147 ; ce n'est pas un constat de commissaire de justice.\n",
        ));
    }
    out
}
