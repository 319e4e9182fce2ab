//! The alert mail: what happened in one line, then every mention, suspect or source in trouble with what
//! speaks for it.

use jiff::tz::TimeZone;

use super::clean::{evidence, short};
use super::page::{self, Page};
use super::post::{self, Parts};
use super::words::{Language, capital, local};
use super::{Letter, SUBJECT, notes, titled};
use crate::alert::{Content, SHOWN, Trouble};
use crate::impostor::{Level, describe};
use crate::keyword::BrandId;
use crate::mention::{Mention, Suspect};
use crate::time::Time;

mod chat;
mod event;
mod footer;
mod headline;
mod html;
mod text;
mod topic;
mod trend;

pub use chat::{Brief, brief};

/// Characters of a string that a signal compared.
const STRING: usize = 60;
/// How far clocks of others may be ahead of ours.
const AHEAD: i64 = 60_000;
/// Signals listed one by one.
const SIGNALS: usize = 12;

/// The alert mail of one group.
pub fn alert(content: &Content, language: Language, zone: &TimeZone) -> Letter {
    let mut shown = SHOWN;
    loop {
        let telling = Telling { content, language, zone, shown };
        let letter = telling.letter();
        let told =
            [content.mentions.len(), content.suspects.len(), content.troubles.len(), content.events.len()];
        let told = told.into_iter().max().unwrap_or(0).min(shown);
        if letter.html.len() <= page::LIMIT || told <= 1 {
            return letter;
        }
        // Fewer, in proportion to what is too much; the rest is counted.
        shown = (told * page::LIMIT / letter.html.len()).clamp(1, told - 1);
    }
}

