//! What happened, in one line.

use super::Telling;
use crate::alert::On;
use crate::mail::clean::short;
use crate::mail::post;

impl Telling<'_> {
    /// What happened, in one line: the subject and the first thing read.
    pub(super) fn headline(&self) -> String {
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
    pub(super) fn marked(&self, line: String) -> String {
        if self.content.test {
            return format!("{} {line}", self.language.say("[Test]", "[Essai]"));
        }
        if self.all_example() { line + self.language.say(" (example)", " (exemple)") } else { line }
    }

    /// What sets this kind of alert apart, before the headline.
    pub(super) fn kind(&self) -> &'static str {
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
}
