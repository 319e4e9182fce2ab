//! Feeds of accounts: channels of YouTube, people and hashtags of Mastodon, people of Bluesky.

use url::Url;

use super::super::entry::{Feed, Person, domain};
use crate::post::Kind;

/// A channel or playlist: an author is known by the channel's id.
pub(super) fn youtube(feed: &mut Feed) {
    let channel = |person: &mut Person| {
        let id = person.uri.as_deref().and_then(|uri| uri.split_once("/channel/"));
        person.id = id.map(|(_, id)| id.split(['/', '?']).next().unwrap_or(id).to_owned());
    };
    feed.author.iter_mut().for_each(channel);
    for entry in &mut feed.entries {
        entry.author.iter_mut().for_each(channel);
    }
    // a playlist may hold the videos of many
    feed.collection = feed.id.as_deref().is_some_and(|id| id.starts_with("yt:playlist"));
    if let (Some(author), None) = (&feed.author, &feed.link) {
        feed.link.clone_from(&author.uri);
    }
}

/// Posts of one person or of a hashtag: whose they are stands in their addresses only.
pub(super) fn mastodon(feed: &mut Feed) {
    let owner = feed.link.as_deref().and_then(person_at).map(|person| Person {
        name: feed.title.clone(),
        avatar: feed.image.clone(),
        ..person
    });
    for entry in &mut feed.entries {
        let person = entry.link.as_deref().and_then(person_at);
        let same = |owner: &&Person| person.as_ref().is_none_or(|person| person.handle == owner.handle);
        entry.author = owner.as_ref().filter(same).cloned().or(person).or(entry.author.take());
        entry.kind = Kind::Post;
    }
    feed.collection = owner.is_none();
    if owner.is_some() {
        feed.author = owner;
    }
}

/// The person whose profile or post stands at an address: `https://server/@name`, `/@name/123`, `/users/name/...`.
fn person_at(address: &str) -> Option<Person> {
    let url = Url::parse(address).ok()?;
    let server = domain(address)?;
    let mut parts = url.path_segments()?;
    let name = match (parts.next()?, parts.next()) {
        (first, _) if first.starts_with('@') && first.len() > 1 => first.trim_start_matches('@').to_owned(),
        ("users" | "u", Some(name)) if !name.is_empty() => name.to_owned(),
        _ => return None,
    };
    let handle = if name.contains('@') { name.clone() } else { format!("{name}@{server}") };
    let uri = format!("{}://{}/@{name}", url.scheme(), url.host_str()?);
    Some(Person { id: Some(uri.clone()), uri: Some(uri), handle: Some(handle), ..Person::default() })
}

/// What one person of Bluesky writes: the feed's title is `@handle - Name`.
pub(super) fn bluesky(feed: &mut Feed) {
    let link = feed.link.clone().filter(|link| link.contains("/profile/"));
    let said = feed.title.clone().unwrap_or_default();
    let (handle, name) = said.split_once(" - ").unwrap_or((&said, ""));
    let handle = handle.strip_prefix('@').map(|handle| handle.trim().to_owned());
    let repository = |id: &str| {
        let rest = id.strip_prefix("at://")?;
        Some(rest.split('/').next().unwrap_or(rest).to_owned())
    };
    let id = feed.entries.iter().find_map(|entry| repository(entry.id.as_deref()?));
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty()).or_else(|| handle.clone());
    let owner = Person { id, name, uri: link, handle, avatar: feed.image.clone() };
    for entry in &mut feed.entries {
        entry.kind = Kind::Post;
        entry.author.get_or_insert_with(|| owner.clone());
    }
    feed.author = Some(owner);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_people() {
        for (address, handle) in [
            ("https://social.example/@ana/123", Some("ana@social.example")),
            ("https://social.example/@ana@autre.example/123", Some("ana@autre.example")),
            ("https://social.example/users/ana/statuses/1", Some("ana@social.example")),
            ("https://social.example/tags/velora", None),
            ("https://social.example/@", None),
            ("not an address", None),
        ] {
            assert_eq!(person_at(address).and_then(|person| person.handle).as_deref(), handle, "{address}");
        }
    }
}
