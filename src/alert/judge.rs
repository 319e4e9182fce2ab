//! Whether a rule has something to say of a mention or of a suspected account. Pure: all it looks at is given.

use super::{On, Rule};
use crate::impostor::Level;
use crate::matcher::Scratch;
use crate::mention::Mention;

/// A mention as rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// The mention.
    pub mention: &'a Mention,
    /// Whether its brand is our own.
    pub ours: bool,
    /// Whether nothing else that its author wrote is kept.
    pub first: bool,
    /// Whether a watched brand says that the author is its own account.
    pub official: bool,
}

/// Whether `rule` tells this mention.
pub fn tells_mention(rule: &Rule, heard: &Heard<'_>, scratch: &mut Scratch) -> bool {
    let Heard { mention, ours, first, official } = *heard;
    let author = mention.post.author.as_ref();
    let kind = match rule.on {
        On::NewMention | On::HighRisk => true,
        // Of what a brand says of itself, everybody who should know does.
        On::BigAuthor => !official,
        On::FirstAuthor => first && author.is_some(),
        On::OfficialPost => official || author.is_some_and(|author| author.verified == Some(true)),
        On::Spike
        | On::Drop
        | On::Silence
        | On::Surge
        | On::Sentiment
        | On::AccountChanged
        | On::TakesOff
        | On::Flops
        | On::NewImpostor
        | On::ImpostorChanged
        | On::SourceDegraded
        | On::PrecisionFallen => false,
    };
    // An author of whom the network tells no figure is not taken for large.
    let followers = author.and_then(|author| author.followers).unwrap_or(0);
    kind && rule.covers(&mention.brand.0, ours, mention.post.network.as_str())
        && followers >= rule.followers
        && speaks(rule, mention.lang.as_deref())
        // Of a post of which nothing is understood nobody knows how it speaks.
        && (rule.moods.is_empty() || mention.sentiment.is_some_and(|mood| rule.moods.contains(&mood)))
        && rule.terms.as_ref().is_none_or(|terms| terms.hold(&mention.post, &mention.source, scratch))
}

/// Whether a rule needs the whole mention to decide; else brand and network are enough.
pub fn needs_mention(rule: &Rule) -> bool {
    rule.on != On::NewMention
        || rule.followers > 0
        || !rule.languages.is_empty()
        || !rule.moods.is_empty()
        || rule.terms.is_some()
}

/// `en` takes in `en-GB`.
fn speaks(rule: &Rule, lang: Option<&str>) -> bool {
    let primary = lang.unwrap_or_default().split(['-', '_']).next().unwrap_or_default();
    rule.languages.is_empty()
        || rule.languages.iter().any(|one| {
            one.eq_ignore_ascii_case(primary) || lang.is_some_and(|lang| one.eq_ignore_ascii_case(lang))
        })
}

/// Whether `rule` tells a suspected account; `changed`: it is known, and its profile is another.
pub fn tells_suspect(rule: &Rule, changed: bool, level: Level, brand: (&str, bool), network: &str) -> bool {
    let kind = match rule.on {
        On::NewImpostor => !changed,
        On::ImpostorChanged => changed,
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
        | On::SourceDegraded
        | On::PrecisionFallen => false,
    };
    kind && level >= rule.level && rule.covers(brand.0, brand.1, network)
}
