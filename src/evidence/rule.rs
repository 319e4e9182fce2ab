//! What each network wants in a report of impersonation, and what of it a case has.

use serde::Serialize;

use super::{Outcome, Pack};
use crate::impostor::conduct;

/// What a signal shows, in the terms of the networks' rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// The brand's name.
    Name,
    /// The brand's picture.
    Image,
    /// A false claim to be the brand or its agent.
    Affiliation,
    /// A post that misleads.
    Post,
    /// A handle that looks like the brand's: counts for nothing alone.
    Handle,
}

/// What a signal of this name shows.
pub(super) fn elements(signal: &str) -> &'static [Element] {
    match signal {
        "picture_copied" => &[Element::Image],
        "display_name_support" | "display_name_agent" => &[Element::Name, Element::Affiliation],
        "display_name_title" | "bio_official" | "bio_support" => &[Element::Affiliation],
        "display_name_names" | "bio_names" | "conduct_quick" | "conduct_same" | "not_speaking_for_it" => &[],
        name if name.starts_with("display_name_") => &[Element::Name],
        name if name.starts_with("handle_") => &[Element::Handle],
        name if conduct::is_signal(name) => &[Element::Post],
        _ => &[],
    }
}

/// One thing that a network wants, in English and French.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Want {
    /// What, in English.
    pub en: &'static str,
    /// What, in French.
    pub fr: &'static str,
    /// Whether the pack has it.
    pub there: bool,
}

/// How a case stands against the rule of its network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The rule, in English.
    pub en: &'static str,
    /// The rule, in French.
    pub fr: &'static str,
    /// What the network wants to see before it acts.
    pub wants: Vec<Want>,
    /// What only the brand can add; the network asks for it in its form.
    pub adds: Vec<Want>,
    /// Elements of the identity that the signals show.
    pub elements: Vec<Element>,
}

/// Whether an account on this network is judged by what it posts.
fn posts_count(pack: &Pack) -> bool {
    pack.mentions.iter().any(|mention| mention.post.permalink.is_some())
        || pack.answers.iter().any(|answer| answer.permalink.is_some())
}

