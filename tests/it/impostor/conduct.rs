//! Conduct: who answers the customers of a brand, and what he asks of them.

use vigie::impostor::conduct::{Answer, Conduct, Said, join};

use super::*;

/// The level of an account that gave these answers, each to another customer, after so many minutes.
fn level(handle: &str, name: &str, bio: &str, answers: &[&str], minutes: i64) -> Option<Level> {
    let network = NetworkName::known("x");
    let stance = lookout().stance(&network, &author(handle, name, bio), Beside::default());
    let people: Vec<String> = (0..answers.len()).map(|number| format!("customer{number}")).collect();
    let answers =
        answers.iter().zip(&people).map(|(text, to)| Answer { text, to, delay: Some(minutes * 60_000) });
    let conduct = Conduct::of(answers);
    join(&stance, &lookout_brand("Zephyrine"), &conduct).map(|suspicion| suspicion.level)
}

fn lookout_brand(name: &str) -> vigie::keyword::BrandId {
    Brand::named(name, true).id
}

#[test]
fn a_help_desk_of_no_name_that_answers_the_brands_customers_is_caught() {
    for (handle, name, answer) in [
        ("helpcenter8812", "Customer Support", "We are sorry for this. Kindly send your number on WhatsApp."),
        (
            "assist_4411",
            "Service Clientèle",
            "Bonsoir, merci de nous écrire en message privé avec votre numéro de contrat.",
        ),
        (
            "ticket_99",
            "Support Team 24/7",
            "Please DM us your email so that a specialist can restore your account",
        ),
        ("aide_7731", "Centre d'aide ☎️", "Nous avons bien reçu votre plainte, un conseiller vous rappelle."),
        ("kd_55", "Kundenservice", "Es tut uns leid! Bitte senden Sie uns eine Direktnachricht."),
        (
            "at_cliente_3",
            "Atención al cliente",
            "Lamentamos lo ocurrido, escríbanos por WhatsApp al +34 600 000 000",
        ),
        ("servizio_8", "Assistenza clienti", "Gentile cliente, ci contatti su Telegram per il rimborso."),
    ] {
        assert!(level(handle, name, "", &[answer], 4) >= Some(Level::Review), "{name}: {answer}");
        assert!(level(handle, name, "", &[], 4) < Some(Level::Review), "{name}: alone");
    }
}

#[test]
fn an_agent_of_the_brand_is_caught_by_what_he_asks() {
    for (name, bio, answer) in [
        (
            "Karim",
            "Conseiller clientèle Zephyrine",
            "Bonjour, je prends votre dossier. Votre numéro WhatsApp svp ?",
        ),
        (
            "Sofia | Zephyrine",
            "Customer care agent at Zephyrine",
            "So sorry! Message us your card number and we will refund you.",
        ),
        (
            "Léa (Zephyrine)",
            "Service client Zephyrine",
            "Installez AnyDesk, nos techniciens prennent la main.",
        ),
        (
            "Tom",
            "Official Zephyrine support",
            "Complete the form to get your refund: https://zr-claim.example/a",
        ),
    ] {
        assert!(level("user8812", name, bio, &[answer], 3) >= Some(Level::Review), "{name}: {answer}");
    }
}

#[test]
fn people_who_ask_for_messages_are_left_alone() {
    for (handle, name, bio, answer) in [
        ("julie_m", "Julie", "", "Same here! DM me, I found a number that works."),
        (
            "paul_reporter",
            "Paul",
            "Reporter at the Evening Post",
            "I am writing about Zephyrine, my DMs are open, WhatsApp too.",
        ),
        (
            "conso_ouest",
            "Conso Ouest",
            "Association de consommateurs indépendante",
            "Nous réunissons les dossiers Zephyrine, écrivez-nous en MP ou via le formulaire https://conso.example/f",
        ),
        (
            "ines_z",
            "Inès",
            "Chez Zephyrine, avis perso",
            "Je travaille chez Zephyrine mais pas au support : appelez le 10 h avant.",
        ),
        (
            "rival",
            "Lou – Quenelle Bank",
            "Conseillère chez Quenelle Bank",
            "Chez nous c'est gratuit, écrivez-moi en privé sur WhatsApp !",
        ),
        (
            "stop_zephyrine",
            "Stop Zephyrine",
            "Collectif de clients en colère",
            "Écrivez-nous en MP pour témoigner.",
        ),
        (
            "marc55",
            "Marc",
            "",
            "Attention, faux compte ! Ne répondez pas à « Zephyrine Support », ils demandent un code en MP.",
        ),
        ("zephyrine_fan", "Fan de Zephyrine", "Compte de fans, non officiel", "Haha, mp moi !"),
    ] {
        for minutes in [1, 600] {
            let found = level(handle, name, bio, &[answer, answer, answer], minutes);
            assert!(found < Some(Level::Review), "{name}: {answer}: {found:?}");
        }
    }
}

#[test]
fn the_brands_own_accounts_may_ask_for_messages() {
    assert_eq!(
        level("AskZephyrine", "Zephyrine Support", "", &["Please DM us your order number."; 3], 2),
        None
    );
}

#[test]
fn the_same_sentence_to_many_counts_once_a_person() {
    let told = |people: &[&str]| {
        let text = "Bonjour @a, écrivez-nous en MP, dossier 12";
        Conduct::of(people.iter().map(|to| Answer { text, to, delay: None })).same
    };
    assert_eq!([told(&["a"]), told(&["a", "a"]), told(&["a", "b", "c"])], [1, 1, 3]);
}

proptest::proptest! {
    #[test]
    fn any_answer_is_read(text in "\\PC{0,200}", name in "\\PC{0,20}") {
        let said = Said::read(&text);
        proptest::prop_assert_eq!(Said::from_bits(said.bits()), said);
        let _level = level("zephyrine_help", &name, "", &[&text, &text], 1);
    }
}
