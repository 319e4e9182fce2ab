//! The text part of an alert mail.

use super::{Telling, checks, level, now_does, trouble_word};
use crate::mail::clean::{self, short};
use crate::mail::post::{self, Parts};
use crate::mail::text::{self, Lines};
use crate::mention::{Mention, Suspect};

impl Telling<'_> {
    pub(super) fn text(&self, headline: &str) -> String {
        let (language, content) = (self.language, self.content);
        let mut lines = Lines::default();
        lines.heading(headline, '=').say(&language.moment(content.written, self.zone)).say(&self.clock());
        for event in content.events.iter().take(self.shown) {
            lines.gap().rule().gap();
            // Of one alone the headline says it already.
            if content.events.len() > 1 {
                lines.say(&self.event_headline(event)).gap();
            }
            for line in self.event_lines(event) {
                lines.say(&line);
            }
            if let Some(course) = &event.course {
                lines.say(&self.course_figures(course));
            }
        }
        for mention in content.mentions.iter().take(self.shown) {
            lines.gap().rule().gap();
            self.mention_text(mention, &mut lines);
        }
        for suspect in content.suspects.iter().take(self.shown) {
            lines.gap().rule().gap();
            self.suspect_text(suspect, &mut lines);
        }
        for trouble in content.troubles.iter().take(self.shown) {
            let network = language.network(&trouble.network);
            lines.gap().rule().gap();
            lines
                .say(&format!(
                    "{} · {network} · {}",
                    short(&trouble.source, 60),
                    trouble_word(trouble, language)
                ))
                .say(&self.since(trouble))
                .gap()
                .hang("  ", "  ", &short(&crate::mail::reason(&trouble.reason, language), 300))
                .gap()
                .say(now_does(trouble, language));
        }
        if let Some(more) = self.more() {
            lines.gap().rule().gap().say(&more);
        }
        let gaps = self.gap_lines();
        if !gaps.is_empty() {
            lines.gap().rule().gap();
            lines.say(language.say("Something may be missing.", "Il manque peut-être quelque chose."));
            for gap in gaps {
                lines.hang("- ", "  ", &gap);
            }
        }
        lines.gap().rule();
        for line in self.footer() {
            lines.say(&line);
        }
        lines.finish()
    }

    fn mention_text(&self, mention: &Mention, lines: &mut Lines) {
        let language = self.language;
        let alt = Parts::alt(mention);
        let parts = Parts::of(mention, alt.as_deref());
        let author = mention.post.author.as_ref();
        let network = language.network(mention.post.network.as_str());
        let mut head = format!("{} · {network}", self.name(&mention.brand));
        if mention.example {
            head += language.say(" · example", " · exemple");
        }
        let mut by = vec![post::by(mention, language)];
        by.extend(post::about(author, language));
        lines.say(&head).say(&by.join(", ")).gap();
        if let Some(title) = parts.title() {
            lines.hang("  ", "  ", &text::pieces(&title));
        }
        lines.hang("  ", "  ", &text::pieces(&parts.excerpt(clean::EXCERPT))).gap();
        let why = parts.why(language).join(language.say("; ", "\u{202f}; "));
        lines.hang(language.say("Why: ", "Pourquoi\u{a0}: "), "  ", &why);
        if let Some(link) = mention.post.permalink.as_deref().and_then(clean::link) {
            lines.say(&format!(
                "{}{}",
                language.say("Link on ", "Lien sur "),
                link.host + language.colon().trim_end()
            ));
            lines.raw(&link.href);
        }
        lines.gap();
        for (name, clock, day) in self.times(mention) {
            let day = day.map(|day| format!(", {day}")).unwrap_or_default();
            lines.raw(&format!("{}{clock}{day}", text::column(name, 12)));
        }
        lines.say(&self.delay(mention));
        if let Some(link) = self.denial(mention) {
            let ask = language
                .say("Not about us? Write this mail:", "Ce n’est pas nous\u{a0}? Écrivez ce courriel\u{a0}:");
            lines.gap().say(ask).raw(&link);
        }
    }

    fn suspect_text(&self, suspect: &Suspect, lines: &mut Lines) {
        let language = self.language;
        let suspicion = &suspect.suspicion;
        let network = language.network(suspect.network.as_str());
        let mut head =
            format!("{} · {} · {network}", level(suspicion.level, language), self.name(&suspicion.brand));
        if suspect.example {
            head += language.say(" · example", " · exemple");
        }
        lines
            .say(&head)
            .say(&post::who(Some(&suspect.author), language))
            .say(&self.account(suspect).join(" · "));
        if let Some(bio) = suspect.author.bio.as_deref() {
            lines.gap().hang("  ", "  ", &short(bio, 200));
        }
        lines.gap().say(language.say("Why it is suspected:", "Pourquoi ce soupçon\u{a0}:"));
        for (sentence, strings) in self.signals(suspect) {
            let strings = strings.map(|strings| format!(" {strings}")).unwrap_or_default();
            lines.hang("- ", "  ", &format!("{sentence}{strings}"));
        }
        lines.gap().say(language.say("What to check:", "À vérifier\u{a0}:"));
        for check in checks(language) {
            lines.hang("- ", "  ", check);
        }
        if let Some(link) = suspect.author.url.as_deref().and_then(clean::link) {
            lines.gap().say(&format!(
                "{}{}",
                language.say("Profile on ", "Profil sur "),
                link.host + language.colon().trim_end()
            ));
            lines.raw(&link.href);
        }
    }
}