impl Standing {
    /// What the network of a case asks for, and what of it the pack has.
    pub(super) fn of(pack: &Pack) -> Standing {
        let mut elements: Vec<Element> = pack
            .suspect
            .suspicion
            .signals
            .iter()
            .flat_map(|signal| elements(&signal.name))
            .copied()
            .collect();
        elements.sort_unstable();
        elements.dedup();
        let has = |wanted: Element| elements.contains(&wanted);
        let want = |en, fr, there| Want { en, fr, there };
        let identity = [Element::Name, Element::Image, Element::Affiliation];
        let count = identity.iter().filter(|element| has(**element)).count();
        let captured = pack
            .captures
            .iter()
            .any(|capture| capture.what == "profile" && matches!(capture.outcome, Outcome::Answer { .. }));
        let address = pack.suspect.author.url.is_some() || pack.suspect.author.handle.is_some();
        let post = posts_count(pack);
        let official = !pack.brand.official.is_empty() || !pack.brand.domains.is_empty();
        let here =
            pack.brand.official.iter().any(|account| {
                account.network.as_ref().is_none_or(|network| *network == pack.suspect.network)
            });
        let profile = || {
            want(
                "a capture of the profile made for this pack",
                "une capture du profil faite pour ce dossier",
                captured,
            )
        };
        let link = || want("the address of the account", "l'adresse du compte", address);
        let own = || {
            want(
                "the brand's own account on this network",
                "le compte officiel de la marque sur ce réseau",
                here,
            )
        };
        let posting =
            || want("the address of a post that misleads", "l'adresse d'une publication trompeuse", post);
        let (en, fr, wants) = match pack.suspect.network.as_str() {
            "x" => (
                "X wants two of these: the brand's name, its picture, a false claim of affiliation. A handle alone does not count.",
                "X demande deux éléments parmi : le nom de la marque, son image, une fausse affirmation d'affiliation. L'identifiant seul ne compte pas.",
                vec![
                    want(
                        "two elements of the identity (name, picture, claim)",
                        "deux éléments de l'identité (nom, image, affirmation)",
                        count >= 2,
                    ),
                    link(),
                    own(),
                    profile(),
                ],
            ),
            "facebook" | "instagram" | "threads" => (
                "Meta acts on the brand's logo as picture, its name as the name of the page, or a claim to be its staff.",
                "Meta agit si le logo de la marque sert d'image, si son nom sert de nom de page, ou si le compte se dit de son personnel.",
                vec![
                    want(
                        "the brand's logo, its name as the account's name, or a claim to be its staff",
                        "le logo de la marque, son nom comme nom du compte, ou l'affirmation d'être de son personnel",
                        count >= 1,
                    ),
                    link(),
                    own(),
                    profile(),
                ],
            ),
            "tiktok" => (
                "TikTok acts on a post that infringes; a name or a profile alone is refused.",
                "TikTok agit sur une publication en infraction ; un nom ou un profil seul est refusé.",
                vec![posting(), link(), own()],
            ),
            "linkedin" => (
                "LinkedIn acts on a false employment or a false page of the company.",
                "LinkedIn agit sur un faux emploi ou une fausse page d'entreprise.",
                vec![
                    want(
                        "a claim to work for the brand, or its name as the page's name",
                        "l'affirmation de travailler pour la marque, ou son nom comme nom de page",
                        count >= 1,
                    ),
                    want(
                        "the exact address of the profile or page",
                        "l'adresse exacte du profil ou de la page",
                        pack.suspect.author.url.is_some(),
                    ),
                    own(),
                ],
            ),
            "youtube" => (
                "YouTube wants the addresses of videos, with the place in them, and the brand's own channel.",
                "YouTube demande les adresses des vidéos, avec l'endroit dans chacune, et la chaîne officielle de la marque.",
                vec![posting(), link(), own()],
            ),
            "telegram" | "discord" | "whatsapp" => (
                "The network acts on messages or groups, by their identifiers.",
                "Le réseau agit sur des messages ou des groupes, par leurs identifiants.",
                vec![posting(), link(), profile()],
            ),
            "bluesky" => (
                "Bluesky acts on impersonation; a parody must say so in its name and in its profile.",
                "Bluesky agit contre l'usurpation ; une parodie doit le dire dans son nom et dans son profil.",
                vec![
                    want(
                        "the brand's name, picture or a claim to be it",
                        "le nom de la marque, son image ou l'affirmation d'être elle",
                        count >= 1,
                    ),
                    link(),
                    profile(),
                    want("a domain of the brand", "un domaine de la marque", !pack.brand.domains.is_empty()),
                ],
            ),
            _ => (
                "The moderators of the network or server decide by their own rules.",
                "Les modérateurs du réseau ou du serveur décident selon leurs propres règles.",
                vec![
                    want(
                        "the brand's name, picture or a claim to be it",
                        "le nom de la marque, son image ou l'affirmation d'être elle",
                        count >= 1,
                    ),
                    link(),
                    want(
                        "the brand's own accounts or domains",
                        "les comptes ou domaines officiels de la marque",
                        official,
                    ),
                ],
            ),
        };
        let mut adds = vec![
            want(
                "your authorisation to act for the brand",
                "votre habilitation à agir pour la marque",
                false,
            ),
            want("the brand's business address", "l'adresse professionnelle de la marque", false),
        ];
        if matches!(
            pack.suspect.network.as_str(),
            "facebook" | "instagram" | "threads" | "tiktok" | "youtube" | "linkedin"
        ) {
            adds.push(want(
                "the number of the registered trademark",
                "le numéro de la marque déposée",
                false,
            ));
        }
        Standing { en, fr, wants, adds, elements }
    }

    /// What the network wants and the pack has not.
    pub fn missing(&self) -> impl Iterator<Item = &Want> {
        self.wants.iter().filter(|want| !want.there)
    }

    /// Whether everything that Vigie can bring is there.
    pub fn is_actionable(&self) -> bool {
        self.missing().next().is_none()
    }
}
