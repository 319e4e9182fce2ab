//! Places where many write: releases on GitHub, forums of Discourse, questions of Stack Exchange, reviews of apps.

use super::super::entry::{Entry, Person};
use super::{raw, set_text};
use crate::html;
use crate::post::Kind;

/// A release or commit on GitHub: the picture beside it is its author's.
pub(super) fn release(entry: &mut Entry) {
    let avatar = entry.media.iter().position(|media| {
        media
            .url
            .as_deref()
            .is_some_and(|url| url.contains("avatars") && url.contains("githubusercontent.com"))
    });
    let avatar = avatar.map(|at| entry.media.remove(at)).and_then(|media| media.url);
    if let Some(author) = &mut entry.author {
        let is_login =
            |name: &&String| name.chars().all(|one| one.is_ascii_alphanumeric() || "-[]".contains(one));
        // commits have the author's page, releases only the name
        let login = match author.uri.as_deref() {
            Some(uri) => uri.strip_prefix("https://github.com/").map(str::to_owned),
            None => author.name.as_ref().filter(is_login).cloned(),
        };
        if let Some(login) = login {
            author.uri.get_or_insert_with(|| format!("https://github.com/{login}"));
            author.id = Some(login.clone());
            author.handle = Some(login);
        }
        author.avatar = avatar;
    }
    if html::to_text(raw(entry)) == "No content." {
        set_text(entry, "");
    }
}

/// Whether an id is one of Discourse: `forum.example-topic-12`, `forum.example-post-12-3`.
pub(super) fn is_discourse(id: &str) -> bool {
    post_number(id).is_some()
}

/// The number of a post in its topic.
fn post_number(id: &str) -> Option<u64> {
    let number = |text: &str| text.parse::<u64>().ok();
    if let Some((host, rest)) = id.rsplit_once("-post-") {
        let (topic, post) = rest.split_once('-')?;
        number(topic)?;
        return number(post).filter(|_| host.contains('.'));
    }
    let (host, topic) = id.rsplit_once("-topic-")?;
    number(topic).filter(|_| host.contains('.')).map(|_| 1)
}

/// A topic or post: the author is written `@name Full Name`, and topics end with figures and a link.
pub(super) fn discourse(entry: &mut Entry, host: &str) {
    let number = entry.id.as_deref().and_then(post_number).unwrap_or(1);
    entry.kind = if number > 1 { Kind::Reply } else { Kind::Post };
    if let Some(author) = &mut entry.author
        && let Some(said) = author.name.as_deref().and_then(|name| name.strip_prefix('@'))
    {
        let (handle, name) = said.split_once(' ').unwrap_or((said, said));
        let (handle, name) = (handle.to_owned(), name.trim().to_owned());
        let uri = (!host.is_empty()).then(|| format!("https://{host}/u/{handle}"));
        *author = Person {
            id: Some(format!("{host}/{handle}")),
            name: Some(name),
            uri,
            handle: Some(handle),
            avatar: None,
        };
    }
    let content = raw(entry).to_owned();
    let Some((body, figures)) = content.rsplit_once("<p><small>") else { return };
    let figures = html::to_text(figures);
    // "3 posts - 2 participants", in the forum's language
    let mut numbers =
        figures.split(|one: char| !one.is_ascii_digit()).filter_map(|part| part.parse::<i64>().ok());
    if let (Some(posts), Some(_)) = (numbers.next(), numbers.next()) {
        entry.counts.replies = Some(posts.saturating_sub(1).max(0));
        set_text(entry, body);
    }
}

/// A question or an answer of Stack Exchange.
pub(super) fn question(entry: &mut Entry) {
    let said = entry.id.as_deref().or(entry.link.as_deref()).unwrap_or_default();
    entry.kind = if said.contains("/a/") || said.contains('#') { Kind::Answer } else { Kind::Question };
    if let Some(author) = &mut entry.author {
        author.id.clone_from(&author.uri);
    }
}

/// A review of an app.
pub(super) fn review(entry: &mut Entry) {
    if entry.rating.is_some() {
        entry.kind = Kind::Review;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_discourse_are_told_from_others() {
        for (id, number) in [
            ("forum.velora.example-topic-12", Some(1)),
            ("forum.velora.example-post-12-3", Some(3)),
            ("a-topic-12", None),
            ("forum.velora.example-topic-x", None),
            ("https://velora.example/new-post-1", None),
        ] {
            assert_eq!(post_number(id), number, "{id}");
        }
    }
}
