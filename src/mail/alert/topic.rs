//! Subjects that stay the same while something goes on, with a word for how it stands.

use super::Telling;
use crate::alert::{On, Phase, What};
use crate::mail::clean::short;

impl Telling<'_> {
    /// What subjects of mails about this matter have in common; what stands behind it in the mail that opens a thread, and
    /// in one that answers it. Figures stand in the headline and beside the subject: they change.
    pub(super) fn topic(&self) -> (String, &'static str, &'static str) {
        let language = self.language;
        if let [event] = self.content.events.as_slice() {
            let brand = self.name(&event.brand);
            let (en, fr, stands) = match &event.what {
                What::Spike { .. } => (
                    "spike in mentions",
                    "pic de mentions",
                    [("started", "en cours"), ("growing", "en hausse"), ("over", "terminé")],
                ),
                What::Drop { .. } => (
                    "drop in mentions",
                    "chute des mentions",
                    [("started", "en cours"), ("deeper", "plus nette"), ("over", "terminée")],
                ),
                What::Silence { .. } => (
                    "unusual silence",
                    "silence inhabituel",
                    [("started", "en cours"), ("still", "toujours"), ("over", "rompu")],
                ),
                What::Surge { .. } => (
                    "share of voice rising",
                    "part de voix en hausse",
                    [("started", "début"), ("still growing", "se poursuit"), ("over", "terminée")],
                ),
                What::Sentiment { .. } => (
                    "tone turning negative",
                    "dégradation du ton",
                    [("started", "en cours"), ("worse", "plus nette"), ("over", "terminée")],
                ),
                What::AccountChanged { .. } | What::Reactions { .. } | What::PrecisionFallen { .. } => {
                    return (self.headline(), "", language.say("more", "suite"));
                }
            };
            let [opened, grew, ended] = stands;
            let (en_stands, fr_stands) = match event.phase {
                Phase::Opened => opened,
                Phase::Grew => grew,
                Phase::Ended => ended,
            };
            let topic = language.say(format!("{brand}: {en}"), format!("{brand}\u{a0}: {fr}"));
            let stands = language.say(en_stands, fr_stands);
            return (self.marked(topic), stands, stands);
        }
        if let [trouble] = self.content.troubles.as_slice() {
            let source = short(&trouble.source, 60);
            let topic = format!("Source {source}");
            let stands = super::trouble_word(trouble, language);
            return (self.marked(topic), stands, stands);
        }
        let stands = match self.content.on {
            On::ImpostorChanged => language.say("profile changed", "profil modifié"),
            On::NewImpostor => language.say("more suspect", "soupçon plus fort"),
            On::SourceDegraded => language.say("news", "du nouveau"),
            On::NewMention
            | On::HighRisk
            | On::BigAuthor
            | On::FirstAuthor
            | On::OfficialPost
            | On::Spike
            | On::Drop
            | On::Silence
            | On::Surge
            | On::Sentiment
            | On::AccountChanged
            | On::TakesOff
            | On::Flops
            | On::PrecisionFallen => language.say("more", "suite"),
        };
        (self.headline(), "", stands)
    }
}
