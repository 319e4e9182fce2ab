//! An alert in few words, for places where people chat.

use super::Telling;
use crate::alert::Content;
use crate::mail::clean::{self, short};
use crate::mail::post::{self, Parts};
use crate::mail::words::Language;
use crate::time::Time;
use jiff::tz::TimeZone;

/// Things told one by one: a chat is no archive.
const SHOWN: usize = 3;
/// Characters of a post.
const EXCERPT: usize = 240;

/// An alert in few words. Strangers' words stand in it, cleaned but not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// What happened, in one line.
    pub title: String,
    /// Each thing told: a line on it, what was said, where it is.
    pub parts: Vec<Part>,
    /// What else there is, and why it was sent.
    pub footer: String,
    /// When it was written.
    pub written: Time,
}

/// One thing told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Who, where; or the event.
    pub head: String,
    /// What was said.
    pub text: String,
    /// Where it is.
    pub link: Option<String>,
}

/// The alert of one group in few words.
pub fn brief(content: &Content, language: Language, zone: &TimeZone) -> Brief {
    Telling { content, language, zone, shown: SHOWN }.brief()
}

impl Telling<'_> {
    fn brief(&self) -> Brief {
        let (language, content) = (self.language, self.content);
        let mut parts = Vec::new();
        for event in content.events.iter().take(SHOWN) {
            parts.push(Part {
                head: self.event_headline(event),
                text: self.event_lines(event).join(" "),
                link: None,
            });
        }
        for mention in content.mentions.iter().take(SHOWN) {
            let alt = Parts::alt(mention);
            let told = Parts::of(mention, alt.as_deref());
            let words =
                |pieces: Vec<clean::Piece>| pieces.into_iter().map(|piece| piece.text).collect::<String>();
            let title = told.title().map(words).map(|title| format!("{title} – ")).unwrap_or_default();
            let network = language.network(mention.post.network.as_str());
            parts.push(Part {
                head: format!("{} · {network} · {}", self.name(&mention.brand), post::by(mention, language)),
                text: short(&(title + &words(told.excerpt(EXCERPT))), EXCERPT),
                link: mention.post.permalink.as_deref().and_then(clean::link).map(|link| link.href),
            });
        }
        for suspect in content.suspects.iter().take(SHOWN) {
            let network = language.network(suspect.network.as_str());
            let signals: Vec<String> =
                self.signals(suspect).into_iter().take(SHOWN).map(|(sentence, _)| sentence).collect();
            parts.push(Part {
                head: format!("{network} · {}", post::who(Some(&suspect.author), language)),
                text: short(&signals.join(" · "), EXCERPT * 2),
                link: suspect.author.url.as_deref().and_then(clean::link).map(|link| link.href),
            });
        }
        for trouble in content.troubles.iter().take(SHOWN) {
            let text = format!(
                "{} {}",
                self.since(trouble),
                short(&crate::mail::reason(&trouble.reason, self.language), EXCERPT)
            );
            parts.push(Part { head: short(&trouble.source, 60), text, link: None });
        }
        let rule = language.quote(&short(&content.rule, 60));
        let sent = language.say(format!("Vigie, rule {rule}"), format!("Vigie, règle {rule}"));
        let footer = self.more().map_or(sent.clone(), |more| format!("{more} {sent}"));
        Brief { title: self.headline(), parts, footer, written: content.written }
    }
}