/// A text as a part of an address; letters, digits and `kept` stand as they are.
pub(super) fn encoded(text: &str, kept: &str) -> String {
    text.bytes()
        .map(|byte| match char::from(byte) {
            c if c.is_ascii_alphanumeric() || kept.contains(c) && c.is_ascii() => c.to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

struct Telling<'a> {
    content: &'a Content,
    language: Language,
    zone: &'a TimeZone,
    shown: usize,
}

impl Telling<'_> {
    fn letter(&self) -> Letter {
        let language = self.language;
        let headline = short(&self.headline(), SUBJECT);
        let page = Page {
            language,
            title: &headline,
            preheader: &self.preheader(),
            label: language.say("Alert", "Alerte"),
            body: self.html(&headline),
            footer: &self.footer(),
        };
        let (topic, begins, stands) = self.topic();
        let html = page.render();
        let (subject, text) = (titled(&topic, begins), self.text(&headline));
        Letter { subject, topic, stands, text, html, pictures: self.pictures() }
    }

    fn name(&self, brand: &BrandId) -> String {
        let known = self.content.names.iter().find(|(id, _)| id == brand);
        short(known.map_or(&*brand.0, |(_, name)| name), 60)
    }

    /// A link that writes a mail which says that a mention is about something else; `vigie label` takes it.
    fn denial(&self, mention: &Mention) -> Option<String> {
        let address = self.content.answer_to.as_deref()?;
        let words = self.language.say("not about us", "pas nous");
        let subject = format!("Vigie: {words} [mention {}-{}]", mention.id, mention.check());
        Some(format!("mailto:{}?subject={}", encoded(address, "@.-_+"), encoded(&subject, "-._")))
    }

    fn total(&self) -> u64 {
        let listed = u64::try_from(self.content.mentions.len()).unwrap_or(u64::MAX);
        self.content.by_brand.iter().map(|(_, count)| *count).sum::<u64>().max(listed)
    }

    fn all_example(&self) -> bool {
        let content = self.content;
        let mut marks = content
            .mentions
            .iter()
            .map(|mention| mention.example)
            .chain(content.suspects.iter().map(|suspect| suspect.example))
            .peekable();
        marks.peek().is_some() && marks.all(|example| example)
    }

    /// The words beside the subject in a list of mails: the first post, or the first reason.
    fn preheader(&self) -> String {
        let content = self.content;
        if let Some(event) = content.events.first() {
            return self.event_lines(event).join(" ");
        }
        if let Some(mention) = content.mentions.first() {
            let alt = Parts::alt(mention);
            let pieces = Parts::of(mention, alt.as_deref()).excerpt(120);
            return pieces.into_iter().map(|piece| piece.text).collect();
        }
        if let Some(suspect) = content.suspects.first() {
            let first = suspect.suspicion.signals.first();
            return first
                .map(|signal| short(&describe(signal, self.language == Language::Fr), 140))
                .unwrap_or_default();
        }
        content
            .troubles
            .first()
            .map(|trouble| short(&super::reason(&trouble.reason, self.language), 140))
            .unwrap_or_default()
    }

    fn gap_lines(&self) -> Vec<String> {
        notes::gaps(&self.content.gaps, self.language, self.zone)
    }

    /// What is known of a suspected account.
    fn account(&self, suspect: &Suspect) -> Vec<String> {
        let language = self.language;
        let mut known = post::about(Some(&suspect.author), language);
        if let Some(created) = suspect.author.created {
            let date = language.date(&local(created, self.zone));
            known.push(language.say(format!("made on {date}"), format!("créé le {date}")));
        }
        let seen = language.short_moment(suspect.first_seen, self.zone);
        known.push(language.say(format!("first seen {seen}"), format!("vu d’abord le {seen}")));
        known
    }

    /// Every signal as a sentence, with the strings it compared.
    fn signals(&self, suspect: &Suspect) -> Vec<(String, Option<String>)> {
        suspect
            .suspicion
            .signals
            .iter()
            .take(SIGNALS)
            .map(|signal| {
                let sentence = short(&describe(signal, self.language == Language::Fr), 240);
                let sentence = capital(&sentence);
                let (raw, folded) = (evidence(&signal.raw, STRING), evidence(&signal.folded, STRING));
                // What the sentence quotes whole is not said twice.
                let quoted =
                    !raw.contains('‹') && sentence.contains(&short(&signal.raw, 20).replace('…', ""));
                let strings = if quoted {
                    // Of a long text the beginning says nothing more.
                    let told = folded != raw && !folded.is_empty() && !folded.ends_with('…');
                    told.then(|| format!("[→ {folded}]"))
                } else {
                    (!raw.is_empty()).then(|| format!("[{raw} → {folded}]"))
                };
                (sentence, strings)
            })
            .collect()
    }

    fn since(&self, trouble: &Trouble) -> String {
        let language = self.language;
        let moment = language.moment(trouble.since, self.zone);
        if let Some(ended) = trouble.ended {
            let lasted = language.lasted(ended.since(trouble.since));
            let ended = language.moment(ended, self.zone);
            return language.say(
                format!("Working again since {ended}, after {lasted}; the trouble began {moment}."),
                format!("Tout va bien depuis le {ended}, après {lasted}\u{202f}; la panne avait commencé le {moment}."),
            );
        }
        let lasted = language.lasted(self.content.written.since(trouble.since));
        if trouble.silent {
            language.say(
                format!("Nothing since {moment}: {lasted} of silence, far longer than its habit."),
                format!("Rien depuis le {moment}\u{a0}: {lasted} de silence, bien plus que d’habitude."),
            )
        } else {
            language.say(
                format!("It has failed since {moment}, for {lasted}."),
                format!("En panne depuis le {moment}, soit {lasted}."),
            )
        }
    }

    /// Which clock the times are of.
    fn clock(&self) -> String {
        let at = local(self.content.written, self.zone);
        let name = at.strftime("%Z").to_string();
        let place = self.zone.iana_name().filter(|place| *place != name && *place != "Etc/UTC");
        let zone = place.map_or_else(|| name.clone(), |place| format!("{name}, {place}"));
        self.language.say(format!("All times are {zone}."), format!("Heures indiquées\u{a0}: {zone}."))
    }

    /// How fast this was told.
    fn delay(&self, mention: &Mention) -> String {
        let (language, written) = (self.language, self.content.written);
        match mention.post.published {
            Some(published) if published > written.plus(AHEAD) => language
                .say(
                    "Its date of publication is still to come, so how fast this was told is unknown.",
                    "Sa date de publication est encore à venir\u{a0}: on ne sait pas en combien de temps ceci a été dit.",
                )
                .to_owned(),
            Some(published) => {
                let lasted = language.lasted(written.since(published));
                language.say(
                    format!("Written {lasted} after it was published."),
                    format!("Écrit {lasted} après sa publication."),
                )
            }
            None => {
                let lasted = language.lasted(written.since(mention.seen));
                language.say(
                    format!("Written {lasted} after it was seen; the network does not say when it was published."),
                    format!("Écrit {lasted} après avoir été vu\u{202f}; le réseau ne dit pas quand il a été publié."),
                )
            }
        }
    }

    /// The four times of a mention, as clocks show them on the day of the mail, else with their date.
    fn times(&self, mention: &Mention) -> [(&'static str, String, Option<String>); 4] {
        let language = self.language;
        let day = local(self.content.written, self.zone);
        let shown = |name: &'static str, time: Option<Time>| match time {
            None => (name, language.say("not told", "non dit").to_owned(), None),
            Some(time) => {
                let at = local(time, self.zone);
                let other = (at.date() != day.date()).then(|| language.date(&at));
                (name, at.strftime("%H:%M:%S").to_string(), other)
            }
        };
        [
            shown(language.say("Published", "Publié"), mention.post.published),
            shown(language.say("Seen", "Vu"), Some(mention.seen)),
            shown(language.say("Matched", "Reconnu"), Some(mention.matched)),
            shown(language.say("Written", "Écrit"), Some(self.content.written)),
        ]
    }
}

pub(super) fn level(level: Level, language: Language) -> &'static str {
    match level {
        Level::Watch => language.say("to watch", "à surveiller"),
        Level::Review => language.say("to review", "à examiner"),
        Level::Alert => language.say("likely impostor", "imposteur probable"),
    }
}

