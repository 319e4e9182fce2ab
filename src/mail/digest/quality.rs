//! The quality of the data behind a digest: what was watched, and what may be missing.

use super::Telling;
use crate::mail::clean::short;
use crate::mail::notes;

/// Sources told one by one, the worst first.
const SOURCES: usize = 12;

impl Telling<'_> {
    /// Whether the figures may be low, in one line for the head of the mail.
    pub(super) fn warning(&self) -> Option<String> {
        let language = self.language;
        let gaps = self.digest.gaps.len();
        let unwell = self.digest.unwell().count();
        (gaps + unwell > 0).then(|| {
            language
                .say(
                    "The figures may be low: something was missed. See the quality of the data below.",
                    "Les chiffres sont peut-être trop bas\u{a0}: il a manqué quelque chose. Voir la qualité des données plus bas.",
                )
                .to_owned()
        })
    }

    /// What was watched, what not, and what comes from the example.
    pub(super) fn quality(&self) -> Vec<String> {
        let (language, digest) = (self.language, self.digest);
        let mut lines = Vec::new();
        let mut sources: Vec<_> = digest.coverage.iter().collect();
        sources.sort_by_key(|of| (of.hours_done.saturating_sub(of.hours_due), of.state == "ok", &of.source));
        sources.sort_by_key(|of| std::cmp::Reverse(of.hours_due.saturating_sub(of.hours_done)));
        if sources.is_empty() {
            lines.push(language.say("No source is followed.", "Aucune source n’est suivie.").to_owned());
        }
        for of in sources.iter().take(SOURCES) {
            let name = short(&of.source, 60);
            let (done, due) = (language.number(of.hours_done), language.number(of.hours_due));
            let heard = language.count(
                of.posts,
                ["post heard", "posts heard"],
                ["publication entendue", "publications entendues"],
            );
            let failed = if of.failed == 0 {
                String::new()
            } else {
                let failed = language.count(of.failed, ["failure", "failures"], ["échec", "échecs"]);
                format!(", {failed}")
            };
            // Nothing is due of a capture that is played: it has no hours.
            let hours = if of.hours_due == 0 {
                String::new()
            } else {
                language.say(
                    format!("{done} of {due} hours listened, "),
                    format!("{done} heures d’écoute sur {due}, "),
                )
            };
            lines.push(format!("{name}{}{hours}{heard}{failed}.", language.colon()));
        }
        if sources.len() > SOURCES {
            let more = sources.len() - SOURCES;
            lines.push(language.say(
                format!("And {more} more sources that missed less."),
                format!("Et {more} autres sources, qui ont moins manqué."),
            ));
        }
        lines
    }

    /// Gaps and sources that are not well, in a sentence each.
    pub(super) fn missing(&self) -> Vec<String> {
        let (language, digest) = (self.language, self.digest);
        let mut lines = notes::gaps(&digest.gaps, language, self.zone);
        for of in digest.unwell().take(SOURCES) {
            let name = short(&of.source, 60);
            let reason = of
                .reason
                .as_deref()
                .map(|reason| short(&crate::mail::reason(reason, language), 160))
                .filter(|reason| !reason.is_empty());
            let reason = reason.map(|reason| language.colon().to_owned() + &reason).unwrap_or_default();
            let since = of.since.map(|since| language.short_moment(since, self.zone));
            let since =
                since.map(|since| language.say(format!(" since {since}"), format!(" depuis le {since}")));
            let state = match of.state.as_str() {
                "silent" => language.say("is silent", "est muette"),
                "stopped" => language.say("is stopped", "est arrêtée"),
                _ => language.say("is failing", "est en panne"),
            };
            lines.push(format!("{name} {state}{}{reason}.", since.unwrap_or_default()));
        }
        if lines.is_empty() {
            lines.push(
                language
                    .say(
                        "No gap is known, no source is silent.",
                        "Aucune lacune connue, aucune source muette.",
                    )
                    .to_owned(),
            );
        }
        lines
    }
}
