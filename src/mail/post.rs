//! A post and its author as every mail shows them.

use std::borrow::Cow;

use super::clean::{EXCERPT, Piece, excerpt, link, short};
use super::words::Language;
use crate::matcher::{Field, Tag, fields};
use crate::mention::Mention;
use crate::post::Author;

/// Names are cut here; handles of federated networks are long but seldom longer.
const NAME: usize = 60;
/// Titles are cut here.
const TITLE: usize = 160;
/// Traces are cut here.
const TRACE: usize = 200;
/// Keywords explained one by one; a post that names more is explained well enough.
const WHY: usize = 4;

/// Who wrote it: `Lucie Martin (@lucie@agora.example)`.
pub(crate) fn who(author: Option<&Author>, language: Language) -> String {
    let nobody = || language.say("unknown author", "auteur inconnu").to_owned();
    let Some(author) = author else { return nobody() };
    let name = author.display_name.as_deref().map(|name| short(name, NAME)).filter(|name| !name.is_empty());
    match (name, handle(author)) {
        (Some(name), Some(handle)) if name != handle.trim_start_matches('@') => format!("{name} ({handle})"),
        (_, Some(handle)) => handle,
        (Some(name), None) => name,
        (None, None) => {
            Some(short(&author.native_id, NAME)).filter(|id| !id.is_empty()).unwrap_or_else(nobody)
        }
    }
}

/// The shortest way to say who: the handle where there is one.
pub(super) fn who_briefly(author: Option<&Author>, language: Language) -> String {
    author.and_then(handle).unwrap_or_else(|| who(author, language))
}

fn handle(author: &Author) -> Option<String> {
    let handle = short(author.handle.as_deref()?.trim_start_matches('@'), NAME);
    (!handle.is_empty()).then(|| format!("@{handle}"))
}

/// Who wrote a post; where nobody is named, the site it stands on.
pub(crate) fn by(mention: &Mention, language: Language) -> String {
    site(mention).unwrap_or_else(|| who(mention.post.author.as_ref(), language))
}

/// The same in the shortest way.
pub(super) fn by_briefly(mention: &Mention, language: Language) -> String {
    site(mention).unwrap_or_else(|| who_briefly(mention.post.author.as_ref(), language))
}

fn site(mention: &Mention) -> Option<String> {
    let address = mention.post.permalink.as_deref().filter(|_| mention.post.author.is_none())?;
    link(address).map(|link| short(&link.host, NAME))
}

/// What is known of the author beside the name.
pub(crate) fn about(author: Option<&Author>, language: Language) -> Vec<String> {
    let Some(author) = author else { return Vec::new() };
    let followers = author
        .followers
        .map(|followers| language.count(followers, ["follower", "followers"], ["abonné", "abonnés"]));
    let bot = (author.bot == Some(true))
        .then(|| language.say("says it is automated", "se dit automatique").to_owned());
    let verified = (author.verified == Some(true))
        .then(|| language.say("verified by the network", "vérifié par le réseau").to_owned());
    followers.into_iter().chain(verified).chain(bot).collect()
}

/// The parts of a post that are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(super) title: Option<&'a str>,
    pub(super) text: &'a str,
    pub(super) summary: Option<&'a str>,
    /// The texts that describe its pictures, one a line.
    pub(super) alt: Option<&'a str>,
    pub(super) tags: &'a [Tag],
    /// The part of the query that held.
    pub(super) trace: &'a str,
}

impl<'a> Parts<'a> {
    /// The descriptions of a post's pictures, as the matcher read them.
    pub(crate) fn alt(mention: &Mention) -> Option<String> {
        fields(&mention.post).find(|(field, _)| *field == Field::Alt).map(|(_, text)| text.into_owned())
    }

