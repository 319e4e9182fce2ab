//! The alert mail: what happened in one line, then every mention, suspect or source in trouble with what
//! speaks for it.

use jiff::tz::TimeZone;

use super::clean::{evidence, short};
use super::page::{self, Page};
use super::post::{self, Parts};
use super::words::{Language, capital, local};
use super::{Letter, SUBJECT, notes, titled};
use crate::alert::{Content, On, SHOWN, Trouble};
use crate::impostor::{Level, describe};
use crate::keyword::BrandId;
use crate::mention::{Mention, Suspect};
use crate::time::Time;

mod chat;
mod event;
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

/// The name of a rule as it is typed in a shell.
fn typed(name: &str) -> String {
    let name = short(name, 60);
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    if plain { name } else { format!("'{}'", name.replace('\'', "'\\''")) }
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

    /// What happened, in one line: the subject and the first thing read.
    fn headline(&self) -> String {
        let line = match self.content.on {
            On::NewMention => self.mentions_headline(),
            On::HighRisk | On::BigAuthor | On::FirstAuthor | On::OfficialPost => {
                format!("{} – {}", self.kind(), self.mentions_headline())
            }
            On::NewImpostor => self.suspects_headline(),
            On::ImpostorChanged => format!("{} – {}", self.kind(), self.suspects_headline()),
            On::SourceDegraded => self.troubles_headline(),
            On::Spike
            | On::Drop
            | On::Silence
            | On::Surge
            | On::Sentiment
            | On::AccountChanged
            | On::TakesOff
            | On::Flops
            | On::PrecisionFallen => self.events_headline(),
        };
        self.marked(line)
    }

    /// A headline that says when it is of a test or of the example.
    fn marked(&self, line: String) -> String {
        if self.content.test {
            return format!("{} {line}", self.language.say("[Test]", "[Essai]"));
        }
        if self.all_example() { line + self.language.say(" (example)", " (exemple)") } else { line }
    }

    /// What sets this kind of alert apart, before the headline.
    fn kind(&self) -> &'static str {
        let language = self.language;
        match self.content.on {
            On::HighRisk => language.say("High risk", "Risque élevé"),
            On::BigAuthor => language.say("Large audience", "Large audience"),
            On::FirstAuthor => language.say("New voice", "Nouvelle voix"),
            On::OfficialPost => language.say("Official or verified account", "Compte officiel ou vérifié"),
            On::ImpostorChanged => language.say("Profile changed", "Profil modifié"),
            On::NewMention
            | On::NewImpostor
            | On::SourceDegraded
            | On::Spike
            | On::Drop
            | On::Silence
            | On::Surge
            | On::Sentiment
            | On::AccountChanged
            | On::TakesOff
            | On::Flops
            | On::PrecisionFallen => language.say("Alert", "Alerte"),
        }
    }

    fn mentions_headline(&self) -> String {
        let (language, total) = (self.language, self.total());
        if let ([mention], 0 | 1) = (self.content.mentions.as_slice(), total) {
            let brand = self.name(&mention.brand);
            let who = post::by_briefly(mention, language);
            let network = language.network(mention.post.network.as_str());
            return language.say(
                format!("{brand}: new mention by {who} on {network}"),
                format!("{brand}\u{a0}: nouvelle mention de {who} sur {network}"),
            );
        }
        let new = language.count(
            total,
            ["new mention", "new mentions"],
            ["nouvelle mention", "nouvelles mentions"],
        );
        match self.content.by_brand.as_slice() {
            [] => new,
            [(brand, _)] => format!("{}{}{new}", short(brand, 60), language.colon()),
            brands => {
                let each: Vec<String> = brands
                    .iter()
                    .map(|(brand, count)| format!("{}\u{a0}{}", short(brand, 40), language.number(*count)))
                    .collect();
                format!("{new}{}{}", language.colon(), each.join(", "))
            }
        }
    }

    fn suspects_headline(&self) -> String {
        let language = self.language;
        let mut brands: Vec<String> =
            self.content.suspects.iter().map(|suspect| self.name(&suspect.suspicion.brand)).collect();
        brands.sort();
        brands.dedup();
        let brands = language.list(&brands);
        if let [suspect] = self.content.suspects.as_slice() {
            let who = post::who_briefly(Some(&suspect.author), language);
            let network = language.network(suspect.network.as_str());
            return language.say(
                format!("{who} on {network} may be posing as {brands}"),
                format!("{who} sur {network} se fait peut-être passer pour {brands}"),
            );
        }
        let count = u64::try_from(self.content.suspects.len()).unwrap_or(u64::MAX);
        let accounts = language.count(count, ["account", "accounts"], ["compte", "comptes"]);
        language.say(
            format!("{accounts} may be posing as {brands}"),
            format!("{accounts} se font peut-être passer pour {brands}"),
        )
    }

    fn troubles_headline(&self) -> String {
        let language = self.language;
        if let [trouble] = self.content.troubles.as_slice() {
            let source = short(&trouble.source, 60);
            return if trouble.ended.is_some() {
                language
                    .say(format!("Source {source} works again"), format!("La source {source} est rétablie"))
            } else if trouble.silent {
                language.say(
                    format!("Source {source} has fallen silent"),
                    format!("La source {source} est devenue muette"),
                )
            } else {
                language
                    .say(format!("Source {source} is failing"), format!("La source {source} ne répond plus"))
            };
        }
        let count = u64::try_from(self.content.troubles.len()).unwrap_or(u64::MAX);
        let names: Vec<String> =
            self.content.troubles.iter().map(|trouble| short(&trouble.source, 40)).collect();
        let sources = language.count(count, ["source", "sources"], ["source", "sources"]);
        language.say(
            format!("{sources} in trouble: {}", language.list(&names)),
            format!("{sources} en difficulté\u{a0}: {}", language.list(&names)),
        )
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

    /// Why the reader gets this, how it was grouped, how to change it.
    fn footer(&self) -> Vec<String> {
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

    fn more(&self) -> Option<String> {
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
