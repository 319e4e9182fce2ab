//! The end of an alert: what is not shown, why the reader gets it, and how to change that.

use super::Telling;
use crate::mail::clean::short;

/// The name of a rule as it is typed in a shell.
fn typed(name: &str) -> String {
    let name = short(name, 60);
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    if plain { name } else { format!("'{}'", name.replace('\'', "'\\''")) }
}

impl Telling<'_> {
    /// Why the reader gets this, how it was grouped, how to change it.
    pub(super) fn footer(&self) -> Vec<String> {
        let (language, (wait, pause)) = (self.language, self.content.grouping);
        let rule = language.quote(&short(&self.content.rule, 60));
        let lasted = |seconds: u64| language.lasted(i64::try_from(seconds).unwrap_or(i64::MAX / 1000) * 1000);
        let grouped = if wait == 0 && pause == 0 {
            language.say(
                "sent at once, each in its own mail".to_owned(),
                "envoyées aussitôt, une par message".to_owned(),
            )
        } else if wait == 0 {
            language.say(
                format!("sent at once, then at most one mail every {}", lasted(pause)),
                format!("envoyées aussitôt, puis un message au plus toutes les {}", lasted(pause)),
            )
        } else {
            language.say(
                format!("gathered for {}, then at most one mail every {}", lasted(wait), lasted(pause)),
                format!(
                    "regroupées pendant {}, puis un message au plus toutes les {}",
                    lasted(wait),
                    lasted(pause)
                ),
            )
        };
        let mute = language.quote(&format!("vigie alerts mute {} --for 24h", typed(&self.content.rule)));
        let mut lines = vec![
            language.say(
                format!("You get this because of the alert rule {rule}; its alerts are {grouped}."),
                format!("Vous recevez ce message à cause de la règle d’alerte {rule}\u{202f}; ses alertes sont {grouped}."),
            ),
            language.say(
                format!("To silence it for a day: {mute}. To change or stop it, edit that rule in vigie.toml."),
                format!("Pour la faire taire un jour\u{a0}: {mute}. Pour la changer ou l’arrêter, modifiez cette règle dans vigie.toml."),
            ),
            language.say(
                "Nothing is fetched, tracked or counted: opening this mail tells nobody.",
                "Rien n’est téléchargé, suivi ni compté\u{a0}: ouvrir ce message n’avertit personne.",
            ).to_owned(),
        ];
        if self.content.test {
            let marked = language.say(
                "This is a test: somebody asked for it with “vigie alerts test”. Nothing happened.",
                "Ceci est un essai, demandé par «\u{a0}vigie alerts test\u{a0}». Il ne s’est rien passé.",
            );
            lines.insert(0, marked.to_owned());
        }
        if let Some([en, fr]) = &self.content.asks {
            lines.insert(usize::from(self.content.test) + 1, language.say(en, fr).clone());
        }
        lines
    }

    pub(super) fn more(&self) -> Option<String> {
        let language = self.language;
        let rest =
            |all: u64, listed: usize| all.saturating_sub(u64::try_from(listed.min(self.shown)).unwrap_or(0));
        let mentions = rest(self.total(), self.content.mentions.len());
        let suspects = self.content.suspects.len().saturating_sub(self.shown);
        let troubles = self.content.troubles.len().saturating_sub(self.shown);
        if mentions > 0 && self.content.events.is_empty() {
            let more = language.number(mentions);
            return Some(language.say(
                format!("And {more} more: see them with “vigie mentions”."),
                format!("Et {more} de plus\u{a0}: voyez-les avec «\u{a0}vigie mentions\u{a0}»."),
            ));
        }
        (suspects + troubles > 0).then(|| {
            let more = suspects + troubles;
            language.say(
                format!("And {more} more: see them with “vigie impostors” and “vigie status”."),
                format!("Et {more} de plus\u{a0}: voyez-les avec «\u{a0}vigie impostors\u{a0}» et «\u{a0}vigie status\u{a0}»."),
            )
        })
    }
}