    /// The parts of the post of `mention`, with its `alt`.
    pub(crate) fn of(mention: &'a Mention, alt: Option<&'a str>) -> Parts<'a> {
        let post = &mention.post;
        Parts {
            title: post.title.as_deref(),
            text: &post.text,
            summary: post.summary.as_deref(),
            alt,
            tags: &mention.tags,
            trace: &mention.trace,
        }
    }

    fn field(&self, field: Field) -> &str {
        match field {
            Field::Title => self.title.unwrap_or_default(),
            Field::Text => self.text,
            Field::Summary => self.summary.unwrap_or_default(),
            Field::Alt => self.alt.unwrap_or_default(),
        }
    }

    /// Its title, keywords marked.
    pub(crate) fn title(&self) -> Option<Vec<Piece>> {
        let pieces = excerpt(self.title?, self.tags, Field::Title, TITLE);
        (!pieces.is_empty()).then_some(pieces)
    }

    /// What it says around the first keyword: of the text where one stands there, else of the part where one
    /// does, else the beginning of the text.
    pub(crate) fn excerpt(&self, most: usize) -> Vec<Piece> {
        let field = [Field::Text, Field::Summary, Field::Alt]
            .into_iter()
            .find(|field| self.tags.iter().any(|tag| tag.field == *field))
            .filter(|field| !self.field(*field).is_empty())
            .unwrap_or(Field::Text);
        excerpt(self.field(field), self.tags, field, most.min(EXCERPT))
    }

    /// Why it is a mention: which keyword stands in which part, and how it was written there.
    pub(super) fn why(&self, language: Language) -> Vec<String> {
        let mut told: Vec<(&str, Field)> = Vec::new();
        let mut why = Vec::new();
        for tag in self.tags {
            if told.contains(&(tag.keyword.as_str(), tag.field)) {
                continue;
            }
            told.push((&tag.keyword, tag.field));
            let part = match tag.field {
                Field::Title => language.say("in the title", "dans le titre"),
                Field::Text => language.say("in the text", "dans le texte"),
                Field::Summary => language.say("in the summary", "dans le résumé"),
                Field::Alt => {
                    language.say("in the description of a picture", "dans la description d’une image")
                }
            };
            let raw = self.field(tag.field).get(tag.start..tag.end).unwrap_or_default();
            let keyword = language.quote(&short(&tag.keyword, NAME));
            why.push(match difference(raw, &tag.keyword) {
                None => format!("{keyword} {part}"),
                Some((_, _)) if tag.keyword.contains(['*', '?']) => {
                    let raw = language.quote(&short(raw, NAME));
                    language.say(format!("{keyword} {part}: {raw}"), format!("{keyword} {part}\u{a0}: {raw}"))
                }
                Some((en, fr)) => {
                    let raw = language.quote(&short(raw, NAME));
                    language.say(
                        format!("{keyword} {part}, written {raw} ({en})"),
                        format!("{keyword} {part}, écrit {raw} ({fr})"),
                    )
                }
            });
        }
        let more = why.len().saturating_sub(WHY);
        why.truncate(WHY);
        if more > 0 {
            why.push(language.say(format!("and {more} more"), format!("et {more} de plus")));
        }
        // A lone keyword says it all.
        if self.trace.contains(" AND ") || self.trace.contains(" NEAR/") || self.trace.contains(':') {
            let trace = language.quote(&short(self.trace, TRACE));
            why.push(language.say(format!("by the query {trace}"), format!("par la requête {trace}")));
        }
        why
    }
}

/// How what stands in a post differs from the keyword, where it does.
fn difference(raw: &str, keyword: &str) -> Option<(&'static str, &'static str)> {
    if raw == keyword {
        return None;
    }
    let visible: Cow<'_, str> = Cow::Owned(short(raw, usize::MAX));
    Some(if raw.to_lowercase() == keyword.to_lowercase() {
        ("other capitals", "autres majuscules")
    } else if visible.chars().filter(|c| !c.is_whitespace()).count()
        < raw.chars().filter(|c| !c.is_whitespace()).count()
    {
        ("with invisible signs in it", "avec des signes invisibles")
    } else {
        ("other accents or signs, the same word", "autres accents ou signes, le même mot")
    })
}