/// What a person checks before acting: suspicion is not proof.
fn checks(language: Language) -> [&'static str; 3] {
    language.say(
        [
            "Is it an account of yours, a partner or a fan? Then add it to official in the brand file.",
            "Open the profile: its age, its posts, where its links lead. Do not sign in anywhere.",
            "If it deceives people, report it to the network and warn your customers from your own account.",
        ],
        [
            "Est-ce un compte à vous, un partenaire, un amateur\u{a0}? Ajoutez-le alors à official dans le fichier de la marque.",
            "Ouvrez le profil\u{a0}: son âge, ses publications, où mènent ses liens. N’entrez aucun mot de passe.",
            "S’il trompe les gens, signalez-le au réseau et prévenez vos clients depuis votre propre compte.",
        ],
    )
}

fn trouble_word(trouble: &Trouble, language: Language) -> &'static str {
    if trouble.ended.is_some() {
        language.say("works again", "rétablie")
    } else if trouble.silent {
        language.say("silent", "muette")
    } else {
        language.say("failing", "en panne")
    }
}

/// What Vigie does about a source in trouble.
fn now_does(trouble: &Trouble, language: Language) -> &'static str {
    if trouble.ended.is_some() {
        language.say(
            "Vigie has taken up where it stopped. What the source could no longer give is recorded as a gap: “vigie status” lists it, and digests say so.",
            "Vigie a repris là où elle s’était arrêtée. Ce que la source n’a plus pu donner est noté comme une lacune\u{a0}: «\u{a0}vigie status\u{a0}» la montre, les synthèses la signalent.",
        )
    } else if trouble.silent {
        language.say(
            "Vigie goes on listening and will say nothing more until posts come again. The other sources are not affected. If the silence is real, nothing is lost; if not, check the source with “vigie check”.",
            "Vigie continue d’écouter et n’en dira plus rien jusqu’au retour de publications. Les autres sources ne sont pas touchées. Si le silence est réel, rien n’est perdu\u{202f}; sinon, vérifiez la source avec «\u{a0}vigie check\u{a0}».",
        )
    } else {
        language.say(
            "Vigie keeps trying, less and less often, and will take up where it stopped. What the source can no longer give is recorded as a gap. The other sources are not affected. “vigie check” shows what is wrong.",
            "Vigie réessaie, de moins en moins souvent, et reprendra là où elle s’est arrêtée. Ce que la source ne peut plus donner est noté comme une lacune. Les autres sources ne sont pas touchées. «\u{a0}vigie check\u{a0}» montre ce qui ne va pas.",
        )
    }
}
